package watermark

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/datarights/datarights/client/table"
)

// collusions make one table of several copies, row by row alike.
var collusions = map[string]func(r *rand.Rand, copies []sheet) sheet{
	"rows": func(r *rand.Rand, copies []sheet) sheet {
		s := copies[0].clone()
		for i := range s.rows {
			copy(s.rows[i], copies[r.IntN(len(copies))].rows[i])
		}
		return s
	},
	"cells": func(r *rand.Rand, copies []sheet) sheet {
		s := copies[0].clone()
		for i := range s.rows {
			for j := range s.rows[i] {
				s.rows[i][j] = copies[r.IntN(len(copies))].rows[i][j]
			}
		}
		return s
	},
	"average": func(_ *rand.Rand, copies []sheet) sheet {
		s := copies[0].clone()
		for i := range s.rows {
			for j := 1; j < len(s.rows[i]); j++ {
				var sum float64
				for _, c := range copies {
					renumber(c.rows[i][j], 1, func(v float64) float64 { sum += v; return v })
				}
				s.rows[i][j] = renumber(s.rows[i][j], 1, func(float64) float64 { return sum / float64(len(copies)) })
			}
		}
		return s
	},
	"average, finely": func(_ *rand.Rand, copies []sheet) sheet {
		s := copies[0].clone()
		for i := range s.rows {
			for j := 1; j < len(s.rows[i]); j++ {
				var sum float64
				for _, c := range copies {
					renumber(c.rows[i][j], 1, func(v float64) float64 { sum += v; return v })
				}
				s.rows[i][j] = renumber(s.rows[i][j], 6, func(float64) float64 { return sum / float64(len(copies)) })
			}
		}
		return s
	},
	// Of the values that the copies have, the rarest; of two, any.
	"minority": func(r *rand.Rand, copies []sheet) sheet {
		s := copies[0].clone()
		for i := range s.rows {
			for j := range s.rows[i] {
				counts := map[string]int{}
				for _, c := range copies {
					counts[c.rows[i][j]]++
				}
				order := r.Perm(len(copies))
				best := copies[order[0]].rows[i][j]
				for _, k := range order {
					if v := copies[k].rows[i][j]; counts[v] < counts[best] {
						best = v
					}
				}
				s.rows[i][j] = best
			}
		}
		return s
	},
	// The marking of the cells that differ is undone towards the smallest.
	"smallest": func(_ *rand.Rand, copies []sheet) sheet {
		s := copies[0].clone()
		for i := range s.rows {
			for j := 1; j < len(s.rows[i]); j++ {
				for _, c := range copies {
					renumber(c.rows[i][j], 1, func(v float64) float64 {
						s.rows[i][j] = renumber(s.rows[i][j], 1, func(w float64) float64 { return min(v, w) })
						return v
					})
				}
			}
		}
		return s
	},
}

// Two or three buyers who make one table of their copies: never is another
// accused, and of the whole table one of them always is.
func TestCollusion(t *testing.T) {
	m := newMarket(t, weather, weatherPlan("0.1"), 100, 3)
	names := make([]string, 0, len(collusions))
	for name := range collusions {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		for _, colluders := range []int{2, 3} {
			for _, percent := range []int{100, 20} {
				t.Run(fmt.Sprintf("%s/%d/%d %%", name, colluders, percent), func(t *testing.T) {
					r := rand.New(rand.NewPCG(uint64(i), uint64(colluders)))
					s := collusions[name](r, m.copies[:colluders]).keep(r, percent)
					j := m.judge(t, s.csv(), table.CSV)
					accused := j.Accused()
					for _, a := range accused {
						if a.DeliveryID >= fmt.Sprintf("DL-%03d", colluders) {
							t.Fatalf("an innocent is accused: %+v", a)
						}
					}
					t.Logf("%d of %d named", len(accused), colluders)
					if len(accused) == 0 && percent == 100 {
						t.Error("nobody is accused")
					}
				})
			}
		}
	}
}
