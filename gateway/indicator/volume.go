package indicator

import (
	"fmt"
	"iter"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// Settled is a settlement with the trade it pays and its amounts, which are
// private to the parties, the exchange and the regulator.
type Settled struct {
	Settlement *rights.Settlement
	Trade      *rights.Trade
	Amounts    rights.SettlementAmounts
}

// Period is a run of civil days, both ends in it. An empty From is the
// beginning: a cumulative window.
type Period struct{ From, To string }

// Year is a calendar year.
func Year(y int) Period { return Period{fmt.Sprintf("%04d-01-01", y), fmt.Sprintf("%04d-12-31", y)} }

func (p Period) holds(day string) bool { return day != "" && p.From <= day && day <= p.To }

// Volume says which settlements are counted.
type Volume struct {
	Period     Period
	LocalVenue string          // when set, only trades on this exchange (IN-02)
	Zone       string          // when set, only trades of this zone (IN-14)
	Washed     map[string]bool // trades in a confirmed AL-WASH
}

// venueOnExchange marks trades made on an exchange.
const venueOnExchange = "VenueOnExchange"

// paidStates are those of a settlement whose money has moved.
var paidStates = []rights.State{rights.StatePaid, rights.StateDistributed, rights.StateConfirmed, rights.StateRefunded}

// counts applies the counting rules of 6.1: paid in the period, not refunded
// away before being counted net, the trade not terminated before the payment
// and no wash trade.
func (v *Volume) counts(s *Settled) bool {
	switch {
	case !slices.Contains(paidStates, s.Settlement.State), !v.Period.holds(s.Settlement.PaidOn), v.Washed[s.Trade.ID]:
		return false
	case s.Trade.State == rights.StateTerminated && rights.CivilDate(s.Trade.EndedAt) < s.Settlement.PaidOn:
		return false
	case v.LocalVenue != "" && (s.Trade.Venue != venueOnExchange || s.Trade.VenueID != v.LocalVenue):
		return false
	}
	return v.Zone == "" || s.Trade.Zone == v.Zone
}

// Sum is the net volume under a code: IN-01Y and IN-01C by the period, IN-02
// with the local venue, IN-14 with the zone.
func (v *Volume) Sum(code string, settled iter.Seq2[*Settled, error]) (Value, error) {
	inputs, _, err := v.inputs(code, settled)
	if err != nil {
		return Value{}, err
	}
	return sum(code, inputs)
}

// RelatedShare is SI-14: the part of the volume between parties of one group.
func (v *Volume) RelatedShare(settled iter.Seq2[*Settled, error]) (Value, error) {
	const code = "SI-14"
	inputs, related, err := v.inputs(code, settled)
	if err != nil {
		return Value{}, err
	}
	all, err := sum(code, slices.Clone(inputs))
	if err != nil {
		return Value{}, err
	}
	part, err := sum(code, related)
	if err != nil {
		return Value{}, err
	}
	return ratio(code, part.ValueInt, all.ValueInt, inputs)
}

func (v *Volume) inputs(code string, settled iter.Seq2[*Settled, error]) (all, related []Input, err error) {
	for s, err := range settled {
		if err != nil {
			return nil, nil, fmt.Errorf("couldn't read the settlements of %s: %w", code, err)
		}
		if !v.counts(s) {
			continue
		}
		net := s.Amounts.GrossFen - s.Amounts.RefundedFen
		if s.Amounts.GrossFen < 0 || s.Amounts.RefundedFen < 0 || net < 0 {
			return nil, nil, fmt.Errorf("settlement %s refunds %d of %d fen (G-6)", s.Settlement.ID, s.Amounts.RefundedFen, s.Amounts.GrossFen)
		}
		in := Input{ID: s.Settlement.ID, Version: s.Settlement.Version, Amount: net}
		all = append(all, in)
		if s.Settlement.RelatedParty || s.Trade.RelatedParty {
			related = append(related, in)
		}
	}
	return all, related, nil
}

// WashTrades lists the trades that confirmed alerts AL-WASH are about: their
// targets and their facts.
func WashTrades(alerts iter.Seq2[*rights.Alert, error]) (map[string]bool, error) {
	trades := map[string]bool{}
	for al, err := range alerts {
		if err != nil {
			return nil, fmt.Errorf("couldn't read the alerts: %w", err)
		}
		if al.RuleCode != "AL-WASH" || !found(al) {
			continue
		}
		for _, id := range append([]string{al.TargetID}, recordsOf(al.FactRefs)...) {
			if len(id) > 3 && id[:3] == string(rights.KindTrade)+"-" {
				trades[id] = true
			}
		}
	}
	return trades, nil
}

// found reports whether an alert was confirmed and the finding still stands.
func found(al *rights.Alert) bool {
	switch al.State {
	case rights.StateConfirmed, rights.StateDisposed, rights.StateClosed:
		return true
	}
	return false
}
