package verifier_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// recording returns a Route that knows every tenant whose name does not begin with
// "bad", and the list of those that it was asked for.
func recording(t *testing.T, most int) (r *verifier.Router, asked *[]string) {
	asked = new([]string)
	return verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
		*asked = append(*asked, tid)
		if strings.HasPrefix(tid, "bad") {
			return nil, nil
		}
		return newVerifier(t, hmacKeys(t), isTenant(tid)), nil
	}, most), asked
}

func TestRouteKeepsTheMostRecentlyUsed(t *testing.T) {
	r, asked := recording(t, 3)
	for _, tid := range []string{"a", "b", "c", "a", "d", "a", "c", "d", "b", "a"} {
		check(t, r, tenantToken(tid), nil, "")
	}
	// d pushes out b, and b, when it comes again, a, which all others were used after.
	if want := []string{"a", "b", "c", "d", "b", "a"}; !slices.Equal(*asked, want) {
		t.Errorf("asked for %v, want %v", *asked, want)
	}
	if kept, trial, _, _ := r.Held(); kept != 3 || trial != 0 {
		t.Errorf("%d kept, %d on trial; want 3, 0", kept, trial)
	}
}

// TestRouteUnsignedTokensPushOutNobody: neither those that name tenants which to
// refuses, nor those that name tenants which it accepts.
func TestRouteUnsignedTokensPushOutNobody(t *testing.T) {
	for name, flood := range map[string]string{"refused": "bad", "accepted": "victim"} {
		t.Run(name, func(t *testing.T) {
			r, asked := recording(t, 2)
			for range 2 {
				check(t, r, tenantToken("good-1"), nil, "")
				check(t, r, tenantToken("good-2"), nil, "")
			}
			for i := range 2000 {
				if _, err := r.Verify(t.Context(), forgedToken(fmt.Sprint(flood, i))); verifier.Classify(err) != verifier.Invalid {
					t.Fatal(err)
				}
			}
			kept, trial, calls, refused := r.Held()
			if kept != 2 || trial > verifier.MaxIdle || calls != 0 || refused > verifier.MaxRefused {
				t.Errorf("%d kept, %d on trial, %d calls, %d refused; want 2, at most %d, 0, at most %d",
					kept, trial, calls, refused, verifier.MaxIdle, verifier.MaxRefused)
			}
			*asked = nil
			check(t, r, tenantToken("good-1"), nil, "")
			check(t, r, tenantToken("good-2"), nil, "")
			if len(*asked) != 0 {
				t.Errorf("asked again for %v", *asked)
			}
		})
	}
}

// TestRouteUnsignedTokensDoNotChooseWhoLeaves: they do not count as use.
func TestRouteUnsignedTokensDoNotChooseWhoLeaves(t *testing.T) {
	r, asked := recording(t, 2)
	check(t, r, tenantToken("a"), nil, "")
	check(t, r, tenantToken("b"), nil, "")
	check(t, r, forgedToken("a"), verifier.ErrSignature, "signature")
	check(t, r, tenantToken("c"), nil, "")
	*asked = nil
	check(t, r, tenantToken("b"), nil, "")
	check(t, r, tenantToken("c"), nil, "")
	if len(*asked) != 0 {
		t.Errorf("a forged token kept a, and %v was asked for again", *asked)
	}
}

// TestRouteTokenOfATenantOnTrial makes it a kept one, even if a flood came between.
func TestRouteTokenOfATenantOnTrial(t *testing.T) {
	r, asked := recording(t, 10)
	check(t, r, forgedToken("a"), verifier.ErrSignature, "signature")
	check(t, r, tenantToken("a"), nil, "")
	if want := []string{"a"}; !slices.Equal(*asked, want) {
		t.Errorf("asked for %v, want %v", *asked, want)
	}
	check(t, r, forgedToken("b"), verifier.ErrSignature, "signature")
	for i := range verifier.MaxIdle {
		check(t, r, forgedToken(fmt.Sprint(i)), verifier.ErrSignature, "signature")
	}
	*asked = nil
	check(t, r, tenantToken("a"), nil, "")
	check(t, r, tenantToken("b"), nil, "")
	if want := []string{"b"}; !slices.Equal(*asked, want) {
		t.Errorf("asked for %v, want %v", *asked, want)
	}
}

func TestRouteForget(t *testing.T) {
	r, asked := recording(t, 10)
	check(t, r, tenantToken("a"), nil, "")
	check(t, r, tenantToken("b"), nil, "")
	check(t, r, forgedToken("c"), verifier.ErrSignature, "signature")
	for _, tid := range []string{"a", "c", "never seen"} {
		r.Forget(tid)
	}
	if kept, trial, _, _ := r.Held(); kept != 1 || trial != 0 {
		t.Errorf("%d kept, %d on trial; want 1, 0", kept, trial)
	}
	*asked = nil
	for _, tid := range []string{"a", "b", "c"} {
		check(t, r, tenantToken(tid), nil, "")
	}
	if want := []string{"a", "c"}; !slices.Equal(*asked, want) {
		t.Errorf("asked for %v, want %v", *asked, want)
	}
	byIssuer := verifier.ByIssuer(map[string]verifier.Verifier{"i": newVerifier(t, hmacKeys(t), verifier.WithIssuer("i"))})
	byIssuer.Forget("i")
	check(t, byIssuer, sign(goodHeader, `{"iss":"i","sub":"a","exp":1700000060}`), nil, "")
}

// TestRouteForgetWhileATokenIsVerified: the old verifier cannot get it accepted any
// more, wherever the token is just then.
func TestRouteForgetWhileATokenIsVerified(t *testing.T) {
	for _, test := range []struct {
		name    string
		forgets string // "to" or "verify": where it is forgotten
		seen    bool   // a token was accepted before
		evict   bool   // another tenant pushes it out before it is forgotten
	}{
		{"while to is asked", "to", false, false},
		{"while it is on trial", "verify", false, false},
		{"while it is kept", "verify", true, false},
		{"after it was pushed out", "verify", true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r *verifier.Router
			asked, armed, removed := 0, !test.seen, false
			forget := func(where string) {
				if where != test.forgets || !armed || removed {
					return
				}
				removed = true
				if test.evict {
					check(t, r, tenantToken("other"), nil, "")
				}
				r.Forget("a")
			}
			r = verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
				if tid == "other" {
					return newVerifier(t, hmacKeys(t)), nil
				}
				if asked++; removed {
					return nil, nil
				}
				forget("to")
				return verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
					tok, err := newVerifier(t, hmacKeys(t)).Verify(ctx, raw)
					forget("verify")
					return tok, err
				}), nil
			}, 1)
			want := 2
			if test.seen {
				check(t, r, tenantToken("a"), nil, "")
				armed = true
			}
			check(t, r, tenantToken("a"), claims.ErrMismatch, "claim_mismatch")
			if asked != want {
				t.Errorf("asked %d times, want %d", asked, want)
			}
		})
	}
}

// TestRoutePushedOutWhileATokenIsVerified: the token is accepted all the same, or
// tenants that push each other out would never be.
func TestRoutePushedOutWhileATokenIsVerified(t *testing.T) {
	var r *verifier.Router
	asked, armed := 0, false
	r = verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
		if tid == "other" {
			return newVerifier(t, hmacKeys(t)), nil
		}
		asked++
		return verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
			if armed {
				check(t, r, tenantToken("other"), nil, "")
			}
			return newVerifier(t, hmacKeys(t)).Verify(ctx, raw)
		}), nil
	}, 1)
	check(t, r, tenantToken("a"), nil, "")
	armed = true
	check(t, r, tenantToken("a"), nil, "")
	if asked != 1 {
		t.Errorf("asked %d times, want 1", asked)
	}
}

// TestRouteForgottenVerifierSharesNothing with the token that is returned.
func TestRouteForgottenVerifierSharesNothing(t *testing.T) {
	var r *verifier.Router
	var seen []*claims.Set
	v := newVerifier(t, hmacKeys(t), verifier.WithClaims(claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		if seen = append(seen, s); len(seen) == 1 {
			r.Forget("a")
		}
		return nil
	})))
	r = verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) { return v, nil }, 1)
	tok, err := r.Verify(t.Context(), tenantToken("a"))
	if err != nil || len(seen) != 2 || tok.Set != seen[1] || tok.Set == seen[0] {
		t.Errorf("Verify = %v, %v, and %d validations", tok, err, len(seen))
	}
}

// TestRouteForgetInAnEndlessLoop ends undecided.
func TestRouteForgetInAnEndlessLoop(t *testing.T) {
	var r *verifier.Router
	r = verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
		r.Forget(tid)
		return newVerifier(t, hmacKeys(t)), nil
	}, 1)
	check(t, r, tenantToken("a"), verifier.ErrUnavailable, "unavailable")
}
