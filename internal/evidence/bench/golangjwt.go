package bench

import (
	"github.com/golang-jwt/jwt/v5"
)

var golangJWT = Contender{
	Name:   "golang-jwt",
	Module: "github.com/golang-jwt/jwt/v5",
	Verifier: func(m *Material) (func(string) error, error) {
		p, key := golangJWTParser(m)
		return func(raw string) error {
			_, err := p.ParseWithClaims(raw, &jwt.RegisteredClaims{}, key)
			return err
		}, nil
	},
	Decoder: func(m *Material) (func(string) (Profile, error), error) {
		p, key := golangJWTParser(m)
		return func(raw string) (Profile, error) {
			var c struct {
				jwt.RegisteredClaims
				Profile
			}
			_, err := p.ParseWithClaims(raw, &c, key)
			return c.Profile, err
		}, nil
	},
}

func golangJWTParser(m *Material) (*jwt.Parser, jwt.Keyfunc) {
	p := jwt.NewParser(
		jwt.WithValidMethods([]string{string(m.Algorithm)}),
		jwt.WithIssuer(Issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
	)
	key := m.verificationKey()
	return p, func(*jwt.Token) (any, error) { return key, nil }
}
