package rights

import "slices"

// What measures do to the records they are aimed at. Each effect is written
// into the measure; its end undoes exactly those (SM-1). Two measures on one
// record know nothing of each other: each leaves its own reference on the
// record, which is free when the last is gone (SM-2). Nothing here writes a
// right or a pledge on it (PL-5): a freeze lies beside the right.

// The effects.
const (
	effectSuspended  = "Suspended"
	effectHeld       = "OnHold"
	effectFrozen     = "Frozen"
	effectRestricted = "RestrictedTrading"
	effectDestroy    = "OrderedDestroy"
	effectCancel     = "OrderedCancelRegistration" // what a cancellation carries out (Case.ExecutionOf)
	effectExpelled   = "Expelled"
)

// suspendable is a record that several measures can hold.
type suspendable interface {
	Record
	suspension() *Suspension
}

func (s *Suspension) suspension() *Suspension { return s }

// suspendables are the kinds of records that have a state Suspended, with the
// machine that has rows suspendByMeasure and liftMeasure.
func suspendableOf(k Kind) (*Machine, suspendable) {
	switch k {
	case KindListing:
		return &listingMachine, new(Listing)
	case KindProduct:
		return &productMachine, new(Product)
	case KindPermit:
		return &permitMachine, new(Permit)
	case KindGrant:
		return &grantMachine, new(Grant)
	case KindResource:
		return &resourceMachine, new(Resource)
	}
	return nil, nil
}

// measureTarget loads what a measure is aimed at.
func (a *Act) measureTarget(k Kind, id string) (Record, error) {
	var r Record
	switch k {
	case KindParticipant:
		r = new(Participant)
	case KindRight:
		r = new(Right)
	case KindTrade:
		r = new(Trade)
	case KindCopy:
		r = new(Copy)
	default:
		_, r = suspendableOf(k)
	}
	return r, need(a, k, "targetId", id, r)
}

// subjectsOf lists whom a measure on a record can be addressed to, the first
// before the others.
func subjectsOf(r Record) []string {
	switch r := r.(type) {
	case *Participant:
		return []string{r.USCC}
	case *Resource:
		return []string{r.HolderID}
	case *Right:
		return []string{r.HolderID}
	case *Product:
		return []string{r.OwnerID}
	case *Listing:
		return []string{r.SellerID}
	case *Trade:
		return []string{r.SellerID, r.BuyerID}
	case *Permit:
		return []string{r.PermitteeID, r.GrantorID}
	case *Grant:
		return []string{r.GranteeID}
	case *Copy:
		return []string{r.HolderID}
	}
	return nil
}

// applyMeasure makes a measure's effects, all with the act.
func (a *Act) applyMeasure(sm *Measure) error {
	sm.From = a.Now
	var effect string
	var err error
	switch sm.Type {
	case MeasureSuspendListing, MeasureSuspendPermit, MeasureSuspendGrant:
		effect, err = effectSuspended, a.suspendTarget(sm)
	case MeasureSuspendTrade:
		effect, err = effectHeld, a.holdTrade(sm)
	case MeasureFreeze:
		if sm.TargetKind == KindResource {
			effect, err = effectSuspended, a.suspendTarget(sm)
		} else {
			effect, err = effectFrozen, a.freeze(sm)
		}
	case MeasureRestrictTrading:
		effect, err = effectRestricted, a.restrict(sm)
	case MeasureOrderDestroy:
		effect, err = effectDestroy, a.orderDestruction(sm)
	case MeasureOrderCancelRegistration:
		effect, err = effectCancel, a.orderCancellation(sm)
	case MeasureExpel:
		effect, err = effectExpelled, a.expel(sm)
	default: // interview, warning, rectification, transfer of the case: nothing but their words
		return nil
	}
	sm.Effects = []MeasureEffect{{Kind: sm.TargetKind, ID: sm.TargetID, Effect: effect}}
	return err
}

// undoMeasure takes away what the measure did and nothing else.
func (a *Act) undoMeasure(sm *Measure) error {
	for i := range sm.Effects {
		e := &sm.Effects[i]
		if e.Undone {
			continue
		}
		e.Undone = true
		if err := a.undoEffect(e, sm.ID); err != nil {
			return err
		}
	}
	return nil
}

func (a *Act) undoEffect(e *MeasureEffect, ref string) error {
	switch e.Effect {
	case effectSuspended:
		return a.releaseTarget(e, ref)
	case effectHeld:
		var tr Trade
		if err := need(a, KindTrade, "", e.ID, &tr); err != nil {
			return err
		}
		tr.lift("", ref)
		tr.OnHold = len(tr.SuspendedBy) > 0 || len(tr.DisputeIDs) > 0
		return a.update(KindTrade, &tr)
	case effectFrozen:
		return a.unrestrain(e.ID, ref)
	case effectRestricted:
		return a.rewriteParticipant(e.ID, func(p *Participant) error {
			p.Restrictions = slices.DeleteFunc(p.Restrictions, func(r Restriction) bool { return r.RefID == ref })
			return nil
		})
	case effectDestroy:
		return a.withdrawDestruction(e.ID, ref)
	case effectExpelled:
		return a.rewriteParticipant(e.ID, func(p *Participant) error {
			if p.State == StateExpelled && p.MeasureRef == ref && carried(&participantMachine, p.State, "reinstate") {
				p.State, p.ExpelledFrom = p.ExpelledFrom, ""
			}
			return nil
		})
	}
	return nil // an order to cancel binds for as long as the measure stands
}

// prolongMeasure lets effects that were to lapse with their urgency last for
// the measure's own term.
func (a *Act) prolongMeasure(sm *Measure) error {
	switch {
	case len(sm.Effects) == 0:
		return nil
	case sm.Effects[0].Effect == effectFrozen:
		if err := a.unrestrain(sm.TargetID, sm.ID); err != nil {
			return err
		}
		return a.freeze(sm)
	case sm.Effects[0].Effect == effectRestricted:
		return a.rewriteParticipant(sm.TargetID, func(p *Participant) error {
			for i := range p.Restrictions {
				if p.Restrictions[i].RefID == sm.ID {
					p.Restrictions[i].To = sm.effectiveTo()
				}
			}
			return nil
		})
	}
	return nil
}

// carried reports whether the machine has that row. What the end of a measure
// does, the regulator's issue of it stands behind, whoever writes the end down.
func carried(m *Machine, from State, event string) bool {
	return slices.ContainsFunc(m.Rows(event), func(t Transition) bool { return t.Leaves(from) })
}

// suspendTarget suspends a record by its machine's own row, or joins those that
// hold it already.
func (a *Act) suspendTarget(sm *Measure) error {
	m, r := suspendableOf(sm.TargetKind)
	if err := need(a, sm.TargetKind, "targetId", sm.TargetID, r); err != nil {
		return err
	}
	h, s := r.head(), r.suspension()
	if len(s.SuspendedBy) >= 100 {
		return refuse(CodeFormat, "其上的措施过多", "too many measures hold this already").on(h.ID)
	}
	if h.State != StateSuspended { // if it is by an act that is no measure, there is no state to go back to: it stays
		if _, err := a.step(m, h.ID, h.State, "suspendByMeasure", "", nil); err != nil {
			return err
		}
	}
	h.State = s.suspend(h.State, StateSuspended, sm.ID, sm.IssuedBy)
	return a.update(sm.TargetKind, r)
}

// releaseTarget takes one measure off a record.
func (a *Act) releaseTarget(e *MeasureEffect, ref string) error {
	m, r := suspendableOf(e.Kind)
	if err := need(a, e.Kind, "", e.ID, r); err != nil {
		return err
	}
	h, s := r.head(), r.suspension()
	to := s.lift(StateSuspended, ref)
	if h.State == StateSuspended && to != StateSuspended && to != "" && carried(m, h.State, "liftMeasure") {
		h.State = to
	}
	return a.update(e.Kind, r)
}

// holdTrade stops a trade beside whatever else holds it.
func (a *Act) holdTrade(sm *Measure) error {
	var tr Trade
	if err := need(a, KindTrade, "targetId", sm.TargetID, &tr); err != nil {
		return err
	}
	if tradeMachine.Ended(tr.State) {
		return refuse(CodeState, "交易已结束", "the trade has ended").at("targetId").on(tr.ID)
	}
	tr.suspend("", "", sm.ID, sm.IssuedBy)
	tr.OnHold = true
	return a.update(KindTrade, &tr)
}

// freeze lies beside the right until lifted, or until the measure's own end.
func (a *Act) freeze(sm *Measure) error {
	var r Right
	if err := need(a, KindRight, "targetId", sm.TargetID, &r); err != nil {
		return err
	}
	if rightMachine.Ended(r.State) {
		return refuse(CodeState, "权利已终止", "the right has ended").at("targetId").on(r.ID)
	}
	return a.restrain(r.ID, Encumbrance{Type: EncFreeze, RefID: sm.ID, From: a.Now, To: sm.effectiveTo(), ByID: sm.IssuedBy, Use: sm.FreezeUse})
}

// restrict keeps a participant from new business.
func (a *Act) restrict(sm *Measure) error {
	return a.rewriteParticipant(sm.TargetID, func(p *Participant) error {
		if p.State == StateExpelled || p.State == StateExited || p.State == StateRefused {
			return refuse(CodeState, "主体已不在市场", "the participant is no longer on the market").at("targetId").on(p.ID)
		}
		if len(p.Restrictions) >= 100 {
			return refuse(CodeFormat, "其上的措施过多", "too many measures hold this already").at("targetId").on(p.ID)
		}
		p.Restrictions = append(p.Restrictions, Restriction{RefID: sm.ID, ByID: sm.IssuedBy, To: sm.effectiveTo()})
		return nil
	})
}

func (a *Act) expel(sm *Measure) error {
	return a.rewriteParticipant(sm.TargetID, func(p *Participant) error {
		to, err := a.step(&participantMachine, p.ID, p.State, "expel", "", nil)
		if err != nil {
			return err
		}
		p.ExpelledFrom, p.MeasureRef, p.MeasureBy = p.State, sm.ID, sm.IssuedBy
		p.State = to
		return nil
	})
}

func (a *Act) rewriteParticipant(id string, change func(*Participant) error) error {
	var p Participant
	if err := need(a, KindParticipant, "targetId", id, &p); err != nil {
		return err
	}
	if err := change(&p); err != nil {
		return err
	}
	return a.update(KindParticipant, &p)
}

// orderDestruction binds the holder of a copy, and taints it if nothing did yet.
func (a *Act) orderDestruction(sm *Measure) error {
	var c Copy
	if err := need(a, KindCopy, "targetId", sm.TargetID, &c); err != nil {
		return err
	}
	if c.State != StateHeld && c.State != StateCompromised {
		return refuse(CodeState, "副本已不在持有人处", "the copy is no longer with its holder").at("targetId").on(c.ID)
	}
	if len(c.DestroyOrders) >= 100 {
		return refuse(CodeFormat, "其上的措施过多", "too many measures hold this already").at("targetId").on(c.ID)
	}
	c.DestroyOrders = append(c.DestroyOrders, DestroyOrder{RefID: sm.ID, ByID: sm.IssuedBy, DueOn: sm.DueOn})
	if c.TaintNotice == "" {
		c.TaintNotice = sm.ID
	}
	return a.update(KindCopy, &c)
}

func (a *Act) withdrawDestruction(id, ref string) error {
	var c Copy
	if err := need(a, KindCopy, "", id, &c); err != nil {
		return err
	}
	c.DestroyOrders = slices.DeleteFunc(c.DestroyOrders, func(o DestroyOrder) bool { return o.RefID == ref })
	if c.TaintNotice == ref {
		c.TaintNotice = ""
		if len(c.DestroyOrders) > 0 { // the next order taints it still
			c.TaintNotice = c.DestroyOrders[0].RefID
		}
	}
	return a.update(KindCopy, &c)
}

func (a *Act) orderCancellation(sm *Measure) error {
	var r Right
	if err := need(a, KindRight, "targetId", sm.TargetID, &r); err != nil {
		return err
	}
	if rightMachine.Ended(r.State) {
		return refuse(CodeState, "权利已终止", "the right has ended").at("targetId").on(r.ID)
	}
	return nil
}

// ordersCancellation reports whether ref is a measure in force that orders this
// right's registration cancelled: what a cancellation then carries out.
func (a *Act) ordersCancellation(ref, rightID string) (bool, error) {
	if !isOf(ref, KindMeasure) {
		return false, nil
	}
	var sm Measure
	ok, err := a.Ledger.Load(KindMeasure, ref, &sm)
	if err != nil || !ok {
		return false, err
	}
	return sm.Type == MeasureOrderCancelRegistration && sm.TargetID == rightID && len(sm.Effects) > 0 && !sm.Effects[0].Undone && !sm.lapsed(a.Now), nil
}

// mayTrade refuses new business of a participant that a measure keeps from it.
func (a *Act) mayTrade(p *Participant) error {
	for _, r := range p.Restrictions {
		if r.To == 0 || a.Now < r.To {
			return refuse(CodeInactive, "主体 %[1]s 受措施 %[2]s 限制，不得开展新业务", "participant %[1]s may do no new business: the measure %[2]s restricts it", p.USCC, r.RefID).on(r.RefID).by("3.17")
		}
	}
	return nil
}
