package indicator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// payment is a settlement whose money has moved, with the trade it pays and what
// is left of it: its amounts are private to the parties, the exchange and the
// regulator.
type payment struct {
	settlement *rights.Settlement
	trade      *rights.Trade
	amounts    *rights.SettlementAmounts
	net        int64 // gross less what was paid back by then
}

// volume says which payments are counted (6.1).
type volume struct {
	onExchange bool   // only trades on the local exchange (IN-02); peers' are not (MR-3)
	zone       string // when set, only trades of this zone (IN-14)
}

// The words of trades.
const (
	venueOnExchange = "VenueOnExchange"
	zoneNewEnergy   = "ZoneNewEnergy"
)

// paidStates are those of a settlement whose money has moved.
var paidStates = []rights.State{rights.StatePaid, rights.StateDistributed, rights.StateConfirmed, rights.StateRefunded}

// each visits the payments that count: paid in the period, the trade not
// terminated before the payment and in no confirmed wash. It returns how many
// more there are whose amounts are kept no more.
func (v volume) each(src Source, ask Ask, visit func(payment) error) (missing int64, err error) {
	washed, err := washTrades(src)
	if err != nil {
		return 0, err
	}
	local, err := localExchanges(src)
	if err != nil {
		return 0, err
	}
	err = each(src, rights.KindSettlement, func(s *rights.Settlement) error {
		if !slices.Contains(paidStates, s.State) || !ask.Period.holds(s.PaidOn) || washed[s.TradeID] {
			return nil
		}
		t, err := find[rights.Trade](src, rights.KindTrade, s.TradeID)
		if err != nil {
			return err
		}
		switch {
		case t == nil:
			return fmt.Errorf("the trade %s of settlement %s is not there", s.TradeID, s.ID)
		case t.State == rights.StateTerminated && rights.CivilDate(t.EndedAt) < s.PaidOn:
			return nil
		case v.onExchange && (t.Venue != venueOnExchange || !local[t.VenueID]), v.zone != "" && t.Zone != v.zone:
			return nil
		}
		a, err := amounts[rights.SettlementAmounts](src, rights.KindSettlement, s.ID)
		if err != nil {
			return err
		}
		if a == nil {
			missing++
			return nil
		}
		refunded := a.RefundedFen
		for _, r := range a.Refunds {
			if r.At > ask.AsOf { // the collection keeps no history, its refunds have their times
				refunded -= r.AmountFen
			}
		}
		if a.GrossFen < 0 || refunded < 0 || refunded > a.GrossFen {
			return fmt.Errorf("settlement %s refunds more than it was, or less than nothing (G-6)", s.ID)
		}
		return visit(payment{s, t, a, a.GrossFen - refunded})
	})
	return missing, err
}

// sum is the net volume.
func (v volume) sum(src Source, ask Ask) (t tally, err error) {
	t.missing, err = v.each(src, ask, func(p payment) error {
		t.add(p.settlement, p.net)
		return nil
	})
	return t, err
}

func netVolume(v volume) func(Source, Ask) (Value, error) {
	return func(src Source, ask Ask) (Value, error) {
		t, err := v.sum(src, ask)
		if err != nil {
			return Value{}, err
		}
		return t.sum()
	}
}

// newEnergy is IN-14: IN-01 in the zone, with IN-02 and IN-03 of the zone beside
// it.
func newEnergy(src Source, ask Ask) (Value, error) {
	t, err := volume{zone: zoneNewEnergy}.sum(src, ask)
	if err != nil {
		return Value{}, err
	}
	inside, err := volume{zone: zoneNewEnergy, onExchange: true}.sum(src, ask)
	if err != nil {
		return Value{}, err
	}
	onExchange, err := inside.sum()
	if err != nil {
		return Value{}, err
	}
	products, err := listedProducts(src, ask, true, zoneNewEnergy)
	if err != nil {
		return Value{}, err
	}
	t.part("IN-02").ValueInt = onExchange.ValueInt
	t.part("IN-03L").ValueInt = int64(len(products))
	return t.sum()
}

// relatedShare is SI-14: the part of the volume between parties of one group.
func relatedShare(src Source, ask Ask) (Value, error) {
	var t tally
	missing, err := volume{}.each(src, ask, func(p payment) error {
		var ok bool
		if t.den, ok = plus(t.den, p.net); !ok {
			return ErrOverflow
		}
		if p.settlement.RelatedParty || p.trade.RelatedParty {
			t.num += p.net // no more than den
		}
		t.add(p.settlement, p.net)
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	t.missing = missing
	return t.ratio()
}

// publicRoles are the payees of the public side.
var publicRoles = []string{"Treasury", "SourceUnit"}

// publicRevenue is OP-11: what goes to the treasury and to source units, less
// their part of what was paid back.
func publicRevenue(src Source, ask Ask) (Value, error) {
	var t tally
	missing, err := volume{}.each(src, ask, func(p payment) error {
		var share int64
		for _, l := range p.amounts.Lines {
			if !slices.Contains(publicRoles, l.Role) || l.AmountFen == 0 {
				continue
			}
			left, ok := prorated(l.AmountFen, p.net, p.amounts.GrossFen)
			if ok {
				share, ok = plus(share, left)
			}
			if !ok {
				return ErrOverflow
			}
			part := t.part(l.Role)
			if part.ValueInt, ok = plus(part.ValueInt, left); !ok {
				return ErrOverflow
			}
		}
		if share > 0 {
			t.add(p.settlement, share)
		}
		return nil
	})
	if err != nil {
		return Value{}, err
	}
	t.missing = missing
	return t.sum()
}

// washTrades are the trades that confirmed alerts AL-WASH are about: their
// targets and their facts.
func washTrades(src Source) (map[string]bool, error) {
	trades := map[string]bool{}
	return trades, each(src, rights.KindAlert, func(al *rights.Alert) error {
		if al.RuleCode != "AL-WASH" || !confirmed(al) {
			return nil
		}
		for _, fact := range append([]string{al.TargetID}, al.FactRefs...) {
			if id, _, _ := strings.Cut(fact, "@"); isOf(id, rights.KindTrade) {
				trades[id] = true
			}
		}
		return nil
	})
}

// localExchanges are the exchanges of this ledger.
func localExchanges(src Source) (map[string]bool, error) {
	local := map[string]bool{}
	return local, each(src, rights.KindParticipant, func(p *rights.Participant) error {
		if slices.Contains(p.Roles, rights.RoleExchange) && !slices.Contains(p.Roles, rights.RolePeerExchange) {
			local[p.USCC] = true
		}
		return nil
	})
}

// confirmed reports whether an alert was confirmed and the finding still stands.
func confirmed(al *rights.Alert) bool {
	switch al.State {
	case rights.StateConfirmed, rights.StateDisposed, rights.StateClosed:
		return true
	}
	return false
}
