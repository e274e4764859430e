package verifier_test

import (
	"context"
	"fmt"
	"strings"
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

// BenchmarkObserver measures what WithObserver adds, with a token from the cache,
// where it weighs most. The goal is one allocation at most.
func BenchmarkObserver(b *testing.B) {
	signer := verifiertest.NewSigner(b, keys.ES256, "key-1")
	raw := signer.Sign(map[string]any{"sub": "user-123", "exp": now.Unix() + 60})
	n := 0
	for _, test := range []struct {
		name string
		opts []verifier.Option
	}{
		{"unset", nil},
		{"set", []verifier.Option{verifier.WithObserver(func(context.Context, verifier.Event) { n++ })}},
		{"set, reading all", []verifier.Option{verifier.WithObserver(func(_ context.Context, e verifier.Event) {
			n += len(e.Reason()) + len(e.Issuer()) + len(e.Subject()) + len(e.Client()) + len(e.Actor())
		})}},
	} {
		v, err := verifier.New(keys.Static(signer.Key()), append(test.opts, verifier.WithCache(100), verifier.WithClock(clock))...)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(context.Background(), raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCandidate measures what WithCandidate adds if the candidate agrees. The
// goal is at most a tenth of the same verifier without one, and no allocation.
func BenchmarkCandidate(b *testing.B) {
	for _, alg := range []keys.Algorithm{keys.ES256, keys.HS256} {
		signer := verifiertest.NewSigner(b, alg, "key-1")
		raw := signer.Sign(map[string]any{
			"iss": "https://issuer.example", "sub": "user-123", "aud": []string{"https://api.example", "https://old.example"}, "jti": "b0b0c0de-0001",
			"exp": now.Unix() + 60, "nbf": now.Unix(), "iat": now.Unix(),
		})
		opts := []verifier.Option{verifier.WithClock(clock), verifier.WithIssuer("https://issuer.example")}
		strict, err := verifier.New(keys.Static(signer.Key()), append(opts, verifier.WithAudience("https://api.example"), verifier.WithType("JWT"))...)
		if err != nil {
			b.Fatal(err)
		}
		opts = append(opts, verifier.WithAudience("https://api.example", "https://old.example"))
		candidate := verifier.WithCandidate(strict, func(context.Context, verifier.Difference) { b.Error("they disagree") })
		for _, test := range []struct {
			name string
			opts []verifier.Option
		}{
			{"verified/unset", nil},
			{"verified/set", []verifier.Option{candidate}},
			{"cached/unset", []verifier.Option{verifier.WithCache(100)}},
			{"cached/set", []verifier.Option{verifier.WithCache(100), candidate}},
		} {
			if alg == keys.HS256 && strings.HasPrefix(test.name, "cached") {
				continue // it is not cached
			}
			v, err := verifier.New(keys.Static(signer.Key()), append(opts, test.opts...)...)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%s", alg, test.name), func(b *testing.B) {
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
