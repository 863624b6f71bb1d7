package rights

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The vectors of the domain (7.4), and what has no right split.
func TestSplitFen(t *testing.T) {
	for _, c := range []struct {
		gross  int64
		shares []int64
		want   []int64
	}{
		{1_000_003, []int64{7000, 2000, 1000}, []int64{700_002, 200_001, 100_000}},
		{100, []int64{3333, 3333, 3334}, []int64{33, 33, 34}},
		{1, []int64{5000, 5000}, []int64{1, 0}},
		{0, []int64{5000, 5000}, []int64{0, 0}},
		{math.MaxInt64, []int64{10000}, []int64{math.MaxInt64}},
		{2, []int64{3333, 3333, 3334}, []int64{1, 0, 1}},
	} {
		got, err := SplitFen(c.gross, c.shares)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%d by %v: %v, %v; want %v", c.gross, c.shares, got, err, c.want)
		}
	}
	for _, c := range []struct {
		gross  int64
		shares []int64
	}{{-1, []int64{10000}}, {1, nil}, {1, []int64{9999}}, {1, []int64{10001}}, {1, []int64{-1, 10001}}, {1, []int64{5000, 5001}}} {
		if got, err := SplitFen(c.gross, c.shares); err == nil || asRefusal(err).Code != CodeMoney {
			t.Errorf("%d by %v: %v, %v", c.gross, c.shares, got, err)
		}
	}
}

// Whatever is split: the parts add up, and none is a fen or more from its exact
// share.
func TestSplitFenAddsUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		gross := rapid.Int64Range(0, math.MaxInt64).Draw(r, "gross")
		var shares []int64
		for left := int64(wholeBps); left > 0; {
			s := rapid.Int64Range(1, left).Draw(r, "share")
			if len(shares) == maxLines-1 {
				s = left
			}
			shares = append(shares, s)
			left -= s
		}
		parts, err := SplitFen(gross, shares)
		if err != nil {
			r.Fatal(err)
		}
		var sum int64
		for i, p := range parts {
			sum += p
			exact := new(big.Int).Mul(big.NewInt(gross), big.NewInt(shares[i]))
			off := exact.Sub(exact, new(big.Int).Mul(big.NewInt(p), big.NewInt(wholeBps)))
			if off.CmpAbs(big.NewInt(wholeBps)) >= 0 {
				r.Fatalf("%d by %v: part %d is %d", gross, shares, i, p)
			}
		}
		if sum != gross {
			r.Fatalf("%d by %v adds up to %d", gross, shares, sum)
		}
	})
}
