package e2e

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/datarights/datarights/test-network/browser"
)

// TestPagesEnterprise is a clerk's half hour on the living consortium: sign in with
// the firm's key, read every page of the workplace, post a demand by form, close it.
func TestPagesEnterprise(t *testing.T) {
	levelled(t)
	clerk := energyCompany(t)
	tab := browser.Start(t)
	wrong := browser.Watch(tab, t)
	site := w.url(clerk.via)
	sign := func(input []byte) (string, error) {
		sig, err := clerk.key.Sign(input)
		return base64.StdEncoding.EncodeToString(sig), err
	}
	if err := browser.SignIn(tab, site, fmt.Sprintf("%s#%d", clerk.uscc, clerk.keyNo), sign); err != nil {
		t.Fatal(err)
	}
	read := func(path string) string {
		t.Helper()
		text, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.title + "\n" + document.body.innerText`))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return text
	}
	// A browser counts a page of a refusal as a failure to load; those meant are not.
	settle := func(path, but string) {
		t.Helper()
		for _, complaint := range wrong.Take() {
			if but == "" || !strings.Contains(complaint, but) {
				t.Errorf("%s: %s", path, complaint)
			}
		}
	}
	open := func(path string, words ...string) {
		t.Helper()
		if err := chromedp.Do(tab, chromedp.Navigate(site+path), chromedp.WaitVisible("h1")); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		text := read(path)
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%s does not say %q:\n%s", path, word, text)
			}
		}
		browser.Axe(tab, t, path)
	}
	open("/enterprise?lang=zh", "盐都新能源发电有限公司", "等您办理", "使用许可到期")
	open("/enterprise/assets", "2001-2017年爱荷华州电力行业净发电量统计表", "权利负担：质押")
	open("/enterprise/cases", "登记案件")
	open("/enterprise/trades", "交易")
	open("/enterprise/permits", "授出的使用许可", "作业次数")
	open("/enterprise/finance", "质押", "合作银行盐城分行")
	open("/enterprise/disputes", "异议")
	open("/enterprise/keys", clerk.uscc+"#1", "正在使用")
	open("/enterprise/register", "datarights register", clerk.uscc+"#1")
	open("/enterprise?lang=en", "Yours to do", "All records")
	settle("the workplace", "")
	if err := chromedp.Do(tab, chromedp.Navigate(site+"/enterprise/permits?lang=zh"), chromedp.Click(`td.lead a`), chromedp.WaitVisible("meter")); err != nil {
		t.Fatalf("from a permit's row to its page: %v", err)
	}
	if text := read("a permit"); !strings.Contains(text, "已用 ") || !strings.Contains(text, "被许可方") {
		t.Errorf("the permit's page says:\n%s", text)
	}

	const title = `求购 "小时级" <b>风速</b> 🌬 بيانات`
	fill := func(name, value string) chromedp.Action[chromedp.Void] {
		return chromedp.SetValue(`[name="b.`+name+`"]`, value)
	}
	open("/do/demand.post?back="+url.QueryEscape("/enterprise/demands"), "发布需求", "应用领域")
	submit := chromedp.Click(".submit button")
	if err := chromedp.Do(tab, fill("title", title), submit, chromedp.WaitVisible(".because a")); err != nil {
		t.Fatal(err)
	}
	browser.Axe(tab, t, "a form with faults")
	settle("a form with faults", "status of 422")
	if err := chromedp.Do(tab, fill("text", "用于功率预测"), fill("field", "GreenLowCarbon"), fill("regionCode", "320900"), fill("validTo", "2027-06-01 09:00"),
		chromedp.Click(`input[value="Dataset"]`), submit, chromedp.WaitVisible("#signature")); err != nil {
		t.Fatal(err)
	}
	if text := read("the bytes in words"); !strings.Contains(text, title) || !strings.Contains(text, "绿色低碳") || !strings.Contains(text, "数据集") || !strings.Contains(text, "2027-06-01 09:00:00 UTC+8") {
		t.Errorf("what will be signed reads:\n%s", text)
	}
	browser.Axe(tab, t, "signing")
	if err := browser.Sign(tab, sign, ".onward"); err != nil {
		t.Fatalf("handing the command in: %v\n%s", err, read("handing in"))
	}
	if text := read("the receipt"); !strings.Contains(text, "已写入账本") || !strings.Contains(text, title) {
		t.Errorf("the receipt reads:\n%s", text)
	}
	if err := chromedp.Do(tab, chromedp.Click(".onward a"), chromedp.WaitVisible("td.lead a")); err != nil {
		t.Fatal(err)
	}
	if text := read("the demands"); !strings.Contains(text, title) || !strings.Contains(text, "结束征集") {
		t.Errorf("the demand is not there:\n%s", text)
	}
	link := `[...document.querySelectorAll("tr")].find(r => r.innerText.includes("小时级")).querySelector('a[href*="demand.close"]').click()`
	if err := chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](link), chromedp.WaitVisible(".fixed"), fill("reason", "已找到"), submit, chromedp.WaitVisible("#signature")); err != nil {
		t.Fatal(err)
	}
	if err := browser.Sign(tab, sign, ".onward"); err != nil {
		t.Fatalf("closing the demand: %v\n%s", err, read("closing"))
	}

	// What is another's: a case of the weather company's, by its full file.
	open("/enterprise/records/AL/AL-320900-20260101-000000000000-00", "账本上没有这一条")
	settle("what is not there", "status of 404")
	if page := get(t, clerk.via, "/enterprise/trades"); strings.Contains(page.String(), "现在可办") {
		t.Error("who has not signed in sees a workplace")
	}
}
