// Package verifier decides whether to trust a JWT, and reports whose it is.
//
//	src, err := keys.Open(ctx, os.Getenv("JWT_KEYS"))
//	...
//	v, err := verifier.New(src,
//		verifier.WithIssuer("https://issuer.example"),
//		verifier.WithAudience("https://api.example"))
//	...
//	tok, err := v.Verify(ctx, raw)
//	if err != nil {
//		return err // Classify(err) says what it means
//	}
//	fmt.Println(tok.Subject)
//
// Everything is strict by default: what is not expected is refused, and an option
// that gives up a check says so in its name.
//
// # Which function
//
//   - [New] and [Keyed.Verify] verify a token as of now, for a request.
//   - [Keyed.VerifyAt] verifies one as of another time, for a background job.
//   - [ByIssuer] gives every issuer its own keys and rules.
//   - [Route] does so for tenants that are too many to list or change, and makes
//     their verifiers when they are needed.
//   - [Var] replaces the verifier while the program runs.
//   - [Watcher] ends streams together with their tokens.
//   - [VerifyAt] and [Explain] reach any of these through the interface.
//   - [WithClaims] adds checks of your own, and [WithHeader] checks of the header.
//   - [WithObserver] reports every decision to metrics, traces or an audit log.
//   - [WithCandidate] tries a stricter policy out before it decides.
//   - [Keyed.Explain] shows people why a token is refused.
//   - [FromContext] finds the token that an adapter has verified.
//
// Package httpauth is the adapter to net/http.
//
// # Rules
//
// A token is trusted only if it keeps every one of these rules. The line of code
// that obeys a rule cites its number, and so does the test that holds it.
//
//  1. The token has at most 16 KiB ([WithMaxSize]) and three parts in unpadded,
//     canonical base64url, so that it has only one spelling (RFC 7515 §7.1).
//     [WithPaddedBase64] expects exact padding instead.
//  2. Header and payload are one JSON object each, in UTF-8, without duplicate
//     names at any depth and without half of a surrogate pair (RFC 7493 §2). Names
//     match exactly.
//  3. "alg" is the one algorithm of the key (RFC 8725 §3.1), and never "none".
//     "crit" and "b64" are refused (RFC 7515 §4.1.11, RFC 7797 §7). "jwk", "jku",
//     "x5c" and "x5u" never supply a key. "kid" is a string of at most 1 KiB.
//  4. "typ" is absent or one of JWT, at+jwt and JOSE, compared as a media type in
//     ASCII (RFC 7515 §4.1.9). [WithType] expects others.
//  5. A key is tried if its algorithm is that of the token, the key IDs are equal or
//     one is missing, and it is not bound to another issuer. At most four are tried.
//  6. Keys are sound, since package keys does not make others: not too short, and
//     from a published set neither secret nor with a published private half. A PSS
//     salt is as long as the hash (RFC 7518 §3.5), and an ECDSA signature is R and S
//     in full length (RFC 7518 §3.4).
//  7. "exp" and "sub" are present ([WithOptionalExpiry], [WithOptionalSubject]).
//     "exp", "nbf" and "iat" hold, with a leeway of 30 seconds ([WithLeeway]). Dates
//     are numbers of seconds in the years 1 to 9999 (RFC 7519 §2).
//  8. "iss" and "aud" are absent or, byte for byte, expected ([WithIssuer],
//     [WithAudience], [WithAnyIssuer], [WithAnyAudience]). A key that is bound to an
//     issuer vouches for that issuer only (RFC 8725 §3.8).
//  9. A token with "cnf" is refused unless the caller checks the proof of possession
//     ([WithPossessionProven], RFC 7800 §3.1), and one with "events" (RFC 8417)
//     unless it is asked for ([WithEvents]). "act" names at most five actors, each by an
//     object ([WithMaxActors], RFC 8693 §4.1). A [Token] comes only with a nil error.
//  10. What is remembered between tokens is bounded, comes only from tokens whose
//     signature verified, and decides nothing: with [WithCache] the provider is asked
//     again for the key, and every claim is checked again. [Route] says what a
//     Router remembers besides.
//  11. A JWK without "alg" has the algorithm of its curve. Ed25519 answers to EdDSA
//     and Ed25519 (RFC 9864), and RSA to RS256.
//  12. The Authorization field is taken as net/http delivers it and never trimmed. A
//     blank one counts as no token (package httpauth).
//
// # Errors
//
// An error of Verify has one of three meanings, which [Classify] returns:
//
//   - The token must not be trusted: [ErrInvalidToken], together with a narrower
//     error of this package or of package claims.
//   - The token is valid but does not allow this: [claims.ErrInsufficientScope].
//   - Nothing could be decided: [ErrUnavailable].
//
// An outage is never reported as an invalid token, and never lets a token through.
// [Reason] returns a stable word for logs and metrics, and [RefusedClaims] the
// claims of a token that was refused. No message holds the token, its signature or
// a secret.
//
// # Changing a policy
//
// A stricter audience, type or list of algorithms may refuse clients that nobody
// thought of. [WithCandidate] finds them without refusing anybody:
//
//   - Make a verifier with the new options. Give it to the one in use as its
//     candidate, together with a function that logs each [Difference].
//   - Deploy that. Tokens are decided as before. Each line names a client that the new
//     options would lock out, and the [Reason]; correct the client or the options.
//   - Once no line has come for as long as the rarest client may stay away, put
//     the new options in the place of the old ones.
//
// # Concurrency
//
// Goroutines share verifiers without further locking. A Token belongs to the
// caller, who may share it as long as nobody changes it.
//
// # Security
//
// State the issuer and the audience. Without them, a verifier can only refuse
// every token that names one, and accept tokens that say neither who issued them
// nor for whom.
package verifier
