package merkle_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"testing"

	"github.com/datarights/datarights/internal/merkle"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func leaves(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = fmt.Appendf(nil, "leaf %d", i)
	}
	return out
}

// reference is RFC 6962's definition, word for word.
func reference(newHash func() hash.Hash, d [][]byte) []byte {
	h := newHash()
	switch len(d) {
	case 0:
	case 1:
		h.Write([]byte{0})
		h.Write(d[0])
	default:
		k := 1
		for 2*k < len(d) {
			k *= 2
		}
		h.Write([]byte{1})
		h.Write(reference(newHash, d[:k]))
		h.Write(reference(newHash, d[k:]))
	}
	return h.Sum(nil)
}

func TestKnownRoots(t *testing.T) {
	for want, in := range map[string][][]byte{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855": {},
		"022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c": {[]byte("a")},
		"36642e73c2540ab121e3a6bf9545b0a24982cd830eb13d3cd19de3ce6c021ec1": {[]byte("a"), []byte("b"), []byte("c")},
	} {
		if got := merkle.Root(sha256.New, in); !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("root of %q = %x, want %s", in, got, want)
		}
	}
	if got := merkle.LeafHash(sha256.New, []byte("a")); !bytes.Equal(got, unhex(t, "022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c")) {
		t.Errorf("leaf of a = %x", got)
	}
}

func TestStreamingEqualsTheDefinition(t *testing.T) {
	tree := merkle.New(sha256.New)
	for n := range 130 {
		want := reference(sha256.New, leaves(n))
		if got := tree.Root(); !bytes.Equal(got, want) || tree.Size() != uint64(n) {
			t.Fatalf("root of %d leaves = %x, want %x", n, got, want)
		}
		leaf := fmt.Appendf(nil, "leaf %d", n)
		if sum := tree.Add(leaf[:2], leaf[2:]); !bytes.Equal(sum, merkle.LeafHash(sha256.New, leaf)) {
			t.Fatal("a leaf in parts hashes to something else")
		}
	}
}

func TestEveryProofVerifiesAndNothingElseDoes(t *testing.T) {
	for n := 1; n <= 33; n++ {
		d := leaves(n)
		hashes := make([][]byte, n)
		for i := range d {
			hashes[i] = merkle.LeafHash(sha256.New, d[i])
		}
		root := merkle.Root(sha256.New, d)
		for i := range uint64(n) {
			proof, err := merkle.Proof(sha256.New, hashes, i)
			if err != nil {
				t.Fatal(err)
			}
			verify := func(leaf []byte, index, size uint64, proof [][]byte, root []byte) bool {
				return merkle.Verify(sha256.New, leaf, index, size, proof, root)
			}
			if !verify(hashes[i], i, uint64(n), proof, root) {
				t.Fatalf("leaf %d of %d: own proof refused", i, n)
			}
			for j := range uint64(n + 2) {
				if j != i && verify(hashes[i], j, uint64(n), proof, root) {
					t.Errorf("leaf %d of %d passes for leaf %d", i, n, j)
				}
			}
			if verify(merkle.LeafHash(sha256.New, []byte("other")), i, uint64(n), proof, root) {
				t.Error("another leaf passes")
			}
			if verify(hashes[i], i, uint64(n), append(bytes2(proof), root), root) {
				t.Error("a longer proof passes")
			}
			for k := range proof {
				bad := bytes2(proof)
				bad[k][0] ^= 1
				if verify(hashes[i], i, uint64(n), bad, root) {
					t.Errorf("proof with step %d changed passes", k)
				}
				if verify(hashes[i], i, uint64(n), append(bytes2(proof[:k]), proof[k+1:]...), root) {
					t.Errorf("proof without step %d passes", k)
				}
				bad[k] = nil
				if verify(hashes[i], i, uint64(n), bad, root) {
					t.Error("an empty step passes")
				}
			}
		}
		if _, err := merkle.Proof(sha256.New, hashes, uint64(n)); err == nil {
			t.Error("a leaf beyond the end was proved")
		}
	}
	if merkle.Verify(sha256.New, nil, 0, 0, nil, merkle.Root(sha256.New, nil)) {
		t.Error("something is included in the empty tree")
	}
}

func bytes2(p [][]byte) [][]byte {
	out := make([][]byte, len(p))
	for i := range p {
		out[i] = bytes.Clone(p[i])
	}
	return out
}

// A node must not pass for a leaf.
func TestNodesAreNotLeaves(t *testing.T) {
	a, b := merkle.LeafHash(sha256.New, []byte("a")), merkle.LeafHash(sha256.New, []byte("b"))
	two := merkle.Root(sha256.New, [][]byte{[]byte("a"), []byte("b")})
	one := merkle.Root(sha256.New, [][]byte{append(a, b...)})
	if bytes.Equal(one, two) {
		t.Error("a leaf made of two hashes has the root of the two leaves")
	}
}
