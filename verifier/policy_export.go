package verifier

import (
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// A Policy states what a verifier accepts and where its keys come from, for people
// and tools. It holds no secret and no key, and its JSON holds all of it.
//
// Of validators of your own it knows only the names that [Named] gives them: what
// they check is code.
type Policy struct {
	Reference  string           `json:"reference,omitempty"` // that the verifier was opened from; see package issuers
	Algorithms []keys.Algorithm `json:"algorithms,omitempty"`
	Types      []string         `json:"types,omitempty"`         // accepted values of "typ"
	NeedsType  bool             `json:"needs_type,omitempty"`    // "typ" must be present
	Issuers    []string         `json:"issuers,omitempty"`       // expected values of "iss"
	AnyIssuer  bool             `json:"any_issuer,omitempty"`    // see WithAnyIssuer
	BoundTo    []string         `json:"keys_bound_to,omitempty"` // the issuers of all keys; see keys.BoundTo
	Audiences  []string         `json:"audiences,omitempty"`     // expected values of "aud"
	AnyAud     bool             `json:"any_audience,omitempty"`  // see WithAnyAudience
	Leeway     float64          `json:"leeway_seconds"`          // by how much dates may be off
	MaxSize    int              `json:"max_size_bytes"`          // of a token
	Options    []string         `json:"options,omitempty"`       // the other options of New in use, by name
	Checks     []string         `json:"checks,omitempty"`        // the caller's own, by name, in order
	Sources    []Source         `json:"sources,omitempty"`       // where the keys come from, and their state

	// Candidate is the policy that WithCandidate tries out, without its sources, which
	// are not used.
	Candidate *Policy `json:"candidate,omitempty"`

	// Routes are the policies that a Router chooses from: those of ByIssuer and
	// RouteMap by choice. Verifiers that Route makes when they are needed are not
	// listed.
	Routes map[string]*Policy `json:"routes,omitempty"`
}

// A Source is the state of a source of keys, as keys.Status has it.
type Source struct {
	Source      string    `json:"source"`
	Keys        []string  `json:"keys,omitempty"` // those that verify now
	Skipped     []string  `json:"skipped,omitempty"`
	FetchedAt   time.Time `json:"fetched_at,omitzero"`
	NextRefresh time.Time `json:"next_refresh,omitzero"`
	Stale       bool      `json:"stale,omitempty"`
	Error       string    `json:"error,omitempty"`
}

func newSource(s keys.Status) Source {
	to := Source{Source: s.Source, FetchedAt: s.FetchedAt, NextRefresh: s.NextRefresh, Stale: s.Stale}
	for _, k := range s.Keys[:min(len(s.Keys), maxListed)] {
		to.Keys = append(to.Keys, k.String())
	}
	for _, k := range s.Skipped[:min(len(s.Skipped), maxListed)] {
		to.Skipped = append(to.Skipped, message.Quote(k.KeyID)+": "+k.Reason)
	}
	if s.Err != nil {
		to.Error = message.Line(s.Err.Error())
	}
	return to
}

// maxListed bounds how many keys of a source are listed.
const maxListed = 100

// PolicyOf returns the policy of v: a [Keyed], [Router] or [Var], or a Verifier that
// has a method Policy() *Policy. It is nil for any other and for a nil v. It makes
// no request.
func PolicyOf(v Verifier) *Policy {
	if absent.Is(v) {
		return nil
	}
	if p, ok := v.(interface{ Policy() *Policy }); ok {
		return p.Policy()
	}
	return nil
}

// Policy returns what v accepts, and the state of its keys now.
func (v *Keyed) Policy() *Policy {
	p := v.about.clone()
	p.BoundTo = keys.BoundTo(v.keys)
	for _, s := range keys.Statuses(v.keys) {
		p.Sources = append(p.Sources, newSource(s))
	}
	if v.candidate != nil {
		p.Candidate = v.candidate.about.clone()
	}
	return p
}

func (p Policy) clone() *Policy {
	p.Algorithms, p.Types = slices.Clone(p.Algorithms), slices.Clone(p.Types)
	p.Issuers, p.Audiences = slices.Clone(p.Issuers), slices.Clone(p.Audiences)
	p.Options, p.Checks = slices.Clone(p.Options), slices.Clone(p.Checks)
	return &p
}

// Policy returns the policies that r chooses from; see [Policy.Routes].
func (r *Router) Policy() *Policy {
	p := &Policy{Routes: map[string]*Policy{}}
	for choice, v := range r.fixed {
		if q := PolicyOf(v); q != nil {
			p.Routes[choice] = q
		}
	}
	if r.parser != nil {
		p.MaxSize = r.parser.MaxSize
	}
	return p
}

// Policy returns the policy of the verifier that s holds, or nil.
func (s *Var) Policy() *Policy { return PolicyOf(s.Load()) }

// about states the configuration, for Policy.
func (c *config) about(p *policy) Policy {
	a := Policy{
		Algorithms: p.algorithms, Types: p.types, NeedsType: p.needType,
		Issuers: c.issuers, AnyIssuer: c.anyIssuer,
		Audiences: c.audiences, AnyAud: c.anyAudience,
		Leeway: c.leeway.Seconds(), MaxSize: c.maxSize,
	}
	for _, o := range []struct {
		in   bool
		name string
	}{
		{c.optionalSubject, "WithOptionalSubject"},
		{c.optionalExpiry, "WithOptionalExpiry"},
		{c.integerSubject, "WithIntegerSubject"},
		{c.accessToken, "AccessToken"},
		{c.events, "WithEvents"},
		{c.proven, "WithPossessionProven"},
		{c.padded, "WithPaddedBase64"},
		{c.cache > 0, "WithCache"},
	} {
		if o.in {
			a.Options = append(a.Options, o.name)
		}
	}
	for _, list := range [][]check{p.head, p.checks} {
		for _, k := range list {
			if k.own {
				a.Checks = append(a.Checks, k.name)
			}
		}
	}
	return a
}
