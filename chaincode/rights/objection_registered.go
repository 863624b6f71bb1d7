package rights

import (
	"slices"
	"strconv"
	"strings"
)

// Objections to what is registered (DRWG 29; 2.11).

// The stages of an objection.
const (
	InNotice         = "InNotice"
	PostRegistration = "PostRegistration"
)

// The outcomes of an objection to what is registered.
const (
	OutcomeChange    = "Change"
	OutcomeCancel    = "Cancel"
	OutcomeDismissed = "Dismissed"
)

// File is the body of objection.file: to rights of one certificate, or to all
// of them when none is named. OutsiderHash stands for somebody not on the
// ledger, whose objection the registrar enters.
type File struct {
	CertNo         string   `json:"certNo"`
	RightIDs       []string `json:"rightIds,omitempty"`
	Reason         string   `json:"reason,omitempty"`
	ReasonHash     string   `json:"reasonHash"`
	MaterialHashes []string `json:"materialHashes"`
	OutsiderHash   string   `json:"outsiderHash,omitempty"`
}

func checkMaterial(field string, hashes []string) error {
	if len(hashes) == 0 || len(hashes) > 20 {
		return refuse(CodeFormat, "须附 1 至 20 份材料", "needs 1 to 20 pieces of material").at(field)
	}
	for i, h := range hashes {
		if err := checkHash(field+"["+strconv.Itoa(i)+"]", h); err != nil {
			return err
		}
	}
	return nil
}

func fileRegistered(a *Act, b *File) error {
	to, err := a.step(&objectionMachine, "", "", "file", "", Relations{})
	if err != nil {
		return err
	}
	if err := first(checkHash("reasonHash", b.ReasonHash), optionalText("reason", b.Reason, 400), checkMaterial("materialHashes", b.MaterialHashes)); err != nil {
		return err
	}
	var cert Certificate
	if err := need(a, KindCertificate, "certNo", b.CertNo, &cert); err != nil {
		return err
	}
	objector, who := a.Actor.USCC, a.Actor.USCC
	switch {
	case objector == cert.HolderID:
		return refuse(CodeSelf, "权利人不得对自己的登记提出异议；有误的请申请变更或更正", "the holder does not object to its own registration; what is wrong it has changed or corrected").at("certNo").on(cert.ID)
	case objector == cert.RegistrarID:
		if err := checkHash("outsiderHash", b.OutsiderHash); err != nil {
			return err
		}
		if !a.office(RoleRegistrar) {
			return refuse(CodeRole, "须由登记经办人代为提出", "entered by a registrar's officer only").on(cert.ID)
		}
		objector, who = "", b.OutsiderHash
	case b.OutsiderHash != "":
		return refuse(CodeRole, "只有登记机构可代外部人提出", "only the registrar enters an outsider's objection").at("outsiderHash").on(cert.ID)
	}
	if len(b.RightIDs) == 0 {
		for _, r := range cert.Rights {
			b.RightIDs = append(b.RightIDs, r.RightID)
		}
	}
	var objected []string
	for i, id := range b.RightIDs {
		field := "rightIds[" + strconv.Itoa(i) + "]"
		if !slices.ContainsFunc(cert.Rights, func(r CertificateRight) bool { return r.RightID == id }) || slices.Contains(b.RightIDs[:i], id) {
			return refuse(CodeFormat, "须为凭证 %s 所载权利，不重复", "must be a right of certificate %s, once", cert.ID).at(field)
		}
		var r Right
		if err := need(a, KindRight, field, id, &r); err != nil {
			return err
		}
		if !rightMachine.Ended(r.State) {
			objected = append(objected, id)
		}
	}
	if len(objected) == 0 {
		return refuse(CodeState, "所涉权利均已终止", "the rights have all ended").at("rightIds").on(cert.ID)
	}
	code, _, _ := strings.Cut(cert.RuleProfileVer, "@")
	p, err := a.profileNow(code) // an objection begins now, whenever the right did
	if err != nil {
		return err
	}
	due, err := a.notifyDue(p)
	if err != nil {
		return err
	}
	o := &Objection{
		Stage: PostRegistration, RightIDs: objected, CertNo: cert.CertNo, HolderID: cert.HolderID, RegistrarID: cert.RegistrarID, ObjectorID: objector,
		OutsiderHash: b.OutsiderHash, ReasonHash: b.ReasonHash, Reason: b.Reason, MaterialHashes: b.MaterialHashes,
		FiledAt: a.Now, CompleteAt: a.Now, NotifyDueAt: due, DueAt: due,
	}
	id := a.newID(KindObjection, a.regionFor(cert.ObjectID))
	if err := a.claimOnce(pair("objection", cert.CertNo, who), id, "certNo", a.objectionOpen); err != nil {
		return err
	}
	if err := a.rely(id, o.parties()...); err != nil {
		return err
	}
	return a.create(KindObjection, id, to, p.Ver(), o)
}

func (a *Act) objectionOpen(id string) (bool, error) {
	var o Objection
	ok, err := a.Ledger.Load(KindObjection, id, &o)
	return ok && !objectionMachine.Ended(o.State), err
}

// notifyDue is until when the registrar tells the holder. A profile from before
// there were objections of this kind gives the time it gives to decide one.
func (a *Act) notifyDue(p *Profile) (UnixSec, error) {
	days := p.Int(ParamObjNotifyWorkdays)
	if days == 0 {
		days = p.Int(ParamObjectionWorkdays)
	}
	return p.Due(a.Now, days)
}

// parties are bound by an open objection and do not leave.
func (o *Objection) parties() []string { return []string{o.HolderID, o.ObjectorID} }

// stepObjection loads an objection to what is registered, steps it, lets change
// edit it and stores it; event is the body's own.
func (a *Act) stepObjection(id, event string, outcome func(*Objection) string, change func(*Objection, *Profile) error) error {
	var o Objection
	if err := need(a, KindObjection, "objectionId", id, &o); err != nil {
		return err
	}
	if o.Stage != PostRegistration {
		return refuse(CodeState, "异议针对公示中的案件，请用 registration.* 命令", "the objection is to a case in notice; use the commands registration.*").at("objectionId").on(o.ID)
	}
	objector := o.ObjectorID
	if objector == "" {
		objector = o.RegistrarID // speaks for whoever is not here
	}
	named := ""
	if outcome != nil {
		named = outcome(&o)
	}
	to, err := a.step(&objectionMachine, o.ID, o.State, event, named, Relations{ByObjector: {objector}, ByHolder: {o.HolderID}, ByRegistrar: {o.RegistrarID}})
	if err != nil {
		return err
	}
	if o.ObjectorID == "" && a.Actor.USCC == o.RegistrarID && !a.office(RoleRegistrar) {
		return refuse(CodeRole, "须由登记经办人代外部人办理", "an outsider is spoken for by a registrar's officer").on(o.ID)
	}
	p, err := a.profile(o.RuleProfileVer)
	if err != nil {
		return err
	}
	if change != nil {
		if err := change(&o, p); err != nil {
			return err
		}
	}
	return a.endObjection(&o, to)
}

// endObjection stores an objection in a state; an end takes exactly its own
// encumbrance off the rights.
func (a *Act) endObjection(o *Objection, to State) error {
	o.State = to
	if objectionMachine.Ended(to) {
		o.DecidedAt = a.Now
		for _, id := range o.RightIDs {
			if err := a.unrestrain(id, o.ID); err != nil {
				return err
			}
		}
		if err := a.unrely(o.ID, o.parties()...); err != nil {
			return err
		}
	}
	return a.update(KindObjection, o)
}

// ReturnIncomplete is the body of objection.returnIncomplete.
type ReturnIncomplete struct {
	ObjectionID string   `json:"objectionId"`
	Missing     []string `json:"incompleteList"`
}

func returnIncomplete(a *Act, b *ReturnIncomplete) error {
	if len(b.Missing) == 0 || len(b.Missing) > 20 {
		return refuse(CodeFormat, "列明 1 至 20 项需补正内容", "list 1 to 20 things to complete").at("incompleteList")
	}
	for i, m := range b.Missing {
		if err := checkText("incompleteList["+strconv.Itoa(i)+"]", m, 200); err != nil {
			return err
		}
	}
	return a.stepObjection(b.ObjectionID, "returnIncomplete", nil, func(o *Objection, p *Profile) error {
		days := p.Int(ParamObjComplaintDays)
		if days == 0 {
			days = p.Int(ParamObjectionWorkdays)
		}
		due, err := p.Due(a.Now, days)
		o.IncompleteList, o.CompleteAt, o.NotifyDueAt, o.DueAt = b.Missing, 0, 0, due
		return err
	})
}

// MoreMaterial is the body of objection.resubmit.
type MoreMaterial struct {
	ObjectionID    string   `json:"objectionId"`
	MaterialHashes []string `json:"materialHashes"`
}

func resubmitObjection(a *Act, b *MoreMaterial) error {
	if err := checkMaterial("materialHashes", b.MaterialHashes); err != nil {
		return err
	}
	return a.stepObjection(b.ObjectionID, "resubmit", nil, func(o *Objection, p *Profile) error {
		if a.Now >= o.DueAt {
			return refuse(CodeDeadline, "补正期限 %s 已过", "the completion was due by %s", stamp(o.DueAt)).on(o.ID)
		}
		if len(o.MaterialHashes)+len(b.MaterialHashes) > 60 {
			return refuse(CodeFormat, "材料最多 60 份", "at most 60 pieces of material").at("materialHashes").on(o.ID)
		}
		due, err := a.notifyDue(p)
		o.MaterialHashes = append(o.MaterialHashes, b.MaterialHashes...)
		o.IncompleteList, o.CompleteAt, o.NotifyDueAt, o.DueAt = nil, a.Now, due, due
		return err
	})
}

func lapseObjection(a *Act, b *OfObjection) error {
	return a.stepObjection(b.ObjectionID, "lapse", nil, func(o *Objection, _ *Profile) error {
		if a.Now < o.DueAt {
			return refuse(CodeDeadline, "补正期限至 %s", "the completion is due by %s", stamp(o.DueAt)).on(o.ID)
		}
		return nil
	})
}

// overdue marks an act of the registrar on an objection that comes too late,
// and raises the alert of it; it is done all the same.
func (a *Act) overdue(o *Objection, due UnixSec) error {
	if due == 0 || a.Now < due {
		return nil
	}
	o.Late = true
	return a.raise("AL-OBJ-OVERDUE", o, KindObjection, o.RegistrarID)
}

// notifyHolder tells the holder; from now on the objection lies on the rights.
func notifyHolder(a *Act, b *OfObjection) error {
	return a.stepObjection(b.ObjectionID, "notifyHolder", nil, func(o *Objection, p *Profile) error {
		if err := a.overdue(o, o.NotifyDueAt); err != nil {
			return err
		}
		for _, id := range o.RightIDs {
			if err := a.restrain(id, Encumbrance{Type: EncObjection, RefID: o.ID, From: a.Now, ByID: a.Actor.USCC}); err != nil {
				return err
			}
		}
		due, err := p.Due(a.Now, p.Int(ParamObjectionWorkdays))
		o.NotifiedAt, o.DueAt = a.Now, due
		return err
	})
}

// Concede is the body of objection.concede.
type Concede struct {
	ObjectionID string `json:"objectionId"`
	Outcome     string `json:"outcome"` // Change, Cancel
}

func concede(a *Act, b *Concede) error {
	if err := oneOf("outcome", b.Outcome, OutcomeChange, OutcomeCancel); err != nil {
		return err
	}
	return a.stepObjection(b.ObjectionID, "concede", nil, func(o *Objection, _ *Profile) error {
		o.Outcome = b.Outcome
		return nil
	})
}

// Contest is the body of objection.contest.
type Contest struct {
	ObjectionID   string `json:"objectionId"`
	StatementHash string `json:"holderStatementHash"`
}

func contest(a *Act, b *Contest) error {
	if err := checkHash("holderStatementHash", b.StatementHash); err != nil {
		return err
	}
	return a.stepObjection(b.ObjectionID, "contest", nil, func(o *Objection, p *Profile) error {
		due, err := p.Due(a.Now, p.Int(ParamObjectionWorkdays))
		o.HolderStatementHash, o.DueAt = b.StatementHash, due
		return err
	})
}

// Conclude is the body of objection.conclude.
type Conclude struct {
	ObjectionID    string `json:"objectionId"`
	Outcome        string `json:"outcome"` // Change, Cancel, Dismissed
	ConclusionHash string `json:"conclusionHash"`
}

func conclude(a *Act, b *Conclude) error {
	if err := first(oneOf("outcome", b.Outcome, OutcomeChange, OutcomeCancel, OutcomeDismissed), checkHash("conclusionHash", b.ConclusionHash)); err != nil {
		return err
	}
	return a.stepObjection(b.ObjectionID, "conclude", nil, func(o *Objection, p *Profile) error {
		if o.State == StateObjNotified {
			if a.Now < o.DueAt {
				return refuse(CodeDeadline, "权利人可在 %s 前答复", "the holder may answer until %s", stamp(o.DueAt)).on(o.ID)
			}
		} else if err := a.overdue(o, o.DueAt); err != nil {
			return err
		}
		o.Outcome, o.ConclusionHash, o.ConcludedAt = b.Outcome, b.ConclusionHash, a.Now
		o.SuitDueAt = startOfDay(a.Now).AddDate(0, 0, int(p.Int(ParamObjSuitDays))+1).Unix() // 24:00 of the last day, the first not counted
		if p.Rec.Demo() {
			o.SuitDueAt = a.Now + p.Int(ParamObjSuitDays)*p.Int(ParamDemoSeconds)
		}
		return nil
	})
}

// settles is the outcome of a row that ends what an objection came to.
func settles(outcome string) string {
	if outcome == OutcomeDismissed {
		return "dismissed"
	}
	return "toCarryOut"
}

func acceptConclusion(a *Act, b *OfObjection) error {
	accepting := func(o *Objection) string { // both sides, whoever comes second
		if len(o.AcceptedBy) == 0 || o.AcceptedBy[0] == a.Actor.USCC {
			return "one"
		}
		return settles(o.Outcome)
	}
	return a.stepObjection(b.ObjectionID, "acceptConclusion", accepting, func(o *Objection, _ *Profile) error {
		if slices.Contains(o.AcceptedBy, a.Actor.USCC) {
			return refuse(CodeExists, "已经接受", "has accepted already").on(o.ID)
		}
		o.AcceptedBy = append(o.AcceptedBy, a.Actor.USCC)
		return nil
	})
}

// GoToCourt is the body of objection.goToCourt.
type GoToCourt struct {
	ObjectionID string `json:"objectionId"`
	ForumRef    string `json:"forumRef"` // arbitration or case number
}

func goToCourt(a *Act, b *GoToCourt) error {
	if err := checkText("forumRef", b.ForumRef, 80); err != nil {
		return err
	}
	return a.stepObjection(b.ObjectionID, "goToCourt", nil, func(o *Objection, _ *Profile) error {
		if a.Now >= o.SuitDueAt {
			return refuse(CodeDeadline, "起诉期限 %s 已过", "suit was to be brought by %s", stamp(o.SuitDueAt)).on(o.ID)
		}
		o.ForumRef = b.ForumRef
		return nil
	})
}

// EnterJudgment is the body of objection.enterJudgment.
type EnterJudgment struct {
	ObjectionID  string `json:"objectionId"`
	Outcome      string `json:"outcome"` // Change, Cancel, Dismissed
	JudgmentHash string `json:"judgmentHash"`
}

func enterJudgment(a *Act, b *EnterJudgment) error {
	if err := first(oneOf("outcome", b.Outcome, OutcomeChange, OutcomeCancel, OutcomeDismissed), checkHash("judgmentHash", b.JudgmentHash)); err != nil {
		return err
	}
	return a.stepObjection(b.ObjectionID, "enterJudgment", func(*Objection) string { return settles(b.Outcome) }, func(o *Objection, _ *Profile) error {
		o.Outcome, o.JudgmentHash = b.Outcome, b.JudgmentHash
		return nil
	})
}

func lapseNoSuit(a *Act, b *OfObjection) error {
	return a.stepObjection(b.ObjectionID, "lapseNoSuit", func(o *Objection) string { return settles(o.Outcome) }, func(o *Objection, _ *Profile) error {
		if a.Now < o.SuitDueAt {
			return refuse(CodeDeadline, "可在 %s 前起诉", "suit may be brought until %s", stamp(o.SuitDueAt)).on(o.ID)
		}
		return nil
	})
}

func withdrawRegistered(a *Act, b *OfObjection) error {
	return a.stepObjection(b.ObjectionID, "withdraw", nil, nil)
}
