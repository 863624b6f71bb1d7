package fingerprint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash"
	"math/bits"

	"github.com/zeebo/xxh3"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/merkle"
	"github.com/datarights/datarights/internal/sketch"
)

// Codes of a cell's kind in a record.
const (
	codeEmpty = iota
	codeNumber
	codeText
	codeNested
)

// kinds are those of package table, by code.
var kinds = [4]byte{0, table.Number, table.Text, table.Nested}

func codeOf(kind byte) uint64 {
	switch kind {
	case table.Number:
		return codeNumber
	case table.Text:
		return codeText
	case table.Nested:
		return codeNested
	}
	return codeEmpty
}

// appendCell appends a cell's encoding.
func appendCell(b []byte, c table.Cell) []byte {
	return append(binary.AppendUvarint(b, uint64(len(c.Text))<<2|codeOf(c.Kind)), c.Text...)
}

// cutCell splits the encoding of a cell off b; ok is false if there is none.
func cutCell(b []byte) (enc, text []byte, kind byte, rest []byte, ok bool) {
	head, n := binary.Uvarint(b)
	if n <= 0 || head>>2 > uint64(len(b)-n) {
		return nil, nil, 0, nil, false
	}
	end := n + int(head>>2)
	return b[:end], b[n:end], kinds[head&3], b[end:], true
}

const (
	fewestSlots = 1 << 10
	mostSlots   = 1 << 17
	longestKey  = 1 << 10 // remembered
	window      = 1 << 12 // lookups after which a column, or the cache, is looked at
)

// cache remembers the cells of all columns. It grows while that helps.
type cache struct {
	slots  []slot // in pairs: a key has two places
	looked int    // since it was reviewed
	missed int
}

// habit is how a column's values were found in the cache.
type habit struct {
	looked, missed int
	// unique means that its values do not come again: they are not looked for.
	unique bool
}

// find returns the slot of a key, or the one to learn it in.
func (k *cache) find(w0, w1 uint64, n int) (s *slot, found bool) {
	h := (w0 ^ bits.RotateLeft64(w1, 29)) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	i := h & uint64(len(k.slots)-2)
	a, b := &k.slots[i], &k.slots[i+1]
	if a.w0 == w0 && a.w1 == w1 && int(a.key) == n {
		return a, true
	}
	if b.w0 == w0 && b.w1 == w1 && int(b.key) == n {
		return b, true
	}
	if a.key != 0 && (b.key == 0 || h>>63 == 1) {
		return b, false
	}
	return a, false
}

// review grows the cache if many of its last lookups were in vain.
func (k *cache) review() {
	if len(k.slots) == 0 {
		k.slots = make([]slot, fewestSlots)
	} else if n := len(k.slots); k.missed > k.looked/16 && n < mostSlots {
		old := k.slots
		k.slots = make([]slot, 4*n)
		for i := range old {
			if o := &old[i]; o.key != 0 {
				s, _ := k.find(o.w0, o.w1, int(o.key))
				*s = *o
			}
		}
	}
	k.looked, k.missed = 0, 0
}

// slot remembers what a cell's text came to. Its key is the text as it was
// read: in w0 and w1 if it has up to 16 bytes, else they are its hash and the
// text lies in the arena, in or behind the value.
type slot struct {
	w0, w1 uint64
	enc    [16]byte
	token  sketch.Token
	number uint32 // of the value; meaningless if it is empty
	key    uint16 // its length; 0 in an unused slot
	enclen uint8  // 0 if it is empty; more than 16: look into the arena
	tail   bool   // the value's encoding ends in the key
}

// worker turns blocks into records, values, sketch and leaves. It is for one
// goroutine.
type worker struct {
	leafer
	values values
	sketch *sketch.Builder
	cache  cache
	habits []habit          // by column
	parser *table.RowParser // of CSV

	records []byte // of the block at hand, each behind its length
	ends    []int  // of records
	tokens  []sketch.Token
	scratch []byte
	plain   bool // cells come as canonical, encoded, and not as read
}

// leafer hashes leaves.
type leafer struct {
	salter hash.Hash // HMAC under the master salt
	hash   hash.Hash
	scr    [32]byte
	keep   func(leaf, first, records int64, salt, content []byte) // sees every leaf, from any goroutine
}

func newLeafer(master []byte, keep func(leaf, first, records int64, salt, content []byte)) leafer {
	return leafer{salter: gm.NewHMAC(master), hash: gm.NewSM3(), keep: keep}
}

// leaf appends the hash of a leaf to b.
func (l *leafer) leaf(b []byte, number, first, records int64, content ...[]byte) []byte {
	l.salter.Reset()
	l.salter.Write(binary.BigEndian.AppendUint64(l.scr[:0], uint64(number)))
	var salt [gm.HashSize]byte
	l.salter.Sum(salt[:0])
	at := binary.BigEndian.AppendUint64(l.scr[:0], uint64(first))
	all := make([][]byte, 0, 4)
	all = append(all, salt[:SaltSize], at)
	all = append(all, content...)
	if l.keep != nil {
		var joined []byte
		for _, c := range content {
			joined = append(joined, c...)
		}
		l.keep(number, first, records, salt[:SaltSize], joined)
	}
	return merkle.AppendLeafHash(b, l.hash, all...)
}

// begin opens a record.
func (w *worker) begin() (start int) {
	start = len(w.records)
	w.records = append(w.records, 0)
	return start
}

// end closes the record that began at start.
func (w *worker) end(start int) {
	n := len(w.records) - start - 1
	if n < 0x80 {
		w.records[start] = byte(n)
	} else {
		var head [binary.MaxVarintLen64]byte
		k := binary.PutUvarint(head[:], uint64(n))
		w.records = append(w.records, head[1:k]...) // room
		copy(w.records[start+k:], w.records[start+1:start+1+n])
		copy(w.records[start:], head[:k])
	}
	w.ends = append(w.ends, len(w.records))
}

// row adds a table's row, whose fields have table.Slack.
func (w *worker) row(fields [][]byte) error {
	start := w.begin()
	last := len(w.records)
	w.tokens = w.tokens[:0]
	for i, f := range fields {
		if len(f) == 0 {
			w.records = append(w.records, codeEmpty)
			w.tokens = append(w.tokens, sketch.Token{})
			continue
		}
		if w.cell(i, f) {
			last = len(w.records)
		}
	}
	w.records = w.records[:last] // empty cells at its end are left out
	w.end(start)
	w.sketch.Row(w.tokens)
	if w.values.full() {
		clear(w.cache.slots)
		return w.values.spill()
	}
	return nil
}

// cell adds one cell and reports whether it is not empty.
func (w *worker) cell(i int, key []byte) bool {
	for i >= len(w.habits) {
		w.habits = append(w.habits, habit{})
	}
	c, habit := w.values.column(i), &w.habits[i]
	if habit.unique {
		return w.learn(c, nil, key, 0, 0)
	}
	if w.cache.looked++; w.cache.looked >= 4*window || w.cache.slots == nil {
		w.cache.review()
	}
	var w0, w1 uint64
	if len(key) <= 16 {
		b := key[:16:16]
		w0, w1 = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		if n := len(key); n <= 8 {
			w0, w1 = w0&(^uint64(0)>>(64-8*n)), 0
		} else {
			w1 &= ^uint64(0) >> (128 - 8*n)
		}
	} else {
		sum := xxh3.Hash128(key)
		w0, w1 = sum.Lo, sum.Hi
	}
	s, found := w.cache.find(w0, w1, len(key))
	habit.looked++
	if found && (len(key) <= 16 || w.same(s, key)) {
		w.tokens = append(w.tokens, s.token)
		if s.enclen == 0 {
			w.records = append(w.records, codeEmpty)
			return false
		}
		w.values.add(c, s.number)
		if s.enclen <= 16 {
			n := len(w.records)
			w.records = append(w.records, s.enc[:]...)[:n+int(s.enclen)]
		} else {
			w.records = append(w.records, w.values.text(w.values.numbers[s.number])...)
		}
		return true
	}
	habit.missed++
	w.cache.missed++
	if habit.looked >= window {
		habit.unique = habit.missed > window*15/16 && len(w.cache.slots) >= 4*window
		habit.looked, habit.missed = 0, 0
	}
	return w.learn(c, s, key, w0, w1)
}

// same compares a long key with that of a slot of equal hash.
func (w *worker) same(s *slot, key []byte) bool {
	v := w.values.numbers[s.number]
	at := int(v.off + v.n)
	if s.tail {
		at -= len(key)
	}
	return string(w.values.arena[at:at+len(key)]) == string(key)
}

// learn adds a cell that no slot knows, and remembers it in s, if any.
func (w *worker) learn(c *valuesColumn, s *slot, key []byte, w0, w1 uint64) bool {
	enc := w.scratch[:0]
	var kind byte
	var text []byte
	if w.plain {
		enc = append(enc, key...)
		_, text, kind, _, _ = cutCell(enc)
	} else {
		// Most heads are one byte.
		enc = append(enc, 0)
		kind, enc = table.AppendCell(enc, key)
		if n := len(enc) - 1; n < 0x20 {
			enc[0] = byte(uint64(n)<<2 | codeOf(kind))
			text = enc[1:]
		} else {
			enc = appendCell(nil, table.Cell{Kind: kind, Text: string(enc[1:])})
			_, text, _, _, _ = cutCell(enc)
		}
	}
	w.scratch = enc
	remember := s != nil && len(key) <= longestKey
	if kind == 0 {
		if remember && len(key) <= 16 {
			*s = slot{w0: w0, w1: w1, key: uint16(len(key))}
		}
		w.tokens = append(w.tokens, sketch.Token{})
		w.records = append(w.records, codeEmpty)
		return false
	}
	token := sketch.NewToken(kind, text)
	w.tokens = append(w.tokens, token)
	w.records = append(w.records, enc...)
	number := w.values.number(enc)
	w.values.add(c, number)
	if remember {
		tail := bytes.HasSuffix(enc, key)
		if len(key) > 16 && !tail {
			w.values.arena = append(w.values.arena, key...)
		}
		*s = slot{w0: w0, w1: w1, token: token, number: number, key: uint16(len(key)), enclen: uint8(min(len(enc), 17)), tail: tail}
		copy(s.enc[:], enc)
	}
	return true
}

// encoded adds rows that come as records of canonical cells.
func (w *worker) encoded(rows []byte, ends []int) error {
	var fields [][]byte
	start := 0
	for _, end := range ends {
		fields = fields[:0]
		for rest := rows[start:end]; len(rest) > 0; {
			enc, text, _, after, ok := cutCell(rest)
			if !ok {
				return errors.New("a record is not as it was written")
			}
			if len(text) == 0 {
				enc = nil
			}
			fields = append(fields, enc)
			rest = after
		}
		start = end
		if err := w.row(fields); err != nil {
			return err
		}
	}
	return nil
}

// chunk adds a file's chunk.
func (w *worker) chunk(chunk []byte) error {
	start := w.begin()
	w.records = append(w.records, chunk...)
	w.end(start)
	sum := gm.SM3([]byte{tagChunk}, chunk)
	w.sketch.Chunk(sum[:])
	c := w.values.column(0)
	w.values.add(c, w.values.number(appendCell(w.scratch[:0], table.Cell{Kind: table.Text, Text: string(sum[:])})))
	if w.values.full() {
		return w.values.spill()
	}
	return nil
}

// cut says where, behind what c left open, leaves end in the block's records,
// and what is open then.
func (w *worker) cut(c carry) (leaves []stretch, next carry) {
	leaves = make([]stretch, 0, (len(c.open)+len(w.records))/LeafSize)
	next, start, open := c, 0, len(c.open)
	for _, end := range w.ends {
		next.records++
		if open+end-start < LeafSize {
			continue
		}
		leaves = append(leaves, stretch{start, end, next.first, next.records - next.first})
		next.leaves++
		next.first, open, start = next.records, 0, end
	}
	if len(leaves) > 0 {
		next.open = nil
	}
	next.open = append(append([]byte(nil), next.open...), w.records[start:]...)
	return leaves, next
}

// close returns the hashes of the leaves, one after the other.
func (w *worker) close(c carry, leaves []stretch) []byte {
	hashes := make([]byte, 0, len(leaves)*gm.HashSize)
	for i, l := range leaves {
		hashes = w.leaf(hashes, c.leaves+int64(i), l.first, l.records, c.open, w.records[l.start:l.end])
		c.open = nil
	}
	return hashes
}

// stretch is the part of a block's records in one leaf.
type stretch struct {
	start, end     int
	first, records int64
}

// carry is what one block leaves to the next.
type carry struct {
	open    []byte // records of the leaf that is not closed
	first   int64  // number of its first record
	records int64  // so far
	leaves  int64  // closed so far
	failed  bool   // an earlier block was no good
}
