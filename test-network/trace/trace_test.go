package trace

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

// A value is found in base64 wherever it stands, and another is not.
func TestForms(t *testing.T) {
	for _, value := range []string{"7204918365271", "pD9sLk2vMx7qZt4gUy1wCi", "样本编号 XK-77153-QZ"} {
		for before := range 7 {
			for _, encoding := range []*base64.Encoding{base64.RawURLEncoding, base64.StdEncoding} {
				holds := func(value string) []byte {
					return []byte(encoding.EncodeToString([]byte(strings.Repeat("{", before) + value + `","more":1}`)))
				}
				in := func(text []byte) bool {
					return slices.ContainsFunc(forms(value), func(form []byte) bool { return bytes.Contains(text, form) })
				}
				if !in(holds(value)) {
					t.Errorf("%s is not found after %d bytes", value, before)
				}
				if in(holds(strings.Repeat("0", len(value)))) {
					t.Errorf("something else is taken for %s", value)
				}
			}
		}
	}
}
