package interop_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestSetPublishedByJWX reads one set of every kind of key that jwx writes. The
// secrets left in it are not keys.
func TestSetPublishedByJWX(t *testing.T) {
	set := jwk.NewSet()
	tokens := map[keys.Algorithm]string{}
	var secrets []string
	for _, alg := range keys.Algorithms() {
		if !jwx.knows(alg) {
			continue
		}
		private, _ := twoKeys(t, alg)
		key := newJWK(t, alg, string(alg), private)
		pub, err := key.PublicKey()
		if err == nil {
			err = set.AddKey(pub)
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(alg), "HS") {
			secrets = append(secrets, string(alg))
		}
		tokens[alg] = jwx.sign(t, alg, string(alg), private, testClaims())
	}
	src := newRemote(t, serveJSON(t, set))
	v := newVerifier(t, src, testExpectations...)
	if err := src.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	var skipped []string
	for _, s := range src.Status().Skipped {
		skipped = append(skipped, s.KeyID)
	}
	if diff := cmp.Diff(secrets, skipped); diff != "" {
		t.Errorf("the skipped keys (-want +got):\n%s", diff)
	}
	for alg, raw := range tokens {
		if strings.HasPrefix(string(alg), "HS") {
			continue
		}
		t.Run(string(alg), func(t *testing.T) { wantSubject(t, v, raw, testSubject) })
	}
}

// TestJWXReadsTheKit has jwx fetch the key set of our test issuer, over TLS,
// before and after a rotation.
func TestJWXReadsTheKit(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	first := iss.Token("before", time.Hour)
	iss.Rotate()
	second := iss.Token("after", time.Hour)

	set, err := jwk.Fetch(t.Context(), iss.JWKS, jwk.WithHTTPClient(iss.Client()))
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{first: "before", second: "after"} {
		if subject, err := parseJWX(set, raw); err != nil || subject != want {
			t.Errorf("jwx says %q, %v; want %q", subject, err, want)
		}
	}
	iss.Rotate()
	if subject, err := parseJWX(set, iss.Token("later", time.Hour)); err == nil {
		t.Errorf("jwx accepts a token of a key it has not seen, as of %q", subject)
	}
}

// TestGolangJWTOnRemote gives golang-jwt the keys of an issuer that rotates
// them and then breaks.
func TestGolangJWTOnRemote(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(iss.Client()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before", "after"} {
		if subject, err := parseGolangJWT(src, keys.ES256, iss.Token(want, time.Hour)); err != nil || subject != want {
			t.Errorf("golang-jwt says %q, %v; want %q", subject, err, want)
		}
		iss.Rotate()
	}
	iss.Break(unavailable)
	if _, err := parseGolangJWT(src, keys.ES256, iss.Token("later", time.Hour)); !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("golang-jwt says %v; want %v", err, keys.ErrUnavailable)
	}
}

func unavailable(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "down", http.StatusServiceUnavailable)
}

// serveJSON publishes doc on loopback and returns its URL.
func serveJSON(t *testing.T, doc any) string {
	t.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
	t.Cleanup(server.Close)
	return server.URL
}

func newRemote(t *testing.T, url string) *keys.Remote {
	t.Helper()
	src, err := keys.NewRemote(url)
	if err != nil {
		t.Fatal(err)
	}
	return src
}
