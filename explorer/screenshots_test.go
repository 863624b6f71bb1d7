//go:build shots

package explorer

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/datarights/datarights/test-network/browser"
)

// TestScreenshots writes pictures of the pages to the folder in EXPLORER_SHOTS,
// for people to look at; EXPLORER_PAGES names some, by comma.
//
//	EXPLORER_SHOTS=/tmp/shots go test -tags shots -run Screenshots ./explorer
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("EXPLORER_SHOTS")
	if dir == "" {
		t.Fatal("say in EXPLORER_SHOTS where the pictures go")
	}
	ctx := browser.Start(t)
	f := sample(5)
	site := httptest.NewServer(handler(t, sampleOptions(f)))
	defer site.Close()
	only := os.Getenv("EXPLORER_PAGES")
	if err := chromedp.Do(ctx, screen(794), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		return err
	}), chromedp.Navigate(site.URL+"/certificates/"+windCert)); err != nil {
		t.Fatal(err)
	}
	if png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100)); err != nil || os.WriteFile(filepath.Join(dir, "certificate-print.png"), png, 0o644) != nil {
		t.Fatal("couldn't print", err)
	}
	for name, path := range samplePages(f) {
		if only != "" && !strings.Contains(","+only+",", ","+name+",") {
			continue
		}
		for _, v := range []struct {
			width        int64
			scheme, lang string
		}{{1280, "light", zh}, {390, "light", zh}, {1280, "dark", en}, {390, "dark", en}} {
			joint := "?"
			if strings.Contains(path, "?") {
				joint = "&"
			}
			if err := chromedp.Do(ctx, screen(v.width), look(v.scheme), chromedp.Navigate(site.URL+path+joint+"lang="+v.lang)); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s-%s.png", name, v.width, v.scheme, v.lang)), png, 0o644)
			}
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
	}
}

// TestLineageScreenshots writes pictures of the lineage page in use; lineage.png is
// the one of docs/images.
func TestLineageScreenshots(t *testing.T) {
	dir := os.Getenv("EXPLORER_SHOTS")
	if dir == "" {
		t.Fatal("say in EXPLORER_SHOTS where the pictures go")
	}
	many := wide(100_000)
	for name, v := range map[string]struct {
		width        int64
		scheme, lang string
		whole, many  bool
	}{
		"lineage": {1280, "light", zh, false, false}, "lineage-dark": {1280, "dark", en, true, false}, "lineage-390": {390, "light", zh, true, false}, "lineage-390-dark": {390, "dark", en, true, false},
		"lineage-many": {1280, "light", zh, false, true}, "lineage-full": {1280, "light", en, true, false},
	} {
		if only := os.Getenv("EXPLORER_PAGES"); only != "" && !strings.Contains(","+only+",", ","+name+",") {
			continue
		}
		site := lineageSite(t, func(q url.Values) drawn {
			if v.many {
				return many
			}
			return storyOf(q)
		})
		b := tab{t, browser.Start(t)}
		b.do(screen(v.width), look(v.scheme))
		b.open(site, drawnID("DP", 1), lineageToken, v.lang)
		if v.many {
			b.until(graphData+"nodes", "100000")
			b.do(chromedp.Click("#whole"))
		} else {
			b.until(graphData+"nodes", "12")
			b.say(`(select => select.click())([...document.querySelectorAll("#rows button")].find(b => b.textContent === "` + drawnID("CP", 7) + `"))`)
			b.do(chromedp.Click("#whole"))
			b.say(`document.querySelector("#ask").scrollIntoView()`)
		}
		time.Sleep(2 * time.Second)
		var png []byte
		var err error
		if v.whole {
			png, err = chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		} else {
			b.say(`scrollTo({top: document.querySelector("#ask").offsetTop - 20, behavior: "instant"})`)
			time.Sleep(500 * time.Millisecond)
			png, err = chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
