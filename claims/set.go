package claims

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// A Set holds the claims of one token: the registered ones (RFC 7519 §4.1) as
// fields, the others by [Value] and [Decode].
//
// An absent claim leaves its field zero; [Set.Has] reports whether it is there. Dates are in UTC; one that is not a whole number of seconds has the
// precision of a float64. A Set is read-only: its fields and the Audience slice
// are shared by all who hold it. The zero Set has no claims.
type Set struct {
	Issuer    string    // "iss"
	Subject   string    // "sub"
	ID        string    // "jti"
	Audience  []string  // "aud": one string or an array of strings
	Expiry    time.Time // "exp"
	NotBefore time.Time // "nbf"
	IssuedAt  time.Time // "iat"

	payload string
	present registered
	custom  customSpans
	aud     [1]string // backs Audience when there is one
}

// registered tells apart an absent claim and one with a zero value.
type registered uint16

const (
	iss registered = 1 << iota
	sub
	jti
	aud
	exp
	nbf
	iat
	cnf    // RFC 7800; not a field, but asked for of every token
	events // RFC 8417; likewise
)

// registeredClaim is 0 for a name that is not registered.
func registeredClaim(name string) registered {
	switch name {
	case "iss":
		return iss
	case "sub":
		return sub
	case "jti":
		return jti
	case "aud":
		return aud
	case "exp":
		return exp
	case "nbf":
		return nbf
	case "iat":
		return iat
	}
	return 0
}

// restricts is 0 for a name other than those of the claims that restrict what a
// token is good for.
func restricts(name string) registered {
	switch name {
	case "cnf":
		return cnf
	case "events":
		return events
	}
	return 0
}

// Parse reads a payload: one JSON object in UTF-8 without duplicate names
// (RFC 7519 §4). It copies payload.
//
// Every error is an [*Error] that wraps [ErrMalformed]. A registered claim of
// the wrong type is an error, null included; other members may hold anything.
func Parse(payload []byte) (*Set, error) {
	s := new(Set)
	if err := ParseInto(s, payload); err != nil {
		return nil, err
	}
	return s, nil
}

// A ParseOption relaxes [ParseInto].
type ParseOption uint8

// IntegerSubject reads a "sub" that is a JSON integer as its digits, which
// RFC 7519 §4.1.2 does not allow and some old issuers write.
const IntegerSubject ParseOption = 1

// ParseInto is [Parse] into a Set that the caller has allocated. It keeps
// nothing of what s held; after an error s is the zero Set.
func ParseInto(s *Set, payload []byte, opts ...ParseOption) error {
	*s = Set{}
	s.payload = string(payload)
	if err := s.read(slices.Contains(opts, IntegerSubject)); err != nil {
		*s = Set{}
		return err
	}
	return nil
}

// CopyTo makes to a copy of s that shares nothing with it that can be changed.
func (s *Set) CopyTo(to *Set) {
	*to = *s
	switch {
	case len(s.Audience) == 1:
		to.aud[0] = s.Audience[0]
		to.Audience = to.aud[:]
	case s.Audience != nil:
		to.Audience = slices.Clone(s.Audience)
	}
}

// Size is the length of the payload in bytes.
func (s *Set) Size() int { return len(s.payload) }

// Raw returns a copy of the payload as the issuer wrote it; nil for a Set that
// was not parsed.
func (s *Set) Raw() []byte {
	if s.payload == "" {
		return nil
	}
	return []byte(s.payload)
}

// Has reports whether there is a claim of that name, whatever its value: null
// too. In a Set that was filled by hand, a registered one is there when its
// field is not zero.
func (s *Set) Has(name string) bool {
	if claim := registeredClaim(name); claim != 0 {
		return s.has(claim)
	}
	if claim := restricts(name); claim != 0 {
		return s.present&claim != 0
	}
	if s.custom.n == 0 || !mayContain(s.payload, name) {
		return false
	}
	o := strictjson.Walk(s.payload)
	for o.Next() {
		if o.Name == name {
			return true
		}
	}
	return false
}

// mayContain is false when name is nowhere in the payload. It has another spelling
// only with a backslash.
func mayContain(payload, name string) bool {
	return strings.Contains(payload, name) || strings.IndexByte(payload, '\\') >= 0
}

func (s *Set) read(integerSubject bool) error {
	apart := true // from the last claim that was not registered
	o := strictjson.Walk(s.payload)
	for o.Next() {
		claim := registeredClaim(o.Name)
		if claim == 0 {
			s.custom.add(o.Start, o.End, apart)
			s.present |= restricts(o.Name)
			apart = false
			continue
		}
		apart = true
		if claim == sub && integerSubject && isInteger(o.Value) {
			o.Kind = '"'
		}
		if err := s.take(claim, o.Value); err != nil {
			return &Error{o.Name, err}
		}
		s.present |= claim
	}
	if err := o.Err(); err != nil {
		return &Error{"", malformed{err}}
	}
	return nil
}

// take stores a registered claim. The error wraps ErrMalformed.
func (s *Set) take(claim registered, v strictjson.Value) error {
	switch claim {
	case iss:
		return str(&s.Issuer, v)
	case sub:
		if err := str(&s.Subject, v); err == nil || !isInteger(v) {
			return err
		}
		return errIntegerSubject
	case jti:
		return str(&s.ID, v)
	case aud:
		return s.audience(v)
	case exp:
		return date(&s.Expiry, v)
	case nbf:
		return date(&s.NotBefore, v)
	default:
		return date(&s.IssuedAt, v)
	}
}

var (
	errNotString      = malformed{errors.New("it is not a string")}
	errNotAudience    = malformed{errors.New("it is neither a string nor an array of strings")}
	errIntegerSubject = malformed{errors.New("it is a number, not a string; verifier.WithIntegerSubject accepts integers")}
)

func str(dst *string, v strictjson.Value) error {
	if v.Kind != '"' {
		return errNotString
	}
	*dst = v.Text
	return nil
}

// isInteger reports whether v is an integer without sign, fraction or exponent,
// of which there is one spelling.
func isInteger(v strictjson.Value) bool {
	return v.Kind == '0' && len(v.Text) <= 20 && strings.Trim(v.Text, "0123456789") == ""
}

// audience reads "aud" (RFC 7519 §4.1.3).
func (s *Set) audience(v strictjson.Value) error {
	ok := false
	switch v.Kind {
	case '"':
		s.aud[0] = v.Text
		s.Audience, ok = s.aud[:], true
	case jsontext.KindBeginArray:
		s.Audience, ok = strictjson.Strings(v.Text)
	}
	if !ok {
		return errNotAudience
	}
	return nil
}

// has reports whether the claim was in the payload, or is set in a Set that
// was filled by hand.
func (s *Set) has(claim registered) bool {
	if s.present&claim != 0 {
		return true
	}
	switch claim {
	case iss:
		return s.Issuer != ""
	case sub:
		return s.Subject != ""
	case jti:
		return s.ID != ""
	case aud:
		return s.Audience != nil
	case exp:
		return !s.Expiry.IsZero()
	case nbf:
		return !s.NotBefore.IsZero()
	case iat:
		return !s.IssuedAt.IsZero()
	}
	return false
}

// hasMember reports whether there is a claim of any name, and not null.
func (s *Set) hasMember(name string) bool {
	if claim := registeredClaim(name); claim != 0 {
		return s.has(claim)
	}
	_, ok := member(s.payload, name)
	return ok
}

// malformed is ErrMalformed and tells how.
type malformed struct{ how error }

func (m malformed) Error() string   { return "malformed: " + m.how.Error() }
func (m malformed) Unwrap() []error { return []error{ErrMalformed, m.how} }
