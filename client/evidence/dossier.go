package evidence

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/fabricproof"
)

// recordKey names a record.
type recordKey struct {
	kind rights.Kind
	id   string
}

// record is one record as a bundle has it. Nothing of it is proven by being here.
type record struct {
	recordKey
	value    []byte
	head     rights.Head
	raw      []byte // the endorsed read
	state    *fabricproof.State
	readAt   time.Time // by the read's proposal
	elements []string
	whole    bool
	steps    []step // oldest first
}

// step is one version of a record: the transaction that wrote it.
type step struct {
	at     fabricproof.Version
	tx     *fabricproof.Transaction
	value  []byte
	head   rights.Head
	policy bool // it set who must endorse the record from then on, and wrote no value
	// command is nil for what an administrator's certificate founded or enrolled.
	command *command.Command
}

// dossier is everything in a bundle, read.
type dossier struct {
	chaincode string
	blocks    map[uint64]*fabricproof.Block
	records   map[recordKey]*record
}

func newDossier(chaincode string) *dossier {
	return &dossier{chaincode: chaincode, blocks: map[uint64]*fabricproof.Block{}, records: map[recordKey]*record{}}
}

// sorted lists the records by kind and id.
func (d *dossier) sorted() []*record {
	list := make([]*record, 0, len(d.records))
	for _, r := range d.records {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *record) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id)) })
	return list
}

// add reads an endorsed read into a record. The read must answer for that record.
func (d *dossier) add(key recordKey, raw []byte) (*record, error) {
	tx, s, err := fabricproof.ReadState(raw)
	if err != nil {
		return nil, err
	}
	if s.Kind != string(key.kind) || s.ID != key.id {
		return nil, fmt.Errorf("the read is of %q %q, not of %s %s", s.Kind, s.ID, key.kind, key.id)
	}
	if s.Version == nil {
		return nil, fmt.Errorf("%s %s is not on the ledger", key.kind, key.id)
	}
	r := &record{recordKey: key, value: s.Value, raw: raw, state: s, readAt: tx.At}
	if err := json.Unmarshal(s.Value, &r.head); err != nil {
		return nil, fmt.Errorf("%s %s cannot be read: %w", key.kind, key.id, err)
	}
	d.records[key] = r
	return r, nil
}

// maxVersions bounds a record's history.
const maxVersions = 100_000

// walk follows a record from where it was last written to where it was created:
// each transaction that changed it had read it, and so names the one before. This
// shows more than a list of versions would: peers that endorsed the later write
// found the earlier one in force.
func (d *dossier) walk(r *record, block func(uint64) (*fabricproof.Block, error)) error {
	key := fabricproof.Key(string(r.kind), r.id)
	r.steps, r.whole = nil, false
	for at := r.state.Version; at != nil; {
		b, err := block(at.Block)
		if err != nil {
			return err
		}
		tx, err := b.Transaction(at.Tx)
		if err != nil {
			return err
		}
		s, before, err := d.step(key, *at, tx)
		if err != nil {
			return fmt.Errorf("%s %s at block %d, transaction %d: %w", r.kind, r.id, at.Block, at.Tx, err)
		}
		if before != nil && (before.Block > at.Block || before.Block == at.Block && before.Tx >= at.Tx) || len(r.steps) >= maxVersions {
			return fmt.Errorf("the history of %s %s does not go back", r.kind, r.id)
		}
		r.steps = append(r.steps, *s)
		at = before
	}
	slices.Reverse(r.steps)
	r.whole = true
	return r.consistent()
}

func (d *dossier) step(key string, at fabricproof.Version, tx *fabricproof.Transaction) (*step, *fabricproof.Version, error) {
	if len(tx.Actions) != 1 {
		return nil, nil, errors.New("it is no transaction with one action")
	}
	a := &tx.Actions[0]
	result, err := a.Result(d.chaincode)
	if err != nil {
		return nil, nil, err
	}
	s := &step{at: at, tx: tx}
	w, wrote := result.Write(key)
	switch {
	case wrote && w.Deleted:
		return nil, nil, errors.New("it deletes the record")
	case wrote:
		s.value = w.Value
		if err := json.Unmarshal(w.Value, &s.head); err != nil {
			return nil, nil, fmt.Errorf("what it writes cannot be read: %w", err)
		}
	case slices.Contains(result.Policies, key):
		s.policy = true
	default:
		return nil, nil, errors.New("it does not write the record")
	}
	if len(a.Args) == 2 && string(a.Args[0]) == "Submit" {
		if s.command, err = command.Decode(a.Args[1]); err != nil {
			return nil, nil, fmt.Errorf("its command: %w", err)
		}
	}
	before, ok := result.Read(key)
	if !ok && wrote && s.head.Version == 1 {
		return s, nil, nil // created: its id is made of the transaction's own, so there is nothing to read
	}
	if !ok {
		return nil, nil, errors.New("it writes the record without having read it: what was before does not follow")
	}
	return s, before.Version, nil
}

// consistent holds a history against itself: the last value is the one read, the
// versions count up by one, and each names the transaction that wrote it.
func (r *record) consistent() error {
	var last []byte
	version := int64(0)
	for _, s := range r.steps {
		if s.policy {
			continue
		}
		last, version = s.value, version+1
		switch {
		case s.head.Version != version:
			return fmt.Errorf("%s %s has version %d where %d is due", r.kind, r.id, s.head.Version, version)
		case s.head.LastTxID != s.tx.TxID:
			return fmt.Errorf("version %d of %s %s names another transaction than its own", version, r.kind, r.id)
		}
	}
	if !bytes.Equal(last, r.value) {
		return fmt.Errorf("what was last written of %s %s is not what it reads as", r.kind, r.id)
	}
	return nil
}

// positions are where a record's versions were written.
func (r *record) positions() []fabricproof.Version {
	list := []fabricproof.Version{}
	for _, s := range r.steps {
		list = append(list, s.at)
	}
	return list
}

// Find implements rights.Finder over what the bundle has.
func (d *dossier) Find(kind rights.Kind, id string, v any) (bool, error) {
	r := d.records[recordKey{kind, id}]
	if r == nil {
		return false, nil
	}
	if err := json.Unmarshal(r.value, v); err != nil {
		return false, fmt.Errorf("couldn't decode %s %s: %w", kind, id, err)
	}
	return true, nil
}

// record reads one of the bundle's records, nil when it has none.
func recordOf[T any](d *dossier, kind rights.Kind, id string) *T {
	v := new(T)
	if ok, err := d.Find(kind, id, v); err != nil || !ok {
		return nil
	}
	return v
}

// opened finds the commands that opened fingerprints in an alert's history.
func (d *dossier) opened(alertID string) (list []openedAt) {
	r := d.records[recordKey{rights.KindAlert, alertID}]
	if r == nil {
		return nil
	}
	for _, s := range r.steps {
		if s.command == nil || s.command.Name != "alert.openFingerprint" {
			continue
		}
		var b rights.OpenFingerprint
		if command.DecodeInto(s.command.Body, &b) != nil || b.AlertID != alertID {
			continue
		}
		list = append(list, openedAt{s.at, b})
	}
	return list
}

type openedAt struct {
	at   fabricproof.Version
	body rights.OpenFingerprint
}

// path is the way of the copy, from the first one handed out to the suspect's.
func (d *dossier) path(copyID string) []*rights.Copy {
	var list []*rights.Copy
	for id := copyID; id != "" && len(list) < 100; {
		c := recordOf[rights.Copy](d, rights.KindCopy, id)
		if c == nil {
			break
		}
		list = append(list, c)
		id = c.ParentCopyID
	}
	slices.Reverse(list)
	return list
}

// marks finds where a delivery's commitment was written and where it was received,
// nil where it was not.
func (d *dossier) marks(deliveryID string) (committed, received *fabricproof.Version) {
	r := d.records[recordKey{rights.KindDelivery, deliveryID}]
	if r == nil {
		return nil, nil
	}
	for i := range r.steps {
		var l rights.Delivery
		if json.Unmarshal(r.steps[i].value, &l) != nil {
			continue
		}
		if committed == nil && l.FingerprintCommit != "" {
			committed = &r.steps[i].at
		}
		if received == nil && l.ReceivedAt > 0 {
			received = &r.steps[i].at
		}
	}
	return committed, received
}
