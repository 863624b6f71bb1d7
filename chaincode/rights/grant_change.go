package rights

import (
	"slices"
)

// ProposeAmendment is the body of grant.proposeAmendment. What is left out
// stays; the term is the scope's.
type ProposeAmendment struct {
	GrantID   string   `json:"grantId"`
	TermsHash string   `json:"termsHash"` // of the supplementary agreement
	Scope     *Scope   `json:"scope,omitempty"`
	FeeRule   *FeeRule `json:"feeRule,omitempty"`
}

func proposeAmendment(a *Act, b *ProposeAmendment) error {
	if err := checkHash("termsHash", b.TermsHash); err != nil {
		return err
	}
	if b.Scope == nil && b.FeeRule == nil {
		return refuse(CodeFormat, "须写明修改内容", "must change something").at("scope")
	}
	return moveGrant(a, b.GrantID, "proposeAmendment", "", func(g *Grant, p *Profile) error {
		am := &GrantAmendment{TermsHash: b.TermsHash, Scope: b.Scope, FeeRule: b.FeeRule, Signature: Signature{a.Actor.USCC, a.Kid, b.TermsHash, a.Now}}
		next := g.amended(am)
		list, err := next.terms(a, p, "scope")
		if err != nil {
			return err
		}
		am.Resources = list
		g.Amendment = am
		return nil
	})
}

// amended is the grant as the amendment would have it.
func (g *Grant) amended(am *GrantAmendment) *Grant {
	next := *g
	if am.Scope != nil {
		next.Scope, next.ValidFrom, next.ValidTo = *am.Scope, am.Scope.From, am.Scope.To
	}
	if am.FeeRule != nil {
		next.FeeRule = *am.FeeRule
	}
	next.Amendment = nil
	return &next
}

// AmendGrant is the body of grant.amend: the other side's signature.
type AmendGrant struct {
	GrantID   string `json:"grantId"`
	TermsHash string `json:"termsHash"`
}

func amendGrant(a *Act, b *AmendGrant) error {
	return moveGrant(a, b.GrantID, "amend", "", func(g *Grant, p *Profile) error {
		am := g.Amendment
		if am == nil || am.TermsHash != b.TermsHash {
			return refuse(CodeConsent, "没有此项待签的修改", "no such amendment waits to be signed").at("termsHash").on(g.ID).by("G-5")
		}
		if am.Signature.PartyID == a.Actor.USCC {
			return refuse(CodeConsent, "须由另一方签署", "the other side signs it").at("termsHash").on(g.ID).by("G-5")
		}
		next := g.amended(am)
		list, err := next.terms(a, p, "scope")
		if err != nil {
			return err
		}
		if err := a.registeredAll("scope.objectIds", list); err != nil {
			return err
		}
		next.Resources = list
		if err := next.holdsBelow(a); err != nil {
			return err
		}
		if g.Tier == GrantL2 {
			if err := a.amendUnder(g, next, p); err != nil {
				return err
			}
		}
		if err := a.unrely(g.ID, g.bound()...); err != nil {
			return err
		}
		next.Signatures = append(slices.Clone(g.Signatures), am.Signature, Signature{a.Actor.USCC, a.Kid, am.TermsHash, a.Now})
		*g = *next
		return a.rely(g.ID, g.bound()...)
	})
}

// amendUnder holds an amended second-level grant against the one above, whose
// totals move by the difference.
func (a *Act) amendUnder(g, next *Grant, p *Profile) error {
	var parent Grant
	if err := need(a, KindGrant, "grantId", g.ParentGrantID, &parent); err != nil {
		return err
	}
	if err := a.effective(p, "grantId", parent.ID); err != nil {
		return basisFell(err, "grantId", parent.ID)
	}
	if err := next.under(&parent, "scope"); err != nil {
		return err
	}
	totals, err := addWithin(takeAway(parent.Allocated, g.Scope.Quota), next.Scope.Quota, parent.Scope.Quota, "scope.quota")
	if err != nil {
		return asRefusal(err).on(parent.ID)
	}
	parent.Allocated = totals
	return a.update(KindGrant, &parent)
}

// holdsBelow refuses an amended grant that no longer contains what was given
// out of it and is still in being.
func (g *Grant) holdsBelow(a *Act) error {
	for _, t := range g.Allocated {
		if i := slices.IndexFunc(g.Scope.Quota, func(q Amount) bool { return q.Unit == t.Unit }); i >= 0 && t.Qty > g.Scope.Quota[i].Qty {
			return refuse(CodeQuota, "已授出 %[2]d %[1]s，多于修改后的限额", "%[2]d %[1]s are given out, more than the amended limit", t.Unit, t.Qty).at("scope.quota").on(g.ID).by("GR-1")
		}
	}
	below, err := a.relyingOn(g.ID, KindGrant, KindPermit)
	if err != nil {
		return err
	}
	for _, id := range below {
		if isOf(id, KindGrant) {
			var child Grant
			if err := need(a, KindGrant, "grantId", id, &child); err != nil {
				return err
			}
			if err := child.under(g, "scope"); err != nil {
				return asRefusal(err).on(id)
			}
			continue
		}
		var permit Permit
		if err := need(a, KindPermit, "grantId", id, &permit); err != nil {
			return err
		}
		if !permit.live() {
			continue
		}
		if err := permit.Scope.within(&g.Scope, "scope"); err != nil {
			return asRefusal(err).on(id).by("GR-1")
		}
	}
	return nil
}

// Interruption is the body of grant.suspend, grant.resume, permit.suspend and
// permit.resume: the reference under which it stands, and why.
type Interruption struct {
	GrantID  string `json:"grantId,omitempty"`
	PermitID string `json:"permitId,omitempty"`
	Ref      string `json:"ref"`
	Reason   string `json:"reason,omitempty"`
}

func (b *Interruption) check() error {
	return first(checkText("ref", b.Ref, 80), optionalText("reason", b.Reason, 400))
}

func suspendGrant(a *Act, b *Interruption) error {
	if err := b.check(); err != nil {
		return err
	}
	return moveGrant(a, b.GrantID, "suspend", "", func(g *Grant, _ *Profile) (err error) {
		from := StateEffective
		if len(g.SuspendedBy) > 0 {
			from = StateSuspended
		}
		g.Reason = b.Reason
		g.State, err = a.interrupt(&g.Suspension, g.ID, from, b.Ref)
		return err
	})
}

func resumeGrant(a *Act, b *Interruption) error {
	if err := b.check(); err != nil {
		return err
	}
	var g Grant
	if err := need(a, KindGrant, "grantId", b.GrantID, &g); err != nil {
		return err
	}
	return moveGrant(a, b.GrantID, "resume", g.left(), func(g *Grant, _ *Profile) (err error) {
		g.Reason = b.Reason
		g.State, err = a.restore(&g.Suspension, g.ID, b.Ref)
		return err
	})
}

// EndGrant is the body of grant.withdraw, grant.revoke, grant.exit and
// grant.expire.
type EndGrant struct {
	GrantID  string    `json:"grantId"`
	Reason   string    `json:"reason,omitempty"`
	Evidence *Evidence `json:"evidence,omitempty"` // of the breach, or of what was returned and wiped
}

func withdrawGrant(a *Act, b *EndGrant) error {
	if err := optionalText("reason", b.Reason, 400); err != nil {
		return err
	}
	return moveGrant(a, b.GrantID, "withdraw", "", func(g *Grant, _ *Profile) error {
		g.Reason, g.EndedAt = b.Reason, a.Now
		return nil
	})
}

func revokeGrant(a *Act, b *EndGrant) error {
	if err := first(checkText("reason", b.Reason, 400), needPaper("evidence", b.Evidence)); err != nil {
		return err
	}
	var g Grant
	if err := need(a, KindGrant, "grantId", b.GrantID, &g); err != nil {
		return err
	}
	to, err := a.step(&grantMachine, g.ID, g.State, "revoke", "", Relations{ByAuthoriser: {g.AuthoriserID, g.ImplementingID}})
	if err != nil {
		return err
	}
	g.State, g.Reason, g.BreachEvidence = to, b.Reason, b.Evidence
	if err := g.end(a); err != nil {
		return err
	}
	return a.update(KindGrant, &g)
}

func exitGrant(a *Act, b *EndGrant) error {
	if err := first(optionalText("reason", b.Reason, 400), needPaper("evidence", b.Evidence)); err != nil {
		return err
	}
	return moveGrant(a, b.GrantID, "exit", "", func(g *Grant, _ *Profile) error {
		if err := a.nothingRelies(g.ID, KindGrant, KindPermit); err != nil {
			return err
		}
		g.Reason, g.ExitEvidence = b.Reason, b.Evidence
		return g.end(a)
	})
}

func expireGrant(a *Act, b *EndGrant) error {
	return moveGrant(a, b.GrantID, "expire", "", func(g *Grant, _ *Profile) error {
		if a.Now < g.ValidTo {
			return refuse(CodeDeadline, "有效期至 %s", "its term runs until %s", stamp(g.ValidTo)).on(g.ID)
		}
		return g.end(a)
	})
}

// end gives back to the grant above what was not given on, and lets go of
// what the grant bound.
func (g *Grant) end(a *Act) error {
	g.EndedAt = a.Now
	if g.Tier == GrantL2 {
		var parent Grant
		if err := need(a, KindGrant, "grantId", g.ParentGrantID, &parent); err != nil {
			return err
		}
		parent.Allocated = takeAway(parent.Allocated, takeAway(g.Scope.Quota, g.Allocated))
		parent.ChildIDs = slices.DeleteFunc(parent.ChildIDs, func(id string) bool { return id == g.ID })
		if err := a.update(KindGrant, &parent); err != nil {
			return err
		}
	}
	return a.unrely(g.ID, g.bound()...)
}

// needPaper refuses a paper that is missing or malformed.
func needPaper(field string, d *Evidence) error {
	if d == nil {
		return refuse(CodeFormat, "须附证明材料", "must come with its paper").at(field)
	}
	return checkPaper(field, *d)
}
