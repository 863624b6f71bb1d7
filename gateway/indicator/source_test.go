package indicator

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// memory is a source of records in memory.
type memory struct {
	records map[rights.Kind][]rights.Record
	history map[string][]rights.Record // versions before
	private map[string]any             // amounts by id; an error is answered
	fail    error
}

func kindOf(r rights.Record) rights.Kind {
	switch r.(type) {
	case *rights.Participant:
		return rights.KindParticipant
	case *rights.Resource:
		return rights.KindResource
	case *rights.Case:
		return rights.KindCase
	case *rights.Objection:
		return rights.KindObjection
	case *rights.Right:
		return rights.KindRight
	case *rights.Certificate:
		return rights.KindCertificate
	case *rights.RuleProfile:
		return rights.KindProfile
	case *rights.WorkCalendar:
		return rights.KindCalendar
	case *rights.Product:
		return rights.KindProduct
	case *rights.Listing:
		return rights.KindListing
	case *rights.Trade:
		return rights.KindTrade
	case *rights.Delivery:
		return rights.KindDelivery
	case *rights.Copy:
		return rights.KindCopy
	case *rights.Settlement:
		return rights.KindSettlement
	case *rights.Dispute:
		return rights.KindDispute
	case *rights.Demand:
		return rights.KindDemand
	case *rights.Recognition:
		return rights.KindRecognition
	case *rights.Lineage:
		return rights.KindLineage
	case *rights.Permit:
		return rights.KindPermit
	case *rights.Meter:
		return rights.KindMeter
	case *rights.Grant:
		return rights.KindGrant
	case *rights.Disclosure:
		return rights.KindDisclosure
	case *rights.Custody:
		return rights.KindCustody
	case *rights.CatalogueEntry:
		return rights.KindCatalogue
	case *rights.Evaluation:
		return rights.KindEvaluation
	case *rights.Accounting:
		return rights.KindAccounting
	case *rights.Pledge:
		return rights.KindPledge
	case *rights.Measure:
		return rights.KindMeasure
	case *rights.Alert:
		return rights.KindAlert
	case *rights.Indicator:
		return rights.KindIndicator
	case *rights.Scenario:
		return rights.KindScenario
	case *rights.PolicyDoc:
		return rights.KindPolicy
	case *rights.CryptoProfile:
		return rights.KindCryptoProfile
	}
	panic(fmt.Sprintf("no kind for %T", r))
}

func ledger(records ...rights.Record) *memory {
	m := &memory{records: map[rights.Kind][]rights.Record{}, history: map[string][]rights.Record{}, private: map[string]any{}}
	for _, r := range records {
		if h := rights.HeadOf(r); h.Version == 0 {
			h.Version = 1
		}
		m.records[kindOf(r)] = append(m.records[kindOf(r)], r)
	}
	return m
}

// keeps says what is private of a record.
func (m *memory) keeps(id string, amounts any) *memory { m.private[id] = amounts; return m }

// backwards is the same ledger read the other way round.
func (m *memory) backwards() *memory {
	other := *m
	other.records = map[rights.Kind][]rights.Record{}
	for k, list := range m.records {
		other.records[k] = slices.Clone(list)
		slices.Reverse(other.records[k])
	}
	return &other
}

func (m *memory) Find(kind rights.Kind, id string, v any) (bool, error) {
	for _, r := range m.records[kind] {
		if rights.HeadOf(r).ID == id {
			raw, err := json.Marshal(r)
			if err != nil {
				return false, err
			}
			return true, json.Unmarshal(raw, v)
		}
	}
	return false, m.fail
}

func (m *memory) Records(kind rights.Kind, where map[string]string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if m.fail != nil {
			yield(nil, m.fail)
			return
		}
		for _, r := range m.records[kind] {
			raw, err := json.Marshal(r)
			ok := true
			for field, want := range where {
				if field == "partyId" { // of a trade: either side
					ok = ok && (strings.Contains(string(raw), `"buyerId":"`+want+`"`) || strings.Contains(string(raw), `"sellerId":"`+want+`"`))
					continue
				}
				ok = ok && strings.Contains(string(raw), `"`+field+`":"`+want+`"`)
			}
			if ok && !yield(raw, err) {
				return
			}
		}
	}
}

func (m *memory) History(kind rights.Kind, id string) (all []json.RawMessage, err error) {
	for _, r := range append(slices.Clone(m.history[id]), m.records[kind]...) {
		if rights.HeadOf(r).ID == id {
			raw, err := json.Marshal(r)
			if err != nil {
				return nil, err
			}
			all = append(all, raw)
		}
	}
	return all, nil
}

func (m *memory) When(rights.Kind, string) (rights.Finder, error) { return m, nil }

func (m *memory) Amounts(_ rights.Kind, id string) ([]byte, error) {
	switch a := m.private[id].(type) {
	case nil:
		return nil, ErrPurged
	case error:
		return nil, a
	default:
		return json.Marshal(a)
	}
}

// at is noon of a day.
func at(day string) rights.UnixSec {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t.Unix() + 4*3600
}

func head(id string, state rights.State) rights.Head { return rights.Head{ID: id, State: state} }
