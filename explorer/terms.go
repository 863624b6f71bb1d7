package explorer

import (
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// The dictionary: every code that a record, a block or a process may carry, in
// both languages. A code that is missing here is shown as it is, and fails a
// test when it is one of the domain's.

// subject is what a code is a code of.
type subject string

const (
	aKind         subject = "kind"
	aRole         subject = "role"
	aRight        subject = "right"
	aState        subject = "state"
	aPaper        subject = "paper"
	anError       subject = "error"
	aCapacity     subject = "capacity"
	aFunction     subject = "function"
	anOrgType     subject = "orgType"
	aRegType      subject = "regType"
	anObjectType  subject = "objectType"
	aSource       subject = "source"
	aSubjectClass subject = "subjectClass"
	aPublicKind   subject = "publicKind"
	aRange        subject = "range"
	aFrequency    subject = "frequency"
	aForm         subject = "form"
	aStructure    subject = "structure"
	aLevel        subject = "level"
	aPI           subject = "pi"
	aBasis        subject = "basis"
	anEncumbrance subject = "encumbrance"
	aRemark       subject = "remark"
	aGround       subject = "ground"
	aCancelReason subject = "cancelReason"
	aDuplicate    subject = "duplicate"
	aVendorType   subject = "vendorType"
	aService      subject = "service"
	aZone         subject = "zone"
	anOrigin      subject = "origin"
	aBuyer        subject = "buyer"
	aProfile      subject = "profile"
	aValidation   subject = "validation"
	aTxType       subject = "txType"
	aProcessRole  subject = "processRole"
	aProcessState subject = "processState"
	aDomain       subject = "domain"
	aSection      subject = "section"
	aRegion       subject = "region"
)

// term says a code in both languages; an unknown code says itself.
func term(s subject, code string) rights.Text {
	if t, ok := terms[s][code]; ok {
		return t
	}
	for known, t := range terms[s] { // the vocabularies of free fields come in either case
		if strings.EqualFold(known, code) {
			return t
		}
	}
	return rights.Text{Zh: code, En: code}
}

// industry says a GB/T 4754 code by its section.
func industry(code string) rights.Text {
	if code == "" {
		return rights.Text{}
	}
	s, ok := terms[aSection][code[:1]]
	if !ok {
		return rights.Text{Zh: code, En: code}
	}
	return rights.Text{Zh: s.Zh + "（" + code + "）", En: s.En + " (" + code + ")"}
}

// region says a GB/T 2260 code as far as it is known here.
func region(code string) rights.Text {
	for n := len(code); n >= 2; n -= 2 {
		key := code[:n] + strings.Repeat("0", max(0, 6-n))
		if t, ok := terms[aRegion][key]; ok {
			return rights.Text{Zh: t.Zh + "（" + code + "）", En: t.En + " (" + code + ")"}
		}
	}
	return rights.Text{Zh: code, En: code}
}

// deed is what a command did. The sentence is who + Done, where {} stands for
// the object's name.
type deed struct {
	Title rights.Text
	Done  rights.Text
}

// deeds by command name.
var deeds = map[string]deed{
	"organisation.found": {rights.Text{Zh: "创立联盟", En: "Founding"}, rights.Text{Zh: "登记创始机构{}", En: "founded the consortium with {}"}},

	"participant.apply":      {rights.Text{Zh: "申请准入", En: "Application"}, rights.Text{Zh: "为{}申请准入", En: "applied for admission of {}"}},
	"participant.enrol":      {rights.Text{Zh: "登记机构", En: "Enrolment"}, rights.Text{Zh: "登记{}及其首位经办人", En: "enrolled {} and its first officer"}},
	"participant.admit":      {rights.Text{Zh: "准入", En: "Admission"}, rights.Text{Zh: "准入{}", En: "admitted {}"}},
	"participant.refuse":     {rights.Text{Zh: "不予准入", En: "Admission refused"}, rights.Text{Zh: "对{}不予准入", En: "refused admission of {}"}},
	"participant.addRole":    {rights.Text{Zh: "增加角色", En: "Role added"}, rights.Text{Zh: "为{}增加角色", En: "added a role to {}"}},
	"participant.rotateKey":  {rights.Text{Zh: "更换密钥", En: "Key rotated"}, rights.Text{Zh: "更换{}的密钥", En: "rotated a key of {}"}},
	"participant.addOfficer": {rights.Text{Zh: "增设经办人", En: "Officer added"}, rights.Text{Zh: "为{}增设经办人密钥", En: "added an officer's key to {}"}},
	"participant.revokeKey":  {rights.Text{Zh: "停用密钥", En: "Key revoked"}, rights.Text{Zh: "停用{}的一把密钥", En: "revoked a key of {}"}},
	"participant.suspend":    {rights.Text{Zh: "暂停主体", En: "Suspension"}, rights.Text{Zh: "暂停{}", En: "suspended {}"}},
	"participant.resume":     {rights.Text{Zh: "恢复主体", En: "Resumption"}, rights.Text{Zh: "恢复{}", En: "resumed {}"}},
	"participant.exit":       {rights.Text{Zh: "退出", En: "Exit"}, rights.Text{Zh: "声明{}退出", En: "declared the exit of {}"}},
	"participant.expel":      {rights.Text{Zh: "清退", En: "Expulsion"}, rights.Text{Zh: "清退{}", En: "expelled {}"}},

	"resource.catalogue":        {rights.Text{Zh: "编目", En: "Catalogued"}, rights.Text{Zh: "将{}编入数据目录", En: "catalogued {}"}},
	"resource.addVersion":       {rights.Text{Zh: "新增版本", En: "Version added"}, rights.Text{Zh: "为{}新增版本", En: "added a version of {}"}},
	"resource.regrade":          {rights.Text{Zh: "重新分级", En: "Regraded"}, rights.Text{Zh: "对{}重新分级", En: "regraded {}"}},
	"resource.suspend":          {rights.Text{Zh: "暂停资源", En: "Suspension"}, rights.Text{Zh: "暂停{}", En: "suspended {}"}},
	"resource.resume":           {rights.Text{Zh: "恢复资源", En: "Resumption"}, rights.Text{Zh: "恢复{}", En: "resumed {}"}},
	"resource.retire":           {rights.Text{Zh: "停用资源", En: "Retired"}, rights.Text{Zh: "停用{}", En: "retired {}"}},
	"resource.certifyDestroyed": {rights.Text{Zh: "证明销毁", En: "Destruction certified"}, rights.Text{Zh: "证明{}已销毁", En: "certified the destruction of {}"}},

	"registration.submit":            {rights.Text{Zh: "申请登记", En: "Application"}, rights.Text{Zh: "申请登记{}", En: "applied to register {}"}},
	"registration.requestCorrection": {rights.Text{Zh: "要求补正", En: "Correction requested"}, rights.Text{Zh: "要求补正{}的材料", En: "asked for a correction of the papers of {}"}},
	"registration.resubmit":          {rights.Text{Zh: "补正", En: "Resubmitted"}, rights.Text{Zh: "补正{}的材料", En: "corrected the papers of {}"}},
	"registration.lapse":             {rights.Text{Zh: "逾期视为未申请", En: "Lapsed"}, rights.Text{Zh: "申明{}逾期未补正，视为未申请", En: "declared the application for {} lapsed"}},
	"registration.accept":            {rights.Text{Zh: "受理", En: "Accepted"}, rights.Text{Zh: "受理{}", En: "accepted the application for {}"}},
	"registration.deemAccept":        {rights.Text{Zh: "视为受理", En: "Deemed accepted"}, rights.Text{Zh: "申明{}逾期未答复，视为受理", En: "declared the application for {} accepted by silence"}},
	"registration.extendReview":      {rights.Text{Zh: "延长审查", En: "Review extended"}, rights.Text{Zh: "延长对{}的审查", En: "extended the review of {}"}},
	"registration.review":            {rights.Text{Zh: "作出审查结论", En: "Reviewed"}, rights.Text{Zh: "写明对{}的审查结论", En: "wrote down the findings on {}"}},
	"registration.requestSupplement": {rights.Text{Zh: "要求补充", En: "Supplement requested"}, rights.Text{Zh: "要求补充{}的材料", En: "asked for a supplement to {}"}},
	"registration.supplement":        {rights.Text{Zh: "补充材料", En: "Supplemented"}, rights.Text{Zh: "补充{}的材料", En: "supplemented {}"}},
	"registration.terminate":         {rights.Text{Zh: "终止", En: "Terminated"}, rights.Text{Zh: "终止{}的登记程序", En: "terminated the registration of {}"}},
	"registration.reject":            {rights.Text{Zh: "不予登记", En: "Rejected"}, rights.Text{Zh: "对{}不予登记", En: "rejected the registration of {}"}},
	"registration.publishNotice":     {rights.Text{Zh: "发布公示", En: "Public notice"}, rights.Text{Zh: "对{}发布公示", En: "published the notice of {}"}},
	"registration.fileObjection":     {rights.Text{Zh: "提出异议", En: "Objection filed"}, rights.Text{Zh: "对{}提出异议", En: "objected to {}"}},
	"registration.decideObjection":   {rights.Text{Zh: "决定异议", En: "Objection decided"}, rights.Text{Zh: "对{}的异议作出决定", En: "decided an objection to {}"}},
	"registration.withdrawObjection": {rights.Text{Zh: "撤回异议", En: "Objection withdrawn"}, rights.Text{Zh: "撤回对{}的异议", En: "withdrew an objection to {}"}},
	"registration.record":            {rights.Text{Zh: "登记发证", En: "Recorded"}, rights.Text{Zh: "登记{}并发证", En: "recorded {}, with certificate"}},
	"registration.withdraw":          {rights.Text{Zh: "撤回申请", En: "Withdrawn"}, rights.Text{Zh: "撤回对{}的申请", En: "withdrew the application for {}"}},
	"registration.hold":              {rights.Text{Zh: "暂缓", En: "Put on hold"}, rights.Text{Zh: "暂缓{}的登记程序", En: "put {} on hold"}},
	"registration.releaseHold":       {rights.Text{Zh: "解除暂缓", En: "Hold released"}, rights.Text{Zh: "解除对{}的暂缓", En: "released the hold on {}"}},

	"objection.file":     {rights.Text{Zh: "提出异议", En: "Filed"}, rights.Text{Zh: "对{}提出异议", En: "objected to {}"}},
	"objection.decide":   {rights.Text{Zh: "决定异议", En: "Decided"}, rights.Text{Zh: "对{}的异议作出决定", En: "decided an objection to {}"}},
	"objection.withdraw": {rights.Text{Zh: "撤回异议", En: "Withdrawn"}, rights.Text{Zh: "撤回对{}的异议", En: "withdrew an objection to {}"}},
	"objection.close":    {rights.Text{Zh: "随案终结", En: "Closed"}, rights.Text{Zh: "{}的异议随案终结", En: "closed the objection to {}"}},

	"right.create":  {rights.Text{Zh: "设立权利", En: "Created"}, rights.Text{Zh: "设立{}的权利", En: "created a right in {}"}},
	"right.suspend": {rights.Text{Zh: "暂停权利", En: "Suspended"}, rights.Text{Zh: "暂停{}的权利", En: "suspended a right in {}"}},
	"right.resume":  {rights.Text{Zh: "恢复权利", En: "Resumed"}, rights.Text{Zh: "恢复{}的权利", En: "resumed a right in {}"}},
	"right.expire":  {rights.Text{Zh: "权利届满", En: "Expired"}, rights.Text{Zh: "申明{}的权利届满", En: "declared a right in {} expired"}},

	"certificate.issue":  {rights.Text{Zh: "发证", En: "Issued"}, rights.Text{Zh: "颁发{}的凭证", En: "issued the certificate of {}"}},
	"certificate.expire": {rights.Text{Zh: "凭证届满", En: "Expired"}, rights.Text{Zh: "申明{}的凭证届满", En: "declared the certificate of {} expired"}},

	"ruleProfile.publish":  {rights.Text{Zh: "公布规则参数", En: "Rule profile published"}, rights.Text{Zh: "公布{}", En: "published {}"}},
	"workCalendar.publish": {rights.Text{Zh: "公布工作日历", En: "Work calendar published"}, rights.Text{Zh: "公布{}", En: "published {}"}},
}

// deedOf says what a command did; for a command not known here, its name. A
// command's batch does the same to many.
func deedOf(command string) deed {
	if d, ok := deeds[command]; ok {
		return d
	}
	if one, ok := strings.CutSuffix(command, "Batch"); ok {
		if d, ok := deeds[one]; ok {
			return deed{rights.Text{Zh: "批量" + d.Title.Zh, En: d.Title.En + ", in bulk"}, rights.Text{Zh: "批量" + d.Done.Zh, En: d.Done.En}}
		}
	}
	return deed{rights.Text{Zh: command, En: command}, rights.Text{Zh: "对{}执行 " + command, En: "did " + command + " on {}"}}
}

// parameter is one number of a rule profile in words.
type parameter struct {
	Name   rights.Text
	Unit   rights.Text
	Source rights.Text
}

var (
	workdays = rights.Text{Zh: "个工作日", En: "working days"}
	days     = rights.Text{Zh: "日", En: "days"}
	months   = rights.Text{Zh: "个月", En: "months"}
	yesNo    = rights.Text{Zh: "是/否", En: "yes/no"}
	drwg     = rights.Text{Zh: "《数据产权登记工作指引（试行）》", En: "Guidelines on Data Property Rights Registration (Trial)"}
)

func article(n string) rights.Text {
	return rights.Text{Zh: drwg.Zh + "第 " + n + " 条", En: drwg.En + ", art. " + n}
}

var byCity = rights.Text{Zh: "本账本规则", En: "rule of this ledger"}

// parameters by key.
var parameters = map[string]parameter{
	"accept.workdays":             {rights.Text{Zh: "受理期限", En: "Acceptance limit"}, workdays, drwg},
	"accept.deemed":               {rights.Text{Zh: "逾期未答复视为受理", En: "Silence is acceptance"}, yesNo, drwg},
	"correction.workdays":         {rights.Text{Zh: "补正期限", En: "Time for corrections"}, workdays, rights.Text{Zh: "登记机构规定", En: "set by the registrar"}},
	"review.workdays":             {rights.Text{Zh: "审查期限（自受理起）", En: "Review limit, from acceptance"}, workdays, drwg},
	"review.extend.workdays":      {rights.Text{Zh: "审查延长（限一次）", En: "Review extension, once"}, workdays, drwg},
	"notice.workdays":             {rights.Text{Zh: "公示期", En: "Public notice"}, workdays, article("24")},
	"notice.exemption":            {rights.Text{Zh: "可免予公示", En: "Notice may be waived"}, yesNo, article("24")},
	"objection.workdays":          {rights.Text{Zh: "异议处理期限（自收到起）", En: "Objection handling, from receipt"}, workdays, article("25")},
	"objection.notify.workdays":   {rights.Text{Zh: "登记后异议通知权利人", En: "Notifying the holder of an objection after registration"}, workdays, article("29")},
	"objection.suit.days":         {rights.Text{Zh: "异议结论后起诉或仲裁", En: "Going to court after a conclusion"}, rights.Text{Zh: "日", En: "days"}, rights.Text{Zh: "参照《民法典》第 220 条", En: "by analogy with Civil Code art. 220"}},
	"cert.maxMonths":              {rights.Text{Zh: "凭证最长有效期", En: "Longest validity of a certificate"}, rights.Text{Zh: "个月", En: "months"}, drwg},
	"renew.window.months":         {rights.Text{Zh: "续期申请窗口（届满前）", En: "Renewal window before expiry"}, rights.Text{Zh: "个月", En: "months"}, drwg},
	"retention.years":             {rights.Text{Zh: "档案保存年限", En: "Retention of files"}, rights.Text{Zh: "年", En: "years"}, drwg},
	"paper.compliance.minGrade":   {rights.Text{Zh: "须附合规意见的最低数据级别", En: "Lowest data grade that needs a compliance opinion"}, rights.Text{Zh: "级", En: "(grade)"}, byCity},
	"basis.maxDepth":              {rights.Text{Zh: "权利依据链最大层数", En: "Longest chain of bases"}, rights.Text{Zh: "层", En: "levels"}, byCity},
	"public.institutionRights":    {rights.Text{Zh: "公共机构可登记数据产权", En: "Public institutions may register rights"}, yesNo, article("15")},
	"renew.window.days":           {rights.Text{Zh: "续期申请窗口（届满前，按日）", En: "Renewal window before expiry, in days"}, days, byCity},
	"renew.pending.days":          {rights.Text{Zh: "续期办理期间权利延续", En: "How long a pending renewal keeps a right"}, days, byCity},
	"notice.transfer":             {rights.Text{Zh: "转让登记须公示", En: "A transfer is published"}, yesNo, byCity},
	"licence.enabled":             {rights.Text{Zh: "可办理许可与撤销登记", En: "Licence and revocation may be registered"}, yesNo, byCity},
	"objection.complete.workdays": {rights.Text{Zh: "异议材料补全期限", En: "Time to complete an objection"}, workdays, byCity},
	"listing.maxMonths":           {rights.Text{Zh: "挂牌最长期限", En: "Longest term of a listing"}, months, byCity},
	"delivery.accept.workdays":    {rights.Text{Zh: "验收期限，逾期视为接受", En: "Time to accept a delivery; silence accepts"}, workdays, byCity},
	"settlement.confirm.workdays": {rights.Text{Zh: "结算确认期限，逾期视为确认", En: "Time to confirm a settlement; silence confirms"}, workdays, byCity},
	"trade.complete.workdays":     {rights.Text{Zh: "结算后异议期", En: "Time to object after settlement"}, workdays, byCity},
	"copy.destroy.maxDays":        {rights.Text{Zh: "期满后销毁副本的最长期限", En: "Longest time to destroy copies after the term"}, days, byCity},
	"dispute.answer.workdays":     {rights.Text{Zh: "争议答辩期限", En: "Time to answer a dispute"}, workdays, byCity},
	"dispute.maxDays":             {rights.Text{Zh: "调解最长期限", En: "Longest mediation"}, days, byCity},
	"dispute.limitation.days":     {rights.Text{Zh: "提出争议的时效", En: "Limitation of disputes"}, days, byCity},
	"watermark.platform.minGrade": {rights.Text{Zh: "须由平台嵌入标识的最低级别", En: "Lowest grade at which the platform embeds the mark"}, rights.Text{Zh: "级", En: "(grade)"}, byCity},
	"watermark.minGrade":          {rights.Text{Zh: "文件交付须有标识的最低级别", En: "Lowest grade at which a file delivery needs a mark"}, rights.Text{Zh: "级", En: "(grade)"}, byCity},
	"recognition.statusMaxHours":  {rights.Text{Zh: "互认凭证状态核验的最长间隔", En: "Longest time since a foreign certificate was checked"}, rights.Text{Zh: "小时", En: "hours"}, byCity},
	"lineage.maxDepth":            {rights.Text{Zh: "血缘最大深度", En: "Deepest lineage"}, rights.Text{Zh: "层", En: "levels"}, byCity},
	"lineage.maxInputs":           {rights.Text{Zh: "每条血缘记录最多投入数", En: "Most inputs of a lineage record"}, rights.Text{Zh: "项", En: "items"}, byCity},
	"grant.l1.maxMonths":          {rights.Text{Zh: "一级授权最长期限", En: "Longest first-level grant"}, months, byCity},
	"grant.l2.maxMonths":          {rights.Text{Zh: "二级授权最长期限", En: "Longest second-level grant"}, months, byCity},
	"grant.notice.workdays":       {rights.Text{Zh: "授权公示期", En: "Public notice of a grant"}, workdays, byCity},
	"grant.exit.days":             {rights.Text{Zh: "退出后清理期限", En: "Time to clear up after an exit"}, days, byCity},
	"disclosure.dueMonth":         {rights.Text{Zh: "年度披露截止月份", En: "Month in which yearly disclosure is due"}, rights.Text{Zh: "月", En: "(month)"}, byCity},
	"admission.maxMonths":         {rights.Text{Zh: "开发主体准入最长期限", En: "Longest admission of a developer"}, months, byCity},
	"meter.gap.periods":           {rights.Text{Zh: "视为缺期的计量期数", En: "Periods without a meter record that count as a gap"}, rights.Text{Zh: "期", En: "periods"}, byCity},
	"meter.spike.factor":          {rights.Text{Zh: "视为激增的倍数", En: "Factor over the median that counts as a leap"}, rights.Text{Zh: "倍", En: "times"}, byCity},
	"meter.spike.window":          {rights.Text{Zh: "用量中位数所取期数", En: "Periods the median of use is taken over"}, rights.Text{Zh: "期", En: "periods"}, byCity},
	"similarity.strong.permille":  {rights.Text{Zh: "视为高度相似的比例", En: "Similarity that counts as strong"}, rights.Text{Zh: "千分比", En: "per mille"}, byCity},
	"similarity.review.permille":  {rights.Text{Zh: "须人工复核的相似比例", En: "Similarity that a person reviews"}, rights.Text{Zh: "千分比", En: "per mille"}, byCity},
	"similarity.sketch.required":  {rights.Text{Zh: "登记内容须附相似性摘要", En: "Content is registered with a similarity sketch"}, yesNo, byCity},
	"meter.quotaAlert.percent":    {rights.Text{Zh: "用量预警比例", En: "Share of a quota at which an alert is raised"}, rights.Text{Zh: "百分比", En: "per cent"}, byCity},
	"evaluation.maxMonths":        {rights.Text{Zh: "评估报告有效期", En: "Validity of an evaluation"}, months, byCity},
	"pledge.ltv.maxBps":           {rights.Text{Zh: "质押率上限", En: "Highest loan-to-value of a pledge"}, rights.Text{Zh: "万分之一", En: "basis points"}, byCity},
	"pledge.consent.maxDays":      {rights.Text{Zh: "质权人同意的最长有效期", En: "Longest validity of a pledgee's consent"}, days, byCity},
	"term.alertDays":              {rights.Text{Zh: "到期预警提前期", En: "How long before its end a term is alerted"}, days, byCity},
	"measure.urgent.days":         {rights.Text{Zh: "紧急措施未送达的失效期限", En: "When an urgent measure lapses unless served"}, days, byCity},
	"alert.hearing.workdays":      {rights.Text{Zh: "听取陈述期限", En: "Time for a subject's statement"}, workdays, byCity},
	"secret.retention.years":      {rights.Text{Zh: "保密内容保存年限", En: "Retention of private documents"}, rights.Text{Zh: "年", En: "years"}, byCity},
	"delivery.modes.grade1":       {rights.Text{Zh: "1 级数据允许的交付方式（位图）", En: "Delivery modes allowed at grade 1, as bits"}, rights.Text{Zh: "位图", En: "bits"}, byCity},
	"delivery.modes.grade2":       {rights.Text{Zh: "2 级数据允许的交付方式（位图）", En: "Delivery modes allowed at grade 2, as bits"}, rights.Text{Zh: "位图", En: "bits"}, byCity},
	"delivery.modes.grade3":       {rights.Text{Zh: "3 级数据允许的交付方式（位图）", En: "Delivery modes allowed at grade 3, as bits"}, rights.Text{Zh: "位图", En: "bits"}, byCity},
	"delivery.modes.grade4":       {rights.Text{Zh: "4 级数据允许的交付方式（位图）", En: "Delivery modes allowed at grade 4, as bits"}, rights.Text{Zh: "位图", En: "bits"}, byCity},
	"delivery.modes.grade5":       {rights.Text{Zh: "5 级数据允许的交付方式（位图）", En: "Delivery modes allowed at grade 5, as bits"}, rights.Text{Zh: "位图", En: "bits"}, byCity},
	"delivery.modes.grade":        {rights.Text{Zh: "各级数据允许的交付方式（位图）", En: "Delivery modes allowed at a grade, as bits"}, rights.Text{Zh: "位图", En: "bits"}, byCity},
	"alert.due.days.Low":          {rights.Text{Zh: "低级预警处置期限", En: "Time to deal with an alert, low"}, days, byCity},
	"alert.due.days.Medium":       {rights.Text{Zh: "中级预警处置期限", En: "Time to deal with an alert, medium"}, days, byCity},
	"alert.due.days.High":         {rights.Text{Zh: "高级预警处置期限", En: "Time to deal with an alert, high"}, days, byCity},
	"alert.due.days.Critical":     {rights.Text{Zh: "紧急级预警处置期限", En: "Time to deal with an alert, critical"}, days, byCity},
	"alert.due.days.":             {rights.Text{Zh: "预警处置期限", En: "Time to deal with an alert"}, days, byCity},
	"demo.secondsPerWorkday":      {rights.Text{Zh: "演示：一个工作日折合", En: "Demo: one working day counts as"}, rights.Text{Zh: "秒", En: "seconds"}, rights.Text{Zh: "仅供演示，不具法律效力", En: "for demonstration only, without legal effect"}},
}

var terms = map[subject]map[string]rights.Text{
	aKind: {
		"OG": {Zh: "联盟机构", En: "Organisation"}, "RP": {Zh: "规则参数", En: "Rule profile"}, "WC": {Zh: "工作日历", En: "Work calendar"},
		"PT": {Zh: "主体", En: "Participant"}, "DR": {Zh: "数据资源", En: "Data resource"}, "RG": {Zh: "登记案件", En: "Registration case"},
		"OB": {Zh: "异议", En: "Objection"}, "RT": {Zh: "权利", En: "Right"}, "CT": {Zh: "登记凭证", En: "Certificate"}, "CM": {Zh: "命令回执", En: "Command receipt"},
		"xRP": {Zh: "规则参数索引", En: "Pointer to rule profiles"}, "xWC": {Zh: "工作日历索引", En: "Pointer to work calendars"},
		"xTG": {Zh: "同一内容索引", En: "Pointer from a match tag"}, "xHD": {Zh: "持有索引", En: "Pointer to rights held"},
		"xOP": {Zh: "未结案件索引", En: "Pointer to open cases"}, "xKY": {Zh: "密钥索引", En: "Pointer from a key"},
		"xTH": {Zh: "收到副本索引", En: "Pointer to copies received"}, "xRL": {Zh: "依赖索引", En: "Pointer to what relies on a record"}, "xHO": {Zh: "持有凭证索引", En: "Pointer to a holder's certificates"},
		"xVR": {Zh: "版本索引", En: "Pointer to a newest version"}, "xUQ": {Zh: "唯一性索引", En: "Pointer to what is unique"},
		"RR": {Zh: "权利限制", En: "Restraints of a right"},
		"DP": {Zh: "数据产品", En: "Data product"}, "LS": {Zh: "挂牌", En: "Listing"}, "TR": {Zh: "交易", En: "Trade"}, "DL": {Zh: "交付", En: "Delivery"}, "CP": {Zh: "副本", En: "Copy"},
		"ST": {Zh: "结算", En: "Settlement"}, "DS": {Zh: "争议", En: "Dispute"}, "DM": {Zh: "需求", En: "Demand"}, "MR": {Zh: "互认", En: "Recognition"},
		"LN": {Zh: "血缘记录", En: "Lineage record"}, "UP": {Zh: "使用许可", En: "Usage permit"}, "MT": {Zh: "计量记录", En: "Meter record"}, "GR": {Zh: "公共数据授权", En: "Public-data grant"},
		"AD": {Zh: "开发主体准入", En: "Developer's admission"}, "DI": {Zh: "信息披露", En: "Disclosure"}, "CU": {Zh: "数据托管", En: "Custody"}, "CE": {Zh: "目录条目", En: "Catalogue entry"},
		"EV": {Zh: "评估", En: "Evaluation"}, "AR": {Zh: "入表记录", En: "Accounting record"}, "PL": {Zh: "质押", En: "Pledge"}, "GU": {Zh: "担保", En: "Guarantee"},
		"SM": {Zh: "监管措施", En: "Supervisory measure"}, "AL": {Zh: "风险预警", En: "Risk alert"}, "EI": {Zh: "证据", En: "Evidence item"}, "IN": {Zh: "监管指标", En: "Indicator"}, "IS": {Zh: "指标快照", En: "Indicator snapshot"},
		"SC": {Zh: "应用场景", En: "Scenario"}, "PD": {Zh: "政策文件", En: "Policy document"}, "SR": {Zh: "政策支持", En: "Policy support"}, "MA": {Zh: "成熟度", En: "Maturity"}, "ME": {Zh: "活动", En: "Event"},
		"CR": {Zh: "密码算法配置", En: "Crypto profile"}, "TB": {Zh: "代码表", En: "Code table"},
	},
	aRole: {
		"RoleRegulator": {Zh: "监管部门", En: "Regulator"}, "RoleRegistrar": {Zh: "登记机构", En: "Registrar"}, "RoleExchange": {Zh: "交易机构", En: "Exchange"},
		"RoleEnterprise": {Zh: "企业", En: "Enterprise"}, "RoleVendor": {Zh: "数据商", En: "Data vendor"}, "RoleThirdParty": {Zh: "第三方专业服务机构", En: "Third-party service"},
		"RoleBank": {Zh: "金融机构", En: "Bank"}, "RoleSourceUnit": {Zh: "数源单位", En: "Public data source unit"}, "RoleImplementing": {Zh: "实施机构", En: "Implementing body"},
		"RoleOperating": {Zh: "运营主体", En: "Operating body"}, "RoleDeveloper": {Zh: "开发主体", En: "Developer"}, "RolePlatform": {Zh: "平台运营方", En: "Platform operator"},
		"RoleMediator": {Zh: "调解机构", En: "Mediator"}, "RolePeerExchange": {Zh: "互认交易机构", En: "Recognised exchange"},
	},
	aRight: {
		"Object":       {Zh: "登记对象本身", En: "The object itself"},
		"RightHolding": {Zh: "数据持有权", En: "Holding right"}, "RightUse": {Zh: "数据使用权", En: "Use right"}, "RightOperation": {Zh: "数据经营权", En: "Operation right"},
	},
	aState: {
		"KeyActive": {Zh: "使用中", En: "In use"}, "KeyRetired": {Zh: "已更换", En: "Retired"}, "KeyRevoked": {Zh: "已停用", En: "Revoked"},
		"(previous)": {Zh: "恢复原状态", En: "Previous state"}, "InForce": {Zh: "已公布", En: "In force"},
		// Where a machine has its own word for one of these, that is used.
		"ObjIncomplete": {Zh: "材料待补全", En: "Incomplete"}, "ObjNotified": {Zh: "已通知权利人", En: "Notified"}, "ObjConceded": {Zh: "权利人认可", En: "Conceded"},
		"ObjInvestigating": {Zh: "调查中", En: "Investigating"}, "ObjConcluded": {Zh: "已有结论", En: "Concluded"}, "ObjLitigating": {Zh: "诉讼或仲裁中", En: "Litigating"},
		"ObjExecuted": {Zh: "已执行", En: "Executed"}, "ObjLapsed": {Zh: "已失效", En: "Lapsed"}, "Draft": {Zh: "草稿", En: "Draft"}, "InReview": {Zh: "审核中", En: "In review"},
		"Approved": {Zh: "已通过", En: "Approved"}, "Listed": {Zh: "在挂", En: "Listed"}, "Paused": {Zh: "暂停展示", En: "Paused"}, "Delisted": {Zh: "已下架", En: "Delisted"},
		"Declined": {Zh: "已谢绝", En: "Declined"}, "Negotiating": {Zh: "磋商中", En: "Negotiating"}, "Agreed": {Zh: "已签署", En: "Agreed"},
		"Implementing": {Zh: "履行中", En: "Implementing"}, "Delivered": {Zh: "已交付", En: "Delivered"}, "Settled": {Zh: "已结算", En: "Settled"},
		"Completed": {Zh: "已完成", En: "Completed"}, "Prepared": {Zh: "已备妥", En: "Prepared"}, "Sent": {Zh: "已发送", En: "Sent"}, "Received": {Zh: "已收到", En: "Received"},
		"Accepted": {Zh: "已接受", En: "Accepted"}, "Recalled": {Zh: "已撤回", En: "Recalled"}, "Held": {Zh: "持有中", En: "Held"}, "Returned": {Zh: "已退回", En: "Returned"},
		"Compromised": {Zh: "已泄露", En: "Compromised"}, "Pending": {Zh: "待付", En: "Pending"}, "Escrowed": {Zh: "已托管", En: "Escrowed"}, "Paid": {Zh: "已付款", En: "Paid"},
		"Distributed": {Zh: "已分配", En: "Distributed"}, "Confirmed": {Zh: "已确认", En: "Confirmed"}, "Refunded": {Zh: "已退款", En: "Refunded"}, "Filed": {Zh: "已提交", En: "Filed"},
		"Answered": {Zh: "已答辩", En: "Answered"}, "Mediating": {Zh: "调解中", En: "Mediating"}, "Escalated": {Zh: "已提起诉讼或仲裁", En: "Escalated"},
		"Decided": {Zh: "已裁决", En: "Decided"}, "Executed": {Zh: "已执行", En: "Executed"}, "Closed": {Zh: "已结案", En: "Closed"}, "Open": {Zh: "征集中", En: "Open"},
		"Matched": {Zh: "已匹配", En: "Matched"}, "Proposed": {Zh: "已提议", En: "Proposed"}, "Recognised": {Zh: "已互认", En: "Recognised"}, "Ended": {Zh: "已终止", En: "Ended"},
		"Asserted": {Zh: "已声明", En: "Asserted"}, "Attested": {Zh: "已见证", En: "Attested"}, "Disputed": {Zh: "有争议", En: "Disputed"}, "Upheld": {Zh: "成立", En: "Upheld"},
		"Refuted": {Zh: "已推翻", En: "Refuted"}, "Requested": {Zh: "已申请", En: "Requested"}, "Denied": {Zh: "已拒绝", En: "Denied"}, "Exhausted": {Zh: "用量已尽", En: "Exhausted"},
		"Revoked": {Zh: "已撤销", En: "Revoked"}, "Published": {Zh: "已发布", En: "Published"}, "Effective": {Zh: "生效", En: "Effective"}, "Admitted": {Zh: "已准入", En: "Admitted"},
		"Barred": {Zh: "已禁入", En: "Barred"}, "Commissioned": {Zh: "已委托", En: "Commissioned"}, "Issued": {Zh: "已出具", En: "Issued"}, "Superseded": {Zh: "已被取代", En: "Superseded"},
		"Challenged": {Zh: "受质疑", En: "Challenged"}, "Audited": {Zh: "已审计", En: "Audited"}, "Derecognised": {Zh: "已终止确认", En: "Derecognised"},
		"Registered": {Zh: "已登记", En: "Registered"}, "Released": {Zh: "已解除", En: "Released"}, "Enforcing": {Zh: "实现中", En: "Enforcing"}, "Enforced": {Zh: "已实现", En: "Enforced"},
		"Offered": {Zh: "已提出", En: "Offered"}, "Complied": {Zh: "已整改", En: "Complied"}, "Lifted": {Zh: "已解除", En: "Lifted"}, "Annulled": {Zh: "已撤销", En: "Annulled"},
		"Raised": {Zh: "已提出", En: "Raised"}, "Acknowledged": {Zh: "已知悉", En: "Acknowledged"}, "Investigating": {Zh: "调查中", En: "Investigating"},
		"Disposed": {Zh: "已处置", En: "Disposed"}, "Dismissed": {Zh: "已排除", En: "Dismissed"}, "Sealed": {Zh: "已封存", En: "Sealed"}, "Computed": {Zh: "已计算", En: "Computed"},
		"Corrected": {Zh: "已更正", En: "Corrected"}, "Reviewed": {Zh: "已评审", En: "Reviewed"}, "Included": {Zh: "已入库", En: "Included"}, "Landed": {Zh: "已落地", En: "Landed"},
		"Removed": {Zh: "已移出", En: "Removed"},
	},
	aPaper: {
		"DocForm": {Zh: "申请表", En: "Application form"}, "DocIdentity": {Zh: "主体身份证明", En: "Proof of identity"}, "DocSource": {Zh: "来源合法证明", En: "Proof of lawful source"},
		"DocAgreement": {Zh: "来源协议或授权", En: "Source agreement or authorisation"}, "DocSample": {Zh: "数据样本", En: "Data sample"}, "DocDescription": {Zh: "数据说明", En: "Data description"},
		"DocAllocation": {Zh: "权利配置说明", En: "Allocation of rights"}, "DocCommitment": {Zh: "真实性承诺书", En: "Commitment of truth"}, "DocCompliance": {Zh: "第三方合规意见", En: "Compliance opinion"},
		"DocGrading": {Zh: "分类分级报告", En: "Classification and grading report"}, "DocPIA": {Zh: "个人信息保护影响评估", En: "Personal information impact assessment"},
		"DocConsent": {Zh: "同意书", En: "Consent"}, "AgencyDoc": {Zh: "委托代理书", En: "Power of agency"}, "DocCorrection": {Zh: "补正材料", En: "Correction"}, "DocChange": {Zh: "变更证明材料", En: "Proof of the change"}, "DocOther": {Zh: "其他材料", En: "Other paper"},
	},
	anError: {
		"E_FORMAT": {Zh: "格式不正确", En: "Malformed value"}, "E_NOT_FOUND": {Zh: "没有这条记录", En: "No such record"}, "E_EXISTS": {Zh: "记录已存在", En: "The record exists already"},
		"E_ROLE": {Zh: "无权作此操作", En: "The actor may not do this"}, "E_SELF": {Zh: "违反职责分离", En: "Against separation of duties"}, "E_INACTIVE": {Zh: "主体不在有效状态", En: "The participant is not active"},
		"E_STATE": {Zh: "当前状态不允许", En: "Not allowed in this state"}, "E_TERM": {Zh: "不在有效期内", En: "Outside validity"}, "E_SCOPE": {Zh: "超出依据的范围", En: "Outside the scope of its basis"},
		"E_QUOTA": {Zh: "超出额度", En: "Over quota"}, "E_BASIS": {Zh: "依据缺失或已失效", En: "The basis is missing or not effective"}, "E_ENC": {Zh: "存在权利限制", En: "Encumbered"},
		"E_CONSENT": {Zh: "缺少必要的同意", En: "A consent is missing"}, "E_GRADE": {Zh: "数据级别不允许", En: "The data grade forbids it"}, "E_RESALE": {Zh: "未获转售许可", En: "Resale without permission"},
		"E_LINEAGE": {Zh: "血缘中断", En: "Broken lineage"}, "E_MONEY": {Zh: "金额不平", En: "Amounts do not add up"}, "E_DEADLINE": {Zh: "未到期或已逾期", En: "Too early or too late"},
		"E_DUP": {Zh: "重复登记", En: "Duplicate registration"}, "E_PRICECAP": {Zh: "超过价格上限", En: "Above the ceiling"}, "E_PROFILE": {Zh: "规则参数或工作日历缺失", En: "Rule profile or calendar missing"},
		"E_SIGNATURE": {Zh: "签名验证不通过", En: "The signature does not verify"}, "E_KEY": {Zh: "密钥未登记或已停用", En: "The key is not on the ledger or not in use"}, "E_EXPIRED": {Zh: "命令已过期或尚未生效", En: "The command is outside its time"},
		"E_REPLAY": {Zh: "命令编号已被其他内容使用", En: "The command id was used for other bytes"}, "E_TOO_LARGE": {Zh: "超过大小上限", En: "Too large"}, "E_BATCH": {Zh: "批量中有条目不合格", En: "Items of the batch are at fault"},
	},
	aCapacity: {
		"self": {Zh: "本人", En: "Itself"}, "applicant": {Zh: "申请人", En: "Applicant"}, "holder": {Zh: "持有人", En: "Holder"}, "objector": {Zh: "异议人", En: "Objector"},
		"registrar": {Zh: "登记机构", En: "Registrar"}, "exchange": {Zh: "交易机构", En: "Exchange"}, "regulator": {Zh: "监管部门", En: "Regulator"}, "admitter": {Zh: "准入机关", En: "Admitter"},
		"anyone": {Zh: "任何有效主体", En: "Any active participant"}, "outsider": {Zh: "尚未登记者", En: "An outsider"}, "administrator": {Zh: "机构管理员", En: "Organisation administrator"},
		"transferee": {Zh: "受让人", En: "Transferee"}, "owner": {Zh: "所有人", En: "Owner"}, "seller": {Zh: "卖方", En: "Seller"}, "buyer": {Zh: "买方", En: "Buyer"},
		"sender": {Zh: "发送方", En: "Sender"}, "recipient": {Zh: "接收方", En: "Recipient"}, "payee": {Zh: "收款方", En: "Payee"}, "claimant": {Zh: "申请方", En: "Claimant"},
		"respondent": {Zh: "被申请方", En: "Respondent"}, "mediator": {Zh: "调解机构", En: "Mediator"}, "ordered": {Zh: "被责令方", En: "Ordered"}, "operator": {Zh: "操作者", En: "Operator"},
		"platform": {Zh: "平台", En: "Platform"}, "permittee": {Zh: "被许可方", En: "Permittee"}, "grantor": {Zh: "许可方", En: "Grantor"}, "authoriser": {Zh: "授权方", En: "Authoriser"},
		"grantee": {Zh: "被授权方", En: "Grantee"}, "custodian": {Zh: "托管方", En: "Custodian"}, "client": {Zh: "委托方", En: "Client"}, "evaluator": {Zh: "评估方", En: "Evaluator"},
		"pledgor": {Zh: "出质人", En: "Pledgor"}, "pledgee": {Zh: "质权人", En: "Pledgee"}, "guarantor": {Zh: "担保人", En: "Guarantor"}, "subject": {Zh: "监管对象", En: "Subject"},
		"assignee": {Zh: "承办人", En: "Assignee"}, "submitter": {Zh: "提交方", En: "Submitter"}, "keeper": {Zh: "保管人", En: "Keeper"}, "bank": {Zh: "金融机构", En: "Bank"},
	},
	aFunction: {
		"registration": {Zh: "登记", En: "Registration"}, "trading": {Zh: "交易", En: "Trading"}, "supervision": {Zh: "监管", En: "Supervision"}, "finance": {Zh: "金融", En: "Finance"},
	},
	anOrgType: {
		"OrgEnterprise": {Zh: "企业", En: "Enterprise"}, "OrgGovernment": {Zh: "机关", En: "Government body"}, "OrgInstitution": {Zh: "事业单位", En: "Public institution"},
		"OrgSocial": {Zh: "社会组织", En: "Social organisation"}, "OrgFinancial": {Zh: "金融机构", En: "Financial institution"}, "OrgNaturalPerson": {Zh: "自然人", En: "Natural person"},
	},
	aRegType: {
		"RegFirst": {Zh: "初次登记", En: "First registration"}, "RegTransfer": {Zh: "转让登记", En: "Transfer"}, "RegChange": {Zh: "变更登记", En: "Change"}, "RegRenewal": {Zh: "续期登记", En: "Renewal"},
		"RegCancel": {Zh: "注销登记", En: "Cancellation"}, "RegLicence": {Zh: "许可登记", En: "Licence"}, "RegCorrection": {Zh: "更正登记", En: "Correction"}, "RegRevoke": {Zh: "撤销登记", En: "Revocation"},
	},
	anObjectType: {"Resource": {Zh: "数据资源", En: "Data resource"}, "Product": {Zh: "数据产品", En: "Data product"}},
	aSource: {
		"SrcCollected": {Zh: "采集生成", En: "Collected or generated"}, "SrcAgreement": {Zh: "协议取得", En: "Obtained by agreement"}, "SrcCrawled": {Zh: "自动化程序收集公开数据", En: "Public data collected by program"},
		"SrcDerived": {Zh: "衍生创造", En: "Derived"}, "SrcJoint": {Zh: "共同生成", En: "Jointly produced"},
	},
	aSubjectClass: {"SubjectPublic": {Zh: "公共数据", En: "Public data"}, "SubjectEnterprise": {Zh: "企业数据", En: "Enterprise data"}, "SubjectPersonal": {Zh: "个人数据", En: "Personal data"}},
	aPublicKind:   {"GovDuty": {Zh: "履职数据", En: "Government duty data"}, "Utility": {Zh: "公用事业数据", En: "Utility data"}, "Institution": {Zh: "公共机构数据", En: "Public institution data"}},
	aRange: {
		"International": {Zh: "国际", En: "International"}, "National": {Zh: "全国", En: "National"}, "Provincial": {Zh: "省级", En: "Provincial"},
		"Municipal": {Zh: "市级", En: "Municipal"}, "County": {Zh: "县级", En: "County"}, "BelowCounty": {Zh: "县级以下", En: "Below county"},
	},
	aFrequency: {
		"RealTime": {Zh: "实时", En: "Real time"}, "Daily": {Zh: "每日", En: "Daily"}, "Weekly": {Zh: "每周", En: "Weekly"}, "Monthly": {Zh: "每月", En: "Monthly"},
		"Yearly": {Zh: "每年", En: "Yearly"}, "OnDemand": {Zh: "按需", En: "On demand"}, "Other": {Zh: "其他", En: "Other"},
	},
	aForm: {
		"Image": {Zh: "图像", En: "Image"}, "Text": {Zh: "文本", En: "Text"}, "Video": {Zh: "视频", En: "Video"}, "Audio": {Zh: "音频", En: "Audio"}, "Table": {Zh: "表格", En: "Table"}, "Other": {Zh: "其他", En: "Other"},
	},
	aStructure: {
		"Structured": {Zh: "结构化", En: "Structured"}, "SemiStructured": {Zh: "半结构化", En: "Semi-structured"}, "Semi": {Zh: "半结构化", En: "Semi-structured"}, "Unstructured": {Zh: "非结构化", En: "Unstructured"},
	},
	aLevel: {"LevelGeneral": {Zh: "一般数据", En: "General data"}, "LevelImportant": {Zh: "重要数据", En: "Important data"}, "LevelCore": {Zh: "核心数据", En: "Core data"}},
	aPI: {
		"None": {Zh: "不含个人信息", En: "No personal information"}, "Anonymised": {Zh: "已匿名化", En: "Anonymised"}, "Deidentified": {Zh: "已去标识化", En: "De-identified"},
		"PersonalInfo": {Zh: "含个人信息", En: "Personal information"}, "SensitivePI": {Zh: "含敏感个人信息", En: "Sensitive personal information"},
	},
	aBasis: {
		"BasisOriginal": {Zh: "自行采集生成", En: "Own collection"}, "BasisOwnRight": {Zh: "本人另一权利", En: "Another right of the holder"}, "BasisLicence": {Zh: "许可", En: "Licence"},
		"BasisTransfer": {Zh: "受让", En: "Transfer"}, "BasisTrade": {Zh: "交易取得", En: "Trade"}, "BasisGrant": {Zh: "公共数据授权", En: "Public-data grant"},
		"BasisJoint": {Zh: "共有人同意", En: "Joint consent"}, "BasisOffLedger": {Zh: "账外协议", En: "Agreement outside the ledger"},
	},
	anEncumbrance: {
		"EncObjection": {Zh: "异议", En: "Objection"}, "EncPledge": {Zh: "质押", En: "Pledge"}, "EncFreeze": {Zh: "查封冻结", En: "Freeze"},
		"EncDispute": {Zh: "权属争议", En: "Dispute"}, "EncExclusive": {Zh: "独占许可", En: "Exclusive licence"},
	},
	aRemark: {
		"AgreedCondition": {Zh: "约定条件", En: "Agreed condition"}, "Seizure": {Zh: "查封", En: "Seizure"}, "AdministrativeControl": {Zh: "行政管控", En: "Administrative control"}, "Other": {Zh: "其他", En: "Other"},
	},
	aGround: {
		"G1": {Zh: "可能危害国家安全、公共利益或他人合法权益", En: "May harm national security, the public interest or lawful rights"}, "G2": {Zh: "来源不合法", En: "Unlawful source"},
		"G3": {Zh: "存在未决权属争议", En: "Unresolved title dispute"}, "G4": {Zh: "隐瞒或提供虚假材料", En: "Concealment or false proof"},
		"G5": {Zh: "法律规定的其他情形", En: "Other ground by law"}, "G6": {Zh: "国家核心数据", En: "National core data"},
	},
	aCancelReason: {
		"Voluntary": {Zh: "自愿注销", En: "Voluntary"}, "Destroyed": {Zh: "数据已销毁", En: "Data destroyed"}, "ObjectionOutcome": {Zh: "异议结果", En: "Outcome of an objection"},
		"Judgment": {Zh: "生效裁判", En: "Judgment"}, "RegulatorOrder": {Zh: "监管决定", En: "Regulator's order"}, "Fraud": {Zh: "虚假登记", En: "Fraud"}, "Other": {Zh: "其他", En: "Other"},
	},
	aDuplicate: {
		"DupIndependent": {Zh: "各自独立采集", En: "Collected independently"}, "DupLicensed": {Zh: "经先登记者许可", En: "Licensed by the earlier holder"}, "DupJoint": {Zh: "共同生产", En: "Jointly produced"}, "DupPublic": {Zh: "公开数据", En: "Public data"},
	},
	aVendorType: {"VendorTechnical": {Zh: "技术型数据商", En: "Technical vendor"}, "VendorService": {Zh: "服务型数据商", En: "Service vendor"}, "VendorApplication": {Zh: "应用型数据商", En: "Application vendor"}},
	aService: {
		"SvcBroker": {Zh: "数据经纪", En: "Brokerage"}, "SvcCompliance": {Zh: "合规认证", En: "Compliance certification"}, "SvcAudit": {Zh: "安全审计", En: "Security audit"}, "SvcNotary": {Zh: "数据公证", En: "Notary"},
		"SvcInsurance": {Zh: "数据保险", En: "Insurance"}, "SvcCustody": {Zh: "数据托管", En: "Custody"}, "SvcTraining": {Zh: "人才培养", En: "Training"}, "SvcAppraisal": {Zh: "资产评估", En: "Appraisal"},
	},
	aZone:    {"YCETDZ": {Zh: "盐城经济技术开发区", En: "Yancheng Economic and Technological Development Zone"}, "YNHTZ": {Zh: "盐南高新区", En: "Yannan High-tech Zone"}},
	anOrigin: {"Local": {Zh: "本地", En: "Local"}, "Introduced": {Zh: "引进", En: "Introduced"}},
	aBuyer:   {"Any": {Zh: "不限", En: "Any"}, "Enterprise": {Zh: "企业", En: "Enterprises"}, "Government": {Zh: "机关", En: "Government bodies"}, "Financial": {Zh: "金融机构", En: "Financial institutions"}},
	aProfile: {
		"DRWG": {Zh: "数据产权登记（默认）", En: "Data property rights registration (default)"}, "PUBLIC": {Zh: "公共数据资源登记", En: "Public data resource registration"}, "LOCAL": {Zh: "地方补充规则", En: "Local additions"},
	},
	aTxType: {
		"command": {Zh: "签名命令", En: "Signed command"}, "enrolment": {Zh: "机构登记", En: "Enrolment"}, "founding": {Zh: "账本创立", En: "Founding"},
		"lifecycle": {Zh: "链码治理", En: "Chaincode lifecycle"}, "config": {Zh: "通道配置", En: "Channel configuration"}, "other": {Zh: "其他", En: "Other"},
	},
	aValidation: {
		"VALID":                        {Zh: "有效，已写入账本", En: "Valid and applied"},
		"MVCC_READ_CONFLICT":           {Zh: "与同时写入的另一笔交易冲突，未生效", En: "Conflicted with another transaction on the same record; no effect"},
		"PHANTOM_READ_CONFLICT":        {Zh: "读取范围已被他人改动，未生效", En: "What it had read by range was changed; no effect"},
		"ENDORSEMENT_POLICY_FAILURE":   {Zh: "背书不满足策略要求，未生效", En: "Endorsements do not satisfy the policy; no effect"},
		"DUPLICATE_TXID":               {Zh: "交易编号重复，未生效", En: "Duplicate transaction id; no effect"},
		"BAD_PROPOSAL_TXID":            {Zh: "交易编号与提案不符，未生效", En: "Transaction id does not match the proposal; no effect"},
		"BAD_CREATOR_SIGNATURE":        {Zh: "提交者签名无效，未生效", En: "Submitter's signature is invalid; no effect"},
		"EXPIRED_CHAINCODE":            {Zh: "链码定义已更新，未生效", En: "The chaincode definition changed; no effect"},
		"INVALID_ENDORSER_TRANSACTION": {Zh: "交易格式无效，未生效", En: "Malformed endorser transaction; no effect"},
		"INVALID_CONFIG_TRANSACTION":   {Zh: "配置交易无效，未生效", En: "Invalid configuration transaction; no effect"},
		"NIL_ENVELOPE":                 {Zh: "空信封，未生效", En: "Empty envelope; no effect"},
		"BAD_PAYLOAD":                  {Zh: "载荷格式错误，未生效", En: "Malformed payload; no effect"},
		"BAD_COMMON_HEADER":            {Zh: "公共头格式错误，未生效", En: "Malformed header; no effect"},
		"UNSUPPORTED_TX_PAYLOAD":       {Zh: "不支持的载荷，未生效", En: "Unsupported payload; no effect"},
		"UNKNOWN_TX_TYPE":              {Zh: "未知交易类型，未生效", En: "Unknown transaction type; no effect"},
		"TARGET_CHAIN_NOT_FOUND":       {Zh: "找不到目标通道，未生效", En: "Channel not found; no effect"},
		"MARSHAL_TX_ERROR":             {Zh: "交易无法编码，未生效", En: "Could not be encoded; no effect"},
		"NIL_TXACTION":                 {Zh: "缺少交易动作，未生效", En: "No action; no effect"},
		"CHAINCODE_VERSION_CONFLICT":   {Zh: "链码版本不符，未生效", En: "Chaincode version conflict; no effect"},
		"BAD_HEADER_EXTENSION":         {Zh: "头扩展错误，未生效", En: "Malformed header extension; no effect"},
		"BAD_CHANNEL_HEADER":           {Zh: "通道头错误，未生效", En: "Malformed channel header; no effect"},
		"BAD_RESPONSE_PAYLOAD":         {Zh: "响应载荷错误，未生效", En: "Malformed response; no effect"},
		"BAD_RWSET":                    {Zh: "读写集错误，未生效", En: "Malformed read-write set; no effect"},
		"ILLEGAL_WRITESET":             {Zh: "写集不合法，未生效", En: "Illegal write set; no effect"},
		"INVALID_WRITESET":             {Zh: "写集无效，未生效", En: "Invalid write set; no effect"},
		"INVALID_CHAINCODE":            {Zh: "链码无效，未生效", En: "Invalid chaincode; no effect"},
		"NOT_VALIDATED":                {Zh: "未经验证", En: "Not validated"},
		"INVALID_OTHER_REASON":         {Zh: "因其他原因无效", En: "Invalid for another reason"},
	},
	aProcessRole: {
		"orderer": {Zh: "共识节点", En: "Orderer"}, "peer": {Zh: "账本节点", En: "Peer"}, "chaincode": {Zh: "合约服务", En: "Chaincode"}, "gateway": {Zh: "网关", En: "Gateway"},
	},
	aProcessState: {
		"ok": {Zh: "正常", En: "OK"}, "failing": {Zh: "异常", En: "Failing"}, "down": {Zh: "停机", En: "Down"},
	},
	aDomain: {
		"data": {Zh: "数据管理", En: "Data"}, "cyberspace": {Zh: "网信", En: "Cyberspace"}, "crypto": {Zh: "密码管理", En: "Cryptography"},
		"finance": {Zh: "金融监管", En: "Finance"}, "publicSecurity": {Zh: "公安", En: "Public security"}, "other": {Zh: "其他", En: "Other"},
	},
	aSection: {
		"A": {Zh: "农、林、牧、渔业", En: "Agriculture, forestry, fishing"}, "B": {Zh: "采矿业", En: "Mining"}, "C": {Zh: "制造业", En: "Manufacturing"},
		"D": {Zh: "电力、热力、燃气及水生产和供应业", En: "Electricity, heat, gas and water supply"}, "E": {Zh: "建筑业", En: "Construction"}, "F": {Zh: "批发和零售业", En: "Wholesale and retail"},
		"G": {Zh: "交通运输、仓储和邮政业", En: "Transport, storage and post"}, "H": {Zh: "住宿和餐饮业", En: "Accommodation and catering"}, "I": {Zh: "信息传输、软件和信息技术服务业", En: "Information and software services"},
		"J": {Zh: "金融业", En: "Finance"}, "K": {Zh: "房地产业", En: "Real estate"}, "L": {Zh: "租赁和商务服务业", En: "Leasing and business services"},
		"M": {Zh: "科学研究和技术服务业", En: "Research and technical services"}, "N": {Zh: "水利、环境和公共设施管理业", En: "Water, environment and public facilities"},
		"O": {Zh: "居民服务、修理和其他服务业", En: "Household, repair and other services"}, "P": {Zh: "教育", En: "Education"}, "Q": {Zh: "卫生和社会工作", En: "Health and social work"},
		"R": {Zh: "文化、体育和娱乐业", En: "Culture, sport and entertainment"}, "S": {Zh: "公共管理、社会保障和社会组织", En: "Public administration and social organisations"}, "T": {Zh: "国际组织", En: "International organisations"},
	},
	aRegion: {
		"110000": {Zh: "北京市", En: "Beijing"}, "120000": {Zh: "天津市", En: "Tianjin"}, "130000": {Zh: "河北省", En: "Hebei"}, "140000": {Zh: "山西省", En: "Shanxi"}, "150000": {Zh: "内蒙古自治区", En: "Inner Mongolia"},
		"210000": {Zh: "辽宁省", En: "Liaoning"}, "220000": {Zh: "吉林省", En: "Jilin"}, "230000": {Zh: "黑龙江省", En: "Heilongjiang"},
		"310000": {Zh: "上海市", En: "Shanghai"}, "320000": {Zh: "江苏省", En: "Jiangsu"}, "330000": {Zh: "浙江省", En: "Zhejiang"}, "340000": {Zh: "安徽省", En: "Anhui"}, "350000": {Zh: "福建省", En: "Fujian"}, "360000": {Zh: "江西省", En: "Jiangxi"}, "370000": {Zh: "山东省", En: "Shandong"},
		"410000": {Zh: "河南省", En: "Henan"}, "420000": {Zh: "湖北省", En: "Hubei"}, "430000": {Zh: "湖南省", En: "Hunan"}, "440000": {Zh: "广东省", En: "Guangdong"}, "450000": {Zh: "广西壮族自治区", En: "Guangxi"}, "460000": {Zh: "海南省", En: "Hainan"},
		"500000": {Zh: "重庆市", En: "Chongqing"}, "510000": {Zh: "四川省", En: "Sichuan"}, "520000": {Zh: "贵州省", En: "Guizhou"}, "530000": {Zh: "云南省", En: "Yunnan"}, "540000": {Zh: "西藏自治区", En: "Tibet"},
		"610000": {Zh: "陕西省", En: "Shaanxi"}, "620000": {Zh: "甘肃省", En: "Gansu"}, "630000": {Zh: "青海省", En: "Qinghai"}, "640000": {Zh: "宁夏回族自治区", En: "Ningxia"}, "650000": {Zh: "新疆维吾尔自治区", En: "Xinjiang"},
		"710000": {Zh: "台湾省", En: "Taiwan"}, "810000": {Zh: "香港特别行政区", En: "Hong Kong"}, "820000": {Zh: "澳门特别行政区", En: "Macao"},
		"320900": {Zh: "盐城市", En: "Yancheng"}, "320902": {Zh: "盐城市亭湖区", En: "Tinghu, Yancheng"}, "320903": {Zh: "盐城市盐都区", En: "Yandu, Yancheng"}, "320904": {Zh: "盐城市大丰区", En: "Dafeng, Yancheng"},
		"320921": {Zh: "盐城市响水县", En: "Xiangshui, Yancheng"}, "320922": {Zh: "盐城市滨海县", En: "Binhai, Yancheng"}, "320923": {Zh: "盐城市阜宁县", En: "Funing, Yancheng"}, "320924": {Zh: "盐城市射阳县", En: "Sheyang, Yancheng"},
		"320925": {Zh: "盐城市建湖县", En: "Jianhu, Yancheng"}, "320981": {Zh: "盐城市东台市", En: "Dongtai, Yancheng"},
	},
}

// stateOf are the states of a kind of record: one name may have other words in
// another machine.
var stateOf = map[rights.Kind][]rights.StateInfo{}

// stated is a state in words, of a record of that kind.
func stated(kind rights.Kind, state string) rights.Text {
	for _, s := range stateOf[kind] {
		if string(s.Name) == state {
			return s.Title
		}
	}
	return term(aState, state)
}

// The states' names stand in the state machines, and what a command or event is
// called where nothing better is said above.
func init() {
	for _, m := range rights.Machines() {
		if kindOf[m.Entity] == "" {
			kindOf[m.Entity] = m.Kind
		}
		for _, state := range m.States {
			stateOf[m.Kind] = append(stateOf[m.Kind], state)
			if _, named := terms[aState][string(state.Name)]; !named { // the registry's words come first
				terms[aState][string(state.Name)] = state.Title
			}
		}
	}
	for _, c := range rights.Commands() {
		if _, ok := deeds[c.Name]; !ok {
			deeds[c.Name] = deed{c.Title, rights.Text{Zh: c.Title.Zh + "：{}", En: c.Title.En + ": {}"}}
		}
	}
	for _, m := range rights.Machines() {
		for _, row := range m.Transitions {
			name := m.Entity + "." + row.Event
			if _, ok := deeds[name]; !ok { // what another entity's command does to this one
				deeds[name] = deed{rights.Text{Zh: m.Title.Zh + "状态变更", En: m.Title.En + " changed"}, rights.Text{Zh: "变更{}的状态", En: "changed the state of {}"}}
			}
		}
	}
}

// tone groups states by what they mean to a reader; a chip carries a sign for
// each beside its colour.
func tone(s rights.State) string {
	switch s {
	case "Active", "Valid", "Recorded", "Catalogued", "KeyActive", "InForce", "VALID", "ok",
		"Approved", "Listed", "Agreed", "Completed", "Accepted", "Effective", "Published", "Registered", "Attested", "Recognised", "Admitted", "Included", "Landed":
		return "good"
	case "PublicNotice":
		return "open"
	case "Submitted", "Applied", "UnderReview", "Supplementing", "CorrectionRequired", "ObjFiled":
		return "wait"
	case "Objected", "OnHold", "Suspended", "Adjusted", "failing":
		return "warn"
	case "Rejected", "Refused", "Expelled", "KeyRevoked", "ObjUpheld", "down":
		return "bad"
	}
	return "ended"
}
