package keys_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// A sleeper is a machine that can sleep: its clock returns what time.Now does.
type sleeper struct {
	t   *testing.T
	mu  sync.Mutex
	now time.Time
}

func newSleeper(t *testing.T) *sleeper { return &sleeper{t: t, now: time.Now()} }

func (s *sleeper) read() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// passes advances the time of day by day, and the monotonic clock, which stands
// still while the machine sleeps, by awake.
func (s *sleeper) passes(day, awake time.Duration) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	then := s.now.Add(awake)
	*(*uint64)(unsafe.Pointer(&then)) += uint64(int64((day-awake)/time.Second)) << 30 // its seconds
	if d, m := then.Round(0).Sub(s.now.Round(0)), then.Sub(s.now); d != day || m != awake {
		s.t.Fatalf("made a time %v and %v later, want %v and %v", d, m, day, awake)
	}
	s.now = then
}

func (s *sleeper) sleeps(d time.Duration) { s.t.Helper(); s.passes(d+2*time.Second, 2*time.Second) }

// TestS24R11RemoteWakes: a key that was removed while the machine slept is not used,
// and WithMaxStale counts the sleep.
func TestS24R11RemoteWakes(t *testing.T) {
	good, next := edSigner(t, "good"), edSigner(t, "next")
	for _, test := range []struct {
		name       string
		day, awake time.Duration
		down       bool
		want       string // of the key "good"
	}{
		{"slept for 8 hours, withdrawn", 8 * time.Hour, 2 * time.Second, false, "none"},
		{"slept for 8 hours, endpoint down", 8 * time.Hour, 2 * time.Second, true, "unavailable"},
		{"slept for 11 minutes, withdrawn", 11 * time.Minute, 2 * time.Second, false, "none"},
		{"slept for half an hour, endpoint down", 30 * time.Minute, 2 * time.Second, true, "found"},
		{"set back by a day, two hours later, endpoint down", -22 * time.Hour, 2 * time.Hour, true, "unavailable"},
		{"set back by an hour, withdrawn 65 minutes later", 5 * time.Minute, 65 * time.Minute, false, "none"},
		{"set back by 70 minutes, 75 minutes later, endpoint down", 5 * time.Minute, 75 * time.Minute, true, "unavailable"},
		{"set back by a day, withdrawn an hour later", -23 * time.Hour, time.Hour, false, "none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := newSleeper(t)
			s := newSite(t, jwks(good))
			r := newRemote(t, s.URL, keys.WithClock(clock.read))
			p := keys.Merge(r, keys.Static(edKey(t, "static")))
			if ks := mustFind(t, p, hint("good")); len(ks) != 1 {
				t.Fatalf("at first: %v", ks)
			}
			s.answers(jwks(next))
			if test.down {
				s.answers(status(500, ""))
			}
			clock.passes(test.day, test.awake)
			ks, err := p.Find(t.Context(), hint("good"))
			got := "found"
			if errors.Is(err, keys.ErrUnavailable) {
				got = "unavailable"
			} else if len(ks) == 0 {
				got = "none"
			}
			if got != test.want {
				t.Errorf("Find = %v, %v; want %s", ks, err, test.want)
			}
			if st := r.Status(); test.want == "unavailable" && (len(st.Keys) > 0 || !st.Stale) {
				t.Errorf("Status = %v", st)
			}
		})
	}
}

// TestS24R11SetWakes: the grace of Rotate counts the sleep, and setting the clock back
// does not prolong it.
func TestS24R11SetWakes(t *testing.T) {
	a, b, c := newSecret(t, "a", keys.HS256), newSecret(t, "b", keys.HS256), newSecret(t, "c", keys.HS256)
	for _, test := range []struct {
		name string
		do   func(m *sleeper, s *keys.Set)
		want []string
	}{
		{"within the grace", func(m *sleeper, _ *keys.Set) { m.passes(time.Hour-1, time.Hour-1) }, []string{"a", "b"}},
		{"after it", func(m *sleeper, _ *keys.Set) { m.passes(time.Hour, time.Hour) }, []string{"b"}},
		{"slept for 8 hours", func(m *sleeper, _ *keys.Set) { m.sleeps(8 * time.Hour) }, []string{"b"}},
		{"set back by a day, an hour later", func(m *sleeper, _ *keys.Set) { m.passes(-23*time.Hour, time.Hour) }, []string{"b"}},
		{"slept, then rotated again", func(m *sleeper, s *keys.Set) {
			m.sleeps(50 * time.Minute)
			s.Rotate(c, 30*time.Minute)
			m.sleeps(10 * time.Minute)
		}, []string{"b", "c"}},
		{"set back, then rotated again", func(m *sleeper, s *keys.Set) {
			m.passes(-10*time.Hour, 30*time.Minute)
			s.Rotate(c, time.Hour)
			m.passes(30*time.Minute, 30*time.Minute)
		}, []string{"b", "c"}},
	} {
		m, s := newSleeper(t), keys.NewSet(a)
		s.SetClock(m.read)
		s.Rotate(b, time.Hour)
		test.do(m, s)
		if diff := cmp.Diff(test.want, ids(s.Keys())); diff != "" {
			t.Errorf("%s: keys (-want +got)\n%s", test.name, diff)
		}
		if ks := mustFind(t, s, keys.Hint{KeyID: "a", Algorithm: keys.HS256}); (len(ks) == 1) != (test.want[0] == "a") {
			t.Errorf("%s: Find = %v", test.name, ks)
		}
	}
}

// TestS24R11FileWakes: WithMaxStale of a file counts the sleep.
func TestS24R11FileWakes(t *testing.T) {
	for _, test := range []struct {
		name       string
		day, awake time.Duration
		want       bool
	}{
		{"half an hour", 30 * time.Minute, 30 * time.Minute, true},
		{"slept for half an hour", 30 * time.Minute, time.Second, true},
		{"slept for 8 hours", 8 * time.Hour, time.Second, false},
		{"set back by a day, an hour later", -23 * time.Hour, time.Hour, false},
		{"set back by a day, half an hour later", -24 * time.Hour, 30 * time.Minute, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newKeyFile(t, set(string(edSigner(t, "a").JWK())))
			m := newSleeper(t)
			f, err := keys.NewFile(k.path, keys.WithClock(m.read))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(k.path); err != nil {
				t.Fatal(err)
			}
			m.passes(test.day, test.awake)
			ks, err := f.Find(t.Context(), hint("a"))
			if (len(ks) == 1) != test.want || !test.want && !errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("Find = %v, %v", ks, err)
			}
		})
	}
}

// TestS24R11SleepDuringAFetch: a key that was requested before the machine slept may
// have been removed since.
func TestS24R11SleepDuringAFetch(t *testing.T) {
	good, next := edSigner(t, "good"), edSigner(t, "next")
	m := newSleeper(t)
	var again atomic.Bool
	s := newSite(t, nil)
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		if !again.Swap(true) {
			jwks(good)(w, r)
			m.sleeps(8 * time.Hour)
			return
		}
		jwks(next)(w, r)
	})
	r := newRemote(t, s.URL, keys.WithClock(m.read))
	r.Refresh(t.Context())
	if st := r.Status(); len(st.Keys) > 0 || !st.Stale {
		t.Errorf("Status = %v", st)
	}
	if ks := mustFind(t, r, hint("good")); len(ks) > 0 || s.fetches.Load() != 2 {
		t.Errorf("Find = %v after %d fetches", ks, s.fetches.Load())
	}
}

// TestR11TooOldWhileALookupWaits: keys that get too old by either clock while a lookup
// waits for their refresh are not used when its caller waits no longer.
func TestR11TooOldWhileALookupWaits(t *testing.T) {
	good := edSigner(t, "good")
	for _, test := range []struct {
		name       string
		day, awake time.Duration
		want       bool
	}{
		{"half a second passes", time.Second / 2, time.Second / 2, true},
		{"two seconds pass", 2 * time.Second, 2 * time.Second, false},
		{"the clock is set back", -time.Hour, 2 * time.Second, false},
		{"the machine sleeps", 8*time.Hour + time.Second/2, time.Second / 2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newSleeper(t)
			s := newSite(t, jwks(good))
			r := newRemote(t, s.URL, keys.WithClock(m.read))
			mustFind(t, r, hint("good"))
			m.passes(70*time.Minute-time.Second, 70*time.Minute-time.Second)
			ctx, cancel := context.WithCancel(t.Context())
			release := make(chan struct{})
			defer close(release)
			s.answers(func(http.ResponseWriter, *http.Request) {
				m.passes(test.day, test.awake)
				cancel()
				<-release
			})
			ks, err := r.Find(ctx, hint("good"))
			if (len(ks) == 1) != test.want || !test.want && !errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("Find = %v, %v; want the key: %v", ks, err, test.want)
			}
		})
	}
}

// TestS24R11RunWakes: Run checks the time of day once a minute, since its timer stands
// still while the machine sleeps.
func TestS24R11RunWakes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var asleep time.Duration
		var mu sync.Mutex
		clock := func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Round(0).Add(asleep)
		}
		r, s := inMemory(t, keys.WithClock(clock), keys.WithRefresh(24*time.Hour))
		s.publishes(0, edSigner(t, "a"))
		go r.Run(t.Context())
		<-time.After(time.Second)
		mu.Lock()
		asleep = 23 * time.Hour
		mu.Unlock()
		<-time.After(time.Minute)
		synctest.Wait()
		if n := s.fetches.Load(); n != 2 {
			t.Errorf("%d fetches a minute after waking, want 2", n)
		}
	})
}
