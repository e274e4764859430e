package interop_test

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/bridge"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

var golangJWT = peer{
	name:       "golang-jwt",
	algorithms: jwt.GetAlgorithms(),
	sign: func(t *testing.T, alg keys.Algorithm, kid string, private any, c *claims.Set) string {
		t.Helper()
		return signGolangJWT(t, jwt.GetSigningMethod(string(alg)), kid, private, c)
	},
	unsigned: func(t *testing.T, c *claims.Set) string {
		t.Helper()
		return signGolangJWT(t, jwt.SigningMethodNone, "", jwt.UnsafeAllowNoneSignatureType, c)
	},
	publish: newVerifierKey,
	verify: func(_ *testing.T, alg keys.Algorithm, s *verifiertest.Signer, raw string) (string, error) {
		return parseGolangJWT(keys.Static(s.Key()), alg, raw)
	},
}

func signGolangJWT(t *testing.T, method jwt.SigningMethod, kid string, key any, c *claims.Set) string {
	t.Helper()
	tok := jwt.NewWithClaims(method, jwt.RegisteredClaims{
		Issuer:    c.Issuer,
		Subject:   c.Subject,
		ID:        c.ID,
		Audience:  c.Audience,
		ExpiresAt: jwt.NewNumericDate(c.Expiry),
		NotBefore: jwt.NewNumericDate(c.NotBefore),
		IssuedAt:  jwt.NewNumericDate(c.IssuedAt),
	})
	if kid != "" {
		tok.Header["kid"] = kid
	}
	raw, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// parseGolangJWT has golang-jwt verify raw with keys from p.
func parseGolangJWT(p keys.Provider, alg keys.Algorithm, raw string) (subject string, err error) {
	tok, err := jwt.Parse(raw, bridge.Keyfunc(p), jwt.WithValidMethods([]string{string(alg)}), jwt.WithExpirationRequired())
	if err != nil {
		return "", err
	}
	return tok.Claims.GetSubject()
}
