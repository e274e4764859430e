package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// binary is the command, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "jwtverify")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "jwtverify")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	code := 1
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// program returns the command as a process that ends with the test, or after a minute.
func program(t *testing.T, stdin string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.Stdin = t.TempDir(), strings.NewReader(stdin)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "JWT_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd
}

// A result is what a process left behind.
type result struct {
	code     int
	out, err string
}

func run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	cmd := program(t, stdin, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	return result{codeOf(t, cmd.Run()), out.String(), errs.String()}
}

// codeOf returns the exit code of a process that ended by itself.
func codeOf(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	}
	t.Fatalf("the process did not end by itself: %v", err)
	return -1
}

// A place has a signer and a file with its key.
type place struct {
	*verifiertest.Signer
	keys string // a reference
}

func newPlace(t *testing.T) place {
	t.Helper()
	p := place{verifiertest.NewSigner(t, keys.ES256, "key-1"), filepath.Join(t.TempDir(), "keys.json")}
	if err := os.WriteFile(p.keys, []byte(`{"keys":[`+string(p.JWK())+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.keys = "file:" + p.keys
	return p
}

// token is one of a minute, with members changed; nil leaves one out.
func (p place) token(change map[string]any) string {
	all := map[string]any{"iss": "https://issuer.example", "aud": "api", "sub": "user", "exp": time.Now().Add(time.Minute).Unix()}
	for name, v := range change {
		if all[name] = v; v == nil {
			delete(all, name)
		}
	}
	return p.Sign(all)
}

// explain are the arguments that accept token(nil), and more.
func (p place) explain(more ...string) []string {
	return append([]string{"explain", "--keys", p.keys, "--issuer", "https://issuer.example", "--audience", "api"}, more...)
}

// TestExitCodes of the process: 0 trusted, 1 invalid, 3 forbidden, 4 undecided, 2 usage.
func TestExitCodes(t *testing.T) {
	p := newPlace(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	good := p.token(nil)
	iss := verifiertest.NewIssuer(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, iss.Certificate(), 0o600); err != nil {
		t.Fatal(err)
	}
	sample := iss.Sign(map[string]any{"iss": iss.URL, "aud": "api", "sub": "user", "exp": time.Now().Add(time.Minute).Unix()})
	for _, test := range []struct {
		name  string
		stdin string
		args  []string
		want  int
	}{
		{"explain, trusted", good, p.explain(), 0},
		{"explain, expired", p.token(map[string]any{"exp": 1}), p.explain(), 1},
		{"explain, forged", good[:len(good)-10] + "AAAAAAAAAA", p.explain(), 1},
		{"explain, not a token", "hello", p.explain(), 1},
		{"explain, no scope", good, p.explain("--scope", "write"), 3},
		{"explain, no keys", good, []string{"explain", "--keys", gone.URL, "--audience", "api", "--any-issuer"}, 4},
		{"explain, an unknown flag", good, p.explain("--nonsense"), 2},
		{"explain, a token as an argument", "", p.explain(good), 2},
		{"explain, contradicting flags", good, p.explain("--any-audience"), 2},
		{"keys", "", []string{"keys", p.keys}, 0},
		{"keys, an outage", "", []string{"keys", gone.URL}, 4},
		{"keys, no reference", "", []string{"keys"}, 2},
		{"watch", "", []string{"watch", "--count", "1", p.keys}, 0},
		{"watch, an outage", "", []string{"watch", "--count", "1", gone.URL}, 4},
		{"watch, a bad flag", "", []string{"watch", "--every", "1ns", p.keys}, 2},
		{"doctor", sample, []string{"doctor", "--ca", ca}, 0},
		{"doctor, forged", sample[:len(sample)-10] + "AAAAAAAAAA", []string{"doctor", "--ca", ca}, 1},
		{"doctor, offline", good, []string{"doctor", "--offline"}, 4},
		{"doctor, a bad flag", good, []string{"doctor", "--set", "x"}, 2},
		{"help", "", []string{"help"}, 0},
		{"help for a command", "", []string{"help", "keys"}, 0},
		{"nothing", "", nil, 2},
		{"an unknown command", "", []string{"verify"}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, test.stdin, test.args...)
			if r.code != test.want {
				t.Errorf("code %d, want %d\n%s%s", r.code, test.want, r.out, r.err)
			}
			if strings.Contains(r.out+r.err, good[:60]) || strings.Contains(r.out+r.err, sample[:60]) {
				t.Errorf("the token is shown\n%s%s", r.out, r.err)
			}
			explained := strings.Contains(r.out, "cause:") // settings that cannot be used are a fault too
			if test.want == 2 && test.args != nil && !explained && (r.out != "" || strings.Count(r.err, "\n") != 1) {
				t.Errorf("a mistake is not one line on standard error: %q, %q", r.out, r.err)
			}
		})
	}
}

// TestBadInput: each kind is named in one line, and no part of it is repeated.
func TestBadInput(t *testing.T) {
	p := newPlace(t)
	good := p.token(nil)
	jwe := "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"
	for name, test := range map[string]struct{ stdin, says string }{
		"a line break inside": {good[:80] + "\r\n" + good[80:], "line break inside"},
		"quotes":              {`"` + good + `"`, "in quotes"},
		"Bearer":              {"Bearer " + good, `the word "Bearer" precedes it`},
		"a URL":               {"https://app.example/cb#access_token=" + good, "a URL around it"},
		"cut":                 {good[:len(good)-20], "its end is cut"},
		"cut to its header":   {good[:30], "it is cut"},
		"encrypted":           {jwe, "it is encrypted (JWE)"},
		"opaque":              {"7f4df0d5c1b24f7a9a3f55aa7f4df0d5", "an opaque token"},
		"10 MB":               {strings.Repeat(good+"\n", 10<<20/len(good)), "more than 1024 KiB"},
		"10 MB of one letter": {strings.Repeat("e", 10<<20), "more than 1024 KiB"},
		"empty":               {"", "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, test.stdin, p.explain()...)
			line := ""
			for l := range strings.Lines(r.out) {
				if strings.HasPrefix(l, "cause:") {
					line += l
				}
			}
			if r.code != 1 || !strings.Contains(line, test.says) || strings.Count(line, "\n") != 1 {
				t.Errorf("%d, and %q does not say %q\n%s%s", r.code, line, test.says, r.out, r.err)
			}
			for _, part := range []string{good[:60], good[len(good)-30:], jwe, "7f4df0d5"} {
				if strings.Contains(r.out+r.err, part) {
					t.Errorf("%q is repeated", part)
				}
			}
		})
	}
}

// TestPolicyOfARunningService: a service in another process than explain serves its
// policy and has its keys at a URL, and both say the same of a token.
func TestPolicyOfARunningService(t *testing.T) {
	p := newPlace(t)
	mux := http.NewServeMux()
	service := httptest.NewServer(mux)
	defer service.Close()
	mux.HandleFunc("/jwks.json", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"keys":[%s]}`, p.JWK()) })
	src, err := keys.NewRemote(service.URL + "/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithIssuer("https://issuer.example"), verifier.WithAudience("api"), verifier.WithOptionalExpiry())
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/policy", httpauth.PolicyHandler(v))
	mux.Handle("/", httpauth.New(v).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })))
	for name, test := range map[string]struct {
		raw    string
		status int
		code   int
	}{
		"trusted":          {p.token(map[string]any{"exp": nil}), 200, 0},
		"another audience": {p.token(map[string]any{"aud": "other"}), 401, 1},
		"another key":      {newPlace(t).token(nil), 401, 1},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, service.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+test.raw)
		resp, err := service.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		r := run(t, test.raw, "explain", "--policy", service.URL+"/policy")
		if resp.StatusCode != test.status || r.code != test.code {
			t.Errorf("%s: the service answers %d, want %d; explain ends with %d, want %d\n%s%s", name, resp.StatusCode, test.status, r.code, test.code, r.out, r.err)
		}
	}
}
