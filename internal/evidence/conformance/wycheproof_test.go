package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

const (
	wycheproof    = "github.com/c2sp/wycheproof@v0.0.0-20260625212325-ee7b4f7e6119"
	wycheproofSum = "h1:jOCu6erj86P93+eFn8Qxp6XLwftn1nW0C9RUx7xZwZg="
)

// fetchWycheproof downloads the module, as Go's own crypto tests do, or skips
// the test. It is not a dependency: nothing of it is compiled.
func fetchWycheproof(t *testing.T) (dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	download := exec.CommandContext(ctx, "go", "mod", "download", "-json", wycheproof)
	download.Dir = t.TempDir() // not in a module, whose go.sum it would change
	download.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := download.Output()
	if err != nil {
		t.Skipf("Wycheproof cannot be had now: go mod download: %v", err)
	}
	var module struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	if module.Sum != wycheproofSum {
		t.Fatalf("%s has the sum %s, want %s", wycheproof, module.Sum, wycheproofSum)
	}
	return filepath.Join(module.Dir, "testvectors_v1")
}

// A wycheproofFile is the schema of its three JOSE files.
type wycheproofFile struct {
	Groups []struct {
		Comment string          `json:"comment"`
		Public  json.RawMessage `json:"public"`
		Private json.RawMessage `json:"private"` // the key where there is no public half
		Tests   []struct {
			ID      int             `json:"tcId"`
			Comment string          `json:"comment"`
			JWS     json.RawMessage `json:"jws"`
			JWE     json.RawMessage `json:"jwe"`
			Result  string          `json:"result"`
		} `json:"tests"`
	} `json:"testGroups"`
}

// TestWycheproof judges the signature alone: nearly no payload is a JWT's. The
// key of a test says its algorithm; what it allows, nothing narrows.
func TestWycheproof(t *testing.T) {
	t.Parallel()
	dir := fetchWycheproof(t)
	for _, file := range []string{signatureFile, keyFile, cryptoFile} {
		t.Run(file, func(t *testing.T) {
			y := &tally{file: file}
			for _, c := range readWycheproof(t, dir, file) {
				y.run(t, c)
			}
			y.report(t)
		})
	}
}

// readWycheproof reads one of its files.
func readWycheproof(t *testing.T, dir, file string) (cases []*tokenCase) {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	var w wycheproofFile
	if err := json.Unmarshal(doc, &w); err != nil {
		t.Fatal(err)
	}
	for _, g := range w.Groups {
		for _, test := range g.Tests {
			key, token := g.Public, test.JWS
			if key == nil {
				key = g.Private
			}
			if token == nil {
				token = test.JWE
			}
			valid := test.Result == "valid"
			cases = append(cases, &tokenCase{
				Name:  fmt.Sprintf("tc%d %s/%s", test.ID, g.Comment, test.Comment),
				Level: "jws",
				JWK:   key,
				Algs:  keys.Algorithms(),
				Token: compact(token),
				Valid: &valid,
			})
		}
	}
	return cases
}

// compact is a token as it goes into the verifier: a string, or the text of a
// JSON serialization.
func compact(token json.RawMessage) string {
	var s string
	if json.Unmarshal(token, &s) == nil {
		return s
	}
	return string(token)
}
