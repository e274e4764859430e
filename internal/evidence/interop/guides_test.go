package interop_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	// The guides use them.
	_ "github.com/auth0/go-jwt-middleware/v3"
	_ "github.com/auth0/go-jwt-middleware/v3/jwks"
	_ "github.com/auth0/go-jwt-middleware/v3/validator"
	_ "github.com/coreos/go-oidc/v3/oidc"
)

// used are the packages of the blocks, by the name that they go by.
var used = map[string]string{
	"errors": "errors", "fmt": "fmt", "log": "log", "http": "net/http", "url": "net/url", "time": "time",
	"jwt": "github.com/golang-jwt/jwt/v5", "keyfunc": "github.com/MicahParks/keyfunc/v3", "oidc": "github.com/coreos/go-oidc/v3/oidc",
	"jwtmiddleware": "github.com/auth0/go-jwt-middleware/v3", "jwks": "github.com/auth0/go-jwt-middleware/v3/jwks", "validator": "github.com/auth0/go-jwt-middleware/v3/validator",
	"gin": "github.com/gin-gonic/gin", "echo": "github.com/labstack/echo/v4", "fiber": "github.com/gofiber/fiber/v3", "adaptor": "github.com/gofiber/fiber/v3/middleware/adaptor",
	"chi": "github.com/go-chi/chi/v5", "mux": "github.com/gorilla/mux", "connect": "connectrpc.com/connect",
	"claims": "github.com/jwtverify/jwtverify/claims", "httpauth": "github.com/jwtverify/jwtverify/httpauth", "keys": "github.com/jwtverify/jwtverify/keys", "verifier": "github.com/jwtverify/jwtverify/verifier",
}

// TestGuidesCompile builds every block of the guides: what they say stood before and
// what stands after, and in frameworks.md one for each kind of framework.
func TestGuidesCompile(t *testing.T) {
	guides, err := filepath.Glob("../../examples/guides/*.md")
	if err != nil || len(guides) != 4 {
		t.Fatalf("%d guides, %v", len(guides), err)
	}
	dir := t.TempDir()
	for _, guide := range guides {
		text, err := os.ReadFile(guide)
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(text), -1)
		want := 2
		if filepath.Base(guide) == "frameworks.md" {
			want = 5
		}
		if len(blocks) != want {
			t.Fatalf("%s has %d blocks, want %d", guide, len(blocks), want)
		}
		for i, block := range blocks {
			name := fmt.Sprintf("%s_%d", strings.NewReplacer("-", "", ".md", "").Replace(filepath.Base(guide)), i)
			write(t, filepath.Join(dir, name, "block.go"), program(name, block[1]))
		}
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), strings.ReplaceAll(string(text), "=> ../../..", "=> "+root))
	}
	cmd := exec.CommandContext(t.Context(), "go", "vet", "./...")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// given are what the blocks of frameworks.md use without making it.
const given = `
var (
	v    verifier.Verifier
	auth *httpauth.Middleware
	list, add http.HandlerFunc
)
`

// program makes a file of a block, as a function that is given what it uses.
func program(name, block string) string {
	outer := ""
	if strings.HasPrefix(name, "frameworks") {
		outer = given
	}
	imports := ""
	for short, path := range used {
		if regexp.MustCompile(`\b` + short + `\.[A-Z]`).MatchString(block + outer) {
			imports += fmt.Sprintf("\t%s %q\n", short, path)
		}
	}
	return fmt.Sprintf("package %s\n\nimport (\n\t\"context\"\n%s)\n%s\nfunc _(ctx context.Context, raw string) {\n%s}\n", name, imports, outer, block)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
