package libraries

import (
	"context"
	"errors"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
)

// keyfuncs follows README.md of keyfunc v3.9.1, "Basic usage": NewDefaultCtx, and
// jwt.Parse with the Keyfunc. NewDefaultOverrideCtx has the same defaults; it is
// here for RefreshInterval, and not to log. KeyfuncCtx brings the deadline of the
// request. WithValidMethods is what golang-jwt v5.3.1 heavily encourages in the
// comment of that option. ErrTokenUnverifiable is its error for keys.
var keyfuncs = resilience.Adapter{
	Called: "golang-jwt + keyfunc",
	Of:     []string{"github.com/golang-jwt/jwt/v5", "github.com/MicahParks/keyfunc/v3"},
	Set: func(ctx context.Context, s resilience.Setting) (v resilience.Verifier, err error) {
		var urls []string
		for _, iss := range s.Issuers {
			urls = append(urls, iss.JWKS)
		}
		k, err := keyfunc.NewDefaultOverrideCtx(ctx, urls, keyfunc.Override{
			RefreshInterval:         s.Refresh, // zero: an hour
			RefreshErrorHandlerFunc: func(string) func(context.Context, error) { return func(context.Context, error) {} },
		})
		if err != nil {
			return v, err
		}
		opts := []jwt.ParserOption{jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience(s.Issuers[0].Audience), jwt.WithExpirationRequired()}
		if len(s.Issuers) == 1 { // it takes one
			opts = append(opts, jwt.WithIssuer(s.Issuers[0].URL))
		}
		v.Verify = func(ctx context.Context, raw string) error {
			_, err := jwt.Parse(raw, k.KeyfuncCtx(ctx), opts...)
			return err
		}
		v.Unavailable = func(err error) bool { return errors.Is(err, jwt.ErrTokenUnverifiable) }
		return v, nil
	},
}
