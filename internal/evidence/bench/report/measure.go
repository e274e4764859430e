package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
)

// A result is what was measured of one case.
type result struct {
	bench.Case
	group  string
	allocs float64

	each []float64 // ns of one run, by round
	n    int       // runs in a slice
}

// results are those of all cases.
type results []*result

// A cell holds the results that are compared with each other: one group, one
// algorithm. They take turns.
type cell []*result

func (p *plan) measure() (all results, err error) {
	var cells []cell
	for _, g := range p.groups {
		for _, alg := range p.algorithms {
			cases, err := g.Cases(alg)
			if err != nil {
				return nil, err
			}
			var c cell
			for _, cs := range cases {
				r := &result{Case: cs, group: g.Name}
				if err := r.prepare(p.slice); err != nil {
					return nil, err
				}
				c = append(c, r)
			}
			cells, all = append(cells, c), append(all, c...)
		}
	}
	for range p.rounds {
		for _, c := range cells {
			for _, i := range rand.Perm(len(c)) {
				if err := c[i].turn(); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// prepare counts allocations, and how many runs fill a slice.
func (r *result) prepare(slice time.Duration) (err error) {
	r.allocs = testing.AllocsPerRun(200, func() {
		if e := r.Run(); e != nil {
			err = e
		}
	})
	for r.n = 1; err == nil; r.n *= 2 {
		// The shortest of three: a busy machine may stop any one of them.
		var took time.Duration
		for i := range 3 {
			var again time.Duration
			if again, err = r.timed(); i == 0 || again < took {
				took = again
			}
		}
		if took >= slice/4 {
			r.n = max(1, int(float64(r.n)*float64(slice)/float64(took)))
			break
		}
	}
	return err
}

// turn is one slice. Garbage is collected when the runtime likes: as the order
// is shuffled, everyone pays for collections in proportion to what it allocates.
// To collect before each turn would spare it the last one.
func (r *result) turn() error {
	took, err := r.timed()
	r.each = append(r.each, float64(took.Nanoseconds())/float64(r.n))
	return err
}

func (r *result) timed() (time.Duration, error) {
	start := time.Now()
	for range r.n {
		if err := r.Run(); err != nil {
			return 0, fmt.Errorf("%s, %s: %w", r.Algorithm, r.Contender, err)
		}
	}
	return time.Since(start), nil
}

// micros is the median time of one run.
func (r *result) micros() float64 { return median(r.each) / 1e3 }

// times says how often slower r is than other: the median over the rounds.
func (r *result) times(other *result) float64 {
	return r.by(other, func(a, b float64) float64 { return a / b })
}

// more is how many µs r takes more than other, likewise.
func (r *result) more(other *result) float64 {
	return r.by(other, func(a, b float64) float64 { return (a - b) / 1e3 })
}

func (r *result) by(other *result, compare func(a, b float64) float64) float64 {
	compared := make([]float64, len(r.each))
	for i := range r.each {
		compared[i] = compare(r.each[i], other.each[i])
	}
	return median(compared)
}

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	n := len(xs)
	return (xs[(n-1)/2] + xs[n/2]) / 2
}

// find returns nil when the case was not measured.
func (rs results) find(group, alg, contender string) *result {
	for _, r := range rs {
		if r.group == group && string(r.Algorithm) == alg && r.Contender == contender {
			return r
		}
	}
	return nil
}
