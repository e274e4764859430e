package libraries

import (
	"context"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
)

// goOIDC follows the comment of NewVerifier of go-oidc v3.21.0 (oidc/verify.go):
// NewRemoteKeySet, for when the URL of the key set is known. README.md begins with
// NewProvider, which uses the same key set and returns an error when discovery
// fails; so this is the kinder of the two. It has no refresh and no error for an
// outage; a verifier has one issuer.
var goOIDC = resilience.Adapter{
	Called: "go-oidc",
	Of:     []string{"github.com/coreos/go-oidc/v3"},
	Set: func(ctx context.Context, s resilience.Setting) (v resilience.Verifier, err error) {
		if len(s.Issuers) != 1 {
			return v, resilience.ErrCannot
		}
		iss := s.Issuers[0]
		set := oidc.NewRemoteKeySet(ctx, iss.JWKS)
		ids := oidc.NewVerifier(iss.URL, set, &oidc.Config{ClientID: iss.Audience})
		v.Verify = func(ctx context.Context, raw string) error {
			_, err := ids.Verify(ctx, raw)
			return err
		}
		return v, nil
	},
}
