package design_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// linked are the other modules that a program links by importing the packages.
func linked(t *testing.T, packages ...string) []string {
	t.Helper()
	args := append([]string{"list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}"}, packages...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = "../../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(out))
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(path string) bool { return path == module })
}

// TestD01FewModulesAreLinked: a program that verifies with an HS256 secret pays
// for nothing that it does not use.
func TestD01FewModulesAreLinked(t *testing.T) {
	const most = 4
	if got := linked(t, "./keys", "./verifier"); len(got) > most {
		t.Errorf("%d modules are linked, want at most %d: %v", len(got), most, got)
	}
}

// TestD03AdaptersAreOptional: a server on net/http links no module for the adapters to
// other frameworks.
func TestD03AdaptersAreOptional(t *testing.T) {
	if of, without := linked(t, "./httpauth", "./httpauth/dpop"), linked(t, "./keys", "./verifier"); !slices.Equal(of, without) {
		t.Errorf("httpauth links %v, and keys and verifier alone %v", of, without)
	}
}

// TestEveryModuleIsTested: what has a go.mod is in the list of .ci/run, except the
// tools, which have no code.
func TestEveryModuleIsTested(t *testing.T) {
	t.Chdir("../../..")
	run, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(run), "\nmodules=(")
	list, _, _ = strings.Cut(list, ")")
	listed := strings.Fields(list)
	err = filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		dir := filepath.ToSlash(filepath.Dir(p))
		if err == nil && d.Name() == "go.mod" && dir != "internal/tools" && !slices.Contains(listed, dir) {
			t.Errorf("%s is not among the modules of .ci/run", dir)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestD02OnlyTheBridgeImportsPeers, of what is not a test.
func TestD02OnlyTheBridgeImportsPeers(t *testing.T) {
	t.Chdir("../../..")
	fset, byDir := packages(t)
	for dir, files := range byDir {
		for _, f := range files {
			for _, imp := range f.Imports {
				if dir != "keys/bridge" && (strings.Contains(imp.Path.Value, "/MicahParks/") || strings.Contains(imp.Path.Value, "/golang-jwt/")) {
					t.Errorf("%s: %s must not import %s", fset.Position(imp.Pos()), dir, imp.Path.Value)
				}
			}
		}
	}
}
