package contract_test

import (
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// contested is a market with a certificate that weather objects to.
func contested(t *testing.T) (m *market, rec, objection string) {
	m = newMarket(t)
	rec = m.recorded(energyID, "energy", "SJ3212026070001")
	return m, rec, m.must(m.do(weatherID+"#1", "objection.file", registeredObjection("SJ3212026070001"))).id(rights.KindObjection)
}

func (m *market) objectionEvent(kid, event, id string) answer {
	m.t.Helper()
	return m.do(kid, "objection."+event, rights.OfObjection{ObjectionID: id})
}

// liesOn lists what lies beside a right.
func (m *market) liesOn(right string) []string {
	r := snapshot(m.ledger).raw[rights.KindRestraints][right]
	if r == nil {
		return nil
	}
	var refs []string
	for _, e := range read[rights.Restraints](m, rights.KindRestraints, right).Encumbrances {
		refs = append(refs, string(e.Type)+" "+e.RefID)
	}
	return refs
}

func TestObjectingToRegistered(t *testing.T) {
	m, rec, id := contested(t)
	own := m.the(rec).ResultRightIDs
	for name, x := range map[string]struct {
		kid    string
		change func(*rights.File)
		code   rights.Code
	}{
		"the holder itself":              {energyID + "#1", nil, rights.CodeSelf},
		"a second one open":              {weatherID + "#1", nil, rights.CodeExists},
		"no material":                    {bankID + "#1", func(f *rights.File) { f.MaterialHashes = nil }, rights.CodeFormat},
		"no reason":                      {bankID + "#1", func(f *rights.File) { f.ReasonHash = "" }, rights.CodeFormat},
		"a right of another's":           {bankID + "#1", func(f *rights.File) { f.RightIDs = []string{"RT-0"} }, rights.CodeFormat},
		"a right twice":                  {bankID + "#1", func(f *rights.File) { f.RightIDs = []string{own[0], own[0]} }, rights.CodeFormat},
		"an outsider by somebody":        {bankID + "#1", func(f *rights.File) { f.OutsiderHash = hash("o") }, rights.CodeRole},
		"nobody by the registrar":        {officer, nil, rights.CodeFormat},
		"an outsider by a service's key": {registrarID + "#2", func(f *rights.File) { f.OutsiderHash = hash("o") }, rights.CodeRole},
		"a certificate there is not":     {bankID + "#1", func(f *rights.File) { f.CertNo = "SJ3212026079999" }, rights.CodeNotFound},
	} {
		f := registeredObjection("SJ3212026070001")
		if x.change != nil {
			x.change(&f)
		}
		if a := m.do(x.kid, "objection.file", f); a.refusal == nil || a.refusal.Code != x.code {
			t.Errorf("%s: %v; want %s", name, a.refusal, x.code)
		}
	}
	// Filed is not yet anything on the right: only the registrar's notice is.
	if on := m.liesOn(own[0]); len(on) != 0 {
		t.Errorf("%v", on)
	}
	m.must(m.objectionEvent(officer, "notifyHolder", id))
	for _, r := range own {
		if on := m.liesOn(r); !slices.Equal(on, []string{"EncObjection " + id}) {
			t.Errorf("%v", on)
		}
	}
	m.refuses(m.do(energyID+"#1", "registration.submit", m.transferTo(weatherID, rec)), rights.CodeEnc)
	// An objection binds both: neither leaves.
	m.refuses(m.do(weatherID+"#1", "participant.exit", rights.Exit{Declaration: "x"}), rights.CodeState)
	// A second by somebody else lies beside it, and each takes off its own.
	f := registeredObjection("SJ3212026070001", own[2])
	f.OutsiderHash = hash("outsider")
	two := m.must(m.registrar("objection.file", f)).id(rights.KindObjection)
	m.must(m.objectionEvent(officer, "notifyHolder", two))
	m.must(m.objectionEvent(weatherID+"#1", "withdraw", id))
	if on := m.liesOn(own[2]); !slices.Equal(on, []string{"EncObjection " + two}) {
		t.Errorf("%v", on)
	}
	m.refuses(m.objectionEvent(weatherID+"#1", "withdraw", two), rights.CodeRole)
	m.refuses(m.objectionEvent(registrarID+"#2", "withdraw", two), rights.CodeRole)
	m.must(m.objectionEvent(officer, "withdraw", two))
	if on := m.liesOn(own[2]); len(on) != 0 {
		t.Errorf("%v", on)
	}
	m.must(m.do(weatherID+"#1", "objection.file", f2())) // once ended one may object again
	m.must(m.do(energyID+"#1", "registration.submit", m.transferTo(weatherID, rec)))
}

func f2() rights.File { return registeredObjection("SJ3212026070001") }

// The two kinds of objections keep to their own commands.
func TestObjectionStages(t *testing.T) {
	m, _, id := contested(t)
	noticed := m.objected(weatherID, "noticed")
	in := m.the(noticed).ObjectionIDs[0]
	m.refuses(m.objectionEvent(bankID+"#1", "withdraw", in), rights.CodeState)
	m.refuses(m.registrar("objection.returnIncomplete", rights.ReturnIncomplete{ObjectionID: in, Missing: []string{"x"}}), rights.CodeState)
	m.refuses(m.decide(id, "upheld"), rights.CodeState)
	m.refuses(m.do(weatherID+"#1", "registration.withdrawObjection", rights.OfObjection{ObjectionID: id}), rights.CodeState)
}

// Deadlines to the second; the registrar's lateness is marked and told, and
// holds nobody up.
func TestObjectionDeadlines(t *testing.T) {
	m, rec, id := contested(t)
	o := m.objection(id)
	if o.NotifyDueAt != day("2026-07-22") { // filed on Tuesday the 14th; five working days
		t.Errorf("notify due %s", rights.CivilDate(o.NotifyDueAt))
	}
	// incomplete: ten working days to complete it
	m.must(m.registrar("objection.returnIncomplete", rights.ReturnIncomplete{ObjectionID: id, Missing: []string{"x"}}))
	more := rights.MoreMaterial{ObjectionID: id, MaterialHashes: []string{hash("more")}}
	m.now = m.objection(id).DueAt - 1
	m.refuses(m.objectionEvent(energyID+"#1", "lapse", id), rights.CodeDeadline)
	one := *m
	one.ledger = m.ledger.Clone()
	one.now++
	one.refuses(one.do(weatherID+"#1", "objection.resubmit", more), rights.CodeDeadline)
	one.must(one.objectionEvent(energyID+"#1", "lapse", id))
	m.must(m.do(weatherID+"#1", "objection.resubmit", more))
	// late notice
	m.now = m.objection(id).NotifyDueAt
	if a := m.must(m.objectionEvent(officer, "notifyHolder", id)); a.id(rights.KindAlert) == "" || !m.objection(id).Late {
		t.Errorf("%+v", a.Result)
	}
	// the holder's silence: the registrar waits for its time, then concludes
	c := rights.Conclude{ObjectionID: id, Outcome: "Cancel", ConclusionHash: hash("c")}
	m.now = m.objection(id).DueAt - 1
	m.refuses(m.registrar("objection.conclude", c), rights.CodeDeadline)
	m.now++
	m.must(m.registrar("objection.conclude", c))
	// suit within fifteen days
	o = m.objection(id)
	if days := (o.SuitDueAt - o.ConcludedAt) / 86400; days != 16 { // concluded at 0:00: that day, not counted, and fifteen more
		t.Errorf("%d days to sue", days)
	}
	m.now = o.SuitDueAt - 1
	m.refuses(m.objectionEvent(energyID+"#1", "lapseNoSuit", id), rights.CodeDeadline)
	m.now++
	m.refuses(m.do(energyID+"#1", "objection.goToCourt", rights.GoToCourt{ObjectionID: id, ForumRef: "x"}), rights.CodeDeadline)
	// Unchallenged, the conclusion stands: not suing is no way out of a cancellation.
	m.must(m.objectionEvent(energyID+"#1", "lapseNoSuit", id))
	if o = m.objection(id); o.State != rights.StateObjConceded || len(m.liesOn(m.the(rec).ResultRightIDs[0])) != 1 {
		t.Errorf("%+v", o)
	}
}

// Both must accept a conclusion; one twice is not both.
func TestAcceptingAConclusion(t *testing.T) {
	m, rec, id := contested(t)
	m.must(m.objectionEvent(officer, "notifyHolder", id))
	m.must(m.do(energyID+"#1", "objection.contest", rights.Contest{ObjectionID: id, StatementHash: hash("s")}))
	m.must(m.registrar("objection.conclude", rights.Conclude{ObjectionID: id, Outcome: "Dismissed", ConclusionHash: hash("c")}))
	m.must(m.objectionEvent(energyID+"#1", "acceptConclusion", id))
	m.refuses(m.objectionEvent(energyID+"#1", "acceptConclusion", id), rights.CodeExists)
	m.must(m.objectionEvent(weatherID+"#1", "acceptConclusion", id))
	if o := m.objection(id); o.State != rights.StateObjExecuted || len(m.liesOn(m.the(rec).ResultRightIDs[0])) != 0 {
		t.Errorf("%+v", o)
	}
}

// What an objection came to is carried out by the registration it orders, by
// that alone and in whole.
func TestObjectionIsCarriedOut(t *testing.T) {
	m, rec, id := contested(t)
	own := m.the(rec).ResultRightIDs
	m.must(m.objectionEvent(officer, "notifyHolder", id))
	carry := func(regType, of string, targets ...string) rights.Submit {
		return rights.Submit{RegType: regType, RegistrarID: registrarID, TargetRightIDs: targets, ExecutionOf: of, CancelReason: "ObjectionOutcome", Papers: aside(rights.DocOther)}
	}
	m.refuses(m.registrar("registration.submit", carry("RegCancel", id, own...)), rights.CodeFormat) // nothing decided yet
	m.must(m.do(energyID+"#1", "objection.concede", rights.Concede{ObjectionID: id, Outcome: "Cancel"}))
	change := carry("RegChange", id, own...)
	change.CancelReason, change.Changes = "", &rights.Changes{Overview: "x", Note: "x"}
	m.refuses(m.registrar("registration.submit", change), rights.CodeFormat)                         // it was to be cancelled
	m.refuses(m.registrar("registration.submit", carry("RegCancel", id, own[0])), rights.CodeFormat) // all of it
	m.refuses(m.registrar("registration.submit", carry("RegCancel", "OB-0", own...)), rights.CodeNotFound)
	case1 := m.must(m.registrar("registration.submit", carry("RegCancel", id, own...))).id(rights.KindCase)
	m.must(m.done(case1, ""))
	o := m.objection(id)
	if o.State != rights.StateObjExecuted || o.ExecutionCaseID != case1 || len(m.liesOn(own[0])) != 0 {
		t.Errorf("%+v", o)
	}
	if r := m.right(own[0]); r.State != rights.StateCancelled || r.CancelReason != "ObjectionOutcome" {
		t.Errorf("%+v", r)
	}
	m.refuses(m.do(weatherID+"#1", "objection.file", f2()), rights.CodeState) // nothing left to object to
}

// Disputes, measures and pledges are carried out only where they say so.
func TestCarryingOutWhatOthersDecided(t *testing.T) {
	m := newMarket(t)
	m.quiet = true
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	right := m.the(rec).ResultRightIDs[0]
	const ds = "DS-320902-20260701-0123456789ab-00"
	sm := m.served(regulatorID+"#1", measureOn(rights.MeasureOrderCancelRegistration, rights.KindRight, right))
	m.put(rights.KindDispute, ds, &rights.Dispute{Head: m.head(rights.KindDispute, ds, "Decided"), Orders: []rights.Order{{Type: "CancelRight", TargetID: right}}})
	apply := func(of, reason string, target int) answer {
		return m.registrar("registration.submit", rights.Submit{RegType: "RegCancel", RegistrarID: registrarID, TargetRightIDs: []string{m.the(rec).ResultRightIDs[target]}, ExecutionOf: of, CancelReason: reason, Papers: aside(rights.DocOther)})
	}
	m.refuses(apply(ds, "Other", 1), rights.CodeFormat) // of another right it says nothing
	m.refuses(apply(sm, "RegulatorOrder", 1), rights.CodeFormat)
	m.restrained(right, rights.EncDispute, ds)
	m.refuses(apply(sm, "RegulatorOrder", 0), rights.CodeEnc) // a measure does not lift a dispute
	id := m.must(apply(ds, "Other", 0)).id(rights.KindCase)
	edit(rights.KindDispute, ds, func(d *rights.Dispute) { d.State = "Filed" })(m)
	m.refuses(m.done(id, ""), rights.CodeFormat) // undone meanwhile
	edit(rights.KindDispute, ds, func(d *rights.Dispute) { d.State = "Decided" })(m)
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, Findings: positive()}))
}
