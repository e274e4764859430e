package httpauth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
)

// TestWellKnown has the examples of RFC 9728 §3.1, and what §1.2 forbids.
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

// TestWellKnownPath: the path is one that http.ServeMux takes.
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
