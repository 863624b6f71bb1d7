package scene

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/data"
)

// officer is one key of an institution as its administrator enrols it. All
// credit codes are synthetic.
type officer struct {
	file      string // the demo's name for it
	person    Person
	enrolment rights.Enrolment
}

func (m *Market) officers() map[*Person]officer {
	both := []rights.Role{rights.RoleRegistrar, rights.RolePlatform}
	code := &rights.RegistrarCode{Region: "32", Digit: "1"}
	return map[*Person]officer{
		&m.Registrar: {"registrar-officer", Person{USCC: "91320900MA0A00073U", No: 1, Via: "Group"}, rights.Enrolment{Name: "盐城市大数据集团", OrgType: "OrgEnterprise",
			Roles: both, Post: "登记岗", Duties: both[:1], Registrar: code}},
		&m.Platform: {"platform-service", Person{USCC: "91320900MA0A00073U", No: 2, Via: "Group"}, rights.Enrolment{Name: "盐城市大数据集团", OrgType: "OrgEnterprise",
			Roles: both, Post: "平台服务", Duties: both[1:], Registrar: code}},
		&m.Exchange: {"exchange-officer", Person{USCC: "91320900MA0A00014Q", No: 1, Via: "Exchange"}, rights.Enrolment{Name: "华东江苏大数据交易中心", OrgType: "OrgEnterprise",
			Roles: []rights.Role{rights.RoleExchange}, Post: "准入岗"}},
		&m.Regulator: {"regulator-officer", Person{USCC: "11320900MB0A00050T", No: 1, Via: "Regulator"}, rights.Enrolment{Name: "盐城市数据局", OrgType: "OrgGovernment",
			Roles: []rights.Role{rights.RoleRegulator}, Post: "监管岗", RegulatorDomain: "data"}},
		&m.Bank: {"bank-officer", Person{USCC: "91320904MA0A00081G", No: 1, Via: "Bank"}, rights.Enrolment{Name: "合作银行盐城分行", OrgType: "OrgFinancial",
			Roles: []rights.Role{rights.RoleBank}, Post: "信贷岗"}},
	}
}

// Open is a consortium on which the demo was played: its officers act, its
// rules are in force.
func Open(t testing.TB, d *network.Deployment) *Market {
	t.Helper()
	m := newMarket(t, d)
	for p, o := range m.officers() {
		var err error
		if o.person.Key, err = client.LoadKey(filepath.Join(d.Dir, "keys", o.file+".pem")); err != nil {
			t.Fatal(err)
		}
		*p = o.person
	}
	return m
}

// workday is how many seconds a working day lasts where a scene is founded.
const workday = 2

// Found enrols the officers of a consortium on which nobody is yet, and
// publishes the rules; change edits each profile first.
func Found(t testing.TB, d *network.Deployment, change func(*rights.PublishProfile)) *Market {
	t.Helper()
	m := newMarket(t, d)
	officers := m.officers()
	for _, p := range []*Person{&m.Registrar, &m.Platform, &m.Exchange, &m.Regulator, &m.Bank} {
		key, err := client.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		o := officers[p]
		o.person.Key, *p = key, o.person
		p.Key = key
		m.Enrol(*p, o.enrolment)
	}
	for _, code := range []string{"DRWG", "PUBLIC", "LOCAL"} {
		var p rights.PublishProfile
		if err := data.Profile(code, &p); err != nil {
			t.Fatal(err)
		}
		p.Params = append(p.Params, rights.Param{Key: rights.ParamDemoSeconds, Int: workday})
		if change != nil {
			change(&p)
		}
		m.Do(m.Regulator, "ruleProfile.publish", p)
	}
	return m
}

// Enrol registers an officer's key by its organisation's Fabric administrator
// and waits until every gateway knows it: such a transaction tells no block.
func (m *Market) Enrol(p Person, e rights.Enrolment) {
	m.Helper()
	e.USCC, e.RegionCode, e.PublicKey = p.USCC, "320900", p.Key.Info().PublicKey
	raw, err := json.Marshal(e)
	if err != nil {
		m.Fatal(err)
	}
	org, err := m.Organisation(p.Via)
	if err != nil {
		m.Fatal(err)
	}
	connection, err := m.Connect(org, m.Admin(org))
	if err != nil {
		m.Fatal(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	if _, err := connection.Submit(ctx, m.Deployment.Chaincode.Name, "Enrol", raw); err != nil {
		m.Fatal(err)
	}
	for name, gateway := range m.gateways {
		for {
			var known rights.Participant
			_, err := gateway.Get(ctx, "/v1/participants/"+p.USCC, nil, &known)
			if err == nil && len(known.Keys) >= p.No {
				break
			}
			if ctx.Err() != nil {
				m.Fatalf("%s does not know %s: %v", name, p.Kid(), err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// Join lets a newcomer in, an enterprise of Tinghu district unless change says
// otherwise, by whoever admits its role.
func (m *Market) Join(name, via string, change func(*rights.Application)) Person {
	m.Helper()
	p, err := Newcomer(via)
	if err != nil {
		m.Fatal(err)
	}
	a := rights.Application{USCC: p.USCC, Name: name, OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleEnterprise},
		RegionCode: "320902", PublicKey: p.Key.Info().PublicKey}
	if change != nil {
		change(&a)
	}
	m.Do(p, "participant.apply", a)
	admitter := m.Regulator
	switch a.Roles[0] {
	case rights.RoleEnterprise, rights.RoleVendor, rights.RoleBank, rights.RoleSourceUnit, rights.RoleMediator, rights.RolePeerExchange:
		admitter = m.Exchange
	}
	m.Do(admitter, "participant.admit", rights.OfParticipant{USCC: p.USCC, KeyFingerprint: p.Key.Info().Fingerprint})
	return p
}

// As gives an applicant a role.
func As(role rights.Role) func(*rights.Application) {
	return func(a *rights.Application) { a.Roles = []rights.Role{role} }
}

// Service lets a third party in that is qualified for services.
func (m *Market) Service(name, via string, services ...string) Person {
	m.Helper()
	return m.Join(name, via, func(a *rights.Application) {
		a.Roles, a.ServiceTypes = []rights.Role{rights.RoleThirdParty}, services
		for _, s := range services {
			a.Qualifications = append(a.Qualifications, rights.Qualification{Type: s, No: "ZZ-1", From: "2020-01-01", To: "2035-12-31", EvidenceHash: Hash("licence")})
		}
	})
}
