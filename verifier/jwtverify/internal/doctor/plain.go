package doctor

import (
	"maps"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// plain writes settings for verifier.New, where no preset fits.
func (x *examination) plain(samples []token) (*Prescription, error) {
	p := x.p
	p.Samples, p.Missing = nil, nil
	s := setup.Settings{Keys: x.o.Keys, Client: x.o.Client, CA: x.o.CA, Now: x.o.Now}
	algs, issuer, aud := map[string]bool{}, map[string]bool{}, []string(nil)
	for i, t := range samples {
		algs[t.d.Header.Text("alg")] = true
		if iss := t.d.Claims.Text("iss"); iss != "" {
			issuer[iss] = true
		}
		got := t.d.Claims.Texts("aud")
		if i == 0 {
			aud = slices.Clone(got)
		}
		aud = slices.DeleteFunc(aud, func(a string) bool { return !slices.Contains(got, a) })
		s.OptionalSubject = s.OptionalSubject || t.d.Claims.Text("sub") == ""
		s.OptionalExpiry = s.OptionalExpiry || !t.d.Claims.Has("exp")
	}
	s.Issuer, s.Algorithm = slices.Sorted(maps.Keys(issuer)), slices.Sorted(maps.Keys(algs))
	if len(aud) > 0 {
		s.Audience = aud[:1]
	} else {
		x.warn("the samples have no audience in common: any service that gets such a token could use it here")
	}
	if s.Keys == "" {
		s.Keys = "env:JWT_SECRET?alg=" + s.Algorithm[0]
		if !strings.HasPrefix(s.Algorithm[0], "HS") {
			s.Keys = "file:KEYS"
		}
		p.Missing = append(p.Missing, "keys (give them with --keys)")
	}
	if len(issuer) < 1 {
		x.warn("the samples name no issuer: whoever has the key can make them")
	}
	if s.OptionalExpiry {
		x.warn("samples have no exp, so they never end")
	}
	if s.OptionalSubject {
		x.warn("samples have no sub: do not take an empty Subject for a user")
	}
	p.Settings = map[string]string{"JWT_KEYS": s.Keys}
	if len(s.Issuer) == 1 {
		p.Settings["JWT_ISSUER"] = s.Issuer[0]
	}
	if len(s.Audience) > 0 {
		p.Settings["JWT_AUDIENCE"] = s.Audience[0]
	}
	p.Code = plainProgram(s)
	svc := s.Open(x.ctx)
	for _, t := range samples {
		one := Sample{Number: t.number, Issuer: message.Short(t.d.Claims.Text("iss")), Verified: "NOT verified: no keys are given"}
		if len(p.Missing) == 0 {
			d := x.explain(svc, t)
			one.Accepted, one.Kind, one.Cause = d.Verdict == "trusted", d.Kind, d.Cause
			one.Verified = "NOT verified: " + d.Cause
			if one.Accepted {
				one.Verified = "with the keys given"
			}
		}
		p.Samples = append(p.Samples, one)
	}
	x.about(samples)
	return p, x.ctx.Err()
}
