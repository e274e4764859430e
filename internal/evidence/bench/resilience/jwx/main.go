// Jwx is the process of github.com/lestrrat-go/jwx for the report. It is a module
// of its own because auth0/go-jwt-middleware needs another version of that module,
// and is to be measured with the one that it asks for.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/lestrrat-go/httprc/v3"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience/process"
)

func main() {
	if err := process.Serve(context.Background(), cached, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "jwx:", err)
		os.Exit(1)
	}
}

// cached follows docs/04-jwk.md of jwx v3.4.0: "Auto-refreshing remote keys" with
// the intervals there, and "Unsupported keys in a set", which says to opt into
// retain for the sets of others. That a start need not wait for the endpoint is in
// the comment of httprc.ErrNotReady (v3.0.6). A key set is not bound to an issuer.
var cached = resilience.Adapter{
	Called: "jwx",
	Of:     []string{"github.com/lestrrat-go/jwx/v3"},
	Set: func(ctx context.Context, s resilience.Setting) (v resilience.Verifier, err error) {
		if len(s.Issuers) != 1 {
			return v, resilience.ErrCannot
		}
		iss, least, most := s.Issuers[0], 15*time.Minute, 7*24*time.Hour
		if s.Refresh > 0 {
			least, most = s.Refresh, s.Refresh
		}
		cache, err := jwk.NewCache(ctx, httprc.NewClient())
		if err != nil {
			return v, err
		}
		wait, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		err = cache.Register(wait, iss.JWKS, jwk.WithMinInterval(least), jwk.WithMaxInterval(most), jwk.WithStrictKeySetParsing(false))
		if err != nil && !errors.Is(err, httprc.ErrNotReady()) {
			return v, err
		}
		v.Verify = func(ctx context.Context, raw string) error {
			set, err := cache.Lookup(ctx, iss.JWKS)
			if err == nil {
				_, err = jwt.Parse([]byte(raw), jwt.WithKeySet(set), jwt.WithIssuer(iss.URL), jwt.WithAudience(iss.Audience))
			}
			return err
		}
		return v, nil
	},
}
