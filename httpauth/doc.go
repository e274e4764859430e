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
// The package finds the token in the request, hands it to the verifier, and
// words the answer. It makes no decision about trust: the verifier makes that,
// and for a token bound to a key, so does a [Proof].
//
// # Routes
//
// Choose by what the route needs:
//
//	a good token                        Handler
//	a token, if the client has one      Optional
//	a good token that grants a scope    RequireScope, RequireAnyScope
//	scopes that depend on the request   RequireFor
//	a good token with some other claim  Require
//	a token bound to the sender's key   RequireBound
//	a recent or a stronger sign-in      RequireAuthLevel
//
// Each of the Require methods authenticates by itself and needs no Handler
// around it. They also nest, for a route that needs several:
//
//	auth.RequireBound()(auth.RequireScope("items:write")(addItem))
//
// The token is then verified once, in the outermost of them. That holds within
// one Middleware only: a request that passes two of them is verified by each.
//
// # Streams
//
// [WithTokenLifetime] ends Server-Sent Events, WebSockets and long polls together
// with their token, by the context of the request.
//
// # CORS
//
// A handler for CORS goes outside the Middleware. There it answers preflights,
// which browsers send without a token, and it lets a page of another origin read
// the answer. If it sets Access-Control-Allow-Origin before it calls the Middleware,
// a refusal exposes WWW-Authenticate and Retry-After by itself. [WithPreflight] is
// for programs that cannot have such a handler.
//
// # Other frameworks
//
// Handler is made of [Middleware.AuthenticateWith] and [Middleware.Refuse]. A
// framework whose handlers have another type calls the two itself, and
// [Middleware.Check] in between for what the request needs.
//
// # Metadata
//
// [Metadata] is the document by which clients find the authorization server, as
// MCP demands: [Metadata.WellKnown] says where it belongs, [WithResourceMetadata]
// names it in challenges, and [Middleware.Describe] fills in what the Middleware
// knows. Package httpauth/mcpauth does all of it for servers of the MCP SDK.
//
// # Errors
//
// There are four refusals, and they never blur:
//
//	401  no token, or one that is not to be trusted   WWW-Authenticate: Bearer
//	403  a good token that lacks a scope              WWW-Authenticate: Bearer error="insufficient_scope"
//	400  a malformed request, such as two tokens      WWW-Authenticate: Bearer error="invalid_request"
//	503  nothing could be decided; try again          Retry-After, and no challenge
//
// [Status], verifier.Classify and verifier.Reason sort every error in the same
// way. An error that wraps an outage together with anything else is an outage.
//
// The challenge names Bearer, or the schemes of [Authorization]. A refusal replaces
// the challenges of these, and of its proofs, that the response already has. It
// keeps the challenges of all other schemes, such as a Negotiate that an outer
// handler offers.
//
// The client reads fixed text only. The detail is in the error, which goes to
// [WithLogger] and [WithErrorHandler]. [WithObserver] reports every decision, good ones
// too.
//
// Mistakes of the program, such as a nil handler or a scope with a space in it,
// panic while the routes are being set up, not when the first request arrives.
//
// # Concurrency
//
// A Middleware is immutable, and any number of handlers and goroutines may
// share it.
//
// # Security
//
// The token is taken from one place, the Authorization field unless
// [WithExtractor] or [WithLocation] says otherwise, and never from a query. Two
// tokens in one request are refused. A bad token never counts as no token, unless
// [WithExpiredAsAnonymous] allows that for an expired one.
//
// A token bound to a key (RFC 7800) is refused unless every member of its "cnf"
// is proven: by [WithClientCertificate] or [WithProxyCertificate] (RFC 8705), by
// package dpop (RFC 9449), or by your own [Proof]. The verifier must then be made with
// verifier.WithPossessionProven. [Middleware.RequireBound] refuses every token
// that is not bound.
package httpauth
