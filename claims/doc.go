// Package claims reads the claims of a JWT and checks them.
//
// A [Set] holds the claims of one token (RFC 7519 §4): the registered ones as
// fields, all others through [Value] and [Decode]. A [Validator] accepts or
// refuses a Set as of a time. Validators compose:
//
//	staff := claims.All(
//		claims.Subject(),
//		claims.Expiry(30*time.Second),
//		claims.Any(claims.Scope("admin"), claims.Scope("staff")),
//	)
//	err := staff.Validate(ctx, set, time.Now())
//
// Most programs need neither [Parse] nor the validators of the registered
// claims: package verifier runs those for every token and hands out the Set in
// its Token. What a program adds are checks of its own, given to
// verifier.WithClaims:
//
//   - scopes: [Scope];
//   - a claim that must be present: [Required];
//   - a claim that must have one of some values: [OneOf], [OneOfAt];
//   - an audience that is a URI, however it is written: [Resource];
//   - a rule about custom claims: [Typed], or a [ValidatorFunc];
//   - a chain of delegation that is bounded: [MaxActors];
//   - a maximum age, whatever "exp" says: [MaxAge];
//   - a maximum lifetime, so that "exp" is not far away: [MaxLifetime].
//
// # Errors
//
// The validators of this package return an [*Error], which names the claim and
// wraps one of the sentinels [ErrMissing], [ErrExpired], [ErrNotYetValid],
// [ErrMismatch], [ErrMalformed] and [ErrInsufficientScope].
//
// A validator of your own may return any error to refuse the token. If it cannot
// find out, because its database is down or a timeout passed, it should return
// an error that wraps [ErrUnavailable]: only then does the caller learn that
// nothing was decided. Context and network errors count as well; [IsUnavailable]
// lists them. Everything else is a refusal, including the error for a missing
// file.
//
// # Concurrency
//
// A Set is read-only once parsed, and every validator here is stateless, so
// goroutines may share both.
//
// # Security
//
// [Parse] does not check a signature. Trust claims only if they come from a
// verifier.Token. Claim names are compared exactly, and a payload with a
// duplicate name at any depth is refused (RFC 7519 §4).
package claims
