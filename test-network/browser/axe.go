package browser

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// axe-core, the accessibility checker (MPL 2.0), as npm publishes it. It runs in the
// browser of tests and is no part of the product.
const (
	axeURL       = "https://registry.npmjs.org/axe-core/-/axe-core-4.14.1.tgz"
	axeIntegrity = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==" // SHA-512
	axeMember    = "package/axe.min.js"
)

// Axe checks the page in the tab by WCAG 2.2 A and AA and fails the test for each
// violation, with the elements at fault.
func Axe(tab context.Context, t *testing.T, page string) {
	t.Helper()
	for _, v := range AxeViolations(tab, t) {
		t.Errorf("%s: %s", page, v)
	}
}

// AxeViolations are what axe-core finds wrong with the page in the tab.
func AxeViolations(tab context.Context, t *testing.T) []string {
	t.Helper()
	script, err := axe()
	if err != nil {
		t.Fatalf("couldn't get axe-core: %v", err)
	}
	// It is put in by the debugger, which the page's policy does not bind.
	if err := chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](script+";void 0")); err != nil {
		t.Fatalf("couldn't start axe-core: %v", err)
	}
	found, err := chromedp.Run(tab, chromedp.Evaluate[[]string](`axe.run(document, {
		runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}, resultTypes: ["violations"]
	}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.target.join(" ") + ": " + n.html.slice(0, 160) + " (" + (n.any.concat(n.all, n.none)[0] || {message: ""}).message + ")")))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("couldn't run axe-core: %v", err)
	}
	return found
}

// axe is the script, fetched once and kept in the user's cache.
var axe = sync.OnceValues(func() (string, error) {
	if name := os.Getenv("AXE_CORE"); name != "" { // a machine without npm's registry
		b, err := os.ReadFile(name)
		return string(b), err
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	kept := filepath.Join(dir, "datarights", filepath.Base(axeURL))
	archive, err := os.ReadFile(kept)
	if err != nil || !intact(archive) {
		if archive, err = fetch(axeURL); err != nil {
			return "", fmt.Errorf("%w; name axe.min.js in $AXE_CORE where npm's registry cannot be reached", err)
		}
		if !intact(archive) {
			return "", fmt.Errorf("%s is not what it was when it was chosen", axeURL)
		}
		if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(kept, archive, 0o600); err != nil {
			return "", err
		}
	}
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return "", err
	}
	for members := tar.NewReader(zipped); ; {
		h, err := members.Next()
		if err != nil {
			return "", fmt.Errorf("%s has no %s: %w", axeURL, axeMember, err)
		}
		if strings.TrimPrefix(h.Name, "./") == axeMember {
			b, err := io.ReadAll(members)
			return string(b), err
		}
	}
})

func intact(archive []byte) bool {
	sum := sha512.Sum512(archive)
	return base64.StdEncoding.EncodeToString(sum[:]) == axeIntegrity
}

func fetch(url string) ([]byte, error) {
	r, err := (&http.Client{Timeout: time.Minute}).Get(url)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, r.Status)
	}
	return io.ReadAll(io.LimitReader(r.Body, 32<<20))
}
