package diagnose

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
)

// expectedIssuers are those that the settings name.
func (s *situation) expectedIssuers() []string {
	if s.policy == nil {
		return nil
	}
	if len(s.policy.Issuers) > 0 {
		return s.policy.Issuers
	}
	return s.policy.BoundTo
}

// issuerSetting is where the expected issuer is written.
func (s *situation) issuerSetting() string {
	switch {
	case s.signer() != "":
		return "issuers"
	case s.policy != nil && len(s.policy.Issuers) == 0 && len(s.policy.BoundTo) > 0:
		return "keys"
	}
	return "issuer"
}

// issuerLines are the lines to write if iss is the issuer.
func (s *situation) issuerLines(iss string) []string {
	var lines []string
	switch s.issuerSetting() {
	case "issuers":
		if line := s.referenceFor(iss); line != "" {
			lines = append(lines, line)
		}
	case "keys":
		lines = append(lines, s.write("keys", "oidc:"+iss))
	default:
		lines = append(lines, s.write("issuer", iss))
		if s.policy != nil && len(s.policy.BoundTo) > 0 && !slices.Contains(s.policy.BoundTo, iss) {
			lines = append(lines, s.write("keys", "oidc:"+iss))
		}
	}
	return lines
}

// referenceFor is the reference in force with the argument for another issuer, or "".
func (s *situation) referenceFor(iss string) string {
	ref := presets.Parse(s.policy.Reference)
	k := presets.Named(ref.Preset)
	if k == nil {
		return ""
	}
	if values := ref.Params["iss"]; len(values) > 0 { // of alb
		ref.Params["iss"] = []string{iss}
		return s.opens(ref)
	}
	arg, ok := k.Argument(s.d)
	if !ok || arg == ref.Argument {
		return ""
	}
	ref.Argument = arg
	return s.opens(ref)
}

// issuer is a token of another issuer than is expected. Whether it is only spelled
// otherwise decides what to do.
func (s *situation) issuer() Fault {
	want := s.expectedIssuers()
	f := func(cause, advice string, write ...string) Fault {
		to := s.fault("issuer", cause, advice, write...)
		to.Name = nameOf(s.svc, s.issuerSetting())
		if s.issuerSetting() == "keys" {
			to.Name = "the issuer in " + to.Name
		}
		return to
	}
	how, almost := differ(want, s.iss)
	switch {
	case s.iss != "" && inList(want, s.iss):
		return f("several issuers are written as one value, which is compared as a whole", "give each by itself: verifier.WithIssuer takes several, and --issuer can be repeated", fmt.Sprintf("verifier.WithIssuer(%s)", quotedList(want[0])))
	case s.iss == "" && s.d.Claims.Has("iss"):
		return s.fault("signer", "its iss is empty or not a text", "let the issuer name itself")
	case s.iss == "":
		return f("it names no issuer, and "+message.List(want...)+" is expected", "let the signer write iss; if it cannot, expect none, and make sure that nobody else has the key", s.removal(s.issuerSetting()))
	case len(want) == 0 && s.policy != nil && s.policy.AnyIssuer:
		return f("no key here is for the issuer "+message.Quote(s.iss), "see whether the token comes from a tenant or kind of account that this service is not for", s.issuerLines(s.iss)...)
	case len(want) == 0 && s.policy != nil:
		return f("it names the issuer "+message.Quote(s.iss)+", and the settings expect none", "expect it", s.write("issuer", s.iss))
	case slices.Contains(want, s.iss): // the key is bound to another
		return f("the key that signed it belongs to another issuer than "+message.Quote(s.iss), "take the keys from the issuer that the token names", s.unlessPreset("keys", "oidc:"+s.iss))
	case s.policy != nil && slices.Contains(s.policy.Audiences, s.iss) && overlap(want, s.aud):
		return f("issuer and audience are swapped in the settings", "swap them", append(s.issuerLines(s.iss), s.write("audience", s.aud[0]))...)
	case how != "":
		return f("iss is "+message.Quote(s.iss)+", and "+message.Quote(almost)+" is expected: "+how, "write it exactly as the token has it", s.issuerLines(s.iss)...)
	case strings.HasPrefix(s.iss, "https://sts.windows.net/") && anyHas(want, "login.microsoftonline.com"):
		return f("it is a v1 token of Microsoft Entra ID, and the settings expect v2 tokens", "set requestedAccessTokenVersion to 2 in the manifest of the API, or expect v1 tokens", s.issuerLines(s.iss)...)
	case strings.HasPrefix(s.iss, "https://login.microsoftonline.com/") && anyHas(want, "sts.windows.net"):
		return f("it is a v2 token of Microsoft Entra ID, and the settings expect v1 tokens", "expect v2 tokens", s.issuerLines(s.iss)...)
	case anyHas(want, "{tenantid}") || anyHas(want, "/common/") || anyHas(want, "/organizations/"):
		return f("the settings expect "+message.List(want...)+", which no token names: it stands for every tenant", "expect the tenant that tokens name", s.issuerLines(s.iss)...)
	case sameHost(want, s.iss):
		return f("iss is "+message.Quote(s.iss)+", another tenant, realm or server of the host than "+message.List(want...), "if these tokens are meant for this service, expect their issuer; otherwise the client signs in at the wrong one", s.issuerLines(s.iss)...)
	}
	if samePath(want, s.iss) {
		return f("iss is "+message.Quote(s.iss)+", and "+message.List(want...)+" is expected: only the host differs, as where an issuer is reached under one name inside a cluster and under another outside", "expect the name that tokens have; where that cannot be reached from here, take the keys from the other name", s.issuerLines(s.iss)...)
	}
	return f("it comes from another issuer or environment: iss is "+message.Quote(s.iss)+", and "+message.List(want...)+" is expected", "if this is the issuer of this environment, change the settings; otherwise the client uses the wrong environment", s.issuerLines(s.iss)...)
}

// parts are the parts of a value that holds several, with commas or spaces.
func parts(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(",; []\"'", r) })
}

// inList reports whether one expected value is a list that holds got.
func inList(expected []string, got string) bool {
	return len(expected) == 1 && len(parts(expected[0])) > 1 && slices.Contains(parts(expected[0]), got)
}

func quotedList(value string) string {
	all := parts(value)
	for i := range all {
		all[i] = strconv.Quote(all[i])
	}
	return strings.Join(all, ", ")
}

// samePath reports whether the issuers differ in the host alone, as where one issuer
// is reached under two names.
func samePath(expected []string, got string) bool {
	u, err := url.Parse(got)
	return err == nil && len(u.Path) > 1 && slices.ContainsFunc(expected, func(e string) bool {
		v, err := url.Parse(e)
		return err == nil && v.Path == u.Path
	})
}

// unlessPreset is a line for a service that no reference makes as a whole.
func (s *situation) unlessPreset(setting string, values ...string) string {
	if s.signer() != "" {
		return ""
	}
	return s.write(setting, values...)
}

func anyHas(list []string, part string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, part) })
}

func sameHost(list []string, other string) bool {
	host := hostOf(other)
	return host != "" && slices.ContainsFunc(list, func(s string) bool { return hostOf(s) == host })
}

// route is a token whose issuer no reference is for.
func (s *situation) route(c verifier.Check) Fault {
	var known []string
	if s.svc.Policy != nil {
		for choice, p := range s.svc.Policy.Routes {
			if p == nil {
				continue
			}
			known = append(known, p.Issuers...)
			if len(p.Issuers) == 0 {
				known = append(known, choice)
			}
		}
	}
	slices.Sort(known)
	name := func(f Fault) Fault {
		f.Name = nameOf(s.svc, "issuers")
		return f
	}
	if s.isOutage() {
		return s.fault("network", bare(c.Detail), "try again later")
	}
	if how, almost := differ(known, s.iss); how != "" {
		return name(s.fault("issuer", "iss is "+message.Quote(s.iss)+", and a reference is for "+message.Quote(almost)+": "+how, "write the issuer exactly as the token has it"))
	}
	f := name(s.fault("issuer", "no reference is for the issuer "+orNone(s.iss)+"; there are some for "+message.List(known...), "if it is one of yours, add a reference for it to the list"))
	if k := presets.Of(s.d); k != nil {
		f.Write = []string{s.write("issuers", s.svc.Settings.Issuers+","+referenceOf(k, s.d).String())}
	}
	return f
}

var (
	guidShape    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	clientShapes = regexp.MustCompile(`^(?:[A-Za-z0-9]{32}|[a-z0-9]{25,26}|0oa[A-Za-z0-9]{17}|[0-9-]+[a-z0-9]*\.apps\.googleusercontent\.com|[0-9]{15,}(?:@.+)?)$`)
)

// isClientID reports whether an audience looks like the ID of a client, or is that
// of the client that the token was issued to.
func (s *situation) isClientID(aud string) bool {
	for _, claim := range []string{"azp", "client_id", "cid", "appid"} {
		if s.d.Claims.Text(claim) == aud {
			return true
		}
	}
	return guidShape.MatchString(aud) || clientShapes.MatchString(aud)
}

// audience is a token for another audience than is expected.
func (s *situation) audience() Fault {
	var want []string
	if s.policy != nil {
		want = s.policy.Audiences
	}
	setting := s.audienceParameter(want)
	f := func(cause, advice string, write ...string) Fault {
		to := s.fault("audience", cause, advice, write...)
		if setting != "" {
			to.Setting, to.Name = "parameter "+setting, "the parameter "+setting+" in "+nameOf(s.svc, "issuers")
		} else if s.signer() != "" {
			to.Name = nameOf(s.svc, "issuers")
		}
		return to
	}
	line := func(values ...string) string {
		if s.signer() != "" {
			return s.referenceWith(setting, values)
		}
		return s.write("audience", values...)
	}
	got := s.bestAudience()
	how := ""
	for _, a := range s.aud {
		if h, _ := differ(want, a); h != "" {
			how, got = h, a
			break
		}
	}
	switch {
	case !s.d.Claims.Has("aud"):
		return s.noAudience(f)
	case slices.ContainsFunc(s.aud, func(a string) bool { return inList(want, a) }):
		return f("several audiences are written as one value, which is compared as a whole", "give each by itself: verifier.WithAudience takes several, and --audience can be repeated", fmt.Sprintf("verifier.WithAudience(%s)", quotedList(want[0])))
	case len(s.aud) == 0:
		return f("its aud is an empty list: it is for nobody", "let the client ask for the audience of this service")
	case len(want) == 0 && s.signer() != "":
		return s.fault("issuers", "it is bound to the audience "+message.List(s.aud...)+", and the reference names none", "name it in the reference, if it is this service", s.referenceWith("aud", []string{got}))
	case how != "":
		return f("aud is "+message.Quote(got)+", and "+message.List(want...)+" is expected: "+how, "write it exactly as the token has it", line(got))
	case s.kind == "ID token" && !s.audienceOfAPI():
		return s.fault("client", "it is an ID token: aud is the client "+message.Quote(got), "send the access token; do not accept the client's ID as an audience")
	case len(want) == 0 && len(s.aud) > 1:
		return f("it is for "+message.List(s.aud...)+", and the settings name no audience", "say which of them this service is", line(got))
	case len(want) == 0:
		return f("it is for "+message.Quote(got)+", and the settings name no audience", "say that this is the service, if it is", line(got))
	case slices.Contains(want, s.iss):
		return f("the settings expect the issuer as the audience", "expect the name of your API, which tokens have in aud", line(got))
	case overlap(want, []string{s.d.Claims.Text("azp"), s.d.Claims.Text("client_id"), s.d.Claims.Text("cid"), s.d.Claims.Text("appid")}):
		return f("the settings expect the ID of the client, and aud names "+message.List(s.aud...), "expect the name of your API, as aud has it", line(got))
	case slices.Equal(s.aud, []string{"account"}):
		return f("it is only for Keycloak's account console: no audience mapper adds your API", "add an audience mapper for "+message.List(want...)+" to the client scope; do not expect account, which every client of the realm gets")
	case s.isClientID(got):
		return f("aud is "+message.Quote(got)+", which looks like a client ID; "+message.List(want...)+" is expected", "if your API is known by that ID, as with Microsoft Entra ID, expect it; otherwise the client sends a token for another client", line(got))
	}
	return f("it is for another service: aud is "+message.List(s.aud...)+", and "+message.List(want...)+" is expected", "let the client ask the issuer for "+message.List(want...)+"; only if "+message.Quote(got)+" is this service, expect it", line(got))
}

// noAudience is a token without "aud".
func (s *situation) noAudience(f func(string, string, ...string) Fault) Fault {
	if k := presets.Of(s.d); k != nil && s.signer() == "" {
		switch k.Preset {
		case "cognito", "clerk", "workos", "supabase":
			return f("it names no audience: tokens of "+k.Preset+" have another claim for that", "use the preset, which checks that claim, in place of an audience", s.write("issuers", referenceOf(k, s.d).String()))
		}
	}
	if s.param("use") == "id" {
		return s.fault("parameter use", "it is an access token, and the reference expects ID tokens (use=id)", "leave use=id out: an API takes access tokens", s.referenceWith("use", nil))
	}
	return f("it names no audience, and one is expected", "let the client ask the issuer for a token for this API (audience= or resource=), or add an audience mapper there; without one, any service could use it here")
}

// bestAudience is the value of "aud" that is most likely to be the API's.
func (s *situation) bestAudience() string {
	best := ""
	for _, a := range s.aud {
		switch {
		case a == "" || a == "account" || a == "userinfo" || strings.HasSuffix(a, "/userinfo"):
		case best == "" || s.isClientID(best) && !s.isClientID(a):
			best = a
		}
	}
	if best == "" && len(s.aud) > 0 {
		best = s.aud[0]
	}
	return best
}

// audienceParameter is the parameter of the reference that the expected audiences
// come from, or "".
func (s *situation) audienceParameter(want []string) string {
	if s.policy == nil {
		return ""
	}
	ref := presets.Parse(s.policy.Reference)
	for name, values := range ref.Params {
		if overlap(values, want) {
			return name
		}
	}
	return ""
}
