package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math/bits"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/gateway/trace"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/sketch"
	"github.com/datarights/datarights/internal/tardos"
)

// pace is a file's fingerprinting against hashing its bytes.
type pace struct {
	source string
	bytes  int64
	sm3    float64 // MB/s on one core
	one    float64 // fingerprinting on one core
	all    float64 // on all
}

// judgeInnocents holds every suspect file against registers of recipients who
// received nothing: whoever is accused is innocent.
func (r *report) judgeInnocents(markets []*market, trials int) error {
	seeds := map[string][tardos.SeedSize]byte{}
	for _, m := range markets {
		seeds[m.name] = m.key.Seed()
	}
	all := slices.Concat(r.outcomes, r.others)
	for i := range trials {
		o := all[i%len(all)]
		biases := tardos.NewBiases(seeds[o.source])
		entries := make([]marks.Entry, recipients)
		for j := range entries {
			var err error
			if entries[j], err = marks.NewEntry(rand.Reader, o.extraction.KeyID, biases, delivery(o.source, j), recipient(j), "DP-"+o.source, 1); err != nil {
				return err
			}
		}
		j, err := marks.Accuse(o.extraction, entries, seeds[o.source], marks.DefaultEpsilon)
		if err != nil {
			return err
		}
		r.trials++
		r.judged += len(entries)
		r.accused += len(j.Accused())
		for _, d := range j.Deliveries { // how good the bound is where it can be seen
			for k, line := range calibration {
				if d.Log10 <= line {
					r.over[k]++
				}
			}
		}
	}
	return nil
}

// calibration are looser lines at which innocents can be counted, log10.
var calibration = [3]float64{-1, -2, -3}

// fingerprinting times the largest file and the weather's, repeated to the same
// size.
func (r *report) fingerprinting(ctx context.Context, markets []*market) error {
	for _, m := range markets {
		if len(m.grid.rows) < 1000 {
			continue
		}
		path := m.copies[0]
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		p := pace{source: m.name, bytes: int64(len(content))}
		best := func(f func() error) (float64, error) {
			most := 0.0
			for began := time.Now(); time.Since(began) < 8*time.Second; {
				start := time.Now()
				if err := f(); err != nil {
					return 0, err
				}
				most = max(most, float64(len(content))/1e6/time.Since(start).Seconds())
			}
			return most, nil
		}
		printed := func() error {
			_, _, err := fingerprint.OfFile(ctx, path, fingerprint.Options{})
			return err
		}
		cores := runtime.GOMAXPROCS(1)
		p.sm3, _ = best(func() error { gm.SM3(content); return nil })
		p.one, err = best(printed)
		runtime.GOMAXPROCS(cores)
		if err != nil {
			return err
		}
		if p.all, err = best(printed); err != nil {
			return err
		}
		r.paces = append(r.paces, p)
	}
	return nil
}

// matching measures one sketch against very many: registered ones as the ledger
// would have, of random content, and what the sources made.
func (r *report) matching(ctx context.Context, w *world, markets []*market) error {
	rng := mathrand.New(mathrand.NewPCG(17, 19))
	start := time.Now()
	hashes, err := w.store.PutAll(func(yield func(*sketch.Sketch) bool) {
		for range r.settings.sketches {
			if ctx.Err() != nil || !yield(random(rng)) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	w.progress("stored; now entered")
	for i, hash := range hashes {
		k, err := w.store.Get(hash)
		if err != nil {
			return err
		}
		if err := w.matcher.Add(trace.Registered{Kind: rights.KindResource, ID: fmt.Sprintf("DR-320900-20261129-%012x-00", i), Version: 1, SketchHash: hash}, k); err != nil {
			return err
		}
	}
	r.entering = time.Since(start)
	var queries []*sketch.Sketch
	for _, m := range markets {
		for _, file := range m.copies {
			s, err := sketchOf(ctx, file)
			if err != nil {
				return err
			}
			queries = append(queries, s.Key(w.secret))
		}
	}
	for range 40 {
		queries = append(queries, random(rng))
	}
	for i := range 40 { // of what is registered
		k, err := w.store.Get(hashes[i*len(hashes)/40])
		if err != nil {
			return err
		}
		queries = append(queries, k)
	}
	var took []time.Duration
	for i := range 2000 {
		q := queries[i%len(queries)]
		start := time.Now()
		if _, err := w.matcher.Match(q, 10); err != nil {
			return err
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	r.matched = w.matcher.Len()
	r.p50, r.p99, r.slowest = took[len(took)/2], took[len(took)*99/100], took[len(took)-1]
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	r.memory = mem.HeapInuse
	r.disk = folder(filepath.Join(w.dir, "sketches"))
	return nil
}

func folder(dir string) (size int64) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			size += info.Size()
		}
	}
	return size
}

// random is a keyed sketch of a table of a hundred thousand rows or so with
// nothing of anybody's in it, encoded as package sketch documents it.
func random(r *mathrand.Rand) *sketch.Sketch {
	levels := [4]int{9, 9, 6, 0}
	var lists [4][]uint64
	for c, n := range [3]int{250 + r.IntN(190), 250 + r.IntN(190), 34 + r.IntN(28)} {
		for range n {
			zeros := uint64(min(63, levels[c]+bits.LeadingZeros64(r.Uint64())))
			lists[c] = append(lists[c], zeros<<58|r.Uint64()>>8&^1)
		}
		slices.SortFunc(lists[c], func(a, b uint64) int {
			if a > b {
				return -1
			}
			return 1
		})
		lists[c] = slices.Compact(lists[c])
	}
	b := append([]byte("DRSK"), sketch.Version, 1, 0, 0)
	b = binary.BigEndian.AppendUint64(b, 100_000)
	for c, list := range lists {
		b = append(b, byte(levels[c]))
		b = binary.BigEndian.AppendUint16(b, uint16(len(list)))
	}
	for _, list := range lists {
		for _, e := range list {
			b = binary.BigEndian.AppendUint64(b, e)
		}
	}
	s, err := sketch.Parse(b)
	if err != nil {
		panic(err) // it is made as the package documents it
	}
	return s
}
