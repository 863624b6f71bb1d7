package e2e

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/browser"
	"github.com/datarights/datarights/test-network/scene"
)

// desk is an officer at the pages of the officer's organisation, in a real browser.
type desk struct {
	*testing.T
	who   scene.Person
	site  string
	tab   context.Context
	wrong *browser.Complaints
}

func openDesk(t *testing.T, p scene.Person) *desk {
	t.Helper()
	d := &desk{T: t, who: p, site: w.url(p.Via), tab: browser.Start(t)}
	d.wrong = browser.Watch(d.tab, t)
	d.do("the sign-in page", chromedp.Navigate(d.site+"/sign-in?lang=zh"), chromedp.WaitVisible("#kid"), chromedp.SetValue("#kid", p.Kid()), chromedp.Evaluate[chromedp.Void](submitForm), chromedp.WaitVisible("#signature"))
	d.sign()
	d.do("signing in", chromedp.WaitVisible(".desk-who"))
	return d
}

// submitForm presses the button of the page's own form, as Enter would.
const submitForm = `(f => f.requestSubmit(f.querySelector('[type=submit]')))([...document.querySelectorAll('main form')].find(f => f.method === 'post')); void 0`

func (d *desk) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	d.Helper()
	if err := chromedp.Do(d.tab, steps...); err != nil {
		d.Fatalf("%s: %v\n%s", what, err, d.text())
	}
}

func (d *desk) say(script string) string {
	d.Helper()
	s, err := chromedp.Run(d.tab, chromedp.Evaluate[string](`String(`+script+`)`))
	if err != nil {
		d.Fatalf("%s: %v", script, err)
	}
	return s
}

func (d *desk) text() string {
	s, err := chromedp.Run(d.tab, chromedp.Evaluate[string](`document.title + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return s
}

// sign answers the bytes on the page with the officer's key and hands them in.
func (d *desk) sign() {
	d.Helper()
	sig, err := d.who.Key.Sign([]byte(d.say(`document.querySelector('[name=input]').value`)))
	if err != nil {
		d.Fatal(err)
	}
	d.do("handing a signature in", chromedp.SetValue("#signature", base64.StdEncoding.EncodeToString(sig)), chromedp.Evaluate[chromedp.Void](submitForm))
}

// open reads a page, which says those words, complains of nothing and can be used by
// everybody.
func (d *desk) open(path string, words ...string) {
	d.Helper()
	d.do(path, chromedp.Navigate(d.site+path), chromedp.WaitVisible("h1"))
	d.reads(path, words...)
}

// refused reads a page of a refusal, which the browser counts as a failure to load.
func (d *desk) refused(path string, status int, words ...string) {
	d.Helper()
	d.do(path, chromedp.Navigate(d.site+path), chromedp.WaitVisible("h1"))
	for _, complaint := range d.wrong.Take() {
		if !strings.Contains(complaint, fmt.Sprintf("status of %d", status)) {
			d.Errorf("%s: %s", path, complaint)
		}
	}
	d.reads(path, words...)
}

func (d *desk) reads(path string, words ...string) {
	d.Helper()
	got := d.text()
	for _, word := range words {
		if !strings.Contains(got, word) {
			d.Errorf("%s does not say %q:\n%s", path, word, got)
		}
	}
	browser.Axe(d.tab, d.T, path)
	for _, complaint := range d.wrong.Take() {
		d.Errorf("%s: %s", path, complaint)
	}
}

// follow goes where a link leads that has these words in its address.
func (d *desk) follow(part, until string) {
	d.Helper()
	d.do("following "+part, chromedp.Evaluate[chromedp.Void](`document.querySelector('main a[href*="`+part+`"]').click()`), chromedp.WaitVisible(until))
}

// until waits for a script to be true.
func (d *desk) until(script string) {
	d.Helper()
	for range 300 {
		if d.say(script) == "true" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	d.Fatalf("%s never came true:\n%s", script, d.text())
}

// command fills in the form on the page, signs and hands it in.
func (d *desk) command(fields map[string]string) {
	d.Helper()
	for name, value := range fields {
		d.do(name, chromedp.SetValue(`[name="b.`+name+`"]`, value))
	}
	d.do("preparing", chromedp.Evaluate[chromedp.Void](submitForm), chromedp.WaitVisible("#signature"))
	d.sign()
	d.until(`location.pathname.startsWith("/receipts/") && document.readyState === "complete"`)
}

// TestPagesBank is a credit officer: verifies an asset, and is warned when a right
// that is pledged to the bank is frozen.
func TestPagesBank(t *testing.T) {
	m := scene.Open(t, w.Deployment)
	owner := m.Join("建湖数据资产有限公司", "Group", nil)
	v := m.Value(m.Register(owner), 500_000_00)
	pledge := m.Pledge(v, "loan", v.Amounts())
	record := scene.ReadAs[rights.Pledge](m, m.Bank, "/v1/pledges/"+pledge)
	cert := record.CertNos[0]

	d := openDesk(t, m.Bank)
	d.open("/bank", "质押与预警", cert, "解除质押")
	d.open("/bank/verify?certNo="+cert, "建湖数据资产有限公司", "第 1 顺位", "有在有效期内的价值评估", "没有。")
	d.open("/bank/pledges/"+pledge, "质押物与登记时相同", "质押登记")
	d.refused("/bank/verify?certNo=SJ3212026119999", 404, "账本上没有这张凭证")

	measure := m.Do(m.Regulator, "measure.issue", rights.IssueMeasure{Type: rights.MeasureFreeze, Domain: "data", TargetKind: rights.KindRight, TargetID: record.RightIDs[0],
		LegalBasis: "数据安全法第四十五条", DocumentHash: scene.Hash("document")}).One(rights.KindMeasure)
	served := m.Do(m.Regulator, "measure.serve", rights.ServeMeasure{MeasureID: measure, ReceiptHash: scene.Hash("receipt")})
	scene.ReadAs[rights.Measure](m, m.Bank.Through("Bank"), "/v1/measures/"+measure) // the bank's index has it
	d.open("/bank/pledges/"+pledge, "被查封冻结", "严重", served.TxID[:8])
	d.open("/bank", "被查封冻结", measure)
	d.open("/bank/verify?certNo="+cert+"&lang=en", "It cannot be relied on as security now", "Freeze")
	d.refused("/regulator?lang=zh", 403, "这些页面供", "没有这些职责")
}

// TestPagesRegulator works an alert: takes it by form and signature, follows its
// lineage with the session signed in with, and drills an indicator down.
func TestPagesRegulator(t *testing.T) {
	levelled(t)
	m := scene.Open(t, w.Deployment)
	owner := m.Join("阜宁数据企业有限公司", "Group", nil)
	asset := m.Register(owner)
	alert := m.Do(owner, "alert.raise", rights.RaiseAlert{RuleCode: "AL-REG-NEAR", TargetID: asset.Object, SubjectIDs: []string{owner.USCC}, Metric: `相似 <b>"900"</b>`}).One(rights.KindAlert)
	scene.ReadAs[rights.Alert](m, m.Regulator, "/v1/alerts/"+alert)

	d := openDesk(t, m.Regulator)
	d.open("/regulator?rule=AL-REG-NEAR", "与他人对象高度相似", "阜宁数据企业有限公司")
	d.open("/regulator/alerts/"+alert, "接收预警", `相似 <b>"900"</b>`, "案卷要素", "case export "+alert)
	d.follow("/do/alert.acknowledge", ".submit button")
	d.command(nil)
	d.open("/regulator/alerts/"+alert, "已知悉", "开始调查")

	d.follow("/regulator/lineage?object="+asset.Object, "#ask[data-ready]")
	d.until(`Number(document.getElementById("graph").dataset.nodes) > 0`)
	if seen := d.say(`document.cookie + document.documentElement.outerHTML.includes("Bearer") + (document.getElementById("token") === null)`); strings.Contains(seen, "session") || !strings.HasSuffix(seen, "falsetrue") {
		t.Errorf("the session shows in the page: %s", seen)
	}
	for _, complaint := range d.wrong.Take() {
		t.Error(complaint)
	}
	d.open("/regulator/measures?state=all", "监管措施")
	d.open("/regulator/indicators", "指标看板", "IN-06")
	d.open("/regulator/indicators/OP-01", "有效凭证", "背后的记录", "SJ321")
	d.follow("/certificates/SJ", ".paper")
	d.refused("/bank", 403, "没有这些职责")
}

// TestPagesExchange reviews a listing: reads it, approves it by form and signature,
// and looks at the desk and the consortium.
func TestPagesExchange(t *testing.T) {
	m := scene.Open(t, w.Deployment)
	seller := m.Join("滨海数据产品有限公司", "Group", nil)
	product := m.Produce(m.Register(seller), m.Content(seller), 0)
	listing := m.Do(seller, "listing.submit", m.Offer(product, toUse...)).One(rights.KindListing)
	scene.ReadAs[rights.Listing](m, m.Exchange, "/v1/listings/"+listing)

	d := openDesk(t, m.Exchange)
	d.open("/exchange", "滨海数据产品有限公司", listing, "有效", "不予挂牌")
	d.follow("/do/listing.approve?back=%2Fexchange&listingId="+listing, ".submit button")
	d.command(nil)
	d.open("/exchange?state=Listed", listing, "暂停挂牌")
	if got := scene.ReadAs[rights.Listing](m, m.Exchange, "/v1/listings/"+listing); got.State != rights.StateListed {
		t.Errorf("the listing is %s", got.State)
	}
	d.open("/exchange/trades", "交易台")
	d.open("/exchange/consortium?lang=en", "All digests equal", "Days left", "exchange-peer", "In the last hour")
	d.refused("/registrar?lang=zh", 403, "没有这些职责")
}
