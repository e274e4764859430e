package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A vault is the origin of a keys.NewSource that a test breaks.
type vault struct {
	state atomic.Pointer[vaultState]
	asked atomic.Int64
}

type vaultState struct {
	keys []*keys.Key
	down bool
	slow time.Duration
}

func (s *vault) publish(ks ...*keys.Key)   { s.state.Store(&vaultState{keys: ks}) }
func (s *vault) breaks(slow time.Duration) { s.state.Store(&vaultState{down: true, slow: slow}) }

func (s *vault) fetch(ctx context.Context) (keys.Fetched, error) {
	s.asked.Add(1)
	now := s.state.Load()
	select {
	case <-time.After(now.slow):
	case <-ctx.Done():
	}
	if now.down {
		return keys.Fetched{}, errors.New("no route to host")
	}
	return keys.Fetched{Keys: now.keys, Fresh: time.Minute}, ctx.Err()
}

func (s *vault) source(t *testing.T, opts ...keys.Option) *keys.Remote {
	t.Helper()
	r, err := keys.NewSource("vault", s.fetch, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWatcherKeyRemoved: a stream ends when its key is removed, wherever it comes
// from, and the streams of other keys stay.
func TestWatcherKeyRemoved(t *testing.T) {
	for _, test := range []struct {
		name string
		wrap func(p keys.Provider) keys.Provider
	}{
		{"a Set", func(p keys.Provider) keys.Provider { return p }},
		{"Merge", func(p keys.Provider) keys.Provider {
			return keys.Merge(keys.Static(verifiertest.NewSigner(t, keys.EdDSA, "other").Key()), p)
		}},
		{"Merge with a key of that ID", func(p keys.Provider) keys.Provider {
			return keys.Merge(keys.Static(verifiertest.NewSigner(t, keys.EdDSA, "old").Key()), p)
		}},
		{"a provider of one's own", func(p keys.Provider) keys.Provider { return keys.ProviderFunc(p.Find) }},
		{"Merge with a provider of one's own", func(p keys.Provider) keys.Provider {
			return keys.Merge(keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, nil }), p)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				old, next := verifiertest.NewSigner(t, keys.EdDSA, "old"), verifiertest.NewSigner(t, keys.EdDSA, "next")
				set := keys.NewSet(old.Key(), next.Key())
				v := living(t, test.wrap(set))
				w := verifier.NewWatcher(v)
				gone, stop := w.Watch(t.Context(), verified(t, v, lasting(old, time.Hour)))
				defer stop()
				left, stop := w.Watch(t.Context(), verified(t, v, lasting(next, time.Hour)))
				defer stop()
				<-time.After(time.Minute + 300*time.Millisecond)
				stays(t, gone, "before")
				set.Remove("old")
				ends(t, gone, verifier.Invalid, "unknown_key")
				if cause := context.Cause(gone); !errors.Is(cause, verifier.ErrUnknownKey) {
					t.Errorf("the cause is %v", cause)
				}
				set.Add(old.Key()) // the next token starts anew
				back, stop := w.Watch(t.Context(), verified(t, v, lasting(old, time.Hour)))
				defer stop()
				<-time.After(time.Minute)
				stays(t, back, "a key that has come back")
				<-time.After(time.Minute)
				stays(t, left, "the other key")
			})
		})
	}
}

// TestWatcherReplacedKey: another key under the same ID is another key.
func TestWatcherReplacedKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "k")
		src := new(vault)
		src.publish(s.Key())
		v := living(t, src.source(t))
		w := verifier.NewWatcher(v)
		ctx, stop := w.Watch(t.Context(), verified(t, v, lasting(s, time.Hour)))
		defer stop()
		<-time.After(10 * time.Minute)
		stays(t, ctx, "the same key")
		if n := src.asked.Load(); n < 8 {
			t.Errorf("fetched %d times in ten minutes: streams do not keep the keys fresh", n)
		}
		src.publish(verifiertest.NewSigner(t, keys.EdDSA, "k").Key())
		<-time.After(time.Minute)
		ends(t, ctx, verifier.Invalid, "unknown_key")
	})
}

// TestWatcherOutage: an outage ends no stream before WithMaxStale, and every one
// after it, since nobody knows the keys any longer.
func TestWatcherOutage(t *testing.T) {
	for _, slow := range []time.Duration{0, 10 * time.Second} {
		t.Run(fmt.Sprint(slow), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := verifiertest.NewSigner(t, keys.EdDSA, "k")
				src := new(vault)
				src.publish(s.Key())
				v := living(t, src.source(t, keys.WithMaxStale(20*time.Minute)))
				raw := lasting(s, 10*time.Hour)
				w := verifier.NewWatcher(v)
				ctx, stop := w.Watch(t.Context(), verified(t, v, raw))
				defer stop()
				src.breaks(slow)
				<-time.After(21*time.Minute - 10*time.Millisecond) // a minute of freshness
				stays(t, ctx, "while the last good set may be used")
				<-time.After(7 * time.Second) // a lookup may wait for a fetch for 5 s
				ends(t, ctx, verifier.Undecided, "unavailable")
				if _, err := v.Verify(t.Context(), raw); !errors.Is(err, verifier.ErrUnavailable) {
					t.Errorf("Verify: %v", err)
				}
				src.publish(s.Key())
				<-time.After(2 * time.Minute)
				again, stop := w.Watch(t.Context(), verified(t, v, raw))
				defer stop()
				<-time.After(time.Hour)
				stays(t, again, "after the outage")
			})
		})
	}
}

// TestWatcherKeysTooOldBeforeTheFirstLook: a stream that opens just before its keys are
// too old ends as soon as they are.
func TestWatcherKeysTooOldBeforeTheFirstLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "k")
		src := new(vault)
		src.publish(s.Key())
		v := living(t, src.source(t, keys.WithMaxStale(20*time.Minute)))
		raw := lasting(s, 10*time.Hour)
		verified(t, v, raw)
		src.breaks(0)
		<-time.After(21*time.Minute - 100*time.Millisecond) // a minute of freshness
		ctx, stop := verifier.NewWatcher(v).Watch(t.Context(), verified(t, v, raw))
		defer stop()
		<-time.After(2 * time.Second)
		ends(t, ctx, verifier.Undecided, "unavailable")
	})
}

// TestWatcherLastStreamLeavesWhileAsking: the last stream may be closed while its
// provider is asked, and the answer then comes for nobody. It must not end the program.
func TestWatcherLastStreamLeavesWhileAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "k")
		var down, hangs atomic.Bool
		release := make(chan struct{})
		v := living(t, keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
			if hangs.Load() {
				<-release
			}
			if down.Load() {
				return nil, keys.ErrUnavailable
			}
			return []*keys.Key{s.Key()}, nil
		}))
		w := verifier.NewWatcher(v)
		ctx, stop := w.Watch(t.Context(), verified(t, v, lasting(s, 10*time.Hour)))
		<-time.After(time.Minute)
		down.Store(true)
		<-time.After(59 * time.Minute)
		hangs.Store(true)
		<-time.After(2 * time.Second)
		stays(t, ctx, "while the provider is asked")
		stop()
		<-time.After(5 * time.Minute) // the provider has not had the key for an hour
		close(release)
		<-time.After(time.Minute)
		down.Store(false)
		again, stop := w.Watch(t.Context(), verified(t, v, lasting(s, 10*time.Hour)))
		defer stop()
		<-time.After(time.Minute)
		stays(t, again, "after the outage")
	})
}

// TestWatcherOutageIsNotRemoval: a source that is past its freshness and down does
// not look like one without the key, also where another source answers.
func TestWatcherOutageIsNotRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "k")
		src := new(vault)
		src.publish(s.Key())
		other := keys.Static(verifiertest.NewSigner(t, keys.EdDSA, "k").Key())
		for name, p := range map[string]keys.Provider{
			"Merge":         keys.Merge(other, src.source(t)),
			"ones own":      keys.ProviderFunc(keys.Merge(other, src.source(t)).Find),
			"Merge, nested": keys.Merge(keys.ProviderFunc(other.Find), src.source(t)),
		} {
			src.publish(s.Key())
			v := living(t, p)
			ctx, stop := verifier.NewWatcher(v).Watch(t.Context(), verified(t, v, lasting(s, 10*time.Hour)))
			src.breaks(3 * time.Second)
			<-time.After(time.Hour)
			stays(t, ctx, name)
			stop()
			synctest.Wait()
			<-time.After(10 * time.Second)
		}
	})
}

// TestWatcherOwnProvider: one that fails ends a stream after an hour, one that
// panics or ends its goroutine counts as one that fails, and each lookup has the
// hint of the token.
func TestWatcherOwnProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "")
		var failing atomic.Pointer[func()] // nil: it works
		var asked, running atomic.Int64
		v := living(t, keys.ProviderFunc(func(ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
			asked.Add(1)
			if n := running.Add(1); n > 1 {
				t.Errorf("%d lookups of one key at a time", n)
			}
			defer running.Add(-1)
			if fail := failing.Load(); fail != nil {
				(*fail)()
				return nil, errors.New("down")
			}
			if h.KeyID != "abc" || h.Issuer != "https://a" || h.Algorithm != keys.EdDSA {
				return nil, nil
			}
			again, err := keys.NewPublic("", keys.EdDSA, s.Key().Public()) // a new pointer each time
			return []*keys.Key{again}, err
		}), verifier.WithIssuer("https://a"))
		raw := s.SignHeader(map[string]any{"alg": "EdDSA", "kid": "abc"}, map[string]any{
			"iss": "https://a", "sub": "x", "exp": time.Now().Add(10 * time.Hour).Unix()})
		w := verifier.NewWatcher(v)
		var streams []context.Context
		for range 100 {
			ctx, stop := w.Watch(t.Context(), verified(t, v, raw))
			defer stop()
			streams = append(streams, ctx)
		}
		asked.Store(0)
		<-time.After(100 * time.Second)
		if n := asked.Load(); n < 100 || n > 130 {
			t.Errorf("asked %d times in 100 s for one key of 100 streams", n)
		}
		for _, fail := range []func(){
			func() {}, func() { panic("x") }, runtime.Goexit, func() { <-time.After(time.Minute) },
		} {
			failing.Store(&fail)
			<-time.After(50 * time.Minute)
			stays(t, streams[0], "an outage of less than an hour")
			failing.Store(nil)
			<-time.After(2 * time.Minute)
		}
		down := func() {}
		failing.Store(&down)
		<-time.After(time.Hour - time.Second)
		stays(t, streams[0], "an outage of less than an hour")
		<-time.After(time.Second)
		ends(t, streams[0], verifier.Undecided, "unavailable")
		ends(t, streams[99], verifier.Undecided, "unavailable")
	})
}
