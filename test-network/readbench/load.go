package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"
)

// class is one kind of question.
type class struct {
	name string
	aim  float64 // of the 99th percentile, in milliseconds; 0: none
	// path draws a question; right judges its answer.
	path  func(d *draws) string
	right func(status int, body []byte) bool
}

// latencies of one class, in milliseconds.
type latencies struct {
	Class  string  `json:"class"`
	Asked  int     `json:"asked"`
	Rate   float64 `json:"perSecond"` // answers over the time they took
	P50    float64 `json:"p50ms"`
	P95    float64 `json:"p95ms"`
	P99    float64 `json:"p99ms"`
	P999   float64 `json:"p999ms"`
	Max    float64 `json:"maxMs"`
	Failed int     `json:"failed"`
	Bytes  int64   `json:"bytesEach"`
	CPU    float64 `json:"cpuMsEach"` // of the gateway
	Aim    float64 `json:"aimMs,omitempty"`
	// Over is p50 and p99 over those of the static file.
	OverP50 float64 `json:"overStaticP50,omitempty"`
	OverP99 float64 `json:"overStaticP99,omitempty"`
	first   string  // failure
}

// asker sends questions at the times they are due, whatever became of those
// before: an open loop. The latency counts from when a question was due, so that
// a stall is counted against every question it held up, not against one.
type asker struct {
	base   string
	client *http.Client
}

const askTimeout = 30 * time.Second

func newAsker(address string) *asker {
	return &asker{base: "http://" + address, client: &http.Client{
		Timeout:       askTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConns: 4096, MaxIdleConnsPerHost: 4096, DisableCompression: true},
	}}
}

// outcomeOf is one question's.
type outcomeOf struct {
	class int
	took  time.Duration
	bytes int
	err   string
}

// ask puts rate questions a second, of classes drawn alike, for so long.
func (a *asker) ask(ctx context.Context, classes []class, rate float64, lasting time.Duration, seed int) ([]latencies, error) {
	d := draws(seed)
	count := int(rate * lasting.Seconds())
	outcomes := make([]outcomeOf, count)
	due := make([]time.Duration, count)
	paths := make([]string, count)
	at := 0.0
	for i := range count {
		at += -math.Log(1-d.unit()) / rate // as strangers come: independent of one another
		due[i] = time.Duration(at * float64(time.Second))
		outcomes[i].class = i % len(classes)
		paths[i] = classes[outcomes[i].class].path(&d)
	}
	var wait sync.WaitGroup
	start := time.Now()
	for i := range count {
		if pause := time.Until(start.Add(due[i])); pause > 0 {
			time.Sleep(pause)
		}
		if ctx.Err() != nil {
			break
		}
		wait.Go(func() {
			o := &outcomes[i]
			o.bytes, o.err = a.one(ctx, classes[o.class], paths[i])
			o.took = time.Since(start.Add(due[i]))
		})
	}
	wait.Wait()
	elapsed := time.Since(start).Seconds()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	result := make([]latencies, len(classes))
	for c := range classes {
		l := latencies{Class: classes[c].name, Aim: classes[c].aim}
		var took []time.Duration
		var bytes int64
		for _, o := range outcomes {
			if o.class != c {
				continue
			}
			took = append(took, o.took)
			bytes += int64(o.bytes)
			if o.err != "" {
				l.Failed++
				l.first = o.err
			}
		}
		slices.Sort(took)
		l.Asked, l.Rate = len(took), float64(len(took)-l.Failed)/elapsed
		if len(took) > 0 {
			l.Bytes = bytes / int64(len(took))
			l.P50, l.P95, l.P99, l.P999 = percentile(took, 0.5), percentile(took, 0.95), percentile(took, 0.99), percentile(took, 0.999)
			l.Max = percentile(took, 1)
		}
		result[c] = l
	}
	return result, nil
}

// one asks one question; the text says what was wrong with its answer.
func (a *asker) one(ctx context.Context, c class, path string) (int, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	if !c.right(resp.StatusCode, body) {
		return len(body), fmt.Sprintf("%s: %s", path, resp.Status)
	}
	return len(body), ""
}

// percentile of sorted durations by nearest rank, in milliseconds.
func percentile(sorted []time.Duration, p float64) float64 {
	i := min(max(int(math.Ceil(p*float64(len(sorted))))-1, 0), len(sorted)-1)
	return float64(sorted[i].Microseconds()) / 1000
}
