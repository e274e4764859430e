package claims

import (
	"context"
	"fmt"
	"time"
)

// Expiry requires an "exp" that has not passed: it refuses when at is exp plus
// leeway or later (RFC 7519 §4.1.4). [ErrMissing] without one, else
// [ErrExpired].
func Expiry(leeway time.Duration) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, at time.Time) error {
		if !s.has(exp) {
			return &Error{"exp", ErrMissing}
		}
		return notOver("exp", s.Expiry, leeway, at)
	})
}

// NotBefore refuses with [ErrNotYetValid] when at is before "nbf" less leeway
// (RFC 7519 §4.1.5). A token without "nbf" passes.
func NotBefore(leeway time.Duration) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, at time.Time) error {
		if !s.has(nbf) {
			return nil
		}
		return begun("nbf", s.NotBefore, leeway, at)
	})
}

// IssuedAt refuses with [ErrNotYetValid] a token from the future: when at is
// before "iat" less leeway. A token without "iat" passes.
func IssuedAt(leeway time.Duration) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, at time.Time) error {
		if !s.has(iat) {
			return nil
		}
		return begun("iat", s.IssuedAt, leeway, at)
	})
}

// MaxAge requires an "iat" that is at most d old, whatever "exp" says:
// [ErrMissing] without one, [ErrExpired] when at is iat plus d plus leeway or
// later, and [ErrNotYetValid] as [IssuedAt] does.
func MaxAge(d, leeway time.Duration) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, at time.Time) error {
		if !s.has(iat) {
			return &Error{"iat", ErrMissing}
		}
		if err := begun("iat", s.IssuedAt, leeway, at); err != nil {
			return err
		}
		return notOver("iat", s.IssuedAt.Add(d), leeway, at)
	})
}

// notOver refuses when at is end plus leeway or later.
func notOver(claim string, end time.Time, leeway time.Duration, at time.Time) error {
	if at.Before(end.Add(leeway)) {
		return nil
	}
	return &Error{claim, fmt.Errorf("%w %s ago", ErrExpired, at.Sub(end).Round(time.Second))}
}

// begun refuses when at is before start less leeway.
func begun(claim string, start time.Time, leeway time.Duration, at time.Time) error {
	if !at.Before(start.Add(-leeway)) {
		return nil
	}
	return &Error{claim, fmt.Errorf("%w for another %s", ErrNotYetValid, start.Sub(at).Round(time.Second))}
}
