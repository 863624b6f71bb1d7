package index

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// BenchmarkApplyBulk indexes blocks of one command over 1,000 cases.
func BenchmarkApplyBulk(b *testing.B) {
	c := &chain{}
	c.genesis()
	for i := range b.N {
		c.add([]uint32{1, 2, 3}, batchTx(i, 1000, int64(i)))
	}
	benchmarkApply(b, c, 1000)
}

// BenchmarkApplySingles indexes blocks of 100 commands of one case each.
func BenchmarkApplySingles(b *testing.B) {
	c := &chain{}
	c.genesis()
	for i := range b.N {
		var txs []testTx
		for n := range 100 {
			txs = append(txs, caseTx(i, n, "Submitted", 1, int64(i)))
		}
		c.add([]uint32{1, 2, 3}, txs...)
	}
	benchmarkApply(b, c, 100)
}

func benchmarkApply(b *testing.B, c *chain, records int) {
	x, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	b.ReportAllocs()
	b.ResetTimer()
	applyAll(b, x, c.blocks)
	b.ReportMetric(float64(records*b.N)/b.Elapsed().Seconds(), "records/s")
}

func benchmarkIndex(b *testing.B) *Index {
	c := &chain{}
	c.genesis()
	for i := range 50 {
		c.add([]uint32{1, 2, 3}, batchTx(i, 1000, int64(i)), caseTx(i, 0, "Accepted", 1, int64(i)))
	}
	return indexOf(b, c)
}

func BenchmarkGet(b *testing.B) {
	x := benchmarkIndex(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := x.Get(rights.KindCase, caseID(i%50, 10+i%1000)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkList(b *testing.B) {
	x := benchmarkIndex(b)
	for name, q := range map[string]Query{
		"newest": {}, "common": {Where: map[string]string{"state": "Submitted"}}, "rare": {Where: map[string]string{"state": "Accepted"}},
		"two": {Where: map[string]string{"state": "Accepted", "applicantId": "applicant-1"}}, "text": {Text: "气象观测"},
		"none": {Where: map[string]string{"state": "Accepted"}, Text: "Series11"},
	} {
		q.Kind = rights.KindCase
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := x.List(q); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	x := benchmarkIndex(b)
	for b.Loop() {
		if err := x.Check(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(50_050*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkMultiset(b *testing.B) {
	var m multiset
	key, value := []byte("key"), make([]byte, 1000)
	b.SetBytes(1000)
	for b.Loop() {
		m.add(key, value)
	}
}
