// Package verifiertest has a local issuer for tests: a real TLS server with
// discovery and a JWK Set, whose keys can be rotated and which can be broken.
//
//	iss := verifiertest.NewIssuer(t)
//	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(iss.Client()))
//	v, err := verifier.New(src)
//	tok, err := v.Verify(t.Context(), iss.Token("user-123", time.Hour))
//
// Its tokens are signed with go-jose. Nothing here is for use outside tests.
//
// # Errors
//
// What goes wrong ends the test.
//
// # Concurrency
//
// Goroutines may share an Issuer and a Signer.
//
// # Security
//
// Its keys are made for one test and never leave the process.
package verifiertest
