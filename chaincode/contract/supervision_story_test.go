package contract_test

import (
	"fmt"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// useScene commits a second-level grant with a permit and its meter record,
// past every rule.
func (m *market) useScene() {
	m.put(rights.KindGrant, sceneGrant, &rights.Grant{Head: sceneHead(rights.KindGrant, sceneGrant, rights.StateEffective), GranteeID: energyID, Tier: "GrantL2", ValidFrom: start, ValidTo: far})
	m.put(rights.KindPermit, scenePermit, &rights.Permit{Head: sceneHead(rights.KindPermit, scenePermit, rights.StateActive), GrantorID: energyID, PermitteeID: weatherID, BasisType: "BasisGrant", BasisID: sceneGrant, ValidFrom: start, ValidTo: far})
	m.put(rights.KindMeter, theMeter, &rights.Meter{Head: sceneHead(rights.KindMeter, theMeter, rights.StateInForce), PermitID: scenePermit, Seq: 1})
}

// regions is the city's part of GB/T 2260.
var regions = []rights.CodeItem{{Code: "320900", Name: "盐城市"}, {Code: "320902", Name: "亭湖区"}, {Code: "320903", Name: "盐都区"}, {Code: "320904", Name: "大丰区"}, {Code: "320921", Name: "响水县"},
	{Code: "320922", Name: "滨海县"}, {Code: "320923", Name: "阜宁县"}, {Code: "320924", Name: "射阳县"}, {Code: "320925", Name: "建湖县"}, {Code: "320981", Name: "东台市"}}

// tellSupervision plays every command of the area to its good end.
func tellSupervision(m *market) {
	must := m.must
	firm, other := subjectCode(20), subjectCode(21)
	m.join(firm, "盐城监管故事有限公司")
	m.join(other, "盐城另一故事有限公司")
	must(m.do(regulator, "cryptoProfile.publish", rights.PublishCryptoProfile{Ver: 1, Algorithms: []string{"SM2", "SM3", "ECDSA-P256", "SHA-256"}}))
	must(m.do(regulator, "codeTable.publish", rights.PublishCodeTable{Name: "GB2260", Ver: 1, Items: regions}))
	c := m.the(m.recorded(firm, "supervised", "SJ3212026079001"))
	right := c.ResultRightIDs[0]

	// an alert to its end, with a measure on the right
	alert := must(m.do(m.platform, "alert.raise", rights.RaiseAlert{RuleCode: "AL-RESALE-ATTEMPT", TargetID: right, SubjectIDs: []string{firm},
		Refusal: "E_RESALE", RefusedDigest: hash("refused"), FactRefs: []string{right + "@1"}})).id(rights.KindAlert)
	raised := must(m.do(firm+"#1", "alert.raiseBatch", batch{object{"ruleCode": "AL-WASH"}, []object{{"targetId": firm}, {"targetId": right}}})).Result.Records
	must(m.do(regulator, "alert.acknowledgeBatch", batch{nil, []object{{"alertId": alert}, {"alertId": raised[0].ID}, {"alertId": raised[1].ID}}}))
	security := m.regulatorOf(subjectCode(22), "cyberspace")
	must(m.do(regulator, "alert.assign", rights.AssignAlert{AlertID: alert, AssigneeID: subjectCode(22)}))
	must(m.do(security, "alert.assign", rights.AssignAlert{AlertID: alert, AssigneeID: regulatorID}))
	for _, id := range []string{alert, raised[0].ID, raised[1].ID} {
		must(m.do(regulator, "alert.investigate", rights.InvestigateAlert{AlertID: id}))
	}
	must(m.do(firm+"#1", "alert.hear", rights.HearAlert{AlertID: alert, StatementHash: hash("statement")}))
	item := must(m.do(regulator, "evidence.collect", rights.CollectEvidence{CaseID: alert, Kind: "OfferCapture", Hash: hash("offer"), CollectedAt: m.now, Method: "公证抓取", SealHash: hash("seal")})).id(rights.KindEvidence)
	items := must(m.do(other+"#1", "evidence.collectBatch", batch{object{"caseId": alert, "kind": "Other", "collectedAt": m.now, "method": "x", "sealHash": hash("seal")}, []object{{"hash": hash("1")}, {"hash": hash("2")}}})).Result.Records
	must(m.do(regulator, "evidence.handOver", rights.HandOver{EvidenceID: item, ToID: subjectCode(22), SealHash: hash("seal")}))
	must(m.do(other+"#1", "evidence.handOverBatch", batch{object{"toId": regulatorID, "sealHash": hash("seal")}, []object{{"evidenceId": items[0].ID}, {"evidenceId": items[1].ID}}}))
	m.deliveryOf(theDelivery, markCode, m.now-1)
	must(m.do(regulator, "alert.openFingerprint", rights.OpenFingerprint{AlertID: alert, DeliveryID: theDelivery, Code: b64(markCode), Nonce: b64(markNonce)}))
	must(m.do(regulator, "alert.confirm", rights.ConfirmAlert{AlertID: alert, IRCode: "IR-8", Finding: "到期后提供", FindingHash: hash("finding"), EvidenceIDs: []string{item}}))
	freeze := measureOn(rights.MeasureFreeze, rights.KindRight, right)
	freeze.AlertIDs, freeze.Urgent = []string{alert}, true
	sm := must(m.do(regulator, "measure.issue", freeze)).id(rights.KindMeasure)
	must(m.do(regulator, "alert.dispose", rights.DisposeAlert{AlertID: alert, MeasureID: sm}))
	must(m.do(regulator, "alert.close", rights.OfAlert{AlertID: alert}))
	must(m.do(regulator, "alert.dismissBatch", batch{object{"finding": "不成立"}, []object{{"alertId": raised[0].ID}}}))
	must(m.do(regulator, "alert.dismiss", rights.DismissAlert{AlertID: raised[1].ID, Finding: "不成立"}))
	must(m.do(regulator, "alert.reopen", rights.InvestigateAlert{AlertID: raised[1].ID, FactRefs: []string{right + "@1"}}))
	must(m.do(security, "evidence.release", rights.ReleaseEvidence{EvidenceID: item, Reason: "结案"}))

	// measures
	must(m.do(regulator, "measure.serve", rights.ServeMeasure{MeasureID: sm, ReceiptHash: hash("receipt")}))
	must(m.do(firm+"#1", "measure.reportCompliance", rights.ReportCompliance{MeasureID: sm, ReportHash: hash("report")}))
	must(m.do(firm+"#1", "measure.appeal", rights.AppealMeasure{MeasureID: sm, AppealRef: "盐复〔2026〕1号"}))
	must(m.do(regulator, "measure.decideAppeal", rights.DecideAppeal{MeasureID: sm, Outcome: "upheld", DecisionHash: hash("decision")}))
	must(m.do(regulator, "measure.verifyCompliance", rights.OfMeasure{MeasureID: sm}))
	must(m.do(regulator, "measure.lift", rights.LiftMeasure{MeasureID: sm, Reason: "已整改"}))
	var ids []object
	for _, x := range []rights.IssueMeasure{measureOn(rights.MeasureRestrictTrading, rights.KindParticipant, other), measureOn(rights.MeasureFreeze, rights.KindResource, c.ObjectID),
		measureOn(rights.MeasureExpel, rights.KindParticipant, firm)} {
		ids = append(ids, object{"measureId": must(m.do(regulator, "measure.issueBatch", batch{nil, []object{without(x)}})).id(rights.KindMeasure)})
	}
	must(m.do(regulator, "measure.serveBatch", batch{object{"receiptHash": hash("receipt")}, ids}))
	must(m.do(regulator, "measure.liftBatch", batch{object{"reason": "已整改"}, ids}))
	short := measureOn(rights.MeasureRestrictTrading, rights.KindParticipant, other)
	short.To = m.now + 86400
	one, two := m.served(regulator, short), m.served(regulator, short)
	m.now += 86400
	must(m.do(bankID+"#1", "measure.expire", rights.OfMeasure{MeasureID: one}))
	must(m.do(bankID+"#1", "measure.expireBatch", batch{nil, []object{{"measureId": two}}}))

	// standing
	must(m.do(regulator, "participant.tag", rights.TagParticipant{USCC: firm, Tag: rights.TagDataElementEnterprise, EvidenceHash: hash("list")}))
	must(m.do(regulator, "participant.tagBatch", batch{object{"tag": rights.TagChainLeader, "evidenceHash": hash("list")}, []object{{"uscc": firm}, {"uscc": other}}}))
	must(m.do(regulator, "participant.flag", rights.TagParticipant{USCC: other, Tag: "TaxViolation", EvidenceHash: hash("list")}))
	must(m.do(regulator, "participant.flagBatch", batch{nil, []object{{"uscc": other, "tag": "TaxViolation", "off": true, "evidenceHash": hash("paid")}}}))
	must(m.do(firm+"#1", "participant.update", rights.UpdateParticipant{HasCDO: true, EvidenceHash: hash("appointed")}))
	must(m.do(regulator, "maturity.record", maturityOf(firm, 2)))
	must(m.do(regulator, "maturity.recordBatch", batch{nil, []object{without(maturityOf(firm, 3)), without(maturityOf(other, 1))}}))

	// indicators
	must(m.do(regulator, "indicator.define", indicatorOf("XI-01", 1)))
	must(m.do(regulator, "indicator.defineBatch", batch{nil, []object{without(indicatorOf("XI-01", 2)), without(indicatorOf("XI-02", 1))}}))
	v := valueOf("XI-02", 5)
	snap := must(m.do(m.platform, "snapshot.compute", v)).id(rights.KindSnapshot)
	more := must(m.do(m.platform, "snapshot.computeBatch", batch{nil, []object{without(v)}})).id(rights.KindSnapshot)
	must(m.do(regulator, "snapshot.confirm", rights.ConfirmSnapshot{SnapshotID: snap, InputRoot: v.InputRoot, ValueInt: 5}))
	must(m.do(regulator, "snapshot.confirmBatch", batch{object{"inputRoot": v.InputRoot, "valueInt": 5}, []object{{"snapshotId": more}}}))
	must(m.do(regulator, "snapshot.publish", rights.OfSnapshot{SnapshotID: snap}))
	must(m.do(regulator, "snapshot.publishBatch", batch{nil, []object{{"snapshotId": more}}}))
	v.ValueInt = 6
	must(m.do(regulator, "snapshot.correct", rights.CorrectSnapshot{SnapshotID: snap, Reason: "补报", Value: v}))
	must(m.do(regulator, "indicator.retire", rights.RetireIndicator{Code: "XI-02", Ver: 1}))

	// scenarios
	used := operations(m, "91320902MA0T").run()
	meter := must(used.meter(used.period(5))).id(rights.KindMeter)
	var scenarios []object
	for i, field := range []string{"Finance", "Health", "Commerce"} {
		b := scenarioOf(fmt.Sprint("场景", i))
		b.Field, b.GrantIDs = field, []string{used.l2}
		scenarios = append(scenarios, object{"scenarioId": must(m.do(firm+"#1", "scenario.submit", b)).id(rights.KindScenario)})
	}
	third := scenarioOf("场景三")
	third.GrantIDs = []string{used.l2}
	more = must(m.do(firm+"#1", "scenario.submitBatch", batch{nil, []object{without(third)}})).id(rights.KindScenario)
	id := func(i int) string { return scenarios[i]["scenarioId"].(string) }
	must(m.do(regulator, "scenario.review", rights.ReviewScenario{ScenarioID: id(0), OpinionHash: hash("opinion")}))
	must(m.do(regulator, "scenario.reviewBatch", batch{object{"opinionHash": hash("opinion")}, scenarios[1:]}))
	must(m.do(regulator, "scenario.decline", rights.DeclineScenario{ScenarioID: more, OpinionHash: hash("opinion"), Reason: "重复"}))
	must(m.do(regulator, "scenario.include", rights.OfScenario{ScenarioID: id(0)}))
	must(m.do(regulator, "scenario.includeBatch", batch{nil, scenarios[1:]}))
	must(m.do(regulator, "scenario.markLanded", rights.MarkLanded{ScenarioID: id(0), GrantID: used.l2, UseID: meter}))
	must(m.do(regulator, "scenario.remove", rights.RemoveScenario{ScenarioID: id(1), Reason: "停用"}))

	// policy and support
	doc := must(m.do(exchangeID+"#1", "policy.publish", convention("盐数商协〔2026〕2号"))).id(rights.KindPolicy)
	must(m.do(firm+"#1", "policy.adhere", rights.AdherePolicy{PolicyID: doc}))
	secret, commitment := hidden(rights.SupportAmount{Salt: salt, AmountFen: 500_000})
	support := rights.RecordSupport{RecipientID: firm, Kind: "Registration", FactID: "SJ3212026079001", DecisionHash: hash("decision"), AmountsCommitment: commitment}
	must(m.doSecretly(regulator, "support.record", support, secret))
	support.Kind, support.FactID = "Scenario", id(0)
	must(m.doSecretly(regulator, "support.recordBatch", batch{nil, []object{without(support)}}, slices.Concat([]byte("["), secret, []byte("]"))))
	must(m.do(exchangeID+"#1", "event.record", rights.RecordEvent{Kind: "Matchmaking", Name: "供需对接会", Date: "2026-07-10"}))
}
