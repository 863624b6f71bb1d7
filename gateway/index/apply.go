package index

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/fabricproof"
)

// Apply adds the next block. A block the index has is compared by its hash and
// otherwise left alone; a later one is ErrGap; one that does not continue this
// chain is ErrOtherChain. After an error the index is as it was.
func (x *Index) Apply(b *common.Block) error {
	x.applying.Lock()
	defer x.applying.Unlock()
	v, err := x.view()
	if err != nil {
		return err
	}
	defer v.release()
	number := b.GetHeader().GetNumber()
	switch {
	case b.GetHeader() == nil:
		return fmt.Errorf("%w: no header", errMalformed)
	case number < v.height:
		return v.sameBlock(b.GetHeader())
	case number > v.height:
		return fmt.Errorf("%w: got block %d, want %d", ErrGap, number, v.height)
	case number > 0 && !bytes.Equal(b.GetHeader().GetPreviousHash(), x.point.Hash):
		return fmt.Errorf("%w: block %d does not follow block %d", ErrOtherChain, number, number-1)
	}
	d, err := decodeBlock(b, x.namespace, x.point.Consenters)
	if err != nil {
		return err
	}
	p := newPatch(v, x.sum)
	if err := p.block(d); err != nil {
		return fmt.Errorf("couldn't index block %d: %w", number, err)
	}
	next := checkpoint{
		Format: formatVersion, Namespace: x.namespace, Height: number + 1, Hash: d.hash,
		Sum: p.sum.bytes(), Digest: p.sum.digest(number + 1), Consenters: x.point.Consenters,
	}
	if d.consenters != nil {
		next.Consenters = d.consenters
	}
	p.put(blockKey(familyDigest, next.Height), []byte(next.Digest))
	if err := x.write(p, next); err != nil {
		return fmt.Errorf("couldn't write block %d to the index: %w", number, err)
	}
	x.sum = p.sum
	x.publish(next)
	return nil
}

// sameBlock checks that an old block is the one that was indexed.
func (v *view) sameBlock(h *common.BlockHeader) error {
	hash, err := fabricproof.HeaderHash(h)
	if err != nil {
		return err
	}
	b, err := v.block(h.GetNumber())
	if err != nil {
		return err
	}
	if b.Hash != "sha256:"+hexString(hash) {
		return fmt.Errorf("%w: its block %d is not the peer's", ErrOtherChain, h.GetNumber())
	}
	return nil
}

// write stores a patch as one version, the checkpoint last. Only when that is
// written may anybody read at the new height.
func (x *Index) write(p *patch, next checkpoint) error {
	ts := next.Height
	x.fault("decoded")
	txn := x.db.NewTransactionAt(ts, true)
	defer func() { txn.Discard() }()
	ops := 0
	commit := func() error {
		err := txn.CommitAt(ts, nil)
		txn = x.db.NewTransactionAt(ts, true)
		ops = 0
		x.fault("written")
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(p.puts)) {
		err := set(txn, key, p.puts[key])
		if errors.Is(err, badger.ErrTxnTooBig) {
			if err = commit(); err == nil {
				err = set(txn, key, p.puts[key])
			}
		}
		if err != nil {
			return err
		}
		if ops++; ops == x.maxOps {
			if err := commit(); err != nil {
				return err
			}
		}
	}
	if err := commit(); err != nil {
		return err
	}
	if err := x.sync(); err != nil {
		return err
	}
	x.fault("synced")
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := set(txn, string(checkpointKey), raw); err != nil {
		return err
	}
	if err := commit(); err != nil {
		return err
	}
	x.fault("checkpointed")
	return nil
}

func (x *Index) sync() error {
	if x.noSync {
		return nil
	}
	return x.db.Sync()
}

// set writes or, for nil, deletes.
func set(txn *badger.Txn, key string, value []byte) error {
	if value == nil {
		return txn.Delete([]byte(key))
	}
	return txn.Set([]byte(key), value)
}

func (x *Index) publish(next checkpoint) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.point = next
	close(x.grown)
	x.grown = make(chan struct{})
	x.db.SetDiscardTs(x.discardable())
}

// patch collects what a block changes, over a view of the height before it.
type patch struct {
	v        *view
	sum      multiset
	puts     map[string][]byte // nil deletes
	mirror   map[string]*change
	edits    map[string]*edit // chunk key → slots
	births   map[string]*birth
	counters map[string]int64
}

// change is what a block does to one record.
type change struct {
	kind   rights.Kind
	before []byte // sealed, as in the store; nil: no such record
	old    stored
	now    *stored // nil: none
	face   face    // of now
}

type edit struct{ add, del []slot }
type birth struct{ add, del []born }

func newPatch(v *view, sum multiset) *patch {
	return &patch{
		v: v, sum: sum, puts: map[string][]byte{}, mirror: map[string]*change{},
		edits: map[string]*edit{}, births: map[string]*birth{}, counters: map[string]int64{},
	}
}

func (p *patch) put(key, value []byte) { p.puts[string(key)] = value }

// putPrimary adds a primary entry under a key that is new.
func (p *patch) putPrimary(key, sealed []byte) {
	p.sum.add(key, sealed)
	p.put(key, sealed)
}

func (p *patch) block(d *decodedBlock) error {
	for i := range d.txs {
		if err := p.transaction(&d.txs[i]); err != nil {
			return err
		}
	}
	for key, c := range p.mirror {
		p.settle([]byte(key), c)
	}
	signers, err := json.Marshal(d.Signers)
	if err != nil {
		return err
	}
	p.put(blockKey(familySigners, d.Number), signers)
	// The digest is of what the chain says; the signers are this copy's.
	b := d.Block
	b.Signers = nil
	sealed, err := sealJSON(b)
	if err != nil {
		return err
	}
	p.putPrimary(blockKey(familyBlock, d.Number), sealed)
	return p.secondary()
}

func (p *patch) transaction(t *decodedTx) error {
	refs := make([]rights.RecordRef, 0, len(t.writes))
	for n, w := range t.writes {
		var f face
		if !isPointer(w.kind) && !w.deleted {
			f = readFace(w.value)
		}
		if err := p.record(w, f, Position{t.Block, t.Index, n}); err != nil {
			return err
		}
		if !isPointer(w.kind) && w.kind != rights.KindReceipt && !w.deleted {
			refs = append(refs, rights.RecordRef{Kind: w.kind, ID: w.id, State: rights.State(f.state()), Version: f.version()})
		}
	}
	t.RecordCount = len(refs)
	t.Records = refs[:min(len(refs), MaxListedRecords)]
	sealed, err := sealJSON(t.Transaction)
	if err != nil {
		return err
	}
	p.putPrimary(txKey(familyTransaction, t.Block, t.Index), sealed)
	if len(refs) > MaxListedRecords {
		if sealed, err = sealJSON(refs); err != nil {
			return err
		}
		p.putPrimary(txKey(familyWritten, t.Block, t.Index), sealed)
	}
	if len(t.jws) > 0 {
		p.putPrimary(txKey(familyJWS, t.Block, t.Index), seal(t.jws))
	}
	if t.TxID != "" {
		p.put(txIDKey(t.TxID, t.Block, t.Index), []byte{})
	}
	p.counters[counterTransactions]++
	if t.Validation != validCode {
		p.counters[counterInvalid]++
	}
	return nil
}

// record takes one write. The version it replaces goes to the history.
func (p *patch) record(w write, f face, at Position) error {
	key := stateKey(w.kind, w.id)
	c := p.mirror[string(key)]
	if c == nil {
		before, err := p.v.get(key)
		if err != nil {
			return err
		}
		c = &change{kind: w.kind, before: before}
		if before != nil {
			if c.old, err = decodeStored(before); err != nil {
				return err
			}
			now := c.old
			c.now = &now
		}
		p.mirror[string(key)] = c
	}
	if c.now == nil && w.deleted {
		return nil
	}
	next := stored{Created: at, Updated: at, Raw: w.value}
	if keyPart(w.id) != w.id {
		next.ID = w.id
	}
	if c.now != nil {
		next.Created = c.now.Created
		p.remember(w, c.now.Updated, c.now.Raw)
	}
	if w.deleted {
		p.remember(w, at, []byte("null"))
		c.now = nil
		return nil
	}
	c.now, c.face = &next, f
	return nil
}

// remember adds to the history of a record. Pointers have none.
func (p *patch) remember(w write, at Position, raw []byte) {
	if !isPointer(w.kind) {
		p.putPrimary(historyKey(w.kind, w.id, at), seal(raw))
	}
}

// settle turns what a block did to one record into entries.
func (p *patch) settle(key []byte, c *change) {
	if c.before != nil {
		p.sum.remove(key, c.before)
	}
	var was, is derived
	if c.before != nil {
		was = derive(c.kind, readFace(c.old.Raw))
	}
	switch {
	case c.now == nil && c.before == nil:
		return
	case c.now == nil:
		p.put(key, nil)
	default:
		sealed := c.now.encode()
		p.sum.add(key, sealed)
		p.put(key, sealed)
		is = derive(c.kind, c.face)
	}
	for _, name := range was.counters {
		p.counters[name]--
	}
	for _, name := range is.counters {
		p.counters[name]++
	}
	stays := c.now != nil && c.before != nil && c.now.Created == c.old.Created
	for _, prefix := range was.postings {
		if !stays || !contains(is.postings, prefix) {
			e := p.edit(prefix, c.old.Created)
			e.del = append(e.del, c.old.Created.slot())
		}
	}
	for _, prefix := range is.postings {
		if !stays || !contains(was.postings, prefix) {
			e := p.edit(prefix, c.now.Created)
			e.add = append(e.add, c.now.Created.slot())
		}
	}
	if isPointer(c.kind) || stays {
		return
	}
	_, id, _ := splitStateKey(key)
	if c.before != nil {
		b := p.birth(c.kind, c.old.Created)
		b.del = append(b.del, born{c.old.Created.slot(), fullID(c.old.ID, id)})
	}
	if c.now != nil {
		b := p.birth(c.kind, c.now.Created)
		b.add = append(b.add, born{c.now.Created.slot(), fullID(c.now.ID, id)})
	}
}

// fullID is the full id: the stored one, or the key's where that holds it.
func fullID(stored, key string) string {
	if stored != "" {
		return stored
	}
	return key
}

func contains(sorted []string, s string) bool {
	_, ok := slices.BinarySearch(sorted, s)
	return ok
}

func (p *patch) edit(prefix string, created Position) *edit {
	key := string(chunkKey([]byte(prefix), created.Block))
	if p.edits[key] == nil {
		p.edits[key] = &edit{}
	}
	return p.edits[key]
}

func (p *patch) birth(kind rights.Kind, created Position) *birth {
	key := string(chunkKey(createdPrefix(kind), created.Block))
	if p.births[key] == nil {
		p.births[key] = &birth{}
	}
	return p.births[key]
}

// secondary writes the chunks and counters that changed.
func (p *patch) secondary() error {
	for key, e := range p.edits {
		chunk, err := editChunk(p.v, key, e.add, e.del, decodeSlots, compareSlots, encodeSlots)
		if err != nil {
			return err
		}
		p.puts[key] = chunk
	}
	for key, b := range p.births {
		chunk, err := editChunk(p.v, key, b.add, b.del, decodeBorn, compareBorn, encodeBorn)
		if err != nil {
			return err
		}
		p.puts[key] = chunk
	}
	for name, delta := range p.counters {
		if delta == 0 {
			continue
		}
		n, err := p.v.counter(name)
		if err != nil {
			return err
		}
		if n += delta; n == 0 {
			p.put(counterKey(name), nil)
		} else {
			p.put(counterKey(name), binary.BigEndian.AppendUint64(nil, uint64(n)))
		}
	}
	return nil
}

// editChunk is the chunk after taking out and putting in; nil if nothing is left.
func editChunk[T comparable](v *view, key string, add, del []T, decode func([]byte) ([]T, error), compare func(a, b T) int, encode func([]T) []byte) ([]byte, error) {
	all := add
	// A chunk of the block being applied cannot be there yet.
	if binary.BigEndian.Uint64([]byte(key[len(key)-8:])) < v.height {
		raw, err := v.get([]byte(key))
		if err != nil {
			return nil, err
		}
		if all, err = decode(raw); err != nil {
			return nil, err
		}
		gone := make(map[T]bool, len(del))
		for _, d := range del {
			gone[d] = true
		}
		all = slices.DeleteFunc(all, func(t T) bool { return gone[t] })
		all = append(all, add...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	slices.SortFunc(all, compare)
	return encode(all), nil
}

func (v *view) counter(name string) (int64, error) {
	b, err := v.get(counterKey(name))
	if err != nil || b == nil {
		return 0, err
	}
	if len(b) != 8 {
		return 0, errDamaged
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}
