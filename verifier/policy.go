package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
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
	checks     []check          // the rest of the chain, in order
}

// A check is one link of the chain, with its name in a Report.
type check struct {
	name string
	claims.Validator
	own bool // the caller's: sees only claims of a verified token
}

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
		return invalid(ErrAlgorithm, saying{"the token says ", alg, ""})
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
			return invalid(ErrType, errNoType)
		}
		return nil
	}
	short := shortType(typ)
	for _, t := range p.types {
		if t == short || strings.EqualFold(t, short) {
			return nil
		}
	}
	return invalid(ErrType, saying{"the token says ", typ, ""})
}

func shortType(typ string) string {
	const prefix = "application/"
	if len(typ) > len(prefix) && strings.EqualFold(typ[:len(prefix)], prefix) && !strings.Contains(typ[len(prefix):], "/") {
		return typ[len(prefix):]
	}
	return typ
}

// claims runs the chain.
func (p *policy) claims(ctx context.Context, s *claims.Set, key *keys.Key, at time.Time) error {
	if err := p.issuer(ctx, s, key.Issuer(), at); err != nil {
		return refused(err)
	}
	for i := range p.checks {
		if err := p.checks[i].Validate(ctx, s, at); err != nil {
			return refused(err)
		}
	}
	return nil
}

// issuer accepts the issuer that the key is bound to, or an expected one; when
// both are given, it must be both.
func (p *policy) issuer(ctx context.Context, s *claims.Set, bound string, at time.Time) error {
	switch {
	case bound != "" && s.Issuer == "":
		return &claims.Error{Claim: "iss", Err: claims.ErrMissing}
	case bound != "" && s.Issuer != bound: // RFC 8725 §3.8
		return &claims.Error{Claim: "iss", Err: fmt.Errorf("%w: it is %s, and the key is that of %s", claims.ErrMismatch, message.Quote(s.Issuer), message.Quote(bound))}
	case bound == "" && p.noIssuer && s.Issuer != "":
		return &claims.Error{Claim: "iss", Err: fmt.Errorf("%w: it is %s, and none is expected (see WithIssuer)", claims.ErrMismatch, message.Quote(s.Issuer))}
	case p.issuers != nil:
		return p.issuers.Validate(ctx, s, at)
	}
	return nil
}

// noAudience refuses a token that is for somebody: nobody said it is for us.
func noAudience(_ context.Context, s *claims.Set, _ time.Time) error {
	if len(s.Audience) == 0 {
		return nil
	}
	return &claims.Error{Claim: "aud", Err: fmt.Errorf("%w: it is %s, and none is expected (see WithAudience)", claims.ErrMismatch, message.Quote(s.Audience[0]))}
}
