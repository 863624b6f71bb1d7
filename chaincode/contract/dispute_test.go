package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// DS-1, DS-2: a dispute holds its trade, over title its right, and leaves
// exactly what was there before.
func TestDisputeHolds(t *testing.T) {
	d := dealt(t).running()
	of := func(id string) rights.OfDispute { return rights.OfDispute{DisputeID: id} }
	one, two := d.dispute("Quality", "Trade", d.trade), d.dispute("Title", "Trade", d.trade)
	d.refuses(d.do(officer, "dispute.accept", of(one)), rights.CodeRole) // the exchange's
	d.refuses(d.by(exchangeID, "dispute.accept", of(two)), rights.CodeRole)
	d.must(d.by(exchangeID, "dispute.accept", of(one)))
	d.must(d.do(officer, "dispute.accept", of(two)))
	encumbered := func() int {
		return len(read[rights.Restraints](d.market, rights.KindRestraints, d.right).Encumbrances)
	}
	if tr := d.theTrade(); !tr.OnHold || len(tr.DisputeIDs) != 2 || encumbered() != 1 {
		t.Fatalf("%+v", tr)
	}
	// TR-5: nothing but the dispute goes on.
	d.refuses(d.by(d.seller, "delivery.prepare", rights.PrepareDelivery{TradeID: d.trade, Mode: "EncryptedFile"}), rights.CodeState)
	d.refuses(d.by(d.seller, "trade.terminate", rights.TerminateTrade{TradeID: d.trade, AgreementHash: hash("x"), Reason: "x"}), rights.CodeState)
	d.must(d.by(d.buyer, "dispute.withdraw", rights.DisputeReason{DisputeID: two, Reason: "x"}))
	if tr := d.theTrade(); !tr.OnHold || len(tr.DisputeIDs) != 1 || encumbered() != 0 {
		t.Errorf("%+v", tr)
	}
	d.must(d.by(d.buyer, "dispute.withdraw", rights.DisputeReason{DisputeID: one, Reason: "x"}))
	if tr := d.theTrade(); tr.OnHold || len(tr.DisputeIDs) != 0 {
		t.Errorf("%+v", tr)
	}
	d.prepare()
	// A dispute over title blocks delivery of this very trade, through the right.
	three := d.dispute("Title", "Right", d.right)
	d.must(d.do(officer, "dispute.accept", of(three)))
	if d.theTrade().OnHold {
		t.Error("a dispute about the right holds the trade")
	}
	d.refuses(d.by(d.seller, "delivery.send", d.marked(d.delivery)), rights.CodeEnc)
}

func TestFileDisputeRefuses(t *testing.T) {
	var b rights.FileDispute
	kid := ""
	on(t, func(t testing.TB) *deal { return dealt(t).running() }, func(d *deal) answer {
		if b.Type == "" {
			b = rights.FileDispute{Type: "Quality", RespondentIDs: []string{d.seller}, RefType: "Trade", RefID: d.trade, ClaimHash: hash("claim")}
		}
		by := d.buyer
		if kid != "" {
			by = kid
		}
		a := d.by(by, "dispute.file", b)
		b, kid = rights.FileDispute{}, ""
		return a
	}, []faulty{
		{"by a stranger", func(*deal) { kid = weatherID }, rights.CodeRole, "3.11"},
		{"against oneself", func(*deal) { kid = dealer(1) }, rights.CodeSelf, "DS-3"},
		{"past the limitation", func(d *deal) { d.now += 1095 * 86400 }, rights.CodeDeadline, "3.11"},
		{"about nothing", func(d *deal) {
			b = rights.FileDispute{Type: "Quality", RespondentIDs: []string{d.seller}, RefType: "Trade", RefID: "TR-320902-0", ClaimHash: hash("claim")}
		}, rights.CodeNotFound, ""},
		{"over title of what has none", func(d *deal) {
			b = rights.FileDispute{Type: "Title", RespondentIDs: []string{d.seller}, RefType: "Product", RefID: d.product, ClaimHash: hash("claim")}
		}, rights.CodeFormat, "DS-1"},
		{"no respondent", func(d *deal) {
			b = rights.FileDispute{Type: "Quality", RespondentIDs: []string{}, RefType: "Trade", RefID: d.trade, ClaimHash: hash("claim")}
		}, rights.CodeFormat, ""},
		{"a statement not shown", func(d *deal) {
			b = rights.FileDispute{Type: "Quality", RespondentIDs: []string{d.seller}, RefType: "Trade", RefID: d.trade, ClaimHash: hash("claim"), StatementCommitment: hash("x")}
		}, rights.CodeFormat, ""},
	})
}

// DS-3, DS-4, G-5: who may take it up, how long, and what all must sign.
func TestDisputes(t *testing.T) {
	d := dealt(t).running()
	of := func(id string) rights.OfDispute { return rights.OfDispute{DisputeID: id} }
	mediator := dealer(4)
	d.joinDealer(mediator, "盐城数据调解中心", "320902", rights.RoleMediator)
	// The exchange is a party: it takes up nothing of its own.
	own := d.must(d.by(d.buyer, "dispute.file", rights.FileDispute{Type: "Payment", RespondentIDs: []string{exchangeID}, RefType: "Trade", RefID: d.trade, ClaimHash: hash("c")})).id(rights.KindDispute)
	if e := d.refuses(d.by(exchangeID, "dispute.accept", of(own)), rights.CodeSelf); e.Rule != "DS-3" {
		t.Errorf("%+v", e)
	}
	d.refuses(d.by(exchangeID, "dispute.refuse", rights.DisputeReason{DisputeID: own, Reason: "x"}), rights.CodeSelf)

	id := d.dispute("Delivery", "Trade", d.trade)
	d.must(d.by(exchangeID, "dispute.accept", of(id)))
	due := read[rights.Dispute](d.market, rights.KindDispute, id)
	agree := func(by, who string) answer {
		return d.by(by, "dispute.agreeMediation", rights.AgreeMediation{DisputeID: id, MediatorID: who})
	}
	d.refuses(agree(d.seller, weatherID), rights.CodeRole)
	d.must(agree(d.seller, mediator))
	d.refuses(agree(d.seller, mediator), rights.CodeExists)
	d.refuses(d.by(mediator, "dispute.startMediation", of(id)), rights.CodeConsent)
	d.now = due.AnswerDueAt
	d.refuses(d.by(d.seller, "dispute.answer", rights.AnswerDispute{DisputeID: id, AnswerHash: hash("x")}), rights.CodeDeadline)
	d.must(agree(d.buyer, mediator))
	d.must(d.by(mediator, "dispute.startMediation", of(id)))
	settle := func(by, terms string, orders ...rights.Order) answer {
		return d.by(by, "dispute.settle", rights.SettleDispute{DisputeID: id, SettlementHash: hash(terms), Orders: orders})
	}
	order := rights.Order{Type: "Pay", TargetID: d.trade, OrderedID: d.seller, DueOn: "2026-12-31"}
	d.must(settle(d.seller, "a", order))
	for _, a := range []answer{settle(d.buyer, "b", order), settle(d.buyer, "a")} {
		if e := d.refuses(a, rights.CodeFormat); e.Rule != "G-5" {
			t.Errorf("%+v", e)
		}
	}
	d.refuses(settle(d.seller, "a", order), rights.CodeExists)
	saved := d.ledger.Clone()
	ends := read[rights.Dispute](d.market, rights.KindDispute, id).MediationDueAt
	d.now = ends
	if e := d.refuses(settle(d.buyer, "a", order), rights.CodeDeadline); e.Rule != "DS-4" {
		t.Errorf("%+v", e)
	}
	// The parties may still escalate; nobody ends it before they could.
	d.refuses(d.by(weatherID, "dispute.lapse", of(id)), rights.CodeDeadline)
	d.now += 30 * 86400
	d.must(d.by(weatherID, "dispute.lapse", of(id)))
	if tr := d.theTrade(); tr.OnHold {
		t.Errorf("%+v", tr)
	}

	d.ledger, d.now = saved, ends-1
	d.must(settle(d.buyer, "a", order))
	d.refuses(d.by(exchangeID, "dispute.close", of(id)), rights.CodeState)
	execute := func(by string, n int64) answer {
		return d.by(by, "dispute.executeOrder", rights.ExecuteOrder{DisputeID: id, Order: n, ProofHash: hash("p")})
	}
	d.refuses(execute(d.buyer, 0), rights.CodeRole)
	d.refuses(execute(d.seller, 1), rights.CodeNotFound)
	d.must(execute(d.seller, 0))
	d.must(d.by(exchangeID, "dispute.close", of(id)))
	if tr := d.theTrade(); tr.OnHold || len(tr.DisputeIDs) != 0 {
		t.Errorf("%+v", tr)
	}
}

// Ends of a trade: TR-3, the two signatures, and what must be settled.
func TestEndingTrades(t *testing.T) {
	d := dealt(t).delivered()
	end := func(by, agreement string) answer {
		return d.by(by, "trade.terminate", rights.TerminateTrade{TradeID: d.trade, AgreementHash: hash(agreement), Reason: "x"})
	}
	d.must(end(d.seller, "a"))
	d.refuses(end(d.seller, "a"), rights.CodeExists)
	if e := d.refuses(end(d.buyer, "b"), rights.CodeFormat); e.Rule != "G-5" {
		t.Errorf("%+v", e)
	}
	d.refuses(end(d.buyer, "a"), rights.CodeState) // accepted, not settled
	d.must(end(d.seller, "c"))                     // changed its mind
	d.refuses(d.by(exchangeID, "trade.terminate", rights.TerminateTrade{TradeID: d.trade, OrderRef: "x", Reason: "x"}), rights.CodeBasis)
	d.opened()
	d.refuses(end(d.buyer, "c"), rights.CodeState) // one is open
	d.distributed()
	d.now = read[rights.Settlement](d.market, rights.KindSettlement, d.settl).ConfirmDueAt
	d.must(d.by(weatherID, "settlement.deemConfirm", d.ofSettlement()))
	d.refuses(end(d.buyer, "c"), rights.CodeState) // settled: it is to be completed
	trade(func(x *rights.Trade) { x.DisputeIDs, x.OnHold = []string{"DS-1"}, true })(d)
	d.refuses(d.by(exchangeID, "trade.complete", d.ofTrade()), rights.CodeState)
	trade(func(x *rights.Trade) { x.DisputeIDs, x.OnHold = nil, false })(d)
	d.now = d.theTrade().CompleteDueAt
	d.must(d.by(weatherID, "trade.complete", d.ofTrade()))

	// TR-3: a right is traded when its transfer is recorded.
	d = rightTraded(t)
	c := d.transfer()
	d.must(d.by(d.buyer, "trade.linkTransfer", rights.LinkTransfer{TradeID: d.trade, CaseID: c}))
	d.must(d.done(c, d.shop.certNo()))
	d.must(d.by(d.buyer, "trade.linkTransfer", rights.LinkTransfer{TradeID: d.trade, CaseID: c}))
	if next := read[rights.Right](d.market, rights.KindRight, d.right); next.State != rights.StateTransferred {
		t.Errorf("%+v", next)
	}
	d.opened().distributed()
	for _, l := range d.terms.Lines {
		d.must(d.by(l.PayeeID, "settlement.confirm", d.ofSettlement()))
	}
	edit(rights.KindCase, c, func(c *rights.Case) { c.State = rights.StateUnderReview })(d.market)
	d.quiet = true
	if e := d.refuses(d.by(exchangeID, "trade.complete", d.ofTrade()), rights.CodeState); e.Rule != "TR-3" {
		t.Errorf("%+v", e)
	}
	edit(rights.KindCase, c, func(c *rights.Case) { c.State = rights.StateRecorded })(d.market)
	d.must(d.by(exchangeID, "trade.complete", d.ofTrade()))
}

// TR-3: the case that is linked transfers this right between these two on
// these terms; when it is recorded the trade is delivered, and not before.
func TestLinkTransferRefuses(t *testing.T) {
	id := ""
	transferCase := func(change func(*rights.Case)) func(*deal) {
		return func(d *deal) { edit(rights.KindCase, id, change)(d.market) }
	}
	link := func(d *deal) answer {
		return d.by(d.buyer, "trade.linkTransfer", rights.LinkTransfer{TradeID: d.trade, CaseID: id})
	}
	on(t, func(t testing.TB) *deal {
		d := rightTraded(t)
		id = d.transfer()
		d.must(link(d))
		if tr := d.theTrade(); tr.State != rights.StateImplementing || tr.TransferCaseID != id {
			t.Errorf("%+v", tr)
		}
		d.must(d.done(id, d.shop.certNo()))
		return d
	}, link, []faulty{
		{"a trade of something else", trade(func(x *rights.Trade) { x.SubjectType = "LicenceUse" }), rights.CodeState, "TR-3"},
		{"to another", transferCase(func(c *rights.Case) { c.CounterpartyID = weatherID }), rights.CodeBasis, "TR-3"},
		{"of another right", transferCase(func(c *rights.Case) { c.TargetRightIDs = []string{"RT-0"} }), rights.CodeBasis, "TR-3"},
		{"on other terms", transferCase(func(c *rights.Case) { c.TermsHash = hash("x") }), rights.CodeBasis, "TR-3"},
		{"a licence", transferCase(func(c *rights.Case) { c.RegType = rights.RegLicence }), rights.CodeBasis, "TR-3"},
		{"that was rejected", transferCase(func(c *rights.Case) { c.State = rights.StateRejected }), rights.CodeState, "TR-3"},
	})
}

// rightTraded is a contract on the operation right itself.
func rightTraded(t testing.TB) *deal {
	d := dealt(t)
	return d.shop.deal(d.buyer, "the right itself", func(b *rights.SubmitListing) { b.SubjectType = rights.SubjectRightTransfer }).running()
}

// A checker that finds nothing proves nothing: each invariant of the dealings is
// broken once by hand and must be named.
func TestTradeCheckerFinds(t *testing.T) {
	d := dealt(t).delivered().opened()
	id := d.dispute("Title", "Trade", d.trade)
	d.must(d.do(officer, "dispute.accept", rights.OfDispute{DisputeID: id}))
	if faults := checkInvariants(d.ledger); len(faults) > 0 {
		t.Fatalf("a sound ledger: %v", faults)
	}
	dispute := func(change func(*rights.Dispute)) func(*deal) {
		return func(d *deal) { edit(rights.KindDispute, id, change)(d.market) }
	}
	delivery := func(change func(*rights.Delivery)) func(*deal) {
		return func(d *deal) { edit(rights.KindDelivery, d.delivery, change)(d.market) }
	}
	for _, x := range []struct {
		want string
		harm func(*deal)
	}{
		{"TR-4", trade(func(x *rights.Trade) { x.BuyerID = x.SellerID })},
		{"SD-2", trade(func(x *rights.Trade) { x.BuyerID = x.VenueID })},
		{"G-5", trade(func(x *rights.Trade) { x.Signatures[1].TermsHash = hash("x") })},
		{"TR-5", trade(func(x *rights.Trade) { x.OnHold = false })},
		{"TR-6", trade(func(x *rights.Trade) { x.Venue = rights.VenueOffExchange })},
		{"TR-7", trade(func(x *rights.Trade) { x.Permission.Actions = append(x.Permission.Actions, rights.ActExport) })},
		{"ended at", trade(func(x *rights.Trade) { x.State, x.EndedAt = rights.StateCompleted, x.UpdatedAt })},
		{"with parts", trade(func(x *rights.Trade) { x.AcceptedParts = nil })},
		{"TR-2", trade(func(x *rights.Trade) { x.AgreedAt = 0 })},
		{"DS-1", trade(func(x *rights.Trade) { x.DisputeIDs, x.OnHold = nil, false })},
		{"DS-2", dispute(func(x *rights.Dispute) { x.State, x.EndedAt = rights.StateClosed, x.UpdatedAt })},
		{"DS-3", dispute(func(x *rights.Dispute) { x.AcceptedBy = x.ClaimantID })},
		{"DL-1", func(d *deal) {
			twin := read[rights.Delivery](d.market, rights.KindDelivery, d.delivery)
			d.put(rights.KindDelivery, "DL-twin", twin)
		}},
		{"DL-3", delivery(func(x *rights.Delivery) { x.State, x.ReceivedBy = rights.StateReceived, "" })},
		{"and its copy", delivery(func(x *rights.Delivery) { x.ContentRoot = hash("x") })},
		{"its holder is bound", func(d *deal) {
			edit(rights.KindCopy, d.copy, func(c *rights.Copy) { c.State = rights.StateDestroyed })(d.market)
		}},
		{"ST-1", func(d *deal) {
			edit(rights.KindSettlement, d.settl, func(s *rights.Settlement) { s.Payees[0].Bps++ })(d.market)
		}},
	} {
		harmed, m := *d, *d.market
		m.ledger, harmed.market = d.ledger.Clone(), &m
		x.harm(&harmed)
		if faults := checkInvariants(m.ledger); !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, x.want) }) {
			t.Errorf("%s is not found; only %q", x.want, faults)
		}
	}
}
