package bench

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"time"

	"github.com/cristalhq/jwt/v5"
)

var cristalhq = Contender{
	Name:   "cristalhq/jwt",
	Module: "github.com/cristalhq/jwt/v5",
	Verifier: func(m *Material) (func(string) error, error) {
		v, err := cristalhqVerifier(m)
		return func(raw string) error {
			var c jwt.RegisteredClaims
			if err := jwt.ParseClaims([]byte(raw), v, &c); err != nil {
				return err
			}
			return cristalhqCheck(&c)
		}, err
	},
	Decoder: func(m *Material) (func(string) (Profile, error), error) {
		v, err := cristalhqVerifier(m)
		return func(raw string) (Profile, error) {
			var c struct {
				jwt.RegisteredClaims
				Profile
			}
			if err := jwt.ParseClaims([]byte(raw), v, &c); err != nil {
				return Profile{}, err
			}
			return c.Profile, cristalhqCheck(&c.RegisteredClaims)
		}, err
	},
}

func cristalhqVerifier(m *Material) (jwt.Verifier, error) {
	alg := jwt.Algorithm(m.Algorithm)
	switch pub := m.PublicKey().(type) {
	case *rsa.PublicKey:
		return jwt.NewVerifierRS(alg, pub)
	case *ecdsa.PublicKey:
		return jwt.NewVerifierES(alg, pub)
	case ed25519.PublicKey:
		return jwt.NewVerifierEdDSA(pub)
	default:
		return jwt.NewVerifierHS(alg, m.secret)
	}
}

var errCristalhq = errors.New("bench: cristalhq/jwt finds a claim wrong")

// cristalhqCheck asks all that the claims can be asked.
func cristalhqCheck(c *jwt.RegisteredClaims) error {
	now := time.Now()
	if !c.IsValidExpiresAt(now.Add(-leeway)) ||
		!c.IsValidNotBefore(now.Add(leeway)) ||
		!c.IsValidIssuedAt(now.Add(leeway)) ||
		!c.IsIssuer(Issuer) ||
		!c.IsForAudience(audience) {
		return errCristalhq
	}
	return nil
}
