package rights

import (
	"slices"
	"testing"
)

// whole is a scope that everything in these tests is compared with.
func whole() Scope {
	return Scope{ObjectIDs: []string{"DR-1", "DR-2"}, Purposes: []string{"SC-1", "SC-2"}, Regions: []string{"3209"}, Industries: []string{"D44", "I"},
		Actions: []Action{ActProcess, ActDerive, ActProvide}, MaxGrade: 3, Envs: []Env{EnvSandbox, EnvTEE}, From: 100, To: 200}
}

// Containment (7.5, G-4): each field by itself, at its edge and beyond it.
func TestScopeWithin(t *testing.T) {
	for _, c := range []struct {
		name  string
		child func(*Scope)
		above func(*Scope)
		want  Code
		field string
	}{
		{"the same", nil, nil, "", ""},
		{"a region under its prefix", func(s *Scope) { s.Regions = []string{"320903"} }, nil, "", ""},
		{"a prefix under its region", func(s *Scope) { s.Regions = []string{"3209"} }, func(s *Scope) { s.Regions = []string{"320903"} }, CodeScope, "regions"},
		{"anything under a region", func(s *Scope) { s.Regions = []string{"*"} }, nil, CodeScope, "regions"},
		{"a region under anything", func(s *Scope) { s.Regions = []string{"32"} }, func(s *Scope) { s.Regions = []string{"*"} }, "", ""},
		{"another region beside", func(s *Scope) { s.Regions = []string{"320903", "3201"} }, nil, CodeScope, "regions"},
		{"fewer actions", func(s *Scope) { s.Actions = []Action{ActProcess} }, nil, "", ""},
		{"one action more", func(s *Scope) { s.Actions = []Action{ActProcess, ActResell} }, nil, CodeScope, "actions"},
		{"any action", func(s *Scope) { s.Actions = []Action{"*"} }, nil, CodeScope, "actions"},
		{"empty is nothing", func(s *Scope) { s.Purposes = []string{"SC-1"} }, func(s *Scope) { s.Purposes = nil }, CodeScope, "purposes"},
		{"nothing under nothing", func(s *Scope) { s.Purposes = nil }, func(s *Scope) { s.Purposes = nil }, "", ""},
		{"a purpose that only begins alike", func(s *Scope) { s.Purposes = []string{"SC-11"} }, nil, CodeScope, "purposes"},
		{"an object more", func(s *Scope) { s.ObjectIDs = []string{"DR-3"} }, nil, CodeScope, "objectIds"},
		{"an industry under its section", func(s *Scope) { s.Industries = []string{"I65", "D4420"} }, nil, "", ""},
		{"another industry", func(s *Scope) { s.Industries = []string{"D45"} }, nil, CodeScope, "industries"},
		{"an environment more", func(s *Scope) { s.Envs = []Env{EnvOpen} }, nil, CodeScope, "envs"},
		{"a lower grade", func(s *Scope) { s.MaxGrade = 2 }, nil, "", ""},
		{"a higher grade", func(s *Scope) { s.MaxGrade = 4 }, nil, CodeScope, "maxGrade"},
		{"a term inside", func(s *Scope) { s.From, s.To = 110, 190 }, nil, "", ""},
		{"a second longer", func(s *Scope) { s.To = 201 }, nil, CodeScope, "to"},
		{"a second earlier", func(s *Scope) { s.From = 99 }, nil, CodeScope, "from"},
		{"a limit where there is none above", func(s *Scope) { s.Quota = []Amount{{"Calls", 1}} }, nil, "", ""},
		{"no limit where there is one above", nil, func(s *Scope) { s.Quota = []Amount{{"Calls", 10}} }, CodeQuota, "quota"},
		{"the limit above", func(s *Scope) { s.Quota = []Amount{{"Calls", 10}} }, func(s *Scope) { s.Quota = []Amount{{"Calls", 10}} }, "", ""},
		{"more than the limit above", func(s *Scope) { s.Quota = []Amount{{"Calls", 11}} }, func(s *Scope) { s.Quota = []Amount{{"Calls", 10}} }, CodeQuota, "quota"},
		{"a limit in another unit", func(s *Scope) { s.Quota = []Amount{{"Rows", 1}} }, func(s *Scope) { s.Quota = []Amount{{"Calls", 10}} }, CodeQuota, "quota"},
	} {
		child, above := whole(), whole()
		if c.child != nil {
			c.child(&child)
		}
		if c.above != nil {
			c.above(&above)
		}
		err := child.within(&above, "scope")
		if got := codeOf(err); got != c.want {
			t.Errorf("%s: %q; want %q (%v)", c.name, got, c.want, err)
		}
		if e := asRefusal(err); e != nil && e.Field != "scope."+c.field {
			t.Errorf("%s: at %s; want scope.%s", c.name, e.Field, c.field)
		}
	}
}

// Live children together keep to the limit (7.5, G-14).
func TestQuotaOfChildren(t *testing.T) {
	limits := []Amount{{"Calls", 1000}}
	live := []Amount{{"Calls", 700}}
	total, err := addWithin(live, []Amount{{"Calls", 300}}, limits, "quota")
	if err != nil || !slices.Equal(total, []Amount{{"Calls", 1000}}) {
		t.Errorf("300 more: %v %v", total, err)
	}
	if _, err := addWithin(live, []Amount{{"Calls", 301}}, limits, "quota"); codeOf(err) != CodeQuota {
		t.Errorf("301 more: %v", err)
	}
	if total, err := addWithin(live, []Amount{{"Rows", 1 << 50}}, limits, "quota"); err != nil || len(total) != 2 {
		t.Errorf("a unit without a limit: %v %v", total, err)
	}
	if !slices.Equal(live, []Amount{{"Calls", 700}}) {
		t.Errorf("the totals added to were changed: %v", live)
	}
	if got := takeAway(total, []Amount{{"Calls", 400}, {"Rows", 5}}); !slices.Equal(got, []Amount{{"Calls", 600}}) {
		t.Errorf("400 less: %v", got)
	}
	if got := takeAway(live, []Amount{{"Calls", 701}}); !slices.Equal(got, []Amount{{"Calls", 0}}) {
		t.Errorf("never less than nothing: %v", got)
	}
}

func TestScopeCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Scope)
		field  string
	}{
		{"as it is", func(*Scope) {}, ""},
		{"anything", func(s *Scope) { s.Regions, s.Actions = []string{"*"}, []Action{"*"} }, ""},
		{"anything and something", func(s *Scope) { s.Regions = []string{"*", "32"} }, "scope.regions[0]"},
		{"an odd region", func(s *Scope) { s.Regions = []string{"320"} }, "scope.regions[0]"},
		{"a region of letters", func(s *Scope) { s.Regions = []string{"32090a"} }, "scope.regions[0]"},
		{"an industry of no section", func(s *Scope) { s.Industries = []string{"Z1"} }, "scope.industries[0]"},
		{"an unknown action", func(s *Scope) { s.Actions = []Action{"ActSell"} }, "scope.actions[0]"},
		{"an unknown environment", func(s *Scope) { s.Envs = []Env{"EnvMoon"} }, "scope.envs[0]"},
		{"twice the same", func(s *Scope) { s.ObjectIDs = []string{"DR-1", "DR-1"} }, "scope.objectIds[1]"},
		{"an id with a slash", func(s *Scope) { s.ObjectIDs = []string{"DR/1"} }, "scope.objectIds[0]"},
		{"a blank purpose", func(s *Scope) { s.Purposes = []string{" "} }, "scope.purposes[0]"},
		{"too many", func(s *Scope) { s.Purposes = make([]string, 201) }, "scope.purposes"},
		{"grade 0", func(s *Scope) { s.MaxGrade = 0 }, "scope.maxGrade"},
		{"grade 6", func(s *Scope) { s.MaxGrade = 6 }, "scope.maxGrade"},
		{"an empty term", func(s *Scope) { s.To = s.From }, "scope.to"},
		{"no beginning", func(s *Scope) { s.From = 0 }, "scope.to"},
		{"an unknown unit", func(s *Scope) { s.Quota = []Amount{{"Litres", 1}} }, "scope.quota[0].unit"},
		{"a unit twice", func(s *Scope) { s.Quota = []Amount{{"Calls", 1}, {"Calls", 2}} }, "scope.quota[1].unit"},
		{"less than nothing", func(s *Scope) { s.Quota = []Amount{{"Calls", -1}} }, "scope.quota[0].qty"},
		{"more than counts", func(s *Scope) { s.Quota = []Amount{{"Calls", maxQty + 1}} }, "scope.quota[0].qty"},
	} {
		s := whole()
		c.change(&s)
		err := s.check("scope")
		if (err == nil) != (c.field == "") {
			t.Errorf("%s: %v", c.name, err)
		}
		if e := asRefusal(err); e != nil && (e.Code != CodeFormat || e.Field != c.field) {
			t.Errorf("%s: %v at %s; want %s", c.name, e.Code, e.Field, c.field)
		}
	}
}

// Two exclusive scopes overlap when all of what they name meets, and only then.
func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Scope)
		want   bool
	}{
		{"the same", func(*Scope) {}, true},
		{"a region inside", func(s *Scope) { s.Regions = []string{"320903"} }, true},
		{"a region around", func(s *Scope) { s.Regions = []string{"32"} }, true},
		{"any region", func(s *Scope) { s.Regions = []string{"*"} }, true},
		{"another region", func(s *Scope) { s.Regions = []string{"3201"} }, false},
		{"no region", func(s *Scope) { s.Regions = nil }, false},
		{"another object", func(s *Scope) { s.ObjectIDs = []string{"DR-3"} }, false},
		{"another purpose", func(s *Scope) { s.Purposes = []string{"SC-3"} }, false},
		{"another industry", func(s *Scope) { s.Industries = []string{"A01"} }, false},
		{"before it", func(s *Scope) { s.From, s.To = 1, 100 }, false},
		{"after it", func(s *Scope) { s.From, s.To = 200, 300 }, false},
		{"its last second", func(s *Scope) { s.From, s.To = 199, 300 }, true},
	} {
		a, b := whole(), whole()
		c.change(&b)
		if got, back := overlap(&a, &b), overlap(&b, &a); got != c.want || back != c.want {
			t.Errorf("%s: %t and %t; want %t", c.name, got, back, c.want)
		}
	}
}

// A grant behind a product narrows for what, where and how it is used, not what
// buyers and permittees may do with it; a right that was itself narrowed in what
// may be done offers no more than it has.
func TestWholeOperation(t *testing.T) {
	granted, narrowed := whole(), whole()
	granted.Actions, narrowed.Actions = slices.Clone(kindActions[RightOperation]), []Action{ActHold, ActProvide}
	for _, c := range []struct {
		name  string
		right Right
		want  bool
	}{
		{"nothing limits it", Right{Kind: RightOperation}, true},
		{"under a grant", Right{Kind: RightOperation, Scope: &granted}, true},
		{"narrowed", Right{Kind: RightOperation, Scope: &narrowed}, false},
		{"a use right", Right{Kind: RightUse}, false},
	} {
		offered := c.right.offers(&Listing{ValidTo: 150})
		if got := offered.allows(ActProcess) && c.right.Kind == RightOperation; got != c.want {
			t.Errorf("%s: offers %v", c.name, offered.Actions)
		}
		let := c.right.grantable()
		if got := let.allows(ActProcess) && c.right.Kind == RightOperation; got != c.want {
			t.Errorf("%s: lets others %v", c.name, let.Actions)
		}
		if c.right.Scope != nil && (!slices.Equal(offered.Regions, c.right.Scope.Regions) || slices.Contains(let.Envs, EnvClientFile)) {
			t.Errorf("%s: offered beyond its scope: %+v", c.name, offered)
		}
	}
}
