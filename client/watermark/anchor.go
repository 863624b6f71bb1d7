package watermark

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"math"
	"slices"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/tardos"
)

// token names what of a cell does not change by marking: a keyed hash, 0 for
// none. Cells equal in that have equal tokens, whatever their columns.
type token uint64

// hasher makes tokens: the first 8 bytes of SM3(key ‖ what ‖ text). Nobody sees
// a token, and a quarter of a digest cannot be extended: HMAC would be no safer,
// and takes thrice as long.
type hasher struct {
	buf    []byte            // the key and then what is hashed
	blocks []map[int64]token // of numbers, by spec
	groups []token           // of synonyms
}

func newHasher(k *Key, c *carriers) *hasher {
	key := k.derive("token")
	h := &hasher{buf: key[:], blocks: make([]map[int64]token, len(c.specs))}
	for i := range h.blocks {
		h.blocks[i] = map[int64]token{}
	}
	for _, g := range c.groups {
		b := h.begin('g')
		for _, s := range g {
			b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
			b = append(b, s...)
		}
		h.groups = append(h.groups, h.end(b))
	}
	return h
}

func (h *hasher) begin(what byte) []byte { return append(h.buf[:gm.HashSize], what) }

func (h *hasher) end(b []byte) token {
	h.buf = b
	sum := gm.SM3(b)
	return token(binary.BigEndian.Uint64(sum[:])) | 1 // never 0
}

// cell is the token of a cell that marking leaves alone.
func (h *hasher) cell(c table.Cell) token {
	if c.Empty() {
		return 0
	}
	return h.end(append(append(h.begin('c'), c.Kind), c.Text...))
}

// maxCached bounds each cache of tokens, in entries.
const maxCached = 1 << 16

// block is the token of a number's place.
func (h *hasher) block(c *carriers, spec int, block int64) token {
	cache := h.blocks[spec]
	if t, ok := cache[block]; ok {
		return t
	}
	b := h.begin('b')
	b = binary.BigEndian.AppendUint64(b, uint64(c.specs[spec].decimals))
	b = binary.BigEndian.AppendUint64(b, uint64(c.specs[spec].tolerance))
	t := h.end(binary.BigEndian.AppendUint64(b, uint64(block)))
	if len(cache) >= maxCached {
		clear(cache)
	}
	cache[block] = t
	return t
}

// trait is what one cell of a row is to the others: a reference, and perhaps a
// target with its present parity.
type trait struct {
	ref    token // 0: none
	target bool
	parity int
}

// claim is what a target cell is to carry: the bit of a position, by a mask.
type claim struct {
	anchor   uint64 // names it; cells of one anchor carry the same
	position int
	mask     int
}

// claimer pairs targets with references of their row (the keyed choice of cells
// of Agrawal and Kiernan 2002, with the virtual primary keys of Li, Swarup and
// Jajodia 2004): AES, keyed, of the two tokens. What an adversary knows of
// marked tables never includes one of its outputs.
type claimer struct {
	block    cipher.Block
	every    uint64
	in, out  [aes.BlockSize]byte
	smallest []token // scratch
}

func newClaimer(k *Key, every uint64) (*claimer, error) {
	key := k.derive("pair")
	block, err := aes.NewCipher(key[:16])
	return &claimer{block: block, every: every}, err
}

// maxReferences bounds the references of a row, and with it the work on wide
// tables: those with the smallest tokens are taken, which does not depend on the
// columns' order or names.
const maxReferences = 12

// claims calls f for each target of a row with the claim of the reference that
// has the smallest hash with it.
func (c *claimer) claims(row []trait, f func(column int, cl claim)) {
	limit := token(math.MaxUint64)
	if len(row) > maxReferences {
		c.smallest = c.smallest[:0]
		for _, t := range row {
			if t.ref != 0 {
				c.smallest = append(c.smallest, t.ref)
			}
		}
		if len(c.smallest) > maxReferences {
			slices.Sort(c.smallest)
			limit = c.smallest[maxReferences-1]
		}
	}
	for b := range row {
		if !row[b].target {
			continue
		}
		binary.LittleEndian.PutUint64(c.in[8:], uint64(row[b].ref))
		best := claim{anchor: math.MaxUint64}
		var rest uint64
		for a := range row {
			if a == b || row[a].ref == 0 || row[a].ref > limit {
				continue
			}
			binary.LittleEndian.PutUint64(c.in[:], uint64(row[a].ref))
			c.block.Encrypt(c.out[:], c.in[:])
			if h := binary.LittleEndian.Uint64(c.out[:]); h < best.anchor {
				best.anchor, rest = h, binary.LittleEndian.Uint64(c.out[8:])
			}
		}
		if best.anchor == math.MaxUint64 || rest>>32%c.every != 0 {
			continue
		}
		best.position, best.mask = int(rest%tardos.Length), int(rest>>16&1)
		f(b, best)
	}
}

// tally counts the votes of distinct anchors. Memory is bounded: when there are
// too many, it keeps those with the smallest hashes, which is a sample that
// depends on nothing else.
type tally struct {
	votes map[uint64]*vote
	limit uint64 // anchors beyond are not counted
}

type vote struct {
	sum, rows int32 // for one minus for zero; cells
	position  uint16
	mask      uint8
}

// maxAnchors bounds a tally: 128 marks for each position of a code.
const maxAnchors = 128 * tardos.Length

func newTally() *tally { return &tally{votes: map[uint64]*vote{}, limit: math.MaxUint64} }

// add counts a cell of a claim, whose parity is given.
func (t *tally) add(cl claim, parity int) {
	// An anchor is the smallest of several hashes; which of those it is among
	// must not decide whether it is counted, so that another mix of it does.
	key := cl.anchor * 0x9e3779b97f4a7c15
	if key > t.limit {
		return
	}
	v := t.votes[key]
	if v == nil {
		if len(t.votes) >= maxAnchors {
			t.halve()
			if key > t.limit {
				return
			}
		}
		v = &vote{position: uint16(cl.position), mask: uint8(cl.mask)}
		t.votes[key] = v
	}
	if v.rows == math.MaxInt32 {
		return
	}
	v.rows++
	if parity^cl.mask == 1 {
		v.sum++
	} else {
		v.sum--
	}
}

func (t *tally) halve() {
	for len(t.votes) >= maxAnchors {
		t.limit /= 2
		for key := range t.votes {
			if key > t.limit {
				delete(t.votes, key)
			}
		}
	}
}

// positions adds up the votes: one for each anchor, by the majority of its cells.
func (t *tally) positions() (v tardos.Votes, marks int) {
	for _, a := range t.votes {
		switch {
		case a.sum > 0:
			v[a.position]++
		case a.sum < 0:
			v[a.position]--
		default:
			continue
		}
		marks++
	}
	return v, marks
}

// agreement says by how many standard deviations votes of single positions
// agree more than fair coins do; 0 for too few to say. Of a table without marks
// under this key, or read wrongly, the votes are fair coins, by the masks.
func (t *tally) agreement() float64 {
	var sum, n [tardos.Length]float64
	for _, a := range t.votes {
		switch {
		case a.sum > 0:
			sum[a.position]++
		case a.sum < 0:
			sum[a.position]--
		default:
			continue
		}
		n[a.position]++
	}
	var excess, variance float64
	for p := range n {
		excess += sum[p]*sum[p] - n[p]
		variance += 2 * n[p] * (n[p] - 1)
	}
	if variance == 0 {
		return 0
	}
	return excess / math.Sqrt(variance)
}
