package dpop

import (
	"errors"
	"fmt"

	"github.com/jwtverify/jwtverify/internal/strictjson"
	"github.com/jwtverify/jwtverify/keys"
)

var (
	errPrivate  = errors.New("it has a private member")
	errNoPublic = errors.New("it is not one public key")
)

// embeddedKey reads the public key in the header of a proof, for alg: the one
// place where a key is taken from what it verifies.
func embeddedKey(jwk string, alg keys.Algorithm) (*keys.Key, error) {
	hasAlgorithm := false
	o := strictjson.Walk(jwk)
	for o.Next() {
		switch o.Name {
		case "alg":
			hasAlgorithm = true
		case "keys": // it would be read as a set
			return nil, errNoPublic
		case "d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv": // RFC 7518 §6, RFC 9964 §4; all of a secret is private
			return nil, errPrivate
		}
	}
	if o.Err() != nil {
		return nil, errNoPublic
	}
	// The algorithm of a key that names none is that of the proof, and whether it
	// fits is for the key to say.
	if !hasAlgorithm {
		jwk = fmt.Sprintf(`{"alg":%q,%s`, alg, jwk[1:])
	}
	ks, _, err := keys.Parse([]byte(jwk))
	if err != nil {
		return nil, err
	}
	if len(ks) != 1 || !ks[0].Accepts(alg) || ks[0].Thumbprint() == "" {
		return nil, errNoPublic
	}
	return ks[0], nil
}
