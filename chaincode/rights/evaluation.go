package rights

import (
	"slices"
	"strconv"
)

// services are what an evaluator must be qualified for, by kind of evaluation.
var services = []struct{ kind, service string }{
	{"Quality", "SvcAppraisal"},
	{"Value", "SvcAppraisal"},
	{"Compliance", "SvcCompliance"},
	{"SecurityRisk", "SvcAudit"},
	{"Maturity", "SvcAudit"},
}

func serviceOf(kind string) string {
	for _, s := range services {
		if s.kind == kind {
			return s.service
		}
	}
	return ""
}

// independent refuses an evaluator or auditor of one group with whom it reports
// on, or with who lends on the report (SD-3).
func (a *Act) independent(field, rule string, evaluator *Participant, of ...string) error {
	for _, id := range of {
		if id == "" {
			continue
		}
		p, err := a.participant(field, id)
		if err != nil {
			return err
		}
		if related(evaluator, p) {
			return refuse(CodeSelf, "%[1]s 与 %[2]s 属同一组；须另选无关联的机构", "%[1]s and %[2]s are of one group; choose one that is unrelated", evaluator.USCC, id).at(field).on(id).by(rule)
		}
	}
	return nil
}

// CommissionEvaluation is the body of evaluation.commission.
type CommissionEvaluation struct {
	Kind            string   `json:"kind"`
	ObjectType      string   `json:"objectType"`
	ObjectID        string   `json:"objectId"`
	ObjectVersion   int64    `json:"objectVersion"`
	EvaluatorID     string   `json:"evaluatorId"`
	FinancingBankID string   `json:"financingBankId,omitempty"`
	Purpose         string   `json:"purpose"`
	Pilot           bool     `json:"pilot,omitempty"`
	RightIDs        []string `json:"rightIds,omitempty"`
}

func commissionEvaluation(a *Act, b *CommissionEvaluation) error {
	to, err := a.step(&evaluationMachine, "", "", "commission", "", Relations{ByClient: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	if a.office(RoleRegulator) {
		return refuse(CodeSelf, "监管部门不以当事人身份委托评估", "a regulator commissions no evaluation as a party").by("SD-4")
	}
	if err := first(
		oneOf("kind", b.Kind, "Quality", "Value", "Compliance", "SecurityRisk", "Maturity"),
		oneOf("objectType", b.ObjectType, "Resource", "Product"),
		oneOf("purpose", b.Purpose, "Trade", "Pledge", "Accounting", "Equity", "Subsidy", "Other"),
	); err != nil {
		return err
	}
	if err := a.versionAt(b.ObjectType, b.ObjectID, b.ObjectVersion); err != nil {
		return err
	}
	if len(b.RightIDs) > maxPledged || (b.Kind == "Value" && len(b.RightIDs) == 0) {
		return refuse(CodeFormat, "价值评估须列明所评估的权利，最多 %d 项", "a value evaluation names the rights it values, at most %d", maxPledged).at("rightIds").by("EV-3")
	}
	rec := &Evaluation{Kind: b.Kind, ObjectType: b.ObjectType, ObjectID: b.ObjectID, ObjectVersion: b.ObjectVersion, ClientID: a.Actor.USCC,
		EvaluatorID: b.EvaluatorID, FinancingBankID: b.FinancingBankID, Purpose: b.Purpose, Pilot: b.Pilot, RightIDs: b.RightIDs}
	if _, rec.RegistrarID, err = a.rightsOver("rightIds", b.ObjectID, b.RightIDs); err != nil {
		return err
	}
	evaluator, err := a.activeWith("evaluatorId", b.EvaluatorID, RoleThirdParty)
	if err != nil {
		return err
	}
	if !qualified(evaluator, serviceOf(b.Kind), CivilDate(a.Now)) {
		return refuse(CodeTerm, "%[1]s 没有有效的 %[2]s 资质", "%[1]s has no qualification in date for %[2]s", b.EvaluatorID, serviceOf(b.Kind)).at("evaluatorId").on(b.EvaluatorID).by("EV-2")
	}
	if b.FinancingBankID != "" {
		if _, err := a.activeWith("financingBankId", b.FinancingBankID, RoleBank); err != nil {
			return err
		}
	}
	if err := a.independent("evaluatorId", "EV-1", evaluator, a.Actor.USCC, b.FinancingBankID); err != nil {
		return err
	}
	return a.create(KindEvaluation, a.newID(KindEvaluation, a.regionFor(b.ObjectID)), to, "", rec)
}

// versionAt refuses an object that is not there, or not in that version.
func (a *Act) versionAt(objectType, id string, version int64) error {
	var n int
	if objectType == "Product" {
		var p Product
		if err := need(a, KindProduct, "objectId", id, &p); err != nil {
			return err
		}
		n = len(p.Versions)
	} else {
		var r Resource
		if err := need(a, KindResource, "objectId", id, &r); err != nil {
			return err
		}
		n = len(r.Versions)
	}
	if version < 1 || version > int64(n) {
		return refuse(CodeNotFound, "%[1]s 没有第 %[2]d 版，最新为第 %[3]d 版", "%[1]s has no version %[2]d; the newest is %[3]d", id, version, n).at("objectVersion").on(id)
	}
	return nil
}

// rightsOver loads rights that must all be over one object and registered by
// one registrar, whom it returns.
func (a *Act) rightsOver(field, objectID string, ids []string) (list []*Right, registrarID string, err error) {
	for i, id := range ids {
		at := field + "[" + strconv.Itoa(i) + "]"
		if slices.Contains(ids[:i], id) {
			return nil, "", refuse(CodeFormat, "重复", "is given twice").at(at)
		}
		r := new(Right)
		if err := need(a, KindRight, at, id, r); err != nil {
			return nil, "", err
		}
		if r.ObjectID != objectID {
			return nil, "", refuse(CodeBasis, "权利 %[1]s 的对象是 %[2]s，不是 %[3]s", "right %[1]s is over %[2]s, not %[3]s", id, r.ObjectID, objectID).at(at).on(id)
		}
		if i > 0 && r.RegistrarID != registrarID {
			return nil, "", refuse(CodeFormat, "各项权利须由同一登记机构登记；请分别办理", "the rights must be of one registrar; take them apart").at(at).on(id)
		}
		registrarID = r.RegistrarID
		list = append(list, r)
	}
	return list, registrarID, nil
}

// IssueEvaluation is the body of evaluation.issue. A value comes as the secret
// EvaluationValue, known here by its commitment.
type IssueEvaluation struct {
	EvaluationID    string `json:"evaluationId"`
	Method          string `json:"method,omitempty"`
	BaseDate        string `json:"baseDate"`
	ValueCommitment string `json:"valueCommitment,omitempty"`
	ScorePermille   int64  `json:"scorePermille,omitempty"`
	ReportHash      string `json:"reportHash"`
	ValidTo         int64  `json:"validTo,omitempty"` // 0: as long as the profile allows
	Supersedes      string `json:"supersedes,omitempty"`
}

func issueEvaluation(a *Act, b *IssueEvaluation) error {
	var rec Evaluation
	if err := need(a, KindEvaluation, "evaluationId", b.EvaluationID, &rec); err != nil {
		return err
	}
	to, err := a.step(&evaluationMachine, rec.ID, rec.State, "issue", "", rec.relations())
	if err != nil {
		return err
	}
	value := rec.Kind == "Value"
	if value {
		if err := a.member(CollectionTrade); err != nil {
			return err
		}
	}
	p, err := a.profile(rec.RuleProfileVer)
	if err != nil {
		return err
	}
	if err := rec.report(a, p, b); err != nil {
		return err
	}
	evaluator, err := a.participant("evaluationId", rec.EvaluatorID)
	if err != nil {
		return err
	}
	for _, date := range []string{b.BaseDate, CivilDate(a.Now)} {
		if !qualified(evaluator, serviceOf(rec.Kind), date) {
			return refuse(CodeTerm, "评估机构 %[1]s 的 %[2]s 资质在 %[3]s 无效", "the evaluator %[1]s had no qualification for %[2]s in date on %[3]s", rec.EvaluatorID, serviceOf(rec.Kind), date).at("baseDate").on(rec.EvaluatorID).by("EV-2")
		}
	}
	if err := a.independent("evaluationId", "EV-1", evaluator, rec.ClientID, rec.FinancingBankID); err != nil {
		return err
	}
	rec.State, rec.IssuedAt = to, a.Now
	if err := a.supersede(&rec, b.Supersedes); err != nil {
		return err
	}
	if !value {
		if b.ValueCommitment != "" {
			return refuse(CodeFormat, "仅价值评估有价值", "only a value evaluation has a value").at("valueCommitment").on(rec.ID)
		}
		return a.update(KindEvaluation, &rec)
	}
	return a.issueValue(p, &rec, b.ValueCommitment)
}

// report checks what the report says of itself and writes it down.
func (rec *Evaluation) report(a *Act, p *Profile, b *IssueEvaluation) error {
	if err := first(checkDate("baseDate", b.BaseDate), checkHash("reportHash", b.ReportHash), oneOf("method", b.Method, "", "Cost", "Income", "Market")); err != nil {
		return err
	}
	if (rec.Kind == "Value") != (b.Method != "") {
		return refuse(CodeFormat, "价值评估须写明方法，其他评估没有方法", "a value evaluation states its method, others have none").at("method").on(rec.ID)
	}
	if b.ScorePermille < 0 || b.ScorePermille > 1000 {
		return refuse(CodeFormat, "须在 0 至 1000 之间", "must be 0 to 1000").at("scorePermille")
	}
	base, _ := ParseDate(b.BaseDate)
	latest := AddMonths(base, p.Int(ParamEvaluationMonths))
	if base > a.Now {
		return refuse(CodeTerm, "基准日不得晚于今天", "the base date must not be after today").at("baseDate").on(rec.ID)
	}
	if b.ValidTo == 0 {
		b.ValidTo = latest
	}
	if b.ValidTo <= a.Now || b.ValidTo > latest {
		return refuse(CodeTerm, "有效期须晚于现在且不超过基准日后 %[1]d 个月（%[2]s）", "must end after now and within %[1]d months of the base date (%[2]s)", p.Int(ParamEvaluationMonths), stamp(latest)).at("validTo").on(rec.ID)
	}
	rec.Method, rec.BaseDate, rec.ScorePermille, rec.ReportHash, rec.ValidTo = b.Method, b.BaseDate, b.ScorePermille, b.ReportHash, b.ValidTo
	return nil
}

// supersede ends an earlier report of the same evaluator on the same object.
func (a *Act) supersede(rec *Evaluation, id string) error {
	if id == "" {
		return nil
	}
	var old Evaluation
	if err := need(a, KindEvaluation, "supersedes", id, &old); err != nil {
		return err
	}
	if old.ID == rec.ID || old.Kind != rec.Kind || old.ObjectID != rec.ObjectID {
		return refuse(CodeFormat, "只能取代对同一对象的同类报告", "only a report of the same kind on the same object is superseded").at("supersedes").on(id)
	}
	to, err := a.step(&evaluationMachine, old.ID, old.State, "supersede", "", old.relations())
	if err != nil {
		return err
	}
	old.State, old.SupersededBy = to, rec.ID
	return a.update(KindEvaluation, &old)
}

// issueValue keeps the value and warns the pledgees whose loan it no longer
// covers.
func (a *Act) issueValue(p *Profile, rec *Evaluation, commitment string) error {
	effective := false // EV-3
	var why *Error
	var list []*Right
	for _, id := range rec.RightIDs {
		r := new(Right)
		if err := need(a, KindRight, "evaluationId", id, r); err != nil {
			return err
		}
		no, err := EffectiveAt(a, r, a.Now, p.Int(ParamBasisMaxDepth))
		if err != nil {
			return err
		}
		effective = effective || no == nil
		why, list = no, append(list, r)
	}
	if !effective {
		return refuse(CodeBasis, "所列权利均未生效：%[1]s", "none of the rights valued is effective: %[2]s", why.DetailZh, why.Detail).at("evaluationId").on(rec.ID).by("EV-3")
	}
	var v EvaluationValue
	if err := a.secret("valueCommitment", commitment, &v); err != nil {
		return err
	}
	if v.ValueFen < 1 || v.ValueFen > maxFen {
		return refuse(CodeMoney, "须为正数且不超过 %d 分", "must be positive and at most %d fen", maxFen).at("secret.valueFen").on(rec.ID)
	}
	rec.ValueCommitment = commitment
	if err := a.update(KindEvaluation, rec); err != nil {
		return err
	}
	if err := a.keepSecret(CollectionTrade, KindEvaluation, rec.ID); err != nil {
		return err
	}
	return a.warnPledgees(p, rec, list, v.ValueFen)
}

// relations of an evaluation.
func (rec *Evaluation) relations() Relations {
	rel := Relations{ByClient: {rec.ClientID}, ByEvaluator: {rec.EvaluatorID}, ByRegistrar: {}}
	if rec.RegistrarID != "" {
		rel[ByRegistrar] = []string{rec.RegistrarID}
	}
	return rel
}

// stepEvaluation moves an evaluation by an event that needs no more than change.
func stepEvaluation(a *Act, id, event, outcome string, change func(*Evaluation) error) error {
	var rec Evaluation
	if err := need(a, KindEvaluation, "evaluationId", id, &rec); err != nil {
		return err
	}
	to, err := a.step(&evaluationMachine, rec.ID, rec.State, event, outcome, rec.relations())
	if err != nil {
		return err
	}
	if err := change(&rec); err != nil {
		return err
	}
	rec.State = to
	return a.update(KindEvaluation, &rec)
}

// OfEvaluation is the body of evaluation.file and evaluation.expire.
type OfEvaluation struct {
	EvaluationID string `json:"evaluationId"`
}

func fileEvaluation(a *Act, b *OfEvaluation) error {
	return stepEvaluation(a, b.EvaluationID, "file", "", func(rec *Evaluation) error {
		if a.Now >= rec.ValidTo {
			return refuse(CodeTerm, "评估已于 %s 到期", "the evaluation ended on %s", stamp(rec.ValidTo)).on(rec.ID)
		}
		rec.FiledBy = a.Actor.USCC
		return nil
	})
}

func expireEvaluation(a *Act, b *OfEvaluation) error {
	return stepEvaluation(a, b.EvaluationID, "expire", "", func(rec *Evaluation) error {
		if a.Now < rec.ValidTo {
			return refuse(CodeDeadline, "有效期至 %s，尚未届满", "its term runs until %s", stamp(rec.ValidTo)).on(rec.ID)
		}
		return nil
	})
}

// ChallengeEvaluation is the body of evaluation.challenge.
type ChallengeEvaluation struct {
	EvaluationID string `json:"evaluationId"`
	ReasonHash   string `json:"reasonHash"`
	Reason       string `json:"reason,omitempty"`
}

func challengeEvaluation(a *Act, b *ChallengeEvaluation) error {
	return stepEvaluation(a, b.EvaluationID, "challenge", "", func(rec *Evaluation) error {
		if a.Actor.USCC == rec.EvaluatorID {
			return refuse(CodeSelf, "评估机构不质疑自己的报告；可撤回", "an evaluator does not challenge its own report; it may withdraw it").on(rec.ID)
		}
		if err := first(checkHash("reasonHash", b.ReasonHash), optionalText("reason", b.Reason, 400)); err != nil {
			return err
		}
		rec.ChallengedBy, rec.ChallengedFrom, rec.ChallengeHash, rec.Reason, rec.ConclusionHash = a.Actor.USCC, rec.State, b.ReasonHash, b.Reason, ""
		return nil
	})
}

// ResolveChallenge is the body of evaluation.resolveChallenge.
type ResolveChallenge struct {
	EvaluationID   string `json:"evaluationId"`
	Outcome        string `json:"outcome"` // upheld, dismissed
	ConclusionHash string `json:"conclusionHash"`
}

func resolveChallenge(a *Act, b *ResolveChallenge) error {
	if err := first(oneOf("outcome", b.Outcome, "upheld", "dismissed"), checkHash("conclusionHash", b.ConclusionHash)); err != nil {
		return err
	}
	var rec Evaluation
	if err := need(a, KindEvaluation, "evaluationId", b.EvaluationID, &rec); err != nil {
		return err
	}
	outcome := b.Outcome
	if outcome == "dismissed" && rec.ChallengedFrom == StateFiled {
		outcome = "dismissedFiled"
	}
	return stepEvaluation(a, b.EvaluationID, "resolveChallenge", outcome, func(rec *Evaluation) error {
		if a.Actor.USCC == rec.ChallengedBy {
			return refuse(CodeSelf, "质疑人不得处理自己的质疑", "whoever challenged does not decide the challenge").on(rec.ID)
		}
		rec.Refuted, rec.ConclusionHash, rec.ChallengedFrom = b.Outcome == "upheld", b.ConclusionHash, ""
		return nil
	})
}

// WithdrawEvaluation is the body of evaluation.withdraw.
type WithdrawEvaluation struct {
	EvaluationID string `json:"evaluationId"`
	Reason       string `json:"reason"`
}

func withdrawEvaluation(a *Act, b *WithdrawEvaluation) error {
	return stepEvaluation(a, b.EvaluationID, "withdraw", "", func(rec *Evaluation) error {
		rec.Reason = b.Reason
		return checkText("reason", b.Reason, 400)
	})
}
