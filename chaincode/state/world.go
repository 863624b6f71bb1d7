// Package state keeps records in Fabric's world state: one composite key a
// record, JSON values, nothing written before the whole command has succeeded.
package state

import (
	"encoding/json"
	"fmt"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/datarights/datarights/chaincode/rights"
)

// Key is the world-state key of a record.
func Key(kind rights.Kind, id string) (string, error) {
	key, err := shim.CreateCompositeKey(string(kind), []string{id})
	if err != nil {
		return "", fmt.Errorf("couldn't make a key of %s %q: %w", kind, id, err)
	}
	return key, nil
}

// World is the world state within one transaction. It reads every key once,
// sees its own writes, and holds them back until Flush. It belongs to one
// transaction and is not safe for concurrent use.
type World struct {
	stub    shim.ChaincodeStubInterface
	usual   rights.EndorsementRule // of keys without a guard
	values  map[string][]byte      // what a key reads as; empty: absent
	written map[string]bool
	order   []string // keys in order of their first write

	secrets map[string]secret // by collection and key
	hidden  []string          // keys of secrets, in order of their first write
	guards  map[string][]byte // key → endorsement policy it moves under
	guarded []string          // in order
}

// secret is one value in a private collection, as read or to be written.
type secret struct {
	collection, key string
	value           []byte
	put, purge      bool
}

// NewWorld opens the world state of a transaction. usual is what a guarded key
// needs beside its guardians; it must be equal on every peer.
func NewWorld(stub shim.ChaincodeStubInterface, usual rights.EndorsementRule) *World {
	return &World{stub: stub, usual: usual, values: map[string][]byte{}, written: map[string]bool{}, secrets: map[string]secret{}, guards: map[string][]byte{}}
}

// Load implements rights.Ledger.
func (w *World) Load(kind rights.Kind, id string, v any) (bool, error) {
	raw, err := w.Raw(kind, id)
	if err != nil || len(raw) == 0 {
		return false, err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return false, fmt.Errorf("couldn't decode %s %s: %w", kind, id, err)
	}
	return true, nil
}

// Raw returns a record's bytes, empty when there is none.
func (w *World) Raw(kind rights.Kind, id string) ([]byte, error) {
	key, err := Key(kind, id)
	if err != nil {
		return nil, err
	}
	if raw, ok := w.values[key]; ok {
		return raw, nil
	}
	raw, err := w.stub.GetState(key)
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s %s: %w", kind, id, err)
	}
	w.values[key] = raw
	return raw, nil
}

// Ref names one record to read ahead.
type Ref struct {
	Kind rights.Kind
	ID   string
}

// Prefetch reads many records in one round trip to the peer. What the command
// then reads of them costs nothing more.
func (w *World) Prefetch(refs []Ref) error {
	var keys []string
	asked := map[string]bool{}
	for _, r := range refs {
		key, err := Key(r.Kind, r.ID)
		if err != nil {
			return err
		}
		if _, known := w.values[key]; !known && !asked[key] {
			asked[key] = true
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	values, err := w.stub.GetMultipleStates(keys...)
	if err != nil {
		return fmt.Errorf("couldn't read %d records ahead: %w", len(keys), err)
	}
	for i, v := range values {
		w.values[keys[i]] = v
	}
	return nil
}

// Ahead implements rights.Ledger.
func (w *World) Ahead(refs ...rights.RecordRef) {
	list := make([]Ref, len(refs))
	for i, r := range refs {
		list[i] = Ref{r.Kind, r.ID}
	}
	_ = w.Prefetch(list) // Load meets the same error
}

// Store implements rights.Ledger.
func (w *World) Store(kind rights.Kind, id string, v any) error {
	key, err := Key(kind, id)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("couldn't encode %s %s: %w", kind, id, err)
	}
	w.values[key] = raw
	if !w.written[key] {
		w.written[key] = true
		w.order = append(w.order, key)
	}
	return nil
}

// LoadSecret implements rights.Ledger.
func (w *World) LoadSecret(c rights.Collection, kind rights.Kind, id string) ([]byte, error) {
	key, err := Key(kind, id)
	if err != nil {
		return nil, err
	}
	at := string(c) + "/" + key
	if s, ok := w.secrets[at]; ok {
		return s.value, nil
	}
	raw, err := w.stub.GetPrivateData(string(c), key)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the private part of %s %s: %w", kind, id, err)
	}
	w.secrets[at] = secret{collection: string(c), key: key, value: raw}
	return raw, nil
}

// StoreSecret implements rights.Ledger.
func (w *World) StoreSecret(c rights.Collection, kind rights.Kind, id string, raw []byte) error {
	return w.hide(c, kind, id, secret{value: raw, put: true})
}

// PurgeSecret implements rights.Ledger.
func (w *World) PurgeSecret(c rights.Collection, kind rights.Kind, id string) error {
	return w.hide(c, kind, id, secret{purge: true})
}

func (w *World) hide(c rights.Collection, kind rights.Kind, id string, s secret) error {
	key, err := Key(kind, id)
	if err != nil {
		return err
	}
	s.collection, s.key = string(c), key
	at := string(c) + "/" + key
	if old := w.secrets[at]; !old.put && !old.purge {
		w.hidden = append(w.hidden, at)
	}
	w.secrets[at] = s
	return nil
}

// Guard implements rights.Ledger.
func (w *World) Guard(kind rights.Kind, id string, msps []string) error {
	key, err := Key(kind, id)
	if err != nil {
		return err
	}
	policy, err := guardPolicy(w.usual, msps)
	if err != nil {
		return err
	}
	if _, again := w.guards[key]; !again {
		w.guarded = append(w.guarded, key)
	}
	w.guards[key] = policy
	return nil
}

// Flush hands all writes to the peer in one batch, in the order they were
// first made.
func (w *World) Flush() error {
	w.stub.StartWriteBatch()
	for _, key := range w.order {
		if err := w.stub.PutState(key, w.values[key]); err != nil {
			return fmt.Errorf("couldn't write: %w", err)
		}
	}
	for _, at := range w.hidden {
		s := w.secrets[at]
		var err error
		if s.purge {
			err = w.stub.PurgePrivateData(s.collection, s.key)
		} else {
			err = w.stub.PutPrivateData(s.collection, s.key, s.value)
		}
		if err != nil {
			return fmt.Errorf("couldn't write to %s: %w", s.collection, err)
		}
	}
	for _, key := range w.guarded {
		if err := w.stub.SetStateValidationParameter(key, w.guards[key]); err != nil {
			return fmt.Errorf("couldn't guard a key: %w", err)
		}
	}
	if err := w.stub.FinishWriteBatch(); err != nil {
		return fmt.Errorf("couldn't write %d records: %w", len(w.order), err)
	}
	return nil
}
