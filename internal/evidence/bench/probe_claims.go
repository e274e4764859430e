package bench

import "time"

const (
	otherIssuer   = `"https://login.example.net/realms/other"`
	otherAudience = `"https://other.example.com"`
)

var claimProbes = []Probe{
	{Name: "exp", Refuses: "a token that has expired", Vital: true, Tokens: each(
		func(c *claimSet) { c.exp = in(-time.Hour) },
	)},
	{Name: "aud", Refuses: "a token for another audience", Vital: true, Tokens: each(
		func(c *claimSet) { c.aud = otherAudience },
		func(c *claimSet) { c.aud = "[" + otherAudience + "]" },
	)},
	{Name: "iss", Refuses: "a token of another issuer", Tokens: each(
		func(c *claimSet) { c.iss = otherIssuer },
	)},
	{Name: "nbf", Refuses: "a token before its time", Tokens: each(
		func(c *claimSet) { c.nbf = in(time.Hour) },
	)},
	{Name: "iat", Refuses: "a token from the future", Tokens: each(
		func(c *claimSet) { c.iat = in(time.Hour) },
	)},
	{Name: "leeway", Refuses: "no token for a clock that is 10 s off", Accept: true, Tokens: each(
		func(c *claimSet) { c.exp = in(-10 * time.Second) },
		func(c *claimSet) { c.nbf, c.iat = in(10*time.Second), in(10*time.Second) },
	)},
	{Name: "exp required", Refuses: "a token without exp", Tokens: each(
		func(c *claimSet) { c.exp = "" },
	)},
	{Name: "sub required", Refuses: "a token without sub", Tokens: each(
		func(c *claimSet) { c.sub = "" },
	)},
	{Name: "iss required", Refuses: "a token without iss", Tokens: each(
		func(c *claimSet) { c.iss = "" },
	)},
	{Name: "aud required", Refuses: "a token without aud", Tokens: each(
		func(c *claimSet) { c.aud = "" },
	)},
	{Name: "date type", Refuses: "a string as a date", Tokens: each(
		func(c *claimSet) { c.exp = quoted(in(time.Hour)) },
		func(c *claimSet) { c.exp = quoted(time.Now().Add(time.Hour).UTC().Format(time.RFC3339)) },
	)},
	{Name: "null", Refuses: "null as a registered claim", Tokens: each(
		func(c *claimSet) { c.nbf = "null" },
	)},
	{Name: "exact names", Refuses: "AUD in place of aud (RFC 7519 §4)", Tokens: each(
		func(c *claimSet) { c.aud = otherAudience + `,"AUD":` + quoted(audience) },
	)},
}

// each makes a token with every one of the edits.
func each(edits ...func(c *claimSet)) func(m *Material) []string {
	return func(m *Material) (raws []string) {
		for _, edit := range edits {
			raws = append(raws, m.claimsWith(edit))
		}
		return raws
	}
}
