package evidence

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/datarights/datarights/internal/fabricproof"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

const golden = "testdata/golden"

// A bundle exported once is verified for as long as a case may be looked at
// again: the one in testdata was made by the first version of the format. It is
// there for other verifiers too.
func TestGoldenBundle(t *testing.T) {
	if *update {
		writeGolden(t)
	}
	bundle, err := os.ReadFile(filepath.Join(golden, "case.zip"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := fabricproof.LoadTrust(os.DirFS(filepath.Join(golden, "trust")))
	if err != nil {
		t.Fatal(err)
	}
	r := Verify(bundle, trust)
	if !r.Holds() || r.AlertID != alertID || len(only(r, Proven, AreaHistory)) != 11 || len(only(r, Proven, AreaOpening)) != 1 {
		t.Errorf("%+v", r)
	}
}

func writeGolden(t *testing.T) {
	t.Helper()
	c := newTrial(t)
	agreement, err := json.MarshalIndent(c.Trust().Agreement, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"case.zip": c.bundle(t), "trust/consortium.json": append(agreement, '\n')}
	for _, o := range c.Organisations {
		files["trust/"+o.MSPID+"/ca.pem"], files["trust/"+o.MSPID+"/orderer-ca.pem"] = o.CA.PEM, o.OrdererCA.PEM
	}
	for name, content := range files {
		path := filepath.Join(golden, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
