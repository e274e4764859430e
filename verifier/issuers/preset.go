package issuers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A preset is one row of the table: what tokens of one kind of issuer look like,
// and what has to be checked in them.
//
// Templates hold {name} for a variable: a group of the shape of the argument, or a
// parameter whose effect is variable.
type preset struct {
	name    string
	title   string
	example string // a complete reference
	arg     argument
	issuer  string   // template of "iss"; "" when finish says
	also    []string // further spellings of it
	keys    string   // template of the key reference; "" is discovery at the issuer
	params  []param
	needs   []string // parameters that must be given; "a|b" is one of them
	why     string   // why they are needed
	always  []rule   // what holds for every token
	algs    []keys.Algorithm
	options []verifier.Option
	keyOpts []keys.Option
	at      verifier.Location
	further []string       // the checks of finish, in words
	finish  func(*opening) // what the other members cannot say

	// everybody matches issuers that sign for everybody and let the caller choose
	// "aud". Other presets, which check too little for them, refuse them.
	everybody *regexp.Regexp
}

// A param is a parameter of a preset.
type param struct {
	name   string
	usage  string // what its value is
	shape  *regexp.Regexp
	single bool
	lower  bool // upper case in its value is written in lower case
	effect effect
}

// An effect is what a parameter does. values is not empty.
type effect func(o *opening, values []string)

// A rule is a check that a preset always makes.
type rule struct {
	about string // in words
	claims.Validator
	header bool // it looks at the header of the token
}

// An opening is a reference on its way to becoming a verifier.
type opening struct {
	*reference
	vars     map[string]string // of templates
	issuers  []string          // the values of "iss"
	accepts  func(*claims.Set) bool
	class    string        // of what accepts accepts: two of one class are for the same tokens
	source   keys.Provider // set when keys come from elsewhere
	keyRef   string
	keyOpts  []keys.Option
	options  []verifier.Option
	checks   []claims.Validator
	header   []claims.Validator
	metadata string
	at       verifier.Location
	errs     []error
}

func (o *opening) fail(format string, args ...any) {
	o.errs = append(o.errs, fmt.Errorf(format, args...))
}

// open makes the verifier of a reference. It makes no request.
func (r *reference) open(ctx context.Context, c *config) (*entry, error) {
	p := r.preset
	o := &opening{reference: r, vars: map[string]string{}, keyRef: p.keys, at: p.at}
	o.keyOpts = append(o.keyOpts, p.keyOpts...)
	o.options = append(o.options, p.options...)
	if p.algs != nil {
		o.options = append(o.options, verifier.WithAlgorithms(p.algs...))
	}
	o.setVariables()
	for _, name := range sortedKeys(r.params) {
		values := r.params[name]
		o.named(name, func() {
			if claim, ok := strings.CutPrefix(name, claimPrefix); ok {
				o.checks = append(o.checks, extraClaim(claim, values))
			} else {
				p.param(name).effect(o, values)
			}
		})
	}
	if p.issuer != "" {
		o.issuers = append(o.issuers, o.expand(p.issuer))
	}
	for _, also := range p.also {
		o.issuers = append(o.issuers, o.expand(also))
	}
	for _, rule := range p.always {
		o.named(rule.about, func() {
			if rule.header {
				o.header = append(o.header, rule.Validator)
			} else {
				o.checks = append(o.checks, rule.Validator)
			}
		})
	}
	if p.finish != nil {
		o.named(p.name, func() { p.finish(o) })
	}
	return o.entry(ctx, c)
}

// named gives the checks that add adds a name, by which reports list them. None of
// them has effects.
func (o *opening) named(name string, add func()) {
	checks, header := len(o.checks), len(o.header)
	add()
	for i := checks; i < len(o.checks); i++ {
		o.checks[i] = verifier.Named(name, o.checks[i])
	}
	for i := header; i < len(o.header); i++ {
		o.header[i] = verifier.Named(name, o.header[i])
	}
}

// setVariables makes the groups of the argument's shape variables.
func (o *opening) setVariables() {
	shape := o.preset.arg.shape
	if shape == nil || o.arg == "" {
		return
	}
	o.vars["arg"] = o.arg
	match := shape.FindStringSubmatch(o.arg)
	for i, name := range shape.SubexpNames() {
		if name != "" {
			o.vars[name] = match[i]
		}
	}
}

// expand replaces the variables in a template, once: what looks like a variable in
// the value of another stays.
func (o *opening) expand(template string) string {
	var pairs []string
	for _, name := range sortedKeys(o.vars) {
		pairs = append(pairs, "{"+name+"}", o.vars[name])
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// entry puts together what was gathered.
func (o *opening) entry(ctx context.Context, c *config) (*entry, error) {
	if err := o.preset.join(o.errs); err != nil {
		return nil, err
	}
	src, err := o.keys(ctx, c)
	if err != nil {
		return nil, o.preset.join([]error{err})
	}
	opts := slices.Concat(o.options, c.verifier)
	switch {
	case o.accepts != nil:
		opts = append(opts, verifier.WithAnyIssuer())
	default:
		opts = append(opts, verifier.WithIssuer(o.issuers...))
	}
	if len(o.header) > 0 {
		opts = append(opts, verifier.WithHeader(o.header...))
	}
	if len(o.checks) > 0 {
		opts = append(opts, verifier.WithClaims(o.checks...))
	}
	v, err := verifier.New(src, opts...)
	if err != nil {
		return nil, o.preset.join([]error{err})
	}
	return &entry{name: o.preset.name, issuers: o.issuers, accepts: o.accepts, class: o.class, keys: src, verifier: v, at: o.at}, nil
}

// keys opens the source of the keys.
func (o *opening) keys(ctx context.Context, c *config) (keys.Provider, error) {
	if o.source != nil {
		return o.source, nil
	}
	opts := slices.Concat(o.keyOpts, c.keys)
	if o.metadata != "" {
		opts = append(opts, keys.WithMetadataURL(o.metadata))
	}
	ref := o.expand(o.keyRef)
	switch {
	case ref == "" || o.metadata != "":
		return made(keys.NewOIDC(o.issuers[0], opts...))
	case strings.Contains(ref, "{kid}"):
		return made(keys.NewPerID(ref, opts...))
	}
	return made(keys.NewRemote(ref, opts...))
}

// made keeps a nil *Remote from becoming a Provider that is not nil.
func made(r *keys.Remote, err error) (keys.Provider, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// claimPrefix begins a parameter that requires a claim, which every preset takes.
const claimPrefix = "claim."

// extraClaim requires the claim that name names: a name as it is, or with a slash
// in front the path of a member (RFC 6901), as /firebase/tenant.
func extraClaim(name string, values []string) claims.Validator {
	if path, ok := strings.CutPrefix(name, "/"); ok {
		unescape := strings.NewReplacer("~1", "/", "~0", "~")
		var names []string
		for part := range strings.SplitSeq(path, "/") {
			names = append(names, unescape.Replace(part))
		}
		return claims.OneOfAt(names, values...)
	}
	return claims.OneOf(name, values...)
}

// common are the parameters that every preset takes.
var common = []param{
	{name: claimPrefix + "NAME", usage: "a value that the claim NAME must have", effect: nothing},
	{name: "lifetime", usage: "the longest time from iat to exp, such as 15m", single: true, shape: regexp.MustCompile(`^[1-9][0-9]*(s|m|h)$`),
		effect: lifetime},
}

// param returns the parameter of p with that name, or nil.
func (p *preset) param(name string) *param {
	if claim, ok := strings.CutPrefix(name, claimPrefix); ok {
		if claim == "" || claim[0] == '/' && strings.Contains(claim+"/", "//") {
			return nil
		}
		return &common[0]
	}
	for _, list := range [][]param{p.params, common[1:]} {
		for i := range list {
			if list[i].name == name {
				return &list[i]
			}
		}
	}
	return nil
}

func (p *preset) paramNames() (names []string) {
	for _, list := range [][]param{p.params, common} {
		for _, q := range list {
			names = append(names, q.name)
		}
	}
	return names
}

// presetNamed returns the preset of that name, or nil.
func presetNamed(name string) *preset {
	for _, p := range presets {
		if p.name == name {
			return p
		}
	}
	return nil
}

func presetNames() (names []string) {
	for _, p := range presets {
		names = append(names, p.name)
	}
	slices.Sort(names)
	return names
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// eachIs requires at least one of the claims, and of each that is present one of the
// values.
func eachIs(names ...string) effect {
	return func(o *opening, values []string) {
		o.checks = append(o.checks, anyPresent(names...))
		for _, name := range names {
			o.checks = append(o.checks, claims.Optional(name, claims.OneOf(name, values...)))
		}
	}
}

// orDefault returns the first value of a parameter, or what it is when not given.
func (o *opening) orDefault(name, otherwise string) string {
	return cmp.Or(o.params.Get(name), otherwise)
}
