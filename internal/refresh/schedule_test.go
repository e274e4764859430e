package refresh_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/refresh"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

// fixed is jitter from the middle of its range: refresh at 80 %, backoff at 3/4.
func fixed() float64 { return 0.5 }

// fetched returns a Schedule whose set was fetched at the start and is fresh for 10
// minutes: due at 8, stale at 10, unusable at 70.
func fetched(t *testing.T) *refresh.Schedule {
	t.Helper()
	s := refresh.New(refresh.Policy{MaxStale: time.Hour, Random: fixed})
	want(t, s, 0, unknown("a"), refresh.Wait, true)
	s.Succeeded(at(0), 0, -1)
	return s
}

var known = refresh.Lookup{KeyID: "known", Known: true}

func unknown(id string) refresh.Lookup { return refresh.Lookup{KeyID: id} }

func want(t *testing.T, s *refresh.Schedule, d time.Duration, l refresh.Lookup, v refresh.Verdict, fetch bool) {
	t.Helper()
	if got, want := s.Decide(at(d), l), (refresh.Decision{Verdict: v, Fetch: fetch}); got != want {
		t.Errorf("at %v, %+v: %+v, want %+v", d, l, got, want)
	}
}

func TestR12ColdStart(t *testing.T) {
	s := refresh.New(refresh.Policy{MaxStale: time.Hour, Random: fixed})
	want(t, s, 0, unknown("a"), refresh.Wait, true)
	want(t, s, 0, unknown("b"), refresh.Wait, false) // shares the fetch
	s.Failed(at(0), 0)
	want(t, s, 749*time.Millisecond, unknown("a"), refresh.Refuse, false)
	want(t, s, 750*time.Millisecond, unknown("a"), refresh.Wait, true)
	s.Succeeded(at(time.Second), 0, -1)
	want(t, s, time.Second, known, refresh.Serve, false)
}

func TestR3FreshStaleUnusable(t *testing.T) {
	s := fetched(t)
	want(t, s, 8*time.Minute-1, known, refresh.Serve, false)
	want(t, s, 8*time.Minute, known, refresh.Serve, true) // ahead, nobody waits
	want(t, s, 9*time.Minute, known, refresh.Serve, false)
	want(t, s, 10*time.Minute, known, refresh.Serve, false) // it began ahead
	s.Failed(at(10*time.Minute), 0)
	want(t, s, 10*time.Minute, known, refresh.Serve, false)            // backoff: nobody waits
	want(t, s, 10*time.Minute+time.Second, known, refresh.Serve, true) // nor after it
	s.Failed(at(10*time.Minute+time.Second), time.Hour)
	want(t, s, 70*time.Minute-1, known, refresh.Serve, false)
	want(t, s, 70*time.Minute, known, refresh.Refuse, false)
	want(t, s, 70*time.Minute+time.Second, known, refresh.Wait, true)
	s.Succeeded(at(71*time.Minute), 0, -1)
	want(t, s, 71*time.Minute, known, refresh.Serve, false)
}

func TestR1HowLongFresh(t *testing.T) {
	for _, test := range []struct {
		name          string
		every, answer time.Duration
		want          time.Duration
	}{
		{"the response does not say", 0, -1, 10 * time.Minute},
		{"as the response says", 0, time.Hour, time.Hour},
		{"zero", 0, 0, time.Minute},
		{"too short", 0, 5 * time.Second, time.Minute},
		{"too long", 0, 365 * 24 * time.Hour, 24 * time.Hour},
		{"chosen", 3 * time.Second, time.Hour, 3 * time.Second},
	} {
		s := refresh.New(refresh.Policy{Every: test.every, MaxStale: time.Hour, Random: fixed})
		s.Decide(at(0), known)
		s.Succeeded(at(0), 0, test.answer)
		if got := s.Stale().Sub(start); got != test.want {
			t.Errorf("%s: stale after %v, want %v", test.name, got, test.want)
		}
		if got, want := s.Expiry().Sub(start), test.want+time.Hour; got != want {
			t.Errorf("%s: unusable after %v, want %v", test.name, got, want)
		}
	}
}

func TestR1R4Jitter(t *testing.T) {
	for _, test := range []struct {
		random     float64
		due, retry time.Duration
	}{
		{0, 432 * time.Second, 500 * time.Millisecond},
		{0.5, 480 * time.Second, 750 * time.Millisecond},
		{0.999999, 528 * time.Second, time.Second},
	} {
		s := refresh.New(refresh.Policy{Random: func() float64 { return test.random }})
		s.Decide(at(0), known)
		s.Succeeded(at(0), 0, -1)
		if got := s.Next().Sub(start).Round(time.Millisecond); got != test.due {
			t.Errorf("jitter %v: due after %v, want %v", test.random, got, test.due)
		}
		s = refresh.New(refresh.Policy{Random: func() float64 { return test.random }})
		s.Decide(at(0), known)
		s.Failed(at(0), 0)
		if got := s.Next().Sub(start).Round(time.Millisecond); got != test.retry {
			t.Errorf("jitter %v: retry after %v, want %v", test.random, got, test.retry)
		}
	}
}

func TestR4BackoffDoubles(t *testing.T) {
	s := refresh.New(refresh.Policy{Random: func() float64 { return 1 }})
	var got []time.Duration
	now := time.Duration(0)
	for range 9 {
		want(t, s, now, known, refresh.Wait, true)
		s.Failed(at(now), 0)
		next := s.Next().Sub(start)
		got = append(got, next-now)
		now = next
	}
	sec := time.Second
	if diff := cmp.Diff([]time.Duration{sec, 2 * sec, 4 * sec, 8 * sec, 16 * sec, 32 * sec, 60 * sec, 60 * sec, 60 * sec}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestR4RetryAfter(t *testing.T) {
	for _, test := range []struct{ after, want time.Duration }{
		{0, 750 * time.Millisecond},
		{time.Millisecond, 750 * time.Millisecond},
		{5 * time.Minute, 5 * time.Minute},
		{48 * time.Hour, time.Hour},
	} {
		s := fetched(t)
		s.Decide(at(8*time.Minute), known)
		s.Failed(at(8*time.Minute), test.after)
		if got := s.Next().Sub(at(8 * time.Minute)); got != test.want {
			t.Errorf("Retry-After %v: next after %v, want %v", test.after, got, test.want)
		}
	}
}

// TestS25R4RetryAfterWithoutKeys: without a set to use, an endpoint cannot delay
// the next fetch for longer than a backoff.
func TestS25R4RetryAfterWithoutKeys(t *testing.T) {
	for _, test := range []struct {
		name    string
		s       *refresh.Schedule
		at      time.Duration
		after   time.Duration
		atMost  time.Duration
		atLeast time.Duration
	}{
		{"never fetched", refresh.New(refresh.Policy{MaxStale: time.Hour, Random: fixed}), 0, 24 * time.Hour, time.Minute, time.Minute},
		{"never fetched, less than a minute", refresh.New(refresh.Policy{Random: fixed}), 0, 20 * time.Second, 20 * time.Second, 20 * time.Second},
		{"too old", fetched(t), 80 * time.Minute, 24 * time.Hour, time.Minute, time.Minute},
		{"soon too old", fetched(t), 65 * time.Minute, 24 * time.Hour, 6 * time.Minute, 5 * time.Minute},
		{"usable for an hour", fetched(t), 9 * time.Minute, 24 * time.Hour, time.Hour, time.Hour},
	} {
		test.s.Decide(at(test.at), known)
		test.s.Failed(at(test.at), test.after)
		if got := test.s.Next().Sub(at(test.at)); got > test.atMost || got < test.atLeast {
			t.Errorf("%s: next fetch after %v, want between %v and %v", test.name, got, test.atLeast, test.atMost)
		}
	}
}

// TestR11FetchOverSleep: what was requested before the machine slept is as old as
// the request.
func TestR11FetchOverSleep(t *testing.T) {
	s := refresh.New(refresh.Policy{MaxStale: time.Hour, Random: fixed})
	s.Decide(at(0), known)
	s.Succeeded(at(8*time.Hour), 8*time.Hour, -1)
	want(t, s, 8*time.Hour, known, refresh.Wait, true)
}

func TestR10ClockSetBack(t *testing.T) {
	s := fetched(t)
	want(t, s, 5*time.Minute, known, refresh.Serve, false)
	want(t, s, 5*time.Minute-time.Millisecond, known, refresh.Serve, false) // goroutines out of order
	want(t, s, -time.Hour, known, refresh.Serve, true)                      // one refresh
	want(t, s, -time.Hour, known, refresh.Serve, false)
	s.Succeeded(at(-time.Hour), 0, -1)
	if got, want := s.Next(), at(-time.Hour+8*time.Minute); !got.Equal(want) {
		t.Errorf("due at %v, want %v", got, want)
	}
	want(t, s, -time.Hour+8*time.Minute-1, known, refresh.Serve, false)

	s = fetched(t) // down when it happens: ages stay as they were
	want(t, s, 5*time.Minute, known, refresh.Serve, false)
	want(t, s, -time.Hour, known, refresh.Serve, true)
	s.Failed(at(-time.Hour), time.Hour)
	want(t, s, -time.Hour+5*time.Minute, known, refresh.Serve, false)
	if got, want := s.Stale(), at(-time.Hour+5*time.Minute); !got.Equal(want) {
		t.Errorf("stale at %v, want %v", got, want)
	}
}

func TestR12Seed(t *testing.T) {
	for _, test := range []struct {
		name  string
		age   time.Duration
		fresh time.Duration // as its source said
		every time.Duration // as the user says
		lasts time.Duration // counted from seen; its age is at least 0
	}{
		{"now", 0, -1, 0, 70 * time.Minute},
		{"from the future", -time.Hour, -1, 0, 10 * time.Minute}, // 70m from now
		{"an hour ago", time.Hour, -1, 0, 70 * time.Minute},
		{"too old", 70 * time.Minute, -1, 0, 70 * time.Minute},
		{"fresh for long", 24 * time.Hour, 24 * time.Hour, 0, 25 * time.Hour},
		{"fresh for ever", 24 * time.Hour, 1e6 * time.Hour, 0, 25 * time.Hour},
		{"fresh for no time", 30 * time.Minute, 0, 0, 61 * time.Minute},
		{"as the user says", 3 * time.Hour, 0, 3 * time.Hour, 4 * time.Hour},
	} {
		s := refresh.New(refresh.Policy{Every: test.every, MaxStale: time.Hour, Random: fixed})
		left := test.lasts - test.age
		if got := s.Seed(at(0), at(-test.age), test.fresh); got != (left > 0) {
			t.Errorf("%s: Seed = %v", test.name, got)
		}
		if left <= 0 {
			want(t, s, 0, known, refresh.Wait, true)
			continue
		}
		want(t, s, 0, known, refresh.WaitBriefly, true)
		s.Failed(at(0), time.Hour)
		want(t, s, 0, known, refresh.Serve, false)
		if got := s.Expiry().Sub(start); got != left {
			t.Errorf("%s: serves for %v, want %v", test.name, got, left)
		}
	}
	s := refresh.New(refresh.Policy{MaxStale: math.MaxInt64})
	if !s.Seed(at(0), at(0), -1) {
		t.Error("with the largest MaxStale it is too old")
	}
}

func TestQuiet(t *testing.T) {
	s := fetched(t)
	check := func(want time.Duration) {
		t.Helper()
		if got := s.Quiet().Sub(start); got != want {
			t.Errorf("quiet until %v, want %v", got, want)
		}
	}
	check(8 * time.Minute)
	want(t, s, 8*time.Minute, known, refresh.Serve, true)
	check(10 * time.Minute) // while a fetch is under way
	s.Failed(at(8*time.Minute), 5*time.Minute)
	check(13 * time.Minute) // backoff
	s.Failed(at(69*time.Minute), time.Hour)
	check(70 * time.Minute) // unusable from then on
}

func TestStart(t *testing.T) {
	s := fetched(t)
	if !s.StartNow(at(0)) || s.StartNow(at(0)) {
		t.Error("Start does not start exactly one fetch")
	}
	s.Failed(at(0), time.Hour)
	if !s.StartNow(at(0)) {
		t.Error("Start obeys the backoff")
	}
}

// TestR10ClockBackAndForth: each step back wants a refresh, and all of them
// together stay within the budget.
func TestR10ClockBackAndForth(t *testing.T) {
	s := fetched(t)
	fetches := 0
	for i := range 1000 { // each time, 3 seconds pass for the Schedule
		for _, d := range []time.Duration{2 * time.Second, -time.Second} {
			if s.Decide(at(d-time.Duration(i)*time.Second), known).Fetch {
				fetches++
				s.Succeeded(at(d-time.Duration(i)*time.Second), 0, -1)
			}
		}
	}
	if fetches < 3 || fetches > 310 {
		t.Errorf("%d fetches in what seemed 3000 seconds", fetches)
	}
}
