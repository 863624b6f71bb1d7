package watermark

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/datarights/datarights/client/table"
)

// record is a row as it stands in its file.
type record struct {
	chunk []byte       // everything since the record before
	cells []table.Cell // as package table reads them, by column
	spans []span       // of the cells in chunk, quotes and all; zero for none
}

type span struct{ from, to int }

// rows reads a table's records with their bytes, so that it can be written again
// with no more changed than must be.
type rows interface {
	// next returns the next record, valid until the call after; io.EOF at the end.
	next() (*record, error)
	// columns are the names known so far.
	columns() []string
	// rest is what follows the last record, after io.EOF.
	rest() []byte
	// text is what a cell says whose bytes are raw.
	text(raw []byte) string
	// encode writes a cell's new text as the file's format wants it where raw stood.
	encode(raw []byte, text string) []byte
}

// Layout says how a file is read. The zero value goes by the file's name.
type Layout struct {
	Format string // csv, json or jsonl; "" by name
	Header table.Header
	Comma  rune // of CSV; 0 is a comma, or a tab if the name ends in .tsv
}

// formatOf names the format of a file that can be marked.
func (l *Layout) formatOf(path string) string {
	if l.Format != "" {
		return l.Format
	}
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv", ".tsv":
		return "csv"
	case ".json":
		return "json"
	case ".jsonl", ".ndjson":
		return "jsonl"
	default:
		return strings.TrimPrefix(ext, ".")
	}
}

func newRows(in io.Reader, path string, l Layout) (rows, error) {
	br := bufio.NewReaderSize(in, 1<<16)
	var lead []byte
	head, err := br.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return nil, problem("文件为 UTF-16 编码，请先转换：iconv -f UTF-16 -t UTF-8 文件", "the file is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8 FILE")
	}
	if bytes.Equal(head, []byte("\ufeff")) {
		lead = bytes.Clone(head)
		if _, err := br.Discard(len(lead)); err != nil {
			return nil, err
		}
	}
	switch l.formatOf(path) {
	case "csv":
		comma := l.Comma
		if comma == 0 {
			comma = ','
			if strings.EqualFold(filepath.Ext(path), ".tsv") {
				comma = '\t'
			}
		}
		return newCSVRows(br, lead, comma, l.Header)
	case "json":
		return newJSONRows(br, lead, l.Header, false)
	case "jsonl":
		return newJSONRows(br, lead, l.Header, true)
	}
	return nil, problem("只能给 CSV、TSV、JSON、JSON Lines 表格作标；请先转换 %[1]s", "only CSV, TSV, JSON and JSON Lines tables can be marked; convert %[1]s first", filepath.Base(path))
}

// recorder keeps what a decoder has read of a stream until it is taken.
type recorder struct {
	in    io.Reader
	kept  []byte
	taken int   // of kept; the taker may use them until the next Read
	begin int64 // offset of kept in the stream
}

func (r *recorder) Read(p []byte) (int, error) {
	if r.taken > 0 {
		r.begin += int64(r.taken)
		r.kept = append(r.kept[:0], r.kept[r.taken:]...)
		r.taken = 0
	}
	n, err := r.in.Read(p)
	r.kept = append(r.kept, p[:n]...)
	return n, err
}

// take returns the bytes up to an offset that were not taken before.
func (r *recorder) take(until int64) []byte {
	from := r.taken
	r.taken = int(until - r.begin)
	return r.kept[from:r.taken:r.taken]
}

// rest returns what was not taken.
func (r *recorder) rest() []byte { return r.kept[r.taken:] }

// canonicalName is a column's name as package table has it.
func canonicalName(s string, column int) string { return nameOr(canonicalText(s), column) }

func canonicalText(s string) string {
	return norm.NFC.String(strings.TrimFunc(strings.ReplaceAll(s, "\r\n", "\n"), unicode.IsSpace))
}

// jsonText is s as a JSON string with no more escapes than needed.
func jsonText(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always can be
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
