package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// A policy is what a Local demands of a token beside its signature.
type policy struct {
	algorithms []keys.Algorithm
	types      []string // without "application/"
	needType   bool
	issuers    claims.Validator // nil: any, or the key's own
	noIssuer   bool             // a token names none, unless its key is bound to it
	reading    []claims.ParseOption
	checks     []check // the rest of the chain, in order
}

// A check is one link of the chain, with its name in a Report.
type check struct {
	name string
	claims.Validator
	own     bool   // the caller's: sees only claims of a verified token
	about   string // the claim without which a Report leaves it out; "" for none
	setting string // the option that decides it; "" for none
	missing string // the option that lets the claim be missing; "" for none
}

// settingFor is the option that decides whether err is one.
func (c *check) settingFor(err error) string {
	if errors.Is(err, claims.ErrMissing) && c.missing != "" {
		return c.missing
	}
	return c.setting
}

// run validates s. A refusal says which option decides it, unless that is no
// help: a token that has expired is not the fault of the leeway.
func (c *check) run(ctx context.Context, s *claims.Set, at time.Time) error {
	err := c.Validate(ctx, s, at)
	if err == nil || c.setting == "" || errors.Is(err, claims.ErrExpired) || errors.Is(err, claims.ErrNotYetValid) || errors.Is(err, ErrUnproven) {
		return err
	}
	return see{err, c.settingFor(err)}
}

// see is an error that names the option which decides it.
type see struct {
	error
	setting string
}

func (s see) Error() string { return s.error.Error() + " (see " + s.setting + ")" }
func (s see) Unwrap() error { return s.error }

// header decides what it can before any key is looked up.
func (p *policy) header(h jws.Header) error {
	if err := p.algorithm(h.Algorithm); err != nil {
		return err
	}
	return p.typ(h.Type)
}

func (p *policy) algorithm(alg string) error {
	if !slices.Contains(p.algorithms, keys.Algorithm(alg)) {
		if strings.EqualFold(alg, "none") {
			return invalid(ErrAlgorithm, errUnsigned)
		}
		return invalid(ErrAlgorithm, see{detail{"the token says ", alg, ""}, "WithAlgorithms"})
	}
	return nil
}

var (
	errUnsigned = errors.New("the token is not signed")
	errNoType   = errors.New("the token has none")
)

// typ compares as media types: in any case, and "application/" may be left out
// (RFC 7515 §4.1.9).
func (p *policy) typ(typ string) error {
	if typ == "" {
		if p.needType {
			return invalid(ErrType, see{errNoType, "WithType"})
		}
		return nil
	}
	short := shortType(typ)
	for _, t := range p.types {
		if t == short || ascii.EqualFold(t, short) {
			return nil
		}
	}
	return invalid(ErrType, see{detail{"the token says ", typ, ""}, "WithType"})
}

func shortType(typ string) string {
	const prefix = "application/"
	if len(typ) > len(prefix) && ascii.EqualFold(typ[:len(prefix)], prefix) && !strings.Contains(typ[len(prefix):], "/") {
		return typ[len(prefix):]
	}
	return typ
}

// read reads the claims of a payload, whether or not it is to be trusted.
func (p *policy) read(s *claims.Set, payload []byte) error {
	return claims.ParseInto(s, payload, p.reading...)
}

// claims runs the chain.
func (p *policy) claims(ctx context.Context, s *claims.Set, key *keys.Key, at time.Time) error {
	if err := p.issuer(ctx, s, key, at); err != nil {
		return refused(err, s)
	}
	for i := range p.checks {
		if err := p.checks[i].run(ctx, s, at); err != nil {
			return refused(err, s)
		}
	}
	return nil
}

// issuer accepts the issuer that the key is bound to, or an expected one; when
// both are given, it must be both. What binds a key beside its configuration
// only narrows. key is nil where none is known.
func (p *policy) issuer(ctx context.Context, s *claims.Set, key *keys.Key, at time.Time) error {
	bound := ""
	if key != nil {
		bound = key.Issuer()
	}
	switch {
	case key != nil && !key.VouchesFor(s.Issuer): // RFC 8725 §3.8
		return ofAnother(s.Issuer, bound)
	case bound == "" && p.noIssuer && s.Has("iss"):
		err := fmt.Errorf("%w: it is %s, and none is expected", claims.ErrMismatch, message.Quote(s.Issuer))
		return see{&claims.Error{Claim: "iss", Err: err}, "WithIssuer"}
	case p.issuers != nil:
		if err := p.issuers.Validate(ctx, s, at); err != nil {
			return see{err, "WithIssuer"}
		}
	}
	return nil
}

// ofAnother is for a token of an issuer that the key may not sign for. bound is
// who it may sign for, or "" where that is not one.
func ofAnother(iss, bound string) error {
	switch {
	case iss == "":
		return &claims.Error{Claim: "iss", Err: claims.ErrMissing}
	case bound == "":
		return &claims.Error{Claim: "iss", Err: fmt.Errorf("%w: it is %s, and the JWK says that its key is for another issuer", claims.ErrMismatch, message.Quote(iss))}
	}
	return &claims.Error{Claim: "iss", Err: fmt.Errorf("%w: it is %s, and the key is that of %s", claims.ErrMismatch, message.Quote(iss), message.Quote(bound))}
}

// noAudience refuses a token that is for somebody, or for nobody: the caller did
// not say that it is for us.
func noAudience(_ context.Context, s *claims.Set, _ time.Time) error {
	if !s.Has("aud") {
		return nil
	}
	return &claims.Error{Claim: "aud", Err: fmt.Errorf("%w: it is %s, and none is expected", claims.ErrMismatch, message.List(s.Audience...))}
}

var (
	errEvent   = fmt.Errorf("%w: it is a security event (RFC 8417), which is not a credential", claims.ErrMismatch)
	errNoProof = errors.New("it is bound to a key by cnf (RFC 7800); give verifier.New the option WithPossessionProven where the caller has possession proven, as httpauth.WithProof does")
)

// noEvents refuses logout tokens and other security events: a client may get
// one for a user, and it is not a way to sign in.
func noEvents(_ context.Context, s *claims.Set, _ time.Time) error {
	if s.Has("events") {
		return &claims.Error{Claim: "events", Err: errEvent}
	}
	return nil
}

// unbound refuses tokens that are good only together with a key of the sender
// (RFC 7800 §3.1).
func unbound(_ context.Context, s *claims.Set, _ time.Time) error {
	if s.Has("cnf") {
		return &failure{umbrella: ErrInvalidToken, kind: ErrUnproven, cause: errNoProof}
	}
	return nil
}
