package bulk

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/datarights/datarights/client/table"
)

// Bounds of a sheet.
const (
	MaxRows    = 100_000
	MaxColumns = 200
	MaxBytes   = 64 << 20
	// MaxCell is the longest cell in bytes; a spreadsheet cuts at 32,767 characters.
	MaxCell = 32_000
)

// Sheet is a table as it was read.
type Sheet struct {
	Name     string // of a workbook's sheet
	Headings []string
	Rows     []SheetRow
	Faults   []Fault // of the sheet, of rows as such, and warnings
}

// SheetRow is one row that is not empty.
type SheetRow struct {
	No    int // as the program that wrote it numbers rows; of CSV the line
	Cells []Cell
}

// Cell is one value as its writer left it.
type Cell struct {
	Text   string // without white space at its ends
	Number bool   // stored as a number: typed digits beyond 15 are lost
	Date   string // of a number that is shown as a date: YYYY-MM-DD, or with a time
	Fault  *Fault // why it cannot be read
}

// ReadOptions say how a file is read.
type ReadOptions struct {
	Format table.Format // CSV or XLSX; by name if not given
	Sheet  string       // of a workbook; "" is the sheet "数据", or else the first that is seen
}

// Read reads a sheet. Only what leaves nothing to read is an error, an
// *table.InputError; what else is wrong is in the sheet's faults.
func Read(path string, o ReadOptions) (*Sheet, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	by := table.Options{Format: o.Format}
	by.ByName(path)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxBytes {
		return nil, tooLarge(by.Format)
	}
	return ReadFrom(f, ReadOptions{Format: by.Format, Sheet: o.Sheet}, by.Comma)
}

// ReadFrom reads a sheet from a stream whose format is named. comma separates
// the fields of CSV; 0 finds out.
func ReadFrom(r io.Reader, o ReadOptions, comma rune) (*Sheet, error) {
	r = io.LimitReader(r, MaxBytes+1)
	switch o.Format {
	case table.CSV:
		return readCSV(r, comma)
	case table.XLSX:
		return readXLSX(r, o.Sheet)
	}
	return nil, &table.InputError{Format: o.Format, Detail: "a sheet to import is a .csv, .tsv or .xlsx file", DetailZh: "导入的表须为 .csv、.tsv 或 .xlsx 文件"}
}

func tooLarge(f table.Format) error {
	return &table.InputError{Format: f, Detail: "a sheet to import has at most 64 MiB and 100,000 rows; split it", DetailZh: "导入的表至多 64 MiB、10 万行；请拆分"}
}

// add adds a row unless it is empty or a remark; full tells that no more fit.
func (s *Sheet) add(no int, cells []Cell) (full bool) {
	for len(cells) > 0 && cells[len(cells)-1].empty() {
		cells = cells[:len(cells)-1]
	}
	if len(cells) == 0 || strings.HasPrefix(cells[0].Text, "#") {
		return false
	}
	if s.Headings == nil {
		for _, c := range cells {
			s.Headings = append(s.Headings, c.Text)
		}
		return false
	}
	if len(s.Rows) == MaxRows {
		return true
	}
	if len(cells) > len(s.Headings) {
		f := fault(CodeWide, "该行有 %d 个单元格，列标题只有 %d 个；值中的逗号须放在引号内", "the row has %d cells and there are %d headings; a comma inside a value needs quotes around it", len(cells), len(s.Headings))
		f.Row, f.Value = no, cells[len(s.Headings)].Text
		s.Faults = append(s.Faults, f)
		cells = cells[:len(s.Headings)]
	}
	s.Rows = append(s.Rows, SheetRow{No: no, Cells: cells})
	return false
}

func (c Cell) empty() bool { return c.Text == "" && c.Fault == nil }

// Name of a cell, such as C5; column from 0.
func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column+1, row)
	if err != nil {
		return ""
	}
	return name
}

func inputError(err error) bool {
	var e *table.InputError
	return errors.As(err, &e)
}
