package verifier_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/jwtverify/jwtverify/verifier"
)

// A service that has accepted tokens for any audience starts to require its own. First
// the stricter policy only looks on:
//
//  1. Deploy it as a candidate, and log the tokens about which the two differ.
//  2. Correct the clients that the log names, or the policy.
//  3. Once nothing is logged any more for as long as tokens live, use it instead.
func ExampleWithCandidate() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	common := []verifier.Option{verifier.WithIssuer("https://issuer.example"), verifier.WithClock(clock)}
	strict, err := verifier.New(exampleKeys(), append(common, verifier.WithAudience("https://api.example"))...)
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(exampleKeys(), append(common, verifier.WithAnyAudience(),
		verifier.WithCandidate(strict, func(ctx context.Context, d verifier.Difference) {
			if d.Live == nil { // a client that would be locked out
				log.InfoContext(ctx, "candidate refuses", "reason", verifier.Reason(d.Candidate), "client", d.Client(), "aud", d.Claims.Audience)
			}
		}))...)
	if err != nil {
		panic(err)
	}
	for _, payload := range []string{
		`{"iss":"https://issuer.example","aud":"https://api.example","sub":"jane","azp":"web","exp":1700000060}`,
		`{"iss":"https://issuer.example","aud":"https://old.example","sub":"jane","azp":"batch","exp":1700000060}`,
	} {
		tok, err := v.Verify(context.Background(), sign(`{"alg":"HS256"}`, payload))
		if err != nil {
			panic(err)
		}
		fmt.Println(tok.Subject, "is let in")
	}
	// Output:
	// jane is let in
	// level=INFO msg="candidate refuses" reason=aud_mismatch client=batch aud=[https://old.example]
	// jane is let in
}
