package doctor

import (
	"errors"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

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
