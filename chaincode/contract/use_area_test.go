package contract_test

import (
	"github.com/datarights/datarights/chaincode/rights"
)

// The area's part in the tests over the whole ledger: lineage, permits, meters, grants, admissions, disclosure, custody and catalogues.

// useElsewhere names rows that another command writes or another test tries.
var useElsewhere = map[string]string{
	"permit.suspendByMeasure": "measures", "permit.liftMeasure": "measures", "grant.suspendByMeasure": "measures", "grant.liftMeasure": "measures",
}

// useEventsOn are the events that a command sends to records of other machines
// than its own; useTouches the kinds it rewrites without moving them.
var (
	useEventsOn = map[string][]string{
		"meter.record": {"permit.meter"},
		"meter.adjust": {"permit.adjust"},
	}
	useTouches = map[string][]rights.Kind{
		"permit.approve": {rights.KindGrant}, "permit.topUp": {rights.KindGrant}, "permit.revoke": {rights.KindGrant},
		"permit.expire": {rights.KindGrant}, "permit.closeOut": {rights.KindGrant}, "meter.adjust": {rights.KindGrant},
		"grant.sign": {rights.KindGrant}, "grant.amend": {rights.KindGrant}, "grant.revoke": {rights.KindGrant}, "grant.exit": {rights.KindGrant}, "grant.expire": {rights.KindGrant},
		"disclosure.file": {rights.KindGrant},
		"custody.sign":    {rights.KindResource}, "custody.certifyDestroyed": {rights.KindResource},
	}
)

// tellUse plays every command of the area to its good end.
func tellUse(m *market) {
	o := operations(m, "91320902MA0C")
	must := m.must
	regulator, implementing, operating, developer := regulatorID+"#1", o.implementing+"#1", o.operating+"#1", o.developer+"#1"

	// grants that come to nothing
	gone := must(m.do(implementing, "grant.propose", o.first())).id(rights.KindGrant)
	must(m.do(implementing, "grant.publish", rights.PublishGrant{GrantID: gone, NoticeText: "公示"}))
	must(m.do(developer, "grant.object", rights.ObjectToGrant{GrantID: gone, ReasonHash: hash("reason")}))
	must(m.do(regulator, "grant.decideObjection", rights.DecideGrantObjection{GrantID: gone, No: 1, Outcome: "Dismissed", DecisionHash: hash("decision")}))
	must(m.do(implementing, "grant.withdraw", rights.EndGrant{GrantID: gone, Reason: "方案调整"}))

	o.run()
	amended := read[rights.Grant](m, rights.KindGrant, o.l1)
	amended.Scope.To += 86400
	must(m.do(implementing, "grant.proposeAmendment", rights.ProposeAmendment{GrantID: o.l1, TermsHash: hash("supplement"), Scope: &amended.Scope}))
	must(m.do(operating, "grant.amend", rights.AmendGrant{GrantID: o.l1, TermsHash: hash("supplement")}))
	must(m.do(operating, "grant.suspend", rights.Interruption{GrantID: o.l2, Ref: "运营〔2026〕1号", Reason: "整改"}))
	must(m.do(operating, "grant.resume", rights.Interruption{GrantID: o.l2, Ref: "运营〔2026〕1号"}))
	entry := must(m.do(operating, "catalogue.publish", rights.PublishEntry{Kind: "Grant", ObjectID: o.data, GrantID: o.l1, Ver: 1})).id(rights.KindCatalogue)
	must(m.do(operating, "catalogue.withdraw", rights.WithdrawEntry{EntryID: entry, Reason: "更新"}))

	// use
	denied := must(m.do(developer, "permit.request", o.request())).id(rights.KindPermit)
	must(m.do(developer, "permit.deny", rights.PermitWithReason{PermitID: denied, Reason: "重复"}))
	must(m.do(developer, "permit.suspend", rights.Interruption{PermitID: o.permit, Ref: "自查1"}))
	must(m.do(developer, "permit.resume", rights.Interruption{PermitID: o.permit, Ref: "自查1"}))
	first := must(o.meter(o.period(10, hash("result")))).id(rights.KindMeter)
	must(m.do(o.platform, "meter.adjust", rights.AdjustMeter{MeterID: first, Items: []rights.Amount{{Unit: "Calls", Qty: 20}}, JobRoot: hash("again"), Reason: "漏计"}))
	must(o.meter(o.period(80)))
	must(m.do(developer, "permit.topUp", rights.TopUp{PermitID: o.permit, Units: []rights.Amount{{Unit: "Calls", Qty: 50}}}))
	next := o.period(1)
	m.now = next.PeriodTo
	must(m.do(o.platform, "meter.recordBatch", batch{nil, []object{without(next)}}))

	job := o.fusion("result")
	job.AuditorID = o.auditor
	made := must(o.lineage(job)).id(rights.KindLineage)
	job = o.fusion("report")
	job.Inputs = []rights.InputUsed{{Type: "Result", ContentRoot: hash("result"), PermissionRef: o.permit}}
	must(m.do(developer, "lineage.recordBatch", batch{nil, []object{without(job)}}))
	must(m.do(o.auditor+"#1", "lineage.attest", rights.LineageVerdict{LineageID: made, Hash: hash("seen")}))
	must(m.do(o.unit+"#1", "lineage.dispute", rights.LineageVerdict{LineageID: made, Hash: hash("doubt"), Reason: "输入不全"}))
	must(m.do(regulator, "lineage.uphold", rights.LineageVerdict{LineageID: made, Hash: hash("decision")}))
	wrong := must(o.lineage(o.fusion("wrong"))).id(rights.KindLineage)
	must(m.do(o.unit+"#1", "lineage.dispute", rights.LineageVerdict{LineageID: wrong, Hash: hash("doubt"), Reason: "产出不符"}))
	must(m.do(regulator, "lineage.refute", rights.LineageVerdict{LineageID: wrong, Hash: hash("decision")}))

	// important data, shared for a duty
	must(m.do(o.unit+"#1", "catalogue.publish", rights.PublishEntry{Kind: "Data", ObjectID: o.data, Ver: 1}))
	grave := o.public("grave", func(c *rights.Catalogue) { c.Level, c.Grade = "LevelImportant", 5 })
	share := o.request()
	share.BasisID, share.Scope.ObjectIDs, share.Scope.MaxGrade, share.Scope.Actions = grave, []string{grave}, 5, []rights.Action{rights.ActQuery}
	share.Duty, share.Risk = "防灾减灾", o.paper("risk")
	shared := o.permitted(share, o.implementing)
	must(m.do(regulator, "permit.revoke", rights.PermitWithReason{PermitID: shared, Reason: "履职事项已毕"}))
	must(m.do(o.platform, "permit.closeOut", rights.CloseOut{PermitID: shared, WipeEvidence: o.paper("wiped")}))

	// custody
	hosting := must(m.do(o.unit+"#1", "custody.propose", o.hosting())).id(rights.KindCustody)
	must(m.do(officer, "custody.sign", rights.SignCustody{CustodyID: hosting, AgreementHash: hash("hosting")}))
	must(m.do(o.unit+"#1", "custody.end", rights.EndCustody{CustodyID: hosting, Reason: "迁移"}))
	must(m.do(officer, "custody.certifyDestroyed", rights.CustodyDestroyed{CustodyID: hosting, Destruction: o.paper("wiped")}))

	// and the ends
	m.now = read[rights.Permit](m, rights.KindPermit, o.permit).ValidTo
	must(m.do(energyID+"#1", "permit.expire", rights.PermitWithReason{PermitID: o.permit}))
	must(m.do(o.platform, "permit.closeOut", rights.CloseOut{PermitID: o.permit, Outputs: []string{hash("result"), hash("report")}, WipeEvidence: o.paper("wiped")}))
	must(m.do(developer, "grant.exit", rights.EndGrant{GrantID: o.l2, Evidence: o.paper("returned")}))
	must(m.do(developer, "disclosure.file", rights.FileDisclosure{GrantID: o.l2, Year: 2026, Items: []rights.DisclosureItem{{Name: "调用次数", Value: "101"}}, DocHash: hash("report")}))
	ad := read[rights.Grant](m, rights.KindGrant, o.l2).AdmissionID
	must(m.do(developer, "admission.exit", rights.EndAdmission{AdmissionID: ad, Checklist: []string{"销毁副本"}, Reason: "业务调整"}))
	must(m.do(regulator, "admission.bar", rights.EndAdmission{AdmissionID: ad, Reason: "未按期了结"}))
	b := o.first()
	b.Scope.To = b.Scope.From + 10*86400
	brief := o.granted(o.implementing, b)
	m.now = b.Scope.To
	must(m.do(energyID+"#1", "grant.expire", rights.EndGrant{GrantID: brief}))
	must(m.do(implementing, "grant.revoke", rights.EndGrant{GrantID: o.l1, Reason: "违约", Evidence: o.paper("breach")}))
}
