// Package table reads tables as their holder has them, row by row, in whatever
// format, each value in one canonical form.
//
// # Formats
//
// CSV: comma separated (tab in .tsv), RFC 4180 quoting, every row as long as
// the first; what a row is, encoding/csv decides. The first row is the header
// unless Options.Header says otherwise.
//
// JSON: one array of objects, whose keys are the header, or one array of
// arrays of equal length, which has none unless Options.Header says so.
//
// JSON Lines: such a record on each line.
//
// Text is UTF-8 with or without a byte order mark, UTF-16 with one, or GB18030
// (and so GBK and GB2312), which is told by what follows the first byte that is
// not ASCII. A file that mixes encodings is refused, and so is one with NUL
// bytes.
//
// Parquet: columns that are not nested. Whole numbers and decimals keep their
// digits, float and double become the shortest decimal that reads back as the
// same, booleans "true" and "false", dates, times and timestamps ISO 8601
// without trailing zeros of a fraction, with "Z" if the column is in UTC; bytes
// that are no UTF-8 are hexadecimal. A fraction that a double cannot hold is
// another number in Parquet than in CSV, and so is a date that CSV writes in
// another way.
//
// XLSX: the first sheet, or Options.Sheet; the first row that is not empty is
// the header unless Options.Header says otherwise, and rows without any cell
// do not count. Numbers are taken as stored, to the 15 significant digits Excel
// computes with; dates and times, which are stored as numbers, as Excel shows
// them. What shows a time is known by its
// separators, so that a fraction shown as "1/2" passes for one.
//
// # Bounds
//
// A row has at most MaxColumns cells and a record at most MaxRecord bytes; a
// workbook has at most 512 MiB, and unpacks to at most 4 GiB, on disk beyond 16
// MiB. Text and Parquet are read as streams; a page of a Parquet file, and the
// shared strings of a workbook, are held in memory.
//
// # Canonical cells
//
// A cell is its format's text (of JSON true, false and numbers, as written)
// made canonical:
//
//  1. CR LF becomes LF, as CSV readers do anyway.
//  2. White space (Unicode's White_Space) at both ends goes.
//  3. The rest is brought to Unicode NFC.
//  4. What is then a number in JSON's grammar becomes <coefficient>e<exponent>:
//     the coefficient without leading or trailing zeros, "0e0" for every zero,
//     so that 4, 4.0, 4.00, 40e-1 are all "4e0" and 1000 and 1e3 both "1e3".
//     The arithmetic is on digits and loses none. A number with an exponent of
//     more than nine digits, a leading zero ("007"), a plus sign, a bare point
//     (".5") or separators ("1,000") is text. A JSON string that reads like a
//     number is a number, since CSV cannot tell them apart.
//  5. A JSON array or object inside a cell becomes JSON without white space,
//     with keys sorted by their bytes, each string in it made canonical by
//     rules 1 to 3 and each number by rule 4.
//
// An empty text, JSON null, and a key an object lacks are all the empty cell.
package table

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Format is how a file is read.
type Format string

// The formats. Auto goes by the file's name; File is what is no table.
const (
	Auto      Format = ""
	CSV       Format = "csv"
	JSON      Format = "json"
	JSONLines Format = "jsonl"
	Parquet   Format = "parquet"
	XLSX      Format = "xlsx"
	File      Format = "file"
)

// Formats lists the formats that can be named.
func Formats() []Format { return []Format{CSV, JSON, JSONLines, Parquet, XLSX, File} }

// Header says whether a table's first row names the columns.
type Header int

// HeaderAuto is HeaderFirst for CSV and HeaderNone for JSON arrays of arrays.
// JSON objects name their columns themselves.
const (
	HeaderAuto Header = iota
	HeaderFirst
	HeaderNone
)

// Options change how a file is read. The zero value suits most files.
type Options struct {
	Format Format
	Header Header
	Comma  rune   // of CSV; 0 is a comma, or a tab if the name ends in .tsv
	Sheet  string // of XLSX; "" is the first
	// TempDir is where a Parquet or XLSX file goes that comes as a stream; ""
	// is os.TempDir.
	TempDir string
}

// ByName fills in what the file's name says.
func (o *Options) ByName(path string) {
	ext := strings.ToLower(filepath.Ext(path))
	if o.Format == Auto {
		switch ext {
		case ".csv", ".tsv":
			o.Format = CSV
		case ".json":
			o.Format = JSON
		case ".jsonl", ".ndjson":
			o.Format = JSONLines
		case ".parquet":
			o.Format = Parquet
		case ".xlsx":
			o.Format = XLSX
		default:
			o.Format = File
		}
	}
	if o.Comma == 0 && ext == ".tsv" {
		o.Comma = '\t'
	}
}

// NewReader reads a table from a stream whose format the options name. Of
// Parquet and XLSX the reader is an io.Closer too, and to be closed.
func NewReader(r io.Reader, o Options) (Reader, error) {
	switch o.Format {
	case CSV:
		return newCSV(r, o)
	case JSON:
		return newJSON(r, o.Header)
	case JSONLines:
		return newJSONLines(r, o.Header)
	case Parquet:
		return newParquet(r, o.TempDir)
	case XLSX:
		return newXLSX(r, o)
	case Auto:
		return nil, errors.New("couldn't read a stream: its format must be named")
	}
	return nil, fmt.Errorf("there is no table format %q", o.Format)
}
