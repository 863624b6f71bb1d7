package explorer

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// indicatorGroups are the families of codes, in the order of the page.
var indicatorGroups = []struct {
	Prefix string
	Title  rights.Text
	Note   rights.Text
}{
	{"IN-", rights.Text{Zh: "建设目标", En: "Targets of the plan"}, rights.Text{Zh: "市政府实施方案写明的数字目标。", En: "The numeric targets of the city's plan."}},
	{"OP-", rights.Text{Zh: "运行指标", En: "Operating indicators"}, rights.Text{Zh: "市场运行情况。", En: "How the market runs."}},
	{"SI-", rights.Text{Zh: "安全监管指标", En: "Security supervision"}, rights.Text{Zh: "数据安全监管。", En: "Supervision of data security."}},
	{"XI-", rights.Text{Zh: "其他", En: "Others"}, rights.Text{}},
}

// IndicatorRow is an indicator with the last value published of it.
type IndicatorRow struct {
	Definition *rights.Indicator
	Last       *rights.Snapshot // nil: nothing was published
	Reached    *bool            // nil: no target, or no value
	Share      int64            // of the target, in permille, at most 1000
}

// IndicatorGroup is one family.
type IndicatorGroup struct {
	Title, Note rights.Text
	Rows        []IndicatorRow
}

type indicatorsView struct {
	Groups []IndicatorGroup
}

// indicators shows every indicator with its target and what was published last.
func (q *request) indicators() error {
	definitions, err := everyPage[rights.Indicator](q, "indicators", "state", "Active")
	if err != nil {
		return err
	}
	newest := newestOf(definitions)
	snapshots, err := everyPage[rights.Snapshot](q, "snapshots", "state", string(rights.StatePublished))
	if err != nil {
		return err
	}
	last := map[string]*rights.Snapshot{}
	for _, s := range snapshots {
		if was := last[s.Record.Code]; s.Record.Region == "" && (was == nil || was.AsOf < s.Record.AsOf) {
			last[s.Record.Code] = s.Record
		}
	}
	var v indicatorsView
	for _, g := range indicatorGroups {
		group := IndicatorGroup{Title: g.Title, Note: g.Note}
		for code, d := range newest {
			if strings.HasPrefix(code, g.Prefix) {
				row := IndicatorRow{Definition: d, Last: last[code]}
				if row.Last != nil && row.Last.Commitment == "" { // what is withheld is held to nothing
					row.Reached, row.Share = against(d, valueOf(d, row.Last))
				}
				group.Rows = append(group.Rows, row)
			}
		}
		slices.SortFunc(group.Rows, func(a, b IndicatorRow) int { return cmp.Compare(a.Definition.Code, b.Definition.Code) })
		if len(group.Rows) > 0 {
			v.Groups = append(v.Groups, group)
		}
	}
	return q.render(http.StatusOK, "indicators", "indicators", v)
}

// newestOf are definitions as they stand, by code.
func newestOf(definitions []Seen[rights.Indicator]) map[string]*rights.Indicator {
	newest := map[string]*rights.Indicator{}
	for _, d := range definitions {
		if was := newest[d.Record.Code]; was == nil || was.Ver < d.Record.Ver {
			newest[d.Record.Code] = d.Record
		}
	}
	return newest
}

// valueOf is a snapshot's value in the indicator's unit.
func valueOf(d *rights.Indicator, s *rights.Snapshot) int64 {
	if d.Unit == "permille" {
		return s.Permille
	}
	return s.ValueInt
}

// against holds a value to its target.
func against(d *rights.Indicator, value int64) (reached *bool, share int64) {
	if d.Target == 0 {
		return nil, 0
	}
	ok := value >= d.Target
	if d.Direction == "Down" {
		ok = value <= d.Target
	}
	return &ok, min(1000, max(0, int64(float64(value)/float64(d.Target)*1000)))
}

// Computed is what an indicator comes to now.
type Computed struct {
	AsOf        rights.UnixSec `json:"asOf"`
	Value       int64          `json:"value"`
	Num         int64          `json:"num"`
	Den         int64          `json:"den"`
	Permille    int64          `json:"permille"`
	InputRoot   string         `json:"inputRoot"`
	InputCount  int64          `json:"inputCount"`
	BlockHeight int64          `json:"blockHeight"`
}

// Shown is the value in the indicator's unit.
func (c *Computed) Shown(d *rights.Indicator) int64 {
	if d.Unit == "permille" {
		return c.Permille
	}
	return c.Value
}

// indicatorView is one indicator: its definition, what was published, what it comes
// to now.
type indicatorView struct {
	Definition *rights.Indicator
	Now        *Computed
	Withheld   *client.Problem // why there is no value now
	Snapshots  []Seen[rights.Snapshot]
	Chart      *Chart
	Reached    *bool
	Share      int64
}

// definition is an indicator as it is defined now.
func (q *request) definition(code string) (*rights.Indicator, error) {
	definitions, err := everyPage[rights.Indicator](q, "indicators", "code", code)
	if err != nil {
		return nil, err
	}
	last := newestOf(definitions)[code]
	if last == nil {
		return nil, errNotHere
	}
	return last, nil
}

// chartOf draws an indicator's values towards its target.
func (q *request) chartOf(d *rights.Indicator, points []Point) *Chart {
	var due rights.UnixSec
	if t, err := time.ParseInLocation(time.DateOnly, d.TargetDate, shanghai); err == nil {
		due = t.Unix()
	}
	return newChart(q.say(rights.Text{Zh: d.NameZh, En: d.NameEn}), d.Unit, points, d.Target, due)
}

func (q *request) indicator() error {
	code := q.r.PathValue("code")
	definition, err := q.definition(code)
	if err != nil {
		return err
	}
	v := indicatorView{Definition: definition}
	if v.Snapshots, err = everyPage[rights.Snapshot](q, "snapshots", "code", code, "state", string(rights.StatePublished)); err != nil {
		return err
	}
	v.Snapshots = slices.DeleteFunc(v.Snapshots, func(s Seen[rights.Snapshot]) bool { return s.Record.Region != "" })
	slices.SortFunc(v.Snapshots, func(a, b Seen[rights.Snapshot]) int { return cmp.Compare(a.Record.AsOf, b.Record.AsOf) })
	var points []Point
	for _, s := range v.Snapshots {
		if s.Record.Commitment == "" {
			points = append(points, Point{At: s.Record.AsOf, Value: valueOf(v.Definition, s.Record)})
		}
	}
	v.Now = new(Computed)
	if err := q.get("/v1/indicators/"+url.PathEscape(code)+"/value", nil, v.Now); err != nil {
		if v.Now = nil; !errors.As(err, &v.Withheld) || v.Withheld.Status == http.StatusNotFound {
			return err
		}
	} else {
		value := v.Now.Shown(v.Definition)
		points = append(points, Point{At: v.Now.AsOf, Value: value})
		v.Reached, v.Share = against(v.Definition, value)
	}
	v.Chart = q.chartOf(v.Definition, points)
	return q.render(http.StatusOK, "indicator", "indicators", v)
}
