// Package verifier decides whether to trust a JWT, and reports whose it is.
//
//	src, err := keys.Open(ctx, os.Getenv("JWT_KEYS"))
//	v, err := verifier.New(src,
//		verifier.WithIssuer("https://issuer.example"),
//		verifier.WithAudience("https://api.example"))
//	tok, err := v.Verify(ctx, raw)
//	fmt.Println(tok.Subject)
//
// Everything is strict by default: what is not expected is refused, and what
// gives up a check says so by its name.
//
// # Rules
//
// A token is trusted only when it keeps all of these. The line that obeys a rule
// cites its number, and so does the test that holds it.
//
//  1. It has at most 16 KiB ([WithMaxSize]) and three parts in unpadded,
//     canonical base64url: one token has one spelling (RFC 7515 §7.1).
//  2. Header and payload are one JSON object each, in UTF-8, without duplicate
//     names at any depth and without half a surrogate pair (RFC 7493 §2). Names
//     match exactly.
//  3. "alg" is the one algorithm of the key (RFC 8725 §3.1); "none" never is.
//     "crit" and "b64" are refused (RFC 7515 §4.1.11, RFC 7797 §7). "jwk", "jku",
//     "x5c" and "x5u" never supply a key. "kid" is a string of at most 1 KiB.
//  4. "typ" is absent, JWT, at+jwt or JOSE, compared as a media type in ASCII
//     (RFC 7515 §4.1.9); [WithType] expects others.
//  5. A key is tried when its algorithm is that of the token, its ID is equal or
//     one of the two has none, and it is bound to no other issuer. At most four
//     are tried.
//  6. Keys are sound: package keys makes no others. A PSS salt is as long as the
//     hash (RFC 7518 §3.5), an ECDSA signature is R and S in full length (§3.4).
//  7. "exp" and "sub" are there and hold ([WithOptionalExpiry],
//     [WithOptionalSubject]), "nbf" and "iat" hold where they are there, with a
//     leeway of 30 seconds ([WithLeeway]). Dates are numbers of seconds in the
//     years 1 to 9999 (RFC 7519 §2).
//  8. "iss" and "aud" are expected, byte for byte, or absent ([WithIssuer],
//     [WithAudience], [WithAnyIssuer], [WithAnyAudience]). A key that is bound to
//     an issuer vouches for that one alone (RFC 8725 §3.8).
//  9. A token with "cnf" is refused unless the caller has possession proven
//     ([WithPossessionProven], RFC 7800 §3.1), and so is one with "events"
//     (RFC 8417) unless asked for ([WithEvents]). A [Token] comes only with a nil
//     error.
//  10. What is remembered is bounded, comes only from tokens whose signature
//     verified, and decides nothing: with [WithCache] the provider is asked again
//     for the key, and every claim is checked again.
//  11. A JWK without "alg" has the algorithm of its curve; Ed25519 answers to
//     EdDSA and Ed25519 (RFC 9864), RSA to RS256.
//  12. The Authorization field is taken as net/http delivers it and never
//     trimmed; a blank one is no token (package httpauth).
//
// # Errors
//
// An error of Verify has exactly one of three meanings, which [Classify] tells
// apart: the token is not to be trusted ([ErrInvalidToken], with a narrower
// sentinel of this package or of package claims); it is good but not allowed
// here ([claims.ErrInsufficientScope]); or nothing could be decided
// ([ErrUnavailable]). An outage is never an invalid token, and never an
// accepted one. [Reason] is a stable word for logs and metrics, and
// [RefusedClaims] whose token was refused. No message holds the token, its
// signature or a secret.
//
// # Concurrency
//
// Goroutines share verifiers and tokens without locks of their own. A Token is
// read-only.
//
// # Security
//
// State the issuer and the audience. A verifier that is not told who signs and
// for whom can only refuse what names somebody.
package verifier
