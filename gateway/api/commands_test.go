package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/outcome"
	"github.com/datarights/datarights/internal/gm"
)

const commandID = "0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47"

func aCommand(t testing.TB) []byte {
	t.Helper()
	jws, err := command.Sign(weather.key, weather.kid(), command.Payload{Command: "registration.submit", ID: commandID, Iat: testTime, Exp: testTime + 3600, Body: json.RawMessage(`{"x":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

// answerOf is what the chaincode answers for a command.
func answerOf(txID string, replayed bool) []byte {
	b, _ := json.Marshal(map[string]any{"id": commandID, "command": "registration.submit", "kid": weather.kid(), "txId": txID, "replayed": replayed,
		"result": map[string]any{"records": []map[string]any{{"kind": "RG", "id": "RG-1", "state": "Submitted", "version": 1}}}})
	return b
}

func (w *world) post(body []byte, header ...string) *reply {
	w.t.Helper()
	return w.do(http.MethodPost, "/v1/commands", body, append([]string{"Content-Type", "application/jose"}, header...)...)
}

func TestCommand(t *testing.T) {
	w := newWorld(t)
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		return outcome.Outcome{TxID: "t1", Block: 30, Payload: answerOf("t1", false)}, nil
	}
	jws := aCommand(t)
	first := w.post(jws).want(http.StatusCreated)
	if first.Header().Get("Location") != "/v1/transactions/t1" || first.Header().Get("Idempotent-Replayed") != "" || first.Header().Get("Ledger-Height") == "" {
		t.Errorf("headers %v", first.Header())
	}
	if !bytes.Equal(w.ledger.got[0], jws) {
		t.Error("the command was changed on its way")
	}
	want := `{"id":"` + commandID + `","command":"registration.submit","kid":"` + weather.kid() + `","txId":"t1","block":30,"result":{"records":[{"kind":"RG","id":"RG-1","state":"Submitted","version":1}]}}`
	if first.Body.String() != want {
		t.Errorf("got  %s\nwant %s", first.Body, want)
	}

	// The same command again: the same body, whichever gateway applied it.
	w.index.apply(index.Transaction{TxID: "t1"})
	w.index.txs[len(w.index.txs)-1].Block = 30
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		return outcome.Outcome{TxID: "t2-never-sent", Replayed: true, Payload: answerOf("t1", true)}, nil
	}
	again := w.post(jws).want(http.StatusCreated)
	if again.Header().Get("Idempotent-Replayed") != "true" || again.Header().Get("Location") != "/v1/transactions/t1" {
		t.Errorf("headers %v", again.Header())
	}
	if again.Body.String() != want {
		t.Errorf("the repetition got another answer: %s", again.Body)
	}
	metrics := w.get("/metrics").Body.String()
	for _, line := range []string{`datarights_submissions_total{outcome="committed"} 1`, `datarights_submissions_total{outcome="replayed"} 1`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no %s", line)
		}
	}
}

// A repetition may be answered by a peer that is ahead of this organisation's.
func TestReplayWaitsForItsBlock(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Limits.CommitTimeout = 100 * time.Millisecond })
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		return outcome.Outcome{TxID: "t1", Replayed: true, Payload: answerOf("t1", true)}, nil
	}
	p := w.post(aCommand(t)).problem(http.StatusServiceUnavailable, CodeUnavailable, "")
	if p.TxID != "t1" {
		t.Errorf("it does not name the transaction: %q", p.TxID)
	}
	w = newWorld(t)
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		go func() { time.Sleep(20 * time.Millisecond); w.index.apply(index.Transaction{TxID: "t1"}) }()
		return outcome.Outcome{TxID: "t1", Replayed: true, Payload: answerOf("t1", true)}, nil
	}
	w.post(aCommand(t)).want(http.StatusCreated)
}

func TestCommandDER(t *testing.T) {
	w := newWorld(t)
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		return outcome.Outcome{TxID: "t1", Block: 1, Payload: answerOf("t1", false)}, nil
	}
	jws := aCommand(t)
	at := bytes.LastIndexByte(jws, '.')
	raw, err := base64.RawURLEncoding.DecodeString(string(jws[at+1:]))
	if err != nil {
		t.Fatal(err)
	}
	der, err := gm.RawToDER(raw)
	if err != nil {
		t.Fatal(err)
	}
	w.post([]byte(string(jws[:at+1]) + base64.RawURLEncoding.EncodeToString(der))).want(http.StatusCreated)
	if !bytes.Equal(w.ledger.got[0], jws) {
		t.Error("a DER signature was not rewritten to r‖s")
	}
	w.post(append(bytes.Clone(jws), "\r\n"...)).want(http.StatusCreated)
	if !bytes.Equal(w.ledger.got[1], jws) {
		t.Error("a line end was passed on")
	}
}

func TestCommandAsync(t *testing.T) {
	w := newWorld(t)
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) { return outcome.Outcome{TxID: "t1"}, nil }
	r := w.post(aCommand(t), "Prefer", "handling=lenient, Respond-Async; wait=5").want(http.StatusAccepted)
	if r.Header().Get("Location") != "/v1/transactions/t1" || r.Header().Get("Preference-Applied") != "respond-async" || r.Body.String() != `{"txId":"t1","status":"pending"}` {
		t.Errorf("%v %s", r.Header(), r.Body)
	}
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		return outcome.Outcome{}, &rights.Error{Code: rights.CodeState, Detail: "d", DetailZh: "z"}
	}
	w.post(aCommand(t), "Prefer", "respond-async").problem(http.StatusConflict, rights.CodeState, "")
}

// Nonsense is refused here and costs no peer anything.
func TestMalformedCommands(t *testing.T) {
	w := newWorld(t)
	b64 := base64.RawURLEncoding.EncodeToString
	jws := string(aCommand(t))
	parts := strings.Split(jws, ".")
	payload := func(p string) string { return parts[0] + "." + b64([]byte(p)) + "." + parts[2] }
	header := func(h string) string { return b64([]byte(h)) + "." + parts[1] + "." + parts[2] }
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for _, tc := range []struct {
		name, body string
		status     int
		code       rights.Code
		field      string
	}{
		{"empty", "", 400, rights.CodeFormat, "body"},
		{"line ends alone", "\n\n", 400, rights.CodeFormat, "body"},
		{"not a JWS", "hello", 400, rights.CodeFormat, "jws"},
		{"four parts", jws + ".x", 400, rights.CodeFormat, "jws"},
		{"padding", parts[0] + "=." + parts[1] + "." + parts[2], 400, rights.CodeFormat, "header"},
		{"leading space", " " + jws, 400, rights.CodeFormat, "header"},
		{"not JSON", header("{"), 400, rights.CodeFormat, "header"},
		{"alg none", header(`{"alg":"none","typ":"datarights+jws","kid":"a#1"}`), 400, rights.CodeFormat, "header.alg"},
		{"session proof", header(`{"alg":"SM2","typ":"datarights-session+jws","kid":"a#1"}`), 400, rights.CodeFormat, "header.typ"},
		{"unknown header", header(`{"alg":"SM2","typ":"datarights+jws","kid":"a#1","crit":[]}`), 400, rights.CodeFormat, "header.crit"},
		{"key zero", header(`{"alg":"SM2","typ":"datarights+jws","kid":"a#0"}`), 400, rights.CodeFormat, "header.kid"},
		{"no body", payload(`{"command":"a.b","id":"` + commandID + `","iat":1,"exp":2}`), 400, rights.CodeFormat, "payload.body"},
		{"duplicate key", payload(`{"command":"a.b","command":"a.c","id":"` + commandID + `","iat":1,"exp":2,"body":{}}`), 400, rights.CodeFormat, "payload.command"},
		{"duplicate key deep down", payload(`{"command":"a.b","id":"` + commandID + `","iat":1,"exp":2,"body":{"a":{"b":1,"b":2}}}`), 400, rights.CodeFormat, "payload.body.a.b"},
		{"trailing data", payload(`{"command":"a.b","id":"` + commandID + `","iat":1,"exp":2,"body":{}}{}`), 400, rights.CodeFormat, "payload"},
		{"bad id", payload(`{"command":"a.b","id":"1","iat":1,"exp":2,"body":{}}`), 400, rights.CodeFormat, "payload.id"},
		{"backwards", payload(`{"command":"a.b","id":"` + commandID + `","iat":2,"exp":1,"body":{}}`), 400, rights.CodeFormat, "payload.exp"},
		{"short signature", parts[0] + "." + parts[1] + "." + b64(make([]byte, 63)), 401, rights.CodeSignature, "signature"},
		{"too large", jws[:len(jws)-10] + strings.Repeat("A", MaxCommand), 413, rights.CodeTooLarge, "body"},
		{"one byte too large", strings.Repeat("A", MaxCommand+1), 413, rights.CodeTooLarge, "body"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &world{t: t, index: w.index, h: w.h}
			w.post([]byte(tc.body)).problem(tc.status, tc.code, tc.field)
		})
	}
	t.Run("too deep", func(t *testing.T) {
		w := &world{t: t, index: w.index, h: w.h}
		var p Problem
		w.post([]byte(payload(`{"command":"a.b","id":"` + commandID + `","iat":1,"exp":2,"body":` + deep + `}`))).want(400).decode(&p)
		if p.Code != rights.CodeFormat || !strings.HasPrefix(p.Field, "payload.body") {
			t.Errorf("%s at %s", p.Code, p.Field)
		}
	})
	if len(w.ledger.got) != 0 {
		t.Errorf("%d malformed commands reached the ledger", len(w.ledger.got))
	}
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		return outcome.Outcome{TxID: "t", Payload: answerOf("t", false)}, nil
	}
	for name, header := range map[string][]string{"text": {"Content-Type", "text/plain"}, "none": nil, "json": {"Content-Type", "application/json"}, "malformed": {"Content-Type", "application/jose;;="},
		"compressed": {"Content-Type", "application/jose", "Content-Encoding", "gzip"}} {
		t.Run("media type "+name, func(t *testing.T) {
			w := &world{t: t, index: w.index, h: w.h}
			field := "Content-Type"
			if name == "compressed" {
				field = "Content-Encoding"
			}
			w.do(http.MethodPost, "/v1/commands", []byte(jws), header...).problem(http.StatusUnsupportedMediaType, CodeMediaType, field)
		})
	}
	w.do(http.MethodPost, "/v1/commands", []byte(jws), "Content-Type", "Application/JOSE; charset=utf-8").want(http.StatusCreated)
}

// An unfinished body is the sender's fault, not a command.
func TestBrokenBody(t *testing.T) {
	w := newWorld(t)
	r := httptest.NewRequest(http.MethodPost, "/v1/commands", io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(errors.New("connection reset"))))
	r.Header.Set("Content-Type", mediaJOSE)
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	(&reply{rec, t}).problem(http.StatusBadRequest, rights.CodeFormat, "body")
}

// Every way a submission can end, and what the caller is told. Nothing but
// success is a 2xx.
func TestSubmissionOutcomes(t *testing.T) {
	down := errors.New("dial tcp 10.1.2.3:7051: refused")
	refusal := func(code rights.Code) *rights.Error {
		return &rights.Error{Code: code, Field: "body.objectId", Record: "DR-1", Rule: "RT-1", Detail: "english", DetailZh: "中文"}
	}
	for _, tc := range []struct {
		name   string
		err    error
		status int
		code   rights.Code
		field  string
		retry  string
		txID   string
		metric string
	}{
		{"refused", refusal(rights.CodeBasis), 422, rights.CodeBasis, "body.objectId", "", "", "refused"},
		{"wrong state", refusal(rights.CodeState), 409, rights.CodeState, "body.objectId", "", "", "refused"},
		{"not the role", refusal(rights.CodeRole), 403, rights.CodeRole, "body.objectId", "", "", "refused"},
		{"unknown key", refusal(rights.CodeKey), 401, rights.CodeKey, "body.objectId", "", "", "refused"},
		{"tampered", refusal(rights.CodeSignature), 401, rights.CodeSignature, "body.objectId", "", "", "refused"},
		{"expired", refusal(rights.CodeExpired), 401, rights.CodeExpired, "body.objectId", "", "", "refused"},
		{"id reused", refusal(rights.CodeReplay), 409, rights.CodeReplay, "body.objectId", "", "", "refused"},
		{"not found", refusal(rights.CodeNotFound), 404, rights.CodeNotFound, "body.objectId", "", "", "refused"},
		{"wrapped", errors.Join(errors.New("endorse"), refusal(rights.CodeDup)), 409, rights.CodeDup, "body.objectId", "", "", "refused"},
		{"newer code", refusal("E_NEWER"), 422, "E_NEWER", "body.objectId", "", "", "refused"},
		{"unavailable", &outcome.UnavailableError{RetryAfter: 2500 * time.Millisecond, Err: down}, 503, CodeUnavailable, "", "3", "", "unavailable"},
		{"unavailable, no hint", &outcome.UnavailableError{Err: down}, 503, CodeUnavailable, "", "1", "", "unavailable"},
		{"unknown outcome", &outcome.UnknownError{TxID: "t9", Err: down}, 504, CodeUnknownOutcome, "", "2", "t9", "unknown"},
		{"unknown, also unavailable", &outcome.UnknownError{TxID: "t9", Err: &outcome.UnavailableError{Err: down}}, 504, CodeUnknownOutcome, "", "2", "t9", "unknown"},
		{"conflict", &outcome.InvalidError{TxID: "t9", Block: 7, Validation: "MVCC_READ_CONFLICT"}, 503, CodeUnavailable, "", "1", "t9", "invalid"},
		{"policy", &outcome.InvalidError{TxID: "t9", Block: 7, Validation: "ENDORSEMENT_POLICY_FAILURE"}, 500, CodeInternal, "", "", "t9", "invalid"},
		{"deadline", context.DeadlineExceeded, 503, CodeUnavailable, "", "1", "", "failed"},
		{"anything else", down, 500, CodeInternal, "", "", "", "failed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) { return outcome.Outcome{}, tc.err }
			r := w.post(aCommand(t))
			p := r.problem(tc.status, tc.code, tc.field)
			if got := r.Header().Get("Retry-After"); got != tc.retry {
				t.Errorf("Retry-After %q, want %q", got, tc.retry)
			}
			if p.TxID != tc.txID {
				t.Errorf("txId %q, want %q", p.TxID, tc.txID)
			}
			if strings.Contains(r.Body.String(), "10.1.2.3") {
				t.Errorf("it tells internals: %s", r.Body)
			}
			if tc.metric == "refused" && (p.DetailEn != "english" || p.DetailZh != "中文" || p.Record != "DR-1" || p.Rule != "RT-1") {
				t.Errorf("the refusal lost something: %+v", p)
			}
			if !strings.Contains(w.get("/metrics").Body.String(), `datarights_submissions_total{outcome="`+tc.metric+`"} 1`) {
				t.Errorf("not counted as %s", tc.metric)
			}
		})
	}
}

func TestBatchRefusalNamesItems(t *testing.T) {
	w := newWorld(t)
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		return outcome.Outcome{}, &rights.Error{Code: rights.CodeBatch, Detail: "2 items", DetailZh: "2 项", Items: []rights.ItemError{
			{Index: 3, Error: rights.Error{Code: rights.CodeFormat, Field: "items[3].name", Detail: "d", DetailZh: "z"}}, {Index: 9, Error: rights.Error{Code: rights.CodeDup, Detail: "d", DetailZh: "z"}}}}
	}
	p := w.post(aCommand(t)).problem(422, rights.CodeBatch, "")
	if len(p.Items) != 2 || p.Items[0].Index != 3 || p.Items[0].Field != "items[3].name" {
		t.Errorf("items %+v", p.Items)
	}
}

func TestAnswerThatDoesNotDecode(t *testing.T) {
	w := newWorld(t)
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		return outcome.Outcome{TxID: "t", Block: 1, Payload: []byte("OK")}, nil
	}
	w.post(aCommand(t)).problem(500, CodeInternal, "")
}

// A caller that hangs up does not stop what it started.
func TestHangUp(t *testing.T) {
	w := newWorld(t)
	ctx, hangUp := context.WithCancel(t.Context())
	w.ledger.submit = func(ctx context.Context, _ []byte) (outcome.Outcome, error) {
		hangUp()
		if err := ctx.Err(); err != nil {
			return outcome.Outcome{}, err
		}
		if _, ok := ctx.Deadline(); !ok {
			t.Error("a submission without a deadline")
		}
		return outcome.Outcome{TxID: "t", Block: 1, Payload: answerOf("t", false)}, nil
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/commands", bytes.NewReader(aCommand(t))).WithContext(ctx)
	r.Header.Set("Content-Type", mediaJOSE)
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	(&reply{rec, t}).want(http.StatusCreated)
}

func TestTooManyInFlight(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Limits.InFlight = 1 })
	entered, leave := make(chan struct{}), make(chan struct{})
	w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
		close(entered)
		<-leave
		return outcome.Outcome{TxID: "t", Block: 1, Payload: answerOf("t", false)}, nil
	}
	jws := aCommand(t)
	done := make(chan *reply)
	go func() { done <- w.post(jws) }()
	<-entered
	r := w.post(jws)
	r.problem(503, CodeUnavailable, "")
	if r.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	close(leave)
	(<-done).want(http.StatusCreated)
}

// Whoever watches is told of every refusal by the rules, of nothing else, and
// the caller's answer is the same.
func TestRefusalsAreTold(t *testing.T) {
	var told []rights.Code
	w := newWorld(t, func(o *Options) {
		o.Refused = func(jws []byte, why *rights.Error) {
			if len(jws) == 0 {
				t.Error("told without the command")
			}
			told = append(told, why.Code)
		}
	})
	jws := sign(t, weather.key, `{"alg":"SM2","typ":"datarights+jws","kid":"`+weather.kid()+`"}`, `{"command":"listing.submit","id":"0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47","iat":1,"exp":2,"body":{}}`)
	for _, prefer := range []string{"", "respond-async"} {
		header := []string{"Content-Type", "application/jose"}
		if prefer != "" {
			header = append(header, "Prefer", prefer)
		}
		w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
			return outcome.Outcome{}, &rights.Error{Code: rights.CodeResale, Detail: "no resale", DetailZh: "不得转售"}
		}
		if p := w.do(http.MethodPost, "/v1/commands", jws, header...); !strings.Contains(p.Body.String(), "E_RESALE") {
			t.Errorf("the caller reads %s", p.Body)
		}
		w.ledger.submit = func(context.Context, []byte) (outcome.Outcome, error) {
			return outcome.Outcome{}, &outcome.UnavailableError{Err: errors.New("down")}
		}
		w.do(http.MethodPost, "/v1/commands", jws, header...)
	}
	if len(told) != 2 || told[0] != rights.CodeResale {
		t.Errorf("told %v", told)
	}
}
