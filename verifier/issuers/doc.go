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
// clients. Different parameters must all hold. In a value & is written %26, % as %25
// and ; as %3B; a plus sign is itself. References are joined by commas; a
// comma inside one is %2C. [Presets] returns what each preset takes.
//
//	alb               AWS Application Load Balancer; needs signer, client, iss
//	apple             Sign in with Apple; needs client
//	auth0             Auth0; needs aud
//	authelia          Authelia; needs aud
//	authentik         authentik; needs client
//	aws-sts           AWS outbound identity federation; needs aud, sub
//	buildkite         Buildkite; needs aud, organization_id or organization
//	circleci          CircleCI; needs project, origin
//	clerk             Clerk; needs origin
//	cloudflare        Cloudflare Access; needs aud
//	cognito           AWS Cognito; needs client
//	dex               Dex; needs client
//	entra             Microsoft Entra ID, v2 tokens; needs client
//	entra-b2c         Azure AD B2C; needs policy, client
//	entra-ciam        Microsoft Entra External ID; needs client
//	entra-v1          Microsoft Entra ID, v1 tokens; needs aud, client
//	firebase          Firebase Authentication; needs nothing
//	firebase-appcheck Firebase App Check; needs app
//	firebase-session  Firebase session cookies; needs cookie
//	github            GitHub Actions; needs aud, repository_id or repository_owner_id or job_workflow_ref
//	gitlab            GitLab CI; needs aud, project_id or namespace_id
//	google            Google sign-in; needs client
//	google-sa         Google service accounts; needs aud, email
//	hcp-terraform     HCP Terraform; needs aud, organization
//	hydra             Ory Hydra; needs aud
//	iap               Google Identity-Aware Proxy; needs aud
//	keycloak          Keycloak; needs aud
//	kubernetes        Kubernetes service accounts; needs aud, namespace or sub
//	nomad             Nomad workload identity; needs aud, namespace, job
//	oidc              Any other issuer with OpenID discovery; needs aud
//	okta              Okta, custom authorization server; needs aud
//	shopify           Shopify session tokens; needs key, secret
//	spiffe            SPIFFE JWT-SVID; needs bundle, aud
//	supabase          Supabase; needs nothing
//	vault             HashiCorp Vault; needs client
//	workos            WorkOS; needs nothing
//	zitadel           ZITADEL; needs project, client
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
// An issuer that signs for everybody, such as GitHub, has its own preset, and oidc
// and its like refuse it.
package issuers
