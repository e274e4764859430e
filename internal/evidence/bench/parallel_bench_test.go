package bench_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
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
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
			var singles, ratios []float64
			for b.Loop() {
				one, two := throughput(b, 1, verify), throughput(b, 2, verify)
				singles, ratios = append(singles, one), append(ratios, two/one)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(singles), "tokens/s")
			b.ReportMetric(median(ratios), "×one")
		})
	}
}

// throughput is the runs a second on that many processors.
func throughput(b *testing.B, procs int, run func() error) float64 {
	b.Helper()
	const window = 50 * time.Millisecond
	runtime.GOMAXPROCS(procs)
	counts := make([]int, procs)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range procs {
		wg.Go(func() {
			n := 0
			for time.Since(start) < window {
				for range 20 {
					if err := run(); err != nil {
						b.Error(err)
						return
					}
				}
				n += 20
			}
			counts[i] = n
		})
	}
	wg.Wait()
	took := time.Since(start).Seconds()
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / took
}
