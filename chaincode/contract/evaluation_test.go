package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

func TestCommissionRefuses(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x, y := m.asset("turbines", "SJ3212026070901"), m.asset("blades", "SJ3212026070902")
	m.quiet = true
	for _, c := range []struct {
		name string
		harm func(*market, *rights.CommissionEvaluation)
		code rights.Code
		rule string
	}{
		{"as it is", func(*market, *rights.CommissionEvaluation) {}, "", ""},
		{"of a kind not known", func(_ *market, b *rights.CommissionEvaluation) { b.Kind = "Beauty" }, rights.CodeFormat, ""},
		{"for a purpose not known", func(_ *market, b *rights.CommissionEvaluation) { b.Purpose = "Fun" }, rights.CodeFormat, ""},
		{"of what is neither", func(_ *market, b *rights.CommissionEvaluation) { b.ObjectType = "Right" }, rights.CodeFormat, ""},
		{"of nothing", func(_ *market, b *rights.CommissionEvaluation) { b.ObjectID = "DR-0" }, rights.CodeNotFound, ""},
		{"of a product that is none", func(_ *market, b *rights.CommissionEvaluation) { b.ObjectType = "Product" }, rights.CodeNotFound, ""},
		{"of a version to come", func(_ *market, b *rights.CommissionEvaluation) { b.ObjectVersion = 2 }, rights.CodeNotFound, ""},
		{"of version 0", func(_ *market, b *rights.CommissionEvaluation) { b.ObjectVersion = 0 }, rights.CodeNotFound, ""},
		{"a value of no right", func(_ *market, b *rights.CommissionEvaluation) { b.RightIDs = nil }, rights.CodeFormat, "EV-3"},
		{"quality of no right", func(_ *market, b *rights.CommissionEvaluation) { b.Kind, b.RightIDs = "Quality", nil }, "", ""},
		{"too many rights", func(_ *market, b *rights.CommissionEvaluation) { b.RightIDs = make([]string, 21) }, rights.CodeFormat, ""},
		{"rights over another object", func(_ *market, b *rights.CommissionEvaluation) { b.RightIDs = y.rights }, rights.CodeBasis, ""},
		{"an evaluator not here", func(_ *market, b *rights.CommissionEvaluation) { b.EvaluatorID = appraiserID }, rights.CodeNotFound, ""},
		{"an evaluator that is none", func(_ *market, b *rights.CommissionEvaluation) { b.EvaluatorID = suretyID }, rights.CodeRole, ""},
		{"an auditor as appraiser", func(_ *market, b *rights.CommissionEvaluation) { b.EvaluatorID = auditorID }, rights.CodeTerm, "EV-2"},
		{"an auditor on maturity", func(_ *market, b *rights.CommissionEvaluation) { b.Kind, b.EvaluatorID = "Maturity", auditorID }, "", ""},
		{"an evaluator whose licence expired", func(m *market, _ *rights.CommissionEvaluation) {
			m.licence("2026-01-01", rights.CivilDate(m.now-86400))
		}, rights.CodeTerm, "EV-2"},
		{"on the licence's last day", func(m *market, _ *rights.CommissionEvaluation) { m.licence("2026-01-01", rights.CivilDate(m.now)) }, "", ""},
		{"an evaluator of the client's group", func(m *market, _ *rights.CommissionEvaluation) { m.group(appraisalID, borrowerID) }, rights.CodeSelf, "EV-1"},
		{"an evaluator of the bank's group", func(m *market, b *rights.CommissionEvaluation) {
			m.group(appraisalID, bankID)
			b.FinancingBankID = bankID
		}, rights.CodeSelf, "EV-1"},
		{"a bank that is none", func(_ *market, b *rights.CommissionEvaluation) { b.FinancingBankID = suretyID }, rights.CodeRole, ""},
		{"with the bank named", func(_ *market, b *rights.CommissionEvaluation) { b.FinancingBankID = bankID }, "", ""},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		b := commission(x)
		c.harm(&harmed, &b)
		harmed.expect(t, c.name, harmed.do(borrowerID+"#1", "evaluation.commission", b), c.code, c.rule)
	}
	m.expect(t, "to itself", m.do(appraisalID+"#1", "evaluation.commission", commission(x)), rights.CodeSelf, "EV-1")
}

// expect checks that an answer is a refusal with that code and rule; no code is
// none.
func (m *market) expect(t *testing.T, name string, a answer, code rights.Code, rule string) {
	t.Helper()
	switch {
	case a.failure != "":
		t.Errorf("%s: %s", name, a.failure)
	case code == "":
		if a.refusal != nil {
			t.Errorf("%s: %v", name, a.refusal)
		}
	case a.refusal == nil || a.refusal.Code != code || (rule != "" && a.refusal.Rule != rule) || contains(a.refusal.Detail+a.refusal.DetailZh, "%!"):
		t.Errorf("%s: %+v; want %s by %s", name, a.refusal, code, rule)
	}
}

// licence is the term of the appraiser's qualifications.
func (m *market) licence(from, to string) {
	edit(rights.KindParticipant, appraisalID, func(p *rights.Participant) {
		for i := range p.Qualifications {
			p.Qualifications[i].From, p.Qualifications[i].To = from, to
		}
	})(m)
}

func TestIssueRefuses(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x, y := m.asset("turbines", "SJ3212026070901"), m.asset("blades", "SJ3212026070902")
	id := m.must(m.do(borrowerID+"#1", "evaluation.commission", commission(x))).id(rights.KindEvaluation)
	quality := commission(x)
	quality.Kind = "Quality"
	scored := m.must(m.do(borrowerID+"#1", "evaluation.commission", quality)).id(rights.KindEvaluation)
	m.quiet = true
	today := rights.CivilDate(m.now)
	for _, c := range []struct {
		name  string
		value int64
		harm  func(*market, *rights.IssueEvaluation)
		code  rights.Code
		rule  string
	}{
		{"as it is", worth, func(*market, *rights.IssueEvaluation) {}, "", ""},
		{"without a method", worth, func(_ *market, b *rights.IssueEvaluation) { b.Method = "" }, rights.CodeFormat, ""},
		{"by an unknown method", worth, func(_ *market, b *rights.IssueEvaluation) { b.Method = "Guess" }, rights.CodeFormat, ""},
		{"a base date to come", worth, func(m *market, b *rights.IssueEvaluation) { b.BaseDate = rights.CivilDate(m.now + 86400) }, rights.CodeTerm, ""},
		{"no base date", worth, func(_ *market, b *rights.IssueEvaluation) { b.BaseDate = "" }, rights.CodeFormat, ""},
		{"a base date a year ago", worth, func(_ *market, b *rights.IssueEvaluation) { b.BaseDate = "2025-07-01" }, rights.CodeTerm, ""},
		{"longer than allowed", worth, func(_ *market, b *rights.IssueEvaluation) { b.ValidTo = rights.AddMonths(day(today), 12) + 1 }, rights.CodeTerm, ""},
		{"as long as allowed", worth, func(_ *market, b *rights.IssueEvaluation) { b.ValidTo = rights.AddMonths(day(today), 12) }, "", ""},
		{"over before it begins", worth, func(m *market, b *rights.IssueEvaluation) { b.ValidTo = m.now }, rights.CodeTerm, ""},
		{"no report", worth, func(_ *market, b *rights.IssueEvaluation) { b.ReportHash = "" }, rights.CodeFormat, ""},
		{"a score beyond 1000", worth, func(_ *market, b *rights.IssueEvaluation) { b.ScorePermille = 1001 }, rights.CodeFormat, ""},
		{"licensed since today, based earlier (EV-2)", worth, func(m *market, b *rights.IssueEvaluation) {
			m.licence(today, "2035-01-01")
			b.BaseDate = "2026-07-01"
		}, rights.CodeTerm, "EV-2"},
		{"licensed until yesterday (EV-2)", worth, func(m *market, b *rights.IssueEvaluation) {
			m.licence("2026-01-01", rights.CivilDate(m.now-86400))
			b.BaseDate = "2026-07-01"
		}, rights.CodeTerm, "EV-2"},
		{"one group by now (EV-1)", worth, func(m *market, _ *rights.IssueEvaluation) { m.group(appraisalID, borrowerID) }, rights.CodeSelf, "EV-1"},
		{"no right effective (EV-3)", worth, func(m *market, _ *rights.IssueEvaluation) {
			for _, r := range x.rights {
				edit(rights.KindRight, r, func(r *rights.Right) { r.State = rights.StateSuspended })(m)
			}
		}, rights.CodeBasis, "EV-3"},
		{"one right effective", worth, func(m *market, _ *rights.IssueEvaluation) {
			for _, r := range x.rights[1:] {
				edit(rights.KindRight, r, func(r *rights.Right) { r.State = rights.StateSuspended })(m)
			}
		}, "", ""},
		{"worth nothing", 0, func(*market, *rights.IssueEvaluation) {}, rights.CodeMoney, ""},
		{"worth beyond counting", 1 << 62, func(*market, *rights.IssueEvaluation) {}, rights.CodeMoney, ""},
		{"another commitment", worth, func(_ *market, b *rights.IssueEvaluation) { b.ValueCommitment = hash("x") }, rights.CodeFormat, ""},
		{"superseding another object's", worth, func(_ *market, b *rights.IssueEvaluation) { b.Supersedes = y.evaluation }, rights.CodeFormat, ""},
		{"superseding itself", worth, func(_ *market, b *rights.IssueEvaluation) { b.Supersedes = b.EvaluationID }, rights.CodeFormat, ""},
		{"superseding another kind", worth, func(_ *market, b *rights.IssueEvaluation) { b.Supersedes = scored }, rights.CodeFormat, ""},
		{"superseding another evaluator's", worth, func(m *market, b *rights.IssueEvaluation) {
			edit(rights.KindEvaluation, x.evaluation, func(e *rights.Evaluation) { e.EvaluatorID = auditorID })(m)
			b.Supersedes = x.evaluation
		}, rights.CodeRole, ""},
		{"superseding its own", worth, func(_ *market, b *rights.IssueEvaluation) { b.Supersedes = x.evaluation }, "", ""},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		b, secret := harmed.issue(id, c.value)
		c.harm(&harmed, &b)
		harmed.expect(t, c.name, harmed.doSecretly(appraisalID+"#1", "evaluation.issue", b, secret), c.code, c.rule)
	}
	b, _ := m.issue(scored, worth)
	m.expect(t, "quality with a method", m.do(appraisalID+"#1", "evaluation.issue", b), rights.CodeFormat, "")
	b.Method = ""
	m.expect(t, "quality with a value", m.do(appraisalID+"#1", "evaluation.issue", b), rights.CodeFormat, "")
	b.ValueCommitment, b.ScorePermille = "", 900
	m.expect(t, "quality", m.do(appraisalID+"#1", "evaluation.issue", b), "", "")
	// The value through those who may not see it.
	b, secret := m.issue(id, worth)
	m.expect(t, "through the bank", m.tryWith(secret, statetest.Creator(bankMSP, "client"), []byte("Submit"), m.sign(appraisalID+"#1", "evaluation.issue", b)), rights.CodeRole, "3.0.8")
}

// A challenge takes a report out of use until it is decided, and for good when
// it is upheld.
func TestChallenge(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	evaluation := func() *rights.Evaluation { return read[rights.Evaluation](m, rights.KindEvaluation, x.evaluation) }
	challenge := rights.ChallengeEvaluation{EvaluationID: x.evaluation, ReasonHash: hash("r")}
	resolve := rights.ResolveChallenge{EvaluationID: x.evaluation, Outcome: "dismissed", ConclusionHash: hash("c")}
	m.expect(t, "its own", m.do(appraisalID+"#1", "evaluation.challenge", challenge), rights.CodeSelf, "")
	m.expect(t, "without reasons", m.do(suretyID+"#1", "evaluation.challenge", rights.ChallengeEvaluation{EvaluationID: x.evaluation}), rights.CodeFormat, "")
	m.must(m.do(suretyID+"#1", "evaluation.challenge", challenge))
	body, secret := m.pledgeOf(x)
	m.expect(t, "a pledge meanwhile", m.doSecretly(borrowerID+"#1", "pledge.apply", body, secret), rights.CodeState, "EV-4")
	m.must(m.do(exchangeID+"#1", "evaluation.resolveChallenge", resolve))
	if e := evaluation(); e.State != rights.StateIssued || e.Refuted || e.ConclusionHash != hash("c") {
		t.Errorf("%+v", e)
	}
	m.must(m.do(exchangeID+"#1", "evaluation.file", rights.OfEvaluation{EvaluationID: x.evaluation}))
	m.must(m.do(exchangeID+"#1", "evaluation.challenge", challenge))
	m.expect(t, "one's own", m.do(exchangeID+"#1", "evaluation.resolveChallenge", resolve), rights.CodeSelf, "")
	m.must(m.do(regulatorID+"#1", "evaluation.resolveChallenge", resolve))
	if e := evaluation(); e.State != rights.StateFiled {
		t.Errorf("%+v", e)
	}
	m.must(m.do(suretyID+"#1", "evaluation.challenge", challenge))
	resolve.Outcome = "upheld"
	m.must(m.do(regulatorID+"#1", "evaluation.resolveChallenge", resolve))
	if e := evaluation(); e.State != rights.StateWithdrawn || !e.Refuted {
		t.Errorf("%+v", e)
	}
}

func TestEvaluationEnds(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	of := rights.OfEvaluation{EvaluationID: x.evaluation}
	end := read[rights.Evaluation](m, rights.KindEvaluation, x.evaluation).ValidTo
	m.now = end - 1
	m.expect(t, "a second early", m.do(bankID+"#1", "evaluation.expire", of), rights.CodeDeadline, "")
	m.expect(t, "without a reason", m.do(appraisalID+"#1", "evaluation.withdraw", rights.WithdrawEvaluation{EvaluationID: x.evaluation}), rights.CodeFormat, "")
	m.now = end
	m.expect(t, "filed too late", m.do(exchangeID+"#1", "evaluation.file", of), rights.CodeTerm, "")
	m.must(m.do(bankID+"#1", "evaluation.expire", of))
}

// AL-PLEDGE-VALUE: a new value under which the loan is over the limit warns; one
// that still covers it does not.
func TestValueFalls(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	body, secret := m.pledgeOf(x)
	m.pledged(body, secret, "ZDW-1")
	for _, c := range []struct {
		value  int64
		warned bool
	}{{worth, false}, {worth * 5 / 7, true}, {worth*5/7 + 1, false}, {worth / 2, true}} { // half is lent; the limit is 70 %
		id := m.must(m.do(borrowerID+"#1", "evaluation.commission", commission(x))).id(rights.KindEvaluation)
		b, secret := m.issue(id, c.value)
		a := m.must(m.doSecretly(appraisalID+"#1", "evaluation.issue", b, secret))
		alert := a.id(rights.KindAlert)
		if (alert != "") != c.warned {
			t.Errorf("at %d: alert %q; want %t", c.value, alert, c.warned)
		}
		if alert != "" {
			if al := read[rights.Alert](m, rights.KindAlert, alert); al.RuleCode != "AL-PLEDGE-VALUE" || al.TargetID != id || al.SubjectIDs[1] != bankID {
				t.Errorf("%+v", al)
			}
		}
	}
}
