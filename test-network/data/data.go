// Package data holds the sample tables and the rule profiles of the tests and
// the demo; README.md names their sources.
package data

import (
	"embed"
	"encoding/json"
)

// Files are the tables, by file name.
//
//go:embed *.csv
var Files embed.FS

//go:embed profiles
var profiles embed.FS

// Profile decodes a rule profile (DRWG, PUBLIC, LOCAL), the body of
// ruleProfile.publish, into v.
func Profile(code string, v any) error {
	raw, err := profiles.ReadFile("profiles/" + code + ".json")
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

//go:embed indicators.json
var indicators []byte

// Indicators is the catalogue of supervision indicators, the body of
// indicator.defineBatch.
func Indicators() []byte { return indicators }
