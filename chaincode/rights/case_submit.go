package rights

import (
	"slices"
	"strconv"
)

// Submit is the body of registration.submit. Of a registration after the first
// the fields from targetRightIds on are given, and what is already registered
// (object, kinds, source, basis) is taken from there.
type Submit struct {
	RegType       string       `json:"regType"`
	Profile       string       `json:"profile,omitempty"` // default DRWG
	ApplicantIDs  []string     `json:"applicantIds,omitempty"`
	RegistrarID   string       `json:"registrarId"`
	ObjectType    string       `json:"objectType,omitempty"`
	ObjectID      string       `json:"objectId,omitempty"`
	ObjectVersion int64        `json:"objectVersion,omitempty"` // default: the newest
	RightKinds    []RightKind  `json:"rightKinds,omitempty"`
	SourceType    string       `json:"sourceType,omitempty"` // default: the resource's
	Basis         []Basis      `json:"basis,omitempty"`
	Limits        *Limits      `json:"limits,omitempty"` // default: the resource's
	Allocation    []Allocation `json:"allocationNote,omitempty"`
	Papers        []Evidence   `json:"evidence"`

	TargetRightIDs []string      `json:"targetRightIds,omitempty"`
	TargetCertNo   string        `json:"targetCertNo,omitempty"`   // default: the rights'
	CounterpartyID string        `json:"counterpartyId,omitempty"` // transferee or licensee
	TermsHash      string        `json:"termsHash,omitempty"`      // what both sides, and those who consent, sign
	Changes        *Changes      `json:"changes,omitempty"`
	CancelReason   string        `json:"cancelReason,omitempty"`
	JudgmentHash   string        `json:"judgmentHash,omitempty"`
	ExecutionOf    string        `json:"executionOf,omitempty"`
	Licence        *LicenceTerms `json:"licence,omitempty"`
}

var regTypes = []string{RegFirst, RegTransfer, RegChange, RegCorrection, RegRenewal, RegCancel, RegLicence, RegRevoke}

// CodePublic is the profile under which public data is registered itself, not
// the rights in it (RG-7).
const CodePublic = "PUBLIC"

// way tells the rows of registration.submit apart.
func (a *Act) way(b *Submit) string {
	switch b.RegType {
	case RegTransfer, RegLicence:
		return "bilateral"
	case RegRevoke:
		return "ownMotion"
	case RegChange, RegCorrection, RegCancel:
		if slices.Contains(a.Actor.Roles, RoleRegistrar) {
			return "ownMotion"
		}
	}
	return ""
}

// check refuses what no state of the ledger could make right.
func (b *Submit) check(actor string) error {
	if b.Profile == "" {
		b.Profile = "DRWG"
	}
	if b.ObjectType == "" {
		b.ObjectType = ObjectResource
	}
	if err := first(
		oneOf("regType", b.RegType, regTypes...),
		oneOf("profile", b.Profile, "DRWG", CodePublic, CodeLocal),
		oneOf("objectType", b.ObjectType, ObjectResource, ObjectProduct),
		checkParticipantID("registrarId", b.RegistrarID),
		checkLimits("limits", b.Limits),
	); err != nil {
		return err
	}
	if len(b.ApplicantIDs) > 1 {
		return refuse(CodeFormat, "一件申请一个申请人；共同持有人各自申请", "one applicant an application; joint holders each apply").at("applicantIds")
	}
	if b.RegType != RegFirst || b.Profile == CodePublic {
		return nil
	}
	if len(b.ApplicantIDs) == 0 {
		b.ApplicantIDs = []string{actor}
	}
	if err := checkKinds(b.RightKinds, 3); err != nil {
		return err
	}
	for _, later := range []struct {
		field string
		given bool
	}{
		{"targetRightIds", len(b.TargetRightIDs) > 0}, {"targetCertNo", b.TargetCertNo != ""}, {"counterpartyId", b.CounterpartyID != ""}, {"termsHash", b.TermsHash != ""},
		{"changes", b.Changes != nil}, {"cancelReason", b.CancelReason != ""}, {"judgmentHash", b.JudgmentHash != ""}, {"executionOf", b.ExecutionOf != ""}, {"licence", b.Licence != nil},
	} {
		if later.given {
			return refuse(CodeFormat, "初次登记不填写", "is not for a first registration").at(later.field)
		}
	}
	return b.checkAllocation()
}

func checkKinds(kinds []RightKind, most int) error {
	if len(kinds) == 0 || len(kinds) > most {
		return refuse(CodeFormat, "申请一至 %d 种权利", "ask for one to %d kinds", most).at("rightKinds")
	}
	for i, k := range kinds {
		field := "rightKinds[" + strconv.Itoa(i) + "]"
		if err := oneOf(field, k, RightHolding, RightUse, RightOperation); err != nil {
			return err
		}
		if slices.Contains(kinds[:i], k) {
			return refuse(CodeFormat, "重复", "is given twice").at(field)
		}
	}
	return nil
}

func (b *Submit) checkAllocation() error {
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
	return nil
}

func submit(a *Act, b *Submit) error {
	way := a.way(b)
	to, err := a.step(&caseMachine, "", "", "submit", way, Relations{ByApplicant: {a.Actor.USCC}, ByRegistrar: {b.RegistrarID}})
	if err != nil {
		return err
	}
	if err := b.check(a.Actor.USCC); err != nil {
		return err
	}
	p, err := a.profileNow(b.Profile)
	if err != nil {
		return err
	}
	registrar, err := a.participant("registrarId", b.RegistrarID)
	if err != nil {
		return err
	}
	if registrar.State != StateActive || !slices.Contains(registrar.Roles, RoleRegistrar) {
		return refuse(CodeRole, "%s 不是有效的登记机构", "%s is not an active registrar", b.RegistrarID).at("registrarId").on(b.RegistrarID)
	}
	c := &Case{
		RegType: b.RegType, Profile: b.Profile, RegistrarID: b.RegistrarID, ObjectType: b.ObjectType, ObjectID: b.ObjectID, ObjectVersion: b.ObjectVersion,
		RightKinds: b.RightKinds, SourceType: b.SourceType, Basis: b.Basis, Limits: b.Limits, Allocation: b.Allocation, Papers: b.Papers,
		TargetRightIDs: b.TargetRightIDs, TargetCertNo: b.TargetCertNo, CounterpartyID: b.CounterpartyID, TermsHash: b.TermsHash, Changes: b.Changes,
		CancelReason: b.CancelReason, JudgmentHash: b.JudgmentHash, ExecutionOf: b.ExecutionOf, Licence: b.Licence,
		OwnMotion: way == "ownMotion", SubmittedAt: a.Now,
	}
	switch {
	case b.Profile == CodePublic:
		err = a.applyPublic(c, p, b, registrar)
	case b.RegType == RegFirst:
		err = a.applyFirst(c, p, b, registrar)
	default:
		err = a.applyLater(c, p, b, registrar)
	}
	if err != nil {
		return err
	}
	switch way {
	case "":
		if c.AcceptDueAt, err = p.Due(a.Now, p.Int(ParamAcceptWorkdays)); err != nil {
			return err
		}
	case "ownMotion": // nobody waits for the registrar to accept what it began itself
		if err := a.accepted(c, p, a.Now); err != nil {
			return err
		}
	}
	id := a.newID(KindCase, a.regionFor(c.ObjectID))
	if err := a.create(KindCase, id, to, p.Ver(), c); err != nil {
		return err
	}
	return a.openedCase(c)
}

// applicant settles for whom the actor applies, itself or as an agent, and
// refuses those too near to the registrar (SD-1).
func (a *Act) applicant(c *Case, ids []string, registrar *Participant) error {
	if len(ids) == 0 {
		ids = []string{a.Actor.USCC}
	}
	c.ApplicantIDs = ids
	applicant := a.Actor
	if ids[0] != a.Actor.USCC {
		c.AgentID = a.Actor.USCC
		var err error
		if applicant, err = a.participant("applicantIds[0]", ids[0]); err != nil {
			return err
		}
		if applicant.State != StateActive {
			return refuse(CodeInactive, "申请人状态为 %s", "the applicant is %s", string(applicant.State)).at("applicantIds[0]").on(ids[0])
		}
	}
	if err := separate("applicantIds[0]", applicant, registrar); err != nil {
		return err
	}
	if c.AgentID != "" { // nor does a registrar act for one
		return separate("kid", a.Actor, registrar)
	}
	return nil
}

// applyFirst fills a first registration of rights.
func (a *Act) applyFirst(c *Case, p *Profile, b *Submit, registrar *Participant) error {
	if err := a.applicant(c, b.ApplicantIDs, registrar); err != nil {
		return err
	}
	applicantID := c.ApplicantIDs[0]
	o, err := a.object("objectId", b.ObjectType, b.ObjectID)
	if err != nil {
		return err
	}
	if err := o.registrable("objectId"); err != nil {
		return err
	}
	if c.SourceType == "" {
		c.SourceType = o.SourceType
	}
	if err := oneOf("sourceType", c.SourceType, sourceTypes...); err != nil {
		return err
	}
	if applicantID == o.HolderID && c.SourceType != o.SourceType {
		return refuse(CodeFormat, "与编目的来源不符（%s）", "differs from the catalogued source (%s)", o.SourceType).at("sourceType").on(o.ID)
	}
	if err := checkClaim(p, o, applicantID, c.SourceType, c.RightKinds); err != nil {
		return err
	}
	if applicantID != o.HolderID && (c.SourceType == "SrcCollected" || c.SourceType == "SrcCrawled") {
		return refuse(CodeBasis, "数据由 %s 持有；非持有人申请须以协议、衍生或共同来源为据", "the data is held by %s; others apply by agreement, derivation or joint source", o.HolderID).at("sourceType").on(o.ID).by("RT-1")
	}
	if c.ObjectVersion == 0 {
		c.ObjectVersion = int64(len(o.Versions))
	}
	if _, ok := o.version(c.ObjectVersion); !ok {
		return refuse(CodeNotFound, "没有版本 %d", "there is no version %d", c.ObjectVersion).at("objectVersion").on(o.ID)
	}
	if err := checkPapers(requiredPapers(p, o, c.SourceType, c.RightKinds, c.AgentID != ""), c.Papers); err != nil {
		return err
	}
	for i, al := range c.Allocation {
		if al.To > 0 && al.To <= a.Now {
			return refuse(CodeTerm, "期限须晚于现在", "the term must end after now").at("allocationNote[" + strconv.Itoa(i) + "].to").by("RT-3")
		}
	}
	if c.Basis, err = a.checkBasis(p, applicantID, c.SourceType, c.RightKinds, c.Basis, c.Papers); err != nil {
		return err
	}
	if _, err := a.mayClaim(c, p, o); err != nil {
		return err
	}
	if err := a.notYetHeld("objectId", o.ID, applicantID, c.RightKinds); err != nil {
		return err
	}
	if err := a.noOpenCase("objectId", o.ID, applicantID, RegFirst, c.RightKinds); err != nil {
		return err
	}
	if c.Limits == nil {
		c.Limits = o.Limits
	}
	c.ObjectName = o.Name
	return allowLimits("limits", o.Level, c.Limits)
}

// mayClaim refuses a first registration that the way the content came to the
// applicant does not carry (RT-2, RG-5, gate A), and reports whether the content
// is a substantive derivation. It is asked when applied for and when recorded.
func (a *Act) mayClaim(c *Case, p *Profile, o *object) (derived bool, err error) {
	v, ok := o.version(c.ObjectVersion)
	if !ok {
		return false, refuse(CodeNotFound, "没有版本 %d", "there is no version %d", c.ObjectVersion).at("objectVersion").on(o.ID)
	}
	if o.Authorised && !o.publicCode(a.Now) {
		return false, refuse(CodeBasis, "公共数据产品须先取得有效的公共数据资源登记码", "a product of public data is first registered as public data and needs its code in force").at("objectId").on(o.ID).by("RG-5")
	}
	if derived, err = a.derivation("objectId", v); err != nil {
		return false, err
	}
	if slices.Contains(c.RightKinds, RightOperation) {
		if err := a.operable(p, "objectId", c.ApplicantIDs[0], o, c.Basis, derived); err != nil {
			return false, err
		}
	}
	return derived, a.gateA(p, "objectId", c.ApplicantIDs[0], v, c.Basis, derived)
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

// objectItself stands for the kind of a case that is about no right (RG-7).
const objectItself RightKind = "Object"

// pointedKinds are the kinds under which a case is found.
func (c *Case) pointedKinds() []RightKind {
	if len(c.RightKinds) == 0 {
		return []RightKind{objectItself}
	}
	return c.RightKinds
}

// noOpenCase refuses while the applicant has a case of that type open on the
// object for one of the kinds; nil kinds means any.
func (a *Act) noOpenCase(field, objectID, applicantID, regType string, kinds []RightKind) error {
	var open openCases
	if ok, err := a.Ledger.Load(PointerOpen, pair(objectID, applicantID, regType), &open); err != nil || !ok {
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

func (a *Act) openedCase(c *Case) error {
	key := pair(c.ObjectID, c.ApplicantIDs[0], c.RegType)
	var open openCases
	if _, err := a.Ledger.Load(PointerOpen, key, &open); err != nil {
		return err
	}
	for _, k := range c.pointedKinds() {
		open.Cases = replaced(open.Cases, k, c.ID)
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
