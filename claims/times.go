package claims

import (
	"context"
	"fmt"
	"time"
)

// Expiry requires an "exp" that has not passed: it refuses the token when at is
// exp plus leeway or later (RFC 7519 §4.1.4). The error wraps [ErrMissing] if
// there is no "exp", else [ErrExpired].
//
// The leeway of this and the other validators of dates forgives clocks that
// differ. 30 seconds are usual; 0 forgives nothing.
func Expiry(leeway time.Duration) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, at time.Time) error {
		if !s.has(exp) {
			return &Error{"exp", ErrMissing}
		}
		if leeway >= 0 && at.Before(s.Expiry) { // saves the call for most tokens
			return nil
		}
		return notOver("exp", s.Expiry, leeway, at)
	})
}

// NotBefore refuses a token whose time has not come: with [ErrNotYetValid] when
// at is before "nbf" minus leeway (RFC 7519 §4.1.5). It accepts a token without
// "nbf".
func NotBefore(leeway time.Duration) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, at time.Time) error {
		if !s.has(nbf) || leeway >= 0 && !at.Before(s.NotBefore) { // as in Expiry
			return nil
		}
		return begun("nbf", s.NotBefore, leeway, at)
	})
}

// IssuedAt refuses a token from the future: with [ErrNotYetValid] when at is
// before "iat" minus leeway (RFC 7519 §4.1.6). It accepts a token without "iat".
func IssuedAt(leeway time.Duration) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, at time.Time) error {
		if !s.has(iat) || leeway >= 0 && !at.Before(s.IssuedAt) { // as in Expiry
			return nil
		}
		return begun("iat", s.IssuedAt, leeway, at)
	})
}

// MaxAge requires an "iat" that is at most d old, whatever "exp" says. The error
// wraps [ErrMissing] if there is no "iat", [ErrExpired] when at is iat plus d
// plus leeway or later, and [ErrNotYetValid] as for [IssuedAt].
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

// MaxLifetime requires an "exp" that is at most d after "iat" and at most d after
// at, whichever is less. Without this check, an issuer can make a token that is
// valid for a hundred years, or be tricked into making one. The error wraps
// [ErrMissing] if there is no "exp", else [ErrMismatch].
//
// There is no leeway, and an "iat" in the future does not extend the limit. If the
// issuer's clock is ahead, a new token may be refused until its "exp" is at most d
// away, so make d some seconds longer than the tokens live. A token without "iat"
// may have been issued at any time, so only at counts.
//
// MaxLifetime does not refuse a token that has expired, which [Expiry] does. It
// panics if d is less than a millisecond, which usually lacks its unit.
func MaxLifetime(d time.Duration) Validator {
	if d < time.Millisecond {
		mustBeSound("MaxLifetime", fmt.Errorf("%v is too short; write the unit, as in 24*time.Hour", d))
	}
	return ValidatorFunc(func(_ context.Context, s *Set, at time.Time) error {
		if !s.has(exp) {
			return &Error{"exp", ErrMissing}
		}
		if s.has(iat) && s.Expiry.After(s.IssuedAt.Add(d)) {
			return &Error{"exp", &tooLong{s.Expiry.Sub(s.IssuedAt), d, "its iat"}}
		}
		if s.Expiry.After(at.Add(d)) {
			return &Error{"exp", &tooLong{s.Expiry.Sub(at), d, "now"}}
		}
		return nil
	})
}

// A tooLong error says that a token lives too long. A time.Duration ends at 292
// years, which is long enough for the text.
type tooLong struct {
	life, most time.Duration
	since      string
}

func (t *tooLong) Error() string {
	return fmt.Sprintf("%v: it is %v after %s, expected at most %v", ErrMismatch, t.life.Round(time.Second), t.since, t.most)
}

func (t *tooLong) Unwrap() error { return ErrMismatch }

// notOver refuses when at is end plus leeway or later.
func notOver(claim string, end time.Time, leeway time.Duration, at time.Time) error {
	// Most tokens need no leeway, and adding it costs more than the comparison.
	if leeway >= 0 && at.Before(end) || at.Before(end.Add(leeway)) {
		return nil
	}
	return &Error{claim, &untimely{ErrExpired, at.Sub(end), at, leeway}}
}

// begun refuses when at is before start minus leeway.
func begun(claim string, start time.Time, leeway time.Duration, at time.Time) error {
	if leeway >= 0 && !at.Before(start) || !at.Before(start.Add(-leeway)) { // as in notOver
		return nil
	}
	return &Error{claim, &untimely{ErrNotYetValid, start.Sub(at), at, leeway}}
}

// An untimely error says that a token came too late or too early. Its text is
// built only when it is read, since most refusals are counted and never read.
type untimely struct {
	kind   error // ErrExpired or ErrNotYetValid
	by     time.Duration
	now    time.Time
	leeway time.Duration
}

// clockError is the largest difference that suggests a wrong clock rather than
// an old token.
const clockError = 15 * time.Minute

func (u *untimely) Error() string {
	text := u.kind.Error() + " "
	if u.kind == ErrExpired {
		text += u.by.Round(time.Second).String() + " ago"
	} else {
		text += "for another " + u.by.Round(time.Second).String()
	}
	text += fmt.Sprintf("; it is now %s, leeway %v", u.now.UTC().Format(time.RFC3339), u.leeway)
	if u.by <= clockError {
		text += "; is a clock wrong?"
	}
	return text
}

func (u *untimely) Unwrap() error { return u.kind }
