package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	casefile "github.com/datarights/datarights/client/evidence"
	tabular "github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/client/watermark"
	"github.com/datarights/datarights/internal/fabricproof"
)

// leak: the buyer tries again with a table that is equal to nothing: less than
// half of the rows, shuffled, rounded, renamed, through another organisation's
// gateway. The gate cannot see it; the comparing does.
func (s *story) leak(ctx context.Context) error {
	fp, err := s.nearCopy(ctx)
	if err != nil {
		return err
	}
	entry := rights.Catalogue{
		Name: "2001-2017年新能源出力预测样本", Overview: "自称自行采集的预测样本。", SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected", IndustryCode: "D44", RegionCode: "320903", RegionRange: "County",
		TimeFrom: "2001-01-01", TimeTo: "2017-12-31", UpdateFreq: "Yearly", DataForm: "Table", Structure: "Structured", Level: "LevelGeneral", Grade: 1, PI: "None", GradeReport: paper(rights.DocGrading, "leak"),
	}
	fp.into(&entry)
	elsewhere := buyer
	elsewhere.gateway = "Bank"
	if _, err := s.do(ctx, step{name: "leak-catalogue", who: elsewhere, zh: "换个名称，经银行的网关以“自行采集”编目：内容与任何登记都不相等，账本接受", en: "and catalogues it under another name through the bank's gateway: equal to nothing registered, it is accepted",
		command: "resource.catalogue", body: entry}); err != nil {
		return err
	}
	committed := time.Now()
	resource := s.id("leak-catalogue", rights.KindResource)
	if _, err := s.do(ctx, step{name: "leak-submit", who: elsewhere, zh: "并申请登记三种权利，准备挂牌", en: "and applies for the rights over it, to list it", command: "registration.submit", body: submission(resource, "leak")}); err != nil {
		return err
	}
	alert, err := s.likeness(ctx, resource, committed)
	if err != nil {
		return err
	}
	if err := s.all(ctx,
		step{name: "leak-acknowledge", who: regulator, zh: "市数据局接收预警", en: "the bureau acknowledges the alert", command: "alert.acknowledge", body: rights.OfAlert{AlertID: alert}},
		step{name: "leak-investigate", who: regulator, zh: "开始调查，陈述期限起算", en: "and investigates; the time to be heard begins", command: "alert.investigate", body: rights.InvestigateAlert{AlertID: alert}},
	); err != nil {
		return err
	}
	if err := s.named(ctx, alert); err != nil {
		return err
	}
	if err := s.prove(ctx, alert); err != nil {
		return err
	}
	return s.bundle(ctx, alert)
}

// nearCopy makes the changed table and has its digest tagged.
func (s *story) nearCopy(ctx context.Context) (*print, error) {
	bought, err := readTable(s.file(sentFile))
	if err != nil {
		return nil, err
	}
	near, err := changed(bought)
	if err != nil {
		return nil, err
	}
	if err := near.write(s.file(nearFile)); err != nil {
		return nil, err
	}
	fp, err := s.fingerprint("near", s.file(nearFile))
	if err != nil {
		return nil, err
	}
	s.tell(fmt.Sprintf("%s再试：%d 行留 %d 行，打乱次序，发电量舍入到十位，列名、列序全改", buyer.zh, len(bought.rows), len(near.rows)),
		fmt.Sprintf("%s tries again: %d of %d rows, shuffled, the generation rounded to ten, every column renamed and moved", buyer.en, len(near.rows), len(bought.rows)), "run/demo/"+nearFile)
	return fp, s.tag(ctx, buyer, []*print{fp})
}

// likeness waits for the alert that the platform's gateways raise about a
// registration.
func (s *story) likeness(ctx context.Context, resource string, since time.Time) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		gateway, err := s.as(ctx, regulator, regulator.gateway)
		if err != nil {
			return "", err
		}
		for alert, err := range client.List[*rights.Alert](ctx, gateway, "/v1/alerts", nil) {
			if err != nil {
				return "", fmt.Errorf("no alert about %s: %w", resource, err)
			}
			if alert.TargetID != resource {
				continue
			}
			if alert.RuleCode != "AL-RESALE-MATCH" || !slices.Contains(alert.SubjectIDs, buyer.uscc) {
				return "", fmt.Errorf("the alert about %s is %s of %v", resource, alert.RuleCode, alert.SubjectIDs)
			}
			took := ""
			if seconds := alert.RaisedAt - since.Unix(); seconds >= 0 && seconds < 60 {
				took = fmt.Sprintf("编目后 %d 秒 %d s after it was catalogued", seconds, seconds)
			}
			s.tell("平台逐项比对新登记的内容，随即预警：它与该公司买到的产品高度相似，而其副本不许可转售", "the platform compares what is registered and alerts at once: it is like the product that this company bought, and its copy allows no resale",
				fmt.Sprintf("%s · %s · %s", alert.ID, alert.RuleCode, alert.Metric), took)
			return alert.ID, nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return "", fmt.Errorf("no alert about %s was raised: %w", resource, ctx.Err())
		}
	}
}

// named: the marks in the file name the buyer, and open the commitment that the
// ledger took before the delivery.
func (s *story) named(ctx context.Context, alert string) error {
	var t client.FileTrace
	var raw json.RawMessage
	err := s.remember("trace-report.json", &raw, func() error {
		k, err := s.markKey()
		if err != nil {
			return err
		}
		x, _, err := watermark.Extract(ctx, s.file(nearFile), k, tabular.Options{}, nil)
		if err != nil {
			return err
		}
		fp, err := s.fingerprint("near", s.file(nearFile))
		if err != nil {
			return err
		}
		gateway, err := s.as(ctx, regulator, platform.gateway)
		if err != nil {
			return err
		}
		_, raw, err = gateway.TraceFile(ctx, client.TraceRequest{Sketch: fp.Sketch, Digest: fp.OrderFreeDigest, Extraction: x})
		return err
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	if t.Suspect == nil || t.Suspect.HolderID != buyer.uscc || t.Suspect.Because != "mark" || len(t.Marks.Accused) != 1 {
		return fmt.Errorf("the trace suspects %+v by %+v", t.Suspect, t.Marks)
	}
	c, a := t.Candidates[0], t.Marks.Accused[0]
	s.tell(fmt.Sprintf("市数据局只凭这份文件追溯：来源是“%s”，%d‰ 的内容在其中", c.Name, c.Match.Permille), fmt.Sprintf("the bureau traces the file alone: its source is %s, of which it is %d permille", c.ID, c.Match.Permille), "datarights trace run/demo/"+nearFile+" --mark-key run/demo/"+markKeyFile)
	var path []string
	for _, p := range t.Suspect.Path {
		path = append(path, p.ID[:2]+" "+p.Party)
	}
	s.tell(fmt.Sprintf("残留的 %d 处水印指向唯一一份交付：%s；无辜者的码同样吻合的概率不超过 10^%d", t.Marks.Marks, buyer.zh, int(math.Ceil(a.Log10))),
		fmt.Sprintf("the %d marks left in it name one delivery, %s's; an innocent's code agrees as well with a probability of at most 10^%d", t.Marks.Marks, buyer.en, int(math.Ceil(a.Log10))), "路径 path "+strings.Join(path, " → "))
	_, err = s.do(ctx, step{name: "leak-open", who: regulator, zh: "以平台登记簿中的码与随机数打开交付前的承诺：正是这一份", en: "code and nonce from the platform's register open the commitment made before the delivery",
		command: "alert.openFingerprint", body: rights.OpenFingerprint{AlertID: alert, DeliveryID: a.DeliveryID, Code: a.Code, Nonce: a.Nonce}})
	return err
}

// prove: evidence is sealed, the suspect is heard, the finding is made and a
// measure taken.
func (s *story) prove(ctx context.Context, alert string) error {
	sample, err := os.ReadFile(s.file(nearFile))
	if err != nil {
		return err
	}
	report, err := os.ReadFile(s.file("trace-report.json"))
	if err != nil {
		return err
	}
	var captured int64
	if err := s.remember("captured.json", &captured, func() error { captured = time.Now().Unix() - 1; return nil }); err != nil {
		return err
	}
	var permille struct {
		Candidates []struct {
			Match struct {
				Permille int64 `json:"permille"`
			} `json:"match"`
		} `json:"candidates"`
	}
	if err := json.Unmarshal(report, &permille); err != nil {
		return err
	}
	item := func(name, kind, hash, method, zh, en string, share int64) step {
		return step{name: name, who: regulator, zh: zh, en: en, command: "evidence.collect", body: rights.CollectEvidence{CaseID: alert, Kind: kind, Hash: hash, CollectedAt: captured, Method: method, SealHash: hashOf("demo seal " + name), Permille: share}}
	}
	resource := s.id("leak-catalogue", rights.KindResource)
	if err := s.all(ctx,
		item("leak-offer", rights.EvidenceOffer, hashOf("demo capture of the registration "+resource), "公证抓取登记申请页", "固定要约：登记申请页的公证抓取", "the offer is captured by a notary", 0),
		item("leak-sample", rights.EvidenceSample, sm3Of(sample), "调取申请人提交核验的文件", "封存样本", "the sample is sealed", 0),
		item("leak-report", "SimilarityReport", sm3Of(report), "datarights trace", "封存追溯报告", "and the report of the trace", permille.Candidates[0].Match.Permille),
		step{name: "leak-heard", who: buyer, zh: buyer.zh + "陈述意见", en: buyer.en + " is heard", command: "alert.hear", body: rights.HearAlert{AlertID: alert, StatementHash: hashOf("demo statement of the buyer")}},
	); err != nil {
		return err
	}
	offer, items := s.id("leak-offer", rights.KindEvidence), []string{}
	for _, name := range []string{"leak-offer", "leak-sample", "leak-report"} {
		items = append(items, s.id(name, rights.KindEvidence))
	}
	var d rights.Delivery
	if err := s.read(ctx, buyer, "/v1/deliveries/"+s.id("delivery", rights.KindDelivery), &d); err != nil {
		return err
	}
	if err := s.all(ctx,
		step{name: "leak-confirm", who: regulator, zh: "认定：换壳登记（IR-3）。收到副本、当时不许可、时间先后、水印开启，缺一不可", en: "the finding: repackaging (IR-3); receipt, permission, order in time and opened mark are each required", command: "alert.confirm",
			body: rights.ConfirmAlert{AlertID: alert, IRCode: "IR-3", Finding: "以自行采集之名登记所购产品的改动副本", FindingHash: hashOf("demo finding"), EvidenceIDs: items, Proof: &rights.ResaleProof{CopyID: d.CopyID, OfferEvidenceID: offer}}},
		step{name: "leak-measure", who: regulator, zh: "采取措施：限制交易", en: "a measure: its trading is restricted", command: "measure.issue",
			body: rights.IssueMeasure{Type: rights.MeasureRestrictTrading, Domain: "data", TargetKind: rights.KindParticipant, TargetID: buyer.uscc, LegalBasis: "《数据安全法》第五十一条", DocumentHash: hashOf("demo decision to restrict"), AlertIDs: []string{alert}}},
	); err != nil {
		return err
	}
	return s.all(ctx,
		step{name: "leak-serve", who: regulator, zh: "送达", en: "served", command: "measure.serve", body: rights.ServeMeasure{MeasureID: s.id("leak-measure", rights.KindMeasure), ReceiptHash: hashOf("demo receipt of the restriction")}},
		step{name: "leak-dispose", who: regulator, zh: "预警处置完毕", en: "the alert is disposed of", command: "alert.dispose", body: rights.DisposeAlert{AlertID: alert, MeasureID: s.id("leak-measure", rights.KindMeasure)}},
	)
}

// caseFile is the bundle of the case.
const caseFile = "case.zip"

// bundle: the regulator exports the case, and it is verified with the roots
// alone, as a court would.
func (s *story) bundle(ctx context.Context, alert string) error {
	archive, err := os.ReadFile(s.file(caseFile))
	if errors.Is(err, fs.ErrNotExist) {
		archive, err = s.export(ctx, alert)
	}
	if err != nil {
		return err
	}
	contents, err := casefile.Describe(archive)
	if err != nil {
		return err
	}
	trust, err := fabricproof.LoadTrust(os.DirFS(s.Deployment.TrustDir()))
	if err != nil {
		return err
	}
	r := casefile.Verify(archive, trust)
	if !r.Holds() {
		return fmt.Errorf("the case's bundle does not verify: %+v", r.Findings)
	}
	s.tell(fmt.Sprintf("导出证据包：E1 至 E10，%d 个记录、%d 个区块，SM2 签名；缺项照实列明：%s", contents.Records, contents.Blocks, strings.Join(r.Gaps, "、")),
		fmt.Sprintf("the case is exported: E1 to E10, %d records, %d blocks, signed with SM2; what is missing is named: %s", contents.Records, contents.Blocks, strings.Join(r.Gaps, ", ")), s.file(caseFile))
	s.tell(fmt.Sprintf("法院的机器不联网，只凭各机构根证书核验：%d 项已证明，%d 项仅为陈述，无一不成立", r.Proven, r.Asserted),
		fmt.Sprintf("a court's machine without a network verifies it with the organisations' roots alone: %d proven, %d only asserted, none failed", r.Proven, r.Asserted),
		"datarights verify run/demo/"+caseFile+" --trust run/trust")
	return nil
}

func (s *story) export(ctx context.Context, alert string) ([]byte, error) {
	key, err := s.key(regulator)
	if err != nil {
		return nil, err
	}
	gateway, err := s.as(ctx, regulator, regulator.gateway)
	if err != nil {
		return nil, err
	}
	order := casefile.Order{AlertID: alert, Key: key, ParticipantID: regulator.uscc, KeyNo: regulator.keyNo, Gateway: s.url(regulator.gateway), Now: time.Now()}
	for _, name := range []string{nearFile, "trace-report.json"} {
		content, err := os.ReadFile(s.file(name))
		if err != nil {
			return nil, err
		}
		order.Attachments = append(order.Attachments, casefile.Attachment{Name: filepath.Base(name), Content: content, Role: casefile.RoleAttach})
	}
	keeper, err := s.as(ctx, regulator, platform.gateway)
	if err != nil {
		return nil, err
	}
	sketches, err := casefile.Sketches(ctx, gateway, keeper, alert)
	if err != nil {
		return nil, err
	}
	if len(sketches) < 2 {
		return nil, fmt.Errorf("%d sketches are kept of the case, want the version's and the copy's", len(sketches))
	}
	order.Attachments = append(order.Attachments, sketches...)
	archive, err := casefile.Export(ctx, casefile.Gateway{Client: gateway}, order)
	if err != nil {
		return nil, err
	}
	return archive, os.WriteFile(s.file(caseFile), archive, 0o600)
}
