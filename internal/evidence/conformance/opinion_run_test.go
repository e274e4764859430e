package conformance_test

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jwtverify/jwtverify/internal/race"
)

var (
	opinions      = flag.Int("opinions", 0, "how many made-up tokens the second opinion is asked about; 0: 20,000")
	opinionSeed   = flag.Uint64("opinion-seed", 1, "what they are made from")
	opinionRecord = flag.String("opinion-record", "", "a file to add the counts to")
	opinionAt     = flag.Int64("opinion-index", -1, "show this one token and what is said of it")
)

// TestSecondOpinion makes tokens that are good but for a few changes, and asks all
// libraries and the model about each. What the libraries disagree about has to be
// in the reviewed lists.
func TestSecondOpinion(t *testing.T) {
	n := uint64(20_000)
	switch {
	case *opinions > 0:
		n = uint64(*opinions)
	case race.Enabled:
		n = 3_000
	}
	if *opinionAt >= 0 {
		showOpinion(t, uint64(*opinionAt))
		return
	}
	var next atomic.Uint64
	var wg sync.WaitGroup
	total := newCount()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			c := newCount()
			benches := newBenches()
			for i := next.Add(1) - 1; i < n; i = next.Add(1) - 1 {
				d := newDraft(*opinionSeed, i)
				made := d.drawTweaks()
				raw := d.finish(made)
				s := benches[d.key]
				broken, readings := s.broken(raw)
				c.judged(s.stance, raw, broken, readings, s.bench.verdicts(raw), func() string {
					return fmt.Sprintf("seed %d, index %d: %s with %s", *opinionSeed, i, d.key.alg, namesOf(made))
				})
				c.label(made, broken)
			}
			total.merge(c)
		})
	}
	wg.Wait()
	total.report(t)
	if *opinionRecord != "" {
		total.addTo(t, *opinionRecord, fmt.Sprint(*opinionSeed))
	}
}

// A seat is a stance with its bench.
type seat struct {
	*stance
	bench bench
}

func newBenches() map[*weighted]seat {
	all := map[*weighted]seat{}
	for _, k := range opinionKeys() {
		s := k.stance()
		all[k] = seat{s, newBench(s)}
	}
	return all
}

func showOpinion(t *testing.T, index uint64) {
	t.Helper()
	d := newDraft(*opinionSeed, index)
	made := d.drawTweaks()
	raw := d.finish(made)
	s := newBenches()[d.key]
	broken, _ := s.broken(raw)
	t.Logf("%s with %s: %q\nheader %q\nclaims %q\nbroken: %v", d.key.alg, namesOf(made), raw, d.text[0], d.text[1], broken)
	for l, err := range s.bench.verdicts(raw) {
		t.Logf("%v: %v", library(l), err)
	}
}

// TestSecondOpinionRepeats: a seed and an index are enough to have a token again.
func TestSecondOpinionRepeats(t *testing.T) {
	for i := range uint64(500) {
		one, two := newDraft(*opinionSeed, i), newDraft(*opinionSeed, i)
		if a, b := one.finish(one.drawTweaks()), two.finish(two.drawTweaks()); a != b {
			t.Fatalf("token %d is %q, and then %q", i, a, b)
		}
	}
}
