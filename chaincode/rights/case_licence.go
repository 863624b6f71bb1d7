package rights

// applyLicence fills the registration of a licence (local profile): the
// licensee has a right of its own, which rests on the licensor's.
func (a *Act) applyLicence(c *Case, asked []RightKind, targets []*Right) error {
	if len(targets) != 1 || targets[0].Kind != RightOperation {
		return refuse(CodeBasis, "许可以一项数据经营权为据", "a licence is given under one operation right").at("targetRightIds").on(targets[0].ID).by("2.6")
	}
	if len(asked) == 0 {
		asked = []RightKind{RightUse}
	}
	if err := checkKinds(asked, 1); err != nil {
		return err
	}
	if err := oneOf("rightKinds[0]", asked[0], RightUse, RightOperation); err != nil {
		return err
	}
	c.RightKinds = asked
	if err := c.Licence.Scope.check("licence.scope"); err != nil {
		return err
	}
	if err := a.eligible(c, targets); err != nil {
		return err
	}
	if err := a.mayDeal(c); err != nil {
		return err
	}
	return a.licensable(c, targets[0])
}

// licensable refuses a licence that reaches beyond the licensor's right (G-4).
func (a *Act) licensable(c *Case, r *Right) error {
	l := c.Licence
	whole := r.scope()
	if !whole.allows(ActSublicense) {
		return refuse(CodeBasis, "权利 %s 不允许再许可", "right %s does not allow to license", r.ID).at("targetRightIds").on(r.ID).by("G-4")
	}
	if l.ValidFrom < 0 || l.ValidTo <= max(l.ValidFrom, a.Now) {
		return refuse(CodeTerm, "期限须为将来的 [validFrom, validTo)", "the term [validFrom, validTo) must lie ahead").at("licence.validTo")
	}
	if l.ValidTo > r.ValidTo {
		return refuse(CodeScope, "超出许可人权利的期限 %s", "outlasts the licensor's right, which ends %s", stamp(r.ValidTo)).at("licence.validTo").on(r.ID).by("G-4")
	}
	if l.Scope.From < l.ValidFrom || l.Scope.To > l.ValidTo {
		return refuse(CodeScope, "范围的期限超出许可期限", "the scope's term is beyond the licence's").at("licence.scope.to").by("G-4")
	}
	if l.SoleUse && !l.Exclusive {
		return refuse(CodeFormat, "仅用于独占许可", "is for an exclusive licence").at("licence.soleUse")
	}
	if r.Scope == nil && c.RightKinds[0] == RightUse {
		whole.Actions = kindActions[RightUse] // what an operation right lets its holder allow others
	}
	return l.Scope.within(&whole, "licence.scope")
}

// license writes the licensee's right and, of an exclusive one, what it leaves
// the licensor.
func (a *Act) license(c *Case, p *Profile, b *RecordCase, r *Right) error {
	if err := a.eligible(c, []*Right{r}); err != nil {
		return err
	}
	if err := a.licensable(c, r); err != nil {
		return err
	}
	o, err := a.object("caseId", c.ObjectType, c.ObjectID)
	if err != nil {
		return err
	}
	cert, err := a.newCertificate(c, p, o, b, c.CounterpartyID)
	if err != nil {
		return err
	}
	scope := c.Licence.Scope
	from := max(a.Now, c.Licence.ValidFrom)
	scope.From = max(scope.From, from)
	given := &Right{
		Kind: c.RightKinds[0], HolderID: c.CounterpartyID, ObjectVersionFrom: c.ObjectVersion, Scope: &scope, Limits: r.Limits,
		Basis:     []Basis{{Type: basisLicence, RefID: r.ID, EvidenceHash: c.TermsHash}},
		ValidFrom: from, ValidTo: min(c.Licence.ValidTo, AddMonths(from, p.Int(ParamCertMaxMonths))), Remarks: b.Remarks,
	}
	if err := a.newRight(c, o, cert, given); err != nil {
		return err
	}
	if c.Licence.Exclusive {
		if err := a.moveRight(r, "amend"); err != nil {
			return err
		}
		r.Encumbrances = append(r.Encumbrances, Encumbrance{Type: EncExclusive, RefID: given.ID, From: from, To: given.ValidTo, ByID: given.HolderID,
			Use: c.Licence.SoleUse, Scope: &scope})
		if err := a.update(KindRight, r); err != nil {
			return err
		}
	}
	return a.issue(c, o, cert)
}
