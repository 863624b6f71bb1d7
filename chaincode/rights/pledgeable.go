package rights

import "strconv"

// pledgeable loads the rights of a pledge and refuses what may not be pledged
// now: another's, of several objects, on public raw data or grants without
// ActPledge (PL-4), without an operation right beside (3.16), or what the matrix
// blocks. When it asks, consents of earlier pledgees are looked for and not used
// up (PL-1).
func (a *Act) pledgeable(p *Profile, pl *Pledge, ask bool) ([]*Right, error) {
	var firstRight Right
	if err := need(a, KindRight, "rightIds[0]", pl.RightIDs[0], &firstRight); err != nil {
		return nil, err
	}
	list, _, err := a.rightsOver("rightIds", firstRight.ObjectID, pl.RightIDs)
	if err != nil {
		return nil, err
	}
	var disclosed []EncumbranceType
	for _, d := range pl.Disclosures {
		disclosed = append(disclosed, EncumbranceType(d))
	}
	for i, r := range list {
		field := "rightIds[" + strconv.Itoa(i) + "]"
		if r.HolderID != pl.PledgorID {
			return nil, refuse(CodeBasis, "权利 %[1]s 属于 %[2]s；只能出质自己的权利", "right %[1]s is %[2]s's; one pledges one's own", r.ID, r.HolderID).at(field).on(r.ID).by("3.16")
		}
		if err := a.exercise(p, field, r, Exercise{Use: UsePledge, TermsHash: pl.ContractHash, Disclosed: disclosed, Ask: ask}); err != nil {
			return nil, err
		}
		if err := a.noPublicBasis(field, r); err != nil {
			return nil, err
		}
		n := 0
		for _, e := range r.Encumbrances {
			if e.Type == EncPledge {
				n++
			}
		}
		if n >= maxPledges {
			return nil, refuse(CodeQuota, "一项权利最多 %d 项质押", "at most %d pledges lie on one right", maxPledges).at(field).on(r.ID)
		}
	}
	if err := a.publicObject(&firstRight); err != nil {
		return nil, err
	}
	return list, a.mayPledge(p, &firstRight)
}

// mayPledge refuses unless the holder has an effective operation right over the
// object that lets him pledge: to give security is an exercise of that right
// (DRWG 3).
func (a *Act) mayPledge(p *Profile, of *Right) error {
	var held heldRights
	if _, err := a.Ledger.Load(PointerHeld, pair(of.ObjectID, of.HolderID), &held); err != nil {
		return err
	}
	for _, h := range held.Rights {
		if h.Kind != RightOperation {
			continue
		}
		var op Right
		if err := need(a, KindRight, "rightIds", h.ID, &op); err != nil {
			return err
		}
		why, err := EffectiveAt(a, &op, a.Now, p.Int(ParamBasisMaxDepth))
		if err != nil {
			return err
		}
		if why != nil {
			return refuse(CodeBasis, "出质人对该对象的数据经营权 %[1]s 未生效：%[2]s", "the pledgor's operation right over the object, %[1]s, is not effective: %[3]s", op.ID, why.DetailZh, why.Detail).at("rightIds").on(op.ID).by("3.16")
		}
		if s := op.scope(); !s.allows(ActPledge) {
			return refuse(CodeBasis, "数据经营权 %s 的范围不含 ActPledge", "the operation right %s does not allow ActPledge", op.ID).at("rightIds").on(op.ID).by("3.16")
		}
		return nil
	}
	return refuse(CodeBasis, "出质人对 %s 没有数据经营权；提供担保是数据经营权的行使（DRWG 3）", "the pledgor has no operation right over %s; to give security is an exercise of that right (DRWG 3)", of.ObjectID).at("rightIds").on(of.ID).by("3.16")
}

// noPublicBasis refuses a right that rests on a grant or permit without
// ActPledge (PL-4).
func (a *Act) noPublicBasis(field string, r *Right) error {
	for _, b := range r.Basis {
		if !isOf(b.RefID, KindGrant) && !isOf(b.RefID, KindPermit) {
			continue
		}
		if err := a.grantLetsPledge(field, r.ID, b.RefID); err != nil {
			return err
		}
	}
	return nil
}

func (a *Act) grantLetsPledge(field, on, ref string) error {
	pm, err := a.permission(field, ref)
	if err != nil {
		return err
	}
	if !pm.Scope.allows(ActPledge) {
		return refuse(CodeBasis, "所依据的授权 %s 未允许 ActPledge；其上的权利不得出质", "%s, which it rests on, does not allow ActPledge; what rests on it cannot be pledged", ref).at(field).on(on).by("PL-4")
	}
	return nil
}

// publicObject refuses raw public data, and products made under a grant that
// does not allow their pledge (PL-4).
func (a *Act) publicObject(of *Right) error {
	if of.ObjectType != "Product" {
		var r Resource
		if err := need(a, KindResource, "rightIds", of.ObjectID, &r); err != nil {
			return err
		}
		if r.SubjectClass == "SubjectPublic" {
			return refuse(CodeBasis, "原始公共数据上的权利不得出质", "rights on raw public data cannot be pledged").at("rightIds").on(r.ID).by("PL-4")
		}
		return nil
	}
	var d Product
	if err := need(a, KindProduct, "rightIds", of.ObjectID, &d); err != nil {
		return err
	}
	var refs []string
	if d.PublicData != nil && d.PublicData.GrantID != "" {
		refs = append(refs, d.PublicData.GrantID)
	}
	for _, in := range d.Inputs {
		if isOf(in.PermissionRef, KindGrant) || isOf(in.PermissionRef, KindPermit) {
			refs = append(refs, in.PermissionRef)
		}
	}
	for _, ref := range refs {
		if err := a.grantLetsPledge("rightIds", d.ID, ref); err != nil {
			return err
		}
	}
	return nil
}
