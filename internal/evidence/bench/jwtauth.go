package bench

import (
	"net/http"

	chi "github.com/go-chi/jwtauth/v5"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

var jwtauth = Middleware{
	Name:   "go-chi/jwtauth",
	Module: "github.com/go-chi/jwtauth/v5",
	Wrap: func(m *Material) (func(func(string)) http.Handler, error) {
		auth := chi.New(string(m.Algorithm), nil, m.verificationKey(),
			jwt.WithIssuer(Issuer),
			jwt.WithAudience(audience),
			jwt.WithRequiredClaim("exp"),
			jwt.WithRequiredClaim("sub"),
			jwt.WithAcceptableSkew(leeway),
		)
		verify, require := chi.Verifier(auth), chi.Authenticator(auth)
		return func(got func(string)) http.Handler {
			return verify(require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				tok, _, err := chi.FromContext(r.Context())
				if err == nil && tok != nil {
					got(tok.Subject())
				}
			})))
		}, nil
	},
}
