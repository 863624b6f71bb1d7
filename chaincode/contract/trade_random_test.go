package contract_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/datarights/datarights/chaincode/rights"
)

// randomTrades draws commands on trades of what is listed, on what was delivered
// under them, and on trades off the exchange, which need nothing but a right.
type randomTrades struct {
	r *rapid.T
	m *market
	w *world
}

// newest is a participant's key in use; institutions' is their first.
func (x randomTrades) newest(id string) string {
	if p := x.w.participants[id]; p != nil && p.MSPID == "" {
		return rights.KeyID(id, len(p.Keys))
	}
	return id + "#1"
}

// by is most often who is likely, sometimes anybody.
func (x randomTrades) by(likely ...string) string {
	if rapid.IntRange(0, 7).Draw(x.r, "else") == 0 {
		likely = []string{energyID, weatherID, buyerID, registrarID, exchangeID, regulatorID, bankID}
	}
	return x.newest(pick(x.r, "who", likely...))
}

// secretly sends a command with a secret: whatever comes of it, it is an answer.
func (x randomTrades) secretly(kid, name string, body any, secret []byte) {
	if x.m.keys[kid].IsZero() {
		return
	}
	if a := x.m.doSecretly(kid, name, body, secret); a.failure != "" {
		x.r.Fatalf("%s by %s failed: %s", name, kid, a.failure)
	}
}

// anyTrade draws a command of the area that makes some sense; no name when
// there is nothing to do. What carries a secret it sends itself.
func anyTrade(r *rapid.T, m *market, w *world) (kid, name string, body any) {
	x := randomTrades{r, m, w}
	trades := decodeAll[rights.Trade](w.raw[rights.KindTrade])
	if len(trades) < 2 && rapid.IntRange(0, 3).Draw(r, "apply") == 0 {
		if l := x.live(); l != "" {
			return x.by(energyID, weatherID, buyerID, buyerID), "trade.apply", rights.ApplyTrade{ListingID: l, Purpose: "x"}
		}
	}
	if len(w.raw[rights.KindCopy]) > 0 && rapid.IntRange(0, 7).Draw(r, "copy") == 0 {
		return x.onCopy()
	}
	if len(trades) == 0 || len(trades) < 3 && rapid.IntRange(0, 9).Draw(r, "another") == 0 {
		x.file()
		return "", "", nil
	}
	t := trades[pick(r, "trade", ids(trades)...)]
	if len(w.raw[rights.KindDispute]) > 0 && rapid.IntRange(0, 3).Draw(r, "dispute") == 0 {
		return x.onDispute()
	}
	if rapid.IntRange(0, 39).Draw(r, "dispute it") == 0 {
		respondents := []string{pick(r, "respondent", t.BuyerID, t.SellerID)}
		return x.by(t.BuyerID, t.SellerID), "dispute.file", rights.FileDispute{Type: pick(r, "type", "Title", "Quality", "Privacy", "Other"), RespondentIDs: respondents,
			RefType: "Trade", RefID: t.ID, ClaimHash: hash("claim")}
	}
	return x.onTrade(t)
}

func (x randomTrades) terms(t *rights.Trade) (secret []byte, commitment string) {
	return hidden(rights.TradeTerms{Salt: salt, AmountFen: 1000, Lines: []rights.SettlementLine{{PayeeID: t.SellerID, Role: "Seller", Bps: 9999}, {PayeeID: t.VenueID, Role: "Exchange", Bps: 1}}})
}

func (x randomTrades) propose(t *rights.Trade) {
	secret, commitment := x.terms(t)
	b := rights.ProposeTerms{TradeID: t.ID, Version: t.TermsVersion + 1, TermsHash: hash("contract"), TermsCommitment: commitment}
	if t.ListingID != "" {
		b.DestroyDays = pick[int64](x.r, "destroy within", 1, 30)
	}
	x.secretly(x.by(t.BuyerID, t.SellerID), "trade.proposeTerms", b, secret)
}

// live draws a listing of data that is on offer, "" when there is none.
func (x randomTrades) live() string {
	listings := decodeAll[rights.Listing](x.w.raw[rights.KindListing])
	list := slices.DeleteFunc(ids(listings), func(id string) bool { return listings[id].State != rights.StateListed })
	if len(list) == 0 {
		return ""
	}
	return pick(x.r, "listing", list...)
}

func (x randomTrades) onCopy() (kid, name string, body any) {
	copies := decodeAll[rights.Copy](x.w.raw[rights.KindCopy])
	c := copies[pick(x.r, "copy", ids(copies)...)]
	proof := &rights.Evidence{DocType: rights.DocOther, Hash: hash("proof")}
	switch pick(x.r, "event", "forward", "forward", "destroy", "return", "markOverdue") {
	case "forward":
		return x.by(c.HolderID), "copy.forward", rights.ForwardCopy{CopyID: c.ID, ToID: pick(x.r, "to", energyID, weatherID, buyerID), Mode: "EncryptedFile", Permission: c.Permission}
	case "destroy":
		return x.by(c.HolderID), "copy.destroy", rights.EndCopy{CopyID: c.ID, Evidence: proof}
	case "return":
		return x.by(c.HolderID), "copy.return", rights.EndCopy{CopyID: c.ID, Evidence: proof}
	}
	return x.by(weatherID), "copy.markOverdue", rights.OfCopy{CopyID: c.ID}
}

func (x randomTrades) file() {
	var held []string
	for _, id := range ids(x.w.rights) {
		if x.w.rights[id].Kind == rights.RightOperation {
			held = append(held, id)
		}
	}
	if len(held) == 0 {
		return
	}
	right := x.w.rights[pick(x.r, "right", held...)]
	t := &rights.Trade{SellerID: right.HolderID, VenueID: exchangeID, BuyerID: pick(x.r, "buyer", energyID, weatherID, buyerID)}
	secret, commitment := x.terms(t)
	x.secretly(x.by(t.SellerID, t.BuyerID), "trade.file", rights.FileTrade{FilingRef: "BA-1", FilingEvidence: rights.Evidence{DocType: rights.DocOther, Hash: hash("filing")}, VenueID: exchangeID,
		BuyerID: t.BuyerID, SellerID: t.SellerID, SubjectType: "LicenceUse", RightID: right.ID, Purpose: "x", PriceModel: pick(x.r, "price", "Lump", "Lump", "PerCall"),
		DeliveryModes: []string{"API"}, TermsHash: hash("contract"), TermsCommitment: commitment}, secret)
}

func (x randomTrades) onTrade(t *rights.Trade) (kid, name string, body any) {
	r := x.r
	of := rights.OfTrade{TradeID: t.ID}
	if t.State == rights.StateNegotiating && t.TermsVersion == 0 && rapid.IntRange(0, 3).Draw(r, "terms first") > 0 {
		x.propose(t)
		return "", "", nil
	}
	events := map[rights.State][]string{
		rights.StateApplied:     {"accept", "accept", "accept", "decline", "withdraw"},
		rights.StateNegotiating: {"sign", "sign", "sign", "sign", "sign", "sign", "sign", "propose", "withdraw"}, rights.StateAgreed: {"confirm", "confirm", "confirm", "confirm", "confirm", "terminate"},
		rights.StateImplementing: {"deliver", "deliver", "deliver", "deliver", "deliver", "deliver", "deliver", "terminate"}, rights.StateDelivered: {"settle", "settle", "settle", "settle", "terminate"},
		rights.StateSettled: {"complete"},
	}[t.State]
	if len(events) == 0 {
		events = []string{"sign", "confirm", "terminate", "withdraw", "complete"} // ended
	}
	switch pick(r, "event", events...) {
	case "sign":
		return x.by(t.BuyerID, t.SellerID), "trade.sign", rights.SignTrade{TradeID: t.ID, TermsHash: pick(r, "terms", hash("contract"), hash("contract"), hash("contract"), hash("contract"), hash("x"))}
	case "accept":
		return x.by(t.SellerID), "trade.accept", of
	case "propose":
		x.propose(t)
		return "", "", nil
	case "decline":
		return x.by(t.SellerID), "trade.decline", rights.TradeReason{TradeID: t.ID, Reason: "x"}
	case "withdraw":
		return x.by(t.BuyerID, t.SellerID), "trade.withdraw", rights.TradeReason{TradeID: t.ID, Reason: "x"}
	case "confirm":
		return x.by(exchangeID), "trade.confirmContract", rights.ConfirmContract{TradeID: t.ID, ComplianceHash: hash("c")}
	case "terminate":
		return x.by(t.BuyerID, t.SellerID, exchangeID), "trade.terminate", rights.TerminateTrade{TradeID: t.ID, AgreementHash: hash("end"), Reason: "x"}
	case "deliver":
		return x.deliver(t)
	case "settle":
		return x.settle(t)
	}
	return x.by(exchangeID, t.BuyerID), "trade.complete", of
}

// likely draws the event that leads a record on, one time in four any.
func (x randomTrades) likely(kind rights.Kind, id string, next map[rights.State]string, all ...string) string {
	on := next[read[rights.Delivery](x.m, kind, id).State] // every record has the head
	if on == "" || rapid.IntRange(0, 3).Draw(x.r, "odd") == 0 {
		return pick(x.r, "event", all...)
	}
	return on
}

func (x randomTrades) deliver(t *rights.Trade) (kid, name string, body any) {
	if len(t.DeliveryIDs) == 0 || rapid.IntRange(0, 5).Draw(x.r, "another delivery") == 0 {
		parts := rapid.Int64Range(1, 2).Draw(x.r, "parts")
		return x.by(t.SellerID), "delivery.prepare", rights.PrepareDelivery{TradeID: t.ID, Mode: pick(x.r, "mode", append(t.DeliveryModes, "API")...), Part: rapid.Int64Range(1, parts).Draw(x.r, "part"), Parts: parts}
	}
	id := pick(x.r, "delivery", t.DeliveryIDs...)
	of := rights.OfDelivery{DeliveryID: id}
	file := read[rights.Delivery](x.m, rights.KindDelivery, id).Mode == "EncryptedFile" // content changes hands
	switch x.likely(rights.KindDelivery, id, map[rights.State]string{rights.StatePrepared: "send", rights.StateSent: "receive", rights.StateReceived: "accept", rights.StateRejected: "redeliver"},
		"send", "receive", "accept", "reject", "deemAccept", "redeliver", "recall") {
	case "send":
		if file {
			return x.by(t.SellerID), "delivery.send", x.m.marked(id)
		}
		return x.by(t.SellerID), "delivery.send", rights.SendDelivery{DeliveryID: id}
	case "receive":
		b := rights.ReceiveDelivery{DeliveryID: id}
		if file {
			b.CipherHash = hash("cipher " + id)
		}
		return x.by(t.BuyerID), "delivery.receive", b
	case "accept":
		b := rights.AcceptDelivery{DeliveryID: id}
		if file {
			b.ContentRoot = hash("sent " + id)
		}
		return x.by(t.BuyerID), "delivery.accept", b
	case "reject":
		return x.by(t.BuyerID), "delivery.reject", rights.RejectDelivery{DeliveryID: id, Reason: "x"}
	case "deemAccept":
		return x.by(weatherID), "delivery.deemAccept", of
	case "redeliver":
		return x.by(t.SellerID), "delivery.redeliver", rights.Redeliver{DeliveryID: id}
	}
	return x.by(t.SellerID), "delivery.recall", of
}

func (x randomTrades) settle(t *rights.Trade) (kid, name string, body any) {
	exchange := x.by(exchangeID)
	if len(t.SettlementIDs) == 0 || rapid.IntRange(0, 5).Draw(x.r, "another settlement") == 0 {
		gross := pick[int64](x.r, "gross", 1000, 1000, 600)
		parts, _ := rights.SplitFen(gross, []int64{9999, 1})
		secret, commitment := hidden(rights.SettlementAmounts{Salt: salt, GrossFen: gross, Lines: []rights.LineAmount{
			{SettlementLine: rights.SettlementLine{PayeeID: t.SellerID, Role: "Seller", Bps: 9999}, AmountFen: parts[0]}, {SettlementLine: rights.SettlementLine{PayeeID: t.VenueID, Role: "Exchange", Bps: 1}, AmountFen: parts[1]}}})
		x.secretly(exchange, "settlement.open", rights.OpenSettlement{TradeID: t.ID, AmountsCommitment: commitment, Final: rapid.Bool().Draw(x.r, "final")}, secret)
		return "", "", nil
	}
	id := pick(x.r, "settlement", t.SettlementIDs...)
	of := rights.OfSettlement{SettlementID: id}
	proof, commitment := hidden(rights.PaymentProof{Salt: salt, AmountFen: pick[int64](x.r, "fen", 1000, 1000, 600)})
	switch x.likely(rights.KindSettlement, id, map[rights.State]string{rights.StatePending: "markPaid", rights.StatePaid: "distribute", rights.StateDistributed: "confirm"},
		"escrow", "markPaid", "distribute", "confirm", "deemConfirm", "refund") {
	case "escrow":
		return exchange, "settlement.escrow", rights.EscrowSettlement{SettlementID: id, EscrowRef: hash("x")}
	case "markPaid":
		x.secretly(exchange, "settlement.markPaid", rights.MarkPaid{SettlementID: id, PaymentRefHash: hash("x"), PaidCommitment: commitment, PaidOn: "2026-07-06", Channel: "x"}, proof)
		return "", "", nil
	case "refund":
		x.secretly(exchange, "settlement.refund", rights.RefundSettlement{SettlementID: id, RefundCommitment: commitment, AgreementHash: hash("x"), All: rapid.Bool().Draw(x.r, "all")}, proof)
		return "", "", nil
	case "distribute":
		return exchange, "settlement.distribute", of
	case "confirm":
		return x.by(t.SellerID, exchangeID), "settlement.confirm", of
	}
	return x.by(weatherID), "settlement.deemConfirm", of
}

func (x randomTrades) onDispute() (kid, name string, body any) {
	disputes := decodeAll[rights.Dispute](x.w.raw[rights.KindDispute])
	d := disputes[pick(x.r, "which dispute", ids(disputes)...)]
	of := rights.OfDispute{DisputeID: d.ID}
	parties := slices.Concat([]string{d.ClaimantID}, d.RespondentIDs)
	office := map[string]string{"trade": exchangeID, "title": registrarID, "other": regulatorID}[d.AcceptedAs]
	switch pick(x.r, "event", "accept", "accept", "refuse", "answer", "escalate", "enterDecision", "close", "withdraw", "lapse") {
	case "accept":
		return x.by(office), "dispute.accept", of
	case "refuse":
		return x.by(office), "dispute.refuse", rights.DisputeReason{DisputeID: d.ID, Reason: "x"}
	case "answer":
		return x.by(d.RespondentIDs...), "dispute.answer", rights.AnswerDispute{DisputeID: d.ID, AnswerHash: hash("x")}
	case "escalate":
		return x.by(parties...), "dispute.escalate", rights.EscalateDispute{DisputeID: d.ID, ForumRef: "x"}
	case "enterDecision":
		return x.by(office), "dispute.enterDecision", rights.EnterDecision{DisputeID: d.ID, OutcomeHash: hash("x")}
	case "close":
		return x.by(office), "dispute.close", of
	case "withdraw":
		return x.by(d.ClaimantID), "dispute.withdraw", rights.DisputeReason{DisputeID: d.ID, Reason: "x"}
	}
	return x.by(weatherID), "dispute.lapse", of
}

// TestRandomTrades lets nothing happen but trades, so that they get far.
func TestRandomTrades(t *testing.T) {
	t.Parallel()
	base := newMarket(t)
	base.join(buyerID, "东台数据应用有限公司")
	base.recorded(energyID, "rain", "SJ3212026070001")
	shop := base.shopOf(energyID, 100)
	shop.listed(shop.forDeal("traded at random"))
	far, held := map[rights.State]int{}, 0
	rapid.Check(t, func(r *rapid.T) {
		m := *base
		m.t, m.ledger = drawn{t, r}, base.ledger.Clone()
		for range rapid.IntRange(20, 50).Draw(r, "steps") {
			m.now += pick[int64](r, "time", 0, 1, 600, 600, 86400, 10*86400)
			kid, name, body := anyTrade(r, &m, snapshot(m.ledger))
			if name == "" || m.keys[kid].IsZero() {
				continue
			}
			if a := m.do(kid, name, body); a.failure != "" {
				r.Fatalf("%s by %s failed: %s", name, kid, a.failure)
			} else if a.refusal != nil && len(a.stub.Writes) > 0 {
				r.Fatalf("%s was refused and writes", name)
			}
		}
		w := snapshot(m.ledger)
		held += len(w.raw[rights.KindCopy])
		for _, x := range decodeAll[rights.Trade](w.raw[rights.KindTrade]) {
			far[x.State]++
		}
	})
	if far[rights.StateImplementing]+far[rights.StateDelivered] == 0 {
		t.Errorf("no trade gets far: %v", far)
	}
	t.Logf("%v, %d copies", far, held)
}
