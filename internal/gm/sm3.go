package gm

import (
	"crypto/hmac"
	"hash"

	"github.com/emmansun/gmsm/sm3"
)

// HashSize is the length of an SM3 digest in bytes.
const HashSize = sm3.Size

// NewSM3 returns a new SM3 hash.
func NewSM3() hash.Hash { return sm3.New() }

// SM3 returns the digest of the concatenation of data.
func SM3(data ...[]byte) [HashSize]byte {
	if len(data) == 1 {
		return sm3.Sum(data[0])
	}
	h := sm3.New()
	for _, d := range data {
		h.Write(d)
	}
	var sum [HashSize]byte
	h.Sum(sum[:0])
	return sum
}

// HMAC returns HMAC-SM3 (RFC 2104 over SM3) of the concatenation of data.
func HMAC(key []byte, data ...[]byte) [HashSize]byte {
	m := NewHMAC(key)
	for _, d := range data {
		m.Write(d)
	}
	var sum [HashSize]byte
	m.Sum(sum[:0])
	return sum
}

// NewHMAC returns a keyed HMAC-SM3; Reset makes it ready for another message
// under the same key.
func NewHMAC(key []byte) hash.Hash { return hmac.New(sm3.New, key) }
