package rights

import (
	"slices"
	"strconv"
	"strings"
)

// Authorised operation of public data (3.14): the implementing body authorises
// an operating body (L1), which authorises developers, each for one scenario
// (L2). A grant counts only while the one above it does (GR-3).
var grantMachine = Machine{
	Entity: "grant",
	Kind:   KindGrant,
	Title:  Text{"授权运营", "Grant"},
	States: []StateInfo{
		{StateProposed, Text{"拟授权", "Proposed"}, false},
		{StatePublished, Text{"公示中", "Published"}, false},
		{StateEffective, Text{"生效", "Effective"}, false},
		{StateSuspended, Text{"暂停", "Suspended"}, false},
		{StateRejected, Text{"因异议不予授权", "Rejected"}, true},
		{StateWithdrawn, Text{"已撤回", "Withdrawn"}, true},
		{StateRevoked, Text{"已收回", "Revoked"}, true},
		{StateExited, Text{"已退出", "Exited"}, true},
		{StateExpired, Text{"已届满", "Expired"}, true},
	},
	Transitions: []Transition{
		{nil, "propose", "", who(ByAuthoriser), Text{"实施机构授权运营主体（一级），或运营主体按场景授权已准入的开发主体（二级）；附实施方案与集体决策文件；二级不超出一级（GR-1、GR-2）", "the implementing body to an operating body (L1), or the operating body to an admitted developer for one scenario (L2); with plan and decision; L2 within L1 (GR-1, GR-2)"}, StateProposed},
		{in(StateProposed), "publish", "", who(ByAuthoriser), Text{"公示文本；公示不少于规则参数的工作日", "with the notice's text; for the working days of the profile"}, StatePublished},
		{in(StatePublished), "object", "", who(ByAnyone), Text{"公示期内；附理由；同一主体同时至多一件", "during the notice; with a reason; one open a participant"}, StatePublished},
		{in(StatePublished), "decideObjection", "Dismissed", who(ByRegulator), Text{"附决定", "with the decision"}, StatePublished},
		{in(StatePublished), "decideObjection", "Upheld", who(ByRegulator), Text{"附决定", "with the decision"}, StateRejected},
		{in(StateProposed, StatePublished), "withdraw", "", who(ByAuthoriser), Text{}, StateWithdrawn},
		{in(StatePublished), "sign", "first", who(ByAuthoriser, ByGrantee), Text{"公示已满；无未决异议；资源均有有效的公共数据登记码（RG-8）；被授权方有效且无失信记录", "notice over; no open objection; every resource with its public registration in force (RG-8); grantee active and in good credit"}, StatePublished},
		{in(StatePublished), "sign", "last", who(ByAuthoriser, ByGrantee), Text{"双方就同一协议签署（G-5）；二级须一级有效、准入有效（GR-7）、用量合计不超一级（GR-1）", "both on the same agreement (G-5); for L2 the grant above effective, the admission valid (GR-7), quotas within the grant above (GR-1)"}, StateEffective},
		{in(StateEffective), "proposeAmendment", "", who(ByAuthoriser, ByGrantee), Text{"替换未签完的修改；提出即签署", "replaces one not signed by both; proposing is signing"}, StateEffective},
		{in(StateEffective), "amend", "", who(ByAuthoriser, ByGrantee), Text{"另一方签署同一修改；其下的授权与许可重新核对", "the other side signs the same amendment; everything below is checked again"}, StateEffective},
		{in(StateEffective, StateSuspended), "suspend", "", who(ByAuthoriser, ByRegulator), Text{"写明文号与理由", "with a reference and a reason"}, StateSuspended},
		{in(StateSuspended), "resume", "", who(ByAuthoriser, ByRegulator), Text{"由谁暂停，由谁恢复（SM-3）；无其他暂停原因", "by whoever suspended (SM-3); no other reason is left"}, StatePrevious},
		{in(StateSuspended), "resume", "othersRemain", who(ByAuthoriser, ByRegulator), Text{"仍有其他暂停原因（SM-2）", "other reasons remain (SM-2)"}, StateSuspended},
		{in(StateEffective, StateSuspended), "suspendByMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StateSuspended},
		{in(StateSuspended), "liftMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StatePrevious},
		{in(StateEffective, StateSuspended), "revoke", "", who(ByAuthoriser, ByRegulator), Text{"附违约或违规证明；其下全部即时失效（GR-3）", "with evidence of breach; everything below falls at once (GR-3)"}, StateRevoked},
		{in(StateEffective), "exit", "", who(ByGrantee), Text{"其下授权与许可均已了结；数据已退回或清除", "grants and permits below are closed; data returned or wiped"}, StateExited},
		{in(StateEffective), "expire", "", who(ByAnyone), Text{"已过有效期", "past its term"}, StateExpired},
	},
}

// The tiers of a grant.
const (
	GrantL1 = "GrantL1"
	GrantL2 = "GrantL2"
)

// grantActions is the most a grant may give; ActSubGrant at the first level
// only. Raw public data is neither resold nor exported.
var grantActions = []Action{ActQuery, ActVerify, ActProcess, ActFuse, ActTrain, ActDerive, ActProvide, ActSubGrant, ActPledge}

var selections = []string{"OpenTender", "InvitedTender", "Negotiation", "SingleSource", "CompetitiveConsultation"}

// ProposeGrant is the body of grant.propose. The term is the scope's; the
// scope's objects are the resources.
type ProposeGrant struct {
	Tier              string           `json:"tier"`
	ParentGrantID     string           `json:"parentGrantId,omitempty"`
	GranteeID         string           `json:"granteeId"`
	RegionCode        string           `json:"regionCode"`
	Mode              string           `json:"mode"`
	ScenarioIDs       []string         `json:"scenarioIds,omitempty"`
	Scope             Scope            `json:"scope"`
	PlanHash          string           `json:"planHash"`
	DecisionRef       string           `json:"decisionRef"`
	AgreementHash     string           `json:"agreementHash"`
	Selection         string           `json:"selection"`
	SelectionEvidence *Evidence        `json:"selectionEvidence,omitempty"`
	FeeRule           FeeRule          `json:"feeRule"`
	RevenueShares     []SettlementLine `json:"revenueShares,omitempty"`
	SecurityDuties    string           `json:"securityDuties,omitempty"`
	AdmissionID       string           `json:"admissionId,omitempty"` // of the developer, L2
}

func (b *ProposeGrant) check() error {
	if err := first(
		oneOf("tier", b.Tier, GrantL1, GrantL2),
		checkParticipantID("granteeId", b.GranteeID),
		checkRegion("regionCode", b.RegionCode),
		oneOf("mode", b.Mode, "Whole", "Domain", "Scenario"),
		checkHash("planHash", b.PlanHash),
		checkHash("decisionRef", b.DecisionRef),
		checkHash("agreementHash", b.AgreementHash),
		oneOf("selection", b.Selection, selections...),
		optionalText("securityDuties", b.SecurityDuties, 2000),
		checkShares("revenueShares", b.RevenueShares),
	); err != nil {
		return err
	}
	if b.SelectionEvidence != nil {
		if err := checkPaper("selectionEvidence", *b.SelectionEvidence); err != nil {
			return err
		}
	}
	if len(b.ScenarioIDs) > 50 {
		return refuse(CodeFormat, "最多 50 个场景", "at most 50 scenarios").at("scenarioIds")
	}
	for i, s := range b.ScenarioIDs {
		if err := checkText("scenarioIds["+strconv.Itoa(i)+"]", s, 64); err != nil {
			return err
		}
	}
	if b.Mode == "Scenario" && len(b.ScenarioIDs) == 0 {
		return refuse(CodeFormat, "分场景授权须写明场景", "a grant by scenario names its scenarios").at("scenarioIds")
	}
	if b.Tier == GrantL2 {
		if b.Mode != "Scenario" || len(b.ScenarioIDs) != 1 {
			return refuse(CodeScope, "二级授权按场景，且恰为一个场景", "a second-level grant is for exactly one scenario").at("scenarioIds").by("3.14")
		}
		return nil
	}
	if b.ParentGrantID != "" || b.AdmissionID != "" {
		return refuse(CodeFormat, "一级授权没有上级授权与开发主体准入", "a first-level grant has no grant above it and no developer's admission").at("parentGrantId")
	}
	return nil
}

// checkShares refuses shares that do not add up to the whole.
func checkShares(field string, lines []SettlementLine) error {
	if len(lines) > 20 {
		return refuse(CodeFormat, "最多 20 项", "at most 20 lines").at(field)
	}
	var sum int64
	for i, l := range lines {
		at := field + "[" + strconv.Itoa(i) + "]"
		if err := first(checkParticipantID(at+".payeeId", l.PayeeID), checkText(at+".role", l.Role, 40)); err != nil {
			return err
		}
		if l.Bps < 0 || l.Bps > 10000 {
			return refuse(CodeFormat, "须在 0 至 10000 之间", "must be 0 to 10000").at(at + ".bps")
		}
		sum += l.Bps
	}
	if len(lines) > 0 && sum != 10000 {
		return refuse(CodeMoney, "份额合计须为 10000，现为 %d", "the shares must add up to 10000, not %d", sum).at(field).by("ST-1")
	}
	return nil
}

// checkFees refuses a price for what is free and a fee without a ceiling.
func checkFees(field string, f FeeRule) error {
	if err := oneOf(field+".useClass", f.UseClass, "PublicBenefit", "Industry"); err != nil {
		return err
	}
	switch free := f.UseClass == "PublicBenefit"; {
	case free && (f.CeilingFen != 0 || f.Unit != ""):
		return refuse(CodePriceCap, "公益用途无偿，不得定价", "use for the public benefit is free and has no price").at(field + ".ceilingFen").by("LS-6")
	case !free && (f.CeilingFen <= 0 || f.CeilingFen > maxQty):
		return refuse(CodePriceCap, "产业用途须写明最高收费", "industrial use has a ceiling").at(field + ".ceilingFen").by("LS-6")
	case !free:
		return checkText(field+".unit", f.Unit, 20)
	}
	return nil
}

// feesWithin refuses a second-level fee above the first level's.
func feesWithin(field string, f, parent FeeRule) error {
	if f.UseClass == "PublicBenefit" {
		return nil
	}
	if parent.UseClass == "PublicBenefit" {
		return refuse(CodePriceCap, "上级授权为公益用途，不得收费", "the grant above is for the public benefit: no fee").at(field).by("GR-1")
	}
	if f.Unit != parent.Unit || f.CeilingFen > parent.CeilingFen {
		return refuse(CodePriceCap, "最高收费不得超过上级的 %[1]d 分/%[2]s", "the ceiling is at most the %[1]d fen a %[2]s of the grant above", parent.CeilingFen, parent.Unit).at(field).by("GR-1")
	}
	return nil
}

// regionWithin reports whether a GB/T 2260 region lies in another: a city's
// code ends in 00, a province's in 0000.
func regionWithin(child, parent string) bool {
	for strings.HasSuffix(parent, "00") && len(parent) > 2 {
		parent = parent[:len(parent)-2]
	}
	return strings.HasPrefix(child, parent)
}

// terms holds what a grant, new or amended, gives against what may be given,
// and returns the resources as they are registered.
func (g *Grant) terms(a *Act, p *Profile, field string) ([]GrantResource, error) {
	s := &g.Scope
	if err := first(s.check(field), checkFees("feeRule", g.FeeRule)); err != nil {
		return nil, err
	}
	if s.To <= a.Now {
		return nil, refuse(CodeTerm, "期限已过", "the term is over").at(field + ".to")
	}
	for i, act := range s.Actions {
		at := field + ".actions[" + strconv.Itoa(i) + "]"
		if !slices.Contains(grantActions, act) {
			return nil, refuse(CodeScope, "授权不得包含 %[1]s；至多为 %[2]s", "a grant never gives %[1]s; at most %[2]s", string(act), strings.Join(strs(grantActions), ", ")).at(at).by("3.14")
		}
		if act == ActSubGrant && g.Tier == GrantL2 {
			return nil, refuse(CodeScope, "二级授权不得再授权", "a second-level grant is not given on").at(at).by("GR-2")
		}
	}
	months := p.Int(ParamGrantL1Months)
	if g.Tier == GrantL2 {
		months = p.Int(ParamGrantL2Months)
	}
	if s.To > AddMonths(s.From, months) {
		return nil, refuse(CodeTerm, "期限最长 %d 个月", "the term is at most %d months", months).at(field + ".to").by("3.14")
	}
	if len(s.ObjectIDs) == 0 || len(s.ObjectIDs) > 100 || s.ObjectIDs[0] == anything {
		return nil, refuse(CodeFormat, "须逐一列明 1 至 100 项资源", "must name 1 to 100 resources one by one").at(field + ".objectIds")
	}
	var list []GrantResource
	for i, id := range s.ObjectIDs {
		at := field + ".objectIds[" + strconv.Itoa(i) + "]"
		var r Resource
		if err := need(a, KindResource, at, id, &r); err != nil {
			return nil, err
		}
		if r.SubjectClass != "SubjectPublic" {
			return nil, refuse(CodeBasis, "不是公共数据", "is not public data").at(at).on(id).by("R-5")
		}
		if r.Grade > s.MaxGrade {
			return nil, refuse(CodeGrade, "分级 %d 高于授权的最高分级 %d", "grade %d is above the grant's highest, %d", r.Grade, s.MaxGrade).at(at).on(id).by("R-3")
		}
		if r.Level == "LevelImportant" {
			if v := notIn(strs(s.Envs), strs(controlledEnvs), equal); v != "" {
				return nil, refuse(CodeGrade, "重要数据只能在受控环境使用，不得在 %s", "important data is used in controlled environments only, not in %s", v).at(field + ".envs").on(id).by("R-6")
			}
		}
		list = append(list, GrantResource{ResourceID: id, PublicRegCode: r.PublicRegCode, SourceUnitID: r.SourceUnitID, Grade: r.Grade})
	}
	return list, nil
}

// registeredAll refuses unless every resource's public registration is in force
// (RG-8) and notes the codes.
func (a *Act) registeredAll(field string, list []GrantResource) error {
	for i := range list {
		var r Resource
		if err := need(a, KindResource, field, list[i].ResourceID, &r); err != nil {
			return err
		}
		if !a.publiclyRegistered(&r) {
			return refuse(CodeBasis, "资源 %s 没有有效的公共数据登记码", "resource %s has no public registration in force", r.ID).at(field).on(r.ID).by("RG-8")
		}
		list[i].PublicRegCode, list[i].Grade = r.PublicRegCode, r.Grade
	}
	return nil
}

// publiclyRegistered reports whether a public resource is registered as such
// and in use.
func (a *Act) publiclyRegistered(r *Resource) bool {
	return r.State == StateCatalogued && codeInForce(r.PublicRegCode, r.PublicRegValidTo, a.Now)
}

// under holds a second-level grant against the one above it, as that is now
// (GR-1). Quotas are added up where they are taken.
func (g *Grant) under(parent *Grant, field string) error {
	if !parent.Scope.allows(ActSubGrant) {
		return refuse(CodeScope, "上级授权不含再授权", "the grant above does not give ActSubGrant").at("parentGrantId").on(parent.ID).by("GR-2")
	}
	if !regionWithin(g.RegionCode, parent.RegionCode) {
		return refuse(CodeScope, "区域 %s 不在上级授权区域 %s 内", "region %s is outside the %s of the grant above", g.RegionCode, parent.RegionCode).at("regionCode").on(parent.ID).by("GR-1")
	}
	if v := notIn(g.ScenarioIDs, parent.ScenarioIDs, equal); v != "" && len(parent.ScenarioIDs) > 0 {
		return refuse(CodeScope, "场景 %s 不在上级授权内", "scenario %s is not in the grant above", v).at("scenarioIds").on(parent.ID).by("GR-1")
	}
	if err := g.Scope.within(&parent.Scope, field); err != nil {
		return asRefusal(err).on(parent.ID).by("GR-1")
	}
	return feesWithin("feeRule", g.FeeRule, parent.FeeRule)
}

func proposeGrant(a *Act, b *ProposeGrant) error {
	if _, err := a.step(&grantMachine, "", "", "propose", "", Relations{ByAuthoriser: {a.Actor.USCC}}); err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	g := &Grant{Tier: b.Tier, ParentGrantID: b.ParentGrantID, AuthoriserID: a.Actor.USCC, GranteeID: b.GranteeID, ImplementingID: a.Actor.USCC,
		RegionCode: b.RegionCode, Mode: b.Mode, ScenarioIDs: b.ScenarioIDs, Scope: b.Scope, PlanHash: b.PlanHash, DecisionRef: b.DecisionRef,
		AgreementHash: b.AgreementHash, Selection: b.Selection, SelectionEvidence: b.SelectionEvidence, FeeRule: b.FeeRule, RevenueShares: b.RevenueShares,
		ValidFrom: b.Scope.From, ValidTo: b.Scope.To, SecurityDuties: b.SecurityDuties, AdmissionID: b.AdmissionID}
	authoriser, granted := RoleImplementing, RoleOperating
	if b.Tier == GrantL2 {
		authoriser, granted = RoleOperating, RoleDeveloper
	}
	if !slices.Contains(a.Actor.Roles, authoriser) {
		return refuse(CodeRole, "此级授权由 %s 作出", "a grant of this tier is made by a %s", string(authoriser)).at("tier").by("3.14")
	}
	grantee, err := a.activeWith("granteeId", b.GranteeID, granted)
	if err != nil {
		return err
	}
	if grantee.USCC == a.Actor.USCC {
		return refuse(CodeSelf, "不得授权给自己", "nobody grants to itself").at("granteeId").by("3.14")
	}
	g.RelatedParty = related(a.Actor, grantee)
	for i, l := range b.RevenueShares {
		if _, err := a.participant("revenueShares["+strconv.Itoa(i)+"].payeeId", l.PayeeID); err != nil {
			return err
		}
	}
	if g.Resources, err = g.terms(a, p, "scope"); err != nil {
		return err
	}
	if b.Tier == GrantL2 {
		var parent Grant
		if err := need(a, KindGrant, "parentGrantId", b.ParentGrantID, &parent); err != nil {
			return err
		}
		if parent.Tier != GrantL1 || parent.GranteeID != a.Actor.USCC {
			return refuse(CodeBasis, "%s 不是授予您的一级授权", "%s is no first-level grant to you", parent.ID).at("parentGrantId").on(parent.ID).by("GR-1")
		}
		if err := a.effective(p, "parentGrantId", parent.ID); err != nil {
			return basisFell(err, "parentGrantId", parent.ID)
		}
		if err := g.under(&parent, "scope"); err != nil {
			return err
		}
		g.ImplementingID = parent.AuthoriserID
		if err := a.admitted(g); err != nil {
			return err
		}
	}
	return a.create(KindGrant, a.newID(KindGrant, b.RegionCode), StateProposed, p.Ver(), g)
}

// basisFell turns the reason why something is not effective into E_BASIS.
func basisFell(err error, field, id string) error {
	e := asRefusal(err)
	if e == nil {
		return err
	}
	return refuse(CodeBasis, "依据 %[1]s 未生效：%[2]s", "the basis %[1]s is not effective: %[3]s", id, e.DetailZh, e.Detail).at(field).on(id).by("GR-3")
}

// admitted refuses a developer without a valid admission by the body that
// grants, or the implementing body above it (GR-7).
func (a *Act) admitted(g *Grant) error {
	var ad Admission
	if err := need(a, KindAdmission, "admissionId", g.AdmissionID, &ad); err != nil {
		return err
	}
	if ad.DeveloperID != g.GranteeID || (ad.AuthoriserID != g.AuthoriserID && ad.AuthoriserID != g.ImplementingID) {
		return refuse(CodeBasis, "准入 %s 不是授权方或实施机构对该开发主体的准入", "admission %s is not this developer's by the authoriser or the implementing body", ad.ID).at("admissionId").on(ad.ID).by("GR-7")
	}
	if ad.State != StateAdmitted || a.Now < ad.ValidFrom || a.Now >= ad.ValidTo {
		return refuse(CodeBasis, "开发主体准入 %s 未生效", "the developer's admission %s is not valid", ad.ID).at("admissionId").on(ad.ID).by("GR-7")
	}
	return nil
}

// parties are the relations to a grant.
func (g *Grant) parties() Relations {
	return Relations{ByAuthoriser: {g.AuthoriserID}, ByGrantee: {g.GranteeID}}
}

// moveGrant loads a grant and steps it; change edits it first.
func moveGrant(a *Act, id, event, outcome string, change func(*Grant, *Profile) error) error {
	var g Grant
	if err := need(a, KindGrant, "grantId", id, &g); err != nil {
		return err
	}
	to, err := a.step(&grantMachine, id, g.State, event, outcome, g.parties())
	if err != nil {
		return err
	}
	p, err := a.profile(g.RuleProfileVer)
	if err != nil {
		return err
	}
	if to != StatePrevious { // a change may set another
		g.State = to
	}
	if err := change(&g, p); err != nil {
		return err
	}
	return a.update(KindGrant, &g)
}
