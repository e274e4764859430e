package claims_test

import (
	"context"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/claims"
)

// An account is what the tokens of this API say beyond the registered claims.
type account struct {
	Tenant string   `json:"tenant"`
	Plan   string   `json:"plan"`
	Roles  []string `json:"roles"`
}

// paidPlan refuses accounts on the free plan.
func paidPlan(_ context.Context, a account) error {
	if a.Plan == "" || a.Plan == "free" {
		return &claims.Error{Claim: "plan", Err: claims.ErrMismatch}
	}
	return nil
}

// A chain of validators refuses a token with the first error. A program usually
// gives such validators to verifier.WithClaims, which runs them once the
// signature and the registered claims have been checked.
func Example() {
	chain := claims.All(
		claims.Issuer("https://issuer.example"),
		claims.Expiry(30*time.Second),
		claims.Required("tenant"),
		claims.Typed(paidPlan),
	)

	now := time.Unix(1_700_000_000, 0)
	for _, payload := range []string{
		`{"iss":"https://issuer.example","exp":1700000060,"tenant":"acme","plan":"pro","roles":["admin"]}`,
		`{"iss":"https://issuer.example","exp":1700000060,"tenant":"acme","plan":"free"}`,
		`{"iss":"https://issuer.example","exp":1700000060,"plan":"pro"}`,
		`{"iss":"https://issuer.example/","exp":1700000060}`,
	} {
		set, err := claims.Parse([]byte(payload))
		if err != nil {
			fmt.Println("malformed:", err)
			continue
		}
		if err := chain.Validate(context.Background(), set, now); err != nil {
			fmt.Println("refused:", err)
			continue
		}
		a, err := claims.Decode[account](set)
		if err != nil {
			fmt.Println("unreadable:", err)
			continue
		}
		fmt.Println("accepted:", a.Tenant, a.Roles)
	}
	// Output:
	// accepted: acme [admin]
	// refused: claims: plan: not the expected value
	// refused: claims: tenant: missing
	// refused: claims: iss: not the expected value: it is "https://issuer.example/", expected "https://issuer.example"; they differ only in a trailing slash
}
