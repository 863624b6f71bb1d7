package event

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/demand"
	"github.com/datarights/datarights/gateway/index"
)

// Bounds of what one posted demand or one listing suggests.
const (
	// MaxSuggestions are told, the best ones.
	MaxSuggestions = 20
	// MaxCandidates are looked at, the newest ones.
	MaxCandidates = 2000
)

func decode(kind rights.Kind, id string, raw json.RawMessage, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("couldn't decode %s %s: %w", kind, id, err)
	}
	return nil
}

// suggest finds what a transaction brought together: a demand that was posted
// and what is on offer, a listing that went live and what is asked for, all as
// of that transaction.
func (s *Source) suggest(w *index.Write) ([]*Event, error) {
	at := then{s.ledger, w.Block, w.Index}
	var events []*Event
	for n, ref := range w.Records {
		var matches []demand.Match
		var err error
		switch {
		case ref.Kind == rights.KindDemand && ref.Version == 1:
			var d rights.Demand
			if err = decode(ref.Kind, ref.ID, w.Versions[n].JSON, &d); err == nil {
				matches, err = s.supplies(at, &d, w.At)
			}
		case ref.Kind == rights.KindListing && ref.State == rights.StateListed:
			matches, err = s.wentLive(at, ref, w.Versions[n], w.At)
		}
		if err != nil {
			return nil, err
		}
		for i := range matches {
			m := &matches[i]
			record, err := json.Marshal(m)
			if err != nil {
				return nil, err
			}
			events = append(events, &Event{
				Position: Position{w.Block, w.Index, len(w.Records) + len(events)}, Type: TypeSuggested, Kind: rights.KindDemand, ID: m.DemandID,
				Command: w.Command, TxID: w.TxID, At: w.At, Record: record, Suggestion: m,
			})
		}
	}
	return events, nil
}

// wentLive matches a listing that was not on offer before the transaction.
func (s *Source) wentLive(at then, ref rights.RecordRef, now index.Version, time rights.UnixSec) ([]demand.Match, error) {
	var before struct {
		State rights.State `json:"state"`
	}
	prior, err := s.before(at, ref)
	if err == nil {
		err = decode(ref.Kind, ref.ID, prior.JSON, &before)
	}
	if err != nil && !errors.Is(err, index.ErrNotFound) {
		return nil, err
	}
	if before.State == rights.StateListed {
		return nil, nil
	}
	var l rights.Listing
	if err := decode(ref.Kind, ref.ID, now.JSON, &l); err != nil {
		return nil, err
	}
	supply, err := demand.NewSupply(at, l)
	if err != nil {
		return nil, err
	}
	return s.judged(at, index.Query{Kind: rights.KindDemand}, func(raw json.RawMessage) (*demand.Match, error) {
		var d rights.Demand
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, err
		}
		if !demand.Live(&d, time) {
			return nil, nil
		}
		m := demand.Judge(&d, supply, time)
		return &m, nil
	})
}

// before is a record as it was until the transaction.
func (s *Source) before(at then, ref rights.RecordRef) (index.Version, error) {
	switch {
	case at.tx > 0:
		return s.ledger.AsOf(ref.Kind, ref.ID, at.block, at.tx-1)
	case at.block > 0:
		return s.ledger.AsOf(ref.Kind, ref.ID, at.block-1, lastTx)
	}
	return index.Version{}, index.ErrNotFound
}

// lastTx is behind every transaction of a block.
const lastTx = 1<<31 - 2

// supplies matches a demand with what is on offer.
func (s *Source) supplies(at then, d *rights.Demand, time rights.UnixSec) ([]demand.Match, error) {
	return s.judged(at, index.Query{Kind: rights.KindListing}, func(raw json.RawMessage) (*demand.Match, error) {
		var l rights.Listing
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, err
		}
		if !demand.Offered(&l, time) {
			return nil, nil
		}
		supply, err := demand.NewSupply(at, l)
		if err != nil {
			return nil, err
		}
		m := demand.Judge(d, supply, time)
		return &m, nil
	})
}

// judged are the best of the newest records that had been created by then, each
// as it was.
func (s *Source) judged(at then, q index.Query, judge func(json.RawMessage) (*demand.Match, error)) ([]demand.Match, error) {
	q.Before = &index.Position{Block: at.block, Tx: at.tx + 1}
	q.Limit = index.MaxLimit
	var found []demand.Match
	for looked := 0; looked < MaxCandidates; {
		page, err := s.ledger.List(q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			raw := e.JSON
			if e.Updated.Block > at.block || e.Updated.Block == at.block && e.Updated.Tx > at.tx {
				version, err := s.ledger.AsOf(e.Kind, e.ID, at.block, at.tx)
				if errors.Is(err, index.ErrNotFound) {
					continue
				}
				if err != nil {
					return nil, err
				}
				raw = version.JSON
			}
			m, err := judge(raw)
			if err != nil {
				return nil, fmt.Errorf("couldn't judge %s %s: %w", e.Kind, e.ID, err)
			}
			if m != nil && m.Fits {
				found = append(found, *m)
			}
		}
		looked += len(page.Items)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	demand.Rank(found)
	return found[:min(MaxSuggestions, len(found))], nil
}
