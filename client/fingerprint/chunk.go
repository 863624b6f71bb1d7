package fingerprint

import (
	"errors"
	"io"
	"math/bits"

	"github.com/datarights/datarights/internal/gm"
)

// Sizes of content-defined chunks. They are part of the digest's definition.
const (
	minChunk = 16 << 10
	avgChunk = 64 << 10
	maxChunk = 256 << 10

	bitsBeforeAvg = 18
	bitsAfterAvg  = 14
)

// gear gives each byte value a random-looking word.
var gear = func() (g [256]uint64) {
	for b := range g {
		sum := gm.SM3([]byte("datarights/gear/1"), []byte{byte(b)})
		for _, c := range sum[:8] {
			g[b] = g[b]<<8 | uint64(c)
		}
	}
	return g
}()

// chunker cuts a stream where its content says so, so that an insertion moves
// only the cuts beside it.
type chunker struct {
	r    io.Reader
	buf  []byte // maxChunk long
	have int    // bytes of buf in use
	last int    // length of the chunk given out, still at the front of buf
	err  error  // of reading, io.EOF at the end
}

func newChunker(r io.Reader) *chunker { return &chunker{r: r, buf: make([]byte, maxChunk)} }

// next returns the next chunk, valid until the next call, or io.EOF.
func (c *chunker) next() ([]byte, error) {
	c.have = copy(c.buf, c.buf[c.last:c.have])
	c.last = 0
	for c.have < len(c.buf) && c.err == nil {
		var n int
		n, c.err = c.r.Read(c.buf[c.have:])
		c.have += n
	}
	if c.err != nil && !errors.Is(c.err, io.EOF) {
		return nil, c.err
	}
	if c.have == 0 {
		return nil, io.EOF
	}
	c.last = cut(c.buf[:c.have])
	return c.buf[:c.last], nil
}

// cut returns the length of the chunk b begins with; b is at least a longest
// chunk or all that is left.
func cut(b []byte) int {
	if len(b) <= minChunk {
		return len(b)
	}
	var h uint64
	for i := minChunk; i < len(b); i++ {
		h = h<<1 + gear[b[i]]
		need := bitsBeforeAvg
		if i >= avgChunk {
			need = bitsAfterAvg
		}
		if bits.LeadingZeros64(h) >= need {
			return i + 1
		}
	}
	return len(b)
}
