package keys_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// TestK03ThirdPlace: OpenID Connect metadata may be at the location of RFC 8414 §5.
func TestK03ThirdPlace(t *testing.T) {
	for _, path := range []string{"/tenant", "/tenant/", "/a%2Fb"} {
		s := newOIDCSite(t)
		issuer := s.URL + path
		at := wellKnownOIDC + strings.TrimSuffix(path, "/")
		s.serve(map[string]http.HandlerFunc{at: s.metadata(issuer, "/keys"), "/keys": jwks(edSigner(t, "a"))})
		if ks := mustFind(t, newOIDC(t, issuer), hint("a")); len(ks) != 1 || ks[0].Issuer() != issuer {
			t.Errorf("%s: Find = %v", path, ks)
		}
	}
	s := newOIDCSite(t)
	newOIDC(t, s.URL).Refresh(t.Context())
	if n := s.fetches.Load(); n != 2 {
		t.Errorf("an issuer without a path is asked at %d places, want 2", n)
	}
}

// TestK03ErrorNamesEachPlace: and says what was wrong there, without secrets.
func TestK03ErrorNamesEachPlace(t *testing.T) {
	s := newOIDCSite(t)
	s.serve(map[string]http.HandlerFunc{
		"/t" + wellKnownOIDC:  status(500, ""),
		wellKnownOAuth + "/t": text("<html>"),
	})
	err := newOIDC(t, s.URL+"/t").Refresh(t.Context())
	for _, want := range []string{
		s.URL + "/t" + wellKnownOIDC + ": the endpoint answered 500",
		s.URL + wellKnownOAuth + "/t: the issuer's metadata is not a JSON object",
		s.URL + wellKnownOIDC + "/t: the endpoint answered 404 Not Found",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Refresh: %v; want %q", err, want)
		}
	}
	r := newOIDC(t, s.URL, keys.WithMetadataURL(s.URL+"/metadata?code=querysecret"))
	err = r.Refresh(t.Context())
	if err == nil || !strings.Contains(err.Error(), s.URL+"/metadata: the endpoint answered 404") || strings.Contains(err.Error(), "querysecret") {
		t.Errorf("with a metadata URL: %v", err)
	}
	s.serve(map[string]http.HandlerFunc{wellKnownOIDC: s.metadata(s.URL+"/", "/keys")})
	if err := newOIDC(t, s.URL).Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "only the slash at the end differs") {
		t.Errorf("a slash more: %v", err)
	}
}

// TestK03MetadataURL gives the metadata URL separately, in Go and in a reference.
func TestK03MetadataURL(t *testing.T) {
	s := newOIDCSite(t)
	issuer := s.URL + "/8f6e2b2e/v2.0/"
	at := s.URL + "/tenant.example/v2.0" + wellKnownOIDC + "?p=B2C_1_signin"
	s.serve(map[string]http.HandlerFunc{
		"/tenant.example/v2.0" + wellKnownOIDC: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("p") == "B2C_1_signin" {
				s.metadata(issuer, "/keys")(w, r)
			}
		},
		"/keys": jwks(edSigner(t, "a")),
	})
	open := func(ref string) keys.Provider {
		t.Helper()
		p, err := keys.Open(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for name, p := range map[string]keys.Provider{
		"in Go":                        newOIDC(t, issuer, keys.WithMetadataURL(at)),
		"in a reference":               open("oidc:" + issuer + "?metadata=" + at),
		"in a reference, escaped":      open("oidc:" + issuer + "?metadata=" + url.QueryEscape(at)),
		"in the second of a reference": open("https://other.example,oidc:" + issuer + "?metadata=" + at),
	} {
		if ks := mustFind(t, p, hint("a")); len(ks) != 1 || ks[0].Issuer() != issuer {
			t.Errorf("%s: Find = %v", name, ks)
		}
	}
	if err := newOIDC(t, s.URL, keys.WithMetadataURL(at)).Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "is for issuer") {
		t.Errorf("metadata of another issuer: %v", err)
	}
	for name, err := range map[string]error{
		"use https":        oidcError("https://a.example", keys.WithMetadataURL("http://a.example/")),
		"the URL is empty": oidcError("https://a.example", keys.WithMetadataURL("")),
		"WithMetadataURL means nothing for a JWKS URL": remoteError("https://a.example", keys.WithMetadataURL("https://a.example/")),
		"not an absolute https":                        oidcError("https://a.example", keys.WithMetadataURL("/metadata")),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v; want %q", err, name)
		}
	}
	if _, err := keys.Open(t.Context(), "oidc:https://a.example?metadata=https://a.example/&x=1"); err == nil {
		t.Error("another parameter is taken")
	}
}

// TestK03IssuerIsMetadataURL: a metadata URL given as the issuer is refused at start,
// and the error says what to give instead.
func TestK03IssuerIsMetadataURL(t *testing.T) {
	for given, want := range map[string]string{
		"https://a.example" + wellKnownOIDC:              "https://a.example,",
		"https://a.example" + wellKnownOIDC + "/":        "https://a.example,",
		"https://a.example/tenant" + wellKnownOIDC:       "https://a.example/tenant,",
		"https://a.example" + wellKnownOAuth:             "https://a.example,",
		"https://a.example" + wellKnownOAuth + "/tenant": "https://a.example/tenant,",
		"https://a.example" + wellKnownOIDC + "/tenant":  "https://a.example/tenant,",
	} {
		err := oidcError(given, keys.WithTimeout(time.Second))
		if err == nil || !strings.Contains(err.Error(), "such as "+want) {
			t.Errorf("%s: %v; want %q", given, err, want)
		}
	}
}

// TestK04MetadataReadLeniently: members that are not read may be odd; those that are
// read may not.
func TestK04MetadataReadLeniently(t *testing.T) {
	s := newOIDCSite(t)
	for _, test := range []struct {
		name, members string
		good          bool
	}{
		{"plain", `"issuer":I,"jwks_uri":J`, true},
		{"a duplicate", `"x":1,"x":2,"issuer":I,"jwks_uri":J`, true},
		{"a duplicate inside", `"x":{"y":1,"y":2},"issuer":I,"jwks_uri":J`, true},
		{"Latin-1", "\"op_policy\":\"\xe9\",\"issuer\":I,\"jwks_uri\":J", true},
		{"Latin-1 in a name", "\"\xe9\":1,\"issuer\":I,\"jwks_uri\":J", true},
		{"half a surrogate pair", `"x":"\ud800","issuer":I,"jwks_uri":J`, true},
		{"other types", `"scopes_supported":null,"claims":[1,{}],"issuer":I,"jwks_uri":J`, true},
		{"issuer twice", `"issuer":I,"issuer":I,"jwks_uri":J`, false},
		{"issuer twice, escaped", `"issuer":I,"\u0069ssuer":"https://evil.example","jwks_uri":J`, false},
		{"issuer twice, the first null", `"issuer":null,"issuer":I,"jwks_uri":J`, false},
		{"jwks_uri twice", `"issuer":I,"jwks_uri":"https://evil.example/","jwks_uri":J`, false},
		{"Latin-1 in the issuer", "\"issuer\":\"https://\xe9.example\",\"jwks_uri\":J", false},
		{"Latin-1 in the jwks_uri", "\"issuer\":I,\"jwks_uri\":\"https://a.example/\xe9\"", false},
		{"issuer a list", `"issuer":[I],"jwks_uri":J`, false},
		{"cut off", `"issuer":I,"jwks_uri":J,"x":`, false},
	} {
		doc := "{" + strings.NewReplacer("I", fmt.Sprintf("%q", s.URL), "J", fmt.Sprintf("%q", s.URL+"/keys")).Replace(test.members) + "}"
		s.serve(map[string]http.HandlerFunc{wellKnownOIDC: text(doc), "/keys": jwks(edSigner(t, "a"))})
		if err := newOIDC(t, s.URL).Refresh(t.Context()); (err == nil) != test.good {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestS25JWKSURI: metadata cannot make us send a password or downgrade https to
// http, not even with WithInsecureHTTP.
func TestS25JWKSURI(t *testing.T) {
	s := newOIDCSite(t)
	for _, uri := range []string{"https://user:passwordsecret@keys.example/", "https://user@keys.example/", "https://:@keys.example/"} {
		s.serve(map[string]http.HandlerFunc{wellKnownOIDC: text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, s.URL, uri))})
		err := newOIDC(t, s.URL).Refresh(t.Context())
		if err == nil || !strings.Contains(err.Error(), "jwks_uri has a user or password") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

// TestK05Unused: Unused says why a published key is not used.
func TestK05Unused(t *testing.T) {
	const weak = `{"kty":"RSA","kid":"weak","n":"AQAB","e":"AQAB"}`
	doc := set(edJWK+`,"kid":"good"}`, weak, `{"kty":"EC","kid":"encrypts","use":"enc"}`, `{"kty":"XYZ"}`)
	s := newOIDCSite(t)
	s.serve(map[string]http.HandlerFunc{wellKnownOIDC: s.metadata(s.URL, "/keys"), "/keys": text(doc)})
	remote, oidc := newRemote(t, s.URL+"/keys"), newOIDC(t, s.URL)
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := rewrite(doc)(path); err != nil {
		t.Fatal(err)
	}
	file, err := keys.NewFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("JWKS", doc)
	env, err := keys.Open(t.Context(), "env:JWKS")
	if err != nil {
		t.Fatal(err)
	}
	source := newSource(t, "source", func(context.Context) (keys.Fetched, error) { return keys.Fetched{Document: []byte(doc)}, nil })
	if reason, ok := keys.Unused(remote, "weak"); ok || s.fetches.Load() != 0 {
		t.Errorf("cold: %q, %v, %d fetches", reason, ok, s.fetches.Load())
	}
	for _, p := range []keys.Provider{remote, oidc, source} {
		if err := keys.Refresh(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	n := s.fetches.Load()
	for name, p := range map[string]keys.Provider{
		"Remote": remote, "OIDC": oidc, "File": file, "env": env, "source": source,
		"Merge":     keys.Merge(keys.Static(edKey(t, "x")), keys.ProviderFunc(down), remote),
		"ForIssuer": keys.ForIssuer("https://one", keys.Merge(file, remote)),
		"seed":      newRemote(t, s.URL, keys.WithSeed([]byte(doc))),
	} {
		if reason, ok := keys.Unused(p, "encrypts"); !ok || reason != `use is "enc"` {
			t.Errorf("%s: encrypts: %q, %v", name, reason, ok)
		}
		if reason, ok := keys.Unused(p, "weak"); !ok || reason == "" {
			t.Errorf("%s: weak: %q, %v", name, reason, ok)
		}
		for _, id := range []string{"good", "unknown", ""} {
			if reason, ok := keys.Unused(p, id); ok || reason != "" {
				t.Errorf("%s: %q: %q, %v", name, id, reason, ok)
			}
		}
		if allocs := testing.AllocsPerRun(100, func() { keys.Unused(p, "weak") }); allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
	if s.fetches.Load() != n {
		t.Errorf("Unused has made %d requests", s.fetches.Load()-n)
	}
	for _, p := range []keys.Provider{nil, keys.ProviderFunc(down), keys.Static(edKey(t, "a")), keys.NewSet()} {
		if reason, ok := keys.Unused(p, "weak"); ok || reason != "" {
			t.Errorf("%v: %q", p, reason)
		}
	}

}
