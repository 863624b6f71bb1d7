package sketch

import (
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/datarights/datarights/internal/gm"
)

const (
	// Version is that of the encoding and of everything it depends on.
	Version = 1
	// MaxSize bounds an encoded sketch, in bytes.
	MaxSize = 8 << 10
)

// Class is a kind of feature.
type Class byte

// The classes, described in the package's documentation.
const (
	Exact Class = iota
	Rounded
	Values
	Chunks
	classes
)

// capacity is the most elements of a class.
var capacity = [classes]int{Exact: 448, Rounded: 448, Values: 64, Chunks: 960}

const (
	magic      = "DRSK"
	headerSize = len(magic) + 4 + 8 + 3*int(classes)

	flagKeyed = 1
	flagFile  = 2
)

// part is one class's sample, elements descending.
type part struct {
	level    int
	elements []uint64
}

// from returns the elements at or above a level, which come first.
func (p part) from(level int) []uint64 {
	if level <= p.level {
		return p.elements
	}
	n, _ := slices.BinarySearchFunc(p.elements, level, func(e uint64, level int) int {
		if Level(e) >= level {
			return -1
		}
		return 1
	})
	return p.elements[:n]
}

// Sketch is immutable; its zero value is of no use.
type Sketch struct {
	keyed, file bool
	anchor      byte // class
	rows        int64
	parts       [classes]part
}

// Keyed reports whether Key made it.
func (s *Sketch) Keyed() bool { return s.keyed }

// OfFile reports whether it is of a chunked file and not of a table.
func (s *Sketch) OfFile() bool { return s.file }

// Rows returns the number of records, or chunks, it was made of.
func (s *Sketch) Rows() int64 { return s.rows }

// Level returns the level of a class, of which one in 2^Level features is kept.
func (s *Sketch) Level(c Class) int { return s.parts[c].level }

// Elements yields the elements of a class, the most selective first: the
// highest level first. Equal features have equal elements, also across Exact
// and Rounded, in all sketches of one key.
func (s *Sketch) Elements(c Class, yield func(e uint64) bool) {
	for _, e := range s.parts[c].elements {
		if !yield(e &^ bluntBit) {
			return
		}
	}
}

// Bytes returns the canonical encoding.
func (s *Sketch) Bytes() []byte {
	b := make([]byte, 0, headerSize+8*len(s.parts[Exact].elements)+8*len(s.parts[Rounded].elements))
	b = append(b, magic...)
	var flags byte
	if s.keyed {
		flags |= flagKeyed
	}
	if s.file {
		flags |= flagFile
	}
	b = append(b, Version, flags, s.anchor, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(s.rows))
	for _, p := range s.parts {
		b = append(b, byte(p.level))
		b = binary.BigEndian.AppendUint16(b, uint16(len(p.elements)))
	}
	for _, p := range s.parts {
		for _, e := range p.elements {
			b = binary.BigEndian.AppendUint64(b, e)
		}
	}
	return b
}

// Hash returns "sm3:" and the hexadecimal SM3 of Bytes.
func (s *Sketch) Hash() string {
	sum := gm.SM3(s.Bytes())
	return "sm3:" + hex.EncodeToString(sum[:])
}

// Key returns the sketch under a secret, which must be unknown to whoever may
// see the result. Of a keyed sketch it makes one that matches nothing.
func (s *Sketch) Key(secret []byte) *Sketch {
	k := &Sketch{keyed: true, file: s.file, anchor: s.anchor, rows: s.rows}
	prf := gm.NewHMAC(secret)
	var in, out []byte
	for c, p := range s.parts {
		elements := make([]uint64, len(p.elements))
		for i, e := range p.elements {
			prf.Reset()
			in = binary.BigEndian.AppendUint64(append(in[:0], "datarights-sketch-v1"...), e&^bluntBit)
			prf.Write(in)
			out = prf.Sum(out[:0])
			elements[i] = e>>payloadBits<<payloadBits | binary.BigEndian.Uint64(out)>>(64-payloadBits)&^bluntBit | e&bluntBit
		}
		k.parts[c] = part{p.level, descending(elements)}
	}
	return k
}

// descending sorts in place and drops duplicates.
func descending(elements []uint64) []uint64 {
	slices.SortFunc(elements, func(a, b uint64) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	return slices.CompactFunc(elements, func(a, b uint64) bool { return a|bluntBit == b|bluntBit })
}
