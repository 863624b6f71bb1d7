package evidence

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/archive"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/fabricproof/prooftest"
)

// Every byte of a bundle counts: changed, cut or added to, it does not hold. One
// byte of many is tried.
func TestEveryChangedByteFails(t *testing.T) {
	c, bundle := played(t)
	trust := c.Trust()
	step := 97
	if testing.Short() {
		step = 1009
	}
	for at := 0; at < len(bundle); at += step {
		changed := bytes.Clone(bundle)
		changed[at] ^= 1 << (at % 8)
		if Verify(changed, trust).Holds() {
			t.Fatalf("byte %d of %d changed, and it holds", at, len(bundle))
		}
	}
	for name, changed := range map[string][]byte{
		"empty": nil, "half": bundle[:len(bundle)/2], "a byte more": append(bytes.Clone(bundle), 0), "a byte before": append([]byte{0}, bundle...), "twice": append(bytes.Clone(bundle), bundle...),
	} {
		if Verify(changed, trust).Holds() {
			t.Errorf("%s: it holds", name)
		}
	}
}

// forger takes a bundle apart and puts it together again, signed by a key that
// the ledger knows: what an exporter could do.
type forger struct {
	files    map[string][]byte
	manifest *Manifest
}

func forge(t *testing.T, c *trial, bundle []byte, change func(f *forger)) []byte {
	t.Helper()
	return forgeAs(t, c.bureau, c.bureau.kid(), bundle, change)
}

func forgeAs(t *testing.T, signer *person, kid string, bundle []byte, change func(f *forger)) []byte {
	t.Helper()
	files, err := archive.Unpack(bundle)
	if err != nil {
		t.Fatal(err)
	}
	m, err := decodeManifest(files[fileManifest])
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{maps.Clone(files), m}
	change(f)
	for i := range m.Files { // the manifest fits whatever there is
		m.Files[i].SM3, m.Files[i].Size = sm3Of(f.files[m.Files[i].Name]), int64(len(f.files[m.Files[i].Name]))
	}
	text, err := encodeJSON(m)
	if err != nil {
		t.Fatal(err)
	}
	f.files[fileManifest] = text
	if f.files[fileSignature], err = signManifest(signer.key, kid, text, m.ExportedAt); err != nil {
		t.Fatal(err)
	}
	out, err := archive.Pack(f.files)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (f *forger) record(kind rights.Kind, id string) *RecordEntry {
	return &f.manifest.Records[slices.IndexFunc(f.manifest.Records, func(e RecordEntry) bool { return e.Kind == kind && e.ID == id })]
}

func (f *forger) drop(name string) {
	delete(f.files, name)
	f.manifest.Files = slices.DeleteFunc(f.manifest.Files, func(e FileEntry) bool { return e.Name == name })
}

// block changes a block and leaves its hash right.
func (f *forger) block(t *testing.T, n uint64, change func(*common.Block)) {
	t.Helper()
	var b common.Block
	if err := proto.Unmarshal(f.files[blockFile(n)], &b); err != nil {
		t.Fatal(err)
	}
	change(&b)
	b.Header.DataHash = fabricproof.DataHash(b.GetData())
	f.files[blockFile(n)] = prooftest.Marshal(&b)
}

func TestWhatAnExporterCannotForge(t *testing.T) {
	c, bundle := played(t)
	if r := Verify(forge(t, c, bundle, func(*forger) {}), c.Trust()); !r.Holds() {
		t.Fatalf("put together again unchanged it fails: %+v", r)
	}
	for name, x := range map[string]struct {
		change func(f *forger)
		area   Area
		words  string
	}{
		"other bytes of a record": {func(f *forger) {
			name := recordFile(rights.KindCopy, copyID)
			f.files[name] = bytes.Replace(f.files[name], []byte("ActQuery"), []byte("ActRaven"), 1)
		}, AreaRecord, "not what was endorsed"},
		"other bytes of a record, in its read too": {func(f *forger) {
			for _, name := range []string{recordFile(rights.KindCopy, copyID), stateFile(rights.KindCopy, copyID)} {
				f.files[name] = bytes.ReplaceAll(f.files[name], []byte("ActQuery"), []byte("ActRaven"))
			}
		}, AreaRecord, "did not make"},
		"another record's read": {func(f *forger) {
			f.files[stateFile(rights.KindCopy, copyID)] = f.files[stateFile(rights.KindCopy, otherCopy)]
		}, AreaRecord, "the read is of"},
		"one organisation alone endorsed": {func(f *forger) {
			f.files[stateFile(rights.KindCopy, copyID)] = c.Attest("CP", copyID, "GroupMSP")
		}, AreaRecord, "takes 2 of"},
		"a record left out": {func(f *forger) {
			e := *f.record(rights.KindTrade, tradeID)
			f.drop(e.File)
			f.drop(e.State)
			f.manifest.Records = slices.DeleteFunc(f.manifest.Records, func(o RecordEntry) bool { return o.ID == tradeID })
		}, AreaElement, "other elements"},
		"a signer left out": {func(f *forger) {
			e := *f.record(rights.KindParticipant, c.buyer.id)
			f.drop(e.File)
			f.drop(e.State)
			f.manifest.Records = slices.DeleteFunc(f.manifest.Records, func(o RecordEntry) bool { return o.ID == c.buyer.id })
		}, AreaHistory, "not proven by any record"},
		"a block left out":           {func(f *forger) { f.drop(blockFile(8)) }, AreaHistory, "block 8 is not in the bundle"},
		"the configuration left out": {func(f *forger) { f.drop(blockFile(0)) }, AreaBlock, "configuration in force"},
		"a block for another":        {func(f *forger) { f.files[blockFile(8)] = f.files[blockFile(9)] }, AreaBlock, "it is block 9"},
		"an endorsement taken from a transaction": {func(f *forger) {
			f.block(t, 8, func(b *common.Block) {
				b.Data.Data[0] = bytes.Replace(b.GetData().GetData()[0], []byte("GroupMSP"), []byte("ThiefMSP"), 1)
			})
		}, AreaBlock, "did not make"},
		"a transaction taken from a block": {func(f *forger) {
			f.block(t, 9, func(b *common.Block) { b.Data.Data = b.GetData().GetData()[:2] })
		}, AreaBlock, "did not make"},
		"a block by other orderers": {func(f *forger) {
			f.block(t, 9, func(b *common.Block) { prooftest.New(t).Seal(b, prooftest.MSPIDs) })
		}, AreaBlock, "did not make"},
		"a history cut short": {func(f *forger) {
			e := f.record(rights.KindDelivery, deliveryID)
			e.History = e.History[1:]
		}, AreaHistory, "another history"},
		"a history denied": {func(f *forger) {
			e := f.record(rights.KindDelivery, deliveryID)
			e.Whole, e.History = false, []fabricproof.Version{}
		}, AreaElement, "not proven"},
		"another suspect":      {func(f *forger) { f.manifest.SuspectID = c.other.id }, AreaElement, "another delivery, copy or suspect"},
		"a gap filled in":      {func(f *forger) { f.manifest.Elements[9].Gap = nil }, AreaElement, "other elements"},
		"a recipient left out": {func(f *forger) { f.manifest.Recipients = f.manifest.Recipients[:1] }, AreaElement, "other elements"},
		"elements swapped":     {func(f *forger) { f.record(rights.KindRight, rightID).Elements = []string{"E9"} }, AreaElement, "it serves"},
		"another code": {func(f *forger) {
			name := openingFile(deliveryID)
			f.files[name] = bytes.Replace(f.files[name], []byte(base64.RawURLEncoding.EncodeToString(code)), []byte("AAAAAA"), 1)
		}, AreaOpening, "no proven command"},
		"an opening of another place": {func(f *forger) { f.manifest.Openings[0].At.Block-- }, AreaOpening, "no proven command"},
		"another ledger":              {func(f *forger) { f.manifest.Channel = "elsewhere" }, AreaManifest, "another ledger"},
		"a file not listed":           {func(f *forger) { f.files["evidence/9.bin"] = []byte("planted") }, AreaManifest, "does not list"},
		"a file listed twice":         {func(f *forger) { f.manifest.Files = append(f.manifest.Files, f.manifest.Files[0]) }, AreaManifest, "twice"},
		"a file missing":              {func(f *forger) { delete(f.files, "evidence/1.json") }, AreaManifest, "missing"},
		"a record twice":              {func(f *forger) { f.manifest.Records = append(f.manifest.Records, f.manifest.Records[0]) }, AreaRecord, "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Verify(forge(t, c, bundle, x.change), c.Trust())
			if r.Holds() {
				t.Fatal("it holds")
			}
			said := ""
			for _, f := range only(r, Failed, x.area) {
				said += f.Words.En + "\n"
			}
			if !strings.Contains(said, x.words) {
				t.Errorf("want %q in the area %s, got:\n%s%+v", x.words, x.area, said, only(r, Failed, AreaArchive))
			}
		})
	}
}

// What the exporter alone says is called so, and does not fail.
func TestWhatAnExporterMaySay(t *testing.T) {
	c, bundle := played(t)
	r := Verify(forge(t, c, bundle, func(f *forger) { f.files[fileReport] = []byte("<p>whatever</p>") }), c.Trust())
	if !r.Holds() || len(only(r, Asserted, AreaReport)) != 1 || len(only(r, Proven, AreaReport)) != 0 {
		t.Errorf("another report: %+v", only(r, Asserted, AreaReport))
	}
	r = Verify(forge(t, c, bundle, func(f *forger) { f.files["evidence/1.json"] = []byte("another sample") }), c.Trust())
	if !r.Holds() || len(only(r, Asserted, AreaAttachment)) != 2 {
		t.Errorf("another sample: %+v", only(r, Asserted, AreaAttachment))
	}
}

func TestWhoSigned(t *testing.T) {
	c, bundle := played(t)
	thief := newPerson(t, "91320900MA1THEEF0", "冒名者")
	failsWith := func(bundle []byte, words string) {
		t.Helper()
		r := Verify(bundle, c.Trust())
		if list := only(r, Failed, AreaManifest); len(list) == 0 || !strings.Contains(list[0].Words.En, words) {
			t.Errorf("want %q: %+v", words, list)
		}
	}
	same := func(*forger) {}
	failsWith(forgeAs(t, thief, c.bureau.kid(), bundle, same), "not by that key")
	failsWith(forgeAs(t, thief, thief.kid(), bundle, same), "the manifest names")
	failsWith(forgeAs(t, thief, thief.kid(), bundle, func(f *forger) { f.manifest.ExportedBy = thief.kid() }), "not proven by any record")
	failsWith(forgeAs(t, c.bureau, c.bureau.id+"#2", bundle, func(f *forger) { f.manifest.ExportedBy = c.bureau.id + "#2" }), "not proven by any record")
	// A key the ledger knows may sign: the result says whose it is.
	r := Verify(forgeAs(t, c.buyer, c.buyer.kid(), bundle, func(f *forger) { f.manifest.ExportedBy = c.buyer.kid() }), c.Trust())
	if list := only(r, Proven, AreaManifest); !r.Holds() || !strings.Contains(list[1].Words.En, "RoleEnterprise") {
		t.Errorf("%+v", list)
	}
	files, err := archive.Unpack(bundle)
	if err != nil {
		t.Fatal(err)
	}
	for name, sig := range map[string]string{
		"none": "", "two parts": "a.b", "no base64": "=.=.=", "a command's": strings.Replace(string(files[fileSignature]), base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"SM2","typ":"datarights-manifest+jws"`))[:20], "eyJhbGciOiJTTTIiLCJ0", 1) + "x",
	} {
		f := maps.Clone(files)
		f[fileSignature] = []byte(sig)
		packed, err := archive.Pack(f)
		if err != nil {
			t.Fatal(err)
		}
		if r := Verify(packed, c.Trust()); r.Holds() {
			t.Errorf("%s: it holds", name)
		}
	}
}

func TestOtherRoots(t *testing.T) {
	c, bundle := played(t)
	r := Verify(bundle, prooftest.New(t).Trust())
	if r.Holds() || len(only(r, Failed, AreaBlock)) == 0 || len(only(r, Failed, AreaRecord)) != 15 {
		t.Errorf("against another consortium's roots: %d failed", r.Failed)
	}
	// One member's authority exchanged: what it signed is not proven.
	trust := c.Trust()
	trust.Organisations["GroupMSP"].CA = prooftest.New(t).Trust().Organisations["GroupMSP"].CA
	if r := Verify(bundle, trust); r.Holds() {
		t.Error("against another root of one member it holds")
	}
	delete(trust.Organisations, "GroupMSP")
	if r := Verify(bundle, trust); r.Holds() {
		t.Error("without one member's roots it holds")
	}
}

// A key revoked signs no bundle.
func TestARevokedKey(t *testing.T) {
	c := newTrial(t)
	p := c.bureau.participant(rights.RoleRegulator)
	p.Keys[0].State = rights.KeyRevoked
	c.Commit(c.put(t, nil, "", nil, rights.KindParticipant, c.bureau.id, p))
	if list := only(Verify(c.bundle(t), c.Trust()), Failed, AreaManifest); len(list) != 1 || !strings.Contains(list[0].Words.En, "revoked") {
		t.Errorf("%+v", list)
	}
}

// A command that its signer's key did not sign is not proven, whoever endorsed it.
func TestAForgedCommand(t *testing.T) {
	c := newTrial(t)
	var alert rights.Alert
	if err := json.Unmarshal(c.Value("AL", alertID), &alert); err != nil {
		t.Fatal(err)
	}
	alert.IRCode = "IR-1"
	x := c.put(t, c.bureau, "alert.confirm", map[string]any{}, rights.KindAlert, alertID, &alert)
	forged := newPerson(t, "91320900MA1THEEF0", "冒名者")
	forged.id = c.bureau.id
	signed, err := forged.key.Command(c.bureau.id, 1, "alert.confirm", map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	x.Args[1] = signed.JWS
	c.Commit(x)
	if list := only(Verify(c.bundle(t), c.Trust()), Failed, AreaHistory); len(list) != 1 || !strings.Contains(list[0].Words.En, "does not verify") {
		t.Errorf("%+v", list)
	}
}

// A transaction that no second organisation endorsed changes a record in a peer's
// view alone.
func TestASingleEndorsement(t *testing.T) {
	c := newTrial(t)
	var alert rights.Alert
	if err := json.Unmarshal(c.Value("AL", alertID), &alert); err != nil {
		t.Fatal(err)
	}
	x := c.put(t, c.bureau, "alert.confirm", map[string]any{}, rights.KindAlert, alertID, &alert)
	x.Endorsers = []string{"GroupMSP"}
	c.Commit(x)
	if list := only(Verify(c.bundle(t), c.Trust()), Failed, AreaHistory); len(list) != 1 || !strings.Contains(list[0].Words.En, "takes 2 of") {
		t.Errorf("%+v", list)
	}
}

// A write that had not read the record says nothing of what was before.
func TestABlindWrite(t *testing.T) {
	c := newTrial(t)
	var alert rights.Alert
	if err := json.Unmarshal(c.Value("AL", alertID), &alert); err != nil {
		t.Fatal(err)
	}
	x := c.put(t, c.bureau, "alert.confirm", map[string]any{}, rights.KindAlert, alertID, &alert)
	x.Blind = true
	c.Commit(x)
	if _, err := Export(context.Background(), c, c.order()); err == nil || !strings.Contains(err.Error(), "without having read") {
		t.Errorf("%v", err)
	}
}

// FuzzContents changes what is inside: the archive around it is right. Files are
// by number, so that small inputs reach all of them.
func FuzzContents(f *testing.F) {
	c := newTrial(f)
	files, err := archive.Unpack(c.bundle(f))
	if err != nil {
		f.Fatal(err)
	}
	trust := c.Trust()
	names := slices.Sorted(maps.Keys(files))
	for i, name := range names {
		if len(files[name]) < 4000 {
			f.Add(uint(i), uint(len(files[name])), files[name])
		}
		f.Add(uint(i), uint(10), []byte("{}"))
	}
	f.Fuzz(func(t *testing.T, file, at uint, piece []byte) {
		name := names[file%uint(len(names))]
		content := bytes.Clone(files[name])
		where := int(at % uint(len(content)+1))
		content = append(content[:where], append(bytes.Clone(piece), content[min(len(content), where+len(piece)):]...)...)
		changed := maps.Clone(files)
		changed[name] = content
		same := bytes.Equal(content, files[name])
		// Its parts are read before anything is known to fit.
		v := &verifier{Result: &Result{}, trust: trust, files: changed, ordered: map[uint64]*fabricproof.Ordered{}, checked: map[string]error{}}
		v.verify()
		if v.Holds() && !same {
			t.Errorf("%s changed, and it holds", name)
		}
	})
}
