// Package httpauth protects net/http handlers with a [verifier.Verifier].
//
//	auth := httpauth.New(v)
//	mux.Handle("GET /protected", auth.Handler(http.HandlerFunc(
//		func(w http.ResponseWriter, r *http.Request) {
//			tok, _ := httpauth.FromContext(r.Context())
//			fmt.Fprintln(w, "Hello", tok.Subject)
//		})))
//	mux.Handle("DELETE /items", auth.RequireScope("items:write")(deleteItems))
//
// It only finds the token and words the answer: what to trust is for the
// verifier to decide, and for the proofs of tokens that are bound to a key.
//
// # Errors
//
// There are four refusals, and they never blur:
//
//	401  no token, or one that is not to be trusted   WWW-Authenticate: Bearer
//	403  a good token that lacks a scope              WWW-Authenticate: Bearer error="insufficient_scope"
//	400  a malformed request, such as two tokens      WWW-Authenticate: Bearer error="invalid_request"
//	503  it could not be decided; try again           Retry-After, and no challenge
//
// What the client reads is fixed text; the detail is in the error, for
// verifier.WithLogger or [WithErrorHandler].
//
// # Concurrency
//
// A Middleware is immutable; any number of handlers and goroutines share it.
//
// # Security
//
// A token is taken from one place only, the Authorization field unless
// [WithExtractor] says otherwise, and never from a query. Two tokens in one
// request are refused, and a bad one never counts as none.
//
// A token that is bound to a key (RFC 7800) is refused unless each member of
// its "cnf" is proven: by [WithClientCertificate] (RFC 8705), by package dpop
// (RFC 9449), or by a [Proof] of your own. [Middleware.RequireBound] refuses
// all others.
package httpauth
