package verifier_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// atMost is how long after the fact a stream ends.
const atMost = time.Second

// living is New for a test in a bubble, with its clock.
func living(t *testing.T, p keys.Provider, opts ...verifier.Option) *verifier.Keyed {
	t.Helper()
	v, err := verifier.New(p, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// verified returns the token of raw.
func verified(t *testing.T, v verifier.Verifier, raw string) *verifier.Token {
	t.Helper()
	tok, err := v.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// lasting returns a token of s that lives that long.
func lasting(s *verifiertest.Signer, d time.Duration) string {
	return s.Sign(map[string]any{"sub": "user-123", "exp": time.Now().Add(d).Unix()})
}

// stays fails if ctx has ended.
func stays(t *testing.T, ctx context.Context, when string) {
	t.Helper()
	synctest.Wait()
	if ctx.Err() != nil {
		t.Fatalf("%s: the stream has ended: %v", when, context.Cause(ctx))
	}
}

// ends fails unless ctx ends within a second, for that reason.
func ends(t *testing.T, ctx context.Context, verdict verifier.Verdict, reason string) {
	t.Helper()
	<-time.After(atMost)
	synctest.Wait()
	cause := context.Cause(ctx)
	if ctx.Err() == nil || verifier.Classify(cause) != verdict || verifier.Reason(cause) != reason {
		t.Fatalf("the stream ended with %v, %v, want %v, %s", ctx.Err(), cause, verdict, reason)
	}
}

// TestWatcherExpiry: a stream ends with exp and the leeway, and not before.
func TestWatcherExpiry(t *testing.T) {
	for _, test := range []struct {
		name   string
		leeway time.Duration
		opts   []verifier.Option
	}{
		{"the default leeway", 30 * time.Second, nil},
		{"another leeway", 5 * time.Second, opts(verifier.WithLeeway(5 * time.Second))},
		{"none", 0, opts(verifier.WithLeeway(0))},
		{"from the cache", 30 * time.Second, opts(verifier.WithCache(10))},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := verifiertest.NewSigner(t, keys.EdDSA, "k")
				v := living(t, keys.Static(s.Key()), test.opts...)
				raw := lasting(s, time.Minute)
				verified(t, v, raw)
				ctx, stop := verifier.NewWatcher(v).Watch(t.Context(), verified(t, v, raw))
				defer stop()
				<-time.After(time.Minute + test.leeway - time.Millisecond)
				stays(t, ctx, "before its time")
				if _, err := v.Verify(t.Context(), raw); err != nil {
					t.Errorf("Verify: %v", err)
				}
				<-time.After(time.Millisecond)
				if _, err := v.Verify(t.Context(), raw); !errors.Is(err, claims.ErrExpired) {
					t.Errorf("Verify: %v", err)
				}
				ends(t, ctx, verifier.Invalid, "expired")
				cause := context.Cause(ctx)
				if set, ok := verifier.RefusedClaims(cause); !ok || set.Subject != "user-123" {
					t.Errorf("the cause has no claims: %v", cause)
				}
				if got, want := cause.Error(), "verifier: invalid token: exp: expired while the stream was open"; got != want {
					t.Errorf("the cause reads %q, want %q", got, want)
				}
			})
		})
	}
}

// TestWatcherExpiredBefore: a token that is over already ends its stream at once.
func TestWatcherExpiredBefore(t *testing.T) {
	s := verifiertest.NewSigner(t, keys.EdDSA, "k")
	v := living(t, keys.Static(s.Key()))
	tok, err := v.VerifyAt(t.Context(), lasting(s, -time.Hour), time.Now().Add(-2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	w := verifier.NewWatcher(v)
	ctx, stop := w.Watch(t.Context(), tok)
	defer stop()
	if got := verifier.Reason(context.Cause(ctx)); got != "expired" {
		t.Errorf("the reason is %q", got)
	}
	if n, _, armed := w.Held(); n != 0 || armed {
		t.Errorf("%d streams held, timer %v", n, armed)
	}
}

// TestWatcherOptionalExpiry: a token without exp lives as long as its key.
func TestWatcherOptionalExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "k")
		set := keys.NewSet(s.Key())
		v := living(t, set, verifier.WithOptionalExpiry())
		ctx, stop := verifier.NewWatcher(v).Watch(t.Context(), verified(t, v, s.Sign(map[string]any{"sub": "x"})))
		defer stop()
		<-time.After(10 * time.Hour)
		stays(t, ctx, "without exp")
		set.Remove("k")
		ends(t, ctx, verifier.Invalid, "unknown_key")
	})
}

// slept returns what time.Now would after now, when the time of day has advanced by
// day and the monotonic clock by awake.
func slept(now time.Time, day, awake time.Duration) time.Time {
	then := now.Add(awake)
	*(*uint64)(unsafe.Pointer(&then)) += uint64((day-awake)/time.Second) << 30
	return then
}

// TestWatcherClocks: the sleep of the machine counts, and setting the time of day
// back keeps no stream open.
func TestWatcherClocks(t *testing.T) {
	for _, test := range []struct {
		name       string
		day, awake time.Duration
		over       bool
	}{
		{"a moment", time.Second, time.Second, false},
		{"slept", time.Hour, time.Second, true},
		{"set back, before its time", -time.Hour, 88 * time.Second, false},
		{"set back, after its time", -time.Hour, 90 * time.Second, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now() // in a bubble, it would have no monotonic reading
			synctest.Test(t, func(t *testing.T) {
				var now atomic.Pointer[time.Time]
				now.Store(&start)
				s := verifiertest.NewSigner(t, keys.EdDSA, "k")
				v := living(t, keys.Static(s.Key()), verifier.WithClock(func() time.Time { return *now.Load() }))
				ctx, stop := verifier.NewWatcher(v).Watch(t.Context(), verified(t, v, s.Sign(map[string]any{"sub": "x", "exp": start.Add(time.Minute).Unix()})))
				defer stop()
				then := slept(start, test.day, test.awake)
				now.Store(&then)
				<-time.After(atMost)
				synctest.Wait()
				if over := ctx.Err() != nil; over != test.over {
					t.Errorf("over: %v, want %v; %v", over, test.over, context.Cause(ctx))
				}
			})
		})
	}
}

// TestWatcherStops: stop and the end of the parent free everything, and the timer
// stops after the last stream.
func TestWatcherStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "k")
		v := living(t, keys.Static(s.Key()))
		w, tok := verifier.NewWatcher(v), verified(t, v, lasting(s, time.Hour))
		held := func(streams, ks int, armed bool) {
			t.Helper()
			synctest.Wait()
			if n, k, a := w.Held(); n != streams || k != ks || a != armed {
				t.Errorf("%d streams, %d keys, timer %v; want %d, %d, %v", n, k, a, streams, ks, armed)
			}
		}
		first, stop := w.Watch(t.Context(), tok)
		parent, cancel := context.WithCancelCause(t.Context())
		second, stopSecond := w.Watch(parent, tok)
		held(2, 1, true)
		stop()
		stop()
		held(1, 1, true)
		if err := context.Cause(first); err != context.Canceled {
			t.Errorf("the cause after stop is %v", err)
		}
		mine := errors.New("mine")
		cancel(mine)
		if err := context.Cause(second); err != mine {
			t.Errorf("the cause after the end of the parent is %v", err)
		}
		<-time.After(atMost)
		held(0, 0, false)
		stopSecond()
		third, stop := w.Watch(t.Context(), tok)
		<-time.After(10 * time.Second)
		stays(t, third, "a new stream")
		held(1, 1, true)
		stop()
		<-time.After(atMost)
		held(0, 0, false)
	})
}

// TestWatcherNothing: without a token or a Watcher, a stream does not begin.
func TestWatcherNothing(t *testing.T) {
	v := verifier.NewVar(newVerifier(t, hmacKeys(t)))
	good := &verifier.Token{Set: &claims.Set{}}
	for _, test := range []struct {
		name   string
		w      *verifier.Watcher
		tok    *verifier.Token
		reason string
	}{
		{"no token", verifier.NewWatcher(v), nil, "invalid_token"},
		{"no claims", verifier.NewWatcher(v), &verifier.Token{}, "invalid_token"},
		{"a zero Watcher", &verifier.Watcher{}, good, "unavailable"},
		{"a nil Watcher", nil, good, "unavailable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, stop := test.w.Watch(t.Context(), test.tok)
			stop()
			if got := verifier.Reason(context.Cause(ctx)); got != test.reason {
				t.Errorf("the cause is %v, want %s", context.Cause(ctx), test.reason)
			}
		})
	}
	for name, nothing := range map[string]verifier.Verifier{"nil": nil, "a nil pointer": (*verifier.Keyed)(nil)} {
		if panicOf(func() { verifier.NewWatcher(nothing) }) == nil {
			t.Errorf("NewWatcher of %s does not panic", name)
		}
	}
}

// TestWatcherForeignToken: of a token that no Keyed has made, exp counts.
func TestWatcherForeignToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := verifier.Func(func(context.Context, string) (*verifier.Token, error) {
			return &verifier.Token{Set: &claims.Set{Subject: "x", Expiry: time.Now().Add(time.Minute)}}, nil
		})
		w := verifier.NewWatcher(v)
		ctx, stop := w.Watch(t.Context(), verified(t, v, "opaque"))
		defer stop()
		forever, stop := w.Watch(t.Context(), &verifier.Token{Set: &claims.Set{}})
		defer stop()
		<-time.After(90*time.Second - time.Millisecond)
		stays(t, ctx, "before its time")
		<-time.After(time.Millisecond)
		ends(t, ctx, verifier.Invalid, "expired")
		stays(t, forever, "without exp")
	})
}

// TestWatcherRecheck holds the seam for revocation.
func TestWatcherRecheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "k")
		var taken sync.Map
		v := verifier.Rechecking{Verifier: living(t, keys.Static(s.Key())), Check: func(tok *verifier.Token) error {
			if _, ok := taken.Load(tok.Subject); ok {
				return verifier.ErrInvalidToken
			}
			return nil
		}}
		w := verifier.NewWatcher(verifier.NewVar(v))
		one, stop := w.Watch(t.Context(), verified(t, v, s.Sign(map[string]any{"sub": "one", "exp": time.Now().Add(time.Hour).Unix()})))
		defer stop()
		two, stop := w.Watch(t.Context(), verified(t, v, s.Sign(map[string]any{"sub": "two", "exp": time.Now().Add(time.Hour).Unix()})))
		defer stop()
		<-time.After(10 * time.Second)
		stays(t, one, "a good token")
		synctest.Wait()
		taken.Store("one", true)
		ends(t, one, verifier.Invalid, "invalid_token")
		stays(t, two, "another token")
	})
}
