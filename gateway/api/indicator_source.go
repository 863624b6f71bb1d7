package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/indicator"
)

// ledgerAt is the ledger as it stood after a number of blocks and at an instant:
// what indicators are computed over. Records come page by page; one that changed
// since is taken from its history, so that whatever is written meanwhile changes
// nothing. Pointers and private amounts have no history and are as they are now.
type ledgerAt struct {
	s      *server
	ctx    context.Context // of the one request it is made for
	height uint64
	asOf   rights.UnixSec
}

func (l *ledgerAt) holds(r index.Revision) bool { return r.Block < l.height && r.At <= l.asOf }

// Find is Finder's.
func (l *ledgerAt) Find(kind rights.Kind, id string, v any) (bool, error) {
	if err := l.ctx.Err(); err != nil {
		return false, err
	}
	if kind[0] == 'x' {
		return l.s.Find(kind, id, v)
	}
	e, err := l.s.read.Get(kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	raw, err := l.version(e)
	if err != nil || raw == nil {
		return false, err
	}
	return decodeInto(kind, id, raw, v)
}

// version is the record as it stood; nil when it was not there.
func (l *ledgerAt) version(e index.Entry) (json.RawMessage, error) {
	var head struct {
		CreatedAt int64 `json:"createdAt"`
		UpdatedAt int64 `json:"updatedAt"`
	}
	if err := json.Unmarshal(e.JSON, &head); err != nil {
		return nil, fmt.Errorf("couldn't decode %s %s: %w", e.Kind, e.ID, err)
	}
	if e.Updated.Block < l.height && head.UpdatedAt <= l.asOf {
		return e.JSON, nil
	}
	if e.Created.Block >= l.height || head.CreatedAt > l.asOf {
		return nil, nil
	}
	revisions, err := l.s.read.History(e.Kind, e.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range slices.Backward(revisions) {
		if l.holds(r) {
			return r.JSON, nil
		}
	}
	return nil, nil
}

// Records are those of a kind.
func (l *ledgerAt) Records(kind rights.Kind, where map[string]string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for cursor := ""; ; {
			page, err := l.s.read.List(index.Query{Kind: kind, Where: where, Oldest: true, Cursor: cursor, Limit: index.MaxLimit})
			if err = errors.Join(err, l.ctx.Err()); err != nil {
				yield(nil, err)
				return
			}
			for _, e := range page.Items {
				raw, err := l.version(e)
				if err == nil && raw == nil {
					continue
				}
				if !yield(raw, err) || err != nil {
					return
				}
			}
			if cursor = page.Next; cursor == "" {
				return
			}
		}
	}
}

// History is the versions of a record until then.
func (l *ledgerAt) History(kind rights.Kind, id string) ([]json.RawMessage, error) {
	revisions, err := l.s.read.History(kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return nil, nil
	}
	var all []json.RawMessage
	for _, r := range revisions {
		if l.holds(r) {
			all = append(all, r.JSON)
		}
	}
	return all, err
}

// When finds records as they stood when a record was first written.
func (l *ledgerAt) When(kind rights.Kind, id string) (rights.Finder, error) {
	e, err := l.s.read.Get(kind, id)
	if err != nil {
		return nil, err
	}
	return asOf{s: l.s, until: func(r index.Revision) bool { return !after(r.Position, e.Created) }}, nil
}

// Amounts asks the organisation's own peer.
func (l *ledgerAt) Amounts(kind rights.Kind, id string) ([]byte, error) {
	at := slices.IndexFunc(privateParts, func(p privatePart) bool { return p.kind == kind })
	if at < 0 {
		return nil, fmt.Errorf("nothing is kept in private of %s", kind)
	}
	e, err := l.s.read.Get(kind, id)
	if err != nil {
		return nil, err
	}
	var record map[string]json.RawMessage
	if err := json.Unmarshal(e.JSON, &record); err != nil {
		return nil, fmt.Errorf("couldn't decode %s: %w", id, err)
	}
	collection, err := l.s.collectionOf(privateParts[at], record)
	if err != nil {
		return nil, err
	}
	if l.s.opts.Secrets == nil || !slices.Contains(l.s.opts.Collections, collection) {
		return nil, indicator.ErrEntitled
	}
	raw, err := l.s.opts.Secrets.Read(l.ctx, collection, kind, id)
	var refused *rights.Error
	if errors.As(err, &refused) && refused.Code == rights.CodeNotFound {
		return nil, indicator.ErrPurged
	}
	return raw, err
}
