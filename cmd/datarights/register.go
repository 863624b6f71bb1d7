package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/fingerprint"
)

// registration is one run of register.
type registration struct {
	gateway    gatewayFlags
	signer     signerFlags
	print      fingerprintFlags
	tagGateway string
	entryFile  string
	entry      rights.Catalogue
	registrar  string
	kinds      []string
	papers     []string
	yes, again bool
	asJSON     bool
}

func newRegisterCommand() *cobra.Command {
	var r registration
	c := &cobra.Command{
		Use:   "register FILE",
		Short: "计算指纹、编目、申请登记，一步完成 / Fingerprint, catalogue and apply in one go",
		Long: `对本机文件计算指纹，取得平台匹配标签，编目为数据资源，并申请登记三种权利（或 --right 指定）。
文件与材料都不离开本机，只有哈希与签名指令离开。已签指令存于 FILE.datarights/；中断后重新运行，只会补做未完成的部分。
申请材料用 --paper 给出：本机文件（就地计算 SM3）或已有哈希；缺少的会在签名之前一并列出。

Fingerprints a file here, has the platform tag the digest, catalogues it and applies for the three rights (or those of --right).
Neither the file nor the papers leave this machine, only hashes and signed commands. Signed commands are kept in
FILE.datarights/: run again after an interruption, it does what is still to be done and nothing twice. Papers are local files
(hashed here) or hashes; those that are missing are listed before anything is signed.`,
		Example: `  datarights register iowa-electricity.csv --key energy.key --as 91320903MA0A00022Y#1 --registrar 91320900MA0A00073U \
    --name 2001-2017年爱荷华州电力行业净发电量统计表 --overview "按来源统计的年净发电量" --industry D44 --region 320903 \
    --time-from 2001-01-01 --time-to 2017-12-31 --grade 1 \
    --paper form=申请表.pdf --paper identity=营业执照.pdf --paper source=来源说明.pdf --paper sample=样本.csv \
    --paper description=数据说明.pdf --paper allocation=权利配置.pdf --paper commitment=承诺书.pdf --paper grading=分级报告.pdf`,
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{submitsAnnotation: "yes"},
		RunE:        func(c *cobra.Command, args []string) error { return r.run(c, args[0]) },
	}
	r.gateway.add(c)
	r.signer.add(c)
	r.print.add(c)
	f := c.Flags()
	f.StringVar(&r.tagGateway, "tag-gateway", "", "持有平台匹配标签密钥的网关，默认同 --gateway / gateway with the platform's key, `URL`")
	f.StringVar(&r.entryFile, "entry", "", "编目字段 JSON，选项优先 / `FILE` with catalogue fields; flags go before it")
	f.StringVar(&r.registrar, "registrar", "", "登记机构 / registrar's `USCC`")
	e := &r.entry
	f.StringVar(&e.Name, "name", "", "名称，含时间、地区、行业、内容、类型 / name: time, region, industry, content, data type")
	f.StringVar(&e.Overview, "overview", "", "概述 / overview")
	f.StringVar(&e.IndustryCode, "industry", "", "行业代码，如 D44 / GB/T 4754 industry code")
	f.StringVar(&e.RegionCode, "region", "", "行政区划代码，如 320902 / GB/T 2260 region code")
	f.StringVar(&e.RegionRange, "region-range", "Municipal", "地域范围 / International, National, Provincial, Municipal, County, BelowCounty")
	f.StringVar(&e.TimeFrom, "time-from", "", "数据起始日 / first day of the data, `DATE`")
	f.StringVar(&e.TimeTo, "time-to", "", "数据截止日 / last day of the data, `DATE`")
	f.StringVar(&e.UpdateFreq, "update", "Other", "更新频率 / RealTime, Daily, Weekly, Monthly, Yearly, OnDemand, Other")
	f.StringVar(&e.SubjectClass, "subject", "SubjectEnterprise", "数据主体 / SubjectPublic, SubjectEnterprise, SubjectPersonal")
	f.StringVar(&e.SourceType, "source", "SrcCollected", "来源 / SrcCollected, SrcAgreement, SrcCrawled, SrcDerived, SrcJoint")
	f.StringVar(&e.DataForm, "form", "", "数据形态，默认按格式 / Table, Text, Image, Video, Audio, Other")
	f.StringVar(&e.Structure, "structure", "", "结构，默认按格式 / Structured, SemiStructured, Unstructured")
	f.StringVar(&e.Level, "level", "LevelGeneral", "数据级别 / LevelGeneral, LevelImportant")
	f.Int64Var(&e.Grade, "grade", 1, "分级，一般数据 1 至 4 / grade, 1 to 4 for general data")
	f.StringVar(&e.PI, "pi", "None", "个人信息 / None, Anonymised, Deidentified, PersonalInfo, SensitivePI")
	f.StringArrayVar(&r.kinds, "right", nil, "holding、use、operation，可重复，默认三种 / repeatable; all three if not given")
	f.StringArrayVar(&r.papers, "paper", nil, "材料，可重复 / `PAPER=FILE|HASH`, repeatable")
	f.BoolVarP(&r.yes, "yes", "y", false, "不再确认 / do not ask")
	f.BoolVar(&r.again, "again", false, "上一申请已终结，重新申请 / apply anew after the earlier case ended")
	_ = c.MarkFlagRequired("registrar")
	addJSON(c, &r.asJSON)
	return c
}

// rightWords are the names --right takes.
var rightWords = map[string]rights.RightKind{"holding": rights.RightHolding, "use": rights.RightUse, "operation": rights.RightOperation}

func (r *registration) rightKinds() ([]rights.RightKind, error) {
	all := []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation}
	if len(r.kinds) == 0 {
		return all, nil
	}
	asked := map[rights.RightKind]bool{}
	for _, w := range r.kinds {
		k, ok := rightWords[strings.ToLower(strings.TrimPrefix(w, "Right"))]
		if !ok {
			return nil, misuse(fmt.Sprintf("--right %q 应为 holding、use 或 operation", w), fmt.Sprintf("--right %q must be holding, use or operation", w))
		}
		asked[k] = true
	}
	return slices.DeleteFunc(all, func(k rights.RightKind) bool { return !asked[k] }), nil
}

// readEntry completes the flags from --entry. A flag that was given stands.
func (r *registration) readEntry(c *cobra.Command) error {
	if r.entryFile != "" {
		text, err := readInput(c, r.entryFile, command.MaxSize)
		if err != nil {
			return err
		}
		given := r.entry
		if err := command.DecodeInto(bytes.TrimSpace(text), &r.entry); err != nil {
			return relocate(err, "entry")
		}
		for flag, keep := range map[string]func(){
			"name": func() { r.entry.Name = given.Name }, "overview": func() { r.entry.Overview = given.Overview },
			"industry": func() { r.entry.IndustryCode = given.IndustryCode }, "region": func() { r.entry.RegionCode = given.RegionCode },
			"region-range": func() { r.entry.RegionRange = given.RegionRange }, "time-from": func() { r.entry.TimeFrom = given.TimeFrom },
			"time-to": func() { r.entry.TimeTo = given.TimeTo }, "update": func() { r.entry.UpdateFreq = given.UpdateFreq },
			"subject": func() { r.entry.SubjectClass = given.SubjectClass }, "source": func() { r.entry.SourceType = given.SourceType },
			"form": func() { r.entry.DataForm = given.DataForm }, "structure": func() { r.entry.Structure = given.Structure },
			"level": func() { r.entry.Level = given.Level }, "grade": func() { r.entry.Grade = given.Grade }, "pi": func() { r.entry.PI = given.PI },
		} {
			if c.Flags().Changed(flag) {
				keep()
			}
		}
	}
	var missing []string
	for _, f := range []struct{ flag, value string }{{"--name", r.entry.Name}, {"--overview", r.entry.Overview}, {"--industry", r.entry.IndustryCode},
		{"--region", r.entry.RegionCode}, {"--time-from", r.entry.TimeFrom}, {"--time-to", r.entry.TimeTo}} {
		if f.value == "" {
			missing = append(missing, f.flag)
		}
	}
	if len(missing) > 0 {
		list := strings.Join(missing, " ")
		return misuse("编目还需要 "+list, "the catalogue entry still needs "+list)
	}
	return checkCode("--registrar", r.registrar)
}

func (r *registration) run(c *cobra.Command, file string) error {
	kinds, err := r.rightKinds()
	if err != nil {
		return err
	}
	if err := r.readEntry(c); err != nil {
		return err
	}
	papers, err := parsePapers(r.papers)
	if err != nil {
		return err
	}
	s, err := r.signer.load()
	if err != nil {
		return err
	}
	g, err := r.gateway.client(c)
	if err != nil {
		return err
	}
	tagAddress := r.tagGateway
	if tagAddress == "" {
		tagAddress = r.gateway.address()
	}
	tags, err := newClient(c, tagAddress)
	if err != nil {
		return err
	}
	ctx, cancel := r.gateway.patience(c.Context())
	defer cancel()
	rule, err := ruleInForce(ctx, g, "DRWG", time.Now().Unix())
	if err != nil {
		return err
	}
	if err := r.checkPapers(rule, kinds, papers); err != nil {
		return err
	}
	fp, salts, err := r.print.run(c, file)
	if err != nil {
		return err
	}
	r.describe(fp, papers)
	if err := r.confirm(c, s, fp, kinds, papers); err != nil {
		return err
	}
	// Fingerprinting and reading took their time; the gateway gets all of its own.
	ctx, cancel = r.gateway.patience(c.Context())
	defer cancel()
	return r.apply(ctx, c, registering{file: file, salts: salts, signer: s, gateway: g, tags: tags, rule: rule, print: fp, kinds: kinds, papers: papers})
}

// registering is what a run has found out before it signs anything.
type registering struct {
	file, salts   string
	signer        signer
	gateway, tags *client.Client
	rule          *rights.RuleProfile
	print         fingerprint.Result
	kinds         []rights.RightKind
	papers        []rights.Evidence
}

// checkPapers lists everything that is missing before anything is signed.
func (r *registration) checkPapers(rule *rights.RuleProfile, kinds []rights.RightKind, papers []rights.Evidence) error {
	probe := rights.Resource{Grade: r.entry.Grade, PI: r.entry.PI}
	missing := missingPapers(rights.RequiredPapers(rule, &probe, r.entry.SourceType, kinds, false), papers)
	if len(missing) == 0 {
		return nil
	}
	list := paperList(missing)
	return misuse(fmt.Sprintf("缺少 %d 份材料（DRWG 16），用 --paper 材料=文件 补上：\n%s", len(missing), list.zh),
		fmt.Sprintf("%d papers are missing (DRWG 16); add --paper PAPER=FILE for each:\n%s", len(missing), list.en))
}

// describe fills in what follows from the file and the papers.
func (r *registration) describe(fp fingerprint.Result, papers []rights.Evidence) {
	e := &r.entry
	e.ContentRoot, e.SchemaHash, e.RecordCount, e.SizeBytes = fp.ContentRoot, fp.SchemaHash, fp.RecordCount, fp.SizeBytes
	table := fp.Format != fingerprint.File
	if e.DataForm == "" {
		if e.DataForm = "Other"; table {
			e.DataForm = "Table"
		}
	}
	if e.Structure == "" {
		if e.Structure = "Unstructured"; table {
			e.Structure = "Structured"
		}
	}
	if i := slices.IndexFunc(papers, func(p rights.Evidence) bool { return p.DocType == rights.DocGrading }); i >= 0 && e.GradeReport.Hash == "" {
		e.GradeReport = papers[i]
	}
}

// confirm shows what is about to be declared; on a terminal it asks.
func (r *registration) confirm(c *cobra.Command, s signer, fp fingerprint.Result, kinds []rights.RightKind, papers []rights.Evidence) error {
	if r.asJSON {
		return nil
	}
	out := c.ErrOrStderr()
	fmt.Fprintln(out, "将以签名声明 About to declare under your signature:")
	e := r.entry
	t := table{}
	t.add("  主体 signer", s.kid())
	t.add("  名称 name", e.Name)
	t.add("  概述 overview", e.Overview)
	t.add("  行业·地区 industry, region", e.IndustryCode+" · "+e.RegionCode+" · "+e.RegionRange)
	t.add("  时间 time", e.TimeFrom+" … "+e.TimeTo)
	t.add("  来源 source", e.SourceType+" · "+e.SubjectClass)
	t.add("  分级·个人信息 grade, personal information", fmt.Sprintf("%s %d · %s", e.Level, e.Grade, e.PI))
	t.add("  记录 records", fmt.Sprintf("%d · %d bytes · %s · %s", fp.RecordCount, fp.SizeBytes, e.DataForm, e.Structure))
	t.add("  内容根 content root", fp.ContentRoot)
	var names []string
	for _, k := range kinds {
		names = append(names, kindTitles[string(k)])
	}
	t.add("  申请 applying for", strings.Join(names, ", "))
	t.add("  登记机构 registrar", r.registrar)
	for _, p := range papers {
		t.add("  材料 paper", join(p.DocType.Title().Zh, string(p.DocType), p.Hash))
	}
	if err := t.print(out); err != nil {
		return err
	}
	return askToSign(c, r.yes, "签名并提交？Sign and submit?")
}

// ruleInForce returns the newest published profile of that code.
func ruleInForce(ctx context.Context, g *client.Client, code string, now int64) (*rights.RuleProfile, error) {
	var best *rights.RuleProfile
	for p, err := range client.List[rights.RuleProfile](ctx, g, "/v1/parameters", url.Values{"type": {"profile"}, "code": {code}}) {
		if err != nil {
			return nil, err
		}
		if p.Code == code && p.From <= now && (best == nil || p.Ver > best.Ver) {
			best = &p
		}
	}
	if best == nil {
		return nil, fail("监管部门尚未公布规则参数 "+code+"，登记尚不能开始", "the regulator has not published the rule profile "+code+"; registration cannot begin yet", nil)
	}
	return best, nil
}

// registered is the outcome, as --json prints it.
type registered struct {
	Fingerprint fingerprint.Result `json:"fingerprint"`
	SaltsFile   string             `json:"saltsFile"`
	MatchTag    string             `json:"matchTag"`
	ResourceID  string             `json:"resourceId"`
	CaseID      string             `json:"caseId"`
	Case        json.RawMessage    `json:"case"`
	Catalogue   client.Receipt     `json:"catalogue"`
	Application client.Receipt     `json:"application"`
	DemoProfile bool               `json:"demoProfile,omitempty"`

	folder string // with the signed commands
}

// apply does what is still to be done of tag, catalogue entry and application.
func (r *registration) apply(ctx context.Context, c *cobra.Command, w registering) error {
	m, err := openMemory(w.file)
	if err != nil {
		return err
	}
	say := func(format string, args ...any) {
		if !r.asJSON {
			fmt.Fprintf(c.OutOrStdout(), format+"\n", args...)
		}
	}
	say("✓ 1 指纹 fingerprint         %s", w.print.ContentRoot)
	tag, err := r.tag(ctx, m, w)
	if err != nil {
		return err
	}
	say("✓ 2 匹配标签 match tag       %s", tag.MatchTag)
	entry := r.entry
	entry.MatchTag, entry.TagEpoch = tag.MatchTag, tag.TagEpoch
	entry.TagAttestation = &rights.TagAttestation{Kid: tag.TagAttestation.Kid, Signature: tag.TagAttestation.Signature, SketchHash: tag.TagAttestation.SketchHash}
	done := registered{Fingerprint: w.print, SaltsFile: w.salts, MatchTag: tag.MatchTag, DemoProfile: w.rule.Demo(), folder: m.dir}
	if done.Catalogue, err = m.perform(ctx, w.gateway, w.signer, "catalogue", "resource.catalogue", entry); err != nil {
		return err
	}
	if done.ResourceID, err = written(done.Catalogue, rights.KindResource); err != nil {
		return err
	}
	say("✓ 3 编目 catalogued          %s  %s", done.ResourceID, where(done.Catalogue))

	step := "submit"
	for _, k := range w.kinds {
		step += "-" + strings.ToLower(strings.TrimPrefix(string(k), "Right"))
	}
	if r.again {
		if err := m.setAside(step); err != nil {
			return err
		}
	}
	if done.Application, err = m.perform(ctx, w.gateway, w.signer, step, "registration.submit", rights.Submit{RegType: "RegFirst", RegistrarID: r.registrar,
		ObjectType: "Resource", ObjectID: done.ResourceID, RightKinds: w.kinds, Papers: w.papers}); err != nil {
		return err
	}
	if done.CaseID, err = written(done.Application, rights.KindCase); err != nil {
		return err
	}
	say("✓ 4 申请登记 applied         %s  %s", done.CaseID, where(done.Application))
	done.Case = r.readCase(ctx, w, done)
	if r.asJSON {
		return writeJSON(c.OutOrStdout(), done)
	}
	r.next(c, w.rule, done)
	return nil
}

// tag has the platform key the digest, once per content.
func (r *registration) tag(ctx context.Context, m memory, w registering) (client.MatchTag, error) {
	request := client.MatchTagRequest{HolderID: w.signer.id, Digest: w.print.OrderFreeDigest, ContentRoot: w.print.ContentRoot, Sketch: w.print.Sketch}
	if tag, ok := m.tagFor(request); ok {
		return tag, nil
	}
	session, err := w.tags.OpenSession(ctx, w.signer.key, w.signer.id, w.signer.keyNo)
	if err != nil {
		return client.MatchTag{}, err
	}
	in := w.tags.InSession(session)
	defer func() { _ = in.CloseSession(ctx) }() // it ends by itself
	tags, err := in.MatchTags(ctx, []client.MatchTagRequest{request})
	if err != nil {
		var p *client.Problem
		if errors.As(err, &p) && p.Code == string(rights.CodeNotFound) {
			return client.MatchTag{}, fail("此网关不持有平台匹配标签密钥；用 --tag-gateway 指定登记机构或交易机构的网关",
				"this gateway does not hold the platform's key; name the registrar's or the exchange's with --tag-gateway", nil)
		}
		return client.MatchTag{}, err
	}
	return tags[0], m.keepTag(request, tags[0])
}

// written is the id of the first record of a kind that a command wrote.
func written(r client.Receipt, kind rights.Kind) (string, error) {
	var result rights.Result
	if err := json.Unmarshal(r.Result, &result); err != nil {
		return "", fmt.Errorf("couldn't read the receipt of %s: %w", r.TxID, err)
	}
	for _, ref := range result.Records {
		if ref.Kind == kind {
			return ref.ID, nil
		}
	}
	return "", fmt.Errorf("couldn't read the receipt of %s: it names no %s", r.TxID, kind)
}

func where(r client.Receipt) string {
	text := "区块 block " + number(r.Block)
	if r.Replayed {
		text += " · 此前已完成 done before"
	}
	return text
}

// readCase reads the case as its applicant may. It is for the eye alone: what
// counts is done, so a failure here is none of the registration.
func (r *registration) readCase(ctx context.Context, w registering, done registered) json.RawMessage {
	reader := w.gateway.AtLeast(max(done.Catalogue.Block, done.Application.Block))
	if s, err := reader.OpenSession(ctx, w.signer.key, w.signer.id, w.signer.keyNo); err == nil {
		in := reader.InSession(s)
		defer func() { _ = in.CloseSession(ctx) }() // it ends by itself
		reader = in
	}
	var record json.RawMessage
	if _, err := reader.Get(ctx, "/v1/registrations/"+url.PathEscape(done.CaseID), nil, &record); err != nil {
		return json.RawMessage("null")
	}
	return record
}

// next says what happens now and by when.
func (r *registration) next(c *cobra.Command, rule *rights.RuleProfile, done registered) {
	out := c.OutOrStdout()
	var k rights.Case
	_ = json.Unmarshal(done.Case, &k) // nothing read: the general course is told
	fmt.Fprintf(out, "\n案件 case %s：%s\n接下来 What happens next:\n", done.CaseID, stateText(rights.KindCase, k.State))
	days := rule.Int
	switch k.State {
	case rights.StatePublicNotice, rights.StateObjected:
		fmt.Fprintf(out, "  公示至 public notice until: %s；其间任何主体可提异议 / anyone on the ledger may object until then\n", when(k.NoticeEndsAt))
	case rights.StateRecorded:
		fmt.Fprintf(out, "  已登记发证 registered; certificate: %s\n  datarights query certificates %s --verify\n", k.ResultCertNo, k.ResultCertNo)
	case rights.StateCorrectionRequired:
		fmt.Fprintf(out, "  请于 %s 前补正 / correct by then: %s\n", when(k.CorrectionDueAt), strings.Join(k.CorrectionList, "; "))
	case rights.StateRejected, rights.StateTerminated, rights.StateWithdrawn, rights.StateLapsed:
		fmt.Fprintf(out, "  案件已终结 the case has ended: %s %s\n  重新申请加 --again / --again applies anew\n", k.RejectGround, k.Reason)
	default:
		due := fmt.Sprintf("%d 个工作日内 / within %d working days", days(rights.ParamAcceptWorkdays), days(rights.ParamAcceptWorkdays))
		if k.AcceptDueAt > 0 {
			due = when(k.AcceptDueAt) + " 之前 / before then"
		}
		fmt.Fprintf(out, "  1 登记机构受理：%s；逾期未答复视为受理 silence is acceptance\n", due)
		fmt.Fprintf(out, "  2 审查 review：受理后 %d 个工作日内 within %d working days of acceptance\n", days(rights.ParamReviewWorkdays), days(rights.ParamReviewWorkdays))
		fmt.Fprintf(out, "  3 公示 public notice：%d 个工作日，其间任何主体可提异议 %d working days in which anyone may object\n", days(rights.ParamNoticeWorkdays), days(rights.ParamNoticeWorkdays))
		fmt.Fprintln(out, "  4 无异议即登记发证 without objection, the rights are recorded and a certificate is issued")
	}
	if s := days(rights.ParamDemoSeconds); s > 0 {
		fmt.Fprintf(out, "  注意：演示参数，一个工作日按 %d 秒计 / demo rules: a working day lasts %d seconds\n", s, s)
	}
	fmt.Fprintf(out, "  查看进度 follow it: datarights query registrations %s\n  请保存 keep: %s, %s\n", done.CaseID, done.folder, done.SaltsFile)
}
