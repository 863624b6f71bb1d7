package rights

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Genesis is what the members agreed on before the first block of commands:
// who they are and which office each carries.
type Genesis struct {
	SchemaVersion int             `json:"schemaVersion"`
	Consortium    string          `json:"consortium"`
	Organisations []GenesisMember `json:"organisations"`
	// Endorsement is the chaincode's own policy, which a guarded record's key
	// states beside its guardians. Every peer reads it from its own copy.
	Endorsement *EndorsementRule `json:"endorsement,omitempty"`
}

// EndorsementRule asks for OutOf endorsements from peers of the organisations in Of.
type EndorsementRule struct {
	OutOf int      `json:"outOf"`
	Of    []string `json:"of"` // MSP IDs
}

// GenesisMember is one founding organisation.
type GenesisMember struct {
	MSPID    string   `json:"mspId"`
	Name     string   `json:"name"`
	NameZh   string   `json:"nameZh"`
	Function Function `json:"function"`
}

// Found writes the members of the consortium, once. The caller has checked
// that an administrator sent exactly the bytes this peer's own organisation
// holds, so that no single member can found another consortium.
func Found(a *Act, genesis json.RawMessage, decode Decode) error {
	var g Genesis
	if err := decode(genesis, &g); err != nil {
		return err
	}
	if g.SchemaVersion != SchemaVersion || len(g.Organisations) == 0 {
		return refuse(CodeFormat, "创世文件版本须为 %d 且至少一个机构", "the genesis must be of schema version %d and name organisations", SchemaVersion).at("schemaVersion")
	}
	if e := g.Endorsement; e != nil && (e.OutOf < 1 || e.OutOf > len(e.Of) || !foundedOf(&g, e.Of)) {
		return refuse(CodeFormat, "背书规则须为创始机构中的若干家", "the endorsement must be some of the founding organisations").at("endorsement")
	}
	for i, m := range g.Organisations {
		f := "organisations[" + strconv.Itoa(i) + "]"
		if err := first(checkText(f+".mspId", m.MSPID, 64), checkText(f+".name", m.Name, 40), checkText(f+".nameZh", m.NameZh, 40),
			oneOf(f+".function", m.Function, FunctionRegistration, FunctionTrading, FunctionSupervision, FunctionFinance)); err != nil {
			return err
		}
		var o Organisation
		exists, err := a.Ledger.Load(KindOrganisation, m.MSPID, &o)
		if err != nil {
			return err
		}
		if exists {
			return refuse(CodeExists, "联盟已成立", "the consortium is founded").on(m.MSPID)
		}
		if err := a.create(KindOrganisation, m.MSPID, StateActive, "", &Organisation{MSPID: m.MSPID, Name: m.Name, NameZh: m.NameZh, Function: m.Function}); err != nil {
			return err
		}
	}
	return nil
}

// foundedOf tells whether msps are different founding organisations.
func foundedOf(g *Genesis, msps []string) bool {
	for i, m := range msps {
		if slices.Contains(msps[:i], m) || !slices.ContainsFunc(g.Organisations, func(o GenesisMember) bool { return o.MSPID == m }) {
			return false
		}
	}
	return true
}
