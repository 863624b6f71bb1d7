package lineage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// Reader is the index the graph is made of; *index.Index satisfies it.
type Reader interface {
	Get(kind rights.Kind, id string) (index.Entry, error)
	List(q index.Query) (index.Page[index.Entry], error)
	Block(number uint64) (index.Block, error)
	Transaction(txID string) (index.Transaction, error)
	Status() index.Status
	Wait(ctx context.Context, height uint64) error
}

// progressEvery is how many records lie between two lines of the log.
const progressEvery = 100_000

// retryAfter is how long Run waits after a read that failed.
const retryAfter = time.Second

// Run reads the whole lineage, unless Load has, and then follows the index, block
// by block, until the context ends. A failing index is asked again; until the graph
// is read, Height is 0. It rests three times as long as it reads, for others are being
// answered meanwhile. log may be nil.
func (g *Graph) Run(ctx context.Context, from Reader, log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	loaded := g.Height() > 0
	for ctx.Err() == nil {
		var err error
		if !loaded {
			if err = g.load(ctx, from, log, rest); err == nil {
				loaded = true
			}
		} else if err = from.Wait(ctx, g.Height()+1); err == nil {
			err = g.follow(ctx, from)
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		log.Error("the lineage graph couldn't read the index; asking again", "height", g.Height(), "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryAfter):
		}
	}
}

// rest lets others have the processors: right after a start, when nothing is in
// memory yet, every answer costs several times what it does later.
func rest(ctx context.Context, worked time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(min(3*worked, maxRest)):
	}
}

const maxRest = 200 * time.Millisecond

// Load reads every record of lineage there is and lays the graph out, as fast as
// it can.
func (g *Graph) Load(ctx context.Context, from Reader, log *slog.Logger) error {
	return g.load(ctx, from, log, func(context.Context, time.Duration) {})
}

func (g *Graph) load(ctx context.Context, from Reader, log *slog.Logger, then func(context.Context, time.Duration)) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	began := time.Now()
	// What is written while the lists are read is read again by follow.
	height := from.Status().Height
	fresh := New()
	seen := 0
	for _, k := range Kinds {
		for cursor := ""; ; {
			if err := ctx.Err(); err != nil {
				return err
			}
			asked := time.Now()
			page, err := from.List(index.Query{Kind: k, Oldest: true, Cursor: cursor, Limit: index.MaxLimit})
			if err != nil {
				return fmt.Errorf("couldn't list %s: %w", k, err)
			}
			for _, e := range page.Items {
				if err := fresh.put(e, false); err != nil {
					return err
				}
				if seen++; seen%progressEvery == 0 {
					log.Info("reading lineage", "records", seen, "kind", k)
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
			then(ctx, time.Since(asked))
		}
	}
	fresh.lay()
	g.mu.Lock()
	g.names, g.nodes, g.nodeNo, g.named, g.records, g.slots = fresh.names, fresh.nodes, fresh.nodeNo, fresh.named, fresh.records, fresh.slots
	g.first, g.refs, g.uses, g.links, g.hops, g.touched, g.stale = fresh.first, fresh.refs, fresh.uses, fresh.links, fresh.hops, nil, false
	g.grow(height)
	g.mu.Unlock()
	s := g.Size()
	log.Info("lineage is read", "height", s.Height, "records", s.Records, "nodes", s.Nodes, "edges", s.Edges, "after", time.Since(began).Round(time.Millisecond).String())
	return nil
}

// grow notes that the graph has every record up to a height; mu is held.
func (g *Graph) grow(height uint64) {
	g.height = max(g.height, height)
	g.stamp++
	close(g.grown)
	g.grown = make(chan struct{})
}

// follow takes in what the blocks between the graph's height and the index's
// wrote.
func (g *Graph) follow(ctx context.Context, from Reader) error {
	for to := from.Status().Height; ; {
		number := g.Height()
		if number >= to {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, gone, err := written(from, number)
		if err != nil {
			return err
		}
		if err := g.take(number+1, entries, gone); err != nil {
			return err
		}
	}
}

// written reads the records of lineage that a block wrote, as they are now, in
// the order they were created.
func written(from Reader, number uint64) (entries []index.Entry, gone []string, err error) {
	b, err := from.Block(number)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read block %d: %w", number, err)
	}
	seen := map[rights.RecordRef]bool{}
	for _, id := range b.TxIDs {
		t, err := from.Transaction(id)
		if err != nil {
			return nil, nil, fmt.Errorf("couldn't read transaction %s of block %d: %w", id, number, err)
		}
		for _, ref := range t.Records {
			key := rights.RecordRef{Kind: ref.Kind, ID: ref.ID}
			if kindOf(ref.Kind) == noKind || seen[key] {
				continue
			}
			seen[key] = true
			e, err := from.Get(ref.Kind, ref.ID)
			// What is there again since is taken in with the block that made it.
			if errors.Is(err, index.ErrNotFound) || err == nil && e.Created.Block > number {
				gone = append(gone, ref.ID)
				continue
			}
			if err != nil {
				return nil, nil, fmt.Errorf("couldn't read %s %s: %w", ref.Kind, ref.ID, err)
			}
			entries = append(entries, e)
		}
	}
	slices.SortStableFunc(entries, func(a, b index.Entry) int { return compare(a.Created, b.Created) })
	return entries, gone, nil
}

// take puts a block's records in at once.
func (g *Graph) take(height uint64, entries []index.Entry, gone []string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range entries {
		if err := g.put(e, true); err != nil {
			return err
		}
	}
	for _, id := range gone {
		g.drop(id)
	}
	for f := range g.links {
		if g.links[f].crowded() {
			g.lay()
			break
		}
	}
	if len(entries)+len(gone) == 0 { // walks stay what they are
		g.stamp--
	}
	g.grow(height)
	return nil
}

// Height is the number of blocks whose every record is in the graph; 0 until it
// is read. Records may be newer by a block the graph is about to take in.
func (g *Graph) Height() uint64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.height
}

// Wait returns when the graph has that height, or with the context's error.
func (g *Graph) Wait(ctx context.Context, height uint64) error {
	for {
		g.mu.RLock()
		have, grown := g.height, g.grown
		g.mu.RUnlock()
		if have >= height && have > 0 {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
