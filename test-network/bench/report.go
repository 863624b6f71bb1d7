package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is one run. Every ratio in it is of numbers taken in turns in that run.
type report struct {
	At          time.Time `json:"at"`
	Commit      string    `json:"commit,omitempty"`
	Go          string    `json:"go"`
	System      string    `json:"system"`
	Processor   string    `json:"processor,omitempty"`
	Cores       int       `json:"cores"`
	Memory      string    `json:"memory,omitempty"`
	LoadBefore  string    `json:"loadBefore,omitempty"` // of the machine, before the consortium worked
	LoadAfter   string    `json:"loadAfter,omitempty"`
	Endorsement string    `json:"endorsement"` // of both chaincodes
	Batch       string    `json:"batch"`       // what cuts a block
	Plan        plan      `json:"plan"`
	Seconds     float64   `json:"seconds"`

	Latency    []latency      `json:"latency"`
	Singles    []series       `json:"singles"`
	Bulk       []bulkRound    `json:"bulk"`
	Trades     []series       `json:"trades"`
	Use        []series       `json:"use"`
	MarketBulk []bulkRound    `json:"marketBulk"`
	Conflicts  []conflictRate `json:"conflicts"`

	Reads   []series `json:"reads"`
	Rebuild rebuild  `json:"rebuild"`
	Ratios  []ratio  `json:"ratios"`
}

type latency struct {
	Name string  `json:"name"`
	P50  float64 `json:"p50ms"`
	P90  float64 `json:"p90ms"`
	P99  float64 `json:"p99ms"`
}

type series struct {
	Name   string   `json:"name"`
	Rounds []sample `json:"rounds"`
}

func (s series) of(value func(sample) float64) float64 {
	var all []float64
	for _, r := range s.Rounds {
		all = append(all, value(r))
	}
	return median(all)
}

func rate(s sample) float64 { return s.PerSecond }
func p50(s sample) float64  { return s.P50 }
func p99(s sample) float64  { return s.P99 }

type bulkRound struct {
	Name   string      `json:"name,omitempty"` // of what the market's measures do in bulk
	Create sample      `json:"create"`
	Cases  int         `json:"cases"`
	Stages []stageTime `json:"stages"`
	Fill   stageTime   `json:"fill"`            // the engine's own time for what the last stage writes, or all of the market's
	Bytes  int         `json:"bytes,omitempty"` // of a record, where it was read
}

// seconds is how long all stages took.
func (r bulkRound) seconds() (all float64) {
	for _, s := range r.Stages {
		all += s.Seconds
	}
	return all
}

// conflictRate is what callers who have nothing to do with one another cost each other.
type conflictRate struct {
	What         string `json:"what"`
	Gateways     int    `json:"gateways"`
	Sample       sample `json:"sample"`
	Transactions uint64 `json:"transactions"` // in blocks, those that came too late among them
	Conflicts    uint64 `json:"conflicts"`
}

func (c conflictRate) perThousand() float64 {
	return 1000 * float64(c.Conflicts) / float64(max(1, c.Transactions))
}

type stageTime struct {
	Name    string             `json:"name"`
	Seconds float64            `json:"seconds"`
	CPU     map[string]float64 `json:"cpuMs"` // of one command
}

// add takes another command's time in.
func (s *stageTime) add(more stageTime) {
	s.Name = more.Name
	s.Seconds += more.Seconds
	if s.CPU == nil {
		s.CPU = map[string]float64{}
	}
	for kind, ms := range more.CPU {
		s.CPU[kind] += ms
	}
}

// rightsPerSecond is how fast rights come about in these stages.
func (r bulkRound) rightsPerSecond(stages []stageTime) float64 {
	var seconds float64
	for _, s := range stages {
		seconds += s.Seconds
	}
	return float64(3*r.Cases) / seconds
}

type rebuild struct {
	Blocks  uint64  `json:"blocks"`
	Seconds float64 `json:"seconds"`
}

// ratio is one aim and what was reached.
type ratio struct {
	What    string  `json:"what"`
	Value   float64 `json:"value"`
	Aim     float64 `json:"aim,omitempty"`
	AtMost  bool    `json:"atMost,omitempty"`
	Reached bool    `json:"reached"`
}

func (r *report) ratio(what string, value, aim float64, atMost bool) {
	r.Ratios = append(r.Ratios, ratio{what, value, aim, atMost, aim > 0 && (atMost && value <= aim || !atMost && value >= aim)})
}

// paired is the median over the rounds of one contender's number by another's
// of the same round.
func paired(a, b series, value func(sample) float64) float64 {
	var all []float64
	for i := range min(len(a.Rounds), len(b.Rounds)) {
		all = append(all, value(a.Rounds[i])/value(b.Rounds[i]))
	}
	return median(all)
}

func find(all []series, name string) series {
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	return series{Name: name}
}

// conclude works out the ratios of what was measured.
func (r *report) conclude() {
	if len(r.Singles) > 0 {
		noop, create := find(r.Singles, nameNoop), find(r.Singles, nameCreate)
		direct, api := find(r.Singles, nameSubmit), find(r.Singles, nameSubmitAPI)
		r.ratio("single registrations / no-op, same client library", paired(direct, noop, rate), 0.9, false)
		r.ratio("single registrations over HTTP / no-op", paired(api, noop, rate), 0.9, false)
		r.ratio("single registrations / sample's create, same client library", paired(direct, create, rate), 0, false)
		r.ratio("single registrations over HTTP / sample's create", paired(api, create, rate), 0, false)
	}
	if len(r.Bulk) > 0 {
		var record, pipeline []float64
		for _, round := range r.Bulk {
			record = append(record, round.rightsPerSecond(round.Stages[len(round.Stages)-1:])/round.Create.PerSecond)
			pipeline = append(pipeline, round.rightsPerSecond(round.Stages)/round.Create.PerSecond)
		}
		var fill []float64
		for _, round := range r.Bulk {
			fill = append(fill, round.Fill.Seconds/round.Stages[len(round.Stages)-1].Seconds)
		}
		r.ratio("rights recorded in bulk / sample's create", median(record), 40, false)
		r.ratio("rights recorded in bulk / as many plain writes in as many transactions", median(fill), 0, false)
		r.ratio("rights through the whole bulk pipeline / sample's create", median(pipeline), 40, false)
	}
	if len(r.Latency) > 0 {
		p50of := map[string]float64{}
		for _, l := range r.Latency {
			p50of[l.Name] = l.P50
		}
		r.ratio("latency of one caller / no-op, same client library", p50of[nameSubmit]/p50of[nameNoop], 1.15, true)
		r.ratio("latency of one caller over HTTP / no-op", p50of[nameSubmitAPI]/p50of[nameNoop], 1.15, true)
	}
	r.concludeMarket()
	if len(r.Reads) > 0 {
		evaluate := find(r.Reads, nameEvaluate)
		r.ratio("one right from the index / evaluate", paired(find(r.Reads, nameOne), evaluate, rate), 20, false)
		r.ratio("one right over HTTP / evaluate", paired(find(r.Reads, nameOneAPI), evaluate, rate), 20, false)
		r.ratio("rights in lists from the index / evaluate", listed*paired(find(r.Reads, nameList), evaluate, rate), 20, false)
		r.ratio("rights in lists over HTTP / evaluate", listed*paired(find(r.Reads, nameListAPI), evaluate, rate), 20, false)
		r.ratio("p99 of evaluate / p99 of the index, one right", 1/paired(find(r.Reads, nameOne), evaluate, p99), 20, false)
		r.ratio("p99 of evaluate / p99 over HTTP, one right", 1/paired(find(r.Reads, nameOneAPI), evaluate, p99), 20, false)
	}
}

// print writes the report for people.
func (r *report) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	line("测速 / Benchmark, %s", r.At.Format(time.RFC3339))
	line("commit %s, %s %s", orUnknown(r.Commit), r.Go, r.System)
	line("%s, %d cores, %s; load average before %s, after %s", orUnknown(r.Processor), r.Cores, orUnknown(r.Memory), r.LoadBefore, r.LoadAfter)
	line("endorsement %s; blocks of %s; took %.0f s", r.Endorsement, r.Batch, r.Seconds)

	if len(r.Singles) > 0 {
		line("\n单笔写入 / Single writes: %d callers, %d transactions a round, medians of %d rounds", r.Plan.Clients, r.Plan.Transactions, r.Plan.Rounds)
		r.table(line, r.Singles)
	}
	if len(r.Latency) > 0 {
		line("\n一个调用者的时延 / Latency of one caller: %d of each, in turns", r.Plan.Latency)
		line("\tp50 ms\tp90 ms\tp99 ms\tover no-op ms")
		for _, l := range r.Latency {
			line("%s\t%.1f\t%.1f\t%.1f\t%+.1f", l.Name, l.P50, l.P90, l.P99, l.P50-r.Latency[0].P50)
		}
	}
	if len(r.Bulk) > 0 {
		line("\n批量登记 / Bulk registration: %d commands of %d cases at once, 3 rights a case, medians of %d rounds", r.Plan.Lanes, r.Plan.Cases, len(r.Bulk))
		r.bulkTable(line)
	}
	r.printMarket(line)
	if len(r.Reads) > 0 {
		line("\n读取 / Reads: %d callers, medians of %d rounds", r.Plan.Readers, r.Plan.ReadRounds)
		r.table(line, r.Reads)
		line("index built from %d blocks in %.1f s", r.Rebuild.Blocks, r.Rebuild.Seconds)
	}

	line("\n比值 / Ratios\treached\taim\t")
	for _, x := range r.Ratios {
		aim, verdict := "", ""
		if x.Aim > 0 {
			sign := "≥"
			if x.AtMost {
				sign = "≤"
			}
			aim, verdict = fmt.Sprintf("%s %.4g", sign, x.Aim), "未达到 short"
			if x.Reached {
				verdict = "达到 reached"
			}
		}
		line("%s\t%.3g\t%s\t%s", x.What, x.Value, aim, verdict)
	}
	return w.Flush()
}

func (r *report) table(line func(string, ...any), all []series) {
	line("\t/s\tp50 ms\tp99 ms\tfailed\tCPU ms each")
	for _, s := range all {
		failed := 0
		used := map[string]float64{}
		for _, one := range s.Rounds {
			failed += one.Failed
			for kind := range one.CPU {
				used[kind] = s.of(func(x sample) float64 { return x.CPU[kind] })
			}
		}
		line("%s\t%s\t%s\t%s\t%d\t%s", s.Name, figure(s.of(rate)), figure(s.of(p50)), figure(s.of(p99)), failed, processorTimes(used))
	}
}

func (r *report) bulkTable(line func(string, ...any)) {
	line("\tseconds\tcases/s\tCPU ms a command")
	for i := range len(r.Bulk[0].Stages) + 1 {
		var of []stageTime
		for _, round := range r.Bulk {
			of = append(of, append(slices.Clone(round.Stages), round.Fill)[i])
		}
		var seconds []float64
		for _, s := range of {
			seconds = append(seconds, s.Seconds)
		}
		used := map[string]float64{}
		for kind := range of[0].CPU {
			var all []float64
			for _, s := range of {
				all = append(all, s.CPU[kind])
			}
			used[kind] = median(all)
		}
		line("%s\t%.2f\t%s\t%s", of[0].Name, median(seconds), figure(float64(r.Bulk[0].Cases)/median(seconds)), processorTimes(used))
	}
	var record, pipeline, create []float64
	for _, round := range r.Bulk {
		record = append(record, round.rightsPerSecond(round.Stages[len(round.Stages)-1:]))
		pipeline = append(pipeline, round.rightsPerSecond(round.Stages))
		create = append(create, round.Create.PerSecond)
	}
	line("rights/s recorded\t%s\t\t", figure(median(record)))
	line("rights/s, whole pipeline\t%s\t\twithout the notice's own time", figure(median(pipeline)))
	line("sample's create/s, %d callers\t%s\t\t", r.Plan.Clients, figure(median(create)))
}

// processorTimes lists who used how much, the most first.
func processorTimes(used map[string]float64) string {
	kinds := slices.SortedFunc(maps.Keys(used), func(a, b string) int {
		if used[a] != used[b] {
			if used[a] > used[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, kind := range kinds {
		if used[kind] >= 0.005 {
			parts = append(parts, fmt.Sprintf("%s %s", kind, figure(used[kind])))
		}
	}
	return strings.Join(parts, ", ")
}

// figure prints three digits or so.
func figure(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
