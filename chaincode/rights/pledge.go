package rights

import "slices"

const (
	maxPledged  = 20 // rights in one pledge or evaluation
	maxPledges  = 10 // on one right
	maxConsents = 100
)

// ApplyPledge is the body of pledge.apply. The money is the secret
// PledgeAmounts. Disclosures are the encumbrances the pledgor tells the pledgee
// of, TermWarning that a right ends before the claim does; the pledgee
// acknowledges both when it confirms.
type ApplyPledge struct {
	PledgeeID         string   `json:"pledgeeId"`
	DebtorID          string   `json:"debtorId,omitempty"` // the pledgor when empty
	RightIDs          []string `json:"rightIds"`
	EvaluationID      string   `json:"evaluationId"`
	AmountsCommitment string   `json:"amountsCommitment"`
	ContractHash      string   `json:"contractHash"`
	ClaimFrom         UnixSec  `json:"claimFrom"`
	ClaimTo           UnixSec  `json:"claimTo"`
	AllowLicence      bool     `json:"allowLicence,omitempty"`
	AllowChange       bool     `json:"allowChange,omitempty"`
	ProceedsToPledgee bool     `json:"proceedsToPledgee,omitempty"`
	Disclosures       []string `json:"disclosures,omitempty"`
	TermWarning       bool     `json:"termWarning,omitempty"`
	VerifyToken       string   `json:"verifyToken,omitempty"`
}

func applyPledge(a *Act, b *ApplyPledge) error {
	to, err := a.step(&pledgeMachine, "", "", "apply", "", Relations{ByPledgor: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	pledgee, err := a.pledgee("pledgeeId", b.PledgeeID)
	if err != nil {
		return err
	}
	collection := CollectionPledge(pledgee.MSPID)
	if err := a.member(collection); err != nil {
		return err
	}
	if b.DebtorID == "" {
		b.DebtorID = a.Actor.USCC
	}
	if _, err := a.activeWith("debtorId", b.DebtorID); err != nil {
		return err
	}
	if err := a.mayTrade(a.Actor); err != nil {
		return err
	}
	if err := b.check(a); err != nil {
		return err
	}
	rec := &Pledge{
		PledgorID: a.Actor.USCC, PledgeeID: b.PledgeeID, PledgeeMSP: pledgee.MSPID, DebtorID: b.DebtorID, RightIDs: b.RightIDs,
		EvaluationID: b.EvaluationID, AmountsCommitment: b.AmountsCommitment, ContractHash: b.ContractHash, ClaimFrom: b.ClaimFrom, ClaimTo: b.ClaimTo,
		AllowLicence: b.AllowLicence, AllowChange: b.AllowChange, ProceedsToPledgee: b.ProceedsToPledgee,
		Disclosures: b.Disclosures, VerifyToken: b.VerifyToken, RelatedParty: related(a.Actor, pledgee),
	}
	list, err := a.pledgeable(p, rec, true)
	if err != nil {
		return err
	}
	rec.ObjectID, rec.RegistrarID = list[0].ObjectID, list[0].RegistrarID
	for _, r := range list {
		if !slices.Contains(rec.CertNos, r.CertNo) {
			rec.CertNos = append(rec.CertNos, r.CertNo)
		}
	}
	if rec.TermWarning, err = warnedOfTerm("termWarning", list, b.ClaimTo, b.TermWarning); err != nil {
		return err
	}
	ev, err := a.valued(p, rec, pledgee)
	if err != nil {
		return err
	}
	if err := a.pledgeAmounts("amountsCommitment", b.AmountsCommitment, p, ev); err != nil {
		return err
	}
	id := a.newID(KindPledge, a.regionFor(rec.ObjectID))
	if err := a.create(KindPledge, id, to, p.Ver(), rec); err != nil {
		return err
	}
	if err := a.keepSecret(collection, KindPledge, id); err != nil {
		return err
	}
	return a.rely(id, rec.leansOn()...)
}

// check refuses a malformed application.
func (b *ApplyPledge) check(a *Act) error {
	if b.PledgeeID == a.Actor.USCC {
		return refuse(CodeSelf, "出质人不能是质权人", "nobody pledges to himself").at("pledgeeId").on(b.PledgeeID)
	}
	if len(b.RightIDs) == 0 || len(b.RightIDs) > maxPledged {
		return refuse(CodeFormat, "须列明 1 至 %d 项权利", "must name 1 to %d rights", maxPledged).at("rightIds")
	}
	if err := checkHash("contractHash", b.ContractHash); err != nil {
		return err
	}
	if b.ClaimFrom <= 0 || b.ClaimTo <= b.ClaimFrom || b.ClaimTo <= a.Now {
		return refuse(CodeTerm, "所担保债权的期限须为非空的 [claimFrom, claimTo)，且终于将来", "the secured claim's term [claimFrom, claimTo) must not be empty and must end in the future").at("claimTo")
	}
	if err := vocabulary("disclosures", b.Disclosures, string(EncExclusive)); err != nil {
		return err
	}
	if b.VerifyToken != "" {
		return checkHash("verifyToken", b.VerifyToken)
	}
	return nil
}

// pledgee loads a bank that can take a pledge: its own peer must be able to
// guard the right.
func (a *Act) pledgee(field, id string) (*Participant, error) {
	p, err := a.activeWith(field, id, RoleBank)
	if err != nil {
		return nil, err
	}
	var o Organisation
	if p.MSPID != "" {
		if _, err := a.Ledger.Load(KindOrganisation, p.MSPID, &o); err != nil {
			return nil, err
		}
	}
	if o.Function != FunctionFinance {
		return nil, refuse(CodeRole, "质权人 %s 未运行金融机构节点；权利质押期间须经质权人节点背书，请由运行节点的金融机构作质权人", "the pledgee %s runs no node of a finance organisation; a pledged right moves with the pledgee's endorsement, so take one that runs a node as pledgee", id).at(field).on(id).by("3.16")
	}
	return p, nil
}

// leansOn are the records and participants a pledge binds while it is open.
func (pl *Pledge) leansOn() []string {
	return slices.Concat(pl.RightIDs, []string{pl.PledgorID, pl.PledgeeID, pl.DebtorID})
}

// valued refuses unless a value evaluation in date names every right of the
// pledge, by an evaluator of no group with the pledgee (EV-4, SD-3).
func (a *Act) valued(p *Profile, pl *Pledge, pledgee *Participant) (*Evaluation, error) {
	var ev Evaluation
	if err := need(a, KindEvaluation, "evaluationId", pl.EvaluationID, &ev); err != nil {
		return nil, err
	}
	if ev.Kind != "Value" || ev.ObjectID != pl.ObjectID {
		return nil, refuse(CodeBasis, "须为对该对象的价值评估", "must be a value evaluation of the object").at("evaluationId").on(ev.ID).by("3.16")
	}
	if err := a.effective(p, "evaluationId", ev.ID); err != nil {
		if e := asRefusal(err); e != nil {
			return nil, e.by("EV-4")
		}
		return nil, err
	}
	for _, id := range pl.RightIDs {
		if !slices.Contains(ev.RightIDs, id) {
			return nil, refuse(CodeBasis, "评估未包括权利 %s；须就全部出质权利评估", "the evaluation does not value right %s; every right pledged must be valued", id).at("evaluationId").on(ev.ID).by("EV-3")
		}
	}
	evaluator, err := a.participant("evaluationId", ev.EvaluatorID)
	if err != nil {
		return nil, err
	}
	return &ev, a.independent("evaluationId", "EV-1", evaluator, pledgee.USCC)
}

// warnedOfTerm refuses a claim that outlives a right without the warning
// acknowledged, and reports whether there is something to warn of (PL-3).
func warnedOfTerm(field string, list []*Right, claimTo UnixSec, acknowledged bool) (bool, error) {
	for _, r := range list {
		if r.ValidTo < claimTo {
			if !acknowledged {
				return false, refuse(CodeTerm, "权利 %[1]s 于 %[2]s 届满，早于所担保债权；须确认期限风险（termWarning）", "right %[1]s ends on %[2]s, before the secured claim; acknowledge it with termWarning", r.ID, stamp(r.ValidTo)).at(field).on(r.ID).by("PL-3")
			}
			return true, nil
		}
	}
	return false, nil
}

// stepPledge moves a pledge by an event; change checks the rest and edits it.
func stepPledge(a *Act, id, event, outcome string, change func(*Pledge, *Profile) error) error {
	var pl Pledge
	if err := need(a, KindPledge, "pledgeId", id, &pl); err != nil {
		return err
	}
	to, err := a.step(&pledgeMachine, pl.ID, pl.State, event, outcome, Relations{ByPledgor: {pl.PledgorID}, ByPledgee: {pl.PledgeeID}, ByRegistrar: {pl.RegistrarID}})
	if err != nil {
		return err
	}
	// The pledgee's entry as a participant has no guard: who could write that one
	// still does not act through the pledgee's own organisation.
	if a.Actor.USCC == pl.PledgeeID && a.MSP != pl.PledgeeMSP {
		return refuse(CodeRole, "质权人的行为须经其本机构（%s）的网关，而不是 %s", "the pledgee acts through its own organisation (%s), not %s", pl.PledgeeMSP, a.MSP).at("pledgeId").on(pl.ID).by("SD-6")
	}
	p, err := a.profile(pl.RuleProfileVer)
	if err != nil {
		return err
	}
	if err := change(&pl, p); err != nil {
		return err
	}
	pl.State = to
	if pledgeMachine.Ended(to) {
		pl.EndedAt = a.Now
		if err := a.unrely(pl.ID, pl.leansOn()...); err != nil {
			return err
		}
	}
	return a.update(KindPledge, &pl)
}

// ConfirmPledge is the body of pledge.confirm: the pledgee confirms what it was
// shown.
type ConfirmPledge struct {
	PledgeID          string   `json:"pledgeId"`
	ContractHash      string   `json:"contractHash"`
	AmountsCommitment string   `json:"amountsCommitment"`
	Disclosures       []string `json:"disclosures,omitempty"`
	TermWarning       bool     `json:"termWarning,omitempty"`
}

func confirmPledge(a *Act, b *ConfirmPledge) error {
	return stepPledge(a, b.PledgeID, "confirm", "", func(pl *Pledge, _ *Profile) error {
		if b.ContractHash != pl.ContractHash {
			return refuse(CodeConsent, "合同哈希与申请不符，应为 %s", "not the contract applied with, which is %s", pl.ContractHash).at("contractHash").on(pl.ID).by("G-5")
		}
		if b.AmountsCommitment != pl.AmountsCommitment {
			return refuse(CodeConsent, "金额承诺与申请不符，应为 %s", "not the amounts applied with, which are %s", pl.AmountsCommitment).at("amountsCommitment").on(pl.ID).by("G-5")
		}
		for _, d := range pl.Disclosures {
			if !slices.Contains(b.Disclosures, d) {
				return refuse(CodeEnc, "质权人须确认已获披露的 %s", "the pledgee must acknowledge %s, which was disclosed", d).at("disclosures").on(pl.ID).by("3.0.6")
			}
		}
		if pl.TermWarning && !b.TermWarning {
			return refuse(CodeTerm, "质权人须确认权利先于债权到期的风险（termWarning）", "the pledgee must acknowledge with termWarning that a right ends before the claim").at("termWarning").on(pl.ID).by("PL-3")
		}
		return nil
	})
}

// RegisterPledge is the body of pledge.register: the pledge's entry in the
// unified registry, from which legal effect and rank follow (PL-6).
type RegisterPledge struct {
	PledgeID   string  `json:"pledgeId"`
	ZdwRegNo   string  `json:"zdwRegNo"`
	ZdwRegAt   UnixSec `json:"zdwRegAt"`
	ZdwValidTo UnixSec `json:"zdwValidTo"`
}

// registerPledge lays the pledge on its rights. Only here are the consents of
// earlier pledgees used up: an application that comes to nothing costs none.
func registerPledge(a *Act, b *RegisterPledge) error {
	return stepPledge(a, b.PledgeID, "register", "", func(pl *Pledge, p *Profile) error {
		if err := checkText("zdwRegNo", b.ZdwRegNo, 40); err != nil {
			return err
		}
		if !validID(b.ZdwRegNo) { // it becomes part of a key
			return refuse(CodeFormat, "登记编号不得含斜杠等特殊字符", "the number must not have a slash or the like").at("zdwRegNo").on(pl.ID)
		}
		if b.ZdwRegAt <= 0 || b.ZdwRegAt > a.Now || b.ZdwValidTo <= a.Now {
			return refuse(CodeTerm, "统一登记须已完成且在有效期内", "the unified registration must have been made, and be in date").at("zdwValidTo").on(pl.ID).by("PL-6")
		}
		if err := a.claimOnce(pair("zdw", b.ZdwRegNo), pl.ID, "zdwRegNo", nil); err != nil {
			return err
		}
		if _, err := a.activeWith("pledgeId", pl.PledgorID); err != nil {
			return err
		}
		pledgee, err := a.pledgee("pledgeId", pl.PledgeeID)
		if err != nil {
			return err
		}
		list, err := a.pledgeable(p, pl, false)
		if err != nil {
			return err
		}
		if _, err := warnedOfTerm("pledgeId", list, pl.ClaimTo, pl.TermWarning); err != nil {
			return err
		}
		if _, err := a.valued(p, pl, pledgee); err != nil {
			return err
		}
		pl.ZdwRegNo, pl.ZdwRegAt, pl.ZdwValidTo = b.ZdwRegNo, b.ZdwRegAt, b.ZdwValidTo
		if err := a.encumber(pl, list); err != nil {
			return err
		}
		// A consent or a release that others wrote into the pledge would open the
		// right's guard: the pledge moves with its pledgee's endorsement too.
		if err := a.Ledger.Guard(KindPledge, pl.ID, []string{pl.PledgeeMSP}); err != nil {
			return err
		}
		if pl.TermWarning {
			return a.raise("AL-PLEDGE-TERM", pl, KindPledge, pl.PledgorID, pl.PledgeeID)
		}
		return nil
	})
}

// OfPledge is the body of pledge.withdraw.
type OfPledge struct {
	PledgeID string `json:"pledgeId"`
	Reason   string `json:"reason,omitempty"`
}

func withdrawPledge(a *Act, b *OfPledge) error {
	return stepPledge(a, b.PledgeID, "withdraw", "", func(pl *Pledge, _ *Profile) error {
		pl.Reason = b.Reason
		return optionalText("reason", b.Reason, 400)
	})
}

// ConsentToVerify is the body of pledge.consentToVerify: the hash of a token by
// which the pledgee may have the asset verified before registration (PL-7).
type ConsentToVerify struct {
	PledgeID    string `json:"pledgeId"`
	VerifyToken string `json:"verifyToken"`
}

func consentToVerify(a *Act, b *ConsentToVerify) error {
	return stepPledge(a, b.PledgeID, "consentToVerify", "", func(pl *Pledge, _ *Profile) error {
		pl.VerifyToken = b.VerifyToken
		return checkHash("verifyToken", b.VerifyToken)
	})
}
