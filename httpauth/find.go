package httpauth

import (
	"crypto/subtle"
	"fmt"
	"net/http"

	"github.com/jwtverify/jwtverify/verifier"
)

// A source is one place where a token may be.
type source struct {
	extract Extractor
	via     *proof // whose scheme it reads; nil: no proof's
	place   string // its name in an Event
}

// A credential is a token as it was found.
type credential struct {
	raw string
	via *proof

	at *source // where it was; set too where something else than a token was found
}

// name returns the name of s in an Event. That of nil is "".
func (s *source) name() string {
	if s == nil {
		return ""
	}
	return s.place
}

// equals reports whether both are the same token by the same scheme, wherever it was.
func (c credential) equals(other credential) bool { return c.raw == other.raw && c.via == other.via }

// find asks every source; exactly one may find a token. An outage of a source
// outranks everything that the others report, since that source may hold a token
// too. After that, a malformed request outranks a token and the lack of one.
func (m *Middleware) find(r *http.Request) (credential, error) {
	var c credential
	var bad error
	var at *source
	none := ErrNoToken
	for i := range m.sources {
		s := &m.sources[i]
		raw, err := s.extract(r)
		switch {
		case err != nil && isNoToken(err):
			none = err
		case err != nil && verifier.Classify(err) == verifier.Undecided:
			return credential{at: s}, err
		case err != nil:
			bad, at = firstOf(bad, err), firstOf(at, s)
		case raw == "":
		case c.raw == "":
			c = credential{raw, s.via, s}
		case m.sameTwice && c.isAlso(raw, s.via):
			c.via = firstOf(c.via, s.via)
		default: // RFC 6750 §2
			bad = firstOf(bad, fmt.Errorf("%w: a token in two places; send it in one", ErrRequest))
			at = firstOf(at, s)
		}
	}
	switch {
	case bad != nil:
		return credential{at: at}, bad
	case c.raw == "":
		return credential{}, none
	}
	return c, nil
}

// isAlso reports whether another source found the same token, and did not find
// it by the scheme of another proof.
func (c credential) isAlso(raw string, via *proof) bool {
	return subtle.ConstantTimeCompare([]byte(c.raw), []byte(raw)) == 1 &&
		(c.via == nil || via == nil || c.via == via)
}

// firstOf returns a, or b if a is nil.
func firstOf[T comparable](a, b T) T {
	var zero T
	if a == zero {
		return b
	}
	return a
}
