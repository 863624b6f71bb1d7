package bulk

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/datarights/datarights/client/table"
)

// DataSheet is the sheet of a template that rows are typed into.
const DataSheet = "数据"

func readXLSX(r io.Reader, name string) (s *Sheet, err error) {
	defer func() { // only bytes made for it make the library panic
		if v := recover(); v != nil {
			s, err = nil, damaged(fmt.Errorf("%v", v))
		}
	}()
	f, err := table.OpenWorkbook(r, table.Options{Format: table.XLSX})
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only temporary files
	s = &Sheet{}
	if s.Name, err = s.choose(f, name); err != nil {
		return nil, err
	}
	hidden, err := hiddenColumns(f, s.Name)
	if err != nil {
		return nil, damaged(err)
	}
	props, err := f.GetWorkbookProps()
	if err != nil {
		return nil, damaged(err)
	}
	x := xlsxReader{f: f, sheet: s.Name, date1904: props.Date1904 != nil && *props.Date1904}
	if err := x.rows(s); err != nil {
		return nil, err
	}
	if s.Headings == nil {
		return nil, &table.InputError{Format: table.XLSX, Detail: "the sheet is empty", DetailZh: "工作表为空"}
	}
	for i, h := range s.Headings {
		if hidden[i] {
			flt := fault(CodeHidden, "该列被隐藏；取消隐藏后核对，或删除该列", "the column is hidden; show it and look at it, or delete it")
			flt.Column, flt.Cell = h, cellName(i, 1)
			s.Faults = append(s.Faults, flt)
		}
	}
	return s, x.merged(s)
}

func damaged(err error) error {
	return &table.InputError{Format: table.XLSX, Detail: "damaged: " + err.Error(), DetailZh: "文件已损坏：" + err.Error()}
}

// choose finds the sheet to read, and warns of others that hold something.
func (s *Sheet) choose(f *excelize.File, name string) (string, error) {
	all := f.GetSheetList()
	var seen []string
	for _, n := range all {
		visible, err := f.GetSheetVisible(n)
		if err != nil {
			return "", damaged(err)
		}
		if visible {
			seen = append(seen, n)
		}
	}
	switch {
	case name != "" && !slices.Contains(all, name):
		return "", &table.InputError{Format: table.XLSX, Detail: fmt.Sprintf("there is no sheet %q; there are %q", name, seen), DetailZh: fmt.Sprintf("没有名为 %q 的工作表；现有 %q", name, seen)}
	case name != "":
		if !slices.Contains(seen, name) {
			flt := fault(CodeHidden, "工作表 %q 是隐藏的；取消隐藏后核对", "the sheet %q is hidden; show it and look at it", name)
			s.Faults = append(s.Faults, flt)
		}
		return name, nil
	case slices.Contains(seen, DataSheet):
		return DataSheet, nil
	case len(seen) == 0:
		return "", &table.InputError{Format: table.XLSX, Detail: "every sheet is hidden", DetailZh: "所有工作表都是隐藏的"}
	case len(all) > 1:
		flt := fault(CodeHidden, "只读取工作表 %q，其余 %d 张不读；用 --sheet 指定", "only the sheet %q is read and not the %d others; --sheet names another", seen[0], len(all)-1)
		flt.Warning = true
		s.Faults = append(s.Faults, flt)
	}
	return seen[0], nil
}

func hiddenColumns(f *excelize.File, sheet string) (map[int]bool, error) {
	hidden := map[int]bool{}
	for i := range MaxColumns {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return nil, err
		}
		visible, err := f.GetColVisible(sheet, name)
		if err != nil {
			return nil, err
		}
		if !visible {
			hidden[i] = true
		}
	}
	return hidden, nil
}

type xlsxReader struct {
	f        *excelize.File
	sheet    string
	date1904 bool
}

func (x xlsxReader) rows(s *Sheet) (err error) {
	raw, err := x.f.Rows(x.sheet)
	if err != nil {
		return damaged(err)
	}
	defer func() { err = errors.Join(err, raw.Close()) }()
	for no := 1; raw.Next(); no++ {
		values, err := raw.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return damaged(err)
		}
		if len(values) > table.MaxColumns {
			return &table.InputError{Format: table.XLSX, Record: int64(no), Detail: fmt.Sprintf("more than %d columns", table.MaxColumns), DetailZh: fmt.Sprintf("列数超过 %d", table.MaxColumns)}
		}
		cells := make([]Cell, len(values))
		for i, v := range values {
			if cells[i], err = x.cell(cellName(i, no), v); err != nil {
				return damaged(err)
			}
		}
		before := len(s.Rows)
		if s.add(no, cells) {
			return tooLarge(table.XLSX)
		}
		if len(s.Rows) > before && raw.GetRowOpts().Hidden {
			flt := fault(CodeHidden, "该行被隐藏或筛选掉；取消隐藏后核对，或删除该行", "the row is hidden or filtered out; show it and look at it, or delete it")
			flt.Row = no
			s.Faults = append(s.Faults, flt)
		}
	}
	return raw.Error()
}

// cell reads one cell, value being what is stored.
func (x xlsxReader) cell(name, value string) (Cell, error) {
	formula, err := x.f.GetCellFormula(x.sheet, name)
	if err != nil {
		return Cell{}, err
	}
	c := textCell(value)
	if formula != "" {
		flt := fault(CodeFormula, "单元格是公式 =%s；复制后“选择性粘贴为数值”", "the cell is a formula, =%s; copy it and paste as values", clip(formula))
		c.Fault = &flt
		return c, nil
	}
	if c.Text == "" {
		return c, nil
	}
	kind, err := x.f.GetCellType(x.sheet, name)
	if err != nil {
		return Cell{}, err
	}
	switch kind {
	case excelize.CellTypeError:
		flt := fault(CodeFormula, "单元格是错误值 %s", "the cell is the error %s", c.Text)
		c.Fault = &flt
	case excelize.CellTypeBool:
		c.Text = map[string]string{"1": "TRUE", "0": "FALSE"}[c.Text]
	case excelize.CellTypeUnset, excelize.CellTypeNumber, excelize.CellTypeDate:
		number, err := strconv.ParseFloat(c.Text, 64)
		if err != nil { // a date in ISO 8601, or text without a type
			return c, nil //nolint:nilerr // it is taken as the text it is
		}
		c.Number = true
		shown, err := x.f.GetCellValue(x.sheet, name)
		if err != nil {
			return Cell{}, err
		}
		if showsDate(shown) {
			if at, err := excelize.ExcelDateToTime(number, x.date1904); err == nil {
				c.Date = at.Round(time.Second).Format(time.DateTime)
				c.Date = strings.TrimSuffix(c.Date, " 00:00:00")
			}
		}
	}
	return c, nil
}

var reShownDate = regexp.MustCompile(`\d\s*[-/.年]\s*(\d{1,2}|[A-Za-z]{3})\s*([-/.月]\s*\d{1,4})?`)

func showsDate(shown string) bool {
	return strings.ContainsAny(shown, "年月日") || strings.ContainsAny(shown, "-/") && reShownDate.MatchString(shown) && !strings.ContainsAny(shown, "Ee%")
}

// merged names merged cells below the headings: of all but the first, the value
// is gone.
func (x xlsxReader) merged(s *Sheet) error {
	cells, err := x.f.GetMergeCells(x.sheet)
	if err != nil {
		return damaged(err)
	}
	at := make(map[int]bool, len(s.Rows))
	for _, r := range s.Rows {
		at[r.No] = true
	}
	for _, m := range cells {
		column, row, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			return damaged(err)
		}
		if !at[row] {
			continue
		}
		f := fault(CodeMerged, "%s:%s 是合并单元格；取消合并并逐格填写", "%s:%s are merged; unmerge them and fill in each", m.GetStartAxis(), m.GetEndAxis())
		f.Row, f.Cell, f.Value = row, m.GetStartAxis(), clip(m.GetCellValue())
		if column <= len(s.Headings) {
			f.Column = s.Headings[column-1]
		}
		s.Faults = append(s.Faults, f)
	}
	return nil
}
