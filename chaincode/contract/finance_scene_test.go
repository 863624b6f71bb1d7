package contract_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// Participants of finance, used nowhere else. All codes are synthetic.
var (
	appraisalID = uscc("91320900MA0F00001")
	auditorID   = uscc("91320900MA0F00002")
	borrowerID  = uscc("91320902MA0F00003")
	suretyID    = uscc("91320900MA0F00004")
	otherBankID = uscc("91320900MA0F00005")
)

// uscc completes 17 characters with their check character.
func uscc(p string) string {
	check, ok := rights.USCCCheck(p)
	if !ok {
		panic(p)
	}
	return p + string(check)
}

// service joins a third party qualified for services from 2026 on.
func (m *market) service(id, name string, services ...string) {
	m.t.Helper()
	a := m.application(id, name)
	a.Roles, a.ServiceTypes = []rights.Role{rights.RoleThirdParty}, services
	for _, s := range services {
		a.Qualifications = append(a.Qualifications, rights.Qualification{Type: s, No: "ZZ-1", From: "2026-01-01", To: "2035-12-31", EvidenceHash: hash("licence")})
	}
	m.must(m.do(id+"#1", "participant.apply", a))
	m.must(m.do(regulatorID+"#1", "participant.admit", rights.OfParticipant{USCC: id}))
}

// asset is a borrower's registered data with its value evaluated.
type asset struct {
	certNo, object, evaluation string
	rights                     []string // holding, use, operation
	valuation                  []byte   // the evaluation's secret
}

const worth = 1_000_000_00 // fen

// lend brings the cast of finance in.
func (m *market) lend() {
	m.t.Helper()
	m.service(appraisalID, "数据资产评估有限公司", "SvcAppraisal", "SvcCompliance", "SvcAudit")
	m.service(auditorID, "会计师事务所", "SvcAudit")
	m.join(borrowerID, "盐城借款企业有限公司")
	m.join(suretyID, "盐城融资担保有限公司")
}

// asset registers content of the borrower's and has it valued.
func (m *market) asset(content, certNo string) *asset {
	m.t.Helper()
	c := m.the(m.recorded(borrowerID, content, certNo))
	x := &asset{certNo: certNo, object: c.ObjectID, rights: c.ResultRightIDs}
	x.evaluation, x.valuation = m.evaluated(x, worth)
	return x
}

// commission is a value evaluation of an asset's rights.
func commission(x *asset) rights.CommissionEvaluation {
	return rights.CommissionEvaluation{Kind: "Value", ObjectType: "Resource", ObjectID: x.object, ObjectVersion: 1, EvaluatorID: appraisalID, Purpose: "Pledge", RightIDs: x.rights}
}

// issue is the report on an evaluation, based on the day.
func (m *market) issue(id string, value int64) (body rights.IssueEvaluation, secret []byte) {
	secret, commitment := hidden(rights.EvaluationValue{Salt: salt, ValueFen: value})
	return rights.IssueEvaluation{EvaluationID: id, Method: "Income", BaseDate: rights.CivilDate(m.now), ValueCommitment: commitment, ReportHash: hash("report")}, secret
}

func (m *market) evaluated(x *asset, value int64) (id string, valuation []byte) {
	m.t.Helper()
	id = m.must(m.do(borrowerID+"#1", "evaluation.commission", commission(x))).id(rights.KindEvaluation)
	body, secret := m.issue(id, value)
	m.must(m.doSecretly(appraisalID+"#1", "evaluation.issue", body, secret))
	return id, secret
}

// amounts of a pledge that fits the value; change makes them others.
func amounts(x *asset, change func(*rights.PledgeAmounts)) (secret []byte, commitment string) {
	a := rights.PledgeAmounts{Salt: salt, PrincipalFen: worth / 2, MaxSecuredFen: worth * 6 / 10, ValueAtPledgeFen: worth, LTVBps: 5000, Valuation: string(x.valuation)}
	if change != nil {
		change(&a)
	}
	return hidden(a)
}

// pledgeOf is an application that fits an asset.
func (m *market) pledgeOf(x *asset) (body rights.ApplyPledge, secret []byte) {
	secret, commitment := amounts(x, nil)
	return rights.ApplyPledge{PledgeeID: bankID, RightIDs: x.rights, EvaluationID: x.evaluation, AmountsCommitment: commitment,
		ContractHash: hash("contract"), ClaimFrom: m.now, ClaimTo: rights.AddMonths(m.now, 12)}, secret
}

// pledged brings a pledge to Registered.
func (m *market) pledged(body rights.ApplyPledge, secret []byte, no string) (id string) {
	m.t.Helper()
	id = m.must(m.doSecretly(borrowerID+"#1", "pledge.apply", body, secret)).id(rights.KindPledge)
	m.confirmed(id)
	m.must(m.do(exchangeID+"#1", "pledge.register", m.registration(id, no)))
	return id
}

func (m *market) confirmed(id string) {
	m.t.Helper()
	pl := m.pledge(id)
	m.must(m.do(pl.PledgeeID+"#1", "pledge.confirm", rights.ConfirmPledge{PledgeID: id, ContractHash: pl.ContractHash, AmountsCommitment: pl.AmountsCommitment,
		Disclosures: pl.Disclosures, TermWarning: pl.TermWarning}))
}

func (m *market) registration(id, no string) rights.RegisterPledge {
	return rights.RegisterPledge{PledgeID: id, ZdwRegNo: no, ZdwRegAt: m.now, ZdwValidTo: rights.AddMonths(m.now, 24)}
}

func (m *market) pledge(id string) *rights.Pledge {
	return read[rights.Pledge](m, rights.KindPledge, id)
}

// enforced transfers what a pledge still lies on to the surety, with the
// pledgee's consent: the case that an enforcement comes down to.
func (m *market) enforced(pledge, certNo string) (caseID string) {
	m.t.Helper()
	pl := m.pledge(pledge)
	var left []string
	for _, r := range pl.RightIDs {
		if !slices.Contains(pl.ReleasedIDs, r) {
			left = append(left, r)
			m.must(m.do(pl.PledgeeID+"#1", "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: pledge, Action: rights.UseTransfer, TargetID: r, TermsHash: hash(terms), ExpiresAt: m.now + 60*86400}))
		}
	}
	s := m.transferTo(suretyID, m.right(left[0]).CaseID)
	s.TargetRightIDs, s.ExecutionOf = left, pledge
	return m.transferred(s, pl.PledgorID, suretyID, certNo)
}

// rank of a pledge on a right, 0 when it does not lie there.
func (m *market) rank(right, pledge string) int64 {
	for _, e := range m.right(right).Encumbrances {
		if e.Type == rights.EncPledge && e.RefID == pledge {
			return e.Rank
		}
	}
	return 0
}

// guardedBy reports whether a right's key moves only with the endorsement of
// exactly these banks, beside the usual.
func (m *market) guardedBy(right string, banks ...string) bool {
	policy := string(m.ledger.Guard(key(rights.KindRight, right)))
	if len(banks) == 0 {
		return policy == ""
	}
	return !slices.ContainsFunc([]string{bankMSP, otherBankMSP}, func(b string) bool {
		return slices.Contains(banks, b) != contains(policy, b)
	})
}

const otherBankMSP = "SecondMSP"

// secondBank founds a market with one more bank that runs a node.
func secondBank(t testing.TB) *market {
	t.Helper()
	m := newMarket(t)
	m.ledger.Members = func(collection string) []string {
		if collection == string(rights.CollectionPledge(otherBankMSP)) {
			return []string{exchangeMSP, regulatorMSP, otherBankMSP}
		}
		return membersOf(collection)
	}
	m.put(rights.KindOrganisation, otherBankMSP, &rights.Organisation{Head: rights.Head{DocType: "OG", ID: otherBankMSP, SchemaVersion: 1, Version: 1, State: rights.StateInForce,
		CreatedAt: start, CreatedBy: "x", UpdatedAt: start, UpdatedBy: "x", LastTxID: "x"}, MSPID: otherBankMSP, Name: "Second bank", NameZh: "第二银行", Function: rights.FunctionFinance})
	m.enrol(otherBankMSP, otherBankID, "第二银行", []rights.Role{rights.RoleBank}, "信贷岗")
	m.lend()
	return m
}

// reported asks the contract about an asset.
func (m *market) reported(certNo string) *rights.AssetReport {
	m.t.Helper()
	a := m.must(m.ask("VerifyAsset", certNo))
	r := new(rights.AssetReport)
	if err := json.Unmarshal(a.payload, r); err != nil {
		m.t.Fatal(err)
	}
	return r
}
