package report

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/browser"
)

var (
	update = flag.Bool("update", false, "write the golden files")
	shots  = flag.String("shots", "", "a folder to write screenshots to")
)

const (
	at     = int64(1795406400) // 2026-11-23
	office = "11320900MB0A00050T"
	firm   = "91320903MA0A00022Y"
	grant  = "GR-320902-20261123-0a1b2c3d4e5f-00"
	second = "GR-320902-20261123-0a1b2c3d4e5f-01"
	// hostile is what a stranger would try on a page or a spreadsheet.
	hostile = `=HYPERLINK("http://evil","</td><script>alert(1)</script>")`
)

func head(id string, state rights.State) rights.Head {
	return rights.Head{ID: id, State: state, Version: 1, CreatedAt: at, UpdatedAt: at}
}

func def(code, unit string) *rights.Indicator {
	return &rights.Indicator{Head: head(code+"@1", rights.StateActive), Code: code, NameZh: "指标" + code, NameEn: "Indicator " + code, Unit: unit, Window: rights.WindowAsOf, Direction: "Up", Target: 100, Ver: 1}
}

func sampleShots() []Shot {
	ratio := Shot{Recorded[rights.Snapshot]{rights.Snapshot{Head: head("IS-320902-20261123-0a1b2c3d4e5f-00", rights.StatePublished), Code: "OP-06", DefVersion: 1, AsOf: at, ValueInt: 333, Num: 1, Den: 3, Permille: 333, InputCount: 3, InputRoot: "sm3:aa"}, 7}, def("OP-06", "permille")}
	money := Shot{Recorded[rights.Snapshot]{rights.Snapshot{Head: head("IS-320902-20261123-0a1b2c3d4e5f-01", rights.StatePublished), Code: "IN-01Y", DefVersion: 1, AsOf: at, PeriodFrom: at - 86400, PeriodTo: at, ValueInt: 123456789, InputCount: 9, InputRoot: "sm3:bb"}, 8}, def("IN-01Y", "fen")}
	few := money
	few.Record.ID, few.Record.ValueInt, few.Record.InputCount, few.Record.Code = "IS-320902-20261123-0a1b2c3d4e5f-02", 987654321, 2, "OP-11"
	few.Def = def("OP-11", "fen")
	few.Def.MinInputs = 3
	committed := ratio
	committed.Record.ID, committed.Record.Commitment, committed.Record.Code, committed.Record.Permille = "IS-320902-20261123-0a1b2c3d4e5f-03", "sm3:cc", "OP-08", 777
	committed.Def = def("OP-08", "fen")
	return []Shot{ratio, money, few, committed}
}

func disclosure() *Report {
	g := rights.Grant{Head: head(grant, rights.StateEffective), Tier: "GrantL1", AuthoriserID: office, GranteeID: firm, Mode: "Whole", Selection: "OpenTender", Resources: []rights.GrantResource{{ResourceID: "DR-1"}, {ResourceID: "DR-2"}},
		FeeRule: rights.FeeRule{UseClass: "Industry", CeilingFen: 9950}, EffectiveAt: at, ValidFrom: at, ValidTo: at + 86400*365}
	g2 := g
	g2.Head, g2.Tier, g2.GranteeID, g2.Mode = head(second, rights.StateRevoked), "GrantL2", office, "Scenario"
	product := rights.Product{Head: head("DP-320902-20261123-0a1b2c3d4e5f-00", rights.StateApproved), Name: hostile, OwnerID: firm, PublicData: &rights.PublicData{GrantID: grant, PublicRegCode: "GG-1"}}
	listing := rights.Listing{Head: head("LS-320902-20261123-0a1b2c3d4e5f-00", rights.StateListed), ProductName: "公交客流", SellerID: firm, GrantID: grant, PriceModel: "PerCall", UnitPriceFen: 125}
	return Disclosure(DisclosureInput{
		Source: Source{Base: "https://registry.example.cn", Height: 42, At: at + 86400*200}, Year: 2026,
		DueAt:  func(*rights.Grant) rights.UnixSec { return at + 86400*100 },
		Names:  map[string]string{office: "盐城市数据局", firm: "盐城市公共数据运营有限公司"},
		Grants: []Recorded[rights.Grant]{{g2, 12}, {g, 11}},
		Disclosures: []Recorded[rights.Disclosure]{{rights.Disclosure{Head: head("DI-320902-20261123-0a1b2c3d4e5f-00", rights.StateFiled), GrantID: grant, GranteeID: firm, Year: 2026, FiledAt: at + 86400*99, DueAt: at + 86400*100, DocHash: "sm3:dd",
			Items: []rights.DisclosureItem{{Name: "服务次数", Value: "12,000"}, {Name: "@SUM(A1)", Value: "+1+1"}, {Name: "说明", Value: "-2+3\u202e\x00"}}}, 20}},
		Products: []Recorded[rights.Product]{{product, 15}}, Listings: []Recorded[rights.Listing]{{listing, 16}}, Shots: sampleShots()[:1],
	})
}

func indicators() *Report {
	list := []Recorded[rights.Indicator]{}
	for _, s := range sampleShots() {
		list = append(list, Recorded[rights.Indicator]{*s.Def, 3})
	}
	quiet := def("SI-01", "permille")
	quiet.Direction, quiet.Target = "Down", 0
	older := sampleShots()[0]
	older.Record.ID, older.Record.AsOf, older.Record.Permille = "IS-320902-20261122-0a1b2c3d4e5f-00", at-86400, 111
	return Indicators(IndicatorsInput{Source: Source{Base: "https://registry.example.cn", Height: 42, At: at}, Period: "2026", Defs: append(list, Recorded[rights.Indicator]{*quiet, 3}), Shots: append(sampleShots(), older)})
}

func html(t testing.TB, r *Report) string {
	t.Helper()
	b, err := HTML(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is not what it was; go test -update writes it, after a look", path)
	}
}

func TestPages(t *testing.T) {
	for name, r := range map[string]*Report{"disclosure.html": disclosure(), "indicators.html": indicators()} {
		page := html(t, r)
		golden(t, name, page)
		if strings.Contains(strings.ToLower(page), "<script") || regexp.MustCompile(`(?i)\son\w+=|url\(|@import|src=`).MatchString(page) {
			t.Errorf("%s has something of a script or from elsewhere", name)
		}
		if !strings.Contains(page, `<html lang="zh-CN">`) || !strings.Contains(page, "<small lang=\"en\">") {
			t.Errorf("%s does not say its languages", name)
		}
	}
	if page := html(t, disclosure()); !strings.Contains(page, `=HYPERLINK(&#34;http://evil&#34;,&#34;&lt;/td&gt;&lt;script&gt;`) {
		t.Error("the name is not shown as it is")
	}
}

// What is withheld is in neither form, in no way.
func TestWithheldFigures(t *testing.T) {
	r := indicators()
	page, book := html(t, r), cells(t, r)
	for what, figure := range map[string]string{"a value over too few inputs": "9876543", "a committed value": "77.7%"} {
		if strings.Contains(page, figure) {
			t.Errorf("the page has %s", what)
		}
	}
	for sheet, rows := range book {
		for _, row := range rows {
			for _, v := range row {
				if strings.Contains(v, "987654") || strings.Contains(v, "0.777") {
					t.Errorf("%s has a withheld value: %v", sheet, row)
				}
			}
		}
	}
	board := book["指标"]
	at := slices.IndexFunc(board, func(row []string) bool { return row[0] == "OP-11" })
	if at < 0 || board[at][3] != "依规不公开 withheld" || board[at][8] != "依规不公开 withheld" {
		t.Errorf("the withheld value is %v", board[at])
	}
	// The newest of two snapshots counts, and what has none says so.
	at = slices.IndexFunc(board, func(row []string) bool { return row[0] == "OP-06" })
	if board[at][3] != "0.333" || board[at][6] != "达标 yes" || board[at][10] != sampleShots()[0].Record.ID || board[at][11] != "7" {
		t.Errorf("OP-06 is %v", board[at])
	}
	at = slices.IndexFunc(board, func(row []string) bool { return row[0] == "SI-01" })
	if board[at][3] != "期内未公布 not published" {
		t.Errorf("SI-01 is %v", board[at])
	}
}

// cells are the raw values of a workbook, by sheet.
func cells(t testing.TB, r *Report) map[string][][]string {
	t.Helper()
	raw, err := XLSX(r)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := XLSX(r); err != nil || !bytes.Equal(raw, again) {
		t.Errorf("the same report is another workbook: %v", err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	book := map[string][][]string{}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		book[sheet] = rows
		for y, row := range rows {
			for x := range row {
				at, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					t.Fatal(err)
				}
				if formula, err := f.GetCellFormula(sheet, at); err != nil || formula != "" {
					t.Errorf("%s!%s is a formula: %s %v", sheet, at, formula, err)
				}
			}
		}
	}
	return book
}

func TestWorkbook(t *testing.T) {
	book := cells(t, disclosure())
	for _, sheet := range []string{"说明", "总览", "授权", "披露情况", "披露事项", "产品与挂牌", "相关指标"} {
		if len(book[sheet]) < 2 {
			t.Errorf("the sheet %s has %d rows", sheet, len(book[sheet]))
		}
	}
	var items []string
	for _, row := range book["披露事项"][1:] {
		items = append(items, row[1], row[2])
	}
	if want := []string{"服务次数", "12,000", "'@SUM(A1)", "'+1+1", "说明", "'-2+3\u202e\uFFFD"}; !slices.Equal(items, want) {
		t.Errorf("the items are %q", items)
	}
	if product := book["产品与挂牌"][1]; product[0] != "'"+hostile {
		t.Errorf("the product's name is %q", product[0])
	}
	// Levels first, then ids; money as a number of yuan.
	if rows := book["授权"]; rows[1][11] != grant || rows[1][9] != "99.5" || rows[1][12] != "11" || rows[2][11] != second {
		t.Errorf("the grants are %v", rows[1:])
	}
	counts := map[string]string{}
	for _, row := range book["总览"][1:] {
		counts[strings.Fields(row[0])[0]] = row[1]
	}
	for name, want := range map[string]string{"年度内有效的一级授权": "1", "年度内有效的二级授权": "1", "所授权的公共数据资源": "2", "已按期披露": "1", "逾期披露": "0", "逾期未披露": "1", "尚未到期": "0", "授权下的数据产品": "1", "授权下在售的挂牌": "1"} {
		if counts[name] != want {
			t.Errorf("%s is %s, want %s", name, counts[name], want)
		}
	}
	if got := book["披露情况"][2][4]; got != "逾期未披露 overdue" {
		t.Errorf("who has not disclosed is %s", got)
	}
}

func TestEmptyReports(t *testing.T) {
	for name, r := range map[string]*Report{"disclosure": Disclosure(DisclosureInput{Year: 2026}), "indicators": Indicators(IndicatorsInput{Period: "2026"})} {
		if page := html(t, r); strings.Count(page, "<p class=\"muted\">") == 0 {
			t.Errorf("%s: nothing says that there is nothing", name)
		}
		cells(t, r)
	}
}

func FuzzSafe(f *testing.F) {
	for _, s := range []string{"=1+1", " =1", "\t=1", "＝1", "-1", "@x", "+", "\x00=1", "a=1", "'=1", "\xff\xfe", "\n=cmd|' /C calc'!A0", "\u00a0=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := safe(text)
		if trimmed := strings.TrimSpace(got); trimmed != "" && strings.ContainsAny(trimmed[:1], "=+-@") {
			t.Errorf("%q became %q", text, got)
		}
		if strings.ContainsRune(got, 0) {
			t.Errorf("%q keeps what XML cannot hold", text)
		}
	})
}

// The pages in a browser: nothing is complained of, nothing runs, nothing is cut off.
func TestPagesInBrowser(t *testing.T) {
	pages := map[string]string{"/disclosure": html(t, disclosure()), "/indicators": html(t, indicators())}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", Policy)
		_, _ = w.Write([]byte(pages[r.URL.Path]))
	}))
	defer srv.Close()
	tab := browser.Start(t)
	complaints := browser.Watch(tab, t)
	for path := range pages {
		for _, width := range []int64{390, 1400} {
			size := chromedp.EmulateViewport(width, 900)
			if width < 600 {
				size = chromedp.EmulateViewport(width, 844, chromedp.EmulateMobile)
			}
			if err := chromedp.Do(tab, size, chromedp.Navigate(srv.URL+path)); err != nil {
				t.Fatal(err)
			}
			wider, err := chromedp.Run(tab, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
			if err != nil {
				t.Fatal(err)
			}
			background, err := chromedp.Run(tab, chromedp.Evaluate[string]("getComputedStyle(document.querySelector('thead th')).backgroundColor"))
			if err != nil {
				t.Fatal(err)
			}
			shot, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if wider {
				t.Errorf("%s is wider than a window of %d", path, width)
			}
			if background == "rgba(0, 0, 0, 0)" {
				t.Errorf("%s has no style: its policy refuses it", path)
			}
			if *shots != "" {
				if err := os.WriteFile(filepath.Join(*shots, strings.TrimPrefix(path, "/")+"-"+map[int64]string{390: "phone", 1400: "wide"}[width]+".png"), shot, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, c := range complaints.Take() {
		t.Errorf("the browser complains: %s", c)
	}
}
