// Package bridge lets golang-jwt and keyfunc share keys with this library: while
// a program moves from one to the other, or for good.
//
//	src := bridge.FromKeyfunc(k)                   // keyfunc's keys, here
//	tok, err := jwt.Parse(raw, bridge.Keyfunc(src)) // our providers, there
//
// It is a package of its own so that only programs that use it link those
// modules.
//
// # Errors
//
// A source that could not look fails with an error that wraps
// [keys.ErrUnavailable]. Finding no key is not an error of [FromKeyfunc].
//
// # Concurrency
//
// Goroutines may share what the functions return.
//
// # Security
//
// A secret never leaves its key: golang-jwt is given something that verifies
// with it. A published secret is refused unless [AllowSecrets] says otherwise.
package bridge
