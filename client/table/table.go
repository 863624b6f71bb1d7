package table

import (
	"fmt"
	"strconv"
)

// Bounds of the memory a stranger's file can claim.
const (
	// MaxColumns bounds a table's width.
	MaxColumns = 10_000
	// MaxRecord bounds one record as it stands in the file, in bytes.
	MaxRecord = 64 << 20
)

// InputError says why a file cannot be fingerprinted and where the fault is.
type InputError struct {
	Format   Format `json:"format"`
	Line     int    `json:"line,omitempty"`   // of CSV and JSON Lines, from 1
	Record   int64  `json:"record,omitempty"` // of other formats, from 1
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

// RawReader is a Reader that also has the cells as their holder wrote them.
// CSV, TSV, JSON and JSON Lines have it.
type RawReader interface {
	Reader
	// Raw returns the text of the row that Next returned last, by column and
	// as long as that row: of CSV the field without its quotes, of JSON the
	// string without its quotes and escapes, anything else as written, ""
	// where a key lacks. The slice is valid until the next call of Next.
	Raw() []string
}

func notUTF8(f Format, line int, record int64) *InputError {
	return &InputError{Format: f, Line: line, Record: record,
		Detail:   "neither UTF-8 like what stands before nor GB18030: a file of mixed encodings, or no text at all",
		DetailZh: "此处既非与前文一致的 UTF-8，亦非 GB18030：文件混用多种编码，或不是文本文件"}
}

func binaryData(f Format, line int, record int64) *InputError {
	return &InputError{Format: f, Line: line, Record: record,
		Detail:   "a NUL byte: this is binary data and no text; fingerprint it as a file, or name its format",
		DetailZh: "含 NUL 字节：这是二进制数据而非文本；请按普通文件处理，或指明其格式"}
}

func tooLong(f Format, line int, record int64) *InputError {
	return &InputError{Format: f, Line: line, Record: record,
		Detail:   fmt.Sprintf("a record has more than %d MiB; is a closing quote or a line end missing?", MaxRecord>>20),
		DetailZh: fmt.Sprintf("单条记录超过 %d MiB；是否缺少右引号或换行符？", MaxRecord>>20)}
}

func tooWide(f Format) *InputError {
	return &InputError{Format: f, Detail: fmt.Sprintf("more than %d columns", MaxColumns), DetailZh: fmt.Sprintf("列数超过 %d", MaxColumns)}
}

// nameOr gives column i, from 0, its number if it has no name.
func nameOr(name string, i int) string {
	if name == "" {
		return strconv.Itoa(i + 1)
	}
	return name
}
