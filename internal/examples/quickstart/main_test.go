package main_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// program is the quickstart, built once.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "quickstart")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "quickstart.exe")
		if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

// A server is the running program.
type server struct {
	url, token string
	usage      string
	cmd        *exec.Cmd
	stdout     *bufio.Scanner
	stderr     *logLines
}

// logLines holds what a program writes, and can be read while it runs.
type logLines struct {
	mu    sync.Mutex
	text  []byte
	grown chan struct{} // closed by the next Write
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	close(l.grown)
	l.grown = make(chan struct{})
	return len(p), nil
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// wait waits until the program has written text.
func (l *logLines) wait(t *testing.T, text string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		l.mu.Lock()
		there, grown := strings.Contains(string(l.text), text), l.grown
		l.mu.Unlock()
		if there {
			return
		}
		select {
		case <-grown:
		case <-limit:
			t.Fatalf("%q is not logged:\n%s", text, l)
		}
	}
}

// start runs the program until the test ends, with these settings.
func start(t *testing.T, env ...string) *server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	s := &server{cmd: exec.CommandContext(ctx, program), stderr: &logLines{grown: make(chan struct{})}}
	s.cmd.Env = append(clean(os.Environ()), append([]string{"ADDR=127.0.0.1:0"}, env...)...)
	s.cmd.Stderr = s.stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	s.stdout = bufio.NewScanner(stdout)
	for s.stdout.Scan() && !strings.HasPrefix(s.stdout.Text(), "Ctrl-C") {
		s.usage += s.stdout.Text() + "\n"
	}
	if m := regexp.MustCompile(`listening on (http://\S+)`).FindStringSubmatch(s.usage); m != nil {
		s.url = m[1]
	} else {
		t.Fatalf("it does not print an address: %s%s", s.usage, s.stderr)
	}
	if m := regexp.MustCompile(`TOKEN=(\S+)`).FindStringSubmatch(s.usage); m != nil {
		s.token = m[1]
	}
	return s
}

// clean returns env without the settings of this program.
func clean(env []string) (kept []string) {
	for _, v := range env {
		if !strings.HasPrefix(v, "JWT_") && !strings.HasPrefix(v, "ADDR=") {
			kept = append(kept, v)
		}
	}
	return kept
}

// get returns "status body".
func (s *server) get(t *testing.T, path, token string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status[:3] + " " + strings.TrimSpace(string(body))
}

func (s *server) check(t *testing.T, path, token, want string) {
	t.Helper()
	if got := s.get(t, path, token); got != want {
		t.Errorf("GET %s = %s\nwant %s\n%s", path, got, want, s.stderr)
	}
}

const (
	hello = `200 {"message":"Hello user user-123, you are authorized!"}`
	whoMe = `200 {"user_id":"user-123"}`
)

func TestWithoutSettings(t *testing.T) {
	s := start(t)
	s.check(t, "/protected", s.token, hello)
	s.check(t, "/users/me", s.token, whoMe)
	s.check(t, "/healthz", "", `200 {"sources":[],"status":"ok"}`)
	s.check(t, "/protected", "", `401 {"error_description":"A bearer token is required."}`)
	i := strings.LastIndexByte(s.token, '.')
	s.check(t, "/protected", s.token[:i+1]+strings.Repeat("A", 43), `401 {"error":"invalid_token","error_description":"The token is not valid."}`)
	if start(t).token == s.token {
		t.Error("two starts mint the same token")
	}
}

// TestPrintedLines pastes the printed lines into a shell.
func TestPrintedLines(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil || runtime.GOOS == "windows" {
		t.Skip("no curl or no shell here")
	}
	s := start(t)
	_, script, _ := strings.Cut(s.usage, "Try it:")
	out, err := exec.Command("sh", "-e", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{hello[4:], whoMe[4:], "401 Unauthorized", `Www-Authenticate: Bearer realm="api"` + "\r\n", `"status":"ok"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

func TestSourcesAreSwappedBySettings(t *testing.T) {
	iss := verifiertest.NewIssuer(t, verifiertest.WithAudience("api"))
	token := iss.Token("user-123", time.Hour)
	dir := t.TempDir()
	jwks := filepath.Join(dir, "keys.json")
	if err := os.WriteFile(jwks, []byte(`{"keys":[`+string(iss.Signer().JWK())+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	// The program has to trust the certificate of the issuer.
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, iss.Certificate(), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := verifiertest.NewSigner(t, keys.HS256, "")
	if err := os.WriteFile(filepath.Join(dir, "secret.json"), secret.JWK(), 0o600); err != nil {
		t.Fatal(err)
	}
	mine := secret.Sign(map[string]any{"sub": "user-123", "exp": time.Now().Add(time.Hour).Unix()})

	issuer, audience := "JWT_ISSUER="+iss.URL, "JWT_AUDIENCE=api"
	for _, test := range []struct {
		name, token string
		env         []string
	}{
		{"file", token, []string{"JWT_KEYS=file:" + jwks, issuer, audience}},
		{"JWKS URL", token, []string{"JWT_KEYS=" + iss.JWKS, issuer, audience}},
		{"oidc", token, []string{"JWT_KEYS=oidc:" + iss.URL, audience}},
		{"secret in a JWK", mine, []string{"JWT_KEYS=file:" + filepath.Join(dir, "secret.json")}},
		{"list", mine, []string{"JWT_KEYS=oidc:" + iss.URL + ",file:" + filepath.Join(dir, "secret.json")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, append(test.env, "SSL_CERT_FILE="+ca)...)
			if s.token != "..." {
				t.Error("it mints a token for an issuer that is not its own")
			}
			s.check(t, "/protected", test.token, hello)
			s.check(t, "/users/me", test.token, whoMe)
			if !strings.HasPrefix(s.get(t, "/protected", secret.Sign(map[string]any{"sub": "user-123"})), "401 ") {
				t.Error("a token without exp is not refused")
			}
		})
	}
}

// oidcReference is a good one for JWT_ISSUERS.
const oidcReference = "oidc:https://issuer.example?aud=api"

func TestWrongSettings(t *testing.T) {
	for _, test := range []struct {
		env  []string
		want string
	}{
		{[]string{"JWT_KEYS="}, "quickstart: JWT_KEYS: keys: the key reference is empty"},
		{[]string{"JWT_KEYS=env:NOT_SET"}, "quickstart: JWT_KEYS: keys: env: the environment variable is not set"},
		{[]string{"JWT_KEYS=http://keys.example/"}, "quickstart: JWT_KEYS: keys: the JWKS URL is plain http beyond loopback"},
		{[]string{"S=0123456789abcdef0123456789abcdef", "JWT_KEYS=env:S?alg=HS256", "JWT_ISSUER="}, "quickstart: JWT_ISSUER or JWT_AUDIENCE: verifier: WithIssuer: an empty value"},
		{[]string{"JWT_ISSUER=https://issuer.example"}, "quickstart: JWT_KEYS is not set"},
		{[]string{"JWT_AUDIENCE=api"}, "quickstart: JWT_KEYS is not set"},
		{[]string{"JWT_ISSUER="}, "quickstart: JWT_KEYS is not set"},
		{[]string{"JWT_ISSUERS="}, "quickstart: JWT_ISSUERS: issuers: the reference is empty"},
		{[]string{"JWT_ISSUERS= "}, "quickstart: JWT_ISSUERS: issuers: the reference is empty"},
		{[]string{"JWT_ISSUERS=file:"}, "quickstart: JWT_ISSUERS: issuers: "},
		{[]string{"JWT_ISSUERS=file:/no/such/file"}, "quickstart: JWT_ISSUERS: issuers: file /no/such/file: "},
		{[]string{"JWT_ISSUERS=github:?aud=api"}, "quickstart: JWT_ISSUERS: issuers: github: needs repository_id, "},
		{[]string{"JWT_ISSUERS=github:?aud=api&repository_id="}, "quickstart: JWT_ISSUERS: issuers: github: repository_id is empty"},
		{[]string{"JWT_ISSUERS=https://issuer.example"}, "quickstart: JWT_ISSUERS: issuers: the reference does not begin with a preset"},
		{[]string{"JWT_ISSUERS=" + oidcReference, "JWT_KEYS=env:S?alg=HS256"}, "quickstart: JWT_ISSUERS is set together with JWT_KEYS;"},
		{[]string{"JWT_ISSUERS=" + oidcReference, "JWT_ISSUER=https://issuer.example"}, "quickstart: JWT_ISSUERS is set together with JWT_ISSUER;"},
		{[]string{"JWT_ISSUERS=" + oidcReference, "JWT_AUDIENCE="}, "quickstart: JWT_ISSUERS is set together with JWT_AUDIENCE;"},
		{[]string{"JWT_ISSUERS=", "JWT_KEYS=", "JWT_AUDIENCE="}, "quickstart: JWT_ISSUERS is set together with JWT_KEYS, JWT_AUDIENCE;"},
		{[]string{"ADDR="}, "quickstart: ADDR is empty"},
		{[]string{"ADDR= "}, "quickstart: ADDR is empty"},
		{[]string{"ADDR=nowhere"}, "quickstart: ADDR: cannot listen on nowhere"},
		{[]string{"ADDR=192.0.2.1:80"}, "quickstart: ADDR: cannot listen on 192.0.2.1:80"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // without the mistake it would serve forever
		defer cancel()
		cmd := exec.CommandContext(ctx, program)
		cmd.Env = append(clean(os.Environ()), test.env...)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.HasPrefix(string(out), test.want) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%v: %v, %s\nwant exit status 2 and one line with %s", test.env, err, out, test.want)
		}
	}
}

// TestHealthWithoutKeys: if the key URL is dead or mistyped, the log says so at the
// start, and the health page answers 503 and says why.
func TestHealthWithoutKeys(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := "http://" + listener.Addr().String() + "/jwks.json"
	listener.Close()
	typo := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(typo.Close)
	for name, ref := range map[string]string{"dead": dead, "mistyped": typo.URL + "/jwsk.json"} {
		s := start(t, "JWT_KEYS="+ref)
		s.stderr.wait(t, "source="+ref)
		got := s.get(t, "/healthz", "")
		if !strings.HasPrefix(got, "503 ") || !strings.Contains(got, `"status":"no keys to verify with"`) || !strings.Contains(got, `"error":"keys: `) {
			t.Errorf("%s: /healthz = %s", name, got)
		}
		both := start(t, "S=0123456789abcdef0123456789abcdef", "JWT_KEYS=env:S?alg=HS256,"+ref)
		if got := both.get(t, "/healthz", ""); !strings.HasPrefix(got, "200 ") {
			t.Errorf("%s, and a secret: /healthz = %s", name, got)
		}
	}
}

// TestSettingsArePrinted: the settings in force are printed, and no secret.
func TestSettingsArePrinted(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	s := start(t, "S="+secret, "JWT_KEYS=env:S?alg=HS256,https://user:pa55word@127.0.0.1:1/jwks.json?key=pa55word", "JWT_ISSUER=https://issuer.example", "JWT_AUDIENCE=api")
	for _, want := range []string{`keys      "https://127.0.0.1:1/jwks.json"`, "keys      1 given directly, not shown", `issuer    "https://issuer.example"`, `audience  "api"`} {
		if !strings.Contains(s.usage, want) {
			t.Errorf("%q is not in\n%s", want, s.usage)
		}
	}
	if text := s.usage + s.stderr.String(); strings.Contains(text, secret) || strings.Contains(text, "pa55word") || strings.Contains(text, "env:") {
		t.Errorf("it prints a secret:\n%s", text)
	}
	if own := start(t).usage; !strings.Contains(own, "JWT_ISSUER is not set") || !strings.Contains(own, "JWT_AUDIENCE is not set") {
		t.Errorf("without settings it prints\n%s", own)
	}
}

func TestInterruptEnds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no interrupt for another process on Windows")
	}
	s := start(t)
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if !s.stdout.Scan() || s.stdout.Text() != "shutting down" {
		t.Errorf("after the signal it prints %q", s.stdout.Text())
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("it ends with %v: %s", err, s.stderr)
	}
}
