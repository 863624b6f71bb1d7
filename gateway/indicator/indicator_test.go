package indicator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/data"
)

const exchange, peer = "91320900MA0A00014Q", "91320500MA0PEER07"

// computed is what a code comes to over a ledger at the end of 2025, in 2025.
func computed(t *testing.T, code string, m *memory, change ...func(*Ask)) Value {
	t.Helper()
	f, ok := FormulaOf(code)
	if !ok {
		t.Fatalf("no formula of %s", code)
	}
	ask := Ask{AsOf: at("2025-12-31") + 12*3600 - 1, Period: Year(2025)}
	for _, c := range change {
		c(&ask)
	}
	v, err := f.Compute(m, ask)
	if err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	// In whatever order they come (IN-2).
	again, err := f.Compute(m.backwards(), ask)
	if err != nil || again.Root != v.Root || again.ValueInt != v.ValueInt || !slices.Equal(again.Parts, v.Parts) {
		t.Errorf("%s depends on the order: %+v and %+v, %v", code, v, again, err)
	}
	if v.Code != code || v.Root != Root(v.Inputs) || !slices.IsSortedFunc(v.Inputs, func(a, b Input) int { return strings.Compare(a.ID, b.ID) }) {
		t.Errorf("%s is not sealed: %+v", code, v)
	}
	for _, in := range v.Inputs {
		if in.ID == "" || in.Version == 0 {
			t.Errorf("%s: a nameless input %+v", code, v.Inputs)
		}
	}
	if permille, ok := rights.Permille(v.Num, v.Den); v.Den > 0 && (!ok || permille != v.Permille || permille != v.ValueInt) {
		t.Errorf("%s is no ratio: %+v", code, v)
	}
	return v
}

func want(t *testing.T, v Value, n int64, parts string, inputs ...string) {
	t.Helper()
	var got, named []string
	for _, p := range v.Parts {
		got = append(got, fmt.Sprintf("%s=%d", p.Key, p.ValueInt))
	}
	for _, in := range v.Inputs {
		named = append(named, fmt.Sprintf("%s+%d", in.ID, in.Amount))
	}
	if v.ValueInt != n || strings.Join(got, " ") != parts || inputs != nil && !slices.Equal(named, inputs) {
		t.Errorf("%s is %d %v of %v; want %d [%s] of %v", v.Code, v.ValueInt, got, named, n, parts, inputs)
	}
}

func whole(a *Ask)   { a.Period = Period{} }
func yandu(a *Ask)   { a.Region = "320903" }
func theCity(a *Ask) { a.Region = "320900" }

// payments is A-32: one refunded, one washed, one on a peer's venue, one off
// the exchange, and what was never paid or not in 2025.
func payments() *memory {
	m := ledger(
		&rights.Participant{Head: head(exchange, rights.StateActive), USCC: exchange, Roles: []rights.Role{rights.RoleExchange}},
		&rights.Participant{Head: head(peer, rights.StateActive), USCC: peer, Roles: []rights.Role{rights.RolePeerExchange}},
		&rights.Alert{Head: head("AL-1", rights.StateDisposed), RuleCode: "AL-WASH", TargetID: exchange, FactRefs: []string{"TR-washed@4"}},
		&rights.Alert{Head: head("AL-2", rights.StateDismissed), RuleCode: "AL-WASH", TargetID: "TR-refunded"},
		&rights.Alert{Head: head("AL-3", rights.StateConfirmed), RuleCode: "AL-PRICE", TargetID: "TR-peer"},
	)
	pay := func(id, venue, venueID string, state rights.State, gross, refunded int64, change ...func(*rights.Settlement, *rights.Trade, *rights.SettlementAmounts)) {
		s := &rights.Settlement{Head: head("ST-"+id, state), TradeID: "TR-" + id, PaidOn: "2025-06-30"}
		tr := &rights.Trade{Head: head("TR-"+id, rights.StateCompleted), Venue: venue, VenueID: venueID}
		a := &rights.SettlementAmounts{GrossFen: gross, RefundedFen: refunded}
		for _, c := range change {
			c(s, tr, a)
		}
		s.Version = 3
		m.records[rights.KindSettlement] = append(m.records[rights.KindSettlement], s)
		m.records[rights.KindTrade] = append(m.records[rights.KindTrade], tr)
		m.keeps(s.ID, a)
	}
	pay("refunded", "VenueOnExchange", exchange, rights.StateRefunded, 1_000_000, 400_000, func(_ *rights.Settlement, tr *rights.Trade, a *rights.SettlementAmounts) {
		tr.Zone = "ZoneNewEnergy"
		a.Refunds = []rights.RefundAmount{{AmountFen: 300_000, At: at("2025-07-01")}, {AmountFen: 100_000, At: at("2025-08-01")}}
		a.Lines = []rights.LineAmount{{SettlementLine: rights.SettlementLine{Role: "Treasury"}, AmountFen: 100_000}, {SettlementLine: rights.SettlementLine{Role: "SourceUnit"}, AmountFen: 33}, {SettlementLine: rights.SettlementLine{Role: "Seller"}, AmountFen: 899_967}}
	})
	pay("washed", "VenueOnExchange", exchange, rights.StateConfirmed, 70_000_000, 0)
	pay("peer", "VenueOnExchange", peer, rights.StateConfirmed, 2_000_000, 0, func(_ *rights.Settlement, tr *rights.Trade, _ *rights.SettlementAmounts) { tr.RelatedParty = true })
	pay("off", "VenueOffExchange", exchange, rights.StatePaid, 30_000, 0)
	pay("unpaid", "VenueOnExchange", exchange, rights.StatePending, 5, 0)
	pay("escrowed", "VenueOnExchange", exchange, rights.StateEscrowed, 5, 0)
	pay("lastYear", "VenueOnExchange", exchange, rights.StateConfirmed, 7_000, 0, func(s *rights.Settlement, _ *rights.Trade, _ *rights.SettlementAmounts) { s.PaidOn = "2024-12-31" })
	pay("nextYear", "VenueOnExchange", exchange, rights.StateConfirmed, 9_000, 0, func(s *rights.Settlement, _ *rights.Trade, _ *rights.SettlementAmounts) { s.PaidOn = "2026-01-01" })
	pay("terminated", "VenueOnExchange", exchange, rights.StatePaid, 11, 0, func(_ *rights.Settlement, tr *rights.Trade, _ *rights.SettlementAmounts) {
		tr.State, tr.EndedAt = rights.StateTerminated, at("2025-06-29")
	})
	pay("terminatedLater", "VenueOnExchange", exchange, rights.StatePaid, 13, 0, func(_ *rights.Settlement, tr *rights.Trade, _ *rights.SettlementAmounts) {
		tr.State, tr.EndedAt = rights.StateTerminated, at("2025-06-30")
	})
	return m
}

//
func TestVolume(t *testing.T) {
	m := payments()
	want(t, computed(t, "IN-01Y", m), 600_000+2_000_000+30_000+13, "", "ST-off+30000", "ST-peer+2000000", "ST-refunded+600000", "ST-terminatedLater+13")
	want(t, computed(t, "IN-01C", m, whole), 600_000+2_000_000+30_000+13+7_000, "")
	want(t, computed(t, "IN-02", m), 600_000+13, "", "ST-refunded+600000", "ST-terminatedLater+13")
	// What is paid back after the as-of time is not paid back yet.
	want(t, computed(t, "IN-02", m, func(a *Ask) { a.AsOf = at("2025-07-15") }), 700_000+13, "")
	m.records[rights.KindListing] = []rights.Record{&rights.Listing{Head: rights.Head{ID: "LS-1", Version: 1, State: rights.StateListed}, ProductID: "DP-1", Zone: "ZoneNewEnergy", ValidTo: at("2026-12-31")},
		&rights.Listing{Head: rights.Head{ID: "LS-2", Version: 1, State: rights.StateListed}, ProductID: "DP-2", ValidTo: at("2026-12-31")}}
	want(t, computed(t, "IN-14", m), 600_000, "IN-02=600000 IN-03L=1", "ST-refunded+600000")
	v := computed(t, "SI-14", m)
	if want(t, v, 760, ""); v.Num != 2_000_000 || v.Den != 2_630_013 {
		t.Errorf("SI-14: %+v", v)
	}
	want(t, computed(t, "OP-11", m), 60_000+19, "SourceUnit=19 Treasury=60000", "ST-refunded+60019")
	// Purged amounts are missing, and said to be.
	delete(m.private, "ST-off")
	if v := computed(t, "IN-01Y", m); v.Missing != 1 || v.ValueInt != 600_000+2_000_000+13 {
		t.Errorf("after a purge: %+v", v)
	}
	m.keeps("ST-off", ErrEntitled)
	f, _ := FormulaOf("IN-01Y")
	if _, err := f.Compute(m, Ask{AsOf: at("2025-12-31"), Period: Year(2025)}); !errors.Is(err, ErrEntitled) {
		t.Errorf("amounts of others: %v", err)
	}
}

// A value of wrong money or out of range is an error, never a wrap; so is a
// source that fails, for every code.
func TestComputeRefuses(t *testing.T) {
	ask := Ask{AsOf: at("2025-12-31"), Period: Year(2025)}
	f, _ := FormulaOf("IN-01Y")
	for name, amounts := range map[string]rights.SettlementAmounts{"refunds over gross": {GrossFen: 5, RefundedFen: 6}, "negative": {GrossFen: -5}, "too much": {GrossFen: 1<<63 - 1}} {
		if _, err := f.Compute(payments().keeps("ST-off", amounts), ask); err == nil || name == "too much" && !errors.Is(err, ErrOverflow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := payments().keeps("ST-off", "7392051844")
	if _, err := f.Compute(m, ask); err == nil || strings.Contains(err.Error(), "7392051844") {
		t.Errorf("what is private shows: %v", err)
	}
	gone := errors.New("index gone")
	broken := ledger()
	broken.fail = gone
	for _, code := range Codes() {
		f, _ := FormulaOf(code)
		if _, err := f.Compute(broken, ask); !errors.Is(err, gone) {
			t.Errorf("%s of a broken source: %v", code, err)
		}
	}
}

// Of nothing every code is 0, with a root.
func TestOfNothing(t *testing.T) {
	for _, code := range Codes() {
		if v := computed(t, code, ledger()); v.ValueInt != 0 || v.Den != 0 || v.Permille != 0 || len(v.Inputs) != 0 || !strings.HasPrefix(v.Root, "sm3:") {
			t.Errorf("%s of nothing: %+v", code, v)
		}
	}
}

// The root binds every part of every input.
func TestRoot(t *testing.T) {
	base := []Input{{"ST-a", 1, 5}, {"ST-b", 2, 6}}
	seen := map[string]bool{Root(base): true}
	for _, other := range [][]Input{nil, base[:1], {{"ST-a", 1, 5}, {"ST-b", 3, 6}}, {{"ST-a", 1, 5}, {"ST-c", 2, 6}}, {{"ST-b", 2, 6}, {"ST-a", 1, 5}}} {
		if r := Root(other); seen[r] || !strings.HasPrefix(r, "sm3:") {
			t.Errorf("%v has root %s", other, r)
		} else {
			seen[r] = true
		}
	}
	if Root([]Input{{"ST-a", 1, 0}, {"ST-b", 2, 0}}) != Root(base) {
		t.Error("the root lets amounts be guessed")
	}
}

// The catalogue has every indicator of the plan once, in terms the ledger
// takes, and each has its formula.
func TestCatalogue(t *testing.T) {
	var body struct{ Items []json.RawMessage }
	if err := json.Unmarshal(data.Indicators(), &body); err != nil {
		t.Fatal(err)
	}
	var defined []string
	for _, raw := range body.Items {
		var b rights.DefineIndicator
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&b); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(defined, b.Code) || b.Ver != 1 {
			t.Errorf("%s again, or version %d", b.Code, b.Ver)
		}
		defined = append(defined, b.Code)
		if f, ok := FormulaOf(b.Code); !ok || len(f.Inputs) == 0 {
			t.Errorf("%s is defined and has no formula", b.Code)
		}
	}
	if len(defined) != 19+12+20 || !slices.Equal(defined, Codes()) {
		t.Errorf("%d definitions, and formulas of %v", len(defined), Codes())
	}
}
