// Package lineage keeps the whole lineage of a market in memory: which content
// was made of which, delivered to whom, listed and permitted (3.12 and 4.5 of the
// rules). The graph is a pure function of the index's records; it can be thrown
// away and read again. Walking it touches no record.
//
// A node is one state of content: an id, a version and a content root, of which a
// result that is no record yet has the root alone. Records join nodes: a lineage
// record its inputs to its outputs, a copy its product's version to what was
// handed over. Records are found by what they name, as the index finds them; nodes
// and records are numbers, and the records that name one thing lie side by side
// (compressed sparse rows) with a small overlay for what came since.
package lineage

import (
	"cmp"
	"strings"
	"sync"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// Kinds are the kinds of records the graph is made of.
var Kinds = []rights.Kind{rights.KindResource, rights.KindProduct, rights.KindLineage, rights.KindCopy, rights.KindListing, rights.KindPermit}

// State is one state of content. Version and ContentRoot are zero where the
// record that names it has none.
type State struct {
	Type        string // Resource, Product, Copy, Model, Result
	ID          string
	Version     int64
	ContentRoot string
}

// Graph is the lineage of a market. Its methods may be used from any goroutine:
// Run alone writes, and questions wait for one block's records at most.
type Graph struct {
	mu      sync.RWMutex // guards all that follows
	names   *names       // content roots and ids
	nodes   []node
	first   []uint32            // of a node the first of its identity: nodes[i].is, side by side
	nodeNo  map[identity]uint32 // → the first node of it
	named   map[alias]uint32    // nodes that a later record calls by another type
	records []record            // never removed, so that their numbers stay; dead ones are skipped
	slots   map[uint32]uint32
	refs    []uint32 // node numbers; spans of it belong to records
	uses    []uint32 // names of permissions, beside the inputs in refs
	links   [families]adjacency
	hops    [2]hops  // by Direction
	touched []uint64 // names whose nodes' hops changed since they were laid out, a bit each
	stale   bool     // there are some
	height  uint64   // blocks of which every record is in the graph
	grown   chan struct{}
	stamp   uint64 // grows with every change

	cache walkCache
	pool  sync.Pool // of *marks
}

// identity is what a state of content is, by numbers. What type a record says it
// has plays no part.
type identity struct {
	id, root uint32
	version  int64
}

// node is a State as records name it. kind is told by the id's prefix.
type node struct {
	identity
	is   uint32 // the first node of this identity
	kind kind
	as   kind // the type it was named by
}

// alias is an identity by another type.
type alias struct {
	is uint32
	as kind
}

// kind is a short name of a rights.Kind, or of content that has no record.
type kind uint8

const (
	noKind kind = iota
	resource
	product
	lineage
	copied
	listing
	permit
	model
	result
)

var kindNames = [...]rights.Kind{resource: rights.KindResource, product: rights.KindProduct, lineage: rights.KindLineage, copied: rights.KindCopy, listing: rights.KindListing, permit: rights.KindPermit}

var typeNames = [...]string{resource: "Resource", product: "Product", copied: "Copy", model: "Model", result: "Result"}

func kindOf(k rights.Kind) kind {
	for i, name := range kindNames {
		if name == k && i > 0 {
			return kind(i)
		}
	}
	return noKind
}

// record is what the graph knows of one record.
type record struct {
	kind                kind
	dead                bool
	id, party           uint32
	state, profile, op  uint32
	at                  int64 // a lineage record's work began, anything else was created
	created             index.Position
	in, out             span   // of refs
	use                 uint32 // begins the names of in's permissions in uses
	access, substantive bool
}

type span struct{ from, to uint32 }

func (s span) len() int { return int(s.to - s.from) }

// none is no name; names[0] is the empty string.
const none uint32 = 0

// New makes an empty graph; Run fills it.
func New() *Graph {
	g := &Graph{names: newNames(), nodeNo: map[identity]uint32{}, named: map[alias]uint32{}, slots: map[uint32]uint32{}, grown: make(chan struct{})}
	g.name("")
	g.pool.New = func() any { return new(marks) }
	return g
}

// name numbers a string.
func (g *Graph) name(s string) uint32 { return g.names.add(s) }

// node numbers a state of content.
func (g *Graph) node(s State) uint32 {
	n := node{identity: identity{g.name(s.ID), g.name(s.ContentRoot), s.Version}, kind: kindOfState(s), as: typeOf(s.Type), is: uint32(len(g.nodes))}
	if is, ok := g.nodeNo[n.identity]; ok {
		if g.nodes[is].as == n.as {
			return is
		}
		if no, ok := g.named[alias{is, n.as}]; ok {
			return no
		}
		n.is = is
		g.named[alias{is, n.as}] = uint32(len(g.nodes))
	} else {
		g.nodeNo[n.identity] = n.is
	}
	g.nodes, g.first = append(g.nodes, n), append(g.first, n.is)
	return uint32(len(g.nodes) - 1)
}

func typeOf(name string) kind {
	for i, t := range typeNames {
		if name != "" && t == name {
			return kind(i)
		}
	}
	return noKind
}

// kindOfState: an id tells better than a type what has it.
func kindOfState(s State) kind {
	prefix, _, _ := strings.Cut(s.ID, "-")
	switch k := kindOf(rights.Kind(prefix)); {
	case k == resource || k == product || k == copied:
		return k
	case s.Type == "Model":
		return model
	}
	return result
}

// State tells what a node is.
func (g *Graph) stateOf(no uint32) State {
	n := g.nodes[no]
	return State{Type: typeNames[n.as], ID: g.names.at(n.id), Version: n.version, ContentRoot: g.names.at(n.root)}
}

// find looks a state up without making it.
func (g *Graph) find(s State) (no uint32, n node, known bool) {
	id, okID := g.names.find(s.ID)
	root, okRoot := g.names.find(s.ContentRoot)
	n = node{identity: identity{id, root, s.Version}}
	no, known = g.nodeNo[n.identity]
	if !okID {
		n.id = unknown
	}
	if !okRoot {
		n.root = unknown
	}
	n.kind = kindOfState(s)
	return no, n, known && okID && okRoot
}

// unknown is a name nothing in the graph has.
const unknown = ^uint32(0)

// Size tells how much the graph holds.
type Size struct {
	Height  uint64
	Nodes   int
	Records int
	Edges   int // from a record to a state of content it names
}

// Size counts.
func (g *Graph) Size() Size {
	g.mu.RLock()
	defer g.mu.RUnlock()
	s := Size{Height: g.height, Nodes: len(g.nodes)}
	for i := range g.records {
		if r := &g.records[i]; !r.dead {
			s.Records++
			s.Edges += r.in.len() + r.out.len()
		}
	}
	return s
}

// compare orders records as the chain does.
func compare(a, b index.Position) int {
	return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(a.Tx, b.Tx), cmp.Compare(a.N, b.N))
}
