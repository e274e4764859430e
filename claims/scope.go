package claims

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// Scope requires that the token grants every scope in all. Otherwise the error
// wraps [ErrInsufficientScope]: the token is valid, but not for this. Without
// arguments it accepts every token whose scopes can be read.
//
// Scopes are read from "scope" or, if that is absent, from "scp". Each is one
// string separated by spaces (RFC 8693 §4.2) or, as some servers write it, an
// array of strings. For any other type the error wraps [ErrMalformed].
func Scope(all ...string) Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		granted, err := Scopes(s)
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

// Scopes returns the scopes that s grants, from the claims and in the forms that
// [Scope] reads. It returns none if there are none, and an [*Error] that wraps
// [ErrMalformed] if they cannot be read.
func Scopes(s *Set) ([]string, error) {
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
		return scopeList("scope", scope)
	}
	return scopeList("scp", scp)
}

// ScopesAt returns the scopes, roles or permissions in the claim that path leads
// to, as for [Value]:
//
//	roles, err := claims.ScopesAt(set, "realm_access", "roles")
//
// The claim is a string separated by spaces or an array of strings. An absent one
// lists none, and so does one that something absent leads to. If it has any other
// type, null included, or if something on the way to it is not an object, the
// error is an [*Error] that wraps [ErrMalformed].
func ScopesAt(s *Set, path ...string) ([]string, error) {
	v := strictjson.Value{Kind: '{', Text: s.payload}
	for i, name := range path {
		if v.Kind != '{' {
			return nil, &Error{strings.Join(path[:i], "."), errNotObject}
		}
		ok := false
		if v, ok = find(v.Text, name); !ok {
			return nil, nil
		}
	}
	return scopeList(strings.Join(path, "."), v)
}

// scopeList reads a claim that lists scopes. An absent one lists none.
func scopeList(claim string, v strictjson.Value) ([]string, error) {
	switch v.Kind {
	case 0:
		return nil, nil
	case '"':
		return splitScope(v.Text), nil
	case '[':
		if list, ok := strictjson.Strings(v.Text); ok {
			return list, nil
		}
	}
	return nil, &Error{claim, errNotStrings}
}

// splitScope splits a scope string at spaces only: other white space is not a
// separator (RFC 6749 §3.3).
func splitScope(scope string) []string {
	return strings.FieldsFunc(scope, func(r rune) bool { return r == ' ' })
}
