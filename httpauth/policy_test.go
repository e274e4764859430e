package httpauth_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

func TestPolicyHandler(t *testing.T) {
	foreign := verifier.Func(func(context.Context, string) (*verifier.Token, error) { return nil, verifier.ErrMalformed })
	for _, test := range []struct {
		name, method string
		v            verifier.Verifier
		status       int
	}{
		{"GET", http.MethodGet, newSite(t), http.StatusOK},
		{"GET of a foreign verifier", http.MethodGet, foreign, http.StatusNotImplemented},
		{"GET of a Var", http.MethodGet, verifier.NewVar(verifier.ByIssuer(nil)), http.StatusOK},
		{"HEAD", http.MethodHead, verifier.ByIssuer(nil), http.StatusOK},
		{"POST", http.MethodPost, verifier.ByIssuer(nil), http.StatusMethodNotAllowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(httpauth.PolicyHandler(test.v))
			defer server.Close()
			req, err := http.NewRequestWithContext(t.Context(), test.method, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != test.status {
				t.Fatalf("got %d, want %d", resp.StatusCode, test.status)
			}
			if test.status != http.StatusOK || test.method == http.MethodHead {
				return
			}
			var p verifier.Policy
			if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || p.MaxSize != 16<<10 {
				t.Errorf("got %+v, %v", p, err)
			}
			if got := resp.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control: %q", got)
			}
		})
	}
	mustPanic(t, "a nil verifier", "PolicyHandler", func() { httpauth.PolicyHandler(nil) })
}
