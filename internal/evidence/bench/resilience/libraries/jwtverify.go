package libraries

import (
	"context"
	"errors"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// Jwtverify follows README.md, "In an HTTP service": a provider, Run, New. Issuers
// are kept apart with keys.ForIssuer, and the refresh is set with keys.WithRefresh.
var Jwtverify = resilience.Adapter{Called: "jwtverify", Set: func(ctx context.Context, s resilience.Setting) (v resilience.Verifier, err error) {
	var opts []keys.Option
	if s.Refresh > 0 {
		opts = append(opts, keys.WithRefresh(s.Refresh))
	}
	var sources []keys.Provider
	var names []string
	for _, iss := range s.Issuers {
		remote, err := keys.NewRemote(iss.JWKS, opts...)
		if err != nil {
			return v, err
		}
		sources = append(sources, keys.ForIssuer(iss.URL, remote))
		names = append(names, iss.URL)
	}
	src := keys.Merge(sources...)
	go keys.Run(ctx, src)
	keyed, err := verifier.New(src, verifier.WithIssuer(names...), verifier.WithAudience(s.Issuers[0].Audience))
	if err != nil {
		return v, err
	}
	v.Verify = func(ctx context.Context, raw string) error {
		_, err := keyed.Verify(ctx, raw)
		return err
	}
	v.Unavailable = func(err error) bool { return errors.Is(err, verifier.ErrUnavailable) }
	return v, nil
}}
