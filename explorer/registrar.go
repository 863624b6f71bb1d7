package explorer

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

var registrarPages = []WorkPage{
	{"", rights.Text{Zh: "登记案件", En: "Cases"}, (*request).registrarFront},
}

// caseRow is a registration case with what is due on it.
type caseRow struct {
	*rights.Case
	Due        Due
	Late       bool
	Ours       bool // the registrar is whom it waits for
	Objections []objectionRow
	Acts       []Act
}

type objectionRow struct {
	*rights.Objection
	Due  Due
	Late bool
	Acts []Act
}

type casesView struct {
	Rows    []caseRow
	Later   []objectionRow // to what is registered already
	Ours    int
	Overdue int
	Waiting int
	State   string
	States  []rights.State
	More    bool
}

// openCases are the states in which a case goes on.
var openCases = []rights.State{"Submitted", "CorrectionRequired", "UnderReview", "Supplementing", "PublicNotice", "Objected", "OnHold"}

func (q *request) registrarFront() error {
	v := casesView{State: q.param("state"), States: openCases}
	for _, state := range openCases {
		if v.State != "" && v.State != string(state) {
			continue
		}
		list, next, err := listed[rights.Case](q, "registrations", "", "state", string(state), "registrar", q.who.ParticipantID, "limit", "100")
		if err != nil {
			return err
		}
		v.More = v.More || next != ""
		for _, s := range list {
			row, err := q.caseRow(s.Record)
			if err != nil {
				return err
			}
			switch {
			case row.Late:
				v.Overdue++
			case row.Ours:
				v.Ours++
			default:
				v.Waiting++
			}
			v.Rows = append(v.Rows, row)
		}
	}
	if v.State == "" {
		var err error
		if v.Later, err = q.laterObjections(); err != nil {
			return err
		}
	}
	rank := func(r caseRow) int {
		switch {
		case r.Late:
			return 0
		case r.Ours:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(v.Rows, func(a, b caseRow) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(whenDue(a.Due), whenDue(b.Due)))
	})
	return q.render(http.StatusOK, "registrar", "my", v)
}

// whenDue orders what has no date after what has one.
func whenDue(d Due) rights.UnixSec {
	if d.At == 0 {
		return 1 << 40
	}
	return d.At
}

// caseDue says what a case waits for, until when, and whether on the registrar.
func caseDue(c *rights.Case, now rights.UnixSec) (due Due, ours bool) {
	switch c.State {
	case "Submitted":
		return Due{What: rights.Text{Zh: "受理或要求补正", En: "accept, or ask for corrections"}, At: c.AcceptDueAt}, true
	case "CorrectionRequired":
		return Due{What: rights.Text{Zh: "待申请人补正", En: "the applicant's corrections"}, At: c.CorrectionDueAt}, c.CorrectionDueAt > 0 && now >= c.CorrectionDueAt
	case "UnderReview":
		return Due{What: rights.Text{Zh: "完成审查", En: "finish the review"}, At: c.ReviewDueAt}, true
	case "Supplementing":
		return Due{What: rights.Text{Zh: "待申请人补充，审查期限停算", En: "the applicant's supplement; the review clock stands still"}, At: 0}, false
	case "PublicNotice":
		if now >= c.NoticeEndsAt {
			return Due{What: rights.Text{Zh: "公示期满，登记发证", En: "the notice has ended: record it"}, At: c.ReviewDueAt}, true
		}
		return Due{What: rights.Text{Zh: "公示期满", En: "the notice ends"}, At: c.NoticeEndsAt}, false
	case "Objected":
		return Due{What: rights.Text{Zh: "处理异议", En: "decide the objections"}, At: 0}, true
	case "OnHold":
		return Due{What: rights.Text{Zh: "因监管措施暂缓", En: "on hold by a measure"}, At: 0}, false
	}
	return Due{}, false
}

// WasLate are the acts of the registrar that came late; Late is whether one is now.
func (r caseRow) WasLate() []rights.Lateness { return r.Case.Late }

func (q *request) caseRow(c *rights.Case) (caseRow, error) {
	row := caseRow{Case: c}
	row.Due, row.Ours = caseDue(c, q.now)
	row.Late = row.Ours && row.Due.At > 0 && q.now >= row.Due.At && c.State != "CorrectionRequired"
	row.Acts = q.acts(rights.KindCase, c.State, []rights.Capacity{rights.ByRegistrar}, "caseId", c.ID)
	if c.State == "CorrectionRequired" && row.Ours {
		row.Acts = append(row.Acts, newAct("registration.lapse", q.formFor("registration.lapse", "caseId", c.ID)))
	}
	public := c.Profile == rights.CodePublic
	if public {
		row.Acts = without(row.Acts, "registration.record")
	} else {
		row.Acts = without(row.Acts, "registration.issueCode")
	}
	if c.ReviewExtended {
		row.Acts = without(row.Acts, "registration.extendReview")
	}
	if c.State == "PublicNotice" && q.now < c.NoticeEndsAt {
		row.Acts = without(row.Acts, "registration.record", "registration.issueCode")
	}
	if c.State == "Objected" {
		row.Acts = without(row.Acts, "registration.decideObjection")
		for _, id := range c.ObjectionIDs {
			o, err := one[rights.Objection](q, "objections", id)
			switch {
			case unseen(err):
				continue
			case err != nil:
				return row, err
			}
			if !ended(rights.KindObjection, o.Record.State) {
				due := Due{What: rights.Text{Zh: "处理异议", En: "decide the objection"}, At: o.Record.DueAt}
				row.Objections = append(row.Objections, objectionRow{o.Record, due, due.At > 0 && q.now >= due.At, []Act{newAct("registration.decideObjection", q.formFor("registration.decideObjection", "objectionId", id))}})
				if row.Due.At == 0 || due.At < row.Due.At {
					row.Due.At = due.At
				}
				row.Late = row.Late || row.Due.At > 0 && q.now >= row.Due.At
			}
		}
	}
	return row, nil
}

// openObjections are the states in which an objection to a registration waits.
var openObjections = []string{"ObjFiled", "ObjIncomplete", "ObjNotified", "ObjInvestigating", "ObjConcluded", "ObjLitigating", "ObjConceded"}

// laterObjections are the open objections to what is registered already.
func (q *request) laterObjections() ([]objectionRow, error) {
	var rows []objectionRow
	for _, state := range openObjections {
		list, err := everyPage[rights.Objection](q, "objections", "state", state)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			o := s.Record
			if o.Stage == "InNotice" || o.RegistrarID != q.who.ParticipantID {
				continue
			}
			row := objectionRow{Objection: o, Due: Due{At: o.DueAt}, Acts: q.acts(rights.KindObjection, o.State, []rights.Capacity{rights.ByRegistrar}, "objectionId", o.ID)}
			switch o.State {
			case "ObjFiled":
				row.Due = Due{What: rights.Text{Zh: "通知权利人或退回补正", En: "notify the holder, or return it"}, At: o.NotifyDueAt}
			case "ObjConcluded":
				row.Due = Due{What: rights.Text{Zh: "待双方接受或起诉", En: "acceptance, or a suit"}, At: o.SuitDueAt}
			}
			row.Late = row.Due.At > 0 && q.now >= row.Due.At && o.State != "ObjConcluded"
			rows = append(rows, row)
		}
	}
	return rows, nil
}
