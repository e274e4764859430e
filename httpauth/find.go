package httpauth

import (
	"fmt"
	"net/http"
)

// A source is one place where a token may be.
type source struct {
	extract Extractor
	via     *proof // whose scheme it is; nil: no proof's
}

// A credential is a token as it was found.
type credential struct {
	raw string
	via *proof
}

// find asks every source: exactly one may find a token.
func (m *Middleware) find(r *http.Request) (c credential, err error) {
	var none error = ErrNoToken
	for _, s := range m.sources {
		raw, err := s.extract(r)
		switch {
		case err != nil && code(err) == "":
			none = err
		case err != nil:
			return credential{}, err
		case raw == "":
		case c.raw != "": // RFC 6750 §2
			return credential{}, fmt.Errorf("%w: a token in two places", ErrRequest)
		default:
			c = credential{raw, s.via}
		}
	}
	if c.raw == "" {
		return c, none
	}
	return c, nil
}
