package rights

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strconv"
	"strings"
	"testing"
)

// source is this package's non-test code with its types.
type source struct {
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info
	pkg   *types.Package
}

// outside imports the standard library and stands in for the rest: what is
// looked at here are this package's own types.
type outside struct{ std types.Importer }

func (o outside) Import(path string) (*types.Package, error) {
	if strings.Contains(path, ".") {
		p := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
		p.MarkComplete()
		return p, nil
	}
	return o.std.Import(path)
}

// parsed type-checks the package in dir as far as its own types go.
func parsed(t *testing.T, dir string) source {
	t.Helper()
	s := source{fset: token.NewFileSet(), info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			f, err := parser.ParseFile(s.fset, dir+"/"+e.Name(), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			s.files = append(s.files, f)
		}
	}
	conf := types.Config{Importer: outside{importer.ForCompiler(s.fset, "source", nil)}, Error: func(error) {}}
	s.pkg, _ = conf.Check("x", s.fset, s.files, s.info) // names of the stand-ins are missing
	return s
}

// Every refusal's texts must consume their arguments; a leftover or missing
// one would show as %!(EXTRA …) to whoever is refused.
func TestRefusalsPrint(t *testing.T) {
	s := parsed(t, ".")
	found := 0
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if id, ok := call.Fun.(*ast.Ident); !ok || id.Name != "refuse" {
				return true
			}
			found++
			args := make([]any, 0, len(call.Args))
			for _, a := range call.Args[3:] {
				args = append(args, example(s.info.Types[a].Type))
			}
			for _, a := range call.Args[1:3] {
				lit, ok := a.(*ast.BasicLit)
				if !ok {
					t.Errorf("%s: the text is not a literal", s.fset.Position(a.Pos()))
					continue
				}
				format, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				if text := fmt.Sprintf(format, args...); strings.Contains(text, "%!") || strings.TrimSpace(text) == "" {
					t.Errorf("%s: %s", s.fset.Position(a.Pos()), text)
				}
			}
			return true
		})
	}
	if found < 100 {
		t.Fatalf("only %d refusals found", found)
	}
}

// example is a value that prints like the type.
func example(t types.Type) any {
	if t == nil {
		return "text"
	}
	if b, ok := t.Underlying().(*types.Basic); ok {
		switch {
		case b.Info()&types.IsInteger != 0:
			return 7
		case b.Info()&types.IsBoolean != 0:
			return true
		}
	}
	return "text"
}
