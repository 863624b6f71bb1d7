package contract_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// TestRandomLending lets a market do little but lend: the rank, guard and
// consent of every pledge must stand whatever comes in whatever order.
func TestRandomLending(t *testing.T) {
	t.Parallel()
	base := newMarket(t)
	base.lend()
	base.asset("turbines", "SJ3212026070901")
	base.asset("blades", "SJ3212026070902")
	reached := map[rights.State]int{}
	rapid.Check(t, func(r *rapid.T) {
		m := *base
		m.t, m.ledger = drawn{t, r}, base.ledger.Clone()
		for range rapid.IntRange(20, 40).Draw(r, "steps") {
			m.now += pick[int64](r, "time", 0, 600, 86400, 5*86400)
			kid, name, body := anyFinance(r, &m, snapshot(m.ledger))
			if name == "" {
				continue
			}
			if a := m.do(kid, name, body); a.failure != "" || (a.refusal != nil && len(a.stub.Writes) > 0) {
				r.Fatalf("%s by %s: %s, writes %d", name, kid, a.failure, len(a.stub.Writes))
			}
		}
		w := snapshot(m.ledger)
		for _, pl := range decodeAll[rights.Pledge](w.raw[rights.KindPledge]) {
			reached[pl.State]++
		}
		for id, right := range w.rights {
			pledged := slices.ContainsFunc(right.Encumbrances, func(e rights.Encumbrance) bool { return e.Type == rights.EncPledge })
			if guarded := m.ledger.Guard(key(rights.KindRight, id)) != nil; guarded != pledged {
				r.Fatalf("right %s is pledged: %t, guarded: %t", id, pledged, guarded)
			}
		}
	})
	for _, s := range []rights.State{rights.StateRegistered, rights.StateReleased, rights.StateEnforcing} {
		if reached[s] == 0 {
			t.Errorf("not much lending: %v", reached)
		}
	}
	t.Logf("%v", reached)
}

// Each invariant of the area, broken once by hand, is named.
func TestFinanceCheckerFinds(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	body, secret := m.pledgeOf(x)
	id := m.pledged(body, secret, "ZDW-1")
	m.quiet = true
	for _, c := range []struct {
		want string
		harm func(*market)
	}{
		{"PL-5", edit(rights.KindRight, x.rights[0], func(r *rights.Right) { r.Encumbrances = nil })},
		{"PL-5", edit(rights.KindPledge, id, func(p *rights.Pledge) { p.State, p.EndedAt, p.Rank = rights.StateReleased, 1, 0 })},
		{"PL-1", edit(rights.KindRight, x.rights[0], func(r *rights.Right) { r.Encumbrances[0].Rank = 2 })},
		{"PL-2", edit(rights.KindPledge, id, func(p *rights.Pledge) {
			p.Consents = []rights.PledgeConsent{{UsedAt: 5, UsedBy: "tx", ExpiresAt: 5}}
		})},
		{"PL-6", func(m *market) {
			twin := m.pledge(id)
			twin.ID = aPledge
			m.put(rights.KindPledge, aPledge, twin)
		}},
		{"relies on", edit(rights.KindPledge, id, func(p *rights.Pledge) { p.ReleasedIDs = x.rights[:1] })},
		{"binds", edit(rights.KindPledge, id, func(p *rights.Pledge) { p.DebtorID = energyID })},
		{"carries", edit(rights.KindPledge, id, func(p *rights.Pledge) { p.PledgeeID = otherBankID })},
		{"EV-1", edit(rights.KindEvaluation, x.evaluation, func(e *rights.Evaluation) { e.EvaluatorID = e.ClientID })},
		{"EV-3", edit(rights.KindEvaluation, x.evaluation, func(e *rights.Evaluation) { e.RightIDs = nil })},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		c.harm(&harmed)
		if faults := checkInvariants(harmed.ledger); !slices.ContainsFunc(faults, func(f string) bool { return contains(f, c.want) }) {
			t.Errorf("%s is not found; only %q", c.want, faults)
		}
	}
}

// anyFinance draws a command of the area that makes some sense; no name when
// there is nothing to do. Commands with a secret it sends itself: what comes of
// them must be an answer too.
func anyFinance(r *rapid.T, m *market, w *world) (kid, name string, body any) {
	secretly := func(kid, name string, body any, secret []byte) {
		if a := m.doSecretly(kid, name, body, secret); a.failure != "" || (a.refusal != nil && len(a.stub.Writes) > 0) {
			r.Fatalf("%s by %s: %s, writes %d", name, kid, a.failure, len(a.stub.Writes))
		}
	}
	if w.participants[appraisalID] == nil {
		m.service(appraisalID, "数据资产评估有限公司", "SvcAppraisal", "SvcAudit")
		return "", "", nil
	}
	operations := slices.DeleteFunc(ids(w.rights), func(id string) bool { return w.rights[id].Kind != rights.RightOperation })
	if len(operations) == 0 {
		return "", "", nil
	}
	of := w.rights[pick(r, "operation right", operations...)]
	holder := rights.KeyID(of.HolderID, len(w.participants[of.HolderID].Keys))
	evaluations, pledges := decodeAll[rights.Evaluation](w.raw[rights.KindEvaluation]), decodeAll[rights.Pledge](w.raw[rights.KindPledge])
	valuation, valued := hidden(rights.EvaluationValue{Salt: salt, ValueFen: worth})
	someEvaluation := func(states ...rights.State) *rights.Evaluation {
		list := slices.DeleteFunc(ids(evaluations), func(id string) bool { return !slices.Contains(states, evaluations[id].State) })
		if len(list) == 0 {
			return nil
		}
		return evaluations[pick(r, "evaluation", list...)]
	}
	if len(evaluations) < 2 {
		return holder, "evaluation.commission", rights.CommissionEvaluation{Kind: "Value", ObjectType: of.ObjectType, ObjectID: of.ObjectID, ObjectVersion: 1, EvaluatorID: appraisalID, Purpose: "Pledge", RightIDs: []string{of.ID}}
	}
	switch pick(r, "finance", "issue", "apply", "apply", "pledge", "pledge", "pledge", "pledge", "evaluation") {
	case "issue":
		if e := someEvaluation(rights.StateCommissioned); e != nil {
			secretly(appraisalID+"#1", "evaluation.issue", rights.IssueEvaluation{EvaluationID: e.ID, Method: "Cost", BaseDate: rights.CivilDate(m.now), ValueCommitment: valued, ReportHash: hash("report")}, valuation)
		}
		return "", "", nil
	case "apply":
		e := someEvaluation(rights.StateIssued, rights.StateFiled, rights.StateIssued, rights.StateSuperseded)
		if e == nil {
			return "", "", nil
		}
		secret, commitment := hidden(rights.PledgeAmounts{Salt: salt, PrincipalFen: worth / 2, MaxSecuredFen: worth, ValueAtPledgeFen: worth, LTVBps: 5000, Valuation: string(valuation)})
		by := rights.KeyID(e.ClientID, len(w.participants[e.ClientID].Keys))
		secretly(by, "pledge.apply", rights.ApplyPledge{PledgeeID: bankID, RightIDs: e.RightIDs, EvaluationID: e.ID, AmountsCommitment: commitment,
			ContractHash: hash(pick(r, "contract", "a", "b")), ClaimFrom: m.now, ClaimTo: m.now + 90*86400}, secret)
		return "", "", nil
	case "evaluation":
		e := evaluations[pick(r, "evaluation", ids(evaluations)...)]
		switch pick(r, "event", "file", "challenge", "resolveChallenge", "withdraw", "expire") {
		case "file":
			return exchangeID + "#1", "evaluation.file", rights.OfEvaluation{EvaluationID: e.ID}
		case "challenge":
			return bankID + "#1", "evaluation.challenge", rights.ChallengeEvaluation{EvaluationID: e.ID, ReasonHash: hash("r")}
		case "resolveChallenge":
			return regulatorID + "#1", "evaluation.resolveChallenge", rights.ResolveChallenge{EvaluationID: e.ID, Outcome: pick(r, "outcome", "upheld", "dismissed"), ConclusionHash: hash("c")}
		case "withdraw":
			return appraisalID + "#1", "evaluation.withdraw", rights.WithdrawEvaluation{EvaluationID: e.ID, Reason: "x"}
		}
		return bankID + "#1", "evaluation.expire", rights.OfEvaluation{EvaluationID: e.ID}
	}
	if len(pledges) == 0 {
		return "", "", nil
	}
	pl := pledges[pick(r, "pledge", slices.Sorted(maps.Keys(pledges))...)]
	pledgor := rights.KeyID(pl.PledgorID, len(w.participants[pl.PledgorID].Keys))
	bank := bankID + "#1"
	switch pl.State {
	case rights.StateApplied:
		return bank, "pledge.confirm", rights.ConfirmPledge{PledgeID: pl.ID, ContractHash: pl.ContractHash, AmountsCommitment: pl.AmountsCommitment}
	case rights.StateConfirmed:
		if rapid.IntRange(0, 5).Draw(r, "withdraw") == 0 {
			return pledgor, "pledge.withdraw", rights.OfPledge{PledgeID: pl.ID}
		}
		return exchangeID + "#1", "pledge.register", rights.RegisterPledge{PledgeID: pl.ID, ZdwRegNo: "ZDW " + pl.ID, ZdwRegAt: m.now - pick[int64](r, "entered before", 0, 86400, 30*86400), ZdwValidTo: m.now + 60*86400}
	}
	switch pick(r, "event", "giveConsent", "giveConsent", "vary", "release", "startEnforce", "lapseRegistry", "extendRegistry") {
	case "giveConsent":
		return bank, "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: pl.ID, Action: rights.UsePledge, TargetID: pl.RightIDs[0], TermsHash: hash(pick(r, "terms", "a", "b")), ExpiresAt: m.now + 20*86400}
	case "vary":
		return pick(r, "side", bank, pledgor), "pledge.vary", rights.VaryPledge{PledgeID: pl.ID, ContractHash: hash("varied"), ClaimTo: pl.ClaimTo + 86400}
	case "release":
		return bank, "pledge.release", rights.ReleasePledge{PledgeID: pl.ID}
	case "startEnforce":
		return bank, "pledge.startEnforce", rights.StartEnforcement{PledgeID: pl.ID, Default: &rights.Evidence{DocType: rights.DocOther, Hash: hash("default")}}
	case "lapseRegistry":
		return bank, "pledge.lapseRegistry", rights.LapseRegistry{PledgeID: pl.ID}
	}
	return bank, "pledge.extendRegistry", rights.ExtendRegistry{PledgeID: pl.ID, ZdwValidTo: pl.ZdwValidTo + 86400}
}
