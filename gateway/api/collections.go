package api

import (
	"encoding/json"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/session"
)

// collection is one kind of record as a resource of the API.
type collection struct {
	name    string // the path under /v1
	kind    rights.Kind
	filters []param
	// sees says how much of a record who reads, public how it looks when that
	// is not everything.
	sees   func(s *server, record json.RawMessage, who *session.Identity) (visibility, error)
	public func([]member) ([]member, error)
	// private collections have nothing for who comes without a session.
	private bool
	// extend adds what readers compute.
	extend func(s *server, e entry, ms []member) ([]member, error)
}

var collections []*collection

func init() { // the functions below read collections
	collections = []*collection{
		{name: "participants", kind: rights.KindParticipant, sees: seesParticipant, public: publicParticipant, filters: []param{
			stateParam("participant"), {name: "role", field: "role", oneOf: roleNames},
			{name: "orgType", field: "orgType"}, {name: "region", field: "regionCode"}, textParam}},
		{name: "resources", kind: rights.KindResource, sees: seesResource, public: publicResource, filters: []param{
			stateParam("resource"), {name: "holder", field: "holderId"}, {name: "industry", field: "industryCode"},
			{name: "subjectClass", field: "subjectClass"}, indexed(hashParam("matchTag"), "matchTag"), textParam}},
		{name: "registrations", kind: rights.KindCase, sees: seesCase, public: publicCase, filters: []param{
			stateParam("registration"), {name: "applicant", field: "applicantId"}, {name: "registrar", field: "registrarId"},
			{name: "object", field: "objectId"}, {name: "regType", field: "regType"}, textParam}},
		{name: "objections", kind: rights.KindObjection, sees: seesObjection, public: nothingPublic, private: true, filters: []param{
			stateParam("objection"), {name: "case", field: "caseId"}, {name: "objector", field: "objectorId"}}},
		{name: "rights", kind: rights.KindRight, sees: seesRight, public: publicRight, extend: withEffective, filters: []param{
			stateParam("right"), {name: "kind", field: "kind", oneOf: rightKinds}, {name: "holder", field: "holderId"},
			{name: "object", field: "objectId"}, certNoParam("certNo"), {name: "case", field: "caseId"},
			{name: "registrar", field: "registrarId"}, textParam}},
		{name: "certificates", kind: rights.KindCertificate, sees: everyone, extend: withIssue, filters: []param{
			stateParam("certificate"), {name: "holder", field: "holderId"}, {name: "object", field: "objectId"},
			{name: "case", field: "caseId"}, {name: "registrar", field: "registrarId"}, {name: "prefix"}, textParam}},
	}
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

// stateParam selects by the states of a machine.
func stateParam(entity string) param {
	machines := rights.Machines()
	at := slices.IndexFunc(machines, func(m *rights.Machine) bool { return m.Entity == entity })
	var names []string
	for _, s := range machines[at].States {
		names = append(names, string(s.Name))
	}
	return param{name: "state", field: "state", oneOf: names}
}

func certNoParam(name string) param {
	return param{name: name, field: name, check: rights.ValidCertNo, zh: "不是凭证号，如 SJ3212026110001", en: "not a certificate number such as SJ3212026110001"}
}

func indexed(p param, field string) param { p.field = field; return p }
