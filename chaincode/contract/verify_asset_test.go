package contract_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// PL-7: what a bank is told of an asset, whoever's peer it asks.
func TestVerifyAsset(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")

	// Before any pledge.
	rep := m.reported(x.certNo)
	if !rep.Effective || rep.Why != nil || !rep.LineageHealthy || len(rep.Rights) != 3 || len(rep.Pledges) != 0 || len(rep.Matters) != 0 || rep.At != m.now ||
		rep.Certificate.Version != 1 || rep.Rights[0].Bases[0].Type != "BasisOriginal" || !rep.Rights[0].Bases[0].Effective {
		t.Errorf("%+v", rep)
	}

	body, secret := m.pledgeOf(x)
	body.RightIDs = x.rights[1:]
	id := m.pledged(body, secret, "ZDW-1")
	m.quiet = true
	m.lay(x.rights[0], rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-320900-20260715-0f0f0f0f0f0f-00", From: 1, ByID: regulatorID})
	m.lay(x.rights[1], rights.Encumbrance{Type: rights.EncDispute, RefID: "DS-320900-20260715-0f0f0f0f0f0f-00", From: 1, ByID: exchangeID})
	m.put(rights.KindMeasure, "SM-320900-20260715-0f0f0f0f0f0f-00", &rights.Measure{Head: headOf(rights.KindMeasure, "SM-320900-20260715-0f0f0f0f0f0f-00", rights.StateInForce)})
	edit(rights.KindRight, x.rights[1], func(r *rights.Right) { r.Basis = []rights.Basis{{Type: "BasisOwnRight", RefID: x.rights[0]}} })(m)
	edit(rights.KindEvaluation, x.evaluation, func(e *rights.Evaluation) { e.State = rights.StateChallenged })(m)

	rep = m.reported(x.certNo)
	if !rep.Effective { // CT-2: the operation right still is
		t.Errorf("%+v", rep.Why)
	}
	for i, want := range []rights.Code{rights.CodeEnc, rights.CodeBasis, ""} {
		got := rights.Code("")
		if rep.Rights[i].Why != nil {
			got = rep.Rights[i].Why.Code
		}
		if got != want || rep.Rights[i].Effective != (want == "") {
			t.Errorf("right %d: %q; want %q", i, got, want)
		}
	}
	if rep.LineageHealthy || rep.Rights[1].Bases[0].Effective || rep.Rights[1].Bases[0].Why.Code != rights.CodeEnc {
		t.Errorf("%+v", rep.Rights[1])
	}
	if len(rep.Rights[1].Encumbrances) != 2 || rep.Rights[1].Encumbrances[0].Rank != 1 {
		t.Errorf("%+v", rep.Rights[1].Encumbrances)
	}
	if p := rep.Pledges; len(p) != 1 || p[0].PledgeID != id || p[0].Rank != 1 || p[0].EvaluationState != rights.StateChallenged || p[0].EvaluationUsable || p[0].ZdwRegNo != "ZDW-1" {
		t.Errorf("%+v", p)
	}
	if ms := rep.Matters; len(ms) != 2 || ms[0].Type != rights.EncFreeze || ms[0].State != rights.StateInForce || ms[1].Type != rights.EncDispute || ms[1].State != "" || ms[1].ByID != exchangeID {
		t.Errorf("%+v", ms)
	}

	// No amounts, and the same bytes from every organisation.
	var first []byte
	for _, msp := range organisations {
		a := m.must(m.try(statetest.Creator(msp, "client"), []byte("VerifyAsset"), []byte(x.certNo)))
		if first == nil {
			first = a.payload
		}
		if !bytes.Equal(a.payload, first) || len(a.stub.Writes) > 0 || slices.ContainsFunc([]string{"principal", "Fen", "ltv"}, func(s string) bool { return contains(string(a.payload), s) }) {
			t.Errorf("through %s: %s", msp, a.payload)
		}
	}
	m.refuses(m.ask("VerifyAsset", "SJ3212026070999"), rights.CodeNotFound)
	m.refuses(m.ask("VerifyAsset", "nonsense"), rights.CodeFormat)

	// Past every term, its why.
	m.now = rights.AddMonths(m.now, 61)
	if rep = m.reported(x.certNo); rep.Effective || rep.Why == nil || rep.Rights[2].Why.Code != rights.CodeTerm {
		t.Errorf("%+v", rep.Why)
	}
}
