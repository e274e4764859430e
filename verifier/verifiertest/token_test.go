package verifiertest_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestTokensAgainstGoJose: another library accepts every token, for the algorithms
// that it knows.
func TestTokensAgainstGoJose(t *testing.T) {
	for _, alg := range keys.Algorithms() {
		if slices.Contains([]keys.Algorithm{keys.Ed25519, keys.MLDSA44, keys.MLDSA65, keys.MLDSA87}, alg) {
			continue
		}
		s := verifiertest.NewSigner(t, alg, "key-1")
		raw := s.SignHeader(map[string]any{"signer": "me"}, map[string]any{"sub": "user-123"})
		parsed, err := jose.ParseSignedCompact(raw, []keys.Algorithm{alg})
		if err != nil {
			t.Errorf("%s: %v", alg, err)
			continue
		}
		var jwk jose.JSONWebKey
		if err := jwk.UnmarshalJSON(s.JWK()); err != nil {
			t.Errorf("%s: %v", alg, err)
			continue
		}
		payload, err := parsed.Verify(jwk)
		if err != nil || string(payload) != `{"sub":"user-123"}` {
			t.Errorf("%s: %s, %v", alg, payload, err)
		}
	}
}

func TestSignHeader(t *testing.T) {
	s := verifiertest.NewSigner(t, keys.ES256, "key-1")
	for _, test := range []struct {
		name   string
		header map[string]any
		want   map[string]any
	}{
		{"nil", nil, map[string]any{"alg": "ES256", "typ": "JWT", "kid": "key-1"}},
		{"more", map[string]any{"signer": "arn:aws:x", "client": "c"}, map[string]any{"alg": "ES256", "typ": "JWT", "kid": "key-1", "signer": "arn:aws:x", "client": "c"}},
		{"others", map[string]any{"typ": "at+jwt", "kid": "k"}, map[string]any{"alg": "ES256", "typ": "at+jwt", "kid": "k"}},
		{"without", map[string]any{"typ": nil, "kid": nil}, map[string]any{"alg": "ES256"}},
		{"the same alg", map[string]any{"alg": "ES256"}, map[string]any{"alg": "ES256", "typ": "JWT", "kid": "key-1"}},
		{"the same alg, typed", map[string]any{"alg": keys.ES256}, map[string]any{"alg": "ES256", "typ": "JWT", "kid": "key-1"}},
		{"b64 changes nothing", map[string]any{"b64": false}, map[string]any{"alg": "ES256", "typ": "JWT", "kid": "key-1", "b64": false}},
	} {
		raw := s.SignHeader(test.header, map[string]any{"sub": "a"})
		parts := strings.Split(raw, ".")
		var got map[string]any
		if err := json.Unmarshal(decode(t, base64.RawURLEncoding, parts[0]), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.name, diff)
		}
		if got := string(decode(t, base64.RawURLEncoding, parts[1])); got != `{"sub":"a"}` {
			t.Errorf("%s: the payload is %s", test.name, got)
		}
		if err := s.Key().Verify([]byte(parts[0]+"."+parts[1]), decode(t, base64.RawURLEncoding, parts[2])); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestSignPadded: each part has the padding that its length asks for, and the
// signature covers the text with it.
func TestSignPadded(t *testing.T) {
	s := verifiertest.NewSigner(t, keys.ES256, "key-1")
	padded := [3]bool{}
	for _, name := range []string{"a", "aa", "aaa"} {
		raw := s.SignPadded(map[string]any{"signer": name}, map[string]any{"sub": name})
		parts := strings.Split(raw, ".")
		for i, part := range parts {
			decode(t, base64.URLEncoding, part)
			padded[i] = padded[i] || strings.HasSuffix(part, "=")
		}
		sig := decode(t, base64.URLEncoding, parts[2])
		digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		r, v := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
		if len(sig) != 64 || !ecdsa.Verify(s.Key().Public().(*ecdsa.PublicKey), digest[:], r, v) {
			t.Errorf("the signature of %s does not verify", raw)
		}
	}
	if padded != [3]bool{true, true, true} {
		t.Errorf("parts with padding: %v, want all", padded)
	}
}

func decode(t *testing.T, encoding *base64.Encoding, part string) []byte {
	t.Helper()
	data, err := encoding.Strict().DecodeString(part)
	if err != nil {
		t.Fatalf("%q: %v", part, err)
	}
	return data
}
