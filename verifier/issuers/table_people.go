package issuers

import (
	"regexp"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

const (
	guid     = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
	hostname = `[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?`
	urlPath  = `(?:/[A-Za-z0-9._~%:@!$'()*+;=/-]*)?`
	httpsURL = `https://` + hostname + urlPath

	// An issuer in a network of one's own may be on this machine during development.
	origin     = `(?:https://(?:` + hostname + `|\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?)|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?)`
	privateURL = origin + urlPath
)

// shape matches the whole of a text.
func shape(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) }

// The arguments that several presets have in common.
var (
	issuerURL = argument{usage: "the https URL in \"iss\"", shape: shape(privateURL), issuer: true}
	noneTaken = argument{}
)

// googleIssuer is the issuer of people, service accounts and virtual machines.
var googleIssuer = shape(`(?:https://)?accounts\.google\.com`)

// rs256 is the one algorithm of many issuers.
var rs256 = []keys.Algorithm{keys.RS256}

func clientParam(claim string) param {
	return param{name: "client", usage: "the client ID", effect: isClaim(claim)}
}

var audParam = param{name: "aud", usage: "the audience: the name of your API", effect: audience}

// people are the presets of identity providers, which sign users in.
var people = []*preset{
	{
		name: "auth0", title: "Auth0", example: "auth0:my-domain.eu.auth0.com?aud=https://api.example",
		arg:    argument{usage: "the domain, such as my-domain.eu.auth0.com", shape: shape(`(?:https://)?(?P<domain>` + hostname + `)/?`), lower: true},
		issuer: "https://{domain}/",
		algs:   []keys.Algorithm{keys.RS256, keys.PS256},
		params: []param{
			{name: "aud", usage: "the identifier of the API. That is not a client ID, which ID tokens name", effect: auth0Audience},
			{name: "client", usage: "the client ID", effect: eachIs("azp", "client_id")}, // the RFC 9068 profile has the latter
		},
		needs: []string{"aud"}, why: "the identifier of your API keeps out tokens for other APIs",
	},
	{
		name: "okta", title: "Okta, custom authorization server", example: "okta:https://dev-1.okta.com/oauth2/default?aud=api://default",
		arg: argument{usage: "the issuer URL of a custom authorization server, https://HOST/oauth2/SERVER; the tokens of the org server, without a path, are only for Okta to read",
			shape: shape(`(?P<iss>https://` + hostname + `/oauth2/[A-Za-z0-9_-]+)/?`)},
		issuer: "{iss}", algs: rs256,
		params: []param{
			{name: "aud", usage: "the audience of the authorization server", effect: audience},
			{name: "client", usage: "the client ID, where the server has clients for several APIs", effect: isClaim("cid")},
		},
		needs:  []string{"aud"},
		always: []rule{{about: "cid is present, which ID tokens lack", Validator: claims.Required("cid")}},
	},
	{
		name: "cognito", title: "AWS Cognito", example: "cognito:eu-west-1_AbC123xyz?client=1example23456789",
		arg:    argument{usage: "the ID of the user pool, such as eu-west-1_AbC123xyz", shape: shape(`(?P<pool>(?P<region>[a-z]{2}-(?:gov-)?[a-z]+-[0-9])_[A-Za-z0-9]+)`)},
		issuer: "https://cognito-idp.{region}.amazonaws.com/{pool}", algs: rs256,
		params: []param{
			{name: "client", usage: "the ID of the app client", effect: nothing},
			{name: "use", usage: "access (the default) or id", shape: shape(`access|id`), single: true, effect: nothing},
			{name: "aud", usage: "the resource, where access tokens are bound to one; not with use=id", effect: audience},
		},
		needs: []string{"client"}, why: "every app client of the pool gets tokens, and access tokens name no audience",
		further: []string{"token_use is access, or id with use=id", "client_id is client, or aud with use=id"},
		finish: func(o *opening) {
			use := o.orDefault("use", "access")
			o.checks = append(o.checks, claims.OneOf("token_use", use))
			if use == "id" {
				if o.params.Has("aud") {
					o.fail("aud has no meaning with use=id: client is the audience; leave it out")
				}
				audience(o, o.params["client"])
			} else {
				o.checks = append(o.checks, claims.OneOf("client_id", o.params["client"]...))
			}
		},
	},
	{
		name: "google", title: "Google sign-in", example: "google:?client=1234.apps.googleusercontent.com&hd=example.com",
		arg: noneTaken, issuer: "https://accounts.google.com", also: []string{"accounts.google.com"}, everybody: googleIssuer,
		keys: "https://www.googleapis.com/oauth2/v3/certs", algs: rs256,
		params: []param{
			{name: "client", usage: "the client ID of your application", effect: audience},
			{name: "azp", usage: "the client ID of a further application of yours that signs users in, such as a mobile one", effect: nothing},
			{name: "hd", usage: "the Workspace domain of the users", effect: isClaim("hd")},
			{name: "email_verified", usage: "true, where the e-mail address is used", shape: shape(`true`), effect: isClaim("email_verified")},
		},
		needs: []string{"client"}, why: "Google signs for everybody with an account",
		further: []string{"azp is client or the azp given: a service account chooses aud, but not azp"},
		finish: func(o *opening) {
			o.checks = append(o.checks, claims.OneOf("azp", append(o.params["client"], o.params["azp"]...)...))
		},
	},
	{
		name: "firebase", title: "Firebase Authentication", example: "firebase:my-project",
		arg:    argument{usage: "the project ID", shape: shape(projectID)},
		issuer: "https://securetoken.google.com/{project}", algs: rs256,
		keys:    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
		params:  []param{firebaseTenant},
		always:  firebaseRules,
		further: []string{"aud is the project", "the tenant is the one given, or none"},
		finish:  firebaseProject,
	},
	{
		name: "firebase-session", title: "Firebase session cookies", example: "firebase-session:my-project?cookie=session",
		arg:    argument{usage: "the project ID", shape: shape(projectID)},
		issuer: "https://session.firebase.google.com/{project}", algs: rs256,
		keys: "https://www.googleapis.com/identitytoolkit/v3/relyingparty/publicKeys", // certificates by key ID
		params: []param{
			{name: "cookie", usage: "the name of your cookie", shape: shape(`[A-Za-z0-9_.-]+`), single: true, effect: nothing},
			firebaseTenant,
		},
		needs: []string{"cookie"}, why: "the application chooses the name of the cookie",
		always: firebaseRules,
		finish: func(o *opening) {
			firebaseProject(o)
			o.at = verifier.Location{Cookies: o.params["cookie"]}
		},
	},
	{
		name: "firebase-appcheck", title: "Firebase App Check", example: "firebase-appcheck:123456?app=1:123456:web:0a1b2c3d4e5f",
		arg:    argument{usage: "the number of the project", shape: shape(`(?P<number>[0-9]+)`)},
		issuer: "https://firebaseappcheck.googleapis.com/{number}", algs: rs256,
		keys:   "https://firebaseappcheck.googleapis.com/v1/jwks",
		params: []param{{name: "app", usage: "the ID of the app, 1:NUMBER:…", effect: isClaim("sub")}},
		needs:  []string{"app"}, why: "every app of the project gets tokens",
		at:     verifier.Location{Headers: []string{"X-Firebase-AppCheck"}},
		finish: func(o *opening) { audience(o, []string{"projects/" + o.vars["number"]}) },
	},
	{
		name: "keycloak", title: "Keycloak", example: "keycloak:https://sso.example/realms/shop?aud=orders-api",
		arg:    argument{usage: "the URL of the realm, https://HOST/realms/REALM, with %25 for % in it", shape: shape(`(?P<iss>` + origin + `(?:/[A-Za-z0-9._~-]+)*/realms/[^\s/?#]+)/?`)},
		issuer: "{iss}",
		params: append([]param{
			{name: "aud", usage: "the client ID of your API, which an audience mapper puts into aud; not account, which every client of the realm has", effect: keycloakAudience},
			clientParam("azp"),
		}, private...),
		needs: []string{"aud"}, why: "without an audience mapper Keycloak names account or nobody; add one to the client scope",
		always: []rule{{about: "typ in the payload is Bearer, or DPoP in bound tokens; ID and refresh tokens have others", Validator: claims.OneOf("typ", "Bearer", "DPoP")}},
	},
	{
		name: "zitadel", title: "ZITADEL", example: "zitadel:https://my.zitadel.cloud?project=123456789&client=987654321@shop",
		arg:    argument{usage: "the https URL of the instance", shape: shape(`(?P<iss>` + origin + `)/?`), issuer: true},
		issuer: "{iss}", algs: rs256,
		params: append([]param{
			{name: "project", usage: "the ID of the project", effect: audience},
			{name: "client", usage: "the client ID", effect: eachIs("client_id", "azp")},
		}, private...),
		needs: []string{"project", "client"}, why: "ID and access tokens of all clients of a project name the same audience",
		always: []rule{
			{about: "jti is present, which ID tokens lack", Validator: claims.Required("jti")},
			{about: "at_hash, c_hash, auth_time and amr are absent, which are those of ID tokens", Validator: absent("at_hash", "c_hash", "auth_time", "amr")},
		},
	},
	{
		name: "hydra", title: "Ory Hydra", example: "hydra:https://hydra.example/?aud=orders-api",
		arg: issuerURL, issuer: "{arg}", algs: rs256,
		params: append([]param{audParam, clientParam("client_id")}, private...),
		needs:  []string{"aud"}, why: "without one, tokens for nobody would pass; clients ask for it with audience=",
		always: []rule{
			{about: "client_id is present, which ID tokens lack", Validator: claims.Required("client_id")},
			{about: "at_hash is absent, which is that of ID tokens", Validator: absent("at_hash", "c_hash")},
		},
	},
	{
		name: "dex", title: "Dex", example: "dex:https://dex.example?client=shop",
		arg: issuerURL, issuer: "{arg}", algs: rs256,
		params: append([]param{
			{name: "client", usage: "the client ID", effect: both(audience, dexParty)},
			{name: "connector", usage: "the ID of the connector", effect: isMember("federated_claims", "connector_id")},
		}, private...),
		needs: []string{"client"},
	},
	{
		name: "authentik", title: "authentik", example: "authentik:https://authentik.company/application/o/shop/?client=AbC123",
		arg:    argument{usage: "the issuer URL of the application, https://HOST/application/o/SLUG/", shape: shape(`(?P<iss>` + origin + `(?:/[A-Za-z0-9._~-]+)*/application/o/[^\s/?#]+)/?`)},
		issuer: "{iss}/", algs: []keys.Algorithm{keys.RS256, keys.ES256},
		params: append([]param{{name: "client", usage: "the client ID", effect: both(audience, isClaim("azp"))}}, private...),
		needs:  []string{"client"}, why: "every user of the application gets its tokens, and other applications of the server have other clients",
		always: []rule{
			{about: "uid or scope is present, which ID tokens lack", Validator: anyPresent("uid", "scope")},
			{about: "at_hash and c_hash are absent, which are those of ID tokens", Validator: absent("at_hash", "c_hash")},
		},
	},
	{
		name: "authelia", title: "Authelia", example: "authelia:https://auth.example.com?aud=orders-api",
		arg: issuerURL, issuer: "{arg}", algs: rs256,
		options: []verifier.Option{verifier.WithType("at+jwt")},
		params:  append([]param{audParam, clientParam("client_id")}, private...),
		needs:   []string{"aud"},
	},
	{
		name: "supabase", title: "Supabase", example: "supabase:abcdefghijklmnop",
		arg:    argument{usage: "the reference ID of the project", shape: shape(`(?P<project>[a-z0-9]+)`)},
		issuer: "https://{project}.supabase.co/auth/v1", algs: []keys.Algorithm{keys.ES256, keys.RS256, keys.EdDSA, keys.Ed25519},
		// The edge caches for ten minutes, and a revoked key should not live longer.
		keyOpts: []keys.Option{keys.WithRefresh(10 * time.Minute)},
		options: []verifier.Option{verifier.WithAudience("authenticated")},
		params: []param{
			{name: "anonymous", usage: "true, which lets in users who have not signed in", shape: shape(`true`), single: true, effect: nothing},
			{name: "aal", usage: "the authenticator assurance level, such as aal2", effect: isClaim("aal")},
		},
		always:  []rule{{about: "role is authenticated", Validator: claims.OneOf("role", "authenticated")}},
		further: []string{"is_anonymous is false or absent, but not with anonymous=true"},
		finish: func(o *opening) {
			if !o.params.Has("anonymous") {
				o.checks = append(o.checks, claims.Optional("is_anonymous", claims.OneOf("is_anonymous", "false")))
			}
		},
	},
	{
		name: "clerk", title: "Clerk", example: "clerk:magical-marmoset-51.clerk.accounts.dev?origin=https://app.example",
		arg:    argument{usage: "the host of the Frontend API, such as clerk.example.com", shape: shape(`(?:https://)?(?P<host>` + hostname + `)/?`), lower: true},
		issuer: "https://{host}", algs: rs256,
		// OAuth access tokens of the same issuer are at+jwt.
		options: []verifier.Option{verifier.WithType("JWT")},
		params: []param{{name: "origin", usage: "an origin of your application, such as https://app.example", shape: shape(`https?://` + hostname), effect: func(o *opening, v []string) {
			o.checks = append(o.checks, claims.Optional("azp", claims.OneOf("azp", v...)))
		}}},
		needs: []string{"origin"}, why: "the session cookie is sent to every origin of the domain, and tokens name no audience",
		always: []rule{
			{about: "sts is not pending", Validator: claims.Optional("sts", claims.OneOf("sts", "active"))},
			{about: "sid is present, which OAuth and machine tokens lack", Validator: claims.Required("sid")},
		},
		at: verifier.Location{Schemes: []string{"Bearer"}, Cookies: []string{"__session"}, Repeated: true},
	},
	{
		name: "workos", title: "WorkOS", example: "workos:client_01ABC?org=org_01XYZ",
		arg:    argument{usage: "the client ID, client_…", shape: shape(`(?P<client>client_[A-Za-z0-9]+)`)},
		issuer: "https://api.workos.com", also: []string{"https://api.workos.com/", "https://api.workos.com/user_management/{client}"},
		keys: "https://api.workos.com/sso/jwks/{client}", algs: rs256,
		params: []param{
			{name: "org", usage: "the ID of the organization", effect: isClaim("org_id")},
			{name: "aud", usage: "the audience, where tokens name one", effect: audience},
		},
	},
	{
		name: "apple", title: "Sign in with Apple", example: "apple:?client=com.example.app",
		arg: noneTaken, issuer: "https://appleid.apple.com", algs: rs256,
		keys: "https://appleid.apple.com/auth/keys",
		params: []param{
			{name: "client", usage: "the bundle ID or service ID", effect: audience},
			{name: "email_verified", usage: "true, where the e-mail address is used", shape: shape(`true`), effect: isClaim("email_verified")},
		},
		needs: []string{"client"},
	},
	{
		name: "shopify", title: "Shopify session tokens", example: "shopify:?key=0123456789abcdef&secret=env:SHOPIFY_SECRET",
		arg: noneTaken, algs: []keys.Algorithm{keys.HS256},
		options: []verifier.Option{verifier.WithLeeway(10 * time.Second)}, // tokens live for a minute
		params: []param{
			{name: "key", usage: "the API key (client ID) of your app", effect: audience},
			{name: "secret", usage: "env:NAME or file:PATH, where the client secret of your app is", shape: shape(`(?:env|file):[^?,]+`), single: true, effect: nothing},
			{name: "shop", usage: "the host of a shop, NAME.myshopify.com; without it, every shop with your app", shape: shape(shopHost), effect: nothing},
		},
		needs:  []string{"key", "secret"},
		why:    "the secret signs for every shop that installed the app, and for no other app",
		always: []rule{{about: "dest is https://SHOP.myshopify.com, and iss is dest with /admin", Validator: shopDestination}},
		finish: shops,
	},
	{
		name: "oidc", title: "Any other issuer with OpenID discovery", example: "oidc:https://issuer.example?aud=orders-api",
		arg: issuerURL, issuer: "{arg}",
		params: append([]param{
			audParam,
			clientParam("client_id"),
			{name: "azp", usage: "the client ID of the calling application", effect: isClaim("azp")},
			{name: "typ", usage: "the typ in the header, such as at+jwt", effect: func(o *opening, v []string) { o.options = append(o.options, verifier.WithType(v...)) }},
			{name: "alg", usage: "the algorithm, such as RS256", shape: publicAlgorithm, effect: algorithms},
		}, private...),
		needs: []string{"aud"}, why: "an issuer has many clients, and only the audience tells whom a token is for",
	},
}
