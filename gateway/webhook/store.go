package webhook

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/datarights/datarights/gateway/event"
)

// keySize is that of the key the store is encrypted with.
const keySize = 32

// store keeps subscriptions, their progress and dead letters, encrypted with a
// key of a file beside it. What it returned from is on disk. It is safe for
// concurrent use.
type store struct {
	db *badger.DB
	// fault is called before every write with what is about to be written; its
	// error is the write's.
	fault func(step string) error
}

// The keys: a letter, then the subscription's id; a dead letter's has its
// event's position behind it.
const (
	keySubscription = 's'
	keyProgress     = 'p'
	keyLetter       = 'd'
)

// Steps that fault is told.
const (
	stepSubscription = "subscription"
	stepProgress     = "progress"
	stepLetter       = "letter"
	stepRemove       = "remove"
)

// openStore opens the store in a directory, or begins one. keyFile is made when
// it is not there and no store is either.
func openStore(dir, keyFile string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the webhooks' directory: %w", err)
	}
	key, err := storeKey(dir, keyFile)
	if err != nil {
		return nil, err
	}
	db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil).WithSyncWrites(true).WithMemTableSize(8 << 20).WithNumMemtables(2).
		WithBlockCacheSize(4 << 20).WithIndexCacheSize(4 << 20).WithValueLogFileSize(16 << 20).WithMetricsEnabled(false).
		WithEncryptionKey(key))
	if err != nil {
		return nil, fmt.Errorf("couldn't open the webhooks in %s with the key %s: %w", dir, keyFile, err)
	}
	return &store{db: db, fault: func(string) error { return nil }}, nil
}

func storeKey(dir, keyFile string) ([]byte, error) {
	key, err := os.ReadFile(keyFile)
	switch {
	case err == nil && len(key) == keySize:
		return key, nil
	case err == nil:
		return nil, fmt.Errorf("couldn't use the webhooks' key %s: it has %d bytes, not %d", keyFile, len(key), keySize)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("couldn't read the webhooks' key: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, badger.ManifestFilename)); err == nil {
		return nil, fmt.Errorf("couldn't read the webhooks' key: %s is missing, and the webhooks in %s are encrypted with it", keyFile, dir)
	}
	key = make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("couldn't make the webhooks' key: %w", err)
	}
	f, err := os.OpenFile(keyFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("couldn't keep the webhooks' key: %w", err)
	}
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("couldn't keep the webhooks' key: %w", err)
	}
	return key, nil
}

func (s *store) Close() error { return s.db.Close() }

func key(family byte, id string) []byte { return append([]byte{family}, id...) }

func letterKey(id string, at event.Position) []byte {
	k := append(key(keyLetter, id), 0)
	k = binary.BigEndian.AppendUint64(k, at.Block)
	k = binary.BigEndian.AppendUint32(k, uint32(at.Tx))
	return binary.BigEndian.AppendUint32(k, uint32(at.N))
}

// progress is Progress as the store keeps it.
type progress struct {
	Progress
	At event.Position `json:"checkpoint"`
}

// put writes values at once.
func (s *store) put(step string, values map[string]any, remove ...string) error {
	if err := s.fault(step); err != nil {
		return fmt.Errorf("couldn't keep a webhook's %s: %w", step, err)
	}
	err := s.db.Update(func(tx *badger.Txn) error {
		for k, v := range values {
			raw, err := json.Marshal(v)
			if err != nil {
				return err
			}
			if err := tx.Set([]byte(k), raw); err != nil {
				return err
			}
		}
		for _, k := range remove {
			if err := tx.Delete([]byte(k)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("couldn't keep a webhook's %s: %w", step, err)
	}
	return nil
}

func (s *store) putSubscription(sub Subscription) error {
	return s.put(stepSubscription, map[string]any{string(key(keySubscription, sub.ID)): kept{sub, sub.secrets}})
}

// putNew keeps a subscription together with where it begins.
func (s *store) putNew(sub Subscription, p Progress) error {
	return s.put(stepSubscription, map[string]any{string(key(keySubscription, sub.ID)): kept{sub, sub.secrets}, string(key(keyProgress, sub.ID)): progress{p, p.Checkpoint}})
}

func (s *store) putProgress(id string, p Progress) error {
	return s.put(stepProgress, map[string]any{string(key(keyProgress, id)): progress{p, p.Checkpoint}})
}

// putLetter lays an event aside and moves on, at once.
func (s *store) putLetter(id string, at event.Position, l DeadLetter, p Progress) error {
	return s.put(stepLetter, map[string]any{string(letterKey(id, at)): l, string(key(keyProgress, id)): progress{p, p.Checkpoint}})
}

func (s *store) removeLetter(id string, at event.Position) error {
	return s.put(stepRemove, nil, string(letterKey(id, at)))
}

// get decodes a value and reports whether it is there.
func (s *store) get(k []byte, into any) (bool, error) {
	err := s.db.View(func(tx *badger.Txn) error {
		item, err := tx.Get(k)
		if err != nil {
			return err
		}
		return item.Value(func(b []byte) error { return json.Unmarshal(b, into) })
	})
	if errors.Is(err, badger.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("couldn't read a webhook: %w", err)
	}
	return true, nil
}

func (s *store) progress(id string) (Progress, error) {
	var p progress
	if _, err := s.get(key(keyProgress, id), &p); err != nil {
		return Progress{}, err
	}
	p.Checkpoint = p.At
	p.Next = p.At.String()
	return p.Progress, nil
}

// subscriptions are all there are.
func (s *store) subscriptions() ([]Subscription, error) {
	var list []Subscription
	err := s.each([]byte{keySubscription}, nil, func(_, value []byte) (bool, error) {
		var k kept
		if err := json.Unmarshal(value, &k); err != nil {
			return false, err
		}
		k.secrets = k.Secrets
		list = append(list, k.Subscription)
		return true, nil
	})
	return list, err
}

// letters are a subscription's dead letters from a position on, oldest first.
func (s *store) letters(id string, from event.Position, limit int) (list []DeadLetter, more bool, err error) {
	err = s.each(append(key(keyLetter, id), 0), letterKey(id, from), func(_, value []byte) (bool, error) {
		if len(list) == limit {
			more = true
			return false, nil
		}
		var l DeadLetter
		if err := json.Unmarshal(value, &l); err != nil {
			return false, err
		}
		list = append(list, l)
		return true, nil
	})
	return list, more, err
}

func (s *store) countLetters(id string) (n int, err error) {
	err = s.each(append(key(keyLetter, id), 0), nil, func(_, _ []byte) (bool, error) { n++; return true, nil })
	return n, err
}

// remove forgets a subscription and all that is its own.
func (s *store) remove(id string) error {
	var gone []string
	err := s.each(append(key(keyLetter, id), 0), nil, func(k, _ []byte) (bool, error) { gone = append(gone, string(k)); return true, nil })
	if err != nil {
		return err
	}
	return s.put(stepRemove, nil, append(gone, string(key(keySubscription, id)), string(key(keyProgress, id)))...)
}

func (s *store) each(prefix, seek []byte, visit func(key, value []byte) (bool, error)) error {
	if seek == nil {
		seek = prefix
	}
	err := s.db.View(func(tx *badger.Txn) error {
		it := tx.NewIterator(badger.IteratorOptions{Prefix: prefix, PrefetchValues: true, PrefetchSize: 50})
		defer it.Close()
		for it.Seek(seek); it.Valid(); it.Next() {
			more := false
			err := it.Item().Value(func(b []byte) (err error) { more, err = visit(it.Item().Key(), b); return err })
			if err != nil || !more {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("couldn't read the webhooks: %w", err)
	}
	return nil
}
