package claims

import (
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// A Set holds the claims of one token: the registered claims (RFC 7519 §4.1) as
// fields, all others through [Value] and [Decode].
//
// An absent claim leaves its field zero, as may a claim that is present;
// [Set.Has] tells the two apart. Dates are in UTC. A date that is not a whole
// number of seconds has the precision of a float64, which is about a quarter of
// a microsecond for dates of this century.
//
// A Set is read-only: everyone who holds it shares its fields and the Audience
// slice. The zero Set has no claims and is ready to use.
type Set struct {
	Issuer    string    // "iss"
	Subject   string    // "sub"
	ID        string    // "jti"
	Audience  []string  // "aud": one string or an array of strings
	Expiry    time.Time // "exp"
	NotBefore time.Time // "nbf"
	IssuedAt  time.Time // "iat"

	payload string // as received; "" for a Set filled in by hand
	present registered
	custom  customSpans // where the claims without a field are, for Decode
	aud     [1]string   // backs Audience when there is only one, which saves an allocation
}

// registered is a set of claims, one bit each. It tells an absent claim from one
// whose value is zero.
type registered uint16

const (
	iss registered = 1 << iota
	sub
	jti
	aud
	exp
	nbf
	iat
	cnf    // RFC 7800; not a field, but every verification asks for it
	events // RFC 8417; likewise
	act    // RFC 8693 §4.1; likewise
)

// registeredClaim returns the bit of a claim that has a field, or 0.
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

// unfielded returns the bit of a claim that every verification asks for and that
// has no field, or 0.
func unfielded(name string) registered {
	switch name {
	case "cnf":
		return cnf
	case "events":
		return events
	case "act":
		return act
	}
	return 0
}

// Raw returns a copy of the payload exactly as the issuer wrote it. It is nil
// for a Set that was not parsed.
func (s *Set) Raw() []byte {
	if s.payload == "" {
		return nil
	}
	return []byte(s.payload)
}

// Has reports whether the payload has a claim of that name, whatever its value,
// including null. Names match exactly. In a Set that was filled in by hand, a
// registered claim is present if its field is not zero.
func (s *Set) Has(name string) bool {
	if claim := registeredClaim(name); claim != 0 {
		return s.has(claim)
	}
	if claim := unfielded(name); claim != 0 {
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

// mayContain reports whether name may occur in the payload. It saves a walk in
// the usual case: a name can only be spelled differently with a backslash.
func mayContain(payload, name string) bool {
	return strings.Contains(payload, name) || strings.IndexByte(payload, '\\') >= 0
}

// has reports whether the claim was in the payload, or is set in a Set that was
// filled in by hand.
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
	default:
		return !s.IssuedAt.IsZero()
	}
}

// hasMember reports whether the payload has a member of any name that is not
// null.
func (s *Set) hasMember(name string) bool {
	if claim := registeredClaim(name); claim != 0 {
		return s.has(claim)
	}
	_, ok := member(s.payload, name)
	return ok
}
