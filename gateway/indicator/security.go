package indicator

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// The security supervision indicators (6.3).

func stateOf(raw json.RawMessage) rights.State {
	var head struct {
		State rights.State `json:"state"`
	}
	_ = json.Unmarshal(raw, &head)
	return head.State
}

// gradingCoverage is SI-01: what is suspended is still in the catalogue.
func gradingCoverage(src Source, ask Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindResource, func(r *rights.Resource) error {
		if (r.State == rights.StateCatalogued || r.State == rights.StateSuspended) && ask.in(r.RegionCode) {
			t.share(r, r.GradeReport.Hash != "" && (r.GradeReport.ExpiresOn == "" || r.GradeReport.ExpiresOn >= ask.day()))
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// deliveries is the share of the deliveries sent in the period, of a grade and a
// mode, that are good.
func deliveries(src Source, ask Ask, grade int64, of, good func(*rights.Delivery) bool) (Value, error) {
	var t tally
	err := each(src, rights.KindDelivery, func(d *rights.Delivery) error {
		if !ask.Period.holdsAt(d.SentAt) || !of(d) {
			return nil
		}
		p, err := find[rights.Product](src, rights.KindProduct, d.ProductID)
		if err != nil {
			return err
		}
		if p != nil && p.Grade >= grade {
			t.share(d, good(d))
		}
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// fingerprintCoverage is SI-04: content that leaves, of grade 2 and above, with
// a fingerprint committed to and attested by a platform.
func fingerprintCoverage(src Source, ask Ask) (Value, error) {
	return deliveries(src, ask, 2, func(d *rights.Delivery) bool { return d.Mode == "EncryptedFile" || d.Mode == "OnSite" },
		func(d *rights.Delivery) bool { return d.FingerprintCommit != "" && d.WatermarkAttest != nil })
}

// controlledEnvironments is SI-05: TEE, MPC and FL are one mode of delivery.
func controlledEnvironments(src Source, ask Ask) (Value, error) {
	return deliveries(src, ask, 3, func(*rights.Delivery) bool { return true },
		func(d *rights.Delivery) bool { return d.Mode == "PrivacyCompute" || d.Mode == "Sandbox" })
}

// alerts counts alerts raised in the period.
func alerts(src Source, ask Ask, counts func(*tally, *rights.Alert) (bool, error)) (*tally, error) {
	t := &tally{}
	return t, each(src, rights.KindAlert, func(al *rights.Alert) error {
		if !ask.Period.holdsAt(al.RaisedAt) {
			return nil
		}
		yes, err := counts(t, al)
		if yes {
			t.add(al, 1)
		}
		return err
	})
}

func rawExports(src Source, ask Ask) (Value, error) {
	t, err := alerts(src, ask, func(_ *tally, al *rights.Alert) (bool, error) {
		return al.RuleCode == "AL-RAW-EXPORT" && confirmed(al), nil
	})
	if err != nil {
		return Value{}, err
	}
	return t.sum()
}

// overdueCopies is SI-07: of the copies whose term has ended, those still held
// past their destruction day.
func overdueCopies(src Source, ask Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindCopy, func(c *rights.Copy) error {
		if !c.AccessOnly && c.HoldUntil > 0 && c.HoldUntil <= ask.AsOf {
			t.share(c, c.State == rights.StateHeld && c.DestroyDueAt > 0 && c.DestroyDueAt <= ask.AsOf)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// meteringContinuity is SI-08: a gap is what the ledger raises AL-METER-GAP for,
// more missing between two periods than the profile's number of them.
func meteringContinuity(src Source, ask Ask) (Value, error) {
	var t tally
	err := each(src, rights.KindPermit, func(u *rights.Permit) error {
		if !active(u, ask) {
			return nil
		}
		gap, err := gapIn(src, u)
		t.share(u, !gap)
		return err
	})
	if err != nil {
		return Value{}, err
	}
	return t.ratio()
}

func active(u *rights.Permit, ask Ask) bool {
	return u.State == rights.StateActive && u.ValidFrom <= ask.AsOf && ask.AsOf < u.ValidTo
}

func gapIn(src Source, u *rights.Permit) (bool, error) {
	type period struct{ from, to rights.UnixSec }
	var periods []period
	err := each(src, rights.KindMeter, func(m *rights.Meter) error {
		if m.Adjusts == "" {
			periods = append(periods, period{m.PeriodFrom, m.PeriodTo})
		}
		return nil
	}, "permitId", u.ID)
	if err != nil {
		return false, err
	}
	allowed, err := parameter(src, u.RuleProfileVer, rights.ParamMeterGapPeriods, 0)
	if err != nil {
		return false, err
	}
	slices.SortFunc(periods, func(a, b period) int { return cmp.Compare(a.from, b.from) })
	last := u.ValidFrom
	for _, p := range periods {
		if p.from-last > allowed*(p.to-p.from) {
			return true, nil
		}
		last = max(last, p.to)
	}
	return false, nil
}

// quotaBreaches is SI-09: reports refused for their quota to permits in use. A
// refusal leaves nothing on the ledger but the alert that the platform raises,
// citing E_QUOTA, or E_BATCH where one report of many was too much.
func quotaBreaches(src Source, ask Ask) (Value, error) {
	t, err := alerts(src, ask, func(t *tally, al *rights.Alert) (bool, error) {
		refused := al.RuleCode == "AL-QUOTA" && al.Refusal != ""
		t.num += one(refused)
		return refused, nil
	})
	if err == nil {
		err = each(src, rights.KindPermit, func(u *rights.Permit) error {
			if active(u, ask) {
				t.den++
				t.add(u, 0)
			}
			return nil
		})
	}
	if err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// resaleCases is SI-10: its parts are by form of illegal secondary trade, and
// the median days from the alert to its measure.
func resaleCases(src Source, ask Ask) (Value, error) {
	var days []int64
	t, err := alerts(src, ask, func(t *tally, al *rights.Alert) (bool, error) {
		if al.IRCode == "" || !confirmed(al) {
			return false, nil
		}
		t.part(al.IRCode).ValueInt++
		sm, err := find[rights.Measure](src, rights.KindMeasure, al.MeasureID)
		if sm != nil && sm.CreatedAt >= al.RaisedAt {
			days = append(days, (sm.CreatedAt-al.RaisedAt)/daySeconds)
		}
		return true, err
	})
	if err != nil {
		return Value{}, err
	}
	t.part("medianDaysToMeasure").ValueInt = median(days)
	return t.sum()
}

// lostBasis is SI-11: what goes by its state is in force and, by the predicate,
// is not.
func lostBasis(src Source, ask Ask) (Value, error) {
	var t tally
	lost := func(r rights.Record, name string, ids ...string) error {
		h := rights.HeadOf(r)
		for _, id := range ids {
			ok, err := effective(src, id, ask.AsOf, h.RuleProfileVer)
			if err != nil {
				return err
			}
			if !ok {
				t.add(r, 1)
				t.part(name).ValueInt++
				break
			}
		}
		return nil
	}
	for _, err := range []error{
		each(src, rights.KindListing, func(l *rights.Listing) error {
			if l.State != rights.StateListed {
				return nil
			}
			return lost(l, "listings", l.ID)
		}),
		each(src, rights.KindPermit, func(u *rights.Permit) error {
			if u.State != rights.StateActive {
				return nil
			}
			return lost(u, "permits", u.ID)
		}),
		each(src, rights.KindPledge, func(p *rights.Pledge) error {
			if p.State != rights.StateRegistered {
				return nil
			}
			var held []string
			for _, id := range p.RightIDs {
				if !slices.Contains(p.ReleasedIDs, id) {
					held = append(held, id)
				}
			}
			return lost(p, "pledges", held...)
		}),
	} {
		if err != nil {
			return Value{}, err
		}
	}
	return t.sum()
}

// alertsInTime is SI-12: of the alerts raised in the period and acknowledged or
// due, those acknowledged in time; its parts are by severity.
func alertsInTime(src Source, ask Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindAlert, func(al *rights.Alert) error {
		if ask.Period.holdsAt(al.RaisedAt) && al.DueAt > 0 && (al.AckedAt > 0 || al.DueAt <= ask.AsOf) {
			inTime := al.AckedAt > 0 && al.AckedAt <= al.DueAt
			t.share(al, inTime)
			t.partShare(al.Severity, inTime)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// measuresComplied is SI-13: of the measures served in the period with a day,
// those complied with by it.
func measuresComplied(src Source, ask Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindMeasure, func(sm *rights.Measure) error {
		if ask.Period.holdsAt(sm.ServedAt) && sm.DueOn != "" && sm.State != rights.StateAnnulled {
			t.share(sm, sm.CompliedAt > 0 && rights.CivilDate(sm.CompliedAt) <= sm.DueOn)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// cryptoConformity is SI-15: of the signed papers of cases, grade reports and
// opinions, those signed with an algorithm of the profile in force when the
// record they came with was made. Commands themselves are SM2 or are refused.
func cryptoConformity(src Source, _ Ask) (Value, error) {
	var profiles []*rights.CryptoProfile
	if err := each(src, rights.KindCryptoProfile, func(c *rights.CryptoProfile) error {
		profiles = append(profiles, c)
		return nil
	}); err != nil {
		return Value{}, err
	}
	slices.SortFunc(profiles, func(a, b *rights.CryptoProfile) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Ver, b.Ver))
	})
	allowed := func(alg string, at rights.UnixSec) bool {
		for _, p := range slices.Backward(profiles) {
			if p.From <= at {
				return slices.Contains(p.Algorithms, alg)
			}
		}
		return false
	}
	var t tally
	see := func(r rights.Record, papers ...*rights.Evidence) error {
		var signed, good int64
		for _, p := range papers {
			if p != nil && p.SignAlg != "" {
				signed++
				good += one(allowed(p.SignAlg, rights.HeadOf(r).CreatedAt))
			}
		}
		if signed > 0 {
			t.den += signed
			t.num += good
			t.add(r, good)
		}
		return nil
	}
	for _, err := range []error{
		each(src, rights.KindCase, func(c *rights.Case) error {
			papers := make([]*rights.Evidence, len(c.Papers))
			for i := range c.Papers {
				papers[i] = &c.Papers[i]
			}
			return see(c, papers...)
		}),
		each(src, rights.KindResource, func(r *rights.Resource) error { return see(r, &r.GradeReport) }),
		each(src, rights.KindProduct, func(p *rights.Product) error { return see(p, p.GradeReport, p.ComplianceOpinion) }),
	} {
		if err != nil {
			return Value{}, err
		}
	}
	return t.ratio()
}

// personalExposure is SI-16: listed products, each once, whose personal
// information is neither none nor made unrecognisable.
func personalExposure(src Source, ask Ask) (Value, error) {
	products := newKin()
	err := each(src, rights.KindListing, func(l *rights.Listing) error {
		if !listed(l, true, ask) {
			return nil
		}
		p, err := find[rights.Product](src, rights.KindProduct, l.ProductID)
		if err != nil || p == nil || p.PI == "" || slices.Contains([]string{"None", "Anonymised", "Deidentified"}, p.PI) {
			return err
		}
		products.add(inputOf(l, 1), p.ID)
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	return (&tally{inputs: products.inputs()}).sum()
}

// grantDiscipline is SI-17, over the permits that were given under a grant. A
// grant of a whole or of a domain that names no scenarios has none to leave.
func grantDiscipline(src Source, _ Ask) (Value, error) {
	var t tally
	err := each(src, rights.KindPermit, func(u *rights.Permit) error {
		if u.BasisType != "BasisGrant" || u.State == rights.StateRequested || u.State == rights.StateDenied {
			return nil
		}
		g, err := find[rights.Grant](src, rights.KindGrant, u.BasisID)
		if err != nil {
			return err
		}
		t.share(u, g != nil && (len(g.ScenarioIDs) == 0 && g.Mode != "Scenario" || slices.Contains(g.ScenarioIDs, u.ScenarioID)))
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// disclosuresOnTime is SI-18: for each year a grant was in force its report is
// due by the profile's month of the next one (3.21); of those due in the period,
// the ones that were filed by then.
func disclosuresOnTime(src Source, ask Ask) (Value, error) {
	var t tally
	err := each(src, rights.KindGrant, func(g *rights.Grant) error {
		if g.EffectiveAt == 0 {
			return nil
		}
		month, err := parameter(src, g.RuleProfileVer, rights.ParamDisclosureMonth, 3)
		if err != nil {
			return err
		}
		filed := map[int64]bool{}
		if err := each(src, rights.KindDisclosure, func(d *rights.Disclosure) error {
			filed[d.Year] = !d.Late
			return nil
		}, "grantId", g.ID); err != nil {
			return err
		}
		last := yearOf(ask.AsOf)
		if g.EndedAt > 0 {
			last = min(last, yearOf(g.EndedAt))
		}
		var due, onTime int64
		for year := yearOf(g.EffectiveAt); year <= last; year++ {
			day := time.Date(int(year)+1, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			if ask.Period.holds(day) {
				due++
				onTime += one(filed[year])
			}
		}
		if due > 0 {
			t.den += due
			t.num += onTime
			t.add(g, onTime)
		}
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	return t.ratio()
}

func yearOf(t rights.UnixSec) int64 {
	var year int64
	for _, digit := range strings.SplitN(rights.CivilDate(t), "-", 2)[0] {
		year = year*10 + int64(digit-'0')
	}
	return year
}

// reportsRefuted is SI-19: of the reports ever issued, those refuted since; its
// parts are by institution.
func reportsRefuted(src Source, _ Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindEvaluation, func(e *rights.Evaluation) error {
		if e.IssuedAt > 0 {
			t.share(e, e.Refuted)
			t.partShare(e.EvaluatorID, e.Refuted)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// duplicatesUnexplained is SI-20: duplicates nobody has accounted for yet.
func duplicatesUnexplained(src Source, _ Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindAlert, func(al *rights.Alert) error {
		if al.RuleCode == "AL-REG-DUP" && al.State != rights.StateDismissed && al.State != rights.StateClosed {
			t.add(al, 1)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.sum()
}
