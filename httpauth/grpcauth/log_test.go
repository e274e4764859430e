package grpcauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/jwtverify/jwtverify/httpauth/grpcauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestLog: one line for each refusal, with what it was, and without the token.
func TestLog(t *testing.T) {
	s := newSite(t)
	var out bytes.Buffer
	logger := grpcauth.WithLogger(slog.New(slog.NewTextHandler(&out, nil)))
	good := s.token(map[string]any{"jti": "id-1", "sub": "user 1\nlevel=ERROR"})
	quotes := verifier.Func(func(_ context.Context, raw string) (*verifier.Token, error) {
		return nil, errors.New("rejected\n" + raw + " and " + good[:40])
	})
	foreign, err := grpcauth.New(quotes, logger)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		auth  *grpcauth.Interceptors
		token string
		want  []string
	}{
		{"forbidden", s.auth(t, logger, grpcauth.WithScope(unaryCall, "a")), good, []string{"level=INFO", `msg="call refused"`, "verdict=forbidden", "reason=insufficient_scope", "code=PermissionDenied", "method=" + unaryCall, `sub="user 1 level=ERROR"`, "jti=id-1"}},
		{"invalid", s.auth(t, logger), "rubbish", []string{"level=INFO", "verdict=invalid", "reason=malformed", "code=Unauthenticated"}},
		{"a foreign verifier", foreign, "opaque-s3cret", []string{"level=WARN", "code=Unavailable", "[token]"}},
		{"a panic", s.auth(t, logger, grpcauth.WithRequirement(unaryCall, grpcauth.Requirement{Claims: panics})), good, []string{"level=ERROR", "code=Unavailable", "grpcauth: panic: ", "stack=", "requirement_test.go"}},
	} {
		out.Reset()
		handled(t, test.auth, unaryCall, test.token)
		line := out.String()
		for _, want := range test.want {
			if !strings.Contains(line, want) {
				t.Errorf("%s: the log lacks %s: %s", test.name, want, line)
			}
		}
		for _, hidden := range []string{good, good[:40], "eyJ", "opaque-s3cret"} {
			if strings.Contains(line, hidden) {
				t.Errorf("%s: the log holds %s: %s", test.name, hidden, line)
			}
		}
		if strings.Count(line, "\n") != 1 {
			t.Errorf("%s: the log has not one line: %s", test.name, line)
		}
	}
}

// TestLogOfLostCaller: a client that hangs up is not an outage.
func TestLogOfLostCaller(t *testing.T) {
	s := newSite(t)
	var out bytes.Buffer
	auth := s.auth(t, grpcauth.WithLogger(slog.New(slog.NewTextHandler(&out, nil))))
	ctx, cancel := context.WithCancel(metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+s.token(nil))))
	cancel()
	_, err := auth.UnaryServerInterceptor()(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unaryCall}, nil)
	if line := out.String(); err == nil || !strings.Contains(line, "level=INFO") || !strings.Contains(line, "reason=canceled") {
		t.Errorf("%v, logged as %s", err, line)
	}
}

// TestPrintsNoConfiguration, with any verb.
func TestPrintsNoConfiguration(t *testing.T) {
	auth := newSite(t).auth(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		for _, v := range []any{auth, *auth} {
			if got := fmt.Sprintf(format, v); got != "grpcauth.Interceptors" {
				t.Errorf("%s prints %s", format, got)
			}
		}
	}
}
