package trace

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/sketch"
)

// market is a ledger whose registrations a tracer compares.
type market struct {
	t       *testing.T
	ledger  *memory
	store   *Store
	mu      sync.Mutex
	raised  []rights.RaiseAlert
	failing error
}

const (
	owner, buyer, sibling, stranger = "91320900MA0000OWN0", "91320900MA0000BUY0", "91320900MA0000SIB0", "91320900MA0000STR0"
)

func newMarket(t *testing.T) *market {
	m := &market{t: t, ledger: newMemory(), store: openStore(t)}
	m.ledger.put(rights.KindProfile, "LOCAL@1", &rights.RuleProfile{Code: rights.CodeLocal, Ver: 1, Params: []rights.Param{{Key: rights.ParamSimilarStrong, Int: 800}}})
	for _, id := range []string{owner, buyer, sibling, stranger} {
		p := &rights.Participant{USCC: id}
		if id == buyer || id == sibling {
			p.GroupID = "G1"
		}
		m.ledger.put(rights.KindParticipant, id, p)
	}
	return m
}

func (m *market) raise(_ context.Context, b rights.RaiseAlert) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failing != nil {
		return m.failing
	}
	m.raised = append(m.raised, b)
	return nil
}

func (m *market) alerts() []rights.RaiseAlert {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.raised)
}

// keep keeps a sketch as the platform does and returns the word for it.
func (m *market) keep(s *sketch.Sketch) *rights.TagAttestation {
	m.t.Helper()
	hash, err := m.store.Put(s.Key(secret))
	if err != nil {
		m.t.Fatal(err)
	}
	return &rights.TagAttestation{SketchHash: hash}
}

func (m *market) resource(id, holder string, s *sketch.Sketch, lineage string) {
	m.t.Helper()
	m.ledger.put(rights.KindResource, id, &rights.Resource{HolderID: holder, Versions: []rights.ResourceVersion{{No: 1, ContentRoot: "root " + id, TagAttestation: m.keep(s), LineageID: lineage}}})
}

func (m *market) product(id, holder string, s *sketch.Sketch, inputs ...string) {
	m.t.Helper()
	p := &rights.Product{OwnerID: holder, Versions: []rights.ProductVersion{{No: 1, ContentRoot: "root " + id, TagAttestation: m.keep(s)}}}
	for _, in := range inputs {
		p.Inputs = append(p.Inputs, rights.ProductInput{ObjectType: "Resource", ObjectID: in, Version: 1})
	}
	m.ledger.put(rights.KindProduct, id, p)
}

func (m *market) copy(id, holder, product string, actions ...rights.Action) {
	m.ledger.put(rights.KindCopy, id, &rights.Copy{Head: rights.Head{State: rights.StateHeld}, HolderID: holder, ProductID: product, Version: 1, HoldUntil: 1 << 40,
		Permission: &rights.Permission{Scope: rights.Scope{Actions: actions, To: 1 << 40}}})
}

// run compares everything on the ledger.
func (m *market) run() *Tracer {
	m.t.Helper()
	tr := New(Options{Store: m.store, Ledger: m.ledger, Key: func() ([]byte, error) { return secret, nil }, Raise: m.raise, Retry: 20 * time.Millisecond})
	ctx, cancel := context.WithCancel(m.t.Context())
	done := make(chan struct{})
	go func() { tr.Run(ctx); close(done) }()
	deadline := time.Now().Add(30 * time.Second)
	for {
		height, err := m.store.Compared()
		if err != nil {
			m.t.Fatal(err)
		}
		if height == m.ledger.Status().Height {
			break
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("compared %d of %d blocks", height, m.ledger.Status().Height)
		}
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	<-done
	return tr
}

func TestWhatIsAnAlert(t *testing.T) {
	whole, half, near := sketched(rows("power", 0, 2000)), sketched(rows("power", 500, 1500)), sketched(rows("power", 0, 1500), rows("foreign", 0, 200))
	for _, x := range []struct {
		name   string
		story  func(*market)
		rule   string
		target string
		facts  []string
	}{
		{"a part of another's resource", func(m *market) { m.resource("DR-2", stranger, half, "") }, "AL-REG-NEAR", "DR-2", []string{"DR-2@1", "DR-1@1"}},
		{"a part with foreign rows", func(m *market) { m.resource("DR-2", stranger, near, "") }, "AL-REG-NEAR", "DR-2", []string{"DR-2@1", "DR-1@1"}},
		{"another's resource whole, among much else", func(m *market) {
			m.resource("DR-2", stranger, sketched(rows("power", 0, 2000), rows("foreign", 0, 6000)), "")
		}, "AL-REG-NEAR", "DR-2", []string{"DR-2@1", "DR-1@1"}},
		{"half of it is another's", func(m *market) {
			m.resource("DR-2", stranger, sketched(rows("power", 0, 1000), rows("foreign", 0, 1000)), "")
		}, "", "", nil},
		{"the same keys, other values", func(m *market) { m.resource("DR-2", stranger, sketched(rows("other", 0, 2000)), "") }, "", "", nil},
		{"the holder's own", func(m *market) { m.resource("DR-2", owner, half, "") }, "", "", nil},
		{"bought without leave to resell", func(m *market) {
			m.product("DP-1", owner, whole, "DR-1")
			m.copy("CP-1", buyer, "DP-1", rights.ActQuery)
			m.resource("DR-2", buyer, half, "")
		}, "AL-RESALE-MATCH", "DR-2", []string{"DR-2@1", "DP-1@1", "CP-1@1"}},
		{"bought by one of the group", func(m *market) {
			m.product("DP-1", owner, whole, "DR-1")
			m.copy("CP-1", sibling, "DP-1", rights.ActQuery)
			m.resource("DR-2", buyer, half, "")
		}, "AL-RESALE-MATCH", "DR-2", []string{"DR-2@1", "DP-1@1", "CP-1@1"}},
		{"bought with leave to resell", func(m *market) {
			m.product("DP-1", owner, whole, "DR-1")
			m.copy("CP-1", buyer, "DP-1", rights.ActResell)
			m.resource("DR-2", buyer, half, "")
		}, "", "", nil},
		{"bought after it was registered", func(m *market) {
			m.product("DP-1", owner, whole, "DR-1")
			m.resource("DR-2", buyer, half, "")
			m.copy("CP-1", buyer, "DP-1", rights.ActQuery)
		}, "AL-REG-NEAR", "DR-2", []string{"DR-2@1", "DP-1@1"}},
		{"a product made of another's resource", func(m *market) { m.product("DP-2", stranger, half, "DR-1") }, "", "", nil},
		{"lineage that names it", func(m *market) {
			m.ledger.put(rights.KindLineage, "LN-1", &rights.Lineage{Inputs: []rights.LineageInput{{ID: "DR-1", ContentRoot: "root DR-1"}}, Outputs: []rights.LineageOutput{{ContentRoot: "middle"}}})
			m.ledger.put(rights.KindLineage, "LN-2", &rights.Lineage{Inputs: []rights.LineageInput{{ContentRoot: "middle"}}, Outputs: []rights.LineageOutput{{ContentRoot: "root DR-2"}}})
			m.resource("DR-2", stranger, half, "LN-2")
		}, "", "", nil},
		{"lineage that was refuted", func(m *market) {
			l := &rights.Lineage{Inputs: []rights.LineageInput{{ID: "DR-1", ContentRoot: "root DR-1"}}}
			l.State = rights.StateRefuted
			m.ledger.put(rights.KindLineage, "LN-1", l)
			m.resource("DR-2", stranger, half, "LN-1")
		}, "AL-REG-NEAR", "DR-2", []string{"DR-2@1", "DR-1@1"}},
		{"a listing of what became alike meanwhile", func(m *market) {
			m.ledger.put(rights.KindListing, "LS-1", &rights.Listing{ProductID: "DP-9", ProductVersion: 1, SellerID: stranger})
		}, "", "", nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			m := newMarket(t)
			m.resource("DR-1", owner, whole, "")
			x.story(m)
			m.run()
			got := m.alerts()
			if x.rule == "" {
				if len(got) > 0 {
					t.Fatalf("raised %+v", got)
				}
				return
			}
			i := slices.IndexFunc(got, func(b rights.RaiseAlert) bool { return b.RuleCode == x.rule && slices.Equal(b.FactRefs, x.facts) })
			if i < 0 {
				t.Fatalf("raised %+v, want %s about %v", got, x.rule, x.facts)
			}
			if b := got[i]; b.TargetID != x.target || !strings.Contains(b.Metric, "permille") || len(b.SubjectIDs) != 1 {
				t.Errorf("%+v", b)
			}
			for _, b := range got {
				if b.TargetID != x.target || x.rule == "AL-REG-NEAR" && b.RuleCode != x.rule {
					t.Errorf("raised besides: %+v", b)
				}
			}
		})
	}
}

// measured is a table of measurements in tenths, each moved by up to so many.
func measured(by int) *sketch.Sketch {
	b := sketch.NewBuilder(3)
	r := rand.New(rand.NewPCG(5, uint64(by)))
	for i := range 3000 {
		tenths := func(of int) sketch.Token {
			v := 2000 + (i*of)%70001/10*10 + 3 // never near where rounding turns
			if by > 0 {
				v += r.IntN(by) - by/2
			}
			if v%10 == 0 {
				v++
			}
			return sketch.NewToken('n', fmt.Sprintf("%de-1", v))
		}
		b.Row([]sketch.Token{sketch.NewToken('t', fmt.Sprint("hour ", i)), tenths(7919), tenths(6101)})
	}
	return b.Sketch()
}

// Two who measure the same agree once both are rounded: no alert, but of one who
// received a copy.
func TestMeasuredAgain(t *testing.T) {
	m := newMarket(t)
	m.product("DP-1", owner, measured(0))
	m.resource("DR-2", stranger, measured(3), "")
	m.copy("CP-1", buyer, "DP-1", rights.ActQuery)
	m.resource("DR-3", buyer, measured(4), "")
	tr := m.run()
	c, err := tr.Match(measured(3).Key(secret), 1)
	if err != nil || len(c) != 1 || !c[0].Match.BothRounded && c[0].ID != "DR-2" {
		t.Fatalf("%+v %v", c, err)
	}
	var told []string
	for _, b := range m.alerts() {
		told = append(told, b.RuleCode+" "+b.FactRefs[1])
	}
	if !slices.Equal(told, []string{"AL-RESALE-MATCH DP-1@1"}) {
		t.Errorf("raised %v", told)
	}
}

// Whoever registered the content first has not copied it from a later one, even
// when what he registers next is like both.
func TestOwnOlderSource(t *testing.T) {
	m := newMarket(t)
	m.resource("DR-1", stranger, sketched(rows("power", 0, 2000)), "")
	m.resource("DR-2", owner, sketched(rows("power", 0, 1900)), "") // an alert of its own
	m.resource("DR-3", stranger, sketched(rows("power", 100, 1500)), "")
	m.run()
	if got := m.alerts(); len(got) != 1 || got[0].TargetID != "DR-2" {
		t.Errorf("raised %+v", got)
	}
}

// A listing offers a product that something registered between is like: the
// product's own comparison could not see it.
func TestListing(t *testing.T) {
	m := newMarket(t)
	s := sketched(rows("power", 0, 2000))
	m.product("DP-1", owner, s)
	m.ledger.put(rights.KindListing, "LS-1", &rights.Listing{ProductID: "DP-1", ProductVersion: 1, SellerID: owner})
	m.product("DP-2", stranger, s)
	m.ledger.put(rights.KindListing, "LS-2", &rights.Listing{ProductID: "DP-2", ProductVersion: 1, SellerID: stranger})
	m.run()
	var targets []string
	for _, b := range m.alerts() {
		targets = append(targets, b.TargetID)
	}
	if !slices.Equal(targets, []string{"DP-2", "LS-2"}) {
		t.Errorf("raised about %v", targets)
	}
}

// A match that could not be raised is raised by the next run; what was compared
// is not compared again.
func TestResume(t *testing.T) {
	m := newMarket(t)
	m.resource("DR-1", owner, sketched(rows("power", 0, 2000)), "")
	m.run()
	m.failing = errors.New("the peer is down")
	m.resource("DR-2", stranger, sketched(rows("power", 0, 1000)), "")
	tr := New(Options{Store: m.store, Ledger: m.ledger, Key: func() ([]byte, error) { return secret, nil }, Raise: m.raise, Retry: time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	tr.Run(ctx)
	if compared, err := m.store.Compared(); err != nil || compared >= m.ledger.Status().Height {
		t.Fatalf("compared %d: %v", compared, err)
	}
	m.failing = nil
	m.run()
	if got := m.alerts(); len(got) != 1 || got[0].TargetID != "DR-2" {
		t.Fatalf("raised %+v", got)
	}
	if tr := m.run(); tr.Len() != 2 || len(m.alerts()) != 1 {
		t.Errorf("%d registrations, raised %+v", tr.Len(), m.alerts())
	}
}

// A sketch that another gateway took is fetched from it, held against its hash,
// and compared when it comes.
func TestFetch(t *testing.T) {
	m := newMarket(t)
	m.resource("DR-1", owner, sketched(rows("power", 0, 2000)), "")
	elsewhere := sketched(rows("power", 0, 1000)).Key(secret)
	m.ledger.put(rights.KindResource, "DR-2", &rights.Resource{HolderID: stranger, Versions: []rights.ResourceVersion{{No: 1, ContentRoot: "r", TagAttestation: &rights.TagAttestation{SketchHash: elsewhere.Hash()}}}})
	var mu sync.Mutex
	var answer []byte
	failure := ErrNoSketch
	set := func(a []byte, err error) { mu.Lock(); answer, failure = a, err; mu.Unlock() }
	tr := New(Options{Store: m.store, Ledger: m.ledger, Key: func() ([]byte, error) { return secret, nil }, Raise: m.raise, Retry: time.Millisecond,
		Fetch: func(context.Context, string) ([]byte, error) { mu.Lock(); defer mu.Unlock(); return answer, failure }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { tr.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	steady := func(want int) {
		t.Helper()
		deadline := time.Now().Add(20 * time.Second)
		for len(m.alerts()) != want {
			if time.Now().After(deadline) {
				t.Fatalf("raised %+v, want %d", m.alerts(), want)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	for _, wrong := range [][]byte{[]byte("no sketch"), sketched(rows("other", 0, 100)).Key(secret).Bytes(), sketched(rows("power", 0, 1000)).Bytes()} {
		set(wrong, nil)
		time.Sleep(20 * time.Millisecond)
		steady(0)
	}
	m.resource("DR-3", buyer, sketched(rows("power", 0, 990)), "") // alike to both; the second's sketch is not here yet
	steady(1)
	set(elsewhere.Bytes(), nil)
	steady(4) // one of them again: the ledger takes it once
	var facts []string
	for _, b := range m.alerts() {
		facts = append(facts, strings.Join(b.FactRefs, " "))
	}
	slices.Sort(facts)
	if !slices.Equal(slices.Compact(facts), []string{"DR-2@1 DR-1@1", "DR-3@1 DR-1@1", "DR-3@1 DR-2@1"}) {
		t.Errorf("raised about %v", facts)
	}
	if _, err := m.store.Get(elsewhere.Hash()); err != nil {
		t.Error(err)
	}
}

// Among many, a table is found by one row in twenty of it, and by half of its
// columns; what is not there is not found.
func TestMatch(t *testing.T) {
	store := openStore(t)
	m := NewMatcher(store)
	for i := range 400 {
		s := sketched(rows(fmt.Sprint("table ", i), 0, 300+i)).Key(secret)
		hash, err := store.Put(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Add(Registered{Kind: rights.KindResource, ID: fmt.Sprint("DR-", i), Version: 1, SketchHash: hash}, s); err != nil {
			t.Fatal(err)
		}
	}
	if m.Len() != 400 || !m.Has("DR-7", 1) || m.Has("DR-7", 2) {
		t.Error("what was added is not there, or more is")
	}
	var some, narrow [][]string
	for i, row := range rows("table 399", 0, 699) {
		if i%20 == 3 {
			some = append(some, row)
		}
		narrow = append(narrow, []string{row[2], row[0]})
	}
	for name, suspect := range map[string][][]string{"a twentieth of the rows": some, "half of the columns": narrow} {
		got, err := m.Match(sketched(suspect).Key(secret), 3)
		if err != nil || len(got) == 0 || got[0].ID != "DR-399" || got[0].Match.Permille < 900 {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		if len(got) > 1 && got[1].Match.Permille > 300 {
			t.Errorf("%s: also %+v", name, got[1])
		}
	}
	if got, err := m.Match(sketched(rows("elsewhere", 0, 500)).Key(secret), 3); err != nil || len(got) > 0 && got[0].Best().Permille > 300 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := m.Match(sketched(some), 3); err == nil {
		t.Error("a sketch that is not keyed is matched")
	}
	if got, err := m.Match(sketched(some).Key([]byte("another key")), 3); err != nil || len(got) > 0 {
		t.Errorf("under another key: %+v %v", got, err)
	}
}

// What a thousand small tables of the same keys share does not hide the large one
// of which a twentieth was kept.
func TestRareCounts(t *testing.T) {
	store := openStore(t)
	m := NewMatcher(store)
	add := func(id string, s *sketch.Sketch) {
		t.Helper()
		k := s.Key(secret)
		hash, err := store.Put(k)
		if err == nil {
			err = m.Add(Registered{Kind: rights.KindProduct, ID: id, Version: 1, SketchHash: hash}, k)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	keys := func(name string, n int) [][]string { // two keys whose pairs all tables have, and a value of its own
		r := rows(name, 0, n)
		for i := range r {
			r[i] = []string{fmt.Sprint("meter ", i%100), fmt.Sprint("day ", i/100%10), r[i][1]}
		}
		return r
	}
	source := keys("the source", 60_000)
	add("DP-source", sketched(source))
	for i := range 600 {
		add(fmt.Sprint("DP-", i), sketched(keys(fmt.Sprint("other ", i), 300)))
	}
	var some [][]string
	for _, i := range rand.New(rand.NewPCG(1, 9)).Perm(len(source))[:len(source)/20] {
		some = append(some, source[i])
	}
	got, err := m.Match(sketched(some).Key(secret), 3)
	if err != nil || len(got) == 0 || got[0].ID != "DP-source" {
		t.Errorf("%+v %v", got, err)
	}
}

// The postings answer as a map does, however often the bulk was built.
func TestPostings(t *testing.T) {
	p, naive := newPostings(), map[uint64][]uint32{}
	r := rand.New(rand.NewPCG(1, 2))
	var all []uint64
	for i := range 500_000 {
		e := r.Uint64()
		if i%3 == 0 && len(all) > 0 {
			e = all[r.IntN(len(all))]
		}
		all = append(all, e)
		id := uint32(r.IntN(maxSketches))
		p.add(e, id)
		naive[e] = append(naive[e], id)
	}
	if len(p.bulk) == 0 || p.pending == 0 {
		t.Fatalf("%d in bulk, %d fresh: both are to be tried", len(p.bulk), p.pending)
	}
	for e, want := range naive {
		var got []uint32
		p.find(e, func(id uint32) { got = append(got, id) })
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%x: %v, want %v", e, got, want)
		}
	}
	for range 100_000 {
		p.find(r.Uint64(), func(id uint32) { t.Fatalf("found %d by chance", id) })
	}
}
