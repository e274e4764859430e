package claims

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
)

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
