// Package dpop checks DPoP proofs (RFC 9449): that whoever sends a token holds
// the key that the token is bound to.
//
//	proofs, err := dpop.New(dpop.WithBaseURL("https://api.example"))
//	auth := httpauth.New(v, httpauth.WithProof(proofs))
//	mux.Handle("GET /items", auth.Handler(list))         // unbound tokens too, by Bearer
//	mux.Handle("POST /items", auth.RequireBound()(add))  // bound tokens only
//
// Tokens with a "jkt" in "cnf" then come by "Authorization: DPoP", with a fresh
// proof in the field DPoP; by Bearer they are refused, and so is a token
// without "jkt" that comes by DPoP.
//
// # Errors
//
// A proof that does not hold is 401: an error that wraps [ErrProof], with the
// code invalid_dpop_proof, or [ErrNonce], with the code use_dpop_nonce and a
// nonce to use. A proof that was used before is [ErrReplay] too. A key other
// than the token's is invalid_token. All of them wrap an httpauth.ProofError,
// and verifier.Reason is "unproven", "nonce" or "replay". When the [ReplayStore]
// cannot tell, or what a trusted proxy says cannot be read, nothing is decided:
// 503.
//
// # Concurrency
//
// Goroutines share a [Checker], a [Memory] and a [ReplayStore]. There is no
// goroutine behind any of them.
//
// # Security
//
// A proof is looked at only after its token was verified, its key only when the
// token is bound to it, and the replay store is asked last: without a good
// token and its key nobody can fill it. Each request needs a
// proof of its own; handlers of one httpauth.Middleware share the verdict, two
// Middlewares in a row do not.
//
// What a request says of its host is chosen by its sender, in Host, :authority
// or the request target. So [New] needs [WithBaseURL] or [WithHosts] to know how
// clients call this server; else a proof made for another server would pass.
// Fields that a proxy sets are believed only where [WithProxy], [WithUnixProxy]
// or [WithProxyFunc] name the proxy and the fields, and the host in them has to
// be an allowed one too. With several base URLs a request that names one of
// their hosts needs a proof for that one.
//
// An unbound token by Bearer passes also when a DPoP field stands beside it:
// httpauth.Middleware.RequireBound is for routes that accept no such token.
// Browser clients on other origins can read a nonce only when a CORS handler
// exposes DPoP-Nonce and WWW-Authenticate.
package dpop
