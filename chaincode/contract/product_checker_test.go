package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// Each of the area's invariants is broken once by hand and must be named.
func TestProductCheckerFinds(t *testing.T) {
	s := aShop(t)
	id := s.listed(s.offered("p"))
	l := read[rights.Listing](s.market, rights.KindListing, id)
	d := s.must(s.do(weatherID+"#1", "demand.post", demand(s.now+86400))).id(rights.KindDemand)
	s.must(s.sell("demand.match", rights.MatchDemand{DemandID: d, ListingIDs: []string{id}}))
	s.quiet = true
	onListing := func(change func(*rights.Listing)) func(*market) { return edit(rights.KindListing, id, change) }
	onProduct := func(change func(*rights.Product)) func(*market) {
		return edit(rights.KindProduct, l.ProductID, change)
	}
	for _, x := range []struct {
		want string
		harm func(*market)
	}{
		{"has number", onProduct(func(d *rights.Product) { d.Versions[0].No = 2 })},
		{"is LevelCore", onProduct(func(d *rights.Product) { d.Level = "LevelCore" })},
		{"SD-2: product", onProduct(func(d *rights.Product) { d.OwnerID = exchangeID })},
		{"without an opinion", onProduct(func(d *rights.Product) { d.ComplianceOpinion = nil })},
		{"SM-2", onProduct(func(d *rights.Product) { d.SuspendedBy = []rights.SuspendedBy{{RefID: "x"}} })},
		{"R-6", onProduct(func(d *rights.Product) { d.Level = "LevelImportant" })},
		{"of DP-0", onListing(func(l *rights.Listing) { l.ProductID = "DP-0" })},
		{"SD-2: listing", onListing(func(l *rights.Listing) { l.SellerID = exchangeID })},
		{"term", onListing(func(l *rights.Listing) { l.ValidTo++ })},
		{"LS-1", onListing(func(l *rights.Listing) { l.RightID = s.right })},
		{"G-7", onListing(func(l *rights.Listing) { l.RightID = "" })},
		{"LS-6", onListing(func(l *rights.Listing) { l.UseClass = "PublicBenefit" })},
		{"G-12", onListing(func(l *rights.Listing) { l.PriceCommitment = hash("x") })},
		{"LS-9", func(m *market) {
			twin := *l
			twin.ID = "LS-twin"
			m.put(rights.KindListing, twin.ID, &twin)
		}},
		{"relies on", onListing(func(l *rights.Listing) { l.State = rights.StateDelisted })},
		{"is matched with", onListing(func(l *rights.Listing) { l.SellerID = weatherID })},
		{"with 1 matches", edit(rights.KindDemand, d, func(d *rights.Demand) { d.State = rights.StateOpen })},
	} {
		harmed := *s.market
		harmed.ledger = s.ledger.Clone()
		x.harm(&harmed)
		if faults := checkInvariants(harmed.ledger); !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, x.want) }) {
			t.Errorf("%s is not found; only %q", x.want, faults)
		}
	}
}
