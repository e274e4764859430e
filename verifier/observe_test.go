package verifier_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A log of Events. Goroutines share it.
type events struct {
	mu  sync.Mutex
	all []verifier.Event
}

func (l *events) add(_ context.Context, e verifier.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, e)
}

// take returns what was logged since.
func (l *events) take() []verifier.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	return all
}

// A fact is what a test compares of an Event.
type fact struct {
	Verdict, Reason, Issuer, Subject, Client, Actor, KeyID, Algorithm string
	Verified, Cached                                                  bool
}

func factOf(e verifier.Event) fact {
	return fact{e.Verdict().String(), e.Reason(), e.Issuer(), e.Subject(), e.Client(), e.Actor(), e.KeyID, string(e.Algorithm), e.Verified, e.Cached}
}

func factsOf(all []verifier.Event) (facts []fact) {
	for _, e := range all {
		facts = append(facts, factOf(e))
	}
	return facts
}

// TestObserver: one Event for each token, with claims only where the signature
// verified.
func TestObserver(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k")
	with := func(change map[string]any) string {
		all := map[string]any{"iss": "https://i.example", "sub": "user", "exp": now.Unix() + 60, "azp": "app", "act": map[string]any{"sub": "admin"}}
		for name, v := range change {
			if all[name] = v; v == nil {
				delete(all, name)
			}
		}
		return signer.Sign(all)
	}
	good := with(nil)
	i := strings.LastIndexByte(good, '.')
	known := fact{Verdict: "trusted", Issuer: "https://i.example", Subject: "user", Client: "app", Actor: "admin", KeyID: "k", Algorithm: "ES256", Verified: true}
	but := func(f fact, edit func(*fact)) fact { edit(&f); return f }
	refused := func(reason string) fact { return but(known, func(f *fact) { f.Verdict, f.Reason = "invalid", reason }) }
	unsigned := func(verdict, reason string) fact {
		return fact{Verdict: verdict, Reason: reason, KeyID: "k", Algorithm: "ES256"}
	}
	down := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, keys.ErrUnavailable })
	for _, test := range []struct {
		name string
		p    keys.Provider
		opts []verifier.Option
		raws []string
		want []fact
	}{
		{"trusted", nil, nil, []string{good}, []fact{known}},
		{"cached", nil, opts(verifier.WithCache(8)), []string{good, good}, []fact{known, but(known, func(f *fact) { f.Cached = true })}},
		{"client_id", nil, nil, []string{with(map[string]any{"azp": nil, "client_id": "c"})}, []fact{but(known, func(f *fact) { f.Client = "c" })}},
		{"no act", nil, nil, []string{with(map[string]any{"act": nil})}, []fact{but(known, func(f *fact) { f.Actor = "" })}},
		{"expired", nil, nil, []string{with(map[string]any{"exp": 1})}, []fact{refused("expired")}},
		{"missing scope", nil, opts(verifier.WithClaims(claims.Scope("x"))), []string{good},
			[]fact{but(known, func(f *fact) { f.Verdict, f.Reason = "forbidden", "insufficient_scope" })}},
		{"refused from the cache", nil, opts(verifier.WithCache(8), verifier.WithClaims(claims.Scope("x"))), []string{good, good},
			[]fact{but(known, func(f *fact) { f.Verdict, f.Reason = "forbidden", "insufficient_scope" }),
				but(known, func(f *fact) { f.Verdict, f.Reason, f.Cached = "forbidden", "insufficient_scope", true })}},
		{"validator down", nil, opts(verifier.WithClaims(claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return claims.ErrUnavailable }))),
			[]string{good}, []fact{but(known, func(f *fact) { f.Verdict, f.Reason = "undecided", "unavailable" })}},
		{"unreadable claims, signed", nil, nil, []string{signer.Sign(map[string]any{"sub": 1, "azp": "app"})},
			[]fact{{Verdict: "invalid", Reason: "sub_malformed", KeyID: "k", Algorithm: "ES256", Verified: true}}},
		{"forged", nil, nil, []string{good[:i+1] + flipped(good[i+1:])}, []fact{unsigned("invalid", "signature")}},
		{"unknown key", keys.Static(verifiertest.NewSigner(t, keys.ES256, "other").Key()), nil, []string{good}, []fact{unsigned("invalid", "unknown_key")}},
		{"keys down", down, nil, []string{good}, []fact{unsigned("undecided", "unavailable")}},
		{"another type", nil, opts(verifier.WithType("at+jwt")), []string{good}, []fact{unsigned("invalid", "type")}},
		{"malformed", nil, nil, []string{"x", ""}, []fact{{Verdict: "invalid", Reason: "malformed"}, {Verdict: "invalid", Reason: "malformed"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log events
			p := test.p
			if p == nil {
				p = keys.Static(signer.Key())
			}
			v := newVerifier(t, p, append(test.opts, verifier.WithIssuer("https://i.example"), verifier.WithObserver(log.add))...)
			for _, raw := range test.raws {
				tok, err := v.Verify(t.Context(), raw)
				all := log.take()
				if diff := cmp.Diff(test.want[:1], factsOf(all)); diff != "" {
					t.Fatal(diff)
				}
				if e := all[0]; e.Err != err || tok != nil && e.Claims != tok.Set {
					t.Errorf("the Event has the error %v, Verify %v", e.Err, err)
				}
				test.want = test.want[1:]
			}
		})
	}
}

// TestObserverOfVerifyAt: the zero time is decided too, and Explain is not a decision.
func TestObserverOfVerifyAt(t *testing.T) {
	var log events
	v := newVerifier(t, hmacKeys(t), verifier.WithObserver(log.add))
	raw := sign(goodHeader, goodPayload)
	v.VerifyAt(t.Context(), raw, now.Add(time.Hour))
	v.VerifyAt(t.Context(), raw, time.Time{})
	want := []fact{
		{Verdict: "invalid", Reason: "expired", Subject: "user-123", Algorithm: "HS256", Verified: true},
		{Verdict: "undecided", Reason: "no_time"},
	}
	if diff := cmp.Diff(want, factsOf(log.take())); diff != "" {
		t.Error(diff)
	}
	v.Explain(t.Context(), raw)
	verifier.ByIssuer(map[string]verifier.Verifier{"i": verifier.NewVar(v)}).Explain(t.Context(), sign(goodHeader, `{"iss":"i"}`))
	if all := log.take(); all != nil {
		t.Errorf("Explain is reported: %+v", factsOf(all))
	}
}

// TestObserverMeasures the whole decision, a slow lookup included.
func TestObserverMeasures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log events
		slow := keys.ProviderFunc(func(ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
			<-time.After(3 * time.Second)
			return hmacKeys(t).Find(ctx, h)
		})
		v := newVerifier(t, slow, verifier.WithObserver(log.add))
		raw := sign(goodHeader, `{"iss":"i","sub":"u","exp":1700000060}`)
		if _, err := verifier.ByIssuer(map[string]verifier.Verifier{"i": v}).Verify(t.Context(), raw); err == nil {
			t.Error("accepted")
		}
		if all := log.take(); len(all) != 1 || all[0].Duration != 3*time.Second {
			t.Errorf("got %+v, want 3 s", all)
		}
	})
}

// TestObserverCannotDecide: an observer that panics changes no answer, and is logged
// once, without what it panicked with.
func TestObserverCannotDecide(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	raw := sign(goodHeader, goodPayload)
	v := newVerifier(t, hmacKeys(t), verifier.WithLogger(log), verifier.WithObserver(func(context.Context, verifier.Event) { panic(raw) }))
	for range 3 {
		check(t, v, raw, nil, "")
		check(t, verifier.NewVar(v), raw, nil, "")
	}
	check(t, newVerifier(t, hmacKeys(t), verifier.WithObserver(func(context.Context, verifier.Event) { panic(raw) })), "x", verifier.ErrMalformed, "malformed")
	if got := out.String(); strings.Count(got, "the observer panicked") != 1 || strings.Contains(got, raw[:20]) || !strings.Contains(got, `panic="a string"`) {
		t.Errorf("logged %q", got)
	}
}

// TestObserverAllocates at most once more than the same verifier without it.
func TestObserverAllocates(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted with the race detector")
	}
	raw, n := sign(goodHeader, goodPayload), 0
	without := allocs(t, newVerifier(t, hmacKeys(t)), raw)
	v := newVerifier(t, hmacKeys(t), verifier.WithObserver(func(context.Context, verifier.Event) { n++ }))
	if with := allocs(t, v, raw); with > without+1 || n == 0 {
		t.Errorf("%v allocations, and %v without; %d Events", with, without, n)
	}
}

func TestWithObserverNil(t *testing.T) {
	_, err := verifier.New(hmacKeys(t), verifier.WithObserver(nil))
	if err == nil || err.Error() != "verifier: WithObserver: the function is nil" {
		t.Error(err)
	}
	if p := panicOf(func() {
		verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) { return nil, nil }, 1, verifier.WithObserver(nil))
	}); p == nil {
		t.Error("Route takes it")
	}
}

// TestObserverIsCalledConcurrently, once for each token.
func TestObserverIsCalledConcurrently(t *testing.T) {
	var log events
	v := newVerifier(t, hmacKeys(t), verifier.WithObserver(log.add))
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			raw := sign(goodHeader, fmt.Sprintf(`{"sub":"user-%d","exp":1700000060}`, i))
			if _, err := v.Verify(context.Background(), raw); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, e := range log.take() {
		seen[e.Subject()] = true
	}
	if len(seen) != 32 {
		t.Errorf("%d different subjects of 32", len(seen))
	}
}
