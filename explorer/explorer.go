package explorer

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway/index"
)

//go:embed templates static
var embedded embed.FS

// Policy is the content-security policy of every page but lineage. Pages have no
// script, so none may run.
const Policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// ScriptPolicy is the policy of the lineage page, which draws with scripts of this
// site's own and asks its API. Nothing in line, nothing from elsewhere.
const ScriptPolicy = Policy + "; script-src 'self'; connect-src 'self'"

// DefaultSite names the registry where Options.Site is empty.
var DefaultSite = rights.Text{Zh: "数据产权登记簿", En: "Data Rights Registry"}

// Organisation is the member whose gateway serves the pages.
type Organisation struct {
	MSPID string
	Name  rights.Text
}

// Options wires the pages.
type Options struct {
	Reader       Reader
	API          http.Handler // the gateway's own, for what takes a session; nil: nobody can sign in
	Network      Network      // nil: /network says that nothing is known
	Organisation Organisation
	Site         rights.Text // name of the registry; DefaultSite when empty
	PublicURL    string      // origin printed on certificates, such as https://registry.example.cn; empty: none
	// ShowSigned shows the signed command's body on a transaction's page.
	// Leave it off where the public may not read what applicants sign.
	ShowSigned bool
	// Hidden kinds of records are their parties' own: pages say neither which of
	// them a transaction wrote nor who signed it. nil hides none.
	Hidden func(rights.Kind) bool
	Dev    string           // folder of this package's source: templates and styles are read from it anew for each request
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: slog.Default
}

type server struct {
	Options
	crossOrigin *http.CrossOriginProtection
	files       fs.FS
	pages       *pageSet
}

// New parses every page in both languages and returns the handler of all of
// them, to be mounted at the root. Few take more than GET and HEAD (takesPosts).
func New(o Options) (http.Handler, error) {
	if o.Reader == nil {
		return nil, errors.New("explorer: no reader")
	}
	if o.Site == (rights.Text{}) {
		o.Site = DefaultSite
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Hidden != nil {
		o.Reader = discreet{o.Reader, o.Hidden}
	}
	s := &server{Options: o, files: embedded, crossOrigin: http.NewCrossOriginProtection()}
	if o.Dev != "" {
		s.files = os.DirFS(o.Dev)
	}
	var err error
	if s.pages, err = parsePages(s.files); err != nil {
		return nil, fmt.Errorf("couldn't parse the pages: %w", err)
	}

	mux := http.NewServeMux()
	routes := map[string]func(*request) error{
		"/sign-in":             (*request).signIn,
		"/sign-out":            (*request).signOut,
		"/my":                  (*request).my,
		"/do/{name}":           (*request).command,
		"/receipts/{id}":       (*request).receipt,
		"/live":                (*request).live,
		"/market":              (*request).market,
		"/market/offers/{id}":  (*request).offer,
		"/market/demands/{id}": (*request).demand,
		"/indicators":          (*request).indicators,
		"/indicators/{code}":   (*request).indicator,
		"/{$}":                 (*request).front,
		"/search":              (*request).search,
		"/registry":            (*request).registry,
		"/rights/{id}":         (*request).right,
		"/certificates/{id}":   (*request).certificate,
		"/verify":              (*request).verifyForm,
		"/verify/{no}":         (*request).verify,
		"/notices":             (*request).notices,
		"/notices/{id}":        (*request).notice,
		"/resources/{id}":      (*request).resource,
		"/participants/{id}":   (*request).participant,
		"/blocks":              (*request).blocks,
		"/blocks/{id}":         (*request).block,
		"/transactions":        (*request).transactions,
		"/transactions/{id}":   (*request).transaction,
		"/network":             (*request).network,
		"/parameters":          (*request).parameters,
		"/about":               (*request).about,
		"/lineage":             (*request).lineage,
		"/{rest...}":           (*request).missing,
	}
	routes["/lineage/v1/{rest...}"] = (*request).lineageData
	for _, w := range workplaces {
		for _, p := range w.Pages {
			routes[w.Href(p)] = w.at(p)
		}
	}
	for pattern, h := range routes {
		mux.Handle(pattern, s.page(pattern, h))
	}
	mux.HandleFunc("/static/{name}", s.static)
	return mux, nil
}

// errNotHere is a path that names nothing.
var errNotHere = errors.New("no such page")

func (q *request) missing() error { return errNotHere }

// page runs a handler and turns what it returns, or panics with, into a page.
func (s *server) page(pattern string, h func(*request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", Policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cache-Control", "private, no-cache")
		head.Set("Vary", "Cookie")
		q := s.newRequest(w, r)
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				s.Log.Error("page panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				q.fail(http.StatusInternalServerError)
			}
		}()
		switch posts := takesPosts[pattern]; {
		case r.Method == http.MethodGet, r.Method == http.MethodHead:
		case r.Method != http.MethodPost || !posts:
			allow := "GET, HEAD"
			if posts {
				allow += ", POST"
			}
			head.Set("Allow", allow)
			q.fail(http.StatusMethodNotAllowed)
			return
		default:
			err := s.crossOrigin.Check(r)
			if err != nil {
				err = &client.Problem{Status: http.StatusForbidden, Code: "E_FORBIDDEN", DetailZh: "这个表单不是从本站提交的", Detail: "this form was not sent from this site"}
			} else {
				err = q.readForm()
			}
			if err != nil {
				q.refuse(err)
				return
			}
		}
		if s.Dev != "" {
			pages, err := parsePages(s.files)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			q.pages = pages
		}
		if err := h(q); err != nil {
			q.refuse(err)
		}
	})
}

// takesPosts are the pages that take forms.
var takesPosts = map[string]bool{"/sign-in": true, "/sign-out": true, "/do/{name}": true, "/bank/verify": true}

// refuse turns an error into a page.
func (q *request) refuse(err error) {
	var p *client.Problem
	switch {
	case errors.Is(err, errSignIn), errors.As(err, &p) && p.Status == http.StatusUnauthorized:
		_ = q.redirect("/sign-in?to=" + url.QueryEscape(q.r.URL.RequestURI())) // it only writes
	case errors.Is(err, index.ErrNotFound), errors.Is(err, errNotHere), p != nil && p.Status == http.StatusNotFound:
		q.fail(http.StatusNotFound)
	case errors.Is(err, index.ErrCursor), p != nil && p.Field == "cursor":
		q.fail(http.StatusBadRequest)
	case p != nil:
		q.problem(p)
	default:
		q.Log.Error("page failed", "path", q.r.URL.Path, "error", err)
		q.fail(http.StatusInternalServerError)
	}
}

// problem shows what the API, or a page, refuses.
func (q *request) problem(p *client.Problem) {
	title, ok := refusals[p.Status]
	if !ok {
		title = rights.Text{Zh: "未能完成", En: "This could not be done"}
	}
	v := errorView{Status: p.Status, Text: failure{title, rights.Text{Zh: p.DetailZh, En: cmp.Or(p.DetailEn, p.Detail)}}, Code: p.Code}
	if err := q.render(p.Status, "error", "", v); err != nil {
		q.Log.Error("error page failed", "error", err)
		http.Error(q.w, http.StatusText(p.Status), p.Status)
	}
}

var refusals = map[int]rights.Text{
	http.StatusForbidden:             {Zh: "这一页不对您开放", En: "This page is not for you"},
	http.StatusTooManyRequests:       {Zh: "请求过于频繁", En: "Too many requests"},
	http.StatusServiceUnavailable:    {Zh: "账本暂时无法应答", En: "The ledger cannot answer now"},
	http.StatusGatewayTimeout:        {Zh: "结果尚不确定", En: "The outcome is not known yet"},
	http.StatusRequestEntityTooLarge: {Zh: "提交的内容过大", En: "Too much was sent"},
}

// fail shows the page of an HTTP status, or plain text should even that fail.
func (q *request) fail(status int) {
	if err := q.render(status, "error", "", errorView{Status: status, Text: failures[status]}); err != nil {
		q.Log.Error("error page failed", "error", err)
		http.Error(q.w, http.StatusText(status), status)
	}
}

type errorView struct {
	Status int
	Text   failure
	Code   string
}

type failure struct{ Title, Detail rights.Text }

var failures = map[int]failure{
	http.StatusBadRequest: {
		rights.Text{Zh: "这个链接不完整", En: "This link is not complete"},
		rights.Text{Zh: "翻页标记不是本站给出的，或不属于这次查询。请从第一页重新开始。", En: "The page marker was not given by this site, or belongs to another query. Please start from the first page."},
	},
	http.StatusNotFound: {
		rights.Text{Zh: "账本上没有这一条", En: "Nothing here"},
		rights.Text{Zh: "账本目前的高度上没有这条记录，或者网址写错了。编号区分大小写，可以用上方的搜索框按名称、证号或编号查找。", En: "The ledger has no such record at its present height, or the address is mistyped. Ids are case-sensitive; use the search box above for names, certificate numbers and ids."},
	},
	http.StatusMethodNotAllowed: {
		rights.Text{Zh: "这里只供查阅", En: "These pages are for reading"},
		rights.Text{Zh: "写入账本须以签名命令提交到 POST /v1/commands。", En: "To write to the ledger, post a signed command to /v1/commands."},
	},
	http.StatusInternalServerError: {
		rights.Text{Zh: "本页暂时无法显示", En: "This page cannot be shown now"},
		rights.Text{Zh: "读取本机构的索引时出错，账本本身不受影响。请稍后再试，或从另一家机构的网关查阅同一页。", En: "Reading this organisation's index failed; the ledger itself is not affected. Try again later, or read the same page at another organisation's gateway."},
	},
}

// static serves the style sheet and the mark. Pages name them by content hash,
// so they may be kept for good.
func (s *server) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	b, err := fs.ReadFile(s.files, "static/"+name)
	if err != nil || !fs.ValidPath(name) {
		s.page("", (*request).missing).ServeHTTP(w, r)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if v := r.URL.Query().Get("v"); v != "" && v == s.pages.version[name] && s.Dev == "" {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}

// render writes a page whole or not at all.
func (q *request) render(status int, page, section string, main any) error {
	who, err := q.visitor()
	if err != nil {
		return err
	}
	p := &Page{
		Who: who, Workplace: q.workplace, Workpage: q.workpage, CanSignIn: q.API != nil,
		Lang: q.lang, Now: q.now, Section: section, Main: main, Site: q.Site, Org: q.Organisation.Name,
		Status: q.Reader.Status(), Demo: q.demo(), q: q,
	}
	switch page {
	case "live", "network", "notices", "exchange-consortium":
		p.Refresh = q.refresh()
	}
	var b bytes.Buffer
	if err := q.pages.pages[q.lang][page].ExecuteTemplate(&b, "layout", p); err != nil {
		return fmt.Errorf("couldn't render %s: %w", page, err)
	}
	h := q.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", htmlLang[q.lang])
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	h.Set("Ledger-Height", strconv.FormatUint(p.Status.Height, 10))
	q.w.WriteHeader(status)
	if q.r.Method != http.MethodHead {
		_, _ = q.w.Write(b.Bytes()) // the reader has gone; nothing to tell anyone
	}
	return nil
}
