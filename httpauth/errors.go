package httpauth

import (
	"errors"
	"net/http"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// ErrNoToken is returned when the request carries no token where one is looked
// for: 401 without an error code. An error that wraps something worse as well
// does not count as the lack of a token.
var ErrNoToken error = &sentinel{"httpauth: no token in the request", "no_token"}

// ErrRequest is returned when the request itself is malformed, such as one with
// two tokens: 400.
var ErrRequest error = &sentinel{"httpauth: malformed request", "bad_request"}

// ErrUnproven is returned when the token is bound to a key that its sender has
// not proven to hold, or is not bound where it must be: 401. It equals
// verifier.ErrUnproven, and always comes with verifier.ErrInvalidToken.
var ErrUnproven = verifier.ErrUnproven

// A sentinel is a verifier.Answer, so that package verifier can sort an error
// of this package without importing it.
type sentinel struct{ text, word string }

func (s *sentinel) Error() string             { return s.text }
func (s *sentinel) Verdict() verifier.Verdict { return verifier.Invalid }
func (s *sentinel) Reason() string            { return s.word }

// Status returns the HTTP status that answers err: 400, 401, 403 or 503, and
// 200 for nil. It follows verifier.Classify; an Invalid error is 400 if it wraps
// [ErrRequest], else 401. An error of unknown kind is 503: nothing was decided.
func Status(err error) int {
	switch verifier.Classify(err) {
	case verifier.Trusted:
		return http.StatusOK
	case verifier.Forbidden:
		return http.StatusForbidden
	case verifier.Invalid:
		if errors.Is(err, ErrRequest) {
			return http.StatusBadRequest
		}
		return http.StatusUnauthorized
	default:
		return http.StatusServiceUnavailable
	}
}

// isNoToken reports whether err means that there is no token, and nothing else:
// an outage, a bad token or a malformed request outranks that. Only such an
// error may let a request through as anonymous.
func isNoToken(err error) bool {
	if !errors.Is(err, ErrNoToken) || verifier.Classify(err) != verifier.Invalid {
		return false
	}
	for _, worse := range []error{ErrRequest, ErrAuthLevel, ErrUnproven, verifier.ErrInvalidToken} {
		if errors.Is(err, worse) {
			return false
		}
	}
	return true
}

// A denial is an error together with what is needed to answer it.
type denial struct {
	err    error
	via    *proof      // whose scheme the request used; nil: no proof's
	answer http.Header // what proofs send to the client, unless it is already in the response
	need   requirement // for the challenge, where no route has one
	set    *claims.Set // of a token that was verified before it was refused, or nil
}

func (d *denial) Error() string { return d.err.Error() }
func (d *denial) Unwrap() error { return d.err }

// RefusedClaims returns the claims of the refused token, for logs. It is nil
// unless the signature verified. verifier.RefusedClaims looks for this method.
func (d *denial) RefusedClaims() *claims.Set {
	if d.set != nil {
		return d.set
	}
	set, _ := verifier.RefusedClaims(d.err)
	return set
}
