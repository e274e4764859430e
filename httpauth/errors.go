package httpauth

import (
	"errors"
	"net/http"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// ErrNoToken is returned when the request carries no token where one is looked
// for. An error that wraps anything worse beside it is not a lack of a token.
var ErrNoToken error = &sentinel{"httpauth: no token in the request", "no_token"}

// ErrRequest is returned when the request itself is malformed, such as with two
// tokens.
var ErrRequest error = &sentinel{"httpauth: malformed request", "bad_request"}

// ErrUnproven is returned when the token is bound to a key that its sender has
// not proven to hold, or is not bound where it must be. It is
// verifier.ErrUnproven, and comes with verifier.ErrInvalidToken.
var ErrUnproven = verifier.ErrUnproven

// A sentinel is a verifier.Answer: it says its own reason.
type sentinel struct{ text, word string }

func (s *sentinel) Error() string             { return s.text }
func (s *sentinel) Verdict() verifier.Verdict { return verifier.Invalid }
func (s *sentinel) Reason() string            { return s.word }

// Status is the HTTP status that answers err: 400, 401, 403 or 503, and 200
// for nil. It is that of verifier.Classify, and 400 for an [ErrRequest] among
// what is Invalid. An error of unknown kind is 503: nothing was decided.
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

// isNoToken reports whether err says that there is no token and nothing else:
// an outage, a bad token or a malformed request beside it outranks that.
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

// A denial is an error with what it takes to answer it.
type denial struct {
	err    error
	via    *proof      // whose scheme the request used; nil: no proof's
	answer http.Header // what proofs said to the client; nil where that is sent already
	set    *claims.Set // of a token that was verified before it was refused, or nil
}

func (d *denial) Error() string { return d.err.Error() }
func (d *denial) Unwrap() error { return d.err }

// RefusedClaims is what verifier.RefusedClaims looks for: who was refused, for
// logs. It is nil unless the signature of the token verified.
func (d *denial) RefusedClaims() *claims.Set {
	if d.set != nil {
		return d.set
	}
	set, _ := verifier.RefusedClaims(d.err)
	return set
}
