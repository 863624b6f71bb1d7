package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/session"
)

// Trace queries (4.5 of the rules): breadth first over the index, whose fields
// lead from outputs to inputs and back, so that no step scans.

const (
	// maxTrace bounds the records one trace looks at.
	maxTrace = 5000
	// maxTraceDepth is more than lineage may nest (LN-7), copies and products between.
	maxTraceDepth = 100
)

// traceAnswer is a page of a trace. Items come breadth first, oldest lineage first.
type traceAnswer[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
	// Withheld counts what the reader may not see; the trace does not go on there.
	Withheld int `json:"withheld"`
	// Truncated: there is more than one trace looks at.
	Truncated bool `json:"truncated"`
}

// traceNode is one state of content: of a resource, product or copy, or what a
// lineage record made that is no record yet.
type traceNode struct {
	Type        string `json:"type"` // Resource, Product, Copy, Model, Result
	ID          string `json:"id,omitempty"`
	Version     int64  `json:"version,omitempty"`
	ContentRoot string `json:"contentRoot,omitempty"`
}

func (n traceNode) key() string {
	return n.ID + "@" + strconv.FormatInt(n.Version, 10) + " " + n.ContentRoot
}

// trace is one walk: what it has met, and for whom.
type trace struct {
	s         *server
	who       *session.Identity
	met       map[string]bool
	looks     int
	withheld  int
	truncated bool
}

func (s *server) newTrace(who *session.Identity) *trace {
	return &trace{s: s, who: who, met: map[string]bool{}}
}

// first reports whether a node is met for the first time.
func (t *trace) first(n traceNode) bool {
	if t.met[n.key()] {
		return false
	}
	t.met[n.key()] = true
	return true
}

// each visits the records of a kind that a field finds, oldest first, until the
// trace has looked at as much as it may.
func (t *trace) each(kind rights.Kind, field, value string, visit func(index.Entry) error) error {
	if value == "" {
		return nil
	}
	for cursor := ""; ; {
		page, err := t.s.read.List(index.Query{Kind: kind, Where: map[string]string{field: value}, Oldest: true, Cursor: cursor, Limit: MaxPage})
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			if t.looks++; t.looks > maxTrace {
				t.truncated = true
				return nil
			}
			if err := visit(e); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

// sees tells how much of a record the reader sees.
func (t *trace) sees(kind rights.Kind, raw json.RawMessage) (visibility, error) {
	return sees(kind)(t.s, raw, t.who)
}

// decodeEntry reads a record of the index.
func decodeEntry[T any](e index.Entry) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(e.JSON, v); err != nil {
		return nil, fmt.Errorf("couldn't decode %s %s: %w", e.Kind, e.ID, err)
	}
	return v, nil
}

// tracing are the parameters of a trace's list.
func tracing(own ...param) []param { return append(own, paging...) }

var (
	objectParam  = param{name: "object", check: traceable, zh: "须为数据资源、产品或副本的标识，或内容根", en: "must be the id of a data resource, product or copy, or a content root"}
	versionParam = param{name: "version", check: func(v string) bool { n, err := strconv.ParseInt(v, 10, 32); return err == nil && n > 0 }, zh: "须为版本号", en: "must be the number of a version"}
)

func traceable(v string) bool {
	kind, _, ok := strings.Cut(v, "-")
	return rights.ValidHash(v) || ok && slices.Contains([]rights.Kind{rights.KindResource, rights.KindProduct, rights.KindCopy}, rights.Kind(kind))
}

// traceOf answers one page of a walk: record by record, or over the graph of
// lineage where there is one and the reader may see all that it is made of.
func traceOf[T any](s *server, c *gin.Context, known []param, need string, walk func(t *trace, q map[string]string) ([]T, error), over func(o *overGraph, q map[string]string) ([]T, error)) {
	q, err := accept(c.Request, known...)
	if err == nil && reader(c) == nil {
		err = refuse(CodeSession, "Authorization", "追溯查询需要会话", "a trace needs a session")
	}
	if err == nil && q[need] == "" {
		err = refuse(rights.CodeFormat, need, "缺少参数", "is missing")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if g := s.graphFor(c); g != nil {
		o := &overGraph{trace: s.newTrace(reader(c)), g: g, q: q}
		items, err := over(o, q)
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answer(c, traceAnswer[T]{Items: append([]T{}, items...), Next: o.next, Withheld: o.withheld})
		return
	}
	t := s.newTrace(reader(c))
	items, err := walk(t, q)
	if err != nil {
		s.fail(c, err)
		return
	}
	// A trace is the same walk for each of its pages.
	from, to, next, err := window(q, len(items))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, traceAnswer[T]{Items: append([]T{}, items[from:to]...), Next: next, Withheld: t.withheld, Truncated: t.truncated})
}

// start finds what a trace begins with: the version asked for, the newest when
// none is. Who asks holds one of the offices or is the object's own.
func (t *trace) start(object, version string) (traceNode, error) {
	if rights.ValidHash(object) {
		if !officeOrRegistrar(t.who) {
			return traceNode{}, forbidden(object)
		}
		return traceNode{Type: "Result", ContentRoot: object}, nil
	}
	prefix, _, _ := strings.Cut(object, "-")
	kind := rights.Kind(prefix)
	e, err := t.s.read.Get(kind, object)
	if errors.Is(err, index.ErrNotFound) {
		f := notFound("trace", object)
		f.refusal.Field = "object"
		return traceNode{}, f
	}
	if err != nil {
		return traceNode{}, err
	}
	n := traceNode{ID: object}
	if version != "" {
		n.Version, _ = strconv.ParseInt(version, 10, 64) // accept has checked
	}
	var owner string
	switch kind {
	case rights.KindProduct:
		p, err := decodeEntry[rights.Product](e)
		if err != nil {
			return n, err
		}
		n.Type, owner = "Product", p.OwnerID
		for _, v := range p.Versions {
			if version == "" || v.No == n.Version {
				n.Version, n.ContentRoot = v.No, v.ContentRoot
			}
		}
	case rights.KindResource:
		r, err := decodeEntry[rights.Resource](e)
		if err != nil {
			return n, err
		}
		n.Type, owner = "Resource", r.HolderID
		for _, v := range r.Versions {
			if version == "" || v.No == n.Version {
				n.Version, n.ContentRoot = v.No, v.ContentRoot
			}
		}
	default:
		c, err := decodeEntry[rights.Copy](e)
		if err != nil {
			return n, err
		}
		n.Type, owner = "Copy", c.HolderID
		if version == "" || c.Version == n.Version {
			n.Version, n.ContentRoot = c.Version, c.ContentRoot
			if n.ContentRoot == "" { // access alone: nothing was handed over
				return n, t.own(owner, object)
			}
		}
	}
	if err := t.own(owner, object); err != nil {
		return n, err
	}
	if n.ContentRoot == "" {
		f := notFound("trace", object+"@"+version)
		f.refusal.Field = "version"
		return n, f
	}
	return n, nil
}

func (t *trace) own(owner, object string) error {
	if officeOrRegistrar(t.who) || is(t.who, owner) {
		return nil
	}
	return forbidden(object)
}

// officeOrRegistrar reports whether who holds one of the offices that answer
// for titles.
func officeOrRegistrar(who *session.Identity) bool {
	return office(who) || who != nil && slices.Contains(who.Roles, rights.RoleRegistrar)
}

// traceRoutes are the trace queries.
func (s *server) traceRoutes(get func(string, gin.HandlerFunc) route) []route {
	return []route{
		get("/v1/trace/back", s.traceBack),
		get("/v1/trace/forward", s.traceForward),
		get("/v1/trace/recipients", s.traceRecipients),
		get("/v1/trace/permission", s.tracePermission),
		get("/v1/trace/order", s.traceOrder),
		get("/v1/trace/graph", s.traceGraph),
	}
}
