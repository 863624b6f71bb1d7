package index

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/datarights/datarights/chaincode/rights"
)

var validCode = peer.TxValidationCode_VALID.String()

// Get returns one record as it is now.
func (x *Index) Get(kind rights.Kind, id string) (Entry, error) {
	v, err := x.view()
	if err != nil {
		return Entry{}, err
	}
	defer v.release()
	return v.entry(kind, id)
}

func (v *view) entry(kind rights.Kind, id string) (Entry, error) {
	s, err := v.stored(kind, id)
	if err != nil {
		return Entry{}, err
	}
	raw, err := v.raw(kind, id, s)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Kind: kind, ID: id, JSON: asJSON(raw), Created: s.Created, Updated: s.Updated}, nil
}

// raw is a record as the ledger has it.
func (v *view) raw(kind rights.Kind, id string, s stored) ([]byte, error) {
	if isPointer(kind) {
		return s.Raw, nil
	}
	return v.versionAt(kind, id, s.Updated)
}

// versionAt is what a record was made at a position.
func (v *view) versionAt(kind rights.Kind, id string, at Position) ([]byte, error) {
	sealed, err := v.get(versionKey(at))
	if err != nil {
		return nil, err
	}
	w, err := decodeVersion(sealed)
	if err == nil && (w.Kind != kind || w.ID != id) {
		err = errDamaged
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s %s as of block %d: %w", kind, id, at.Block, err)
	}
	return w.Raw, nil
}

// stored finds a record that is there.
func (v *view) stored(kind rights.Kind, id string) (stored, error) {
	s, err := v.mirrored(kind, id)
	if err == nil && s.Deleted {
		err = fmt.Errorf("%s %s: %w", kind, id, ErrNotFound)
	}
	return s, err
}

// mirrored finds a record that is or once was there.
func (v *view) mirrored(kind rights.Kind, id string) (stored, error) {
	raw, err := v.get(stateKey(kind, id))
	if err != nil {
		return stored{}, err
	}
	if raw == nil {
		return stored{}, fmt.Errorf("%s %s: %w", kind, id, ErrNotFound)
	}
	s, err := decodeStored(raw)
	if err != nil {
		return stored{}, fmt.Errorf("couldn't read %s %s: %w", kind, id, err)
	}
	return s, nil
}

// History returns every version of a record, oldest first. A deletion shows as
// the JSON value null.
func (x *Index) History(kind rights.Kind, id string) ([]Revision, error) {
	v, err := x.view()
	if err != nil {
		return nil, err
	}
	defer v.release()
	s, err := v.mirrored(kind, id)
	if err != nil {
		return nil, err
	}
	if isPointer(kind) {
		return nil, fmt.Errorf("the history of %s %s: %w", kind, id, ErrNotFound)
	}
	revisions := []Revision{}
	for n := range s.Pages + 1 {
		page, err := v.historyPage(kind, id, s, n)
		if err != nil {
			return nil, err
		}
		for _, at := range page {
			revisions = append(revisions, Revision{Position: at})
		}
	}
	for i := range revisions {
		r := &revisions[i]
		raw, err := v.versionAt(kind, id, r.Position)
		if err != nil {
			return nil, err
		}
		r.JSON = asJSON(raw)
		t, err := v.transactionAt(r.Block, r.Tx)
		if err != nil {
			return nil, err
		}
		r.TxID, r.At, r.Command, r.Kid = t.TxID, t.At, t.Command, t.Kid
	}
	return revisions, nil
}

// historyPage reads the positions of a record's versions that are in one page,
// oldest first; the last page is with the record itself.
func (v *view) historyPage(kind rights.Kind, id string, s stored, n uint64) ([]Position, error) {
	raw := s.Earlier
	if n < s.Pages {
		var err error
		if raw, err = v.get(historyKey(kind, id, n)); err != nil {
			return nil, err
		}
	}
	page, err := readPositions(raw)
	if err == nil && n < s.Pages && len(page) == 0 {
		err = errDamaged
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the history of %s %s: %w", kind, id, err)
	}
	if n == s.Pages {
		page = append(page, s.Updated)
	}
	return page, nil
}

// Block returns one block.
func (x *Index) Block(number uint64) (Block, error) {
	v, err := x.view()
	if err != nil {
		return Block{}, err
	}
	defer v.release()
	return v.block(number)
}

func (v *view) block(number uint64) (Block, error) {
	sealed, err := v.get(blockKey(familyBlock, number))
	if err != nil {
		return Block{}, err
	}
	if sealed == nil {
		return Block{}, fmt.Errorf("block %d: %w", number, ErrNotFound)
	}
	var b Block
	if err := unsealJSON(sealed, &b); err != nil {
		return Block{}, fmt.Errorf("couldn't read block %d: %w", number, err)
	}
	b.Signers = []string{}
	signers, err := v.get(blockKey(familySigners, number))
	if err != nil {
		return Block{}, err
	}
	if signers != nil {
		if err := json.Unmarshal(signers, &b.Signers); err != nil {
			return Block{}, fmt.Errorf("couldn't read the signers of block %d: %w", number, err)
		}
	}
	return b, nil
}

// Blocks lists blocks, newest first.
func (x *Index) Blocks(cursor string, limit int) (Page[Block], error) {
	page := Page[Block]{Items: []Block{}}
	limit, err := pageSize(limit)
	if err != nil {
		return page, err
	}
	v, err := x.view()
	if err != nil {
		return page, err
	}
	defer v.release()
	next := v.height
	if cursor != "" {
		at, err := readCursor(cursor, blocksCursor)
		if err != nil {
			return page, err
		}
		next = min(next, at.Block)
	}
	for next > 0 && len(page.Items) < limit {
		next--
		b, err := v.block(next)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, b)
	}
	if next > 0 {
		page.Next = writeCursor(blocksCursor, Position{Block: next})
	}
	return page, nil
}

// Transaction returns one transaction with all its records and its signed
// command. Of several with one id, which only a dishonest client can send, it
// is the valid one, or else the first.
func (x *Index) Transaction(txID string) (Transaction, error) {
	v, err := x.view()
	if err != nil {
		return Transaction{}, err
	}
	defer v.release()
	var found *Transaction
	prefix := txIDPrefix(txID)
	err = v.each(prefix, false, nil, func(key []byte, _ *badger.Item) (bool, error) {
		if len(key) != len(prefix)+12 {
			return false, errDamaged
		}
		t, err := v.transactionAt(binary.BigEndian.Uint64(key[len(prefix):]), int(binary.BigEndian.Uint32(key[len(prefix)+8:])))
		if err != nil {
			return false, err
		}
		if found == nil || t.Validation == validCode {
			found = &t
		}
		return found.Validation != validCode, nil
	})
	if err != nil {
		return Transaction{}, err
	}
	if found == nil {
		return Transaction{}, fmt.Errorf("transaction %s: %w", txID, ErrNotFound)
	}
	return *found, v.complete(found)
}

// complete adds what lists leave out.
func (v *view) complete(t *Transaction) error {
	if t.RecordCount > len(t.Records) {
		sealed, err := v.get(txKey(familyWritten, t.Block, t.Index))
		if err != nil {
			return err
		}
		if err := unsealJSON(sealed, &t.Records); err != nil {
			return fmt.Errorf("couldn't read the records of transaction %s: %w", t.TxID, err)
		}
	}
	sealed, err := v.get(txKey(familyJWS, t.Block, t.Index))
	if err != nil || sealed == nil {
		return err
	}
	jws, err := unseal(sealed)
	if err != nil {
		return fmt.Errorf("couldn't read the command of transaction %s: %w", t.TxID, err)
	}
	t.JWS = string(jws)
	return nil
}

func (v *view) transactionAt(block uint64, tx int) (Transaction, error) {
	sealed, err := v.get(txKey(familyTransaction, block, tx))
	if err != nil {
		return Transaction{}, err
	}
	if sealed == nil {
		return Transaction{}, fmt.Errorf("transaction %d of block %d: %w", tx, block, ErrNotFound)
	}
	var t Transaction
	if err := unsealJSON(sealed, &t); err != nil {
		return Transaction{}, fmt.Errorf("couldn't read transaction %d of block %d: %w", tx, block, err)
	}
	return t, nil
}

// Transactions lists transactions, newest first, each with at most
// MaxListedRecords records and without its signed command.
func (x *Index) Transactions(cursor string, limit int) (Page[Transaction], error) {
	page := Page[Transaction]{Items: []Transaction{}}
	limit, err := pageSize(limit)
	if err != nil {
		return page, err
	}
	v, err := x.view()
	if err != nil {
		return page, err
	}
	defer v.release()
	seek := blockKey(familyTransaction, ^uint64(0))
	if cursor != "" {
		at, err := readCursor(cursor, transactionsCursor)
		if err != nil {
			return page, err
		}
		seek = txKey(familyTransaction, at.Block, at.Tx)
	}
	var last Position
	err = v.each([]byte{familyTransaction}, true, seek, func(_ []byte, item *badger.Item) (bool, error) {
		var t Transaction
		if err := item.Value(func(sealed []byte) error { return unsealJSON(sealed, &t) }); err != nil {
			return false, err
		}
		if cursor != "" && len(page.Items) == 0 && bytes.Equal(item.Key(), seek) {
			return true, nil // the last of the page before
		}
		if len(page.Items) == limit {
			page.Next = writeCursor(transactionsCursor, last)
			return false, nil
		}
		page.Items = append(page.Items, t)
		last = Position{Block: t.Block, Tx: t.Index}
		return true, nil
	})
	return page, err
}

// Stats returns the counters.
func (x *Index) Stats() (Stats, error) {
	v, err := x.view()
	if err != nil {
		return Stats{}, err
	}
	defer v.release()
	s := Stats{Height: v.height, Kinds: map[string]int64{}, States: map[string]int64{}}
	err = v.each([]byte{familyCounter}, false, nil, func(key []byte, item *badger.Item) (bool, error) {
		return true, item.Value(func(b []byte) error {
			if len(b) != 8 {
				return errDamaged
			}
			name, n := string(key[1:]), int64(binary.BigEndian.Uint64(b))
			switch {
			case name == counterTransactions:
				s.Transactions = uint64(n)
			case name == counterInvalid:
				s.Invalid = uint64(n)
			case strings.HasPrefix(name, counterKind):
				s.Kinds[name[len(counterKind):]] = n
			case strings.HasPrefix(name, counterState):
				s.States[name[len(counterState):]] = n
			}
			return nil
		})
	})
	if err != nil {
		return Stats{}, err
	}
	if v.height > 0 {
		b, err := v.block(v.height - 1)
		if err != nil {
			return Stats{}, err
		}
		s.LastBlockTime = b.At
	}
	return s, nil
}

// DigestAt returns the digest the index had at a height it reached.
func (x *Index) DigestAt(height uint64) (string, error) {
	v, err := x.view()
	if err != nil {
		return "", err
	}
	defer v.release()
	if height == 0 {
		return (&multiset{}).digest(0), nil
	}
	b, err := v.get(blockKey(familyDigest, height))
	if err != nil {
		return "", err
	}
	if b == nil {
		return "", fmt.Errorf("digest at height %d: %w", height, ErrNotFound)
	}
	return string(b), nil
}

// each visits the entries under a prefix until visit returns false. The key is
// valid only during the visit.
func (v *view) each(prefix []byte, reverse bool, seek []byte, visit func(key []byte, item *badger.Item) (bool, error)) error {
	it := v.NewIterator(badger.IteratorOptions{Prefix: prefix, Reverse: reverse})
	defer it.Close()
	if seek == nil {
		seek = prefix
	}
	for it.Seek(seek); it.Valid(); it.Next() {
		more, err := visit(it.Item().Key(), it.Item())
		if err != nil {
			return fmt.Errorf("couldn't read the index: %w", err)
		}
		if !more {
			return nil
		}
	}
	return nil
}
