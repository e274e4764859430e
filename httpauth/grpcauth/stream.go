package grpcauth

import (
	"context"

	"google.golang.org/grpc"

	"github.com/jwtverify/jwtverify/verifier"
)

// contextWith returns the context of a handler, for unary methods and streams alike. It
// is the one place where the context of a call is made: what ends a call together with
// its token belongs here.
func contextWith(ctx context.Context, tok *verifier.Token) context.Context {
	return verifier.NewContext(ctx, tok)
}

// A stream is a ServerStream with the context of its handler.
type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *stream) Context() context.Context { return s.ctx }
