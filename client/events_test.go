package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/datarights/datarights/client"
)

func eventText(id string) string {
	return `{"specversion":"1.0","id":"` + id + `","source":"urn:datarights:chain:x","type":"cn.datarights.demand.post","subject":"DM/DM-1","time":"2026-11-23T04:00:22Z","datacontenttype":"application/json",` +
		`"data":{"kind":"DM","id":"DM-1","state":"Open","version":1,"view":"public","txId":"t","block":12,"participants":[]}}`
}

// streams answers each request with the next of some texts, and keeps what was
// asked for.
func streams(t *testing.T, texts ...func(w http.ResponseWriter)) (url string, asked func() []string) {
	var mu sync.Mutex
	var list []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n := len(list)
		list = append(list, r.Header.Get("Last-Event-ID"))
		mu.Unlock()
		texts[min(n, len(texts)-1)](w)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(list) }
}

func says(text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte(text))
	}
}

func answers(status int, problem string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(problem))
	}
}

func follow(t *testing.T, url string, q client.EventQuery, want int) ([]string, error) {
	t.Helper()
	c, err := client.New(url, client.WithBackoff(time.Millisecond, time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range c.Events(t.Context(), q) {
		if err != nil {
			return got, err
		}
		if got = append(got, e.ID); len(got) == want {
			break
		}
	}
	return got, nil
}

// A stream that breaks goes on behind what was seen: events, and the ids that
// silence sends.
func TestEventsGoOn(t *testing.T) {
	url, asked := streams(t,
		says("retry:3000\n\nid:12:0:0\ndata:"+eventText("12:0:0")+"\n\nid:12:0:1\ndata:"+eventText("12:0:1")+"\n\n"),
		answers(http.StatusServiceUnavailable, `{"status":503,"code":"E_UNAVAILABLE"}`),
		says(": \nid:40\n\n"),
		says("id:41:0:0\ndata:"+eventText("41:0:0")+"\n\nid:41:0:1\ndata:"+eventText("41:0:1")[:40]), // cut off
		says("id:41:0:1\ndata:"+eventText("41:0:1")+"\n\n"))
	got, err := follow(t, url, client.EventQuery{}, 4)
	if err != nil || !slices.Equal(got, []string{"12:0:0", "12:0:1", "41:0:0", "41:0:1"}) {
		t.Errorf("%v %v", got, err)
	}
	if want := []string{"", "12:0:1", "12:0:1", "40", "41:0:0"}; !slices.Equal(asked(), want) {
		t.Errorf("asked %q, want %q", asked(), want)
	}
}

func TestEventsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		text func(http.ResponseWriter)
		code string
	}{
		"refused":          {answers(http.StatusUnauthorized, `{"status":401,"code":"E_SESSION"}`), "E_SESSION"},
		"the session over": {says("event:end\ndata:{\"status\":401,\"code\":\"E_SESSION\",\"detail\":\"over\"}\n\n"), "E_SESSION"},
		"no event":         {says("data:nonsense\n\n"), ""},
	} {
		url, _ := streams(t, c.text)
		got, err := follow(t, url, client.EventQuery{}, 1)
		var p *client.Problem
		if len(got) != 0 || err == nil || c.code != "" && (!errors.As(err, &p) || p.Code != c.code) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	url, _ := streams(t, func(w http.ResponseWriter) {
		cancel()
		says("")(w)
	})
	c, err := client.New(url)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Events(ctx, client.EventQuery{}) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestPastEvents(t *testing.T) {
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		more := r.URL.Query().Get("cursor") == ""
		id := "1:0:0"
		if !more {
			id = "2:0:0"
		}
		_, _ = fmt.Fprintf(w, `{"items":[%s],"next":"9:0:0","more":%t}`, eventText(id), more)
	}))
	defer s.Close()
	c, err := client.New(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	from := uint64(1)
	var got []string
	for e, err := range c.PastEvents(t.Context(), client.EventQuery{Types: []string{"a", "b"}, From: &from}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.ID)
	}
	if !slices.Equal(got, []string{"1:0:0", "2:0:0"}) || !slices.Equal(asked, []string{"from=1&type=a%2Cb", "cursor=9%3A0%3A0&type=a%2Cb"}) {
		t.Errorf("%v, asked %v", got, asked)
	}
	asked = nil
	for range c.PastEvents(t.Context(), client.EventQuery{After: "7:1:4", From: &from}) {
		break
	}
	if !slices.Equal(asked, []string{"cursor=7%3A1%3A5"}) {
		t.Errorf("after 7:1:4 asked %v", asked)
	}
	for _, id := range []string{"x", "1", "1:2", "1:2:x", "1:2:3:4"} {
		for _, err := range c.PastEvents(t.Context(), client.EventQuery{After: id}) {
			if err == nil {
				t.Errorf("%q is taken for an id", id)
			}
		}
	}
}

// signed is what a gateway sends.
func signed(t testing.TB, secret, id, body string, at time.Time) http.Header {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := hook.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {fmt.Sprint(at.Unix())}, "Webhook-Signature": {"v1sm3,AAAA " + sig}}
}

const testSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

func TestVerifyWebhook(t *testing.T) {
	body := eventText("12:0:3")
	h := signed(t, testSecret, "12:0:3", body, time.Now())
	if e, err := client.VerifyWebhook(h, []byte(body), testSecret); err != nil || e.ID != "12:0:3" || e.Data.State != "Open" {
		t.Fatalf("%+v %v", e, err)
	}
	for i := range body { // any byte
		other := []byte(body)
		other[i] ^= 1
		if _, err := client.VerifyWebhook(h, other, testSecret); err == nil {
			t.Fatalf("byte %d may change", i)
		}
	}
	old := signed(t, testSecret, "12:0:3", body, time.Now().Add(-time.Hour))
	future := signed(t, testSecret, "12:0:3", body, time.Now().Add(time.Hour))
	renamed := signed(t, testSecret, "12:0:4", body, time.Now())
	moved := h.Clone()
	moved.Set("Webhook-Timestamp", "1")
	for name, h := range map[string]http.Header{"old": old, "future": future, "another id": renamed, "another time": moved, "none": {}} {
		if _, err := client.VerifyWebhook(h, []byte(body), testSecret); err == nil {
			t.Errorf("%s verifies", name)
		}
	}
	for _, secret := range []string{"", "whsec_", "whsec_!", strings.Replace(testSecret, "M", "N", 1)} {
		if _, err := client.VerifyWebhook(h, []byte(body), secret); err == nil {
			t.Errorf("verifies with %q", secret)
		}
	}
}
