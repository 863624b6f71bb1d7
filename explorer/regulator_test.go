package explorer

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

const (
	deskAlert   = "AL-320903-20261130-10bce70eb15d-00"
	deskMeasure = "SM-320900-20261130-45b5ac047446-00"
	deskShot    = "IS-320900-20261130-ed2eccfe2b3c-06"
)

func regulatorAPI(t *testing.T, a *rights.Alert) *deskAPI {
	now := sampleNow.Unix()
	value := map[string]any{"asOf": now, "value": 1, "inputRoot": "sm3:aa", "inputCount": 2, "blockHeight": 99, "parts": []any{map[string]any{"key": "RightUse", "value": 1}},
		"inputs": []any{map[string]any{"id": deskCert, "version": 1, "amount": 1}, map[string]any{"id": deskAlert, "version": 3, "amount": 0}}}
	shot := &rights.Snapshot{Head: rights.Head{ID: deskShot, State: "Computed"}, Code: "IN-06", AsOf: now, ValueInt: 1, InputRoot: "sm3:aa", InputCount: 2, ComputedBy: deskExchange}
	before := &rights.Snapshot{Head: rights.Head{ID: deskShot[:len(deskShot)-1] + "5", State: rights.StatePublished}, Code: "IN-06", AsOf: now - 86400, ValueInt: 3}
	return &deskAPI{t: t, who: deskRegulator, roles: []rights.Role{rights.RoleRegulator}, answers: map[string]any{
		"/v1/alerts?limit=25&severity=" + a.Severity + "&state=" + string(a.State): answered(a),
		"/v1/alerts/" + deskAlert:              a,
		"/v1/alerts/" + deskAlert + "/history": answered(Revision[rights.Alert]{Block: 9, TxID: "raised", Command: "alert.raise", Kid: deskExchange + "#2", Record: *a}),
		"/v1/alerts/" + deskAlert + "/case": map[string]any{"alertId": deskAlert, "gaps": []string{"E9"}, "elements": []rights.BundleElement{
			{No: "E1", Title: rights.Text{Zh: "当时权利存在", En: "the right existed"}, Records: []rights.RecordRef{{Kind: rights.KindRight, ID: deskRight}}, Hashes: []string{"sm3:ee"}},
			{No: "E9", Title: rights.Text{Zh: "获利或损害", En: "gain or harm"}, Gap: &rights.Text{Zh: "没有记录", En: "nothing shows it"}}}},
		"/v1/evidence":               answered(&rights.EvidenceItem{Head: rights.Head{ID: "EI-1", State: "Sealed"}, Kind: "OfferCapture", CollectedBy: deskRegulator, Hash: "sm3:ff", Method: hostile}),
		"/v1/measures":               answered(&rights.Measure{Head: rights.Head{ID: deskMeasure, State: "InForce"}, Type: "MeasureRestrictTrading", Domain: "data", TargetKind: rights.KindParticipant, TargetID: energy, SubjectID: energy, LegalBasis: hostile, From: now - 10, To: now - 1, IssuedBy: deskRegulator, AlertIDs: []string{deskAlert}}),
		"/v1/indicators":             answered(&rights.Indicator{Head: rights.Head{ID: "IN-06@1", State: rights.StateActive}, Code: "IN-06", NameZh: "场景" + hostile, NameEn: "scenarios", Formula: hostile, Unit: "count", Target: 5, TargetDate: "2026-12-31", Direction: "Up", Window: "AsOf", Ver: 1}),
		"/v1/snapshots":              answered(shot, before),
		"/v1/indicators/IN-06/value": value,
		"/v1/snapshots/" + deskShot + "/recomputed": map[string]any{"equal": false, "why": "the inputs differ", "whyZh": "输入清单不同", "snapshot": map[string]any{"value": 1}, "recomputed": map[string]any{"value": 2}},
	}}
}

func anAlert(state rights.State) *rights.Alert {
	now := sampleNow.Unix()
	return &rights.Alert{Head: rights.Head{ID: deskAlert, State: state}, RuleCode: "AL-RESALE-MATCH", Severity: "Critical", TargetType: "DR", TargetID: windResource, SubjectIDs: []string{energy},
		Metric: hostile, RaisedBy: "Platform", RaisedAt: now - 100, DueAt: now - 10, FactRefs: []string{"DP-320900-20261130-2a3729e2be08-00@1"}}
}

func TestRegulatorPages(t *testing.T) {
	a := anAlert("Raised")
	api := regulatorAPI(t, a)
	says(t, api.desk(t, "/regulator"), "已逾期", "接收", "江苏海风")
	page := says(t, api.desk(t, "/regulator/alerts/"+deskAlert), "E9", "获利或损害", "没有记录", "datarights case export "+deskAlert, "接收预警", "看血缘图")
	if strings.Contains(page, "认定预警") {
		t.Error("an alert that nobody took can be decided")
	}
	says(t, api.desk(t, "/regulator/alerts/"+deskAlert+"?lang=en"), "gain or harm", "Missing: 1", "overdue, was due")
	says(t, api.desk(t, "/regulator/measures"), "已逾期", "解除监管措施", "已过期限 1")
	board := says(t, api.desk(t, "/regulator/indicators"), "IN-06", "1 待公布", "先复算", "3")
	if strings.Contains(board, "↓") {
		t.Error("a trend of one published value")
	}
	says(t, api.desk(t, "/regulator/indicators?now=IN"), "↓ 下降", "现值")
	says(t, api.desk(t, "/regulator/indicators/IN-06?again="+deskShot), "复算不一致，不得确认", "输入清单不同", deskCert, "登记凭证", "数据使用权")
	if !strings.Contains(api.desk(t, "/regulator/indicators/IN-06").Body.String(), `href="/regulator/alerts/`+deskAlert) {
		t.Error("a figure's record does not lead to its page")
	}
	if w := api.desk(t, "/regulator/indicators/XX-1"); w.Code != http.StatusOK && w.Code != http.StatusNotFound {
		t.Errorf("an indicator that is none: %d", w.Code)
	}
}

// What may be done follows the alert: nobody is judged unheard, and another office's
// case is read only.
func TestRegulatorActs(t *testing.T) {
	now := sampleNow.Unix()
	for name, c := range map[string]struct {
		edit     func(*rights.Alert)
		has, not string
	}{
		"to be heard": {func(a *rights.Alert) { a.State, a.AssigneeID, a.HearingDueAt = "Investigating", deskRegulator, now+60 }, "/do/alert.dismiss", "/do/alert.confirm"},
		"heard": {func(a *rights.Alert) {
			a.State, a.AssigneeID, a.HearingDueAt, a.Heard = "Investigating", deskRegulator, now+60, []rights.Hearing{{SubjectID: energy, At: now}}
		}, "/do/alert.confirm", "/do/alert.close"},
		"hearing over": {func(a *rights.Alert) { a.State, a.AssigneeID, a.HearingDueAt = "Investigating", deskRegulator, now-1 }, "/do/alert.confirm", "/do/alert.close"},
		"another's":    {func(a *rights.Alert) { a.State, a.AssigneeID = "Investigating", deskBank }, "本部门只读", "/do/alert.dismiss"},
		"confirmed":    {func(a *rights.Alert) { a.State, a.AssigneeID = "Confirmed", deskRegulator }, "/do/alert.dispose", "/do/alert.confirm"},
		"closed":       {func(a *rights.Alert) { a.State, a.AssigneeID = "Closed", deskRegulator }, "/do/alert.reopen", "/do/evidence.collect"},
	} {
		a := anAlert("Raised")
		c.edit(a)
		body := regulatorAPI(t, a).desk(t, "/regulator/alerts/"+deskAlert).Body.String()
		if !strings.Contains(body, c.has) || strings.Contains(body, c.not) {
			t.Errorf("%s: want %s and not %s", name, c.has, c.not)
		}
	}
}

// The lineage page's script gets the API's answers to the reader's session, only
// what the page shows, and only from this site.
func TestLineageData(t *testing.T) {
	api := &deskAPI{t: t, who: deskRegulator, roles: []rights.Role{rights.RoleRegulator}, answers: map[string]any{"/v1/trace/graph?object=DR-1": map[string]any{"nodes": []any{}}, "/v1/copies/CP-1": map[string]any{"id": "CP-1"}}}
	for path, want := range map[string]int{
		"/lineage/v1/trace/graph?object=DR-1": http.StatusOK, "/lineage/v1/copies/CP-1": http.StatusOK, "/lineage/v1/copies/CP-2": http.StatusNotFound,
		"/lineage/v1/pledges/PL-1": http.StatusNotFound, "/lineage/v1/sessions/current": http.StatusNotFound, "/lineage/v1/copies/CP-1/history": http.StatusNotFound, "/lineage/v1/trace/": http.StatusNotFound,
	} {
		if w := api.desk(t, path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if w := api.desk(t, "/lineage/v1/copies/CP-1"); w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", w.Header())
	}
	if strings.Contains(api.desk(t, "/lineage").Body.String(), `id="token"`) {
		t.Error("whoever has signed in is asked for a token")
	}
	o := sampleOptions(sample(0))
	o.API = api
	r := httptest.NewRequest(http.MethodGet, "/lineage/v1/copies/CP-1", nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "token"})
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	handler(t, o).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("from another site: %d", w.Code)
	}
	w = httptest.NewRecorder()
	handler(t, o).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/lineage/v1/copies/CP-1", nil))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("without a session: %d", w.Code)
	}
	w = httptest.NewRecorder()
	handler(t, o).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/lineage/v1/copies/CP-1", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a post: %d", w.Code)
	}
}
