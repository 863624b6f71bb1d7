package indicator

import (
	"cmp"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// The city's targets (6.1).

// listed reports whether a listing is open at the as-of time, or, unless now,
// ever was: it has left the states before.
func listed(l *rights.Listing, now bool, ask Ask) bool {
	if l.ProductID == "" || !ask.in(l.RegionCode) {
		return false
	}
	if now {
		return l.State == rights.StateListed && l.ValidFrom <= ask.AsOf && ask.AsOf < l.ValidTo
	}
	switch l.State {
	case rights.StateListed, rights.StatePaused, rights.StateSuspended, rights.StateDelisted, rights.StateExpired:
		return true
	}
	return false
}

// listedProducts names one listing for each product; products of one MatchTag
// are one.
func listedProducts(src Source, ask Ask, now bool, zone string) ([]Input, error) {
	products := newKin()
	err := each(src, rights.KindListing, func(l *rights.Listing) error {
		if !listed(l, now, ask) || zone != "" && l.Zone != zone {
			return nil
		}
		p, err := find[rights.Product](src, rights.KindProduct, l.ProductID)
		if err != nil {
			return err
		}
		keys := []string{l.ProductID}
		if p != nil {
			for _, v := range p.Versions {
				if v.No == l.ProductVersion && v.MatchTag != "" {
					keys = append(keys, v.MatchTag)
				}
			}
		}
		products.add(inputOf(l, 1), keys...)
		return nil
	})
	return products.inputs(), err
}

func productsListed(now bool) func(Source, Ask) (Value, error) {
	return func(src Source, ask Ask) (Value, error) {
		inputs, err := listedProducts(src, ask, now, "")
		if err != nil {
			return Value{}, err
		}
		return (&tally{inputs: inputs}).sum()
	}
}

// categoriesListed is IN-03K: the distinct product types, industry divisions and
// fields of what is listed now; a product has the fields of its scenarios.
func categoriesListed(src Source, ask Ask) (Value, error) {
	named := map[string]Input{}
	err := each(src, rights.KindListing, func(l *rights.Listing) error {
		if !listed(l, true, ask) {
			return nil
		}
		p, err := find[rights.Product](src, rights.KindProduct, l.ProductID)
		if err != nil {
			return err
		}
		fields := []string{}
		if p != nil {
			for _, id := range p.ScenarioIDs {
				sc, err := find[rights.Scenario](src, rights.KindScenario, id)
				if err != nil {
					return err
				}
				if sc != nil {
					fields = append(fields, sc.Field)
				}
			}
		}
		if len(fields) == 0 {
			fields = []string{""}
		}
		for _, field := range fields {
			key := strings.Join([]string{l.ProductType, l.IndustryCode[:min(3, len(l.IndustryCode))], field}, "\n")
			if in := inputOf(l, 1); named[key].ID == "" || in.ID < named[key].ID {
				named[key] = in
			}
		}
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	// A listing that is named for several categories is one input.
	times := map[Input]int64{}
	for _, in := range named {
		times[in]++
	}
	var t tally
	for in, n := range times {
		in.Amount = n
		t.inputs = append(t.inputs, in)
	}
	return t.sum()
}

// cityPrefix begins the region codes of the city.
const cityPrefix = "3209"

// participants counts participants, one per credit code, with what shows that
// they count; shown is nil where nothing needs to.
func participants(src Source, counts func(*rights.Participant) bool, shown func(*rights.Participant) (rights.Record, error)) (Value, error) {
	var t tally
	seen := map[string]bool{}
	err := each(src, rights.KindParticipant, func(p *rights.Participant) error {
		if !counts(p) || seen[p.USCC] {
			return nil
		}
		if shown != nil {
			r, err := shown(p)
			if err != nil || r == nil {
				return err
			}
			t.add(r, 0)
		}
		seen[p.USCC] = true
		t.add(p, 1)
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	return t.sum()
}

// smallest finds, of the records of a kind that a field leads to, the one with
// the smallest id that counts.
func smallest[R any, P interface {
	*R
	rights.Record
}](src Source, kind rights.Kind, field, value string, counts func(*R) bool) (rights.Record, error) {
	var best P
	err := each(src, kind, func(r *R) error {
		if counts(r) && (best == nil || rights.HeadOf(P(r)).ID < rights.HeadOf(best).ID) {
			best = P(r)
		}
		return nil
	}, field, value)
	if best == nil {
		return nil, err
	}
	return best, err
}

// localEnterprises is IN-04; strict, IN-04S, with a certificate in being, a
// settled trade or an accounting record.
func localEnterprises(strict bool) func(Source, Ask) (Value, error) {
	return func(src Source, ask Ask) (Value, error) {
		shown := func(p *rights.Participant) (rights.Record, error) {
			r, err := smallest(src, rights.KindCertificate, "holderId", p.USCC, inBeing)
			if r == nil && err == nil {
				r, err = smallest(src, rights.KindTrade, "partyId", p.USCC, func(t *rights.Trade) bool { return t.SettledAt > 0 && t.BrokerID != p.USCC })
			}
			if r == nil && err == nil {
				r, err = smallest(src, rights.KindAccounting, "enterpriseId", p.USCC, func(a *rights.Accounting) bool {
					return a.State == rights.StateRecorded || a.State == rights.StateAudited
				})
			}
			return r, err
		}
		if !strict {
			shown = nil
		}
		return participants(src, func(p *rights.Participant) bool {
			return p.State == rights.StateActive && p.Origin == "Local" && slices.Contains(p.Tags, rights.TagDataElementEnterprise) && strings.HasPrefix(p.RegionCode, cityPrefix) && ask.in(p.RegionCode)
		}, shown)
	}
}

// introducedVendors is IN-05; active, IN-05A, with a listing or a trade in the
// 12 months before.
func introducedVendors(active bool) func(Source, Ask) (Value, error) {
	return func(src Source, ask Ask) (Value, error) {
		since := rights.AddMonths(ask.AsOf, -12)
		shown := func(p *rights.Participant) (rights.Record, error) {
			r, err := smallest(src, rights.KindListing, "sellerId", p.USCC, func(l *rights.Listing) bool {
				everywhere := Ask{AsOf: ask.AsOf}
				return listed(l, true, everywhere) || listed(l, false, everywhere) && l.CreatedAt > since
			})
			if r == nil && err == nil {
				r, err = smallest(src, rights.KindTrade, "partyId", p.USCC, func(t *rights.Trade) bool { return t.AgreedAt > since && t.BrokerID != p.USCC })
			}
			return r, err
		}
		if !active {
			shown = nil
		}
		return participants(src, func(p *rights.Participant) bool {
			return p.State == rights.StateActive && p.Origin == "Introduced" && slices.Contains(p.Roles, rights.RoleVendor) && p.SettledOn != "" && p.SettledOn <= ask.day() && ask.in(p.RegionCode)
		}, shown)
	}
}

// landed are the scenarios of authorised operation in use. Those taken out of
// the library are in another state (SC-2).
func landed(sc *rights.Scenario, ask Ask) bool {
	return sc.Kind == rights.ScenarioAuthorised && sc.State == rights.StateLanded && sc.LandedOn != "" && sc.LandedOn <= ask.day()
}

func scenariosLanded(src Source, ask Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindScenario, func(sc *rights.Scenario) error {
		if landed(sc, ask) && ask.in(sc.RegionCode) {
			t.add(sc, 1)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.sum()
}

// The two districts of IN-07.
const (
	regionYandu = "320903"
	zoneYannan  = "YNHTZ"
)

// districtsLanded is IN-07: how many of the two districts have a scenario
// landed. Its parts are both readings: those of each, and those of both
// together.
func districtsLanded(src Source, ask Ask) (Value, error) {
	var t tally
	districts := []*Part{t.part("320903"), t.part(zoneYannan)}
	together := t.part("together")
	if err := each(src, rights.KindScenario, func(sc *rights.Scenario) error {
		yannan := sc.FuncZone == zoneYannan // it lies within 盐都's code, and is itself alone
		yandu := !yannan && sc.RegionCode == regionYandu
		if !landed(sc, ask) || !yandu && !yannan {
			return nil
		}
		districts[0].ValueInt += one(yandu)
		districts[1].ValueInt += one(yannan)
		together.ValueInt++
		t.add(sc, 1)
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.value(one(districts[0].ValueInt > 0) + one(districts[1].ValueInt > 0))
}

// typicalScenarios is IN-09: what entered the library in the period and was not
// taken out by its end. The ledger enters a case once a year (SC-1).
func typicalScenarios(src Source, ask Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindScenario, func(sc *rights.Scenario) error {
		if sc.Kind == rights.ScenarioTypical && ask.Period.holds(sc.IncludedOn) && (sc.RemovedOn == "" || sc.RemovedOn > ask.Period.To) && ask.in(sc.RegionCode) {
			t.add(sc, 1)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.sum()
}

// documents names, for each kind of document asked for, the first that was
// issued by the day.
func documents(src Source, ask Ask, of ...string) (Value, error) {
	first := map[string]*rights.PolicyDoc{}
	if err := each(src, rights.KindPolicy, func(d *rights.PolicyDoc) error {
		if !slices.Contains(of, d.Kind) || d.IssuedOn == "" || d.IssuedOn > ask.day() {
			return nil
		}
		if old := first[d.Kind]; old == nil || cmp.Or(strings.Compare(d.IssuedOn, old.IssuedOn), strings.Compare(d.ID, old.ID)) < 0 {
			first[d.Kind] = d
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	var t tally
	for kind, d := range first {
		t.add(d, 1)
		t.part(kind).ValueInt = 1
	}
	return t.sum()
}

func policyDocuments(src Source, ask Ask) (Value, error) {
	return documents(src, ask, "AssetRegistration", "AuthorisedOperation", "Trading", "SecurityNorm")
}

// labellingBase is IN-13: nothing on the ledger computes it; the document of
// recognition is the milestone.
func labellingBase(src Source, ask Ask) (Value, error) { return documents(src, ask, "LabellingBase") }

// indicatorSystem is IN-11: 1 once a definition of security supervision is
// published.
func indicatorSystem(src Source, _ Ask) (Value, error) {
	var t tally
	var first *rights.Indicator
	if err := each(src, rights.KindIndicator, func(d *rights.Indicator) error {
		if d.State != rights.StateActive || !strings.HasPrefix(d.Code, "SI-") {
			return nil
		}
		t.part("definitions").ValueInt++
		if first == nil || d.ID < first.ID {
			first = d
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	if first != nil {
		t.add(first, 1)
	}
	return t.sum()
}

// earliest is the first record of what a platform does.
type earliest struct {
	in Input
	at rights.UnixSec
}

func (e *earliest) see(r rights.Record) {
	h := rights.HeadOf(r)
	if e.in.ID == "" || cmp.Or(cmp.Compare(h.CreatedAt, e.at), strings.Compare(h.ID, e.in.ID)) < 0 {
		e.in, e.at = Input{ID: h.ID, Version: h.Version, Amount: 1}, h.CreatedAt
	}
}

// platformsInUse is IN-12. A key's record does not say of which platform it is,
// so each platform is in use from the first record that only it brings about:
// an entry of the data catalogue (governance), a custody in force (custody), a
// meter record (fusion), a certificate (registration), an approved listing
// (trading), an alert or a measure (supervision), a profile of algorithms
// (crypto), an approved listing of the domestic-IT zone (xinchuang).
func platformsInUse(src Source, ask Ask) (Value, error) {
	var governance, custody, fusion, registration, trading, supervision, crypto, xinchuang earliest
	everywhere := Ask{AsOf: ask.AsOf}
	for _, err := range []error{
		each(src, rights.KindCatalogue, func(c *rights.CatalogueEntry) error { governance.see(c); return nil }),
		each(src, rights.KindCustody, func(c *rights.Custody) error {
			if len(c.Signatures) > 1 || c.State == rights.StateActive {
				custody.see(c)
			}
			return nil
		}),
		each(src, rights.KindMeter, func(m *rights.Meter) error { fusion.see(m); return nil }),
		each(src, rights.KindCertificate, func(c *rights.Certificate) error { registration.see(c); return nil }),
		each(src, rights.KindListing, func(l *rights.Listing) error {
			if l.ProductID == "" {
				return nil
			}
			if listed(l, false, everywhere) {
				trading.see(l)
				if l.Zone == "ZoneXinchuang" {
					xinchuang.see(l)
				}
			}
			return nil
		}),
		each(src, rights.KindAlert, func(a *rights.Alert) error { supervision.see(a); return nil }),
		each(src, rights.KindMeasure, func(m *rights.Measure) error { supervision.see(m); return nil }),
		each(src, rights.KindCryptoProfile, func(c *rights.CryptoProfile) error { crypto.see(c); return nil }),
	} {
		if err != nil {
			return Value{}, err
		}
	}
	var t tally
	var inUse int64
	for _, p := range []struct {
		name  string
		first earliest
	}{{"governance", governance}, {"custody", custody}, {"fusion", fusion}, {"registration", registration}, {"trading", trading}, {"supervision", supervision}, {"crypto", crypto}, {"xinchuang", xinchuang}} {
		yes := p.first.in.ID != ""
		t.part(p.name).ValueInt = one(yes)
		if !yes {
			continue
		}
		inUse++
		t.inputs = append(t.inputs, p.first.in)
	}
	return t.value(inUse)
}
