package watch

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/outcome"
	"github.com/datarights/datarights/internal/gm"
)

const (
	trader   = "91350100M000100Y43"
	platform = "91320900MA0A00073U#2"
	listing  = "LS-320902-20261123-0a1b2c3d4e5f-00"
)

// ledger takes commands as its answers say.
type ledger struct {
	mu      sync.Mutex
	answers []error // of each submission in turn; then nil
	replay  bool
	got     [][]byte
}

func (l *ledger) Submit(_ context.Context, jws []byte) (outcome.Outcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, jws)
	if n := len(l.got); n <= len(l.answers) {
		return outcome.Outcome{}, l.answers[n-1]
	}
	return outcome.Outcome{Replayed: l.replay}, nil
}

type signer struct {
	key gm.PrivateKey
	err error
}

func (s signer) SignCommand(p command.Payload) ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	return command.Sign(s.key, platform, p)
}

func newKey(t testing.TB) gm.PrivateKey {
	t.Helper()
	key, err := gm.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func refusedCommand(t testing.TB, name, id string) []byte {
	t.Helper()
	jws, err := command.Sign(newKey(t), trader+"#1", command.Payload{Command: name, ID: id, Iat: 1, Exp: 2, Body: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

const anID = "0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47"

// tell runs a watch over some refusals until nothing moves any more.
func tell(t *testing.T, o Options, l *ledger, do func(*Watch)) *Watch {
	t.Helper()
	o.Submitter = l
	if o.Platform == nil {
		o.Platform = signer{key: newKey(t)}
	}
	var w *Watch
	synctest.Test(t, func(t *testing.T) {
		w = New(o)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		do(w)
		go func() { w.Run(ctx); close(done) }()
		time.Sleep(time.Hour)
		stop()
		<-done
	})
	return w
}

func (w *Watch) count(result string) int {
	registry := prometheus.NewRegistry()
	registry.MustRegister(w)
	families, err := registry.Gather()
	if err != nil {
		panic(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			if m.Label[0].GetValue() == result {
				return int(m.Counter.GetValue())
			}
		}
	}
	return -1
}

func TestARefusedResaleIsAlerted(t *testing.T) {
	l := &ledger{}
	jws := refusedCommand(t, "listing.submit", anID)
	w := tell(t, Options{}, l, func(w *Watch) {
		w.Refused(jws, &rights.Error{Code: rights.CodeResale, Field: "productId", Record: "CP-320902-20261123-0a1b2c3d4e5f-00"})
	})
	if len(l.got) != 1 || w.count(raised) != 1 {
		t.Fatalf("%d commands, %d alerts", len(l.got), w.count(raised))
	}
	c, err := command.Decode(l.got[0])
	if err != nil {
		t.Fatal(err)
	}
	var body alertBody
	if err := json.Unmarshal(c.Body, &body); err != nil {
		t.Fatal(err)
	}
	refused, err := command.Decode(jws)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "alert.raise" || c.Kid != platform || body.RuleCode != "AL-RESALE-ATTEMPT" || body.TargetID != "CP-320902-20261123-0a1b2c3d4e5f-00" ||
		len(body.SubjectIDs) != 1 || body.SubjectIDs[0] != trader || body.Refusal != "E_RESALE" || body.RefusedDigest != refused.DigestRef() || body.Metric != "listing.submit productId" {
		t.Errorf("%s by %s: %+v", c.Name, c.Kid, body)
	}
}

// What is an alert, and of which rule.
func TestAttempts(t *testing.T) {
	for _, tc := range []struct {
		command, want string
		why           rights.Error
	}{
		{"registration.submit", "AL-RESALE-ATTEMPT", rights.Error{Code: rights.CodeResale}},
		{"copy.forward", "AL-RESALE-ATTEMPT", rights.Error{Code: rights.CodeResale}},
		{"meter.record", "AL-QUOTA", rights.Error{Code: rights.CodeQuota}},
		{"meter.recordBatch", "AL-QUOTA", rights.Error{Code: rights.CodeBatch, Items: []rights.ItemError{{Index: 0, Error: rights.Error{Code: rights.CodeFormat}}, {Index: 1, Error: rights.Error{Code: rights.CodeQuota}}}}},
		{"permit.topUp", "", rights.Error{Code: rights.CodeQuota}},
		{"listing.submit", "AL-PRICE", rights.Error{Code: rights.CodePriceCap}},
		{"product.submitReview", "AL-GRADE", rights.Error{Code: rights.CodeGrade}},
		{"permit.request", "AL-GRANT-SCOPE", rights.Error{Code: rights.CodeScope, Field: "scope.purposes"}},
		{"permit.request", "", rights.Error{Code: rights.CodeScope, Field: "scope.regions"}},
		{"lineage.record", "AL-ENV", rights.Error{Code: rights.CodeScope, Field: "env"}},
		{"listing.submit", "", rights.Error{Code: rights.CodeState}},
		{"trade.sign", "", rights.Error{Code: rights.CodeBatch, Items: []rights.ItemError{{Error: rights.Error{Code: rights.CodeTerm}}}}},
	} {
		rule, _ := attempted(tc.command, &tc.why)
		if rule != tc.want {
			t.Errorf("%s refused with %s at %q is %q, want %q", tc.command, tc.why.Code, tc.why.Field, rule, tc.want)
		}
		if tc.want != "" && !telling(&tc.why) {
			t.Errorf("%s refused with %s is overlooked", tc.command, tc.why.Code)
		}
	}
	known := map[string]bool{}
	for _, r := range rights.AlertRules() {
		known[r.Code] = true
	}
	for _, a := range attempts {
		if !known[a.rule] {
			t.Errorf("%s is no rule of the catalogue", a.rule)
		}
	}
}

func TestOverQuotaIsSevere(t *testing.T) {
	l := &ledger{}
	tell(t, Options{}, l, func(w *Watch) {
		w.Refused(refusedCommand(t, "meter.record", anID), &rights.Error{Code: rights.CodeQuota, Field: strings.Repeat("x", 300)})
	})
	c, err := command.Decode(l.got[0])
	if err != nil {
		t.Fatal(err)
	}
	var body alertBody
	if err := json.Unmarshal(c.Body, &body); err != nil || body.Severity != "High" || body.RuleCode != "AL-QUOTA" || len(body.Metric) > maxMetric {
		t.Errorf("%+v, %v", body, err)
	}
}

// One refused command is one alert, however often it is sent and whichever
// process tells of it.
func TestOnceForEachRefusedCommand(t *testing.T) {
	l := &ledger{}
	one, other := refusedCommand(t, "listing.submit", anID), refusedCommand(t, "listing.submit", strings.Replace(anID, "0b", "0c", 1))
	why := &rights.Error{Code: rights.CodeResale, Record: listing}
	w := tell(t, Options{}, l, func(w *Watch) {
		for range 5 {
			w.Refused(one, why)
		}
		w.Refused(other, why)
	})
	if len(l.got) != 2 || w.count(raised) != 2 {
		t.Fatalf("%d commands for two refusals", len(l.got))
	}
	ids := map[string]bool{}
	for _, jws := range l.got {
		c, err := command.Decode(jws)
		if err != nil {
			t.Fatal(err)
		}
		ids[c.ID] = true
	}
	cited := &ledger{answers: []error{&rights.Error{Code: rights.CodeExists}}}
	if w = tell(t, Options{}, cited, func(w *Watch) { w.Refused(one, why) }); w.count(known) != 1 {
		t.Error("an alert another gateway raised counts as failed")
	}
	again := &ledger{answers: []error{&rights.Error{Code: rights.CodeReplay}}}
	w = tell(t, Options{}, again, func(w *Watch) { w.Refused(one, why) })
	c, err := command.Decode(again.got[0])
	if err != nil || !ids[c.ID] {
		t.Errorf("after a restart the id is another: %v, %v", c, err)
	}
	if w.count(known) != 1 || w.count(failed) != 0 {
		t.Error("an alert that the ledger has counts as failed")
	}
	replayed := &ledger{replay: true}
	if w = tell(t, Options{}, replayed, func(w *Watch) { w.Refused(one, why) }); w.count(known) != 1 {
		t.Error("a replay counts as new")
	}
}

func TestAFaultIsTriedAgainWithTheSameBytes(t *testing.T) {
	l := &ledger{answers: []error{&outcome.UnavailableError{Err: errors.New("down")}, &outcome.UnknownError{Err: errors.New("slow")}, &outcome.InvalidError{Validation: "MVCC_READ_CONFLICT"}}}
	w := tell(t, Options{}, l, func(w *Watch) {
		w.Refused(refusedCommand(t, "listing.submit", anID), &rights.Error{Code: rights.CodeResale})
	})
	if len(l.got) != 4 || w.count(raised) != 1 {
		t.Fatalf("%d attempts, %d raised", len(l.got), w.count(raised))
	}
	for _, jws := range l.got {
		if string(jws) != string(l.got[0]) {
			t.Error("an attempt has other bytes")
		}
	}
	down := &ledger{answers: []error{errors.New("1"), errors.New("2"), errors.New("3")}}
	w = tell(t, Options{Attempts: 2}, down, func(w *Watch) {
		w.Refused(refusedCommand(t, "listing.submit", anID), &rights.Error{Code: rights.CodeResale})
	})
	if len(down.got) != 2 || w.count(failed) != 1 {
		t.Errorf("%d attempts, %d failed", len(down.got), w.count(failed))
	}
	refused := &ledger{answers: []error{&rights.Error{Code: rights.CodeRole}}}
	w = tell(t, Options{}, refused, func(w *Watch) {
		w.Refused(refusedCommand(t, "listing.submit", anID), &rights.Error{Code: rights.CodeResale})
	})
	if len(refused.got) != 1 || w.count(failed) != 1 {
		t.Errorf("a refused alert is sent %d times", len(refused.got))
	}
	w = tell(t, Options{Platform: signer{err: errors.New("not enrolled")}}, &ledger{}, func(w *Watch) {
		w.Refused(refusedCommand(t, "listing.submit", anID), &rights.Error{Code: rights.CodeResale})
	})
	if w.count(failed) != 1 {
		t.Error("without a key nothing fails")
	}
}

// A full queue drops and counts; it never makes the teller wait, and what was
// dropped may be told again.
func TestAFullQueueDrops(t *testing.T) {
	l := &ledger{}
	w := tell(t, Options{Queue: 1}, l, func(w *Watch) {
		why := &rights.Error{Code: rights.CodeResale}
		for _, id := range []string{"0a", "0b", "0c"} {
			w.Refused(refusedCommand(t, "listing.submit", id+anID[2:]), why)
		}
	})
	if len(l.got) != 1 || w.count(dropped) != 2 {
		t.Errorf("%d sent, %d dropped", len(l.got), w.count(dropped))
	}
}

func TestOldRefusalsAreForgotten(t *testing.T) {
	w := New(Options{})
	for i := range remembered + 1 {
		if !w.first(strings.Repeat("x", i%7) + string(rune(i))) {
			t.Fatal("a new digest is known")
		}
	}
	if len(w.told) > remembered {
		t.Errorf("%d remembered", len(w.told))
	}
}

func TestTargets(t *testing.T) {
	c := &command.Command{ParticipantID: trader}
	for record, want := range map[string]string{listing: listing, "SJ3212026110001": "SJ3212026110001", "": trader, trader: trader, "NP-00": trader} {
		if id := targetOf(refusal{command: c, why: &rights.Error{Record: record}}); id != want {
			t.Errorf("%q is %s", record, id)
		}
	}
}
