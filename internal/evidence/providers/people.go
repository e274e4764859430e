package providers

import (
	"fmt"
	"sync"
	"testing"

	"encoding/json"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

type m = map[string]any

// null is the JSON value, where nil removes a member.
var null = json.RawMessage("null")

// with returns options for an RS256 issuer. Its key is made once: RSA keys are slow to
// make.
func with(opts ...verifiertest.Option) []verifiertest.Option {
	made++
	id := fmt.Sprintf("rsa-%d", made)
	var once sync.Once
	var s *verifiertest.Signer
	shared := func(tb testing.TB) *verifiertest.Signer {
		once.Do(func() { s = verifiertest.NewSigner(tb, keys.RS256, id) })
		return s
	}
	return append([]verifiertest.Option{verifiertest.WithSigner(shared)}, opts...)
}

// made counts the keys, so that each has an ID of its own.
var made int

// jwks is an issuer without metadata whose JWK Set is at url.
func jwks(url string) []verifiertest.Option {
	return with(verifiertest.WithJWKSURL(url), verifiertest.WithoutDiscovery())
}

var otherAudience = Variant{Name: "other audience", Claims: m{"aud": "https://other.example"}}

var people = []*Provider{
	{
		Preset: "auth0", Reference: "auth0:my-domain.eu.auth0.com?aud=https://api.example", Issuer: "https://my-domain.eu.auth0.com/", Options: with(),
		Claims: m{"sub": "auth0|1", "aud": []string{"https://api.example", "https://my-domain.eu.auth0.com/userinfo"}, "azp": "AbCdEfGhIjKlMnOpQrStUvWxYz012345", "scope": "openid read:orders"},
		Good:   []Variant{{Name: "RFC 9068 profile", Header: m{"typ": "at+jwt"}, Claims: m{"jti": "1", "client_id": "AbCdEfGhIjKlMnOpQrStUvWxYz012345"}}},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"aud": "AbCdEfGhIjKlMnOpQrStUvWxYz012345", "nonce": "n"}},
			{Name: "other API", Claims: m{"aud": []string{"https://other.example", "https://my-domain.eu.auth0.com/userinfo"}}},
			{Name: "issuer without its slash", Claims: m{"iss": "https://my-domain.eu.auth0.com"}},
			{Name: "for the userinfo endpoint alone", Claims: m{"aud": "https://my-domain.eu.auth0.com/userinfo"}},
			{Name: "other tenant", Claims: m{"iss": "https://other.eu.auth0.com/"}},
		},
	},
	{
		Preset: "auth0", Reference: "auth0:login.example.com?aud=https://api.example&client=mine", Issuer: "https://login.example.com/", Options: with(),
		Claims: m{"sub": "auth0|1", "aud": "https://api.example", "azp": "mine"},
		Good:   []Variant{{Name: "RFC 9068 profile", Header: m{"typ": "at+jwt"}, Claims: m{"azp": nil, "client_id": "mine", "jti": "1"}}},
		Wrong: []Variant{
			{Name: "other client", Claims: m{"azp": "other"}},
			{Name: "other client in the RFC 9068 profile", Claims: m{"azp": nil, "client_id": "other"}},
			{Name: "other client, with our azp", Claims: m{"client_id": "other"}},
			{Name: "no client", Claims: m{"azp": nil}},
		},
	},
	{
		Preset: "okta", Reference: "okta:https://dev-1.okta.com/oauth2/default?aud=api://default&client=0oa1", Issuer: "https://dev-1.okta.com/oauth2/default", Options: with(),
		Header: m{"typ": nil},
		Claims: m{"sub": "user@example.com", "aud": "api://default", "cid": "0oa1", "scp": []string{"read"}, "ver": 1, "jti": "AT.1", "uid": "00u1"},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"aud": "0oa1", "cid": nil, "nonce": "n", "jti": "ID.1"}},
			{Name: "ID token with the audience of the API", Claims: m{"cid": nil, "nonce": "n"}},
			{Name: "other client", Claims: m{"cid": "0oa2"}},
			{Name: "org authorization server", Claims: m{"iss": "https://dev-1.okta.com", "aud": "https://dev-1.okta.com"}},
			otherAudience,
		},
	},
	{
		Preset: "okta", Reference: "okta:https://dev-1.okta.com/oauth2/aus1?aud=api://default", Issuer: "https://dev-1.okta.com/oauth2/aus1", Options: with(),
		Claims: m{"sub": "user@example.com", "aud": "api://default", "cid": "0oa1", "scp": []string{"read"}},
		Good:   []Variant{{Name: "any client", Claims: m{"cid": "0oa2"}}},
		Wrong:  []Variant{{Name: "ID token with the audience of the API", Claims: m{"cid": nil, "nonce": "n"}}},
	},
	{
		Preset: "cognito", Reference: "cognito:eu-west-1_AbC123xyz?client=1ex", Issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz", Options: with(),
		Header: m{"typ": nil},
		Claims: m{"sub": "u", "token_use": "access", "client_id": "1ex", "scope": "openid", "username": "u", "jti": "1"},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"token_use": "id", "aud": "1ex", "client_id": nil}},
			{Name: "ID token with client_id", Claims: m{"token_use": "id"}},
			{Name: "other client", Claims: m{"client_id": "2ex"}},
			{Name: "bound to a resource that nobody asked for", Claims: m{"aud": "https://other.example"}},
			{Name: "other pool", Claims: m{"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"}},
		},
	},
	{
		Preset: "cognito", Reference: "cognito:eu-west-1_AbC123xyz?client=1ex&use=id", Issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz", Options: with(),
		Header: m{"typ": nil},
		Claims: m{"sub": "u", "token_use": "id", "aud": "1ex", "cognito:username": "u"},
		Wrong: []Variant{
			{Name: "access token", Claims: m{"token_use": "access", "aud": nil, "client_id": "1ex"}},
			{Name: "other client", Claims: m{"aud": "2ex"}},
		},
	},
	{
		Preset: "google", Reference: "google:?client=1234.apps.googleusercontent.com&hd=example.com", Issuer: "https://accounts.google.com", Options: jwks("https://www.googleapis.com/oauth2/v3/certs"),
		Claims: m{"sub": "1", "aud": "1234.apps.googleusercontent.com", "azp": "1234.apps.googleusercontent.com", "hd": "example.com", "email": "a@example.com", "email_verified": true},
		Good:   []Variant{{Name: "issuer without a scheme", Claims: m{"iss": "accounts.google.com"}}},
		Wrong: []Variant{
			{Name: "service account of any project", Claims: m{"azp": "107382913", "email": "x@evil.iam.gserviceaccount.com", "hd": nil}},
			{Name: "service account that has hd", Claims: m{"azp": "107382913"}},
			{Name: "consumer account", Claims: m{"hd": nil}},
			{Name: "other domain", Claims: m{"hd": "evil.example"}},
			{Name: "other client", Claims: m{"aud": "999.apps.googleusercontent.com", "azp": "999.apps.googleusercontent.com"}},
			{Name: "our client, for another audience", Claims: m{"aud": "999.apps.googleusercontent.com"}},
			{Name: "other spelling of the issuer", Claims: m{"iss": "http://accounts.google.com"}},
		},
	},
	{
		Preset: "firebase", Reference: "firebase:my-project", Issuer: "https://securetoken.google.com/my-project", Options: jwks("https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"),
		Claims: m{"sub": "u", "user_id": "u", "aud": "my-project", "auth_time": 1700000000, "firebase": m{"sign_in_provider": "password"}},
		Wrong: []Variant{
			{Name: "other project", Claims: m{"iss": "https://securetoken.google.com/other", "aud": "other"}},
			{Name: "other audience", Claims: m{"aud": "other"}},
			{Name: "signed in in the future", Claims: m{"auth_time": int64(4000000000)}},
			{Name: "no sign-in time", Claims: m{"auth_time": nil}},
			{Name: "a tenant's", Claims: m{"firebase": m{"tenant": "t-1"}}},
			{Name: "tenant null", Claims: m{"firebase": m{"tenant": m{}}}},
			{Name: "no kid", Header: m{"kid": nil}},
			{Name: "a long subject", Claims: m{"sub": long(129)}},
			{Name: "an empty subject", Claims: m{"sub": ""}},
		},
	},
	{
		Preset: "firebase", Reference: "firebase:my-project?tenant=t-1", Issuer: "https://securetoken.google.com/my-project", Options: jwks("https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"),
		Claims: m{"sub": "u", "aud": "my-project", "auth_time": 1700000000, "firebase": m{"tenant": "t-1"}},
		Wrong: []Variant{
			{Name: "another tenant", Claims: m{"firebase": m{"tenant": "t-2"}}},
			{Name: "no tenant", Claims: m{"firebase": m{}}},
			{Name: "tenant at the top", Claims: m{"firebase": nil, "tenant": "t-1"}},
		},
	},
	{
		Preset: "firebase-session", Reference: "firebase-session:my-project?cookie=session", Issuer: "https://session.firebase.google.com/my-project", Options: jwks("https://www.googleapis.com/identitytoolkit/v3/relyingparty/publicKeys"), Certificates: true,
		Claims: m{"sub": "u", "user_id": "u", "aud": "my-project", "auth_time": 1700000000, "firebase": m{"sign_in_provider": "password"}},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"iss": "https://securetoken.google.com/my-project"}},
			{Name: "other project", Claims: m{"iss": "https://session.firebase.google.com/other", "aud": "other"}},
			{Name: "other audience", Claims: m{"aud": "other"}},
			{Name: "signed in in the future", Claims: m{"auth_time": int64(4000000000)}},
			{Name: "a tenant's", Claims: m{"firebase": m{"tenant": "t-1"}}},
			{Name: "no kid", Header: m{"kid": nil}},
			{Name: "a long subject", Claims: m{"sub": long(129)}},
		},
	},
	{
		Preset: "firebase-appcheck", Reference: "firebase-appcheck:123456?app=1:123456:web:0a1b", Issuer: "https://firebaseappcheck.googleapis.com/123456", Options: jwks("https://firebaseappcheck.googleapis.com/v1/jwks"),
		Claims: m{"sub": "1:123456:web:0a1b", "aud": []string{"projects/123456", "projects/my-project"}},
		Wrong: []Variant{
			{Name: "another app", Claims: m{"sub": "1:123456:web:ffff"}},
			{Name: "other project", Claims: m{"iss": "https://firebaseappcheck.googleapis.com/666", "aud": []string{"projects/666"}}},
			{Name: "other audience", Claims: m{"aud": []string{"projects/666", "projects/my-project"}}},
		},
	},
	{
		Preset: "keycloak", Reference: "keycloak:https://sso.example/realms/shop?aud=orders-api&client=web", Issuer: "https://sso.example/realms/shop", Options: with(),
		Claims: m{"sub": "u", "aud": []string{"orders-api", "account"}, "azp": "web", "typ": "Bearer", "realm_access": m{"roles": []string{"user"}}},
		Good:   []Variant{{Name: "typ of RFC 9068", Header: m{"typ": "at+jwt"}}, {Name: "one audience", Claims: m{"aud": "orders-api"}}},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"typ": "ID", "aud": "web"}},
			{Name: "ID token of the API itself", Claims: m{"typ": "ID", "aud": "orders-api"}},
			{Name: "refresh token", Claims: m{"typ": "Refresh"}},
			{Name: "bound to a key, without a proof", Claims: m{"typ": "DPoP", "cnf": m{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}},
			{Name: "no typ in the payload", Claims: m{"typ": nil}},
			{Name: "without an audience mapper", Claims: m{"aud": "account"}},
			{Name: "other client", Claims: m{"azp": "other"}},
			{Name: "other realm", Claims: m{"iss": "https://sso.example/realms/other"}},
		},
	},
	{
		Preset: "zitadel", Reference: "zitadel:https://my.zitadel.cloud?project=123&client=987@shop", Issuer: "https://my.zitadel.cloud", Options: with(),
		Claims: m{"sub": "u", "aud": []string{"987@shop", "123"}, "client_id": "987@shop", "jti": "V2_1"},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"client_id": "987@shop", "azp": "987@shop", "jti": nil, "auth_time": 1700000000, "amr": []string{"pwd"}, "at_hash": "x"}},
			{Name: "ID token of a machine", Claims: m{"jti": nil}},
			{Name: "ID token with an ID", Claims: m{"azp": "987@shop", "at_hash": "x"}},
			{Name: "other client of the project", Claims: m{"client_id": "555@shop"}},
			{Name: "other client, with our azp", Claims: m{"client_id": "555@shop", "azp": "987@shop"}},
			{Name: "no client", Claims: m{"client_id": nil}},
			{Name: "other project", Claims: m{"aud": []string{"987@shop", "456"}}},
		},
	},
	{
		Preset: "hydra", Reference: "hydra:https://hydra.example/?aud=orders-api&client=web", Issuer: "https://hydra.example/", Options: with(),
		Claims: m{"sub": "u", "aud": []string{"orders-api"}, "client_id": "web", "scp": []string{"read"}, "jti": "1"},
		Wrong: []Variant{
			{Name: "for nobody", Claims: m{"aud": []string{}}},
			{Name: "ID token", Claims: m{"client_id": nil, "at_hash": "x"}},
			{Name: "ID token with a client ID", Claims: m{"at_hash": "x"}},
			{Name: "other client", Claims: m{"client_id": "other"}},
			{Name: "issuer without its slash", Claims: m{"iss": "https://hydra.example"}},
			otherAudience,
		},
	},
	{
		Preset: "hydra", Reference: "hydra:https://hydra.example/tenant/?aud=orders-api", Issuer: "https://hydra.example/tenant/", Options: with(),
		Claims: m{"sub": "u", "aud": []string{"orders-api"}, "client_id": "web", "scp": []string{"read"}},
		Good:   []Variant{{Name: "any client", Claims: m{"client_id": "other"}}},
		Wrong:  []Variant{{Name: "ID token with the audience of the API", Claims: m{"client_id": nil}}},
	},
	{
		Preset: "dex", Reference: "dex:https://dex.example?client=shop", Issuer: "https://dex.example", Options: with(), Header: m{"typ": nil},
		Claims: m{"sub": "CgEx", "aud": "shop", "email": "a@example.com", "federated_claims": m{"connector_id": "ldap"}},
		Good:   []Variant{{Name: "two audiences", Claims: m{"aud": []string{"shop", "cli"}, "azp": "shop"}}},
		Wrong: []Variant{
			{Name: "other client", Claims: m{"aud": "other"}},
			{Name: "two audiences without azp", Claims: m{"aud": []string{"shop", "other"}}},
			{Name: "two audiences, and azp is another", Claims: m{"aud": []string{"shop", "other"}, "azp": "other"}},
		},
	},
	{
		Preset: "authentik", Reference: "authentik:https://authentik.company/application/o/shop/?client=AbC", Issuer: "https://authentik.company/application/o/shop/", Options: with(),
		Claims: m{"sub": "h", "aud": "AbC", "azp": "AbC", "uid": "x1", "auth_time": 1700000000, "acr": "goauthentik.io/providers/oauth2/default", "email_verified": false},
		Wrong: []Variant{
			{Name: "ID token", Claims: m{"azp": nil, "uid": nil, "at_hash": "x"}},
			{Name: "ID token with azp", Claims: m{"uid": nil, "nonce": "n"}},
			{Name: "ID token with everything", Claims: m{"at_hash": "x"}},
			{Name: "other client", Claims: m{"aud": "Other", "azp": "Other"}},
			{Name: "other application", Claims: m{"iss": "https://authentik.company/application/o/other/"}},
		},
	},
	{
		Preset: "authelia", Reference: "authelia:https://auth.example.com?aud=orders-api", Issuer: "https://auth.example.com", Options: with(), Header: m{"typ": "at+jwt"},
		Claims: m{"sub": "u", "aud": []string{"orders-api"}, "client_id": "web", "scope": "read", "jti": "1"},
		Wrong: []Variant{
			{Name: "ID token", Header: m{"typ": "JWT"}, Claims: m{"aud": []string{"web"}}},
			{Name: "ID token of the API itself", Header: m{"typ": "JWT"}},
			{Name: "no typ", Header: m{"typ": nil}},
			otherAudience,
		},
	},
	{
		Preset: "supabase", Reference: "supabase:abcdefgh", Issuer: "https://abcdefgh.supabase.co/auth/v1", Options: []verifiertest.Option{verifiertest.WithKeyMember("key_ops", []string{"verify"}), verifiertest.WithKeyMember("use", nil)},
		Claims: m{"sub": "u", "aud": "authenticated", "role": "authenticated", "aal": "aal1", "is_anonymous": false},
		Wrong: []Variant{
			{Name: "anonymous user", Claims: m{"is_anonymous": true}},
			{Name: "anon key", Claims: m{"role": "anon", "aud": nil, "sub": nil}},
			{Name: "role anon", Claims: m{"role": "anon"}},
			{Name: "service role", Claims: m{"role": "service_role"}},
			{Name: "other project", Claims: m{"iss": "https://other.supabase.co/auth/v1"}},
		},
	},
	{
		Preset: "clerk", Reference: "clerk:magical-1.clerk.accounts.dev?origin=https://app.example", Issuer: "https://magical-1.clerk.accounts.dev", Options: with(),
		Claims: m{"sub": "user_1", "azp": "https://app.example", "sid": "sess_1", "sts": "active"},
		Good:   []Variant{{Name: "no origin", Claims: m{"azp": nil}}, {Name: "no state", Claims: m{"sts": nil}}},
		Wrong: []Variant{
			{Name: "other origin", Claims: m{"azp": "https://evil.example"}},
			{Name: "pending session", Claims: m{"sts": "pending"}},
			{Name: "OAuth access token", Header: m{"typ": "at+jwt"}, Claims: m{"azp": nil, "client_id": "third-party", "scope": "profile"}},
			{Name: "machine token", Claims: m{"azp": nil, "sid": nil, "sub": "mch_1"}},
			{Name: "a template's audience", Claims: m{"aud": "https://other.example"}},
		},
	},
	{
		Preset: "workos", Reference: "workos:client_01ABC?org=org_01XYZ", Issuer: "https://api.workos.com", Options: jwks("https://api.workos.com/sso/jwks/client_01ABC"),
		Claims: m{"sub": "user_1", "sid": "session_1", "org_id": "org_01XYZ", "role": "member", "jti": "1"},
		Good: []Variant{
			{Name: "with a slash", Claims: m{"iss": "https://api.workos.com/"}},
			{Name: "with the client", Claims: m{"iss": "https://api.workos.com/user_management/client_01ABC"}},
		},
		Wrong: []Variant{
			{Name: "other organization", Claims: m{"org_id": "org_02"}},
			{Name: "no organization", Claims: m{"org_id": nil}},
			{Name: "keys of another customer", By: "https://api.workos.com"},
			{Name: "issuer of another client", Claims: m{"iss": "https://api.workos.com/user_management/client_02"}},
		},
		Others: []Other{{"https://api.workos.com", jwks("https://api.workos.com/sso/jwks/client_02")}},
	},
	{
		Preset: "apple", Reference: "apple:?client=com.example.app&email_verified=true", Issuer: "https://appleid.apple.com", Options: jwks("https://appleid.apple.com/auth/keys"),
		Claims: m{"sub": "001", "aud": "com.example.app", "email": "a@example.com", "email_verified": "true", "nonce_supported": true},
		Good:   []Variant{{Name: "a boolean", Claims: m{"email_verified": true}}},
		Wrong: []Variant{
			{Name: "other app", Claims: m{"aud": "com.evil.app"}},
			{Name: "unverified e-mail", Claims: m{"email_verified": "false"}},
		},
	},
	{
		Preset: "shopify", Reference: "shopify:?key=0123456789abcdef&secret=env:" + SecretVariable, Issuer: "https://exampleshop.myshopify.com/admin", Secret: "shpss_0123456789abcdef0123456789abcdef",
		Claims: m{"sub": "42", "aud": "0123456789abcdef", "dest": "https://exampleshop.myshopify.com", "jti": "1", "sid": "s"},
		Good:   []Variant{{Name: "another shop", Claims: m{"iss": "https://second.myshopify.com/admin", "dest": "https://second.myshopify.com"}}},
		Wrong: []Variant{
			{Name: "other app", Claims: m{"aud": "other"}},
			{Name: "dest and iss differ", Claims: m{"dest": "https://second.myshopify.com"}},
			{Name: "no shop", Claims: m{"iss": "https://evil.example/admin", "dest": "https://evil.example"}},
			{Name: "no dest", Claims: m{"dest": nil}},
		},
	},
	{
		Preset: "oidc", Reference: "oidc:https://issuer.example?aud=orders-api&typ=at%2Bjwt&alg=RS256", Issuer: "https://issuer.example", Options: with(), Header: m{"typ": "at+jwt"},
		Claims: m{"sub": "u", "aud": "orders-api", "client_id": "web"},
		Wrong: []Variant{
			otherAudience,
			{Name: "no audience", Claims: m{"aud": nil}},
			{Name: "ID token", Header: m{"typ": "JWT"}},
			{Name: "other issuer", Claims: m{"iss": "https://other.example"}},
			{Name: "other algorithm", By: "https://issuer.example"},
		},
		Others: []Other{{"https://issuer.example", []verifiertest.Option{verifiertest.WithJWKSURL("https://issuer.example/jwks.json"), verifiertest.WithoutDiscovery()}}},
	},
}

// long returns a text of n characters.
func long(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a'
	}
	return string(b)
}
