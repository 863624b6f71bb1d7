package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// G-6, ST-1 to ST-4: what a settlement of a contract must come to.
func TestSettlement(t *testing.T) {
	var change func(b *rights.OpenSettlement, x *rights.SettlementAmounts)
	gross := int64(1_000_003)
	opening := func(c func(b *rights.OpenSettlement, x *rights.SettlementAmounts)) func(*deal) {
		return func(*deal) { change = c }
	}
	on(t, func(t testing.TB) *deal { return dealt(t).delivered() }, func(d *deal) answer {
		b, amounts := d.opening(gross)
		if change != nil {
			change(&b, &amounts)
			change = nil
		}
		gross = 1_000_003
		return d.open(b, amounts)
	}, []faulty{
		{"a fen moved from line to line (ST-4)", opening(func(_ *rights.OpenSettlement, x *rights.SettlementAmounts) {
			x.Lines[0].AmountFen--
			x.Lines[1].AmountFen++
		}), rights.CodeMoney, "ST-4"},
		{"a fen lost (G-6)", opening(func(_ *rights.OpenSettlement, x *rights.SettlementAmounts) { x.Lines[0].AmountFen-- }), rights.CodeMoney, "ST-4"},
		{"another payee than signed", opening(func(_ *rights.OpenSettlement, x *rights.SettlementAmounts) { x.Lines[0].PayeeID = exchangeID }), rights.CodeMoney, "ST-4"},
		{"a line less", opening(func(_ *rights.OpenSettlement, x *rights.SettlementAmounts) { x.Lines = x.Lines[:2] }), rights.CodeMoney, "ST-4"},
		{"more than the contract", func(*deal) { gross = 1_000_004 }, rights.CodeMoney, "G-6"},
		{"less than nothing", opening(func(_ *rights.OpenSettlement, x *rights.SettlementAmounts) { x.GrossFen = -1 }), rights.CodeMoney, "G-6"},
		{"refunded beforehand", opening(func(_ *rights.OpenSettlement, x *rights.SettlementAmounts) { x.RefundedFen = 1 }), rights.CodeMoney, "G-6"},
		{"of a delivery not accepted", func(d *deal) {
			edit(rights.KindDelivery, d.delivery, func(x *rights.Delivery) { x.State = rights.StateReceived })(d.market)
		}, rights.CodeState, "3.10"},
		{"of nothing", func(d *deal) {
			trade(func(x *rights.Trade) { x.State = rights.StateImplementing })(d)
			d.delivery = ""
			change = func(b *rights.OpenSettlement, _ *rights.SettlementAmounts) { b.Final = false }
		}, rights.CodeState, "3.10"},
		{"final before all is delivered", trade(func(x *rights.Trade) { x.State = rights.StateImplementing }), rights.CodeState, "3.10"},
		{"before the contract", trade(func(x *rights.Trade) { x.State = rights.StateAgreed }), rights.CodeState, "3.10"},
		{"on hold", trade(func(x *rights.Trade) { x.OnHold = true }), rights.CodeState, "TR-5"},
		{"proceeds that were the pledgee's at signature", func(d *deal) {
			pledged(func(pl *rights.Pledge) { pl.ProceedsToPledgee = true })(d)
			theRight(func(r *rights.Right) { r.Encumbrances[0].From = 1 })(d)
		}, rights.CodeMoney, "ST-2"},
	})
	// Two settlements within the contract's amount, not three; metered ones are not metered twice.
	d := dealt(t).delivered()
	b, amounts := d.opening(600_000)
	b.Final = false
	d.must(d.open(b, amounts))
	b, amounts = d.opening(400_004)
	d.refuses(d.open(b, amounts), rights.CodeMoney)
	b, amounts = d.opening(400_003)
	d.settl = d.must(d.open(b, amounts)).id(rights.KindSettlement)
	// The final one is confirmed; the trade waits for the other.
	d.terms.AmountFen = 400_003
	d.distributed()
	for _, l := range d.terms.Lines {
		d.must(d.by(l.PayeeID, "settlement.confirm", d.ofSettlement()))
	}
	if tr := d.theTrade(); tr.State != rights.StateDelivered {
		t.Errorf("settled with one open: %+v", tr)
	}
	d.settl, d.terms.AmountFen = d.theTrade().SettlementIDs[0], 600_000
	d.distributed()
	d.now = read[rights.Settlement](d.market, rights.KindSettlement, d.settl).ConfirmDueAt - 1
	d.refuses(d.by(weatherID, "settlement.deemConfirm", d.ofSettlement()), rights.CodeDeadline)
	d.now++
	d.must(d.by(weatherID, "settlement.deemConfirm", d.ofSettlement()))
	if tr := d.theTrade(); tr.State != rights.StateSettled || tr.SettledAt != d.now {
		t.Errorf("%+v", tr)
	}
}

func TestMetersSettleOnce(t *testing.T) {
	d := dealt(t).delivered()
	permit := d.permitted(rights.EnvOpen)
	from := read[rights.Permit](d.market, rights.KindPermit, permit).ValidFrom
	d.now = from + 3600
	meter := d.must(d.do(d.platform, "meter.record", rights.RecordMeter{PermitID: permit, Seq: 1, PeriodFrom: from, PeriodTo: d.now, Items: []rights.Amount{{Unit: "Calls", Qty: 5}},
		JobRoot: hash("jobs")})).id(rights.KindMeter)
	b, amounts := d.opening(10)
	b.DeliveryID, b.Final, b.MeterIDs, b.PeriodFrom, b.PeriodTo = "", false, []string{meter}, from, d.now-1
	d.refuses(d.open(b, amounts), rights.CodeBasis)
	b.PeriodTo = d.now
	d.must(d.open(b, amounts))
	d.refuses(d.open(b, amounts), rights.CodeExists)
}

// Paid is the gross to the fen; a payee confirms once; refunds never exceed it.
func TestPayingAndRefunding(t *testing.T) {
	d := dealt(t).delivered().opened()
	if e := d.refuses(d.pay(1_000_002), rights.CodeMoney); e.Rule != "G-6" {
		t.Errorf("%+v", e)
	}
	d.distributed()
	d.must(d.by(d.seller, "settlement.confirm", d.ofSettlement()))
	d.refuses(d.by(d.seller, "settlement.confirm", d.ofSettlement()), rights.CodeExists)
	d.refuses(d.by(d.buyer, "settlement.confirm", d.ofSettlement()), rights.CodeRole)
	refund := func(fen int64, change func(*rights.RefundSettlement)) answer {
		secret, commitment := hidden(rights.PaymentProof{Salt: salt, AmountFen: fen})
		b := rights.RefundSettlement{SettlementID: d.settl, RefundCommitment: commitment, AgreementHash: hash("agreement")}
		if change != nil {
			change(&b)
		}
		return d.doSecretly(exchangeID+"#1", "settlement.refund", b, secret)
	}
	all := func(b *rights.RefundSettlement) { b.All = true }
	d.refuses(refund(0, nil), rights.CodeMoney)
	d.refuses(refund(1_000_004, all), rights.CodeMoney)
	d.refuses(refund(1_000_003, nil), rights.CodeMoney)
	d.refuses(refund(3, all), rights.CodeMoney)
	d.refuses(refund(3, func(b *rights.RefundSettlement) { b.AgreementHash = "" }), rights.CodeBasis)
	d.refuses(refund(3, func(b *rights.RefundSettlement) { b.AgreementHash, b.OrderRef = "", "DS-320902-0" }), rights.CodeNotFound)
	d.must(refund(3, nil))
	before := read[rights.Settlement](d.market, rights.KindSettlement, d.settl)
	v := kept[rights.SettlementAmounts](d.market, rights.KindSettlement, d.settl)
	if before.State != rights.StateDistributed || before.Refunds != 1 || v.RefundedFen != 3 || v.Refunds[0].RefID != hash("agreement") {
		t.Errorf("%+v %+v", before, v)
	}
	if _, commitment := hidden(v); commitment != before.AmountsCommitment {
		t.Error("the commitment on the channel does not open to what is kept")
	}
	d.refuses(refund(1_000_001, all), rights.CodeMoney)
	// While a dispute holds the trade only its own outcome moves the money.
	id := d.dispute("Payment", "Settlement", d.settl)
	d.must(d.by(exchangeID, "dispute.accept", rights.OfDispute{DisputeID: id}))
	d.refuses(refund(3, nil), rights.CodeState)
	d.refuses(d.by(exchangeID, "settlement.confirm", d.ofSettlement()), rights.CodeState)
	byOrder := func(b *rights.RefundSettlement) { b.AgreementHash, b.OrderRef, b.All = "", id, true }
	d.refuses(refund(1_000_000, byOrder), rights.CodeBasis)
	d.must(d.by(d.buyer, "dispute.escalate", rights.EscalateDispute{DisputeID: id, ForumRef: "x"}))
	d.must(d.by(exchangeID, "dispute.enterDecision", rights.EnterDecision{DisputeID: id, OutcomeHash: hash("judgment"),
		Orders: []rights.Order{{Type: "Refund", TargetID: d.settl, OrderedID: exchangeID, DueOn: "2026-12-31"}, {Type: "Terminate", TargetID: d.trade, OrderedID: exchangeID, DueOn: "2026-12-31"}}}))
	d.must(refund(1_000_000, byOrder))
	if s := read[rights.Settlement](d.market, rights.KindSettlement, d.settl); s.State != rights.StateRefunded {
		t.Errorf("%+v", s)
	}
	// And its order ends the trade, with what was allowed under it.
	d.must(d.by(exchangeID, "trade.terminate", rights.TerminateTrade{TradeID: d.trade, OrderRef: id, Reason: "判决解除"}))
	if c := read[rights.Copy](d.market, rights.KindCopy, d.copy); d.theTrade().State != rights.StateTerminated || c.HoldUntil != d.now || c.DestroyDueAt != d.now+30*86400 {
		t.Errorf("%+v", c)
	}
}

// Secrets go when their years are over, and the trade that runs keeps its own.
func TestPurge(t *testing.T) {
	d := dealt(t).settled()
	purge := func(kid string, id string) answer { return d.do(kid, "secret.purge", rights.PurgeSecret{ID: id}) }
	d.refuses(purge(exchangeID+"#1", d.trade), rights.CodeState)
	d.must(d.by(exchangeID, "trade.complete", d.ofTrade()))
	d.refuses(purge(exchangeID+"#1", d.trade), rights.CodeDeadline)
	d.refuses(purge(exchangeID+"#1", d.right), rights.CodeFormat)
	ended := d.now
	d.now = rights.AddMonths(ended, 360) - 1
	d.refuses(purge(exchangeID+"#1", d.trade), rights.CodeDeadline)
	d.now++
	d.refuses(purge(regulatorID+"#1", d.trade), rights.CodeRole)
	d.must(purge(exchangeID+"#1", d.trade))
	if kept[rights.TradeTerms](d.market, rights.KindTrade, d.trade) != nil {
		t.Error("still kept")
	}
}

// What touches private data goes through those who may see it.
func TestTermsThroughOthers(t *testing.T) {
	d := dealt(t).apply().accept()
	b, secret := d.proposal()
	d.msps[d.seller] = bankMSP
	if e := d.refuses(d.doSecretly(d.seller+"#1", "trade.proposeTerms", b, secret), rights.CodeRole); e.Rule != "3.0.8" {
		t.Errorf("%+v", e)
	}
	d.msps[d.seller] = groupMSP
	d.refuses(d.doSecretly(d.seller+"#1", "trade.proposeTerms", b, secret), rights.CodeRole)
	d.msps[d.seller] = regulatorMSP
	d.must(d.doSecretly(d.seller+"#1", "trade.proposeTerms", b, secret))
	d.msps[d.seller] = exchangeMSP
	d.refuses(d.do(d.seller+"#1", "trade.proposeTerms", b), rights.CodeState) // version 1 is there
}
