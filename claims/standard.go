package claims

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// Subject requires a "sub" that is not empty, else [ErrMissing].
func Subject() Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		if s.Subject == "" {
			return &Error{"sub", ErrMissing}
		}
		return nil
	})
}

// Issuer requires an "iss" that equals one of iss byte for byte: [ErrMissing]
// without one, else [ErrMismatch]. Without arguments it refuses every token.
func Issuer(issuers ...string) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		switch {
		case !s.has(iss):
			return &Error{"iss", ErrMissing}
		case !slices.Contains(issuers, s.Issuer):
			return &Error{"iss", mismatch(issuers, s.Issuer)}
		}
		return nil
	})
}

// Audience requires an "aud" that names one of audiences (RFC 7519 §4.1.3):
// [ErrMissing] without one, else [ErrMismatch]. Without arguments it refuses
// every token.
func Audience(audiences ...string) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		if !s.has(aud) {
			return &Error{"aud", ErrMissing}
		}
		for _, a := range s.Audience {
			if slices.Contains(audiences, a) {
				return nil
			}
		}
		return &Error{"aud", mismatch(audiences, s.Audience...)}
	})
}

// Required requires that the payload has a member of each name, whatever its
// value but null; else [ErrMissing].
func Required(names ...string) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		for _, name := range names {
			if !s.hasMember(name) {
				return &Error{name, ErrMissing}
			}
		}
		return nil
	})
}

// Scope requires that the token grants every one of scopes, else
// [ErrInsufficientScope], which does not cast doubt on the token. They are read
// from "scope", or where that is absent from "scp": one string with spaces
// between (RFC 8693 §4.2) or, as some servers write it, an array of strings. A
// value of another type is [ErrMalformed].
func Scope(all ...string) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		granted, err := scopes(s)
		if err != nil {
			return err
		}
		var lacking []string
		for _, want := range all {
			if !slices.Contains(granted, want) {
				lacking = append(lacking, want)
			}
		}
		if len(lacking) > 0 {
			return &Error{"scope", fmt.Errorf("%w: lacks %s", ErrInsufficientScope, message.List(lacking...))}
		}
		return nil
	})
}

func scopes(s *Set) ([]string, error) {
	var scope, scp strictjson.Value
	o := strictjson.Walk(s.payload)
	for o.Next() {
		switch o.Name {
		case "scope":
			scope = o.Value
		case "scp":
			scp = o.Value
		}
	}
	if scope.Kind != 0 {
		return granted("scope", scope)
	}
	return granted("scp", scp)
}

// granted reads a claim that lists scopes; absent, it lists none.
func granted(claim string, v strictjson.Value) ([]string, error) {
	switch v.Kind {
	case 0:
		return nil, nil
	case '"':
		return split(v.Text), nil
	case '[':
		if list, ok := strictjson.Strings(v.Text); ok {
			return list, nil
		}
	}
	return nil, &Error{claim, errNotScopes}
}

var errNotScopes = malformed{errors.New("it is neither a string nor an array of strings")}

// split takes a scope string apart at its spaces (RFC 6749 §3.3).
func split(scope string) []string {
	return strings.FieldsFunc(scope, func(r rune) bool { return r == ' ' })
}
