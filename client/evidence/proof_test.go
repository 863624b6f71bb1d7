package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/archive"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/fabricproof/prooftest"
	"github.com/datarights/datarights/internal/proof"
)

const (
	provenNo   = "SJ3212026110007"
	provenLast = "RT-320900-20261123-0a1b2c3d4e5f-12"
	pledgeID   = "PL-320900-20261123-0a1b2c3d4e5f-00"
)

// registry is a consortium with a certificate on its ledger that two commands wrote.
type registry struct {
	*trial
	clerk, holder *person
	receipts      map[string][]string // of a record, by id
	acts          int
}

// newRegistry registers the holder's data and adjusts the certificate once.
func newRegistry(t testing.TB) *registry {
	t.Helper()
	return newRegistryAt(t, prooftest.Start, 1e6)
}

// newRegistryAt does so at another time, for a term in seconds.
func newRegistryAt(t testing.TB, at time.Time, term int64) *registry {
	t.Helper()
	r := &registry{trial: &trial{Consortium: prooftest.New(t), versions: map[string]int64{}}, receipts: map[string][]string{},
		clerk: newPerson(t, "91320900MA1CLERK0", "登记中心"), holder: newPerson(t, "91320900MA1DATAR0", "绿能数据公司")}
	r.SetNow(at)
	for _, p := range []*person{r.clerk, r.holder} {
		r.Commit(r.put(t, nil, "", nil, rights.KindParticipant, p.id, p.participant(rights.RoleRegistrar)))
	}
	start := at.Unix()
	cert := &rights.Certificate{Head: rights.Head{State: rights.StateValid}, CertNo: provenNo, HolderID: r.holder.id, HolderName: r.holder.name, DataName: "负荷曲线<b>"}
	var writes []prooftest.Record
	for i, kind := range []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation} {
		id := fmt.Sprintf("RT-320900-20261123-0a1b2c3d4e5f-1%d", i)
		right := &rights.Right{Head: rights.Head{State: rights.StateActive}, Kind: kind, HolderID: r.holder.id, CertNo: provenNo, ValidFrom: start, ValidTo: start + term}
		cert.Rights = append(cert.Rights, rights.CertificateRight{RightID: id, Kind: kind, HolderID: r.holder.id, ValidFrom: start, ValidTo: start + term})
		writes = append(writes, r.put(t, nil, "", nil, rights.KindRight, id, right).Writes...)
	}
	x := r.act(t, r.clerk, "registration.record", rights.KindCertificate, provenNo, cert)
	x.Writes = append(x.Writes, writes...)
	// Somebody else's command is in the same block.
	r.Commit(r.act(t, r.holder, "resource.catalogue", rights.KindResource, "DR-1", &rights.Resource{}), x)
	adjusted := *cert
	adjusted.Remarks = []rights.Remark{{Type: "Other", Text: "更正"}}
	r.Commit(r.act(t, r.clerk, "registration.correct", rights.KindCertificate, provenNo, &adjusted))
	return r
}

// act is put with the receipt that the contract writes beside the record.
func (r *registry) act(t testing.TB, who *person, name string, kind rights.Kind, id string, record rights.Record) prooftest.Invocation {
	t.Helper()
	r.acts++
	x := r.put(t, who, name, map[string]any{"caseId": fmt.Sprint("RG-", r.acts)}, kind, id, record)
	x.Submitter = "GroupMSP"
	cmd, err := command.Decode(x.Args[1])
	if err != nil {
		t.Fatal(err)
	}
	receipt := rights.ReceiptID(who.id, cmd.ID)
	r.receipts[id] = append(r.receipts[id], receipt)
	version := r.versions[id]
	at := r.Now().Add(time.Second).Unix()
	x.At = time.Unix(at, 0).UTC()
	r.SetNow(x.At)
	x.Writes = append(x.Writes, prooftest.Record{Kind: string(rights.KindReceipt), ID: receipt, Value: func(txID string) []byte {
		raw, err := json.Marshal(rights.Receipt{DocType: "CM", SchemaVersion: 1, ID: cmd.ID, Command: name, Kid: who.kid(), MSPID: "GroupMSP", Digest: cmd.DigestRef(), TxID: txID, At: at,
			Result: rights.Result{Records: []rights.RecordRef{{Kind: kind, ID: id, Version: version}}}})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}})
	return x
}

// statement has peers state a record.
func (r *registry) statement(t testing.TB, kind rights.Kind, id string, change func(*prooftest.Invocation)) []byte {
	t.Helper()
	raw, err := r.Consortium.State(kind, id, r.receipts[id], func(x *prooftest.Invocation) {
		x.Endorsers = []string{"GroupMSP", "RegulatorMSP"}
		if change != nil {
			change(x)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// How much of a command a proof holds.
const (
	holdsReceipt = iota
	holdsCommand
	holdsTransaction
	holdsBlock
)

// file is the proof of a record as a gateway makes it.
func (r *registry) file(t testing.TB, kind rights.Kind, id string, holds int, change func(*prooftest.Invocation)) *proof.File {
	t.Helper()
	raw := r.statement(t, kind, id, change)
	f := &proof.File{Manifest: proof.Manifest{Format: proof.Format, Version: proof.Version, Kind: string(kind), ID: id, Channel: prooftest.Channel, Chaincode: prooftest.Chaincode},
		Statement: raw, Blocks: map[uint64][]byte{}, Transactions: map[string][]byte{}, Commands: map[string][]byte{}}
	var blocks []*fabricproof.Block
	for n := range r.Blocks {
		b, err := fabricproof.ParseBlock(r.Raw(uint64(n)))
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Data {
			tx, err := b.Transaction(uint64(i))
			if err != nil || len(tx.Actions) == 0 {
				continue
			}
			result, err := tx.Actions[0].Result(prooftest.Chaincode)
			if err != nil {
				t.Fatal(err)
			}
			if _, wrote := result.Write(fabricproof.Key(string(kind), id)); !wrote {
				continue
			}
			if f.Blocks[uint64(n)], err = fabricproof.Trim(r.Raw(uint64(n)), holds == holdsBlock); err != nil {
				t.Fatal(err)
			}
			switch holds {
			case holdsTransaction:
				f.Transactions[tx.TxID] = b.Data[i]
			case holdsCommand:
				f.Commands[tx.TxID] = tx.Actions[0].Args[1]
			}
			blocks = append(blocks, b)
		}
	}
	config, err := fabricproof.ParseBlock(r.Raw(0))
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Config()
	if err != nil {
		t.Fatal(err)
	}
	if f.Orderers, err = proof.OrderersOf(blocks, map[uint64]*fabricproof.Config{0: c}); err != nil {
		t.Fatal(err)
	}
	return f
}

func packed(t testing.TB, f *proof.File) []byte {
	t.Helper()
	raw, err := f.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (r *registry) proof(t testing.TB, holds int) []byte {
	t.Helper()
	return packed(t, r.file(t, rights.KindCertificate, provenNo, holds, nil))
}

// soon is a verifier's clock a minute after the statement.
func (r *registry) soon() ProofOptions { return ProofOptions{Now: r.Now().Add(time.Minute)} }

func said(r *ProofResult, v Verdict) string {
	var b strings.Builder
	for _, f := range r.Findings {
		if f.Verdict == v {
			fmt.Fprintf(&b, "%s %s: %s\n", f.Area, f.Subject, f.Words.En)
		}
	}
	return b.String()
}

func TestAProofIsProven(t *testing.T) {
	r := newRegistry(t)
	for holds, want := range map[int][]string{
		holdsReceipt:     {"the stating organisations say: registration.record"},
		holdsCommand:     {"registration.record, byte for byte, is signed with SM2 by 登记中心 (" + r.clerk.kid() + ")"},
		holdsTransaction: {"submitted by GroupMSP and endorsed by peers of GroupMSP, RegulatorMSP; it writes version 1", "byte for byte"},
		holdsBlock:       {"is in that block, number 1, submitted by GroupMSP", "it writes version 2 of " + provenNo, "byte for byte"},
	} {
		got := VerifyProof(r.proof(t, holds), r.Trust(), r.soon())
		if !got.Holds() || got.InForce == nil || !*got.InForce || len(got.Warnings) != 0 || got.ID != provenNo || !slices.Equal(got.Organisations, []string{"GroupMSP", "RegulatorMSP"}) || got.AsOf <= r.Now().Unix()-60 {
			t.Errorf("holds %d: %+v\n%s", holds, got.Result.Failed, said(got, Failed))
		}
		proven := said(got, Proven)
		for _, words := range append(want, "a quorum of 3", "peers of GroupMSP, RegulatorMSP state together", `certificate `+provenNo+` (version 2`, "nothing lies on it") {
			if !strings.Contains(proven, words) {
				t.Errorf("holds %d: nothing proven says %q:\n%s", holds, words, proven)
			}
		}
		if holds == holdsReceipt && strings.Contains(proven, "byte for byte") {
			t.Error("a command that is not there was verified")
		}
		for _, f := range got.Findings {
			if strings.Contains(f.Words.Zh+f.Words.En, "%!") || f.Words.Zh == "" {
				t.Errorf("words %+v", f)
			}
		}
	}
}

// The proof for everyone has nothing of what the public may not read.
func TestThePublicProofHoldsNoCommand(t *testing.T) {
	r := newRegistry(t)
	raw := r.proof(t, holdsReceipt)
	whole := r.file(t, rights.KindCertificate, provenNo, holdsCommand, nil)
	for id, jws := range whole.Commands {
		if body := bytes.Split(jws, []byte("."))[1]; bytes.Contains(raw, body) || bytes.Contains(raw, []byte("RG-1")) {
			t.Errorf("it has the command of %s", id)
		}
		if !bytes.Contains(packed(t, whole), jws) { // or the above shows nothing
			t.Error("nor has the one with commands")
		}
	}
}

// Every single byte changed: it does not hold.
func TestEveryChangedByteOfAProofFails(t *testing.T) {
	r := newRegistry(t)
	trust := r.Trust()
	for _, holds := range []int{holdsReceipt, holdsBlock} {
		raw := r.proof(t, holds)
		for at := range raw {
			changed := bytes.Clone(raw)
			changed[at] ^= 1 << (at % 8)
			if VerifyProof(changed, trust, r.soon()).Holds() {
				t.Fatalf("byte %d of %d changed, and it holds", at, len(raw))
			}
		}
		for name, changed := range map[string][]byte{"nothing": nil, "half": raw[:len(raw)/2], "a byte more": append(bytes.Clone(raw), 0), "a byte before": append([]byte{0}, raw...), "twice": slices.Concat(raw, raw)} {
			if VerifyProof(changed, trust, r.soon()).Holds() {
				t.Errorf("%s: it holds", name)
			}
		}
	}
}

// Bytes all over every part changed, and the archive made
// to fit again: what a forger with the tools can do.
func TestEveryChangedByteOfEveryPartFails(t *testing.T) {
	r := newRegistry(t)
	trust := r.Trust()
	for holds, step := range map[int]int{holdsCommand: 5, holdsTransaction: 23, holdsBlock: 17} {
		if testing.Short() {
			step *= 13
		}
		files, err := archive.Unpack(r.proof(t, holds))
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range files {
			for at := 0; at < len(content); at += step {
				changed := maps.Clone(files)
				changed[name] = bytes.Clone(content)
				changed[name][at] ^= 1 << (at % 8)
				if name == proof.StatementFile { // its answer in the clear fits it
					if _, s, err := fabricproof.ReadStatement(changed[name]); err == nil {
						changed[proof.AnswerFile] = s.Answer
					}
				}
				raw, err := archive.Pack(changed)
				if err != nil {
					t.Fatal(err)
				}
				if VerifyProof(raw, trust, r.soon()).Holds() {
					t.Fatalf("byte %d of %s changed, and it holds", at, name)
				}
			}
		}
	}
}

func failsWith(t *testing.T, got *ProofResult, words string) {
	t.Helper()
	if got.Holds() || !strings.Contains(said(got, Failed), words) {
		t.Errorf("want a failure with %q, got: %s", words, said(got, Failed))
	}
}

func TestProofsRefused(t *testing.T) {
	r := newRegistry(t)
	good := r.proof(t, holdsBlock)
	t.Run("another consortium", func(t *testing.T) {
		failsWith(t, VerifyProof(good, prooftest.New(t).Trust(), r.soon()), "not of the consortium of the roots given")
	})
	t.Run("more organisations asked for", func(t *testing.T) {
		o := r.soon()
		o.Organisations = 3
		failsWith(t, VerifyProof(good, r.Trust(), o), "only 2 organisations (GroupMSP, RegulatorMSP) state it; at least 3")
	})
	t.Run("one organisation", func(t *testing.T) {
		f := r.file(t, rights.KindCertificate, provenNo, holdsReceipt, func(x *prooftest.Invocation) { x.Endorsers = []string{"GroupMSP"} })
		failsWith(t, VerifyProof(packed(t, f), r.Trust(), r.soon()), "too few organisations signed")
	})
	t.Run("stale", func(t *testing.T) {
		o := ProofOptions{Now: r.Now().Add(48 * time.Hour), MaxAge: 24 * time.Hour}
		failsWith(t, VerifyProof(good, r.Trust(), o), "the statement is stale")
		o.MaxAge = 49 * time.Hour
		if got := VerifyProof(good, r.Trust(), o); !got.Holds() {
			t.Error(said(got, Failed))
		}
	})
	t.Run("from the future", func(t *testing.T) {
		failsWith(t, VerifyProof(good, r.Trust(), ProofOptions{Now: r.Now().Add(-time.Hour)}), "set the clock right")
	})
	t.Run("an endorser's certificate expired", func(t *testing.T) {
		c := newRegistry(t)
		group := c.Organisations[0]
		group.Peer = group.CA.Issue("peer0", "peer", c.Now().Add(-time.Minute))
		failsWith(t, VerifyProof(c.proof(t, holdsReceipt), c.Trust(), c.soon()), "was not valid then")
	})
	t.Run("an endorser's certificate revoked", func(t *testing.T) {
		trust := r.Trust()
		o := trust.Organisations["GroupMSP"]
		o.Revoked = append(o.Revoked, r.Organisations[0].CA.Revoke(r.Organisations[0].Peer, r.Now().Add(time.Hour))) // even after
		failsWith(t, VerifyProof(good, trust, r.soon()), "is revoked")
	})
	t.Run("an orderer's certificate revoked", func(t *testing.T) {
		trust := r.Trust()
		o := trust.Organisations["GroupMSP"]
		o.Revoked = append(o.Revoked, r.Organisations[0].OrdererCA.Revoke(r.Organisations[0].Orderer, r.Now().Add(-24*time.Hour)))
		failsWith(t, VerifyProof(good, trust, r.soon()), "is revoked")
		later := r.Trust()
		later.Organisations["GroupMSP"].Revoked = append(o.Revoked[:0], r.Organisations[0].OrdererCA.Revoke(r.Organisations[0].Orderer, r.Now().Add(time.Hour)))
		if got := VerifyProof(good, later, r.soon()); !got.Holds() { // what it signed before stands
			t.Error(said(got, Failed))
		}
	})
	for name, x := range map[string]struct {
		holds  int
		change func(f *proof.File)
		words  string
	}{
		"a block left out":       {holdsBlock, func(f *proof.File) { delete(f.Blocks, firstBlock(f)) }, "lacks the block"},
		"a block of no use":      {holdsBlock, func(f *proof.File) { f.Blocks[1], _ = fabricproof.Trim(r.Raw(1), false) }, "nothing to do with"},
		"another block":          {holdsBlock, func(f *proof.File) { f.Blocks[firstBlock(f)], _ = fabricproof.Trim(r.Raw(1), true) }, "it is block 1"},
		"peers' notes on it":     {holdsBlock, func(f *proof.File) { f.Blocks[firstBlock(f)] = r.Raw(firstBlock(f)) }, "not in the form it is proven in"},
		"another's transaction":  {holdsTransaction, func(f *proof.File) { swap(f.Transactions) }, "not the one stated"},
		"another's command":      {holdsCommand, func(f *proof.File) { swap(f.Commands) }, "not the one stated"},
		"a command twice":        {holdsBlock, func(f *proof.File) { f.Commands[strings.Repeat("a", 64)] = []byte("x") }, "nothing to do with"},
		"another record's proof": {holdsBlock, func(f *proof.File) { f.ID = "SJ3212026110008" }, "names another record"},
		"another kind":           {holdsBlock, func(f *proof.File) { f.Kind = "PL" }, "names another record"},
		"another ledger":         {holdsBlock, func(f *proof.File) { f.Channel = "elsewhere" }, "names another record or ledger"},
		"no orderers":            {holdsBlock, func(f *proof.File) { f.Orderers = []proof.Orderers{} }, "the configuration in force"},
		"an orderer too many": {holdsBlock, func(f *proof.File) {
			f.Orderers[0].Consenters = append(f.Orderers[0].Consenters, proof.Consenter{No: 9, MSPID: "BankMSP", Certificate: "x"})
		}, "lists others"},
		"orderers of another's": {holdsBlock, func(f *proof.File) {
			f.Orderers[0].Consenters[0].Certificate = string(prooftest.New(t).Organisations[0].Orderer.PEM)
		}, "not of the consortium"},
	} {
		t.Run(name, func(t *testing.T) {
			f := r.file(t, rights.KindCertificate, provenNo, x.holds, nil)
			x.change(f)
			failsWith(t, VerifyProof(packed(t, f), r.Trust(), r.soon()), x.words)
		})
	}
	for name, x := range map[string]struct {
		change func(x *prooftest.Invocation)
		words  string
	}{
		"a statement that writes": {func(x *prooftest.Invocation) {
			x.Writes = []prooftest.Record{{Kind: "RT", ID: "x", Value: func(string) []byte { return []byte("1") }}}
		}, "writes"},
		"another function":                   {func(x *prooftest.Invocation) { x.Args[0] = []byte("Read") }, "no call of Statement"},
		"an answer to another question":      {func(x *prooftest.Invocation) { x.Args[2] = []byte("SJ3212026110008") }, "another question"},
		"an answer of another time":          {func(x *prooftest.Invocation) { x.At = x.At.Add(time.Hour) }, "another question"},
		"an answer that is none":             {func(x *prooftest.Invocation) { x.Answer = []byte("{}") }, "schema"},
		"a receipt that was not read":        {func(x *prooftest.Invocation) { x.Reads = x.Reads[:1] }, "did not read this command's receipt"},
		"a receipt less than commands":       {func(x *prooftest.Invocation) { x.Args = x.Args[:4] }, "another question"},
		"commands that another's receipt is": {func(x *prooftest.Invocation) { x.Args[3], x.Args[4] = x.Args[4], x.Args[3] }, "did not read this command's receipt"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := r.statement(t, rights.KindCertificate, provenNo, x.change)
			f := r.file(t, rights.KindCertificate, provenNo, holdsReceipt, nil)
			f.Statement = raw
			files := map[string][]byte{proof.StatementFile: raw}
			whole, err := f.Pack()
			if err != nil { // it cannot even be packed by the gateway's own means
				if whole, err = archive.Pack(files); err != nil {
					t.Fatal(err)
				}
				if got := VerifyProof(whole, r.Trust(), r.soon()); got.Holds() {
					t.Error("it holds")
				}
				if _, err := r.Trust().Statement(raw); err == nil || !strings.Contains(err.Error(), x.words) {
					t.Errorf("%v", err)
				}
				return
			}
			failsWith(t, VerifyProof(whole, r.Trust(), r.soon()), x.words)
		})
	}
}

func firstBlock(f *proof.File) uint64 { return slices.Min(slices.Collect(maps.Keys(f.Blocks))) }

// swap exchanges the parts of two transactions.
func swap(m map[string][]byte) {
	ids := slices.Sorted(maps.Keys(m))
	m[ids[0]], m[ids[1]] = m[ids[1]], m[ids[0]]
}

// A key that signed another command than the one stated is found, whoever states it.
func TestAStatedKeyMustHaveSigned(t *testing.T) {
	r := newRegistry(t)
	thief := newPerson(t, "91320900MA1THEEF0", "冒名者")
	info := thief.key.Info()
	f := r.file(t, rights.KindCertificate, provenNo, holdsCommand, func(x *prooftest.Invocation) {
		var s rights.Statement
		if err := json.Unmarshal(x.Answer, &s); err != nil {
			t.Fatal(err)
		}
		s.Signers[0].PublicKey = info.PublicKey
		x.Answer, _ = json.Marshal(&s)
	})
	failsWith(t, VerifyProof(packed(t, f), r.Trust(), r.soon()), "does not verify")
}

// What is proven and bad news is said loudly, and is no failure.
func TestProofsOfWhatIsNoMore(t *testing.T) {
	r := newRegistry(t)
	verify := func(o ProofOptions) (*ProofResult, string) {
		t.Helper()
		got := VerifyProof(r.proof(t, holdsReceipt), r.Trust(), o)
		if !got.Holds() {
			t.Fatal(said(got, Failed))
		}
		var b strings.Builder
		for _, w := range got.Warnings {
			b.WriteString(w.En + "\n")
			if w.Zh == "" || strings.Contains(w.Zh+w.En, "%!") {
				t.Errorf("%+v", w)
			}
		}
		return got, b.String()
	}
	change := func(kind rights.Kind, id string, record rights.Record, edit func()) {
		t.Helper()
		if err := json.Unmarshal(r.Value(string(kind), id), record); err != nil {
			t.Fatal(err)
		}
		edit()
		r.Commit(r.act(t, r.clerk, "registration.record", kind, id, record))
	}
	if got, words := verify(ProofOptions{Now: r.Now().Add(365 * 24 * time.Hour)}); *got.InForce || !strings.Contains(words, "has ended since") {
		t.Errorf("ended since: %s", words)
	}
	var right rights.Right
	beside := &rights.Restraints{RightID: provenLast, Encumbrances: []rights.Encumbrance{{Type: rights.EncFreeze, From: 1, RefID: "SM-320900-20261123-0a1b2c3d4e5f-00", ByID: r.clerk.id}}}
	r.Commit(r.act(t, r.clerk, "measure.take", rights.KindRestraints, provenLast, beside))
	if got, words := verify(r.soon()); *got.InForce || !strings.Contains(words, "not effective then (frozen)") || !strings.Contains(words, "lies: freeze") {
		t.Errorf("frozen: %s", words)
	}
	change(rights.KindRight, provenLast, &right, func() { right.State = rights.StateCancelled })
	if got, words := verify(r.soon()); !*got.InForce || !strings.Contains(words, "is cancelled") {
		t.Errorf("one right cancelled: %s", words)
	}
	var cert rights.Certificate
	change(rights.KindCertificate, provenNo, &cert, func() { cert.State, cert.DemoProfile = rights.StateCancelled, true })
	if got, words := verify(r.soon()); *got.InForce || !strings.Contains(words, provenNo+" is cancelled, not in force") || !strings.Contains(words, "no legal effect") {
		t.Errorf("cancelled: %s", words)
	}
}

// A pledge is proven with the rights and certificates beneath it.
func TestProofOfAPledge(t *testing.T) {
	r := newRegistry(t)
	r.Commit(r.act(t, r.holder, "pledge.apply", rights.KindPledge, pledgeID, &rights.Pledge{Head: rights.Head{State: rights.StateApplied}, PledgorID: r.holder.id, RightIDs: []string{provenLast}, CertNos: []string{provenNo}}))
	f := r.file(t, rights.KindPledge, pledgeID, holdsTransaction, nil)
	got := VerifyProof(packed(t, f), r.Trust(), r.soon())
	proven := said(got, Proven)
	if !got.Holds() || *got.InForce || !strings.Contains(proven, "pledge "+pledgeID) || !strings.Contains(proven, "certificate "+provenNo) || !strings.Contains(proven, "pledge.apply, byte for byte, is signed with SM2 by 绿能数据公司") {
		t.Errorf("%s%s", said(got, Failed), proven)
	}
}

func TestClaims(t *testing.T) {
	r := newRegistry(t)
	raw := r.proof(t, holdsReceipt)
	_, bundle := played(t)
	for _, x := range []struct {
		file []byte
		want bool
	}{{raw, true}, {raw[:len(raw)-1], true}, {bundle, false}, {bundle[:len(bundle)-1], false}, {nil, false}} {
		if got := IsProof(x.file); got != x.want {
			t.Errorf("%d bytes: %t", len(x.file), got)
		}
	}
}

// FuzzProof changes what is inside: whatever comes, it is read without harm, and a
// changed part does not hold.
func FuzzProof(f *testing.F) {
	r := newRegistry(f)
	files, err := archive.Unpack(r.proof(f, holdsTransaction))
	if err != nil {
		f.Fatal(err)
	}
	trust := r.Trust()
	names := slices.Sorted(maps.Keys(files))
	for i := range names {
		f.Add(uint(i), uint(10), []byte("{}"))
	}
	f.Fuzz(func(t *testing.T, file, at uint, piece []byte) {
		name := names[file%uint(len(names))]
		content := bytes.Clone(files[name])
		where := int(at % uint(len(content)+1))
		content = append(content[:where], append(bytes.Clone(piece), content[min(len(content), where+len(piece)):]...)...)
		changed := maps.Clone(files)
		changed[name] = content
		raw, err := archive.Pack(changed)
		if err != nil {
			t.Fatal(err)
		}
		if VerifyProof(raw, trust, r.soon()).Holds() && !bytes.Equal(content, files[name]) {
			t.Errorf("%s changed, and it holds", name)
		}
	})
}
