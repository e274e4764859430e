package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// tenantToken returns a token of a tenant, signed with the secret.
func tenantToken(tid string) string {
	return sign(goodHeader, `{"sub":"user-123","exp":1700000060,"tid":"`+tid+`"}`)
}

// forgedToken returns one that names a tenant but has another signature.
func forgedToken(tid string) string {
	raw := tenantToken(tid)
	i := strings.LastIndexByte(raw, '.')
	return raw[:i+1] + flipped(raw[i+1:])
}

// byTenant reads the tenant of a token.
func byTenant(s *claims.Set) string {
	tid, _, _ := claims.Value[string](s, "tid")
	return tid
}

// isTenant makes a verifier accept the tokens of one tenant only.
func isTenant(tid string) verifier.Option {
	return verifier.WithClaims(claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		if byTenant(s) != tid {
			return &claims.Error{Claim: "tid", Err: claims.ErrMismatch}
		}
		return nil
	}))
}

// returns is a Verifier that returns a token of that tenant, whatever it is given.
func returns(t *testing.T, tid string) verifier.Func {
	s, err := claims.Parse([]byte(`{"sub":"user-123","tid":"` + tid + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	return func(context.Context, string) (*verifier.Token, error) { return &verifier.Token{Set: s}, nil }
}

func TestRoute(t *testing.T) {
	asked := 0
	r := verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
		asked++
		switch {
		case strings.HasPrefix(tid, "good"):
			return newVerifier(t, hmacKeys(t), isTenant(tid)), nil
		case tid == "down":
			return nil, errors.New("no route to host")
		case tid == "confused":
			return nil, fmt.Errorf("%w: %w", verifier.ErrInvalidToken, claims.ErrExpired)
		case tid == "both":
			return returns(t, "both"), errors.New("half done")
		case tid == "typed nil":
			return (*verifier.Keyed)(nil), nil
		}
		return nil, nil
	}, 10)
	for _, test := range []struct {
		name   string
		raw    string
		want   error
		reason string
		asked  int
	}{
		{"first", tenantToken("good-1"), nil, "", 1},
		{"kept", tenantToken("good-1"), nil, "", 0},
		{"another", tenantToken("good-2"), nil, "", 1},
		{"forged", forgedToken("good-1"), verifier.ErrSignature, "signature", 0},
		{"forged, of a tenant not yet seen", forgedToken("good-3"), verifier.ErrSignature, "signature", 1},
		{"not one of ours", tenantToken("bad"), claims.ErrMismatch, "claim_mismatch", 1},
		{"not one of ours again", tenantToken("bad"), claims.ErrMismatch, "claim_mismatch", 0},
		{"none", sign(goodHeader, goodPayload), claims.ErrMissing, "iss_missing", 0},
		{"none, but an issuer", sign(goodHeader, `{"iss":"i","sub":"a","exp":1700000060}`), claims.ErrMissing, "claim_missing", 0},
		{"longest", tenantToken("good" + strings.Repeat("x", verifier.MaxChoice-4)), nil, "", 1},
		{"too long", tenantToken("good" + strings.Repeat("x", verifier.MaxChoice-3)), claims.ErrMismatch, "claim_mismatch", 0},
		{"an outage", tenantToken("down"), verifier.ErrUnavailable, "unavailable", 1},
		{"the outage is not remembered", tenantToken("down"), verifier.ErrUnavailable, "unavailable", 1},
		{"an outage that wraps ErrInvalidToken", tenantToken("confused"), verifier.ErrUnavailable, "unavailable", 1},
		{"a verifier and an error", tenantToken("both"), verifier.ErrUnavailable, "unavailable", 1},
		{"a nil pointer is not a refusal", tenantToken("typed nil"), verifier.ErrUnavailable, "unavailable", 1},
		{"malformed", "a.b.c", verifier.ErrMalformed, "malformed", 0},
		{"malformed claims", sign(goodHeader, `{"tid":"good-1","exp":"x"}`), claims.ErrMalformed, "exp_malformed", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked = 0
			check(t, r, test.raw, test.want, test.reason)
			if asked != test.asked {
				t.Errorf("to was asked %d times, want %d", asked, test.asked)
			}
		})
	}
}

func TestRouteWrapsTheCauseOfAnOutage(t *testing.T) {
	cause := errors.New("no route to host")
	r := verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) { return nil, cause }, 1)
	_, err := r.Verify(t.Context(), tenantToken("a"))
	if !errors.Is(err, cause) || !errors.Is(err, verifier.ErrUnavailable) || errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("Verify = %v; want ErrUnavailable that wraps the cause", err)
	}
	if got, want := err.Error(), "verifier: cannot decide now: Route got no verifier: no route to host"; got != want {
		t.Errorf("the message reads %q, want %q", got, want)
	}
}

// TestRouteRefusesATokenOfAnotherTenant, which a verifier of somebody's own could
// return.
func TestRouteRefusesATokenOfAnotherTenant(t *testing.T) {
	for name, foreign := range map[string]verifier.Verifier{
		"another tenant":  returns(t, "victim"),
		"no tenant":       returns(t, ""),
		"no token":        verifier.Func(func(context.Context, string) (*verifier.Token, error) { return nil, nil }),
		"no claims":       verifier.Func(func(context.Context, string) (*verifier.Token, error) { return &verifier.Token{}, nil }),
		"through a Var":   verifier.NewVar(returns(t, "victim")),
		"through a Route": verifier.Route(func(*claims.Set) string { return "x" }, func(context.Context, string) (verifier.Verifier, error) { return returns(t, "victim"), nil }, 1),
	} {
		t.Run(name, func(t *testing.T) {
			r := verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) { return foreign, nil }, 1)
			check(t, r, tenantToken("attacker"), claims.ErrMismatch, "claim_mismatch")
			if kept, _, _, _ := r.Held(); kept != 0 {
				t.Error("the verifier is kept, although no token of its tenant was accepted")
			}
		})
	}
}

// TestRouteCodeThatPanics decides nothing.
func TestRouteCodeThatPanics(t *testing.T) {
	calls := 0
	good := func(context.Context, string) (verifier.Verifier, error) { return newVerifier(t, hmacKeys(t)), nil }
	by := func(n int) func(*claims.Set) string {
		return func(s *claims.Set) string {
			if calls++; calls == n {
				panic("token " + byTenant(s))
			}
			return "a"
		}
	}
	for name, r := range map[string]*verifier.Router{
		"by, before the token is verified": verifier.Route(by(1), good, 1),
		"by, after it":                     verifier.Route(by(2), good, 1),
		"to":                               verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) { panic(errors.New(tid)) }, 1),
		"to, in the runtime": verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
			return []verifier.Verifier{}[len(tid)], nil
		}, 1),
		"to ends its goroutine": verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) { runtime.Goexit(); return nil, nil }, 1),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			for range 2 { // as long as it panics
				calls = 0
				check(t, r, tenantToken("very-secret-tenant"), verifier.ErrUnavailable, "unavailable")
				calls = 0
				if _, err := r.Verify(t.Context(), tenantToken("very-secret-tenant")); err == nil || strings.Contains(err.Error(), "secret") {
					t.Errorf("Verify = %v, want an error that holds no claim", err)
				}
			}
			if waited := time.Since(start); waited > verifier.CallTime/2 {
				t.Errorf("the tokens waited %v for an answer that cannot come", waited)
			}
		})
	}
}

// TestRouteVerifierThatPanics: the panic goes on to the caller, and the verifier
// does not count as in use for ever.
func TestRouteVerifierThatPanics(t *testing.T) {
	r := verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) {
		return verifier.Func(func(context.Context, string) (*verifier.Token, error) { panic("x") }), nil
	}, 1)
	for i := range verifier.MaxIdle + 10 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			r.Verify(t.Context(), tenantToken(fmt.Sprint(i)))
		}()
	}
	if _, trial, _, _ := r.Held(); trial != verifier.MaxIdle {
		t.Errorf("%d verifiers on trial, want %d", trial, verifier.MaxIdle)
	}
}

func TestRouteMaxSize(t *testing.T) {
	to := func(context.Context, string) (verifier.Verifier, error) {
		return newVerifier(t, hmacKeys(t), verifier.WithAnyIssuer(), verifier.WithMaxSize(24<<10)), nil
	}
	large := func(n int) string {
		return sign(goodHeader, `{"sub":"user-123","exp":1700000060,"tid":"a","x":"`+strings.Repeat("x", n)+`"}`)
	}
	usual, larger := verifier.Route(byTenant, to, 1), verifier.Route(byTenant, to, 1, verifier.WithMaxSize(32<<10))
	check(t, usual, large(10_000), nil, "")
	check(t, usual, large(14_000), verifier.ErrMalformed, "malformed")
	check(t, larger, large(14_000), nil, "")
	check(t, larger, large(20_000), verifier.ErrMalformed, "malformed") // for the verifier
	check(t, larger, large(40_000), verifier.ErrMalformed, "malformed")
	outer := verifier.ByIssuer(map[string]verifier.Verifier{"i": verifier.NewVar(larger), "j": usual})
	check(t, outer, sign(goodHeader, `{"iss":"j","sub":"a","exp":1700000060,"tid":"a","x":"`+strings.Repeat("x", 14_000)+`"}`), verifier.ErrMalformed, "malformed")
	check(t, outer, sign(goodHeader, `{"iss":"i","sub":"a","exp":1700000060,"tid":"a","x":"`+strings.Repeat("x", 14_000)+`"}`), nil, "")
}

func TestRouteMistakes(t *testing.T) {
	to := func(context.Context, string) (verifier.Verifier, error) { return nil, nil }
	for _, test := range []struct {
		name string
		make func()
		want string
	}{
		{"everything", func() { verifier.Route(nil, nil, 0, nil, verifier.WithMaxSize(-1)) },
			"verifier: Route: by is nil; to is nil; most is 0, which is not positive; an option is nil; WithMaxSize: -1 is not positive"},
		{"negative", func() { verifier.Route(byTenant, to, -1) }, "verifier: Route: most is -1, which is not positive"},
		{"another option", func() { verifier.Route(byTenant, to, 1, verifier.WithIssuer("i")) },
			"verifier: Route: the only options that it takes are WithMaxSize and WithObserver; give the others to the New of each verifier"},
		{"a clock", func() { verifier.Route(byTenant, to, 1, verifier.WithClock(clock)) },
			"verifier: Route: the only options that it takes are WithMaxSize and WithObserver; give the others to the New of each verifier"},
		{"nothing in a Var", func() { verifier.NewVar(nil) }, "verifier: NewVar: the verifier is nil"},
		{"a nil pointer in a Var", func() { verifier.NewVar((*verifier.Keyed)(nil)) }, "verifier: NewVar: the verifier is nil"},
	} {
		if got := panicOf(test.make); got != test.want {
			t.Errorf("%s: panics with %v, want %q", test.name, got, test.want)
		}
	}
}

func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// TestRouteReadsTheTokenOnce: the verifier takes over what the Router has read.
func TestRouteReadsTheTokenOnce(t *testing.T) {
	if race.Enabled {
		t.Skip("under the race detector pools drop what they hold")
	}
	v := newVerifier(t, hmacKeys(t), verifier.WithIssuer("i"))
	raw := sign(goodHeader, `{"iss":"i","sub":"user-123","exp":1700000060}`)
	r := verifier.Route(func(s *claims.Set) string { return s.Issuer }, func(context.Context, string) (verifier.Verifier, error) { return v, nil }, 1)
	want := allocs(t, v, raw)
	for name, routed := range map[string]verifier.Verifier{
		"Route":    r,
		"ByIssuer": verifier.ByIssuer(map[string]verifier.Verifier{"i": v}),
		"nested":   verifier.ByIssuer(map[string]verifier.Verifier{"i": verifier.NewVar(r)}),
	} {
		if got := allocs(t, routed, raw); got != want {
			t.Errorf("%s: %v allocations, and %v without", name, got, want)
		}
	}
}

func allocs(t *testing.T, v verifier.Verifier, raw string) float64 {
	return testing.AllocsPerRun(100, func() {
		if _, err := v.Verify(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	})
}

// TestRouteIntegerSubject: what the verifier accepts decides, also where it is not
// strict.
func TestRouteIntegerSubject(t *testing.T) {
	raw := sign(goodHeader, `{"iss":"i","sub":7,"exp":1700000060}`)
	for _, test := range []struct {
		v      verifier.Verifier
		want   error
		reason string
	}{
		{newVerifier(t, hmacKeys(t), verifier.WithIssuer("i"), verifier.WithIntegerSubject()), nil, ""},
		{newVerifier(t, hmacKeys(t), verifier.WithIssuer("i")), claims.ErrMalformed, "sub_malformed"},
	} {
		check(t, verifier.ByIssuer(map[string]verifier.Verifier{"i": test.v}), raw, test.want, test.reason)
	}
}

// TestRouteThatContainsItself fails instead of overflowing the stack.
func TestRouteThatContainsItself(t *testing.T) {
	var r *verifier.Router
	r = verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) { return verifier.NewVar(r), nil }, 1)
	check(t, r, tenantToken("a"), verifier.ErrUnavailable, "unavailable")
	if _, err := r.VerifyAt(t.Context(), tenantToken("a"), now); !errors.Is(err, verifier.ErrUnavailable) {
		t.Errorf("VerifyAt = %v, want ErrUnavailable", err)
	}
	if err := r.Explain(t.Context(), tenantToken("a")).Err; !errors.Is(err, verifier.ErrUnavailable) {
		t.Errorf("Explain = %v, want ErrUnavailable", err)
	}
	var self *verifier.Router
	self = verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) { return self, nil }, 1)
	check(t, self, tenantToken("a"), verifier.ErrUnavailable, "unavailable")
	if err := self.Explain(t.Context(), tenantToken("a")).Err; !errors.Is(err, verifier.ErrUnavailable) {
		t.Errorf("Explain = %v, want ErrUnavailable", err)
	}
	a, b := verifier.NewVar(r), verifier.NewVar(r)
	a.Store(b)
	b.Store(a)
	check(t, a, tenantToken("a"), verifier.ErrUnavailable, "unavailable")
	if err := verifier.Explain(t.Context(), b, tenantToken("a")).Err; !errors.Is(err, verifier.ErrUnavailable) {
		t.Errorf("Explain = %v, want ErrUnavailable", err)
	}
	check(t, verifier.ByIssuer(map[string]verifier.Verifier{"i": a}), sign(goodHeader, `{"iss":"i","sub":"a","exp":1700000060}`), verifier.ErrUnavailable, "unavailable")
}

func TestZeroRouter(t *testing.T) {
	var r verifier.Router
	r.Forget("a")
	check(t, &r, tenantToken("a"), verifier.ErrUnavailable, "unavailable")
	check(t, new(verifier.Var), tenantToken("a"), verifier.ErrUnavailable, "unavailable")
	for _, v := range []verifier.Verifier{&r, new(verifier.Var), nil, (*verifier.Keyed)(nil)} {
		if report := verifier.Explain(t.Context(), v, tenantToken("a")); !errors.Is(report.Err, verifier.ErrUnavailable) {
			t.Errorf("Explain of %T = %v, want ErrUnavailable", v, report.Err)
		}
		if _, err := verifier.VerifyAt(t.Context(), v, tenantToken("a"), now); !errors.Is(err, verifier.ErrUnavailable) {
			t.Errorf("VerifyAt of %T = %v, want ErrUnavailable", v, err)
		}
	}
}

func TestRouteRefusesBeforeAnyKeyIsLookedUp(t *testing.T) {
	src := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
		t.Error("a key is looked up")
		return nil, nil
	})
	r := verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
		if tid == "a" {
			return newVerifier(t, src), nil
		}
		return nil, nil
	}, 1)
	check(t, r, tenantToken("b"), claims.ErrMismatch, "claim_mismatch")
	check(t, r, sign(goodHeader, goodPayload), claims.ErrMissing, "iss_missing")
}

// TestRouteMap: another claim than iss may choose, and a padded token reaches the
// one verifier that expects padding, and no other.
func TestRouteMap(t *testing.T) {
	a, b := verifiertest.NewSigner(t, keys.ES256, "a"), verifiertest.NewSigner(t, keys.ES256, "b")
	made := func(s *verifiertest.Signer, opts ...verifier.Option) verifier.Verifier {
		v, err := verifier.New(keys.Static(s.Key()), opts...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	choice := func(s *claims.Set) string {
		tenant, _, _ := claims.Value[string](s, "tenant")
		return tenant
	}
	r := verifier.RouteMap(choice, map[string]verifier.Verifier{"a": made(a), "b": made(b, verifier.WithPaddedBase64())})
	token := func(tenant string) map[string]any {
		return map[string]any{"sub": "u", "tenant": tenant, "exp": time.Now().Add(time.Hour).Unix()}
	}
	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"plain":                        {a.Sign(token("a")), nil},
		"padded":                       {b.SignPadded(nil, token("b")), nil},
		"padded, and none expected":    {a.SignPadded(nil, token("a")), verifier.ErrMalformed},
		"signed for another":           {a.SignPadded(nil, token("b")), verifier.ErrUnknownKey},
		"not padded, and it should be": {b.Sign(token("b")), verifier.ErrMalformed},
		"no choice":                    {a.Sign(token("")), claims.ErrMissing},
		"unknown choice":               {a.Sign(token("c")), claims.ErrMismatch},
		"padded by half":               {strings.Replace(b.SignPadded(nil, token("b")), "=", "", 1), verifier.ErrMalformed},
	} {
		_, err := r.Verify(t.Context(), c.raw)
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if report := r.Explain(t.Context(), c.raw); (report.Err == nil) != (c.want == nil) {
			t.Errorf("%s: Explain says %v", name, report.Err)
		}
	}
}
