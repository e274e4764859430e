package dpop_test

import (
	"crypto"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/httpauth"
)

// FuzzProof signs any header and any claims. go-jose must read what passes in the
// same way, with the key of the token.
func FuzzProof(f *testing.F) {
	s := newSite(f)
	header, err := json.Marshal(s.header(f))
	if err != nil {
		f.Fatal(err)
	}
	claims, err := json.Marshal(s.claims("1"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(header), string(claims))
	f.Add(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"oct","k":"AA"}}`, `{}`)
	f.Add(strings.Replace(string(header), `"kty"`, `"d":"AA","kty"`, 1), string(claims))
	f.Add(strings.Replace(string(header), `"kty"`, `"keys":[],"kty"`, 1), string(claims))
	f.Add(strings.Replace(string(header), `"kty"`, `"alg":"ES256","use":"sig","kty"`, 1), strings.Replace(string(claims), `"iat":`, `"iat":0.5e`, 1))
	f.Fuzz(func(t *testing.T, header, claims string) {
		raw := s.sign(t, header, claims)
		auth := s.guard(t, s.checker(t))
		_, err := auth.Authenticate(s.request(raw))
		if err != nil {
			if !errors.Is(err, httpauth.ErrUnproven) || strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		sig, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatalf("it passes, but go-jose returns %v for %q", err, header)
		}
		key := sig.Signatures[0].Header.JSONWebKey
		if key == nil || !key.IsPublic() {
			t.Fatalf("it passes with the key %v", key)
		}
		sum, err := key.Thumbprint(crypto.SHA256)
		if err != nil || b64(sum) != s.jkt {
			t.Fatalf("it passes with a key of %q, %v", b64(sum), err)
		}
		var c struct{ Jti, Htm, Htu, Ath string }
		if payload, err := sig.Verify(key); err != nil || json.Unmarshal(payload, &c) != nil || c.Jti == "" || c.Htm != "GET" || c.Ath != hash(s.token) {
			t.Fatalf("it passes: %v, %q", err, payload)
		}
	})
}
