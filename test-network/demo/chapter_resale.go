package demo

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// resale: the buyer passes what it bought off as its own.
func (s *story) resale(ctx context.Context) error {
	bought, err := readTable(s.file(sentFile))
	if err != nil {
		return err
	}
	content, err := disguised(bought)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file(resoldFile), content, 0o600); err != nil {
		return err
	}
	fp, err := s.fingerprint("resold", s.file(resoldFile))
	if err != nil {
		return err
	}
	if err := s.tag(ctx, buyer, []*print{fp}); err != nil {
		return err
	}
	var d rights.Delivery
	if err := s.read(ctx, buyer, "/v1/deliveries/"+s.id("delivery", rights.KindDelivery), &d); err != nil {
		return err
	}
	if fp.tag.MatchTag != d.MatchTag || fp.ContentRoot == d.ContentRoot {
		return fmt.Errorf("the disguised table is tagged %s, the delivery %s", fp.tag.MatchTag, d.MatchTag)
	}
	s.tell(buyer.zh+"把买来的 CSV 转成 JSON，改列名、换列序、倒排行", buyer.en+" turns the CSV it bought into JSON, renames and swaps the columns, reverses the rows",
		"内容根不同，匹配标签相同 another content root, the same match tag "+fp.tag.MatchTag)
	entry := rights.Catalogue{
		Name: "2001-2017年本公司电力行业自采数据统计表", Overview: "自称自行采集。", SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected", IndustryCode: "D44", RegionCode: "320903", RegionRange: "County",
		TimeFrom: "2001-01-01", TimeTo: "2017-12-31", UpdateFreq: "Yearly", DataForm: "Table", Structure: "Structured", Level: "LevelGeneral", Grade: 1, PI: "None", GradeReport: paper(rights.DocGrading, "resale"),
	}
	fp.into(&entry)
	if err := s.refused(ctx, step{name: "resale", who: buyer, zh: "以“自行采集”编目，准备登记、挂牌", en: "and catalogues it as collected by itself, to register and list it", command: "resource.catalogue", body: entry}, rights.CodeResale); err != nil {
		return err
	}
	return s.alerts(ctx)
}

// alerts: a refused command leaves nothing on the ledger; the platform's gateway
// tells the regulator of it in a command of its own.
func (s *story) alerts(ctx context.Context) error {
	var raised []string
	missing := map[string]bool{"AL-RESALE-ATTEMPT": true, "AL-PRICE": true, "AL-QUOTA": true}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var found *rights.Alert
	for len(missing) > 0 {
		gateway, err := s.as(ctx, regulator, regulator.gateway)
		if err != nil {
			return err
		}
		raised = nil
		for alert, err := range client.List[*rights.Alert](ctx, gateway, "/v1/alerts", nil) {
			if err != nil {
				return err
			}
			if alert.RuleCode == "AL-RESALE-ATTEMPT" {
				found = alert
			}
			if !slices.Contains(raised, alert.RuleCode) {
				raised = append(raised, alert.RuleCode)
			}
			delete(missing, alert.RuleCode)
		}
		if len(missing) == 0 {
			break
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the gateways raised no alerts %v: %w", missing, ctx.Err())
		}
	}
	s.tell("网关随即向市数据局预警 AL-RESALE-ATTEMPT；此前的超价、超量亦已预警", "the gateway alerts the data bureau at once, AL-RESALE-ATTEMPT; as it did of the price and the quota before",
		fmt.Sprintf("%s · %s · 引用被拒命令 cites the refused command %s…", found.ID, found.RuleCode, found.RefusedTx[:min(20, len(found.RefusedTx))]),
		fmt.Sprintf("GET %s/v1/alerts · %s", s.url(regulator.gateway), strings.Join(raised, ", ")))
	return s.traced(ctx)
}

// traced: the regulator sees what came of the bureau's raw table, and who has it.
func (s *story) traced(ctx context.Context) error {
	gateway, err := s.as(ctx, regulator, regulator.gateway)
	if err != nil {
		return err
	}
	object := s.id("wind-catalogue", rights.KindResource)
	counts := map[rights.Kind]int{}
	type descendant struct {
		Kind rights.Kind `json:"kind"`
	}
	for d, err := range client.List[descendant](ctx, gateway, "/v1/trace/forward", url.Values{"object": {object}}) {
		if err != nil {
			return err
		}
		counts[d.Kind]++
	}
	for _, kind := range []rights.Kind{rights.KindLineage, rights.KindProduct, rights.KindListing, rights.KindCopy} {
		if counts[kind] == 0 {
			return fmt.Errorf("the trace of %s finds no %s: %v", object, kind, counts)
		}
	}
	s.tell("市数据局向前溯源气象局的原始数据：一项血缘、一个产品、一次挂牌、一份副本，副本的持有人即被拒者", "the bureau traces the weather bureau's raw data forward: one lineage record, one product, one listing, one copy, held by whoever was refused",
		fmt.Sprintf("GET %s/v1/trace/forward?object=%s", s.url(regulator.gateway), object))
	return nil
}
