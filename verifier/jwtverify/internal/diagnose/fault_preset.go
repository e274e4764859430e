package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
)

// own is a check of a preset, or one of the service's own.
func (s *situation) own(c verifier.Check) Fault {
	if s.signer() == "" {
		return s.fault("verifier", "a check of the service's own refuses it: "+bare(c.Detail), "see the check "+message.Quote(c.Name)+" in the code of the service")
	}
	ref := presets.Parse(s.policy.Reference)
	k := presets.Named(ref.Preset)
	claim, _, _ := strings.Cut(bare(c.Detail), ": ")
	claim = strings.Trim(claim, `"`)
	if len(ref.Params[c.Name]) > 0 {
		var got []string
		if k != nil {
			got = k.Values(c.Name, s.d)
		}
		if c.Name == "lifetime" {
			return s.lifetime()
		}
		if name, ok := strings.CutPrefix(c.Name, "claim."); ok {
			if word, is := s.d.Claims.Word(strings.Split(strings.TrimPrefix(name, "/"), "/")...); is {
				got = []string{word}
			}
		}
		return s.parameter(c.Name, got)
	}
	if k != nil { // a check that the preset makes of several things together
		if p := k.ByClaim(claim); p != nil && (len(ref.Params[p.Name]) > 0 || p.Name == "use" || p.Name == "tenant" || p.Name == "anonymous") {
			return s.parameter(p.Name, s.found(p))
		}
		for _, p := range k.Params { // compared with the claim in another way
			if values := ref.Params[p.Name]; len(values) > 0 && slices.ContainsFunc(values, func(v string) bool { return strings.Contains(c.Detail, message.Quote(v)) }) {
				got := s.found(&p)
				if word, ok := s.d.Claims.Word(claim); ok {
					got = []string{word + " in " + claim}
				}
				f := s.parameter(p.Name, got)
				if p.Path != nil && p.Path[0] != claim {
					f.Write = nil
				}
				return f
			}
		}
	}
	switch {
	case strings.HasPrefix(c.Name, "ver is"):
		return s.fault("issuers", "it is a token of the other version of Microsoft Entra ID: "+bare(c.Detail), "use the preset entra for v2 tokens and entra-v1 for v1 tokens, or set requestedAccessTokenVersion in the manifest of the API")
	case strings.HasPrefix(c.Name, "sub is") || claim == "sub":
		return s.fault("issuers", "its sub is not one that the reference is for: "+bare(c.Detail), "if the token is right, change the reference", s.referenceLines()...)
	case claim == "is_anonymous":
		return s.parameter("anonymous", []string{"true"})
	}
	return s.fault("client", "it is not the kind of token that "+s.signer()+" sends to an API ("+c.Name+"): "+bare(c.Detail), "send the access token of a signed-in user or workload, not another token of this issuer")
}

// found is what the token has for a parameter.
func (s *situation) found(p *presets.Param) []string {
	o := s.d.Claims
	if p.Header {
		o = s.d.Header
	}
	if word, ok := o.Word(p.Path...); ok {
		return []string{word}
	}
	return nil
}

// referenceLines is the reference that the token itself suggests.
func (s *situation) referenceLines() []string {
	ref := presets.Parse(s.policy.Reference)
	k := presets.Named(ref.Preset)
	if k == nil {
		return nil
	}
	if arg, ok := k.Argument(s.d); ok && arg != "" && arg != ref.Argument {
		ref.Argument = arg
		return []string{s.opens(ref)}
	}
	return nil
}

// parameter is a parameter of the reference whose value the token does not have.
func (s *situation) parameter(name string, got []string) Fault {
	ref := presets.Parse(s.policy.Reference)
	want := ref.Params[name]
	cause := "the reference demands " + name + "=" + strings.Join(want, " or ") + ", and the token has " + message.List(got...)
	if len(want) == 0 {
		cause = "the token has " + message.List(got...) + ", which needs the parameter " + name
	}
	if how, _ := differ(want, first(got)); how != "" {
		cause += ": " + how
	}
	f := s.fault("parameter "+name, cause, "if this is one that you trust, write its value; otherwise the token belongs to somebody else", s.referenceWith(name, got))
	f.Name = "the parameter " + name + " in " + nameOf(s.svc, "issuers")
	if len(got) == 0 {
		f.Write = nil
		f.Advice = "the token does not say it: send a token that does, or leave the parameter out if nothing else can come with these keys"
	}
	if name == "use" && first(got) == "id" {
		f.Setting, f.Name = "client", elsewhere["client"]
		f.Cause = "it is an ID token, and an access token is expected"
		f.Advice = "send the access token; an API that really takes ID tokens says use=id"
	}
	return f
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// referenceWith is the line for the reference with another value of a parameter.
func (s *situation) referenceWith(name string, values []string) string {
	if s.policy == nil || s.policy.Reference == "" {
		return ""
	}
	ref := presets.Parse(s.policy.Reference)
	if name == "" { // the value is the argument's
		return strings.Join(s.referenceLines(), "")
	}
	ref.Params[name] = values
	return s.opens(ref)
}

// opens is the line for a reference, or "" if package issuers would refuse it: some
// values are never right, such as the audience of every pod.
func (s *situation) opens(ref presets.Reference) string {
	if _, err := issuers.Open(s.ctx, ref.String()); err != nil {
		return ""
	}
	return s.write("issuers", ref.String())
}

// lifetime is a token that lives longer than the reference allows.
func (s *situation) lifetime() Fault {
	exp, ok := s.d.Claims.Date("exp")
	iat, has := s.d.Claims.Date("iat")
	if !ok || !has {
		return s.fault("parameter lifetime", "the reference bounds its life, and it does not say when it was issued", "let the issuer write iat")
	}
	return s.fault("parameter lifetime", "it lives for "+Duration(seconds(exp-iat))+", and the reference allows "+s.param("lifetime"), "let the issuer give it a shorter life, or allow more", s.referenceWith("lifetime", []string{fmt.Sprintf("%ds", int64(exp-iat))}))
}

// notes are what strikes the eye and is not at fault.
func (s *situation) notes() (all []string) {
	for _, name := range []string{"jku", "x5u", "jwk", "x5c"} {
		if s.d.Header.Has(name) {
			all = append(all, "its header has "+name+", which is never used: its sender chose it")
		}
	}
	exp, ok := s.d.Claims.Date("exp")
	iat, has := s.d.Claims.Date("iat")
	if ok && has && exp-iat > 24*3600 && exp < 1e11 {
		all = append(all, "it lives for "+Duration(seconds(exp-iat))+": who steals it can use it as long")
	}
	if s.report != nil && s.report.Err == nil && s.kind == "ID token" {
		all = append(all, "it seems to be an ID token, and the settings accept it: an API should only take access tokens")
	}
	return all
}
