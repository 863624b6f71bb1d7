package api

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/report"
)

const operationGrant = "GR-320902-20261123-0a1b2c3d4e5f-80"

// newOperation is the market with a grant in force, its disclosure, a product, and
// snapshots of four kinds: public, over too few inputs, restricted, not published.
func newOperation(t testing.TB) *world {
	w := newMarket(t)
	put := func(kind rights.Kind, id string, rec rights.Record, state rights.State) {
		rights.HeadOf(rec).ID = id
		w.put(kind, rec, state)
	}
	put(rights.KindGrant, operationGrant, &rights.Grant{Tier: "GrantL1", AuthoriserID: regulator.id, GranteeID: weather.id, Mode: "Whole", EffectiveAt: testTime - 100, ValidFrom: testTime - 100, ValidTo: testTime + 1e6,
		Resources: []rights.GrantResource{{ResourceID: resourceID}}, FeeRule: rights.FeeRule{UseClass: "Industry", CeilingFen: 9900}}, rights.StateEffective)
	put(rights.KindGrant, operationGrant[:len(operationGrant)-1]+"1", &rights.Grant{Tier: "GrantL1", AuthoriserID: exchange.id, GranteeID: energy.id, EffectiveAt: testTime - 50, ValidTo: testTime + 1e6}, rights.StateEffective)
	put(rights.KindGrant, operationGrant[:len(operationGrant)-1]+"2", &rights.Grant{Tier: "GrantL1", AuthoriserID: exchange.id, GranteeID: stranger.id}, rights.StateProposed)
	put(rights.KindDisclosure, "DI-320902-20261123-0a1b2c3d4e5f-80", &rights.Disclosure{GrantID: operationGrant, GranteeID: weather.id, Year: 2026, FiledAt: testTime, DueAt: testTime + 1, DocHash: sm3("doc"),
		Items: []rights.DisclosureItem{{Name: "服务次数", Value: "=1+1"}}}, rights.StateFiled)
	put(rights.KindProduct, "DP-320902-20261123-0a1b2c3d4e5f-80", &rights.Product{Name: "公交客流报告", OwnerID: weather.id, PublicData: &rights.PublicData{GrantID: operationGrant, PublicRegCode: "GG-9"}, ReturnReason: "不公开的理由"}, rights.StateApproved)
	put(rights.KindProduct, "DP-320902-20261123-0a1b2c3d4e5f-81", &rights.Product{Name: "尚在草稿", OwnerID: weather.id, PublicData: &rights.PublicData{GrantID: operationGrant}}, rights.StateDraft)
	for i, d := range []struct {
		code       string
		restricted bool
		state      rights.State
		value      int64
	}{{"OP-06", false, rights.StatePublished, 111222}, {"OP-11", false, rights.StatePublished, 333444}, {"OP-09", true, rights.StatePublished, 555666}, {"SI-01", false, rights.StateConfirmed, 777888}} {
		put(rights.KindIndicator, d.code+"@1", &rights.Indicator{Code: d.code, Ver: 1, NameZh: "指标" + d.code, NameEn: d.code, Unit: "count", Window: rights.WindowAsOf, Direction: "Watch", Restricted: d.restricted, MinInputs: 3}, rights.StateActive)
		inputs := int64(9)
		if d.code == "OP-11" {
			inputs = 2
		}
		put(rights.KindSnapshot, fmt.Sprintf("IS-320902-20261123-0a1b2c3d4e5f-8%d", i), &rights.Snapshot{Code: d.code, DefVersion: 1, AsOf: testTime, ValueInt: d.value, InputCount: inputs, InputRoot: sm3(d.code)}, d.state)
	}
	return w
}

func sheet(t testing.TB, raw []byte, name string) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestDisclosureReport(t *testing.T) {
	w := newOperation(t)
	r := w.get("/v1/reports/disclosure?year=2026").want(http.StatusOK)
	page := r.Body.String()
	if r.Header().Get("Content-Security-Policy") != report.Policy || !strings.HasPrefix(r.Header().Get("Content-Type"), "text/html") {
		t.Errorf("the page comes as %s with %s", r.Header().Get("Content-Type"), r.Header().Get("Content-Security-Policy"))
	}
	for _, want := range []string{operationGrant, weather.name, "服务次数", "公交客流报告", "GG-9", "尚未到期"} {
		if !strings.Contains(page, want) {
			t.Errorf("the disclosure lacks %s", want)
		}
	}
	for _, hidden := range []string{stranger.name, "尚在草稿", "不公开的理由", "333,444", "555,666"} {
		if strings.Contains(page, hidden) {
			t.Errorf("the disclosure tells %s", hidden)
		}
	}
	if own := w.get("/v1/reports/disclosure?year=2026", w.as(weather)...).want(http.StatusOK); own.Body.String() != page {
		t.Error("a party's disclosure is another one")
	}
	x := w.get("/v1/reports/disclosure?year=2026&authoriser="+regulator.id, "Accept", mediaXLSX).want(http.StatusOK)
	if x.Header().Get("Content-Type") != mediaXLSX || !strings.Contains(x.Header().Get("Content-Disposition"), "disclosure-2026.xlsx") {
		t.Errorf("the workbook comes as %s", x.Header().Get("Content-Type"))
	}
	rows := sheet(t, x.Body.Bytes(), "授权")
	if len(rows) != 2 || !slices.Contains(rows[1], operationGrant) {
		t.Errorf("the regulator's grants are %v", rows)
	}
	if rows := sheet(t, x.Body.Bytes(), "披露事项"); rows[1][2] != "'=1+1" {
		t.Errorf("the item is %q", rows[1][2])
	}
	if rows := sheet(t, w.get("/v1/reports/disclosure?year=2020&format=xlsx").Body.Bytes(), "授权"); len(rows) != 2 || !strings.Contains(rows[1][0], "没有") {
		t.Errorf("a year without grants has %v", rows)
	}
	w.get("/v1/reports/disclosure").problem(http.StatusBadRequest, rights.CodeFormat, "year")
	w.get("/v1/reports/disclosure?year=26").problem(http.StatusBadRequest, rights.CodeFormat, "year")
	w.get("/v1/reports/disclosure?year=2026&authoriser=nobody").problem(http.StatusBadRequest, rights.CodeFormat, "authoriser")
	w.get("/v1/reports/disclosure?year=2026&format=pdf").problem(http.StatusBadRequest, rights.CodeFormat, "format")
}

func TestIndicatorReport(t *testing.T) {
	w := newOperation(t)
	page := w.get("/v1/reports/indicators?period=2026-Q4").want(http.StatusOK).Body.String()
	if !strings.Contains(page, "111,222") || !strings.Contains(page, "依规不公开") {
		t.Error("the page lacks what was published")
	}
	for what, hidden := range map[string]string{"a value over too few inputs": "333,444", "a restricted value": "555,666", "a restricted indicator": "OP-09", "an unpublished value": "777,888"} {
		if strings.Contains(page, hidden) {
			t.Errorf("the public is told %s", what)
		}
	}
	mine := w.get("/v1/reports/indicators?period=2026-11", w.as(regulator)...).want(http.StatusOK).Body.String()
	if !strings.Contains(mine, "OP-09") || strings.Contains(mine, "555,666") || strings.Contains(mine, "777,888") {
		t.Error("the regulator's page shows what is withheld, or not that it is")
	}
	if other := w.get("/v1/reports/indicators?period=2026-10").want(http.StatusOK).Body.String(); strings.Contains(other, "111,222") {
		t.Error("a value is in another month")
	}
	if rows := sheet(t, w.get("/v1/reports/indicators?period=2026&format=xlsx").want(http.StatusOK).Body.Bytes(), "指标"); !slices.ContainsFunc(rows, func(r []string) bool { return r[0] == "OP-06" && r[3] == "111,222" }) {
		t.Errorf("the workbook has %v", rows)
	}
	for _, period := range []string{"26", "2026-13", "2026-Q5", "2026-1", "2026-11-23", "x"} {
		w.get("/v1/reports/indicators?period="+period).problem(http.StatusBadRequest, rights.CodeFormat, "period")
	}
	w.get("/v1/reports/indicators").problem(http.StatusBadRequest, rights.CodeFormat, "period")
}

func TestPeriods(t *testing.T) {
	for period, want := range map[string][2]string{"2026": {"2026-01-01", "2027-01-01"}, "2026-Q1": {"2026-01-01", "2026-04-01"}, "2026-Q4": {"2026-10-01", "2027-01-01"}, "2026-02": {"2026-02-01", "2026-03-01"}, "2026-12": {"2026-12-01", "2027-01-01"}} {
		from, to := periodBounds(period)
		if rights.CivilDate(from) != want[0] || rights.CivilDate(to) != want[1] {
			t.Errorf("%s is [%s, %s)", period, rights.CivilDate(from), rights.CivilDate(to))
		}
	}
}
