package keys_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

func TestStatusIsACopy(t *testing.T) {
	r := newRemote(t, serve(t, []byte(set(string(edSigner(t, "a").JWK()), `{"kid":"b"}`))))
	if err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := r.Status()
	s.Keys[0], s.Skipped[0].KeyID = nil, "changed"
	if again := r.Status(); again.Keys[0] == nil || again.Skipped[0].KeyID != "b" {
		t.Error("what Status returns is what the provider uses")
	}
}

func TestRefresh(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, s := inMemory(t)
		s.fails(time.Second, 500)
		for range 3 { // regardless of backoff
			if err := r.Refresh(t.Context()); !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), "https://keys.example/jwks.json: the endpoint answered 500") {
				t.Errorf("Refresh: %v", err)
			}
		}
		if n := s.fetches.Load(); n != 3 {
			t.Errorf("%d fetches, want 3", n)
		}
		s.publishes(time.Second, edSigner(t, "a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := r.Refresh(ctx); !errors.Is(err, keys.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Refresh with little time: %v", err)
		}
		if err := r.Refresh(t.Context()); err != nil || s.fetches.Load() != 4 {
			t.Errorf("Refresh does not wait for the fetch under way: %v, %d fetches", err, s.fetches.Load())
		}
		if ks := r.Status().Keys; len(ks) != 1 {
			t.Errorf("Keys = %v", ks)
		}
	})
}

// TestRefreshOfMergeSurvivesPanic: in our goroutine a panic would end the program.
func TestRefreshOfMergeSurvivesPanic(t *testing.T) {
	r, s := inMemory(t)
	s.publishes(0, edSigner(t, "a"))
	err := keys.Refresh(t.Context(), keys.Merge(panicking{}, r))
	if !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), "boom") || len(r.Status().Keys) != 1 {
		t.Errorf("Refresh: %v", err)
	}
}

type panicking struct{ keys.Provider }

func (panicking) Refresh(context.Context) error { panic("boom") }

// TestRunKeepsFresh lets a day pass without a lookup.
func TestRunKeepsFresh(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, s := inMemory(t)
		s.publishes(100*time.Millisecond, edSigner(t, "a"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		<-time.After(time.Second)
		for range 24 * 60 {
			<-time.After(time.Minute)
			if st := r.Status(); st.Stale || len(st.Keys) != 1 {
				t.Fatalf("%+v", st)
			}
		}
		if n := s.fetches.Load(); n < 24*60/10 || n > 24*60/7 {
			t.Errorf("%d fetches in a day, want one each 7.2 to 8.8 minutes", n)
		}

		s.fails(0, 500)
		before := s.fetches.Load()
		<-time.After(2 * time.Hour)
		if n := s.fetches.Load() - before; n < 2*60 || n > 4*60 {
			t.Errorf("%d fetches in an outage of 2 hours, want one each 30 to 60 seconds", n)
		}
		s.publishes(0, edSigner(t, "b"))
		<-time.After(time.Minute)
		if got := ids(r.Status().Keys); len(got) != 1 || got[0] != "b" {
			t.Errorf("a minute after the outage: %v", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		n := s.fetches.Load()
		if err := r.Run(ctx); err != nil || s.fetches.Load() != n {
			t.Errorf("Run with a context that has ended: %v, %d fetches", err, s.fetches.Load()-n)
		}
	})
}

// TestRunFetchesForTheNextSlot: the fetch that a lookup over budget has scheduled is
// made without another lookup (R5).
func TestRunFetchesForTheNextSlot(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		old, next := edSigner(t, "old"), edSigner(t, "next")
		r, s := inMemory(t)
		s.publishes(0, old)
		go r.Run(t.Context())
		for _, id := range []string{"old", "1", "2", "3"} {
			mustFind(t, r, hint(id))
		}
		s.publishes(0, old, next)
		if ks := mustFind(t, r, hint("next")); len(ks) > 0 || s.fetches.Load() != 4 {
			t.Errorf("over budget: %v, %d fetches", ks, s.fetches.Load())
		}
		<-time.After(10*time.Second + 1)
		if got := ids(r.Status().Keys); len(got) != 2 || s.fetches.Load() != 5 {
			t.Errorf("after the next slot: %v, %d fetches", got, s.fetches.Load())
		}
	})
}
