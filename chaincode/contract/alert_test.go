package contract_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
)

// found makes a market a Finder over its committed state, as an index is.
type found struct{ m *market }

func (f found) Find(kind rights.Kind, id string, v any) (bool, error) {
	key, err := state.Key(kind, id)
	if err != nil {
		return false, err
	}
	raw := f.m.ledger.Get(key)
	if raw == nil {
		return false, nil
	}
	return true, json.Unmarshal(raw, v)
}

// resale is the scene of a case of resale: three recipients of one version, each
// with a code of its own; the second is the suspect.
type resale struct {
	*market
	right, alert, offer string
	copies, deliveries  []string
}

func resaleScene(t *testing.T) *resale {
	m, right, _ := supervised(t)
	m.join(buyerID, "东台数据应用有限公司")
	s := &resale{market: m, right: right}
	for i, holder := range []string{weatherID, buyerID, bankID} {
		n := fmt.Sprintf("320902-20260706-5ce0e00001%02d-00", i)
		trade, delivery, cp := "TR-"+n, "DL-"+n, "CP-"+n
		m.put(rights.KindTrade, trade, &rights.Trade{Head: sceneHead(rights.KindTrade, trade, rights.StateCompleted), SellerID: energyID, BuyerID: holder, ProductID: sceneProduct, RightID: right, TermsHash: hash(trade)})
		d := m.deliveryOf(delivery, code(i), m.now)
		d.CopyID, d.ToID, d.TradeID = cp, holder, trade
		m.put(rights.KindDelivery, delivery, d)
		m.put(rights.PointerUnique, "fingerprint/"+d.FingerprintCommit, map[string]string{"id": delivery})
		h := sceneHead(rights.KindCopy, cp, rights.StateHeld)
		m.put(rights.KindCopy, cp, &rights.Copy{Head: h, HolderID: holder, DeliveryID: delivery, TradeID: trade, ProductID: sceneProduct, Version: 1, FingerprintCommit: d.FingerprintCommit, HoldUntil: far,
			Permission: &rights.Permission{Scope: rights.Scope{Actions: []rights.Action{rights.ActHold, rights.ActQuery, rights.ActProcess}, From: start, To: far}}})
		s.copies, s.deliveries = append(s.copies, cp), append(s.deliveries, delivery)
	}
	m.now += 86400
	s.alert = m.must(m.do(m.platform, "alert.raise", rights.RaiseAlert{RuleCode: "AL-RESALE-MATCH", TargetID: sceneProduct, SubjectIDs: []string{buyerID}})).id(rights.KindAlert)
	m.must(m.do(regulator, "alert.acknowledge", rights.OfAlert{AlertID: s.alert}))
	m.must(m.do(regulator, "alert.investigate", rights.InvestigateAlert{AlertID: s.alert}))
	m.must(m.do(buyerID+"#1", "alert.hear", rights.HearAlert{AlertID: s.alert, StatementHash: hash("statement")}))
	s.offer = s.item("OfferCapture", m.now, 0, "")
	return s
}

func code(i int) []byte { return []byte(fmt.Sprintf("the mark of recipient %d", i)) }

func (s *resale) item(kind string, at, permille int64, ref string) string {
	s.t.Helper()
	return s.must(s.do(regulator, "evidence.collect", rights.CollectEvidence{CaseID: s.alert, Kind: kind, Hash: hash(kind), CollectedAt: at, Method: "公证抓取", SealHash: hash("seal"),
		Permille: permille, RefID: ref})).id(rights.KindEvidence)
}

func (s *resale) open(i int) answer {
	return s.do(regulator, "alert.openFingerprint", rights.OpenFingerprint{AlertID: s.alert, DeliveryID: s.deliveries[i], Code: b64(code(1)), Nonce: b64(markNonce)})
}

func (s *resale) confirm(change func(*rights.ConfirmAlert)) answer {
	b := rights.ConfirmAlert{AlertID: s.alert, IRCode: "IR-1", Finding: "未经许可转售", FindingHash: hash("finding"), EvidenceIDs: []string{s.offer},
		Proof: &rights.ResaleProof{CopyID: s.copies[1], OfferEvidenceID: s.offer}}
	if change != nil {
		change(&b)
	}
	return s.do(regulator, "alert.confirm", b)
}

// three recipients, the sample opens the second's commitment: one delivery
// is named, and the bundle has no gap in E1 to E7.
func TestResaleCase(t *testing.T) {
	s := resaleScene(t)
	if id, ok, err := rights.MatchFingerprint(found{s.market}, code(1), markNonce); !ok || err != nil || id != s.deliveries[1] {
		t.Errorf("matches %q %t %v", id, ok, err)
	}
	if id, ok, err := rights.MatchFingerprint(found{s.market}, []byte("of nobody"), markNonce); ok || err != nil {
		t.Errorf("matches %q %t %v", id, ok, err)
	}
	for _, i := range []int{0, 2} {
		if e := s.refuses(s.open(i), rights.CodeBasis); e.Rule != "4.4" || e.Record != s.deliveries[i] {
			t.Errorf("%+v", e)
		}
	}
	// Before the opening there is neither way to a proof.
	if e := s.refuses(s.confirm(nil), rights.CodeFormat); e.Field != "proof.reportId" {
		t.Errorf("%+v", e)
	}
	s.must(s.open(1))
	s.refuses(s.open(1), rights.CodeExists)
	bundle := func() *rights.Bundle {
		t.Helper()
		b, err := rights.CaseBundle(found{s.market}, s.alert, s.copies)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if gaps := bundle().Gaps(); !slices.Contains(gaps, "E6") || !slices.Contains(gaps, "E2") || !slices.Contains(gaps, "E10") {
		t.Errorf("nothing shown yet, gaps %v", gaps)
	}
	sample := s.item("SeizedSample", s.now, 0, "")
	s.must(s.confirm(func(b *rights.ConfirmAlert) { b.EvidenceIDs = append(b.EvidenceIDs, sample) }))
	b := bundle()
	if b.DeliveryID != s.deliveries[1] || b.CopyID != s.copies[1] || b.SuspectID != buyerID {
		t.Errorf("%+v", b)
	}
	if want := []string{"E9", "E10"}; !slices.Equal(b.Gaps(), want) { // no measure yet, no gain shown
		t.Errorf("gaps %v; want %v: %+v", b.Gaps(), want, b.Elements)
	}
	if n := len(b.Elements[6].Records); n != 3 {
		t.Errorf("E7 lists %d recipients", n)
	}
	order := measureOn(rights.MeasureOrderDestroy, rights.KindCopy, s.copies[1])
	order.AlertIDs = []string{s.alert}
	s.must(s.do(regulator, "alert.dispose", rights.DisposeAlert{AlertID: s.alert, MeasureID: s.served(regulator, order)}))
	if gaps := bundle().Gaps(); !slices.Equal(gaps, []string{"E9"}) {
		t.Errorf("gaps %v", gaps)
	}
	// Each element's record taken away is a gap, and named.
	for no, harm := range map[string]func(m *market){
		"E1":  edit(rights.KindTrade, read[rights.Copy](s.market, rights.KindCopy, s.copies[1]).TradeID, func(tr *rights.Trade) { tr.RightID = "" }),
		"E2":  edit(rights.KindDelivery, s.deliveries[1], func(d *rights.Delivery) { d.ContentRoot = "" }),
		"E3":  edit(rights.KindDelivery, s.deliveries[1], func(d *rights.Delivery) { d.ReceivedBy = "" }),
		"E4":  edit(rights.KindCopy, s.copies[1], func(c *rights.Copy) { c.Permission = nil }),
		"E5":  edit(rights.KindAlert, s.alert, func(al *rights.Alert) { al.MatchedDeliveryIDs = nil }),
		"E6":  edit(rights.KindEvidence, s.offer, func(e *rights.EvidenceItem) { e.CollectedAt = start - 1 }),
		"E7":  edit(rights.KindCopy, s.copies[2], func(c *rights.Copy) { c.FingerprintCommit = "" }),
		"E8":  edit(rights.KindEvidence, s.offer, func(e *rights.EvidenceItem) { e.Custody[0].From = buyerID }),
		"E10": edit(rights.KindAlert, s.alert, func(al *rights.Alert) { al.MeasureID = "" }),
	} {
		harmed := *s.market
		harmed.ledger = s.ledger.Clone()
		harm(&harmed)
		b, err := rights.CaseBundle(found{&harmed}, s.alert, s.copies)
		if err != nil || !slices.Contains(b.Gaps(), no) {
			t.Errorf("%s is no gap: %v %v", no, b.Gaps(), err)
		}
	}
	if b, err := rights.CaseBundle(found{s.market}, s.alert, s.copies[:1]); err != nil || !slices.Contains(b.Gaps(), "E7") {
		t.Errorf("a list of recipients without the suspect: %v %v", b.Gaps(), err)
	}
	if _, err := rights.CaseBundle(found{s.market}, "AL-1", nil); err == nil {
		t.Error("a bundle of no alert")
	}
}

// 4.4: what the confirmation of an unlicensed resale needs, and each of it.
func TestProofOfResale(t *testing.T) {
	base := resaleScene(t)
	base.must(base.open(1))
	for _, x := range []struct {
		name  string
		scene func(s *resale)
		body  func(s *resale, b *rights.ConfirmAlert)
		code  rights.Code
		field string
	}{
		{"no proof", nil, func(_ *resale, b *rights.ConfirmAlert) { b.Proof = nil }, rights.CodeFormat, "proof"},
		{"no form named", nil, func(_ *resale, b *rights.ConfirmAlert) { b.IRCode, b.Proof = "", nil }, rights.CodeFormat, "irCode"},
		{"no such form", nil, func(_ *resale, b *rights.ConfirmAlert) { b.IRCode = "IR-15" }, rights.CodeFormat, "irCode"},
		{"a proof where none is asked", nil, func(_ *resale, b *rights.ConfirmAlert) { b.IRCode = "IR-9" }, rights.CodeFormat, "proof"},
		{"no finding", nil, func(_ *resale, b *rights.ConfirmAlert) { b.FindingHash = "" }, rights.CodeFormat, "findingHash"},
		{"somebody else's copy", nil, func(s *resale, b *rights.ConfirmAlert) { b.Proof.CopyID = s.copies[0] }, rights.CodeBasis, "proof.copyId"},
		{"E3 no receipt", func(s *resale) {
			edit(rights.KindDelivery, s.deliveries[1], func(d *rights.Delivery) { d.ReceivedAt = 0 })(s.market)
		}, nil, rights.CodeBasis, "proof.copyId"},
		{"E4 resale was allowed", func(s *resale) {
			edit(rights.KindCopy, s.copies[1], func(c *rights.Copy) { c.Permission.Actions = append(c.Permission.Actions, rights.ActResell) })(s.market)
		}, nil, rights.CodeBasis, "proof.copyId"},
		{"E6 the offer was there first", func(s *resale) {
			edit(rights.KindEvidence, s.offer, func(e *rights.EvidenceItem) { e.CollectedAt = start - 1 })(s.market)
		}, nil, rights.CodeBasis, "proof.offerEvidenceId"},
		{"E6 no capture", nil, func(s *resale, b *rights.ConfirmAlert) {
			b.Proof.OfferEvidenceID = s.item("Other", s.now, 0, "")
		}, rights.CodeFormat, "proof.offerEvidenceId"},
		{"evidence of another case", nil, func(s *resale, b *rights.ConfirmAlert) {
			other := s.must(s.do(s.platform, "alert.raise", rights.RaiseAlert{RuleCode: "AL-WASH", TargetID: buyerID})).id(rights.KindAlert)
			e := rights.CollectEvidence{CaseID: other, Kind: "OfferCapture", Hash: hash("e"), CollectedAt: s.now, Method: "x", SealHash: hash("seal")}
			b.Proof.OfferEvidenceID = s.must(s.do(regulator, "evidence.collect", e)).id(rights.KindEvidence)
		}, rights.CodeFormat, "proof.offerEvidenceId"},
		{"neither heard nor the time over", func(s *resale) {
			edit(rights.KindAlert, s.alert, func(al *rights.Alert) { al.Heard = nil })(s.market)
		}, nil, rights.CodeDeadline, ""},
		{"the time to be heard is over", func(s *resale) {
			edit(rights.KindAlert, s.alert, func(al *rights.Alert) { al.Heard = nil })(s.market)
			s.now = read[rights.Alert](s.market, rights.KindAlert, s.alert).HearingDueAt
		}, nil, "", ""},
		{"of the subject's group", func(s *resale) {
			for _, id := range []string{weatherID, buyerID} {
				edit(rights.KindParticipant, id, func(p *rights.Participant) { p.GroupID = hash("group") })(s.market)
			}
			edit(rights.KindAlert, s.alert, func(al *rights.Alert) { al.MatchedDeliveryIDs = s.deliveries[:1] })(s.market)
		}, func(s *resale, b *rights.ConfirmAlert) { b.Proof.CopyID = s.copies[0] }, "", ""},
		{"E5 weak inclusion", unopened, func(s *resale, b *rights.ConfirmAlert) { s.exclude(b, 799, s.copies[1]) }, rights.CodeBasis, "proof.reportId"},
		{"E5 inclusion in another copy", unopened, func(s *resale, b *rights.ConfirmAlert) { s.exclude(b, 900, s.copies[0]) }, rights.CodeBasis, "proof.reportId"},
		{"E7 no test against the others", unopened, func(s *resale, b *rights.ConfirmAlert) {
			s.exclude(b, 800, s.copies[1])
			b.Proof.ExclusionTestID = ""
		}, rights.CodeFormat, "proof.exclusionTestId"},
		{"E7 the suspect among the others", unopened, func(s *resale, b *rights.ConfirmAlert) {
			s.exclude(b, 800, s.copies[1])
			b.Proof.OtherCopyIDs[1] = s.copies[1]
		}, rights.CodeBasis, "proof.otherCopyIds[1]"},
		{"E7 an unmarked copy", func(s *resale) {
			unopened(s)
			edit(rights.KindCopy, s.copies[2], func(c *rights.Copy) { c.FingerprintCommit = "" })(s.market)
		}, func(s *resale, b *rights.ConfirmAlert) { s.exclude(b, 800, s.copies[1]) }, rights.CodeBasis, "proof.otherCopyIds[1]"},
		{"inclusion at the threshold and all others excluded", unopened, func(s *resale, b *rights.ConfirmAlert) { s.exclude(b, 800, s.copies[1]) }, "", ""},
		{"an opened fingerprint", nil, nil, "", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			m := *base.market
			m.t, m.ledger = t, base.ledger.Clone()
			s := *base
			s.market = &m
			if x.scene != nil {
				x.scene(&s)
			}
			a := s.confirm(func(b *rights.ConfirmAlert) {
				if x.body != nil {
					x.body(&s, b)
				}
			})
			if x.code == "" {
				s.must(a)
				return
			}
			if e := s.refuses(a, x.code); e.Field != x.field {
				t.Errorf("field %q; want %q: %v", e.Field, x.field, e)
			}
		})
	}
}

func unopened(s *resale) {
	edit(rights.KindAlert, s.alert, func(al *rights.Alert) { al.MatchedDeliveryIDs = nil })(s.market)
}

// exclude proves by inclusion and exclusion instead of an opened fingerprint.
func (s *resale) exclude(b *rights.ConfirmAlert, permille int64, of string) {
	s.t.Helper()
	b.Proof.ReportID, b.Proof.ExclusionTestID = s.item("InclusionReport", s.now, permille, of), s.item("ExclusionTest", s.now, 0, "")
	b.Proof.OtherCopyIDs = []string{s.copies[0], s.copies[2]}
}

// PermissionAt answers by the term, the state, the trade and every copy it came
// from.
func TestPermissionAt(t *testing.T) {
	s := resaleScene(t)
	cp, trade := s.copies[1], read[rights.Copy](s.market, rights.KindCopy, s.copies[1]).TradeID
	resells := func(c *rights.Copy) {
		c.Permission.Actions = append(c.Permission.Actions, rights.ActResell)
	}
	for _, x := range []struct {
		name    string
		harm    func(m *market)
		at      int64
		allowed bool
		chain   int
	}{
		{"not named", func(*market) {}, start + 9, false, 2},
		{"named", edit(rights.KindCopy, cp, resells), start + 9, true, 2},
		{"before it was had", edit(rights.KindCopy, cp, resells), start - 1, false, 2},
		{"past its term", edit(rights.KindCopy, cp, func(c *rights.Copy) { resells(c); c.HoldUntil = start + 9 }), start + 9, false, 2},
		{"destroyed", edit(rights.KindCopy, cp, func(c *rights.Copy) { resells(c); c.State, c.UpdatedAt = rights.StateDestroyed, start+9 }), start + 9, false, 2},
		{"destroyed later", edit(rights.KindCopy, cp, func(c *rights.Copy) { resells(c); c.State, c.UpdatedAt = rights.StateDestroyed, start+9 }), start + 8, true, 2},
		{"the trade was terminated", func(m *market) {
			edit(rights.KindCopy, cp, resells)(m)
			edit(rights.KindTrade, trade, func(tr *rights.Trade) { tr.State, tr.EndedAt = rights.StateTerminated, start+5 })(m)
		}, start + 9, false, 2},
		{"a parent forbids", edit(rights.KindCopy, cp, func(c *rights.Copy) { resells(c); c.ParentCopyID = s.copies[0] }), start + 9, false, 4},
		{"a circle of copies", edit(rights.KindCopy, cp, func(c *rights.Copy) { resells(c); c.ParentCopyID = cp }), start + 9, false, 66},
	} {
		m := *s.market
		m.ledger = s.ledger.Clone()
		x.harm(&m)
		d, err := rights.PermissionAt(found{&m}, cp, rights.ActResell, x.at)
		if err != nil || d.Allowed != x.allowed || (d.Why == nil) != x.allowed || len(d.Chain) != x.chain {
			t.Errorf("%s: %+v %v", x.name, d, err)
		}
	}
}

func TestRaiseAlert(t *testing.T) {
	m, right, _ := supervised(t)
	good := rights.RaiseAlert{RuleCode: "AL-RESALE-ATTEMPT", TargetID: right, SubjectIDs: []string{energyID}, Refusal: "E_RESALE", RefusedDigest: hash("refused")}
	for _, x := range []struct {
		name   string
		kid    string
		change func(*rights.RaiseAlert)
		code   rights.Code
		field  string
	}{
		{"no such rule", m.platform, func(b *rights.RaiseAlert) { b.RuleCode = "AL-X" }, rights.CodeFormat, "ruleCode"},
		{"another severity", m.platform, func(b *rights.RaiseAlert) { b.Severity = "Low" }, rights.CodeFormat, "severity"},
		{"no target", m.platform, func(b *rights.RaiseAlert) { b.TargetID = "RT-320902-20260706-000000000000-00" }, rights.CodeNotFound, "targetId"},
		{"no such subject", m.platform, func(b *rights.RaiseAlert) { b.SubjectIDs = []string{buyerID} }, rights.CodeNotFound, "subjectIds[0]"},
		{"a subject twice", m.platform, func(b *rights.RaiseAlert) { b.SubjectIDs = []string{energyID, energyID} }, rights.CodeFormat, "subjectIds"},
		{"a fact without version", m.platform, func(b *rights.RaiseAlert) { b.FactRefs = []string{right} }, rights.CodeFormat, "factRefs[0]"},
		{"an attempt that cites nothing", m.platform, func(b *rights.RaiseAlert) { b.Refusal, b.RefusedDigest = "", "" }, rights.CodeFormat, "refusedDigest"},
		{"cited by who saw nothing", energyID + "#1", func(*rights.RaiseAlert) {}, rights.CodeRole, "refusedDigest"},
		{"no code", m.platform, func(b *rights.RaiseAlert) { b.Refusal = "RESALE" }, rights.CodeFormat, "refusal"},
		{"no digest", m.platform, func(b *rights.RaiseAlert) { b.RefusedDigest = "x" }, rights.CodeFormat, "refusedDigest"},
	} {
		b := good
		x.change(&b)
		if e := m.refuses(m.do(x.kid, "alert.raise", b), x.code); e.Field != x.field {
			t.Errorf("%s: field %q; want %q: %v", x.name, e.Field, x.field, e)
		}
	}
	id := m.must(m.do(m.platform, "alert.raise", good)).id(rights.KindAlert)
	if al := read[rights.Alert](m, rights.KindAlert, id); al.RaisedBy != "Platform" || al.Severity != "High" || al.DueAt != day(rights.CivilDate(m.now))+6*86400 || al.RefusedTx != hash("refused") || al.TargetType != "RT" {
		t.Errorf("%+v", al)
	}
	if e := m.refuses(m.do(regulator, "alert.raise", good), rights.CodeExists); e.Record != id { // one refusal, one alert
		t.Errorf("%+v", e)
	}
	quota := rights.RaiseAlert{RuleCode: "AL-QUOTA", TargetID: right, Severity: "High"}
	if al := read[rights.Alert](m, rights.KindAlert, m.must(m.do(energyID+"#1", "alert.raise", quota)).id(rights.KindAlert)); al.Severity != "High" || al.RaisedBy != "Participant" {
		t.Errorf("%+v", al)
	}
}

// An alert belongs to whoever acknowledged it, until handed over; a closed one
// reopens on new facts alone, and is heard again.
func TestAlertHandling(t *testing.T) {
	m, right, _ := supervised(t)
	security, id := m.regulatorOf(subjectCode(1), "cyberspace"), ""
	id = m.must(m.do(m.platform, "alert.raise", rights.RaiseAlert{RuleCode: "AL-WASH", TargetID: right, SubjectIDs: []string{energyID}})).id(rights.KindAlert)
	of := rights.OfAlert{AlertID: id}
	m.must(m.do(regulator, "alert.acknowledge", of))
	m.refuses(m.do(security, "alert.investigate", rights.InvestigateAlert{AlertID: id}), rights.CodeRole)
	assign := func(kid, to string) answer {
		return m.do(kid, "alert.assign", rights.AssignAlert{AlertID: id, AssigneeID: to})
	}
	m.refuses(assign(regulator, energyID), rights.CodeRole)
	m.refuses(assign(regulator, regulatorID), rights.CodeExists)
	m.must(assign(regulator, subjectCode(1)))
	m.refuses(m.do(regulator, "alert.investigate", rights.InvestigateAlert{AlertID: id}), rights.CodeRole)
	m.must(m.do(security, "alert.investigate", rights.InvestigateAlert{AlertID: id}))
	m.refuses(m.do(weatherID+"#1", "alert.hear", rights.HearAlert{AlertID: id, StatementHash: hash("x")}), rights.CodeRole)
	m.must(m.do(energyID+"#1", "alert.hear", rights.HearAlert{AlertID: id, StatementHash: hash("one")}))
	m.must(m.do(energyID+"#1", "alert.hear", rights.HearAlert{AlertID: id, StatementHash: hash("two")}))
	if al := read[rights.Alert](m, rights.KindAlert, id); len(al.Heard) != 1 || al.Heard[0].StatementHash != hash("two") || len(al.Assigned) != 2 {
		t.Errorf("%+v", al)
	}
	m.must(m.do(security, "alert.confirm", rights.ConfirmAlert{AlertID: id, Finding: "环形交易", FindingHash: hash("f")}))
	dispose := func(measure string) answer {
		return m.do(security, "alert.dispose", rights.DisposeAlert{AlertID: id, MeasureID: measure})
	}
	sm := measureOn(rights.MeasureWarning, rights.KindParticipant, energyID)
	if e := m.refuses(dispose(m.issued(regulator, sm)), rights.CodeBasis); e.Rule != "3.18" {
		t.Errorf("%+v", e)
	}
	sm.AlertIDs, sm.To = []string{id}, m.now+86400
	gone := m.issued(regulator, sm)
	m.now += 86400
	m.must(m.do(regulator, "measure.expire", rights.OfMeasure{MeasureID: gone}))
	m.refuses(dispose(gone), rights.CodeState)
	sm.To = 0
	m.must(dispose(m.issued(regulator, sm)))
	m.must(m.do(security, "alert.close", of))
	reopen := func(facts ...string) answer {
		return m.do(security, "alert.reopen", rights.InvestigateAlert{AlertID: id, FactRefs: facts})
	}
	if e := m.refuses(reopen(), rights.CodeFormat); e.Rule != "3.18" {
		t.Errorf("%+v", e)
	}
	m.must(reopen(right + "@1"))
	if al := read[rights.Alert](m, rights.KindAlert, id); al.State != rights.StateInvestigating || al.ClosedAt != 0 || len(al.Heard) != 0 || al.HearingDueAt <= m.now {
		t.Errorf("%+v", al)
	}
	m.refuses(m.do(security, "alert.confirm", rights.ConfirmAlert{AlertID: id, Finding: "x", FindingHash: hash("f")}), rights.CodeDeadline)
	m.must(m.do(security, "alert.dismiss", rights.DismissAlert{AlertID: id, Finding: "x"}))
	m.refuses(reopen(right+"@1"), rights.CodeExists) // no new fact
}

func TestEvidenceCustody(t *testing.T) {
	s := resaleScene(t)
	collect := func(change func(*rights.CollectEvidence)) answer {
		b := rights.CollectEvidence{CaseID: s.alert, Kind: "Other", Hash: hash("e"), CollectedAt: s.now, Method: "x", SealHash: hash("seal")}
		change(&b)
		return s.do(weatherID+"#1", "evidence.collect", b)
	}
	for field, change := range map[string]func(*rights.CollectEvidence){
		"kind":     func(b *rights.CollectEvidence) { b.Kind = "Rumour" },
		"hash":     func(b *rights.CollectEvidence) { b.Hash = "" },
		"method":   func(b *rights.CollectEvidence) { b.Method = "" },
		"sealHash": func(b *rights.CollectEvidence) { b.SealHash = "" },
		"permille": func(b *rights.CollectEvidence) { b.Permille = 800 },
		"caseId":   func(b *rights.CollectEvidence) { b.CaseID = s.right },
	} {
		if e := s.refuses(collect(change), rights.CodeFormat); e.Field != field {
			t.Errorf("field %q; want %q", e.Field, field)
		}
	}
	s.refuses(collect(func(b *rights.CollectEvidence) { b.CollectedAt = s.now + 1 }), rights.CodeTerm)
	id := s.must(collect(func(*rights.CollectEvidence) {})).id(rights.KindEvidence)
	hand := func(kid, to, seal, reason string) answer {
		return s.do(kid, "evidence.handOver", rights.HandOver{EvidenceID: id, ToID: to, SealHash: hash(seal), Reason: reason})
	}
	s.refuses(hand(regulator, energyID, "seal", ""), rights.CodeRole)
	s.refuses(hand(weatherID+"#1", weatherID, "seal", ""), rights.CodeExists)
	if e := s.refuses(hand(weatherID+"#1", regulatorID, "new seal", ""), rights.CodeFormat); e.Rule != "4.3" {
		t.Errorf("%+v", e)
	}
	s.must(hand(weatherID+"#1", regulatorID, "new seal", "送检开封"))
	s.refuses(hand(weatherID+"#1", energyID, "new seal", ""), rights.CodeRole)
	if e := read[rights.EvidenceItem](s.market, rights.KindEvidence, id); len(e.Custody) != 2 || e.Custody[1].From != weatherID || e.Custody[1].To != regulatorID {
		t.Errorf("%+v", e.Custody)
	}
	release := rights.ReleaseEvidence{EvidenceID: id, Reason: "结案"}
	if e := s.refuses(s.do(regulator, "evidence.release", release), rights.CodeState); e.Record != s.alert {
		t.Errorf("%+v", e)
	}
	s.must(s.do(regulator, "alert.dismiss", rights.DismissAlert{AlertID: s.alert, Finding: "x"}))
	s.must(s.do(regulator, "evidence.release", release))
}

// Several gateways compare what is registered: each match is raised once by the
// platform, while people may raise what they see as often as they see it.
func TestRaiseMatchOnce(t *testing.T) {
	m, right, _ := supervised(t)
	match := rights.RaiseAlert{RuleCode: "AL-REG-NEAR", TargetID: right, SubjectIDs: []string{energyID}, FactRefs: []string{right + "@1", "DR-320902-20260706-000000000000-00@1"}}
	first := m.must(m.do(m.platform, "alert.raise", match)).id(rights.KindAlert)
	if e := m.refuses(m.do(m.platform, "alert.raise", match), rights.CodeExists); e.Field != "factRefs" || e.Record != first {
		t.Errorf("%+v", e)
	}
	other := match
	other.FactRefs = []string{right + "@2", "DR-320902-20260706-000000000000-00@1"}
	m.must(m.do(m.platform, "alert.raise", other))
	m.must(m.do(energyID+"#1", "alert.raise", match))
	m.must(m.do(energyID+"#1", "alert.raise", match))
}
