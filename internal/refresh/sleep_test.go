package refresh_test

import (
	"testing"
	"time"
	"unsafe"

	"github.com/jwtverify/jwtverify/internal/refresh"
)

// slept returns what time.Now would after now, when the time of day has advanced by
// day and the monotonic clock, which stands still while the machine sleeps, by
// awake.
func slept(t *testing.T, now time.Time, day, awake time.Duration) time.Time {
	t.Helper()
	then := now.Add(awake)
	seconds := int64((day - awake) / time.Second)
	*(*uint64)(unsafe.Pointer(&then)) += uint64(seconds) << 30 // the seconds of a time with both readings
	if got := then.Sub(now); got != awake {
		t.Fatalf("the monotonic clock advanced by %v, want %v", got, awake)
	}
	if got := then.Round(0).Sub(now.Round(0)); got != day {
		t.Fatalf("the time of day advanced by %v, want %v", got, day)
	}
	return then
}

// TestS24R11SleepAges: a set fetched before the machine slept is as old as the
// time of day says, and setting the time of day back makes nothing younger.
func TestS24R11SleepAges(t *testing.T) {
	for _, test := range []struct {
		name       string
		day, awake time.Duration
		verdict    refresh.Verdict
		fetch      bool
	}{
		{"a moment", 2 * time.Second, 2 * time.Second, refresh.Serve, false},
		{"slept past the refresh", 9*time.Minute + 2*time.Second, 2 * time.Second, refresh.Serve, true},
		{"slept past the freshness", 11*time.Minute + 2*time.Second, 2 * time.Second, refresh.WaitBriefly, true},
		{"slept past the limit", 8*time.Hour + 2*time.Second, 2 * time.Second, refresh.Wait, true},
		{"set back while it was past the limit", -time.Hour, 71 * time.Minute, refresh.Wait, true},
		{"set back by a day", -24 * time.Hour, 9 * time.Minute, refresh.Serve, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := refresh.New(refresh.Policy{MaxStale: time.Hour, Random: fixed})
			now := time.Now()
			s.Decide(now, known)
			s.Succeeded(now, 0, -1)
			then := slept(t, now, test.day, test.awake)
			if got, want := s.Decide(then, known), (refresh.Decision{Verdict: test.verdict, Fetch: test.fetch}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

func TestR11Reached(t *testing.T) {
	now := time.Now()
	limit := now.Add(time.Minute)
	for _, test := range []struct {
		name       string
		day, awake time.Duration
		want       bool
	}{
		{"before", 59 * time.Second, 59 * time.Second, false},
		{"at it", time.Minute, time.Minute, true},
		{"after a sleep", 8 * time.Hour, 0, true},
		{"set back", -8 * time.Hour, time.Minute, true},
		{"set back before it", -8 * time.Hour, 59 * time.Second, false},
	} {
		if got := refresh.Reached(slept(t, now, test.day, test.awake), limit); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
