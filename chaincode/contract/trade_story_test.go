package contract_test

import (
	"encoding/json"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// tellTrades plays every command of the area to its good end.
func tellTrades(m *market) {
	seller, buyer, next, mediator := dealer(11), dealer(12), dealer(13), dealer(14)
	m.joinDealer(seller, "滨海数据经营有限公司", "320922", rights.RoleEnterprise)
	m.joinDealer(buyer, "响水数据应用有限公司", "320921", rights.RoleEnterprise)
	m.joinDealer(next, "大丰数据应用有限公司", "320904", rights.RoleEnterprise)
	m.joinDealer(mediator, "盐城数据调解中心", "320902", rights.RoleMediator)
	shop := m.shopOf(seller, 230)
	offer := shop.deal(buyer, "traded")
	fresh := func() *deal { d := *offer; return &d }

	// the whole way, and the copy's
	d := fresh().settled()
	m.must(d.by(exchangeID, "trade.complete", d.ofTrade()))
	child := d.permission
	passed := m.must(d.by(buyer, "copy.forward", rights.ForwardCopy{CopyID: d.copy, ToID: next, Mode: "EncryptedFile", Permission: &child})).id(rights.KindDelivery)
	m.must(d.by(buyer, "delivery.send", d.marked(passed)))
	got := m.must(d.by(next, "delivery.receive", rights.ReceiveDelivery{DeliveryID: passed, CipherHash: hash("cipher " + passed)})).id(rights.KindCopy)
	m.must(d.by(next, "delivery.accept", rights.AcceptDelivery{DeliveryID: passed, ContentRoot: hash("sent " + passed)}))
	proof := &rights.Evidence{DocType: rights.DocOther, Hash: hash("proof")}
	m.must(d.by(next, "copy.return", rights.EndCopy{CopyID: got, Evidence: proof}))
	then := m.now
	m.now = rights.AddMonths(m.now, 31*12)
	for _, id := range []string{d.trade, d.settl} {
		m.must(d.by(exchangeID, "secret.purge", rights.PurgeSecret{ID: id}))
	}
	m.now = then

	tellBadTrades(m, fresh)
	tellDisputes(m, fresh, mediator)
	tellTradeBatches(m, fresh)
}

// tellBadTrades are the ends that nobody applied for.
func tellBadTrades(m *market, fresh func() *deal) {
	proof := &rights.Evidence{DocType: rights.DocOther, Hash: hash("proof")}
	d := fresh().apply()
	m.must(d.by(d.seller, "trade.decline", rights.TradeReason{TradeID: d.trade, Reason: "x"}))
	d = fresh().apply().accept()
	m.must(d.by(d.buyer, "trade.withdraw", rights.TradeReason{TradeID: d.trade, Reason: "x"}))
	d = fresh().running()
	for _, id := range []string{d.seller, d.buyer} {
		m.must(d.by(id, "trade.terminate", rights.TerminateTrade{TradeID: d.trade, AgreementHash: hash("end"), Reason: "x"}))
	}

	// off the exchange
	d = fresh()
	secret, commitment := hidden(d.terms)
	d.trade = m.must(m.doSecretly(d.seller+"#1", "trade.file", rights.FileTrade{FilingRef: "BA-1", FilingEvidence: rights.Evidence{DocType: rights.DocOther, Hash: hash("filing")}, VenueID: exchangeID,
		BuyerID: d.buyer, SellerID: d.seller, SubjectType: "LicenceUse", RightID: d.right, Purpose: "x", PriceModel: "Lump", TermsHash: hash("contract"), TermsCommitment: commitment}, secret)).id(rights.KindTrade)
	d.agree()

	// sent, rejected, sent again, recalled; and one whose days pass
	d = fresh()
	d.permission.To = m.now + 5*86400
	d.change = func(b *rights.ProposeTerms) { b.DestroyDays = 1 }
	d.running().prepare().send().receive()
	m.must(d.by(d.buyer, "delivery.reject", rights.RejectDelivery{DeliveryID: d.delivery, Reason: "x"}))
	again := m.must(d.by(d.seller, "delivery.redeliver", rights.Redeliver{DeliveryID: d.delivery})).id(rights.KindDelivery)
	m.must(d.by(d.seller, "delivery.recall", rights.OfDelivery{DeliveryID: again}))
	d.prepare().send().receive()
	m.now = read[rights.Delivery](m, rights.KindDelivery, d.delivery).AcceptDueAt
	m.must(m.do(weatherID+"#1", "delivery.deemAccept", rights.OfDelivery{DeliveryID: d.delivery}))
	m.now = max(m.now, read[rights.Copy](m, rights.KindCopy, d.copy).DestroyDueAt)
	alert := m.must(m.do(weatherID+"#1", "copy.markOverdue", rights.OfCopy{CopyID: d.copy})).id(rights.KindAlert)
	m.must(m.do(regulatorID+"#1", "copy.compromise", rights.CompromiseCopy{CopyID: d.copy, Ref: alert, Reason: "x"}))
	m.must(d.by(d.buyer, "copy.destroy", rights.EndCopy{CopyID: d.copy, Evidence: proof}))

	// paid back in part; confirmed by silence
	d.opened().distributed()
	back, commitment := hidden(rights.PaymentProof{Salt: salt, AmountFen: 3})
	m.must(m.doSecretly(exchangeID+"#1", "settlement.refund", rights.RefundSettlement{SettlementID: d.settl, RefundCommitment: commitment, AgreementHash: hash("agreement")}, back))
	m.now = read[rights.Settlement](m, rights.KindSettlement, d.settl).ConfirmDueAt
	m.must(m.do(weatherID+"#1", "settlement.deemConfirm", d.ofSettlement()))

	// a right traded: what is delivered is its transfer
	d = d.shop.deal(d.buyer, "traded away", func(b *rights.SubmitListing) { b.SubjectType = rights.SubjectRightTransfer }).running()
	c := d.transfer()
	m.must(d.by(d.buyer, "trade.linkTransfer", rights.LinkTransfer{TradeID: d.trade, CaseID: c}))
	m.must(m.done(c, d.shop.certNo()))
	m.must(d.by(d.buyer, "trade.linkTransfer", rights.LinkTransfer{TradeID: d.trade, CaseID: c}))
}

// transfer applies for the registration of the right traded, both sides having
// signed.
func (d *deal) transfer() (caseID string) {
	d.t.Helper()
	id := d.must(d.by(d.seller, "registration.submit", rights.Submit{RegType: rights.RegTransfer, RegistrarID: registrarID, TargetRightIDs: []string{d.right},
		CounterpartyID: d.buyer, TermsHash: d.theTrade().TermsHash,
		Papers: aside(rights.DocForm, rights.DocIdentity, rights.DocAgreement, rights.DocCommitment, rights.DocChange, rights.DocOther)})).id(rights.KindCase)
	d.must(d.by(d.buyer, "registration.countersign", rights.Countersign{CaseID: id, TermsHash: d.theTrade().TermsHash}))
	return id
}

// dispute files a dispute of the buyer's.
func (d *deal) dispute(kind, refType, refID string) string {
	d.t.Helper()
	secret, commitment := hidden(rights.DisputeStatement{Salt: salt, Statement: "数据质量不符", ClaimFen: 5000})
	return d.must(d.doSecretly(d.buyer+"#1", "dispute.file", rights.FileDispute{Type: kind, RespondentIDs: []string{d.seller}, RefType: refType, RefID: refID, ClaimHash: hash("claim"),
		StatementCommitment: commitment}, secret)).id(rights.KindDispute)
}

func tellDisputes(m *market, fresh func() *deal, mediator string) {
	d := fresh().running()
	of := func(id string) rights.OfDispute { return rights.OfDispute{DisputeID: id} }
	accepted := func() string {
		id := d.dispute("Quality", "Trade", d.trade)
		m.must(d.by(exchangeID, "dispute.accept", of(id)))
		return id
	}
	// settled in mediation
	id := accepted()
	m.must(d.by(d.seller, "dispute.answer", rights.AnswerDispute{DisputeID: id, AnswerHash: hash("answer")}))
	for _, p := range []string{d.seller, d.buyer} {
		m.must(d.by(p, "dispute.agreeMediation", rights.AgreeMediation{DisputeID: id, MediatorID: mediator}))
	}
	m.must(d.by(mediator, "dispute.startMediation", of(id)))
	orders := []rights.Order{{Type: "Pay", TargetID: d.trade, OrderedID: d.seller, DueOn: "2026-12-31"}}
	for _, p := range []string{d.seller, d.buyer} {
		m.must(d.by(p, "dispute.settle", rights.SettleDispute{DisputeID: id, SettlementHash: hash("settlement"), Orders: orders}))
	}
	m.must(d.by(d.seller, "dispute.executeOrder", rights.ExecuteOrder{DisputeID: id, ProofHash: hash("paid")}))
	m.must(d.by(exchangeID, "dispute.close", of(id)))
	// decided by a court
	id = accepted()
	m.must(d.by(d.buyer, "dispute.escalate", rights.EscalateDispute{DisputeID: id, ForumRef: "（2026）苏0902民初1号"}))
	m.must(d.by(exchangeID, "dispute.enterDecision", rights.EnterDecision{DisputeID: id, OutcomeHash: hash("judgment")}))
	m.must(d.by(exchangeID, "dispute.close", of(id)))
	// over title, taken back; refused
	id = d.dispute("Title", "Right", d.right)
	m.must(m.do(officer, "dispute.accept", of(id)))
	m.must(d.by(d.buyer, "dispute.withdraw", rights.DisputeReason{DisputeID: id, Reason: "x"}))
	id = d.dispute("Other", "Product", d.product)
	m.must(m.do(regulatorID+"#1", "dispute.refuse", rights.DisputeReason{DisputeID: id, Reason: "x"}))
	// and one that nobody went on with
	id = accepted()
	then := m.now
	m.now += 90 * 86400
	m.must(m.do(weatherID+"#1", "dispute.lapse", of(id)))
	m.now = then
}

// tellTradeBatches plays the bulk commands, three trades at a time.
func tellTradeBatches(m *market, fresh func() *deal) {
	d := fresh()
	bulk := func(by, name string, common object, items []object, secrets ...any) []string {
		m.t.Helper()
		b := batch{Items: items}
		if common != nil {
			b.Common = common
		}
		var a answer
		if len(secrets) > 0 {
			raw, err := json.Marshal(secrets)
			if err != nil {
				m.t.Fatal(err)
			}
			a = m.must(m.doSecretly(by+"#1", name+"Batch", b, raw))
		} else {
			a = m.must(m.do(by+"#1", name+"Batch", b))
		}
		var made []string
		entity, _, _ := strings.Cut(name, ".")
		for _, r := range a.Result.Records {
			if machineOf[r.Kind] == entity {
				made = append(made, r.ID)
			}
		}
		return made
	}
	each := func(field string, ids []string, more func(i int, id string) object) []object {
		var items []object
		for i, id := range ids {
			o := object{field: id}
			if more != nil {
				for k, v := range more(i, id) {
					o[k] = v
				}
			}
			items = append(items, o)
		}
		return items
	}
	beside := func(n int, document any) (secrets []any, commitment string) {
		raw, commitment := hidden(document)
		for range n {
			secrets = append(secrets, json.RawMessage(raw))
		}
		return secrets, commitment
	}
	trades := bulk(d.buyer, "trade.apply", object{"listingId": d.listing}, []object{{"purpose": "a"}, {"purpose": "b"}, {"purpose": "c"}})
	ofTrades := each("tradeId", trades, nil)
	bulk(d.seller, "trade.accept", nil, ofTrades)
	secrets, commitment := beside(3, d.terms)
	bulk(d.seller, "trade.proposeTerms", object{"version": 1, "termsHash": hash("contract"), "termsCommitment": commitment, "destroyDays": 30}, ofTrades, secrets...)
	for _, p := range []string{d.seller, d.buyer} {
		bulk(p, "trade.sign", object{"termsHash": hash("contract")}, ofTrades)
	}
	bulk(exchangeID, "trade.confirmContract", object{"complianceHash": hash("compliance")}, ofTrades)
	deliveries := bulk(d.seller, "delivery.prepare", object{"mode": "EncryptedFile"}, ofTrades)
	var sent []object
	for _, id := range deliveries {
		sent = append(sent, without(d.marked(id)))
	}
	bulk(d.seller, "delivery.send", nil, sent)
	bulk(d.buyer, "delivery.receive", nil, each("deliveryId", deliveries, func(_ int, id string) object { return object{"cipherHash": hash("cipher " + id)} }))
	bulk(d.buyer, "delivery.accept", nil, each("deliveryId", deliveries, func(_ int, id string) object { return object{"contentRoot": hash("sent " + id)} }))
	d.trade = trades[0]
	_, amounts := d.opening(d.terms.AmountFen)
	secrets, commitment = beside(3, amounts)
	settlements := bulk(exchangeID, "settlement.open", object{"final": true, "amountsCommitment": commitment}, ofTrades, secrets...)
	of := each("settlementId", settlements, nil)
	bulk(exchangeID, "settlement.escrow", object{"escrowRef": hash("escrow")}, of)
	secrets, commitment = beside(3, rights.PaymentProof{Salt: salt, AmountFen: d.terms.AmountFen})
	bulk(exchangeID, "settlement.markPaid", object{"paymentRefHash": hash("payment"), "paidCommitment": commitment, "paidOn": rights.CivilDate(m.now), "channel": "x"}, of, secrets...)
	bulk(exchangeID, "settlement.distribute", nil, of)
	for _, l := range d.terms.Lines {
		bulk(l.PayeeID, "settlement.confirm", nil, of)
	}
	bulk(exchangeID, "trade.complete", nil, ofTrades)
}
