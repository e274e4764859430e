package diagnose_test

import (
	"time"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// Situations of dates, kinds of tokens and what they say.
var ofClaims = []situation{
	// Dates.
	{"clock of this machine is off", func(b *bench, s *setup.Settings) string {
		s.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
		return b.token(nil)
	}, "clock", "ahead"},
	{"clock of this machine is behind", func(b *bench, s *setup.Settings) string {
		s.Now = func() time.Time { return time.Now().Add(-20 * time.Minute) }
		return b.token(nil)
	}, "clock", "behind"},
	{"clock of the issuer is ahead", func(b *bench, s *setup.Settings) string {
		return b.token(m{"iat": time.Now().Add(90 * time.Second).Unix()})
	}, "clock", "NTP"},
	{"signer writes local time", func(b *bench, s *setup.Settings) string {
		at := time.Now().Add(2 * time.Hour)
		return b.token(m{"iat": at.Unix(), "exp": at.Add(5 * time.Minute).Unix()})
	}, "signer", "local time"},
	{"dates in milliseconds", func(b *bench, s *setup.Settings) string {
		return b.token(m{"exp": time.Now().Add(time.Hour).UnixMilli(), "iat": time.Now().UnixMilli()})
	}, "signer", "milliseconds"},
	{"a date as text", func(b *bench, s *setup.Settings) string { return b.token(m{"exp": "2030-01-01T00:00:00Z"}) }, "signer", "text"},
	{"expired", func(b *bench, s *setup.Settings) string {
		return b.token(m{"iat": time.Now().Add(-2 * time.Hour).Unix(), "exp": time.Now().Add(-time.Hour - 7*time.Minute).Unix()})
	}, "token", "expired 1 hour"},
	{"not yet valid", func(b *bench, s *setup.Settings) string {
		return b.token(m{"nbf": time.Now().Add(30 * time.Hour).Unix(), "exp": time.Now().Add(40 * time.Hour).Unix()})
	}, "token", "not valid yet"},
	{"no expiry", func(b *bench, s *setup.Settings) string { return b.token(m{"exp": nil}) }, "expiry", "WithOptionalExpiry"},

	// Kinds of tokens and what they say.
	{"typ at+jwt demanded, JWT given", func(b *bench, s *setup.Settings) string { s.Type = []string{"at+jwt"}; return b.token(nil) }, "type", "WithType"},
	{"another typ", func(b *bench, s *setup.Settings) string {
		return b.iss.SignHeader(m{"typ": "vnd.example+jwt"}, b.claims(nil))
	}, "type", "vnd.example+jwt"},
	{"crit", func(b *bench, s *setup.Settings) string {
		return b.iss.SignHeader(m{"crit": []string{"x"}, "x": 1}, b.claims(nil))
	}, "signer", "crit"},
	{"not signed", func(b *bench, s *setup.Settings) string { return unsigned(m{"alg": "none"}, b.claims(nil), nil) }, "signer", "none"},
	{"unknown algorithm", func(b *bench, s *setup.Settings) string {
		return unsigned(m{"alg": "ES256K"}, b.claims(nil), make([]byte, 64))
	}, "signer", "ES256K"},
	{"bound to a key, without a proof", func(b *bench, s *setup.Settings) string { return b.token(m{"cnf": m{"jkt": "x"}}) }, "possession", "dpop"},
	{"logout token", func(b *bench, s *setup.Settings) string {
		return b.token(m{"events": m{"http://schemas.openid.net/event/backchannel-logout": m{}}})
	}, "client", "logout token"},
	{"no subject", func(b *bench, s *setup.Settings) string { return b.token(m{"sub": nil}) }, "subject", "WithOptionalSubject"},
	{"subject is a number", func(b *bench, s *setup.Settings) string { return b.token(m{"sub": 7}) }, "integer subject", "WithIntegerSubject"},
	{"scope", func(b *bench, s *setup.Settings) string { s.Scope = []string{"write"}; return b.token(nil) }, "client", "write"},
	{"DPoP proof in place of the token", func(b *bench, s *setup.Settings) string {
		return b.iss.SignHeader(m{"typ": "dpop+jwt"}, m{"htm": "GET", "htu": audience, "iat": time.Now().Unix(), "jti": "1"})
	}, "client", "DPoP proof"},
}
