package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway/indicator"
)

// indicators: the Exchange's platform computes them from its own index and
// private collection; the data bureau computes them again from its own, confirms
// what is the same and publishes it.
func (s *story) indicators(ctx context.Context) error {
	if err := s.scenario(ctx); err != nil {
		return err
	}
	at := time.Now().Unix()
	var computed struct {
		At     int64
		Values []indicator.Value
	}
	if err := s.remember("indicators.json", &computed, func() (err error) {
		computed.At = at
		computed.Values, err = s.compute(ctx, exchange, at)
		return err
	}); err != nil {
		return err
	}
	items, units, err := s.snapshots(ctx, computed.Values, computed.At)
	if err != nil {
		return err
	}
	r, err := s.do(ctx, step{name: "snapshots", who: exchangeBot, zh: fmt.Sprintf("交易中心平台计算 %d 项指标：值与输入清单的根上账", len(items)),
		en: fmt.Sprintf("the Exchange's platform computes %d indicators: values and the roots of their inputs go on the ledger", len(items)), command: "snapshot.computeBatch", body: map[string]any{"items": items}})
	if err != nil {
		return err
	}
	ids := r.ids(rights.KindSnapshot)
	confirmed, err := s.recomputed(ctx, computed.Values, computed.At, ids)
	if err != nil {
		return err
	}
	if err := s.all(ctx,
		step{name: "snapshots-confirm", who: regulator, zh: "市数据局自行重算，值与根均相同，确认", en: "the data bureau computes them again itself: same values, same roots; confirmed", command: "snapshot.confirmBatch", body: map[string]any{"items": confirmed}},
		step{name: "snapshots-publish", who: regulator, zh: "公布", en: "and published", command: "snapshot.publishBatch", body: map[string]any{"items": itemsOf("snapshotId", ids)}},
	); err != nil {
		return err
	}
	for i, v := range computed.Values {
		value := fmt.Sprint(v.ValueInt)
		if units[i].Unit == "fen" {
			value = yuan(v.ValueInt) + " 元 yuan"
		}
		s.tell(v.Code+" "+units[i].NameZh+"："+value, units[i].NameEn, fmt.Sprintf("%d 项输入 inputs · %s…", len(v.Inputs), v.Root[:20]))
	}
	return nil
}

// snapshots are the bodies of computed values, with their definitions.
func (s *story) snapshots(ctx context.Context, values []indicator.Value, at int64) (items []any, defs []rights.Indicator, err error) {
	for _, v := range values {
		var def rights.Indicator
		if err := s.get(ctx, exchange.gateway, "/v1/indicators/"+v.Code+"@1", nil, &def); err != nil {
			return nil, nil, err
		}
		b := rights.ComputeSnapshot{Code: v.Code, DefVersion: def.Ver, AsOf: at, ValueInt: v.ValueInt, Num: v.Num, Den: v.Den, Permille: v.Permille,
			InputRoot: v.Root, InputCount: int64(len(v.Inputs)), BlockHeight: int64(s.height)}
		if def.Window == rights.WindowPeriod {
			year := time.Unix(at, 0).In(shanghai).Year()
			b.PeriodFrom, b.PeriodTo = time.Date(year, 1, 1, 0, 0, 0, 0, shanghai).Unix(), time.Date(year+1, 1, 1, 0, 0, 0, 0, shanghai).Unix()
		}
		items, defs = append(items, b), append(defs, def)
	}
	return items, defs, nil
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// recomputed is what the regulator comes to, from its own gateway.
func (s *story) recomputed(ctx context.Context, values []indicator.Value, at int64, ids []string) ([]any, error) {
	var items []any
	err := s.remember("indicators-recomputed.json", &items, func() error {
		again, err := s.compute(ctx, regulator, at)
		if err != nil {
			return err
		}
		for i, v := range again {
			if v.Root != values[i].Root || v.ValueInt != values[i].ValueInt {
				return fmt.Errorf("%s: the regulator comes to %d, the exchange to %d", v.Code, v.ValueInt, values[i].ValueInt)
			}
			items = append(items, rights.ConfirmSnapshot{SnapshotID: ids[i], InputRoot: v.Root, ValueInt: v.ValueInt})
		}
		return nil
	})
	return items, err
}

// compute computes the indicators as one institution, from its own gateway.
func (s *story) compute(ctx context.Context, who actor, at int64) ([]indicator.Value, error) {
	gateway, err := s.as(ctx, who, who.gateway)
	if err != nil {
		return nil, err
	}
	var values []indicator.Value
	add := func(v indicator.Value, err error) error {
		values = append(values, v)
		return err
	}
	year, day := indicator.Year(time.Unix(at, 0).In(shanghai).Year()), rights.CivilDate(at)
	yearly, ever, local := indicator.Volume{Period: year}, indicator.Volume{Period: indicator.Period{To: day}}, indicator.Volume{Period: year, LocalVenue: exchange.uscc}
	listings, scenarios := records[*rights.Listing](ctx, gateway, "/v1/listings"), records[*rights.Scenario](ctx, gateway, "/v1/scenarios")
	for _, f := range []func() error{
		func() error { return add(yearly.Sum("IN-01Y", settled(ctx, gateway))) },
		func() error { return add(ever.Sum("IN-01C", settled(ctx, gateway))) },
		func() error { return add(local.Sum("IN-02", settled(ctx, gateway))) },
		func() error { return add(indicator.Listed("IN-03L", listings, true, at, tagless)) },
		func() error { return add(indicator.Listed("IN-03E", listings, false, at, tagless)) },
		func() error { return add(indicator.Categories(listings, at, tagless)) },
		func() error { return add(indicator.Landed("IN-06", scenarios, day, nil)) },
	} {
		if err := f(); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// tagless counts products by themselves: the story has one.
func tagless(*rights.Listing) string { return "" }

// records reads a whole collection.
func records[T any](ctx context.Context, gateway *client.Client, path string) iter.Seq2[T, error] {
	return client.List[T](ctx, gateway, path, nil)
}

// settled reads the settlements with their trades and their private amounts.
func settled(ctx context.Context, gateway *client.Client) iter.Seq2[*indicator.Settled, error] {
	return func(yield func(*indicator.Settled, error) bool) {
		for st, err := range records[*rights.Settlement](ctx, gateway, "/v1/settlements") {
			x := &indicator.Settled{Settlement: st, Trade: new(rights.Trade)}
			if err == nil {
				err = complete(ctx, gateway, x)
			}
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}

// complete reads what a settlement is of.
func complete(ctx context.Context, gateway *client.Client, x *indicator.Settled) error {
	if _, err := gateway.Get(ctx, "/v1/trades/"+x.Settlement.TradeID, nil, x.Trade); err != nil {
		return err
	}
	raw, err := gateway.ReadSecret(ctx, "/v1/settlements/"+x.Settlement.ID+"/amounts")
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, &x.Amounts)
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
