package rights

import (
	"slices"
	"strconv"
)

// Lineage is the graph of what was made of what (3.12). Outputs are new and
// inputs are there, so it has no circles (LN-2, G-13); every record carries
// what its closure amounts to, so nobody walks it again.
var lineageMachine = Machine{
	Entity: "lineage",
	Kind:   KindLineage,
	Title:  Text{"数据血缘", "Lineage"},
	States: []StateInfo{
		{StateAsserted, Text{"已声明", "Asserted"}, false},
		{StateAttested, Text{"已证实", "Attested"}, false},
		{StateDisputed, Text{"有争议", "Disputed"}, false},
		{StateUpheld, Text{"维持", "Upheld"}, true},
		{StateRefuted, Text{"推翻", "Refuted"}, true},
	},
	Transitions: []Transition{
		{nil, "record", "", who(ByOperator), Text{"输入存在且内容根一致（LN-1）；产出为新内容（LN-2）；每项输入的许可有效且含所需行为与环境（LN-3、G-9）；分级就高（R-3）；深度与输入数在限内（LN-7）", "inputs exist with equal roots (LN-1); outputs are new (LN-2); every input's permission effective, with the action and environment needed (LN-3, G-9); the highest grade carries over (R-3); depth and inputs within limits (LN-7)"}, StateAsserted},
		{in(StateAsserted), "attest", "", who(ByPlatform, ByEvaluator), Text{"由所在平台或所邀审计机构会签", "countersigned by the platform of the job or the auditor asked"}, StateAttested},
		{in(StateAsserted, StateAttested), "dispute", "", who(ByAnyone), Text{"非处理者本人；附理由与证据", "not the operator; with reason and evidence"}, StateDisputed},
		{in(StateDisputed), "uphold", "", who(ByRegulator), Text{"附决定", "with the decision"}, StateUpheld},
		{in(StateDisputed), "refute", "", who(ByRegulator), Text{"附决定；此后不得据以登记、上架", "with the decision; nothing is registered or listed on it any more"}, StateRefuted},
	},
}

// opClass says whether an operation changes content in substance.
type opClass int

const (
	neverSubstantive opClass = iota
	substantiveWithReport
	presumedSubstantive
)

// op is one row of the table of operations (3.12; DRWG 3: "内容、形式、结构等
// 实质改变，显著提升价值"): its class, the action its inputs' permissions must
// have, and whether it may lower a grade.
type op struct {
	name   string
	class  opClass
	needs  Action
	lowers bool
}

var ops = []op{
	{"OpCollect", neverSubstantive, "", false},
	{"OpFormat", neverSubstantive, ActProcess, false},
	{"OpSubset", neverSubstantive, ActProcess, false},
	{"OpEncrypt", neverSubstantive, ActProcess, false},
	{"OpClean", substantiveWithReport, ActProcess, false},
	{"OpMerge", substantiveWithReport, ActProcess, false}, // of copies of one source: never
	{"OpAnnotate", substantiveWithReport, ActProcess, false},
	{"OpDeidentify", substantiveWithReport, ActProcess, true},
	{"OpAnonymise", substantiveWithReport, ActProcess, true},
	{"OpFuse", substantiveWithReport, ActFuse, false},
	{"OpAggregate", presumedSubstantive, ActDerive, true},
	{"OpFeature", presumedSubstantive, ActDerive, false},
	{"OpTrain", presumedSubstantive, ActTrain, false},
	{"OpInfer", presumedSubstantive, ActDerive, false},
	{"OpReport", presumedSubstantive, ActDerive, false},
}

func opNamed(name string) *op {
	for i := range ops {
		if ops[i].name == name {
			return &ops[i]
		}
	}
	return nil
}

func opNames() []string {
	list := make([]string, len(ops))
	for i, o := range ops {
		list[i] = o.name
	}
	return list
}

// RecordLineage is the body of lineage.record.
type RecordLineage struct {
	Outputs        []LineageOutput `json:"outputs"`
	Inputs         []InputUsed     `json:"inputs,omitempty"` // none for OpCollect
	Op             string          `json:"op"`
	Substantive    bool            `json:"substantive,omitempty"`
	PlatformID     string          `json:"platformId,omitempty"`
	AuditorID      string          `json:"auditorId,omitempty"`
	Env            Env             `json:"env"`
	EnvAttestation string          `json:"envAttestation,omitempty"`
	CodeHash       string          `json:"codeHash,omitempty"`
	ParamsHash     string          `json:"paramsHash,omitempty"`
	StartedAt      UnixSec         `json:"startedAt"`
	FinishedAt     UnixSec         `json:"finishedAt"`
	NonRaw         bool            `json:"nonRaw,omitempty"`
	Inspection     *Evidence       `json:"inspection,omitempty"`
	DiffReport     *Evidence       `json:"diffReport,omitempty"`
	GradeReport    *Evidence       `json:"gradeReport,omitempty"`
	Supersedes     string          `json:"supersedes,omitempty"`
}

// InputUsed is one input as the operator names it.
type InputUsed struct {
	Type          string `json:"type"` // Resource, Product, Copy, Model, Result
	ID            string `json:"id,omitempty"`
	Version       int64  `json:"version,omitempty"`
	ContentRoot   string `json:"contentRoot"`
	PermissionRef string `json:"permissionRef"`
}

func (b *RecordLineage) check(a *Act, p *Profile) error {
	if err := first(oneOf("op", b.Op, opNames()...), oneOf("env", b.Env, envs...)); err != nil {
		return err
	}
	for _, h := range []struct{ field, v string }{{"envAttestation", b.EnvAttestation}, {"codeHash", b.CodeHash}, {"paramsHash", b.ParamsHash}} {
		if h.v != "" {
			if err := checkHash(h.field, h.v); err != nil {
				return err
			}
		}
	}
	for _, d := range []struct {
		field string
		doc   *Evidence
	}{{"inspection", b.Inspection}, {"diffReport", b.DiffReport}, {"gradeReport", b.GradeReport}} {
		if d.doc != nil {
			if err := checkPaper(d.field, *d.doc); err != nil {
				return err
			}
		}
	}
	if b.StartedAt <= 0 || b.FinishedAt < b.StartedAt || b.FinishedAt > a.Now {
		return refuse(CodeTerm, "须先开始、后结束，且已结束", "must have begun, then ended, by now").at("finishedAt").by("LN-3")
	}
	if most := p.Int(ParamLineageInputs); int64(len(b.Inputs)) > most {
		return refuse(CodeLineage, "输入最多 %d 项", "at most %d inputs", most).at("inputs").by("LN-7")
	}
	if (len(b.Inputs) == 0) != (b.Op == "OpCollect") {
		return refuse(CodeLineage, "采集没有输入，其余均有", "collecting has no inputs; everything else has").at("inputs").by("LN-1")
	}
	return b.checkOutputs()
}

func (b *RecordLineage) checkOutputs() error {
	if len(b.Outputs) == 0 || len(b.Outputs) > 64 {
		return refuse(CodeFormat, "须有 1 至 64 项产出", "must have 1 to 64 outputs").at("outputs")
	}
	for i, o := range b.Outputs {
		at := "outputs[" + strconv.Itoa(i) + "]"
		if err := first(oneOf(at+".type", o.Type, "Resource", "Product", "Model", "Result"), checkHash(at+".contentRoot", o.ContentRoot)); err != nil {
			return err
		}
		if o.ID != "" && (!validID(o.ID) || o.Version < 1) || o.Version < 0 {
			return refuse(CodeFormat, "记录编号须附版本", "a record id goes with its version").at(at + ".id")
		}
		if o.Grade < 1 || o.Grade > 5 {
			return refuse(CodeFormat, "须在 1 至 5 之间", "must be 1 to 5").at(at + ".grade")
		}
		if slices.ContainsFunc(b.Outputs[:i], func(x LineageOutput) bool { return x.ContentRoot == o.ContentRoot }) {
			return refuse(CodeFormat, "产出重复", "the output is given twice").at(at + ".contentRoot")
		}
		if slices.ContainsFunc(b.Inputs, func(x InputUsed) bool { return x.ContentRoot == o.ContentRoot }) {
			return refuse(CodeLineage, "产出与输入为同一内容", "an output is the same content as an input").at(at + ".contentRoot").by("LN-2")
		}
	}
	return nil
}

func recordLineage(a *Act, b *RecordLineage) error {
	to, err := a.step(&lineageMachine, "", "", "record", "", Relations{ByOperator: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	if err := b.check(a, p); err != nil {
		return err
	}
	l := &Lineage{Outputs: b.Outputs, Op: b.Op, Substantive: b.Substantive, OperatorID: a.Actor.USCC, PlatformID: b.PlatformID, AuditorID: b.AuditorID,
		Env: string(b.Env), EnvAttestation: b.EnvAttestation, CodeHash: b.CodeHash, ParamsHash: b.ParamsHash, StartedAt: b.StartedAt, FinishedAt: b.FinishedAt,
		NonRaw: b.NonRaw, Inspection: b.Inspection, DiffReport: b.DiffReport, GradeReport: b.GradeReport, Supersedes: b.Supersedes, FirstAt: a.Now}
	if err := l.substance(b.Inputs); err != nil {
		return err
	}
	if err := a.countersigners(l); err != nil {
		return err
	}
	var before *Lineage // what it corrects
	if b.Supersedes != "" {
		if before, err = a.corrects(l); err != nil {
			return err
		}
		l.FirstAt = before.FirstAt
	}
	region := ""
	if len(b.Inputs) > 0 {
		region = b.Inputs[0].ID
	}
	id := a.newID(KindLineage, a.regionFor(region))
	c := closure{act: a, p: p, l: l, id: id, depth: 1}
	for i := range b.Inputs {
		if err := c.add("inputs["+strconv.Itoa(i)+"]", &b.Inputs[i], before); err != nil {
			return err
		}
	}
	if err := c.close(); err != nil {
		return err
	}
	if err := a.grades(l); err != nil {
		return err
	}
	if err := a.claimOutputs(l, id, before); err != nil {
		return err
	}
	if err := a.create(KindLineage, id, to, p.Ver(), l); err != nil {
		return err
	}
	if slices.Contains(sealedEnvs, b.Env) && b.EnvAttestation == "" {
		return a.raise("AL-ENV", l, KindLineage, l.OperatorID)
	}
	return nil
}

// substance refuses a claim of substantive change that the operation does not
// carry or that lacks its report.
func (l *Lineage) substance(inputs []InputUsed) error {
	if !l.Substantive {
		return nil
	}
	class := opNamed(l.Op).class
	if l.Op == "OpMerge" && !slices.ContainsFunc(inputs, func(x InputUsed) bool { return x.ID != inputs[0].ID }) {
		class = neverSubstantive
	}
	switch {
	case class == neverSubstantive:
		return refuse(CodeLineage, "%s 不构成实质改变", "%s never changes content in substance", l.Op).at("substantive").by("3.12")
	case class == substantiveWithReport && l.DiffReport == nil:
		return refuse(CodeLineage, "%s 主张实质改变须附差异报告", "%s is substantive only with a difference report", l.Op).at("diffReport").by("3.12")
	}
	return nil
}

// countersigners refuses a platform that is none, and an auditor who is not
// independent of the operator (SD-3).
func (a *Act) countersigners(l *Lineage) error {
	if l.PlatformID != "" {
		if _, err := a.activeWith("platformId", l.PlatformID, RolePlatform); err != nil {
			return err
		}
	}
	if l.AuditorID == "" {
		return nil
	}
	auditor, err := a.activeWith("auditorId", l.AuditorID, RoleThirdParty)
	if err != nil {
		return err
	}
	if related(auditor, a.Actor) {
		return refuse(CodeSelf, "审计机构与处理者属于同一集团", "the auditor shares a group with the operator").at("auditorId").on(l.AuditorID).by("SD-3")
	}
	return nil
}

// corrects loads the record that l corrects: one's own, of the same outputs.
func (a *Act) corrects(l *Lineage) (*Lineage, error) {
	var old Lineage
	if err := need(a, KindLineage, "supersedes", l.Supersedes, &old); err != nil {
		return nil, err
	}
	if old.OperatorID != l.OperatorID {
		return nil, refuse(CodeBasis, "只能更正自己的血缘记录", "one corrects one's own records only").at("supersedes").on(old.ID).by("3.12")
	}
	if len(l.Outputs) != len(old.Outputs) || slices.ContainsFunc(l.Outputs, func(o LineageOutput) bool { return !old.makes(o.ContentRoot) }) {
		return nil, refuse(CodeLineage, "更正须列明相同的产出", "a correction is of the same outputs").at("outputs").on(old.ID).by("LN-2")
	}
	if old.State == StateDisputed || old.State == StateRefuted {
		return nil, refuse(CodeState, "有争议或已被推翻的记录不得自行更正", "what is disputed or refuted is not corrected by its operator").at("supersedes").on(old.ID).by("3.12")
	}
	return &old, nil
}

func (l *Lineage) makes(root string) bool {
	return slices.ContainsFunc(l.Outputs, func(o LineageOutput) bool { return o.ContentRoot == root })
}

// LineageName is where, among what may be there once, a content root leads to
// the record that made it; UsedName, to the first that used it.
func LineageName(root string) string { return "lineage/" + root }

// UsedName is explained at LineageName.
func UsedName(root string) string { return "used/" + root }

// lineageBy finds the record that accounts for a content root; nil when none
// does.
func (a *Act) lineageBy(root string) (*Lineage, error) {
	var o once
	if found, err := a.Ledger.Load(PointerUnique, LineageName(root), &o); err != nil || !found {
		return nil, err
	}
	l := new(Lineage)
	return l, need(a, KindLineage, "contentRoot", o.ID, l)
}

// claimOutputs refuses outputs accounted for before, and such as were inputs
// before: the graph has no circles (LN-2).
func (a *Act) claimOutputs(l *Lineage, id string, before *Lineage) error {
	for i, o := range l.Outputs {
		at := "outputs[" + strconv.Itoa(i) + "].contentRoot"
		var used once
		found, err := a.Ledger.Load(PointerUnique, UsedName(o.ContentRoot), &used)
		if err != nil {
			return err
		}
		if found && before == nil {
			return refuse(CodeLineage, "此内容已作为 %s 的输入，不是新的产出", "this content was an input of %s: it is no new output", used.ID).at(at).on(used.ID).by("LN-2")
		}
		err = a.claimOnce(LineageName(o.ContentRoot), id, at, func(other string) (bool, error) {
			return before == nil || other != before.ID, nil
		})
		if e := asRefusal(err); e != nil {
			return refuse(CodeLineage, "此产出已由 %s 说明来源", "%s accounts for this output already", e.Record).at(at).on(e.Record).by("LN-2")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// grades refuses an output graded below its inputs without what R-2 asks for:
// an operation that lowers, and a third party's report.
func (a *Act) grades(l *Lineage) error {
	for i, o := range l.Outputs {
		if o.Grade >= l.MaxGrade {
			continue
		}
		at := "outputs[" + strconv.Itoa(i) + "].grade"
		if !opNamed(l.Op).lowers {
			return refuse(CodeGrade, "就高从严：输入最高为 %[1]d 级，%[2]s 的产出不得低于此", "the highest grade carries over: the inputs go up to %[1]d and what %[2]s makes is not below", l.MaxGrade, l.Op).at(at).by("R-3")
		}
		if l.GradeReport == nil || l.GradeReport.DocType != DocGrading {
			return refuse(CodeGrade, "降级须附第三方分级报告", "lowering a grade needs a third party's grading report").at("gradeReport").by("R-2")
		}
		return a.independentGrader("gradeReport.issuerId", l.GradeReport.IssuerID, a.Actor)
	}
	return nil
}

// independentGrader refuses a report that lowers a grade unless an active third
// party outside the group issued it (R-2, SD-3).
func (a *Act) independentGrader(field, issuerID string, of *Participant) error {
	issuer, err := a.participant(field, issuerID)
	if err != nil {
		return err
	}
	if issuer.USCC == of.USCC || !slices.Contains(issuer.Roles, RoleThirdParty) || issuer.State != StateActive {
		return refuse(CodeGrade, "调低分级须由有效的第三方专业服务机构出具报告", "lowering a grade needs the report of an active third-party service").at(field).by("R-2")
	}
	if related(issuer, of) {
		return refuse(CodeSelf, "出具报告的机构与其属于同一集团", "the issuer shares a group with whose grade it lowers").at(field).on(issuer.USCC).by("SD-3")
	}
	return nil
}

// LineageVerdict is the body of lineage.attest, dispute, uphold and refute.
type LineageVerdict struct {
	LineageID string `json:"lineageId"`
	Hash      string `json:"hash"` // of the attestation, the evidence or the decision
	Reason    string `json:"reason,omitempty"`
}

func verdictOn(event string) func(*Act, *LineageVerdict) error {
	return func(a *Act, b *LineageVerdict) error {
		if err := first(checkHash("hash", b.Hash), optionalText("reason", b.Reason, 400)); err != nil {
			return err
		}
		var l Lineage
		if err := need(a, KindLineage, "lineageId", b.LineageID, &l); err != nil {
			return err
		}
		to, err := a.step(&lineageMachine, l.ID, l.State, event, "", Relations{ByPlatform: named(l.PlatformID), ByEvaluator: named(l.AuditorID)})
		if err != nil {
			return err
		}
		switch event {
		case "attest":
			if a.Actor.USCC == l.OperatorID {
				return refuse(CodeSelf, "处理者不得会签自己的记录", "the operator does not countersign its own record").on(l.ID).by("SD-3")
			}
			l.AttestedBy, l.AttestationHash = a.Actor.USCC, b.Hash
		case "dispute":
			if a.Actor.USCC == l.OperatorID {
				return refuse(CodeSelf, "处理者请以新记录更正", "the operator corrects by a new record instead").on(l.ID).by("3.12")
			}
			if err := checkText("reason", b.Reason, 400); err != nil {
				return err
			}
			l.DisputedBy, l.DisputeHash = a.Actor.USCC, b.Hash
		default:
			l.DecisionHash = b.Hash
		}
		l.State, l.Reason = to, b.Reason
		return a.update(KindLineage, &l)
	}
}

// named is a relation to one participant, or to nobody.
func named(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}
