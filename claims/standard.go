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

// Subject requires a "sub" that is not empty; without one the error wraps
// [ErrMissing].
func Subject() Validator {
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		if s.Subject == "" {
			return &Error{"sub", ErrMissing}
		}
		return nil
	})
}

// Issuer requires an "iss" that equals one of issuers byte for byte. The error
// wraps [ErrMissing] if there is no "iss", else [ErrMismatch]. Without
// arguments it refuses every token.
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

// Audience requires an "aud" that names at least one of audiences, byte for byte
// (RFC 7519 §4.1.3). The error wraps [ErrMissing] if there is no "aud", else
// [ErrMismatch]. Without arguments it refuses every token.
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

// Required requires a member of each name whose value is not null. The error
// wraps [ErrMissing] and names the first that is absent. Without arguments it
// accepts every token.
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

// overlooked describes a difference between one of expected and one of got that
// is easily overlooked. It returns "" if they differ in something else.
func overlooked(expected, got []string) string {
	for _, d := range []struct {
		what  string
		strip func(string) string // removes the difference
	}{
		{"a trailing slash", func(s string) string { return strings.TrimRight(s, "/") }},
		{"white space", func(s string) string { return strings.Join(strings.Fields(s), "") }},
		{"upper and lower case", strings.ToLower},
		{"http and https", func(s string) string { return strings.Replace(s, "http://", "https://", 1) }},
		{"the default port", withoutDefaultPort},
		{"several of: trailing slash, case, http and https, port, white space", func(s string) string {
			s = strings.ToLower(strings.Join(strings.Fields(s), ""))
			s = withoutDefaultPort(s)
			return strings.Replace(strings.TrimRight(s, "/"), "http://", "https://", 1)
		}},
	} {
		for _, e := range expected {
			for _, g := range got {
				if e != "" && g != "" && d.strip(e) == d.strip(g) {
					return "; they differ only in " + d.what
				}
			}
		}
	}
	return ""
}

// withoutDefaultPort removes the port that the scheme of a URL implies.
func withoutDefaultPort(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	port := map[string]string{"https": ":443", "http": ":80"}[scheme]
	if !ok || port == "" {
		return s
	}
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	return scheme + "://" + strings.TrimSuffix(host, port) + path
}
