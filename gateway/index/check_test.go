package index

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func newDir(t testing.TB) (string, error) { return os.MkdirTemp(t.TempDir(), "index") }

// tamper writes behind the index's back at its present height.
func tamper(t *testing.T, x *Index, key, value []byte) {
	t.Helper()
	txn := x.db.NewTransactionAt(x.point.Height, true)
	defer txn.Discard()
	if err := set(txn, key, value); err != nil {
		t.Fatal(err)
	}
	if err := txn.CommitAt(x.point.Height, nil); err != nil {
		t.Fatal(err)
	}
}

func TestCheckNamesWhatDiffers(t *testing.T) {
	c := registrations(6)
	id := caseID(1, 0)
	submitted := chunkKey(fieldPrefix(rights.KindCase, "state", "Submitted"), 0)
	accepted := chunkKey(fieldPrefix(rights.KindCase, "state", "Accepted"), 0)
	// with is the chunk that is there and one member more.
	with := func(x *Index, key []byte, i uint16) []byte {
		v := must(x.view())
		defer v.release()
		var c chunk
		if err := c.decode(must(v.get(key))); err != nil {
			t.Fatal(err)
		}
		c.set(i)
		return c.encode()
	}
	for name, tc := range map[string]struct {
		harm func(t *testing.T, x *Index)
		want []string // all are in the error
	}{
		"record changed": {func(t *testing.T, x *Index) {
			v := must(x.view())
			defer v.release()
			s := must(v.stored(rights.KindCase, id))
			s.Mark[0]++
			tamper(t, x, stateKey(rights.KindCase, id), s.encode())
		}, []string{"digest:", "wrong: the mark of record RG " + id}},
		"version changed": {func(t *testing.T, x *Index) {
			tamper(t, x, versionKey(Position{4, 1, 1}), version{rights.KindCase, id, []byte(`{"state":"Recorded"}`)}.encode())
		}, []string{"digest:", "left over: fields RG state Accepted, 0: 1", "missing: fields RG state Recorded, 0: 1"}},
		"version lost": {func(t *testing.T, x *Index) {
			tamper(t, x, versionKey(Position{4, 1, 1}), nil)
		}, []string{"digest:", "missing: the version of record RG " + id, "left over: history RG " + id + " at block 4, transaction 1, write 1"}},
		"number changed": {func(t *testing.T, x *Index) {
			tamper(t, x, ordinalKey(rights.KindCase), seal([]byte{1}))
		}, []string{"digest:"}},
		"record damaged": {func(t *testing.T, x *Index) {
			tamper(t, x, stateKey(rights.KindCase, id), []byte("nonsense"))
		}, []string{"damaged: record RG " + id}},
		"record lost": {func(t *testing.T, x *Index) {
			tamper(t, x, stateKey(rights.KindCase, id), nil)
		}, []string{"digest:", "left over: lists RG, 1: " + id, "counter kind/RG should be"}},
		"history lost": {func(t *testing.T, x *Index) {
			v := must(x.view())
			defer v.release()
			s := must(v.stored(rights.KindCase, id))
			s.Earlier = nil
			tamper(t, x, stateKey(rights.KindCase, id), s.encode())
		}, []string{"missing: history RG " + id + " at block 3, transaction 0, write 1"}},
		"block lost": {func(t *testing.T, x *Index) {
			tamper(t, x, blockKey(familyBlock, 4), nil)
		}, []string{"digest:", "missing: blocks 4 to 4"}},
		"transaction lost": {func(t *testing.T, x *Index) {
			tamper(t, x, txKey(familyTransaction, 4, 0), nil)
		}, []string{"missing: transaction 0 of block 4 (" + c.txID(4, 0) + ")", "left over: transaction ids"}},
		"command changed": {func(t *testing.T, x *Index) {
			tamper(t, x, txKey(familyJWS, 4, 0), seal([]byte("a.b.c")))
		}, []string{"digest:"}},
		"posting lost": {func(t *testing.T, x *Index) {
			tamper(t, x, accepted, nil)
		}, []string{"missing: fields RG state Accepted, 0: 1"}},
		"posting left over": {func(t *testing.T, x *Index) {
			tamper(t, x, submitted, with(x, submitted, 999))
		}, []string{"left over: fields RG state Submitted, 0: 999"}},
		"posting unreadable": {func(t *testing.T, x *Index) {
			tamper(t, x, submitted, []byte{asList, 0x80})
		}, []string{"missing: fields RG state Submitted, 0: "}},
		"word left over": {func(t *testing.T, x *Index) {
			key := chunkKey(textPrefix(rights.KindCase, "税"), 3)
			tamper(t, x, key, with(x, key, 1))
		}, []string{"left over: text RG 税, 3: 1"}},
		"transaction id lost": {func(t *testing.T, x *Index) {
			tamper(t, x, txIDKey(c.txID(4, 0), 4, 0), nil)
		}, []string{"missing: transaction ids " + c.txID(4, 0)}},
		"miscounted": {func(t *testing.T, x *Index) {
			tamper(t, x, counterKey(counterInvalid), nil)
			tamper(t, x, counterKey("kind/ZZ"), make([]byte, 8))
		}, []string{"missing: counter invalid, should be 2", "left over: counter kind/ZZ"}},
		"digest forged": {func(t *testing.T, x *Index) {
			tamper(t, x, blockKey(familyDigest, x.point.Height), []byte("sm3:00"))
		}, []string{"recorded is sm3:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := indexOf(t, c)
			checkIndex(t, x)
			tc.harm(t, x)
			err := x.Check(t.Context(), nil)
			var e *CheckError
			if !errors.As(err, &e) || e.Height != uint64(len(c.blocks)) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v\nwant %s", err, want)
				}
			}
		})
	}
}

func TestCheckWhileGrowing(t *testing.T) {
	c := registrations(60)
	x := open(t, t.TempDir(), Options{maxOps: 4})
	applyAll(t, x, c.blocks[:10])
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, b := range c.blocks[10:] {
			if err := x.Apply(b); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 10 {
		checkIndex(t, x)
	}
	<-done
	checkIndex(t, x)
}

func TestCheckStops(t *testing.T) {
	c := &chain{}
	c.genesis()
	c.add(nil, batchTx(1, 6000, 1))
	x := indexOf(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Check(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	var last Progress
	if err := x.Check(t.Context(), func(p Progress) { last = p }); err != nil || last.Entries == 0 || last.Family == "" {
		t.Errorf("progress %+v, %v", last, err)
	}
}

// A value in the value log is as good as one beside its key.
func TestLargeValues(t *testing.T) {
	c := &chain{}
	c.genesis()
	tx := caseTx(1, 0, "Submitted", 1, 1)
	tx.arg = []byte(strings.Repeat("a", 300<<10) + ".b.c")
	c.add(nil, tx)
	dir := t.TempDir()
	x := open(t, dir, Options{})
	applyAll(t, x, c.blocks)
	x.Close()
	x = open(t, dir, Options{})
	if got, err := x.Transaction(tx.id); err != nil || got.JWS != string(tx.arg) {
		t.Errorf("%d bytes, %v", len(got.JWS), err)
	}
	checkIndex(t, x)
}
