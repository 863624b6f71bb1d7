// Package arch holds the rules about the shape of the code, as tests.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/datarights/datarights/"
	root   = "../.."
)

// rule says what the packages below in may not import, or all they may.
// Tests and their helpers (packages named …test) are held to the rule of the
// whole module only.
type rule struct {
	in    string   // folder, with everything below it; "" is the whole module
	but   []string // folders the rule leaves out
	never []string // prefixes of import paths; those of this module begin with ./
	only  []string // when set, all of this module and from outside that may be imported; the standard library always may
	why   string
}

var rules = []rule{
	{in: "", but: []string{"internal/gm"}, never: []string{"github.com/emmansun/gmsm", "github.com/tjfoc/gmsm"},
		why: "a gm library is chosen in one place"},
	{in: "chaincode/rights", only: []string{"./internal/gm", "./internal/merkle"},
		why: "the domain stands alone and knows no Fabric"},
	{in: "chaincode/command", only: []string{"./internal/gm"},
		why: "the envelope is for any implementation"},
	{in: "chaincode", never: []string{"github.com/gin-gonic", "github.com/dgraph-io", "github.com/hyperledger/fabric-gateway", "google.golang.org/grpc",
		"./gateway", "./explorer", "./network", "./client", "./cmd", "./test-network"},
		why: "what is endorsed depends on nothing that serves or stores"},
	{in: "explorer", never: []string{"github.com/gin-gonic", "github.com/dgraph-io", "github.com/hyperledger", "google.golang.org/grpc",
		"./gateway/api", "./gateway/fabric", "./gateway/matchtag", "./gateway/session", "./network", "./cmd", "./chaincode/contract", "./chaincode/state"},
		why: "pages read through an interface; of the index they know the entries only"},
	{in: "client", never: []string{"github.com/gin-gonic", "github.com/dgraph-io", "github.com/hyperledger", "google.golang.org/grpc",
		"./gateway", "./explorer", "./network", "./cmd", "./chaincode/contract", "./chaincode/state"},
		why: "a participant runs no server"},
	{in: "network", never: []string{"github.com/gin-gonic", "github.com/dgraph-io", "./gateway", "./explorer", "./client", "./cmd", "./chaincode", "./test-network"},
		why: "the consortium's description knows no domain"},
	{in: "gateway", never: []string{"./explorer", "./network", "./client", "./cmd", "./chaincode/contract", "./chaincode/state", "./test-network"},
		why: "a gateway relays; what is wired together is wired in cmd"},
	{in: "network/backup", only: []string{"./internal/gm", "filippo.io/age"},
		why: "an archive knows no consortium: what is kept is told to it"},
	{in: "gateway/vitals", only: []string{"github.com/prometheus/client_golang"},
		why: "what a node lives on is files and disks"},
	{in: "internal/doctor", only: []string{},
		why: "a doctor works when everything else is down, and is told what there is to look at"},
	{in: "gateway/index", never: []string{"github.com/gin-gonic", "github.com/hyperledger/fabric-gateway", "google.golang.org/grpc", "./gateway/api", "./gateway/fabric"},
		why: "the index is a pure function of blocks"},
	{in: "gateway/indicator", only: []string{"./chaincode/rights", "./internal"},
		why: "an indicator is a pure function of records"},
	{in: "gateway/export", only: []string{"./chaincode/rights", "github.com/google/uuid"},
		why: "documents are a pure function of records"},
	{in: "gateway/report", only: []string{"./chaincode/rights", "github.com/xuri/excelize"},
		why: "a report is a pure function of records"},
	{in: "gateway/demand", only: []string{"./chaincode/rights", "./gateway/index"},
		why: "what fits what is a pure function of records"},
	{in: "gateway/event", only: []string{"./chaincode/rights", "./gateway/index", "./gateway/demand", "github.com/hashicorp/golang-lru/v2", "golang.org/x/sync/singleflight"},
		why: "events are a pure function of the chain; who sees them is decided elsewhere"},
	{in: "gateway/webhook", never: []string{"github.com/gin-gonic", "github.com/hyperledger", "google.golang.org/grpc", "./gateway/api", "./gateway/fabric", "./gateway/index"},
		why: "deliveries know events, not where they come from"},
	{in: "gateway/lineage", only: []string{"./chaincode/rights", "./gateway/index"},
		why: "the graph is a pure function of the index's records"},
	{in: "gateway/api", never: []string{"github.com/dgraph-io", "github.com/hyperledger", "google.golang.org/grpc", "./gateway/fabric"},
		why: "the API reaches index and ledger through interfaces"},
	{in: "gateway/fabric", never: []string{"github.com/dgraph-io", "github.com/gin-gonic", "./gateway/api", "./gateway/index"},
		why: "adapters do not know one another"},
	{in: "internal/gm", only: []string{"github.com/emmansun/gmsm", "github.com/tjfoc/gmsm", "golang.org/x/crypto/cryptobyte"},
		why: "the bottom imports nothing of ours"},
	{in: "internal/sketch", only: []string{"./internal/gm", "github.com/zeebo/xxh3"},
		why: "clients build sketches and gateways compare them: it knows neither"},
	{in: "internal/fabricproof", but: []string{"internal/fabricproof/prooftest"}, only: []string{"github.com/hyperledger/fabric-protos-go-apiv2", "google.golang.org/protobuf"},
		why: "what is proven rests on Fabric's messages and the standard library alone"},
	{in: "internal/archive", only: []string{}, why: "an archive knows nothing of what is in it"},
	{in: "internal/jsonobject", only: []string{}, why: "what an object is made of is the standard library's business"},
	{in: "internal/proof", only: []string{"./internal/archive", "./internal/fabricproof"},
		why: "the file of a proof knows its parts, not what they say"},
	{in: "client", but: []string{"client/evidence"}, never: []string{"./internal/fabricproof"},
		why: "a participant's SDK knows no Fabric; the verifier of a case reads its blocks"},
	{in: "internal/merkle", only: []string{}, why: "a hash tree is the standard library's business"},
	{in: "internal/tardos", only: []string{"./internal/gm"},
		why: "codes and their arithmetic know no tables"},
	{in: "internal/marks", only: []string{"./internal/gm", "./internal/tardos"},
		why: "a gateway judges marks without what reads them from tables"},
	{in: "client/watermark", only: []string{"./client/table", "./internal/gm", "./internal/marks", "./internal/tardos", "go.yaml.in/yaml/v3", "golang.org/x/text"},
		why: "marks are put into tables and read from them with no ledger at hand"},
}

// edge is one import of one file.
type edge struct {
	file, pkg string // path of the file and of its folder, from the root
	to        string // ./… for this module
	test      bool
}

// edges lists every import of the module. Folders with a go.mod of their own
// are other modules.
func edges(t *testing.T) []edge {
	t.Helper()
	var list []edge
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, other := os.Stat(filepath.Join(name, "go.mod"))
			if base := d.Name(); rel != "." && (strings.HasPrefix(base, ".") || base == "run" || base == "testdata" || base == "node_modules" || other == nil) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if rest, ours := strings.CutPrefix(to, module); ours {
				to = "./" + rest
			}
			pkg := path.Dir(filepath.ToSlash(rel))
			list = append(list, edge{filepath.ToSlash(rel), pkg, to, strings.HasSuffix(rel, "_test.go") || strings.HasSuffix(pkg, "test")})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// below reports whether an import path or folder is prefix or lies below it.
func below(p, prefix string) bool {
	return prefix == "" || p == prefix || strings.HasPrefix(p, prefix+"/")
}

func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.HasPrefix(p, "./") && !strings.Contains(first, ".")
}

// broken says which of the rules an import breaks.
func broken(e edge, rules []rule) *rule {
	under := func(list []string) bool {
		return slices.ContainsFunc(list, func(p string) bool { return below(e.to, p) })
	}
	for i, r := range rules {
		if !below(e.pkg, r.in) || slices.ContainsFunc(r.but, func(b string) bool { return below(e.pkg, b) }) {
			continue
		}
		if e.test && r.in != "" {
			continue // tests may stand outside to look in
		}
		if under(r.never) || (r.only != nil && !standard(e.to) && !under(r.only) && !below(e.to, "./"+r.in)) {
			return &rules[i]
		}
	}
	return nil
}

func TestImports(t *testing.T) {
	list := edges(t)
	seen := map[string]bool{}
	for _, e := range list {
		if r := broken(e, rules); r != nil {
			t.Errorf("%s imports %s: %s", e.file, e.to, r.why)
		}
		for _, r := range rules {
			if below(e.pkg, r.in) {
				seen[r.in] = true
			}
		}
	}
	for _, r := range rules {
		if _, err := os.Stat(filepath.Join(root, r.in)); err == nil && !seen[r.in] {
			t.Errorf("the rule for %q looked at nothing", r.in)
		}
	}
}

// The rules find what they forbid.
func TestImportRulesFind(t *testing.T) {
	for _, c := range []struct {
		pkg, to string
		broken  bool
	}{
		{"chaincode/rights", "github.com/hyperledger/fabric-chaincode-go/v2/shim", true},
		{"chaincode/rights", "./chaincode/state", true},
		{"chaincode/rights", "./internal/gm", false},
		{"chaincode/rights", "encoding/json", false},
		{"chaincode/contract", "github.com/dgraph-io/badger/v4", true},
		{"chaincode/contract", "./gateway/index", true},
		{"chaincode/contract", "github.com/hyperledger/fabric-chaincode-go/v2/shim", false},
		{"explorer", "github.com/dgraph-io/badger/v4", true},
		{"explorer/pages", "github.com/gin-gonic/gin", true},
		{"explorer", "./gateway/api", true},
		{"client", "./gateway/index", true},
		{"client/fingerprint", "./chaincode/contract", true},
		{"client", "./chaincode/command", false},
		{"gateway/api", "github.com/emmansun/gmsm/sm2", true},
		{"cmd/datarights", "github.com/tjfoc/gmsm/gmtls", true},
		{"internal/gm", "github.com/tjfoc/gmsm/sm2", false},
		{"internal/gm", "./chaincode/rights", true},
		{"gateway/fabric", "./gateway/index", true},
		{"gateway/lineage", "github.com/gin-gonic/gin", true},
		{"gateway/lineage", "./gateway/index", false},
		{"gateway/event", "./gateway/webhook", true},
		{"gateway/webhook", "./gateway/api", true},
		{"network", "./chaincode/rights", true},
		{"cmd/datarights", "./network", false},
		{"internal/gmx", "github.com/tjfoc/gmsm/sm2", true},
	} {
		if got := broken(edge{pkg: c.pkg, to: c.to}, rules); (got != nil) != c.broken {
			t.Errorf("%s → %s: broken is %t", c.pkg, c.to, got != nil)
		}
	}
}

// No package is a drawer.
func TestPackageNames(t *testing.T) {
	for _, e := range edges(t) {
		switch path.Base(e.pkg) {
		case "util", "utils", "common", "helper", "helpers", "misc", "shared":
			t.Errorf("%s: name the package after what it holds", e.pkg)
		}
	}
}
