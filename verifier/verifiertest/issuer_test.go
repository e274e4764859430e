package verifiertest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func TestIssuer(t *testing.T) {
	for _, alg := range keys.Algorithms()[3:] { // those of public keys
		t.Run(string(alg), func(t *testing.T) {
			iss := verifiertest.NewIssuer(t, verifiertest.WithAlgorithm(alg), verifiertest.WithAudience("api"))
			src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(iss.Client()))
			if err != nil {
				t.Fatal(err)
			}
			v, err := verifier.New(src, verifier.WithAudience("api"))
			if err != nil {
				t.Fatal(err)
			}
			verifies := func(raw string) {
				t.Helper()
				if tok, err := v.Verify(t.Context(), raw); err != nil || tok.Subject != "user-123" || tok.Issuer != iss.URL {
					t.Errorf("Verify = %v, %v", tok, err)
				}
			}
			first := iss.Token("user-123", time.Hour)
			verifies(first)
			iss.Rotate()
			verifies(iss.Token("user-123", time.Hour)) // with an unknown key ID
			verifies(first)                            // its key is still published
			if got := iss.Fetches(); got != 2 {
				t.Errorf("the set was fetched %d times, want 2", got)
			}
		})
	}
}

func TestIssuerForgetsOldKeys(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	oldest := iss.Signer()
	iss.Rotate()
	iss.Rotate()
	r, err := keys.NewRemote(iss.JWKS, keys.WithHTTPClient(iss.Client()))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	published := r.Status().Keys
	if len(published) != 2 {
		t.Errorf("%d keys are published, want 2", len(published))
	}
	for _, k := range published {
		if k.Equal(oldest.Key()) {
			t.Error("the oldest is published")
		}
	}
}

// TestExample runs the function that the example shows.
func TestExample(t *testing.T) { testGreet(t) }

// recorder is a test that notes how it was ended.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.ended = fmt.Sprintf(format, args...)
	panic(r)
}

func TestMistakesEndTheTest(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(tb testing.TB)
		want string
	}{
		{"nil option", func(tb testing.TB) { verifiertest.NewIssuer(tb, nil) }, "an option is nil"},
		{"secret", func(tb testing.TB) { verifiertest.NewIssuer(tb, verifiertest.WithAlgorithm(keys.HS256)) }, "use NewSigner"},
		{"unknown algorithm", func(tb testing.TB) { verifiertest.NewSigner(tb, "HS1", "") }, `unknown algorithm "HS1"`},
		{"claims that JSON cannot write", func(tb testing.TB) {
			verifiertest.NewSigner(tb, keys.HS256, "").Sign(map[string]any{"x": make(chan int)})
		}, "the claims: "},
		{"a header that JSON cannot write", func(tb testing.TB) {
			verifiertest.NewSigner(tb, keys.HS256, "").SignHeader(map[string]any{"x": make(chan int)}, nil)
		}, "the header: "},
		{"a member that JSON cannot write", func(tb testing.TB) {
			verifiertest.NewIssuer(tb, verifiertest.WithKeyMember("x", make(chan int)))
		}, "WithKeyMember: "},
		{"a metadata URL outside a World", func(tb testing.TB) {
			verifiertest.NewIssuer(tb, verifiertest.WithMetadataURL("https://a.example/"))
		}, "use World.Issuer"},
		{"a JWKS URL outside a World", func(tb testing.TB) {
			verifiertest.NewIssuer(tb, verifiertest.WithJWKSURL("https://a.example/"))
		}, "use World.Issuer"},
		{"another alg", func(tb testing.TB) {
			verifiertest.NewIssuer(tb).SignHeader(map[string]any{"alg": "none"}, nil)
		}, "the header names alg none, and the key is for ES256"},
		{"no alg", func(tb testing.TB) {
			verifiertest.NewIssuer(tb).SignPadded(map[string]any{"alg": nil}, nil)
		}, "the header names alg <nil>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &recorder{TB: t}
			func() {
				defer func() { recover() }()
				test.do(r)
			}()
			if !strings.Contains(r.ended, test.want) || !strings.HasPrefix(r.ended, "verifiertest: ") {
				t.Errorf("the test ended with %q, want %q", r.ended, test.want)
			}
		})
	}
}

func TestIssuerOptions(t *testing.T) {
	iss := verifiertest.NewIssuer(t, verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("issuer", "i"), verifiertest.WithKeyMember("alg", nil))
	if status, _ := get(t, iss.Client(), iss.URL+"/.well-known/openid-configuration"); status != http.StatusNotFound {
		t.Errorf("discovery answers %d, want 404", status)
	}
	status, body := get(t, iss.Client(), iss.JWKS)
	if status != http.StatusOK || !strings.Contains(body, `"issuer":"i"`) || strings.Contains(body, `"alg"`) || !strings.Contains(body, `"kid":"key-1"`) {
		t.Errorf("the JWK Set answers %d and is %s", status, body)
	}
}

func TestIssuerBreaks(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	status := func() int {
		t.Helper()
		resp, err := iss.Client().Get(iss.JWKS)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	iss.Break(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	if got := status(); got != http.StatusTeapot {
		t.Errorf("broken, it answers %d", got)
	}
	iss.Break(nil)
	if got := status(); got != http.StatusOK {
		t.Errorf("repaired, it answers %d", got)
	}
	if len(iss.Certificate()) == 0 {
		t.Error("there is no certificate")
	}
}

// TestWithSigner: an issuer signs with the key that it was given, publishes it, and
// has keys of its own after a rotation.
func TestWithSigner(t *testing.T) {
	given := verifiertest.NewSigner(t, keys.RS256, "given")
	iss := verifiertest.NewIssuer(t, verifiertest.WithSigner(func(testing.TB) *verifiertest.Signer { return given }))
	if !iss.Signer().Key().Equal(given.Key()) {
		t.Error("it signs with another key")
	}
	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(iss.Client()))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), iss.Token("u", time.Hour)); err != nil {
		t.Error(err)
	}
	if before := iss.Signer(); before != iss.Signer() {
		t.Error("the Signer changes without a rotation")
	}
	iss.Rotate()
	if s := iss.Signer(); s.Key().Equal(given.Key()) || s.Key().Algorithm() != keys.RS256 {
		t.Errorf("after a rotation it signs with %v", s.Key())
	}
}
