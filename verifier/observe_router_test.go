package verifier_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestObserverOfRouters: exactly one Event for each token, whoever decides it, and
// however Routers and Vars are nested.
func TestObserverOfRouters(t *testing.T) {
	const issA, issB = `{"iss":"a","sub":"user","exp":1700000060}`, `{"iss":"b","sub":"user","exp":1700000060}`
	type told struct{ Who, Verdict, Reason, Issuer string }
	var log []told
	by := func(who string) verifier.Option {
		return verifier.WithObserver(func(_ context.Context, e verifier.Event) {
			log = append(log, told{who, e.Verdict().String(), e.Reason(), e.Issuer()})
		})
	}
	issuer := func(s *claims.Set) string { return s.Issuer }
	keyed := func(iss string, opts ...verifier.Option) *verifier.Keyed {
		return newVerifier(t, hmacKeys(t), append(opts, verifier.WithIssuer(iss))...)
	}
	routed := func(v verifier.Verifier, opts ...verifier.Option) *verifier.Router {
		return verifier.Route(issuer, func(_ context.Context, choice string) (verifier.Verifier, error) {
			switch choice {
			case "a":
				return v, nil
			case "down":
				return nil, errors.New("no database")
			}
			return nil, nil
		}, 8, opts...)
	}
	a, quiet := keyed("a", by("keyed")), keyed("a")
	fixed := func(v verifier.Verifier) *verifier.Router {
		return verifier.ByIssuer(map[string]verifier.Verifier{"a": v})
	}
	turns := 0
	fickle := func(*claims.Set) string { turns++; return string("ab"[turns%2]) }
	accepted := []told{{"keyed", "trusted", "", "a"}}
	for _, test := range []struct {
		name    string
		v       verifier.Verifier
		payload string
		want    []told
	}{
		{"Var", verifier.NewVar(a), issA, accepted},
		{"ByIssuer", fixed(a), issA, accepted},
		{"ByIssuer refuses", fixed(a), issB, []told{{"keyed", "invalid", "iss_mismatch", ""}}},
		{"ByIssuer of a Var refuses", fixed(verifier.NewVar(a)), issB, []told{{"keyed", "invalid", "iss_mismatch", ""}}},
		{"ByIssuer, several observers", verifier.ByIssuer(map[string]verifier.Verifier{"z": keyed("z", by("z")), "a": a, "0": quiet}), issB,
			[]told{{"keyed", "invalid", "iss_mismatch", ""}}},
		{"ByIssuer without one", fixed(quiet), issB, nil},
		{"Route", routed(a, by("route")), issA, accepted},
		{"Route refuses", routed(a, by("route")), issB, []told{{"route", "invalid", "iss_mismatch", ""}}},
		{"Route is down", routed(a, by("route")), `{"iss":"down"}`, []told{{"route", "undecided", "unavailable", ""}}},
		{"Route cannot read it", routed(a, by("route")), `{"iss":1}`, []told{{"route", "invalid", "iss_malformed", ""}}},
		{"Route without one", routed(a), issB, nil},
		{"its verifier refuses", routed(a, by("route")), `{"iss":"a","sub":"user","exp":1}`, []told{{"keyed", "invalid", "expired", "a"}}},
		{"its verifier has none", routed(quiet, by("route")), issA, nil},
		{"nested", routed(fixed(verifier.NewVar(routed(a))), by("route")), issA, accepted},
		{"nested, the inner one refuses", verifier.Route(func(*claims.Set) string { return "x" },
			func(context.Context, string) (verifier.Verifier, error) { return routed(a, by("inner")), nil }, 1, by("route")), issB,
			[]told{{"inner", "invalid", "iss_mismatch", ""}}},
		{"nested, the inner one refuses and has none", verifier.Route(func(*claims.Set) string { return "x" },
			func(context.Context, string) (verifier.Verifier, error) { return fixed(quiet), nil }, 1, by("route")), issB,
			[]told{{"route", "invalid", "iss_mismatch", ""}}},
		{"an empty Var in it", routed(new(verifier.Var), by("route")), issA, []told{{"route", "undecided", "unavailable", ""}}},
		{"it refuses what its verifier accepted", verifier.Route(fickle,
			func(context.Context, string) (verifier.Verifier, error) { return a, nil }, 1, by("route")), issA,
			[]told{{"route", "invalid", "claim_mismatch", ""}}},
		{"the same without an observer", verifier.Route(fickle,
			func(context.Context, string) (verifier.Verifier, error) { return a, nil }, 1), issA,
			[]told{{"keyed", "invalid", "claim_mismatch", ""}}},
		{"a verifier of your own with its own observer", routed(verifier.Func(a.Verify), by("route")), issA, accepted},
	} {
		t.Run(test.name, func(t *testing.T) {
			log = nil
			raw := sign(goodHeader, test.payload)
			_, err := test.v.Verify(t.Context(), raw)
			if diff := cmp.Diff(test.want, log); diff != "" {
				t.Errorf("Verify: %v\n%s", err, diff)
			}
			if log = nil; test.name != "a verifier of your own with its own observer" { // it has no VerifyAt
				_, err = verifier.VerifyAt(t.Context(), test.v, raw, now)
				if diff := cmp.Diff(test.want, log); diff != "" {
					t.Errorf("VerifyAt: %v\n%s", err, diff)
				}
			}
		})
	}
	log = nil
	raw := sign(goodHeader, issA)
	if _, err := routed(a, by("route")).VerifyAt(t.Context(), raw, time.Time{}); !errors.Is(err, verifier.ErrNoTime) {
		t.Error(err)
	}
	if _, err := verifier.NewVar(a).VerifyAt(t.Context(), raw, time.Time{}); !errors.Is(err, verifier.ErrNoTime) {
		t.Error(err)
	}
	if diff := cmp.Diff([]told{{"route", "undecided", "no_time", ""}, {"keyed", "undecided", "no_time", ""}}, log); diff != "" {
		t.Error(diff)
	}
}

// TestObserverOfForgottenVerifier: a token that is verified again, since its verifier
// was forgotten meanwhile, is one token.
func TestObserverOfForgottenVerifier(t *testing.T) {
	var log events
	var r *verifier.Router
	forgets := 2
	v := newVerifier(t, hmacKeys(t), verifier.WithObserver(log.add), verifier.WithClaims(claims.ValidatorFunc(
		func(context.Context, *claims.Set, time.Time) error {
			if forgets--; forgets >= 0 {
				r.Forget("acme")
			}
			return nil
		})))
	r = verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) { return v, nil }, 1)
	check(t, r, tenantToken("acme"), nil, "")
	if all := log.take(); len(all) != 1 || all[0].Verdict() != verifier.Trusted || all[0].Subject() != "user-123" || forgets >= 0 {
		t.Errorf("%d Events: %+v", len(all), factsOf(all))
	}
}
