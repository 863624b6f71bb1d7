package watermark

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/tardos"
)

// Capacity is what a table's marks will be able to show.
type Capacity struct {
	Rows  int64 `json:"rows"`
	Cells int64 `json:"cells"` // that carry a mark
	Marks int   `json:"marks"` // distinct ones; cells alike in all that stays have one together
	// Kept says what a copy's own code would be accused with, were shares of the
	// rows kept at random and nothing else changed.
	Kept []Kept `json:"kept"`
}

// Kept is the expected log10 of the bound on a false accusation when a percentage
// of the rows is kept.
type Kept struct {
	Percent int     `json:"percent"`
	Log10   float64 `json:"log10"`
}

// Recipients is how many recipients of a product a table's capacity is computed
// for.
const Recipients = 1000

// Line is the log10 at which a copy of a product with that many recipients is
// accused.
func Line() float64 { return math.Log10(marks.DefaultEpsilon) - math.Log10(Recipients) }

// Names reports whether a copy's recipient can be named after all rows but a
// fifth have been dropped.
func (c *Capacity) Names() bool {
	i := slices.IndexFunc(c.Kept, func(k Kept) bool { return k.Percent == 20 })
	return i >= 0 && c.Kept[i].Log10 <= Line()
}

// capacity computes it for a code drawn by the key's biases, always the same.
func (t *tally) capacity(k *Key, rows, cells int64) (Capacity, error) {
	c := Capacity{Rows: rows, Cells: cells, Marks: len(t.votes)}
	biases := tardos.NewBiases(k.Seed())
	code, err := tardos.NewCode(rand.NewChaCha8(k.derive("capacity")), biases)
	if err != nil {
		return c, err
	}
	for _, percent := range []int{100, 50, 20, 5} {
		var v tardos.Votes
		for key, a := range t.votes {
			// Every anchor has its lot, by its hash: kept if one of its rows is.
			lost := math.Pow(1-float64(percent)/100, float64(a.rows))
			if float64(key*0xd6e8feb86659fd93>>11)/(1<<53) < lost {
				continue
			}
			if code.Bit(int(a.position)) {
				v[a.position]++
			} else {
				v[a.position]--
			}
		}
		e := tardos.Weigh(&v, biases)
		c.Kept = append(c.Kept, Kept{percent, e.Log10(e.Score(&code))})
	}
	return c, nil
}
