// Package bridge lets golang-jwt and keyfunc share keys with this library, while
// a program moves from one to the other or for good.
//
//	src := bridge.FromKeyfunc(k)                    // keyfunc's keys for a verifier
//	tok, err := jwt.Parse(raw, bridge.Keyfunc(src)) // a provider's keys for golang-jwt
//
// It is a separate package so that only programs that import it link those
// modules.
//
// # Errors
//
// A source that could not look fails with an error that wraps
// [keys.ErrUnavailable]. Finding no key is not an error for [FromKeyfunc]; for
// [Keyfunc] it is, since golang-jwt has no other way to say so.
//
// # Concurrency
//
// Goroutines may share what the functions return.
//
// # Security
//
// A secret never leaves its key: golang-jwt gets a value that verifies with it. A
// published secret is refused unless [AllowSecrets] is given. The bridge shares
// keys, not rules: what golang-jwt accepts is up to its own options.
package bridge
