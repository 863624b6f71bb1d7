package watch

import (
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// attempt says which refusals are an alert of which rule.
type attempt struct {
	code    rights.Code
	command string // beginning of its name; empty: any
	field   string // part of the refused field's name; empty: any
	rule    string
}

// attempts in the order they are tried. What people get wrong in good faith, a
// date, a state, a missing paper, is no alert.
var attempts = []attempt{
	{rights.CodeResale, "", "", "AL-RESALE-ATTEMPT"},
	{rights.CodeQuota, "meter.", "", "AL-QUOTA"},
	{rights.CodePriceCap, "listing.", "", "AL-PRICE"},
	{rights.CodeGrade, "product.", "", "AL-GRADE"},
	{rights.CodeGrade, "resource.regrade", "", "AL-GRADE"},
	{rights.CodeScope, "permit.", "purpose", "AL-GRANT-SCOPE"},
	{rights.CodeScope, "lineage.", "env", "AL-ENV"},
}

// telling reports whether a refusal, or one of a batch's items, has a code that
// some rule is about.
func telling(why *rights.Error) bool {
	is := func(code rights.Code) bool {
		return slices.ContainsFunc(attempts, func(a attempt) bool { return a.code == code })
	}
	return is(why.Code) || slices.ContainsFunc(why.Items, func(i rights.ItemError) bool { return is(i.Code) })
}

// attempted is the rule that a refusal is an alert of, with the refusal itself:
// of a batch, its first item that is one. "" is none.
func attempted(name string, why *rights.Error) (string, *rights.Error) {
	if rule := ruleFor(name, why); rule != "" {
		return rule, why
	}
	for i := range why.Items {
		if rule := ruleFor(name, &why.Items[i].Error); rule != "" {
			return rule, &why.Items[i].Error
		}
	}
	return "", nil
}

func ruleFor(name string, why *rights.Error) string {
	for _, a := range attempts {
		if why.Code == a.code && strings.HasPrefix(name, a.command) && strings.Contains(strings.ToLower(why.Field), a.field) {
			return a.rule
		}
	}
	return ""
}
