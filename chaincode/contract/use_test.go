package contract_test

import (
	"encoding/json"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// refusedBy sends a changed body and checks code and rule; nothing is committed
// of a refusal, so one scene serves a whole table.
func refusedBy[B any](o *operation, kid, command string, body B, change func(*B), code rights.Code, rule string) {
	o.t.Helper()
	raw, err := json.Marshal(body) // a copy, slices and all
	if err != nil {
		o.t.Fatal(err)
	}
	body = *new(B)
	if err := json.Unmarshal(raw, &body); err != nil {
		o.t.Fatal(err)
	}
	change(&body)
	if e := o.refuses(o.do(kid, command, body), code); e.Rule != rule {
		o.t.Errorf("rule %q; want %q: %v", e.Rule, rule, e)
	}
}

func TestGrantTerms(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	private := m.catalogue(energyID, "private")
	high := o.public("high", func(c *rights.Catalogue) { c.Grade = 4 })
	grave := o.public("grave", func(c *rights.Catalogue) { c.Level, c.Grade = "LevelImportant", 5 })
	for _, c := range []struct {
		name   string
		change func(*rights.ProposeGrant)
		code   rights.Code
		rule   string
	}{
		{"resale", func(b *rights.ProposeGrant) { b.Scope.Actions = append(b.Scope.Actions, rights.ActResell) }, rights.CodeScope, "3.14"},
		{"export", func(b *rights.ProposeGrant) { b.Scope.Actions = append(b.Scope.Actions, rights.ActExport) }, rights.CodeScope, "3.14"},
		{"anything", func(b *rights.ProposeGrant) { b.Scope.Actions = []rights.Action{"*"} }, rights.CodeScope, "3.14"},
		{"longer than the profile's months", func(b *rights.ProposeGrant) { b.Scope.To = rights.AddMonths(b.Scope.From, 36) + 1 }, rights.CodeTerm, "3.14"},
		{"over already", func(b *rights.ProposeGrant) { b.Scope.From, b.Scope.To = m.now-2, m.now }, rights.CodeTerm, ""},
		{"private data", func(b *rights.ProposeGrant) { b.Scope.ObjectIDs = []string{private} }, rights.CodeBasis, "R-5"},
		{"all data", func(b *rights.ProposeGrant) { b.Scope.ObjectIDs = []string{"*"} }, rights.CodeFormat, ""},
		{"a grade above", func(b *rights.ProposeGrant) { b.Scope.ObjectIDs = []string{high} }, rights.CodeGrade, "R-3"},
		{"important data in the open", func(b *rights.ProposeGrant) {
			b.Scope.ObjectIDs, b.Scope.MaxGrade, b.Scope.Envs = []string{grave}, 5, []rights.Env{rights.EnvDataSpace}
		}, rights.CodeGrade, "R-6"},
		{"a price for the public benefit", func(b *rights.ProposeGrant) {
			b.FeeRule = rights.FeeRule{UseClass: "PublicBenefit", CeilingFen: 1}
		}, rights.CodePriceCap, "LS-6"},
		{"no ceiling", func(b *rights.ProposeGrant) { b.FeeRule.CeilingFen = 0 }, rights.CodePriceCap, "LS-6"},
		{"shares of 99 percent", func(b *rights.ProposeGrant) {
			b.RevenueShares = []rights.SettlementLine{{PayeeID: o.operating, Role: "OperatingBody", Bps: 9900}}
		}, rights.CodeMoney, "ST-1"},
		{"to no operating body", func(b *rights.ProposeGrant) { b.GranteeID = o.developer }, rights.CodeRole, ""},
		{"to nobody", func(b *rights.ProposeGrant) { b.GranteeID = "x" }, rights.CodeFormat, "GB 32100-2015"},
		{"under another at the first level", func(b *rights.ProposeGrant) { b.ParentGrantID = "GR-x" }, rights.CodeFormat, ""},
		{"by scenario without one", func(b *rights.ProposeGrant) { b.Mode = "Scenario" }, rights.CodeFormat, ""},
		{"no plan", func(b *rights.ProposeGrant) { b.PlanHash = "" }, rights.CodeFormat, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			refusedBy(o, o.implementing+"#1", "grant.propose", o.first(), c.change, c.code, c.rule)
		})
	}
	m.t = t
	m.refuses(m.do(o.operating+"#1", "grant.propose", o.first()), rights.CodeRole)
}

// GR-1, GR-2, GR-7; A-11.
func TestSecondLevelWithinFirst(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	o.l1 = o.granted(o.implementing, o.first())
	admission := o.admission()
	other := o.public("other")
	l1 := read[rights.Grant](m, rights.KindGrant, o.l1)
	for _, c := range []struct {
		name   string
		change func(*rights.ProposeGrant)
		code   rights.Code
		rule   string
	}{
		{"A-11 ends after the first level", func(b *rights.ProposeGrant) { b.Scope.To = l1.ValidTo + 1 }, rights.CodeScope, "GR-1"},
		{"begins before it", func(b *rights.ProposeGrant) { b.Scope.From = l1.ValidFrom - 1 }, rights.CodeScope, "GR-1"},
		{"a resource outside", func(b *rights.ProposeGrant) { b.Scope.ObjectIDs = []string{other} }, rights.CodeScope, "GR-1"},
		{"a purpose outside", func(b *rights.ProposeGrant) { b.Scope.Purposes = []string{"x"} }, rights.CodeScope, "GR-1"},
		{"a region outside", func(b *rights.ProposeGrant) { b.Scope.Regions = []string{"32"} }, rights.CodeScope, "GR-1"},
		{"its own region outside", func(b *rights.ProposeGrant) { b.RegionCode = "320100" }, rights.CodeScope, "GR-1"},
		{"a higher grade", func(b *rights.ProposeGrant) { b.Scope.MaxGrade = 4 }, rights.CodeScope, "GR-1"},
		{"more calls than there are", func(b *rights.ProposeGrant) { b.Scope.Quota[0].Qty = 1001 }, rights.CodeQuota, "GR-1"},
		{"unlimited calls", func(b *rights.ProposeGrant) { b.Scope.Quota = nil }, rights.CodeQuota, "GR-1"},
		{"given on", func(b *rights.ProposeGrant) { b.Scope.Actions = append(b.Scope.Actions, rights.ActSubGrant) }, rights.CodeScope, "GR-2"},
		{"two scenarios", func(b *rights.ProposeGrant) { b.ScenarioIDs = []string{"a", "b"} }, rights.CodeScope, "3.14"},
		{"a dearer fee", func(b *rights.ProposeGrant) { b.FeeRule.CeilingFen = 1001 }, rights.CodePriceCap, "GR-1"},
		{"more months than allowed", func(b *rights.ProposeGrant) { b.Scope.To = rights.AddMonths(b.Scope.From, 12) + 1 }, rights.CodeTerm, "3.14"},
		{"no admission", func(b *rights.ProposeGrant) { b.AdmissionID = "" }, rights.CodeFormat, ""},
		{"no such grant above", func(b *rights.ProposeGrant) { b.ParentGrantID = "GR-x" }, rights.CodeNotFound, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			refusedBy(o, o.operating+"#1", "grant.propose", o.second(admission), c.change, c.code, c.rule)
		})
	}
	m.t = t
	// An admission that is over or left carries nothing (GR-7).
	for _, harm := range []func(*rights.Admission){
		func(a *rights.Admission) { a.State = rights.StateExited },
		func(a *rights.Admission) { a.ValidTo = m.now },
		func(a *rights.Admission) { a.ValidFrom = m.now + 1 },
		func(a *rights.Admission) { a.DeveloperID = energyID },
		func(a *rights.Admission) { a.AuthoriserID = energyID },
	} {
		one := *o
		scene := *m
		scene.ledger, one.market = m.ledger.Clone(), &scene
		edit(rights.KindAdmission, admission, harm)(&scene)
		refusedBy(&one, o.operating+"#1", "grant.propose", o.second(admission), func(*rights.ProposeGrant) {}, rights.CodeBasis, "GR-7")
	}
}

// Notice, objections, both signatures, registration, credit.
func TestSigningGrants(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	id := m.must(m.do(o.implementing+"#1", "grant.propose", o.first())).id(rights.KindGrant)
	sign := rights.SignGrant{GrantID: id, AgreementHash: hash("agreement")}
	m.must(m.do(o.implementing+"#1", "grant.publish", rights.PublishGrant{GrantID: id, NoticeText: "公示"}))
	g := read[rights.Grant](m, rights.KindGrant, id)
	if want := day("2026-07-14"); g.NoticeEndsAt != want { // five working days after Monday the 6th
		t.Errorf("notice ends at %d; want %d", g.NoticeEndsAt, want)
	}
	m.now = g.NoticeEndsAt - 1
	m.refuses(m.do(o.implementing+"#1", "grant.sign", sign), rights.CodeDeadline)
	m.refuses(m.do(o.operating+"#1", "grant.object", rights.ObjectToGrant{GrantID: id, ReasonHash: hash("x")}), rights.CodeSelf)
	m.must(m.do(energyID+"#1", "grant.object", rights.ObjectToGrant{GrantID: id, ReasonHash: hash("x")}))
	m.refuses(m.do(energyID+"#1", "grant.object", rights.ObjectToGrant{GrantID: id, ReasonHash: hash("x")}), rights.CodeExists)
	m.now = g.NoticeEndsAt
	m.refuses(m.do(weatherID+"#1", "grant.object", rights.ObjectToGrant{GrantID: id, ReasonHash: hash("x")}), rights.CodeDeadline)
	m.refuses(m.do(o.implementing+"#1", "grant.sign", sign), rights.CodeState)
	m.refuses(m.do(regulatorID+"#1", "grant.decideObjection", rights.DecideGrantObjection{GrantID: id, No: 2, Outcome: "Dismissed", DecisionHash: hash("x")}), rights.CodeNotFound)
	m.must(m.do(regulatorID+"#1", "grant.decideObjection", rights.DecideGrantObjection{GrantID: id, No: 1, Outcome: "Dismissed", DecisionHash: hash("x")}))
	for _, c := range []struct {
		name string
		harm func(*market)
		body rights.SignGrant
		code rights.Code
		rule string
	}{
		{"another agreement", func(*market) {}, rights.SignGrant{GrantID: id, AgreementHash: hash("other")}, rights.CodeConsent, "G-5"},
		{"not registered", edit(rights.KindResource, o.data, func(r *rights.Resource) { r.PublicRegCode = "" }), sign, rights.CodeBasis, "RG-8"},
		{"suspended resource", edit(rights.KindResource, o.data, func(r *rights.Resource) { r.State = rights.StateSuspended }), sign, rights.CodeBasis, "RG-8"},
		{"bad credit", edit(rights.KindParticipant, o.operating, func(p *rights.Participant) { p.CreditFlags = []string{"TaxViolation"} }), sign, rights.CodeBasis, "3.14"},
		{"grantee suspended", edit(rights.KindParticipant, o.operating, func(p *rights.Participant) { p.State = rights.StateSuspended }), sign, rights.CodeInactive, "G-2"},
	} {
		scene := *m
		scene.ledger = m.ledger.Clone()
		c.harm(&scene)
		if e := scene.refuses(scene.do(o.implementing+"#1", "grant.sign", c.body), c.code); e.Rule != c.rule {
			t.Errorf("%s: %v", c.name, e)
		}
	}
	m.must(m.do(o.implementing+"#1", "grant.sign", sign))
	m.refuses(m.do(o.implementing+"#1", "grant.sign", sign), rights.CodeExists)
	if g := read[rights.Grant](m, rights.KindGrant, id); g.State != rights.StatePublished {
		t.Errorf("one signature made it %s", g.State)
	}
	m.must(m.do(o.operating+"#1", "grant.sign", sign))
	if g := read[rights.Grant](m, rights.KindGrant, id); g.State != rights.StateEffective || len(g.Signatures) != 2 || g.DisclosureDueOn != "2027-03-31" {
		t.Errorf("%+v", g)
	}
	m.refuses(m.do(o.unit+"#1", "resource.retire", rights.OfResource{ResourceID: o.data}), rights.CodeState)
}

// two second-level quotas exceed the first level's; what ends gives back.
func TestGrantQuotas(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	o.l1 = o.granted(o.implementing, o.first())
	admission := o.admission()
	first := o.granted(o.operating, o.second(admission)) // 600 of 1000
	b := o.second(admission)
	b.Scope.Quota[0].Qty = 401
	more := m.must(m.do(o.operating+"#1", "grant.propose", b)).id(rights.KindGrant)
	m.must(m.do(o.operating+"#1", "grant.publish", rights.PublishGrant{GrantID: more, NoticeText: "公示"}))
	m.now = read[rights.Grant](m, rights.KindGrant, more).NoticeEndsAt
	sign := rights.SignGrant{GrantID: more, AgreementHash: b.AgreementHash}
	m.must(m.do(o.operating+"#1", "grant.sign", sign))
	if e := m.refuses(m.do(o.developer+"#1", "grant.sign", sign), rights.CodeQuota); e.Record != o.l1 || e.Rule != "G-14" {
		t.Errorf("%+v", e)
	}
	// An amendment below what is given out is refused as well (GR-1).
	l1 := read[rights.Grant](m, rights.KindGrant, o.l1)
	l1.Scope.Quota[0].Qty = 599
	m.must(m.do(o.implementing+"#1", "grant.proposeAmendment", rights.ProposeAmendment{GrantID: o.l1, TermsHash: hash("less"), Scope: &l1.Scope}))
	m.refuses(m.do(o.implementing+"#1", "grant.amend", rights.AmendGrant{GrantID: o.l1, TermsHash: hash("less")}), rights.CodeConsent)
	m.refuses(m.do(o.operating+"#1", "grant.amend", rights.AmendGrant{GrantID: o.l1, TermsHash: hash("other")}), rights.CodeConsent)
	m.refuses(m.do(o.operating+"#1", "grant.amend", rights.AmendGrant{GrantID: o.l1, TermsHash: hash("less")}), rights.CodeQuota)
	l1.Scope.Quota[0].Qty, l1.Scope.To = 1000, l1.Scope.From+50*86400
	m.must(m.do(o.implementing+"#1", "grant.proposeAmendment", rights.ProposeAmendment{GrantID: o.l1, TermsHash: hash("shorter"), Scope: &l1.Scope}))
	if e := m.refuses(m.do(o.operating+"#1", "grant.amend", rights.AmendGrant{GrantID: o.l1, TermsHash: hash("shorter")}), rights.CodeScope); e.Record != first {
		t.Errorf("%+v", e)
	}
	m.must(m.do(o.implementing+"#1", "grant.revoke", rights.EndGrant{GrantID: first, Reason: "违约", Evidence: o.paper("breach")}))
	m.must(m.do(o.developer+"#1", "grant.sign", sign))
	if g := read[rights.Grant](m, rights.KindGrant, o.l1); g.Allocated[0].Qty != 401 || len(g.ChildIDs) != 1 {
		t.Errorf("%+v", g)
	}
	m.refuses(m.do(o.operating+"#1", "grant.exit", rights.EndGrant{GrantID: o.l1, Evidence: o.paper("x")}), rights.CodeState)
}

// A-12 and GR-3, GR-7: whatever falls above, the permit below is of no use.
func TestWhatStandsOnAGrantFallsWithIt(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C").run()
	m.must(o.meter(o.period(1)))
	for name, fall := range map[string]func(*market){
		"A-12 first level revoked": func(m *market) {
			m.must(m.do(o.implementing+"#1", "grant.revoke", rights.EndGrant{GrantID: o.l1, Reason: "违约", Evidence: o.paper("breach")}))
		},
		"second level revoked from above": func(m *market) {
			m.refuses(m.do(o.developer+"#1", "grant.revoke", rights.EndGrant{GrantID: o.l2, Reason: "违约", Evidence: o.paper("breach")}), rights.CodeRole)
			m.must(m.do(o.implementing+"#1", "grant.revoke", rights.EndGrant{GrantID: o.l2, Reason: "违约", Evidence: o.paper("breach")}))
		},
		"second level suspended": func(m *market) {
			m.must(m.do(o.operating+"#1", "grant.suspend", rights.Interruption{GrantID: o.l2, Ref: "x"}))
		},
		"developer left": func(m *market) {
			ad := read[rights.Grant](m, rights.KindGrant, o.l2).AdmissionID
			m.must(m.do(o.developer+"#1", "admission.exit", rights.EndAdmission{AdmissionID: ad, Reason: "x"}))
		},
	} {
		one, scene := *o, *m
		scene.ledger, one.market = m.ledger.Clone(), &scene
		fall(&scene)
		if e := scene.refuses(one.meter(one.period(1)), rights.CodeBasis); e.Record != o.l2 {
			t.Errorf("%s: %v", name, e)
		}
		scene.refuses(one.lineage(one.fusion("late")), rights.CodeBasis)
		scene.refuses(scene.do(o.developer+"#1", "permit.request", one.request()), rights.CodeBasis)
		scene.refuses(scene.do(o.developer+"#1", "permit.topUp", rights.TopUp{PermitID: o.permit, Units: []rights.Amount{{Unit: "Calls", Qty: 1}}}), rights.CodeBasis)
	}
}
