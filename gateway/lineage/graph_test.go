package lineage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// ledger is an index of lineage in memory: one record a block.
type ledger struct {
	mu     sync.Mutex
	kinds  map[rights.Kind][]index.Entry // oldest first
	blocks []rights.RecordRef
	grown  chan struct{}
	fail   error
}

func newLedger() *ledger {
	return &ledger{kinds: map[rights.Kind][]index.Entry{}, grown: make(chan struct{})}
}

func (l *ledger) put(kind rights.Kind, id string, rec rights.Record) {
	rights.HeadOf(rec).ID = id
	raw, err := json.Marshal(rec)
	if err != nil {
		panic(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := index.Position{Block: uint64(len(l.blocks))}
	if i := slices.IndexFunc(l.kinds[kind], func(e index.Entry) bool { return e.ID == id }); i >= 0 {
		l.kinds[kind][i].JSON, l.kinds[kind][i].Updated = raw, at
	} else {
		l.kinds[kind] = append(l.kinds[kind], index.Entry{Kind: kind, ID: id, JSON: raw, Created: at, Updated: at})
	}
	l.block(kind, id)
}

func (l *ledger) block(kind rights.Kind, id string) {
	l.blocks = append(l.blocks, rights.RecordRef{Kind: kind, ID: id})
	close(l.grown)
	l.grown = make(chan struct{})
}

// remove takes a record away, in a block of its own.
func (l *ledger) remove(kind rights.Kind, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kinds[kind] = slices.DeleteFunc(l.kinds[kind], func(e index.Entry) bool { return e.ID == id })
	l.block(kind, id)
}

func (l *ledger) Get(kind rights.Kind, id string) (index.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.kinds[kind] {
		if e.ID == id {
			return e, l.fail
		}
	}
	return index.Entry{}, errors.Join(index.ErrNotFound, l.fail)
}

func (l *ledger) List(q index.Query) (index.Page[index.Entry], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var p index.Page[index.Entry]
	for _, e := range l.kinds[q.Kind] {
		if at := fmt.Sprintf("%09d", e.Created.Block); at > q.Cursor {
			if len(p.Items) == 7 { // small pages, so that there are several
				p.Next = fmt.Sprintf("%09d", p.Items[6].Created.Block)
				break
			}
			p.Items = append(p.Items, e)
		}
	}
	return p, l.fail
}

func (l *ledger) Block(n uint64) (index.Block, error) {
	return index.Block{Number: n, TxIDs: []string{fmt.Sprint(n)}}, nil
}

func (l *ledger) Transaction(id string) (index.Transaction, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var n int
	_, err := fmt.Sscan(id, &n)
	return index.Transaction{TxID: id, Records: []rights.RecordRef{l.blocks[n]}}, err
}

func (l *ledger) Status() index.Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return index.Status{Height: uint64(len(l.blocks))}
}

func (l *ledger) Wait(ctx context.Context, height uint64) error {
	for {
		l.mu.Lock()
		have, grown := uint64(len(l.blocks)), l.grown
		l.mu.Unlock()
		if have >= height {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func root(i int) string { return fmt.Sprintf("sm3:%064x", i) }

// made is a lineage record of one output.
func made(out int, in ...int) *rights.Lineage {
	l := &rights.Lineage{Outputs: []rights.LineageOutput{{Type: "Result", ContentRoot: root(out)}}, OperatorID: "firm"}
	for _, i := range in {
		l.Inputs = append(l.Inputs, rights.LineageInput{Type: "Result", ContentRoot: root(i), PermissionRef: "RT-1"})
	}
	return l
}

// change does one random thing to a ledger.
func change(l *ledger, r *rand.Rand, i int) {
	id := func(kind rights.Kind, n int) string { return fmt.Sprintf("%s-%d", kind, n) }
	some := func(kind rights.Kind) string {
		if all := l.kinds[kind]; len(all) > 0 {
			return all[r.IntN(len(all))].ID
		}
		return id(kind, 0)
	}
	anew := func(kind rights.Kind) string { // now and then one that is there is changed
		if r.IntN(4) == 0 {
			return some(kind)
		}
		return id(kind, i)
	}
	content := func() string { return root(r.IntN(20)) }
	switch r.IntN(9) {
	case 0:
		l.put(rights.KindResource, anew(rights.KindResource), &rights.Resource{HolderID: "a", Versions: []rights.ResourceVersion{{No: 1, ContentRoot: content()}}})
	case 1:
		p := &rights.Product{OwnerID: "b"}
		for no := range 1 + r.IntN(3) {
			p.Versions = append(p.Versions, rights.ProductVersion{No: int64(no + 1), ContentRoot: content()})
		}
		l.put(rights.KindProduct, anew(rights.KindProduct), p)
	case 2:
		c := &rights.Copy{HolderID: "c", ProductID: some(rights.KindProduct), Version: int64(1 + r.IntN(2)), ContentRoot: content(), TradeID: "TR-1"}
		if r.IntN(2) == 0 {
			c.ParentCopyID = some(rights.KindCopy)
		}
		l.put(rights.KindCopy, anew(rights.KindCopy), c)
	case 3:
		l.put(rights.KindListing, anew(rights.KindListing), &rights.Listing{SellerID: "d", ProductID: some(rights.KindProduct), ProductVersion: 1, RightID: "RT-2"})
	case 4:
		l.put(rights.KindPermit, anew(rights.KindPermit), &rights.Permit{PermitteeID: "e", Scope: rights.Scope{ObjectIDs: []string{some(rights.KindProduct), some(rights.KindResource)}}})
	case 5:
		kind := Kinds[r.IntN(len(Kinds))]
		l.remove(kind, some(kind))
	default:
		l.put(rights.KindLineage, id(rights.KindLineage, i), made(r.IntN(20), r.IntN(20), r.IntN(20)))
	}
}

func everything(n int) (int, int, error) { return 0, n, nil }

// answers asks a graph all that can be asked of it.
func answers(t *testing.T, g *Graph, l *ledger) map[string]any {
	t.Helper()
	all := map[string]any{}
	starts := []State{}
	for i := range 20 {
		starts = append(starts, State{Type: "Result", ContentRoot: root(i)})
	}
	for _, e := range l.kinds[rights.KindProduct] {
		f, err := read(e)
		if err != nil {
			t.Fatal(err)
		}
		starts = append(starts, f.out...)
		ids, err := g.Copies(e.ID, 0, everything)
		all["copies of "+e.ID] = fmt.Sprint(ids, err)
	}
	for _, s := range starts {
		for _, d := range []Direction{Back, Forward} {
			p, err := g.Walk(s, d, nil, everything)
			p.Height = 0
			all[fmt.Sprint(s, d)] = fmt.Sprint(p, err)
			all[fmt.Sprint("reach ", s, d)] = g.Reach(s, d, 5)
		}
		v, err := g.View(s, true, true, 4, 50, nil)
		v.Height = 0
		all[fmt.Sprint("view ", s)] = fmt.Sprint(*v, err)
	}
	return all
}

// A graph that followed is the graph that is read anew, whenever it began.
func TestFollowedIsLoaded(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := newLedger()
		l.put(rights.KindProduct, "DP-0", &rights.Product{})
		for i := range 60 {
			change(l, r, i)
		}
		ctx, stop := context.WithCancel(t.Context())
		g := New()
		done := make(chan struct{})
		go func() { defer close(done); g.Run(ctx, l, nil) }()
		for i := range 120 {
			change(l, r, 1000+i)
			if i == 60 { // what lies in the overlay is laid out
				g.mu.Lock()
				g.lay()
				g.mu.Unlock()
			}
		}
		if err := g.Wait(ctx, l.Status().Height); err != nil {
			t.Fatal(err)
		}
		stop()
		<-done
		anew := New()
		if err := anew.Load(t.Context(), l, nil); err != nil {
			t.Fatal(err)
		}
		want, got := answers(t, anew, l), answers(t, g, l)
		for q := range want {
			if !reflect.DeepEqual(want[q], got[q]) {
				t.Fatalf("seed %d, %s\nfollowed %v\nread     %v", seed, q, got[q], want[q])
			}
		}
		if len(want) < 60 {
			t.Fatalf("only %d questions", len(want))
		}
	}
}

// Asked while it grows, a graph answers and races with nobody.
func TestAskedWhileItGrows(t *testing.T) {
	l := newLedger()
	l.put(rights.KindLineage, "LN-0", made(1, 0))
	ctx, stop := context.WithCancel(t.Context())
	g := New()
	var running sync.WaitGroup
	running.Go(func() { g.Run(ctx, l, nil) })
	for range 3 {
		running.Go(func() {
			for ctx.Err() == nil {
				if _, err := g.Walk(State{ContentRoot: root(0)}, Forward, nil, everything); err != nil {
					t.Error(err)
				}
				if _, err := g.View(State{ContentRoot: root(0)}, true, true, 9, 20, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := 1; i < 300; i++ {
		l.put(rights.KindLineage, fmt.Sprint("LN-", i), made(i+1, i))
	}
	if err := g.Wait(ctx, l.Status().Height); err != nil {
		t.Fatal(err)
	}
	if n := g.Reach(State{ContentRoot: root(0)}, Forward, 50); n != 51 {
		t.Errorf("%d states within 50, want 51", n)
	}
	stop()
	running.Wait()
}

// An index that fails is asked again.
func TestAFailingIndexIsAskedAgain(t *testing.T) {
	l := newLedger()
	l.put(rights.KindLineage, "LN-0", made(1, 0))
	l.fail = errors.New("disk")
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	g := New()
	go g.Run(ctx, l, nil)
	time.Sleep(50 * time.Millisecond)
	if g.Height() != 0 {
		t.Fatal("a graph that could not be read has a height")
	}
	l.mu.Lock()
	l.fail = nil
	l.mu.Unlock()
	if err := g.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
}

// Each of many that share one content is one edge away, not one of each pair.
func TestSharedContentStaysLinear(t *testing.T) {
	l := newLedger()
	const n = 200
	for i := range n {
		l.put(rights.KindProduct, fmt.Sprint("DP-", i), &rights.Product{Versions: []rights.ProductVersion{{No: 1, ContentRoot: root(1)}}})
		l.put(rights.KindLineage, fmt.Sprint("LN-", i), made(1, 2))
	}
	g := New()
	if err := g.Load(t.Context(), l, nil); err != nil {
		t.Fatal(err)
	}
	v, err := g.View(State{ContentRoot: root(2)}, false, true, 3, 1000, nil)
	if err != nil || len(v.Vertices) != n+1 || len(v.Edges) != n+n-1 || v.Truncated {
		t.Errorf("%d vertices, %d edges, truncated %t, %v", len(v.Vertices), len(v.Edges), v.Truncated, err)
	}
	if v, _ = g.View(State{ContentRoot: root(2)}, false, true, 3, 20, nil); len(v.Vertices) != 20 || !v.Truncated {
		t.Errorf("a part: %d, %t", len(v.Vertices), v.Truncated)
	}
	if got := v.Vertices[1].ForwardBeyond; got != n-19 {
		t.Errorf("%d beyond, want %d", got, n-19)
	}
}
