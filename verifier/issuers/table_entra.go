package issuers

import (
	"github.com/jwtverify/jwtverify/claims"
)

// entras are the presets of Microsoft.
var entras = []*preset{
	{
		name: "entra", title: "Microsoft Entra ID, v2 tokens", example: "entra:72f988bf-86f1-41af-91ab-2d7cd011db47?client=8e3f1c2d-0000-4000-8000-000000000001",
		arg: argument{usage: "a tenant ID (a GUID, not a domain), a list of them with semicolons, organizations (every work or school account in the world) or common (personal accounts too)",
			shape: shape(guid + `(?:;` + guid + `)*|organizations|common`), lower: true},
		algs: rs256,
		params: []param{
			{name: "client", usage: "the application (client) ID, a GUID", shape: shape(guid), lower: true, effect: audience},
			{name: "azp", usage: "the client ID of the calling application", shape: shape(guid), lower: true, effect: isClaim("azp")},
		},
		needs: []string{"client"}, why: "every application of the tenant gets tokens of this issuer",
		always: []rule{
			{about: "ver is 2.0", Validator: claims.OneOf("ver", "2.0")},
			{about: "scp or roles is present, which ID tokens lack", Validator: anyPresent("scp", "roles")},
			{about: "azp is present, which ID tokens lack, also those with app roles", Validator: anyPresent("azp")},
			{about: "tid is the tenant in iss", Validator: entraTenant},
		},
		finish: entraTenants,
	},
	{
		name: "entra-v1", title: "Microsoft Entra ID, v1 tokens", example: "entra-v1:72f988bf-86f1-41af-91ab-2d7cd011db47?aud=api://orders&client=8e3f1c2d-0000-4000-8000-000000000001",
		arg:    argument{usage: "a tenant ID (a GUID, not a domain)", shape: shape(`(?P<tid>` + guid + `)`), lower: true},
		issuer: "https://sts.windows.net/{tid}/", algs: rs256,
		params: []param{
			{name: "aud", usage: "the App ID URI, such as api://orders, or the client ID of your API", effect: audience},
			{name: "client", usage: "the client ID of the calling application", shape: shape(guid), lower: true, effect: isClaim("appid")},
		},
		needs: []string{"aud", "client"}, why: "every application of the tenant gets tokens of this issuer",
		always: []rule{
			{about: "ver is 1.0", Validator: claims.OneOf("ver", "1.0")},
			{about: "scp or roles is present, which ID tokens lack", Validator: anyPresent("scp", "roles")},
		},
	},
	{
		name: "entra-b2c", title: "Azure AD B2C", example: "entra-b2c:contoso/72f988bf-86f1-41af-91ab-2d7cd011db47?policy=B2C_1_signin&client=8e3f1c2d-0000-4000-8000-000000000001",
		arg:    argument{usage: "NAME/TENANT-ID, the name in NAME.b2clogin.com", shape: shape(`(?P<name>[a-z0-9-]+)/(?P<tid>` + guid + `)`), lower: true},
		issuer: "https://{name}.b2clogin.com/{tid}/v2.0/", algs: rs256,
		params: []param{
			{name: "policy", usage: "the user flow or policy, such as B2C_1_signin", shape: shape(`[A-Za-z0-9_-]+`), single: true, effect: nothing},
			{name: "client", usage: "the application (client) ID, a GUID", shape: shape(guid), lower: true, effect: audience},
			{name: "use", usage: "access (the default) or id, for ID tokens and for applications that are their own API", shape: shape(`access|id`), single: true, effect: nothing},
		},
		needs: []string{"policy", "client"}, why: "one issuer stands for all policies, and a password reset is not a sign-in",
		further: []string{"tfp, or acr where it is absent, is the policy", "scp is present, which ID tokens lack, but not with use=id"},
		finish: func(o *opening) {
			policy := o.params.Get("policy")
			o.vars["policy"] = policy
			o.metadata = o.expand("https://{name}.b2clogin.com/{name}.onmicrosoft.com/{policy}/v2.0/.well-known/openid-configuration")
			o.checks = append(o.checks, b2cPolicy(policy))
			b2cUse(o)
		},
	},
	{
		name: "entra-ciam", title: "Microsoft Entra External ID", example: "entra-ciam:contoso/72f988bf-86f1-41af-91ab-2d7cd011db47?client=8e3f1c2d-0000-4000-8000-000000000001",
		arg:    argument{usage: "NAME/TENANT-ID, the name in NAME.ciamlogin.com", shape: shape(`(?P<name>[a-z0-9-]+)/(?P<tid>` + guid + `)`), lower: true},
		issuer: "https://{tid}.ciamlogin.com/{tid}/v2.0", algs: rs256,
		params: []param{{name: "client", usage: "the application (client) ID, a GUID", shape: shape(guid), lower: true, effect: audience}},
		needs:  []string{"client"}, why: "every application of the tenant gets tokens of this issuer",
		always: []rule{
			{about: "scp or roles is present, which ID tokens lack", Validator: anyPresent("scp", "roles")},
			{about: "azp is present, which ID tokens lack, also those with app roles", Validator: anyPresent("azp")},
		},
		finish: func(o *opening) {
			o.metadata = o.expand("https://{name}.ciamlogin.com/{tid}/v2.0/.well-known/openid-configuration")
		},
	},
}
