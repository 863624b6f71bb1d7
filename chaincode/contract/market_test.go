package contract_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/contract"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
	"github.com/datarights/datarights/chaincode/state/statetest"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/test-network/data"
)

// The cast of the tests. All codes are synthetic.
const (
	registrarID = "91320900MA0A00073U"
	exchangeID  = "91320900MA0A00014Q"
	regulatorID = "11320900MB0A00050T"
	bankID      = "91320904MA0A00081G"
	energyID    = "91320903MA0A00022Y"
	weatherID   = "91320902MA0A00030B"

	groupMSP, exchangeMSP, regulatorMSP, bankMSP = "GroupMSP", "ExchangeMSP", "RegulatorMSP", "BankMSP"
)

var genesis = []byte(`{"schemaVersion":1,"consortium":"test","organisations":[` +
	`{"mspId":"GroupMSP","name":"Group","nameZh":"市大数据集团","function":"registration"},` +
	`{"mspId":"ExchangeMSP","name":"Exchange","nameZh":"数据交易中心","function":"trading"},` +
	`{"mspId":"RegulatorMSP","name":"Regulator","nameZh":"市数据局","function":"supervision"},` +
	`{"mspId":"BankMSP","name":"Bank","nameZh":"合作银行","function":"finance"}],` +
	`"endorsement":{"outOf":2,"of":["GroupMSP","ExchangeMSP","RegulatorMSP"]}}`)

// market is a ledger with a clock and the keys of everybody on it.
type market struct {
	t        testing.TB
	ledger   *statetest.Ledger
	cc       *contract.Contract
	now      int64
	txs      int
	keys     map[string]gm.PrivateKey // by key id
	msps     map[string]string        // participant → organisation it uses, when not the exchange's
	platform string                   // key id that attests tags
	quiet    bool                     // leave the invariants to the caller
	watch    func(statetest.Tx)       // told of every transaction before it is endorsed
	told     func(answer)             // and after it was
}

// start is 2026-07-06 10:00 in Shanghai, a Monday.
var start = time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC).Unix()

// profile is a rule profile of the law, with real working days.
func profile(t testing.TB, code string) rights.PublishProfile {
	t.Helper()
	var p rights.PublishProfile
	if err := data.Profile(code, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// drwg are the parameters of the DRWG profile.
func drwg(t testing.TB) []rights.Param { return profile(t, "DRWG").Params }

// with sets a parameter of a profile.
func with(params []rights.Param, key string, v int64) []rights.Param {
	for i := range params {
		if params[i].Key == key {
			params[i].Int = v
			return params
		}
	}
	return append(params, rights.Param{Key: key, Int: v})
}

// newMarket founds a consortium with its officers, rules and two enterprises.
func newMarket(t testing.TB) *market {
	t.Helper()
	m := founding(t)
	m.open()
	return m
}

// founding is a market before its first transaction.
func founding(t testing.TB) *market {
	ledger := statetest.New()
	ledger.Members = membersOf
	return &market{t: t, ledger: ledger, cc: &contract.Contract{Genesis: genesis}, now: start, keys: map[string]gm.PrivateKey{}, msps: map[string]string{}}
}

// open founds the consortium and lets everybody in.
func (m *market) open() {
	m.t.Helper()
	m.must(m.invoke(statetest.Creator(groupMSP, "admin"), "Found", genesis))
	m.enrol(groupMSP, registrarID, "登记中心", []rights.Role{rights.RoleRegistrar, rights.RolePlatform}, "登记岗", rights.RoleRegistrar)
	m.enrol(groupMSP, registrarID, "登记中心", []rights.Role{rights.RoleRegistrar, rights.RolePlatform}, "平台服务", rights.RolePlatform)
	m.platform = registrarID + "#2"
	m.enrol(exchangeMSP, exchangeID, "数据交易中心", []rights.Role{rights.RoleExchange}, "准入岗")
	m.enrol(regulatorMSP, regulatorID, "市数据局", []rights.Role{rights.RoleRegulator}, "监管岗")
	m.enrol(bankMSP, bankID, "合作银行", []rights.Role{rights.RoleBank}, "信贷岗")
	for _, code := range []string{"DRWG", "PUBLIC", "LOCAL"} {
		m.must(m.send(regulatorMSP, regulatorID+"#1", "ruleProfile.publish", profile(m.t, code)))
	}
	for _, year := range []int64{2025, 2026, 2027} {
		m.must(m.send(regulatorMSP, regulatorID+"#1", "workCalendar.publish", rights.PublishCalendar{Year: year, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}}))
	}
	m.join(energyID, "盐城新能源发电有限公司")
	m.join(weatherID, "盐城气象数据服务有限公司")
}

// answer is what an invocation came to.
type answer struct {
	contract.Answer
	tx      statetest.Tx
	payload []byte
	refusal *rights.Error
	failure string
	stub    *statetest.Stub
}

func (a answer) id(kind rights.Kind) string {
	for _, r := range a.Result.Records {
		if r.Kind == kind {
			return r.ID
		}
	}
	return ""
}

// try endorses a transaction without committing it.
func (m *market) try(creator []byte, args ...[]byte) answer { return m.tryWith(nil, creator, args...) }

// tryWith does so with a secret beside the command.
func (m *market) tryWith(secret []byte, creator []byte, args ...[]byte) answer {
	m.txs++
	id := sha256.Sum256(fmt.Append(nil, "tx", m.txs))
	tx := statetest.Tx{ID: hex.EncodeToString(id[:]), At: m.now, Creator: creator, Args: args}
	if secret != nil {
		tx.Transient = map[string][]byte{contract.TransientSecret: secret}
	}
	if m.watch != nil {
		m.watch(tx)
	}
	a := m.endorse(tx)
	if m.told != nil {
		m.told(a)
	}
	return a
}

// endorse runs a transaction on the committed state.
func (m *market) endorse(tx statetest.Tx) answer {
	stub := m.ledger.Begin(tx)
	r := m.cc.Invoke(stub)
	a := answer{tx: tx, stub: stub}
	switch r.Status {
	case 200:
		a.payload = r.Payload
		if len(r.Payload) > 0 && r.Payload[0] == '{' {
			if err := json.Unmarshal(r.Payload, &a.Answer); err != nil {
				m.t.Fatal(err)
			}
		}
	case contract.StatusRefused:
		if err := json.Unmarshal([]byte(r.Message), &a.refusal); err != nil {
			m.t.Fatalf("refusal is not JSON: %s", r.Message)
		}
	default:
		a.failure = r.Message
		if a.failure == "" {
			m.t.Fatal("a failure without a message")
		}
	}
	return a
}

// commit commits an endorsed transaction and holds the ledger to its invariants.
func (m *market) commit(a answer) bool {
	m.t.Helper()
	if m.quiet {
		return m.ledger.Commit(a.stub)
	}
	before := snapshot(m.ledger)
	if !m.ledger.Commit(a.stub) {
		return false
	}
	what := fmt.Sprintf("%s %s of %s", a.tx.Args[0], a.Command, a.Kid)
	failOn(m.t, what, checkStep(before, a.tx, a.stub.Writes, a))
	failOn(m.t, what, checkInvariants(m.ledger))
	failOn(m.t, what, leaks(m.ledger, a))
	return true
}

func (m *market) invoke(creator []byte, function string, arg []byte) answer {
	m.t.Helper()
	return m.invokeWith(nil, creator, function, arg)
}

func (m *market) invokeWith(secret, creator []byte, function string, arg []byte) answer {
	m.t.Helper()
	a := m.tryWith(secret, creator, []byte(function), arg)
	if a.refusal == nil && a.failure == "" && !m.commit(a) {
		m.t.Fatal("commit conflicts")
	}
	return a
}

func (m *market) must(a answer) answer {
	m.t.Helper()
	if a.refusal != nil {
		m.t.Fatalf("refused: %v (%s)", a.refusal, a.refusal.DetailZh)
	}
	if a.failure != "" {
		m.t.Fatal(a.failure)
	}
	return a
}

// refuses checks that an answer is a refusal with that code.
func (m *market) refuses(a answer, code rights.Code) *rights.Error {
	m.t.Helper()
	if a.failure != "" {
		m.t.Fatal(a.failure)
	}
	if a.refusal == nil {
		m.t.Fatalf("not refused; want %s", code)
	}
	if a.refusal.Code != code {
		m.t.Fatalf("refused with %v; want %s", a.refusal, code)
	}
	if a.refusal.Detail == "" || a.refusal.DetailZh == "" || strings.Contains(a.refusal.Detail+a.refusal.DetailZh, "%!") {
		m.t.Fatalf("refusal says nothing or badly: %+v", a.refusal)
	}
	return a.refusal
}

func (m *market) sign(kid, name string, body any) []byte {
	m.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	jws, err := command.Sign(m.keys[kid], kid, command.Payload{Command: name, ID: uuid.NewString(), Iat: m.now, Exp: m.now + 3600, Body: raw})
	if err != nil {
		m.t.Fatal(err)
	}
	return jws
}

// send signs a command, submits it through an organisation and commits it.
func (m *market) send(msp, kid, name string, body any) answer {
	m.t.Helper()
	return m.invoke(statetest.Creator(msp, "client"), "Submit", m.sign(kid, name, body))
}

// do sends a command by the key's own organisation, the exchange's for those
// who run no node.
func (m *market) do(kid, name string, body any) answer {
	m.t.Helper()
	return m.send(m.mspOf(kid), kid, name, body)
}

// doSecretly is do with a secret beside the command; hidden makes its bytes and
// the commitment that the body carries.
func (m *market) doSecretly(kid, name string, body any, secret []byte) answer {
	m.t.Helper()
	return m.invokeWith(secret, statetest.Creator(m.mspOf(kid), "client"), "Submit", m.sign(kid, name, body))
}

// hidden encodes a secret document and returns its bytes and commitment.
func hidden(document any) (secret []byte, commitment string) {
	raw, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	return raw, rights.Commit(raw)
}

// salt is a salt for secrets; that it is the same every time matters to no rule.
const salt = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"

func (m *market) mspOf(kid string) string {
	id, _, _ := strings.Cut(kid, "#")
	if msp := m.msps[id]; msp != "" {
		return msp
	}
	return exchangeMSP
}

// newKey makes a key and returns its public half as the ledger takes it.
func (m *market) newKey(kid string) string {
	key, err := gm.GenerateKey(rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	m.keys[kid] = key
	return base64.StdEncoding.EncodeToString(gm.MarshalPublicKey(key.Public()))
}

func (m *market) enrol(msp, uscc, name string, roles []rights.Role, post string, duties ...rights.Role) {
	m.t.Helper()
	n := 1
	for m.keys[rights.KeyID(uscc, n)] != (gm.PrivateKey{}) {
		n++
	}
	m.msps[uscc] = msp
	e := rights.Enrolment{USCC: uscc, Name: name, OrgType: "OrgInstitution", Roles: roles, RegionCode: "320900",
		PublicKey: m.newKey(rights.KeyID(uscc, n)), Post: post, Duties: duties}
	for _, r := range roles {
		switch r {
		case rights.RoleRegistrar:
			e.Registrar = &rights.RegistrarCode{Region: "32", Digit: "1"}
		case rights.RoleRegulator:
			e.RegulatorDomain = "data"
		}
	}
	raw, _ := json.Marshal(e)
	m.must(m.invoke(statetest.Creator(msp, "admin"), "Enrol", raw))
}

func (m *market) application(uscc, name string) rights.Application {
	return rights.Application{USCC: uscc, Name: name, OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleEnterprise},
		RegionCode: "320902", PublicKey: m.newKey(uscc + "#1")}
}

// join applies and is admitted.
func (m *market) join(uscc, name string) {
	m.t.Helper()
	m.must(m.send(exchangeMSP, uscc+"#1", "participant.apply", m.application(uscc, name)))
	m.must(m.send(exchangeMSP, exchangeID+"#1", "participant.admit", rights.OfParticipant{USCC: uscc}))
}

func hash(s string) string {
	h := gm.SM3([]byte(s))
	return "sm3:" + hex.EncodeToString(h[:])
}

// resource is a catalogue entry of content, tagged and attested for its holder.
func (m *market) resource(holder, content string) rights.Catalogue {
	m.t.Helper()
	c := rights.Catalogue{
		Name: "2017年江苏盐城能源发电量表格", Overview: "按来源统计的年发电量", SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected",
		IndustryCode: "D44", RegionCode: "320902", RegionRange: "Municipal", TimeFrom: "2001-01-01", TimeTo: "2017-12-31", UpdateFreq: "Yearly",
		DataForm: "Table", Structure: "Structured", Level: "LevelGeneral", Grade: 2, PI: "None",
		GradeReport: rights.Evidence{DocType: rights.DocGrading, Hash: hash("grading")},
		RecordCount: 51, SizeBytes: 1531, ContentRoot: hash("root " + holder + content), MatchTag: hash("tag " + content), TagEpoch: 1,
	}
	c.TagAttestation = m.tagged(holder, c.ContentRoot, c.MatchTag)
	return c
}

func (m *market) catalogue(holder, content string) string {
	m.t.Helper()
	return m.must(m.send(exchangeMSP, holder+"#1", "resource.catalogue", m.resource(holder, content))).id(rights.KindResource)
}

func papers(extra ...rights.DocType) []rights.Evidence {
	var list []rights.Evidence
	for _, d := range append([]rights.DocType{rights.DocForm, rights.DocIdentity, rights.DocSource, rights.DocSample, rights.DocDescription,
		rights.DocAllocation, rights.DocCommitment, rights.DocGrading}, extra...) {
		list = append(list, rights.Evidence{DocType: d, Hash: hash(string(d))})
	}
	return list
}

func application(resource string, kinds ...rights.RightKind) rights.Submit {
	if len(kinds) == 0 {
		kinds = []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation}
	}
	return rights.Submit{RegType: "RegFirst", RegistrarID: registrarID, ObjectType: "Resource", ObjectID: resource, RightKinds: kinds, Papers: papers()}
}

func positive() *rights.Findings {
	yes := &rights.Finding{Positive: true, NoteHash: hash("note")}
	return &rights.Findings{Description: yes, Source: yes, Rights: yes}
}

// registrar sends a command of the registrar's officer.
func (m *market) registrar(name string, body any) answer {
	return m.send(groupMSP, registrarID+"#1", name, body)
}

// submitted brings a case to Submitted, noticed to PublicNotice.
func (m *market) submitted(holder, content string) (caseID string) {
	m.t.Helper()
	return m.must(m.send(exchangeMSP, holder+"#1", "registration.submit", application(m.catalogue(holder, content)))).id(rights.KindCase)
}

func (m *market) noticed(holder, content string) (caseID string) {
	m.t.Helper()
	id := m.submitted(holder, content)
	m.must(m.registrar("registration.accept", rights.OfCase{CaseID: id}))
	m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	return id
}

// objected brings a case to Objected, by an objection of the bank's.
func (m *market) objected(holder, content string) (caseID string) {
	m.t.Helper()
	id := m.noticed(holder, content)
	m.must(m.do(bankID+"#1", "registration.fileObjection", objection(id)))
	return id
}

// recorded brings a case to Recorded; the notice passes meanwhile.
func (m *market) recorded(holder, content, certNo string) (caseID string) {
	m.t.Helper()
	id := m.noticed(holder, content)
	m.now = max(m.now, read[rights.Case](m, rights.KindCase, id).NoticeEndsAt)
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: certNo}))
	return id
}

func objection(caseID string) rights.FileObjection {
	return rights.FileObjection{CaseID: caseID, ReasonHash: hash("reason"), MaterialHashes: []string{hash("material")}}
}

// put commits a record past every rule, to set a scene.
func (m *market) put(kind rights.Kind, id string, r any) {
	m.t.Helper()
	key, err := state.Key(kind, id)
	if err != nil {
		m.t.Fatal(err)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		m.t.Fatal(err)
	}
	m.ledger.Put(key, raw)
}

// read loads a committed record.
func read[R any](m *market, kind rights.Kind, id string) *R {
	m.t.Helper()
	key, err := state.Key(kind, id)
	if err != nil {
		m.t.Fatal(err)
	}
	raw := m.ledger.Get(key)
	if raw == nil {
		m.t.Fatalf("no %s %s", kind, id)
	}
	r := new(R)
	if err := json.Unmarshal(raw, r); err != nil {
		m.t.Fatal(err)
	}
	return r
}
