package keys_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// hanging is longer than any lookup or fetch waits for an answer.
const hanging = 3 * time.Hour

// stuck is a Transport that ignores the end of its context, once the site hangs.
type stuck struct{ *memorySite }

func (s stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	return s.memorySite.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
}

// longestWait looks a known key up again and again, and returns how long the longest
// lookup took and how many waited.
func longestWait(t *testing.T, r *keys.Remote, every, total time.Duration) (longest time.Duration, waited int) {
	t.Helper()
	for end := time.Now().Add(total); time.Now().Before(end); <-time.After(every) {
		start := time.Now()
		if ks := mustFind(t, r, hint("a")); len(ks) != 1 {
			t.Fatalf("the last good set is not used: %v", ks)
		}
		if took := time.Since(start); took > 0 {
			waited++
			longest = max(longest, took)
		}
	}
	return longest, waited
}

// TestR2Hang: while an endpoint accepts requests and does not answer, a lookup of a known
// key waits at most once, for a second, and only after a time without lookups.
func TestR2Hang(t *testing.T) {
	for _, test := range []struct {
		name         string
		run          bool
		every        time.Duration // WithRefresh
		idle         time.Duration // without lookups, once the endpoint hangs
		lookup, last time.Duration // how often, and for how long
		waited       int
		longest      time.Duration
	}{
		{"busy", false, 10 * time.Minute, 0, 200 * time.Millisecond, time.Hour, 0, 0},
		{"busy, refreshed every second", false, time.Second, 0, 10 * time.Millisecond, 10 * time.Minute, 0, 0},
		{"busy enough", false, 10 * time.Minute, 0, 59 * time.Second, time.Hour, 0, 0},
		{"idle for half an hour", false, 10 * time.Minute, 30 * time.Minute, 200 * time.Millisecond, 30 * time.Minute, 1, time.Second},
		{"rare", false, 10 * time.Minute, 11 * time.Minute, 4 * time.Minute, 40 * time.Minute, 10, time.Second},
		{"Run", true, 10 * time.Minute, 0, 200 * time.Millisecond, time.Hour, 0, 0},
		{"Run, refreshed every second", true, time.Second, 0, 10 * time.Millisecond, 10 * time.Minute, 0, 0},
		{"Run, idle for half an hour", true, 10 * time.Minute, 30 * time.Minute, 200 * time.Millisecond, 30 * time.Minute, 0, 0},
		{"Run, rare", true, 10 * time.Minute, 11 * time.Minute, 4 * time.Minute, 40 * time.Minute, 0, 0},
	} {
		for _, ignores := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					s := new(memorySite)
					s.publishes(0, edSigner(t, "a"))
					opts := []keys.Option{keys.WithRefresh(test.every), keys.WithHTTPClient(&http.Client{Transport: s})}
					if ignores {
						opts[1] = keys.WithHTTPClient(&http.Client{Transport: stuck{s}})
					}
					r := newRemote(t, "https://keys.example/jwks.json", opts...)
					mustFind(t, r, hint("a"))
					ctx, stop := context.WithCancel(t.Context())
					if test.run {
						go r.Run(ctx)
					}
					s.fails(hanging, 500)
					<-time.After(test.idle)
					longest, waited := longestWait(t, r, test.lookup, test.last)
					if waited != test.waited || longest != test.longest {
						t.Errorf("%d lookups waited, %v at most; want %d and %v", waited, longest, test.waited, test.longest)
					}
					if n := s.fetches.Load(); n < 5 {
						t.Errorf("%d fetches", n)
					}
					stop()
					<-time.After(hanging)
				})
			})
		}
	}
}
