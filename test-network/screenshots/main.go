// Command screenshots takes pictures of the main pages of a running demo, for
// docs/images. Each is looked at before it is committed.
package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/test-network/browser"
)

// shot is one picture: whose page, at which size.
type shot struct {
	name, path string
	who        string // file of the key in run/keys and its id: name=kid; empty: nobody signs in
	base       string // of the gateway
	width      int64
	scheme     string
	whole      bool // the page to its end
}

func main() {
	out := flag.String("out", "docs/images", "`folder` the pictures go to")
	keys := flag.String("keys", "run/keys", "`folder` of the demo's keys")
	only := flag.String("only", "", "take these alone, by `name`s with commas between")
	one := flag.String("shot", "", "take one picture: `NAME,BASE,PATH[,KEY=KID[,WIDTH[,SCHEME]]]`")
	flag.Parse()
	list := shots
	if *one != "" {
		list = []shot{parseShot(*one)}
	}
	if err := take(*out, *keys, *only, list); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func parseShot(text string) shot {
	f := append(strings.Split(text, ","), "", "", "")
	s := shot{name: f[0], base: f[1], path: f[2], who: f[3], width: 1280, scheme: "light", whole: true}
	if f[4] != "" {
		_, _ = fmt.Sscan(f[4], &s.width)
	}
	if f[5] != "" {
		s.scheme = f[5]
	}
	return s
}

// take opens a browser for every picture, so that nobody is signed in twice.
func take(out, keys, only string, list []shot) error {
	var errs []error
	for _, s := range list {
		if only != "" && !strings.Contains(","+only+",", ","+s.name+",") {
			continue
		}
		if err := s.take(out, keys); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		fmt.Println(filepath.Join(out, s.name+".png"))
	}
	return errors.Join(errs...)
}

func (s shot) take(out, keys string) error {
	dir, err := os.MkdirTemp("", "screenshots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tab, stop, err := browser.Open(dir)
	if err != nil {
		return err
	}
	defer stop()
	size := chromedp.EmulateViewport(s.width, 900, chromedp.EmulateScale(1))
	if s.width < 600 {
		size = chromedp.EmulateViewport(s.width, 844, chromedp.EmulateMobile)
	}
	scheme := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}}})
		return err
	})
	if err := chromedp.Do(tab, size, scheme); err != nil {
		return err
	}
	if s.who != "" {
		if err := s.signIn(tab, keys); err != nil {
			return fmt.Errorf("couldn't sign in: %w", err)
		}
	}
	if err := chromedp.Do(tab, chromedp.Navigate(s.base+s.path), chromedp.WaitVisible("main")); err != nil {
		return err
	}
	var png []byte
	if s.whole {
		png, err = chromedp.Run(tab, chromedp.FullScreenshot(100))
	} else {
		png, err = chromedp.Run(tab, chromedp.CaptureScreenshot())
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, s.name+".png"), png, 0o644)
}

// signIn does what its user does: names the key, signs the bytes, hands the signature in.
func (s shot) signIn(tab context.Context, keys string) error {
	file, kid, ok := strings.Cut(s.who, "=")
	if !ok {
		return fmt.Errorf("%q is not KEY=KID", s.who)
	}
	key, err := client.LoadKey(filepath.Join(keys, file+".pem"))
	if err != nil {
		return err
	}
	return browser.SignIn(tab, s.base, kid, func(input []byte) (string, error) {
		sig, err := key.Sign(input)
		return base64.StdEncoding.EncodeToString(sig), err
	})
}

// shots are the pictures of docs/images.
var shots = []shot{
	{name: "registry", base: "http://127.0.0.1:8081", path: "/", width: 1280, scheme: "light"},
	{name: "indicators", base: "http://127.0.0.1:8083", path: "/indicators", width: 1280, scheme: "light"},
	{name: "enterprise", base: "http://127.0.0.1:8082", path: "/enterprise", who: "energy-company=91320903MA0A00022Y#1", width: 1280, scheme: "light"},
	{name: "form", base: "http://127.0.0.1:8082", path: "/do/demand.post", who: "energy-company=91320903MA0A00022Y#1", width: 1280, scheme: "light"},
	{name: "bank", base: "http://127.0.0.1:8084", path: "/bank", who: "bank-officer=91320904MA0A00081G#1", width: 1280, scheme: "light"},
	{name: "regulator", base: "http://127.0.0.1:8083", path: "/regulator", who: "regulator-officer=11320900MB0A00050T#1", width: 1280, scheme: "light"},
	{name: "exchange", base: "http://127.0.0.1:8082", path: "/exchange/consortium", who: "exchange-officer=91320900MA0A00014Q#1", width: 1280, scheme: "dark"},
	{name: "phone", base: "http://127.0.0.1:8082", path: "/market", width: 390, scheme: "light"},
}
