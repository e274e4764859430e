package refresh_test

import (
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/refresh"
)

// perID returns a Schedule with a fetch per key ID, whose set is fresh for 10 minutes.
func perID() *refresh.Schedule {
	s := refresh.New(refresh.Policy{MaxStale: time.Hour, Random: fixed, PerID: true})
	s.Succeeded(at(0), 0, -1)
	return s
}

// TestR20OverBudget: nobody knows whether there is a key that was not asked for.
func TestR20OverBudget(t *testing.T) {
	s := perID()
	for _, id := range []string{"a", "b", "c"} {
		want(t, s, 0, unknown(id), refresh.Wait, true)
		if !s.Single() {
			t.Error("not for that ID alone")
		}
		s.FoundNone(at(0))
		s.Missing(at(0), id)
	}
	want(t, s, 0, unknown("d"), refresh.Refuse, false)
	want(t, s, 0, unknown("a"), refresh.Serve, false) // R7: it was asked for
	want(t, s, 0, known, refresh.Serve, false)
	if next := s.Next(); !next.Equal(at(8 * time.Minute)) {
		t.Errorf("the next fetch is due at %v", next)
	}
	want(t, s, 10*time.Second, unknown("d"), refresh.Wait, true)
}

// TestR20R9OverBudget: a key whose ID could not be asked for, since the budget was spent,
// is asked for when it is not.
func TestR20R9OverBudget(t *testing.T) {
	s := perID()
	again := refresh.Lookup{KeyID: "known", Known: true, Again: true}
	for _, id := range []string{"a", "b", "c"} {
		want(t, s, 0, unknown(id), refresh.Wait, true)
		s.FoundNone(at(0))
	}
	want(t, s, 0, again, refresh.Serve, false)
	want(t, s, 10*time.Second, again, refresh.Wait, true)
	s.FoundOne(at(10*time.Second), 0, -1)
	want(t, s, 30*time.Second, again, refresh.Serve, false) // R9: once a minute
	want(t, s, 70*time.Second, again, refresh.Wait, true)
}

// TestR20DoesNotRefresh: a fetch for one ID makes the set no fresher, and a failed
// one delays no refresh.
func TestR20DoesNotRefresh(t *testing.T) {
	s := perID()
	want(t, s, 7*time.Minute, unknown("a"), refresh.Wait, true)
	s.FoundOne(at(7*time.Minute), 0, -1)
	want(t, s, 8*time.Minute-1, unknown("b"), refresh.Wait, true)
	s.FailedOne(at(8*time.Minute-1), 0)
	want(t, s, 8*time.Minute, unknown("c"), refresh.Wait, true)
	if s.Single() {
		t.Error("the refresh is for one ID")
	}
	s.Succeeded(at(8*time.Minute), 0, -1)
	want(t, s, 9*time.Minute, unknown("d"), refresh.Wait, true)
	s.FoundOne(at(9*time.Minute), 0, time.Minute) // a key that is fresh for less
	want(t, s, 10*time.Minute-1, known, refresh.Serve, true)
	want(t, s, 10*time.Minute, known, refresh.WaitBriefly, false)
}

// TestR20RetryAfter: of a single answer it counts for a minute at most.
func TestR20RetryAfter(t *testing.T) {
	s := perID()
	want(t, s, 0, unknown("a"), refresh.Wait, true)
	s.FailedOne(at(0), time.Hour)
	want(t, s, time.Minute-1, unknown("b"), refresh.Refuse, false)
	want(t, s, time.Minute, unknown("b"), refresh.Wait, true)
}

// TestR20Probe: a fetch for another ID is no probe of a key whose signature was bad.
func TestR20Probe(t *testing.T) {
	s := perID()
	again := refresh.Lookup{KeyID: "a", Known: true, Again: true}
	want(t, s, 0, unknown("b"), refresh.Wait, true)
	want(t, s, 0, again, refresh.Wait, false)
	s.FoundNone(at(0))
	want(t, s, 0, again, refresh.Wait, true)
	s.FailedOne(at(0), 0)
	want(t, s, 0, again, refresh.Wait, true)
	s.FoundOne(at(0), 0, -1)
	want(t, s, 0, again, refresh.Serve, false)
}
