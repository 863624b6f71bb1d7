package api

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// backEdge leads from content to what it was made of: by a lineage record, or
// from a copy to the product version it is of.
type backEdge struct {
	Depth       int          `json:"depth"`
	Output      traceNode    `json:"output"`
	Input       *traceNode   `json:"input"` // null: withheld
	LineageID   string       `json:"lineageId,omitempty"`
	State       rights.State `json:"state,omitempty"` // of the lineage record or copy
	Op          string       `json:"op,omitempty"`
	Substantive bool         `json:"substantive"`
	OperatorID  string       `json:"operatorId,omitempty"`
	Env         string       `json:"env,omitempty"`
	DeliveryID  string       `json:"deliveryId,omitempty"`
	Permission  *usedUnder   `json:"permission,omitempty"`
	Block       uint64       `json:"block"`
	Tx          int          `json:"tx"`
}

// usedUnder is what an input was used under, as it stood when the work
// began.
type usedUnder struct {
	Ref       string    `json:"ref"`
	Effective effective `json:"effective"`
}

// traceBack answers GET /v1/trace/back?object=&version=: the lineage closure
// down to the sources.
func (s *server) traceBack(c *gin.Context) {
	traceOf(s, c, tracing(objectParam, versionParam), "object", (*trace).back, (*overGraph).back)
}

// back walks the closure record by record.
func (t *trace) back(q map[string]string) ([]backEdge, error) {
	start, err := t.start(q["object"], q["version"])
	if err != nil {
		return nil, err
	}
	var edges []backEdge
	t.first(start)
	for level, depth := []traceNode{start}, 1; len(level) > 0 && depth <= maxTraceDepth; depth++ {
		var below []traceNode
		for _, n := range level {
			found, err := t.inputsOf(n, depth)
			if err != nil {
				return nil, err
			}
			for _, e := range found {
				edges = append(edges, e)
				if e.Input != nil && t.first(*e.Input) {
					below = append(below, *e.Input)
				}
			}
		}
		level = below
	}
	return edges, nil
}

// inputsOf finds the edges that leave a node.
func (t *trace) inputsOf(n traceNode, depth int) ([]backEdge, error) {
	var edges []backEdge
	if isOf(n.ID, rights.KindCopy) {
		e, err := t.copyEdge(n, depth)
		if err != nil {
			return nil, err
		}
		if e != nil {
			edges = append(edges, *e)
		}
	}
	err := t.each(rights.KindLineage, "output", n.ContentRoot, func(e index.Entry) error {
		if !t.first(traceNode{ID: e.ID, ContentRoot: n.ContentRoot}) { // a product and what it was made as have one root
			return nil
		}
		l, err := decodeEntry[rights.Lineage](e)
		if err != nil {
			return err
		}
		edge := backEdge{Depth: depth, Output: n, LineageID: l.ID, State: l.State, Op: l.Op, Substantive: l.Substantive, Env: l.Env, Block: e.Created.Block, Tx: e.Created.Tx}
		see, err := t.sees(rights.KindLineage, e.JSON)
		if err != nil {
			return err
		}
		if see != seeFull {
			t.withheld += len(l.Inputs)
			edges = append(edges, edge)
			return nil
		}
		edge.OperatorID = l.OperatorID
		for _, in := range l.Inputs {
			edge := edge
			edge.Input = &traceNode{Type: in.Type, ID: in.ID, Version: in.Version, ContentRoot: in.ContentRoot}
			if in.PermissionRef != "" {
				eff, err := t.s.effectiveThen(in.PermissionRef, l, e.Created)
				if err != nil {
					return err
				}
				edge.Permission = &usedUnder{in.PermissionRef, eff}
			}
			edges = append(edges, edge)
		}
		return nil
	})
	return edges, err
}

// copyEdge leads from a copy to the product version it was delivered of.
func (t *trace) copyEdge(n traceNode, depth int) (*backEdge, error) {
	e, err := t.s.read.Get(rights.KindCopy, n.ID)
	if errors.Is(err, index.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := decodeEntry[rights.Copy](e)
	if err != nil {
		return nil, err
	}
	source := traceNode{Type: "Product", ID: c.ProductID, Version: c.Version}
	var p rights.Product
	if _, err := t.s.Find(rights.KindProduct, c.ProductID, &p); err != nil {
		return nil, err
	}
	for _, v := range p.Versions {
		if v.No == c.Version {
			source.ContentRoot = v.ContentRoot
		}
	}
	return &backEdge{Depth: depth, Output: n, Input: &source, State: c.State, DeliveryID: c.DeliveryID, Block: e.Created.Block, Tx: e.Created.Tx}, nil
}

// effectiveThen tells whether a permission was effective when a lineage record's
// work began, by the records as they stood when the ledger took the record.
func (s *server) effectiveThen(ref string, l *rights.Lineage, at index.Position) (effective, error) {
	depth, err := s.basisDepth(l.RuleProfileVer)
	if err != nil {
		return effective{}, err
	}
	return effectOf(asOf{s: s, until: notAfter(at)}, ref, l.StartedAt, depth)
}

// effectOf is the predicate of a reference in words.
func effectOf(find rights.Finder, ref string, at rights.UnixSec, depth int64) (effective, error) {
	why, err := rights.EffectiveRef(find, ref, at, depth)
	if err != nil {
		return effective{}, err
	}
	eff := effective{Now: why == nil}
	if why != nil {
		eff.Reason, eff.ReasonZh = why.Detail, why.DetailZh
	}
	return eff, nil
}

// asOf finds records as they were once; pointers, which keep no history, as
// they are.
type asOf struct {
	s     *server
	until func(index.Revision) bool
	known map[rights.RecordRef][]index.Revision // histories read so far; nil: none is kept
}

// notAfter are the revisions up to a position.
func notAfter(at index.Position) func(index.Revision) bool {
	return func(r index.Revision) bool { return !after(r.Position, at) }
}

// Find is Finder's.
func (a asOf) Find(kind rights.Kind, id string, v any) (bool, error) {
	if kind[0] == 'x' {
		return a.s.Find(kind, id, v)
	}
	revisions, err := a.history(kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for i := len(revisions) - 1; i >= 0; i-- {
		if a.until(revisions[i]) {
			_, err := decodeInto(kind, id, revisions[i].JSON, v)
			return err == nil, err
		}
	}
	return false, nil
}

func (a asOf) history(kind rights.Kind, id string) ([]index.Revision, error) {
	key := rights.RecordRef{Kind: kind, ID: id}
	if revisions, kept := a.known[key]; kept {
		return revisions, nil
	}
	revisions, err := a.s.read.History(kind, id)
	if err == nil && a.known != nil {
		a.known[key] = revisions
	}
	return revisions, err
}

// after orders positions on the chain.
func after(a, b index.Position) bool {
	switch {
	case a.Block != b.Block:
		return a.Block > b.Block
	case a.Tx != b.Tx:
		return a.Tx > b.Tx
	}
	return a.N > b.N
}
