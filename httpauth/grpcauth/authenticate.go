package grpcauth

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/jwtverify/jwtverify/verifier"
)

// admit returns the context for the handler of a method, or why the call must not reach
// it.
func (i *Interceptors) admit(ctx context.Context, method string) (inner context.Context, err error) {
	defer func() { // nothing else recovers: a panic would end the program
		if p := recover(); p != nil {
			inner, err = nil, &panicked{p, debug.Stack()}
		}
	}()
	if err := checkMethod(method); err != nil {
		return nil, err
	}
	if i.public[method] {
		return ctx, nil
	}
	tok, err := i.http.AuthenticateWith(nil, i.request(ctx))
	if err != nil {
		return nil, err
	}
	if err := i.check(ctx, method, tok.Set); err != nil {
		return nil, err
	}
	return contextWith(ctx, tok), nil
}

// request returns what package httpauth has to know of a call: gRPC sends its metadata
// as fields of HTTP, and the token as RFC 6750 §2.1 has it.
func (i *Interceptors) request(ctx context.Context) *http.Request {
	r := http.Request{Header: http.Header{}}
	if values := metadata.ValueFromIncomingContext(ctx, "authorization"); values != nil {
		r.Header["Authorization"] = values
	}
	if i.certificate {
		if p, ok := peer.FromContext(ctx); ok {
			if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
				r.TLS = &info.State
			}
		}
	}
	return r.WithContext(ctx)
}

// panicked is the error of a verifier, validator or requirement that panicked: nothing
// was decided.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("grpcauth: panic: %v", p.value) }
func (p *panicked) Unwrap() error { return verifier.ErrUnavailable }
