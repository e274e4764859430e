package claims_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
)

var errReached = errors.New("the validator ran")

func reached(context.Context, *claims.Set, time.Time) error { return errReached }

// returns is a validator that adds its name to ran and returns err.
func returns(ran *[]string, name string, err error) claims.Validator {
	return claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error {
		*ran = append(*ran, name)
		return err
	})
}

// What a validator can return.
var (
	errOther = errors.New("not today")
	errDown  = fmt.Errorf("the database: %w", claims.ErrUnavailable)
	errScope = &claims.Error{Claim: "scope", Err: claims.ErrInsufficientScope}
	errIss   = &claims.Error{Claim: "iss", Err: claims.ErrMismatch}
)

func TestAll(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers []error
		want    error
		ran     []string
	}{
		{"none", nil, nil, nil},
		{"one accepts", []error{nil}, nil, []string{"0"}},
		{"all accept, in order", []error{nil, nil, nil}, nil, []string{"0", "1", "2"}},
		{"stops at the first refusal", []error{nil, errIss, nil, errScope}, errIss, []string{"0", "1"}},
		{"the error is kept as it is", []error{errOther, errDown}, errOther, []string{"0"}},
		{"stops where nothing is decided", []error{errDown, errIss}, errDown, []string{"0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ran, err := runAll(t, claims.All, test.answers)
			if err != test.want {
				t.Errorf("Validate = %v, want %v", err, test.want)
			}
			if diff := cmp.Diff(test.ran, ran); diff != "" {
				t.Errorf("ran (-want +got)\n%s", diff)
			}
		})
	}
}

func runAll(t *testing.T, chain func(...claims.Validator) claims.Validator, answers []error) (ran []string, err error) {
	t.Helper()
	var vs []claims.Validator
	for i, answer := range answers {
		vs = append(vs, returns(&ran, fmt.Sprint(i), answer))
	}
	err = chain(vs...).Validate(t.Context(), new(claims.Set), time.Now())
	return ran, err
}

func TestAny(t *testing.T) {
	canceled := fmt.Errorf("the database: %w", context.Canceled)
	for _, test := range []struct {
		name    string
		answers []error
		want    []error // what the error wraps; empty: accepts
		not     []error // what it must not wrap
		ran     int     // how many validators
	}{
		{"none", nil, []error{claims.ErrMismatch}, nil, 0},
		{"one accepts", []error{nil}, nil, nil, 1},
		{"stops at the first that accepts", []error{nil, errIss, nil}, nil, nil, 1},
		{"one accepts after a refusal", []error{errIss, nil}, nil, nil, 2},
		{"one accepts after an outage", []error{errDown, nil}, nil, nil, 2},
		{"one accepts after a lack of scope", []error{errScope, nil}, nil, nil, 2},
		{"one refuses", []error{errIss}, []error{claims.ErrMismatch}, nil, 1},
		{"all refuse", []error{errIss, errOther}, []error{errIss, errOther}, nil, 2},
		{"all lack scope", []error{errScope, errScope}, []error{claims.ErrInsufficientScope}, nil, 2},
		{"a lack of scope is milder than a refusal", []error{errIss, errScope, errOther}, []error{errScope}, []error{errIss, errOther}, 3},
		{"an outage is milder than a refusal", []error{errDown, errIss}, []error{errDown}, []error{errIss}, 2},
		{"an outage is milder than a lack of scope", []error{errScope, errDown}, []error{errDown}, []error{errScope}, 2},
		{"a canceled context is milder than all", []error{errIss, errScope, canceled}, []error{canceled}, []error{errIss, errScope}, 3},
		{"two outages", []error{errDown, errIss, canceled}, []error{errDown, canceled}, []error{errIss}, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			ran, err := runAll(t, claims.Any, test.answers)
			if (err == nil) != (len(test.want) == 0) {
				t.Fatalf("Validate = %v, want %v", err, test.want)
			}
			for _, want := range test.want {
				if !errors.Is(err, want) {
					t.Errorf("Validate = %v, want it to wrap %v", err, want)
				}
			}
			for _, not := range test.not {
				if errors.Is(err, not) {
					t.Errorf("Validate = %v, want it not to wrap %v", err, not)
				}
			}
			if len(ran) != test.ran {
				t.Errorf("%q ran, want the first %d", ran, test.ran)
			}
		})
	}
}

// TestChainsPassOn: every link gets the context, the claims and the time of the whole
// chain, however deeply it is nested.
func TestChainsPassOn(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	set, now := parse(t, `{"sub":"s","x":1}`), time.Unix(1_700_000_000, 0)
	ran := false
	link := claims.ValidatorFunc(func(c context.Context, s *claims.Set, at time.Time) error {
		ran = true
		if c.Value(key{}) != "value" || s != set || !at.Equal(now) {
			t.Errorf("the link sees %v, %p, %v; want %v, %p, %v", c, s, at, ctx, set, now)
		}
		return nil
	})
	v := claims.All(claims.Any(claims.Optional("x", claims.Optional("sub", claims.All(link)))))
	if err := v.Validate(ctx, set, now); err != nil {
		t.Errorf("Validate = %v, want nil", err)
	}
	if !ran {
		t.Error("the link did not run")
	}
}

func TestOptional(t *testing.T) {
	for _, test := range []struct {
		name, claim, payload string
		runs                 bool
	}{
		{"registered and there", "sub", `{"sub":"s"}`, true},
		{"registered, there and empty", "sub", `{"sub":""}`, true},
		{"registered, there and zero", "exp", `{"exp":0}`, true},
		{"registered, there and an empty list", "aud", `{"aud":[]}`, true},
		{"registered and absent", "sub", `{"SUB":"s"}`, false},
		{"unknown and there", "tenant", `{"tenant":{}}`, true},
		{"unknown, there and empty", "tenant", `{"tenant":""}`, true},
		{"unknown, there and false", "tenant", `{"tenant":false}`, true},
		{"unknown and absent", "tenant", `{"Tenant":1}`, false},
		{"unknown and nested", "tenant", `{"x":{"tenant":1}}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := claims.Optional(test.claim, claims.ValidatorFunc(reached))
			err := v.Validate(t.Context(), parse(t, test.payload), time.Now())
			if (err == errReached) != test.runs || err != nil && err != errReached {
				t.Errorf("Validate = %v, want it to run: %v", err, test.runs)
			}
		})
	}
}

func TestTyped(t *testing.T) {
	type tenancy struct {
		Tenant string `json:"tenant"`
		Plan   int    `json:"plan"`
	}
	var got tenancy
	v := claims.Typed(func(_ context.Context, c tenancy) error {
		got = c
		if c.Plan < 1 {
			return errOther
		}
		return nil
	})
	if err := v.Validate(t.Context(), parse(t, `{"sub":"s","tenant":"t","plan":2}`), time.Now()); err != nil {
		t.Errorf("Validate = %v, want nil", err)
	}
	if want := (tenancy{"t", 2}); got != want {
		t.Errorf("check got %+v, want %+v", got, want)
	}
	if err := v.Validate(t.Context(), parse(t, `{"plan":0}`), time.Now()); err != errOther {
		t.Errorf("Validate = %v, want the error of check as it is", err)
	}
	got = tenancy{Tenant: "did not run"}
	malformed(t, v.Validate(t.Context(), parse(t, `{"tenant":"t","plan":"two"}`), time.Now()), "plan")
	if got.Tenant != "did not run" {
		t.Errorf("check was called with %+v, which does not fit", got)
	}
}

func TestNilValidatorPanics(t *testing.T) {
	good := claims.Subject()
	for name, make := range map[string]func(){
		"All":      func() { claims.All(good, nil) },
		"Any":      func() { claims.Any(nil) },
		"Optional": func() { claims.Optional("sub", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it does not panic")
				}
			}()
			make()
		})
	}
}

// TestPresence: Required and Optional agree on whether a claim is present, even in a
// Set that was filled in by hand.
func TestPresence(t *testing.T) {
	filled := &claims.Set{Subject: "a", Expiry: time.Unix(1, 0)}
	parsed, err := claims.Parse([]byte(`{"sub":"","own":1,"gone":null}`))
	if err != nil {
		t.Fatal(err)
	}
	ran := errors.New("ran")
	for _, test := range []struct {
		name string
		set  *claims.Set
		want bool
	}{
		{"sub", filled, true}, {"exp", filled, true}, {"nbf", filled, false}, {"own", filled, false},
		{"sub", parsed, true}, {"exp", parsed, false}, {"own", parsed, true}, {"gone", parsed, false},
	} {
		if got := claims.Required(test.name).Validate(t.Context(), test.set, time.Time{}) == nil; got != test.want {
			t.Errorf("Required(%q) accepts: %v, want %v", test.name, got, test.want)
		}
		runs := claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return ran })
		if got := claims.Optional(test.name, runs).Validate(t.Context(), test.set, time.Time{}) != nil; got != test.want {
			t.Errorf("Optional(%q) runs it: %v, want %v", test.name, got, test.want)
		}
	}
}
