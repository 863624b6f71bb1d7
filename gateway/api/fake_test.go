package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/outcome"
)

// fakeIndex is an index in memory whose parts can fail.
type fakeIndex struct {
	placing sync.Mutex // held while a block is made
	mu      sync.Mutex
	entries map[rights.Kind][]index.Entry // oldest first
	history map[string][]index.Revision
	blocks  []index.Block
	txs     []index.Transaction // oldest first
	grown   chan struct{}       // closed when height grows
	fail    map[string]error    // method → what it fails with
	panics  bool
	command string // of what is put; test.put if empty
	asked   []index.Query
}

func newFakeIndex() *fakeIndex {
	return &fakeIndex{entries: map[rights.Kind][]index.Entry{}, history: map[string][]index.Revision{}, grown: make(chan struct{}), fail: map[string]error{}}
}

func (f *fakeIndex) failing(method string) error {
	if f.panics {
		panic("secret internals at 0xdeadbeef")
	}
	return f.fail[method]
}

// apply adds a block with one transaction per group of records.
func (f *fakeIndex) apply(txs ...index.Transaction) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := uint64(len(f.blocks))
	b := index.Block{Number: n, Hash: "sha256:" + fmt.Sprintf("%064x", n+1), Previous: "sha256:" + fmt.Sprintf("%064x", n), DataHash: "sha256:" + fmt.Sprintf("%064x", n+7), At: testTime + int64(n), Size: 4096, Signers: []string{"GroupMSP", "ExchangeMSP", "RegulatorMSP"}}
	for i := range txs {
		txs[i].Block, txs[i].Index, txs[i].At = n, i, b.At
		if txs[i].Validation == "" {
			txs[i].Validation = "VALID"
		}
		if txs[i].Validation == "VALID" {
			b.Valid++
		}
		b.TxIDs = append(b.TxIDs, txs[i].TxID)
		f.txs = append(f.txs, txs[i])
	}
	f.blocks = append(f.blocks, b)
	close(f.grown)
	f.grown = make(chan struct{})
	return n
}

// put stores a record in a block of its own and returns its block.
func (f *fakeIndex) put(kind rights.Kind, rec rights.Record) uint64 {
	h := rights.HeadOf(rec)
	h.DocType, h.SchemaVersion = string(kind), 1
	h.Version++
	h.LastTxID = fmt.Sprintf("%064x", 0xa000+len(f.txs))
	h.CreatedAt, h.UpdatedAt = testTime, testTime
	if h.CreatedBy == "" {
		h.CreatedBy = weather.id + "#1"
	}
	h.UpdatedBy = h.CreatedBy
	raw, err := json.Marshal(rec)
	if err != nil {
		panic(err)
	}
	n := f.place(kind, h, raw)
	return n
}

// place stores a record's JSON in a block of its own.
func (f *fakeIndex) place(kind rights.Kind, h *rights.Head, raw []byte) uint64 {
	f.placing.Lock()
	defer f.placing.Unlock()
	// The record is there before its block is, as with the index.
	f.mu.Lock()
	n := uint64(len(f.blocks))
	at := index.Position{Block: n}
	list := f.entries[kind]
	if i := slices.IndexFunc(list, func(e index.Entry) bool { return e.ID == h.ID }); i >= 0 {
		list[i].JSON, list[i].Updated = raw, at
	} else {
		f.entries[kind] = append(list, index.Entry{Kind: kind, ID: h.ID, JSON: raw, Created: at, Updated: at})
	}
	key := string(kind) + "/" + h.ID
	f.history[key] = append(f.history[key], index.Revision{Position: at, TxID: h.LastTxID, At: testTime, Command: "test.put", Kid: h.CreatedBy, JSON: raw})
	f.mu.Unlock()
	command := f.command
	if command == "" {
		command = "test.put"
	}
	f.apply(index.Transaction{TxID: h.LastTxID, Type: "command", Command: command, CommandID: "0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47", Kid: h.CreatedBy, Submitter: "GroupMSP",
		Endorsers: []string{"GroupMSP", "ExchangeMSP"}, JWS: "aaaa.bbbb.cccc", Records: []rights.RecordRef{{Kind: kind, ID: h.ID, State: h.State, Version: h.Version}}})
	return n
}

func (f *fakeIndex) Get(kind rights.Kind, id string) (index.Entry, error) {
	if err := f.failing("Get"); err != nil {
		return index.Entry{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries[kind] {
		if e.ID == id {
			return e, nil
		}
	}
	return index.Entry{}, index.ErrNotFound
}

// valuesAt are the values at a path of the index's, as text.
func valuesAt(v any, path string) []string {
	switch v := v.(type) {
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, valuesAt(item, path)...)
		}
		return all
	case map[string]any:
		name, rest, _ := strings.Cut(path, ".")
		return valuesAt(v[name], rest)
	case string:
		return []string{v}
	case float64:
		return []string{strconv.Itoa(int(v))}
	}
	return nil
}

func (f *fakeIndex) List(q index.Query) (index.Page[index.Entry], error) {
	var page index.Page[index.Entry]
	if err := f.failing("List"); err != nil {
		return page, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, q)
	from := 0
	if q.Cursor != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(q.Cursor, "c"))
		if err != nil || !strings.HasPrefix(q.Cursor, "c") {
			return page, index.ErrCursor
		}
		from = n
	}
	var all []index.Entry
	for _, e := range slices.Backward(f.entries[q.Kind]) {
		var rec map[string]any
		if err := json.Unmarshal(e.JSON, &rec); err != nil {
			rec = map[string]any{}
		}
		if q.Before != nil && (e.Created.Block > q.Before.Block || e.Created.Block == q.Before.Block && e.Created.Tx >= q.Before.Tx) {
			continue
		}
		ok := strings.HasPrefix(e.ID, q.Prefix) && (q.Text == "" || strings.Contains(string(e.JSON), q.Text))
		for name, want := range q.Where {
			paths := index.FieldPaths(q.Kind, name)
			if paths == nil {
				return page, fmt.Errorf("%s has no field %s", q.Kind, name)
			}
			ok = ok && slices.ContainsFunc(paths, func(path string) bool { return slices.Contains(valuesAt(rec, path), want) })
		}
		if ok {
			all = append(all, e)
		}
	}
	if q.Oldest {
		slices.Reverse(all)
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return page, fmt.Errorf("limit %d", q.Limit)
	}
	to := min(from+q.Limit, len(all))
	page.Items = all[min(from, len(all)):to]
	if to < len(all) {
		page.Next = "c" + strconv.Itoa(to)
	}
	return page, nil
}

func (f *fakeIndex) History(kind rights.Kind, id string) ([]index.Revision, error) {
	if err := f.failing("History"); err != nil {
		return nil, err
	}
	return f.history[string(kind)+"/"+id], nil
}

func (f *fakeIndex) Block(n uint64) (index.Block, error) {
	if err := f.failing("Block"); err != nil {
		return index.Block{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n >= uint64(len(f.blocks)) {
		return index.Block{}, index.ErrNotFound
	}
	return f.blocks[n], nil
}

func pageOf[T any](all []T, cursor string, limit int) (index.Page[T], error) {
	from := 0
	if cursor != "" {
		n, err := strconv.Atoi(cursor)
		if err != nil || n < 0 || n > len(all) {
			return index.Page[T]{}, index.ErrCursor
		}
		from = n
	}
	newest := slices.Clone(all)
	slices.Reverse(newest)
	to := min(from+limit, len(newest))
	p := index.Page[T]{Items: newest[from:to]}
	if to < len(newest) {
		p.Next = strconv.Itoa(to)
	}
	return p, nil
}

func (f *fakeIndex) Blocks(cursor string, limit int) (index.Page[index.Block], error) {
	if err := f.failing("Blocks"); err != nil {
		return index.Page[index.Block]{}, err
	}
	return pageOf(f.blocks, cursor, limit)
}

func (f *fakeIndex) Transaction(id string) (index.Transaction, error) {
	if err := f.failing("Transaction"); err != nil {
		return index.Transaction{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.txs {
		if t.TxID == id {
			return t, nil
		}
	}
	return index.Transaction{}, index.ErrNotFound
}

func (f *fakeIndex) Transactions(cursor string, limit int) (index.Page[index.Transaction], error) {
	if err := f.failing("Transactions"); err != nil {
		return index.Page[index.Transaction]{}, err
	}
	return pageOf(f.txs, cursor, limit)
}

func (f *fakeIndex) Status() index.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return index.Status{Height: uint64(len(f.blocks)), Digest: digestAt(uint64(len(f.blocks)))}
}

func digestAt(h uint64) string { return "sm3:" + fmt.Sprintf("%064x", h) }

func (f *fakeIndex) Stats() (index.Stats, error) {
	if err := f.failing("Stats"); err != nil {
		return index.Stats{}, err
	}
	s := index.Stats{Height: f.Status().Height, Transactions: uint64(len(f.txs)), Invalid: 1, Kinds: map[string]int64{}, States: map[string]int64{"RT/Active": 2}, LastBlockTime: testTime}
	for k, es := range f.entries {
		s.Kinds[string(k)] = int64(len(es))
	}
	return s, nil
}

func (f *fakeIndex) DigestAt(h uint64) (string, error) {
	if h > f.Status().Height {
		return "", index.ErrNotFound
	}
	return digestAt(h), nil
}

func (f *fakeIndex) Wait(ctx context.Context, height uint64) error {
	for {
		f.mu.Lock()
		ok, grown := uint64(len(f.blocks)) >= height, f.grown
		f.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fakeLedger is a Submitter and Peer that does what it is told.
type fakeLedger struct {
	submit    func(ctx context.Context, jws []byte) (outcome.Outcome, error)
	fates     map[string]outcome.Fate
	height    uint64
	heightErr error
	asked     int
	got       [][]byte
}

func (l *fakeLedger) Submit(ctx context.Context, jws []byte) (outcome.Outcome, error) {
	l.got = append(l.got, jws)
	if l.submit == nil {
		return outcome.Outcome{}, errors.New("no submission expected")
	}
	return l.submit(ctx, jws)
}

func (l *fakeLedger) SubmitAsync(ctx context.Context, jws []byte) (outcome.Outcome, error) {
	return l.Submit(ctx, jws)
}

func (l *fakeLedger) Fate(id string) (outcome.Fate, bool) { f, ok := l.fates[id]; return f, ok }

func (l *fakeLedger) Height(context.Context) (uint64, error) {
	l.asked++
	return l.height, l.heightErr
}

type fakeNetwork struct {
	status NetworkStatus
	err    error
}

func (n *fakeNetwork) Status(context.Context) (NetworkStatus, error) { return n.status, n.err }

// testTime is 2026-11-23 12:00 in Shanghai.
const testTime = int64(1795406400)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func (f *fakeIndex) Writes(n uint64) ([]index.Write, error) {
	if err := f.failing("Writes"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n >= uint64(len(f.blocks)) {
		return nil, index.ErrNotFound
	}
	var writes []index.Write
	for _, t := range f.txs {
		if t.Block != n || len(t.Records) == 0 {
			continue
		}
		w := index.Write{Transaction: t}
		for _, r := range t.Records {
			v, err := f.asOf(r.Kind, r.ID, t.Block, t.Index)
			if err != nil {
				return nil, err
			}
			w.Versions = append(w.Versions, v)
		}
		writes = append(writes, w)
	}
	return writes, nil
}

func (f *fakeIndex) AsOf(kind rights.Kind, id string, block uint64, tx int) (index.Version, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asOf(kind, id, block, tx)
}

func (f *fakeIndex) asOf(kind rights.Kind, id string, block uint64, tx int) (index.Version, error) {
	for _, r := range slices.Backward(f.history[string(kind)+"/"+id]) {
		if r.Block < block || r.Block == block && r.Tx <= tx {
			return index.Version{Kind: kind, ID: id, At: r.Position, JSON: r.JSON}, nil
		}
	}
	return index.Version{}, index.ErrNotFound
}
