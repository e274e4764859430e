// Package grpcauth protects gRPC servers with a [verifier.Verifier].
//
//	auth, err := grpcauth.New(v,
//		grpcauth.WithScope("/shop.v1.Items/Delete", "items:write"),
//		grpcauth.WithPublicHealth())
//	...
//	server := grpc.NewServer(append(auth.ServerOptions(), grpc.Creds(creds))...)
//
// A handler finds the token with verifier.FromContext, also in a stream:
//
//	tok, _ := verifier.FromContext(ctx)
//
// Every method needs a good token, and those of [WithScope], [WithRequirement] and
// [WithRequirements] need more. A method is public only if [WithPublic] or one of its
// kind names it, so that a new method is never open by accident. A requirement for a
// misspelt method protects nothing; [Interceptors.Check] finds those.
//
// The package is a module of its own, so that programs without gRPC do not get it.
// connect-go runs on net/http: use package httpauth there.
//
// # Errors
//
// There are four refusals, as in package httpauth, and they never blur:
//
//	Unauthenticated   no token, or one that is not to be trusted
//	PermissionDenied  a good token that lacks what the method needs
//	InvalidArgument   a malformed request, such as two tokens
//	Unavailable       nothing could be decided; try again, after the delay in RetryInfo
//
// The client reads fixed text and a google.rpc.ErrorInfo of the domain [Domain], whose
// reason is the word of verifier.Reason. The detail is for [WithLogger]. A verifier,
// validator or requirement that panics is Unavailable; panics of handlers are left
// to the server.
//
// # Concurrency
//
// Interceptors are immutable, and any number of servers and goroutines may share them.
//
// # Security
//
// The token is read from the metadata "authorization" alone, as "Bearer TOKEN". It
// travels in clear text unless the server has TLS credentials.
//
// A token bound to a key of its sender ("cnf", RFC 7800) is refused, unless it is bound
// to a certificate and [WithClientCertificate] is given. A token is checked when the
// call begins: a stream goes on after its token has expired.
package grpcauth
