package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// What a permit may be asked for.
func TestPermitRequests(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	personal := o.public("persons", func(c *rights.Catalogue) { c.PI = "PersonalInfo" })
	open := o.public("open", func(c *rights.Catalogue) { c.Grade = 1 })
	first := o.first()
	first.Scope.ObjectIDs = append(first.Scope.ObjectIDs, personal, open)
	first.Scope.Envs = []rights.Env{"*"}
	first.Scope.Actions = append(first.Scope.Actions, rights.ActPledge)
	o.l1 = o.granted(o.implementing, first)
	second := o.second(o.admission())
	second.Scope.ObjectIDs, second.Scope.Envs = first.Scope.ObjectIDs, first.Scope.Envs
	o.l2 = o.granted(o.operating, second)
	l2 := read[rights.Grant](m, rights.KindGrant, o.l2)
	for _, c := range []struct {
		name   string
		change func(*rights.RequestPermit)
		code   rights.Code
		rule   string
	}{
		{"no quota", func(b *rights.RequestPermit) { b.Scope.Quota = nil }, rights.CodeFormat, ""},
		{"every object", func(b *rights.RequestPermit) { b.Scope.ObjectIDs = []string{"*"} }, rights.CodeFormat, ""},
		{"no environment", func(b *rights.RequestPermit) { b.Scope.Envs = nil }, rights.CodeFormat, ""},
		{"aggregates of one", func(b *rights.RequestPermit) { b.OutputRule, b.MinK = "AggregatesMin", 1 }, rights.CodeFormat, ""},
		{"a group size for results", func(b *rights.RequestPermit) { b.MinK = 5 }, rights.CodeFormat, ""},
		{"no such platform", func(b *rights.RequestPermit) { b.PlatformID = energyID }, rights.CodeRole, ""},
		{"G-4 an action beyond", func(b *rights.RequestPermit) { b.Scope.Actions = append(b.Scope.Actions, rights.ActProvide) }, rights.CodeScope, "G-4"},
		{"G-4 a term beyond", func(b *rights.RequestPermit) { b.Scope.To = l2.ValidTo + 1 }, rights.CodeScope, "G-4"},
		{"G-14 more than the grant has", func(b *rights.RequestPermit) { b.Scope.Quota[0].Qty = 601 }, rights.CodeQuota, "G-14"},
		{"another scenario", func(b *rights.RequestPermit) { b.ScenarioID = "SC-other" }, rights.CodeScope, "3.14"},
		{"GR-4 raw data in a file", func(b *rights.RequestPermit) { b.Scope.Envs = []rights.Env{rights.EnvClientFile} }, rights.CodeGrade, "GR-4"},
		{"GR-4 raw data in the open", func(b *rights.RequestPermit) { b.Scope.Envs = []rights.Env{rights.EnvOpen} }, rights.CodeGrade, "GR-4"},
		{"GR-4 raw data anywhere", func(b *rights.RequestPermit) { b.Scope.Envs = []rights.Env{"*"} }, rights.CodeGrade, "GR-4"},
		{"R-3 a grade above", func(b *rights.RequestPermit) { b.Scope.MaxGrade = 1 }, rights.CodeGrade, "R-3"},
		{"R-4 persons without a legal basis", func(b *rights.RequestPermit) { b.Scope.ObjectIDs = []string{personal} }, rights.CodeBasis, "R-4"},
		{"no such basis", func(b *rights.RequestPermit) { b.BasisID = "GR-x" }, rights.CodeNotFound, ""},
		{"no basis", func(b *rights.RequestPermit) { b.BasisID = "LS-x" }, rights.CodeFormat, ""},
		{"over", func(b *rights.RequestPermit) { b.Scope.From, b.Scope.To = l2.ValidFrom, m.now }, rights.CodeTerm, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			refusedBy(o, o.developer+"#1", "permit.request", o.request(), c.change, c.code, c.rule)
		})
	}
	m.t = t
	// And what is right: open data of grade 1 in the open, persons with a legal basis.
	b := o.request()
	b.Scope.ObjectIDs, b.Scope.Envs = []string{open}, []rights.Env{rights.EnvOpen, rights.EnvClientFile}
	o.permitted(b, o.developer)
	b = o.request()
	b.Scope.ObjectIDs, b.LegalBasis = []string{personal}, o.paper("consent")
	o.permitted(b, o.developer)
	b = o.request()
	b.OutputRule, b.MinK = "AggregatesMin", 5
	o.permitted(b, o.developer)
}

// UP-1: in sealed environments nobody holds raw content.
func TestSealedEnvironments(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	c := m.recorded(energyID, "sealed", "SJ3212026070001")
	operation := m.the(c).ResultRightIDs[2]
	b := o.ownPermit(operation, m.the(c).ObjectID)
	b.Scope.Actions = []rights.Action{rights.ActHold, rights.ActProcess}
	refusedBy(o, weatherID+"#1", "permit.request", b, func(b *rights.RequestPermit) {}, rights.CodeScope, "UP-1")
	b.Scope.Envs = []rights.Env{rights.EnvSandbox}
	m.must(m.do(weatherID+"#1", "permit.request", b))
}

// ownPermit asks for the use of what a right is over.
func (o *operation) ownPermit(right, object string) rights.RequestPermit {
	b := o.request()
	b.BasisID, b.ScenarioID = right, ""
	b.Scope.ObjectIDs, b.Scope.Regions, b.Scope.Actions = []string{object}, []string{"*"}, []rights.Action{rights.ActQuery, rights.ActTrain}
	return b
}

// A permit on a right: the operation right lets others use, the use right its
// holder alone; encumbrances count; quotas add up (UP-2).
func TestPermitsOnRights(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	c := m.the(m.recorded(energyID, "turbines", "SJ3212026070001"))
	var holding, use, operation string
	for _, id := range c.ResultRightIDs {
		switch read[rights.Right](m, rights.KindRight, id).Kind {
		case rights.RightHolding:
			holding = id
		case rights.RightUse:
			use = id
		case rights.RightOperation:
			operation = id
		}
	}
	refusedBy(o, weatherID+"#1", "permit.request", o.ownPermit(holding, c.ObjectID), func(*rights.RequestPermit) {}, rights.CodeBasis, "G-7")
	refusedBy(o, weatherID+"#1", "permit.request", o.ownPermit(use, c.ObjectID), func(*rights.RequestPermit) {}, rights.CodeBasis, "G-7")
	o.permitted(o.ownPermit(use, c.ObjectID), energyID)
	id := m.must(m.do(weatherID+"#1", "permit.request", o.ownPermit(operation, c.ObjectID))).id(rights.KindPermit)
	approve := rights.PermitWithReason{PermitID: id}
	for _, x := range []struct {
		name string
		harm func(*market)
		code rights.Code
	}{
		{"frozen", func(m *market) {
			m.put(rights.KindRestraints, operation, &rights.Restraints{Head: rights.Head{DocType: "RR", ID: operation, SchemaVersion: 1, Version: 1, State: rights.StateInForce, CreatedAt: start, UpdatedAt: start, CreatedBy: "x", UpdatedBy: "x", LastTxID: "x"},
				RightID: operation, Encumbrances: []rights.Encumbrance{{Type: rights.EncFreeze, RefID: "SM-x", From: start}}})
		}, rights.CodeBasis},
		{"in dispute", func(m *market) {
			m.put(rights.KindRestraints, operation, &rights.Restraints{Head: rights.Head{DocType: "RR", ID: operation, SchemaVersion: 1, Version: 1, State: rights.StateInForce, CreatedAt: start, UpdatedAt: start, CreatedBy: "x", UpdatedBy: "x", LastTxID: "x"},
				RightID: operation, Encumbrances: []rights.Encumbrance{{Type: rights.EncDispute, RefID: "DS-x", From: start}}})
		}, rights.CodeEnc},
		{"suspended", edit(rights.KindRight, operation, func(r *rights.Right) { r.State = rights.StateSuspended }), rights.CodeBasis},
		{"resource suspended", edit(rights.KindResource, c.ObjectID, func(r *rights.Resource) { r.State = rights.StateSuspended }), rights.CodeState},
		{"permittee suspended", edit(rights.KindParticipant, weatherID, func(p *rights.Participant) { p.State = rights.StateSuspended }), rights.CodeInactive},
		{"term over", edit(rights.KindPermit, id, func(u *rights.Permit) { u.ValidTo = m.now }), rights.CodeTerm},
	} {
		scene := *m
		scene.ledger, scene.quiet = m.ledger.Clone(), true
		x.harm(&scene)
		if a := scene.do(energyID+"#1", "permit.approve", approve); a.refusal == nil || a.refusal.Code != x.code {
			t.Errorf("%s: %v; want %s", x.name, a.refusal, x.code)
		}
	}
	m.must(m.do(energyID+"#1", "permit.approve", approve))
	if u := read[rights.Permit](m, rights.KindPermit, id); u.GrantorID != energyID || u.BasisType != "BasisOwnRight" || u.State != rights.StateActive {
		t.Errorf("%+v", u)
	}
	m.refuses(m.do(o.unit+"#1", "permit.expire", rights.PermitWithReason{PermitID: id}), rights.CodeDeadline)

	// UP-2 on a right of a limited scope: 100 in being, 200 in all.
	m.quiet = true
	edit(rights.KindRight, operation, func(r *rights.Right) {
		s := o.ownPermit(operation, c.ObjectID).Scope
		s.From, s.To, s.Quota[0].Qty = r.ValidFrom, r.ValidTo, 200
		r.Scope = &s
	})(m)
	b := o.ownPermit(operation, c.ObjectID)
	b.Scope.Quota[0].Qty = 101
	over := m.must(m.do(weatherID+"#1", "permit.request", b)).id(rights.KindPermit)
	if e := m.refuses(m.do(energyID+"#1", "permit.approve", rights.PermitWithReason{PermitID: over}), rights.CodeQuota); e.Rule != "UP-2" {
		t.Errorf("%+v", e)
	}
	b.Scope.Quota[0].Qty = 100
	o.permitted(b, weatherID)
}

// R-6 and sharing among departments.
func TestSharing(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	grave := o.public("grave", func(c *rights.Catalogue) { c.Level, c.Grade = "LevelImportant", 5 })
	b := o.request()
	b.BasisID, b.Scope.ObjectIDs, b.Scope.MaxGrade, b.Scope.Actions, b.ScenarioID = grave, []string{grave}, 5, []rights.Action{rights.ActQuery}, ""
	b.Scope.Envs = []rights.Env{rights.EnvTEE}
	b.Duty, b.Risk = "防灾减灾", o.paper("risk")
	private := m.catalogue(energyID, "private")
	for _, c := range []struct {
		name   string
		who    string
		change func(*rights.RequestPermit)
		code   rights.Code
		rule   string
	}{
		{"no duty", o.implementing, func(b *rights.RequestPermit) { b.Duty = "" }, rights.CodeFormat, ""},
		{"by a company", energyID, func(b *rights.RequestPermit) {}, rights.CodeRole, "R-5"},
		{"of private data", o.implementing, func(b *rights.RequestPermit) { b.BasisID, b.Scope.ObjectIDs = private, []string{private} }, rights.CodeBasis, "R-5"},
		{"of somebody else's", o.implementing, func(b *rights.RequestPermit) { b.Scope.ObjectIDs = []string{o.data} }, rights.CodeScope, "G-4"},
		{"to provide", o.implementing, func(b *rights.RequestPermit) { b.Scope.Actions = []rights.Action{rights.ActProvide} }, rights.CodeScope, "G-4"},
		{"R-6 without a risk assessment", o.implementing, func(b *rights.RequestPermit) { b.Risk = nil }, rights.CodeGrade, "R-6"},
		{"R-7 important data in a sandbox's open sister", o.implementing, func(b *rights.RequestPermit) { b.Scope.Envs = []rights.Env{rights.EnvOpen} }, rights.CodeGrade, "R-7"},
		{"R-6 important data in a data space", o.implementing, func(b *rights.RequestPermit) { b.Scope.Envs = []rights.Env{rights.EnvDataSpace} }, rights.CodeGrade, "R-6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			refusedBy(o, c.who+"#1", "permit.request", b, c.change, c.code, c.rule)
		})
	}
	m.t = t
	b.Duty, b.Risk = "防灾减灾", o.paper("risk")
	id := m.must(m.do(o.implementing+"#1", "permit.request", b)).id(rights.KindPermit)
	if e := m.refuses(m.do(o.unit+"#1", "permit.approve", rights.PermitWithReason{PermitID: id}), rights.CodeConsent); e.Rule != "R-6" {
		t.Errorf("%+v", e)
	}
	m.must(m.do(regulatorID+"#1", "permit.clear", rights.PermitWithReason{PermitID: id, Reason: "同意"}))
	m.must(m.do(o.unit+"#1", "permit.approve", rights.PermitWithReason{PermitID: id}))
	if u := read[rights.Permit](m, rights.KindPermit, id); !u.Sharing || u.GrantorID != o.unit {
		t.Errorf("%+v", u)
	}
}

// A-27 and the rest of MT-1 to MT-6.
func TestMetering(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C").run()
	u := read[rights.Permit](m, rights.KindPermit, o.permit)
	m.must(o.meter(o.period(10)))
	m.now += 86400
	for _, c := range []struct {
		name   string
		change func(*rights.RecordMeter)
		code   rights.Code
		rule   string
	}{
		{"A-27 a number skipped", func(b *rights.RecordMeter) { b.Seq++ }, rights.CodeState, "MT-1"},
		{"a number again", func(b *rights.RecordMeter) { b.Seq-- }, rights.CodeState, "MT-1"},
		{"A-27 overlaps", func(b *rights.RecordMeter) { b.PeriodFrom-- }, rights.CodeTerm, "MT-2"},
		{"backwards", func(b *rights.RecordMeter) { b.PeriodTo = b.PeriodFrom }, rights.CodeTerm, "MT-2"},
		{"not over yet", func(b *rights.RecordMeter) { b.PeriodTo = m.now + 1 }, rights.CodeTerm, "MT-2"},
		{"A-27 over the quota", func(b *rights.RecordMeter) { b.Items[0].Qty = 91 }, rights.CodeQuota, "MT-3"},
		{"a unit not given", func(b *rights.RecordMeter) { b.Items = []rights.Amount{{Unit: "GB", Qty: 1}} }, rights.CodeQuota, "MT-3"},
		{"MT-5 negative", func(b *rights.RecordMeter) { b.Items[0].Qty = -1 }, rights.CodeFormat, ""},
		{"nothing", func(b *rights.RecordMeter) { b.Items = nil }, rights.CodeFormat, ""},
		{"no job log", func(b *rights.RecordMeter) { b.JobRoot = "" }, rights.CodeFormat, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			refusedBy(o, o.platform, "meter.record", o.period(1), c.change, c.code, c.rule)
		})
	}
	m.t = t
	m.refuses(m.do(exchangeID+"#1", "meter.record", o.period(1)), rights.CodeRole)                     // MT-4
	if e := m.refuses(m.do(officer, "meter.record", o.period(1)), rights.CodeRole); e.Rule != "SD-6" { // the registrar's desk
		t.Errorf("%+v", e)
	}
	// MT-6 at both ends of the term; the last period is metered after it.
	late := o.period(1)
	late.PeriodFrom, late.PeriodTo = u.ValidTo-60, u.ValidTo+1
	m.now = late.PeriodTo
	refusedBy(o, o.platform, "meter.record", late, func(*rights.RecordMeter) {}, rights.CodeTerm, "MT-6")
	late.PeriodTo--
	m.must(m.do(o.platform, "meter.record", late))
	early := operations(m, "91320902MA0D")
	early.l1, early.l2 = early.granted(early.implementing, early.first()), ""
	b := early.request()
	b.BasisID, b.Scope.Purposes = early.l1, []string{"credit"}
	b.Scope.From += 3600
	early.permit = early.permitted(b, early.operating)
	early.now += 3600
	refusedBy(early, early.platform, "meter.record", early.period(1), func(b *rights.RecordMeter) { b.PeriodFrom--; b.PeriodTo-- }, rights.CodeTerm, "MT-6")
}

// Exhaustion, topping up, correcting, and what unused quota goes back.
func TestQuotaOfAPermit(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C").run()
	allocated := func() int64 { return read[rights.Grant](m, rights.KindGrant, o.l2).Allocated[0].Qty }
	state := func() rights.State { return read[rights.Permit](m, rights.KindPermit, o.permit).State }
	id := m.must(o.meter(o.period(100))).id(rights.KindMeter)
	if state() != rights.StateExhausted {
		t.Fatal(state())
	}
	m.refuses(o.meter(o.period(1)), rights.CodeState)
	up := rights.TopUp{PermitID: o.permit, Units: []rights.Amount{{Unit: "Calls", Qty: 501}}}
	if e := m.refuses(m.do(o.developer+"#1", "permit.topUp", up), rights.CodeQuota); e.Rule != "UP-2" {
		t.Errorf("%+v", e)
	}
	up.Units[0].Unit = "GB"
	m.refuses(m.do(o.developer+"#1", "permit.topUp", up), rights.CodeQuota)
	up.Units[0] = rights.Amount{Unit: "Calls", Qty: 0}
	m.refuses(m.do(o.developer+"#1", "permit.topUp", up), rights.CodeQuota)
	up.Units[0].Qty = 50
	m.must(m.do(o.developer+"#1", "permit.topUp", up))
	if state() != rights.StateActive || allocated() != 150 {
		t.Errorf("%s, %d", state(), allocated())
	}
	fix := rights.AdjustMeter{MeterID: id, Items: []rights.Amount{{Unit: "Calls", Qty: 151}}, JobRoot: hash("x"), Reason: "重算"}
	m.refuses(m.do(o.platform, "meter.adjust", fix), rights.CodeQuota)
	fix.Items[0].Qty = 30
	m.must(m.do(o.platform, "meter.adjust", fix))
	m.refuses(m.do(o.platform, "meter.adjust", fix), rights.CodeExists)
	if u := read[rights.Permit](m, rights.KindPermit, o.permit); u.Used[0].Qty != 30 || u.LastSeq != 2 {
		t.Errorf("%+v", u)
	}
	m.must(m.do(o.developer+"#1", "permit.revoke", rights.PermitWithReason{PermitID: o.permit, Reason: "x"}))
	if allocated() != 30 { // used up stays used up
		t.Error(allocated())
	}

	// The last period of an expired permit may be corrected, and its grant with it.
	o.permit = o.permitted(o.request(), o.developer)
	id = m.must(o.meter(o.period(10))).id(rights.KindMeter)
	m.now = read[rights.Permit](m, rights.KindPermit, o.permit).ValidTo
	m.must(m.do(energyID+"#1", "permit.expire", rights.PermitWithReason{PermitID: o.permit}))
	if allocated() != 40 {
		t.Error(allocated())
	}
	fix.MeterID, fix.Items[0].Qty = id, 25
	m.must(m.do(o.platform, "meter.adjust", fix))
	if allocated() != 55 || state() != rights.StateExpired {
		t.Errorf("%d, %s", allocated(), state())
	}
}

// What a platform's figures give away: near the quota, gaps, leaps.
func TestMeterAlerts(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C").run()
	raised := func(a answer) (codes []string) {
		t.Helper()
		for _, r := range m.must(a).Result.Records {
			if r.Kind == rights.KindAlert {
				codes = append(codes, read[rights.Alert](m, rights.KindAlert, r.ID).RuleCode)
			}
		}
		return codes
	}
	expect := func(a answer, want ...string) {
		t.Helper()
		got := raised(a)
		if len(got) != len(want) || (len(want) > 0 && got[0] != want[0]) {
			t.Errorf("raised %v; want %v", got, want)
		}
	}
	for range 10 {
		expect(o.meter(o.period(1)))
	}
	expect(o.meter(o.period(5)))
	expect(o.meter(o.period(6)), "AL-METER-SPIKE")
	gap := o.period(1)
	gap.PeriodFrom += 2 * 3600
	gap.PeriodTo += 2 * 3600
	expect(o.meter(gap))
	gap = o.period(1)
	gap.PeriodFrom += 2*3600 + 1
	gap.PeriodTo += 2*3600 + 1
	expect(o.meter(gap), "AL-METER-GAP")
	left := 100 - read[rights.Permit](m, rights.KindPermit, o.permit).Used[0].Qty
	for range 14 { // in steps that are no leap
		expect(o.meter(o.period(4)))
		left -= 4
	}
	expect(o.meter(o.period(left - 11)))
	expect(o.meter(o.period(1)), "AL-QUOTA")
	expect(o.meter(o.period(1))) // once
}

// Gate G: every output listed, with its lineage; the workspace wiped.
func TestCloseOut(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C").run()
	m.must(o.meter(o.period(1, hash("result"))))
	body := rights.CloseOut{PermitID: o.permit, Outputs: []string{hash("result")}, WipeEvidence: o.paper("wiped")}
	refusedBy(o, o.platform, "permit.closeOut", body, func(*rights.CloseOut) {}, rights.CodeLineage, "4.2 G")
	m.must(o.lineage(o.fusion("result")))
	refusedBy(o, o.platform, "permit.closeOut", body, func(b *rights.CloseOut) { b.Outputs = nil }, rights.CodeLineage, "4.2 G")
	refusedBy(o, o.platform, "permit.closeOut", body, func(b *rights.CloseOut) { b.WipeEvidence = nil }, rights.CodeFormat, "")
	refusedBy(o, officer, "permit.closeOut", body, func(*rights.CloseOut) {}, rights.CodeRole, "SD-6")
	m.refuses(m.do(o.developer+"#1", "grant.exit", rights.EndGrant{GrantID: o.l2, Evidence: o.paper("x")}), rights.CodeState)
	m.must(m.do(o.platform, "permit.closeOut", body))
	m.must(m.do(o.developer+"#1", "grant.exit", rights.EndGrant{GrantID: o.l2, Evidence: o.paper("x")}))
	if g := read[rights.Grant](m, rights.KindGrant, o.l1); g.Allocated[0].Qty != 1 { // the one call that was used
		t.Errorf("%+v", g.Allocated)
	}
}
