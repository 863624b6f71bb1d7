package rights

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"
)

// records is a Ledger in memory.
type records map[string][]byte

func (l records) Load(kind Kind, id string, v any) (bool, error) {
	raw, ok := l[string(kind)+" "+id]
	if !ok {
		return false, nil
	}
	return true, json.Unmarshal(raw, v)
}

func (l records) Store(kind Kind, id string, v any) error {
	raw, err := json.Marshal(v)
	l[string(kind)+" "+id] = raw
	return err
}

func (l records) Ahead(...RecordRef) {}

func (l records) LoadSecret(c Collection, kind Kind, id string) ([]byte, error) {
	return l[string(c)+" "+string(kind)+" "+id], nil
}

func (l records) StoreSecret(c Collection, kind Kind, id string, raw []byte) error {
	l[string(c)+" "+string(kind)+" "+id] = raw
	return nil
}

func (l records) PurgeSecret(c Collection, kind Kind, id string) error {
	delete(l, string(c)+" "+string(kind)+" "+id)
	return nil
}

func (l records) Guard(Kind, string, []string) error { return nil }

// withCalendars publishes calendars; days off the weekly rhythm are given as
// nonWorking and extraWorking.
func withCalendars(t testing.TB, years []int64, nonWorking, extraWorking []string) records {
	t.Helper()
	l := records{}
	in := func(year int64, days []string) []string {
		var list []string
		for _, d := range days {
			if d[:4] == strconv.FormatInt(year, 10) {
				list = append(list, d)
			}
		}
		slices.Sort(list)
		return list
	}
	for _, y := range years {
		id := strconv.FormatInt(y, 10) + "@1"
		if err := l.Store(KindCalendar, id, &WorkCalendar{Head: Head{ID: id}, Year: y, Ver: 1, NonWorking: in(y, nonWorking), ExtraWorking: in(y, extraWorking)}); err != nil {
			t.Fatal(err)
		}
		if err := l.Store(PointerCalendar, strconv.FormatInt(y, 10), &calendarVersion{1}); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// profileOn is a profile over a ledger's calendars.
func profileOn(l Ledger, params ...Param) *Profile {
	return &Profile{Rec: &RuleProfile{Head: Head{ID: "DRWG@1"}, Params: params}, act: &Act{Ledger: l}}
}
