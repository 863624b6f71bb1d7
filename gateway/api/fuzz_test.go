package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Whatever a query string holds, the answer is a list or a refusal that names
// a parameter; nothing unknown is ignored.
func FuzzQuery(f *testing.F) {
	for _, target := range reads {
		_, query, _ := strings.Cut(target, "?")
		f.Add(query)
	}
	for _, q := range []string{"limit=50&cursor=", "limit=1e3", "a;b", "%zz", "q=%ff", "kind=RightUse&kind=RightUse", "cursor=0.c1", "at_least=9223372036854775808", "limit=٣"} {
		f.Add(q)
	}
	rightsList := collections[slices.IndexFunc(collections, func(k *collection) bool { return k.name == "rights" })]
	known := append(slices.Clone(paging), rightsList.filters...)
	f.Fuzz(func(t *testing.T, query string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/v1/rights", RawQuery: query}}
		q, err := accept(r, known...)
		if err != nil {
			p := problemOf(err)
			if p.Status != http.StatusBadRequest || p.Field == "" || p.DetailZh == "" {
				t.Fatalf("%q: %+v", query, p)
			}
			if body, err := encode(p); err != nil || !json.Valid(body) {
				t.Fatalf("%q: a problem that is no JSON: %s", query, body)
			}
			return
		}
		for name := range q {
			if name != "at_least" && !slices.ContainsFunc(known, func(p param) bool { return p.name == name }) {
				t.Fatalf("%q: %s is taken", query, name)
			}
		}
		if n := pageSize(q); n < 1 || n > MaxPage {
			t.Fatalf("%q: a page of %d", query, n)
		}
	})
}

// A cursor of several queries means one place or is refused.
func FuzzCursor(f *testing.F) {
	for _, c := range []string{"", "0.", "1.c20", "2.x", "-1.x", "00.x", "1", ".", "1.2.3", "9999999999999999999999.x"} {
		f.Add(c, 2)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		if n < 1 || n > 10 {
			return
		}
		at, cursor, err := splitCursor(text, n)
		if err != nil {
			return
		}
		if at < 0 || at >= n {
			t.Fatalf("%q of %d is query %d", text, n, at)
		}
		if text != "" && joinCursor(at, cursor, n) != text {
			t.Fatalf("%q of %d reads as %d %q", text, n, at, cursor)
		}
	})
}

func nameOf(t *testing.T, m member) string {
	var name string
	if err := json.Unmarshal(fmt.Appendf(nil, `"%s"`, m.Name), &name); err != nil {
		t.Fatalf("%q is no name: %v", m.Name, err)
	}
	return name
}

// A record splits and joins to the same JSON, or is refused.
func FuzzMembers(f *testing.F) {
	for _, raw := range []string{`{}`, `{"a":1,"b":[{"c":null}]}`, `{"a":1,"a":2}`, `{"é\u0000":"<>"}`, `[]`, `{"a"`, ``, `nul`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) { // the index hands out nothing else
			return
		}
		ms, err := members(raw)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatalf("%q splits, but %v", raw, err)
		}
		got := map[string]json.RawMessage{}
		for _, m := range ms {
			got[nameOf(t, m)] = m.Value // the last of a name, as there
		}
		if !maps.EqualFunc(got, want, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Fatalf("%q splits into %q, expected %q", raw, got, want)
		}
		out := object(ms)
		again, err := members(out)
		if err != nil || len(again) != len(ms) {
			t.Fatalf("%q became %q: %v", raw, out, err)
		}
		for i := range ms {
			if string(ms[i].Name) != string(again[i].Name) {
				t.Fatalf("%q became %q", raw, out)
			}
		}
	})
}

// No path, header or body makes the gateway panic.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/v1/rights/"+rightID, "", "Bearer x", []byte(nil))
	f.Add("POST", "/v1/commands", "application/jose", "", []byte("a.b.c"))
	f.Add("POST", "/v1/sessions", "application/jose", "", []byte("e30.e30.AAAA"))
	f.Add("POST", "/v1/match-tags", "application/json", "", []byte(`{"holderId":1}`))
	f.Add("POST", "/v1/traces", "application/json", "", []byte(`{"sketch":"RFJTSwE=","extraction":{"votes":[1]}}`))
	f.Add("GET", "/v1/search?q=%F0%9F%98%80", "", "", []byte(nil))
	f.Add("DELETE", "/v1/sessions/current", "", "Bearer", []byte(nil))
	w := newWorld(f, func(o *Options) { o.Limits.Burst = 1 << 40 }) // or most of it is 429
	f.Fuzz(func(t *testing.T, method, target, media, auth string, body []byte) {
		u, err := url.ParseRequestURI(target)
		if err != nil || strings.Contains(target, "at_least") {
			return
		}
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(string(body)))
		r.Method, r.URL = method, u
		r.Header.Set("Content-Type", media)
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		rec := httptest.NewRecorder()
		w.h.ServeHTTP(rec, r)
		if strings.Contains(w.logs.String(), `"msg":"panic"`) {
			t.Fatalf("%s %s: %s", method, target, w.logs)
		}
		w.logs.Reset()
		if rec.Code >= 500 && !strings.HasPrefix(target, "/readyz") && rec.Code != http.StatusServiceUnavailable && target[0] == '/' && !strings.Contains(rec.Body.String(), "E_INTERNAL") {
			t.Fatalf("%s %s answers %d: %s", method, target, rec.Code, rec.Body)
		}
		if rec.Code == http.StatusInternalServerError && !strings.HasPrefix(target, "/v1/commands") {
			t.Fatalf("%s %s answers %d: %s", method, target, rec.Code, rec.Body)
		}
	})
}
