package watermark

import (
	"slices"
	"strconv"

	"github.com/datarights/datarights/client/table"
)

// role is how a column of a suspect table is read.
type role struct {
	kind byte // 'n' number, 'w' words, 'b' both as it is and as an unchanged number, 0 as it is
	spec int
	unit int // of conversions
}

// reading is how a suspect table is read: the role of each column. Any reading
// may be chosen that does not look at codes, for the votes of a wrong one are
// fair coins.
type reading struct {
	*carriers
	hash    *hasher
	claimer *claimer
	roles   []role
	row     []trait
	trials  int
}

func newReading(k *Key) (*reading, error) {
	c, err := k.Plan.carriers()
	if err != nil {
		return nil, err
	}
	cl, err := newClaimer(k, c.every)
	if err != nil {
		return nil, err
	}
	return &reading{carriers: c, hash: newHasher(k, c), claimer: cl}, nil
}

// cell is a suspect cell, as far as it can be known before the roles are.
type cell struct {
	as     token // as it is
	group  token // of its synonym
	member int
	value  float64
	number bool
}

func (r *reading) prepare(c table.Cell, into *cell) {
	*into = cell{as: r.hash.cell(c)}
	switch c.Kind {
	case table.Number:
		v, err := strconv.ParseFloat(c.Text, 64)
		into.value, into.number = v, err == nil
	case table.Text:
		if s, ok := r.places[c.Text]; ok {
			into.group, into.member = r.hash.groups[s.group], s.member
		}
	}
}

// trait reads a cell in a role.
func (r *reading) trait(c *cell, as role) trait {
	switch as.kind {
	case 'w':
		if c.group != 0 {
			return trait{c.group, true, c.member & 1}
		}
	case 'n':
		if !c.number {
			return trait{ref: c.as}
		}
		s := r.specs[as.spec]
		x, ok := s.fromFloat(conversions[as.unit].original(c.value))
		if !ok {
			return trait{}
		}
		p, ok := s.locate(x)
		if !ok {
			return trait{}
		}
		return trait{r.hash.block(r.carriers, as.spec, p.block), true, p.parity}
	}
	return trait{ref: c.as}
}

// count adds the votes of a row, of one column alone unless only is negative.
func (r *reading) count(row []cell, t *tally, only int) {
	for len(r.row) < len(row) {
		r.row = append(r.row, trait{})
	}
	traits := r.row[:len(row)]
	for i := range row {
		traits[i] = r.trait(&row[i], r.roleOf(i))
		if only >= 0 && i != only {
			traits[i].target = false
		}
	}
	r.claimer.claims(traits, func(column int, cl claim) { t.add(cl, traits[column].parity) })
}

func (r *reading) roleOf(column int) role {
	if column < len(r.roles) {
		return r.roles[column]
	}
	return role{}
}

// sample is some rows of a suspect table.
type sample struct {
	rows    [][]cell
	numbers []int // cells that are numbers, by column
	words   []int // cells that are synonyms
	filled  []int
	keys    bool // a column that is no number has values enough to refer to
}

func (s *sample) add(row []cell) {
	s.rows = append(s.rows, slices.Clone(row))
}

func (s *sample) look(columns int) {
	s.numbers, s.words, s.filled = make([]int, columns), make([]int, columns), make([]int, columns)
	const enough = 16
	seen := make([]map[token]bool, columns)
	for _, row := range s.rows {
		for i := range row {
			if row[i].as != 0 {
				s.filled[i]++
			}
			if !row[i].number && row[i].as != 0 && len(seen[i]) < enough {
				if seen[i] == nil {
					seen[i] = map[token]bool{}
				}
				seen[i][row[i].as] = true
			}
			if row[i].number {
				s.numbers[i]++
			}
			if row[i].group != 0 {
				s.words[i]++
			}
		}
	}
	for i := range seen {
		s.keys = s.keys || len(seen[i]) >= enough && !s.numeric(i)
	}
}

// numeric columns are those whose cells are mostly numbers.
func (s *sample) numeric(i int) bool { return s.numbers[i] > 0 && s.numbers[i]*5 >= s.filled[i]*4 }

// agreement of the sample's votes, of one column alone unless only is negative.
func (r *reading) agreement(s *sample, only, rows int) float64 {
	r.trials++
	t := newTally()
	few := 1024
	if len(s.rows) <= pairedRows {
		few = pairedRows / 2
	}
	for i, row := range s.rows[:min(rows, len(s.rows))] {
		if i == few && only >= 0 && t.agreement() < 1 { // most wrong readings end here
			break
		}
		r.count(row, t, only)
	}
	return t.agreement()
}

// sure is the agreement, in standard deviations, at which a column's role is
// taken to be found. A wrong one costs votes, never a false accusation.
const sure = 4

// work bounds how many cells a trial reads.
const work = 1 << 15

// choose finds the roles that make the votes of the sample agree best: first of
// all columns together, then of each by itself, then, if nothing has come of
// that, of pairs.
func (r *reading) choose(s *sample, names []string) {
	s.look(len(names))
	rows := max(64, work/max(1, len(names)))
	guesses := r.guesses(s, names)
	best, top := guesses[0], float64(sure) // the likeliest, where votes are too few to say
	for _, guess := range guesses {
		r.roles = guess
		if a := r.agreement(s, -1, rows); a > top {
			best, top = guess, a
		}
	}
	r.roles = best
	for range 3 {
		if !r.improve(s, rows) {
			break
		}
	}
	if r.agreement(s, -1, rows) < sure {
		r.pair(s)
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

// improve tries every role of each column, the others' being what they are, and
// reports whether any changed.
func (r *reading) improve(s *sample, rows int) bool {
	changed := false
	for i := range r.roles {
		now := r.roles[i]
		if !s.numeric(i) {
			continue
		}
		best, top := now, -1.0
		if now.kind == 'n' {
			if top = r.agreement(s, i, rows); top > 2*sure {
				continue
			}
		}
		for spec := range r.specs {
			for unit := range conversions {
				try := role{'n', spec, unit}
				if try == now {
					continue
				}
				r.roles[i] = try
				if a := r.agreement(s, i, rows); a > max(sure, top) {
					best, top = try, a
				}
			}
		}
		r.roles[i] = best
		if top < sure && len(s.rows) > 1000 { // it carries nothing: a reference as it is
			whole := make([]float64, 2)
			for j, try := range []role{now, {}} {
				r.roles[i] = try
				whole[j] = r.agreement(s, -1, rows)
			}
			if r.roles[i] = now; whole[1] > whole[0] {
				r.roles[i] = role{}
			}
		}
		if r.roles[i] != now {
			changed = true
		}
	}
	return changed
}

// maxPaired bounds the columns of numbers that are tried in pairs, and pairedRows
// the rows that it is done by.
const (
	maxPaired  = 4
	pairedRows = 512
)

// pair looks for two columns of numbers that refer to each other, both in other
// units, where no other reference is left.
func (r *reading) pair(s *sample) {
	var list []int
	for i := range r.roles {
		if s.numeric(i) {
			list = append(list, i)
		}
	}
	if s.keys || len(list) < 2 || len(list) > maxPaired || len(s.rows) < 100 {
		return
	}
	kept := slices.Clone(r.roles)
	best, top := kept, float64(sure+1)
	for _, target := range list {
		for _, ref := range list {
			if ref == target {
				continue
			}
			clear(r.roles)
			if a, roles := r.pairUp(s, target, ref); a > top {
				best, top = roles, a
			}
		}
	}
	r.roles = best
	if top > sure+1 {
		for i, was := range kept {
			if i < len(best) && best[i].kind == 0 {
				r.roles[i] = was
			}
		}
		r.improve(s, max(64, work/max(1, len(r.roles))))
	}
}

// pairUp tries one column against one reference alone.
func (r *reading) pairUp(s *sample, target, ref int) (top float64, best []role) {
	two := &sample{}
	for _, row := range s.rows[:min(pairedRows, len(s.rows))] {
		two.rows = append(two.rows, []cell{row[target], row[ref]})
	}
	roles := make([]role, len(r.roles))
	for a := range len(r.specs) * len(conversions) {
		for b := range len(r.specs) * len(conversions) {
			x := role{'n', a / len(conversions), a % len(conversions)}
			y := role{'n', b / len(conversions), b % len(conversions)}
			r.roles = []role{x, y}
			if v := r.agreement(two, 0, pairedRows); v > top {
				top = v
				clear(roles)
				roles[target], roles[ref] = x, y
				best = slices.Clone(roles)
			}
		}
	}
	r.roles = make([]role, len(roles))
	return top, best
}
