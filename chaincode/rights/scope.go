package rights

import (
	"slices"
	"strconv"
	"strings"
)

// Action is one thing that may be done with data.
type Action string

// The actions. ActResell gives on the same or substantially the same content.
const (
	ActHold       Action = "ActHold"
	ActQuery      Action = "ActQuery"
	ActVerify     Action = "ActVerify"
	ActProcess    Action = "ActProcess"
	ActFuse       Action = "ActFuse"
	ActTrain      Action = "ActTrain"
	ActDerive     Action = "ActDerive"
	ActProvide    Action = "ActProvide"
	ActResell     Action = "ActResell"
	ActSublicense Action = "ActSublicense"
	ActSubGrant   Action = "ActSubGrant"
	ActExport     Action = "ActExport"
	ActPledge     Action = "ActPledge"
)

// Env is where data may be used.
type Env string

// The environments.
const (
	EnvOpen       Env = "EnvOpen"
	EnvClientFile Env = "EnvClientFile"
	EnvSandbox    Env = "EnvSandbox"
	EnvTEE        Env = "EnvTEE"
	EnvMPC        Env = "EnvMPC"
	EnvFL         Env = "EnvFL"
	EnvDataSpace  Env = "EnvDataSpace"
	EnvXinchuang  Env = "EnvXinchuang"
)

var (
	actions = []Action{ActHold, ActQuery, ActVerify, ActProcess, ActFuse, ActTrain, ActDerive, ActProvide, ActResell, ActSublicense, ActSubGrant, ActExport, ActPledge}
	envs    = []Env{EnvOpen, EnvClientFile, EnvSandbox, EnvTEE, EnvMPC, EnvFL, EnvDataSpace, EnvXinchuang}
	units   = []string{"Calls", "Rows", "CPUSec", "GPUSec", "GB", "Runs", "Models"}
)

// BuyerActions are what a buyer may do who was promised nothing else (3.0.4).
var BuyerActions = []Action{ActHold, ActQuery, ActProcess}

// anything, alone in a set, is every item.
const anything = "*"

// Scope is what may be done: with which objects, for what, where, how, how much
// and from when to when (3.0.4). An empty set is nothing, not everything.
type Scope struct {
	ObjectIDs  []string `json:"objectIds"`
	Purposes   []string `json:"purposes"`
	Regions    []string `json:"regions"`    // prefixes of region codes, 2, 4 or 6 digits
	Industries []string `json:"industries"` // prefixes of industry codes
	Actions    []Action `json:"actions"`
	MaxGrade   int64    `json:"maxGrade"`
	Envs       []Env    `json:"envs"`
	Quota      []Amount `json:"quota,omitempty"` // units not named are not limited
	From       UnixSec  `json:"from"`
	To         UnixSec  `json:"to"` // half-open
}

// check refuses a malformed scope.
func (s *Scope) check(field string) error {
	for _, x := range []struct {
		name  string
		items []string
		valid func(string) bool
		zh    string
		en    string
	}{
		{"objectIds", s.ObjectIDs, validID, "须为记录编号或 *", "must be record ids or *"},
		{"purposes", s.Purposes, func(v string) bool { return validText(v, 64) }, "须为场景编号、用途代码或 *", "must be scenario ids, purpose codes or *"},
		{"regions", s.Regions, validRegionPrefix, "须为 2、4 或 6 位行政区划代码或 *", "must be region codes of 2, 4 or 6 digits, or *"},
		{"industries", s.Industries, validIndustryPrefix, "须为行业代码前缀或 *", "must be prefixes of industry codes, or *"},
		{"actions", strs(s.Actions), func(v string) bool { return slices.Contains(actions, Action(v)) }, "没有此种行为", "is no action"},
		{"envs", strs(s.Envs), func(v string) bool { return slices.Contains(envs, Env(v)) }, "没有此种环境", "is no environment"},
	} {
		at := field + "." + x.name
		if len(x.items) > 200 {
			return refuse(CodeFormat, "最多 200 项", "at most 200 items").at(at)
		}
		for i, v := range x.items {
			at := at + "[" + strconv.Itoa(i) + "]"
			if slices.Contains(x.items[:i], v) {
				return refuse(CodeFormat, "重复", "is given twice").at(at)
			}
			if v == anything && len(x.items) == 1 {
				continue
			}
			if v == anything || !x.valid(v) {
				return refuse(CodeFormat, "%[1]s", "%[2]s", x.zh, x.en).at(at)
			}
		}
	}
	if s.MaxGrade < 1 || s.MaxGrade > 5 {
		return refuse(CodeFormat, "须在 1 至 5 之间", "must be 1 to 5").at(field + ".maxGrade")
	}
	if s.From <= 0 || s.To <= s.From {
		return refuse(CodeFormat, "期限须为非空的 [from, to)", "the term [from, to) must not be empty").at(field + ".to")
	}
	return checkAmounts(field+".quota", s.Quota)
}

// checkAmounts refuses unknown or repeated units and quantities that are no
// quantity.
func checkAmounts(field string, list []Amount) error {
	for i, q := range list {
		at := field + "[" + strconv.Itoa(i) + "]"
		if err := oneOf(at+".unit", q.Unit, units...); err != nil {
			return err
		}
		if slices.ContainsFunc(list[:i], func(o Amount) bool { return o.Unit == q.Unit }) {
			return refuse(CodeFormat, "单位重复", "the unit is given twice").at(at + ".unit")
		}
		if q.Qty < 0 || q.Qty > maxQty {
			return refuse(CodeFormat, "须在 0 至 %d 之间", "must be 0 to %d", int64(maxQty)).at(at + ".qty")
		}
	}
	return nil
}

// maxQty leaves room to add up without overflow.
const maxQty = 1 << 53

// within refuses a scope that is not contained in parent (G-4), naming the
// field that goes beyond. Quotas are compared one to one; sums over children
// are the grantor's to keep.
func (s *Scope) within(parent *Scope, field string) error {
	outside := func(name, what string) error {
		return refuse(CodeScope, "“%s”超出上级范围", "%q is outside the scope it comes from", what).at(field + "." + name).by("G-4")
	}
	if v := notIn(s.ObjectIDs, parent.ObjectIDs, equal); v != "" {
		return outside("objectIds", v)
	}
	if v := notIn(s.Purposes, parent.Purposes, equal); v != "" {
		return outside("purposes", v)
	}
	if v := notIn(s.Regions, parent.Regions, strings.HasPrefix); v != "" {
		return outside("regions", v)
	}
	if v := notIn(s.Industries, parent.Industries, strings.HasPrefix); v != "" {
		return outside("industries", v)
	}
	if v := notIn(strs(s.Actions), strs(parent.Actions), equal); v != "" {
		return outside("actions", v)
	}
	if v := notIn(strs(s.Envs), strs(parent.Envs), equal); v != "" {
		return outside("envs", v)
	}
	if s.MaxGrade > parent.MaxGrade {
		return outside("maxGrade", strconv.FormatInt(s.MaxGrade, 10))
	}
	if s.From < parent.From {
		return outside("from", stamp(s.From))
	}
	if s.To > parent.To {
		return outside("to", stamp(s.To))
	}
	for _, limit := range parent.Quota {
		i := slices.IndexFunc(s.Quota, func(q Amount) bool { return q.Unit == limit.Unit })
		if i < 0 {
			return refuse(CodeQuota, "上级限定了 %s 的用量，须写明", "the scope above limits %s; name a limit", limit.Unit).at(field + ".quota").by("G-14")
		}
		if s.Quota[i].Qty > limit.Qty {
			return refuse(CodeQuota, "%s 超出上级用量 %d", "%s is more than the %d above", limit.Unit, limit.Qty).at(field + ".quota").by("G-14")
		}
	}
	return nil
}

// allows reports whether the scope has an action.
func (s *Scope) allows(a Action) bool {
	return s != nil && (slices.Contains(s.Actions, a) || slices.Contains(s.Actions, anything))
}

// allowsAll reports whether the scope has every one of the actions.
func (s *Scope) allowsAll(list ...Action) bool {
	return !slices.ContainsFunc(list, func(a Action) bool { return !s.allows(a) })
}

// covers reports whether a set of prefixes or items covers v.
func covers(set []string, v string, under func(v, item string) bool) bool {
	return slices.ContainsFunc(set, func(item string) bool { return item == anything || under(v, item) })
}

func equal(a, b string) bool { return a == b }

// notIn returns the first of child that parent does not cover.
func notIn(child, parent []string, under func(v, item string) bool) string {
	for _, v := range child {
		if !covers(parent, v, under) {
			return v
		}
	}
	return ""
}

// addWithin adds to running totals, refusing what would exceed the limits
// (G-14). Units without a limit are not limited.
func addWithin(totals, add, limits []Amount, field string) ([]Amount, error) {
	totals = slices.Clone(totals)
	for _, q := range add {
		i := slices.IndexFunc(totals, func(t Amount) bool { return t.Unit == q.Unit })
		if i < 0 {
			totals = append(totals, Amount{Unit: q.Unit})
			i = len(totals) - 1
		}
		sum := totals[i].Qty + q.Qty
		if j := slices.IndexFunc(limits, func(l Amount) bool { return l.Unit == q.Unit }); j >= 0 && sum > limits[j].Qty {
			return nil, refuse(CodeQuota, "%[1]s 合计 %[2]d，超出限额 %[3]d", "%[1]s adds up to %[2]d, over the limit of %[3]d", q.Unit, sum, limits[j].Qty).at(field).by("G-14")
		}
		totals[i].Qty = sum
	}
	return totals, nil
}

// takeAway subtracts from running totals.
func takeAway(totals, sub []Amount) []Amount {
	totals = slices.Clone(totals)
	for _, q := range sub {
		if i := slices.IndexFunc(totals, func(t Amount) bool { return t.Unit == q.Unit }); i >= 0 {
			totals[i].Qty = max(0, totals[i].Qty-q.Qty)
		}
	}
	return totals
}

func strs[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func validRegionPrefix(v string) bool {
	return (len(v) == 2 || len(v) == 4 || len(v) == 6) && strings.Trim(v, "0123456789") == ""
}

func validIndustryPrefix(v string) bool {
	return v != "" && len(v) <= 5 && v[0] >= 'A' && v[0] <= 'T' && strings.Trim(v[1:], "0123456789") == ""
}
