package explorer

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// aBank, aRegulator, anExchange, aRegistrar are who signs in at the offices' pages.
const (
	deskBank      = "91320904MA0A00081G"
	deskRegulator = "11320900MB0A00050T"
	deskExchange  = "91320900MA0A00014Q"
	deskRegistrar = "91320900MA0A00073U"
)

// deskAPI answers the pages as the gateway would: who has signed in, and what it has
// at each address. Any other address is one the page should not ask.
type deskAPI struct {
	t       *testing.T
	who     string
	roles   []rights.Role
	answers map[string]any // path, or path?query
	missing map[string]int // addresses that are refused, by status
	asked   []string
}

func (a *deskAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer token" {
		problemTo(w, http.StatusUnauthorized, "E_SESSION")
		return
	}
	if r.URL.Path == "/v1/sessions/current" {
		_ = json.NewEncoder(w).Encode(map[string]any{"kid": a.who + "#1", "participantId": a.who, "roles": a.roles, "expiresAt": sampleNow.Unix() + 3600})
		return
	}
	a.asked = append(a.asked, r.URL.RequestURI())
	if status := a.missing[r.URL.Path]; status != 0 {
		problemTo(w, status, map[int]string{http.StatusForbidden: "E_FORBIDDEN", http.StatusNotFound: "E_NOT_FOUND"}[status])
		return
	}
	v, ok := a.answers[r.URL.RequestURI()]
	if !ok {
		v, ok = a.answers[r.URL.Path]
	}
	switch {
	case ok:
		_ = json.NewEncoder(w).Encode(v)
	case strings.HasSuffix(r.URL.Path, "/history"):
		_ = json.NewEncoder(w).Encode(map[string]any{"items": []any{}, "next": ""})
	case strings.Count(r.URL.Path, "/") == 2: // an empty collection
		_ = json.NewEncoder(w).Encode(map[string]any{"items": []any{}, "next": ""})
	default:
		problemTo(w, http.StatusNotFound, "E_NOT_FOUND")
	}
}

func problemTo(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "code": code, "detail": "no", "detailEn": "no", "detailZh": "不行"})
}

// answered is a page of a collection.
func answered(list ...any) map[string]any { return map[string]any{"items": list, "next": ""} }

// desk opens a page as whoever the API says has signed in.
func (a *deskAPI) desk(t *testing.T, target string) *httptest.ResponseRecorder {
	t.Helper()
	o := sampleOptions(sample(0))
	o.API = a
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "token"})
	handler(t, o).ServeHTTP(w, r)
	return w
}

// says fails unless the page says all of it, and nothing of a text that was meant to
// break out of where it stands.
func says(t *testing.T, w *httptest.ResponseRecorder, words ...string) string {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), hostile) {
		t.Error("a record's text stands unescaped on the page")
	}
	got := text(t, w.Body.Bytes())
	for _, word := range words {
		if !strings.Contains(got, word) {
			t.Errorf("the page does not say %q:\n%s", word, got)
		}
	}
	return got
}

// A workplace's pages are for who has one of its roles, whatever other roles there are,
// and for nobody without a session.
func TestWorkplacesAreClosed(t *testing.T) {
	o := sampleOptions(sample(0))
	for _, w := range workplaces {
		var others []rights.Role // all those that open some workplace, not this one
		for _, other := range workplaces {
			for _, role := range other.Roles {
				if !slices.Contains(w.Roles, role) {
					others = append(others, role)
				}
			}
		}
		if len(others) == 0 {
			t.Fatalf("%s is open to everybody", w.Path)
		}
		for _, p := range w.Pages {
			path := strings.NewReplacer("{kind}", "RT", "{id}", "X", "{code}", "X").Replace(w.Href(p))
			api := &deskAPI{t: t, who: deskBank, roles: others}
			got := api.desk(t, path)
			if got.Code != http.StatusForbidden || !strings.Contains(got.Body.String(), "没有这些职责") {
				t.Errorf("%s for other roles: %d", path, got.Code)
			}
			if len(api.asked) > 0 {
				t.Errorf("%s asked %v for somebody else", path, api.asked)
			}
			o.API = api
			over := httptest.NewRecorder()
			handler(t, o).ServeHTTP(over, httptest.NewRequest(http.MethodGet, path, nil))
			if over.Code != http.StatusSeeOther || !strings.HasPrefix(over.Header().Get("Location"), "/sign-in?to=") {
				t.Errorf("%s without a session: %d %s", path, over.Code, over.Header().Get("Location"))
			}
		}
	}
}
