package indicator

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/data"
)

const exchange, peer = "91320900MA0A00014Q", "91320500MA0PEER07"

func list[R any](records ...R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func broken[R any](err error) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) { var r R; yield(r, err) }
}

func settled(id, venue, venueID string, state rights.State, gross, refunded int64) *Settled {
	return &Settled{
		Settlement: &rights.Settlement{Head: rights.Head{ID: "ST-" + id, Version: 3, State: state}, TradeID: "TR-" + id, PaidOn: "2025-06-30"},
		Trade:      &rights.Trade{Head: rights.Head{ID: "TR-" + id, State: rights.StateCompleted}, Venue: venue, VenueID: venueID},
		Amounts:    rights.SettlementAmounts{GrossFen: gross, RefundedFen: refunded},
	}
}

// the refunded trade counts net, the wash trade not at all, the one on a
// peer venue and the one off the exchange in IN-01 alone.
func TestVolume(t *testing.T) {
	all := []*Settled{
		settled("refunded", "VenueOnExchange", exchange, rights.StateRefunded, 1_000_000, 400_000),
		settled("washed", "VenueOnExchange", exchange, rights.StateConfirmed, 70_000_000, 0),
		settled("peer", "VenueOnExchange", peer, rights.StateConfirmed, 2_000_000, 0),
		settled("off", "VenueOffExchange", exchange, rights.StatePaid, 30_000, 0),
		settled("unpaid", "VenueOnExchange", exchange, rights.StatePending, 5, 0),
		settled("escrowed", "VenueOnExchange", exchange, rights.StateEscrowed, 5, 0),
		settled("lastYear", "VenueOnExchange", exchange, rights.StateConfirmed, 7_000, 0),
		settled("terminated", "VenueOnExchange", exchange, rights.StatePaid, 11, 0),
		settled("terminatedLater", "VenueOnExchange", exchange, rights.StatePaid, 13, 0),
	}
	all[6].Settlement.PaidOn = "2024-12-31"
	all[7].Trade.State, all[7].Trade.EndedAt = rights.StateTerminated, noon("2025-06-29")
	all[8].Trade.State, all[8].Trade.EndedAt = rights.StateTerminated, noon("2025-06-30")
	washed, err := WashTrades(list(
		&rights.Alert{Head: rights.Head{State: rights.StateDisposed}, RuleCode: "AL-WASH", TargetID: "91320900MA0A00014Q", FactRefs: []string{"TR-washed@4"}},
		&rights.Alert{Head: rights.Head{State: rights.StateDismissed}, RuleCode: "AL-WASH", TargetID: "TR-refunded"},
		&rights.Alert{Head: rights.Head{State: rights.StateConfirmed}, RuleCode: "AL-PRICE", TargetID: "TR-peer"},
	))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		code   string
		volume Volume
		want   int64
		inputs []string
	}{
		{"IN-01Y", Volume{Period: Year(2025)}, 600_000 + 2_000_000 + 30_000 + 13, []string{"ST-off", "ST-peer", "ST-refunded", "ST-terminatedLater"}},
		{"IN-01C", Volume{Period: Period{To: "2025-12-31"}}, 600_000 + 2_000_000 + 30_000 + 13 + 7_000, []string{"ST-lastYear", "ST-off", "ST-peer", "ST-refunded", "ST-terminatedLater"}},
		{"IN-02", Volume{Period: Year(2025), LocalVenue: exchange}, 600_000 + 13, []string{"ST-refunded", "ST-terminatedLater"}},
		{"IN-14", Volume{Period: Year(2025), Zone: "ZoneNewEnergy"}, 0, []string{}},
	} {
		x.volume.Washed = washed
		v, err := x.volume.Sum(x.code, list(all...))
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for _, in := range v.Inputs {
			names = append(names, in.ID)
		}
		if v.ValueInt != x.want || v.Code != x.code || !slices.Equal(names, x.inputs) || v.Root != Root(v.Inputs) {
			t.Errorf("%s: %+v; want %d of %v", x.code, v, x.want, x.inputs)
		}
		// In whatever order they come (IN-2).
		shuffled := slices.Clone(all)
		slices.Reverse(shuffled)
		if again, err := x.volume.Sum(x.code, list(shuffled...)); err != nil || again.Root != v.Root {
			t.Errorf("%s: the root depends on the order", x.code)
		}
	}
	all[2].Trade.RelatedParty = true
	v, err := (&Volume{Period: Year(2025), Washed: washed}).RelatedShare(list(all...))
	if err != nil || v.Num != 2_000_000 || v.Den != 2_630_013 || v.Permille != 760 || v.ValueInt != 760 || len(v.Inputs) != 4 {
		t.Errorf("SI-14: %+v %v", v, err)
	}
}

func noon(day string) int64 {
	at, _ := time.Parse(time.DateOnly, day)
	return at.Unix() + 4*3600
}

// A value of wrong money or of no records is an error or a zero, never a wrap.
func TestVolumeRefuses(t *testing.T) {
	v := Volume{Period: Year(2025)}
	if _, err := v.Sum("IN-01Y", list(settled("x", "", "", rights.StatePaid, 5, 6))); err == nil {
		t.Error("refunds over gross")
	}
	big := settled("x", "", "", rights.StatePaid, 1<<62, 0)
	if _, err := v.Sum("IN-01Y", list(big, settled("y", "", "", rights.StatePaid, 1<<62, 0))); !errors.Is(err, ErrOverflow) {
		t.Error(err)
	}
	fault := errors.New("index gone")
	if _, err := v.Sum("IN-01Y", broken[*Settled](fault)); !errors.Is(err, fault) {
		t.Error(err)
	}
	if _, err := Count("x", broken[*rights.Alert](fault), nil); !errors.Is(err, fault) {
		t.Error(err)
	}
	if s, err := AlertsInTime(list[*rights.Alert](), "", 5); err != nil || s.ValueInt != 0 || s.Den != 0 || s.Root == "" {
		t.Errorf("%+v %v", s, err)
	}
}

// The root binds every part of every input.
func TestRoot(t *testing.T) {
	base := []Input{{"ST-a", 1, 5}, {"ST-b", 2, 6}}
	seen := map[string]bool{Root(base): true}
	for _, other := range [][]Input{nil, base[:1], {{"ST-a", 1, 5}, {"ST-b", 2, 7}}, {{"ST-a", 1, 5}, {"ST-b", 3, 6}}, {{"ST-a", 1, 5}, {"ST-c", 2, 6}}, {{"ST-b", 2, 6}, {"ST-a", 1, 5}}} {
		if r := Root(other); seen[r] || !strings.HasPrefix(r, "sm3:") {
			t.Errorf("%v has root %s", other, r)
		} else {
			seen[r] = true
		}
	}
}

func TestCounts(t *testing.T) {
	head := func(id string, s rights.State) rights.Head { return rights.Head{ID: id, Version: 1, State: s} }
	want := func(name string, v Value, err error, n int64) {
		t.Helper()
		if err != nil || v.ValueInt != n {
			t.Errorf("%s: %+v %v; want %d", name, v, err, n)
		}
	}
	listings := list(
		&rights.Listing{Head: head("LS-1", rights.StateListed), ProductID: "DP-1", ProductType: "Dataset", IndustryCode: "D441", ValidTo: 9},
		&rights.Listing{Head: head("LS-2", rights.StateListed), ProductID: "DP-1", ProductType: "Dataset", IndustryCode: "D442", ValidTo: 9},
		&rights.Listing{Head: head("LS-3", rights.StateListed), ProductID: "DP-2", ProductType: "API", IndustryCode: "D44", ValidTo: 9},
		&rights.Listing{Head: head("LS-4", rights.StateDelisted), ProductID: "DP-3", ValidTo: 9},
		&rights.Listing{Head: head("LS-5", rights.StateListed), ProductID: "DP-4", ValidTo: 5},
		&rights.Listing{Head: head("LS-6", rights.StateDraft), ProductID: "DP-5", ValidTo: 9},
	)
	noTag := func(*rights.Listing) string { return "" }
	v, err := Listed("IN-03L", listings, true, 5, noTag)
	want("IN-03L", v, err, 2)
	v, err = Listed("IN-03E", listings, false, 5, noTag)
	want("IN-03E", v, err, 4)
	v, err = Listed("IN-03L", listings, true, 5, func(*rights.Listing) string { return "one tag" })
	want("IN-03L of one tag", v, err, 1)
	v, err = Categories(listings, 5, noTag)
	want("IN-03K", v, err, 2)

	firms := list(
		&rights.Participant{Head: head("1", rights.StateActive), USCC: "1", Origin: "Local", Tags: []string{rights.TagDataElementEnterprise}, RegionCode: "320902"},
		&rights.Participant{Head: head("2", rights.StateSuspended), USCC: "2", Origin: "Local", Tags: []string{rights.TagDataElementEnterprise}, RegionCode: "320902"},
		&rights.Participant{Head: head("3", rights.StateActive), USCC: "3", Origin: "Local", RegionCode: "320902"},
		&rights.Participant{Head: head("4", rights.StateActive), USCC: "4", Origin: "Introduced", Roles: []rights.Role{rights.RoleVendor}, SettledOn: "2025-12-31", Tags: []string{rights.TagDataElementEnterprise}, RegionCode: "320902"},
		&rights.Participant{Head: head("5", rights.StateActive), USCC: "5", Origin: "Introduced", Roles: []rights.Role{rights.RoleVendor}, SettledOn: "2026-01-01"},
		&rights.Participant{Head: head("6", rights.StateActive), USCC: "6", Origin: "Local", Tags: []string{rights.TagDataElementEnterprise}, RegionCode: "320500"},
	)
	v, err = LocalEnterprises("IN-04", firms, nil)
	want("IN-04", v, err, 1)
	v, err = LocalEnterprises("IN-04S", firms, func(*rights.Participant) bool { return false })
	want("IN-04S", v, err, 0)
	v, err = IntroducedVendors("IN-05", firms, "2025-12-31", nil)
	want("IN-05", v, err, 1)

	scenarios := list(
		&rights.Scenario{Head: head("1", rights.StateLanded), Kind: rights.ScenarioAuthorised, LandedOn: "2025-03-01", RegionCode: "320903"},
		&rights.Scenario{Head: head("2", rights.StateIncluded), Kind: rights.ScenarioAuthorised},
		&rights.Scenario{Head: head("3", rights.StateRemoved), Kind: rights.ScenarioTypical, IncludedOn: "2025-03-01", RemovedOn: "2025-12-31"},
		&rights.Scenario{Head: head("4", rights.StateRemoved), Kind: rights.ScenarioTypical, IncludedOn: "2025-03-01", RemovedOn: "2026-01-01"},
		&rights.Scenario{Head: head("5", rights.StateIncluded), Kind: rights.ScenarioTypical, IncludedOn: "2024-12-31"},
	)
	v, err = Landed("IN-06", scenarios, "2025-12-31", nil)
	want("IN-06", v, err, 1)
	v, err = Landed("IN-06", scenarios, "2025-02-28", nil)
	want("IN-06 before", v, err, 0)
	v, err = Landed("IN-07", scenarios, "2025-12-31", func(sc *rights.Scenario) bool { return sc.FuncZone == "YNHTZ" })
	want("IN-07", v, err, 0)
	v, err = Typical(scenarios, Year(2025))
	want("IN-09", v, err, 1)
	v, err = Policies(list(&rights.PolicyDoc{Head: head("1", ""), Kind: "Trading", IssuedOn: "2024-05-01"}, &rights.PolicyDoc{Head: head("2", ""), Kind: "Trading", IssuedOn: "2024-06-01"},
		&rights.PolicyDoc{Head: head("3", ""), Kind: "Other", IssuedOn: "2024-06-01"}), "2024-12-31")
	want("IN-10", v, err, 1)

	alerts := list(
		&rights.Alert{Head: head("1", rights.StateConfirmed), RuleCode: "AL-RAW-EXPORT", Severity: "High", DueAt: 9, AckedAt: 9},
		&rights.Alert{Head: head("2", rights.StateRaised), RuleCode: "AL-REG-DUP", Severity: "High", DueAt: 9},
		&rights.Alert{Head: head("3", rights.StateClosed), RuleCode: "AL-REG-DUP", Severity: "Low", DueAt: 9, AckedAt: 10, IRCode: "IR-1"},
		&rights.Alert{Head: head("4", rights.StateRaised), Severity: "Low", DueAt: 99},
	)
	v, err = Confirmed("SI-06", alerts, func(al *rights.Alert) bool { return al.RuleCode == "AL-RAW-EXPORT" })
	want("SI-06", v, err, 1)
	v, err = Confirmed("SI-10", alerts, func(al *rights.Alert) bool { return al.IRCode != "" })
	want("SI-10", v, err, 1)
	v, err = UnexplainedDuplicates(alerts)
	want("SI-20", v, err, 1)
	v, err = AlertsInTime(alerts, "", 50)
	want("SI-12", v, err, 333)
	v, err = AlertsInTime(alerts, "High", 50)
	want("SI-12 High", v, err, 500)
	v, err = OverdueCopies(list(
		&rights.Copy{Head: head("1", rights.StateHeld), HoldUntil: 5, DestroyDueAt: 9}, &rights.Copy{Head: head("2", rights.StateDestroyed), HoldUntil: 5, DestroyDueAt: 9},
		&rights.Copy{Head: head("3", rights.StateHeld), HoldUntil: 5, DestroyDueAt: 11}, &rights.Copy{Head: head("4", rights.StateHeld), HoldUntil: 50}), 10)
	want("SI-07", v, err, 333)
	v, err = Compliance(list(
		&rights.Measure{Head: head("1", ""), ServedAt: 1, DueOn: "2025-06-30", CompliedAt: noon("2025-06-30")}, &rights.Measure{Head: head("2", ""), ServedAt: 1, DueOn: "2025-06-29", CompliedAt: noon("2025-06-30")},
		&rights.Measure{Head: head("3", ""), DueOn: "2025-06-29"}))
	want("SI-13", v, err, 500)
}

// The catalogue has every indicator of the plan once, in terms the ledger takes.
func TestCatalogue(t *testing.T) {
	var body struct{ Items []json.RawMessage }
	if err := json.Unmarshal(data.Indicators(), &body); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, raw := range body.Items {
		var b rights.DefineIndicator
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&b); err != nil {
			t.Fatal(err)
		}
		if seen[b.Code] || b.Ver != 1 {
			t.Errorf("%s again, or version %d", b.Code, b.Ver)
		}
		seen[b.Code] = true
	}
	for _, code := range []string{"IN-01Y", "IN-01C", "IN-02", "IN-03L", "IN-03E", "IN-03K", "IN-04S", "IN-05A", "IN-14", "OP-01", "OP-12", "SI-01", "SI-20"} {
		if !seen[code] {
			t.Errorf("%s is missing", code)
		}
	}
	if len(seen) != 19+12+20 {
		t.Errorf("%d definitions", len(seen))
	}
}
