package bulk

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// Names of the other sheets of a template.
const (
	helpSheet  = "说明 help"
	codesSheet = "代码 codes"
)

// templateRows have drop-down lists.
const templateRows = 2000

// Template writes a workbook for a form: a sheet to type rows into, with
// headings, drop-down lists and an example that is not imported, a sheet that
// explains every column, and one with all choices.
func (f *Form) Template(w io.Writer) error {
	x := excelize.NewFile()
	defer func() { _ = x.Close() }() // only memory
	if err := f.fill(x); err != nil {
		return fmt.Errorf("couldn't write the template: %w", err)
	}
	return x.Write(w)
}

func (f *Form) fill(x *excelize.File) error {
	// The remark comes first: with a "#" it keeps the example from being imported.
	columns := append([]Column{f.Columns[len(f.Columns)-1]}, f.Columns[:len(f.Columns)-1]...)
	if err := x.SetSheetName("Sheet1", DataSheet); err != nil {
		return err
	}
	for _, name := range []string{helpSheet, codesSheet} {
		if _, err := x.NewSheet(name); err != nil {
			return err
		}
	}
	need, err := x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F4E79"}}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}})
	if err != nil {
		return err
	}
	may, err := x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDEBF7"}}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}})
	if err != nil {
		return err
	}
	text, err := x.NewStyle(&excelize.Style{NumFmt: 49}) // as text, so that no code loses digits
	if err != nil {
		return err
	}
	grey, err := x.NewStyle(&excelize.Style{Font: &excelize.Font{Italic: true, Color: "808080"}, NumFmt: 49})
	if err != nil {
		return err
	}
	codes := 0
	for i, c := range columns {
		letter, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		style, example := may, c.Example
		if c.Required {
			style = need
		}
		if c.Kind == Code && example != "" {
			example = choice(example)
		}
		if c.Kind == Note {
			example = "# 示例，不导入 example, not imported"
		}
		if c.Kind == DataFile && f.Command.Name == "resource.addVersion" {
			example = "data/meter-2026-q3.csv"
		}
		for _, err := range []error{
			x.SetColStyle(DataSheet, letter, text), x.SetColWidth(DataSheet, letter, letter, 22),
			x.SetCellStr(DataSheet, letter+"1", c.Heading()), x.SetCellStyle(DataSheet, letter+"1", letter+"1", style),
			x.SetCellStr(DataSheet, letter+"2", example), x.SetCellStyle(DataSheet, letter+"2", letter+"2", grey),
		} {
			if err != nil {
				return err
			}
		}
		if err := f.list(x, c, letter, &codes); err != nil {
			return err
		}
	}
	for _, err := range []error{
		x.SetRowHeight(DataSheet, 1, 36),
		x.SetPanes(DataSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
	} {
		if err != nil {
			return err
		}
	}
	return f.explain(x, columns, need)
}

// list gives a column its drop-down list, whose choices stand on a sheet of
// their own.
func (f *Form) list(x *excelize.File, c Column, letter string, codes *int) error {
	var values []string
	switch c.Kind {
	case Code:
		for _, code := range c.Codes {
			values = append(values, choice(code))
		}
	case Codes:
		for _, code := range c.Codes {
			values = append(values, choice(code))
		}
	case Truth:
		values = []string{"是", "否"}
	default:
		return nil
	}
	*codes++
	at, err := excelize.ColumnNumberToName(*codes)
	if err != nil {
		return err
	}
	if err := x.SetCellStr(codesSheet, at+"1", c.Heading()); err != nil {
		return err
	}
	for i, v := range values {
		if err := x.SetCellStr(codesSheet, fmt.Sprintf("%s%d", at, i+2), v); err != nil {
			return err
		}
	}
	if err := x.SetColWidth(codesSheet, at, at, 36); err != nil {
		return err
	}
	dv := excelize.NewDataValidation(true)
	dv.SetSqref(fmt.Sprintf("%s2:%s%d", letter, letter, templateRows))
	dv.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$2:$%s$%d", codesSheet, at, at, len(values)+1))
	if c.Kind == Codes { // several may be typed
		dv.ShowErrorMessage = false
	} else {
		dv.SetError(excelize.DataValidationErrorStyleStop, "不在可选值之内", "请从下拉列表中选择 / choose from the list")
	}
	return x.AddDataValidation(DataSheet, dv)
}

func (f *Form) explain(x *excelize.File, columns []Column, head int) error {
	rows := [][]any{{"列 column", "字段 field", "必填 needed", "默认 default", "说明", "explanation", "示例 example"}}
	kinds := map[Kind][2]string{Text: {"文本", "text"}, Code: {"从列表选择", "from the list"}, Codes: {"可多个，分号隔开", "one or more, with ; between"}, Date: {"日期 YYYY-MM-DD", "date YYYY-MM-DD"},
		Instant: {"日期 YYYY-MM-DD", "date YYYY-MM-DD"}, Whole: {"整数", "whole number"}, Truth: {"是或否", "yes or no"}, Texts: {"可多个，分号隔开", "one or more, with ; between"}, Paper: {"文件或 sm3:…", "a file or sm3:…"},
		DataFile: {"文件", "a file"}, Structure: {"JSON", "JSON"}, Note: {"不导入", "not imported"}}
	for _, c := range columns {
		needed := ""
		if c.Required {
			needed = "是 yes"
		}
		k := kinds[c.Kind]
		zh, en := c.Help.Zh, c.Help.En
		if zh == "" {
			zh, en = k[0], k[1]
		}
		standard := c.Default
		if c.Kind == Code && standard != "" {
			standard = choice(standard)
		}
		rows = append(rows, []any{c.Heading(), c.Path, needed, standard, zh, en, c.Example})
	}
	for i, row := range rows {
		if err := x.SetSheetRow(helpSheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			return err
		}
	}
	for i, width := range []float64{34, 26, 10, 26, 52, 60, 36} {
		letter, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := x.SetColWidth(helpSheet, letter, letter, width); err != nil {
			return err
		}
	}
	return x.SetCellStyle(helpSheet, "A1", "G1", head)
}
