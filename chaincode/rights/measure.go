package rights

import "slices"

// measureMachine: what a regulator does to somebody or something (3.17).
var measureMachine = Machine{
	Entity: "measure",
	Kind:   KindMeasure,
	Title:  Text{"监管措施", "Measure"},
	States: []StateInfo{
		{StateIssued, Text{"已作出", "Issued"}, false},
		{StateInForce, Text{"执行中", "In force"}, false},
		{StateComplied, Text{"已落实", "Complied"}, false},
		{StateLifted, Text{"已解除", "Lifted"}, true},
		{StateAnnulled, Text{"已撤销", "Annulled"}, true},
		{StateExpired, Text{"已届满", "Expired"}, true},
	},
	Transitions: []Transition{
		{nil, "issue", "", who(ByRegulator), Text{"本领域监管部门；法律依据与文书哈希；紧急措施即时生效", "a regulator of that domain; legal basis and document hash; an urgent one takes effect at once"}, StateIssued},
		{in(StateIssued), "serve", "", who(ByRegulator), Text{"同领域；送达回证；措施的效力随之一并施加（SM-1）", "same domain; with the receipt; its effects are applied with it (SM-1)"}, StateInForce},
		{in(StateInForce), "reportCompliance", "", who(BySubject), Text{"报告哈希", "with the report's hash"}, StateInForce},
		{in(StateInForce), "verifyCompliance", "", who(ByRegulator), Text{"同领域", "same domain"}, StateComplied},
		{in(StateInForce, StateComplied), "lift", "", who(ByRegulator), Text{"同领域（SM-3）；效力原样撤回（SM-1）", "same domain (SM-3); its effects are undone exactly (SM-1)"}, StateLifted},
		{in(StateInForce), "appeal", "", who(BySubject, ByRegulator), Text{"写明受理机关的案号；不能自行提交者由监管部门代为录入；同时至多一件", "with the reviewing body's reference; the regulator enters it for who cannot send it; one at a time"}, StateInForce},
		{in(StateInForce), "decideAppeal", "upheld", who(ByRegulator), Text{"同领域；附复议决定", "same domain; with the decision"}, StateInForce},
		{in(StateInForce), "decideAppeal", "annulled", who(ByRegulator), Text{"同领域；附复议决定；效力原样撤回", "same domain; with the decision; its effects are undone exactly"}, StateAnnulled},
		{in(StateIssued, StateInForce, StateComplied), "expire", "", who(ByAnyone), Text{"期限已过，或紧急措施逾期未送达；效力原样撤回", "past its term, or an urgent one not served in time; its effects are undone exactly"}, StateExpired},
	},
}

// The types of measures.
const (
	MeasureInterview               = "MeasureInterview"
	MeasureWarning                 = "MeasureWarning"
	MeasureRectify                 = "MeasureRectify"
	MeasureSuspendListing          = "MeasureSuspendListing" // a listing, or a product with all that is to be listed of it
	MeasureSuspendTrade            = "MeasureSuspendTrade"
	MeasureSuspendPermit           = "MeasureSuspendPermit"
	MeasureSuspendGrant            = "MeasureSuspendGrant"
	MeasureFreeze                  = "MeasureFreeze" // a right; a resource: it takes no version and no application
	MeasureRestrictTrading         = "MeasureRestrictTrading"
	MeasureOrderDestroy            = "MeasureOrderDestroy"
	MeasureOrderCancelRegistration = "MeasureOrderCancelRegistration"
	MeasureExpel                   = "MeasureExpel"
	MeasureTransferCase            = "MeasureTransferCase"
)

// measureType says what a type of measure can be aimed at.
type measureType struct {
	name    string
	targets []Kind
	due     bool // the subject must do something by a day
}

var anyTarget = []Kind{KindParticipant, KindResource, KindRight, KindProduct, KindListing, KindTrade, KindPermit, KindGrant, KindCopy}

var measureTypes = []measureType{
	{MeasureInterview, anyTarget, false},
	{MeasureWarning, anyTarget, false},
	{MeasureRectify, anyTarget, true},
	{MeasureSuspendListing, []Kind{KindListing, KindProduct}, false},
	{MeasureSuspendTrade, []Kind{KindTrade}, false},
	{MeasureSuspendPermit, []Kind{KindPermit}, false},
	{MeasureSuspendGrant, []Kind{KindGrant}, false},
	{MeasureFreeze, []Kind{KindRight, KindResource}, false},
	{MeasureRestrictTrading, []Kind{KindParticipant}, false},
	{MeasureOrderDestroy, []Kind{KindCopy}, true},
	{MeasureOrderCancelRegistration, []Kind{KindRight}, true},
	{MeasureExpel, []Kind{KindParticipant}, false},
	{MeasureTransferCase, anyTarget, false},
}

func measureTypeOf(name string) *measureType {
	for i := range measureTypes {
		if measureTypes[i].name == name {
			return &measureTypes[i]
		}
	}
	return nil
}

// IssueMeasure is the body of measure.issue.
type IssueMeasure struct {
	Type         string   `json:"type"`
	Domain       string   `json:"domain"`
	TargetKind   Kind     `json:"targetKind"`
	TargetID     string   `json:"targetId"`
	SubjectID    string   `json:"subjectId,omitempty"` // default: whose the target is
	LegalBasis   string   `json:"legalBasis"`
	DocumentHash string   `json:"documentHash"`
	AlertIDs     []string `json:"alertIds,omitempty"`
	CaseID       string   `json:"caseId,omitempty"`
	FreezeUse    bool     `json:"freezeUse,omitempty"`
	Urgent       bool     `json:"urgent,omitempty"`
	To           UnixSec  `json:"to,omitempty"` // 0: until lifted
	DueOn        string   `json:"dueOn,omitempty"`
}

func (b *IssueMeasure) check(now UnixSec) error {
	names := make([]string, len(measureTypes))
	for i, t := range measureTypes {
		names[i] = t.name
	}
	if err := first(oneOf("type", b.Type, names...), oneOf("domain", b.Domain, regulatorDomains...),
		oneOf("targetKind", b.TargetKind, measureTypeOf(b.Type).kinds()...),
		checkText("legalBasis", b.LegalBasis, 400), checkHash("documentHash", b.DocumentHash), distinct("alertIds", b.AlertIDs, 20)); err != nil {
		return err
	}
	if b.FreezeUse && (b.Type != MeasureFreeze || b.TargetKind != KindRight) {
		return refuse(CodeFormat, "只有冻结权利才能及于自用", "only the freeze of a right can reach the holder's own use").at("freezeUse")
	}
	if b.To < 0 || b.To > 0 && b.To <= now {
		return refuse(CodeTerm, "期限须晚于现在", "the end must be after now").at("to")
	}
	if !measureTypeOf(b.Type).due && b.DueOn == "" {
		return nil
	}
	day, ok := ParseDate(b.DueOn)
	if !ok {
		return checkDate("dueOn", b.DueOn)
	}
	if day < startOfDay(now).Unix() {
		return refuse(CodeTerm, "履行期限不得早于今天", "what is due must not be due before today").at("dueOn")
	}
	return nil
}

// kinds of what the type can be aimed at; of no type, none.
func (t *measureType) kinds() []Kind {
	if t == nil {
		return nil
	}
	return t.targets
}

// distinct refuses a list that is too long or names something twice.
func distinct(field string, list []string, most int) error {
	if len(list) > most {
		return refuse(CodeFormat, "最多 %d 项", "at most %d", most).at(field)
	}
	for i, v := range list {
		if slices.Contains(list[:i], v) {
			return refuse(CodeFormat, "%s 重复", "%s is given twice", v).at(field)
		}
	}
	return nil
}

func issueMeasure(a *Act, b *IssueMeasure) error {
	to, err := a.step(&measureMachine, "", "", "issue", "", nil)
	if err != nil {
		return err
	}
	if err := b.check(a.Now); err != nil {
		return err
	}
	if err := a.inDomain(b.Domain, ""); err != nil {
		return err
	}
	target, err := a.measureTarget(b.TargetKind, b.TargetID)
	if err != nil {
		return err
	}
	subjects := subjectsOf(target)
	if b.SubjectID == "" && len(subjects) > 0 {
		b.SubjectID = subjects[0]
	}
	if !slices.Contains(subjects, b.SubjectID) {
		return refuse(CodeFormat, "%[1]s 与措施对象 %[2]s 无关", "%[1]s has no part in the target %[2]s", b.SubjectID, b.TargetID).at("subjectId").on(b.TargetID)
	}
	subject, err := a.participant("subjectId", b.SubjectID)
	if err != nil {
		return err
	}
	if b.SubjectID == a.Actor.USCC {
		return refuse(CodeSelf, "不能对自己采取措施", "nobody takes a measure against itself").at("subjectId")
	}
	if b.Type == MeasureExpel && subject.MSPID != "" {
		return refuse(CodeRole, "联盟机构的退出由共识配置变更办理", "an institution of the consortium leaves by a change of the consortium").at("targetId").on(b.SubjectID)
	}
	for i, id := range b.AlertIDs {
		var al Alert
		if err := need(a, KindAlert, index("alertIds", i), id, &al); err != nil {
			return err
		}
	}
	if b.CaseID != "" {
		if _, err := a.headOf("caseId", b.CaseID, KindCase, KindDispute, KindObjection); err != nil {
			return err
		}
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	sm := &Measure{
		Type: b.Type, Domain: b.Domain, TargetKind: b.TargetKind, TargetID: b.TargetID, SubjectID: b.SubjectID, LegalBasis: b.LegalBasis,
		DocumentHash: b.DocumentHash, AlertIDs: b.AlertIDs, CaseID: b.CaseID, FreezeUse: b.FreezeUse, Urgent: b.Urgent, To: b.To, DueOn: b.DueOn,
		IssuedBy: a.Actor.USCC,
	}
	sm.ID = a.newID(KindMeasure, a.regionFor(b.TargetID))
	if b.Urgent {
		sm.UrgentUntil = p.daysAfter(a.Now, p.Int(ParamUrgentDays))
		if err := a.applyMeasure(sm); err != nil {
			return err
		}
	}
	return a.create(KindMeasure, sm.ID, to, p.Ver(), sm)
}

// daysAfter is 24:00 of the n-th day after start.
func (p *Profile) daysAfter(start UnixSec, n int64) UnixSec {
	if s := p.Int(ParamDemoSeconds); s > 0 {
		return start + n*s
	}
	return startOfDay(start).AddDate(0, 0, int(n)+1).Unix()
}

// inDomain refuses a regulator outside a measure's domain (SM-3).
func (a *Act) inDomain(domain, id string) error {
	if a.Actor.RegulatorDomain == domain {
		return nil
	}
	return refuse(CodeRole, "措施属于 %[1]s 领域，只能由该领域的监管部门办理，本部门为 %[2]s", "the measure is of the domain %[1]s and only its regulator handles it, not %[2]s's", domain, a.Actor.RegulatorDomain).at("domain").on(id).by("SM-3")
}

// moveMeasure loads a measure and steps it; change edits it. Only a regulator
// of its domain handles it, others the rows they have.
func moveMeasure(a *Act, id, event, outcome string, change func(*Measure, *Profile) error) error {
	var sm Measure
	if err := need(a, KindMeasure, "measureId", id, &sm); err != nil {
		return err
	}
	to, err := a.step(&measureMachine, id, sm.State, event, outcome, Relations{BySubject: {sm.SubjectID}})
	if err != nil {
		return err
	}
	if event != "expire" && sm.SubjectID != a.Actor.USCC {
		if err := a.inDomain(sm.Domain, id); err != nil {
			return err
		}
	}
	p, err := a.profile(sm.RuleProfileVer)
	if err != nil {
		return err
	}
	if err := change(&sm, p); err != nil {
		return err
	}
	sm.State = to
	if measureMachine.Ended(to) {
		sm.EndedAt = a.Now
		if err := a.undoMeasure(&sm); err != nil {
			return err
		}
	}
	return a.update(KindMeasure, &sm)
}

// ServeMeasure is the body of measure.serve.
type ServeMeasure struct {
	MeasureID   string `json:"measureId"`
	ReceiptHash string `json:"receiptHash"`
}

func serveMeasure(a *Act, b *ServeMeasure) error {
	return moveMeasure(a, b.MeasureID, "serve", "", func(sm *Measure, _ *Profile) error {
		if err := checkHash("receiptHash", b.ReceiptHash); err != nil {
			return err
		}
		if sm.lapsed(a.Now) {
			return refuse(CodeDeadline, "措施已失效，不能再送达", "the measure has lapsed and cannot be served any more").on(sm.ID).by("3.17")
		}
		sm.ReceiptHash, sm.ServedAt = b.ReceiptHash, a.Now
		if sm.Urgent { // in force until now on the strength of its urgency alone
			sm.UrgentUntil = 0
			return a.prolongMeasure(sm)
		}
		return a.applyMeasure(sm)
	})
}

// lapsed reports whether the measure's term, or the time an urgent one had to
// be served in, is over.
func (sm *Measure) lapsed(now UnixSec) bool {
	end := sm.effectiveTo()
	return end > 0 && now >= end
}

// effectiveTo is when the effects end by themselves; 0: when lifted.
func (sm *Measure) effectiveTo() UnixSec {
	if sm.UrgentUntil > 0 && (sm.To == 0 || sm.UrgentUntil < sm.To) {
		return sm.UrgentUntil
	}
	return sm.To
}

// ReportCompliance is the body of measure.reportCompliance.
type ReportCompliance struct {
	MeasureID  string `json:"measureId"`
	ReportHash string `json:"reportHash"`
}

func reportCompliance(a *Act, b *ReportCompliance) error {
	return moveMeasure(a, b.MeasureID, "reportCompliance", "", func(sm *Measure, _ *Profile) error {
		sm.Reported, sm.ReportHash = true, b.ReportHash
		return checkHash("reportHash", b.ReportHash)
	})
}

// OfMeasure is the body of measure.verifyCompliance and measure.expire.
type OfMeasure struct {
	MeasureID string `json:"measureId"`
}

func verifyCompliance(a *Act, b *OfMeasure) error {
	return moveMeasure(a, b.MeasureID, "verifyCompliance", "", func(sm *Measure, _ *Profile) error {
		sm.CompliedAt = a.Now
		return nil
	})
}

func expireMeasure(a *Act, b *OfMeasure) error {
	return moveMeasure(a, b.MeasureID, "expire", "", func(sm *Measure, _ *Profile) error {
		if !sm.lapsed(a.Now) {
			return refuse(CodeDeadline, "措施期限未过", "the measure's term is not over").on(sm.ID).by("3.17")
		}
		return nil
	})
}

// LiftMeasure is the body of measure.lift.
type LiftMeasure struct {
	MeasureID string `json:"measureId"`
	Reason    string `json:"reason"`
}

func liftMeasure(a *Act, b *LiftMeasure) error {
	return moveMeasure(a, b.MeasureID, "lift", "", func(sm *Measure, _ *Profile) error {
		sm.Reason = b.Reason
		return checkText("reason", b.Reason, 400)
	})
}

// AppealMeasure is the body of measure.appeal: the reviewing body's reference.
type AppealMeasure struct {
	MeasureID string `json:"measureId"`
	AppealRef string `json:"appealRef"`
}

func appealMeasure(a *Act, b *AppealMeasure) error {
	return moveMeasure(a, b.MeasureID, "appeal", "", func(sm *Measure, _ *Profile) error {
		if sm.AppealRef != "" && sm.DecisionHash == "" {
			return refuse(CodeExists, "复议 %s 尚未决定", "the appeal %s is not decided yet", sm.AppealRef).on(sm.ID)
		}
		sm.AppealRef, sm.AppealedAt, sm.DecisionHash = b.AppealRef, a.Now, ""
		return checkText("appealRef", b.AppealRef, 80)
	})
}

// DecideAppeal is the body of measure.decideAppeal: what the reviewing body
// decided. Outcome is upheld or annulled.
type DecideAppeal struct {
	MeasureID    string `json:"measureId"`
	Outcome      string `json:"outcome"`
	DecisionHash string `json:"decisionHash"`
}

func decideAppeal(a *Act, b *DecideAppeal) error {
	if err := oneOf("outcome", b.Outcome, "upheld", "annulled"); err != nil {
		return err
	}
	return moveMeasure(a, b.MeasureID, "decideAppeal", b.Outcome, func(sm *Measure, _ *Profile) error {
		if sm.AppealRef == "" || sm.DecisionHash != "" {
			return refuse(CodeState, "没有待决定的复议", "there is no appeal to decide").on(sm.ID)
		}
		sm.DecisionHash = b.DecisionHash
		return checkHash("decisionHash", b.DecisionHash)
	})
}
