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
// It returns nil to accept. To refuse it returns an [*Error], or any error;
// when it could not find out, an error for which [IsUnavailable] is true.
// Goroutines share a Validator, and it must not change the Set.
type Validator interface {
	Validate(ctx context.Context, s *Set, at time.Time) error
}

// ValidatorFunc is a function as a [Validator].
type ValidatorFunc func(ctx context.Context, s *Set, at time.Time) error

// Validate calls f.
func (f ValidatorFunc) Validate(ctx context.Context, s *Set, at time.Time) error {
	return f(ctx, s, at)
}

// All is the chain: it asks vs in order and stops at the first that does not
// accept. Without validators it accepts; it panics on a nil one.
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

// Any asks vs in order and accepts when one accepts. When none does, the answer
// is undecided if any was, else insufficient scope if any was, else a refusal;
// its error wraps those of that kind. Without validators it refuses; it panics
// on a nil one.
func Any(vs ...Validator) Validator {
	mustExist("Any", vs)
	return ValidatorFunc(func(ctx context.Context, s *Set, at time.Time) error {
		var errs, undecided, scope []error
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
				errs = append(errs, err)
			}
		}
		for _, mildest := range [][]error{undecided, scope, errs} {
			if len(mildest) > 0 {
				return message.Join("", mildest...)
			}
		}
		return &Error{"", ErrMismatch}
	})
}

// mustExist panics on a nil validator where it is written down, rather than
// when the first token meets it.
func mustExist(name string, vs []Validator) {
	for i, v := range vs {
		if absent.Is(v) {
			panic(fmt.Sprintf("claims: %s: validator %d is nil", name, i))
		}
	}
}

// IsUnavailable reports whether err, returned by a [Validator], says that it
// could not find out: it wraps [ErrUnavailable], context.Canceled,
// context.DeadlineExceeded, a timeout, or an error of the network. A file that
// does not exist, a URL or address that cannot be parsed, and any other error
// is a refusal: else a token could choose to be undecided.
func IsUnavailable(err error) bool {
	return errors.Is(err, ErrUnavailable) ||
		errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, os.ErrDeadlineExceeded) ||
		isNetwork(err)
}

// isNetwork tells errors of the network from those that only implement
// [net.Error], as every system call's error does. It walks the tree itself:
// errors.As would allocate for each type, at every refusal.
func isNetwork(err error) bool {
	switch e := err.(type) {
	case *net.OpError, *net.DNSError:
		return true
	case *url.Error: // of a request, unless it could not even be parsed
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

// isNetworkNumber reports whether a system call failed for want of a peer.
func isNetworkNumber(n syscall.Errno) bool {
	switch n {
	case syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT,
		syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN:
		return true
	}
	return false
}

// Typed decodes the payload into a T and calls check with it. A payload that
// does not fit T is refused as [Decode] refuses it.
func Typed[T any](check func(ctx context.Context, v T) error) Validator {
	return ValidatorFunc(func(ctx context.Context, s *Set, _ time.Time) error {
		v, err := Decode[T](s)
		if err != nil {
			return err
		}
		return check(ctx, v)
	})
}

// Optional asks v only when the payload has a member of that name that is not
// null.
func Optional(name string, v Validator) Validator {
	mustExist("Optional", []Validator{v})
	return ValidatorFunc(func(ctx context.Context, s *Set, at time.Time) error {
		if !s.hasMember(name) {
			return nil
		}
		return v.Validate(ctx, s, at)
	})
}
