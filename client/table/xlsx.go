package table

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Bounds on a workbook, against archives that unpack to far more than they are.
const (
	maxWorkbook = 512 << 20 // bytes as it is
	maxUnpacked = 4 << 30   // bytes unpacked; beyond unpackedInMemory on disk
	inMemory    = 16 << 20
)

// xlsxTable reads one sheet of a workbook, row by row.
type xlsxTable struct {
	file   *excelize.File
	raw    *excelize.Rows // numbers as stored
	shown  *excelize.Rows // dates as shown
	names  []string
	first  []Cell // the first row, when it is data
	cells  []Cell
	record int64 // row of the sheet, from 1
}

func newXLSX(r io.Reader, o Options) (t *xlsxTable, err error) {
	return newXLSXWithin(r, o, maxUnpacked)
}

// OpenWorkbook opens a workbook within the bounds of this package, for who needs
// more of it than its rows. Who opens it closes it.
func OpenWorkbook(r io.Reader, o Options) (*excelize.File, error) {
	return openWorkbook(r, o, maxUnpacked)
}

func openWorkbook(r io.Reader, o Options, unpacked int64) (f *excelize.File, err error) {
	defer guarded(XLSX, 0, &err)
	in := &io.LimitedReader{R: r, N: maxWorkbook + 1}
	f, err = excelize.OpenReader(in, excelize.Options{UnzipSizeLimit: unpacked, UnzipXMLSizeLimit: min(inMemory, unpacked), TmpDir: o.TempDir})
	if in.N <= 0 {
		return nil, &InputError{Format: XLSX, Detail: fmt.Sprintf("the workbook has more than %d MiB; save it as CSV", maxWorkbook>>20),
			DetailZh: fmt.Sprintf("工作簿超过 %d MiB；请另存为 CSV", maxWorkbook>>20)}
	}
	if err != nil {
		return nil, xlsxError(0, err)
	}
	return f, nil
}

func newXLSXWithin(r io.Reader, o Options, unpacked int64) (t *xlsxTable, err error) {
	defer guarded(XLSX, 0, &err)
	f, err := openWorkbook(r, o, unpacked)
	if err != nil {
		return nil, err
	}
	t = &xlsxTable{file: f}
	defer func(opened *xlsxTable) {
		if err != nil {
			_ = opened.Close() // the first error tells
		}
	}(t)
	sheets := f.GetSheetList()
	sheet := o.Sheet
	if sheet == "" && len(sheets) > 0 {
		sheet = sheets[0]
	}
	if !slices.Contains(sheets, sheet) {
		return nil, &InputError{Format: XLSX, Detail: fmt.Sprintf("there is no sheet %q; there are %q", sheet, sheets),
			DetailZh: fmt.Sprintf("没有名为 %q 的工作表；现有 %q", sheet, sheets)}
	}
	if t.raw, err = f.Rows(sheet); err != nil {
		return nil, xlsxError(0, err)
	}
	if t.shown, err = f.Rows(sheet); err != nil {
		return nil, xlsxError(0, err)
	}
	row, err := t.read()
	if errors.Is(err, io.EOF) {
		return nil, &InputError{Format: XLSX, Detail: "the sheet is empty", DetailZh: "工作表为空"}
	}
	if err != nil {
		return nil, err
	}
	if len(row) > MaxColumns {
		return nil, tooWide(XLSX)
	}
	for i, text := range row {
		if o.Header == HeaderNone {
			text = ""
		}
		t.names = append(t.names, nameOr(canonicalText(text), i))
	}
	t.cells = make([]Cell, len(row))
	if o.Header == HeaderNone {
		t.first = make([]Cell, len(row))
		for i, text := range row {
			t.first[i] = ParseCell(text)
		}
	}
	return t, nil
}

func xlsxError(record int64, err error) error {
	e := &InputError{Format: XLSX, Record: record, Detail: "not valid: " + err.Error(), DetailZh: "内容不合法：" + err.Error()}
	switch {
	case strings.Contains(err.Error(), "unzip size exceeds"):
		e.Detail, e.DetailZh = "it unpacks to far more than a workbook may have: damaged or made to do harm", "解压后远超工作簿应有大小：文件已损坏或为恶意构造"
	case errors.Is(err, excelize.ErrWorkbookFileFormat), errors.Is(err, zip.ErrFormat):
		e.Detail, e.DetailZh = "not an XLSX workbook, or one with a password", "不是 XLSX 工作簿，或设有密码"
	}
	return e
}

func (t *xlsxTable) Columns() []string { return t.names }

// Close frees what reading took.
func (t *xlsxTable) Close() (err error) {
	defer guarded(XLSX, t.record, &err)
	if t.raw != nil {
		err = t.raw.Close()
	}
	if t.shown != nil {
		err = errors.Join(err, t.shown.Close())
	}
	return errors.Join(err, t.file.Close())
}

func (t *xlsxTable) Next() (cells []Cell, err error) {
	defer guarded(XLSX, t.record+1, &err)
	if t.first != nil {
		cells, t.first = t.first, nil
		return cells, nil
	}
	row, err := t.read()
	if err != nil {
		return nil, err
	}
	if len(row) > len(t.cells) {
		return nil, &InputError{Format: XLSX, Record: t.record, Detail: fmt.Sprintf("the row has %d cells, the first has %d", len(row), len(t.cells)),
			DetailZh: fmt.Sprintf("该行有 %d 个单元格，首行有 %d 个", len(row), len(t.cells))}
	}
	clear(t.cells)
	for i, text := range row {
		t.cells[i] = ParseCell(text)
	}
	return t.cells, nil
}

// read returns the next row that is not empty, without empty cells at its end.
func (t *xlsxTable) read() ([]string, error) {
	for {
		t.record++
		if !t.raw.Next() || !t.shown.Next() {
			if err := errors.Join(t.raw.Error(), t.shown.Error()); err != nil {
				return nil, xlsxError(t.record, err)
			}
			return nil, io.EOF
		}
		row, err := t.raw.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, xlsxError(t.record, err)
		}
		shown, err := t.shown.Columns(excelize.Options{RawCellValue: false})
		if err != nil {
			return nil, xlsxError(t.record, err)
		}
		for i := range row {
			if i < len(shown) {
				row[i] = xlsxText(row[i], shown[i])
			}
		}
		for len(row) > 0 && canonicalText(row[len(row)-1]) == "" {
			row = row[:len(row)-1]
		}
		if len(row) > 0 {
			return row, nil
		}
	}
}

// xlsxText chooses between a cell as stored and as shown: dates and times are
// stored as numbers and truth values as 1 and 0, but numbers are shown rounded.
func xlsxText(raw, shown string) string {
	if _, ok := canonicalNumber(raw); !ok {
		return raw
	}
	switch shown {
	case "TRUE", "FALSE":
		return strings.ToLower(shown)
	}
	if showsTime(shown) {
		return shown
	}
	return raw
}

// showsTime reports whether a number's format shows a date or time.
func showsTime(s string) bool {
	if strings.ContainsAny(s, ":/年月日时時") {
		return true
	}
	i := strings.LastIndexByte(s, '-')
	return i > 0 && s[i-1] != 'E' && s[i-1] != 'e' && strings.ContainsAny(s[:i], "0123456789")
}
