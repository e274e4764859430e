// Package keys finds the keys that verify tokens: a secret, a rotating set, a
// file, a JWKS URL, or anything that implements [Provider].
//
//	src, err := keys.Open(ctx, "oidc:https://issuer.example")
//	go keys.Run(ctx, src) // optional: keeps the keys fresh
//	v, err := verifier.New(src, verifier.WithAudience("my-api"))
//
// A [Key] has one algorithm and is valid by construction. [Open] lets the
// configuration choose the source, [Merge] unites sources and [ForIssuer] binds
// keys to who may use them. [NewSource] gives a function of yours, which asks a
// vault or a database, the rules of a remote set.
//
// # Errors
//
// Constructors report all that is wrong with their arguments in one error, on
// one line that says what to do. A lookup fails only when it could not look:
// its error wraps [ErrUnavailable] and the cause. Finding no key is not an
// error, but having none at all is: of no token can anybody say then whether it
// is good.
//
// A source that is bound to an issuer answers from memory for a token that
// names another, so that neither its outage nor its budget matters for it.
//
// # Concurrency
//
// Goroutines share keys and providers. Lookups of known keys take no lock. No
// provider owns a goroutine: a fetch ends at its own timeout, and [Run] is the
// caller's.
//
// # Security
//
// A token selects among the keys at hand and never supplies one. Nothing that
// is published is taken for a secret, weak keys are refused wherever they come
// from, and no message, log line or printed key holds a secret or the user,
// password or query of a URL, or much of what others wrote.
package keys
