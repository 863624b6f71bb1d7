package rights

import (
	"strconv"
)

// FileObjection is the body of registration.fileObjection. OutsiderHash stands
// for somebody not on the ledger, whose objection the registrar enters.
type FileObjection struct {
	CaseID         string   `json:"caseId"`
	Reason         string   `json:"reason,omitempty"`
	ReasonHash     string   `json:"reasonHash"`
	MaterialHashes []string `json:"materialHashes"`
	OutsiderHash   string   `json:"outsiderHash,omitempty"`
}

// maxObjections bounds a case. One objector has one open at a time, so that
// nobody fills it up against others.
const maxObjections = 100

func fileObjection(a *Act, b *FileObjection) error {
	if err := checkHash("reasonHash", b.ReasonHash); err != nil {
		return err
	}
	if len(b.MaterialHashes) == 0 || len(b.MaterialHashes) > 20 {
		return refuse(CodeFormat, "须附 1 至 20 份材料", "needs 1 to 20 pieces of material").at("materialHashes")
	}
	for i, h := range b.MaterialHashes {
		if err := checkHash("materialHashes["+strconv.Itoa(i)+"]", h); err != nil {
			return err
		}
	}
	if b.Reason != "" {
		if err := checkText("reason", b.Reason, 400); err != nil {
			return err
		}
	}
	return stepCase(a, b.CaseID, "fileObjection", "", func(c *Case, p *Profile) error {
		objector := a.Actor.USCC
		switch {
		case objector == c.ApplicantIDs[0] || objector == c.AgentID || objector == c.CounterpartyID:
			return refuse(CodeSelf, "申请人不得对自己的申请提出异议", "the applicant does not object to its own case").on(c.ID)
		case objector == c.RegistrarID:
			if err := checkHash("outsiderHash", b.OutsiderHash); err != nil {
				return err
			}
			if !a.office(RoleRegistrar) {
				return refuse(CodeRole, "须由登记经办人代为提出", "entered by a registrar's officer only").on(c.ID)
			}
			objector = ""
		case b.OutsiderHash != "":
			return refuse(CodeRole, "只有登记机构可代外部人提出", "only the registrar enters an outsider's objection").at("outsiderHash").on(c.ID)
		}
		if a.Now >= c.NoticeEndsAt {
			return refuse(CodeDeadline, "公示期已于 %s 届满", "the notice ended at %s", stamp(c.NoticeEndsAt)).on(c.ID)
		}
		if len(c.ObjectionIDs) >= maxObjections {
			return refuse(CodeFormat, "一件案件最多 %d 件异议", "at most %d objections to a case", maxObjections).on(c.ID)
		}
		for _, id := range c.ObjectionIDs {
			var o Objection
			if err := need(a, KindObjection, "caseId", id, &o); err != nil {
				return err
			}
			if o.State == StateObjFiled && o.ObjectorID == objector && o.OutsiderHash == b.OutsiderHash {
				return refuse(CodeExists, "同一异议人已有未决异议 %s", "this objector has an open objection already: %s", o.ID).on(o.ID)
			}
		}
		due, err := p.Due(a.Now, p.Int(ParamObjectionWorkdays))
		if err != nil {
			return err
		}
		id := a.newID(KindObjection, regionOf(c.ID))
		if err := a.create(KindObjection, id, StateObjFiled, c.RuleProfileVer, &Objection{
			Stage: InNotice, CaseID: c.ID, ObjectorID: objector, OutsiderHash: b.OutsiderHash, ReasonHash: b.ReasonHash,
			Reason: b.Reason, MaterialHashes: b.MaterialHashes, FiledAt: a.Now, DueAt: due,
		}); err != nil {
			return err
		}
		c.ObjectionIDs = append(c.ObjectionIDs, id)
		c.OpenObjections++
		return nil
	})
}

// DecideObjection is the body of registration.decideObjection.
type DecideObjection struct {
	ObjectionID    string `json:"objectionId"`
	Outcome        string `json:"outcome"` // upheld, dismissed
	ConclusionHash string `json:"conclusionHash"`
	RejectGround   string `json:"rejectGround,omitempty"` // upheld only; default G3
	Reason         string `json:"reason,omitempty"`
}

func decideObjection(a *Act, b *DecideObjection) error {
	if err := first(oneOf("outcome", b.Outcome, "upheld", "dismissed"), checkHash("conclusionHash", b.ConclusionHash)); err != nil {
		return err
	}
	if b.Reason != "" {
		if err := checkText("reason", b.Reason, 400); err != nil {
			return err
		}
	}
	o, c, err := a.objection(b.ObjectionID)
	if err != nil {
		return err
	}
	outcome := b.Outcome
	if outcome == "dismissed" && c.OpenObjections > 1 {
		outcome = "dismissedOthersOpen"
	}
	return a.stepLoaded(c, "", "decideObjection", outcome, func(c *Case, p *Profile) error {
		to, err := a.step(&objectionMachine, o.ID, o.State, "decide", b.Outcome, Relations{ByRegistrar: {c.RegistrarID}})
		if err != nil {
			return err
		}
		if b.Outcome == "upheld" {
			if b.RejectGround == "" {
				b.RejectGround = "G3"
			}
			if err := oneOf("rejectGround", b.RejectGround, RejectGrounds...); err != nil {
				return err
			}
			c.RejectGround, c.Reason, c.ReasonHash = b.RejectGround, b.Reason, b.ConclusionHash
			if err := a.closeObjections(c, o.ID); err != nil {
				return err
			}
		} else if b.RejectGround != "" {
			return refuse(CodeFormat, "异议不成立时不写", "is for an upheld objection only").at("rejectGround")
		}
		if a.Now >= o.DueAt {
			o.Late = true
			if err := a.late(c, "decideObjection", o.DueAt); err != nil {
				return err
			}
		}
		o.State, o.DecidedAt, o.ConclusionHash = to, a.Now, b.ConclusionHash
		if err := a.update(KindObjection, o); err != nil {
			return err
		}
		return c.settled(p, a.Now)
	})
}

// settled takes one objection off the case. When it was the last and the
// notice is over, the review clock goes on.
func (c *Case) settled(p *Profile, at UnixSec) error {
	if c.OpenObjections--; c.OpenObjections > 0 || at < c.NoticeEndsAt {
		return nil
	}
	return c.resume(p, at)
}

// objection loads an objection and its case.
func (a *Act) objection(id string) (*Objection, *Case, error) {
	o, c := new(Objection), new(Case)
	if err := need(a, KindObjection, "objectionId", id, o); err != nil {
		return nil, nil, err
	}
	if o.Stage == PostRegistration {
		return nil, nil, refuse(CodeState, "异议针对已登记的权利，请用 objection.* 命令", "the objection is to what is registered; use the commands objection.*").at("objectionId").on(id)
	}
	return o, c, need(a, KindCase, "objectionId", o.CaseID, c)
}

// closeObjections ends what is still open on a case that ends for another reason.
func (a *Act) closeObjections(c *Case, except string) error {
	for _, id := range c.ObjectionIDs {
		if id == except {
			continue
		}
		var o Objection
		if err := need(a, KindObjection, "caseId", id, &o); err != nil {
			return err
		}
		if o.State != StateObjFiled {
			continue
		}
		o.State, o.DecidedAt = StateObjClosed, a.Now
		if err := a.update(KindObjection, &o); err != nil {
			return err
		}
		c.OpenObjections--
	}
	return nil
}

// OfObjection is the body of registration.withdrawObjection and of the events of
// an objection that need no more.
type OfObjection struct {
	ObjectionID string `json:"objectionId"`
}

func withdrawObjection(a *Act, b *OfObjection) error {
	o, c, err := a.objection(b.ObjectionID)
	if err != nil {
		return err
	}
	outcome := "last"
	if c.OpenObjections > 1 {
		outcome = "othersOpen"
	}
	return a.stepLoaded(c, o.ObjectorID, "withdrawObjection", outcome, func(c *Case, p *Profile) error {
		to, err := a.step(&objectionMachine, o.ID, o.State, "withdraw", "", Relations{ByObjector: {o.ObjectorID}})
		if err != nil {
			return err
		}
		o.State, o.DecidedAt = to, a.Now
		if err := a.update(KindObjection, o); err != nil {
			return err
		}
		return c.settled(p, a.Now)
	})
}
