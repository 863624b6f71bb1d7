package rights

import (
	"slices"
	"strconv"
)

// applyTransfer fills a transfer: the transferor keeps nothing of what moves.
func (a *Act) applyTransfer(c *Case, targets []*Right) error {
	if err := a.eligible(c, targets); err != nil {
		return err
	}
	for _, r := range targets {
		if err := a.mayMove(r); err != nil {
			return err
		}
	}
	if c.ExecutionOf == "" {
		return a.mayDeal(c)
	}
	return a.carriesOut(c, targets)
}

// mayDeal refuses a transfer or licence to or from whom a measure keeps from new
// business. What carries out an order or enforces a pledge is none.
func (a *Act) mayDeal(c *Case) error {
	for _, id := range []string{c.ApplicantIDs[0], c.CounterpartyID} {
		p, err := a.participant("counterpartyId", id)
		if err != nil {
			return err
		}
		if err := a.mayTrade(p); err != nil {
			return err
		}
	}
	return nil
}

// eligible refuses a transferee or licensee who may not hold the rights.
func (a *Act) eligible(c *Case, targets []*Right) error {
	to, err := a.activeWith("counterpartyId", c.CounterpartyID)
	if err != nil {
		return err
	}
	if to.USCC == c.ApplicantIDs[0] || to.USCC == c.AgentID {
		return refuse(CodeSelf, "对方不得是申请人或其代理人", "the other side is neither the applicant nor its agent").at("counterpartyId").on(to.USCC).by("G-5")
	}
	for _, role := range []Role{RoleRegistrar, RoleRegulator, RoleExchange} {
		if slices.Contains(to.Roles, role) {
			return refuse(CodeSelf, "登记、监管、交易机构不持有市场权利", "registrars, regulators and exchanges hold no market right").at("counterpartyId").on(to.USCC).by("SD-1")
		}
	}
	from, err := a.participant("applicantIds[0]", c.ApplicantIDs[0])
	if err != nil {
		return err
	}
	c.RelatedParty = related(from, to)
	o, err := a.object("targetRightIds", c.ObjectType, c.ObjectID)
	if err != nil {
		return err
	}
	if err := o.registrable("targetRightIds"); err != nil {
		return err
	}
	if o.CustodianID == to.USCC {
		return refuse(CodeBasis, "受托人不因保管、加工取得权利", "an entrusted custodian or processor gains no right from that position").at("counterpartyId").on(o.ID).by("RT-6")
	}
	return a.notYetHeld("counterpartyId", c.ObjectID, to.USCC, c.RightKinds)
}

// Countersign is the body of registration.countersign.
type Countersign struct {
	CaseID      string            `json:"caseId"`
	TermsHash   string            `json:"termsHash"`
	Disclosures []EncumbranceType `json:"disclosures,omitempty"` // what lies on the rights and is acknowledged
}

// countersign is the other side's word (G-5). From here on the limits run.
func countersign(a *Act, b *Countersign) error {
	return stepCase(a, b.CaseID, "countersign", "", func(c *Case, p *Profile) error {
		if b.TermsHash != c.TermsHash {
			return refuse(CodeConsent, "与申请人签署的条款摘要不符", "is not the hash of terms the applicant signed").at("termsHash").on(c.ID).by("G-5")
		}
		for i, d := range b.Disclosures {
			if err := oneOf("disclosures["+strconv.Itoa(i)+"]", d, EncObjection, EncExclusive); err != nil {
				return err
			}
		}
		due, err := p.Due(a.Now, p.Int(ParamAcceptWorkdays))
		c.Disclosures = b.Disclosures
		c.Countersigned, c.AcceptDueAt = &Signature{a.Actor.USCC, a.Kid, b.TermsHash, a.Now}, due
		return err
	})
}

// registerLater records a registration about rights there are. Everything that
// was asked when it was applied for is asked again.
func (a *Act) registerLater(c *Case, p *Profile, b *RecordCase) error {
	if b.DuplicateReview != nil {
		return refuse(CodeFormat, "仅用于初次登记", "is for a first registration").at("duplicateReview")
	}
	if fresh := c.RegType == RegTransfer || c.RegType == RegLicence; !fresh && b.CertNo != "" && b.CertNo != c.TargetCertNo {
		return refuse(CodeFormat, "沿用凭证 %s，版本加一", "certificate %s stays, with its next version", c.TargetCertNo).at("certNo").on(c.ID)
	}
	targets, err := a.targets(c)
	if err != nil {
		return err
	}
	for _, r := range targets { // between the application and now a right may have moved
		if r.HolderID != c.ApplicantIDs[0] {
			return refuse(CodeState, "权利 %s 已不属于申请人", "right %s is not the applicant's any more", r.ID).on(r.ID)
		}
	}
	if c.ExecutionOf != "" {
		if err := a.carriesOut(c, targets); err != nil {
			return err
		}
	}
	if err := a.exerciseAll(c, p, targets, false); err != nil {
		return err
	}
	if targets, err = a.targets(c); err != nil { // a consent that was used up may have been on the way
		return err
	}
	switch c.RegType {
	case RegTransfer:
		err = a.transfer(c, p, b, targets)
	case RegChange, RegCorrection:
		err = a.change(c, targets)
	case RegRenewal:
		err = a.renew(c, p, targets)
	case RegCancel, RegRevoke:
		err = a.cancel(c, targets)
	case RegLicence:
		err = a.license(c, p, b, targets[0])
	}
	if err != nil || c.ExecutionOf == "" {
		return err
	}
	return a.carriedOut(c)
}

// moveRight steps a right by an event that a registration writes.
func (a *Act) moveRight(r *Right, event string) error {
	to, err := a.step(&rightMachine, r.ID, r.State, event, "", Relations{ByRegistrar: {r.RegistrarID}})
	r.State = to
	return err
}

// restate writes a certificate's next version: adjusted while one of its rights
// is in being, cancelled with the last (CT-2).
func (a *Act) restate(c *Case, change func(*Certificate)) error {
	var cert Certificate
	if err := need(a, KindCertificate, "caseId", c.TargetCertNo, &cert); err != nil {
		return err
	}
	live, err := a.liveRights(&cert)
	if err != nil {
		return err
	}
	event := "adjust"
	if !live {
		event = "cancel"
	}
	if cert.State, err = a.step(&certificateMachine, cert.ID, cert.State, event, "", Relations{ByRegistrar: {cert.RegistrarID}}); err != nil {
		return err
	}
	if change != nil {
		change(&cert)
	}
	if !live {
		if err := a.dropHolding(&cert); err != nil {
			return err
		}
	}
	return a.update(KindCertificate, &cert)
}

// transfer moves the rights: the old ones end, the transferee has new ones of
// the same term, with what runs with them.
func (a *Act) transfer(c *Case, p *Profile, b *RecordCase, targets []*Right) error {
	if err := a.eligible(c, targets); err != nil {
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
	moved := map[string]string{} // old → new; never iterated
	for _, old := range byKind(targets) {
		if err := a.mayMove(old); err != nil {
			return err
		}
		r := &Right{
			Kind: old.Kind, HolderID: c.CounterpartyID, ObjectVersionFrom: old.ObjectVersionFrom, Basis: movedBasis(old, c.TermsHash, moved), Limits: old.Limits,
			Scope: old.Scope, ValidFrom: a.Now, ValidTo: old.ValidTo, RenewedFrom: old.RenewedFrom, Restriction: old.Restriction,
			Remarks: slices.Concat(old.Remarks, b.Remarks), Encumbrances: old.Encumbrances, PrevRightID: old.ID,
		}
		if err := a.newRight(c, o, cert, r); err != nil {
			return err
		}
		moved[old.ID] = r.ID
		if err := a.moveRight(old, "transfer"); err != nil {
			return err
		}
		old.NextRightID = r.ID
		if err := a.runWith(old, r); err != nil {
			return err
		}
		if err := a.ended(old); err != nil {
			return err
		}
		if err := a.update(KindRight, old); err != nil {
			return err
		}
	}
	if err := a.restate(c, nil); err != nil {
		return err
	}
	return a.issue(c, o, cert)
}

// byKind orders rights so that one comes after those of the same holder that it
// may rest on.
func byKind(rights []*Right) []*Right {
	order := []RightKind{RightHolding, RightUse, RightOperation}
	sorted := slices.Clone(rights)
	slices.SortStableFunc(sorted, func(x, y *Right) int { return slices.Index(order, x.Kind) - slices.Index(order, y.Kind) })
	return sorted
}

// movedBasis is what a transferred right rests on: what the old one rested on,
// as far as it moved along as the new one's, and the transfer itself.
func movedBasis(old *Right, terms string, moved map[string]string) []Basis {
	var list []Basis
	for _, b := range old.Basis {
		if to := moved[b.RefID]; to != "" {
			b.RefID = to
		} else if b.Type == basisOwnRight { // it stays the transferor's, who owes it to the transferee now
			b.Type = "BasisTransfer"
		}
		list = append(list, b)
	}
	return append(list, Basis{Type: "BasisTransfer", EvidenceHash: terms})
}

// mayMove refuses to move a right that rests on a grant or licence which does
// not let itself be given on (2.6).
func (a *Act) mayMove(r *Right) error {
	for _, b := range r.Basis {
		if b.Type == basisLicence && b.RefID != "" && r.Scope != nil && !r.Scope.allows(ActSublicense) {
			return refuse(CodeBasis, "权利以许可 %s 为据，该许可不允许转给他人", "the right rests on licence %s, which may not be given on", b.RefID).at("targetRightIds").on(r.ID).by("2.6")
		}
		if b.Type != basisGrant {
			continue
		}
		var g Grant
		if err := need(a, KindGrant, "targetRightIds", b.RefID, &g); err != nil {
			return err
		}
		if !g.Scope.allows(ActSubGrant) {
			return refuse(CodeBasis, "权利以授权 %s 为据，该授权不允许转授", "the right rests on grant %s, which may not be given on", g.ID).at("targetRightIds").on(r.ID).by("2.6")
		}
	}
	return nil
}

// runWith carries over what runs with a right: freezes, disputes and objections
// still to come; pledges, with the pledgee's guard; licences given under it.
func (a *Act) runWith(old, r *Right) error {
	var beside Restraints
	if _, err := a.Ledger.Load(KindRestraints, old.ID, &beside); err != nil {
		return err
	}
	for _, e := range beside.Encumbrances {
		if err := a.restrain(r.ID, e); err != nil {
			return err
		}
	}
	if err := a.exclusiveFollows(old, r); err != nil {
		return err
	}
	pledged := false
	for _, e := range r.Encumbrances {
		if e.Type != EncPledge {
			continue
		}
		pledged = true
		if err := a.pledgeFollows(e.RefID, old, r); err != nil {
			return err
		}
	}
	if pledged {
		if err := a.guardPledged(r); err != nil {
			return err
		}
	}
	dependants, err := a.dependants(old.ID)
	if err != nil {
		return err
	}
	for _, d := range dependants {
		for i := range d.Basis {
			if d.Basis[i].RefID == old.ID {
				d.Basis[i].RefID = r.ID
			}
		}
		if err := a.moveRightBasis(d, old.ID, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// exclusiveFollows keeps an exclusive licence on the licensor's right when the
// licensee's is transferred.
func (a *Act) exclusiveFollows(old, r *Right) error {
	for _, b := range old.Basis {
		if b.Type != basisLicence || b.RefID == "" {
			continue
		}
		var base Right
		if err := need(a, KindRight, "targetRightIds", b.RefID, &base); err != nil {
			return err
		}
		for i := range base.Encumbrances {
			if e := &base.Encumbrances[i]; e.RefID == old.ID {
				e.RefID, e.ByID = r.ID, r.HolderID
				if err := a.update(KindRight, &base); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// moveRightBasis notes that a licensee's right rests on the transferee's now:
// a transfer does not end the licences under a right.
func (a *Act) moveRightBasis(d *Right, from, to string) error {
	if err := a.unrely(d.ID, from); err != nil {
		return err
	}
	if err := a.rely(d.ID, to); err != nil {
		return err
	}
	return a.update(KindRight, d)
}

// pledgeFollows makes a pledge lie on the new right in the old one's place.
func (a *Act) pledgeFollows(id string, old, r *Right) error {
	var pl Pledge
	if err := need(a, KindPledge, "targetRightIds", id, &pl); err != nil {
		return err
	}
	for i, x := range pl.RightIDs {
		if x == old.ID {
			pl.RightIDs[i] = r.ID
		}
	}
	if !slices.Contains(pl.CertNos, r.CertNo) {
		pl.CertNos = append(pl.CertNos, r.CertNo)
	}
	pl.notify("transfer", r.ID, a.Now)
	if err := a.unrely(pl.ID, old.ID); err != nil {
		return err
	}
	if err := a.rely(pl.ID, r.ID); err != nil {
		return err
	}
	return a.update(KindPledge, &pl)
}
