package event

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// Ledger is the chain as the index has it; *index.Index satisfies it. It is used
// concurrently.
type Ledger interface {
	Status() index.Status
	Wait(ctx context.Context, height uint64) error
	Block(number uint64) (index.Block, error)
	Writes(number uint64) ([]index.Write, error)
	AsOf(kind rights.Kind, id string, block uint64, tx int) (index.Version, error)
	List(q index.Query) (index.Page[index.Entry], error)
}

// What is remembered of the blocks that everybody who follows the chain asks for.
const (
	rememberedBlocks = 128
	rememberedBytes  = 256 << 10 // a block with more is derived anew
)

// Source derives the events of blocks. It is safe for concurrent use.
type Source struct {
	ledger Ledger
	recent *lru.Cache[uint64, []*Event]
	flight singleflight.Group

	mu   sync.Mutex
	name string // source of the envelopes; empty until block 0 is there
}

// NewSource makes a Source.
func NewSource(l Ledger) *Source {
	recent, err := lru.New[uint64, []*Event](rememberedBlocks)
	if err != nil { // of a size that is no size
		panic(err)
	}
	return &Source{ledger: l, recent: recent}
}

// Height is the number of blocks there are events of.
func (s *Source) Height() uint64 { return s.ledger.Status().Height }

// Wait returns when there are as many blocks, or with the context's error.
func (s *Source) Wait(ctx context.Context, height uint64) error { return s.ledger.Wait(ctx, height) }

// Name is the source of every event: the chain, by the hash of its first block,
// the same in every organisation.
func (s *Source) Name() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.name == "" {
		b, err := s.ledger.Block(0)
		if err != nil {
			return "", fmt.Errorf("couldn't name the chain: %w", err)
		}
		s.name = "urn:datarights:chain:" + b.Hash
	}
	return s.name, nil
}

// Block returns the events of a block in order; index.ErrNotFound for one that
// is not there yet. The events are shared: they must not be changed.
func (s *Source) Block(number uint64) ([]*Event, error) {
	if events, ok := s.recent.Get(number); ok {
		return events, nil
	}
	// Whoever follows the chain asks for a new block at the same time.
	v, err, _ := s.flight.Do(strconv.FormatUint(number, 10), func() (any, error) {
		events, err := s.derive(number)
		if err != nil {
			return nil, err
		}
		size := 0
		for _, e := range events {
			size += len(e.Record)
		}
		if size <= rememberedBytes {
			s.recent.Add(number, events)
		}
		return events, nil
	})
	if err != nil {
		return nil, err
	}
	events, _ := v.([]*Event)
	return events, nil
}

func (s *Source) derive(number uint64) ([]*Event, error) {
	writes, err := s.ledger.Writes(number)
	if err != nil {
		return nil, fmt.Errorf("couldn't read what block %d wrote: %w", number, err)
	}
	events := []*Event{}
	for i := range writes {
		w := &writes[i]
		for n, ref := range w.Records {
			events = append(events, &Event{
				Position: Position{number, w.Index, n}, Type: TypeOf(ref.Kind, ref.Version, w.Command), Kind: ref.Kind, ID: ref.ID, Version: ref.Version,
				Command: w.Command, TxID: w.TxID, At: w.At, Record: w.Versions[n].JSON,
			})
		}
		suggested, err := s.suggest(w)
		if err != nil {
			return nil, fmt.Errorf("couldn't see what block %d brings together: %w", number, err)
		}
		events = append(events, suggested...)
	}
	return events, nil
}

// then reads records as they were once a transaction had been applied.
type then struct {
	ledger Ledger
	block  uint64
	tx     int
}

// Find makes then a rights.Finder.
func (t then) Find(kind rights.Kind, id string, v any) (bool, error) {
	version, err := t.ledger.AsOf(kind, id, t.block, t.tx)
	if errors.Is(err, index.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, decode(kind, id, version.JSON, v)
}
