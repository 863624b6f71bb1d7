package api

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// TestSeedSystems holds docs/seed-systems.md against the code: 61 rows, each
// with commands that exist, paths that the API documents and a test that is
// there.
func TestSeedSystems(t *testing.T) {
	page, err := os.ReadFile("../../docs/seed-systems.md")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := openapiJSON()
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Paths map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(raw, &spec); err != nil {
		t.Fatal(err)
	}
	known := tests(t)
	quoted := regexp.MustCompile("`([^`]+)`")
	next := 1
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 8 {
			continue
		}
		no, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue
		}
		if no != next {
			t.Errorf("row %d where %d should be", no, next)
		}
		next = no + 1
		for _, column := range []int{3, 5, 6} {
			if len(quoted.FindAllString(cells[column], -1)) == 0 {
				t.Errorf("row %d: nothing in column %d", no, column)
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[3], -1) {
			if c, _ := rights.CommandNamed(m[1]); c == nil {
				t.Errorf("row %d: there is no command %s", no, m[1])
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[5], -1) {
			if spec.Paths[m[1]] == nil {
				t.Errorf("row %d: the API documents no %s", no, m[1])
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[6], -1) {
			name, sub, _ := strings.Cut(m[1], "/")
			if source, ok := known[name]; !ok || !strings.Contains(source, `"`+sub+`"`) && sub != "" {
				t.Errorf("row %d: there is no test %s", no, m[1])
			}
		}
	}
	if next != 62 {
		t.Errorf("the page ends with row %d; there are 61 systems", next-1)
	}
}

// tests finds every test of the module, with the source of the tests of its
// package: a subtest's name may stand in a table of another file.
func tests(t *testing.T) map[string]string {
	t.Helper()
	source, in := map[string]string{}, map[string][]string{} // by folder; test → folders
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder := filepath.Dir(name)
		source[folder] += string(text)
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				in[f.Name.Name] = append(in[f.Name.Name], folder)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for name, folders := range in {
		for _, folder := range folders {
			found[name] += source[folder]
		}
	}
	return found
}
