package httpauth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
)

// TestWellKnown checks the examples of RFC 9728 §3.1, and what §1.2 forbids.
func TestWellKnown(t *testing.T) {
	const root = "https://resource.example.com/.well-known/oauth-protected-resource"
	servers := func(s ...string) []string { return s }
	for _, test := range []struct {
		name, resource string
		servers        []string
		want, err      string
	}{
		{"host", "https://resource.example.com", nil, root, ""},
		{"slash that ends the host", "https://resource.example.com/", nil, root, ""},
		{"path", "https://resource.example.com/resource1", nil, root + "/resource1", ""},
		{"long path", "https://resource.example.com/a/b/c", nil, root + "/a/b/c", ""},
		{"slash that ends the path", "https://resource.example.com/a/", nil, root + "/a/", ""},
		{"escapes", "https://resource.example.com/a%2Fb%20c", nil, root + "/a%2Fb%20c", ""},
		{"query", "https://resource.example.com?x=y", nil, root + "?x=y", ""},
		{"path and query", "https://resource.example.com/a?x=y&z", nil, root + "/a?x=y&z", ""},
		{"port", "https://resource.example.com:8443/a", nil, "https://resource.example.com:8443/.well-known/oauth-protected-resource/a", ""},
		{"IPv6", "https://[::1]:8443", nil, "https://[::1]:8443/.well-known/oauth-protected-resource", ""},
		{"servers", "https://resource.example.com", servers("https://a.example", "https://b.example/tenant/1"), root, ""},

		{"nothing", "", nil, "", "the resource is not an https URL"},
		{"http", "http://resource.example.com", nil, "", "the resource is not an https URL"},
		{"no scheme", "resource.example.com", nil, "", "the resource is not an https URL"},
		{"no host", "https:///a", nil, "", "the resource is not an https URL"},
		{"opaque", "https:resource.example.com", nil, "", "the resource is not an https URL"},
		{"URN", "urn:example:resource", nil, "", "the resource is not an https URL"},
		{"fragment", "https://resource.example.com/#a", nil, "", "the resource has a fragment"},
		{"empty fragment", "https://resource.example.com/#", nil, "", "the resource has a fragment"},
		{"user", "https://user:s3cret@resource.example.com", nil, "", "the resource has a user"},
		{"bad escape", "https://resource.example.com/%zz", nil, "", "the resource is not a URL"},
		{"control byte", "https://resource.example.com/\n", nil, "", "the resource is not a URL"},
		{"server by http", "https://resource.example.com", servers("https://a.example", "http://b.example"), "", "the authorization server is not an https URL"},
		{"server with a query", "https://resource.example.com", servers("https://a.example?x"), "", "the authorization server has a query"},
		{"server with an empty query", "https://resource.example.com", servers("https://a.example?"), "", "the authorization server has a query"},
		{"server with a fragment", "https://resource.example.com", servers("https://a.example#x"), "", "the authorization server has a fragment"},
		{"empty server", "https://resource.example.com", servers(""), "", "the authorization server is not an https URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u, err := httpauth.Metadata{Resource: test.resource, AuthorizationServers: test.servers}.WellKnown()
			if test.err != "" {
				if err == nil || err.Error() != "httpauth: "+test.err || u != nil {
					t.Errorf("WellKnown = %v, %v; want the error %s", u, err, test.err)
				}
				return
			}
			if err != nil || u.String() != test.want {
				t.Errorf("WellKnown = %v, %v; want %s", u, err, test.want)
			}
			if !strings.HasPrefix(u.Path, "/.well-known/") {
				t.Errorf("its path is %s", u.Path)
			}
		})
	}
}

// TestWellKnownPath: http.ServeMux accepts the path.
func TestWellKnownPath(t *testing.T) {
	m := httpauth.Metadata{Resource: "https://api.example/items/v1", AuthorizationServers: []string{issuer}}
	u, err := m.WellKnown()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+u.Path, m)
	srv := serve(t, mux)
	res, err := srv.Client().Get(srv.URL + u.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("%s answers %d", u.Path, res.StatusCode)
	}
}

// TestP02WellKnownLoopback: only WellKnownLoopback accepts http, and only on
// loopback.
func TestP02WellKnownLoopback(t *testing.T) {
	const path = "/.well-known/oauth-protected-resource"
	for resource, want := range map[string]string{
		"http://localhost":          "http://localhost" + path,
		"http://LOCALHOST:8080/mcp": "http://LOCALHOST:8080" + path + "/mcp",
		"http://127.0.0.1:8080":     "http://127.0.0.1:8080" + path,
		"http://127.1.2.3/a":        "http://127.1.2.3" + path + "/a",
		"http://[::1]:8080/a":       "http://[::1]:8080" + path + "/a",
		"https://api.example/a":     "https://api.example" + path + "/a",
		"http://api.example":        "",
		"http://localhost.example":  "",
		"http://localho\u017ft":     "",
		"http://10.0.0.1":           "",
		"http://0.0.0.0":            "",
		"http://user@localhost":     "",
		"http://localhost#a":        "",
		"http:localhost":            "",
		"http://":                   "",
		"http://:8080":              "",
		"ftp://localhost":           "",
	} {
		m := httpauth.Metadata{Resource: resource, AuthorizationServers: []string{"http://localhost:9000"}}
		got, err := m.WellKnownLoopback()
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("%s: %v, %v; want %q", resource, got, err, want)
		}
		if _, err := m.WellKnown(); err == nil {
			t.Errorf("%s: WellKnown takes it", resource)
		}
	}
	_, err := httpauth.Metadata{Resource: "http://localhost"}.WellKnown()
	if want := "httpauth: the resource is not an https URL; see WellKnownLoopback"; err == nil || err.Error() != want {
		t.Errorf("WellKnown: %v, want %s", err, want)
	}
}

// TestH12MetadataMistakes: everything that makes clients discard the document is
// reported in one error.
func TestH12MetadataMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(*httpauth.Metadata)
		err  string
	}{
		"jwks_uri":           {func(m *httpauth.Metadata) { m.JWKS = "http://api.example/jwks" }, "jwks_uri is not an https URL"},
		"documentation":      {func(m *httpauth.Metadata) { m.Documentation = "/docs" }, "resource_documentation is not the URL of a page"},
		"policy":             {func(m *httpauth.Metadata) { m.Policy = "javascript:alert(1)" }, "resource_policy_uri is not the URL of a page"},
		"terms":              {func(m *httpauth.Metadata) { m.Terms = "%zz" }, "resource_tos_uri is not the URL of a page"},
		"none signed":        {func(m *httpauth.Metadata) { m.SigningAlgorithms = []string{"ES256", "none"} }, "resource_signing_alg_values_supported holds none, which is not allowed"},
		"none of DPoP":       {func(m *httpauth.Metadata) { m.DPoPAlgorithms = []string{"none"} }, "dpop_signing_alg_values_supported holds none, which is not allowed"},
		"scope":              {func(m *httpauth.Metadata) { m.Scopes = []string{"a b"} }, `scopes_supported holds "a b", which is not a scope`},
		"method":             {func(m *httpauth.Metadata) { m.BearerMethods = []string{"cookie"} }, `bearer_methods_supported holds "cookie"; use header, body or query`},
		"a member twice":     {func(m *httpauth.Metadata) { m.Extra = map[string]any{"jwks_uri": "x"} }, `Extra holds "jwks_uri", which has a field of its own`},
		"no JSON":            {func(m *httpauth.Metadata) { m.Extra = map[string]any{"x": make(chan int)} }, `Extra holds "x", which cannot be encoded`},
		"two":                {func(m *httpauth.Metadata) { m.JWKS, m.Policy = "x", "y" }, "jwks_uri is not an https URL; resource_policy_uri is not the URL of a page"},
		"the resource, more": {func(m *httpauth.Metadata) { m.Resource, m.JWKS = "x", "y" }, "the resource is not an https URL; jwks_uri is not an https URL"},
	} {
		m := httpauth.Metadata{Resource: "https://api.example", AuthorizationServers: []string{issuer}}
		test.edit(&m)
		if _, err := m.WellKnown(); err == nil || err.Error() != "httpauth: "+test.err {
			t.Errorf("%s: %v, want %s", name, err, test.err)
		}
	}
}
