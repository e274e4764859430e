package claims_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/claims"
)

// Validators compose: All is the chain, Any is the choice.
func ExampleAny() {
	staff := claims.All(
		claims.Issuer("https://issuer.example"),
		claims.Expiry(30*time.Second),
		claims.Any(claims.Scope("admin"), claims.Scope("staff")),
	)
	set, err := claims.Parse([]byte(`{"iss":"https://issuer.example","exp":1700000000,"scope":"staff"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	before := time.Unix(1_699_999_000, 0)
	after := time.Unix(1_700_000_030, 0)
	fmt.Println(staff.Validate(context.Background(), set, before))
	fmt.Println(staff.Validate(context.Background(), set, after))
	// Output:
	// <nil>
	// claims: exp: expired 30s ago; now is 2023-11-14T22:13:50Z, and the leeway 30s; is a clock off?
}

// A claim deeper down is found by the names on the way to it.
func ExampleValue() {
	set, err := claims.Parse([]byte(`{"sub":"user-1","realm_access":{"roles":["reader","writer"]}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	roles, ok, err := claims.Value[[]string](set, "realm_access", "roles")
	fmt.Println(roles, ok, err)
	groups, ok, err := claims.Value[[]string](set, "realm_access", "groups")
	fmt.Println(groups, ok, err)
	_, ok, err = claims.Value[int](set, "realm_access", "roles")
	fmt.Println(ok, err)
	// Output:
	// [reader writer] true <nil>
	// [] false <nil>
	// false claims: realm_access.roles: malformed: does not fit the Go type asked for
}

// The whole payload is read into a struct of your own.
func ExampleDecode() {
	type profile struct {
		Subject  string `json:"sub"`
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	set, err := claims.Parse([]byte(`{"sub":"user-1","email":"ann@mail.example","email_verified":true,"nonce":"n"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := claims.Decode[profile](set)
	fmt.Printf("%+v %v\n", p, err)
	// Output: {Subject:user-1 Email:ann@mail.example Verified:true} <nil>
}

// A check of your own gets the claims in a type of your own.
func ExampleTyped() {
	type tenancy struct {
		Tenant string `json:"tenant"`
	}
	errSuspended := errors.New("the tenant is suspended")
	active := claims.Typed(func(_ context.Context, c tenancy) error {
		switch c.Tenant {
		case "":
			return &claims.Error{Claim: "tenant", Err: claims.ErrMissing}
		case "initech":
			return &claims.Error{Claim: "tenant", Err: errSuspended}
		}
		return nil
	})
	for _, payload := range []string{`{"tenant":"acme"}`, `{"tenant":"initech"}`, `{}`, `{"tenant":7}`} {
		set, err := claims.Parse([]byte(payload))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(active.Validate(context.Background(), set, time.Now()))
	}
	// Output:
	// <nil>
	// claims: tenant: the tenant is suspended
	// claims: tenant: missing
	// claims: tenant: malformed: does not fit the Go type asked for
}

// A validator that could not find out says so, and nothing is decided.
func ExampleIsUnavailable() {
	banned := claims.ValidatorFunc(func(ctx context.Context, s *claims.Set, _ time.Time) error {
		err := context.DeadlineExceeded // what a slow database answers
		return fmt.Errorf("the list of banned users: %w", err)
	})
	err := banned.Validate(context.Background(), &claims.Set{Subject: "user-1"}, time.Now())
	fmt.Println(claims.IsUnavailable(err))
	// Output: true
}
