package client

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestDownload(t *testing.T) {
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := asked.Add(1); {
		case r.URL.Path == "/busy" && n < 3:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"code":"E_UNAVAILABLE"}`)
		case r.URL.Path == "/no":
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"code":"E_FORBIDDEN"}`)
		case r.URL.Path == "/broken":
			_, _ = io.WriteString(w, "a part")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			w.Header().Set("Ledger-Height", "7")
			_, _ = io.WriteString(w, r.Header.Get("Accept")+" "+r.URL.RawQuery+" "+strings.Repeat("x", 1<<20))
		}
	}))
	defer srv.Close()
	c, err := New(srv.URL, WithBackoff(time.Millisecond, time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	header, err := c.AtLeast(5).Download(t.Context(), "/busy", nil, "text/html", &b)
	if err != nil || header.Get("Ledger-Height") != "7" || !strings.HasPrefix(b.String(), "text/html, application/problem+json at_least=5 ") || b.Len() < 1<<20 {
		t.Errorf("got %d bytes beginning %.60s: %v", b.Len(), b.String(), err)
	}
	var p *Problem
	if _, err := c.Download(t.Context(), "/no", nil, "", &b); !errors.As(err, &p) || p.Code != "E_FORBIDDEN" {
		t.Errorf("a refusal is %v", err)
	}
	before := asked.Load()
	b.Reset()
	if _, err := c.Download(t.Context(), "/broken", nil, "", &b); err == nil || !strings.Contains(err.Error(), "broke off after 6 bytes") || asked.Load() != before+1 {
		t.Errorf("a part was taken for the whole, or asked for again: %v", err)
	}
}
