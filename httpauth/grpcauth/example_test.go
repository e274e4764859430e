package grpcauth_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth/grpcauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// trusting stands for a verifier made with verifier.New.
var trusting = verifier.Func(func(_ context.Context, raw string) (*verifier.Token, error) {
	set, err := claims.Parse([]byte(`{"sub":"` + raw + `","scope":"items:read"}`))
	if err != nil {
		return nil, err
	}
	return &verifier.Token{Set: set}, nil
})

func Example() {
	auth, err := grpcauth.New(trusting,
		grpcauth.WithScope(grpc_testing.TestService_EmptyCall_FullMethodName, "items:write"),
		grpcauth.WithPublicHealth())
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(auth.ServerOptions()...)
	grpc_testing.RegisterTestServiceServer(server, service{})
	if err := auth.Check(server); err != nil { // finds methods that are misspelt
		log.Fatal(err)
	}
	// server.Serve(listener)

	// What a handler and a client see:
	handler := func(ctx context.Context, _ any) (any, error) {
		tok, _ := verifier.FromContext(ctx)
		return "Hello " + tok.Subject, nil
	}
	ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs("authorization", "Bearer ann"))
	for _, method := range []string{grpc_testing.TestService_UnaryCall_FullMethodName, grpc_testing.TestService_EmptyCall_FullMethodName} {
		res, err := auth.UnaryServerInterceptor()(ctx, nil, &grpc.UnaryServerInfo{FullMethod: method}, handler)
		fmt.Println(res, status.Code(err))
	}
	// Output:
	// Hello ann OK
	// <nil> PermissionDenied
}

func ExampleStatus() {
	// A handler that checks what depends on its request answers as the interceptor does.
	check := func(ctx context.Context, owner string) error {
		tok, _ := verifier.FromContext(ctx)
		if tok.Subject == owner {
			return nil
		}
		return grpcauth.Status(claims.Scope("items:admin").Validate(ctx, tok.Set, time.Now())).Err()
	}
	tok, err := trusting.Verify(context.Background(), "ann")
	if err != nil {
		log.Fatal(err)
	}
	ctx := verifier.NewContext(context.Background(), tok)
	fmt.Println(check(ctx, "ann"))
	fmt.Println(check(ctx, "bob"))
	// Output:
	// <nil>
	// rpc error: code = PermissionDenied desc = the token does not grant the required access
}
