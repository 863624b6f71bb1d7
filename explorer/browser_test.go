package explorer

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/datarights/datarights/test-network/browser"
)

// look sets the colour scheme the reader prefers.
func look(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// screen sets the size of the window; small ones are phones.
func screen(width int64) chromedp.Action[chromedp.Void] {
	if width < 600 {
		return chromedp.EmulateViewport(width, 844, chromedp.EmulateMobile)
	}
	return chromedp.EmulateViewport(width, 900)
}

// TestBrowserPages loads every page at phone and desk width, in both languages:
// nothing complains, nothing is wider than the screen, the style sheet applies.
func TestBrowserPages(t *testing.T) {
	ctx := browser.Start(t)
	f := sample(5)
	site := httptest.NewServer(handler(t, sampleOptions(f)))
	defer site.Close()
	wrong := browser.Watch(ctx, t)
	for _, width := range []int64{320, 390, 1280} {
		if err := chromedp.Do(ctx, screen(width)); err != nil {
			t.Fatal(err)
		}
		for name, path := range samplePages(f) {
			for _, lang := range []string{zh, en} {
				joint := "?"
				if strings.Contains(path, "?") {
					joint = "&"
				}
				if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+path+joint+"lang="+lang)); err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				got, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
					Wide, Seen int
					Lang, H1   string
					Widest     string
				}](`({
					Wide: document.documentElement.scrollWidth, Seen: document.documentElement.clientWidth,
					Lang: document.documentElement.lang, H1: getComputedStyle(document.querySelector("h1")).fontFamily,
					Widest: [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 3).map(e => e.tagName + "." + e.className).join(" ")
				})`))
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				if got.Wide > got.Seen {
					t.Errorf("%s (%s) at %d scrolls sideways: %d > %d (%s)", name, lang, width, got.Wide, got.Seen, got.Widest)
				}
				if got.Lang != htmlLang[lang] {
					t.Errorf("%s: lang is %q, want %q", name, got.Lang, htmlLang[lang])
				}
				if !strings.Contains(got.H1, "Serif") {
					t.Errorf("%s: the style sheet does not apply: h1 is set in %q", name, got.H1)
				}
				for _, w := range wrong.Take() {
					if name == "missing" && strings.Contains(w, "404") {
						continue // the page asked for is not there; that is the test
					}
					t.Errorf("%s (%s): %s", name, lang, w)
				}
			}
		}
	}
}

// TestBrowserComplaints makes sure that the watch above would see a page that
// breaks the policy.
func TestBrowserComplaints(t *testing.T) {
	ctx := browser.Start(t)
	site := httptest.NewServer(handler(t, sampleOptions(sample(0))))
	defer site.Close()
	wrong := browser.Watch(ctx, t)
	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+"/about"), chromedp.Evaluate[chromedp.Void](`(() => {
		const s = document.createElement("style"); s.textContent = "body{color:red}"; document.head.append(s) })()`), chromedp.Sleep(200*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if len(wrong.Take()) == 0 {
		t.Error("an inline style was not reported")
	}
}

// TestBrowserKeyboard searches, switches the language and follows a result
// without a mouse.
func TestBrowserKeyboard(t *testing.T) {
	ctx := browser.Start(t)
	site := httptest.NewServer(handler(t, sampleOptions(sample(0))))
	defer site.Close()
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	text := func(a chromedp.Action[string]) string {
		t.Helper()
		s, err := chromedp.Run(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	focused := chromedp.Evaluate[string](`(e => e.tagName + "#" + e.id + " " + (e.textContent || "").trim())(document.activeElement)`)

	do(chromedp.Navigate(site.URL+"/"), chromedp.KeyEvent(kb.Tab))
	if first := text(focused); !strings.Contains(first, "跳到正文") {
		t.Errorf("the first tab stop is %q, want the skip link", first)
	}
	for range 20 { // on to the search box
		do(chromedp.KeyEvent(kb.Tab))
		if strings.HasPrefix(text(focused), "INPUT#q") {
			break
		}
	}
	do(chromedp.KeyEvent("风电"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".fold"))
	if title, h1 := text(chromedp.Title()), text(chromedp.Text("h1")); !strings.Contains(title, "风电") || !strings.Contains(h1, "风电") {
		t.Errorf("searching led to %q, %q", title, h1)
	}

	do(chromedp.Focus(".switch"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("html[lang=en]"), chromedp.Navigate(site.URL+"/notices"))
	if h1 := text(chromedp.Text("h1")); h1 != "Public notices" {
		t.Errorf("after the switch a page without ?lang says %q", h1)
	}

	do(chromedp.Focus(".switch"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("html[lang=zh-CN]"),
		chromedp.Focus("#q"), chromedp.KeyEvent(strings.ToLower(windCert)), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".paper"))
	if url := text(chromedp.Location()); !strings.HasSuffix(url, "/certificates/"+windCert) {
		t.Errorf("a certificate number led to %s", url)
	}
}

// TestBrowserContrast holds every text on every page to WCAG AA, light and dark.
func TestBrowserContrast(t *testing.T) {
	ctx := browser.Start(t)
	f := sample(5)
	site := httptest.NewServer(handler(t, sampleOptions(f)))
	defer site.Close()
	for _, scheme := range []string{"light", "dark"} {
		for name, path := range samplePages(f) {
			if err := chromedp.Do(ctx, screen(1280), look(scheme), chromedp.Navigate(site.URL+path)); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			faint, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](contrastScript))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			for _, s := range faint {
				t.Errorf("%s, %s: %s", name, scheme, s)
			}
		}
	}
}

// contrastScript lists the texts whose contrast with the nearest painted
// background is under 4.5 (3 where large).
const contrastScript = `(() => {
	const rgb = s => { const m = s.match(/[\d.]+/g).map(Number); return s.startsWith("color(srgb") ? [m[0]*255, m[1]*255, m[2]*255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1] };
	const lum = c => { const f = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126*f(c[0]) + .7152*f(c[1]) + .0722*f(c[2]) };
	const out = new Set();
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = walk.nextNode();) {
		if (!n.data.trim()) continue;
		const e = n.parentElement, cs = getComputedStyle(e), box = e.getBoundingClientRect();
		if (box.width < 2 || cs.visibility === "hidden" || e.closest(".failure > .numeral")) continue;
		let bg = [255,255,255,0];
		for (let p = e; p; p = p.parentElement) { const c = rgb(getComputedStyle(p).backgroundColor); if (c[3] > 0) { bg = c; break } }
		const a = lum(rgb(cs.color)), b = lum(bg), ratio = (Math.max(a,b) + .05) / (Math.min(a,b) + .05);
		const px = parseFloat(cs.fontSize), large = px >= 24 || (px >= 18.66 && cs.fontWeight >= 700);
		if (ratio < (large ? 3 : 4.5)) out.add(ratio.toFixed(2) + " " + e.tagName + "." + e.className + " " + n.data.trim().slice(0, 20));
	}
	return [...out];
})()`

// TestAccessible has axe-core check every page, light and dark, on a phone and a desk.
func TestAccessible(t *testing.T) {
	ctx := browser.Start(t)
	f := sample(5)
	site := httptest.NewServer(handler(t, sampleOptions(f)))
	defer site.Close()
	for _, v := range []struct {
		width        int64
		scheme, lang string
	}{{1280, "light", zh}, {390, "dark", en}} {
		if err := chromedp.Do(ctx, screen(v.width), look(v.scheme)); err != nil {
			t.Fatal(err)
		}
		for name, path := range samplePages(f) {
			joint := "?"
			if strings.Contains(path, "?") {
				joint = "&"
			}
			if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+path+joint+"lang="+v.lang)); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			browser.Axe(ctx, t, name+" "+v.scheme)
		}
	}
	t.Run("a page that is wrong is found", func(t *testing.T) {
		if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+"/about"), chromedp.Evaluate[chromedp.Void](`document.querySelector("main").append(document.createElement("input"))`)); err != nil {
			t.Fatal(err)
		}
		if len(browser.AxeViolations(ctx, t)) == 0 {
			t.Error("an input without a label is not found")
		}
	})
}
