package e2e

import (
	"net/http"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/scene"
)

// silentRegistrar: a registrar that says nothing for three working days has
// accepted; anyone writes it down.
func silentRegistrar(m *scene.Market, holder scene.Person) {
	resource := m.Do(holder, "resource.catalogue", scene.Entry(m.Content(holder))).One(rights.KindResource)
	id := m.Do(holder, "registration.submit", rights.Submit{RegType: "RegFirst", RegistrarID: m.Registrar.USCC, ObjectType: "Resource", ObjectID: resource,
		RightKinds: []rights.RightKind{rights.RightUse}, Papers: scene.AllPapers()}).One(rights.KindCase)
	c := scene.ReadAs[rights.Case](m, holder, "/v1/registrations/"+id)
	m.Refused(rights.CodeDeadline, m.Bank, "registration.deemAccept", rights.OfCase{CaseID: id})
	m.WaitUntil(c.AcceptDueAt)
	m.Do(m.Bank, "registration.deemAccept", rights.OfCase{CaseID: id})
	for _, via := range w.organisations() {
		got := scene.ReadAs[rights.Case](m, holder.Through(via), "/v1/registrations/"+id)
		if got.State != rights.StateUnderReview || got.AcceptedAt != c.AcceptDueAt {
			m.Errorf("%s reads %s, accepted at %d; due was %d", via, got.State, got.AcceptedAt, c.AcceptDueAt)
		}
	}
}

// noticeEnded: after the notice three rights and a certificate are registered,
// which every organisation reads alike.
func noticeEnded(m *scene.Market, caseID string, ends int64) {
	m.WaitUntil(ends)
	no := scene.CertNo()
	m.Do(m.Registrar, "registration.record", rights.RecordCase{CaseID: caseID, CertNo: no})
	for _, via := range w.organisations() {
		cert := scene.Read[rights.Certificate](m, via, "/v1/certificates/"+no)
		if cert.State != rights.StateValid || cert.Version != 1 || len(cert.Rights) != 3 {
			m.Errorf("%s reads %+v", via, cert)
		}
		for _, r := range cert.Rights {
			if got := scene.Read[rights.Right](m, via, "/v1/rights/"+r.RightID); got.State != rights.StateActive || got.Kind != r.Kind || got.CertNo != no {
				m.Errorf("%s reads %+v", via, got)
			}
		}
	}
}

// meteredWrongly: records of use follow one another, in time and in number,
// within the quota; and are the parties' own.
func meteredWrongly(o *scene.Operation) {
	m := o.Market
	o.Metered(o.Period(60))
	with := func(change func(*rights.RecordMeter)) rights.RecordMeter {
		b := o.Period(10)
		change(&b)
		return b
	}
	m.Refused(rights.CodeState, m.Platform, "meter.record", with(func(b *rights.RecordMeter) { b.Seq++ }))
	m.Refused(rights.CodeTerm, m.Platform, "meter.record", with(func(b *rights.RecordMeter) { b.PeriodFrom-- }))
	m.Refused(rights.CodeQuota, m.Platform, "meter.record", o.Period(41))
	m.Refused(rights.CodeRole, o.Developer, "meter.record", o.Period(10))
	o.Metered(o.Period(40))
	u := scene.ReadAs[rights.Permit](m, o.Developer.Through("Bank"), "/v1/permits/"+o.Permit)
	if u.LastSeq != 2 || len(u.Used) != 1 || u.Used[0].Qty != 100 {
		m.Errorf("%+v", u)
	}
	for _, via := range w.organisations() {
		if seen := scene.ReadAs[rights.Permit](m, m.Regulator.Through(via), "/v1/permits/"+o.Permit); seen.LastSeq != 2 {
			m.Errorf("%s reads %+v", via, seen)
		}
		m.NotFor(m.Bank.Through(via), "/v1/permits/"+o.Permit, http.StatusForbidden)
		m.NotFor(nobody(via), "/v1/permits/"+o.Permit, http.StatusUnauthorized)
	}
}

// overTheCeiling: what is made of public data for an industry costs no more than
// the grant's ceiling; for the public benefit it is free.
func overTheCeiling(o *scene.Operation) {
	m := o.Market
	o.Permit = o.Permitted(100)
	offered := func(use string) rights.SubmitListing {
		b, c := o.Dataset(use)
		id := m.Approve(o.Developer, o.Reviewer, b)
		x := m.RegisterProduct(o.Developer, id, 0, rights.Basis{Type: "BasisGrant", RefID: o.L2})
		x.Root, x.Tag = c.Root, c.Tag
		offer := m.Offer(&scene.Product{Asset: *x}, rights.ActQuery)
		offer.PriceModel, offer.DeliveryModes, offer.Permission.Purposes, offer.Permission.Envs, offer.Permission.MaxGrade = "PerCall", []string{"API"}, []string{"credit"}, []rights.Env{rights.EnvTEE}, 3
		return offer
	}
	industry, benefit := offered("Industry"), offered("PublicBenefit")
	industry.UnitPriceFen = 1001
	m.Refused(rights.CodePriceCap, o.Developer, "listing.submit", industry)
	benefit.UnitPriceFen = 1
	m.Refused(rights.CodePriceCap, o.Developer, "listing.submit", benefit)
	industry.UnitPriceFen = 1000
	m.List(o.Developer, industry)
	benefit.UnitPriceFen, benefit.PriceModel = 0, "Free"
	free := m.List(o.Developer, benefit)
	for _, via := range w.organisations() {
		if l := scene.Read[rights.Listing](m, via, "/v1/listings/"+free); l.State != rights.StateListed || l.UseClass != "PublicBenefit" || l.GrantID != o.L2 {
			m.Errorf("%s reads %+v", via, l)
		}
	}
}

// revoked: with the first grant everything that rests on it is without a basis.
func revoked(o *scene.Operation) {
	m := o.Market
	o.Permit = o.Permitted(100)
	o.Metered(o.Period(10))
	m.Do(o.Implementing, "grant.revoke", rights.EndGrant{GrantID: o.L1, Reason: "超出授权范围使用", Evidence: &rights.Evidence{DocType: rights.DocOther, Hash: scene.Hash("breach")}})
	m.Refused(rights.CodeBasis, o.Developer, "lineage.record", o.Fusion("Result", scene.Hash(scene.Unique("output"))))
	m.Refused(rights.CodeBasis, m.Platform, "meter.record", o.Period(10))
	m.Refused(rights.CodeBasis, o.Developer, "permit.request", o.Request(1))
	for _, via := range w.organisations() {
		if got := states(m, o.Operating.Through(via), "/v1/grants/"+o.L1); !slices.Equal(got, []rights.State{rights.StateProposed, rights.StatePublished, rights.StateEffective, rights.StateRevoked}) {
			m.Errorf("%s reads %v", via, got)
		}
	}
}
