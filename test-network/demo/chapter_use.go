package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// energyRights are the three rights of the energy company, by their kinds.
func (s *story) energyRights(ctx context.Context) (map[rights.RightKind]rights.Right, error) {
	return s.rightsOf(ctx, "record")
}

// rightsOf are the rights that a step recorded.
func (s *story) rightsOf(ctx context.Context, recorded string) (map[rights.RightKind]rights.Right, error) {
	found := map[rights.RightKind]rights.Right{}
	for _, id := range s.receipts[recorded].ids(rights.KindRight) {
		var r rights.Right
		if err := s.get(ctx, exchange.gateway, "/v1/rights/"+id, nil, &r); err != nil {
			return nil, err
		}
		found[r.Kind] = r
	}
	return found, nil
}

// fusion: the developer may use the bureau's table under its grant and the
// energy company's under its operation right, both in a trusted environment and
// under meter. Neither table reaches it: what it gets is what it fused.
func (s *story) fusion(ctx context.Context) error {
	second, wind := s.id("l2-propose", rights.KindGrant), s.id("wind-catalogue", rights.KindResource)
	if err := s.awaitGrant(ctx, second); err != nil {
		return err
	}
	agreement := hashOf("demo agreement L2")
	if err := s.all(ctx,
		step{name: "l2-sign-1", who: operating, zh: operating.zh + "签署二级授权协议", en: operating.en + " signs the second-level grant", command: "grant.sign", body: rights.SignGrant{GrantID: second, AgreementHash: agreement}},
		step{name: "l2-sign-2", who: developer, zh: developer.zh + "签署，二级授权生效；用量从一级授权中划出", en: developer.en + " signs: it takes effect, its quota taken out of the first", command: "grant.sign",
			body: rights.SignGrant{GrantID: second, AgreementHash: agreement}},
	); err != nil {
		return err
	}
	own, err := s.energyRights(ctx)
	if err != nil {
		return err
	}
	operation := own[rights.RightOperation]
	use := []rights.Action{rights.ActQuery, rights.ActProcess, rights.ActFuse, rights.ActDerive, rights.ActProvide}
	publicScope := s.scope(wind, 90, 100, use...)
	publicScope.Envs = []rights.Env{rights.EnvTEE}
	energyScope := rights.Scope{ObjectIDs: []string{operation.ObjectID}, Purposes: []string{purposeCode}, Regions: []string{"3209"}, Industries: []string{"*"}, Actions: use, MaxGrade: 2,
		Envs: []rights.Env{rights.EnvTEE}, Quota: []rights.Amount{{Unit: "Runs", Qty: 10}}, From: operation.ValidFrom, To: s.days(90)}
	if err := s.together(ctx,
		step{name: "permit-public", who: developer, zh: developer.zh + "凭二级授权申请使用公共数据：仅 TEE，100 次调用", en: developer.en + " asks to use the public data under its grant: TEE only, 100 calls",
			command: "permit.request", body: rights.RequestPermit{BasisID: second, Scope: publicScope, PlatformID: platform.uscc, OutputRule: "ResultsOnly", PurposeHash: hashOf("demo purpose"), ScenarioID: scenarioCode}},
		step{name: "permit-energy", who: developer, zh: "并申请使用能源公司的发电量表：仅 TEE，10 次作业", en: "and the energy company's table: TEE only, 10 runs",
			command: "permit.request", body: rights.RequestPermit{BasisID: operation.ID, Scope: energyScope, PlatformID: platform.uscc, OutputRule: "ResultsOnly", PurposeHash: hashOf("demo purpose"), ScenarioID: scenarioCode}},
	); err != nil {
		return err
	}
	publicPermit, energyPermit := s.id("permit-public", rights.KindPermit), s.id("permit-energy", rights.KindPermit)
	if err := s.together(ctx,
		// The grantee of a grant is its permits' grantor: within its grant the developer lets itself use.
		step{name: "permit-public-approve", who: developer, zh: "公共数据许可在二级授权内自行核准", en: "the public data's permit stands within the grant", command: "permit.approve", body: rights.PermitWithReason{PermitID: publicPermit}},
		step{name: "permit-energy-approve", who: energy, zh: energy.zh + "许可", en: energy.en + " permits it", command: "permit.approve", body: rights.PermitWithReason{PermitID: energyPermit}},
	); err != nil {
		return err
	}
	return s.fuse(ctx, wind, publicPermit, operation, energyPermit)
}

// fuse runs the job and writes down what it made of what, and how much it used.
func (s *story) fuse(ctx context.Context, wind, publicPermit string, operation rights.Right, energyPermit string) error {
	energyTable, err := readTable(filepath.Join(s.DataDir, energyFile))
	if err != nil {
		return err
	}
	windTable, err := readTable(s.file(windFile))
	if err != nil {
		return err
	}
	product, err := fused(energyTable, windTable)
	if err != nil {
		return err
	}
	if err := product.write(s.file(productFile)); err != nil {
		return err
	}
	fp, err := s.fingerprint("product", s.file(productFile))
	if err != nil {
		return err
	}
	s.tell(fmt.Sprintf("平台的可信执行环境融合两表：按每日风速分摊可再生能源发电量，%d 行", fp.RecordCount),
		fmt.Sprintf("the platform's trusted environment fuses the two: generation from renewables by day, %d rows", fp.RecordCount), "内容根 content root "+fp.ContentRoot)
	var windResource, energyResource rights.Resource
	for id, into := range map[string]*rights.Resource{wind: &windResource, operation.ObjectID: &energyResource} {
		if err := s.get(ctx, exchange.gateway, "/v1/resources/"+id, nil, into); err != nil {
			return err
		}
	}
	now := time.Now().Unix() - 1
	if _, err := s.do(ctx, step{name: "lineage", who: developer, zh: "记录血缘：两项输入、各自的许可、环境证明、差异报告；产出 2 级（就高）", en: "lineage is recorded: both inputs, their permits, the attestation, the difference report; output of grade 2, the higher",
		command: "lineage.record", body: rights.RecordLineage{
			Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: fp.ContentRoot, Grade: 2}},
			Inputs: []rights.InputUsed{
				{Type: "Resource", ID: wind, Version: 1, ContentRoot: windResource.Versions[0].ContentRoot, PermissionRef: publicPermit},
				{Type: "Resource", ID: operation.ObjectID, Version: 1, ContentRoot: energyResource.Versions[0].ContentRoot, PermissionRef: energyPermit},
			},
			Op: "OpFuse", Substantive: true, PlatformID: platform.uscc, Env: rights.EnvTEE, EnvAttestation: hashOf("demo TEE quote"), CodeHash: hashOf("demo fusion code"),
			StartedAt: max(operation.ValidFrom, now-1), FinishedAt: max(operation.ValidFrom, now), NonRaw: true, Inspection: evidence("inspection of the output"), DiffReport: evidence("difference report"),
		}}); err != nil {
		return err
	}
	metered := func(seq, from, to, calls int64) rights.RecordMeter {
		return rights.RecordMeter{PermitID: publicPermit, Seq: seq, PeriodFrom: from, PeriodTo: to, Items: []rights.Amount{{Unit: "Calls", Qty: calls}}, JobRoot: hashOf("demo job log")}
	}
	first := metered(1, s.start, now, 80)
	first.OutputHashes = []string{fp.ContentRoot}
	if err := s.together(ctx,
		step{name: "lineage-attest", who: platform, zh: "平台会签血缘", en: "the platform countersigns it", command: "lineage.attest", body: rights.LineageVerdict{LineageID: s.id("lineage", rights.KindLineage), Hash: hashOf("demo attestation")}},
		step{name: "meter", who: platform, zh: "平台以自己的密钥计量：用去 80 次", en: "and meters with its own key: 80 calls used", command: "meter.record", body: first},
	); err != nil {
		return err
	}
	return s.refused(ctx, step{name: "meter-over", who: platform, zh: "再计 30 次则超出 100 次限额", en: "another 30 would exceed the 100 permitted", command: "meter.record", body: metered(2, now, now+1, 30)}, rights.CodeQuota)
}
