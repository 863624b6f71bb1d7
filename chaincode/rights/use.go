package rights

// Use and authorised operation: lineage, permits and meters, grants, admissions,
// disclosure, custody, catalogues (3.12 to 3.14, 3.21).

var useMachines = []*Machine{&lineageMachine, &permitMachine, &meterMachine, &grantMachine, &admissionMachine, &disclosureMachine, &custodyMachine, &catalogueMachine}

func useCommands() []*Command {
	return []*Command{
		does(&lineageMachine, "lineage.record", Text{"记录数据血缘", "recorded lineage"}, true, recordLineage),
		does(&lineageMachine, "lineage.attest", Text{"会签血缘记录", "countersigned lineage"}, false, verdictOn("attest")),
		does(&lineageMachine, "lineage.dispute", Text{"对血缘记录提出争议", "disputed lineage"}, false, verdictOn("dispute")),
		does(&lineageMachine, "lineage.uphold", Text{"维持血缘记录", "upheld lineage"}, false, verdictOn("uphold")),
		does(&lineageMachine, "lineage.refute", Text{"推翻血缘记录", "refuted lineage"}, false, verdictOn("refute")),

		does(&permitMachine, "permit.request", Text{"申请使用许可", "requested a permit"}, false, requestPermit),
		does(&permitMachine, "permit.clear", Text{"同意使用重要数据", "cleared the use of important data"}, false, clearPermit),
		does(&permitMachine, "permit.approve", Text{"许可使用", "approved a permit"}, false, approvePermit),
		does(&permitMachine, "permit.deny", Text{"不予许可", "denied a permit"}, false, denyPermit),
		does(&permitMachine, "permit.topUp", Text{"增加用量", "topped up a permit"}, false, topUpPermit),
		does(&permitMachine, "permit.suspend", Text{"暂停许可", "suspended a permit"}, false, suspendPermit),
		does(&permitMachine, "permit.resume", Text{"恢复许可", "resumed a permit"}, false, resumePermit),
		does(&permitMachine, "permit.revoke", Text{"撤销许可", "revoked a permit"}, false, revokePermit),
		does(&permitMachine, "permit.expire", Text{"写明许可届满", "noted expiry of a permit"}, false, expirePermit),
		does(&permitMachine, "permit.closeOut", Text{"结清许可", "closed out a permit"}, false, closeOutPermit),

		does(&meterMachine, "meter.record", Text{"记录用量", "metered use"}, true, recordMeter),
		does(&meterMachine, "meter.adjust", Text{"更正用量", "corrected a meter record"}, false, adjustMeter),

		does(&grantMachine, "grant.propose", Text{"拟授权运营", "proposed a grant"}, false, proposeGrant),
		does(&grantMachine, "grant.publish", Text{"公示授权", "published a grant"}, false, publishGrant),
		does(&grantMachine, "grant.object", Text{"对授权提出异议", "objected to a grant"}, false, objectToGrant),
		does(&grantMachine, "grant.decideObjection", Text{"决定对授权的异议", "decided an objection to a grant"}, false, decideGrantObjection),
		does(&grantMachine, "grant.withdraw", Text{"撤回拟授权", "withdrew a proposed grant"}, false, withdrawGrant),
		does(&grantMachine, "grant.sign", Text{"签署授权协议", "signed a grant"}, false, signGrant),
		does(&grantMachine, "grant.proposeAmendment", Text{"提出修改授权", "proposed an amendment"}, false, proposeAmendment),
		does(&grantMachine, "grant.amend", Text{"签署修改授权", "signed an amendment"}, false, amendGrant),
		does(&grantMachine, "grant.suspend", Text{"暂停授权", "suspended a grant"}, false, suspendGrant),
		does(&grantMachine, "grant.resume", Text{"恢复授权", "resumed a grant"}, false, resumeGrant),
		does(&grantMachine, "grant.revoke", Text{"收回授权", "revoked a grant"}, false, revokeGrant),
		does(&grantMachine, "grant.exit", Text{"退出授权", "left a grant"}, false, exitGrant),
		does(&grantMachine, "grant.expire", Text{"写明授权届满", "noted expiry of a grant"}, false, expireGrant),

		does(&admissionMachine, "admission.admit", Text{"准入开发主体", "admitted a developer"}, false, admitDeveloper),
		does(&admissionMachine, "admission.exit", Text{"退出开发", "left authorised operation"}, false, endAdmission("exit")),
		does(&admissionMachine, "admission.bar", Text{"取消开发主体准入", "barred a developer"}, false, endAdmission("bar")),

		does(&disclosureMachine, "disclosure.file", Text{"披露授权运营信息", "filed a disclosure"}, false, fileDisclosure),

		does(&custodyMachine, "custody.propose", Text{"提出托管", "proposed custody"}, false, proposeCustody),
		does(&custodyMachine, "custody.sign", Text{"签署托管", "signed custody"}, false, signCustody),
		does(&custodyMachine, "custody.end", Text{"终止托管", "ended custody"}, false, endCustody),
		does(&custodyMachine, "custody.certifyDestroyed", Text{"证明托管数据已销毁", "certified destruction after custody"}, false, custodyDestroyed),

		does(&catalogueMachine, "catalogue.publish", Text{"发布目录条目", "published a catalogue entry"}, false, publishEntry),
		does(&catalogueMachine, "catalogue.withdraw", Text{"撤下目录条目", "withdrew a catalogue entry"}, false, withdrawEntry),
	}
}
