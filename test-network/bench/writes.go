package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// Names of the contenders, as the report has them.
const (
	nameNoop      = "no-op"
	nameCreate    = "create (Fabric's sample)"
	nameSubmit    = "registration.submit, direct"
	nameSubmitAPI = "registration.submit, HTTP API"
)

// callers are n clients of the Group's gateway, each with a connection and an
// address of its own.
func (b *bench) callers(n int) ([]*client.Client, error) { return b.callersVia(n, "Group") }

// callersVia are n clients of those organisations' gateways in turn.
func (b *bench) callersVia(n int, organisations ...string) ([]*client.Client, error) {
	all := make([]*client.Client, n)
	for i := range all {
		var err error
		if all[i], err = via(b.d, organisations[i%len(organisations)], i+1); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// writers are the contenders for single transactions: three with the same
// client library straight to the same peer, and the one that users have.
func (b *bench) writers(applications *supply[[]byte], callers []*client.Client) []contender {
	next := func() ([]byte, error) {
		some, err := applications.take(1)
		if err != nil {
			return nil, err
		}
		return some[0], nil
	}
	return []contender{
		{Name: nameNoop, do: b.noop},
		{Name: nameSubmit, do: func(ctx context.Context, _, _ int) error {
			jws, err := next()
			if err == nil {
				_, err = b.direct.Submit(ctx, b.d.Chaincode.Name, "Submit", jws)
			}
			return err
		}},
		{Name: nameSubmitAPI, do: func(ctx context.Context, caller, _ int) error {
			jws, err := next()
			if err == nil {
				_, err = callers[caller].Submit(ctx, jws)
			}
			return err
		}},
		{Name: nameCreate, do: b.create},
	}
}

// latency is measured by one caller: one transaction of each kind in turn.
func (b *bench) latency(ctx context.Context) error {
	var applications supply[[]byte]
	signed, err := b.market.applications(ctx, b.market.enterprise, 2*(b.plan.Latency+2))
	if err != nil {
		return err
	}
	applications.add(signed...)
	callers, err := b.callers(1)
	if err != nil {
		return err
	}
	contenders := b.writers(&applications, callers)
	if _, err := interleave(ctx, 2, contenders); err != nil { // connections are made, code is loaded
		return err
	}
	took, err := interleave(ctx, b.plan.Latency, contenders)
	if err != nil {
		return err
	}
	for i, c := range contenders {
		l := latency{Name: c.Name, P50: percentile(took[i], 50), P90: percentile(took[i], 90), P99: percentile(took[i], 99)}
		b.say("%-34s p50 %.1f ms  p90 %.1f ms", l.Name, l.P50, l.P90)
		b.report.Latency = append(b.report.Latency, l)
	}
	return nil
}

// singles is how many single transactions a second many callers get through.
func (b *bench) singles(ctx context.Context) error {
	warm := max(b.plan.Clients, b.plan.Transactions/10)
	var applications supply[[]byte]
	signed, err := b.market.applications(ctx, b.market.enterprise, 2*(warm+b.plan.Rounds*b.plan.Transactions))
	if err != nil {
		return err
	}
	applications.add(signed...)
	callers, err := b.callers(b.plan.Clients)
	if err != nil {
		return err
	}
	contenders := b.writers(&applications, callers)
	for i := range contenders {
		contenders[i].callers, contenders[i].count = b.plan.Clients, b.plan.Transactions
	}
	samples, err := alternate(ctx, b.plan.Rounds, b.meter, contenders, b.tell)
	if err != nil {
		return err
	}
	for i, c := range contenders {
		b.report.Singles = append(b.report.Singles, series{c.Name, samples[i]})
	}
	return nil
}

// stage is one bulk command of the pipeline that leads to a recorded right.
type stage struct {
	name string
	who  actor
	body func(lane int) (batch, error)
	keep func(lane int, r rights.Result)
}

// bulk takes cases from nothing to recorded rights, a bulk command each step,
// some at once; between the rounds the sample's create runs for comparison.
func (b *bench) bulk(ctx context.Context) error {
	callers, err := b.callers(b.plan.Lanes)
	if err != nil {
		return err
	}
	for round := range b.plan.BulkRounds {
		create, err := load(ctx, b.plan.Clients, b.plan.Transactions, b.meter, b.create)
		if err != nil {
			return err
		}
		b.tell(round+1, nameCreate, create)
		one := bulkRound{Create: create, Cases: b.plan.Cases * b.plan.Lanes}
		stages, held := b.stages()
		for _, s := range stages {
			if s.name == "registration.recordBatch" { // the law's own time is nobody's to speed up
				if err := b.market.awaitNotice(ctx, held.cases[b.plan.Lanes-1][b.plan.Cases-1]); err != nil {
					return err
				}
			}
			took, err := b.pass(ctx, s, callers)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			one.Stages = append(one.Stages, took)
			b.say("round %d %-34s %8.0f cases/s  %.2f s", round+1, s.name, float64(one.Cases)/took.Seconds, took.Seconds)
		}
		if one.Fill, err = b.fill(ctx); err != nil {
			return err
		}
		b.say("round %d %-34s %8.0f records/s  %.2f s", round+1, nameFill, float64(one.Cases*fillRecords)/one.Fill.Seconds, one.Fill.Seconds)
		for _, ids := range held.rights {
			if len(ids) != 3*b.plan.Cases {
				return fmt.Errorf("%d cases were recorded with %d rights, expected three each", b.plan.Cases, len(ids))
			}
		}
		b.report.Bulk = append(b.report.Bulk, one)
	}
	return nil
}

// What recording a case writes, measured: the case, three rights, the
// certificate and the pointer to the rights, and with the receipt's share 1,200
// bytes each.
const (
	fillRecords = 6
	fillSize    = 1200
	nameFill    = "as many plain writes"
)

// fill writes as many records of the same size as recordBatch does, as many
// commands at once, with a chaincode that only writes: what the engine itself
// takes for them.
func (b *bench) fill(ctx context.Context) (stageTime, error) {
	return b.fillWith(ctx, b.plan.Cases*fillRecords, fillSize)
}

func (b *bench) fillWith(ctx context.Context, records, size int) (stageTime, error) {
	began := time.Now()
	took, err := load(ctx, b.plan.Lanes, b.plan.Lanes, b.meter, func(ctx context.Context, _, _ int) error {
		_, err := b.direct.Submit(ctx, baseline, "fill", fmt.Appendf(nil, "fill-%s-%d-", b.run, b.assets.Add(1)),
			fmt.Append(nil, records), fmt.Append(nil, size))
		return err
	})
	return stageTime{Name: nameFill, Seconds: time.Since(began).Seconds(), CPU: took.CPU}, err
}

// holding is what the lanes of a round have come to.
type holding struct{ objects, cases, rights [][]string }

func (b *bench) stages() ([]stage, *holding) {
	m, lanes := b.market, b.plan.Lanes
	h := &holding{make([][]string, lanes), make([][]string, lanes), make([][]string, lanes)}
	nothing := func(int, rights.Result) {}
	return []stage{
		{"resource.catalogueBatch", m.enterprise,
			func(int) (batch, error) { return m.catalogueEntries(m.enterprise, b.plan.Cases) },
			func(lane int, r rights.Result) { h.objects[lane] = idsOf(r, rights.KindResource) }},
		{"registration.submitBatch", m.enterprise,
			func(lane int) (batch, error) {
				return batch{m.application(""), items("objectId", h.objects[lane])}, nil
			},
			func(lane int, r rights.Result) { h.cases[lane] = idsOf(r, rights.KindCase) }},
		{"registration.acceptBatch", m.registrar,
			func(lane int) (batch, error) { return batch{nil, items("caseId", h.cases[lane])}, nil }, nothing},
		{"registration.publishNoticeBatch", m.registrar,
			func(lane int) (batch, error) {
				return batch{map[string]any{"findings": positive()}, items("caseId", h.cases[lane])}, nil
			}, nothing},
		{"registration.recordBatch", m.registrar,
			func(lane int) (batch, error) { return m.recording(h.cases[lane]) },
			func(lane int, r rights.Result) { h.rights[lane] = idsOf(r, rights.KindRight) }},
	}, h
}

// recording numbers the certificates of cases.
func (m *market) recording(cases []string) (batch, error) {
	var b batch
	for _, id := range cases {
		no, err := m.certNo()
		if err != nil {
			return b, err
		}
		b.Items = append(b.Items, map[string]string{"caseId": id, "certNo": no})
	}
	return b, nil
}

// pass has every lane submit its command of a stage at once.
func (b *bench) pass(ctx context.Context, s stage, callers []*client.Client) (stageTime, error) {
	orders := make([]order, b.plan.Lanes)
	for lane := range orders {
		body, err := s.body(lane)
		if err != nil {
			return stageTime{}, err
		}
		orders[lane] = order{who: s.who, name: s.name, body: body}
	}
	results, took, err := b.together(ctx, orders, callers)
	if err != nil {
		return stageTime{}, err
	}
	for lane, r := range results {
		if len(r.Records) < b.plan.Cases {
			return stageTime{}, errItems
		}
		s.keep(lane, r)
	}
	took.Name = strings.TrimPrefix(took.Name, "registration.")
	return took, nil
}

// order is one command to be signed and sent.
type order struct {
	who    actor
	name   string
	body   any
	secret []byte
}

// together has every caller submit one of the orders at once. They are signed
// before the clock starts.
func (b *bench) together(ctx context.Context, orders []order, callers []*client.Client) ([]rights.Result, stageTime, error) {
	signed := make([][]byte, len(orders))
	for i, o := range orders {
		var err error
		if signed[i], err = o.who.sign(o.name, o.body); err != nil {
			return nil, stageTime{}, err
		}
	}
	results := make([]rights.Result, len(orders))
	began := time.Now()
	took, err := load(ctx, len(orders), len(orders), b.meter, func(ctx context.Context, caller, i int) (err error) {
		results[i], err = send(ctx, callers[caller], signed[i], orders[i].secret)
		return err
	})
	return results, stageTime{Name: orders[0].name, Seconds: time.Since(began).Seconds(), CPU: took.CPU}, err
}
