package scene

import (
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// Valued is an asset with its value evaluated for a pledge.
type Valued struct {
	*Asset
	Evaluation string
	Worth      int64
	valuation  []byte // the evaluation's secret
}

// Value has an asset's rights evaluated by a qualified appraiser.
func (m *Market) Value(x *Asset, worth int64) *Valued {
	m.Helper()
	appraiser := m.Service("数据资产评估有限公司", "Exchange", "SvcAppraisal")
	id := m.Do(x.Holder, "evaluation.commission", rights.CommissionEvaluation{Kind: "Value", ObjectType: x.Type, ObjectID: x.Object, ObjectVersion: 1,
		EvaluatorID: appraiser.USCC, Purpose: "Pledge", RightIDs: x.Rights}).One(rights.KindEvaluation)
	secret, commitment := Hidden(rights.EvaluationValue{Salt: Salt(), ValueFen: worth})
	m.Do(appraiser, "evaluation.issue", rights.IssueEvaluation{EvaluationID: id, Method: "Income", BaseDate: rights.CivilDate(time.Now().Unix()),
		ValueCommitment: commitment, ReportHash: Hash("report")}, secret...)
	return &Valued{x, id, worth, secret}
}

// Amounts of a pledge for half the value.
func (v *Valued) Amounts() rights.PledgeAmounts {
	return rights.PledgeAmounts{Salt: Salt(), PrincipalFen: v.Worth / 2, MaxSecuredFen: v.Worth * 6 / 10, ValueAtPledgeFen: v.Worth, LTVBps: 5000, Valuation: string(v.valuation)}
}

// ApplyPledge applies for a pledge to the bank on a contract of that name,
// through the bank's gateway, and has the bank confirm it.
func (m *Market) ApplyPledge(v *Valued, contract string, amounts rights.PledgeAmounts) (pledgeID string) {
	m.Helper()
	b, secret := m.PledgeOf(v, contract, amounts)
	id := m.Do(v.Holder.Through("Bank"), "pledge.apply", b, secret...).One(rights.KindPledge)
	m.Do(m.Bank, "pledge.confirm", rights.ConfirmPledge{PledgeID: id, ContractHash: b.ContractHash, AmountsCommitment: b.AmountsCommitment})
	return id
}

// PledgeOf is the application for a pledge to the bank, with its secret.
func (m *Market) PledgeOf(v *Valued, contract string, amounts rights.PledgeAmounts) (rights.ApplyPledge, []byte) {
	secret, commitment := Hidden(amounts)
	now := time.Now().Unix()
	return rights.ApplyPledge{PledgeeID: m.Bank.USCC, RightIDs: v.Rights, EvaluationID: v.Evaluation, AmountsCommitment: commitment,
		ContractHash: Hash(contract), ClaimFrom: now, ClaimTo: rights.AddMonths(now, 12)}, secret
}

// Registration is a pledge's entry in the unified registry.
func Registration(pledgeID string) rights.RegisterPledge {
	now := time.Now().Unix()
	return rights.RegisterPledge{PledgeID: pledgeID, ZdwRegNo: "ZDW-" + pledgeID[len(pledgeID)-24:], ZdwRegAt: now - 1, ZdwValidTo: rights.AddMonths(now, 24)}
}

// Pledge brings a pledge of an asset to Registered: from here on its rights
// move with the bank's endorsement alone.
func (m *Market) Pledge(v *Valued, contract string, amounts rights.PledgeAmounts) (pledgeID string) {
	m.Helper()
	id := m.ApplyPledge(v, contract, amounts)
	m.Do(m.Exchange, "pledge.register", Registration(id))
	return id
}
