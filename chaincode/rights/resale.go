package rights

import "slices"

// What of other people's data may be offered on (G-10, LS-7, gates B and C).

// mayGoOn refuses content that somebody received and may not give on:
//
//   - it is, by its MatchTag, what was delivered to holder as another product,
//     and no copy received allows ActResell;
//   - a bought copy is in its lineage that allows neither: ActResell where
//     nothing substantive lies between, ActDerive and ActProvide where it does.
//
// Offered, when given, must stay within what the copy allows.
func (a *Act) mayGoOn(p *Profile, holder, productID, tag string, l *Lineage, offered *Scope) error {
	copies, err := a.receivedCopies(tag, holder)
	if err != nil {
		return err
	}
	var no error
	for _, id := range slices.Backward(copies) { // the newest first; one that allows it is enough
		var c Copy
		if err := need(a, KindCopy, "matchTag", id, &c); err != nil {
			return err
		}
		if c.ProductID == productID { // one's own, come back
			continue
		}
		if no = a.copyAllows(p, "matchTag", &c, false, offered); no == nil {
			break
		}
		if asRefusal(no) == nil {
			return no
		}
	}
	if no != nil || l == nil {
		return no
	}
	for _, x := range l.Copies {
		var c Copy
		if err := need(a, KindCopy, "lineageId", x.CopyID, &c); err != nil {
			return err
		}
		if err := a.copyAllows(p, "lineageId", &c, x.Substantive, offered); err != nil {
			return err
		}
	}
	return nil
}

// copyAllows refuses to let go on what a copy became.
func (a *Act) copyAllows(p *Profile, field string, c *Copy, substantive bool, offered *Scope) error {
	forbidden := func(e *Error) error { return e.at(field).on(c.ID).by("LS-7") }
	if c.TaintNotice != "" {
		return forbidden(refuse(CodeResale, "副本 %[1]s 涉及 %[2]s，不得再提供", "copy %[1]s is tainted by %[2]s and goes no further", c.ID, c.TaintNotice))
	}
	if c.Permission == nil {
		return forbidden(refuse(CodeResale, "副本 %s 没有许可", "copy %s comes without a permission", c.ID))
	}
	why, err := EffectiveRef(a, c.ID, a.Now, p.Int(ParamBasisMaxDepth))
	if err != nil {
		return err
	}
	if why != nil && !(substantive && c.Permission.DerivedSurvives) {
		return forbidden(refuse(CodeResale, "所据副本 %[1]s 已不再有效：%[2]s", "copy %[1]s behind it is no longer effective: %[3]s", c.ID, why.DetailZh, why.Detail))
	}
	scope := &c.Permission.Scope
	if !substantive {
		if !scope.allows(ActResell) {
			return forbidden(refuse(CodeResale, "内容与已收到的副本 %s 相同，其许可不含 ActResell", "the content is copy %s, received without ActResell", c.ID))
		}
		if offered == nil {
			return nil
		}
		same := *offered
		same.ObjectIDs = nil // the copy is of the product it came as
		return same.within(scope, "permission")
	}
	if !scope.allowsAll(ActDerive, ActProvide) {
		return forbidden(refuse(CodeResale, "副本 %s 的许可不含 ActDerive 与 ActProvide", "copy %s does not allow ActDerive and ActProvide", c.ID))
	}
	if offered == nil {
		return nil
	}
	// What was made of it is another thing; where it may be provided is not.
	where := Scope{Regions: offered.Regions, Industries: offered.Industries, From: scope.From, To: scope.To, Quota: scope.Quota}
	return where.within(scope, "permission")
}
