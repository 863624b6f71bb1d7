package watermark

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func anyNumber(t *rapid.T) number {
	return number{spec: spec{1, rapid.Int64Range(1, 50).Draw(t, "tolerance")}, min: -maxNumber, max: maxNumber}
}

// However a number is marked, it moves by the tolerance at most, has the parity
// wanted, stays in its block, and is a carrier before and after.
func TestMarkedNumbersKeepToleranceAndPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyNumber(t)
		x := rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "x")
		before, ok := n.locate(x)
		if !ok {
			return
		}
		want := rapid.IntRange(0, 1).Draw(t, "parity")
		y, set := n.set(x, want)
		if !set {
			t.Fatalf("%d couldn't be set to %d", x, want)
		}
		if d := y - x; d > n.tolerance || d < -n.tolerance {
			t.Fatalf("%d became %d, further than %d", x, y, n.tolerance)
		}
		after, ok := n.locate(y)
		if !ok || after.block != before.block || after.parity != want {
			t.Fatalf("%d in %+v became %d in %+v, carrier %t; want the parity %d", x, before, y, after, ok, want)
		}
		if before.parity == want && y != x {
			t.Fatalf("%d has the parity %d already and became %d", x, want, y)
		}
		// Rounding to multiples of twice the tolerance keeps the parity.
		w := 2 * n.tolerance
		rounded := floorDiv(y+n.tolerance, w) * w
		if got := int(floorDiv(rounded+n.tolerance, w) & 1); got != want {
			t.Fatalf("%d rounded to %d has the parity %d, want %d", y, rounded, got, want)
		}
	})
}

func TestMarkedNumbersKeepBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyNumber(t)
		n.min = rapid.Int64Range(-100, 100).Draw(t, "min")
		n.max = n.min + rapid.Int64Range(0, 200).Draw(t, "range")
		x := rapid.Int64Range(n.min, n.max).Draw(t, "x")
		y, ok := n.set(x, rapid.IntRange(0, 1).Draw(t, "parity"))
		if y < n.min || y > n.max || !ok && y != x {
			t.Fatalf("%d became %d, bounds %d to %d, set %t", x, y, n.min, n.max, ok)
		}
	})
}

// Three numbers of four can carry a mark, whatever the tolerance.
func TestShareOfCarriers(t *testing.T) {
	for _, tolerance := range []int64{1, 2, 5, 50} {
		s := spec{0, tolerance}
		carry := 0
		for x := range int64(8000) {
			if _, ok := s.locate(x - 4000); ok {
				carry++
			}
		}
		if carry != 6000 {
			t.Errorf("tolerance %d: %d of 8000 numbers carry", tolerance, carry)
		}
	}
}

func TestDecimals(t *testing.T) {
	for _, c := range []struct {
		y                int64
		decimals, wanted int
		want             string
	}{
		{41, 1, 1, "4.1"}, {40, 1, 1, "4.0"}, {40, 1, 0, "4"}, {41, 1, 0, "4.1"}, {40, 1, 2, "4.00"}, {-5, 1, 1, "-0.5"}, {5, 3, 0, "0.005"},
		{0, 2, 2, "0.00"}, {0, -2, 0, "0"}, {7, -2, 0, "700"}, {7, 0, 0, "7"}, {7, 0, 2, "7.00"}, {-12, 0, 0, "-12"},
	} {
		if got := decimal(c.y, c.decimals, c.wanted); got != c.want {
			t.Errorf("decimal(%d, %d, %d) = %s, want %s", c.y, c.decimals, c.wanted, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.Int64Range(-maxNumber, maxNumber).Draw(t, "y")
		d := rapid.IntRange(-3, 12).Draw(t, "decimals")
		s := decimal(y, d, rapid.IntRange(0, 14).Draw(t, "wanted"))
		if got, ok := units(s, d); !ok || got != y {
			t.Fatalf("%d in units of 1e%d is written %s and read %d, %t", y, -d, s, got, ok)
		}
	})
}

func TestFloats(t *testing.T) {
	for v, want := range map[float64]int64{4.1: 41, -0.3: -3, 1016.6: 10166, 0.05: 1, 1e300: 0, math.NaN(): 0, math.Inf(-1): 0} {
		got, ok := spec{1, 1}.fromFloat(v)
		if ok != (want != 0) || got != want {
			t.Errorf("%g is %d units, %t; want %d", v, got, ok, want)
		}
	}
	if got, ok := (spec{-2, 1}).fromFloat(1234); !ok || got != 12 {
		t.Errorf("1234 is %d hundreds", got)
	}
	for _, c := range conversions {
		shown := 12.3*c.factor + c.offset
		if math.Abs(c.original(shown)-12.3) > 1e-9 {
			t.Errorf("%s: 12.3 comes back as %g", c.name, c.original(shown))
		}
	}
}

func TestSynonymsAlternate(t *testing.T) {
	for n := 2; n < 6; n++ {
		for i := range n {
			for parity := range 2 {
				if o := other(i, n, parity); o < 0 || o >= n || o&1 != parity {
					t.Errorf("of %d synonyms, %d for parity %d is %d", n, i, parity, o)
				}
			}
		}
	}
}
