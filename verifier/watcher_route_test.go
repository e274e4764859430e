package verifier_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// wrapped is a Verifier of somebody's own that lets another one decide.
type wrapped struct{ verifier.Verifier }

func (w wrapped) Unwrap() verifier.Verifier { return w.Verifier }

type panicking struct{ verifier.Verifier }

func (panicking) Unwrap() verifier.Verifier { panic("x") }

// TestWatcherFollows: streams follow as the verifier of their token is replaced.
func TestWatcherFollows(t *testing.T) {
	issuer := verifier.WithIssuer("https://a")
	for _, test := range []struct {
		name   string
		change func(t *testing.T, v *verifier.Var, s *verifiertest.Signer)
		want   string // "": the stream stays
	}{
		{"another verifier with the key", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) {
			v.Store(living(t, keys.NewSet(s.Key()), issuer))
		}, ""},
		{"one without the key", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) {
			v.Store(living(t, keys.Static(verifiertest.NewSigner(t, keys.EdDSA, "k").Key()), issuer))
		}, "unknown_key"},
		{"a Router", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) {
			v.Store(verifier.ByIssuer(map[string]verifier.Verifier{"https://a": wrapped{living(t, keys.Static(s.Key()), issuer)}}))
		}, ""},
		{"a Router whose verifier lacks the key", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) {
			v.Store(verifier.ByIssuer(map[string]verifier.Verifier{"https://a": wrapped{living(t, keys.Static(verifiertest.NewSigner(t, keys.EdDSA, "k").Key()), issuer)}}))
		}, "unknown_key"},
		{"a Router without the issuer", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) {
			v.Store(verifier.ByIssuer(map[string]verifier.Verifier{"https://b": living(t, keys.Static(s.Key()), issuer)}))
		}, "iss_mismatch"},
		{"a shorter leeway does not count for an open stream", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) {
			v.Store(living(t, keys.Static(s.Key()), issuer, verifier.WithLeeway(0)))
		}, ""},
		{"one that nobody can look through", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) {
			v.Store(verifier.Func(func(context.Context, string) (*verifier.Token, error) { return nil, nil }))
		}, ""},
		{"one that panics", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) {
			v.Store(verifier.RouteMap(func(*claims.Set) string { panic("x") }, map[string]verifier.Verifier{"x": v.Load()}))
		}, ""},
		{"one whose Unwrap panics", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) { v.Store(panicking{}) }, ""},
		{"one that unwraps to nothing", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) { v.Store(wrapped{}) }, ""},
		{"one that contains itself", func(t *testing.T, v *verifier.Var, s *verifiertest.Signer) {
			v.Store(verifier.ByIssuer(map[string]verifier.Verifier{"https://a": v}))
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := verifiertest.NewSigner(t, keys.EdDSA, "k")
				v := verifier.NewVar(living(t, keys.Static(s.Key()), issuer))
				raw := s.Sign(map[string]any{"iss": "https://a", "sub": "x", "exp": time.Now().Add(time.Hour).Unix()})
				ctx, stop := verifier.NewWatcher(v).Watch(t.Context(), verified(t, v, raw))
				defer stop()
				<-time.After(10 * time.Second)
				stays(t, ctx, "before the change")
				test.change(t, v, s)
				if test.want != "" {
					ends(t, ctx, verifier.Invalid, test.want)
					return
				}
				<-time.After(time.Minute)
				stays(t, ctx, "after the change")
			})
		})
	}
}

// TestWatcherFollowsRoute: of tenants whose verifiers are made when they are needed,
// one that was forgotten is asked for again. An outage of that ends no stream.
func TestWatcherFollowsRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifiertest.NewSigner(t, keys.EdDSA, "k")
		var gone, down atomic.Bool
		var asked atomic.Int64
		r := verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
			asked.Add(1)
			switch {
			case tid == "a" && down.Load():
				return nil, errors.New("no route to host")
			case tid == "a" && gone.Load():
				return nil, nil
			}
			return living(t, keys.Static(s.Key()), isTenant(tid)), nil
		}, 1)
		w := verifier.NewWatcher(verifier.NewVar(r))
		watch := func(tid string) context.Context {
			raw := s.Sign(map[string]any{"sub": "x", "tid": tid, "exp": time.Now().Add(time.Hour).Unix()})
			ctx, stop := w.Watch(t.Context(), verified(t, r, raw))
			t.Cleanup(stop)
			return ctx
		}
		a, b := watch("a"), watch("b") // b pushes a out
		<-time.After(time.Minute)
		stays(t, a, "pushed out")
		if n := asked.Load(); n != 2 {
			t.Errorf("to was asked %d times", n)
		}
		r.Forget("a") // nothing has changed
		r.Forget("b")
		<-time.After(time.Minute)
		stays(t, a, "forgotten and made anew")
		stays(t, b, "forgotten and made anew")
		if n := asked.Load(); n > 4 {
			t.Errorf("to was asked %d times", n)
		}
		down.Store(true)
		r.Forget("a")
		<-time.After(time.Minute)
		stays(t, a, "while to fails")
		gone.Store(true)
		down.Store(false)
		<-time.After(time.Second)
		ends(t, a, verifier.Invalid, "claim_mismatch")
		stays(t, b, "another tenant")
	})
}
