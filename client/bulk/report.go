package bulk

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Report is what became of a sheet, row by row.
type Report struct {
	Command string        `json:"command"`
	Signer  string        `json:"signer"`
	DryRun  bool          `json:"dryRun"`
	Totals  map[State]int `json:"totals"`
	Faults  []Fault       `json:"faults"` // of the sheet as a whole
	Rows    []RowReport   `json:"rows"`
}

// RowReport is what became of a row.
type RowReport struct {
	Row    int     `json:"row"`
	State  State   `json:"state"`
	Name   string  `json:"name,omitempty"`
	Record string  `json:"record,omitempty"`
	Case   string  `json:"case,omitempty"`
	Block  uint64  `json:"block,omitempty"`
	TxID   string  `json:"txId,omitempty"`
	Faults []Fault `json:"faults,omitempty"`
}

func (r *run) report() *Report {
	rep := &Report{Command: r.Plan.Form.Command.Name, Signer: r.Signer.Kid(), DryRun: r.DryRun, Totals: map[State]int{}, Faults: r.Plan.Faults, Rows: []RowReport{}}
	if rep.Faults == nil {
		rep.Faults = []Fault{}
	}
	for _, it := range r.Plan.Items {
		name, _ := it.Body["name"].(string)
		if name == "" {
			name, _ = it.Body["title"].(string)
		}
		rep.Totals[it.State]++
		rep.Rows = append(rep.Rows, RowReport{Row: it.Row, State: it.State, Name: name, Record: it.Record, Case: it.Case, Block: it.Block, TxID: it.TxID, Faults: it.Faults})
	}
	return rep
}

// StateWords say a state in both languages.
var StateWords = map[State]string{Ready: "可导入，尚未发送 ready, not sent", AtFault: "有误，未发送 faulty, not sent", Done: "已上链 on the ledger", Refused: "被账本拒绝 refused by the ledger",
	Held: "因同批其他行被拒而未生效 held back with its batch", Unknown: "已发送，结果未知；用 --resume 续传 sent, outcome unknown; resume tells"}

var reportHead = []string{"行 row", "状态 state", "名称 name", "记录 record", "案件 case", "区块 block", "交易 tx", "单元格 cell", "列 column", "值 value", "代码 code", "说明", "detail", "规则 rule", "已有记录 other record"}

// lines are a report's rows as a table: one for each fault, one for a row without.
func (r *Report) lines() [][]string {
	var all [][]string
	of := func(f Fault) []string {
		code := f.Code
		if f.Warning {
			code += " (警告 warning)"
		}
		column := f.Column
		if column == "" {
			column = f.Field
		}
		return []string{f.Cell, column, f.Value, code, f.DetailZh, f.Detail, f.Rule, f.Record}
	}
	for _, f := range r.Faults {
		row := ""
		if f.Row > 0 {
			row = strconv.Itoa(f.Row)
		}
		all = append(all, append([]string{row, "整表 the sheet", "", "", "", "", ""}, of(f)...))
	}
	for _, row := range r.Rows {
		block := ""
		if row.Block > 0 {
			block = strconv.FormatUint(row.Block, 10)
		}
		head := []string{strconv.Itoa(row.Row), StateWords[row.State], row.Name, row.Record, row.Case, block, row.TxID}
		if len(row.Faults) == 0 {
			all = append(all, append(head, make([]string, 8)...))
		}
		for _, f := range row.Faults {
			all = append(all, append(append([]string{}, head...), of(f)...))
		}
	}
	return all
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// WriteCSV writes the report as CSV that spreadsheets open as UTF-8. What a
// spreadsheet would take for a formula is kept from being one.
func (r *Report) WriteCSV(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	for _, line := range append([][]string{reportHead}, r.lines()...) {
		for i, cell := range line {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				line[i] = "'" + cell
			}
		}
		if err := c.Write(line); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// WriteXLSX writes the report as a workbook, every cell as text.
func (r *Report) WriteXLSX(w io.Writer) (err error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // only memory
	const sheet = "报告 report"
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return fmt.Errorf("couldn't write the report: %w", err)
	}
	sw, err := f.NewStreamWriter(sheet)
	if err != nil {
		return fmt.Errorf("couldn't write the report: %w", err)
	}
	for i, width := range []float64{6, 28, 32, 36, 36, 8, 16, 8, 20, 24, 14, 48, 48, 14, 36} {
		if err := sw.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("couldn't write the report: %w", err)
		}
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("couldn't write the report: %w", err)
	}
	for n, line := range append([][]string{reportHead}, r.lines()...) {
		cells := make([]any, len(line))
		for i, cell := range line {
			cells[i] = cell
		}
		if err := sw.SetRow(cellName(0, n+1), cells); err != nil {
			return fmt.Errorf("couldn't write the report: %w", err)
		}
	}
	if err := sw.Flush(); err != nil {
		return fmt.Errorf("couldn't write the report: %w", err)
	}
	return f.Write(w)
}
