package rights

import (
	"encoding/json"
	"slices"
	"strconv"
)

var settlementMachine = Machine{
	Entity: "settlement",
	Kind:   KindSettlement,
	Title:  Text{"结算", "Settlement"},
	States: []StateInfo{
		{StatePending, Text{"待付款", "Pending"}, false},
		{StateEscrowed, Text{"已托管", "Escrowed"}, false},
		{StatePaid, Text{"已付款", "Paid"}, false},
		{StateDistributed, Text{"已分配", "Distributed"}, false},
		{StateConfirmed, Text{"已确认", "Confirmed"}, true},
		{StateRefunded, Text{"已全额退款", "Refunded"}, true},
	},
	Transitions: []Transition{
		{nil, "open", "", who(ByExchange), Text{"交付已验收或期间已计量；各行等于按签约份额分配（ST-1、ST-4）；合计等于总额（G-6）", "a delivery accepted or a period metered; the lines are the split by the shares signed (ST-1, ST-4) and add up to the gross (G-6)"}, StatePending},
		{in(StatePending), "escrow", "", who(ByExchange), Text{"附资金托管凭证", "with evidence of the funds"}, StateEscrowed},
		{in(StatePending, StateEscrowed), "markPaid", "", who(ByExchange), Text{"附付款凭证；实付等于总额", "with evidence of the payment; what was paid is the gross"}, StatePaid},
		{in(StatePaid), "distribute", "", who(ByExchange), Text{"各行合计等于总额（G-6）", "the lines add up to the gross (G-6)"}, StateDistributed},
		{in(StateDistributed), "confirm", "some", who(ByPayee), Text{"收款人确认，尚有未确认者", "a payee confirms, others have not yet"}, StateDistributed},
		{in(StateDistributed), "confirm", "last", who(ByPayee), Text{"收款人均已确认", "every payee has confirmed"}, StateConfirmed},
		{in(StateDistributed), "deemConfirm", "", who(ByAnyone), Text{"确认期限已过", "confirmation was due"}, StateConfirmed},
		{in(StateEscrowed), "refund", "part", who(ByExchange), Text{"依据争议结果、措施或双方协议；退款合计不超过总额（G-6）", "by a dispute's outcome, a measure or an agreement; refunds add up to no more than the gross (G-6)"}, StateEscrowed},
		{in(StatePaid), "refund", "part", who(ByExchange), Text{"同上", "as above"}, StatePaid},
		{in(StateDistributed), "refund", "part", who(ByExchange), Text{"同上", "as above"}, StateDistributed},
		{in(StateEscrowed, StatePaid, StateDistributed), "refund", "all", who(ByExchange), Text{"同上；已全额退还", "as above; all is paid back"}, StateRefunded},
	},
}

// maxSettlements bounds the settlements of one trade.
const maxSettlements = 120

func (s *Settlement) relations() Relations {
	rel := Relations{ByExchange: {s.VenueID}}
	for _, l := range s.Payees {
		if !slices.Contains(rel[ByPayee], l.PayeeID) {
			rel[ByPayee] = append(rel[ByPayee], l.PayeeID)
		}
	}
	return rel
}

// stepSettlement loads a settlement, steps it, lets change edit it and stores
// it. While its trade is on hold nothing moves but a refund that the hold's own
// matter orders (TR-5).
func stepSettlement(a *Act, id, event string, outcome func(*Settlement) (string, error), change func(*Settlement, *Profile) error) error {
	var s Settlement
	if err := need(a, KindSettlement, "settlementId", id, &s); err != nil {
		return err
	}
	which := ""
	if outcome != nil {
		var err error
		if which, err = outcome(&s); err != nil {
			return err
		}
	}
	to, err := a.step(&settlementMachine, s.ID, s.State, event, which, s.relations())
	if err != nil {
		return err
	}
	if event != "refund" {
		var t Trade
		if err := need(a, KindTrade, "settlementId", s.TradeID, &t); err != nil {
			return err
		}
		if err := t.free(); err != nil {
			return err
		}
	}
	p, err := a.profile(s.RuleProfileVer)
	if err != nil {
		return err
	}
	if err := change(&s, p); err != nil {
		return err
	}
	s.State = to
	if err := a.update(KindSettlement, &s); err != nil {
		return err
	}
	if settlementMachine.Ended(to) {
		return a.settleTrade(s.TradeID)
	}
	return nil
}

// settleTrade moves a trade on once its final settlement is confirmed and none
// is open.
func (a *Act) settleTrade(tradeID string) error {
	var t Trade
	if err := need(a, KindTrade, "settlementId", tradeID, &t); err != nil {
		return err
	}
	if t.State != StateDelivered {
		return nil
	}
	final := false
	for _, id := range t.SettlementIDs {
		var s Settlement
		if err := need(a, KindSettlement, "settlementId", id, &s); err != nil {
			return err
		}
		if !settlementMachine.Ended(s.State) {
			return nil
		}
		final = final || s.Final && s.State == StateConfirmed
	}
	if !final {
		return nil
	}
	rel := t.relations()
	rel[ByPayee] = []string{a.Actor.USCC} // who could end the settlement
	to, err := a.step(&tradeMachine, t.ID, t.State, "settle", "", rel)
	if err != nil {
		return err
	}
	t.SettledAt = a.Now
	if t.CompleteDueAt, err = a.completeDue(&t); err != nil {
		return err
	}
	return a.moveTrade(&t, to)
}

// OpenSettlement is the body of settlement.open; SettlementAmounts come beside
// it.
type OpenSettlement struct {
	TradeID           string   `json:"tradeId"`
	AmountsCommitment string   `json:"amountsCommitment"`
	DeliveryID        string   `json:"deliveryId,omitempty"`
	PeriodFrom        UnixSec  `json:"periodFrom,omitempty"`
	PeriodTo          UnixSec  `json:"periodTo,omitempty"`
	MeterIDs          []string `json:"meterIds,omitempty"`
	Final             bool     `json:"final,omitempty"`
	DueOn             string   `json:"dueOn,omitempty"`
}

func openSettlement(a *Act, b *OpenSettlement) error {
	var t Trade
	if err := need(a, KindTrade, "tradeId", b.TradeID, &t); err != nil {
		return err
	}
	if _, err := a.step(&settlementMachine, "", "", "open", "", Relations{ByExchange: {t.VenueID}}); err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	if err := t.free(); err != nil {
		return err
	}
	if b.DueOn != "" {
		if err := checkDate("dueOn", b.DueOn); err != nil {
			return err
		}
	}
	if t.State != StateImplementing && t.State != StateDelivered {
		return refuse(CodeState, "交易状态为“%[1]s”，实施中或已交付方可结算", "the trade is %[2]s; it is settled while being implemented or once delivered", tradeMachine.Titled(t.State).Zh, string(t.State)).at("tradeId").on(t.ID).by("3.10")
	}
	if len(t.SettlementIDs) >= maxSettlements {
		return refuse(CodeFormat, "一笔交易最多 %d 笔结算", "at most %d settlements in a trade", maxSettlements).on(t.ID)
	}
	if b.Final && t.State != StateDelivered {
		return refuse(CodeState, "全部交付后方可作末笔结算", "the final settlement comes once everything is delivered").at("final").on(t.ID).by("3.10")
	}
	id := a.newID(KindSettlement, a.regionFor(t.ID))
	if err := a.settledFor(&t, b, id); err != nil {
		return err
	}
	lines, err := a.openAmounts(&t, b)
	if err != nil {
		return err
	}
	if err := a.keepSecret(CollectionTrade, KindSettlement, id); err != nil {
		return err
	}
	t.SettlementIDs = append(t.SettlementIDs, id)
	if err := a.update(KindTrade, &t); err != nil {
		return err
	}
	return a.create(KindSettlement, id, StatePending, p.Ver(), &Settlement{
		TradeID: t.ID, VenueID: t.VenueID, BuyerID: t.BuyerID, SellerID: t.SellerID, PeriodFrom: b.PeriodFrom, PeriodTo: b.PeriodTo, MeterIDs: b.MeterIDs,
		DeliveryID: b.DeliveryID, AmountsCommitment: b.AmountsCommitment, Payees: lines, DueOn: b.DueOn, Final: b.Final, RelatedParty: t.RelatedParty,
	})
}

// settledFor refuses a settlement of nothing: there is a delivery accepted, a
// period metered and not settled before, or all is delivered.
func (a *Act) settledFor(t *Trade, b *OpenSettlement, id string) error {
	if b.DeliveryID != "" {
		var d Delivery
		if err := need(a, KindDelivery, "deliveryId", b.DeliveryID, &d); err != nil {
			return err
		}
		if d.TradeID != t.ID || d.ParentCopyID != "" || d.State != StateAccepted {
			return refuse(CodeState, "须为此交易已验收的交付", "must be a delivery of this trade that was accepted").at("deliveryId").on(d.ID).by("3.10")
		}
	}
	if len(b.MeterIDs) > 100 {
		return refuse(CodeFormat, "最多 100 项", "at most 100").at("meterIds")
	}
	if len(b.MeterIDs) > 0 && (b.PeriodFrom <= 0 || b.PeriodTo <= b.PeriodFrom) {
		return refuse(CodeFormat, "计量结算须写明期间 [periodFrom, periodTo)", "a metered settlement names its period [periodFrom, periodTo)").at("periodTo").by("3.10")
	}
	for i, meterID := range b.MeterIDs {
		field := "meterIds[" + strconv.Itoa(i) + "]"
		var m Meter
		if err := need(a, KindMeter, field, meterID, &m); err != nil {
			return err
		}
		var permit Permit
		if err := need(a, KindPermit, field, m.PermitID, &permit); err != nil {
			return err
		}
		if permit.GrantorID != t.SellerID || permit.PermitteeID != t.BuyerID || m.PeriodFrom < b.PeriodFrom || m.PeriodTo > b.PeriodTo {
			return refuse(CodeBasis, "计量 %s 不属于此交易双方或此期间", "metering %s is not of these parties or this period", meterID).at(field).on(meterID).by("3.10")
		}
		if err := a.claimOnce(pair("settled", meterID), id, field, nil); err != nil {
			return err
		}
	}
	if b.DeliveryID == "" && len(b.MeterIDs) == 0 && t.State != StateDelivered {
		return refuse(CodeState, "须有已验收的交付或已计量的期间", "needs a delivery accepted or a period metered").at("deliveryId").on(t.ID).by("3.10")
	}
	return nil
}

// openAmounts holds the amounts against the terms signed: lines are the split
// of the gross by the shares fixed at signature (ST-4), and all settlements
// together are within the contract's amount.
func (a *Act) openAmounts(t *Trade, b *OpenSettlement) ([]SettlementLine, error) {
	var amounts SettlementAmounts
	if err := a.secret("amountsCommitment", b.AmountsCommitment, &amounts); err != nil {
		return nil, err
	}
	if amounts.GrossFen < 0 || amounts.GrossFen > maxFen || amounts.RefundedFen != 0 || len(amounts.Refunds) > 0 {
		return nil, refuse(CodeMoney, "总额须在 0 至 %d 之间，且尚无退款", "the gross is 0 to %d, and nothing is refunded yet", maxFen).at("secret.grossFen").by("G-6")
	}
	var terms TradeTerms
	if err := a.openSecret(CollectionTrade, KindTrade, t.ID, &terms); err != nil {
		return nil, err
	}
	if err := a.requiredLines("secret.lines", t, terms.Lines, t.AgreedAt); err != nil {
		return nil, err
	}
	want, err := linesOf(amounts.GrossFen, terms.Lines)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(want, amounts.Lines) {
		at := 0
		for at < len(want) && at < len(amounts.Lines) && want[at] == amounts.Lines[at] {
			at++
		}
		return nil, refuse(CodeMoney, "各行须为总额按签约份额的分配；自第 %d 行起不符", "the lines must be the split of the gross by the shares signed; they differ from line %d on", at+1).at("secret.lines").on(t.ID).by("ST-4")
	}
	if terms.AmountFen > 0 {
		total, err := a.grossSoFar(t)
		if err != nil {
			return nil, err
		}
		if amounts.GrossFen > terms.AmountFen-total {
			return nil, refuse(CodeMoney, "结算合计超出合同价款", "the settlements together exceed the contract's amount").at("secret.grossFen").on(t.ID).by("G-6")
		}
	}
	return terms.Lines, nil
}

// grossSoFar adds up what was settled under a trade before, net of refunds.
func (a *Act) grossSoFar(t *Trade) (int64, error) {
	var total int64
	for _, id := range t.SettlementIDs {
		var before SettlementAmounts
		if err := a.openSecret(CollectionTrade, KindSettlement, id, &before); err != nil {
			return 0, err
		}
		total += before.GrossFen - before.RefundedFen // each within a contract's amount, itself within maxFen
	}
	return total, nil
}

// amounts opens the private part of a settlement.
func (a *Act) amounts(s *Settlement) (*SettlementAmounts, error) {
	v := new(SettlementAmounts)
	return v, a.openSecret(CollectionTrade, KindSettlement, s.ID, v)
}

// rewriteAmounts replaces them, and the commitment that the channel has.
func (a *Act) rewriteAmounts(s *Settlement, v *SettlementAmounts) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	s.AmountsCommitment = Commit(raw)
	return a.rewriteSecret(CollectionTrade, KindSettlement, s.ID, v)
}
