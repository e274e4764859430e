// Package publicjwk checks a JWK that somebody else has put into a token or a proof:
// it must be one public key, and nothing that its sender should have kept.
package publicjwk

import (
	"errors"

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
