package bench

import (
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

var jwx = Contender{
	Name:   "jwx",
	Module: "github.com/lestrrat-go/jwx/v3",
	Verifier: func(m *Material) (func(string) error, error) {
		opts, err := jwxOptions(m)
		return func(raw string) error {
			_, err := jwt.ParseString(raw, opts...)
			return err
		}, err
	},
	Decoder: func(m *Material) (func(string) (Profile, error), error) {
		opts, err := jwxOptions(m)
		opts = append(opts, jwt.WithTypedClaim("roles", []string(nil)))
		return func(raw string) (p Profile, err error) {
			tok, err := jwt.ParseString(raw, opts...)
			if err != nil {
				return p, err
			}
			err = errors.Join(
				tok.Get("tenant", &p.Tenant),
				tok.Get("roles", &p.Roles),
				tok.Get("admin", &p.Admin),
			)
			return p, err
		}, err
	},
}

func jwxOptions(m *Material) ([]jwt.ParseOption, error) {
	alg, ok := jwa.LookupSignatureAlgorithm(string(m.Algorithm))
	if !ok {
		return nil, fmt.Errorf("bench: jwx does not know %s", m.Algorithm)
	}
	return []jwt.ParseOption{
		jwt.WithKey(alg, m.verificationKey()),
		jwt.WithIssuer(Issuer),
		jwt.WithAudience(audience),
		jwt.WithRequiredClaim("exp"),
		jwt.WithRequiredClaim("sub"),
		jwt.WithAcceptableSkew(leeway),
		jwt.WithStrictStringClaims(true),
	}, nil
}
