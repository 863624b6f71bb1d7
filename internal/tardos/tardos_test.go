package tardos

import (
	"encoding/hex"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// source is a deterministic stand-in for crypto/rand.
func source(n byte) io.Reader { return rand.NewChaCha8([32]byte{n}) }

func draw(t testing.TB, r io.Reader, b *Biases) Code {
	t.Helper()
	c, err := NewCode(r, b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBiasesAreStable(t *testing.T) {
	b := NewBiases([SeedSize]byte{1})
	if got, want := hex.EncodeToString(b[:8]), "d46f114332ba09c0"; got != want {
		t.Errorf("the biases of a known seed begin with %s, want %s: registers written before would be worthless", got, want)
	}
	ones := 0
	for p := range Length {
		if b.high(p) {
			ones++
		}
	}
	if ones < 400 || ones > 624 {
		t.Errorf("%d of %d biases are high", ones, Length)
	}
}

func TestCodesFollowTheirBiases(t *testing.T) {
	b := NewBiases([SeedSize]byte{2})
	r := source(1)
	var ones [2]int
	var all [2]int
	for range 200 {
		c := draw(t, r, b)
		for p := range Length {
			i := 0
			if b.high(p) {
				i = 1
			}
			all[i]++
			if c.Bit(p) {
				ones[i]++
			}
		}
	}
	for i, want := range []float64{low, 1 - low} {
		got := float64(ones[i]) / float64(all[i])
		if sd := math.Sqrt(low * (1 - low) / float64(all[i])); math.Abs(got-want) > 5*sd {
			t.Errorf("ones are %.5f of the bits of bias %.5f, more than 5 standard deviations off", got, want)
		}
	}
	if _, err := NewCode(io.LimitReader(r, 100), b); err == nil {
		t.Error("a code was drawn from too little randomness")
	}
}

// For few positions the tail is computed exactly, over all codes, and the bound
// must lie above it, and not uselessly far.
func TestBoundLiesAboveTheExactTail(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		b := NewBiases([SeedSize]byte{byte(r.Uint32())})
		var v Votes
		n := 2 + r.IntN(9)
		at := r.Perm(Length)[:n]
		for _, p := range at {
			v[p] = r.IntN(9) - 4
		}
		e := Weigh(&v, b)
		type outcome struct{ score, prob float64 }
		var all []outcome
		for bits := range 1 << n {
			var c Code
			prob := 1.0
			for i, p := range at {
				one := bits>>i&1 == 1
				if one {
					c[p/8] |= 1 << (p % 8)
				}
				if one == b.high(p) {
					prob *= 1 - low
				} else {
					prob *= low
				}
			}
			all = append(all, outcome{e.Score(&c), prob})
		}
		for _, o := range all {
			var tail float64
			for _, x := range all {
				if x.score >= o.score-1e-9 {
					tail += x.prob
				}
			}
			if got := e.Log10(o.score); got < math.Log10(tail)-1e-12 {
				t.Fatalf("score %.3f of %d positions: bound 10^%.4f, exactly 10^%.4f", o.score, n, got, math.Log10(tail))
			}
		}
	}
}

// A known case, against arbitrary precision: all votes for the rare symbol and
// a code that agrees with each is as likely as low^n.
func TestBestCodeHasItsExactProbability(t *testing.T) {
	b := NewBiases([SeedSize]byte{3})
	var v Votes
	var c Code
	n := 0
	for p := 0; p < Length && n < 100; p++ {
		v[p] = -1
		if !b.high(p) {
			v[p] = 1
			c[p/8] |= 1 << (p % 8)
		}
		n++
	}
	e := Weigh(&v, b)
	if s := e.Score(&c); math.Abs(s-e.Best()) > 1e-9 {
		t.Fatalf("the best code scores %f, not %f", s, e.Best())
	}
	prob := new(big.Float).SetInt64(1)
	for range n {
		prob.Mul(prob, big.NewFloat(low))
	}
	f, _ := prob.Float64()
	if got, want := e.Log10(e.Best()), math.Log10(f); math.Abs(got-want) > 1e-5 {
		t.Errorf("log10 is %f, want %f", got, want)
	}
}

func TestScoresThatSayNothing(t *testing.T) {
	b := NewBiases([SeedSize]byte{4})
	e := Weigh(&Votes{}, b)
	c := draw(t, source(2), b)
	if s := e.Score(&c); s != 0 || e.Log10(s) != 0 || e.Positions() != 0 {
		t.Errorf("no votes gave score %f, bound %f", s, e.Log10(s))
	}
	v := Votes{0: 5, 1: math.MinInt, 2: math.MaxInt}
	e = Weigh(&v, b)
	for _, w := range e.weights {
		if w > MaxWeight || w < -MaxWeight {
			t.Errorf("a vote weighs %d", w)
		}
	}
	if got := e.Log10(-3); got != 0 {
		t.Errorf("a negative score has bound 10^%f", got)
	}
}

// The bound is honest: over many innocents, for votes of every kind, those
// beyond a line of probability x are at most x of all. The source of the votes
// differs from run to run of the loop, that of the codes is independent of it.
func TestInnocentsBeyondALine(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	codes := source(5)
	lines := []float64{1e-1, 1e-2, 1e-3}
	kinds := map[string]func(*Votes, *Biases){
		"random":            func(v *Votes, _ *Biases) { each(v, func(int) int { return r.IntN(7) - 3 }) },
		"all ones":          func(v *Votes, _ *Biases) { each(v, func(int) int { return 9 }) },
		"all zeros, uneven": func(v *Votes, _ *Biases) { each(v, func(p int) int { return -1 - p%17 }) },
		"few":               func(v *Votes, _ *Biases) { each(v, func(p int) int { return 3 * (p / 1000) }) },
		"all for the likely": func(v *Votes, b *Biases) {
			each(v, func(p int) int { return map[bool]int{true: 4, false: -4}[b.high(p)] })
		},
		"all for the rare": func(v *Votes, b *Biases) {
			each(v, func(p int) int { return map[bool]int{true: -4, false: 4}[b.high(p)] })
		},
		"another's copy": func(v *Votes, b *Biases) {
			c := draw(t, source(byte(r.Uint32())), b)
			each(v, func(p int) int { return map[bool]int{true: 8, false: -8}[c.Bit(p)] })
		},
	}
	const trials = 6000
	for name, fill := range kinds {
		beyond := make([]int, len(lines))
		for i := range trials / 100 {
			b := NewBiases([SeedSize]byte{byte(i), 7})
			var v Votes
			fill(&v, b)
			e := Weigh(&v, b)
			for range 100 {
				c := draw(t, codes, b)
				log := e.Log10(e.Score(&c))
				for j, line := range lines {
					if log <= math.Log10(line) {
						beyond[j]++
					}
				}
			}
		}
		for j, line := range lines {
			want := line * trials
			if float64(beyond[j]) > want+4*math.Sqrt(want) {
				t.Errorf("%s: %d of %d innocents are beyond the line of %g", name, beyond[j], trials, line)
			}
		}
		t.Logf("%-20s beyond 1e-1, 1e-2, 1e-3: %v of %d", name, beyond, trials)
	}
}

func each(v *Votes, f func(int) int) {
	for p := range v {
		v[p] = f(p)
	}
}

func BenchmarkLog10(b *testing.B) {
	biases := NewBiases([SeedSize]byte{6})
	r := rand.New(rand.NewPCG(5, 6))
	var v Votes
	each(&v, func(int) int { return r.IntN(17) - 8 })
	e := Weigh(&v, biases)
	for b.Loop() {
		e.Log10(e.best / 2)
	}
}
