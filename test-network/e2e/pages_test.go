package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/browser"
)

// TestPages reads the living consortium in a real browser as a citizen would:
// every kind of page shows what the ledger holds, and nothing complains.
func TestPages(t *testing.T) {
	levelled(t)
	tab := browser.Start(t)
	wrong := browser.Watch(tab, t)
	site := w.url("Bank")

	cert := regexp.MustCompile(`verifies certificate (SJ\d+) `).FindStringSubmatch(w.told)[1]
	paper := read[rights.Certificate](t, "Bank", "/v1/certificates/"+cert)
	right := paper.Rights[0].RightID
	committed := read[struct {
		Ledger struct {
			Block uint64 `json:"block"`
			TxID  string `json:"txId"`
		} `json:"ledger"`
	}](t, "Bank", "/v1/certificates/"+cert).Ledger

	stats := read[struct {
		States map[string]int64 `json:"states"`
	}](t, "Bank", "/v1/stats")
	inForce := fmt.Sprintf("%d,%03d", stats.States["RT/Active"]/1000, stats.States["RT/Active"]%1000)
	if stats.States["RT/Active"] < 3000 {
		t.Errorf("the demo left %d rights in force", stats.States["RT/Active"])
	}

	for _, page := range []struct {
		path  string
		zh    []string // what the Chinese page says
		en    []string // and the English one
		count string   // elements there must be
	}{
		{"/", []string{"正在公示", "最新区块", inForce}, []string{"Open notices", "Latest blocks", inForce}, ".cert"},
		{"/search?q=" + "爱荷华", []string{"爱荷华州电力行业"}, []string{"爱荷华州电力行业"}, ".fold"},
		{"/registry?of=rights", []string{"登记簿", "数据持有权"}, []string{"Registry"}, ".fold tbody tr"},
		{"/registry?of=certificates&q=" + cert, []string{cert}, []string{cert}, ".fold tbody tr"},
		{"/rights/" + right, []string{cert, paper.DataName, "经过"}, []string{cert, "How it came about"}, ".split"},
		{"/certificates/" + cert, []string{"数据产权登记凭证", cert, paper.DataName, "演示凭证，不具法律效力"}, []string{"Data Property Rights Registration Certificate", "Demonstration only"}, ".paper"},
		{"/notices", []string{"公示"}, []string{"Public notices"}, "h1"},
		{fmt.Sprintf("/blocks/%d", committed.Block), []string{committed.TxID[:8], paper.DataName, "并发证"}, []string{paper.DataName, " recorded “"}, "main"},
		{"/transactions/" + committed.TxID, []string{"并发证", cert, "市大数据集团"}, []string{cert}, "main"},
		{"/network", []string{"各机构摘要相同", "bank-orderer", "主节点"}, []string{"All digests equal", "bank-orderer", "Leader"}, ".member"},
		{"/parameters", []string{"DRWG", "2 秒"}, []string{"DRWG"}, "main"},
		{"/docs", nil, nil, "#swagger-ui .opblock"},
	} {
		for lang, words := range map[string][]string{"zh": page.zh, "en": page.en} {
			joint := "?"
			if strings.Contains(page.path, "?") {
				joint = "&"
			}
			if err := chromedp.Do(tab, chromedp.Navigate(site+page.path+joint+"lang="+lang), chromedp.WaitVisible(page.count)); err != nil {
				t.Fatalf("%s (%s): %v", page.path, lang, err)
			}
			text, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.title + "\n" + document.body.innerText`))
			if err != nil {
				t.Fatalf("%s (%s): %v", page.path, lang, err)
			}
			for _, word := range words {
				if !strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
					t.Errorf("%s (%s) does not say %q:\n%s", page.path, lang, word, text)
				}
			}
			for _, complaint := range wrong.Take() {
				t.Errorf("%s (%s): %s", page.path, lang, complaint)
			}
		}
	}

	t.Run("from the front page to the certificate by its number", func(t *testing.T) {
		if err := chromedp.Do(tab, chromedp.Navigate(site+"/?lang=zh"), chromedp.Focus("#q"), chromedp.KeyEvent(cert), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".paper")); err != nil {
			t.Fatal(err)
		}
		if at, err := chromedp.Run(tab, chromedp.Location()); err != nil || !strings.HasSuffix(at, "/certificates/"+cert) {
			t.Errorf("the number led to %s (%v)", at, err)
		}
	})

	t.Run("the watch sees what is wrong", func(t *testing.T) {
		if err := chromedp.Do(tab, chromedp.Navigate(site+"/about"), chromedp.Evaluate[chromedp.Void](`(() => {
			const s = document.createElement("style"); s.textContent = "body{color:red}"; document.head.append(s) })()`), chromedp.Sleep(200*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if len(wrong.Take()) == 0 {
			t.Error("a breach of the page's policy was not reported")
		}
	})
}
