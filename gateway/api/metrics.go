package api

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are a gateway's own registry: two gateways in one process (tests)
// do not share counters.
type metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.HistogramVec
	submissions *prometheus.CounterVec
	refusals    *prometheus.CounterVec
	serve       gin.HandlerFunc
}

func newMetrics(s *server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "datarights_http_request_duration_seconds", Help: "Time to answer, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route", "status"}),
		submissions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "datarights_submissions_total", Help: "Commands by outcome.",
		}, []string{"outcome"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "datarights_problems_total", Help: "Answers that were problems, by code.",
		}, []string{"code"}),
	}
	m.registry.MustRegister(m.requests, m.submissions, m.refusals, &ledgerCollector{s},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "datarights_sessions", Help: "Open sessions."}, func() float64 { return float64(s.sessions.Count()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "datarights_event_streams", Help: "Open event streams."}, func() float64 { return float64(s.streams.count()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "datarights_commands_in_flight", Help: "Commands on their way to the ledger."}, func() float64 { return float64(len(s.inFlight)) }))
	m.registry.MustRegister(s.opts.Collectors...)
	for _, o := range []string{"committed", "replayed", "accepted", "refused", "malformed", "busy", "unavailable", "unknown", "invalid", "failed"} {
		m.submissions.WithLabelValues(o) // a counter that is there at 0 can be alerted on
	}
	m.serve = gin.WrapH(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return m
}

// ledgerCollector reads what the index counts at every scrape.
type ledgerCollector struct{ s *server }

var (
	descIndexHeight  = prometheus.NewDesc("datarights_index_height", "Blocks in the index.", nil, nil)
	descLedgerHeight = prometheus.NewDesc("datarights_ledger_height", "Blocks of the organisation's own peer.", nil, nil)
	descPeerUp       = prometheus.NewDesc("datarights_peer_up", "1 when the peer answers.", nil, nil)
	descLag          = prometheus.NewDesc("datarights_index_lag_blocks", "Blocks the index is behind the peer.", nil, nil)
	descTransactions = prometheus.NewDesc("datarights_transactions", "Transactions on the ledger.", []string{"validity"}, nil)
	descRecords      = prometheus.NewDesc("datarights_records", "Records on the ledger by kind.", []string{"kind"}, nil)
	descStates       = prometheus.NewDesc("datarights_records_in_state", "Records on the ledger by kind and state.", []string{"kind", "state"}, nil)
	descBlockTime    = prometheus.NewDesc("datarights_last_block_timestamp_seconds", "Latest transaction timestamp of the newest block.", nil, nil)
)

// Describe implements prometheus.Collector.
func (l *ledgerCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descIndexHeight, descLedgerHeight, descPeerUp, descLag, descTransactions, descRecords, descStates, descBlockTime} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (l *ledgerCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	indexed := l.s.read.Status().Height
	gauge(descIndexHeight, float64(indexed))
	ledger, err := l.s.tip.get(context.Background())
	up := 1.0
	if err != nil {
		up = 0
	}
	gauge(descPeerUp, up)
	gauge(descLedgerHeight, float64(ledger))
	if ledger >= indexed {
		gauge(descLag, float64(ledger-indexed))
	} else { // the peer's height was asked a moment earlier
		gauge(descLag, 0)
	}
	stats, err := l.s.read.Stats()
	if err != nil {
		l.s.log.Error("metrics", "error", err.Error())
		return
	}
	gauge(descTransactions, float64(stats.Transactions-stats.Invalid), "valid")
	gauge(descTransactions, float64(stats.Invalid), "invalid")
	gauge(descBlockTime, float64(stats.LastBlockTime))
	for kind, n := range stats.Kinds {
		gauge(descRecords, float64(n), kind)
	}
	for key, n := range stats.States {
		kind, state, _ := strings.Cut(key, "/")
		gauge(descStates, float64(n), kind, state)
	}
}
