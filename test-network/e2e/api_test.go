package e2e

import (
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// What other programs are written against, letter by letter: the envelope is
// put together here without this project's code.

const header = `{"alg":"SM2","typ":"datarights+jws","kid":"%s#%d"}`

// payload is a command's payload around a body.
func payload(command, body string) string {
	now := time.Now().Unix()
	return fmt.Sprintf(`{"command":"%s","id":"%s","iat":%d,"exp":%d,"body":%s}`, command, uuid.New(), now, now+600, body)
}

// applying is the fixed body of participant.apply.
func (p person) applying() string {
	return fmt.Sprintf(`{"uscc":"%s","name":"接口约定测试企业","orgType":"OrgEnterprise","roles":["RoleEnterprise"],"regionCode":"320902","publicKey":"%s"}`,
		p.uscc, p.key.Info().PublicKey)
}

// jws signs exactly these texts.
func (p person) jws(t *testing.T, header, payload string) []byte {
	t.Helper()
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	signature, err := p.key.Sign([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(input + "." + base64.RawURLEncoding.EncodeToString(signature))
}

func (p person) envelope(t *testing.T, command, body string) []byte {
	return p.jws(t, fmt.Sprintf(header, p.uscc, p.keyNo), payload(command, body))
}

// TestApply: the fixed command, its answer, and the record through every
// organisation as soon as it is asked for with at_least.
func TestApply(t *testing.T) {
	p := newNewcomer(t, "Group")
	a := mustPost(t, p.via, p.envelope(t, "participant.apply", p.applying()))
	r := applied(t, a)
	if a.header.Get("Location") != "/v1/transactions/"+r.TxID || a.height() == 0 {
		t.Errorf("headers %v", a.header)
	}
	for _, organisation := range w.organisations() {
		a := get(t, organisation, fmt.Sprintf("/v1/participants/%s?at_least=%d", p.uscc, r.Block))
		var record struct {
			State  string `json:"state"`
			Name   string `json:"name"`
			Ledger struct {
				Block uint64 `json:"block"`
				TxID  string `json:"txId"`
			} `json:"ledger"`
		}
		if err := json.Unmarshal(a.body, &record); err != nil || a.status != http.StatusOK || a.height() <= r.Block ||
			record.State != "Applied" || record.Name != "接口约定测试企业" || record.Ledger.Block != r.Block || record.Ledger.TxID != r.TxID {
			t.Errorf("%s: %s (height %d, committed in %d)", organisation, a, a.height(), r.Block)
		}
	}
	tx := read[transaction](t, "Bank", "/v1/transactions/"+r.TxID)
	if tx.Command != "participant.apply" || tx.CommandID != r.ID || tx.Validation != "VALID" {
		t.Errorf("%+v", tx)
	}
}

// TestDERSignature: what OpenSSL and hardware keys produce is taken as well.
func TestDERSignature(t *testing.T) {
	p := newNewcomer(t, "Group")
	jws := p.envelope(t, "participant.apply", p.applying())
	at := strings.LastIndexByte(string(jws), '.') + 1
	raw, err := base64.RawURLEncoding.DecodeString(string(jws[at:]))
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	if err != nil {
		t.Fatal(err)
	}
	first := applied(t, mustPost(t, "Group", []byte(string(jws[:at])+base64.RawURLEncoding.EncodeToString(der))))
	again := mustPost(t, "Bank", jws)
	if r := applied(t, again); r.TxID != first.TxID || again.header.Get(client.ReplayedHeader) != "true" {
		t.Errorf("the same command with its signature written otherwise: %s", again)
	}
}

// TestRefusals: every kind of bad command has its status, code and field, and
// none of them writes anything.
func TestRefusals(t *testing.T) {
	p := newNewcomer(t, "Group")
	good := p.envelope(t, "participant.apply", p.applying())
	head := fmt.Sprintf(header, p.uscc, 1)
	body := p.applying()
	wrongCheck := p
	last := p.uscc[17]
	for _, c := range []byte("0123456789") {
		if c != last {
			wrongCheck.uscc = p.uscc[:17] + string(c)
			break
		}
	}
	admitted := newNewcomer(t, "Exchange")
	admitted.do(t, "participant.apply", admitted.application("已准入企业"))
	exchangeOfficer(t).do(t, "participant.admit", rights.OfParticipant{USCC: admitted.uscc, KeyFingerprint: admitted.key.Info().Fingerprint})
	before := read[readiness](t, "Group", "/readyz").LedgerHeight

	now := time.Now().Unix()
	timed := func(iat, exp int64) []byte {
		return p.jws(t, head, fmt.Sprintf(`{"command":"participant.apply","id":"%s","iat":%d,"exp":%d,"body":%s}`, uuid.New(), iat, exp, body))
	}
	admit := rights.OfParticipant{USCC: admitted.uscc, KeyFingerprint: admitted.key.Info().Fingerprint}
	for name, c := range map[string]struct {
		via    string
		jws    []byte
		status int
		code   string
		field  string
	}{
		"nothing":            {"Group", nil, 400, "E_FORMAT", "body"},
		"no JWS":             {"Group", []byte("hello"), 400, "E_FORMAT", "jws"},
		"not base64url":      {"Group", append([]byte("+"), good...), 400, "E_FORMAT", "header"},
		"trailing data":      {"Group", append(append([]byte{}, good...), ".e30"...), 400, "E_FORMAT", "jws"},
		"over 768 KiB":       {"Group", p.envelope(t, "participant.apply", `{"uscc":"`+strings.Repeat("9", 768<<10)+`"}`), 413, "E_TOO_LARGE", "body"},
		"wrong alg":          {"Group", p.jws(t, fmt.Sprintf(`{"alg":"none","typ":"datarights+jws","kid":"%s#1"}`, p.uscc), payload("participant.apply", body)), 400, "E_FORMAT", "header.alg"},
		"unknown header":     {"Group", p.jws(t, fmt.Sprintf(`{"alg":"SM2","typ":"datarights+jws","kid":"%s#1","crit":[]}`, p.uscc), payload("participant.apply", body)), 400, "E_FORMAT", "header.crit"},
		"duplicate key":      {"Group", p.envelope(t, "participant.apply", `{"uscc":"1","uscc":"2"}`), 400, "E_FORMAT", "payload.body.uscc"},
		"duplicate command":  {"Group", p.jws(t, head, strings.Replace(payload("participant.apply", body), `"iat"`, `"command":"participant.exit","iat"`, 1)), 400, "E_FORMAT", "payload.command"},
		"deep nesting":       {"Group", p.envelope(t, "participant.apply", strings.Repeat(`{"a":`, 40)+"1"+strings.Repeat("}", 40)), 400, "E_FORMAT", "payload.body" + strings.Repeat(".a", 31)},
		"unknown field":      {"Group", p.envelope(t, "participant.apply", strings.Replace(body, `{"uscc"`, `{"colour":"red","uscc"`, 1)), 400, "E_FORMAT", "colour"},
		"other letters":      {"Group", p.envelope(t, "participant.apply", strings.Replace(body, `"name"`, `"Name"`, 1)), 400, "E_FORMAT", "Name"},
		"unknown command":    {"Group", p.envelope(t, "participant.applaud", body), 401, "E_KEY", "kid"},
		"a number as name":   {"Group", p.envelope(t, "participant.apply", strings.Replace(body, `"接口约定测试企业"`, `7`, 1)), 400, "E_FORMAT", "name"},
		"wrong check digit":  {"Group", wrongCheck.envelope(t, "participant.apply", wrongCheck.applying()), 400, "E_FORMAT", "uscc"},
		"someone else's kid": {"Group", p.jws(t, fmt.Sprintf(header, admitted.uscc, 1), payload("participant.exit", `{"declaration":"x"}`)), 401, "E_SIGNATURE", "signature"},
		"tampered":           {"Group", tampered(good), 401, "E_SIGNATURE", "signature"},
		"key not there":      {"Group", p.jws(t, fmt.Sprintf(header, p.uscc, 1), payload("participant.exit", `{"declaration":"x"}`)), 401, "E_KEY", "kid"},
		"key number beyond":  {"Group", p.jws(t, fmt.Sprintf(header, admitted.uscc, 9), payload("participant.exit", `{"declaration":"x"}`)), 401, "E_KEY", "kid"},
		"expired":            {"Group", timed(now-1200, now-600), 401, "E_EXPIRED", "exp"},
		"from the future":    {"Group", timed(now+600, now+1200), 401, "E_EXPIRED", "iat"},
		"lives too long":     {"Group", timed(now, now+90_000), 400, "E_FORMAT", "payload.exp"},
		"wrong state":        {"Exchange", exchangeOfficer(t).sign(t, "participant.admit", admit).JWS, 409, "E_STATE", ""},
		"not on the ledger":  {"Exchange", exchangeOfficer(t).sign(t, "participant.admit", rights.OfParticipant{USCC: p.uscc, KeyFingerprint: p.key.Info().Fingerprint}).JWS, 404, "E_NOT_FOUND", "uscc"},
		"not its office":     {"Exchange", energyCompany(t).sign(t, "participant.admit", admit).JWS, 403, "E_ROLE", ""},
		"another's gateway":  {"Bank", exchangeOfficer(t).sign(t, "participant.admit", admit).JWS, 403, "E_ROLE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			problem(t, mustPost(t, c.via, c.jws), c.status, c.code, c.field)
		})
	}
	t.Run("wrong content type", func(t *testing.T) {
		for _, media := range []string{"text/plain", "application/json", ""} {
			a, err := request(t.Context(), http.MethodPost, w.url("Group")+"/v1/commands", good, "Content-Type", media)
			if err != nil {
				t.Fatal(err)
			}
			problem(t, a, 415, "E_MEDIA_TYPE", "Content-Type")
		}
	})
	if after := read[readiness](t, "Group", "/readyz").LedgerHeight; after != before {
		t.Errorf("refused commands made the ledger grow from %d to %d blocks", before, after)
	}
	// The good one, which all of the above were made from, is indeed good.
	applied(t, mustPost(t, "Group", good))
}

// tampered changes one letter of what was signed.
func tampered(jws []byte) []byte {
	parts := strings.Split(string(jws), ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		panic(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), "320902", "320903", 1)))
	return []byte(strings.Join(parts, "."))
}

// TestReads: what every list and record answers, and what reading asks in vain.
func TestReads(t *testing.T) {
	t.Run("lists", func(t *testing.T) {
		for _, path := range []string{"participants", "resources", "registrations", "rights", "certificates", "parameters", "notices", "blocks", "transactions"} {
			a := get(t, "Bank", "/v1/"+path+"?limit=1")
			var members map[string]json.RawMessage
			var items []json.RawMessage
			var next string
			if err := json.Unmarshal(a.body, &members); err != nil || a.status != http.StatusOK || len(members) != 2 ||
				json.Unmarshal(members["items"], &items) != nil || items == nil || len(items) > 1 || json.Unmarshal(members["next"], &next) != nil {
				t.Errorf("%s: %s", path, a)
			}
			if a.height() == 0 {
				t.Errorf("%s: no Ledger-Height", path)
			}
		}
	})
	t.Run("pages", func(t *testing.T) {
		whole := listed(t, "Exchange", "/v1/resources")
		if want := read[stats](t, "Exchange", "/v1/stats").Kinds["DR"]; len(whole) != want || want < 1002 {
			t.Errorf("the pages have %d resources, the ledger %d", len(whole), want)
		}
	})
	t.Run("made up cursors", func(t *testing.T) {
		page := read[client.Page[json.RawMessage]](t, "Group", "/v1/rights?limit=1")
		for _, path := range []string{
			"/v1/rights?cursor=AAAA", "/v1/rights?cursor=%F0%9F%92%A9", "/v1/rights?cursor=" + strings.Repeat("A", 400), "/v1/blocks?cursor=xyz",
			"/v1/transactions?cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			"/v1/rights?state=Active&cursor=" + page.Next, "/v1/certificates?cursor=" + page.Next, "/v1/blocks?cursor=" + page.Next,
			"/v1/rights?cursor=" + page.Next[:len(page.Next)-1],
		} {
			problem(t, get(t, "Group", path), 400, "E_CURSOR", "cursor")
		}
	})
	t.Run("faulty questions", func(t *testing.T) {
		for path, field := range map[string]string{
			"/v1/rights?limit=0": "limit", "/v1/rights?limit=201": "limit", "/v1/rights?colour=red": "colour", "/v1/rights?state=Purple": "state",
			"/v1/rights?state=Active&state=Active": "state", "/v1/rights?at_least=-1": "at_least", "/v1/blocks/x": "number", "/v1/rights?q=": "q",
		} {
			problem(t, get(t, "Group", path), 400, "E_FORMAT", field)
		}
		problem(t, get(t, "Group", "/v1/nothing"), 404, "E_NOT_FOUND", "")
		for _, path := range []string{"/v1/rights/RT-1", "/v1/blocks/99999999", "/v1/transactions/00"} {
			if a := get(t, "Group", path); a.status != 404 {
				t.Errorf("%s: %s", path, a)
			}
		}
		a, err := request(t.Context(), http.MethodPut, w.url("Group")+"/v1/commands", nil)
		if err != nil {
			t.Fatal(err)
		}
		problem(t, a, 405, "E_METHOD", "")
	})
	t.Run("not modified", func(t *testing.T) {
		for _, path := range []string{"/v1/participants/91320903MA0A00022Y", "/v1/certificates?limit=2", "/v1/index/digest?height=5"} {
			first := get(t, "Regulator", path)
			tag := first.header.Get("ETag")
			if tag == "" || first.status != http.StatusOK {
				t.Fatalf("%s has no ETag: %s", path, first)
			}
			if a := get(t, "Regulator", path, "If-None-Match", tag); a.status != http.StatusNotModified || len(a.body) != 0 {
				t.Errorf("%s with its own ETag: %s", path, a)
			}
			if a := get(t, "Regulator", path, "If-None-Match", `"another"`); a.status != http.StatusOK {
				t.Errorf("%s with another ETag: %s", path, a)
			}
		}
	})
	t.Run("a changed record has another ETag", func(t *testing.T) {
		p := newNewcomer(t, "Exchange")
		p.do(t, "participant.apply", p.application("换标签企业"))
		path := "/v1/participants/" + p.uscc
		tag := get(t, "Exchange", path).header.Get("ETag")
		r := exchangeOfficer(t).do(t, "participant.admit", rights.OfParticipant{USCC: p.uscc, KeyFingerprint: p.key.Info().Fingerprint})
		if a := get(t, "Exchange", fmt.Sprintf("%s?at_least=%d", path, r.Block), "If-None-Match", tag); a.status != http.StatusOK || a.header.Get("ETag") == tag {
			t.Errorf("%s, ETag %s, was %s", a, a.header.Get("ETag"), tag)
		}
	})
	t.Run("a block that is not there yet", func(t *testing.T) {
		began := time.Now()
		a := get(t, "Group", "/v1/rights?limit=1&at_least=99999999")
		problem(t, a, 504, "E_UNAVAILABLE", "at_least")
		if a.header.Get("Retry-After") == "" || time.Since(began) > 15*time.Second {
			t.Errorf("after %s, Retry-After %q", time.Since(began), a.header.Get("Retry-After"))
		}
	})
	t.Run("readiness", func(t *testing.T) {
		for _, organisation := range w.organisations() {
			a := get(t, organisation, "/readyz")
			var members map[string]any
			if err := json.Unmarshal(a.body, &members); err != nil || a.status != http.StatusOK || len(members) != 3 || members["status"] != "ready" ||
				members["ledgerHeight"].(float64) < 10 || members["indexHeight"].(float64) < 10 {
				t.Errorf("%s: %s", organisation, a)
			}
			if a := get(t, organisation, "/livez"); a.status != http.StatusOK {
				t.Errorf("%s: %s", organisation, a)
			}
		}
		if a := get(t, "Group", "/metrics"); a.status != http.StatusOK || !strings.Contains(string(a.body), "datarights_") {
			t.Errorf("metrics: %d", a.status)
		}
	})
}

// TestSession: a party reads the whole of its own case, the public a part.
func TestSession(t *testing.T) {
	p := energyCompany(t)
	cases := listed(t, "Exchange", "/v1/registrations?applicant="+p.uscc)
	if len(cases) == 0 {
		t.Fatal("the energy company has no case")
	}
	path := fmt.Sprintf("/v1/registrations/%v", cases[len(cases)-1]["id"]) // the demo's
	type registration struct {
		View   string           `json:"view"`
		Papers []map[string]any `json:"evidence"`
	}
	if public := read[registration](t, "Exchange", path); public.View != "public" || public.Papers != nil {
		t.Errorf("the public reads %+v", public)
	}
	session, err := w.client(t, "Exchange").OpenSession(t.Context(), p.key, p.uscc, p.keyNo)
	if err != nil {
		t.Fatal(err)
	}
	var own registration
	if a := get(t, "Exchange", path, "Authorization", "Bearer "+session.Token); json.Unmarshal(a.body, &own) != nil || own.View != "full" || len(own.Papers) == 0 {
		t.Errorf("the applicant reads %s", a)
	}
	problem(t, get(t, "Group", path, "Authorization", "Bearer "+session.Token), 401, "E_SESSION", "Authorization")
	problem(t, get(t, "Exchange", "/v1/objections"), 401, "E_SESSION", "Authorization")
	if a := get(t, "Exchange", "/v1/objections", "Authorization", "Bearer "+session.Token); a.status != http.StatusOK || !strings.Contains(string(a.body), "ObjUpheld") {
		t.Errorf("who objected reads %s", a)
	}
	stranger := newNewcomer(t, "Exchange")
	if _, err := w.client(t, "Exchange").OpenSession(t.Context(), stranger.key, p.uscc, 1); err == nil {
		t.Error("a session was opened for a key of someone else")
	}
}
