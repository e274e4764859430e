package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// check is one line of the report, with what was expected and what was there.
func (s *situation) check(c verifier.Check) Check {
	to := Check{Name: c.Name, State: "fail", Setting: c.Setting}
	switch {
	case c.Passed:
		to.State = "ok"
	case c.Skipped:
		to.State = "undecided"
	}
	if !c.Passed {
		to.Detail = bare(c.Detail)
	}
	to.Expected, to.Got = s.sides(c)
	return to
}

// bare cuts the name of the package and the umbrella off a detail.
func bare(detail string) string {
	for _, prefix := range []string{"verifier: ", "keys: ", "invalid token: ", "malformed token: ", "algorithm not allowed: ", "token type not allowed: ", "unknown key: ", "cannot decide now: "} {
		detail = strings.TrimPrefix(detail, prefix)
	}
	return detail
}

// sides says what a check expected and what the token has.
func (s *situation) sides(c verifier.Check) (expected, got string) {
	p := s.policy
	if p == nil {
		p = &verifier.Policy{}
	}
	date := func(name string) string {
		n, ok := s.d.Claims.Date(name)
		at, in := date(n)
		switch {
		case !s.d.Claims.Has(name):
			return "none"
		case !ok || !in:
			return "not a date in seconds"
		}
		return at.UTC().Format(time.RFC3339) + ", " + Relative(at, s.at)
	}
	leeway := ""
	if p.Leeway > 0 {
		leeway = fmt.Sprintf(", with a leeway of %v", time.Duration(p.Leeway*float64(time.Second)))
	}
	switch c.Name {
	case "shape":
		return "three parts of base64url", fmt.Sprintf("%d bytes in %d parts", len(s.raw), strings.Count(s.raw, ".")+1)
	case "algorithm":
		return listed(p.Algorithms, keys.Algorithms()), message.Quote(s.alg)
	case "type":
		return strings.Join(p.Types, ", ") + map[bool]string{false: " or none"}[p.NeedsType], orNone(s.typ)
	case "claims":
		return "a JSON object with claims as RFC 7519 defines them", "read"
	case "signature":
		expected = "a signature by a key of the sources"
		if s.kid != "" {
			expected = "a signature by the key " + message.Quote(s.kid)
		}
		if c.Passed {
			got = bare(c.Detail)
		}
		return expected, got
	case "issuer":
		want := p.Issuers
		if len(want) == 0 {
			want = p.BoundTo
		}
		switch {
		case len(want) > 0:
			expected = message.List(want...)
		case p.AnyIssuer:
			expected = "any"
		default:
			expected = "none"
		}
		return expected, orNone(s.iss)
	case "audience":
		expected = message.List(p.Audiences...)
		if p.AnyAud {
			expected = "any"
		}
		return expected, message.List(s.aud...)
	case "expiry":
		return "after " + s.at.UTC().Format(time.RFC3339) + leeway, date("exp")
	case "not before":
		return "none, or not after " + s.at.UTC().Format(time.RFC3339) + leeway, date("nbf")
	case "issued at":
		return "none, or not after " + s.at.UTC().Format(time.RFC3339) + leeway, date("iat")
	case "subject":
		word, _ := s.d.Claims.Word("sub")
		return "present", orNone(word)
	}
	return s.sidesOfParameter(c)
}

// sidesOfParameter is sides for a parameter of a reference.
func (s *situation) sidesOfParameter(c verifier.Check) (expected, got string) {
	if s.policy == nil || s.policy.Reference == "" {
		return "", ""
	}
	ref := presets.Parse(s.policy.Reference)
	values := ref.Params[c.Name]
	if len(values) == 0 {
		return "", ""
	}
	k := presets.Named(ref.Preset)
	if k == nil {
		return message.List(values...), ""
	}
	return message.List(values...), message.List(k.Values(c.Name, s.d)...)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return message.Quote(s)
}

func listed(algs, all []keys.Algorithm) string {
	if len(algs) >= len(all) {
		return "that of the key"
	}
	var names []string
	for _, a := range algs {
		names = append(names, string(a))
	}
	return strings.Join(names, ", ")
}

// narrow finds the policy that applies to the token. Of a list of references, only
// the one that the token belongs to is explained further.
func (s *situation) narrow() {
	s.policy = s.svc.Policy
	if s.policy == nil || len(s.policy.Routes) == 0 {
		return
	}
	var open []string
	for choice, p := range s.policy.Routes {
		switch {
		case p == nil:
		case slices.Contains(p.Issuers, s.iss), choice == s.iss:
			s.policy = p
			return
		case p.Reference != "" && p.AnyIssuer:
			open = append(open, p.Reference)
		}
	}
	slices.Sort(open)
	for _, ref := range open {
		k := presets.Of(s.d)
		if k != nil && presets.Parse(ref).Preset == k.Preset || s.routedTo(ref) {
			for _, p := range s.svc.Policy.Routes {
				if p != nil && p.Reference == ref {
					s.policy = p
					return
				}
			}
		}
	}
	s.policy = nil
}

// routedTo reports whether a reference alone accepts the signature of the token.
func (s *situation) routedTo(ref string) bool {
	_, ok := s.with(func(to *setup.Settings) { to.Issuers = strings.ReplaceAll(ref, ",", "%2C") })
	return ok
}

// sources lists the keys at hand.
func (s *situation) sources() (all []Source) {
	if s.svc.Keys == nil {
		return fromPolicy(s.svc.Policy, s.now)
	}
	for _, st := range keys.Statuses(s.svc.Keys) {
		to := Source{Source: st.Source}
		for _, k := range st.Keys[:min(len(st.Keys), 50)] {
			to.Keys = append(to.Keys, orNone(k.ID())+" "+string(k.Algorithm()))
		}
		for _, k := range st.Skipped[:min(len(st.Skipped), 50)] {
			to.Skipped = append(to.Skipped, message.Quote(k.KeyID)+": "+k.Reason)
		}
		if !st.FetchedAt.IsZero() {
			to.Age = Duration(max(0, s.now.Sub(st.FetchedAt)).Round(time.Second))
		}
		if st.Err != nil {
			to.Error = message.Line(bare(st.Err.Error()))
		}
		all = append(all, to)
	}
	return all
}

// fromPolicy lists the keys that a running service has.
func fromPolicy(p *verifier.Policy, now time.Time) (all []Source) {
	if p == nil {
		return nil
	}
	for _, src := range p.Sources {
		to := Source{Source: src.Source, Keys: src.Keys, Skipped: src.Skipped, Error: src.Error}
		if !src.FetchedAt.IsZero() {
			to.Age = Duration(max(0, now.Sub(src.FetchedAt)).Round(time.Second))
		}
		all = append(all, to)
	}
	for _, q := range p.Routes {
		all = append(all, fromPolicy(q, now)...)
	}
	return all
}
