// Command bench measures the ledger against baselines on one and the same
// consortium, in one run, and prints the ratios: what a signed, checked and
// indexed registration costs over a transaction that does nothing at all.
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
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/datarights/datarights/network"
)

// settings are the command line.
type settings struct {
	dir, fabricBin, programs string
	base                     int
	quick, json, keep        bool
	only                     []string
	plan                     plan
}

// plan says how much is measured. Every number of it is in the report.
type plan struct {
	Clients      int `json:"clients"`      // callers at once, each waiting for its answer
	Rounds       int `json:"rounds"`       // alternations of the contenders
	Transactions int `json:"transactions"` // of each contender in a round
	Latency      int `json:"latency"`      // transactions of each contender, one at a time
	Lanes        int `json:"lanes"`        // bulk commands at once
	BulkRounds   int `json:"bulkRounds"`
	Cases        int `json:"cases"`  // in a bulk command
	Offers       int `json:"offers"` // products on the market that the trades are spread over
	Readers      int `json:"readers"`
	Reads        int `json:"reads"` // evaluations in a round; the index reads tenfold
	ReadRounds   int `json:"readRounds"`
}

var (
	fullPlan  = plan{Clients: 100, Rounds: 5, Transactions: 1000, Latency: 60, Lanes: 2, BulkRounds: 3, Cases: 1000, Offers: 20, Readers: 16, Reads: 5000, ReadRounds: 5}
	quickPlan = plan{Clients: 50, Rounds: 2, Transactions: 150, Latency: 10, Lanes: 1, BulkRounds: 1, Cases: 200, Offers: 4, Readers: 8, Reads: 500, ReadRounds: 2}
)

// offers are as many products as are traded: a lane's in every round of bulk
// trades, and one more.
func (p plan) offers() int { return max(p.Offers, p.Lanes*p.BulkRounds+1) }

// buyers are as many as call at once, and a lane's in every round of bulk trades.
func (p plan) buyers() int { return max(p.Clients, p.Lanes*p.BulkRounds) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string, out io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&s.dir, "dir", "", "measure on the consortium that runs in this directory; records and the baseline chaincode stay there\n在此目录运行中的联盟上测量；记录与基准链码会留在其上")
	flags.StringVar(&s.fabricBin, "fabric-bin", os.Getenv(network.FabricBinEnv), "folder with Fabric's programs / Fabric 程序目录")
	flags.StringVar(&s.programs, "bin", "bin", "folder with datarights, chaincode and baseline / 本项目程序目录")
	flags.IntVar(&s.base, "port", 21000, "first port of a consortium of its own / 自建联盟的起始端口")
	flags.BoolVar(&s.quick, "quick", false, "a short run: shows that it works, proves no ratio / 短测：只验证可运行")
	flags.BoolVar(&s.json, "json", false, "print the report as JSON / 以 JSON 输出")
	flags.BoolVar(&s.keep, "keep", false, "leave its own consortium running / 测完保留自建联盟")
	only := flags.String("only", "", "measures to take, by comma: "+strings.Join(measureNames, ", ")+" (default all) / 只测其中几项")
	clients := flags.Int("clients", 0, "callers at once (default 100; 50 with --quick) / 并发数")
	rounds := flags.Int("rounds", 0, "rounds of each measure (default 5, 3 of bulk registration; fewer with --quick) / 轮数")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	s.only = measureNames
	if *only != "" {
		s.only = strings.Split(*only, ",")
	}
	for _, name := range s.only {
		if !slices.Contains(measureNames, name) {
			return s, fmt.Errorf("no measure %q; there are %s", name, strings.Join(measureNames, ", "))
		}
	}
	s.plan = fullPlan
	if s.quick {
		s.plan = quickPlan
	}
	if *clients > 0 {
		s.plan.Clients = *clients
	}
	if *rounds > 0 {
		s.plan.Rounds, s.plan.BulkRounds, s.plan.ReadRounds = *rounds, *rounds, *rounds
	}
	return s, nil
}

// run measures and prints. Progress goes to errOut, the report alone to out.
func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	s, err := parse(args, errOut)
	if err != nil {
		return err
	}
	programs, err := filepath.Abs(s.programs)
	if err != nil {
		return err
	}
	d, down, err := s.consortium(ctx, programs, errOut)
	if err != nil {
		return err
	}
	defer down()
	report, err := measureAll(ctx, d, s, errOut)
	if err != nil {
		return err
	}
	if s.json {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}
	return report.print(out)
}

// consortium opens the one that runs in s.dir, or starts one of its own, and
// deploys the baseline beside the ledger's chaincode under its very policy.
func (s settings) consortium(ctx context.Context, programs string, errOut io.Writer) (d *network.Deployment, down func(), err error) {
	progress := network.NewPlainProgress(errOut)
	program := filepath.Join(programs, "datarights")
	dir := s.dir
	down = func() {}
	if dir != "" {
		if d, err = network.Open(dir); err != nil {
			return nil, nil, err
		}
	} else {
		dir = filepath.Join(".cache", "bench") // beside run/, on the disk that a consortium would use
		if err := remove(ctx, dir); err != nil {
			return nil, nil, err
		}
		down = func() {
			if s.keep {
				return
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := remove(ctx, dir); err != nil {
				fmt.Fprintln(errOut, "bench:", err)
			}
		}
		defer func() {
			if err != nil {
				down()
			}
		}()
		example, err := network.Parse("consortium.yaml", network.ExampleConsortium())
		if err != nil {
			return nil, nil, err
		}
		if example, err = example.Rebase(s.base); err != nil {
			return nil, nil, err
		}
		if d, err = network.Up(ctx, network.Options{Dir: dir, Consortium: example, FabricBin: s.fabricBin, Datarights: program, Progress: progress}); err != nil {
			return nil, nil, err
		}
	}
	err = network.Deploy(ctx, dir, s.fabricBin, program, network.Chaincode{
		Name: baseline, Version: "1.0", Slot: 1,
		Program: filepath.Join(programs, "baseline"), Endorsement: d.Chaincode.Endorsement,
	}, progress)
	return d, down, err
}

// remove stops what an earlier run left in dir and deletes it.
func remove(ctx context.Context, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "consortium.yaml")); err == nil {
		if err := network.Down(ctx, dir, nil); err != nil {
			return err
		}
	}
	return os.RemoveAll(dir)
}
