package report

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/datarights/datarights/chaincode/rights"
)

// maxCellText is what a cell of a workbook holds.
const maxCellText = 32_000

// safe keeps text text: what a spreadsheet would take for a formula when it is typed
// in or read from CSV gets an apostrophe before it, and what XML cannot hold goes.
func safe(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' || r == '\uFFFE' || r == '\uFFFF' {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if utf8.RuneCountInString(text) > maxCellText {
		text = string([]rune(text)[:maxCellText]) + "…"
	}
	// A reader may leave out the space before what matters, and full-width signs count too.
	if first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, unicode.IsSpace)); strings.ContainsRune("=+-@＝＋－＠", first) || strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "\n") {
		return "'" + text
	}
	return text
}

func inBoth(t rights.Text) string {
	if t.En == "" {
		return t.Zh
	}
	return t.Zh + " " + t.En
}

// XLSX is the report as a workbook: a sheet about it and one for each section. Text
// is text, numbers are numbers, and there are no formulas.
func XLSX(r *Report) (content []byte, err error) {
	w := workbook{file: excelize.NewFile()}
	defer func() {
		if closeErr := w.file.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := w.styles(); err != nil {
		return nil, err
	}
	if err := w.about(r); err != nil {
		return nil, err
	}
	for i := range r.Sections {
		if err := w.section(&r.Sections[i]); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	if err := w.file.Write(&b); err != nil {
		return nil, fmt.Errorf("couldn't write a workbook: %w", err)
	}
	return settled(b.Bytes())
}

// settled puts a workbook's parts in one order, without times, so that the same
// report is the same bytes.
func settled(raw []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("couldn't read a workbook again: %w", err)
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) }) // [Content_Types].xml comes first
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range in.File {
		part, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		from, err := f.Open()
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(part, from); err != nil { //nolint:gosec // we have just written it
			return nil, err
		}
		if err := from.Close(); err != nil {
			return nil, err
		}
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

type workbook struct {
	file                    *excelize.File
	title, head, text, soft int
	count, money, share     int
}

func (w *workbook) styles() (err error) {
	border := []excelize.Border{{Type: "bottom", Style: 1, Color: "D0D7DE"}}
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	money, share := "#,##0.00", "0.0%"
	for _, s := range []struct {
		to    *int
		style excelize.Style
	}{
		{&w.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 16}}},
		{&w.head, excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F3F5F8"}}, Border: border, Alignment: top}},
		{&w.text, excelize.Style{Border: border, Alignment: top, NumFmt: 49}},
		{&w.soft, excelize.Style{Border: border, Alignment: top, NumFmt: 49, Font: &excelize.Font{Color: "57606A"}}},
		{&w.count, excelize.Style{Border: border, Alignment: top, NumFmt: 3}},
		{&w.money, excelize.Style{Border: border, Alignment: top, CustomNumFmt: &money}},
		{&w.share, excelize.Style{Border: border, Alignment: top, CustomNumFmt: &share}},
	} {
		if *s.to, err = w.file.NewStyle(&s.style); err != nil {
			return fmt.Errorf("couldn't style a workbook: %w", err)
		}
	}
	return nil
}

const aboutSheet = "说明"

func (w *workbook) about(r *Report) error {
	if err := w.file.SetSheetName("Sheet1", aboutSheet); err != nil {
		return err
	}
	row := 0
	line := func(style int, cells ...string) error {
		row++
		for i, text := range cells {
			at, err := excelize.CoordinatesToCellName(i+1, row)
			if err == nil {
				err = w.file.SetCellStr(aboutSheet, at, safe(text))
			}
			if err == nil {
				err = w.file.SetCellStyle(aboutSheet, at, at, style)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	err := w.file.SetColWidth(aboutSheet, "A", "A", 44)
	if err == nil {
		err = w.file.SetColWidth(aboutSheet, "B", "B", 60)
	}
	if err == nil {
		err = line(w.title, r.Title.Zh)
	}
	if err == nil {
		err = line(w.soft, r.Title.En)
	}
	if err == nil {
		err = line(w.soft, inBoth(r.Subtitle))
	}
	for _, f := range r.Facts {
		if err == nil {
			err = line(w.text, inBoth(f.Name), f.Value.shown())
		}
	}
	for _, n := range r.Notes {
		if err == nil {
			err = line(w.text, n.Zh, n.En)
		}
	}
	return err
}

func (w *workbook) section(s *Section) error {
	if _, err := w.file.NewSheet(s.Sheet); err != nil {
		return err
	}
	out, err := w.file.NewStreamWriter(s.Sheet)
	if err != nil {
		return err
	}
	width := len(s.Columns) + 2
	if err := out.SetColWidth(1, width, 22); err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	row := make([]any, 0, width)
	for _, c := range append(append([]rights.Text{}, s.Columns...), rights.Text{Zh: "依据的记录", En: "Record"}, rights.Text{Zh: "区块", En: "Block"}) {
		row = append(row, excelize.Cell{StyleID: w.head, Value: safe(inBoth(c))})
	}
	if err := out.SetRow("A1", row); err != nil {
		return err
	}
	for i, r := range s.Rows {
		row = row[:0]
		for _, c := range r.Cells {
			row = append(row, w.cell(c))
		}
		record, block := excelize.Cell{StyleID: w.text, Value: safe(r.Record)}, excelize.Cell{StyleID: w.text}
		if r.Record != "" {
			block = excelize.Cell{StyleID: w.count, Value: r.Block}
		}
		if err := out.SetRow(fmt.Sprintf("A%d", i+2), append(row, record, block)); err != nil {
			return err
		}
	}
	if len(s.Rows) == 0 {
		if err := out.SetRow("A2", []any{excelize.Cell{StyleID: w.soft, Value: safe(inBoth(s.Empty))}}); err != nil {
			return err
		}
	}
	return out.Flush()
}

// cell is a value as a spreadsheet counts with it; what is shown beside a share, its
// two numbers, is left to the page.
func (w *workbook) cell(c Cell) excelize.Cell {
	switch c.Format {
	case Count:
		return excelize.Cell{StyleID: w.count, Value: c.Number}
	case Fen:
		return excelize.Cell{StyleID: w.money, Value: float64(c.Number) / 100}
	case Permille:
		return excelize.Cell{StyleID: w.share, Value: float64(c.Number) / 1000}
	}
	style := w.text
	if c.Muted {
		style = w.soft
	}
	return excelize.Cell{StyleID: style, Value: safe(inBoth(c.Text))}
}
