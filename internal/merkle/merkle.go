// Package merkle is the RFC 6962 tree hash.
package merkle

import "hash"

// Root returns the tree head over leaves.
func Root(newHash func() hash.Hash, leaves [][]byte) []byte {
	h := newHash()
	switch len(leaves) {
	case 0:
	case 1:
		h.Write([]byte{0})
		h.Write(leaves[0])
	default:
		k := 1
		for k*2 < len(leaves) {
			k *= 2
		}
		l, r := Root(newHash, leaves[:k]), Root(newHash, leaves[k:])
		h.Write([]byte{1})
		h.Write(l)
		h.Write(r)
	}
	return h.Sum(nil)
}
