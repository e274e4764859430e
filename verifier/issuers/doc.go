// Package issuers makes a whole verifier from one reference, such as
// "cognito:eu-west-1_AbC123xyz?client=1ex": the keys of an issuer together with
// every check that its tokens need.
//
//	iss, err := issuers.Open(ctx, os.Getenv("JWT_ISSUERS"))
//	...
//	go keys.Run(ctx, iss.Keys()) // optional
//	auth := httpauth.New(iss, httpauth.WithLocation(iss.Location()))
//
// Keys alone are not enough: many issuers sign for everybody and let the caller
// choose "aud", and others sign ID tokens with the keys of their access tokens. A
// preset knows such rules, and [Open] fails if a parameter that its issuer needs is
// missing, and says why.
//
// # References
//
//	PRESET:ARGUMENT?PARAMETER=VALUE&PARAMETER=VALUE
//
// Several values of one parameter are alternatives: client=a&client=b accepts both
// clients. Different parameters must all hold. References are joined by commas; a
// comma inside one is %2C. [Presets] returns what each preset takes.
//
//	alb            the region; signer, client and iss
//	apple          client
//	auth0          the domain; aud
//	authelia       the issuer; aud
//	authentik      the issuer URL of the application; client
//	aws-sts        the issuer of the account; aud and sub
//	buildkite      aud and organization_id (or organization)
//	circleci       the organization; project and origin
//	clerk          the Frontend API host; origin
//	cloudflare     the team; aud
//	cognito        the user pool; client
//	dex            the issuer; client
//	entra          a tenant, several, organizations or common; client
//	entra-b2c      NAME/TENANT; policy and client
//	entra-ciam     NAME/TENANT; client
//	entra-v1       the tenant; aud and client
//	firebase       the project
//	github         aud and repository_id, repository_owner_id or job_workflow_ref
//	gitlab         aud and project_id or namespace_id
//	google         client
//	google-sa      aud and email
//	hcp-terraform  aud and organization
//	hydra          the issuer; aud
//	iap            aud
//	keycloak       the realm; aud
//	kubernetes     the issuer; aud and namespace or sub
//	nomad          the issuer; aud, namespace and job
//	oidc           any other issuer with discovery; aud
//	okta           the custom authorization server; aud
//	shopify        key and secret
//	spiffe         the trust domain; bundle and aud
//	supabase       the project
//	vault          the issuer; client
//	workos         the client ID
//	zitadel        the issuer; project and client
//
// Every preset also takes claim.NAME=VALUE, which requires the claim NAME to have
// that value. claim./a/b=VALUE is the member b of the claim a, a JSON Pointer
// (RFC 6901). lifetime=15m bounds the time from iat to exp. Presets of issuers that
// run in a network of their own take metadata=URL, ca=FILE and token=FILE, as
// keys.WithMetadataURL, keys.WithCAFile and keys.WithTokenFile do.
//
// # Changes without a restart
//
// [OpenFile] follows a file of references, and [Issuer.Replace] takes them from the
// program. A change is in force in one step, or not at all if it has a mistake.
//
// # Errors
//
// The errors of Verify are those of package verifier. A token of an issuer that is
// not in the list is refused without a request. Errors of Open name the reference
// by its place, the preset, the parameter and what to write; they quote no value.
//
// # Security
//
// Everything that package verifier checks is checked. A preset only adds to that,
// with two exceptions: cloudflare accepts tokens without a "sub" that have a
// "common_name", and alb reads base64 with padding, as AWS writes it.
package issuers
