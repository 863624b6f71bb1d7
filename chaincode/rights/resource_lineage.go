package rights

// What lineage means to a resource: a version made by processing cites the
// record of it, and a grade follows the inputs'.

// madeByLineage refuses a version whose lineage is not the holder's, did not
// make its content or graded it higher. Content that a record accounts for
// cites it, named or not.
func (a *Act) madeByLineage(v *ResourceVersion, grade int64) error {
	l, err := a.lineageBy(v.ContentRoot)
	if err != nil {
		return err
	}
	if v.LineageID == "" {
		if l == nil {
			return nil
		}
		v.LineageID = l.ID
	}
	if l, err = a.lineageOf("lineageId", v.LineageID, v.ContentRoot); err != nil {
		return err
	}
	if l.OperatorID != a.Actor.USCC {
		held := false
		if l.PermitID != "" { // an entrusted processor works for the permittee
			var u Permit
			if err := need(a, KindPermit, "lineageId", l.PermitID, &u); err != nil {
				return err
			}
			held = u.PermitteeID == a.Actor.USCC
		}
		if !held {
			return refuse(CodeLineage, "血缘记录由 %s 作出，不是您的处理", "the lineage is %s's processing, not yours", l.OperatorID).at("lineageId").on(l.ID).by("LN-5")
		}
	}
	for _, o := range l.Outputs {
		if o.ContentRoot == v.ContentRoot && grade < o.Grade {
			return refuse(CodeGrade, "血缘记录所载分级为 %d，不得更低", "its lineage grades it %d; the resource is not graded lower", o.Grade).at("grade").on(l.ID).by("R-3")
		}
	}
	return nil
}

// loweredByLineage refuses to lower a grade below that of the inputs of any
// version without the record of a de-identification or aggregation. The
// record is the newest version's.
func (a *Act) loweredByLineage(r *Resource, b *Regrade) error {
	for i, v := range r.Versions {
		if v.LineageID == "" {
			continue
		}
		var l Lineage
		if err := need(a, KindLineage, "lineageId", v.LineageID, &l); err != nil {
			return err
		}
		if l.MaxGrade <= b.Grade {
			continue
		}
		if i < len(r.Versions)-1 && b.LineageID != "" && b.LineageID != v.LineageID {
			continue // an older version; what the resource is now is the newest
		}
		if b.LineageID != v.LineageID || !opNamed(l.Op).lowers || l.State == StateRefuted {
			return refuse(CodeGrade, "输入最高为 %d 级，调低须引用去标识、匿名化或聚合的血缘记录", "its inputs go up to grade %d: cite the lineage of a de-identification, anonymisation or aggregation", l.MaxGrade).at("lineageId").on(r.ID).by("R-2")
		}
	}
	return nil
}
