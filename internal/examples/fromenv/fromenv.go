// Package fromenv configures a verifier from environment variables, for the
// example programs:
//
//	JWT_ISSUERS   references for issuers.Open: keys, and every check of the tokens
//
// or, for an issuer without a preset,
//
//	JWT_KEYS      a reference for keys.Open
//	JWT_ISSUER    the expected issuer
//	JWT_AUDIENCE  the expected audience
package fromenv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
)

// A Config is what the variables describe. Make one with [Load] or [Own].
type Config struct {
	Verifier verifier.Verifier
	Keys     keys.Provider // what Verifier takes its keys from

	sources          int             // how many sources Keys has
	issuer, audience string          // of JWT_ISSUER and JWT_AUDIENCE
	issuers          *issuers.Issuer // of JWT_ISSUERS, or nil
	file             bool            // whether issuers are those of a file
}

const nameIssuers = "JWT_ISSUERS"

// apart are the variables that JWT_ISSUERS takes the place of.
var apart = []string{"JWT_KEYS", "JWT_ISSUER", "JWT_AUDIENCE"}

// IsSet reports whether any of the variables is set, even to an empty value. If none
// is, a program may fall back on [Own].
func IsSet() bool { return len(set(nameIssuers)) > 0 || len(set(apart...)) > 0 }

// set returns those of names that are set, even to an empty value.
func set(names ...string) (found []string) {
	for _, name := range names {
		if _, ok := os.LookupEnv(name); ok {
			found = append(found, name)
		}
	}
	return found
}

// Load returns what the variables describe. It does not use the network. A variable
// that is set but empty is an error and never a looser policy, and so is JWT_ISSUERS
// together with another, and an issuer or audience without JWT_KEYS. The verifier and
// the sources of keys log to log.
func Load(ctx context.Context, log *slog.Logger) (*Config, error) {
	if ref, ok := os.LookupEnv(nameIssuers); ok {
		return loadIssuers(ctx, ref, log)
	}
	ref, ok := os.LookupEnv("JWT_KEYS")
	if !ok {
		return nil, errors.New("JWT_KEYS is not set; use env:NAME, file:PATH, https://host/jwks.json or oidc:https://issuer, or set JWT_ISSUERS alone")
	}
	c := &Config{sources: strings.Count(ref, ",") + 1}
	var err error
	if c.Keys, err = keys.Open(ctx, ref, keys.WithLogger(log)); err != nil {
		return nil, fmt.Errorf("JWT_KEYS: %w", err)
	}
	opts := []verifier.Option{verifier.WithLogger(log)}
	// An empty value is passed on as well: verifier.New refuses it.
	if iss, ok := os.LookupEnv("JWT_ISSUER"); ok {
		c.issuer = iss
		opts = append(opts, verifier.WithIssuer(iss))
	}
	if aud, ok := os.LookupEnv("JWT_AUDIENCE"); ok {
		c.audience = aud
		opts = append(opts, verifier.WithAudience(aud))
	}
	if c.Verifier, err = verifier.New(c.Keys, opts...); err != nil {
		return nil, fmt.Errorf("JWT_ISSUER or JWT_AUDIENCE: %w", err)
	}
	return c, nil
}

// loadIssuers opens JWT_ISSUERS. The other variables would say a second time, and
// less well, what its references say for each issuer.
func loadIssuers(ctx context.Context, ref string, log *slog.Logger) (*Config, error) {
	if more := set(apart...); len(more) > 0 {
		return nil, fmt.Errorf("JWT_ISSUERS is set together with %s; its references say keys, issuer and audience: unset one side", strings.Join(more, ", "))
	}
	iss, err := issuers.Open(ctx, ref, issuers.WithLogger(log))
	if err != nil {
		return nil, fmt.Errorf("JWT_ISSUERS: %w", err)
	}
	return &Config{Verifier: iss, Keys: iss.Keys(), issuers: iss, file: strings.HasPrefix(strings.TrimSpace(ref), "file:")}, nil
}

// Own returns a Config for a source of the program's own, without variables.
func Own(src keys.Provider, opts ...verifier.Option) (*Config, error) {
	v, err := verifier.New(src, opts...)
	if err != nil {
		return nil, err
	}
	return &Config{Verifier: v, Keys: src, sources: 1}, nil
}

// Location says where the tokens are in a request. With a file of issuers, it is that
// of the issuers at this moment.
func (c *Config) Location() verifier.Location {
	if c.issuers == nil {
		return verifier.Location{}
	}
	return c.issuers.Location()
}
