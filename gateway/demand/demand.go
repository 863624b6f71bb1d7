// Package demand tells which listings fit a demand of the supply-and-demand
// portal, how well, and why in words (3.21 of the rules). It is a pure function
// of records: it stores nothing, asks no clock and decides nothing. What is
// matched on the ledger is the parties' own act, demand.match.
package demand

import (
	"cmp"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// Threshold is the score from which a listing fits.
const Threshold = 60

// The aspects a match is judged by, with what each counts. They add up to 100.
// What one side leaves open counts half: it neither fits nor does not.
const (
	weightType     = 30
	weightIndustry = 25
	weightRegion   = 20
	weightField    = 15
	weightWords    = 10
)

// Aspect names what a Reason is about; stable, for machines.
type Aspect string

// The aspects.
const (
	AspectType     Aspect = "productType"
	AspectIndustry Aspect = "industry"
	AspectRegion   Aspect = "region"
	AspectField    Aspect = "field"
	AspectWords    Aspect = "words"
	AspectBudget   Aspect = "budget"
	AspectLicence  Aspect = "licence"
	AspectLimits   Aspect = "buyerLimits"
	AspectStanding Aspect = "standing" // state, term, and whose it is
)

// Verdict is what an aspect comes to.
type Verdict string

// The verdicts.
const (
	Yes  Verdict = "yes"
	Part Verdict = "partly"
	Open Verdict = "open" // one side leaves it open, or people have to look
	No   Verdict = "no"
	Bar  Verdict = "bar" // whatever else fits, this does not
)

// Reason says in words how one aspect fits.
type Reason struct {
	Aspect  Aspect  `json:"aspect"`
	Verdict Verdict `json:"verdict"`
	Points  int     `json:"points"`
	Of      int     `json:"of"` // the most there is for it, 0 for what only bars
	Zh      string  `json:"zh"`
	En      string  `json:"en"`
}

// Supply is a listing with what its product tells of it.
type Supply struct {
	Listing rights.Listing
	Product *rights.Product // nil when not known
	Fields  []string        // of application, from the product's scenarios; sorted
}

// NewSupply looks up what a listing's product tells of it.
func NewSupply(find rights.Finder, l rights.Listing) (*Supply, error) {
	s := &Supply{Listing: l}
	if l.ProductID == "" {
		return s, nil
	}
	var p rights.Product
	found, err := find.Find(rights.KindProduct, l.ProductID, &p)
	if err != nil || !found {
		return s, err
	}
	s.Product = &p
	for _, id := range p.ScenarioIDs {
		var sc rights.Scenario
		found, err := find.Find(rights.KindScenario, id, &sc)
		if err != nil {
			return nil, err
		}
		if found && sc.Field != "" && !slices.Contains(s.Fields, sc.Field) {
			s.Fields = append(s.Fields, sc.Field)
		}
	}
	slices.Sort(s.Fields)
	return s, nil
}

// Match is how well a listing fits a demand.
type Match struct {
	DemandID  string `json:"demandId"`
	ListingID string `json:"listingId"`
	BuyerID   string `json:"buyerId"`
	SellerID  string `json:"sellerId"`
	// Score is 0 to 100; Fits that nothing bars the match and the score reaches
	// Threshold.
	Score   int      `json:"score"`
	Fits    bool     `json:"fits"`
	Reasons []Reason `json:"reasons"`
}

// Judge compares a demand with a listing as of a time.
func Judge(d *rights.Demand, s *Supply, at rights.UnixSec) Match {
	m := Match{DemandID: d.ID, ListingID: s.Listing.ID, BuyerID: d.BuyerID, SellerID: s.Listing.SellerID}
	barred := false
	for _, judge := range aspects {
		for _, r := range judge(d, s, at) {
			m.Score += r.Points
			barred = barred || r.Verdict == Bar
			m.Reasons = append(m.Reasons, r)
		}
	}
	m.Fits = !barred && m.Score >= Threshold
	return m
}

// Rank puts the best first; equal ones in the order of their ids, so that every
// gateway answers the same.
func Rank(list []Match) {
	slices.SortFunc(list, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ListingID, b.ListingID), strings.Compare(a.DemandID, b.DemandID))
	})
}

// Live reports whether a demand is to be met at a time, or a listing on offer.
// It is what the records themselves say; whether the right behind a listing is
// effective is another question.
func Live(d *rights.Demand, at rights.UnixSec) bool {
	return (d.State == rights.StateOpen || d.State == rights.StateMatched) && at < d.ValidTo
}

// Offered is Live of a listing.
func Offered(l *rights.Listing, at rights.UnixSec) bool {
	return l.State == rights.StateListed && at >= l.ValidFrom && at < l.ValidTo
}

var aspects = []func(*rights.Demand, *Supply, rights.UnixSec) []Reason{standing, byType, byIndustry, byRegion, byField, byWords, byBudget, byLicence, byLimits}

// terms are the terms of a listing's product that a demand's are looked for in.
func (s *Supply) terms() []string {
	text := s.Listing.ProductName
	if s.Product != nil {
		text += "\n" + s.Product.Overview
	}
	return index.Terms(text)
}
