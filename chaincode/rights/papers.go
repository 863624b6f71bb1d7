package rights

// papers are the names of the papers, in the order of the form.
var papers = []struct {
	doc   DocType
	title Text
}{
	{DocForm, Text{"申请表", "application form"}},
	{DocIdentity, Text{"主体身份证明", "proof of identity"}},
	{DocSource, Text{"来源合法证明", "proof of lawful source"}},
	{DocAgreement, Text{"来源协议或授权", "source agreement or authorisation"}},
	{DocSample, Text{"数据样本", "data sample"}},
	{DocDescription, Text{"数据说明", "data description"}},
	{DocAllocation, Text{"权利配置说明", "rights allocation note"}},
	{DocCommitment, Text{"真实性承诺书", "commitment of truth"}},
	{DocCompliance, Text{"第三方合规意见", "third-party compliance opinion"}},
	{DocGrading, Text{"分类分级报告", "classification and grading report"}},
	{DocPIA, Text{"个人信息保护影响评估报告", "personal information impact assessment"}},
	{DocConsent, Text{"同意书", "consent"}},
	{DocAgency, Text{"委托代理书", "power of agency"}},
	{DocCorrection, Text{"补正材料", "correction"}},
	{DocChange, Text{"变更事项证明", "proof of the changed item"}},
	{DocOther, Text{"其他材料", "other paper"}},
}

// Papers lists the kinds of papers there are.
func Papers() []DocType {
	list := make([]DocType, len(papers))
	for i, p := range papers {
		list[i] = p.doc
	}
	return list
}

// Title is the name of a kind of paper.
func (d DocType) Title() Text {
	for _, p := range papers {
		if p.doc == d {
			return p.title
		}
	}
	return Text{string(d), string(d)}
}

// RequiredPapers lists what an application for r needs under a rule profile
// (DRWG 16), so that an applicant knows before applying. A source that is not
// in the vocabulary needs the common papers; the ledger refuses it anyway.
func RequiredPapers(rule *RuleProfile, r *Resource, source string, kinds []RightKind, byAgent bool) []DocType {
	if claimOf(source) == nil {
		source = "SrcCollected"
	}
	return requiredPapers(&Profile{Rec: rule}, ofResource(r), source, kinds, byAgent)
}
