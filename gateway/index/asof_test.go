package index

import (
	"errors"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// A record is what it was at every transaction, whatever came later, and a block
// tells what it wrote.
func TestAsOf(t *testing.T) {
	c := &chain{}
	c.genesis()
	c.add([]uint32{1, 2, 3}, caseTx(0, 0, "Submitted", 1, 1), batchTx(1, 25, 1))
	c.add([]uint32{1, 2, 3}, caseTx(0, 0, "Accepted", 2, 2), caseTx(0, 0, "UnderReview", 3, 2))
	c.add([]uint32{1, 2, 3}, caseTx(0, 0, "PublicNotice", 4, 3))
	x := indexOf(t, c)
	first := must(x.List(Query{Kind: rights.KindCase, Oldest: true, Limit: 1})).Items[0].ID
	for _, at := range []struct {
		block uint64
		tx    int
		state string
	}{{1, 0, "Submitted"}, {1, 9, "Submitted"}, {2, 0, "Accepted"}, {2, 1, "UnderReview"}, {2, 1 << 30, "UnderReview"}, {3, 0, "PublicNotice"}, {99, 0, "PublicNotice"}} {
		v, err := x.AsOf(rights.KindCase, first, at.block, at.tx)
		if err != nil || !strings.Contains(string(v.JSON), at.state) {
			t.Errorf("as of %d:%d: %s %v, want %s", at.block, at.tx, v.JSON, err, at.state)
		}
	}
	if _, err := x.AsOf(rights.KindCase, first, 0, 1<<30); !errors.Is(err, ErrNotFound) {
		t.Errorf("before it was made: %v", err)
	}
	if _, err := x.AsOf(rights.KindCase, "nothing", 3, 0); !errors.Is(err, ErrNotFound) {
		t.Errorf("what never was: %v", err)
	}

	writes := must(x.Writes(2))
	if len(writes) != 2 || writes[0].Index != 0 || writes[1].Index != 1 || writes[0].JWS != "" {
		t.Fatalf("%+v", writes)
	}
	for i, state := range []string{"Accepted", "UnderReview"} {
		if w := writes[i]; len(w.Versions) != len(w.Records) || !strings.Contains(string(w.Versions[0].JSON), state) {
			t.Errorf("transaction %d wrote %+v", i, w)
		}
	}
	batch := must(x.Writes(1))
	if n := len(batch[len(batch)-1].Records); n <= MaxListedRecords || n != len(batch[len(batch)-1].Versions) {
		t.Errorf("of a batch there are %d records", n)
	}
	if _, err := x.Writes(4); !errors.Is(err, ErrNotFound) {
		t.Errorf("a block that is not there: %v", err)
	}
}

// Before leaves out what came later, page by page.
func TestListBefore(t *testing.T) {
	c := &chain{}
	c.genesis()
	c.add([]uint32{1, 2, 3}, batchTx(0, 25, 1))
	c.add([]uint32{1, 2, 3}, batchTx(1, 25, 2))
	x := indexOf(t, c)
	var got int
	q := Query{Kind: rights.KindCase, Limit: 10, Before: &Position{Block: 2}}
	for {
		page := must(x.List(q))
		for _, e := range page.Items {
			if got++; e.Created.Block >= 2 {
				t.Errorf("%s was created in block %d", e.ID, e.Created.Block)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if all := len(must(x.List(Query{Kind: rights.KindCase, Limit: 200})).Items); got == 0 || got >= all {
		t.Errorf("%d before block 2, %d in all", got, all)
	}
	if _, err := x.List(Query{Kind: rights.KindCase, Oldest: true, Before: &Position{}}); err == nil {
		t.Error("oldest first is taken")
	}
}
