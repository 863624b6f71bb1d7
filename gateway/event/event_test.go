package event

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// Every command has one type of its own, every kind of record an entity, and no
// command is called what other records' events are called.
func TestTypesAreWhole(t *testing.T) {
	var names []string
	for _, typ := range Types() {
		if slices.Contains(names, typ.Name) {
			t.Errorf("%s twice", typ.Name)
		}
		names = append(names, typ.Name)
		if typ.Title.Zh == "" || typ.Title.En == "" || typ.Kind == "" || !strings.HasPrefix(typ.Name, Prefix) {
			t.Errorf("%+v", typ)
		}
	}
	for _, c := range rights.Commands() {
		entity, event, _ := strings.Cut(c.Name, ".")
		if event == created || event == updated || event == "suggested" {
			t.Errorf("%s has the name of what is no command", c.Name)
		}
		if c.Name == "secret.purge" { // writes no record of its own kind
			continue
		}
		if !slices.Contains(names, Prefix+c.Name) {
			t.Errorf("no type for %s", c.Name)
		}
		for kind, e := range entities {
			if e.name != entity {
				continue
			}
			if got := TypeOf(kind, 1, c.Name); got != Prefix+c.Name {
				t.Errorf("%s is %s", c.Name, got)
			}
			if c.Batch {
				if got := TypeOf(kind, 7, c.Name+"Batch"); got != Prefix+c.Name {
					t.Errorf("%sBatch is %s", c.Name, got)
				}
			}
		}
	}
	seen := map[string]rights.Kind{}
	for kind, e := range entities {
		if other, twice := seen[e.name]; twice {
			t.Errorf("%s and %s are both %s", kind, other, e.name)
		}
		seen[e.name] = kind
		for _, typ := range []string{TypeOf(kind, 1, "x.y"), TypeOf(kind, 2, "x.y"), TypeOf(kind, 1, "")} {
			if !slices.Contains(names, typ) {
				t.Errorf("%s is in no list", typ)
			}
		}
	}
	if got := TypeOf("ZZ", 1, "newer.thing"); got != Prefix+"record.created" {
		t.Errorf("of a kind unknown here: %s", got)
	}
}

func TestPositions(t *testing.T) {
	order := []Position{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {1, 0, 0}, {1 << 62, 1 << 30, 1 << 30}}
	for i, p := range order {
		got, err := ParsePosition(p.String())
		if err != nil || got != p {
			t.Errorf("%s: %v %v", p, got, err)
		}
		for j, q := range order {
			if c := p.Compare(q); (c < 0) != (i < j) || (c > 0) != (i > j) {
				t.Errorf("%s to %s: %d", p, q, c)
			}
		}
	}
	for text, want := range map[string]Position{"12": {Block: 13}, "12:3:4": {12, 3, 5}, "0": {Block: 1}} {
		if got, err := ParseSeen(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
}

func FuzzPosition(f *testing.F) {
	for _, s := range []string{"1:2:3", "", ":::", "01:2:3", "+1:2:3", "1:2:-3", "9223372036854775807:0:0", "12"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := ParsePosition(s); err == nil && p.String() != s {
			t.Errorf("%q is read as %s", s, p)
		}
		if p, err := ParseSeen(s); err == nil && p == (Position{}) {
			t.Errorf("%q leads nowhere", s)
		}
	})
}

func TestParticipants(t *testing.T) {
	record := `{"buyerId":"91320903MA0A00022Y","updatedBy":"11320900MB0A00050T#1","sellerIds":["91320900MA0A00014Q","91320903MA0A00022Y"],"note":"91320903MA0A00022Y and more","deep":{"x":[{"y":"91320900MA0A00073U#12"}]},"n":1}`
	want := []string{"11320900MB0A00050T", "91320900MA0A00014Q", "91320900MA0A00073U", "91320903MA0A00022Y"}
	if got := Participants(json.RawMessage(record)); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestFilter(t *testing.T) {
	e := &Event{Type: "cn.datarights.demand.post", Kind: "DM", ID: "DM-1"}
	for _, c := range []struct {
		f    Filter
		want bool
	}{
		{Filter{}, true},
		{Filter{Types: []string{"cn.datarights.demand.*"}}, true},
		{Filter{Types: []string{"cn.datarights.demand.post"}}, true},
		{Filter{Types: []string{"cn.datarights.*"}}, true},
		{Filter{Types: []string{"cn.datarights.dem.*"}}, false},
		{Filter{Types: []string{"cn.datarights.listing.*"}}, false},
		{Filter{Kinds: []rights.Kind{"LS", "DM"}}, true},
		{Filter{Kinds: []rights.Kind{"LS"}}, false},
		{Filter{Subjects: []string{"DM/DM-1"}}, true},
		{Filter{Subjects: []string{"DM/DM-2"}, Kinds: []rights.Kind{"DM"}}, false},
	} {
		if got := c.f.Concerns(e); got != c.want {
			t.Errorf("%+v: %t", c.f, got)
		}
	}
	env := Envelope{Data: Data{State: "Open", Participants: []string{"a"}}}
	for _, c := range []struct {
		f    Filter
		want bool
	}{{Filter{}, true}, {Filter{States: []string{"Open"}, Participants: []string{"b", "a"}}, true}, {Filter{States: []string{"Closed"}}, false}, {Filter{Participants: []string{"b"}}, false}} {
		if got := c.f.Passes(env); got != c.want {
			t.Errorf("%+v: %t", c.f, got)
		}
	}
	many := make([]string, MaxItems+1)
	for _, f := range []Filter{{Types: []string{""}}, {Types: []string{".*"}}, {Kinds: []rights.Kind{"xRP"}}, {Kinds: []rights.Kind{""}}, {Subjects: []string{"DM-1"}}, {Participants: []string{"91320903MA0A00022X"}}, {States: []string{""}}, {States: many}} {
		if err := f.Check(); err == nil {
			t.Errorf("%+v passes", f)
		}
	}
}
