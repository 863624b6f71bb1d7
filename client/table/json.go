package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// jsonTable reads objects or arrays, one record at a time: those of one array,
// or one on each line.
type jsonTable struct {
	format Format
	source records
	header Header
	names  []string
	index  map[string]int // column by name, of objects
	cells  []Cell
	raw    []string
	record int64 // the one being read, from 1
	width  int   // of arrays; 0 before the first
	shape  byte  // '{' or '[', once known
}

// records are where a jsonTable's records come from.
type records interface {
	// next returns a record, valid until the next call, or io.EOF; t is who
	// asks, and explains errors.
	next(t *jsonTable) (json.RawMessage, error)
	line() int // of the record, from 1; 0 if records are counted
}

func newJSON(in io.Reader, header Header) (*jsonTable, error) {
	text, err := decoded(in, JSON)
	if err != nil {
		return nil, err
	}
	limited := &budget{r: text}
	a := &jsonArray{in: limited, dec: json.NewDecoder(limited)}
	t := &jsonTable{format: JSON, source: a, header: header, index: make(map[string]int)}
	limited.left = MaxRecord
	tok, err := a.dec.Token()
	if errors.Is(err, io.EOF) {
		return nil, &InputError{Format: JSON, Detail: "the file is empty", DetailZh: "文件为空"}
	}
	if err != nil {
		return nil, t.fail(err)
	}
	if tok != json.Delim('[') {
		return nil, &InputError{Format: JSON, Detail: "want an array of objects or of arrays; fingerprint anything else as a file",
			DetailZh: "应为对象数组或数组的数组；其他内容请按普通文件计算指纹"}
	}
	return t, nil
}

func newJSONLines(in io.Reader, header Header) (*jsonTable, error) {
	text, err := decoded(in, JSONLines)
	if err != nil {
		return nil, err
	}
	lines := &jsonLines{r: bufio.NewReaderSize(text, 1<<16), limit: MaxRecord}
	if _, err := lines.r.Peek(1); errors.Is(err, io.EOF) {
		return nil, &InputError{Format: JSONLines, Detail: "the file is empty", DetailZh: "文件为空"}
	}
	return &jsonTable{format: JSONLines, source: lines, header: header, index: make(map[string]int)}, nil
}

func (t *jsonTable) Columns() []string { return t.names }

func (t *jsonTable) Raw() []string { return t.raw }

// fail explains an error of the stream; errors of reading pass.
func (t *jsonTable) fail(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return t.invalid(err)
	}
	if errors.Is(err, errTooLong) {
		return tooLong(t.format, t.source.line(), t.at())
	}
	return err
}

// invalid explains an error of the record being read, which is in memory.
func (t *jsonTable) invalid(err error) error {
	text := cleanEOF(err).Error()
	return t.bad("not valid: "+text, "内容不合法："+text)
}

// at is the record an error is in, if records are counted.
func (t *jsonTable) at() int64 {
	if t.source.line() > 0 {
		return 0
	}
	return t.record
}

func (t *jsonTable) bad(en, zh string) *InputError {
	return &InputError{Format: t.format, Line: t.source.line(), Record: t.at(), Detail: en, DetailZh: zh}
}

func (t *jsonTable) Next() ([]Cell, error) {
	t.record++
	raw, err := t.source.next(t)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(raw) { // the decoder would replace what is not
		return nil, notUTF8(t.format, t.source.line(), t.at())
	}
	if raw[0] != '{' && raw[0] != '[' {
		return nil, t.bad("every record must be an object or an array; fingerprint anything else as a file",
			"每条记录应为对象或数组；其他内容请按普通文件计算指纹")
	}
	if t.shape == 0 {
		t.shape = raw[0]
	}
	if raw[0] != t.shape {
		return nil, t.bad("objects and arrays are mixed", "对象与数组混用")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		return nil, t.invalid(err)
	}
	clear(t.cells)
	clear(t.raw)
	if t.shape == '{' {
		return t.cells, t.object(dec, raw)
	}
	if t.record == 1 && t.header == HeaderFirst {
		if err := t.arrayHeader(dec); err != nil {
			return nil, err
		}
		return t.Next()
	}
	return t.array(dec, raw)
}

// jsonArray is one array of records.
type jsonArray struct {
	in  *budget
	dec *json.Decoder
}

func (a *jsonArray) line() int { return 0 }

func (a *jsonArray) next(t *jsonTable) (json.RawMessage, error) {
	a.in.left = MaxRecord
	if !a.dec.More() {
		return nil, a.end(t)
	}
	var raw json.RawMessage
	if err := a.dec.Decode(&raw); err != nil {
		return nil, t.fail(err)
	}
	return raw, nil
}

// end checks what follows the last record.
func (a *jsonArray) end(t *jsonTable) error {
	if _, err := a.dec.Token(); err != nil {
		return t.fail(err)
	}
	if _, err := a.dec.Token(); !errors.Is(err, io.EOF) {
		if err != nil {
			return t.fail(err)
		}
		return t.bad("data follows the array", "数组之后还有多余数据")
	}
	return io.EOF
}

var errTooLong = errors.New("a record is too long")

// budget bounds what is read for one record.
type budget struct {
	r    io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// jsonLines is a record on each line; empty lines do not count.
type jsonLines struct {
	r     *bufio.Reader
	buf   []byte
	count int
	limit int
}

func (l *jsonLines) line() int { return max(1, l.count) }

func (l *jsonLines) next(t *jsonTable) (json.RawMessage, error) {
	for {
		l.buf = l.buf[:0]
		l.count++
		for {
			part, err := l.r.ReadSlice('\n')
			l.buf = append(l.buf, part...)
			if len(l.buf) > l.limit {
				return nil, t.fail(errTooLong)
			}
			if err == nil {
				break
			}
			if errors.Is(err, io.EOF) {
				if len(bytes.TrimSpace(l.buf)) == 0 {
					return nil, io.EOF
				}
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return nil, err
			}
		}
		text := bytes.TrimSpace(l.buf)
		switch {
		case len(text) == 0:
		case !utf8.Valid(text):
			return nil, notUTF8(t.format, l.count, 0)
		case !json.Valid(text) && json.NewDecoder(bytes.NewReader(text)).Decode(new(json.RawMessage)) == nil:
			return nil, t.bad("not valid: data follows the record", "内容不合法：记录之后还有多余数据")
		case !json.Valid(text):
			// The decoder, unlike Unmarshal, tells that the line ends too early.
			return nil, t.fail(json.NewDecoder(bytes.NewReader(l.buf)).Decode(new(json.RawMessage)))
		default:
			return text, nil
		}
	}
}

func (t *jsonTable) object(dec *json.Decoder, raw []byte) error {
	seen := make(map[int]bool, len(t.names))
	for dec.More() {
		key, err := objectKey(dec)
		if err != nil {
			return t.invalid(err)
		}
		i, ok := t.index[key]
		if !ok {
			if i = len(t.names); i == MaxColumns {
				return tooWide(t.format)
			}
			t.index[key] = i
			t.names = append(t.names, nameOr(key, i))
			t.cells = append(t.cells, Cell{})
			t.raw = append(t.raw, "")
		}
		if seen[i] {
			return t.bad(fmt.Sprintf("the key %q appears twice", key), fmt.Sprintf("键 %q 重复出现", key))
		}
		seen[i] = true
		if t.cells[i], t.raw[i], err = rawCell(dec, raw); err != nil {
			return t.invalid(err)
		}
	}
	return nil
}

func (t *jsonTable) array(dec *json.Decoder, raw []byte) ([]Cell, error) {
	row, texts := t.cells[:0], t.raw[:0]
	for dec.More() {
		if len(row) == MaxColumns {
			return nil, tooWide(t.format)
		}
		c, text, err := rawCell(dec, raw)
		if err != nil {
			return nil, t.invalid(err)
		}
		row, texts = append(row, c), append(texts, text)
	}
	t.cells, t.raw = row, texts
	if t.record > 1 {
		if len(row) != t.width {
			return nil, t.bad(fmt.Sprintf("the record has %d cells, the first has %d", len(row), t.width),
				fmt.Sprintf("该记录有 %d 个单元格，首条有 %d 个", len(row), t.width))
		}
		return row, nil
	}
	t.width = len(row)
	for i := range row {
		t.names = append(t.names, nameOr("", i))
	}
	return row, nil
}

// arrayHeader takes the first array for the names of the columns.
func (t *jsonTable) arrayHeader(dec *json.Decoder) error {
	for i := 0; dec.More(); i++ {
		if i == MaxColumns {
			return tooWide(t.format)
		}
		tok, err := dec.Token()
		if err != nil {
			return t.invalid(err)
		}
		name := ""
		switch v := tok.(type) {
		case string:
			name = v
		case json.Number:
			name = v.String()
		case nil:
		default:
			return t.bad("a column's name must be a string", "列名应为字符串")
		}
		t.names = append(t.names, nameOr(canonicalText(name), i))
	}
	t.width = len(t.names)
	return nil
}

// rawCell reads the next value of a record, and its text as RawReader has it.
func rawCell(dec *json.Decoder, record []byte) (Cell, string, error) {
	from := dec.InputOffset()
	c, err := jsonCell(dec)
	if err != nil {
		return Cell{}, "", err
	}
	text := bytes.TrimLeft(record[from:dec.InputOffset()], " \t\r\n:,")
	if len(text) > 0 && text[0] == '"' {
		var s string
		err = json.Unmarshal(text, &s)
		return c, s, err
	}
	return c, string(text), nil
}
