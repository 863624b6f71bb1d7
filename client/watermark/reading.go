package watermark

import (
	"strconv"

	"github.com/datarights/datarights/client/table"
)

// role is how a column of a suspect table is read.
type role struct {
	kind byte // 'n' number, 'w' words, 0 as it is
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

// prepare reads a cell for any role, or for the one that its column has.
func (r *reading) prepare(c table.Cell, as *role, into *cell) {
	*into = cell{}
	if as == nil || as.kind != 'n' || c.Kind != table.Number {
		into.as = r.hash.cell(c)
	}
	if as != nil && as.kind == 0 {
		return
	}
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

// count adds the votes of a row.
func (r *reading) count(row []cell, t *tally) {
	r.each(row, func(_ int, cl claim, parity int) { t.add(cl, parity) })
}

// each calls f for each claim of a row, with the parity found.
func (r *reading) each(row []cell, f func(column int, cl claim, parity int)) {
	for len(r.row) < len(row) {
		r.row = append(r.row, trait{})
	}
	traits := r.row[:len(row)]
	for i := range row {
		traits[i] = r.trait(&row[i], r.roleOf(i))
	}
	r.claimer.claims(traits, func(column int, cl claim) { f(column, cl, traits[column].parity) })
}

func (r *reading) roleOf(column int) role {
	if column < len(r.roles) {
		return r.roles[column]
	}
	return role{}
}
