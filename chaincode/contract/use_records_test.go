package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func TestAdmissions(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	body := func() rights.Admit {
		return rights.Admit{DeveloperID: o.developer, Rule: "规则", Evidence: o.paper("x"), ValidFrom: m.now, ValidTo: m.now + 86400}
	}
	for _, c := range []struct {
		name   string
		change func(*rights.Admit)
		code   rights.Code
	}{
		{"over", func(b *rights.Admit) { b.ValidFrom, b.ValidTo = 1, m.now }, rights.CodeTerm},
		{"longer than the profile's months", func(b *rights.Admit) { b.ValidTo = rights.AddMonths(m.now, 36) + 1 }, rights.CodeTerm},
		{"no developer", func(b *rights.Admit) { b.DeveloperID = energyID }, rights.CodeRole},
		{"no papers", func(b *rights.Admit) { b.Evidence = nil }, rights.CodeFormat},
		{"no rule", func(b *rights.Admit) { b.Rule = "" }, rights.CodeFormat},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			refusedBy(o, o.operating+"#1", "admission.admit", body(), c.change, c.code, "")
		})
	}
	m.t = t
	id := m.must(m.do(o.operating+"#1", "admission.admit", body())).id(rights.KindAdmission)
	m.refuses(m.do(o.operating+"#1", "admission.admit", body()), rights.CodeExists)
	m.must(m.do(o.developer+"#1", "admission.exit", rights.EndAdmission{AdmissionID: id, Reason: "x", Checklist: []string{"销毁副本"}}))
	ad := read[rights.Admission](m, rights.KindAdmission, id)
	if want := m.now + 30*86400; ad.ExitDueAt != want { // grant.exit.days
		t.Errorf("due at %d; want %d", ad.ExitDueAt, want)
	}
	m.must(m.do(o.operating+"#1", "admission.admit", body())) // it may come back
}

// A year's report: once, for years in force, late ones marked and reported.
func TestDisclosures(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	b := o.first()
	b.Scope.To = rights.AddMonths(b.Scope.From, 36)
	o.l1 = o.granted(o.implementing, b)
	file := rights.FileDisclosure{GrantID: o.l1, Year: 2026, Items: []rights.DisclosureItem{{Name: "服务次数", Value: "12"}}, DocHash: hash("report")}
	send := func() answer { return m.do(o.operating+"#1", "disclosure.file", file) }
	m.refuses(send(), rights.CodeDeadline) // the year is not over
	m.now = day("2027-04-01") - 1
	m.refuses(m.do(o.implementing+"#1", "disclosure.file", file), rights.CodeRole)
	refusedBy(o, o.operating+"#1", "disclosure.file", file, func(b *rights.FileDisclosure) { b.Year = 2025 }, rights.CodeTerm, "")
	refusedBy(o, o.operating+"#1", "disclosure.file", file, func(b *rights.FileDisclosure) { b.Items = nil }, rights.CodeFormat, "")
	a := m.must(send())
	if d := read[rights.Disclosure](m, rights.KindDisclosure, a.id(rights.KindDisclosure)); d.Late || a.id(rights.KindAlert) != "" || d.DueAt != day("2027-04-01") {
		t.Errorf("%+v", d)
	}
	if g := read[rights.Grant](m, rights.KindGrant, o.l1); g.DisclosureDueOn != "2028-03-31" {
		t.Error(g.DisclosureDueOn)
	}
	m.refuses(send(), rights.CodeExists)
	m.now = day("2028-04-01")
	file.Year = 2027
	a = m.must(send())
	if d := read[rights.Disclosure](m, rights.KindDisclosure, a.id(rights.KindDisclosure)); !d.Late || read[rights.Alert](m, rights.KindAlert, a.id(rights.KindAlert)).RuleCode != "AL-DISCLOSURE" {
		t.Errorf("%+v", d)
	}
}

// Custody confers no right (RT-6), and binds until what is hosted is wiped.
func TestCustody(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	m.joinAs(synthetic("91320902MA0D", 1), "云托管公司", rights.RoleVendor)
	host := synthetic("91320902MA0D", 1)
	b := o.hosting()
	b.CustodianID = host
	for _, c := range []struct {
		name   string
		change func(*rights.ProposeCustody)
		code   rights.Code
	}{
		{"to oneself", func(b *rights.ProposeCustody) { b.CustodianID = o.unit }, rights.CodeSelf},
		{"to somebody who hosts nothing", func(b *rights.ProposeCustody) { b.CustodianID = energyID }, rights.CodeRole},
		{"over", func(b *rights.ProposeCustody) { b.ValidFrom, b.ValidTo = 1, m.now }, rights.CodeTerm},
		{"no agreement", func(b *rights.ProposeCustody) { b.AgreementHash = "" }, rights.CodeFormat},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			refusedBy(o, o.unit+"#1", "custody.propose", b, c.change, c.code, "")
		})
	}
	m.t = t
	m.refuses(m.do(host+"#1", "custody.propose", b), rights.CodeRole)
	id := m.must(m.do(o.unit+"#1", "custody.propose", b)).id(rights.KindCustody)
	other := m.must(m.do(o.unit+"#1", "custody.propose", o.hosting())).id(rights.KindCustody)
	m.refuses(m.do(host+"#1", "custody.sign", rights.SignCustody{CustodyID: id, AgreementHash: hash("x")}), rights.CodeConsent)
	m.must(m.do(host+"#1", "custody.sign", rights.SignCustody{CustodyID: id, AgreementHash: hash("hosting")}))
	m.refuses(m.do(officer, "custody.sign", rights.SignCustody{CustodyID: other, AgreementHash: hash("hosting")}), rights.CodeExists)
	m.refuses(m.do(o.unit+"#1", "resource.retire", rights.OfResource{ResourceID: o.data}), rights.CodeState)
	apply := application(o.data, rights.RightHolding)
	apply.SourceType, apply.Papers = "SrcAgreement", papers(rights.DocAgreement)
	apply.Basis = []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: hash("a")}}
	if e := m.refuses(m.do(host+"#1", "registration.submit", apply), rights.CodeBasis); e.Rule != "RT-6" {
		t.Errorf("%+v", e)
	}
	m.must(m.do(o.unit+"#1", "custody.end", rights.EndCustody{CustodyID: id, Reason: "x"}))
	m.refuses(m.do(o.unit+"#1", "resource.retire", rights.OfResource{ResourceID: o.data}), rights.CodeState)
	m.must(m.do(host+"#1", "custody.certifyDestroyed", rights.CustodyDestroyed{CustodyID: id, Destruction: o.paper("wiped")}))
	m.must(m.do(o.unit+"#1", "resource.retire", rights.OfResource{ResourceID: o.data}))
}

func TestCatalogueEntries(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	o.l1 = o.granted(o.implementing, o.first())
	other := o.public("other")
	granted := rights.PublishEntry{Kind: "Grant", ObjectID: o.data, GrantID: o.l1, Ver: 1}
	m.refuses(m.do(o.developer+"#1", "catalogue.publish", granted), rights.CodeRole)
	refusedBy(o, o.operating+"#1", "catalogue.publish", granted, func(b *rights.PublishEntry) { b.ObjectID = other }, rights.CodeScope, "")
	refusedBy(o, o.operating+"#1", "catalogue.publish", granted, func(b *rights.PublishEntry) { b.Ver = 2 }, rights.CodeFormat, "")
	refusedBy(o, o.operating+"#1", "catalogue.publish", granted, func(b *rights.PublishEntry) { b.GrantID = "" }, rights.CodeFormat, "")
	code := read[rights.Resource](m, rights.KindResource, o.data).PublicRegCode
	edit(rights.KindResource, o.data, func(r *rights.Resource) { r.PublicRegCode = "" })(m)
	refusedBy(o, o.operating+"#1", "catalogue.publish", granted, func(*rights.PublishEntry) {}, rights.CodeBasis, "RG-8")
	edit(rights.KindResource, o.data, func(r *rights.Resource) { r.PublicRegCode = code })(m)
	id := m.must(m.do(o.operating+"#1", "catalogue.publish", granted)).id(rights.KindCatalogue)
	if e := read[rights.CatalogueEntry](m, rights.KindCatalogue, id); e.PublicRegCode != code || e.ResponsibleID != o.unit || e.Grade != 2 {
		t.Errorf("%+v", e)
	}
	granted.Ver = 2
	m.refuses(m.do(o.operating+"#1", "catalogue.publish", granted), rights.CodeExists)
	m.must(m.do(regulatorID+"#1", "catalogue.withdraw", rights.WithdrawEntry{EntryID: id, Reason: "x"}))
	m.must(m.do(o.operating+"#1", "catalogue.publish", granted))
	product, _ := o.bought(weatherID, energyID, "gauge", rights.ActQuery)
	m.refuses(m.do(energyID+"#1", "catalogue.publish", rights.PublishEntry{Kind: "Product", ObjectID: product, Ver: 1}), rights.CodeRole)
	m.must(m.do(weatherID+"#1", "catalogue.publish", rights.PublishEntry{Kind: "Product", ObjectID: product, Ver: 1}))
	m.must(m.do(o.implementing+"#1", "grant.revoke", rights.EndGrant{GrantID: o.l1, Reason: "x", Evidence: o.paper("x")}))
	granted.ObjectID, granted.Ver = o.data, 3
	refusedBy(o, o.operating+"#1", "catalogue.publish", granted, func(*rights.PublishEntry) {}, rights.CodeBasis, "GR-3")
}

// A trade's copy lets its holder permit others only with ActSublicense, and
// a measure's reasons beside the grantor's keep a permit suspended.
func TestPermitsOnCopies(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	product, plain := o.bought(weatherID, energyID, "plain", rights.ActQuery, rights.ActProcess)
	_, onward := o.bought(weatherID, energyID, "onward", rights.ActQuery, rights.ActProcess, rights.ActSublicense)
	b := o.request()
	b.BasisID, b.ScenarioID, b.Scope.ObjectIDs, b.Scope.Actions = plain, "", []string{product}, []rights.Action{rights.ActQuery}
	refusedBy(o, bankID+"#1", "permit.request", b, func(*rights.RequestPermit) {}, rights.CodeBasis, "G-7")
	o.permitted(b, energyID) // for itself
	b.BasisID, b.Scope.ObjectIDs = onward, []string{onward}
	o.permit = o.permitted(b, bankID)
	for _, who := range []string{energyID, regulatorID} {
		m.must(m.do(who+"#1", "permit.suspend", rights.Interruption{PermitID: o.permit, Ref: who}))
	}
	if e := m.refuses(m.do(energyID+"#1", "permit.resume", rights.Interruption{PermitID: o.permit, Ref: regulatorID}), rights.CodeRole); e.Rule != "SM-3" {
		t.Errorf("%+v", e)
	}
	m.must(m.do(energyID+"#1", "permit.resume", rights.Interruption{PermitID: o.permit, Ref: energyID}))
	if u := read[rights.Permit](m, rights.KindPermit, o.permit); u.State != rights.StateSuspended {
		t.Errorf("SM-2: %s", u.State)
	}
	m.must(m.do(regulatorID+"#1", "permit.resume", rights.Interruption{PermitID: o.permit, Ref: regulatorID}))
	if u := read[rights.Permit](m, rights.KindPermit, o.permit); u.State != rights.StateActive || u.BasisType != "BasisTrade" || u.GrantorID != energyID {
		t.Errorf("%+v", u)
	}
}
