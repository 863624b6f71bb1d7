package evidence

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/internal/archive"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/fabricproof/prooftest"
)

// person is a participant of the case.
type person struct {
	id, name string
	key      client.Key
}

func (p *person) kid() string { return p.id + "#1" }

func newPerson(t testing.TB, base, name string) *person {
	t.Helper()
	check, ok := rights.USCCCheck(base)
	if !ok {
		t.Fatal(base)
	}
	key, err := client.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return &person{base + string(check), name, key}
}

// The records of the case.
const (
	alertID    = "AL-320900-20261123-0a1b2c3d4e5f-00"
	deliveryID = "DL-320900-20261123-0a1b2c3d4e5f-00"
	copyID     = "CP-320900-20261123-0a1b2c3d4e5f-00"
	otherCopy  = "CP-320900-20261123-0a1b2c3d4e5f-01"
	productID  = "DP-320900-20261123-0a1b2c3d4e5f-00"
	rightID    = "RT-320900-20261123-0a1b2c3d4e5f-00"
	caseID     = "RG-320900-20261123-0a1b2c3d4e5f-00"
	tradeID    = "TR-320900-20261123-0a1b2c3d4e5f-00"
	certNo     = "SJ3212026110001"
	offerID    = "EI-320900-20261123-0a1b2c3d4e5f-00"
	sampleID   = "EI-320900-20261123-0a1b2c3d4e5f-01"
)

var (
	sample = []byte(`{"stolen":"rows"}`)
	sketch = []byte("sketch of the product")
	code   = []byte{0xc0, 0xde, 1, 2}
	nonce  = bytes.Repeat([]byte{7}, 32)
)

// trial is a consortium with one case on its ledger.
type trial struct {
	*prooftest.Consortium
	bureau, seller, buyer, other *person
	versions                     map[string]int64
	recipients                   []string
	asked                        int
}

// put writes a record's next version by a command of somebody's; nil is an
// administrator's act.
func (c *trial) put(t testing.TB, who *person, command string, body any, kind rights.Kind, id string, record rights.Record) prooftest.Invocation {
	t.Helper()
	c.versions[id]++
	version := c.versions[id]
	x := prooftest.Invocation{Args: [][]byte{[]byte("Enrol"), []byte("{}")}}
	kid := "GroupMSP/admin"
	if who != nil {
		signed, err := who.key.Command(who.id, 1, command, body, client.IssuedAt(prooftest.Start))
		if err != nil {
			t.Fatal(err)
		}
		x.Args, kid = [][]byte{[]byte("Submit"), signed.JWS}, who.kid()
	}
	// What an id is made of is the transaction that creates it: nothing is read.
	x.Blind = version == 1
	x.Writes = []prooftest.Record{{Kind: string(kind), ID: id, Value: func(txID string) []byte {
		h := rights.HeadOf(record)
		h.DocType, h.ID, h.SchemaVersion, h.Version, h.LastTxID = string(kind), id, 1, version, txID
		h.CreatedAt, h.UpdatedAt, h.UpdatedBy = prooftest.Start.Unix(), prooftest.Start.Unix(), kid
		raw, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}}}
	return x
}

func (p *person) participant(roles ...rights.Role) *rights.Participant {
	info := p.key.Info()
	return &rights.Participant{Head: rights.Head{State: rights.StateActive}, USCC: p.id, Name: p.name, Roles: roles,
		Keys: []rights.Key{{No: 1, PublicKey: info.PublicKey, Fingerprint: info.Fingerprint, State: rights.KeyActive, From: prooftest.Start.Unix(), By: p.kid()}}}
}

// newTrial plays a stolen copy's story, as far as evidence goes.
func newTrial(t testing.TB) *trial {
	t.Helper()
	c := &trial{Consortium: prooftest.New(t), versions: map[string]int64{},
		bureau: newPerson(t, "11320900MB1BUREA0", "市数据局"), seller: newPerson(t, "91320900MA1DATAR0", "绿能数据<b>公司</b>"),
		buyer: newPerson(t, "91320900MA1BUYER0", "盐都租赁有限公司"), other: newPerson(t, "91320900MA1QTHER0", "诚信数据有限公司"), recipients: []string{otherCopy, copyID}}
	start := prooftest.Start.Unix()
	empty := map[string]any{}
	for _, p := range []*person{c.bureau, c.seller, c.buyer, c.other} {
		role := rights.RoleEnterprise
		if p == c.bureau {
			role = rights.RoleRegulator
		}
		c.Commit(c.put(t, nil, "", nil, rights.KindParticipant, p.id, p.participant(role)))
	}
	state := func(s rights.State) rights.Head { return rights.Head{State: s} }
	permission := &rights.Permission{Scope: rights.Scope{Actions: []rights.Action{rights.ActHold, rights.ActQuery}}}
	c.Commit(
		c.put(t, c.bureau, "registration.record", empty, rights.KindCase, caseID, &rights.Case{Head: state("Recorded"), ObjectID: productID}),
		c.put(t, c.bureau, "registration.record", empty, rights.KindCertificate, certNo, &rights.Certificate{Head: state(rights.StateValid), CertNo: certNo, HolderID: c.seller.id}),
		c.put(t, c.bureau, "registration.record", empty, rights.KindRight, rightID, &rights.Right{Head: state(rights.StateActive), Kind: rights.RightUse, HolderID: c.seller.id, CertNo: certNo, CaseID: caseID, ValidFrom: start, ValidTo: start + 1e6}),
		c.put(t, c.seller, "product.create", empty, rights.KindProduct, productID, &rights.Product{Head: state("Approved"), Name: "负荷曲线", OwnerID: c.seller.id,
			Versions: []rights.ProductVersion{{No: 1, ContentRoot: sm3Of(sketch)}}}))
	trade := &rights.Trade{Head: state("Agreed"), ProductID: productID, RightID: rightID, BuyerID: c.buyer.id, SellerID: c.seller.id, TermsHash: sm3Of([]byte("terms"))}
	c.Commit(c.put(t, c.buyer, "trade.apply", empty, rights.KindTrade, tradeID, trade))
	trade.State = "Completed"
	delivery := &rights.Delivery{Head: state("Prepared"), TradeID: tradeID, FromID: c.seller.id, ToID: c.buyer.id, ProductID: productID, ProductVersion: 1}
	c.Commit(c.put(t, c.seller, "delivery.prepare", empty, rights.KindDelivery, deliveryID, delivery))
	sent := *delivery
	sent.State, sent.ContentRoot, sent.FingerprintCommit, sent.SentAt = "Sent", sm3Of([]byte("sent")), rights.FingerprintCommit("sm3", code, nonce), start+10
	c.Commit(c.put(t, c.seller, "delivery.send", empty, rights.KindDelivery, deliveryID, &sent))
	received := sent
	received.State, received.ReceivedAt, received.ReceivedBy, received.CopyID = "Accepted", start+20, c.buyer.kid(), copyID
	c.Commit(
		c.put(t, c.buyer, "delivery.receive", empty, rights.KindDelivery, deliveryID, &received),
		c.put(t, c.buyer, "delivery.receive", empty, rights.KindCopy, copyID, &rights.Copy{Head: state("Held"), HolderID: c.buyer.id, DeliveryID: deliveryID, TradeID: tradeID, ProductID: productID, Version: 1,
			FingerprintCommit: received.FingerprintCommit, Permission: permission, HoldUntil: start + 1e6}),
		c.put(t, c.other, "delivery.receive", empty, rights.KindCopy, otherCopy, &rights.Copy{Head: state("Held"), HolderID: c.other.id, ProductID: productID, Version: 1, FingerprintCommit: sm3Of([]byte("another")), Permission: permission}),
		c.put(t, c.seller, "trade.complete", empty, rights.KindTrade, tradeID, trade))
	alert := &rights.Alert{Head: state("Open"), RuleCode: "AL-RESALE-MATCH", TargetID: productID, SubjectIDs: []string{c.buyer.id}, RaisedAt: start + 30}
	c.Commit(c.put(t, c.bureau, "alert.raise", empty, rights.KindAlert, alertID, alert))
	item := func(id, kind string, content []byte) prooftest.Invocation {
		return c.put(t, c.bureau, "evidence.collect", empty, rights.KindEvidence, id, &rights.EvidenceItem{Head: state(rights.StateSealed), CaseID: alertID, Kind: kind, Hash: sm3Of(content),
			CollectedBy: c.bureau.id, CollectedAt: start + 40, Method: "公证取证", Custody: []rights.Handover{{To: c.bureau.id, At: start + 41, SealHash: sm3Of([]byte("seal")), Kid: c.bureau.kid()}}})
	}
	c.Commit(item(offerID, rights.EvidenceOffer, []byte("offer")), item(sampleID, rights.EvidenceSample, sample))
	investigating := *alert
	investigating.State, investigating.EvidenceIDs, investigating.HearingDueAt = "Investigating", []string{offerID, sampleID}, start+1000
	c.Commit(c.put(t, c.bureau, "alert.investigate", empty, rights.KindAlert, alertID, &investigating))
	opened := investigating
	opened.MatchedDeliveryIDs = []string{deliveryID}
	c.Commit(c.put(t, c.bureau, "alert.openFingerprint", rights.OpenFingerprint{AlertID: alertID, DeliveryID: deliveryID,
		Code: base64.RawURLEncoding.EncodeToString(code), Nonce: base64.RawURLEncoding.EncodeToString(nonce)}, rights.KindAlert, alertID, &opened))
	return c
}

// The trial is a Source.

func (c *trial) Recipients(context.Context, string) ([]string, error) { return c.recipients, nil }

func (c *trial) State(_ context.Context, kind rights.Kind, id string) ([]byte, error) {
	c.asked++
	return c.Attest(string(kind), id), nil
}

func (c *trial) Block(_ context.Context, number uint64) ([]byte, error) {
	c.asked++
	return c.Raw(number), nil
}

func (c *trial) order() Order {
	return Order{AlertID: alertID, Key: c.bureau.key, ParticipantID: c.bureau.id, KeyNo: 1, Now: time.Unix(prooftest.Start.Unix()+5000, 0),
		Attachments: []Attachment{{Name: "样本.JSON", Content: sample, Role: RoleAttach}, {Name: "../../etc/passwd", Content: []byte(`{"mark":{"falseAccusation":1e-9}}`), Role: RoleAttach}, {Name: "sketch.bin", Content: sketch, Role: RoleSketch}}}
}

func (c *trial) bundle(t testing.TB) []byte {
	t.Helper()
	b, err := Export(context.Background(), c, c.order())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	playOnce   sync.Once
	playTrial  *trial
	playBundle []byte
)

// played is one trial for the tests that only read it.
func played(t testing.TB) (*trial, []byte) {
	t.Helper()
	playOnce.Do(func() {
		c := newTrial(t)
		playTrial, playBundle = c, c.bundle(t)
	})
	if playBundle == nil {
		t.Fatal("there is no bundle to look at")
	}
	return playTrial, playBundle
}

// only finds the findings of an area.
func only(r *Result, v Verdict, a Area) (list []Finding) {
	for _, f := range r.Findings {
		if f.Verdict == v && f.Area == a {
			list = append(list, f)
		}
	}
	return list
}

func TestABundleIsProven(t *testing.T) {
	c, bundle := played(t)
	r := Verify(bundle, c.Trust())
	for _, f := range r.Findings {
		if f.Verdict == Failed {
			t.Errorf("%s %s: %s", f.Area, f.Subject, f.Words.En)
		}
		if f.Words.Zh == "" || f.Words.En == "" || strings.Contains(f.Words.Zh+f.Words.En, "%!") {
			t.Errorf("words %+v", f)
		}
	}
	if !r.Holds() || r.AlertID != alertID || r.ExportedBy != c.bureau.kid() || r.AsOf <= prooftest.Start.Unix() {
		t.Fatalf("%+v", r)
	}
	if !slices.Equal(r.Gaps, []string{"E9", "E10"}) {
		t.Errorf("gaps %v", r.Gaps)
	}
	// 4 participants as they stand; 11 records with all of their 17 versions.
	if n := len(only(r, Proven, AreaRecord)); n != 15 {
		t.Errorf("%d records are proven", n)
	}
	if n := len(only(r, Proven, AreaHistory)); n != 11 {
		t.Errorf("%d histories are proven", n)
	}
	if n := len(only(r, Asserted, AreaHistory)); n != 4 {
		t.Errorf("%d histories are asserted", n)
	}
	if n := len(only(r, Proven, AreaElement)); n != 10 {
		t.Errorf("%d elements are proven", n)
	}
	if list := only(r, Proven, AreaOpening); len(list) != 1 || !strings.Contains(list[0].Words.En, "written at 8 . 0, received at 9 . 0") {
		t.Errorf("openings %+v", list)
	}
	bound, loose := only(r, Proven, AreaAttachment), only(r, Asserted, AreaAttachment)
	if len(bound) != 2 || !strings.Contains(bound[0].Words.En, "hash of EI "+sampleID) || !strings.Contains(bound[1].Words.En, "versions[0].contentRoot of DP") {
		t.Errorf("bound %+v", bound)
	}
	if len(loose) != 1 || loose[0].Subject != "evidence/2" {
		t.Errorf("not bound %+v", loose)
	}
	if len(only(r, Proven, AreaReport)) != 1 || len(only(r, Asserted, AreaLimit)) != 2 {
		t.Error("report or limits")
	}
	if again := Verify(bundle, c.Trust()); len(again.Findings) != len(r.Findings) {
		t.Error("verifying again says something else")
	}
}

func TestTheReportSaysWhatTheRecordsSay(t *testing.T) {
	_, bundle := played(t)
	files, err := archive.Unpack(bundle)
	if err != nil {
		t.Fatal(err)
	}
	page := string(files[fileReport])
	for _, want := range []string{"案件证据报告", "盐都租赁有限公司", "绿能数据&lt;b&gt;公司&lt;/b&gt;", rights.FingerprintCommit("sm3", code, nonce), "mark.falseAccusation = 1e-9", "该副本的许可不含转售", "未绑定", "公证取证", "E10", "样本.JSON"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, never := range []string{"<script", "<b>公司", "http://", "https://", "../../"} {
		if strings.Contains(page, never) {
			t.Errorf("the report has %q", never)
		}
	}
}

func TestDescribe(t *testing.T) {
	_, bundle := played(t)
	d, err := Describe(bundle)
	if err != nil || d.AlertID != alertID || d.Records != 15 || d.SM3 != sm3Of(bundle) || !slices.Equal(d.Gaps, []string{"E9", "E10"}) || len(d.Missing) != 2 || d.Blocks != 10 {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := Describe(bundle[1:]); err == nil {
		t.Error("half an archive was described")
	}
}

// failing is a Source whose parts fail.
type failing struct {
	*trial
	change func([]byte) []byte
	states bool
}

func (f failing) State(ctx context.Context, kind rights.Kind, id string) ([]byte, error) {
	raw, err := f.trial.State(ctx, kind, id)
	if f.states {
		raw = f.change(raw)
	}
	return raw, err
}

func (f failing) Block(ctx context.Context, n uint64) ([]byte, error) {
	raw, err := f.trial.Block(ctx, n)
	if !f.states {
		raw = f.change(raw)
	}
	return raw, err
}

func TestExportRefusesWhatDoesNotFit(t *testing.T) {
	c, _ := played(t)
	for name, src := range map[string]failing{
		"no reads":         {c, func([]byte) []byte { return nil }, true},
		"broken reads":     {c, func(b []byte) []byte { return b[:len(b)/2] }, true},
		"another's read":   {c, func([]byte) []byte { return c.Attest("PT", c.seller.id) }, true},
		"broken blocks":    {c, func(b []byte) []byte { return b[:len(b)/2] }, false},
		"always one block": {c, func([]byte) []byte { return c.Raw(0) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Export(context.Background(), src, c.order()); err == nil || !strings.Contains(err.Error(), alertID) {
				t.Errorf("exported: %v", err)
			}
		})
	}
	order := c.order()
	order.AlertID = "AL-320900-20261123-000000000000-00"
	if _, err := Export(context.Background(), c, order); err == nil {
		t.Error("a case that is not there was exported")
	}
}

// A block's flags are its peer's word alone: what is proven does not rest on them.
func TestAPeersFlagsProveNothing(t *testing.T) {
	c := newTrial(t)
	for _, b := range c.Blocks {
		for i := range b.GetMetadata().GetMetadata()[common.BlockMetadataIndex_TRANSACTIONS_FILTER] {
			b.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER][i] = 255
		}
	}
	if r := Verify(c.bundle(t), c.Trust()); !r.Holds() {
		t.Error("flags made a difference")
	}
}

var _ = fabricproof.Key

// Versions that do not follow from each other are no history, whoever endorsed
// them.
func TestVersionsThatDoNotFollow(t *testing.T) {
	for name, x := range map[string]struct {
		change func(h *rights.Head)
		words  string
	}{
		"a version left out":  {func(h *rights.Head) { h.Version++ }, "where 4 is due"},
		"another transaction": {func(h *rights.Head) { h.LastTxID = strings.Repeat("a", 64) }, "another transaction"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t)
			var alert rights.Alert
			if err := json.Unmarshal(c.Value("AL", alertID), &alert); err != nil {
				t.Fatal(err)
			}
			i := c.put(t, c.bureau, "alert.confirm", map[string]any{}, rights.KindAlert, alertID, &alert)
			right := i.Writes[0].Value
			i.Writes[0].Value = func(txID string) []byte {
				right(txID)
				x.change(&alert.Head)
				raw, err := json.Marshal(&alert)
				if err != nil {
					t.Fatal(err)
				}
				return raw
			}
			c.Commit(i)
			if _, err := Export(context.Background(), c, c.order()); err == nil || !strings.Contains(err.Error(), x.words) {
				t.Errorf("%v", err)
			}
		})
	}
}

// An opening counts by what it opens: a ledger that took a wrong one does not
// make it right.
func TestAnOpeningThatOpensNothing(t *testing.T) {
	c := newTrial(t)
	var alert rights.Alert
	if err := json.Unmarshal(c.Value("AL", alertID), &alert); err != nil {
		t.Fatal(err)
	}
	c.Commit(c.put(t, c.bureau, "alert.openFingerprint", rights.OpenFingerprint{AlertID: alertID, DeliveryID: deliveryID, Code: "AAAA", Nonce: base64.RawURLEncoding.EncodeToString(nonce)}, rights.KindAlert, alertID, &alert))
	r := Verify(c.bundle(t), c.Trust())
	if list := only(r, Failed, AreaOpening); !slices.ContainsFunc(list, func(f Finding) bool { return strings.Contains(f.Words.En, "it opens sm3:") }) {
		t.Errorf("%+v", list)
	}
}
