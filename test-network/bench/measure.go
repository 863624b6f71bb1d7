package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/machine"
)

// baseline is the chaincode that does little.
const baseline = "baseline"

// bench is one run. It is used by one goroutine.
type bench struct {
	d      *network.Deployment
	plan   plan
	market *market
	scene  *scene // of the market's measures, once set
	meter  *meter
	direct *network.Connection // to the Group's peer, with fabric-gateway alone
	assets atomic.Int64        // created so far
	run    string              // tells the assets of this run from those of others
	out    io.Writer           // progress
	report *report
}

// measureNames are what --only knows, in the order they are taken.
var measureNames = []string{"latency", "singles", "bulk", "trades", "use", "conflicts", "reads"}

// measureAll makes the market and takes the measures in turn.
func measureAll(ctx context.Context, d *network.Deployment, s settings, out io.Writer) (*report, error) {
	m, err := newMeter(ctx, d.Dir)
	if err != nil {
		return nil, err
	}
	group, err := d.Organisation("Group")
	if err != nil {
		return nil, err
	}
	direct, err := d.Connect(group, d.GatewayUser(group))
	if err != nil {
		return nil, err
	}
	defer direct.Close()
	b := &bench{d: d, plan: s.plan, meter: m, direct: direct, run: fmt.Sprintf("%x", time.Now().UnixNano()), out: out, report: newReport(ctx, d, s.plan)}
	b.say("enrolling officers and an enterprise")
	if b.market, err = newMarket(ctx, d); err != nil {
		return nil, err
	}
	began := time.Now()
	measures := map[string]func(context.Context) error{"latency": b.latency, "singles": b.singles, "bulk": b.bulk, "trades": b.trades, "use": b.use, "conflicts": b.conflicts, "reads": b.reads}
	for _, name := range measureNames {
		if !slices.Contains(s.only, name) {
			continue
		}
		b.say("measuring: %s", name)
		if err := measures[name](ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	b.report.conclude()
	b.report.Seconds = time.Since(began).Seconds()
	_, _, b.report.LoadAfter = machine.Describe()
	return b.report, nil
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, "… "+format+"\n", args...) }

func (b *bench) tell(round int, name string, s sample) {
	b.say("round %d %-34s %8.0f/s  p50 %.1f ms  p99 %.1f ms  failed %d", round, name, s.PerSecond, s.P50, s.P99, s.Failed)
}

// noop is the cheapest transaction there can be under the same policy.
func (b *bench) noop(ctx context.Context, _, _ int) error {
	_, err := b.direct.Submit(ctx, baseline, "noop")
	return err
}

// create is what CreateAsset of Fabric's sample does, each time with a new key.
func (b *bench) create(ctx context.Context, _, _ int) error {
	_, err := b.direct.Submit(ctx, baseline, "create", fmt.Appendf(nil, "asset-%s-%d", b.run, b.assets.Add(1)))
	return err
}

func newReport(ctx context.Context, d *network.Deployment, p plan) *report {
	processor, memory, load := machine.Describe()
	return &report{
		At: time.Now().UTC().Truncate(time.Second), Commit: commit(ctx), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Processor: processor, Cores: runtime.NumCPU(), Memory: memory, LoadBefore: load, Plan: p,
		Endorsement: fmt.Sprintf("%d of %s", d.Chaincode.Endorsement.OutOf, strings.Join(d.Chaincode.Endorsement.Of, ", ")),
		Batch:       fmt.Sprintf("%d messages or %s", d.Consortium.Batch.MaxMessages, d.Consortium.Batch.Timeout),
	}
}

// commit names the sources as git has them, if this is a checkout.
func commit(ctx context.Context) string {
	git := func(args ...string) string {
		out, err := exec.CommandContext(ctx, "git", args...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	if _, err := os.Stat(".git"); err != nil {
		return ""
	}
	id := git("rev-parse", "--short=12", "HEAD")
	if id != "" && git("status", "--porcelain", "--untracked-files=no") != "" {
		id += " with changes"
	}
	return id
}
