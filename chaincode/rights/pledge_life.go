package rights

import (
	"slices"
	"strconv"
)

// VaryPledge is the body of pledge.vary, sent by one side to propose and by the
// other to agree: the same content both times (G-5). New amounts come as the
// secret PledgeAmounts with each.
type VaryPledge struct {
	PledgeID          string  `json:"pledgeId"`
	ContractHash      string  `json:"contractHash"`
	AmountsCommitment string  `json:"amountsCommitment,omitempty"`
	ClaimTo           UnixSec `json:"claimTo,omitempty"`
	TermWarning       bool    `json:"termWarning,omitempty"`
}

// same reports whether the body proposes what is proposed already.
func (v *PledgeVariation) same(b *VaryPledge) bool {
	return v.ContractHash == b.ContractHash && v.AmountsCommitment == b.AmountsCommitment && v.ClaimTo == b.ClaimTo && v.TermWarning == b.TermWarning
}

func varyPledge(a *Act, b *VaryPledge) error {
	var pl Pledge
	if err := need(a, KindPledge, "pledgeId", b.PledgeID, &pl); err != nil {
		return err
	}
	outcome := "proposed"
	if v := pl.Variation; v != nil && v.same(b) && !slices.Contains(v.SignedBy, a.Actor.USCC) {
		outcome = "agreed"
	}
	return stepPledge(a, b.PledgeID, "vary", outcome, func(pl *Pledge, p *Profile) error {
		if err := b.check(a, pl, p); err != nil {
			return err
		}
		if outcome == "proposed" {
			pl.Variation = &PledgeVariation{ContractHash: b.ContractHash, AmountsCommitment: b.AmountsCommitment, ClaimTo: b.ClaimTo, TermWarning: b.TermWarning, SignedBy: []string{a.Actor.USCC}}
			return nil
		}
		pl.ContractHash, pl.Variation = b.ContractHash, nil
		if b.ClaimTo > 0 {
			pl.ClaimTo, pl.TermWarning = b.ClaimTo, b.TermWarning
		}
		if b.AmountsCommitment != "" {
			pl.AmountsCommitment = b.AmountsCommitment
			if err := a.keepSecret(CollectionPledge(pl.PledgeeMSP), KindPledge, pl.ID); err != nil {
				return err
			}
		}
		if err := a.notifyLater(pl); err != nil {
			return err
		}
		if pl.TermWarning && b.ClaimTo > 0 {
			return a.raise("AL-PLEDGE-TERM", pl, KindPledge, pl.PledgorID, pl.PledgeeID)
		}
		return nil
	})
}

func (b *VaryPledge) check(a *Act, pl *Pledge, p *Profile) error {
	if b.AmountsCommitment != "" {
		if err := a.member(CollectionPledge(pl.PledgeeMSP)); err != nil {
			return err
		}
	}
	if err := checkHash("contractHash", b.ContractHash); err != nil {
		return err
	}
	if b.ContractHash == pl.ContractHash {
		return refuse(CodeFormat, "变更须有新的合同哈希", "a variation has a new contract hash").at("contractHash").on(pl.ID)
	}
	var list []*Right
	for _, id := range pl.remaining() {
		r, err := a.successor(id)
		if err != nil {
			return err
		}
		if err := a.notFrozen("pledgeId", r); err != nil {
			return err
		}
		list = append(list, r)
	}
	switch {
	case b.ClaimTo < 0 || b.ClaimTo > 0 && (b.ClaimTo <= a.Now || b.ClaimTo <= pl.ClaimFrom):
		return refuse(CodeTerm, "须晚于现在与债权起始", "must be after now and after the claim began").at("claimTo").on(pl.ID)
	case b.ClaimTo > 0:
		late, err := warnedOfTerm("termWarning", list, b.ClaimTo, b.TermWarning)
		if err != nil {
			return err
		}
		if b.TermWarning && !late {
			return refuse(CodeFormat, "各项权利均晚于债权到期，无须提示", "no right ends before the claim; there is nothing to warn of").at("termWarning").on(pl.ID)
		}
	case b.TermWarning:
		return refuse(CodeFormat, "仅变更 claimTo 时可确认", "only with a new claimTo").at("termWarning").on(pl.ID)
	}
	if b.AmountsCommitment == "" {
		return nil
	}
	var ev Evaluation
	if err := need(a, KindEvaluation, "pledgeId", pl.EvaluationID, &ev); err != nil {
		return err
	}
	return a.pledgeAmounts("amountsCommitment", b.AmountsCommitment, p, &ev)
}

// notFrozen refuses to burden further what a court or a regulator froze.
func (a *Act) notFrozen(field string, r *Right) error {
	list, err := encumbrancesOf(a, r)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Type == EncFreeze && e.inForce(a.Now) {
			return refuse(CodeEnc, "权利被 %s 冻结，不得变更其质押", "the right is frozen by %s; its pledge is not varied", e.RefID).at(field).on(r.ID).by("G-11")
		}
	}
	return nil
}

// remaining are the rights the pledge still lies on.
func (pl *Pledge) remaining() []string {
	return slices.DeleteFunc(slices.Clone(pl.RightIDs), func(id string) bool { return slices.Contains(pl.ReleasedIDs, id) })
}

// notifyLater tells those who rank behind a pledge that it was varied.
func (a *Act) notifyLater(pl *Pledge) error {
	told := []string{pl.ID}
	for _, id := range pl.remaining() {
		r, err := a.successor(id)
		if err != nil {
			return err
		}
		own := slices.IndexFunc(r.Encumbrances, func(e Encumbrance) bool { return e.Type == EncPledge && e.RefID == pl.ID })
		if own < 0 {
			continue
		}
		for _, e := range r.Encumbrances {
			if e.Type != EncPledge || e.Rank <= r.Encumbrances[own].Rank || slices.Contains(told, e.RefID) {
				continue
			}
			told = append(told, e.RefID)
			var later Pledge
			if err := need(a, KindPledge, "pledgeId", e.RefID, &later); err != nil {
				return err
			}
			later.notify("vary", pl.ID, a.Now)
			if err := a.update(KindPledge, &later); err != nil {
				return err
			}
		}
	}
	return nil
}

// GivePledgeConsent is the body of pledge.giveConsent.
type GivePledgeConsent struct {
	PledgeID  string  `json:"pledgeId"`
	Action    Use     `json:"action"`
	TargetID  string  `json:"targetId"` // the right
	TermsHash string  `json:"termsHash"`
	ExpiresAt UnixSec `json:"expiresAt"`
}

func givePledgeConsent(a *Act, b *GivePledgeConsent) error {
	return stepPledge(a, b.PledgeID, "giveConsent", "", func(pl *Pledge, p *Profile) error {
		if err := first(
			oneOf("action", b.Action, UseTransfer, UseLicence, UseExclusive, UseDeliver, UsePledge),
			checkHash("termsHash", b.TermsHash),
		); err != nil {
			return err
		}
		var r Right
		if err := need(a, KindRight, "targetId", b.TargetID, &r); err != nil {
			return err
		}
		if !slices.ContainsFunc(r.Encumbrances, func(e Encumbrance) bool { return e.Type == EncPledge && e.RefID == pl.ID }) {
			return refuse(CodeBasis, "该质押不在权利 %s 上", "the pledge does not lie on right %s", r.ID).at("targetId").on(r.ID).by("PL-2")
		}
		if most := a.Now + p.Int(ParamConsentMaxDays)*86400; b.ExpiresAt <= a.Now || b.ExpiresAt > most {
			return refuse(CodeTerm, "须晚于现在，不晚于 %s", "must be after now and not after %s", stamp(most)).at("expiresAt").on(pl.ID).by("PL-2")
		}
		// What is used up or expired stays in the history; here it only takes room.
		if len(pl.Consents) >= maxConsents {
			pl.Consents = slices.DeleteFunc(pl.Consents, func(c PledgeConsent) bool { return c.UsedAt > 0 || c.ExpiresAt <= a.Now })
		}
		if len(pl.Consents) >= maxConsents {
			return refuse(CodeQuota, "未用的同意最多 %d 项", "at most %d consents may be open", maxConsents).on(pl.ID)
		}
		for _, c := range pl.Consents {
			if c.Action == b.Action && c.TargetID == b.TargetID && c.TermsHash == b.TermsHash && c.UsedAt == 0 && a.Now < c.ExpiresAt {
				return refuse(CodeExists, "相同的同意尚未使用", "the same consent is open already").at("termsHash").on(pl.ID).by("PL-2")
			}
		}
		pl.Consents = append(pl.Consents, PledgeConsent{Action: b.Action, TargetID: b.TargetID, TermsHash: b.TermsHash, At: a.Now, ExpiresAt: b.ExpiresAt})
		return nil
	})
}

// PartReleasePledge is the body of pledge.partRelease.
type PartReleasePledge struct {
	PledgeID string   `json:"pledgeId"`
	RightIDs []string `json:"rightIds"`
	Reason   string   `json:"reason,omitempty"`
}

func partReleasePledge(a *Act, b *PartReleasePledge) error {
	return stepPledge(a, b.PledgeID, "partRelease", "", func(pl *Pledge, _ *Profile) error {
		if err := optionalText("reason", b.Reason, 400); err != nil {
			return err
		}
		left := pl.remaining()
		for i, id := range b.RightIDs {
			if !slices.Contains(left, id) || slices.Contains(b.RightIDs[:i], id) {
				return refuse(CodeFormat, "须为此质押尚未解除的权利，且不重复", "must be a right still under this pledge, named once").at("rightIds[" + strconv.Itoa(i) + "]").on(pl.ID)
			}
		}
		if len(b.RightIDs) == 0 || len(b.RightIDs) >= len(left) {
			return refuse(CodeFormat, "须为部分权利；全部解除用 pledge.release", "must be some of the rights; all are released with pledge.release").at("rightIds").on(pl.ID)
		}
		pl.ReleasedIDs, pl.Reason = append(pl.ReleasedIDs, b.RightIDs...), b.Reason
		if err := a.disencumber(pl, b.RightIDs); err != nil {
			return err
		}
		return a.unrely(pl.ID, b.RightIDs...)
	})
}

// ReleasePledge is the body of pledge.release.
type ReleasePledge struct {
	PledgeID string `json:"pledgeId"`
	Reason   string `json:"reason,omitempty"`
}

// releasePledge is no use of the right: a pledgee may give up its security
// whatever else lies there.
func releasePledge(a *Act, b *ReleasePledge) error {
	return stepPledge(a, b.PledgeID, "release", "", func(pl *Pledge, _ *Profile) error {
		if err := optionalText("reason", b.Reason, 400); err != nil {
			return err
		}
		pl.Reason, pl.Variation = b.Reason, nil
		return a.disencumber(pl, pl.remaining())
	})
}

// StartEnforcement is the body of pledge.startEnforce.
type StartEnforcement struct {
	PledgeID string    `json:"pledgeId"`
	Default  *Evidence `json:"defaultEvidence"`
}

func startEnforcement(a *Act, b *StartEnforcement) error {
	return stepPledge(a, b.PledgeID, "startEnforce", "", func(pl *Pledge, _ *Profile) error {
		if b.Default == nil {
			return refuse(CodeFormat, "须附违约证据", "needs evidence of default").at("defaultEvidence").on(pl.ID)
		}
		pl.DefaultEvidence, pl.EnforcingAt, pl.Variation = b.Default, a.Now, nil
		return checkPaper("defaultEvidence", *b.Default)
	})
}

// FinishEnforcement is the body of pledge.finishEnforce.
type FinishEnforcement struct {
	PledgeID        string `json:"pledgeId"`
	EnforcementHash string `json:"enforcementHash"` // of the agreement or judgment
	TransferCaseID  string `json:"transferCaseId"`
}

func finishEnforcement(a *Act, b *FinishEnforcement) error {
	return stepPledge(a, b.PledgeID, "finishEnforce", "", func(pl *Pledge, _ *Profile) error {
		if err := checkHash("enforcementHash", b.EnforcementHash); err != nil {
			return err
		}
		var c Case
		if err := need(a, KindCase, "transferCaseId", b.TransferCaseID, &c); err != nil {
			return err
		}
		if c.RegType != RegTransfer || c.State != StateRecorded {
			return refuse(CodeState, "须为已登记的转移登记案件", "must be a transfer that was recorded").at("transferCaseId").on(c.ID).by("PL-5")
		}
		if c.EndedAt < pl.EnforcingAt {
			return refuse(CodeTerm, "转移登记早于质权实现的启动", "the transfer was recorded before enforcement began").at("transferCaseId").on(c.ID).by("PL-5")
		}
		for _, id := range pl.remaining() { // the pledge went along with them
			if !slices.Contains(c.ResultRightIDs, id) {
				return refuse(CodeBasis, "该案件未转移质押的权利 %s；其余权利先解除", "the case did not transfer the pledged right %s; release what is not enforced first", id).at("transferCaseId").on(c.ID).by("PL-5")
			}
		}
		pl.EnforcementHash, pl.TransferCaseID = b.EnforcementHash, c.ID
		return a.disencumber(pl, pl.remaining())
	})
}

// LapseRegistry is the body of pledge.lapseRegistry.
type LapseRegistry struct {
	PledgeID string `json:"pledgeId"`
}

// lapseRegistry marks what is already true. It releases nothing.
func lapseRegistry(a *Act, b *LapseRegistry) error {
	return stepPledge(a, b.PledgeID, "lapseRegistry", "", func(pl *Pledge, _ *Profile) error {
		if a.Now < pl.ZdwValidTo {
			return refuse(CodeDeadline, "统一登记有效至 %s", "the unified registration runs until %s", stamp(pl.ZdwValidTo)).on(pl.ID).by("PL-6")
		}
		if pl.ZdwLapsed {
			return refuse(CodeExists, "已标记", "is marked already").on(pl.ID)
		}
		pl.ZdwLapsed = true
		return nil
	})
}

// ExtendRegistry is the body of pledge.extendRegistry.
type ExtendRegistry struct {
	PledgeID   string  `json:"pledgeId"`
	ZdwValidTo UnixSec `json:"zdwValidTo"`
}

func extendRegistry(a *Act, b *ExtendRegistry) error {
	return stepPledge(a, b.PledgeID, "extendRegistry", "", func(pl *Pledge, _ *Profile) error {
		if b.ZdwValidTo <= pl.ZdwValidTo || b.ZdwValidTo <= a.Now {
			return refuse(CodeTerm, "须晚于现在与原到期日 %s", "must be after now and after the end so far, %s", stamp(pl.ZdwValidTo)).at("zdwValidTo").on(pl.ID).by("PL-6")
		}
		pl.ZdwValidTo, pl.ZdwLapsed = b.ZdwValidTo, false
		return nil
	})
}
