package bench

import (
	"fmt"
	"strconv"
	"time"
)

// What every contender expects of a token.
const (
	Issuer   = "https://login.example.com/realms/production"
	audience = "https://api.example.com/orders/v2"
	subject  = "user|0196f1c4-5d2e-7c1a-9b1e-6f2f0c9a"
	KeyID    = "5e0b7f0c-8d5c-4f6b-a1a3-2f9d7c1e4b60"
	leeway   = 30 * time.Second
)

// Audience is the "aud" of every token.
func Audience() string { return audience }

// Leeway is how far a clock may be off.
func Leeway() time.Duration { return leeway }

// A Profile holds the custom claims. Everyone decodes them into it.
type Profile struct {
	Tenant string   `json:"tenant"`
	Roles  []string `json:"roles"`
	Admin  bool     `json:"admin"`
}

// Want is the Profile in every token that has custom claims.
func Want() Profile {
	return Profile{Tenant: "tenant-7f3a", Roles: []string{"orders:write"}, Admin: true}
}

const customMembers = `,"tenant":"tenant-7f3a","roles":["orders:write"],"admin":true`

// Registered is a token of about 500 bytes with the seven registered claims.
func (m *Material) Registered() string { return m.Sign(m.header(), goodClaims().text("")) }

// Custom is a token of about 500 bytes with the seven registered claims, of
// which those that are free to be are short, and the three of a Profile.
func (m *Material) Custom() string {
	c := goodClaims()
	c.jti, c.sub = quoted("7d1c6c2e9a0b4f0e"), quoted("user|0c6f1d8f2f11-7d35")
	return m.Sign(m.header(), c.text(customMembers))
}

// Token is Registered with another key ID, issuer and token ID.
func (m *Material) Token(keyID, issuer, id string) string {
	c := goodClaims()
	c.iss, c.jti = quoted(issuer), quoted(id)
	return m.Sign(fmt.Sprintf(`{"alg":%q,"typ":"JWT","kid":%q}`, m.Algorithm, keyID), c.text(""))
}

func (m *Material) header() string { return m.headerWith("") }

// headerWith appends members, each with a comma before it.
func (m *Material) headerWith(members string) string {
	return fmt.Sprintf(`{"alg":%q,"typ":"JWT","kid":%q%s}`, m.Algorithm, KeyID, members)
}

// claimsWith is a payload with claims of which only one may be wrong.
func (m *Material) claimsWith(edit func(c *claimSet)) string {
	c := goodClaims()
	edit(&c)
	return m.Sign(m.header(), c.text(""))
}

// A claimSet holds the JSON text of registered claims; "" leaves one out.
type claimSet struct{ jti, iss, sub, aud, exp, nbf, iat string }

// goodClaims are good for an hour from now.
func goodClaims() claimSet {
	return claimSet{
		jti: quoted("7d1c6c2e-9a0b-4f0e-8a55-0c6f1d8f2f11"),
		iss: quoted(Issuer), sub: quoted(subject), aud: quoted(audience),
		exp: in(time.Hour), nbf: in(-time.Minute), iat: in(-time.Minute),
	}
}

// text is the payload; members come last, each with a comma before it.
func (c claimSet) text(members string) string {
	text := `{"jti":` + c.jti
	for _, m := range []struct{ name, value string }{
		{"iss", c.iss}, {"sub", c.sub}, {"aud", c.aud}, {"exp", c.exp}, {"nbf", c.nbf}, {"iat", c.iat},
	} {
		if m.value != "" {
			text += `,"` + m.name + `":` + m.value
		}
	}
	return text + members + "}"
}

func quoted(s string) string { return `"` + s + `"` }

// in is the time in d, as a NumericDate.
func in(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }
