package command_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/command"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

type m = map[string]any

// A result is what a run of the command left behind.
type result struct {
	code     int
	out, err string
}

// run runs the command in a world.
func run(t *testing.T, e command.Env, args ...string) result {
	t.Helper()
	return runIn(t.Context(), e, args...)
}

func runIn(ctx context.Context, e command.Env, args ...string) result {
	var out, errs bytes.Buffer
	e.Args, e.Stdout, e.Stderr = args, &out, &errs
	if e.Stdin == nil {
		e.Stdin = strings.NewReader("")
	}
	if e.Getenv == nil {
		e.Getenv = func(string) (string, bool) { return "", false }
	}
	code := command.Run(ctx, e)
	return result{code, out.String(), errs.String()}
}

func variables(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// TestExplain: exit codes, and where settings and tokens come from.
func TestExplain(t *testing.T) {
	w := verifiertest.NewWorld(t)
	iss := w.Issuer("https://issuer.example", verifiertest.WithAudience("api"))
	good := iss.Token("user-1", 5*time.Minute)
	path := filepath.Join(t.TempDir(), "token.txt")
	if err := os.WriteFile(path, []byte(good+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"explain", "--keys", "oidc:https://issuer.example", "--audience", "api"}
	with := func(more ...string) []string { return append(append([]string{}, flags...), more...) }
	env := variables("JWT_KEYS", "oidc:https://issuer.example", "JWT_AUDIENCE", "api")
	for _, test := range []struct {
		name  string
		args  []string
		stdin string
		env   func(string) (string, bool)
		code  int
		says  string // on standard output or error
	}{
		{"trusted, from standard input", flags, good + "\n", nil, command.Trusted, "=> trusted"},
		{"trusted, from a file", with(path), "", nil, command.Trusted, "=> trusted"},
		{"flags after the file", []string{"explain", path, "--keys", "oidc:https://issuer.example", "--audience", "api"}, "", nil, command.Trusted, "=> trusted"},
		{"settings from variables", []string{"explain"}, good, env, command.Trusted, "=> trusted"},
		{"one reference", []string{"explain"}, good, variables("JWT_ISSUERS", "oidc:https://issuer.example?aud=api"), command.Trusted, "rules of oidc:"},
		{"the name in variables", []string{"explain"}, good, variables("JWT_KEYS", "oidc:https://issuer.example", "JWT_AUDIENCE", "other"), command.Invalid, "JWT_AUDIENCE=api"},
		{"the name in flags", []string{"explain", "--keys", "oidc:https://issuer.example", "--audience", "other"}, good, nil, command.Invalid, "--audience api"},
		{"forbidden", with("--scope", "write"), good, nil, command.Forbidden, "=> forbidden"},
		{"undecided", []string{"explain", "--keys", "https://gone.example/jwks.json", "--issuer", "https://issuer.example"}, good, nil, command.Undecided, "=> undecided"},
		{"no settings", []string{"explain"}, good, nil, command.Undecided, "nothing says which tokens to trust"},
		{"as of a time before it was issued", with("--at", "2020-01-01T00:00:00Z"), good, nil, command.Invalid, "not been issued yet"},
		{"a time that is none", with("--at", "yesterday"), good, nil, command.Usage, "--at is not a time"},
		{"the token as an argument", with(good), "", nil, command.Usage, "stays in the shell's history"},
		{"asked for by name", with("--token-in-shell-history", good), "", nil, command.Trusted, "=> trusted"},
		{"an empty variable", []string{"explain"}, good, variables("JWT_KEYS", ""), command.Usage, "set but empty"},
		{"an empty audience", []string{"explain"}, good, variables("JWT_KEYS", "oidc:https://issuer.example", "JWT_AUDIENCE", ""), command.Usage, "empty"},
		{"contradiction", []string{"explain", "--issuers", "google:?client=x", "--keys", "env:X"}, good, nil, command.Usage, "whole verifier"},
		{"unknown flag", []string{"explain", "--nonsense"}, good, nil, command.Usage, "nonsense"},
		{"settings with a mistake", []string{"explain", "--issuers", "google:"}, good, nil, command.Usage, "needs client"},
		{"no such file", with("nowhere.txt"), "", nil, command.Usage, "no such file"},
		{"10 MB", flags, strings.Repeat("x", 10<<20), nil, command.Invalid, "more than 1024 KiB"},
		{"10 MB of a token", flags, "eyJhbGciOiJub25lIn0." + strings.Repeat("eyJ", 3<<20), nil, command.Invalid, "more than 1024 KiB"},
		{"nothing", flags, "", nil, command.Invalid, "empty"},
		{"no command", nil, "", nil, command.Usage, "usage"},
		{"unknown command", []string{"explian"}, "", nil, command.Usage, "there is no command"},
		{"a token as the command", []string{good}, "", nil, command.Usage, "there is no command"},
		{"help", []string{"help"}, "", nil, command.Trusted, "explain"},
		{"help of a command", []string{"help", "explain"}, "", nil, command.Trusted, "Examples:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := command.Env{Client: w.Client(), Stdin: strings.NewReader(test.stdin), Getenv: test.env}
			r := run(t, e, test.args...)
			if r.code != test.code || !strings.Contains(r.out+r.err, test.says) {
				t.Errorf("code %d, want %d; want %q in\n%s%s", r.code, test.code, test.says, r.out, r.err)
			}
			if strings.Contains(r.out+r.err, good[:40]) || strings.Contains(r.out, "\x1b[") {
				t.Error("a token or a colour is shown")
			}
			if test.code == command.Usage && test.args != nil && r.out == "" && strings.Count(r.err, "\n") != 1 {
				t.Errorf("not one line: %q", r.err)
			}
		})
	}
}

// TestExplainJSON is for scripts.
func TestExplainJSON(t *testing.T) {
	w := verifiertest.NewWorld(t)
	iss := w.Issuer("https://issuer.example", verifiertest.WithAudience("api"))
	r := run(t, command.Env{Client: w.Client(), Stdin: strings.NewReader(iss.Token("u", -time.Hour))}, "explain", "--json", "--keys", "oidc:https://issuer.example", "--audience", "api")
	var d struct {
		Verdict, Reason, Cause string
		Faults                 []struct{ Setting, Cause, Advice string }
		Checks                 []struct{ Name, State string }
	}
	if err := json.Unmarshal([]byte(r.out), &d); err != nil || r.code != command.Invalid || d.Verdict != "invalid" || d.Reason != "expired" || d.Faults[0].Setting != "token" || len(d.Checks) < 8 {
		t.Errorf("%v\n%s", err, r.out)
	}
}

// TestExplainColour only on a terminal.
func TestExplainColour(t *testing.T) {
	r := run(t, command.Env{Colour: true, Stdin: strings.NewReader("hello")}, "explain")
	if !strings.Contains(r.out, "\x1b[31m") {
		t.Errorf("%q", r.out)
	}
}

// TestExplainHostileToken: nothing in a token moves the cursor of the terminal.
func TestExplainHostileToken(t *testing.T) {
	s := verifiertest.NewSigner(t, keys.ES256, "\x1b[2J")
	token := s.Sign(m{"iss": "a\x1b]0;x\a", "sub": "\u202eevil", "exp": time.Now().Add(time.Hour).Unix(), "\x1b[1m": "\r\nok    signature"})
	r := run(t, command.Env{Stdin: strings.NewReader(token)}, "explain", "--keys", "env:NOWHERE")
	if strings.ContainsAny(r.out+r.err, "\x1b\r\a\u202e") {
		t.Errorf("%q", r.out+r.err)
	}
}

// TestExplainPolicy: what a running service exports is enough to explain its answer.
func TestExplainPolicy(t *testing.T) {
	w := verifiertest.NewWorld(t)
	iss := w.Issuer("https://issuer.example")
	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(w.Client()))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithAudience("api"), verifier.WithLeeway(time.Minute), verifier.WithOptionalSubject())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httpauth.PolicyHandler(v))
	defer server.Close()
	now := time.Now()
	token := func(aud string) string {
		return iss.Sign(m{"iss": iss.URL, "aud": aud, "exp": now.Add(time.Minute).Unix()})
	}
	doc := run(t, command.Env{Client: server.Client(), Stdin: strings.NewReader(token("api"))}, "explain", "--policy", server.URL)
	if doc.code != command.Undecided { // the client of that server does not reach the issuer
		t.Errorf("%d\n%s", doc.code, doc.out)
	}
	path := filepath.Join(t.TempDir(), "policy.json")
	text, err := json.Marshal(v.Policy())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for aud, want := range map[string]int{"api": command.Trusted, "other": command.Invalid} {
		r := run(t, command.Env{Client: w.Client(), Stdin: strings.NewReader(token(aud))}, "explain", "--policy", path)
		if r.code != want || aud == "other" && !strings.Contains(r.out, `verifier.WithAudience("other")`) {
			t.Errorf("%s: %d\n%s", aud, r.code, r.out)
		}
	}
	if r := run(t, command.Env{Stdin: strings.NewReader(token("api"))}, "explain", "--policy", "http://service.example/policy"); r.code != command.Undecided || !strings.Contains(r.err, "--insecure-http") {
		t.Errorf("%d %s", r.code, r.err)
	}
}

// interrupted returns the URL of a server that never answers, and a context that ends
// once a request has reached it.
func interrupted(t *testing.T) (ctx context.Context, url string) {
	t.Helper()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() { cancel(); silent.Close() })
	go func() {
		if c, err := silent.Accept(); err == nil { // the fetch has begun
			cancel()
			defer c.Close()
			<-t.Context().Done()
		}
	}()
	return ctx, "http://" + silent.Addr().String() + "/jwks.json"
}

// TestExplainInterrupted: Ctrl-C ends a fetch that hangs, immediately.
func TestExplainInterrupted(t *testing.T) {
	ctx, url := interrupted(t)
	token := verifiertest.NewSigner(t, keys.ES256, "k").Sign(m{"sub": "u", "exp": time.Now().Add(time.Hour).Unix()})
	began := time.Now()
	r := runIn(ctx, command.Env{Stdin: strings.NewReader(token)}, "explain", "--timeout", "60s", "--keys", url)
	if took := time.Since(began); r.code != command.Undecided || !strings.Contains(r.err, "interrupted") || took > 5*time.Second {
		t.Errorf("%d after %v: %s", r.code, took, r.err)
	}
}
