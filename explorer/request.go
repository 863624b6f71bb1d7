package explorer

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// The languages of the pages.
const (
	zh = "zh"
	en = "en"
)

var htmlLang = map[string]string{zh: "zh-CN", en: "en"}

const langCookie = "lang"

// request is one page being made. It belongs to one goroutine and remembers
// the names it has looked up.
type request struct {
	*server
	w     http.ResponseWriter
	r     *http.Request
	pages *pageSet
	lang  string
	now   rights.UnixSec

	known     bool     // who has been asked
	who       *Visitor // nil: nobody has signed in
	over      bool     // the cookie's session has ended
	workplace *Workplace
	workpage  string

	parties map[string]Party
	orgs    map[string]Party
	objects map[rights.RecordRef]Object
	rights  map[string]*rights.Right
	params  map[string]int64
}

func (s *server) newRequest(w http.ResponseWriter, r *http.Request) *request {
	q := &request{
		server: s, w: w, r: r, pages: s.pages, lang: zh, now: s.Now().Unix(),
		parties: map[string]Party{}, orgs: map[string]Party{}, objects: map[rights.RecordRef]Object{}, rights: map[string]*rights.Right{},
	}
	switch asked := r.URL.Query().Get("lang"); asked {
	case zh, en:
		q.lang = asked
		http.SetCookie(w, &http.Cookie{
			Name: langCookie, Value: asked, Path: "/", MaxAge: 365 * 24 * 3600,
			HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
		})
	default:
		if c, err := r.Cookie(langCookie); err == nil && c.Value == en {
			q.lang = en
		}
	}
	return q
}

// say picks the language of this request.
func (q *request) say(t rights.Text) string { return pick(q.lang, t) }

func pick(lang string, t rights.Text) string {
	if lang == en {
		return t.En
	}
	return t.Zh
}

// param is a trimmed query parameter, cut to a sane length.
func (q *request) param(name string) string {
	v := strings.TrimSpace(strings.ToValidUTF8(q.r.URL.Query().Get(name), ""))
	if r := []rune(v); len(r) > 200 {
		v = string(r[:200])
	}
	return v
}

// refresh is the number of seconds after which the reader asked the page to
// load again; 0 is never.
func (q *request) refresh() int {
	n, _ := strconv.Atoi(q.r.URL.Query().Get("refresh"))
	if slices.Contains([]int{5, 10, 30, 60}, n) {
		return n
	}
	return 0
}

// with is this page's address with some query parameters set, or removed where
// empty.
func (q *request) with(pairs ...string) string {
	v := q.r.URL.Query()
	v.Del("lang")
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		} else {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	u := url.URL{Path: q.r.URL.Path, RawQuery: v.Encode()} // the mux lets no path through that begins with //
	return u.String()
}

// decode reads a record's JSON.
func decode[T any](raw json.RawMessage) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, err
	}
	return v, nil
}

// load reads a record; a bad record is shown raw by the caller.
func load[T any](q *request, kind rights.Kind, id string) (*T, index.Entry, error) {
	e, err := q.Reader.Get(kind, id)
	if err != nil {
		return nil, e, err
	}
	v, err := decode[T](e.JSON)
	if err != nil {
		return nil, e, &undecodable{e, err}
	}
	return v, e, nil
}

// undecodable is a record on the ledger that is not of its type's shape.
type undecodable struct {
	entry index.Entry
	err   error
}

func (u *undecodable) Error() string {
	return string(u.entry.Kind) + " " + u.entry.ID + ": " + u.err.Error()
}
func (u *undecodable) Unwrap() error { return u.err }

// Party is a participant or organisation by name, with its page.
type Party struct {
	ID, Name, Href string
}

// party looks a participant up by id. One that is not on the ledger is shown
// by its id.
func (q *request) party(id string) Party {
	if p, ok := q.parties[id]; ok {
		return p
	}
	p := Party{ID: id, Name: id}
	if e, err := q.Reader.Get(rights.KindParticipant, id); err == nil {
		p.Href = href(rights.KindParticipant, id)
		if v, err := decode[rights.Participant](e.JSON); err == nil && v.Name != "" {
			p.Name = v.Name
		}
	}
	q.parties[id] = p
	return p
}

// organisation looks a member of the consortium up by its MSP id.
func (q *request) organisation(msp string) Party {
	if p, ok := q.orgs[msp]; ok {
		return p
	}
	p := Party{ID: msp, Name: msp, Href: "/network"}
	if e, err := q.Reader.Get(rights.KindOrganisation, msp); err == nil {
		if v, err := decode[rights.Organisation](e.JSON); err == nil {
			if name := q.say(rights.Text{Zh: v.NameZh, En: v.Name}); name != "" {
				p.Name = name
			}
		}
	} else if msp == q.Organisation.MSPID && q.say(q.Organisation.Name) != "" {
		p.Name = q.say(q.Organisation.Name)
	}
	q.orgs[msp] = p
	return p
}

// splitKid takes a key id apart: participant, number.
func splitKid(kid string) (id, no string) {
	if i := strings.LastIndexByte(kid, '#'); i >= 0 {
		return kid[:i], kid[i+1:]
	}
	return kid, ""
}

// Object is any record by name, with its page.
type Object struct {
	Kind rights.Kind
	ID   string
	Name string
	Href string
}

// object finds a record's name, and for records without a page of their own
// the page that shows them.
func (q *request) object(kind rights.Kind, id string) Object {
	key := rights.RecordRef{Kind: kind, ID: id}
	if o, ok := q.objects[key]; ok {
		return o
	}
	o := Object{Kind: kind, ID: id, Name: id, Href: href(kind, id)}
	if e, err := q.Reader.Get(kind, id); err == nil {
		var v struct {
			Name, ObjectName, DataName, NameZh, CaseID, Code, Title, ProductName string
			Ver, Year                                                            int64
		}
		_ = json.Unmarshal(e.JSON, &v) // whatever was read before a fault still names it
		switch kind {
		case rights.KindCase, rights.KindRight:
			o.Name = v.ObjectName
		case rights.KindCertificate:
			o.Name = v.DataName
		case rights.KindObjection:
			o.Name, o.Href = q.object(rights.KindCase, v.CaseID).Name, href(rights.KindCase, v.CaseID)
		case rights.KindOrganisation:
			o.Name = q.say(rights.Text{Zh: v.NameZh, En: v.Name})
		case rights.KindProfile:
			o.Name = q.say(rights.Text{Zh: "规则参数 " + id, En: "rule profile " + id})
		case rights.KindCalendar:
			year := strconv.FormatInt(v.Year, 10)
			o.Name = q.say(rights.Text{Zh: year + " 年工作日历", En: "work calendar " + year})
		default:
			o.Name = cmp.Or(v.Name, v.Title, v.ProductName)
		}
		if o.Name == "" {
			o.Name = id
		}
	}
	q.objects[key] = o
	return o
}

// href is the page of a record, or "".
func href(kind rights.Kind, id string) string {
	folder := map[rights.Kind]string{
		rights.KindRight: "/rights/", rights.KindCertificate: "/certificates/", rights.KindCase: "/notices/",
		rights.KindResource: "/resources/", rights.KindParticipant: "/participants/",
	}[kind]
	switch {
	case folder != "" && id != "":
		return folder + url.PathEscape(id)
	case kind == rights.KindProfile || kind == rights.KindCalendar:
		return "/parameters"
	case kind == rights.KindOrganisation:
		return "/network"
	}
	return ""
}

// parameter is the value of a parameter under the profiles in force, the
// largest where several name it; 0 where none does.
func (q *request) parameter(key string) int64 {
	if q.params == nil {
		q.params = map[string]int64{}
		for _, p := range q.profiles() {
			if p.InForce && p.Record != nil {
				for _, v := range p.Record.Params {
					q.params[v.Key] = max(q.params[v.Key], v.Int)
				}
			}
		}
	}
	return q.params[key]
}

// demo is the length of a working day in seconds where a profile in force
// shortens it, else 0.
func (q *request) demo() int64 { return q.parameter(rights.ParamDemoSeconds) }
