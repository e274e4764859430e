package keys_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// hint returns the hint for the EdDSA key of that ID.
func hint(id string) keys.Hint { return keys.Hint{KeyID: id, Algorithm: keys.EdDSA} }

// inMemory returns a remote set whose endpoint answers from memory.
func inMemory(t *testing.T, opts ...keys.Option) (*keys.Remote, *memorySite) {
	t.Helper()
	s := new(memorySite)
	opts = append(opts, keys.WithHTTPClient(&http.Client{Transport: s}))
	return newRemote(t, "https://keys.example/jwks.json", opts...), s
}

// inBubble runs f in a synctest bubble, and lets a fetch under way end.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		f(t)
		<-time.After(10 * time.Second)
	})
}

func TestNewRemoteFetchesNothing(t *testing.T) {
	r, s := inMemory(t)
	want := keys.Status{Source: "https://keys.example/jwks.json", Stale: true}
	if diff := cmp.Diff(want, r.Status()); diff != "" {
		t.Errorf("Status (-want +got)\n%s", diff)
	}
	s.publishes(0, edSigner(t, "a"))
	if ks := mustFind(t, r, hint("a")); len(ks) != 1 || s.fetches.Load() != 1 {
		t.Errorf("Find = %v with %d fetches", ks, s.fetches.Load())
	}
}

// TestR2StaleLookup: past its freshness a lookup waits for the refresh, at most a
// second of it and within its own context, and then uses the last good set.
func TestR2StaleLookup(t *testing.T) {
	for _, test := range []struct {
		name    string
		refresh time.Duration // how long it takes
		after   time.Duration // when the lookup comes, counted from the start of the refresh
		context time.Duration
		want    time.Duration // how long the lookup takes
	}{
		{"a quick refresh", 300 * time.Millisecond, 0, time.Hour, 300 * time.Millisecond},
		{"a slow one", 4 * time.Second, 0, time.Hour, time.Second},
		{"a slow one, half a second in", 4 * time.Second, 500 * time.Millisecond, time.Hour, 500 * time.Millisecond},
		{"a slow one, two seconds in", 4 * time.Second, 2 * time.Second, time.Hour, 0},
		{"the caller has less time", 4 * time.Second, 0, 100 * time.Millisecond, 100 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				good := edSigner(t, "a")
				r, s := inMemory(t)
				s.publishes(0, good)
				mustFind(t, r, hint("a"))
				<-time.After(11 * time.Minute)
				s.publishes(test.refresh, good)
				if test.after > 0 {
					go r.Find(t.Context(), hint("a"))
					<-time.After(test.after)
				}
				ctx, cancel := context.WithTimeout(t.Context(), test.context)
				defer cancel()
				start := time.Now()
				ks, err := r.Find(ctx, hint("a"))
				if took := time.Since(start); took != test.want || len(ks) != 1 || err != nil {
					t.Errorf("Find = %v, %v after %v, want %v", ks, err, took, test.want)
				}
				if n := s.fetches.Load(); n != 2 {
					t.Errorf("%d fetches, want 2", n)
				}
			})
		})
	}
}

// TestR4BackoffKeepsNobodyWaiting: during backoff the last good set is used
// immediately, and an unknown key is unavailable immediately.
func TestR4BackoffKeepsNobodyWaiting(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, s := inMemory(t)
		s.publishes(0, edSigner(t, "a"))
		mustFind(t, r, hint("a"))
		<-time.After(11 * time.Minute)
		s.fails(500*time.Millisecond, 500)
		mustFind(t, r, hint("a"))
		start := time.Now()
		for range 100 {
			if ks := mustFind(t, r, hint("a")); len(ks) != 1 {
				t.Errorf("the last good set is not used: %v", ks)
			}
			if ks, err := r.Find(t.Context(), hint("b")); !errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("an unknown key: %v, %v", ks, err)
			}
		}
		if took := time.Since(start); took > 0 || s.fetches.Load() != 2 {
			t.Errorf("they took %v and %d fetches", took, s.fetches.Load()-2)
		}
	})
}

func TestR7UnknownKeyIsRemembered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, s := inMemory(t)
		s.publishes(0, edSigner(t, "a"))
		mustFind(t, r, hint("a"))
		ask := func(want int64) {
			t.Helper()
			for range 10 {
				if ks := mustFind(t, r, hint("b")); len(ks) > 0 {
					t.Errorf("Find = %v", ks)
				}
			}
			if n := s.fetches.Load(); n != want {
				t.Errorf("%d fetches, want %d", n, want)
			}
		}
		ask(2)
		<-time.After(30*time.Second - 1)
		ask(2)
		<-time.After(1)
		ask(3)
	})
}

// TestR7LatecomerIsNotRemembered: the response of a fetch that was under way may
// not yet have the key, so it is fetched again.
func TestR7LatecomerIsNotRemembered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		old, next := edSigner(t, "old"), edSigner(t, "next")
		r, s := inMemory(t)
		s.publishes(time.Second, old)
		mustFind(t, r, hint("old"))
		go r.Find(t.Context(), hint("unknown"))
		<-time.After(500 * time.Millisecond)
		s.publishes(time.Second, old, next)
		mustFind(t, r, hint("next")) // shares the fetch, which was too early for it
		if ks := mustFind(t, r, hint("next")); len(ks) != 1 {
			t.Errorf("Find = %v; the key is there", ks)
		}
	})
}

// TestLongKeyID: no key has it, so it costs no fetch and no memory.
func TestLongKeyID(t *testing.T) {
	r, s := inMemory(t)
	s.publishes(0, edSigner(t, "a"))
	mustFind(t, r, hint("a"))
	for _, p := range []keys.Provider{r, keys.Merge(r, keys.Static(edKey(t, "static")))} {
		if ks := mustFind(t, p, hint(strings.Repeat("x", 1025))); len(ks) > 0 || s.fetches.Load() != 1 {
			t.Errorf("Find = %v with %d fetches", ks, s.fetches.Load()-1)
		}
	}
}

// TestMergeObeysTheLimit: keys that are too old are not used, not even by a Merge
// that looks for keys in memory.
func TestMergeObeysTheLimit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, s := inMemory(t)
		s.publishes(0, edSigner(t, "a"))
		p := keys.Merge(r, keys.Static(edKey(t, "static")))
		mustFind(t, p, hint("a"))
		s.fails(0, 500)
		<-time.After(69 * time.Minute)
		if ks := mustFind(t, p, hint("a")); len(ks) != 1 {
			t.Errorf("before the limit: %v", ks)
		}
		<-time.After(2 * time.Minute)
		if ks, err := p.Find(t.Context(), hint("a")); !errors.Is(err, keys.ErrUnavailable) {
			t.Errorf("past the limit: %v, %v", ks, err)
		}
		if ks := mustFind(t, p, hint("static")); len(ks) != 1 {
			t.Errorf("the other provider's key: %v", ks)
		}
	})
}

func TestR3MaxStale(t *testing.T) {
	for _, test := range []struct{ maxStale, lasts time.Duration }{
		{0, 10 * time.Minute},
		{time.Minute, 11 * time.Minute},
		{math.MaxInt64, 100 * 365 * 24 * time.Hour},
	} {
		for _, seeded := range []bool{false, true} {
			inBubble(t, func(t *testing.T) {
				good := edSigner(t, "a")
				opts := []keys.Option{keys.WithMaxStale(test.maxStale)}
				if seeded {
					opts = append(opts, keys.WithSeed([]byte(set(jwksOf(good)...))))
				}
				r, s := inMemory(t, opts...)
				s.publishes(0, good)
				if seeded {
					s.fails(0, 500)
				}
				start := time.Now()
				mustFind(t, r, hint("a"))
				s.fails(0, 500)
				<-time.After(time.Until(start.Add(test.lasts - 1)))
				mustFind(t, r, hint("a"))
				if test.maxStale == math.MaxInt64 {
					return
				}
				<-time.After(1)
				if ks, err := r.Find(t.Context(), hint("a")); !errors.Is(err, keys.ErrUnavailable) {
					t.Errorf("WithMaxStale(%v), seeded %v: after %v Find = %v, %v", test.maxStale, seeded, test.lasts, ks, err)
				}
			})
		}
	}
}

// TestDefaultTransport: without a client from the caller.
func TestDefaultTransport(t *testing.T) {
	s := newSite(t, jwks(edSigner(t, "a")))
	mustFind(t, newRemote(t, s.URL), hint("a"))
	if http.DefaultTransport.(*http.Transport).DisableKeepAlives {
		t.Error("http.DefaultTransport was changed")
	}
}
