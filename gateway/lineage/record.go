package lineage

import (
	"encoding/json"
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// facts are what the graph takes from a record.
type facts struct {
	head    rights.Head
	party   string // who operates, holds, owns, offers or may use it
	at      int64
	in, out []State
	use     []string // what each of in was used under
	access  bool     // a copy of which nothing was handed over
	op      string
	subst   bool
}

// read takes from a record what the graph is made of.
func read(e index.Entry) (*facts, error) {
	var f facts
	var err error
	decode := func(v any) bool {
		err = json.Unmarshal(e.JSON, v)
		return err == nil
	}
	switch e.Kind {
	case rights.KindLineage:
		var l rights.Lineage
		if decode(&l) {
			f.head, f.party, f.at, f.op, f.subst = l.Head, l.OperatorID, l.StartedAt, l.Op, l.Substantive
			for _, i := range l.Inputs {
				f.in = append(f.in, State{i.Type, i.ID, i.Version, i.ContentRoot})
				f.use = append(f.use, i.PermissionRef)
			}
			for _, o := range l.Outputs {
				f.out = append(f.out, State{o.Type, o.ID, o.Version, o.ContentRoot})
			}
		}
	case rights.KindProduct:
		var p rights.Product
		if decode(&p) {
			f.head, f.party, f.at = p.Head, p.OwnerID, p.CreatedAt
			for _, v := range p.Versions {
				f.out = append(f.out, State{"Product", e.ID, v.No, v.ContentRoot})
			}
		}
	case rights.KindResource:
		var r rights.Resource
		if decode(&r) {
			f.head, f.party, f.at = r.Head, r.HolderID, r.CreatedAt
			for _, v := range r.Versions {
				f.out = append(f.out, State{"Resource", e.ID, v.No, v.ContentRoot})
			}
		}
	case rights.KindCopy:
		var c rights.Copy
		if decode(&c) {
			f.head, f.party, f.at, f.access = c.Head, c.HolderID, c.CreatedAt, c.ContentRoot == ""
			f.in, f.use = []State{{"Product", c.ProductID, c.Version, ""}}, []string{c.TradeID}
			if c.ParentCopyID != "" {
				f.in, f.use = append(f.in, State{"Copy", c.ParentCopyID, 0, ""}), append(f.use, c.ParentCopyID)
			}
			f.out = []State{{"Copy", e.ID, c.Version, c.ContentRoot}}
		}
	case rights.KindListing:
		var l rights.Listing
		if decode(&l) {
			f.head, f.party, f.at = l.Head, l.SellerID, l.CreatedAt
			f.in, f.use = []State{{"Product", l.ProductID, l.ProductVersion, ""}}, []string{l.RightID}
		}
	case rights.KindPermit:
		var p rights.Permit
		if decode(&p) {
			f.head, f.party, f.at = p.Head, p.PermitteeID, p.CreatedAt
			for _, id := range p.Scope.ObjectIDs {
				f.in, f.use = append(f.in, State{"", id, 0, ""}), append(f.use, p.BasisID)
			}
		}
	default:
		return nil, fmt.Errorf("%s is no kind of lineage", e.Kind)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't decode %s %s: %w", e.Kind, e.ID, err)
	}
	return &f, nil
}

// put takes in a record as it is now. Records come in the order they were
// created; those known already are changed in place. Links are the caller's to
// lay out when lay is false.
func (g *Graph) put(e index.Entry, link bool) error {
	f, err := read(e)
	if err != nil {
		return err
	}
	id := g.name(e.ID)
	slot, known := g.slots[id]
	if known && g.records[slot].created != e.Created { // gone, and there again
		g.touch(slot)
		g.records[slot].dead, known = true, false
	}
	if !known {
		slot = uint32(len(g.records))
		g.slots[id] = slot
		g.records = append(g.records, record{kind: kindOf(e.Kind), id: id, created: e.Created})
	}
	r := &g.records[slot]
	r.dead = false
	r.party, r.state, r.profile = g.name(f.party), g.name(string(f.head.State)), g.name(f.head.RuleProfileVer)
	r.op, r.at, r.access, r.substantive = g.name(f.op), f.at, f.access, f.subst
	if known && g.same(r.in, f.in) && g.same(r.out, f.out) {
		for i, ref := range f.use {
			g.uses[r.use+uint32(i)] = g.name(ref)
		}
		return nil
	}
	if known && link {
		g.touch(slot) // where it was found so far
	}
	r.in, r.out = g.span(f.in), g.span(f.out)
	r.use = uint32(len(g.uses))
	for _, ref := range f.use {
		g.uses = append(g.uses, g.name(ref))
	}
	if link {
		g.linksOf(slot, func(f family, name, slot uint32) { g.links[f].add(name, slot) })
		g.touch(slot)
	}
	return nil
}

func (g *Graph) span(states []State) span {
	s := span{from: uint32(len(g.refs))}
	for _, st := range states {
		g.refs = append(g.refs, g.node(st))
	}
	s.to = uint32(len(g.refs))
	return s
}

func (g *Graph) same(s span, states []State) bool {
	if s.len() != len(states) {
		return false
	}
	for i, st := range states {
		no, _, known := g.find(st)
		if have := g.nodes[g.refs[int(s.from)+i]]; !known || have.is != no || have.as != typeOf(st.Type) {
			return false
		}
	}
	return true
}

// drop takes out a record that is no more.
func (g *Graph) drop(id string) {
	if no, ok := g.names.find(id); ok {
		if slot, ok := g.slots[no]; ok {
			g.touch(slot)
			g.records[slot].dead = true
		}
	}
}

// use is what an input was used under, "" for nothing.
func (g *Graph) useOf(r *record, input int) string { return g.names.at(g.uses[int(r.use)+input]) }
