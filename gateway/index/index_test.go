package index

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/fabricproof"
)

func TestApplyThenRead(t *testing.T) {
	c := registrations(5)
	x := indexOf(t, c)
	checkIndex(t, x)

	e, err := x.Get(rights.KindCase, caseID(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	if e.Created != (Position{3, 0, 1}) || e.Updated != (Position{4, 1, 1}) || !strings.Contains(string(e.JSON), `"Accepted"`) {
		t.Errorf("got %+v, record %s", e, e.JSON)
	}
	if p, err := x.Get(rights.PointerOpen, caseID(1, 0)); err != nil || string(p.JSON) != `{"v":2}` {
		t.Errorf("pointer: %s, %v", p.JSON, err)
	}
	h, err := x.History(rights.KindCase, caseID(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	if len(h) != 2 || !strings.Contains(string(h[0].JSON), `"Submitted"`) || !strings.Contains(string(h[1].JSON), `"Accepted"`) ||
		h[0].Position != e.Created || h[1].Position != e.Updated || h[1].Command != "registration.step" ||
		h[1].Kid != "91320900MA1XXXXXXX#1" || h[1].At != 1_700_000_022 || h[1].TxID != c.txID(4, 1) {
		t.Errorf("history: %+v", h)
	}
	for _, missing := range []string{caseID(99, 0), "", "RG", "\x00", strings.Repeat("长", 500), caseID(0, 7)} {
		if _, err := x.Get(rights.KindCase, missing); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get(%q): %v", missing, err)
		}
		if _, err := x.History(rights.KindCase, missing); !errors.Is(err, ErrNotFound) {
			t.Errorf("History(%q): %v", missing, err)
		}
	}
}

func (c *chain) txID(block, tx int) string {
	d := must(decodeBlock(c.blocks[block], DefaultNamespace, nil))
	return d.TxIDs[tx]
}

func TestBlocksAndTransactions(t *testing.T) {
	c := registrations(6)
	x := indexOf(t, c)

	b, err := x.Block(3)
	if err != nil {
		t.Fatal(err)
	}
	if b.Hash != "sha256:"+hexString(must(fabricproof.HeaderHash(c.blocks[3].Header))) || b.Previous != "sha256:"+hexString(c.blocks[4-1].Header.PreviousHash) ||
		b.At != 1_700_000_021 || b.Valid != 3 || len(b.TxIDs) != 3 || !slices.Equal(b.Signers, []string{"BankMSP", "ExchangeMSP", "RegulatorMSP"}) {
		t.Errorf("block: %+v", b)
	}
	if _, err := x.Block(uint64(len(c.blocks))); !errors.Is(err, ErrNotFound) {
		t.Errorf("a block not there yet: %v", err)
	}

	types := map[string]string{"found": TypeFounding, "define": TypeLifecycle, c.txID(2, 0): TypeCommand}
	for id, want := range types {
		if got, err := x.Transaction(id); err != nil || got.Type != want {
			t.Errorf("%s: type %q, want %q (%v)", id, got.Type, want, err)
		}
	}
	if got, _ := x.Transaction(c.txID(2, 0)); got.JWS != string(jwsOf("registration.step", got.CommandID, got.Kid)) ||
		got.Command != "registration.step" || !slices.Equal(got.Endorsers, []string{"GroupMSP", "RegulatorMSP"}) || got.Submitter != "ExchangeMSP" ||
		!slices.Equal(got.Records, []rights.RecordRef{{Kind: "RG", ID: caseID(0, 0), State: "Submitted", Version: 1}}) {
		t.Errorf("command: %+v", got)
	}
	bad, err := x.Transaction(c.txID(2, 1))
	if err != nil || bad.Validation != "MVCC_READ_CONFLICT" || len(bad.Records) != 0 || bad.Command == "" {
		t.Errorf("invalid transaction: %+v, %v", bad, err)
	}
	batch, err := x.Transaction("tx-batch-1")
	if err != nil || len(batch.Records) != 25 || batch.RecordCount != 25 || batch.Command != "registration.submitBatch" {
		t.Errorf("batch: %d records of %d, %v", len(batch.Records), batch.RecordCount, err)
	}
	if _, err := x.Transaction("no such"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown transaction: %v", err)
	}

	var numbers []uint64
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := x.Blocks(cursor, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Items {
			numbers = append(numbers, b.Number)
		}
		cursor = page.Next
	}
	if !slices.Equal(numbers, []uint64{7, 6, 5, 4, 3, 2, 1, 0}) {
		t.Errorf("blocks: %v", numbers)
	}
	var ids []string
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := x.Transactions(cursor, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, tx := range page.Items {
			ids = append(ids, tx.TxID)
			if tx.JWS != "" || len(tx.Records) > MaxListedRecords {
				t.Errorf("a list carries all of %s", tx.TxID)
			}
		}
		cursor = page.Next
	}
	var want []string
	for i := len(c.blocks) - 1; i >= 0; i-- {
		txs := must(decodeBlock(c.blocks[i], DefaultNamespace, nil)).TxIDs
		slices.Reverse(txs)
		want = append(want, txs...)
	}
	if !slices.Equal(ids, want) {
		t.Errorf("transactions:\n got %v\nwant %v", ids, want)
	}
}

func TestDuplicateTransactionID(t *testing.T) {
	c := &chain{}
	c.genesis()
	forged := caseTx(1, 0, "Submitted", 1, 5)
	forged.code = peer.TxValidationCode_BAD_PROPOSAL_TXID
	good := caseTx(1, 0, "Submitted", 1, 5)
	again := caseTx(1, 0, "Submitted", 1, 5)
	again.code = peer.TxValidationCode_DUPLICATE_TXID
	c.add(nil, forged)
	c.add(nil, good)
	c.add(nil, again)
	x := indexOf(t, c)
	got, err := x.Transaction(good.id)
	if err != nil || got.Block != 2 || got.Validation != "VALID" {
		t.Errorf("got %+v, %v; want the valid one", got, err)
	}
	checkIndex(t, x)
}

func TestApplyOldGapAndOtherChain(t *testing.T) {
	c, other := registrations(3), &chain{}
	other.add(nil, testTx{id: "another beginning"})
	x := open(t, t.TempDir(), Options{})
	if err := x.Apply(c.blocks[1]); !errors.Is(err, ErrGap) {
		t.Errorf("block 1 first: %v", err)
	}
	applyAll(t, x, c.blocks[:2])
	before := x.Status()
	if err := x.Apply(c.blocks[3]); !errors.Is(err, ErrGap) {
		t.Errorf("block 3 after 1: %v", err)
	}
	if err := x.Apply(c.blocks[0]); err != nil {
		t.Errorf("block 0 again: %v", err)
	}
	if err := x.Apply(other.blocks[0]); !errors.Is(err, ErrOtherChain) {
		t.Errorf("another block 0: %v", err)
	}
	forked := proto.Clone(c.blocks[2]).(*common.Block)
	forked.Header.PreviousHash = []byte("elsewhere")
	if err := x.Apply(forked); !errors.Is(err, ErrOtherChain) {
		t.Errorf("a fork: %v", err)
	}
	changed := proto.Clone(c.blocks[2]).(*common.Block)
	changed.Data.Data[0] = append(changed.Data.Data[0], 0)
	if err := x.Apply(changed); !errors.Is(err, errMalformed) {
		t.Errorf("changed data: %v", err)
	}
	if x.Status() != before {
		t.Error("a refused block changed the index")
	}
	checkIndex(t, x)
}

// A block over one store transaction's limits, and one with a name too long for
// a key, must not stop the index.
func TestUnusualBlocks(t *testing.T) {
	c := &chain{}
	c.genesis()
	big := testTx{id: "big", arg: jwsOf("registration.submitBatch", "big", "k#1")}
	for n := range 9000 {
		r := caseRecord(1, n, "Submitted", 1)
		r.Reason = strings.Repeat("x", 1000)
		big.writes = append(big.writes, putRecord(rights.KindCase, "RG-big-"+strings.Repeat("0", 4-len(strconv.Itoa(n)))+strconv.Itoa(n), r))
	}
	c.add(nil, big)
	long := strings.Repeat("界", 30_000)
	c.add(nil, testTx{id: long, code: peer.TxValidationCode_BAD_PROPOSAL_TXID},
		testTx{id: "odd", writes: []*kvrwset.KVWrite{
			{Key: worldKey(rights.KindRight, long), Value: []byte(`{"state":"` + long + `"}`)},
			{Key: "a plain key\x00", Value: []byte{0xff, 0x00}},
			{Key: worldKey(rights.KindRight, "not json"), Value: []byte("not json")},
			{Key: "", Value: nil},
		}})
	c.add(nil, testTx{raw: []byte("no envelope at all"), code: peer.TxValidationCode_BAD_PAYLOAD},
		testTx{id: "gone", writes: []*kvrwset.KVWrite{
			{Key: worldKey(rights.KindRight, long), IsDelete: true},
			{Key: worldKey(rights.KindRight, "never was"), IsDelete: true},
		}},
		testTx{id: "back", writes: []*kvrwset.KVWrite{putRecord(rights.KindRight, long, rights.Right{Head: rights.Head{State: "Effective"}})}})
	x := indexOf(t, c)
	checkIndex(t, x)
	if s, _ := x.Stats(); s.Kinds["RG"] != 9000 || s.States["RG/Submitted"] != 9000 || s.Kinds["RT"] != 2 || s.Transactions != 7 || s.Invalid != 2 {
		t.Errorf("stats: %+v", s)
	}
	if got, err := x.Transaction(long); err != nil || got.Validation != "BAD_PROPOSAL_TXID" {
		t.Errorf("long transaction id: %v", err)
	}
	h, err := x.History(rights.KindRight, long)
	if err != nil || len(h) != 3 || string(h[1].JSON) != "null" {
		t.Errorf("history over a deletion: %d revisions, %v", len(h), err)
	}
	page, err := x.List(Query{Kind: rights.KindRight, Where: map[string]string{"state": "Effective"}})
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != long || page.Items[0].Created != (Position{3, 2, 0}) {
		t.Errorf("list: %v", err)
	}
	if got, err := x.Get(rights.KindRight, "not json"); err != nil || string(got.JSON) != `"bm90IGpzb24="` {
		t.Errorf("no JSON: %s, %v", got.JSON, err)
	}
	if got, err := x.Get("", "a plain key\x00"); err != nil || string(got.JSON) != `"/wA="` {
		t.Errorf("plain key: %s, %v", got.JSON, err)
	}
}

// The digest is of the chain: another organisation's copy of the blocks, signed
// by another quorum and indexed in another process, gives the same.
func TestDigestIsTheSameEverywhere(t *testing.T) {
	c := registrations(8)
	a, b := indexOf(t, c), open(t, t.TempDir(), Options{maxOps: 3})
	for _, block := range c.blocks {
		copied := proto.Clone(block).(*common.Block)
		copied.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES] = nil
		if err := b.Apply(copied); err != nil {
			t.Fatal(err)
		}
	}
	if a.Status() != b.Status() || a.Status().Digest == "" {
		t.Errorf("%+v and %+v", a.Status(), b.Status())
	}
	seen := map[string]bool{}
	for h := uint64(0); h <= uint64(len(c.blocks)); h++ {
		da, err := a.DigestAt(h)
		if err != nil {
			t.Fatal(err)
		}
		if db, _ := b.DigestAt(h); da != db {
			t.Errorf("digests at %d differ", h)
		}
		if seen[da] {
			t.Errorf("digest at %d is an earlier one's", h)
		}
		seen[da] = true
	}
	if _, err := a.DigestAt(uint64(len(c.blocks)) + 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("digest of the future: %v", err)
	}
}

// One byte of one write anywhere gives another digest.
func TestDigestCoversWrites(t *testing.T) {
	digest := func(state rights.State) string {
		c := &chain{}
		c.genesis()
		c.add(nil, caseTx(1, 0, state, 1, 5))
		return indexOf(t, c).Status().Digest
	}
	if digest("Submitted") == digest("Submittee") {
		t.Error("digests are equal")
	}
}

func TestReopen(t *testing.T) {
	c := registrations(6)
	dir := t.TempDir()
	x := open(t, dir, Options{})
	applyAll(t, x, c.blocks[:4])
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	was := x.Status()
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Get(rights.KindCase, caseID(0, 0)); !errors.Is(err, ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}
	if _, err := Open(dir, Options{Namespace: "other"}); !errors.Is(err, ErrFormat) {
		t.Errorf("another namespace: %v", err)
	}
	x = open(t, dir, Options{})
	if x.Status() != was {
		t.Errorf("reopened at %+v, was %+v", x.Status(), was)
	}
	applyAll(t, x, c.blocks)
	if x.Status() != indexOf(t, c).Status() {
		t.Error("another digest than without reopening")
	}
	checkIndex(t, x)
}

func TestWait(t *testing.T) {
	c := registrations(1)
	x := open(t, t.TempDir(), Options{})
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := x.Wait(short, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing came: %v", err)
	}
	done := make(chan error)
	go func() { done <- x.Wait(t.Context(), 2) }()
	applyAll(t, x, c.blocks[:1])
	select {
	case err := <-done:
		t.Fatalf("returned at height 1: %v", err)
	case <-time.After(10 * time.Millisecond):
	}
	applyAll(t, x, c.blocks[1:2])
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A reader keeps seeing the height it began at while blocks come in.
func TestReadersSeeOneHeight(t *testing.T) {
	c := registrations(40)
	x := open(t, t.TempDir(), Options{maxOps: 2})
	applyAll(t, x, c.blocks[:3])
	v, err := x.view()
	if err != nil {
		t.Fatal(err)
	}
	before := must(v.get(stateKey(rights.KindCase, caseID(0, 0))))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, b := range c.blocks[3:] {
			if err := x.Apply(b); err != nil {
				t.Error(err)
			}
		}
	}()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		// Every case of a block is there, or none: batches of 25 beside one.
		s, err := x.Stats()
		if err != nil {
			t.Fatal(err)
		}
		var states int64
		for name, n := range s.States {
			if strings.HasPrefix(name, "RG/") {
				states += n
			}
		}
		if states != s.Kinds["RG"] {
			t.Fatalf("half a block: %d cases, %d with a state", s.Kinds["RG"], states)
		}
	}
	if after := must(v.get(stateKey(rights.KindCase, caseID(0, 0)))); string(after) != string(before) {
		t.Error("a reader saw a later height")
	}
	v.release()
	checkIndex(t, x)
}

// The store drops old versions when it compacts, but none that a reader may
// still look at.
func TestCompactionLeavesReadersTheirHeight(t *testing.T) {
	c := &chain{}
	c.genesis()
	c.add(nil, caseTx(0, 0, "Submitted", 1, 1))
	for i := range 12 {
		tx := caseTx(0, 0, "Accepted", int64(i+2), int64(i+2))
		for n := range 100 {
			r := caseRecord(i, 100+n, "Submitted", 1)
			r.Reason = strings.Repeat(strconv.Itoa(i*n), 20_000)[:20_000]
			tx.writes = append(tx.writes, putRecord(rights.KindCase, caseID(i, 100+n), r))
		}
		c.add(nil, tx)
	}
	x := open(t, t.TempDir(), Options{memory: 1 << 20})
	applyAll(t, x, c.blocks[:2])
	v, err := x.view()
	if err != nil {
		t.Fatal(err)
	}
	applyAll(t, x, c.blocks)
	if err := x.db.Flatten(2); err != nil {
		t.Fatal(err)
	}
	e, err := v.entry(rights.KindCase, caseID(0, 0))
	if err != nil || !strings.Contains(string(e.JSON), `"Submitted"`) {
		t.Errorf("the reader's version is gone: %s, %v", e.JSON, err)
	}
	v.release()
	checkIndex(t, x)
}
