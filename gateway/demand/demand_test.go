package demand

import (
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

const now = rights.UnixSec(1795406400)

func aDemand(change ...func(*rights.Demand)) *rights.Demand {
	d := &rights.Demand{Head: rights.Head{ID: "DM-1", State: rights.StateOpen}, BuyerID: "buyer", Title: "园区用电负荷预测数据", Field: "GreenLowCarbon", IndustryCode: "D44", RegionCode: "320903",
		ProductTypes: []string{"Dataset", "API"}, BudgetBand: "10kTo100k", ValidTo: now + 100}
	for _, f := range change {
		f(d)
	}
	return d
}

func aSupply(change ...func(*Supply)) *Supply {
	s := &Supply{
		Listing: rights.Listing{Head: rights.Head{ID: "LS-1", State: rights.StateListed}, ProductName: "盐城用电负荷预测数据集", ProductType: "Dataset", IndustryCode: "D44", RegionCode: "320903", SellerID: "seller",
			PriceModel: "Lump", UnitPriceFen: 5_000_000, ValidFrom: now - 10, ValidTo: now + 100, DeliveryModes: []string{"API"},
			Permission: &rights.Permission{Scope: rights.Scope{Regions: []string{"32"}, Industries: []string{"*"}, Actions: []rights.Action{"query"}, To: now + 100}}},
		Product: &rights.Product{Overview: "园区逐时负荷"}, Fields: []string{"GreenLowCarbon"},
	}
	for _, f := range change {
		f(s)
	}
	return s
}

func TestEverythingFits(t *testing.T) {
	m := Judge(aDemand(), aSupply(), now)
	if !m.Fits || m.Score != 100 {
		t.Fatalf("%d, fits %t: %+v", m.Score, m.Fits, m.Reasons)
	}
	for _, r := range m.Reasons {
		if r.Zh == "" || r.En == "" || r.Verdict == No || r.Verdict == Bar {
			t.Errorf("%+v", r)
		}
	}
}

// Each aspect says what it comes to, and only what must bars a match.
func TestAspects(t *testing.T) {
	for _, c := range []struct {
		name    string
		d       func(*rights.Demand)
		s       func(*Supply)
		aspect  Aspect
		verdict Verdict
		score   int
		fits    bool
	}{
		{"another type", nil, func(s *Supply) { s.Listing.ProductType = "Report" }, AspectType, Bar, 70, false},
		{"any type", func(d *rights.Demand) { d.ProductTypes = nil }, nil, AspectType, Open, 85, true},
		{"same section", nil, func(s *Supply) { s.Listing.IndustryCode = "D45" }, AspectIndustry, Part, 90, true},
		{"another industry", nil, func(s *Supply) { s.Listing.IndustryCode = "A01" }, AspectIndustry, No, 75, true},
		{"no industry", func(d *rights.Demand) { d.IndustryCode = "" }, nil, AspectIndustry, Open, 87, true},
		{"another district", nil, func(s *Supply) { s.Listing.RegionCode = "320902" }, AspectRegion, Part, 94, true},
		{"the whole city", nil, func(s *Supply) { s.Listing.RegionCode = "320900" }, AspectRegion, Yes, 100, true},
		{"another city", nil, func(s *Supply) { s.Listing.RegionCode = "321000" }, AspectRegion, Part, 88, true},
		{"the province's data", nil, func(s *Supply) { s.Listing.RegionCode, s.Product.RegionRange = "321000", "Provincial" }, AspectRegion, Yes, 100, true},
		{"another province", nil, func(s *Supply) { s.Listing.RegionCode = "440100" }, AspectRegion, No, 80, true},
		{"the country's data", nil, func(s *Supply) { s.Listing.RegionCode, s.Product.RegionRange = "440100", "National" }, AspectRegion, Yes, 100, true},
		{"another field", nil, func(s *Supply) { s.Fields = []string{"Finance"} }, AspectField, No, 85, true},
		{"no scenario", nil, func(s *Supply) { s.Fields = nil }, AspectField, Open, 92, true},
		{"other words", nil, func(s *Supply) { s.Listing.ProductName, s.Product = "气象", nil }, AspectWords, No, 90, true},
		{"too dear", nil, func(s *Supply) { s.Listing.UnitPriceFen = 10_000_001 }, AspectBudget, Bar, 100, false},
		{"negotiated", nil, func(s *Supply) { s.Listing.PriceModel, s.Listing.UnitPriceFen = "Negotiated", 0 }, AspectBudget, Open, 100, true},
		{"by the call", nil, func(s *Supply) { s.Listing.PriceModel = "PerCall" }, AspectBudget, Open, 100, true},
		{"no top to the band", func(d *rights.Demand) { d.BudgetBand = "Above1m" }, func(s *Supply) { s.Listing.UnitPriceFen = 1 << 40 }, AspectBudget, Yes, 100, true},
		{"licensed elsewhere", nil, func(s *Supply) { s.Listing.Permission.Regions = []string{"44"} }, AspectLicence, Open, 100, true},
		{"licensed to others", nil, func(s *Supply) { s.Listing.Permission.Industries = []string{"A"} }, AspectLicence, Open, 100, true},
		{"licence over", nil, func(s *Supply) { s.Listing.Permission.To = now }, AspectLicence, Bar, 100, false},
		{"limits", nil, func(s *Supply) { s.Listing.BuyerLimits = &rights.Limits{BuyerType: "电力企业"} }, AspectLimits, Open, 100, true},
		{"his own", func(d *rights.Demand) { d.BuyerID = "seller" }, nil, AspectStanding, Bar, 100, false},
		{"demand closed", func(d *rights.Demand) { d.State = rights.StateClosed }, nil, AspectStanding, Bar, 100, false},
		{"demand over", func(d *rights.Demand) { d.ValidTo = now }, nil, AspectStanding, Bar, 100, false},
		{"listing paused", nil, func(s *Supply) { s.Listing.State = rights.StatePaused }, AspectStanding, Bar, 100, false},
		{"listing over", nil, func(s *Supply) { s.Listing.ValidTo = now }, AspectStanding, Bar, 100, false},
		{"listing not begun", nil, func(s *Supply) { s.Listing.ValidFrom = now + 1 }, AspectStanding, Bar, 100, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, s := aDemand(), aSupply()
			if c.d != nil {
				c.d(d)
			}
			if c.s != nil {
				c.s(s)
			}
			m := Judge(d, s, now)
			i := slices.IndexFunc(m.Reasons, func(r Reason) bool { return r.Aspect == c.aspect && r.Verdict == c.verdict })
			if i < 0 || m.Score != c.score || m.Fits != c.fits {
				t.Errorf("want %s %s, %d, fits %t; got %d, fits %t: %+v", c.aspect, c.verdict, c.score, c.fits, m.Score, m.Fits, m.Reasons)
			}
		})
	}
}

// Points never exceed what there is, and what there is adds up to 100.
func TestPointsAddUp(t *testing.T) {
	m := Judge(aDemand(), aSupply(), now)
	of := 0
	for _, r := range m.Reasons {
		of += r.Of
		if r.Points > r.Of {
			t.Errorf("%+v", r)
		}
	}
	if of != 100 {
		t.Errorf("there are %d points", of)
	}
}

func TestRankIsTheSameWhateverTheOrder(t *testing.T) {
	a, b, c := Match{ListingID: "a", Score: 70}, Match{ListingID: "b", Score: 90}, Match{ListingID: "c", Score: 70}
	for _, list := range [][]Match{{a, b, c}, {c, b, a}, {b, c, a}} {
		if Rank(list); list[0].ListingID != "b" || list[1].ListingID != "a" || list[2].ListingID != "c" {
			t.Errorf("%v", list)
		}
	}
}

// Nothing that a demand or listing may hold makes judging fail.
func FuzzJudge(f *testing.F) {
	f.Add("D44", "A", "320903", "32", "Dataset", "标题")
	f.Add("", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, industry, other, region, place, kind, title string) {
		d := aDemand(func(d *rights.Demand) { d.IndustryCode, d.RegionCode, d.Title = industry, region, title })
		s := aSupply(func(s *Supply) {
			s.Listing.IndustryCode, s.Listing.RegionCode, s.Listing.ProductType = other, place, kind
		})
		if m := Judge(d, s, now); m.Score < 0 || m.Score > 100 {
			t.Errorf("score %d", m.Score)
		}
	})
}
