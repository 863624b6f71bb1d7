// Command readbench measures a gateway's pages and reads on an index of a large
// city, and how fast that index is rebuilt from the peer's blocks.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/datarights/datarights/test-network/machine"
)

type settings struct {
	size                    size
	dir, cpuProfile, only   string
	limit, rebuildLimit     string
	rate                    float64
	each                    time.Duration
	keep, json, rebuildOnly bool
}

var (
	fullSize  = size{Rights: 1_000_000, History: 10_000_000, Participants: 20_000}
	quickSize = size{Rights: 15_000, History: 150_000, Participants: 500}
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "part" {
		if err := child(os.Args[2:]); err != nil && !errors.Is(err, context.Canceled) {
			fmt.Fprintln(os.Stderr, "readbench:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "readbench:", err)
		os.Exit(1)
	}
}

func parse(args []string, out io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("readbench", flag.ContinueOnError)
	flags.SetOutput(out)
	quick := flags.Bool("quick", false, "a small city and short runs: shows that it works / 小规模短测")
	rights := flags.Int("rights", 0, "rights on the ledger (default 1,000,000) / 权利数")
	history := flags.Int("history", 0, "versions of records of all kinds (default ten a right) / 历史条目数")
	flags.StringVar(&s.dir, "dir", "", "where the index is made, and found again if kept (default a temporary directory) / 索引目录")
	flags.BoolVar(&s.keep, "keep", false, "keep chain and index; the next run with the same -dir and size only reads / 保留链与索引，下次同规模只测读取")
	flags.Float64Var(&s.rate, "rate", 200, "questions a second / 每秒请求数")
	flags.StringVar(&s.only, "only", "", "ask only the kinds whose name has this, each by itself / 只测名称含此内容的类别")
	flags.DurationVar(&s.each, "each", 0, "how long each kind of question is asked (default 20s, 2s with --quick) / 每类时长")
	flags.StringVar(&s.limit, "memory", "512MiB", "GOMEMLIMIT of the gateway; empty: none / 网关内存软上限")
	flags.StringVar(&s.rebuildLimit, "rebuild-memory", "1GiB", "GOMEMLIMIT of the rebuild and its baseline; empty: none / 重建内存软上限")
	flags.StringVar(&s.cpuProfile, "cpuprofile", "", "write the rebuild's profile here / 重建的 CPU 剖析")
	flags.BoolVar(&s.rebuildOnly, "rebuild-only", false, "measure no reads / 只测重建")
	flags.BoolVar(&s.json, "json", false, "print the report as JSON / 以 JSON 输出")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	s.size = fullSize
	if *quick {
		s.size = quickSize
	}
	if *rights > 0 {
		s.size.Rights, s.size.History = *rights, 10**rights
		s.size.Participants = max(100, *rights/50)
	}
	if *history > 0 {
		s.size.History = *history
	}
	if s.each == 0 {
		s.each = 20 * time.Second
		if *quick {
			s.each = 2 * time.Second
		}
	}
	if s.size.Rights < 3000 || s.rate <= 0 {
		return s, errors.New("want at least 3,000 rights and a rate above 0")
	}
	return s, nil
}

// report is what a run found.
type report struct {
	At         time.Time  `json:"at"`
	Commit     string     `json:"commit"`
	Go         string     `json:"go"`
	Processor  string     `json:"processor"`
	Cores      int        `json:"cores"`
	Memory     string     `json:"memory"`
	Limit      string     `json:"gomemlimit"`
	RebuildMax string     `json:"gomemlimitOfTheRebuild"`
	LoadBefore string     `json:"loadBefore"`
	LoadAfter  string     `json:"loadAfter"`
	Size       size       `json:"size"`
	Blocks     uint64     `json:"blocks"`
	Acts       int        `json:"transactions"`
	Records    int        `json:"records"`
	Rebuild    *rebuilt   `json:"rebuild,omitempty"`
	Rate       float64    `json:"rate"`
	Each       string     `json:"each"`
	Sections   []section  `json:"sections"`
	Gateway    gatewayUse `json:"gateway"`
}

type rebuilt struct {
	Seconds      float64 `json:"seconds"` // until the last block
	WithCheck    float64 `json:"secondsWithCheck"`
	PerSecond    float64 `json:"recordsPerSecond"`
	WithCheckPS  float64 `json:"recordsPerSecondWithCheck"`
	Peak         int64   `json:"peakRssKiB"`
	Anonymous    int64   `json:"peakAnonymousKiB"` // as seen twice a second
	CPU          float64 `json:"cpuSeconds"`
	CheckCPU     float64 `json:"cpuSecondsOfTheCheck"`
	Disk         int64   `json:"bytesOnDisk"`
	RawBlocks    uint64  `json:"rawBlocks"`
	RawSeconds   float64 `json:"rawSeconds"`
	IndexSeconds float64 `json:"indexSecondsOfThoseBlocks"`
	RawCPU       float64 `json:"rawCpuSeconds"`
	Digest       string  `json:"digest"`
}

type section struct {
	Title   string      `json:"title"`
	Classes []latencies `json:"classes"`
}

type gatewayUse struct {
	RSS       int64   `json:"rssKiB"`
	Peak      int64   `json:"peakRssKiB"`
	Anonymous int64   `json:"anonymousKiB"` // without mapped files
	Loaded    float64 `json:"lineageSeconds"`
	Applied   int     `json:"blocksAppliedWhileRead"`
}

func run(ctx context.Context, args []string, out, errOut io.Writer) (err error) {
	s, err := parse(args, errOut)
	if err != nil {
		return err
	}
	temporary := s.dir == ""
	if temporary {
		if s.dir, err = os.MkdirTemp("", "readbench-"); err != nil {
			return err
		}
	} else if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	b := &bench{settings: s, out: errOut}
	if !s.keep {
		defer func() {
			if temporary {
				err = errors.Join(err, os.RemoveAll(s.dir))
				return
			}
			err = errors.Join(err, os.RemoveAll(b.chainFile()), os.RemoveAll(b.indexDir()))
		}()
	}
	b.report = report{At: time.Now().UTC().Truncate(time.Second), Commit: commit(ctx), Go: runtime.Version(), Cores: runtime.NumCPU(), Limit: s.limit, RebuildMax: s.rebuildLimit,
		Size: s.size, Rate: s.rate, Each: s.each.String()}
	b.report.Processor, b.report.Memory, b.report.LoadBefore = machine.Describe()
	b.report.Blocks, b.report.Records, b.report.Acts = heightOf(s.size)
	if err := b.measure(ctx); err != nil {
		return err
	}
	_, _, b.report.LoadAfter = machine.Describe()
	if s.json {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(b.report)
	}
	return b.report.print(out)
}
