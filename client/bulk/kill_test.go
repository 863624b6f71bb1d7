package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/table"
)

const firm = "91320903MA0A00022Y"

// ledger is a gateway that applies a command once by its id, as the real one does.
type ledger struct {
	mu      sync.Mutex
	key     client.Key
	answers map[string]string // command id → its receipt
	applied map[string]int    // item → times
	refuse  map[string]bool   // items that are refused
}

func newLedger(t testing.TB) (*ledger, string) {
	t.Helper()
	key, err := client.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{key: key, answers: map[string]string{}, applied: map[string]int{}, refuse: map[string]bool{}}
	s := httptest.NewServer(l)
	t.Cleanup(s.Close)
	return l, s.URL
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodGet {
		_ = json.NewEncoder(w).Encode(rights.Participant{Head: rights.Head{ID: firm, State: rights.StateActive}, USCC: firm,
			Keys: []rights.Key{{No: 1, State: rights.KeyActive, PublicKey: l.key.Info().PublicKey}}})
		return
	}
	jws, _ := io.ReadAll(r.Body)
	cmd, err := command.Decode(jws)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if answer, ok := l.answers[cmd.ID]; ok {
		w.Header().Set(client.ReplayedHeader, "true")
		_, _ = io.WriteString(w, answer)
		return
	}
	items := []json.RawMessage{cmd.Body}
	if strings.HasSuffix(cmd.Name, "Batch") {
		var b struct{ Items []json.RawMessage }
		_ = json.Unmarshal(cmd.Body, &b)
		items = b.Items
	}
	var faults []client.ItemProblem
	for i, item := range items {
		if l.refuse[string(item)] {
			faults = append(faults, client.ItemProblem{Index: i, Code: "E_STATE", Field: "caseId", Detail: "not in this state", DetailZh: "状态不允许"})
		}
	}
	if faults != nil {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = json.NewEncoder(w).Encode(client.Problem{Code: "E_BATCH", Status: 422, Items: faults})
		return
	}
	var refs []string
	for _, item := range items {
		l.applied[string(item)]++
		refs = append(refs, fmt.Sprintf(`{"kind":"RG","id":"RG-%d","version":1}`, len(l.applied)))
	}
	answer := fmt.Sprintf(`{"txId":"tx%d","block":%d,"result":{"records":[%s]}}`, len(l.answers), len(l.answers)+7, strings.Join(refs, ","))
	l.answers[cmd.ID] = answer
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

var errKilled = errors.New("killed")

// killer ends a process at one of its steps: nothing that it would do afterwards
// happens.
type killer struct {
	mu     sync.Mutex
	at     int // step, from 1; 0 is never
	steps  int
	dead   bool
	cancel func()
}

func (k *killer) step() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.steps++; k.steps == k.at {
		k.dead = true
		k.cancel()
	}
	if k.dead {
		return errKilled
	}
	return nil
}

// RoundTrip may die before a command is sent, and after it was applied.
func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		return http.DefaultTransport.RoundTrip(r)
	}
	if err := k.step(); err != nil {
		return nil, err
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if dead := k.step(); dead != nil && err == nil {
		_ = resp.Body.Close()
		return nil, dead
	}
	return resp, err
}

func planOf(t testing.TB, command, csv string) *Plan {
	t.Helper()
	s, err := ReadFrom(strings.NewReader(csv), ReadOptions{Format: table.CSV}, 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := FormOf(command, false)
	if err != nil {
		t.Fatal(err)
	}
	return NewPlan(s, f, PlanOptions{})
}

// importOnce runs as one process does, and dies at a step. torn leaves half a
// line of the journal behind.
func importOnce(t testing.TB, l *ledger, url, path, commandName, csv string, at int, torn, skip bool) (*Report, *killer, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k := &killer{at: at, cancel: cancel}
	g, err := client.New(url, client.WithHTTPClient(&http.Client{Transport: k}), client.WithBackoff(time.Millisecond, time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	j, err := OpenJournal(path, commandName, firm+"#1", true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	j.before = func(string) error {
		was := k.dead
		err := k.step()
		if err != nil && !was && torn {
			if _, werr := j.file.WriteString(`{"type":"signed","batch":`); werr != nil {
				t.Error(werr)
			}
		}
		return err
	}
	rep, err := Import(ctx, Options{Plan: planOf(t, commandName, csv), Signer: Signer{l.key, firm, 1}, Gateway: g, Journal: j, Parallel: 1, SkipFaulty: skip})
	return rep, k, err
}

// Whatever the instant at which an import is killed, the next one brings each
// row onto the ledger once.
func TestKilledAtAnyInstant(t *testing.T) {
	var cases strings.Builder
	cases.WriteString("案件编号\n")
	for i := range 1100 { // two batches
		fmt.Fprintf(&cases, "RG-%d\n", i)
	}
	for name, tc := range map[string]struct {
		command, csv string
		rows         int
	}{
		"batches": {"registration.withdraw", cases.String(), 1100},
		"singles": {"demand.close", "需求编号,理由\nDM-1,甲\nDM-2,乙\nDM-3,丙\n", 3},
	} {
		for _, torn := range []bool{false, true} {
			for at := 1; ; at++ {
				l, url := newLedger(t)
				path := filepath.Join(t.TempDir(), "sheet.csv"+JournalSuffix)
				_, k, err := importOnce(t, l, url, path, tc.command, tc.csv, at, torn, false)
				if !k.dead {
					if err != nil {
						t.Fatal(err)
					}
					if at < 5 {
						t.Fatalf("%s: only %d steps were seen", name, at)
					}
					break
				}
				if err == nil {
					t.Errorf("%s, killed at step %d: no error", name, at)
				}
				rep, _, err := importOnce(t, l, url, path, tc.command, tc.csv, 0, false, false)
				if err != nil || rep.Totals[Done] != tc.rows {
					t.Errorf("%s, killed at step %d: then %v, %v", name, at, rep.Totals, err)
				}
				if len(l.applied) != tc.rows {
					t.Errorf("%s, killed at step %d: %d of %d rows are on the ledger", name, at, len(l.applied), tc.rows)
				}
				for item, n := range l.applied {
					if n != 1 {
						t.Errorf("%s, killed at step %d: %s was applied %d times", name, at, item, n)
					}
				}
			}
		}
	}
}

// A batch refused for one row is applied without it, on request alone, and the
// row is named by its number in the sheet.
func TestRefusedRowsAreNamed(t *testing.T) {
	const csv = "备注,案件编号\n一,RG-1\n# 二,RG-2\n三,RG-3\n四,RG-4\n"
	l, url := newLedger(t)
	l.refuse[`{"caseId":"RG-3"}`] = true
	path := filepath.Join(t.TempDir(), "s"+JournalSuffix)
	rep, _, err := importOnce(t, l, url, path, "registration.withdraw", csv, 0, false, false)
	if !errors.Is(err, ErrAtFault) || rep.Totals[Refused] != 1 || rep.Totals[Held] != 2 || len(l.applied) != 0 {
		t.Fatalf("%v %v %v", rep.Totals, err, l.applied)
	}
	for _, row := range rep.Rows {
		if (row.State == Refused) != (row.Row == 4) {
			t.Errorf("row %d is %s", row.Row, row.State)
		}
		if row.Row == 4 && (row.Faults[0].Code != "E_STATE" || row.Faults[0].Cell != "B4" || row.Faults[0].Value != "RG-3") {
			t.Errorf("the fault is %+v", row.Faults)
		}
	}
	rep, _, err = importOnce(t, l, url, path, "registration.withdraw", csv, 0, false, true)
	if !errors.Is(err, ErrAtFault) || rep.Totals[Done] != 2 || rep.Totals[Refused] != 1 || len(l.applied) != 2 {
		t.Fatalf("%v %v %v", rep.Totals, err, l.applied)
	}
	delete(l.refuse, `{"caseId":"RG-3"}`)
	if rep, _, err = importOnce(t, l, url, path, "registration.withdraw", csv, 0, false, false); err != nil || rep.Totals[Done] != 3 || len(l.applied) != 3 {
		t.Fatalf("%v %v %v", rep.Totals, err, l.applied)
	}
}

// A journal is nobody else's, and a damaged one is not guessed at.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, err := OpenJournal(path, "a.b", "X#1", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(path, "a.b", "X#1", false); !errors.Is(err, ErrBusy) {
		t.Errorf("opened twice: %v", err)
	}
	if _, err := j.signed(StageCommand, []string{"k"}, []int{2}, []byte("a.b.c")); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(path, "a.b", "X#1", false); !errors.Is(err, ErrBegun) {
		t.Errorf("begun again: %v", err)
	}
	if _, err := OpenJournal(path, "a.c", "X#1", true); !errors.Is(err, ErrOtherImport) {
		t.Errorf("another command: %v", err)
	}
	if _, err := OpenJournal(path, "a.b", "Y#1", true); !errors.Is(err, ErrOtherImport) {
		t.Errorf("another signer: %v", err)
	}
	if j, err = OpenJournal(path, "a.b", "X#1", true); err != nil || !j.Begun() || j.all[0].JWS != "a.b.c" {
		t.Fatalf("resumed: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
