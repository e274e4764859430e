package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// options are those of the case.
func (c *peerCase) options(raw string) []verifier.Option {
	o, leeway := &c.Config, seconds(c.Config.Leeway)
	opts := []verifier.Option{verifier.WithLeeway(leeway)}
	add := func(when bool, opt func() verifier.Option) {
		if when {
			opts = append(opts, opt())
		}
	}
	choose := func(values []string, some func(...string) verifier.Option, any func() verifier.Option) {
		if len(values) > 0 {
			opts = append(opts, some(values...))
		} else {
			opts = append(opts, any())
		}
	}
	choose(o.Issuers, verifier.WithIssuer, verifier.WithAnyIssuer)
	choose(o.Audiences, verifier.WithAudience, verifier.WithAnyAudience)
	typ := (&tokenCase{Token: raw}).peek(0)["typ"]
	if name, ok := typ.(string); ok && name != "" {
		add(o.AnyType, func() verifier.Option { return verifier.WithType(name) })
	}
	add(o.Types != nil, func() verifier.Option { return verifier.WithType(o.Types...) })
	add(o.Algs != nil, (&tokenCase{Algs: o.Algs}).allowed)
	add(!o.NeedSub, verifier.WithOptionalSubject)
	add(!o.NeedExp, verifier.WithOptionalExpiry)
	if o.Now != nil {
		whole, fraction := math.Modf(*o.Now)
		at := time.Unix(int64(whole), int64(fraction*1e9))
		opts = append(opts, verifier.WithClock(func() time.Time { return at }))
	}
	return append(opts, verifier.WithClaims(c.validators(leeway)...))
}

func (c *peerCase) validators(leeway time.Duration) (vs []claims.Validator) {
	o := &c.Config
	if o.MaxAge > 0 {
		vs = append(vs, claims.MaxAge(seconds(o.MaxAge), leeway))
	}
	if o.Scope != nil {
		vs = append(vs, claims.Scope(o.Scope...))
	}
	if o.ScopeAny != nil {
		var any []claims.Validator
		for _, s := range o.ScopeAny {
			any = append(any, claims.Scope(s))
		}
		vs = append(vs, claims.Any(any...))
	}
	if o.Required != nil {
		vs = append(vs, claims.Required(o.Required...))
	}
	for claim, want := range o.Equal {
		vs = append(vs, equals(claim, fmt.Sprint(want)))
	}
	for claim, wanted := range o.OneOf {
		var any []claims.Validator
		for _, want := range wanted {
			any = append(any, equals(claim, want))
		}
		vs = append(vs, claims.Any(any...))
	}
	for claim, wanted := range o.Overlap {
		vs = append(vs, overlaps(claim, wanted))
	}
	if vs == nil { // WithClaims takes no empty list
		vs = append(vs, claims.All())
	}
	return vs
}

var errNoOverlap = errors.New("none of those wanted")

// overlaps requires a claim to be an array that names one of them.
func overlaps(claim string, wanted []string) claims.Validator {
	return claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		got, _, err := claims.Value[[]string](s, claim)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(got, func(v string) bool { return slices.Contains(wanted, v) }) {
			return &claims.Error{Claim: claim, Err: fmt.Errorf("%w: %w", claims.ErrMismatch, errNoOverlap)}
		}
		return nil
	})
}
