package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// policyContext is ODRL's own context, and the prefixes of what it lacks.
var policyContext = []any{"http://www.w3.org/ns/odrl.jsonld", object{"dr": Namespace, "dcterms": "http://purl.org/dc/terms/"}}

// plain is an ODRL term as ODRL's context has it. That context leads "industry"
// astray (to "odrl:industry:"), so there the term keeps its prefix.
func plain(term string) string {
	if term == "odrl:industry" {
		return term
	}
	return strings.TrimPrefix(term, "odrl:")
}

// everything, alone in a set of a scope, is every item; an empty set is none.
const everything = "*"

// Offer is the policy of a listing, as its reader sees the listing: what its
// seller lets anyone buy.
func Offer(s Site, l *rights.Listing) map[string]any {
	p := s.policy("Offer", l.ID, &l.Head)
	target := l.ProductID
	if target == "" {
		target = l.RightID
	}
	if target == "" {
		target = l.ID
	}
	rules := ruling{site: s, policy: p, assigner: l.SellerID, targets: []string{target}}
	scope := rights.Scope{ObjectIDs: []string{target}, Purposes: []string{everything}, Regions: []string{everything}, Industries: []string{everything}, Actions: rights.BuyerActions, Envs: []rights.Env{everything}, From: l.ValidFrom, To: l.ValidTo}
	survives := false
	if l.Permission != nil {
		scope, survives = l.Permission.Scope, l.Permission.DerivedSurvives
	}
	rules.permit(&scope, survives, nil, payment(l))
	if b := l.BuyerLimits; b != nil {
		limits := object{"dr:resaleAllowed": b.ResaleAllowed, "dr:exportAllowed": b.ExportAllowed}
		for name, v := range map[string]string{"dr:buyerType": b.BuyerType, "dr:buyerQualification": b.BuyerQualification, "dr:environment": b.Environment, "dr:territory": b.Territory} {
			if v != "" {
				limits[name] = v
			}
		}
		p["dr:buyerLimits"] = limits
	}
	return p
}

// PermitAgreement is the policy of a permit to use data under meter.
func PermitAgreement(s Site, u *rights.Permit) map[string]any {
	p := s.policy("Agreement", u.ID, &u.Head)
	rules := ruling{site: s, policy: p, assigner: u.GrantorID, assignee: u.PermitteeID, targets: u.Scope.ObjectIDs}
	var more []any
	for _, a := range u.Units {
		if !slices.ContainsFunc(u.Scope.Quota, func(q rights.Amount) bool { return q.Unit == a.Unit && q.Qty <= a.Qty }) {
			more = append(more, quota(a))
		}
	}
	if u.OutputRule != "" {
		more = append(more, constraint("dr:outputRule", "odrl:eq", ref(concept("output-rule", u.OutputRule))))
	}
	if u.MinK > 0 {
		more = append(more, constraint("dr:minimumAggregate", "odrl:gteq", integer(u.MinK)))
	}
	scope := u.Scope
	scope.From, scope.To = max(scope.From, u.ValidFrom), min(scope.To, u.ValidTo)
	rules.permit(&scope, false, more, nil)
	if u.BasisID != "" {
		p["dcterms:source"] = ref(s.any(u.BasisID))
	}
	if u.PurposeHash != "" {
		p["dr:purposeHash"] = u.PurposeHash
	}
	return p
}

// GrantAgreement is the policy of a grant to operate public data.
func GrantAgreement(s Site, g *rights.Grant) map[string]any {
	p := s.policy("Agreement", g.ID, &g.Head)
	targets := make([]string, 0, len(g.Resources))
	for _, r := range g.Resources {
		targets = append(targets, r.ResourceID)
	}
	rules := ruling{site: s, policy: p, assigner: g.AuthoriserID, assignee: g.GranteeID, targets: targets}
	scope := g.Scope
	scope.From, scope.To = max(scope.From, g.ValidFrom), min(scope.To, g.ValidTo)
	rules.permit(&scope, false, nil, nil)
	if g.ParentGrantID != "" {
		p["dcterms:source"] = ref(s.licence(g.ParentGrantID)) // not inheritFrom: a grant is narrower than its parent
	}
	if g.FeeRule.UseClass != "" {
		fee := object{"dr:useClass": g.FeeRule.UseClass}
		if g.FeeRule.CeilingFen > 0 {
			fee["dr:ceiling"] = yuan(g.FeeRule.CeilingFen)
		}
		if g.FeeRule.Unit != "" {
			fee["dr:unit"] = g.FeeRule.Unit
		}
		p["dr:feeRule"] = fee
	}
	return p
}

func (s Site) policy(kind, id string, h *rights.Head) object {
	return object{
		"@context": policyContext, "uid": s.licence(id), "@type": kind,
		"profile": Namespace,
		// Nothing is allowed that is not named (3.0.4), and what forbids prevails.
		"conflict":           "prohibit",
		"dcterms:identifier": id, "dcterms:issued": dateTime(h.CreatedAt), "dcterms:modified": dateTime(h.UpdatedAt),
		"dr:state": string(h.State), "dr:recordVersion": h.Version,
		"dr:record": ref(s.any(id)),
	}
}

// ruling writes the rules of one policy.
type ruling struct {
	site     Site
	policy   object
	assigner string
	assignee string
	targets  []string
}

func (r *ruling) rule(actions []rights.Action) object {
	rule := object{"action": mappedActions(actions)}
	targets := make([]any, 0, len(r.targets))
	for _, id := range r.targets {
		if id != everything {
			targets = append(targets, r.site.any(id))
		}
	}
	if len(targets) == 0 { // any object of the assigner's
		targets = append(targets, Namespace+"any-object")
	}
	rule["target"] = targets
	if r.assigner != "" {
		rule["assigner"] = r.site.record(rights.KindParticipant, r.assigner)
	}
	if r.assignee != "" {
		rule["assignee"] = r.site.record(rights.KindParticipant, r.assignee)
	}
	return rule
}

// permit writes what a scope allows, under which constraints and duties, and that
// the rest of what gives data on is forbidden. A scope with an empty set allows
// nothing at all.
func (r *ruling) permit(scope *rights.Scope, survives bool, more, duties []any) {
	actions := scope.Actions
	if slices.Contains(actions, everything) {
		actions = actionOrder
	}
	constraints, nothing := r.constraints(scope)
	if survives {
		constraints = append(constraints, constraint("dr:derivedSurvives", "odrl:eq", typed("true", "xsd:boolean")))
	}
	if nothing || len(actions) == 0 {
		r.policy["prohibition"] = []any{r.rule(actionOrder)}
		return
	}
	permission := r.rule(actions)
	if all := slices.Concat(constraints, more); len(all) > 0 {
		permission["constraint"] = all
	}
	if len(duties) > 0 {
		permission["duty"] = duties
	}
	r.policy["permission"] = []any{permission}
	var denied []rights.Action
	for _, a := range given {
		if !slices.Contains(actions, a) {
			denied = append(denied, a)
		}
	}
	if len(denied) > 0 {
		r.policy["prohibition"] = []any{r.rule(denied)}
	}
}

// constraints are what a scope asks for; nothing: one of its sets is empty.
func (r *ruling) constraints(s *rights.Scope) (list []any, nothing bool) {
	set := func(items []string, left, operator string, iri func(string) string) {
		if len(items) == 0 {
			nothing = true
			return
		}
		if items[0] == everything {
			return
		}
		values := make([]any, 0, len(items))
		for _, v := range items {
			values = append(values, ref(iri(v)))
		}
		list = append(list, constraint(left, operator, values))
	}
	in := func(scheme string) func(string) string {
		return func(v string) string { return concept(scheme, v) }
	}
	purpose := func(v string) string {
		if iri := r.site.any(v); len(v) > 3 && v[:3] == "SC-" {
			return iri
		}
		return concept("purpose", v)
	}
	if len(s.ObjectIDs) == 0 {
		nothing = true
	}
	set(s.Purposes, "odrl:purpose", "odrl:isAnyOf", purpose)
	set(s.Regions, "odrl:spatial", "odrl:isAnyOf", in("region"))
	set(s.Industries, "odrl:industry", "odrl:isAnyOf", in("industry"))
	envs := make([]string, 0, len(s.Envs))
	for _, e := range s.Envs {
		envs = append(envs, string(e))
	}
	set(envs, "dr:environment", "odrl:isAnyOf", in("environment"))
	if s.MaxGrade > 0 {
		list = append(list, constraint("dr:grade", "odrl:lteq", integer(s.MaxGrade)))
	}
	if s.From > 0 {
		list = append(list, constraint("odrl:dateTime", "odrl:gteq", dateTime(s.From)))
	}
	if s.To > 0 {
		list = append(list, constraint("odrl:dateTime", "odrl:lt", dateTime(s.To)))
	}
	for _, q := range s.Quota {
		list = append(list, quota(q))
	}
	return list, nothing
}

func constraint(left, operator string, right any) object {
	return object{"leftOperand": plain(left), "operator": plain(operator), "rightOperand": right}
}

func quota(q rights.Amount) object {
	left := quantities[q.Unit].odrl
	if left == "" {
		left = concept("unit", q.Unit)
	}
	return constraint(left, "odrl:lteq", integer(q.Qty))
}

func integer(n int64) object { return typed(strconv.FormatInt(n, 10), "xsd:integer") }

// yuan is an amount of fen.
func yuan(fen int64) object { return typed(fmt.Sprintf("%d.%02d", fen/100, fen%100), "xsd:decimal") }

// payment is what a buyer owes.
func payment(l *rights.Listing) []any {
	if l.PriceModel == "Free" {
		return nil
	}
	duty := object{"action": "compensate", "dr:priceModel": l.PriceModel}
	if l.UnitPriceFen > 0 {
		pay := constraint("odrl:payAmount", "odrl:eq", yuan(l.UnitPriceFen))
		pay["unit"] = ref(iso4217 + "CNY")
		duty["constraint"] = []any{pay}
	}
	return []any{duty}
}

func mappedActions(actions []rights.Action) []string {
	var list []string
	for _, a := range actionOrder {
		if slices.Contains(actions, a) {
			list = append(list, plain(odrlActions[a].odrl))
		}
	}
	return list
}
