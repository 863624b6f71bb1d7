package explorer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// What a participant sees of a record it has to do with: all of it in words, what is
// due, and what it may do now by the record's state machine.

// collectionFor is where the API has a kind of record.
var collectionFor = map[rights.Kind]string{
	rights.KindResource: "resources", rights.KindCase: "registrations", rights.KindObjection: "objections", rights.KindRight: "rights", rights.KindCertificate: "certificates",
	rights.KindProduct: "products", rights.KindListing: "listings", rights.KindTrade: "trades", rights.KindDelivery: "deliveries", rights.KindCopy: "copies", rights.KindSettlement: "settlements",
	rights.KindDispute: "disputes", rights.KindDemand: "demands", rights.KindPermit: "permits", rights.KindMeter: "meters", rights.KindGrant: "grants", rights.KindAdmission: "admissions",
	rights.KindDisclosure: "disclosures", rights.KindCustody: "custodies", rights.KindEvaluation: "evaluations", rights.KindAccounting: "accountings", rights.KindPledge: "pledges",
	rights.KindGuarantee: "guarantees", rights.KindMeasure: "measures", rights.KindAlert: "alerts", rights.KindLineage: "lineage", rights.KindRecognition: "recognitions", rights.KindScenario: "scenarios",
}

// relatedBy are the members of records that name who stands in which capacity.
var relatedBy = map[rights.Kind][]relation{
	rights.KindResource:    {{rights.ByHolder, "holderId"}},
	rights.KindCase:        {{rights.ByApplicant, "applicantIds"}, {rights.ByTransferee, "counterpartyId"}},
	rights.KindObjection:   {{rights.ByObjector, "objectorId"}, {rights.ByHolder, "holderId"}},
	rights.KindRight:       {{rights.ByHolder, "holderId"}},
	rights.KindCertificate: {{rights.ByHolder, "holderId"}},
	rights.KindProduct:     {{rights.ByOwner, "ownerId"}},
	rights.KindListing:     {{rights.BySeller, "sellerId"}},
	rights.KindTrade:       {{rights.ByBuyer, "buyerId"}, {rights.BySeller, "sellerId"}},
	rights.KindDelivery:    {{rights.BySender, "fromId"}, {rights.ByRecipient, "toId"}, {rights.ByPlatform, "platformId"}},
	rights.KindCopy:        {{rights.ByHolder, "holderId"}},
	rights.KindSettlement:  {{rights.ByPayee, "payees.payeeId"}},
	rights.KindDispute:     {{rights.ByClaimant, "claimantId"}, {rights.ByRespondent, "respondentIds"}, {rights.ByMediator, "mediatorId"}, {rights.ByOrdered, "orders.orderedId"}},
	rights.KindDemand:      {{rights.ByBuyer, "buyerId"}},
	rights.KindPermit:      {{rights.ByPermittee, "permitteeId"}, {rights.ByGrantor, "grantorId"}, {rights.ByPlatform, "platformId"}},
	rights.KindMeter:       {{rights.ByPlatform, "platformId"}},
	rights.KindGrant:       {{rights.ByAuthoriser, "authoriserId"}, {rights.ByGrantee, "granteeId"}},
	rights.KindCustody:     {{rights.ByOwner, "ownerId"}, {rights.ByCustodian, "custodianId"}},
	rights.KindEvaluation:  {{rights.ByClient, "clientId"}, {rights.ByEvaluator, "evaluatorId"}},
	rights.KindAccounting:  {{rights.ByClient, "enterpriseId"}, {rights.ByEvaluator, "auditorId"}},
	rights.KindPledge:      {{rights.ByPledgor, "pledgorId"}, {rights.ByPledgee, "pledgeeId"}},
	rights.KindGuarantee:   {{rights.ByGuarantor, "guarantorId"}, {rights.ByPledgee, "beneficiaryId"}},
	rights.KindMeasure:     {{rights.BySubject, "subjectId"}},
	rights.KindAlert:       {{rights.BySubject, "subjectIds"}},
	rights.KindLineage:     {{rights.ByOperator, "operatorId"}, {rights.ByPlatform, "platformId"}},
	rights.KindRecognition: {{rights.BySubmitter, "submitterId"}},
	rights.KindScenario:    {{rights.BySubmitter, "submitterId"}},
}

type relation struct {
	capacity rights.Capacity
	member   string
}

// Matter is a record as its party sees it in a list.
type Matter struct {
	Kind    rights.Kind
	ID      string
	Name    string
	State   string
	Href    string
	Other   []Party // the other side
	Due     *Due
	Acts    []Act
	Quotas  []Quota
	Notes   []rights.Text
	Facts   face
	Version int64
	Block   uint64

	raw json.RawMessage
}

// Quota is how much of a permit is used.
type Quota struct {
	Unit      string
	Used, All int64
}

// Near says that little is left.
func (q Quota) Near() bool { return q.All > 0 && q.Used*5 >= q.All*4 }

// High is where little is left.
func (q Quota) High() int64 { return q.All / 5 * 4 }

// Percent of it that is used.
func (q Quota) Percent() int64 {
	if q.All <= 0 {
		return 0
	}
	return q.Used / max(q.All/100, 1)
}

// face is what the kinds of records have in common to be listed by. Members of other
// types in one kind or another are left at zero.
type face struct {
	rights.Head
	ObjectName, ProductName, Name, Title, DataName string
	ObjectID, ProductID, CertNo, RightID, CaseID   string
	ListingID, TradeID, TargetID, RegType          string
	ApplicantIDs                                   []string
	CounterpartyID, RegistrarID                    string
	AcceptDueAt, CorrectionDueAt, ReviewDueAt      rights.UnixSec
	NoticeEndsAt, DueAt, SuitDueAt                 rights.UnixSec
	CorrectionList, IncompleteList                 []string
	BuyerID, SellerID, VenueID                     string
	FromID, ToID, PermitID                         string
	ValidTo, HoldUntil, DestroyDueAt               rights.UnixSec
	ConfirmDueAt, CompleteDueAt, AnswerDueAt       rights.UnixSec
	MediationDueAt, HearingDueAt, ClaimTo          rights.UnixSec
	ZdwValidTo                                     rights.UnixSec
	DueOn, DisclosureDueOn, BaseDate               string
	GrantorID, PermitteeID, PlatformID             string
	PledgorID, PledgeeID, ClientID, EvaluatorID    string
	ClaimantID                                     string
	RespondentIDs                                  []string
	AuthoriserID, GranteeID, ObjectorID, HolderID  string
	Units, Used                                    []rights.Amount
	Signatures                                     []rights.Signature
	ConfirmedBy, MediationAgreedBy, AcceptedBy     json.RawMessage
	TermsHash, TermsVersion                        json.RawMessage
	RuleCode, Severity, Type, Kind                 string
	Encumbrances                                   []rights.Encumbrance
	MatchedListingIDs                              []string
	Heard                                          []struct{ ByID string }
}

// matterOf reads a record that the API gave the visitor.
func (q *request) matterOf(kind rights.Kind, raw json.RawMessage) Matter {
	m := Matter{Kind: kind, raw: raw}
	_ = json.Unmarshal(raw, &m.Facts) // a member of another type leaves its own field alone
	f := &m.Facts
	m.ID, m.State, m.Version = f.ID, string(f.State), f.Version
	m.Href = "/enterprise/records/" + string(kind) + "/" + url.PathEscape(f.ID)
	for _, name := range []string{f.ObjectName, f.ProductName, f.DataName, f.Title, f.Name} {
		if m.Name == "" {
			m.Name = name
		}
	}
	if m.Name == "" {
		m.Name = q.nameFor(kind, f)
	}
	me := q.who.ParticipantID
	for _, r := range relatedBy[kind] {
		for _, id := range member(raw, r.member) {
			if id != me && id != "" && !slices.ContainsFunc(m.Other, func(p Party) bool { return p.ID == id }) {
				m.Other = append(m.Other, q.party(id))
			}
		}
	}
	m.Acts = q.actsOn(kind, f, raw)
	m.Due = dueOf(kind, f, me, q.now)
	if kind == rights.KindPermit {
		for _, all := range f.Units {
			quota := Quota{Unit: all.Unit, All: all.Qty}
			for _, used := range f.Used {
				if used.Unit == all.Unit {
					quota.Used = used.Qty
				}
			}
			m.Quotas = append(m.Quotas, quota)
		}
	}
	return m
}

// nameFor names a record that has no name of its own by what it is about.
func (q *request) nameFor(kind rights.Kind, f *face) string {
	switch kind {
	case rights.KindObjection:
		if f.CaseID != "" {
			return q.object(rights.KindCase, f.CaseID).Name
		}
		return q.object(rights.KindCertificate, f.CertNo).Name
	case rights.KindAlert:
		return q.say(term(anAlertRule, f.RuleCode))
	case rights.KindMeasure:
		return q.say(term(aMeasure, f.Type))
	case rights.KindDispute:
		return q.say(term(aDisputeType, f.Type)) + q.say(rights.Text{Zh: "争议", En: " dispute"})
	case rights.KindEvaluation:
		return q.say(term(anEvaluation, f.Kind))
	case rights.KindPledge, rights.KindAccounting, rights.KindCopy, rights.KindPermit, rights.KindDelivery:
		for kind, id := range map[rights.Kind]string{rights.KindProduct: f.ProductID, rights.KindResource: f.ObjectID} {
			if o := q.object(kind, id); id != "" && o.Name != id {
				return o.Name
			}
		}
	}
	return q.say(term(aKind, string(kind))) + " " + f.ID
}

// member is the texts at a path of a record, lists taken apart.
func member(raw json.RawMessage, path string) []string {
	name, rest, deeper := strings.Cut(path, ".")
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	v := m[name]
	if deeper {
		var items []json.RawMessage
		if json.Unmarshal(v, &items) != nil {
			return nil
		}
		var all []string
		for _, item := range items {
			all = append(all, member(item, rest)...)
		}
		return all
	}
	var one string
	if json.Unmarshal(v, &one) == nil && one != "" {
		return []string{one}
	}
	var many []string
	_ = json.Unmarshal(v, &many) // neither a text nor texts: nobody
	return many
}

// capacities are those in which the visitor stands to a record.
func (q *request) capacities(kind rights.Kind, raw json.RawMessage) []rights.Capacity {
	var list []rights.Capacity
	for _, r := range relatedBy[kind] {
		if slices.Contains(member(raw, r.member), q.who.ParticipantID) {
			list = append(list, r.capacity)
		}
	}
	return list
}

// actsOn is what the visitor may do to a record in its state: the rows of its state
// machine in the capacities it stands in, what may follow from it, and what anybody
// may write down once its time is over.
func (q *request) actsOn(kind rights.Kind, f *face, raw json.RawMessage) []Act {
	caps := q.capacities(kind, raw)
	if len(caps) == 0 {
		return nil
	}
	var acts []Act
	add := func(command string, pairs ...any) {
		spec, _ := rights.CommandNamed(command)
		if spec == nil || slices.ContainsFunc(acts, func(a Act) bool { return a.Command == command }) {
			return
		}
		pairs = append(pairs, "back", "/enterprise/records/"+string(kind)+"/"+url.PathEscape(f.ID))
		acts = append(acts, newAct(command, doing(command, pairs...)))
	}
	for _, c := range leadingOut(kind, f.State, caps) {
		if !already(c.Name, f, q.who.ParticipantID) {
			add(c.Name, prefilled(c, kind, f)...)
		}
	}
	for _, s := range sequels {
		if s.kind == kind && slices.Contains(s.in, f.State) && slices.Contains(caps, s.by) {
			add(s.command, s.with(f)...)
		}
	}
	for command, at := range map[string]rights.UnixSec{"registration.deemAccept": f.AcceptDueAt, "delivery.deemAccept": 0, "settlement.deemConfirm": f.ConfirmDueAt, "trade.complete": f.CompleteDueAt} {
		spec, _ := rights.CommandNamed(command)
		if spec.Machine.Kind != kind || at == 0 || q.now < at {
			continue
		}
		for _, row := range spec.Machine.Rows(spec.Event) {
			if row.Leaves(f.State) {
				add(command, prefilled(spec, kind, f)...)
			}
		}
	}
	slices.SortStableFunc(acts, func(a, b Act) int {
		switch {
		case a.Plain == b.Plain:
			return 0
		case a.Plain:
			return 1
		}
		return -1
	})
	return acts
}

// already says that the visitor has done its part, so that it is the other's turn.
func already(command string, f *face, me string) bool {
	has := func(raw json.RawMessage) bool {
		var ids []string
		return json.Unmarshal(raw, &ids) == nil && slices.Contains(ids, me)
	}
	switch command {
	case "trade.sign":
		var hash string
		_ = json.Unmarshal(f.TermsHash, &hash) // absent: nothing was proposed
		return hash == "" || slices.ContainsFunc(f.Signatures, func(s rights.Signature) bool { id, _ := splitKid(s.Kid); return id == me })
	case "settlement.confirm":
		return has(f.ConfirmedBy)
	case "dispute.agreeMediation":
		return has(f.MediationAgreedBy)
	case "objection.acceptConclusion":
		return has(f.AcceptedBy)
	case "alert.hear":
		return slices.ContainsFunc(f.Heard, func(h struct{ ByID string }) bool { return h.ByID == me })
	}
	return false
}

// prefilled is what of a command's body its record says.
func prefilled(c *rights.Command, kind rights.Kind, f *face) []any {
	id := "id"
	for _, in := range inputsOf(zh, c) {
		if in.Name == c.Machine.Entity+"Id" {
			id = in.Name
			break
		}
		if id == "id" && (strings.HasSuffix(in.Name, "Id") || in.Name == "certNo") {
			id = in.Name
		}
	}
	pairs := []any{id, f.ID}
	var hash string
	_ = json.Unmarshal(f.TermsHash, &hash) // absent: left to be filled in
	switch c.Name {
	case "trade.sign", "registration.countersign":
		pairs = append(pairs, "termsHash", hash)
	case "trade.proposeTerms":
		var n int64
		_ = json.Unmarshal(f.TermsVersion, &n) // absent: the first
		pairs = append(pairs, "version", n+1)
	}
	return pairs
}

// A sequel is a command on another record, or a new one, that follows from this one.
type sequel struct {
	kind    rights.Kind
	in      []rights.State
	by      rights.Capacity
	command string
	with    func(f *face) []any
}

func pairs(name string) func(*face) []any { return func(f *face) []any { return []any{name, f.ID} } }

var sequels = []sequel{
	{rights.KindObjection, []rights.State{"ObjFiled"}, rights.ByObjector, "registration.withdrawObjection", pairs("objectionId")},
	{rights.KindRight, []rights.State{"Active"}, rights.ByHolder, "registration.submit", func(f *face) []any {
		return []any{"targetRightIds", f.ID, "registrarId", f.RegistrarID, "objectType", "Resource", "objectId", f.ObjectID}
	}},
	{rights.KindRight, []rights.State{"Active"}, rights.ByHolder, "listing.submit", pairs("rightId")},
	{rights.KindRight, []rights.State{"Active"}, rights.ByHolder, "pledge.apply", pairs("rightIds")},
	{rights.KindCertificate, []rights.State{"Valid"}, rights.ByHolder, "evaluation.commission", func(f *face) []any {
		return []any{"objectType", "Resource", "objectId", f.ObjectID}
	}},
	{rights.KindCertificate, []rights.State{"Valid"}, rights.ByHolder, "accounting.record", pairs("certNo")},
	{rights.KindProduct, []rights.State{"Approved"}, rights.ByOwner, "listing.submit", pairs("productId")},
	{rights.KindTrade, []rights.State{"Implementing"}, rights.BySeller, "delivery.prepare", func(f *face) []any {
		return []any{"tradeId", f.ID, "productId", f.ProductID}
	}},
	{rights.KindTrade, []rights.State{"Agreed", "Implementing", "Delivered", "Settled"}, rights.ByBuyer, "dispute.file", func(f *face) []any {
		return []any{"refType", "Trade", "refId", f.ID, "respondentIds", f.SellerID}
	}},
	{rights.KindTrade, []rights.State{"Agreed", "Implementing", "Delivered", "Settled"}, rights.BySeller, "dispute.file", func(f *face) []any {
		return []any{"refType", "Trade", "refId", f.ID, "respondentIds", f.BuyerID}
	}},
	{rights.KindEvaluation, []rights.State{"Issued", "Filed"}, rights.ByClient, "pledge.apply", pairs("evaluationId")},
	{rights.KindResource, []rights.State{"Catalogued"}, rights.ByHolder, "registration.submit", func(f *face) []any {
		return []any{"regType", "RegFirst", "objectType", "Resource", "objectId", f.ID}
	}},
}

// actTitles by command: what a button says. Others say what the command is called.
var actTitles = map[string]rights.Text{
	"registration.submit": {Zh: "申请登记", En: "Apply for registration"}, "registration.resubmit": {Zh: "提交补正", En: "Submit the correction"}, "registration.supplement": {Zh: "提交补充材料", En: "Submit the supplement"},
	"registration.withdraw": {Zh: "撤回申请", En: "Withdraw"}, "registration.countersign": {Zh: "签署", En: "Countersign"}, "registration.deemAccept": {Zh: "写明逾期视为受理", En: "Note that it counts as accepted"},
	"registration.withdrawObjection": {Zh: "撤回异议", En: "Withdraw the objection"}, "objection.concede": {Zh: "承认异议", En: "Concede"}, "objection.contest": {Zh: "争辩", En: "Contest"},
	"objection.acceptConclusion": {Zh: "接受结论", En: "Accept the conclusion"}, "objection.goToCourt": {Zh: "起诉或仲裁", En: "Go to court"}, "objection.resubmit": {Zh: "补正异议", En: "Complete the objection"}, "objection.withdraw": {Zh: "撤回异议", En: "Withdraw the objection"},
	"resource.addVersion": {Zh: "新增版本", En: "Add a version"}, "resource.regrade": {Zh: "重新分级", En: "Regrade"}, "resource.retire": {Zh: "停用", En: "Retire"}, "resource.certifyDestroyed": {Zh: "证明销毁", En: "Certify destruction"},
	"product.submitReview": {Zh: "提交合规审核", En: "Submit for review"}, "product.newVersion": {Zh: "新增版本", En: "New version"}, "product.retire": {Zh: "停用", En: "Retire"},
	"listing.submit": {Zh: "挂牌", En: "List it"}, "listing.pause": {Zh: "暂停展示", En: "Pause"}, "listing.resume": {Zh: "恢复展示", En: "Resume"}, "listing.delist": {Zh: "下架", En: "Take down"},
	"demand.match": {Zh: "撮合挂牌", En: "Match listings"}, "demand.close": {Zh: "结束征集", En: "Close"}, "demand.post": {Zh: "发布需求", En: "Post a demand"},
	"trade.apply": {Zh: "申请购买", En: "Apply to buy"}, "trade.accept": {Zh: "同意磋商", En: "Accept"}, "trade.decline": {Zh: "谢绝", En: "Decline"}, "trade.proposeTerms": {Zh: "提出条款", En: "Propose terms"}, "trade.sign": {Zh: "签署条款", En: "Sign the terms"},
	"trade.linkTransfer": {Zh: "关联转移登记", En: "Link the transfer"}, "trade.withdraw": {Zh: "撤回", En: "Withdraw"}, "trade.terminate": {Zh: "协议解除", En: "Terminate"}, "trade.complete": {Zh: "写明交易完成", En: "Note completion"},
	"delivery.prepare": {Zh: "备妥交付", En: "Prepare the delivery"}, "delivery.send": {Zh: "发出", En: "Send"}, "delivery.receive": {Zh: "签收", En: "Receive"}, "delivery.accept": {Zh: "验收", En: "Accept"}, "delivery.reject": {Zh: "拒收", En: "Reject"},
	"delivery.redeliver": {Zh: "重新交付", En: "Deliver again"}, "delivery.recall": {Zh: "撤回交付", En: "Recall"}, "copy.forward": {Zh: "转交副本", En: "Pass it on"}, "copy.return": {Zh: "退回副本", En: "Return"}, "copy.destroy": {Zh: "证明已销毁", En: "Certify destruction"},
	"settlement.confirm": {Zh: "确认收款", En: "Confirm receipt"}, "settlement.deemConfirm": {Zh: "写明逾期视为确认", En: "Note that it counts as confirmed"},
	"dispute.file": {Zh: "提出争议", En: "File a dispute"}, "dispute.answer": {Zh: "答辩", En: "Answer"}, "dispute.agreeMediation": {Zh: "同意调解", En: "Agree to mediation"}, "dispute.startMediation": {Zh: "开始调解", En: "Start mediating"}, "dispute.settle": {Zh: "签署和解", En: "Settle"},
	"dispute.escalate": {Zh: "起诉或仲裁", En: "Escalate"}, "dispute.withdraw": {Zh: "撤回争议", En: "Withdraw"}, "dispute.executeOrder": {Zh: "写明已履行", En: "Show that it is done"},
	"permit.request": {Zh: "申请使用许可", En: "Request a permit"}, "permit.approve": {Zh: "同意", En: "Approve"}, "permit.deny": {Zh: "不予许可", En: "Deny"}, "permit.topUp": {Zh: "增加用量", En: "Add to the quota"}, "permit.suspend": {Zh: "暂停", En: "Suspend"}, "permit.resume": {Zh: "恢复", En: "Resume"}, "permit.revoke": {Zh: "撤销", En: "Revoke"}, "permit.closeOut": {Zh: "清理结清", En: "Close out"},
	"grant.sign": {Zh: "签署授权协议", En: "Sign"}, "grant.proposeAmendment": {Zh: "提议变更", En: "Propose an amendment"}, "grant.amend": {Zh: "签署变更", En: "Sign the amendment"}, "grant.exit": {Zh: "退出授权", En: "Exit"},
	"evaluation.commission": {Zh: "委托评估", En: "Commission an evaluation"}, "evaluation.issue": {Zh: "出具评估", En: "Issue"}, "evaluation.withdraw": {Zh: "撤回评估", En: "Withdraw"},
	"accounting.record": {Zh: "入表", En: "Record in accounts"}, "accounting.audit": {Zh: "附审计报告", En: "Attach the audit"}, "accounting.derecognise": {Zh: "终止确认", En: "Derecognise"},
	"pledge.apply": {Zh: "申请质押", En: "Apply for a pledge"}, "pledge.consentToVerify": {Zh: "同意银行查验", En: "Let the bank verify"}, "pledge.withdraw": {Zh: "撤回", En: "Withdraw"}, "pledge.vary": {Zh: "变更合同", En: "Vary"},
	"guarantee.release": {Zh: "解除担保", En: "Release"}, "measure.reportCompliance": {Zh: "报告整改", En: "Report compliance"}, "measure.appeal": {Zh: "申请复议", En: "Appeal"}, "alert.hear": {Zh: "陈述意见", En: "Make a statement"},
	"custody.sign": {Zh: "签署托管", En: "Sign"}, "custody.end": {Zh: "终止托管", En: "End"}, "custody.certifyDestroyed": {Zh: "证明已销毁", En: "Certify destruction"},
	"recognition.end": {Zh: "终止互认", En: "End"}, "meter.adjust": {Zh: "更正用量", En: "Correct"}, "lineage.attest": {Zh: "见证血缘", En: "Attest"},
}

func actTitle(command string) rights.Text {
	if t, ok := actTitles[command]; ok {
		return t
	}
	return deedOf(command).Title
}

// renewFrom is how long before its end a right or certificate shows as ending.
const renewFrom = 180 * 86400

// destroySoon is how long before its day the destruction of a copy is due now.
const destroySoon = 30 * 86400

// dueOf is what a record waits for, as seen by one of its parties; nil for nothing.
func dueOf(kind rights.Kind, f *face, me string, now rights.UnixSec) *Due {
	mine := func(at rights.UnixSec, zhText, enText string) *Due {
		return &Due{rights.Text{Zh: zhText, En: enText}, at, true}
	}
	theirs := func(at rights.UnixSec, zhText, enText string) *Due {
		return &Due{rights.Text{Zh: zhText, En: enText}, at, false}
	}
	turn := func(is bool, zhText, enText string) *Due {
		if is {
			return mine(0, "请"+zhText, enText)
		}
		return theirs(0, "等对方"+zhText, "The other side: "+strings.ToLower(enText[:1])+enText[1:])
	}
	ends := func(at rights.UnixSec, zhText, enText string) *Due {
		if at == 0 {
			return nil
		}
		return theirs(at, zhText, enText)
	}
	day := func(d string) rights.UnixSec {
		t, err := time.ParseInLocation(time.DateOnly, d, shanghai)
		if err != nil {
			return 0
		}
		return t.AddDate(0, 0, 1).Unix()
	}
	switch kind {
	case rights.KindCase:
		applicant := slices.Contains(f.ApplicantIDs, me)
		switch f.State {
		case rights.StateDraft:
			return turn(f.CounterpartyID == me, "签署登记申请", "Countersign the application")
		case rights.StateSubmitted:
			if f.AcceptDueAt > 0 && now >= f.AcceptDueAt {
				return mine(f.AcceptDueAt, "登记机构逾期未答复，可写明视为受理", "The registrar was silent: note that it counts as accepted")
			}
			return theirs(f.AcceptDueAt, "登记机构应答复是否受理，逾期视为受理", "The registrar accepts or asks for corrections; silence accepts")
		case rights.StateCorrectionRequired:
			if applicant {
				return mine(f.CorrectionDueAt, "请补正材料："+strings.Join(f.CorrectionList, "；")+"。逾期视为未申请", "Correct the papers: "+strings.Join(f.CorrectionList, "; ")+". Too late counts as never applied")
			}
		case rights.StateUnderReview:
			return theirs(f.ReviewDueAt, "登记机构审查", "The registrar reviews")
		case rights.StateSupplementing:
			if applicant {
				return mine(0, "请补充材料；在此之前审查期限停止计算", "Supplement the papers; the review waits for them")
			}
		case rights.StatePublicNotice:
			return theirs(f.NoticeEndsAt, "公示期满，无异议即登记发证", "The notice ends; without objection it is recorded")
		case rights.StateObjected:
			return theirs(0, "登记机构处理对公示的异议", "The registrar decides the objections")
		case rights.StateOnHold:
			return theirs(0, "监管部门已暂缓", "Held by the regulator")
		}
	case rights.KindObjection:
		switch f.State {
		case rights.StateObjNotified:
			return turnBy(f.HolderID == me, f.DueAt, rights.Text{Zh: "答复异议：承认或争辩", En: "Answer the objection: concede or contest"})
		case rights.StateObjIncomplete:
			return turnBy(f.ObjectorID == me, f.DueAt, rights.Text{Zh: "补全异议材料：" + strings.Join(f.IncompleteList, "；"), En: "Complete the objection: " + strings.Join(f.IncompleteList, "; ")})
		case rights.StateObjConcluded:
			return mine(f.SuitDueAt, "请接受结论，或在期限内起诉、申请仲裁", "Accept the conclusion, or go to court in time")
		case rights.StateObjFiled, rights.StateObjInvestigating:
			return theirs(f.DueAt, "登记机构处理异议", "The registrar handles it")
		}
	case rights.KindTrade:
		switch f.State {
		case rights.StateApplied:
			return turn(f.SellerID == me, "答复购买申请", "Answer the application")
		case rights.StateNegotiating:
			if already("trade.sign", f, me) && len(f.TermsHash) > 0 {
				return theirs(0, "等对方签署条款", "The other side: sign the terms")
			}
			return mine(0, "请提出或签署条款", "Propose or sign the terms")
		case rights.StateAgreed:
			return theirs(0, "交易机构确认合同", "The exchange confirms the contract")
		case rights.StateImplementing:
			return turn(f.SellerID == me, "交付", "Deliver")
		case rights.StateDelivered:
			return theirs(0, "交易机构结算", "The exchange settles")
		case rights.StateSettled:
			return ends(f.CompleteDueAt, "结算后异议期满即可完成", "The time to object after settlement ends")
		}
	case rights.KindDelivery:
		switch f.State {
		case rights.StatePrepared:
			return turn(f.FromID == me, "发出交付", "Send the delivery")
		case rights.StateSent:
			return turn(f.ToID == me, "签收交付", "Receive the delivery")
		case rights.StateReceived:
			return turnBy(f.ToID == me, 0, rights.Text{Zh: "验收，逾期视为接受", En: "Accept or reject; silence accepts"})
		case rights.StateRejected:
			return turn(f.FromID == me, "重新交付", "Deliver again")
		}
	case rights.KindCopy:
		if f.State == rights.StateHeld || f.State == "Overdue" {
			if f.DestroyDueAt-now > destroySoon {
				return ends(f.DestroyDueAt, "此前须销毁副本并提交证明", "By then the copy is destroyed, and that certified")
			}
			return mine(f.DestroyDueAt, "请销毁副本并提交证明", "Destroy the copy and certify it")
		}
	case rights.KindSettlement:
		if f.State == rights.StateDistributed && !already("settlement.confirm", f, me) {
			return mine(f.ConfirmDueAt, "请确认收款，逾期视为确认", "Confirm receipt; silence confirms")
		}
	case rights.KindDispute:
		switch f.State {
		case rights.StateAccepted:
			return turnBy(slices.Contains(f.RespondentIDs, me), f.AnswerDueAt, rights.Text{Zh: "答辩", En: "Answer the dispute"})
		case rights.StateMediating:
			return mine(f.MediationDueAt, "请在调解期限内和解、起诉或仲裁", "Settle, or escalate, before the mediation ends")
		case rights.StateSettled, rights.StateDecided:
			return theirs(0, "履行裁判或和解的事项", "What was decided is carried out")
		}
	case rights.KindPermit:
		switch f.State {
		case rights.StateRequested:
			return turn(f.GrantorID == me, "答复使用许可申请", "Answer the request")
		case rights.StateActive:
			return ends(f.ValidTo, "使用许可到期", "The permit ends")
		case rights.StateExhausted:
			return turn(f.GrantorID == me, "增加用量（额度已用尽）", "Top up: the quota is used up")
		}
	case rights.KindPledge:
		switch f.State {
		case rights.StateApplied:
			return turn(f.PledgeeID == me, "确认质押", "Confirm the pledge")
		case rights.StateConfirmed:
			return theirs(0, "登记机构办理质押登记", "The registrar registers the pledge")
		case rights.StateRegistered:
			return ends(f.ClaimTo, "所担保债权到期", "The secured claim ends")
		case rights.StateEnforcing:
			return theirs(0, "质权实现中", "The pledge is being enforced")
		}
	case rights.KindMeasure:
		switch {
		case f.State == rights.StateInForce && f.DueOn != "":
			return mine(day(f.DueOn), "请按监管措施整改并报告", "Do what the measure orders, and report it")
		case f.State == rights.StateInForce:
			return theirs(0, "监管措施执行中，由采取措施的部门解除", "In force, until the body that took it lifts it")
		}
	case rights.KindAlert:
		if f.State == rights.StateInvestigating && !already("alert.hear", f, me) {
			return mine(f.HearingDueAt, "请就预警陈述意见", "Make your statement on the alert")
		}
	case rights.KindEvaluation:
		if f.State == rights.StateCommissioned {
			return turn(f.EvaluatorID == me, "出具评估", "Issue the evaluation")
		}
	case rights.KindGrant:
		switch f.State {
		case rights.StatePublicNotice:
			return ends(f.NoticeEndsAt, "授权公示期满", "The notice of the grant ends")
		case rights.StateEffective:
			if at := day(f.DisclosureDueOn); at > 0 && f.GranteeID == me {
				return mine(at, "请披露授权运营信息", "File the yearly disclosure")
			}
			return ends(f.ValidTo, "授权到期", "The grant ends")
		}
	case rights.KindDemand:
		if f.State == rights.StateOpen || f.State == rights.StateMatched {
			return ends(f.ValidTo, "需求征集截止", "The demand closes")
		}
	case rights.KindListing:
		if f.State == rights.StateListed {
			return ends(f.ValidTo, "挂牌到期", "The listing ends")
		}
	case rights.KindRight:
		if f.State == rights.StateActive {
			return ends(f.ValidTo, "权利到期，可申请续期", "The right ends; it can be renewed")
		}
	}
	return nil
}

// turnBy is something to do by an instant, whoever it is for.
func turnBy(mine bool, at rights.UnixSec, what rights.Text) *Due {
	if mine {
		return &Due{rights.Text{Zh: "请" + what.Zh, En: what.En}, at, true}
	}
	return &Due{rights.Text{Zh: "等对方" + what.Zh, En: "The other side: " + strings.ToLower(what.En[:1]) + what.En[1:]}, at, false}
}

// fact is one member of a record in words.
type fact struct {
	Label rights.Text
	Says  []said
	Time  rights.UnixSec
	Parts [][]fact // of an object, or of each of a list
}

// headMembers are shown apart, or by nobody.
var headMembers = []string{"docType", "id", "schemaVersion", "version", "state", "ruleProfileVer", "createdAt", "createdBy", "updatedAt", "updatedBy", "lastTxId", "view", "ledger", "effective"}

// factsOf reads a record's members in the order of its JSON.
func (q *request) factsOf(kind rights.Kind, raw json.RawMessage) ([]fact, error) {
	return q.factsAt(kind, "", raw)
}

func (q *request) factsAt(kind rights.Kind, prefix string, raw json.RawMessage) ([]fact, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("a record that is no object: %w", err)
	}
	var facts []fact
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		if prefix == "" && slices.Contains(headMembers, name) {
			continue
		}
		f, err := q.factOf(kind, prefix+name, v)
		if err != nil {
			return nil, err
		}
		if f != nil {
			facts = append(facts, *f)
		}
	}
	return facts, nil
}

func (q *request) factOf(kind rights.Kind, path string, v json.RawMessage) (*fact, error) {
	w := recordWord(kind, path)
	name := path[strings.LastIndexByte(path, '.')+1:]
	f := &fact{Label: w.Label}
	switch v[0] {
	case '{':
		part, err := q.factsAt(kind, path+".", v)
		if err != nil || len(part) == 0 {
			return nil, err
		}
		f.Parts = [][]fact{part}
	case '[':
		var items []json.RawMessage
		if err := json.Unmarshal(v, &items); err != nil {
			return nil, err
		}
		for _, item := range items {
			if item[0] == '{' {
				part, err := q.factsAt(kind, path+".", item)
				if err != nil {
					return nil, err
				}
				f.Parts = append(f.Parts, part)
				continue
			}
			var text string
			if json.Unmarshal(item, &text) != nil {
				text = string(item)
			}
			f.Says = append(f.Says, q.value(w, name, text))
		}
		if len(items) == 0 {
			return nil, nil
		}
	case '"':
		var text string
		if err := json.Unmarshal(v, &text); err != nil {
			return nil, err
		}
		if text == "" {
			return nil, nil
		}
		f.Says = []said{q.value(w, name, text)}
	case 't', 'f':
		f.Says = []said{{Text: q.say(map[bool]rights.Text{true: {Zh: "是", En: "yes"}, false: {Zh: "否", En: "no"}}[v[0] == 't'])}}
	case 'n':
		return nil, nil
	default:
		n, err := strconv.ParseInt(string(v), 10, 64)
		switch {
		case err != nil:
			f.Says = []said{{Text: string(v)}}
		case w.Moment && n == 0:
			return nil, nil
		case w.Moment:
			f.Time = n
		case strings.HasSuffix(name, "Fen"):
			f.Says = []said{{Text: "¥" + number(n/100) + fmt.Sprintf(".%02d", max(n, -n)%100)}}
		default:
			f.Says = []said{{Text: number(n)}}
		}
	}
	return f, nil
}

// value is a text of a record in words.
func (q *request) value(w word, name, text string) said {
	switch {
	case w.Of != "":
		if t := q.say(term(w.Of, text)); t != text {
			return said{Text: t, Exact: text}
		}
	case name == "industryCode" || name == "industries":
		return said{Text: q.say(industry(text))}
	case name == "regionCode" || name == "regions" || name == "region":
		return said{Text: q.say(region(text))}
	}
	if id, no := splitKid(text); no != "" && len(id) == 18 {
		if p := q.party(id); p.Name != id {
			return said{p.Name, p.Href, text}
		}
	}
	s := q.named(text)
	if m := reRecord.FindStringSubmatch(text); m != nil && s.Href == "" {
		if _, ok := relatedBy[rights.Kind(m[1])]; ok {
			s.Href = "/enterprise/records/" + m[1] + "/" + url.PathEscape(text)
		}
	}
	return s
}

// recordView is one record's page.
type recordView struct {
	Matter
	Standing *Standing // nil: the gateway has no word on it
	Full     bool
	Told     []fact
	Meters   []Seen[rights.Meter]
	Fits     []Fit  // of a demand or a listing
	Public   string // the page everybody has of it
}

// record serves /enterprise/records/{kind}/{id}: what the visitor may see of it.
func (q *request) record() error {
	kind, id := rights.Kind(q.r.PathValue("kind")), q.r.PathValue("id")
	collection := collectionFor[kind]
	if collection == "" {
		return errNotHere
	}
	seen, err := one[json.RawMessage](q, collection, id)
	if err != nil {
		return err
	}
	v := recordView{Matter: q.matterOf(kind, seen.Raw), Standing: seen.Effective, Full: seen.View != "public", Public: href(kind, id)}
	v.Block = seen.Ledger.Block
	if v.ID != id { // of another collection's shape
		return errNotHere
	}
	if v.Told, err = q.factsOf(kind, seen.Raw); err != nil {
		return fmt.Errorf("couldn't read %s %s: %w", kind, id, err)
	}
	if kind == rights.KindPermit {
		if v.Meters, _, err = listed[rights.Meter](q, "meters", "", "permit", id, "limit", "20"); err != nil && !notShown(err) {
			return err
		}
	}
	if kind == rights.KindDemand || kind == rights.KindListing && v.State == string(rights.StateListed) {
		if v.Fits, err = q.fits(kind, &v.Matter); err != nil {
			return err
		}
	}
	return q.render(http.StatusOK, "enterprise-record", "my", v)
}

// Fit is a listing that fits a demand or a demand that fits a listing, with why, as
// the API weighs them.
type Fit struct {
	Kind    rights.Kind
	ID      string
	Name    string
	Other   Party
	Score   int // of 100
	Reasons []rights.Text
}

// fits are what fits a demand or a listing, the best first; what is matched already
// is left out.
func (q *request) fits(kind rights.Kind, m *Matter) ([]Fit, error) {
	other, path := rights.KindListing, "/v1/demands/"+url.PathEscape(m.ID)+"/matches"
	if kind == rights.KindListing {
		other, path = rights.KindDemand, "/v1/listings/"+url.PathEscape(m.ID)+"/demands"
	}
	var page struct {
		Items []struct {
			DemandID  string `json:"demandId"`
			ListingID string `json:"listingId"`
			BuyerID   string `json:"buyerId"`
			SellerID  string `json:"sellerId"`
			Title     string `json:"title"`
			Score     int    `json:"score"`
			Reasons   []struct {
				Points int    `json:"points"`
				Zh     string `json:"zh"`
				En     string `json:"en"`
			} `json:"reasons"`
		} `json:"items"`
	}
	if err := q.get(path, url.Values{"limit": {strconv.Itoa(pageLimit)}}, &page); err != nil {
		if notShown(err) {
			return nil, nil
		}
		return nil, err
	}
	var list []Fit
	for _, x := range page.Items {
		id, party := x.ListingID, x.SellerID
		if other == rights.KindDemand {
			id, party = x.DemandID, x.BuyerID
		}
		if slices.Contains(m.Facts.MatchedListingIDs, id) {
			continue
		}
		f := Fit{Kind: other, ID: id, Name: x.Title, Score: x.Score, Other: q.party(party)}
		for _, r := range x.Reasons {
			if r.Points > 0 {
				f.Reasons = append(f.Reasons, rights.Text{Zh: r.Zh, En: r.En})
			}
		}
		list = append(list, f)
	}
	return list, nil
}
