package api

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// descendant is something that came of content: a lineage record's output, a
// product made or listed of it, a copy of it, a permit to use it.
type descendant struct {
	Depth       int          `json:"depth"`
	Kind        rights.Kind  `json:"kind"`
	ID          string       `json:"id"`
	State       rights.State `json:"state,omitempty"`
	Version     int64        `json:"version,omitempty"`
	ContentRoot string       `json:"contentRoot,omitempty"`
	PartyID     string       `json:"partyId,omitempty"` // who holds, offers, operates or may use it
	Of          traceNode    `json:"of"`
	Block       uint64       `json:"block"`
	Tx          int          `json:"tx"`
}

// traceForward answers GET /v1/trace/forward?object=&version=: all that
// descends from a version.
func (s *server) traceForward(c *gin.Context) {
	traceOf(s, c, tracing(objectParam, versionParam), "object", (*trace).forward, (*overGraph).forward)
}

// forward walks what descends record by record.
func (t *trace) forward(q map[string]string) ([]descendant, error) {
	start, err := t.start(q["object"], q["version"])
	if err != nil {
		return nil, err
	}
	var all []descendant
	t.first(start)
	for level, depth := []traceNode{start}, 1; len(level) > 0 && depth <= maxTraceDepth; depth++ {
		var below []traceNode
		for _, n := range level {
			f := forward{trace: t, of: n, depth: depth}
			if err := f.all(); err != nil {
				return nil, err
			}
			all = append(all, f.found...)
			for _, next := range f.next {
				if t.first(next) {
					below = append(below, next)
				}
			}
		}
		level = below
	}
	return all, nil
}

// forward is one step of a trace forward.
type forward struct {
	*trace
	of    traceNode
	depth int
	found []descendant
	next  []traceNode
}

// all finds everything that directly comes of a node.
func (f *forward) all() error {
	id, root := f.of.ID, f.of.ContentRoot
	steps := []func() error{
		func() error { return f.lineage(root) },
		func() error { return f.products(root) },
	}
	switch {
	case isOf(id, rights.KindResource):
		steps = append(steps, func() error { return f.permits(id) })
	case isOf(id, rights.KindProduct):
		steps = append(steps, func() error { return f.listings(id) }, func() error { return f.copies("productId", id) }, func() error { return f.permits(id) })
	case isOf(id, rights.KindCopy):
		steps = append(steps, func() error { return f.lineage(id) }, func() error { return f.copies("parentCopyId", id) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// add notes a descendant the reader may see, and reports whether the walk goes
// on there.
func (f *forward) add(e index.Entry, d descendant) (bool, error) {
	see, err := f.sees(e.Kind, e.JSON)
	if err != nil {
		return false, err
	}
	if see == seeNothing {
		f.withheld++
		return false, nil
	}
	d.Depth, d.Kind, d.ID, d.Of, d.Block, d.Tx = f.depth, e.Kind, e.ID, f.of, e.Created.Block, e.Created.Tx
	f.found = append(f.found, d)
	return true, nil
}

func (f *forward) lineage(input string) error {
	return f.each(rights.KindLineage, "input", input, func(e index.Entry) error {
		if !f.first(traceNode{ID: e.ID}) { // by the root, and by the id of what has it
			return nil
		}
		l, err := decodeEntry[rights.Lineage](e)
		if err != nil {
			return err
		}
		see, err := f.sees(e.Kind, e.JSON)
		if err != nil {
			return err
		}
		if see != seeFull { // that it used this input is for those who see the record
			f.withheld++
			return nil
		}
		for _, o := range l.Outputs {
			d := descendant{State: l.State, Version: o.Version, ContentRoot: o.ContentRoot, PartyID: l.OperatorID}
			if on, err := f.add(e, d); err != nil || !on {
				return err
			}
			f.next = append(f.next, traceNode{Type: o.Type, ID: o.ID, Version: o.Version, ContentRoot: o.ContentRoot})
		}
		return nil
	})
}

// products finds the products that have this content as a version, unless they
// are what the walk is at.
func (f *forward) products(root string) error {
	return f.each(rights.KindProduct, "contentRoot", root, func(e index.Entry) error {
		if e.ID == f.of.ID {
			return nil
		}
		p, err := decodeEntry[rights.Product](e)
		if err != nil {
			return err
		}
		for _, v := range p.Versions {
			if v.ContentRoot != root {
				continue
			}
			if on, err := f.add(e, descendant{State: p.State, Version: v.No, ContentRoot: root, PartyID: p.OwnerID}); err != nil || !on {
				return err
			}
			f.next = append(f.next, traceNode{Type: "Product", ID: p.ID, Version: v.No, ContentRoot: root})
		}
		return nil
	})
}

func (f *forward) copies(field, id string) error {
	return f.each(rights.KindCopy, field, id, func(e index.Entry) error {
		c, err := decodeEntry[rights.Copy](e)
		if err != nil {
			return err
		}
		if f.of.Version != 0 && c.Version != f.of.Version {
			return nil
		}
		if on, err := f.add(e, descendant{State: c.State, Version: c.Version, ContentRoot: c.ContentRoot, PartyID: c.HolderID}); err != nil || !on {
			return err
		}
		f.next = append(f.next, traceNode{Type: "Copy", ID: c.ID, Version: c.Version, ContentRoot: c.ContentRoot})
		return nil
	})
}

func (f *forward) listings(id string) error {
	return f.each(rights.KindListing, "productId", id, func(e index.Entry) error {
		l, err := decodeEntry[rights.Listing](e)
		if err != nil {
			return err
		}
		if f.of.Version != 0 && l.ProductVersion != f.of.Version {
			return nil
		}
		_, err = f.add(e, descendant{State: l.State, Version: l.ProductVersion, PartyID: l.SellerID})
		return err
	})
}

func (f *forward) permits(id string) error {
	return f.each(rights.KindPermit, "objectId", id, func(e index.Entry) error {
		p, err := decodeEntry[rights.Permit](e)
		if err != nil {
			return err
		}
		_, err = f.add(e, descendant{State: p.State, PartyID: p.PermitteeID})
		return err
	})
}

// isOf reports whether an id is of a kind.
func isOf(id string, kind rights.Kind) bool { return strings.HasPrefix(id, string(kind)+"-") }
