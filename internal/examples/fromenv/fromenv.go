// Package fromenv configures a verifier from environment variables, for the
// example programs:
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
	"strconv"
	"strings"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Config is what the variables describe. Make one with [Load] or [Own].
type Config struct {
	Verifier *verifier.Keyed
	Keys     keys.Provider // what Verifier takes its keys from

	sources          int // how many sources Keys has
	issuer, audience string
}

// IsSet reports whether any of the variables is set, even to an empty value. If none
// is, a program may fall back on [Own].
func IsSet() bool {
	for _, name := range []string{"JWT_KEYS", "JWT_ISSUER", "JWT_AUDIENCE"} {
		if _, ok := os.LookupEnv(name); ok {
			return true
		}
	}
	return false
}

// Load returns what the variables describe. It does not use the network. A variable
// that is set but empty is an error and never a looser policy, and so is an issuer
// or audience without JWT_KEYS. Sources of keys log to log.
func Load(ctx context.Context, log *slog.Logger, opts ...verifier.Option) (*Config, error) {
	ref, ok := os.LookupEnv("JWT_KEYS")
	if !ok {
		return nil, errors.New("JWT_KEYS is not set; use env:NAME, file:PATH, https://host/jwks.json or oidc:https://issuer")
	}
	c := &Config{sources: strings.Count(ref, ",") + 1}
	var err error
	if c.Keys, err = keys.Open(ctx, ref, keys.WithLogger(log)); err != nil {
		return nil, fmt.Errorf("JWT_KEYS: %w", err)
	}
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

// Own returns a Config for a source of the program's own, without variables.
func Own(src keys.Provider, opts ...verifier.Option) (*Config, error) {
	v, err := verifier.New(src, opts...)
	if err != nil {
		return nil, err
	}
	return &Config{Verifier: v, Keys: src, sources: 1}, nil
}

// Ready reports whether there is a key to verify with now. A source without a
// status, such as a secret, has its keys from the start.
func (c *Config) Ready() bool {
	statuses := keys.Statuses(c.Keys) // only of sources that fetch or read a file
	ready := len(statuses) < c.sources
	for _, s := range statuses {
		ready = ready || len(s.Keys) > 0
	}
	return ready
}

// String returns the settings in force, one per line. It never shows a secret, nor
// the reference to one.
func (c *Config) String() string {
	var b strings.Builder
	statuses := keys.Statuses(c.Keys)
	for _, s := range statuses {
		fmt.Fprintf(&b, "  keys      %s\n", strconv.Quote(s.Source))
	}
	if n := c.sources - len(statuses); n > 0 {
		fmt.Fprintf(&b, "  keys      %d given directly, not shown\n", n)
	}
	for _, v := range []struct{ name, value, unset string }{
		{"issuer", c.issuer, "JWT_ISSUER is not set: the issuer of the keys, or none"},
		{"audience", c.audience, "JWT_AUDIENCE is not set: none"},
	} {
		if v.value == "" {
			fmt.Fprintf(&b, "  %-9s %s\n", v.name, v.unset)
		} else {
			fmt.Fprintf(&b, "  %-9s %s\n", v.name, strconv.Quote(v.value))
		}
	}
	return b.String()
}
