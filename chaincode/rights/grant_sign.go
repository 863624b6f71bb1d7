package rights

import (
	"slices"
	"strings"
)

// From the notice of a grant to its effect.

// PublishGrant is the body of grant.publish.
type PublishGrant struct {
	GrantID    string `json:"grantId"`
	NoticeText string `json:"noticeText"`
}

func publishGrant(a *Act, b *PublishGrant) error {
	if err := checkText("noticeText", b.NoticeText, 2000); err != nil {
		return err
	}
	return moveGrant(a, b.GrantID, "publish", "", func(g *Grant, p *Profile) (err error) {
		g.NoticeText = b.NoticeText
		g.NoticeEndsAt, err = p.Due(a.Now, p.Int(ParamGrantNotice))
		return err
	})
}

// ObjectToGrant is the body of grant.object.
type ObjectToGrant struct {
	GrantID    string `json:"grantId"`
	ReasonHash string `json:"reasonHash"`
}

func objectToGrant(a *Act, b *ObjectToGrant) error {
	if err := checkHash("reasonHash", b.ReasonHash); err != nil {
		return err
	}
	return moveGrant(a, b.GrantID, "object", "", func(g *Grant, _ *Profile) error {
		if a.Now >= g.NoticeEndsAt {
			return refuse(CodeDeadline, "公示期已满", "the notice is over").on(g.ID)
		}
		if a.Actor.USCC == g.AuthoriserID || a.Actor.USCC == g.GranteeID {
			return refuse(CodeSelf, "双方不得自提异议", "the parties do not object to their own grant").on(g.ID)
		}
		if slices.ContainsFunc(g.Objections, func(o GrantObjection) bool { return o.ByID == a.Actor.USCC && o.Outcome == "" }) {
			return refuse(CodeExists, "您已有未决异议", "you have one open already").on(g.ID)
		}
		if len(g.Objections) >= 100 {
			return refuse(CodeFormat, "异议最多 100 件", "at most 100 objections").on(g.ID)
		}
		g.Objections = append(g.Objections, GrantObjection{No: int64(len(g.Objections)) + 1, ByID: a.Actor.USCC, ReasonHash: b.ReasonHash, At: a.Now})
		return nil
	})
}

// DecideGrantObjection is the body of grant.decideObjection.
type DecideGrantObjection struct {
	GrantID      string `json:"grantId"`
	No           int64  `json:"no"`
	Outcome      string `json:"outcome"` // Upheld, Dismissed
	DecisionHash string `json:"decisionHash"`
}

func decideGrantObjection(a *Act, b *DecideGrantObjection) error {
	if err := first(oneOf("outcome", b.Outcome, "Upheld", "Dismissed"), checkHash("decisionHash", b.DecisionHash)); err != nil {
		return err
	}
	return moveGrant(a, b.GrantID, "decideObjection", b.Outcome, func(g *Grant, _ *Profile) error {
		if b.No < 1 || b.No > int64(len(g.Objections)) || g.Objections[b.No-1].Outcome != "" {
			return refuse(CodeNotFound, "没有此件未决异议", "there is no such open objection").at("no").on(g.ID)
		}
		o := &g.Objections[b.No-1]
		o.Outcome, o.DecisionHash, o.DecidedAt = b.Outcome, b.DecisionHash, a.Now
		if b.Outcome == "Upheld" {
			g.EndedAt = a.Now
		}
		return nil
	})
}

// SignGrant is the body of grant.sign.
type SignGrant struct {
	GrantID       string `json:"grantId"`
	AgreementHash string `json:"agreementHash"`
}

func signGrant(a *Act, b *SignGrant) error {
	var g Grant
	if err := need(a, KindGrant, "grantId", b.GrantID, &g); err != nil {
		return err
	}
	outcome := "first"
	if len(g.Signatures) > 0 {
		outcome = "last"
	}
	return moveGrant(a, b.GrantID, "sign", outcome, func(g *Grant, p *Profile) error {
		if b.AgreementHash != g.AgreementHash {
			return refuse(CodeConsent, "须就同一协议签署：%s", "both sign the same agreement: %s", g.AgreementHash).at("agreementHash").on(g.ID).by("G-5")
		}
		if slices.ContainsFunc(g.Signatures, func(s Signature) bool { return s.PartyID == a.Actor.USCC }) {
			return refuse(CodeExists, "您已签署", "you signed already").on(g.ID).by("G-5")
		}
		if err := g.signable(a, p); err != nil {
			return err
		}
		g.Signatures = append(g.Signatures, Signature{a.Actor.USCC, a.Kid, b.AgreementHash, a.Now})
		if outcome == "first" {
			return nil
		}
		return g.takeEffect(a, p)
	})
}

// signable refuses what must not be signed now.
func (g *Grant) signable(a *Act, p *Profile) error {
	if a.Now < g.NoticeEndsAt {
		return refuse(CodeDeadline, "公示期未满，至 %s", "the notice ends on %s", stamp(g.NoticeEndsAt)).on(g.ID)
	}
	if i := slices.IndexFunc(g.Objections, func(o GrantObjection) bool { return o.Outcome == "" }); i >= 0 {
		return refuse(CodeState, "异议 %d 尚未决定", "objection %d is not decided", i+1).on(g.ID)
	}
	if a.Now >= g.ValidTo {
		return refuse(CodeTerm, "期限已过", "the term is over").on(g.ID)
	}
	if _, err := a.activeWith("grantId", g.AuthoriserID); err != nil {
		return err
	}
	grantee, err := a.activeWith("grantId", g.GranteeID)
	if err != nil {
		return err
	}
	if len(grantee.CreditFlags) > 0 {
		return refuse(CodeBasis, "被授权方有失信记录：%s", "the grantee is in bad credit: %s", strings.Join(grantee.CreditFlags, ", ")).on(g.GranteeID).by("3.14")
	}
	if err := a.registeredAll("grantId", g.Resources); err != nil {
		return err
	}
	if g.Tier == GrantL1 {
		return nil
	}
	if err := a.effective(p, "grantId", g.ParentGrantID); err != nil {
		return basisFell(err, "grantId", g.ParentGrantID)
	}
	return a.admitted(g)
}

// takeEffect takes what the grant gives out of the one above and binds whom and
// what it stands on.
func (g *Grant) takeEffect(a *Act, p *Profile) error {
	if g.Tier == GrantL2 {
		var parent Grant
		if err := need(a, KindGrant, "grantId", g.ParentGrantID, &parent); err != nil {
			return err
		}
		if err := g.under(&parent, "scope"); err != nil { // it may have been amended meanwhile
			return err
		}
		var err error
		if parent.Allocated, err = addWithin(parent.Allocated, g.Scope.Quota, parent.Scope.Quota, "scope.quota"); err != nil {
			return asRefusal(err).on(parent.ID)
		}
		parent.ChildIDs = append(parent.ChildIDs, g.ID)
		if err := a.update(KindGrant, &parent); err != nil {
			return err
		}
	}
	g.EffectiveAt = a.Now
	g.DisclosureDueOn = CivilDate(disclosureDue(p, yearOf(a.Now)) - 1)
	return a.rely(g.ID, g.bound()...)
}

// bound is whom and what a grant in being binds.
func (g *Grant) bound() []string {
	return append([]string{g.AuthoriserID, g.GranteeID, g.ParentGrantID}, g.Scope.ObjectIDs...)
}
