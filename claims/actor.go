package claims

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// An Actor is who acts on behalf of the subject of a token (RFC 8693 §4.1). Where
// the token does not say, a field is "". Two actors are the same only if both
// Issuer and Subject are: a Subject means nothing without its issuer, which is that
// of the token if Issuer is "".
type Actor struct {
	Subject  string // "sub"
	Issuer   string // "iss"
	ClientID string // "client_id"
}

// Actor returns the current actor of the token: the outermost "act". Those nested
// in it acted earlier. They are informational, and access decisions must not depend
// on them (RFC 8693 §4.1), so no method returns them.
//
// There are three outcomes, as with [Value]: the actor, true and nil; if the token
// has no "act", the zero Actor, false and nil; and if "act" cannot be read, the zero
// Actor, false and an [*Error] that wraps [ErrMalformed]. That is so if it is not an
// object, null included, if it has no member, or if one of the three is not a
// string. Actor does not look at nested actors; [MaxActors] does, which package
// verifier runs for every token.
func (s *Set) Actor() (a Actor, ok bool, err error) {
	if !s.Has("act") {
		return Actor{}, false, nil
	}
	v, _ := find(s.payload, "act")
	a, _, _, err = readActor(v)
	return a, err == nil, err
}

// MaxActors refuses a token whose "act" claims are nested deeper than most, which
// counts the current actor too, or cannot be read at any level, as [Set.Actor] says.
// The error wraps [ErrMismatch] or [ErrMalformed]. A token without "act" is
// accepted, and with 0 only such a token is.
//
// Each level costs another walk over what is left of the claim, so most should be
// small. MaxActors panics if it is negative.
func MaxActors(most int) Validator {
	if most < 0 {
		mustBeSound("MaxActors", fmt.Errorf("%d is negative", most))
	}
	tooMany := fmt.Errorf("%w: more than %d actors are nested", ErrMismatch, most)
	return ValidatorFunc(func(_ context.Context, s *Set, _ time.Time) error {
		if !s.Has("act") {
			return nil
		}
		v, more := find(s.payload, "act")
		for n := 0; more; n++ {
			if n == most {
				return &Error{"act", tooMany}
			}
			var err error
			if _, v, more, err = readActor(v); err != nil {
				return err
			}
		}
		return nil
	})
}

var (
	errNobody     = malformed{errors.New("it names nobody")}
	errActorField = malformed{errors.New("its sub, iss or client_id is not a string")}
)

// readActor reads one level of "act", and returns the next if there is one.
func readActor(v strictjson.Value) (a Actor, next strictjson.Value, nested bool, err error) {
	if v.Kind != '{' {
		return Actor{}, next, false, &Error{"act", errNotObject}
	}
	members := 0
	for o := strictjson.Walk(v.Text); o.Next(); members++ {
		var field *string
		switch o.Name {
		case "sub":
			field = &a.Subject
		case "iss":
			field = &a.Issuer
		case "client_id":
			field = &a.ClientID
		case "act":
			next, nested = o.Value, true
		}
		if field != nil && text(field, o.Value) != nil {
			return Actor{}, next, false, &Error{"act", errActorField}
		}
	}
	if members == 0 {
		return Actor{}, next, false, &Error{"act", errNobody}
	}
	return a, next, nested, nil
}

// ClientID returns the client that the token was issued to: "azp" (OpenID Connect
// Core §2), else "client_id" (RFC 8693 §4.3), else "cid", as Okta writes it. The
// first of them that is present and not null counts; if it is not a string, or if
// there is none, ClientID returns "".
func (s *Set) ClientID() string {
	for _, name := range [...]string{"azp", "client_id", "cid"} {
		if !mayContain(s.payload, name) {
			continue
		}
		if v, ok := find(s.payload, name); ok && v.Kind != 'n' {
			if v.Kind != '"' {
				return ""
			}
			return v.Text
		}
	}
	return ""
}
