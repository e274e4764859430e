package bench

import (
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

var goJOSE = Contender{
	Name:   "go-jose",
	Module: "github.com/go-jose/go-jose/v4",
	Verifier: func(m *Material) (func(string) error, error) {
		verify := goJOSEVerifier(m)
		return func(raw string) error { return verify(raw) }, nil
	},
	Decoder: func(m *Material) (func(string) (Profile, error), error) {
		verify := goJOSEVerifier(m)
		// Two destinations, as its documentation shows; one struct that embeds
		// jwt.Claims takes about a quarter less.
		return func(raw string) (p Profile, err error) {
			err = verify(raw, &p)
			return p, err
		}, nil
	},
}

func goJOSEVerifier(m *Material) func(raw string, more ...any) error {
	algorithms, key := []jose.SignatureAlgorithm{m.Algorithm}, m.verificationKey()
	expected := jwt.Expected{Issuer: Issuer, AnyAudience: jwt.Audience{audience}}
	return func(raw string, more ...any) error {
		tok, err := jwt.ParseSigned(raw, algorithms)
		if err != nil {
			return err
		}
		var c jwt.Claims
		if err := tok.Claims(key, append(more, &c)...); err != nil {
			return err
		}
		return c.ValidateWithLeeway(expected.WithTime(time.Now()), leeway)
	}
}
