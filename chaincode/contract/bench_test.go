package contract_test

import (
	"fmt"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// BenchmarkSubmit endorses one application for registration, without a peer.
func BenchmarkSubmit(b *testing.B) {
	m := newMarket(b)
	args := [][]byte{[]byte("Submit"), m.sign(energyID+"#1", "registration.submit", application(m.catalogue(energyID, "one")))}
	creator := statetest.Creator(exchangeMSP, "client")
	b.ReportAllocs()
	for b.Loop() {
		m.must(m.try(creator, args...))
	}
}

// BenchmarkRecordBatch endorses the recording of a hundred cases.
func BenchmarkRecordBatch(b *testing.B) {
	m := newMarket(b)
	var cases, recorded []object
	for i := range 100 {
		id := m.submitted(energyID, fmt.Sprint(i))
		cases = append(cases, object{"caseId": id})
		recorded = append(recorded, object{"caseId": id, "certNo": fmt.Sprintf("SJ321202606%04d", i+1)})
	}
	m.must(m.registrar("registration.acceptBatch", batch{Items: cases}))
	m.must(m.registrar("registration.publishNoticeBatch", batch{object{"findings": positive()}, cases}))
	m.now = read[rights.Case](m, rights.KindCase, cases[0]["caseId"].(string)).NoticeEndsAt
	args := [][]byte{[]byte("Submit"), m.sign(registrarID+"#1", "registration.recordBatch", batch{Items: recorded})}
	creator := statetest.Creator(groupMSP, "client")
	b.ReportAllocs()
	for b.Loop() {
		m.must(m.try(creator, args...))
	}
}
