package evidence

import (
	"slices"
	"testing"
)

func TestSketchHashes(t *testing.T) {
	for raw, want := range map[string][]string{
		`{"versions":[{"tagAttestation":{"kid":"a","sketchHash":"sm3:1"}},{"tagAttestation":{"sketchHash":"sm3:2"}}]}`: {"sm3:1", "sm3:2"},
		`{"name":"sketchHash","x":"sm3:no"}`: nil,
		`{"sketchHash":7}`:                   nil,
		`no JSON`:                            nil,
	} {
		if got := sketchHashes([]byte(raw)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", raw, got, want)
		}
	}
}
