package rights

import (
	"slices"
)

// maxClosure bounds each list of what a closure amounts to.
const maxClosure = 256

// closure works out what one record's inputs amount to, and whether each might
// be used.
type closure struct {
	act   *Act
	p     *Profile
	l     *Lineage
	id    string
	depth int64
}

// origin is an input as the ledger knows it.
type origin struct {
	object   string   // what its permission is about
	grade    int64    // as it is graded now
	lineage  *Lineage // that made it; nil for what comes from outside
	copy     *Copy    // a bought copy is a boundary: what is behind it is the seller's affair
	raw      bool     // public data that leaves no domain
	personal bool
	grantID  string // of a product of authorised operation
}

// add checks one input and takes it into the closure.
func (c *closure) add(field string, in *InputUsed, before *Lineage) error {
	if err := first(oneOf(field+".type", in.Type, "Resource", "Product", "Copy", "Model", "Result"), checkHash(field+".contentRoot", in.ContentRoot)); err != nil {
		return err
	}
	if slices.ContainsFunc(c.l.Inputs, func(x LineageInput) bool { return x.ContentRoot == in.ContentRoot }) {
		return refuse(CodeFormat, "输入重复", "the input is given twice").at(field + ".contentRoot")
	}
	o, err := c.origin(field, in)
	if err != nil {
		return err
	}
	rec := LineageInput{Type: in.Type, ID: in.ID, Version: in.Version, ContentRoot: in.ContentRoot, PermissionRef: in.PermissionRef}
	if l := o.lineage; l != nil {
		if l.State == StateRefuted {
			return refuse(CodeLineage, "输入的血缘记录 %s 已被推翻", "the input's lineage %s was refuted", l.ID).at(field).on(l.ID).by("LN-1")
		}
		if before != nil && l.FirstAt >= before.FirstAt {
			return refuse(CodeLineage, "更正只能引用早于原记录的输入", "a correction names inputs older than what it corrects").at(field).on(l.ID).by("LN-2")
		}
		rec.LineageID = l.ID
		c.depth = max(c.depth, l.Depth+1)
		if o.copy == nil {
			c.inherit(l)
		}
		if in.Type == "Model" || in.Type == "Result" { // anything else has a permission of its own
			for _, id := range l.Permissions {
				c.l.Permissions = appendNew(c.l.Permissions, id)
			}
		}
	}
	if err := c.permitted(field, in, &o); err != nil {
		return err
	}
	c.l.MaxGrade = max(c.l.MaxGrade, o.grade)
	if o.copy != nil {
		c.copies(LineageCopy{o.copy.ID, c.l.Substantive})
	}
	if o.raw {
		c.l.PublicID = appendNew(c.l.PublicID, in.ID)
	}
	if o.grantID != "" {
		c.l.GrantIDs = appendNew(c.l.GrantIDs, o.grantID)
	}
	c.l.Inputs = append(c.l.Inputs, rec)
	return c.act.markUsed(in.ContentRoot, c.id)
}

// markUsed notes that content was an input once: it is never an output later.
// Whoever uses it after that only reads the note.
func (a *Act) markUsed(root, id string) error {
	var o once
	found, err := a.Ledger.Load(PointerUnique, UsedName(root), &o)
	if err != nil || found {
		return err
	}
	return a.Ledger.Store(PointerUnique, UsedName(root), &once{id})
}

// origin finds an input on the ledger and compares its content root (LN-1).
func (c *closure) origin(field string, in *InputUsed) (o origin, err error) {
	a := c.act
	if o.lineage, err = a.lineageBy(in.ContentRoot); err != nil {
		return o, err
	}
	var stored string
	switch in.Type {
	case "Resource":
		var r Resource
		if err = need(a, KindResource, field+".id", in.ID, &r); err != nil {
			return o, err
		}
		if r.State != StateCatalogued {
			return o, refuse(CodeState, "资源不在编目状态", "the resource is not in the catalogue").at(field + ".id").on(r.ID)
		}
		if in.Version < 1 || in.Version > int64(len(r.Versions)) {
			return o, refuse(CodeNotFound, "没有此版本", "there is no such version").at(field + ".version").on(r.ID).by("LN-1")
		}
		stored = r.Versions[in.Version-1].ContentRoot
		o.object, o.grade, o.personal = r.ID, r.Grade, personalInformation(r.PI)
		o.raw = o.lineage == nil && rawPublic(&r)
	case "Product":
		var d Product
		if err = need(a, KindProduct, field+".id", in.ID, &d); err != nil {
			return o, err
		}
		if in.Version < 1 || in.Version > int64(len(d.Versions)) {
			return o, refuse(CodeNotFound, "没有此版本", "there is no such version").at(field + ".version").on(d.ID).by("LN-1")
		}
		stored = d.Versions[in.Version-1].ContentRoot
		o.object, o.grade, o.personal = d.ID, d.Grade, personalInformation(d.PI)
		if d.PublicData != nil {
			o.grantID = d.PublicData.GrantID
		}
	case "Copy":
		var cp Copy
		if err = need(a, KindCopy, field+".id", in.ID, &cp); err != nil {
			return o, err
		}
		var d Product
		if err = need(a, KindProduct, field+".id", cp.ProductID, &d); err != nil {
			return o, err
		}
		version := ""
		if cp.Version >= 1 && cp.Version <= int64(len(d.Versions)) {
			version = d.Versions[cp.Version-1].ContentRoot
		}
		if stored = cp.ContentRoot; stored == "" { // nothing was handed over: what was accessed is the version
			stored = version
		}
		o.copy, o.object, o.grade, o.personal = &cp, cp.ID, d.Grade, personalInformation(d.PI)
		if o.lineage == nil && version != "" { // a marked copy has a root of its own; its depth is the version's
			if o.lineage, err = a.lineageBy(version); err != nil {
				return o, err
			}
		}
	default: // Model, Result: known by the record that made them
		if o.lineage == nil {
			return o, refuse(CodeLineage, "中间成果没有血缘记录", "no lineage record made this intermediate result").at(field + ".contentRoot").by("LN-1")
		}
		i := slices.IndexFunc(o.lineage.Outputs, func(x LineageOutput) bool { return x.ContentRoot == in.ContentRoot })
		o.grade, stored = o.lineage.Outputs[i].Grade, in.ContentRoot
	}
	if stored != in.ContentRoot {
		return o, refuse(CodeLineage, "内容根与账本上的不一致", "the content root is not the one on the ledger").at(field + ".contentRoot").on(in.ID).by("LN-1")
	}
	return o, nil
}

// permitted refuses an input whose permission does not allow this use (LN-3,
// LN-5, LN-6, G-9).
func (c *closure) permitted(field string, in *InputUsed, o *origin) error {
	at := field + ".permissionRef"
	if in.Type == "Model" || in.Type == "Result" {
		return c.inherited(at, in, o.lineage)
	}
	pm, u, err := c.permission(at, in.PermissionRef, o.object)
	if err != nil {
		return err
	}
	if o.raw {
		switch {
		case u == nil:
			return refuse(CodeBasis, "原始公共数据只能在使用许可下处理", "raw public data is processed under a usage permit only").at(at).on(in.ID).by("LN-6")
		case !c.l.NonRaw || c.l.Inspection == nil:
			return refuse(CodeLineage, "须声明产出不含原始数据并附产出检查证明", "state that no raw record left the domain, with the inspection of the output").at("nonRaw").on(in.ID).by("LN-6")
		}
	}
	if o.personal && (u == nil || u.LegalBasis == nil) {
		return refuse(CodeBasis, "个人信息只能在附合法性依据的使用许可下处理", "personal information is processed under a permit with a legal basis only").at(at).on(in.ID).by("R-4")
	}
	if o.grade > pm.Scope.MaxGrade {
		return refuse(CodeGrade, "分级 %[1]d 高于 %[2]s 允许的 %[3]d", "grade %[1]d is above what %[2]s allows, %[3]d", o.grade, pm.Ref, pm.Scope.MaxGrade).at(at).on(in.ID).by("LN-3")
	}
	c.l.Permissions = appendNew(c.l.Permissions, in.PermissionRef)
	return nil
}

// permission checks a permission the operator uses now: whose, effective, with
// the action, the environment and the times of the job.
func (c *closure) permission(field, ref, object string) (*permission, *Permit, error) {
	a, holder := c.act, c.l.OperatorID
	var u *Permit
	if isOf(ref, KindPermit) {
		u = new(Permit)
		if err := need(a, KindPermit, field, ref, u); err != nil {
			return nil, nil, err
		}
		if holder != u.PermitteeID && !slices.Contains(u.EntrustedIDs, holder) {
			return nil, nil, refuse(CodeBasis, "%[1]s 不是 %[2]s 的被许可人，也未受托处理", "%[1]s is neither the permittee of %[2]s nor entrusted with the processing", holder, ref).at(field).on(ref).by("LN-5")
		}
		holder = u.PermitteeID
		if c.l.PlatformID != u.PlatformID {
			return nil, nil, refuse(CodeLineage, "须在许可的平台 %s 上处理", "must run on the permit's platform, %s", u.PlatformID).at("platformId").on(ref).by("LN-6")
		}
	}
	if isOf(ref, KindCopy) {
		object = ref
	}
	pm, err := a.permits(c.p, field, ref, holder, object, opNamed(c.l.Op).needs)
	if err != nil {
		return nil, nil, err
	}
	if !covers(strs(pm.Scope.Envs), c.l.Env, equal) {
		return nil, nil, refuse(CodeScope, "%[1]s 不允许在 %[2]s 处理", "%[1]s does not allow %[2]s", ref, c.l.Env).at("env").on(ref).by("LN-3")
	}
	if c.l.StartedAt < pm.Scope.From {
		return nil, nil, refuse(CodeTerm, "处理开始于 %s 生效之前", "the job began before %s was in force", ref).at("startedAt").on(ref).by("LN-3")
	}
	if pm.Kind == KindRight {
		var r Right
		if err := need(a, KindRight, field, ref, &r); err != nil {
			return nil, nil, err
		}
		if err := a.exercise(c.p, field, &r, Exercise{Use: UseInternal}); err != nil {
			return nil, nil, err
		}
	}
	c.noteGrant(ref, u)
	return pm, u, nil
}

// noteGrant enters the grant that a permission rests on.
func (c *closure) noteGrant(ref string, u *Permit) {
	if u != nil {
		if c.l.PermitID == "" {
			c.l.PermitID = u.ID
		}
		ref = u.BasisID
	}
	if isOf(ref, KindGrant) {
		c.l.GrantIDs = appendNew(c.l.GrantIDs, ref)
	}
}

// inherited checks the permissions an intermediate result stands under: it is
// used on by whoever made it, and only while all of them allow it, save those
// whose outcome outlives them.
func (c *closure) inherited(field string, in *InputUsed, l *Lineage) error {
	if l.OperatorID != c.l.OperatorID {
		return refuse(CodeBasis, "中间成果由 %s 产出，不得由他人直接使用", "the intermediate result is %s's and is not used on by others", l.OperatorID).at(field).on(l.ID).by("LN-5")
	}
	if len(l.Permissions) == 0 { // collected by oneself
		return nil
	}
	if !slices.Contains(l.Permissions, in.PermissionRef) {
		return refuse(CodeBasis, "不在中间成果所依据的许可之内", "is none of the permissions the intermediate result stands under").at(field).on(l.ID).by("G-9")
	}
	for _, ref := range l.Permissions {
		pm, err := c.act.permission(field, ref)
		if err != nil {
			return err
		}
		if pm.Survives && pm.Scope.allows(opNamed(c.l.Op).needs) {
			continue
		}
		if _, _, err := c.permission(field, ref, ""); err != nil {
			return err
		}
	}
	return nil
}

// inherit takes over what an input's own closure amounts to.
func (c *closure) inherit(l *Lineage) {
	for _, x := range l.Copies {
		c.copies(LineageCopy{x.CopyID, x.Substantive || c.l.Substantive})
	}
	for _, id := range l.GrantIDs {
		c.l.GrantIDs = appendNew(c.l.GrantIDs, id)
	}
	for _, id := range l.PublicID {
		c.l.PublicID = appendNew(c.l.PublicID, id)
	}
}

// copies enters a bought copy. It counts as changed in substance only if it is
// on every way that leads from it.
func (c *closure) copies(x LineageCopy) {
	for i, y := range c.l.Copies {
		if y.CopyID == x.CopyID {
			c.l.Copies[i].Substantive = y.Substantive && x.Substantive
			return
		}
	}
	c.l.Copies = append(c.l.Copies, x)
}

// close bounds the closure (LN-7).
func (c *closure) close() error {
	c.l.Depth = c.depth
	if most := c.p.Int(ParamLineageDepth); c.depth > most {
		return refuse(CodeLineage, "血缘深度 %d，最多 %d", "the lineage is %d steps deep; at most %d", c.depth, most).at("inputs").by("LN-7")
	}
	if max(len(c.l.Copies), len(c.l.GrantIDs), len(c.l.PublicID), len(c.l.Permissions)) > maxClosure {
		return refuse(CodeLineage, "血缘闭包过大，最多 %d 项", "the closure is too large; at most %d of each", maxClosure).at("inputs").by("LN-7")
	}
	return nil
}

func appendNew(list []string, id string) []string {
	if slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}
