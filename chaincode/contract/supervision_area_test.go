package contract_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// The area's part in the tests over the whole ledger: measures, alerts, evidence, indicators, scenarios, policy and support.

// The one whom the exhaustive test's measures and alerts are about.
var subjectID = synthetic(7)

// subject joins it and returns its key.
func (m *market) subject() string {
	m.join(subjectID, "被监管企业有限公司")
	return subjectID + "#1"
}

// The records of the exhaustive test, and what its alerts and scenarios rest on.
const (
	theMeasure  = "SM-320900-20260706-5ce0e0000002-00"
	theAlert    = "AL-320900-20260706-5ce0e0000002-00"
	theEvidence = "EI-320900-20260706-5ce0e0000002-00"
	theSnapshot = "IS-320900-20260706-5ce0e0000002-00"
	theScenario = "SC-320900-20260706-5ce0e0000002-00"
	thePolicy   = "PD-320900-20260706-5ce0e0000002-00"
	theDelivery = "DL-320900-20260706-5ce0e0000002-00"
	theMeter    = "MT-320900-20260706-5ce0e0000002-00"
)

var (
	markCode  = []byte("mark of the second recipient")
	markNonce = []byte("0123456789abcdef0123456789abcdef")
)

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// deliveryOf commits a delivery with a fingerprint, received at a time.
func (m *market) deliveryOf(id string, code []byte, receivedAt int64) *rights.Delivery {
	d := &rights.Delivery{Head: sceneHead(rights.KindDelivery, id, rights.StateAccepted), FromID: energyID, ToID: weatherID, Mode: "EncryptedFile", ProductID: sceneProduct, ProductVersion: 1,
		ContentRoot: hash("sent " + id), FingerprintCommit: rights.FingerprintCommit("sm3", code, markNonce), ReceivedAt: receivedAt, ReceivedBy: weatherID + "#1"}
	m.put(rights.KindDelivery, id, d)
	return d
}

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

// supervisionMoves are the area's commands in the exhaustive test.
func supervisionMoves() []move {
	var list []move
	add := func(m move) { list = append(list, entityMove(m)) }
	fresh := func(name string, guard func(*somebody, rights.State) rights.Code, set func(*stage, rights.State), secret []byte, body func(*stage, *somebody, rights.State) any) {
		add(move{command: name, states: []rights.State{""}, set: set, body: body, guard: guard, secret: secret})
	}
	none := func(*stage, rights.State) {}

	// Participants' standing.
	participant := func(s *stage, state rights.State) {
		s.put(rights.KindParticipant, appraiserID, &rights.Participant{Head: sceneHead(rights.KindParticipant, appraiserID, state), USCC: appraiserID, Name: "被标注者",
			Roles: []rights.Role{rights.RoleEnterprise}, RegionCode: "320902", Keys: []rights.Key{{No: 1, State: rights.KeyActive}}})
	}
	mark := func(tag string) func(*stage, *somebody, rights.State) any {
		return fixed(func(*stage) any {
			return rights.TagParticipant{USCC: appraiserID, Tag: tag, EvidenceHash: hash("evidence")}
		})
	}
	add(move{command: "participant.tag", set: participant, body: mark(rights.TagChainLeader)})
	add(move{command: "participant.flag", set: participant, body: mark("TaxViolation")})
	add(move{command: "participant.update", states: []rights.State{rights.StateActive}, set: none,
		body: fixed(func(*stage) any { return rights.UpdateParticipant{HasCDO: true, EvidenceHash: hash("appointed")} })})

	// Measures.
	measure := func(change func(*rights.Measure)) func(*stage, rights.State) {
		return func(s *stage, state rights.State) {
			sm := &rights.Measure{Head: sceneHead(rights.KindMeasure, theMeasure, state), Type: rights.MeasureWarning, Domain: "data", TargetKind: rights.KindParticipant,
				TargetID: subjectID, SubjectID: subjectID, LegalBasis: "x", DocumentHash: hash("d"), AlertIDs: []string{theAlert}, IssuedBy: regulatorID}
			if change != nil {
				change(sm)
			}
			s.put(rights.KindMeasure, theMeasure, sm)
		}
	}
	fresh("measure.issue", nil, none, nil, fixed(func(*stage) any { return measureOn(rights.MeasureWarning, rights.KindParticipant, subjectID) }))
	add(move{command: "measure.serve", set: measure(nil), body: fixed(func(*stage) any {
		return rights.ServeMeasure{MeasureID: theMeasure, ReceiptHash: hash("receipt")}
	})})
	add(move{command: "measure.reportCompliance", set: measure(nil), body: fixed(func(*stage) any {
		return rights.ReportCompliance{MeasureID: theMeasure, ReportHash: hash("report")}
	})})
	add(move{command: "measure.verifyCompliance", set: measure(nil), body: fixed(func(*stage) any { return rights.OfMeasure{MeasureID: theMeasure} })})
	add(move{command: "measure.lift", set: measure(nil), body: fixed(func(*stage) any { return rights.LiftMeasure{MeasureID: theMeasure, Reason: "x"} })})
	add(move{command: "measure.appeal", set: measure(nil), body: fixed(func(*stage) any { return rights.AppealMeasure{MeasureID: theMeasure, AppealRef: "x"} })})
	for _, outcome := range []string{"upheld", "annulled"} {
		add(move{command: "measure.decideAppeal", outcome: outcome, set: measure(func(sm *rights.Measure) { sm.AppealRef = "x" }), body: fixed(func(*stage) any {
			return rights.DecideAppeal{MeasureID: theMeasure, Outcome: outcome, DecisionHash: hash("decision")}
		})})
	}
	add(move{command: "measure.expire", set: measure(func(sm *rights.Measure) { sm.To = start }), body: fixed(func(*stage) any { return rights.OfMeasure{MeasureID: theMeasure} })})

	// Alerts.
	alert := func(s *stage, state rights.State) {
		al := &rights.Alert{Head: sceneHead(rights.KindAlert, theAlert, state), RuleCode: "AL-WASH", Severity: "High", TargetType: "PT", TargetID: subjectID, SubjectIDs: []string{subjectID},
			RaisedBy: "Platform", RaisedAt: start, HearingDueAt: start}
		if state != rights.StateRaised {
			al.AssigneeID, al.Assigned = regulatorID, []rights.Handover{{To: regulatorID, At: start}}
		}
		s.put(rights.KindAlert, theAlert, al)
		measure(nil)(s, rights.StateInForce)
		s.deliveryOf(theDelivery, markCode, start)
		edit(rights.KindParticipant, buyerID, func(p *rights.Participant) { p.Roles = []rights.Role{rights.RoleEnterprise, rights.RoleRegulator} })(s.market)
	}
	fresh("alert.raise", nil, none, nil, fixed(func(*stage) any { return rights.RaiseAlert{RuleCode: "AL-WASH", TargetID: subjectID} }))
	for event, body := range map[string]any{
		"acknowledge": rights.OfAlert{AlertID: theAlert}, "assign": rights.AssignAlert{AlertID: theAlert, AssigneeID: buyerID},
		"investigate": rights.InvestigateAlert{AlertID: theAlert}, "hear": rights.HearAlert{AlertID: theAlert, StatementHash: hash("said")},
		"openFingerprint": rights.OpenFingerprint{AlertID: theAlert, DeliveryID: theDelivery, Code: b64(markCode), Nonce: b64(markNonce)},
		"confirm":         rights.ConfirmAlert{AlertID: theAlert, Finding: "x", FindingHash: hash("x")},
		"dismiss":         rights.DismissAlert{AlertID: theAlert, Finding: "x"}, "dispose": rights.DisposeAlert{AlertID: theAlert, MeasureID: theMeasure},
		"close": rights.OfAlert{AlertID: theAlert}, "reopen": rights.InvestigateAlert{AlertID: theAlert, FactRefs: []string{"RT-1234@2"}},
	} {
		add(move{command: "alert." + event, set: alert, body: fixed(func(*stage) any { return body })})
	}

	// Evidence.
	evidence := func(s *stage, state rights.State) {
		alert(s, rights.StateClosed)
		s.put(rights.KindEvidence, theEvidence, &rights.EvidenceItem{Head: sceneHead(rights.KindEvidence, theEvidence, state), CaseID: theAlert, Kind: "Other", Hash: hash("e"),
			CollectedBy: subjectID, CollectedAt: start, Method: "x", Custody: []rights.Handover{{To: subjectID, At: start, SealHash: hash("seal")}}})
	}
	fresh("evidence.collect", nil, alert, nil, fixed(func(*stage) any {
		return rights.CollectEvidence{CaseID: theAlert, Kind: "Other", Hash: hash("e"), CollectedAt: start, Method: "x", SealHash: hash("seal")}
	}))
	add(move{command: "evidence.handOver", set: evidence, body: fixed(func(*stage) any {
		return rights.HandOver{EvidenceID: theEvidence, ToID: weatherID, SealHash: hash("seal")}
	})})
	add(move{command: "evidence.release", set: evidence, body: fixed(func(*stage) any { return rights.ReleaseEvidence{EvidenceID: theEvidence, Reason: "x"} })})

	// Indicators.
	indicator := func(s *stage, state rights.State) {
		in := indicatorOf("IN-01Y", 1)
		s.put(rights.KindIndicator, "IN-01Y@1", &rights.Indicator{Head: sceneHead(rights.KindIndicator, "IN-01Y@1", state), Code: in.Code, Ver: 1, Window: in.Window, Unit: "fen", OwnerID: regulatorID})
	}
	snapshotIn := func(s *stage, state rights.State) {
		indicator(s, rights.StateActive)
		s.put(rights.KindSnapshot, theSnapshot, &rights.Snapshot{Head: sceneHead(rights.KindSnapshot, theSnapshot, state), Code: "IN-01Y", DefVersion: 1, AsOf: start,
			PeriodFrom: start - 86400, PeriodTo: start, ValueInt: 5, InputRoot: hash("root"), ComputedBy: regulatorID})
	}
	fresh("indicator.define", nil, none, nil, fixed(func(*stage) any { return indicatorOf("IN-01Y", 1) }))
	add(move{command: "indicator.retire", set: indicator, body: fixed(func(*stage) any { return rights.RetireIndicator{Code: "IN-01Y", Ver: 1} })})
	fresh("snapshot.compute", func(w *somebody, _ rights.State) rights.Code {
		if w.role != rights.RoleRegulator && w.role != rights.RolePlatform {
			return rights.CodeRole
		}
		return ""
	}, func(s *stage, _ rights.State) { indicator(s, rights.StateActive) }, nil, fixed(func(*stage) any { return valueOf("IN-01Y", 5) }))
	add(move{command: "snapshot.confirm", set: snapshotIn, body: fixed(func(*stage) any {
		return rights.ConfirmSnapshot{SnapshotID: theSnapshot, InputRoot: hash("root"), ValueInt: 5}
	})})
	add(move{command: "snapshot.publish", set: snapshotIn, body: fixed(func(*stage) any { return rights.OfSnapshot{SnapshotID: theSnapshot} })})
	add(move{command: "snapshot.correct", set: snapshotIn, body: fixed(func(*stage) any {
		return rights.CorrectSnapshot{SnapshotID: theSnapshot, Reason: "x", Value: valueOf("IN-01Y", 6)}
	})})

	// Scenarios.
	scenario := func(s *stage, state rights.State) {
		s.useScene()
		s.put(rights.KindScenario, theScenario, &rights.Scenario{Head: sceneHead(rights.KindScenario, theScenario, state), Kind: rights.ScenarioAuthorised, Name: "x", Field: "Finance",
			Source: "Built", SubmitterID: subjectID, RegionCode: "320902", GrantIDs: []string{sceneGrant}})
	}
	fresh("scenario.submit", nil, scenario, nil, fixed(func(*stage) any { return scenarioOf("新场景") }))
	for event, body := range map[string]any{
		"review":  rights.ReviewScenario{ScenarioID: theScenario, OpinionHash: hash("opinion")},
		"decline": rights.DeclineScenario{ScenarioID: theScenario, OpinionHash: hash("opinion"), Reason: "x"},
		"include": rights.OfScenario{ScenarioID: theScenario}, "markLanded": rights.MarkLanded{ScenarioID: theScenario, GrantID: sceneGrant, UseID: theMeter},
		"remove": rights.RemoveScenario{ScenarioID: theScenario, Reason: "x"},
	} {
		add(move{command: "scenario." + event, set: scenario, body: fixed(func(*stage) any { return body })})
	}

	// What is published or noted once.
	fresh("policy.publish", nil, none, nil, fixed(func(*stage) any { return convention("盐数商协〔2026〕1号") }))
	add(move{command: "policy.adhere", body: fixed(func(*stage) any { return rights.AdherePolicy{PolicyID: thePolicy} }), set: func(s *stage, state rights.State) {
		s.put(rights.KindPolicy, thePolicy, &rights.PolicyDoc{Head: sceneHead(rights.KindPolicy, thePolicy, state), No: "x", Kind: "SelfDiscipline", IssuerID: exchangeID})
	}})
	secret, commitment := hidden(rights.SupportAmount{Salt: salt, AmountFen: 5})
	fresh("support.record", nil, none, secret, fixed(func(s *stage) any {
		return rights.RecordSupport{RecipientID: energyID, Kind: "Registration", FactID: s.certificate, DecisionHash: hash("decision"), AmountsCommitment: commitment}
	}))
	fresh("maturity.record", nil, none, nil, fixed(func(*stage) any { return maturityOf(energyID, 3) }))
	fresh("event.record", nil, none, nil, fixed(func(*stage) any { return rights.RecordEvent{Kind: "Salon", Name: "数据沙龙", Date: "2026-07-10"} }))
	return list
}

func indicatorOf(code string, ver int64) rights.DefineIndicator {
	return rights.DefineIndicator{Code: code, Ver: ver, NameZh: "数据交易额", NameEn: "data trade volume", Formula: "Σ(gross − refunded)", Unit: "fen", Sources: []string{"Settlement"},
		Window: "Period", Target: 200_000_000_000, TargetDate: "2025-12-31", Direction: "Up"}
}

func valueOf(code string, v int64) rights.ComputeSnapshot {
	return rights.ComputeSnapshot{Code: code, DefVersion: 1, AsOf: start, PeriodFrom: start - 86400, PeriodTo: start, ValueInt: v, InputRoot: hash("root"), InputCount: 3, BlockHeight: 9}
}

func scenarioOf(name string) rights.SubmitScenario {
	return rights.SubmitScenario{Kind: rights.ScenarioAuthorised, Name: name, Field: "Finance", Source: "Built", RegionCode: "320902", GrantIDs: []string{sceneGrant}}
}

func convention(no string) rights.PublishPolicy {
	return rights.PublishPolicy{No: no, Title: "数据商自律公约", Kind: "SelfDiscipline", IssuedOn: "2026-07-01", Hash: hash(no)}
}

func maturityOf(id string, level int64) rights.RecordMaturity {
	return rights.RecordMaturity{EnterpriseID: id, Model: "DCMM", ModelVersion: "GB/T 36073-2018", Level: level, From: "2026-01-01", To: "2029-12-31", EvidenceHash: hash("certificate")}
}

// supervisionElsewhere names rows that another command writes or another test tries.
var supervisionElsewhere = map[string]string{
	"participant.reinstate":     "TestMeasureExpels",
	"resource.suspendByMeasure": "TestMeasureEffects",
	"resource.liftMeasure":      "TestMeasureEffects",
}

// What measures do to records of other machines: by their rows, or by a
// reference that moves nothing.
var (
	measureBegins  = []string{"listing.suspendByMeasure", "product.suspendByMeasure", "permit.suspendByMeasure", "grant.suspendByMeasure", "resource.suspendByMeasure", "participant.expel"}
	measureEnds    = []string{"listing.liftMeasure", "product.liftMeasure", "permit.liftMeasure", "grant.liftMeasure", "resource.liftMeasure", "participant.reinstate"}
	measureTouches = []rights.Kind{rights.KindListing, rights.KindProduct, rights.KindPermit, rights.KindGrant, rights.KindResource, rights.KindTrade, rights.KindCopy, rights.KindParticipant}
)

// supervisionEventsOn are the events that a command sends to records of other machines
// than its own; supervisionTouches the kinds it rewrites without moving them.
var (
	supervisionEventsOn = map[string][]string{
		"measure.issue": measureBegins, "measure.serve": measureBegins,
		"measure.lift": measureEnds, "measure.decideAppeal": measureEnds, "measure.expire": measureEnds,
		"indicator.define": {"indicator.retire"}, "snapshot.correct": {"snapshot.compute"},
	}
	supervisionTouches = map[string][]rights.Kind{
		"measure.issue": measureTouches, "measure.serve": measureTouches, "measure.lift": measureTouches,
		"measure.decideAppeal": measureTouches, "measure.expire": measureTouches, "maturity.record": {rights.KindParticipant},
	}
)

// tellSupervision plays every command of the area to its good end.
func tellSupervision(m *market) {
	must := m.must
	firm, other := synthetic(20), synthetic(21)
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
	security := m.regulatorOf(synthetic(22), "cyberspace")
	must(m.do(regulator, "alert.assign", rights.AssignAlert{AlertID: alert, AssigneeID: synthetic(22)}))
	must(m.do(security, "alert.assign", rights.AssignAlert{AlertID: alert, AssigneeID: regulatorID}))
	for _, id := range []string{alert, raised[0].ID, raised[1].ID} {
		must(m.do(regulator, "alert.investigate", rights.InvestigateAlert{AlertID: id}))
	}
	must(m.do(firm+"#1", "alert.hear", rights.HearAlert{AlertID: alert, StatementHash: hash("statement")}))
	item := must(m.do(regulator, "evidence.collect", rights.CollectEvidence{CaseID: alert, Kind: "OfferCapture", Hash: hash("offer"), CollectedAt: m.now, Method: "公证抓取", SealHash: hash("seal")})).id(rights.KindEvidence)
	items := must(m.do(other+"#1", "evidence.collectBatch", batch{object{"caseId": alert, "kind": "Other", "collectedAt": m.now, "method": "x", "sealHash": hash("seal")}, []object{{"hash": hash("1")}, {"hash": hash("2")}}})).Result.Records
	must(m.do(regulator, "evidence.handOver", rights.HandOver{EvidenceID: item, ToID: synthetic(22), SealHash: hash("seal")}))
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
	m.useScene()
	var scenarios []object
	for i, field := range []string{"Finance", "Health", "Commerce"} {
		b := scenarioOf(fmt.Sprint("场景", i))
		b.Field = field
		scenarios = append(scenarios, object{"scenarioId": must(m.do(firm+"#1", "scenario.submit", b)).id(rights.KindScenario)})
	}
	more = must(m.do(firm+"#1", "scenario.submitBatch", batch{nil, []object{without(scenarioOf("场景三"))}})).id(rights.KindScenario)
	id := func(i int) string { return scenarios[i]["scenarioId"].(string) }
	must(m.do(regulator, "scenario.review", rights.ReviewScenario{ScenarioID: id(0), OpinionHash: hash("opinion")}))
	must(m.do(regulator, "scenario.reviewBatch", batch{object{"opinionHash": hash("opinion")}, scenarios[1:]}))
	must(m.do(regulator, "scenario.decline", rights.DeclineScenario{ScenarioID: more, OpinionHash: hash("opinion"), Reason: "重复"}))
	must(m.do(regulator, "scenario.include", rights.OfScenario{ScenarioID: id(0)}))
	must(m.do(regulator, "scenario.includeBatch", batch{nil, scenarios[1:]}))
	must(m.do(regulator, "scenario.markLanded", rights.MarkLanded{ScenarioID: id(0), GrantID: sceneGrant, UseID: theMeter}))
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

// checkSupervision holds the ledger to the area's invariants.
func checkSupervision(w *world, fault func(string, ...any)) {
	measures := decodeAll[rights.Measure](w.raw[rights.KindMeasure])
	// in says whether a measure's effect lies on a record now.
	inForce := func(ref string, kind rights.Kind, id string) bool {
		sm := measures[ref]
		return sm != nil && slices.ContainsFunc(sm.Effects, func(e rights.MeasureEffect) bool { return e.Kind == kind && e.ID == id && !e.Undone })
	}
	marks := map[string]bool{} // measure and record that carries its mark
	mark := func(ref string, kind rights.Kind, id string) {
		if !strings.HasPrefix(ref, "SM-") {
			return
		}
		marks[ref+" "+id] = true
		if !inForce(ref, kind, id) {
			fault("SM-1: %s %s bears %s, which has no effect on it", kind, id, ref)
		}
	}
	for id, r := range decodeAll[rights.Restraints](w.raw[rights.KindRestraints]) {
		for _, e := range r.Encumbrances {
			if e.Type == rights.EncFreeze {
				mark(e.RefID, rights.KindRight, id)
			}
		}
	}
	for id, p := range w.participants {
		for _, r := range p.Restrictions {
			mark(r.RefID, rights.KindParticipant, id)
		}
		if p.State == rights.StateExpelled {
			mark(p.MeasureRef, rights.KindParticipant, id)
		}
	}
	suspended := func(kind rights.Kind, id string, state rights.State, s rights.Suspension) {
		for _, x := range s.SuspendedBy {
			mark(x.RefID, kind, id)
		}
		if len(s.SuspendedBy) == 0 && s.SuspendedFrom != "" && kind == rights.KindResource {
			fault("SM-1: %s %s remembers %s and nothing suspends it", kind, id, s.SuspendedFrom)
		}
	}
	for id, r := range w.resources {
		suspended(rights.KindResource, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Listing](w.raw[rights.KindListing]) {
		suspended(rights.KindListing, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Product](w.raw[rights.KindProduct]) {
		suspended(rights.KindProduct, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Permit](w.raw[rights.KindPermit]) {
		suspended(rights.KindPermit, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Grant](w.raw[rights.KindGrant]) {
		suspended(rights.KindGrant, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Trade](w.raw[rights.KindTrade]) {
		suspended(rights.KindTrade, id, r.State, r.Suspension)
		if len(r.SuspendedBy) > 0 && !r.OnHold {
			fault("SM-2: trade %s goes on under a measure", id)
		}
	}
	for id, c := range decodeAll[rights.Copy](w.raw[rights.KindCopy]) {
		for _, o := range c.DestroyOrders {
			mark(o.RefID, rights.KindCopy, id)
		}
	}
	for id, sm := range measures {
		if ended("measure", sm.State) != (sm.EndedAt > 0) {
			fault("measure %s is %s and ended at %d", id, sm.State, sm.EndedAt)
		}
		if p := w.participants[sm.IssuedBy]; p == nil || p.RegulatorDomain != sm.Domain {
			fault("SM-3: measure %s of %s by %s", id, sm.Domain, sm.IssuedBy)
		}
		if sm.State == rights.StateIssued && !sm.Urgent && len(sm.Effects) > 0 {
			fault("measure %s has effects before its service", id)
		}
		for _, e := range sm.Effects {
			if ended("measure", sm.State) != e.Undone {
				fault("SM-1: measure %s is %s, its effect undone: %t", id, sm.State, e.Undone)
			}
			if e.Undone == marks[id+" "+e.ID] && e.Effect != "OrderedCancelRegistration" {
				fault("SM-1: measure %s, undone: %t, marks %s: %t", id, e.Undone, e.ID, !e.Undone)
			}
		}
	}
	for id, al := range decodeAll[rights.Alert](w.raw[rights.KindAlert]) {
		at := ""
		for _, h := range al.Assigned {
			if h.From != at {
				fault("alert %s: handed over by %s, was with %s", id, h.From, at)
			}
			at = h.To
		}
		if at != al.AssigneeID || (at == "") != (al.State == rights.StateRaised) {
			fault("alert %s is %s with %q", id, al.State, al.AssigneeID)
		}
		if (al.State == rights.StateConfirmed || al.State == rights.StateDismissed) && al.Finding == "" {
			fault("alert %s is %s without a finding", id, al.State)
		}
		if al.State == rights.StateDisposed && measures[al.MeasureID] == nil {
			fault("alert %s is disposed of by no measure", id)
		}
	}
	for id, e := range decodeAll[rights.EvidenceItem](w.raw[rights.KindEvidence]) {
		for i, h := range e.Custody {
			if i == 0 && (h.From != "" || h.To != e.CollectedBy) || i > 0 && h.From != e.Custody[i-1].To || h.SealHash == "" || h.Kid == "" {
				fault("E8: evidence %s has a gap at %d", id, i)
			}
		}
	}
	snapshots := decodeAll[rights.Snapshot](w.raw[rights.KindSnapshot])
	corrected := map[string]bool{}
	for id, s := range snapshots {
		if s.Den > 0 && (s.Permille != s.Num*1000/s.Den || s.ValueInt != s.Permille) {
			fault("IN-1: %s", id)
		}
		if old := snapshots[s.Corrects]; s.Corrects != "" && (old == nil || old.State != rights.StateCorrected || s.Reason == "" || old.Code != s.Code) {
			fault("IN-4: %s corrects %s", id, s.Corrects)
		}
		corrected[s.Corrects] = true
	}
	for id, s := range snapshots {
		if s.State == rights.StateCorrected && !corrected[id] {
			fault("IN-4: %s was corrected by nothing", id)
		}
	}
	active := map[string]string{}
	for id, in := range decodeAll[rights.Indicator](w.raw[rights.KindIndicator]) {
		if in.State != rights.StateActive {
			continue
		}
		if active[in.Code] != "" {
			fault("two definitions of %s are active: %s and %s", in.Code, id, active[in.Code])
		}
		active[in.Code] = id
	}
	once := map[string]string{}
	for id, sc := range decodeAll[rights.Scenario](w.raw[rights.KindScenario]) {
		if sc.State != rights.StateIncluded && sc.State != rights.StateLanded {
			continue
		}
		key := fmt.Sprint(sc.BatchYear, sc.SubmitterID, sc.Name)
		if once[key] != "" {
			fault("SC-1: %s and %s are one case", id, once[key])
		}
		once[key] = id
		if (sc.State == rights.StateLanded) != (sc.LandedBy != "") || !strings.HasPrefix(sc.IncludedOn, fmt.Sprint(sc.BatchYear)) {
			fault("scenario %s: %+v", id, sc)
		}
	}
	for id, s := range decodeAll[rights.Support](w.raw[rights.KindSupport]) {
		if once[s.FactID] != "" {
			fault("%s and %s support one fact", id, once[s.FactID])
		}
		once[s.FactID] = id
	}
}

// anySupervision draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anySupervision(r *rapid.T, m *market, w *world) (kid, name string, body any) {
	by := func(likely string) string {
		return pick(r, "by", likely, likely, likely, likely, energyID+"#1", bankID+"#1")
	}
	measures, alerts := decodeAll[rights.Measure](w.raw[rights.KindMeasure]), decodeAll[rights.Alert](w.raw[rights.KindAlert])
	evidence := decodeAll[rights.EvidenceItem](w.raw[rights.KindEvidence])
	newest := func(id string) string {
		if p := w.participants[id]; p != nil && p.MSPID == "" {
			return rights.KeyID(id, len(p.Keys))
		}
		return id + "#1"
	}
	whom := pick(r, "whom", energyID, weatherID, buyerID)
	switch pick(r, "supervision", "issue", "issue", "on measure", "on measure", "on measure", "raise", "on alert", "on alert", "collect", "hand over", "mark", "indicator") {
	case "issue":
		b := measureOn(pick(r, "type", rights.MeasureWarning, rights.MeasureRestrictTrading, rights.MeasureRestrictTrading, rights.MeasureExpel), rights.KindParticipant, whom)
		if n := len(w.rights); n > 0 && rapid.Bool().Draw(r, "on a right") {
			b = measureOn(pick(r, "type", rights.MeasureFreeze, rights.MeasureFreeze, rights.MeasureOrderCancelRegistration), rights.KindRight, pick(r, "right", ids(w.rights)...))
		} else if len(w.resources) > 0 && rapid.Bool().Draw(r, "on a resource") {
			b = measureOn(rights.MeasureFreeze, rights.KindResource, pick(r, "resource", ids(w.resources)...))
		}
		b.Urgent = rapid.Bool().Draw(r, "urgent")
		if rapid.Bool().Draw(r, "for a time") {
			b.To = m.now + pick[int64](r, "time", 86400, 5*86400, 60*86400)
		}
		return by(regulator), "measure.issue", b
	case "on measure":
		open := slices.DeleteFunc(ids(measures), func(id string) bool {
			return ended("measure", measures[id].State) && rapid.IntRange(0, 9).Draw(r, "ended too") > 0
		})
		if len(open) == 0 {
			return "", "", nil
		}
		id := pick(r, "measure", open...)
		of := rights.OfMeasure{MeasureID: id}
		switch pick(r, "event", "serve", "serve", "serve", "lift", "expire", "verifyCompliance", "reportCompliance", "appeal", "decideAppeal") {
		case "serve":
			return by(regulator), "measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: hash("receipt")}
		case "lift":
			return by(regulator), "measure.lift", rights.LiftMeasure{MeasureID: id, Reason: "x"}
		case "expire":
			return by(bankID + "#1"), "measure.expire", of
		case "verifyCompliance":
			return by(regulator), "measure.verifyCompliance", of
		case "reportCompliance":
			return by(newest(measures[id].SubjectID)), "measure.reportCompliance", rights.ReportCompliance{MeasureID: id, ReportHash: hash("report")}
		case "appeal":
			return by(newest(measures[id].SubjectID)), "measure.appeal", rights.AppealMeasure{MeasureID: id, AppealRef: "x"}
		}
		return by(regulator), "measure.decideAppeal", rights.DecideAppeal{MeasureID: id, Outcome: pick(r, "outcome", "upheld", "annulled"), DecisionHash: hash("d")}
	case "raise":
		return pick(r, "by", m.platform, regulator, newest(whom)), "alert.raise", rights.RaiseAlert{RuleCode: pick(r, "rule", "AL-WASH", "AL-PRICE", "AL-RESALE-ATTEMPT", "AL-QUOTA"), TargetID: whom, SubjectIDs: []string{whom}}
	case "on alert":
		if len(alerts) == 0 {
			return "", "", nil
		}
		id := pick(r, "alert", ids(alerts)...)
		switch event := map[rights.State]string{rights.StateRaised: "acknowledge", rights.StateAcknowledged: "investigate", rights.StateInvestigating: pick(r, "next", "confirm", "dismiss", "hear", "hear"),
			rights.StateConfirmed: "dispose", rights.StateDisposed: "close", rights.StateDismissed: "reopen", rights.StateClosed: "reopen"}[alerts[id].State]; event {
		case "acknowledge", "close":
			return by(regulator), "alert." + event, rights.OfAlert{AlertID: id}
		case "investigate", "reopen":
			return by(regulator), "alert." + event, rights.InvestigateAlert{AlertID: id, FactRefs: []string{fmt.Sprintf("RT-%d@1", m.now)}}
		case "confirm":
			return by(regulator), "alert.confirm", rights.ConfirmAlert{AlertID: id, IRCode: "IR-9", Finding: "x", FindingHash: hash("x")}
		case "dismiss":
			return by(regulator), "alert.dismiss", rights.DismissAlert{AlertID: id, Finding: "x"}
		case "hear":
			return by(newest(whom)), "alert.hear", rights.HearAlert{AlertID: id, StatementHash: hash("said")}
		}
		b := measureOn(rights.MeasureWarning, rights.KindParticipant, whom)
		b.AlertIDs = []string{id}
		for _, sm := range ids(measures) {
			if slices.Contains(measures[sm].AlertIDs, id) {
				return by(regulator), "alert.dispose", rights.DisposeAlert{AlertID: id, MeasureID: sm}
			}
		}
		return by(regulator), "measure.issue", b
	case "collect":
		if len(alerts) == 0 {
			return "", "", nil
		}
		return by(newest(whom)), "evidence.collect", rights.CollectEvidence{CaseID: pick(r, "alert", ids(alerts)...), Kind: "Other", Hash: hash("e"), CollectedAt: m.now, Method: "x", SealHash: hash("seal")}
	case "hand over":
		if len(evidence) == 0 {
			return "", "", nil
		}
		id := pick(r, "item", ids(evidence)...)
		at := evidence[id].Custody[len(evidence[id].Custody)-1].To
		if rapid.IntRange(0, 4).Draw(r, "release") == 0 {
			return by(newest(at)), "evidence.release", rights.ReleaseEvidence{EvidenceID: id, Reason: "x"}
		}
		return by(newest(at)), "evidence.handOver", rights.HandOver{EvidenceID: id, ToID: whom, SealHash: hash("seal")}
	case "mark":
		return by(regulator), "participant.tag", rights.TagParticipant{USCC: whom, Tag: rights.TagChainLeader, Off: rapid.Bool().Draw(r, "off"), EvidenceHash: hash("e")}
	}
	if len(w.raw[rights.KindIndicator]) == 0 || rapid.Bool().Draw(r, "define") {
		return by(regulator), "indicator.define", indicatorOf("XI-01", rapid.Int64Range(1, 3).Draw(r, "version"))
	}
	v := valueOf("XI-01", rapid.Int64Range(0, 9).Draw(r, "value"))
	v.DefVersion = rapid.Int64Range(1, 3).Draw(r, "version")
	return pick(r, "by", m.platform, regulator, newest(whom)), "snapshot.compute", v
}
