package providers

import (
	"slices"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

const (
	org     = "8268f1d5-9e76-4077-bf49-2c2007b7d71f"
	project = "6a7c9f0e-0000-4000-8000-000000000001"
	role    = "arn:aws:iam::123456789012:role/web"
	lb      = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
)

var machines = []*Provider{
	{
		Preset: "github", Reference: "github:?aud=https://api.example&repository_id=123456&ref=refs/heads/main", Issuer: "https://token.actions.githubusercontent.com", Options: with(),
		Claims: m{"sub": "repo:octo@1/shop@123456:ref:refs/heads/main", "aud": "https://api.example", "repository_id": "123456", "repository_owner_id": "1", "ref": "refs/heads/main", "event_name": "push", "job_workflow_ref": "octo/shop/.github/workflows/deploy.yml@refs/heads/main"},
		Wrong: []Variant{
			{Name: "other repository", Claims: m{"repository_id": "654321", "sub": "repo:evil@2/shop@654321:ref:refs/heads/main"}},
			{Name: "no repository", Claims: m{"repository_id": nil}},
			{Name: "other branch", Claims: m{"ref": "refs/heads/evil"}},
			{Name: "pull request", Claims: m{"ref": "refs/pull/1/merge", "event_name": "pull_request"}},
			{Name: "other enterprise", Claims: m{"iss": "https://token.actions.githubusercontent.com/evil"}},
			{Name: "a tag of that name", Claims: m{"ref": "refs/tags/main"}},
			{Name: "repository ID as a list", Claims: m{"repository_id": []string{"123456"}}},
			otherAudience,
		},
	},
	{
		Preset: "github", Reference: "github:octo-enterprise?aud=https://api.example&repository_owner_id=1", Issuer: "https://token.actions.githubusercontent.com/octo-enterprise", Options: with(),
		Claims: m{"sub": "repo:octo@1/shop@123456:ref:refs/heads/main", "aud": "https://api.example", "repository_id": "123456", "repository_owner_id": "1"},
		Wrong: []Variant{
			{Name: "other owner", Claims: m{"repository_owner_id": "2"}},
			{Name: "the public issuer", Claims: m{"iss": "https://token.actions.githubusercontent.com"}},
		},
	},
	{
		Preset: "gitlab", Reference: "gitlab:?aud=https://api.example&project_id=42&ref_protected=true", Issuer: "https://gitlab.com", Options: with(),
		Claims: m{"sub": "project_path:octo/shop:ref_type:branch:ref:main", "aud": "https://api.example", "project_id": "42", "namespace_id": "7", "ref_protected": "true", "ref": "main", "ref_type": "branch"},
		Good:   []Variant{{Name: "a boolean", Claims: m{"ref_protected": true}}, {Name: "a number", Claims: m{"project_id": 42}}},
		Wrong: []Variant{
			{Name: "other project", Claims: m{"project_id": "43"}},
			{Name: "unprotected branch", Claims: m{"ref_protected": "false"}},
			{Name: "sign-in with GitLab", Claims: m{"project_id": nil, "ref_protected": nil, "sub": "1234"}},
			otherAudience,
		},
	},
	{
		Preset: "gitlab", Reference: "gitlab:https://gitlab.example:8443?aud=https://api.example&namespace_id=7&ref=main", Issuer: "https://gitlab.example:8443", Options: with(),
		Claims: m{"sub": "project_path:octo/shop:ref_type:branch:ref:main", "aud": "https://api.example", "project_id": "42", "namespace_id": "7", "ref_protected": "true", "ref": "main", "ref_type": "branch"},
		Wrong: []Variant{
			{Name: "other namespace", Claims: m{"namespace_id": "8"}},
			{Name: "a tag with the name of the branch", Claims: m{"ref_type": "tag"}},
			{Name: "other branch", Claims: m{"ref": "evil"}},
			{Name: "gitlab.com", Claims: m{"iss": "https://gitlab.com"}},
		},
	},
	{
		Preset: "buildkite", Reference: "buildkite:?aud=https://api.example&organization_id=" + org + "&pipeline=deploy", Issuer: "https://agent.buildkite.com", Options: with(),
		Claims: m{"sub": "organization:octo:pipeline:deploy:ref:refs/heads/main", "aud": "https://api.example", "organization_id": org, "organization_slug": "octo", "pipeline_slug": "deploy", "build_branch": "main"},
		Wrong: []Variant{
			{Name: "other organization", Claims: m{"organization_id": tenant}},
			{Name: "other pipeline", Claims: m{"pipeline_slug": "evil"}},
			otherAudience,
		},
	},
	{
		Preset: "hcp-terraform", Reference: "hcp-terraform:?aud=orders-api&organization=org-GRNbCjYNpBB6NEBH&phase=apply", Issuer: "https://app.terraform.io", Options: with(),
		Claims: m{"sub": "organization:octo:project:p:workspace:w:run_phase:apply", "aud": "orders-api", "terraform_organization_id": "org-GRNbCjYNpBB6NEBH", "terraform_run_phase": "apply"},
		Wrong: []Variant{
			{Name: "other organization", Claims: m{"terraform_organization_id": "org-Evil"}},
			{Name: "plan", Claims: m{"terraform_run_phase": "plan"}},
			otherAudience,
		},
	},
	{
		Preset: "circleci", Reference: "circleci:" + org + "?project=" + project + "&origin=github.com/octo/shop", Issuer: "https://oidc.circleci.com/org/" + org, Options: with(),
		Claims: m{"sub": "org/" + org + "/project/" + project + "/user/u", "aud": org, "oidc.circleci.com/project-id": project, "oidc.circleci.com/vcs-origin": "github.com/octo/shop", "oidc.circleci.com/vcs-ref": "refs/heads/main", "oidc.circleci.com/ssh-rerun": false},
		Wrong: []Variant{
			{Name: "fork build", Claims: m{"oidc.circleci.com/vcs-origin": "github.com/evil/shop"}},
			{Name: "other project", Claims: m{"oidc.circleci.com/project-id": tenant}},
			{Name: "run again over SSH", Claims: m{"oidc.circleci.com/ssh-rerun": true}},
			{Name: "other organization", Claims: m{"iss": "https://oidc.circleci.com/org/" + tenant, "aud": tenant}},
			otherAudience,
		},
	},
	{
		Preset: "kubernetes", Reference: "kubernetes:https://kubernetes.default.svc.cluster.local?aud=orders-api&namespace=shop&serviceaccount=web", Issuer: "https://kubernetes.default.svc.cluster.local", Options: with(), Header: m{"typ": nil},
		Claims: m{"sub": "system:serviceaccount:shop:web", "aud": []string{"orders-api"}, "kubernetes.io": m{"namespace": "shop", "serviceaccount": m{"name": "web", "uid": "u"}, "pod": m{"name": "web-1"}}},
		Wrong: []Variant{
			{Name: "other namespace", Claims: m{"sub": "system:serviceaccount:evil:web", "kubernetes.io": m{"namespace": "evil", "serviceaccount": m{"name": "web"}}}},
			{Name: "other service account", Claims: m{"kubernetes.io": m{"namespace": "shop", "serviceaccount": m{"name": "evil"}}}},
			{Name: "the default token of a pod", Claims: m{"aud": []string{"https://kubernetes.default.svc.cluster.local"}}},
			{Name: "other service account, by its subject alone", Claims: m{"kubernetes.io": nil}},
			{Name: "legacy token", Claims: m{"iss": "kubernetes/serviceaccount", "exp": nil, "aud": nil}},
			{Name: "no service account", Claims: m{"sub": "system:node:n1"}},
			otherAudience,
		},
	},
	{
		Preset: "spiffe", Reference: "spiffe:example.org?bundle=https://spire.example/bundle&aud=orders-api", Issuer: "https://spire.example/unused", Options: []verifiertest.Option{verifiertest.WithJWKSURL("https://spire.example/bundle"), verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("use", "jwt-svid"), verifiertest.WithKeyMember("alg", nil)},
		Claims: m{"iss": nil, "sub": "spiffe://example.org/web", "aud": []string{"orders-api"}},
		Good: []Variant{
			{Name: "an issuer of SPIRE", Claims: m{"iss": "https://oidc.example.org"}},
			{Name: "no typ", Header: m{"typ": nil}},
			{Name: "typ JOSE", Header: m{"typ": "JOSE"}},
		},
		Wrong: []Variant{
			{Name: "other trust domain", Claims: m{"sub": "spiffe://evil.org/web"}},
			{Name: "a trust domain that begins alike", Claims: m{"sub": "spiffe://example.org.evil/web"}},
			{Name: "no SPIFFE ID", Claims: m{"sub": "web"}},
			{Name: "access token", Header: m{"typ": "at+jwt"}},
			{Name: "no expiry", Claims: m{"exp": nil}},
			{Name: "a key of another use", By: "https://spire.example/other"},
			otherAudience,
		},
		Others: []Other{{"https://spire.example/other", []verifiertest.Option{verifiertest.WithJWKSURL("https://spire.example/bundle"), verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("use", nil)}}},
	},
	{
		Preset: "vault", Reference: "vault:https://vault.example:8200/v1/identity/oidc?client=AbC", Issuer: "https://vault.example:8200/v1/identity/oidc", Options: with(), Header: m{"typ": nil},
		Claims: m{"sub": "entity-1", "aud": "AbC", "namespace": "root"},
		Wrong:  []Variant{{Name: "other role", Claims: m{"aud": "Other"}}, {Name: "other mount", Claims: m{"iss": "https://vault.example:8200/v1/other/identity/oidc"}}},
	},
	{
		Preset: "nomad", Reference: "nomad:https://nomad.example:4646?aud=orders-api&namespace=default&job=web", Issuer: "https://nomad.example:4646", Options: with(),
		Claims: m{"sub": "global:default:web:app:main:default", "aud": "orders-api", "nomad_namespace": "default", "nomad_job_id": "web", "nomad_task": "main"},
		Wrong: []Variant{
			{Name: "other job", Claims: m{"nomad_job_id": "evil"}},
			{Name: "other namespace", Claims: m{"nomad_namespace": "evil"}},
			otherAudience,
			{Name: "default identity", Claims: m{"aud": "nomadproject.io", "exp": nil}},
		},
	},
	{
		Preset: "nomad", Reference: "nomad:https://nomad.internal:4646?aud=orders-api&namespace=default&job=web&iss=none", Issuer: "https://nomad.internal:4646", Options: jwks("https://nomad.internal:4646/.well-known/jwks.json"),
		Claims: m{"iss": nil, "sub": "global:default:web:app:main:default", "aud": "orders-api", "nomad_namespace": "default", "nomad_job_id": "web", "nomad_task": "main"},
		Wrong: []Variant{
			{Name: "names an issuer", Claims: m{"iss": "https://nomad.internal:4646"}},
			{Name: "other job", Claims: m{"nomad_job_id": "evil"}},
			{Name: "other namespace", Claims: m{"nomad_namespace": "evil"}},
			{Name: "no job", Claims: m{"nomad_job_id": nil}},
			{Name: "no expiry", Claims: m{"exp": nil}},
			{Name: "key of another cluster", By: "https://nomad.other:4646"},
			otherAudience,
		},
		Others: []Other{{"https://nomad.other:4646", jwks("https://nomad.other:4646/.well-known/jwks.json")}},
	},
	{
		Preset: "google-sa", Reference: "google-sa:?aud=https://api.example&email=web@my-project.iam.gserviceaccount.com", Issuer: "https://accounts.google.com", Options: jwks("https://www.googleapis.com/oauth2/v3/certs"),
		Claims: m{"sub": "107", "azp": "107", "aud": "https://api.example", "email": "web@my-project.iam.gserviceaccount.com", "email_verified": true},
		Wrong: []Variant{
			{Name: "service account of any project", Claims: m{"sub": "108", "azp": "108", "email": "web@evil.iam.gserviceaccount.com"}},
			{Name: "unverified e-mail", Claims: m{"email_verified": false}},
			{Name: "no e-mail", Claims: m{"email": nil, "email_verified": nil}},
			otherAudience,
		},
	},
	{
		Preset: "aws-sts", Reference: "aws-sts:https://a1d2b0fd-1177-4468-9351-2fe000000723.tokens.sts.global.api.aws?aud=https://api.example&sub=" + role, Issuer: "https://a1d2b0fd-1177-4468-9351-2fe000000723.tokens.sts.global.api.aws", Options: []verifiertest.Option{verifiertest.WithAlgorithm(keys.ES384)},
		Claims: m{"sub": role, "aud": "https://api.example", "jti": "1", "https://sts.amazonaws.com/": m{"aws_account": "123456789012"}},
		Wrong: []Variant{
			{Name: "other role of the account", Claims: m{"sub": "arn:aws:iam::123456789012:role/evil"}},
			{Name: "other account", Claims: m{"iss": "https://ffffffff-1177-4468-9351-2fe000000723.tokens.sts.global.api.aws"}},
			otherAudience,
		},
	},
}

var gateways = []*Provider{
	{
		Preset: "alb", Reference: "alb:eu-west-1?iss=https://idp.example&signer=" + lb + "&client=1ex", Issuer: "https://idp.example", Padded: true, PerKey: "public-keys.auth.elb.eu-west-1.amazonaws.com",
		Options: []verifiertest.Option{verifiertest.WithoutDiscovery()},
		Header:  m{"signer": lb, "client": "1ex", "iss": "https://idp.example", "exp": int64(4000000000)},
		Claims:  m{"sub": "u", "email": "a@example.com", "iat": nil},
		Wrong: []Variant{
			{Name: "other load balancer", Header: m{"signer": "arn:aws:elasticloadbalancing:eu-west-1:666666666666:loadbalancer/app/evil/50dc6c495c0c9188"}},
			{Name: "no load balancer", Header: m{"signer": nil}},
			{Name: "signer in the claims alone", Header: m{"signer": nil}, Claims: m{"signer": lb}},
			{Name: "other client", Header: m{"client": "2ex"}},
			{Name: "other identity provider", Claims: m{"iss": "https://evil.example"}},
			{Name: "a kid that is a path", Header: m{"kid": "../evil"}},
		},
	},
	{
		Preset: "iap", Reference: "iap:?aud=/projects/123456/global/backendServices/7890", Issuer: "https://cloud.google.com/iap", Options: []verifiertest.Option{verifiertest.WithJWKSURL("https://www.gstatic.com/iap/verify/public_key-jwk"), verifiertest.WithoutDiscovery()},
		Claims: m{"sub": "accounts.google.com:1", "email": "a@example.com", "aud": "/projects/123456/global/backendServices/7890"},
		Wrong: []Variant{
			{Name: "another customer of IAP", Claims: m{"aud": "/projects/666/global/backendServices/7890"}},
			{Name: "another service of the project", Claims: m{"aud": "/projects/123456/global/backendServices/1"}},
			{Name: "a long life", Claims: m{"exp": int64(4000000000)}},
		},
	},
	{
		Preset: "cloudflare", Reference: "cloudflare:team?aud=" + tag, Issuer: "https://team.cloudflareaccess.com", Options: jwks("https://team.cloudflareaccess.com/cdn-cgi/access/certs"),
		Claims: m{"sub": "u", "aud": []string{tag}, "type": "app", "email": "a@example.com", "identity_nonce": "n"},
		Good:   []Variant{{Name: "service token", Claims: m{"sub": "", "common_name": "abc.access"}}},
		Wrong: []Variant{
			{Name: "other application", Claims: m{"aud": []string{long(64)}}},
			{Name: "organization token", Claims: m{"type": "org"}},
			{Name: "nobody's", Claims: m{"sub": ""}},
			{Name: "other team", Claims: m{"iss": "https://evil.cloudflareaccess.com"}},
		},
	},
}

const tag = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"

// All returns every simulated provider.
func All() []*Provider { return slices.Concat(people, entras, machines, gateways) }
