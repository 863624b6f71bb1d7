package contract_test

import (
	"encoding/base64"

	"github.com/datarights/datarights/chaincode/rights"
)

// The area's part in the tests over the whole ledger: measures, alerts, evidence, indicators, scenarios, policy and support.

// The one whom the exhaustive test's measures and alerts are about.
var subjectID = subjectCode(7)

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
	markNonce = []byte("the nonce of a mark, 32 bytes ok.")
)

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// deliveryOf commits a delivery under a permit, with a fingerprint, received at a time.
func (m *market) deliveryOf(id string, code []byte, receivedAt int64) *rights.Delivery {
	d := &rights.Delivery{Head: sceneHead(rights.KindDelivery, id, rights.StateAccepted), PermitID: scenePermit, FromID: energyID, ToID: weatherID, Mode: "EncryptedFile", ProductID: sceneProduct, ProductVersion: 1,
		ContentRoot: hash("sent " + id), FingerprintCommit: rights.FingerprintCommit("sm3", code, markNonce), ReceivedAt: receivedAt, ReceivedBy: weatherID + "#1"}
	m.put(rights.KindDelivery, id, d)
	return d
}

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
