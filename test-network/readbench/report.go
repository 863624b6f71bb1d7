package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// aimed is how many records a second a rebuild should reach.
const aimed = 20_000

func (r *report) print(w io.Writer) error {
	fmt.Fprintf(w, "读取测速 / Reads at scale, %s\n", r.At.Format("2006-01-02T15:04:05Z"))
	fmt.Fprintf(w, "commit %s, %s; %s, %d cores, %s; load average before %s, after %s\n", r.Commit, r.Go, r.Processor, r.Cores, r.Memory, r.LoadBefore, r.LoadAfter)
	fmt.Fprintf(w, "%d rights, %d versions of records of all kinds, %d participants; %d blocks, %d transactions\n", r.Size.Rights, r.Records, r.Size.Participants, r.Blocks, r.Acts)
	if b := r.Rebuild; b != nil {
		fmt.Fprintf(w, "\n重建索引 / Index rebuild, GOMEMLIMIT=%s\n", r.RebuildMax)
		fmt.Fprintf(w, "records a second  %.0f %s; with the check of every entry that ends it %.0f\n", b.PerSecond, reached(b.PerSecond >= aimed, "≥ 20000"), b.WithCheckPS)
		fmt.Fprintf(w, "seconds           %.1f, with the check %.1f; of processor time %.1f and %.1f, %.0f µs a record without the check\n", b.Seconds, b.WithCheck, b.CPU, b.CheckCPU, 1e6*b.CPU/float64(r.Records))
		fmt.Fprintf(w, "peak memory       %d MiB resident, of which %d MiB its own and the rest mapped files\n", b.Peak>>10, b.Anonymous>>10)
		fmt.Fprintf(w, "on disk           %d MiB, %d bytes a record\n", b.Disk>>20, b.Disk/int64(r.Records))
		fmt.Fprintf(w, "baseline          the world state's keys and values alone, first %d blocks: %.1f s, %.1f s of processor time; the index took %.1f s, ratio %.2f\n", b.RawBlocks, b.RawSeconds, b.RawCPU, b.IndexSeconds, b.RawSeconds/b.IndexSeconds)
		fmt.Fprintf(w, "digest            %s\n", b.Digest)
	}
	if len(r.Sections) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\n%g questions a second, due at random times; latency in ms from when due; GOMEMLIMIT=%s\n", r.Rate, r.Limit)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, s := range r.Sections {
		fmt.Fprintf(t, "\n%s\n", s.Title)
		fmt.Fprint(t, "/s\tp50\tp95\tp99\tp99.9\tmax\tfailed\tKB\tCPU\tp50/static\tp99/static\taim p99\t\t\n")
		for _, l := range s.Classes {
			over := "\t\t"
			if l.OverP50 > 0 {
				over = fmt.Sprintf("%.1f\t%.1f\t", l.OverP50, l.OverP99)
			}
			aim := "\t\t"
			if l.Aim > 0 {
				aim = reached(l.P99 <= l.Aim, fmt.Sprintf("≤ %g\t", l.Aim)) + "\t"
			}
			fmt.Fprintf(t, "%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%d\t%.1f\t%.2f\t%s%s  %s\n", l.Rate, l.P50, l.P95, l.P99, l.P999, l.Max, l.Failed, float64(l.Bytes)/1000, l.CPU, over, aim, l.Class)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	g := r.Gateway
	_, err := fmt.Fprintf(w, "\n网关 / The gateway: %d MiB resident at the end (%d MiB at most), of which %d MiB its own memory and the rest mapped files; lineage was read %.1f s after the start\n", g.RSS>>10, g.Peak>>10, g.Anonymous>>10, g.Loaded)
	return err
}

func reached(is bool, aim string) string {
	if is {
		return aim + "达到 reached"
	}
	return aim + "未达到 short"
}
