package rights

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/merkle"
)

// Submit is the body of registration.submit.
type Submit struct {
	RegType       string       `json:"regType"`
	Profile       string       `json:"profile,omitempty"` // default DRWG
	ApplicantIDs  []string     `json:"applicantIds,omitempty"`
	RegistrarID   string       `json:"registrarId"`
	ObjectType    string       `json:"objectType"`
	ObjectID      string       `json:"objectId"`
	ObjectVersion int64        `json:"objectVersion,omitempty"` // default: the newest
	RightKinds    []RightKind  `json:"rightKinds"`
	SourceType    string       `json:"sourceType,omitempty"` // default: the resource's
	Basis         []Basis      `json:"basis,omitempty"`
	Limits        *Limits      `json:"limits,omitempty"` // default: the resource's
	Allocation    []Allocation `json:"allocationNote,omitempty"`
	Papers        []Evidence   `json:"evidence"`
}

func (b *Submit) check(actor string) error {
	if b.Profile == "" {
		b.Profile = "DRWG"
	}
	if len(b.ApplicantIDs) == 0 {
		b.ApplicantIDs = []string{actor}
	}
	if err := first(
		oneOf("regType", b.RegType, "RegFirst"),
		oneOf("profile", b.Profile, "DRWG"),
		oneOf("objectType", b.ObjectType, "Resource"),
		checkParticipantID("registrarId", b.RegistrarID),
	); err != nil {
		return err
	}
	if len(b.ApplicantIDs) != 1 {
		return refuse(CodeFormat, "一件申请一个申请人；共同持有人各自申请", "one applicant an application; joint holders each apply").at("applicantIds")
	}
	if len(b.RightKinds) == 0 || len(b.RightKinds) > 3 {
		return refuse(CodeFormat, "申请一至三种权利", "ask for one to three kinds").at("rightKinds")
	}
	for i, k := range b.RightKinds {
		field := "rightKinds[" + strconv.Itoa(i) + "]"
		if err := oneOf(field, k, RightHolding, RightUse, RightOperation); err != nil {
			return err
		}
		if slices.Contains(b.RightKinds[:i], k) {
			return refuse(CodeFormat, "重复", "is given twice").at(field)
		}
	}
	for i, al := range b.Allocation {
		field := "allocationNote[" + strconv.Itoa(i) + "]"
		if al.HolderID != b.ApplicantIDs[0] {
			return refuse(CodeFormat, "权利只能分配给申请人", "rights are allocated to the applicant").at(field + ".holderId")
		}
		if err := oneOf(field+".kind", al.Kind, b.RightKinds...); err != nil {
			return err
		}
		if slices.ContainsFunc(b.Allocation[:i], func(o Allocation) bool { return o.Kind == al.Kind }) {
			return refuse(CodeFormat, "同种权利只分配一次", "each kind is allocated once").at(field + ".kind")
		}
		if al.To < 0 {
			return refuse(CodeFormat, "不得为负", "must not be negative").at(field + ".to")
		}
		if al.Restriction != "" {
			if err := checkText(field+".restriction", al.Restriction, 400); err != nil {
				return err
			}
		}
	}
	return checkLimits("limits", b.Limits)
}

func submit(a *Act, b *Submit) error {
	if _, err := a.step(&caseMachine, "", "", "submit", "", Relations{Applicant: a.Actor.USCC}); err != nil {
		return err
	}
	if err := b.check(a.Actor.USCC); err != nil {
		return err
	}
	p, err := a.profileNow(b.Profile)
	if err != nil {
		return err
	}
	applicantID := b.ApplicantIDs[0]
	applicant := a.Actor
	agentID := ""
	if applicantID != a.Actor.USCC {
		agentID = a.Actor.USCC
		if applicant, err = a.participant("applicantIds[0]", applicantID); err != nil {
			return err
		}
		if applicant.State != StateActive {
			return refuse(CodeInactive, "申请人状态为 %s", "the applicant is %s", string(applicant.State)).at("applicantIds[0]").on(applicantID)
		}
	}
	registrar, err := a.participant("registrarId", b.RegistrarID)
	if err != nil {
		return err
	}
	if registrar.State != StateActive || !slices.Contains(registrar.Roles, RoleRegistrar) {
		return refuse(CodeRole, "%s 不是有效的登记机构", "%s is not an active registrar", b.RegistrarID).at("registrarId").on(b.RegistrarID)
	}
	if err := separate("applicantIds[0]", applicant, registrar); err != nil {
		return err
	}
	if agentID != "" { // nor does a registrar act for one
		if err := separate("kid", a.Actor, registrar); err != nil {
			return err
		}
	}
	var r Resource
	if err := need(a, KindResource, "objectId", b.ObjectID, &r); err != nil {
		return err
	}
	if r.State != StateCatalogued {
		return refuse(CodeState, "资源状态为“%[1]s”，须为已编目", "the resource is %[2]s; it must be Catalogued", resourceMachine.Titled(r.State).Zh, string(r.State)).at("objectId").on(r.ID)
	}
	if b.SourceType == "" {
		b.SourceType = r.SourceType
	}
	if err := oneOf("sourceType", b.SourceType, sourceTypes...); err != nil {
		return err
	}
	if applicantID == r.HolderID && b.SourceType != r.SourceType {
		return refuse(CodeFormat, "与编目的来源不符（%s）", "differs from the catalogued source (%s)", r.SourceType).at("sourceType").on(r.ID)
	}
	if err := checkClaim(p, &r, applicantID, b.SourceType, b.RightKinds); err != nil {
		return err
	}
	if applicantID != r.HolderID && (b.SourceType == "SrcCollected" || b.SourceType == "SrcCrawled") {
		return refuse(CodeBasis, "数据由 %s 持有；非持有人申请须以协议、衍生或共同来源为据", "the data is held by %s; others apply by agreement, derivation or joint source", r.HolderID).at("sourceType").on(r.ID).by("RT-1")
	}
	if b.ObjectVersion == 0 {
		b.ObjectVersion = int64(len(r.Versions))
	}
	if b.ObjectVersion < 1 || b.ObjectVersion > int64(len(r.Versions)) {
		return refuse(CodeNotFound, "没有版本 %d", "there is no version %d", b.ObjectVersion).at("objectVersion").on(r.ID)
	}
	if err := checkPapers(requiredPapers(p, &r, b.SourceType, b.RightKinds, agentID != ""), b.Papers); err != nil {
		return err
	}
	for i, al := range b.Allocation {
		if al.To > 0 && al.To <= a.Now {
			return refuse(CodeTerm, "期限须晚于现在", "the term must end after now").at("allocationNote[" + strconv.Itoa(i) + "].to").by("RT-3")
		}
	}
	basis, err := a.checkBasis(p, applicantID, b.SourceType, b.RightKinds, b.Basis, b.Papers)
	if err != nil {
		return err
	}
	if err := a.notYetHeld("objectId", r.ID, applicantID, b.RightKinds); err != nil {
		return err
	}
	if err := a.noOpenCase("objectId", r.ID, applicantID, b.RightKinds); err != nil {
		return err
	}
	due, err := p.Due(a.Now, p.Int(ParamAcceptWorkdays))
	if err != nil {
		return err
	}
	if b.Limits == nil {
		b.Limits = r.Limits
	}
	if err := allowLimits("limits", r.Level, b.Limits); err != nil {
		return err
	}
	c := &Case{
		RegType: b.RegType, Profile: b.Profile, ApplicantIDs: b.ApplicantIDs, AgentID: agentID, RegistrarID: b.RegistrarID,
		ObjectType: b.ObjectType, ObjectID: r.ID, ObjectVersion: b.ObjectVersion, ObjectName: r.Name, RightKinds: b.RightKinds,
		SourceType: b.SourceType, Basis: basis, Limits: b.Limits, Allocation: b.Allocation, Papers: b.Papers,
		SubmittedAt: a.Now, AcceptDueAt: due,
	}
	id := a.newID(KindCase, r.RegionCode)
	if err := a.create(KindCase, id, StateSubmitted, p.Ver(), c); err != nil {
		return err
	}
	return a.openedCase(id, r.ID, applicantID, b.RightKinds)
}

// separate refuses an applicant, or its agent, who is, or is too near to, the
// registrar.
func separate(field string, applicant, registrar *Participant) error {
	switch {
	case applicant.USCC == registrar.USCC || slices.Contains(applicant.Roles, RoleRegistrar):
		return refuse(CodeSelf, "登记机构不得作为登记申请人", "a registrar does not apply for registration").at(field).on(applicant.USCC).by("SD-1")
	case applicant.GroupID != "" && applicant.GroupID == registrar.GroupID:
		return refuse(CodeSelf, "申请人或其代理人与登记机构属于同一集团", "applicant or agent shares a group with the registrar").at("registrarId").on(applicant.USCC).by("SD-1")
	case slices.Contains(applicant.Roles, RoleRegulator):
		return refuse(CodeSelf, "监管部门不持有市场权利", "a regulator holds no market right").at(field).on(applicant.USCC).by("SD-4")
	}
	return nil
}

// openCases is the pointer from object, applicant and type to the newest case
// of each right kind (RG-3).
type openCases struct {
	Cases []heldRight `json:"cases"`
}

// noOpenCase refuses while the applicant has a case open on the object for one
// of the kinds; nil kinds means any.
func (a *Act) noOpenCase(field, objectID, applicantID string, kinds []RightKind) error {
	var open openCases
	if ok, err := a.Ledger.Load(PointerOpen, pair(objectID, applicantID, "RegFirst"), &open); err != nil || !ok {
		return err
	}
	for _, o := range open.Cases {
		if kinds != nil && !slices.Contains(kinds, o.Kind) {
			continue
		}
		var c Case
		if err := need(a, KindCase, field, o.ID, &c); err != nil {
			return err
		}
		if !caseMachine.Ended(c.State) {
			return refuse(CodeExists, "同一对象、同种权利已有未结案件 %s", "a case for this object and kind is open already: %s", c.ID).at(field).on(c.ID).by("RG-3")
		}
	}
	return nil
}

func (a *Act) openedCase(id, objectID, applicantID string, kinds []RightKind) error {
	key := pair(objectID, applicantID, "RegFirst")
	var open openCases
	if _, err := a.Ledger.Load(PointerOpen, key, &open); err != nil {
		return err
	}
	for _, k := range kinds {
		open.Cases = replaced(open.Cases, k, id)
	}
	return a.Ledger.Store(PointerOpen, key, &open)
}

// replaced sets the id of a kind in a pointer's list.
func replaced(list []heldRight, k RightKind, id string) []heldRight {
	i := slices.IndexFunc(list, func(h heldRight) bool { return h.Kind == k })
	if i < 0 {
		return append(list, heldRight{k, id})
	}
	list[i].ID = id
	return list
}

// OfCase is the body of events that need nothing but the case.
type OfCase struct {
	CaseID string `json:"caseId"`
}

// stepCase loads a case, steps it, lets change edit it and stores it. Change
// sees the case still in its old state.
func stepCase(a *Act, id, event, outcome string, change func(*Case, *Profile) error) error {
	var c Case
	if err := need(a, KindCase, "caseId", id, &c); err != nil {
		return err
	}
	return a.stepLoaded(&c, "", event, outcome, change)
}

// stepLoaded is stepCase for a case in hand; objector is who may take back the
// objection at issue.
func (a *Act) stepLoaded(c *Case, objector, event, outcome string, change func(*Case, *Profile) error) error {
	rel := Relations{Applicant: c.ApplicantIDs[0], Objector: objector, Registrar: c.RegistrarID}
	if a.Actor.USCC == c.AgentID {
		rel.Applicant = c.AgentID
	}
	to, err := a.step(&caseMachine, c.ID, c.State, event, outcome, rel)
	if err != nil {
		return err
	}
	p, err := a.profile(c.RuleProfileVer)
	if err != nil {
		return err
	}
	if change != nil {
		if err := change(c, p); err != nil {
			return err
		}
	}
	if to == StatePrevious {
		to, c.HeldFrom = c.HeldFrom, ""
	}
	c.State = to
	if caseMachine.Ended(to) {
		c.EndedAt = a.Now
	}
	return a.update(KindCase, c)
}

// late marks an act of the registrar that comes at or after its due instant.
func (a *Act) late(c *Case, event string, due UnixSec) {
	if due > 0 && a.Now >= due {
		c.Late = append(c.Late, Lateness{event, due, a.Now})
	}
}

// stamp prints an instant in the zone its period was counted in.
func stamp(t UnixSec) string { return time.Unix(t, 0).In(shanghai).Format(time.RFC3339) }

// pause stops the review clock: for a supplement, and for the notice with the
// objections to it.
func (a *Act) pause(c *Case) { c.PausedAt = a.Now }

// resume moves the review limit by the time the clock stood still until then;
// it does nothing while the clock runs.
func (c *Case) resume(p *Profile, at UnixSec) error {
	if c.PausedAt == 0 {
		return nil
	}
	due, days, err := p.Extend(c.ReviewDueAt, c.PausedAt, at)
	if err != nil {
		return err
	}
	c.ReviewDueAt, c.PausedAt, c.PausedDays = due, 0, c.PausedDays+days
	return nil
}

// RequestCorrection is the body of registration.requestCorrection.
type RequestCorrection struct {
	CaseID  string   `json:"caseId"`
	Missing []string `json:"correctionList"`
}

func requestCorrection(a *Act, b *RequestCorrection) error {
	if len(b.Missing) == 0 || len(b.Missing) > 20 {
		return refuse(CodeFormat, "列明 1 至 20 项需补正内容", "list 1 to 20 things to correct").at("correctionList")
	}
	for i, m := range b.Missing {
		if err := checkText("correctionList["+strconv.Itoa(i)+"]", m, 200); err != nil {
			return err
		}
	}
	return stepCase(a, b.CaseID, "requestCorrection", "", func(c *Case, p *Profile) error {
		if a.Now >= c.AcceptDueAt {
			return refuse(CodeDeadline, "受理期限 %s 已过，应予受理", "the accept limit %s has passed; accept it", stamp(c.AcceptDueAt)).on(c.ID)
		}
		due, err := p.Due(a.Now, p.Int(ParamCorrectionWorkdays))
		c.CorrectionList, c.CorrectionDueAt = b.Missing, due
		return err
	})
}

// MorePapers is the body of registration.resubmit and registration.supplement.
type MorePapers struct {
	CaseID string     `json:"caseId"`
	Papers []Evidence `json:"evidence"`
}

func (b *MorePapers) add(c *Case) error {
	if len(b.Papers) == 0 || len(c.Papers)+len(b.Papers) > 60 {
		return refuse(CodeFormat, "补交至少一份材料，全案最多 60 份", "add at least one paper, at most 60 in the whole case").at("evidence")
	}
	if err := checkEvidence("evidence", b.Papers); err != nil {
		return err
	}
	c.Papers = append(c.Papers, b.Papers...)
	return nil
}

func resubmit(a *Act, b *MorePapers) error {
	return stepCase(a, b.CaseID, "resubmit", "", func(c *Case, p *Profile) error {
		if a.Now >= c.CorrectionDueAt {
			return refuse(CodeDeadline, "补正期限 %s 已过", "the correction was due by %s", stamp(c.CorrectionDueAt)).on(c.ID)
		}
		if err := b.add(c); err != nil {
			return err
		}
		due, err := p.Due(a.Now, p.Int(ParamAcceptWorkdays))
		c.CorrectionList, c.CorrectionDueAt, c.AcceptDueAt = nil, 0, due
		return err
	})
}

func lapse(a *Act, b *OfCase) error {
	return stepCase(a, b.CaseID, "lapse", "", func(c *Case, _ *Profile) error {
		if a.Now < c.CorrectionDueAt {
			return refuse(CodeDeadline, "补正期限至 %s", "the correction is due by %s", stamp(c.CorrectionDueAt)).on(c.ID)
		}
		return nil
	})
}

func (a *Act) accepted(c *Case, p *Profile, at UnixSec) error {
	due, err := p.Due(at, p.Int(ParamReviewWorkdays))
	c.AcceptedAt, c.ReviewDueAt = at, due
	return err
}

func accept(a *Act, b *OfCase) error {
	return stepCase(a, b.CaseID, "accept", "", func(c *Case, p *Profile) error {
		a.late(c, "accept", c.AcceptDueAt)
		return a.accepted(c, p, a.Now)
	})
}

// deemAccept writes down that silence was acceptance (DRWG 17).
func deemAccept(a *Act, b *OfCase) error {
	return stepCase(a, b.CaseID, "deemAccept", "", func(c *Case, p *Profile) error {
		if p.Int(ParamAcceptDeemed) == 0 {
			return refuse(CodeProfile, "依 %s，沉默不视为受理", "silence is not acceptance under %s", p.Ver()).on(c.ID)
		}
		if a.Now < c.AcceptDueAt {
			return refuse(CodeDeadline, "受理期限至 %s", "the registrar may answer until %s", stamp(c.AcceptDueAt)).on(c.ID)
		}
		at, err := p.NextWorkingDay(c.AcceptDueAt)
		if err != nil {
			return err
		}
		c.AcceptDeemed = true
		return a.accepted(c, p, at)
	})
}

// ExtendReview is the body of registration.extendReview.
type ExtendReview struct {
	CaseID   string `json:"caseId"`
	Workdays int64  `json:"workdays"`
	Reason   string `json:"reason"`
}

func extendReview(a *Act, b *ExtendReview) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return stepCase(a, b.CaseID, "extendReview", "", func(c *Case, p *Profile) error {
		if most := p.Int(ParamReviewExtendWorkdays); b.Workdays < 1 || b.Workdays > most {
			return refuse(CodeDeadline, "可延长 1 至 %d 个工作日", "may be extended by 1 to %d working days", most).at("workdays").on(c.ID)
		}
		if a.Now >= c.ReviewDueAt {
			return refuse(CodeDeadline, "审查期限 %s 已过，不得延长", "the review limit %s has passed; it is not extended", stamp(c.ReviewDueAt)).on(c.ID)
		}
		if c.ReviewExtended {
			return refuse(CodeDeadline, "只能延长一次", "may be extended once only").on(c.ID)
		}
		due, err := p.Due(c.ReviewDueAt-1, b.Workdays)
		c.ReviewDueAt, c.ReviewExtended, c.Reason = due, true, b.Reason
		return err
	})
}

func (f *Findings) check() error {
	for _, x := range []struct {
		field string
		f     *Finding
	}{{"findings.description", f.Description}, {"findings.source", f.Source}, {"findings.rights", f.Rights}} {
		if x.f != nil && x.f.NoteHash != "" {
			if err := checkHash(x.field+".noteHash", x.f.NoteHash); err != nil {
				return err
			}
		}
	}
	return nil
}

// merge writes the findings that were given over those of the case.
func (f *Findings) merge(c *Case) error {
	if f == nil {
		return nil
	}
	if err := f.check(); err != nil {
		return err
	}
	if c.Findings == nil {
		c.Findings = &Findings{}
	}
	for _, x := range []struct{ from, to **Finding }{
		{&f.Description, &c.Findings.Description}, {&f.Source, &c.Findings.Source}, {&f.Rights, &c.Findings.Rights},
	} {
		if *x.from != nil {
			*x.to = *x.from
		}
	}
	return nil
}

// positive refuses unless all three findings are there and positive (2.9).
func (f *Findings) positive(caseID string) error {
	if f == nil {
		f = &Findings{}
	}
	for _, x := range []struct {
		name, zh string
		f        *Finding
	}{{"description", "描述准确", f.Description}, {"source", "来源合法", f.Source}, {"rights", "权利清晰", f.Rights}} {
		if x.f == nil || !x.f.Positive {
			return refuse(CodeState, "“%[1]s”的审查结论尚未肯定", "the finding %[2]q is not positive", x.zh, x.name).at("findings." + x.name).on(caseID).by("DRWG 18-21")
		}
	}
	return nil
}

// Review is the body of registration.review.
type Review struct {
	CaseID   string    `json:"caseId"`
	Findings *Findings `json:"findings"`
}

func review(a *Act, b *Review) error {
	if b.Findings == nil || *b.Findings == (Findings{}) {
		return refuse(CodeFormat, "至少一项结论", "at least one finding").at("findings")
	}
	return stepCase(a, b.CaseID, "review", "", func(c *Case, _ *Profile) error { return b.Findings.merge(c) })
}

// RequestSupplement is the body of registration.requestSupplement.
type RequestSupplement struct {
	CaseID string `json:"caseId"`
	Reason string `json:"reason"`
}

func requestSupplement(a *Act, b *RequestSupplement) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return stepCase(a, b.CaseID, "requestSupplement", "", func(c *Case, _ *Profile) error {
		c.Reason = b.Reason
		a.pause(c)
		return nil
	})
}

func supplement(a *Act, b *MorePapers) error {
	return stepCase(a, b.CaseID, "supplement", "", func(c *Case, p *Profile) error {
		if err := b.add(c); err != nil {
			return err
		}
		return c.resume(p, a.Now)
	})
}

// Ground is the body of registration.terminate and registration.reject.
type Ground struct {
	CaseID       string `json:"caseId"`
	RejectGround string `json:"rejectGround,omitempty"`
	Reason       string `json:"reason"`
	ReasonHash   string `json:"reasonHash,omitempty"`
}

// RejectGrounds are the grounds of DRWG 22; G6 is local (core data).
var RejectGrounds = []string{"G1", "G2", "G3", "G4", "G5", "G6"}

func (b *Ground) into(c *Case) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	if b.ReasonHash != "" {
		if err := checkHash("reasonHash", b.ReasonHash); err != nil {
			return err
		}
	}
	c.RejectGround, c.Reason, c.ReasonHash = b.RejectGround, b.Reason, b.ReasonHash
	return nil
}

func terminate(a *Act, b *Ground) error {
	return stepCase(a, b.CaseID, "terminate", "", func(c *Case, _ *Profile) error {
		if b.RejectGround != "" {
			return refuse(CodeFormat, "终止不写不予登记理由", "a termination has no refusal ground").at("rejectGround")
		}
		return b.into(c)
	})
}

func reject(a *Act, b *Ground) error {
	return stepCase(a, b.CaseID, "reject", "", func(c *Case, _ *Profile) error {
		if err := oneOf("rejectGround", b.RejectGround, RejectGrounds...); err != nil {
			return err
		}
		a.late(c, "reject", c.ReviewDueAt)
		return b.into(c)
	})
}

// PublishNotice is the body of registration.publishNotice.
type PublishNotice struct {
	CaseID     string    `json:"caseId"`
	Findings   *Findings `json:"findings,omitempty"`
	NoticeText string    `json:"noticeText,omitempty"` // default: made from the case
}

func publishNotice(a *Act, b *PublishNotice) error {
	return stepCase(a, b.CaseID, "publishNotice", "", func(c *Case, p *Profile) error {
		if err := b.Findings.merge(c); err != nil {
			return err
		}
		if err := c.Findings.positive(c.ID); err != nil {
			return err
		}
		if b.NoticeText == "" {
			applicant, err := a.participant("caseId", c.ApplicantIDs[0])
			if err != nil {
				return err
			}
			b.NoticeText = applicant.Name + "申请登记“" + c.ObjectName + "”的" + kindsZh(c.RightKinds) + "，现予公示。"
		}
		if err := checkText("noticeText", b.NoticeText, 400); err != nil {
			return err
		}
		a.late(c, "publishNotice", c.ReviewDueAt)
		ends, err := p.Due(a.Now, p.Int(ParamNoticeWorkdays))
		if err != nil {
			return err
		}
		c.NoticeText, c.NoticeStartAt, c.NoticeEndsAt = b.NoticeText, a.Now, ends // RG-2: computed once
		a.pause(c)
		return nil
	})
}

func kindsZh(kinds []RightKind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = map[RightKind]string{RightHolding: "数据持有权", RightUse: "数据使用权", RightOperation: "数据经营权"}[k]
	}
	return strings.Join(names, "、")
}

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
		case objector == c.ApplicantIDs[0] || objector == c.AgentID:
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
			Stage: "InNotice", CaseID: c.ID, ObjectorID: objector, OutsiderHash: b.OutsiderHash, ReasonHash: b.ReasonHash,
			Reason: b.Reason, MaterialHashes: b.MaterialHashes, FiledAt: a.Now, DueAt: due,
		}); err != nil {
			return err
		}
		c.ObjectionIDs = append(c.ObjectionIDs, id)
		c.OpenObjections++
		return nil
	})
}

// regionOf takes the region out of a record's id.
func regionOf(id string) string { return strings.Split(id, "-")[1] }

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
		to, err := a.step(&objectionMachine, o.ID, o.State, "decide", b.Outcome, Relations{Registrar: c.RegistrarID})
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
			a.late(c, "decideObjection", o.DueAt)
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

// OfObjection is the body of registration.withdrawObjection.
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
		to, err := a.step(&objectionMachine, o.ID, o.State, "withdraw", "", Relations{Objector: o.ObjectorID})
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

func withdraw(a *Act, b *OfCase) error {
	return stepCase(a, b.CaseID, "withdraw", "", func(c *Case, _ *Profile) error { return a.closeObjections(c, "") })
}

// Hold is the body of registration.hold and registration.releaseHold.
type Hold struct {
	CaseID     string `json:"caseId"`
	MeasureRef string `json:"measureRef"`
}

func hold(a *Act, b *Hold) error {
	if err := checkText("measureRef", b.MeasureRef, 80); err != nil {
		return err
	}
	return stepCase(a, b.CaseID, "hold", "", func(c *Case, p *Profile) error {
		c.HeldFrom, c.HeldAt, c.MeasureRef, c.MeasureBy = c.State, a.Now, b.MeasureRef, a.Actor.USCC
		if c.State == StatePublicNotice && a.Now >= c.NoticeEndsAt {
			return c.resume(p, c.NoticeEndsAt) // the clock was running again
		}
		return nil
	})
}

// releaseHold moves every period that was running on by the time held (RG-6).
// A review clock that stood still anyway counts the hold when it goes on.
func releaseHold(a *Act, b *Hold) error {
	if err := checkText("measureRef", b.MeasureRef, 80); err != nil {
		return err
	}
	return stepCase(a, b.CaseID, "releaseHold", "", func(c *Case, p *Profile) error {
		if err := a.mayLift(c.MeasureBy, c.ID); err != nil {
			return err
		}
		running := []*UnixSec{&c.AcceptDueAt, &c.CorrectionDueAt, &c.NoticeEndsAt}
		if c.PausedAt == 0 {
			running = append(running, &c.ReviewDueAt)
		}
		for _, due := range running {
			if err := p.moveOn(due, c.HeldAt, a.Now); err != nil {
				return err
			}
		}
		for _, id := range c.ObjectionIDs {
			var o Objection
			if err := need(a, KindObjection, "caseId", id, &o); err != nil {
				return err
			}
			if o.State != StateObjFiled {
				continue
			}
			if err := p.moveOn(&o.DueAt, c.HeldAt, a.Now); err != nil {
				return err
			}
			if err := a.update(KindObjection, &o); err != nil {
				return err
			}
		}
		c.HeldAt, c.MeasureRef, c.MeasureBy = 0, b.MeasureRef, a.Actor.USCC
		return nil
	})
}

// moveOn extends a period that had not ended when the clock stopped.
func (p *Profile) moveOn(due *UnixSec, from, to UnixSec) error {
	if *due <= from {
		return nil
	}
	moved, _, err := p.Extend(*due, from, to)
	*due = moved
	return err
}

// RecordCase is the body of registration.record.
type RecordCase struct {
	CaseID          string       `json:"caseId"`
	CertNo          string       `json:"certNo"`
	Findings        *Findings    `json:"findings,omitempty"`
	NoticeExempt    *Exemption   `json:"noticeExempt,omitempty"`
	DuplicateReview *DupReview   `json:"duplicateReview,omitempty"`
	Remarks         []Remark     `json:"remarks,omitempty"`
	NationalRef     *NationalRef `json:"nationalRef,omitempty"`
}

// record completes a registration: rights, certificate and case in one (RG-1).
func record(a *Act, b *RecordCase) error {
	return stepCase(a, b.CaseID, "record", "", func(c *Case, p *Profile) error {
		if err := b.Findings.merge(c); err != nil {
			return err
		}
		if err := c.Findings.positive(c.ID); err != nil {
			return err
		}
		if c.State == StateUnderReview {
			if err := b.exempt(c, p); err != nil {
				return err
			}
		} else {
			if a.Now < c.NoticeEndsAt {
				return refuse(CodeDeadline, "公示期至 %s 届满", "the notice runs until %s", stamp(c.NoticeEndsAt)).on(c.ID)
			}
			if b.NoticeExempt != nil {
				return refuse(CodeFormat, "已经公示", "the notice was published").at("noticeExempt").on(c.ID)
			}
			if c.OpenObjections > 0 {
				return refuse(CodeState, "尚有未决异议", "objections are open").on(c.ID)
			}
			if err := c.resume(p, c.NoticeEndsAt); err != nil {
				return err
			}
		}
		a.late(c, "record", c.ReviewDueAt)
		return a.register(c, p, b)
	})
}

func (b *RecordCase) exempt(c *Case, p *Profile) error {
	if b.NoticeExempt == nil || !b.NoticeExempt.Exempt {
		return refuse(CodeState, "须先公示，或写明免予公示的理由", "publish the notice first, or exempt from it with a reason").at("noticeExempt").on(c.ID)
	}
	if p.Int(ParamNoticeExemption) == 0 {
		return refuse(CodeProfile, "%s 不允许免予公示", "%s allows no exemption from notice", p.Ver()).at("noticeExempt").on(c.ID)
	}
	if err := checkText("noticeExempt.reason", b.NoticeExempt.Reason, 400); err != nil {
		return err
	}
	c.NoticeExempt = b.NoticeExempt
	return nil
}

// register writes the rights and the certificate of a case.
func (a *Act) register(c *Case, p *Profile, b *RecordCase) error {
	var r Resource
	if err := need(a, KindResource, "caseId", c.ObjectID, &r); err != nil {
		return err
	}
	if r.State != StateCatalogued {
		return refuse(CodeState, "登记对象状态为“%[1]s”", "the object is %[2]s", resourceMachine.Titled(r.State).Zh, string(r.State)).on(r.ID)
	}
	holderID := c.ApplicantIDs[0]
	holder, err := a.participant("caseId", holderID)
	if err != nil {
		return err
	}
	if holder.State != StateActive {
		return refuse(CodeInactive, "申请人状态为 %s", "the applicant is %s", string(holder.State)).on(holderID)
	}
	registrar, err := a.participant("caseId", c.RegistrarID)
	if err != nil {
		return err
	}
	if err := checkCertNo(b.CertNo, registrar, a.Now); err != nil {
		return err
	}
	var taken Certificate
	if exists, err := a.Ledger.Load(KindCertificate, b.CertNo, &taken); err != nil {
		return err
	} else if exists {
		return refuse(CodeExists, "凭证号已用于 %s，永不重复", "the number was given to %s; it is unique for ever", taken.CaseID).at("certNo").on(b.CertNo).by("CT-1")
	}
	if err := a.notYetHeld("caseId", r.ID, holderID, c.RightKinds); err != nil {
		return err
	}
	if _, err := a.checkBasis(p, holderID, c.SourceType, c.RightKinds, c.Basis, c.Papers); err != nil {
		return err
	}
	if err := a.reviewDuplicates(c, &r, b.DuplicateReview); err != nil {
		return err
	}
	if err := checkRemarks(b.Remarks); err != nil {
		return err
	}
	if n := b.NationalRef; n != nil {
		if err := first(optionalText("nationalRef.evidenceNo", n.EvidenceNo, 64), optionalText("nationalRef.noticeNo", n.NoticeNo, 64)); err != nil {
			return err
		}
	}

	until, err := a.capTerm(AddMonths(a.Now, p.Int(ParamCertMaxMonths)), c.Basis)
	if err != nil {
		return err
	}
	cert := &Certificate{
		CertNo: b.CertNo, HolderID: holderID, HolderName: holder.Name, HolderType: holder.OrgType,
		ObjectType: c.ObjectType, ObjectID: r.ID, DataName: r.Name, Overview: r.Overview, IndustryCode: r.IndustryCode,
		SourceType: c.SourceType, RegionRange: r.RegionRange, TimeFrom: r.TimeFrom, TimeTo: r.TimeTo, UpdateFreq: r.UpdateFreq,
		Volume: r.RecordCount, DataForm: r.DataForm, Limits: c.Limits, Remarks: b.Remarks, RegistrarID: c.RegistrarID,
		CaseID: c.ID, IssuedAt: a.Now, ValidFrom: a.Now, EvidenceRoot: evidenceRoot(c.Papers),
		ContentRoot: r.Versions[c.ObjectVersion-1].ContentRoot, NationalRef: b.NationalRef, DemoProfile: p.Rec.Demo(),
	}
	heldKey := pair(r.ID, holderID)
	var held heldRights
	if _, err := a.Ledger.Load(PointerHeld, heldKey, &held); err != nil {
		return err
	}
	for _, k := range c.RightKinds {
		to, restriction := until, ""
		if i := slices.IndexFunc(c.Allocation, func(al Allocation) bool { return al.Kind == k }); i >= 0 {
			if al := c.Allocation[i]; al.To > 0 {
				to = min(to, al.To)
			}
			restriction = c.Allocation[i].Restriction
		}
		if to <= a.Now {
			return refuse(CodeTerm, "“%[1]s”的期限已过", "the term asked for %[2]s has passed", kindsZh([]RightKind{k}), string(k)).at("allocationNote").on(c.ID).by("RT-3")
		}
		id := a.newID(KindRight, r.RegionCode)
		if err := a.create(KindRight, id, StateActive, c.RuleProfileVer, &Right{
			Kind: k, ObjectType: c.ObjectType, ObjectID: r.ID, ObjectName: r.Name, ObjectVersionFrom: c.ObjectVersion, HolderID: holderID,
			Basis: c.Basis, Limits: c.Limits, ValidFrom: a.Now, ValidTo: to, Restriction: restriction, Remarks: b.Remarks,
			CertNo: b.CertNo, CaseID: c.ID, RegistrarID: c.RegistrarID,
		}); err != nil {
			return err
		}
		cert.Rights = append(cert.Rights, CertificateRight{id, k, holderID, a.Now, to, restriction})
		cert.ValidTo = max(cert.ValidTo, to)
		held.Rights = replaced(held.Rights, k, id)
		c.ResultRightIDs = append(c.ResultRightIDs, id)
	}
	if err := a.Ledger.Store(PointerHeld, heldKey, &held); err != nil {
		return err
	}
	if err := a.claimTagOfRight(c, &r); err != nil {
		return err
	}
	c.ResultCertNo, c.NationalRef = b.CertNo, b.NationalRef
	return a.create(KindCertificate, b.CertNo, StateValid, c.RuleProfileVer, cert)
}

// checkCertNo checks the form of a number and that it is this registrar's and
// of no month to come (DRWG annex 6).
func checkCertNo(no string, registrar *Participant, now UnixSec) error {
	if !ValidCertNo(no) {
		return refuse(CodeFormat, "须为 SJ、两位地区、一位机构号、YYYYMM、四位流水号，如 SJ3212026070001", "must be SJ, two digits of region, one of registrar, YYYYMM and a serial from 0001, such as SJ3212026070001").at("certNo").by("DRWG annex 6")
	}
	if own := registrar.Registrar.Region + registrar.Registrar.Digit; no[2:5] != own {
		return refuse(CodeFormat, "登记机构的号码以 SJ%s 开头", "this registrar's numbers begin with SJ%s", own).at("certNo").by("DRWG annex 6")
	}
	if month := time.Unix(now, 0).In(shanghai).Format("200601"); no[5:11] > month {
		return refuse(CodeTerm, "不得使用未来月份的号码（本月 %s）", "numbers of a month to come are not used (now %s)", month).at("certNo")
	}
	return nil
}

// capTerm shortens a term to the end of every basis (RT-3).
func (a *Act) capTerm(until UnixSec, basis []Basis) (UnixSec, error) {
	for _, b := range basis {
		if b.To > 0 {
			until = min(until, b.To)
		}
		if strings.HasPrefix(b.RefID, string(KindRight)+"-") {
			var r Right
			if err := need(a, KindRight, "basis", b.RefID, &r); err != nil {
				return 0, err
			}
			until = min(until, r.ValidTo)
		}
	}
	return until, nil
}

var dupGrounds = []string{"DupIndependent", "DupLicensed", "DupJoint", "DupPublic"}

// reviewDuplicates finds active rights of others on equal content and wants
// the registrar's word why they may stand side by side (2.10).
func (a *Act) reviewDuplicates(c *Case, r *Resource, review *DupReview) error {
	c.DuplicateOf = nil
	var tags tagClaims
	tag := r.Versions[c.ObjectVersion-1].MatchTag
	if tag != "" {
		if _, err := a.Ledger.Load(PointerTag, tag, &tags); err != nil {
			return err
		}
	}
	for _, claim := range tags.Claims {
		if claim.ResourceID == r.ID {
			continue // others' rights over the same object: RT-7, and the basis says why
		}
		if claim.HolderID == c.ApplicantIDs[0] {
			if err := a.notYetHeld("caseId", claim.ResourceID, claim.HolderID, c.RightKinds); err != nil {
				return err
			}
			continue
		}
		var held heldRights
		if _, err := a.Ledger.Load(PointerHeld, pair(claim.ResourceID, claim.HolderID), &held); err != nil {
			return err
		}
		for _, h := range held.Rights {
			other, ok, err := a.Right(h.ID)
			if err != nil {
				return err
			}
			if ok && other.State == StateActive && !slices.Contains(c.DuplicateOf, claim.ResourceID) {
				c.DuplicateOf = append(c.DuplicateOf, claim.ResourceID)
				break
			}
		}
	}
	if review == nil {
		if len(c.DuplicateOf) > 0 {
			return refuse(CodeDup, "他人已就相同内容（%s）登记权利；须写明重复审查结论", "others have rights on equal content (%s); a duplicate review is needed", strings.Join(c.DuplicateOf, ", ")).at("duplicateReview").on(c.ID).by("AL-REG-DUP")
		}
		return nil
	}
	if err := oneOf("duplicateReview.ground", review.Ground, dupGrounds...); err != nil {
		return err
	}
	if (review.Ground == "DupLicensed" || review.Ground == "DupJoint") && len(review.Links) == 0 {
		return refuse(CodeFormat, "须链接在先的权利或共同生产的依据", "must link the earlier right or the joint production").at("duplicateReview.links")
	}
	for i, l := range review.Links {
		if err := checkText("duplicateReview.links["+strconv.Itoa(i)+"]", l, 80); err != nil {
			return err
		}
	}
	if review.NoteHash != "" {
		if err := checkHash("duplicateReview.noteHash", review.NoteHash); err != nil {
			return err
		}
	}
	c.DuplicateReview = review
	return nil
}

// claimTagOfRight enters a holder of rights over somebody else's resource
// under its tag, so that equal content elsewhere meets him too.
func (a *Act) claimTagOfRight(c *Case, r *Resource) error {
	tag, holder := r.Versions[c.ObjectVersion-1].MatchTag, c.ApplicantIDs[0]
	if tag == "" || holder == r.HolderID {
		return nil
	}
	var claims tagClaims
	if _, err := a.Ledger.Load(PointerTag, tag, &claims); err != nil {
		return err
	}
	return a.enterClaim(tag, claims, tagClaim{r.ID, holder})
}

func checkRemarks(remarks []Remark) error {
	if len(remarks) > 20 {
		return refuse(CodeFormat, "备注最多 20 条", "at most 20 remarks").at("remarks")
	}
	for i, m := range remarks {
		f := "remarks[" + strconv.Itoa(i) + "]"
		if err := first(oneOf(f+".type", m.Type, "AgreedCondition", "Seizure", "AdministrativeControl", "Other"), checkText(f+".text", m.Text, 400), optionalText(f+".refId", m.RefID, 64)); err != nil {
			return err
		}
		if m.From < 0 || m.To < 0 || (m.To > 0 && m.To <= m.From) {
			return refuse(CodeFormat, "须早于 to，均不得为负", "must be before to, neither negative").at(f + ".from")
		}
	}
	return nil
}

// evidenceRoot is the RFC 6962 tree head, with SM3, over the file hashes of a
// case in the order they were filed.
func evidenceRoot(papers []Evidence) string {
	leaves := make([][]byte, len(papers))
	for i, e := range papers {
		leaves[i] = []byte(e.Hash)
	}
	return "sm3:" + hex.EncodeToString(merkle.Root(gm.NewSM3, leaves))
}
