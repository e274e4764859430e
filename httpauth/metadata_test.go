package httpauth_test

import (
	"io"
	"net/http"
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
		{"GET of the least", http.MethodGet, httpauth.Metadata{Resource: "https://api.example"}, response{200, "application/json", `{"resource":"https://api.example","bearer_methods_supported":["header"]}` + "\n", nil}},
		{"GET of what is bound", http.MethodGet, httpauth.Metadata{Resource: "https://api.example", CertificateBound: true, DPoPAlgorithms: []string{"ES256"}, DPoPRequired: true}, response{200, "application/json", `{"resource":"https://api.example","tls_client_certificate_bound_access_tokens":true,"dpop_signing_alg_values_supported":["ES256"],"dpop_bound_access_tokens_required":true,"bearer_methods_supported":["header"]}` + "\n", nil}},
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
