package watermark

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/tardos"
)

// Options change how a table is marked. The zero value suits most.
type Options struct {
	Layout
	// Force marks a table that is too small to name its recipient.
	Force bool
	// Progress is told, now and then, how many bytes of how many are done; the
	// file is read twice.
	Progress func(done, total int64)
}

// Delivery is whose copy is made.
type Delivery struct {
	ID             string
	RecipientID    string
	ProductVersion int64
}

// Report is what marking did.
type Report struct {
	Capacity
	Changed int64 `json:"changed"` // cells that differ from the original's
}

// Survey reads the table at path and says what marks it can carry, or why it
// cannot be marked (a *Problem).
func Survey(ctx context.Context, path string, k *Key, o Options) (Capacity, error) {
	_, c, err := survey(ctx, path, k, o)
	return c, err
}

func survey(ctx context.Context, path string, k *Key, o Options) (*marker, Capacity, error) {
	m, err := newMarker(k)
	if err != nil {
		return nil, Capacity{}, err
	}
	t := newTally()
	var n, cells int64
	err = each(ctx, path, o, 0, func(in rows, r *record) error {
		n++
		m.know(in.columns())
		if err := m.read(r.cells, n); err != nil {
			return err
		}
		m.claimer.claims(m.row, func(_ int, cl claim) {
			t.add(cl, 0)
			cells++
		})
		return nil
	}, nil)
	if err != nil {
		return nil, Capacity{}, err
	}
	if missing := m.missing(); len(missing) > 0 {
		slices.Sort(missing)
		return nil, Capacity{}, problem("表中没有计划所列的列：%[1]s（有 %[2]s）", "the table has no column %[1]s of the plan; it has %[2]s",
			strings.Join(missing, ", "), strings.Join(m.names(), ", "))
	}
	c, err := t.capacity(k, n, cells)
	return m, c, err
}

func (m *marker) names() []string {
	var list []string
	for _, p := range m.columns {
		if len(list) == 50 {
			return append(list, "…")
		}
		list = append(list, p.name)
	}
	return list
}

// SmallError means that a table's marks could not name its recipient after four
// rows of five were dropped.
type SmallError struct{ Capacity Capacity }

func (e *SmallError) Error() string {
	return fmt.Sprintf("the table carries %d distinct marks, too few to name its recipient once only 20 %% of the rows are kept", e.Capacity.Marks)
}

// Embed makes a delivery's copy: it draws a code, keeps it in the register, and
// then writes the table at in to a new file out with the code in it. If the
// register has an entry of this delivery, to the same recipient and of the same
// version, but out is not there, an earlier attempt ended in between: its code
// is used. Nothing is written over.
func Embed(ctx context.Context, in, out string, k *Key, d Delivery, reg *marks.Register, o Options) (marks.Entry, Report, error) {
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s exists already and is not overwritten: %w", out, fs.ErrExist)
		}
		return marks.Entry{}, Report{}, fmt.Errorf("couldn't write the copy: %w", err)
	}
	m, c, err := survey(ctx, in, k, o)
	if err != nil {
		return marks.Entry{}, Report{}, err
	}
	if !c.Names() && !o.Force {
		return marks.Entry{}, Report{Capacity: c}, &SmallError{c}
	}
	e, err := entryOf(k, d, reg)
	if err != nil {
		return marks.Entry{}, Report{Capacity: c}, err
	}
	code := e.TardosCode()
	changed, err := m.write(ctx, in, out, &code, o)
	return e, Report{c, changed}, err
}

// entryOf registers the delivery, or finds it registered alike.
func entryOf(k *Key, d Delivery, reg *marks.Register) (marks.Entry, error) {
	kept, err := reg.Get(d.ID)
	if err == nil {
		if kept.RecipientID != d.RecipientID || kept.ProductID != k.Product || kept.ProductVersion != d.ProductVersion || kept.KeyID != k.ID {
			return kept, fmt.Errorf("the register has %s as a delivery of version %d of %s to %s under %s: %w", d.ID, kept.ProductVersion, kept.ProductID, kept.RecipientID, kept.KeyID, fs.ErrExist)
		}
		return kept, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	if err := reg.PutSeed(k.ID, k.Seed()); err != nil {
		return kept, err
	}
	e, err := marks.NewEntry(rand.Reader, k.ID, tardos.NewBiases(k.Seed()), d.ID, d.RecipientID, k.Product, d.ProductVersion)
	if err != nil {
		return e, fmt.Errorf("couldn't register the delivery: %w", err)
	}
	return e, reg.Put(e)
}

// write writes the copy with a code in it, whole or not at all.
func (m *marker) write(ctx context.Context, in, out string, code *tardos.Code, o Options) (changed int64, err error) {
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, fmt.Errorf("couldn't write the copy: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<16)
	changed, err = m.copyTo(ctx, w, in, code, o)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil { // half a copy is nobody's
		return 0, errors.Join(fmt.Errorf("couldn't write the copy: %w", err), os.Remove(out))
	}
	return changed, nil
}

func (m *marker) copyTo(ctx context.Context, w *bufio.Writer, in string, code *tardos.Code, o Options) (changed int64, err error) {
	var n int64
	replaced := map[int][]byte{}
	err = each(ctx, in, o, 1, func(t rows, r *record) error {
		n++
		m.know(t.columns())
		if err := m.read(r.cells, n); err != nil {
			return err
		}
		clear(replaced)
		m.claimer.claims(m.row, func(column int, cl claim) {
			parity := want(code, cl)
			if m.row[column].parity == parity {
				return
			}
			raw := r.chunk[r.spans[column].from:r.spans[column].to]
			text := t.text(raw)
			if now := m.change(column, parity, text); now != text {
				replaced[column] = t.encode(raw, now)
				changed++
			}
		})
		return writeRecord(w, r, replaced)
	}, w)
	return changed, err
}

// writeRecord writes a record's bytes with some cells replaced.
func writeRecord(w *bufio.Writer, r *record, replaced map[int][]byte) error {
	done := 0
	if len(replaced) > 0 {
		order := make([]int, 0, len(replaced))
		for i := range replaced {
			order = append(order, i)
		}
		slices.SortFunc(order, func(a, b int) int { return r.spans[a].from - r.spans[b].from })
		for _, i := range order {
			if _, err := w.Write(r.chunk[done:r.spans[i].from]); err != nil {
				return err
			}
			if _, err := w.Write(replaced[i]); err != nil {
				return err
			}
			done = r.spans[i].to
		}
	}
	_, err := w.Write(r.chunk[done:])
	return err
}

// each calls f for every record of the table at path, and writes what follows the
// last one to w, if there is one. It is the pass-th of two, for progress.
func each(ctx context.Context, path string, o Options, pass int64, f func(rows, *record) error, w io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("couldn't open the table: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("couldn't open the table: %w", err)
	}
	in := &metered{in: file, ctx: ctx, done: pass * info.Size(), total: 2 * info.Size(), told: o.Progress}
	t, err := newRows(in, path, o.Layout)
	if err != nil {
		return err
	}
	for {
		r, err := t.next()
		if errors.Is(err, io.EOF) {
			if w == nil {
				return nil
			}
			_, err := w.Write(t.rest())
			return err
		}
		if err != nil {
			return err
		}
		if err := f(t, r); err != nil {
			return err
		}
	}
}

// metered reads, tells how far it is, and stops when told to.
type metered struct {
	in          io.Reader
	ctx         context.Context //nolint:containedctx // lives as long as one call that has it
	done, total int64
	told        func(done, total int64)
}

func (m *metered) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.in.Read(p)
	m.done += int64(n)
	if m.told != nil {
		m.told(m.done, m.total)
	}
	return n, err
}
