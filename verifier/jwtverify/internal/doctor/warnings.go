package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// chosen are the presets of issuers where whoever asks for a token chooses "aud", and
// what keeps others out there.
var chosen = map[string]string{
	"github": "repository_id, repository_owner_id or job_workflow_ref", "gitlab": "project_id or namespace_id", "buildkite": "organization_id",
	"hcp-terraform": "organization", "google-sa": "email", "aws-sts": "sub", "kubernetes": "namespace", "nomad": "namespace and job", "circleci": "project and origin",
}

// warnings say what a reference leaves open.
func (x *examination) warnings(k *presets.Kind, ref presets.Reference, group []token) {
	if by := chosen[k.Preset]; by != "" {
		x.warn("%s signs for others too, and whoever asks for a token chooses its aud: what keeps them out is %s", k.Preset, by)
	}
	for _, name := range []string{"ref", "event_name", "environment", "branch", "pipeline", "phase", "id", "hd", "aal", "connector", "job", "task", "serviceaccount", "workspace", "shop", "org"} {
		if len(ref.Params[name]) > 0 {
			x.warn("%s=%s is what the samples have: widen or remove it if others are right too", name, strings.Join(ref.Params[name], " or "))
		}
	}
	audience := false
	for _, name := range []string{"aud", "client", "project", "key", "origin"} {
		audience = audience || len(ref.Params[name]) > 0
	}
	if !audience && k.Preset != "firebase" && k.Preset != "supabase" && k.Preset != "workos" && k.Preset != "circleci" {
		x.warn("nothing says whom the tokens are for: any service that gets one could use it here")
	}
	if k.Preset == "oidc" {
		x.warn("the issuer has no preset: make sure that its ID tokens are refused, as by typ=at+jwt, a client or a scope")
	}
	x.about(group)
}

// about says what strikes the eye in samples.
func (x *examination) about(group []token) {
	for _, t := range group {
		d := diagnose.Explain(x.ctx, &setup.Service{}, t.raw, diagnose.Options{})
		if d.Kind == "ID token" || d.Kind == "refresh token" {
			x.warn("sample %d seems to be an %s: an API should only take access tokens", t.number, strings.TrimPrefix(d.Kind, "a "))
		}
		exp, ok1 := t.d.Claims.Date("exp")
		iat, ok2 := t.d.Claims.Date("iat")
		if ok1 && ok2 && exp-iat > 24*3600 {
			x.warn("sample %d lives for %s: who steals it can use it as long", t.number, diagnose.Duration(time.Duration(min(exp-iat, 9e9))*time.Second))
		}
		if !ok1 {
			x.warn("sample %d has no exp", t.number)
		}
		if x.when(t) != (time.Time{}) {
			x.warn("sample %d has expired: it is examined as of a second before that", t.number)
		}
		if alg := t.d.Header.Text("alg"); strings.HasPrefix(alg, "HS") {
			x.warn("sample %d is signed with a shared secret: whoever can verify it can also make such tokens", t.number)
		}
	}
}

// programOf is a Go program that protects a route with a reference.
func programOf(ref string) string {
	return program("verifier/issuers", "iss, err := issuers.Open(ctx, "+strconv.Quote(ref)+`)
	if err != nil {
		log.Fatal(err)
	}
	go keys.Run(ctx, iss.Keys())
	auth := httpauth.New(iss, httpauth.WithLocation(iss.Location()))`)
}

// plainProgram is programOf for settings without a preset.
func plainProgram(s setup.Settings) string {
	var opts []string
	quoted := func(list []string) string {
		var all []string
		for _, v := range list {
			all = append(all, strconv.Quote(v))
		}
		return strings.Join(all, ", ")
	}
	add := func(in bool, code string) {
		if in {
			opts = append(opts, "\t\t"+code+",\n")
		}
	}
	add(len(s.Algorithm) > 0, "verifier.WithAlgorithms("+quoted(s.Algorithm)+")")
	add(len(s.Issuer) > 0, "verifier.WithIssuer("+quoted(s.Issuer)+")")
	add(len(s.Audience) > 0, "verifier.WithAudience("+quoted(s.Audience)+")")
	add(s.OptionalExpiry, "verifier.WithOptionalExpiry()")
	add(s.OptionalSubject, "verifier.WithOptionalSubject()")
	return program("verifier", "src, err := keys.Open(ctx, "+strconv.Quote(s.Keys)+`)
	if err != nil {
		log.Fatal(err)
	}
	go keys.Run(ctx, src)
	v, err := verifier.New(src,
`+strings.Join(opts, "")+`	)
	if err != nil {
		log.Fatal(err)
	}
	auth := httpauth.New(v)`)
}

// program is a Go program whose route is protected by the variable auth, which setup
// declares with the help of another package.
func program(pkg, setup string) string {
	return fmt.Sprintf(`package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/%s"
)

func main() {
	ctx := context.Background()
	%s
	http.Handle("GET /", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, _ := httpauth.FromContext(r.Context())
		fmt.Fprintln(w, "Hello", tok.Subject)
	})))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
`, pkg, setup)
}

// Accepted reports whether every sample is accepted, with a verified signature.
func (p *Prescription) Accepted() bool {
	return len(p.Samples) > 0 && !slices.ContainsFunc(p.Samples, func(s Sample) bool { return !s.Accepted })
}

// Parameters lists what --set may give: what a preset has and tokens do not say.
func Parameters() (names []string) {
	for _, p := range issuers.Presets() {
		for _, q := range p.Parameters {
			if !slices.Contains(names, q.Name) {
				names = append(names, q.Name)
			}
		}
	}
	slices.Sort(names)
	return append(names, "argument")
}
