package diagnose_test

import (
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// Situations of who issued a token, and for whom.
var ofIssuers = []situation{
	// Issuer.
	{"issuer without its slash", func(b *bench, s *setup.Settings) string { return b.token(m{"iss": issuer + "/"}) }, "issuer", "JWT_KEYS=oidc:https://issuer.example/"},
	{"issuer in another case", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{"https://Issuer.example"}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "JWT_ISSUER=https://issuer.example"},
	{"issuer with another scheme", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{"http://issuer.example"}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "the scheme"},
	{"issuer with a port", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{"https://issuer.example:443"}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "the port"},
	{"issuer in quotes", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{`"https://issuer.example"`}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "quotes"},
	{"the metadata URL as issuer", func(b *bench, s *setup.Settings) string {
		s.Issuer = []string{issuer + "/.well-known/openid-configuration"}
		s.Keys = b.iss.JWKS
		return b.token(nil)
	}, "issuer", "JWT_ISSUER=https://issuer.example"},
	{"issuers in one value", func(b *bench, s *setup.Settings) string {
		s.Issuer, s.Keys = []string{"https://other.example," + issuer}, b.iss.JWKS
		return b.token(nil)
	}, "issuer", "as one value"},
	{"audiences in one value", func(b *bench, s *setup.Settings) string {
		s.Audience = []string{"other " + audience}
		return b.token(nil)
	}, "audience", "as one value"},
	{"issuer under another host", func(b *bench, s *setup.Settings) string {
		i := b.w.Issuer("https://sso.internal/realms/a")
		s.Issuer, s.Keys = []string{"https://sso.example/realms/a"}, i.JWKS
		return i.Sign(b.claims(m{"iss": i.URL}))
	}, "issuer", "only the host differs"},
	{"no issuer is set", func(b *bench, s *setup.Settings) string { s.Keys = b.iss.JWKS; return b.token(nil) }, "issuer", "JWT_ISSUER=https://issuer.example"},
	{"issuer and audience swapped", func(b *bench, s *setup.Settings) string {
		s.Keys, s.Issuer, s.Audience = b.iss.JWKS, []string{audience}, []string{issuer}
		return b.token(nil)
	}, "issuer", "swapped"},
	{"token of another environment", func(b *bench, s *setup.Settings) string {
		other := b.w.Issuer("https://staging.example")
		return other.Sign(b.claims(m{"iss": other.URL}))
	}, "issuer", "JWT_KEYS=oidc:https://staging.example"},
	{"token of another realm", func(b *bench, s *setup.Settings) string {
		other := b.w.Issuer(issuer + "/realms/b")
		return other.Sign(b.claims(m{"iss": other.URL}))
	}, "issuer", "tenant, realm"},
	{"Entra v1 token where v2 is expected", func(b *bench, s *setup.Settings) string {
		s.Issuers, s.Keys, s.Audience = "entra:72f988bf-86f1-41af-91ab-2d7cd011db47?client=8e3f1c2d-0000-4000-8000-000000000001", "", nil
		return b.token(m{"iss": "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/", "ver": "1.0"})
	}, "issuer", "v1 token"},

	// Audience.
	{"no audience is set", func(b *bench, s *setup.Settings) string { s.Audience = nil; return b.token(nil) }, "audience", "JWT_AUDIENCE=https://api.example"},
	{"audience with a slash", func(b *bench, s *setup.Settings) string { return b.token(m{"aud": audience + "/"}) }, "audience", "JWT_AUDIENCE=https://api.example/"},
	{"audience of another API", func(b *bench, s *setup.Settings) string { return b.token(m{"aud": []string{"https://other.example"}}) }, "audience", "another service"},
	{"token without audience", func(b *bench, s *setup.Settings) string { return b.token(m{"aud": nil}) }, "audience", "names no audience"},
	{"audience is the client ID, in the settings", func(b *bench, s *setup.Settings) string {
		s.Audience = []string{"web-client"}
		return b.token(m{"azp": "web-client"})
	}, "audience", "JWT_AUDIENCE=https://api.example"},
	{"audience is a client ID, in an access token", func(b *bench, s *setup.Settings) string {
		return b.token(m{"aud": "8e3f1c2d-0000-4000-8000-000000000001"})
	}, "audience", "client ID"},
	{"ID token", func(b *bench, s *setup.Settings) string {
		return b.token(m{"aud": "web-client", "nonce": "n", "at_hash": "x", "scope": nil})
	}, "client", "ID token"},
	{"Keycloak without an audience mapper", func(b *bench, s *setup.Settings) string { return b.token(m{"aud": "account", "azp": "web"}) }, "audience", "audience mapper"},
}
