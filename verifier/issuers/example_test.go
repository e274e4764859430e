package issuers_test

import (
	"context"
	"fmt"

	"github.com/jwtverify/jwtverify/verifier/issuers"
)

// One reference makes a verifier with every check that the tokens of its issuer
// need. A reference that lacks one is an error that says why.
func Example() {
	ctx := context.Background()

	_, err := issuers.Open(ctx, "github:?aud=https://api.example")
	fmt.Println(err)

	// People who signed in with Auth0, and builds of one repository.
	iss, err := issuers.Open(ctx, "auth0:my-domain.eu.auth0.com?aud=https://api.example,"+
		"github:?aud=https://api.example&repository_id=123456&ref=refs/heads/main")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iss.Names(), "in", iss.Location().Schemes)

	// It is a verifier as any other.
	_, err = iss.Verify(ctx, "not-a-token")
	fmt.Println(err)
	// Output:
	// issuers: github: needs repository_id, repository_owner_id or job_workflow_ref: GitHub signs for every repository, and the workflow chooses aud
	// [auth0 github] in [Bearer]
	// verifier: malformed token: it has 1 parts, not 3
}
