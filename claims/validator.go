package claims

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
)

// A Validator accepts or refuses a set of claims as of a time.
//
// Validate returns nil to accept, and an error to refuse: an [*Error], or one of
// its own. If it could not find out, it returns an error for which
// [IsUnavailable] is true. It takes the time from at and not from the clock, so
// that a token can be judged as of another time.
//
// Goroutines share a Validator. It must not change the Set.
type Validator interface {
	Validate(ctx context.Context, s *Set, at time.Time) error
}

// ValidatorFunc is an adapter that makes a function a [Validator].
type ValidatorFunc func(ctx context.Context, s *Set, at time.Time) error

// Validate calls f.
func (f ValidatorFunc) Validate(ctx context.Context, s *Set, at time.Time) error {
	return f(ctx, s, at)
}

// Subject requires a "sub" that is not empty; without one the error wraps
// [ErrMissing].
func Subject() Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		if s.Subject == "" {
			return &Error{"sub", ErrMissing}
		}
		return nil
	})
}

// Issuer requires an "iss" that equals one of issuers byte for byte. The error
// wraps [ErrMissing] if there is no "iss", else [ErrMismatch]. Without
// arguments it refuses every token.
func Issuer(issuers ...string) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		switch {
		case !s.has(iss):
			return &Error{"iss", ErrMissing}
		case !slices.Contains(issuers, s.Issuer):
			return &Error{"iss", mismatch(issuers, s.Issuer)}
		}
		return nil
	})
}

// Audience requires an "aud" that names at least one of audiences, byte for byte
// (RFC 7519 §4.1.3). The error wraps [ErrMissing] if there is no "aud", else
// [ErrMismatch]. Without arguments it refuses every token.
func Audience(audiences ...string) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		if !s.has(aud) {
			return &Error{"aud", ErrMissing}
		}
		for _, a := range s.Audience {
			if slices.Contains(audiences, a) {
				return nil
			}
		}
		return &Error{"aud", mismatch(audiences, s.Audience...)}
	})
}

// Required requires a member of each name whose value is not null. The error
// wraps [ErrMissing] and names the first that is absent. Without arguments it
// accepts every token.
func Required(names ...string) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		for _, name := range names {
			if !s.hasMember(name) {
				return &Error{name, ErrMissing}
			}
		}
		return nil
	})
}

// mismatch wraps ErrMismatch for a claim that has none of the expected values.
func mismatch(expected []string, got ...string) error { return &unexpected{expected, got} }

// An unexpected error builds its text only when it is read: comparing every value
// costs more than the refusal, and in [Any] a refusal is not the end.
type unexpected struct{ expected, got []string }

// The values are compared byte for byte, so the text points out a difference that
// people overlook.
func (u *unexpected) Error() string {
	return fmt.Sprintf("%v: it is %s, expected %s%s", ErrMismatch, message.List(u.got...), message.List(u.expected...), overlooked(u.expected, u.got))
}

func (u *unexpected) Unwrap() error { return ErrMismatch }

// overlooked describes a difference between one of expected and one of got that
// is easily overlooked. It returns "" if they differ in something else.
func overlooked(expected, got []string) string {
	for _, d := range []struct {
		what  string
		strip func(string) string // removes the difference
	}{
		{"a trailing slash", func(s string) string { return strings.TrimRight(s, "/") }},
		{"white space", func(s string) string { return strings.Join(strings.Fields(s), "") }},
		{"upper and lower case", strings.ToLower},
		{"http and https", func(s string) string { return strings.Replace(s, "http://", "https://", 1) }},
		{"the default port", withoutDefaultPort},
		{"several of: trailing slash, case, http and https, port, white space", func(s string) string {
			s = strings.ToLower(strings.Join(strings.Fields(s), ""))
			s = withoutDefaultPort(s)
			return strings.Replace(strings.TrimRight(s, "/"), "http://", "https://", 1)
		}},
	} {
		for _, e := range expected {
			for _, g := range got {
				if e != "" && g != "" && d.strip(e) == d.strip(g) {
					return "; they differ only in " + d.what
				}
			}
		}
	}
	return ""
}

// withoutDefaultPort removes the port that the scheme of a URL implies.
func withoutDefaultPort(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	port := map[string]string{"https": ":443", "http": ":80"}[scheme]
	if !ok || port == "" {
		return s
	}
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	return scheme + "://" + strings.TrimSuffix(host, port) + path
}
