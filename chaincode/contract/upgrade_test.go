package contract_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

// upgraded is a ledger as the chaincode of version 0.1 left it, with the keys of
// those on it: no market profile, no pointers that came later.
func upgraded(t *testing.T) *market {
	raw, err := os.ReadFile("testdata/state-0.1.json")
	if err != nil {
		t.Fatal(err)
	}
	var was struct {
		Now   int64
		Keys  map[string]string
		State map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &was); err != nil {
		t.Fatal(err)
	}
	m := founding(t)
	m.quiet = true // what came later is not in it
	m.now, m.txs, m.platform = was.Now, 1<<20, registrarID+"#2"
	for key, v := range was.State {
		var text string
		if json.Unmarshal(v, &text) == nil {
			v = json.RawMessage(text)
		}
		m.ledger.Put(key, v)
	}
	for kid, pem := range was.Keys {
		if m.keys[kid], err = gm.ParsePrivateKeyPEM([]byte(pem)); err != nil {
			t.Fatal(err)
		}
	}
	m.msps = map[string]string{registrarID: groupMSP, exchangeID: exchangeMSP, regulatorID: regulatorMSP, bankID: bankMSP}
	return m
}

// What version 0.1 wrote is read strictly, field for field, and holds to
// everything but the notes that came later.
func TestUpgradeReads(t *testing.T) {
	m := upgraded(t)
	w := snapshot(m.ledger)
	if len(w.cases) != 4 || len(w.rights) != 3 || len(w.certificates) != 1 || len(w.objections) != 1 {
		t.Fatalf("%d cases, %d rights, %d certificates, %d objections", len(w.cases), len(w.rights), len(w.certificates), len(w.objections))
	}
	for _, f := range checkInvariants(m.ledger) {
		if !strings.Contains(f, "among its holder's") {
			t.Error(f)
		}
	}
}

// Cases that were under way go on to their end, before a market profile is
// published and after.
func TestUpgradeGoesOn(t *testing.T) {
	for _, published := range []bool{false, true} {
		m := upgraded(t)
		if published {
			m.publishAll()
		}
		n := 10
		for _, id := range ids(snapshot(m.ledger).cases) {
			for _, o := range m.the(id).ObjectionIDs {
				if m.objection(o).State == rights.StateObjFiled {
					m.must(m.decide(o, "dismissed"))
				}
			}
			if m.the(id).State == rights.StateRecorded {
				continue
			}
			switch m.the(id).State {
			case rights.StateSubmitted:
				m.must(m.event(officer, "accept", id))
				fallthrough
			case rights.StateUnderReview:
				m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
			}
			m.now = max(m.now, m.the(id).NoticeEndsAt)
			n++
			b := rights.RecordCase{CaseID: id, CertNo: "SJ32120260700" + string(rune('0'+n/10)) + string(rune('0'+n%10)), DuplicateReview: &rights.DupReview{Ground: "DupIndependent", NoteHash: hash("note")}}
			m.must(m.registrar("registration.record", b))
			for _, r := range m.the(id).ResultRightIDs {
				if m.right(r).State != rights.StateActive {
					t.Errorf("%+v", m.right(r))
				}
			}
		}
		if n == 10 {
			t.Fatal("no case was under way")
		}
	}
}

func (m *market) publishAll() {
	m.t.Helper()
	for _, code := range []string{"DRWG", "PUBLIC", "LOCAL"} {
		p := profile(m.t, code)
		if code == "DRWG" {
			p.Ver = 2
		}
		m.must(m.do(regulatorID+"#1", "ruleProfile.publish", p))
	}
}

// A right of version 0.1, of which no pointer knows that it is in being, is
// changed, transferred and cancelled like any other.
func TestUpgradeOldRights(t *testing.T) {
	m := upgraded(t)
	m.publishAll()
	var old string
	for id, c := range snapshot(m.ledger).cases {
		if c.State == rights.StateRecorded {
			old = id
		}
	}
	submit := func(s rights.Submit, certNo string) string {
		t.Helper()
		id := m.must(m.do(energyID+"#1", "registration.submit", s)).id(rights.KindCase)
		if s.CounterpartyID != "" {
			m.must(m.do(s.CounterpartyID+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash(terms)}))
		}
		m.must(m.done(id, certNo))
		return id
	}
	submit(m.later("RegChange", old, func(s *rights.Submit) { s.Changes = &rights.Changes{Overview: "改写", Note: "x"} }), "")
	submit(m.transferTo(weatherID, old, 2), "SJ3212026070090")
	submit(m.later("RegCancel", old, func(s *rights.Submit) { s.TargetRightIDs, s.CancelReason = s.TargetRightIDs[:2], "Voluntary" }), "")
	if ct := m.cert(m.the(old).ResultCertNo); ct.State != rights.StateCancelled || ct.Version != 4 {
		t.Errorf("%+v", ct)
	}
	// and objected to
	m.must(m.do(energyID+"#1", "objection.file", registeredObjection("SJ3212026070090")))
}
