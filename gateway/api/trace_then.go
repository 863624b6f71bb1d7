package api

import (
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/lineage"
)

// past judges the edges of a graph by the records as they stood. Of what many
// edges rest on it reads the history once.
type past struct {
	s      *server
	known  map[rights.RecordRef][]index.Revision
	judged map[asked]verdict
}

// asked is what a verdict depends on.
type asked struct {
	kind    rights.Kind
	ref     string
	itself  bool // ref is the record's own id
	profile string
	at      int64
	created index.Position
}

type verdict struct {
	permitted        permitted
	ref              string
	reason, reasonZh string
}

// judge tells whether what an edge stands for was permitted: a lineage record's
// input when the work began, a delivery, listing or permit when it was made.
func (p *past) judge(e lineage.Edge) (verdict, error) {
	ref := e.Use
	if ref == "" && e.Kind == rights.KindCopy {
		ref = e.ID // its delivery names a permit, perhaps
	}
	if ref == "" {
		return verdict{permitted: noneRecorded}, nil
	}
	q := asked{e.Kind, ref, e.Use == "", e.Profile, e.At, e.Created}
	if v, done := p.judged[q]; done {
		return v, nil
	}
	v, err := p.ask(q)
	if err == nil {
		p.judged[q] = v
	}
	return v, err
}

func (p *past) ask(q asked) (verdict, error) {
	find := asOf{s: p.s, until: notAfter(q.created), known: p.known}
	if q.kind == rights.KindCopy && isOf(q.ref, rights.KindCopy) {
		return p.passedOn(find, q)
	}
	ref, err := basisOf(find, q.ref)
	if err != nil || ref == "" {
		return verdict{permitted: noneRecorded, ref: q.ref}, err
	}
	depth, err := p.s.basisDepth(q.profile)
	if err != nil {
		return verdict{}, err
	}
	eff, err := effectOf(find, ref, q.at, depth)
	if err != nil {
		return verdict{}, err
	}
	return judgement(ref, eff.Now, eff.Reason, eff.ReasonZh), nil
}

func judgement(ref string, ok bool, reason, reasonZh string) verdict {
	if ok {
		return verdict{permitted: wasAllowed, ref: ref}
	}
	return verdict{wasDenied, ref, reason, reasonZh}
}

// onward are the actions of which one lets a copy be passed on.
var onward = []rights.Action{rights.ActResell, rights.ActSublicense, rights.ActProvide}

// passedOn judges a copy without a trade: passed on by the holder of another, or
// delivered under a permit.
func (p *past) passedOn(find asOf, q asked) (verdict, error) {
	if q.itself {
		return p.deliveredUnder(find, q)
	}
	var a *permissionAnswer
	for _, action := range onward {
		var err error
		if a, err = p.s.permissionBy(find, q.ref, action, q.at); err != nil {
			return verdict{}, err
		}
		if a.Allowed {
			break
		}
	}
	return judgement(q.ref, a.Allowed, a.Reason, a.ReasonZh), nil
}

// deliveredUnder judges a copy that neither a trade nor another copy led to.
func (p *past) deliveredUnder(find asOf, q asked) (verdict, error) {
	var c rights.Copy
	if known, err := find.Find(rights.KindCopy, q.ref, &c); err != nil || !known {
		return verdict{permitted: noneRecorded}, err
	}
	var d rights.Delivery
	if known, err := find.Find(rights.KindDelivery, c.DeliveryID, &d); err != nil || !known || d.PermitID == "" {
		return verdict{permitted: noneRecorded}, err
	}
	eff, err := effectOf(find, d.PermitID, q.at, defaultBasisDepth)
	return judgement(d.PermitID, eff.Now, eff.Reason, eff.ReasonZh), err
}

// bases are the kinds of records the predicate of effectiveness knows.
var bases = []rights.Kind{rights.KindRight, rights.KindGrant, rights.KindPermit, rights.KindCopy, rights.KindListing, rights.KindEvaluation, rights.KindRecognition}

// basisOf is what a reference rests on: of a trade, the right it is about. "" is
// nothing that could be effective.
func basisOf(find rights.Finder, ref string) (string, error) {
	if isOf(ref, rights.KindTrade) {
		var t rights.Trade
		if known, err := find.Find(rights.KindTrade, ref, &t); err != nil || !known {
			return "", err
		}
		ref = t.RightID
	}
	prefix, _, _ := strings.Cut(ref, "-")
	if rights.ValidCertNo(ref) || slices.Contains(bases, rights.Kind(prefix)) {
		return ref, nil
	}
	return "", nil
}
