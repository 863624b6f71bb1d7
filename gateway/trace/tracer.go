package trace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/internal/sketch"
)

// Ledger is where registrations come from; *index.Index satisfies it.
type Ledger interface {
	Get(kind rights.Kind, id string) (index.Entry, error)
	List(q index.Query) (index.Page[index.Entry], error)
	History(kind rights.Kind, id string) ([]index.Revision, error)
	Block(number uint64) (index.Block, error)
	Transaction(txID string) (index.Transaction, error)
	Wait(ctx context.Context, height uint64) error
}

// Options of a Tracer. Store, Ledger and Key are needed.
type Options struct {
	Store  *Store
	Ledger Ledger
	// Key gives the secret that sketches are keyed with; its error means: not yet.
	Key func() ([]byte, error)
	// Raise sends alert.raise as the platform and returns once it is on the
	// ledger, now or earlier. Nil raises nothing.
	Raise func(ctx context.Context, b rights.RaiseAlert) error
	// Fetch asks the platform's other gateways for a sketch. Nil asks nobody.
	Fetch func(ctx context.Context, hash string) ([]byte, error)
	Log   *slog.Logger
	Retry time.Duration // before what failed is tried again; 0 is DefaultRetry
}

// rest is how long gateways that failed are left alone.
const rest = 15 * time.Second

// DefaultRetry is the default of Options.Retry.
const DefaultRetry = 2 * time.Second

// Tracer keeps the matcher level with the ledger and compares what is
// registered as it is committed.
type Tracer struct {
	*Matcher
	o       Options
	missing []Registered // whose sketch nobody gave yet; owned by Run, as is lacks
	lacks   map[string]bool
	resting time.Time // until when nobody is asked for sketches; owned by Run
	matches *prometheus.CounterVec
	lacking prometheus.Gauge
}

// New makes a Tracer; Run does its work.
func New(o Options) *Tracer {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Retry <= 0 {
		o.Retry = DefaultRetry
	}
	t := &Tracer{Matcher: NewMatcher(o.Store), o: o, lacks: map[string]bool{},
		matches: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datarights_sketch_matches_total", Help: "Registrations found like another holder's, by what came of it."}, []string{"outcome"}),
		lacking: prometheus.NewGauge(prometheus.GaugeOpts{Name: "datarights_sketches_missing", Help: "Registrations whose sketch this gateway does not have."})}
	for _, outcome := range []string{raised, explained} {
		t.matches.WithLabelValues(outcome)
	}
	return t
}

// What came of a match.
const raised, explained = "raised", "explained"

// Describe implements prometheus.Collector.
func (t *Tracer) Describe(ch chan<- *prometheus.Desc) { t.matches.Describe(ch); t.lacking.Describe(ch) }

// Collect implements prometheus.Collector.
func (t *Tracer) Collect(ch chan<- prometheus.Metric) { t.matches.Collect(ch); t.lacking.Collect(ch) }

// Key keys a sketch of a client's.
func (t *Tracer) Key(s *sketch.Sketch) (*sketch.Sketch, error) {
	if s.Keyed() {
		return nil, errors.New("the sketch is keyed already")
	}
	secret, err := t.o.Key()
	if err != nil {
		return nil, err
	}
	return s.Key(secret), nil
}

// Keep keys a client's sketch, keeps it and returns its hash.
func (t *Tracer) Keep(s *sketch.Sketch) (string, error) {
	k, err := t.Key(s)
	if err != nil {
		return "", err
	}
	return t.o.Store.Put(k)
}

// Sketch returns a kept sketch's bytes, or ErrNoSketch.
func (t *Tracer) Sketch(hash string) ([]byte, error) {
	k, err := t.o.Store.Get(hash)
	if err != nil {
		return nil, err
	}
	return k.Bytes(), nil
}

// Run follows the ledger until ctx ends. What was compared is remembered across
// restarts; a match is raised before the block it came in counts as compared.
func (t *Tracer) Run(ctx context.Context) {
	next, err := t.resume(ctx)
	for err != nil && ctx.Err() == nil {
		t.o.Log.Error("couldn't read what is registered; trying again", "error", err.Error())
		t.pause(ctx)
		next, err = t.resume(ctx)
	}
	tried := time.Now()
	for ctx.Err() == nil {
		if time.Since(tried) >= t.o.Retry {
			t.fetchMissing(ctx)
			tried = time.Now()
		}
		if !t.comes(ctx, next+1) {
			continue
		}
		err := t.block(ctx, next)
		if err == nil {
			err = t.o.Store.SetCompared(next + 1)
		}
		if err != nil && ctx.Err() == nil {
			t.o.Log.Error("couldn't compare a block's registrations; trying again", "block", next, "error", err.Error())
			t.pause(ctx)
			continue
		}
		next++
	}
}

// comes waits for a height, but not so long that missing sketches are forgotten.
func (t *Tracer) comes(ctx context.Context, height uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, t.o.Retry)
	defer cancel()
	return t.o.Ledger.Wait(ctx, height) == nil
}

// resume enters everything that was compared before, and returns the block to
// go on with.
func (t *Tracer) resume(ctx context.Context) (uint64, error) {
	compared, err := t.o.Store.Compared()
	if err != nil {
		return 0, err
	}
	if err := t.o.Ledger.Wait(ctx, compared); err != nil { // an index built anew
		return 0, err
	}
	for _, kind := range []rights.Kind{rights.KindResource, rights.KindProduct, rights.KindDelivery} {
		for cursor := ""; ; {
			page, err := t.o.Ledger.List(index.Query{Kind: kind, Oldest: true, Cursor: cursor, Limit: 200})
			if err != nil {
				return 0, err
			}
			for _, e := range page.Items {
				versions, err := t.versions(rights.RecordRef{Kind: kind, ID: e.ID, Version: latest})
				if err != nil {
					return 0, err
				}
				versions = slices.DeleteFunc(versions, func(r Registered) bool { return r.At.Block >= compared })
				if err := t.enterNew(ctx, versions, false); err != nil {
					return 0, err
				}
			}
			if cursor = page.Next; cursor == "" || ctx.Err() != nil {
				break
			}
		}
	}
	return compared, ctx.Err()
}

// enterNew enters those of a record's versions that are not entered, nor
// waiting for their sketch, yet.
func (t *Tracer) enterNew(ctx context.Context, versions []Registered, compare bool) error {
	for _, r := range versions {
		if t.Has(r.ID, r.Version) || t.lacks[r.key()] {
			continue
		}
		if err := t.enter(ctx, r, compare); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tracer) pause(ctx context.Context) {
	select {
	case <-time.After(t.o.Retry):
	case <-ctx.Done():
	}
}

// block enters what a block registered, and compares it with all before.
func (t *Tracer) block(ctx context.Context, number uint64) error {
	b, err := t.o.Ledger.Block(number)
	if err != nil {
		return err
	}
	for _, txID := range b.TxIDs {
		tx, err := t.o.Ledger.Transaction(txID)
		if err != nil {
			return err
		}
		for _, ref := range tx.Records {
			if err := t.record(ctx, ref); err != nil {
				return err
			}
		}
	}
	return nil
}

// record compares and enters the versions of a resource or product that are
// new, enters what a delivery sent, and compares the version that a new listing
// offers.
func (t *Tracer) record(ctx context.Context, ref rights.RecordRef) error {
	switch ref.Kind {
	case rights.KindResource, rights.KindProduct, rights.KindDelivery:
		versions, err := t.versions(ref)
		if err != nil {
			return err
		}
		return t.enterNew(ctx, versions, true)
	case rights.KindListing:
		if ref.Version == 1 {
			return t.listing(ctx, ref)
		}
	}
	return nil
}

// latest asks versions for all that a record has by now.
const latest = math.MaxInt64

// versions are those that a record had when a transaction wrote it, and that
// carry a sketch.
func (t *Tracer) versions(ref rights.RecordRef) ([]Registered, error) {
	revisions, err := t.o.Ledger.History(ref.Kind, ref.ID)
	if err != nil {
		return nil, err
	}
	var list []Registered
	for _, rev := range revisions {
		var head rights.Head
		if err := json.Unmarshal(rev.JSON, &head); err != nil {
			return nil, fmt.Errorf("couldn't decode %s %s: %w", ref.Kind, ref.ID, err)
		}
		if head.Version > ref.Version {
			break
		}
		all, err := contents(ref.Kind, rev.JSON)
		if err != nil {
			return nil, fmt.Errorf("couldn't decode %s %s: %w", ref.Kind, ref.ID, err)
		}
		for _, r := range all[min(len(list), len(all)):] { // versions are only added to
			r.At, r.Time, r.Fact = rev.Position, rev.At, fmt.Sprintf("%s@%d", ref.ID, head.Version)
			list = append(list, r)
		}
	}
	return slices.DeleteFunc(list, func(r Registered) bool { return r.SketchHash == "" }), nil
}

// contents are the versions of a resource or product, or what a delivery sent.
func contents(kind rights.Kind, raw json.RawMessage) ([]Registered, error) {
	var list []Registered
	if kind == rights.KindDelivery {
		var d rights.Delivery
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, err
		}
		if d.ContentRoot == "" || d.ProductID == "" { // not sent yet, or nothing handed over
			return nil, nil
		}
		return []Registered{{Kind: kind, ID: d.ID, Version: d.ProductVersion, HolderID: d.FromID, ContentRoot: d.ContentRoot, MatchTag: d.MatchTag,
			SketchHash: d.TagAttestation.Sketch(), ProductID: d.ProductID, RecipientID: d.ToID}}, nil
	}
	if kind == rights.KindProduct {
		var p rights.Product
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, err
		}
		for _, v := range p.Versions {
			list = append(list, Registered{Kind: kind, ID: p.ID, Version: v.No, HolderID: p.OwnerID, ContentRoot: v.ContentRoot, MatchTag: v.MatchTag, SketchHash: v.TagAttestation.Sketch(), LineageID: v.LineageID})
		}
		return list, nil
	}
	var r rights.Resource
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, err
	}
	for _, v := range r.Versions {
		list = append(list, Registered{Kind: kind, ID: r.ID, Version: v.No, HolderID: r.HolderID, ContentRoot: v.ContentRoot, MatchTag: v.MatchTag, SketchHash: v.TagAttestation.Sketch(), LineageID: v.LineageID})
	}
	return list, nil
}

// enter adds a registration, after comparing it when asked. One whose sketch is
// not to be had waits for it.
func (t *Tracer) enter(ctx context.Context, r Registered, compare bool) error {
	s, err := t.sketchOf(ctx, r)
	if errors.Is(err, ErrNoSketch) {
		t.missing, t.lacks[r.key()] = append(t.missing, r), true
		t.lacking.Set(float64(len(t.missing)))
		return nil
	}
	if err != nil {
		return err
	}
	delete(t.lacks, r.key())
	if compare && r.Kind != rights.KindDelivery { // what the seller sends is its own
		if err := t.compare(ctx, r, s, r.ID); err != nil {
			return err
		}
	}
	return t.Add(r, s)
}

// sketchOf reads a registration's sketch, from another gateway if need be.
func (t *Tracer) sketchOf(ctx context.Context, r Registered) (*sketch.Sketch, error) {
	s, err := t.o.Store.Get(r.SketchHash)
	if !errors.Is(err, ErrNoSketch) || t.o.Fetch == nil || time.Now().Before(t.resting) {
		return s, err
	}
	raw, err := t.o.Fetch(ctx, r.SketchHash)
	if err != nil {
		if !errors.Is(err, ErrNoSketch) { // a gateway that is down must not hold up the comparing
			t.resting = time.Now().Add(rest)
			t.o.Log.Warn("couldn't fetch a sketch", "sketch", r.SketchHash, "of", r.ID, "error", err.Error())
		}
		return nil, ErrNoSketch
	}
	s, err = sketch.Parse(raw)
	if err == nil && (!s.Keyed() || s.Hash() != r.SketchHash) {
		err = errors.New("it is not the one asked for")
	}
	if err != nil {
		t.o.Log.Warn("another gateway gave a wrong sketch", "sketch", r.SketchHash, "of", r.ID, "error", err.Error())
		return nil, ErrNoSketch
	}
	_, err = t.o.Store.Put(s)
	return s, err
}

// fetchMissing tries again to have the sketches that were missing, and compares
// what comes: some at a time, each in its turn.
func (t *Tracer) fetchMissing(ctx context.Context) {
	const some = 20
	n := min(some, len(t.missing))
	due := t.missing[:n:n]
	t.missing = t.missing[n:]
	for _, r := range due { // what is still not to be had is entered behind the others
		err := t.enter(ctx, r, true)
		if err == nil && !t.lacks[r.key()] {
			err = t.compareLater(ctx, r)
		}
		if err != nil {
			t.o.Log.Error("couldn't compare a registration whose sketch came late", "of", r.ID, "error", err.Error())
			t.missing = append(t.missing, r)
		}
	}
	t.lacking.Set(float64(len(t.missing)))
}

// compareLater compares again what was registered after r and could not be held
// against it, its sketch being missing.
func (t *Tracer) compareLater(ctx context.Context, r Registered) error {
	s, err := t.o.Store.Get(r.SketchHash)
	if err != nil {
		return err
	}
	candidates, err := t.Match(s, examined)
	if err != nil {
		return err
	}
	for _, c := range candidates {
		if !r.before(c.Registered) || c.SketchHash == "" {
			continue
		}
		k, err := t.o.Store.Get(c.SketchHash)
		if err == nil {
			err = t.compare(ctx, c.Registered, k, c.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
