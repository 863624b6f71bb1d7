// Package watch raises the alerts that the ledger cannot raise itself: a refused
// command leaves no state, so the platform's gateway tells of attempted breaches
// in a command of its own that cites the refusal (3.18 of the rules); and it
// sends those of others that look at contents.
package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/outcome"
	"github.com/datarights/datarights/internal/gm"
)

// Submitter sends a command and returns once it is in a block.
type Submitter interface {
	Submit(ctx context.Context, jws []byte) (outcome.Outcome, error)
}

// Platform signs with the platform's key.
type Platform interface {
	SignCommand(p command.Payload) ([]byte, error)
}

// Options of a Watch. Submitter and Platform are needed.
type Options struct {
	Submitter Submitter
	Platform  Platform
	Log       *slog.Logger
	Now       func() time.Time
	Queue     int           // refusals that may wait; more are dropped and counted
	Attempts  int           // how often one alert is sent
	Pause     time.Duration // before it is sent again; doubles each time
}

// The defaults of Options.
const (
	DefaultQueue    = 1000
	DefaultAttempts = 6
	DefaultPause    = 2 * time.Second
)

// remembered is how many refused commands are known to have been told already.
const remembered = 10_000

// Watch takes refusals and raises alerts. It never delays who tells it.
type Watch struct {
	o      Options
	queue  chan refusal
	alerts *prometheus.CounterVec

	mu   sync.Mutex
	told map[string]bool // digests
	ring []string        // the same in order, to forget the oldest
	next int
}

// refusal is a refused command that breaks a rule of the catalogue.
type refusal struct {
	rule    string
	command *command.Command
	why     *rights.Error
}

// New makes a Watch; Run does its work.
func New(o Options) *Watch {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Queue <= 0 {
		o.Queue = DefaultQueue
	}
	if o.Attempts <= 0 {
		o.Attempts = DefaultAttempts
	}
	if o.Pause <= 0 {
		o.Pause = DefaultPause
	}
	w := &Watch{o: o, queue: make(chan refusal, o.Queue), told: map[string]bool{}, ring: make([]string, remembered),
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datarights_alerts_total", Help: "Alerts raised by this gateway by outcome."}, []string{"outcome"})}
	for _, o := range []string{raised, known, dropped, failed} {
		w.alerts.WithLabelValues(o)
	}
	return w
}

// What became of an alert.
const (
	raised  = "raised"
	known   = "known"   // the ledger has it already
	dropped = "dropped" // the queue was full
	failed  = "failed"
)

// Describe implements prometheus.Collector.
func (w *Watch) Describe(ch chan<- *prometheus.Desc) { w.alerts.Describe(ch) }

// Collect implements prometheus.Collector.
func (w *Watch) Collect(ch chan<- prometheus.Metric) { w.alerts.Collect(ch) }

// Refused is told of a command that the rules refused. One that attempts what
// the catalogue of alerts names is queued, once; everything else is ignored.
func (w *Watch) Refused(jws []byte, why *rights.Error) {
	if !telling(why) { // most refusals: nothing is decoded for them
		return
	}
	c, err := command.Decode(jws)
	if err != nil {
		return
	}
	rule, at := attempted(c.Name, why)
	if rule == "" || !w.first(c.DigestRef()) {
		return
	}
	select {
	case w.queue <- refusal{rule, c, at}:
	default:
		w.forget(c.DigestRef())
		w.alerts.WithLabelValues(dropped).Inc()
		w.o.Log.Warn("alert dropped: too many are waiting", "rule", rule, "command", c.Name, "digest", c.DigestRef())
	}
}

// first reports whether a refused command was not told yet, and remembers it.
func (w *Watch) first(digest string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.told[digest] {
		return false
	}
	delete(w.told, w.ring[w.next])
	w.told[digest], w.ring[w.next] = true, digest
	w.next = (w.next + 1) % len(w.ring)
	return true
}

func (w *Watch) forget(digest string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.told, digest)
}

// Run raises alerts until ctx ends; what still waits then is lost, as the
// refusals' answers are not.
func (w *Watch) Run(ctx context.Context) {
	for {
		select {
		case r := <-w.queue:
			result, err := w.raise(ctx, r)
			w.alerts.WithLabelValues(result).Inc()
			if err != nil {
				w.o.Log.Error("couldn't raise an alert", "rule", r.rule, "command", r.command.Name, "digest", r.command.DigestRef(), "error", err.Error())
			}
		case <-ctx.Done():
			return
		}
	}
}

// Raise sends an alert about what was committed, and returns once the ledger
// has it, now or earlier. An alert of the same content is the same alert.
func (w *Watch) Raise(ctx context.Context, b rights.RaiseAlert) error {
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("couldn't write an alert: %w", err)
	}
	result, err := w.send(ctx, payloadOf(body, string(body), w.o.Now()))
	w.alerts.WithLabelValues(result).Inc()
	return err
}

// raise sends the alert of a refusal.
func (w *Watch) raise(ctx context.Context, r refusal) (string, error) {
	payload, err := alertOf(r, w.o.Now())
	if err != nil {
		return failed, err
	}
	return w.send(ctx, payload)
}

// send sends one alert, the very same bytes every time, so that it is raised
// once whatever becomes of an answer.
func (w *Watch) send(ctx context.Context, payload command.Payload) (string, error) {
	jws, err := w.o.Platform.SignCommand(payload)
	if err != nil {
		return failed, err
	}
	pause := w.o.Pause
	for attempt := 1; ; attempt++ {
		out, err := w.o.Submitter.Submit(ctx, jws)
		var refused *rights.Error
		switch {
		case err == nil && out.Replayed:
			return known, nil
		case err == nil:
			return raised, nil
		case errors.As(err, &refused) && (refused.Code == rights.CodeReplay || refused.Code == rights.CodeExists): // it was cited before, here or by another gateway
			return known, nil
		case refused != nil || attempt >= w.o.Attempts:
			return failed, err
		}
		select {
		case <-time.After(pause):
			pause *= 2
		case <-ctx.Done():
			return failed, errors.Join(ctx.Err(), err)
		}
	}
}

// lifetime is how long an alert's command is good: longer than all its attempts.
const lifetime = time.Hour

// maxMetric is the longest metric in bytes.
const maxMetric = 200

// alertBody is the body of alert.raise.
type alertBody struct {
	RuleCode      string   `json:"ruleCode"`
	TargetID      string   `json:"targetId"`
	SubjectIDs    []string `json:"subjectIds"`
	Refusal       string   `json:"refusal"`
	RefusedDigest string   `json:"refusedDigest"`
	Metric        string   `json:"metric,omitempty"`
	Severity      string   `json:"severity,omitempty"`
}

// alertOf is the command that tells of a refusal. Its id follows from the
// refused command, so that it is raised once however often it is tried.
func alertOf(r refusal, now time.Time) (command.Payload, error) {
	severity := ""
	if r.rule == "AL-QUOTA" { // Low of itself, High once use was refused
		severity = "High"
	}
	metric := r.command.Name
	if r.why.Field != "" {
		metric += " " + r.why.Field
	}
	if len(metric) > maxMetric {
		metric = strings.ToValidUTF8(metric[:maxMetric], "")
	}
	body, err := json.Marshal(alertBody{RuleCode: r.rule, TargetID: targetOf(r), SubjectIDs: []string{r.command.ParticipantID}, Refusal: string(r.why.Code), RefusedDigest: r.command.DigestRef(), Metric: metric, Severity: severity})
	if err != nil {
		return command.Payload{}, fmt.Errorf("couldn't write an alert: %w", err)
	}
	return payloadOf(body, r.command.DigestRef(), now), nil
}

// payloadOf is the command of an alert, whose id follows from what it is about.
func payloadOf(body []byte, about string, now time.Time) command.Payload {
	return command.Payload{Command: "alert.raise", ID: idFrom(about), Iat: now.Unix(), Exp: now.Add(lifetime).Unix(), Body: body}
}

// targetOf is the record that refused, or else whoever was refused.
func targetOf(r refusal) string {
	if prefix, _, ok := strings.Cut(r.why.Record, "-"); rights.ValidCertNo(r.why.Record) || ok && len(prefix) == 2 && prefix != "NP" {
		return r.why.Record
	}
	return r.command.ParticipantID
}

// idFrom makes a UUID (RFC 9562, version 8: of one's own making) of a digest.
func idFrom(digest string) string {
	sum := gm.SM3([]byte("datarights-alert-v1 " + digest))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
