package dpop_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/verifier"
)

// The example of RFC 9449 §7.1: a token, the thumbprint of its key (§6.1), and a
// proof whose iat is 1562262618.
const (
	rfcToken = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
	rfcJKT   = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	rfcProof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)

// rfcSite accepts the token of the RFC, which is not a JWT, as one bound to jkt.
func rfcSite(t *testing.T, jkt string, at int64) *httpauth.Middleware {
	t.Helper()
	set, err := claims.Parse([]byte(`{"sub":"someone@example.com","cnf":{"jkt":"` + jkt + `"}}`))
	if err != nil {
		t.Fatal(err)
	}
	v := verifier.Func(func(context.Context, string) (*verifier.Token, error) { return &verifier.Token{Set: set}, nil })
	c, err := dpop.New(dpop.WithHosts("resource.example.org", "server.example.com"), dpop.WithClock(func() time.Time { return time.Unix(at, 0) }))
	if err != nil {
		t.Fatal(err)
	}
	return httpauth.New(v, httpauth.WithProof(c))
}

func rfcRequest(method, target, proof string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Authorization", "DPoP "+rfcToken)
	r.Header.Set("DPoP", proof)
	return r
}

// TestRFCExample: the request of RFC 9449 §7.1 passes unchanged, once.
func TestRFCExample(t *testing.T) {
	const target, at = "https://resource.example.org/protectedresource", 1562262618
	for _, test := range []struct {
		name, method, target, jkt string
		at                        int64
		status                    int
	}{
		{"as it is", "GET", target, rfcJKT, at, 200},
		{"with a query", "GET", target + "?a=b", rfcJKT, at + 60, 200},
		{"another method", "POST", target, rfcJKT, at, 401},
		{"another URI", "GET", target + "s", rfcJKT, at, 401},
		{"by http", "GET", strings.Replace(target, "https", "http", 1), rfcJKT, at, 401},
		{"two minutes later", "GET", target, rfcJKT, at + 120, 401},
		{"another key", "GET", target, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", at, 401},
	} {
		m := rfcSite(t, test.jkt, test.at)
		tok, err := m.Authenticate(rfcRequest(test.method, test.target, rfcProof))
		if httpauth.Status(err) != test.status || (tok != nil) != (err == nil) {
			t.Errorf("%s: %v, want %d", test.name, err, test.status)
		}
		if err == nil {
			if _, err := m.Authenticate(rfcRequest(test.method, test.target, rfcProof)); httpauth.Status(err) != 401 {
				t.Errorf("%s, again: %v", test.name, err)
			}
		}
	}
}

// TestRFCVectors checks every proof in the RFC. Those for the token endpoint
// have no ath, so they do not hold for a resource.
func TestRFCVectors(t *testing.T) {
	doc, err := os.ReadFile("../../../shared/vectors/rfc_vectors.json")
	if err != nil {
		t.Skipf("no vectors beside the checkout: %v", err)
	}
	var vectors struct {
		Cases []struct {
			Name, Token string
			Options     struct{ Now int64 }
		}
	}
	if err := json.Unmarshal(doc, &vectors); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range vectors.Cases {
		if !strings.HasPrefix(c.Name, "rfc/rfc9449-proof-") || seen[c.Token] {
			continue
		}
		seen[c.Token] = true
		passed := false
		for _, target := range []string{"https://server.example.com/token", "https://resource.example.org/protectedresource"} {
			for _, method := range []string{"GET", "POST"} {
				_, err := rfcSite(t, rfcJKT, c.Options.Now).Authenticate(rfcRequest(method, target, c.Token))
				passed = passed || err == nil
			}
		}
		if passed != (c.Token == rfcProof) {
			t.Errorf("%s passes: %v", c.Name, passed)
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d proofs, want 3", len(seen))
	}
}
