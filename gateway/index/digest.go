package index

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"

	"github.com/datarights/datarights/internal/gm"
)

// formatVersion changes whenever the same chain would give other entries. An
// index of another version is rebuilt.
const formatVersion = 5

const lanes = 1024

// multiset is LtHash: a sum, lane by lane modulo 2^16, of a pseudorandom expansion
// of every member. Members come and go in any order and at the cost of one
// expansion each, so the digest of millions of entries is kept up block by
// block. Finding another set with the same sum is as hard as a lattice problem
// (Bellare and Micciancio; Lewi et al., "Securing Update Propagation with
// Homomorphic Hashing", with these very parameters). The expansion is AES-256 in
// counter mode under the member's SHA-256 as key, which processors have
// instructions for: it costs a tenth of an extendable hash (decision 25).
type multiset struct {
	lane [lanes / 4]uint64 // four lanes each, the first lowest
	room [2 * lanes]byte   // for an expansion
}

// tops are the highest bits of four lanes. Without them lanes are added or
// subtracted side by side, and nothing is carried from one into the next.
const tops = 0x8000_8000_8000_8000

func addLanes(a, b uint64) uint64 { return ((a &^ tops) + (b &^ tops)) ^ ((a ^ b) & tops) }
func subLanes(a, b uint64) uint64 { return ((a | tops) - (b &^ tops)) ^ ((a ^ ^b) & tops) }

func (m *multiset) add(key, value []byte) {
	e := m.expand(key, value)
	for i := range m.lane {
		m.lane[i] = addLanes(m.lane[i], binary.LittleEndian.Uint64(e[8*i:]))
	}
}

func (m *multiset) remove(key, value []byte) {
	e := m.expand(key, value)
	for i := range m.lane {
		m.lane[i] = subLanes(m.lane[i], binary.LittleEndian.Uint64(e[8*i:]))
	}
}

// merge adds the members of another set.
func (m *multiset) merge(other *multiset) {
	for i, l := range other.lane {
		m.lane[i] = addLanes(m.lane[i], l)
	}
}

var zeros [2 * lanes]byte

func (m *multiset) expand(key, value []byte) *[2 * lanes]byte {
	h := sha256.New()
	// The key's length first, so that no two (key, value) read the same.
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(key)))
	h.Write(size[:])
	h.Write(key)
	h.Write(value)
	var seed [sha256.Size]byte
	block, err := aes.NewCipher(h.Sum(seed[:0]))
	if err != nil {
		panic(err) // a key of this size is always one
	}
	// Every seed is used once, so the counter may begin anywhere.
	cipher.NewCTR(block, zeros[:aes.BlockSize]).XORKeyStream(m.room[:], zeros[:])
	return &m.room
}

func (m *multiset) bytes() []byte {
	b := make([]byte, 0, 2*lanes)
	for _, l := range m.lane {
		b = binary.LittleEndian.AppendUint64(b, l)
	}
	return b
}

func (m *multiset) load(b []byte) bool {
	if len(b) != 2*lanes {
		return false
	}
	for i := range m.lane {
		m.lane[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return true
}

// digest names the set at a height.
func (m *multiset) digest(height uint64) string {
	sum := gm.SM3([]byte("datarights-index"), binary.BigEndian.AppendUint32(nil, formatVersion),
		binary.BigEndian.AppendUint64(nil, height), m.bytes())
	return "sm3:" + hexString(sum[:])
}
