package keys_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	jwks := set(edJWK + `,"kid":"ed"}`)
	t.Setenv("SECRET", string(secret))
	t.Setenv("JWKS", jwks)
	t.Setenv("ONE_JWK", ecJWK+`,"kid":"ec"}`)
	rawFile, jwksFile, odd := write("secret", string(secret)+"\n"), write("keys.json", jwks), write("a, b%.json", jwks)
	t.Chdir(dir)

	hs256, hs512 := keys.Hint{Algorithm: keys.HS256}, keys.Hint{Algorithm: keys.HS512}
	ed := keys.Hint{KeyID: "ed", Algorithm: keys.EdDSA}
	for _, test := range []struct {
		name, ref string
		hint      keys.Hint
	}{
		{"secret in a variable", "env:SECRET?alg=HS256", hs256},
		{"secret for HS512", "env:SECRET?alg=HS512", hs512},
		{"white space around", " env:SECRET?alg=HS256 ", hs256},
		{"set in a variable", "env:JWKS", ed},
		{"JWK in a variable", "env:ONE_JWK", keys.Hint{KeyID: "ec", Algorithm: keys.ES256}},
		{"secret in a file", "file:" + rawFile + "?alg=HS256", hs256},
		{"secret in a file for HS512", "file:" + rawFile + "?alg=HS512", hs512},
		{"file by URL", "file://" + jwksFile, ed},
		{"relative file", "file:keys.json", ed},
		{"relative file with a dot", "file:./keys.json", ed},
		{"comma and per cent in a name", "file:" + strings.NewReplacer("%", "%25", ",", "%2C").Replace(odd), ed},
		{"comma as %2c", "file:" + strings.NewReplacer("%", "%25", ",", "%2c").Replace(odd), ed},
		{"a list, the first", "env:SECRET?alg=HS256,env:JWKS", hs256},
		{"a list, the last", "env:SECRET?alg=HS256, env:ONE_JWK ,env:JWKS", ed},
		{"URL", serve(t, []byte(jwks)), ed},
		{"a list with a URL", "env:SECRET?alg=HS256," + serve(t, []byte(jwks)) + "/a?b=c%2Cd", ed},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := keys.Open(t.Context(), test.ref)
			if err != nil {
				t.Fatal(err)
			}
			fit := 0
			for _, k := range mustFind(t, p, test.hint) {
				if test.hint.Fits(k) {
					fit++
				}
			}
			if fit != 1 {
				t.Errorf("%d keys fit %+v, want 1", fit, test.hint)
			}
		})
	}
}

func TestOpenOIDC(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	for _, ref := range []string{"oidc:" + iss.URL, "env:JWT_TEST_NONE?alg=HS256,oidc:" + iss.URL} {
		t.Setenv("JWT_TEST_NONE", string(secret))
		p, err := keys.Open(t.Context(), ref, keys.WithHTTPClient(iss.Client()))
		if err != nil {
			t.Fatal(err)
		}
		ks := mustFind(t, p, keys.Hint{KeyID: "key-1", Algorithm: keys.ES256})
		if len(ks) != 1 || ks[0].Issuer() != iss.URL {
			t.Errorf("%s: Find = %v", ref, ks)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Setenv("SHORT", "only-18-bytes-long")
	t.Setenv("EMPTY", "")
	t.Setenv("PEM", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n")
	t.Setenv("SECRET", string(secret))
	for _, test := range []struct{ name, ref, want string }{
		{"empty", "", "the key reference is empty; use env:NAME, file:PATH, https://host/jwks.json, oidc:https://issuer"},
		{"blank", " \t", "the key reference is empty"},
		{"a secret by mistake", "kJ8s7dfkjh23487sdf:kjh", "not a key reference; use env:NAME"},
		{"no scheme", "keys.json", "not a key reference"},
		{"unreadable", "\x7f:", "not a key reference"},
		{"unknown scheme", "vault:secret/jwt", "not a key reference"},
		{"variable not set", "env:JWT_NOT_SET", "keys: env: the environment variable is not set; give its name, not its value"},
		{"variable empty", "env:EMPTY", "keys: env: the environment variable is empty"},
		{"secret too short", "env:SHORT?alg=HS256", "keys: env: the secret has 18 bytes; HS256 needs at least 32"},
		{"secret too short for HS512", "env:SECRET?alg=HS513", "the alg of a key reference is not HS256"},
		{"broken PEM is not a secret", "env:PEM", "the only key is unusable"},
		{"another parameter", "env:SECRET?algorithm=HS512", "takes the parameters alg, encoding and kid"},
		{"parameter twice", "env:SECRET?alg=HS512&alg=HS256", "twice"},
		{"bad query", "env:SECRET?%zz", "not a key reference"},
		{"no name", "env:", "use env:NAME"},
		{"host in a file URL", "file://host/path", "use file:NAME"},
		{"fragment", "file:a#b", "use file:NAME"},
		{"bad escape", "file:%zz", "not a key reference"},
		{"no such file", "file:/no/such/file", "keys: file: no such file or directory; give the path of a file"},
		{"a folder", "file:/", "not a regular file"},
		{"http beyond loopback", "http://keys.example/jwks.json", "use https, or WithInsecureHTTP"},
		{"https without host", "https:///jwks.json", "not an absolute https URL"},
		{"https as opaque", "https:keys.example", "not an absolute https URL"},
		{"fragment in a URL", "https://keys.example/#a", "fragment"},
		{"oidc without URL", "oidc:issuer", "not an absolute https URL"},
		{"oidc with query", "oidc:https://issuer.example?a=b", `the parameter "a" is unknown`},
		{"oidc on http", "oidc:http://issuer.example", "plain http beyond loopback"},
		{"empty part", "env:SECRET?alg=HS256,", "keys: key reference 2: not a key reference"},
		{"line break in a name", "env:A%0AB", "the environment variable is not set"},
		{"line break in a path", "file:/no/A%0AB", "no such file"},
		{"two wrong", "env:JWT_NOT_SET,env:SECRET?alg=HS256,env:EMPTY", "keys: key reference 1: env: the environment variable is not set; give its name, not its value; key reference 3: env: the environment variable is empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := keys.Open(t.Context(), test.ref)
			if p != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("Open = %v, %v; want an error with %q", p, err, test.want)
			}
			if strings.ContainsAny(err.Error(), "\r\n") || strings.Contains(err.Error(), "kJ8s7") {
				t.Errorf("the message reads %q", err)
			}
		})
	}
}

func TestMux(t *testing.T) {
	m := keys.NewMux()
	k := newSecret(t, "vault", keys.HS256)
	var asked *url.URL
	m.Handle("vault", keys.OpenerFunc(func(_ context.Context, u *url.URL) (keys.Provider, error) {
		asked = u
		return keys.Static(k), nil
	}))
	m.Handle("broken", keys.OpenerFunc(func(context.Context, *url.URL) (keys.Provider, error) { return nil, errDown }))
	m.Handle("nothing", keys.OpenerFunc(func(context.Context, *url.URL) (keys.Provider, error) { return nil, nil }))

	p, err := m.Open(t.Context(), "vault://host/secret/jwt?version=2")
	if err != nil {
		t.Fatal(err)
	}
	if ks := mustFind(t, p, keys.Hint{KeyID: "vault", Algorithm: keys.HS256}); len(ks) != 1 {
		t.Errorf("Find = %v", ks)
	}
	if asked.Host != "host" || asked.Query().Get("version") != "2" {
		t.Errorf("the opener got %v", asked)
	}
	if _, err := m.Open(t.Context(), "broken:x"); !errors.Is(err, errDown) {
		t.Errorf("an opener that fails: %v", err)
	}
	if _, err := m.Open(t.Context(), "nothing:x"); err == nil {
		t.Error("an opener that returns nothing: no error")
	}
	if _, err := m.Open(t.Context(), "x:y"); err == nil || !strings.Contains(err.Error(), "vault:…") {
		t.Errorf("the usage does not name the schemes: %v", err)
	}
	for name, handle := range map[string]func(){
		"a scheme twice":        func() { m.Handle("vault", keys.OpenerFunc(nil)) },
		"a scheme that is ours": func() { m.Handle("env", keys.OpenerFunc(nil)) },
		"no scheme":             func() { m.Handle("", keys.OpenerFunc(nil)) },
		"not a scheme":          func() { m.Handle("1:", keys.OpenerFunc(nil)) },
		"upper case":            func() { m.Handle("Vault2", keys.OpenerFunc(nil)) },
		"nil opener":            func() { m.Handle("vault3", nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: Handle does not panic", name)
				}
			}()
			handle()
		}()
	}
}
