package verifier

import (
	"context"
	"errors"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
)

// A Verdict says what to do with the answer of a [Verifier].
type Verdict int

// The verdicts. The zero Verdict is not one of them.
const (
	// Trusted means that the error is nil. In HTTP, the request goes on.
	Trusted Verdict = iota + 1
	// Invalid means that the token must not be trusted. In HTTP, 401.
	Invalid
	// Forbidden means that the token is valid but does not allow this. In HTTP, 403.
	Forbidden
	// Undecided means that the verifier could not find out, and that trying again
	// may help. In HTTP, 503.
	Undecided
)

// String returns the verdict as a lower-case word, such as "trusted". The zero
// Verdict is "no verdict".
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

// An Answer is an error that states its own verdict and reason, as the errors of
// package httpauth do. [Classify] and [Reason] find it wherever it is wrapped.
//
// An Answer cannot soften what it wraps: an outage stays [Undecided], an
// [ErrInvalidToken] stays [Invalid], and no error is [Trusted].
type Answer interface {
	error
	Verdict() Verdict
	Reason() string // in lower_snake_case, at most 32 bytes; otherwise it is ignored
}

// Classify returns what the error of any [Verifier], claims.Validator or
// httpauth.Middleware means. The first of these that applies decides:
//
//  1. nil is [Trusted].
//  2. An outage is [Undecided]: err wraps [ErrUnavailable] or keys.ErrUnavailable,
//     or [claims.IsUnavailable] is true for it. It outranks everything else that
//     err wraps, since the rest may be a consequence.
//  3. [ErrInvalidToken] and [ErrUnproven] are [Invalid].
//  4. An [Answer] is what it says.
//  5. [claims.ErrInsufficientScope] is [Forbidden].
//  6. Any other [*claims.Error] is [Invalid].
//  7. Everything else is [Undecided]: an error of unknown kind is not a verdict on
//     the token.
func Classify(err error) Verdict {
	var claim *claims.Error
	var answer Answer
	switch {
	case err == nil:
		return Trusted
	case errors.Is(err, ErrUnavailable), errors.Is(err, keys.ErrUnavailable), claims.IsUnavailable(err):
		return Undecided
	case errors.Is(err, ErrInvalidToken), errors.Is(err, ErrUnproven): // httpauth returns ErrUnproven alone
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

// Reason returns a stable word in lower_snake_case that says why err was returned,
// for logs and metrics. It is "" for nil. There are few words, whatever tokens
// contain, so that one can be the label of a metric:
//
//	malformed algorithm type unknown_key signature unproven
//	expired not_yet_valid insufficient_scope
//	X_missing X_mismatch X_malformed, where X is iss, sub, aud, exp, nbf, iat, jti or claim
//	invalid_token (refused by a validator of your own)
//	unavailable, canceled (the caller gave up), no_time (ErrNoTime), unknown (not an error of this library)
//
// An [Answer] adds its own: no_token, bad_request, replay, nonce and auth_level
// are those of httpauth and dpop.
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

// isWord reports whether s can be the label of a metric.
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

// A reason is the word for an error. In each list the first that matches counts.
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

// registered returns the name of a registered claim, and "claim" for any other,
// which keeps the number of reasons small.
func registered(claim string) string {
	switch claim {
	case "iss", "sub", "aud", "exp", "nbf", "iat", "jti":
		return claim
	}
	return "claim"
}
