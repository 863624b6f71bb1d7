package watermark

import (
	"cmp"
	"math"
	"slices"
)

// sample is some rows of a suspect table, and what they say of its columns.
type sample struct {
	rows     [][]cell
	numbers  []int // cells that are numbers, by column
	words    []int // cells that are synonyms
	filled   []int
	distinct []int // values, up to manyValues
}

const manyValues = 4096

func (s *sample) add(row []cell) { s.rows = append(s.rows, slices.Clone(row)) }

func (s *sample) look(columns int) {
	s.numbers, s.words, s.filled, s.distinct = make([]int, columns), make([]int, columns), make([]int, columns), make([]int, columns)
	for i := range columns {
		seen := map[token]bool{}
		for _, row := range s.rows {
			if i >= len(row) || row[i].as == 0 {
				continue
			}
			s.filled[i]++
			if row[i].number {
				s.numbers[i]++
			}
			if row[i].group != 0 {
				s.words[i]++
			}
			if len(seen) < manyValues {
				seen[row[i].as] = true
			}
		}
		s.distinct[i] = len(seen)
	}
}

// numeric columns are those whose cells are mostly numbers.
func (s *sample) numeric(i int) bool { return s.numbers[i] > 0 && s.numbers[i]*5 >= s.filled[i]*4 }

// The agreement, in standard deviations, at which a reading is taken to be
// found. A wrong one costs votes, never a false accusation.
const sure = 4

// work bounds how many cells a trial reads.
const work = 1 << 15

// choose finds the roles that make the votes of the sample agree best: first of
// all columns together, then of each by itself, then, where nothing else is
// there to refer to, of pairs.
func (r *reading) choose(s *sample, names []string) {
	s.look(len(names))
	rows := max(64, work/max(1, len(names)))
	guesses := r.guesses(s, names)
	best, top := guesses[0], float64(sure) // the likeliest, where votes are too few to say
	for _, guess := range guesses {
		r.roles = guess
		if a := r.agreement(s, rows); a > top {
			best, top = guess, a
		}
	}
	r.roles = best
	known := make([]bool, len(names))
	if top > sure {
		r.confirm(s, rows, known)
	}
	r.improve(s, rows, known)
	r.drop(s, rows, known)
	if !slices.Contains(known, true) {
		r.pair(s, rows)
	}
}

// agreement of the whole sample's votes.
func (r *reading) agreement(s *sample, rows int) float64 {
	r.trials++
	t := newTally()
	for _, row := range s.rows[:min(rows, len(s.rows))] {
		r.count(row, t)
	}
	return t.agreement()
}

// confirm says of which columns the role they have is right.
func (r *reading) confirm(s *sample, rows int, known []bool) {
	tallies := make([]*tally, len(known))
	for i := range tallies {
		tallies[i] = newTally()
	}
	for _, row := range s.rows[:min(rows, len(s.rows))] {
		r.each(row, func(column int, cl claim, parity int) { tallies[column].add(cl, parity) })
	}
	for i, t := range tallies {
		known[i] = s.numeric(i) && t.agreement() > sure
	}
}

// guesses are first readings of all columns, the likeliest first: by the plan's
// names if the table has any, with every column of numbers marked, with none;
// with synonyms wherever there are any.
func (r *reading) guesses(s *sample, names []string) [][]role {
	words := make([]role, len(names))
	for i := range names {
		if s.words[i] > 0 {
			words[i].kind = 'w'
		}
	}
	named, some := slices.Clone(words), false
	for i, name := range names {
		if n, ok := r.numbers[name]; ok && s.numeric(i) {
			named[i], some = role{kind: 'n', spec: slices.Index(r.specs, n.spec)}, true
		}
	}
	var list [][]role
	if some {
		list = append(list, named)
	}
	for spec := range r.specs {
		all := slices.Clone(words)
		for i := range names {
			if s.numeric(i) {
				all[i] = role{kind: 'n', spec: spec}
			}
		}
		list = append(list, all)
	}
	return append(list, words)
}

// likely is the hash below which a reference counts in a trial. Others may be
// unknown yet, and the smaller a hash, the likelier it was the smallest when the
// cell was marked: of three references with one known, two thirds of such votes
// are right, against a third of all.
const likely = math.MaxUint64 / 5 * 2

// try is the agreement of one column's votes in a role, by some references: those
// known are read in their roles, others as they are.
func (r *reading) try(s *sample, target int, as role, refs []int, known []bool, rows int) float64 {
	r.trials++
	t := newTally()
	const few = 1024
	for len(r.row) < len(refs)+1 {
		r.row = append(r.row, trait{})
	}
	traits := r.row[:len(refs)+1]
	for n, row := range s.rows[:min(rows, len(s.rows))] {
		if n == few && t.agreement() < 0.5 { // most wrong readings end here
			break
		}
		if target >= len(row) {
			continue
		}
		if traits[0] = r.trait(&row[target], as); !traits[0].target {
			continue
		}
		for i, ref := range refs {
			traits[i+1] = trait{}
			if ref < len(row) {
				how := role{}
				if known[ref] || !s.numeric(ref) {
					how = r.roles[ref]
				}
				traits[i+1] = trait{ref: r.trait(&row[ref], how).ref}
			}
		}
		r.claimer.claims(traits, func(_ int, cl claim) {
			if cl.anchor < likely {
				t.add(cl, traits[0].parity)
			}
		})
	}
	return t.agreement()
}

// references are sets of columns that a target is tried by: all those known
// together, and the four with the most values each by itself.
func (s *sample) references(target int, known []bool) [][]int {
	var together, each []int
	for i := range s.filled {
		if i == target || s.filled[i] == 0 {
			continue
		}
		if known[i] || !s.numeric(i) {
			together = append(together, i)
		}
		each = append(each, i)
	}
	slices.SortStableFunc(each, func(a, b int) int { return cmp.Compare(s.distinct[b], s.distinct[a]) })
	var sets [][]int
	if len(together) > 0 {
		sets = append(sets, together)
	}
	for _, i := range each[:min(4, len(each))] {
		if len(together) != 1 || together[0] != i {
			sets = append(sets, []int{i})
		}
	}
	return sets
}

// maxTried bounds the columns each of which is tried in every role: nobody who
// makes up a table of ten thousand makes its reader work for hours.
const maxTried = 128

// improve tries every role of each column of numbers that is not known yet.
func (r *reading) improve(s *sample, rows int, known []bool) {
	for range 3 {
		changed, tried := false, 0
		for i := range r.roles {
			if known[i] || !s.numeric(i) {
				continue
			}
			if tried++; tried > maxTried {
				break
			}
			if best, top := r.best(s, i, known, rows); top > sure {
				r.roles[i], known[i], changed = best, true, true
			}
		}
		if !changed {
			break
		}
	}
}

// best is the role of a column in which its votes agree most.
func (r *reading) best(s *sample, column int, known []bool, rows int) (best role, top float64) {
	for _, refs := range s.references(column, known) {
		if now := r.roles[column]; now.kind == 'n' { // what is likely is not looked for far away
			if a := r.try(s, column, now, refs, known, rows); a > 2*sure {
				return now, a
			}
		}
		for spec := range r.specs {
			for unit := range conversions {
				as := role{'n', spec, unit}
				if a := r.try(s, column, as, refs, known, rows); a > top {
					best, top = as, a
				}
			}
		}
	}
	return best, top
}

// drop reads columns that carry nothing as they are, where that makes the votes
// of the others agree better.
func (r *reading) drop(s *sample, rows int, known []bool) {
	if len(r.roles) > maxTried {
		return
	}
	for i := range r.roles {
		if known[i] || r.roles[i].kind != 'n' || !slices.Contains(known, true) {
			continue
		}
		was, with := r.roles[i], r.agreement(s, rows)
		if r.roles[i] = (role{}); r.agreement(s, rows) <= with {
			r.roles[i] = was
		}
	}
}

// maxPaired bounds the columns of numbers that are tried in pairs, and pairedRows
// the rows that it is done by.
const (
	maxPaired  = 4
	pairedRows = 512
)

// pair looks for two columns of numbers that refer to each other, both in other
// units, where there is no other reference: neither texts nor numbers as they
// are.
func (r *reading) pair(s *sample, rows int) {
	var list []int
	for i := range r.roles {
		switch {
		case s.numeric(i):
			list = append(list, i)
		case s.distinct[i] > 16:
			return
		}
	}
	if len(list) < 2 || len(list) > maxPaired || len(s.rows) < 100 {
		return
	}
	kept := slices.Clone(r.roles)
	best, top := kept, float64(sure+1)
	known := make([]bool, len(r.roles))
	for _, ref := range list {
		known[ref] = true
		for how := range len(r.specs) * len(conversions) {
			r.roles[ref] = role{'n', how / len(conversions), how % len(conversions)}
			for _, target := range list {
				if target == ref {
					continue
				}
				for as := range len(r.specs) * len(conversions) {
					as := role{'n', as / len(conversions), as % len(conversions)}
					if a := r.try(s, target, as, []int{ref}, known, pairedRows); a > top {
						best, top = slices.Clone(r.roles), a
						best[target] = as
					}
				}
			}
		}
		known[ref], r.roles[ref] = false, kept[ref]
	}
	if r.roles = best; top > sure+1 {
		r.improve(s, rows, make([]bool, len(r.roles)))
	}
}
