package rights

import (
	"math/bits"
)

// loanToValue is principal of value in hundredths of a percent, rounded up; more
// than anything allowed when there is no value.
func loanToValue(principal, value int64) int64 {
	if value <= 0 || principal < 0 {
		return 1 << 62
	}
	hi, lo := bits.Mul64(uint64(principal), 10_000)
	if hi >= uint64(value) {
		return 1 << 62
	}
	q, r := bits.Div64(hi, lo, uint64(value))
	if q >= 1<<62 {
		return 1 << 62
	}
	if r > 0 {
		q++
	}
	return int64(q)
}

// pledgeAmounts checks the secret amounts of a pledge against each other, the
// profile's limit and the value as evaluated.
func (a *Act) pledgeAmounts(field, commitment string, p *Profile, ev *Evaluation) error {
	var m PledgeAmounts
	if err := a.secret(field, commitment, &m); err != nil {
		return err
	}
	for _, x := range []struct {
		name string
		fen  int64
	}{{"principalFen", m.PrincipalFen}, {"maxSecuredFen", m.MaxSecuredFen}, {"valueAtPledgeFen", m.ValueAtPledgeFen}} {
		if x.fen < 1 || x.fen > maxFen {
			return refuse(CodeMoney, "须为正数且不超过 %d 分", "must be positive and at most %d fen", maxFen).at("secret." + x.name)
		}
	}
	if m.MaxSecuredFen < m.PrincipalFen {
		return refuse(CodeMoney, "最高担保额不得低于本金", "the most secured must not be less than the principal").at("secret.maxSecuredFen")
	}
	if m.PrincipalFen > m.ValueAtPledgeFen {
		return refuse(CodeMoney, "本金超过质押物价值", "the principal is more than the value of what is pledged").at("secret.principalFen")
	}
	if ltv := loanToValue(m.PrincipalFen, m.ValueAtPledgeFen); m.LTVBps != ltv {
		return refuse(CodeMoney, "质押率应为 %d（本金除以价值，万分比，向上取整）", "the loan to value is %d: principal of value in basis points, rounded up", ltv).at("secret.ltvBps")
	}
	if most := p.Int(ParamLTVMaxBps); m.LTVBps > most {
		return refuse(CodeMoney, "质押率超过上限 %d（万分比）", "the loan to value is over the limit of %d basis points", most).at("secret.ltvBps").by(ParamLTVMaxBps)
	}
	var v EvaluationValue
	if Commit([]byte(m.Valuation)) != ev.ValueCommitment {
		return refuse(CodeBasis, "须为评估 %s 的保密内容原文，其 SM3 须等于该评估的价值承诺", "must be the secret of evaluation %s byte for byte: its SM3 is that evaluation's commitment", ev.ID).at("secret.valuation").on(ev.ID).by("EV-4")
	}
	if err := a.decode([]byte(m.Valuation), &v); err != nil {
		return err
	}
	if m.ValueAtPledgeFen > v.ValueFen {
		return refuse(CodeMoney, "质押价值不得高于评估价值", "the value at pledge must not be more than the value evaluated").at("secret.valueAtPledgeFen").on(ev.ID).by("EV-4")
	}
	return nil
}

// warnPledgees raises an alert for every pledge of the rights whose principal is
// more of the new value than the profile allows. Only peers that hold both
// collections can endorse it, which every trading and supervision peer does.
func (a *Act) warnPledgees(p *Profile, ev *Evaluation, list []*Right, valueFen int64) error {
	seen := map[string]bool{} // never iterated
	for _, r := range list {
		for _, e := range r.Encumbrances {
			if e.Type != EncPledge || seen[e.RefID] {
				continue
			}
			seen[e.RefID] = true
			var pl Pledge
			if err := need(a, KindPledge, "evaluationId", e.RefID, &pl); err != nil {
				return err
			}
			var m PledgeAmounts
			if err := a.openSecret(CollectionPledge(pl.PledgeeMSP), KindPledge, pl.ID, &m); err != nil {
				if refused := asRefusal(err); refused != nil && refused.Code == CodeNotFound {
					continue // purged after its retention
				}
				return err
			}
			if loanToValue(m.PrincipalFen, valueFen) <= p.Int(ParamLTVMaxBps) {
				continue
			}
			if err := a.raise("AL-PLEDGE-VALUE", ev, KindEvaluation, pl.PledgorID, pl.PledgeeID); err != nil {
				return err
			}
		}
	}
	return nil
}
