package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// What an application after the first is refused for, whatever its type.
func TestLaterRefuses(t *testing.T) {
	m := newMarket(t)
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	other := m.recorded(energyID, "another", "SJ3212026070002")
	change := &rights.Changes{Overview: "新的概述", Note: "x"}
	edit(rights.KindParticipant, buyerIDIn(m), func(p *rights.Participant) { p.State = rights.StateSuspended })(m)
	for _, c := range []struct {
		name    string
		regType string
		kid     string
		change  func(*rights.Submit)
		code    rights.Code
		field   string
	}{
		{"no rights", "RegTransfer", "", func(s *rights.Submit) { s.TargetRightIDs = nil }, rights.CodeFormat, "targetRightIds"},
		{"a right twice", "RegTransfer", "", func(s *rights.Submit) {
			s.TargetRightIDs = []string{s.TargetRightIDs[0], s.TargetRightIDs[0]}
		}, rights.CodeFormat, "targetRightIds[1]"},
		{"a right there is not", "RegTransfer", "", func(s *rights.Submit) { s.TargetRightIDs = []string{"RT-0"} }, rights.CodeNotFound, "targetRightIds[0]"},
		{"rights of two certificates", "RegTransfer", "", func(s *rights.Submit) {
			s.TargetRightIDs = []string{s.TargetRightIDs[0], m.the(other).ResultRightIDs[1]}
		}, rights.CodeFormat, "targetRightIds[1]"},
		{"another certificate", "RegTransfer", "", func(s *rights.Submit) { s.TargetCertNo = "SJ3212026070002" }, rights.CodeFormat, "targetRightIds[0]"},
		{"another object", "RegTransfer", "", func(s *rights.Submit) { s.ObjectID = m.the(other).ObjectID }, rights.CodeFormat, "objectId"},
		{"other kinds", "RegTransfer", "", func(s *rights.Submit) { s.RightKinds = []rights.RightKind{rights.RightUse} }, rights.CodeFormat, "rightKinds"},
		{"a basis of its own", "RegTransfer", "", func(s *rights.Submit) { s.Basis = []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: hash("x")}} }, rights.CodeFormat, "basis"},
		{"another source", "RegChange", "", func(s *rights.Submit) { s.SourceType = "SrcAgreement" }, rights.CodeFormat, "sourceType"},
		{"no terms", "RegTransfer", "", func(s *rights.Submit) { s.TermsHash = "" }, rights.CodeFormat, "termsHash"},
		{"nobody to transfer to", "RegTransfer", "", func(s *rights.Submit) { s.CounterpartyID = "" }, rights.CodeFormat, "counterpartyId"},
		{"to oneself", "RegTransfer", "", func(s *rights.Submit) { s.CounterpartyID = energyID }, rights.CodeSelf, "counterpartyId"},
		{"to the exchange", "RegTransfer", "", func(s *rights.Submit) { s.CounterpartyID = exchangeID }, rights.CodeSelf, "counterpartyId"},
		{"to the registrar", "RegTransfer", "", func(s *rights.Submit) { s.CounterpartyID = registrarID }, rights.CodeSelf, "counterpartyId"},
		{"to somebody suspended", "RegTransfer", "", func(s *rights.Submit) { s.CounterpartyID = buyerID }, rights.CodeInactive, "counterpartyId"},
		{"somebody else's", "RegTransfer", weatherID + "#1", func(s *rights.Submit) { s.CounterpartyID = energyID }, rights.CodeRole, "targetRightIds"},
		{"papers", "RegTransfer", "", func(s *rights.Submit) { s.Papers = aside(rights.DocForm, rights.DocIdentity, rights.DocCommitment) }, rights.CodeFormat, "evidence"},
		{"proof of the change", "RegChange", "", func(s *rights.Submit) { s.Papers = aside(rights.DocForm) }, rights.CodeFormat, "evidence"},
		{"by the registrar for itself", "RegTransfer", officer, func(*rights.Submit) {}, rights.CodeSelf, "applicantIds[0]"},
		{"no change", "RegChange", "", func(s *rights.Submit) { s.Changes = &rights.Changes{Note: "x"} }, rights.CodeFormat, "changes"},
		{"a change in a transfer", "RegTransfer", "", func(s *rights.Submit) { s.Changes = change }, rights.CodeFormat, "changes"},
		{"no reason to cancel", "RegCancel", "", func(s *rights.Submit) { s.CancelReason = "" }, rights.CodeFormat, "cancelReason"},
		{"a reason there is not", "RegCancel", "", func(s *rights.Submit) { s.CancelReason = "Boredom" }, rights.CodeFormat, "cancelReason"},
		{"fraud by the holder's own word", "RegCancel", "", func(s *rights.Submit) { s.CancelReason = "Fraud" }, rights.CodeRole, "cancelReason"},
		{"judgment without document", "RegCancel", "", func(s *rights.Submit) { s.CancelReason = "Judgment" }, rights.CodeFormat, "judgmentHash"},
		{"an objection's outcome without one", "RegCancel", "", func(s *rights.Submit) { s.CancelReason = "ObjectionOutcome" }, rights.CodeFormat, "executionOf"},
		{"out of somebody's hands, voluntarily", "RegCancel", officer, func(*rights.Submit) {}, rights.CodeRole, "cancelReason"},
		{"a change by the registrar with nothing behind it", "RegChange", officer, func(*rights.Submit) {}, rights.CodeFormat, "executionOf"},
		{"carries out nothing", "RegCancel", "", func(s *rights.Submit) { s.ExecutionOf = "RG-0" }, rights.CodeFormat, "executionOf"},
		{"a renewal too early", "RegRenewal", "", func(*rights.Submit) {}, rights.CodeDeadline, "targetRightIds"},
		{"a licence under the law's own profile", "RegLicence", "", func(*rights.Submit) {}, rights.CodeProfile, "regType"},
		{"a revocation by anybody", "RegRevoke", "", func(*rights.Submit) {}, rights.CodeRole, ""},
		{"a correction by anybody", "RegCorrection", weatherID + "#1", func(*rights.Submit) {}, rights.CodeRole, "targetRightIds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			s := m.later(c.regType, rec, nil)
			switch c.regType {
			case "RegTransfer", "RegLicence":
				s.CounterpartyID, s.TermsHash = weatherID, hash(terms)
			case "RegChange", "RegCorrection":
				s.Changes = change
			case "RegCancel", "RegRevoke":
				s.CancelReason = "Voluntary"
			}
			if c.regType == "RegLicence" {
				s.Licence = licence(m, m.the(rec).ObjectID, false)
			}
			c.change(&s)
			kid := c.kid
			if kid == "" {
				kid = energyID + "#1"
			}
			if e := m.refuses(m.do(kid, "registration.submit", s), c.code); e.Field != c.field {
				t.Errorf("field %q; want %q: %v", e.Field, c.field, e)
			}
		})
	}
	m.t = t
	// RG-4: what follows is registered where the first was.
	m.enrol(groupMSP, "91320900MA0A004870", "另一登记中心", []rights.Role{rights.RoleRegistrar}, "登记岗")
	s := m.transferTo(weatherID, rec)
	s.RegistrarID = "91320900MA0A004870"
	if e := m.refuses(m.do(energyID+"#1", "registration.submit", s), rights.CodeRole); e.Rule != "RG-4" {
		t.Errorf("%+v", e)
	}
	// RG-3: one open case of a type; another type may be open beside it.
	id := m.must(m.do(energyID+"#1", "registration.submit", m.transferTo(weatherID, rec, 1))).id(rights.KindCase)
	if e := m.refuses(m.do(energyID+"#1", "registration.submit", m.transferTo(weatherID, rec)), rights.CodeExists); e.Rule != "RG-3" || e.Record != id {
		t.Errorf("%+v", e)
	}
	m.must(m.do(energyID+"#1", "registration.submit", m.later("RegChange", rec, func(s *rights.Submit) { s.Changes = change })))
	m.must(m.event(weatherID+"#1", "withdraw", id)) // the transferee thinks better of it
}

func buyerIDIn(m *market) string {
	m.join(buyerID, "东台数据应用有限公司")
	return buyerID
}

// A change is written into rights, certificate and catalogue; one in substance
// is published first.
func TestChange(t *testing.T) {
	m := newMarket(t)
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	c := m.the(rec)
	for i, substantial := range []bool{false, true} {
		id := m.must(m.do(energyID+"#1", "registration.submit", m.later("RegChange", rec, func(s *rights.Submit) {
			s.Changes = &rights.Changes{ObjectName: "2018年江苏盐城能源发电量表格", HolderName: "新名", Limits: &rights.Limits{ResaleAllowed: true}, Note: "x", Substantial: substantial}
		}))).id(rights.KindCase)
		m.must(m.done(id, ""))
		if published := m.the(id).NoticeEndsAt > 0; published != substantial {
			t.Errorf("in substance %t, published %t", substantial, published)
		}
		if ct := m.cert("SJ3212026070001"); ct.State != rights.StateAdjusted || ct.Version != int64(i+2) || ct.HolderName != "新名" || ct.DataName != "2018年江苏盐城能源发电量表格" || !ct.Limits.ResaleAllowed {
			t.Errorf("%+v", ct)
		}
		if r := m.right(c.ResultRightIDs[0]); r.Version != int64(i+2) || r.State != rights.StateActive || r.ObjectName != "2018年江苏盐城能源发电量表格" || r.CorrectionNote != "" {
			t.Errorf("%+v", r)
		}
	}
	if r := read[rights.Resource](m, rights.KindResource, c.ObjectID); r.Name != "2018年江苏盐城能源发电量表格" {
		t.Errorf("%+v", r)
	}
	// The registrar corrects of its own motion: nobody accepts what it began, nor takes it back.
	id := m.must(m.registrar("registration.submit", m.later("RegCorrection", rec, func(s *rights.Submit) { s.Changes = &rights.Changes{TimeTo: "2018-12-31", Note: "笔误"} }))).id(rights.KindCase)
	if c := m.the(id); c.State != rights.StateUnderReview || !c.OwnMotion || c.ApplicantIDs[0] != energyID || c.ReviewDueAt == 0 {
		t.Errorf("%+v", c)
	}
	m.refuses(m.event(energyID+"#1", "withdraw", id), rights.CodeRole)
	m.refuses(m.registrar("registration.record", rights.RecordCase{CaseID: id, Findings: positive(), CertNo: "SJ3212026070002"}), rights.CodeFormat)
	m.refuses(m.registrar("registration.record", rights.RecordCase{CaseID: id, Findings: positive(), NoticeExempt: &rights.Exemption{Exempt: true, Reason: "x"}}), rights.CodeFormat)
	m.must(m.done(id, ""))
	if r := m.right(c.ResultRightIDs[0]); r.CorrectionNote != "笔误" {
		t.Errorf("%+v", r)
	}
	m.refuses(m.do(energyID+"#1", "registration.submit", m.later("RegChange", rec, func(s *rights.Submit) { s.Changes = &rights.Changes{TimeTo: "1999-01-01", Note: "x"} })), rights.CodeFormat)
}

// a renewal asked for in its window keeps the right effective past its
// term, for sixty days; recorded, the next term follows the old.
func TestRenewal(t *testing.T) {
	m := newMarket(t)
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	for _, y := range []int64{2030, 2031, 2032} {
		m.must(m.do(regulatorID+"#1", "workCalendar.publish", rights.PublishCalendar{Year: y, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}}))
	}
	right := m.the(rec).ResultRightIDs[0]
	ends := m.right(right).ValidTo
	s := m.later("RegRenewal", rec, nil)
	last := ends - 86400 // it ends at 24:00; the first instant of its last day
	for _, x := range []struct {
		at   int64
		code rights.Code
	}{{rights.AddMonths(ends, -6) - 1, rights.CodeDeadline}, {rights.AddMonths(ends, -6), ""}, {last - 1, ""}, {last, rights.CodeDeadline}, {ends, rights.CodeDeadline}} {
		m.now = x.at
		a := m.try(statetest.Creator(exchangeMSP, "client"), []byte("Submit"), m.sign(energyID+"#1", "registration.submit", s))
		if (x.code == "") != (a.refusal == nil) || a.refusal != nil && a.refusal.Code != x.code {
			t.Errorf("at %s: %v; want %q", rights.CivilDate(x.at), a.refusal, x.code)
		}
	}
	m.now = last - 1
	id := m.must(m.do(energyID+"#1", "registration.submit", s)).id(rights.KindCase)
	find := finder{m}
	effective := func(at int64) bool {
		why, err := rights.EffectiveAt(find, m.right(right), at, 16)
		if err != nil {
			t.Fatal(err)
		}
		return why == nil
	}
	if !effective(ends+86400) || !effective(ends+60*86400-1) || effective(ends+60*86400) {
		t.Error("RT-9: the wait for a renewal is sixty days")
	}
	m.now = ends + 86400
	m.refuses(m.do(bankID+"#1", "right.expire", rights.OfRight{RightID: right}), rights.CodeDeadline)
	m.must(m.event(officer, "accept", id))
	m.now = ends + 61*86400 // the registrar is late; nobody noted the expiry, so that the holder does not pay for it
	done := m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, Findings: positive()}))
	if done.id(rights.KindAlert) == "" {
		t.Error("no AL-CASE-OVERDUE")
	}
	if r := m.right(right); r.ValidTo != rights.AddMonths(ends, 60) || r.RenewedFrom != ends || r.Version != 2 {
		t.Errorf("%+v", r)
	}
	if ct := m.cert("SJ3212026070001"); ct.ValidTo != rights.AddMonths(ends, 60) || ct.Rights[0].ValidTo != ct.ValidTo || ct.Version != 2 {
		t.Errorf("%+v", ct)
	}
}

// A right that rests on an agreement that ends is not renewed past it (RT-3).
func TestRenewalIsCapped(t *testing.T) {
	m := newMarket(t)
	r := m.resource(energyID, "agreed")
	r.SourceType = "SrcAgreement"
	obj := m.must(m.do(energyID+"#1", "resource.catalogue", r)).id(rights.KindResource)
	a := application(obj)
	a.Papers, a.Basis = papers(rights.DocAgreement), []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: hash("agreement"), To: m.now + 100*86400, Survives: true}}
	id := m.must(m.do(energyID+"#1", "registration.submit", a)).id(rights.KindCase)
	m.must(m.done(id, "SJ3212026070001"))
	right := m.right(m.the(id).ResultRightIDs[0])
	if right.Basis[0].Survives { // only a permission says so, never the applicant
		t.Errorf("%+v", right.Basis)
	}
	m.now = right.ValidTo - 3*86400
	m.refuses(m.do(energyID+"#1", "registration.submit", m.later("RegRenewal", id, nil)), rights.CodeTerm)
}

// Cancelling ends rights and certificate; a pledge stands against it, a freeze
// too, and open trades.
func TestCancel(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("energy", "SJ3212026070001")
	rec := m.right(x.rights[0]).CaseID
	right := x.rights[2]
	s := m.later("RegCancel", rec, func(s *rights.Submit) { s.CancelReason = "Voluntary" })
	for _, c := range []struct {
		name string
		set  func(m *market)
		code rights.Code
	}{
		{"a pledge", func(m *market) {
			body, secret := m.pledgeOf(x)
			m.pledged(body, secret, "ZDW-1")
		}, rights.CodeEnc},
		{"a freeze", func(m *market) { m.restrained(right, rights.EncFreeze, "SM-1") }, rights.CodeEnc},
		{"an objection", func(m *market) { m.restrained(right, rights.EncObjection, "OB-1") }, rights.CodeEnc},
		{"an open trade", func(m *market) {
			m.put(rights.PointerRelying, right+"/3", map[string]any{"ids": []string{"TR-320902-20260714-0123456789ab-00"}})
		}, rights.CodeState},
		{"another's right resting on it", func(m *market) { m.restsOn(right, "RT-320902-20260714-0123456789ab-00", weatherID) }, rights.CodeConsent},
	} {
		one := *m
		one.ledger, one.quiet = m.ledger.Clone(), true
		c.set(&one)
		a := one.do(borrowerID+"#1", "registration.submit", s)
		if a.refusal == nil { // what others may still consent to is asked when it is recorded
			a = one.done(a.id(rights.KindCase), "")
		}
		if a.refusal == nil || a.refusal.Code != c.code {
			t.Errorf("%s: %v; want %s", c.name, a.refusal, c.code)
		}
	}
	id := m.must(m.do(borrowerID+"#1", "registration.submit", s)).id(rights.KindCase)
	m.must(m.done(id, ""))
	if ct := m.cert("SJ3212026070001"); ct.State != rights.StateCancelled {
		t.Errorf("%+v", ct)
	}
	if r := m.right(right); r.State != rights.StateCancelled || r.CancelReason != "Voluntary" {
		t.Errorf("%+v", r)
	}
	m.must(m.do(borrowerID+"#1", "resource.retire", rights.OfResource{ResourceID: m.the(rec).ObjectID}))
	m.must(m.do(borrowerID+"#1", "participant.exit", rights.Exit{Declaration: "x"}))
}

// restrained lays something on a right that another area's command would.
func (m *market) restrained(right string, kind rights.EncumbranceType, ref string) {
	m.put(rights.KindRestraints, right, &rights.Restraints{Head: rights.Head{DocType: "RR", ID: right, SchemaVersion: 1, Version: 1, State: rights.StateInForce, CreatedAt: start, CreatedBy: "x", UpdatedAt: start, UpdatedBy: "x", LastTxID: "x"},
		RightID: right, Encumbrances: []rights.Encumbrance{{Type: kind, RefID: ref, From: start}}})
}

// A transfer is blocked by whatever the matrix says blocks it, when it is
// applied for and when it is recorded.
func TestTransferAndEncumbrances(t *testing.T) {
	m := newMarket(t)
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	right := m.the(rec).ResultRightIDs[2]
	id := m.must(m.do(energyID+"#1", "registration.submit", m.transferTo(weatherID, rec))).id(rights.KindCase)
	m.must(m.do(weatherID+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash(terms)}))
	for _, kind := range []rights.EncumbranceType{rights.EncFreeze, rights.EncDispute, rights.EncObjection} {
		one := *m
		one.ledger, one.quiet = m.ledger.Clone(), true
		one.restrained(right, kind, "x")
		one.refuses(one.done(id, "SJ3212026070002"), rights.CodeEnc)
		one.must(one.event(energyID+"#1", "withdraw", id))
		one.refuses(one.do(energyID+"#1", "registration.submit", one.transferTo(weatherID, rec)), rights.CodeEnc)
	}
}

// A licence gives the licensee a right inside the licensor's; an exclusive one
// leaves the licensor no other in its scope, and ends when its right ends.
func TestLicence(t *testing.T) {
	m := newMarket(t)
	m.join(buyerID, "东台数据应用有限公司")
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	right := m.the(rec).ResultRightIDs[2]
	apply := func(to string, change func(*rights.Submit)) answer {
		s := m.later("RegLicence", rec, func(s *rights.Submit) {
			s.Profile, s.TargetRightIDs, s.CounterpartyID, s.TermsHash, s.Licence = "LOCAL", []string{right}, to, hash(terms), licence(m, m.the(rec).ObjectID, true)
		})
		if change != nil {
			change(&s)
		}
		return m.do(energyID+"#1", "registration.submit", s)
	}
	for name, x := range map[string]struct {
		change func(*rights.Submit)
		code   rights.Code
	}{
		"another object":    {func(s *rights.Submit) { s.Licence.Scope.ObjectIDs = []string{"DR-0"} }, rights.CodeScope},
		"export":            {func(s *rights.Submit) { s.Licence.Scope.Actions = []rights.Action{rights.ActExport} }, rights.CodeScope},
		"past the right":    {func(s *rights.Submit) { s.Licence.ValidTo = rights.AddMonths(m.now, 61) }, rights.CodeScope},
		"in the past":       {func(s *rights.Submit) { s.Licence.ValidTo = m.now }, rights.CodeTerm},
		"a holding right":   {func(s *rights.Submit) { s.RightKinds = []rights.RightKind{rights.RightHolding} }, rights.CodeFormat},
		"under a use right": {func(s *rights.Submit) { s.TargetRightIDs = m.the(rec).ResultRightIDs[1:2] }, rights.CodeBasis},
		"sole, not exclusive": {func(s *rights.Submit) {
			s.Licence.Exclusive, s.Licence.SoleUse = false, true
		}, rights.CodeFormat},
	} {
		if a := apply(weatherID, x.change); a.refusal == nil || a.refusal.Code != x.code {
			t.Errorf("%s: %v; want %s", name, a.refusal, x.code)
		}
	}
	id := m.must(apply(weatherID, nil)).id(rights.KindCase)
	m.must(m.do(weatherID+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash(terms)}))
	m.must(m.done(id, "SJ3212026070002"))
	given := m.right(m.the(id).ResultRightIDs[0])
	if given.Kind != rights.RightUse || given.HolderID != weatherID || given.Basis[0].RefID != right || given.Scope == nil || given.ValidTo != m.the(id).Licence.ValidTo {
		t.Errorf("%+v", given)
	}
	if e := m.right(right).Encumbrances; len(e) != 1 || e[0].Type != rights.EncExclusive || e[0].ByID != weatherID || e[0].RefID != given.ID {
		t.Errorf("%+v", e)
	}
	m.refuses(apply(buyerID, nil), rights.CodeEnc) // in its scope
	m.must(m.event(energyID+"#1", "withdraw", m.must(apply(buyerID, func(s *rights.Submit) { s.Licence.Scope.Regions = []string{"3201"} })).id(rights.KindCase)))

	// The licence runs with the right when it is transferred.
	moved := m.transferred(m.transferTo(buyerID, rec, 2), energyID, buyerID, "SJ3212026070003")
	heir := m.right(m.the(moved).ResultRightIDs[0])
	if given = m.right(given.ID); given.Basis[0].RefID != heir.ID || len(heir.Encumbrances) != 1 {
		t.Errorf("licensee %+v, licensor %+v", given, heir)
	}
	if why, err := rights.EffectiveAt(finder{m}, given, m.now, 16); why != nil || err != nil {
		t.Errorf("the licence fell with the transfer: %v %v", why, err)
	}
	// Without the licensee nobody cancels what it rests on; the licensee's own end frees the licensor.
	s := m.later("RegCancel", moved, func(s *rights.Submit) { s.CancelReason = "Voluntary" })
	cancel := m.must(m.do(buyerID+"#1", "registration.submit", s)).id(rights.KindCase)
	m.refuses(m.done(cancel, ""), rights.CodeConsent)
	m.refuses(m.do(energyID+"#1", "registration.consent", rights.Consent{CaseID: cancel}), rights.CodeRole)
	own := m.must(m.do(weatherID+"#1", "registration.submit", m.later("RegCancel", id, func(s *rights.Submit) { s.CancelReason = "Voluntary" }))).id(rights.KindCase)
	m.must(m.done(own, ""))
	if e := m.right(heir.ID).Encumbrances; len(e) != 0 {
		t.Errorf("%+v", e)
	}
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: cancel, Findings: positive()}))
}

// Under the local profile registrar and regulator revoke what was had by fraud.
func TestRevoke(t *testing.T) {
	m := newMarket(t)
	for i, kid := range []string{officer, regulatorID + "#1"} {
		no := "SJ321202607000" + string(rune('1'+i))
		rec := m.recorded(energyID, no, no)
		id := m.must(m.do(kid, "registration.submit", m.later("RegRevoke", rec, func(s *rights.Submit) { s.Profile, s.CancelReason = "LOCAL", "Fraud" }))).id(rights.KindCase)
		m.must(m.done(id, ""))
		if r := m.right(m.the(rec).ResultRightIDs[0]); r.State != rights.StateCancelled || r.CancelReason != "Fraud" {
			t.Errorf("%+v", r)
		}
	}
}
