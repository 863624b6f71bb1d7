package api

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// In a real browser the documentation draws itself under its own policy, from
// this gateway alone. DOCS_SHOTS names a folder for pictures.
func TestDocsInABrowser(t *testing.T) {
	program := os.Getenv("CHROMIUM")
	if program == "" {
		var err error
		if program, err = exec.LookPath("chromium"); err != nil {
			t.Fatal("no Chromium found: install it with `apt-get install chromium fonts-noto-cjk`, or name one in $CHROMIUM")
		}
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true))...)
	defer stop()
	tab, cancel := chromedp.NewContext(alloc)
	defer cancel()
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("couldn't start %s: %v", program, err)
	}
	defer func() { _ = chromedp.Cancel(tab) }() // waits for the process, so that its folder can be removed
	ctx, timeout := context.WithTimeout(tab, 5*time.Minute)
	defer timeout()

	site := httptest.NewServer(newWorld(t).h)
	defer site.Close()
	var mu sync.Mutex
	var wrong []string
	asked := 0
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		wrong = append(wrong, fmt.Sprintf(format, args...))
	}
	err := chromedp.Listen(ctx, func(ev any) {
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
				say("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			say("%s", e.ExceptionDetails.Text)
		case *cdpnetwork.EventRequestWillBeSent:
			mu.Lock()
			asked++
			mu.Unlock()
			if u := e.Request.URL; !strings.HasPrefix(u, site.URL) && !strings.HasPrefix(u, "data:") {
				say("it asks %s", u)
			}
		}
	})
	if err == nil {
		_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+"/docs"), chromedp.WaitVisible("#operations-commands-submitCommand"),
		chromedp.Click("#operations-commands-submitCommand .opblock-summary-control"), chromedp.WaitVisible("#operations-commands-submitCommand .responses-table")); err != nil {
		t.Fatal(err)
	}
	operations, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll(".opblock").length`))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	documented := 0
	for _, item := range doc.Paths.Map() {
		documented += len(item.Operations())
	}
	if operations != documented {
		t.Errorf("the page shows %d operations of %d", operations, documented)
	}
	shot(t, ctx, "docs")
	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+"/docs/errors#E_BASIS"), chromedp.WaitVisible("#E_BASIS")); err != nil {
		t.Fatal(err)
	}
	shot(t, ctx, "errors")
	mu.Lock()
	defer mu.Unlock()
	if asked == 0 {
		t.Error("no request was seen, so none could be refused")
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

func shot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("DOCS_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}
