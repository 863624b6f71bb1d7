package browser

import (
	"context"

	"github.com/chromedp/chromedp"
)

// SignIn signs in at a gateway's pages as a person does: names the key, has sign
// answer the bytes shown, and hands the signature in.
func SignIn(tab context.Context, base, kid string, sign func(input []byte) (string, error)) error {
	if err := chromedp.Do(tab, chromedp.Navigate(base+"/sign-in"), chromedp.SetValue("#kid", kid), chromedp.Submit("#kid"), chromedp.WaitVisible("#signature")); err != nil {
		return err
	}
	return Sign(tab, sign, ".desk")
}

// Sign signs the bytes that the page in the tab shows, hands the signature in, and
// waits for what comes of it.
func Sign(tab context.Context, sign func(input []byte) (string, error), then string) error {
	input, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.querySelector("input[name=input]").value`))
	if err != nil {
		return err
	}
	signature, err := sign([]byte(input))
	if err != nil {
		return err
	}
	return chromedp.Do(tab, chromedp.SetValue("#signature", signature), chromedp.Click("main form button[type=submit]"), chromedp.WaitVisible(then))
}
