package lineage

import (
	"strings"
	"testing"
)

// Every name keeps its number, those of one hash and those too long for a block
// among them.
func TestNames(t *testing.T) {
	for title, hash := range map[string]func(string) uint64{
		"as they are":        newNames().hash,
		"few hashes":         func(s string) uint64 { return uint64(len(s) % 3) },
		"the last hash only": func(string) uint64 { return ^uint64(0) },
	} {
		t.Run(title, func(t *testing.T) {
			n := newNames()
			n.hash = hash
			want := []string{"", "a", strings.Repeat("x", nameBlock-1), "bc", strings.Repeat("y", 2*nameBlock), "d"}
			for i := range 300 {
				want = append(want, strings.Repeat("z", i+1))
			}
			for i, s := range want {
				if got := n.add(s); got != uint32(i) {
					t.Fatalf("name %d became %d", i, got)
				}
			}
			for i, s := range want {
				if got := n.add(s); got != uint32(i) {
					t.Errorf("name %d added again became %d", i, got)
				}
				if got, known := n.find(s); !known || got != uint32(i) || n.at(got) != s {
					t.Errorf("name %d is found as %d, %t", i, got, known)
				}
			}
			if _, known := n.find("unheard of"); known || n.len() != len(want) {
				t.Errorf("a name nobody added is known, or one counts twice: %d of %d", n.len(), len(want))
			}
		})
	}
}
