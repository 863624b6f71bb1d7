package contract_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// stated asks for a statement.
func (m *market) stated(kind rights.Kind, id string, receipts ...string) (*rights.Statement, answer) {
	m.t.Helper()
	a := m.must(m.ask("Statement", append([]string{string(kind), id}, receipts...)...))
	s := new(rights.Statement)
	if err := json.Unmarshal(a.payload, s); err != nil {
		m.t.Fatal(err)
	}
	return s, a
}

// receipt is where the receipt of a command is.
func receipt(a answer) string {
	participant, _, _ := strings.Cut(a.Kid, "#")
	return rights.ReceiptID(participant, a.ID)
}

// What peers say of a certificate to anyone: it, its rights with what restrains
// them, and who signed what wrote it.
func TestStatementOfACertificate(t *testing.T) {
	m := newMarket(t)
	id := m.noticed(energyID, "turbines")
	m.now = max(m.now, m.the(id).NoticeEndsAt)
	done := m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070901"}))
	c := m.the(id)
	s, a := m.stated(rights.KindCertificate, "SJ3212026070901", receipt(done))
	if !bytes.Equal(s.Record, m.ledger.Get(key(rights.KindCertificate, "SJ3212026070901"))) || s.At != m.now || len(s.Rights) != 3 || len(s.Certificates) != 0 || len(a.stub.Writes) != 0 {
		t.Fatalf("%+v", s)
	}
	for i, r := range s.Rights {
		if !r.Effective || r.Why != nil || r.Closed != nil || len(r.Encumbrances) != 0 || r.RightID != c.ResultRightIDs[i] || r.HolderID != energyID {
			t.Errorf("%+v", r)
		}
	}
	if len(s.Commands) != 1 || s.Commands[0].Command != "registration.record" || s.Commands[0].Kid != registrarID+"#1" || s.Commands[0].TxID != done.TxID || s.Commands[0].Version != 1 || s.Commands[0].At != m.now {
		t.Errorf("%+v", s.Commands)
	}
	registrar := read[rights.Participant](m, rights.KindParticipant, registrarID)
	if len(s.Signers) != 1 || s.Signers[0].PublicKey != registrar.Keys[0].PublicKey || s.Signers[0].Name != registrar.Name || s.Signers[0].State != rights.KeyActive {
		t.Errorf("%+v", s.Signers)
	}

	// Every organisation says the same.
	for _, msp := range organisations {
		b := m.must(m.try(statetest.Creator(msp, "client"), []byte("Statement"), []byte("CT"), []byte("SJ3212026070901"), []byte(receipt(done))))
		if !bytes.Equal(a.payload, b.payload) {
			t.Errorf("through %s: %s", msp, b.payload)
		}
	}

	// What lies on a right is told, and for whose benefit is not; not the measure either.
	m.quiet = true
	m.lay(c.ResultRightIDs[0], rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-320900-20260715-0f0f0f0f0f0f-00", From: 1, To: 4e9, ByID: regulatorID, Note: "保密事项"})
	edit(rights.KindRight, c.ResultRightIDs[0], func(r *rights.Right) { r.MeasureRef = "SM-320900-20260715-0f0f0f0f0f0f-01" })(m)
	s, a = m.stated(rights.KindCertificate, "SJ3212026070901", receipt(done))
	if r := s.Rights[0]; r.Effective || r.Why.Code != rights.CodeEnc || len(r.Encumbrances) != 1 || r.Encumbrances[0] != (rights.StatedEncumbrance{Type: rights.EncFreeze, From: 1, To: 4e9}) {
		t.Errorf("%+v", r)
	}
	for _, never := range []string{"SM-320900", "保密事项", regulatorID} {
		if bytes.Contains(a.payload, []byte(never)) {
			t.Errorf("it says %s", never)
		}
	}
	if got := slices.IndexFunc(s.Rights[1:], func(r rights.StatedRight) bool { return !r.Effective }); got >= 0 {
		t.Error("another right is not effective")
	}

	m.now = rights.AddMonths(m.now, 61)
	if s, _ = m.stated(rights.KindCertificate, "SJ3212026070901"); s.Rights[2].Effective || s.Rights[2].Why.Code != rights.CodeTerm || len(s.Commands) != 0 {
		t.Errorf("past its term %+v", s.Rights[2])
	}
}

// What a right rests on is looked into only as far as the public may look: the
// keys read are endorsed with the statement, and go where it goes.
func TestAStatementReadsNothingBetweenParties(t *testing.T) {
	m := newMarket(t)
	c := m.the(m.recorded(energyID, "turbines", "SJ3212026070901"))
	other := m.the(m.recorded(weatherID, "stations", "SJ3212026070902"))
	m.quiet = true
	const permit, copied = "UP-320900-20260715-0f0f0f0f0f0f-00", "CP-320900-20260715-0f0f0f0f0f0f-00"
	m.put(rights.KindPermit, permit, &rights.Permit{Head: headOf(rights.KindPermit, permit, rights.StateRevoked), BasisID: other.ResultRightIDs[1]})
	edit(rights.KindRight, c.ResultRightIDs[0], func(r *rights.Right) {
		r.Basis = []rights.Basis{{Type: "BasisLicence", RefID: permit}, {Type: "BasisOwnRight", RefID: c.ResultRightIDs[1]}, {Type: "BasisLicence", RefID: copied}}
	})(m)
	s, a := m.stated(rights.KindCertificate, "SJ3212026070901")
	if r := s.Rights[0]; !r.Effective || !slices.Equal(r.Closed, []string{permit, copied}) {
		t.Errorf("%+v", r)
	}
	for k := range a.stub.Reads {
		if strings.Contains(k, permit) || strings.Contains(k, copied) || strings.Contains(k, other.ResultRightIDs[1]) {
			t.Errorf("it read %q", k)
		}
	}
	// The effective predicate itself does look: a revoked permit carries nothing.
	if rep := m.reported("SJ3212026070901"); rep.Rights[0].Effective {
		t.Error("the permit is revoked, and the right is effective")
	}
	// A basis that is open to all is looked into.
	edit(rights.KindRight, c.ResultRightIDs[1], func(r *rights.Right) { r.State = rights.StateCancelled })(m)
	if s, _ = m.stated(rights.KindCertificate, "SJ3212026070901"); s.Rights[0].Effective || s.Rights[0].Why.Code != rights.CodeBasis {
		t.Errorf("%+v", s.Rights[0])
	}
}

func TestStatementOfAPledge(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	body, secret := m.pledgeOf(x)
	applied := m.must(m.doSecretly(borrowerID+"#1", "pledge.apply", body, secret))
	id := applied.id(rights.KindPledge)
	s, a := m.stated(rights.KindPledge, id, receipt(applied))
	if !bytes.Equal(s.Record, m.ledger.Get(key(rights.KindPledge, id))) || len(s.Rights) != len(body.RightIDs) || len(s.Certificates) != 1 || len(s.Commands) != 1 || s.Commands[0].Command != "pledge.apply" || s.Signers[0].Kid != borrowerID+"#1" {
		t.Errorf("%s", a.payload)
	}
	if !bytes.Equal(s.Certificates[0], m.ledger.Get(key(rights.KindCertificate, x.certNo))) {
		t.Error("another certificate")
	}
}

func TestStatementsRefused(t *testing.T) {
	m := newMarket(t)
	c := m.the(m.recorded(energyID, "turbines", "SJ3212026070901"))
	other := m.must(m.do(weatherID+"#1", "resource.catalogue", m.untagged(weatherID, "stations")))
	for _, args := range [][]string{{"RT", c.ResultRightIDs[0]}, {"DR", c.ObjectID}, {"", "x"}} {
		m.refuses(m.ask("Statement", args...), rights.CodeFormat)
	}
	m.refuses(m.ask("Statement", "CT", "SJ3212026070999"), rights.CodeNotFound)
	m.refuses(m.ask("Statement", "CT", "SJ3212026070901", "nobody/none"), rights.CodeNotFound)
	m.refuses(m.ask("Statement", "CT", "SJ3212026070901", receipt(other)), rights.CodeFormat) // other business
	m.refuses(m.ask("Statement", append([]string{"CT", "SJ3212026070901"}, slices.Repeat([]string{receipt(other)}, 17)...)...), rights.CodeFormat)
	m.refuses(m.ask("Statement", "CT", "\xff"), rights.CodeFormat)
	m.refuses(m.ask("Statement", "CT"), rights.CodeFormat)
}
