package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func TestFirstRegistration(t *testing.T) {
	m := newMarket(t)
	id := m.noticed(energyID, "energy")
	c := read[rights.Case](m, rights.KindCase, id)

	m.now = c.NoticeEndsAt - 1
	m.refuses(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}), rights.CodeDeadline)
	m.now = c.NoticeEndsAt
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}))

	c = read[rights.Case](m, rights.KindCase, id)
	if c.State != rights.StateRecorded || len(c.ResultRightIDs) != 3 {
		t.Fatalf("case is %s with rights %v", c.State, c.ResultRightIDs)
	}
	for _, r := range c.ResultRightIDs {
		right := read[rights.Right](m, rights.KindRight, r)
		if right.State != rights.StateActive || right.HolderID != energyID || right.ValidTo != rights.AddMonths(m.now, 60) {
			t.Errorf("right %+v", right)
		}
	}
	cert := read[rights.Certificate](m, rights.KindCertificate, "SJ3212026070001")
	if cert.State != rights.StateValid || cert.Version != 1 || len(cert.Rights) != 3 || cert.DemoProfile {
		t.Errorf("certificate %+v", cert)
	}
}
