package index

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// slot is where in its block a record was created.
type slot struct{ tx, n int }

func (p Position) slot() slot { return slot{p.Tx, p.N} }

func compareSlots(a, b slot) int {
	if a.tx != b.tx {
		return a.tx - b.tx
	}
	return a.n - b.n
}

// A posting list is cut into one chunk per block: the slots of the records
// created in that block. A batch of a thousand cases so adds one chunk per
// term, not a thousand entries, and a record's place in every list stays where
// it was created, whatever happens to it later.

func encodeSlots(slots []slot) []byte {
	b := make([]byte, 0, 3*len(slots))
	for _, s := range slots {
		b = binary.AppendUvarint(b, uint64(s.tx))
		b = binary.AppendUvarint(b, uint64(s.n))
	}
	return b
}

func decodeSlots(b []byte) ([]slot, error) {
	r := reader{b: b}
	slots := make([]slot, 0, len(b)/2)
	for len(r.b) > 0 {
		slots = append(slots, slot{int(r.uvarint()), int(r.uvarint())})
	}
	return slots, r.err
}

// born is one record in the list of a kind.
type born struct {
	slot
	id string
}

func compareBorn(a, b born) int {
	if c := compareSlots(a.slot, b.slot); c != 0 {
		return c
	}
	return strings.Compare(a.id, b.id)
}

func encodeBorn(all []born) []byte {
	b := make([]byte, 0, 32*len(all))
	for _, r := range all {
		b = binary.AppendUvarint(b, uint64(r.tx))
		b = binary.AppendUvarint(b, uint64(r.n))
		b = binary.AppendUvarint(b, uint64(len(r.id)))
		b = append(b, r.id...)
	}
	return b
}

// born reads one record's slot and id; the id is valid as long as the chunk.
func (r *reader) born() (slot, []byte) {
	s := slot{int(r.uvarint()), int(r.uvarint())}
	return s, r.bytes(r.uvarint())
}

func decodeBorn(b []byte) ([]born, error) {
	r := reader{b: b}
	var all []born
	for len(r.b) > 0 {
		s, id := r.born()
		all = append(all, born{s, string(id)})
	}
	return all, r.err
}

func bornSlots(b []byte) ([]slot, error) {
	r := reader{b: b}
	slots := make([]slot, 0, len(b)/20)
	for len(r.b) > 0 {
		s, _ := r.born()
		slots = append(slots, s)
	}
	return slots, r.err
}

// postings is a list of positions that can be walked by block, in one direction.
type postings interface {
	// seek moves to the chunk of block or, if there is none, the next one in
	// walking order, and returns its block. Blocks asked for only ever move in
	// walking order.
	seek(block uint64) (uint64, bool)
	// slots are those of the present chunk, ascending.
	slots() ([]slot, error)
	close()
}

// storedPostings walks the chunks under a prefix.
type storedPostings struct {
	it      *badger.Iterator
	prefix  []byte
	reverse bool
	read    func([]byte) ([]slot, error)
	started bool
}

func newStoredPostings(txn *badger.Txn, prefix []byte, reverse bool, read func([]byte) ([]slot, error)) *storedPostings {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix, Reverse: reverse})
	return &storedPostings{it: it, prefix: prefix, reverse: reverse, read: read}
}

func (p *storedPostings) seek(block uint64) (uint64, bool) {
	if p.started {
		if !p.it.Valid() {
			return 0, false
		}
		at := p.block()
		if at == block || (at < block) == p.reverse {
			return at, true
		}
		// The next chunk is most often the one wanted, and cheaper than a seek.
		p.it.Next()
		if !p.it.Valid() {
			return 0, false
		}
		at = p.block()
		if at == block || (at < block) == p.reverse {
			return at, true
		}
	}
	p.started = true
	p.it.Seek(chunkKey(p.prefix, block))
	if !p.it.Valid() {
		return 0, false
	}
	return p.block(), true
}

func (p *storedPostings) block() uint64 {
	key := p.it.Item().Key()
	return binary.BigEndian.Uint64(key[len(key)-8:])
}

func (p *storedPostings) slots() ([]slot, error) {
	var slots []slot
	err := p.it.Item().Value(func(v []byte) (err error) {
		slots, err = p.read(v)
		return err
	})
	return slots, err
}

func (p *storedPostings) close() { p.it.Close() }

// heldPostings is a short list in memory.
type heldPostings struct {
	at      []Position // ascending
	reverse bool
	now     uint64
}

func newHeldPostings(at []Position, reverse bool) *heldPostings {
	slices.SortFunc(at, comparePositions)
	return &heldPostings{at: at, reverse: reverse}
}

func comparePositions(a, b Position) int {
	if a.Block != b.Block {
		if a.Block < b.Block {
			return -1
		}
		return 1
	}
	return compareSlots(a.slot(), b.slot())
}

func (p *heldPostings) seek(block uint64) (uint64, bool) {
	i, _ := slices.BinarySearchFunc(p.at, block, func(a Position, b uint64) int {
		switch {
		case a.Block < b:
			return -1
		case a.Block > b:
			return 1
		}
		return 0
	})
	if p.reverse && (i == len(p.at) || p.at[i].Block > block) {
		i--
	}
	if i < 0 || i >= len(p.at) {
		return 0, false
	}
	p.now = p.at[i].Block
	return p.now, true
}

func (p *heldPostings) slots() ([]slot, error) {
	var slots []slot
	for _, a := range p.at {
		if a.Block == p.now {
			slots = append(slots, a.slot())
		}
	}
	return slots, nil
}

func (p *heldPostings) close() {}

// intersect walks what all lists have in common, from a position on (exclusive)
// or from the very beginning, until visit returns false.
func intersect(lists []postings, from *Position, reverse bool, visit func(Position) (bool, error)) error {
	var target uint64
	if reverse {
		target = ^uint64(0)
	}
	if from != nil {
		target = from.Block
	}
	for {
		for i := 0; i < len(lists); {
			at, ok := lists[i].seek(target)
			if !ok {
				return nil
			}
			if at != target { // later than agreed: all must meet there instead
				target, i = at, 0
				continue
			}
			i++
		}
		slots, err := commonSlots(lists)
		if err != nil {
			return err
		}
		if reverse {
			slices.Reverse(slots)
		}
		for _, s := range slots {
			p := Position{Block: target, Tx: s.tx, N: s.n}
			if from != nil {
				if c := comparePositions(p, *from); c == 0 || (c > 0) == reverse {
					continue
				}
			}
			if more, err := visit(p); err != nil || !more {
				return err
			}
		}
		switch {
		case reverse && target == 0, !reverse && target == ^uint64(0):
			return nil
		case reverse:
			target--
		default:
			target++
		}
	}
}

func commonSlots(lists []postings) ([]slot, error) {
	var meet []slot
	for i, l := range lists {
		slots, err := l.slots()
		if err != nil {
			return nil, err
		}
		if i == 0 {
			meet = slots
			continue
		}
		j := 0
		meet = slices.DeleteFunc(meet, func(s slot) bool {
			for j < len(slots) && compareSlots(slots[j], s) < 0 {
				j++
			}
			return j == len(slots) || slots[j] != s
		})
	}
	return meet, nil
}
