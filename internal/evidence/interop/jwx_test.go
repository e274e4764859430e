package interop_test

import (
	"encoding/json"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

var jwx = peer{
	name:       "jwx",
	algorithms: algorithmsOfJWX(),
	sign: func(t *testing.T, alg keys.Algorithm, kid string, private any, c *claims.Set) string {
		t.Helper()
		return signJWX(t, c, jwt.WithKey(algorithmOfJWX(t, alg), newJWK(t, alg, kid, private)))
	},
	unsigned: func(t *testing.T, c *claims.Set) string {
		t.Helper()
		return signJWX(t, c, jwt.WithInsecureNoSignature())
	},
	publish: func(t *testing.T, alg keys.Algorithm, kid string, private any) *keys.Key {
		t.Helper()
		return parseOne(t, publicJWK(t, newJWK(t, alg, kid, private)))
	},
	verify: func(t *testing.T, _ keys.Algorithm, s *verifiertest.Signer, raw string) (string, error) {
		t.Helper()
		key, err := jwk.ParseKey(s.JWK())
		if err != nil {
			t.Fatalf("jwx does not read the JWK of the test kit: %v", err)
		}
		set := jwk.NewSet()
		if err := set.AddKey(key); err != nil {
			t.Fatal(err)
		}
		return parseJWX(set, raw)
	},
}

func algorithmsOfJWX() (names []string) {
	for _, alg := range jwa.SignatureAlgorithms() {
		names = append(names, alg.String())
	}
	return names
}

func algorithmOfJWX(t *testing.T, alg keys.Algorithm) jwa.SignatureAlgorithm {
	t.Helper()
	found, ok := jwa.LookupSignatureAlgorithm(string(alg))
	if !ok {
		t.Fatalf("jwx has no algorithm %s", alg)
	}
	return found
}

func signJWX(t *testing.T, c *claims.Set, how jwt.SignOption) string {
	t.Helper()
	tok, err := jwt.NewBuilder().
		Issuer(c.Issuer).Subject(c.Subject).JwtID(c.ID).Audience(c.Audience).
		Expiration(c.Expiry).NotBefore(c.NotBefore).IssuedAt(c.IssuedAt).
		Build()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jwt.Sign(tok, how)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// parseJWX has jwx verify raw with the key in set that its kid names, and with
// the algorithm of that key.
func parseJWX(set jwk.Set, raw string) (subject string, err error) {
	tok, err := jwt.Parse([]byte(raw), jwt.WithKeySet(set))
	if err != nil {
		return "", err
	}
	subject, _ = tok.Subject()
	return subject, nil
}

// newJWK is private as jwx has it. It says no algorithm when alg is "".
func newJWK(t *testing.T, alg keys.Algorithm, kid string, private any) jwk.Key {
	t.Helper()
	key, err := jwk.Import(private)
	if err == nil {
		err = key.Set(jwk.KeyIDKey, kid)
	}
	if err == nil && alg != "" {
		err = key.Set(jwk.AlgorithmKey, algorithmOfJWX(t, alg))
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// publicJWK is the public half of key, or the secret, in JSON.
func publicJWK(t *testing.T, key jwk.Key) []byte {
	t.Helper()
	pub, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(pub)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func parseOne(t *testing.T, doc []byte) *keys.Key {
	t.Helper()
	ks, skipped, err := keys.Parse(doc)
	if err != nil || len(ks) != 1 || len(skipped) != 0 {
		t.Fatalf("Parse = %v, %v, %v; want one key", ks, skipped, err)
	}
	return ks[0]
}
