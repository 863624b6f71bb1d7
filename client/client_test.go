package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/internal/gm"
)

// gateway serves h as a gateway would and returns a client of it.
func gateway(t *testing.T, h http.HandlerFunc, opts ...client.Option) *client.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := client.New(s.URL, append([]client.Option{client.WithBackoff(time.Millisecond, 5*time.Millisecond)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(w http.ResponseWriter, status int, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestCommandIsSignedAndAcceptable(t *testing.T) {
	k := newKey(t)
	before := time.Now().Unix()
	s, err := k.Command("91350100M000100Y43", 2, "resource.catalogue", map[string]any{"name": "<气象>"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := command.Decode(s.JWS)
	if err != nil {
		t.Fatal(err)
	}
	priv, err := gm.ParsePublicKeyPEM(k.PublicPEM())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(priv); err != nil {
		t.Error(err)
	}
	if c.Name != "resource.catalogue" || c.ID != s.ID || c.Kid != "91350100M000100Y43#2" || string(c.Body) != `{"name":"<气象>"}` {
		t.Errorf("decoded %+v", c)
	}
	if c.Iat < before || c.Iat > time.Now().Unix() || c.Exp != c.Iat+3600 || !s.Exp.Equal(time.Unix(c.Exp, 0)) {
		t.Errorf("iat %d, exp %d, now %d", c.Iat, c.Exp, before)
	}
	other, err := k.Command("91350100M000100Y43", 2, "resource.catalogue", struct{}{})
	if err != nil || other.ID == s.ID {
		t.Errorf("two commands share the ID %s (%v)", s.ID, err)
	}
}

func TestCommandOptions(t *testing.T) {
	k := newKey(t)
	const id = "0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47"
	s, err := k.Command("A", 1, "right.apply", json.RawMessage(`{"a":1}`),
		client.WithID(id), client.IssuedAt(time.Unix(1764000000, 0)), client.ValidFor(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	c, err := command.Decode(s.JWS)
	if err != nil || c.ID != id || c.Iat != 1764000000 || c.Exp != 1764000060 || string(c.Body) != `{"a":1}` {
		t.Errorf("%+v %v", c, err)
	}
	for name, f := range map[string]func() error{
		"too long": func() error {
			_, err := k.Command("A", 1, "a.b", struct{}{}, client.ValidFor(25*time.Hour))
			return err
		},
		"bad name":      func() error { _, err := k.Command("A", 1, "ab", struct{}{}); return err },
		"bad kid":       func() error { _, err := k.Command("", 1, "a.b", struct{}{}); return err },
		"not an object": func() error { _, err := k.Command("A", 1, "a.b", 7); return err },
		"not JSON":      func() error { _, err := k.Command("A", 1, "a.b", make(chan int)); return err },
		"no key":        func() error { _, err := (client.Key{}).Command("A", 1, "a.b", struct{}{}); return err },
	} {
		if f() == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestSubmit(t *testing.T) {
	c := gateway(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.URL.Path != "/v1/commands" || r.Header.Get("Content-Type") != "application/jose" || string(body) != "a.b.c" ||
			r.Header.Get("Authorization") != "Bearer t" {
			t.Errorf("%s %s %v %q", r.Method, r.URL, r.Header, body)
		}
		answer(w, 201, "application/json", `{"txId":"abc","block":7,"result":{"id":"DR-1"},"more":1}`)
	}, client.WithToken("t"))
	got, err := c.Submit(context.Background(), []byte("a.b.c"))
	if err != nil || got.TxID != "abc" || got.Block != 7 || string(got.Result) != `{"id":"DR-1"}` {
		t.Errorf("%+v %v", got, err)
	}
}

func TestSubmitWaitsOutAGatewayThatCannotNow(t *testing.T) {
	var n atomic.Int32
	var bodies []string
	var waits []error
	c := gateway(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		switch n.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "0")
			answer(w, 503, "application/problem+json", `{"status":503,"code":"E_UNAVAILABLE"}`)
		case 2:
			answer(w, 429, "text/plain", "slow down")
		case 3: // cut off in the middle of an answer: the outcome is unknown
			w.Header().Set("Content-Length", "100")
			answer(w, 201, "application/json", `{"txId":`)
		default:
			answer(w, 201, "application/json", `{"txId":"abc","block":7}`)
		}
	}, client.WithWaiting(func(why error, _ time.Duration) { waits = append(waits, why) }))
	got, err := c.Submit(context.Background(), []byte("a.b.c"))
	if err != nil || got.TxID != "abc" {
		t.Fatalf("%+v %v", got, err)
	}
	if !slices.Equal(bodies, []string{"a.b.c", "a.b.c", "a.b.c", "a.b.c"}) {
		t.Errorf("sent %q: every attempt must send the same bytes", bodies)
	}
	var p *client.Problem
	if len(waits) != 3 || !errors.As(waits[0], &p) || p.Code != "E_UNAVAILABLE" {
		t.Errorf("told of %v", waits)
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	var first time.Time
	var waited time.Duration
	c := gateway(t, func(w http.ResponseWriter, _ *http.Request) {
		if first.IsZero() {
			first = time.Now()
			w.Header().Set("Retry-After", "1")
			answer(w, 503, "text/plain", "")
			return
		}
		waited = time.Since(first)
		answer(w, 201, "application/json", `{"txId":"abc"}`)
	})
	if _, err := c.Submit(context.Background(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if waited < time.Second {
		t.Errorf("came back after %v", waited)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := gateway(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 503, "application/problem+json", `{"code":"E_UNAVAILABLE"}`)
	}, client.WithWaiting(func(error, time.Duration) { cancel() }))
	_, err := c.Submit(ctx, []byte("x"))
	var p *client.Problem
	if !errors.Is(err, context.Canceled) || !errors.As(err, &p) || p.Code != "E_UNAVAILABLE" {
		t.Errorf("error %v, want the end of the context and the last problem", err)
	}
}

func TestNobodyThere(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c, err := client.New(s.URL, client.WithBackoff(time.Millisecond, time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Submit(context.Background(), []byte("x")); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v", err)
	}
}

func TestARefusalIsAProblemAndIsNotRetried(t *testing.T) {
	var n atomic.Int32
	c := gateway(t, func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		answer(w, 422, "application/problem+json; charset=utf-8",
			`{"type":"about:blank","title":"Refused","status":200,"detail":"d","code":"E_DUP","field":"body.items[1].uscc",`+
				`"items":[{"code":"E_DUP","field":"body.items[1].uscc","detail":"d"}],"x":1}`)
	})
	_, err := c.Submit(context.Background(), []byte("x"))
	var p *client.Problem
	if !errors.As(err, &p) {
		t.Fatal(err)
	}
	if p.Status != 422 || p.Code != "E_DUP" || p.Field != "body.items[1].uscc" || len(p.Items) != 1 || n.Load() != 1 {
		t.Errorf("%+v after %d attempts", p, n.Load())
	}
	for _, s := range []string{"422", "E_DUP", "body.items[1].uscc", "Refused", "d"} {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %s", err, s)
		}
	}
}

func TestAnswersOfOtherProgramsAreNotBelieved(t *testing.T) {
	for status, body := range map[int]string{404: "<html>", 200: "<html>", 201: `{}`, 202: `{"txId":"a"}`} {
		c := gateway(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, status, "text/html", body) })
		if r, err := c.Submit(context.Background(), []byte("x")); err == nil {
			t.Errorf("%d %s taken for %+v", status, body, r)
		}
	}
}

func TestGet(t *testing.T) {
	c := gateway(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Ledger-Height", "42")
		answer(w, 200, "application/json", fmt.Sprintf(`{"q":%q}`, r.URL.RequestURI()))
	})
	var got struct{ Q string }
	q := url.Values{"state": {"Active"}}
	h, err := c.AtLeast(9).AtLeast(3).Get(context.Background(), "/v1/rights/"+url.PathEscape("a/b?c"), q, &got)
	if err != nil || h != 42 || got.Q != "/v1/rights/a%2Fb%3Fc?at_least=9&state=Active" {
		t.Errorf("%d %q %v", h, got.Q, err)
	}
	if len(q) != 1 {
		t.Errorf("the caller's query was changed: %v", q)
	}
	if _, err := c.Get(context.Background(), "/v1/rights", nil, &got); err != nil || got.Q != "/v1/rights" {
		t.Errorf("%q %v: AtLeast must not change the client it was called on", got.Q, err)
	}
}

func TestList(t *testing.T) {
	pages := map[string]string{"": `{"items":[1,2],"next":"b"}`, "b": `{"items":[],"next":"c"}`, "c": `{"items":[3]}`}
	c := gateway(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("limit") != "2" {
			t.Errorf("%s: the query is lost", r.URL)
		}
		answer(w, 200, "application/json", pages[r.URL.Query().Get("cursor")])
	})
	var got []int
	for v, err := range client.List[int](context.Background(), c, "/v1/rights", url.Values{"limit": {"2"}}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v)
	}
	if !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("got %v", got)
	}

	pages["b"] = `{"items":[],"next":"b"}`
	var last error
	for _, err := range client.List[int](context.Background(), c, "/v1/rights", url.Values{"limit": {"2"}}) {
		last = err
	}
	if last == nil {
		t.Error("a cursor that does not advance was followed")
	}
}

func TestNewChecksTheAddress(t *testing.T) {
	for _, bad := range []string{"", "127.0.0.1:8081", "ftp://x", "http://", "http://x?y=1", "http://x#y", "://"} {
		if _, err := client.New(bad); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}
