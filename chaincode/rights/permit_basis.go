package rights

import (
	"slices"
	"strconv"
)

// basisSharing is the basis of a permit alone: raw data of a department carries
// no right; another department is let to use it for a duty, on the
// resource itself.
const basisSharing = "BasisSharing"

// permitBasis is what a permit rests on, resolved.
type permitBasis struct {
	permission
	kind  string
	right *Right
	grant *Grant
}

// grantable adds to what an operation right carries what its holder may let
// others do: to permit others to use is what the right is for (DRWG 3).
func (r *Right) grantable() Scope {
	s := r.scope()
	if r.wholeOperation() {
		s.Actions = slices.Clone(s.Actions)
		for _, act := range kindActions[RightUse] {
			if !slices.Contains(s.Actions, act) {
				s.Actions = append(s.Actions, act)
			}
		}
	}
	return s
}

// permitBasis resolves what a permit rests on, and refuses one that is not
// effective, not the kind that lets others use, or that does not contain the
// permit's scope (G-4).
func (a *Act) permitBasis(p *Profile, u *Permit) (*permitBasis, error) {
	const field = "basisId"
	b := &permitBasis{}
	own := false // nobody but the holder may use under it
	switch {
	case isOf(u.BasisID, KindRight):
		b.kind, b.right = basisOwnRight, new(Right)
		if err := need(a, KindRight, field, u.BasisID, b.right); err != nil {
			return nil, err
		}
		b.permission = permission{Ref: b.right.ID, Kind: KindRight, HolderID: b.right.HolderID, ObjectID: b.right.ObjectID, Scope: b.right.grantable()}
		switch b.right.Kind {
		case RightHolding:
			return nil, refuse(CodeBasis, "持有权不足以许可使用", "a holding right does not let anybody use").at(field).on(u.BasisID).by("G-7")
		case RightUse:
			own = true
		}
	case isOf(u.BasisID, KindGrant):
		b.kind, b.grant = basisGrant, new(Grant)
		if err := need(a, KindGrant, field, u.BasisID, b.grant); err != nil {
			return nil, err
		}
		b.permission = permission{Ref: b.grant.ID, Kind: KindGrant, HolderID: b.grant.GranteeID, Scope: b.grant.Scope}
	case isOf(u.BasisID, KindCopy):
		pm, err := a.permission(field, u.BasisID)
		if err != nil {
			return nil, err
		}
		b.kind, b.permission = basisTrade, *pm
		own = !pm.Scope.allows(ActSublicense)
	case isOf(u.BasisID, KindResource):
		if err := a.sharing(u, b); err != nil {
			return nil, err
		}
	default:
		return nil, refuse(CodeFormat, "须为权利、副本、授权或资源的编号", "must be the id of a right, copy, grant or resource").at(field)
	}
	if own && b.HolderID != u.PermitteeID {
		return nil, refuse(CodeBasis, "%s 未允许再许可他人使用", "%s does not let its holder permit others", u.BasisID).at(field).on(u.BasisID).by("G-7")
	}
	if err := a.effective(p, field, u.BasisID); err != nil {
		return nil, basisFell(err, field, u.BasisID)
	}
	if g := b.grant; g != nil && g.Mode == "Scenario" && !slices.Contains(g.ScenarioIDs, u.ScenarioID) {
		return nil, refuse(CodeScope, "分场景授权下的许可须在其场景内", "under a grant by scenario a permit is for one of its scenarios").at("scenarioId").on(g.ID).by("3.14")
	}
	if u.ValidTo <= a.Now {
		return nil, refuse(CodeTerm, "期限已过", "the term is over").at("scope.to")
	}
	if err := u.Scope.within(b.basisScope(), "scope"); err != nil {
		return nil, asRefusal(err).on(u.BasisID)
	}
	return b, nil
}

// basisScope is the scope a permit must lie in. A copy is named by itself or by
// its product.
func (b *permitBasis) basisScope() *Scope {
	s := b.Scope
	if b.kind == basisTrade {
		s.ObjectIDs = append(slices.Clone(s.ObjectIDs), b.Ref, b.ObjectID)
	}
	return &s
}

// sharing resolves the basis of sharing among departments: the holder's own raw
// public data, for a duty of another department, and never beyond it.
func (a *Act) sharing(u *Permit, b *permitBasis) error {
	var r Resource
	if err := need(a, KindResource, "basisId", u.BasisID, &r); err != nil {
		return err
	}
	if !rawPublic(&r) {
		return refuse(CodeBasis, "只有党政机关与公共机构的原始公共数据可在部门间共享；其他数据须以权利为据", "only raw public data of departments and institutions is shared among departments; anything else rests on a right").at("basisId").on(r.ID).by("R-5")
	}
	if u.Duty == "" {
		return refuse(CodeFormat, "部门间共享须写明履职事项", "sharing among departments is for a duty: name it").at("duty")
	}
	for _, x := range []struct{ field, id string }{{"basisId", r.HolderID}, {"permitteeId", u.PermitteeID}} {
		d, err := a.activeWith(x.field, x.id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(d.Roles, func(x Role) bool { return x == RoleSourceUnit || x == RoleImplementing || x == RoleRegulator }) {
			return refuse(CodeRole, "%s 不是部门或数源单位", "%s is no department or source unit", d.USCC).at(x.field).on(d.USCC).by("R-5")
		}
	}
	b.kind = basisSharing
	b.permission = permission{Ref: r.ID, Kind: KindResource, HolderID: r.HolderID, ObjectID: r.ID, Scope: Scope{
		ObjectIDs: []string{r.ID}, Purposes: []string{anything}, Regions: []string{anything}, Industries: []string{anything},
		Actions: []Action{ActQuery, ActVerify, ActProcess, ActFuse}, MaxGrade: 5, Envs: []Env{anything}, From: u.Scope.From, To: u.Scope.To}}
	return nil
}

// rawPublic reports whether a resource is raw public data, which carries no
// right and leaves no domain (GR-4).
func rawPublic(r *Resource) bool {
	return r.SubjectClass == "SubjectPublic" && r.PublicKind != "Utility" && (len(r.Versions) == 0 || r.Versions[len(r.Versions)-1].LineageID == "")
}

// The environments by what they leave with the user.
var (
	controlledEnvs = []Env{EnvTEE, EnvMPC, EnvFL, EnvSandbox}
	sealedEnvs     = []Env{EnvTEE, EnvMPC, EnvFL} // raw content is never received (UP-1)
)

// modeOfEnv is the delivery mode whose grades an environment shares.
var modeOfEnv = map[Env]string{
	EnvOpen: "API", EnvClientFile: "EncryptedFile", EnvSandbox: "Sandbox", EnvDataSpace: "Sandbox", EnvXinchuang: "Sandbox",
	EnvTEE: "PrivacyCompute", EnvMPC: "PrivacyCompute", EnvFL: "PrivacyCompute",
}

// permitObjects holds a permit against what it is over: grades, environments,
// personal information. It reports whether important data is among it.
func (a *Act) permitObjects(p *Profile, u *Permit) (important bool, err error) {
	in := u.Scope.Envs
	if slices.Contains(in, anything) {
		in = envs
	}
	for i, id := range u.Scope.ObjectIDs {
		at := "scope.objectIds[" + strconv.Itoa(i) + "]"
		o, err := a.objectOf(at, id)
		if err != nil {
			return false, err
		}
		if o.grade > u.Scope.MaxGrade {
			return false, refuse(CodeGrade, "分级 %d 高于许可的最高分级 %d", "grade %d is above the permit's highest, %d", o.grade, u.Scope.MaxGrade).at(at).on(id).by("R-3")
		}
		for _, e := range in {
			if !modeAllowed(p, o.grade, modeOfEnv[e]) {
				return false, refuse(CodeGrade, "分级 %[1]d 的数据不得在 %[2]s 使用", "data of grade %[1]d is not used in %[2]s", o.grade, string(e)).at("scope.envs").on(id).by("R-7")
			}
			if o.rawPublic && o.grade > 1 && (e == EnvOpen || e == EnvClientFile) {
				return false, refuse(CodeGrade, "原始公共数据不出域，不得在 %s 使用", "raw public data leaves no domain and is not used in %s", string(e)).at("scope.envs").on(id).by("GR-4")
			}
		}
		if o.personal && u.LegalBasis == nil {
			return false, refuse(CodeBasis, "涉及个人信息，须附处理的合法性依据", "it is over personal information: attach the legal basis for processing it").at("legalBasis").on(id).by("R-4")
		}
		if !o.important {
			continue
		}
		important = true
		if u.Risk == nil {
			return false, refuse(CodeGrade, "涉及重要数据，须附风险评估", "it is over important data: attach the risk assessment").at("riskAssessment").on(id).by("R-6")
		}
		if v := notIn(strs(in), strs(controlledEnvs), equal); v != "" {
			return false, refuse(CodeGrade, "重要数据只能在受控环境使用，不得在 %s", "important data is used in controlled environments only, not in %s", v).at("scope.envs").on(id).by("R-6")
		}
		if u.Scope.allows(ActExport) || u.Scope.allows(ActResell) {
			return false, refuse(CodeGrade, "重要数据不得转售、不得出境", "important data is neither resold nor exported").at("scope.actions").on(id).by("R-6")
		}
	}
	if u.Scope.allows(ActHold) && slices.ContainsFunc(in, func(e Env) bool { return slices.Contains(sealedEnvs, e) }) {
		return false, refuse(CodeScope, "在 TEE、MPC、FL 中使用者不接触原始内容，不得含 ActHold", "in TEE, MPC and FL the permittee never receives raw content: no ActHold").at("scope.actions").by("UP-1")
	}
	return important, nil
}

// usedObject is what the rules of use ask of an object.
type usedObject struct {
	grade                          int64
	rawPublic, personal, important bool
}

// objectOf reads what the rules of use ask of a resource, product or copy.
func (a *Act) objectOf(field, id string) (usedObject, error) {
	switch {
	case isOf(id, KindResource):
		var r Resource
		if err := need(a, KindResource, field, id, &r); err != nil {
			return usedObject{}, err
		}
		if r.State != StateCatalogued {
			return usedObject{}, refuse(CodeState, "资源不在编目状态", "the resource is not in the catalogue").at(field).on(id)
		}
		return usedObject{r.Grade, rawPublic(&r), personalInformation(r.PI), r.Level == "LevelImportant"}, nil
	case isOf(id, KindCopy):
		var c Copy
		if err := need(a, KindCopy, field, id, &c); err != nil {
			return usedObject{}, err
		}
		return a.objectOf(field, c.ProductID)
	}
	var d Product
	if err := need(a, KindProduct, field, id, &d); err != nil {
		return usedObject{}, err
	}
	return usedObject{d.Grade, false, personalInformation(d.PI), d.Level == "LevelImportant"}, nil
}

func personalInformation(pi string) bool { return pi == "PersonalInfo" || pi == "SensitivePI" }

// allot takes units out of the basis (UP-2). A grant keeps a running total;
// of a right or copy with a quota the permits in being are added up.
func (a *Act) allot(b *permitBasis, u *Permit, add []Amount) error {
	limited := limitedBy(add, b.Scope.Quota)
	if len(limited) == 0 {
		return nil
	}
	if g := b.grant; g != nil {
		totals, err := addWithin(g.Allocated, limited, g.Scope.Quota, "scope.quota")
		if err != nil {
			return asRefusal(err).on(g.ID).by("UP-2")
		}
		g.Allocated = totals
		return a.update(KindGrant, g)
	}
	ids, err := a.relyingOn(u.BasisID, KindPermit)
	if err != nil {
		return err
	}
	var totals []Amount
	for _, id := range ids {
		var other Permit
		if err := need(a, KindPermit, "basisId", id, &other); err != nil {
			return err
		}
		if id == u.ID || !other.live() {
			continue
		}
		if totals, err = addWithin(totals, other.Units, nil, ""); err != nil {
			return err
		}
	}
	if _, err = addWithin(totals, u.Units, b.Scope.Quota, "scope.quota"); err != nil {
		return asRefusal(err).on(u.BasisID).by("UP-2")
	}
	return nil
}

// giveBack returns what a permit that ends did not use to its grant.
func (a *Act) giveBack(u *Permit) error {
	if u.BasisType != basisGrant {
		return nil
	}
	var g Grant
	if err := need(a, KindGrant, "permitId", u.BasisID, &g); err != nil {
		return err
	}
	if len(g.Allocated) == 0 {
		return nil
	}
	g.Allocated = takeAway(g.Allocated, takeAway(u.Units, u.Used))
	return a.update(KindGrant, &g)
}

// reallot corrects what an expired permit left used up of its grant. One in
// being holds all its units, used or not.
func (a *Act) reallot(u *Permit, was, is []Amount) error {
	if u.State != StateExpired || u.BasisType != basisGrant {
		return nil
	}
	var g Grant
	if err := need(a, KindGrant, "meterId", u.BasisID, &g); err != nil {
		return err
	}
	if len(g.Allocated) == 0 || grantMachine.Ended(g.State) {
		return nil
	}
	totals, err := addWithin(takeAway(g.Allocated, limitedBy(was, g.Scope.Quota)), limitedBy(is, g.Scope.Quota), g.Scope.Quota, "items")
	if err != nil {
		return asRefusal(err).on(g.ID).by("UP-2")
	}
	g.Allocated = totals
	return a.update(KindGrant, &g)
}

// limitedBy leaves out the units that a quota does not limit.
func limitedBy(list, quota []Amount) []Amount {
	return slices.DeleteFunc(slices.Clone(list), func(q Amount) bool {
		return !slices.ContainsFunc(quota, func(l Amount) bool { return l.Unit == q.Unit })
	})
}
