package trace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"os"

	"github.com/dgraph-io/badger/v4"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/sketch"
)

// ErrNoSketch means that this gateway does not have a sketch of that hash.
var ErrNoSketch = errors.New("no sketch of that hash")

// Store keeps keyed sketches by their hash, and how far the ledger was
// compared. It is safe for concurrent use.
type Store struct{ db *badger.DB }

// Keys: 's' and the hash's text for a sketch, 'c' for the checkpoint.
const keySketch, keyCompared = 's', 'c'

// OpenStore opens the store in a directory, or begins one. What Put returned
// from survives a crash.
func OpenStore(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the sketches' directory: %w", err)
	}
	// Sketches never change and go to the value log, written once and in order;
	// the tree has their hashes alone.
	db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil).WithSyncWrites(true).WithMemTableSize(8 << 20).
		WithNumMemtables(3).WithBlockCacheSize(16 << 20).WithValueThreshold(256).WithValueLogFileSize(32 << 20).WithMetricsEnabled(false))
	if err != nil {
		return nil, fmt.Errorf("couldn't open the sketches in %s: %w", dir, err)
	}
	return &Store{db}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }

// Put keeps a keyed sketch and returns its hash.
func (s *Store) Put(k *sketch.Sketch) (string, error) {
	if !k.Keyed() {
		return "", errors.New("couldn't keep a sketch: it is not keyed")
	}
	hash := k.Hash()
	err := s.db.Update(func(tx *badger.Txn) error { return tx.Set(sketchKey(hash), k.Bytes()) })
	if err != nil {
		return "", fmt.Errorf("couldn't keep the sketch %s: %w", hash, err)
	}
	return hash, nil
}

// PutAll keeps many sketches, as from a backup, and returns their hashes. It is
// on disk when it returns without an error; a crash before may have kept some.
func (s *Store) PutAll(all iter.Seq[*sketch.Sketch]) (hashes []string, err error) {
	batch := s.db.NewWriteBatch()
	defer batch.Cancel()
	for k := range all {
		if !k.Keyed() {
			return nil, errors.New("couldn't keep a sketch: it is not keyed")
		}
		hash := k.Hash()
		if err := batch.Set(sketchKey(hash), k.Bytes()); err != nil {
			return nil, fmt.Errorf("couldn't keep the sketch %s: %w", hash, err)
		}
		hashes = append(hashes, hash)
	}
	if err := batch.Flush(); err != nil {
		return nil, fmt.Errorf("couldn't keep the sketches: %w", err)
	}
	return hashes, nil
}

// Get returns the sketch of that hash, or ErrNoSketch.
func (s *Store) Get(hash string) (*sketch.Sketch, error) {
	if !rights.ValidHash(hash) {
		return nil, fmt.Errorf("couldn't look for a sketch: %q is not a hash", hash)
	}
	var k *sketch.Sketch
	err := s.db.View(func(tx *badger.Txn) error {
		item, err := tx.Get(sketchKey(hash))
		if err != nil {
			return err
		}
		return item.Value(func(b []byte) error {
			k, err = sketch.Parse(b)
			return err
		})
	})
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, ErrNoSketch
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the sketch %s: %w", hash, err)
	}
	return k, nil
}

func sketchKey(hash string) []byte { return append([]byte{keySketch}, hash...) }

// Compared is the number of blocks whose registrations were compared with all
// before them.
func (s *Store) Compared() (height uint64, err error) {
	err = s.db.View(func(tx *badger.Txn) error {
		item, err := tx.Get([]byte{keyCompared})
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return item.Value(func(b []byte) error {
			if len(b) != 8 {
				return errors.New("the checkpoint is damaged")
			}
			height = binary.BigEndian.Uint64(b)
			return nil
		})
	})
	if err != nil {
		return 0, fmt.Errorf("couldn't read how far the ledger was compared: %w", err)
	}
	return height, nil
}

// SetCompared records Compared.
func (s *Store) SetCompared(height uint64) error {
	err := s.db.Update(func(tx *badger.Txn) error {
		return tx.Set([]byte{keyCompared}, binary.BigEndian.AppendUint64(nil, height))
	})
	if err != nil {
		return fmt.Errorf("couldn't record how far the ledger was compared: %w", err)
	}
	return nil
}
