package claims

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// OneOf requires a claim that equals one of values. name is the name of a member
// of the payload, in which a dot has no meaning:
//
//	claims.OneOf("repository_owner_id", "9919")
//
// A string is compared byte for byte. true, false and an integer are compared by
// their JSON text, so that the value "true" accepts both true and "true", and "42"
// both 42 and "42": issuers write some claims either way. An integer is compared
// digit for digit, however many there are.
//
// The error wraps [ErrMissing] if the claim is absent, [ErrMismatch] if it has
// another value, and [ErrMalformed] if it is null, an array, an object or a number
// with a fraction or an exponent. For "aud", which may be an array, use [Audience].
//
// OneOf panics if name or one of values is empty, or if there are no values.
func OneOf(name string, values ...string) Validator {
	return oneOf("OneOf", []string{name}, values)
}

// OneOfAt is [OneOf] for a member that path leads to, as for [Value]:
//
//	claims.OneOfAt([]string{"kubernetes.io", "namespace"}, "payments")
//
// Something on the way that is absent is [ErrMissing], and something that is not
// an object is [ErrMalformed]. Errors name the path with dots between the names.
//
// OneOfAt panics if path, a name in it or one of values is empty, or if there are
// no values. It copies path and values.
func OneOfAt(path []string, values ...string) Validator {
	return oneOf("OneOfAt", path, values)
}

func oneOf(constructor string, path, values []string) Validator {
	var errs []error
	if len(path) == 0 || slices.Contains(path, "") {
		errs = append(errs, errors.New("the name of the claim is empty"))
	}
	if len(values) == 0 {
		errs = append(errs, errors.New("no value is given"))
	}
	if slices.Contains(values, "") {
		errs = append(errs, errors.New("a value is empty; is a variable unset?"))
	}
	mustBeSound(constructor, errs...)
	path, values = slices.Clone(path), slices.Clone(values)
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		got, err := s.word(path)
		switch {
		case err != nil:
			return err
		case !slices.Contains(values, got):
			return &Error{strings.Join(path, "."), mismatch(values, got)}
		}
		return nil
	})
}

// mustBeSound panics if there are mistakes, and names them all.
func mustBeSound(constructor string, mistakes ...error) {
	if err := message.Join("claims: "+constructor+": ", mistakes...); err != nil {
		panic(err.Error())
	}
}

// word returns the member that path leads to, if it can be compared with a word.
func (s *Set) word(path []string) (string, error) {
	if len(path) == 1 {
		// These have been read, and may have been filled in by hand.
		claim, field := registeredClaim(path[0]), ""
		switch claim {
		case iss:
			field = s.Issuer
		case sub:
			field = s.Subject
		case jti:
			field = s.ID
		default:
			claim = 0
		}
		if claim != 0 && s.has(claim) {
			return field, nil
		}
	}
	v := strictjson.Value{Kind: '{', Text: s.payload}
	for i, name := range path {
		if v.Kind != '{' {
			return "", &Error{strings.Join(path[:i], "."), errNotObject}
		}
		ok := false
		if v, ok = find(v.Text, name); !ok {
			return "", &Error{strings.Join(path, "."), ErrMissing}
		}
	}
	word, err := wordOf(v)
	if err != nil {
		return "", &Error{strings.Join(path, "."), err}
	}
	return word, nil
}

// find returns a member of the object in text, which may be null.
func find(text, name string) (v strictjson.Value, ok bool) {
	for o := strictjson.Walk(text); o.Next(); {
		if o.Name == name {
			return o.Value, true
		}
	}
	return v, false
}

var (
	errNotObject = malformed{errors.New("it is not an object")}
	errNotWhole  = malformed{errors.New("it is a number with a fraction or an exponent")}
	errIsNull    = malformed{errors.New("it is null")}
	errIsArray   = malformed{errors.New("it is an array")}
	errIsObject  = malformed{errors.New("it is an object")}
)

// wordOf returns a string, or the JSON text of a value that has only one.
func wordOf(v strictjson.Value) (string, error) {
	switch v.Kind {
	case '"', 't', 'f':
		return v.Text, nil
	case '0':
		// 1, 1.0 and 1e0 are equal. To compare them as text, only one may count.
		if strings.ContainsAny(v.Text, ".eE") {
			return "", errNotWhole
		}
		return v.Text, nil
	case '[':
		return "", errIsArray
	case '{':
		return "", errIsObject
	}
	return "", errIsNull
}
