package issuers

import (
	"cmp"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// machines are the presets of issuers that sign for programs: builds, workloads
// and service accounts. Most of them sign for everybody and let the caller choose
// "aud", so they need a claim that the caller cannot choose.
var machines = []*preset{
	{
		name: "github", title: "GitHub Actions", example: "github:?aud=https://api.example&repository_id=123456",
		arg: argument{usage: "the slug of the enterprise, where it has an issuer of its own, or the https URL of the issuer of an Enterprise Server",
			shape: shape(`(?P<slug>[A-Za-z0-9][A-Za-z0-9-]*)|` + httpsURL), optional: true},
		algs: rs256, everybody: shape(`https://token\.actions\.githubusercontent\.com(?:/.*)?`),
		params: []param{
			{name: "aud", usage: "the audience that your workflows ask for", effect: audience},
			{name: "repository_id", usage: "the ID of the repository, a number", shape: shape(`[0-9]+`), effect: isClaim("repository_id")},
			{name: "repository_owner_id", usage: "the ID of the owner, a number", shape: shape(`[0-9]+`), effect: isClaim("repository_owner_id")},
			{name: "job_workflow_ref", usage: "OWNER/REPO/.github/workflows/FILE@REF; alone, it lets in every repository that may call that workflow, which for a public one is all", shape: shape(`[^/]+/[^/]+/\.github/workflows/[^@]+@.+`), effect: isClaim("job_workflow_ref")},
			{name: "environment", usage: "the deployment environment", effect: isClaim("environment")},
			{name: "ref", usage: "the Git reference, such as refs/heads/main", shape: shape(`refs/.+`), effect: isClaim("ref")},
			{name: "event_name", usage: "the event, such as push", effect: isClaim("event_name")},
			{name: "sub", usage: "the whole subject", effect: isClaim("sub")},
		},
		needs: []string{"aud", "repository_id|repository_owner_id|job_workflow_ref"},
		why:   "GitHub signs for every repository, and the workflow chooses aud",
		finish: func(o *opening) {
			o.issuers = []string{"https://token.actions.githubusercontent.com"}
			switch slug := o.vars["slug"]; {
			case slug != "":
				o.issuers = []string{o.issuers[0] + "/" + slug}
			case o.arg != "":
				o.issuers = []string{o.arg}
			}
		},
	},
	{
		name: "gitlab", title: "GitLab CI", example: "gitlab:?aud=https://api.example&project_id=42&ref_protected=true",
		arg:  argument{usage: "the https URL of your GitLab, where it is not gitlab.com", shape: shape(privateURL), optional: true, issuer: true},
		algs: rs256, everybody: shape(`https://gitlab\.com`),
		params: append([]param{
			{name: "aud", usage: "the audience that your jobs ask for", effect: audience},
			{name: "project_id", usage: "the ID of the project, a number", shape: shape(`[0-9]+`), effect: isClaim("project_id")},
			{name: "namespace_id", usage: "the ID of the group or user, a number", shape: shape(`[0-9]+`), effect: isClaim("namespace_id")},
			{name: "ref_protected", usage: "true, for protected branches and tags only", shape: shape(`true`), effect: isClaim("ref_protected")},
			{name: "ref", usage: "the branch, such as main; a tag with ref_type=tag", effect: isClaim("ref")},
			{name: "ref_type", usage: "branch (the default where ref is given) or tag", shape: shape(`branch|tag`), effect: isClaim("ref_type")},
			{name: "environment", usage: "the deployment environment", effect: isClaim("environment")},
			{name: "pipeline_source", usage: "what started the pipeline, such as push", effect: isClaim("pipeline_source")},
		}, private...),
		needs:   []string{"aud", "project_id|namespace_id"},
		why:     "GitLab signs for every project and for its sign-in, and the job chooses aud",
		further: []string{"ref_type is branch, where ref is given without it"},
		finish: func(o *opening) {
			o.issuers = []string{cmp.Or(o.arg, "https://gitlab.com")}
			if o.params.Has("ref") && !o.params.Has("ref_type") { // a tag may have the name of a branch
				o.checks = append(o.checks, claims.OneOf("ref_type", "branch"))
			}
		},
	},
	{
		name: "buildkite", title: "Buildkite", example: "buildkite:?aud=https://api.example&organization_id=0184990a-477b-4fa8-9968-496074483000&pipeline=deploy",
		arg: noneTaken, issuer: "https://agent.buildkite.com", algs: rs256, everybody: shape(`https://agent\.buildkite\.com`),
		params: []param{
			{name: "aud", usage: "the audience that your jobs ask for", effect: audience},
			{name: "organization_id", usage: "the ID of the organization, a UUID", shape: shape(guid), lower: true, effect: isClaim("organization_id")},
			{name: "organization", usage: "the slug of the organization", effect: isClaim("organization_slug")},
			{name: "pipeline", usage: "the slug of the pipeline", effect: isClaim("pipeline_slug")},
			{name: "pipeline_id", usage: "the ID of the pipeline, a UUID", shape: shape(guid), lower: true, effect: isClaim("pipeline_id")},
			{name: "branch", usage: "the branch of the build", effect: isClaim("build_branch")},
		},
		needs: []string{"aud", "organization_id|organization"},
		why:   "Buildkite signs for every organization, and the job chooses aud",
	},
	{
		name: "hcp-terraform", title: "HCP Terraform", example: "hcp-terraform:?aud=orders-api&organization=org-GRNbCjYNpBB6NEBH",
		arg: noneTaken, issuer: "https://app.terraform.io", algs: rs256, everybody: shape(`https://app\.terraform\.io`),
		params: []param{
			{name: "aud", usage: "the value of TFC_WORKLOAD_IDENTITY_AUDIENCE", effect: audience},
			{name: "organization", usage: "the ID of the organization, org-…", shape: shape(`org-[A-Za-z0-9]+`), effect: isClaim("terraform_organization_id")},
			{name: "project", usage: "the ID of the project, prj-…", shape: shape(`prj-[A-Za-z0-9]+`), effect: isClaim("terraform_project_id")},
			{name: "workspace", usage: "the ID of the workspace, ws-…", shape: shape(`ws-[A-Za-z0-9]+`), effect: isClaim("terraform_workspace_id")},
			{name: "phase", usage: "plan or apply", shape: shape(`plan|apply`), effect: isClaim("terraform_run_phase")},
		},
		needs: []string{"aud", "organization"},
		why:   "HCP Terraform signs for every organization, and the workspace chooses aud",
	},
	{
		name: "circleci", title: "CircleCI", example: "circleci:8268f1d5-9e76-4077-bf49-2c2007b7d71f?project=6a7c9f0e-0000-4000-8000-000000000001&origin=github.com/example/shop",
		arg:    argument{usage: "the ID of the organization, a UUID", shape: shape(`(?P<org>` + guid + `)`), lower: true},
		issuer: "https://oidc.circleci.com/org/{org}", algs: rs256, everybody: shape(`https://oidc\.circleci\.com/.*`),
		params: []param{
			{name: "project", usage: "the ID of the project, a UUID", shape: shape(guid), lower: true, effect: isClaim("oidc.circleci.com/project-id")},
			{name: "origin", usage: "the repository that builds come from, such as github.com/example/shop", effect: isClaim("oidc.circleci.com/vcs-origin")},
			{name: "ref", usage: "the Git reference, such as refs/heads/main", effect: isClaim("oidc.circleci.com/vcs-ref")},
			{name: "aud", usage: "the audience; without it, the ID of the organization", effect: audience},
		},
		needs:   []string{"project", "origin"},
		why:     "builds of forks get tokens of the same organization and project, with their own origin",
		always:  []rule{{about: "the job was not run again over SSH", Validator: claims.Optional(sshRerun, claims.OneOf(sshRerun, "false"))}},
		further: []string{"aud is the organization, where aud is not given"},
		finish: func(o *opening) {
			if !o.params.Has("aud") {
				audience(o, []string{o.vars["org"]})
			}
		},
	},
	{
		name: "kubernetes", title: "Kubernetes service accounts", example: "kubernetes:https://kubernetes.default.svc.cluster.local?aud=orders-api&namespace=shop&serviceaccount=web",
		arg: argument{usage: "the issuer of the cluster, an https URL (the value of --service-account-issuer)", shape: shape(privateURL), issuer: true}, issuer: "{arg}",
		algs: []keys.Algorithm{keys.RS256, keys.ES256},
		params: append([]param{
			{name: "aud", usage: "the audience in the pod spec; not that of the API server, which every pod's default token names", effect: kubernetesAudience},
			{name: "namespace", usage: "the namespace", effect: isMember("kubernetes.io", "namespace")},
			{name: "serviceaccount", usage: "the name of the service account", effect: isMember("kubernetes.io", "serviceaccount", "name")},
			{name: "sub", usage: "system:serviceaccount:NAMESPACE:NAME", shape: shape(`system:serviceaccount:[^:]+:[^:]+`), effect: isClaim("sub")},
		}, private...),
		needs:  []string{"aud", "namespace|sub"},
		why:    "the cluster signs for every pod, and the pod spec chooses aud",
		always: []rule{{about: "sub is that of a service account", Validator: subjectPrefix("system:serviceaccount:")}},
	},
	{
		name: "spiffe", title: "SPIFFE JWT-SVID", example: "spiffe:example.org?bundle=https://spire.example/bundle&aud=orders-api",
		arg:     argument{usage: "the trust domain, such as example.org", shape: shape(`(?P<domain>[a-z0-9._-]{1,255})`)},
		keys:    "{bundle}",
		algs:    []keys.Algorithm{keys.RS256, keys.RS384, keys.RS512, keys.ES256, keys.ES384, keys.ES512, keys.PS256, keys.PS384, keys.PS512},
		keyOpts: []keys.Option{keys.WithEmptySetRevoking(), keys.WithRequiredUse("jwt-svid"), keys.WithRefresh(5 * time.Minute)},
		params: []param{
			{name: "bundle", usage: "the https URL of the bundle endpoint of the trust domain", shape: shape(httpsURL), single: true, effect: variable("bundle")},
			{name: "aud", usage: "the audience: your own SPIFFE ID or name", effect: audience},
			{name: "id", usage: "a SPIFFE ID, spiffe://DOMAIN/PATH", shape: shape(`spiffe://[^?#]+`), effect: isClaim("sub")},
			private[1],
		},
		needs:   []string{"bundle", "aud"},
		always:  []rule{{about: "typ is absent, JWT or JOSE", Validator: svidType, header: true}},
		further: []string{"sub is a SPIFFE ID of the trust domain"},
		finish: func(o *opening) {
			prefix := "spiffe://" + o.vars["domain"] + "/"
			for _, id := range o.params["id"] {
				if !hasPrefix(id, prefix) {
					o.fail("id is not in the trust domain; write it as %s and a path", prefix)
				}
			}
			o.class = prefix
			o.checks = append(o.checks, subjectPrefix(prefix))
			o.accepts = func(s *claims.Set) bool { return hasPrefix(s.Subject, prefix) }
		},
	},
	{
		name: "vault", title: "HashiCorp Vault", example: "vault:https://vault.example:8200/v1/identity/oidc?client=AbC123",
		arg: issuerURL, issuer: "{arg}", algs: []keys.Algorithm{keys.RS256, keys.ES256, keys.EdDSA, keys.Ed25519},
		params: append([]param{
			{name: "client", usage: "the client ID of the role", effect: audience},
			{name: "entity", usage: "the ID of the entity", effect: isClaim("sub")},
		}, private...),
		needs: []string{"client"}, why: "every role of the mount gets tokens of this issuer",
	},
	{
		name: "nomad", title: "Nomad workload identity", example: "nomad:https://nomad.example:4646?aud=orders-api&namespace=default&job=web",
		arg:  argument{usage: "the oidc_issuer of the cluster, an https URL; without oidc_issuer, the address of the cluster", shape: shape(origin + `(?:/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?`), issuer: true},
		algs: []keys.Algorithm{keys.RS256, keys.EdDSA, keys.Ed25519},
		params: append([]param{
			{name: "aud", usage: "the audience of the identity block; not nomadproject.io, which every job's default identity names", effect: nomadAudience},
			{name: "namespace", usage: "the namespace", effect: isClaim("nomad_namespace")},
			{name: "job", usage: "the ID of the job", effect: isClaim("nomad_job_id")},
			{name: "task", usage: "the name of the task", effect: isClaim("nomad_task")},
			{name: "iss", usage: "none, where the cluster has no oidc_issuer and its tokens name no issuer", shape: shape(`none`), single: true, effect: nothing},
		}, private...),
		needs: []string{"aud", "namespace", "job"},
		why:   "the cluster signs for every job, and a job ID belongs to a namespace", finish: nomadUnnamed,
	},
	{
		name: "google-sa", title: "Google service accounts", example: "google-sa:?aud=https://api.example&email=web@my-project.iam.gserviceaccount.com",
		arg: noneTaken, issuer: "https://accounts.google.com", algs: rs256, everybody: googleIssuer,
		keys: "https://www.googleapis.com/oauth2/v3/certs",
		params: []param{
			{name: "aud", usage: "the audience that the caller asks for: the URL of your service", effect: audience},
			{name: "email", usage: "the e-mail address of the service account", shape: shape(`[^@]+@[^@]+`), effect: isClaim("email")},
			{name: "project", usage: "the ID of the project, for tokens of a virtual machine in full format", effect: isMember("google", "compute_engine", "project_id")},
		},
		needs:  []string{"aud", "email"},
		why:    "Google signs for every project, and the caller chooses aud",
		always: []rule{{about: "email_verified is true", Validator: claims.OneOf("email_verified", "true")}},
	},
	{
		name: "aws-sts", title: "AWS outbound identity federation", example: "aws-sts:https://a1d2b0fd-1177-4468-9351-2fe000000723.tokens.sts.global.api.aws?aud=https://api.example&sub=arn:aws:iam::123456789012:role/web",
		arg:    argument{usage: "the issuer of the account, https://UUID.tokens.sts.global.api.aws", shape: shape(`(?P<iss>https://` + guid + `\.tokens\.sts\.global\.api\.aws)/?`), lower: true},
		issuer: "{iss}", everybody: shape(`https://` + guid + `\.tokens\.sts\.global\.api\.aws`), algs: []keys.Algorithm{keys.RS256, keys.ES384},
		params: []param{
			{name: "aud", usage: "the audience that the caller asks for", effect: audience},
			{name: "sub", usage: "the ARN of the role", shape: shape(`arn:[^?]+`), effect: isClaim("sub")},
		},
		needs: []string{"aud", "sub"}, why: "AWS signs for every principal of the account, and the caller chooses aud",
	},
}

const sshRerun = "oidc.circleci.com/ssh-rerun"

// gateways are the presets of proxies that sign who is behind a request.
var gateways = []*preset{
	{
		name: "alb", title: "AWS Application Load Balancer", example: "alb:eu-west-1?iss=https://idp.example&signer=arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188&client=1example",
		arg:     argument{usage: "the region, such as eu-west-1", shape: shape(`(?P<region>[a-z]{2}-[a-z]+-[0-9])`)},
		keys:    "https://public-keys.auth.elb.{region}.amazonaws.com/{kid}",
		algs:    []keys.Algorithm{keys.ES256},
		options: []verifier.Option{verifier.WithPaddedBase64()},
		params: []param{
			{name: "signer", usage: "the ARN of your load balancer", shape: shape(`arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/app/[^/]+/[0-9a-f]+`), effect: isHeader("signer")},
			{name: "client", usage: "your client ID at the identity provider", effect: isHeader("client")},
			{name: "iss", usage: "the issuer of the identity provider behind the load balancer", shape: shape(httpsURL), effect: func(o *opening, v []string) { o.issuers = append(o.issuers, v...) }},
		},
		needs: []string{"signer", "client", "iss"},
		why:   "AWS signs for the load balancers of all its customers with the same keys",
		at:    verifier.Location{Headers: []string{"X-Amzn-Oidc-Data"}, Padded: true},
	},
	{
		name: "iap", title: "Google Identity-Aware Proxy", example: "iap:?aud=/projects/123456/global/backendServices/7890",
		arg: noneTaken, issuer: "https://cloud.google.com/iap", algs: []keys.Algorithm{keys.ES256},
		keys: "https://www.gstatic.com/iap/verify/public_key-jwk",
		params: []param{
			{name: "aud", usage: "/projects/NUMBER/apps/ID or /projects/NUMBER/global/backendServices/ID",
				shape: shape(`/projects/[0-9]+/(?:apps/[A-Za-z0-9:._-]+|(?:global|[a-z0-9-]+)/backendServices/[0-9]+|locations/[a-z0-9-]+/services/[a-z0-9-]+)`), effect: audience},
			{name: "hd", usage: "the Workspace domain of the users", effect: isClaim("hd")},
		},
		needs: []string{"aud"}, why: "Google signs for all its customers, and only aud tells them apart",
		always: []rule{{about: "the token lives for at most 10 minutes", Validator: claims.MaxLifetime(11 * time.Minute)}},
		at:     verifier.Location{Headers: []string{"X-Goog-Iap-Jwt-Assertion"}},
	},
	{
		name: "cloudflare", title: "Cloudflare Access", example: "cloudflare:team?aud=4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2",
		arg:    argument{usage: "the name of the team, in TEAM.cloudflareaccess.com", shape: shape(`(?:https://)?(?P<team>[a-z0-9-]+)(?:\.cloudflareaccess\.com/?)?`), lower: true},
		issuer: "https://{team}.cloudflareaccess.com", algs: rs256,
		keys:    "https://{team}.cloudflareaccess.com/cdn-cgi/access/certs",
		options: []verifier.Option{verifier.WithOptionalSubject()}, // a service token has a common_name
		params:  []param{{name: "aud", usage: "the AUD tag of the application, 64 hexadecimal digits", shape: shape(`[0-9a-f]{64}`), lower: true, effect: audience}},
		needs:   []string{"aud"}, why: "the team signs for all its applications",
		always: []rule{
			{about: "type is app", Validator: claims.OneOf("type", "app")},
			{about: "sub or common_name says who it is", Validator: named},
		},
		at: verifier.Location{Headers: []string{"Cf-Access-Jwt-Assertion"}, Cookies: []string{"CF_Authorization"}, Repeated: true},
	},
}

// presets is the whole table.
var presets = slices.Concat(people, entras, machines, gateways)
