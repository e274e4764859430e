package claims

import (
	"errors"

	"github.com/jwtverify/jwtverify/internal/message"
)

// Why a token's claims are refused. They are wrapped in an [*Error].
var (
	// ErrMissing: a required claim is not there, or is empty.
	ErrMissing = errors.New("missing")
	// ErrExpired: its time is over.
	ErrExpired = errors.New("expired")
	// ErrNotYetValid: its time has not come.
	ErrNotYetValid = errors.New("not yet valid")
	// ErrMismatch: it names another than the expected one.
	ErrMismatch = errors.New("not the expected value")
	// ErrMalformed: it is not of the type that its standard gives it.
	ErrMalformed = errors.New("malformed")
	// ErrInsufficientScope: the token is good, but does not allow this.
	ErrInsufficientScope = errors.New("insufficient scope")
	// ErrUnavailable: it could not be found out; no verdict on the token.
	ErrUnavailable = errors.New("cannot be checked now")
)

// An Error tells which claim was refused, and wraps why.
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
