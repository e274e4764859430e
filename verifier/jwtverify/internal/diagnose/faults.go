package diagnose

import (
	"errors"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
)

// faults are the settings at fault, in the order of the checks. What one fault
// explains is not reported twice.
func (s *situation) faults() []Fault {
	if s.report.Err == nil {
		return nil
	}
	if f, ok := s.shape(); ok {
		return []Fault{f}
	}
	if c, ok := s.failed("route"); ok {
		return []Fault{s.route(c)}
	}
	if wrong, ok := s.wrongKind(); ok {
		return []Fault{wrong}
	}
	var all []Fault
	explained := map[string]bool{}
	for _, c := range s.report.Checks {
		if c.Passed || explained[c.Name] {
			continue
		}
		if c.Skipped && c.Name != "signature" {
			continue
		}
		if c.Skipped && verifier.Classify(s.report.Err) != verifier.Undecided {
			continue
		}
		f, also := s.faultOf(c)
		for _, name := range also {
			explained[name] = true
		}
		if f.Setting != "" {
			all = append(all, f)
		}
	}
	return all
}

// faultOf returns the fault behind a check that failed, and the other checks that it
// explains.
func (s *situation) faultOf(c verifier.Check) (f Fault, also []string) {
	switch c.Name {
	case "algorithm":
		// A token of somebody else may be signed in any way.
		if _, other := s.failed("issuer"); other && s.iss != "" && len(s.expectedIssuers()) > 0 && !strings.EqualFold(s.alg, "none") {
			return s.issuer(), []string{"issuer", "signature"}
		}
		return s.algorithm(c), []string{"signature"}
	case "type":
		return s.typeFault(), nil
	case "signature":
		return s.signature(c)
	case "claims":
		return s.unreadable(c), nil
	case "issuer":
		return s.issuer(), nil
	case "audience":
		return s.audience(), nil
	case "expiry", "not before", "issued at":
		return s.dates(c)
	case "subject":
		return s.subject(), nil
	case "profile":
		return s.fault("access token", "it is not an access token as RFC 9068 defines them: "+bare(c.Detail), "leave AccessToken out if this issuer does not follow RFC 9068; first make sure that this is not an ID token"), nil
	case "events":
		return s.fault("client", "it is a security event, such as a logout token, and not a credential", "send the access token; a receiver of events uses verifier.WithEvents and a verifier of its own"), nil
	case "possession":
		return s.possession(), nil
	case "scope":
		return s.scope(), nil
	}
	return s.own(c), nil
}

// shape is what is wrong with the token before anything can be checked.
func (s *situation) shape() (f Fault, ok bool) {
	c, failed := s.failed("shape")
	if route, unread := s.failed("route"); !failed && unread && verifier.Reason(s.report.Err) == "malformed" {
		c, failed = route, true
	}
	padded := strings.Contains(s.raw, "=")
	if failed && padded && !strings.ContainsAny(s.raw, "+/") {
		if s.signer() == "alb" || s.d.Header.Has("signer") {
			return s.fault("padding", "its base64url is padded with =, as AWS load balancers write it", "accept it for these tokens only: use the preset alb, or WithPaddedBase64", s.paddedLine()), true
		}
		return s.fault("padding", "its base64url is padded with =, which RFC 7515 does not allow", "let the signer leave the padding out; if it cannot, use WithPaddedBase64 in a verifier of its own", s.paddedLine()), true
	}
	if failed && len(s.raw) > 1000 && c.Setting == "WithMaxSize" {
		return s.fault("size", bare(c.Detail), "let the issuer put less into it, such as fewer groups; or raise the limit, and that of headers in front of the service", s.write("size", "32768")), true
	}
	if failed && s.svc.Policy != nil && slices.Contains(s.svc.Policy.Options, "WithPaddedBase64") && !padded {
		return s.fault("padding", "its base64url has no padding, and the verifier expects padding", "leave WithPaddedBase64 out: only tokens of AWS load balancers need it"), true
	}
	if p := found.Shape(s.raw); p != nil && (failed || verifier.Reason(s.report.Err) == "signature") {
		return s.fault(p.Setting, p.Cause, p.Advice), true
	}
	if failed {
		return s.fault("signer", "its form is refused: "+bare(c.Detail), "let the signer write plain tokens: one JSON object each for header and claims, without duplicate names"), true
	}
	return Fault{}, false
}

// paddedLine accepts padding, as a preset if the token shows which.
func (s *situation) paddedLine() string {
	if k := presets.Of(s.d); k != nil && k.Preset == "alb" {
		return s.write("issuers", referenceOf(k, s.d).String())
	}
	return s.write("padding")
}

// referenceOf is the reference of a kind for one token.
func referenceOf(k *presets.Kind, d found.Decoded) presets.Reference {
	arg, _ := k.Argument(d)
	ref := presets.Reference{Preset: k.Preset, Argument: arg, Params: map[string][]string{}}
	for _, p := range k.Params {
		if values := k.Values(p.Name, d); len(values) > 0 && !p.Unset {
			ref.Params[p.Name] = values[:1]
		} else if p.Needed {
			ref.Params[p.Name] = []string{strings.ToUpper(p.Name)}
		}
	}
	for _, p := range issuers.Presets() {
		for _, need := range p.Needs {
			names := strings.Split(need, "|")
			if p.Name == k.Preset && !slices.ContainsFunc(names, ref.Params.Has) {
				ref.Params[names[0]] = []string{strings.ToUpper(names[0])}
			}
		}
	}
	return ref
}

// signer is the preset in force, or "".
func (s *situation) signer() string {
	if s.policy == nil {
		return ""
	}
	return presets.Parse(s.policy.Reference).Preset
}

// wrongKind is a token that is not an access token at all.
func (s *situation) wrongKind() (Fault, bool) {
	switch s.kind {
	case "DPoP proof":
		return s.fault("client", "it is a DPoP proof, not the token that it proves", "verify the token in the Authorization field; httpauth.WithProof checks the proof beside it"), true
	case "verifiable credential", "authorization request", "client assertion":
		return s.fault("client", "it is a"+map[bool]string{true: "n"}[s.kind[0] == 'a']+" "+s.kind+", not an access token", "send the access token"), true
	case "logout token", "security event":
		if _, failed := s.failed("events"); failed || s.typ != "" && s.failedType() {
			return s.fault("client", "it is a "+s.kind+", which is not a credential", "send the access token; a receiver of events uses a verifier of its own with WithEvents and WithType"), true
		}
	case "refresh token":
		return s.fault("client", "it is a refresh token, which is only for the issuer", "send the access token"), true
	case "Microsoft Graph token":
		if _, failed := s.failed("signature"); failed {
			return s.fault("client", "it is an access token for Microsoft Graph, whose signature only Graph can check (its header has a nonce)", "let the client ask for a scope of your own API, such as api://CLIENT-ID/.default"), true
		}
	case "ID token":
		return s.idToken()
	}
	return Fault{}, false
}

func (s *situation) failedType() bool { _, ok := s.failed("type"); return ok }

// idToken is an ID token where an access token is expected. It is no fault if
// nothing that tells them apart has failed.
func (s *situation) idToken() (Fault, bool) {
	for _, name := range []string{"signature", "algorithm", "expiry"} {
		if c, ok := s.checks[name]; ok && !c.Passed {
			return Fault{}, false // that comes first
		}
	}
	if _, other := s.failed("issuer"); other {
		return Fault{}, false
	}
	apart := false
	for _, c := range s.report.Checks {
		failed := !c.Passed && !c.Skipped
		switch c.Name {
		case "audience", "type", "profile":
			apart = apart || failed
		case "shape", "claims", "not before", "issued at", "subject", "events", "possession", "issuer":
		default:
			apart = apart || failed
		}
	}
	if _, aud := s.failed("audience"); aud && s.differs(s.aud) != "" {
		return Fault{}, false // it is only spelled otherwise
	}
	if _, aud := s.failed("audience"); !apart || aud && s.kind == "ID token" && s.audienceOfAPI() {
		return Fault{}, false
	}
	return s.fault("client", "it is an ID token, which tells the client who signed in; it is not for APIs", "send the access token; do not accept the client's ID as an audience"), true
}

// audienceOfAPI reports whether the audience is a URL of an API, so that the setting
// is more likely to be wrong than the token.
func (s *situation) audienceOfAPI() bool {
	return len(s.aud) > 0 && strings.Contains(s.aud[0], "://") && s.aud[0] != s.iss
}

func (s *situation) differs(values []string) string {
	if s.policy == nil {
		return ""
	}
	for _, v := range values {
		if how, _ := differ(s.policy.Audiences, v); how != "" {
			return how
		}
	}
	return ""
}

// algorithm is one that is not allowed.
func (s *situation) algorithm(verifier.Check) Fault {
	known := slices.Contains(keys.Algorithms(), keys.Algorithm(s.alg))
	switch {
	case strings.EqualFold(s.alg, "none"):
		return s.fault("signer", "it is not signed: alg is none", "never accept it: let the issuer sign its tokens, or find out who made this one")
	case s.alg == "":
		return s.fault("signer", "its header names no alg", "let the signer name the algorithm")
	case !known:
		return s.fault("signer", "its alg is "+message.Quote(s.alg)+", which no key here verifies", "let the issuer sign with one of RS256, PS256, ES256 or EdDSA")
	case strings.HasPrefix(s.alg, "HS") && s.signer() != "":
		return s.fault("signer", "it is signed with a shared secret ("+s.alg+"), and the preset "+s.signer()+" only takes public keys", "set the signing algorithm of the API to RS256 at the issuer, or use asymmetric signing keys there")
	case s.signer() != "" && s.param("alg") == "":
		return s.fault("signer", "its alg is "+s.alg+", and tokens of "+s.signer()+" are signed with "+listed(s.policy.Algorithms, keys.Algorithms()), "set the signing algorithm at the issuer; if it really uses "+s.alg+", use the reference oidc:")
	case s.signer() != "":
		return s.parameter("alg", []string{s.alg})
	}
	return s.fault("algorithms", "its alg is "+s.alg+", which the list of algorithms leaves out", "add it to the list, or leave the list out: a key only verifies with its own algorithm", s.write("algorithms", s.alg))
}

// param is the first value of a parameter of the reference in force.
func (s *situation) param(name string) string {
	if s.policy == nil {
		return ""
	}
	return presets.Parse(s.policy.Reference).Params.Get(name)
}

// typeFault is a "typ" that is not expected.
func (s *situation) typeFault() Fault {
	if s.policy == nil {
		return s.fault("type", "its typ is "+orNone(s.typ), "see verifier.WithType")
	}
	want := strings.Join(s.policy.Types, " or ")
	accessOnly := slices.Contains(s.policy.Options, "AccessToken")
	named := "type"
	if accessOnly {
		named = "access token"
	}
	switch {
	case s.signer() != "" && s.param("typ") != "":
		if s.kind == "ID token" || s.typ == "" || strings.EqualFold(s.typ, "JWT") {
			return s.fault("parameter typ", "its typ is "+orNone(s.typ)+", and the reference demands "+want+", which keeps ID tokens out", "make sure that this is the access token; if the issuer writes no other typ, change the parameter", s.referenceWith("typ", []string{s.typ}))
		}
		return s.parameter("typ", []string{s.typ})
	case s.kind == "ID token":
		return s.fault("client", "it is an ID token (typ "+orNone(s.typ)+"), and "+want+" is expected", "send the access token")
	case s.signer() != "":
		return s.fault("client", "its typ is "+orNone(s.typ)+", and "+want+" is expected of "+s.signer(), "send the access token, not another token of this issuer")
	case s.typ == "":
		return s.fault(named, "it has no typ, and "+want+" is demanded", "leave the demand out if this issuer writes no typ; then make sure by aud that ID tokens stay out", s.removal(named))
	case s.policy.NeedsType:
		return s.fault(named, "its typ is "+message.Quote(s.typ)+", and "+want+" is demanded", "if these are the tokens that you want, demand their typ instead", s.typeLine(named))
	}
	return s.fault("type", "its typ is "+message.Quote(s.typ)+", and JWT, at+jwt, JOSE or none is expected: it may be made for something else", "if these are the tokens that you want, name their typ", s.write("type", s.typ))
}

func (s *situation) typeLine(named string) string {
	if named == "access token" {
		return s.removal(named)
	}
	return s.write("type", s.typ)
}

// removal says to take a setting out.
func (s *situation) removal(setting string) string {
	return "# remove " + nameOf(s.svc, setting)
}

// unreadable are claims that are not what their standard says.
func (s *situation) unreadable(c verifier.Check) Fault {
	for _, name := range []string{"exp", "nbf", "iat"} {
		n, isDate := s.d.Claims.Date(name)
		switch _, isText := s.d.Claims.Members[name].(string); {
		case isDate && n > 1e11:
			return s.fault("signer", name+" is in "+unitOf(n)+", and RFC 7519 has seconds", "let the signer divide it by 1000, as in Math.floor(Date.now() / 1000)")
		case isText:
			return s.fault("signer", name+" is a text, and RFC 7519 has a number of seconds", "let the signer write a number, without quotes")
		}
	}
	if _, number := s.d.Claims.At("sub"); number && s.d.Claims.Text("sub") == "" && strings.Contains(c.Detail, "sub") {
		if word, ok := s.d.Claims.Word("sub"); ok && word != "" {
			return s.fault("integer subject", "sub is a number, and RFC 7519 has a text", "let the signer write it in quotes; where it cannot, accept integers", s.write("integer subject"))
		}
	}
	return s.fault("signer", "its claims are refused: "+bare(c.Detail), "let the signer write them as RFC 7519 says")
}

func (s *situation) subject() Fault {
	if s.signer() != "" {
		return s.fault("client", "it has no sub, so it says of nobody who it is", "send a token that was issued to a user or client; a key for anonymous use is not one")
	}
	return s.fault("subject", "it has no sub, as tokens of programs (client credentials) of some issuers", "let the issuer write a sub; where nobody needs it, make it optional, and do not take an empty Subject for a user", s.write("subject"))
}

func (s *situation) possession() Fault {
	how := "httpauth.WithProof with package dpop"
	if _, mtls := s.d.Claims.At("cnf", "x5t#S256"); mtls {
		how = "httpauth.WithClientCertificate"
	}
	return s.fault("possession", "it is bound to a key of its sender (cnf), and nobody has checked that the sender holds it", "use "+how+", which check it; --request explains a whole request. Accepting it without a proof gives up what it is bound for", how)
}

func (s *situation) scope() Fault {
	want := strings.Join(s.svc.Settings.Scope, " ")
	has := append(s.d.Claims.Texts("scope"), s.d.Claims.Texts("scp")...)
	return s.fault("client", "the token is good, but it does not allow this: it has the scope "+message.Quote(strings.Join(has, " "))+", and "+message.Quote(want)+" is needed", "let the client ask the issuer for the scope "+message.Quote(want)+"; the user or an administrator may have to consent")
}

// isOutage reports whether the report has not been decided.
func (s *situation) isOutage() bool {
	return errors.Is(s.report.Err, verifier.ErrUnavailable) || errors.Is(s.report.Err, keys.ErrUnavailable)
}
