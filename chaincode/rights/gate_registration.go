package rights

import "slices"

// notReceived is gate A at the catalogue (4.2): what somebody received a copy
// of is not what he collected himself (IR-3).
func (a *Act) notReceived(source, tag string) error {
	if source != "SrcCollected" && source != "SrcCrawled" {
		return nil
	}
	copies, err := a.receivedCopies(tag, a.Actor.USCC)
	if err != nil || len(copies) == 0 {
		return err
	}
	return refuse(CodeResale, "内容与所接收的副本 %s 相同，不得作为自行采集编目", "the content is that of copy %s received from another; it is not catalogued as collected by oneself", copies[len(copies)-1]).at("matchTag").on(copies[len(copies)-1]).by("G-10")
}

// gateA refuses to register, as new, content that the applicant received a copy
// of (4.2 gate A): unless a basis names that copy and it may be derived from and
// provided and the derivation is substantive, or it may be resold, and the right
// then reaches no further.
func (a *Act) gateA(p *Profile, field, applicant string, v objectVersion, basis []Basis, derived bool) error {
	copies, err := a.receivedCopies(v.MatchTag, applicant)
	if err != nil || len(copies) == 0 {
		return err
	}
	for _, b := range basis {
		if !slices.Contains(copies, b.RefID) {
			continue
		}
		pm, err := a.permits(p, field, b.RefID, applicant, "")
		if err != nil {
			return err
		}
		if pm.Scope.allows(ActResell) || derived && pm.Scope.allowsAll(ActDerive, ActProvide) {
			return nil
		}
	}
	last := copies[len(copies)-1]
	return refuse(CodeResale, "内容与所接收的副本 %s 相同；须以该副本为据，且允许转售，或允许衍生与对外提供并有实质性加工", "the content is that of copy %s received from another; name it as basis, and it must allow resale, or deriving and providing with a substantive derivation", last).at(field).on(last).by("gate A")
}

// derivation reports whether a version is a substantive derivation by its
// lineage (3.12), which it need not have.
func (a *Act) derivation(field string, v objectVersion) (bool, error) {
	if v.LineageID == "" {
		return false, nil
	}
	l, err := a.lineageOf(field, v.LineageID, v.ContentRoot)
	if err != nil {
		return false, err
	}
	return l.Substantive, nil
}

// operable refuses the operation right over a product whose inputs do not all
// allow it (RT-2), and over one that is no substantive derivation unless its
// bases let the applicant pass on what he has.
func (a *Act) operable(p *Profile, field, applicant string, o *object, basis []Basis, derived bool) error {
	if o.Type != ObjectProduct {
		return nil
	}
	passesOn := false
	for _, b := range basis {
		if b.Type == "BasisTransfer" {
			passesOn = true
		}
		if b.Type != basisTrade && b.Type != basisLicence || b.RefID == "" {
			continue
		}
		pm, err := a.permission(field, b.RefID)
		if err != nil {
			return err
		}
		passesOn = passesOn || pm.HolderID == applicant && pm.Scope.allows(ActResell)
	}
	if passesOn {
		return nil
	}
	if applicant != o.HolderID {
		return refuse(CodeBasis, "产品属于 %s；他人须以允许转售的交易、许可或以转让为据", "the product is %s's; others rest on a trade or licence that allows resale, or on a transfer", o.HolderID).at("basis").on(o.ID).by("RT-2")
	}
	for _, in := range o.Inputs {
		if _, err := a.permits(p, field, in.PermissionRef, applicant, in.ObjectID, ActDerive, ActProvide); err != nil {
			return err
		}
	}
	if !derived {
		return refuse(CodeBasis, "产品最新版本的血缘须为实质性加工", "the lineage of the product's version must be a substantive derivation").at(field).on(o.ID).by("RT-2")
	}
	return nil
}
