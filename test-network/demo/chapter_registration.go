package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/datarights/datarights/chaincode/rights"
)

// applications: fingerprints are computed here, on the holder's machine; only
// digests leave.
func (s *story) applications(ctx context.Context) error {
	for _, t := range []struct {
		actor
		file, about string
		entry       rights.Catalogue
	}{{energy, energyFile, "energy", energyTable()}, {weather, weatherFile, "weather", weatherTable()}} {
		entry := t.entry
		fp, err := s.fingerprint(t.key, filepath.Join(s.DataDir, t.file))
		if err != nil {
			return err
		}
		s.tell(fmt.Sprintf("%s在本机计算 %s 的指纹：%d 行", t.zh, t.file, fp.RecordCount),
			fmt.Sprintf("%s fingerprints %s on its own machine: %d rows", t.en, t.file, fp.RecordCount), "内容根 content root "+fp.ContentRoot)
		if err := s.tag(ctx, t.actor, []*print{fp}); err != nil {
			return err
		}
		fp.into(&entry)
		r, err := s.do(ctx, step{name: t.key + "-catalogue", who: t.actor, zh: t.zh + "编目", en: t.en + " catalogues it", command: "resource.catalogue", body: entry})
		if err != nil {
			return err
		}
		if _, err := s.do(ctx, step{name: t.key + "-submit", who: t.actor, zh: t.zh + "申请三种权利的首次登记", en: t.en + " applies for the three rights",
			command: "registration.submit", body: submission(r.id(rights.KindResource), t.about)}); err != nil {
			return err
		}
	}
	_, err := s.do(ctx, step{name: "accept", who: registrar, zh: "登记岗受理两件申请", en: "the registrar accepts both cases", command: "registration.acceptBatch",
		body: map[string]any{"items": itemsOf("caseId", []string{s.id(energy.key+"-submit", rights.KindCase), s.id(weather.key+"-submit", rights.KindCase)})}})
	return err
}

// seriesCount is how many sub-series the weather company registers in bulk.
const seriesCount = 1000

// seriesApplications catalogues and applies for 1,000 sub-series under three
// signatures.
func (s *story) seriesApplications(ctx context.Context) error {
	prints, err := s.series(filepath.Join(s.DataDir, weatherFile))
	if err != nil {
		return err
	}
	s.tell(fmt.Sprintf("%s将天气表切成 %d 条逐小时子序列并逐一计算指纹", weather.zh, len(prints)),
		fmt.Sprintf("%s cuts the table into %d hourly sub-series and fingerprints each", weather.en, len(prints)), "")
	if err := s.tag(ctx, weather, prints); err != nil {
		return err
	}
	common := weatherTable()
	common.Name = ""
	var objects []string
	half := len(prints) / 2
	for part, some := range [][]*print{prints[:half], prints[half:]} {
		var items []any
		for i, p := range some {
			items = append(items, map[string]any{
				"name":     fmt.Sprintf("2010年西雅图气象行业逐小时常年值子序列%04d", part*half+i+1),
				"timeFrom": p.from, "timeTo": p.to, "recordCount": p.RecordCount, "sizeBytes": p.SizeBytes,
				"contentRoot": p.ContentRoot, "matchTag": p.tag.MatchTag, "tagAttestation": p.tag.TagAttestation,
			})
		}
		shared, err := trimmed(common, "name", "timeFrom", "timeTo", "recordCount", "sizeBytes", "contentRoot")
		if err != nil {
			return err
		}
		shared["tagEpoch"], shared["schemaHash"] = prints[0].tag.TagEpoch, prints[0].SchemaHash
		r, err := s.do(ctx, step{name: fmt.Sprintf("series-catalogue-%d", part+1), who: weather, zh: fmt.Sprintf("一个签名编目 %d 条子序列", len(items)),
			en: fmt.Sprintf("one signature catalogues %d sub-series", len(items)), command: "resource.catalogueBatch", body: map[string]any{"common": shared, "items": items}})
		if err != nil {
			return err
		}
		objects = append(objects, r.ids(rights.KindResource)...)
	}
	shared, err := trimmed(submission("", "weather series"), "objectId")
	if err != nil {
		return err
	}
	_, err = s.do(ctx, step{name: "series-submit", who: weather, zh: fmt.Sprintf("一个签名申请 %d 件首次登记", len(objects)),
		en: fmt.Sprintf("one signature applies for %d registrations", len(objects)), command: "registration.submitBatch", body: map[string]any{"common": shared, "items": itemsOf("objectId", objects)}})
	return err
}

// trimmed is a body as a map, without the fields that items bring themselves.
func trimmed(body any, without ...string) (map[string]any, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	for _, f := range without {
		delete(m, f)
	}
	return m, nil
}

func itemsOf(field string, ids []string) []any {
	items := make([]any, len(ids))
	for i, id := range ids {
		items[i] = map[string]string{field: id}
	}
	return items
}

func positive() *rights.Findings {
	yes := &rights.Finding{Positive: true, NoteHash: hashOf("demo reviewer's note")}
	return &rights.Findings{Description: yes, Source: yes, Rights: yes}
}

// objections: notice for all; the whole weather table's case is objected to and
// rejected. The notices of the others go on.
func (s *story) objections(ctx context.Context) error {
	first, second := s.id(energy.key+"-submit", rights.KindCase), s.id(weather.key+"-submit", rights.KindCase)
	series := s.receipts["series-submit"].ids(rights.KindCase)
	both := itemsOf("caseId", []string{first, second})
	notices := map[string]any{"findings": positive()}
	if err := s.all(ctx,
		step{name: "notice", who: registrar, zh: "首批两件三项审查结论均为肯定，同时公示 5 个工作日", en: "all findings on the first two cases positive: both go into public notice for five working days",
			command: "registration.publishNoticeBatch", body: map[string]any{"common": notices, "items": both}},
		step{name: "objection", who: energy, zh: "公示期内，" + energy.zh + "对整张天气表提出异议", en: "within the notice the energy company objects to the whole weather table",
			command: "registration.fileObjection", body: rights.FileObjection{CaseID: second, Reason: "表内含本公司风电场测风塔的观测值，权属未决",
				ReasonHash: hashOf("demo objection"), MaterialHashes: []string{hashOf("demo wind mast contract")}}},
		step{name: "series-accept", who: registrar, zh: fmt.Sprintf("登记岗一个签名受理 %d 件", len(series)), en: fmt.Sprintf("one signature accepts %d cases", len(series)),
			command: "registration.acceptBatch", body: map[string]any{"items": itemsOf("caseId", series)}},
		step{name: "series-notice", who: registrar, zh: fmt.Sprintf("一个签名公示 %d 件", len(series)), en: fmt.Sprintf("one signature publishes %d notices", len(series)),
			command: "registration.publishNoticeBatch", body: map[string]any{"common": notices, "items": itemsOf("caseId", series)}},
	); err != nil {
		return err
	}
	_, err := s.do(ctx, step{name: "objection-upheld", who: registrar, zh: "异议成立，整表申请不予登记（G3 权属争议未决）", en: "the objection is upheld: the whole-table case is rejected (G3, unresolved title)",
		command: "registration.decideObjection", body: rights.DecideObjection{ObjectionID: s.id("objection", rights.KindObjection), Outcome: "upheld", ConclusionHash: hashOf("demo conclusion")}})
	return err
}
