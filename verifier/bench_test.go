package verifier_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// BenchmarkVerify measures Verify for one signer of each kind. The comparison with
// other libraries is in internal/evidence/bench.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range []keys.Algorithm{keys.HS256, keys.RS256, keys.ES256, keys.EdDSA, keys.MLDSA44} {
		signer := verifiertest.NewSigner(b, alg, "key-1")
		raw := signer.Sign(map[string]any{
			"iss": "https://issuer.example", "sub": "user-123", "aud": "https://api.example", "jti": "b0b0c0de-0001",
			"exp": now.Unix() + 60, "nbf": now.Unix(), "iat": now.Unix(),
		})
		for name, opt := range map[string]verifier.Option{"verified": verifier.WithLeeway(0), "cached": verifier.WithCache(100)} {
			v, err := verifier.New(keys.Static(signer.Key()), opt, verifier.WithClock(clock),
				verifier.WithIssuer("https://issuer.example"), verifier.WithAudience("https://api.example"))
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%s", alg, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := v.Verify(context.Background(), raw); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
