package index

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dgraph-io/badger/v4"

	"github.com/datarights/datarights/chaincode/rights"
)

// Bounds of a query.
const (
	DefaultLimit = 50
	MaxLimit     = 200
	MaxText      = 200 // characters of Query.Text
)

// QueryError is a query that cannot be answered, and what would be right.
type QueryError struct {
	Field string // of Query, or the name in Where
	Want  string
}

func (e *QueryError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Want) }

func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return DefaultLimit, nil
	case limit < 0 || limit > MaxLimit:
		return 0, &QueryError{"limit", fmt.Sprintf("must be 1 to %d", MaxLimit)}
	}
	return limit, nil
}

// sparse is how many ids under a prefix are looked up beforehand; with more,
// walking the list and leaving out the others is quick enough.
const sparse = 1000

// List returns one page of records. Pages stay where they are while the ledger
// grows: new records come before the first page (or, Oldest, after the last).
func (x *Index) List(q Query) (Page[Entry], error) {
	page := Page[Entry]{Items: []Entry{}}
	limit, err := pageSize(q.Limit)
	if err != nil {
		return page, err
	}
	if err := q.check(); err != nil {
		return page, err
	}
	bound := q.binding()
	var from *uint64
	if q.Cursor != "" {
		at, err := readCursor(q.Cursor, bound)
		if err != nil {
			return page, err
		}
		from = &at.Block
	}
	v, err := x.view()
	if err != nil {
		return page, err
	}
	defer v.release()
	lists, err := v.lists(q)
	defer func() {
		for _, l := range lists {
			l.close()
		}
	}()
	if err != nil || len(lists) == 0 {
		return page, err
	}
	_, everything := lists[0].(*allPostings)
	var last uint64
	err = intersect(lists, from, !q.Oldest, func(at uint64) (bool, error) {
		raw, err := v.get(createdKey(q.Kind, at))
		if err != nil {
			return false, err
		}
		if raw == nil {
			if everything { // deleted
				return true, nil
			}
			return false, fmt.Errorf("%w: no %s has the number %d", errDamaged, q.Kind, at)
		}
		id := string(raw)
		if !strings.HasPrefix(id, q.Prefix) {
			return true, nil
		}
		if len(page.Items) == limit {
			page.Next = writeListCursor(bound, last)
			return false, nil
		}
		e, err := v.entry(q.Kind, id)
		if err != nil {
			return false, err
		}
		if q.Before != nil && e.Created.compare(*q.Before) >= 0 {
			return true, nil
		}
		page.Items = append(page.Items, e)
		last = at
		return true, nil
	})
	if err != nil {
		return Page[Entry]{Items: []Entry{}}, fmt.Errorf("couldn't list %s: %w", q.Kind, err)
	}
	return page, nil
}

func (q Query) check() error {
	if q.Kind == "" || isPointer(q.Kind) || len(q.Kind) > 16 || strings.ContainsRune(string(q.Kind), 0) {
		return &QueryError{"kind", "must be the kind of a record, such as RT"}
	}
	for name := range q.Where {
		if _, ok := fields[q.Kind][name]; !ok {
			return &QueryError{name, fmt.Sprintf("%s can be asked for by %s", q.Kind, strings.Join(Fields(q.Kind), ", "))}
		}
	}
	if q.Before != nil && q.Oldest {
		return &QueryError{"before", "is for lists with the newest first"}
	}
	if !utf8.ValidString(q.Text) || utf8.RuneCountInString(q.Text) > MaxText {
		return &QueryError{"text", fmt.Sprintf("must be at most %d characters", MaxText)}
	}
	return nil
}

// lists are the posting lists whose intersection answers a query. No list at
// all means that nothing can.
func (v *view) lists(q Query) ([]postings, error) {
	reverse := !q.Oldest
	var lists []postings
	walk := func(prefix string) {
		lists = append(lists, newStoredPostings(v.Txn, prefix, reverse))
	}
	for name, value := range q.Where {
		walk(fieldPrefix(q.Kind, name, value))
	}
	if text := strings.TrimSpace(q.Text); text != "" {
		named, err := v.named(q.Kind, text)
		switch {
		case err != nil:
			return lists, err
		case len(named) > 0:
			lists = append(lists, newHeldPostings(named, reverse))
		default:
			terms := queryTerms(text)
			if len(terms) == 0 {
				return lists, nil
			}
			for _, term := range terms {
				walk(textPrefix(q.Kind, term))
			}
		}
	}
	if q.Prefix != "" {
		under, few, err := v.under(q.Kind, q.Prefix)
		if err != nil {
			return lists, err
		}
		if few {
			lists = append(lists, newHeldPostings(under, reverse))
		}
	}
	if len(lists) == 0 {
		count, err := v.created(q.Kind)
		if err != nil {
			return lists, err
		}
		lists = append(lists, &allPostings{count: count, reverse: reverse})
	}
	return lists, nil
}

// created is how many records of a kind were ever created.
func (v *view) created(kind rights.Kind) (uint64, error) {
	sealed, err := v.get(ordinalKey(kind))
	if err != nil || sealed == nil {
		return 0, err
	}
	b, err := unseal(sealed)
	r := reader{b: b, err: err}
	n := r.uvarint()
	return n, r.err
}

// named finds the records a text is the very id or number of.
func (v *view) named(kind rights.Kind, text string) ([]uint64, error) {
	var found []uint64
	s, err := v.stored(kind, text)
	switch {
	case err == nil:
		found = append(found, s.Ordinal)
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	field := numbered[kind]
	if field == "" {
		return found, nil
	}
	p := newStoredPostings(v.Txn, fieldPrefix(kind, field, text), false)
	defer p.close()
	for next := uint64(0); ; next++ {
		at, ok := p.seek(next)
		if !ok {
			return found, nil
		}
		var members chunk
		if err := p.chunk(&members); err != nil {
			return nil, err
		}
		members.each(false, func(i uint16) bool {
			if ordinal := at*chunkSize + uint64(i); !slices.Contains(found, ordinal) {
				found = append(found, ordinal)
			}
			return true
		})
		next = at
	}
}

// under finds the records whose id has a prefix, if they are few.
func (v *view) under(kind rights.Kind, prefix string) ([]uint64, bool, error) {
	if len(prefix) > maxKeyPart {
		return nil, false, nil
	}
	found := []uint64{}
	few := true
	err := v.each(append(join(familyState, string(kind)), prefix...), false, nil, func(_ []byte, item *badger.Item) (bool, error) {
		if few = len(found) < sparse; !few {
			return false, nil
		}
		return true, item.Value(func(b []byte) error {
			s, err := decodeStored(b)
			if !s.Deleted {
				found = append(found, s.Ordinal)
			}
			return err
		})
	})
	return found, few, err
}
