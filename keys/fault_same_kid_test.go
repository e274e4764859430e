package keys_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestR9SameKidForAllCallers: when a key changes under its ID, every caller with a
// token of the new key shares the one fetch; none is told that the token is invalid
// because another caller's fetch is under way.
func TestR9SameKidForAllCallers(t *testing.T) {
	leaksNothing(t)
	old, next := edSigner(t, "kid"), edSigner(t, "kid")
	before, after := sign(old), sign(next)
	bubble(t, func(t *testing.T) {
		release := make(chan struct{})
		var fetches atomic.Int64
		client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			if fetches.Add(1) == 1 {
				return answered(200, set(jwksOf(old)...)), nil
			}
			<-release
			return answered(200, set(jwksOf(next)...)), nil
		})}
		v, err := verifier.New(newRemote(t, "https://keys.example/", keys.WithHTTPClient(client)), verifier.WithAnyIssuer())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(t.Context(), before); err != nil {
			t.Fatalf("before: %v", err)
		}
		const callers = 20
		errs := make([]error, callers)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, errs[i] = v.Verify(t.Context(), after) })
		}
		synctest.Wait() // all have met the bad signature
		close(release)
		all.Wait()
		for i, err := range errs {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		if n := fetches.Load(); n != 2 {
			t.Errorf("%d fetches, want 2", n)
		}
		if _, err := v.Verify(t.Context(), before); err == nil {
			t.Error("the old key still verifies")
		}
	})
}

// verifying returns a verifier that has accepted before, a token of k, and the site that
// its keys are from.
func verifying(t *testing.T, k *verifiertest.Signer, before string) (verifier.Verifier, *memorySite) {
	t.Helper()
	r, s := inMemory(t)
	s.publishes(0, k)
	v, err := verifier.New(r, verifier.WithAnyIssuer())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), before); err != nil {
		t.Fatalf("before: %v", err)
	}
	return v, s
}

// TestR9ContextEndsFirst: a caller who gives up before it is known whether a key changed
// under its ID gets no verdict on the token. Once the fetch has failed, the key is the one
// there is.
func TestR9ContextEndsFirst(t *testing.T) {
	for _, test := range []struct {
		name    string
		patient time.Duration // the caller
		want    verifier.Verdict
		cause   error
	}{
		{"the caller gives up", time.Second, verifier.Undecided, context.DeadlineExceeded},
		{"the fetch fails first", time.Minute, verifier.Invalid, verifier.ErrSignature},
	} {
		t.Run(test.name, func(t *testing.T) {
			old, next := edSigner(t, "kid"), edSigner(t, "kid")
			before, after := sign(old), sign(next)
			inBubble(t, func(t *testing.T) {
				v, s := verifying(t, old, before)
				s.fails(hanging, 500)
				ctx, cancel := context.WithTimeout(t.Context(), test.patient)
				defer cancel()
				_, err := v.Verify(ctx, after)
				if got := verifier.Classify(err); got != test.want || !errors.Is(err, test.cause) {
					t.Errorf("Verify = %v (%v), want %v for %v", err, got, test.want, test.cause)
				}
				<-time.After(hanging)
			})
		})
	}
}

// TestR9PastFreshness: a key that changed under its ID in an idle time is found by the
// refresh that its first token sets off, also where that takes longer than lookups of
// known keys wait (R2).
func TestR9PastFreshness(t *testing.T) {
	for _, took := range []time.Duration{0, 1500 * time.Millisecond, 3 * time.Second} {
		old, next := edSigner(t, "kid"), edSigner(t, "kid")
		before, after := sign(old), sign(next)
		inBubble(t, func(t *testing.T) {
			v, s := verifying(t, old, before)
			<-time.After(11 * time.Minute)
			s.publishes(took, next)
			if _, err := v.Verify(t.Context(), after); err != nil {
				t.Errorf("after %v: %v", took, err)
			}
			if n := s.fetches.Load(); n != 2 {
				t.Errorf("%d fetches, want 2", n)
			}
		})
	}
}
