package mcpauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/mcpauth"
)

// BenchmarkGuard measures what a Guard adds to a call whose token takes no time to
// verify: reading the call, its scopes, and the TokenInfo of the SDK.
func BenchmarkGuard(b *testing.B) {
	guard, err := mcpauth.New(exampleVerifier(), httpauth.Metadata{Resource: resource, AuthorizationServers: []string{issuer}}, filesTools...)
	if err != nil {
		b.Fatal(err)
	}
	reached := 0
	h := guard.Protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(writeCall))
		r.Header.Set("Authorization", "Bearer wide")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if reached != b.N {
		b.Fatalf("%d of %d calls came through", reached, b.N)
	}
}
