package bulk

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client/table"
)

// workbook writes a workbook by hand, as people leave them.
func workbook(t testing.TB, fill func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	if err := fill(f); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func planFrom(t testing.TB, command string, format table.Format, text []byte) *Plan {
	t.Helper()
	s, err := ReadFrom(bytes.NewReader(text), ReadOptions{Format: format}, 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := FormOf(command, false)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPlan(s, f, PlanOptions{})
	if err := p.Files(context.Background(), false, nil); err != nil {
		t.Fatal(err)
	}
	return p
}

func has(faults []Fault, row int, code, says string) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool {
		return f.Row == row && f.Code == code && strings.Contains(f.Cell+" "+f.Detail+" "+f.DetailZh, says)
	})
}

const demandHead = "标题,内容,应用领域,行政区划代码,产品类型,预算区间,有效期至\n"

// A row in order, in every encoding that spreadsheets save CSV in.
func TestEncodings(t *testing.T) {
	text := demandHead + "求购风速,一年,绿色低碳,320900,接口；数据集,1 万至 10 万元,2027年3月31日\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{"UTF-8": text, "UTF-8 with a mark": "\ufeff" + text, "GB18030": gb, "semicolons": strings.ReplaceAll(strings.ReplaceAll(text, "；", "、"), ",", ";"), "tabs, CR LF": strings.ReplaceAll(strings.ReplaceAll(text, ",", "\t"), "\n", "\r\n")} {
		p := planFrom(t, "demand.post", table.CSV, []byte(raw))
		if all := p.All(); len(all) > 0 {
			t.Errorf("%s: %v", name, all)
			continue
		}
		b := p.Items[0].Body
		at, _ := rights.ParseDate("2027-04-01")
		if b["title"] != "求购风速" || b["field"] != "GreenLowCarbon" || b["budgetBand"] != "10kTo100k" || b["validTo"] != at || !slices.Equal(b["productTypes"].([]any), []any{"API", "Dataset"}) {
			t.Errorf("%s: %v", name, b)
		}
	}
}

// Each fault is named with row, cell, code and what would be right, all at once.
func TestFaultsOfText(t *testing.T) {
	p := planFrom(t, "demand.post", table.CSV, []byte(demandHead+
		"求购\u200b风速,一年,绿色低炭,32О900,,,20270331\n"+ // zero width, typing error, Cyrillic О, no dashes
		"求购,一年,Finance,3.209E+05,,,31/03/2027\n"+
		"求购,一年,Finance,320900,,,2027-02-30\n"+
		",,Finance,320900,API,,2027-03-31\n"+
		"求购,\"一,年\",Finance,320900,API,,2027-03-31,多余\n"+
		"求购,#N/A,Finance,3209,API,,2027-03-31\n"+
		"求购,一年,Finance,320900,API,,2027-03-31\n"+
		"求购,一年,Finance,３２０９００,API,,2027/3/31\n"))
	all := p.All()
	for _, want := range []struct {
		row        int
		code, says string
	}{
		{2, CodeScript, "U+200B"}, {2, CodeChoice, "绿色低碳 GreenLowCarbon"}, {2, CodeScript, "U+041E"}, {2, CodeMalformed, "2027-03-31"},
		{3, CodeNumber, "D3"}, {3, CodeMalformed, "year first"}, {4, CodeMalformed, "no day 2027-02-30"}, {5, CodeMissing, "A5"}, {5, CodeMissing, "B5"},
		{6, CodeWide, "8 cells"}, {7, CodeFormula, "#N/A"}, {7, CodeMalformed, "D7"}, {9, CodeTwice, "row 8"},
	} {
		if !has(all, want.row, want.code, want.says) {
			t.Errorf("row %d: no %s %q in %v", want.row, want.code, want.says, all)
		}
	}
	if _, rows := p.Wrong(); rows != 7 {
		t.Errorf("%d rows are at fault, want 7: %v", rows, all)
	}
	p = planFrom(t, "demand.post", table.CSV, []byte(demandHead+"求购,一年,Finance,3209,API,,2027-03-31\n"))
	if all := p.All(); len(all) != 1 || all[0].Code != "E_FORMAT" || all[0].Cell != "D2" || all[0].Value != "3209" {
		t.Errorf("the command's own rule: %v", all)
	}
}

// What a workbook hides from the eye.
func TestFaultsOfWorkbooks(t *testing.T) {
	raw := workbook(t, func(f *excelize.File) error {
		rows := [][]any{{"标题", "内容", "应用领域", "行政区划代码", "有效期至", "行业代码"},
			{"求购一", "文", "Finance", 320900, 46477, "D44"},          // formatted as a date below
			{"求购二", "文", "Finance", 320900, 46477, "D44"},          // a bare number
			{"求购三", "文", "Finance", "320900", "2027-03-31", 1e20},  // digits lost
			{"求购四", nil, "Finance", "320900", "2027-03-31", "D44"}, // a formula
			{"求购五", "文", "Finance", "320900", "2027-03-31", "D44"}, // hidden
			{"求购六", "文", "Finance", "320900", "2027-03-31", "D44"}, // merged
			{"# 备注"}, {"求购七", "文", "Finance", "320900", "2027-03-31", nil}} // in order
		for i, row := range rows {
			if err := f.SetSheetRow("Sheet1", cellName(0, i+1), &row); err != nil {
				return err
			}
		}
		style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		if err != nil {
			return err
		}
		if _, err := f.NewSheet("另一张"); err != nil {
			return err
		}
		for _, err := range []error{f.SetCellStyle("Sheet1", "E2", "E2", style), f.SetCellFormula("Sheet1", "B5", "=A1&A2"), f.SetRowVisible("Sheet1", 6, false),
			f.MergeCell("Sheet1", "B7", "C7"), f.SetColVisible("Sheet1", "F", false)} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	p := planFrom(t, "demand.post", table.XLSX, raw)
	all := p.All()
	for _, want := range []struct {
		row        int
		code, says string
	}{{0, CodeHidden, "另一张"}, {3, CodeNumber, "E3"}, {4, CodeNumber, "F4"}, {5, CodeFormula, "A1&A2"}, {6, CodeHidden, "hidden or filtered"}, {7, CodeMerged, "B7:C7"}} {
		if want.row == 0 {
			if !slices.ContainsFunc(all, func(f Fault) bool { return f.Code == CodeHidden && f.Warning }) {
				t.Errorf("the other sheet is not told of: %v", all)
			}
			continue
		}
		if !has(all, want.row, want.code, want.says) {
			t.Errorf("row %d: no %s %q in %v", want.row, want.code, want.says, all)
		}
	}
	if sheet, _ := p.Wrong(); !sheet {
		t.Error("a hidden column passes")
	}
	at, _ := rights.ParseDate("2027-04-01")
	for _, it := range p.Items {
		if it.Row == 2 && (it.faulty() || it.Body["validTo"] != at || it.Body["regionCode"] != "320900") {
			t.Errorf("row 2: %v %v", it.Body, it.Faults)
		}
		if it.Row == 9 && it.faulty() {
			t.Errorf("row 9: %v", it.Faults)
		}
	}
}

// Each command has a form whose headings are told apart, and a template that is
// read back with them and without its example.
func TestTemplates(t *testing.T) {
	for _, spec := range rights.Commands() {
		f, err := FormOf(spec.Name, true)
		if err != nil {
			t.Errorf("%s: %v", spec.Name, err)
			continue
		}
		for i, c := range f.Columns {
			for _, heading := range []string{c.Heading(), c.Path, c.Title.Zh, c.Title.En} {
				if heading == "" {
					continue
				}
				if at, ok := f.column(heading); !ok || at != i {
					t.Errorf("%s: the heading %q means %s, not %s", spec.Name, heading, f.Columns[max(at, 0)].Path, c.Path)
				}
			}
			if c.Example == "" {
				continue
			}
			if _, flt := c.value(Cell{Text: c.Example}); flt != nil {
				t.Errorf("%s: the example of %s is refused: %v", spec.Name, c.Path, flt)
			}
		}
		if !slices.Contains([]string{"resource.catalogue", "resource.addVersion", "demand.post", "listing.submit", "registration.accept"}, spec.Name) {
			continue
		}
		var b bytes.Buffer
		if err := f.Template(&b); err != nil {
			t.Fatalf("%s: %v", spec.Name, err)
		}
		s, err := ReadFrom(&b, ReadOptions{Format: table.XLSX}, 0)
		if err != nil {
			t.Fatalf("%s: %v", spec.Name, err)
		}
		if len(s.Rows) != 0 || len(s.Headings) != len(f.Columns) || len(s.Faults) != 0 {
			t.Errorf("%s: read back %d rows, %d of %d headings, %v", spec.Name, len(s.Rows), len(s.Headings), len(f.Columns), s.Faults)
		}
	}
	if _, err := FormOf("resource.catalogueBatch", false); err == nil {
		t.Error("a batch of batches")
	}
}

// The same data under two names is the same data, whatever the order of rows.
func TestSameDataTwice(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.csv": "x,y\n1,2\n3,4\n", "b.csv": "y,x\n4,3\n2,1\n", "empty.csv": "", "g.pdf": "grading"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := ReadFrom(strings.NewReader("数据文件,名称,概述,行业代码,行政区划代码,数据起始日,数据截止日,分类分级报告,分级\n"+
		"a.csv,甲,说明,D44,320903,2026-01-01,2026-12-31,g.pdf,\n"+
		"b.csv,乙,说明,D44,320903,2026-01-01,2026-12-31,g.pdf,\n"+
		"empty.csv,丙,说明,D44,320903,2026-01-01,2026-12-31,g.pdf,\n"+
		"a.csv,丁,说明,D44,320903,2026-12-31,2026-01-01,g.pdf,7\n"), ReadOptions{Format: table.CSV}, 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := FormOf("resource.catalogue", false)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPlan(s, f, PlanOptions{Base: dir})
	if err := p.Files(context.Background(), false, nil); err != nil {
		t.Fatal(err)
	}
	all := p.All()
	if !has(all, 3, CodeTwice, "row 2's") || !has(all, 4, CodeFile, "empty") || !has(all, 5, CodeTwice, "same file as in row 2") || p.Items[0].faulty() {
		t.Error(all)
	}
	if b := p.Items[0].Body; b["recordCount"] != int64(2) || b["dataForm"] != "Table" || b["regionRange"] != "Municipal" || b["grade"] != int64(1) {
		t.Errorf("%v", b)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.salts.json")); err != nil || len(left) > 0 {
		t.Errorf("a check left %v behind", left)
	}
}

// A thousand rows and more are cut into commands by number and size, and what
// all rows say alike stands once.
func TestPack(t *testing.T) {
	var items []*Item
	var bodies []map[string]any
	for i := range 2500 {
		items = append(items, &Item{Row: i})
		bodies = append(bodies, map[string]any{"same": strings.Repeat("x", 400), "own": i})
	}
	batches, large, err := pack(items, bodies, rights.MaxBatch)
	if err != nil || len(batches) != 3 || len(batches[0]) != 1000 || len(batches[2]) != 500 || large != nil {
		t.Errorf("%d batches, %v, %v", len(batches), large, err)
	}
	raw, err := bodyOf(bodies[:1000], true)
	if err != nil || bytes.Count(raw, []byte("xxxx")) > 100 {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
	for i := range bodies {
		bodies[i]["own"] = strings.Repeat("说", 400+i%7)
	}
	bodies[3]["own"] = strings.Repeat("y", maxBody)
	batches, large, err = pack(items, bodies, rights.MaxBatch)
	if err != nil || !slices.Equal(large, []int{3}) || len(batches) < 6 {
		t.Errorf("%d batches, %v, %v", len(batches), large, err)
	}
	for _, b := range batches {
		var part []map[string]any
		for _, i := range b {
			part = append(part, bodies[i])
		}
		if _, err := bodyOf(part, true); err != nil {
			t.Error(err)
		}
	}
}

// A report never becomes a formula.
func TestReportIsText(t *testing.T) {
	r := &Report{Rows: []RowReport{{Row: 2, State: Done, Name: "=1+1", Faults: []Fault{{Value: "@SUM(A1)", Code: "E_X"}}}}}
	var b bytes.Buffer
	if err := r.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b.Bytes(), []byte("\ufeff")))).ReadAll()
	if err != nil || rows[1][2] != "'=1+1" || rows[1][9] != "'@SUM(A1)" {
		t.Errorf("%v %v", rows, err)
	}
	b.Reset()
	if err := r.WriteXLSX(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := f.GetCellFormula("报告 report", "C2"); err != nil || v != "" {
		t.Errorf("%q %v", v, err)
	}
	if v, err := f.GetCellValue("报告 report", "C2"); err != nil || v != "=1+1" {
		t.Errorf("%q %v", v, err)
	}
}

// Every code of this package is explained where its users look.
func TestCodesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/import.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range FaultCodes() {
		if !bytes.Contains(page, []byte(c.Code)) || c.Text.Zh == "" || c.Text.En == "" {
			t.Errorf("%s is not in docs/import.md", c.Code)
		}
	}
}

func FuzzSheet(f *testing.F) {
	f.Add([]byte(demandHead+"求购,一年,Finance,320900,API,,2027-03-31\n"), false)
	f.Add([]byte("\xff\xfea\x00"), false)
	f.Add([]byte("a;b\n\"x"), false)
	f.Add(workbook(f, func(x *excelize.File) error { return x.SetCellStr("Sheet1", "A1", "标题") }), true)
	form, err := FormOf("demand.post", false)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte, xlsx bool) {
		format := table.CSV
		if xlsx {
			format = table.XLSX
		}
		s, err := ReadFrom(bytes.NewReader(raw), ReadOptions{Format: format}, 0)
		if err != nil {
			if !inputError(err) {
				t.Errorf("%v is no *table.InputError", err)
			}
			return
		}
		p := NewPlan(s, form, PlanOptions{})
		if err := p.Files(context.Background(), false, nil); err != nil {
			t.Error(err)
		}
		for _, flt := range p.All() {
			if flt.Code == "" || flt.Detail == "" || flt.DetailZh == "" || strings.Contains(flt.Detail+flt.DetailZh, "%!") {
				t.Errorf("a fault says nothing: %+v", flt)
			}
		}
	})
}
