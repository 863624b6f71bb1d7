package contract_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/contract"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
	"github.com/datarights/datarights/internal/gm"
)

// raw signs a payload given as text, so that anything can be said.
func (m *market) raw(kid, payload string) []byte {
	m.t.Helper()
	return m.claiming(kid, kid, payload)
}

// claiming signs with one key and names another.
func (m *market) claiming(signer, kid, payload string) []byte {
	m.t.Helper()
	return m.signed(signer, fmt.Sprintf(`{"alg":"SM2","typ":"datarights+jws","kid":%q}`, kid), payload)
}

func (m *market) signed(signer, header, payload string) []byte {
	m.t.Helper()
	b64 := base64.RawURLEncoding
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	sig, err := gm.Sign(rand.Reader, m.keys[signer], []byte(input))
	if err != nil {
		m.t.Fatal(err)
	}
	return []byte(input + "." + b64.EncodeToString(sig[:]))
}

func (m *market) payload(name, body string) string {
	return fmt.Sprintf(`{"command":%q,"id":%q,"iat":%d,"exp":%d,"body":%s}`, name, uuid.NewString(), m.now, m.now+3600, body)
}

func (m *market) post(jws []byte) answer {
	return m.invoke(statetest.Creator(exchangeMSP, "client"), "Submit", jws)
}

// exit is a body that changes little and is allowed to energyID.
const exit = `{"declaration":"无未结事项"}`

func TestBadCommands(t *testing.T) {
	m := newMarket(t)
	kid := energyID + "#1"
	good := m.raw(kid, m.payload("participant.exit", exit))
	parts := bytes.Split(good, []byte("."))
	join := func(p ...[]byte) []byte { return bytes.Join(p, []byte(".")) }
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)

	for _, c := range []struct {
		name  string
		jws   []byte
		code  rights.Code
		field string
	}{
		{"empty", nil, rights.CodeFormat, "jws"},
		{"not a JWS", []byte("hello"), rights.CodeFormat, "jws"},
		{"two parts", join(parts[0], parts[1]), rights.CodeFormat, "jws"},
		{"four parts", join(parts[0], parts[1], parts[2], parts[2]), rights.CodeFormat, "jws"},
		{"not base64", join(parts[0], []byte("***"), parts[2]), rights.CodeFormat, "payload"},
		{"padded base64", join(parts[0], parts[1], append(bytes.Clone(parts[2]), '=')), rights.CodeFormat, "signature"},
		{"oversized", append(bytes.Repeat([]byte("A"), command.MaxSize), good...), rights.CodeTooLarge, "jws"},
		{"tampered signature", tampered(t, good), rights.CodeSignature, "signature"},
		{"signature of another command", join(parts[0], parts[1], bytes.Split(m.raw(kid, m.payload("participant.exit", exit)), []byte("."))[2]), rights.CodeSignature, "signature"},
		{"tampered payload", join(parts[0], bytes.Split(m.raw(kid, m.payload("participant.exit", `{"declaration":"其他"}`)), []byte("."))[1], parts[2]), rights.CodeSignature, "signature"},
		{"signed by somebody else", m.claiming(weatherID+"#1", kid, m.payload("participant.exit", exit)), rights.CodeSignature, "signature"},
		{"key not on the ledger", m.claiming(kid, "91320981MA0A00049M#1", m.payload("participant.exit", exit)), rights.CodeKey, "kid"},
		{"key number not on the ledger", m.claiming(kid, energyID+"#2", m.payload("participant.exit", exit)), rights.CodeKey, "kid"},
		{"expired", m.raw(kid, fmt.Sprintf(`{"command":"participant.exit","id":%q,"iat":%d,"exp":%d,"body":%s}`, uuid.NewString(), m.now-100, m.now, exit)), rights.CodeExpired, "exp"},
		{"not yet valid", m.raw(kid, fmt.Sprintf(`{"command":"participant.exit","id":%q,"iat":%d,"exp":%d,"body":%s}`, uuid.NewString(), m.now+contract.ClockSkew+1, m.now+3600, exit)), rights.CodeExpired, "iat"},
		{"valid for more than a day", m.raw(kid, fmt.Sprintf(`{"command":"participant.exit","id":%q,"iat":%d,"exp":%d,"body":%s}`, uuid.NewString(), m.now, m.now+command.MaxLifetime+1, exit)), rights.CodeFormat, "payload.exp"},
		{"unknown command", m.raw(kid, m.payload("participant.vanish", exit)), rights.CodeFormat, "command"},
		{"no batch of this", m.raw(kid, m.payload("participant.exitBatch", exit)), rights.CodeFormat, "command"},
		{"unknown field of the payload", m.raw(kid, strings.Replace(m.payload("participant.exit", exit), `{"command"`, `{"extra":1,"command"`, 1)), rights.CodeFormat, "payload.extra"},
		{"unknown field of the body", m.raw(kid, m.payload("participant.exit", `{"declaration":"x","why":1}`)), rights.CodeFormat, "why"},
		{"field in another case", m.raw(kid, m.payload("participant.exit", `{"Declaration":"x"}`)), rights.CodeFormat, "Declaration"},
		{"duplicate key in the payload", m.raw(kid, strings.Replace(m.payload("participant.exit", exit), `{"command"`, `{"iat":1,"command"`, 1)), rights.CodeFormat, "payload.iat"},
		{"duplicate key in the body", m.raw(kid, m.payload("participant.exit", `{"declaration":"x","declaration":"y"}`)), rights.CodeFormat, "payload.body.declaration"},
		{"body nested too deep", m.raw(kid, m.payload("participant.exit", `{"declaration":`+deep+`}`)), rights.CodeFormat, ""},
		{"wrong type in the body", m.raw(kid, m.payload("participant.exit", `{"declaration":7}`)), rights.CodeFormat, "declaration"},
		{"null in the body", m.raw(kid, m.payload("participant.exit", `{"declaration":null}`)), rights.CodeFormat, "declaration"},
		{"fraction", m.raw(kid, m.payload("participant.revokeKey", `{"keyNo":1.0,"reason":"x"}`)), rights.CodeFormat, "keyNo"},
		{"trailing data", m.raw(kid, m.payload("participant.exit", exit)+"{}"), rights.CodeFormat, "payload"},
		{"body is a list", m.raw(kid, m.payload("participant.exit", "[]")), rights.CodeFormat, "payload.body"},
		{"id is no UUID", m.raw(kid, fmt.Sprintf(`{"command":"participant.exit","id":"1","iat":%d,"exp":%d,"body":%s}`, m.now, m.now+1, exit)), rights.CodeFormat, "payload.id"},
		{"wrong algorithm", m.signed(kid, `{"alg":"ES256","typ":"datarights+jws","kid":"`+kid+`"}`, m.payload("participant.exit", exit)), rights.CodeFormat, "header.alg"},
		{"no algorithm", m.signed(kid, `{"alg":"none","typ":"datarights+jws","kid":"`+kid+`"}`, m.payload("participant.exit", exit)), rights.CodeFormat, "header.alg"},
		{"critical extension", m.signed(kid, `{"alg":"SM2","typ":"datarights+jws","kid":"`+kid+`","crit":["x"]}`, m.payload("participant.exit", exit)), rights.CodeFormat, "header.crit"},
		{"record id beyond Unicode's end", m.raw(kid, m.payload("resource.retire", "{\"resourceId\":\"DR-\U0010FFFF\"}")), rights.CodeFormat, "resourceId"},
		{"record id with a NUL", m.raw(kid, m.payload("resource.retire", `{"resourceId":"DR-\u0000"}`)), rights.CodeFormat, "resourceId"},
		{"record id that reaches into a pointer", m.raw(kid, m.payload("resource.retire", `{"resourceId":"a/b"}`)), rights.CodeFormat, "resourceId"},
		{"record id too long", m.raw(kid, m.payload("resource.retire", `{"resourceId":"`+strings.Repeat("x", 65)+`"}`)), rights.CodeFormat, "resourceId"},
		{"record id empty", m.raw(kid, m.payload("resource.retire", `{}`)), rights.CodeFormat, "resourceId"},
		{"no such record", m.raw(kid, m.payload("resource.retire", `{"resourceId":"DR-320902-20261123-000000000000-00"}`)), rights.CodeNotFound, "resourceId"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := *m
			m.t = t
			before := m.ledger.Keys()
			e := m.refuses(m.post(c.jws), c.code)
			if c.field != "" && e.Field != c.field {
				t.Errorf("field is %q, want %q: %v", e.Field, c.field, e)
			}
			if len(m.ledger.Keys()) != len(before) {
				t.Error("a refused command wrote something")
			}
		})
	}
	m.must(m.post(good)) // and untouched it is taken
}

// A DER signature is for the gateway to rewrite; the ledger takes one form only.
func TestDERSignatureIsRefused(t *testing.T) {
	m := newMarket(t)
	jws := m.raw(energyID+"#1", m.payload("participant.exit", exit))
	dot := bytes.LastIndexByte(jws, '.')
	raw, err := base64.RawURLEncoding.DecodeString(string(jws[dot+1:]))
	if err != nil {
		t.Fatal(err)
	}
	der, err := gm.RawToDER(raw)
	if err != nil {
		t.Fatal(err)
	}
	inDER := append(bytes.Clone(jws[:dot+1]), base64.RawURLEncoding.EncodeToString(der)...)
	m.refuses(m.post(inDER), rights.CodeSignature)
	normal, err := command.NormalizeSignature(inDER)
	if err != nil || !bytes.Equal(normal, jws) {
		t.Fatalf("%v", err)
	}
	m.must(m.post(normal))
}

// The clock is the ledger's: a signer's may run a minute ahead, and a command
// lives to the second before exp.
func TestValidityEdges(t *testing.T) {
	m := newMarket(t)
	at := func(iat, exp int64) answer {
		m.t.Helper()
		return m.post(m.raw(energyID+"#1", fmt.Sprintf(`{"command":"participant.rotateKey","id":%q,"iat":%d,"exp":%d,"body":{"publicKey":"","proof":""}}`, uuid.NewString(), iat, exp)))
	}
	m.refuses(at(m.now+contract.ClockSkew, m.now+3600), rights.CodeFormat) // in time: refused for its body
	m.refuses(at(m.now+contract.ClockSkew+1, m.now+3600), rights.CodeExpired)
	m.refuses(at(m.now-1, m.now+1), rights.CodeFormat)
	m.refuses(at(m.now-1, m.now), rights.CodeExpired)
}

// The same bytes again are answered as the first time, whoever relays them,
// however late, and write nothing.
func TestReplay(t *testing.T) {
	m := newMarket(t)
	jws := m.sign(energyID+"#1", "resource.catalogue", m.resource(energyID, "energy"))
	first := m.must(m.post(jws))
	if first.Replayed || first.TxID != first.tx.ID || len(first.Result.Records) != 1 {
		t.Fatalf("%+v", first.Answer)
	}
	for _, later := range []int64{0, 1, 30 * 86400} { // long after exp, too
		m.now += later
		for _, msp := range []string{exchangeMSP, groupMSP, bankMSP} {
			again := m.must(m.invoke(statetest.Creator(msp, "client"), "Submit", jws))
			if !again.Replayed || again.TxID != first.TxID || again.Kid != first.Kid || fmt.Sprint(again.Result) != fmt.Sprint(first.Result) {
				t.Errorf("%+v; first %+v", again.Answer, first.Answer)
			}
			if len(again.stub.Writes) != 0 || again.stub.Event != nil {
				t.Errorf("a repetition wrote %d keys", len(again.stub.Writes))
			}
		}
	}
	// A signature made anew is another command under the same id.
	cmd, err := command.Decode(jws)
	if err != nil {
		t.Fatal(err)
	}
	other, err := command.Sign(m.keys[energyID+"#1"], energyID+"#1", command.Payload{Command: cmd.Name, ID: cmd.ID, Iat: m.now, Exp: m.now + 60, Body: cmd.Body})
	if err != nil {
		t.Fatal(err)
	}
	if e := m.refuses(m.post(other), rights.CodeReplay); e.Field != "id" || e.Record != cmd.ID {
		t.Errorf("%+v", e)
	}
	// Nobody learns from a bad signature whether a command was applied.
	m.refuses(m.post(tampered(t, jws)), rights.CodeSignature)
}

// tampered flips one bit of a command's signature.
func tampered(t *testing.T, jws []byte) []byte {
	t.Helper()
	dot := bytes.LastIndexByte(jws, '.') + 1
	sig, err := base64.RawURLEncoding.DecodeString(string(jws[dot:]))
	if err != nil {
		t.Fatal(err)
	}
	sig[40] ^= 1
	return base64.RawURLEncoding.AppendEncode(bytes.Clone(jws[:dot]), sig)
}

// Two gateways endorse the same command on the same state: one transaction
// commits, the other conflicts, and endorsed again it answers as the first.
func TestReplayRace(t *testing.T) {
	m := newMarket(t)
	jws := m.sign(energyID+"#1", "resource.catalogue", m.resource(energyID, "energy"))
	one := m.must(m.try(statetest.Creator(groupMSP, "client"), []byte("Submit"), jws))
	two := m.must(m.try(statetest.Creator(bankMSP, "client"), []byte("Submit"), jws))
	if !m.commit(one) || m.commit(two) {
		t.Fatal("both or neither committed")
	}
	again := m.must(m.try(statetest.Creator(bankMSP, "client"), []byte("Submit"), jws))
	if !again.Replayed || again.TxID != one.TxID {
		t.Errorf("%+v", again.Answer)
	}
	if n := len(snapshot(m.ledger).resources); n != 1 {
		t.Errorf("%d resources", n)
	}
}

// The same race over one id with other bytes ends in E_REPLAY for the loser.
func TestSameIDRace(t *testing.T) {
	m := newMarket(t)
	id := uuid.NewString()
	sign := func(content string) []byte {
		body, _ := json.Marshal(m.resource(energyID, content))
		jws, err := command.Sign(m.keys[energyID+"#1"], energyID+"#1", command.Payload{Command: "resource.catalogue", ID: id, Iat: m.now, Exp: m.now + 60, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		return jws
	}
	a, b := sign("a"), sign("b")
	creator := statetest.Creator(groupMSP, "client")
	one, two := m.must(m.try(creator, []byte("Submit"), a)), m.must(m.try(creator, []byte("Submit"), b))
	if !m.commit(two) || m.commit(one) {
		t.Fatal("both or neither committed")
	}
	m.refuses(m.post(a), rights.CodeReplay)
}

// A command's id is its signer's own: who sees it on its way cannot use it up.
func TestAnIDIsItsSignersOwn(t *testing.T) {
	m := newMarket(t)
	jws := m.sign(energyID+"#1", "resource.catalogue", m.resource(energyID, "energy"))
	cmd, err := command.Decode(jws)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(m.resource(weatherID, "weather"))
	thief, err := command.Sign(m.keys[weatherID+"#1"], weatherID+"#1", command.Payload{Command: "resource.catalogue", ID: cmd.ID, Iat: m.now, Exp: m.now + 60, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	m.must(m.post(thief))
	if a := m.must(m.post(jws)); a.Replayed || a.Kid != energyID+"#1" {
		t.Errorf("%+v", a.Answer)
	}
}

// Two different commands that need the same thing: one wins, the other, endorsed
// again, is refused for what it is.
func TestConflictingCommands(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(m *market) (a, b []byte)
		code rights.Code
	}{
		{"one certificate number for two cases", func(m *market) ([]byte, []byte) {
			x, y := m.noticed(energyID, "x"), m.noticed(weatherID, "y")
			m.now = read[rights.Case](m, rights.KindCase, y).NoticeEndsAt
			record := func(id string) []byte {
				return m.sign(registrarID+"#1", "registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"})
			}
			return record(x), record(y)
		}, rights.CodeExists},
		{"two applications for one object and kind", func(m *market) ([]byte, []byte) {
			r := m.catalogue(energyID, "x")
			return m.sign(energyID+"#1", "registration.submit", application(r)), m.sign(energyID+"#1", "registration.submit", application(r, rights.RightUse))
		}, rights.CodeExists},
		{"the same content twice by one holder", func(m *market) ([]byte, []byte) {
			return m.sign(energyID+"#1", "resource.catalogue", m.resource(energyID, "x")), m.sign(energyID+"#1", "resource.catalogue", m.resource(energyID, "x"))
		}, rights.CodeDup},
		{"withdraw against record", func(m *market) ([]byte, []byte) {
			x := m.noticed(energyID, "x")
			m.now = read[rights.Case](m, rights.KindCase, x).NoticeEndsAt
			return m.sign(registrarID+"#1", "registration.record", rights.RecordCase{CaseID: x, CertNo: "SJ3212026070001"}), m.sign(energyID+"#1", "registration.withdraw", rights.OfCase{CaseID: x})
		}, rights.CodeState},
		{"one key for two applicants", func(m *market) ([]byte, []byte) {
			a := m.application("91320981MA0A00049M", "东台数据公司")
			b := a
			b.USCC, b.Name = "91320923MA0A0009XQ", "阜宁数据公司"
			m.keys[b.USCC+"#1"] = m.keys[a.USCC+"#1"]
			return m.sign(a.USCC+"#1", "participant.apply", a), m.sign(b.USCC+"#1", "participant.apply", b)
		}, rights.CodeExists},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, firstWins := range []bool{true, false} {
				m := newMarket(t)
				a, b := c.make(m)
				submit := func(jws []byte) answer {
					cmd, _ := command.Decode(jws)
					return m.must(m.try(statetest.Creator(m.mspOf(cmd.Kid), "client"), []byte("Submit"), jws))
				}
				x, y := submit(a), submit(b)
				if !firstWins {
					x, y, b = y, x, a
				}
				if !m.commit(x) {
					t.Fatal("the first conflicts")
				}
				if m.commit(y) {
					t.Fatal("both committed")
				}
				cmd, _ := command.Decode(b)
				m.refuses(m.invoke(statetest.Creator(m.mspOf(cmd.Kid), "client"), "Submit", b), c.code)
			}
		})
	}
}

// What a stranger may call, and with what.
func TestInvocations(t *testing.T) {
	m := newMarket(t)
	client := statetest.Creator(groupMSP, "client")
	for _, args := range [][][]byte{{}, {[]byte("")}, {[]byte("submit"), nil}, {[]byte("Nothing")}, {[]byte("Submit")}, {[]byte("Submit"), nil, nil}, {[]byte("Read"), []byte("PT")}, {bytes.Repeat([]byte("x"), 1000)}} {
		m.refuses(m.try(client, args...), rights.CodeFormat)
	}
	m.refuses(m.try(client, []byte("Read"), []byte("PT"), []byte("\xff")), rights.CodeFormat)
	m.refuses(m.try(client, []byte("Read"), []byte("P\x00T"), []byte("x")), rights.CodeFormat)
	m.refuses(m.try(client, []byte("Found"), genesis), rights.CodeRole)
	m.refuses(m.try(client, []byte("Enrol"), []byte(`{}`)), rights.CodeRole)
	admin := statetest.Creator(groupMSP, "admin")
	m.refuses(m.try(admin, []byte("Found"), genesis), rights.CodeExists)
	m.refuses(m.try(admin, []byte("Found"), []byte(`{"schemaVersion":1,"consortium":"mine","organisations":[]}`)), rights.CodeRole)
	m.refuses(m.try(admin, []byte("Enrol"), []byte(`{"uscc":`)), rights.CodeFormat)
	m.refuses(m.try(admin, []byte("Enrol"), bytes.Repeat([]byte(" "), command.MaxSize+1)), rights.CodeTooLarge)
	m.refuses(m.try(statetest.Creator("StrangerMSP", "admin"), []byte("Enrol"), []byte(`{"uscc":"91320981MA0A00049M"}`)), rights.CodeNotFound)
	if a := m.try([]byte("no identity"), []byte("Submit"), nil); a.refusal == nil {
		t.Errorf("%+v", a)
	}
	if a := m.try([]byte("no identity"), []byte("Submit"), m.sign(energyID+"#1", "participant.exit", rights.Exit{Declaration: "x"})); a.failure == "" {
		t.Errorf("%+v", a)
	}
}

// Found happens once, and only from the document this organisation holds.
func TestFounding(t *testing.T) {
	m := &market{t: t, ledger: statetest.New(), cc: &contract.Contract{Genesis: genesis}, now: start}
	admin := statetest.Creator(groupMSP, "admin")
	founded := func() string {
		stub := m.ledger.Begin(statetest.Tx{ID: "t", At: m.now, Creator: admin, Args: [][]byte{[]byte("Founded")}})
		return string(m.cc.Invoke(stub).Payload)
	}
	if founded() != "false" {
		t.Error("founded before it was")
	}
	other := bytes.Replace(genesis, []byte("合作银行"), []byte("另一银行"), 1)
	m.refuses(m.try(admin, []byte("Found"), other), rights.CodeRole)
	m.must(m.invoke(admin, "Found", genesis))
	if founded() != "true" {
		t.Error("not founded")
	}
	m.refuses(m.try(admin, []byte("Found"), genesis), rights.CodeExists)
	// Two administrators at once: one founds.
	m.ledger = statetest.New()
	one := m.must(m.try(admin, []byte("Found"), genesis))
	two := m.must(m.try(statetest.Creator(bankMSP, "admin"), []byte("Found"), genesis))
	if !m.commit(one) || m.commit(two) {
		t.Error("both or neither founded")
	}
}

// Nothing a stranger signs with a key of his own makes the contract fail or panic.
func FuzzSubmit(f *testing.F) {
	m := newMarket(f)
	m.quiet = true
	for _, c := range rights.Commands() {
		body, _ := json.Marshal(c.Body())
		f.Add(c.Name, string(body))
		f.Add(c.Name+"Batch", `{"items":[`+string(body)+`,{}]}`)
	}
	body, _ := json.Marshal(m.resource(energyID, "x"))
	f.Add("resource.catalogue", string(body))
	f.Add("resource.catalogueBatch", `{"common":`+string(body)+`,"items":[{},{"grade":3}]}`)
	body, _ = json.Marshal(application(m.catalogue(energyID, "energy")))
	f.Add("registration.submit", string(body))
	f.Fuzz(func(t *testing.T, name, body string) {
		for _, kid := range []string{energyID + "#1", registrarID + "#1", regulatorID + "#1"} {
			m.t = t
			a := m.try(statetest.Creator(m.mspOf(kid), "client"), []byte("Submit"), m.raw(kid, m.payload(name, body)))
			if a.failure != "" {
				t.Fatalf("%s %s: %s", name, body, a.failure)
			}
		}
	})
}
