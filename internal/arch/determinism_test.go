package arch

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What every endorser must compute alike.
var endorsed = []string{"chaincode/rights", "chaincode/state", "chaincode/command", "chaincode/contract"}

// unlike are packages whose answers differ from peer to peer.
var unlike = []string{"math/rand", "crypto/rand", "os", "net", "runtime", "io/fs", "path/filepath", "log", "unsafe"}

// signing is what participants do, not endorsers.
var signing = map[string]string{"sign.go": "crypto/rand"}

// checked type-checks packages of this module from source; packages from
// outside it and the standard library are stand-ins without content.
type checked struct {
	fset *token.FileSet
	std  types.Importer
	done map[string]*types.Package
	info *types.Info
}

// The standard library is checked from source, which takes a while: once.
var (
	fset = token.NewFileSet()
	std  = importer.ForCompiler(fset, "source", nil)
)

func newChecked() *checked {
	return &checked{fset: fset, std: std, done: map[string]*types.Package{},
		info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}}
}

func (c *checked) Import(path string) (*types.Package, error) {
	if p := c.done[path]; p != nil {
		return p, nil
	}
	if dir, ours := strings.CutPrefix(path, module); ours {
		p, _, err := c.check(dir)
		return p, err
	}
	if standard(path) {
		return c.std.Import(path)
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	p := types.NewPackage(path, name)
	p.MarkComplete()
	c.done[path] = p
	return p, nil
}

// check parses and checks the code in a folder, less its tests.
func (c *checked) check(dir string) (*types.Package, []*ast.File, error) {
	var files []*ast.File
	entries, err := os.ReadDir(filepath.Join(root, dir))
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			f, err := parser.ParseFile(c.fset, filepath.Join(root, dir, e.Name()), nil, parser.ParseComments)
			if err != nil {
				return nil, nil, err
			}
			files = append(files, f)
		}
	}
	conf := types.Config{Importer: c, Error: func(error) {}} // names of the stand-ins are missing
	p, _ := conf.Check(module+dir, c.fset, files, c.info)
	c.done[module+dir] = p
	return p, files, nil
}

// differs lists what could make two endorsers of one transaction differ.
func (c *checked) differs(files []*ast.File) []string {
	var faults []string
	fault := func(n ast.Node, what string) {
		faults = append(faults, strings.TrimPrefix(c.fset.Position(n.Pos()).String(), root+"/")+": "+what)
	}
	for _, f := range files {
		name := filepath.Base(c.fset.Position(f.Pos()).Filename)
		sorted := map[ast.Node]bool{} // maps.Keys in slices.Sorted(maps.Keys(m))
		for _, i := range f.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			if slices.ContainsFunc(unlike, func(u string) bool { return below(p, u) }) && signing[name] != p {
				fault(i, "imports "+p)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				fault(n, "starts a goroutine")
			case *ast.SelectStmt:
				fault(n, "selects")
			case *ast.BasicLit:
				if n.Kind == token.FLOAT || n.Kind == token.IMAG {
					fault(n, "a floating-point literal")
				}
			case *ast.RangeStmt:
				if t := c.info.Types[n.X].Type; t != nil && isMap(t) {
					fault(n, "ranges over a map")
				}
			case *ast.Ident:
				if b, ok := c.info.Uses[n].(*types.TypeName); ok {
					if k, ok := b.Type().Underlying().(*types.Basic); ok && k.Info()&(types.IsFloat|types.IsComplex) != 0 {
						fault(n, "a floating-point type")
					}
				}
			case *ast.CallExpr:
				if outer, ok := n.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(c.function(outer), "slices.Sorted") {
					if inner, ok := n.Args[0].(*ast.CallExpr); ok {
						sorted[inner.Fun] = true
					}
				}
			case *ast.SelectorExpr:
				switch full := c.function(n); full {
				case "time.Now", "time.Since", "time.Until", "time.After", "time.Sleep", "time.NewTimer", "time.NewTicker", "time.Tick", "time.AfterFunc", "time.LoadLocation":
					fault(n, "uses "+full)
				case "maps.Keys", "maps.Values", "maps.All":
					if !sorted[n] {
						fault(n, "walks a map with "+full)
					}
				}
			}
			return true
		})
	}
	return faults
}

// function is the package and name of the function a selector means; methods
// are none.
func (c *checked) function(s *ast.SelectorExpr) string {
	fn, ok := c.info.Uses[s.Sel].(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Signature().Recv() != nil {
		return ""
	}
	return fn.Pkg().Path() + "." + fn.Name()
}

func isMap(t types.Type) bool {
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// mapsAtRest are places that walk a map where no order can come out.
var mapsAtRest = map[string]string{
	"chaincode/command/body.go: ranges over a map": "whether a Go type can hold a body at all, before any body is read",
}

func TestEndorsedCodeIsDeterministic(t *testing.T) {
	c := newChecked()
	looked := 0
	used := map[string]bool{}
	for _, dir := range endorsed {
		_, files, err := c.check(dir)
		if err != nil {
			t.Fatal(err)
		}
		looked += len(files)
		for _, fault := range c.differs(files) {
			parts := strings.SplitN(fault, ": ", 2)
			file, _, _ := strings.Cut(parts[0], ":")
			if key := file + ": " + parts[1]; mapsAtRest[key] != "" {
				used[key] = true
				continue
			}
			t.Error(fault)
		}
	}
	for key := range mapsAtRest {
		if !used[key] {
			t.Errorf("no longer needed: %s", key)
		}
	}
	if looked < 20 {
		t.Errorf("looked at %d files only", looked)
	}
}

// The checker finds each thing it looks for.
func TestDeterminismCheckerFinds(t *testing.T) {
	for want, code := range map[string]string{
		"time.Now":               "import \"time\"\nvar X = time.Now()",
		"imports math/rand":      "import \"math/rand/v2\"\nvar X = rand.Int()",
		"imports os":             "import \"os\"\nvar X = os.Args",
		"ranges over a map":      "type m map[string]int\nfunc F(x m) (s string) { for k := range x { s += k }; return }",
		"walks a map":            "import \"maps\"\nfunc F(x map[string]int) { for range maps.Keys(x) { } }",
		"floating-point literal": "var X = 1.5",
		"floating-point type":    "func F(x int) int { return int(float64(x)) }",
		"starts a goroutine":     "func F() { go F() }",
		"selects":                "func F(c chan int) { select { case <-c: } }",
		"imports crypto/rand":    "import \"crypto/rand\"\nvar X = rand.Reader",
		"imports net":            "import \"net/http\"\nvar X http.Client",
		"uses time.Since":        "import \"time\"\nfunc F(t time.Time) bool { return time.Since(t) > 0 }",
		"uses time.LoadLocation": "import \"time\"\nvar X, _ = time.LoadLocation(\"Asia/Shanghai\")",
	} {
		c := newChecked()
		f, err := parser.ParseFile(c.fset, "x.go", "package x\n"+code, 0)
		if err != nil {
			t.Fatal(err)
		}
		conf := types.Config{Importer: c, Error: func(error) {}}
		_, _ = conf.Check("x", c.fset, []*ast.File{f}, c.info)
		if faults := c.differs([]*ast.File{f}); !slices.ContainsFunc(faults, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%q is not found; only %q", want, faults)
		}
	}
}
