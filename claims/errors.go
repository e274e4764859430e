package claims

import (
	"errors"

	"github.com/jwtverify/jwtverify/internal/message"
)

// Reasons to refuse the claims of a token. Each comes wrapped in an [*Error].
var (
	// ErrMissing is returned when a required claim is absent or empty.
	ErrMissing = errors.New("missing")
	// ErrExpired is returned when the token's time has passed.
	ErrExpired = errors.New("expired")
	// ErrNotYetValid is returned when the token's time has not come.
	ErrNotYetValid = errors.New("not yet valid")
	// ErrMismatch is returned when a claim does not have an expected value.
	ErrMismatch = errors.New("not the expected value")
	// ErrMalformed is returned when a payload is not a strict JSON object, or when
	// a claim does not have the type that its standard, or the caller, expects.
	ErrMalformed = errors.New("malformed")
	// ErrInsufficientScope is returned when the token is valid but does not grant
	// what is asked for.
	ErrInsufficientScope = errors.New("insufficient scope")
	// ErrUnavailable is returned when a validator could not find out. It says
	// nothing about the token; trying again later may help.
	ErrUnavailable = errors.New("cannot be checked now")
)

// An Error names the claim that was refused, and wraps the reason.
type Error struct {
	Claim string // its name in the token, such as "exp"; "" for the payload as a whole
	Err   error  // wraps one of the sentinels of this package
}

// Error returns one line. What it repeats of the token is at most the names of
// members, how far off dates are and, cut and quoted, the values of "iss", "aud"
// and the claims that [OneOf] compares.
func (e *Error) Error() string {
	if e.Claim == "" {
		return "claims: " + e.Err.Error()
	}
	return "claims: " + message.Plain(e.Claim) + ": " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }
