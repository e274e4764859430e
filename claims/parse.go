package claims

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// Parse reads a payload: one JSON object in UTF-8 without duplicate names
// (RFC 7519 §4). It copies payload and does not check a signature.
//
// Every error is an [*Error] that wraps [ErrMalformed]. A registered claim of
// the wrong type is an error, including null; other members may hold anything.
func Parse(payload []byte) (*Set, error) {
	s := new(Set)
	if err := ParseInto(s, payload); err != nil {
		return nil, err
	}
	return s, nil
}

// A ParseOption relaxes [ParseInto].
type ParseOption uint8

// IntegerSubject accepts a "sub" that is a JSON integer and reads its digits as
// the Subject. RFC 7519 §4.1.2 does not allow that, but some old issuers write
// it; see verifier.WithIntegerSubject.
const IntegerSubject ParseOption = 1

// ParseInto is [Parse] into memory that the caller has allocated. It exists for
// package verifier, which allocates a token and its claims together; other
// programs want Parse.
//
// ParseInto overwrites *s completely. After an error, *s is the zero Set.
func ParseInto(s *Set, payload []byte, opts ...ParseOption) error {
	*s = Set{}
	s.payload = string(payload)
	if err := s.read(slices.Contains(opts, IntegerSubject)); err != nil {
		*s = Set{}
		return err
	}
	return nil
}

// read fills in the fields from the payload, and notes where the other claims
// are.
func (s *Set) read(integerSubject bool) error {
	apart := true // the member before is not a custom claim
	o := strictjson.Walk(s.payload)
	for o.Next() {
		claim := registeredClaim(o.Name)
		if claim == 0 {
			s.custom.add(o.Start, o.End, apart)
			s.present |= unfielded(o.Name)
			apart = false
			continue
		}
		apart = true
		if claim == sub && integerSubject && isInteger(o.Value) {
			o.Kind = '"'
		}
		if err := s.set(claim, o.Value); err != nil {
			return &Error{o.Name, err}
		}
		s.present |= claim
	}
	if err := o.Err(); err != nil {
		return &Error{"", malformed{err}}
	}
	return nil
}

// set stores a registered claim. Its error wraps ErrMalformed.
func (s *Set) set(claim registered, v strictjson.Value) error {
	switch claim {
	case iss:
		return text(&s.Issuer, v)
	case sub:
		if err := text(&s.Subject, v); err == nil || !isInteger(v) {
			return err
		}
		return errIntegerSubject
	case jti:
		return text(&s.ID, v)
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

// A malformed error wraps ErrMalformed and says what is wrong.
type malformed struct{ why error }

func (m malformed) Error() string   { return "malformed: " + m.why.Error() }
func (m malformed) Unwrap() []error { return []error{ErrMalformed, m.why} }

var (
	errNotString      = malformed{errors.New("it is not a string")}
	errNotStrings     = malformed{errors.New("it is neither a string nor an array of strings")}
	errIntegerSubject = malformed{errors.New("it is a number, not a string; verifier.WithIntegerSubject accepts integers")}
	errNotDate        = malformed{errors.New("it is not a number of seconds (RFC 7519 §2)")}
	errMilliseconds   = malformed{errors.New("it is beyond the year 9999; is it in milliseconds? A date is in seconds (RFC 7519 §2)")}
)

func text(dst *string, v strictjson.Value) error {
	if v.Kind != '"' {
		return errNotString
	}
	*dst = v.Text
	return nil
}

// isInteger reports whether v is a non-negative integer without a fraction or
// exponent, so that a number has only one spelling as a subject. 20 digits hold
// any uint64.
func isInteger(v strictjson.Value) bool {
	return v.Kind == '0' && len(v.Text) <= 20 && strings.Trim(v.Text, "0123456789") == ""
}

// audience reads "aud": one string, or an array of them (RFC 7519 §4.1.3).
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
		return errNotStrings
	}
	return nil
}

// The years 1 to 9999 in seconds since 1970, which is the range that both
// time.Time and RFC 3339 can express.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

// date reads a NumericDate (RFC 7519 §2): any finite JSON number of seconds,
// including fractions and negative numbers. The result is in UTC.
func date(dst *time.Time, v strictjson.Value) error { // rule 7
	if v.Kind != '0' {
		return errNotDate
	}
	seconds, nanos, ok := v.Integer, int64(0), true // as almost every date is written
	if seconds < 0 {
		seconds, nanos, ok = fraction(v.Text)
	}
	switch {
	case !ok || seconds < firstSecond:
		return errNotDate
	case seconds > lastSecond:
		return errMilliseconds
	}
	*dst = time.Unix(seconds, nanos).UTC()
	return nil
}

// fraction reads a number that has a fraction or exponent, or is too large for
// an int. A date beyond the year 9999 becomes the second after it, so that
// arithmetic on it cannot overflow.
func fraction(number string) (seconds, nanos int64, ok bool) {
	f, err := strconv.ParseFloat(number, 64)
	switch {
	case f >= lastSecond+1: // ParseFloat returns ±Inf when out of range
		return lastSecond + 1, 0, true
	case err != nil || f < firstSecond:
		return 0, 0, false
	}
	whole := math.Floor(f)
	return int64(whole), int64((f - whole) * 1e9), true
}

// customSpans marks where the custom claims are in a payload, that is, those
// that are not registered. It lets Decode skip the registered claims, which
// Parse has read already and which are most of a typical payload.
type customSpans struct {
	spans [3]span
	n     uint8 // more than len(spans): the claims are too scattered to be marked
}

// A span is a stretch of the payload, from the first name in it to the last
// value. It is small, since every token holds all of them: claims that begin or end
// beyond 64 KiB are not marked.
type span struct{ from, to uint16 }

// add marks the member between from and to. It begins a new span if the member
// before it was not marked, as apart says.
func (c *customSpans) add(from, to int, apart bool) {
	switch {
	case c.scattered():
	case to > math.MaxUint16 || apart && int(c.n) == len(c.spans):
		c.n = uint8(len(c.spans) + 1)
	case apart:
		c.spans[c.n] = span{uint16(from), uint16(to)}
		c.n++
	default:
		c.spans[c.n-1].to = uint16(to)
	}
}

// scattered reports whether there are custom claims that are not marked.
func (c *customSpans) scattered() bool { return int(c.n) > len(c.spans) }
