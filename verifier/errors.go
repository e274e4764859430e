package verifier

import (
	"context"
	"errors"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// ErrInvalidToken: the token is not to be trusted. Each of the narrower errors
// below comes with it, and so does every error of package claims but
// [claims.ErrInsufficientScope] and [claims.ErrUnavailable].
var ErrInvalidToken = errors.New("verifier: invalid token")

// Why a token is not to be trusted.
var (
	// ErrMalformed: it is not a signed JWT in compact form, or too large.
	ErrMalformed = errors.New("verifier: malformed token")
	// ErrAlgorithm: its algorithm is not that of the key, or not allowed.
	ErrAlgorithm = errors.New("verifier: algorithm not allowed")
	// ErrType: its "typ" is not an expected one.
	ErrType = errors.New("verifier: token type not allowed")
	// ErrUnknownKey: the provider looked and has no key for it.
	ErrUnknownKey = errors.New("verifier: unknown key")
	// ErrSignature: no key verifies it: it was changed, or made by another.
	ErrSignature = errors.New("verifier: signature does not verify")
	// ErrUnproven: it is bound to a key ("cnf", RFC 7800), and nobody has
	// proven that its sender holds that key; or it is bound to none where it
	// must be.
	ErrUnproven = errors.New("verifier: token not proven to be the sender's")
)

// ErrUnavailable: nothing could be decided, because the keys or what a
// validator depends on cannot be reached. The cause is wrapped. Trying again
// later may help; the token may be good.
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

// A saying is a detail that quotes the token. It is worded only when somebody
// reads it: most refusals are counted, not read.
type saying struct{ before, quoted, after string }

func (s saying) Error() string { return s.before + message.Quote(s.quoted) + s.after }

// A Verdict is what a caller does with the answer of a [Verifier].
type Verdict int

// The verdicts. The zero Verdict is none of them.
const (
	// Trusted: the error is nil. HTTP: the request goes on.
	Trusted Verdict = iota + 1
	// Invalid: the token is not to be trusted. HTTP: 401.
	Invalid
	// Forbidden: the token is good, but does not allow this. HTTP: 403.
	Forbidden
	// Undecided: it could not be found out; try again. HTTP: 503.
	Undecided
)

// String returns the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case Trusted:
		return "trusted"
	case Invalid:
		return "invalid"
	case Forbidden:
		return "forbidden"
	case Undecided:
		return "undecided"
	}
	return "no verdict"
}

// An Answer is an error that states its own verdict and reason, as those of
// package httpauth do. [Classify] and [Reason] find it wherever it is wrapped.
//
// An Answer cannot soften what it wraps: an outage stays Undecided, an
// [ErrInvalidToken] Invalid, and no error is Trusted.
type Answer interface {
	error
	Verdict() Verdict
	Reason() string // lower_snake_case, at most 32 bytes
}

// Classify sorts the error of any [Verifier], claims.Validator or
// httpauth.Middleware. An error of unknown kind is Undecided: it is not a
// verdict on the token. An outage outranks everything else that err wraps.
func Classify(err error) Verdict {
	var claim *claims.Error
	var answer Answer
	switch {
	case err == nil:
		return Trusted
	case errors.Is(err, ErrUnavailable), errors.Is(err, keys.ErrUnavailable), claims.IsUnavailable(err):
		return Undecided
	case errors.Is(err, ErrInvalidToken):
		return Invalid
	case errors.As(err, &answer):
		if v := answer.Verdict(); v == Invalid || v == Forbidden {
			return v
		}
		return Undecided
	case errors.Is(err, claims.ErrInsufficientScope):
		return Forbidden
	case errors.As(err, &claim):
		return Invalid
	}
	return Undecided
}

// Reason is a stable word in lower_snake_case that tells why err came about,
// for logs and metrics; "" for nil. The words are:
//
//	malformed algorithm type unknown_key signature unproven
//	expired not_yet_valid insufficient_scope
//	X_missing X_mismatch X_malformed, where X is iss, sub, aud, exp, nbf, iat, jti or claim
//	invalid_token (refused by a validator of the caller's)
//	unavailable, canceled (the caller gave up), no_time (ErrNoTime), unknown (not an error of this library)
//
// and those that an [Answer] states: no_token, bad_request, replay, nonce and
// auth_level are those of httpauth and dpop.
func Reason(err error) string {
	verdict := Classify(err)
	var answer Answer
	if verdict != Trusted && errors.As(err, &answer) && answer.Verdict() == verdict && isWord(answer.Reason()) {
		return answer.Reason()
	}
	switch verdict {
	case Trusted:
		return ""
	case Forbidden:
		return "insufficient_scope"
	case Undecided:
		return undecidedReason(err)
	}
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	var claim *claims.Error
	if errors.As(err, &claim) {
		for _, r := range claimReasons {
			if errors.Is(err, r.err) {
				return registered(claim.Claim) + r.word
			}
		}
	}
	return "invalid_token"
}

// isWord reports whether s is a reason that a metric can have as a label.
func isWord(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

func undecidedReason(err error) string {
	switch {
	case errors.Is(err, ErrNoTime):
		return "no_time"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, ErrUnavailable), errors.Is(err, keys.ErrUnavailable), claims.IsUnavailable(err):
		return "unavailable"
	}
	return "unknown"
}

type reason struct {
	err  error
	word string
}

var reasons = []reason{
	{ErrMalformed, "malformed"},
	{ErrAlgorithm, "algorithm"},
	{ErrType, "type"},
	{ErrUnknownKey, "unknown_key"},
	{ErrSignature, "signature"},
	{ErrUnproven, "unproven"},
	{claims.ErrExpired, "expired"},
	{claims.ErrNotYetValid, "not_yet_valid"},
}

var claimReasons = []reason{
	{claims.ErrMissing, "_missing"},
	{claims.ErrMismatch, "_mismatch"},
	{claims.ErrMalformed, "_malformed"},
}

// registered keeps the number of reasons small, whatever the claims are named.
func registered(claim string) string {
	switch claim {
	case "iss", "sub", "aud", "exp", "nbf", "iat", "jti":
		return claim
	}
	return "claim"
}
