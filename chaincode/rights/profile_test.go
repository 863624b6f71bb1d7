package rights

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The State Council's autumn holidays of 2025.
func autumn2025(t testing.TB) *Profile {
	return profileOn(withCalendars(t, []int64{2025},
		[]string{"2025-10-01", "2025-10-02", "2025-10-03", "2025-10-04", "2025-10-05", "2025-10-06", "2025-10-07", "2025-10-08"},
		[]string{"2025-09-28", "2025-10-11"}))
}

// A period ends at 24:00 of its last working day; the day of start does not count.
func TestDue(t *testing.T) {
	p := autumn2025(t)
	noon := int64(12 * 3600)
	for _, c := range []struct {
		start UnixSec
		n     int64
		last  string
	}{
		{at(t, "2025-09-26") + noon, 5, "2025-10-10"},
		{at(t, "2025-09-26") + noon, 10, "2025-10-16"},
		{at(t, "2025-09-26"), 1, "2025-09-28"},                   // a Sunday that works
		{at(t, "2025-09-26") + 86399, 1, "2025-09-28"},           // the day's last second is still that day
		{at(t, "2025-09-27"), 1, "2025-09-28"},                   // started on a day off
		{at(t, "2025-09-30") + noon, 1, "2025-10-09"},            // over the holidays
		{at(t, "2025-10-10") + noon, 1, "2025-10-11"},            // a Saturday that works
		{at(t, "2025-09-26") + noon, 0, "2025-09-26"},            // no days: that day's end
		{at(t, "2025-10-17") - 8*3600 + 7*3600, 1, "2025-10-17"}, // 23:00 on the 16th in Shanghai
		{at(t, "2025-10-16") + 17*3600 + 59*60, 1, "2025-10-17"}, // the 16th in London too
	} {
		due, err := p.Due(c.start, c.n)
		if err != nil {
			t.Fatal(err)
		}
		if want := at(t, c.last) + 86400; due != want {
			t.Errorf("%d working days from %s end %s; want the end of %s", c.n, stamp(c.start), stamp(due), c.last)
		}
	}
	if due, _ := p.Due(at(t, "2025-09-26"), 5); due != 1760112000 {
		t.Errorf("the vector of the rules: %d", due)
	}
}

func TestNextWorkingDay(t *testing.T) {
	p := autumn2025(t)
	for from, want := range map[string]string{
		"2025-10-01": "2025-10-09", "2025-09-27": "2025-09-28", "2025-10-09": "2025-10-09", "2025-10-12": "2025-10-13",
	} {
		got, err := p.NextWorkingDay(at(t, from))
		if err != nil || got != at(t, want) {
			t.Errorf("first working day from %s is %s, %v", from, stamp(got), err)
		}
	}
}

// A year without a calendar stops the act: chaincode does not guess holidays.
func TestMissingCalendar(t *testing.T) {
	p := autumn2025(t)
	for name, err := range map[string]error{
		"due":    second(p.Due(at(t, "2025-12-30"), 5)),
		"next":   second(p.NextWorkingDay(at(t, "2026-01-01"))),
		"extend": third(p.Extend(at(t, "2025-12-31"), at(t, "2025-12-20"), at(t, "2025-12-31"))),
	} {
		if e := asRefusal(err); e == nil || e.Code != CodeProfile {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second(_ UnixSec, err error) error         { return err }
func third(_ UnixSec, _ int64, err error) error { return err }

// A clock that stood until the end of a day goes on with the next.
func TestExtendToMidnight(t *testing.T) {
	p := autumn2025(t)
	friday, monday := at(t, "2025-09-12"), at(t, "2025-09-15")
	for _, c := range []struct {
		from, to UnixSec
		days     int64
	}{
		{friday + 36000, monday, 0},         // over the weekend only
		{friday + 36000, monday + 1, 1},     // into Monday
		{friday + 36000, monday + 86400, 1}, // to its end
		{friday + 36000, monday + 86401, 2}, // into Tuesday
		{monday, monday + 36000, 1},         // stopped before Monday began
		{monday + 1, monday + 36000, 0},     // within one day
		{monday, monday, 0}, {friday + 36000, friday + 36000, 0},
	} {
		if _, days, err := p.Extend(at(t, "2025-09-25"), c.from, c.to); err != nil || days != c.days {
			t.Errorf("from %s to %s: %d days, %v; want %d", stamp(c.from), stamp(c.to), days, err, c.days)
		}
	}
}

// oddYears draws two years of calendars with arbitrary holidays.
func oddYears(t *rapid.T) *Profile {
	var non, extra []string
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, shanghai)
	for i := range 730 {
		d := day.AddDate(0, 0, i)
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		switch rapid.IntRange(0, 19).Draw(t, "day") {
		case 0, 1:
			if !weekend {
				non = append(non, d.Format(time.DateOnly))
			}
		case 2:
			if weekend {
				extra = append(extra, d.Format(time.DateOnly))
			}
		}
	}
	l := records{}
	for _, y := range []string{"2026", "2027"} {
		in := func(days []string) []string {
			return slices.DeleteFunc(slices.Clone(days), func(d string) bool { return d[:4] != y })
		}
		_ = l.Store(KindCalendar, y+"@1", &WorkCalendar{NonWorking: in(non), ExtraWorking: in(extra)})
		_ = l.Store(PointerCalendar, y, &calendarVersion{1})
	}
	return profileOn(l)
}

// working counts the working days after the day of from, up to the day of to.
func working(t *rapid.T, p *Profile, from, to UnixSec) (n int64) {
	for d := startOfDay(from).AddDate(0, 0, 1); !d.After(startOfDay(to)); d = d.AddDate(0, 0, 1) {
		ok, err := p.act.workingDay(d)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			n++
		}
	}
	return n
}

func must(t *rapid.T, due UnixSec, err error) UnixSec {
	if err != nil {
		t.Fatal(err)
	}
	return due
}

// Due is midnight after a working day, exactly n of them after the start, and
// never earlier for a later start or a longer period.
func TestDueProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := oddYears(t)
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, shanghai).Unix()
		start := begin + rapid.Int64Range(0, 300*86400).Draw(t, "start")
		n := rapid.Int64Range(0, 30).Draw(t, "n")
		due, err := p.Due(start, n)
		must(t, due, err)
		if (due-begin)%86400 != 0 || due <= start {
			t.Fatalf("%s: not the end of a day to come", stamp(due))
		}
		if got := working(t, p, start, due-1); got != n {
			t.Fatalf("%d working days up to %s; want %d", got, stamp(due), n)
		}
		if ok, _ := p.act.workingDay(startOfDay(due - 1)); n > 0 && !ok {
			t.Fatalf("%s is no working day", stamp(due-1))
		}
		longer, err := p.Due(start, n+1)
		if must(t, longer, err) <= due {
			t.Fatal("a longer period ends no later")
		}
		later, err := p.Due(start+rapid.Int64Range(0, 5*86400).Draw(t, "later"), n)
		if must(t, later, err) < due {
			t.Fatal("a later start ends earlier")
		}
	})
}

// A pause moves the limit by exactly the working days paused, and two pauses
// end to end move it as one.
func TestExtendProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := oddYears(t)
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, shanghai).Unix()
		start := begin + rapid.Int64Range(0, 200*86400).Draw(t, "start")
		d, err := p.Due(start, rapid.Int64Range(1, 20).Draw(t, "n"))
		due := must(t, d, err)
		from := start + rapid.Int64Range(0, due-1-start).Draw(t, "from")
		mid := from + rapid.Int64Range(0, 30*86400).Draw(t, "mid")
		to := mid + rapid.Int64Range(0, 30*86400).Draw(t, "to")

		moved, days, err := p.Extend(due, from, to)
		must(t, moved, err)
		if want := working(t, p, from-1, to-1); days != want {
			t.Fatalf("moved by %d working days; %d were paused", days, want)
		}
		if got := working(t, p, due-1, moved-1); got != days {
			t.Fatalf("the limit moved by %d working days; want %d", got, days)
		}
		once, n1, err := p.Extend(due, from, mid)
		must(t, once, err)
		twice, n2, err := p.Extend(once, mid, to)
		if must(t, twice, err) != moved || n1+n2 != days {
			t.Fatalf("two pauses: %s (%d+%d days), one: %s (%d)", stamp(twice), n1, n2, stamp(moved), days)
		}
		// What was left to do when the clock stopped is left when it goes on.
		if left, after := working(t, p, from-1, due-1), working(t, p, to-1, moved-1); left != after {
			t.Fatalf("%d working days were left, %d are", left, after)
		}
	})
}

// Under the demo profile a working day is so many seconds, and no calendar is
// looked at.
func TestDemoSeconds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.Int64Range(1, 60).Draw(t, "seconds")
		p := profileOn(records{}, Param{ParamDemoSeconds, s})
		start, n := rapid.Int64Range(0, 1<<32).Draw(t, "start"), rapid.Int64Range(0, 60).Draw(t, "n")
		due, err := p.Due(start, n)
		if must(t, due, err) != start+n*s {
			t.Fatalf("due %d", due)
		}
		pause := rapid.Int64Range(0, 1000).Draw(t, "pause")
		moved, by, err := p.Extend(due, start, start+pause)
		if must(t, moved, err) != due+pause || by != pause {
			t.Fatalf("moved to %d by %d", moved, by)
		}
		if next, err := p.NextWorkingDay(start); must(t, next, err) != start {
			t.Fatal("every second is a working day")
		}
	})
	if !(&RuleProfile{Params: []Param{{ParamDemoSeconds, 1}}}).Demo() || (&RuleProfile{Params: []Param{{ParamDemoSeconds, 0}}}).Demo() || (&RuleProfile{}).Demo() {
		t.Error("the profile does not say that it is a demo's")
	}
}
