package grpcauth_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth/grpcauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// says is a validator that answers with err.
func says(err error) claims.Validator {
	return claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return err })
}

var panics = claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { panic("eyJhbGciOi") })

// handled calls the unary interceptor as a server does, and reports whether the handler
// was reached.
func handled(t *testing.T, auth *grpcauth.Interceptors, method, token string) (got result, reached bool) {
	t.Helper()
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+token))
	res, err := auth.UnaryServerInterceptor()(ctx, nil, &grpc.UnaryServerInfo{FullMethod: method}, func(ctx context.Context, _ any) (any, error) {
		reached = true
		return caller(ctx), nil
	})
	answer, _ := res.(string)
	return read(answer, err), reached
}

// TestRequirement: what a validator or the function of WithRequirements says, and that
// nothing but acceptance reaches the handler.
func TestRequirement(t *testing.T) {
	s := newSite(t)
	token := s.token(map[string]any{"scope": "read", "role": "clerk"})
	var typedNil claims.ValidatorFunc
	invalid := notValid("invalid_token")
	for _, test := range []struct {
		name string
		n    grpcauth.Requirement
		err  error // of the function of WithRequirements
		want result
	}{
		{"nothing", grpcauth.Requirement{}, nil, hello("user-1")},
		{"a scope", grpcauth.Requirement{Scopes: []string{"read"}}, nil, hello("user-1")},
		{"a claim", grpcauth.Requirement{Claims: claims.Required("role")}, nil, hello("user-1")},
		{"two scopes", grpcauth.Requirement{Scopes: []string{"read", "write"}}, nil, lacks("read write")},
		{"a claim that is missing", grpcauth.Requirement{Claims: claims.Required("team")}, nil, lacks("")},
		{"a scope in a validator", grpcauth.Requirement{Claims: claims.Scope("write")}, nil, lacks("")},
		{"both, one missing", grpcauth.Requirement{Scopes: []string{"read"}, Claims: claims.Required("team")}, nil, lacks("read")},
		{"an error of its own", grpcauth.Requirement{Claims: says(errors.New("not a manager"))}, nil, lacks("")},
		{"an outage", grpcauth.Requirement{Claims: says(claims.ErrUnavailable)}, nil, undecided},
		{"a network error", grpcauth.Requirement{Claims: says(&net.OpError{Op: "dial", Err: errors.New("x")})}, nil, undecided},
		{"an outage with a refusal", grpcauth.Requirement{Claims: says(errors.Join(claims.ErrInsufficientScope, verifier.ErrUnavailable))}, nil, undecided},
		{"an invalid token", grpcauth.Requirement{Claims: says(verifier.ErrInvalidToken)}, nil, invalid},
		{"a panic", grpcauth.Requirement{Claims: panics}, nil, undecided},
		{"a typed nil", grpcauth.Requirement{Claims: typedNil}, nil, undecided},
		{"no scope", grpcauth.Requirement{Scopes: []string{""}}, nil, undecided},
		{"two scopes in one word", grpcauth.Requirement{Scopes: []string{"read write"}}, nil, undecided},
		{"unknown", grpcauth.Requirement{}, errors.New("no such method"), undecided},
		{"unknown, as an invalid token", grpcauth.Requirement{}, verifier.ErrInvalidToken, undecided},
		{"unknown, as a lack of scope", grpcauth.Requirement{}, claims.ErrInsufficientScope, undecided},
	} {
		t.Run(test.name, func(t *testing.T) {
			check := func(by string, auth *grpcauth.Interceptors) {
				t.Helper()
				got, reached := handled(t, auth, unaryCall, token)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", by, diff)
				}
				if reached != (test.want.Code == codes.OK) {
					t.Errorf("%s: the handler was reached: %v", by, reached)
				}
			}
			check("WithRequirements", s.auth(t, grpcauth.WithRequirements(func(_ context.Context, method string) (grpcauth.Requirement, error) {
				if method != unaryCall {
					t.Errorf("asked for %s", method)
				}
				return test.n, test.err
			})))
			if test.err != nil {
				return
			}
			switch auth, err := grpcauth.New(s.Keyed, grpcauth.WithRequirement(unaryCall, test.n)); {
			case err == nil:
				check("WithRequirement", auth)
			case test.name != "nothing" && test.want != undecided: // those that New reports
				t.Error(err)
			}
		})
	}
}

// TestRequirementsAddUp: those of a method from all options are needed together.
func TestRequirementsAddUp(t *testing.T) {
	s := newSite(t)
	auth := s.auth(t,
		grpcauth.WithScope(unaryCall, "a"), grpcauth.WithScope(unaryCall, "b"), grpcauth.WithScope(emptyCall, "z"),
		grpcauth.WithRequirement(unaryCall, grpcauth.Requirement{Claims: claims.Required("role")}),
		grpcauth.WithRequirements(func(context.Context, string) (grpcauth.Requirement, error) {
			return grpcauth.Requirement{Scopes: []string{"c"}}, nil
		}))
	for _, test := range []struct {
		claims map[string]any
		want   result
	}{
		{map[string]any{"scope": "a b c", "role": "x"}, hello("user-1")},
		{map[string]any{"scope": "b c", "role": "x"}, lacks("a b c")},
		{map[string]any{"scope": "a c", "role": "x"}, lacks("a b c")},
		{map[string]any{"scope": "a b", "role": "x"}, lacks("a b c")},
		{map[string]any{"scope": "a b c"}, lacks("a b c")},
	} {
		got, _ := handled(t, auth, unaryCall, s.token(test.claims))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.claims, diff)
		}
	}
}

// TestRequirementsOfSharedCalls: concurrent calls do not write into each other's
// requirements. The race detector watches.
func TestRequirementsOfSharedCalls(t *testing.T) {
	s := newSite(t)
	auth := s.auth(t, grpcauth.WithScope(unaryCall, "a"), grpcauth.WithScope(unaryCall, "b"), grpcauth.WithScope(unaryCall, "c"),
		grpcauth.WithRequirements(func(ctx context.Context, _ string) (grpcauth.Requirement, error) {
			return grpcauth.Requirement{Scopes: metadata.ValueFromIncomingContext(ctx, "need")}, nil
		}))
	token, done := s.token(map[string]any{"scope": "a b c"}), make(chan error)
	for n := range 20 {
		go func() {
			own := fmt.Sprintf("own-%d", n)
			ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs("authorization", "Bearer "+token, "need", own))
			_, err := auth.UnaryServerInterceptor()(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unaryCall}, nil)
			if got := read("", err); got != lacks("a b c "+own) {
				done <- fmt.Errorf("%s: %v", own, got)
				return
			}
			done <- nil
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestMethodNamesAreExact: a name in another form than that of the options, which a
// server or a proxy may take for the same method, never passes its requirement by.
func TestMethodNamesAreExact(t *testing.T) {
	s := newSite(t)
	auth := s.auth(t, grpcauth.WithScope(unaryCall, "never"), grpcauth.WithPublic("/a.B/C"))
	for _, name := range []string{
		"", "/", "//", "/UnaryCall", unaryCall[1:], "/" + unaryCall, unaryCall + "/", "/grpc.testing.TestService//UnaryCall",
		"a.B/C", "//a.B/C", "/a.B//C", "/a.B/C/",
	} {
		if got, reached := handled(t, auth, name, s.token(nil)); reached || got != malformed {
			t.Errorf("%q: reached %v, %v", name, reached, got)
		}
	}
	if got, reached := handled(t, auth, "/A.b/c", "bad"); reached || got.Code != codes.Unauthenticated {
		t.Errorf("a public method in another case: reached %v, %v", reached, got)
	}
}

// TestPanicOfVerifier is not the end of the server, and lets nobody through.
func TestPanicOfVerifier(t *testing.T) {
	auth, err := grpcauth.New(verifier.Func(func(context.Context, string) (*verifier.Token, error) { panic("x") }))
	if err != nil {
		t.Fatal(err)
	}
	conn := serve(t, auth.ServerOptions())()
	for method, call := range shapes {
		if diff := cmp.Diff(undecided, call(sending(t, "Bearer abc"), conn)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", method, diff)
		}
	}
}

// TestSilentVerifier: no token and no error is not a pass.
func TestSilentVerifier(t *testing.T) {
	for _, tok := range []*verifier.Token{nil, {}} {
		auth, err := grpcauth.New(verifier.Func(func(context.Context, string) (*verifier.Token, error) { return tok, nil }))
		if err != nil {
			t.Fatal(err)
		}
		if got, reached := handled(t, auth, unaryCall, "abc"); reached || got.Code != codes.Unavailable {
			t.Errorf("reached %v, %v", reached, got)
		}
	}
}

// TestHandlerPanicIsNotOurs: it reaches whoever called the interceptor.
func TestHandlerPanicIsNotOurs(t *testing.T) {
	s := newSite(t)
	defer func() {
		if p := recover(); p != "of the handler" {
			t.Errorf("recovered %v", p)
		}
	}()
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+s.token(nil)))
	_, err := s.auth(t).UnaryServerInterceptor()(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unaryCall}, func(context.Context, any) (any, error) { panic("of the handler") })
	t.Errorf("the interceptor returned %v", err)
}

// TestHandlerErrorIsLeftAlone, also when it looks like one of ours.
func TestHandlerErrorIsLeftAlone(t *testing.T) {
	s := newSite(t)
	for _, want := range []error{status.Error(codes.NotFound, "gone"), verifier.ErrInvalidToken} {
		ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+s.token(nil)))
		_, err := s.auth(t).UnaryServerInterceptor()(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unaryCall}, func(context.Context, any) (any, error) { return nil, want })
		if err != want {
			t.Errorf("%v came back as %v", want, err)
		}
	}
}
