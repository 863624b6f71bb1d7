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

var regulatorPages = []WorkPage{
	{"", rights.Text{Zh: "预警", En: "Alerts"}, (*request).regulatorFront},
	{"measures", rights.Text{Zh: "监管措施", En: "Measures"}, (*request).regulatorMeasures},
	{"indicators", rights.Text{Zh: "指标看板", En: "Indicator board"}, (*request).regulatorBoard},
	{"lineage", rights.Text{Zh: "血缘图", En: "Lineage"}, (*request).lineage},
	{"alerts/{id}", rights.Text{}, (*request).regulatorCase},
	{"indicators/{code}", rights.Text{}, (*request).regulatorIndicator},
}

// severities from the gravest on.
var severities = []string{"Critical", "High", "Medium", "Low"}

// openAlerts are the states in which an alert waits for the regulator.
var openAlerts = []rights.State{"Raised", "Acknowledged", "Investigating", "Confirmed", "Disposed"}

// queuePart is how many alerts of one state and severity the worklist takes.
const queuePart = 25

// alertRow is an alert with what is due on it.
type alertRow struct {
	*rights.Alert
	Due  Due
	Late bool
}

type alertsView struct {
	State, Rule, Severity, Mine, Target string
	Rows                                []alertRow
	More                                bool // the worklist has more than it shows
	Next, First                         string
	States                              []rights.State
	Severities                          []string
	Rules                               []rights.AlertRule
}

// dueOn says what an alert waits for, and until when.
func dueOn(a *rights.Alert, now rights.UnixSec) Due {
	switch a.State {
	case "Raised":
		return Due{What: rights.Text{Zh: "接收", En: "acknowledge"}, At: a.DueAt}
	case "Acknowledged":
		return Due{What: rights.Text{Zh: "立案调查", En: "open the investigation"}, At: 0}
	case "Investigating":
		if now < a.HearingDueAt && len(a.Heard) < len(a.SubjectIDs) {
			return Due{What: rights.Text{Zh: "听取陈述", En: "hear the subjects"}, At: a.HearingDueAt}
		}
		return Due{What: rights.Text{Zh: "作出认定", En: "decide"}, At: 0}
	case "Confirmed":
		return Due{What: rights.Text{Zh: "采取措施", En: "take a measure"}, At: 0}
	case "Disposed":
		return Due{What: rights.Text{Zh: "办结", En: "close"}, At: 0}
	}
	return Due{}
}

func (q *request) rowsOfAlerts(list []Seen[rights.Alert]) []alertRow {
	rows := make([]alertRow, 0, len(list))
	for _, s := range list {
		due := dueOn(s.Record, q.now)
		rows = append(rows, alertRow{s.Record, due, s.Record.State == "Raised" && due.At > 0 && q.now >= due.At})
	}
	return rows
}

func (q *request) regulatorFront() error {
	v := alertsView{State: q.param("state"), Rule: q.param("rule"), Severity: q.param("severity"), Mine: q.param("mine"), Target: q.param("target"),
		States: append(slices.Clone(openAlerts), "Dismissed", "Closed"), Severities: severities, Rules: rights.AlertRules()}
	filter := []string{"rule", v.Rule, "target", v.Target}
	if v.Mine == "1" {
		filter = append(filter, "assignee", q.who.ParticipantID)
	}
	if v.State != "" {
		list, next, err := listed[rights.Alert](q, "alerts", "cursor", append(filter, "severity", v.Severity, "state", strings.TrimPrefix(v.State, "all"))...)
		if err != nil {
			return err
		}
		v.Rows, v.Next = q.rowsOfAlerts(list), next
		if q.param("cursor") != "" {
			v.First = q.with("cursor", "")
		}
		return q.render(http.StatusOK, "regulator", "my", v)
	}
	// The worklist: of every open state and severity what came last, the gravest and
	// most overdue first.
	for _, severity := range severities {
		if v.Severity != "" && v.Severity != severity {
			continue
		}
		for _, state := range openAlerts {
			var page struct {
				Items []Seen[rights.Alert] `json:"items"`
				Next  string               `json:"next"`
			}
			query := url.Values{"limit": {digits(queuePart)}, "severity": {severity}, "state": {string(state)}}
			for i := 0; i+1 < len(filter); i += 2 {
				if filter[i+1] != "" {
					query.Set(filter[i], filter[i+1])
				}
			}
			if err := q.get("/v1/alerts", query, &page); err != nil {
				return err
			}
			v.More = v.More || page.Next != ""
			v.Rows = append(v.Rows, q.rowsOfAlerts(page.Items)...)
		}
	}
	slices.SortStableFunc(v.Rows, func(a, b alertRow) int {
		return cmp.Or(cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)), cmp.Compare(dueKey(a), dueKey(b)))
	})
	return q.render(http.StatusOK, "regulator", "my", v)
}

// dueKey orders what has no date after what has one.
func dueKey(a alertRow) rights.UnixSec {
	if a.Due.At == 0 {
		return 1 << 40
	}
	return a.Due.At
}

// caseFile is GET /v1/alerts/{id}/case.
type caseFile struct {
	rights.Bundle
	Gaps       []string `json:"gaps"`
	Recipients []string `json:"recipients"`
}

// factRef is a fact an alert names, ID@version.
type factRef struct{ ID, Version, Graph string }

// alertShown is an alert with its target's kind.
type alertShown struct{ *rights.Alert }

// TargetKind is the kind of record the alert is about.
func (a alertShown) TargetKind() rights.Kind { return rights.Kind(a.TargetType) }

type caseView struct {
	Alert    alertShown
	Due      Due
	Late     bool
	File     *caseFile
	Evidence []Seen[rights.EvidenceItem]
	Measures []Seen[rights.Measure]
	Facts    []factRef
	Acts     []Act
	Issue    string // the address of the form that issues a measure
	Collect  string // and of that which adds evidence
	Lineage  string
	Timeline []Event
}

// traceable are the kinds of records with lineage.
var traceable = []string{"DR", "DP", "CP"}

func (q *request) regulatorCase() error {
	s, err := one[rights.Alert](q, "alerts", q.r.PathValue("id"))
	if err != nil {
		return err
	}
	a := s.Record
	v := caseView{Alert: alertShown{a}, Due: dueOn(a, q.now)}
	v.Late = a.State == "Raised" && v.Due.At > 0 && q.now >= v.Due.At
	v.File = new(caseFile)
	if err := q.get("/v1/alerts/"+url.PathEscape(a.ID)+"/case", nil, v.File); err != nil {
		if !unseen(err) {
			return err
		}
		v.File = nil
	}
	if v.Evidence, err = everyPage[rights.EvidenceItem](q, "evidence", "case", a.ID); err != nil {
		return err
	}
	if v.Measures, err = everyPage[rights.Measure](q, "measures", "alert", a.ID); err != nil {
		return err
	}
	for _, f := range a.FactRefs {
		id, version, _ := strings.Cut(f, "@")
		fact := factRef{ID: id, Version: version}
		if len(id) > 2 && slices.Contains(traceable, id[:2]) {
			fact.Graph = q.graphOf(id, version)
		}
		v.Facts = append(v.Facts, fact)
	}
	if len(a.TargetID) > 2 && slices.Contains(traceable, a.TargetID[:2]) {
		v.Lineage = q.graphOf(a.TargetID, "")
	}
	history, err := historyOf[rights.Alert](q, "alerts", a.ID)
	if err != nil {
		return err
	}
	v.Timeline = eventsOf(q, rights.KindAlert, history, func(a *rights.Alert) rights.Head { return a.Head })

	handles := a.AssigneeID == "" || a.AssigneeID == q.who.ParticipantID
	if handles {
		measure := a.MeasureID
		if measure == "" && len(v.Measures) > 0 {
			measure = v.Measures[0].Record.ID
		}
		v.Acts = q.acts(rights.KindAlert, a.State, []rights.Capacity{rights.ByRegulator}, "alertId", a.ID, "evidenceIds", strings.Join(ids(v.Evidence), ","), "measureId", measure)
		if a.State == "Investigating" && v.Due.At > 0 { // nobody is judged unheard
			v.Acts = without(v.Acts, "alert.confirm")
		}
		if a.State == "Confirmed" && measure == "" {
			v.Acts = without(v.Acts, "alert.dispose")
		}
		if open := slices.Contains(openAlerts, a.State) && a.State != "Raised"; open {
			v.Collect = q.formFor("evidence.collect", "caseId", a.ID)
		}
		if a.State == "Confirmed" || a.State == "Investigating" {
			subject := ""
			if len(a.SubjectIDs) > 0 {
				subject = a.SubjectIDs[0]
			}
			v.Issue = q.formFor("measure.issue", "alertIds", a.ID, "targetId", a.TargetID, "targetKind", a.TargetType, "subjectId", subject)
		}
	}
	return q.render(http.StatusOK, "regulator-case", "my", v)
}

func ids(list []Seen[rights.EvidenceItem]) []string {
	var all []string
	for _, s := range list {
		all = append(all, s.Record.ID)
	}
	return all
}

// graphOf is the address of the lineage of a record.
func (q *request) graphOf(id, version string) string {
	v := url.Values{"object": {id}}
	if version != "" {
		v.Set("version", version)
	}
	return "/regulator/lineage?" + v.Encode()
}

// measureRow is a measure with what may be done about it.
type measureRow struct {
	*rights.Measure
	Acts []Act
	Due  Due
	Late bool
}

type measuresView struct {
	State       string
	Rows        []measureRow
	Next, First string
	Issue       string
	InForce     int
	Ending      int
	Over        int
	Tabs        []string
}

func (q *request) regulatorMeasures() error {
	v := measuresView{State: cmp.Or(q.param("state"), "InForce"), Issue: q.formFor("measure.issue"), Tabs: []string{"Issued", "InForce", "Complied", "Lifted", "Annulled", "Expired", "all"}}
	state := v.State
	if state == "all" {
		state = ""
	}
	list, next, err := listed[rights.Measure](q, "measures", "cursor", "state", state)
	if err != nil {
		return err
	}
	v.Next = next
	if q.param("cursor") != "" {
		v.First = q.with("cursor", "")
	}
	for _, s := range list {
		m := s.Record
		row := measureRow{Measure: m, Due: measureDue(m)}
		row.Late = row.Due.At > 0 && q.now >= row.Due.At
		if m.State == "InForce" {
			v.InForce++
		}
		switch {
		case row.Late:
			v.Over++
		case row.Due.At > 0 && row.Due.At <= q.now+soon:
			v.Ending++
		}
		as := []rights.Capacity{rights.ByAnyone}
		if m.IssuedBy == q.who.ParticipantID {
			as = append(as, rights.ByRegulator)
		}
		row.Acts = q.acts(rights.KindMeasure, m.State, as, "measureId", m.ID)
		if !row.Late {
			row.Acts = without(row.Acts, "measure.expire")
		}
		if m.AppealRef == "" || m.DecisionHash != "" {
			row.Acts = without(row.Acts, "measure.decideAppeal")
		} else {
			row.Acts = without(row.Acts, "measure.appeal")
		}
		if !m.Reported {
			row.Acts = without(row.Acts, "measure.verifyCompliance")
		}
		v.Rows = append(v.Rows, row)
	}
	slices.SortStableFunc(v.Rows, func(a, b measureRow) int {
		order := func(r measureRow) rights.UnixSec {
			if r.Due.At == 0 {
				return 1 << 40
			}
			return r.Due.At
		}
		return cmp.Compare(order(a), order(b))
	})
	return q.render(http.StatusOK, "regulator-measures", "my", v)
}

// measureDue is the next end of a measure that is not over.
func measureDue(m *rights.Measure) Due {
	if ended(rights.KindMeasure, m.State) {
		return Due{}
	}
	due := Due{What: rights.Text{Zh: "届满", En: "ends"}, At: m.To}
	if m.State == "Issued" && m.UrgentUntil > 0 && (due.At == 0 || m.UrgentUntil < due.At) {
		due = Due{What: rights.Text{Zh: "送达期限", En: "to be served by"}, At: m.UrgentUntil}
	}
	if t, err := time.ParseInLocation(time.DateOnly, m.DueOn, shanghai); err == nil && m.CompliedAt == 0 && (due.At == 0 || t.Unix() < due.At) {
		due = Due{What: rights.Text{Zh: "履行期限", En: "to be complied with by"}, At: t.Unix() + 86400}
	}
	return due
}

// boardRow is an indicator on the board: what was published last, where it goes, and
// what it comes to now where that was asked for.
type boardRow struct {
	IndicatorRow
	Was     *rights.Snapshot // before the last
	Pending int              // snapshots to be confirmed or published
	Now     *Computed
	Refused bool
}

// Value is what the row is judged by.
func (r boardRow) Value() int64 {
	switch {
	case r.Now != nil:
		return r.Now.Shown(r.Definition)
	case r.Last != nil:
		return valueOf(r.Definition, r.Last)
	}
	return 0
}

// Trend is up, down, level, or "" where there is nothing to compare.
func (r boardRow) Trend() string {
	var a, b int64
	switch {
	case r.Now != nil && r.Last != nil && r.Last.Commitment == "":
		a, b = r.Value(), valueOf(r.Definition, r.Last)
	case r.Last != nil && r.Was != nil && r.Last.Commitment == "" && r.Was.Commitment == "":
		a, b = valueOf(r.Definition, r.Last), valueOf(r.Definition, r.Was)
	default:
		return ""
	}
	switch cmp.Compare(a, b) {
	case 1:
		return "up"
	case -1:
		return "down"
	}
	return "level"
}

type boardGroup struct {
	Prefix string
	Title  rights.Text
	Rows   []boardRow
	Asked  bool // what it comes to now was asked for
}

type boardView struct {
	Groups  []boardGroup
	Pending []pendingSnapshot
	Define  string
}

// pendingSnapshot is a snapshot on its way to publication.
type pendingSnapshot struct {
	*rights.Snapshot
	Definition *rights.Indicator
	Acts       []Act
}

func (q *request) regulatorBoard() error {
	definitions, err := everyPage[rights.Indicator](q, "indicators", "state", "Active")
	if err != nil {
		return err
	}
	snapshots, err := everyPage[rights.Snapshot](q, "snapshots")
	if err != nil {
		return err
	}
	byCode := map[string][]*rights.Snapshot{}
	pending := map[string]int{}
	v := boardView{Define: q.formFor("indicator.define")}
	newest := newestOf(definitions)
	for _, s := range snapshots {
		switch s.Record.State {
		case rights.StatePublished:
			if s.Record.Region == "" {
				byCode[s.Record.Code] = append(byCode[s.Record.Code], s.Record)
			}
		case "Computed", "Confirmed":
			pending[s.Record.Code]++
			v.Pending = append(v.Pending, pendingSnapshot{s.Record, newest[s.Record.Code], q.snapshotActs(s.Record)})
		}
	}
	asked := q.param("now")
	for _, g := range indicatorGroups {
		group := boardGroup{Prefix: strings.TrimSuffix(g.Prefix, "-"), Title: g.Title, Asked: asked == strings.TrimSuffix(g.Prefix, "-")}
		for code, d := range newest {
			if !strings.HasPrefix(code, g.Prefix) {
				continue
			}
			row := boardRow{IndicatorRow: IndicatorRow{Definition: d}, Pending: pending[code]}
			list := byCode[code]
			slices.SortFunc(list, func(a, b *rights.Snapshot) int { return cmp.Compare(b.AsOf, a.AsOf) })
			if len(list) > 0 {
				row.Last = list[0]
			}
			if len(list) > 1 {
				row.Was = list[1]
			}
			if group.Asked {
				row.Now = new(Computed)
				if err := q.get("/v1/indicators/"+url.PathEscape(code)+"/value", nil, row.Now); err != nil {
					var p *client.Problem
					if !errors.As(err, &p) {
						return err
					}
					row.Now, row.Refused = nil, true
				}
			}
			if row.Now != nil || row.Last != nil && row.Last.Commitment == "" {
				row.Reached, row.Share = against(d, row.Value())
			}
			group.Rows = append(group.Rows, row)
		}
		slices.SortFunc(group.Rows, func(a, b boardRow) int { return cmp.Compare(a.Definition.Code, b.Definition.Code) })
		if len(group.Rows) > 0 {
			v.Groups = append(v.Groups, group)
		}
	}
	return q.render(http.StatusOK, "regulator-board", "my", v)
}

// snapshotActs are the next steps of a snapshot; the form to confirm is filled in
// from it, so look at the value computed again first.
func (q *request) snapshotActs(s *rights.Snapshot) []Act {
	pairs := []string{"snapshotId", s.ID, "inputRoot", s.InputRoot, "commitment", s.Commitment, "valueInt", digits(s.ValueInt)}
	return without(q.acts(rights.KindSnapshot, s.State, []rights.Capacity{rights.ByRegulator}, pairs...), "snapshot.correct")
}

// drilled is a record behind a figure.
type drilled struct {
	ID      string
	Version int64
	Amount  int64
	Ref     rights.RecordRef
}

// recomputation is GET /v1/snapshots/{id}/recomputed.
type recomputation struct {
	Snapshot, Recomputed struct {
		Value, Num, Den, Permille int64
		InputRoot                 string
		InputCount                int64
	}
	Equal bool
	Why   string
	WhyZh string
}

// Reason is why the two differ.
func (r recomputation) Reason() rights.Text { return rights.Text{Zh: r.WhyZh, En: r.Why} }

type drillView struct {
	Definition *rights.Indicator
	Now        *drillComputed
	Withheld   *client.Problem
	Chart      *Chart
	Reached    *bool
	Share      int64
	Snapshots  []pendingSnapshot
	Again      *recomputation
	AgainOf    string
	AgainNot   *client.Problem
	Records    []drilled
	Page, Last int
	Prev, Next string
	Year       string
	Region     string
}

type drillComputed struct {
	Computed
	PeriodFrom string `json:"periodFrom"`
	PeriodTo   string `json:"periodTo"`
	Parts      []struct {
		Key   string `json:"key"`
		Value int64  `json:"value"`
		Num   int64  `json:"num"`
		Den   int64  `json:"den"`
	} `json:"parts"`
	Missing int64 `json:"missing"`
	Inputs  []struct {
		ID      string `json:"id"`
		Version int64  `json:"version"`
		Amount  int64  `json:"amount"`
	} `json:"inputs"`
}

// drillPage is how many records behind a figure a page shows.
const drillPage = 100

func (q *request) regulatorIndicator() error {
	code := q.r.PathValue("code")
	definition, err := q.definition(code)
	if err != nil {
		return err
	}
	v := drillView{Definition: definition, Year: q.param("year"), Region: q.param("region")}
	snapshots, err := everyPage[rights.Snapshot](q, "snapshots", "code", code)
	if err != nil {
		return err
	}
	slices.SortFunc(snapshots, func(a, b Seen[rights.Snapshot]) int { return cmp.Compare(b.Record.AsOf, a.Record.AsOf) })
	var points []Point
	for _, s := range snapshots {
		v.Snapshots = append(v.Snapshots, pendingSnapshot{s.Record, v.Definition, q.snapshotActs(s.Record)})
		if s.Record.State == rights.StatePublished && s.Record.Commitment == "" && s.Record.Region == "" {
			points = append([]Point{{At: s.Record.AsOf, Value: valueOf(v.Definition, s.Record)}}, points...)
		}
	}
	query := url.Values{"inputs": {"true"}}
	for _, name := range []string{"year", "region"} {
		if q.param(name) != "" {
			query.Set(name, q.param(name))
		}
	}
	v.Now = new(drillComputed)
	if err := q.get("/v1/indicators/"+url.PathEscape(code)+"/value", query, v.Now); err != nil {
		if v.Now = nil; !errors.As(err, &v.Withheld) {
			return err
		}
	} else {
		if v.Region == "" && v.Year == "" {
			points = append(points, Point{At: v.Now.AsOf, Value: v.Now.Shown(v.Definition)})
		}
		v.Reached, v.Share = against(v.Definition, v.Now.Shown(v.Definition))
		q.drill(&v)
	}
	if v.AgainOf = q.param("again"); v.AgainOf != "" {
		v.Again = new(recomputation)
		if err := q.get("/v1/snapshots/"+url.PathEscape(v.AgainOf)+"/recomputed", nil, v.Again); err != nil {
			if v.Again = nil; !errors.As(err, &v.AgainNot) {
				return err
			}
		}
	}
	v.Chart = q.chartOf(v.Definition, points)
	return q.render(http.StatusOK, "regulator-indicator", "my", v)
}

// drill fills in a page of the records behind a figure.
func (q *request) drill(v *drillView) {
	v.Page = max(1, atoi(q.param("page")))
	v.Last = max(1, (len(v.Now.Inputs)+drillPage-1)/drillPage)
	v.Page = min(v.Page, v.Last)
	for _, in := range v.Now.Inputs[min(len(v.Now.Inputs), (v.Page-1)*drillPage):min(len(v.Now.Inputs), v.Page*drillPage)] {
		d := drilled{ID: in.ID, Version: in.Version, Amount: in.Amount}
		d.Ref = rights.RecordRef{Kind: kindOfID(in.ID), ID: in.ID}
		v.Records = append(v.Records, d)
	}
	if v.Page > 1 {
		v.Prev = q.with("page", digits(int64(v.Page-1)))
	}
	if v.Page < v.Last {
		v.Next = q.with("page", digits(int64(v.Page+1)))
	}
}
