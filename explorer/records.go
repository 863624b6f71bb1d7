package explorer

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// shown turns a record that does not decode into the page that says so.
func (q *request) shown(err error) error {
	var bad *undecodable
	if !errors.As(err, &bad) {
		return err
	}
	q.Log.Warn("record does not decode", "kind", bad.entry.Kind, "id", bad.entry.ID, "error", bad.err)
	return q.render(http.StatusOK, "raw", "", rawView{bad.entry, pretty(bad.entry.JSON)})
}

type rawView struct {
	Entry index.Entry
	JSON  string
}

// pretty indents JSON as far as it is JSON, and cuts it to what a page can show.
func pretty(raw []byte) string {
	const most = 16 << 10
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		b.Reset()
		b.Write(raw)
	}
	if b.Len() > most {
		return string(bytes.ToValidUTF8(b.Bytes()[:most], nil)) + "\n…"
	}
	return string(bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD")))
}

type rightView struct {
	Right       *rights.Right
	Entry       index.Entry
	Effect      Effect
	Certificate *rights.Certificate
	Resource    *rights.Resource
	Timeline    []Event
}

func (q *request) right() error {
	r, e, err := load[rights.Right](q, rights.KindRight, q.r.PathValue("id"))
	if err != nil {
		return q.shown(err)
	}
	v := rightView{Right: r, Entry: e, Effect: q.effect(r)}
	v.Certificate, _, _ = load[rights.Certificate](q, rights.KindCertificate, r.CertNo)
	v.Resource, _, _ = load[rights.Resource](q, rights.KindResource, r.ObjectID)
	if v.Timeline, err = q.timeline(rights.RecordRef{Kind: rights.KindCase, ID: r.CaseID}, rights.RecordRef{Kind: rights.KindRight, ID: e.ID}); err != nil {
		return err
	}
	return q.render(http.StatusOK, "right", "registry", v)
}

type certificateView struct {
	Certificate *rights.Certificate
	Entry       index.Entry
	Issued      *index.Revision // the transaction that wrote its first version
	Registrar   Party
}

func (q *request) certificate() error {
	c, e, err := load[rights.Certificate](q, rights.KindCertificate, q.r.PathValue("id"))
	if err != nil {
		return q.shown(err)
	}
	v := certificateView{Certificate: c, Entry: e, Registrar: q.party(c.RegistrarID)}
	history, err := q.Reader.History(rights.KindCertificate, e.ID)
	if err != nil && !errors.Is(err, index.ErrNotFound) {
		return err
	}
	if len(history) > 0 {
		v.Issued = &history[0]
	}
	return q.render(http.StatusOK, "certificate", "registry", v)
}

type noticesView struct {
	State string
	Rows  []Row
	First string
	Next  string
}

func (q *request) notices() error {
	v := noticesView{State: "PublicNotice"}
	if q.param("state") == "Objected" {
		v.State = "Objected"
	}
	query := index.Query{Kind: rights.KindCase, Where: map[string]string{"state": v.State}, Cursor: q.param("cursor"), Limit: pageLimit}
	var err error
	if v.Rows, v.Next, err = q.rows(query, "cursor"); err != nil {
		return err
	}
	if query.Cursor != "" {
		v.First = q.with("cursor", "")
	}
	return q.render(http.StatusOK, "notices", "notices", v)
}

type noticeView struct {
	Case       *rights.Case
	Entry      index.Entry
	Open       bool // an objection may be filed now
	Over       bool // the notice has ended and awaits its record
	Steps      []step
	Objections []*rights.Objection
	Resource   *rights.Resource
	Timeline   []Event
}

// step is one of the four steps of a case.
type step struct {
	Title rights.Text
	At    rights.UnixSec
	Done  bool
	Now   bool
	Bad   bool
}

func (q *request) notice() error {
	c, e, err := load[rights.Case](q, rights.KindCase, q.r.PathValue("id"))
	if err != nil {
		return q.shown(err)
	}
	v := noticeView{Case: c, Entry: e, Steps: steps(c)}
	inNotice := c.State == "PublicNotice" || c.State == "Objected"
	v.Open = inNotice && q.now < c.NoticeEndsAt
	v.Over = c.State == "PublicNotice" && q.now >= c.NoticeEndsAt
	v.Resource, _, _ = load[rights.Resource](q, rights.KindResource, c.ObjectID)
	for _, id := range c.ObjectionIDs[:min(len(c.ObjectionIDs), 50)] {
		if o, _, err := load[rights.Objection](q, rights.KindObjection, id); err == nil {
			v.Objections = append(v.Objections, o)
		}
	}
	if v.Timeline, err = q.timeline(rights.RecordRef{Kind: rights.KindCase, ID: e.ID}); err != nil {
		return err
	}
	return q.render(http.StatusOK, "notice", "notices", v)
}

// steps lays a case out as application, acceptance, notice, record.
func steps(c *rights.Case) []step {
	s := []step{
		{Title: rights.Text{Zh: "申请", En: "Application"}, At: c.SubmittedAt, Done: c.SubmittedAt > 0},
		{Title: rights.Text{Zh: "受理审查", En: "Acceptance and review"}, At: c.AcceptedAt, Done: c.AcceptedAt > 0},
		{Title: rights.Text{Zh: "公示", En: "Public notice"}, At: c.NoticeStartAt, Done: c.NoticeStartAt > 0},
		{Title: rights.Text{Zh: "登记发证", En: "Record and certificate"}},
	}
	switch c.State {
	case "Submitted", "CorrectionRequired":
		s[0].Now = true
	case "UnderReview", "Supplementing":
		s[1].Now = true
	case "PublicNotice", "Objected":
		s[2].Now = true
	case "Recorded":
		s[3].Done, s[3].At = true, c.EndedAt
		if s[3].At == 0 {
			s[3].At = c.UpdatedAt
		}
	case "Rejected", "Terminated", "Withdrawn", "Lapsed":
		s[3] = step{Title: term(aState, string(c.State)), At: c.EndedAt, Done: true, Bad: true}
	case "OnHold":
		for i, state := range map[int][]rights.State{0: {"Submitted", "CorrectionRequired"}, 1: {"UnderReview", "Supplementing"}, 2: {"PublicNotice", "Objected"}} {
			s[i].Now = slices.Contains(state, c.HeldFrom)
		}
	}
	return s
}

type resourceView struct {
	Resource *rights.Resource
	Entry    index.Entry
	Rights   []Row
	Cases    []Row
	More     string
	Timeline []Event
}

func (q *request) resource() error {
	r, e, err := load[rights.Resource](q, rights.KindResource, q.r.PathValue("id"))
	if err != nil {
		return q.shown(err)
	}
	v := resourceView{Resource: r, Entry: e}
	if v.Rights, _, err = q.rows(index.Query{Kind: rights.KindRight, Where: map[string]string{"objectId": e.ID}, Limit: 50}, ""); err != nil {
		return err
	}
	if v.Cases, _, err = q.rows(index.Query{Kind: rights.KindCase, Where: map[string]string{"objectId": e.ID}, Limit: 20}, ""); err != nil {
		return err
	}
	if v.Timeline, err = q.timeline(rights.RecordRef{Kind: rights.KindResource, ID: e.ID}); err != nil {
		return err
	}
	return q.render(http.StatusOK, "resource", "registry", v)
}

type participantView struct {
	Participant *rights.Participant
	Entry       index.Entry
	Rights      []Row
	MoreRights  string
	Resources   []Row
	MoreData    string
	Cases       []Row
	MoreCases   string
	Timeline    []Event
}

func (q *request) participant() error {
	p, e, err := load[rights.Participant](q, rights.KindParticipant, q.r.PathValue("id"))
	if err != nil {
		return q.shown(err)
	}
	v := participantView{Participant: p, Entry: e}
	for _, l := range []struct {
		kind  rights.Kind
		field string
		tab   string
		rows  *[]Row
		more  *string
	}{
		{rights.KindRight, "holderId", "rights", &v.Rights, &v.MoreRights},
		{rights.KindResource, "holderId", "resources", &v.Resources, &v.MoreData},
		{rights.KindCase, "applicantId", "cases", &v.Cases, &v.MoreCases},
	} {
		page, err := q.Reader.List(index.Query{Kind: l.kind, Where: map[string]string{l.field: e.ID}, Limit: 8})
		if err != nil {
			return err
		}
		for _, entry := range page.Items {
			*l.rows = append(*l.rows, rowOf(entry))
		}
		if page.Next != "" {
			*l.more = registryView{Holder: e.ID}.Link(Tab{Name: l.tab})
		}
	}
	if v.Timeline, err = q.timeline(rights.RecordRef{Kind: rights.KindParticipant, ID: e.ID}); err != nil {
		return err
	}
	return q.render(http.StatusOK, "participant", "registry", v)
}

// profileView is one published rule profile.
type profileView struct {
	Entry    index.Entry
	Record   *rights.RuleProfile // nil: does not decode
	InForce  bool
	Upcoming bool
}

// Word explains a parameter.
func (profileView) Word(key string) parameter {
	if p, ok := parameters[key]; ok {
		return p
	}
	return parameter{Name: rights.Text{Zh: key, En: key}}
}

// Flag reports whether a parameter is a yes or a no.
func (p parameter) Flag() bool { return p.Unit == yesNo }

// profiles are the published rule profiles, newest version of each code first.
// Failing to read them costs a page its banner, not itself; /parameters reports
// the failure.
func (q *request) profiles() []profileView {
	list, _ := q.readProfiles()
	return list
}

func (q *request) readProfiles() ([]profileView, error) {
	page, err := q.Reader.List(index.Query{Kind: rights.KindProfile, Limit: 100})
	if err != nil {
		return nil, err
	}
	var list []profileView
	for _, e := range page.Items {
		list = append(list, profileView{Entry: e, Record: orNil[rights.RuleProfile](e)})
	}
	inForce := map[string]int{}
	for i := range list {
		p := list[i].Record
		if p == nil {
			continue
		}
		if list[i].Upcoming = p.From > q.now; list[i].Upcoming {
			continue
		}
		if j, ok := inForce[p.Code]; !ok || list[j].Record.Ver < p.Ver {
			inForce[p.Code] = i
		}
	}
	for _, i := range inForce {
		list[i].InForce = true
	}
	return list, nil
}

type parametersView struct {
	Profiles  []profileView
	Calendars []calendarView
}

type calendarView struct {
	Entry   index.Entry
	Record  *rights.WorkCalendar
	Current bool
}

func (q *request) parameters() error {
	var v parametersView
	var err error
	if v.Profiles, err = q.readProfiles(); err != nil {
		return err
	}
	page, err := q.Reader.List(index.Query{Kind: rights.KindCalendar, Limit: 50})
	if err != nil {
		return err
	}
	newest := map[int64]int{}
	for _, e := range page.Items {
		c := calendarView{Entry: e, Record: orNil[rights.WorkCalendar](e)}
		v.Calendars = append(v.Calendars, c)
		if c.Record == nil {
			continue
		}
		i := len(v.Calendars) - 1
		if j, ok := newest[c.Record.Year]; !ok || v.Calendars[j].Record.Ver < c.Record.Ver {
			newest[c.Record.Year] = i
		}
	}
	for _, i := range newest {
		v.Calendars[i].Current = true
	}
	return q.render(http.StatusOK, "parameters", "parameters", v)
}

func (q *request) about() error { return q.render(http.StatusOK, "about", "about", nil) }
