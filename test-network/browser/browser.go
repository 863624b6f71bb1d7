// Package browser runs pages in a real Chromium for tests and collects what the
// browser finds wrong with them.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds everything one browser does.
const patience = 5 * time.Minute

// Start runs a headless Chromium of its own until the test ends and returns the
// context of its tab. A machine without one fails the test.
func Start(t *testing.T) context.Context {
	t.Helper()
	ctx, stop, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return ctx
}

// Open runs a headless Chromium with its state in a folder, until stop is called, and
// returns the context of its tab.
func Open(dir string) (ctx context.Context, stop func(), err error) {
	program := find()
	if program == "" {
		return nil, nil, errors.New("no Chromium found: install it with `apt-get install chromium fonts-noto-cjk`, or name one in $CHROMIUM")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true))
	alloc, end := chromedp.NewExecAllocator(context.Background(), options...)
	tab, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Do(tab); err != nil {
		cancel()
		end()
		return nil, nil, fmt.Errorf("couldn't start %s: %w", program, err)
	}
	ctx, timeout := context.WithTimeout(tab, patience)
	return ctx, func() {
		timeout()
		_ = chromedp.Cancel(tab) // waits for the process, so that its folder can be removed
		cancel()
		end()
	}, nil
}

func find() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	return ""
}

// Complaints are what the browser finds wrong: console errors and warnings,
// exceptions, content refused by the page's policy.
type Complaints struct {
	mu   sync.Mutex
	list []string
}

// Watch collects the complaints of a tab from now on.
func Watch(tab context.Context, t *testing.T) *Complaints {
	t.Helper()
	c := new(Complaints)
	err := chromedp.Listen(tab, func(ev any) {
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
				c.add(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
			}
		case *runtime.EventExceptionThrown:
			c.add(e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
				c.add("console." + string(e.Type))
			}
		}
	})
	if err == nil {
		_, err = chromedp.Call(tab, log.Enable, cdp.Empty{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *Complaints) add(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, s)
}

// Take returns the complaints since the last time.
func (c *Complaints) Take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.list
	c.list = nil
	return l
}
