// Package verifier decides whether to trust a JWT, and tells whose it is.
//
//	src, err := keys.Open(ctx, os.Getenv("JWT_KEYS"))
//	v, err := verifier.New(src,
//		verifier.WithIssuer("https://issuer.example"),
//		verifier.WithAudience("https://api.example"))
//	tok, err := v.Verify(ctx, raw)
//	fmt.Println(tok.Subject)
//
// Everything is strict by default: a token needs a subject and an expiry, and
// one that names an issuer or audience is refused unless it is expected. A token
// that is bound to a key of its sender ("cnf") is refused unless the caller has
// that proven ([WithPossessionProven]), and so are security events.
//
// # Errors
//
// An error of Verify has exactly one of three meanings, which [Classify] tells
// apart: the token is not to be trusted ([ErrInvalidToken], with a narrower
// sentinel of this package or of package claims); it is good but not allowed
// here ([claims.ErrInsufficientScope]); or nothing could be decided
// ([ErrUnavailable]). An outage is never an invalid token, and never an
// accepted one. [Reason] is a stable word for logs and metrics. No message
// holds the token, its signature or a secret.
//
// # Concurrency
//
// Verifiers and tokens are shared by goroutines without locks of their own. A
// Token is read-only.
//
// # Security
//
// One key has one algorithm (RFC 8725 §3.1); the header of a token selects
// among the keys of the provider and never supplies one; "none", "crit" and
// "b64" are refused. SHA-1 and unsigned or encrypted tokens are not read.
package verifier
