package verifier_test

import (
	"context"
	"fmt"

	"github.com/jwtverify/jwtverify/verifier"
)

// An observer sees every decision, for metrics and audits. The client and the actor
// are verified claims, and empty unless the signature verified.
func ExampleWithObserver() {
	v, err := verifier.New(exampleKeys(), verifier.WithClock(clock), verifier.WithObserver(
		func(_ context.Context, e verifier.Event) {
			fmt.Printf("%s %q %q for %q\n", e.Verdict(), e.Reason(), e.Actor(), e.Subject())
		}))
	if err != nil {
		panic(err)
	}
	v.Verify(context.Background(), sign(`{"alg":"HS256"}`, `{"sub":"jane","act":{"sub":"support"},"exp":1700000060}`))
	v.Verify(context.Background(), sign(`{"alg":"HS256"}`, `{"sub":"jane","act":{"sub":"support"},"exp":1}`))
	v.Verify(context.Background(), "not a token")
	// Output:
	// trusted "" "support" for "jane"
	// invalid "expired" "support" for "jane"
	// invalid "malformed" "" for ""
}
