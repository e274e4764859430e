package claims

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"slices"
	"syscall"

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

// IsUnavailable reports whether err, returned by a [Validator], means that it
// could not find out. That is so if err wraps [ErrUnavailable],
// context.Canceled, context.DeadlineExceeded, a timeout, or a network error.
//
// Every other error is a refusal, including those for a file that does not exist
// and for a URL or address that cannot be parsed. Otherwise a token could choose
// to be undecided, by naming such a file in a claim.
//
// IsUnavailable(nil) is false.
func IsUnavailable(err error) bool {
	return errors.Is(err, ErrUnavailable) ||
		errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, os.ErrDeadlineExceeded) ||
		isNetwork(err)
}

// isNetwork reports whether err is or wraps a network error. Implementing
// [net.Error] is not enough, since the error of every system call does. It walks
// the tree itself because errors.As would allocate for each type, at every
// refusal.
func isNetwork(err error) bool {
	switch e := err.(type) {
	case *net.OpError, *net.DNSError:
		return true
	case *url.Error: // a request failed, unless its URL could not even be parsed
		return e.Op != "parse"
	case syscall.Errno:
		return isNetworkNumber(e)
	}
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return isNetwork(e.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), isNetwork)
	}
	return false
}

// isNetworkNumber reports whether a system call failed because its peer could
// not be reached or went away.
func isNetworkNumber(n syscall.Errno) bool {
	switch n {
	case syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT,
		syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN:
		return true
	}
	return false
}
