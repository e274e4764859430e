// Package doctor writes the strictest settings that accept some sample tokens. It
// never takes a sample at its word: it says which it could verify, and with whose
// keys.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// A Prescription is what the doctor writes.
type Prescription struct {
	Reference string            `json:"reference,omitempty"` // for package issuers, a list if the samples have several issuers
	Settings  map[string]string `json:"settings,omitempty"`  // variables, where no preset fits
	Code      string            `json:"code"`                // a Go program
	Samples   []Sample          `json:"samples"`
	Warnings  []string          `json:"warnings,omitempty"` // what the settings leave open
	Missing   []string          `json:"missing,omitempty"`  // what the samples do not say
}

// A Sample is what became of one token.
type Sample struct {
	Number   int    `json:"number"`
	Issuer   string `json:"issuer,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Accepted bool   `json:"accepted"` // by the settings, with its signature verified
	Verified string `json:"verified"` // with whose keys, or why not
	Cause    string `json:"cause,omitempty"`
}

// Options say what the samples cannot.
type Options struct {
	Keys    string // a reference to keys that are trusted; "" for those of the issuer
	Set     map[string]string
	Offline bool // ask no issuer
	Client  *http.Client
	CA      string
	Now     func() time.Time
}

// A token is one sample.
type token struct {
	number int
	raw    string
	d      found.Decoded
	kind   *presets.Kind
}

// Examine reads the samples in texts, each of which may hold several, one a line.
func Examine(ctx context.Context, texts []string, o Options) (*Prescription, error) {
	p := &Prescription{}
	samples, err := p.read(texts, o.Set["preset"])
	if err != nil {
		return nil, err
	}
	doc := &examination{ctx: ctx, o: o, p: p, at: time.Now()}
	if o.Now != nil {
		doc.at = o.Now()
	}
	var refs []string
	for _, group := range grouped(samples) {
		ref, err := doc.reference(group)
		if err != nil {
			return nil, err
		}
		if ref == "" {
			return doc.plain(samples)
		}
		refs = append(refs, ref)
	}
	slices.SortFunc(p.Samples, func(a, b Sample) int { return a.Number - b.Number })
	p.Reference = strings.Join(refs, ",")
	p.Code = programOf(p.Reference)
	return p, ctx.Err()
}

const maxSamples = 1000

// read finds the tokens.
func (p *Prescription) read(texts []string, preset string) (all []token, err error) {
	for _, text := range texts {
		lines := strings.Split(text, "\n")
		if found.In(text).Token != "" && slices.ContainsFunc(lines, hasNone) { // one that is wrapped, or in JSON
			lines = []string{text}
		}
		for _, line := range lines {
			if strings.TrimSpace(line) == "" {
				continue
			}
			in := found.In(strings.TrimSpace(line))
			if in.Token == "" {
				p.Warnings = append(p.Warnings, "a sample is not a token and is left out: "+in.Problems[0].Cause)
				continue
			}
			t := token{number: len(all) + 1, raw: in.Token, d: found.Read(in.Token)}
			if bad := found.Shape(in.Token); bad != nil && !strings.Contains(in.Token, "=") {
				p.Warnings = append(p.Warnings, fmt.Sprintf("sample %d is left out: %s", t.number, bad.Cause))
				continue
			}
			t.kind = presets.Of(t.d)
			if given := presets.Named(preset); given != nil {
				t.kind = given
			}
			all = append(all, t)
			if len(all) > maxSamples {
				return nil, fmt.Errorf("there are more than %d samples; give some of each kind", maxSamples)
			}
		}
	}
	if len(all) == 0 {
		why := ""
		if len(p.Warnings) > 0 {
			why = ": " + p.Warnings[0]
		}
		return nil, errors.New("there is no sample token" + why)
	}
	return all, nil
}

// hasNone reports whether a line has text and no whole token.
func hasNone(line string) bool {
	in := found.In(strings.TrimSpace(line))
	return strings.TrimSpace(line) != "" && (in.Token == "" || strings.Count(in.Token, ".") != 2)
}

// grouped puts the samples of one reference together.
func grouped(samples []token) [][]token {
	var order []string
	by := map[string][]token{}
	for _, t := range samples {
		key := "?"
		if t.kind != nil {
			arg, _ := t.kind.Argument(t.d)
			if t.kind.Preset == "entra" || t.kind.Preset == "workos" { // one reference has several
				arg = ""
			}
			key = t.kind.Preset + ":" + arg
		}
		if by[key] == nil {
			order = append(order, key)
		}
		by[key] = append(by[key], t)
	}
	var all [][]token
	for _, key := range order {
		all = append(all, by[key])
	}
	return all
}

// An examination is one call of Examine.
type examination struct {
	ctx context.Context
	o   Options
	p   *Prescription
	at  time.Time
}

// reference writes the reference for samples of one issuer, or "" if none fits.
func (x *examination) reference(group []token) (string, error) {
	k := group[0].kind
	if k == nil {
		return "", nil
	}
	ref := x.build(k, group)
	for range 16 { // each turn takes out a parameter that a sample does not meet
		if len(x.p.Missing) > 0 {
			break
		}
		if _, err := issuers.Open(x.ctx, ref.String()); err != nil {
			if k.Preset == "oidc" {
				return "", nil
			}
			x.warn("the preset %s does not fit: %s", k.Preset, strings.TrimPrefix(err.Error(), "issuers: "))
			return x.fallback(group)
		}
		name, fits := x.tooStrict(ref, group)
		if fits {
			break
		}
		if name == "" {
			if k.Preset == "oidc" {
				break
			}
			return x.fallback(group)
		}
		delete(ref.Params, name)
		x.warn("the samples differ in %s, so the reference does not say it", name)
	}
	x.examine(ref, group)
	x.warnings(k, ref, group)
	return ref.String(), nil
}

// fallback uses the preset for any issuer with discovery.
func (x *examination) fallback(group []token) (string, error) {
	other := slices.Clone(group)
	for i := range other {
		other[i].kind = presets.Named("oidc")
		if _, ok := other[i].kind.Argument(other[i].d); !ok {
			return "", nil
		}
	}
	return x.reference(other)
}

func (x *examination) warn(format string, args ...any) {
	text := message.Line(fmt.Sprintf(format, args...))
	if !slices.Contains(x.p.Warnings, text) {
		x.p.Warnings = append(x.p.Warnings, text)
	}
}

// build gathers what all samples have in common.
func (x *examination) build(k *presets.Kind, group []token) presets.Reference {
	ref := presets.Reference{Preset: k.Preset, Argument: x.argument(k, group), Params: map[string][]string{}}
	needs := needsOf(k.Preset)
	for _, param := range k.Params {
		if given, ok := x.o.Set[param.Name]; ok {
			ref.Params[param.Name] = []string{given}
			continue
		}
		values := x.values(k, param, group, needed(needs, param.Name) || param.Name == "anonymous")
		if len(values) > 0 && !param.Unset {
			ref.Params[param.Name] = values
		}
	}
	for _, need := range needs {
		names := strings.Split(need, "|")
		if slices.ContainsFunc(names, ref.Params.Has) {
			continue
		}
		for _, name := range names { // one that is usually left out
			if values := x.values(k, *orEmpty(k.Param(name)), group, true); len(values) > 0 {
				ref.Params[name] = values
				break
			}
		}
		if !slices.ContainsFunc(names, ref.Params.Has) {
			ref.Params[names[0]] = []string{strings.ToUpper(names[0])}
			x.p.Missing = append(x.p.Missing, names[0])
		}
	}
	if d := lifetime(group); d.Duration > 0 {
		ref.Params["lifetime"] = []string{d.text}
	}
	return ref
}

func orEmpty(p *presets.Param) *presets.Param {
	if p == nil {
		return &presets.Param{}
	}
	return p
}

func needsOf(preset string) []string {
	for _, p := range issuers.Presets() {
		if p.Name == preset {
			return p.Needs
		}
	}
	return nil
}

func needed(needs []string, name string) bool {
	return slices.ContainsFunc(needs, func(n string) bool { return slices.Contains(strings.Split(n, "|"), name) })
}

// argument is what follows the colon.
func (x *examination) argument(k *presets.Kind, group []token) string {
	if given, ok := x.o.Set["argument"]; ok {
		return given
	}
	var all []string
	for _, t := range group {
		if arg, _ := k.Argument(t.d); arg != "" && !slices.Contains(all, arg) {
			all = append(all, arg)
		}
	}
	switch {
	case k.Preset == "entra":
		slices.Sort(all)
		return strings.Join(all, ";")
	case len(all) > 0 && strings.HasPrefix(all[0], "NAME/"):
		x.p.Missing = append(x.p.Missing, "NAME (the tenant's name in NAME.ciamlogin.com; give it with --set argument=NAME/TENANT)")
		return all[0]
	case len(all) > 0:
		return all[0]
	case k.Preset == "nomad":
		x.p.Missing = append(x.p.Missing, "the address of the cluster (give it with --set argument=https://…)")
		return "https://ADDRESS"
	case k.Preset == "workos":
		x.p.Missing = append(x.p.Missing, "the client ID (give it with --set argument=client_…)")
		return "client_ID"
	}
	return ""
}

const maxValues = 8 // more are not one setting

// values are those that the samples have for a parameter. Unless some is enough, all
// samples must have one.
func (x *examination) values(k *presets.Kind, param presets.Param, group []token, some bool) []string {
	var union []string
	var common []string
	for i, t := range group {
		v := k.Values(param.Name, t.d)
		if len(v) == 0 {
			if !some {
				return nil
			}
			continue
		}
		if i == 0 || common == nil {
			common = slices.Clone(v)
		} else {
			common = slices.DeleteFunc(common, func(a string) bool { return !slices.Contains(v, a) })
		}
		best := v[0]
		same := func(a string) bool { return a == best || param.AnyCase && strings.EqualFold(a, best) }
		if !slices.ContainsFunc(union, same) {
			union = append(union, best)
		}
	}
	if len(common) > 0 && slices.Equal(param.Path, []string{"aud"}) {
		return common[:1] // one audience is enough
	}
	if len(union) > maxValues {
		x.warn("the samples have %d values of %s, so the reference does not say it", len(union), param.Name)
		return nil
	}
	slices.Sort(union)
	return union
}

// A life is a bound of the lifetime of tokens.
type life struct {
	time.Duration
	text string
}

// lives are the usual bounds.
var lives = []life{{5 * time.Minute, "5m"}, {10 * time.Minute, "10m"}, {15 * time.Minute, "15m"}, {30 * time.Minute, "30m"}, {time.Hour, "1h"}, {2 * time.Hour, "2h"}, {6 * time.Hour, "6h"}, {12 * time.Hour, "12h"}, {24 * time.Hour, "24h"}, {48 * time.Hour, "48h"}, {7 * 24 * time.Hour, "168h"}, {30 * 24 * time.Hour, "720h"}}

// lifetime is the least usual bound that all samples keep, or 0.
func lifetime(group []token) (least life) {
	longest := 0.0
	for _, t := range group {
		iat, ok1 := t.d.Claims.Date("iat")
		exp, ok2 := t.d.Claims.Date("exp")
		if !ok1 || !ok2 || exp <= iat {
			return life{}
		}
		longest = max(longest, exp-iat)
	}
	for _, l := range lives {
		if longest <= l.Seconds() {
			return l
		}
	}
	return life{}
}

// explain is what a reference says to a sample, as of a time when it was valid.
func (x *examination) explain(svc *setup.Service, t token) *diagnose.Diagnosis {
	return diagnose.Explain(x.ctx, svc, t.raw, diagnose.Options{At: x.when(t), Offline: x.o.Offline})
}

// when is a time at which a sample was valid, by its own word: now if it still is.
func (x *examination) when(t token) time.Time {
	exp, ok := t.d.Claims.Date("exp")
	if !ok || exp > float64(x.at.Unix()) || exp < 1 || exp > 2e11 {
		return time.Time{}
	}
	return time.Unix(int64(exp)-1, 0)
}

// service opens a reference with the settings of the examination. Offline, nothing can
// be fetched.
func (x *examination) service(ref presets.Reference) *setup.Service {
	s := setup.Settings{Issuers: ref.String(), Client: x.o.Client, CA: x.o.CA, Now: x.o.Now, From: setup.Variables}
	if x.o.Offline {
		s.Client = &http.Client{Transport: noNetwork{}}
	}
	return s.Open(x.ctx)
}

type noNetwork struct{}

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("the doctor works offline")
}

// tooStrict returns a parameter that a sample does not meet although its signature
// verifies. Where that is no parameter, name is "".
func (x *examination) tooStrict(ref presets.Reference, group []token) (name string, fits bool) {
	svc := x.service(ref)
	for _, t := range group {
		d := x.explain(svc, t)
		signed := false
		for _, c := range d.Checks {
			signed = signed || c.Name == "signature" && c.State == "ok"
		}
		if d.Verdict != "invalid" || !signed {
			continue
		}
		for _, c := range d.Checks {
			if c.State != "fail" {
				continue
			}
			if _, ok := ref.Params[c.Name]; ok && !needed(needsOf(ref.Preset), c.Name) {
				return c.Name, false
			}
			return "", false
		}
	}
	return "", true
}

// examine verifies each sample.
func (x *examination) examine(ref presets.Reference, group []token) {
	var svc *setup.Service
	if len(x.p.Missing) == 0 {
		svc = x.service(ref)
	}
	given := x.given()
	for _, t := range group {
		s := Sample{Number: t.number, Issuer: message.Short(t.d.Claims.Text("iss"))}
		s.Verified = "not verified"
		if len(x.p.Missing) > 0 {
			s.Verified = "not verified: the reference is not complete"
		}
		if svc != nil {
			d := x.explain(svc, t)
			s.Kind, s.Cause = d.Kind, d.Cause
			switch d.Verdict {
			case "trusted":
				s.Accepted = true
				s.Verified = "with the keys of the issuer that the sample names itself: make sure that it is yours"
				if ref.Preset == "shopify" {
					s.Verified = "with the secret of the app"
				}
			case "undecided":
				s.Verified = "NOT verified: " + d.Cause
			default:
				s.Verified = "refused"
			}
		}
		if given != nil {
			s.Verified = x.with(given, t, &s)
		}
		x.p.Samples = append(x.p.Samples, s)
	}
}

// given are the keys that somebody vouches for, or nil.
func (x *examination) given() keys.Provider {
	if x.o.Keys == "" {
		return nil
	}
	s := setup.Settings{Keys: x.o.Keys, AnyIssuer: true, AnyAudience: true, Client: x.o.Client, CA: x.o.CA, Now: x.o.Now}
	svc := s.Open(x.ctx)
	if len(svc.Faults) > 0 {
		x.warn("--keys: %s", message.Bare(svc.Faults[0].Err))
		return nil
	}
	return svc.Keys
}

// with verifies the signature of a sample with the keys given.
func (x *examination) with(given keys.Provider, t token, s *Sample) string {
	v, err := verifier.New(given, verifier.WithAnyAudience(), verifier.WithAnyIssuer(), verifier.WithOptionalExpiry(), verifier.WithOptionalSubject())
	if err != nil {
		return "NOT verified: " + err.Error()
	}
	for _, c := range verifier.Explain(x.ctx, v, t.raw, verifier.AsOf(x.when(t))).Checks {
		if c.Name == "signature" && c.Passed {
			return "with the keys given"
		} else if c.Name == "signature" && !c.Skipped {
			s.Accepted = false
			return "NOT verified: its key is not among those given"
		}
	}
	s.Accepted = false
	return "NOT verified with the keys given"
}

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
