package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// verifyMany verifies n tokens of one tenant at the same time and returns the errors
// when all have returned.
func verifyMany(t *testing.T, r *verifier.Router, n int, raw string) []error {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { _, errs[i] = r.Verify(t.Context(), raw) })
	}
	wg.Wait()
	return errs
}

func TestRouteAsksOncePerChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		r := verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) {
			asked.Add(1)
			<-time.After(time.Second)
			return newVerifier(t, hmacKeys(t)), nil
		}, 1)
		for _, err := range verifyMany(t, r, 100, tenantToken("a")) {
			if err != nil {
				t.Error(err)
			}
		}
		check(t, r, tenantToken("a"), nil, "")
		if n := asked.Load(); n != 1 {
			t.Errorf("101 tokens asked %d times", n)
		}
	})
}

// TestRouteAsksOnceDuringAFlood: a verifier that tokens use is not pushed out while
// they wait for its keys.
func TestRouteAsksOnceDuringAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		slow := verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
			if raw != forgedToken("a") {
				<-time.After(5 * time.Second)
			}
			return newVerifier(t, hmacKeys(t)).Verify(ctx, raw)
		})
		r := verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
			if tid == "a" {
				asked.Add(1)
				return slow, nil
			}
			return newVerifier(t, hmacKeys(t)), nil
		}, 1)
		done := make(chan []error)
		go func() { done <- verifyMany(t, r, 1, tenantToken("a")) }()
		synctest.Wait()
		check(t, r, forgedToken("a"), verifier.ErrSignature, "signature")
		for i := range 10 * verifier.MaxIdle {
			r.Verify(t.Context(), forgedToken(fmt.Sprint(i)))
		}
		for _, err := range append(verifyMany(t, r, 50, tenantToken("a")), <-done...) {
			if err != nil {
				t.Error(err)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times, want 1", n)
		}
	})
}

// TestRouteFirstCallerLeaves and the call goes on for the others, without the values
// of its context.
func TestRouteFirstCallerLeaves(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		r := verifier.Route(byTenant, func(ctx context.Context, _ string) (verifier.Verifier, error) {
			if ctx.Value(key{}) != nil {
				t.Error("the call has the values of one token's context")
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Second):
				return newVerifier(t, hmacKeys(t)), nil
			}
		}, 1)
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, 1))
		first := make(chan error)
		go func() {
			_, err := r.Verify(ctx, tenantToken("a"))
			first <- err
		}()
		synctest.Wait()
		second := make(chan []error)
		go func() { second <- verifyMany(t, r, 3, tenantToken("a")) }()
		synctest.Wait()
		start := time.Now()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) || verifier.Reason(err) != "canceled" {
			t.Errorf("the first: %v, want canceled", err)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the first left after %v", waited)
		}
		for _, err := range <-second {
			if err != nil {
				t.Errorf("another: %v", err)
			}
		}
	})
}

// TestRouteAllCallersLeave: the answer is there for the next token.
func TestRouteAllCallersLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		r := verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) {
			asked.Add(1)
			<-time.After(time.Second)
			return newVerifier(t, hmacKeys(t)), nil
		}, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := r.Verify(ctx, tenantToken("a")); !errors.Is(err, context.DeadlineExceeded) || verifier.Classify(err) != verifier.Undecided {
			t.Errorf("Verify = %v, want undecided", err)
		}
		<-time.After(time.Second)
		if kept, trial, calls, _ := r.Held(); kept != 0 || trial != 1 || calls != 0 {
			t.Errorf("%d kept, %d on trial, %d calls; want 0, 1, 0", kept, trial, calls)
		}
		check(t, r, tenantToken("a"), nil, "")
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times, want 1", n)
		}
	})
}

// TestRouteCallersLeaveAsTheAnswerComes: no verifier on trial counts as in use for
// ever.
func TestRouteCallersLeaveAsTheAnswerComes(t *testing.T) {
	cancels := map[string]context.CancelFunc{}
	r := verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
		cancels[tid]()
		return newVerifier(t, hmacKeys(t)), nil
	}, 1)
	for i := range 10 * verifier.MaxIdle {
		ctx, cancel := context.WithCancel(t.Context())
		cancels[fmt.Sprint(i)] = cancel
		r.Verify(ctx, forgedToken(fmt.Sprint(i)))
		for _, _, calls, _ := r.Held(); calls != 0; _, _, calls, _ = r.Held() {
			runtime.Gosched()
		}
	}
	if _, trial, calls, _ := r.Held(); trial != verifier.MaxIdle || calls != 0 {
		t.Errorf("%d on trial, %d calls; want %d, 0", trial, calls, verifier.MaxIdle)
	}
}

func TestRouteCallEnds(t *testing.T) {
	for name, heeds := range map[string]bool{"a function that heeds its context": true, "one that does not": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := verifier.Route(byTenant, func(ctx context.Context, _ string) (verifier.Verifier, error) {
					if <-ctx.Done(); !heeds {
						<-time.After(time.Hour)
					}
					return nil, ctx.Err()
				}, 1)
				start := time.Now()
				check(t, r, tenantToken("a"), verifier.ErrUnavailable, "unavailable")
				if waited := time.Since(start); waited != verifier.CallTime {
					t.Errorf("the token waited %v, want %v", waited, verifier.CallTime)
				}
				<-time.After(2 * time.Hour)
			})
		})
	}
}

// TestRouteRunningCallsAreBounded, whatever tokens name, and nobody waits longer
// than the time of a call.
func TestRouteRunningCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, asked atomic.Int64
		r := verifier.Route(byTenant, func(ctx context.Context, _ string) (verifier.Verifier, error) {
			asked.Add(1)
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			<-ctx.Done()
			return nil, ctx.Err()
		}, 1)
		// The callers of the first half give up before there is a place.
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for i := range 10 * verifier.MaxRunning {
			ctx := t.Context()
			if i%2 == 0 {
				ctx = short
			}
			wg.Go(func() {
				if _, err := r.Verify(ctx, forgedToken(fmt.Sprint(i))); verifier.Classify(err) != verifier.Undecided {
					t.Errorf("Verify = %v, want undecided", err)
				}
			})
		}
		start := time.Now()
		synctest.Wait()
		if n := running.Load(); n != verifier.MaxRunning {
			t.Errorf("%d calls run, want %d", n, verifier.MaxRunning)
		}
		wg.Wait()
		if waited := time.Since(start); waited > verifier.CallTime {
			t.Errorf("a token waited %v", waited)
		}
		synctest.Wait()
		if _, trial, calls, _ := r.Held(); trial != 0 || calls > verifier.MaxRunning {
			t.Errorf("%d on trial, %d calls; want 0 and at most %d", trial, calls, verifier.MaxRunning)
		}
		<-time.After(10 * verifier.CallTime)
		if n := most.Load(); n > verifier.MaxRunning {
			t.Errorf("%d calls ran at a time, want at most %d", n, verifier.MaxRunning)
		}
		if n := asked.Load(); n > 2*verifier.MaxRunning {
			t.Errorf("asked %d times: a call began for which no token waits", n)
		}
		if _, _, calls, _ := r.Held(); calls != 0 {
			t.Errorf("%d calls are left", calls)
		}
	})
}

// TestRouteFloodCannotKeepOutAProvenTenant: a tenant of which a token was accepted
// before does not wait behind those that anybody can name.
func TestRouteFloodCannotKeepOutAProvenTenant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := verifier.Route(byTenant, func(ctx context.Context, tid string) (verifier.Verifier, error) {
			if tid == "good" || tid == "other" {
				return newVerifier(t, hmacKeys(t), isTenant(tid)), nil
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}, 1)
		check(t, r, tenantToken("good"), nil, "")
		check(t, r, tenantToken("other"), nil, "") // pushes out the first
		for i := range 2 * verifier.MaxRunning {
			go r.Verify(t.Context(), forgedToken(fmt.Sprint(i)))
		}
		synctest.Wait()
		start := time.Now()
		check(t, r, tenantToken("good"), nil, "")
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the tenant waited %v", waited)
		}
		<-time.After(10 * verifier.CallTime)
	})
}

// TestRouteRefusalsAreRemembered for a short time, so that a tenant that is added
// gets in.
func TestRouteRefusalsAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, allowed := 0, false
		r := verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) {
			if asked++; allowed {
				return newVerifier(t, hmacKeys(t)), nil
			}
			return nil, nil
		}, 1)
		for range 3 {
			check(t, r, tenantToken("a"), claims.ErrMismatch, "claim_mismatch")
		}
		if asked != 1 {
			t.Errorf("asked %d times, want 1", asked)
		}
		<-time.After(verifier.RefusedFor)
		check(t, r, tenantToken("a"), claims.ErrMismatch, "claim_mismatch")
		if asked != 2 {
			t.Errorf("asked %d times, want 2", asked)
		}
		allowed = true
		check(t, r, tenantToken("a"), claims.ErrMismatch, "claim_mismatch")
		<-time.After(verifier.RefusedFor)
		check(t, r, tenantToken("a"), nil, "")

		allowed = false
		check(t, r, tenantToken("b"), claims.ErrMismatch, "claim_mismatch")
		allowed = true
		r.Forget("b")
		check(t, r, tenantToken("b"), nil, "")
	})
}
