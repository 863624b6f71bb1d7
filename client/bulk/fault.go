package bulk

import (
	"fmt"
	"strconv"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// Codes of what is wrong with a sheet, beside the ledger's own.
const (
	CodeHeading   = "E_HEADING"   // a column that is unknown, twice or missing
	CodeMissing   = "E_MISSING"   // a cell that must not be empty
	CodeFormula   = "E_FORMULA"   // a formula, or the error it came to
	CodeNumber    = "E_NUMBER"    // a number that is not what was typed
	CodeHidden    = "E_HIDDEN"    // a row, column or sheet that nobody sees
	CodeMerged    = "E_MERGED"    // merged cells
	CodeScript    = "E_SCRIPT"    // letters of another script, or invisible ones
	CodeChoice    = "E_CHOICE"    // not one of the choices
	CodeFile      = "E_FILE"      // a file that is missing or cannot be read
	CodeTwice     = "E_TWICE"     // the same as another row
	CodeChanged   = "E_CHANGED"   // imported already, with other values
	CodeWide      = "E_COLUMNS"   // more or fewer cells than the headings
	CodeOversize  = "E_TOO_LARGE" // the ledger's own code, for cells and items
	CodeMalformed = "E_FORMAT"    // likewise
)

// FaultCodes lists the codes of this package with their words, for documentation.
func FaultCodes() []struct {
	Code string
	Text rights.Text
} {
	list := []struct {
		Code string
		Text rights.Text
	}{
		{CodeHeading, rights.Text{Zh: "列标题未知、重复或缺失", En: "a heading is unknown, twice there or missing"}},
		{CodeMissing, rights.Text{Zh: "必填单元格为空", En: "a cell that is needed is empty"}},
		{CodeFormula, rights.Text{Zh: "单元格是公式或公式的错误值", En: "a cell is a formula, or the error one came to"}},
		{CodeNumber, rights.Text{Zh: "以数字存储而丢失了位数，或数字无法按原意读取", En: "stored as a number, digits are lost, or it cannot be read as meant"}},
		{CodeHidden, rights.Text{Zh: "隐藏的行、列或工作表中有内容", En: "a hidden row, column or sheet holds something"}},
		{CodeMerged, rights.Text{Zh: "合并单元格", En: "merged cells"}},
		{CodeScript, rights.Text{Zh: "代码中混入其他文字的字母，或文本中有不可见字符", En: "letters of another script in a code, or invisible characters in a text"}},
		{CodeChoice, rights.Text{Zh: "不在可选值之内", En: "not one of the choices"}},
		{CodeFile, rights.Text{Zh: "文件不存在或无法读取", En: "a file is missing or cannot be read"}},
		{CodeTwice, rights.Text{Zh: "与表内另一行相同", En: "the same as another row of the sheet"}},
		{CodeChanged, rights.Text{Zh: "该行此前已导入，内容与现在不同", En: "the row was imported before with other values"}},
		{CodeWide, rights.Text{Zh: "单元格数与列标题数不符", En: "more cells than headings"}},
	}
	return list
}

// Fault is one thing wrong with a sheet, or, if Warning, worth a look. Row is as
// the program that wrote the sheet numbers it, 0 for the sheet as a whole.
type Fault struct {
	Row      int    `json:"row"`
	Cell     string `json:"cell,omitempty"`   // such as C5
	Column   string `json:"column,omitempty"` // the heading
	Field    string `json:"field,omitempty"`  // the member of the command's body
	Value    string `json:"value,omitempty"`
	Code     string `json:"code"`
	Detail   string `json:"detail"`
	DetailZh string `json:"detailZh"`
	Record   string `json:"record,omitempty"`
	Rule     string `json:"rule,omitempty"`
	Warning  bool   `json:"warning,omitempty"`
}

func (f Fault) Error() string {
	where := "sheet"
	if f.Row > 0 {
		where = "row " + strconv.Itoa(f.Row)
	}
	if f.Cell != "" {
		where += " (" + f.Cell + ")"
	}
	if f.Column != "" {
		where += " " + f.Column
	}
	return fmt.Sprintf("%s: %s: %s", where, f.Code, f.Detail)
}

// Faulty is an error made of faults.
type Faulty struct{ Faults []Fault }

func (e *Faulty) Error() string {
	if len(e.Faults) == 1 {
		return e.Faults[0].Error()
	}
	return fmt.Sprintf("%d faults, the first: %s", len(e.Faults), e.Faults[0].Error())
}

func fault(code, zh, en string, args ...any) Fault {
	return Fault{Code: code, Detail: fmt.Sprintf(en, args...), DetailZh: fmt.Sprintf(zh, args...)}
}

// ofRefusal is what the ledger's own rules found.
func ofRefusal(e *rights.Error) Fault {
	return Fault{Code: string(e.Code), Field: e.Field, Detail: e.Detail, DetailZh: e.DetailZh, Record: e.Record, Rule: e.Rule}
}

func ofProblem(p *client.Problem) Fault {
	f := Fault{Code: p.Code, Field: p.Field, Detail: p.DetailEn, DetailZh: p.DetailZh, Record: p.Record, Rule: p.Rule}
	if f.Detail == "" {
		f.Detail = p.Error()
	}
	return f
}

func ofItem(i client.ItemProblem) Fault {
	return Fault{Code: i.Code, Field: i.Field, Detail: i.Detail, DetailZh: i.DetailZh, Record: i.Record, Rule: i.Rule}
}
