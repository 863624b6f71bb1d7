package fingerprint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"
	"sort"

	"github.com/zeebo/xxh3"
)

// parts is how many digests a column's digest is made of, by the top 4 bits of
// its values' order hashes, so that they can be computed at once.
const parts = 16

// values collects the values of columns with their counts, which need not fit
// into memory: past a limit, what it holds is written as sorted runs to a
// temporary file. The file holds the data's values, is readable by its owner
// alone, and close removes it. It is for one goroutine.
//
// A value is numbered when it is first met, in whatever column; a column is the
// sequence of its values' numbers, counted now and then. So what is touched for
// each cell is small or written in order.
type values struct {
	limit   int // bytes held before they are spilled
	dir     string
	numbers []value
	arena   []byte // encoded cells
	columns []valuesColumn
	held    int      // bytes of the columns
	scratch []uint32 // by number, all 0 between calls
	file    *os.File
	size    int64
}

// value is one in the arena, at [off, off+n).
type value struct{ off, n uint32 }

type valuesColumn struct {
	log   []uint32 // numbers of values not counted yet
	pairs []pair   // counted; a number may be there more than once
	next  int      // how long pairs may grow before numbers are brought together
	items []item   // once gathered
	runs  []sortedRun
	cells uint64 // that are not empty
}

// pair is how often a column has a value.
type pair struct{ number, count uint32 }

// item is a distinct value of a column with its count.
type item struct {
	order uint64 // hash that values are sorted by
	count uint64
	value
}

// sortedRun is a sorted stretch of the temporary file; offsets are those of its
// parts and its end.
type sortedRun struct{ offsets [parts + 1]int64 }

const (
	itemSize  = 24
	longLog   = 1 << 21 // numbers logged in all columns together
	fewPairs  = 1 << 14
	leastLog  = 1 << 10
	mostInLog = 1 << 17
)

// full reports whether spill is due.
func (v *values) full() bool { return len(v.arena)+2*itemSize*len(v.numbers)+v.held >= v.limit }

// column returns column i; columns come into being as they are named.
func (v *values) column(i int) *valuesColumn {
	for i >= len(v.columns) {
		v.columns = append(v.columns, valuesColumn{next: fewPairs})
	}
	return &v.columns[i]
}

// number numbers a value.
func (v *values) number(enc []byte) uint32 {
	if cap(v.arena)-len(v.arena) < len(enc) {
		v.arena = slices.Grow(v.arena, len(v.arena)+len(enc)+1<<12)
	}
	if len(v.numbers) == cap(v.numbers) {
		v.numbers = slices.Grow(v.numbers, len(v.numbers)+64)
	}
	v.numbers = append(v.numbers, value{uint32(len(v.arena)), uint32(len(enc))})
	v.arena = append(v.arena, enc...)
	return uint32(len(v.numbers) - 1)
}

// add counts a value once.
func (v *values) add(c *valuesColumn, number uint32) {
	c.cells++
	v.held += 4
	if c.log = append(c.log, number); len(c.log) >= max(leastLog, min(mostInLog, longLog/len(v.columns))) {
		v.count(c)
	}
}

// count turns a column's log into pairs.
func (v *values) count(c *valuesColumn) {
	if len(v.scratch) < len(v.numbers) {
		v.scratch = make([]uint32, len(v.numbers)+len(v.numbers)/2)
	}
	before := 4*len(c.log) + 8*len(c.pairs)
	from := len(c.pairs)
	for _, n := range c.log {
		if v.scratch[n]++; v.scratch[n] == 1 {
			c.pairs = append(c.pairs, pair{number: n})
		}
	}
	for i := range c.pairs[from:] {
		p := &c.pairs[from+i]
		p.count, v.scratch[p.number] = v.scratch[p.number], 0
	}
	c.log = c.log[:0]
	if len(c.pairs) >= c.next {
		kept := c.pairs[:0]
		for _, p := range c.pairs {
			at := v.scratch[p.number]
			if at == 0 || kept[at-1].count > math.MaxUint32-p.count {
				kept = append(kept, p)
				v.scratch[p.number] = uint32(len(kept))
				continue
			}
			kept[at-1].count += p.count
		}
		for _, p := range kept {
			v.scratch[p.number] = 0
		}
		c.pairs, c.next = kept, max(fewPairs, 2*len(kept))
	}
	v.held += 4*len(c.log) + 8*len(c.pairs) - before
}

// gather makes items of all columns, in no order.
func (v *values) gather() {
	for i := range v.columns {
		c := &v.columns[i]
		c.next = 0 // bring the numbers together
		v.count(c)
		c.items = make([]item, len(c.pairs))
		for k, p := range c.pairs {
			at := v.numbers[p.number]
			c.items[k] = item{xxh3.Hash(v.text(at)), uint64(p.count), at}
		}
		c.pairs = nil
	}
	v.held, v.scratch = 0, nil
}

func (v *values) text(at value) []byte { return v.arena[at.off : at.off+at.n] }

// sort brings a column's items into order, each value once.
func (v *values) sort(c *valuesColumn) {
	compare := func(a, b item) int {
		switch {
		case a.order < b.order:
			return -1
		case a.order > b.order:
			return 1
		}
		return bytes.Compare(v.text(a.value), v.text(b.value))
	}
	list := c.items
	if len(list) > 64 {
		list = scattered(list)
	}
	// The scattered list is nearly in order: buckets of a few items each.
	for from := 0; from < len(list); {
		to := from + 1
		shift := bucketShift(len(list))
		for to < len(list) && list[to].order>>shift == list[from].order>>shift {
			to++
		}
		if to-from > 12 {
			slices.SortFunc(list[from:to], compare)
		} else {
			for i := from + 1; i < to; i++ {
				for j := i; j > from && (list[j].order < list[j-1].order || list[j].order == list[j-1].order && compare(list[j], list[j-1]) < 0); j-- {
					list[j], list[j-1] = list[j-1], list[j]
				}
			}
		}
		from = to
	}
	n := 0
	for i := range list {
		if n > 0 && list[n-1].order == list[i].order && bytes.Equal(v.text(list[n-1].value), v.text(list[i].value)) {
			list[n-1].count += list[i].count
			continue
		}
		list[n] = list[i]
		n++
	}
	c.items = list[:n]
}

// bucketShift leaves of an order hash what tells some n/8 buckets apart.
func bucketShift(n int) int {
	if n <= 64 {
		return 64
	}
	return 64 - min(bits.Len(uint(n))-3, 18)
}

// scattered returns the items by bucket.
func scattered(items []item) []item {
	shift := bucketShift(len(items))
	ends := make([]uint32, 1<<(64-shift)+1)
	for i := range items {
		ends[items[i].order>>shift+1]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	out := make([]item, len(items))
	for i := range items {
		b := items[i].order >> shift
		out[ends[b]] = items[i]
		ends[b]++
	}
	return out
}

// bounds returns where part p of a sorted column begins and ends.
func (c *valuesColumn) bounds(p int) (from, to int) {
	at := func(p int) int {
		return sort.Search(len(c.items), func(i int) bool { return int(c.items[i].order>>60) >= p })
	}
	return at(p), at(p + 1)
}

// spill writes what is held to the file. Numbers of values are void after it.
func (v *values) spill() error {
	if v.file == nil {
		f, err := os.CreateTemp(v.dir, "datarights-fingerprint-*")
		if err != nil {
			return fmt.Errorf("couldn't create a temporary file to sort in: %w", err)
		}
		v.file = f
	}
	w := bufio.NewWriterSize(io.NewOffsetWriter(v.file, v.size), 1<<18)
	var head []byte
	v.gather()
	for i := range v.columns {
		c := &v.columns[i]
		if len(c.items) == 0 {
			continue
		}
		v.sort(c)
		var r sortedRun
		for p := range parts {
			r.offsets[p] = v.size
			from, to := c.bounds(p)
			for k := range c.items[from:to] {
				it := &c.items[from+k]
				head = binary.BigEndian.AppendUint64(head[:0], it.order)
				head = binary.AppendUvarint(head, it.count)
				head = binary.AppendUvarint(head, uint64(it.n))
				_, _ = w.Write(head) // Flush tells
				_, _ = w.Write(v.text(it.value))
				v.size += int64(len(head)) + int64(it.n)
			}
		}
		r.offsets[parts] = v.size
		c.runs = append(c.runs, r)
		c.items = nil
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("couldn't write the temporary file: %w", err)
	}
	v.arena, v.numbers = v.arena[:0], v.numbers[:0]
	return nil
}

// close frees the temporary file.
func (v *values) close() error {
	if v.file == nil {
		return nil
	}
	return errors.Join(v.file.Close(), os.Remove(v.file.Name()))
}

// each calls f with the values of part p of a column, from all of the sorted
// stores, in order and each once. It may be called by several goroutines.
func each(stores []*values, column, p int, buffer int, f func(enc []byte, count uint64)) error {
	var m merge
	for _, v := range stores {
		if column >= len(v.columns) {
			continue
		}
		c := &v.columns[column]
		if from, to := c.bounds(p); to > from {
			m = append(m, &memory{v: v, left: c.items[from:to]})
		}
		for _, r := range c.runs {
			if from, to := r.offsets[p], r.offsets[p+1]; to > from {
				m = append(m, &disk{r: bufio.NewReaderSize(io.NewSectionReader(v.file, from, to-from), buffer)})
			}
		}
	}
	for _, s := range m {
		if _, err := s.advance(); err != nil {
			return err
		}
	}
	if len(m) == 1 {
		for {
			f(m[0].text(), m[0].count())
			if ok, err := m[0].advance(); !ok {
				return err
			}
		}
	}
	m.init()
	var last []byte // the value being counted
	var count uint64
	for len(m) > 0 {
		top := m[0]
		if count > 0 && !bytes.Equal(last, top.text()) {
			f(last, count)
			count = 0
		}
		if count == 0 {
			last = append(last[:0], top.text()...)
		}
		count += top.count()
		ok, err := top.advance()
		if err != nil {
			return err
		}
		if !ok {
			m[0] = m[len(m)-1]
			m = m[:len(m)-1]
		}
		m.down(0)
	}
	if count > 0 {
		f(last, count)
	}
	return nil
}

// sequence is one sorted sequence of a merge, at one of its values.
type sequence interface {
	// advance moves to the next value and reports whether there was one.
	advance() (bool, error)
	order() uint64
	text() []byte
	count() uint64
}

type memory struct {
	v    *values
	at   *item
	left []item
}

func (m *memory) order() uint64 { return m.at.order }
func (m *memory) text() []byte  { return m.v.text(m.at.value) }
func (m *memory) count() uint64 { return m.at.count }

func (m *memory) advance() (bool, error) {
	if len(m.left) == 0 {
		return false, nil
	}
	m.at, m.left = &m.left[0], m.left[1:]
	return true, nil
}

type disk struct {
	r    *bufio.Reader
	hash uint64
	n    uint64
	enc  []byte
}

func (d *disk) order() uint64 { return d.hash }
func (d *disk) text() []byte  { return d.enc }
func (d *disk) count() uint64 { return d.n }

func (d *disk) advance() (bool, error) {
	var order [8]byte
	if _, err := io.ReadFull(d.r, order[:]); errors.Is(err, io.EOF) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("couldn't read the temporary file: %w", err)
	}
	d.hash = binary.BigEndian.Uint64(order[:])
	n, err := binary.ReadUvarint(d.r)
	size, err2 := binary.ReadUvarint(d.r)
	if err = errors.Join(err, err2); err == nil {
		d.n = n
		d.enc = slices.Grow(d.enc[:0], int(size))[:size]
		_, err = io.ReadFull(d.r, d.enc)
	}
	if err != nil {
		return false, fmt.Errorf("couldn't read the temporary file: %w", err)
	}
	return true, nil
}

// merge is a heap of sources by their values.
type merge []sequence

func (m merge) less(i, j int) bool {
	if a, b := m[i].order(), m[j].order(); a != b {
		return a < b
	}
	return bytes.Compare(m[i].text(), m[j].text()) < 0
}

func (m merge) init() {
	for i := len(m)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
}

func (m merge) down(i int) {
	for {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(m) && m.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		m[i], m[least] = m[least], m[i]
		i = least
	}
}
