// Package claims reads what a token says and checks it.
//
// A [Set] is the payload of one token (RFC 7519 §4). A [Validator] accepts or
// refuses a Set as of a time; validators compose:
//
//	employees := claims.All(
//		claims.Subject(),
//		claims.Expiry(30*time.Second),
//		claims.Any(claims.Scope("admin"), claims.Scope("staff")),
//	)
//	err := employees.Validate(ctx, set, time.Now())
//
// # Errors
//
// The validators of this package return an [*Error], which names the claim and
// wraps one of the sentinels: [ErrMissing], [ErrExpired], [ErrNotYetValid],
// [ErrMismatch], [ErrMalformed], [ErrInsufficientScope]. A validator of your
// own that could not find out, because its database is down or a time limit
// passed, should return an error that wraps [ErrUnavailable]: only then does the
// caller learn that nothing was decided. Errors of contexts and of the network
// count too; see [IsUnavailable]. Any other error is a refusal, that of a missing
// file too.
//
// # Concurrency
//
// A Set is read-only once parsed, and every validator here is stateless:
// goroutines may share both.
//
// # Security
//
// [Parse] checks no signature. Claims are to be trusted only when they come in
// a verifier.Token. Names are compared exactly; a payload with a duplicate
// name at any depth is refused.
package claims
