package lineage

import (
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// A view is the graph as people look at it: what is one content to the rules is
// one vertex here. An output that became a version of a product or resource is that
// version; a copy is itself however it is named; of several that have one content,
// the first on the chain stands for it and leads to the others.

// Vertex is one state of content, or a listing or permit. Depth is its distance
// from the start, below zero on the way back. BackBeyond and ForwardBeyond count
// the neighbours that are not in the view.
type Vertex struct {
	State
	Kind          rights.Kind // of its record; empty: none
	RecordState   rights.State
	Party         string
	Depth         int
	BackBeyond    int
	ForwardBeyond int
	Created       index.Position
}

// Edge leads from what was used to what came of it. Kind and ID are the record's
// that says so, empty where two have one content. Use names what it was done
// under; At is when.
type Edge struct {
	From, To int // of View.Vertices
	Kind     rights.Kind
	ID       string
	State    rights.State
	Op       string
	Party    string
	Use      string
	Profile  string
	At       int64
	Created  index.Position
}

// View is a part of the graph around a start, which is the first vertex.
type View struct {
	Vertices  []Vertex
	Edges     []Edge
	Truncated bool // there is more than was asked for
	Height    uint64
}

// Bounds of a view.
const (
	MaxVertices    = 100_000
	maxEdges       = 150_000
	edgesPerVertex = 8
)

// vertex is a node number, or a record's with the highest bit set.
type vertex uint32

const leaf vertex = 1 << 31

// View shows what lies within depth of s: what it was made of, what came of it, or
// both. Vertices are at most limit; edges join all that are shown.
func (g *Graph) View(s State, back, forward bool, depth, limit int, sees Sees) (*View, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	v := &viewing{g: g, at: map[vertex]int{}, limit: min(limit, MaxVertices), out: &View{Height: g.height}, sees: sees, hidden: map[vertex]bool{}}
	no, n, known := g.find(s)
	if !known {
		var slot uint32
		if slot, known = g.living(n.id, copied); known {
			no = g.refs[g.records[slot].out.from]
		}
	}
	if !known { // nothing in the lineage names it
		v.out.Vertices = []Vertex{{State: s}}
		return v.out, nil
	}
	start := g.canonical(no)
	v.add(start, 0)
	if back {
		v.walk(start, Back, depth)
	}
	if forward {
		v.walk(start, Forward, depth)
	}
	v.join()
	return v.out, v.err
}

type viewing struct {
	g      *Graph
	at     map[vertex]int // → place in order
	order  []vertex
	limit  int
	out    *View
	sees   Sees
	hidden map[vertex]bool // permits asked for → not to be seen
	err    error
}

func (v *viewing) add(x vertex, depth int) bool {
	if _, has := v.at[x]; has {
		return false
	}
	if len(v.order) >= v.limit {
		v.out.Truncated = true
		return false
	}
	v.at[x] = len(v.order)
	v.order = append(v.order, x)
	v.out.Vertices = append(v.out.Vertices, v.g.vertex(x, depth))
	return true
}

func (v *viewing) walk(start vertex, d Direction, depth int) {
	sign := 1
	if d == Back {
		sign = -1
	}
	level := []vertex{start}
	for i := 1; i <= depth && len(level) > 0; i++ {
		var below []vertex
		for _, x := range level {
			v.g.around(x, d, func(to vertex, _ uint32, _ int) {
				if v.shows(to) && v.add(to, sign*i) {
					below = append(below, to)
				}
			})
		}
		level = below
	}
}

// shows reports whether who asks may see a vertex.
func (v *viewing) shows(x vertex) bool {
	if v.sees == nil || x&leaf == 0 {
		return true
	}
	if hidden, asked := v.hidden[x]; asked {
		return !hidden
	}
	r := &v.g.records[x&^leaf]
	if r.kind != permit || v.err != nil {
		return true
	}
	see, err := v.sees(rights.KindPermit, v.g.names.at(r.id))
	v.err, v.hidden[x] = err, !see
	return see
}

// join adds the edges among all that is shown and counts what is not.
func (v *viewing) join() {
	beyond := map[vertex]struct{}{}
	most := min(edgesPerVertex*v.limit, maxEdges)
	for i, x := range v.order {
		for _, d := range []Direction{Back, Forward} {
			clear(beyond)
			v.g.around(x, d, func(to vertex, slot uint32, input int) {
				j, shown := v.at[to]
				switch {
				case !shown && v.shows(to):
					beyond[to] = struct{}{}
				case shown && d == Forward && len(v.out.Edges) >= most:
					v.out.Truncated = true
				case shown && d == Forward:
					v.out.Edges = append(v.out.Edges, v.g.edge(i, j, slot, input))
				}
			})
			if d == Back {
				v.out.Vertices[i].BackBeyond = len(beyond)
			} else {
				v.out.Vertices[i].ForwardBeyond = len(beyond)
			}
		}
		if len(beyond) > 0 || v.out.Vertices[i].BackBeyond > 0 {
			v.out.Truncated = true
		}
	}
}

func (g *Graph) vertex(x vertex, depth int) Vertex {
	out := Vertex{Depth: depth}
	slot, has := uint32(x&^leaf), x&leaf != 0
	if !has {
		n := g.nodes[x]
		out.State = g.stateOf(uint32(x))
		if name := typeNames[n.kind]; n.id != none && name != "" { // an id tells better than who named it
			out.Type = name
		}
		slot, has = g.slots[n.id]
		has = has && n.id != none
	}
	if has {
		r := &g.records[slot]
		out.Kind, out.ID, out.RecordState, out.Party, out.Created = kindNames[r.kind], g.names.at(r.id), rights.State(g.names.at(r.state)), g.names.at(r.party), r.created
		switch r.kind {
		case listing:
			out.Type = "Listing"
		case permit:
			out.Type = "Permit"
		}
	}
	return out
}

// same is the slot of an edge that no record makes: two have one content.
const same = ^uint32(0)

func (g *Graph) edge(from, to int, slot uint32, input int) Edge {
	e := Edge{From: from, To: to}
	if slot == same {
		return e
	}
	r := &g.records[slot]
	e.Kind, e.ID, e.State, e.Op, e.Party = kindNames[r.kind], g.names.at(r.id), rights.State(g.names.at(r.state)), g.names.at(r.op), g.names.at(r.party)
	e.Use, e.Profile, e.At, e.Created = g.useOf(r, input), g.names.at(r.profile), r.at, r.created
	return e
}

// self is the vertex of a node, whatever type it was named by.
func (g *Graph) self(no uint32) vertex { return vertex(g.nodes[no].is) }

// canonical is the vertex that stands for a node.
func (g *Graph) canonical(no uint32) vertex {
	n := g.nodes[no]
	switch {
	case n.kind == copied:
		if slot, ok := g.living(n.id, copied); ok {
			return g.self(g.refs[g.records[slot].out.from])
		}
	case n.id == none || n.kind == result || n.kind == model:
		if p, ok := g.primary(n.root); ok {
			return g.self(p)
		}
	case n.root == none:
		if version, ok := g.versionOf(n.id, n.kind, n.version); ok {
			return g.self(version)
		}
	}
	return g.self(no)
}

// primary is the first version on the chain that has a content.
func (g *Graph) primary(root uint32) (no uint32, ok bool) {
	var best index.Position
	for _, f := range []family{resourceByRoot, productByRoot} {
		g.links[f].of(root, func(slot uint32) bool {
			r := &g.records[slot]
			version, has := g.versionWith(r, root)
			if r.dead || !has {
				return true
			}
			if !ok || compare(r.created, best) < 0 {
				no, ok, best = version, true, r.created
			}
			return false // the others are younger
		})
	}
	return no, ok
}

func (g *Graph) versionWith(r *record, root uint32) (uint32, bool) {
	for _, no := range g.refs[r.out.from:r.out.to] {
		if g.nodes[no].root == root {
			return no, true
		}
	}
	return 0, false
}

// around visits the neighbours of a vertex, with the record and the input of it
// that make the edge.
func (g *Graph) around(x vertex, d Direction, visit func(to vertex, slot uint32, input int)) {
	if x&leaf != 0 {
		return
	}
	n := g.nodes[x]
	if d == Back {
		g.sources(x, n, visit)
		return
	}
	g.products(x, n, visit)
}

func (g *Graph) sources(x vertex, n node, visit func(to vertex, slot uint32, input int)) {
	if n.kind == copied {
		slot, ok := g.living(n.id, copied)
		if !ok {
			return
		}
		r := &g.records[slot]
		if r.in.len() > 1 {
			visit(g.canonical(g.refs[r.in.from+1]), slot, 1)
		} else {
			visit(g.self(g.sourceOf(r)), slot, 0)
		}
		return
	}
	if p, ok := g.primary(n.root); ok && g.self(p) != x {
		visit(g.self(p), same, 0)
		return
	}
	g.links[lineageByOutput].of(n.root, func(slot uint32) bool {
		r := &g.records[slot]
		if r.dead {
			return true
		}
		for _, out := range g.refs[r.out.from:r.out.to] {
			if g.canonical(out) == x {
				for i, in := range g.refs[r.in.from:r.in.to] {
					visit(g.canonical(in), slot, i)
				}
			}
		}
		return true
	})
}

func (g *Graph) products(x vertex, n node, visit func(to vertex, slot uint32, input int)) {
	used := n.root
	if n.kind == copied {
		used = n.id
	}
	g.links[lineageByInput].of(used, func(slot uint32) bool {
		r := &g.records[slot]
		if r.dead {
			return true
		}
		for i, in := range g.refs[r.in.from:r.in.to] {
			if g.canonical(in) == x {
				for _, out := range g.refs[r.out.from:r.out.to] {
					visit(g.canonical(out), slot, i)
				}
			}
		}
		return true
	})
	if n.kind != copied {
		if p, ok := g.primary(n.root); ok && g.self(p) == x {
			g.others(x, n.root, visit)
		}
	}
	of := func(f family, fits func(r *record) (part int, ok bool), to func(slot uint32, r *record) vertex) {
		g.links[f].of(n.id, func(slot uint32) bool {
			if r := &g.records[slot]; !r.dead {
				if part, ok := fits(r); ok {
					visit(to(slot, r), slot, part)
				}
			}
			return true
		})
	}
	delivered := func(_ uint32, r *record) vertex { return g.self(g.refs[r.out.from]) }
	alone := func(slot uint32, _ *record) vertex { return vertex(slot) | leaf }
	names := func(r *record) (int, bool) {
		for i, no := range g.refs[r.in.from:r.in.to] {
			if g.nodes[no].id == n.id {
				return i, true
			}
		}
		return 0, false
	}
	ofVersion := func(r *record) (int, bool) {
		in := g.nodes[g.refs[r.in.from]]
		return 0, in.id == n.id && in.version == n.version
	}
	switch n.kind {
	case product:
		of(listingByProduct, ofVersion, alone)
		of(copyByProduct, func(r *record) (int, bool) {
			_, ok := ofVersion(r)
			return 0, ok && r.in.len() == 1
		}, delivered)
		of(permitByObject, names, alone)
	case resource:
		of(permitByObject, names, alone)
	case copied:
		of(copyByParent, func(r *record) (int, bool) {
			return 1, r.in.len() > 1 && g.nodes[g.refs[r.in.from+1]].id == n.id
		}, delivered)
	}
}

// others visits the other versions that have a content.
func (g *Graph) others(x vertex, root uint32, visit func(to vertex, slot uint32, input int)) {
	for _, f := range []family{resourceByRoot, productByRoot} {
		g.links[f].of(root, func(slot uint32) bool {
			r := &g.records[slot]
			if r.dead {
				return true
			}
			for _, no := range g.refs[r.out.from:r.out.to] {
				if g.nodes[no].root == root && g.self(no) != x {
					visit(g.self(no), same, 0)
				}
			}
			return true
		})
	}
}
