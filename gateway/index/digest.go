package index

import (
	"crypto/sha3"
	"encoding/binary"

	"github.com/datarights/datarights/internal/gm"
)

// formatVersion changes whenever the same chain would give other entries. An
// index of another version is rebuilt.
const formatVersion = 2

const lanes = 1024

// multiset is LtHash: a sum, lane by lane modulo 2^16, of a SHAKE128 expansion
// of every member. Members come and go in any order and at the cost of one
// expansion each, so the digest of millions of entries is kept up block by
// block. Finding another set with the same sum is as hard as a lattice problem
// (Bellare and Micciancio; Lewi et al., "Securing Update Propagation with
// Homomorphic Hashing", with these very parameters).
type multiset struct {
	lane [lanes]uint16
}

func (m *multiset) add(key, value []byte) {
	e := expand(key, value)
	for i := range m.lane {
		m.lane[i] += binary.LittleEndian.Uint16(e[2*i:])
	}
}

func (m *multiset) remove(key, value []byte) {
	e := expand(key, value)
	for i := range m.lane {
		m.lane[i] -= binary.LittleEndian.Uint16(e[2*i:])
	}
}

func expand(key, value []byte) *[2 * lanes]byte {
	var e [2 * lanes]byte
	h := sha3.NewSHAKE128()
	// The key's length first, so that no two (key, value) read the same. A SHAKE
	// never fails.
	_, _ = h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(key))))
	_, _ = h.Write(key)
	_, _ = h.Write(value)
	_, _ = h.Read(e[:])
	return &e
}

func (m *multiset) bytes() []byte {
	b := make([]byte, 0, 2*lanes)
	for _, l := range m.lane {
		b = binary.LittleEndian.AppendUint16(b, l)
	}
	return b
}

func (m *multiset) load(b []byte) bool {
	if len(b) != 2*lanes {
		return false
	}
	for i := range m.lane {
		m.lane[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return true
}

// digest names the set at a height.
func (m *multiset) digest(height uint64) string {
	sum := gm.SM3([]byte("datarights-index"), binary.BigEndian.AppendUint32(nil, formatVersion),
		binary.BigEndian.AppendUint64(nil, height), m.bytes())
	return "sm3:" + hexString(sum[:])
}
