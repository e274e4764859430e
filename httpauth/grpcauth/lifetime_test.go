package grpcauth_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/interop/grpc_testing"

	"github.com/jwtverify/jwtverify/httpauth/grpcauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestStreamsEndWithTheirToken: a stream whose handler waits for a message that never
// comes ends when its token expires, with the answer of an expired token.
func TestStreamsEndWithTheirToken(t *testing.T) {
	s := newSite(t, verifier.WithLeeway(0))
	conn := serve(t, s.auth(t, grpcauth.WithTokenLifetime()).ServerOptions())()
	expiry := time.Now().Add(2 * time.Second).Truncate(time.Second)
	raw := s.token(map[string]any{"exp": expiry.Unix()})
	stream, err := grpc_testing.NewTestServiceClient(conn).FullDuplexCall(sending(t, "Bearer "+raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&grpc_testing.StreamingOutputCallRequest{}); err != nil {
		t.Fatal(err)
	}
	if res, err := stream.Recv(); err != nil || string(res.GetPayload().GetBody()) != "user-1" {
		t.Fatalf("before its end: %v, %v", res, err)
	}
	_, err = stream.Recv() // nothing is sent: the token ends it
	if got := read("", err); got.Code != codes.Unauthenticated || got.Reason != "expired" {
		t.Errorf("got %+v, %v; want Unauthenticated, expired", got, err)
	}
	if late := time.Since(expiry); late < 0 || late > 3*time.Second { // a second, and a busy machine
		t.Errorf("it ended %v after the expiry", late)
	}
}
