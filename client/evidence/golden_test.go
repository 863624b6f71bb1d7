package evidence

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/fabricproof/prooftest"
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

var updateProof = flag.Bool("update-proof", false, "write testdata/golden/proof anew")

// So is a proof. This one is of 2024, and its rights end in 2099.
func TestGoldenProof(t *testing.T) {
	dir := filepath.Join(golden, "proof")
	if *updateProof {
		r := newRegistryAt(t, time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), 75*365*86400)
		writeFiles(t, dir, r.Consortium, map[string][]byte{"certificate.proof.zip": r.proof(t, holdsReceipt), "holder.proof.zip": r.proof(t, holdsBlock)})
	}
	trust, err := fabricproof.LoadTrust(os.DirFS(filepath.Join(dir, "trust")))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"certificate.proof.zip", "holder.proof.zip"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if r := VerifyProof(raw, trust, ProofOptions{}); !r.Holds() || r.ID != provenNo || !*r.InForce || len(r.Warnings) != 0 || len(only(&r.Result, Proven, AreaBlock)) != 2 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func writeGolden(t *testing.T) {
	t.Helper()
	c := newTrial(t)
	writeFiles(t, golden, c.Consortium, map[string][]byte{"case.zip": c.bundle(t)})
}

// writeFiles writes files with the roots they are checked against.
func writeFiles(t *testing.T, dir string, c *prooftest.Consortium, files map[string][]byte) {
	t.Helper()
	agreement, err := json.MarshalIndent(c.Trust().Agreement, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	files["trust/consortium.json"] = append(agreement, '\n')
	for _, o := range c.Organisations {
		files["trust/"+o.MSPID+"/ca.pem"], files["trust/"+o.MSPID+"/orderer-ca.pem"] = o.CA.PEM, o.OrdererCA.PEM
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
