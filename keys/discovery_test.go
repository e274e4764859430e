package keys_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

const (
	wellKnownOIDC  = "/.well-known/openid-configuration"
	wellKnownOAuth = "/.well-known/oauth-authorization-server"
)

// An oidcSite is an issuer on loopback whose every path can be changed.
type oidcSite struct {
	*faultySite
	paths atomic.Pointer[map[string]http.HandlerFunc]
}

func newOIDCSite(t *testing.T) *oidcSite {
	s := new(oidcSite)
	s.serve(nil)
	s.faultySite = newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if h := (*s.paths.Load())[r.URL.EscapedPath()]; h != nil {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	})
	return s
}

func (s *oidcSite) serve(paths map[string]http.HandlerFunc) { s.paths.Store(&paths) }

// metadata answers with the metadata of an issuer whose keys are at path.
func (s *oidcSite) metadata(issuer, path string) http.HandlerFunc {
	return text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q,"x":1}`, issuer, s.URL+path))
}

func newOIDC(t *testing.T, issuer string, opts ...keys.Option) *keys.Remote {
	t.Helper()
	r, err := keys.NewOIDC(issuer, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDiscoveryLocations(t *testing.T) {
	good := edSigner(t, "a")
	for _, test := range []struct{ issuer, at string }{
		{"", wellKnownOIDC},
		{"/", wellKnownOIDC},
		{"", wellKnownOAuth},
		{"/tenant", "/tenant" + wellKnownOIDC},
		{"/tenant/", "/tenant" + wellKnownOIDC},
		{"/tenant", wellKnownOAuth + "/tenant"},
		{"/tenant/", wellKnownOAuth + "/tenant"},
		{"/a%2Fb", wellKnownOAuth + "/a%2Fb"},
		{"/a%2Fb", "/a%2Fb" + wellKnownOIDC},
		{"/@tenant", "/@tenant" + wellKnownOIDC},
	} {
		t.Run(test.issuer+" at "+test.at, func(t *testing.T) {
			s := newOIDCSite(t)
			issuer := s.URL + test.issuer
			s.serve(map[string]http.HandlerFunc{test.at: s.metadata(issuer, "/keys"), "/keys": jwks(good)})
			r := newOIDC(t, issuer)
			if ks := mustFind(t, r, hint("a")); len(ks) != 1 || ks[0].Issuer() != issuer {
				t.Errorf("Find = %v", ks)
			}
			if got := r.Status().Source; got != issuer {
				t.Errorf("Source = %s", got)
			}
		})
	}
}

func TestDiscoveryRefuses(t *testing.T) {
	good := edSigner(t, "a")
	s := newOIDCSite(t)
	for _, test := range []struct{ name, metadata, want string }{
		{"nothing", ``, "not a JSON object"},
		{"HTML", `<html>`, "not a JSON object"},
		{"null", `null`, `for issuer ""`},
		{"empty object", `{}`, `for issuer ""`},
		{"another issuer", `{"issuer":"https://evil.example","jwks_uri":"` + s.URL + `/keys"}`, `for issuer "https://evil.example"`},
		{"a slash more", `{"issuer":"` + s.URL + `/","jwks_uri":"` + s.URL + `/keys"}`, "for issuer"},
		{"another case", `{"issuer":"` + strings.ToUpper(s.URL) + `","jwks_uri":"` + s.URL + `/keys"}`, "for issuer"},
		{"secrets in the issuer", `{"issuer":"https://usersecret:secret@evil.example/?secret","jwks_uri":"` + s.URL + `/keys"}`, `for issuer "https://evil.example/"`},
		{"the issuer twice", `{"issuer":"` + s.URL + `","issuer":"` + s.URL + `","jwks_uri":"` + s.URL + `/keys"}`, "not a JSON object"},
		{"names of another case", `{"Issuer":"` + s.URL + `","Jwks_uri":"` + s.URL + `/keys"}`, "for issuer"},
		{"something follows", `{"issuer":"` + s.URL + `","jwks_uri":"` + s.URL + `/keys"}{}`, "not a JSON object"},
		{"jwks_uri a number", `{"issuer":"` + s.URL + `","jwks_uri":7}`, "not a JSON object"},
		{"no jwks_uri", `{"issuer":"` + s.URL + `"}`, "jwks_uri is empty"},
		{"jwks_uri relative", `{"issuer":"` + s.URL + `","jwks_uri":"/keys"}`, "jwks_uri is not an absolute"},
		{"jwks_uri over http", `{"issuer":"` + s.URL + `","jwks_uri":"http://keys.example/"}`, "jwks_uri is plain http"},
		{"jwks_uri a file", `{"issuer":"` + s.URL + `","jwks_uri":"file:///etc/passwd"}`, "jwks_uri"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.serve(map[string]http.HandlerFunc{wellKnownOIDC: text(test.metadata), "/keys": jwks(good)})
			ks, err := newOIDC(t, s.URL).Find(t.Context(), hint("a"))
			if !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
				t.Errorf("Find = %v, %v; want %q", ks, err, test.want)
			}
		})
	}
}

// TestDiscoveryOfHTTPSIssuer: an https issuer cannot send us to http, not even on
// loopback.
func TestDiscoveryOfHTTPSIssuer(t *testing.T) {
	plain := newSite(t, jwks(edSigner(t, "a")))
	iss := verifiertest.NewIssuer(t)
	iss.Break(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, iss.URL, plain.URL)
	})
	client := keys.WithHTTPClient(iss.Client())
	if err := newOIDC(t, iss.URL, client).Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "plain http") || plain.fetches.Load() != 0 {
		t.Errorf("Refresh: %v, %d requests", err, plain.fetches.Load())
	}
	if err := newOIDC(t, iss.URL, client, keys.WithInsecureHTTP()).Refresh(t.Context()); err == nil || plain.fetches.Load() != 0 {
		t.Errorf("Refresh with WithInsecureHTTP: %v, %d requests", err, plain.fetches.Load())
	}
	iss.Break(nil)
	if err := newOIDC(t, iss.URL, client).Refresh(t.Context()); err != nil {
		t.Errorf("Refresh: %v", err)
	}
}

// TestDiscoveryBindsToIssuer: the keys vouch for no other issuer, also those from
// a seed.
func TestDiscoveryBindsToIssuer(t *testing.T) {
	good := edSigner(t, "a")
	s := newOIDCSite(t)
	s.serve(map[string]http.HandlerFunc{wellKnownOIDC: s.metadata(s.URL, "/keys"), "/keys": jwks(good)})
	exp := time.Now().Add(time.Hour).Unix()
	for _, opts := range [][]keys.Option{nil, {keys.WithSeed([]byte(set(jwksOf(good)...)))}} {
		v, err := verifier.New(newOIDC(t, s.URL, opts...))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(t.Context(), good.Sign(map[string]any{"sub": "a", "exp": exp, "iss": s.URL})); err != nil {
			t.Errorf("its own token: %v", err)
		}
		if _, err := v.Verify(t.Context(), good.Sign(map[string]any{"sub": "a", "exp": exp, "iss": "https://other.example"})); !errors.Is(err, claims.ErrMismatch) {
			t.Errorf("a token of another issuer: %v", err)
		}
	}
}
