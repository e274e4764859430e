package keys_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A memorySite answers from memory, after a delay. It is for synctest bubbles,
// which cannot wait for sockets.
type memorySite struct {
	fetches atomic.Int64
	answer  atomic.Pointer[memoryAnswer]
}

type memoryAnswer struct {
	delay  time.Duration
	status int
	body   string
}

func (s *memorySite) publishes(delay time.Duration, signers ...*verifiertest.Signer) {
	s.answer.Store(&memoryAnswer{delay, 200, set(jwksOf(signers...)...)})
}

func (s *memorySite) fails(delay time.Duration, status int) {
	s.answer.Store(&memoryAnswer{delay, status, ""})
}

func (s *memorySite) RoundTrip(r *http.Request) (*http.Response, error) {
	s.fetches.Add(1)
	a := s.answer.Load() // the answer at the time of the request
	select {
	case <-time.After(a.delay):
		return answered(a.status, a.body), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// newMemoryGuard is newGuard with the clock of the bubble.
func newMemoryGuard(t *testing.T, s *memorySite) *guard {
	t.Helper()
	r := newRemote(t, "https://keys.example/", keys.WithHTTPClient(&http.Client{Transport: s}))
	v, err := verifier.New(r)
	if err != nil {
		t.Fatal(err)
	}
	return &guard{t: t, remote: r, verifier: v}
}

func TestFaultR13ColdStampede(t *testing.T) {
	leaksNothing(t)
	good := edSigner(t, "good")
	t.Run("1,000 goroutines on a cold provider", func(t *testing.T) {
		w := begin(t)
		const callers = 1000
		var started sync.WaitGroup
		started.Add(callers)
		s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
			started.Wait()
			jwks(good)(w, r)
		})
		g := newGuard(t, newClock(), s.URL, keys.WithTimeout(30*time.Second))
		tok := sign(good)
		var wg sync.WaitGroup
		var verified atomic.Int64
		for range callers {
			wg.Go(func() {
				started.Done()
				if _, err := g.verifier.Verify(t.Context(), tok); err != nil {
					t.Errorf("refused: %v", err)
					return
				}
				verified.Add(1)
			})
		}
		wg.Wait()
		if n := s.fetches.Load(); n != 1 {
			t.Errorf("%d fetches, want 1", n)
		}
		w.logf("%d verified with %d fetch", verified.Load(), s.fetches.Load())
	})
	t.Run("1,000 goroutines with 1,000 unknown kids", func(t *testing.T) {
		w := begin(t)
		bubble(t, func(t *testing.T) {
			s := new(memorySite)
			s.publishes(time.Second, good)
			g := newMemoryGuard(t, s)
			var wg sync.WaitGroup
			for i := range 1000 {
				wg.Go(func() {
					ks, err := g.remote.Find(t.Context(), keys.Hint{KeyID: fmt.Sprint(i), Algorithm: keys.EdDSA})
					if err != nil || len(ks) > 0 {
						t.Errorf("Find: %v, %v", ks, err)
					}
				})
			}
			synctest.Wait() // until all of them wait
			wg.Wait()
			if n := s.fetches.Load(); n != 1 {
				t.Errorf("%d fetches, want 1", n)
			}
			w.logf("%d fetch for all", s.fetches.Load())
		})
	})
}

// TestFaultR3LongOutage is an outage under steady traffic: a token every second
// and an unknown kid every ten seconds.
func TestFaultR3LongOutage(t *testing.T) {
	leaksNothing(t)
	good := edSigner(t, "good")
	tok := sign(good)
	for _, test := range []struct {
		name     string
		delay    time.Duration // of a response during the outage
		patience time.Duration // how long a lookup may take then
	}{
		{"50 minutes of 503", 0, 0},
		{"50 minutes of answers that hang", time.Hour, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			bubble(t, func(t *testing.T) {
				s := new(memorySite)
				s.publishes(0, good)
				g := newMemoryGuard(t, s)
				g.accepts("before the outage", tok)
				start := time.Now()
				verified, refused := 0, 0
				var slowest time.Duration
				traffic := func(until time.Duration) {
					for i := 0; time.Since(start) < until; i++ {
						<-time.After(time.Second)
						if i%10 == 0 {
							go g.remote.Find(t.Context(), keys.Hint{KeyID: fmt.Sprint(i), Algorithm: keys.EdDSA})
						}
						before := time.Now()
						if _, err := g.verifier.Verify(t.Context(), tok); err != nil {
							refused++
						} else {
							verified++
						}
						slowest = max(slowest, time.Since(before))
					}
				}
				traffic(7 * time.Minute) // just before the next refresh: keys never get older than that
				s.fails(test.delay, 503)
				fetches := s.fetches.Load()
				traffic(57 * time.Minute)
				w.logf("%d good tokens refused and %d verified in 50m, each after at most %v, with %d fetches", refused, verified-7*60, slowest, s.fetches.Load()-fetches)
				if refused > 0 || slowest > test.patience {
					t.Errorf("%d good tokens are refused, the slowest takes %v", refused, slowest)
				}
				<-time.After(time.Until(start.Add(80 * time.Minute)))
				g.undecided("past the limit", tok)

				s.publishes(0, good)
				back := time.Now()
				for {
					if _, err := g.verifier.Verify(t.Context(), tok); err == nil {
						break
					} else if !errors.Is(err, verifier.ErrUnavailable) {
						t.Fatalf("after the outage: %v", err)
					}
					<-time.After(time.Second)
				}
				recovered := time.Since(back)
				if recovered > time.Minute+6*time.Second {
					t.Errorf("recovered after %v", recovered)
				}
				w.logf("past the limit 503; recovered %v after the endpoint", recovered)
			})
		})
	}
}
