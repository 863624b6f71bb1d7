package rights

import (
	"regexp"
	"slices"
)

// alertMachine: what looks wrong, and what was found (3.18). A closed alert can
// be opened again on new facts, so no state is the last.
var alertMachine = Machine{
	Entity: "alert",
	Kind:   KindAlert,
	Title:  Text{"风险预警", "Alert"},
	States: []StateInfo{
		{StateRaised, Text{"已提出", "Raised"}, false},
		{StateAcknowledged, Text{"已接收", "Acknowledged"}, false},
		{StateInvestigating, Text{"调查中", "Investigating"}, false},
		{StateConfirmed, Text{"已认定", "Confirmed"}, false},
		{StateDismissed, Text{"已排除", "Dismissed"}, false},
		{StateDisposed, Text{"已处置", "Disposed"}, false},
		{StateClosed, Text{"已办结", "Closed"}, false},
	},
	Transitions: []Transition{
		{nil, "raise", "", who(ByAnyone), Text{"规则在目录内；对象在账本上；被拒绝的命令以其摘要与代码引用", "a rule of the catalogue on a record of the ledger; a refused command is cited by its digest and code"}, StateRaised},
		{in(StateRaised), "acknowledge", "", who(ByRegulator), Text{"接收者成为承办部门", "whoever acknowledges handles it"}, StateAcknowledged},
		{in(StateAcknowledged), "assign", "", who(ByRegulator), Text{"承办部门移交另一监管部门", "the one who handles it, to another regulator"}, StateAcknowledged},
		{in(StateInvestigating), "assign", "", who(ByRegulator), Text{"承办部门移交另一监管部门", "the one who handles it, to another regulator"}, StateInvestigating},
		{in(StateAcknowledged), "investigate", "", who(ByRegulator), Text{"承办部门；陈述期限开始", "the one who handles it; time to be heard begins"}, StateInvestigating},
		{in(StateInvestigating), "hear", "", who(BySubject), Text{"附陈述的哈希", "with the statement's hash"}, StateInvestigating},
		{in(StateInvestigating), "openFingerprint", "", who(ByRegulator), Text{"承办部门；H(code‖nonce) 等于该交付的承诺；此后水印码公开", "the one who handles it; H(code‖nonce) is the delivery's commitment; the code is public from then on"}, StateInvestigating},
		{in(StateInvestigating), "confirm", "", who(ByRegulator), Text{"承办部门；当事人均已陈述或陈述期限已过；IR-1、IR-3、IR-4 须具备 4.4 的证据", "the one who handles it; every subject heard, or the time for it over; for IR-1, IR-3, IR-4 the evidence of 4.4"}, StateConfirmed},
		{in(StateInvestigating), "dismiss", "", who(ByRegulator), Text{"承办部门；附结论", "the one who handles it; with the finding"}, StateDismissed},
		{in(StateConfirmed), "dispose", "", who(ByRegulator), Text{"承办部门；措施引用此预警", "the one who handles it; a measure that names the alert"}, StateDisposed},
		{in(StateDisposed), "close", "", who(ByRegulator), Text{"承办部门", "the one who handles it"}, StateClosed},
		{in(StateClosed, StateDismissed), "reopen", "", who(ByRegulator), Text{"附新的事实", "on new facts"}, StateInvestigating},
	},
}

// Bounds of an alert.
const (
	maxSubjects = 20
	maxFacts    = 100
)

var (
	reFact      = regexp.MustCompile(`^[^@/\x00]{4,64}@[1-9][0-9]{0,8}$`)
	reRefusal   = regexp.MustCompile(`^E_[A-Z_]{2,20}$`)
	reIndicator = regexp.MustCompile(`^(IN|OP|SI|XI)-[0-9]{2}[A-Z]?$`)
)

// irCodes are the forms of illegal secondary trade (4.1).
var irCodes = []string{"IR-1", "IR-2", "IR-3", "IR-4", "IR-5", "IR-6", "IR-7", "IR-8", "IR-9", "IR-10", "IR-11", "IR-12", "IR-13", "IR-14"}

// alertDue is until when an alert should be acknowledged.
func (a *Act) alertDue(severity string) (UnixSec, error) {
	ver, err := a.localVer()
	if err != nil || ver == "" { // the system raises alerts before the market's rules are out, too
		return 0, err
	}
	p, err := a.profile(ver)
	if err != nil {
		return 0, err
	}
	return p.daysAfter(a.Now, p.Int(ParamAlertDueDays+severity)), nil
}

// RaiseAlert is the body of alert.raise. Refusal and RefusedDigest cite a
// command that was refused, and so left nothing on the ledger itself.
type RaiseAlert struct {
	RuleCode      string   `json:"ruleCode"`
	TargetID      string   `json:"targetId"`
	SubjectIDs    []string `json:"subjectIds,omitempty"`
	FactRefs      []string `json:"factRefs,omitempty"` // record ids with versions: ID@version
	Metric        string   `json:"metric,omitempty"`
	Severity      string   `json:"severity,omitempty"` // of AL-QUOTA: Low, or High once use was refused
	Refusal       string   `json:"refusal,omitempty"`
	RefusedDigest string   `json:"refusedDigest,omitempty"`
}

func raiseAlert(a *Act, b *RaiseAlert) error {
	to, err := a.step(&alertMachine, "", "", "raise", "", nil)
	if err != nil {
		return err
	}
	rule := alertRule(b.RuleCode)
	if rule == nil {
		return refuse(CodeFormat, "没有预警规则 %s", "there is no alert rule %s", b.RuleCode).at("ruleCode").by("3.18")
	}
	severity := rule.Severity
	if b.Severity != "" && b.Severity != severity {
		if rule.Code != "AL-QUOTA" || b.Severity != "High" {
			return refuse(CodeFormat, "此规则的级别为 %s", "the severity of this rule is %s", severity).at("severity").by("3.18")
		}
		severity = b.Severity
	}
	h, err := a.headOf("targetId", b.TargetID)
	if err != nil {
		return err
	}
	if err := first(distinct("subjectIds", b.SubjectIDs, maxSubjects), checkFacts("factRefs", b.FactRefs, nil), optionalText("metric", b.Metric, 200)); err != nil {
		return err
	}
	for i, id := range b.SubjectIDs {
		if _, err := a.participant(index("subjectIds", i), id); err != nil {
			return err
		}
	}
	by := a.raises()
	id := a.newID(KindAlert, a.regionFor(b.TargetID))
	if err := a.citesRefusal(b, by, id); err != nil {
		return err
	}
	if err := a.matchedOnce(b, by, id); err != nil {
		return err
	}
	due, err := a.alertDue(severity)
	if err != nil {
		return err
	}
	return a.create(KindAlert, id, to, "", &Alert{
		RuleCode: rule.Code, Severity: severity, TargetType: h.DocType, TargetID: b.TargetID, SubjectIDs: b.SubjectIDs, FactRefs: b.FactRefs,
		Metric: b.Metric, Refusal: b.Refusal, RefusedTx: b.RefusedDigest, RaisedBy: by, RaisedAt: a.Now, DueAt: due,
	})
}

// raises tells in which standing the actor raises an alert.
func (a *Act) raises() string {
	switch {
	case a.office(RoleRegulator):
		return "Regulator"
	case a.office(RolePlatform):
		return "Platform"
	}
	return "Participant"
}

// citesRefusal checks the citation of a refused command: only who runs a
// gateway saw it refused, and each is cited once.
func (a *Act) citesRefusal(b *RaiseAlert, by, id string) error {
	if b.Refusal == "" && b.RefusedDigest == "" {
		if b.RuleCode == "AL-RESALE-ATTEMPT" {
			return refuse(CodeFormat, "须引用被拒绝的命令", "must cite the command that was refused").at("refusedDigest").by("3.18")
		}
		return nil
	}
	if by == "Participant" {
		return refuse(CodeRole, "只有平台或监管部门可以引用被拒绝的命令", "only a platform or a regulator cites a refused command").at("refusedDigest").by("3.18")
	}
	if !reRefusal.MatchString(b.Refusal) {
		return refuse(CodeFormat, "须为拒绝代码，如 E_RESALE", "must be the code of a refusal, such as E_RESALE").at("refusal")
	}
	if err := checkHash("refusedDigest", b.RefusedDigest); err != nil {
		return err
	}
	return a.claimOnce(pair("refused", b.RefusedDigest, b.RuleCode), id, "refusedDigest", nil)
}

// matchedOnce lets the platform raise a match of contents once: several gateways
// compare what is registered, and each finds the same pair of records.
func (a *Act) matchedOnce(b *RaiseAlert, by, id string) error {
	if b.RuleCode != "AL-REG-NEAR" && b.RuleCode != "AL-RESALE-MATCH" || by != "Platform" || len(b.FactRefs) < 2 {
		return nil
	}
	return a.claimOnce(pair(append([]string{"match", b.RuleCode}, b.FactRefs...)...), id, "factRefs", nil)
}

// checkFacts refuses malformed references to records and what is there already.
func checkFacts(field string, facts, known []string) error {
	if len(facts)+len(known) > maxFacts {
		return refuse(CodeFormat, "事实最多 %d 项", "at most %d facts", maxFacts).at(field)
	}
	for i, f := range facts {
		if !reFact.MatchString(f) {
			return refuse(CodeFormat, "须为 记录编号@版本", "must be a record's id, @ and its version").at(index(field, i))
		}
		if slices.Contains(facts[:i], f) || slices.Contains(known, f) {
			return refuse(CodeExists, "%s 已在其中", "%s is there already", f).at(index(field, i))
		}
	}
	return nil
}

// moveAlert loads an alert and steps it; change edits it. From acknowledgement
// on it belongs to the regulator that handles it.
func moveAlert(a *Act, id, event string, change func(*Alert) error) error {
	var al Alert
	if err := need(a, KindAlert, "alertId", id, &al); err != nil {
		return err
	}
	rel := Relations{BySubject: al.SubjectIDs}
	if al.AssigneeID != "" {
		rel[ByRegulator] = []string{al.AssigneeID}
	}
	to, err := a.step(&alertMachine, id, al.State, event, "", rel)
	if err != nil {
		return err
	}
	if err := change(&al); err != nil {
		return err
	}
	al.State = to
	return a.update(KindAlert, &al)
}

// OfAlert is the body of alert.acknowledge and alert.close.
type OfAlert struct {
	AlertID string `json:"alertId"`
}

func acknowledgeAlert(a *Act, b *OfAlert) error {
	return moveAlert(a, b.AlertID, "acknowledge", func(al *Alert) error {
		al.AckedAt = a.Now
		return al.handTo(a, a.Actor.USCC)
	})
}

// handTo makes a regulator the one who handles the alert.
func (al *Alert) handTo(a *Act, id string) error {
	if len(al.Assigned) >= 100 {
		return refuse(CodeFormat, "移交次数过多", "handed over too often").on(al.ID)
	}
	al.Assigned = append(al.Assigned, Handover{From: al.AssigneeID, To: id, At: a.Now, Kid: a.Kid})
	al.AssigneeID = id
	return nil
}

// AssignAlert is the body of alert.assign.
type AssignAlert struct {
	AlertID    string `json:"alertId"`
	AssigneeID string `json:"assigneeId"`
}

func assignAlert(a *Act, b *AssignAlert) error {
	return moveAlert(a, b.AlertID, "assign", func(al *Alert) error {
		to, err := a.activeWith("assigneeId", b.AssigneeID, RoleRegulator)
		if err != nil {
			return err
		}
		if to.USCC == al.AssigneeID {
			return refuse(CodeExists, "已由其承办", "handles it already").at("assigneeId").on(al.ID)
		}
		return al.handTo(a, to.USCC)
	})
}

// InvestigateAlert is the body of alert.investigate and alert.reopen.
type InvestigateAlert struct {
	AlertID     string   `json:"alertId"`
	FactRefs    []string `json:"factRefs,omitempty"`
	EvidenceIDs []string `json:"evidenceIds,omitempty"`
}

func investigateAlert(a *Act, b *InvestigateAlert) error {
	return moveAlert(a, b.AlertID, "investigate", func(al *Alert) error { return a.goInto(al, b) })
}

func reopenAlert(a *Act, b *InvestigateAlert) error {
	return moveAlert(a, b.AlertID, "reopen", func(al *Alert) error {
		if len(b.FactRefs)+len(b.EvidenceIDs) == 0 {
			return refuse(CodeFormat, "须有新的事实或证据", "needs new facts or evidence").at("factRefs").on(al.ID).by("3.18")
		}
		al.ClosedAt, al.IRCode, al.MeasureID, al.Proof, al.Heard = 0, "", "", nil, nil
		return a.goInto(al, b)
	})
}

// goInto adds facts and evidence and begins the time to be heard.
func (a *Act) goInto(al *Alert, b *InvestigateAlert) error {
	if err := checkFacts("factRefs", b.FactRefs, al.FactRefs); err != nil {
		return err
	}
	al.FactRefs = append(al.FactRefs, b.FactRefs...)
	if err := a.attach(al, b.EvidenceIDs); err != nil {
		return err
	}
	p, err := a.profile(al.RuleProfileVer)
	if err != nil {
		return err
	}
	al.HearingDueAt, err = p.Due(a.Now, p.Int(ParamHearingWorkdays))
	return err
}

// attach adds items of evidence collected for this alert.
func (a *Act) attach(al *Alert, ids []string) error {
	if len(ids)+len(al.EvidenceIDs) > maxFacts {
		return refuse(CodeFormat, "证据最多 %d 项", "at most %d items of evidence", maxFacts).at("evidenceIds")
	}
	for i, id := range ids {
		if slices.Contains(al.EvidenceIDs, id) {
			return refuse(CodeExists, "%s 已在其中", "%s is there already", id).at(index("evidenceIds", i))
		}
		if _, err := a.evidenceOf(index("evidenceIds", i), id, al.ID); err != nil {
			return err
		}
		al.EvidenceIDs = append(al.EvidenceIDs, id)
	}
	return nil
}

// evidenceOf loads an item of evidence that belongs to that case.
func (a *Act) evidenceOf(field, id, caseID string, kinds ...string) (*EvidenceItem, error) {
	var e EvidenceItem
	if err := need(a, KindEvidence, field, id, &e); err != nil {
		return nil, err
	}
	if e.CaseID != caseID {
		return nil, refuse(CodeFormat, "证据 %[1]s 属于 %[2]s", "the evidence %[1]s belongs to %[2]s", id, e.CaseID).at(field).on(id)
	}
	if len(kinds) > 0 {
		if err := oneOf(field, e.Kind, kinds...); err != nil {
			return nil, err
		}
	}
	return &e, nil
}

// HearAlert is the body of alert.hear.
type HearAlert struct {
	AlertID       string `json:"alertId"`
	StatementHash string `json:"statementHash"`
}

func hearAlert(a *Act, b *HearAlert) error {
	return moveAlert(a, b.AlertID, "hear", func(al *Alert) error {
		said := Hearing{SubjectID: a.Actor.USCC, StatementHash: b.StatementHash, At: a.Now}
		if i := slices.IndexFunc(al.Heard, func(h Hearing) bool { return h.SubjectID == a.Actor.USCC }); i >= 0 {
			al.Heard[i] = said // the last word counts, the history has the others
		} else {
			al.Heard = append(al.Heard, said)
		}
		return checkHash("statementHash", b.StatementHash)
	})
}

// DismissAlert is the body of alert.dismiss.
type DismissAlert struct {
	AlertID     string `json:"alertId"`
	Finding     string `json:"finding"`
	FindingHash string `json:"findingHash,omitempty"`
}

func dismissAlert(a *Act, b *DismissAlert) error {
	return moveAlert(a, b.AlertID, "dismiss", func(al *Alert) error {
		al.ClosedAt = a.Now
		return al.finds(b.Finding, b.FindingHash)
	})
}

func (al *Alert) finds(text, hash string) error {
	al.Finding, al.FindingHash = text, hash
	if hash != "" {
		if err := checkHash("findingHash", hash); err != nil {
			return err
		}
	}
	return checkText("finding", text, 400)
}

// DisposeAlert is the body of alert.dispose.
type DisposeAlert struct {
	AlertID   string `json:"alertId"`
	MeasureID string `json:"measureId"`
}

func disposeAlert(a *Act, b *DisposeAlert) error {
	return moveAlert(a, b.AlertID, "dispose", func(al *Alert) error {
		var sm Measure
		if err := need(a, KindMeasure, "measureId", b.MeasureID, &sm); err != nil {
			return err
		}
		if !slices.Contains(sm.AlertIDs, al.ID) {
			return refuse(CodeBasis, "措施 %s 未引用此预警", "the measure %s does not name this alert", sm.ID).at("measureId").on(sm.ID).by("3.18")
		}
		if sm.State == StateAnnulled || sm.State == StateExpired {
			return refuse(CodeState, "措施已失效", "the measure counts no more").at("measureId").on(sm.ID)
		}
		al.MeasureID = sm.ID
		return nil
	})
}

func closeAlert(a *Act, b *OfAlert) error {
	return moveAlert(a, b.AlertID, "close", func(al *Alert) error { al.ClosedAt = a.Now; return nil })
}
