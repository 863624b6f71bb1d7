package fingerprint

import (
	"bufio"
	"bytes"
	"container/heap"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/datarights/datarights/internal/gm"
)

type digest = [gm.HashSize]byte

// sorter sorts digests in groups (a table's columns) that need not fit into
// memory: past a limit, what it holds is written as sorted runs to a temporary
// file. The file holds digests of the data and is readable by its owner alone;
// close removes it. A sorter is for one goroutine.
type sorter struct {
	limit  int // digests held before they are spilled
	dir    string
	held   int
	groups []*group
	file   *os.File
	size   int64
}

type group struct {
	held  []digest
	runs  []run
	count uint64
}

// run is a sorted stretch of the temporary file.
type run struct{ offset, length int64 }

func newSorter(limit int, dir string) *sorter { return &sorter{limit: max(1, limit), dir: dir} }

// add puts d into group g; groups come into being as they are named.
func (s *sorter) add(g int, d digest) error {
	for g >= len(s.groups) {
		s.groups = append(s.groups, &group{})
	}
	grp := s.groups[g]
	grp.held = append(grp.held, d)
	grp.count++
	if s.held++; s.held >= s.limit {
		return s.spill()
	}
	return nil
}

func compare(a, b digest) int { return bytes.Compare(a[:], b[:]) }

func (s *sorter) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "datarights-fingerprint-*")
		if err != nil {
			return fmt.Errorf("couldn't create a temporary file to sort in: %w", err)
		}
		s.file = f
	}
	w := bufio.NewWriterSize(io.NewOffsetWriter(s.file, s.size), 1<<20)
	for _, g := range s.groups {
		if len(g.held) == 0 {
			continue
		}
		slices.SortFunc(g.held, compare)
		r := run{offset: s.size, length: int64(len(g.held)) * gm.HashSize}
		for i := range g.held {
			if _, err := w.Write(g.held[i][:]); err != nil {
				return fmt.Errorf("couldn't write the temporary file: %w", err)
			}
		}
		s.size += r.length
		g.runs = append(g.runs, r)
		g.held = g.held[:0]
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("couldn't write the temporary file: %w", err)
	}
	s.held = 0
	return nil
}

// each calls f with every digest of group g in order.
func (s *sorter) each(g int, f func(digest)) error {
	if g >= len(s.groups) {
		return nil
	}
	grp := s.groups[g]
	slices.SortFunc(grp.held, compare)
	m := make(merge, 0, len(grp.runs)+1)
	add := func(src source) error {
		ok, err := src.advance()
		if ok {
			m = append(m, src)
		}
		return err
	}
	if err := add(&memory{left: grp.held}); err != nil {
		return err
	}
	// All buffers together stay below 16 MiB, each above 4 KiB.
	buffer := min(1<<16, max(1<<12, (16<<20)/(len(grp.runs)+1)))
	for _, r := range grp.runs {
		if err := add(&disk{r: bufio.NewReaderSize(io.NewSectionReader(s.file, r.offset, r.length), buffer)}); err != nil {
			return err
		}
	}
	heap.Init(&m)
	for len(m) > 0 {
		f(m[0].head())
		ok, err := m[0].advance()
		if err != nil {
			return err
		}
		if ok {
			heap.Fix(&m, 0)
		} else {
			heap.Pop(&m)
		}
	}
	return nil
}

// close frees the temporary file.
func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

// source is one sorted sequence of a merge.
type source interface {
	// advance moves to the next digest and reports whether there was one.
	advance() (bool, error)
	head() digest
}

type memory struct {
	at   digest
	left []digest
}

func (m *memory) head() digest { return m.at }

func (m *memory) advance() (bool, error) {
	if len(m.left) == 0 {
		return false, nil
	}
	m.at, m.left = m.left[0], m.left[1:]
	return true, nil
}

type disk struct {
	at digest
	r  *bufio.Reader
}

func (d *disk) head() digest { return d.at }

func (d *disk) advance() (bool, error) {
	switch _, err := io.ReadFull(d.r, d.at[:]); {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("couldn't read the temporary file: %w", err)
	}
	return true, nil
}

// merge is a heap of sources by their heads.
type merge []source

func (m merge) Len() int { return len(m) }
func (m merge) Less(i, j int) bool {
	a, b := m[i].head(), m[j].head()
	return compare(a, b) < 0
}
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)   { *m = append(*m, x.(source)) }
func (m *merge) Pop() any {
	old := *m
	x := old[len(old)-1]
	*m = old[:len(old)-1]
	return x
}
