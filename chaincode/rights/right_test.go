package rights

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// shelf is a Finder in memory; looked counts the rights that were looked up.
type shelf struct {
	rights map[string]*Right
	looked int
	err    error
}

func (s *shelf) Find(kind Kind, id string, v any) (bool, error) {
	if kind != KindRight {
		return false, nil
	}
	s.looked++
	r, ok := s.rights[id]
	if ok {
		*v.(*Right) = *r
	}
	return ok, s.err
}

// effectiveAt is EffectiveAt with yes or no first.
func effectiveAt(s *shelf, r *Right, t UnixSec, maxDepth int64) (bool, Text, error) {
	why, err := EffectiveAt(s, r, t, maxDepth)
	if why != nil {
		return false, Text{why.DetailZh, why.Detail}, err
	}
	return err == nil, Text{}, err
}

// put shelves an active right in [100, 200) that rests on others.
func (s *shelf) put(id string, on ...string) *Right {
	r := &Right{Head: Head{ID: id, State: StateActive}, ValidFrom: 100, ValidTo: 200}
	for _, b := range on {
		r.Basis = append(r.Basis, Basis{Type: "BasisOwnRight", RefID: b})
	}
	if s.rights == nil {
		s.rights = map[string]*Right{}
	}
	s.rights[id] = r
	return r
}

func TestEffectiveAt(t *testing.T) {
	for _, c := range []struct {
		name string
		t    UnixSec
		edit func(top, base *Right)
		want bool
		why  string
	}{
		{"active in its term", 150, nil, true, ""},
		{"first second", 100, nil, true, ""},
		{"before it", 99, nil, false, "not yet valid"},
		{"last second", 199, nil, true, ""},
		{"its end is not in it", 200, nil, false, "past its term"},
		{"suspended", 150, func(r, _ *Right) { r.State = StateSuspended }, false, "suspended"},
		{"expired", 150, func(r, _ *Right) { r.State = StateExpired }, false, "expired"},
		{"cancelled", 150, func(r, _ *Right) { r.State = StateCancelled }, false, "cancelled"},
		{"transferred", 150, func(r, _ *Right) { r.State = StateTransferred }, false, "transferred"},
		{"frozen", 150, func(r, _ *Right) { r.Encumbrances = []Encumbrance{{Type: "EncFreeze", From: 150}} }, false, "frozen"},
		{"freeze not begun", 149, func(r, _ *Right) { r.Encumbrances = []Encumbrance{{Type: "EncFreeze", From: 150}} }, true, ""},
		{"freeze over", 150, func(r, _ *Right) { r.Encumbrances = []Encumbrance{{Type: "EncFreeze", From: 110, To: 150}} }, true, ""},
		{"freeze's last second", 149, func(r, _ *Right) { r.Encumbrances = []Encumbrance{{Type: "EncFreeze", From: 110, To: 150}} }, false, "frozen"},
		{"pledged", 150, func(r, _ *Right) { r.Encumbrances = []Encumbrance{{Type: "EncPledge", From: 110}} }, true, ""},
		{"base suspended", 150, func(_, b *Right) { b.State = StateSuspended }, false, "RT-base, is not effective: the right is suspended"},
		{"base past its term", 150, func(_, b *Right) { b.ValidTo = 150 }, false, "past its term"},
		{"base frozen", 150, func(_, b *Right) { b.Encumbrances = []Encumbrance{{Type: "EncFreeze", From: 1}} }, false, "frozen"},
		{"agreement running", 150, func(r, _ *Right) { r.Basis = []Basis{{Type: "BasisOffLedger", To: 151}} }, true, ""},
		{"agreement over", 151, func(r, _ *Right) { r.Basis = []Basis{{Type: "BasisOffLedger", To: 151}} }, false, "agreement"},
		{"agreement of the base over", 151, func(_, b *Right) { b.Basis = []Basis{{Type: "BasisOffLedger", To: 151}} }, false, "agreement"},
		{"base missing", 150, func(r, _ *Right) { r.Basis[0].RefID = "RT-none" }, false, "does not exist"},
		{"one of two bases gone", 150, func(r, b *Right) {
			r.Basis = append([]Basis{{Type: "BasisOriginal", EvidenceHash: "sm3:x"}}, r.Basis...)
			b.State = StateExpired
		}, false, "not effective"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s shelf
			base := s.put("RT-base")
			top := s.put("RT-top", "RT-base")
			if c.edit != nil {
				c.edit(top, base)
			}
			ok, why, err := effectiveAt(&s, top, c.t, 16)
			if err != nil || ok != c.want || !strings.Contains(why.En, c.why) || (why.Zh == "") != c.want {
				t.Errorf("%t %q %v", ok, why, err)
			}
		})
	}
}

// Bases may nest maxDepth levels, not one more, along whatever way.
func TestEffectiveAtDepth(t *testing.T) {
	var s shelf
	s.put("RT-0")
	for i := 1; i <= 20; i++ {
		s.put(fmt.Sprintf("RT-%d", i), fmt.Sprintf("RT-%d", i-1))
	}
	s.put("RT-x", "RT-2", "RT-15") // RT-15 first met below a shorter way
	for _, c := range []struct {
		top  string
		max  int64
		want bool
	}{{"RT-16", 16, true}, {"RT-17", 16, false}, {"RT-0", 0, true}, {"RT-1", 0, false}, {"RT-x", 16, true}, {"RT-x", 15, false}} {
		ok, why, err := effectiveAt(&s, s.rights[c.top], 150, c.max)
		if err != nil || ok != c.want || (!ok && !strings.Contains(why.En, "deep")) {
			t.Errorf("%s with depth %d: %t %q %v", c.top, c.max, ok, why, err)
		}
	}
	// The deep one is met first along a short way, then again further down.
	s.put("RT-mid", "RT-16")
	s.put("RT-y", "RT-16", "RT-mid")
	if ok, _, _ := effectiveAt(&s, s.rights["RT-y"], 150, 17); ok {
		t.Error("18 levels pass for 17")
	}
	if ok, _, _ := effectiveAt(&s, s.rights["RT-y"], 150, 18); !ok {
		t.Error("18 levels do not pass for 18")
	}
}

func TestEffectiveAtCircle(t *testing.T) {
	var s shelf
	s.put("RT-a", "RT-b")
	s.put("RT-b", "RT-a")
	s.put("RT-self", "RT-self")
	for _, id := range []string{"RT-a", "RT-b", "RT-self"} {
		if ok, _, err := effectiveAt(&s, s.rights[id], 150, 16); ok || err != nil {
			t.Errorf("%s rests on itself: %t %v", id, ok, err)
		}
	}
}

// Rights that share their bases are looked at once each: three on three, 16
// levels deep, would otherwise be 43 million.
func TestEffectiveAtSharedBases(t *testing.T) {
	var s shelf
	below := []string{}
	for level := range 16 {
		var row []string
		for i := range 3 {
			id := fmt.Sprintf("RT-%d-%d", level, i)
			s.put(id, below...)
			row = append(row, id)
		}
		below = row
	}
	if ok, why, err := effectiveAt(&s, s.put("RT-top", below...), 150, 16); !ok || err != nil {
		t.Fatalf("%q %v", why, err)
	}
	if s.looked > 48 {
		t.Errorf("looked %d times at 48 rights", s.looked)
	}
}

func TestEffectiveAtPassesTheEnginesError(t *testing.T) {
	var s shelf
	s.put("RT-base")
	top := s.put("RT-top", "RT-base")
	s.err = errors.New("the disk")
	if ok, _, err := effectiveAt(&s, top, 150, 16); ok || !errors.Is(err, s.err) {
		t.Errorf("%t %v", ok, err)
	}
}
