package keys_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestFaultR1Freshness: how long a set is fresh after each kind of response.
func TestFaultR1Freshness(t *testing.T) {
	leaksNothing(t)
	good := edSigner(t, "good")
	doc := set(jwksOf(good)...)
	for _, test := range []struct {
		name    string
		headers []string
		fresh   time.Duration
	}{
		{"max-age 0", []string{"Cache-Control: max-age=0"}, time.Minute},
		{"max-age 5 s", []string{"Cache-Control: max-age=5"}, time.Minute},
		{"max-age 1 h", []string{"Cache-Control: public, max-age=3600, must-revalidate"}, time.Hour},
		{"max-age 1 year", []string{"Cache-Control: max-age=31536000"}, 24 * time.Hour},
		{"max-age beyond counting", []string{"Cache-Control: max-age=99999999999999999999"}, 24 * time.Hour},
		{"max-age garbage", []string{"Cache-Control: max-age=soon"}, 10 * time.Minute},
		{"max-age negative", []string{"Cache-Control: max-age=-1"}, 10 * time.Minute},
		{"max-age quoted", []string{`Cache-Control: Max-Age="3600"`}, time.Hour},
		{"max-age less Age", []string{"Cache-Control: max-age=3600", "Age: 1800"}, 30 * time.Minute},
		{"Age beyond max-age", []string{"Cache-Control: max-age=3600", "Age: 99999999999999999999"}, time.Minute},
		{"Age garbage", []string{"Cache-Control: max-age=3600", "Age: old"}, time.Hour},
		{"no-store", []string{"Cache-Control: no-store"}, time.Minute},
		{"no-cache after max-age", []string{"Cache-Control: max-age=3600, no-cache"}, time.Minute},
		{"garbage", []string{"Cache-Control: ,,=,;"}, 10 * time.Minute},
		{"nothing said", nil, 10 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			clock := newClock()
			s := newSite(t, text(doc, test.headers...))
			g := newGuard(t, clock, s.URL)
			start := clock.read()
			g.accepts("cold", sign(good))
			next := g.remote.Status().NextRefresh.Sub(start)
			if least, most := test.fresh*72/100, test.fresh*88/100; next < least || next > most {
				t.Errorf("refreshed after %v, want between %v and %v", next, least, most)
			}
			clock.set(start.Add(test.fresh - 1))
			if g.remote.Status().Stale {
				t.Errorf("stale before %v", test.fresh)
			}
			clock.set(start.Add(test.fresh))
			if !g.remote.Status().Stale {
				t.Errorf("not stale after %v", test.fresh)
			}
			s.answers(status(http.StatusInternalServerError, ""))
			clock.set(start.Add(test.fresh + time.Hour - 1))
			g.accepts("just before the limit", sign(good))
			clock.set(start.Add(test.fresh + time.Hour))
			g.undecided("at the limit", sign(good))
			w.logf("fresh for %v, refreshed ahead after %v; %s", test.fresh, next.Round(time.Second), g.tally())
		})
	}
}

// TestFaultR14NotModified is about an endpoint that answers 304.
func TestFaultR14NotModified(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	t.Run("304", func(t *testing.T) {
		w := begin(t)
		clock := newClock()
		tag, doc, full := `"1"`, set(jwksOf(good)...), 0
		s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", tag)
			if r.Header.Get("If-None-Match") == tag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			full++
			w.Header().Set("Cache-Control", "max-age=1800")
			w.Write([]byte(doc))
		})
		g := newGuard(t, clock, s.URL)
		for range 10 {
			g.accepts("unchanged", sign(good))
			// RFC 9111 §4.3.4: what the 304 does not say stays as it was.
			if s := g.remote.Status(); s.Stale || s.FetchedAt != clock.read() || s.NextRefresh.Sub(clock.read()) < 20*time.Minute {
				t.Errorf("after a 304: %+v", s)
			}
			clock.advance(30 * time.Minute) // past the max-age, which a 304 leaves as it was
		}
		if n := s.fetches.Load(); n != 10 || full != 1 {
			t.Errorf("%d fetches, %d of them in full; want 10, 1", n, full)
		}
		tag, doc = `"2"`, set(jwksOf(next)...)
		clock.advance(time.Hour)
		g.accepts("after the set was replaced", sign(next), sign(next))
		g.refuses("the key that was replaced", sign(good), verifier.ErrUnknownKey)
		clock.advance(time.Hour)
		g.accepts("304 of the new set", sign(next))
		w.logf("%s in %d fetches, %d in full", g.tally(), s.fetches.Load(), full)
	})
}

// TestFaultR10Clock sets the clock back.
func TestFaultR10Clock(t *testing.T) {
	leaksNothing(t)
	good := edSigner(t, "good")
	for _, back := range []time.Duration{2 * time.Second, time.Hour, 10 * 365 * 24 * time.Hour} {
		t.Run(fmt.Sprintf("clock set back by %v", back), func(t *testing.T) {
			w := begin(t)
			clock := newClock()
			s := newSite(t, jwks(good))
			g := newGuard(t, clock, s.URL)
			g.accepts("before", sign(good))
			clock.advance(5*time.Minute - back)
			g.accepts("right after", sign(good), sign(good))
			if err := g.remote.Refresh(t.Context()); err != nil { // waits for the fetch under way
				t.Fatal(err)
			}
			n := s.fetches.Load()
			g.accepts("then", sign(good), sign(good))
			clock.advance(5 * time.Minute)
			g.accepts("later", sign(good))
			if n < 2 || n > 3 || s.fetches.Load() != n {
				t.Errorf("%d fetches after the step, then %d; want one", n-1, s.fetches.Load()-n)
			}
			s.answers(status(http.StatusInternalServerError, ""))
			clock.advance(64 * time.Minute)
			g.accepts("an outage after it", sign(good))
			clock.advance(2 * time.Minute)
			g.undecided("past the limit", sign(good))
			w.logf("%s", g.tally())
		})
	}
	t.Run("clock set back during an outage", func(t *testing.T) {
		w := begin(t)
		clock := newClock()
		s := newSite(t, jwks(good))
		g := newGuard(t, clock, s.URL)
		g.accepts("before", sign(good))
		s.answers(status(http.StatusInternalServerError, ""))
		for range 69 {
			clock.advance(time.Minute)
			g.accepts("a minute later", sign(good))
			clock.advance(-time.Hour)
			g.accepts("an hour back", sign(good))
		}
		clock.advance(70 * time.Minute)
		g.undecided("the limit still holds", sign(good))
		w.logf("%s", g.tally())
	})
	t.Run("clock that goes back and forth", func(t *testing.T) {
		w := begin(t)
		clock := newClock()
		s := newSite(t, jwks(good))
		g := newGuard(t, clock, s.URL)
		for range 1000 {
			g.accepts("to", sign(good))
			clock.advance(-3 * time.Second)
			g.accepts("fro", sign(good))
			clock.advance(2 * time.Second)
		}
		if n := s.fetches.Load(); n > 400 {
			t.Errorf("%d fetches of 1000 steps; they must stay within the budget", n)
		}
		w.logf("%s in %d fetches", g.tally(), s.fetches.Load())
	})
}

// TestFaultR12Restart restarts the service while the endpoint is down.
func TestFaultR12Restart(t *testing.T) {
	leaksNothing(t)
	good, next := edSigner(t, "good"), edSigner(t, "next")
	for _, test := range []struct {
		name     string
		maxAge   string
		snapshot bool
		seed     bool
		lasts    time.Duration // after the last fetch; 0: not at all
	}{
		{name: "restart during an outage without a snapshot"},
		{name: "restart during an outage with a snapshot", snapshot: true, lasts: 70 * time.Minute},
		{name: "restart with a snapshot of a long max-age", snapshot: true, maxAge: "86400", lasts: 25 * time.Hour},
		{name: "restart with a seed", seed: true, lasts: 75 * time.Minute}, // it counts from the restart
	} {
		t.Run(test.name, func(t *testing.T) {
			w := begin(t)
			clock := newClock()
			s := newSite(t, text(set(jwksOf(good)...), "Cache-Control: max-age="+test.maxAge))
			var opts []keys.Option
			if test.snapshot {
				opts = append(opts, keys.WithSnapshotFile(filepath.Join(t.TempDir(), "keys.json")))
			}
			if test.seed {
				opts = append(opts, keys.WithSeed([]byte(set(jwksOf(good)...))))
			}
			start := clock.read()
			newGuard(t, clock, s.URL, opts...).accepts("before the restart", sign(good))
			s.answers(status(http.StatusBadGateway, ""))
			clock.advance(5 * time.Minute)
			g := newGuard(t, clock, s.URL, opts...)
			if test.lasts == 0 {
				g.undecided("restarted", sign(good))
			} else {
				g.accepts("restarted", sign(good), sign(good))
				g.undecided("a key that may be there", sign(next))
				clock.set(start.Add(test.lasts - time.Second))
				g.accepts("before the limit", sign(good))
				clock.set(start.Add(test.lasts))
				g.undecided("past the limit", sign(good))
			}
			if test.snapshot {
				newGuard(t, clock, s.URL, opts...).undecided("restarted with a snapshot that is too old", sign(good))
			}
			s.answers(jwks(good, next))
			clock.advance(time.Minute)
			g.accepts("ready as soon as it answers", sign(good), sign(next))
			w.logf("%s", g.tally())
		})
	}
	t.Run("restart with a damaged snapshot", func(t *testing.T) {
		w := begin(t)
		file := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(file, []byte(`{"source":`), 0o600); err != nil {
			t.Fatal(err)
		}
		clock := newClock()
		s := newSite(t, status(http.StatusBadGateway, ""))
		g := newGuard(t, clock, s.URL, keys.WithSnapshotFile(file))
		g.undecided("restarted", sign(good))
		s.answers(jwks(good))
		clock.advance(time.Minute)
		g.accepts("ready as soon as it answers", sign(good))
		newGuard(t, clock, s.URL, keys.WithSnapshotFile(file)).accepts("the snapshot is whole again", sign(good))
		w.logf("%s", g.tally())
	})
}
