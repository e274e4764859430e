package bench_test

import (
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// BenchmarkCache: a token that was verified before, against one that was not.
func BenchmarkCache(b *testing.B) {
	for _, alg := range bench.Algorithms() {
		m := materialFor(b, alg)
		raw, p := m.Registered(), keys.Static(key(b, m, bench.KeyID))
		fresh := accept(ours(b, p), raw)
		again := accept(ours(b, p, verifier.WithCache(1024)), raw)
		b.Run(string(alg), func(b *testing.B) {
			b.ReportMetric(1/compare(b, 100, fresh, again), "×faster")
			b.ReportMetric(testing.AllocsPerRun(1000, func() { again() }), "allocs/token")
		})
	}
}
