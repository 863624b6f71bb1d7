package api

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// seen is what one answer has looked at: the records of a list rest on the same
// others and came in the same blocks, and each is read once. It is used by one
// goroutine.
type seen struct {
	read    Reader
	records map[rights.RecordRef]json.RawMessage // nil: there is none
	txIDs   map[uint64][]string                  // by block
}

func (s *server) look() *seen {
	return &seen{read: s.read, records: map[rights.RecordRef]json.RawMessage{}, txIDs: map[uint64][]string{}}
}

// Find lets the rules look up what a record rests on.
func (l *seen) Find(kind rights.Kind, id string, v any) (bool, error) {
	ref := rights.RecordRef{Kind: kind, ID: id}
	raw, ok := l.records[ref]
	if !ok {
		e, err := l.read.Get(kind, id)
		if err != nil && !errors.Is(err, index.ErrNotFound) {
			return false, err
		}
		raw = e.JSON
		l.records[ref] = raw
	}
	if raw == nil {
		return false, nil
	}
	return decodeInto(kind, id, raw, v)
}

// txID names the transaction at a position.
func (l *seen) txID(p index.Position) (string, error) {
	ids, ok := l.txIDs[p.Block]
	if !ok {
		block, err := l.read.Block(p.Block)
		if err != nil {
			return "", fmt.Errorf("couldn't read block %d: %w", p.Block, err)
		}
		ids = block.TxIDs
		l.txIDs[p.Block] = ids
	}
	if p.Tx < 0 || p.Tx >= len(ids) {
		return "", fmt.Errorf("block %d has no transaction %d", p.Block, p.Tx)
	}
	return ids[p.Tx], nil
}
