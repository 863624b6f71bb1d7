package rights

import "strconv"

// Supervision: measures, alerts, evidence, indicators, scenarios, policy and
// support (3.17 to 3.21).

var supervisionMachines = []*Machine{
	&measureMachine, &alertMachine, &evidenceMachine, &indicatorMachine, &snapshotMachine, &scenarioMachine,
	&policyMachine, &supportMachine, &maturityMachine, &eventMachine,
}

func supervisionCommands() []*Command {
	return []*Command{
		does(&measureMachine, "measure.issue", Text{"作出监管措施", "issued a measure"}, true, issueMeasure),
		does(&measureMachine, "measure.serve", Text{"送达监管措施", "served a measure"}, true, serveMeasure),
		does(&measureMachine, "measure.reportCompliance", Text{"报告落实情况", "reported compliance"}, false, reportCompliance),
		does(&measureMachine, "measure.verifyCompliance", Text{"核实落实情况", "verified compliance"}, false, verifyCompliance),
		does(&measureMachine, "measure.lift", Text{"解除监管措施", "lifted a measure"}, true, liftMeasure),
		does(&measureMachine, "measure.appeal", Text{"申请复议", "appealed against a measure"}, false, appealMeasure),
		does(&measureMachine, "measure.decideAppeal", Text{"写明复议决定", "noted the decision on an appeal"}, false, decideAppeal),
		does(&measureMachine, "measure.expire", Text{"写明措施届满", "noted expiry of a measure"}, true, expireMeasure),

		does(&participantMachine, "participant.tag", Text{"标注主体", "tagged a participant"}, true, tagParticipant),
		does(&participantMachine, "participant.flag", Text{"标注失信", "flagged a participant's credit"}, true, flagParticipant),
		does(&participantMachine, "participant.update", Text{"更新主体情况", "updated a participant"}, false, updateParticipant),

		does(&alertMachine, "alert.raise", Text{"提出预警", "raised an alert"}, true, raiseAlert),
		does(&alertMachine, "alert.acknowledge", Text{"接收预警", "acknowledged an alert"}, true, acknowledgeAlert),
		does(&alertMachine, "alert.assign", Text{"移交预警", "handed an alert over"}, false, assignAlert),
		does(&alertMachine, "alert.investigate", Text{"开始调查", "began an investigation"}, false, investigateAlert),
		does(&alertMachine, "alert.hear", Text{"陈述申辩", "made a statement"}, false, hearAlert),
		does(&alertMachine, "alert.openFingerprint", Text{"开启水印承诺", "opened a fingerprint"}, false, openFingerprint),
		does(&alertMachine, "alert.confirm", Text{"认定预警", "confirmed an alert"}, false, confirmAlert),
		does(&alertMachine, "alert.dismiss", Text{"排除预警", "dismissed an alert"}, true, dismissAlert),
		does(&alertMachine, "alert.dispose", Text{"处置预警", "disposed of an alert"}, false, disposeAlert),
		does(&alertMachine, "alert.close", Text{"办结预警", "closed an alert"}, true, closeAlert),
		does(&alertMachine, "alert.reopen", Text{"重新调查", "reopened an alert"}, false, reopenAlert),

		does(&evidenceMachine, "evidence.collect", Text{"固定证据", "collected evidence"}, true, collectEvidence),
		does(&evidenceMachine, "evidence.handOver", Text{"移交证据", "handed evidence over"}, true, handOverEvidence),
		does(&evidenceMachine, "evidence.release", Text{"解除证据保管", "released evidence"}, false, releaseEvidence),

		does(&indicatorMachine, "indicator.define", Text{"定义指标", "defined an indicator"}, true, defineIndicator),
		does(&indicatorMachine, "indicator.retire", Text{"停用指标", "retired an indicator"}, false, retireIndicator),
		does(&snapshotMachine, "snapshot.compute", Text{"计算指标", "computed an indicator"}, true, computeSnapshot),
		does(&snapshotMachine, "snapshot.confirm", Text{"确认指标值", "confirmed a value"}, true, confirmSnapshot),
		does(&snapshotMachine, "snapshot.publish", Text{"公布指标值", "published a value"}, true, publishSnapshot),
		does(&snapshotMachine, "snapshot.correct", Text{"更正指标值", "corrected a value"}, false, correctSnapshot),

		does(&scenarioMachine, "scenario.submit", Text{"申报场景", "submitted a scenario"}, true, submitScenario),
		does(&scenarioMachine, "scenario.review", Text{"评审场景", "reviewed a scenario"}, true, reviewScenario),
		does(&scenarioMachine, "scenario.decline", Text{"场景未通过", "declined a scenario"}, false, declineScenario),
		does(&scenarioMachine, "scenario.include", Text{"场景入库", "included a scenario"}, true, includeScenario),
		does(&scenarioMachine, "scenario.markLanded", Text{"场景落地", "marked a scenario landed"}, false, markLanded),
		does(&scenarioMachine, "scenario.remove", Text{"场景移出", "removed a scenario"}, false, removeScenario),

		does(&policyMachine, "policy.publish", Text{"发布政策文件", "published a policy document"}, false, publishPolicy),
		does(&policyMachine, "policy.adhere", Text{"加入自律公约", "adhered to a convention"}, false, adherePolicy),
		does(&supportMachine, "support.record", Text{"记录政策支持", "recorded support"}, true, recordSupport),
		does(&maturityMachine, "maturity.record", Text{"记录成熟度", "recorded a maturity level"}, true, recordMaturity),
		does(&eventMachine, "event.record", Text{"记录活动", "recorded an event"}, false, recordEvent),
		does(nil, "cryptoProfile.publish", Text{"公布密码应用要求", "published a crypto profile"}, false, publishCryptoProfile),
		does(nil, "codeTable.publish", Text{"公布代码表", "published a code table"}, false, publishCodeTable),
	}
}

// index names an element of a list in a body.
func index(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// headOf loads the head of a record that must exist, of one of those kinds (any
// when none is named), told by its id.
func (a *Act) headOf(field, id string, kinds ...Kind) (*Head, error) {
	kind := kindOf(id)
	if len(kinds) > 0 {
		if err := oneOf(field, kind, kinds...); err != nil {
			return nil, err
		}
	}
	h := new(Head)
	return h, need(a, kind, field, id, h)
}

// kindOf tells a record's kind by its id: that of a certificate is its number,
// that of a participant its code.
func kindOf(id string) Kind {
	switch {
	case len(id) > 3 && id[2] == '-' && id[:3] != "NP-":
		return Kind(id[:2])
	case ValidCertNo(id):
		return KindCertificate
	}
	return KindParticipant
}
