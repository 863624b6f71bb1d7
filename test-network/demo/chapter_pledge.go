package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// The amounts of the pledge, in fen.
const (
	appraisedFen = 1_200_000_00
	principalFen = 600_000_00
	securedFen   = 720_000_00
)

// pledge: the energy company borrows on its rights. Amounts are in the bank's
// private collection; a pledged right moves with the bank's word only.
func (s *story) pledge(ctx context.Context) error {
	own, err := s.energyRights(ctx)
	if err != nil {
		return err
	}
	operation := own[rights.RightOperation]
	ids := s.receipts["record"].ids(rights.KindRight)
	if _, err := s.do(ctx, step{name: "evaluation", who: energy, zh: energy.zh + "委托" + appraiser.zh + "评估三种权利的价值", en: energy.en + " commissions " + appraiser.en + " to value its rights", command: "evaluation.commission",
		body: rights.CommissionEvaluation{Kind: "Value", ObjectType: "Resource", ObjectID: operation.ObjectID, ObjectVersion: 1, EvaluatorID: appraiser.uscc, FinancingBankID: bank.uscc, Purpose: "Pledge", RightIDs: ids}}); err != nil {
		return err
	}
	evaluation := s.id("evaluation", rights.KindEvaluation)
	value, commitment, err := s.secret("evaluation-issue", map[string]any{"valueFen": int64(appraisedFen)})
	if err != nil {
		return err
	}
	if _, err := s.do(ctx, step{name: "evaluation-issue", who: appraiser, zh: "出具报告，价值保密", en: "the report is issued, its value private", command: "evaluation.issue", secret: value,
		body: rights.IssueEvaluation{EvaluationID: evaluation, Method: "Income", BaseDate: rights.CivilDate(s.start), ValueCommitment: commitment, ReportHash: hashOf("demo appraisal")}}); err != nil {
		return err
	}
	amounts, commitment, err := s.secret("pledge", map[string]any{"principalFen": int64(principalFen), "maxSecuredFen": int64(securedFen), "valueAtPledgeFen": int64(appraisedFen), "ltvBps": 5000, "valuation": string(value)})
	if err != nil {
		return err
	}
	contract := hashOf("demo pledge contract")
	if _, err := s.do(ctx, step{name: "pledge", who: energy, zh: energy.zh + "申请以三种权利出质；金额进银行的私有集合", en: energy.en + " applies to pledge them; the amounts go to the bank's private collection", command: "pledge.apply", secret: amounts,
		body: rights.ApplyPledge{PledgeeID: bank.uscc, RightIDs: ids, EvaluationID: evaluation, AmountsCommitment: commitment, ContractHash: contract, ClaimFrom: s.start, ClaimTo: s.days(365)}}); err != nil {
		return err
	}
	id := s.id("pledge", rights.KindPledge)
	if err := s.all(ctx,
		step{name: "pledge-confirm", who: bank, zh: "银行核对金额承诺与合同后确认", en: "the bank checks commitment and contract, and confirms", command: "pledge.confirm", body: rights.ConfirmPledge{PledgeID: id, ContractHash: contract, AmountsCommitment: commitment}},
		step{name: "pledge-register", who: registrar, zh: "凭统一登记编号登记质押；自此权利的键须有银行节点背书", en: "registered with the unified registry's number; from here on the rights' keys move with the bank's endorsement", command: "pledge.register",
			body: rights.RegisterPledge{PledgeID: id, ZdwRegNo: fmt.Sprintf("ZDW-DEMO-%d", s.start), ZdwRegAt: s.start, ZdwValidTo: s.days(730)}},
	); err != nil {
		return err
	}
	if err := s.verifyAsset(ctx); err != nil {
		return err
	}
	return s.transferPledged(ctx, id, operation)
}

// verifyAsset: the bank asks its own gateway what it lends on.
func (s *story) verifyAsset(ctx context.Context) error {
	no := s.id("record", rights.KindCertificate)
	var asset struct {
		AskedAs string `json:"askedAs"`
		Report  struct {
			Effective      bool                 `json:"effective"`
			Pledges        []rights.AssetPledge `json:"pledges"`
			LineageHealthy bool                 `json:"lineageHealthy"`
		} `json:"report"`
	}
	if err := s.read(ctx, bank, "/v1/certificates/"+no+"/asset", &asset); err != nil {
		return err
	}
	if r := asset.Report; asset.AskedAs != "pledgee" || !r.Effective || !r.LineageHealthy || len(r.Pledges) != 1 || !r.Pledges[0].EvaluationUsable {
		return fmt.Errorf("the bank does not see its asset well: %+v", asset)
	}
	s.tell(fmt.Sprintf("银行查验质押资产：凭证有效、依据齐备、第 %d 顺位、评估在期", asset.Report.Pledges[0].Rank), fmt.Sprintf("the bank verifies its asset: the certificate and all it rests on in force, rank %d, the appraisal in date", asset.Report.Pledges[0].Rank),
		fmt.Sprintf("GET %s/v1/certificates/%s/asset", s.url(bank.gateway), no))
	return s.readAmounts(ctx)
}

// readAmounts: the bank reads them from its own node; the Group has none.
func (s *story) readAmounts(ctx context.Context) error {
	path := "/v1/pledges/" + s.id("pledge", rights.KindPledge) + "/amounts"
	gateway, err := s.as(ctx, bank, bank.gateway)
	if err != nil {
		return err
	}
	raw, err := gateway.ReadSecret(ctx, path)
	if err != nil {
		return err
	}
	var amounts rights.PledgeAmounts
	if err := json.Unmarshal(raw, &amounts); err != nil {
		return err
	}
	if amounts.PrincipalFen != principalFen {
		return fmt.Errorf("the bank reads a principal of %d fen", amounts.PrincipalFen)
	}
	s.tell(fmt.Sprintf("银行从自己的节点读到本金 %s 元、评估价值 %s 元", yuan(amounts.PrincipalFen), yuan(amounts.ValueAtPledgeFen)),
		fmt.Sprintf("the bank reads from its own node: principal %s, value %s yuan", yuan(amounts.PrincipalFen), yuan(amounts.ValueAtPledgeFen)), "GET "+s.url(bank.gateway)+path)
	if gateway, err = s.as(ctx, energy, registrar.gateway); err != nil {
		return err
	}
	_, err = gateway.ReadSecret(ctx, path)
	p, err := wanted("the pledgor at the Group's gateway", err, codeMisdirected)
	if err != nil {
		return err
	}
	s.tell("出质人在市大数据集团的网关读不到：该机构的节点上没有", "the pledgor does not, at the Group's gateway: no node of the Group has them", "GET "+s.url(registrar.gateway)+path,
		fmt.Sprintf("HTTP %d %s：%s", p.Status, p.Code, p.Detail), p.DetailZh)
	return nil
}

// transferPledged: the company would sell the pledged right.
func (s *story) transferPledged(ctx context.Context, pledge string, operation rights.Right) error {
	terms := hashOf("demo terms of the transfer")
	apply := rights.Submit{RegType: rights.RegTransfer, RegistrarID: registrar.uscc, TargetRightIDs: []string{operation.ID}, CounterpartyID: weather.uscc, TermsHash: terms,
		Papers: []rights.Evidence{paper(rights.DocForm, "transfer"), paper(rights.DocIdentity, "transfer"), paper(rights.DocAgreement, "transfer"), paper(rights.DocCommitment, "transfer")}}
	consent := func(terms string) rights.GivePledgeConsent {
		return rights.GivePledgeConsent{PledgeID: pledge, Action: rights.UseTransfer, TargetID: operation.ID, TermsHash: terms, ExpiresAt: time.Unix(s.start, 0).AddDate(0, 0, 30).Unix()}
	}
	if err := s.refused(ctx, step{name: "transfer-unasked", who: energy, zh: energy.zh + "未经银行同意转让经营权", en: energy.en + " would transfer the operation right without the bank", command: "registration.submit", body: apply}, rights.CodeConsent); err != nil {
		return err
	}
	if _, err := s.do(ctx, step{name: "consent-other", who: bank, zh: "银行同意了另一份条款", en: "the bank consents to other terms", command: "pledge.giveConsent", body: consent(hashOf("demo other terms"))}); err != nil {
		return err
	}
	if err := s.refused(ctx, step{name: "transfer-other", who: energy, zh: "条款不同，同意不适用", en: "which is no consent to these", command: "registration.submit", body: apply}, rights.CodeConsent); err != nil {
		return err
	}
	if err := s.all(ctx,
		step{name: "consent-exact", who: bank, zh: "银行对这一权利、这一条款作出一次性同意", en: "the bank consents to this right, on these terms, once", command: "pledge.giveConsent", body: consent(terms)},
		step{name: "transfer", who: energy, zh: "转移登记的申请被接受，待受让人签署", en: "the application for the transfer is taken, for the transferee to sign", command: "registration.submit", body: apply},
	); err != nil {
		return err
	}
	_, err := s.do(ctx, step{name: "transfer-withdraw", who: energy, zh: "双方未谈成，撤回；银行的同意未被用掉", en: "the two do not come to terms and it is withdrawn; the consent is not used up", command: "registration.withdraw",
		body: rights.OfCase{CaseID: s.id("transfer", rights.KindCase)}})
	return err
}
