package verifier_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// BenchmarkRoute compares a Router with the verifier that it hands tokens to. They
// take turns, so that a machine that is busy for a while slows down all of them. The
// ratios are those of the medians.
func BenchmarkRoute(b *testing.B) {
	byIss := func(s *claims.Set) string { return s.Issuer }
	for _, alg := range []keys.Algorithm{keys.HS256, keys.ES256} {
		signer := verifiertest.NewSigner(b, alg, "key-1")
		raw := signer.Sign(map[string]any{
			"iss": "https://issuer.example", "sub": "user-123", "aud": "https://api.example", "jti": "b0b0c0de-0001",
			"exp": now.Unix() + 60, "nbf": now.Unix(), "iat": now.Unix(), "tid": "acme",
		})
		v, err := verifier.New(keys.Static(signer.Key()), verifier.WithClock(clock),
			verifier.WithIssuer("https://issuer.example"), verifier.WithAudience("https://api.example"))
		if err != nil {
			b.Fatal(err)
		}
		to := func(context.Context, string) (verifier.Verifier, error) { return v, nil }
		ways := []struct {
			name string
			verifier.Verifier
		}{
			{"alone", v},
			{"Route", verifier.Route(byIss, to, 10)},
			{"tid", verifier.Route(byTenant, to, 10)},
			{"ByIssuer", verifier.ByIssuer(map[string]verifier.Verifier{"https://issuer.example": v})},
		}
		b.Run(string(alg), func(b *testing.B) {
			batch := 1
			if alg == keys.HS256 {
				batch = 50
			}
			took := make([][]time.Duration, len(ways))
			for b.Loop() {
				for i, way := range ways {
					start := time.Now()
					for range batch {
						if _, err := way.Verify(context.Background(), raw); err != nil {
							b.Fatal(err)
						}
					}
					took[i] = append(took[i], time.Since(start))
				}
			}
			alone := quantile(took[0], 0.5)
			b.ReportMetric(float64(alone)/float64(batch), "ns/alone")
			for i, way := range ways[1:] {
				b.ReportMetric(float64(quantile(took[i+1], 0.5))/float64(alone), way.name+"/alone")
			}
		})
	}
}

func quantile(d []time.Duration, q float64) time.Duration {
	slices.Sort(d)
	return d[int(q*float64(len(d)-1))]
}

// BenchmarkRouteFlood has 10,000 tenants, 1,000 of which are kept, and one good
// tenant that goes on while others write 100,000 tokens that they cannot sign. What
// is measured is the latency of the good tenant, how often to is asked, and the
// memory.
func BenchmarkRouteFlood(b *testing.B) {
	const tenants, kept, flood = 10_000, 1_000, 100_000
	signer := verifiertest.NewSigner(b, keys.ES256, "key-1")
	token := func(s *verifiertest.Signer, tid string) string {
		return s.Sign(map[string]any{"sub": "user-123", "exp": now.Unix() + 3600, "tid": tid})
	}
	var asked atomic.Int64
	src := keys.Static(signer.Key())
	to := func(_ context.Context, tid string) (verifier.Verifier, error) {
		asked.Add(1)
		if tid[0] == 'x' {
			return nil, nil
		}
		return verifier.New(src, verifier.WithClock(clock), isTenant(tid))
	}
	all := make([]string, tenants)
	for i := range all {
		all[i] = token(signer, fmt.Sprint("tenant-", i))
	}
	attacker := verifiertest.NewSigner(b, keys.HS256, "key-1")
	for _, names := range []string{"tenants", "x"} { // those that to accepts, and those that it refuses
		b.Run(names, func(b *testing.B) {
			bad := make([]string, flood)
			for i := range bad {
				bad[i] = token(attacker, fmt.Sprint(names, "-", i))
			}
			for b.Loop() {
				before := heap()
				r := verifier.Route(byTenant, to, kept)
				asked.Store(0)
				for _, raw := range all {
					if _, err := r.Verify(context.Background(), raw); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(heap()-before)/kept, "B/kept")
				b.ReportMetric(float64(asked.Swap(0)), "asked-for-tenants")
				quiet := latencies(b, r, all[tenants-1], nil)
				b.ReportMetric(float64(quantile(quiet, 0.5).Microseconds()), "µs-p50-quiet")
				b.ReportMetric(float64(quantile(quiet, 0.99).Microseconds()), "µs-p99-quiet")
				// The same load, but on a verifier that shares nothing with the Router,
				// shows what is due to the processors alone.
				other, _ := verifier.New(src, verifier.WithClock(clock))
				busy, _ := underLoad(b, r, all[tenants-1], other, bad)
				b.ReportMetric(float64(quantile(busy, 0.5).Microseconds()), "µs-p50-busy")
				b.ReportMetric(float64(quantile(busy, 0.99).Microseconds()), "µs-p99-busy")
				flooded, refused := underLoad(b, r, all[tenants-1], r, bad)
				b.ReportMetric(float64(quantile(flooded, 0.5).Microseconds()), "µs-p50-flood")
				b.ReportMetric(float64(quantile(flooded, 0.99).Microseconds()), "µs-p99-flood")
				b.ReportMetric(float64(refused), "refused-in-flood")
				b.ReportMetric(float64(asked.Load()), "asked-in-flood")
				b.ReportMetric(float64(heap()-before)/kept, "B/kept-after")
				runtime.KeepAlive(r)
			}
		})
	}
}

// underLoad returns the latencies of raw with v while two goroutines verify bad with
// target, and how many of bad were refused.
func underLoad(b *testing.B, v verifier.Verifier, raw string, target verifier.Verifier, bad []string) ([]time.Duration, int64) {
	var wg sync.WaitGroup
	var next, refused atomic.Int64
	for range 2 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(bad)); i = next.Add(1) - 1 {
				if _, err := target.Verify(context.Background(), bad[i]); err != nil {
					refused.Add(1)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	took := latencies(b, v, raw, done)
	return took, refused.Load()
}

// latencies verifies raw again and again until done is closed, or 2,000 times if it
// is nil.
func latencies(b *testing.B, v verifier.Verifier, raw string, done chan struct{}) (took []time.Duration) {
	for {
		start := time.Now()
		if _, err := v.Verify(context.Background(), raw); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
		select {
		case <-done:
			return took
		default:
			if done == nil && len(took) == 2000 {
				return took
			}
		}
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
