package index

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
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
	return x.apply(b, func() (*decodedBlock, error) { return readBlock(b, x.namespace) })
}

// apply is Apply with the block read elsewhere, so that the next one can be read
// while this one is written.
func (x *Index) apply(b *common.Block, read func() (*decodedBlock, error)) error {
	x.applying.Lock()
	defer x.applying.Unlock()
	v, err := x.view()
	if err != nil {
		return err
	}
	defer v.release()
	v.behind = x.behind
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
	d, err := read()
	if err != nil {
		return err
	}
	d.Signers = blockSigners(b, x.point.consenters)
	p := newPatch(v, x.sum, &x.recent, x.held)
	if err := p.block(d); err != nil {
		return fmt.Errorf("couldn't index block %d: %w", number, err)
	}
	next := checkpoint{
		Format: formatVersion, Namespace: x.namespace, Height: number + 1, Hash: d.hash,
		sum: p.sum.bytes(), Digest: p.sum.digest(number + 1), consenters: x.point.consenters,
	}
	if d.consenters != nil {
		next.consenters = d.consenters
	}
	p.put(blockKey(familyDigest, next.Height), []byte(next.Digest))
	if err := x.write(p, next); err != nil {
		return fmt.Errorf("couldn't write block %d to the index: %w", number, err)
	}
	for key, value := range p.chunks {
		x.recent.put(key, value)
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
// written may anybody read at the new height. A bulk build goes on while it is
// being written, and has its checkpoint at the end.
func (x *Index) write(p *patch, next checkpoint) error {
	x.fault("decoded")
	if x.bulk {
		return x.writeBehind(p.puts, next.Height)
	}
	if err := x.store(p.puts, next.Height); err != nil {
		return err
	}
	return x.writeCheckpoint(next, x.point.consenters)
}

// writeCheckpoint writes one, over one with those orderers.
func (x *Index) writeCheckpoint(next checkpoint, before map[uint32]string) error {
	entries, err := next.entries(before)
	if err != nil {
		return err
	}
	txn := x.db.NewTransactionAt(next.Height, true)
	defer txn.Discard()
	for _, e := range entries {
		if err := set(txn, e.key, e.value); err != nil {
			return err
		}
	}
	err = txn.CommitAt(next.Height, nil)
	x.fault("checkpointed")
	return err
}

// store writes entries as one version, in as many transactions as it takes. When it
// returns they are on disk, unless the index is not to wait for that.
func (x *Index) store(entries []entry, ts uint64) error {
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
	for _, e := range entries {
		err := set(txn, e.key, e.value)
		if errors.Is(err, badger.ErrTxnTooBig) {
			if err = commit(); err == nil {
				err = set(txn, e.key, e.value)
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
	return commit()
}

// set writes or, for nil, deletes.
func set(txn *badger.Txn, key, value []byte) error {
	if value == nil {
		return txn.Delete(key)
	}
	return txn.Set(key, value)
}

func (x *Index) publish(next checkpoint) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.point = next
	close(x.grown)
	x.grown = make(chan struct{})
	x.db.SetDiscardTs(x.discardable())
}

// patch collects what a block changes, over a view of the height before it. Each
// key is put once.
type patch struct {
	v        *view
	recent   *recent
	held     *held // of a bulk build, nil otherwise
	sum      multiset
	puts     []entry
	mirror   map[string]*change
	edits    map[string]*edit  // of chunks, by key
	chunks   map[string][]byte // edited, as they become
	ordinals map[rights.Kind]*ordinals
	counters map[string]int64
	key      []byte // room for one
}

// change is what a block does to one record.
type change struct {
	kind   rights.Kind
	id     string
	before []byte // sealed, as in the store; nil: no such record ever
	old    stored
	now    *stored // nil: none ever
	raw    []byte  // of now, if this block wrote it
}

// was and is tell whether the record was there before the block and is after it.
func (c *change) was() bool { return c.before != nil && !c.old.Deleted }
func (c *change) is() bool  { return c.now != nil && !c.now.Deleted }

// edit is what a block does to one chunk of a posting list.
type edit struct{ add, del []uint16 }

func (c *chunk) edit(e *edit) {
	for _, i := range e.del {
		c.unset(i)
	}
	for _, i := range e.add {
		c.set(i)
	}
}

// ordinals are how many records of a kind there were, and are, ever created.
type ordinals struct{ before, next uint64 }

func newPatch(v *view, sum multiset, r *recent, h *held) *patch {
	return &patch{
		v: v, recent: r, held: h, sum: sum, mirror: map[string]*change{}, edits: map[string]*edit{}, chunks: map[string][]byte{},
		ordinals: map[rights.Kind]*ordinals{}, counters: map[string]int64{},
	}
}

func (p *patch) put(key, value []byte) { p.puts = append(p.puts, entry{key, value}) }

// putPrimary adds a primary entry under a key that is new.
func (p *patch) putPrimary(key, sealed []byte) {
	p.sum.add(key, sealed)
	p.put(key, sealed)
}

func (p *patch) block(d *decodedBlock) error {
	p.puts = append(p.puts, d.entries...)
	p.sum.merge(&d.sum)
	for i := range d.txs {
		t := &d.txs[i]
		for n, w := range t.writes {
			if err := p.record(w, Position{t.Block, t.Index, n}); err != nil {
				return err
			}
		}
		p.counters[counterTransactions]++
		if t.Validation != validCode {
			p.counters[counterInvalid]++
		}
	}
	for key, c := range p.mirror {
		if err := p.settle([]byte(key), c); err != nil {
			return err
		}
	}
	for kind, o := range p.ordinals {
		p.count(kind, o)
	}
	signers, err := json.Marshal(d.Signers)
	if err != nil {
		return err
	}
	p.put(blockKey(familySigners, d.Number), signers)
	return p.secondary()
}

// record takes one write, which becomes a version in the record's history.
func (p *patch) record(w write, at Position) error {
	key := stateKey(w.kind, w.id)
	c := p.mirror[string(key)]
	if c == nil {
		before, err := p.v.get(key)
		if err != nil {
			return err
		}
		c = &change{kind: w.kind, id: w.id, before: before}
		if before != nil {
			if c.old, err = decodeStored(before); err != nil {
				return err
			}
			now := c.old
			c.now = &now
		}
		p.mirror[string(key)] = c
	}
	if w.deleted && !c.is() {
		return nil
	}
	next := stored{Created: at, Updated: at, Mark: w.mark, Deleted: w.deleted}
	if keyPart(w.id) != w.id {
		next.ID = w.id
	}
	if isPointer(w.kind) {
		c.point(w, next)
		return nil
	}
	if c.now != nil {
		var page []byte
		if next.Pages, next.Earlier, page = c.now.turned(); page != nil {
			p.put(historyKey(w.kind, w.id, c.now.Pages), page)
		}
	}
	if c.is() {
		next.Created, next.Ordinal = c.now.Created, c.now.Ordinal
	} else {
		var err error
		if next.Ordinal, err = p.ordinal(w.kind); err != nil {
			return err
		}
	}
	if w.deleted {
		p.putPrimary(versionKey(at), version{w.kind, w.id, deletedRaw}.encode())
	}
	c.now, c.raw = &next, w.value
	return nil
}

// point takes a write of a pointer, which has no history.
func (c *change) point(w write, next stored) {
	if w.deleted {
		c.now = nil
		return
	}
	next.Raw = w.value
	if c.now != nil {
		next.Created = c.now.Created
	}
	c.now = &next
}

// ordinal is the next record's of a kind.
func (p *patch) ordinal(kind rights.Kind) (uint64, error) {
	o := p.ordinals[kind]
	if o == nil {
		n, err := p.v.created(kind)
		if err != nil {
			return 0, err
		}
		o = &ordinals{n, n}
		p.ordinals[kind] = o
	}
	o.next++
	return o.next - 1, nil
}

func (p *patch) count(kind rights.Kind, o *ordinals) {
	key := ordinalKey(kind)
	sealed := func(n uint64) []byte { return seal(binary.AppendUvarint(nil, n)) }
	if o.before > 0 {
		p.sum.remove(key, sealed(o.before))
	}
	p.putPrimary(key, sealed(o.next))
}

// settle turns what a block did to one record into entries.
func (p *patch) settle(key []byte, c *change) error {
	if c.before == nil && c.now == nil {
		return nil
	}
	if c.before != nil {
		p.sum.remove(key, c.before)
	}
	if c.now == nil {
		p.put(key, nil)
	} else {
		p.putPrimary(key, c.now.encode())
	}
	if isPointer(c.kind) {
		return nil
	}
	stays := c.is() && c.was() && c.now.Ordinal == c.old.Ordinal
	if stays && c.now.Mark == c.old.Mark {
		return nil
	}
	was, is, err := p.derived(c, stays)
	if err != nil {
		return err
	}
	for _, name := range was.counters {
		p.counters[name]--
	}
	for _, name := range is.counters {
		p.counters[name]++
	}
	for _, prefix := range was.postings {
		if !stays || !contains(is.postings, prefix) {
			e := p.edit(prefix, c.old.Ordinal)
			e.del = append(e.del, uint16(c.old.Ordinal%chunkSize))
		}
	}
	for _, prefix := range is.postings {
		if !stays || !contains(was.postings, prefix) {
			e := p.edit(prefix, c.now.Ordinal)
			e.add = append(e.add, uint16(c.now.Ordinal%chunkSize))
		}
	}
	if stays {
		return nil
	}
	if c.was() {
		p.put(createdKey(c.kind, c.old.Ordinal), nil)
	}
	if c.is() {
		p.put(createdKey(c.kind, c.now.Ordinal), []byte(c.id))
	}
	return nil
}

// derived is what followed from a record and what follows from it now, as far as
// that differs.
func (p *patch) derived(c *change, stays bool) (was, is derived, err error) {
	var old face
	if c.was() {
		raw, err := p.v.raw(c.kind, c.id, c.old)
		if err != nil {
			return was, is, err
		}
		old = readFace(raw)
	}
	if stays {
		was, is = deriveBoth(c.kind, old, readFace(c.raw))
		return was, is, nil
	}
	if c.was() {
		was = derive(c.kind, old)
	}
	if c.is() {
		is = derive(c.kind, readFace(c.raw))
	}
	return was, is, nil
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

func (p *patch) edit(prefix string, ordinal uint64) *edit {
	p.key = binary.BigEndian.AppendUint64(append(p.key[:0], prefix...), ordinal/chunkSize)
	e := p.edits[string(p.key)]
	if e == nil {
		e = &edit{}
		p.edits[string(p.key)] = e
	}
	return e
}

// secondary writes the chunks and counters that changed. A bulk build holds its
// chunks back.
func (p *patch) secondary() error {
	var c chunk
	for key, e := range p.edits {
		if p.held != nil {
			if err := p.held.edit(p.v, key, e); err != nil {
				return err
			}
			continue
		}
		raw, err := p.recent.get(p.v, key)
		if err != nil {
			return err
		}
		if err := c.decode(raw); err != nil {
			return err
		}
		c.edit(e)
		encoded := c.encode()
		p.chunks[key] = encoded
		p.put([]byte(key), encoded)
	}
	if p.held != nil && len(p.held.chunks) > p.held.most {
		p.puts = p.held.flush(p.puts)
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

// recent keeps the chunks that blocks edited last as they are at the index's
// height: of the lists of frequent words, every block edits the same. Whoever
// applies owns it.
type recent struct{ young, old map[string][]byte }

// recentChunks bounds each of the two halves of recent, of which the older is
// dropped when the younger is full.
const recentChunks = 1 << 14

func (r *recent) get(v *view, key string) ([]byte, error) {
	if value, ok := r.young[key]; ok {
		return value, nil
	}
	value, ok := r.old[key]
	if !ok {
		var err error
		if value, err = v.get([]byte(key)); err != nil {
			return nil, err
		}
	}
	return value, nil
}

func (r *recent) put(key string, value []byte) {
	if len(r.young) >= recentChunks || r.young == nil {
		r.young, r.old = make(map[string][]byte, recentChunks/8), r.young
	}
	r.young[key] = value
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
