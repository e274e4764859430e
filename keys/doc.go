// Package keys finds the keys that verify tokens: a secret, a rotating set, a
// file, a JWKS URL, or anything that implements [Provider].
//
//	src, err := keys.Open(ctx, "oidc:https://issuer.example")
//	go keys.Run(ctx, src) // optional: keeps the keys fresh
//	v, err := verifier.New(src, verifier.WithAudience("my-api"))
//
// A [Key] has one algorithm and is valid by construction. [Open] takes the
// choice of the source to the configuration; [Merge] unites sources and
// [ForIssuer] binds keys to who may use them.
//
// # Errors
//
// Constructors tell all that is wrong with their arguments in one error, on
// one line that says what to do. A look-up fails only when it could not look:
// its error wraps [ErrUnavailable] and the cause. That there is no key is no
// error.
//
// # Concurrency
//
// Goroutines share keys and providers. Look-ups of known keys take no lock. No
// provider owns a goroutine: a fetch ends at its own timeout, and [Run] is the
// caller's.
//
// # Security
//
// A token selects among the keys at hand and never supplies one. Nothing that
// is published is taken for a secret, weak keys are refused wherever they come
// from, and no message, log line or printed key holds a secret or the user,
// password or query of a URL.
package keys
