package grpcauth

import (
	"context"
	"fmt"
	"io"
	"reflect"

	"google.golang.org/grpc"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// Interceptors let calls with a good token through to the methods of a server. Make
// them with [New]; the methods of nil or zero Interceptors panic or return an error.
// They are immutable, and goroutines share them. They print as the name of their type.
type Interceptors struct {
	http    *httpauth.Middleware // finds and verifies the token
	watcher *verifier.Watcher    // nil without WithTokenLifetime
	config
}

// New returns Interceptors that trust the tokens that v trusts. It reports every
// mistake in one error: a nil verifier, nil validators and functions, names that are
// not those of methods, words that are not scopes, and methods that are both public and
// not.
func New(v verifier.Verifier, opts ...Option) (*Interceptors, error) {
	c := newConfig(v, opts)
	if err := c.mistakes.err(); err != nil {
		return nil, err
	}
	var http []httpauth.Option
	if c.certificate {
		http = append(http, httpauth.WithClientCertificate())
	}
	i := &Interceptors{http: httpauth.New(v, http...), config: *c}
	if c.lifetime {
		i.watcher = verifier.NewWatcher(v)
	}
	return i, nil
}

// ServerOptions returns both interceptors for grpc.NewServer, so that none is
// forgotten. They run in the order of all chained interceptors: put those that need no
// token, such as one that logs, before them.
func (i *Interceptors) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(i.UnaryServerInterceptor()),
		grpc.ChainStreamInterceptor(i.StreamServerInterceptor()),
	}
}

// UnaryServerInterceptor returns the interceptor for unary methods. A server also has
// streams, such as those of reflection and health: give it both interceptors, or use
// [Interceptors.ServerOptions].
func (i *Interceptors) UnaryServerInterceptor() grpc.UnaryServerInterceptor {
	i.mustBeMade("UnaryServerInterceptor")
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		inner, err := i.admit(ctx, info.FullMethod)
		if err != nil {
			return nil, i.refuse(ctx, info.FullMethod, err)
		}
		return handler(inner, req)
	}
}

// StreamServerInterceptor returns the interceptor for methods that stream, in either
// direction or both. It also runs before the handler of grpc.UnknownServiceHandler.
func (i *Interceptors) StreamServerInterceptor() grpc.StreamServerInterceptor {
	i.mustBeMade("StreamServerInterceptor")
	return func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		inner, err := i.admit(ss.Context(), info.FullMethod)
		if err != nil {
			return i.refuse(ss.Context(), info.FullMethod, err)
		}
		return i.follow(srv, ss, inner, handler)
	}
}

// Format writes the name of the type, for every verb: the configuration may hold
// secrets.
func (i Interceptors) Format(s fmt.State, _ rune) { io.WriteString(s, "grpcauth.Interceptors") }

// mustBeMade panics while the server is set up, so that the mistake does not wait for a
// call.
func (i *Interceptors) mustBeMade(caller string) {
	if i == nil || i.http == nil {
		panic("grpcauth: " + caller + ": the Interceptors are empty; make them with New, and check its error")
	}
}

// isNil reports whether v is nil or holds nil.
func isNil(v any) bool {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Chan:
		return r.IsNil()
	}
	return false
}
