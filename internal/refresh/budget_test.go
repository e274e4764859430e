package refresh_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/refresh"
)

func TestR5UnknownKeyID(t *testing.T) {
	s := fetched(t)
	// A burst of three, each a fetch that finds nothing.
	for i := range 3 {
		id := fmt.Sprint(i)
		want(t, s, time.Minute, unknown(id), refresh.Wait, true)
		want(t, s, time.Minute, unknown("joins"), refresh.Wait, false)
		s.Succeeded(at(time.Minute), 0, -1)
		s.Missing(at(time.Minute), id)
		want(t, s, time.Minute, unknown(id), refresh.Serve, false)
	}
	// Over budget nobody waits, and one fetch is scheduled for the next slot.
	want(t, s, time.Minute, unknown("3"), refresh.Serve, false)
	want(t, s, time.Minute, known, refresh.Serve, false)
	if got, want := s.Next(), at(70*time.Second); !got.Equal(want) {
		t.Errorf("the next slot is at %v, want %v", got, want)
	}
	want(t, s, 70*time.Second-1, known, refresh.Serve, false)
	want(t, s, 70*time.Second, known, refresh.Serve, true)
	s.Succeeded(at(70*time.Second), 0, -1)
	want(t, s, 70*time.Second, unknown("4"), refresh.Serve, false)
	want(t, s, 80*time.Second, unknown("4"), refresh.Wait, true) // the slot, for whoever asks then
	s.Succeeded(at(80*time.Second), 0, -1)
	// A missing ID is remembered for 30 seconds.
	want(t, s, 90*time.Second-1, unknown("0"), refresh.Serve, false)
	want(t, s, 90*time.Second, unknown("0"), refresh.Wait, true)
}

func TestR8UnknownKeyIDWhileDown(t *testing.T) {
	s := fetched(t)
	for i := range 8 { // failures cost no budget
		now := time.Minute * time.Duration(i)
		want(t, s, now, unknown("a"), refresh.Wait, true)
		s.Failed(at(now), 0)
		want(t, s, now, unknown("a"), refresh.Refuse, false)
		want(t, s, now, known, refresh.Serve, false)
	}
	// Past its freshness a set says nothing about what it does not have.
	s.Missing(at(9*time.Minute), "a")
	want(t, s, 9*time.Minute, unknown("a"), refresh.Serve, true)
	s.Failed(at(10*time.Minute), 0)
	want(t, s, 10*time.Minute, unknown("a"), refresh.Refuse, false)
	want(t, s, 12*time.Minute, unknown("a"), refresh.Wait, true)
}

func TestR6FailedFetchesCostNoBudget(t *testing.T) {
	s := fetched(t)
	for _, now := range []time.Duration{0, 1, 3, 6, 12} {
		want(t, s, now*time.Second, unknown("a"), refresh.Wait, true)
		s.Failed(at(now*time.Second), 0)
	}
	const now = 24 * time.Second
	for i := range 3 {
		want(t, s, now, unknown(fmt.Sprint(i)), refresh.Wait, true)
		s.Succeeded(at(now), 0, -1)
	}
	want(t, s, now, unknown("3"), refresh.Serve, false)
}

// TestR8OverBudgetWhileDown: the budget is used up and the last fetch has failed,
// so the answer is undecided.
func TestR8OverBudgetWhileDown(t *testing.T) {
	s := fetched(t)
	for i := range 3 {
		want(t, s, 0, unknown(fmt.Sprint(i)), refresh.Wait, true)
		s.Succeeded(at(0), 0, -1)
	}
	want(t, s, 0, unknown("3"), refresh.Serve, false)
	if !s.StartNow(at(0)) {
		t.Fatal("no fetch")
	}
	s.Failed(at(0), 0)
	want(t, s, time.Second, unknown("3"), refresh.Refuse, false)
	want(t, s, time.Second, known, refresh.Serve, false)
	want(t, s, 10*time.Second, unknown("3"), refresh.Wait, true)
}

func TestR9BadSignature(t *testing.T) {
	s := fetched(t)
	again := refresh.Lookup{KeyID: "known", Known: true, Again: true}
	want(t, s, time.Second, again, refresh.Wait, true)
	want(t, s, time.Second, again, refresh.Wait, false) // shared: it may bring the key
	s.Succeeded(at(time.Second), 0, -1)
	want(t, s, time.Second, again, refresh.Serve, false) // one probe a minute
	want(t, s, 60*time.Second, again, refresh.Serve, false)
	want(t, s, 61*time.Second, again, refresh.Wait, true)
	s.Failed(at(61*time.Second), 0)
	other := refresh.Lookup{KeyID: "other", Known: true, Again: true}
	want(t, s, 61*time.Second, other, refresh.Serve, false) // backoff: the same keys
	want(t, s, 62*time.Second, again, refresh.Wait, true)   // a failed fetch is not a probe
	want(t, s, 62*time.Second, other, refresh.Wait, false)
	s.Failed(at(62*time.Second), 0)
	want(t, s, 64*time.Second, other, refresh.Wait, true)
	want(t, s, 64*time.Second, again, refresh.Wait, false)
	s.Succeeded(at(64*time.Second), 0, -1)
	want(t, s, 123*time.Second, other, refresh.Serve, false)
	want(t, s, 123*time.Second, again, refresh.Serve, false)
	want(t, s, 124*time.Second, other, refresh.Wait, true)
	// It shares the budget of unknown IDs.
	s = fetched(t)
	for i := range 3 {
		want(t, s, 0, unknown(fmt.Sprint(i)), refresh.Wait, true)
		s.Succeeded(at(0), 0, -1)
	}
	want(t, s, 0, again, refresh.Serve, false)
}

// TestR9OverBudget: a key whose signature was bad while the budget was used up was not
// looked for, so the next lookup does that. The minute counts from the fetch that was
// wanted for it.
func TestR9OverBudget(t *testing.T) {
	s := fetched(t)
	again := refresh.Lookup{KeyID: "known", Known: true, Again: true}
	spend(t, s)
	want(t, s, 0, again, refresh.Serve, false)
	want(t, s, 9*time.Second, again, refresh.Serve, false)
	want(t, s, 10*time.Second, again, refresh.Wait, true)
	s.Failed(at(10*time.Second), 0)
	want(t, s, 11*time.Second, again, refresh.Wait, true)
	s.Succeeded(at(12*time.Second), 0, -1)
	want(t, s, 71*time.Second, again, refresh.Serve, false)
	want(t, s, 72*time.Second, again, refresh.Wait, true)
	s.Succeeded(at(72*time.Second), 0, -1)

	// The fetch that was wanted for it is its probe, whoever starts it.
	s = fetched(t)
	spend(t, s)
	want(t, s, 0, again, refresh.Serve, false)
	want(t, s, 10*time.Second, known, refresh.Serve, true)
	want(t, s, 11*time.Second, again, refresh.Wait, false)
	s.Succeeded(at(11*time.Second), 0, -1)
	want(t, s, 60*time.Second, again, refresh.Serve, false)
}

// spend uses up the budget for unknown key IDs.
func spend(t *testing.T, s *refresh.Schedule) {
	t.Helper()
	for i := range 3 {
		want(t, s, 0, unknown(fmt.Sprint(i)), refresh.Wait, true)
		s.Succeeded(at(0), 0, -1)
	}
}

func TestR5FloodOfUnknownKeyIDs(t *testing.T) {
	s := fetched(t)
	fetches := 0
	for i := range 10_000 {
		now := time.Duration(i) * 6 * time.Millisecond
		if d := s.Decide(at(now), unknown(fmt.Sprint(i))); d.Fetch {
			fetches++
			s.Succeeded(at(now), 0, -1)
			s.Missing(at(now), fmt.Sprint(i))
		}
		if d := s.Decide(at(now), known); d.Verdict != refresh.Serve {
			t.Fatalf("at %v a known key is %v", now, d)
		} else if d.Fetch {
			fetches++
			s.Succeeded(at(now), 0, -1)
		}
	}
	if fetches < 8 || fetches > 10 {
		t.Errorf("%d fetches in 60 seconds, want 8 to 10", fetches)
	}
}

func TestR6ScheduledRefreshNeedsNoBudget(t *testing.T) {
	s := fetched(t)
	for now := time.Duration(0); now < 8*time.Minute; now += time.Second {
		if s.Decide(at(now), unknown(fmt.Sprint(now))).Fetch {
			// Each fetch fails and leaves the set as it was.
			s.Failed(at(now), 0)
		}
	}
	if got := s.Next(); got.After(at(8*time.Minute + time.Minute)) {
		t.Errorf("the refresh due at 8m is delayed until %v", got.Sub(start))
	}
}

// TestDue is about fetches without a lookup: they are charged in the same way.
func TestDue(t *testing.T) {
	due := func(s *refresh.Schedule, d time.Duration, want bool) {
		t.Helper()
		if got := s.StartDue(at(d)); got != want {
			t.Errorf("at %v: Due = %v", d, got)
		}
	}
	s := refresh.New(refresh.Policy{MaxStale: time.Hour, Random: fixed})
	due(s, 0, true) // there is no set yet
	due(s, 0, false)
	s.Failed(at(0), 0)
	due(s, 749*time.Millisecond, false)
	due(s, 750*time.Millisecond, true)
	s.Succeeded(at(time.Second), 0, -1)
	due(s, 481*time.Second-1, false)
	due(s, 481*time.Second, true)

	s = fetched(t)
	for i := range 3 {
		want(t, s, 0, unknown(fmt.Sprint(i)), refresh.Wait, true)
		s.Succeeded(at(0), 0, -1)
	}
	want(t, s, 0, unknown("3"), refresh.Serve, false)
	due(s, 10*time.Second-1, false)
	due(s, 10*time.Second, true) // the slot
	s.Succeeded(at(10*time.Second), 0, -1)
	want(t, s, 10*time.Second, unknown("4"), refresh.Serve, false) // the slot is used up
	if got, want := s.Next(), at(20*time.Second); !got.Equal(want) {
		t.Errorf("the next slot is at %v, want %v", got, want)
	}
	s.Decide(at(20*time.Second), known)
	s.Succeeded(at(20*time.Second), 0, -1)
	due(s, -time.Hour, false) // the clock was set back, and the budget is used up
	if got, want := s.Next(), at(-time.Hour+10*time.Second); !got.Equal(want) {
		t.Errorf("the refresh after the step is at %v, want %v", got, want)
	}
}

// TestR7MemoryIsBounded adds more IDs than there is room for, and again once
// those have expired.
func TestR7MemoryIsBounded(t *testing.T) {
	s := fetched(t)
	for i := range 5000 {
		s.Missing(at(0), fmt.Sprint(i))
		if n := s.Remembered(); n > 1024 {
			t.Fatalf("%d IDs are kept", n)
		}
	}
	s.Missing(at(30*time.Second), "new")
	for i := range 1024 {
		s.Missing(at(30*time.Second), fmt.Sprint(i))
	}
	want(t, s, 31*time.Second, unknown("1023"), refresh.Serve, false)
}
