package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// The scenario that the developer is granted public data for, and what of it a
// buyer may use the product for.
const (
	scenarioCode = "SC-green-credit"
	purposeCode  = "green-credit"
	ceilingFen   = 20_000_00 // for one year's table
)

// days after the beginning of the story.
func (s *story) days(n int64) int64 { return s.start + n*86400 }

func publicPapers(about string) []rights.Evidence {
	var list []rights.Evidence
	for _, d := range []rights.DocType{rights.DocForm, rights.DocIdentity, rights.DocSource, rights.DocDescription, rights.DocCommitment, rights.DocGrading} {
		list = append(list, paper(d, about))
	}
	return list
}

// publicData: a department's raw data carries no property rights. It is
// catalogued, registered as public data, and its operation is put to the public.
func (s *story) publicData(ctx context.Context) error {
	hourly, err := readTable(filepath.Join(s.DataDir, weatherFile))
	if err != nil {
		return err
	}
	wind, err := daily(hourly)
	if err != nil {
		return err
	}
	if err := wind.write(s.file(windFile)); err != nil {
		return err
	}
	fp, err := s.fingerprint(department.key, s.file(windFile))
	if err != nil {
		return err
	}
	s.tell(fmt.Sprintf("%s在本机计算日均风速表的指纹：%d 行", department.zh, fp.RecordCount), fmt.Sprintf("%s fingerprints its table of daily wind on its own machine: %d rows", department.en, fp.RecordCount),
		"内容根 content root "+fp.ContentRoot)
	if err := s.tag(ctx, department, []*print{fp}); err != nil {
		return err
	}
	entry := rights.Catalogue{
		Name: "2010年盐城市气象行业日均风速统计表", Overview: "由逐小时气候常年值汇总的日均风速，单位分米每秒。", SubjectClass: "SubjectPublic", PublicKind: "GovDuty", SourceUnitID: department.uscc,
		SourceType: "SrcCollected", IndustryCode: "M74", RegionCode: "320900", RegionRange: "Municipal", TimeFrom: "2010-01-01", TimeTo: "2010-12-31", UpdateFreq: "Yearly",
		DataForm: "Table", Structure: "Structured", Level: "LevelGeneral", Grade: 2, PI: "None", GradeReport: paper(rights.DocGrading, "wind"),
	}
	fp.into(&entry)
	r, err := s.do(ctx, step{name: "wind-catalogue", who: department, zh: department.zh + "编目：党政机关原始公共数据，2 级", en: department.en + " catalogues it: raw public data of grade 2",
		command: "resource.catalogue", body: entry})
	if err != nil {
		return err
	}
	object := r.id(rights.KindResource)
	if err := s.refused(ctx, step{name: "wind-rights", who: department, zh: "试图以它登记三种数据产权", en: "and would register property rights over it",
		command: "registration.submit", body: submission(object, "wind")}, rights.CodeBasis); err != nil {
		return err
	}
	public := rights.Submit{RegType: "RegFirst", Profile: "PUBLIC", RegistrarID: registrar.uscc, ObjectType: "Resource", ObjectID: object, Papers: publicPapers("wind")}
	if err := s.together(ctx,
		step{name: "wind-submit", who: department, zh: "而是申请公共数据资源登记（发改数据规〔2025〕26号）", en: "it applies for registration as public data instead", command: "registration.submit", body: public},
		step{name: "l1-propose", who: implementing, zh: implementing.zh + "拟将其一级授权给" + operating.zh + "运营：可再授权，产业用途收费不高于 20,000 元",
			en:      implementing.en + " proposes to grant it to " + operating.en + " (L1): to be granted on; for industrial use at most 20,000 yuan",
			command: "grant.propose", body: s.firstGrant(object)},
	); err != nil {
		return err
	}
	caseID := s.id("wind-submit", rights.KindCase)
	if err := s.all(ctx, step{name: "wind-accept", who: registrar, zh: "登记岗受理", en: "the registrar accepts", command: "registration.accept", body: rights.OfCase{CaseID: caseID}}); err != nil {
		return err
	}
	return s.together(ctx,
		step{name: "wind-notice", who: registrar, zh: "公示 10 个工作日", en: "public notice for ten working days", command: "registration.publishNotice",
			body: map[string]any{"caseId": caseID, "findings": positive()}},
		step{name: "l1-publish", who: implementing, zh: "授权方案公示 5 个工作日", en: "and notice of the grant for five", command: "grant.publish",
			body: rights.PublishGrant{GrantID: s.id("l1-propose", rights.KindGrant), NoticeText: "拟授权盐城市公共数据运营有限公司运营日均风速统计表，用于绿色信贷风控。"}},
	)
}

// scope of the grants over the bureau's table.
func (s *story) scope(object string, days int64, calls int64, actions ...rights.Action) rights.Scope {
	return rights.Scope{ObjectIDs: []string{object}, Purposes: []string{purposeCode}, Regions: []string{"3209"}, Industries: []string{"*"}, Actions: actions, MaxGrade: 3,
		Envs: []rights.Env{rights.EnvTEE, rights.EnvMPC, rights.EnvSandbox, rights.EnvClientFile}, Quota: []rights.Amount{{Unit: "Calls", Qty: calls}}, From: s.start, To: s.days(days)}
}

func (s *story) firstGrant(object string) rights.ProposeGrant {
	return rights.ProposeGrant{Tier: rights.GrantL1, GranteeID: operating.uscc, RegionCode: "320900", Mode: "Domain",
		Scope:    s.scope(object, 300, 1000, rights.ActQuery, rights.ActProcess, rights.ActFuse, rights.ActDerive, rights.ActProvide, rights.ActSubGrant),
		PlanHash: hashOf("demo implementation plan"), DecisionRef: hashOf("demo collective decision"), AgreementHash: hashOf("demo agreement L1"), Selection: "OpenTender",
		FeeRule: rights.FeeRule{UseClass: "Industry", CeilingFen: ceilingFen, Unit: "份"}}
}

// secondGrant fixes how the proceeds are shared; the trade is held to it.
func (s *story) secondGrant(object string) rights.ProposeGrant {
	g := s.firstGrant(object)
	g.Tier, g.ParentGrantID, g.GranteeID, g.Mode, g.ScenarioIDs = rights.GrantL2, s.id("l1-propose", rights.KindGrant), developer.uscc, "Scenario", []string{scenarioCode}
	g.AdmissionID, g.AgreementHash, g.RevenueShares = s.id("admission", rights.KindAdmission), hashOf("demo agreement L2"), shares()
	g.Scope = s.scope(object, 200, 600, rights.ActQuery, rights.ActProcess, rights.ActFuse, rights.ActDerive, rights.ActProvide)
	return g
}

// shares of the proceeds: the developer's, the operating body's and the
// treasury's, whose account the implementing body keeps.
func shares() []rights.SettlementLine {
	return []rights.SettlementLine{
		{PayeeID: developer.uscc, Role: "Developer", Bps: 6500},
		{PayeeID: operating.uscc, Role: "OperatingBody", Bps: 2000},
		{PayeeID: implementing.uscc, Role: "Treasury", Bps: 1500},
	}
}

// grants: with the code the first grant is signed by both sides, and the second
// is put to the public.
func (s *story) grants(ctx context.Context) error {
	caseID, first, object := s.id("wind-submit", rights.KindCase), s.id("l1-propose", rights.KindGrant), s.id("wind-catalogue", rights.KindResource)
	if err := s.awaitNotice(ctx, caseID); err != nil {
		return err
	}
	if err := s.awaitGrant(ctx, first); err != nil {
		return err
	}
	code := "GG320900-" + time.Unix(s.start, 0).UTC().Format("200601") + "-0001"
	agreement := hashOf("demo agreement L1")
	if err := s.all(ctx,
		step{name: "wind-code", who: registrar, zh: "公示期满，发放公共数据资源登记码 " + code, en: "the notice is over: the public-data code is issued", command: "registration.issueCode",
			body: rights.IssueCode{CaseID: caseID, PublicRegCode: code}},
		step{name: "l1-sign-1", who: implementing, zh: implementing.zh + "签署一级授权协议", en: implementing.en + " signs the first-level grant", command: "grant.sign", body: rights.SignGrant{GrantID: first, AgreementHash: agreement}},
		step{name: "l1-sign-2", who: operating, zh: operating.zh + "签署同一协议，一级授权生效", en: operating.en + " signs the same agreement: it takes effect", command: "grant.sign",
			body: rights.SignGrant{GrantID: first, AgreementHash: agreement}},
		step{name: "admission", who: operating, zh: operating.zh + "准入开发主体" + developer.zh, en: operating.en + " admits the developer", command: "admission.admit",
			body: rights.Admit{DeveloperID: developer.uscc, Rule: "开发主体准入规则", Evidence: evidence("developer's application"), ValidFrom: s.start, ValidTo: s.days(300)}},
	); err != nil {
		return err
	}
	if _, err := s.do(ctx, step{name: "l2-propose", who: operating, zh: "按“绿色信贷风控”一个场景拟二级授权：600 次调用，收益分成 65 : 20 : 15",
		en: "and proposes to grant it on for one scenario (L2): 600 calls, proceeds shared 65 : 20 : 15", command: "grant.propose", body: s.secondGrant(object)}); err != nil {
		return err
	}
	_, err := s.do(ctx, step{name: "l2-publish", who: operating, zh: "二级授权公示 5 个工作日", en: "with five working days of notice", command: "grant.publish",
		body: rights.PublishGrant{GrantID: s.id("l2-propose", rights.KindGrant), NoticeText: "拟按绿色信贷风控场景授权绿能信用科技有限公司。"}})
	return err
}

// awaitGrant waits until a grant's notice has ended.
func (s *story) awaitGrant(ctx context.Context, id string) error {
	var g rights.Grant
	if err := s.get(ctx, regulator.gateway, "/v1/grants/"+id, nil, &g); err != nil {
		return err
	}
	if g.State != rights.StatePublished {
		return nil
	}
	return s.wait(ctx, g.NoticeEndsAt, "授权公示", "the notice of the grant runs")
}
