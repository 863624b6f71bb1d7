package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// Shot is a published snapshot with the definition it was computed by.
type Shot struct {
	Recorded[rights.Snapshot]
	Def *rights.Indicator
}

// IndicatorsInput is what a report on a period is made of.
type IndicatorsInput struct {
	Source
	Period string                       // as asked for: 2026, 2026-Q1, 2026-03
	Defs   []Recorded[rights.Indicator] // in force, as their reader sees them
	Shots  []Shot                       // published, as of a day in the period
}

// Indicators makes the report on the indicators of a period. Of each it has the
// newest published value; a value that is not for its reader, or over too few
// inputs, is not in it.
func Indicators(in IndicatorsInput) *Report {
	r := &Report{
		Title:    rights.Text{Zh: "数据要素市场监管指标报告（" + in.Period + "）", En: "Indicators of the data market, " + in.Period},
		Subtitle: rights.Text{Zh: "各指标在期内最近一次公布的值", En: "the last value of each that was published in the period"},
		Facts:    append([]Fact{{rights.Text{Zh: "期间", En: "Period"}, plain(in.Period)}}, in.facts()...),
		Notes: []rights.Text{
			{Zh: "只含账本上已公布的快照；更正以新快照作出，旧值不再列出。", En: "Published snapshots alone; a correction is a new snapshot, and the old value is not listed."},
			{Zh: "受限指标及输入过少（少于定义的 minInputs）的值依规不公开，账本上仅有承诺。", En: "Restricted values, and those over fewer inputs than their definition's minInputs, are withheld; the ledger has a commitment in their place."},
			{Zh: "输入根为计算清单的 Merkle 根，有权者可经 /v1/snapshots/{id}/recomputed 重算。", En: "The input root is the Merkle root of the list a value was computed from; whoever is entitled computes it again at /v1/snapshots/{id}/recomputed."},
		},
	}
	newest := map[string]int{}
	slices.SortStableFunc(in.Shots, func(a, b Shot) int {
		return cmp.Or(cmp.Compare(a.Record.Code, b.Record.Code), cmp.Compare(a.Record.Region, b.Record.Region), cmp.Compare(a.Record.AsOf, b.Record.AsOf), cmp.Compare(a.Block, b.Block))
	})
	for i := range in.Shots {
		if in.Shots[i].Record.Region == "" {
			newest[in.Shots[i].Record.Code] = i
		}
	}
	slices.SortStableFunc(in.Defs, func(a, b Recorded[rights.Indicator]) int { return cmp.Compare(a.Record.Code, b.Record.Code) })
	board := Section{Title: rights.Text{Zh: "指标", En: "Indicators"}, Sheet: "指标", Columns: shotColumns, Empty: rights.Text{Zh: "账本上没有指标定义", En: "The ledger defines no indicators"}}
	unpublished := 0
	for i := range in.Defs {
		def := &in.Defs[i].Record
		if at, ok := newest[def.Code]; ok {
			board.Rows = append(board.Rows, in.Shots[at].row(in.Source))
			continue
		}
		unpublished++
		board.Rows = append(board.Rows, in.row("indicators", def.ID, in.Defs[i].Block, plain(def.Code), Cell{Text: rights.Text{Zh: def.NameZh, En: def.NameEn}}, none, muted("期内未公布", "not published"), none, target(def), none, none, none, none))
	}
	every := Section{Title: rights.Text{Zh: "期内公布的全部快照", En: "Every snapshot published in the period"}, Sheet: "全部快照", Columns: shotColumns, Empty: rights.Text{Zh: "期内没有公布快照", En: "No snapshot was published in the period"}}
	for i := range in.Shots {
		every.Rows = append(every.Rows, in.Shots[i].row(in.Source))
	}
	r.Sections = []Section{board, every}
	r.Facts = append(r.Facts, Fact{rights.Text{Zh: "期内未公布的指标", En: "Indicators not published in the period"}, number(int64(unpublished))})
	return r
}

var shotColumns = []rights.Text{{Zh: "代码", En: "Code"}, {Zh: "指标", En: "Indicator"}, {Zh: "时点或期间", En: "As of, or period"}, {Zh: "值", En: "Value"}, {Zh: "单位", En: "Unit"}, {Zh: "目标", En: "Target"}, {Zh: "达标", En: "Reached"},
	{Zh: "地区", En: "Region"}, {Zh: "输入数", En: "Inputs"}, {Zh: "输入根", En: "Input root"}}

func (s *Shot) row(src Source) Row {
	shot, def := &s.Record, s.Def
	when := rights.CivilDate(shot.AsOf)
	if shot.PeriodFrom > 0 {
		when = rights.CivilDate(shot.PeriodFrom) + " ~ " + rights.CivilDate(shot.PeriodTo)
	}
	value, reached, inputs, root := s.value(), none, number(shot.InputCount), plain(shot.InputRoot)
	if s.hidden() {
		// How few they are is what must not be told.
		value, inputs = withheld, withheld
	} else if ok, has := met(def, shot); has {
		reached = words("未达", "no")
		if ok {
			reached = words("达标", "yes")
		}
	}
	region := plain(shot.Region)
	if shot.Region == "" {
		region = words("全域", "everywhere")
	}
	return src.row("snapshots", shot.ID, s.Block, plain(shot.Code), Cell{Text: rights.Text{Zh: def.NameZh, En: def.NameEn}}, plain(when), value, unit(def), target(def), reached, region, inputs, root)
}

// hidden: the value is withheld, by its commitment or by its definition's rule.
func (s *Shot) hidden() bool { return s.Record.Commitment != "" || s.Def.Withheld(s.Record.InputCount) }

func (s *Shot) value() Cell {
	shot := &s.Record
	if shot.Den > 0 {
		c := Cell{Format: Permille, Number: shot.Permille}
		c.Text = rights.Text{Zh: fmt.Sprintf("%d / %d", shot.Num, shot.Den)}
		return c
	}
	return inUnit(s.Def, shot.ValueInt)
}

func inUnit(def *rights.Indicator, n int64) Cell {
	switch def.Unit {
	case "fen":
		return Cell{Format: Fen, Number: n}
	case "permille":
		return Cell{Format: Permille, Number: n}
	}
	return number(n)
}

func unit(def *rights.Indicator) Cell { return term(def.Unit) }

func target(def *rights.Indicator) Cell {
	if def.Target == 0 && def.Direction != "Down" {
		return none
	}
	c := inUnit(def, def.Target)
	sign := "≥ "
	if def.Direction == "Down" {
		sign = "≤ "
	}
	text := sign + c.shown()
	if def.TargetDate != "" {
		text += "（" + def.TargetDate + "）"
	}
	return plain(text)
}

// met tells whether a target is reached; has: there is one.
func met(def *rights.Indicator, shot *rights.Snapshot) (ok, has bool) {
	v := shot.ValueInt
	switch {
	case def.Direction == "Down":
		return v <= def.Target, true
	case def.Direction == "Up" && def.Target > 0:
		return v >= def.Target, true
	}
	return false, false
}
