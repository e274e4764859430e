package dpop_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

// A server behind a proxy that ends TLS, with nonces that every server with the
// secret knows.
func ExampleNew() {
	proofs, err := dpop.New(
		dpop.WithProxy([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, dpop.XForwardedProto, dpop.XForwardedHost),
		dpop.WithNonces(5*time.Minute, []byte("at least 32 random bytes, not these")),
		dpop.WithAlgorithms("ES256", "Ed25519"),
	)
	fmt.Println(proofs.Algorithms(), err)
	// Output: [ES256 Ed25519] <nil>
}

// What makes no sense is told at the start.
func ExampleWithBaseURL() {
	_, err := dpop.New(dpop.WithBaseURL("api.example"), dpop.WithMaxAge(0))
	fmt.Println(err)
	// Output: dpop: WithBaseURL: it is not https://HOST or https://HOST/PATH, without user, query and fragment; WithMaxAge: 0s is not positive
}
