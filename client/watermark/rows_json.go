package watermark

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/datarights/datarights/client/table"
)

// jsonRows reads an array of objects or of arrays, or such records one after
// another (JSON Lines).
type jsonRows struct {
	dec    *json.Decoder
	bytes  *recorder
	lead   []byte
	lines  bool
	header table.Header
	names  []string
	index  map[string]int // column by name, of objects
	shape  byte           // '{' or '[', once known
	record int64          // the one being read, from 1
	rec    record
	ended  []byte
}

func newJSONRows(in io.Reader, lead []byte, header table.Header, lines bool) (*jsonRows, error) {
	rec := &recorder{in: in}
	t := &jsonRows{dec: json.NewDecoder(rec), bytes: rec, lead: lead, lines: lines, header: header, index: map[string]int{}}
	if lines {
		return t, nil
	}
	tok, err := t.dec.Token()
	if errors.Is(err, io.EOF) {
		return nil, problem("文件为空", "the file is empty")
	}
	if err != nil {
		return nil, t.fail(err)
	}
	if tok != json.Delim('[') {
		return nil, problem("JSON 应为对象数组或数组的数组", "want a JSON array of objects or of arrays")
	}
	return t, nil
}

func (t *jsonRows) columns() []string { return t.names }
func (t *jsonRows) rest() []byte      { return t.ended }

func (t *jsonRows) fail(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return problem("第 %[1]d 条记录不是合法的 JSON：%[2]v", "record %[1]d is not valid JSON: %[2]v", t.record, err)
	}
	return err
}

func (t *jsonRows) next() (*record, error) {
	if !t.lines && !t.dec.More() {
		return nil, t.end()
	}
	t.record++
	var raw json.RawMessage
	if err := t.dec.Decode(&raw); err != nil {
		if t.lines && errors.Is(err, io.EOF) {
			if t.record == 1 {
				return nil, problem("文件为空", "the file is empty")
			}
			t.ended = slices.Concat(t.lead, t.bytes.rest())
			return nil, io.EOF
		}
		return nil, t.fail(err)
	}
	if !utf8.Valid(raw) {
		return nil, problem("第 %[1]d 条记录不是 UTF-8 编码", "record %[1]d is not UTF-8", t.record)
	}
	r := &t.rec
	r.chunk = t.bytes.take(t.dec.InputOffset())
	if len(t.lead) > 0 {
		r.chunk = slices.Concat(t.lead, r.chunk)
		t.lead = nil
	}
	if !bytes.HasSuffix(r.chunk, raw) {
		return nil, problem("第 %[1]d 条记录无法定位", "record %[1]d couldn't be placed in the file", t.record)
	}
	if raw[0] != '{' && raw[0] != '[' || t.shape != 0 && raw[0] != t.shape {
		return nil, problem("第 %[1]d 条记录应与其他记录同为对象或同为数组", "record %[1]d must be an object, or an array, as the others are", t.record)
	}
	t.shape = raw[0]
	if err := t.split(raw, len(r.chunk)-len(raw)); err != nil {
		return nil, err
	}
	if t.shape == '[' && t.record == 1 && t.header == table.HeaderFirst {
		t.names = t.names[:0]
		for i, s := range r.spans {
			t.names = append(t.names, canonicalName(t.text(r.chunk[s.from:s.to]), i))
		}
		t.lead = slices.Clone(r.chunk)
		return t.next()
	}
	return r, nil
}

// end checks what follows the last record.
func (t *jsonRows) end() error {
	if _, err := t.dec.Token(); err != nil {
		return t.fail(err)
	}
	if _, err := t.dec.Token(); !errors.Is(err, io.EOF) {
		return problem("数组之后还有多余数据", "data follows the array")
	}
	t.ended = slices.Concat(t.lead, t.bytes.rest())
	return io.EOF
}

// split finds the cells of a record that begins at an offset of its chunk.
func (t *jsonRows) split(raw []byte, offset int) error {
	r := &t.rec
	clear(r.cells)
	clear(r.spans)
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return t.fail(err)
	}
	n := 0
	for ; dec.More(); n++ {
		column := n
		if t.shape == '{' {
			tok, err := dec.Token()
			if err != nil {
				return t.fail(err)
			}
			name, _ := tok.(string)
			if column, err = t.column(name); err != nil {
				return err
			}
		} else if err := t.widen(n); err != nil {
			return err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return t.fail(err)
		}
		if column == len(r.cells) {
			r.cells, r.spans = append(r.cells, table.Cell{}), append(r.spans, span{})
		}
		if r.spans[column] != (span{}) {
			return problem("第 %[1]d 条记录的键 %[2]q 重复", "record %[1]d: the key %[2]q appears twice", t.record, t.names[column])
		}
		to := offset + int(dec.InputOffset())
		r.spans[column] = span{to - len(v), to}
		cell, err := jsonCell(v)
		if err != nil {
			return problem("第 %[1]d 条记录：%[2]v", "record %[1]d: %[2]v", t.record, err)
		}
		r.cells[column] = cell
	}
	if t.shape == '[' && n != len(t.names) {
		return problem("第 %[1]d 条记录有 %[2]d 个单元格，首条有 %[3]d 个", "record %[1]d has %[2]d cells, the first has %[3]d", t.record, n, len(t.names))
	}
	return nil
}

// column finds or adds the column of a key.
func (t *jsonRows) column(key string) (int, error) {
	key = canonicalText(key)
	i, ok := t.index[key]
	if !ok {
		i = len(t.names)
		if i == table.MaxColumns {
			return 0, problem("列数超过 %[1]d", "more than %[1]d columns", table.MaxColumns)
		}
		t.index[key] = i
		t.names = append(t.names, nameOr(key, i))
	}
	return i, nil
}

// widen makes room for a cell of the first array.
func (t *jsonRows) widen(n int) error {
	switch {
	case n < len(t.names):
		return nil
	case t.record > 1:
		return problem("第 %[1]d 条记录比首条长", "record %[1]d is longer than the first", t.record)
	case n == table.MaxColumns:
		return problem("列数超过 %[1]d", "more than %[1]d columns", table.MaxColumns)
	}
	t.names = append(t.names, strconv.Itoa(n+1))
	return nil
}

// jsonCell is a JSON value as package table reads it in a cell.
func jsonCell(v []byte) (table.Cell, error) {
	switch v[0] {
	case 'n':
		return table.Cell{}, nil
	case 't', 'f':
		return table.Cell{Kind: table.Text, Text: string(v)}, nil
	case '"':
		var s string
		err := json.Unmarshal(v, &s)
		return table.ParseCell(s), err
	case '{', '[':
		r, err := table.NewReader(io.MultiReader(bytes.NewReader([]byte("[[")), bytes.NewReader(v), bytes.NewReader([]byte("]]"))), table.Options{Format: table.JSON})
		if err != nil {
			return table.Cell{}, err
		}
		row, err := r.Next()
		if err != nil {
			return table.Cell{}, err
		}
		return row[0], nil
	}
	return table.ParseCell(string(v)), nil
}

// encode keeps a value a string or a number, as it was.
func (t *jsonRows) encode(raw []byte, text string) []byte {
	if len(raw) > 0 && raw[0] == '"' {
		return jsonText(text)
	}
	return []byte(text)
}

func (t *jsonRows) text(raw []byte) string {
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
