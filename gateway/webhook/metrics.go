package webhook

import "github.com/prometheus/client_golang/prometheus"

// What came of an attempt.
const (
	outcomeDelivered   = "delivered"
	outcomeRefused     = "refused"     // answered, not with 2xx
	outcomeUnreachable = "unreachable" // no answer, or no connection allowed
)

// metrics are what deliveries look like from outside. Participants are not told
// apart: who subscribes to what is theirs.
type metrics struct {
	m        *Manager
	attempts *prometheus.HistogramVec
	dead     prometheus.Counter
}

var (
	descSubscriptions = prometheus.NewDesc("datarights_webhooks", "Webhooks by state.", []string{"state"}, nil)
	descLag           = prometheus.NewDesc("datarights_webhook_lag_blocks", "Blocks that the active webhook furthest behind has not looked at.", nil, nil)
)

func newMetrics(m *Manager) *metrics {
	x := &metrics{m: m,
		attempts: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "datarights_webhook_attempt_duration_seconds", Help: "Time of an attempt to deliver an event, by outcome.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"outcome"}),
		dead: prometheus.NewCounter(prometheus.CounterOpts{Name: "datarights_webhook_dead_letters_total", Help: "Events laid aside because they could not be delivered."})}
	for _, o := range []string{outcomeDelivered, outcomeRefused, outcomeUnreachable} {
		x.attempts.WithLabelValues(o)
	}
	return x
}

// Describe implements prometheus.Collector.
func (x *metrics) Describe(ch chan<- *prometheus.Desc) {
	x.attempts.Describe(ch)
	x.dead.Describe(ch)
	ch <- descSubscriptions
	ch <- descLag
}

// Collect implements prometheus.Collector.
func (x *metrics) Collect(ch chan<- prometheus.Metric) {
	x.attempts.Collect(ch)
	x.dead.Collect(ch)
	x.m.mu.Lock()
	count := map[State]int{Active: 0, Paused: 0, Stopped: 0}
	var active []Subscription
	for _, r := range x.m.subs {
		count[r.sub.State]++
		if r.sub.State == Active {
			active = append(active, r.sub)
		}
	}
	x.m.mu.Unlock()
	for s, n := range count {
		ch <- prometheus.MustNewConstMetric(descSubscriptions, prometheus.GaugeValue, float64(n), string(s))
	}
	var lag uint64
	for _, sub := range active {
		if p, err := x.m.store.progress(sub.ID); err == nil {
			lag = max(lag, x.m.lag(sub.ID, p))
		}
	}
	ch <- prometheus.MustNewConstMetric(descLag, prometheus.GaugeValue, float64(lag))
}
