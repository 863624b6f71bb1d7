package trace

import (
	"math/bits"
	"slices"
)

// postings leads from a sketch's element to the sketches that have it. Elements
// are keyed and so spread evenly: the bulk lies in buckets by the first bits of
// a 44-bit digest of the element, 8 bytes a posting (the rest of the digest and
// the sketch's number); what came since the bulk was built lies in a map. It is
// for one goroutine at a time while it is added to.
type postings struct {
	width   uint     // bits of a digest that choose its bucket
	offsets []uint32 // of each bucket in bulk, and the end
	bulk    []uint64
	fresh   map[uint64][]uint32
	pending int // postings in fresh
}

const (
	leastFresh = 1 << 16 // postings in the map before the bulk is built again
	maxWidth   = 24
	digestBits = 44
	idBits     = 24
	// maxSketches is how many sketches the postings can tell apart.
	maxSketches = 1 << idBits
)

func newPostings() *postings { return &postings{fresh: map[uint64][]uint32{}} }

// digest spreads the level and class bits, which are the element's first, so
// that the buckets fill evenly.
func digest(e uint64) uint64 {
	e ^= e >> 32
	e *= 0x9e3779b97f4a7c15
	return (e ^ e>>29) >> (64 - digestBits)
}

// add notes that sketch id has the element.
func (p *postings) add(e uint64, id uint32) {
	p.fresh[e] = append(p.fresh[e], id)
	if p.pending++; p.pending >= max(leastFresh, len(p.bulk)/4) {
		p.build()
	}
}

// build moves everything into a new bulk.
func (p *postings) build() {
	n := len(p.bulk) + p.pending
	width := uint(min(maxWidth, max(4, bits.Len(uint(n))-3)))
	rest := digestBits - width
	each := func(visit func(bucket, posting uint64)) {
		for b := range max(0, len(p.offsets)-1) {
			for _, v := range p.bulk[p.offsets[b]:p.offsets[b+1]] {
				d := uint64(b)<<(digestBits-p.width) | v>>idBits
				visit(d>>rest, d&(1<<rest-1)<<idBits|v&(maxSketches-1))
			}
		}
		for e, ids := range p.fresh {
			d := digest(e)
			for _, id := range ids {
				visit(d>>rest, d&(1<<rest-1)<<idBits|uint64(id))
			}
		}
	}
	offsets := make([]uint32, 1<<width+1)
	each(func(b, _ uint64) { offsets[b+1]++ })
	for i := 1; i < len(offsets); i++ {
		offsets[i] += offsets[i-1]
	}
	bulk, at := make([]uint64, n), slices.Clone(offsets)
	each(func(b, v uint64) { bulk[at[b]] = v; at[b]++ })
	p.width, p.offsets, p.bulk = width, offsets, bulk
	p.fresh, p.pending = map[uint64][]uint32{}, 0
}

// find yields the sketches that have the element; among all it yields may be
// one that has another, with a chance of their number in 2^44. A sketch may
// come twice.
func (p *postings) find(e uint64, yield func(id uint32)) {
	if len(p.offsets) > 0 {
		d, rest := digest(e), digestBits-p.width
		want := d & (1<<rest - 1)
		for _, v := range p.bulk[p.offsets[d>>rest]:p.offsets[d>>rest+1]] {
			if v>>idBits == want {
				yield(uint32(v & (maxSketches - 1)))
			}
		}
	}
	for _, id := range p.fresh[e] {
		yield(id)
	}
}
