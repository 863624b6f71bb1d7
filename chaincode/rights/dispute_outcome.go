package rights

import (
	"slices"
	"strconv"
)

// AnswerDispute is the body of dispute.answer.
type AnswerDispute struct {
	DisputeID  string `json:"disputeId"`
	AnswerHash string `json:"answerHash"`
}

func answerDispute(a *Act, b *AnswerDispute) error {
	if err := checkHash("answerHash", b.AnswerHash); err != nil {
		return err
	}
	return stepDispute(a, b.DisputeID, "answer", nil, func(d *Dispute, _ *Profile) error {
		if a.Now >= d.AnswerDueAt {
			return refuse(CodeDeadline, "答辩期限已于 %s 届满", "the answer was due at %s", stamp(d.AnswerDueAt)).on(d.ID).by("3.11")
		}
		d.AnswerHash = b.AnswerHash
		return nil
	})
}

// AgreeMediation is the body of dispute.agreeMediation.
type AgreeMediation struct {
	DisputeID  string `json:"disputeId"`
	MediatorID string `json:"mediatorId"`
}

func agreeMediation(a *Act, b *AgreeMediation) error {
	return stepDispute(a, b.DisputeID, "agreeMediation", nil, func(d *Dispute, _ *Profile) error {
		if _, err := a.activeWith("mediatorId", b.MediatorID, RoleMediator); err != nil {
			return err
		}
		if slices.Contains(d.parties(), b.MediatorID) {
			return refuse(CodeSelf, "调解机构不得为当事人", "the mediator is no party").at("mediatorId").on(d.ID).by("DS-3")
		}
		if d.MediatorID != b.MediatorID { // another proposal begins anew
			d.MediatorID, d.MediationAgreedBy = b.MediatorID, nil
		}
		if slices.Contains(d.MediationAgreedBy, a.Actor.USCC) {
			return refuse(CodeExists, "已经同意", "agreed already").on(d.ID).by("3.11")
		}
		d.MediationAgreedBy = append(d.MediationAgreedBy, a.Actor.USCC)
		return nil
	})
}

func startMediation(a *Act, b *OfDispute) error {
	return stepDispute(a, b.DisputeID, "startMediation", nil, func(d *Dispute, p *Profile) error {
		for _, id := range d.parties() {
			if !slices.Contains(d.MediationAgreedBy, id) {
				return refuse(CodeConsent, "%s 尚未同意调解", "%s has not agreed to mediation", id).on(d.ID).by("3.11")
			}
		}
		d.MediationDueAt = a.Now + p.days(p.Int(ParamDisputeMaxDays))
		return nil
	})
}

// SettleDispute is the body of dispute.settle: every party sends the same.
type SettleDispute struct {
	DisputeID      string  `json:"disputeId"`
	SettlementHash string  `json:"settlementHash"`
	Orders         []Order `json:"orders,omitempty"` // what is to be done; none when nothing is
}

func settleDispute(a *Act, b *SettleDispute) error {
	if err := checkHash("settlementHash", b.SettlementHash); err != nil {
		return err
	}
	return stepDispute(a, b.DisputeID, "settle", func(d *Dispute) string {
		if len(d.SettlementSignedBy)+1 >= len(d.parties()) {
			return "last"
		}
		return "some"
	}, func(d *Dispute, _ *Profile) error {
		if a.Now >= d.MediationDueAt {
			return refuse(CodeDeadline, "调解期限已于 %s 届满，须起诉、仲裁或终结", "mediation was due at %s: take it to a forum or end it", stamp(d.MediationDueAt)).on(d.ID).by("DS-4")
		}
		if len(d.SettlementSignedBy) == 0 {
			orders, err := a.takeOrders(b.Orders)
			if err != nil {
				return err
			}
			d.SettlementHash, d.Orders = b.SettlementHash, orders
		} else if d.SettlementHash != b.SettlementHash || !slices.Equal(d.Orders, b.Orders) {
			return refuse(CodeFormat, "所签 %[1]s 及其内容与他方所签 %[2]s 不同", "signed %[1]s with its orders, but the others signed %[2]s", b.SettlementHash, d.SettlementHash).at("settlementHash").on(d.ID).by("G-5")
		}
		if slices.Contains(d.SettlementSignedBy, a.Actor.USCC) {
			return refuse(CodeExists, "已经签署", "signed already").on(d.ID).by("G-5")
		}
		d.SettlementSignedBy = append(d.SettlementSignedBy, a.Actor.USCC)
		return nil
	})
}

// takeOrders checks what an outcome demands.
func (a *Act) takeOrders(orders []Order) ([]Order, error) {
	if len(orders) > 20 {
		return nil, refuse(CodeFormat, "最多 20 项", "at most 20 orders").at("orders")
	}
	for i, o := range orders {
		at := "orders[" + strconv.Itoa(i) + "]"
		if err := first(oneOf(at+".type", o.Type, orderTypes...), checkDate(at+".dueOn", o.DueOn)); err != nil {
			return nil, err
		}
		if o.TargetID == "" || !validID(o.TargetID) {
			return nil, refuse(CodeFormat, "须写明所涉记录", "must name the record it is about").at(at + ".targetId")
		}
		if o.DoneAt != 0 || o.ProofHash != "" {
			return nil, refuse(CodeFormat, "履行情况由 dispute.executeOrder 写入", "dispute.executeOrder writes what was done").at(at + ".doneAt")
		}
		if _, err := a.participant(at+".orderedId", o.OrderedID); err != nil {
			return nil, err
		}
	}
	return orders, nil
}

// EscalateDispute is the body of dispute.escalate.
type EscalateDispute struct {
	DisputeID string `json:"disputeId"`
	ForumRef  string `json:"forumRef"` // number of the arbitration or suit
}

func escalateDispute(a *Act, b *EscalateDispute) error {
	if err := checkText("forumRef", b.ForumRef, 80); err != nil {
		return err
	}
	return stepDispute(a, b.DisputeID, "escalate", nil, func(d *Dispute, _ *Profile) error {
		d.ForumRef = b.ForumRef
		d.Orders, d.SettlementHash, d.SettlementSignedBy = nil, "", nil // signed by some only
		return nil
	})
}

// lapseDispute ends what neither came to terms nor went to a forum in time, so
// that no hold lasts for ever (DS-4). The parties have the days of an answer
// more to escalate.
func lapseDispute(a *Act, b *OfDispute) error {
	return stepDispute(a, b.DisputeID, "lapse", nil, func(d *Dispute, p *Profile) error {
		due, err := p.Due(d.MediationDueAt, p.Int(ParamDisputeAnswer))
		if err != nil {
			return err
		}
		if a.Now < due {
			return refuse(CodeDeadline, "期限至 %s；此前当事人可起诉或仲裁", "it lapses at %s; until then the parties may take it to a forum", stamp(due)).on(d.ID).by("DS-4")
		}
		d.Orders, d.SettlementHash, d.SettlementSignedBy = nil, "", nil
		return nil
	})
}

// EnterDecision is the body of dispute.enterDecision.
type EnterDecision struct {
	DisputeID   string  `json:"disputeId"`
	OutcomeHash string  `json:"outcomeHash"` // of the effective document
	Orders      []Order `json:"orders,omitempty"`
}

func enterDecision(a *Act, b *EnterDecision) error {
	if err := checkHash("outcomeHash", b.OutcomeHash); err != nil {
		return err
	}
	return stepDispute(a, b.DisputeID, "enterDecision", theOffice, func(d *Dispute, _ *Profile) error {
		orders, err := a.takeOrders(b.Orders)
		if err != nil {
			return err
		}
		d.OutcomeHash, d.Orders = b.OutcomeHash, orders
		return a.impartial(d)
	})
}

// ExecuteOrder is the body of dispute.executeOrder.
type ExecuteOrder struct {
	DisputeID string `json:"disputeId"`
	Order     int64  `json:"order"` // from 0
	ProofHash string `json:"proofHash"`
}

func executeOrder(a *Act, b *ExecuteOrder) error {
	if err := checkHash("proofHash", b.ProofHash); err != nil {
		return err
	}
	return stepDispute(a, b.DisputeID, "executeOrder", func(d *Dispute) string {
		for i, o := range d.Orders {
			if o.DoneAt == 0 && int64(i) != b.Order {
				return "some"
			}
		}
		return "last"
	}, func(d *Dispute, _ *Profile) error {
		if b.Order < 0 || b.Order >= int64(len(d.Orders)) {
			return refuse(CodeNotFound, "没有此项", "there is no such order").at("order").on(d.ID).by("3.11")
		}
		o := &d.Orders[b.Order]
		if o.DoneAt != 0 {
			return refuse(CodeExists, "已履行", "it is done already").at("order").on(d.ID).by("3.11")
		}
		if o.OrderedID != a.Actor.USCC && !a.holds(ByExchange, d.relations()) {
			return refuse(CodeRole, "此项由 %s 履行", "it is %s's to carry out", o.OrderedID).at("order").on(d.ID).by("3.11")
		}
		o.DoneAt, o.ProofHash = a.Now, b.ProofHash
		return nil
	})
}

func closeDispute(a *Act, b *OfDispute) error {
	return stepDispute(a, b.DisputeID, "close", theOffice, func(d *Dispute, _ *Profile) error {
		if i := slices.IndexFunc(d.Orders, func(o Order) bool { return o.DoneAt == 0 }); i >= 0 {
			return refuse(CodeState, "第 %d 项尚未履行", "order %d is not carried out", i).on(d.ID).by("3.11")
		}
		return a.impartial(d)
	})
}
