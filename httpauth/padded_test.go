package httpauth_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// expects trusts one raw token, and fails the test if it gets another.
func expects(t *testing.T, raw string) verifier.Verifier {
	t.Helper()
	set, err := claims.Parse([]byte(`{"sub":"user-1"}`))
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Func(func(_ context.Context, got string) (*verifier.Token, error) {
		if got != raw {
			t.Errorf("the verifier gets %q, want %q", got, raw)
		}
		return &verifier.Token{Set: set}, nil
	})
}

// TestPadding: each of the three parts may end in at most two "=". Nothing else
// is looser than in Header, which accepts none of them but at the end.
func TestPadding(t *testing.T) {
	for _, test := range []struct {
		name, token    string
		padded, header int
	}{
		{"none", "ab.cd.ef", 200, 200},
		{"one", "abc=.def.ghi", 200, 400},
		{"all", "abc=.de==.f=", 200, 400},
		{"at the end", "ab.cd.ef==", 200, 200},
		{"one part", "abc==", 200, 200},
		{"three in the first", "abc===.de.f", 400, 400},
		{"three in the second", "abc.de===.f", 400, 400},
		{"three at the end", "abc.de.f===", 400, 200},
		{"before the text", "=abc.de.f", 400, 400},
		{"after the dot", "abc.=de.f", 400, 400},
		{"within a part", "a=bc.de.f", 400, 400},
		{"padding apart", "ab=c=.de.f", 400, 400},
		{"padding alone", "=.=.=", 400, 400},
		{"one part of padding", "abc=.==.f", 400, 400},
		{"a single one", "=", 400, 400},
		{"two parts", "abc=.de=", 400, 400},
		{"four parts", "abc=.de=.f=.g=", 400, 400},
		{"a space", "abc= .de.f", 400, 400},
		{"a comma", "abc=.de.f=,abc=.de.f=", 400, 400},
		{"a scheme", "Bearer abc=.de.f", 400, 400},
		{"quotes", `"abc=.de.f="`, 400, 400},
		{"percent", "abc%3D.de.f", 400, 400},
		{"a byte of none", "ab\u00e9=.de.f", 400, 400},
		{"empty parts", "..", 200, 200}, // the verifier refuses them
		{"empty", "", 401, 401},
	} {
		for name, want := range map[string]int{"PaddedHeader": test.padded, "Header": test.header} {
			extract := httpauth.Header
			if name == "PaddedHeader" {
				extract = httpauth.PaddedHeader
			}
			m := httpauth.New(expects(t, test.token), httpauth.WithExtractor(extract("x-amzn-oidc-data")))
			got := do(t, serve(t, m.Handler(page)), http.MethodGet, http.Header{"X-Amzn-Oidc-Data": {test.token}})
			if got.Status != want {
				t.Errorf("%s, %s: %d, want %d", test.name, name, got.Status, want)
			}
		}
	}
	two := http.Header{"X-Amzn-Oidc-Data": {"a=.b.c", "a=.b.c"}}
	m := httpauth.New(expects(t, ""), httpauth.WithExtractor(httpauth.PaddedHeader("X-Amzn-Oidc-Data")))
	if got := do(t, serve(t, m.Handler(page)), http.MethodGet, two); got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "invalid_request") {
		t.Errorf("two fields: %d %s", got.Status, got.Body)
	}
}

// TestEveryByte puts every byte into every place of a text that is read eight bytes
// at a time.
func TestEveryByte(t *testing.T) {
	const text = "abcdefghIJKLMNOP01234567-_.~+/"
	header := httpauth.Header("X-Token")
	for i := range text {
		for c := range 256 {
			token := text[:i] + string([]byte{byte(c)}) + text[i+1:]
			got, err := header(&http.Request{Header: http.Header{"X-Token": {token}}})
			if want := b64token.MatchString(token); want != (err == nil) || want && got != token {
				t.Errorf("%q: %q, %v", token, got, err)
			}
		}
	}
}

var (
	b64token    = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`) // RFC 6750 §2.1
	paddedToken = regexp.MustCompile(`^([A-Za-z0-9_~+/-]*|[A-Za-z0-9_~+/-]+={0,2})(\.([A-Za-z0-9_~+/-]*|[A-Za-z0-9_~+/-]+={0,2})){2}$`)
)

// FuzzToken compares what Header and PaddedHeader accept with regular expressions.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{"a.b.c", "a=.b==.c=", "a===.b.c", "=.=.=", "..", "abcdefgh.ijklmnop.qrstuvwxyz", "abcdefgh.ijklmn\x80p.q", "abc\x00defghij"} {
		f.Add(seed)
	}
	plain, padded := httpauth.Header("X-Token"), httpauth.PaddedHeader("X-Token")
	f.Fuzz(func(t *testing.T, token string) {
		if strings.Trim(token, " \t") == "" {
			return // no token
		}
		r := &http.Request{Header: http.Header{"X-Token": {token}}}
		accepted := func(e httpauth.Extractor) bool {
			got, err := e(r)
			if err == nil && got != token || err != nil && !errors.Is(err, httpauth.ErrRequest) {
				t.Errorf("%q: %q, %v", token, got, err)
			}
			return err == nil
		}
		want := b64token.MatchString(token)
		if got := accepted(plain); got != want {
			t.Errorf("Header accepts %q: %t, want %t", token, got, want)
		}
		if strings.Count(token, ".") == 2 {
			want = paddedToken.MatchString(token)
		}
		if got := accepted(padded); got != want {
			t.Errorf("PaddedHeader accepts %q: %t, want %t", token, got, want)
		}
	})
}
