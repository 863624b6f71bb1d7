package tardos

import (
	"math"
	"slices"
)

// Votes is what a table says of each position: how many marks say one minus how
// many say zero.
type Votes [Length]int

// MaxWeight bounds what one position counts, whatever the votes say.
const MaxWeight = 32

// Evidence is a vote vector ready to be held against codes.
type Evidence struct {
	weights [Length]int // clipped votes
	biases  *Biases
	// counts says how many positions of each weight there are whose vote is for
	// the rare symbol, and for the likely one.
	rare, likely [MaxWeight + 1]int
	best         float64 // the score of a code that agrees everywhere
	variance     float64 // of an innocent's score
	allAgree     float64 // log of the probability of that code's bits
}

// The scores of Škorić et al.: a bit that agrees with a vote for the rare
// symbol gains much and one that disagrees loses little, and conversely.
var (
	much   = math.Sqrt((1 - low) / low)
	little = math.Sqrt(low / (1 - low))
)

// Weigh clips the votes, at twice their median and at MaxWeight at most, so that
// no few positions decide. The clipping looks at the votes alone.
func Weigh(v *Votes, b *Biases) *Evidence {
	e := &Evidence{biases: b}
	var sizes []int
	for _, y := range v {
		if y != 0 {
			sizes = append(sizes, magnitude(y))
		}
	}
	if len(sizes) == 0 {
		return e
	}
	slices.Sort(sizes)
	limit := min(2*min(sizes[len(sizes)/2], MaxWeight), MaxWeight)
	for p, y := range v {
		if y == 0 {
			continue
		}
		w := min(magnitude(y), limit)
		e.weights[p] = w
		e.variance += float64(w * w)
		if y < 0 {
			e.weights[p] = -w
		}
		if (y > 0) != b.high(p) { // a one where ones are rare, a zero where zeros are
			e.rare[w]++
			e.best += float64(w) * much
			e.allAgree += math.Log(low)
		} else {
			e.likely[w]++
			e.best += float64(w) * little
			e.allAgree += math.Log(1 - low)
		}
	}
	return e
}

// magnitude is |y|; the most negative int has none and counts as the largest.
func magnitude(y int) int {
	if y < 0 {
		y = -y
	}
	if y < 0 {
		return math.MaxInt
	}
	return y
}

// Positions is how many positions have a vote.
func (e *Evidence) Positions() int {
	n := 0
	for _, w := range e.weights {
		if w != 0 {
			n++
		}
	}
	return n
}

// Score is Σ w_p·g: 0 on average for an innocent's code.
func (e *Evidence) Score(c *Code) float64 {
	var sum float64
	for p, w := range e.weights {
		if w == 0 {
			continue
		}
		agrees := c.Bit(p) == (w > 0)
		voteIsRare := (w > 0) != e.biases.high(p)
		w := math.Abs(float64(w))
		switch {
		case agrees && voteIsRare:
			sum += w * much
		case agrees:
			sum += w * little
		case voteIsRare:
			sum -= w * little
		default:
			sum -= w * much
		}
	}
	return sum
}

// Best is the score of a code that agrees with every vote; no code has more.
func (e *Evidence) Best() float64 { return e.best }

// slack covers what floating point loses in a thousand additions, in log10.
const slack = 1e-6

// Log10 bounds from above the logarithm, to base 10, of the probability that an
// innocent's code scores s or more on these votes. It is 0 (probability 1) for
// scores that say nothing, and never above.
func (e *Evidence) Log10(s float64) float64 {
	if s <= 0 || e.best == 0 {
		return 0
	}
	// The exponent K(λ) − λs is convex in λ. Any λ gives a valid bound, so that
	// an inexact minimum, of Newton's method kept in a bracket, costs sharpness
	// and not truth.
	const most = 64
	lo, hi := 0.0, float64(most)
	l := min(s/e.variance, most)
	for range 12 {
		_, slope, curve := e.cumulant(l)
		if slope < s {
			lo = l
		} else {
			hi = l
		}
		next := l + (s-slope)/curve
		if !(next > lo && next < hi) { // no number either
			next = (lo + hi) / 2
		}
		if math.Abs(next-l) < 1e-4*l {
			break
		}
		l = next
	}
	k, _, _ := e.cumulant(l)
	exponent := k - l*s
	if s >= e.best*(1-1e-12) { // one code only scores that: its probability is known
		exponent = min(exponent, e.allAgree)
	}
	return min(0, exponent/math.Ln10+slack)
}

// cumulant is K(λ) = Σ log E[e^(λX)] over the positions, and its first two
// derivatives.
func (e *Evidence) cumulant(l float64) (k, slope, curve float64) {
	add := func(n int, gain, loss, p float64) { // gain with probability p, −loss otherwise
		if n == 0 {
			return
		}
		// e^(λ·gain) is taken out of the sum, so that nothing overflows.
		rest := (1 - p) * math.Exp(-l*(gain+loss))
		share := p / (p + rest)
		k += float64(n) * (l*gain + math.Log(p+rest))
		slope += float64(n) * (share*gain - (1-share)*loss)
		curve += float64(n) * share * (1 - share) * (gain + loss) * (gain + loss)
	}
	for w := 1; w <= MaxWeight; w++ {
		add(e.rare[w], float64(w)*much, float64(w)*little, low)
		add(e.likely[w], float64(w)*little, float64(w)*much, 1-low)
	}
	return k, slope, curve
}
