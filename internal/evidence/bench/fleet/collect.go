package main

import (
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
)

const (
	pauses = "/sched/pauses/total/gc:seconds"
	cycles = 10
)

// A collection is one cycle of the garbage collector.
type collection struct {
	wall, cpu      float64 // ms, medians
	pause, longest float64 // µs; the upper bounds of their buckets
}

func collect() (c collection) {
	var walls, cpus []float64
	before := pausesNow()
	for range cycles {
		// Nothing else runs: what the process takes of the processors is the collector's.
		// The runtime's own figure is estimated from the time on the wall.
		spent, start := measure.CPU(), time.Now()
		runtime.GC()
		walls = append(walls, float64(time.Since(start).Microseconds())/1e3)
		cpus = append(cpus, float64((measure.CPU()-spent).Microseconds())/1e3)
	}
	c.pause, c.longest = between(before, pausesNow())
	c.wall, c.cpu = measure.Median(walls), measure.Median(cpus)
	return c
}

// between returns the median and the longest of the pauses between two readings.
func between(before, after metrics.Float64Histogram) (median, longest float64) {
	var all []float64
	for i, n := range after.Counts {
		for range n - before.Counts[i] {
			all = append(all, after.Buckets[i+1]*1e6)
		}
	}
	return measure.Median(all), slices.Max(all)
}

// pausesNow returns a copy.
func pausesNow() metrics.Float64Histogram {
	s := []metrics.Sample{{Name: pauses}}
	metrics.Read(s)
	h := s[0].Value.Float64Histogram()
	return metrics.Float64Histogram{Counts: append([]uint64(nil), h.Counts...), Buckets: h.Buckets}
}
