package libraries

import (
	"context"
	"errors"
	"net/url"

	"github.com/auth0/go-jwt-middleware/v3/core"
	"github.com/auth0/go-jwt-middleware/v3/jwks"
	"github.com/auth0/go-jwt-middleware/v3/validator"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
)

// auth0 follows README.md of go-jwt-middleware v3.3.0: "Production Example with
// JWKS and Auth0", and "Static Multiple Issuers" for two. The cache's TTL is its
// refresh: 15 minutes by default. The code of an outage is in "Error Responses".
var auth0 = resilience.Adapter{
	Called: "go-jwt-middleware",
	Of:     []string{"github.com/auth0/go-jwt-middleware/v3"},
	Set: func(_ context.Context, s resilience.Setting) (v resilience.Verifier, err error) {
		ttl, ttls := []any{}, []jwks.MultiIssuerProviderOption{}
		if s.Refresh > 0 {
			ttl, ttls = append(ttl, jwks.WithCacheTTL(s.Refresh)), append(ttls, jwks.WithMultiIssuerCacheTTL(s.Refresh))
		}
		u, err := url.Parse(s.Issuers[0].URL)
		one, err1 := jwks.NewCachingProvider(append(ttl, jwks.WithIssuerURL(u))...)
		many, err2 := jwks.NewMultiIssuerProvider(ttls...)
		if err = errors.Join(err, err1, err2); err != nil {
			return v, err
		}
		keys, names := validator.WithKeyFunc(one.KeyFunc), []string{}
		for _, iss := range s.Issuers {
			names = append(names, iss.URL)
		}
		if len(names) > 1 {
			keys = validator.WithKeyFunc(many.KeyFunc)
		}
		val, err := validator.New(keys, validator.WithAlgorithm(validator.RS256), validator.WithIssuers(names), validator.WithAudience(s.Issuers[0].Audience))
		v.Verify = func(ctx context.Context, raw string) error {
			_, err := val.ValidateToken(ctx, raw)
			return err
		}
		v.Unavailable = func(err error) bool {
			var e *core.ValidationError
			return errors.As(err, &e) && e.Code == core.ErrorCodeJWKSFetchFailed
		}
		return v, err
	},
}
