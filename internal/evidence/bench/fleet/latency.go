package main

import (
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
)

// latencies are those of single runs, in windows that take turns: quiet, and while
// something else goes on.
type latencies struct{ quiet, busy spread }

// A spread is the latencies in ns by window.
type spread [][]int64

// of returns the median over the windows of a quantile in µs.
func (s spread) of(q float64) float64 {
	if len(s) == 0 {
		return 0
	}
	var each []float64
	for _, window := range s {
		each = append(each, float64(measure.Quantile(window, q))/1e3)
	}
	return measure.Median(each)
}

// latencies times run. other goes on in the busy windows, until stop returns true.
func (p plan) latencies(run func() error, other func(stop func() bool) error) (l latencies, err error) {
	for range p.windows {
		quiet, err := p.observe(run)
		if err != nil {
			return l, err
		}
		var over atomic.Bool
		done := make(chan error, 1)
		go func() { done <- other(over.Load) }()
		busy, err := p.observe(run)
		over.Store(true)
		if err2 := <-done; err == nil {
			err = err2
		}
		if err != nil {
			return l, err
		}
		l.quiet, l.busy = append(l.quiet, quiet), append(l.busy, busy)
	}
	return l, nil
}

func (p plan) observe(run func() error) (took []int64, err error) {
	took = make([]int64, 0, 1<<21) // so that no growing counts
	for start := time.Now(); time.Since(start) < p.window; {
		t := time.Now()
		if err := run(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(t).Nanoseconds())
	}
	return took, nil
}
