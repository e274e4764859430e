package command_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/command"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestExplainPolicyOfAService: explain decides as the service that serves its policy,
// whose keys it fetches where the policy says.
func TestExplainPolicyOfAService(t *testing.T) {
	w := verifiertest.NewWorld(t)
	iss := w.Issuer("https://issuer.example")
	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(w.Client()))
	if err != nil {
		t.Fatal(err)
	}
	strict, err := verifier.New(src, verifier.WithAudience("api"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithAudience("api", "old"), verifier.WithOptionalSubject(), verifier.WithLeeway(time.Minute),
		verifier.WithCandidate(strict, nothing))
	if err != nil {
		t.Fatal(err)
	}
	w.Handle("service.example", httpauth.PolicyHandler(v))
	w.Handle("routes.example", httpauth.PolicyHandler(verifier.ByIssuer(map[string]verifier.Verifier{iss.URL: v})))
	now := time.Now()
	good := m{"iss": iss.URL, "aud": "old", "exp": now.Add(-40 * time.Second).Unix()}
	for _, test := range []struct {
		name string
		diff m
		says string
	}{
		{"trusted", nil, "=> trusted"},
		{"another audience", m{"aud": "other"}, `verifier.WithAudience("other")`},
		{"expired", m{"exp": now.Add(-2 * time.Minute).Unix()}, "expired"},
		{"another issuer", m{"iss": "https://other.example"}, "https://other.example"},
	} {
		c := m{}
		for name, v := range good {
			c[name] = v
		}
		for name, v := range test.diff {
			c[name] = v
		}
		raw := iss.Sign(c)
		_, alone := v.Verify(t.Context(), raw)
		for _, at := range []string{"https://service.example/policy", "https://routes.example/policy"} {
			r := run(t, command.Env{Client: w.Client(), Stdin: strings.NewReader(raw)}, "explain", "--policy", at)
			if trusted := r.code == command.Trusted; trusted != (alone == nil) || !strings.Contains(r.out, test.says) {
				t.Errorf("%s, %s: %d, and the service says %v; want %q\n%s%s", test.name, at, r.code, alone, test.says, r.out, r.err)
			}
		}
	}
}

// TestExplainBadPolicy: what is not a policy, or cannot be had, is reported in one line
// that says so. It is never taken for a policy that accepts more.
func TestExplainBadPolicy(t *testing.T) {
	w := verifiertest.NewWorld(t)
	answer := func(status int, body string) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(status)
			rw.Write([]byte(body))
		})
	}
	w.Handle("large.example", answer(200, `{"max_size_bytes":1,"checks":["`+strings.Repeat("x", 2<<20)+`"]}`))
	w.Handle("html.example", answer(200, "<html>sign in\x1b[2J</html>"))
	w.Handle("other.example", answer(200, `{"status":"ok"}`))
	w.Handle("list.example", answer(200, `[1]`))
	w.Handle("null.example", answer(200, `null`))
	w.Handle("cut.example", answer(200, `{"max_size_bytes":16384,"issu`))
	w.Handle("empty.example", answer(200, ``))
	w.Handle("down.example", answer(503, "the database is down"))
	w.Handle("foreign.example", httpauth.PolicyHandler(verifier.Func(func(context.Context, string) (*verifier.Token, error) { return nil, verifier.ErrMalformed })))
	w.Handle("moved.example", http.RedirectHandler("https://other.example/", http.StatusFound))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0.AAAA"
	for at, says := range map[string]string{
		"https://large.example/":                   "larger than",
		"https://html.example/":                    "not the JSON that httpauth.PolicyHandler serves",
		"https://other.example/":                   "not a policy",
		"https://list.example/":                    "not the JSON",
		"https://null.example/":                    "not a policy",
		"https://cut.example/":                     "not the JSON",
		"https://empty.example/":                   "not the JSON",
		"https://down.example/":                    "503",
		"https://foreign.example/":                 "501",
		"https://moved.example/":                   "redirected to another host",
		"https://nowhere.example/":                 "the policy:",
		"http://" + closed.Addr().String() + "/":   "refused",
		"http://service.example/":                  "--insecure-http",
		"https://user:hunter2@down.example/?k=top": "503",
		"no-such-file.json":                        "no such file",
	} {
		client := w.Client()
		if strings.HasPrefix(at, "http://127") {
			client = &http.Client{Transport: &http.Transport{}}
		}
		r := run(t, command.Env{Client: client, Stdin: strings.NewReader(token)}, "explain", "--policy", at)
		if r.code != command.Undecided || r.out != "" || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, says) {
			t.Errorf("%s: %d, want %d and %q\n%s%s", at, r.code, command.Undecided, says, r.out, r.err)
		}
		if bytes.ContainsAny([]byte(r.err), "\x1b") || strings.Contains(r.err, "hunter2") || strings.Contains(r.err, "top") || strings.Contains(r.err, token[:20]) {
			t.Errorf("%s: %q", at, r.err)
		}
	}
}

func nothing(context.Context, verifier.Difference) {}
