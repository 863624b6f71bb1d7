package explorer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/skip2/go-qrcode"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/browser"
)

func TestVerifyAnswersInWords(t *testing.T) {
	f := sample(0)
	h := handler(t, sampleOptions(f))
	for _, x := range []struct {
		path   string
		status int
		says   []string
	}{
		{"/verify", http.StatusOK, []string{"凭证编号", "无须登录"}},
		{"/verify?lang=en", http.StatusOK, []string{"No account is needed"}},
		{"/verify/" + windCert, http.StatusOK, []string{"现在有效", "本网关此刻在自己的账本副本上所见", "江苏海风新能源数据有限公司", "数据持有权", "下载核验文件", "datarights verify " + windCert + ".proof.zip --trust run/trust"}},
		{"/verify/SJ3212026119999", http.StatusNotFound, []string{"本网关的账本上没有编号为此的凭证", "不可采信"}},
		{"/verify/x", http.StatusBadRequest, []string{"这不是凭证编号", "SJ 加 13 位数字"}},
		{"/verify/x?lang=en", http.StatusBadRequest, []string{"This is no certificate number"}},
		{"/verify?no=SJ123", http.StatusBadRequest, []string{"这不是凭证编号"}},
		{"/verify?no=" + url.QueryEscape(`"><script>alert(1)</script>`), http.StatusBadRequest, []string{"这不是凭证编号"}},
		{"/verify?no=" + url.QueryEscape(strings.Repeat("证", 4000)), http.StatusBadRequest, []string{"这不是凭证编号"}},
		{"/verify/" + url.PathEscape("\u202e<b>"), http.StatusBadRequest, []string{"这不是凭证编号"}},
		{"/verify/%ff%fe", http.StatusBadRequest, []string{"这不是凭证编号"}},
	} {
		w := get(t, h, x.path)
		if w.Code != x.status {
			t.Errorf("%s: %d", x.path, w.Code)
		}
		got := text(t, w.Body.Bytes())
		for _, s := range x.says {
			if !strings.Contains(got, s) {
				t.Errorf("%s does not say %q:\n%s", x.path, s, got)
			}
		}
		if bytes.Contains(w.Body.Bytes(), []byte("<script>")) || bytes.Contains(w.Body.Bytes(), []byte("<b>")) {
			t.Errorf("%s: what was typed is markup", x.path)
		}
		checkMarkup(t, x.path, w.Body.Bytes())
	}
	// What is typed leads to the page of the number, however it is written.
	for _, typed := range []string{windCert, strings.ToLower(windCert), " " + windCert + " ", "SJ32 1202611 0001", "SJ-321-202611-0001"} {
		w := get(t, h, "/verify?no="+url.QueryEscape(typed))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/verify/"+windCert {
			t.Errorf("%q: %d %s", typed, w.Code, w.Header().Get("Location"))
		}
	}
	f.broken = io.ErrUnexpectedEOF
	if w := get(t, h, "/verify/"+windCert); w.Code != http.StatusInternalServerError || bytes.Contains(w.Body.Bytes(), []byte("EOF")) {
		t.Errorf("with a broken index: %d", w.Code)
	}
}

// A certificate that is no longer good is said to be so, and why, and not for whose
// benefit.
func TestVerifyWhatIsNotGood(t *testing.T) {
	change := func(kind rights.Kind, id string, record any, edit func()) *fakeLedger {
		f := sample(0)
		e := f.entries[rights.RecordRef{Kind: kind, ID: id}]
		if err := json.Unmarshal(e.JSON, record); err != nil {
			t.Fatal(err)
		}
		edit()
		e.JSON, _ = json.Marshal(record)
		return f
	}
	var right rights.Right
	var cert rights.Certificate
	for name, x := range map[string]struct {
		f    *fakeLedger
		says string
	}{
		"frozen": {change(rights.KindRight, windRight+"2", &right, func() {
			right.Encumbrances = []rights.Encumbrance{{Type: rights.EncFreeze, From: 1, ByID: group, RefID: "SM-320900-20261123-0a1b2c3d4e5f-00"}}
		}), "查封冻结 现在无效 被冻结"},
		"ended":     {change(rights.KindRight, windRight+"2", &right, func() { right.Encumbrances, right.ValidTo = nil, sampleNow.Unix() }), "有效期已届满"},
		"cancelled": {change(rights.KindCertificate, windCert, &cert, func() { cert.State = rights.StateCancelled }), "已注销"},
	} {
		page := get(t, handler(t, sampleOptions(x.f)), "/verify/"+windCert).Body.Bytes()
		got := text(t, page)
		for _, want := range []string{"现在无效", "请勿依据此凭证交易", x.says} {
			if !strings.Contains(got, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, got)
			}
		}
		if bytes.Contains(page, []byte("SM-3209")) {
			t.Errorf("%s: it names the measure", name)
		}
	}
}

// The code drawn on a certificate is the one that leads to its verification page.
func TestQRLeadsToTheVerificationPage(t *testing.T) {
	for public, want := range map[string]string{"https://registry.example.cn/": "https://registry.example.cn/verify/" + windCert, "": "http://gateway.test:8081/verify/" + windCert} {
		o := sampleOptions(sample(0))
		o.PublicURL = public
		r := httptest.NewRequest(http.MethodGet, "http://gateway.test:8081/certificates/"+windCert, nil)
		w := httptest.NewRecorder()
		handler(t, o).ServeHTTP(w, r)
		_, rest, _ := strings.Cut(w.Body.String(), `<path d="`)
		path, _, found := strings.Cut(rest, `"`)
		if !found {
			t.Fatal("there is no code")
		}
		code, err := qrcode.New(want, qrcode.Medium)
		if err != nil {
			t.Fatal(err)
		}
		bitmap := code.Bitmap()
		drawn := make([][]bool, len(bitmap))
		for i := range drawn {
			drawn[i] = make([]bool, len(bitmap))
		}
		for _, run := range strings.Split(strings.Trim(path, "Mz"), "zM") {
			var x, y, n, back int
			if _, err := fmt.Sscanf(run, "%d %dh%dv1h-%d", &x, &y, &n, &back); err != nil || n != back {
				t.Fatalf("%q: %v", run, err)
			}
			for i := range n {
				drawn[y][x+i] = true
			}
		}
		if fmt.Sprint(drawn) != fmt.Sprint(bitmap) {
			t.Errorf("the code does not read %s", want)
		}
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the address is not printed beside it: %s", want)
		}
	}
}

// TestBrowserVerify follows a printed certificate's code, types a number in, and
// prints.
func TestBrowserVerify(t *testing.T) {
	ctx := browser.Start(t)
	o := sampleOptions(sample(0))
	o.PublicURL = ""
	site := httptest.NewServer(handler(t, o))
	defer site.Close()
	wrong := browser.Watch(ctx, t)
	if err := chromedp.Do(ctx, screen(1280), chromedp.Navigate(site.URL+"/certificates/"+windCert), chromedp.WaitVisible(".qr svg")); err != nil {
		t.Fatal(err)
	}
	size, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`document.querySelector(".qr svg").getBoundingClientRect().width`))
	if err != nil || size < 100 {
		t.Errorf("the code is %v wide, %v", size, err)
	}
	if err := chromedp.Do(ctx, chromedp.Click(".qr"), chromedp.WaitVisible("#offline"), chromedp.Navigate(site.URL+"/verify"), chromedp.SendKeys("#no", strings.ToLower(windCert)), chromedp.Click("form[action='/verify'] button"), chromedp.WaitVisible("#offline")); err != nil {
		t.Fatal(err)
	}
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil || at != site.URL+"/verify/"+windCert {
		t.Errorf("at %s, %v", at, err)
	}
	download, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("a[download]").getAttribute("href")`))
	if err != nil || download != "/v1/certificates/"+windCert+"/proof" {
		t.Errorf("the proof is at %s, %v", download, err)
	}
	for _, w := range wrong.Take() {
		t.Error(w)
	}
}
