// Package conformance shows, rather than claims, that nothing forged gets in
// and nothing good is turned away: with vectors that others wrote, with every
// known attack, with fuzzing against independent implementations, and with a
// model of the cache and of key rotation.
//
// It is a module of its own, so that nothing of it enters the go.sum of a user
// of jwtverify. It has no API, only tests; README.md says how to run them.
package conformance
