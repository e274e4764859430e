package verifier_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// goroutines returns the number of goroutines in the bubble.
func goroutines() int {
	synctest.Wait()
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), ", synctest bubble ")
}

// TestWatcherManyStreams: of 10,000 streams, an outage of the keys ends none, a key
// that is removed and tokens that expire end theirs within a second, and nothing
// else ends.
func TestWatcherManyStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const streams, signers = 10_000, 10
		src := new(vault)
		var all []*keys.Key
		var raws [signers][2]string // by signer: one that lives for ten minutes, and one for an hour
		for i := range signers {
			s := verifiertest.NewSigner(t, keys.EdDSA, fmt.Sprint(i))
			all = append(all, s.Key())
			raws[i] = [2]string{lasting(s, 10*time.Minute), lasting(s, time.Hour)}
		}
		src.publish(all...)
		v := living(t, src.source(t, keys.WithMaxStale(10*time.Minute)))
		w := verifier.NewWatcher(v)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		before := goroutines()
		var list [streams]context.Context
		for i := range list {
			list[i], _ = w.Watch(ctx, verified(t, v, raws[i%signers][i/signers%2]))
		}
		if n := goroutines() - before; n != 0 {
			t.Errorf("%d goroutines more", n)
		}
		alive := func() (n int) {
			synctest.Wait()
			for _, ctx := range list {
				if ctx.Err() == nil {
					n++
				}
			}
			return n
		}
		expect := func(want int, when string) {
			t.Helper()
			if n := alive(); n != want {
				t.Errorf("%s: %d streams are open, want %d", when, n, want)
			}
		}
		src.breaks(time.Second)
		<-time.After(8 * time.Minute)
		expect(streams, "in an outage")
		if n, ks, _ := w.Held(); n != streams || ks != signers {
			t.Errorf("%d streams and %d keys are held", n, ks)
		}
		src.publish(all...)
		<-time.After(2*time.Minute + 30*time.Second - time.Millisecond)
		expect(streams, "just before half of them expire")
		<-time.After(time.Millisecond + atMost)
		expect(streams/2, "after half of them expired")
		src.publish(all[1:]...)
		<-time.After(time.Minute + atMost)
		expect(streams/2*9/10, "after a key was removed")
		for i, ctx := range list {
			want := ""
			switch {
			case i/signers%2 == 0:
				want = "expired"
			case i%signers == 0:
				want = "unknown_key"
			}
			if got := verifier.Reason(context.Cause(ctx)); got != want {
				t.Fatalf("stream %d ended for %q, want %q", i, got, want)
			}
		}
		cancel()
		<-time.After(atMost)
		if n, ks, armed := w.Held(); n != 0 || ks != 0 || armed {
			t.Errorf("%d streams, %d keys, timer %v after the end", n, ks, armed)
		}
		if n := goroutines() - before; n != 0 {
			t.Errorf("%d goroutines more after the end", n)
		}
	})
}

// TestWatcherBytes: a stream takes at most 200 bytes beyond its context.
func TestWatcherBytes(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector needs memory of its own")
	}
	const streams = 10_000
	s := verifiertest.NewSigner(t, keys.EdDSA, "k")
	v := living(t, keys.Static(s.Key()))
	tok := verified(t, v, lasting(s, time.Hour))
	w := verifier.NewWatcher(v)
	parent, cancel := context.WithCancel(t.Context())
	defer cancel()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	measure := func(begin func() (context.Context, func())) (uint64, any) {
		ctxs, stops := make([]context.Context, streams), make([]func(), streams)
		before := heap()
		for i := range streams {
			ctxs[i], stops[i] = begin()
		}
		if n, _, _ := w.Held(); n > 0 {
			w.Look() // what it uses counts too
		}
		after := heap()
		for _, stop := range stops {
			stop()
		}
		return (after - before) / streams, ctxs
	}
	bare, _ := measure(func() (context.Context, func()) {
		ctx, cancel := context.WithCancelCause(parent)
		return ctx, func() { cancel(nil) }
	})
	watched, _ := measure(func() (context.Context, func()) {
		ctx, stop := w.Watch(parent, tok)
		return ctx, stop
	})
	t.Logf("a stream takes %d bytes, its context alone %d", watched, bare)
	if watched > bare+200 {
		t.Errorf("a stream takes %d bytes beyond its context, want at most 200", watched-bare)
	}
}

// TestWatcherIsShared: streams begin and end in many goroutines while keys change.
func TestWatcherIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "k")
		set := keys.NewSet(s.Key())
		v := verifier.NewVar(living(t, set))
		w, tok := verifier.NewWatcher(v), verified(t, v, lasting(s, time.Hour))
		var ended atomic.Int64
		for i := range 100 {
			go func() {
				for range 100 {
					ctx, stop := w.Watch(t.Context(), tok)
					select {
					case <-time.After(time.Duration(i) * 30 * time.Millisecond):
					case <-ctx.Done():
						ended.Add(1)
					}
					stop()
				}
			}()
		}
		for range 100 {
			v.Store(living(t, set))
			<-time.After(700 * time.Millisecond)
		}
		if n := ended.Load(); n != 0 {
			t.Errorf("%d streams ended", n)
		}
		set.Replace(verifiertest.NewSigner(t, keys.EdDSA, "k").Key())
		<-time.After(10 * time.Minute)
		synctest.Wait()
		if n := ended.Load(); n == 0 {
			t.Error("no stream ended")
		}
		if n, _, armed := w.Held(); n != 0 || armed {
			t.Errorf("%d streams, timer %v after the end", n, armed)
		}
	})
}

// BenchmarkWatch measures the beginning and end of a stream while others are open.
func BenchmarkWatch(b *testing.B) {
	for _, open := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("%d open", open), func(b *testing.B) {
			s := verifiertest.NewSigner(b, keys.EdDSA, "k")
			v, err := verifier.New(keys.Static(s.Key()))
			if err != nil {
				b.Fatal(err)
			}
			tok, err := v.Verify(b.Context(), lasting(s, time.Hour))
			if err != nil {
				b.Fatal(err)
			}
			w := verifier.NewWatcher(v)
			for range open {
				_, stop := w.Watch(b.Context(), tok)
				defer stop()
			}
			b.ReportAllocs()
			for b.Loop() {
				_, stop := w.Watch(b.Context(), tok)
				stop()
			}
		})
	}
}

// BenchmarkWatcherLook measures what 10,000 streams cost about once a second.
func BenchmarkWatcherLook(b *testing.B) {
	s := verifiertest.NewSigner(b, keys.EdDSA, "k")
	keyed, err := verifier.New(keys.Static(s.Key()), verifier.WithIssuer("https://a"))
	if err != nil {
		b.Fatal(err)
	}
	raw := s.Sign(map[string]any{"iss": "https://a", "sub": "x", "exp": time.Now().Add(time.Hour).Unix()})
	for name, v := range map[string]verifier.Verifier{
		"Keyed":          keyed,
		"Var and Router": verifier.NewVar(verifier.ByIssuer(map[string]verifier.Verifier{"https://a": keyed})),
	} {
		b.Run(name, func(b *testing.B) {
			tok, err := v.Verify(b.Context(), raw)
			if err != nil {
				b.Fatal(err)
			}
			w := verifier.NewWatcher(v)
			for range 10_000 {
				_, stop := w.Watch(b.Context(), tok)
				defer stop()
			}
			w.StopTimer()
			b.ReportAllocs()
			for b.Loop() {
				w.Look()
			}
		})
	}
}
