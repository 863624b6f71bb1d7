package rights

// openObjection are the states of an objection to what is registered in which
// the objector may still take it back.
var openObjection = in(StateObjFiled, StateObjIncomplete, StateObjNotified, StateObjInvestigating, StateObjConcluded, StateObjLitigating)

// An objection, to a case in public notice (DRWG 25), whose events are sent to
// the case, or to what is registered (DRWG 29). One machine, because it is one
// kind of record; the stage tells which rows count.
var objectionMachine = Machine{
	Entity: "objection",
	Kind:   KindObjection,
	Title:  Text{"异议", "Objection"},
	States: []StateInfo{
		{StateObjFiled, Text{"已提出", "Filed"}, false},
		{StateObjUpheld, Text{"成立", "Upheld"}, true},
		{StateObjDismissed, Text{"不成立", "Dismissed"}, true},
		{StateObjWithdrawn, Text{"已撤回", "Withdrawn"}, true},
		{StateObjClosed, Text{"随案终结", "Closed with the case"}, true},
		{StateObjIncomplete, Text{"待补正", "Incomplete"}, false},
		{StateObjNotified, Text{"已通知权利人", "Holder notified"}, false},
		{StateObjInvestigating, Text{"调查中", "Investigating"}, false},
		{StateObjConcluded, Text{"已有结论", "Concluded"}, false},
		{StateObjLitigating, Text{"诉讼、仲裁中", "In court"}, false},
		{StateObjConceded, Text{"待执行", "To be carried out"}, false},
		{StateObjExecuted, Text{"已执行", "Carried out"}, true},
		{StateObjLapsed, Text{"失效", "Lapsed"}, true},
	},
	Transitions: []Transition{
		{nil, "file", "", who(ByAnyone), Text{"对公示：由 registration.fileObjection 写入。对已登记权利：附理由与初步证据；权利人不得自提；同一异议人对同一凭证同时至多一件；登记机构可代外部人提出", "in notice: written by registration.fileObjection. To registered rights: reason and prima-facie evidence; not by the holder; one open per objector and certificate; the registrar may enter an outsider's"}, StateObjFiled},
		{in(StateObjFiled), "decide", "upheld", who(ByRegistrar), Text{"由 registration.decideObjection 写入", "written by registration.decideObjection"}, StateObjUpheld},
		{in(StateObjFiled), "decide", "dismissed", who(ByRegistrar), Text{"由 registration.decideObjection 写入", "written by registration.decideObjection"}, StateObjDismissed},
		{in(StateObjFiled), "close", "", who(ByApplicant, ByRegistrar), Text{"案件撤回或因另一异议成立而终结", "the case was withdrawn, or ended by another objection"}, StateObjClosed},
		{in(StateObjFiled), "returnIncomplete", "", who(ByRegistrar), Text{"列明缺件", "lists what is missing"}, StateObjIncomplete},
		{in(StateObjIncomplete), "resubmit", "", who(ByObjector), Text{"补正期限内；外部人由登记机构代为", "before the completion is due; an outsider's by the registrar"}, StateObjFiled},
		{in(StateObjIncomplete), "lapse", "", who(ByAnyone), Text{"补正期限已过", "after the completion was due"}, StateObjLapsed},
		{in(StateObjFiled), "notifyHolder", "", who(ByRegistrar), Text{"材料齐备后限期内通知，逾期照办并记明；权利上加 EncObjection", "within the limit after it was complete; late it is done and marked; EncObjection lies on the rights"}, StateObjNotified},
		{in(StateObjNotified), "concede", "", who(ByHolder), Text{"承认并同意变更或注销", "concedes, and to a change or a cancellation"}, StateObjConceded},
		{in(StateObjNotified), "contest", "", who(ByHolder), Text{"附陈述", "with a statement"}, StateObjInvestigating},
		{in(StateObjNotified, StateObjInvestigating), "conclude", "", who(ByRegistrar), Text{"附结论；权利人未答复的，须答复期限已过", "with the conclusion; where the holder is silent, after its time to answer"}, StateObjConcluded},
		{in(StateObjConcluded), "acceptConclusion", "one", who(ByObjector, ByHolder), Text{"一方接受；外部人由登记机构代为", "one side accepts; an outsider's by the registrar"}, StateObjConcluded},
		{in(StateObjConcluded), "acceptConclusion", "dismissed", who(ByObjector, ByHolder), Text{"双方接受不成立的结论；EncObjection 解除", "both accept that it is dismissed; EncObjection is taken off"}, StateObjExecuted},
		{in(StateObjConcluded), "acceptConclusion", "toCarryOut", who(ByObjector, ByHolder), Text{"双方接受变更或注销的结论", "both accept a change or cancellation"}, StateObjConceded},
		{in(StateObjConcluded), "goToCourt", "", who(ByObjector, ByHolder), Text{"写明案号；起诉期限内；外部人由登记机构代为", "names the case number; while suit may be brought; an outsider's by the registrar"}, StateObjLitigating},
		{in(StateObjConcluded), "lapseNoSuit", "dismissed", who(ByAnyone), Text{"起诉期限已过，结论为不成立；EncObjection 解除", "no suit in time, and the conclusion dismissed it; EncObjection is taken off"}, StateObjLapsed},
		{in(StateObjConcluded), "lapseNoSuit", "toCarryOut", who(ByAnyone), Text{"起诉期限已过，结论为变更或注销：结论生效，待执行", "no suit in time, and the conclusion is a change or cancellation: it stands and is carried out"}, StateObjConceded},
		{in(StateObjLitigating), "enterJudgment", "dismissed", who(ByRegistrar), Text{"生效文书驳回异议；EncObjection 解除", "the effective document dismisses it; EncObjection is taken off"}, StateObjExecuted},
		{in(StateObjLitigating), "enterJudgment", "toCarryOut", who(ByRegistrar), Text{"生效文书判令变更或注销", "the effective document orders a change or cancellation"}, StateObjConceded},
		{in(StateObjConceded), "execute", "", who(ByRegistrar), Text{"由 registration.record 写入：executionOf 为本异议的变更、更正或注销；EncObjection 解除", "written by registration.record: a change, correction or cancellation whose executionOf is this objection; EncObjection is taken off"}, StateObjExecuted},
		{openObjection, "withdraw", "", who(ByObjector), Text{"对公示：由 registration.withdrawObjection 写入。对已登记权利：异议人撤回，外部人由登记机构代为；EncObjection 解除", "in notice: written by registration.withdrawObjection. To registered rights: by the objector, an outsider's by the registrar; EncObjection is taken off"}, StateObjWithdrawn},
	},
}
