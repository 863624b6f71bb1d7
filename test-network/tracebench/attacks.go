package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// attack makes a suspect file of copies that buyers received, and says what part
// of its rows is the source's.
type attack struct {
	zh, en string
	buyers int    // whose copies it needs, 1 unless they collude
	format string // csv unless said
	keeps  float64
	// binding: the aim says that the source must be found, and the buyer named.
	source, buyer bool
	make          func(r *rand.Rand, s *source, copies []grid) (suspect grid, share float64)
}

func whole(f func(r *rand.Rand, s *source, g grid) grid) func(*rand.Rand, *source, []grid) (grid, float64) {
	return func(r *rand.Rand, s *source, copies []grid) (grid, float64) { return f(r, s, copies[0]), 1 }
}

// suite is the list of attacks, one by one and then together.
var suite = []attack{
	{"原样", "as delivered", 1, "csv", 1, true, true, whole(func(_ *rand.Rand, _ *source, g grid) grid { return g })},
	{"留 50% 的行", "keep 50 % of the rows", 1, "csv", .5, true, true, whole(kept(.5))},
	{"留 20% 的行", "keep 20 %", 1, "csv", .2, true, true, whole(kept(.2))},
	{"留 5% 的行", "keep 5 %", 1, "csv", .05, true, false, whole(kept(.05))},
	{"留 1% 的行", "keep 1 %", 1, "csv", .01, false, false, whole(kept(.01))},
	{"去掉偶数列", "drop every second column", 1, "csv", 1, true, false, whole(columns(0))},
	{"去掉奇数列", "drop the other half of the columns", 1, "csv", 1, true, false, whole(columns(1))},
	{"打乱行列次序", "shuffle rows and columns", 1, "csv", 1, true, true, whole(func(r *rand.Rand, _ *source, g grid) grid { return shuffled(r, g) })},
	{"改列名", "rename every header", 1, "csv", 1, true, true, whole(renamed)},
	{"转为 JSON", "CSV to JSON", 1, "json", 1, true, true, whole(func(_ *rand.Rand, _ *source, g grid) grid { return g })},
	{"转为 Parquet", "CSV to Parquet", 1, "parquet", 1, true, true, whole(func(_ *rand.Rand, _ *source, g grid) grid { return g })},
	{"在容许误差内重新舍入", "re-round numbers within the tolerance", 1, "csv", 1, true, true, whole(rerounded)},
	{"换计量单位", "change a unit", 1, "csv", 1, true, true, whole(converted)},
	{"掺入 20% 外来行", "add 20 % foreign rows", 1, "csv", 1, true, true, func(r *rand.Rand, s *source, copies []grid) (grid, float64) {
		g := copies[0]
		foreign := shifted(r, s, len(g.rows)/5, 3)
		return grid{g.header, append(slices.Clip(g.rows), foreign.rows...)}, float64(len(g.rows)) / float64(len(g.rows)+len(foreign.rows))
	}},
	{"与另一来源合并", "merge with another source", 1, "csv", 1, true, true, func(r *rand.Rand, s *source, copies []grid) (grid, float64) {
		g := copies[0]
		other := shifted(r, s, len(g.rows), 3)
		return shuffled(r, grid{g.header, append(slices.Clip(g.rows), other.rows...)}), .5
	}},
	{"留 20%、打乱、改名、舍入、转 JSON", "keep 20 %, shuffle, rename, re-round, to JSON", 1, "json", .2, true, false, whole(func(r *rand.Rand, s *source, g grid) grid {
		return renamed(r, s, shuffled(r, rerounded(r, s, kept(.2)(r, s, g))))
	})},
	{"两家买方混行", "two buyers mix rows", 2, "csv", 1, true, false, mixRows},
	{"三家买方混行", "three buyers mix rows", 3, "csv", 1, true, false, mixRows},
	{"两家买方混单元格", "two buyers mix cells", 2, "csv", 1, true, false, mixCells},
	{"三家买方混单元格", "three buyers mix cells", 3, "csv", 1, true, false, mixCells},
	{"两家买方取平均", "two buyers average", 2, "csv", 1, true, false, averaged},
	{"三家买方取平均", "three buyers average", 3, "csv", 1, true, false, averaged},
	{"两家买方混单元格，再留 20%", "two buyers mix cells, 20 % of the rows", 2, "csv", .2, true, false, func(r *rand.Rand, s *source, copies []grid) (grid, float64) {
		g, _ := mixCells(r, s, copies)
		return kept(.2)(r, s, g), 1
	}},
}

func kept(share float64) func(*rand.Rand, *source, grid) grid {
	return func(r *rand.Rand, _ *source, g grid) grid {
		out := grid{header: g.header}
		n := max(1, int(math.Round(share*float64(len(g.rows)))))
		for _, i := range r.Perm(len(g.rows))[:n] {
			out.rows = append(out.rows, g.rows[i])
		}
		return out
	}
}

// columns keeps those of one parity.
func columns(parity int) func(*rand.Rand, *source, grid) grid {
	return func(_ *rand.Rand, _ *source, g grid) grid {
		pick := func(row []string) (out []string) {
			for i, c := range row {
				if i%2 == parity {
					out = append(out, c)
				}
			}
			return out
		}
		out := grid{header: pick(g.header)}
		for _, row := range g.rows {
			out.rows = append(out.rows, pick(row))
		}
		return out
	}
}

func shuffled(r *rand.Rand, g grid) grid {
	order := r.Perm(len(g.header))
	pick := func(row []string) []string {
		out := make([]string, len(order))
		for to, from := range order {
			out[to] = row[from]
		}
		return out
	}
	out := grid{header: pick(g.header)}
	for _, i := range r.Perm(len(g.rows)) {
		out.rows = append(out.rows, pick(g.rows[i]))
	}
	return out
}

func renamed(_ *rand.Rand, _ *source, g grid) grid {
	out := grid{rows: g.rows}
	for i := range g.header {
		out.header = append(out.header, fmt.Sprintf("字段%d", i+1))
	}
	return out
}

// rerounded rounds each number that may change to a unit of twice its tolerance:
// the most that stays within it.
func rerounded(_ *rand.Rand, s *source, g grid) grid {
	out := grid{header: g.header}
	for _, row := range g.rows {
		row = slices.Clone(row)
		for i, name := range g.header {
			for _, c := range s.plan.Columns {
				if c.Name == name {
					v, decimals := number(row[i])
					tolerance, _ := number(c.Tolerance)
					row[i] = strconv.FormatFloat(math.Round(v/(2*tolerance))*2*tolerance, 'f', decimals, 64)
				}
			}
		}
		out.rows = append(out.rows, row)
	}
	return out
}

func converted(_ *rand.Rand, s *source, g grid) grid {
	out := grid{header: g.header}
	for _, row := range g.rows {
		row = slices.Clone(row)
		v, _ := number(row[s.unit.column])
		row[s.unit.column] = strconv.FormatFloat(v*s.unit.factor+s.unit.offset, 'f', s.unit.decimals, 64)
		out.rows = append(out.rows, row)
	}
	return out
}

func mixRows(r *rand.Rand, _ *source, copies []grid) (grid, float64) {
	out := grid{header: copies[0].header}
	for i := range copies[0].rows {
		out.rows = append(out.rows, copies[r.IntN(len(copies))].rows[i])
	}
	return out, 1
}

func mixCells(r *rand.Rand, _ *source, copies []grid) (grid, float64) {
	out := grid{header: copies[0].header}
	for i := range copies[0].rows {
		row := make([]string, len(out.header))
		for j := range row {
			row[j] = copies[r.IntN(len(copies))].rows[i][j]
		}
		out.rows = append(out.rows, row)
	}
	return out, 1
}

// averaged takes the mean of what differs, rounded as the column is written.
func averaged(_ *rand.Rand, s *source, copies []grid) (grid, float64) {
	out := grid{header: copies[0].header}
	for i, first := range copies[0].rows {
		row := slices.Clone(first)
		for _, j := range s.numbers {
			sum, decimals := 0.0, 0
			for _, c := range copies {
				v, d := number(c.rows[i][j])
				sum, decimals = sum+v, max(decimals, d)
			}
			row[j] = strconv.FormatFloat(sum/float64(len(copies)), 'f', decimals, 64)
		}
		out.rows = append(out.rows, row)
	}
	return out, 1
}
