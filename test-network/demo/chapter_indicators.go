package demo

import (
	"context"
	"fmt"
	"net/url"

	"github.com/datarights/datarights/chaincode/rights"
)

// shownIndicators are those the story computes.
var shownIndicators = []string{"IN-01Y", "IN-01C", "IN-02", "IN-03L", "IN-03E", "IN-03K", "IN-06"}

// computed is a gateway's answer to what an indicator comes to.
type computed struct {
	Code        string           `json:"code"`
	Definition  rights.Indicator `json:"definition"`
	AsOf        int64            `json:"asOf"`
	PeriodFrom  string           `json:"periodFrom"`
	PeriodTo    string           `json:"periodTo"`
	Value       int64            `json:"value"`
	Num         int64            `json:"num"`
	Den         int64            `json:"den"`
	Permille    int64            `json:"permille"`
	InputRoot   string           `json:"inputRoot"`
	InputCount  int64            `json:"inputCount"`
	BlockHeight int64            `json:"blockHeight"`
}

// snapshot is the body of its snapshot.compute.
func (v *computed) snapshot() (rights.ComputeSnapshot, error) {
	b := rights.ComputeSnapshot{Code: v.Code, DefVersion: v.Definition.Ver, AsOf: v.AsOf, ValueInt: v.Value, Num: v.Num, Den: v.Den, Permille: v.Permille,
		InputRoot: v.InputRoot, InputCount: v.InputCount, BlockHeight: v.BlockHeight}
	if v.PeriodFrom == "" {
		return b, nil
	}
	from, ok := rights.ParseDate(v.PeriodFrom)
	to, also := rights.ParseDate(v.PeriodTo)
	if !ok || !also {
		return b, fmt.Errorf("%s: the gateway answered the period %q to %q", v.Code, v.PeriodFrom, v.PeriodTo)
	}
	b.PeriodFrom, b.PeriodTo = from, to+24*3600-1
	return b, nil
}

// withheld reports whether the value stays off the ledger: it would tell what a
// single contract is worth.
func (v *computed) withheld() bool { return v.Definition.Withheld(v.InputCount) }

// indicators: the Exchange's gateway computes them from its own index and
// private collection; the data bureau's computes them again from its own, as of
// the same block, and what is the same is confirmed and published.
func (s *story) indicators(ctx context.Context) error {
	if err := s.scenario(ctx); err != nil {
		return err
	}
	var values []computed
	if err := s.remember("indicators.json", &values, func() error {
		gateway, err := s.as(ctx, exchange, exchange.gateway)
		if err != nil {
			return err
		}
		for _, code := range shownIndicators {
			var v computed
			if _, err := gateway.Get(ctx, "/v1/indicators/"+code+"/value", nil, &v); err != nil {
				return fmt.Errorf("%s: %w", code, err)
			}
			values = append(values, v)
		}
		return nil
	}); err != nil {
		return err
	}
	var items []any
	for i := range values {
		b, err := values[i].snapshot()
		if err != nil {
			return err
		}
		if values[i].withheld() { // a sum over one contract is its price
			kept := b
			if _, b.Commitment, err = s.secret("indicator-"+kept.Code, map[string]any{"code": kept.Code, "asOf": kept.AsOf, "inputRoot": kept.InputRoot, "valueInt": kept.ValueInt}); err != nil {
				return err
			}
			b.ValueInt, b.Num, b.Den, b.Permille = 0, 0, 0, 0
		}
		items = append(items, b)
	}
	r, err := s.do(ctx, step{name: "snapshots", who: exchangeBot, zh: fmt.Sprintf("交易中心平台计算 %d 项指标：值与输入清单的根上账", len(items)),
		en: fmt.Sprintf("the Exchange's platform computes %d indicators: values and the roots of their inputs go on the ledger", len(items)), command: "snapshot.computeBatch", body: map[string]any{"items": items}})
	if err != nil {
		return err
	}
	ids := r.ids(rights.KindSnapshot)
	confirmed, err := s.recomputed(ctx, ids)
	if err != nil {
		return err
	}
	if err := s.all(ctx,
		step{name: "snapshots-confirm", who: regulator, zh: "市数据局自行重算，值与根均相同，确认", en: "the data bureau computes them again itself: same values, same roots; confirmed", command: "snapshot.confirmBatch", body: map[string]any{"items": confirmed}},
		step{name: "snapshots-publish", who: regulator, zh: "公布", en: "and published", command: "snapshot.publishBatch", body: map[string]any{"items": itemsOf("snapshotId", ids)}},
	); err != nil {
		return err
	}
	for _, v := range values {
		value := fmt.Sprint(v.Value)
		switch {
		case v.withheld():
			value = fmt.Sprintf("不公开，只记承诺：%d 项输入不足 %d 项 withheld, a commitment only: fewer than %d inputs", v.InputCount, v.Definition.MinInputs, v.Definition.MinInputs)
		case v.Definition.Unit == "fen":
			value = yuan(v.Value) + " 元 yuan"
		}
		s.tell(v.Code+" "+v.Definition.NameZh+"："+value, v.Definition.NameEn, fmt.Sprintf("%d 项输入 inputs · %s…", v.InputCount, v.InputRoot[:20]))
	}
	return nil
}

// recomputed is what the regulator's gateway comes to, for each snapshot.
func (s *story) recomputed(ctx context.Context, ids []string) ([]any, error) {
	var items []any
	err := s.remember("indicators-recomputed.json", &items, func() error {
		gateway, err := s.as(ctx, regulator, regulator.gateway)
		if err != nil {
			return err
		}
		for _, id := range ids {
			var again struct {
				Snapshot struct {
					Value      int64  `json:"value"`
					Commitment string `json:"commitment"`
				} `json:"snapshot"`
				Recomputed struct {
					InputRoot string `json:"inputRoot"`
				} `json:"recomputed"`
				Equal bool   `json:"equal"`
				Why   string `json:"why"`
			}
			if _, err := gateway.Get(ctx, "/v1/snapshots/"+url.PathEscape(id)+"/recomputed", nil, &again); err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			if !again.Equal {
				return fmt.Errorf("%s: the regulator comes to something else: %s", id, again.Why)
			}
			items = append(items, rights.ConfirmSnapshot{SnapshotID: id, InputRoot: again.Recomputed.InputRoot, ValueInt: again.Snapshot.Value, Commitment: again.Snapshot.Commitment})
		}
		return nil
	})
	return items, err
}

// scenario: what the grant is for has landed.
func (s *story) scenario(ctx context.Context) error {
	grant := s.id("l2-propose", rights.KindGrant)
	if _, err := s.do(ctx, step{name: "scenario", who: developer, zh: developer.zh + "申报授权运营场景“绿色信贷风控”", en: developer.en + " submits the scenario it was granted the data for", command: "scenario.submit",
		body: rights.SubmitScenario{Kind: rights.ScenarioAuthorised, Name: "绿色信贷风控", Field: "Finance", NationalAction: "金融服务", Source: "Built", RegionCode: "320902", GrantIDs: []string{grant}}}); err != nil {
		return err
	}
	id := s.id("scenario", rights.KindScenario)
	return s.all(ctx,
		step{name: "scenario-review", who: regulator, zh: "专家评审", en: "experts review it", command: "scenario.review", body: rights.ReviewScenario{ScenarioID: id, OpinionHash: hashOf("demo experts' opinion")}},
		step{name: "scenario-include", who: regulator, zh: "入库", en: "it enters the library", command: "scenario.include", body: rights.OfScenario{ScenarioID: id}},
		step{name: "scenario-landed", who: regulator, zh: "凭计量记录认定落地", en: "and has landed, as the meter shows", command: "scenario.markLanded",
			body: rights.MarkLanded{ScenarioID: id, GrantID: grant, UseID: s.id("meter", rights.KindMeter)}},
	)
}
