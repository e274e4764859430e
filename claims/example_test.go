package claims_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/claims"
)

// One of several validators is enough.
func ExampleAny() {
	staff := claims.Any(claims.Scope("admin"), claims.Scope("staff"))
	for _, payload := range []string{`{"scope":"staff profile"}`, `{"scope":"profile"}`} {
		set, err := claims.Parse([]byte(payload))
		if err != nil {
			panic(err)
		}
		fmt.Println(staff.Validate(context.Background(), set, time.Now()))
	}
	// Output:
	// <nil>
	// claims: scope: insufficient scope: lacks "admin"; scope: insufficient scope: lacks "staff"
}

// The time is an argument: the same token can be judged as of different times.
func ExampleExpiry() {
	set, err := claims.Parse([]byte(`{"exp":1700000000}`))
	if err != nil {
		panic(err)
	}
	v := claims.Expiry(30 * time.Second)
	fmt.Println(v.Validate(context.Background(), set, time.Unix(1_700_000_029, 0)))
	fmt.Println(v.Validate(context.Background(), set, time.Unix(1_700_000_030, 0)))
	// Output:
	// <nil>
	// claims: exp: expired 30s ago; it is now 2023-11-14T22:13:50Z, leeway 30s; is a clock wrong?
}

// A lack of scope is a refusal of its own: the token is valid.
func ExampleScope() {
	set, err := claims.Parse([]byte(`{"scope":"items:read"}`))
	if err != nil {
		panic(err)
	}
	err = claims.Scope("items:read", "items:write").Validate(context.Background(), set, time.Now())
	fmt.Println(errors.Is(err, claims.ErrInsufficientScope))
	fmt.Println(err)
	// Output:
	// true
	// claims: scope: insufficient scope: lacks "items:write"
}

// Names lead to a nested claim, one for each level.
func ExampleValue() {
	set, err := claims.Parse([]byte(`{"sub":"user-1","realm_access":{"roles":["reader","writer"]}}`))
	if err != nil {
		panic(err)
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

// Who acts for a subject may decide; who acted before may not.
func ExampleSet_Actor() {
	set, err := claims.Parse([]byte(`{"sub":"jane","act":{"sub":"service16","act":{"sub":"service77"}}}`))
	if err != nil {
		panic(err)
	}
	actor, ok, err := set.Actor()
	fmt.Println(actor.Subject, ok, err)
	fmt.Println(set)
	// Output:
	// service16 true <nil>
	// claims.Set[sub=jane]
}

// A struct of your own takes the claims that it names.
func ExampleDecode() {
	type profile struct {
		Subject  string `json:"sub"`
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	set, err := claims.Parse([]byte(`{"sub":"user-1","email":"ann@mail.example","email_verified":true,"nonce":"n"}`))
	if err != nil {
		panic(err)
	}
	p, err := claims.Decode[profile](set)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+v\n", p)
	// Output: {Subject:user-1 Email:ann@mail.example Verified:true}
}

// A check of your own gets the claims as a type of your own. A claim of the wrong
// type never reaches it.
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
			panic(err)
		}
		fmt.Println(active.Validate(context.Background(), set, time.Now()))
	}
	// Output:
	// <nil>
	// claims: tenant: the tenant is suspended
	// claims: tenant: missing
	// claims: tenant: malformed: does not fit the Go type asked for
}

// An error names the claim and wraps the reason.
func ExampleError() {
	err := claims.Subject().Validate(context.Background(), &claims.Set{}, time.Now())
	if refusal, ok := errors.AsType[*claims.Error](err); ok {
		fmt.Println(refusal.Claim, errors.Is(err, claims.ErrMissing))
	}
	// Output: sub true
}

// A validator that could not find out returns an outage, not a refusal.
func ExampleIsUnavailable() {
	lookup := func(_ context.Context, user string) (banned bool, err error) {
		return false, context.DeadlineExceeded // a slow database
	}
	notBanned := claims.ValidatorFunc(func(ctx context.Context, s *claims.Set, _ time.Time) error {
		banned, err := lookup(ctx, s.Subject)
		switch {
		case err != nil:
			return fmt.Errorf("%w: list of banned users: %w", claims.ErrUnavailable, err)
		case banned:
			return errors.New("the user is banned")
		}
		return nil
	})
	err := notBanned.Validate(context.Background(), &claims.Set{Subject: "user-1"}, time.Now())
	fmt.Println(claims.IsUnavailable(err))
	// Output: true
}

// A token of a CI job is only worth something for the repository it names.
func ExampleOneOf() {
	set, err := claims.Parse([]byte(`{"repository_owner_id": "9919", "ref_protected": "false"}`))
	if err != nil {
		panic(err)
	}
	v := claims.All(claims.OneOf("repository_owner_id", "9919"), claims.OneOf("ref_protected", "true"))
	fmt.Println(v.Validate(context.Background(), set, time.Now()))
	// Output:
	// claims: ref_protected: not the expected value: it is "false", expected "true"
}

// Clients write the URI of a service in slightly different ways.
func ExampleResource() {
	v := claims.Resource("https://api.example/mcp")
	for _, aud := range []string{"https://API.example:443/mcp/", "https://api.example@evil.example/mcp"} {
		err := v.Validate(context.Background(), &claims.Set{Audience: []string{aud}}, time.Now())
		fmt.Println(err == nil)
	}
	// Output:
	// true
	// false
}

// Roles and permissions are lists of words too, wherever a provider puts them.
func ExampleScopesAt() {
	set, err := claims.Parse([]byte(`{"realm_access":{"roles":["editor","viewer"]}}`))
	if err != nil {
		panic(err)
	}
	roles, err := claims.ScopesAt(set, "realm_access", "roles")
	if err != nil {
		panic(err)
	}
	fmt.Println(roles)
	// Output: [editor viewer]
}
