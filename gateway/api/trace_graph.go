package api

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/lineage"
)

// graphPatience is how long a trace waits for the graph to have what the index
// has; after that it is walked record by record.
const graphPatience = time.Second

// graphFor is the graph a reader's traces go over. It has all that the
// index had when the question came. nil: there is none, it is behind, or the
// reader may not see every record of lineage.
func (s *server) graphFor(c *gin.Context) *lineage.Graph {
	g := s.opts.Lineage
	if g == nil || !office(reader(c)) || g.Height() == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), graphPatience)
	defer cancel()
	if err := g.Wait(ctx, s.read.Status().Height); err != nil {
		s.log.Warn("the lineage graph is behind; tracing record by record", "graph", g.Height(), "index", s.read.Status().Height)
		return nil
	}
	return g
}

// overGraph is a trace over the graph: records are read for its page alone.
type overGraph struct {
	*trace
	g    *lineage.Graph
	q    map[string]string
	next string
}

// window chooses the page of n items.
func (o *overGraph) window(n int) (from, to int, err error) {
	from, to, o.next, err = window(o.q, n)
	return from, to, err
}

// permits tells whether the reader may see a permit; nil where all are his.
func (t *trace) permits() lineage.Sees {
	if slices.Contains(t.who.Roles, rights.RoleRegulator) {
		return nil
	}
	return func(kind rights.Kind, id string) (bool, error) {
		e, err := t.s.read.Get(kind, id)
		if err != nil {
			return false, err
		}
		see, err := t.sees(kind, e.JSON)
		return see != seeNothing, err
	}
}

// walk is one page of a walk from what q names.
func (o *overGraph) walk(d lineage.Direction) ([]lineage.Item, error) {
	start, err := o.start(o.q["object"], o.q["version"])
	if err != nil {
		return nil, err
	}
	page, err := o.g.Walk(lineage.State(start), d, o.permits(), o.window)
	o.withheld = page.Withheld
	return page.Items, err
}

func (o *overGraph) back(map[string]string) ([]backEdge, error) {
	items, err := o.walk(lineage.Back)
	if err != nil {
		return nil, err
	}
	edges := make([]backEdge, 0, len(items))
	var l *rights.Lineage // of the item before: a record's inputs lie side by side
	for _, it := range items {
		input := traceNode(it.To)
		edge := backEdge{Depth: it.Depth, Output: traceNode(it.Of), Input: &input, Block: it.Created.Block, Tx: it.Created.Tx}
		if it.Kind == rights.KindCopy {
			e, err := o.s.read.Get(it.Kind, it.ID)
			if err != nil {
				return nil, err
			}
			c, err := decodeEntry[rights.Copy](e)
			if err != nil {
				return nil, err
			}
			edge.State, edge.DeliveryID = c.State, c.DeliveryID
			edges = append(edges, edge)
			continue
		}
		if l == nil || l.ID != it.ID {
			e, err := o.s.read.Get(it.Kind, it.ID)
			if err != nil {
				return nil, err
			}
			if l, err = decodeEntry[rights.Lineage](e); err != nil {
				return nil, err
			}
		}
		edge.LineageID, edge.State, edge.Op, edge.Substantive, edge.Env, edge.OperatorID = l.ID, l.State, l.Op, l.Substantive, l.Env, l.OperatorID
		if it.Use != "" {
			eff, err := o.s.effectiveThen(it.Use, l, it.Created)
			if err != nil {
				return nil, err
			}
			edge.Permission = &usedUnder{it.Use, eff}
		}
		edges = append(edges, edge)
	}
	return edges, nil
}

func (o *overGraph) forward(map[string]string) ([]descendant, error) {
	items, err := o.walk(lineage.Forward)
	if err != nil {
		return nil, err
	}
	all := make([]descendant, 0, len(items))
	for _, it := range items {
		all = append(all, descendant{Depth: it.Depth, Kind: it.Kind, ID: it.ID, State: it.State, Version: it.To.Version, ContentRoot: it.To.ContentRoot,
			PartyID: it.Party, Of: traceNode(it.Of), Block: it.Created.Block, Tx: it.Created.Tx})
	}
	return all, nil
}

func (o *overGraph) recipients(q map[string]string) ([]recipient, error) {
	start, err := o.start(q["product"], q["version"])
	if err != nil {
		return nil, err
	}
	version := start.Version
	if q["version"] == "" {
		version = 0
	}
	ids, err := o.g.Copies(q["product"], version, o.window)
	if err != nil {
		return nil, err
	}
	all := make([]recipient, 0, len(ids))
	for _, id := range ids {
		e, err := o.s.read.Get(rights.KindCopy, id)
		if err != nil {
			return nil, err
		}
		c, err := decodeEntry[rights.Copy](e)
		if err != nil {
			return nil, err
		}
		all = append(all, received(e, c))
	}
	return all, nil
}

// graphAnswer is a part of the graph around an object, its first node.
type graphAnswer struct {
	Height    uint64      `json:"height"` // blocks whose lineage is in it
	Nodes     []graphNode `json:"nodes"`
	Edges     []graphEdge `json:"edges"`
	Truncated bool        `json:"truncated"` // there is more than is shown
}

// graphNode is a state of content, or a listing or permit.
type graphNode struct {
	Type        string       `json:"type"`
	ID          string       `json:"id,omitempty"`
	Version     int64        `json:"version,omitempty"`
	ContentRoot string       `json:"contentRoot,omitempty"`
	State       rights.State `json:"state,omitempty"` // of its record
	PartyID     string       `json:"partyId,omitempty"`
	Depth       int          `json:"depth"` // from the object: below zero on the way back
	Back        int          `json:"back,omitempty"`
	Forward     int          `json:"forward,omitempty"` // neighbours that are not shown
	Block       uint64       `json:"block,omitempty"`
}

// graphEdge leads from what was used to what came of it.
type graphEdge struct {
	From       int          `json:"from"` // of nodes
	To         int          `json:"to"`
	Kind       rights.Kind  `json:"kind,omitempty"` // of the record that says so; absent: both have one content
	ID         string       `json:"id,omitempty"`
	State      rights.State `json:"state,omitempty"`
	Op         string       `json:"op,omitempty"`
	PartyID    string       `json:"partyId,omitempty"`
	Permission permitted    `json:"permission"`
	Ref        string       `json:"ref,omitempty"` // what it was done under
	Reason     string       `json:"reason,omitempty"`
	ReasonZh   string       `json:"reasonZh,omitempty"`
	At         int64        `json:"at,omitempty"`
	Block      uint64       `json:"block,omitempty"`
}

// permitted says whether what an edge stands for was allowed when it was done.
type permitted string

const (
	wasAllowed   permitted = "allowed"
	wasDenied    permitted = "denied"
	noneRecorded permitted = "none"
)

// Bounds of a graph's answer.
const (
	defaultGraphNodes = 500
	defaultGraphDepth = 3
)

func wholeNumber(most int) func(string) bool {
	return func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= 1 && n <= most && v[0] != '+'
	}
}

// traceGraph answers GET /v1/trace/graph?object=&version=&direction=&depth=&limit=:
// the lineage around an object as a graph, with the permission of each edge as it
// stood then.
func (s *server) traceGraph(c *gin.Context) {
	q, err := accept(c.Request, objectParam, versionParam,
		param{name: "direction", oneOf: []string{"back", "forward", "both"}},
		param{name: "depth", check: wholeNumber(lineage.MaxDepth), zh: "须为 1 至 100 的整数", en: "must be a whole number from 1 to 100"},
		param{name: "limit", check: wholeNumber(lineage.MaxVertices), zh: "须为 1 至 100000 的整数", en: "must be a whole number from 1 to 100000"})
	who := reader(c)
	switch {
	case err != nil:
	case who == nil:
		err = refuse(CodeSession, "Authorization", "追溯查询需要会话", "a trace needs a session")
	case q["object"] == "":
		err = refuse(rights.CodeFormat, "object", "缺少参数", "is missing")
	case !office(who):
		err = refuse(CodeForbidden, "", "血缘图供监管机构与交易机构查看；其他主体请用 /v1/trace/back 与 /v1/trace/forward 追溯自己的对象",
			"the graph is for the regulator and the exchange; others trace their own objects by /v1/trace/back and /v1/trace/forward")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	g := s.graphFor(c)
	if g == nil {
		f := refuse(CodeUnavailable, "", "血缘图正在由索引读入，请稍后再试", "the graph is being read from the index; try again shortly")
		f.retryAfter = time.Second
		s.fail(c, f)
		return
	}
	t := s.newTrace(who)
	start, err := t.start(q["object"], q["version"])
	if err != nil {
		s.fail(c, err)
		return
	}
	number := func(name string, fallback int) int {
		if n, err := strconv.Atoi(q[name]); err == nil {
			return n
		}
		return fallback
	}
	d := q["direction"]
	view, err := g.View(lineage.State(start), d != "forward", d != "back", number("depth", defaultGraphDepth), number("limit", defaultGraphNodes), t.permits())
	if err != nil {
		s.fail(c, err)
		return
	}
	answer, err := s.graphAnswer(view)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, answer)
}

func (s *server) graphAnswer(v *lineage.View) (*graphAnswer, error) {
	a := &graphAnswer{Height: v.Height, Nodes: make([]graphNode, len(v.Vertices)), Edges: make([]graphEdge, len(v.Edges)), Truncated: v.Truncated}
	for i, x := range v.Vertices {
		a.Nodes[i] = graphNode{Type: x.Type, ID: x.ID, Version: x.Version, ContentRoot: x.ContentRoot, State: x.RecordState, PartyID: x.Party, Depth: x.Depth, Back: x.BackBeyond, Forward: x.ForwardBeyond, Block: x.Created.Block}
	}
	p := past{s: s, known: map[rights.RecordRef][]index.Revision{}, judged: map[asked]verdict{}}
	for i, e := range v.Edges {
		g := graphEdge{From: e.From, To: e.To, Kind: e.Kind, ID: e.ID, State: e.State, Op: e.Op, PartyID: e.Party, Permission: noneRecorded, At: e.At, Block: e.Created.Block}
		if e.Kind != "" {
			j, err := p.judge(e)
			if err != nil {
				return nil, err
			}
			g.Permission, g.Ref, g.Reason, g.ReasonZh = j.permitted, j.ref, j.reason, j.reasonZh
		}
		a.Edges[i] = g
	}
	return a, nil
}
