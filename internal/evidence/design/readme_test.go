package design_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestREADMECompiles builds every Go block of the README in a module of its
// own that uses this checkout, as the README says to.
func TestREADMECompiles(t *testing.T) {
	t.Chdir("../../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) < 3 {
		t.Fatalf("the README has %d Go blocks", len(blocks))
	}
	for i, block := range blocks {
		sub := filepath.Join(dir, fmt.Sprintf("block%d", i+1))
		if err := os.Mkdir(sub, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sub, "block.go"), []byte(program(string(block[1]))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	run("go", "mod", "init", "example.com/reader")
	run("go", "mod", "edit", "-go=1.26", "-require", module+"@v0.0.0", "-replace", module+"="+root)
	run("go", "mod", "tidy")
	run("go", "vet", "./...")
}

// imported are the packages that the blocks of the README use.
var imported = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "log": "log", "os": "os", "time": "time",
	"claims": module + "/claims", "dpop": module + "/httpauth/dpop", "httpauth": module + "/httpauth", "issuers": module + "/verifier/issuers", "keys": module + "/keys", "verifier": module + "/verifier",
}

// program makes a file of a block: with its imports, and as a function that is
// given what it uses where it holds statements.
func program(block string) string {
	var b strings.Builder
	b.WriteString("package block\n\nimport (\n")
	for name, path := range imported {
		if regexp.MustCompile(`\b`+name+`\.[A-Z]`).MatchString(block) || name == "context" {
			fmt.Fprintf(&b, "%s %q\n", name, path)
		}
	}
	b.WriteString(")\n\n")
	if declares := regexp.MustCompile(`(?m)^(func|type|var) `); declares.MatchString(block) {
		b.WriteString(block + "\nvar _ context.Context\n")
	} else {
		if !strings.Contains(b.String(), "\"net/http\"") {
			b.WriteString("import \"net/http\"\n")
		}
		if !strings.Contains(b.String(), module+"/verifier\"") {
			fmt.Fprintf(&b, "import %q\n", module+"/verifier")
		}
		b.WriteString("var v verifier.Verifier\nvar mux *http.ServeMux\nvar list, add http.Handler\n\n")
		b.WriteString("func _(ctx context.Context, raw string) {\n" + block + "}\n")
	}
	return b.String()
}
