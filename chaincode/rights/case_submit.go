package rights

import (
	"slices"
	"strconv"
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
		oneOf("regType", b.RegType, RegFirst),
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
	if _, err := a.step(&caseMachine, "", "", "submit", "", Relations{ByApplicant: {a.Actor.USCC}}); err != nil {
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
	if ok, err := a.Ledger.Load(PointerOpen, pair(objectID, applicantID, RegFirst), &open); err != nil || !ok {
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
	key := pair(objectID, applicantID, RegFirst)
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
