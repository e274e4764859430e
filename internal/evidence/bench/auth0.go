package bench

import (
	"context"
	"net/http"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/core"
	"github.com/auth0/go-jwt-middleware/v3/validator"
)

var auth0 = Middleware{
	Name:   "auth0/go-jwt-middleware",
	Module: "github.com/auth0/go-jwt-middleware/v3",
	Wrap: func(m *Material) (func(func(string)) http.Handler, error) {
		key := m.verificationKey()
		v, err := validator.New(
			validator.WithKeyFunc(func(context.Context) (any, error) { return key, nil }),
			validator.WithAlgorithm(validator.SignatureAlgorithm(m.Algorithm)),
			validator.WithIssuer(Issuer),
			validator.WithAudience(audience),
			validator.WithAllowedClockSkew(leeway),
		)
		if err != nil {
			return nil, err
		}
		mw, err := jwtmiddleware.New(
			jwtmiddleware.WithValidator(v),
			jwtmiddleware.WithDPoPMode(core.DPoPDisabled), // the others do not read DPoP proofs
		)
		return func(got func(string)) http.Handler {
			return mw.CheckJWT(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				c, err := jwtmiddleware.GetClaims[*validator.ValidatedClaims](r.Context())
				if err == nil {
					got(c.RegisteredClaims.Subject)
				}
			}))
		}, err
	},
}
