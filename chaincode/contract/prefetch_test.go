package contract_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// TestRoundTrips holds the number of questions to the peer that a command
// takes, its one write included: on a busy peer they are what it costs.
func TestRoundTrips(t *testing.T) {
	m := newMarket(t)
	count := func(msp, kid, name string, body any) (answer, int) {
		t.Helper()
		a := m.must(m.try(statetest.Creator(msp, "client"), []byte("Submit"), m.sign(kid, name, body)))
		if !m.ledger.Commit(a.stub) {
			t.Fatal("commit conflicts")
		}
		trips := a.stub.RoundTrips
		if len(a.stub.Event) > 0 {
			trips-- // an event travels with the answer
		}
		return a, trips
	}
	expect := func(name string, got, most int) {
		t.Helper()
		if got > most {
			t.Errorf("%s took %d round trips, expected at most %d", name, got, most)
		}
	}

	a, n := count(exchangeMSP, energyID+"#1", "resource.catalogue", m.resource(energyID, "one"))
	expect("resource.catalogue", n, 2)
	a, n = count(exchangeMSP, energyID+"#1", "registration.submit", application(a.id(rights.KindResource)))
	expect("registration.submit", n, 3)
	id := a.id(rights.KindCase)
	_, n = count(groupMSP, registrarID+"#1", "registration.accept", rights.OfCase{CaseID: id})
	expect("registration.accept", n, 5) // the calendar is found by the profile
	_, n = count(groupMSP, registrarID+"#1", "registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()})
	expect("registration.publishNotice", n, 6)
	m.now = read[rights.Case](m, rights.KindCase, id).NoticeEndsAt
	_, n = count(groupMSP, registrarID+"#1", "registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"})
	expect("registration.record", n, 6)

	// A bulk command takes as many for thirty cases as for three.
	bulk := func(items int, month string) []int {
		var objects, cases, recorded []object
		for i := range items {
			objects = append(objects, object{"objectId": m.catalogue(energyID, fmt.Sprint(month, i))})
		}
		a, submitted := count(exchangeMSP, energyID+"#1", "registration.submitBatch", batch{without(application("x"), "objectId"), objects})
		for i, r := range a.Result.Records {
			cases = append(cases, object{"caseId": r.ID})
			recorded = append(recorded, object{"caseId": r.ID, "certNo": fmt.Sprintf("SJ321%s%04d", month, i+1)})
		}
		_, accepted := count(groupMSP, registrarID+"#1", "registration.acceptBatch", batch{Items: cases})
		_, noticed := count(groupMSP, registrarID+"#1", "registration.publishNoticeBatch", batch{object{"findings": positive()}, cases})
		m.now = read[rights.Case](m, rights.KindCase, cases[0]["caseId"].(string)).NoticeEndsAt
		_, wrote := count(groupMSP, registrarID+"#1", "registration.recordBatch", batch{Items: recorded})
		return []int{submitted, accepted, noticed, wrote}
	}
	few, many := bulk(3, "202605"), bulk(30, "202606")
	for i, name := range []string{"registration.submitBatch", "registration.acceptBatch", "registration.publishNoticeBatch", "registration.recordBatch"} {
		expect(name+" of 30", many[i], few[i])
		expect(name+" of 3", few[i], 8)
	}
}

// TestRoundTripsOfTheMarket holds what a trade, its delivery and metered use cost.
func TestRoundTripsOfTheMarket(t *testing.T) {
	m := newMarket(t)
	m.quiet = true
	d := newRunningDeal(m)
	o := operations(m, "91320902MA0X").run()
	got := map[string]int{}
	m.told = func(a answer) {
		trips := a.stub.RoundTrips
		if len(a.stub.Event) > 0 {
			trips-- // an event travels with the answer
		}
		name := commandOf(a.tx)
		got[name] = max(got[name], trips)
	}
	d.running().prepare().send().receive().acceptDelivery()
	m.must(o.meter(o.period(3)))
	m.must(o.lineage(o.fusion("round trips")))
	for name, most := range map[string]int{
		"trade.apply":           4, // what it names, what the listing leads on to, what relies on those
		"trade.accept":          3,
		"trade.proposeTerms":    4, // one for its secret
		"trade.sign":            5, // the last opens the secret
		"trade.confirmContract": 3,
		"delivery.prepare":      3,
		"delivery.send":         5,
		"delivery.receive":      7,
		"delivery.accept":       3,
		"meter.record":          4,
		"lineage.record":        4,
	} {
		if got[name] == 0 || got[name] > most {
			t.Errorf("%s took %d round trips, expected at most %d", name, got[name], most)
		}
	}
	alone := got["trade.apply"]
	m.must(m.do(d.buyer+"#1", "trade.applyBatch", batch{object{"purpose": "研究"}, slices.Repeat([]object{{"listingId": d.listing}}, 30)}))
	if many := got["trade.applyBatch"]; many > alone+1 {
		t.Errorf("30 applications took %d round trips, one %d", many, alone)
	}
}

// newRunningDeal is a trade to be of a product that came to market by every
// command it takes.
func newRunningDeal(m *market) *deal {
	m.t.Helper()
	s := m.newShop(90)
	listing := read[rights.Listing](m, rights.KindListing, s.listed(s.offered("round trips")))
	v := read[rights.Product](m, rights.KindProduct, listing.ProductID).Versions[0]
	d := &deal{market: m, seller: s.seller, buyer: m.firm(96, "盐都数据应用有限公司", nil), product: listing.ProductID, listing: listing.ID, right: listing.RightID,
		root: v.ContentRoot, tag: v.MatchTag, permission: *listing.Permission}
	d.terms = rights.TradeTerms{Salt: salt, AmountFen: 1_000_000, Lines: []rights.SettlementLine{{PayeeID: s.seller, Role: "Seller", Bps: 9000}, {PayeeID: exchangeID, Role: "Exchange", Bps: 1000}}}
	return d
}
