// Command lineagebench traces one and the same lineage with the gateway's graph,
// over HTTP and with a recursive query in PostgreSQL, checks that all reach the
// same, and prints the ratio.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/datarights/datarights/gateway/lineage"
)

func main() {
	edges := flag.Int("edges", 1_000_000, "edges of the lineage, about")
	depth := flag.Int("depth", 20, "its depth")
	runs := flag.Int("runs", 5, "of each question; the median counts")
	roots := flag.Int("roots", 3, "starts for each direction")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *edges, *depth, *runs, *roots)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lineagebench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, edges, depth, runs, roots int) (err error) {
	if edges < 1 || depth < 1 || depth > lineage.MaxDepth || runs < 1 || roots < 1 {
		return fmt.Errorf("-edges, -runs and -roots must be at least 1 and -depth 1 to %d", lineage.MaxDepth)
	}
	l := newLayers(edges, depth, 1)
	printMachine()
	fmt.Printf("lineage: %d edges, %d contents, %d lineage records, depth %d\n", l.edges, len(l.inputs), len(l.inputs)-l.width, depth)

	site, err := serve(ctx, l)
	if err != nil {
		return err
	}
	defer site.close()
	p, err := startPostgres(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if e := p.stop(); err == nil {
			err = e
		}
	}()
	version, err := p.query(ctx, "SHOW server_version")
	if err != nil {
		return err
	}
	began := time.Now()
	if err := p.load(ctx, l); err != nil {
		return err
	}
	size, err := p.query(ctx, "SELECT pg_size_pretty(pg_total_relation_size('edges'))")
	if err != nil {
		return err
	}
	fmt.Printf("PostgreSQL %s: loaded, indexed both ways and analysed in %s, %s\n\n", version, time.Since(began).Round(time.Millisecond), size)

	fmt.Println("direction  reached   graph ms   PostgreSQL ms (UNION)   ratio   PostgreSQL ms (depth ≤ N)   ratio   HTTP first page ms")
	worst := 0.0
	for k := range 2 * roots {
		forward := k >= roots
		start, d := uint32(len(l.inputs)-1-k*l.width/(2*roots)), lineage.Back
		if forward {
			start, d = uint32((k-roots)*l.width/roots), lineage.Forward
		}
		ratio, err := compare(ctx, site, p, start, d, depth, runs)
		if err != nil {
			return err
		}
		if worst == 0 || ratio < worst {
			worst = ratio
		}
	}
	fmt.Printf("\nworst ratio of the traversal over the quicker of the two queries: %.1f\n", worst)
	return site.whole(ctx, uint32(len(l.inputs)-1))
}

func compare(ctx context.Context, s *site, p *postgres, start uint32, d lineage.Direction, depth, runs int) (float64, error) {
	from := lineage.State{Type: "Result", ContentRoot: rootOf(start)}
	reached := 0
	graph := times(runs, func() { reached = s.graph.Reach(from, d, depth) })
	forward := d == lineage.Forward
	plain, plainTimes, err := p.reach(ctx, recursive(forward, false, start, depth), runs)
	if err != nil {
		return 0, err
	}
	bounded, boundedTimes, err := p.reach(ctx, recursive(forward, true, start, depth), runs)
	if err != nil {
		return 0, err
	}
	if reached != plain || reached != bounded {
		return 0, fmt.Errorf("from %d the graph reaches %d, PostgreSQL %d and %d", start, reached, plain, bounded)
	}
	page, err := s.firstPage(ctx, start, d, runs)
	if err != nil {
		return 0, err
	}
	g, a, b := median(graph), median(plainTimes), median(boundedTimes)
	fmt.Printf("%-9s %8d %10.2f %23.1f %7.1f %27.1f %7.1f %20.1f\n", map[bool]string{false: "back", true: "forward"}[forward], reached, g, a, a/g, b, b/g, median(page))
	return min(a, b) / g, nil
}

func times(runs int, do func()) []time.Duration {
	do() // to warm up, as PostgreSQL may
	var all []time.Duration
	for range runs {
		began := time.Now()
		do()
		all = append(all, time.Since(began))
	}
	return all
}

// median in milliseconds.
func median(all []time.Duration) float64 {
	all = slices.Sorted(slices.Values(all))
	return float64(all[len(all)/2].Microseconds()) / 1000
}
