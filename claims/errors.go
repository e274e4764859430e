package claims

import (
	"errors"

	"github.com/jwtverify/jwtverify/internal/message"
)

// Why the claims of a token are refused. They are wrapped in an [*Error].
var (
	// ErrMissing is returned when a required claim is absent or empty.
	ErrMissing = errors.New("missing")
	// ErrExpired is returned when the time of the token is over.
	ErrExpired = errors.New("expired")
	// ErrNotYetValid is returned when the time of the token has not come.
	ErrNotYetValid = errors.New("not yet valid")
	// ErrMismatch is returned when a claim is not the expected one.
	ErrMismatch = errors.New("not the expected value")
	// ErrMalformed is returned when a claim is not of the type that its standard
	// gives it.
	ErrMalformed = errors.New("malformed")
	// ErrInsufficientScope is returned when the token is good, but does not allow
	// this.
	ErrInsufficientScope = errors.New("insufficient scope")
	// ErrUnavailable is returned by a validator that could not find out. It is not a
	// verdict on the token.
	ErrUnavailable = errors.New("cannot be checked now")
)

// An Error names the claim that was refused, and wraps why.
type Error struct {
	Claim string // the name in the token, such as "exp"; "" for the payload as a whole
	Err   error  // wraps one of the sentinels of this package
}

// Error reads on one line. Of the token it holds no more than names of members,
// how far off its dates are and, quoted and cut, the values of "iss" and "aud".
func (e *Error) Error() string {
	if e.Claim == "" {
		return "claims: " + e.Err.Error()
	}
	return "claims: " + message.Plain(e.Claim) + ": " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }
