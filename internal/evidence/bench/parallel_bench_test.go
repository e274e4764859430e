package bench_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/keys"
)

// BenchmarkParallel: ×one is the throughput of two processors against one,
// measured in turn. Nothing else may run on the machine. The heap is that of a
// small service: with none at all, the collector runs hundreds of times a second.
func BenchmarkParallel(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("one CPU")
	}
	heap := make([]byte, 64<<20)
	defer runtime.KeepAlive(heap)
	for _, alg := range bench.Algorithms() {
		m := materialFor(b, alg)
		verify := accept(ours(b, keys.Static(key(b, m, bench.KeyID))), m.Registered())
		b.Run(string(alg), func(b *testing.B) {
			var singles, ratios []float64
			for b.Loop() {
				one, two := throughput(b, verify), throughput(b, verify, verify)
				singles, ratios = append(singles, one), append(ratios, two/one)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(measure.Median(singles), "tokens/s")
			b.ReportMetric(measure.Median(ratios), "×one")
		})
	}
}

func throughput(b *testing.B, runs ...func() error) float64 {
	b.Helper()
	n, err := measure.Throughput(50*time.Millisecond, runs...)
	if err != nil {
		b.Fatal(err)
	}
	return n.Wall
}
