package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	var took []time.Duration
	for i := range 100 {
		took = append(took, time.Duration(i+1)*time.Millisecond)
	}
	for p, want := range map[int]float64{0: 1, 50: 51, 99: 100, 100: 100} {
		if got := percentile(took, p); got != want {
			t.Errorf("p%d is %v ms, expected %v", p, got, want)
		}
	}
	if percentile(nil, 50) != 0 || percentile(took[:1], 99) != 1 {
		t.Error("few durations have wrong percentiles")
	}
}

func TestMedian(t *testing.T) {
	if median(nil) != 0 || median([]float64{3, 1, 2}) != 2 || median([]float64{4, 1, 3, 2}) != 2.5 {
		t.Error("wrong median")
	}
}

// Ratios are of numbers of the same round: a machine that slows down between
// rounds does not change them.
func TestPaired(t *testing.T) {
	rates := func(of ...float64) (s series) {
		for _, r := range of {
			s.Rounds = append(s.Rounds, sample{PerSecond: r})
		}
		return s
	}
	if got := paired(rates(90, 45, 9), rates(100, 50, 10), rate); got != 0.9 {
		t.Errorf("got %v, expected 0.9", got)
	}
}

func TestRatioReached(t *testing.T) {
	var r report
	r.ratio("a", 1.1, 1.15, true)
	r.ratio("b", 1.2, 1.15, true)
	r.ratio("c", 40, 40, false)
	r.ratio("d", 39, 40, false)
	r.ratio("e", 7, 0, false) // no aim
	for i, want := range []bool{true, false, true, false, false} {
		if r.Ratios[i].Reached != want {
			t.Errorf("%s: reached is %v", r.Ratios[i].What, !want)
		}
	}
}

func TestLoad(t *testing.T) {
	var mu sync.Mutex
	seen := map[int]int{}
	s, err := load(t.Context(), 7, 500, &meter{}, func(_ context.Context, caller, n int) error {
		mu.Lock()
		defer mu.Unlock()
		seen[n]++
		if n == 13 {
			return errors.New("one in five hundred")
		}
		return nil
	})
	if err != nil || s.Failed != 1 || s.PerSecond <= 0 {
		t.Fatalf("%+v: %v", s, err)
	}
	for n := range 500 {
		if seen[n] != 1 {
			t.Fatalf("operation %d was done %d times", n, seen[n])
		}
	}
	fault := errors.New("always")
	if _, err := load(t.Context(), 2, 50, &meter{}, func(context.Context, int, int) error { return fault }); !errors.Is(err, fault) {
		t.Errorf("a run in which everything fails is no result: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := load(gone, 2, 50, &meter{}, func(context.Context, int, int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended run is no result: %v", err)
	}
}

// The contenders take turns, and the order turns round.
func TestAlternate(t *testing.T) {
	var order []string
	do := func(name string) contender {
		return contender{Name: name, callers: 1, count: 1, do: func(context.Context, int, int) error { order = append(order, name); return nil }}
	}
	samples, err := alternate(t.Context(), 3, &meter{}, []contender{do("a"), do("b"), do("c")}, func(int, string, sample) {})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, ""); got != "abc"+"abccbaabc" {
		t.Errorf("the order was %s", got)
	}
	if len(samples) != 3 || len(samples[0]) != 3 {
		t.Errorf("%d contenders with %d samples", len(samples), len(samples[0]))
	}
}

func TestSupply(t *testing.T) {
	var s supply[int]
	s.add(1, 2, 3)
	a, err := s.take(2)
	if err != nil || len(a) != 2 {
		t.Fatal(a, err)
	}
	if _, err := s.take(2); !errors.Is(err, errSupply) {
		t.Errorf("more than there is: %v", err)
	}
	if b, err := s.take(1); err != nil || b[0] == a[0] || b[0] == a[1] {
		t.Errorf("%v was handed out again (%v)", b, err)
	}
}

func TestFlags(t *testing.T) {
	s, err := parse([]string{"--quick", "--only", "reads,bulk", "--clients", "3"}, io.Discard)
	if err != nil || !s.quick || s.plan.Clients != 3 || s.plan.Cases != quickPlan.Cases || len(s.only) != 2 {
		t.Errorf("%+v: %v", s, err)
	}
	for _, args := range [][]string{{"--only", "writes"}, {"x"}, {"--no-such"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}

func TestPrint(t *testing.T) {
	r := &report{Plan: quickPlan, Singles: []series{{nameNoop, []sample{{PerSecond: 100, CPU: map[string]float64{"peer": 5}}}},
		{nameSubmit, []sample{{PerSecond: 80}}}, {nameSubmitAPI, []sample{{PerSecond: 80}}}, {nameCreate, []sample{{PerSecond: 90}}}}}
	r.conclude()
	var out bytes.Buffer
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"peer 5.00", "0.8 ", "≥ 0.9", "未达到 short"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "NaN") {
		t.Errorf("the report has NaN:\n%s", out.String())
	}
}

// The market's ratios are of commands, a trade being six; in bulk, of what took
// as long in the same round.
func TestMarketReport(t *testing.T) {
	at := func(rate float64) []sample { return []sample{{PerSecond: rate, CPU: map[string]float64{"peer": 5}}} }
	r := &report{Plan: quickPlan,
		Trades: []series{{nameNoop, at(100)}, {nameTrade, at(10)}, {nameCreate, at(80)}},
		Use:    []series{{nameNoop, at(100)}, {nameLineage, at(50)}, {nameMeter, at(60)}, {nameCreate, at(80)}},
		MarketBulk: []bulkRound{{Name: nameMeter, Cases: 1000, Create: sample{PerSecond: 100}, Fill: stageTime{nameFill, 0.5, nil},
			Stages: []stageTime{{"meter.recordBatch", 2, map[string]float64{"gateway": 7}}}}},
		Conflicts: []conflictRate{{What: "independent", Gateways: 4, Transactions: 1040, Conflicts: 40}}}
	r.conclude()
	for what, want := range map[string]float64{
		"commands of trades over HTTP / no-op":                                 0.6,
		"lineage.record over HTTP / no-op":                                     0.5,
		"meter.record over HTTP / sample's create":                             0.75,
		"meter records in bulk / sample's create":                              5,
		"meter records in bulk / as many plain writes in as many transactions": 0.25,
	} {
		i := slices.IndexFunc(r.Ratios, func(x ratio) bool { return x.What == what })
		if i < 0 || math.Abs(r.Ratios[i].Value-want) > 1e-9 || r.Ratios[i].Aim != 0 {
			t.Errorf("%s: expected %v without an aim, got %+v", what, want, r.Ratios)
		}
	}
	var out bytes.Buffer
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"gateway 7.00", "38.5", "commands/s of trades", "meter.recordBatch"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, out.String())
		}
	}
}
