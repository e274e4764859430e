// Package fromenv configures a verifier from environment variables, for the
// example programs:
//
//	JWT_KEYS      a reference for keys.Open
//	JWT_ISSUER    the expected issuer
//	JWT_AUDIENCE  the expected audience
package fromenv

import (
	"context"
	"fmt"
	"os"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// Verifier returns the verifier that the variables describe, and its keys. A
// variable that is set but empty is a mistake, never a looser policy.
func Verifier(ctx context.Context, opts ...verifier.Option) (*verifier.Local, keys.Provider, error) {
	ref, ok := os.LookupEnv("JWT_KEYS")
	if !ok {
		return nil, nil, fmt.Errorf("JWT_KEYS is not set; use env:NAME, file:PATH, https://host/jwks.json or oidc:https://issuer")
	}
	src, err := keys.Open(ctx, ref)
	if err != nil {
		return nil, nil, fmt.Errorf("JWT_KEYS: %w", err)
	}
	if iss, ok := os.LookupEnv("JWT_ISSUER"); ok {
		opts = append(opts, verifier.WithIssuer(iss))
	}
	if aud, ok := os.LookupEnv("JWT_AUDIENCE"); ok {
		opts = append(opts, verifier.WithAudience(aud))
	}
	v, err := verifier.New(src, opts...)
	if err != nil {
		return nil, nil, fmt.Errorf("JWT_ISSUER or JWT_AUDIENCE: %w", err)
	}
	return v, src, nil
}
