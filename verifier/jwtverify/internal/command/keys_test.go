package command_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/command"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestKeys lists keys, steps and what goes wrong, in words.
func TestKeys(t *testing.T) {
	w := verifiertest.NewWorld(t)
	w.Issuer("https://issuer.example/a")
	w.Issuer("https://enc.example", verifiertest.WithKeyMember("use", "enc"))
	w.Issuer("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC", verifiertest.WithAlgorithm(keys.RS256))
	w.Handle("moved.example", http.RedirectHandler("https://issuer.example/a/jwks.json", http.StatusFound))
	w.Handle("same.example", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(rw, r, "/new", http.StatusMovedPermanently)
			return
		}
		rw.Header().Set("Cache-Control", "max-age=300")
		rw.Write([]byte(`{"keys":[]}`))
	}))
	w.Handle("html.example", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.Write([]byte("<html>sign in</html>")) }))
	t.Setenv("KEYS_TEST_SECRET", strings.Repeat("s!", 20))
	for _, test := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"discovery", []string{"oidc:https://issuer.example/a"}, command.Trusted, []string{"1. metadata GET https://issuer.example/a/.well-known/openid-configuration  200", "2. keys", "1 key", `"key-1"`, "issuer https://issuer.example/a", "next refresh in", "TLS 1.3"}},
		{"a whole reference", []string{"cognito:eu-west-1_AbC?client=x"}, command.Trusted, []string{"RS256", "jwks.json  200"}},
		{"no metadata", []string{"oidc:https://same.example/x"}, command.Undecided, []string{"problem:"}},
		{"the metadata of another issuer", []string{"oidc:https://issuer.example/a/"}, command.Undecided, []string{"and not of"}},
		{"redirect to another host", []string{"https://moved.example/jwks"}, command.Undecided, []string{"to https://issuer.example/a/jwks.json", "another host"}},
		{"redirect on the host, and an empty set", []string{"https://same.example/old"}, command.Undecided, []string{"301", "GET https://same.example/new  200", "max-age=300", "0 keys"}},
		{"HTML", []string{"https://html.example/"}, command.Undecided, []string{"HTML"}},
		{"no such host", []string{"https://gone.example/"}, command.Undecided, []string{"problem:"}},
		{"a key that is not used", []string{"https://enc.example/jwks.json"}, command.Undecided, []string{"not used", `use is "enc"`}},
		{"a secret", []string{"env:KEYS_TEST_SECRET?alg=HS256"}, command.Trusted, []string{"HS256", "a secret"}},
		{"plain http", []string{"http://issuer.example/"}, command.Usage, []string{"plain http"}},
		{"no reference", nil, command.Usage, []string{"name a reference"}},
		{"a secret in place of a reference", []string{"hunter2hunter2hunter2"}, command.Usage, []string{"preset"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, command.Env{Client: w.Client()}, append([]string{"keys"}, test.args...)...)
			if r.code != test.code {
				t.Errorf("code %d, want %d", r.code, test.code)
			}
			for _, says := range test.says {
				if !strings.Contains(r.out+r.err, says) {
					t.Errorf("it does not say %q:\n%s%s", says, r.out, r.err)
				}
			}
			if strings.Contains(r.out+r.err, "s!s!") || strings.Contains(r.err, "hunter2") {
				t.Error("a secret is shown")
			}
		})
	}
	r := run(t, command.Env{Client: w.Client()}, "keys", "--json", "oidc:https://issuer.example/a")
	var list struct {
		Steps   []struct{ URL string }
		Sources []struct {
			Keys []struct{ Kid, Alg, Thumbprint string }
		}
	}
	if err := json.Unmarshal([]byte(r.out), &list); err != nil || len(list.Steps) != 2 || list.Sources[0].Keys[0].Alg != "ES256" || list.Sources[0].Keys[0].Thumbprint == "" {
		t.Errorf("%v\n%s", err, r.out)
	}
}

// TestKeysUnknownAuthority says whose certificate it is.
func TestKeysUnknownAuthority(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	r := run(t, command.Env{Client: &http.Client{Transport: &http.Transport{}}}, "keys", "oidc:"+iss.URL)
	if r.code != command.Undecided || !strings.Contains(r.out, "does not trust") || !strings.Contains(r.out, "--ca FILE") {
		t.Errorf("%d\n%s", r.code, r.out)
	}
}

// TestKeysInterrupted: Ctrl-C ends a fetch that hangs, immediately.
func TestKeysInterrupted(t *testing.T) {
	ctx, url := interrupted(t)
	began := time.Now()
	r := runIn(ctx, command.Env{}, "keys", "--timeout", "60s", url)
	if took := time.Since(began); r.code != command.Undecided || took > 5*time.Second {
		t.Errorf("%d after %v: %s", r.code, took, r.err)
	}
}

// TestKeysAskOnce: what the steps show is what package keys got, so an endpoint is
// asked once, whatever it answers.
func TestKeysAskOnce(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	for _, test := range []struct {
		name string
		args []string
		code int
		want int // requests
	}{
		{"metadata and keys", []string{"oidc:https://issuer.example"}, command.Trusted, 2},
		{"keys", []string{"https://issuer.example/jwks.json"}, command.Trusted, 1},
		{"redirect", []string{"https://moved.example/old"}, command.Trusted, 2},
		{"an outage", []string{"https://down.example/jwks.json"}, command.Undecided, 1},
		{"an answer that breaks off", []string{"https://broken.example/jwks.json"}, command.Undecided, 1},
		{"too large", []string{"https://large.example/jwks.json"}, command.Undecided, 1},
		{"with a CA, which package keys reads itself", []string{"--ca", ca, "https://issuer.example/jwks.json"}, command.Trusted, 2},
	} {
		w := verifiertest.NewWorld(t)
		key := w.Issuer("https://issuer.example").Signer().JWK()
		set := []byte(`{"keys":[` + string(key) + `]}`)
		w.Handle("moved.example", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/old" {
				http.Redirect(rw, r, "/new", http.StatusFound)
				return
			}
			rw.Write(set)
		}))
		w.Handle("down.example", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(503) }))
		w.Handle("broken.example", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Length", "100000")
			rw.Write(set)
		}))
		w.Handle("large.example", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.Write(make([]byte, 2<<20)) }))
		if err := os.WriteFile(ca, w.CA(), 0o600); err != nil {
			t.Fatal(err)
		}
		r := run(t, command.Env{Client: w.Client()}, append([]string{"keys"}, test.args...)...)
		got := 0
		for _, name := range []string{"issuer.example", "moved.example", "down.example", "broken.example", "large.example"} {
			got += w.Requests(name)
		}
		if r.code != test.code || got != test.want {
			t.Errorf("%s: code %d and %d requests, want %d and %d\n%s%s", test.name, r.code, got, test.code, test.want, r.out, r.err)
		}
	}
}
