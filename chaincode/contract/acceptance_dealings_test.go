package contract_test

import (
	"encoding/json"
	"iter"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
	"github.com/datarights/datarights/gateway/indicator"
)

// completed is the whole of a deal's way.
func (d *deal) completed() *deal {
	d.t.Helper()
	d.settled()
	d.must(d.by(exchangeID, "trade.complete", d.ofTrade()))
	return d
}

var accDealings = []accScenario{
	{"A-15", func(s *accScene) {
		d := s.deal(s.goodsOf(energyID, "sold"), s.firm(11, "320902"))
		in := func(want rights.State) {
			s.t.Helper()
			if tr := d.theTrade(); tr.State != want {
				s.t.Fatalf("the trade is %s; want %s", tr.State, want)
			}
		}
		d.apply()
		in(rights.StateApplied)
		d.accept().propose()
		in(rights.StateNegotiating)
		s.must(d.sign(d.seller))
		in(rights.StateNegotiating)
		s.must(d.sign(d.buyer))
		in(rights.StateAgreed)
		d.confirm().prepare().send().receive()
		in(rights.StateImplementing)
		d.acceptDelivery()
		in(rights.StateDelivered)
		d.opened().distributed()
		for _, l := range d.terms.Lines {
			in(rights.StateDelivered)
			s.must(d.by(l.PayeeID, "settlement.confirm", d.ofSettlement()))
		}
		in(rights.StateSettled)
		s.must(d.by(exchangeID, "trade.complete", d.ofTrade()))
		in(rights.StateCompleted)
		c := read[rights.Copy](s.market, rights.KindCopy, d.copy)
		if c.State != rights.StateHeld || c.HolderID != d.buyer || c.ContentRoot != hash("sent "+d.delivery) || c.FingerprintCommit == "" {
			s.t.Errorf("%+v", c)
		}
		st := read[rights.Settlement](s.market, rights.KindSettlement, d.settl)
		amounts := kept[rights.SettlementAmounts](s.market, rights.KindSettlement, d.settl)
		var sum int64
		for i, want := range []int64{700_002, 200_001, 100_000} { // the odd fen by largest remainder
			if amounts.Lines[i].AmountFen != want {
				s.t.Errorf("line %d is %d; want %d", i, amounts.Lines[i].AmountFen, want)
			}
			sum += amounts.Lines[i].AmountFen
		}
		if st.State != rights.StateConfirmed || amounts.GrossFen != 1_000_003 || sum != amounts.GrossFen {
			s.t.Errorf("%s, %d of %d fen", st.State, sum, amounts.GrossFen)
		}
	}},
	{"A-16", func(s *accScene) {
		d := s.deal(s.goodsOf(energyID, "sold"), s.firm(11, "320902")).apply().accept().propose()
		s.must(d.sign(d.seller))
		s.refused(d.by(d.buyer, "trade.sign", rights.SignTrade{TradeID: d.trade, TermsHash: hash("the buyer's draft")}), rights.CodeFormat, "G-5", d.trade)
		if tr := d.theTrade(); tr.State != rights.StateNegotiating || len(tr.Signatures) != 1 || tr.AgreedAt != 0 {
			s.t.Errorf("%+v", tr)
		}
		// A new draft takes the old signature with it: both sign one hash or nothing is agreed.
		d.change = func(b *rights.ProposeTerms) { b.TermsHash = hash("the buyer's draft") }
		b, secret := d.proposal()
		s.must(d.doSecretly(d.buyer+"#1", "trade.proposeTerms", b, secret))
		s.must(d.sign(d.buyer))
		s.refused(d.by(d.seller, "trade.sign", rights.SignTrade{TradeID: d.trade, TermsHash: hash("contract")}), rights.CodeFormat, "G-5", d.trade)
		if tr := d.theTrade(); tr.State != rights.StateNegotiating || len(tr.Signatures) != 1 {
			s.t.Errorf("%+v", tr)
		}
		s.must(d.sign(d.seller))
		if tr := d.theTrade(); tr.State != rights.StateAgreed {
			s.t.Errorf("%+v", tr)
		}
	}},
	{"A-25", func(s *accScene) {
		cyber, finance := s.regulatorOf(accFirm(21), "cyberspace"), s.regulatorOf(accFirm(22), "finance")
		g := s.goodsOf(energyID, "measured")
		l := s.listed(energyID, s.offer(g))
		b := measureOn(rights.MeasureSuspendListing, rights.KindListing, l)
		b.Domain = "cyberspace"
		id := s.served(cyber, b)
		s.refused(s.lift(finance, id), rights.CodeRole, "SM-3", id)
		if x := read[rights.Listing](s.market, rights.KindListing, l); x.State != rights.StateSuspended {
			s.t.Errorf("%+v", x)
		}
		s.must(s.lift(cyber, id))
		if x := read[rights.Listing](s.market, rights.KindListing, l); x.State != rights.StateListed {
			s.t.Errorf("%+v", x)
		}
	}},
	{"A-26", func(s *accScene) {
		l := s.listed(energyID, s.offer(s.goodsOf(energyID, "measured")))
		one := s.served(regulator, measureOn(rights.MeasureSuspendListing, rights.KindListing, l))
		two := s.served(regulator, measureOn(rights.MeasureSuspendListing, rights.KindListing, l))
		buyer := s.firm(11, "320902")
		apply := rights.ApplyTrade{ListingID: l, Purpose: "x"}
		s.must(s.lift(regulator, one))
		if x := read[rights.Listing](s.market, rights.KindListing, l); x.State != rights.StateSuspended || len(x.SuspendedBy) != 1 || x.SuspendedBy[0].RefID != two {
			s.t.Errorf("%+v", x)
		}
		s.refuses(s.do(buyer+"#1", "trade.apply", apply), rights.CodeState)
		s.must(s.lift(regulator, two))
		if x := read[rights.Listing](s.market, rights.KindListing, l); x.State != rights.StateListed || len(x.SuspendedBy) != 0 {
			s.t.Errorf("%+v", x)
		}
		s.must(s.do(buyer+"#1", "trade.apply", apply))
	}},
	{"A-30", accResaleCase},
	{"A-31", func(s *accScene) {
		l := s.listed(energyID, s.offer(s.goodsOf(energyID, "sold")))
		s.refused(s.do(exchangeID+"#1", "trade.apply", rights.ApplyTrade{ListingID: l, Purpose: "x"}), rights.CodeSelf, "SD-2", exchangeID)
		obj := s.catalogue(energyID, "asked by the registrar")
		s.refused(s.do(officer, "registration.submit", application(obj)), rights.CodeSelf, "SD-1", registrarID)
	}},
	{"A-32", accVolume},
}

// three buyers of one version, each with a mark of its own.
func accResaleCase(s *accScene) {
	g := s.goodsOf(energyID, "marked")
	l := s.listed(energyID, s.offer(g))
	x := &resale{market: s.market, right: g.right}
	var suspect string
	for i := range 3 {
		d := s.dealOn(g, l, s.firm(11+i, "320902")).running().prepare()
		b := d.marked(d.delivery)
		b.FingerprintCommit = rights.FingerprintCommit("sm3", code(i), markNonce)
		b.WatermarkAttest = d.attested(rights.WatermarkStatement(d.delivery, d.seller, d.buyer, d.root, b.ContentRoot, b.FingerprintCommit))
		s.must(d.by(d.seller, "delivery.send", b))
		d.receive().acceptDelivery()
		x.copies, x.deliveries = append(x.copies, d.copy), append(x.deliveries, d.delivery)
		if i == 1 {
			suspect = d.buyer
		}
	}
	s.now += 86400
	x.alert = s.must(s.do(s.platform, "alert.raise", rights.RaiseAlert{RuleCode: "AL-RESALE-MATCH", TargetID: g.product, SubjectIDs: []string{suspect}})).id(rights.KindAlert)
	s.must(s.do(regulator, "alert.acknowledge", rights.OfAlert{AlertID: x.alert}))
	s.must(s.do(regulator, "alert.investigate", rights.InvestigateAlert{AlertID: x.alert}))
	s.must(s.do(suspect+"#1", "alert.hear", rights.HearAlert{AlertID: x.alert, StatementHash: hash("statement")}))
	x.offer = x.item("OfferCapture", s.now, 0, "")
	sample := x.item("SeizedSample", s.now, 0, "")
	// The sample opens one commitment, and only one.
	if id, ok, err := rights.MatchFingerprint(found{s.market}, code(1), markNonce); err != nil || !ok || id != x.deliveries[1] {
		s.t.Errorf("matches %q %t %v", id, ok, err)
	}
	for _, i := range []int{0, 2} {
		s.refused(x.open(i), rights.CodeBasis, "4.4", x.deliveries[i])
	}
	s.must(x.open(1))
	s.must(x.confirm(func(b *rights.ConfirmAlert) { b.EvidenceIDs = append(b.EvidenceIDs, sample) }))
	if al := read[rights.Alert](s.market, rights.KindAlert, x.alert); al.State != rights.StateConfirmed || !slices.Equal(al.MatchedDeliveryIDs, x.deliveries[1:2]) || al.IRCode != "IR-1" {
		s.t.Errorf("%+v", al)
	}
	b, err := rights.CaseBundle(found{s.market}, x.alert, x.copies)
	if err != nil {
		s.t.Fatal(err)
	}
	if b.DeliveryID != x.deliveries[1] || b.CopyID != x.copies[1] || b.SuspectID != suspect {
		s.t.Errorf("%+v", b)
	}
	for _, e := range b.Elements[:7] {
		if e.Gap != nil || len(e.Records) == 0 {
			s.t.Errorf("%s has a gap: %+v", e.No, e)
		}
	}
	if n := len(b.Elements[6].Records); n != 3 {
		s.t.Errorf("E7 lists %d recipients", n)
	}
}

// what counts as volume: one trade refunded in part, one found to be no
// trade at all, one made on a peer exchange and one off any, both filed here.
func accVolume(s *accScene) {
	const sum = 1_000_003
	peer := accFirm(31)
	s.joinDealer(peer, "苏北数据交易所", "320300", rights.RolePeerExchange)
	g := s.goodsOf(energyID, "sold")
	local := s.listed(energyID, s.offer(g))
	deals := make([]*deal, 4)
	deals[0] = s.dealOn(g, local, s.firm(11, "320902")).delivered().opened().distributed()
	deals[1] = s.dealOn(g, local, s.firm(12, "320902")).completed()
	// One is paid back in part, before anyone confirmed.
	back, commitment := hidden(rights.PaymentProof{Salt: salt, AmountFen: 400_000})
	refund := rights.RefundSettlement{SettlementID: deals[0].settl, RefundCommitment: commitment, AgreementHash: hash("agreement")}
	s.must(s.doSecretly(exchangeID+"#1", "settlement.refund", refund, back))
	deals[2], deals[3] = s.filed(g, local, s.firm(13, "320902"), peer), s.filed(g, local, s.firm(14, "320902"), "")

	volume := func(code string, net int64, of ...*deal) {
		s.t.Helper()
		f, ok := indicator.FormulaOf(code)
		if !ok {
			s.t.Fatalf("nothing computes %s", code)
		}
		v, err := f.Compute(accSource{s.market}, indicator.Ask{AsOf: s.now, Period: indicator.Year(2026)})
		if err != nil {
			s.t.Fatal(err)
		}
		var want, got []string
		for _, d := range of {
			want = append(want, d.settl)
		}
		for _, in := range v.Inputs {
			got = append(got, in.ID)
		}
		if slices.Sort(want); v.ValueInt != net || !slices.Equal(got, want) {
			s.t.Errorf("%s is %d of %v; want %d of %v", code, v.ValueInt, got, net, want)
		}
	}
	volume("IN-01Y", 4*sum-400_000, deals...) // not washed before it was found
	alert := s.must(s.do(s.platform, "alert.raise", rights.RaiseAlert{RuleCode: "AL-WASH", TargetID: deals[1].trade, SubjectIDs: []string{deals[1].buyer}})).id(rights.KindAlert)
	s.must(s.do(regulator, "alert.acknowledge", rights.OfAlert{AlertID: alert}))
	s.must(s.do(regulator, "alert.investigate", rights.InvestigateAlert{AlertID: alert}))
	s.must(s.do(deals[1].buyer+"#1", "alert.hear", rights.HearAlert{AlertID: alert, StatementHash: hash("statement")}))
	s.must(s.do(regulator, "alert.confirm", rights.ConfirmAlert{AlertID: alert, Finding: "自买自卖", FindingHash: hash("finding")}))
	volume("IN-01Y", 3*sum-400_000, deals[0], deals[2], deals[3])
	volume("IN-02", sum-400_000, deals[0])
}

// filed is a trade made off this exchange, on a peer's or on none, reported here
// and brought to payment.
func (s *accScene) filed(g accGoods, listing, buyer, peer string) *deal {
	s.t.Helper()
	d := s.dealOn(g, listing, buyer)
	secret, commitment := hidden(d.terms)
	perm := d.permission
	d.trade = s.must(s.doSecretly(energyID+"#1", "trade.file", rights.FileTrade{FilingRef: "BA-2026-" + buyer[10:], FilingEvidence: rights.Evidence{DocType: rights.DocOther, Hash: hash("filing " + buyer)},
		VenueID: exchangeID, PeerVenueID: peer, BuyerID: d.buyer, SellerID: d.seller, SubjectType: "LicenceUse", ProductID: g.product, ProductVersion: 1, RightID: g.right,
		Purpose: "负荷预测", PriceModel: "Lump", DeliveryModes: []string{"EncryptedFile"}, TermsHash: hash("contract"), TermsCommitment: commitment, Permission: &perm, DestroyDays: 30}, secret)).id(rights.KindTrade)
	return d.agree().confirm().prepare().send().receive().acceptDelivery().opened().distributed()
}

// accSource lets indicators read the ledger in memory, as it stands.
type accSource struct{ *market }

func (x accSource) Find(kind rights.Kind, id string, v any) (bool, error) {
	raw := snapshot(x.ledger).raw[kind][id]
	if raw == nil {
		return false, nil
	}
	return true, json.Unmarshal(raw, v)
}

func (x accSource) Records(kind rights.Kind, _ map[string]string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for _, raw := range snapshot(x.ledger).raw[kind] {
			if !yield(raw, nil) {
				return
			}
		}
	}
}

func (x accSource) History(kind rights.Kind, id string) ([]json.RawMessage, error) {
	return []json.RawMessage{snapshot(x.ledger).raw[kind][id]}, nil
}

func (x accSource) When(rights.Kind, string) (rights.Finder, error) { return x, nil }

func (x accSource) Amounts(kind rights.Kind, id string) ([]byte, error) {
	key, err := state.Key(kind, id)
	return x.ledger.Secret(string(rights.CollectionTrade), key), err
}
