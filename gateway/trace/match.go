package trace

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/internal/sketch"
)

// Registered is one version of content that the ledger knows, with the sketch
// it was registered with.
type Registered struct {
	Kind        rights.Kind    `json:"kind"` // DR, DP, or DL: a copy as it was sent
	ID          string         `json:"id"`
	Version     int64          `json:"version"`
	HolderID    string         `json:"holderId"`
	ContentRoot string         `json:"contentRoot"`
	MatchTag    string         `json:"matchTag"`
	SketchHash  string         `json:"sketchHash"`
	LineageID   string         `json:"lineageId,omitempty"`
	Fact        string         `json:"fact"` // the record as it was first written with this version, ID@version
	At          index.Position `json:"at"`   // of that
	Time        rights.UnixSec `json:"time"` // of that, by its transaction
	// Of a delivery: the product it is of, and who it went to.
	ProductID   string `json:"productId,omitempty"`
	RecipientID string `json:"recipientId,omitempty"`
}

// before orders registrations on the chain.
func (r Registered) before(o Registered) bool { return before(r.At, o.At) }

func before(a, b index.Position) bool {
	return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(a.Tx, b.Tx), cmp.Compare(a.N, b.N)) < 0
}

// Candidate is a registration that a sketch resembles: how much of the sketch's
// content is inside the registration's, and the reverse.
type Candidate struct {
	Registered
	Match   sketch.Match `json:"match"`
	Reverse sketch.Match `json:"reverse"`
	// Copies are the deliveries of this version that were sketched as they were
	// sent, marks and all, and that the sketch resembles; the likest first. Match
	// and Reverse are the likest's where it is liker than the version itself.
	Copies []CopyMatch `json:"copies,omitempty"`
}

// CopyMatch is how much of a sketch's content is inside a delivered copy's.
type CopyMatch struct {
	DeliveryID  string       `json:"deliveryId"`
	RecipientID string       `json:"recipientId"`
	Match       sketch.Match `json:"match"`
}

// Best is the larger of the two containments that the interval supports.
func (c Candidate) Best() sketch.Match {
	if c.Reverse.Low > c.Match.Low {
		return c.Reverse
	}
	return c.Match
}

// How many elements of each class lead to a sketch: its most selective ones, so
// that of a table of which one row in twenty was kept some six are expected to
// be met.
var indexed = [...]struct {
	class sketch.Class
	most  int
}{{sketch.Exact, 128}, {sketch.Rounded, 64}, {sketch.Values, 32}, {sketch.Chunks, 192}}

const (
	// popular is in how many sketches an element may be and still tell anything.
	popular = 2000
	// examined is how many sketches a match compares in full.
	examined = 256
	// support is the least number of compared elements that a match is read
	// from; below it a handful decides.
	support = 12
)

// Matcher finds registrations by what their sketches share. It is safe for
// concurrent use.
type Matcher struct {
	store *Store

	mu         sync.RWMutex
	registered []Registered // by number
	known      map[string]uint32
	postings   *postings
}

// NewMatcher makes one that compares the sketches of a store.
func NewMatcher(s *Store) *Matcher {
	return &Matcher{store: s, known: map[string]uint32{}, postings: newPostings()}
}

// key of a registration: an object has a version once.
func (r Registered) key() string { return fmt.Sprintf("%s@%d", r.ID, r.Version) }

// Add enters a registration with its sketch. Entering it again does nothing.
func (m *Matcher) Add(r Registered, s *sketch.Sketch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.known[r.key()]; ok {
		return nil
	}
	id := uint32(len(m.registered))
	if id >= maxSketches {
		return fmt.Errorf("couldn't add the sketch of %s: the index has its full %d", r.ID, maxSketches)
	}
	m.registered = append(m.registered, r)
	m.known[r.key()] = id
	for _, x := range indexed {
		n := 0
		s.Elements(x.class, func(e uint64) bool {
			m.postings.add(e, id)
			n++
			return n < x.most
		})
	}
	return nil
}

// Has reports whether a version of an object is entered.
func (m *Matcher) Has(id string, version int64) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, ok := m.known[Registered{ID: id, Version: version}.key()]
	return ok
}

// Len is the number of registrations entered.
func (m *Matcher) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.registered)
}

// Match returns what a keyed sketch resembles, the surest first, at most limit.
// Candidates that rest on fewer than support elements come last.
func (m *Matcher) Match(s *sketch.Sketch, limit int) ([]Candidate, error) {
	if !s.Keyed() {
		return nil, errors.New("couldn't match a sketch: it is not keyed")
	}
	var list []Candidate
	for _, r := range m.likely(s) {
		k, err := m.store.Get(r.SketchHash)
		if err != nil {
			return nil, err
		}
		c := Candidate{Registered: r, Match: sketch.Compare(s, k), Reverse: sketch.Compare(k, s)}
		if c.Match.Shared+c.Reverse.Shared+c.Match.ValuesShared > 0 {
			list = append(list, c)
		}
	}
	list = m.folded(list)
	slices.SortStableFunc(list, func(a, b Candidate) int { return cmp.Compare(b.rank(), a.rank()) })
	return list[:min(limit, len(list))], nil
}

// folded puts deliveries under the product version that they are of.
func (m *Matcher) folded(found []Candidate) []Candidate {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var list []Candidate
	at := map[string]int{}
	for _, c := range found {
		if c.Kind != rights.KindDelivery {
			at[c.key()] = len(list)
			list = append(list, c)
		}
	}
	for _, c := range found {
		if c.Kind != rights.KindDelivery {
			continue
		}
		of := Registered{ID: c.ProductID, Version: c.Version}.key()
		i, there := at[of]
		if !there {
			id, known := m.known[of]
			if !known { // a product without a sketch: nothing to put it under
				continue
			}
			i = len(list)
			at[of] = i
			list = append(list, Candidate{Registered: m.registered[id]})
		}
		p := &list[i]
		p.Copies = append(p.Copies, CopyMatch{c.ID, c.RecipientID, c.Match})
		if c.rank() > p.rank() {
			p.Match, p.Reverse = c.Match, c.Reverse
		}
	}
	for i := range list {
		slices.SortStableFunc(list[i].Copies, func(a, b CopyMatch) int { return cmp.Compare(b.Match.Low, a.Match.Low) })
	}
	return list
}

// rank orders candidates by how much of the sketch's content is surely inside
// them. That they are inside it counts half: small tables easily are.
func (c Candidate) rank() int64 {
	sure := func(m sketch.Match) int64 {
		if m.How == "values" { // single cells: independent tables share many
			return m.Low / 4
		}
		return m.Low
	}
	return max(sure(c.Match), sure(c.Reverse)/2)*1000 + c.Match.Permille
}

// likely are the registrations that share most with a sketch of what few others
// have: an element counts by how rare it is, so that tables of the same keys do
// not hide the one of the same values.
func (m *Matcher) likely(s *sketch.Sketch) []Registered {
	m.mu.RLock()
	defer m.mu.RUnlock()
	hits := map[uint32]float64{}
	var ids []uint32
	for _, x := range indexed {
		s.Elements(x.class, func(e uint64) bool {
			ids = ids[:0]
			m.postings.find(e, func(id uint32) { ids = append(ids, id) })
			if len(ids) > popular {
				return true
			}
			for _, id := range ids {
				hits[id] += 1 / float64(len(ids))
			}
			return true
		})
	}
	ids = ids[:0]
	for id := range hits {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uint32) int { return cmp.Or(cmp.Compare(hits[b], hits[a]), cmp.Compare(a, b)) })
	list := make([]Registered, 0, min(len(ids), examined))
	for _, id := range ids[:min(len(ids), examined)] {
		list = append(list, m.registered[id])
	}
	return list
}
