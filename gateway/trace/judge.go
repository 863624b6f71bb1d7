package trace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/internal/sketch"
)

// Which likeness is an alert (3.18, 4.1, 4.6). Common sources make independent
// collections alike, so a match decides nothing: the alert asks a regulator to
// look, and what explains the likeness on the ledger raises none.

// compare matches a new registration with everything before it and raises what
// is not explained. Target is the record the alert is about.
func (t *Tracer) compare(ctx context.Context, r Registered, s *sketch.Sketch, target string) error {
	strong, err := t.threshold(rights.ParamSimilarStrong)
	if err != nil || strong == 0 { // before the market's rules are out
		return err
	}
	candidates, err := t.Match(s, examined)
	if err != nil {
		return err
	}
	var own, others []Candidate
	for _, c := range candidates {
		if m := c.Best(); !c.before(r) || m.How == "values" || m.Sampled < support || m.Permille < strong {
			continue
		}
		same, err := t.related(r.HolderID, c.HolderID)
		if err != nil {
			return err
		}
		if same {
			own = append(own, c)
		} else {
			others = append(others, c)
		}
	}
	const told = 3 // of many like it the likest, which Match puts first, tell enough
	n := 0
	for _, c := range others {
		rule, copyID, err := t.judge(r, c, own)
		if err != nil {
			return err
		}
		if rule == "" {
			t.matches.WithLabelValues(explained).Inc()
			continue
		}
		if n++; n > told {
			break
		}
		if err := t.raise(ctx, rule, r, c, target, copyID); err != nil {
			return err
		}
	}
	return nil
}

// judge decides whether a likeness is an alert, and of which rule. Nothing that
// the ledger explains is: an own source that is older than the other's, a
// declared derivation (whose permission the ledger checked), a copy that may be
// resold. A copy that may not makes it a resale. What agrees only once both are
// rounded is an alert of somebody who received a copy alone: independent
// measurements of the same agree as well.
func (t *Tracer) judge(r Registered, c Candidate, own []Candidate) (rule, copyID string, err error) {
	if slices.ContainsFunc(own, func(o Candidate) bool { return o.before(c.Registered) }) {
		return "", "", nil
	}
	declared, err := t.declared(r, c)
	if declared || err != nil {
		return "", "", err
	}
	copies, err := t.copiesOf(c, r.HolderID)
	if err != nil {
		return "", "", err
	}
	if !c.Best().BothRounded { // else perhaps two measurements of one thing
		rule = "AL-REG-NEAR"
	}
	for _, cp := range copies {
		if !before(cp.Created, r.At) {
			continue // received after it was registered: no source of it
		}
		d, err := rights.PermissionAt(finder{t.o.Ledger}, cp.ID, rights.ActResell, r.Time)
		if err != nil {
			return "", "", err
		}
		if d.Allowed {
			return "", "", nil
		}
		rule, copyID = "AL-RESALE-MATCH", cp.ID
	}
	return rule, copyID, nil
}

// declared reports whether the ledger says that r was made of c: by lineage, by
// a product's inputs, by a copy in the closure.
func (t *Tracer) declared(r Registered, c Candidate) (bool, error) {
	if r.Kind == rights.KindProduct {
		var p rights.Product
		if ok, err := (finder{t.o.Ledger}).Find(r.Kind, r.ID, &p); err != nil || !ok {
			return false, err
		}
		if slices.ContainsFunc(p.Inputs, func(in rights.ProductInput) bool { return in.ObjectID == c.ID }) {
			return true, nil
		}
	}
	if c.Kind == rights.KindProduct { // the other's product, made of what is registered here as a resource
		var p rights.Product
		if ok, err := (finder{t.o.Ledger}).Find(c.Kind, c.ID, &p); err != nil || !ok {
			return false, err
		}
		if slices.ContainsFunc(p.Inputs, func(in rights.ProductInput) bool { return in.ObjectID == r.ID }) {
			return true, nil
		}
	}
	return t.descends(r.LineageID, c, map[string]bool{})
}

// maxClosure bounds the lineage records looked at for one match.
const maxClosure = 1000

// descends walks a lineage down to whether c is in it.
func (t *Tracer) descends(lineageID string, c Candidate, met map[string]bool) (bool, error) {
	if lineageID == "" || met[lineageID] || len(met) >= maxClosure {
		return false, nil
	}
	met[lineageID] = true
	var l rights.Lineage
	if ok, err := (finder{t.o.Ledger}).Find(rights.KindLineage, lineageID, &l); err != nil || !ok || l.State == rights.StateRefuted {
		return false, err
	}
	for _, x := range l.Copies {
		var cp rights.Copy
		ok, err := (finder{t.o.Ledger}).Find(rights.KindCopy, x.CopyID, &cp)
		if err != nil {
			return false, err
		}
		if ok && cp.ProductID == c.ID {
			return true, nil
		}
	}
	for _, in := range l.Inputs {
		if in.ID == c.ID || in.ContentRoot == c.ContentRoot {
			return true, nil
		}
		page, err := t.o.Ledger.List(index.Query{Kind: rights.KindLineage, Where: map[string]string{"output": in.ContentRoot}, Oldest: true, Limit: 10})
		if err != nil {
			return false, err
		}
		for _, e := range page.Items {
			if found, err := t.descends(e.ID, c, met); found || err != nil {
				return found, err
			}
		}
	}
	return false, nil
}

// copiesOf are the copies that holder, or one of its group, received of what c
// is, or of a product made of it.
func (t *Tracer) copiesOf(c Candidate, holder string) ([]index.Entry, error) {
	var found []index.Entry
	products := []string{c.ID}
	if c.Kind == rights.KindResource {
		products = nil
		err := t.each(index.Query{Kind: rights.KindProduct, Where: map[string]string{"inputId": c.ID}}, func(e index.Entry) error {
			products = append(products, e.ID)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, id := range products {
		err := t.each(index.Query{Kind: rights.KindCopy, Where: map[string]string{"productId": id}}, func(e index.Entry) error {
			var cp rights.Copy
			if err := json.Unmarshal(e.JSON, &cp); err != nil {
				return fmt.Errorf("couldn't decode the copy %s: %w", e.ID, err)
			}
			same, err := t.related(holder, cp.HolderID)
			if same && !cp.AccessOnly {
				found = append(found, e)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// each visits all records of a query, oldest first.
func (t *Tracer) each(q index.Query, visit func(index.Entry) error) error {
	q.Oldest, q.Limit = true, 200
	for {
		page, err := t.o.Ledger.List(q)
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			if err := visit(e); err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// related reports whether two are one participant or of one group.
func (t *Tracer) related(a, b string) (bool, error) {
	if a == b {
		return true, nil
	}
	var p, q rights.Participant
	for _, x := range []struct {
		id   string
		into *rights.Participant
	}{{a, &p}, {b, &q}} {
		if ok, err := (finder{t.o.Ledger}).Find(rights.KindParticipant, x.id, x.into); err != nil || !ok {
			return false, err
		}
	}
	return p.GroupID != "" && p.GroupID == q.GroupID, nil
}

// threshold is a parameter of the market's rules in force, 0 before there are any.
func (t *Tracer) threshold(key string) (int64, error) {
	var value int64
	err := t.each(index.Query{Kind: rights.KindProfile, Where: map[string]string{"code": rights.CodeLocal}}, func(e index.Entry) error {
		var p rights.RuleProfile
		if err := json.Unmarshal(e.JSON, &p); err != nil {
			return fmt.Errorf("couldn't decode the rule profile %s: %w", e.ID, err)
		}
		if p.From <= time.Now().Unix() {
			value = p.Int(key)
		}
		return nil
	})
	return value, err
}

// raise tells of a match as the platform. Which records it names, in which
// order, is the same in every gateway, so that it is raised once.
func (t *Tracer) raise(ctx context.Context, rule string, r Registered, c Candidate, target, copyID string) error {
	if t.o.Raise == nil {
		return nil
	}
	m, direction := c.Match, "in"
	if c.Reverse.Low > c.Match.Low {
		m, direction = c.Reverse, "of"
	}
	b := rights.RaiseAlert{RuleCode: rule, TargetID: target, SubjectIDs: []string{r.HolderID}, FactRefs: []string{r.Fact, c.Fact},
		Metric: fmt.Sprintf("%d permille %s %s@%d (%s, %d/%d, 95%%: %d-%d)", m.Permille, direction, c.ID, c.Version, m.How, m.Shared, m.Sampled, m.Low, m.High)}
	if target != r.ID {
		b.FactRefs = append(b.FactRefs, target+"@1")
	}
	if copyID != "" {
		b.FactRefs = append(b.FactRefs, copyID+"@1")
	}
	if err := t.o.Raise(ctx, b); err != nil {
		return fmt.Errorf("couldn't raise %s of %s: %w", rule, r.ID, err)
	}
	t.matches.WithLabelValues(raised).Inc()
	t.o.Log.Info("a registration is like another holder's", "rule", rule, "registered", r.ID, "like", c.ID, "permille", m.Permille)
	return nil
}

// listing compares the version that a new listing offers once more: what it is
// like may have been registered meanwhile.
func (t *Tracer) listing(ctx context.Context, ref rights.RecordRef) error {
	var l rights.Listing
	f := finder{t.o.Ledger}
	if ok, err := f.Find(rights.KindListing, ref.ID, &l); err != nil || !ok || l.ProductID == "" {
		return err
	}
	versions, err := t.versions(rights.RecordRef{Kind: rights.KindProduct, ID: l.ProductID, Version: latest})
	if errors.Is(err, index.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, r := range versions {
		if r.Version != l.ProductVersion {
			continue
		}
		s, err := t.sketchOf(ctx, r)
		if errors.Is(err, ErrNoSketch) {
			return nil // compared when it comes
		}
		if err != nil {
			return err
		}
		return t.compare(ctx, r, s, l.ID)
	}
	return nil
}

// finder is the ledger as the domain's questions want it.
type finder struct{ ledger Ledger }

// Find is rights.Finder's.
func (f finder) Find(kind rights.Kind, id string, v any) (bool, error) {
	e, err := f.ledger.Get(kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(e.JSON, v); err != nil {
		return false, fmt.Errorf("couldn't decode %s %s: %w", kind, id, err)
	}
	return true, nil
}
