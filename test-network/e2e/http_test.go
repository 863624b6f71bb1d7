package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/client"
)

// answer is one answer of a gateway as it came.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string {
	return fmt.Sprintf("%d %s", a.status, bytes.TrimSpace(a.body[:min(len(a.body), 600)]))
}

// height is the Ledger-Height of the answer, 0 without one.
func (a answer) height() uint64 {
	h, _ := strconv.ParseUint(a.header.Get(client.HeightHeader), 10, 64)
	return h
}

// requestTimeout is longer than a gateway takes to say that it does not know.
const requestTimeout = 45 * time.Second

// plain does not retry: what a gateway says first is what is tested.
var plain = &http.Client{Timeout: requestTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

// request sends one request; headers come in pairs.
func request(ctx context.Context, method, url string, body []byte, headers ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := plain.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, text}, err
}

// post hands a command to an organisation's gateway, once.
func post(ctx context.Context, organisation string, jws []byte) (answer, error) {
	return request(ctx, http.MethodPost, w.url(organisation)+"/v1/commands", jws, "Content-Type", client.MediaTypeCommand)
}

func mustPost(t *testing.T, organisation string, jws []byte) answer {
	t.Helper()
	a, err := post(t.Context(), organisation, jws)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// get reads a path through an organisation's gateway.
func get(t *testing.T, organisation, path string, headers ...string) answer {
	t.Helper()
	a, err := request(t.Context(), http.MethodGet, w.url(organisation)+path, nil, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// read gets a path that must be there and decodes it.
func read[T any](t *testing.T, organisation, path string) (v T) {
	t.Helper()
	a := get(t, organisation, path)
	if a.status != http.StatusOK {
		t.Fatalf("%s %s: %s", organisation, path, a)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%s %s: %v: %s", organisation, path, err, a)
	}
	return v
}

// receipt is the answer to an applied command.
type receipt struct {
	ID     string `json:"id"`
	TxID   string `json:"txId"`
	Block  uint64 `json:"block"`
	Result struct {
		Records []struct {
			Kind  string `json:"kind"`
			ID    string `json:"id"`
			State string `json:"state"`
		} `json:"records"`
	} `json:"result"`
}

// applied requires a 201 and reads it.
func applied(t *testing.T, a answer) (r receipt) {
	t.Helper()
	if a.status != http.StatusCreated {
		t.Fatalf("not applied: %s", a)
	}
	if err := json.Unmarshal(a.body, &r); err != nil || r.TxID == "" || r.Block == 0 {
		t.Fatalf("a receipt without transaction or block: %v: %s", err, a)
	}
	return r
}

// problem requires a refusal with that status and code, complete in form.
func problem(t *testing.T, a answer, status int, code, field string) client.Problem {
	t.Helper()
	var p client.Problem
	err := json.Unmarshal(a.body, &p)
	switch {
	case a.status != status || err != nil || p.Code != code || p.Field != field:
		t.Errorf("want %d %s %q, got %s (%v)", status, code, field, a, err)
	case !strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json"):
		t.Errorf("a problem of type %q", a.header.Get("Content-Type"))
	case p.Status != status || p.Title == "" || p.Detail == "" || p.DetailEn == "" || p.DetailZh == "" || p.RequestID == "" || p.Type == "":
		t.Errorf("an incomplete problem: %s", a)
	}
	return p
}

// transaction is a transaction as the gateway lists it.
type transaction struct {
	TxID       string `json:"txId"`
	Block      uint64 `json:"block"`
	Validation string `json:"validation"`
	Command    string `json:"command"`
	CommandID  string `json:"commandId"`
}

// since reads the transactions of a block and later ones, newest first.
func since(t *testing.T, organisation string, block uint64) []transaction {
	t.Helper()
	var all []transaction
	for tx, err := range client.List[transaction](t.Context(), w.client(t, organisation), "/v1/transactions", map[string][]string{"limit": {"200"}}) {
		if err != nil {
			t.Fatal(err)
		}
		if tx.Block < block {
			break
		}
		all = append(all, tx)
	}
	return all
}

// readiness is the answer of /readyz.
type readiness struct {
	Status       string `json:"status"`
	LedgerHeight uint64 `json:"ledgerHeight"`
	IndexHeight  uint64 `json:"indexHeight"`
}
