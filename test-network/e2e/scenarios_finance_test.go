package e2e

import (
	"slices"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/scene"
)

// pledgedAndTransferred: a pledged right is transferred with the pledgee's
// consent to exactly these terms, and with no other.
func pledgedAndTransferred(m *scene.Market) {
	owner, to := m.Join("盐城借款企业有限公司", "Group", nil), m.Join("大丰数据受让有限公司", "Exchange", nil)
	v := m.Value(m.Register(owner), 1_000_000_00)
	pledge := m.Pledge(v, "loan", v.Amounts())
	for _, via := range w.organisations() {
		r := scene.ReadAs[rights.Right](m, m.Registrar.Through(via), "/v1/rights/"+v.Operation())
		if public := scene.Read[rights.Right](m, via, "/v1/rights/"+v.Operation()).Encumbrances; len(public) != 1 || public[0].Type != rights.EncPledge || public[0].RefID != "" || public[0].ByID != "" {
			m.Errorf("the public at %s reads %+v", via, public) // that it is pledged, not to whom
		}
		if len(r.Encumbrances) != 1 || r.Encumbrances[0].RefID != pledge || r.Encumbrances[0].Rank != 1 {
			m.Errorf("%s reads %+v", via, r.Encumbrances)
		}
	}
	moving := m.Transfer(to, "sale", v.Operation())
	m.Refused(rights.CodeConsent, owner, "registration.submit", moving)
	consent := func(terms string) rights.GivePledgeConsent {
		return rights.GivePledgeConsent{PledgeID: pledge, Action: rights.UseTransfer, TargetID: v.Operation(), TermsHash: scene.Hash(terms), ExpiresAt: time.Now().Unix() + 86400}
	}
	m.Refused(rights.CodeRole, owner, "pledge.giveConsent", consent("sale"))
	m.Do(m.Bank, "pledge.giveConsent", consent("another sale"))
	m.Refused(rights.CodeConsent, owner, "registration.submit", moving)
	m.Do(m.Bank, "pledge.giveConsent", consent("sale"))
	x := m.Transferred(owner, to, moving)

	// Everybody sees the right with its new holder, the pledge on it and the old one gone.
	for _, via := range w.organisations() {
		reads := m.Registrar.Through(via)
		is, was := scene.ReadAs[rights.Right](m, reads, "/v1/rights/"+x.Rights[0]), scene.ReadAs[rights.Right](m, reads, "/v1/rights/"+v.Operation())
		if is.State != rights.StateActive || is.HolderID != to.USCC || is.PrevRightID != was.ID || len(is.Encumbrances) != 1 || is.Encumbrances[0].RefID != pledge || was.State != rights.StateTransferred {
			m.Errorf("%s reads %+v, before it %+v", via, is, was)
		}
	}
	// The consent was for once, and the new right is as much the bank's security.
	back := m.Transfer(owner, "sale", x.Rights[0])
	m.Refused(rights.CodeConsent, to, "registration.submit", back)
	pl := scene.ReadAs[rights.Pledge](m, m.Bank, "/v1/pledges/"+pledge)
	used := slices.IndexFunc(pl.Consents, func(c rights.PledgeConsent) bool { return c.UsedAt > 0 })
	if len(pl.Consents) != 2 || used < 0 || pl.Consents[used].TermsHash != scene.Hash("sale") {
		m.Errorf("%+v", pl.Consents)
	}
}

// pledgedTwice: a second bank takes a pledge behind the first with its consent.
func pledgedTwice(m *scene.Market) {
	owner := m.Join("盐城再融资企业有限公司", "Group", nil)
	second, err := scene.Newcomer("Bank")
	if err != nil {
		m.Fatal(err)
	}
	m.Enrol(second, rights.Enrolment{Name: "第二合作银行盐城分行", OrgType: "OrgFinancial", Roles: []rights.Role{rights.RoleBank}, Post: "信贷岗"})
	v := m.Value(m.Register(owner), 1_000_000_00)
	first := m.Pledge(v, "first loan", v.Amounts())
	other := *m
	other.Bank = second
	b, secret := other.PledgeOf(v, "second loan", v.Amounts())
	m.Refused(rights.CodeConsent, owner.Through("Bank"), "pledge.apply", b, secret...)
	for _, right := range v.Rights {
		m.Do(m.Bank, "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: first, Action: rights.UsePledge, TargetID: right, TermsHash: scene.Hash("second loan"), ExpiresAt: time.Now().Unix() + 86400})
	}
	behind := other.Pledge(v, "second loan", v.Amounts())
	for _, via := range w.organisations() {
		r := scene.ReadAs[rights.Right](m, m.Registrar.Through(via), "/v1/rights/"+v.Operation())
		if len(r.Encumbrances) != 2 || r.Encumbrances[0].RefID != first || r.Encumbrances[1].RefID != behind || r.Encumbrances[1].Rank != 2 {
			m.Errorf("%s reads %+v", via, r.Encumbrances)
		}
	}
}

// frozen: what a regulator froze is neither delivered nor listed nor pledged;
// its term may be renewed.
func frozen(m *scene.Market) {
	owner, buyer := m.Join("响水数据经营有限公司", "Group", nil), m.Join("亭湖数据应用有限公司", "Exchange", nil)
	const days = 150 // the end is within the months in which a renewal is asked for
	until := time.Now().Unix() + days*86400
	product := m.Produce(m.Register(owner), m.Content(owner), until)
	v := m.Value(&product.Asset, 500_000_00)
	unlisted := m.Produce(m.Register(owner), m.Content(owner), until)
	d := m.Strike(product, buyer, 30_000_00, toUse...).Running().Prepare()

	freeze := func(right string) string {
		id := m.Do(m.Regulator, "measure.issue", rights.IssueMeasure{Type: rights.MeasureFreeze, Domain: "data", TargetKind: rights.KindRight, TargetID: right,
			LegalBasis: "数据安全法第四十五条", DocumentHash: scene.Hash("document")}).One(rights.KindMeasure)
		m.Do(m.Regulator, "measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: scene.Hash("receipt")})
		return id
	}
	measure := freeze(product.Operation())
	freeze(unlisted.Operation())
	for _, via := range w.organisations() {
		beside := scene.ReadAs[rights.Restraints](m, m.Registrar.Through(via), "/v1/restraints/"+product.Operation())
		if len(beside.Encumbrances) != 1 || beside.Encumbrances[0].Type != rights.EncFreeze || beside.Encumbrances[0].RefID != measure {
			m.Errorf("%s reads %+v", via, beside)
		}
	}
	m.Refused(rights.CodeEnc, d.Seller, "delivery.send", d.Marked())
	m.Refused(rights.CodeEnc, owner, "listing.submit", m.Offer(unlisted, toUse...))
	b, secret := m.PledgeOf(v, "loan on what is frozen", v.Amounts())
	m.Refused(rights.CodeEnc, owner.Through("Bank"), "pledge.apply", b, secret...)

	renewed := m.Renewed(owner, product.Operation())
	for _, via := range w.organisations() {
		if r := scene.Read[rights.Right](m, via, "/v1/rights/"+renewed); r.State != rights.StateActive || r.ValidTo <= until || r.RenewedFrom != until {
			m.Errorf("%s reads %+v", via, r)
		}
	}
	// Lifted, the delivery goes on.
	m.Do(m.Regulator, "measure.lift", rights.LiftMeasure{MeasureID: measure, Reason: "已整改"})
	d.Deliver()
}

// twoMeasures: a listing is free when the last of its measures is gone.
func twoMeasures(m *scene.Market, sold *scene.Deal) {
	suspend := func() string {
		id := m.Do(m.Regulator, "measure.issue", rights.IssueMeasure{Type: rights.MeasureSuspendListing, Domain: "data", TargetKind: rights.KindListing, TargetID: sold.Listing,
			LegalBasis: "数据安全法第四十五条", DocumentHash: scene.Hash("document")}).One(rights.KindMeasure)
		m.Do(m.Regulator, "measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: scene.Hash("receipt")})
		return id
	}
	stands := func(want rights.State) {
		m.Helper()
		for _, via := range w.organisations() {
			if l := scene.ReadAs[rights.Listing](m, m.Exchange.Through(via), "/v1/listings/"+sold.Listing); l.State != want {
				m.Errorf("%s reads %s; want %s", via, l.State, want)
			}
		}
	}
	one, two := suspend(), suspend()
	stands(rights.StateSuspended)
	lift := func(id string) {
		m.Do(m.Regulator, "measure.lift", rights.LiftMeasure{MeasureID: id, Reason: "已整改"})
	}
	lift(one)
	stands(rights.StateSuspended)
	m.Refused(rights.CodeState, sold.Buyer, "trade.apply", rights.ApplyTrade{ListingID: sold.Listing, Purpose: "负荷预测"})
	lift(two)
	stands(rights.StateListed)
	m.Do(sold.Buyer, "trade.apply", rights.ApplyTrade{ListingID: sold.Listing, Purpose: "负荷预测"})
	if got := states(m, m.Regulator.Through("Bank"), "/v1/listings/"+sold.Listing); !slices.Equal(got, []rights.State{rights.StateSubmitted, rights.StateListed, rights.StateSuspended, rights.StateListed}) {
		m.Errorf("%v", got)
	}
}
