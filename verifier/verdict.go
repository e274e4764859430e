package verifier

import (
	"context"
	"errors"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
)

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
	case errors.Is(err, ErrInvalidToken), errors.Is(err, ErrUnproven): // alone too: httpauth has it for its own
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
