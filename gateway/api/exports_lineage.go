package api

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/export"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/lineage"
	"github.com/datarights/datarights/gateway/session"
)

// Bounds of a lineage export.
const (
	defaultExportDepth = 20
	defaultExportEdges = 1000
)

var lineageFormats = []string{"prov", "openlineage"}

// exportLineage answers GET /v1/exports/lineage/{id}?format=&version=&direction=&depth=&limit=:
// what the traces of that object tell its reader, and no more.
func (s *server) exportLineage(c *gin.Context) {
	q, err := accept(c.Request, versionParam,
		param{name: "format", oneOf: lineageFormats}, param{name: "direction", oneOf: []string{"back", "forward", "both"}},
		param{name: "depth", check: wholeNumber(maxTraceDepth), zh: "须为 1 至 100 的整数", en: "must be a whole number from 1 to 100"},
		param{name: "limit", check: wholeNumber(maxTrace), zh: "须为 1 至 5000 的整数", en: "must be a whole number from 1 to 5000"})
	id := c.Param("id")
	switch {
	case err != nil:
	case q["format"] == "":
		err = refuse(rights.CodeFormat, "format", "缺少参数；取值范围：prov, openlineage", "is missing; must be one of: prov, openlineage")
	case reader(c) == nil:
		err = refuse(CodeSession, "Authorization", "追溯查询需要会话", "a trace needs a session")
	case !traceable(id):
		err = onField(notFound("exports/lineage", id), "id")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	l, err := s.lineageAround(c, id, q)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Export-Withheld", strconv.Itoa(l.Withheld))
	c.Header("Export-Truncated", strconv.FormatBool(l.Truncated))
	if q["format"] == "prov" {
		s.answerDocument(c, mediaProv, export.PROV(s.site(c), l))
		return
	}
	s.answerDocument(c, mediaProv, export.OpenLineage(s.site(c), l))
}

// lineageAround walks as the traces do and keeps what lies within the bounds.
func (s *server) lineageAround(c *gin.Context, id string, q map[string]string) (*export.Lineage, error) {
	number := func(name string, fallback int) int {
		if n, err := strconv.Atoi(q[name]); err == nil {
			return n
		}
		return fallback
	}
	depth, limit := number("depth", defaultExportDepth), number("limit", defaultExportEdges)
	ask := map[string]string{"object": id, "version": q["version"], "limit": strconv.Itoa(limit)}
	g := &gathering{s: s, who: reader(c), steps: map[string]int{}, copies: map[string]bool{}, out: &export.Lineage{Height: s.read.Status().Height, Names: map[string]string{}}}
	start, err := s.newTrace(reader(c)).start(id, q["version"])
	if err != nil {
		return nil, err
	}
	g.out.Start = export.State(start)
	graph := s.graphFor(c)
	if q["direction"] != "forward" {
		edges, err := walked(g, graph, ask, (*trace).back, (*overGraph).back)
		if err != nil {
			return nil, err
		}
		for _, e := range edges {
			if e.Depth > depth {
				g.out.Truncated = true
			} else if err := g.edge(e); err != nil {
				return nil, err
			}
		}
	}
	if q["direction"] != "back" {
		found, err := walked(g, graph, ask, (*trace).forward, (*overGraph).forward)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			if d.Depth > depth {
				g.out.Truncated = true
			} else if err := g.descendant(d); err != nil {
				return nil, err
			}
		}
	}
	return g.out, g.naming()
}

// gathering makes one lineage of what walks find. Each record is read as its reader
// sees it.
type gathering struct {
	s      *server
	who    *session.Identity
	steps  map[string]int // lineage record → its place in out.Steps
	copies map[string]bool
	out    *export.Lineage
}

// walked is one walk, over the graph where there is one, with no more than the
// limit asked for.
func walked[T any](g *gathering, graph *lineage.Graph, ask map[string]string, walk func(*trace, map[string]string) ([]T, error), over func(*overGraph, map[string]string) ([]T, error)) ([]T, error) {
	t := g.s.newTrace(g.who)
	if graph != nil {
		o := &overGraph{trace: t, g: graph, q: ask}
		items, err := over(o, ask)
		g.out.Withheld += o.withheld
		g.out.Truncated = g.out.Truncated || o.next != ""
		return items, err
	}
	items, err := walk(t, ask)
	g.out.Withheld += t.withheld
	g.out.Truncated = g.out.Truncated || t.truncated
	if limit := pageSize(ask); len(items) > limit {
		items, g.out.Truncated = items[:limit], true
	}
	return items, err
}

// step reads a lineage record, once.
func (g *gathering) step(id string) (*export.Step, error) {
	if at, has := g.steps[id]; has {
		return &g.out.Steps[at], nil
	}
	k := collectionOf(rights.KindLineage)
	e, err := g.s.read.Get(k.kind, id)
	if err != nil {
		return nil, err
	}
	l, err := asSeen[rights.Lineage](g.s, k, e.JSON, g.who)
	if err != nil || l == nil {
		return nil, err
	}
	see, err := k.sees(g.s, e.JSON, g.who)
	if err != nil {
		return nil, err
	}
	step := export.Step{ID: l.ID, State: l.State, Op: l.Op, Env: l.Env, Substantive: l.Substantive, OperatorID: l.OperatorID, StartedAt: l.StartedAt, FinishedAt: l.FinishedAt, InputsWithheld: see != seeFull, Supersedes: l.Supersedes}
	for _, o := range l.Outputs {
		step.Outputs = append(step.Outputs, export.State{Type: o.Type, ID: o.ID, Version: o.Version, ContentRoot: o.ContentRoot})
	}
	for _, in := range l.Inputs {
		step.Inputs = append(step.Inputs, export.Input{State: export.State{Type: in.Type, ID: in.ID, Version: in.Version, ContentRoot: in.ContentRoot}, Permission: in.PermissionRef})
	}
	g.steps[id] = len(g.out.Steps)
	g.out.Steps = append(g.out.Steps, step)
	return &g.out.Steps[len(g.out.Steps)-1], nil
}

func (g *gathering) edge(e backEdge) error {
	if e.LineageID == "" {
		return g.handover(e.Output.ID)
	}
	step, err := g.step(e.LineageID)
	if err != nil || step == nil || e.Input == nil || e.Permission == nil {
		return err
	}
	for i := range step.Inputs {
		if in := &step.Inputs[i]; in.State == export.State(*e.Input) && in.Permission == e.Permission.Ref {
			was := e.Permission.Effective
			in.Effective, in.Reason = &was.Now, rights.Text{Zh: was.ReasonZh, En: was.Reason}
		}
	}
	return nil
}

func (g *gathering) descendant(d descendant) error {
	switch d.Kind {
	case rights.KindLineage:
		_, err := g.step(d.ID)
		return err
	case rights.KindCopy:
		return g.handover(d.ID)
	case rights.KindProduct, rights.KindResource:
		kind := "Product"
		if d.Kind == rights.KindResource {
			kind = "Resource"
		}
		g.out.Others = append(g.out.Others, export.State{Type: kind, ID: d.ID, Version: d.Version, ContentRoot: d.ContentRoot})
	}
	return nil // a listing or permit is no content
}

// handover reads a copy, once.
func (g *gathering) handover(id string) error {
	if g.copies[id] {
		return nil
	}
	g.copies[id] = true
	k := collectionOf(rights.KindCopy)
	e, err := g.s.read.Get(k.kind, id)
	if err != nil {
		return err
	}
	c, err := asSeen[rights.Copy](g.s, k, e.JSON, g.who)
	if err != nil || c == nil {
		return err
	}
	h := export.Handover{Copy: export.State{Type: "Copy", ID: c.ID, Version: c.Version, ContentRoot: c.ContentRoot}, HolderID: c.HolderID, DeliveryID: c.DeliveryID, State: c.State, At: c.CreatedAt}
	h.Product = export.State{Type: "Product", ID: c.ProductID, Version: c.Version}
	var p rights.Product
	if _, err := g.s.Find(rights.KindProduct, c.ProductID, &p); err != nil {
		return err
	}
	for _, v := range p.Versions {
		if v.No == c.Version {
			h.Product.ContentRoot = v.ContentRoot
		}
	}
	g.out.Handovers = append(g.out.Handovers, h)
	return nil
}

// naming finds the names of participants, resources and products.
func (g *gathering) naming() error {
	named := func(kind rights.Kind, id string) error {
		if _, has := g.out.Names[id]; has || id == "" {
			return nil
		}
		e, err := g.s.read.Get(kind, id)
		if err != nil {
			return ignoreMissing(err)
		}
		v, err := asSeen[struct {
			Name string `json:"name"`
		}](g.s, collectionOf(kind), e.JSON, g.who)
		if err == nil && v != nil {
			g.out.Names[id] = v.Name
		}
		return err
	}
	state := func(st export.State) error {
		for _, kind := range []rights.Kind{rights.KindResource, rights.KindProduct} {
			if isOf(st.ID, kind) {
				return named(kind, st.ID)
			}
		}
		return nil
	}
	err := state(g.out.Start)
	for _, s := range g.out.Steps {
		err = cmp.Or(err, named(rights.KindParticipant, s.OperatorID))
		for _, in := range s.Inputs {
			err = cmp.Or(err, state(in.State))
		}
		for _, out := range s.Outputs {
			err = cmp.Or(err, state(out))
		}
	}
	for _, h := range g.out.Handovers {
		err = cmp.Or(err, named(rights.KindParticipant, h.HolderID), state(h.Product))
	}
	for _, st := range g.out.Others {
		err = cmp.Or(err, state(st))
	}
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, index.ErrNotFound) {
		return nil
	}
	return err
}
