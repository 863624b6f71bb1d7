package contract_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
	"github.com/datarights/datarights/internal/gm"
)

const (
	buyerID     = "91320981MA0A00049M"
	unitID      = "12320900MB0A00069L"
	developerID = "91320923MA0A0009XQ"
	appraiserID = "91320900MA0A001027"
)

// proven makes a key and has it prove itself for a participant's next number.
func (m *market) proven(uscc string, no int) (publicKey, proof string) {
	m.t.Helper()
	kid := rights.KeyID(uscc, no)
	publicKey = m.newKey(kid)
	sig, err := gm.Sign(rand.Reader, m.keys[kid], []byte(rights.RotationStatement(kid, publicKey)))
	if err != nil {
		m.t.Fatal(err)
	}
	return publicKey, base64.RawURLEncoding.EncodeToString(sig[:])
}

func (m *market) rotate(kid string, no int) answer {
	m.t.Helper()
	uscc, _, _ := strings.Cut(kid, "#")
	key, proof := m.proven(uscc, no)
	return m.do(kid, "participant.rotateKey", rights.RotateKey{PublicKey: key, Proof: proof})
}

func TestApply(t *testing.T) {
	m := newMarket(t)
	apply := func(change func(*rights.Application)) answer {
		a := m.application(buyerID, "东台数据应用有限公司")
		change(&a)
		return m.do(buyerID+"#1", "participant.apply", a)
	}
	for _, c := range []struct {
		name   string
		change func(*rights.Application)
		code   rights.Code
		field  string
	}{
		{"wrong check digit", func(a *rights.Application) { a.USCC = "91320981MA0A00049N" }, rights.CodeFormat, "uscc"},
		{"lower case", func(a *rights.Application) { a.USCC = strings.ToLower(a.USCC) }, rights.CodeFormat, "uscc"},
		{"no name", func(a *rights.Application) { a.Name = "" }, rights.CodeFormat, "name"},
		{"long name", func(a *rights.Application) { a.Name = strings.Repeat("数", 41) }, rights.CodeFormat, "name"},
		{"no such type", func(a *rights.Application) { a.OrgType = "Enterprise" }, rights.CodeFormat, "orgType"},
		{"a person under a credit code", func(a *rights.Application) { a.OrgType = "OrgNaturalPerson" }, rights.CodeFormat, "uscc"},
		{"a company under a pseudonym", func(a *rights.Application) { a.USCC = "NP-" + strings.Repeat("0a", 16) }, rights.CodeFormat, "uscc"},
		{"no roles", func(a *rights.Application) { a.Roles = nil }, rights.CodeFormat, "roles"},
		{"role of an institution", func(a *rights.Application) { a.Roles = []rights.Role{rights.RoleRegistrar} }, rights.CodeFormat, "roles[0]"},
		{"regulator by application", func(a *rights.Application) { a.Roles = []rights.Role{rights.RoleRegulator} }, rights.CodeFormat, "roles[0]"},
		{"platform by application", func(a *rights.Application) { a.Roles = []rights.Role{rights.RolePlatform} }, rights.CodeFormat, "roles[0]"},
		{"role twice", func(a *rights.Application) { a.Roles = append(a.Roles, a.Roles[0]) }, rights.CodeFormat, "roles[1]"},
		{"roles of two authorities", func(a *rights.Application) { a.Roles = append(a.Roles, rights.RoleDeveloper) }, rights.CodeRole, "roles[1]"},
		{"no such region", func(a *rights.Application) { a.RegionCode = "000000" }, rights.CodeFormat, "regionCode"},
		{"no such zone", func(a *rights.Application) { a.FuncZone = "X" }, rights.CodeFormat, "funcZone"},
		{"industry", func(a *rights.Application) { a.IndustryCode = "44" }, rights.CodeFormat, "industryCode"},
		{"date", func(a *rights.Application) { a.SettledOn = "2026-02-30" }, rights.CodeFormat, "settledOn"},
		{"group", func(a *rights.Application) { a.GroupID = "my group" }, rights.CodeFormat, "groupId"},
		{"vendor type", func(a *rights.Application) { a.VendorTypes = []string{"VendorTechnical", "Vendor"} }, rights.CodeFormat, "vendorTypes[1]"},
		{"service type twice", func(a *rights.Application) { a.ServiceTypes = []string{"SvcAudit", "SvcAudit"} }, rights.CodeFormat, "serviceTypes[1]"},
		{"qualification", func(a *rights.Application) {
			a.Qualifications = []rights.Qualification{{Type: "x", No: "1", From: "2026-01-01", To: "2027-01-01", EvidenceHash: "x"}}
		}, rights.CodeFormat, "qualifications[0].evidenceHash"},
		{"no key", func(a *rights.Application) { a.PublicKey = "" }, rights.CodeFormat, "publicKey"},
		{"half a key", func(a *rights.Application) { a.PublicKey = a.PublicKey[:40] }, rights.CodeFormat, "publicKey"},
		{"key of somebody else", func(a *rights.Application) { a.PublicKey = m.newKey("spare") }, rights.CodeSignature, "signature"},
		{"key used before", func(a *rights.Application) {
			a.PublicKey, m.keys[buyerID+"#1"] = m.publicKey(energyID+"#1"), m.keys[energyID+"#1"]
		}, rights.CodeExists, "publicKey"},
		{"for another than signed", func(a *rights.Application) { a.USCC = developerID }, rights.CodeKey, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			if e := m.refuses(apply(c.change), c.code); e.Field != c.field {
				t.Errorf("field %q; want %q: %v", e.Field, c.field, e)
			}
		})
	}
	m.t = t
	a := m.application(buyerID, "东台数据应用有限公司")
	m.keys[buyerID+"#2"] = m.keys[buyerID+"#1"]
	m.refuses(m.do(buyerID+"#2", "participant.apply", a), rights.CodeKey) // the first key is number 1
	m.must(apply(func(a *rights.Application) { a.IndustryCode, a.Origin = "I65", "Introduced" }))
	if p := read[rights.Participant](m, rights.KindParticipant, buyerID); p.State != rights.StateApplied || p.Keys[0].No != 1 || p.Keys[0].State != rights.KeyActive || p.Version != 1 {
		t.Errorf("%+v", p)
	}
	m.refuses(apply(func(*rights.Application) {}), rights.CodeSignature) // number 1 is taken: another key
	m.refuses(m.do(energyID+"#1", "participant.apply", m.application(energyID, "再来")), rights.CodeSignature)
}

func (m *market) publicKey(kid string) string {
	return base64.StdEncoding.EncodeToString(gm.MarshalPublicKey(m.keys[kid].Public()))
}

func TestAppliedMayDoNothing(t *testing.T) {
	m := newMarket(t)
	m.must(m.do(buyerID+"#1", "participant.apply", m.application(buyerID, "东台数据应用有限公司")))
	m.refuses(m.do(buyerID+"#1", "resource.catalogue", m.resource(buyerID, "x")), rights.CodeInactive)
	m.refuses(m.do(buyerID+"#1", "participant.exit", rights.Exit{Declaration: "x"}), rights.CodeInactive)
	again := m.application(buyerID, "东台数据应用有限公司")
	m.keys[buyerID+"#2"] = m.keys[buyerID+"#1"]
	if e := m.refuses(m.do(buyerID+"#2", "participant.apply", again), rights.CodeExists); e.Rule != "P-1" {
		t.Errorf("%+v", e)
	}
}

// The exchange admits market roles, the regulator the rest, nobody both.
func TestAdmission(t *testing.T) {
	m := newMarket(t)
	for i, c := range []struct {
		role     rights.Role
		exchange bool
	}{
		{rights.RoleEnterprise, true}, {rights.RoleVendor, true}, {rights.RoleBank, true}, {rights.RoleSourceUnit, true},
		{rights.RoleMediator, true}, {rights.RolePeerExchange, true},
		{rights.RoleThirdParty, false}, {rights.RoleDeveloper, false}, {rights.RoleOperating, false}, {rights.RoleImplementing, false},
	} {
		t.Run(string(c.role), func(t *testing.T) {
			m := *m
			m.t, m.ledger = t, m.ledger.Clone()
			m.txs = 1000 * (i + 1)
			a := m.application(buyerID, "东台数据应用有限公司")
			a.Roles = []rights.Role{c.role}
			m.must(m.do(buyerID+"#1", "participant.apply", a))
			may, mayNot := exchangeID+"#1", regulatorID+"#1"
			if !c.exchange {
				may, mayNot = mayNot, may
			}
			for _, kid := range []string{mayNot, registrarID + "#1", registrarID + "#2", bankID + "#1", energyID + "#1"} {
				m.refuses(m.do(kid, "participant.admit", rights.OfParticipant{USCC: buyerID}), rights.CodeRole)
				m.refuses(m.do(kid, "participant.refuse", rights.WithReason{USCC: buyerID, Reason: "x"}), rights.CodeRole)
			}
			for _, msp := range []string{groupMSP, exchangeMSP, regulatorMSP, bankMSP} {
				if msp != m.mspOf(may) {
					m.refuses(m.send(msp, may, "participant.admit", rights.OfParticipant{USCC: buyerID}), rights.CodeRole)
				}
			}
			m.refuses(m.do(may, "participant.admit", rights.OfParticipant{USCC: buyerID, KeyFingerprint: hash("other")}), rights.CodeKey)
			fp := read[rights.Participant](&m, rights.KindParticipant, buyerID).Keys[0].Fingerprint
			m.must(m.do(may, "participant.admit", rights.OfParticipant{USCC: buyerID, KeyFingerprint: fp}))
			m.refuses(m.do(may, "participant.admit", rights.OfParticipant{USCC: buyerID}), rights.CodeState)
			if p := read[rights.Participant](&m, rights.KindParticipant, buyerID); p.State != rights.StateActive || p.SettledOn != rights.CivilDate(m.now) || p.Version != 2 {
				t.Errorf("%+v", p)
			}
			// P-2: further roles by their own authority.
			more, admitter := rights.RoleDeveloper, regulatorID+"#1"
			if !c.exchange {
				more, admitter = rights.RoleVendor, exchangeID+"#1"
			}
			m.refuses(m.do(may, "participant.addRole", rights.AddRole{USCC: buyerID, Role: more}), rights.CodeRole)
			m.refuses(m.do(admitter, "participant.addRole", rights.AddRole{USCC: buyerID, Role: rights.RoleExchange}), rights.CodeFormat)
			m.must(m.do(admitter, "participant.addRole", rights.AddRole{USCC: buyerID, Role: more}))
			m.refuses(m.do(admitter, "participant.addRole", rights.AddRole{USCC: buyerID, Role: more}), rights.CodeExists)
			// Of both authorities now: only the regulator suspends it.
			m.refuses(m.do(exchangeID+"#1", "participant.suspend", rights.WithMeasure{USCC: buyerID, MeasureRef: "措施1"}), rights.CodeRole)
			m.must(m.do(regulatorID+"#1", "participant.suspend", rights.WithMeasure{USCC: buyerID, MeasureRef: "措施1"}))
		})
	}
	m.refuses(m.do(regulatorID+"#1", "participant.addRole", rights.AddRole{USCC: registrarID, Role: rights.RoleDeveloper}), rights.CodeSelf)
	m.refuses(m.do(exchangeID+"#1", "participant.admit", rights.OfParticipant{USCC: developerID}), rights.CodeNotFound)
}

func TestKeyRotation(t *testing.T) {
	m := newMarket(t)
	one, two := energyID+"#1", energyID+"#2"
	// The new key must prove itself, under its number, for this participant.
	key, proof := m.proven(energyID, 2)
	for name, c := range map[string]struct {
		body rights.RotateKey
		code rights.Code
	}{
		"no proof":      {rights.RotateKey{PublicKey: key}, rights.CodeSignature},
		"proof cut":     {rights.RotateKey{PublicKey: key, Proof: proof[:80]}, rights.CodeSignature},
		"padded proof":  {rights.RotateKey{PublicKey: key, Proof: proof + "=="}, rights.CodeSignature},
		"the old key":   {rights.RotateKey{PublicKey: m.publicKey(one), Proof: proof}, rights.CodeSignature},
		"no key":        {rights.RotateKey{PublicKey: "AAAA", Proof: proof}, rights.CodeFormat},
		"another's key": {rights.RotateKey{PublicKey: m.publicKey(weatherID + "#1"), Proof: proof}, rights.CodeSignature},
		"proof of no. 3": {func() rights.RotateKey {
			k, p := m.proven(energyID, 3)
			return rights.RotateKey{PublicKey: k, Proof: p}
		}(), rights.CodeSignature},
	} {
		if a := m.do(one, "participant.rotateKey", c.body); a.refusal == nil || a.refusal.Code != c.code {
			t.Errorf("%s: %v", name, a.refusal)
		}
	}
	m.must(m.do(one, "participant.rotateKey", rights.RotateKey{PublicKey: key, Proof: proof}))
	if e := m.refuses(m.do(one, "resource.catalogue", m.resource(energyID, "x")), rights.CodeKey); e.Field != "kid" {
		t.Errorf("%+v", e)
	}
	// What the old key signed before stays answered.
	m.must(m.do(two, "resource.catalogue", m.resource(energyID, "x")))
	m.must(m.rotate(two, 3))
	m.refuses(m.rotate(two, 4), rights.CodeKey)
	p := read[rights.Participant](m, rights.KindParticipant, energyID)
	for i, want := range []rights.State{rights.KeyRetired, rights.KeyRetired, rights.KeyActive} {
		if k := p.Keys[i]; k.No != i+1 || k.State != want || (k.To == 0) != (want == rights.KeyActive) {
			t.Errorf("key %+v; want %s", k, want)
		}
	}
	// A key serves once: not again by its owner, not by another.
	m.keys[energyID+"#4"] = m.keys[one]
	old := m.publicKey(one)
	sig, _ := gm.Sign(rand.Reader, m.keys[one], []byte(rights.RotationStatement(energyID+"#4", old)))
	m.refuses(m.do(energyID+"#3", "participant.rotateKey", rights.RotateKey{PublicKey: old, Proof: base64.RawURLEncoding.EncodeToString(sig[:])}), rights.CodeExists)
	sig, _ = gm.Sign(rand.Reader, m.keys[one], []byte(rights.RotationStatement(weatherID+"#2", old)))
	m.refuses(m.do(weatherID+"#1", "participant.rotateKey", rights.RotateKey{PublicKey: old, Proof: base64.RawURLEncoding.EncodeToString(sig[:])}), rights.CodeExists)
}

// An old key's applied command is answered again, its new commands are not.
func TestRotatedKeyStaysAnswered(t *testing.T) {
	m := newMarket(t)
	jws := m.sign(energyID+"#1", "resource.catalogue", m.resource(energyID, "x"))
	first := m.must(m.post(jws))
	unsent := m.sign(energyID+"#1", "resource.catalogue", m.resource(energyID, "y"))
	m.must(m.rotate(energyID+"#1", 2))
	if again := m.must(m.post(jws)); !again.Replayed || again.TxID != first.TxID {
		t.Errorf("%+v", again.Answer)
	}
	m.refuses(m.post(unsent), rights.CodeKey)
}

func TestOfficers(t *testing.T) {
	m := newMarket(t)
	key, proof := m.proven(registrarID, 3)
	add := rights.AddOfficer{PublicKey: key, Proof: proof, Post: "登记二岗", Duties: []rights.Role{rights.RoleRegistrar}}
	officer, service := registrarID+"#1", registrarID+"#2"

	m.refuses(m.send(bankMSP, officer, "participant.addOfficer", add), rights.CodeRole)
	m.refuses(m.do(service, "participant.addOfficer", add), rights.CodeFormat) // its key has no such duty
	m.refuses(m.do(energyID+"#1", "participant.addOfficer", add), rights.CodeRole)
	beyond := add
	beyond.Duties = []rights.Role{rights.RoleRegistrar, rights.RolePlatform}
	if e := m.refuses(m.do(officer, "participant.addOfficer", beyond), rights.CodeFormat); e.Field != "duties[1]" {
		t.Errorf("%+v", e)
	}
	beyond.Duties = []rights.Role{rights.RoleRegulator}
	m.refuses(m.do(officer, "participant.addOfficer", beyond), rights.CodeFormat)
	beyond.Duties = nil
	m.refuses(m.do(officer, "participant.addOfficer", beyond), rights.CodeFormat)
	m.must(m.do(officer, "participant.addOfficer", add))

	id := m.submitted(energyID, "x")
	third := registrarID + "#3"
	for _, msp := range []string{exchangeMSP, regulatorMSP, bankMSP} {
		if e := m.refuses(m.send(msp, third, "registration.accept", rights.OfCase{CaseID: id}), rights.CodeRole); e.Rule != "SD-6" {
			t.Errorf("%+v", e)
		}
	}
	m.refuses(m.do(service, "registration.accept", rights.OfCase{CaseID: id}), rights.CodeRole) // a duty of the institution, not of this key
	m.must(m.do(third, "registration.accept", rights.OfCase{CaseID: id}))

	// Revocation.
	revoke := func(by string, no int) answer {
		return m.do(by, "participant.revokeKey", rights.RevokeKey{KeyNo: no, Reason: "密钥遗失"})
	}
	m.refuses(m.send(exchangeMSP, officer, "participant.revokeKey", rights.RevokeKey{KeyNo: 3, Reason: "x"}), rights.CodeRole)
	m.refuses(revoke(service, 3), rights.CodeRole) // a running service's key disarms no officer
	m.refuses(revoke(service, 1), rights.CodeRole)
	for _, no := range []int{0, -1, 4, 1 << 40} {
		m.refuses(revoke(officer, no), rights.CodeNotFound)
	}
	m.must(revoke(officer, 3))
	m.refuses(revoke(officer, 3), rights.CodeNotFound)
	m.refuses(m.do(third, "registration.review", rights.Review{CaseID: id, Findings: positive()}), rights.CodeKey)
	m.must(revoke(officer, 2)) // but an officer disarms the service
	m.refuses(revoke(officer, 1), rights.CodeState)
	m.refuses(revoke(service, 1), rights.CodeKey)
	// Rotation keeps the office.
	m.must(m.rotate(officer, 4))
	m.must(m.do(registrarID+"#4", "registration.review", rights.Review{CaseID: id, Findings: positive()}))
	// An enterprise has no officers, only keys.
	m.refuses(m.do(energyID+"#1", "participant.revokeKey", rights.RevokeKey{KeyNo: 1, Reason: "x"}), rights.CodeState)
}

func TestEnrolment(t *testing.T) {
	m := newMarket(t)
	enrol := func(msp string, change func(*rights.Enrolment)) answer {
		e := rights.Enrolment{USCC: unitID, Name: "第二银行", OrgType: "OrgFinancial", Roles: []rights.Role{rights.RoleBank}, RegionCode: "320900",
			PublicKey: m.newKey(unitID + "#1"), Post: "信贷岗"}
		change(&e)
		raw, _ := json.Marshal(e)
		return m.invoke(statetest.Creator(msp, "admin"), "Enrol", raw)
	}
	for name, c := range map[string]struct {
		msp    string
		change func(*rights.Enrolment)
		code   rights.Code
	}{
		"a role of another function":  {bankMSP, func(e *rights.Enrolment) { e.Roles = []rights.Role{rights.RoleRegulator} }, rights.CodeFormat},
		"a market role":               {exchangeMSP, func(e *rights.Enrolment) { e.Roles = []rights.Role{rights.RoleEnterprise} }, rights.CodeFormat},
		"no role":                     {bankMSP, func(e *rights.Enrolment) { e.Roles = nil }, rights.CodeFormat},
		"a duty beyond its roles":     {bankMSP, func(e *rights.Enrolment) { e.Duties = []rights.Role{rights.RoleExchange} }, rights.CodeFormat},
		"a duty twice":                {bankMSP, func(e *rights.Enrolment) { e.Duties = []rights.Role{rights.RoleBank, rights.RoleBank} }, rights.CodeFormat},
		"registrar without number":    {groupMSP, func(e *rights.Enrolment) { e.Roles = []rights.Role{rights.RoleRegistrar} }, rights.CodeFormat},
		"registrar number of a bank":  {bankMSP, func(e *rights.Enrolment) { e.Registrar = &rights.RegistrarCode{Region: "32", Digit: "2"} }, rights.CodeFormat},
		"regulator without domain":    {regulatorMSP, func(e *rights.Enrolment) { e.Roles = []rights.Role{rights.RoleRegulator} }, rights.CodeFormat},
		"wrong check digit":           {bankMSP, func(e *rights.Enrolment) { e.USCC = "12320900MB0A00069M" }, rights.CodeFormat},
		"somebody else's institution": {bankMSP, func(e *rights.Enrolment) { e.USCC = exchangeID }, rights.CodeExists},
		"a market participant":        {bankMSP, func(e *rights.Enrolment) { e.USCC = energyID }, rights.CodeExists},
		"other roles than before":     {groupMSP, func(e *rights.Enrolment) { e.USCC, e.Roles = registrarID, []rights.Role{rights.RolePlatform} }, rights.CodeExists},
		"a key used before":           {bankMSP, func(e *rights.Enrolment) { e.PublicKey = m.publicKey(energyID + "#1") }, rights.CodeExists},
	} {
		if a := enrol(c.msp, c.change); a.refusal == nil || a.refusal.Code != c.code {
			t.Errorf("%s: %v", name, a.refusal)
		}
	}
	// Somebody squats on the code: the exchange refuses him, the institution comes in.
	m.must(m.do(unitID+"#1", "participant.apply", m.application(unitID, "冒名者")))
	squatter := m.keys[unitID+"#1"]
	if a := enrol(bankMSP, func(*rights.Enrolment) {}); a.refusal == nil || a.refusal.Code != rights.CodeExists {
		t.Fatalf("%v", a.refusal)
	}
	m.must(m.do(exchangeID+"#1", "participant.refuse", rights.WithReason{USCC: unitID, Reason: "身份不符"}))
	m.must(enrol(bankMSP, func(*rights.Enrolment) {}))
	p := read[rights.Participant](m, rights.KindParticipant, unitID)
	if p.State != rights.StateActive || p.MSPID != bankMSP || p.Name != "第二银行" || len(p.Keys) != 2 || p.Keys[0].State != rights.KeyRetired || p.Version != 3 || p.Reason != "" {
		t.Errorf("%+v", p)
	}
	m.msps[unitID] = bankMSP
	m.keys[unitID+"#2"] = m.keys[unitID+"#1"]
	m.must(m.rotate(unitID+"#2", 3))
	m.keys[unitID+"#1"] = squatter
	m.refuses(m.do(unitID+"#1", "participant.exit", rights.Exit{Declaration: "x"}), rights.CodeKey)
}

// P-1: who was refused or left comes back under the same record, a new key and
// the next number.
func TestReentry(t *testing.T) {
	m := newMarket(t)
	back := func(no int) answer {
		kid := rights.KeyID(energyID, no)
		a := m.application(energyID, "盐城新能源发电有限公司")
		m.keys[kid], m.keys[energyID+"#1"] = m.keys[energyID+"#1"], gm.PrivateKey{}
		return m.do(kid, "participant.apply", a)
	}
	m.refuses(back(2), rights.CodeExists) // still here
	m = newMarket(t)
	m.must(m.do(energyID+"#1", "participant.exit", rights.Exit{Declaration: "无未结事项"}))
	m.refuses(m.do(energyID+"#1", "resource.catalogue", m.resource(energyID, "x")), rights.CodeInactive)
	first := m.keys[energyID+"#1"]
	m.refuses(back(3), rights.CodeKey) // numbers are not skipped
	m.must(back(2))
	m.must(m.do(exchangeID+"#1", "participant.refuse", rights.WithReason{USCC: energyID, Reason: "材料不实"}))
	if p := read[rights.Participant](m, rights.KindParticipant, energyID); p.State != rights.StateRefused || p.Reason != "材料不实" {
		t.Errorf("%+v", p)
	}
	m.refuses(back(2), rights.CodeSignature) // that number is another key's
	m.must(back(3))
	m.must(m.do(exchangeID+"#1", "participant.admit", rights.OfParticipant{USCC: energyID}))
	p := read[rights.Participant](m, rights.KindParticipant, energyID)
	if p.Version != 7 || len(p.Keys) != 3 || p.Keys[0].State != rights.KeyRetired || p.Keys[1].State != rights.KeyRetired || p.Reason != "" {
		t.Errorf("%+v", p)
	}
	m.keys[energyID+"#1"] = first
	m.refuses(m.do(energyID+"#1", "resource.catalogue", m.resource(energyID, "x")), rights.CodeKey)
	m.must(m.do(energyID+"#3", "resource.catalogue", m.resource(energyID, "x")))
}

func TestMeasuresOnParticipants(t *testing.T) {
	m := newMarket(t)
	measure := func(by, event, on string) answer {
		return m.do(by, "participant."+event, rights.WithMeasure{USCC: on, MeasureRef: "盐数监〔2026〕1号"})
	}
	exchange, regulator := exchangeID+"#1", regulatorID+"#1"
	m.refuses(m.do(regulator, "participant.suspend", rights.WithMeasure{USCC: energyID}), rights.CodeFormat)
	m.refuses(measure(bankID+"#1", "suspend", energyID), rights.CodeRole)
	m.refuses(measure(energyID+"#1", "suspend", weatherID), rights.CodeRole)
	m.refuses(measure(exchange, "suspend", registrarID), rights.CodeRole) // not a market role
	m.refuses(measure(regulator, "suspend", regulatorID), rights.CodeSelf)
	m.refuses(measure(regulator, "resume", energyID), rights.CodeState)

	m.must(measure(regulator, "suspend", energyID))
	m.refuses(m.do(energyID+"#1", "resource.catalogue", m.resource(energyID, "x")), rights.CodeInactive) // P-3
	m.refuses(measure(exchange, "suspend", energyID), rights.CodeState)
	if e := m.refuses(measure(exchange, "resume", energyID), rights.CodeRole); e.Rule != "SM-3" {
		t.Errorf("the exchange lifts the regulator's measure: %+v", e)
	}
	m.must(measure(regulator, "resume", energyID))
	m.must(measure(exchange, "suspend", energyID))
	m.refuses(measure(regulator, "resume", energyID), rights.CodeRole)
	m.must(measure(exchange, "resume", energyID))

	m.refuses(measure(exchange, "expel", energyID), rights.CodeRole)
	m.must(measure(exchange, "suspend", energyID))
	m.must(measure(regulator, "expel", energyID))
	m.refuses(measure(regulator, "resume", energyID), rights.CodeState)
	// Expelled is for good.
	a := m.application(energyID, "盐城新能源发电有限公司")
	m.keys[energyID+"#2"] = m.keys[energyID+"#1"]
	m.refuses(m.do(energyID+"#2", "participant.apply", a), rights.CodeExists)
	m.refuses(m.do(bankID+"#1", "participant.exit", rights.Exit{Declaration: "x"}), rights.CodeRole)
}
