package index

import (
	"testing"

	"pgregory.net/rapid"
)

// Lanes are added and subtracted modulo 2^16, four at a time.
func TestLanesCarryNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, b := rapid.Uint64().Draw(r, "a"), rapid.Uint64().Draw(r, "b")
		sum, difference := addLanes(a, b), subLanes(a, b)
		for shift := 0; shift < 64; shift += 16 {
			x, y := uint16(a>>shift), uint16(b>>shift)
			if got := uint16(sum >> shift); got != x+y {
				r.Fatalf("%x + %x is %x", x, y, got)
			}
			if got := uint16(difference >> shift); got != x-y {
				r.Fatalf("%x - %x is %x", x, y, got)
			}
		}
	})
}
