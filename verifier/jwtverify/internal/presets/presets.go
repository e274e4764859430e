// Package presets knows how the tokens of each preset of package issuers look: by
// what they are recognized, and which claim each parameter compares. Package issuers
// has the rules; this is the way back, from a token to a reference.
package presets

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
)

// A Param says where the value of a parameter stands in a token.
type Param struct {
	Name    string
	Path    []string // of the claim; a list counts as alternatives
	Header  bool     // it is in the header
	Needed  bool     // the reference needs it, and tokens may not hold it
	Unset   bool     // a strict reference leaves it out: it is one user's or one run's, or another parameter says the same
	AnyCase bool     // two spellings of a value are one
	only    string   // the one value that a reference may have
	drop    func(string) bool
}

// A Kind is one preset.
type Kind struct {
	Preset string
	// Argument returns what follows the colon, "" where that is nothing or not in
	// the token. ok is false if the token is not of this kind.
	Argument func(d found.Decoded) (arg string, ok bool)
	Params   []Param
}

const guid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

// byIssuer recognizes an issuer; its argument is template with the groups of the
// pattern.
func byIssuer(pattern, template string) func(found.Decoded) (string, bool) {
	re := regexp.MustCompile("^(?:" + pattern + ")$")
	return func(d found.Decoded) (string, bool) {
		iss := d.Claims.Text("iss")
		m := re.FindStringSubmatchIndex(iss)
		if m == nil {
			return "", false
		}
		return string(re.ExpandString(nil, template, iss, m)), true
	}
}

// also narrows an argument by what else the token holds.
func also(arg func(found.Decoded) (string, bool), when func(found.Decoded) bool) func(found.Decoded) (string, bool) {
	return func(d found.Decoded) (string, bool) {
		a, ok := arg(d)
		return a, ok && when(d)
	}
}

func has(names ...string) func(found.Decoded) bool {
	return func(d found.Decoded) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !d.Claims.Has(n) })
	}
}

func aud(name string) Param        { return Param{Name: name, Path: []string{"aud"}} }
func at(name, claim string) Param  { return Param{Name: name, Path: []string{claim}} }
func in(name, header string) Param { return Param{Name: name, Path: []string{header}, Header: true} }
func (p Param) unset() Param       { p.Unset = true; return p }
func (p Param) needed() Param      { p.Needed = true; return p }
func (p Param) just(v string) Param {
	p.only = v
	return p
}
func (p Param) without(drop func(string) bool) Param { p.drop = drop; return p }

// Kinds are all presets. Of several that recognize a token, the first counts.
var Kinds = []Kind{
	{"alb", func(d found.Decoded) (string, bool) {
		arn := strings.Split(d.Header.Text("signer"), ":")
		return safe(arn, 3), len(arn) > 5 && arn[2] == "elasticloadbalancing"
	}, []Param{in("signer", "signer"), in("client", "client"), at("iss", "iss")}},
	{"apple", byIssuer(`https://appleid\.apple\.com`, ""), []Param{aud("client"), at("email_verified", "email_verified").just("true")}},
	{"auth0", auth0, []Param{aud("aud").without(func(v string) bool { return strings.HasSuffix(v, "/userinfo") }), at("client", "azp")}},
	{"authentik", byIssuer(`(https://.+/application/o/[^/]+/)`, "$1"), []Param{aud("client")}},
	{"aws-sts", byIssuer(`(https://`+guid+`\.tokens\.sts\.global\.api\.aws)`, "$1"), []Param{aud("aud"), at("sub", "sub")}},
	{"buildkite", byIssuer(`https://agent\.buildkite\.com`, ""), []Param{aud("aud"), at("organization_id", "organization_id"), at("organization", "organization_slug").unset(), at("pipeline", "pipeline_slug"), at("pipeline_id", "pipeline_id"), at("branch", "build_branch")}},
	{"circleci", byIssuer(`https://oidc\.circleci\.com/org/(`+guid+`)`, "$1"), []Param{at("project", "oidc.circleci.com/project-id"), at("origin", "oidc.circleci.com/vcs-origin"), at("ref", "oidc.circleci.com/vcs-ref"), aud("aud")}},
	{"clerk", byIssuer(`https://(clerk\..+|.+\.clerk\.accounts\.dev)`, "$1"), []Param{at("origin", "azp").needed()}},
	{"cloudflare", byIssuer(`https://([a-z0-9-]+)\.cloudflareaccess\.com`, "$1"), []Param{aud("aud")}},
	{"cognito", byIssuer(`https://cognito-idp\.[a-z0-9-]+\.amazonaws\.com/([a-z0-9-]+_[A-Za-z0-9]+)`, "$1"), []Param{at("client", "client_id"), at("use", "token_use").just("id"), aud("aud")}},
	{"entra-v1", byIssuer(`https://sts\.windows\.net/(`+guid+`)/`, "$1"), []Param{aud("aud"), at("client", "appid")}},
	{"entra", byIssuer(`https://login\.microsoftonline\.com/(`+guid+`)/v2\.0`, "$1"), []Param{aud("client"), at("azp", "azp")}},
	{"entra-b2c", byIssuer(`https://([a-z0-9-]+)\.b2clogin\.com/(`+guid+`)/v2\.0/`, "$1/$2"), []Param{{Name: "policy", Path: []string{"tfp"}, AnyCase: true}, aud("client"), at("use", "scp")}},
	{"entra-ciam", byIssuer(`https://(`+guid+`)\.ciamlogin\.com/`+guid+`/v2\.0`, "NAME/$1"), []Param{aud("client")}},
	{"firebase", byIssuer(`https://securetoken\.google\.com/([a-z0-9-]+)`, "$1"), []Param{{Name: "tenant", Path: []string{"firebase", "tenant"}}}},
	{"firebase-session", byIssuer(`https://session\.firebase\.google\.com/([a-z0-9-]+)`, "$1"), []Param{{Name: "cookie", Needed: true}, {Name: "tenant", Path: []string{"firebase", "tenant"}}}},
	{"firebase-appcheck", byIssuer(`https://firebaseappcheck\.googleapis\.com/([0-9]+)`, "$1"), []Param{at("app", "sub")}},
	{"github", github, []Param{aud("aud"), at("repository_id", "repository_id"), at("repository_owner_id", "repository_owner_id"), at("job_workflow_ref", "job_workflow_ref"), at("environment", "environment"), at("ref", "ref"), at("event_name", "event_name"), at("sub", "sub").unset()}},
	{"gitlab", also(byIssuer(`https://gitlab\.com|(https://.+)`, "$1"), has("project_id", "namespace_id")), []Param{aud("aud"), at("project_id", "project_id"), at("namespace_id", "namespace_id"), at("ref_protected", "ref_protected").just("true"), at("ref", "ref"), at("ref_type", "ref_type"), at("environment", "environment"), at("pipeline_source", "pipeline_source")}},
	{"google-sa", also(byIssuer(`(?:https://)?accounts\.google\.com`, ""), func(d found.Decoded) bool {
		return strings.HasSuffix(d.Claims.Text("email"), ".gserviceaccount.com")
	}), []Param{aud("aud"), at("email", "email"), {Name: "project", Path: []string{"google", "compute_engine", "project_id"}}}},
	{"google", byIssuer(`(?:https://)?accounts\.google\.com`, ""), []Param{aud("client"), at("azp", "azp"), at("hd", "hd"), at("email_verified", "email_verified").just("true")}},
	{"hcp-terraform", byIssuer(`https://app\.terraform\.io`, ""), []Param{aud("aud"), at("organization", "terraform_organization_id"), at("project", "terraform_project_id"), at("workspace", "terraform_workspace_id"), at("phase", "terraform_run_phase")}},
	{"iap", byIssuer(`https://cloud\.google\.com/iap`, ""), []Param{aud("aud"), at("hd", "hd")}},
	{"keycloak", byIssuer(`(https://.+/realms/[^/]+)`, "$1"), []Param{aud("aud").without(func(v string) bool { return v == "account" }), at("client", "azp")}},
	{"kubernetes", also(byIssuer(`(https://.+)`, "$1"), has("kubernetes.io")), []Param{aud("aud"), {Name: "namespace", Path: []string{"kubernetes.io", "namespace"}}, {Name: "serviceaccount", Path: []string{"kubernetes.io", "serviceaccount", "name"}}, at("sub", "sub").unset()}},
	{"nomad", nomad, []Param{at("iss", "iss"), aud("aud"), at("namespace", "nomad_namespace"), at("job", "nomad_job_id"), at("task", "nomad_task")}},
	{"okta", also(byIssuer(`(https://[^/]+/oauth2/[A-Za-z0-9_-]+)`, "$1"), func(d found.Decoded) bool {
		return d.Claims.Has("cid") || strings.Contains(d.Claims.Text("iss"), ".okta")
	}), []Param{aud("aud"), at("client", "cid")}},
	{"shopify", byIssuer(`https://[a-z0-9-]+\.myshopify\.com/admin`, ""), []Param{aud("key"), {Name: "secret", Needed: true}, {Name: "shop", Path: []string{"dest"}}}},
	{"spiffe", func(d found.Decoded) (string, bool) {
		u, err := url.Parse(d.Claims.Text("sub"))
		return safeHost(u), err == nil && u.Scheme == "spiffe" && u.Host != ""
	}, []Param{{Name: "bundle", Needed: true}, aud("aud"), at("id", "sub")}},
	{"supabase", byIssuer(`https://([a-z0-9]+)\.supabase\.co/auth/v1`, "$1"), []Param{at("anonymous", "is_anonymous").just("true"), at("aal", "aal")}},
	{"vault", byIssuer(`(https://.+/v1/(?:.+/)?identity/oidc(?:/.*)?)`, "$1"), []Param{aud("client"), at("entity", "sub").unset()}},
	{"workos", byIssuer(`https://api\.workos\.com/?(?:user_management/(client_[A-Za-z0-9]+))?`, "$1"), []Param{at("org", "org_id"), aud("aud")}},
	{"zitadel", also(byIssuer(`(https://.+)`, "$1"), zitadel), []Param{aud("project").without(func(v string) bool { return strings.Contains(v, "@") }), at("client", "client_id")}},
	{"dex", also(byIssuer(`(https://.+)`, "$1"), func(d found.Decoded) bool {
		return d.Claims.Has("federated_claims") || strings.Contains(d.Claims.Text("iss"), "//dex.") || strings.HasSuffix(d.Claims.Text("iss"), "/dex")
	}), []Param{aud("client"), {Name: "connector", Path: []string{"federated_claims", "connector_id"}}}},
	{"hydra", also(byIssuer(`(https://.+)`, "$1"), func(d found.Decoded) bool {
		v, _ := d.Claims.At("scp")
		_, list := v.([]any)
		return list && d.Claims.Has("client_id") && !d.Claims.Has("cid")
	}), []Param{aud("aud"), at("client", "client_id")}},
	{"authelia", also(byIssuer(`(https://[^/]*auth(?:elia)?[^/]*)`, "$1"), func(d found.Decoded) bool {
		return strings.EqualFold(d.Header.Text("typ"), "at+jwt") && d.Claims.Has("client_id")
	}), []Param{aud("aud"), at("client", "client_id")}},
	{"oidc", byIssuer(`(https://.+)`, "$1"), []Param{aud("aud"), at("client", "client_id"), at("azp", "azp"), in("typ", "typ").without(func(v string) bool { return strings.EqualFold(v, "JWT") }), in("alg", "alg").without(func(v string) bool { return strings.HasPrefix(v, "HS") })}},
}

func safe(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

func safeHost(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Host
}

var auth0Domain = byIssuer(`https://([^/]+\.auth0\.com)/`, "$1")

// auth0 also recognizes a domain of one's own, by the audience of its userinfo.
func auth0(d found.Decoded) (string, bool) {
	if arg, ok := auth0Domain(d); ok {
		return arg, true
	}
	iss := d.Claims.Text("iss")
	host, ok := strings.CutPrefix(strings.TrimSuffix(iss, "/"), "https://")
	return host, ok && strings.HasSuffix(iss, "/") && !strings.Contains(host, "/") && slices.Contains(d.Claims.Texts("aud"), iss+"userinfo")
}

var githubIssuer = byIssuer(`https://token\.actions\.githubusercontent\.com(?:/([A-Za-z0-9-]+))?`, "$1")

func github(d found.Decoded) (string, bool) {
	if arg, ok := githubIssuer(d); ok {
		return arg, true
	}
	iss := d.Claims.Text("iss")
	return iss, strings.HasPrefix(iss, "https://") && strings.HasSuffix(iss, "/_services/token")
}

// nomad also recognizes tokens that name no issuer, whose cluster has none.
func nomad(d found.Decoded) (string, bool) {
	iss := d.Claims.Text("iss")
	return iss, d.Claims.Has("nomad_job_id") && (strings.HasPrefix(iss, "https://") || !d.Claims.Has("iss"))
}

func zitadel(d found.Decoded) bool {
	iss := d.Claims.Text("iss")
	return strings.HasSuffix(iss, ".zitadel.cloud") || strings.HasPrefix(d.Claims.Text("jti"), "V2_") || slices.ContainsFunc(d.Claims.Order, func(m found.Member) bool { return strings.HasPrefix(m.Name, "urn:zitadel:") })
}

// Named returns the kind of that name, or nil.
func Named(preset string) *Kind {
	for i := range Kinds {
		if Kinds[i].Preset == preset {
			return &Kinds[i]
		}
	}
	return nil
}

// Of returns the first kind that recognizes the token, or nil.
func Of(d found.Decoded) *Kind {
	for i := range Kinds {
		if _, ok := Kinds[i].Argument(d); ok {
			return &Kinds[i]
		}
	}
	return nil
}

// Param returns the parameter of that name, or nil.
func (k *Kind) Param(name string) *Param {
	for i := range k.Params {
		if k.Params[i].Name == name {
			return &k.Params[i]
		}
	}
	return nil
}

// ByClaim returns the parameter that compares the claim with that name or path,
// joined by dots, or nil.
func (k *Kind) ByClaim(claim string) *Param {
	for i := range k.Params {
		p := &k.Params[i]
		if name := strings.Join(p.Path, "."); name != "" && (name == claim || p.Header && "header "+name == claim) {
			return p
		}
	}
	return nil
}

// Values returns what the token holds for the parameter of that name.
func (k *Kind) Values(name string, d found.Decoded) []string {
	p := k.Param(name)
	if p == nil || p.Path == nil {
		return nil
	}
	o := d.Claims
	if p.Header {
		o = d.Header
	}
	list := o.Texts(p.Path...)
	if len(list) == 0 {
		if word, ok := o.Word(p.Path...); ok {
			list = []string{word}
		}
	}
	list = k.special(name, d, list)
	return slices.DeleteFunc(slices.Clone(list), func(v string) bool {
		return v == "" || p.only != "" && v != p.only || p.drop != nil && p.drop(v)
	})
}

// special are parameters whose claim depends on the token.
func (k *Kind) special(name string, d found.Decoded, list []string) []string {
	id := d.Claims.Text("token_use") == "id"
	switch k.Preset + " " + name {
	case "cognito client":
		if id {
			return d.Claims.Texts("aud")
		}
	case "cognito aud":
		if id {
			return nil
		}
	case "entra-b2c policy":
		if len(list) == 0 {
			return d.Claims.Texts("acr")
		}
	case "entra-b2c use":
		if d.Claims.Has("scp") {
			return nil
		}
		return []string{"id"}
	case "nomad iss":
		if d.Claims.Has("iss") {
			return nil
		}
		return []string{"none"}
	case "auth0 client":
		if len(list) == 0 {
			return d.Claims.Texts("client_id")
		}
	case "zitadel client":
		if len(list) == 0 {
			return d.Claims.Texts("azp")
		}
	case "dex client":
		if azp := d.Claims.Text("azp"); azp != "" {
			return []string{azp}
		}
	case "google azp":
		if slices.Equal(list, d.Claims.Texts("aud")) {
			return nil // client says it
		}
	case "shopify shop":
		if len(list) == 1 {
			return []string{strings.TrimPrefix(list[0], "https://")}
		}
	case "circleci aud":
		if arg, _ := k.Argument(d); slices.Equal(list, []string{arg}) {
			return nil
		}
	}
	return list
}

// A Reference is a reference of package issuers, taken apart.
type Reference struct {
	Preset, Argument string
	Params           url.Values
}

// Parse takes a reference apart. It does not check it.
func Parse(text string) Reference {
	head, query, _ := strings.Cut(strings.TrimSpace(text), "?")
	name, arg, _ := strings.Cut(head, ":")
	if a, err := url.PathUnescape(arg); err == nil {
		arg = a
	}
	params, _ := url.ParseQuery(query)
	return Reference{name, arg, params}
}

// escaped are the bytes that a value of a reference cannot hold as they are.
var escaped = strings.NewReplacer("%", "%25", "&", "%26", ",", "%2C", "+", "%2B", " ", "%20", "#", "%23", ";", "%3B", "\"", "%22")

// String returns the reference as one writes it.
func (r Reference) String() string {
	var b strings.Builder
	b.WriteString(r.Preset + ":" + strings.NewReplacer("%", "%25", "?", "%3F", ",", "%2C", " ", "%20").Replace(r.Argument))
	sep := "?"
	k := Named(r.Preset)
	var names []string
	if k != nil {
		for _, p := range k.Params {
			names = append(names, p.Name)
		}
	}
	var rest []string
	for name := range r.Params {
		if !slices.Contains(names, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	for _, name := range append(names, rest...) {
		for _, v := range r.Params[name] {
			b.WriteString(sep + name + "=" + escaped.Replace(v))
			sep = "&"
		}
	}
	return b.String()
}
