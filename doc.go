// Package jwtverify is the root of an embeddable authorization library: a
// program hands it a token and learns whether to trust it, and whose it is.
//
// The work is done by four packages:
//
//   - [github.com/jwtverify/jwtverify/verifier] verifies a JWT: signature, claims, issuer, audience.
//   - [github.com/jwtverify/jwtverify/keys] finds the keys: a secret, a rotating set, a file, a JWKS URL.
//   - [github.com/jwtverify/jwtverify/claims] reads and checks what a token says.
//   - [github.com/jwtverify/jwtverify/httpauth] is the thin net/http adapter.
package jwtverify
