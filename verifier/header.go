package verifier

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
)

// header reads the header of msg, whose signature verified, for the validators of
// WithHeader. It returns nil without them.
func (v *Keyed) header(msg *jws.Message) (*claims.Set, error) {
	if len(v.policy.head) == 0 {
		return nil, nil
	}
	head, err := claims.Parse([]byte(v.parser.HeaderText(msg)))
	if err != nil {
		return nil, &headerError{err}
	}
	return head, nil
}

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
