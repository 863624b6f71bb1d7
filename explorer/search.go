package explorer

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// Tab is one kind of record of the public registry, with what it may be
// filtered by.
type Tab struct {
	Name   string // value of ?of=
	Record rights.Kind
	Title  rights.Text
	States []rights.State
	Sorts  []string // values of ?kind=
	SortOf subject
	sort   string // indexed field ?kind= filters
	holder string // indexed field ?holder= filters; empty: none
}

// Tabs of the registry; the first is the default.
var tabs = []Tab{
	{
		Name: "rights", Record: rights.KindRight, Title: rights.Text{Zh: "权利", En: "Rights"}, sort: "kind", holder: "holderId", SortOf: aRight,
		Sorts: []string{"RightHolding", "RightUse", "RightOperation"}, States: []rights.State{"Active", "Suspended", "Transferred", "Expired", "Cancelled"},
	},
	{
		Name: "certificates", Record: rights.KindCertificate, Title: rights.Text{Zh: "凭证", En: "Certificates"}, holder: "holderId",
		States: []rights.State{"Valid", "Adjusted", "Expired", "Cancelled"},
	},
	{
		Name: "resources", Record: rights.KindResource, Title: rights.Text{Zh: "数据资源", En: "Data resources"}, sort: "subjectClass", holder: "holderId", SortOf: aSubjectClass,
		Sorts: []string{"SubjectEnterprise", "SubjectPublic", "SubjectPersonal"}, States: []rights.State{"Catalogued", "Suspended", "Retired", "Destroyed"},
	},
	{
		Name: "cases", Record: rights.KindCase, Title: rights.Text{Zh: "登记案件", En: "Cases"}, sort: "regType", holder: "applicantId", SortOf: aRegType,
		Sorts:  []string{"RegFirst", "RegTransfer", "RegChange", "RegRenewal", "RegCancel"},
		States: []rights.State{"Submitted", "CorrectionRequired", "UnderReview", "Supplementing", "PublicNotice", "Objected", "OnHold", "Recorded", "Rejected", "Terminated", "Withdrawn", "Lapsed"},
	},
	{
		Name: "participants", Record: rights.KindParticipant, Title: rights.Text{Zh: "主体", En: "Participants"}, sort: "role", SortOf: aRole,
		Sorts: []string{
			"RoleEnterprise", "RoleVendor", "RoleThirdParty", "RoleBank", "RoleExchange", "RoleRegistrar", "RoleRegulator", "RoleSourceUnit",
			"RoleImplementing", "RoleOperating", "RoleDeveloper", "RolePlatform", "RoleMediator", "RolePeerExchange",
		},
		States: []rights.State{"Applied", "Active", "Suspended", "Refused", "Exited", "Expelled"},
	},
}

// Row is one record of a list, whichever kind it is; only that kind's field is
// set. A record that does not decode has none.
type Row struct {
	Entry       index.Entry
	Right       *rights.Right
	Certificate *rights.Certificate
	Resource    *rights.Resource
	Case        *rights.Case
	Participant *rights.Participant
}

func rowOf(e index.Entry) Row {
	row := Row{Entry: e}
	switch e.Kind {
	case rights.KindRight:
		row.Right = orNil[rights.Right](e)
	case rights.KindCertificate:
		row.Certificate = orNil[rights.Certificate](e)
	case rights.KindResource:
		row.Resource = orNil[rights.Resource](e)
	case rights.KindCase:
		row.Case = orNil[rights.Case](e)
	case rights.KindParticipant:
		row.Participant = orNil[rights.Participant](e)
	}
	return row
}

func orNil[T any](e index.Entry) *T {
	v, err := decode[T](e.JSON)
	if err != nil {
		return nil
	}
	return v
}

// rows lists records; next is the address of the following page, or "".
func (q *request) rows(query index.Query, cursorParam string) (rows []Row, next string, err error) {
	page, err := q.Reader.List(query)
	if err != nil {
		return nil, "", err
	}
	for _, e := range page.Items {
		rows = append(rows, rowOf(e))
	}
	if page.Next != "" && cursorParam != "" {
		next = q.with(cursorParam, page.Next)
	}
	return rows, next, nil
}

const pageLimit = 25

type registryView struct {
	Tabs           []Tab
	Tab            Tab
	Q, Kind, State string
	Holder, Region string
	Holders        []Row // more than one participant fits ?holder=
	NoHolder       bool
	Rows           []Row
	First, Next    string
	Filtered       bool
}

// Link is the same search on another tab.
func (v registryView) Link(t Tab) string {
	u := url.Values{"of": {t.Name}}
	for name, value := range map[string]string{"q": v.Q, "holder": v.Holder, "region": v.Region} {
		if value != "" {
			u.Set(name, value)
		}
	}
	return "/registry?" + u.Encode()
}

var reRegionCode = regexp.MustCompile(`^[0-9]{6}$`)

func (q *request) registry() error {
	v := registryView{
		Tabs: tabs, Tab: tabs[0], Q: q.param("q"), Kind: q.param("kind"), State: q.param("state"),
		Holder: q.param("holder"), Region: q.param("region"),
	}
	for _, t := range tabs {
		if t.Name == q.param("of") {
			v.Tab = t
		}
	}
	v.Filtered = v.Q+v.Kind+v.State+v.Holder+v.Region != ""
	query := index.Query{Kind: v.Tab.Record, Where: map[string]string{}, Text: v.Q, Cursor: q.param("cursor"), Limit: pageLimit}
	if v.Kind != "" && v.Tab.sort != "" {
		query.Where[v.Tab.sort] = v.Kind
	}
	if v.State != "" {
		query.Where["state"] = v.State
	}
	if v.Region != "" {
		if v.Tab.Record == rights.KindParticipant && reRegionCode.MatchString(v.Region) {
			query.Where["regionCode"] = v.Region
		} else {
			query.Text = strings.TrimSpace(query.Text + " " + v.Region)
		}
	}
	if v.Holder != "" && v.Tab.holder != "" {
		id, candidates, err := q.holder(v.Holder)
		if err != nil {
			return err
		}
		if id == "" {
			v.Holders, v.NoHolder = candidates, len(candidates) == 0
			return q.render(http.StatusOK, "registry", "registry", v)
		}
		query.Where[v.Tab.holder] = id
	}
	var err error
	if v.Rows, v.Next, err = q.rows(query, "cursor"); err != nil {
		return err
	}
	if query.Cursor != "" {
		v.First = q.with("cursor", "")
	}
	return q.render(http.StatusOK, "registry", "registry", v)
}

// holder finds the participant meant by a credit code or a name; when the name
// fits several, all of them.
func (q *request) holder(s string) (id string, several []Row, err error) {
	if rights.ValidUSCC(strings.ToUpper(s)) {
		return strings.ToUpper(s), nil, nil
	}
	rows, _, err := q.rows(index.Query{Kind: rights.KindParticipant, Text: s, Limit: 10}, "")
	if err != nil {
		return "", nil, err
	}
	for _, r := range rows {
		if r.Participant != nil && r.Participant.Name == s {
			return r.Entry.ID, nil, nil
		}
	}
	if len(rows) == 1 {
		return rows[0].Entry.ID, nil, nil
	}
	return "", rows, nil
}

type searchView struct {
	Q      string
	Groups []searchGroup
	None   bool
}

type searchGroup struct {
	Tab  Tab
	Rows []Row
	More string
}

var (
	reRecordID = regexp.MustCompile(`^(RT|DR|RG|OB)-[0-9A-Za-z-]{4,60}$`)
	reTxID     = regexp.MustCompile(`^[0-9a-f]{64}$`)
	reBlock    = regexp.MustCompile(`^[0-9]{1,12}$`)
)

// search goes straight to what an exact id names, and otherwise shows what
// every part of the registry has for the words.
func (q *request) search() error {
	v := searchView{Q: q.param("q")}
	if v.Q == "" {
		http.Redirect(q.w, q.r, "/registry", http.StatusSeeOther)
		return nil
	}
	if to := q.exact(v.Q); to != "" {
		http.Redirect(q.w, q.r, to, http.StatusSeeOther)
		return nil
	}
	for _, t := range tabs {
		query := index.Query{Kind: t.Record, Text: v.Q, Limit: 5}
		if rights.ValidHash(v.Q) {
			if t.Record != rights.KindResource {
				continue
			}
			query.Text, query.Where = "", map[string]string{"matchTag": v.Q}
		}
		page, err := q.Reader.List(query)
		if err != nil {
			return err
		}
		g := searchGroup{Tab: t}
		for _, e := range page.Items {
			g.Rows = append(g.Rows, rowOf(e))
		}
		if page.Next != "" {
			g.More = "/registry?" + url.Values{"of": {t.Name}, "q": {v.Q}}.Encode()
		}
		if len(g.Rows) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	v.None = len(v.Groups) == 0
	return q.render(http.StatusOK, "search", "registry", v)
}

// exact is the page of what s names exactly, or "".
func (q *request) exact(s string) string {
	up := strings.ToUpper(s)
	has := func(kind rights.Kind, id string) bool {
		_, err := q.Reader.Get(kind, id)
		return err == nil
	}
	switch {
	case rights.ValidCertNo(up) && has(rights.KindCertificate, up):
		return href(rights.KindCertificate, up)
	case rights.ValidUSCC(up) && has(rights.KindParticipant, up):
		return href(rights.KindParticipant, up)
	case reRecordID.MatchString(s):
		if kind := rights.Kind(s[:2]); has(kind, s) {
			return q.object(kind, s).Href
		}
	case reTxID.MatchString(strings.ToLower(s)):
		if _, err := q.Reader.Transaction(strings.ToLower(s)); err == nil {
			return "/transactions/" + strings.ToLower(s)
		}
	case reBlock.MatchString(s):
		if n, err := strconv.ParseUint(s, 10, 64); err == nil {
			if _, err := q.Reader.Block(n); err == nil {
				return "/blocks/" + strconv.FormatUint(n, 10)
			}
		}
	}
	return ""
}
