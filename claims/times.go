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
	return &Error{claim, &untimely{ErrExpired, at.Sub(end), at, leeway}}
}

// begun refuses when at is before start less leeway.
func begun(claim string, start time.Time, leeway time.Duration, at time.Time) error {
	if !at.Before(start.Add(-leeway)) {
		return nil
	}
	return &Error{claim, &untimely{ErrNotYetValid, start.Sub(at), at, leeway}}
}

// An untimely token came too late or too early. It is worded only when somebody
// reads it: most refusals are counted, not read.
type untimely struct {
	kind   error
	by     time.Duration
	now    time.Time
	leeway time.Duration
}

// clockError is how far clocks are usually off when one is.
const clockError = 15 * time.Minute

func (u *untimely) Error() string {
	ago := u.kind.Error() + " "
	if u.kind == ErrExpired {
		ago += u.by.Round(time.Second).String() + " ago"
	} else {
		ago += "for another " + u.by.Round(time.Second).String()
	}
	ago += fmt.Sprintf("; now is %s, and the leeway %v", u.now.UTC().Format(time.RFC3339), u.leeway)
	if u.by <= clockError {
		ago += "; is a clock off?"
	}
	return ago
}

func (u *untimely) Unwrap() error { return u.kind }
