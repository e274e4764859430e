package providers

import "github.com/jwtverify/jwtverify/verifier/verifiertest"

const (
	tenant   = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	tenant2  = "11111111-2222-4333-8444-555555555555"
	consumer = "9188040d-6c67-4c5b-b112-36a304b66dad"
	app      = "8e3f1c2d-0000-4000-8000-000000000001"
	app2     = "8e3f1c2d-0000-4000-8000-000000000002"
	entra    = "https://login.microsoftonline.com/"
)

var entras = []*Provider{
	{
		Preset: "entra", Reference: "entra:" + tenant + "?client=" + app, Issuer: entra + tenant + "/v2.0",
		Options: with(verifiertest.WithJWKSURL(entra+tenant+"/discovery/v2.0/keys"), verifiertest.WithKeyMember("alg", nil), verifiertest.WithKeyMember("issuer", entra+"{tenantid}/v2.0")),
		Claims:  m{"sub": "AAA", "oid": "o", "tid": tenant, "ver": "2.0", "aud": app, "azp": app2, "scp": "access_as_user"},
		Good:    []Variant{{Name: "application token", Claims: m{"scp": nil, "roles": []string{"Orders.Read"}}}},
		Wrong: []Variant{
			{Name: "ID token of a user with an app role", Claims: m{"scp": nil, "azp": nil, "roles": []string{"Orders.Read"}, "nonce": "n"}},
			{Name: "application without a role", Claims: m{"scp": nil}},
			{Name: "scopes null", Claims: m{"scp": null}},
			{Name: "ID token", Claims: m{"scp": nil, "nonce": "n"}},
			{Name: "other client", Claims: m{"aud": app2}},
			{Name: "other tenant", Claims: m{"iss": entra + tenant2 + "/v2.0", "tid": tenant2}},
			{Name: "tid of another tenant", Claims: m{"tid": tenant2}},
			{Name: "another version of the claims", Claims: m{"ver": "1.0"}},
			{Name: "v1 token", Claims: m{"iss": "https://sts.windows.net/" + tenant + "/", "ver": "1.0", "aud": "api://" + app}},
			{Name: "consumer key for an enterprise tenant", By: entra + consumer + "/v2.0"},
		},
		Others: []Other{{entra + consumer + "/v2.0", with(verifiertest.WithJWKSURL(entra+tenant+"/discovery/v2.0/keys"), verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("issuer", entra+consumer+"/v2.0"))}},
	},
	{
		Preset: "entra", Reference: "entra:organizations?client=" + app, Issuer: entra + tenant + "/v2.0",
		Options: with(verifiertest.WithJWKSURL(entra+"organizations/discovery/v2.0/keys"), verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("alg", nil), verifiertest.WithKeyMember("issuer", entra+"{tenantid}/v2.0")),
		Claims:  m{"sub": "AAA", "tid": tenant, "ver": "2.0", "aud": app, "azp": app2, "scp": "access_as_user"},
		Good:    []Variant{{Name: "any tenant", Claims: m{"iss": entra + tenant2 + "/v2.0", "tid": tenant2}}},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"scp": nil}},
			{Name: "other client", Claims: m{"aud": app2}},
			{Name: "iss and tid differ", Claims: m{"tid": tenant2}},
			{Name: "no tid", Claims: m{"tid": nil}},
			{Name: "personal account", Claims: m{"iss": entra + consumer + "/v2.0", "tid": consumer}},
			{Name: "no GUID", Claims: m{"iss": entra + "common/v2.0", "tid": "common"}},
			{Name: "more path", Claims: m{"iss": entra + tenant + "/x/v2.0", "tid": tenant + "/x"}},
			{Name: "consumer key for an enterprise tenant", By: entra + consumer + "/v2.0"},
		},
		Others: []Other{{entra + consumer + "/v2.0", with(verifiertest.WithJWKSURL(entra+"organizations/discovery/v2.0/keys"), verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("issuer", entra+consumer+"/v2.0"))}},
	},
	{
		Preset: "entra", Reference: "entra:" + tenant + ";" + tenant2 + "?client=" + app, Issuer: entra + tenant + "/v2.0",
		Options: with(verifiertest.WithJWKSURL(entra+"common/discovery/v2.0/keys"), verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("alg", nil), verifiertest.WithKeyMember("issuer", entra+"{tenantid}/v2.0")),
		Claims:  m{"sub": "AAA", "tid": tenant, "ver": "2.0", "aud": app, "azp": app2, "scp": "access_as_user"},
		Good:    []Variant{{Name: "second tenant", Claims: m{"iss": entra + tenant2 + "/v2.0", "tid": tenant2}}},
		Wrong: []Variant{
			{Name: "third tenant", Claims: m{"iss": entra + consumer + "/v2.0", "tid": consumer}},
			{Name: "iss and tid differ", Claims: m{"tid": tenant2}},
			{Name: "consumer key for an enterprise tenant", By: entra + consumer + "/v2.0"},
		},
		Others: []Other{{entra + consumer + "/v2.0", with(verifiertest.WithJWKSURL(entra+"common/discovery/v2.0/keys"), verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("issuer", entra+consumer+"/v2.0"))}},
	},
	{
		Preset: "entra", Reference: "entra:common?client=" + app, Issuer: entra + tenant + "/v2.0",
		Options: with(verifiertest.WithJWKSURL(entra+"common/discovery/v2.0/keys"), verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("alg", nil), verifiertest.WithKeyMember("issuer", entra+"{tenantid}/v2.0")),
		Claims:  m{"sub": "AAA", "tid": tenant, "ver": "2.0", "aud": app, "azp": app2, "scp": "access_as_user"},
		Good:    []Variant{{Name: "personal account", By: entra + consumer + "/v2.0", Claims: m{"iss": entra + consumer + "/v2.0", "tid": consumer}}},
		Wrong: []Variant{
			{Name: "consumer key for an enterprise tenant", By: entra + consumer + "/v2.0"},
			{Name: "iss and tid differ", Claims: m{"tid": tenant2}},
		},
		Others: []Other{{entra + consumer + "/v2.0", with(verifiertest.WithJWKSURL(entra+"common/discovery/v2.0/keys"), verifiertest.WithoutDiscovery(), verifiertest.WithKeyMember("issuer", entra+consumer+"/v2.0"))}},
	},
	{
		Preset: "entra-v1", Reference: "entra-v1:" + tenant + "?aud=api://orders&client=" + app, Issuer: "https://sts.windows.net/" + tenant + "/", Options: with(verifiertest.WithKeyMember("alg", nil)),
		Claims: m{"sub": "AAA", "tid": tenant, "ver": "1.0", "aud": "api://orders", "appid": app, "scp": "user_impersonation"},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"scp": nil, "appid": nil}},
			{Name: "ID token with appid", Claims: m{"scp": nil}},
			{Name: "another version of the claims", Claims: m{"ver": "2.0"}},
			{Name: "other client", Claims: m{"appid": app2}},
			{Name: "other tenant", Claims: m{"iss": "https://sts.windows.net/" + tenant2 + "/", "tid": tenant2}},
			otherAudience,
		},
	},
	{
		Preset: "entra-b2c", Reference: "entra-b2c:contoso/" + tenant + "?policy=B2C_1_signin&client=" + app, Issuer: "https://contoso.b2clogin.com/" + tenant + "/v2.0/",
		Options: with(verifiertest.WithMetadataURL("https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/v2.0/.well-known/openid-configuration"), verifiertest.WithJWKSURL("https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/discovery/v2.0/keys"), verifiertest.WithKeyMember("alg", nil)),
		Claims:  m{"sub": "AAA", "aud": app, "tfp": "B2C_1_signin", "scp": "read", "azp": app2},
		Good: []Variant{
			{Name: "acr in place of tfp", Claims: m{"tfp": nil, "acr": "B2C_1_signin"}},
			{Name: "policy in lower case", Claims: m{"tfp": "b2c_1_signin"}},
		},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"scp": nil, "azp": nil, "nonce": "n"}},
			{Name: "password reset that claims the acr of a sign-in", Claims: m{"tfp": "B2C_1_reset", "acr": "B2C_1_signin"}},
			{Name: "password reset", Claims: m{"tfp": "B2C_1_reset"}},
			{Name: "no policy", Claims: m{"tfp": nil}},
			{Name: "other client", Claims: m{"aud": app2}},
			{Name: "other tenant", Claims: m{"iss": "https://contoso.b2clogin.com/" + tenant2 + "/v2.0/"}},
		},
	},
	{
		Preset: "entra-b2c", Reference: "entra-b2c:contoso/" + tenant + "?policy=B2C_1_signin&use=id&client=" + app, Issuer: "https://contoso.b2clogin.com/" + tenant + "/v2.0/",
		Options: with(verifiertest.WithMetadataURL("https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/v2.0/.well-known/openid-configuration"), verifiertest.WithJWKSURL("https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/discovery/v2.0/keys"), verifiertest.WithKeyMember("alg", nil)),
		Claims:  m{"sub": "AAA", "aud": app, "tfp": "B2C_1_signin", "nonce": "n"},
		Wrong: []Variant{
			{Name: "access token", Claims: m{"scp": "read", "azp": app2}},
			{Name: "password reset", Claims: m{"tfp": "B2C_1_reset"}},
			{Name: "other client", Claims: m{"aud": app2}},
		},
	},
	{
		Preset: "entra-ciam", Reference: "entra-ciam:contoso/" + tenant + "?client=" + app, Issuer: "https://" + tenant + ".ciamlogin.com/" + tenant + "/v2.0",
		Options: with(verifiertest.WithMetadataURL("https://contoso.ciamlogin.com/"+tenant+"/v2.0/.well-known/openid-configuration"), verifiertest.WithJWKSURL("https://contoso.ciamlogin.com/"+tenant+"/discovery/v2.0/keys"), verifiertest.WithKeyMember("alg", nil)),
		Claims:  m{"sub": "AAA", "aud": app, "tid": tenant, "scp": "read", "azp": app2},
		Wrong: []Variant{
			{Name: "ID token of a user with an app role", Claims: m{"scp": nil, "azp": nil, "roles": []string{"admin"}}},
			{Name: "ID token", Claims: m{"scp": nil}},
			{Name: "other client", Claims: m{"aud": app2}},
			{Name: "the host with the tenant's name", Claims: m{"iss": "https://contoso.ciamlogin.com/" + tenant + "/v2.0"}},
		},
	},
}
