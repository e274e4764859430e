package keys_test

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// TestS11ReferenceIsNotQuoted: a shell may have put the secret behind the scheme.
func TestS11ReferenceIsNotQuoted(t *testing.T) {
	t.Setenv("EMPTY", "")
	const secret = "s3cr3t-s3cr3t-s3cr3t"
	for _, ref := range []string{
		"env:" + secret, "file:" + secret, "file:///" + secret, "file:/no/such/" + secret, "env:" + secret + "?alg=HS256", "env:" + secret + "?alg=" + secret,
		"env:EMPTY?" + secret, "env:EMPTY?" + secret + "=1", "env:EMPTY?encoding=" + secret, "env:EMPTY?kid=" + secret, "env:EMPTY?alg=HS256&alg=" + secret,
		"env:a#" + secret, "file://" + secret + "/a", "env:%zz" + secret, "env:" + secret + "%0a", "file:" + secret + strings.Repeat("x", 300), "file:a%00" + secret,
		secret, secret + ":", secret + ":" + secret, "https:" + secret, "https://" + secret + ":port/", "oidc:" + secret, "oidc:https:" + secret, "http://" + secret + "/",
		"https://user:" + secret + "@host/#a", "env:a,env:" + secret, "env:" + secret + ",file:" + secret, "file:." + "?alg=HS256&encoding=" + secret,
	} {
		p, err := keys.Open(t.Context(), ref)
		if p != nil || err == nil {
			t.Errorf("Open(%s) = %v, %v", ref, p, err)
			continue
		}
		for shown := err; shown != nil; shown = errors.Unwrap(shown) { // whichever part of it is printed
			if strings.Contains(shown.Error(), "s3cr3t") {
				t.Errorf("Open(%s): %v", ref, shown)
			}
		}
		if strings.Count(err.Error(), "keys: ") != 1 || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("Open(%s): %v", ref, err)
		}
	}
}

// TestS11OpenErrorsSayWhere: and what to do.
func TestS11OpenErrorsSayWhere(t *testing.T) {
	for ref, want := range map[string]string{
		"env:NO_SUCH":                   "keys: env: the environment variable is not set; give its name, not its value",
		"file:/no/such":                 "keys: file: no such file or directory; give the path of a file, not what it holds",
		"file:/":                        "keys: file: it is not a regular file; give the path of a file, not what it holds",
		"env:NO_SUCH,file:/no/such":     "keys: key reference 1: env: the environment variable is not set; give its name, not its value; key reference 2: file: no such file or directory; give the path of a file, not what it holds",
		"https://a.example,https:":      "keys: key reference 2: the JWKS URL is not an absolute https URL",
		"https://a.example,vault:x":     "keys: key reference 2: not a key reference; use env:NAME, file:PATH, https://host/jwks.json, oidc:https://issuer",
		"https://a.example,env:A?b=c":   "keys: key reference 2: env: a key reference takes the parameters alg, encoding and kid",
		"https://a.example,env:?alg=RS": "keys: key reference 2: not a key reference; use env:NAME",
	} {
		if _, err := keys.Open(t.Context(), ref); err == nil || err.Error() != want {
			t.Errorf("Open(%s): %v\nwant %s", ref, err, want)
		}
	}
	if _, err := keys.Open(t.Context(), "env:NO_SUCH,file:/no/such"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is not wrapped: %v", err)
	}
	if _, err := keys.NewFile("/no/such"); err == nil || !strings.Contains(err.Error(), "file /no/such: ") {
		t.Errorf("NewFile, which was given a path, does not name it: %v", err)
	}
}

// TestS25MuxWithoutOpeners: the zero Mux, a nil one and nil openers.
func TestS25MuxWithoutOpeners(t *testing.T) {
	for name, m := range map[string]*keys.Mux{"zero": new(keys.Mux), "nil": nil} {
		if p, err := m.Open(t.Context(), "env:A"); p != nil || err == nil || !strings.Contains(err.Error(), "NewMux") {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	zero := new(keys.Mux)
	zero.Handle("vault", keys.OpenerFunc(typedNil))
	if p, err := zero.Open(t.Context(), "vault:x"); p != nil || err == nil {
		t.Errorf("an opener that returns a typed nil: %v, %v", p, err)
	}
	for _, o := range []keys.Opener{nil, keys.OpenerFunc(nil), (*pointerOpener)(nil)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Handle takes %#v", o)
				}
			}()
			new(keys.Mux).Handle("vault", o)
		}()
	}
}

func typedNil(context.Context, *url.URL) (keys.Provider, error) { return (*keys.File)(nil), nil }

type pointerOpener struct{ keys.Opener }
