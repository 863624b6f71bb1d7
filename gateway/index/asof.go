package index

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/datarights/datarights/chaincode/rights"
)

// Write is a transaction that took effect, and the records it wrote as it left
// them.
type Write struct {
	Transaction // with all its records, without its signed command
	// Versions are the records of Transaction.Records, in their order.
	Versions []Version
}

// Version is a record as one transaction left it.
type Version struct {
	Kind rights.Kind
	ID   string
	At   Position
	JSON []byte
}

// Writes returns the transactions of a block that wrote records, in order.
// It is the same whenever it is asked, whatever was written since.
func (x *Index) Writes(number uint64) ([]Write, error) {
	v, err := x.view()
	if err != nil {
		return nil, err
	}
	defer v.release()
	if number >= v.height {
		return nil, fmt.Errorf("block %d: %w", number, ErrNotFound)
	}
	var writes []Write
	prefix := blockKey(familyTransaction, number)
	err = v.each(prefix, false, nil, func(_ []byte, item *badger.Item) (bool, error) {
		var t Transaction
		if err := item.Value(func(sealed []byte) error { return unsealJSON(sealed, &t) }); err != nil {
			return false, err
		}
		if t.RecordCount > 0 {
			writes = append(writes, Write{Transaction: t})
		}
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read the transactions of block %d: %w", number, err)
	}
	for i := range writes {
		w := &writes[i]
		if err := v.complete(&w.Transaction); err != nil {
			return nil, err
		}
		w.JWS = ""
		for _, ref := range w.Records {
			version, err := v.asOf(ref.Kind, ref.ID, w.Block, w.Index)
			if err != nil {
				return nil, err
			}
			if version.At.Block != w.Block || version.At.Tx != w.Index {
				return nil, fmt.Errorf("%w: %s %s has no version of transaction %d of block %d", errDamaged, ref.Kind, ref.ID, w.Index, w.Block)
			}
			w.Versions = append(w.Versions, version)
		}
	}
	return writes, nil
}

// AsOf returns a record as it was once a transaction had been applied; before it
// existed, and while it was deleted, that is ErrNotFound.
func (x *Index) AsOf(kind rights.Kind, id string, block uint64, tx int) (Version, error) {
	v, err := x.view()
	if err != nil {
		return Version{}, err
	}
	defer v.release()
	return v.asOf(kind, id, block, tx)
}

func (v *view) asOf(kind rights.Kind, id string, block uint64, tx int) (Version, error) {
	after := Position{Block: block, Tx: tx + 1}
	s, err := v.mirrored(kind, id)
	if err != nil {
		return Version{}, err
	}
	for n := s.Pages + 1; n > 0; n-- {
		page, err := v.historyPage(kind, id, s, n-1)
		if err != nil {
			return Version{}, err
		}
		for _, at := range slices.Backward(page) {
			if at.compare(after) < 0 {
				return v.version(kind, id, at)
			}
		}
	}
	return Version{}, fmt.Errorf("%s %s as of block %d: %w", kind, id, block, ErrNotFound)
}

// version reads what was written at a position; a deletion is ErrNotFound.
func (v *view) version(kind rights.Kind, id string, at Position) (Version, error) {
	raw, err := v.versionAt(kind, id, at)
	if err != nil {
		return Version{}, err
	}
	json := asJSON(raw)
	if json == nil || bytes.Equal(json, []byte("null")) {
		return Version{}, fmt.Errorf("%s %s as of block %d: %w", kind, id, at.Block, ErrNotFound)
	}
	return Version{Kind: kind, ID: id, At: at, JSON: json}, nil
}

// compare is negative when p comes before q.
func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Block, q.Block), cmp.Compare(p.Tx, q.Tx), cmp.Compare(p.N, q.N))
}
