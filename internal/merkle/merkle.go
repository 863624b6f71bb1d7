// Package merkle is the hash tree of RFC 6962, section 2.1, over any hash:
// leaves are hashed behind a 0x00 byte and nodes behind a 0x01, so that
// neither can pass for the other. It imports the standard library alone.
package merkle

import (
	"bytes"
	"fmt"
	"hash"
	"math/bits"
)

const (
	leafPrefix = 0x00
	nodePrefix = 0x01
)

// Tree takes leaves one by one and keeps O(log n) hashes. It is not safe for
// concurrent use.
type Tree struct {
	h hash.Hash
	// roots are those of the full subtrees of what was added, largest first:
	// one for each bit set in size.
	roots [][]byte
	size  uint64
}

// New returns an empty tree.
func New(newHash func() hash.Hash) *Tree { return &Tree{h: newHash()} }

// LeafHash hashes one leaf, which may be given in parts.
func LeafHash(newHash func() hash.Hash, leaf ...[]byte) []byte {
	return leafHash(newHash(), leaf...)
}

func leafHash(h hash.Hash, leaf ...[]byte) []byte { return AppendLeafHash(nil, h, leaf...) }

// AppendLeafHash appends a leaf's hash to b, computed with h, for who hashes
// many.
func AppendLeafHash(b []byte, h hash.Hash, leaf ...[]byte) []byte {
	h.Reset()
	h.Write([]byte{leafPrefix})
	for _, part := range leaf {
		h.Write(part)
	}
	return h.Sum(b)
}

func nodeHash(h hash.Hash, left, right []byte) []byte {
	h.Reset()
	h.Write([]byte{nodePrefix})
	h.Write(left)
	h.Write(right)
	return h.Sum(nil)
}

// Add appends one leaf, which may be given in parts, and returns its hash.
func (t *Tree) Add(leaf ...[]byte) []byte {
	sum := leafHash(t.h, leaf...)
	t.AddHash(sum)
	return sum
}

// AddHash appends a leaf by its hash.
func (t *Tree) AddHash(sum []byte) {
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.roots) - 1
		sum = nodeHash(t.h, t.roots[last], sum)
		t.roots = t.roots[:last]
	}
	t.roots = append(t.roots, sum)
	t.size++
}

// Size returns the number of leaves added.
func (t *Tree) Size() uint64 { return t.size }

// Root returns the tree's hash; that of no leaves is the hash of nothing. More
// leaves may be added after it.
func (t *Tree) Root() []byte {
	if t.size == 0 {
		t.h.Reset()
		return t.h.Sum(nil)
	}
	last := len(t.roots) - 1
	root := t.roots[last]
	for i := last - 1; i >= 0; i-- {
		root = nodeHash(t.h, t.roots[i], root)
	}
	return bytes.Clone(root)
}

// Root returns the tree's hash of all leaves.
func Root(newHash func() hash.Hash, leaves [][]byte) []byte {
	t := New(newHash)
	for _, l := range leaves {
		t.Add(l)
	}
	return t.Root()
}

// Proof returns the inclusion proof of leaf index, from the leaf's sibling
// upwards, in the tree whose leaves have the given hashes.
func Proof(newHash func() hash.Hash, leafHashes [][]byte, index uint64) ([][]byte, error) {
	if index >= uint64(len(leafHashes)) {
		return nil, fmt.Errorf("couldn't prove leaf %d: the tree has %d", index, len(leafHashes))
	}
	return path(newHash(), leafHashes, index), nil
}

// path is PATH of RFC 6962, section 2.1.1.
func path(h hash.Hash, leaves [][]byte, index uint64) [][]byte {
	if len(leaves) == 1 {
		return nil
	}
	k := split(uint64(len(leaves)))
	if index < k {
		return append(path(h, leaves[:k], index), subtree(h, leaves[k:]))
	}
	return append(path(h, leaves[k:], index-k), subtree(h, leaves[:k]))
}

// subtree is MTH of RFC 6962 over leaf hashes.
func subtree(h hash.Hash, leaves [][]byte) []byte {
	t := Tree{h: h}
	for _, l := range leaves {
		t.AddHash(l)
	}
	return t.Root()
}

// split is the largest power of two below n, n > 1.
func split(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }

// Verify reports whether proof shows that the leaf with hash leafHash stands at
// index in the tree of size leaves that has root.
func Verify(newHash func() hash.Hash, leafHash []byte, index, size uint64, proof [][]byte, root []byte) bool {
	r := RootOf(newHash, leafHash, index, size, proof)
	return r != nil && bytes.Equal(r, root)
}

// RootOf returns the root of the tree of size leaves in which proof puts the
// leaf at index, nil if the proof is of no such tree.
func RootOf(newHash func() hash.Hash, leafHash []byte, index, size uint64, proof [][]byte) []byte {
	if index >= size {
		return nil
	}
	h := newHash()
	if len(leafHash) != h.Size() {
		return nil
	}
	// RFC 9162, section 2.1.3.2.
	fn, sn, r := index, size-1, leafHash
	for _, p := range proof {
		if sn == 0 || len(p) != h.Size() {
			return nil
		}
		if fn&1 == 1 || fn == sn {
			r = nodeHash(h, p, r)
			for fn&1 == 0 && fn != 0 {
				fn >>= 1
				sn >>= 1
			}
		} else {
			r = nodeHash(h, r, p)
		}
		fn >>= 1
		sn >>= 1
	}
	if sn != 0 {
		return nil
	}
	return r
}
