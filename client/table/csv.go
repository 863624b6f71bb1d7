package table

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"
)

const (
	// BlockSize is about how long a Block is, in bytes.
	BlockSize = 1 << 20
	// Slack is the least capacity of a field beyond its length, for who reads
	// words.
	Slack = 16
)

// Block is a stretch of whole rows of a CSV file.
type Block struct {
	data   []byte // with Slack bytes of capacity
	line   int    // of the file, from 1, where it begins
	quotes bool   // there are double quotes in it
	long   bool   // it is the beginning of a record longer than MaxRecord
}

// Memory returns the block's memory, for Next to use again.
func (b Block) Memory() []byte { return b.data[:0] }

// Blocks cuts a CSV stream into blocks that can be parsed each by itself, so
// that many can be at once. It is for one goroutine.
type Blocks struct {
	r     io.Reader
	comma rune
	names []string
	limit int

	buf  []byte // what was read and not yet given out
	line int
	err  error // of reading
}

// NewBlocks reads the header of a CSV stream.
func NewBlocks(r io.Reader, o Options) (*Blocks, error) { return newBlocks(r, o, MaxRecord) }

func newBlocks(r io.Reader, o Options, limit int) (*Blocks, error) {
	if o.Comma == 0 {
		o.Comma = ','
	}
	text, err := decoded(r, CSV)
	if err != nil {
		return nil, err
	}
	b := &Blocks{r: text, comma: o.Comma, limit: limit, line: 1}
	first, err := b.Next(nil)
	if errors.Is(err, io.EOF) {
		return nil, &InputError{Format: CSV, Detail: "the file is empty", DetailZh: "文件为空"}
	}
	if err != nil {
		return nil, err
	}
	if first.long {
		return nil, tooLong(CSV, first.line, 0)
	}
	c := csv.NewReader(bytes.NewReader(first.data))
	c.Comma = b.comma
	row, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, &InputError{Format: CSV, Detail: "the file is empty", DetailZh: "文件为空"}
	}
	if err != nil {
		return nil, csvError(err, 0)
	}
	if len(row) > MaxColumns {
		return nil, tooWide(CSV)
	}
	for i, name := range row {
		if !utf8.ValidString(name) {
			return nil, notUTF8(CSV, 1, 0)
		}
		if strings.IndexByte(name, 0) >= 0 {
			return nil, binaryData(CSV, 1, 0)
		}
		if o.Header == HeaderNone {
			name = ""
		}
		b.names = append(b.names, nameOr(canonicalText(name), i))
	}
	if o.Header == HeaderNone {
		b.line = 1
	} else {
		used := first.data[:c.InputOffset()]
		first.data = first.data[len(used):]
		b.line = 1 + bytes.Count(used, []byte{'\n'})
	}
	b.buf = append(append(make([]byte, 0, len(first.data)+len(b.buf)+Slack), first.data...), b.buf...)
	return b, nil
}

// Columns returns the names of the columns, in file order.
func (b *Blocks) Columns() []string { return b.names }

// Next returns the next block, in memory of its own or in buf's, and io.EOF
// after the last.
func (b *Blocks) Next(buf []byte) (Block, error) {
	data := buf[:0]
	data = append(data, b.buf...)
	b.buf = b.buf[:0]
	checked, odd, quotes := 0, false, false // odd number of quotes in what was checked
	for size := BlockSize; ; size *= 2 {
		if want := max(size, len(data)) + Slack; cap(data) < want {
			data = append(make([]byte, 0, want), data...)
		}
		for len(data) < size && b.err == nil {
			var n int
			n, b.err = b.r.Read(data[len(data):size])
			data = data[:len(data)+n]
		}
		if b.err != nil && !errors.Is(b.err, io.EOF) {
			return Block{}, b.err
		}
		if len(data) == 0 {
			return Block{}, io.EOF
		}
		n := bytes.Count(data[checked:], []byte{'"'})
		quotes = quotes || n > 0
		end := len(data)
		if b.err == nil {
			end = rowsEnd(data, checked, odd != (n&1 == 1), n > 0)
		}
		if long := end == 0 && len(data) >= b.limit; end > 0 || long {
			if long {
				end = len(data)
			}
			b.buf = append(b.buf, data[end:]...)
			block := Block{data: data[:end], line: b.line, quotes: quotes, long: long}
			b.line += bytes.Count(block.data, []byte{'\n'})
			return block, nil
		}
		checked, odd = len(data), odd != (n&1 == 1)
	}
}

// rowsEnd returns the end of the last row that ends in data, 0 if none does
// after checked. A line ends a row if an even number of quotes stands before
// it; if the file misplaces quotes, its parser says so in the first block where
// that matters. odd tells of all of data.
func rowsEnd(data []byte, checked int, odd, quotes bool) int {
	if !quotes {
		if odd {
			return 0
		}
		if i := bytes.LastIndexByte(data[checked:], '\n'); i >= 0 {
			return checked + i + 1
		}
		return 0
	}
	for i := len(data) - 1; i >= checked; i-- {
		switch data[i] {
		case '"':
			odd = !odd
		case '\n':
			if !odd {
				return i + 1
			}
		}
	}
	return 0
}

// RowParser parses blocks. Each goroutine needs its own.
type RowParser struct {
	comma   rune
	width   int
	fields  [][]byte
	scratch []byte // of unescaped fields
}

// Parser returns a parser for blocks of b.
func (b *Blocks) Parser() *RowParser { return &RowParser{comma: b.comma, width: len(b.names)} }

// Rows calls yield for each row, with its fields as encoding/csv would read
// them, valid until yield returns; each has Slack bytes of capacity beyond its
// length. Input that is not a table is an *InputError, found after all rows
// before it were yielded; an error of yield ends it.
func (p *RowParser) Rows(b Block, yield func(fields [][]byte) error) error {
	rows := 0
	if !b.long && p.comma < utf8.RuneSelf && bytes.IndexByte(b.data, 0) < 0 && utf8.Valid(b.data) {
		done, err := p.fast(b, func(fields [][]byte) error {
			rows++
			return yield(fields)
		})
		if done || err != nil {
			return err
		}
	}
	return p.careful(b, rows, yield)
}

const (
	low  = 0x0101010101010101
	high = 0x8080808080808080
)

// fast reads rows without a fault; done is false when it met one.
func (p *RowParser) fast(b Block, yield func(fields [][]byte) error) (done bool, err error) {
	data, end := b.data[:cap(b.data)], len(b.data)
	comma := uint64(byte(p.comma)) * low
	const newline = '\n' * low
	p.fields = p.fields[:0]
	p.scratch = p.scratch[:0]
	for start := 0; start < end; {
		if b.quotes && data[start] == '"' {
			field, next, ok := p.quoted(data, start, end)
			if !ok {
				return false, nil
			}
			p.fields = append(p.fields, field)
			if next < end && data[next] == byte(p.comma) {
				if start = next + 1; start == end {
					return false, nil // an empty field at the end of the file
				}
				continue
			}
			start = next + 1
		} else {
			at := start
			for {
				if at+8 > len(data) {
					return false, nil // cannot be: the capacity is beyond the end
				}
				w := binary.LittleEndian.Uint64(data[at:])
				c, n := w^comma, w^newline
				if m := ((c-low)&^c | (n-low)&^n) & high; m != 0 {
					at += bits.TrailingZeros64(m) >> 3
					break
				}
				if at += 8; at >= end {
					break
				}
			}
			if at >= end {
				return false, nil // the last row does not end in a line end
			}
			stop := at
			if data[at] == '\n' {
				if stop > start && data[stop-1] == '\r' {
					stop--
				}
				if len(p.fields) == 0 && stop == start {
					start = at + 1
					continue // an empty line
				}
			}
			field := data[start:stop]
			if b.quotes && bytes.IndexByte(field, '"') >= 0 {
				return false, nil
			}
			p.fields = append(p.fields, field)
			start = at + 1
			if data[at] != '\n' {
				if start == end {
					return false, nil
				}
				continue
			}
		}
		if len(p.fields) != p.width {
			return false, nil
		}
		if err := yield(p.fields); err != nil {
			return true, err
		}
		p.fields, p.scratch = p.fields[:0], p.scratch[:0]
	}
	return true, nil
}

// quoted reads the quoted field that begins at start and returns where the
// comma or the line feed after it is.
func (p *RowParser) quoted(data []byte, start, end int) (field []byte, next int, ok bool) {
	at := start + 1
	from := at
	copied := -1 // where in scratch its beginning is
	for {
		i := bytes.IndexByte(data[at:end], '"')
		if i < 0 {
			return nil, 0, false
		}
		at += i + 1
		if at >= end {
			return nil, 0, false // the end of the file
		}
		if data[at] != '"' {
			break
		}
		if copied < 0 {
			copied = len(p.scratch)
		}
		p.scratch = append(p.scratch, data[from:at]...)
		at++
		from = at
	}
	field = data[from : at-1]
	if copied >= 0 {
		p.scratch = append(p.scratch, field...)
		n := len(p.scratch)
		p.scratch = append(p.scratch, make([]byte, Slack)...)
		field = p.scratch[copied:n]
	}
	switch {
	case data[at] == byte(p.comma) || data[at] == '\n':
	case data[at] == '\r' && at+1 < end && data[at+1] == '\n':
		at++
	default:
		return nil, 0, false
	}
	if bytes.Contains(field, []byte("\r\n")) {
		field = padded(bytes.ReplaceAll(field, []byte("\r\n"), []byte{'\n'}))
	}
	return field, at, true
}

// padded gives a field its slack.
func padded[S string | []byte](field S) []byte {
	return append(make([]byte, 0, len(field)+Slack), field...)
}

// careful reads with encoding/csv, which decides what a row is, all rows but
// the first skip ones.
func (p *RowParser) careful(b Block, skip int, yield func(fields [][]byte) error) error {
	c := csv.NewReader(bytes.NewReader(b.data))
	c.Comma, c.ReuseRecord, c.FieldsPerRecord = p.comma, true, p.width
	for {
		row, err := c.Read()
		if b.long && (err == nil || c.InputOffset() >= int64(len(b.data))) {
			return tooLong(CSV, b.line, 0)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return csvError(err, b.line-1)
		}
		if skip > 0 {
			skip--
			continue
		}
		p.fields = p.fields[:0]
		for i, s := range row {
			if !utf8.ValidString(s) {
				line, _ := c.FieldPos(i)
				return notUTF8(CSV, b.line-1+line, 0)
			}
			if strings.IndexByte(s, 0) >= 0 {
				line, _ := c.FieldPos(i)
				return binaryData(CSV, b.line-1+line, 0)
			}
			p.fields = append(p.fields, padded(s))
		}
		if err := yield(p.fields); err != nil {
			return err
		}
	}
}

// csvError explains an error of encoding/csv in what begins after the given
// line; others pass.
func csvError(err error, after int) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	e := &InputError{Format: CSV, Line: after + p.Line, Detail: p.Err.Error(), DetailZh: p.Err.Error()}
	switch {
	case errors.Is(p.Err, csv.ErrFieldCount):
		e.Detail, e.DetailZh = "the row has more or fewer fields than the first row", "该行字段数与首行不一致"
	case errors.Is(p.Err, csv.ErrQuote), errors.Is(p.Err, csv.ErrBareQuote):
		e.Detail, e.DetailZh = "a double quote is misplaced, missing or not doubled", "双引号位置不当、缺失或未成对转义"
	}
	return e
}

// csvTable reads CSV row by row.
type csvTable struct {
	blocks *Blocks
	parser *RowParser
	buf    []byte
	cells  []Cell
	raw    []string
	// rows of the block at hand, as fields one after the other
	rows []string
	next int
	err  error // what follows them
}

func newCSV(in io.Reader, o Options) (*csvTable, error) {
	b, err := NewBlocks(in, o)
	if err != nil {
		return nil, err
	}
	return &csvTable{blocks: b, parser: b.Parser(), cells: make([]Cell, len(b.names))}, nil
}

func (t *csvTable) Columns() []string { return t.blocks.names }

func (t *csvTable) Raw() []string { return t.raw }

func (t *csvTable) Next() ([]Cell, error) {
	for t.next == len(t.rows) {
		if t.err != nil {
			return nil, t.err
		}
		b, err := t.blocks.Next(t.buf)
		if t.rows, t.next, t.err = t.rows[:0], 0, err; err != nil {
			return nil, err
		}
		t.buf = b.data
		t.err = t.parser.Rows(b, func(fields [][]byte) error {
			for _, f := range fields {
				t.rows = append(t.rows, string(f))
			}
			return nil
		})
	}
	t.raw = t.rows[t.next : t.next+len(t.cells)]
	t.next += len(t.cells)
	for i, s := range t.raw {
		t.cells[i] = ParseCell(s)
	}
	return t.cells, nil
}
