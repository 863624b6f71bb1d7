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

// listAnswer is every list.
type listAnswer struct {
	Items []json.RawMessage `json:"items"`
	Next  string            `json:"next"`
}

// place says where a record as shown was written, and where it began.
type place struct {
	Block        uint64 `json:"block"`
	Tx           int    `json:"tx"`
	TxID         string `json:"txId"`
	CreatedBlock uint64 `json:"createdBlock"`
}

// entry is a record on its way into an answer.
type entry struct {
	index.Entry
	seen *seen
}

// item renders a record for who; nil when who sees nothing of it, or not all
// of it though it must be whole.
func (s *server) item(k *collection, e entry, who *session.Identity, whole bool) (json.RawMessage, error) {
	broken := func(err error) error { return fmt.Errorf("couldn't render %s %s: %w", e.Kind, e.ID, err) }
	ms, err := s.recordFor(k, e.JSON, who)
	if err != nil {
		return nil, broken(err)
	}
	if ms == nil || whole && text(ms, "view") != string(seeFull) {
		return nil, nil
	}
	e.seen.records[rights.RecordRef{Kind: e.Kind, ID: e.ID}] = e.JSON
	if k.extend != nil {
		if ms, err = k.extend(s, e, ms); err != nil {
			return nil, broken(err)
		}
	}
	at := place{Block: e.Updated.Block, Tx: e.Updated.Tx, CreatedBlock: e.Created.Block}
	at.TxID = text(ms, "lastTxId")
	if ms, err = with(ms, "ledger", at); err != nil {
		return nil, broken(err)
	}
	return object(ms), nil
}

// recordFor is the record's fields as far as who sees them, with how far that
// is; nil when who sees nothing.
func (s *server) recordFor(k *collection, raw json.RawMessage, who *session.Identity) ([]member, error) {
	see, err := k.sees(s, raw, who)
	if err != nil || see == seeNothing {
		return nil, err
	}
	ms, err := members(raw)
	if err != nil {
		return nil, err
	}
	if see == seePublic {
		if ms, err = k.public(ms); err != nil {
			return nil, err
		}
	}
	return with(ms, "view", see)
}

// list answers GET /v1/<collection>.
func (s *server) list(k *collection) gin.HandlerFunc {
	known := append(slices.Clone(paging), k.filters...)
	return func(c *gin.Context) {
		q, err := accept(c.Request, known...)
		if err != nil {
			s.fail(c, err)
			return
		}
		if err := admitted(k, reader(c)); err != nil {
			s.fail(c, err)
			return
		}
		query := index.Query{Kind: k.kind, Where: map[string]string{}, Text: strings.TrimSpace(q["q"]), Prefix: q["prefix"]}
		whole := false
		for _, f := range k.filters {
			if v, ok := q[f.name]; ok && f.field != "" {
				query.Where[f.field] = v
				whole = whole || f.full
			}
		}
		see, who := s.look(), reader(c)
		s.page(c, q, []index.Query{query}, func(e index.Entry) (json.RawMessage, error) {
			return s.item(k, entry{e, see}, who, whole)
		})
	}
}

func admitted(k *collection, who *session.Identity) error {
	if k.private && who == nil {
		return refuse(CodeSession, "Authorization", "查阅需要会话：仅当事人与职能机构可查阅", "this needs a session: it is for the parties and the offices")
	}
	return nil
}

// maxScan bounds the records one page looks at where most are not for the
// reader; the cursor goes on from there.
const maxScan = 2000

// page answers a list made of several queries, one after the other. render
// returns nil for what the list leaves out. Each query is asked for no more
// than the page still lacks, so that its cursor is always at the page's end.
func (s *server) page(c *gin.Context, q map[string]string, queries []index.Query, render func(index.Entry) (json.RawMessage, error)) {
	at, cursor, err := splitCursor(q["cursor"], len(queries))
	if err != nil {
		s.fail(c, err)
		return
	}
	answer := listAnswer{Items: []json.RawMessage{}}
	limit := pageSize(q)
	for scanned := 0; at < len(queries) && len(answer.Items) < limit && scanned < maxScan; {
		query := queries[at]
		query.Cursor, query.Limit = cursor, limit-len(answer.Items)
		page, err := s.read.List(query)
		if err != nil {
			s.fail(c, err)
			return
		}
		for _, e := range page.Items {
			item, err := render(e)
			if err != nil {
				s.fail(c, err)
				return
			}
			if item != nil {
				answer.Items = append(answer.Items, item)
			}
		}
		scanned += len(page.Items)
		if cursor = page.Next; cursor == "" {
			at++
		}
	}
	if at < len(queries) {
		answer.Next = joinCursor(at, cursor, len(queries))
	}
	s.answer(c, answer)
}

// A list of one query uses the index's cursors as they are. One of several
// puts the query's number before them: "<n>.<cursor>".

func splitCursor(text string, queries int) (at int, cursor string, err error) {
	if queries == 1 || text == "" {
		return 0, text, nil
	}
	n, cursor, ok := strings.Cut(text, ".")
	at, convErr := strconv.Atoi(n)
	if !ok || convErr != nil || at < 0 || at >= queries || strconv.Itoa(at) != n {
		return 0, "", index.ErrCursor
	}
	return at, cursor, nil
}

func joinCursor(at int, cursor string, queries int) string {
	if queries == 1 {
		return cursor
	}
	return strconv.Itoa(at) + "." + cursor
}

// get answers GET /v1/<collection>/{id}.
func (s *server) get(k *collection) gin.HandlerFunc {
	return func(c *gin.Context) {
		if _, err := accept(c.Request); err != nil {
			s.fail(c, err)
			return
		}
		s.one(c, k, c.Param("id"))
	}
}

func (s *server) one(c *gin.Context, k *collection, id string) {
	e, err := s.record(k, id, reader(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	item, err := s.item(k, entry{e, s.look()}, reader(c), false)
	if err == nil && item == nil {
		err = forbidden(id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, item)
}

// record reads one record that who may at least ask for.
func (s *server) record(k *collection, id string, who *session.Identity) (index.Entry, error) {
	if err := admitted(k, who); err != nil {
		return index.Entry{}, err
	}
	e, err := s.read.Get(k.kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return e, notFound(k.name, id)
	}
	return e, err
}

func notFound(what, id string) *fault {
	f := refuse(rights.CodeNotFound, "", "/v1/"+what+" 中没有 "+shown(id), "no "+shown(id)+" in /v1/"+what)
	f.refusal.Record = shown(id)
	return f
}

func forbidden(id string) *fault {
	f := refuse(CodeForbidden, "", "仅当事人与职能机构可查阅", "only the parties and the offices may read this")
	f.refusal.Record = shown(id)
	return f
}

// revision is one version of a record, for who reads.
type revision struct {
	Block   uint64          `json:"block"`
	Tx      int             `json:"tx"`
	N       int             `json:"n"`
	TxID    string          `json:"txId"`
	At      int64           `json:"at"`
	Command string          `json:"command"`
	Kid     string          `json:"kid"`
	Record  json.RawMessage `json:"record"`
}

// history answers GET /v1/<collection>/{id}/history, oldest first. Who may see
// the record as it is now may see what it was.
func (s *server) history(k *collection) gin.HandlerFunc {
	return func(c *gin.Context) { s.historyOf(c, k, c.Param("id")) }
}

func (s *server) historyOf(c *gin.Context, k *collection, id string) {
	q, err := accept(c.Request, paging...)
	if err != nil {
		s.fail(c, err)
		return
	}
	e, err := s.record(k, id, reader(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	if see, err := k.sees(s, e.JSON, reader(c)); err != nil || see == seeNothing {
		if err == nil {
			err = forbidden(id)
		}
		s.fail(c, err)
		return
	}
	revisions, err := s.read.History(k.kind, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	from, to, next, err := window(q, len(revisions))
	if err != nil {
		s.fail(c, err)
		return
	}
	answer := listAnswer{Items: []json.RawMessage{}, Next: next}
	for _, r := range revisions[from:to] {
		item, err := s.revision(k, r, reader(c))
		if err != nil {
			s.fail(c, fmt.Errorf("couldn't render a version of %s: %w", id, err))
			return
		}
		if item != nil { // a draft, before it was published
			answer.Items = append(answer.Items, item)
		}
	}
	s.answer(c, answer)
}

func (s *server) revision(k *collection, r index.Revision, who *session.Identity) (json.RawMessage, error) {
	ms, err := s.recordFor(k, r.JSON, who)
	if err != nil || ms == nil {
		return nil, err
	}
	return encode(revision{r.Block, r.Tx, r.N, r.TxID, r.At, r.Command, r.Kid, object(ms)})
}
