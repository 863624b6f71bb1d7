package trace

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/internal/sketch"
)

// memory is a ledger of one record a block.
type memory struct {
	mu        sync.Mutex
	revisions map[string][]index.Revision // by kind and id
	order     []rights.RecordRef          // by block
	grown     chan struct{}
	fail      error
}

func newMemory() *memory {
	return &memory{revisions: map[string][]index.Revision{}, grown: make(chan struct{})}
}

func (m *memory) put(kind rights.Kind, id string, r rights.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := rights.HeadOf(r)
	h.ID = id
	h.Version++
	raw, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	block := uint64(len(m.order))
	m.order = append(m.order, rights.RecordRef{Kind: kind, ID: id, Version: h.Version})
	at := index.Position{Block: block}
	k := string(kind) + " " + id
	m.revisions[k] = append(m.revisions[k], index.Revision{Position: at, At: int64(1000 + block), JSON: raw})
	close(m.grown)
	m.grown = make(chan struct{})
}

func (m *memory) entry(kind rights.Kind, id string) (index.Entry, bool) {
	rs := m.revisions[string(kind)+" "+id]
	if len(rs) == 0 {
		return index.Entry{}, false
	}
	return index.Entry{Kind: kind, ID: id, JSON: rs[len(rs)-1].JSON, Created: rs[0].Position, Updated: rs[len(rs)-1].Position}, true
}

func (m *memory) Get(kind rights.Kind, id string) (index.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.entry(kind, id); ok {
		return e, m.fail
	}
	return index.Entry{}, index.ErrNotFound
}

func (m *memory) List(q index.Query) (index.Page[index.Entry], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	page := index.Page[index.Entry]{}
	for _, ref := range m.order {
		e, _ := m.entry(ref.Kind, ref.ID)
		if ref.Kind != q.Kind || ref.Version != 1 || !matches(e, q.Where) {
			continue
		}
		page.Items = append(page.Items, e)
	}
	if !q.Oldest {
		slices.Reverse(page.Items)
	}
	return page, m.fail
}

// matches knows the indexed fields that the package asks for.
func matches(e index.Entry, where map[string]string) bool {
	var r struct {
		Code      string `json:"code"`
		ProductID string `json:"productId"`
		Inputs    []struct {
			ObjectID      string `json:"objectId"`
			PermissionRef string `json:"permissionRef"`
		} `json:"inputs"`
		Outputs []struct {
			ContentRoot string `json:"contentRoot"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal(e.JSON, &r); err != nil {
		panic(err)
	}
	for name, v := range where {
		var has []string
		switch name {
		case "code":
			has = []string{r.Code}
		case "productId":
			has = []string{r.ProductID}
		case "inputId":
			for _, in := range r.Inputs {
				has = append(has, in.ObjectID)
			}
		case "output":
			for _, o := range r.Outputs {
				has = append(has, o.ContentRoot)
			}
		default:
			panic("no field " + name)
		}
		if !slices.Contains(has, v) {
			return false
		}
	}
	return true
}

func (m *memory) History(kind rights.Kind, id string) ([]index.Revision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if rs := m.revisions[string(kind)+" "+id]; len(rs) > 0 {
		return slices.Clone(rs), m.fail
	}
	return nil, index.ErrNotFound
}

func (m *memory) Block(n uint64) (index.Block, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return index.Block{Number: n, TxIDs: []string{fmt.Sprint(n)}}, m.fail
}

func (m *memory) Transaction(id string) (index.Transaction, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var n int
	if _, err := fmt.Sscan(id, &n); err != nil {
		return index.Transaction{}, err
	}
	return index.Transaction{TxID: id, Records: []rights.RecordRef{m.order[n]}}, m.fail
}

func (m *memory) Status() index.Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return index.Status{Height: uint64(len(m.order))}
}

func (m *memory) Wait(ctx context.Context, height uint64) error {
	for {
		m.mu.Lock()
		grown, n := m.grown, uint64(len(m.order))
		m.mu.Unlock()
		if n >= height {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rows makes rows [from, to) of a table of its own for every name: a key, two
// measurements and a category.
func rows(name string, from, to int) [][]string {
	var out [][]string
	seed := uint64(len(name))
	for _, c := range name {
		seed = seed*1099511628211 + uint64(c)
	}
	for i := from; i < to; i++ {
		x := (seed ^ uint64(i)*0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
		x ^= x >> 31
		out = append(out, []string{fmt.Sprintf("2020-%02d-%02dT%02d", i/700%12+1, i/24%28+1, i%24), // keys are common to all
			fmt.Sprintf("%d", 100000+x%899999), fmt.Sprintf("%d", 1000+x>>20%8999), []string{"north", "south", "east", "west"}[x>>50%4]})
	}
	return out
}

func sketched(parts ...[][]string) *sketch.Sketch {
	b := sketch.NewBuilder(0)
	for _, p := range parts {
		for _, row := range p {
			tokens := make([]sketch.Token, len(row))
			for i, cell := range row {
				kind := byte('t')
				if cell[0] >= '1' && cell[0] <= '9' && len(cell) < 10 {
					kind = 'n'
					cell += "e0"
				}
				tokens[i] = sketch.NewToken(kind, cell)
			}
			b.Row(tokens)
		}
	}
	return b.Sketch()
}

var secret = []byte("thirty-two bytes of a secret key")

func openStore(t *testing.T) *Store {
	t.Helper()
	s, err := OpenStore(filepath.Join(t.TempDir(), "sketches"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
