package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
)

// kept reads what the collection of trade terms keeps of a record.
func kept[S any](m *market, kind rights.Kind, id string) *S {
	m.t.Helper()
	key, err := state.Key(kind, id)
	if err != nil {
		m.t.Fatal(err)
	}
	raw := m.ledger.Secret(string(rights.CollectionTrade), key)
	if raw == nil {
		return nil
	}
	v := new(S)
	if err := json.Unmarshal(raw, v); err != nil {
		m.t.Fatal(err)
	}
	return v
}

// the full path of a trade, with secret terms and settlement lines.
func TestFullTrade(t *testing.T) {
	d := dealt(t).settled()
	if tr := d.theTrade(); tr.State != rights.StateSettled || len(tr.Signatures) != 2 || tr.AgreedAt == 0 || tr.CompleteDueAt <= d.now || tr.OnHold {
		t.Fatalf("%+v", tr)
	}
	d.refuses(d.by(d.buyer, "trade.complete", d.ofTrade()), rights.CodeDeadline)
	d.must(d.by(exchangeID, "trade.complete", d.ofTrade()))
	if tr := d.theTrade(); tr.State != rights.StateCompleted || tr.EndedAt != d.now || tr.Venue != rights.VenueOnExchange {
		t.Errorf("%+v", tr)
	}
	c := read[rights.Copy](d.market, rights.KindCopy, d.copy)
	if c.State != rights.StateHeld || c.HolderID != d.buyer || c.AccessOnly || c.HoldUntil != d.permission.To || c.DestroyDueAt != d.permission.To+30*86400 {
		t.Errorf("%+v", c)
	}
	amounts := kept[rights.SettlementAmounts](d.market, rights.KindSettlement, d.settl)
	var sum int64
	for _, l := range amounts.Lines {
		sum += l.AmountFen
	}
	if sum != amounts.GrossFen || sum != 1_000_003 || amounts.Lines[0].AmountFen != 700_002 || amounts.Lines[1].AmountFen != 200_001 || amounts.Lines[2].AmountFen != 100_000 {
		t.Errorf("%+v", amounts)
	}
	// G-12: nothing of the money is on the channel.
	for _, key := range d.ledger.Keys() {
		if v := string(d.ledger.Get(key)); strings.Contains(v, "1000003") || strings.Contains(v, "700002") || strings.Contains(v, "amountFen") || strings.Contains(v, "grossFen") {
			t.Errorf("%q is on the channel: %s", key, v)
		}
	}
}

// faulty is one way something is at fault, and how it must be refused.
type faulty struct {
	name string
	set  func(d *deal) // beforehand, past every rule
	code rights.Code
	rule string
}

// on runs a table of faults, each on a market of its own, before what is then
// done without the fault and must succeed.
func on(t *testing.T, ready func(testing.TB) *deal, do func(d *deal) answer, table []faulty) {
	t.Helper()
	base := ready(t)
	fork := func() *deal {
		d, m := *base, *base.market
		m.ledger, d.market = base.ledger.Clone(), &m
		m.quiet = true // scenes are past the rules
		return &d
	}
	d := fork()
	d.must(do(d))
	for _, c := range table {
		d := fork()
		c.set(d)
		a := do(d)
		if a.refusal == nil || a.refusal.Code != c.code || a.refusal.Rule != c.rule {
			t.Errorf("%s: %v (%s %s); want %s by %s", c.name, a.refusal, a.failure, ruleOf(a), c.code, c.rule)
			continue
		}
		if len(a.stub.Writes) > 0 || strings.Contains(a.refusal.Detail+a.refusal.DetailZh, "%!") {
			t.Errorf("%s: %+v with %d writes", c.name, a.refusal, len(a.stub.Writes))
		}
	}
}

func ruleOf(a answer) string {
	if a.refusal == nil {
		return ""
	}
	return a.refusal.Rule
}

// What changes a record of a deal, past every rule.
func listing(change func(*rights.Listing)) func(*deal) {
	return func(d *deal) { edit(rights.KindListing, d.listing, change)(d.market) }
}

func trade(change func(*rights.Trade)) func(*deal) {
	return func(d *deal) { edit(rights.KindTrade, d.trade, change)(d.market) }
}

func theRight(change func(*rights.Right)) func(*deal) {
	return func(d *deal) { edit(rights.KindRight, d.right, change)(d.market) }
}

func theBuyer(change func(*rights.Participant)) func(*deal) {
	return func(d *deal) { edit(rights.KindParticipant, d.buyer, change)(d.market) }
}

// encumbered puts something on the right from now on.
func encumbered(e rights.Encumbrance) func(*deal) {
	return func(d *deal) {
		e.From, e.ByID = d.now, regulatorID
		if e.Type == rights.EncPledge || e.Type == rights.EncExclusive {
			theRight(func(r *rights.Right) { r.Encumbrances = append(r.Encumbrances, e) })(d)
			return
		}
		d.put(rights.KindRestraints, d.right, &rights.Restraints{Head: d.headOf(rights.KindRestraints, d.right, rights.StateInForce), RightID: d.right, Encumbrances: []rights.Encumbrance{e}})
	}
}

// pledged puts a pledge on the right.
func pledged(change func(*rights.Pledge)) func(*deal) {
	return func(d *deal) {
		pl := &rights.Pledge{Head: d.headOf(rights.KindPledge, "PL-320902-1", rights.StateRegistered), PledgorID: d.seller, PledgeeID: bankID, RightIDs: []string{d.right}}
		change(pl)
		d.put(rights.KindPledge, pl.ID, pl)
		encumbered(rights.Encumbrance{Type: rights.EncPledge, RefID: pl.ID})(d)
	}
}

func TestApplyRefuses(t *testing.T) {
	scenario := ""
	on(t, dealt, func(d *deal) answer {
		return d.by(d.buyer, "trade.apply", rights.ApplyTrade{ListingID: d.listing, Purpose: "负荷预测", ScenarioID: scenario})
	}, []faulty{
		{"from oneself", func(d *deal) { d.buyer = d.seller }, rights.CodeSelf, "TR-4"},
		{"the exchange on its own venue (A-31)", func(d *deal) { d.buyer = exchangeID }, rights.CodeSelf, "SD-2"},
		{"a registrar", func(d *deal) { d.buyer = registrarID }, rights.CodeSelf, "SD-1"},
		{"a regulator", func(d *deal) { d.buyer = regulatorID }, rights.CodeSelf, "SD-4"},
		{"the exchange as seller", listing(func(l *rights.Listing) { l.SellerID = exchangeID }), rights.CodeSelf, "SD-2"},
		{"a listing paused", listing(func(l *rights.Listing) { l.State = rights.StatePaused }), rights.CodeState, ""},
		{"a listing past its term", func(d *deal) { listing(func(l *rights.Listing) { l.ValidTo = d.now })(d) }, rights.CodeTerm, "3.0.5"},
		{"a right gone", theRight(func(r *rights.Right) { r.State = rights.StateCancelled }), rights.CodeBasis, "RT-4"},
		{"a buyer in another region", theBuyer(func(p *rights.Participant) { p.RegionCode = "320102" }), rights.CodeScope, "CP-1"},
		{"a buyer of another kind", listing(func(l *rights.Listing) { l.BuyerLimits = &rights.Limits{BuyerType: "RoleBank"} }), rights.CodeScope, "3.8"},
		{"a buyer without qualification", listing(func(l *rights.Listing) { l.BuyerLimits = &rights.Limits{BuyerQualification: "QualMapping"} }), rights.CodeScope, "3.8"},
		{"a buyer outside the territory", listing(func(l *rights.Listing) { l.BuyerLimits = &rights.Limits{Territory: "320902"} }), rights.CodeScope, "3.8"},
		{"a purpose not offered", listing(func(l *rights.Listing) { l.Permission.Purposes = []string{"SC-1"} }), rights.CodeScope, "TR-7"},
		{"a seller who left", func(d *deal) {
			edit(rights.KindParticipant, d.seller, func(p *rights.Participant) { p.State = rights.StateExited })(d.market)
		}, rights.CodeInactive, "G-2"},
	})
}

func TestProposeTermsRefuses(t *testing.T) {
	terms := func(change func(*rights.TradeTerms)) func(*deal) {
		return func(d *deal) {
			d.terms.Lines = append([]rights.SettlementLine{}, d.terms.Lines...)
			change(&d.terms)
		}
	}
	body := func(change func(*rights.ProposeTerms)) func(*deal) { return func(d *deal) { d.change = change } }
	on(t, func(t testing.TB) *deal { return dealt(t).apply().accept() }, func(d *deal) answer {
		b, secret := d.proposal()
		return d.doSecretly(d.buyer+"#1", "trade.proposeTerms", b, secret)
	}, []faulty{
		{"a version left out", body(func(b *rights.ProposeTerms) { b.Version = 2 }), rights.CodeState, "3.8"},
		{"another commitment", body(func(b *rights.ProposeTerms) { b.TermsCommitment = hash("x") }), rights.CodeFormat, ""},
		{"an action more than offered", body(func(b *rights.ProposeTerms) { b.Permission.Actions = append(b.Permission.Actions, rights.ActTrain) }), rights.CodeScope, "TR-7"},
		{"a day more than offered", body(func(b *rights.ProposeTerms) { b.Permission.To++ }), rights.CodeScope, "TR-7"},
		{"a region more than offered", body(func(b *rights.ProposeTerms) { b.Permission.Regions = []string{"32"} }), rights.CodeScope, "TR-7"},
		{"derived output that survives", body(func(b *rights.ProposeTerms) { b.Permission.DerivedSurvives = true }), rights.CodeScope, "TR-7"},
		{"a permission over something else", body(func(b *rights.ProposeTerms) { b.Permission.ObjectIDs = []string{} }), rights.CodeScope, "TR-7"},
		{"no duty to destroy (gate F)", body(func(b *rights.ProposeTerms) { b.DestroyDays = 0 }), rights.CodeFormat, "gate F"},
		{"too long to destroy", body(func(b *rights.ProposeTerms) { b.DestroyDays = 91 }), rights.CodeFormat, "3.8"},
		{"shares of 9999", terms(func(x *rights.TradeTerms) { x.Lines[0].Bps-- }), rights.CodeMoney, "ST-1"},
		{"shares of more", terms(func(x *rights.TradeTerms) { x.Lines[0].Bps++ }), rights.CodeMoney, "ST-1"},
		{"a seller who is another", terms(func(x *rights.TradeTerms) { x.Lines[0].PayeeID = weatherID }), rights.CodeMoney, "ST-1"},
		{"a negative amount", terms(func(x *rights.TradeTerms) { x.AmountFen = -1 }), rights.CodeMoney, "G-6"},
		{"a price where it is free", trade(func(x *rights.Trade) { x.PriceModel = "Free" }), rights.CodeMoney, "3.7"},
		{"a price for the public benefit (A-14)", listing(func(l *rights.Listing) { l.UseClass = "PublicBenefit" }), rights.CodePriceCap, "LS-6"},
		{"a price over the ceiling (A-14)", listing(func(l *rights.Listing) { l.UseClass, l.FeeCeilingFen = "Industry", 1_000_002 }), rights.CodePriceCap, "LS-6"},
		{"proceeds not to the pledgee", pledged(func(pl *rights.Pledge) { pl.ProceedsToPledgee = true }), rights.CodeMoney, "ST-2"},
		{"a grant's share left out", func(d *deal) {
			d.put(rights.KindGrant, "GR-320902-1", &rights.Grant{Head: d.headOf(rights.KindGrant, "GR-320902-1", rights.StateEffective), RevenueShares: []rights.SettlementLine{{PayeeID: weatherID, Role: "Treasury", Bps: 1}}})
			trade(func(x *rights.Trade) { x.GrantID = "GR-320902-1" })(d)
		}, rights.CodeMoney, "ST-3"},
		{"on hold", trade(func(x *rights.Trade) { x.OnHold, x.DisputeIDs = true, []string{"DS-1"} }), rights.CodeState, "TR-5"},
	})
}

// A-16, TR-1, TR-3: what the signature that makes the contract needs.
func TestSignRefuses(t *testing.T) {
	ready := func(t testing.TB) *deal {
		d := dealt(t).apply().accept().propose()
		d.must(d.sign(d.seller))
		return d
	}
	termsHash := hash("contract")
	var disclosed []string
	on(t, ready, func(d *deal) answer {
		return d.by(d.buyer, "trade.sign", rights.SignTrade{TradeID: d.trade, TermsHash: termsHash, Disclosures: disclosed})
	}, []faulty{
		{"other terms than proposed (A-16)", trade(func(x *rights.Trade) { x.TermsHash = hash("other") }), rights.CodeFormat, "G-5"},
		{"twice by one party", trade(func(x *rights.Trade) { x.Signatures[0].PartyID = x.BuyerID }), rights.CodeExists, "G-5"},
		{"a listing delisted", listing(func(l *rights.Listing) { l.State = rights.StateDelisted }), rights.CodeState, ""},
		{"a listing that offers less now", listing(func(l *rights.Listing) { l.Permission.To-- }), rights.CodeScope, "G-4"},
		{"a right frozen (A-24)", encumbered(rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-1"}), rights.CodeBasis, "RT-4"},
		{"a right in dispute", encumbered(rights.Encumbrance{Type: rights.EncDispute, RefID: "DS-1"}), rights.CodeEnc, "3.0.6"},
		{"an objection not acknowledged", encumbered(rights.Encumbrance{Type: rights.EncObjection, RefID: "OB-1"}), rights.CodeEnc, "3.0.6"},
		{"an exclusive licence", encumbered(rights.Encumbrance{Type: rights.EncExclusive, RefID: "RT-1"}), rights.CodeEnc, "3.0.6"},
		{"a pledge without consent (A-21)", pledged(func(*rights.Pledge) {}), rights.CodeConsent, "PL-2"},
		{"a pledge with consent to other terms (A-21)", pledged(func(pl *rights.Pledge) {
			pl.Consents = []rights.PledgeConsent{{Action: rights.UseLicence, TargetID: pl.RightIDs[0], TermsHash: hash("other"), ExpiresAt: far}}
		}), rights.CodeConsent, "PL-2"},
		{"proceeds that go to the pledgee", pledged(func(pl *rights.Pledge) { pl.AllowLicence, pl.ProceedsToPledgee = true, true }), rights.CodeMoney, "ST-2"},
		{"another's right", theRight(func(r *rights.Right) { r.HolderID = weatherID }), rights.CodeBasis, "LS-1"},
		{"a right of use", theRight(func(r *rights.Right) { r.Kind = rights.RightUse }), rights.CodeBasis, "LS-1"},
		{"a contract on another's right", func(d *deal) {
			r := read[rights.Right](d.market, rights.KindRight, d.right)
			r.ID, r.HolderID = "RT-other", weatherID
			d.put(rights.KindRight, r.ID, r)
			trade(func(x *rights.Trade) { x.RightID = r.ID })(d)
		}, rights.CodeBasis, "G-7"},
		{"a product suspended", func(d *deal) {
			edit(rights.KindProduct, d.product, func(p *rights.Product) { p.State = rights.StateSuspended })(d.market)
		}, rights.CodeState, "LS-2"},
		{"no right", trade(func(x *rights.Trade) { x.RightID = "" }), rights.CodeBasis, "G-7"},
		{"a permission that is over", func(d *deal) {
			trade(func(x *rights.Trade) { x.Permission.To = d.now })(d)
		}, rights.CodeTerm, "3.0.5"},
	})
	// What is acknowledged, or consented to, is signed.
	for name, set := range map[string]func(*deal){
		"acknowledged": encumbered(rights.Encumbrance{Type: rights.EncObjection, RefID: "OB-1"}),
		"consented": pledged(func(pl *rights.Pledge) {
			pl.Consents = []rights.PledgeConsent{{Action: rights.UseLicence, TargetID: pl.RightIDs[0], TermsHash: termsHash, ExpiresAt: far}}
		}),
		"allowed": pledged(func(pl *rights.Pledge) { pl.AllowLicence = true }),
	} {
		d := ready(t)
		d.quiet = true
		set(d)
		a := d.by(d.buyer, "trade.sign", rights.SignTrade{TradeID: d.trade, TermsHash: termsHash, Disclosures: []string{"EncObjection"}})
		if a.refusal != nil {
			t.Errorf("%s: %v", name, a.refusal)
			continue
		}
		d.confirm().prepare() // the consent to the contract covers its delivery
	}
	// Nothing was signed by the wrong hash, and new terms clear what was.
	d := ready(t)
	d.refuses(d.by(d.buyer, "trade.sign", rights.SignTrade{TradeID: d.trade, TermsHash: hash("other")}), rights.CodeFormat)
	if tr := d.theTrade(); tr.State != rights.StateNegotiating || len(tr.Signatures) != 1 {
		t.Errorf("%+v", tr)
	}
	d.propose()
	if tr := d.theTrade(); len(tr.Signatures) != 0 || tr.TermsVersion != 2 {
		t.Errorf("%+v", tr)
	}
}

// G-7, TR-6: off the exchange too, data is sold by who has the operation right,
// with filing evidence.
func TestFileTradeRefuses(t *testing.T) {
	var change func(*rights.FileTrade)
	filing := func(c func(*rights.FileTrade)) func(*deal) { return func(*deal) { change = c } }
	on(t, dealt, func(d *deal) answer {
		secret, commitment := hidden(d.terms)
		b := rights.FileTrade{FilingRef: "BA-1", FilingEvidence: rights.Evidence{DocType: rights.DocOther, Hash: hash("filing")}, VenueID: exchangeID, BuyerID: d.buyer, SellerID: d.seller,
			SubjectType: "LicenceUse", RightID: d.right, Purpose: "x", PriceModel: "Lump", TermsHash: hash("contract"), TermsCommitment: commitment}
		if change != nil {
			change(&b)
			change = nil
		}
		return d.doSecretly(d.seller+"#1", "trade.file", b, secret)
	}, []faulty{
		{"without evidence (TR-6)", filing(func(b *rights.FileTrade) { b.FilingEvidence.Hash = "" }), rights.CodeFormat, ""},
		{"another's right (G-7)", theRight(func(r *rights.Right) { r.HolderID = weatherID }), rights.CodeBasis, "G-7"},
		{"no operation right (G-7)", theRight(func(r *rights.Right) { r.Kind = rights.RightHolding }), rights.CodeBasis, "G-7"},
		{"without a duty to destroy", filing(func(b *rights.FileTrade) { b.DeliveryModes = []string{"OnSite"} }), rights.CodeFormat, "gate F"},
		{"to be resold against the right's limits (TR-7)", func(d *deal) {
			theRight(func(r *rights.Right) { r.Limits = &rights.Limits{} })(d)
			p := d.permission
			p.ObjectIDs = []string{read[rights.Right](d.market, rights.KindRight, d.right).ObjectID}
			p.Actions = []rights.Action{rights.ActQuery, rights.ActResell}
			filing(func(b *rights.FileTrade) { b.Permission = &p })(d)
		}, rights.CodeScope, "TR-7"},
		{"with oneself", filing(func(b *rights.FileTrade) { b.BuyerID = b.SellerID }), rights.CodeSelf, "TR-4"},
		{"at no exchange", filing(func(b *rights.FileTrade) { b.VenueID = weatherID }), rights.CodeRole, ""},
		{"on a peer that is none (MR-3)", filing(func(b *rights.FileTrade) { b.PeerVenueID = exchangeID }), rights.CodeRole, ""},
	})
}
