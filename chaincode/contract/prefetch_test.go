package contract_test

import (
	"fmt"
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
