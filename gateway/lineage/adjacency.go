package lineage

import "slices"

// A family is one way from a name to the records that have it.
type family int

const (
	lineageByOutput  family = iota // content root → lineage records
	lineageByInput                 // content root or id → lineage records
	productByRoot                  // content root → products
	resourceByRoot                 // content root → resources
	copyByProduct                  // id → copies
	copyByParent                   // id → copies
	listingByProduct               // id → listings
	permitByObject                 // id → permits
	families
)

// adjacency is a multimap from names to records, in the order of the records'
// numbers: rows of one array, and what was added since they were laid out. It may
// name records that no longer say so; who reads it asks the record.
type adjacency struct {
	row   []uint32 // name → start of its records in to; one longer than the names there were
	to    []uint32
	since map[uint32][]uint32 // sorted
	extra int                 // entries of since
}

// of visits the records of a name, oldest first, until visit says false. It
// reports whether it came to the end.
func (a *adjacency) of(name uint32, visit func(slot uint32) bool) bool {
	if name == none || name == unknown {
		return true
	}
	var base, more []uint32
	if int(name)+1 < len(a.row) {
		base = a.to[a.row[name]:a.row[name+1]]
	}
	if a.extra > 0 {
		more = a.since[name]
	}
	for len(base) > 0 && len(more) > 0 {
		next := &base
		if more[0] < base[0] {
			next = &more
		}
		if !visit((*next)[0]) {
			return false
		}
		*next = (*next)[1:]
	}
	for _, rest := range [2][]uint32{base, more} {
		for _, slot := range rest {
			if !visit(slot) {
				return false
			}
		}
	}
	return true
}

// add notes that a record has a name; once is enough.
func (a *adjacency) add(name, slot uint32) {
	if int(name)+1 < len(a.row) {
		if _, has := slices.BinarySearch(a.to[a.row[name]:a.row[name+1]], slot); has {
			return
		}
	}
	if a.since == nil {
		a.since = map[uint32][]uint32{}
	}
	list := a.since[name]
	at, has := slices.BinarySearch(list, slot)
	if has {
		return
	}
	a.since[name] = slices.Insert(list, at, slot)
	a.extra++
}

// crowded is how much may lie in the overlay before the rows are laid out anew.
func (a *adjacency) crowded() bool { return a.extra > 1<<12 && a.extra > len(a.to)/8 }

// lay puts the links of every living record into rows, by counting.
func (g *Graph) lay() {
	var counts [families][]uint32
	for f := range counts {
		counts[f] = make([]uint32, g.names.len()+1)
	}
	g.everyLink(func(f family, name, _ uint32) { counts[f][name+1]++ })
	for f := range counts {
		row := counts[f]
		for i := 1; i < len(row); i++ {
			row[i] += row[i-1]
		}
		g.links[f] = adjacency{row: row, to: make([]uint32, row[len(row)-1])}
	}
	next := [families][]uint32{}
	for f := range next {
		next[f] = slices.Clone(g.links[f].row[:g.names.len()])
	}
	g.everyLink(func(f family, name, slot uint32) {
		g.links[f].to[next[f][name]] = slot
		next[f][name]++
	})
	g.layHops()
}

func (g *Graph) everyLink(visit func(f family, name, slot uint32)) {
	for slot := range g.records {
		if !g.records[slot].dead {
			g.linksOf(uint32(slot), visit)
		}
	}
}

// linksOf visits what a record is found by, each once.
func (g *Graph) linksOf(slot uint32, visit func(f family, name, slot uint32)) {
	r := &g.records[slot]
	in, out := g.refs[r.in.from:r.in.to], g.refs[r.out.from:r.out.to]
	root := func(no uint32) uint32 { return g.nodes[no].root }
	id := func(no uint32) uint32 { return g.nodes[no].id }
	distinct := func(f family, of []uint32, name func(uint32) uint32) {
		for i, no := range of {
			n := name(no)
			again := n == none
			for _, before := range of[:i] {
				again = again || name(before) == n
			}
			if !again {
				visit(f, n, slot)
			}
		}
	}
	switch r.kind {
	case lineage:
		distinct(lineageByOutput, out, root)
		distinct(lineageByInput, in, root)
		distinct(lineageByInput, in, id)
	case product:
		distinct(productByRoot, out, root)
	case resource:
		distinct(resourceByRoot, out, root)
	case copied:
		visit(copyByProduct, id(in[0]), slot)
		if len(in) > 1 {
			visit(copyByParent, id(in[1]), slot)
		}
	case listing:
		visit(listingByProduct, id(in[0]), slot)
	case permit:
		distinct(permitByObject, in, id)
	}
}
