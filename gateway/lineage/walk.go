package lineage

import (
	"sync"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// MaxDepth is more than lineage may nest (LN-7), copies and products between.
const MaxDepth = 100

// A Direction is which way a walk goes.
type Direction int

// Directions.
const (
	Back    Direction = iota // from outputs to inputs
	Forward                  // from inputs to outputs
)

// step is one edge a walk found: a record, which of its inputs, outputs or
// versions, from which node, and how far from the start.
type step struct {
	slot, part uint32
	of         uint32
	depth      int32
}

// startNode stands for the start of a walk in a step: the graph may not know it.
const startNode = ^uint32(0)

// marks are what a walk has met, a bit each.
type marks struct {
	nodes, records, roots []uint64
	level, below          []uint32
}

func (g *Graph) marks() *marks {
	m, _ := g.pool.Get().(*marks)
	fit := func(bits []uint64, n int) []uint64 {
		words := n/64 + 1
		if cap(bits) < words {
			return make([]uint64, words+words/8)
		}
		bits = bits[:words]
		clear(bits)
		return bits
	}
	m.nodes, m.records, m.roots = fit(m.nodes, len(g.nodes)), fit(m.records, len(g.records)), fit(m.roots, g.names.len())
	m.level, m.below = m.level[:0], m.below[:0]
	return m
}

// first marks a bit and reports whether it was clear.
func first(bits []uint64, i uint32) bool {
	w, b := i/64, uint64(1)<<(i%64)
	if bits[w]&b != 0 {
		return false
	}
	bits[w] |= b
	return true
}

// Sees reports whether who asks may see a record; the walk does not go on at what
// he may not.
type Sees func(kind rights.Kind, id string) (bool, error)

// walk is one breadth-first walk. The graph's lock is held throughout.
type walk struct {
	g        *Graph
	m        *marks
	start    node
	depth    int32
	steps    []step
	quiet    bool // no steps are wanted, only what is met
	met      int  // nodes, the start among them
	sees     Sees
	guarded  kind // sees is asked about records of this kind alone
	withheld int
	err      error
	into     *hops // hops are collected, of one node and unmarked, instead of walked
}

// run walks from a start to a depth.
func (w *walk) run(s State, d Direction, depth int) {
	no, n, known := w.g.find(s)
	w.start, w.met = n, 1
	w.m = w.g.marks()
	defer func() { w.g.pool.Put(w.m); w.m = nil }()
	if known {
		first(w.m.nodes, no)
	}
	level := w.m.level
	level = append(level, startNode)
	below := w.m.below
	for w.depth = 1; len(level) > 0 && int(w.depth) <= depth && w.err == nil; w.depth++ {
		w.m.below = below[:0]
		for _, of := range level {
			at := of
			if of == startNode {
				at = no
			}
			if (known || of != startNode) && w.g.laid(d, at) {
				w.hop(d, of, w.g.first[at])
				continue
			}
			n := w.start
			if of != startNode {
				n = w.g.nodes[of]
			}
			w.around(d, of, n)
		}
		level, below = w.m.below, level
	}
	w.m.level, w.m.below = level, below
}

// around looks up what a node leads to.
func (w *walk) around(d Direction, of uint32, n node) {
	if d == Back {
		w.back(of, n)
	} else {
		w.forward(of, n)
	}
}

func (w *walk) meet(no uint32) {
	if first(w.m.nodes, w.g.first[no]) {
		w.met++
		w.m.below = append(w.m.below, no)
	}
}

// noNode is where a listing or permit leads.
const noNode = ^uint32(0)

// found notes an edge and where it leads.
func (w *walk) found(slot uint32, part int, of, to uint32) {
	if w.into != nil {
		w.into.add(slot, part, w.g.records[slot].kind, to)
		return
	}
	if !w.quiet {
		w.steps = append(w.steps, step{slot, uint32(part), of, w.depth})
	}
	if to != noNode {
		w.meet(to)
	}
}

// back finds what a node was made of: the product version a copy is of, and the
// inputs of the lineage records that made its content.
func (w *walk) back(of uint32, n node) {
	g := w.g
	if n.kind == copied {
		if slot, ok := g.living(n.id, copied); ok {
			w.found(slot, 0, of, g.sourceOf(&g.records[slot]))
		}
	}
	// All that made one content is met with the first node that has it.
	if n.root == none || n.root == unknown || w.into == nil && !first(w.m.roots, n.root) {
		return
	}
	g.links[lineageByOutput].of(n.root, func(slot uint32) bool {
		r := &g.records[slot]
		if r.dead {
			return true
		}
		for i, in := range g.refs[r.in.from:r.in.to] {
			w.found(slot, i, of, in)
		}
		return true
	})
}

// living finds a record by its id.
func (g *Graph) living(id uint32, k kind) (uint32, bool) {
	slot, ok := g.slots[id]
	return slot, ok && !g.records[slot].dead && g.records[slot].kind == k
}

// sourceOf is the product version a copy is of, with the content it has as the
// product says.
func (g *Graph) sourceOf(r *record) uint32 {
	named := g.refs[r.in.from]
	if version, ok := g.versionOf(g.nodes[named].id, product, g.nodes[named].version); ok {
		return version
	}
	return named
}

// versionOf finds the node of a version of a product or resource.
func (g *Graph) versionOf(id uint32, k kind, version int64) (uint32, bool) {
	found, ok := none, false
	if slot, known := g.living(id, k); known {
		p := &g.records[slot]
		for _, no := range g.refs[p.out.from:p.out.to] {
			if g.nodes[no].version == version {
				found, ok = no, true
			}
		}
	}
	return found, ok
}

// forward finds what directly came of a node.
func (w *walk) forward(of uint32, n node) {
	w.uses(of, n.root)
	w.products(of, n)
	switch n.kind {
	case resource:
		w.leaves(of, n, permitByObject)
	case product:
		w.leaves(of, n, listingByProduct)
		w.copies(of, n, copyByProduct, 0)
		w.leaves(of, n, permitByObject)
	case copied:
		w.uses(of, n.id)
		w.copies(of, n, copyByParent, 1)
	}
}

// uses finds the lineage records that used a content, or a copy by its id.
func (w *walk) uses(of, name uint32) {
	g := w.g
	g.links[lineageByInput].of(name, func(slot uint32) bool {
		r := &g.records[slot]
		if r.dead || w.into == nil && !first(w.m.records, slot) {
			return true
		}
		for i, out := range g.refs[r.out.from:r.out.to] {
			w.found(slot, i, of, out)
		}
		return true
	})
}

// products finds the products that have a content, unless the walk is at them.
func (w *walk) products(of uint32, n node) {
	g := w.g
	g.links[productByRoot].of(n.root, func(slot uint32) bool {
		r := &g.records[slot]
		if r.dead || r.id == n.id {
			return true
		}
		for i, no := range g.refs[r.out.from:r.out.to] {
			if g.nodes[no].root == n.root {
				w.found(slot, i, of, no)
			}
		}
		return true
	})
}

func (w *walk) copies(of uint32, n node, f family, part int) {
	g := w.g
	g.links[f].of(n.id, func(slot uint32) bool {
		r := &g.records[slot]
		if r.dead || part >= r.in.len() || g.nodes[g.refs[int(r.in.from)+part]].id != n.id {
			return true
		}
		out := g.refs[r.out.from]
		if n.version != 0 && g.nodes[out].version != n.version {
			return true
		}
		w.found(slot, 0, of, out)
		return true
	})
}

// shows reports whether who asks may see a record, and counts what not.
func (w *walk) shows(slot uint32) bool {
	r := &w.g.records[slot]
	if w.sees == nil || r.kind != w.guarded {
		return true
	}
	see, err := w.sees(kindNames[r.kind], w.g.names.at(r.id))
	if w.err = err; err == nil && !see {
		w.withheld++
	}
	return see && err == nil
}

// leaves finds listings of a product's version and permits to use an object.
func (w *walk) leaves(of uint32, n node, f family) {
	g := w.g
	g.links[f].of(n.id, func(slot uint32) bool {
		r := &g.records[slot]
		if r.dead || w.err != nil {
			return w.err == nil
		}
		here := false
		for _, no := range g.refs[r.in.from:r.in.to] {
			in := g.nodes[no]
			here = here || in.id == n.id && (r.kind == permit || n.version == 0 || in.version == n.version)
		}
		if !here {
			return true
		}
		if !w.shows(slot) {
			return w.err == nil
		}
		w.found(slot, 0, of, noNode)
		return true
	})
}

// Reach counts the states of content a walk from s meets within a depth, s
// among them.
func (g *Graph) Reach(s State, d Direction, depth int) int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	w := walk{g: g, quiet: true}
	w.run(s, d, min(depth, MaxDepth))
	return w.met
}

// Item is one edge a walk found. Of is the node it was found at; To the state
// of content it leads to (none for listings and permits). Use is what an input
// was used under.
type Item struct {
	Depth   int
	Kind    rights.Kind
	ID      string
	State   rights.State
	Party   string
	Of, To  State
	Use     string
	Created index.Position
}

// Page is a part of a walk.
type Page struct {
	Items    []Item
	Withheld int
	Height   uint64
}

// Walk walks from s breadth first, as the records lead, and returns the items that
// window chooses of all n. sees may be nil; permits alone are asked for.
func (g *Graph) Walk(s State, d Direction, sees Sees, window func(n int) (from, to int, err error)) (Page, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	key := walkKey{g.stamp, d, s}
	done, cached := g.cache.get(key)
	if sees != nil || !cached {
		w := walk{g: g, sees: sees, guarded: permit}
		w.run(s, d, MaxDepth)
		if w.err != nil {
			return Page{}, w.err
		}
		done = &walked{w.steps, w.withheld}
		if sees == nil {
			g.cache.put(key, done)
		}
	}
	from, to, err := window(len(done.steps))
	if err != nil {
		return Page{}, err
	}
	p := Page{Items: make([]Item, 0, to-from), Withheld: done.withheld, Height: g.height}
	for _, st := range done.steps[from:to] {
		p.Items = append(p.Items, g.item(st, s, d))
	}
	return p, nil
}

func (g *Graph) item(st step, start State, d Direction) Item {
	r := &g.records[st.slot]
	it := Item{Depth: int(st.depth), Kind: kindNames[r.kind], ID: g.names.at(r.id), State: rights.State(g.names.at(r.state)), Party: g.names.at(r.party), Of: start, Created: r.created}
	if st.of != startNode {
		it.Of = g.stateOf(st.of)
	}
	part := int(st.part)
	switch {
	case d == Back && r.kind == copied:
		it.To = g.stateOf(g.sourceOf(r))
	case d == Back:
		it.To, it.Use = g.stateOf(g.refs[int(r.in.from)+part]), g.useOf(r, part)
	case r.kind == listing:
		it.To = State{Version: g.nodes[g.refs[r.in.from]].version}
	case r.kind != permit:
		it.To = g.stateOf(g.refs[int(r.out.from)+part])
	}
	return it
}

// walkCache keeps the last walks, for a walk's pages are asked for one by one.
type walkCache struct {
	mu   sync.Mutex // guards list
	list []cachedWalk
}

type walkKey struct {
	stamp uint64
	d     Direction
	s     State
}

type walked struct {
	steps    []step
	withheld int
}

type cachedWalk struct {
	key walkKey
	w   *walked
}

// Bounds of what is kept: 16 bytes a step.
const (
	keptWalks = 8
	keptSteps = 4 << 20
)

func (c *walkCache) get(k walkKey) (*walked, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, kept := range c.list {
		if kept.key == k {
			copy(c.list[1:i+1], c.list[:i])
			c.list[0] = kept
			return kept.w, true
		}
	}
	return nil, false
}

func (c *walkCache) put(k walkKey, w *walked) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []cachedWalk{{k, w}}
	total := len(w.steps)
	for _, kept := range c.list {
		if total += len(kept.w.steps); kept.key.stamp == k.stamp && kept.key != k && len(list) < keptWalks && total <= keptSteps {
			list = append(list, kept)
		}
	}
	c.list = list
}
