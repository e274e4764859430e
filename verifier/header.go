package verifier

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
)

// WithHeader adds validators that see the header of the token (RFC 7515 §4) as if its
// parameters were claims, for issuers that state there what has to be checked, as
// AWS ALB does:
//
//	verifier.WithHeader(claims.OneOf("signer", loadBalancerARN))
//
// They run in order once the signature verified, before any claim is checked, and
// for a token from the cache too. They do not replace a check of the claims: [Token]
// has nothing of the header but Algorithm, KeyID and Type. The header is read like a
// payload, so that an "exp" or "aud" in it must have the type of that claim.
//
// Errors name the parameter as in "header signer", also in a [claims.Error]; the
// validator's error decides the answer, as with [WithClaims]. If given several times,
// the lists add up. A nil validator, or none, is an error of [New].
func WithHeader(vs ...claims.Validator) Option {
	all := givenBy(vs)
	return func(c *config) {
		if len(vs) == 0 {
			c.fail("WithHeader: nothing given")
		}
		for _, v := range vs {
			if absent.Is(v) {
				c.fail("WithHeader: a validator is nil")
			}
		}
		c.header = append(c.header, all...)
	}
}

// ofHeader runs a validator on the header.
type ofHeader struct{ claims.Validator }

func (o ofHeader) Validate(ctx context.Context, head *claims.Set, at time.Time) error {
	if err := o.Validator.Validate(ctx, head, at); err != nil {
		return &headerError{err}
	}
	return nil
}

// A headerError says that an error is about the header, so that nobody takes the
// parameter that it names for the claim of that name.
type headerError struct{ err error }

func (h *headerError) Error() string {
	if e, ok := h.err.(*claims.Error); ok && e.Claim != "" {
		return "header " + message.Plain(e.Claim) + ": " + e.Err.Error()
	}
	return "header: " + message.Bare(h.err)
}

// As gives the *claims.Error inside the name of the parameter instead of a claim's.
func (h *headerError) As(target any) bool {
	to, ok := target.(**claims.Error)
	var e *claims.Error
	if !ok || !errors.As(h.err, &e) {
		return false
	}
	name := "header"
	if e.Claim != "" {
		name += " " + e.Claim
	}
	*to = &claims.Error{Claim: name, Err: e.Err}
	return true
}

func (h *headerError) Unwrap() error { return h.err }

// copyOfSet returns a copy that shares nothing with s that can be changed. The copy
// of nil is nil.
func copyOfSet(s *claims.Set) *claims.Set {
	if s == nil {
		return nil
	}
	c := *s
	c.Audience = slices.Clone(s.Audience)
	return &c
}
