// Command tracebench attacks stolen tables as a dishonest buyer would and traces
// what comes of it: whether the source is found, how much of it the file is said
// to be, and whether the buyer, and nobody else, is named. It then measures how
// fast files are fingerprinted and sketches matched.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/trace"
)

// settings are the command line.
type settings struct {
	rows, decoys, trials, sketches int
	out                            string
	speed                          bool
}

func main() {
	var s settings
	flag.IntVar(&s.rows, "rows", 1_000_000, "rows of the generated table")
	flag.IntVar(&s.decoys, "decoys", 500, "other tables of each kind that are registered beside")
	flag.IntVar(&s.trials, "trials", 10_000, "registers of innocents that the suspect files are judged by")
	flag.IntVar(&s.sketches, "sketches", 1_000_000, "registered sketches that one is matched with; 0: not measured")
	flag.BoolVar(&s.speed, "speed", true, "measure fingerprinting too")
	flag.StringVar(&s.out, "out", "", "write the report to this file, too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, s)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tracebench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	dir, err := os.MkdirTemp("", "tracebench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	w, err := newWorld(dir, func(what string) { fmt.Fprintf(os.Stderr, "%6.1fs %s\n", time.Since(began).Seconds(), what) })
	if err != nil {
		return err
	}
	all, err := sources(s.rows)
	if err != nil {
		return err
	}
	r := report{settings: s, began: began}
	var markets []*market
	for _, source := range all {
		m, err := w.publish(ctx, source)
		if err != nil {
			return err
		}
		markets = append(markets, m)
	}
	if err := w.enterDecoys(ctx, all, s.decoys); err != nil {
		return err
	}
	r.registered = w.matcher.Len()
	for _, m := range markets {
		for i := range suite {
			w.progress(m.name + ": " + suite[i].en)
			o, err := w.run(ctx, m, &suite[i])
			if err != nil {
				return err
			}
			r.outcomes = append(r.outcomes, o)
		}
		others, err := w.innocent(ctx, m)
		if err != nil {
			return err
		}
		r.others = append(r.others, others...)
	}
	w.progress("registers of innocents")
	if err := r.judgeInnocents(markets, s.trials); err != nil {
		return err
	}
	if s.speed {
		w.progress("fingerprinting")
		if err := r.fingerprinting(ctx, markets); err != nil {
			return err
		}
	}
	if err := r.save(s.out); err != nil { // what follows takes long
		return err
	}
	if s.sketches > 0 {
		w.progress(fmt.Sprintf("%d sketches", s.sketches))
		if err := r.matching(ctx, w, markets); err != nil {
			return err
		}
	}
	if err := r.save(s.out); err != nil {
		return err
	}
	fmt.Print(r.markdown())
	if faults := r.faults(); len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n"))
	}
	return nil
}

// save writes the report as it stands.
func (r *report) save(path string) error {
	r.took = time.Since(r.began)
	if path == "" {
		return nil
	}
	return os.WriteFile(path, []byte(r.markdown()), 0o644)
}

func (w *world) enterDecoys(ctx context.Context, all []*source, n int) error {
	r := rand.New(rand.NewPCG(11, 13))
	for _, source := range all {
		w.progress("decoys of " + source.name)
		for i, g := range decoys(r, source, n) {
			path, err := g.write(w.dir, "csv")
			if err != nil {
				return err
			}
			s, err := sketchOf(ctx, path)
			if err != nil {
				return err
			}
			if err := w.enter(trace.Registered{Kind: rights.KindProduct, ID: fmt.Sprintf("DP-%s-decoy-%d", source.name, i)}, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// innocent examines files that no buyer leaked: the unmarked original, another's
// measurement of the same, another table of the kind, and another source.
func (w *world) innocent(ctx context.Context, m *market) ([]*outcome, error) {
	r := rand.New(rand.NewPCG(3, 5))
	var list []*outcome
	for _, x := range []struct {
		title string
		grid  grid
	}{
		{"未加水印的原表 · the original, unmarked", m.grid},
		{"他人对同一事实的独立采集 · the same facts, collected independently", independent(r, m.source)},
		{"同类的另一张表 · another table of the kind, the same keys", shifted(r, m.source, len(m.grid.rows), 3)},
	} {
		w.progress(m.name + ": " + x.title)
		path, err := x.grid.write(w.dir, "csv")
		if err != nil {
			return nil, err
		}
		o, err := w.examine(ctx, m, path)
		if err != nil {
			return nil, err
		}
		o.title, o.rows, o.wrong = x.title, len(x.grid.rows), len(o.named)
		list = append(list, o)
	}
	return list, nil
}
