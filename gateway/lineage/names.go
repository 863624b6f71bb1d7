package lineage

import "hash/maphash"

// names numbers content roots and ids, each once. A market has millions of them;
// they lie in blocks of bytes and are found by hash, so that the collector sees a
// few objects instead of one a name.
type names struct {
	hash   func(string) uint64
	no     map[uint64]uint32 // hash → name; one that is taken is followed by the next free one
	blocks [][]byte
	spans  []nameSpan
}

// nameSpan is where a name is.
type nameSpan struct {
	block, from uint32
	size        uint32
}

// nameBlock is how many bytes of names lie together; a longer name lies alone.
const nameBlock = 1 << 18

func newNames() *names {
	seed := maphash.MakeSeed()
	return &names{hash: func(s string) uint64 { return maphash.String(seed, s) }, no: map[uint64]uint32{}}
}

func (t *names) len() int { return len(t.spans) }

// at is a name by its number.
func (t *names) at(n uint32) string { return string(t.bytes(n)) }

func (t *names) bytes(n uint32) []byte {
	s := t.spans[n]
	return t.blocks[s.block][s.from : s.from+s.size]
}

// find looks a name up without adding it.
func (t *names) find(s string) (n uint32, known bool) {
	n, _, known = t.seek(s)
	return n, known
}

// seek also tells under which hash the name is or would be.
func (t *names) seek(s string) (n uint32, hash uint64, known bool) {
	for hash = t.hash(s); ; hash++ {
		n, taken := t.no[hash]
		if !taken {
			return 0, hash, false
		}
		if string(t.bytes(n)) == s {
			return n, hash, true
		}
	}
}

// add numbers a name.
func (t *names) add(s string) uint32 {
	n, hash, known := t.seek(s)
	if known {
		return n
	}
	last := len(t.blocks) - 1
	if last < 0 || cap(t.blocks[last])-len(t.blocks[last]) < len(s) {
		t.blocks = append(t.blocks, make([]byte, 0, max(nameBlock, len(s))))
		last++
	}
	b := t.blocks[last]
	n = uint32(len(t.spans))
	t.spans = append(t.spans, nameSpan{uint32(last), uint32(len(b)), uint32(len(s))})
	t.blocks[last] = append(b, s...)
	t.no[hash] = n
	return n
}
