//go:build shots

package explorer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/datarights/datarights/test-network/browser"
)

// TestWorkplaceScreenshots writes pictures of a running gateway's pages as the owner of
// a session sees them, and says which are wider than the screen.
//
//	EXPLORER_SITE=http://127.0.0.1:8081 EXPLORER_SESSION=… EXPLORER_PAGES=/enterprise,/enterprise/keys \
//	EXPLORER_SHOTS=/tmp/shots go test -tags shots -run WorkplaceScreenshots ./explorer
func TestWorkplaceScreenshots(t *testing.T) {
	site, dir := os.Getenv("EXPLORER_SITE"), os.Getenv("EXPLORER_SHOTS")
	if site == "" || dir == "" {
		t.Fatal("say in EXPLORER_SITE whose pages and in EXPLORER_SHOTS where the pictures go")
	}
	ctx := browser.Start(t)
	wrong := browser.Watch(ctx, t)
	session := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.SetCookie, network.SetCookieParams{Name: sessionCookie, Value: os.Getenv("EXPLORER_SESSION"), URL: site})
		return err
	})
	for _, path := range strings.Split(os.Getenv("EXPLORER_PAGES"), ",") {
		for _, v := range []struct {
			width        int64
			scheme, lang string
		}{{1280, "light", zh}, {390, "light", zh}, {1280, "dark", en}, {320, "dark", en}} {
			joint := "?"
			if strings.Contains(path, "?") {
				joint = "&"
			}
			if err := chromedp.Do(ctx, session, screen(v.width), look(v.scheme), chromedp.Navigate(site+path+joint+"lang="+v.lang)); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`))
			if err != nil || wide > 0 {
				t.Errorf("%s at %d is %d too wide (%v)", path, v.width, wide, err)
			}
			name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-", "#", "-").Replace(path), "-")
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%.60s-%d-%s-%s.png", name, v.width, v.scheme, v.lang)), png, 0o644)
			}
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			for _, complaint := range wrong.Take() {
				t.Errorf("%s: %s", path, complaint)
			}
		}
	}
}
