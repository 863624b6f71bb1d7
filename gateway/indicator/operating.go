package indicator

import (
	"slices"
	"strconv"

	"github.com/datarights/datarights/chaincode/rights"
)

// The operating indicators (6.2).

func number(n int64) string { return strconv.FormatInt(n, 10) }

// inBeing: a certificate that was adjusted is as good as one that was not.
func inBeing(c *rights.Certificate) bool {
	return c.State == rights.StateValid || c.State == rights.StateAdjusted
}

// certificatesValid is OP-01; its parts are by right kind.
func certificatesValid(src Source, ask Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindCertificate, func(c *rights.Certificate) error {
		if !inBeing(c) || c.ValidTo <= ask.AsOf {
			return nil
		}
		t.add(c, 1)
		var kinds []rights.RightKind
		for _, r := range c.Rights {
			if !slices.Contains(kinds, r.Kind) {
				kinds = append(kinds, r.Kind)
				t.part(string(r.Kind)).ValueInt++
			}
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.sum()
}

// recorded reports whether a case was recorded in the period.
func recorded(c *rights.Case, ask Ask) bool {
	return c.State == rights.StateRecorded && ask.Period.holdsAt(c.EndedAt)
}

// registrationDays is OP-02: the median of the working days from acceptance to
// the record, less those that the clock stood still. A profile for
// demonstrations counts its pauses in seconds, of which none makes a day.
func registrationDays(src Source, ask Ask) (Value, error) {
	days, err := readCalendars(src)
	if err != nil {
		return Value{}, err
	}
	var t tally
	var all []int64
	err = each(src, rights.KindCase, func(c *rights.Case) error {
		if !recorded(c, ask) || c.AcceptedAt == 0 {
			return nil
		}
		n, err := days.between(c.AcceptedAt, c.EndedAt)
		if err != nil {
			return err
		}
		p, err := find[rights.RuleProfile](src, rights.KindProfile, c.RuleProfileVer)
		if err != nil {
			return err
		}
		if p == nil || !p.Demo() {
			n = max(0, n-c.PausedDays)
		}
		all = append(all, n)
		t.add(c, n)
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	return t.value(median(all))
}

// firstPass is OP-03. That a correction was asked for is in the history alone.
func firstPass(src Source, ask Ask) (Value, error) {
	var t tally
	err := each(src, rights.KindCase, func(c *rights.Case) error {
		if !recorded(c, ask) {
			return nil
		}
		corrected, err := was(src, rights.KindCase, c.ID, rights.StateCorrectionRequired)
		t.share(c, !corrected)
		return err
	})
	if err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// was reports whether a record has been in a state.
func was(src Source, kind rights.Kind, id string, state rights.State) (bool, error) {
	versions, err := src.History(kind, id)
	if err != nil {
		return false, err
	}
	for _, raw := range versions {
		if stateOf(raw) == state {
			return true, nil
		}
	}
	return false, nil
}

// objectionsUpheld is OP-04: of the objections decided, those upheld, in notice
// and after registration. Beside it: objections filed to notices begun.
func objectionsUpheld(src Source, ask Ask) (Value, error) {
	var t tally
	filed := t.part("objections/notices")
	if err := each(src, rights.KindObjection, func(o *rights.Objection) error {
		filed.Num += one(o.Stage == "InNotice" && ask.Period.holdsAt(o.FiledAt))
		if decided := max(o.DecidedAt, o.ConcludedAt); ask.Period.holdsAt(decided) && (o.Outcome != "" || o.State == rights.StateObjUpheld || o.State == rights.StateObjDismissed) {
			t.share(o, o.Outcome == "Change" || o.Outcome == "Cancel" || o.State == rights.StateObjUpheld)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	if err := each(src, rights.KindCase, func(c *rights.Case) error {
		filed.Den += one(ask.Period.holdsAt(c.NoticeStartAt))
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// listingsTraded is OP-05, over every listing that ever was open.
func listingsTraded(src Source, ask Ask) (Value, error) {
	traded := map[string]bool{}
	if err := each(src, rights.KindTrade, func(t *rights.Trade) error {
		if t.ListingID != "" && t.SettledAt > 0 {
			traded[t.ListingID] = true
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	var t tally
	if err := each(src, rights.KindListing, func(l *rights.Listing) error {
		switch l.State {
		case rights.StateSubmitted, rights.StateRejected:
			return nil
		}
		if ask.in(l.RegionCode) {
			t.share(l, traded[l.ID])
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// publicSupply is OP-06: of the public resources with a registration code, those
// in a grant that is in force.
func publicSupply(src Source, ask Ask) (Value, error) {
	granted := map[string]bool{}
	if err := each(src, rights.KindGrant, func(g *rights.Grant) error {
		if g.State == rights.StateEffective && g.ValidFrom <= ask.AsOf && ask.AsOf < g.ValidTo {
			for _, r := range g.Resources {
				granted[r.ResourceID] = true
			}
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	var t tally
	if err := each(src, rights.KindResource, func(r *rights.Resource) error {
		if r.State == rights.StateCatalogued && r.PublicRegCode != "" && ask.in(r.RegionCode) {
			t.share(r, granted[r.ID])
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.ratio()
}

// meteredUse is OP-07: its parts, one for each unit and scenario, are what it
// says; that the value adds up units of any kind is no more than a tally. A
// corrected record counts as corrected.
func meteredUse(src Source, ask Ask) (Value, error) {
	corrected := map[string]bool{}
	if err := each(src, rights.KindMeter, func(m *rights.Meter) error {
		if m.Adjusts != "" {
			corrected[m.Adjusts] = true
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	scenarios := map[string]string{} // of permits
	var t tally
	err := each(src, rights.KindMeter, func(m *rights.Meter) error {
		if corrected[m.ID] || !ask.Period.holdsAt(m.PeriodTo-1) {
			return nil
		}
		scenario, known := scenarios[m.PermitID]
		if !known {
			u, err := find[rights.Permit](src, rights.KindPermit, m.PermitID)
			if err != nil {
				return err
			}
			if u != nil {
				scenario = u.ScenarioID
			}
			scenarios[m.PermitID] = scenario
		}
		var total int64
		for _, q := range m.Items {
			p := t.part(q.Unit + "/" + scenario)
			var fits, fit bool
			p.ValueInt, fits = plus(p.ValueInt, q.Qty)
			if total, fit = plus(total, q.Qty); !fits || !fit {
				return ErrOverflow
			}
		}
		t.add(m, total)
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	return t.sum()
}

// pledgedOutstanding is OP-08.
func pledgedOutstanding(src Source, _ Ask) (Value, error) {
	var t tally
	err := each(src, rights.KindPledge, func(p *rights.Pledge) error {
		if p.State != rights.StateRegistered && p.State != rights.StateEnforcing {
			return nil
		}
		a, err := amounts[rights.PledgeAmounts](src, rights.KindPledge, p.ID)
		switch {
		case err != nil:
			return err
		case a == nil:
			t.missing++
		default:
			t.add(p, a.MaxSecuredFen)
		}
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	return t.sum()
}

// onBalanceSheets is OP-09: the closing amounts of the last record of each line
// of records, with the number of enterprises beside it.
func onBalanceSheets(src Source, ask Ask) (Value, error) {
	inForce := func(a *rights.Accounting) bool {
		return (a.State == rights.StateRecorded || a.State == rights.StateAudited) && a.PeriodEnd <= ask.day()
	}
	followed := map[string]bool{}
	if err := each(src, rights.KindAccounting, func(a *rights.Accounting) error {
		if a.PreviousID != "" && a.PeriodEnd <= ask.day() {
			followed[a.PreviousID] = true // derecognised too: then nothing is left of it
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	var t tally
	firms := map[string]bool{}
	err := each(src, rights.KindAccounting, func(r *rights.Accounting) error {
		if !inForce(r) || followed[r.ID] {
			return nil
		}
		firms[r.EnterpriseID] = true
		a, err := amounts[rights.AccountingAmounts](src, rights.KindAccounting, r.ID)
		switch {
		case err != nil:
			return err
		case a == nil:
			t.missing++
		default:
			t.add(r, a.ClosingFen)
		}
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	t.part("enterprises").ValueInt = int64(len(firms))
	return t.sum()
}

// daySeconds makes days of seconds.
const daySeconds = 24 * 3600

// disputesSettled is OP-10: of the disputes accepted in the period, those the
// parties settled in mediation; beside it the median days of those that ended.
func disputesSettled(src Source, ask Ask) (Value, error) {
	var t tally
	var days []int64
	if err := each(src, rights.KindDispute, func(d *rights.Dispute) error {
		if !ask.Period.holdsAt(d.AcceptedAt) {
			return nil
		}
		settled := d.State == rights.StateSettled || d.State == rights.StateExecuted && d.OutcomeHash == ""
		t.share(d, settled)
		if d.EndedAt > 0 {
			days = append(days, (d.EndedAt-d.AcceptedAt)/daySeconds)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	t.part("medianDays").ValueInt = median(days)
	return t.ratio()
}

// demandsMatched is OP-12, over the demands posted in the period.
func demandsMatched(src Source, ask Ask) (Value, error) {
	var t tally
	if err := each(src, rights.KindDemand, func(d *rights.Demand) error {
		if ask.Period.holdsAt(d.CreatedAt) && ask.in(d.RegionCode) {
			t.share(d, len(d.MatchedListingIDs) > 0)
		}
		return nil
	}); err != nil {
		return Value{}, err
	}
	return t.ratio()
}
