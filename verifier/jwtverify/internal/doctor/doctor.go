// Package doctor writes the strictest settings that accept some sample tokens. It
// never takes a sample at its word: it says which it could verify, and with whose
// keys.
package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
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
