package lineage

// hops are where each node leads in one direction, side by side, in the order a
// walk finds them: two reads a node instead of one for each record between. They
// are laid out with the links; what changes afterwards is looked up.
type hops struct {
	row  []uint32 // node (the first of its identity) → start of its hops; one longer than the nodes there were
	to   []uint32 // nodes; noNode for listings and permits
	slot []uint32 // record that makes the hop
	part []uint32 // which of its inputs, outputs or versions; its kind in the highest bits
}

const kindShift = 28

func (h *hops) add(slot uint32, part int, k kind, to uint32) {
	h.to, h.slot, h.part = append(h.to, to), append(h.slot, slot), append(h.part, uint32(part)|uint32(k)<<kindShift)
}

// muchShared is how many nodes may have one content for their hops to be laid out
// for each: of more they are looked up, so that the layout stays linear.
const muchShared = 8

// layHops lays out where every node leads.
func (g *Graph) layHops() {
	g.touched, g.stale = make([]uint64, g.names.len()/64+1), false
	sharing := make([]uint8, g.names.len())
	for no, n := range g.nodes {
		if n.is == uint32(no) && n.root != none && sharing[n.root] <= muchShared {
			if sharing[n.root]++; sharing[n.root] > muchShared {
				g.touchName(n.root)
			}
		}
	}
	for d := range g.hops {
		h := &hops{row: make([]uint32, 1, len(g.nodes)+1)}
		w := walk{g: g, into: h}
		for no, n := range g.nodes {
			if n.is == uint32(no) && !g.isTouched(n.root) {
				w.around(Direction(d), uint32(no), n)
			}
			h.row = append(h.row, uint32(len(h.to)))
		}
		g.hops[d] = *h
	}
}

func (g *Graph) touchName(name uint32) {
	for int(name)/64 >= len(g.touched) {
		g.touched = append(g.touched, 0)
	}
	g.touched[name/64] |= 1 << (name % 64)
	g.stale = true
}

func (g *Graph) isTouched(name uint32) bool {
	return int(name)/64 < len(g.touched) && g.touched[name/64]&(1<<(name%64)) != 0
}

// touch notes that the nodes a record is found by lead elsewhere from now on, or
// did until now.
func (g *Graph) touch(slot uint32) {
	r := &g.records[slot]
	g.touchName(r.id)
	if r.in.len()+r.out.len() == 0 {
		return
	}
	g.linksOf(slot, func(_ family, name, _ uint32) { g.touchName(name) })
	if r.kind == product { // what copies of it are of
		g.links[copyByProduct].of(r.id, func(slot uint32) bool {
			g.touchName(g.records[slot].id)
			return true
		})
	}
}

// laid reports whether a node's hops are laid out and as they are.
func (g *Graph) laid(d Direction, no uint32) bool {
	if int(g.first[no])+1 >= len(g.hops[d].row) {
		return false
	}
	if !g.stale {
		return true
	}
	n := &g.nodes[no]
	return !g.isTouched(n.root) && (n.id == none || !g.isTouched(n.id))
}

// hop goes where the hops of a node lead: of a content that was met before only by
// what is not lineage, and by a lineage record once.
func (w *walk) hop(d Direction, of, is uint32) {
	h := &w.g.hops[d]
	from, to := h.row[is], h.row[is+1]
	if w.quiet { // what was met before is not met again, whichever way
		for _, no := range h.to[from:to] {
			if no != noNode {
				w.meet(no)
			}
		}
		return
	}
	opened, fresh, last := false, false, noNode
	for i := from; i < to; i++ {
		slot, k := h.slot[i], kind(h.part[i]>>kindShift)
		switch {
		case k != lineage:
			if !w.shows(slot) {
				if w.err != nil {
					return
				}
				continue
			}
		case d == Back:
			if !opened {
				opened, fresh = true, first(w.m.roots, w.g.nodes[is].root)
			}
			if !fresh {
				continue
			}
		default:
			// Its first output begins a record, even the one before: a copy finds some
			// by their content and by its id.
			if slot != last || h.part[i]&(1<<kindShift-1) == 0 {
				last, fresh = slot, first(w.m.records, slot)
			}
			if !fresh {
				continue
			}
		}
		w.found(slot, int(h.part[i]&(1<<kindShift-1)), of, h.to[i])
	}
}
