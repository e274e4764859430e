package httpauth_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
)

func TestMetadata(t *testing.T) {
	full := httpauth.Metadata{
		Resource:             "https://api.example",
		AuthorizationServers: []string{"https://issuer.example", "https://other.example"},
		Scopes:               []string{"items:read", "items:write"},
		Documentation:        "https://docs.example/api",
	}
	const fullJSON = `{"resource":"https://api.example",` +
		`"authorization_servers":["https://issuer.example","https://other.example"],` +
		`"scopes_supported":["items:read","items:write"],` +
		`"resource_documentation":"https://docs.example/api",` +
		`"bearer_methods_supported":["header"]}` + "\n"
	type response struct {
		Status            int
		ContentType, Body string
		Allow             []string
	}
	notAllowed := response{405, "text/plain; charset=utf-8", "method not allowed\n", []string{"GET, HEAD, OPTIONS"}}
	for _, test := range []struct {
		name, method string
		m            httpauth.Metadata
		want         response
	}{
		{"GET", http.MethodGet, full, response{200, "application/json", fullJSON, nil}},
		{"HEAD", http.MethodHead, full, response{200, "application/json", "", nil}},
		{"GET of a minimal document", http.MethodGet, httpauth.Metadata{Resource: "https://api.example"}, response{200, "application/json", `{"resource":"https://api.example","bearer_methods_supported":["header"]}` + "\n", nil}},
		{"GET with bound tokens", http.MethodGet, httpauth.Metadata{Resource: "https://api.example", CertificateBound: true, DPoPAlgorithms: []string{"ES256"}, DPoPRequired: true}, response{200, "application/json", `{"resource":"https://api.example","tls_client_certificate_bound_access_tokens":true,"dpop_signing_alg_values_supported":["ES256"],"dpop_bound_access_tokens_required":true,"bearer_methods_supported":["header"]}` + "\n", nil}},
		{"POST", http.MethodPost, full, notAllowed},
		{"PUT", http.MethodPut, full, notAllowed},
		{"DELETE", http.MethodDelete, full, notAllowed},
		{"OPTIONS", http.MethodOptions, full, response{204, "", "", []string{"GET, HEAD, OPTIONS"}}},
		{"a method in lower case", "get", full, notAllowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			mux := http.NewServeMux()
			const path = "/.well-known/oauth-protected-resource"
			mux.Handle(path, test.m)
			srv := serve(t, mux)
			r, err := http.NewRequest(test.method, srv.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := srv.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			got := response{res.StatusCode, res.Header.Get("Content-Type"), string(body), res.Header["Allow"]}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestH12MetadataMembers: every member of RFC 9728 §2 has a field. All others
// go into Extra, which replaces none of these.
func TestH12MetadataMembers(t *testing.T) {
	full := httpauth.Metadata{
		Resource: "https://api.example", AuthorizationServers: []string{issuer}, Scopes: []string{"read"}, Documentation: "https://docs.example",
		Name: "Items", Policy: "https://docs.example/policy", Terms: "https://docs.example/terms",
		JWKS: "https://api.example/jwks", SigningAlgorithms: []string{"ES256"}, AuthorizationDetailsTypes: []string{"payment"},
		CertificateBound: true, DPoPAlgorithms: []string{"ES256"}, DPoPRequired: true,
		SignedMetadata: "a.b.c", BearerMethods: []string{"header", "body"},
		Extra: map[string]any{"resource_name#de": "Dinge", "resource": "https://evil.example", "x": []int{1}},
	}
	want := map[string]any{
		"resource": "https://api.example", "authorization_servers": []any{issuer}, "jwks_uri": "https://api.example/jwks", "scopes_supported": []any{"read"},
		"bearer_methods_supported": []any{"header", "body"}, "resource_signing_alg_values_supported": []any{"ES256"}, "resource_name": "Items",
		"resource_documentation": "https://docs.example", "resource_policy_uri": "https://docs.example/policy", "resource_tos_uri": "https://docs.example/terms",
		"tls_client_certificate_bound_access_tokens": true, "authorization_details_types_supported": []any{"payment"},
		"dpop_signing_alg_values_supported": []any{"ES256"}, "dpop_bound_access_tokens_required": true, "signed_metadata": "a.b.c",
		"resource_name#de": "Dinge", "x": []any{1.0},
	}
	rec := httptest.NewRecorder()
	full.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	var got map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := strings.Count(rec.Body.String(), `"resource":`); n != 1 {
		t.Errorf("resource occurs %d times in %s", n, rec.Body)
	}
	for name, test := range map[string]struct {
		methods []string
		want    string
	}{
		"not given": {nil, `["header"]`}, "none": {[]string{}, `[]`}, "given": {[]string{"query"}, `["query"]`},
	} {
		b, err := json.Marshal(httpauth.Metadata{BearerMethods: test.methods})
		if want := `{"resource":"","bearer_methods_supported":` + test.want + `}`; err != nil || string(b) != want {
			t.Errorf("%s: %s, %v; want %s", name, b, err, want)
		}
	}
	bad := httpauth.Metadata{Resource: "https://api.example", Extra: map[string]any{"x": func() {}}}
	rec = httptest.NewRecorder()
	if bad.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil)); rec.Code != 500 {
		t.Errorf("a value without JSON: %d", rec.Code)
	}
}

// TestH12MetadataForBrowsers: a page of any origin can read the document, also
// if its request has extra fields.
func TestH12MetadataForBrowsers(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/doc", httpauth.Metadata{Resource: "https://api.example"})
	srv := serve(t, mux)
	for _, test := range []struct {
		method string
		status int
		want   http.Header
	}{
		{http.MethodGet, 200, http.Header{"Content-Type": {"application/json"}, "Content-Length": {"73"}}},
		{http.MethodHead, 200, http.Header{"Content-Type": {"application/json"}, "Content-Length": {"73"}}},
		{http.MethodOptions, 204, http.Header{
			"Allow": {"GET, HEAD, OPTIONS"}, "Access-Control-Allow-Methods": {"GET, HEAD, OPTIONS"}, "Access-Control-Allow-Headers": {"*"}, "Access-Control-Max-Age": {"3600"},
		}},
		{http.MethodPost, 405, http.Header{"Allow": {"GET, HEAD, OPTIONS"}, "Content-Type": {"text/plain; charset=utf-8"}, "Content-Length": {"19"}, "X-Content-Type-Options": {"nosniff"}}},
	} {
		r, err := http.NewRequest(test.method, srv.URL+"/doc", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"mcp-protocol-version"}}
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		res.Header.Del("Date")
		test.want.Set("Access-Control-Allow-Origin", "*")
		if diff := cmp.Diff(test.want, res.Header); diff != "" || res.StatusCode != test.status {
			t.Errorf("%s: %d (-want +got)\n%s", test.method, res.StatusCode, diff)
		}
	}
}
