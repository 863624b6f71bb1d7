package index

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"sync"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// DefaultNamespace is the chaincode whose writes are indexed.
const DefaultNamespace = "datarights"

// Options of an index. The zero value is what a gateway uses.
type Options struct {
	Namespace string // chaincode name; DefaultNamespace if empty
	// NoSync leaves writing to disk to the operating system. The index still
	// survives a killed process, but perhaps not a lost machine. It is meant for
	// building an index anew, which ends with a clean Close.
	NoSync bool
	Logger *slog.Logger // of the store's warnings; nil is silence

	bulk    bool              // built from the first block on, with nobody reading
	memory  int64             // tests: of the store's tables in memory
	maxOps  int               // tests: most writes in one store transaction
	maxHeld int               // tests: most chunks a bulk build holds back
	fault   func(step string) // tests: called at every step of Apply
}

// Errors of an index as a whole.
var (
	ErrInUse      = errors.New("the index is in use by another process")
	ErrOtherChain = errors.New("the index was built from another chain; rebuild it")
	ErrFormat     = errors.New("the index has another format; rebuild it")
	ErrGap        = errors.New("not the next block")
)

// Index is the store. Its methods may be used from any goroutine; Apply works
// on one block at a time, and readers never wait for it.
//
// How a block becomes visible at once: the store keeps versions, and everything
// block n says is written as version n+1. Readers read at the last finished
// height. The checkpoint is written last, after the rest is on disk; a process
// killed before that resumes at the block, writes the very same versions again
// and nobody has seen them in between. Blocks of any size fit, since this does
// not rest on one store transaction holding them.
type Index struct {
	db        *badger.DB
	namespace string
	bulk      bool
	maxOps    int
	fault     func(string)

	applying sync.Mutex // held by Apply; guards what follows
	sum      multiset   // of the primary entries at height
	recent   recent     // chunks at height
	behind   behind     // of a bulk build: blocks being written
	held     *held      // of a bulk build: chunks to be written

	mu      sync.Mutex // guards what follows
	point   checkpoint
	grown   chan struct{}  // closed and replaced when the height grows
	readers map[uint64]int // how many read at a height
	closed  bool
}

// checkpoint is where the index stands. It is stored with every block, last.
type checkpoint struct {
	Format    int    `json:"format"`
	Namespace string `json:"namespace"`
	Height    uint64 `json:"height"`
	Hash      []byte `json:"hash"` // of block Height-1
	Digest    string `json:"digest"`

	sum        []byte            // of the primary entries; under keys of its own
	consenters map[uint32]string // as the latest configuration has them; likewise
}

// Open opens the index in a directory, or begins one.
func Open(dir string, o Options) (*Index, error) {
	if o.Namespace == "" {
		o.Namespace = DefaultNamespace
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the index directory: %w", err)
	}
	db, err := badger.OpenManaged(o.store(dir))
	if err != nil {
		if lockedBy(err) {
			return nil, fmt.Errorf("couldn't open the index in %s: %w", dir, ErrInUse)
		}
		return nil, fmt.Errorf("couldn't open the index in %s: %w", dir, err)
	}
	x := &Index{
		db: db, namespace: o.Namespace, bulk: o.bulk, maxOps: o.maxOps, fault: o.fault,
		grown: make(chan struct{}), readers: map[uint64]int{},
	}
	if o.bulk {
		x.held = &held{chunks: map[string]*chunk{}, most: cmp.Or(o.maxHeld, maxHeld)}
	}
	if x.fault == nil {
		x.fault = func(string) {}
	}
	if err := x.resume(); err != nil {
		db.Close()
		return nil, err
	}
	return x, nil
}

// store keeps the store small (about 100 MB of memory), for it shares its host
// with a peer and an orderer. One version of a key is kept. Values of logged
// bytes and more go to the value log, which is written once and never collected:
// versions, transactions, signed commands and blocks are never replaced, and of
// a pointer that is, the log holds no more than the chain does.
func (o Options) store(dir string) badger.Options {
	s := badger.DefaultOptions(dir).
		WithNumVersionsToKeep(1).
		WithMemTableSize(16 << 20).
		WithNumMemtables(3).
		WithBaseTableSize(4 << 20).
		WithBaseLevelSize(512 << 20). // two levels up to some millions of versions
		WithBlockCacheSize(0).
		WithValueLogFileSize(64 << 20).
		WithValueThreshold(logged).
		WithNumCompactors(2).
		WithCompression(options.None). // blocks are read where the file is mapped, with no cache to go through
		WithDetectConflicts(false).    // one writer
		WithSyncWrites(!o.NoSync).
		WithMetricsEnabled(false)
	if o.bulk { // fewer and larger moves
		s = s.WithMemTableSize(24 << 20).WithNumMemtables(5).WithNumLevelZeroTables(12).WithNumLevelZeroTablesStall(30)
	}
	if o.memory > 0 {
		s = s.WithMemTableSize(o.memory)
	}
	if o.Logger == nil {
		return s.WithLogger(nil)
	}
	return s.WithLogger(storeLogger{o.Logger})
}

// resume reads the checkpoint. What a killed Apply left is above its height and
// stays unseen until the block is applied again.
func (x *Index) resume() error {
	x.point = checkpoint{Format: formatVersion, Namespace: x.namespace}
	txn := x.db.NewTransactionAt(^uint64(0), false)
	defer txn.Discard()
	v := &view{Txn: txn}
	raw, err := v.get(checkpointKey)
	if err == nil && raw == nil {
		x.point.Digest = x.sum.digest(0)
		return nil
	}
	var point checkpoint
	if err == nil {
		err = json.Unmarshal(raw, &point)
	}
	if err != nil {
		return fmt.Errorf("couldn't read the checkpoint: %w", err)
	}
	if point.Format != formatVersion {
		return fmt.Errorf("%w (it has %d, this program writes %d)", ErrFormat, point.Format, formatVersion)
	}
	if point.Namespace != x.namespace {
		return fmt.Errorf("%w: it holds chaincode %q, not %q", ErrFormat, point.Namespace, x.namespace)
	}
	if err := point.readRest(v); err != nil {
		return fmt.Errorf("couldn't read the checkpoint: %w", err)
	}
	if !x.sum.load(point.sum) {
		return fmt.Errorf("couldn't read the checkpoint: %w", errDamaged)
	}
	x.point = point
	x.db.SetDiscardTs(point.Height)
	return nil
}

// sumParts are the pieces in which the sum is stored, so that what every block
// replaces stays out of the value log.
const sumParts = 2 * lanes / 256

func sumKey(part int) []byte { return []byte{familyMeta, 's', byte(part)} }

var consentersKey = []byte{familyMeta, 'o'}

// entries are what is stored of a checkpoint; those that order only if they are
// others than before.
func (c checkpoint) entries(before map[uint32]string) ([]entry, error) {
	var all []entry
	if !maps.Equal(before, c.consenters) {
		raw, err := json.Marshal(c.consenters)
		if err != nil {
			return nil, err
		}
		all = append(all, entry{consentersKey, raw})
	}
	for part := range sumParts {
		size := len(c.sum) / sumParts
		all = append(all, entry{sumKey(part), c.sum[part*size : (part+1)*size]})
	}
	raw, err := json.Marshal(c)
	return append(all, entry{checkpointKey, raw}), err
}

// readRest reads what is stored beside the checkpoint.
func (c *checkpoint) readRest(v *view) error {
	for part := range sumParts {
		raw, err := v.get(sumKey(part))
		if err != nil {
			return err
		}
		c.sum = append(c.sum, raw...)
	}
	raw, err := v.get(consentersKey)
	if err != nil || raw == nil {
		return err
	}
	return json.Unmarshal(raw, &c.consenters)
}

// Close ends the index. It waits for the block being applied, not for readers.
func (x *Index) Close() error {
	x.applying.Lock()
	defer x.applying.Unlock()
	err := x.behind.wait()
	x.mu.Lock()
	already := x.closed
	x.closed = true
	x.mu.Unlock()
	if already {
		return nil
	}
	return errors.Join(err, x.db.Close())
}

// Status tells where the index stands.
func (x *Index) Status() Status {
	x.mu.Lock()
	defer x.mu.Unlock()
	return Status{Height: x.point.Height, Digest: x.point.Digest}
}

// Wait returns when the index has that height, or with the context's error.
func (x *Index) Wait(ctx context.Context, height uint64) error {
	for {
		x.mu.Lock()
		have, grown := x.point.Height, x.grown
		x.mu.Unlock()
		if have >= height {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// view reads the index at one height. Every view must be released.
type view struct {
	*badger.Txn
	height uint64
	x      *Index
	behind behind // what may not be in the store yet
}

// ErrClosed means that the index was closed.
var ErrClosed = errors.New("the index is closed")

func (x *Index) view() (*view, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil, ErrClosed
	}
	h := x.point.Height
	x.readers[h]++
	return &view{Txn: x.db.NewTransactionAt(h, false), height: h, x: x}, nil
}

func (v *view) release() {
	v.Discard()
	v.x.mu.Lock()
	defer v.x.mu.Unlock()
	if v.x.readers[v.height]--; v.x.readers[v.height] == 0 {
		delete(v.x.readers, v.height)
	}
}

// discardable is the height below which no reader looks; mu is held.
func (x *Index) discardable() uint64 {
	least := x.point.Height
	for h := range x.readers {
		least = min(least, h)
	}
	return least
}

// get reads a value; nil means that there is none.
func (v *view) get(key []byte) ([]byte, error) {
	if value, ok := v.behind.get(key); ok {
		return value, nil
	}
	item, err := v.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the index: %w", err)
	}
	b, err := item.ValueCopy(nil)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the index: %w", err)
	}
	if b == nil {
		b = []byte{}
	}
	return b, nil
}
