package httpauth

import (
	"errors"
	"net/http"

	"github.com/jwtverify/jwtverify/verifier"
)

// ErrNoToken: the request carries no token where one is looked for.
var ErrNoToken = errors.New("httpauth: no token in the request")

// ErrRequest: the request itself is malformed, such as with two tokens.
var ErrRequest = errors.New("httpauth: malformed request")

// ErrUnproven: the token is bound to a key that its sender does not prove to
// hold, or is not bound where it must be. It comes with
// verifier.ErrInvalidToken.
var ErrUnproven = errors.New("httpauth: the token is not proven to be the sender's")

// Status is the HTTP status that answers err: 400, 401, 403 or 503, and 200
// for nil. An error of unknown kind is 503: nothing was decided.
func Status(err error) int {
	switch {
	case errors.Is(err, ErrRequest):
		return http.StatusBadRequest
	case errors.Is(err, ErrNoToken), errors.Is(err, ErrAuthLevel):
		return http.StatusUnauthorized
	}
	switch verifier.Classify(err) {
	case verifier.Trusted:
		return http.StatusOK
	case verifier.Invalid:
		return http.StatusUnauthorized
	case verifier.Forbidden:
		return http.StatusForbidden
	default:
		return http.StatusServiceUnavailable
	}
}
