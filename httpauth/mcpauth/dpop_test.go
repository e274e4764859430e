package mcpauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/httpauth/mcpauth"
)

// TestDPoP: a bound token passes with a proof only, each proof once, and a step-up
// is asked for in the scheme of the token.
func TestDPoP(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	thumbprint, err := (&jose.JSONWebKey{Key: &key.PublicKey}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	checker, err := dpop.New(dpop.WithBaseURL("https://mcp.example.com"), dpop.WithClock(func() time.Time { return today }))
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, append(slices.Clone(filesTools), mcpauth.WithHTTPAuth(httpauth.WithProof(checker)))...)
	bound := s.Sign(with(map[string]any{"cnf": map[string]any{"jkt": base64.RawURLEncoding.EncodeToString(thumbprint)}}))
	proof := func(id string) string {
		hash := sha256.Sum256([]byte(bound))
		payload, err := json.Marshal(map[string]any{
			"jti": id, "htm": "POST", "htu": "https://mcp.example.com/mcp", "iat": today.Unix(), "ath": base64.RawURLEncoding.EncodeToString(hash[:]),
		})
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign(payload)
		if err != nil {
			t.Fatal(err)
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	once := proof("1")
	for _, test := range []struct {
		name, scheme, proof, body string
		status                    int
		bearer, dpop              string // what the challenge of each scheme has
	}{
		{"with a proof", "DPoP ", once, readCall, 200, "", ""},
		{"the same proof again", "DPoP ", once, readCall, 401, "", `error="invalid_dpop_proof"`},
		{"without a proof", "DPoP ", "", readCall, 401, "", `error="invalid_dpop_proof"`},
		{"as a bearer token", "Bearer ", proof("2"), readCall, 401, `error="invalid_token"`, ""},
		{"step-up", "DPoP ", proof("3"), writeCall, 403, "", `error="insufficient_scope"`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.srv.URL+"/mcp", strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Accept": {"application/json, text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {test.scheme + bound}}
		if test.proof != "" {
			r.Header.Set("DPoP", test.proof)
		}
		res, err := s.srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != test.status {
			t.Errorf("%s: %d %s, want %d", test.name, res.StatusCode, body, test.status)
		}
		for _, c := range res.Header["Www-Authenticate"] {
			want := test.bearer
			if strings.HasPrefix(c, "DPoP ") {
				want = test.dpop
			}
			if !strings.Contains(c, want) || want == "" && strings.Contains(c, "error=") || !strings.Contains(c, document) {
				t.Errorf("%s: the challenge is %s, want %s", test.name, c, want)
			}
			if test.status == 403 && !strings.Contains(c, `scope="files:read files:write"`) {
				t.Errorf("%s: the challenge %s does not name the scopes", test.name, c)
			}
		}
	}
	if got := s.send(t, http.MethodGet, "/.well-known/oauth-protected-resource/mcp", "", nil).body; !strings.Contains(got, `"dpop_signing_alg_values_supported":["ES256"`) {
		t.Errorf("the document is %s", got)
	}
}
