package rights

import "slices"

// Machines returns every state machine of the ledger, in the order the
// documentation prints them.
func Machines() []*Machine {
	return slices.Concat(
		[]*Machine{&participantMachine, &resourceMachine, &caseMachine, &objectionMachine, &rightMachine, &certificateMachine},
		offerMachines, dealingMachines, useMachines, financeMachines, supervisionMachines,
	)
}

// The states.
const (
	StateApplied   State = "Applied"
	StateActive    State = "Active"
	StateSuspended State = "Suspended"
	StateRefused   State = "Refused"
	StateExited    State = "Exited"
	StateExpelled  State = "Expelled"

	StateCatalogued State = "Catalogued"
	StateRetired    State = "Retired"
	StateDestroyed  State = "Destroyed"

	StateSubmitted          State = "Submitted"
	StateCorrectionRequired State = "CorrectionRequired"
	StateUnderReview        State = "UnderReview"
	StateSupplementing      State = "Supplementing"
	StatePublicNotice       State = "PublicNotice"
	StateObjected           State = "Objected"
	StateOnHold             State = "OnHold"
	StateRecorded           State = "Recorded"
	StateRejected           State = "Rejected"
	StateTerminated         State = "Terminated"
	StateWithdrawn          State = "Withdrawn"
	StateLapsed             State = "Lapsed"

	StateObjFiled     State = "ObjFiled"
	StateObjUpheld    State = "ObjUpheld"
	StateObjDismissed State = "ObjDismissed"
	StateObjWithdrawn State = "ObjWithdrawn"
	StateObjClosed    State = "ObjClosed"

	StateTransferred State = "Transferred"
	StateExpired     State = "Expired"
	StateCancelled   State = "Cancelled"

	StateValid    State = "Valid"
	StateAdjusted State = "Adjusted"

	StateObjIncomplete    State = "ObjIncomplete"
	StateObjNotified      State = "ObjNotified"
	StateObjConceded      State = "ObjConceded"
	StateObjInvestigating State = "ObjInvestigating"
	StateObjConcluded     State = "ObjConcluded"
	StateObjLitigating    State = "ObjLitigating"
	StateObjExecuted      State = "ObjExecuted"
	StateObjLapsed        State = "ObjLapsed"

	StateDraft        State = "Draft"
	StateInReview     State = "InReview"
	StateApproved     State = "Approved"
	StateListed       State = "Listed"
	StatePaused       State = "Paused"
	StateDelisted     State = "Delisted"
	StateDeclined     State = "Declined"
	StateNegotiating  State = "Negotiating"
	StateAgreed       State = "Agreed"
	StateImplementing State = "Implementing"
	StateDelivered    State = "Delivered"
	StateSettled      State = "Settled"
	StateCompleted    State = "Completed"
	StatePrepared     State = "Prepared"
	StateSent         State = "Sent"
	StateReceived     State = "Received"
	StateAccepted     State = "Accepted"
	StateRecalled     State = "Recalled"
	StateHeld         State = "Held"
	StateReturned     State = "Returned"
	StateCompromised  State = "Compromised"
	StatePending      State = "Pending"
	StateEscrowed     State = "Escrowed"
	StatePaid         State = "Paid"
	StateDistributed  State = "Distributed"
	StateConfirmed    State = "Confirmed"
	StateRefunded     State = "Refunded"
	StateFiled        State = "Filed"
	StateAnswered     State = "Answered"
	StateMediating    State = "Mediating"
	StateEscalated    State = "Escalated"
	StateDecided      State = "Decided"
	StateExecuted     State = "Executed"
	StateClosed       State = "Closed"
	StateOpen         State = "Open"
	StateMatched      State = "Matched"
	StateProposed     State = "Proposed"
	StateRecognised   State = "Recognised"
	StateEnded        State = "Ended"

	StateAsserted  State = "Asserted"
	StateAttested  State = "Attested"
	StateDisputed  State = "Disputed"
	StateUpheld    State = "Upheld"
	StateRefuted   State = "Refuted"
	StateRequested State = "Requested"
	StateDenied    State = "Denied"
	StateExhausted State = "Exhausted"
	StateRevoked   State = "Revoked"
	StatePublished State = "Published"
	StateEffective State = "Effective"
	StateAdmitted  State = "Admitted"
	StateBarred    State = "Barred"

	StateCommissioned State = "Commissioned"
	StateIssued       State = "Issued"
	StateSuperseded   State = "Superseded"
	StateChallenged   State = "Challenged"
	StateAudited      State = "Audited"
	StateDerecognised State = "Derecognised"
	StateRegistered   State = "Registered"
	StateReleased     State = "Released"
	StateEnforcing    State = "Enforcing"
	StateEnforced     State = "Enforced"
	StateOffered      State = "Offered"

	StateComplied      State = "Complied"
	StateLifted        State = "Lifted"
	StateAnnulled      State = "Annulled"
	StateRaised        State = "Raised"
	StateAcknowledged  State = "Acknowledged"
	StateInvestigating State = "Investigating"
	StateDisposed      State = "Disposed"
	StateDismissed     State = "Dismissed"
	StateSealed        State = "Sealed"
	StateComputed      State = "Computed"
	StateCorrected     State = "Corrected"
	StateReviewed      State = "Reviewed"
	StateIncluded      State = "Included"
	StateLanded        State = "Landed"
	StateRemoved       State = "Removed"

	// StateInForce is also the state of what is published once and never moves.
	StateInForce State = "InForce"
)

// in is a list of states to leave from.
func in(s ...State) []State { return s }

func who(c ...Capacity) []Capacity { return c }

// A participant (3.1). Roles decide who admits: the exchange for market roles,
// the regulator for the rest.
var participantMachine = Machine{
	Entity: "participant",
	Kind:   KindParticipant,
	Title:  Text{"主体", "Participant"},
	States: []StateInfo{
		{StateApplied, Text{"已申请", "Applied"}, false},
		{StateActive, Text{"有效", "Active"}, false},
		{StateSuspended, Text{"暂停", "Suspended"}, false},
		{StateRefused, Text{"未获准入", "Refused"}, false},
		{StateExited, Text{"已退出", "Exited"}, false},
		{StateExpelled, Text{"已清退", "Expelled"}, false},
	},
	Transitions: []Transition{
		{nil, "apply", "", who(ByOutsider), Text{"信用代码校验通过且尚未登记；以所申请的密钥自签", "credit code valid and not present; signed with the very key applied for"}, StateApplied},
		{in(StateRefused, StateExited), "apply", "", who(ByOutsider), Text{"重新申请，同一记录版本加一（P-1）", "a new application reopens the same record, version + 1 (P-1)"}, StateApplied},
		{nil, "enrol", "", who(ByAdministrator), Text{"由机构自己的 Fabric 管理员登记首位经办人", "an organisation's own Fabric administrator registers its first officer"}, StateActive},
		{in(StateRefused, StateExited), "enrol", "", who(ByAdministrator), Text{"曾以此代码申请者不妨碍机构入账，版本加一（P-1）", "whoever applied under the code before does not keep the institution out; version + 1 (P-1)"}, StateActive},
		{in(StateApplied), "admit", "", who(ByAdmitter), Text{"市场角色由交易机构准入，其余由监管部门准入", "market roles by the exchange, the rest by the regulator"}, StateActive},
		{in(StateApplied), "refuse", "", who(ByAdmitter), Text{"写明理由", "with a reason"}, StateRefused},
		{in(StateActive), "addRole", "", who(ByAdmitter), Text{"新角色属准入机关职权（P-2）", "the new role is within the admitter's authority (P-2)"}, StateActive},
		{in(StateActive), "rotateKey", "", who(BySelf), Text{"新密钥签名证明持有；旧密钥停用", "the new key proves possession; the old one is retired"}, StateActive},
		{in(StateActive), "addOfficer", "", who(BySelf), Text{"仅限机构经办人；职责不超出其自身职责；新密钥签名证明持有", "an institution's officer only; duties within his own; the new key proves possession"}, StateActive},
		{in(StateActive), "revokeKey", "", who(BySelf), Text{"不得停用最后一个有效密钥；平台服务密钥只能停用自己", "not the last active key; a platform's service key only itself"}, StateActive},
		{in(StateActive), "suspend", "", who(ByRegulator, ByAdmitter), Text{"引用监管措施", "refers to a measure"}, StateSuspended},
		{in(StateSuspended), "resume", "", who(ByRegulator, ByAdmitter), Text{"引用监管措施；由谁暂停，由谁恢复（SM-3）", "refers to a measure; by whoever suspended (SM-3)"}, StateActive},
		{in(StateActive), "exit", "", who(BySelf), Text{"名下无有效权利，无未结的交易、许可、质押、争议与未销毁副本；声明无未结案件", "no active right, nothing open (trade, permit, pledge, dispute, copy not destroyed); declares that no case is open"}, StateExited},
		{in(StateActive, StateSuspended), "expel", "", who(ByRegulator), Text{"引用清退措施", "refers to a measure of expulsion"}, StateExpelled},
		{in(StateExpelled), "reinstate", "", who(ByRegulator), Text{"清退措施被解除或撤销（SM-1）", "the measure of expulsion was lifted or annulled (SM-1)"}, StatePrevious},
		{in(StateActive), "tag", "", who(ByRegulator), Text{"附依据", "with its evidence"}, StateActive},
		{in(StateActive), "flag", "", who(ByRegulator), Text{"附依据", "with its evidence"}, StateActive},
		{in(StateSuspended), "flag", "", who(ByRegulator), Text{"附依据", "with its evidence"}, StateSuspended},
		{in(StateActive), "update", "", who(BySelf), Text{"附任命文件", "with the paper of the appointment"}, StateActive},
	},
}

// A data resource (3.2).
var resourceMachine = Machine{
	Entity: "resource",
	Kind:   KindResource,
	Title:  Text{"数据资源", "Data resource"},
	States: []StateInfo{
		{StateCatalogued, Text{"已编目", "Catalogued"}, false},
		{StateSuspended, Text{"暂停", "Suspended"}, false},
		{StateRetired, Text{"已停用", "Retired"}, false},
		{StateDestroyed, Text{"已销毁", "Destroyed"}, true},
	},
	Transitions: []Transition{
		{nil, "catalogue", "", who(ByHolder), Text{"附分级报告；核心数据不得入账（R-1）", "with a grading report; core data never enters (R-1)"}, StateCatalogued},
		{in(StateCatalogued), "addVersion", "", who(ByHolder), Text{"附来源说明或血缘记录；新内容根；文件类数据附平台签发的 MatchTag", "with a source statement or its lineage, and a new content root; the platform's MatchTag where file-like"}, StateCatalogued},
		{in(StateCatalogued), "regrade", "", who(ByHolder, ByRegulator), Text{"新分级报告；监管部门只能调高；调低须第三方报告，输入分级更高的还须去标识或聚合的血缘记录（R-2）", "a new report; the regulator may only raise; lowering needs a third party's report and, where inputs were graded higher, the lineage of a de-identification or aggregation (R-2)"}, StateCatalogued},
		{in(StateCatalogued), "suspend", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure"}, StateSuspended},
		{in(StateSuspended), "resume", "", who(ByRegulator), Text{"引用监管措施；由谁暂停，由谁恢复（SM-3）", "refers to a measure; by whoever suspended (SM-3)"}, StateCatalogued},
		{in(StateCatalogued), "suspendByMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StateSuspended},
		{in(StateSuspended), "liftMeasure", "", who(ByRegulator), Text{"施加的措施全部终止（SM-2）", "every measure on it has ended (SM-2)"}, StatePrevious},
		{in(StateCatalogued), "markHighQuality", "", who(ByRegulator), Text{"以有效的质量评估为据", "on an effective quality evaluation"}, StateCatalogued},
		{in(StateCatalogued), "retire", "", who(ByHolder), Text{"其上无有效权利、未结案件、上架、许可、授权、托管", "no active right, open case, listing, permit, grant or custody on it"}, StateRetired},
		{in(StateCatalogued, StateRetired), "certifyDestroyed", "", who(ByHolder), Text{"附销毁证明；有托管人时须其签署的文件；其上无有效权利、未结事项", "with evidence of destruction, the custodian's too where there is one; no active right or open matter on it"}, StateDestroyed},
	},
}

// openCase are the states of a case that has not ended and is not held.
var openCase = in(StateSubmitted, StateCorrectionRequired, StateUnderReview, StateSupplementing, StatePublicNotice, StateObjected)

// A registration case (2.5; DRWG 16-27).
var caseMachine = Machine{
	Entity: "registration",
	Kind:   KindCase,
	Title:  Text{"登记案件", "Registration case"},
	States: []StateInfo{
		{StateDraft, Text{"待对方签署", "Awaiting the other side's signature"}, false},
		{StateSubmitted, Text{"已申请", "Submitted"}, false},
		{StateCorrectionRequired, Text{"待补正", "Correction required"}, false},
		{StateUnderReview, Text{"审查中", "Under review"}, false},
		{StateSupplementing, Text{"待补充", "Supplementing"}, false},
		{StatePublicNotice, Text{"公示中", "In public notice"}, false},
		{StateObjected, Text{"异议处理中", "Objected"}, false},
		{StateOnHold, Text{"暂缓", "On hold"}, false},
		{StateRecorded, Text{"已登记", "Recorded"}, true},
		{StateRejected, Text{"不予登记", "Rejected"}, true},
		{StateTerminated, Text{"终止", "Terminated"}, true},
		{StateWithdrawn, Text{"已撤回", "Withdrawn"}, true},
		{StateLapsed, Text{"视为未申请", "Lapsed"}, true},
	},
	Transitions: []Transition{
		{nil, "submit", "", who(ByApplicant), Text{"申请人有效；材料齐备；依 2.2 表可登记所申请的权利；申请人不是登记机构（SD-1）", "applicant active; papers complete; the source allows the kinds asked; applicant is not the registrar (SD-1)"}, StateSubmitted},
		{nil, "submit", "bilateral", who(ByApplicant), Text{"转让、许可：写明对方与条款摘要；对方签署前不计受理期限（G-5）", "transfer, licence: names the other side and the hash of the terms; no limit runs before that side signs (G-5)"}, StateDraft},
		{nil, "submit", "ownMotion", who(ByRegistrar, ByRegulator), Text{"登记机构依职权更正、注销、撤销，或执行异议、争议、监管措施的结果；监管部门只能撤销", "the registrar corrects, cancels or revokes of its own motion, or carries out an objection, dispute or measure; the regulator only revokes"}, StateUnderReview},
		{in(StateDraft), "countersign", "", who(ByTransferee), Text{"与申请人签署同一条款摘要", "signs the very hash of terms the applicant signed"}, StateSubmitted},
		{in(StateDraft), "withdraw", "", who(ByApplicant, ByTransferee), Text{"任何一方均可不再签署", "either side may think better of it"}, StateWithdrawn},
		{in(StateSubmitted), "consent", "", who(ByAnyone), Text{"其同意为办理所需者（独占被许可人、依据该权利者）", "those whose consent counts: exclusive licensees and holders of rights that rest on these"}, StateSubmitted},
		{in(StateUnderReview), "consent", "", who(ByAnyone), Text{"其同意为办理所需者（独占被许可人、依据该权利者）", "those whose consent counts: exclusive licensees and holders of rights that rest on these"}, StateUnderReview},
		{in(StateSubmitted), "requestCorrection", "", who(ByRegistrar), Text{"受理期限内；列明缺件", "within the accept limit; lists what is missing"}, StateCorrectionRequired},
		{in(StateCorrectionRequired), "resubmit", "", who(ByApplicant), Text{"补正期限内", "before the correction is due"}, StateSubmitted},
		{in(StateCorrectionRequired), "lapse", "", who(ByAnyone), Text{"补正期限已过", "after the correction was due"}, StateLapsed},
		{in(StateSubmitted), "accept", "", who(ByRegistrar), Text{}, StateUnderReview},
		{in(StateSubmitted), "deemAccept", "", who(ByAnyone), Text{"受理期限已过而登记机构未答复", "the accept limit passed in silence"}, StateUnderReview},
		{in(StateUnderReview), "extendReview", "", who(ByRegistrar), Text{"期限届满前，一次，不超过规则参数", "before the limit, once, within the profile's number"}, StateUnderReview},
		{in(StateUnderReview), "review", "", who(ByRegistrar), Text{"记录三项审查结论", "writes down the three findings"}, StateUnderReview},
		{in(StateUnderReview), "requestSupplement", "", who(ByRegistrar), Text{"审查期限停止计算", "the review clock stops"}, StateSupplementing},
		{in(StateSupplementing), "supplement", "", who(ByApplicant), Text{"审查期限恢复计算", "the review clock goes on"}, StateUnderReview},
		{in(StateSupplementing), "terminate", "", who(ByRegistrar), Text{"无法补充或核实", "cannot be supplemented nor verified"}, StateTerminated},
		{in(StateUnderReview), "reject", "", who(ByRegistrar), Text{"写明不予登记理由 G1–G6（DRWG 22）", "with a refusal ground G1–G6 (DRWG 22)"}, StateRejected},
		{in(StateUnderReview), "publishNotice", "", who(ByRegistrar), Text{"此类登记须公示；三项结论均为肯定", "the type needs notice; all three findings positive"}, StatePublicNotice},
		{in(StateUnderReview), "record", "", who(ByRegistrar), Text{"无须公示，或免予公示且写明理由；三项结论均为肯定", "the type needs no notice, or exempt from it with a reason; all findings positive"}, StateRecorded},
		{in(StateUnderReview), "issueCode", "", who(ByRegistrar), Text{"公共数据资源登记且无须公示；三项结论均为肯定（RG-7）", "public-data registration that needs no notice; all findings positive (RG-7)"}, StateRecorded},
		{in(StatePublicNotice), "issueCode", "", who(ByRegistrar), Text{"公共数据资源登记；公示期已满；无未决异议（RG-7）", "public-data registration; the notice has ended; no open objection (RG-7)"}, StateRecorded},
		{in(StatePublicNotice, StateObjected), "fileObjection", "", who(ByAnyone), Text{"公示期内；附理由与材料；申请人不得自提异议；同一异议人同时至多一件；登记机构可代外部人提出", "before the notice ends; with reason and material; not by the applicant; one open per objector; the registrar may enter an outsider's"}, StateObjected},
		{in(StateObjected), "decideObjection", "upheld", who(ByRegistrar), Text{"附结论", "with the conclusion"}, StateRejected},
		{in(StateObjected), "decideObjection", "dismissed", who(ByRegistrar), Text{"最后一件未决异议；附结论", "the last open objection; with the conclusion"}, StatePublicNotice},
		{in(StateObjected), "decideObjection", "dismissedOthersOpen", who(ByRegistrar), Text{"仍有未决异议；附结论", "others are still open; with the conclusion"}, StateObjected},
		{in(StateObjected), "withdrawObjection", "last", who(ByObjector), Text{"异议人撤回最后一件未决异议", "the objector withdraws the last open one"}, StatePublicNotice},
		{in(StateObjected), "withdrawObjection", "othersOpen", who(ByObjector), Text{"异议人撤回；仍有未决异议", "the objector withdraws; others are open"}, StateObjected},
		{in(StatePublicNotice), "record", "", who(ByRegistrar), Text{"公示期已满；无未决异议；已作重复审查（2.10）", "the notice has ended; no open objection; duplicates reviewed"}, StateRecorded},
		{openCase, "withdraw", "", who(ByApplicant), Text{"暂缓期间不得撤回", "not while on hold"}, StateWithdrawn},
		{openCase, "hold", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure"}, StateOnHold},
		{in(StateOnHold), "releaseHold", "", who(ByRegulator), Text{"由谁暂缓，由谁解除（SM-3）；期限顺延（RG-6）", "by whoever held it (SM-3); deadlines move on by the time held (RG-6)"}, StatePrevious},
	},
}

// A right (3.4).
var rightMachine = Machine{
	Entity: "right",
	Kind:   KindRight,
	Title:  Text{"权利", "Right"},
	States: []StateInfo{
		{StateActive, Text{"有效", "Active"}, false},
		{StateSuspended, Text{"暂停", "Suspended"}, false},
		{StateTransferred, Text{"已转让", "Transferred"}, true},
		{StateExpired, Text{"已届满", "Expired"}, true},
		{StateCancelled, Text{"已注销", "Cancelled"}, true},
	},
	Transitions: []Transition{
		{nil, "create", "", who(ByRegistrar), Text{"由 registration.record 写入", "written by registration.record"}, StateActive},
		{in(StateActive), "suspend", "", who(ByRegulator, ByRegistrar), Text{"引用监管措施；登记机构凭法院文书", "refers to a measure; the registrar on a court's paper"}, StateSuspended},
		{in(StateSuspended), "resume", "", who(ByRegulator, ByRegistrar), Text{"由谁暂停，由谁恢复（SM-3）", "by whoever suspended (SM-3)"}, StateActive},
		{in(StateActive), "expire", "", who(ByAnyone), Text{"已过有效期，且无按期提出的续期（RT-9）", "past its term, with no renewal asked for in time (RT-9)"}, StateExpired},
		{in(StateActive), "amend", "", who(ByRegistrar), Text{"变更、更正、续期、许可的登记写入；版本加一", "written when a change, correction, renewal or licence is recorded; version + 1"}, StateActive},
		{in(StateActive), "transfer", "", who(ByRegistrar), Text{"转让登记写入；受让人取得新权利", "written when a transfer is recorded; the transferee has a new right"}, StateTransferred},
		{in(StateActive, StateSuspended), "cancel", "", who(ByRegistrar), Text{"注销、撤销登记写入，附原因", "written when a cancellation or revocation is recorded, with its reason"}, StateCancelled},
	},
}

// A certificate (2.12, 3.5).
var certificateMachine = Machine{
	Entity: "certificate",
	Kind:   KindCertificate,
	Title:  Text{"登记凭证", "Certificate"},
	States: []StateInfo{
		{StateValid, Text{"有效", "Valid"}, false},
		{StateAdjusted, Text{"已变更", "Adjusted"}, false},
		{StateExpired, Text{"已届满", "Expired"}, true},
		{StateCancelled, Text{"已注销", "Cancelled"}, true},
	},
	Transitions: []Transition{
		{nil, "issue", "", who(ByRegistrar), Text{"由 registration.record 写入；号码由登记机构提供，永不重复（CT-1）", "written by registration.record; the registrar supplies the number, unique for ever (CT-1)"}, StateValid},
		{in(StateValid, StateAdjusted), "adjust", "", who(ByRegistrar), Text{"变更、更正、续期或部分转让、部分注销；版本加一", "changed, corrected, renewed, or transferred or cancelled in part; version + 1"}, StateAdjusted},
		{in(StateValid, StateAdjusted), "cancel", "", who(ByRegistrar), Text{"所载权利均已转让或注销（CT-2）", "its rights were all transferred or cancelled (CT-2)"}, StateCancelled},
		{in(StateValid, StateAdjusted), "expire", "", who(ByAnyone), Text{"所载权利均不再有效（CT-2）", "none of its rights is active any more (CT-2)"}, StateExpired},
	},
}
