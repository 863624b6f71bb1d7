package watermark

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlans(t *testing.T) {
	for name, c := range map[string]struct{ plan, want string }{
		"yaml":                    {"columns:\n  - {name: v, tolerance: '0.1'}\nevery: 3\n", ""},
		"json":                    {`{"columns":[{"name":"v","tolerance":"5","resolution":"1","min":"0","max":"100"},{"name":"s","synonyms":[["a","b"],["c","d","e"]]}]}`, ""},
		"nothing":                 {"", "empty"},
		"no column":               {"columns: []", "no column"},
		"an unknown field":        {"columns:\n  - {name: v, tolerance: '1', limit: '2'}", "limit"},
		"two documents":           {"columns:\n  - {name: v, tolerance: '1'}\n---\n{}", "one YAML document"},
		"neither way":             {"columns:\n  - {name: v}", "needs a tolerance or synonyms"},
		"both ways":               {"columns:\n  - {name: v, tolerance: '1', synonyms: [[a, b]]}", "needs a tolerance or synonyms"},
		"no name":                 {"columns:\n  - {tolerance: '1'}", "no name"},
		"a column twice":          {"columns:\n  - {name: v, tolerance: '1'}\n  - {name: v, tolerance: '2'}", "twice"},
		"no number":               {"columns:\n  - {name: v, tolerance: a bit}", "no decimal"},
		"none at all":             {"columns:\n  - {name: v, tolerance: '0'}", "1 to"},
		"negative":                {"columns:\n  - {name: v, tolerance: '-1'}", "1 to"},
		"below the resolution":    {"columns:\n  - {name: v, tolerance: '0.05', resolution: '0.1'}", "smaller than the resolution"},
		"beside the resolution":   {"columns:\n  - {name: v, tolerance: '0.15', resolution: '0.1'}", "no multiple"},
		"a resolution of 5":       {"columns:\n  - {name: v, tolerance: '5', resolution: '5'}", "power of ten"},
		"bounds crossed":          {"columns:\n  - {name: v, tolerance: '1', min: '2', max: '1'}", "min is above max"},
		"a lone synonym":          {"columns:\n  - {name: v, synonyms: [[a]]}", "fewer than two"},
		"a synonym twice":         {"columns:\n  - {name: v, synonyms: [[a, a]]}", "twice"},
		"a synonym in two groups": {"columns:\n  - {name: v, synonyms: [[a, b], [b, c]]}", "two groups"},
		"a number for a synonym":  {"columns:\n  - {name: v, synonyms: [['1', '2']]}", "no text"},
		"too sparse":              {"columns:\n  - {name: v, tolerance: '1'}\nevery: 5000", "every"},
	} {
		_, err := ParsePlan([]byte(c.plan))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add([]byte("columns:\n  - {name: v, tolerance: '0.1', resolution: '1e-3', min: '-5'}\n"))
	f.Add([]byte(`{"columns":[{"name":"s","synonyms":[["a","b"]]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePlan(data)
		if err != nil {
			return
		}
		c, err := p.carriers()
		if err != nil {
			t.Fatal(err)
		}
		for name, n := range c.numbers {
			if y, ok := n.set(0, 1); ok && (y > n.tolerance || y < -n.tolerance) {
				t.Fatalf("%q: 0 became %d", name, y)
			}
		}
	})
}

func TestKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.json")
	k, err := GenerateKey("DP-1", weatherPlan("0.1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Save(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, err := LoadKey(path)
	if err != nil || again.ID != k.ID || again.secret != k.secret || len(again.Plan.Columns) != 3 {
		t.Errorf("%+v, %v", again, err)
	}
	if err := k.Save(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
	if s := fmt.Sprintf("%v %+v %#v %x", k, k, k, k); strings.Count(s, k.ID) != 4 || len(s) > 200 {
		t.Errorf("printed %s", s)
	}
	good := string(readFile(t, path))
	for name, bad := range map[string]string{
		"nothing": "", "another's id": strings.Replace(good, k.ID, "MK-0123456789abcdef", 1), "an unknown field": strings.Replace(good, `"plan"`, `"plans"`, 1),
		"trailing data": good + "1", "another version": strings.Replace(good, `"version": 1`, `"version": 7`, 1), "no tolerance": strings.Replace(good, `"tolerance": "0.1"`, `"tolerance": "x"`, 1),
	} {
		if _, err := parseKey([]byte(bad)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}
