package refresh_test

import (
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/refresh"
)

const (
	stale   = 10 * time.Minute
	backoff = 750 * time.Millisecond // the first one, with jitter from the middle
)

var again = refresh.Lookup{KeyID: "known", Known: true, Again: true}

// failing returns a Schedule whose set is past its freshness since 10 minutes, and
// whose last fetch failed at that time: its backoff ends at stale + backoff.
func failing(t *testing.T) *refresh.Schedule {
	t.Helper()
	s := fetched(t)
	want(t, s, stale, known, refresh.WaitBriefly, true)
	s.Failed(at(stale), 0)
	return s
}

// TestR2Idle: after a time without lookups the one refresh is waited for.
func TestR2Idle(t *testing.T) {
	for _, d := range []time.Duration{stale, stale + time.Second, stale + 59*time.Minute} {
		s := fetched(t)
		want(t, s, d, known, refresh.WaitBriefly, true)
		want(t, s, d, known, refresh.WaitBriefly, false)
		want(t, s, d+time.Second, known, refresh.WaitBriefly, false)
	}
}

// TestR2Failing: while a source is known to be failing, lookups of known keys start the
// fetch and do not wait for it. That is until a minute after the backoff.
func TestR2Failing(t *testing.T) {
	const end = stale + backoff
	for _, test := range []struct {
		name string
		at   time.Duration
		want refresh.Decision
	}{
		{"in backoff", end - 1, refresh.Decision{Verdict: refresh.Serve}},
		{"after it", end, refresh.Decision{Verdict: refresh.Serve, Fetch: true}},
		{"almost a minute later", end + time.Minute - 1, refresh.Decision{Verdict: refresh.Serve, Fetch: true}},
		{"a minute later", end + time.Minute, refresh.Decision{Verdict: refresh.WaitBriefly, Fetch: true}},
		{"half an hour later", end + 30*time.Minute, refresh.Decision{Verdict: refresh.WaitBriefly, Fetch: true}},
		{"when the set is too old", stale + time.Hour, refresh.Decision{Verdict: refresh.Wait, Fetch: true}},
	} {
		s := failing(t)
		want(t, s, test.at, known, test.want.Verdict, test.want.Fetch)
		if test.want.Fetch { // it hangs: nobody waits who would not have waited before
			want(t, s, test.at, known, test.want.Verdict, false)
		}
	}
}

// TestR2FailingForLong: while it is busy, no retry of an outage costs anybody a wait.
func TestR2FailingForLong(t *testing.T) {
	s := failing(t)
	fetches, ends := 0, time.Duration(0)
	for d := stale; d < stale+time.Hour; d += 100 * time.Millisecond {
		if d == ends {
			s.Failed(at(d), 0)
		}
		got := s.Decide(at(d), known)
		if got.Verdict != refresh.Serve {
			t.Fatalf("at %v: %+v", d, got)
		}
		if got.Fetch {
			fetches++
			ends = d + 5*time.Second // it hangs until its timeout
		}
	}
	if fetches < 60 || fetches > 90 {
		t.Errorf("%d fetches in an hour", fetches)
	}
}

// TestR2FailingAfterRetryAfter: the minute counts from the end of the backoff, however
// long that is.
func TestR2FailingAfterRetryAfter(t *testing.T) {
	s := fetched(t)
	want(t, s, 8*time.Minute, known, refresh.Serve, true)
	s.Failed(at(8*time.Minute), 20*time.Minute)
	want(t, s, 29*time.Minute-1, known, refresh.Serve, true)

	s = fetched(t)
	want(t, s, 8*time.Minute, known, refresh.Serve, true)
	s.Failed(at(8*time.Minute), 20*time.Minute)
	want(t, s, 29*time.Minute, known, refresh.WaitBriefly, true)
}

// TestR2OthersWait: a bad signature and an unknown key are waited for also while the
// source is known to be failing, and while a refresh is under way that began ahead.
func TestR2OthersWait(t *testing.T) {
	s := failing(t)
	want(t, s, stale+time.Second, again, refresh.Wait, true)
	want(t, s, stale+time.Second, known, refresh.Serve, false)
	want(t, s, stale+time.Second, unknown("a"), refresh.Wait, false)

	s = fetched(t)
	want(t, s, 8*time.Minute, known, refresh.Serve, true)
	want(t, s, stale, again, refresh.Wait, false)
	want(t, s, stale, unknown("a"), refresh.Wait, false)
	want(t, s, stale, known, refresh.Serve, false)
}

// TestR2Ahead: a refresh that began while the set was fresh keeps nobody waiting, unless
// the machine slept meanwhile.
func TestR2Ahead(t *testing.T) {
	for _, test := range []struct {
		name  string
		begun time.Duration
		at    time.Duration
		want  refresh.Verdict
	}{
		{"at the end of the freshness", stale - 1, stale, refresh.Serve},
		{"a moment later", stale - 1, stale + time.Second, refresh.Serve},
		{"almost a minute later", stale - 1, stale + time.Minute - 1, refresh.Serve},
		{"slept", stale - 1, stale + time.Minute, refresh.WaitBriefly},
		{"begun past the freshness", stale, stale, refresh.WaitBriefly},
		{"begun past the freshness, a moment later", stale, stale + time.Second, refresh.WaitBriefly},
	} {
		s := fetched(t)
		if !s.StartNow(at(test.begun)) {
			t.Errorf("%s: a fetch is under way", test.name)
		}
		if got := s.Decide(at(test.at), known); got.Verdict != test.want || got.Fetch {
			t.Errorf("%s: %+v, want %v", test.name, got, test.want)
		}
	}
}

// TestR2Recovered: a source that has answered again is not failing any more.
func TestR2Recovered(t *testing.T) {
	s := failing(t)
	want(t, s, stale+time.Second, known, refresh.Serve, true)
	s.Succeeded(at(stale+time.Second), 0, time.Minute)
	want(t, s, stale+time.Second+time.Minute, known, refresh.WaitBriefly, true)

	s = fetched(t)
	s.StartNow(at(0))
	s.Failed(at(0), time.Hour) // a long backoff, which a Refresh ends
	s.StartNow(at(time.Minute))
	s.Succeeded(at(time.Minute), 0, -1)
	want(t, s, time.Minute+stale, known, refresh.WaitBriefly, true)
}
