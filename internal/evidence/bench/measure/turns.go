// Package measure has what the commands of package bench share: things that are
// timed in turn, medians and quantiles, the heap, and the page that figures go to.
package measure

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A Turn is one thing that takes turns with others.
type Turn struct {
	Name string // for errors
	Run  func() error
	Each []float64 // ns of one run, by round

	n int // runs in a slice
}

// Interleave gives everyone a slice in every round, for that many rounds. The clock
// counts the time of a slice. A cell holds the things that are compared with each
// other: within a round they run next to each other, in random order.
//
// A ratio is then the median of the ratios within each round, since the speed of a
// machine drifts from minute to minute, but hardly from slice to slice.
func Interleave(clock Clock, rounds int, slice time.Duration, cells ...[]*Turn) error {
	for _, cell := range cells {
		for _, t := range cell {
			if err := t.prepare(clock, slice); err != nil {
				return err
			}
		}
	}
	for range rounds {
		for _, cell := range cells {
			for _, i := range rand.Perm(len(cell)) {
				if err := cell[i].turn(clock); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// prepare counts how many runs fill a slice.
func (t *Turn) prepare(clock Clock, slice time.Duration) (err error) {
	for t.n = 1; err == nil; t.n *= 2 {
		// The shortest of three: a busy machine may stop any one of them.
		var took time.Duration
		for i := range 3 {
			var again time.Duration
			if again, err = t.timed(clock); i == 0 || again < took {
				took = again
			}
		}
		if took >= slice/4 {
			t.n = max(1, int(float64(t.n)*float64(slice)/float64(took)))
			break
		}
	}
	return err
}

// turn is one slice. Garbage is collected when the runtime likes: as the order
// is shuffled, everyone pays for collections in proportion to what it allocates.
// To collect before each turn would spare it the last one.
func (t *Turn) turn(clock Clock) error {
	took, err := t.timed(clock)
	t.Each = append(t.Each, float64(took.Nanoseconds())/float64(t.n))
	return err
}

func (t *Turn) timed(clock Clock) (time.Duration, error) {
	start := clock()
	for range t.n {
		if err := t.Run(); err != nil {
			return 0, fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return clock() - start, nil
}

// Nanos is the median time of one run.
func (t *Turn) Nanos() float64 { return Median(t.Each) }

// Micros is Nanos in µs.
func (t *Turn) Micros() float64 { return t.Nanos() / 1e3 }

// Times says how often slower t is than other: the median over the rounds.
func (t *Turn) Times(other *Turn) float64 {
	return t.by(other, func(a, b float64) float64 { return a / b })
}

// More is how many µs t takes more than other, likewise.
func (t *Turn) More(other *Turn) float64 {
	return t.by(other, func(a, b float64) float64 { return (a - b) / 1e3 })
}

func (t *Turn) by(other *Turn, compare func(a, b float64) float64) float64 {
	compared := make([]float64, len(t.Each))
	for i := range t.Each {
		compared[i] = compare(t.Each[i], other.Each[i])
	}
	return Median(compared)
}
