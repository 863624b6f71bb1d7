package index

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Every record of a kind has an ordinal: how many were created before it. A
// posting list is the set of ordinals of the records it holds, cut into chunks of
// chunkSize ordinals. A list so has as many chunks as its kind has records over
// chunkSize, however many blocks they came in, and two lists are intersected a
// word at a time. A record keeps its ordinal whatever happens to it.
const chunkSize = 2048

// chunk is a set of ordinals less the first of the chunk.
type chunk [chunkSize / 64]uint64

func (c *chunk) set(i uint16)   { c[i/64] |= 1 << (i % 64) }
func (c *chunk) unset(i uint16) { c[i/64] &^= 1 << (i % 64) }
func (c *chunk) and(other *chunk) {
	for i := range c {
		c[i] &= other[i]
	}
}

func (c *chunk) count() int {
	n := 0
	for _, w := range c {
		n += bits.OnesCount64(w)
	}
	return n
}

// each visits the members in one direction until visit returns false.
func (c *chunk) each(reverse bool, visit func(i uint16) bool) {
	for n := range c {
		i := n
		if reverse {
			i = len(c) - 1 - n
		}
		for w := c[i]; w != 0; {
			at := bits.TrailingZeros64(w)
			if reverse {
				at = 63 - bits.LeadingZeros64(w)
			}
			if !visit(uint16(64*i + at)) {
				return
			}
			w &^= 1 << at
		}
	}
}

// A stored chunk is its first byte and then a list of differences or a bitmap,
// whichever is shorter; a set has one encoding only.
const (
	asList   = 0
	asBitmap = 1
)

const bitmapSize = chunkSize / 8

// encode is the chunk as it is stored; nil for an empty one.
func (c *chunk) encode() []byte {
	b := append(make([]byte, 0, 16), asList)
	last := -1
	c.each(false, func(i uint16) bool {
		b = binary.AppendUvarint(b, uint64(int(i)-last-1))
		last = int(i)
		return len(b) <= bitmapSize
	})
	switch {
	case last < 0:
		return nil
	case len(b) <= bitmapSize:
		return b
	}
	b = append(make([]byte, 0, 1+bitmapSize), asBitmap)
	for _, w := range c {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// decode reads what encode wrote; no bytes are the empty set.
func (c *chunk) decode(b []byte) error {
	*c = chunk{}
	if len(b) == 0 {
		return nil
	}
	switch kind, b := b[0], b[1:]; {
	case kind == asBitmap && len(b) == bitmapSize:
		for i := range c {
			c[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
		return nil
	case kind == asList:
		r := reader{b: b}
		next := uint64(0)
		for len(r.b) > 0 {
			gap := r.uvarint()
			if gap >= chunkSize || next+gap >= chunkSize {
				return errDamaged
			}
			c.set(uint16(next + gap))
			next += gap + 1
		}
		return r.err
	}
	return errDamaged
}

// postings is a list of ordinals that can be walked by chunk, in one direction.
type postings interface {
	// seek moves to a chunk or, if there is none, the next one in walking order,
	// and returns its number. Chunks asked for only ever move in walking order.
	seek(number uint64) (uint64, bool)
	// chunk reads the present chunk.
	chunk(into *chunk) error
	close()
}

// storedPostings walks the chunks under a prefix. Its iterator is opened when it is
// first asked: of many words, the first that is nowhere makes the rest needless.
type storedPostings struct {
	txn     *badger.Txn
	it      *badger.Iterator
	prefix  string
	reverse bool
}

func newStoredPostings(txn *badger.Txn, prefix string, reverse bool) *storedPostings {
	return &storedPostings{txn: txn, prefix: prefix, reverse: reverse}
}

func (p *storedPostings) seek(number uint64) (uint64, bool) {
	if p.it != nil {
		if !p.it.Valid() {
			return 0, false
		}
		at := p.number()
		if at == number || (at < number) == p.reverse {
			return at, true
		}
		// The next chunk is most often the one wanted, and cheaper than a seek.
		p.it.Next()
		if !p.it.Valid() {
			return 0, false
		}
		at = p.number()
		if at == number || (at < number) == p.reverse {
			return at, true
		}
	}
	if p.it == nil {
		p.it = p.txn.NewIterator(badger.IteratorOptions{Prefix: []byte(p.prefix), Reverse: p.reverse})
	}
	p.it.Seek(chunkKey(p.prefix, number))
	if !p.it.Valid() {
		return 0, false
	}
	return p.number(), true
}

func (p *storedPostings) number() uint64 {
	key := p.it.Item().Key()
	return binary.BigEndian.Uint64(key[len(key)-8:])
}

func (p *storedPostings) chunk(into *chunk) error { return p.it.Item().Value(into.decode) }

func (p *storedPostings) close() {
	if p.it != nil {
		p.it.Close()
	}
}

// heldPostings is a short list in memory.
type heldPostings struct {
	at      []uint64 // ascending
	reverse bool
	now     uint64
}

func newHeldPostings(at []uint64, reverse bool) *heldPostings {
	slices.Sort(at)
	return &heldPostings{at: at, reverse: reverse}
}

func (p *heldPostings) seek(number uint64) (uint64, bool) {
	i, _ := slices.BinarySearchFunc(p.at, number, func(a, n uint64) int { return cmp.Compare(a/chunkSize, n) })
	if p.reverse && (i == len(p.at) || p.at[i]/chunkSize > number) {
		i--
	}
	if i < 0 || i >= len(p.at) {
		return 0, false
	}
	p.now = p.at[i] / chunkSize
	return p.now, true
}

func (p *heldPostings) chunk(into *chunk) error {
	*into = chunk{}
	for _, a := range p.at {
		if a/chunkSize == p.now {
			into.set(uint16(a % chunkSize))
		}
	}
	return nil
}

func (p *heldPostings) close() {}

// allPostings is every record of a kind, those that were deleted among them.
type allPostings struct {
	count   uint64 // ever created
	reverse bool
	now     uint64
}

func (p *allPostings) seek(number uint64) (uint64, bool) {
	if p.count == 0 {
		return 0, false
	}
	last := (p.count - 1) / chunkSize
	if p.reverse {
		number = min(number, last)
	}
	p.now = number
	return number, number <= last
}

func (p *allPostings) chunk(into *chunk) error {
	for i := range into {
		into[i] = ^uint64(0)
	}
	for n := p.count - p.now*chunkSize; n < chunkSize; n++ {
		into.unset(uint16(n))
	}
	return nil
}

func (p *allPostings) close() {}

// intersect walks what all lists have in common, from an ordinal on (exclusive)
// or from the very beginning, until visit returns false.
func intersect(lists []postings, from *uint64, reverse bool, visit func(ordinal uint64) (bool, error)) error {
	var target uint64
	if reverse {
		target = ^uint64(0)
	}
	if from != nil {
		target = *from / chunkSize
	}
	var meet, other chunk
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
		for i, l := range lists {
			into := &other
			if i == 0 {
				into = &meet
			}
			if err := l.chunk(into); err != nil {
				return err
			}
			if i > 0 {
				meet.and(&other)
			}
		}
		more, err := true, error(nil)
		meet.each(reverse, func(i uint16) bool {
			ordinal := target*chunkSize + uint64(i)
			if from != nil && (ordinal == *from || (ordinal > *from) == reverse) {
				return true
			}
			more, err = visit(ordinal)
			return more && err == nil
		})
		if err != nil || !more {
			return err
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
