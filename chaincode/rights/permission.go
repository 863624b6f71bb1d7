package rights

import (
	"slices"
)

// kindActions is what each right carries when nothing limits it (DRWG 3).
var kindActions = map[RightKind][]Action{
	RightHolding:   {ActHold, ActQuery, ActVerify},
	RightUse:       {ActHold, ActQuery, ActVerify, ActProcess, ActFuse, ActTrain, ActDerive},
	RightOperation: {ActHold, ActQuery, ActVerify, ActDerive, ActProvide, ActResell, ActSublicense, ActPledge},
}

// permission is what a reference allows, and whom.
type permission struct {
	Ref      string
	Kind     Kind
	HolderID string
	ObjectID string // what it is over; empty for a grant, whose scope names its resources
	Scope    Scope
	Survives bool // derived output outlives the term
}

// unlimited is the scope of a right that nothing limits.
func (r *Right) unlimited() Scope {
	return Scope{ObjectIDs: []string{r.ObjectID}, Purposes: []string{anything}, Regions: []string{anything}, Industries: []string{anything},
		Actions: kindActions[r.Kind], MaxGrade: 5, Envs: []Env{anything}, From: r.ValidFrom, To: r.ValidTo}
}

// scope is what the holder of a right may do.
func (r *Right) scope() Scope {
	if r.Scope != nil {
		return *r.Scope
	}
	return r.unlimited()
}

// wholeOperation reports whether the right is an operation right that nothing
// limits in what may be done. A grant behind a product narrows for what, where
// and how the product may be used, not what may be done with it (RT-2).
func (r *Right) wholeOperation() bool {
	return r.Kind == RightOperation && (r.Scope == nil || r.Scope.allowsAll(kindActions[RightOperation]...))
}

// permission resolves a reference to a right, copy, permit or grant. Whether it
// is effective is another question: see Act.effective.
func (a *Act) permission(field, ref string) (*permission, error) {
	switch {
	case isOf(ref, KindRight):
		var r Right
		if err := need(a, KindRight, field, ref, &r); err != nil {
			return nil, err
		}
		return &permission{Ref: ref, Kind: KindRight, HolderID: r.HolderID, ObjectID: r.ObjectID, Scope: r.scope()}, nil
	case isOf(ref, KindCopy):
		var c Copy
		if err := need(a, KindCopy, field, ref, &c); err != nil {
			return nil, err
		}
		return &permission{Ref: ref, Kind: KindCopy, HolderID: c.HolderID, ObjectID: c.ProductID, Scope: c.Permission.Scope, Survives: c.Permission.DerivedSurvives}, nil
	case isOf(ref, KindPermit):
		var p Permit
		if err := need(a, KindPermit, field, ref, &p); err != nil {
			return nil, err
		}
		return &permission{Ref: ref, Kind: KindPermit, HolderID: p.PermitteeID, Scope: p.Scope}, nil
	case isOf(ref, KindGrant):
		var g Grant
		if err := need(a, KindGrant, field, ref, &g); err != nil {
			return nil, err
		}
		return &permission{Ref: ref, Kind: KindGrant, HolderID: g.GranteeID, Scope: g.Scope}, nil
	}
	return nil, refuse(CodeFormat, "须为权利、副本、使用许可或授权的编号", "must be the id of a right, copy, permit or grant").at(field)
}

// permits refuses unless the reference is effective now, is holder's, and
// allows every one of the actions on the object. Object is a resource, product
// or copy; empty does not ask.
func (a *Act) permits(p *Profile, field, ref, holder, object string, list ...Action) (*permission, error) {
	pm, err := a.permission(field, ref)
	if err != nil {
		return nil, err
	}
	if pm.HolderID != holder {
		return nil, refuse(CodeBasis, "%[1]s 属于 %[2]s，不属于 %[3]s", "%[1]s is %[2]s's, not %[3]s's", ref, pm.HolderID, holder).at(field).on(ref).by("RT-2")
	}
	if err := a.effective(p, field, ref); err != nil {
		if e := asRefusal(err); e != nil {
			return nil, refuse(CodeBasis, "依据 %[1]s 未生效：%[2]s", "the basis %[1]s is not effective: %[3]s", ref, e.DetailZh, e.Detail).at(field).on(ref).by("RT-4")
		}
		return nil, err
	}
	if object != "" && pm.ObjectID != object && !covers(pm.Scope.ObjectIDs, object, equal) && ref != object {
		return nil, refuse(CodeBasis, "%[1]s 不涉及 %[2]s", "%[1]s is not about %[2]s", ref, object).at(field).on(ref).by("RT-2")
	}
	for _, act := range list {
		if !pm.Scope.allows(act) {
			return nil, refuse(CodeBasis, "%[1]s 未允许 %[2]s", "%[1]s does not allow %[2]s", ref, string(act)).at(field).on(ref).by("RT-2")
		}
	}
	return pm, nil
}

// The delivery modes, in the order of the bits of ParamDeliveryModes.
var deliveryModes = []string{"EncryptedFile", "API", "Sandbox", "PrivacyCompute", "ModelResult", "OnSite"}

// modeAllowed reports whether data of a grade may be delivered that way.
func modeAllowed(p *Profile, grade int64, mode string) bool {
	if grade < 1 || grade > 5 {
		return false
	}
	bit := slices.Index(deliveryModes, mode)
	return bit >= 0 && p.Int(ParamDeliveryModes+string(rune('0'+grade)))&(1<<bit) != 0
}

// handsOver reports whether a mode leaves content with the recipient.
func handsOver(mode string) bool { return mode == "EncryptedFile" || mode == "OnSite" }

// received is the pointer from a MatchTag and a recipient to the copies he
// received with it (gate A).
type received struct {
	Copies []string `json:"copies"`
}

// noteReceived enters a copy under the tags of what was sent and of the version
// behind it.
func (a *Act) noteReceived(holderID, copyID string, tags ...string) error {
	for i, tag := range tags {
		if tag == "" || slices.Contains(tags[:i], tag) {
			continue
		}
		var r received
		if _, err := a.Ledger.Load(PointerReceived, pair(tag, holderID), &r); err != nil {
			return err
		}
		if slices.Contains(r.Copies, copyID) {
			continue
		}
		r.Copies = append(r.Copies, copyID)
		if n := len(r.Copies) - 200; n > 0 { // the newest are what counts
			r.Copies = r.Copies[n:]
		}
		if err := a.Ledger.Store(PointerReceived, pair(tag, holderID), &r); err != nil {
			return err
		}
	}
	return nil
}

// receivedCopies lists the copies that a participant received with a tag.
func (a *Act) receivedCopies(tag, holderID string) ([]string, error) {
	if tag == "" {
		return nil, nil
	}
	var r received
	_, err := a.Ledger.Load(PointerReceived, pair(tag, holderID), &r)
	return r.Copies, err
}

// activeWith loads a participant that must be active and have one of the roles;
// none named is any.
func (a *Act) activeWith(field, id string, roles ...Role) (*Participant, error) {
	p, err := a.participant(field, id)
	if err != nil {
		return nil, err
	}
	if p.State != StateActive {
		return nil, refuse(CodeInactive, "主体 %[1]s 的状态为“%[2]s”", "participant %[1]s is %[3]s", id, participantMachine.Titled(p.State).Zh, string(p.State)).at(field).on(id).by("G-2")
	}
	if len(roles) > 0 && !slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(p.Roles, r) }) {
		return nil, refuse(CodeRole, "主体 %[1]s 没有所需角色", "participant %[1]s has none of the roles needed: %[2]s", id, string(roles[0])).at(field).on(id)
	}
	return p, nil
}

// related reports whether two participants belong to one group (SD-5).
func related(p, q *Participant) bool {
	return p.USCC == q.USCC || p.GroupID != "" && p.GroupID == q.GroupID
}

// lineageOf loads a lineage record that made a content root and still stands.
func (a *Act) lineageOf(field, id, contentRoot string) (*Lineage, error) {
	var l Lineage
	if err := need(a, KindLineage, field, id, &l); err != nil {
		return nil, err
	}
	if l.State == StateRefuted {
		return nil, refuse(CodeLineage, "血缘记录已被推翻", "the lineage record was refuted").at(field).on(id).by("LN-1")
	}
	if contentRoot != "" && !slices.ContainsFunc(l.Outputs, func(o LineageOutput) bool { return o.ContentRoot == contentRoot }) {
		return nil, refuse(CodeLineage, "血缘记录 %s 没有此内容根的产出", "lineage record %s has no output of this content root", id).at(field).on(id).by("LN-1")
	}
	return &l, nil
}
