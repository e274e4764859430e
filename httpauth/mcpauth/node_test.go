package mcpauth_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// packages returns a folder with the scripts of testdata/flow and the packages that
// they need. npm installs them once; the folder is kept in the cache of the user. It
// skips the test where there is no node, or where npm cannot install.
func packages(t *testing.T) string {
	t.Helper()
	for _, command := range []string{"node", "npm"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skipf("skipped: the real clients need %s, which is not installed", command)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	hash, scripts := sha256.New(), os.DirFS("testdata/flow")
	for _, name := range []string{"client.mjs", "package.json", "provider.mjs"} {
		text, err := fs.ReadFile(scripts, name)
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(text)
	}
	dir := filepath.Join(cache, fmt.Sprintf("jwtverify-mcpauth-%.8x", hash.Sum(nil)))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	// Another test may be doing the same: the folder appears when it is whole.
	making, err := os.MkdirTemp(cache, "jwtverify-mcpauth-new-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(making)
	if err := os.CopyFS(making, scripts); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock")
	install.Dir = making
	if _, err := install.CombinedOutput(); err != nil {
		t.Skipf("skipped: npm cannot install the packages of the real clients: %v", err)
	}
	if err := os.Rename(making, dir); err != nil {
		if _, there := os.Stat(dir); there != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A script is a running program of node.
type script struct {
	in  io.Writer
	out *bufio.Scanner
}

// run starts a script, which ends with the test at the latest.
func run(t *testing.T, dir, name string, args ...string) *script {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	command := exec.CommandContext(ctx, "node", append([]string{name}, args...)...)
	command.Dir = dir
	command.Stderr = t.Output()
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		cancel()
	})
	return &script{in, bufio.NewScanner(out)}
}

// line returns the next line of the script, without its first word, which must be
// want.
func (s *script) line(t *testing.T, want string) string {
	t.Helper()
	for s.out.Scan() {
		if word, rest, _ := strings.Cut(s.out.Text(), " "); word == want {
			return rest
		}
		t.Logf("it says: %s", s.out.Text())
	}
	t.Fatalf("the script ends before it says %q: %v", want, s.out.Err())
	return ""
}

const redirect = "http://127.0.0.1:1/callback" // nobody listens there: the code is in the URL

// browse opens a URL of the authorization server as a browser would: the user logs
// in and agrees. It returns the parameters with which the browser is sent back.
func browse(t *testing.T, at string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirect) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := browser.Get(at)
	for range 5 {
		if err != nil {
			t.Fatal(err)
		}
		page, err2 := io.ReadAll(res.Body)
		res.Body.Close()
		if err2 != nil {
			t.Fatal(err2)
		}
		if back, err := res.Location(); err == nil && strings.HasPrefix(back.String(), redirect) {
			if reason := back.Query().Get("error"); reason != "" {
				t.Fatalf("the authorization server says %s: %s", reason, back.Query().Get("error_description"))
			}
			return back.Query()
		}
		action, prompt := form.FindSubmatch(page), hidden.FindSubmatch(page)
		if res.StatusCode != http.StatusOK || action == nil || prompt == nil {
			t.Fatalf("%s: no form:\n%s", res.Status, page)
		}
		res, err = browser.PostForm(string(action[1]), url.Values{"prompt": {string(prompt[1])}, "login": {"alice"}, "password": {"any"}})
	}
	t.Fatal("the authorization server shows one form after the other")
	return nil
}

var (
	form   = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	hidden = regexp.MustCompile(`name="prompt" value="([^"]+)"`)
)

// startProvider runs the authorization server. It returns its issuer.
func startProvider(t *testing.T, dir, resource, scopes string) string {
	t.Helper()
	s := run(t, dir, "provider.mjs", resource, scopes)
	if !s.out.Scan() {
		t.Fatal(fmt.Errorf("the authorization server does not start: %w", s.out.Err()))
	}
	return s.out.Text()
}
