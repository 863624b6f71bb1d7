package explorer

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"golang.org/x/net/html"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// text is what a reader sees of a page: no tags, white space folded.
func text(t testing.TB, page []byte) string {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if n.Type == html.ElementNode && (n.Data == "dt" || n.Data == "dd" || n.Data == "td" || n.Data == "li" || n.Data == "p" || n.Data == "div" || n.Data == "h1" || n.Data == "h2") {
			b.WriteString(" ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestPagesSayWhatTheLedgerHolds(t *testing.T) {
	f := sample(0)
	h := handler(t, sampleOptions(f))
	pages := samplePages(f)
	for name, want := range map[string][]string{
		"front":                 {"盐城市数据产权登记簿", "有效权利 3", "SJ3212026110001", "江苏海风新能源数据有限公司", "还剩 2 天", "大丰港集装箱进出港作业时序数据（2023—2026年） 异议处理中", "等 120 项"},
		"registry":              {"盐城海上风电场逐时出力数据（2021—2026年） 数据经营权 江苏海风新能源数据有限公司 SJ3212026110001 2031-11-21 有效"},
		"registry-certificates": {"SJ3212026110001 盐城海上风电场逐时出力数据（2021—2026年） 江苏海风新能源数据有限公司 2026-11-21 2031-11-21 有效"},
		"registry-resources":    {"科学研究和技术服务业（M7410） 8,759 已编目"},
		"registry-participants": {"东台港航物流科技有限公司 91320981MA0A00049M 企业 盐城市东台市（320981） 有效"},
		"search":                {"查询「风电」", "盐城海上风电场逐时出力数据"},
		"right": {
			"数据经营权 盐城海上风电场逐时出力数据（2021—2026年） 现在有效", "持有人 江苏海风新能源数据有限公司 91320903MA0A00022Y", "2026-11-21 09:01:12 UTC+8 起", "还剩 4 年",
			"本人另一权利", "不得转售", "仅限授权给在册企业，不得转让", "申请登记 已申请 江苏海风新能源数据有限公司，密钥 2 号", "受理 审查中 盐城市大数据集团有限公司，密钥 1 号", "发布公示 公示中", "登记发证 已登记",
		},
		"certificate": {
			"数据产权登记凭证", "凭证编号 SJ3212026110001", "数据名称 盐城海上风电场逐时出力数据（2021—2026年）", "统一社会信用代码 91320903MA0A00022Y", "所属行业 电力、热力、燃气及水生产和供应业（D4415）",
			"数据来源 采集生成", "地域范围 市级", "时间跨度 2021-01-01 至 2026-09-30", "更新频率 每月", "数据规模 302,400 条记录 表格", "约定条件：对外提供时应注明数据来源", "登记机构盐城市大数据集团有限公司",
			"证据根 sm3:" + hex64("evidence"), "数据使用权 2026-11-21 09:01 2031-11-21 09:01 无 现在有效", "https://registry.example.cn/verify/SJ3212026110001", "有效期自2026-11-21", "扫码核验",
		},
		"notices":             {"盐城沿海自动站逐时气象观测数据（2021—2026年） 盐城沿海气象数据服务有限公司 申请登记 数据持有权、数据使用权、数据经营权 还剩 2 天", "截止 2026-11-26 00:00:00 UTC+8"},
		"notices-objected":    {"大丰港集装箱进出港作业时序数据", "1 件异议待决"},
		"notice":              {"公示中，还剩 2 天", "registration.fileObjection", "审查结论 描述准确：是 来源合法：是 权属清楚：是"},
		"notice-objected":     {"异议 江苏海风新能源数据有限公司 已提出 其中风电运维船舶的进出港记录由我公司提供，合同未约定经营权。"},
		"notice-recorded":     {"登记凭证 SJ3212026110001"},
		"notice-rejected":     {"不予登记：来源不合法（G2） 未能提供客流数据的合法来源证明。"},
		"resource":            {"一般数据 · 2 级", "不含个人信息", "盐城市盐都区（320903），范围：市级", "302,400 条记录，28.0 MiB", "比对标签"},
		"participant":         {"江苏海风新能源数据有限公司", "企业、数据商", "密钥 1 号 已更换", "密钥 2 号 使用中", "准入 有效 华东江苏大数据交易中心股份有限公司"},
		"participant-officer": {"登记一岗 登记机构", "SJ321", "登记机构 有效 机构管理员", "市大数据集团 GroupMSP"},
		"transaction":         {"盐城市大数据集团有限公司以密钥 1 号登记「盐城海上风电场逐时出力数据（2021—2026年）」并发证", "有效，已写入账本", "经由 市大数据集团", "背书机构 市大数据集团、市数据局", "权利 3 登记凭证 1 登记案件 1", "登记凭证 SJ3212026110001 盐城海上风电场逐时出力数据"},
		"transaction-invalid": {"盐城市大数据集团有限公司以密钥 1 号提交命令〔登记发证〕", "无效交易", "与同时写入的另一笔交易冲突，未生效", "MVCC_READ_CONFLICT"},
		"transaction-bulk":    {"盐城沿海气象数据服务有限公司以密钥 1 号批量申请登记「盐城沿海自动站逐时气象观测数据子序列 0001」等 120 项", "另有 20 条"},
		"transactions":        {"批量申请登记「盐城沿海自动站逐时气象观测数据子序列 0001」等 120 项", "提交命令〔登记发证〕 无效交易"},
		"blocks":              {"华东江苏大数据交易中心股份有限公司以密钥 1 号准入「江苏海风新能源数据有限公司」", "江苏海风新能源数据有限公司以密钥 1 号为本单位申请准入", "1 笔无效"},
		"network":             {"各机构摘要相同", "共识 4 / 4BFT 至少需要 3", "进程 15 / 16", "bank-peer exit status 2 账本节点 停机", "共识节点 主节点"},
		"parameters":          {"公示期 notice.workdays 5 个工作日 《数据产权登记工作指引（试行）》第 24 条", "逾期未答复视为受理 accept.deemed 是", "2026-02-14 2026-09-27 2026-10-10"},
		"about":               {"数据持有权", "初步证据"},
	} {
		w := get(t, h, pages[name])
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", name, w.Code)
		}
		got := text(t, w.Body.Bytes())
		for _, s := range want {
			if !strings.Contains(got, s) {
				t.Errorf("%s does not say %q\n%s", name, s, got)
			}
		}
	}
}

// The English pages say everything but what people wrote in Chinese.
func TestEnglishPagesHaveNoChineseOfOurOwn(t *testing.T) {
	f := sample(5)
	h := handler(t, sampleOptions(f))
	for name, path := range samplePages(f) {
		w := get(t, h, path+map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]+"lang=en")
		doc, err := html.Parse(bytes.NewReader(w.Body.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		var walk func(n *html.Node)
		walk = func(n *html.Node) {
			if n.Type == html.ElementNode {
				if n.Data == "title" || n.Data == "pre" {
					return
				}
				for _, a := range n.Attr {
					if a.Key == "lang" && a.Val == "zh-CN" {
						return // marked as Chinese for those who listen
					}
					if (a.Key == "placeholder" || a.Key == "aria-label" || a.Key == "data-label") && han(a.Val) && a.Val != "e.g. 盐城" {
						t.Errorf("%s: %s=%q", name, a.Key, a.Val)
					}
				}
			}
			if n.Type == html.TextNode && han(n.Data) && name != "about" {
				t.Errorf("%s says %q in English", name, strings.TrimSpace(n.Data))
			}
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
		}
		walk(doc)
	}
}

func TestLanguage(t *testing.T) {
	h := handler(t, sampleOptions(sample(0)))
	w := get(t, h, "/notices?lang=en&state=Objected")
	if !strings.Contains(w.Body.String(), `<html lang="en">`) || w.Header().Get("Content-Language") != "en" {
		t.Error("?lang=en does not answer in English")
	}
	if !strings.Contains(w.Body.String(), `href="/notices?lang=zh&amp;state=Objected"`) {
		t.Error("the switch does not lead to the same page in Chinese")
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || cookies[0].Value != "en" || !cookies[0].HttpOnly {
		t.Fatalf("cookies: %v", cookies)
	}
	r := httptest.NewRequest(http.MethodGet, "/about", nil)
	r.AddCookie(cookies[0])
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), `<html lang="en">`) {
		t.Error("the cookie is not remembered")
	}
	for _, odd := range []string{"/about", "/about?lang=fr", "/about?lang=%22%3E"} {
		if w := get(t, h, odd); !strings.Contains(w.Body.String(), `<html lang="zh-CN">`) || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s is not plain Chinese", odd)
		}
	}
}

func TestDemoBanner(t *testing.T) {
	for sec, want := range map[int64]bool{0: false, 5: true} {
		f := sample(sec)
		h := handler(t, sampleOptions(f))
		for name, path := range samplePages(f) {
			got := text(t, get(t, h, path).Body.Bytes())
			if strings.Contains(got, "演示参数：1 个工作日 = 5 秒") != want {
				t.Errorf("%s with %d seconds to a working day: banner %v, want %v", name, sec, !want, want)
			}
		}
		got := text(t, get(t, h, "/certificates/"+windCert).Body.Bytes())
		if strings.Contains(got, "演示凭证，不具法律效力") != want {
			t.Errorf("certificate marked void: %v, want %v", !want, want)
		}
	}
}

// A right's page says why it is not effective, for each reason there is.
func TestEffect(t *testing.T) {
	base := func() rights.Right {
		f := sample(0)
		r, err := decode[rights.Right](f.entries[rights.RecordRef{Kind: rights.KindRight, ID: windRight + "2"}].JSON)
		if err != nil {
			t.Fatal(err)
		}
		return *r
	}
	now := sampleNow.Unix()
	for name, c := range map[string]struct {
		edit func(r *rights.Right, f *fakeLedger)
		want string
	}{
		"as recorded":  {func(*rights.Right, *fakeLedger) {}, ""},
		"suspended":    {func(r *rights.Right, _ *fakeLedger) { r.State = "Suspended" }, "权利暂停"},
		"not begun":    {func(r *rights.Right, _ *fakeLedger) { r.ValidFrom = now + 1 }, "尚未生效"},
		"last instant": {func(r *rights.Right, _ *fakeLedger) { r.ValidTo = now + 1 }, ""},
		"over":         {func(r *rights.Right, _ *fakeLedger) { r.ValidTo = now }, "有效期已届满"},
		"frozen": {func(r *rights.Right, _ *fakeLedger) {
			r.Encumbrances = []rights.Encumbrance{{Type: "EncFreeze", From: 1}}
		}, "被冻结"},
		"freeze lifted": {func(r *rights.Right, _ *fakeLedger) {
			r.Encumbrances = []rights.Encumbrance{{Type: "EncFreeze", From: 1, To: now}}
		}, ""},
		"pledged": {func(r *rights.Right, _ *fakeLedger) {
			r.Encumbrances = []rights.Encumbrance{{Type: "EncPledge", From: 1}}
		}, ""},
		"agreement ended": {func(r *rights.Right, _ *fakeLedger) { r.Basis = []rights.Basis{{Type: "BasisOffLedger", To: now}} }, "所依据的协议已到期"},
		"own basis gone": {func(r *rights.Right, _ *fakeLedger) {
			r.Basis = []rights.Basis{{Type: "BasisOwnRight", RefID: "RT-none"}}
		}, "所依据的 RT-none 未生效：RT-none 不存在"},
		"basis suspended": {func(_ *rights.Right, f *fakeLedger) {
			e := f.entries[rights.RecordRef{Kind: rights.KindRight, ID: windRight + "0"}]
			e.JSON = bytes.Replace(e.JSON, []byte(`"Active"`), []byte(`"Suspended"`), 1)
		}, "-00 未生效：权利暂停"},
		"rests on itself": {func(r *rights.Right, _ *fakeLedger) { r.Basis = []rights.Basis{{Type: "BasisOwnRight", RefID: r.ID}} }, "层级过深"},
	} {
		t.Run(name, func(t *testing.T) {
			f, r := sample(0), base()
			c.edit(&r, f)
			raw, _ := json.Marshal(r)
			f.entries[rights.RecordRef{Kind: rights.KindRight, ID: r.ID}].JSON = raw
			got := text(t, get(t, handler(t, sampleOptions(f)), "/rights/"+r.ID).Body.Bytes())
			if effective := strings.Contains(got, "现在有效"); effective != (c.want == "") {
				t.Errorf("effective: %v", effective)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("does not say %q", c.want)
			}
		})
	}
}

func TestSearchGoesStraightToWhatIsNamed(t *testing.T) {
	f := sample(0)
	h := handler(t, sampleOptions(f))
	tx := f.blocks[5].TxIDs[0]
	for q, want := range map[string]string{
		windCert: "/certificates/" + windCert, strings.ToLower(windCert): "/certificates/" + windCert, " " + energy + " ": "/participants/" + energy,
		windResource: "/resources/" + windResource, rainCase: "/notices/" + rainCase, windRight + "1": "/rights/" + windRight + "1", "OB-320981-20261120-b0c8e1fa2219-00": "/notices/" + tideCase,
		"7": "/blocks/7", tx: "/transactions/" + tx, "": "/registry",
	} {
		w := get(t, h, "/search?q="+url.QueryEscape(q))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%q: %d %s, want %s", q, w.Code, w.Header().Get("Location"), want)
		}
	}
	for _, q := range []string{"SJ3212026119999", "99999999", "RT-../../x", "//evil.example", hex64("nothing")} {
		if w := get(t, h, "/search?q="+url.QueryEscape(q)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "没有找到") {
			t.Errorf("%q: %d", q, w.Code)
		}
	}
	tag := "sm3:" + hex64("tag"+rainResource)
	f.entries[rights.RecordRef{Kind: rights.KindResource, ID: rainResource}].JSON = bytes.Replace(f.entries[rights.RecordRef{Kind: rights.KindResource, ID: rainResource}].JSON, []byte(`{"docType"`), []byte(`{"matchTag":"`+tag+`","docType"`), 1)
	if got := text(t, get(t, h, "/search?q="+url.QueryEscape(tag)).Body.Bytes()); !strings.Contains(got, "盐城沿海自动站逐时气象观测数据（2021—2026年）") {
		t.Error("a match tag does not find its resource")
	}
}

func TestRegistryFilters(t *testing.T) {
	f := sample(0)
	h := handler(t, sampleOptions(f))
	for query, want := range map[string]struct {
		has, hasNot string
	}{
		"of=rights&kind=RightUse":                    {"数据使用权 江苏", "数据经营权 江苏"},
		"of=rights&state=Cancelled":                  {"没有符合条件的记录", "SJ3212026110001"},
		"of=resources&region=" + "大丰":                {"大丰港", "沿海自动站"},
		"of=participants&region=320902":              {"盐城沿海气象", "江苏海风"},
		"of=participants&kind=RoleBank":              {"黄海银行", "江苏海风"},
		"of=cases&holder=" + logistic:                {"大丰港", "沿海自动站"},
		"of=cases&holder=" + "东台港航物流科技有限公司":          {"大丰港", "沿海自动站"},
		"of=resources&holder=" + "海风新能源":             {"盐城海上风电场", "大丰港"},
		"of=resources&holder=" + "公司":                {"有几个主体符合", "盐城海上风电场"},
		"of=resources&holder=" + "不存在":               {"没有名称中含有这些字的主体", "盐城海上风电场"},
		"of=nonsense&kind=nonsense&state=nonsense":   {"没有符合条件的记录", "SJ3212026110001"},
		"of=resources&q=" + "风电" + "&region=" + "大丰": {"盐城海上风电场", "沿海自动站"},
		"of=certificates&q=SJ3212026110001":          {"SJ3212026110001", "没有符合"},
	} {
		got := text(t, get(t, h, "/registry?"+(&url.URL{RawQuery: query}).Query().Encode()).Body.Bytes())
		if !strings.Contains(got, want.has) || strings.Contains(got, want.hasNot) {
			t.Errorf("%s: want %q and not %q\n%s", query, want.has, want.hasNot, got)
		}
	}
}

// Following the pager shows every case exactly once.
func TestPager(t *testing.T) {
	f := sample(0)
	h := handler(t, sampleOptions(f))
	seen := map[string]int{}
	next := regexp.MustCompile(`<a href="([^"]+)" rel="next">`)
	row := regexp.MustCompile(`class="lead"><a href="/notices/([^"]+)"`)
	pages := 0
	for path := "/registry?of=cases"; path != ""; pages++ {
		body := get(t, h, path).Body.String()
		for _, m := range row.FindAllStringSubmatch(body, -1) {
			seen[m[1]]++
		}
		path = ""
		if m := next.FindStringSubmatch(body); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
		if pages > 20 {
			t.Fatal("the pager does not end")
		}
	}
	if len(seen) != 124 || pages != 5 {
		t.Errorf("%d cases on %d pages, want 124 on 5", len(seen), pages)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was shown %d times", id, n)
		}
	}
	for _, path := range []string{"/registry?of=cases&cursor=made-up", "/notices?cursor=made-up", "/blocks?cursor=made-up", "/transactions?cursor=-1"} {
		if w := get(t, h, path); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "这个链接不完整") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestFailuresHavePages(t *testing.T) {
	f := sample(0)
	o := sampleOptions(f)
	h := handler(t, o)
	for _, path := range []string{"/x", "/rights/none", "/certificates/none", "/notices/none", "/resources/none", "/participants/none", "/blocks/9999", "/blocks/-1", "/blocks/abc", "/blocks/99999999999999999999999", "/transactions/none", "/static/none.css", "/static/..%2fexplorer.go", "/registry/x"} {
		if w := get(t, h, path); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "账本上没有这一条") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/registry", strings.NewReader("x")))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/registry", nil))
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}

	f.broken = errors.New("disk on fire at /secret/path")
	o.API = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "disk on fire at /secret/path", http.StatusInternalServerError)
	})
	h = handler(t, o)
	for name, path := range samplePages(sample(0)) {
		w := get(t, h, path)
		if slices.Contains([]string{"about", "network", "missing", "lineage", "sign-in", "verify"}, name) {
			continue // they read nothing
		}
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "本页暂时无法显示") || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s while reads fail: %d", name, w.Code)
		}
		if w.Header().Get("Content-Security-Policy") != Policy {
			t.Errorf("%s: an error page without its policy", name)
		}
	}
}

type panicky struct{ *fakeLedger }

func (panicky) Stats() (index.Stats, error) { panic("never") }

func TestPanicIsAPage(t *testing.T) {
	o := sampleOptions(sample(0))
	o.Reader = panicky{sample(0)}
	if w := get(t, handler(t, o), "/"); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "本页暂时无法显示") {
		t.Errorf("%d", w.Code)
	}
}

// Records that are not of their type's shape are shown as such, on their own
// page and in every list.
func TestRecordsThatDoNotDecode(t *testing.T) {
	f := sample(0)
	for _, raw := range []string{`{"id":7}`, `[]`, `"x"`, `not json <script>`, ``, `{"state":{}}`} {
		var puts []put
		ids := map[rights.Kind]string{}
		for _, kind := range []rights.Kind{rights.KindRight, rights.KindCertificate, rights.KindCase, rights.KindResource, rights.KindParticipant, rights.KindProfile, rights.KindCalendar, rights.KindObjection, rights.KindOrganisation} {
			id := string(kind) + "-bad-" + hex64(raw)[:6]
			ids[kind] = id
			puts = append(puts, put{kind, id, json.RawMessage(raw)})
		}
		f.append(sampleNow, sent{msp: "GroupMSP", kid: energy + "#2", command: "registration.record", puts: puts})
		h := handler(t, sampleOptions(f))
		for kind, id := range ids {
			to := href(kind, id)
			if to == "" {
				continue
			}
			w := get(t, h, to)
			if w.Code != http.StatusOK {
				t.Errorf("%s holding %q: %d", to, raw, w.Code)
			}
			if strings.Contains(w.Body.String(), "<script") {
				t.Errorf("%s: the raw record is not escaped", to)
			}
			if to != "/parameters" && to != "/network" && !strings.Contains(w.Body.String(), "这条记录无法解读") {
				t.Errorf("%s holding %q does not say that it does not decode", to, raw)
			}
		}
		for name, path := range samplePages(f) {
			if w := get(t, h, path); w.Code != http.StatusOK && name != "missing" {
				t.Errorf("%s with a bad record of %q on the ledger: %d", name, raw, w.Code)
			}
		}
	}
	got := text(t, get(t, handler(t, sampleOptions(f)), "/registry").Body.Bytes())
	if !strings.Contains(got, "无法解读") {
		t.Error("the list hides a record that does not decode")
	}
}

// hostile is what a stranger might put anywhere.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'{{.}}` + "`javascript:alert(1)//" + "\u202e\x00"

// poison puts hostile text into every string of a record.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		poison(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			poison(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() { // the others are none of a record's fields
				poison(v.Field(i))
			}
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(-1 << 62)
	case reflect.Bool:
		v.SetBool(true)
	}
}

// TestHostileText puts markup into every field of every record, block,
// transaction, process and query parameter, and looks for any of it having
// become an element or attribute.
func TestHostileText(t *testing.T) {
	f := sample(0)
	records := map[rights.Kind]any{
		rights.KindRight: new(rights.Right), rights.KindCertificate: new(rights.Certificate), rights.KindCase: new(rights.Case), rights.KindResource: new(rights.Resource),
		rights.KindParticipant: new(rights.Participant), rights.KindObjection: new(rights.Objection), rights.KindProfile: new(rights.RuleProfile), rights.KindCalendar: new(rights.WorkCalendar), rights.KindOrganisation: new(rights.Organisation),
	}
	var puts []put
	for kind, rec := range records {
		poison(reflect.ValueOf(rec).Elem())
		for _, id := range []string{string(kind) + "-evil", hostile} {
			puts = append(puts, put{kind, id, rec})
		}
	}
	f.append(sampleNow, sent{kind: hostile, msp: hostile, kid: hostile + "#" + hostile, command: hostile, endorsers: []string{hostile}, puts: puts})
	f.append(sampleNow, sent{msp: hostile, kid: hostile, command: "registration.submit", validation: hostile, puts: puts})
	last := len(f.blocks) - 1
	for _, b := range []*index.Block{&f.blocks[last], &f.blocks[last-1]} {
		b.Hash, b.Previous, b.DataHash, b.Signers = hostile, hostile, hostile, []string{hostile}
	}
	for _, id := range []string{f.blocks[last].TxIDs[0], f.blocks[last-1].TxIDs[0]} {
		tx := f.txs[id]
		tx.JWS, tx.CommandID = hostile, hostile
		f.txs[id] = tx
	}
	state := sampleNetwork()
	poison(reflect.ValueOf(&state.Members).Elem())
	o := sampleOptions(f)
	o.Network = fakeNetwork{state: state}
	h := handler(t, o)

	paths := []string{"/network?refresh=5"}
	for _, p := range samplePages(f) {
		paths = append(paths, p)
	}
	for kind := range records {
		paths = append(paths, href(kind, string(kind)+"-evil"), href(kind, hostile))
	}
	paths = append(paths, "/blocks/"+strconv.Itoa(last), "/blocks/"+strconv.Itoa(last-1), "/transactions/"+f.blocks[last].TxIDs[0], "/transactions/"+f.blocks[last-1].TxIDs[0])
	evil := url.QueryEscape(hostile)
	for _, p := range []string{"/", "/registry", "/search", "/notices", "/blocks", "/blocks/1", "/network", "/x" + url.PathEscape(hostile), "//evil.example/%2e%2e"} {
		u := p + "?"
		for _, name := range []string{"q", "of", "kind", "state", "holder", "region", "lang", "refresh", "from", hostile} {
			u += url.QueryEscape(name) + "=" + evil + "&"
		}
		paths = append(paths, u, u+"cursor="+evil)
	}
	for _, path := range paths {
		if path == "" {
			continue
		}
		for _, lang := range []string{zh, en} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			var err error
			if r.URL, err = url.Parse(path); err != nil {
				t.Fatalf("%q: %v", path, err)
			}
			r.AddCookie(&http.Cookie{Name: langCookie, Value: lang})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Errorf("%.60q: %d", path, w.Code)
			}
			if w.Code < 300 || w.Code >= 400 {
				var also []string
				if strings.HasPrefix(path, "/lineage") { // the one page with a script, of this site
					also = []string{"script", "noscript", "canvas"}
				}
				checkMarkup(t, path, w.Body.Bytes(), also...)
			} else if to := w.Header().Get("Location"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
				t.Errorf("%.60q leads away to %q", path, to)
			}
		}
	}
}

// allowed is every element our pages use; a script is none of them.
var allowed = strings.Fields("html head meta title link body a header div img span nav strong form label input button main section h1 h2 h3 p dl dt dd ul ol li footer time code small bdi table caption thead tbody tr th td select option details summary pre article blockquote br fieldset legend textarea meter figure svg line text path circle rect")

// checkMarkup fails on an element we never write but those in also, a script, style or handler in
// line, or a reference to another origin.
func checkMarkup(t *testing.T, path string, page []byte, also ...string) {
	t.Helper()
	z := html.NewTokenizer(bytes.NewReader(page))
	known := map[string]bool{}
	for _, a := range slices.Concat(allowed, also) {
		known[a] = true
	}
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if !known[tok.Data] {
				t.Errorf("%.60q: element <%s>", path, tok.Data)
			}
			if tok.Data == "script" && !slices.ContainsFunc(tok.Attr, func(a html.Attribute) bool { return a.Key == "src" }) {
				t.Errorf("%.60q: a script in line", path)
			}
			for _, a := range tok.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%.60q: %s=%q on <%s>", path, a.Key, a.Val, tok.Data)
				}
				if a.Key == "href" || a.Key == "src" || a.Key == "action" {
					u, err := url.Parse(a.Val)
					if err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(a.Val, "//") || !(strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "#")) {
						t.Errorf("%.60q: <%s %s=%q> leads away", path, tok.Data, a.Key, a.Val)
					}
				}
			}
		}
	}
}

// That a right is encumbered is public; for whose benefit is not (gateway/api,
// seesRight), and this page is everybody's.
func TestRightHidesForWhoseBenefit(t *testing.T) {
	f := sample(0)
	r := f.entries[rights.RecordRef{Kind: rights.KindRight, ID: windRight + "2"}]
	record, err := decode[rights.Right](r.JSON)
	if err != nil {
		t.Fatal(err)
	}
	record.Encumbrances = []rights.Encumbrance{{Type: "EncPledge", From: 1, ByID: "91320904MA0A00081G", RefID: "PL-1"}}
	if r.JSON, err = json.Marshal(record); err != nil {
		t.Fatal(err)
	}
	page := get(t, handler(t, sampleOptions(f)), "/rights/"+windRight+"2").Body.String()
	if !strings.Contains(page, "质押") || strings.Contains(page, "91320904MA0A00081G") {
		t.Errorf("the page of a pledged right names the bank, or not the pledge")
	}
}

// Every page carries the policy, keeps to it and loads nothing from elsewhere.
func TestPolicy(t *testing.T) {
	f := sample(5)
	h := handler(t, sampleOptions(f))
	for name, path := range samplePages(f) {
		w := get(t, h, path)
		want := Policy
		if name == "lineage" {
			want = ScriptPolicy
		}
		if got := w.Header().Get("Content-Security-Policy"); got != want {
			t.Errorf("%s: policy %q", name, got)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Ledger-Height") != strconv.Itoa(len(f.blocks)) {
			t.Errorf("%s: headers %v", name, w.Header())
		}
		if name == "lineage" {
			checkMarkup(t, path, w.Body.Bytes(), "script", "noscript", "canvas")
		} else {
			checkMarkup(t, path, w.Body.Bytes())
		}
		for _, m := range regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(w.Body.String(), -1) {
			a := get(t, h, m[1])
			if a.Code != http.StatusOK || !strings.Contains(a.Header().Get("Cache-Control"), "immutable") || a.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %d %v", m[1], a.Code, a.Header())
			}
		}
	}
	css, _ := fs.ReadFile(embedded, "static/style.css")
	if bytes.Contains(css, []byte("url(")) || bytes.Contains(css, []byte("@import")) {
		t.Error("the style sheet loads something")
	}
	for _, want := range []string{"default-src 'none'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(Policy, want) {
			t.Errorf("the policy lacks %q", want)
		}
	}
	if strings.Contains(ScriptPolicy, "unsafe") || strings.Contains(Policy, "script-src") {
		t.Error("the policy lets a script run")
	}
}

func TestRefreshIsChosen(t *testing.T) {
	h := handler(t, sampleOptions(sample(0)))
	for path, want := range map[string]bool{"/live": false, "/live?refresh=5": true, "/live?refresh=0": false, "/network": false, "/network?refresh=10": true, "/network?refresh=1": false, "/network?refresh=0;url=//x": false, "/about?refresh=10": false} {
		if got := strings.Contains(get(t, h, path).Body.String(), `http-equiv="refresh"`); got != want {
			t.Errorf("%s refreshes: %v, want %v", path, got, want)
		}
	}
}

func TestNetworkVerdicts(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*Consortium)
		want string
	}{
		"equal":                {func(*Consortium) {}, "各机构摘要相同"},
		"different":            {func(s *Consortium) { s.Members[2].Digest = "sm3:00" }, "摘要不同！"},
		"one silent":           {func(s *Consortium) { s.Members[3].Digest, s.Members[3].Reachable = "", false }, "未能全部核对"},
		"silent and different": {func(s *Consortium) { s.Members[3].Digest, s.Members[0].Digest = "", "sm3:00" }, "摘要不同！"},
		"two orderers down": {func(s *Consortium) {
			s.Members[0].Processes[0].State, s.Members[1].Processes[0].State = "down", "failing"
		}, "现在不能出块"},
		"nobody": {func(s *Consortium) { s.Members = nil }, "未能全部核对"},
	} {
		state := sampleNetwork()
		c.edit(&state)
		o := sampleOptions(sample(0))
		o.Network = fakeNetwork{state: state}
		if got := text(t, get(t, handler(t, o), "/network").Body.Bytes()); !strings.Contains(got, c.want) {
			t.Errorf("%s: does not say %q", name, c.want)
		}
	}
	o := sampleOptions(sample(0))
	o.Network = fakeNetwork{err: errors.New("x")}
	if got := text(t, get(t, handler(t, o), "/network").Body.Bytes()); !strings.Contains(got, "暂时无法取得联盟状态") {
		t.Error("a failing network is not told")
	}
	o.Network = nil
	if got := text(t, get(t, handler(t, o), "/network").Body.Bytes()); !strings.Contains(got, "未接入联盟状态") {
		t.Error("no network is not told")
	}
	for n, want := range map[int]int{1: 1, 4: 3, 5: 4, 6: 4, 7: 5, 10: 7} {
		m := Member{Processes: make([]Process, n)}
		for i := range m.Processes {
			m.Processes[i].Role = "orderer"
		}
		if got := countOrderers([]Member{m}).Needed; got != want {
			t.Errorf("%d orderers need %d, want %d", n, got, want)
		}
	}
}

// constants are the string constants of chaincode/rights by the name of their
// type ("" where they have none), and its lists of strings by their own name.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../chaincode/rights/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	found := map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || (g.Tok != token.CONST && g.Tok != token.VAR) {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				if g.Tok == token.VAR {
					for i, x := range v.Values {
						list, ok := x.(*ast.CompositeLit)
						if !ok {
							continue
						}
						for _, e := range list.Elts {
							if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
								value, _ := strconv.Unquote(lit.Value)
								found[v.Names[i].Name] = append(found[v.Names[i].Name], value)
							}
						}
					}
					continue
				}
				typ := ""
				if id, ok := v.Type.(*ast.Ident); ok {
					typ = id.Name
				}
				for i, x := range v.Values {
					lit, ok := x.(*ast.BasicLit)
					if !ok || lit.Kind != token.STRING {
						continue
					}
					value, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					if typ == "" && strings.HasPrefix(v.Names[i].Name, "Param") {
						typ = "parameter"
					}
					found[typ] = append(found[typ], value)
					if typ == "parameter" {
						typ = ""
					}
				}
			}
		}
	}
	return found
}

// Every constant of the domain has words in both languages.
func TestDictionaryCoversTheDomain(t *testing.T) {
	found := constants(t)
	for typ, s := range map[string]subject{"Role": aRole, "RightKind": aRight, "State": aState, "DocType": aPaper, "Code": anError, "Capacity": aCapacity, "Function": aFunction, "Kind": aKind,
		"subjectClasses": aSubjectClass, "sourceTypes": aSource, "publicKinds": aPublicKind, "regionRanges": aRange, "updateFreqs": aFrequency, "dataForms": aForm, "structures": aStructure,
		"levels": aLevel, "piClasses": aPI, "basisTypes": aBasis, "orgTypes": anOrgType, "dupGrounds": aDuplicate, "RejectGrounds": aGround, "regulatorDomains": aDomain,
	} {
		if len(found[typ]) == 0 {
			t.Errorf("no constants %s found: have they been renamed?", typ)
		}
		for _, code := range found[typ] {
			if _, ok := terms[s][code]; !ok {
				t.Errorf("%s %q is not in the dictionary", typ, code)
			}
		}
	}
	for _, key := range found["parameter"] {
		if _, ok := parameters[key]; !ok {
			t.Errorf("parameter %q is not in the dictionary", key)
		}
	}
	both := func(where string, x rights.Text) {
		if x.Zh == "" || x.En == "" || han(x.En) || !han(x.Zh) {
			t.Errorf("%s: %q / %q", where, x.Zh, x.En)
		}
	}
	for s, codes := range terms {
		for code, x := range codes {
			both(string(s)+" "+code, x)
		}
	}
	for _, c := range rights.Commands() {
		if _, ok := deeds[c.Name]; !ok {
			t.Errorf("command %s is not in the dictionary", c.Name)
		}
	}
	for _, m := range rights.Machines() {
		for _, row := range m.Transitions {
			if _, ok := deeds[m.Entity+"."+row.Event]; !ok {
				t.Errorf("event %s.%s is not in the dictionary", m.Entity, row.Event)
			}
		}
		for _, state := range m.States {
			if got := stated(m.Kind, string(state.Name)); got != state.Title { // it may go by another word elsewhere
				t.Errorf("%s %s: %v here, %v in its machine", m.Entity, state.Name, got, state.Title)
			}
		}
	}
	for _, name := range []string{index.TypeCommand, index.TypeEnrolment, index.TypeFounding, index.TypeLifecycle, index.TypeConfig, index.TypeOther} {
		if _, ok := terms[aTxType][name]; !ok {
			t.Errorf("transaction type %s is not in the dictionary", name)
		}
	}
	for command, d := range deeds {
		both(command, d.Title)
		both(command, d.Done)
		if strings.Count(d.Done.Zh, "{}") != 1 || strings.Count(d.Done.En, "{}") != 1 {
			t.Errorf("%s does not name its object once in each language", command)
		}
		entity, _, _ := strings.Cut(command, ".")
		if _, ok := kindOf[entity]; !ok {
			t.Errorf("%s: which kind of record is %s?", command, entity)
		}
	}
	for key, p := range parameters {
		both(key, p.Name)
		both(key, p.Unit)
		both(key, p.Source)
	}
	for status, f := range failures {
		both(strconv.Itoa(status), f.Title)
		both(strconv.Itoa(status), f.Detail)
	}
	for _, tab := range tabs {
		both(tab.Name, tab.Title)
		for _, s := range tab.States {
			if _, ok := terms[aState][string(s)]; !ok {
				t.Errorf("tab %s filters by unknown state %s", tab.Name, s)
			}
		}
		for _, s := range tab.Sorts {
			if _, ok := terms[tab.SortOf][s]; !ok {
				t.Errorf("tab %s filters by unknown %s %s", tab.Name, tab.SortOf, s)
			}
		}
	}
}

// Every template says each text in both languages, and asks the dictionary
// only for subjects that it has.
func TestTemplatesAreBilingual(t *testing.T) {
	set, err := parsePages(embedded)
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	for name, tmpl := range set.pages[zh] {
		for _, part := range tmpl.Templates() {
			if part.Tree == nil {
				continue
			}
			var visit func(n parse.Node)
			visit = func(n parse.Node) {
				v := reflect.ValueOf(n)
				if !v.IsValid() || v.IsNil() {
					return
				}
				switch n := n.(type) {
				case *parse.ListNode:
					for _, c := range n.Nodes {
						visit(c)
					}
				case *parse.ActionNode:
					visit(n.Pipe)
				case *parse.TemplateNode:
					visit(n.Pipe)
				case *parse.IfNode:
					visit(n.Pipe)
					visit(n.List)
					visit(n.ElseList)
				case *parse.WithNode:
					visit(n.Pipe)
					visit(n.List)
					visit(n.ElseList)
				case *parse.RangeNode:
					visit(n.Pipe)
					visit(n.List)
					visit(n.ElseList)
				case *parse.PipeNode:
					for _, c := range n.Cmds {
						visit(c)
					}
				case *parse.CommandNode:
					if id, ok := n.Args[0].(*parse.IdentifierNode); ok && len(n.Args) > 2 {
						first, isText := n.Args[1].(*parse.StringNode)
						second, isText2 := n.Args[2].(*parse.StringNode)
						switch {
						case id.Ident == "tr" && isText && isText2:
							texts++
							if han(second.Text) && second.Text != "e.g. 盐城" && !strings.Contains(second.Text, "国数综政策") && part.Name() != "main" {
								t.Errorf("%s/%s: the English of %q is Chinese", name, part.Name(), first.Text)
							}
							if han(first.Text) && len([]rune(first.Text)) > 3 && second.Text == "" && !strings.Contains("的节点提供", first.Text) {
								t.Errorf("%s/%s: %q has no English", name, part.Name(), first.Text)
							}
						case id.Ident == "tr":
							t.Errorf("%s/%s: tr wants two texts", name, part.Name())
						case (id.Ident == "say" || id.Ident == "chipOf") && isText && terms[subject(first.Text)] == nil:
							t.Errorf("%s/%s: no subject %q in the dictionary", name, part.Name(), first.Text)
						}
					}
					for _, a := range n.Args {
						visit(a)
					}
				}
			}
			visit(part.Tree.Root)
		}
	}
	if texts < 200 {
		t.Errorf("only %d texts found: is the walk right?", texts)
	}
}

// The pages reach the ledger through Reader and the API alone; client has the API's
// words, command the form of what is signed; qrcode draws what a camera reads.
func TestImports(t *testing.T) {
	may := map[string]bool{"github.com/datarights/datarights/chaincode/rights": true, "github.com/datarights/datarights/chaincode/command": true,
		"github.com/datarights/datarights/gateway/index": true, "github.com/datarights/datarights/client": true, "github.com/google/uuid": true, "github.com/skip2/go-qrcode": true}
	files, _ := filepath.Glob("*.go")
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range tree.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			if strings.Contains(path, ".") && !may[path] {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}

func TestNewFailsEarly(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("no reader is not refused")
	}
	if _, err := New(Options{Reader: sample(0), Dev: t.TempDir()}); err == nil {
		t.Error("a folder without templates is not refused")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, embedded); err != nil {
		t.Fatal(err)
	}
	o := sampleOptions(sample(0))
	o.Dev = dir
	h := handler(t, o)
	page := filepath.Join(dir, "templates", "about.html")
	b, _ := os.ReadFile(page)
	if err := os.WriteFile(page, bytes.Replace(b, []byte("三种权利"), []byte("三种权利改"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(get(t, h, "/about").Body.String(), "三种权利改") {
		t.Error("-dev does not read templates anew")
	}
	if err := os.WriteFile(page, []byte(`{{define "main"}}{{nonsense}}{{end}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(o); err == nil {
		t.Error("a broken template is found only when asked for")
	}
}

func TestSpan(t *testing.T) {
	for sec, want := range map[int64][2]string{0: {"不到 1 秒", "less than a second"}, 1: {"1 秒", "1 second"}, 59: {"59 秒", "59 seconds"}, 60: {"1 分钟", "1 minute"}, 3599: {"59 分钟", "59 minutes"}, 86400: {"1 天", "1 day"}, 45 * 86400: {"45 天", "45 days"}, 90 * 86400: {"3 个月", "3 months"}, 400 * 86400: {"13 个月", "13 months"}, 5 * 365 * 86400: {"5 年", "5 years"}} {
		if got := [2]string{span(zh, sec), span(en, sec)}; got != want {
			t.Errorf("%d: %v, want %v", sec, got, want)
		}
	}
	if got := clock(at("2026-11-23 00:00:00").Unix(), time.RFC3339); got != "2026-11-23T00:00:00+08:00" {
		t.Error(got)
	}
}

// The index serves the pages.
var _ Reader = (*index.Index)(nil)
