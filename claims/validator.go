package claims

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
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

// All accepts when every one of vs accepts. It runs them in order and returns
// the first error as it is. Without arguments it accepts everything. All panics
// on a nil validator.
func All(vs ...Validator) Validator {
	mustExist("All", vs)
	return ValidatorFunc(func(ctx context.Context, s *Set, at time.Time) error {
		for _, v := range vs {
			if err := v.Validate(ctx, s, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// Any accepts when one of vs accepts. It runs them in order and stops at the
// first that does. Without arguments it refuses everything. Any panics on a nil
// validator.
//
// When none accepts, the answer is undecided if any was undecided, else
// insufficient scope if any was, else a refusal. The error wraps all those of
// that kind.
func Any(vs ...Validator) Validator {
	mustExist("Any", vs)
	return ValidatorFunc(func(ctx context.Context, s *Set, at time.Time) error {
		var undecided, scope, refused []error
		for _, v := range vs {
			err := v.Validate(ctx, s, at)
			switch {
			case err == nil:
				return nil
			case IsUnavailable(err):
				undecided = append(undecided, err)
			case errors.Is(err, ErrInsufficientScope):
				scope = append(scope, err)
			default:
				refused = append(refused, err)
			}
		}
		// An outage must not turn into a refusal because another alternative
		// refused: the one that was down might have accepted.
		for _, kind := range [][]error{undecided, scope, refused} {
			if len(kind) > 0 {
				return message.Join("", kind...)
			}
		}
		return &Error{"", ErrMismatch}
	})
}

// mustExist panics on a nil validator where the program builds the chain, rather
// than at the first token.
func mustExist(name string, vs []Validator) {
	for i, v := range vs {
		if absent.Is(v) {
			panic(fmt.Sprintf("claims: %s: validator %d is nil", name, i))
		}
	}
}

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

// Typed decodes the payload into a T and calls check with it, which accepts or
// refuses as [Validator] describes. A payload that does not fit T is refused with
// the error of [Decode], and check is not called.
func Typed[T any](check func(ctx context.Context, v T) error) Validator {
	return ValidatorFunc(func(ctx context.Context, s *Set, _ time.Time) error {
		v, err := Decode[T](s)
		if err != nil {
			return err
		}
		return check(ctx, v)
	})
}

// Optional runs v only if the payload has a member of that name that is not
// null; otherwise it accepts. It panics on a nil validator.
func Optional(name string, v Validator) Validator {
	mustExist("Optional", []Validator{v})
	return ValidatorFunc(func(ctx context.Context, s *Set, at time.Time) error {
		if !s.hasMember(name) {
			return nil
		}
		return v.Validate(ctx, s, at)
	})
}
