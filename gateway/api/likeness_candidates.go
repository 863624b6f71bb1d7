package api

import (
	"cmp"
	"errors"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	likeness "github.com/datarights/datarights/gateway/trace"
	"github.com/datarights/datarights/internal/sketch"
)

// telling is the permille below which a likeness is chance.
const telling = 50

var strengthRank = map[string]int{"strong": 0, "review": 1, "weak": 2}

// byStrength puts what the file is strongly like first, the earliest registered
// of them leading: what came later may have come of it. The others keep the
// order of how sure the likeness is.
func byStrength(a, b traceCandidate) int {
	if c := cmp.Compare(strengthRank[a.Strength], strengthRank[b.Strength]); c != 0 || a.Strength != "strong" {
		return c
	}
	return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(a.Tx, b.Tx))
}

// candidates are the versions the file is like, the likeliest source first; each
// with who received it.
func (t *fileTracing) candidates() ([]traceCandidate, error) {
	list := []traceCandidate{}
	at := func(id string, version int64) *traceCandidate {
		i := slices.IndexFunc(list, func(c traceCandidate) bool { return c.ID == id && c.Version == version })
		if i < 0 {
			return nil
		}
		return &list[i]
	}
	if t.sketch != nil {
		found, err := t.s.opts.Tracer.Match(t.sketch, maxCandidates)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			c := traceCandidate{Kind: f.Kind, ID: f.ID, Version: f.Version, HolderID: f.HolderID, ContentRoot: f.ContentRoot, SketchHash: f.SketchHash,
				Block: f.At.Block, Tx: f.At.Tx, Match: &f.Match, Reverse: &f.Reverse, Strength: t.strength(f.Best()), copies: f.Copies}
			list = append(list, c)
		}
	}
	if t.tag != "" {
		for _, kind := range []rights.Kind{rights.KindResource, rights.KindProduct} {
			equal, err := t.tagged(kind)
			if err != nil {
				return nil, err
			}
			for _, c := range equal {
				if known := at(c.ID, c.Version); known != nil {
					known.Equal, known.Strength = true, "strong"
				} else {
					list = append(list, c)
				}
			}
		}
		delivered, err := t.delivered()
		if err != nil {
			return nil, err
		}
		for _, c := range delivered { // a marked copy has a tag of its own
			if known := at(c.ID, c.Version); known != nil {
				known.Strength = "strong"
			} else {
				list = append(list, c)
			}
		}
	}
	if !officeOrRegistrar(t.who) {
		list = slices.DeleteFunc(list, func(c traceCandidate) bool { return !is(t.who, c.HolderID) })
	}
	list = slices.DeleteFunc(list, func(c traceCandidate) bool {
		return c.Strength == "weak" && !c.Equal && c.Match != nil && max(c.Match.Low, c.Reverse.Low) < telling
	})
	slices.SortStableFunc(list, byStrength)
	list = list[:min(len(list), t.limit)]
	for i := range list {
		if err := t.complete(&list[i]); err != nil {
			return nil, err
		}
	}
	if t.offeror != nil {
		for i := range list {
			if err := t.weigh(&list[i], list); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// least is on how many compared elements a strength rests.
const least = 12

// strength puts a likeness in the words of 4.4. Single cells, and few elements,
// are weak whatever they say.
func (t *fileTracing) strength(m sketch.Match) string {
	switch {
	case m.How == "values" || m.Sampled < least:
		return "weak"
	case m.Permille >= t.strong && !m.BothRounded: // else perhaps two measurements of one thing
		return "strong"
	case m.Permille >= t.review:
		return "review"
	}
	return "weak"
}

// tagged are the versions of a kind whose tag is the file's.
func (t *fileTracing) tagged(kind rights.Kind) ([]traceCandidate, error) {
	page, err := t.s.read.List(index.Query{Kind: kind, Where: map[string]string{"matchTag": t.tag}, Oldest: true, Limit: MaxPage})
	if err != nil {
		return nil, err
	}
	var list []traceCandidate
	for _, e := range page.Items {
		holder, versions, err := versionsOf(e)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			if v.MatchTag == t.tag {
				list = append(list, traceCandidate{Kind: kind, ID: e.ID, Version: v.No, HolderID: holder, ContentRoot: v.ContentRoot, SketchHash: v.TagAttestation.Sketch(),
					Block: e.Created.Block, Tx: e.Created.Tx, Equal: true, Strength: "strong"})
			}
		}
	}
	return list, nil
}

// delivered are the product versions of which a copy was sent whose tag is the
// file's.
func (t *fileTracing) delivered() ([]traceCandidate, error) {
	page, err := t.s.read.List(index.Query{Kind: rights.KindCopy, Where: map[string]string{"matchTag": t.tag}, Oldest: true, Limit: MaxPage})
	if err != nil {
		return nil, err
	}
	var list []traceCandidate
	for _, e := range page.Items {
		cp, err := decodeEntry[rights.Copy](e)
		if err != nil {
			return nil, err
		}
		p, err := t.s.read.Get(rights.KindProduct, cp.ProductID)
		if errors.Is(err, index.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		owner, versions, err := versionsOf(p)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			if v.No == cp.Version && !slices.ContainsFunc(list, func(c traceCandidate) bool { return c.ID == p.ID && c.Version == v.No }) {
				list = append(list, traceCandidate{Kind: rights.KindProduct, ID: p.ID, Version: v.No, HolderID: owner, ContentRoot: v.ContentRoot, SketchHash: v.TagAttestation.Sketch(),
					Block: p.Created.Block, Tx: p.Created.Tx, Strength: "strong"})
			}
		}
	}
	return list, nil
}

// versionsOf reads the holder and the versions of a resource or product.
func versionsOf(e index.Entry) (holder string, versions []rights.ProductVersion, err error) {
	if e.Kind == rights.KindProduct {
		p, err := decodeEntry[rights.Product](e)
		if err != nil {
			return "", nil, err
		}
		return p.OwnerID, p.Versions, nil
	}
	r, err := decodeEntry[rights.Resource](e)
	if err != nil {
		return "", nil, err
	}
	for _, v := range r.Versions {
		versions = append(versions, rights.ProductVersion{No: v.No, ContentRoot: v.ContentRoot, MatchTag: v.MatchTag, TagAttestation: v.TagAttestation, LineageID: v.LineageID})
	}
	return r.HolderID, versions, nil
}

// complete adds names and recipients to a candidate.
func (t *fileTracing) complete(c *traceCandidate) error {
	var named struct {
		Name string `json:"name"`
	}
	if _, err := t.s.Find(c.Kind, c.ID, &named); err != nil {
		return err
	}
	c.Name = named.Name
	var err error
	if c.HolderName, err = t.nameOf(c.HolderID); err != nil {
		return err
	}
	c.Recipients, c.Truncated, err = t.recipients(c)
	return err
}

func (t *fileTracing) nameOf(id string) (string, error) {
	p, err := t.s.participant(id)
	if err != nil || p == nil {
		return "", err
	}
	return p.Name, nil
}

// recipients are the copies of a candidate, in the order of the chain: of a
// product's version, or of every product made of a resource.
func (t *fileTracing) recipients(c *traceCandidate) ([]traceRecipient, bool, error) {
	list := []traceRecipient{}
	walk := t.s.newTrace(t.who)
	products := map[string]int64{c.ID: c.Version}
	order := []string{c.ID}
	if c.Kind == rights.KindResource {
		clear(products)
		order = nil
		err := walk.each(rights.KindProduct, "inputId", c.ID, func(e index.Entry) error {
			order = append(order, e.ID)
			return nil
		})
		if err != nil {
			return nil, false, err
		}
	}
	truncated := false
	for _, id := range order {
		err := walk.each(rights.KindCopy, "productId", id, func(e index.Entry) error {
			cp, err := decodeEntry[rights.Copy](e)
			if err != nil {
				return err
			}
			if v, one := products[id]; one && cp.Version != v || cp.AccessOnly {
				return nil
			}
			if len(list) >= maxTraceRecipients {
				truncated = true
				return nil
			}
			r, err := t.recipient(e, cp, c.copies)
			list = append(list, r)
			return err
		})
		if err != nil {
			return nil, false, err
		}
	}
	slices.SortStableFunc(list, func(a, b traceRecipient) int { return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(a.Tx, b.Tx)) })
	return list, truncated || walk.truncated, nil
}

func (t *fileTracing) recipient(e index.Entry, cp *rights.Copy, like []likeness.CopyMatch) (r traceRecipient, err error) {
	r = traceRecipient{CopyID: cp.ID, HolderID: cp.HolderID, ParentCopyID: cp.ParentCopyID, DeliveryID: cp.DeliveryID, TradeID: cp.TradeID, ProductID: cp.ProductID,
		Version: cp.Version, State: cp.State, FingerprintCommit: cp.FingerprintCommit, Equal: t.tag != "" && cp.MatchTag == t.tag, Block: e.Created.Block, Tx: e.Created.Tx}
	if i := slices.IndexFunc(like, func(m likeness.CopyMatch) bool { return m.DeliveryID == cp.DeliveryID }); i >= 0 {
		r.Match = &like[i].Match
	}
	if r.HolderName, err = t.nameOf(cp.HolderID); err != nil {
		return r, err
	}
	if r.Resell, err = t.s.permissionAt(cp.ID, rights.ActResell, t.at); err != nil {
		return r, err
	}
	r.Provide, err = t.s.permissionAt(cp.ID, rights.ActProvide, t.at)
	return r, err
}

// weigh says how the offeror stands to a candidate, and what speaks for him.
func (t *fileTracing) weigh(c *traceCandidate, all []traceCandidate) error {
	o := &traceOfferor{Relation: "none", CopyIDs: []string{}}
	c.Offeror = o
	holder, err := t.s.participant(c.HolderID)
	if err != nil {
		return err
	}
	switch {
	case c.HolderID == t.offeror.USCC:
		o.Relation = "holder"
	case oneGroup(t.offeror, holder):
		o.Relation = "group"
	}
	for _, r := range c.Recipients {
		to, err := t.s.participant(r.HolderID)
		if err != nil {
			return err
		}
		himself := r.HolderID == t.offeror.USCC
		if !himself && !oneGroup(t.offeror, to) {
			continue
		}
		at, err := t.s.createdAt(rights.KindCopy, r.CopyID)
		if err != nil {
			return err
		}
		if at > t.at { // received after the offer: no source of it
			continue
		}
		if o.Relation == "none" || o.Relation == "recipientGroup" && himself {
			o.Relation = map[bool]string{true: "recipient", false: "recipientGroup"}[himself]
		}
		o.CopyIDs = append(o.CopyIDs, r.CopyID)
		o.MayResell = o.MayResell || r.Resell.Allowed
	}
	for _, own := range all {
		if own.HolderID == t.offeror.USCC && own.Strength == "strong" && cmp.Or(cmp.Compare(own.Block, c.Block), cmp.Compare(own.Tx, c.Tx)) < 0 {
			o.EarlierID = own.ID
			break
		}
	}
	return nil
}

func oneGroup(p, q *rights.Participant) bool {
	return p != nil && q != nil && p.GroupID != "" && p.GroupID == q.GroupID
}

// createdAt is the time of the transaction that made a record.
func (s *server) createdAt(kind rights.Kind, id string) (int64, error) {
	var r struct {
		rights.Head
	}
	_, err := s.Find(kind, id, &r)
	return r.CreatedAt, err
}
