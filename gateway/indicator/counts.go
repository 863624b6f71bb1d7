package indicator

import (
	"iter"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// recordsOf are the records of facts id@version.
func recordsOf(facts []string) []string {
	ids := make([]string, len(facts))
	for i, f := range facts {
		ids[i], _, _ = strings.Cut(f, "@")
	}
	return ids
}

// Listed is IN-03: the distinct products of listings. Now counts those listed
// at this time (IN-03L), else those ever listed (IN-03E). TagOf names the
// MatchTag of a listing's product version, empty where it has none; products of
// one tag are one.
func Listed(code string, listings iter.Seq2[*rights.Listing, error], now bool, at int64, tagOf func(*rights.Listing) string) (Value, error) {
	return Count(code, listings, func(l *rights.Listing) (string, bool) {
		if !listed(l, now, at) {
			return "", false
		}
		if tag := tagOf(l); tag != "" {
			return tag, true
		}
		return l.ProductID, l.ProductID != ""
	})
}

// Categories is IN-03K: the distinct product types, industry divisions and
// fields listed now.
func Categories(listings iter.Seq2[*rights.Listing, error], at int64, fieldOf func(*rights.Listing) string) (Value, error) {
	return Count("IN-03K", listings, func(l *rights.Listing) (string, bool) {
		division := l.IndustryCode[:min(3, len(l.IndustryCode))]
		return l.ProductType + "\n" + division + "\n" + fieldOf(l), listed(l, true, at)
	})
}

// listed: a listing that was ever open has left the states before.
func listed(l *rights.Listing, now bool, at int64) bool {
	if now {
		return l.State == rights.StateListed && l.ValidFrom <= at && at < l.ValidTo
	}
	switch l.State {
	case rights.StateListed, rights.StatePaused, rights.StateSuspended, rights.StateDelisted, rights.StateExpired:
		return true
	}
	return false
}

// cityPrefix begins the region codes of the city.
const cityPrefix = "3209"

// LocalEnterprises is IN-04; with a second look at each, IN-04S.
func LocalEnterprises(code string, participants iter.Seq2[*rights.Participant, error], strict func(*rights.Participant) bool) (Value, error) {
	return Count(code, participants, func(p *rights.Participant) (string, bool) {
		ok := p.State == rights.StateActive && p.Origin == "Local" && slices.Contains(p.Tags, rights.TagDataElementEnterprise) && strings.HasPrefix(p.RegionCode, cityPrefix)
		return p.USCC, ok && (strict == nil || strict(p))
	})
}

// IntroducedVendors is IN-05; with a second look at each, IN-05A.
func IntroducedVendors(code string, participants iter.Seq2[*rights.Participant, error], day string, active func(*rights.Participant) bool) (Value, error) {
	return Count(code, participants, func(p *rights.Participant) (string, bool) {
		ok := p.State == rights.StateActive && p.Origin == "Introduced" && slices.Contains(p.Roles, rights.RoleVendor) && p.SettledOn != "" && p.SettledOn <= day
		return p.USCC, ok && (active == nil || active(p))
	})
}

// Landed is IN-06, and IN-07 by region or zone.
func Landed(code string, scenarios iter.Seq2[*rights.Scenario, error], day string, where func(*rights.Scenario) bool) (Value, error) {
	return Count(code, scenarios, func(sc *rights.Scenario) (string, bool) {
		ok := sc.Kind == rights.ScenarioAuthorised && sc.State == rights.StateLanded && sc.LandedOn <= day
		return sc.ID, ok && (where == nil || where(sc))
	})
}

// Typical is IN-09: what entered the library in a year and was not taken out by
// its end.
func Typical(scenarios iter.Seq2[*rights.Scenario, error], year Period) (Value, error) {
	return Count("IN-09", scenarios, func(sc *rights.Scenario) (string, bool) {
		return sc.ID, sc.Kind == rights.ScenarioTypical && year.holds(sc.IncludedOn) && (sc.RemovedOn == "" || sc.RemovedOn > year.To)
	})
}

// Policies is IN-10: of the four kinds of documents, those issued by the day.
func Policies(docs iter.Seq2[*rights.PolicyDoc, error], day string) (Value, error) {
	return Count("IN-10", docs, func(d *rights.PolicyDoc) (string, bool) {
		return d.Kind, d.IssuedOn <= day && slices.Contains([]string{"AssetRegistration", "AuthorisedOperation", "Trading", "SecurityNorm"}, d.Kind)
	})
}

// Confirmed counts confirmed alerts: SI-06 of AL-RAW-EXPORT; SI-10 of any rule
// with a form of illegal secondary trade.
func Confirmed(code string, alerts iter.Seq2[*rights.Alert, error], counts func(*rights.Alert) bool) (Value, error) {
	return Count(code, alerts, func(al *rights.Alert) (string, bool) { return al.ID, found(al) && counts(al) })
}

// OverdueCopies is SI-07: of the copies whose term has ended, those still held
// past their destruction day.
func OverdueCopies(copies iter.Seq2[*rights.Copy, error], at int64) (Value, error) {
	return Share("SI-07", copies,
		func(c *rights.Copy) bool { return !c.AccessOnly && c.HoldUntil > 0 && c.HoldUntil <= at },
		func(c *rights.Copy) bool {
			return c.State == rights.StateHeld && c.DestroyDueAt > 0 && c.DestroyDueAt <= at
		})
}

// AlertsInTime is SI-12: of the alerts acknowledged or due, those acknowledged
// in time. Severity empty is all.
func AlertsInTime(alerts iter.Seq2[*rights.Alert, error], severity string, at int64) (Value, error) {
	return Share("SI-12", alerts,
		func(al *rights.Alert) bool {
			return (severity == "" || al.Severity == severity) && al.DueAt > 0 && (al.AckedAt > 0 || al.DueAt <= at)
		},
		func(al *rights.Alert) bool { return al.AckedAt > 0 && al.AckedAt <= al.DueAt })
}

// Compliance is SI-13: of the measures served with a day, those complied with by
// it.
func Compliance(measures iter.Seq2[*rights.Measure, error]) (Value, error) {
	return Share("SI-13", measures,
		func(sm *rights.Measure) bool { return sm.ServedAt > 0 && sm.DueOn != "" },
		func(sm *rights.Measure) bool { return sm.CompliedAt > 0 && rights.CivilDate(sm.CompliedAt) <= sm.DueOn })
}

// UnexplainedDuplicates is SI-20: alerts AL-REG-DUP that are open.
func UnexplainedDuplicates(alerts iter.Seq2[*rights.Alert, error]) (Value, error) {
	return Count("SI-20", alerts, func(al *rights.Alert) (string, bool) {
		return al.ID, al.RuleCode == "AL-REG-DUP" && al.State != rights.StateDismissed && al.State != rights.StateClosed
	})
}
