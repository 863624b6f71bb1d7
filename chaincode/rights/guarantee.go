package rights

// OfferGuarantee is the body of guarantee.offer. The amount is the secret
// GuaranteeAmount.
type OfferGuarantee struct {
	BeneficiaryID     string  `json:"beneficiaryId"`
	DebtorID          string  `json:"debtorId"`
	PledgeID          string  `json:"pledgeId,omitempty"` // or loanRef
	LoanRef           string  `json:"loanRef,omitempty"`
	ContractHash      string  `json:"contractHash"`
	AmountsCommitment string  `json:"amountsCommitment"`
	ValidTo           UnixSec `json:"validTo"`
}

func offerGuarantee(a *Act, b *OfferGuarantee) error {
	to, err := a.step(&guaranteeMachine, "", "", "offer", "", Relations{ByGuarantor: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	beneficiary, err := a.pledgee("beneficiaryId", b.BeneficiaryID)
	if err != nil {
		return err
	}
	collection := CollectionPledge(beneficiary.MSPID)
	if err := a.member(collection); err != nil {
		return err
	}
	if a.office(RoleRegulator) {
		return refuse(CodeSelf, "监管部门不提供担保", "a regulator guarantees nothing").by("SD-4")
	}
	debtor, err := a.activeWith("debtorId", b.DebtorID)
	if err != nil {
		return err
	}
	if a.Actor.USCC == b.DebtorID || a.Actor.USCC == b.BeneficiaryID || b.DebtorID == b.BeneficiaryID {
		return refuse(CodeSelf, "担保人、债务人、受益人须各不相同", "guarantor, debtor and beneficiary must be three").at("beneficiaryId").on(b.BeneficiaryID)
	}
	if err := b.check(a); err != nil {
		return err
	}
	var m GuaranteeAmount
	if err := a.secret("amountsCommitment", b.AmountsCommitment, &m); err != nil {
		return err
	}
	if m.AmountFen < 1 || m.AmountFen > maxFen {
		return refuse(CodeMoney, "须为正数且不超过 %d 分", "must be positive and at most %d fen", maxFen).at("secret.amountFen")
	}
	id := a.newID(KindGuarantee, a.regionFor(b.PledgeID))
	if err := a.create(KindGuarantee, id, to, "", &Guarantee{
		GuarantorID: a.Actor.USCC, BeneficiaryID: b.BeneficiaryID, DebtorID: b.DebtorID, PledgeID: b.PledgeID, LoanRef: b.LoanRef,
		ContractHash: b.ContractHash, AmountsCommitment: b.AmountsCommitment, ValidTo: b.ValidTo, RelatedParty: related(a.Actor, debtor),
	}); err != nil {
		return err
	}
	return a.keepSecret(collection, KindGuarantee, id)
}

// check refuses a malformed offer, or one that does not fit the pledge it backs.
func (b *OfferGuarantee) check(a *Act) error {
	if err := first(checkHash("contractHash", b.ContractHash), optionalText("loanRef", b.LoanRef, 80)); err != nil {
		return err
	}
	if b.ValidTo <= a.Now {
		return refuse(CodeTerm, "须晚于现在", "must be after now").at("validTo")
	}
	if (b.PledgeID == "") == (b.LoanRef == "") {
		return refuse(CodeFormat, "须写明所担保的质押（pledgeId）或贷款（loanRef）之一", "must name what it backs: a pledge (pledgeId) or a loan (loanRef), one of them").at("pledgeId")
	}
	if b.PledgeID == "" {
		return nil
	}
	var pl Pledge
	if err := need(a, KindPledge, "pledgeId", b.PledgeID, &pl); err != nil {
		return err
	}
	if pledgeMachine.Ended(pl.State) {
		return refuse(CodeState, "质押已终结（%s）", "the pledge has ended (%s)", string(pl.State)).at("pledgeId").on(pl.ID)
	}
	if pl.PledgeeID != b.BeneficiaryID || pl.DebtorID != b.DebtorID {
		return refuse(CodeBasis, "受益人与债务人须与质押 %[1]s 一致：%[2]s、%[3]s", "beneficiary and debtor must be those of pledge %[1]s: %[2]s and %[3]s", pl.ID, pl.PledgeeID, pl.DebtorID).at("pledgeId").on(pl.ID)
	}
	return nil
}

// stepGuarantee moves a guarantee by an event that needs no more than change.
func stepGuarantee(a *Act, id, event string, change func(*Guarantee) error) error {
	var g Guarantee
	if err := need(a, KindGuarantee, "guaranteeId", id, &g); err != nil {
		return err
	}
	to, err := a.step(&guaranteeMachine, g.ID, g.State, event, "", Relations{ByGuarantor: {g.GuarantorID}, ByPledgee: {g.BeneficiaryID}})
	if err != nil {
		return err
	}
	if err := change(&g); err != nil {
		return err
	}
	if guaranteeMachine.Ended(to) && g.State == StateAccepted {
		if err := a.unrely(g.ID, g.leansOn()...); err != nil {
			return err
		}
	}
	g.State = to
	return a.update(KindGuarantee, &g)
}

// leansOn are those whom a guarantee binds once accepted.
func (g *Guarantee) leansOn() []string { return []string{g.GuarantorID, g.BeneficiaryID, g.DebtorID} }

// AcceptGuarantee is the body of guarantee.accept.
type AcceptGuarantee struct {
	GuaranteeID  string `json:"guaranteeId"`
	ContractHash string `json:"contractHash"`
}

func acceptGuarantee(a *Act, b *AcceptGuarantee) error {
	return stepGuarantee(a, b.GuaranteeID, "accept", func(g *Guarantee) error {
		if b.ContractHash != g.ContractHash {
			return refuse(CodeConsent, "合同哈希与所提供的不符，应为 %s", "not the contract offered, which is %s", g.ContractHash).at("contractHash").on(g.ID).by("G-5")
		}
		if a.Now >= g.ValidTo {
			return refuse(CodeTerm, "担保已于 %s 到期", "the guarantee ended on %s", stamp(g.ValidTo)).on(g.ID)
		}
		if _, err := a.activeWith("guaranteeId", g.GuarantorID); err != nil {
			return err
		}
		return a.rely(g.ID, g.leansOn()...)
	})
}

// ReleaseGuarantee is the body of guarantee.release.
type ReleaseGuarantee struct {
	GuaranteeID string `json:"guaranteeId"`
	Reason      string `json:"reason,omitempty"`
}

func releaseGuarantee(a *Act, b *ReleaseGuarantee) error {
	return stepGuarantee(a, b.GuaranteeID, "release", func(g *Guarantee) error {
		g.Reason = b.Reason
		return optionalText("reason", b.Reason, 400)
	})
}

// OfGuarantee is the body of guarantee.expire.
type OfGuarantee struct {
	GuaranteeID string `json:"guaranteeId"`
}

func expireGuarantee(a *Act, b *OfGuarantee) error {
	return stepGuarantee(a, b.GuaranteeID, "expire", func(g *Guarantee) error {
		if a.Now < g.ValidTo {
			return refuse(CodeDeadline, "有效期至 %s，尚未届满", "its term runs until %s", stamp(g.ValidTo)).on(g.ID)
		}
		return nil
	})
}
