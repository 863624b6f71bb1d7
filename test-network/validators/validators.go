// Package validators checks what the gateway exports with the field's own tools:
// a JSON-LD processor and a SHACL engine (npm), the prov package (Debian). They
// are for the tests alone; test-network/tools installs them. Where one is missing
// the test fails and says so: a check that was not made is no check.
package validators

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// python has Debian's modules, whatever other Python comes first in PATH.
const python = "/usr/bin/python3"

// Findings are what a validator has against a document; none: it conforms.
type Findings []string

// DCAT checks catalogues: their shapes, and that their terms are DCAT's.
func DCAT(t testing.TB, documents ...[]byte) []Findings {
	t.Helper()
	return node(t, documents, "dcat.ttl", "dcat", "odrl")
}

// ODRL checks policies.
func ODRL(t testing.TB, documents ...[]byte) []Findings {
	t.Helper()
	return node(t, documents, "odrl.ttl", "odrl")
}

// PROV checks documents of PROV-JSON.
func PROV(t testing.TB, documents ...[]byte) []Findings {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import prov").CombinedOutput(); err != nil {
		t.Fatalf("the tests need python3-prov; make tools installs it: %v\n%s", err, out)
	}
	return run(t, documents, python, filepath.Join(folder(t), "prov_json.py"))
}

func node(t testing.TB, documents [][]byte, shapes string, vocabularies ...string) []Findings {
	t.Helper()
	in := filepath.Join(folder(t), "_node")
	if _, err := os.Stat(filepath.Join(in, "node_modules", "rdf-validate-shacl")); err != nil {
		t.Fatalf("the tests need the SHACL engine; make tools installs it: %v", err)
	}
	return run(t, documents, "node", append([]string{filepath.Join(in, "validate.mjs"), filepath.Join(in, "shapes", shapes)}, vocabularies...)...)
}

func folder(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("this file has no path")
	}
	return filepath.Dir(file)
}

// run gives documents to a validator, all at once: starting one costs more than
// checking does. A validator that fails is no finding.
func run(t testing.TB, documents [][]byte, program string, args ...string) []Findings {
	t.Helper()
	texts := make([]string, len(documents))
	for i, d := range documents {
		texts[i] = string(d)
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = filepath.Join(folder(t), "_node")
	cmd.Stdin = bytes.NewReader(in)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("couldn't run %s: %v\n%s", program, err, problems.Bytes())
	}
	var found []Findings
	if err := json.Unmarshal(out.Bytes(), &found); err != nil || len(found) != len(documents) {
		t.Fatalf("%s answered of %d documents: %v\n%s", program, len(documents), err, out.Bytes())
	}
	return found
}
