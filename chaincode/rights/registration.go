package rights

// Registration after the first: transfer, change, correction, renewal,
// cancellation, licence, revocation, the registration of public data itself, and
// objections to what is registered (2.6, 2.11). Those of the first registration
// that they share are in commands.go.

func registrationCommands() []*Command {
	return []*Command{
		does(&caseMachine, "registration.countersign", Text{"对方签署", "countersigned an application"}, true, countersign),
		does(&caseMachine, "registration.consent", Text{"同意登记", "consented to a registration"}, false, consent),
		does(&caseMachine, "registration.issueCode", Text{"发放公共数据资源登记码", "issued a public-data code"}, true, issueCode),

		does(&objectionMachine, "objection.file", Text{"对已登记权利提出异议", "objected to what is registered"}, false, fileRegistered),
		does(&objectionMachine, "objection.returnIncomplete", Text{"要求补正异议", "returned an objection as incomplete"}, false, returnIncomplete),
		does(&objectionMachine, "objection.resubmit", Text{"补正异议", "completed an objection"}, false, resubmitObjection),
		does(&objectionMachine, "objection.lapse", Text{"写明异议未补正失效", "noted that an objection was not completed"}, false, lapseObjection),
		does(&objectionMachine, "objection.notifyHolder", Text{"通知权利人", "notified the holder"}, false, notifyHolder),
		does(&objectionMachine, "objection.concede", Text{"承认异议", "conceded an objection"}, false, concede),
		does(&objectionMachine, "objection.contest", Text{"争辩异议", "contested an objection"}, false, contest),
		does(&objectionMachine, "objection.conclude", Text{"作出异议结论", "concluded an objection"}, false, conclude),
		does(&objectionMachine, "objection.acceptConclusion", Text{"接受异议结论", "accepted a conclusion"}, false, acceptConclusion),
		does(&objectionMachine, "objection.goToCourt", Text{"就异议起诉或申请仲裁", "took an objection to court"}, false, goToCourt),
		does(&objectionMachine, "objection.enterJudgment", Text{"登记生效文书", "entered a judgment"}, false, enterJudgment),
		does(&objectionMachine, "objection.lapseNoSuit", Text{"写明逾期未起诉", "noted that no suit was brought"}, false, lapseNoSuit),
		does(&objectionMachine, "objection.withdraw", Text{"撤回异议", "withdrew an objection"}, false, withdrawRegistered),
	}
}
