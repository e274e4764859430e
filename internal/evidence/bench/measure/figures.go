package measure

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Median returns the value in the middle of xs, or the mean of the two in the middle.
// xs is not changed, and must not be empty.
func Median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	n := len(xs)
	return (xs[(n-1)/2] + xs[n/2]) / 2
}

// Quantile returns the value below which the share q of xs lies. It sorts xs, which
// must not be empty.
func Quantile[T ~int64 | ~float64](xs []T, q float64) T {
	slices.Sort(xs)
	return xs[int(q*float64(len(xs)-1))]
}

// Heap returns the bytes of the objects on the heap that are in use. It collects
// garbage twice, so that what a finalizer or a pool held is gone too.
func Heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A Rate is runs a second of the wall, and a second of a processor.
type Rate struct{ Wall, CPU float64 }

// Throughput returns the rate of that many goroutines on as many processors. Each
// goroutine has a run of its own.
func Throughput(window time.Duration, runs ...func() error) (Rate, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(len(runs)))
	counts, errs := make([]int, len(runs)), make([]error, len(runs))
	var wg sync.WaitGroup
	start, wall, cpu := time.Now(), Wall(), CPU()
	for i, run := range runs {
		wg.Go(func() {
			// Both are written once: the goroutines share a cache line.
			counts[i], errs[i] = repeat(run, start.Add(window))
		})
	}
	wg.Wait()
	wall, cpu = Wall()-wall, CPU()-cpu
	total := 0
	for _, n := range counts {
		total += n
	}
	return Rate{float64(total) / wall.Seconds(), float64(total) / cpu.Seconds()}, errors.Join(errs...)
}

// repeat runs until then, and at least once.
func repeat(run func() error, until time.Time) (n int, err error) {
	const batch = 20
	for n == 0 || time.Now().Before(until) {
		for range batch {
			if err := run(); err != nil {
				return n, err
			}
		}
		n += batch
	}
	return n, nil
}
