package verifier

import (
	"errors"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// ErrInvalidToken is returned for every token that is not to be trusted. Each of
// the narrower errors below comes with it, and so does every error of package
// claims but [claims.ErrInsufficientScope] and [claims.ErrUnavailable].
var ErrInvalidToken = errors.New("verifier: invalid token")

// Why a token is not to be trusted.
var (
	// ErrMalformed is returned for what is not a signed JWT in compact form, or
	// is too large.
	ErrMalformed = errors.New("verifier: malformed token")
	// ErrAlgorithm is returned when "alg" is not that of the key, or not allowed.
	ErrAlgorithm = errors.New("verifier: algorithm not allowed")
	// ErrType is returned when "typ" is not an expected one.
	ErrType = errors.New("verifier: token type not allowed")
	// ErrUnknownKey is returned when the provider looked and has no key for the
	// token.
	ErrUnknownKey = errors.New("verifier: unknown key")
	// ErrSignature is returned when no key verifies the token: it was changed, or
	// made by somebody else.
	ErrSignature = errors.New("verifier: signature does not verify")
	// ErrUnproven is returned for a token that is bound to a key ("cnf",
	// RFC 7800) when nobody has proven that its sender holds that key, or for one
	// that is bound to none where it must be.
	ErrUnproven = errors.New("verifier: token not proven to be the sender's")
)

// ErrUnavailable is returned when nothing could be decided, because the keys or
// what a validator depends on cannot be reached. The cause is wrapped. Trying
// again later may help; the token may be good.
var ErrUnavailable = errors.New("verifier: cannot decide now")

// ErrNoTime is returned by VerifyAt for an unset time. It comes with
// [ErrUnavailable], since no verdict on the token is possible, but trying again
// with the same time does not help.
var ErrNoTime = errors.New("verifier: no time to verify as of; VerifyAt needs the time when the job was enqueued")

// A failure is every error that a Local returns.
type failure struct {
	umbrella error       // ErrInvalidToken, ErrUnavailable, or nil for a lack of scope
	kind     error       // the narrower one of this package, or nil
	cause    error       // or nil
	claims   *claims.Set // of a token whose signature verified, or nil
}

func (f *failure) Error() string {
	head := f.kind
	if head == nil {
		head = f.umbrella
	}
	switch {
	case head == nil:
		return "verifier: " + message.Bare(message.OneLine(f.cause))
	case f.cause == nil:
		return head.Error()
	}
	return head.Error() + ": " + message.Bare(message.OneLine(f.cause))
}

// Is makes errors.Is find umbrella and kind.
func (f *failure) Is(target error) bool {
	return target == f.umbrella || target == f.kind
}

func (f *failure) Unwrap() error { return f.cause }

// RefusedClaims is for the function of that name.
func (f *failure) RefusedClaims() *claims.Set { return f.claims }

// RefusedClaims returns the claims of a token that was refused although its
// signature verified, as of one that has expired or lacks a scope: to log or
// count whose it was. They are no reason to let a request through. ok is false
// when the signature did not verify, or was not looked at.
func RefusedClaims(err error) (s *claims.Set, ok bool) {
	var refusal interface{ RefusedClaims() *claims.Set }
	if errors.As(err, &refusal) {
		s = refusal.RefusedClaims()
	}
	return s, s != nil
}

// invalid is for a token that is not to be trusted.
func invalid(kind, cause error) error {
	return &failure{umbrella: ErrInvalidToken, kind: kind, cause: cause}
}

// undecided is for what could not be found out. Whatever the cause wraps, the
// result is never ErrInvalidToken.
func undecided(cause error) *failure {
	if errors.Is(cause, ErrInvalidToken) {
		cause = errors.New(cause.Error())
	}
	return &failure{umbrella: ErrUnavailable, cause: cause}
}

// refused sorts the error of a validator of s.
func refused(err error, s *claims.Set) error {
	f := &failure{umbrella: ErrInvalidToken, cause: err}
	own, isOwn := err.(*failure)
	switch {
	case isOwn:
		f = &failure{own.umbrella, own.kind, own.cause, nil}
	case claims.IsUnavailable(err), errors.Is(err, ErrUnavailable), errors.Is(err, keys.ErrUnavailable):
		f = undecided(err)
	case errors.Is(err, claims.ErrInsufficientScope) && !errors.Is(err, ErrInvalidToken):
		f.umbrella = nil
	}
	f.claims = s
	return f
}

// A detail quotes the token. It is worded only when somebody reads it: most
// refusals are counted, not read.
type detail struct{ before, quoted, after string }

func (d detail) Error() string { return d.before + message.Quote(d.quoted) + d.after }
