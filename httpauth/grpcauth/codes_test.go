package grpcauth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/grpcauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

var (
	noToken   = result{Code: codes.Unauthenticated, Says: "a bearer token is required", Reason: "no_token"}
	malformed = result{Code: codes.InvalidArgument, Says: "the request is malformed or carries more than one token", Reason: "bad_request"}
	undecided = result{Code: codes.Unavailable, Says: "the token cannot be checked now; try again later", Reason: "unavailable", Retries: true}
)

func notValid(reason string) result {
	return result{Code: codes.Unauthenticated, Says: "the token is not valid", Reason: reason}
}

func lacks(scope string) result {
	return result{Code: codes.PermissionDenied, Says: "the token does not grant the required access", Reason: "insufficient_scope", Scope: scope}
}

// TestCodes: each kind of call gets the same answer, and no refusal says anything about
// the token.
func TestCodes(t *testing.T) {
	s := newSite(t)
	connect := serve(t, s.auth(t, grpcauth.WithScope(unaryCall, "a", "b"), grpcauth.WithScope(serverStream, "a", "b"),
		grpcauth.WithScope(clientStream, "a", "b"), grpcauth.WithScope(bidiStream, "a"), grpcauth.WithScope(bidiStream, "b")).ServerOptions())
	conn := connect()
	good := s.token(map[string]any{"scope": "a b"})
	forged := verifiertest.NewSigner(t, keys.ES256, s.Signer().Key().ID())
	expired := result{Code: codes.Unauthenticated, Says: "the token has expired", Reason: "expired"}
	for _, test := range []struct {
		name   string
		values []string
		want   result
	}{
		{"good", []string{"Bearer " + good}, hello("user-1")},
		{"the scheme in another case", []string{"bEARER  " + good}, hello("user-1")},
		{"none", nil, noToken},
		{"blank", []string{""}, noToken},
		{"another scheme", []string{"Basic dXNlcjpwYXNz"}, noToken},
		{"no scheme", []string{good}, noToken},
		{"two", []string{"Bearer " + good, "Bearer " + good}, malformed},
		{"a good and a blank one", []string{"Bearer " + good, ""}, malformed},
		{"two in one", []string{"Bearer " + good + ", Bearer " + good}, malformed},
		{"in quotes", []string{`Bearer "` + good + `"`}, malformed},
		{"only the scheme", []string{"Bearer"}, malformed},
		{"rubbish", []string{"Bearer rubbish"}, notValid("malformed")},
		{"forged", []string{"Bearer " + forged.Sign(map[string]any{"iss": s.URL, "sub": "user-1"})}, notValid("signature")},
		{"expired", []string{"Bearer " + s.token(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()})}, expired},
		{"not yet valid", []string{"Bearer " + s.token(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()})}, result{Code: codes.Unauthenticated, Says: "the token is not valid yet", Reason: "not_yet_valid"}},
		{"another audience", []string{"Bearer " + s.token(map[string]any{"aud": "other"})}, result{Code: codes.Unauthenticated, Says: "the token is for another audience", Reason: "aud_mismatch"}},
		{"bound to a key", []string{"Bearer " + s.token(map[string]any{"cnf": map[string]any{"jkt": "x"}})}, unproven},
		{"a scope too few", []string{"Bearer " + s.token(map[string]any{"scope": "a"})}, lacks("a b")},
		{"no scope", []string{"Bearer " + s.token(nil)}, lacks("a b")},
	} {
		for method, call := range shapes {
			if diff := cmp.Diff(test.want, call(sending(t, test.values...), conn)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", test.name, method, diff)
			}
		}
	}
}

// TestOutageIsUnavailable, never a bad token, and is over when the issuer is back.
func TestOutageIsUnavailable(t *testing.T) {
	s := newSite(t)
	s.Break(down)
	var later atomic.Int64 // how far the clock of the keys is ahead
	src, err := keys.NewOIDC(s.URL, keys.WithHTTPClient(s.world.Client()),
		keys.WithClock(func() time.Time { return time.Now().Add(time.Duration(later.Load())) }))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithAudience("api"))
	if err != nil {
		t.Fatal(err)
	}
	auth, err := grpcauth.New(v)
	if err != nil {
		t.Fatal(err)
	}
	conn := serve(t, auth.ServerOptions())()
	check := func(when string, want result) {
		t.Helper()
		for method, call := range shapes {
			if diff := cmp.Diff(want, call(sending(t, "Bearer "+s.token(nil)), conn)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", when, method, diff)
			}
		}
	}
	check("during the outage", undecided)
	s.Break(nil)
	later.Store(int64(5 * time.Minute)) // past the backoff
	check("after it", hello("user-1"))
	s.Break(down)
	check("in another one, with the last good set", hello("user-1"))
}

// TestStatus sorts every error as package httpauth does.
func TestStatus(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want codes.Code
	}{
		{"nil", nil, codes.OK},
		{"invalid", verifier.ErrInvalidToken, codes.Unauthenticated},
		{"no token", httpauth.ErrNoToken, codes.Unauthenticated},
		{"a claim", &claims.Error{Claim: "sub", Err: claims.ErrMissing}, codes.Unauthenticated},
		{"a scope", claims.ErrInsufficientScope, codes.PermissionDenied},
		{"malformed", fmt.Errorf("x: %w", httpauth.ErrRequest), codes.InvalidArgument},
		{"outage", verifier.ErrUnavailable, codes.Unavailable},
		{"outage of keys", keys.ErrUnavailable, codes.Unavailable},
		{"canceled", context.Canceled, codes.Unavailable},
		{"unknown", errors.New("x"), codes.Unavailable},
		{"an outage outranks", errors.Join(verifier.ErrInvalidToken, claims.ErrInsufficientScope, verifier.ErrUnavailable), codes.Unavailable},
	} {
		got := grpcauth.Status(test.err)
		if got.Code() != test.want || strings.Contains(got.Message(), "x") && strings.Contains(got.Message(), ":") {
			t.Errorf("%s: %v %q, want %v", test.name, got.Code(), got.Message(), test.want)
		}
		if retries := read("", got.Err()).Retries; retries != (test.want == codes.Unavailable) {
			t.Errorf("%s: RetryInfo is %v", test.name, retries)
		}
	}
}
