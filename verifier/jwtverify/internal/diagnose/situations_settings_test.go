package diagnose_test

import (
	"maps"
	"net/http"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// Situations of presets, outages and configuration.
var ofSettings = []situation{
	// Presets.
	{"preset, other client", cognito(m{"client_id": "2ex"}), "parameter client", "cognito:eu-west-1_AbC123xyz?client=2ex"},
	{"preset, ID token", cognito(m{"token_use": "id", "aud": "1ex", "client_id": nil}), "client", "ID token"},
	{"preset, other pool", cognito(m{"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"}), "issuer", "cognito:eu-west-1_Other?client=1ex"},
	{"preset, other repository", func(b *bench, s *setup.Settings) string {
		i := b.w.Issuer("https://token.actions.githubusercontent.com", verifiertest.WithAlgorithm(keys.RS256))
		s.Issuers, s.Keys, s.Audience = "github:?aud=https://api.example&repository_id=123456", "", nil
		return i.Sign(b.claims(m{"iss": i.URL, "repository_id": "654321"}))
	}, "parameter repository_id", "repository_id=654321"},
	{"list of presets, issuer in none", func(b *bench, s *setup.Settings) string {
		s.Issuers, s.Keys, s.Audience = "auth0:a.eu.auth0.com?aud=x,okta:https://dev-1.okta.com/oauth2/default?aud=y", "", nil
		return b.token(nil)
	}, "issuer", "no reference"},
	{"preset with a mistake", func(b *bench, s *setup.Settings) string {
		s.Issuers, s.Keys, s.Audience = "cognito:eu-west-1_AbC123xyz", "", nil
		return b.token(nil)
	}, "issuers", "needs client"},

	// Outages and configuration.
	{"outage", func(b *bench, s *setup.Settings) string {
		token := b.token(nil)
		b.iss.Break(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
		return token
	}, "network", "503"},
	{"metadata of another issuer", func(b *bench, s *setup.Settings) string {
		s.Keys = "oidc:" + issuer + "/"
		return b.token(m{"iss": issuer + "/"})
	}, "keys", "JWT_KEYS=oidc:https://issuer.example"},
	{"no metadata there", func(b *bench, s *setup.Settings) string {
		b.w.Handle("empty.example", http.NotFoundHandler())
		s.Keys = "oidc:https://empty.example"
		return b.token(m{"iss": "https://empty.example"})
	}, "keys", "no metadata"},
	{"no keys are set", func(b *bench, s *setup.Settings) string { s.Keys, s.Issuer = "", []string{issuer}; return b.token(nil) }, "keys", "JWT_KEYS=oidc:https://issuer.example"},
}

// cognito is a token of Cognito with differences.
func cognito(diff m) func(*bench, *setup.Settings) string {
	return func(b *bench, s *setup.Settings) string {
		i := b.w.Issuer("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz", verifiertest.WithAlgorithm(keys.RS256))
		s.Issuers, s.Keys, s.Audience = "cognito:eu-west-1_AbC123xyz?client=1ex", "", nil
		c := b.claims(m{"iss": i.URL, "aud": nil, "token_use": "access", "client_id": "1ex"})
		maps.Copy(c, diff)
		maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
		return i.Sign(c)
	}
}
