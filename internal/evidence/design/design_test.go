// Package design_test holds the tree to its design: the directions of imports,
// the signatures that others compile against, and what the documents say.
package design_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/jwtverify/jwtverify"

// mayImport lists what each package may import of the public ones. Those under
// internal/ that are mechanisms may import none; the programs there, any.
var mayImport = map[string][]string{
	"":                                    {},
	"claims":                              {},
	"keys":                                {},
	"keys/bridge":                         {"keys"},
	"keys/keystest":                       {"keys"},
	"verifier":                            {"keys", "claims"},
	"verifier/issuers":                    {"verifier", "keys", "claims"},
	"verifier/verifiertest":               {"keys", "claims", "verifier"},
	"verifier/otelauth":                   {"verifier", "httpauth", "keys", "claims"},
	"httpauth":                            {"verifier", "claims"},
	"httpauth/dpop":                       {"httpauth", "keys", "claims", "verifier"},
	"httpauth/grpcauth":                   {"httpauth", "claims", "verifier"},
	"httpauth/mcpauth":                    {"httpauth", "verifier", "claims"},
	"internal/absent":                     {},
	"internal/ascii":                      {},
	"internal/base64url":                  {},
	"internal/message":                    {},
	"internal/fetch":                      {},
	"internal/files":                      {},
	"internal/jws":                        {},
	"internal/observe":                    {},
	"internal/peer":                       {},
	"internal/publicjwk":                  {},
	"internal/race":                       {},
	"internal/refresh":                    {},
	"internal/signature":                  {},
	"internal/strictjson":                 {},
	"internal/tokenkey":                   {},
	"internal/examples/fromenv":           {"keys", "verifier", "verifier/issuers"},
	"internal/evidence/providers":         {"keys", "verifier/verifiertest"},
	"internal/evidence/simulation":        {},
	"internal/evidence/simulation/faults": {},
	"internal/examples/quickstart":        {"keys", "verifier", "verifier/issuers", "httpauth"},
	"internal/examples/worker":            {"verifier", "verifier/issuers"},
	"verifier/jwtverify":                  {"verifier/jwtverify/internal/command"},
	// The command, from the last part to the first.
	"verifier/jwtverify/internal/command":  {"verifier", "keys", "verifier/jwtverify/internal/diagnose", "verifier/jwtverify/internal/found", "verifier/jwtverify/internal/setup", "verifier/jwtverify/internal/walk", "verifier/jwtverify/internal/doctor", "verifier/jwtverify/internal/loopback", "verifier/jwtverify/internal/minting", "verifier/jwtverify/internal/page"},
	"verifier/jwtverify/internal/page":     {"verifier/jwtverify/internal/diagnose", "verifier/jwtverify/internal/found", "verifier/jwtverify/internal/setup"},
	"verifier/jwtverify/internal/doctor":   {"verifier", "verifier/issuers", "keys", "verifier/jwtverify/internal/diagnose", "verifier/jwtverify/internal/found", "verifier/jwtverify/internal/presets", "verifier/jwtverify/internal/setup"},
	"verifier/jwtverify/internal/diagnose": {"verifier", "verifier/issuers", "keys", "httpauth/dpop", "verifier/jwtverify/internal/found", "verifier/jwtverify/internal/presets", "verifier/jwtverify/internal/setup"},
	"verifier/jwtverify/internal/setup":    {"verifier", "verifier/issuers", "keys", "claims"},
	"verifier/jwtverify/internal/presets":  {"verifier/jwtverify/internal/found"},
	"verifier/jwtverify/internal/walk":     {"keys"},
	"verifier/jwtverify/internal/minting":  {"keys"},
	"verifier/jwtverify/internal/loopback": {},
	"verifier/jwtverify/internal/found":    {},
	"internal/issuing":                     {"keys"}, // a test kit and the command have it in common
}

// packages parses the non-test files of every package of this module, and of the
// public packages that are modules of their own.
func packages(t *testing.T) (fset *token.FileSet, byDir map[string][]*ast.File) {
	t.Helper()
	fset, byDir = token.NewFileSet(), map[string][]*ast.File{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			nested, _ := filepath.Glob(filepath.Join(p, "go.mod"))
			own := len(nested) > 0 && strings.HasPrefix(filepath.ToSlash(p), "internal/")
			if p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || own) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") {
			f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			dir := strings.TrimPrefix(path.Dir(filepath.ToSlash(p)), ".")
			byDir[dir] = append(byDir[dir], f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fset, byDir
}

func TestImportDirections(t *testing.T) {
	t.Chdir("../../..")
	fset, byDir := packages(t)
	for dir, files := range byDir {
		allowed, listed := mayImport[dir]
		if !listed {
			t.Errorf("package %q is not in the design", dir)
			continue
		}
		for _, f := range files {
			for _, imp := range f.Imports {
				p, err := strconv.Unquote(imp.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				rest, ours := strings.CutPrefix(p, module+"/")
				if ours && !strings.HasPrefix(rest, "internal/") && !slices.Contains(allowed, rest) {
					t.Errorf("%s: %s must not import %s", fset.Position(imp.Pos()), dir, rest)
				}
				if dir == "internal/examples/worker" && p == "net/http" {
					t.Errorf("%s: the worker must not import net/http", fset.Position(imp.Pos()))
				}
			}
		}
	}
	for dir := range mayImport {
		if byDir[dir] == nil {
			t.Errorf("the design has %q, and the tree has not", dir)
		}
	}
}

func TestExportedNamesHaveComments(t *testing.T) {
	t.Chdir("../../..")
	fset, byDir := packages(t)
	for dir, files := range byDir {
		documented := false
		for _, f := range files {
			documented = documented || f.Doc != nil
			for _, decl := range f.Decls {
				for _, n := range undocumented(decl) {
					t.Errorf("%s: %s has no comment", fset.Position(n.Pos()), n.Name)
				}
			}
		}
		if !documented {
			t.Errorf("package %q has no comment", dir)
		}
	}
}

// undocumented returns the exported names of decl without a comment.
func undocumented(decl ast.Decl) (names []*ast.Ident) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
					names = append(names, s.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						names = append(names, n)
					}
				}
			}
		}
	}
	return names
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}
