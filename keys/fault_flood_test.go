package keys_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// TestFaultR5Flood looks up 10,000 unknown keys in 60 seconds. Half way, the
// endpoint publishes a new one.
func TestFaultR5Flood(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	goodToken, nextToken := sign(good), sign(next)
	unknown := sign(edSigner(t, "unknown"))
	const rotation = 5_201 // after 31 s, when the budget has just been used up
	for _, test := range []struct {
		name  string
		run   bool // with Run
		delay time.Duration
	}{
		{"flood of 10,000 unknown kids", false, 50 * time.Millisecond},
		{"flood of 10,000 unknown kids with Run", true, 50 * time.Millisecond},
		{"flood of 10,000 unknown kids and a slow endpoint", false, 4 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			bubble(t, func(t *testing.T) {
				s := new(memorySite)
				s.publishes(test.delay, good)
				g := newMemoryGuard(t, s)
				g.accepts("before the flood", goodToken)
				var wg sync.WaitGroup
				if test.run {
					wg.Go(func() { g.remote.Run(t.Context()) })
				}
				start := time.Now()
				var rotated, accepted time.Time
				var slowest time.Duration
				var clients sync.WaitGroup
				for i := range 10_000 {
					<-time.After(6 * time.Millisecond)
					clients.Go(func() {
						ks, err := g.remote.Find(t.Context(), keys.Hint{KeyID: fmt.Sprint(i), Algorithm: keys.EdDSA})
						if len(ks) > 0 || err != nil {
							t.Errorf("unknown kid: %v, %v", ks, err)
						}
					})
					before := time.Now()
					if ks := mustFind(t, g.remote, keys.Hint{KeyID: "good", Algorithm: keys.EdDSA}); len(ks) != 1 {
						t.Errorf("known kid: %v", ks)
					}
					slowest = max(slowest, time.Since(before))
					switch {
					case i%100 == 0:
						g.accepts("in the flood", goodToken)
						clients.Go(func() { g.verifier.Verify(t.Context(), unknown) })
					case i == rotation:
						s.publishes(test.delay, good, next)
						rotated = time.Now()
					case i > rotation && i%20 == 1 && accepted.IsZero():
						if ks, err := g.remote.Find(t.Context(), keys.Hint{KeyID: "next", Algorithm: keys.EdDSA}); err == nil && len(ks) == 1 {
							accepted = time.Now()
							g.accepts("the new key", nextToken)
						}
					}
				}
				took := time.Since(start)
				fetches := s.fetches.Load()
				clients.Wait()
				if fetches > 10 {
					t.Errorf("%d fetches in %v, want at most 10", fetches, took)
				}
				if slowest > 0 {
					t.Errorf("a known key was found after %v", slowest)
				}
				if wait := accepted.Sub(rotated); accepted.IsZero() || wait > 10*time.Second+test.delay {
					t.Errorf("the new key is accepted after %v", wait)
				}
				w.logf("%d fetches in %v; known keys found after at most %v; rotation in the middle accepted after %v; %s",
					fetches, took.Round(time.Second), slowest, accepted.Sub(rotated).Round(time.Millisecond), g.tally())
			})
		})
	}
}

// TestFaultR8FloodWhileDown looks up 10,000 unknown keys in 60 seconds while the
// endpoint fails: whether it has them is undecided.
func TestFaultR8FloodWhileDown(t *testing.T) {
	leaksNothing(t)
	good := edSigner(t, "good")
	tok := sign(good)
	t.Run("flood of 10,000 unknown kids during an outage", func(t *testing.T) {
		w := begin(t)
		bubble(t, func(t *testing.T) {
			s := new(memorySite)
			s.publishes(0, good)
			g := newMemoryGuard(t, s)
			g.accepts("before", tok)
			s.fails(50*time.Millisecond, 500)
			var unavailable atomic.Int64
			var clients sync.WaitGroup
			for i := range 10_000 {
				<-time.After(6 * time.Millisecond)
				clients.Go(func() {
					ks, err := g.remote.Find(t.Context(), keys.Hint{KeyID: fmt.Sprint(i), Algorithm: keys.EdDSA})
					if !errors.Is(err, keys.ErrUnavailable) {
						t.Errorf("unknown kid: %v, %v", ks, err)
						return
					}
					unavailable.Add(1)
				})
				if i%100 == 0 {
					g.accepts("in the flood", tok)
				}
			}
			clients.Wait()
			if n := s.fetches.Load(); n > 12 {
				t.Errorf("%d fetches", n)
			}
			w.logf("%d times unavailable, never no key; %d fetches; %s", unavailable.Load(), s.fetches.Load(), g.tally())
		})
	})
}

// TestFaultR13FloodInRealTime measures lookups of a known key while a fetch hangs
// and thousands of lookups of unknown keys wait for it.
func TestFaultR13FloodInRealTime(t *testing.T) {
	leaksNothing(t)
	good := edSigner(t, "good")
	t.Run("known keys while 2,000 lookups wait for a fetch that hangs", func(t *testing.T) {
		w := alone(t)
		reached, release := make(chan struct{}, 10), make(chan struct{})
		s := newSite(t, jwks(good))
		g := newGuard(t, newClock(), s.URL, keys.WithTimeout(30*time.Second))
		g.accepts("before", sign(good))
		h := keys.Hint{KeyID: "good", Algorithm: keys.EdDSA}
		quiet := lookups(t, g.remote, h)

		s.answers(func(w http.ResponseWriter, r *http.Request) {
			reached <- struct{}{}
			<-release
			jwks(good)(w, r)
		})
		var waiting, found sync.WaitGroup
		for i := range 2000 {
			waiting.Add(1)
			found.Go(func() {
				waiting.Done()
				g.remote.Find(t.Context(), keys.Hint{KeyID: fmt.Sprint(i), Algorithm: keys.EdDSA})
			})
		}
		waiting.Wait()
		<-reached
		flood := lookups(t, g.remote, h)
		close(release)
		found.Wait()
		if flood.p99 > time.Millisecond {
			t.Errorf("99 %% of the lookups took up to %v", flood.p99)
		}
		if n := s.fetches.Load(); n > 1+1+3 {
			t.Errorf("%d fetches", n)
		}
		w.logf("10,000 lookups: median %v, 99 %% within %v, longest %v; without the flood %v, %v, %v",
			flood.median, flood.p99, flood.longest, quiet.median, quiet.p99, quiet.longest)
	})
}

type durations struct{ median, p99, longest time.Duration }

// lookups times 10,000 lookups of h.
func lookups(t *testing.T, p keys.Provider, h keys.Hint) durations {
	t.Helper()
	took := make([]time.Duration, 10_000)
	for i := range took {
		start := time.Now()
		ks, err := p.Find(t.Context(), h)
		took[i] = time.Since(start)
		if err != nil || len(ks) != 1 {
			t.Fatalf("Find = %v, %v", ks, err)
		}
	}
	slices.Sort(took)
	return durations{took[len(took)/2], took[len(took)*99/100], took[len(took)-1]}
}
