package api

import (
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// by selects on a field of the index.
func by(name, field string) param { return param{name: name, field: field} }

// fullBy selects on what the public does not see: records come only to who sees
// them whole, or the filter would tell what the record does not.
func fullBy(name, field string) param { return param{name: name, field: field, full: true} }

func hashBy(name, field string) param {
	p := hashParam(name)
	p.field = field
	return p
}

func certNoBy(name string) param {
	return param{name: name, field: name, check: rights.ValidCertNo, zh: "不是凭证号，如 SJ3212026110001", en: "not a certificate number such as SJ3212026110001"}
}

// hidesField reports whether a field of the index is taken from what the public
// does not see.
func (a *audience) hidesField(kind rights.Kind, field string) bool {
	return slices.ContainsFunc(index.FieldPaths(kind, field), func(path string) bool {
		name, _, _ := strings.Cut(path, ".")
		return a.hides(name)
	})
}

// stateOf selects by the states of a kind of record, as its machine names them.
func stateOf(kind rights.Kind) param {
	p := param{name: "state", field: "state"}
	for _, m := range rights.Machines() {
		if m.Kind != kind {
			continue
		}
		for _, s := range m.States {
			p.oneOf = append(p.oneOf, string(s.Name))
		}
	}
	return p
}

var rightKinds = []string{string(rights.RightHolding), string(rights.RightUse), string(rights.RightOperation)}

var roleNames = func() []string {
	var names []string
	for _, r := range []rights.Role{rights.RoleRegulator, rights.RoleRegistrar, rights.RoleExchange, rights.RoleEnterprise, rights.RoleVendor,
		rights.RoleThirdParty, rights.RoleBank, rights.RoleSourceUnit, rights.RoleImplementing, rights.RoleOperating, rights.RoleDeveloper,
		rights.RolePlatform, rights.RoleMediator, rights.RolePeerExchange} {
		names = append(names, string(r))
	}
	return names
}()

var alertRuleCodes = func() []string {
	var codes []string
	for _, r := range rights.AlertRules() {
		codes = append(codes, r.Code)
	}
	return codes
}()
