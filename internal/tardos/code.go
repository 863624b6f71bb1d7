package tardos

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/datarights/datarights/internal/gm"
)

const (
	// Length is how many positions a code has.
	Length = 1024
	// Size is a code's length in bytes; position p is bit p%8 of byte p/8.
	Size = Length / 8
	// SeedSize is the length of what the biases are derived from, in bytes.
	SeedSize = 32
)

// rare is the lower bias, ½ − 1/(2√3), in units of 2⁻³², so that a bit is drawn
// by exactly the probability that the bound counts with; the other is its
// complement.
const rare = 907_633_386

const low = float64(rare) / (1 << 32)

// Code is one copy's bits.
type Code [Size]byte

// Bit reports position p.
func (c *Code) Bit(p int) bool { return c[p/8]>>(p%8)&1 == 1 }

// Biases says of each position whether a one is likely there (1 − low) or not
// (low). They are secret from whoever receives copies.
type Biases [Size]byte

func (b *Biases) high(p int) bool { return b[p/8]>>(p%8)&1 == 1 }

// NewBiases derives the biases: bytes 32i to 32i+31 are
// HMAC-SM3(seed, "datarights-tardos-1" ‖ i in one byte).
func NewBiases(seed [SeedSize]byte) *Biases {
	var b Biases
	for i := 0; i < Size/gm.HashSize; i++ {
		block := gm.HMAC(seed[:], []byte("datarights-tardos-1"), []byte{byte(i)})
		copy(b[i*gm.HashSize:], block[:])
	}
	return &b
}

// NewCode draws a code by the biases from rand, which must be crypto/rand's
// reader but in tests. The draws are independent of everything else: on that
// rests what an innocent is protected by.
func NewCode(rand io.Reader, b *Biases) (Code, error) {
	var draws [Length * 4]byte
	if _, err := io.ReadFull(rand, draws[:]); err != nil {
		return Code{}, fmt.Errorf("couldn't draw a code: %w", err)
	}
	var c Code
	for p := range Length {
		one := binary.BigEndian.Uint32(draws[4*p:]) < rare // with probability low
		if one != b.high(p) {
			c[p/8] |= 1 << (p % 8)
		}
	}
	return c, nil
}
