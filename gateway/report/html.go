package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
)

//go:embed report.css
var style string

//go:embed report.html
var page string

var tmpl = template.Must(template.New("report").Funcs(template.FuncMap{
	"shown":  Cell.shown,
	"class":  Cell.class,
	"number": func(c Cell) bool { return c.Format != Text },
	"style":  func() template.CSS { return template.CSS(style) }, //nolint:gosec // our own file
}).Parse(page))

// Policy is the content-security policy of a page: its own style, nothing else.
var Policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}()

// HTML is the report as a page of its own: no script, nothing from elsewhere, ready
// to be printed.
func HTML(r *Report) ([]byte, error) {
	var b bytes.Buffer
	if err := tmpl.Execute(&b, r); err != nil {
		return nil, fmt.Errorf("couldn't make a report's page: %w", err)
	}
	return b.Bytes(), nil
}
