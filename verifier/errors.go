package verifier

import (
	"errors"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// ErrInvalidToken is returned for every token that must not be trusted. Each of
// the narrower errors below comes with it, and so does every error of package
// claims except [claims.ErrInsufficientScope] and [claims.ErrUnavailable].
var ErrInvalidToken = errors.New("verifier: invalid token")

// Reasons not to trust a token. Each comes together with [ErrInvalidToken].
var (
	// ErrMalformed is returned when the input is not a signed JWT in compact form,
	// or is too large.
	ErrMalformed = errors.New("verifier: malformed token")
	// ErrAlgorithm is returned when "alg" is not the algorithm of the key, or is
	// not allowed.
	ErrAlgorithm = errors.New("verifier: algorithm not allowed")
	// ErrType is returned when "typ" is not an expected type.
	ErrType = errors.New("verifier: token type not allowed")
	// ErrUnknownKey is returned when the provider looked for a key and has none
	// for the token.
	ErrUnknownKey = errors.New("verifier: unknown key")
	// ErrSignature is returned when no key verifies the token: it was changed, or
	// somebody else made it.
	ErrSignature = errors.New("verifier: signature does not verify")
	// ErrUnproven is returned when a token is bound to a key ("cnf", RFC 7800) and
	// its sender has not proven to hold that key, or when a token is not bound
	// to a key but must be.
	ErrUnproven = errors.New("verifier: token not proven to be the sender's")
)

// ErrUnavailable is returned when nothing could be decided, because the keys or
// what a validator depends on cannot be reached. The cause is wrapped. The token
// may be valid; trying again later may help.
var ErrUnavailable = errors.New("verifier: cannot decide now")

// ErrNoTime is returned by VerifyAt when the time is zero. It comes together with
// [ErrUnavailable], since no verdict on the token is possible, but trying again
// with the same time does not help.
var ErrNoTime = errors.New("verifier: the time is not set; VerifyAt needs the time when the job was enqueued")

// A failure is the type of every error that a Keyed returns.
type failure struct {
	umbrella error       // ErrInvalidToken, ErrUnavailable, or nil for a lack of scope
	kind     error       // the narrower error of this package, or nil
	cause    error       // wrapped, or nil
	claims   *claims.Set // of a token whose signature verified, else nil
}

// Error returns one line that names this package once, even if the cause names
// another.
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

// Is makes errors.Is find the umbrella and the kind.
func (f *failure) Is(target error) bool {
	return target == f.umbrella || target == f.kind
}

func (f *failure) Unwrap() error { return f.cause }

// RefusedClaims is what the function of that name looks for. Errors of package
// httpauth have it as well.
func (f *failure) RefusedClaims() *claims.Set { return f.claims }

// RefusedClaims returns the claims of a token that was not accepted although its
// signature verified, such as one that has expired or lacks a scope. Use them to
// log or count whose token it was, never to let a request through. ok is false if
// the signature did not verify or was not checked, and for a nil error.
func RefusedClaims(err error) (s *claims.Set, ok bool) {
	var refusal interface{ RefusedClaims() *claims.Set }
	if errors.As(err, &refusal) {
		s = refusal.RefusedClaims()
	}
	return s, s != nil
}

// invalid refuses a token. kind and cause may be nil.
func invalid(kind, cause error) error {
	return &failure{umbrella: ErrInvalidToken, kind: kind, cause: cause}
}

// undecided reports an outage. Whatever the cause wraps, the result never wraps
// ErrInvalidToken.
func undecided(cause error) *failure {
	if errors.Is(cause, ErrInvalidToken) {
		cause = errors.New(cause.Error())
	}
	return &failure{umbrella: ErrUnavailable, cause: cause}
}

// refused sorts the error of a validator into the three meanings. s are the claims
// that it refused if they are verified, else nil.
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

// A detail quotes the token. It builds its text only when it is read, since most
// refusals are counted and never read.
type detail struct{ before, quoted, after string }

func (d detail) Error() string { return d.before + message.Quote(d.quoted) + d.after }

// see is an error that names the option which decides it.
type see struct {
	error
	setting string
}

func (s see) Error() string { return s.error.Error() + " (see " + s.setting + ")" }
func (s see) Unwrap() error { return s.error }

// misshapen refuses a token that cannot be taken apart.
func misshapen(err error) error {
	if err == jws.ErrPadding {
		err = see{err, "WithPaddedBase64"}
	}
	return invalid(ErrMalformed, err)
}
