package api

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/session"
	"github.com/datarights/datarights/internal/gm"
)

func TestSession(t *testing.T) {
	w := newWorld(t)
	auth := w.as(theRegistrar)
	r := w.get("/v1/registrations/"+caseReview, auth...).want(http.StatusOK)
	if r.object()["view"] != "full" {
		t.Error("the session is not recognised")
	}
	if strings.Contains(w.logs.String(), strings.TrimPrefix(auth[1], "Bearer ")) {
		t.Error("the token is in the log")
	}
	w.do(http.MethodDelete, "/v1/sessions/current", nil, auth...).want(http.StatusNoContent)
	w.get("/v1/stats", auth...).problem(http.StatusUnauthorized, CodeSession, "Authorization")
	w.do(http.MethodDelete, "/v1/sessions/current", nil, auth...).problem(http.StatusUnauthorized, CodeSession, "Authorization")
	w.do(http.MethodDelete, "/v1/sessions/current", nil).problem(http.StatusUnauthorized, CodeSession, "Authorization")
	for _, header := range []string{"Basic abc", "Bearer", "Bearer ", "Bearer wrong", "Bearer " + strings.Repeat("a", 300)} {
		w.get("/v1/stats", "Authorization", header).problem(http.StatusUnauthorized, CodeSession, "Authorization")
	}
}

// What the ledger says of a key or a participant ends its sessions at the next use.
func TestSessionEndsWithTheKey(t *testing.T) {
	for name, change := range map[string]func(*rights.Participant){
		"suspended": func(p *rights.Participant) { p.State = rights.StateSuspended },
		"retired":   func(p *rights.Participant) { p.Keys[0].State = rights.KeyRetired },
		"revoked":   func(p *rights.Participant) { p.Keys[0].State = rights.KeyRevoked },
	} {
		w := newWorld(t)
		auth := w.as(regulator)
		w.get("/v1/objections", auth...).want(http.StatusOK)
		p := regulator.participant()
		change(p)
		w.index.put(rights.KindParticipant, p)
		w.get("/v1/objections", auth...).problem(http.StatusUnauthorized, CodeSession, "Authorization")
		w.index.put(rights.KindParticipant, regulator.participant())
		w.get("/v1/objections", auth...).problem(http.StatusUnauthorized, CodeSession, "Authorization")
		_ = name
	}
	// A duty taken from the post is gone at once too.
	w := newWorld(t)
	auth := w.as(regulator)
	p := regulator.participant()
	p.Keys[0].Officer.Duties = []rights.Role{rights.RolePlatform}
	w.index.put(rights.KindParticipant, p)
	w.get("/v1/objections/"+objectionID, auth...).problem(http.StatusForbidden, CodeForbidden, "")
}

func TestSessionExpires(t *testing.T) {
	w := newWorld(t)
	auth := w.as(regulator)
	w.clock.move(session.DefaultTTL - time.Second)
	w.get("/v1/stats", auth...).want(http.StatusOK)
	w.clock.move(time.Second)
	w.get("/v1/stats", auth...).problem(http.StatusUnauthorized, CodeSession, "Authorization")
}

func TestSessionRefusals(t *testing.T) {
	w, elsewhere := newWorld(t), newWorld(t, func(o *Options) { o.Name = "BankMSP" })
	challenge := func(w *world, a *actor) string {
		var ch session.Challenge
		w.do(http.MethodPost, "/v1/challenges", []byte(`{"kid":"`+a.kid()+`"}`), "Content-Type", "application/json").want(201).decode(&ch)
		return ch.Challenge
	}
	open := func(jws []byte) *reply {
		return w.do(http.MethodPost, "/v1/sessions", jws, "Content-Type", "application/jose")
	}
	now := testTime
	used := prove(t, weather, challenge(w, weather), now)
	open(used).want(http.StatusCreated)
	head := func(a *actor) string {
		return `{"alg":"SM2","typ":"datarights-session+jws","kid":"` + a.kid() + `"}`
	}
	unknown := newActor("91320900MA1NXBXY0", "不在账本上", rights.RoleEnterprise)
	tampered := challenge(w, weather)
	for _, tc := range []struct {
		name   string
		jws    []byte
		status int
		code   rights.Code
		field  string
	}{
		{"used before", used, 401, CodeSession, "payload.challenge"},
		{"made up", prove(t, weather, "datarights-session-v1/GroupMSP/"+weather.kid()+"/9999999999/AAAA/AAAA", now), 401, CodeSession, "payload.challenge"},
		{"another gateway's", prove(t, weather, challenge(elsewhere, weather), now), 401, CodeSession, "payload.challenge"},
		{"another key's", prove(t, weather, challenge(w, energy), now), 401, CodeSession, "payload.challenge"},
		{"longer life", prove(t, weather, strings.Replace(tampered, "/1795", "/1895", 1), now), 401, CodeSession, "payload.challenge"},
		{"another's signature", sign(t, energy.key, head(weather), mustJSON(t, map[string]any{"challenge": challenge(w, weather), "iat": now})), 401, rights.CodeSignature, "signature"},
		{"not on the ledger", prove(t, unknown, challenge(w, unknown), now), 401, rights.CodeKey, "header.kid"},
		{"clock behind", prove(t, weather, challenge(w, weather), now-3600), 401, CodeSession, "payload.iat"},
		{"clock ahead", prove(t, weather, challenge(w, weather), now+3600), 401, CodeSession, "payload.iat"},
		{"a command", aCommand(t), 400, rights.CodeFormat, "header.typ"},
		{"no algorithm", sign(t, weather.key, `{"alg":"none","typ":"datarights-session+jws","kid":"a#1"}`, `{}`), 400, rights.CodeFormat, "header.alg"},
		{"unknown field", sign(t, weather.key, head(weather), `{"challenge":"x","iat":1,"admin":true}`), 400, rights.CodeFormat, "payload.admin"},
		{"duplicate field", sign(t, weather.key, head(weather), `{"challenge":"x","challenge":"y","iat":1}`), 400, rights.CodeFormat, "payload.challenge"},
		{"bad kid", sign(t, weather.key, `{"alg":"SM2","typ":"datarights-session+jws","kid":"x"}`, `{}`), 400, rights.CodeFormat, "header.kid"},
		{"two parts", []byte("a.b"), 400, rights.CodeFormat, "jws"},
		{"too large", []byte(strings.Repeat("a", session.MaxProof+1)), 413, rights.CodeTooLarge, "body"},
		{"bad signature", []byte(strings.TrimRight(string(used), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") + "AAAA"), 401, rights.CodeSignature, "signature"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &world{t: t, index: w.index, h: w.h}
			w.do(http.MethodPost, "/v1/sessions", tc.jws, "Content-Type", "application/jose").problem(tc.status, tc.code, tc.field)
		})
	}
	late := challenge(w, weather)
	w.clock.move(session.DefaultChallengeTTL)
	open(prove(t, weather, late, w.clock.now().Unix())).problem(401, CodeSession, "payload.challenge")

	suspended := weather.participant()
	suspended.State = rights.StateSuspended
	w.index.put(rights.KindParticipant, suspended)
	open(prove(t, weather, challenge(w, weather), w.clock.now().Unix())).problem(403, rights.CodeInactive, "header.kid")

	for body, field := range map[string]string{`{}`: "kid", `{"kid":"x"}`: "kid", `{"kid":1}`: "kid", `{"kid":"a#1","x":1}`: "x", `[]`: "body", `{"KID":"a#1"}`: "KID", ``: "body"} {
		w.do(http.MethodPost, "/v1/challenges", []byte(body), "Content-Type", "application/json").problem(400, rights.CodeFormat, field)
	}
	w.do(http.MethodPost, "/v1/challenges", []byte(`{"kid":"`+strings.Repeat("a", maxJSON)+`"}`), "Content-Type", "application/json").problem(413, rights.CodeTooLarge, "body")
	w.do(http.MethodPost, "/v1/challenges", []byte(`{}`), "Content-Type", "text/plain").problem(415, CodeMediaType, "Content-Type")
}

func TestSessionAcceptsDER(t *testing.T) {
	w := newWorld(t)
	var ch session.Challenge
	w.do(http.MethodPost, "/v1/challenges", []byte(`{"kid":"`+weather.kid()+`"}`), "Content-Type", "application/json").want(201).decode(&ch)
	jws := string(prove(t, weather, ch.Challenge, testTime))
	at := strings.LastIndexByte(jws, '.')
	raw, err := base64.RawURLEncoding.DecodeString(jws[at+1:])
	if err != nil {
		t.Fatal(err)
	}
	der, err := gm.RawToDER(raw)
	if err != nil {
		t.Fatal(err)
	}
	w.do(http.MethodPost, "/v1/sessions", []byte(jws[:at+1]+base64.RawURLEncoding.EncodeToString(der)), "Content-Type", "application/jose").want(201)
}

func TestMatchTags(t *testing.T) {
	w := newWorld(t)
	type request struct {
		HolderID    string `json:"holderId"`
		Digest      string `json:"digest"`
		ContentRoot string `json:"contentRoot"`
	}
	type answer struct {
		Items []struct {
			MatchTag       string                `json:"matchTag"`
			TagEpoch       int64                 `json:"tagEpoch"`
			TagAttestation rights.TagAttestation `json:"tagAttestation"`
		} `json:"items"`
	}
	post := func(w *world, a *actor, body string) *reply {
		return w.do(http.MethodPost, "/v1/match-tags", []byte(body), append(w.as(a), "Content-Type", "application/json")...)
	}
	ask := func(a *actor, digests ...string) (got answer) {
		var items []request
		for i, d := range digests {
			items = append(items, request{a.id, sm3(d), sm3("root" + strconv.Itoa(i))})
		}
		post(w, a, mustJSON(t, map[string]any{"items": items})).want(http.StatusOK).decode(&got)
		return got
	}
	a, b := ask(weather, "d", "e"), ask(energy, "d")
	if len(a.Items) != 2 || a.Items[0].MatchTag != b.Items[0].MatchTag || a.Items[0].MatchTag == a.Items[1].MatchTag || a.Items[0].MatchTag == sm3("d") {
		t.Errorf("tags %v and %v do not tell equality", a, b)
	}
	for i, item := range a.Items {
		sig, err := base64.RawURLEncoding.DecodeString(item.TagAttestation.Signature)
		if err != nil {
			t.Fatal(err)
		}
		verify := func(holder string) bool {
			statement := []byte(rights.TagStatement(holder, sm3("root"+strconv.Itoa(i)), item.MatchTag, item.TagEpoch, ""))
			return gm.Verify(theRegistrar.key.Public(), statement, sig)
		}
		if item.TagAttestation.Kid != theRegistrar.kid() || !verify(weather.id) {
			t.Errorf("the attestation of item %d does not verify", i)
		}
		if verify(energy.id) {
			t.Errorf("the attestation of item %d is not bound to its holder", i)
		}
	}
	item := func(holder, digest, root string) string {
		return mustJSON(t, map[string]any{"items": []request{{weather.id, sm3("d"), sm3("r")}, {holder, digest, root}}})
	}
	post(w, nil, item(weather.id, sm3("d"), sm3("r"))).problem(401, CodeSession, "Authorization")
	post(w, stranger, mustJSON(t, map[string]any{"items": []request{{weather.id, sm3("d"), sm3("r")}}})).problem(403, CodeForbidden, "items[0].holderId")
	post(w, weather, item(energy.id, sm3("d"), sm3("r"))).problem(403, CodeForbidden, "items[1].holderId")
	many := mustJSON(t, map[string]any{"items": make([]request, MaxMatchTags+1)})
	for body, field := range map[string]string{
		item(weather.id, "d", sm3("r")):                    "items[1].digest",
		item(weather.id, "sha256:"+sm3("d")[4:], sm3("r")): "items[1].digest",
		item(weather.id, sm3("d"), "x"):                    "items[1].contentRoot",
		`{"items":[]}`:                                     "items",
		`{}`:                                               "items",
		many:                                               "items",
		`{"items":[{"content":"all my data"}]}`:            "items[0].content",
	} {
		post(w, weather, body).problem(400, rights.CodeFormat, field)
	}
	without := newWorld(t, func(o *Options) { o.Tags = nil })
	post(without, weather, `{}`).problem(404, rights.CodeNotFound, "")

	// The rate counts digests, not requests.
	slow := newWorld(t, func(o *Options) { o.Limits.MatchTagsPerSecond, o.Limits.MatchTagBurst = 1, 3 })
	two := item(weather.id, sm3("d"), sm3("r"))
	post(slow, weather, two).want(http.StatusOK)
	post(slow, weather, two).problem(429, CodeRate, "")
	slow.get("/v1/stats").want(http.StatusOK)
}
