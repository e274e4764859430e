package grpcauth_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/jwtverify/jwtverify/httpauth/grpcauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// instant is a verifier that takes no time.
func instant(b testing.TB, s *site) verifier.Verifier {
	b.Helper()
	tok, err := s.Verify(b.Context(), s.token(map[string]any{"scope": "a b"}))
	if err != nil {
		b.Fatal(err)
	}
	return verifier.Func(func(context.Context, string) (*verifier.Token, error) { return tok, nil })
}

// BenchmarkInterceptor measures what the interceptor adds to a verifier that takes no
// time.
func BenchmarkInterceptor(b *testing.B) {
	s := newSite(b)
	v := instant(b, s)
	ctx := metadata.NewIncomingContext(b.Context(), metadata.Pairs("authorization", "Bearer "+s.token(nil), "user-agent", "grpc-go", ":authority", "localhost"))
	ctx = peer.NewContext(ctx, &peer.Peer{AuthInfo: credentials.TLSInfo{}})
	info := &grpc.UnaryServerInfo{FullMethod: unaryCall}
	handler := func(context.Context, any) (any, error) { return nil, nil }
	for _, test := range []struct {
		name string
		v    verifier.Verifier
		opts []grpcauth.Option
	}{
		{"added", v, nil},
		{"added with scope", v, []grpcauth.Option{grpcauth.WithScope(unaryCall, "a")}},
		{"added with certificate", v, []grpcauth.Option{grpcauth.WithClientCertificate()}},
		{"Verify and added", s.Keyed, nil},
	} {
		b.Run(test.name, func(b *testing.B) {
			auth, err := grpcauth.New(test.v, test.opts...)
			if err != nil {
				b.Fatal(err)
			}
			intercept := auth.UnaryServerInterceptor()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := intercept(ctx, nil, info, handler); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCall measures whole calls over loopback and TLS, without an interceptor and
// with one.
func BenchmarkCall(b *testing.B) {
	s := newSite(b)
	with := func(v verifier.Verifier) []grpc.ServerOption {
		auth, err := grpcauth.New(v)
		if err != nil {
			b.Fatal(err)
		}
		return auth.ServerOptions()
	}
	for _, test := range []struct {
		name string
		opts []grpc.ServerOption
	}{
		{"without", nil},
		{"with one that verifies nothing", with(instant(b, s))},
		{"with ES256", with(s.Keyed)},
	} {
		b.Run(test.name, func(b *testing.B) {
			client := grpc_testing.NewTestServiceClient(serve(b, test.opts)())
			ctx := sending(b, "Bearer "+s.token(nil))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
