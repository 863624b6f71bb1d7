package rights

import "testing"

// A restriction binds until its measure ends, by itself where it has an end.
func TestMayTrade(t *testing.T) {
	p := &Participant{USCC: "x", Restrictions: []Restriction{{RefID: "SM-1", To: 10}, {RefID: "SM-2"}}}
	for _, c := range []struct {
		name string
		now  UnixSec
		list []Restriction
		by   string
	}{
		{"free", 5, nil, ""},
		{"for a time", 9, p.Restrictions[:1], "SM-1"},
		{"past it", 10, p.Restrictions[:1], ""},
		{"until lifted", 1 << 40, p.Restrictions, "SM-2"},
	} {
		err := asRefusal((&Act{Now: c.now}).mayTrade(&Participant{USCC: "x", Restrictions: c.list}))
		if (err == nil) != (c.by == "") || err != nil && (err.Record != c.by || err.Code != CodeInactive) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// What a cancellation may carry out is an order in force on that very right.
func TestOrdersCancellation(t *testing.T) {
	good := Measure{Type: MeasureOrderCancelRegistration, TargetID: "RT-1", Effects: []MeasureEffect{{Effect: effectCancel}}}
	for _, c := range []struct {
		name   string
		ref    string
		change func(*Measure)
		want   bool
	}{
		{"in force", "SM-1", func(*Measure) {}, true},
		{"no measure", "DS-1", func(*Measure) {}, false},
		{"none such", "SM-2", func(*Measure) {}, false},
		{"another right", "SM-1", func(sm *Measure) { sm.TargetID = "RT-2" }, false},
		{"another type", "SM-1", func(sm *Measure) { sm.Type = MeasureFreeze }, false},
		{"not served", "SM-1", func(sm *Measure) { sm.Effects = nil }, false},
		{"undone", "SM-1", func(sm *Measure) { sm.Effects[0].Undone = true }, false},
		{"past its end", "SM-1", func(sm *Measure) { sm.To = 9 }, false},
	} {
		sm := good
		sm.Effects = append([]MeasureEffect(nil), good.Effects...)
		c.change(&sm)
		l := records{}
		if err := l.Store(KindMeasure, "SM-1", &sm); err != nil {
			t.Fatal(err)
		}
		if got, err := (&Act{Now: 10, Ledger: l}).ordersCancellation(c.ref, "RT-1"); got != c.want || err != nil {
			t.Errorf("%s: %t %v", c.name, got, err)
		}
	}
}

// A permille is floored, and refuses what is no number of 63 bits.
func TestPermille(t *testing.T) {
	for _, c := range []struct {
		num, den, want int64
		ok             bool
	}{{0, 1, 0, true}, {2, 3, 666, true}, {3, 2, 1500, true}, {1 << 62, 1 << 62, 1000, true}, {1 << 62, 1, 0, false}, {1, 0, 0, false}, {-1, 1, 0, false}, {1 << 62, 500, 0, false}, {1<<62 - 1, 500, 9223372036854775806, true}} {
		if got, ok := Permille(c.num, c.den); ok != c.ok || ok && got != c.want {
			t.Errorf("%d/%d: %d %t", c.num, c.den, got, ok)
		}
	}
}
