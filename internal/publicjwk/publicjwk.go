// Package publicjwk checks a JWK that somebody else has put into a token or a proof:
// it must be one public key, and nothing that its sender should have kept.
package publicjwk

import (
	"crypto"
	_ "crypto/sha256" // for crypto.SHA256
	"encoding/base64"
	"errors"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

var (
	errPrivate = errors.New("it has a private member")
	// ErrNoPublic is returned for everything that is not one public key.
	ErrNoPublic = errors.New("it is not one public key")
)

// Check returns an error if jwk has a private member or is not a JWK, and whether
// it names an algorithm. It does not look at the key itself.
func Check(jwk string) (hasAlgorithm bool, err error) {
	o := strictjson.Walk(jwk)
	for o.Next() {
		switch o.Name {
		case "alg":
			hasAlgorithm = true
		case "keys": // keys.Parse would read the value as a set
			return false, ErrNoPublic
		case "d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv": // RFC 7518 §6, RFC 9964 §4; all of a secret is private
			return false, errPrivate
		}
	}
	if o.Err() != nil {
		return false, ErrNoPublic
	}
	return hasAlgorithm, nil
}

// Thumbprint returns the thumbprint (RFC 7638) with SHA-256 of jwk, in base64url. It
// fails unless jwk is one public key of type EC, RSA or OKP.
func Thumbprint(jwk string) (string, error) {
	if _, err := Check(jwk); err != nil {
		return "", err
	}
	var k jose.JSONWebKey
	if err := k.UnmarshalJSON([]byte(jwk)); err != nil || !k.Valid() || !k.IsPublic() {
		return "", ErrNoPublic
	}
	sum, err := k.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", ErrNoPublic
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}
