package explorer

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// Visitor is who has signed in: a key of a participant of the ledger.
type Visitor struct {
	Kid           string        `json:"kid"`
	ParticipantID string        `json:"participantId"`
	Roles         []rights.Role `json:"roles"`
	ExpiresAt     rights.UnixSec
}

// Is reports whether the visitor's key carries a role.
func (v *Visitor) Is(r rights.Role) bool { return v != nil && slices.Contains(v.Roles, r) }

// sessionCookie holds the API's session token. It is for reading: whatever is
// written takes a signature of its own, so who takes it can write nothing.
const sessionCookie = "session"

func (q *request) token() string {
	if c, err := q.r.Cookie(sessionCookie); err == nil && !q.over {
		return c.Value
	}
	return ""
}

func (q *request) setToken(token string, until rights.UnixSec) {
	c := &http.Cookie{Name: sessionCookie, Value: token, Path: "/", HttpOnly: true, Secure: q.r.TLS != nil, SameSite: http.SameSiteStrictMode}
	if token == "" {
		c.MaxAge = -1
	} else {
		c.Expires = time.Unix(until, 0)
	}
	http.SetCookie(q.w, c)
}

// visitor asks the API whom the cookie stands for; nil is nobody. A token that is
// over is forgotten.
func (q *request) visitor() (*Visitor, error) {
	if q.known {
		return q.who, nil
	}
	if q.token() == "" || q.API == nil {
		q.known = true
		return nil, nil
	}
	v := new(Visitor)
	var p *client.Problem
	switch err := q.get("/v1/sessions/current", nil, v); {
	case errors.As(err, &p) && p.Status == http.StatusUnauthorized:
		q.setToken("", 0)
		q.known, q.over = true, true
		return nil, nil
	case err != nil:
		return nil, err
	}
	q.known, q.who = true, v
	return v, nil
}

// errSignIn sends the visitor to the sign-in page and back.
var errSignIn = errors.New("sign in first")

// Workplace is the pages of one role.
type Workplace struct {
	Path  string
	Title rights.Text
	Roles []rights.Role
	Pages []WorkPage
}

// WorkPage is one page of a workplace.
type WorkPage struct {
	Path  string // below the workplace's; empty: its front
	Title rights.Text
	serve func(*request) error
}

// Open reports whether the visitor's key has one of the workplace's roles.
func (w Workplace) Open(v *Visitor) bool { return slices.ContainsFunc(w.Roles, v.Is) }

// Href is the address of one of the workplace's pages.
func (w Workplace) Href(p WorkPage) string {
	if p.Path == "" {
		return w.Path
	}
	return w.Path + "/" + p.Path
}

// at serves a page of a workplace to those whose it is.
func (w Workplace) at(p WorkPage) func(*request) error {
	return func(q *request) error {
		v, err := q.visitor()
		if err != nil {
			return err
		}
		if v == nil {
			return errSignIn
		}
		if !w.Open(v) {
			return &client.Problem{Status: http.StatusForbidden, Code: "E_FORBIDDEN",
				DetailZh: "这些页面供" + q.roleNames(zh, w.Roles) + "使用；您的密钥 " + v.Kid + " 没有这些职责",
				Detail:   "these pages are for the " + q.roleNames(en, w.Roles) + "; your key " + v.Kid + " has no such duty"}
		}
		q.workplace, q.workpage = &w, p.Path
		return p.serve(q)
	}
}

func (q *request) roleNames(lang string, roles []rights.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, pick(lang, term(aRole, string(r))))
	}
	if lang == en {
		return strings.Join(names, ", ")
	}
	return strings.Join(names, "、")
}

// signInView is the sign-in page: first who, then the bytes to sign.
type signInView struct {
	Kid     string
	To      string // where the visitor wanted to go
	Input   string // what is to be signed; empty: who is not yet said
	Over    bool   // the last session has ended
	Problem *client.Problem
}

func (q *request) signIn() error {
	v := signInView{Kid: strings.TrimSpace(q.form("kid")), To: inside(q.form("to")), Input: q.form("input"), Over: q.over}
	if q.r.Method != http.MethodPost {
		who, err := q.visitor()
		if err != nil {
			return err
		}
		if who != nil {
			return q.redirect(homeOf(who))
		}
		v.Over = q.over
		return q.render(http.StatusOK, "sign-in", "sign-in", v)
	}
	again := func(err error) error {
		if !errors.As(err, &v.Problem) {
			return err
		}
		return q.render(v.Problem.Status, "sign-in", "sign-in", v)
	}
	if v.Input == "" {
		var asked struct {
			Challenge string `json:"challenge"`
		}
		if err := q.post("/v1/challenges", map[string]string{"kid": v.Kid}, &asked); err != nil {
			return again(err)
		}
		input, err := client.SessionInput(v.Kid, asked.Challenge, q.Now())
		if err != nil {
			return err
		}
		v.Input = string(input)
		return q.render(http.StatusOK, "sign-in", "sign-in", v)
	}
	sig, err := q.signature()
	if err != nil {
		return again(err)
	}
	var opened struct {
		Token     string         `json:"token"`
		ExpiresAt rights.UnixSec `json:"expiresAt"`
	}
	if err := q.send("/v1/sessions", "application/jose", append([]byte(v.Input+"."), base64.RawURLEncoding.EncodeToString(sig)...), &opened); err != nil {
		var p *client.Problem
		if errors.As(err, &p) && p.Code == "E_SESSION" {
			v.Input = "" // the challenge is used up or over
		}
		return again(err)
	}
	q.setToken(opened.Token, opened.ExpiresAt)
	if v.To == "" {
		v.To = "/my"
	}
	return q.redirect(v.To)
}

func (q *request) signOut() error {
	if q.r.Method == http.MethodPost {
		if _, err := q.call(http.MethodDelete, "/v1/sessions/current", nil, "", nil, q.token()); err != nil {
			var p *client.Problem
			if !errors.As(err, &p) { // a session that is over has ended too
				return err
			}
		}
		q.setToken("", 0)
	}
	return q.redirect("/")
}

// my leads to the visitor's workplace.
func (q *request) my() error {
	v, err := q.visitor()
	if err != nil {
		return err
	}
	if v == nil {
		return errSignIn
	}
	return q.redirect(homeOf(v))
}

func homeOf(v *Visitor) string {
	for _, w := range workplaces {
		if w.Open(v) {
			return w.Path
		}
	}
	return "/"
}

// inside keeps where to go on within this site.
func inside(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(to, "\\\r\n") {
		return ""
	}
	return u.RequestURI()
}

func (q *request) redirect(to string) error {
	h := q.w.Header()
	h.Set("Location", to)
	h.Set("Content-Length", "0")
	q.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// maxForm bounds a posted form in bytes: a command of the largest size, with the
// escapes forms add.
const maxForm = 3 * command.MaxSize

// form is one value of the posted form, or of the query.
func (q *request) form(name string) string {
	if q.r.Method != http.MethodPost {
		return q.param(name)
	}
	return strings.ToValidUTF8(strings.ReplaceAll(q.r.PostFormValue(name), "\r\n", "\n"), "")
}

// sent is all that a posted form says, as form would give it.
func (q *request) sent() url.Values {
	all := url.Values{}
	for name, values := range q.r.PostForm {
		for _, v := range values {
			all.Add(name, strings.ToValidUTF8(strings.ReplaceAll(v, "\r\n", "\n"), ""))
		}
	}
	return all
}

// readForm reads a posted form, with its files.
func (q *request) readForm() error {
	q.r.Body = http.MaxBytesReader(q.w, q.r.Body, maxForm)
	err := q.r.ParseForm()
	if media, _, _ := mime.ParseMediaType(q.r.Header.Get("Content-Type")); err == nil && media == "multipart/form-data" {
		err = q.r.ParseMultipartForm(1 << 20)
	}
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return &client.Problem{Status: http.StatusRequestEntityTooLarge, Code: "E_TOO_LARGE", DetailZh: "提交的内容过大", Detail: "what was sent is too large"}
	case err != nil:
		return &client.Problem{Status: http.StatusBadRequest, Code: "E_FORMAT", DetailZh: "无法读取提交的表单", Detail: "the form that was sent cannot be read"}
	}
	return nil
}

// maxSignature bounds a signature file in bytes; the longest form is DER in hex.
const maxSignature = 4096

// signature is what the visitor's key answered, pasted or as a file: 64 bytes r‖s or
// DER, as they are or in base64, base64url or hex, PEM armour aside.
func (q *request) signature() ([]byte, error) {
	text := []byte(q.form("signature"))
	if f, _, err := q.r.FormFile("signatureFile"); err == nil {
		defer f.Close()
		if b, err := io.ReadAll(io.LimitReader(f, maxSignature+1)); err == nil && len(b) > 0 {
			text = b
		}
	}
	sig := readSignature(text)
	if sig == nil {
		return nil, &client.Problem{Status: http.StatusBadRequest, Code: "E_SIGNATURE", Field: "signature",
			DetailZh: "没有读到签名：应为 64 字节 r‖s 或 DER，可用 base64 或十六进制书写", Detail: "no signature: want 64 bytes r‖s or DER, in base64 or hex, or the file itself"}
	}
	return sig, nil
}

func readSignature(text []byte) []byte {
	if len(text) == 0 || len(text) > maxSignature {
		return nil
	}
	plausible := func(b []byte) bool { return len(b) == 64 || len(b) >= 8 && len(b) <= 72 && b[0] == 0x30 }
	compact := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, string(text))
	if b, err := hex.DecodeString(strings.TrimPrefix(compact, "0x")); err == nil && plausible(b) {
		return b
	}
	unpadded := strings.TrimRight(compact, "=")
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := e.DecodeString(unpadded); err == nil && plausible(b) {
			return b
		}
	}
	if plausible(text) {
		return text
	}
	return nil
}
