package index

import (
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
	var from *Position
	if q.Cursor != "" {
		at, err := readCursor(q.Cursor, bound)
		if err != nil {
			return page, err
		}
		from = &at
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
	names := nursery{v: v, kind: q.Kind}
	var last Position
	err = intersect(lists, from, !q.Oldest, func(at Position) (bool, error) {
		id, err := names.id(at)
		if err != nil {
			return false, err
		}
		if !strings.HasPrefix(id, q.Prefix) {
			return true, nil
		}
		if len(page.Items) == limit {
			page.Next = writeCursor(bound, last)
			return false, nil
		}
		e, err := v.entry(q.Kind, id)
		if err != nil {
			return false, err
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
	walk := func(prefix []byte) {
		lists = append(lists, newStoredPostings(v.Txn, prefix, reverse, decodeSlots))
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
		lists = append(lists, newStoredPostings(v.Txn, createdPrefix(q.Kind), reverse, bornSlots))
	}
	return lists, nil
}

// named finds the records a text is the very id or number of.
func (v *view) named(kind rights.Kind, text string) ([]Position, error) {
	var found []Position
	raw, err := v.get(stateKey(kind, text))
	if err != nil {
		return nil, err
	}
	if raw != nil {
		s, err := decodeStored(raw)
		if err != nil {
			return nil, err
		}
		found = append(found, s.Created)
	}
	field := numbered[kind]
	if field == "" {
		return found, nil
	}
	p := newStoredPostings(v.Txn, fieldPrefix(kind, field, text), false, decodeSlots)
	defer p.close()
	for next := uint64(0); ; next++ {
		at, ok := p.seek(next)
		if !ok {
			return found, nil
		}
		slots, err := p.slots()
		if err != nil {
			return nil, err
		}
		for _, s := range slots {
			if pos := (Position{Block: at, Tx: s.tx, N: s.n}); !slices.Contains(found, pos) {
				found = append(found, pos)
			}
		}
		next = at
	}
}

// under finds the records whose id has a prefix, if they are few.
func (v *view) under(kind rights.Kind, prefix string) ([]Position, bool, error) {
	if len(prefix) > maxKeyPart {
		return nil, false, nil
	}
	found := []Position{}
	few := true
	err := v.each(append(join(familyState, string(kind)), prefix...), false, nil, func(_ []byte, item *badger.Item) (bool, error) {
		if few = len(found) < sparse; !few {
			return false, nil
		}
		return true, item.Value(func(b []byte) error {
			s, err := decodeStored(b)
			found = append(found, s.Created)
			return err
		})
	})
	return found, few, err
}

// nursery resolves positions to ids, one block's chunk at a time.
type nursery struct {
	v     *view
	kind  rights.Kind
	block uint64
	born  []offspring // of block, by slot; nil: none read yet
}

// offspring is born, without a string of its own for each id: a bulk command
// makes thousands of records in a block, of which a page shows a few.
type offspring struct {
	slot
	id []byte
}

func (n *nursery) id(at Position) (string, error) {
	if n.born == nil || n.block != at.Block {
		chunk, err := n.v.get(chunkKey(createdPrefix(n.kind), at.Block))
		if err != nil {
			return "", err
		}
		n.block, n.born = at.Block, make([]offspring, 0, len(chunk)/32+1)
		for r := (reader{b: chunk}); len(r.b) > 0; {
			s, id := r.born()
			if r.err != nil {
				return "", r.err
			}
			n.born = append(n.born, offspring{s, id})
		}
	}
	i, ok := slices.BinarySearchFunc(n.born, at.slot(), func(o offspring, s slot) int { return compareSlots(o.slot, s) })
	if !ok {
		return "", fmt.Errorf("%w: no %s was created at block %d, transaction %d, write %d", errDamaged, n.kind, at.Block, at.Tx, at.N)
	}
	return string(n.born[i].id), nil
}
