package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// MaxColumns bounds a table's width, and with it the memory a stranger's file
// can claim.
const MaxColumns = 10_000

// InputError says why a file cannot be fingerprinted and where the fault is.
type InputError struct {
	Format   Format `json:"format"`
	Line     int    `json:"line,omitempty"`   // of a CSV file, from 1
	Record   int64  `json:"record,omitempty"` // of a JSON file, from 1
	Detail   string `json:"detail"`
	DetailZh string `json:"detailZh"`
}

func (e *InputError) Error() string {
	switch {
	case e.Line > 0:
		return fmt.Sprintf("%s, line %d: %s", e.Format, e.Line, e.Detail)
	case e.Record > 0:
		return fmt.Sprintf("%s, record %d: %s", e.Format, e.Record, e.Detail)
	}
	return fmt.Sprintf("%s: %s", e.Format, e.Detail)
}

// Reader yields the rows of a table.
type Reader interface {
	// Next returns a row's cells by column; cells beyond its end are empty.
	// The slice is valid until the next call. At the end it returns io.EOF;
	// input that is not a table is an *InputError.
	Next() ([]Cell, error)
	// Columns returns the names known so far, in file order.
	Columns() []string
}

var utf8BOM = []byte("\ufeff")

// skipBOM drops a UTF-8 byte order mark and refuses those of UTF-16.
func skipBOM(r *bufio.Reader, f Format) error {
	head, err := r.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return &InputError{Format: f, Line: 1, Detail: "the file is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8 FILE",
			DetailZh: "文件为 UTF-16 编码，请先转换：iconv -f UTF-16 -t UTF-8 文件"}
	}
	if bytes.Equal(head, utf8BOM) {
		_, err = r.Discard(len(utf8BOM))
		return err
	}
	return nil
}

func notUTF8(f Format, line int, record int64) *InputError {
	return &InputError{Format: f, Line: line, Record: record,
		Detail:   "not UTF-8; if the file is GB18030 or GBK, convert it first: iconv -f GB18030 -t UTF-8 FILE",
		DetailZh: "不是 UTF-8 编码；若为 GB18030 或 GBK，请先转换：iconv -f GB18030 -t UTF-8 文件"}
}

// csvTable reads CSV.
type csvTable struct {
	r     *csv.Reader
	names []string
	first []string // the first row, when it is data
	cells []Cell
}

func newCSV(in io.Reader, comma rune, header Header) (*csvTable, error) {
	br := bufio.NewReaderSize(in, 1<<16)
	if err := skipBOM(br, CSV); err != nil {
		return nil, err
	}
	t := &csvTable{r: csv.NewReader(br)}
	t.r.Comma = comma
	t.r.ReuseRecord = true
	row, err := t.r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &InputError{Format: CSV, Detail: "the file is empty", DetailZh: "文件为空"}
	}
	if err != nil {
		return nil, csvError(err)
	}
	if len(row) > MaxColumns {
		return nil, tooWide(CSV)
	}
	t.cells = make([]Cell, len(row))
	t.names = make([]string, len(row))
	for i, name := range row {
		if !utf8.ValidString(name) {
			return nil, notUTF8(CSV, 1, 0)
		}
		if header == HeaderNone {
			name = ""
		}
		t.names[i] = nameOr(canonicalText(name), i)
	}
	if header == HeaderNone {
		t.first = append([]string(nil), row...)
	}
	return t, nil
}

func (t *csvTable) Columns() []string { return t.names }

func (t *csvTable) Next() ([]Cell, error) {
	row := t.first
	if t.first = nil; row == nil {
		var err error
		if row, err = t.r.Read(); err != nil {
			return nil, csvError(err)
		}
	}
	for i, s := range row {
		if !utf8.ValidString(s) {
			line, _ := t.r.FieldPos(i)
			return nil, notUTF8(CSV, line, 0)
		}
		t.cells[i] = ParseCell(s)
	}
	return t.cells, nil
}

// csvError explains an error of encoding/csv; others pass.
func csvError(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	e := &InputError{Format: CSV, Line: p.Line, Detail: p.Err.Error(), DetailZh: p.Err.Error()}
	switch {
	case errors.Is(p.Err, csv.ErrFieldCount):
		e.Detail, e.DetailZh = "the row has more or fewer fields than the first row", "该行字段数与首行不一致"
	case errors.Is(p.Err, csv.ErrQuote), errors.Is(p.Err, csv.ErrBareQuote):
		e.Detail, e.DetailZh = "a double quote is misplaced, missing or not doubled", "双引号位置不当、缺失或未成对转义"
	}
	return e
}

func tooWide(f Format) *InputError {
	return &InputError{Format: f, Detail: fmt.Sprintf("more than %d columns", MaxColumns), DetailZh: fmt.Sprintf("列数超过 %d", MaxColumns)}
}

// jsonTable reads an array of objects or of arrays, one record at a time.
type jsonTable struct {
	dec    *json.Decoder
	header Header
	names  []string
	index  map[string]int // column by name, of objects
	cells  []Cell
	record int64 // the one being read, from 1
	width  int   // of arrays; 0 before the first
	shape  byte  // '{' or '[', once known
}

func newJSON(in io.Reader, header Header) (*jsonTable, error) {
	br := bufio.NewReaderSize(in, 1<<16)
	if err := skipBOM(br, JSON); err != nil {
		return nil, err
	}
	t := &jsonTable{dec: json.NewDecoder(br), header: header, index: make(map[string]int)}
	tok, err := t.dec.Token()
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

func (t *jsonTable) Columns() []string { return t.names }

// fail explains an error of the stream; errors of reading pass.
func (t *jsonTable) fail(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return t.invalid(err)
	}
	return err
}

// invalid explains an error of the record being read, which is in memory.
func (t *jsonTable) invalid(err error) error {
	text := cleanEOF(err).Error()
	return t.bad("not valid: "+text, "内容不合法："+text)
}

func (t *jsonTable) bad(en, zh string) *InputError {
	return &InputError{Format: JSON, Record: t.record, Detail: en, DetailZh: zh}
}

func (t *jsonTable) Next() ([]Cell, error) {
	if !t.dec.More() {
		return nil, t.end()
	}
	t.record++
	var raw json.RawMessage
	if err := t.dec.Decode(&raw); err != nil {
		return nil, t.fail(err)
	}
	if !utf8.Valid(raw) { // the decoder would replace what is not
		return nil, notUTF8(JSON, 0, t.record)
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
	if t.shape == '{' {
		return t.cells, t.object(dec)
	}
	if t.record == 1 && t.header == HeaderFirst {
		if err := t.arrayHeader(dec); err != nil {
			return nil, err
		}
		return t.Next()
	}
	return t.array(dec)
}

// end checks what follows the last record.
func (t *jsonTable) end() error {
	t.record++
	if _, err := t.dec.Token(); err != nil {
		return t.fail(err)
	}
	if _, err := t.dec.Token(); !errors.Is(err, io.EOF) {
		if err != nil {
			return t.fail(err)
		}
		return t.bad("data follows the array", "数组之后还有多余数据")
	}
	return io.EOF
}

func (t *jsonTable) object(dec *json.Decoder) error {
	seen := make(map[int]bool, len(t.names))
	for dec.More() {
		key, err := objectKey(dec)
		if err != nil {
			return t.invalid(err)
		}
		i, ok := t.index[key]
		if !ok {
			if i = len(t.names); i == MaxColumns {
				return tooWide(JSON)
			}
			t.index[key] = i
			t.names = append(t.names, nameOr(key, i))
			t.cells = append(t.cells, Cell{})
		}
		if seen[i] {
			return t.bad(fmt.Sprintf("the key %q appears twice", key), fmt.Sprintf("键 %q 重复出现", key))
		}
		seen[i] = true
		c, err := jsonCell(dec)
		if err != nil {
			return t.invalid(err)
		}
		t.cells[i] = c
	}
	return nil
}

func (t *jsonTable) array(dec *json.Decoder) ([]Cell, error) {
	row := t.cells[:0]
	for dec.More() {
		if len(row) == MaxColumns {
			return nil, tooWide(JSON)
		}
		c, err := jsonCell(dec)
		if err != nil {
			return nil, t.invalid(err)
		}
		row = append(row, c)
	}
	t.cells = row
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
			return tooWide(JSON)
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

// nameOr gives column i, from 0, its number if it has no name.
func nameOr(name string, i int) string {
	if name == "" {
		return strconv.Itoa(i + 1)
	}
	return name
}
