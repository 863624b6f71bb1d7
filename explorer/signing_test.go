package explorer

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/internal/gm"
)

const visitorKid = "91320903MA0A00022Y#1"

// fakeAPI answers what pages ask, and remembers what was submitted.
type fakeAPI struct {
	t         *testing.T
	key       client.Key
	open      bool // the session holds
	roles     []rights.Role
	submitted [][]byte
	mediaType string          // of what was submitted last
	refusal   *client.Problem // of commands
	records   map[string]any  // by path
	asked     []string
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(v); err != nil {
			f.t.Error(err)
		}
	}
	f.asked = append(f.asked, r.Method+" "+r.URL.RequestURI())
	authorised := r.Header.Get("Authorization") == "Bearer token" && f.open
	switch r.Method + " " + r.URL.Path {
	case "POST /v1/challenges":
		answer(201, map[string]any{"challenge": "datarights-session-v1/GroupMSP/" + visitorKid + "/1/n/m", "expiresAt": 1})
	case "POST /v1/sessions":
		body := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(body)
		at := strings.LastIndexByte(string(body), '.')
		sig, err := base64.RawURLEncoding.DecodeString(string(body[at+1:]))
		pub, _ := gm.ParsePublicKeyPEM(f.key.PublicPEM())
		if err != nil || !gm.Verify(pub, body[:at], sig) {
			answer(401, client.Problem{Status: 401, Code: "E_SIGNATURE", DetailZh: "签名不符", DetailEn: "the signature does not verify"})
			return
		}
		f.open = true
		answer(201, map[string]any{"token": "token", "expiresAt": sampleNow.Unix() + 3600})
	case "GET /v1/sessions/current":
		if !authorised {
			answer(401, client.Problem{Status: 401, Code: "E_SESSION", DetailZh: "会话不存在", DetailEn: "no such session"})
			return
		}
		answer(200, map[string]any{"kid": visitorKid, "participantId": "91320903MA0A00022Y", "roles": f.roles})
	case "DELETE /v1/sessions/current":
		f.open = false
		w.WriteHeader(http.StatusNoContent)
	case "POST /v1/commands":
		if !authorised {
			f.t.Error("a command went out without the visitor's session")
		}
		body := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(body)
		if f.refusal != nil {
			answer(f.refusal.Status, f.refusal)
			return
		}
		f.submitted, f.mediaType = append(f.submitted, body), r.Header.Get("Content-Type")
		answer(201, client.Receipt{TxID: strings.Repeat("ab", 32), Block: 7})
	default:
		path := r.URL.Path
		if cursor := r.URL.Query().Get("cursor"); cursor != "" {
			path += "?cursor=" + cursor
		}
		if v, ok := f.records[path]; ok {
			answer(200, v)
			return
		}
		answer(404, client.Problem{Status: 404, Code: "E_NOT_FOUND", DetailZh: "没有", DetailEn: "nothing"})
	}
}

type siteUnderTest struct {
	t   *testing.T
	h   http.Handler
	api *fakeAPI
	jar map[string]string
}

func signedSite(t *testing.T) *siteUnderTest {
	t.Helper()
	key, err := client.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	api := &fakeAPI{t: t, key: key, roles: []rights.Role{rights.RoleEnterprise}, records: map[string]any{}}
	o := sampleOptions(sample(5))
	o.API = api
	return &siteUnderTest{t, handler(t, o), api, map[string]string{}}
}

func (s *siteUnderTest) do(method, target string, form url.Values, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	var body *strings.Reader
	if body = strings.NewReader(""); form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range s.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(s.jar, c.Name)
		} else {
			s.jar[c.Name] = c.Value
		}
		if c.Name == sessionCookie && (!c.HttpOnly || c.SameSite != http.SameSiteStrictMode) {
			s.t.Error("scripts or other sites get at the session")
		}
	}
	return w
}

var reInput = regexp.MustCompile(`name="input" value="([^"]+)"`)

func inputOf(t *testing.T, page string) string {
	t.Helper()
	m := reInput.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has nothing to sign: %s", page)
	}
	return html.UnescapeString(m[1])
}

func (s *siteUnderTest) sign(input string) string {
	s.t.Helper()
	sig, err := s.api.key.Sign([]byte(input))
	if err != nil {
		s.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sig)
}

func (s *siteUnderTest) signIn() {
	s.t.Helper()
	page := s.do("POST", "/sign-in", url.Values{"kid": {visitorKid}})
	input := inputOf(s.t, page.Body.String())
	if w := s.do("POST", "/sign-in", url.Values{"kid": {visitorKid}, "input": {input}, "signature": {s.sign(input)}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/my" {
		s.t.Fatalf("signing in answered %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestSignIn(t *testing.T) {
	s := signedSite(t)
	if w := s.do("GET", "/enterprise?x=1", nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sign-in?to=%2Fenterprise%3Fx%3D1" {
		t.Errorf("a stranger was sent to %d %s", w.Code, w.Header().Get("Location"))
	}
	page := s.do("POST", "/sign-in", url.Values{"kid": {visitorKid}, "to": {"/market"}})
	input := inputOf(t, page.Body.String())
	if w := s.do("POST", "/sign-in", url.Values{"kid": {visitorKid}, "input": {input}, "signature": {"zz"}}); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "没有读到签名") || inputOf(t, w.Body.String()) != input {
		t.Errorf("no signature: %d, and what was to be signed is lost", w.Code)
	}
	if w := s.do("POST", "/sign-in", url.Values{"kid": {visitorKid}, "input": {input}, "signature": {s.sign("something else")}}); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "签名不符") {
		t.Errorf("another text's signature: %d", w.Code)
	}
	if w := s.do("POST", "/sign-in", url.Values{"kid": {visitorKid}, "input": {input}, "signature": {s.sign(input)}, "to": {"/market"}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/market" {
		t.Fatalf("signing in: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := s.do("GET", "/about", nil); !strings.Contains(w.Body.String(), visitorKid) || !strings.Contains(w.Body.String(), "退出") {
		t.Error("the page does not say who has signed in")
	}
	s.api.open = false // the gateway was restarted
	if w := s.do("GET", "/about", nil); w.Code != http.StatusOK || strings.Contains(w.Body.String(), visitorKid) || s.jar[sessionCookie] != "" {
		t.Error("a session that is over is still shown")
	}
	s.signIn()
	if w := s.do("POST", "/sign-out", url.Values{}); w.Code != http.StatusSeeOther || s.jar[sessionCookie] != "" || s.api.open {
		t.Error("signing out did not end the session")
	}
}

func TestRedirectStaysHere(t *testing.T) {
	for _, to := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "/ok\r\nSet-Cookie: a=b", "http:/x"} {
		if got := inside(to); got != "" {
			t.Errorf("inside(%q) is %q", to, got)
		}
	}
	for _, to := range []string{"/", "/market?of=demands&q=%E6%95%B0", "/rights/RT-1"} {
		if got := inside(to); got != to {
			t.Errorf("inside(%q) is %q", to, got)
		}
	}
}

func TestOtherSitesSendNoForms(t *testing.T) {
	s := signedSite(t)
	s.signIn()
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-site"}} {
		if w := s.do("POST", "/do/demand.post", url.Values{"b.title": {"x"}}, header...); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "不是从本站提交") {
			t.Errorf("%v: %d", header, w.Code)
		}
		if w := s.do("POST", "/sign-out", url.Values{}, header...); w.Code != http.StatusForbidden || !s.api.open {
			t.Errorf("%v signs out: %d", header, w.Code)
		}
	}
}

func TestOtherRoles(t *testing.T) {
	s := signedSite(t)
	s.api.roles = []rights.Role{rights.RoleBank}
	s.signIn()
	if w := s.do("GET", "/enterprise", nil); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "没有这些职责") {
		t.Errorf("a bank's officer sees the enterprise's pages: %d", w.Code)
	}
}

var demandForm = url.Values{
	"step": {"prepare"}, "b.title": {`求购"气象"数据 <script>alert(1)</script>`}, "b.text": {"一行\r\n两行"}, "b.field": {"GreenLowCarbon"}, "b.regionCode": {"320900"},
	"b.productTypes": {"Dataset\n API "}, "b.validTo": {"2026-12-31 17:00"}, "back": {"/market"},
}

func TestCommandIsSignedAsShown(t *testing.T) {
	s := signedSite(t)
	s.signIn()
	page := s.do("POST", "/do/demand.post", demandForm)
	if page.Code != http.StatusOK {
		t.Fatalf("%d: %s", page.Code, page.Body)
	}
	if strings.Contains(page.Body.String(), "<script>alert") {
		t.Fatal("what was filled in became part of the page")
	}
	input := inputOf(t, page.Body.String())
	w := s.do("POST", "/do/demand.post", url.Values{"step": {"send"}, "input": {input}, "signature": {s.sign(input)}, "back": {"/market"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/receipts/"+strings.Repeat("ab", 32)+"?at=7&back=%2Fmarket" {
		t.Fatalf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	c, err := command.Decode(s.api.submitted[0])
	if err != nil {
		t.Fatal(err)
	}
	body, err := command.DecodeBody[rights.PostDemand](c.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := rights.PostDemand{Title: `求购"气象"数据 <script>alert(1)</script>`, Text: "一行\n两行", Field: "GreenLowCarbon", RegionCode: "320900", ProductTypes: []string{"Dataset", "API"},
		ValidTo: at("2026-12-31 17:00:00").Unix()}
	if !reflect.DeepEqual(body, want) || c.Kid != visitorKid || c.Name != "demand.post" {
		t.Errorf("submitted %+v of %s", body, c.Kid)
	}
}

func TestRefusedCommandKeepsWhatWasFilledIn(t *testing.T) {
	s := signedSite(t)
	s.signIn()
	if w := s.do("POST", "/do/demand.post", url.Values{"step": {"prepare"}, "b.title": {"标题"}, "b.validTo": {"someday"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="标题"`) ||
		!strings.Contains(w.Body.String(), "应为北京时间") || !strings.Contains(w.Body.String(), `value="someday"`) || !strings.Contains(w.Body.String(), "请填写") {
		t.Errorf("a faulty form: %d", w.Code)
	}
	input := inputOf(t, s.do("POST", "/do/demand.post", demandForm).Body.String())
	s.api.refusal = &client.Problem{Status: 422, Code: "E_TERM", Field: "body.validTo", DetailZh: "期限须晚于现在", DetailEn: "must be after now", Rule: "3.21"}
	w := s.do("POST", "/do/demand.post", url.Values{"step": {"send"}, "input": {input}, "signature": {s.sign(input)}})
	if w.Code != 422 || !strings.Contains(w.Body.String(), "期限须晚于现在") || !strings.Contains(w.Body.String(), "E_TERM") || inputOf(t, w.Body.String()) != input {
		t.Errorf("a refusal: %d %s", w.Code, w.Body)
	}
	w = s.do("POST", "/do/demand.post", url.Values{"step": {"edit"}, "input": {input}})
	if !strings.Contains(w.Body.String(), "2026-12-31 17:00:00") || !strings.Contains(w.Body.String(), "两行") {
		t.Error("changing it begins from nothing")
	}
	for name, form := range map[string]url.Values{
		"another command's bytes": {"step": {"send"}, "input": {strings.Replace(input, ".", "x.", 1)}, "signature": {s.sign(input)}},
		"no bytes":                {"step": {"send"}, "input": {""}, "signature": {s.sign(input)}},
		"garbage":                 {"step": {"send"}, "input": {"\x00\xff.."}, "signature": {"AAAA"}},
	} {
		if w := s.do("POST", "/do/demand.post", form); w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if w := s.do("POST", "/do/right.expire", url.Values{"step": {"send"}, "input": {input}, "signature": {s.sign(input)}}); w.Code != http.StatusBadRequest {
		t.Errorf("bytes of another command: %d", w.Code)
	}
	if w := s.do("POST", "/do/demand.post", url.Values{"b.text": {strings.Repeat("数", maxForm)}}); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too much: %d", w.Code)
	}
	if w := s.do("GET", "/do/no.such", nil); w.Code != http.StatusNotFound {
		t.Errorf("no such command: %d", w.Code)
	}
}

// Every command has a form that can be shown, in both languages.
func TestEveryCommandHasAForm(t *testing.T) {
	s := signedSite(t)
	s.signIn()
	for _, spec := range rights.Commands() {
		for _, lang := range []string{zh, en} {
			if w := s.do("GET", "/do/"+spec.Name+"?lang="+lang, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), spec.Name) {
				t.Errorf("%s (%s): %d", spec.Name, lang, w.Code)
			}
		}
	}
}

// What a form writes into a body comes out of it as it was.
func TestFormRoundTrip(t *testing.T) {
	key, err := client.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	sig, err := key.Sign([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	proof := base64.RawURLEncoding.EncodeToString(sig)
	for _, spec := range rights.Commands() {
		rapid.Check(t, func(t *rapid.T) {
			sent, filled := url.Values{}, map[string]string{}
			fill := func(in *Input) {
				v := map[manner]string{
					aLine: "文本", aText: "一\n二", aNumber: "42", aMoment: "2026-12-31 17:00:00", anAmount: "12.50", aYesNo: "true", aList: "甲\n乙", aNested: "[]", aProof: proof,
				}[in.Manner]
				switch in.Manner {
				case aGroup, someRows:
					return
				case aChoice:
					v = in.Choices[0].Code
				case someOf:
					v = in.Choices[0].Code + "\n" + in.Choices[len(in.Choices)-1].Code
				}
				if !in.Required && rapid.Bool().Draw(t, in.Name) {
					return
				}
				filled[in.Name] = v
				sent["b."+in.Name] = strings.Split(v, "\n")
				if in.Manner != someOf {
					sent["b."+in.Name] = []string{v}
				}
			}
			empty := inputsOf(zh, spec)
			each(empty, func(in *Input) {
				if in.Manner == someRows {
					in.addRow()
					in.addRow()
				}
				fill(in)
			})
			inputs := inputsOf(zh, spec)
			take(inputs, sent)
			raw := fillBody(inputs)
			if raw == nil {
				each(inputs, func(in *Input) {
					if in.Fault != nil {
						t.Errorf("%s: %q %v", in.Name, in.Value, in.Fault)
					}
				})
				t.Fatalf("%s cannot be filled in", spec.Name)
			}
			if err := checkForm(spec, raw, inputs); err != nil {
				t.Fatalf("%s: %v of %s", spec.Name, err, raw)
			}
			again := inputsOf(zh, spec)
			unfold(again, raw)
			each(again, func(in *Input) {
				if in.Value != filled[in.Name] {
					t.Errorf("%s %s: %q became %q", spec.Name, in.Name, filled[in.Name], in.Value)
				}
			})
		})
	}
}

func TestReadSignature(t *testing.T) {
	raw := make([]byte, 64)
	for i := range raw {
		raw[i] = byte(i * 7)
	}
	for name, text := range map[string]string{
		"bytes": string(raw), "base64": base64.StdEncoding.EncodeToString(raw), "base64url": base64.RawURLEncoding.EncodeToString(raw), "hex": hex.EncodeToString(raw),
		"hex in lines": hex.EncodeToString(raw[:32]) + "\r\n" + hex.EncodeToString(raw[32:]), "0x": "0x" + hex.EncodeToString(raw),
	} {
		if got := readSignature([]byte(text)); !reflect.DeepEqual(got, raw) {
			t.Errorf("%s: %x", name, got)
		}
	}
	for _, text := range []string{"", "no", strings.Repeat("ab", 63), strings.Repeat("a", 5000), "🙂"} {
		if got := readSignature([]byte(text)); got != nil {
			t.Errorf("%q is taken for a signature", text)
		}
	}
}

func FuzzReadSignature(f *testing.F) {
	f.Add([]byte("3046022100be0ea64e"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if sig := readSignature(b); sig != nil && len(sig) != 64 && (len(sig) < 8 || len(sig) > 72) {
			t.Errorf("%d bytes", len(sig))
		}
	})
}
