package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// Names of the market's contenders.
const (
	nameTrade   = "a trade's life, HTTP API"
	nameLineage = "lineage.record, HTTP API"
	nameMeter   = "meter.record, HTTP API"
)

// scene is what the market's measures trade, derive from and meter.
type scene struct {
	offers  []*offer
	buyers  []actor
	permits []*permit
}

// setScene makes it once for all measures that need it.
func (b *bench) setScene(ctx context.Context) (*scene, error) {
	if b.scene != nil {
		return b.scene, nil
	}
	s := &scene{}
	var err error
	b.say("bringing %d products to market, letting %d buyers in, approving %d permits", b.plan.offers(), b.plan.buyers(), b.plan.buyers())
	if s.offers, err = b.market.offers(ctx, b.plan.offers()); err != nil {
		return nil, err
	}
	if s.buyers, err = b.market.firms(ctx, b.plan.buyers(), rights.RoleEnterprise); err != nil {
		return nil, err
	}
	if s.permits, err = b.market.permits(ctx, b.plan.buyers()); err != nil {
		return nil, err
	}
	b.scene = s
	return s, b.market.settled(ctx)
}

// lifeSteps are the commands of a trade from its application to the confirmed contract.
const lifeSteps = 6

// trade is one trade as its parties and the exchange see it.
type trade struct {
	offer    *offer
	buyer    actor
	exchange actor
	id       string
	terms    string // hash both sign
}

func (t *trade) apply() order {
	return order{who: t.buyer, name: "trade.apply", body: rights.ApplyTrade{ListingID: t.offer.listing, Purpose: "气象条件分析"}}
}

// proposal are the seller's terms: the permission as listed, the price to him and the exchange.
func (t *trade) proposal() (rights.ProposeTerms, []byte, error) {
	secret, commitment, err := client.NewSecret(map[string]any{"amountFen": 120_000, "lines": []rights.SettlementLine{
		{PayeeID: t.offer.seller.uscc, Role: "Seller", Bps: 9500}, {PayeeID: t.exchange.uscc, Role: "Exchange", Bps: 500}}})
	return rights.ProposeTerms{TradeID: t.id, Version: 1, TermsHash: t.terms, TermsCommitment: commitment, DestroyDays: 30}, secret, err
}

// after are the commands that follow the application, in order.
func (t *trade) after() ([]order, error) {
	proposal, secret, err := t.proposal()
	sign := rights.SignTrade{TradeID: t.id, TermsHash: t.terms}
	return []order{
		{t.offer.seller, "trade.accept", rights.OfTrade{TradeID: t.id}, nil},
		{t.offer.seller, "trade.proposeTerms", proposal, secret},
		{t.offer.seller, "trade.sign", sign, nil},
		{t.buyer, "trade.sign", sign, nil},
		{t.exchange, "trade.confirmContract", rights.ConfirmContract{TradeID: t.id, ComplianceHash: newHash()}, nil},
	}, err
}

// live takes a trade through its six commands, each sent when the one before is
// in a block. They name what came before, so they are signed on the way.
func (t *trade) live(ctx context.Context, c *client.Client) error {
	result, err := t.apply().submit(ctx, c)
	if err != nil {
		return err
	}
	t.id, t.terms = idsOf(result, rights.KindTrade)[0], newHash()
	steps, err := t.after()
	if err != nil {
		return err
	}
	for _, step := range steps {
		if _, err := step.submit(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// submit signs and sends an order.
func (o order) submit(ctx context.Context, c *client.Client) (rights.Result, error) {
	jws, err := o.who.sign(o.name, o.body)
	if err != nil {
		return rights.Result{}, err
	}
	result, err := send(ctx, c, jws, o.secret)
	if err != nil {
		return result, fmt.Errorf("%s: %w", o.name, err)
	}
	return result, nil
}

// trades measures whole trades, by many callers and in bulk. They pass the
// exchange's gateway, whose organisation may see what is between the parties.
func (b *bench) trades(ctx context.Context) error {
	s, err := b.setScene(ctx)
	if err != nil {
		return err
	}
	callers, err := b.callersVia(b.plan.Clients, "Exchange")
	if err != nil {
		return err
	}
	life := func(ctx context.Context, caller, n int) error {
		t := trade{offer: s.offers[n%len(s.offers)], buyer: s.buyers[caller], exchange: b.market.exchange}
		return t.live(ctx, callers[caller])
	}
	whole := max(b.plan.Clients, b.plan.Transactions/lifeSteps)
	contenders := []contender{
		{nameNoop, b.plan.Clients, b.plan.Transactions, b.noop},
		{nameTrade, b.plan.Clients, whole, life},
		{nameCreate, b.plan.Clients, b.plan.Transactions, b.create},
	}
	samples, err := alternate(ctx, b.plan.Rounds, b.meter, contenders, b.tell)
	if err != nil {
		return err
	}
	for i, c := range contenders {
		b.report.Trades = append(b.report.Trades, series{c.Name, samples[i]})
	}
	return b.inBulk(ctx, "Exchange", nameTrade, b.tradesInBulk)
}

// bulkWork is what a measure does in bulk in one round: the stages, one order a lane
// each, and what one item of the last stage's records measures in bytes.
type bulkWork func(ctx context.Context, round int, pass func(orders []order) ([]rights.Result, error)) (record json.RawMessage, err error)

// inBulk takes turns: the sample's create, the bulk commands, as many plain
// writes of the size of the record in as many transactions.
func (b *bench) inBulk(ctx context.Context, organisation, name string, work bulkWork) error {
	callers, err := b.callersVia(b.plan.Lanes, organisation)
	if err != nil {
		return err
	}
	for round := range b.plan.BulkRounds {
		create, err := load(ctx, b.plan.Clients, b.plan.Transactions, b.meter, b.create)
		if err != nil {
			return err
		}
		b.tell(round+1, nameCreate, create)
		one := bulkRound{Name: name, Create: create, Cases: b.plan.Cases * b.plan.Lanes}
		record, err := work(ctx, round, func(orders []order) ([]rights.Result, error) {
			results, took, err := b.together(ctx, orders, callers)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", orders[0].name, err)
			}
			for _, r := range results {
				if len(r.Records) < b.plan.Cases {
					return nil, fmt.Errorf("%s: %w", orders[0].name, errItems)
				}
			}
			one.Stages = append(one.Stages, took)
			b.say("round %d %-34s %8.0f items/s  %.2f s", round+1, took.Name, float64(one.Cases)/took.Seconds, took.Seconds)
			return results, nil
		})
		if err != nil {
			return err
		}
		one.Bytes = len(record)
		for range one.Stages {
			fill, err := b.fillWith(ctx, b.plan.Cases, one.Bytes)
			if err != nil {
				return err
			}
			one.Fill.add(fill)
		}
		b.say("round %d %-34s %8.0f records/s  %.2f s", round+1, nameFill, float64(one.Cases*len(one.Stages))/one.Fill.Seconds, one.Fill.Seconds)
		b.report.MarketBulk = append(b.report.MarketBulk, one)
	}
	return nil
}

// tradesInBulk is one buyer's and one seller's trades a lane, through all their commands.
func (b *bench) tradesInBulk(ctx context.Context, round int, pass func([]order) ([]rights.Result, error)) (json.RawMessage, error) {
	lanes := make([]trade, b.plan.Lanes)
	orders := make([]order, len(lanes))
	for i := range lanes {
		no := round*b.plan.Lanes + i
		lanes[i] = trade{offer: b.scene.offers[no], buyer: b.scene.buyers[no], exchange: b.market.exchange, terms: newHash()}
		apply := lanes[i].apply()
		common := apply.body.(rights.ApplyTrade)
		orders[i] = order{apply.who, "trade.applyBatch", batch{map[string]any{"purpose": common.Purpose}, items("listingId", repeat(common.ListingID, b.plan.Cases))}, nil}
	}
	applied, err := pass(orders)
	if err != nil {
		return nil, err
	}
	for step := range lifeSteps - 1 {
		for i := range lanes {
			after, err := lanes[i].after()
			if err != nil {
				return nil, err
			}
			if orders[i], err = after[step].forAll(idsOf(applied[i], rights.KindTrade), lanes[i]); err != nil {
				return nil, err
			}
		}
		if _, err := pass(orders); err != nil {
			return nil, err
		}
	}
	return b.market.record(ctx, b.market.regulator, "/v1/trades/"+idsOf(applied[0], rights.KindTrade)[0])
}

// forAll is an order as one bulk command for many trades of the same terms.
// Their secrets are the same but for the salt: each has a commitment of its own.
func (o order) forAll(ids []string, t trade) (order, error) {
	common, err := without(o.body, "tradeId", "termsCommitment")
	if err != nil {
		return order{}, err
	}
	all := order{o.who, o.name + "Batch", batch{common, items("tradeId", ids)}, nil}
	if o.secret == nil {
		return all, nil
	}
	secrets := make([]json.RawMessage, len(ids))
	list := make([]any, len(ids))
	for i, id := range ids {
		p, secret, err := t.proposal()
		if err != nil {
			return order{}, err
		}
		secrets[i], list[i] = secret, map[string]string{"tradeId": id, "termsCommitment": p.TermsCommitment}
	}
	all.body = batch{common, list}
	all.secret, err = json.Marshal(secrets)
	return all, err
}

// without is a body without some of its fields, as the items of a bulk command share it.
func without(body any, own ...string) (any, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	err = json.Unmarshal(raw, &fields)
	for _, field := range own {
		delete(fields, field)
	}
	if len(fields) == 0 {
		return nil, err
	}
	return fields, err
}

func repeat(id string, times int) []string {
	list := make([]string, times)
	for i := range list {
		list[i] = id
	}
	return list
}

// use measures lineage and meter records, by many callers and in bulk. A
// platform's key speaks through its own organisation's gateway, the Group's.
func (b *bench) use(ctx context.Context) error {
	s, err := b.setScene(ctx)
	if err != nil {
		return err
	}
	callers, err := b.callers(b.plan.Clients)
	if err != nil {
		return err
	}
	contenders := []contender{
		{nameNoop, b.plan.Clients, b.plan.Transactions, b.noop},
		{nameLineage, b.plan.Clients, b.plan.Transactions, func(ctx context.Context, caller, n int) error {
			o := s.offers[n%len(s.offers)]
			_, err := order{who: o.seller, name: "lineage.record", body: o.derivation(newHash(), "Result")}.submit(ctx, callers[caller])
			return err
		}},
		{nameMeter, b.plan.Clients, b.plan.Transactions, func(ctx context.Context, caller, _ int) error {
			_, err := order{who: b.market.platform, name: "meter.record", body: s.permits[caller].period()}.submit(ctx, callers[caller])
			return err
		}},
		{nameCreate, b.plan.Clients, b.plan.Transactions, b.create},
	}
	samples, err := alternate(ctx, b.plan.Rounds, b.meter, contenders, b.tell)
	if err != nil {
		return err
	}
	for i, c := range contenders {
		b.report.Use = append(b.report.Use, series{c.Name, samples[i]})
	}
	if err := b.inBulk(ctx, "Group", nameLineage, b.lineageInBulk); err != nil {
		return err
	}
	return b.inBulk(ctx, "Group", nameMeter, b.metersInBulk)
}

// lineageInBulk is a seller's jobs on its own data, a new output each.
func (b *bench) lineageInBulk(ctx context.Context, round int, pass func([]order) ([]rights.Result, error)) (json.RawMessage, error) {
	orders := make([]order, b.plan.Lanes)
	for i := range orders {
		o := b.scene.offers[round*b.plan.Lanes+i]
		var outputs []any
		for range b.plan.Cases {
			outputs = append(outputs, map[string]any{"outputs": o.derivation(newHash(), "Result")["outputs"]})
		}
		common, err := without(o.derivation("", "Result"), "outputs")
		if err != nil {
			return nil, err
		}
		orders[i] = order{o.seller, "lineage.recordBatch", batch{common, outputs}, nil}
	}
	results, err := pass(orders)
	if err != nil {
		return nil, err
	}
	return b.market.record(ctx, b.market.regulator, "/v1/lineage/"+idsOf(results[0], rights.KindLineage)[0])
}

// metersInBulk meters all permits, each lane its share, over several periods.
func (b *bench) metersInBulk(ctx context.Context, _ int, pass func([]order) ([]rights.Result, error)) (json.RawMessage, error) {
	orders := make([]order, b.plan.Lanes)
	for lane := range orders {
		var periods []any
		for i := range b.plan.Cases {
			share := len(b.scene.permits) / b.plan.Lanes
			periods = append(periods, b.scene.permits[lane*share+i%share].period())
		}
		orders[lane] = order{b.market.platform, "meter.recordBatch", batch{Items: periods}, nil}
	}
	results, err := pass(orders)
	if err != nil {
		return nil, err
	}
	return b.market.record(ctx, b.market.regulator, "/v1/meters/"+idsOf(results[0], rights.KindMeter)[0])
}

// conflicts has callers at all gateways write at once what has nothing to do
// with one another, and counts the transactions that came too late.
func (b *bench) conflicts(ctx context.Context) error {
	s, err := b.setScene(ctx)
	if err != nil {
		return err
	}
	var all []string
	for _, o := range b.d.Organisations {
		all = append(all, o.Name)
	}
	everywhere, err := b.callersVia(b.plan.Clients, all...)
	if err != nil {
		return err
	}
	group, err := b.callers(b.plan.Clients)
	if err != nil {
		return err
	}
	product := s.offers[len(s.offers)-1] // bulk trades did not touch it
	registrations, err := b.registrations(ctx, s.buyers)
	if err != nil {
		return err
	}
	if err := b.market.settled(ctx); err != nil {
		return err
	}
	for _, c := range []struct {
		what     string
		gateways int
		do       operation
	}{
		{"trade.apply: many buyers, one product", len(all), func(ctx context.Context, caller, _ int) error {
			t := trade{offer: product, buyer: s.buyers[caller]}
			_, err := t.apply().submit(ctx, everywhere[caller])
			return err
		}},
		{"registration.submit: many participants", len(all), func(ctx context.Context, caller, n int) error {
			_, err := send(ctx, everywhere[caller], registrations[n], nil)
			return err
		}},
		{"meter.record: many permits of one grant", 1, func(ctx context.Context, caller, _ int) error {
			_, err := order{who: b.market.platform, name: "meter.record", body: s.permits[caller].period()}.submit(ctx, group[caller])
			return err
		}},
	} {
		one, err := b.conflict(ctx, c.do)
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		one.What, one.Gateways = c.what, c.gateways
		b.say("%-42s %8.0f/s  %.1f conflicts in 1,000 transactions", one.What, one.Sample.PerSecond, one.perThousand())
		b.report.Conflicts = append(b.report.Conflicts, one)
	}
	return nil
}

// registrations are signed applications, one participant's after the other's.
func (b *bench) registrations(ctx context.Context, applicants []actor) ([][]byte, error) {
	each := (b.plan.Transactions + len(applicants) - 1) / len(applicants)
	all := make([][]byte, each*len(applicants))
	return all, sideBySide(ctx, len(applicants), func(ctx context.Context, i int) error {
		theirs, err := b.market.applications(ctx, applicants[i], each)
		for n, jws := range theirs {
			all[n*len(applicants)+i] = jws
		}
		return err
	})
}

// conflict has the callers do something and reads off the ledger how many
// transactions that took.
func (b *bench) conflict(ctx context.Context, do operation) (conflictRate, error) {
	before, err := b.market.counted(ctx)
	if err != nil {
		return conflictRate{}, err
	}
	sample, err := load(ctx, b.plan.Clients, b.plan.Transactions, b.meter, do)
	if err != nil {
		return conflictRate{}, err
	}
	after, err := b.market.counted(ctx)
	return conflictRate{Sample: sample, Transactions: after.Transactions - before.Transactions, Conflicts: after.Invalid - before.Invalid}, err
}

// counted are the ledger's transactions, once no more of them arrive.
func (m *market) counted(ctx context.Context) (now struct{ Transactions, Invalid uint64 }, err error) {
	last := now
	err = m.await(ctx, func() (bool, error) {
		last = now
		if _, err := m.gateway.Get(ctx, "/v1/stats", nil, &now); err != nil {
			return false, err
		}
		if now == last {
			return true, nil
		}
		time.Sleep(300 * time.Millisecond)
		return false, nil
	})
	return now, err
}
