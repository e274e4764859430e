package httpauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func TestStatus(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("somewhere: %w", err) }
	for _, test := range []struct {
		name string
		err  error
		want int
	}{
		{"nil", nil, 200},
		{"no token", httpauth.ErrNoToken, 401},
		{"no token, wrapped", wrap(httpauth.ErrNoToken), 401},
		{"malformed request", httpauth.ErrRequest, 400},
		{"malformed request, wrapped", wrap(httpauth.ErrRequest), 400},
		{"malformed request beside an outage", errors.Join(verifier.ErrUnavailable, httpauth.ErrRequest), 503},
		{"invalid token", verifier.ErrInvalidToken, 401},
		{"claim", &claims.Error{Claim: "exp", Err: claims.ErrExpired}, 401},
		{"lack of scope", wrap(claims.ErrInsufficientScope), 403},
		{"lack of scope of an invalid token", errors.Join(verifier.ErrInvalidToken, claims.ErrInsufficientScope), 401},
		{"undecided", wrap(verifier.ErrUnavailable), 503},
		{"undecided beside invalid", errors.Join(verifier.ErrInvalidToken, verifier.ErrUnavailable), 503},
		{"keys unavailable", wrap(keys.ErrUnavailable), 503},
		{"claims unavailable", &claims.Error{Claim: "tenant", Err: claims.ErrUnavailable}, 503},
		{"canceled", wrap(context.Canceled), 503},
		{"time limit", context.DeadlineExceeded, 503},
		{"unknown", io.ErrUnexpectedEOF, 503},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := httpauth.Status(test.err); got != test.want {
				t.Errorf("Status(%v) = %d, want %d", test.err, got, test.want)
			}
		})
	}
}
