package design_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const updateAPI = "go test ./internal/evidence/design -run TestAPI -update"

var update = flag.Bool("update", false, "record the exported names of the public packages in api/")

// TestAPI compares the exported names of each public package, and their
// declarations, with api/PACKAGE.txt. A name that is gone or has changed breaks
// programs: CHANGELOG.md must contain it under Unreleased, as in keys.Set.Size.
// The command in updateAPI then records the change, and refuses to before. It
// also records what is new.
//
// Declarations are compared as they are written, without the names of parameters.
// A method that is added to an interface is a change of the interface.
func TestAPI(t *testing.T) {
	t.Chdir("../../..")
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, unreleased, _ := strings.Cut(string(changelog), "\n## Unreleased\n")
	unreleased, _, _ = strings.Cut(unreleased, "\n## ")
	_, byDir := packages(t)
	gone, err := filepath.Glob("internal/evidence/design/api/*.txt") // those whose package is not found
	if err != nil {
		t.Fatal(err)
	}
	for dir, files := range byDir {
		if dir == "" || strings.Contains("/"+dir+"/", "/internal/") || files[0].Name.Name == "main" {
			continue
		}
		now := exported(path.Base(dir), files)
		file := filepath.Join("internal/evidence/design/api", strings.ReplaceAll(dir, "/", "-")+".txt")
		gone = slices.DeleteFunc(gone, func(g string) bool { return g == file })
		recorded, err := os.ReadFile(file)
		if err != nil && !(*update && os.IsNotExist(err)) {
			t.Errorf("%v; run: %s", err, updateAPI)
			continue
		}
		then := map[string]string{}
		for line := range strings.Lines(string(recorded)) {
			name, decl, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			then[name] = decl
		}
		breaks := 0
		for _, name := range slices.Sorted(maps.Keys(then)) {
			if now[name] == then[name] {
				continue
			}
			if !announced(unreleased, name) {
				breaks++
				t.Errorf("%s was %q and is %q: a break; name %s under Unreleased in CHANGELOG.md, then run: %s", name, then[name], now[name], name, updateAPI)
			}
		}
		if breaks > 0 || maps.Equal(now, then) {
			continue
		}
		if !*update {
			t.Errorf("%s is not up to date; run: %s", file, updateAPI)
			continue
		}
		var text bytes.Buffer
		for _, name := range slices.Sorted(maps.Keys(now)) {
			fmt.Fprintf(&text, "%s: %s\n", name, now[name])
		}
		if err := os.WriteFile(file, text.Bytes(), 0o666); err != nil {
			t.Error(err)
		}
	}
	for _, file := range gone {
		t.Errorf("%s records a package that is gone; say so in CHANGELOG.md and delete the file", file)
	}
}

// announced reports whether text names a name, or the type that it belongs to.
func announced(text, name string) bool {
	for parts := strings.Split(name, "."); len(parts) > 1; parts = parts[:len(parts)-1] {
		if regexp.MustCompile(`\b` + regexp.QuoteMeta(strings.Join(parts, ".")) + `\b`).MatchString(text) {
			return true
		}
	}
	return false
}

// exported returns the declarations of pkg's exported names: functions, types,
// variables and constants, and the methods and fields of types.
func exported(pkg string, files []*ast.File) map[string]string {
	api := map[string]string{}
	add := func(decl string, name ...string) {
		if ast.IsExported(name[len(name)-1]) {
			api[pkg+"."+strings.Join(name, ".")] = decl
		}
	}
	for _, f := range files {
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				switch {
				case d.Recv == nil:
					add(source(d.Type), d.Name.Name)
				case exportedReceiver(d):
					receiver := source(d.Recv.List[0].Type)
					base, _, _ := strings.Cut(strings.TrimPrefix(receiver, "*"), "[")
					add("("+receiver+") "+source(d.Type), base, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						addType(add, s)
					case *ast.ValueSpec:
						for _, n := range s.Names {
							add(strings.TrimSpace(d.Tok.String()+" "+source(s.Type)), n.Name)
						}
					}
				}
			}
		}
	}
	return api
}

// addType adds a type, and the fields of a struct one by one, since a program
// survives a new one.
func addType(add func(decl string, name ...string), s *ast.TypeSpec) {
	if !s.Name.IsExported() {
		return
	}
	decl := "type"
	if s.Assign.IsValid() {
		decl = "type ="
	}
	if s.TypeParams != nil {
		decl += " " + source(&ast.FuncType{TypeParams: s.TypeParams, Params: new(ast.FieldList)})
	}
	structure, ok := s.Type.(*ast.StructType)
	if !ok {
		add(decl+" "+source(s.Type), s.Name.Name)
		return
	}
	add(decl+" struct", s.Name.Name)
	for _, field := range structure.Fields.List {
		typ := source(field.Type)
		for _, n := range field.Names {
			add(typ, s.Name.Name, n.Name)
		}
		if field.Names == nil {
			embedded := typ[strings.LastIndexAny(typ, "*.")+1:]
			add("embedded "+typ, s.Name.Name, embedded)
		}
	}
}

var space = regexp.MustCompile(`\s+`)

// source prints n on one line, without comments and without the names of
// parameters and results. n may be nil.
func source(n ast.Expr) string {
	if n == nil {
		return ""
	}
	ast.Inspect(n, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncType); ok {
			unname(f.Params)
			unname(f.Results)
		}
		if f, ok := n.(*ast.Field); ok {
			f.Doc, f.Comment = nil, nil
		}
		return true
	})
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), n); err != nil {
		return err.Error()
	}
	return space.ReplaceAllString(b.String(), " ")
}

// unname turns (a, b int) into (int, int).
func unname(list *ast.FieldList) {
	if list == nil {
		return
	}
	var types []*ast.Field
	for _, f := range list.List {
		for range max(1, len(f.Names)) {
			types = append(types, &ast.Field{Type: f.Type})
		}
	}
	list.List = types
}
