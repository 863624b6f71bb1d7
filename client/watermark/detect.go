package watermark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/marks"
)

// Reading is how a column that carries marks was read, as a person is told of it.
type Reading struct {
	Column     string `json:"column"`
	Resolution string `json:"resolution,omitempty"` // of a number
	Tolerance  string `json:"tolerance,omitempty"`
	Unit       string `json:"unit,omitempty"` // what it was put through, "" for nothing
	Synonyms   bool   `json:"synonyms,omitempty"`
}

// Open opens a suspect table anew; the caller closes what it returns.
type Open func() (table.Reader, io.Closer, error)

// Extract reads the marks of a key in the suspect file at path, whatever its
// format, as far as package table reads it.
func Extract(ctx context.Context, path string, k *Key, o table.Options, progress func(done, total int64)) (*marks.Extraction, []Reading, error) {
	o.ByName(path)
	if o.Format == table.File {
		return nil, nil, problem("%[1]s 不是可读取的表格格式；请用 --format 写明", "%[1]s is in no table format that can be read by its name; say which with --format", filepath.Base(path))
	}
	pass := int64(0)
	return ExtractFrom(ctx, func() (table.Reader, io.Closer, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, fmt.Errorf("couldn't open the table: %w", err)
		}
		info, err := f.Stat()
		if err != nil {
			return nil, nil, errors.Join(err, f.Close())
		}
		in := &metered{in: f, ctx: ctx, done: pass * info.Size(), total: 2 * info.Size(), told: progress}
		pass++
		r, err := table.NewReader(in, o)
		if err != nil {
			return nil, nil, errors.Join(err, f.Close())
		}
		return r, f, nil
	}, k)
}

// sampleRows is how many rows, at most, the roles of columns are found by, and
// sampleCells how many cells, so that a wide table takes no more memory.
const (
	sampleRows  = 8192
	sampleCells = 1 << 20
)

// ExtractFrom is Extract from a table that can be opened twice: once to find out
// how to read it, by a sample of its rows, and once to read it.
func ExtractFrom(ctx context.Context, open Open, k *Key) (*marks.Extraction, []Reading, error) {
	r, err := newReading(k)
	if err != nil {
		return nil, nil, err
	}
	s := &sample{}
	lots := rand.New(rand.NewPCG(1, 2)) // which rows: any will do, the same every time
	var n int64
	whole := true // the sample is the table
	names, err := r.eachRow(ctx, open, func(row []cell) func() {
		n++
		most := min(sampleRows, max(64, sampleCells/max(1, len(row))))
		at := len(s.rows)
		if at >= most {
			whole = false
			if at = int(lots.Int64N(n)); at >= most {
				return nil
			}
		}
		return func() {
			if at == len(s.rows) {
				s.add(row)
			} else {
				s.rows[at] = append(s.rows[at][:0], row...)
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	r.choose(s, names)
	t := newTally()
	if whole {
		for _, row := range s.rows {
			r.count(row, t)
		}
	} else if _, err = r.eachRow(ctx, open, func(row []cell) func() {
		return func() { r.count(row, t) }
	}); err != nil {
		return nil, nil, err
	}
	v, count := t.positions()
	x := &marks.Extraction{Version: marks.Version, KeyID: k.ID, Votes: v[:], Marks: count, Rows: n, Hypotheses: r.trials, Agreement: t.agreement()}
	return x, r.explain(names), nil
}

// eachRow reads a table. f is asked about each row, whose cells are made ready
// only if it returns what to do with them.
func (r *reading) eachRow(ctx context.Context, open Open, f func(row []cell) func()) (names []string, err error) {
	in, closer, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	var row []cell
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cells, err := in.Next()
		if errors.Is(err, io.EOF) {
			return in.Columns(), nil
		}
		if err != nil {
			return nil, err
		}
		for len(row) < len(cells) {
			row = append(row, cell{})
		}
		row = row[:len(cells)]
		if do := f(row); do != nil {
			for i := range cells {
				var as *role
				if i < len(r.roles) {
					as = &r.roles[i]
				}
				r.prepare(cells[i], as, &row[i])
			}
			do()
		}
	}
}

// explain says how the columns that carry marks were read.
func (r *reading) explain(names []string) []Reading {
	var list []Reading
	for i, as := range r.roles {
		switch as.kind {
		case 'n':
			s := r.specs[as.spec]
			list = append(list, Reading{Column: names[i], Resolution: decimal(1, s.decimals, 0), Tolerance: decimal(s.tolerance, s.decimals, 0), Unit: conversions[as.unit].name})
		case 'w':
			list = append(list, Reading{Column: names[i], Synonyms: true})
		}
	}
	return list
}
