// Package diagnose says why a token is refused, and which setting is at fault. It
// decides by kind: it looks at what failed and how the two sides differ, and where it
// can, it tries a changed setting before it names it.
//
// Nothing that it says makes a token trusted.
package diagnose

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// A Diagnosis is what a person is told about a token. It never holds the token or its
// signature, but it does hold claims.
type Diagnosis struct {
	Verdict string         `json:"verdict"`          // trusted, invalid, forbidden or undecided
	Reason  string         `json:"reason,omitempty"` // as verifier.Reason
	Cause   string         `json:"cause,omitempty"`  // the first, in one line
	Faults  []Fault        `json:"faults,omitempty"` // the first is that of the first cause
	Header  []found.Member `json:"header,omitempty"`
	Claims  []found.Member `json:"claims,omitempty"`
	Checks  []Check        `json:"checks,omitempty"`
	Keys    []Source       `json:"keys,omitempty"` // what is at hand
	Notes   []string       `json:"notes,omitempty"`
	At      time.Time      `json:"at,omitzero"` // as of when dates were checked
	Leeway  float64        `json:"leeway_seconds"`
	Dates   Dates          `json:"dates,omitzero"`
	Kind    string         `json:"kind,omitempty"`      // what kind of token it seems to be
	Preset  string         `json:"reference,omitempty"` // whose rules were applied

	err error
}

// A Fault is a setting that is likely to be wrong, of the service or of another side.
type Fault struct {
	Setting string   `json:"setting"`         // a word for the kind of setting
	Name    string   `json:"name"`            // as the settings at hand call it
	Cause   string   `json:"cause"`           // one line
	Advice  string   `json:"advice"`          // what to do, one line
	Write   []string `json:"write,omitempty"` // the lines to write
}

// A Check is one check, in the order in which Verify makes them.
type Check struct {
	Name     string `json:"name"`
	State    string `json:"state"` // ok, fail or undecided
	Expected string `json:"expected,omitempty"`
	Got      string `json:"got,omitempty"`
	Detail   string `json:"detail,omitempty"`
	Setting  string `json:"setting,omitempty"` // the option that decides it
}

// Dates are those of the token, for a timeline.
type Dates struct {
	Issued    *time.Time `json:"iat,omitempty"`
	NotBefore *time.Time `json:"nbf,omitempty"`
	Expires   *time.Time `json:"exp,omitempty"`
}

// A Source is the state of one source of keys.
type Source struct {
	Source  string   `json:"source"`
	Keys    []string `json:"keys,omitempty"` // IDs and algorithms
	Skipped []string `json:"skipped,omitempty"`
	Age     string   `json:"age,omitempty"`
	Error   string   `json:"error,omitempty"`
}

// Verdict of the diagnosis, for the exit code.
func (d *Diagnosis) Is() verifier.Verdict {
	switch d.Verdict {
	case "trusted":
		return verifier.Trusted
	case "invalid":
		return verifier.Invalid
	case "forbidden":
		return verifier.Forbidden
	}
	return verifier.Undecided
}

// Options say how a token is explained.
type Options struct {
	At        time.Time // zero: now
	OwnChecks bool
	Offline   bool // try out nothing that needs the network
}

// Explain diagnoses the token in text.
func Explain(ctx context.Context, svc *setup.Service, text string, o Options) *Diagnosis {
	in := found.In(text)
	d := &Diagnosis{}
	if in.Note != "" {
		d.Notes = append(d.Notes, in.Note)
	}
	for _, p := range in.Problems {
		d.Faults = append(d.Faults, fault(svc, p.Setting, p.Cause, p.Advice))
	}
	if in.Token == "" {
		d.Verdict, d.Reason = "invalid", "malformed"
		d.Cause = d.Faults[0].Cause
		return d
	}
	s := newSituation(ctx, svc, in.Token, o)
	s.diagnose(d)
	if len(in.Problems) > 0 {
		d.Notes = append(d.Notes, "what follows is about the token alone, without what is around it: "+d.Verdict)
		d.Verdict, d.Reason = "invalid", "malformed"
	}
	d.Cause = ""
	if len(d.Faults) > 0 {
		d.Cause = d.Faults[0].Cause
	}
	return d
}

// A situation is one token before one set of settings.
type situation struct {
	ctx     context.Context
	svc     *setup.Service
	raw     string
	d       found.Decoded
	o       Options
	policy  *verifier.Policy
	report  *verifier.Report
	checks  map[string]verifier.Check
	at, now time.Time

	alg, kid, typ, iss string
	aud                []string
	kind               string
}

func newSituation(ctx context.Context, svc *setup.Service, raw string, o Options) *situation {
	s := &situation{ctx: ctx, svc: svc, raw: raw, d: found.Read(raw), o: o, now: time.Now()}
	if svc.Settings.Now != nil {
		s.now = svc.Settings.Now()
	}
	s.at = o.At
	if s.at.IsZero() {
		s.at = s.now
	}
	s.alg, s.kid, s.typ = s.d.Header.Text("alg"), s.d.Header.Text("kid"), s.d.Header.Text("typ")
	s.iss, s.aud = s.d.Claims.Text("iss"), s.d.Claims.Texts("aud")
	s.kind = kindOf(s.d)
	return s
}

// diagnose fills in d.
func (s *situation) diagnose(d *Diagnosis) {
	d.Header = inWords(s.d.Header, s.at)
	d.Claims = inWords(s.d.Claims, s.at)
	d.Dates = dates(s.d.Claims)
	d.Kind = s.kind
	d.At = s.at
	if len(s.svc.Faults) > 0 {
		d.Verdict, d.Reason = "undecided", "unavailable"
		for _, f := range s.svc.Faults {
			d.Faults = append(d.Faults, s.badSetting(f))
		}
		if s.svc.Verifier == nil {
			return
		}
	}
	if s.svc.Verifier == nil {
		d.Verdict, d.Reason = "undecided", "unavailable"
		if p := found.Shape(s.raw); p != nil {
			d.Faults = append(d.Faults, s.fault(p.Setting, p.Cause, p.Advice))
		}
		d.Faults = append(d.Faults, s.nothingSet())
		return
	}
	s.narrow()
	s.report = s.explain(s.svc.Verifier)
	s.checks = map[string]verifier.Check{}
	for _, c := range s.report.Checks {
		s.checks[c.Name] = c
	}
	d.Verdict = verifier.Classify(s.report.Err).String()
	d.Reason = verifier.Reason(s.report.Err)
	d.err = s.report.Err
	if !s.report.At.IsZero() {
		d.At, d.Leeway = s.report.At, s.report.Leeway.Seconds()
	}
	if s.policy != nil {
		d.Preset = s.policy.Reference
	}
	for _, c := range s.report.Checks {
		d.Checks = append(d.Checks, s.check(c))
	}
	for _, name := range s.svc.Remote {
		d.Checks = append(d.Checks, Check{Name: name, State: "undecided", Detail: "a check of the service's own: only it can run it"})
	}
	d.Faults = append(d.Faults, s.faults()...)
	d.Keys = s.sources()
	if s.report.Err != nil && len(d.Faults) == 0 { // what no rule here knows
		d.Faults = append(d.Faults, s.fault("verifier", s.report.Err.Error(), "see the checks"))
	}
	if s.report.Err == nil && len(s.svc.Remote) > 0 && s.svc.Keys == nil {
		d.Verdict = "undecided"
	}
	d.Notes = append(d.Notes, s.notes()...)
}

// explain lets a verifier explain the token.
func (s *situation) explain(v verifier.Verifier) *verifier.Report {
	opts := []verifier.ExplainOption{verifier.AsOf(s.o.At)}
	if s.o.OwnChecks {
		opts = append(opts, verifier.WithOwnChecks())
	}
	return verifier.Explain(s.ctx, v, s.raw, opts...)
}

// with explains the token with changed settings. It reports whether its signature
// verifies then.
func (s *situation) with(change func(*setup.Settings)) (*verifier.Report, bool) {
	changed := s.svc.Settings.Clone()
	change(&changed)
	svc := changed.Open(s.ctx)
	if svc.Verifier == nil || len(svc.Faults) > 0 {
		return nil, false
	}
	r := s.explain(svc.Verifier)
	for _, c := range r.Checks {
		if c.Name == "signature" {
			return r, c.Passed
		}
	}
	return r, false
}

// failed returns the check of that name if it failed.
func (s *situation) failed(name string) (verifier.Check, bool) {
	c, ok := s.checks[name]
	return c, ok && !c.Passed && !c.Skipped
}

// client is what probes use to ask the network.
func (s *situation) client() *http.Client {
	if s.svc.Settings.Client != nil {
		return s.svc.Settings.Client
	}
	return http.DefaultClient
}

// isConfiguration reports whether err can only be mended by a setting.
func isConfiguration(err error) bool { return errors.Is(err, keys.ErrConfiguration) }
