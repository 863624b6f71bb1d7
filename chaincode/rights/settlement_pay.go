package rights

import "slices"

// EscrowSettlement is the body of settlement.escrow.
type EscrowSettlement struct {
	SettlementID string `json:"settlementId"`
	EscrowRef    string `json:"escrowRef"` // hash of the evidence of the funds
}

func escrowSettlement(a *Act, b *EscrowSettlement) error {
	if err := checkHash("escrowRef", b.EscrowRef); err != nil {
		return err
	}
	return stepSettlement(a, b.SettlementID, "escrow", nil, func(s *Settlement, _ *Profile) error {
		s.EscrowRef = b.EscrowRef
		return nil
	})
}

// MarkPaid is the body of settlement.markPaid; a PaymentProof comes beside it
// and is compared with the gross.
type MarkPaid struct {
	SettlementID   string `json:"settlementId"`
	PaymentRefHash string `json:"paymentRefHash"`
	PaidCommitment string `json:"paidCommitment"`
	PaidOn         string `json:"paidOn"`
	Channel        string `json:"channel"`
}

func markPaid(a *Act, b *MarkPaid) error {
	if err := first(checkHash("paymentRefHash", b.PaymentRefHash), checkDate("paidOn", b.PaidOn), checkText("channel", b.Channel, 40)); err != nil {
		return err
	}
	return stepSettlement(a, b.SettlementID, "markPaid", nil, func(s *Settlement, _ *Profile) error {
		var paid PaymentProof
		if err := a.secret("paidCommitment", b.PaidCommitment, &paid); err != nil {
			return err
		}
		if b.PaidOn > CivilDate(a.Now) {
			return refuse(CodeTerm, "付款日不得晚于今天", "it is not paid before today is over").at("paidOn").on(s.ID).by("3.10")
		}
		v, err := a.amounts(s)
		if err != nil {
			return err
		}
		if paid.AmountFen != v.GrossFen {
			return refuse(CodeMoney, "实付金额与结算总额不符", "what was paid is not the gross of the settlement").at("secret.amountFen").on(s.ID).by("G-6")
		}
		s.PaymentRefHash, s.PaidOn, s.Channel = b.PaymentRefHash, b.PaidOn, b.Channel
		return nil
	})
}

// OfSettlement is the body of events that need nothing but the settlement.
type OfSettlement struct {
	SettlementID string `json:"settlementId"`
}

func distribute(a *Act, b *OfSettlement) error {
	return stepSettlement(a, b.SettlementID, "distribute", nil, func(s *Settlement, p *Profile) error {
		v, err := a.amounts(s)
		if err != nil {
			return err
		}
		var sum int64
		for _, l := range v.Lines {
			sum += l.AmountFen
		}
		if sum != v.GrossFen {
			return refuse(CodeMoney, "各行合计不等于总额", "the lines do not add up to the gross").on(s.ID).by("G-6")
		}
		s.ConfirmDueAt, err = p.Due(a.Now, p.Int(ParamConfirmSettlement))
		return err
	})
}

func confirmSettlement(a *Act, b *OfSettlement) error {
	return stepSettlement(a, b.SettlementID, "confirm", func(s *Settlement) (string, error) {
		for _, id := range s.relations()[ByPayee] {
			if id != a.Actor.USCC && !slices.Contains(s.ConfirmedBy, id) {
				return "some", nil
			}
		}
		return "last", nil
	}, func(s *Settlement, _ *Profile) error {
		if slices.Contains(s.ConfirmedBy, a.Actor.USCC) {
			return refuse(CodeExists, "已经确认", "confirmed already").on(s.ID).by("3.10")
		}
		s.ConfirmedBy = append(s.ConfirmedBy, a.Actor.USCC)
		return nil
	})
}

func deemConfirmSettlement(a *Act, b *OfSettlement) error {
	return stepSettlement(a, b.SettlementID, "deemConfirm", nil, func(s *Settlement, _ *Profile) error {
		if a.Now < s.ConfirmDueAt {
			return refuse(CodeDeadline, "确认期限至 %s", "confirmation is due at %s", stamp(s.ConfirmDueAt)).on(s.ID).by("3.10")
		}
		return nil
	})
}

// RefundSettlement is the body of settlement.refund; a PaymentProof of the
// refund comes beside it. All tells that with it the gross is paid back.
type RefundSettlement struct {
	SettlementID     string `json:"settlementId"`
	RefundCommitment string `json:"refundCommitment"`
	All              bool   `json:"all,omitempty"`
	OrderRef         string `json:"orderRef,omitempty"`      // dispute with an order to refund, or measure on the trade
	AgreementHash    string `json:"agreementHash,omitempty"` // or the parties' agreement
}

// maxRefunds bounds the refunds of one settlement.
const maxRefunds = 100

func refundSettlement(a *Act, b *RefundSettlement) error {
	outcome := func(*Settlement) (string, error) {
		if b.All {
			return "all", nil
		}
		return "part", nil
	}
	return stepSettlement(a, b.SettlementID, "refund", outcome, func(s *Settlement, _ *Profile) error {
		var back PaymentProof
		if err := a.refundBasis(s, b); err != nil {
			return err
		}
		if err := a.secret("refundCommitment", b.RefundCommitment, &back); err != nil {
			return err
		}
		v, err := a.amounts(s)
		if err != nil {
			return err
		}
		left := v.GrossFen - v.RefundedFen
		if back.AmountFen < 1 || back.AmountFen > left {
			return refuse(CodeMoney, "退款须大于 0，且合计不超过总额", "a refund is more than nothing, and all of them no more than the gross").at("secret.amountFen").on(s.ID).by("G-6")
		}
		if (back.AmountFen == left) != b.All {
			return refuse(CodeMoney, "all 须与是否全额退还一致", "all must say whether everything is paid back").at("all").on(s.ID).by("G-6")
		}
		if s.Refunds >= maxRefunds {
			return refuse(CodeFormat, "一笔结算最多 %d 次退款", "at most %d refunds of a settlement", maxRefunds).on(s.ID)
		}
		ref := b.OrderRef + b.AgreementHash // one of them
		v.RefundedFen += back.AmountFen
		v.Refunds = append(v.Refunds, RefundAmount{AmountFen: back.AmountFen, At: a.Now, RefID: ref})
		s.Refunds++
		s.RefundRefs = append(s.RefundRefs, ref)
		return a.rewriteAmounts(s, v)
	})
}

// refundBasis refuses a refund that nothing demands. On a trade on hold only
// what holds it may.
func (a *Act) refundBasis(s *Settlement, b *RefundSettlement) error {
	if (b.OrderRef == "") == (b.AgreementHash == "") {
		return refuse(CodeBasis, "须引用争议或措施，或双方协议，二者之一", "name a dispute or measure, or an agreement, one of them").at("orderRef").on(s.ID).by("3.10")
	}
	if b.OrderRef != "" {
		return a.ordered("orderRef", b.OrderRef, "Refund", s.TradeID, s.ID, s.TradeID)
	}
	var t Trade
	if err := first(checkHash("agreementHash", b.AgreementHash), need(a, KindTrade, "settlementId", s.TradeID, &t)); err != nil {
		return err
	}
	return t.free()
}
