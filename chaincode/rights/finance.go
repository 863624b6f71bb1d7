package rights

// Finance: evaluations, accounting, pledges, guarantees (3.15, 3.16, 3.21).
// evaluation.go, accounting.go, pledge*.go and guarantee.go hold the acts,
// verify_asset.go what a bank may ask about a pledged asset.

var financeMachines = []*Machine{&evaluationMachine, &accountingMachine, &pledgeMachine, &guaranteeMachine}

func financeCommands() []*Command {
	return []*Command{
		does(&evaluationMachine, "evaluation.commission", Text{"委托评估", "commissioned an evaluation"}, true, commissionEvaluation),
		does(&evaluationMachine, "evaluation.issue", Text{"出具评估报告", "issued an evaluation"}, true, issueEvaluation),
		does(&evaluationMachine, "evaluation.file", Text{"评估备案", "filed an evaluation"}, true, fileEvaluation),
		does(&evaluationMachine, "evaluation.challenge", Text{"质疑评估", "challenged an evaluation"}, false, challengeEvaluation),
		does(&evaluationMachine, "evaluation.resolveChallenge", Text{"处理评估质疑", "resolved a challenge"}, false, resolveChallenge),
		does(&evaluationMachine, "evaluation.withdraw", Text{"撤回评估", "withdrew an evaluation"}, false, withdrawEvaluation),
		does(&evaluationMachine, "evaluation.expire", Text{"写明评估到期", "noted expiry of an evaluation"}, true, expireEvaluation),

		does(&accountingMachine, "accounting.record", Text{"登记入表", "recorded on the balance sheet"}, true, recordAccounting),
		does(&accountingMachine, "accounting.audit", Text{"审计入表", "audited a balance-sheet record"}, false, auditAccounting),
		does(&accountingMachine, "accounting.derecognise", Text{"终止确认", "derecognised"}, false, derecogniseAccounting),

		does(&pledgeMachine, "pledge.apply", Text{"申请质押", "applied for a pledge"}, false, applyPledge),
		does(&pledgeMachine, "pledge.consentToVerify", Text{"同意查验", "consented to verification"}, false, consentToVerify),
		does(&pledgeMachine, "pledge.confirm", Text{"确认质押", "confirmed a pledge"}, false, confirmPledge),
		does(&pledgeMachine, "pledge.withdraw", Text{"撤回质押申请", "withdrew a pledge"}, false, withdrawPledge),
		does(&pledgeMachine, "pledge.register", Text{"质押登记", "registered a pledge"}, false, registerPledge),
		does(&pledgeMachine, "pledge.vary", Text{"变更质押", "varied a pledge"}, false, varyPledge),
		does(&pledgeMachine, "pledge.giveConsent", Text{"质权人同意", "gave a pledgee's consent"}, false, givePledgeConsent),
		does(&pledgeMachine, "pledge.partRelease", Text{"部分解除质押", "released part of a pledge"}, false, partReleasePledge),
		does(&pledgeMachine, "pledge.release", Text{"解除质押", "released a pledge"}, false, releasePledge),
		does(&pledgeMachine, "pledge.startEnforce", Text{"启动质权实现", "began to enforce a pledge"}, false, startEnforcement),
		does(&pledgeMachine, "pledge.finishEnforce", Text{"完成质权实现", "finished enforcing a pledge"}, false, finishEnforcement),
		does(&pledgeMachine, "pledge.lapseRegistry", Text{"写明统一登记到期", "noted a lapse of the unified registration"}, false, lapseRegistry),
		does(&pledgeMachine, "pledge.extendRegistry", Text{"统一登记展期", "extended the unified registration"}, false, extendRegistry),

		does(&guaranteeMachine, "guarantee.offer", Text{"提供担保", "offered a guarantee"}, false, offerGuarantee),
		does(&guaranteeMachine, "guarantee.accept", Text{"接受担保", "accepted a guarantee"}, false, acceptGuarantee),
		does(&guaranteeMachine, "guarantee.release", Text{"解除担保", "released a guarantee"}, false, releaseGuarantee),
		does(&guaranteeMachine, "guarantee.expire", Text{"写明担保到期", "noted expiry of a guarantee"}, false, expireGuarantee),
	}
}

// An evaluation (3.15).
var evaluationMachine = Machine{
	Entity: "evaluation",
	Kind:   KindEvaluation,
	Title:  Text{"评估", "Evaluation"},
	States: []StateInfo{
		{StateCommissioned, Text{"已委托", "Commissioned"}, false},
		{StateIssued, Text{"已出具", "Issued"}, false},
		{StateFiled, Text{"已备案", "Filed"}, false},
		{StateChallenged, Text{"受质疑", "Challenged"}, false},
		{StateSuperseded, Text{"已被取代", "Superseded"}, true},
		{StateWithdrawn, Text{"已撤回", "Withdrawn"}, true},
		{StateExpired, Text{"已到期", "Expired"}, true},
	},
	Transitions: []Transition{
		{nil, "commission", "", who(ByClient), Text{"评估机构与委托人、融资银行无同组关系（EV-1、SD-3）；价值评估须列明权利（EV-3）", "the evaluator shares no group with client or financing bank (EV-1, SD-3); a value evaluation names rights (EV-3)"}, StateCommissioned},
		{in(StateCommissioned), "issue", "", who(ByEvaluator), Text{"评估机构资质在基准日与出具日均有效（EV-2）；价值评估至少一项权利有效（EV-3），其值以承诺入账", "qualified on the base date and on the day of issue (EV-2); at least one right of a value evaluation is effective (EV-3), its value known by commitment"}, StateIssued},
		{in(StateIssued), "file", "", who(ByRegistrar, ByExchange), Text{"在有效期内；登记机构须为所涉权利的登记机构", "in date; the registrar is that of its rights"}, StateFiled},
		{in(StateIssued, StateFiled), "challenge", "", who(ByAnyone), Text{"附理由；评估机构不得质疑自己的报告", "with reasons; not by the evaluator"}, StateChallenged},
		{in(StateChallenged), "resolveChallenge", "upheld", who(ByRegulator, ByExchange), Text{"质疑成立：报告被推翻；质疑人不得自行处理", "the challenge holds: the report is refuted; not by the challenger"}, StateWithdrawn},
		{in(StateChallenged), "resolveChallenge", "dismissed", who(ByRegulator, ByExchange), Text{"质疑不成立：恢复为已出具；质疑人不得自行处理", "it does not hold: issued as before; not by the challenger"}, StateIssued},
		{in(StateChallenged), "resolveChallenge", "dismissedFiled", who(ByRegulator, ByExchange), Text{"质疑不成立：恢复为已备案；质疑人不得自行处理", "it does not hold: filed as before; not by the challenger"}, StateFiled},
		{in(StateCommissioned), "withdraw", "", who(ByClient, ByEvaluator), Text{"写明理由", "with a reason"}, StateWithdrawn},
		{in(StateIssued, StateFiled), "withdraw", "", who(ByEvaluator), Text{"写明理由", "with a reason"}, StateWithdrawn},
		{in(StateIssued, StateFiled), "supersede", "", who(ByEvaluator), Text{"由 evaluation.issue 写入：同一机构对同一对象出具新的同类报告", "written by evaluation.issue: the same evaluator issued a newer report of the kind on the object"}, StateSuperseded},
		{in(StateIssued, StateFiled), "expire", "", who(ByAnyone), Text{"已过有效期", "past its term"}, StateExpired},
	},
}

// A balance-sheet record (3.15).
var accountingMachine = Machine{
	Entity: "accounting",
	Kind:   KindAccounting,
	Title:  Text{"入表", "Accounting record"},
	States: []StateInfo{
		{StateRecorded, Text{"已入表", "Recorded"}, false},
		{StateAudited, Text{"已审计", "Audited"}, false},
		{StateDerecognised, Text{"已终止确认", "Derecognised"}, true},
	},
	Transitions: []Transition{
		{nil, "record", "", who(ByClient), Text{"期初＋增加－摊销－减值－处置＝期末（AR-1）；凭证在期末日有效且属该企业（AR-2）；类别与持有目的相符（AR-3）；评估仅作披露（AR-4）", "opening + addition − amortisation − impairment − disposal = closing (AR-1); the certificate is valid at the period's end and the enterprise's (AR-2); the class fits the purpose (AR-3); an evaluation is for disclosure only (AR-4)"}, StateRecorded},
		{in(StateRecorded), "audit", "", who(ByEvaluator), Text{"所载审计机构，资质有效，与企业无同组关系（SD-3）", "by the auditor it names, qualified, of no group with the enterprise (SD-3)"}, StateAudited},
		{in(StateRecorded, StateAudited), "derecognise", "", who(ByClient), Text{"写明理由", "with a reason"}, StateDerecognised},
	},
}

// A pledge of rights (3.16). EncPledge goes with release or enforcement alone
// (PL-5).
var pledgeMachine = Machine{
	Entity: "pledge",
	Kind:   KindPledge,
	Title:  Text{"质押", "Pledge"},
	States: []StateInfo{
		{StateApplied, Text{"已申请", "Applied"}, false},
		{StateConfirmed, Text{"已确认", "Confirmed"}, false},
		{StateRegistered, Text{"已登记", "Registered"}, false},
		{StateEnforcing, Text{"实现中", "Enforcing"}, false},
		{StateReleased, Text{"已解除", "Released"}, true},
		{StateEnforced, Text{"已实现", "Enforced"}, true},
		{StateWithdrawn, Text{"已撤回", "Withdrawn"}, true},
	},
	Transitions: []Transition{
		{nil, "apply", "", who(ByPledgor), Text{"权利有效且限制矩阵允许；含或持有对象的有效经营权；价值评估在有效期内（EV-4）；质押率不超过规则参数；质权人自有节点", "rights effective and the matrix allows; among them, or held, an effective operation right; value evaluation in date (EV-4); loan to value within the profile; the pledgee runs a node"}, StateApplied},
		{in(StateApplied), "consentToVerify", "", who(ByPledgor), Text{"登记前凭此令牌查验（PL-7）", "the token to verify by before registration (PL-7)"}, StateApplied},
		{in(StateConfirmed), "consentToVerify", "", who(ByPledgor), Text{"登记前凭此令牌查验（PL-7）", "the token to verify by before registration (PL-7)"}, StateConfirmed},
		{in(StateApplied), "confirm", "", who(ByPledgee), Text{"同一合同与金额承诺（G-5）；确认所披露的限制与期限风险（PL-3）", "the same contract and amounts (G-5); acknowledges what was disclosed and the warning on terms (PL-3)"}, StateConfirmed},
		{in(StateApplied, StateConfirmed), "withdraw", "", who(ByPledgor), Text{}, StateWithdrawn},
		{in(StateConfirmed), "register", "", who(ByRegistrar, ByExchange), Text{"有统一登记编号（PL-6）；用掉全部在先质权人的同意（PL-1）；写入 EncPledge，权利自此须经质权人节点背书", "with the unified registry's number (PL-6); uses up every earlier pledgee's consent (PL-1); writes EncPledge, and the right moves with the pledgee's endorsement from here on"}, StateRegistered},
		{in(StateRegistered), "vary", "proposed", who(ByPledgor, ByPledgee), Text{"一方提出；权利未被冻结（G-11）", "one side proposes; no right is frozen (G-11)"}, StateRegistered},
		{in(StateRegistered), "vary", "agreed", who(ByPledgor, ByPledgee), Text{"另一方确认同一内容（G-5）；通知在后质权人", "the other confirms the same (G-5); later pledgees are notified"}, StateRegistered},
		{in(StateRegistered), "giveConsent", "", who(ByPledgee), Text{"对一项权利、一种行为、一份条款，一次有效，期限不超过规则参数（PL-2）", "to one use of one right on one set of terms, once, within the profile's term (PL-2)"}, StateRegistered},
		{in(StateEnforcing), "giveConsent", "", who(ByPledgee), Text{"同上；实现质权的转让亦须质权人同意", "as above; the transfer that enforces needs it too"}, StateEnforcing},
		{in(StateRegistered), "partRelease", "", who(ByPledgee), Text{"部分权利，不是全部", "some of the rights, not all"}, StateRegistered},
		{in(StateRegistered, StateEnforcing), "release", "", who(ByPledgee), Text{"除去 EncPledge（PL-5）", "takes EncPledge off (PL-5)"}, StateReleased},
		{in(StateRegistered), "startEnforce", "", who(ByPledgee), Text{"附违约证据", "with evidence of default"}, StateEnforcing},
		{in(StateEnforcing), "finishEnforce", "", who(ByRegistrar), Text{"凭协议或裁判；转让案件已登记；除去 EncPledge（PL-5）", "on an agreement or judgment; the transfer is recorded; takes EncPledge off (PL-5)"}, StateEnforced},
		{in(StateRegistered), "lapseRegistry", "", who(ByAnyone), Text{"统一登记已到期未展期；只作标记，不解除", "the unified registration ended without extension; a mark, no release"}, StateRegistered},
		{in(StateRegistered), "extendRegistry", "", who(ByPledgee), Text{"展期后的到期日更晚", "to a later end"}, StateRegistered},
	},
}

// A guarantee of a pledge or a loan (3.21).
var guaranteeMachine = Machine{
	Entity: "guarantee",
	Kind:   KindGuarantee,
	Title:  Text{"担保", "Guarantee"},
	States: []StateInfo{
		{StateOffered, Text{"已提供", "Offered"}, false},
		{StateAccepted, Text{"已接受", "Accepted"}, false},
		{StateReleased, Text{"已解除", "Released"}, true},
		{StateExpired, Text{"已到期", "Expired"}, true},
	},
	Transitions: []Transition{
		{nil, "offer", "", who(ByGuarantor), Text{"担保人不是债务人或受益人；金额以承诺入账", "the guarantor is neither debtor nor beneficiary; the amount is known by commitment"}, StateOffered},
		{in(StateOffered), "accept", "", who(ByPledgee), Text{"受益人确认同一合同（G-5）", "the beneficiary confirms the same contract (G-5)"}, StateAccepted},
		{in(StateOffered), "release", "", who(ByGuarantor), Text{"接受前担保人可撤回", "the guarantor takes it back before acceptance"}, StateReleased},
		{in(StateAccepted), "release", "", who(ByPledgee), Text{"受益人解除", "by the beneficiary"}, StateReleased},
		{in(StateOffered, StateAccepted), "expire", "", who(ByAnyone), Text{"已过有效期", "past its term"}, StateExpired},
	},
}
