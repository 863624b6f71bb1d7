package explorer

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway/index"
)

// pageSet is every page parsed, by language and name.
type pageSet struct {
	pages   map[string]map[string]*template.Template
	version map[string]string // static file → start of its hash
}

// parsePages reads templates/*.html: layout.html, parts.html and desk.html belong to every
// page, each other file is the page of its name.
func parsePages(files fs.FS) (*pageSet, error) {
	set := &pageSet{pages: map[string]map[string]*template.Template{}, version: map[string]string{}}
	statics, err := fs.Glob(files, "static/*")
	if err != nil {
		return nil, err
	}
	for _, name := range statics {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(b)
		set.version[path.Base(name)] = hex.EncodeToString(sum[:6])
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, lang := range []string{zh, en} {
		set.pages[lang] = map[string]*template.Template{}
		base, err := template.New("base").Option("missingkey=error").Funcs(funcs(lang, set)).
			ParseFS(files, "templates/layout.html", "templates/parts.html", "templates/desk.html")
		if err != nil {
			return nil, err
		}
		for _, file := range names {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" || name == "parts" || name == "desk" {
				continue
			}
			t, err := base.Clone()
			if err != nil {
				return nil, err
			}
			if set.pages[lang][name], err = t.ParseFS(files, file); err != nil {
				return nil, err
			}
		}
	}
	if len(set.pages[zh]) == 0 {
		return nil, fmt.Errorf("no templates")
	}
	return set, nil
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// funcs are what templates may call, bound to one language.
func funcs(lang string, set *pageSet) template.FuncMap {
	is := func(t rights.Text) string { return pick(lang, t) }
	return template.FuncMap{
		// tr gives both languages side by side where the text stands.
		"tr":       func(zhText, enText string) string { return is(rights.Text{Zh: zhText, En: enText}) },
		"pick":     is,
		"say":      func(s subject, code any) string { return is(term(s, fmt.Sprint(code))) },
		"industry": func(code string) string { return is(industry(code)) },
		"region":   func(code string) string { return is(region(code)) },
		"deed":     func(command string) string { return is(deedOf(command).Title) },
		"tone":     func(s any) string { return tone(rights.State(fmt.Sprint(s))) },
		"chip": func(s any) chip {
			return chip{fmt.Sprint(s), is(term(aState, fmt.Sprint(s))), tone(rights.State(fmt.Sprint(s)))}
		},
		"chipIn": func(kind rights.Kind, s any) chip {
			return chip{fmt.Sprint(s), is(stated(kind, fmt.Sprint(s))), tone(rights.State(fmt.Sprint(s)))}
		},
		"chipOf": func(subj subject, s any) chip {
			return chip{fmt.Sprint(s), is(term(subj, fmt.Sprint(s))), tone(rights.State(fmt.Sprint(s)))}
		},
		"num":   number,
		"yuan":  func(fen int64) string { return "¥" + grouped(fen) },
		"front": func(list []*Input) []*Input { return slices.DeleteFunc(slices.Clone(list), (*Input).Aside) },
		"aside": func(list []*Input) []*Input {
			return slices.DeleteFunc(slices.Clone(list), func(in *Input) bool { return !in.Aside() })
		},
		"filled": func(list []*Input) []*Input {
			return slices.DeleteFunc(slices.Clone(list), func(in *Input) bool { return !in.filled() })
		},
		"why": func(p *client.Problem) string {
			return is(rights.Text{Zh: p.DetailZh, En: cmp.Or(p.DetailEn, p.Detail)})
		},
		"faultof":   func(i client.ItemProblem) string { return is(rights.Text{Zh: i.DetailZh, En: i.Detail}) },
		"measure":   func(unit string, v int64) string { return measure(lang, unit, v) },
		"valueof":   valueOf,
		"reason":    func(e *rights.Error) string { return is(reasonOf(e)) },
		"titled":    func(i *rights.Indicator) string { return is(rights.Text{Zh: i.NameZh, En: i.NameEn}) },
		"grid":      func(c *Chart) []Mark { return c.Grid(lang) },
		"truth":     func(b *bool) bool { return b != nil && *b },
		"deref":     func(v *int64) int64 { return *v },
		"do":        doing,
		"bytes":     size,
		"when":      func(t int64) string { return clock(t, "2006-01-02 15:04:05") },
		"minute":    func(t int64) string { return clock(t, "2006-01-02 15:04") },
		"day":       func(t int64) string { return clock(t, time.DateOnly) },
		"iso":       func(t int64) string { return clock(t, time.RFC3339) },
		"for":       func(sec int64) string { return span(lang, sec) },
		"short":     short,
		"han":       han,
		"href":      href,
		"tx":        func(id string) string { return "/transactions/" + url.PathEscape(id) },
		"blockpage": func(n uint64) string { return "/blocks/" + strconv.FormatUint(n, 10) },
		"asset":     func(name string) string { return "/static/" + name + "?v=" + set.version[name] },
		"add":       func(a, b int) int { return a + b },
	}
}

// doing is the address of a command's form, with some of it filled in.
func doing(command string, pairs ...any) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	u := url.URL{Path: "/do/" + command, RawQuery: v.Encode()}
	return u.String()
}

type chip struct{ Code, Text, Tone string }

// number groups thousands.
func number(v any) string {
	s := fmt.Sprint(v)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		s = "−" + s
	}
	return s
}

func size(n any) string {
	v, err := strconv.ParseFloat(fmt.Sprint(n), 64)
	if err != nil || v < 1024 {
		return number(n) + " B"
	}
	unit := -1
	for v >= 1024 && unit < 4 {
		v, unit = v/1024, unit+1
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + []string{"KiB", "MiB", "GiB", "TiB", "PiB"}[unit]
}

func clock(t int64, layout string) string {
	if t <= 0 || t > 253402271999 { // year 9999
		return "—"
	}
	return time.Unix(t, 0).In(shanghai).Format(layout)
}

// span says a length of time in its largest unit.
func span(lang string, sec int64) string {
	for _, u := range []struct {
		sec           int64
		zh, one, many string
	}{{365 * 86400, " 年", " year", " years"}, {30 * 86400, " 个月", " month", " months"}, {86400, " 天", " day", " days"}, {3600, " 小时", " hour", " hours"}, {60, " 分钟", " minute", " minutes"}, {1, " 秒", " second", " seconds"}} {
		if sec >= u.sec*2 || (sec >= u.sec && u.sec <= 86400) {
			n := sec / u.sec
			switch {
			case lang != en:
				return strconv.FormatInt(n, 10) + u.zh
			case n == 1:
				return "1" + u.one
			default:
				return strconv.FormatInt(n, 10) + u.many
			}
		}
	}
	return pick(lang, rights.Text{Zh: "不到 1 秒", En: "less than a second"})
}

// short keeps both ends of a long id.
func short(s string) string {
	s = strings.TrimPrefix(s, "sha256:")
	if len(s) <= 16 {
		return s
	}
	return s[:8] + "…" + s[len(s)-4:]
}

// han says whether a text holds Chinese, so that English pages can mark it.
func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// Page is what every template is given; Main is the page's own.
type Page struct {
	Lang      string
	Now       rights.UnixSec
	Section   string
	Site      rights.Text
	Org       rights.Text
	Status    index.Status
	Demo      int64
	Refresh   int
	Who       *Visitor // nil: nobody has signed in
	CanSignIn bool
	Workplace *Workplace // whose page this is; nil: everybody's
	Workpage  string
	Main      any

	q *request
}

// HTMLLang is the value of the lang attribute.
func (p *Page) HTMLLang() string { return htmlLang[p.Lang] }

// OtherLang is the language the switch leads to.
func (p *Page) OtherLang() string {
	if p.Lang == en {
		return zh
	}
	return en
}

// Workplaces are those the visitor may enter.
func (p *Page) Workplaces() []Workplace {
	return slices.DeleteFunc(slices.Clone(workplaces), func(w Workplace) bool { return p.Who == nil || !w.Open(p.Who) })
}

// Path is this page's address without its query.
func (p *Page) Path() string { return p.q.r.URL.Path }

// Here is this page's address.
func (p *Page) Here() string { return p.q.with() }

// Switch is this page in the other language.
func (p *Page) Switch() string { return p.q.with("lang", p.OtherLang()) }

// Every is this page, loading again every n seconds.
func (p *Page) Every(n int) string {
	if n == 0 {
		return p.q.with("refresh", "")
	}
	return p.q.with("refresh", strconv.Itoa(n))
}

// Query is what stands in the search box.
func (p *Page) Query() string { return p.q.param("q") }

// URL is the public address of a path, or "".
func (p *Page) URL(path string) string {
	if p.q.PublicURL == "" {
		return ""
	}
	return strings.TrimSuffix(p.q.PublicURL, "/") + path
}

// Party names a participant.
func (p *Page) Party(id string) Party { return p.q.party(id) }

// Organisation names a member of the consortium.
func (p *Page) Organisation(msp string) Party { return p.q.organisation(msp) }

// Object names a record.
func (p *Page) Object(kind rights.Kind, id string) Object { return p.q.object(kind, id) }

// Effect tells whether a right is effective now.
func (p *Page) Effect(r *rights.Right) Effect { return p.q.effect(r) }

// EffectOf is Effect by the right's id.
func (p *Page) EffectOf(id string) Effect {
	if r := p.q.loadRight(id); r != nil {
		return p.q.effect(r)
	}
	return Effect{Why: rights.Text{Zh: "账本上没有这项权利", En: "no such right on the ledger"}}
}

// Relative says how far an instant is: 还剩 2 天, 3 天前.
func (p *Page) Relative(t rights.UnixSec) string {
	switch d := t - p.Now; {
	case t <= 0:
		return ""
	case d > 0:
		return pick(p.Lang, rights.Text{Zh: "还剩 " + span(p.Lang, d), En: span(p.Lang, d) + " left"})
	case d == 0:
		return pick(p.Lang, rights.Text{Zh: "刚刚", En: "just now"})
	default:
		return pick(p.Lang, rights.Text{Zh: span(p.Lang, -d) + "前", En: span(p.Lang, -d) + " ago"})
	}
}

// Past reports whether an instant has come.
func (p *Page) Past(t rights.UnixSec) bool { return p.Now >= t }

// RowsOf is what the table templates are given.
type RowsOf struct {
	Page *Page
	Rows []Row
}

// WarnedOn is a warning with its page, and the pledge it is about where the page has several.
type WarnedOn struct {
	Page   *Page
	W      Warning
	Pledge *rights.Pledge
}

// Warned pairs a warning with its page.
func (p *Page) Warned(w Warning, pledge *rights.Pledge) WarnedOn { return WarnedOn{p, w, pledge} }

// Named says what a record is called, with its kind where it has no name.
func (p *Page) Named(ref rights.RecordRef) Object { return p.q.object(ref.Kind, ref.ID) }

// Rows pairs a list with its page.
func (p *Page) Rows(rows []Row) RowsOf { return RowsOf{p, rows} }

// soon is what a day is called that is near, in seconds.
const soon = 3 * 86400

// Soon reports whether an instant is near.
func (p *Page) Soon(t rights.UnixSec) bool { return t-p.Now < soon }

// Paired is what a template is given that needs its page too.
type Paired struct {
	Page *Page
	Of   any
}

// With pairs something with its page.
func (p *Page) With(of any) Paired { return Paired{p, of} }

// RightKind is what a right is of, or "".
func (p *Page) RightKind(id string) rights.RightKind {
	if r := p.q.loadRight(id); r != nil {
		return r.Kind
	}
	return ""
}

// DueOn is what is due with its page.
type DueOn struct {
	Page *Page
	Due  Due
	Late bool
}

// DueIn pairs what is due with its page.
func (p *Page) DueIn(d Due, late bool) DueOn { return DueOn{p, d, late} }

// Desk names a record by the page of this workplace that shows it, where there is one.
func (p *Page) Desk(ref rights.RecordRef) Object {
	o := p.q.object(ref.Kind, ref.ID)
	if ref.Kind == rights.KindAlert && o.Href == "" {
		o.Href = "/regulator/alerts/" + url.PathEscape(ref.ID)
	}
	return o
}

// ScopedOn is what is permitted, with its page.
type ScopedOn struct {
	Page  *Page
	Scope *rights.Scope
}

// Scoped pairs a scope with its page.
func (p *Page) Scoped(s rights.Scope) ScopedOn { return ScopedOn{p, &s} }

// DisputedOn is a dispute with its page.
type DisputedOn struct {
	Page *Page
	Row  disputeRow
}

// Disputed pairs a dispute with its page.
func (p *Page) Disputed(r disputeRow) DisputedOn { return DisputedOn{p, r} }
