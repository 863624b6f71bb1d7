package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

func key(kind rights.Kind, id string) string {
	k, err := state.Key(kind, id)
	if err != nil {
		panic(err)
	}
	return k
}

func contains(s, part string) bool { return strings.Contains(s, part) }

func (m *market) ask(function string, args ...string) answer {
	raw := [][]byte{[]byte(function)}
	for _, x := range args {
		raw = append(raw, []byte(x))
	}
	return m.try(statetest.Creator(bankMSP, "client"), raw...)
}

// The whole way: value, application, confirmation, registration, consent, release.
func TestPledge(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	if ev := read[rights.Evaluation](m, rights.KindEvaluation, x.evaluation); ev.State != rights.StateIssued || ev.ValidTo != rights.AddMonths(day(ev.BaseDate), 12) ||
		string(m.ledger.Secret("tradeTerms", key(rights.KindEvaluation, x.evaluation))) != string(x.valuation) {
		t.Errorf("%+v", ev)
	}

	body, secret := m.pledgeOf(x)
	id := m.must(m.doSecretly(borrowerID+"#1", "pledge.apply", body, secret)).id(rights.KindPledge)
	if string(m.ledger.Secret("pledgeTerms_"+bankMSP, key(rights.KindPledge, id))) != string(secret) {
		t.Error("the amounts are not with the bank")
	}
	if pl := m.pledge(id); pl.State != rights.StateApplied || pl.PledgeeMSP != bankMSP || !slices.Equal(pl.CertNos, []string{x.certNo}) || pl.DebtorID != borrowerID || pl.RegistrarID != registrarID {
		t.Errorf("%+v", pl)
	}
	m.must(m.do(borrowerID+"#1", "pledge.consentToVerify", rights.ConsentToVerify{PledgeID: id, VerifyToken: hash("token")}))
	m.confirmed(id)
	if len(m.right(x.rights[0]).Encumbrances) > 0 || !m.guardedBy(x.rights[0]) {
		t.Error("a pledge not registered lies on the right")
	}
	m.must(m.do(exchangeID+"#1", "pledge.register", m.registration(id, "ZDW-1")))
	for _, r := range x.rights {
		if m.rank(r, id) != 1 || !m.guardedBy(r, bankMSP) {
			t.Errorf("%+v", m.right(r).Encumbrances)
		}
	}
	if pl := m.pledge(id); pl.State != rights.StateRegistered || pl.Rank != 1 || pl.ZdwRegNo != "ZDW-1" {
		t.Errorf("%+v", pl)
	}

	m.must(m.do(bankID+"#1", "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: id, Action: rights.UseTransfer, TargetID: x.rights[2], TermsHash: hash("sale"), ExpiresAt: m.now + 86400}))
	if c := m.pledge(id).Consents; len(c) != 1 || c[0].UsedAt != 0 || c[0].TermsHash != hash("sale") {
		t.Errorf("%+v", c)
	}

	rep := m.reported(x.certNo)
	if !rep.Effective || !rep.LineageHealthy || len(rep.Rights) != 3 || len(rep.Pledges) != 1 || rep.Pledges[0].Rank != 1 || !rep.Pledges[0].EvaluationUsable || rep.Pledges[0].EvaluationState != rights.StateIssued {
		t.Errorf("%+v", rep)
	}

	m.must(m.do(bankID+"#1", "pledge.partRelease", rights.PartReleasePledge{PledgeID: id, RightIDs: x.rights[:1]}))
	if m.rank(x.rights[0], id) != 0 || !m.guardedBy(x.rights[0]) || !m.guardedBy(x.rights[1], bankMSP) {
		t.Error("part release")
	}
	m.must(m.do(bankID+"#1", "pledge.release", rights.ReleasePledge{PledgeID: id, Reason: "已清偿"}))
	for _, r := range x.rights {
		if len(m.right(r).Encumbrances) != 0 || !m.guardedBy(r) {
			t.Errorf("after release: %+v", m.right(r).Encumbrances)
		}
	}
	if pl := m.pledge(id); pl.State != rights.StateReleased || pl.EndedAt != m.now || pl.Rank != 0 {
		t.Errorf("%+v", pl)
	}
}
