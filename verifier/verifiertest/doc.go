// Package verifiertest provides a local issuer for tests: a real TLS server with
// OpenID discovery and a JWK Set, whose keys can be rotated and which can be
// broken.
//
//	iss := verifiertest.NewIssuer(t)
//	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(iss.Client()))
//	...
//	v, err := verifier.New(src)
//	...
//	tok, err := v.Verify(t.Context(), iss.Token("user-123", time.Hour))
//
// What a test usually wants to know, and how:
//
//   - an expired token is refused: [Issuer.Token] with a negative ttl;
//   - a token with other claims: [Issuer.Sign];
//   - a rotation goes unnoticed: [Issuer.Rotate], then a new token;
//   - an outage is a 503 and not a 401: [Issuer.Break];
//   - keys are not fetched too often: [Issuer.Fetches];
//   - a forged token is refused: [NewSigner] with the same key ID.
//
// A test that needs no server uses a [Signer] and keys.Static.
//
// A test with several issuers, or with issuers under their real names, uses a
// [World]: its hosts are on loopback, and its client reaches nothing else.
//
//	w := verifiertest.NewWorld(t)
//	iss := w.Issuer("https://login.example/tenant-1/v2.0")
//	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(w.Client()))
//
// # Errors
//
// Nothing returns an error: what goes wrong ends the test.
//
// # Concurrency
//
// Goroutines may share an Issuer, a Signer and a World. Methods that make or sign
// something end the test if that fails, so call them from the goroutine of the test.
//
// # Security
//
// Its keys are made for one test and never leave the process. It signs whatever it
// is asked to: do not use it outside tests.
package verifiertest
