// Package dpop checks DPoP proofs (RFC 9449): that the sender of a token holds
// the key that the token is bound to.
//
//	proofs, err := dpop.New(dpop.WithBaseURL("https://api.example"))
//	v, err := verifier.New(src, verifier.WithPossessionProven())
//	auth := httpauth.New(v, httpauth.WithProof(proofs))
//	mux.Handle("GET /items", auth.Handler(list))         // unbound tokens too, by Bearer
//	mux.Handle("POST /items", auth.RequireBound()(add))  // bound tokens only
//
// A token with "jkt" in its "cnf" then comes by "Authorization: DPoP", together
// with a fresh proof in the field DPoP. By Bearer it is refused, and so is a
// token without "jkt" that comes by DPoP.
//
// # How clients call the server
//
// A proof names the URI that it was made for in "htu". A server does not know by
// itself which URI clients call: a proxy may have changed the scheme, the host
// or the path, and the Host field is chosen by the sender. So [New] needs one of
//
//	WithBaseURL("https://api.example/v1")  one fixed URL, whatever the proxies in between do
//	WithHosts("api.example")               a list of hosts, and the scheme of the connection
//
// With WithHosts, a proxy that ends TLS is named by [WithProxy], [WithUnixProxy]
// or [WithProxyFunc], together with the fields in which it states how the client
// called it.
//
// # Replays
//
// Each request needs a new proof. Used proofs are remembered by a [ReplayStore],
// by default a [Memory] in this process. Several servers behind one URI must
// share a store: see [WithReplayStore]. With [WithNonces] clients cannot prepare
// proofs for later.
//
// # Errors
//
// A proof that does not hold is 401. Its error wraps [ErrProof], and its code is
// invalid_dpop_proof; if the proof was used before, the error wraps [ErrReplay]
// as well. If a nonce is missing or too old, the error wraps [ErrNonce], the code
// is use_dpop_nonce, and the response has the nonce to use. A key other than the
// token's is invalid_token. All these errors wrap an httpauth.ProofError, and
// verifier.Reason returns "unproven", "replay" or "nonce".
//
// If the ReplayStore cannot tell whether a proof is new, or a field of a trusted
// proxy cannot be read, nothing is decided: 503.
//
// # Concurrency
//
// Goroutines share a [Checker], a [Memory] and a [ReplayStore]. None of them
// runs a goroutine of its own.
//
// # Security
//
// A proof is read only after its token has been verified, and its signature is
// checked only if its key is the token's. The replay store is asked last, so
// nobody can fill it without a good token and its key.
//
// Handlers of one httpauth.Middleware share the verdict on a request. Two
// Middlewares in a row do not: the second sees a replay.
//
// With several base URLs, a request that names the host of one of them needs a
// proof for that one. The host in a proxy's field must be one of the allowed
// hosts too.
//
// An unbound token by Bearer passes even if the request has a DPoP field.
// httpauth.Middleware.RequireBound is for routes that must not accept one.
// Browser clients on other origins can read a nonce only if a CORS handler
// exposes DPoP-Nonce and WWW-Authenticate.
package dpop
