package watermark

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/datarights/datarights/client/table"
)

// csvRows reads CSV. The library says where each record ends and each field
// begins; the bytes are the recorder's.
type csvRows struct {
	r     *csv.Reader
	bytes *recorder
	names []string
	lead  []byte  // to go before the next record: the byte order mark, the header
	line  int     // at which the next chunk begins, from 1
	first *record // the first row, when it is data
	rec   record
	ended []byte
}

func newCSVRows(in io.Reader, lead []byte, comma rune, header table.Header) (*csvRows, error) {
	rec := &recorder{in: in}
	t := &csvRows{r: csv.NewReader(rec), bytes: rec, lead: lead, line: 1}
	t.r.Comma = comma
	t.r.ReuseRecord = true
	r, err := t.read()
	if errors.Is(err, io.EOF) {
		return nil, problem("文件为空", "the file is empty")
	}
	if err != nil {
		return nil, err
	}
	fields := t.rec.spans
	if len(fields) > table.MaxColumns {
		return nil, problem("列数超过 %[1]d", "more than %[1]d columns", table.MaxColumns)
	}
	for i, f := range fields {
		name := ""
		if header != table.HeaderNone {
			name = t.text(r.chunk[f.from:f.to])
		}
		t.names = append(t.names, canonicalName(name, i))
	}
	if header == table.HeaderNone {
		first := *r
		first.chunk, first.cells, first.spans = slices.Clone(r.chunk), slices.Clone(r.cells), slices.Clone(r.spans)
		t.first = &first
	} else {
		t.lead = slices.Clone(r.chunk)
	}
	return t, nil
}

func (t *csvRows) columns() []string { return t.names }
func (t *csvRows) rest() []byte      { return t.ended }

func (t *csvRows) next() (*record, error) {
	if r := t.first; r != nil {
		t.first = nil
		return r, nil
	}
	return t.read()
}

func (t *csvRows) read() (*record, error) {
	row, err := t.r.Read()
	if errors.Is(err, io.EOF) {
		t.ended = slices.Concat(t.lead, t.bytes.rest())
		return nil, io.EOF
	}
	if err != nil {
		return nil, csvProblem(err)
	}
	body := t.bytes.take(t.r.InputOffset())
	shift := len(t.lead)
	r := &t.rec
	r.chunk = body
	if shift > 0 {
		r.chunk = slices.Concat(t.lead, body)
		t.lead = nil
	}
	r.cells, r.spans = r.cells[:0], r.spans[:0]

	// Where the lines of the body begin: the library gives places by line.
	begins := []int{0}
	for i, b := range body {
		if b == '\n' {
			begins = append(begins, i+1)
		}
	}
	end := len(body)
	end -= len(body) - len(bytes.TrimSuffix(bytes.TrimSuffix(body, []byte("\n")), []byte("\r")))
	comma := utf8.RuneLen(t.r.Comma)
	for i, s := range row {
		line, column := t.r.FieldPos(i)
		from := begins[line-t.line] + column - 1
		if i > 0 {
			r.spans[i-1].to = shift + from - comma
		}
		if !utf8.ValidString(s) {
			return nil, problem("第 %[1]d 行不是 UTF-8 编码；若为 GB18030，请先转换：iconv -f GB18030 -t UTF-8 文件", "line %[1]d is not UTF-8; if the file is GB18030, convert it first: iconv -f GB18030 -t UTF-8 FILE", line)
		}
		r.spans = append(r.spans, span{shift + from, shift + end})
		r.cells = append(r.cells, table.ParseCell(s))
	}
	t.line += len(begins) - 1
	return r, nil
}

// encode keeps a field's quotes and adds them where they are needed.
func (t *csvRows) encode(raw []byte, text string) []byte {
	quoted := len(raw) > 0 && raw[0] == '"'
	if !quoted && !strings.ContainsAny(text, "\"\r\n"+string(t.r.Comma)) && strings.TrimLeft(text, " \t") == text {
		return []byte(text)
	}
	return []byte(`"` + strings.ReplaceAll(text, `"`, `""`) + `"`)
}

func (t *csvRows) text(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return string(raw)
	}
	return strings.ReplaceAll(string(raw[1:len(raw)-1]), `""`, `"`)
}

func csvProblem(err error) error {
	var p *csv.ParseError
	switch {
	case !errors.As(err, &p):
		return err
	case errors.Is(p.Err, csv.ErrFieldCount):
		return problem("第 %[1]d 行字段数与首行不一致", "line %[1]d has more or fewer fields than the first row", p.Line)
	case errors.Is(p.Err, csv.ErrQuote), errors.Is(p.Err, csv.ErrBareQuote):
		return problem("第 %[1]d 行双引号位置不当、缺失或未成对转义", "line %[1]d: a double quote is misplaced, missing or not doubled", p.Line)
	}
	return problem("第 %[1]d 行：%[2]v", "line %[1]d: %[2]v", p.Line, p.Err)
}

func nameOr(name string, column int) string {
	if name == "" {
		return strconv.Itoa(column + 1)
	}
	return name
}
