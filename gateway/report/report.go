// Package report makes reports of what the ledger has published: the yearly
// disclosure of authorised operation and the indicators of a period, each as a page
// to print and as a workbook. It is pure: records in, bytes out, the same each time.
// Records come as their reader sees them; no figure is from anywhere else, and each
// row names the record it rests on.
package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/datarights/datarights/chaincode/rights"
)

// Report is what both forms show.
type Report struct {
	Title    rights.Text
	Subtitle rights.Text
	Facts    []Fact
	Sections []Section
	Notes    []rights.Text
}

// Fact is one line of a report's head.
type Fact struct {
	Name  rights.Text
	Value Cell
}

// Section is one table.
type Section struct {
	Title   rights.Text
	Sheet   string // of the workbook
	Columns []rights.Text
	Rows    []Row
	Empty   rights.Text // in place of rows
}

// Row is one line, with the record it rests on.
type Row struct {
	Cells  []Cell
	Record string // id; empty: several, which the cells name
	Href   string
	Block  uint64 // that has that version of it
}

// Format is how a number is shown.
type Format int

// The formats.
const (
	Text Format = iota
	Count
	Fen      // of money, shown in yuan
	Permille // shown as a percentage
)

// Cell is one value. Text in Zh alone is as the ledger has it.
type Cell struct {
	Format Format
	Text   rights.Text
	Number int64
	Muted  bool // what is withheld or not there
}

func words(zh, en string) Cell { return Cell{Text: rights.Text{Zh: zh, En: en}} }

func plain(text string) Cell { return Cell{Text: rights.Text{Zh: text}} }

func number(n int64) Cell { return Cell{Format: Count, Number: n} }

func muted(zh, en string) Cell { return Cell{Text: rights.Text{Zh: zh, En: en}, Muted: true} }

var (
	none     = muted("—", "")
	withheld = muted("依规不公开", "withheld")
)

// shown is a cell's number in words.
func (c Cell) shown() string {
	switch c.Format {
	case Count:
		return grouped(c.Number)
	case Fen:
		sign := ""
		if c.Number < 0 {
			sign = "−"
		}
		return fmt.Sprintf("%s%s.%02d", sign, grouped(abs(c.Number)/100), abs(c.Number)%100)
	case Permille:
		return fmt.Sprintf("%d.%d%%", c.Number/10, abs(c.Number%10))
	}
	return c.Text.Zh
}

// grouped is a number in groups of three digits.
func grouped(n int64) string {
	text := fmt.Sprint(abs(n))
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	if n < 0 {
		return "−" + text
	}
	return text
}

// class is how a page sets a cell.
func (c Cell) class() string {
	ascii := strings.IndexFunc(c.Text.Zh, func(r rune) bool { return r > unicode.MaxASCII }) < 0
	switch {
	case c.Format != Text:
		return "number"
	case c.Muted:
		return "muted"
	case ascii && len(c.Text.Zh) <= 24:
		return "short" // a day, a code: whole
	case ascii && !strings.Contains(c.Text.Zh, " "):
		return "code" // an id, a hash: anywhere
	}
	return "words"
}

func abs(n int64) int64 { return max(n, -n) }

func day(at rights.UnixSec) Cell {
	if at <= 0 {
		return none
	}
	return plain(rights.CivilDate(at))
}

// stateWords are a state's as its machine has them.
func stateWords(kind rights.Kind, state rights.State) Cell {
	for _, m := range rights.Machines() {
		if m.Kind != kind {
			continue
		}
		if i := slices.IndexFunc(m.States, func(s rights.StateInfo) bool { return s.Name == state }); i >= 0 {
			return Cell{Text: m.States[i].Title}
		}
	}
	return plain(string(state))
}

// terms are the codes that the reports show and no machine has.
var terms = map[string]rights.Text{
	"GrantL1": {Zh: "一级（运营主体）", En: "first level"}, "GrantL2": {Zh: "二级（开发主体）", En: "second level"},
	"Whole": {Zh: "整体授权", En: "whole"}, "Domain": {Zh: "分领域授权", En: "by field"}, "Scenario": {Zh: "分场景授权", En: "by scenario"},
	"PublicBenefit": {Zh: "公益，无偿", En: "public benefit, free"}, "Industry": {Zh: "产业，有最高价", En: "industry, under a ceiling"},
	"OpenTender": {Zh: "公开招标", En: "open tender"}, "InvitedTender": {Zh: "邀请招标", En: "invited tender"}, "Negotiation": {Zh: "谈判", En: "negotiation"},
	"SingleSource": {Zh: "单一来源", En: "single source"}, "CompetitiveConsultation": {Zh: "竞争性磋商", En: "competitive consultation"},
	"Up": {Zh: "越高越好", En: "up"}, "Down": {Zh: "越低越好", En: "down"}, "Watch": {Zh: "观察", En: "watch"},
	"AsOf": {Zh: "时点", En: "as of a day"}, "Period": {Zh: "期间", En: "of a period"}, "Cumulative": {Zh: "累计", En: "cumulative"},
	"fen": {Zh: "元", En: "yuan"}, "count": {Zh: "个", En: "count"}, "days": {Zh: "日", En: "days"}, "permille": {Zh: "%", En: "%"}, "milestone": {Zh: "里程碑", En: "milestone"},
	"PerUnit": {Zh: "按份", En: "per unit"}, "PerCall": {Zh: "按次", En: "per call"}, "PerPeriod": {Zh: "按期", En: "per period"}, "Lump": {Zh: "一口价", En: "lump sum"},
	"Free": {Zh: "免费", En: "free"}, "Negotiated": {Zh: "议价", En: "negotiated"},
}

func term(code string) Cell {
	if code == "" {
		return none
	}
	if t, ok := terms[code]; ok {
		return Cell{Text: t}
	}
	return plain(code)
}

// Source is the ledger a report is drawn from.
type Source struct {
	Base   string // origin its records are served at
	Height uint64 // number of blocks
	At     rights.UnixSec
}

func (s Source) facts() []Fact {
	return []Fact{
		{rights.Text{Zh: "所依据的区块数", En: "Blocks it is drawn from"}, Cell{Format: Count, Number: int64(min(s.Height, 1<<62))}},
		{rights.Text{Zh: "末一区块的时间", En: "Time of the last of them"}, plain(instant(s.At))},
		{rights.Text{Zh: "账本", En: "Ledger"}, plain(s.Base)},
	}
}

func (s Source) row(collection, id string, block uint64, cells ...Cell) Row {
	return Row{Cells: cells, Record: id, Href: s.Base + "/v1/" + collection + "/" + escape(id), Block: block}
}
