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
// # Routes
//
// A route asks for a good token by [Middleware.Handler], for more by
// [Middleware.RequireScope], RequireAnyScope, Require, RequireBound and
// RequireAuthLevel, and for none by [Middleware.Optional].
//
// A handler for CORS goes outside of the Middleware. There it answers
// preflights, with which browsers send no token, and a page can read a 401.
//
// # Other frameworks
//
// [Middleware.Authenticate] and [Middleware.Refuse] are what Handler is made of,
// for frameworks whose handlers are of another type.
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
// [Status], verifier.Classify and verifier.Reason sort every error alike. Where
// an error is an outage beside anything else, it is an outage. Challenges that
// somebody outside has set for other schemes stay beside those of the
// Middleware.
//
// What the client reads is fixed text; the detail is in the error, for
// [WithLogger] or [WithErrorHandler].
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
// (RFC 9449), or by a [Proof] of your own. The verifier has to be made with
// verifier.WithPossessionProven then. [Middleware.RequireBound] refuses all
// other tokens.
//
// Mistakes of the program, such as a nil handler or a scope that is two words,
// panic where they are made, not when the first request comes.
package httpauth
