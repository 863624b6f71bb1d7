package bulk

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/datarights/datarights/chaincode/rights"
)

// value reads a cell that is not empty as its column means it. Papers, data files
// and notes stay text.
func (c Column) value(cell Cell) (any, *Fault) {
	if cell.Fault != nil {
		return nil, cell.Fault
	}
	if strings.HasPrefix(cell.Text, "#") && strings.HasSuffix(cell.Text, "!") || cell.Text == "#N/A" || cell.Text == "#NAME?" {
		return nil, ptr(fault(CodeFormula, "单元格是错误值 %s", "the cell is the error %s", cell.Text))
	}
	switch c.Kind {
	case Date:
		return day(cell)
	case Instant:
		d, f := day(cell)
		if f != nil {
			return nil, f
		}
		at, _ := rights.ParseDate(d.(string)) // day checked it
		if strings.HasSuffix(c.Path, "validTo") {
			at += 24 * 3600 // the end of that day, which the ledger does not include
		}
		return at, nil
	case Whole:
		return whole(cell)
	case Truth:
		return truth(cell)
	case Code:
		return c.code(cell.Text)
	case Codes, Texts:
		return c.several(cell)
	case Structure:
		var v any
		d := json.NewDecoder(strings.NewReader(cell.Text))
		d.UseNumber()
		if err := d.Decode(&v); err != nil || d.More() {
			return nil, ptr(fault(CodeMalformed, "须为 JSON，见 datarights command list", "must be JSON; datarights command list shows the members"))
		}
		return v, nil
	case Text:
		return c.text(cell)
	}
	return cell.Text, nil
}

func ptr(f Fault) *Fault { return &f }

// codeLike members are identifiers, codes and hashes: ASCII alone.
func (c Column) codeLike() bool {
	name := c.Path[strings.LastIndexByte(c.Path, '.')+1:]
	for _, end := range []string{"Id", "Ids", "Code", "Hash", "Root", "No", "uscc", "Commitment", "Agreement", "Tag"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

var reScientific = regexp.MustCompile(`^-?\d+(\.\d+)?[eE][+]?\d+$`)

func (c Column) text(cell Cell) (any, *Fault) {
	text := norm.NFC.String(cell.Text)
	if !c.codeLike() {
		if f := invisible(text); f != nil {
			return nil, f
		}
		return text, nil
	}
	if lost(cell) || reScientific.MatchString(text) {
		return nil, ptr(fault(CodeNumber, "代码被存为数字 %s，15 位以后的数字已丢失；将该列格式设为“文本”后重新填写", "the code was stored as the number %s, digits after the 15th are lost; format the column as text and type it again", text))
	}
	return ascii(text)
}

// lost reports whether a number has more digits than a spreadsheet keeps.
func lost(cell Cell) bool {
	if !cell.Number {
		return false
	}
	digits := 0
	for _, r := range cell.Text {
		if r == 'e' || r == 'E' {
			return true
		}
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits > 15 && !strings.Contains(cell.Text, ".")
}

// lookalikes are letters of other scripts that pass for Latin ones.
var lookalikes = map[rune]rune{
	'А': 'A', 'В': 'B', 'С': 'C', 'Е': 'E', 'Н': 'H', 'І': 'I', 'Ј': 'J', 'К': 'K', 'М': 'M', 'О': 'O', 'Р': 'P', 'Ѕ': 'S', 'Т': 'T', 'Х': 'X', 'У': 'Y',
	'а': 'a', 'с': 'c', 'е': 'e', 'о': 'o', 'р': 'p', 'х': 'x', 'у': 'y', 'і': 'i', 'ј': 'j', 'ѕ': 's',
	'Α': 'A', 'Β': 'B', 'Ε': 'E', 'Ζ': 'Z', 'Η': 'H', 'Ι': 'I', 'Κ': 'K', 'Μ': 'M', 'Ν': 'N', 'Ο': 'O', 'Ρ': 'P', 'Τ': 'T', 'Υ': 'Y', 'Χ': 'X', 'ο': 'o',
	'–': '-', '—': '-', '−': '-', '‐': '-', '‑': '-',
}

// ascii brings a code to ordinary width and refuses letters of other scripts.
func ascii(text string) (any, *Fault) {
	wide := norm.NFKC.String(text)
	var odd []string
	repaired := strings.Map(func(r rune) rune {
		if r > ' ' && r < utf8.RuneSelf {
			return r
		}
		odd = append(odd, fmt.Sprintf("%q (U+%04X)", r, r))
		if l, ok := lookalikes[r]; ok {
			return l
		}
		return -1
	}, wide)
	if odd == nil {
		return wide, nil
	}
	list := strings.Join(odd[:min(len(odd), 3)], ", ")
	if repaired == "" {
		return nil, ptr(fault(CodeScript, "代码只能用半角字母、数字和符号，此处有 %s", "a code has plain Latin letters, digits and signs; here are %s", list))
	}
	return nil, ptr(fault(CodeScript, "代码中有 %s，只能用半角字母、数字和符号；是否为 %s", "the code has %s in it and may have plain Latin letters, digits and signs only; is it %s", list, clip(repaired)))
}

// invisible refuses what nobody sees in a text.
func invisible(text string) *Fault {
	for i, r := range []rune(text) {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == utf8.RuneError {
			what, whatZh := "an invisible character", "不可见字符"
			if r == '\n' || r == '\r' {
				what, whatZh = "a line break", "换行"
			}
			return ptr(fault(CodeScript, "第 %[1]d 个字符是%[2]s U+%04[3]X；删除它", "character %[1]d is %[4]s, U+%04[3]X; remove it", i+1, whatZh, r, what))
		}
	}
	return nil
}

var (
	reDay    = regexp.MustCompile(`^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?$`)
	reDigits = regexp.MustCompile(`^\d{8}$`)
)

// day reads a date as a spreadsheet stores it or as people write it, year first.
func day(cell Cell) (any, *Fault) {
	text := norm.NFKC.String(cell.Text)
	switch {
	case cell.Date != "" && len(cell.Date) == len(time.DateOnly):
		text = cell.Date
	case cell.Date != "":
		return nil, ptr(fault(CodeMalformed, "须为日期，不带时间；应为 %s", "must be a day without a time; that would be %s", cell.Date[:len(time.DateOnly)]))
	case cell.Number && !reDigits.MatchString(text):
		return nil, ptr(fault(CodeNumber, "存为数字 %s 而未设为日期格式；写成 2026-01-31 这样的文本", "stored as the number %s and not formatted as a date; write it as text such as 2026-01-31", text))
	}
	if m := reDay.FindStringSubmatch(text); m != nil {
		month, _ := strconv.Atoi(m[2]) // digits
		of, _ := strconv.Atoi(m[3])
		d := fmt.Sprintf("%s-%02d-%02d", m[1], month, of)
		if _, ok := rights.ParseDate(d); ok {
			return d, nil
		}
		return nil, ptr(fault(CodeMalformed, "没有 %s 这一天", "there is no day %s", d))
	}
	if reDigits.MatchString(text) {
		return nil, ptr(fault(CodeMalformed, "须为 YYYY-MM-DD；是否为 %s", "must be YYYY-MM-DD; is it %s", text[:4]+"-"+text[4:6]+"-"+text[6:]))
	}
	return nil, ptr(fault(CodeMalformed, "须为 YYYY-MM-DD，年在前，如 2026-01-31", "must be YYYY-MM-DD, the year first, such as 2026-01-31"))
}

var (
	reWhole     = regexp.MustCompile(`^-?\d{1,18}$`)
	reThousands = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+$`)
	rePoint     = regexp.MustCompile(`^(-?\d{1,18})\.0+$`)
)

func whole(cell Cell) (any, *Fault) {
	text := norm.NFKC.String(cell.Text)
	if lost(cell) {
		return nil, ptr(fault(CodeNumber, "存为数字 %s，位数已丢失；写成文本", "stored as the number %s, digits are lost; write it as text", text))
	}
	if m := rePoint.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	switch {
	case reWhole.MatchString(text):
		n, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			return n, nil
		}
	case reThousands.MatchString(text):
		return nil, ptr(fault(CodeMalformed, "不写千位分隔符；应为 %s", "without separators; that would be %s", strings.ReplaceAll(text, ",", "")))
	case reScientific.MatchString(text):
		return nil, ptr(fault(CodeNumber, "须写全各位数字，不用科学记数 %s", "must have all its digits, not %s", text))
	}
	return nil, ptr(fault(CodeMalformed, "须为整数", "must be a whole number"))
}

func truth(cell Cell) (any, *Fault) {
	switch strings.ToLower(norm.NFKC.String(cell.Text)) {
	case "是", "true", "yes", "y", "1", "√", "✓":
		return true, nil
	case "否", "false", "no", "n", "0", "×", "✗":
		return false, nil
	}
	return nil, ptr(fault(CodeChoice, "须为 是 或 否", "must be yes or no"))
}

func (c Column) code(text string) (any, *Fault) {
	if code, ok := chosen(c.Codes, text); ok {
		return code, nil
	}
	list := make([]string, len(c.Codes))
	near, least := "", 3
	for i, code := range c.Codes {
		list[i] = choice(code)
		for _, n := range []string{code, choices[code].Zh} {
			if d := distance(normal(text), normal(n)); n != "" && d < least && d < len([]rune(n)) {
				near, least = choice(code), d
			}
		}
	}
	all := strings.Join(list, "; ")
	if near != "" {
		return nil, ptr(fault(CodeChoice, "不在可选值之内，是否为 %s？可选：%s", "not one of the choices; is it %s? They are: %s", near, all))
	}
	return nil, ptr(fault(CodeChoice, "不在可选值之内：%s", "not one of the choices: %s", all))
}

// several splits a cell at semicolons; of codes also at commas.
func (c Column) several(cell Cell) (any, *Fault) {
	cut := func(r rune) bool {
		return r == ';' || r == '；' || r == '、' || r == '\n' || c.Kind == Codes && (r == ',' || r == '，')
	}
	list := []any{}
	for _, part := range strings.FieldsFunc(cell.Text, cut) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		one := Column{Path: c.Path, Codes: c.Codes}
		var v any
		var f *Fault
		if c.Kind == Codes {
			v, f = one.code(part)
		} else {
			v, f = one.text(Cell{Text: part, Number: cell.Number})
		}
		if f != nil {
			return nil, f
		}
		list = append(list, v)
	}
	return list, nil
}
