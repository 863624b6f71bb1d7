package index

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A chunk reads as it was written, in either encoding, and a set has one only.
func TestChunkEncoding(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, 5, 200, 260, 2000}).Draw(r, "members")
		all := rapid.SliceOfNDistinct(rapid.Uint16Range(0, chunkSize-1), n, n, rapid.ID[uint16]).Draw(r, "set")
		var c, back chunk
		for _, i := range all {
			c.set(i)
		}
		b := c.encode()
		if len(b) > 1+bitmapSize || (n == 0) != (b == nil) {
			r.Fatalf("%d members in %d bytes", n, len(b))
		}
		if err := back.decode(b); err != nil || back != c || back.count() != n || !bytes.Equal(back.encode(), b) {
			r.Fatalf("read back %d members, %v", back.count(), err)
		}
		for _, reverse := range []bool{false, true} {
			var walked []uint16
			back.each(reverse, func(i uint16) bool { walked = append(walked, i); return true })
			slices.Sort(all)
			if reverse {
				slices.Reverse(walked)
			}
			if !slices.Equal(walked, all) {
				r.Fatalf("walked %v, want %v", walked, all)
			}
		}
	})
}

func FuzzChunk(f *testing.F) {
	f.Add([]byte{asList, 0, 1, 2})
	f.Add(append([]byte{asBitmap}, make([]byte, bitmapSize)...))
	f.Add([]byte{asList, 0xff, 0x0f, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		var c, back chunk
		if err := c.decode(b); err != nil {
			if !errors.Is(err, errDamaged) {
				t.Error(err)
			}
			return
		}
		if err := back.decode(c.encode()); err != nil || back != c {
			t.Errorf("%x reads as another set: %v", b, err)
		}
	})
}

// What lists have in common is found over any number of chunks, in both
// directions and from anywhere on.
func TestIntersectAgainstModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		reverse := rapid.Bool().Draw(r, "reverse")
		near := rapid.Map(rapid.Uint64Range(0, 40), func(n uint64) uint64 { return n/10*chunkSize + n%10 + chunkSize - 5 })
		var lists []postings
		counts := map[uint64]int{}
		n := rapid.IntRange(1, 3).Draw(r, "lists")
		for range n {
			set := rapid.SliceOfNDistinct(near, 0, 30, rapid.ID[uint64]).Draw(r, "list")
			for _, at := range set {
				counts[at]++
			}
			lists = append(lists, newHeldPostings(slices.Clone(set), reverse))
		}
		if rapid.Bool().Draw(r, "all") {
			n++
			total := rapid.Uint64Range(0, 6*chunkSize).Draw(r, "count")
			lists = append(lists, &allPostings{count: total, reverse: reverse})
			for at := range counts {
				if at < total {
					counts[at]++
				}
			}
		}
		var from *uint64
		if rapid.Bool().Draw(r, "cursor") {
			at := near.Draw(r, "from")
			from = &at
		}
		want := []uint64{}
		for at, c := range counts {
			if c == n && (from == nil || at != *from && (at < *from) == reverse) {
				want = append(want, at)
			}
		}
		slices.Sort(want)
		if reverse {
			slices.Reverse(want)
		}
		limit := rapid.IntRange(1, 20).Draw(r, "limit")
		got := []uint64{}
		if err := intersect(lists, from, reverse, func(at uint64) (bool, error) {
			got = append(got, at)
			return len(got) < limit, nil
		}); err != nil {
			r.Fatal(err)
		}
		if !slices.Equal(got, want[:min(limit, len(want))]) {
			r.Fatalf("got %v, want %v", got, want)
		}
	})
}
