package fingerprint

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/merkle"
	"github.com/datarights/datarights/internal/sketch"
)

// job is a stretch of the file on its way through a worker. Jobs are made, and
// their outcomes taken, in file order; in between they are worked on at once.
type job struct {
	block table.Block // of CSV
	rows  []byte      // of another table: records of canonical cells
	ends  []int       // of rows
	chunk []byte      // of a file
	err   error       // in the last job: why reading ended

	in, out chan carry   // from the job before, to the job behind; both hold one
	done    chan outcome // holds one
}

type outcome struct {
	leaves []byte // hashes
	err    error
}

// feed makes jobs: it calls emit for each but the last and returns the columns
// and why reading ended.
type feed func(emit func(*job) bool) (columns []string, err error)

// printed is what the workers found.
type printed struct {
	tree    *merkle.Tree
	records int64
	columns []string
	stores  []*values
	sketch  *sketch.Sketch
}

// run takes the file through the workers.
func run(ctx context.Context, workers []*worker, tail *leafer, work func(w *worker, j *job) error, from feed) (printed, error) {
	ctx, cancel := context.WithCancel(ctx)
	todo, order := make(chan *job), make(chan *job, 2*len(workers))
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for _, w := range workers {
		all.Go(func() {
			for j := range todo {
				w.do(j, work)
			}
		})
	}
	var columns []string // owned by the reading goroutine until the last job is out
	all.Go(func() {
		defer close(todo)
		last := make(chan carry, 1)
		last <- carry{}
		columns2, err := from(func(j *job) bool {
			j.in, j.out, j.done = last, make(chan carry, 1), make(chan outcome, 1)
			select {
			case order <- j:
			case <-ctx.Done():
				return false
			}
			// Its turn was announced: it must be worked on.
			todo <- j
			last = j.out
			return true
		})
		columns = columns2
		select {
		case order <- &job{err: err, in: last}:
		case <-ctx.Done():
		}
	})
	p := printed{tree: merkle.New(gm.NewSM3)}
	add := func(hashes []byte) {
		for ; len(hashes) > 0; hashes = hashes[gm.HashSize:] {
			p.tree.AddHash(hashes[:gm.HashSize:gm.HashSize])
		}
	}
	for {
		var j *job
		select {
		case j = <-order:
		case <-ctx.Done():
			return p, context.Cause(ctx)
		}
		if j.done == nil {
			if !errors.Is(j.err, io.EOF) {
				return p, j.err
			}
			c := <-j.in
			if len(c.open) > 0 {
				add(tail.leaf(nil, c.leaves, c.first, c.records-c.first, c.open))
			}
			p.records = c.records
			break
		}
		got := <-j.done
		if got.err != nil {
			return p, got.err
		}
		add(got.leaves)
	}
	p.columns = columns
	builder := workers[0].sketch
	for i, w := range workers {
		p.stores = append(p.stores, &w.values)
		if i > 0 {
			builder.Merge(w.sketch)
		}
	}
	p.sketch = builder.Sketch()
	return p, nil
}

// do works on one job.
func (w *worker) do(j *job, work func(w *worker, j *job) error) {
	w.records, w.ends = w.records[:0], w.ends[:0]
	err := work(w, j)
	c := <-j.in
	if err != nil || c.failed {
		j.out <- carry{failed: true}
		j.done <- outcome{err: err}
		return
	}
	// The job behind waits for the carry alone.
	leaves, next := w.cut(c)
	j.out <- next
	j.done <- outcome{leaves: w.close(c, leaves)}
}

// feedCSV reads blocks, into used memory if there is any.
func feedCSV(b *table.Blocks, used <-chan []byte) feed {
	return func(emit func(*job) bool) ([]string, error) {
		for {
			var buf []byte
			select {
			case buf = <-used:
			default:
			}
			block, err := b.Next(buf)
			if err != nil {
				return b.Columns(), err
			}
			if !emit(&job{block: block}) {
				return nil, context.Canceled
			}
		}
	}
}

// feedRows reads any table row by row.
func feedRows(t table.Reader) feed {
	const size = 1 << 18
	return func(emit func(*job) bool) ([]string, error) {
		var j job
		flush := func() bool {
			if len(j.ends) == 0 {
				return true
			}
			full := j
			full.rows = slices.Grow(full.rows, table.Slack)
			j = job{}
			return emit(&full)
		}
		for {
			row, err := t.Next()
			if err != nil {
				if !flush() {
					err = context.Canceled
				}
				return slices.Clone(t.Columns()), err
			}
			if j.rows == nil {
				j.rows = make([]byte, 0, size+size/8)
			}
			for _, c := range row {
				j.rows = appendCell(j.rows, c)
			}
			if j.ends = append(j.ends, len(j.rows)); len(j.rows) >= size && !flush() {
				return nil, context.Canceled
			}
		}
	}
}

// feedChunks cuts a file.
func feedChunks(c *chunker) feed {
	return func(emit func(*job) bool) ([]string, error) {
		for {
			chunk, err := c.next()
			if errors.Is(err, io.EOF) {
				return nil, io.EOF
			}
			if err != nil {
				return nil, fmt.Errorf("couldn't read: %w", err)
			}
			if !emit(&job{chunk: slices.Clone(chunk)}) {
				return nil, context.Canceled
			}
		}
	}
}

// multisets returns the digest of each column that has values, under tag. Only
// here are several columns, or parts of one, worked on at once.
func multisets(stores []*values, tag byte) ([]digest, error) {
	columns := 0
	for _, v := range stores {
		columns = max(columns, len(v.columns))
	}
	var runs int
	var gathering, sorting []func() error
	for _, v := range stores {
		gathering = append(gathering, func() error { v.gather(); return nil })
	}
	if err := atOnce(gathering); err != nil {
		return nil, err
	}
	for _, v := range stores {
		for i := range v.columns {
			c := &v.columns[i]
			runs = max(runs, len(c.runs))
			sorting = append(sorting, func() error { v.sort(c); return nil })
		}
	}
	if err := atOnce(sorting); err != nil {
		return nil, err
	}
	cells := make([]uint64, columns)
	for _, v := range stores {
		for i := range v.columns {
			cells[i] += v.columns[i].cells
		}
	}
	// All buffers together stay below 16 MiB a goroutine, each above 4 KiB.
	buffer := min(1<<16, max(1<<12, (16<<20)/(runs*len(stores)+1)))
	sums := make([][parts]digest, columns)
	var hashing []func() error
	for i := range columns {
		if cells[i] == 0 {
			continue
		}
		for p := range parts {
			hashing = append(hashing, func() error { return partDigest(&sums[i][p], stores, i, p, buffer) })
		}
	}
	if err := atOnce(hashing); err != nil {
		return nil, err
	}
	var out []digest
	for i := range columns {
		if cells[i] == 0 {
			continue
		}
		h := gm.NewSM3()
		writeCount(h, tag, cells[i])
		for p := range parts {
			h.Write(sums[i][p][:])
		}
		var d digest
		h.Sum(d[:0])
		out = append(out, d)
	}
	return out, nil
}

func partDigest(d *digest, stores []*values, column, p, buffer int) error {
	h := gm.NewSM3()
	h.Write([]byte{tagPart})
	buf := make([]byte, 0, 1<<13)
	err := each(stores, column, p, buffer, func(enc []byte, count uint64) {
		buf = binary.AppendUvarint(append(buf, enc...), count)
		if len(buf) >= 1<<12 {
			h.Write(buf)
			buf = buf[:0]
		}
	})
	h.Write(buf)
	h.Sum(d[:0])
	return err
}

// atOnce runs tasks on all processors and returns the first error met.
func atOnce(tasks []func() error) error {
	var next atomic.Int64
	errs := make([]error, min(len(tasks), runtime.GOMAXPROCS(0)))
	var all sync.WaitGroup
	for k := range errs {
		all.Go(func() {
			for errs[k] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(tasks) {
					return
				}
				errs[k] = tasks[i]()
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
