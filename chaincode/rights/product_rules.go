package rights

import (
	"slices"
	"strconv"
)

// The rules DP-1 to DP-5: whether a product may be made of what it is made of.

// hidesPersons are the operations whose output may be freer of personal
// information than what went in.
var hidesPersons = []string{"OpDeidentify", "OpAnonymise", "OpAggregate", "OpFeature", "OpTrain", "OpInfer", "OpReport"}

func personal(pi string) bool { return pi == "PersonalInfo" || pi == "SensitivePI" }

// made is what a product's direct inputs amount to.
type made struct {
	grade    int64 // highest of the inputs
	personal bool
	public   bool // raw public data is among them
}

// producible refuses a version of a product that the invariants DP-1 to DP-5 do
// not allow now. A recognised product's title was reviewed elsewhere (MR-2);
// pure work is made of nothing.
func (a *Act) producible(p *Profile, d *Product, v *ProductVersion) error {
	if d.RecognitionID != "" {
		if _, err := a.recognised(p, "recognitionId", d.RecognitionID, d.OwnerID, v.MatchTag); err != nil {
			return err
		}
		return a.mayGoOn(p, d.OwnerID, d.ID, v.MatchTag, nil, nil)
	}
	if d.pureService() {
		if v.LineageID != "" {
			return refuse(CodeFormat, "不含数据的服务没有血缘", "work that is made of no data has no lineage").at("lineageId")
		}
		return nil
	}
	if len(d.Inputs) == 0 {
		return refuse(CodeBasis, "须写明投入及其许可", "name what it is made of, each with its permission").at("inputs").by("DP-1")
	}
	l, err := a.lineageOf("lineageId", v.LineageID, v.ContentRoot)
	if err != nil {
		return err
	}
	if err := a.operatedFor(l, d.OwnerID); err != nil {
		return err
	}
	m, err := a.madeOf(p, d, l)
	if err != nil {
		return err
	}
	if err := a.gradedAsMade(d, v, l, m); err != nil {
		return err
	}
	if err := a.ofPublicData(p, d, l, m); err != nil {
		return err
	}
	return a.mayGoOn(p, d.OwnerID, d.ID, v.MatchTag, l, nil)
}

// operatedFor refuses lineage made by somebody who neither is the owner nor
// works for it under a permit (LN-5, RT-6).
func (a *Act) operatedFor(l *Lineage, ownerID string) error {
	if l.OperatorID == ownerID {
		return nil
	}
	if l.PermitID != "" {
		var u Permit
		if err := need(a, KindPermit, "lineageId", l.PermitID, &u); err != nil {
			return err
		}
		if u.PermitteeID == ownerID && slices.Contains(u.EntrustedIDs, l.OperatorID) {
			return nil
		}
	}
	return refuse(CodeLineage, "血缘记录由 %[1]s 加工，既非产品所有人，也不是其许可所列的受托加工方", "the lineage is %[1]s's work, who is neither the owner nor a processor its permit entrusts", l.OperatorID).at("lineageId").on(l.ID).by("LN-5")
}

// madeOf checks every direct input (DP-1) and that the lineage record knows of
// no other.
func (a *Act) madeOf(p *Profile, d *Product, l *Lineage) (made, error) {
	m := made{grade: l.MaxGrade}
	for i := range d.Inputs {
		in := &d.Inputs[i]
		field := "inputs[" + strconv.Itoa(i) + "]"
		versions, err := a.input(field, in, &m)
		if err != nil {
			return m, err
		}
		if in.Version < 1 || in.Version > versions {
			return m, refuse(CodeNotFound, "没有版本 %d", "there is no version %d", in.Version).at(field + ".version").on(in.ObjectID)
		}
		resold := false // unchanged, under a permission to resell: RT-2's reseller
		if isOf(in.PermissionRef, KindCopy) && !l.Substantive {
			pm, err := a.permission(field+".permissionRef", in.PermissionRef)
			if err != nil {
				return m, err
			}
			if resold = pm.Scope.allows(ActResell); !resold {
				return m, refuse(CodeResale, "副本 %s 的许可不含 ActResell，未经实质加工不得再提供", "copy %s comes without ActResell: unchanged in substance it goes to nobody else", in.PermissionRef).at(field + ".permissionRef").on(in.PermissionRef).by("DP-5")
			}
		}
		asked := []Action{ActDerive, ActProvide}
		if resold {
			asked = []Action{ActResell}
		}
		if _, err := a.permits(p, field+".permissionRef", in.PermissionRef, d.OwnerID, in.ObjectID, asked...); err != nil {
			return m, err
		}
	}
	for _, in := range l.Inputs {
		named := func(x ProductInput) bool {
			if in.Type == "Copy" {
				return x.PermissionRef == in.ID
			}
			return x.ObjectType == in.Type && x.ObjectID == in.ID && x.Version == in.Version
		}
		if (in.Type == "Resource" || in.Type == "Product" || in.Type == "Copy") && !slices.ContainsFunc(d.Inputs, named) {
			return m, refuse(CodeLineage, "血缘记录的投入 %s 未列入产品投入", "input %s of the lineage record is not among the product's inputs", in.ID).at("inputs").on(l.ID).by("DP-1")
		}
	}
	return m, nil
}

// input loads one input, adds what it brings and returns how many versions it has.
func (a *Act) input(field string, in *ProductInput, m *made) (versions int64, err error) {
	var grade int64
	var pi string
	if in.ObjectType == "Product" {
		var x Product
		if err := need(a, KindProduct, field+".objectId", in.ObjectID, &x); err != nil {
			return 0, err
		}
		if x.State != StateApproved {
			return 0, refuse(CodeState, "投入的产品状态为“%[1]s”，须为已通过", "the input product is %[2]s; it must be Approved", productMachine.Titled(x.State).Zh, string(x.State)).at(field + ".objectId").on(x.ID).by("DP-1")
		}
		versions, grade, pi = int64(len(x.Versions)), x.Grade, x.PI
	} else {
		var x Resource
		if err := need(a, KindResource, field+".objectId", in.ObjectID, &x); err != nil {
			return 0, err
		}
		if x.State != StateCatalogued {
			return 0, refuse(CodeState, "投入的资源状态为“%[1]s”，须为已编目", "the input resource is %[2]s; it must be Catalogued", resourceMachine.Titled(x.State).Zh, string(x.State)).at(field + ".objectId").on(x.ID).by("DP-1")
		}
		versions, grade, pi = int64(len(x.Versions)), x.Grade, x.PI
		m.public = m.public || x.SubjectClass == "SubjectPublic" && x.PublicKind == "GovDuty"
	}
	m.grade = max(m.grade, grade)
	m.personal = m.personal || personal(pi)
	return versions, nil
}

// gradedAsMade holds grade and personal information to what went in: the higher
// counts; lower needs a third party's report on a lineage that shows why
//
func (a *Act) gradedAsMade(d *Product, v *ProductVersion, l *Lineage, m made) error {
	for _, out := range l.Outputs {
		if out.ContentRoot == v.ContentRoot && out.Grade > d.Grade {
			return refuse(CodeGrade, "血缘记录将此产出定为 %d 级，产品不得更低", "the lineage record graded this output %d; the product is not graded lower", out.Grade).at("grade").on(l.ID).by("R-3")
		}
	}
	if d.Grade < m.grade {
		if d.GradeReport == nil || d.GradeReport.IssuerID == "" {
			return refuse(CodeGrade, "投入最高为 %d 级；低于投入须有第三方分级报告", "what it is made of goes up to grade %d; lower needs a third party's grading report", m.grade).at("gradeReport").on(l.ID).by("R-2")
		}
		issuer, err := a.activeWith("gradeReport.issuerId", d.GradeReport.IssuerID, RoleThirdParty)
		if err != nil {
			return err
		}
		owner, err := a.participant("kid", d.OwnerID)
		if err != nil {
			return err
		}
		if related(issuer, owner) {
			return refuse(CodeSelf, "出具分级报告的机构与所有人属于同一集团", "the issuer of the grading report shares a group with the owner").at("gradeReport.issuerId").on(issuer.USCC).by("SD-3")
		}
	}
	if m.personal && !personal(d.PI) && !slices.Contains(hidesPersons, l.Op) {
		return refuse(CodeGrade, "投入含个人信息；%s 不能使产出不含个人信息", "personal information went in; %s does not take it out", l.Op).at("pi").on(l.ID).by("R-4")
	}
	return nil
}

// ofPublicData holds a product of authorised operation to its grant (DP-3), and
// keeps raw public data from being a product (DP-4).
func (a *Act) ofPublicData(p *Profile, d *Product, l *Lineage, m made) error {
	public := m.public || len(l.GrantIDs) > 0 || len(l.PublicID) > 0
	if public && d.PublicData == nil {
		return refuse(CodeBasis, "产品由公共数据加工，须写明授权", "it is made of public data: name the grant").at("publicData").on(l.ID).by("DP-3")
	}
	if public && !l.Substantive {
		return refuse(CodeLineage, "原始公共数据不得作为产品：须为实质加工的产出", "raw public data is no product: it takes a substantive step").at("lineageId").on(l.ID).by("DP-4")
	}
	if d.PublicData == nil {
		return nil
	}
	const field = "publicData.grantId"
	g, err := a.grantOf(p, d)
	if err != nil {
		return err
	}
	if !slices.Contains(l.GrantIDs, g.ID) {
		return refuse(CodeLineage, "血缘中没有授权 %s", "grant %s is not in its lineage", g.ID).at(field).on(l.ID).by("DP-3")
	}
	for _, other := range l.GrantIDs {
		if err := a.effective(p, field, other); err != nil {
			if e := asRefusal(err); e != nil {
				return refuse(CodeBasis, "血缘中的授权 %[1]s 未生效：%[2]s", "grant %[1]s in its lineage is not effective: %[3]s", other, e.DetailZh, e.Detail).at(field).on(other).by("DP-3")
			}
			return err
		}
	}
	return nil
}

// grantOf loads the grant of a public-data product and checks that it is the
// owner's, effective, and covers use and scenarios (DP-3).
func (a *Act) grantOf(p *Profile, d *Product) (*Grant, error) {
	const field = "publicData.grantId"
	if _, err := a.permits(p, field, d.PublicData.GrantID, d.OwnerID, "", ActProvide); err != nil {
		return nil, err
	}
	var g Grant
	if err := need(a, KindGrant, field, d.PublicData.GrantID, &g); err != nil {
		return nil, err
	}
	if d.PublicData.UseClass == "Industry" && g.FeeRule.UseClass == "PublicBenefit" {
		return nil, refuse(CodeScope, "授权只用于公共治理、公益事业", "the grant is for public benefit only").at("publicData.useClass").on(g.ID).by("DP-3")
	}
	if len(d.ScenarioIDs) == 0 {
		return nil, refuse(CodeScope, "公共数据产品须写明场景", "a product of public data names its scenario").at("scenarioIds").on(g.ID).by("DP-3")
	}
	for i, s := range d.ScenarioIDs {
		if !slices.Contains(g.ScenarioIDs, s) && (len(g.ScenarioIDs) > 0 || !covers(g.Scope.Purposes, s, equal)) {
			return nil, refuse(CodeScope, "场景 %[1]s 不在授权 %[2]s 之内", "scenario %[1]s is not within grant %[2]s", s, g.ID).at("scenarioIds[" + strconv.Itoa(i) + "]").on(g.ID).by("DP-3")
		}
	}
	return &g, nil
}

// publiclyCoded refuses a public-data product without its code of the
// public-data registry (DP-3, DRWG 15(2)). It is asked when the product is
// offered: the registry registers what is approved, so approval comes first.
func (d *Product) publiclyCoded(at UnixSec) error {
	if d.PublicData != nil && !codeInForce(d.PublicData.PublicRegCode, d.PublicData.PublicRegValidTo, at) {
		return refuse(CodeBasis, "公共数据产品须先经公共数据资源登记取得编码", "a product of public data first needs its code of the public-data registry").at("publicData.publicRegCode").on(d.ID).by("DP-3")
	}
	return nil
}
