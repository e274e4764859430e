package grpcauth

import (
	"context"

	"google.golang.org/grpc"

	"github.com/jwtverify/jwtverify/verifier"
)

// contextWith returns the context of a handler, for unary methods and streams alike.
func contextWith(ctx context.Context, tok *verifier.Token) context.Context {
	return verifier.NewContext(ctx, tok)
}

// A stream is a ServerStream with the context of its handler.
type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *stream) Context() context.Context { return s.ctx }

// follow runs the handler of a stream, and ends it with its token where
// WithTokenLifetime asks for that.
func (i *Interceptors) follow(srv any, ss grpc.ServerStream, inner context.Context, handler grpc.StreamHandler) error {
	tok, ok := verifier.FromContext(inner)
	if i.watcher == nil || !ok {
		return handler(srv, &stream{ss, inner})
	}
	watched, stop := i.watcher.Watch(ss.Context(), tok)
	defer stop()
	s := &endingStream{stream{ss, contextWith(watched, tok)}}
	err := handler(srv, s)
	if err != nil && s.over() != nil {
		return s.over()
	}
	return err
}

// An endingStream carries no messages once the token of its context has ended.
type endingStream struct{ stream }

// over returns the answer for a token that has ended, or nil.
func (s *endingStream) over() error {
	if s.ctx.Err() == nil || s.ServerStream.Context().Err() != nil {
		return nil // it goes on, or the call has ended
	}
	return Status(context.Cause(s.ctx)).Err()
}

func (s *endingStream) SendMsg(m any) error {
	if err := s.over(); err != nil {
		return err
	}
	return s.ServerStream.SendMsg(m)
}

// RecvMsg receives in a goroutine, since nothing else can wake a handler that waits for
// a message. It ends with the call, at the latest.
func (s *endingStream) RecvMsg(m any) error {
	if err := s.over(); err != nil {
		return err
	}
	received := make(chan error, 1)
	go func() { received <- s.ServerStream.RecvMsg(m) }()
	select {
	case err := <-received:
		if over := s.over(); over != nil {
			return over
		}
		return err
	case <-s.ctx.Done():
	}
	if err := s.over(); err != nil {
		return err // m may still be written to: the handler must not use it
	}
	return <-received // the call has ended
}
