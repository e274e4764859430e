package verifier

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
)

// A Var is a [Verifier] that can be replaced while goroutines use it, so that a
// program takes over new rules without a restart. Make one with [NewVar]; the zero
// Var cannot decide anything until Store has given it a verifier.
type Var struct {
	v atomic.Pointer[Verifier]
}

var _ Verifier = (*Var)(nil)

// NewVar returns a Var that holds v. It panics if v is nil.
func NewVar(v Verifier) *Var {
	if absent.Is(v) {
		panic("verifier: NewVar: the verifier is nil")
	}
	s := new(Var)
	s.v.Store(&v)
	return s
}

// Store makes v the verifier of every token that comes after Store has returned. A
// token that is being verified is still decided by the verifier that it came to.
// What the old verifier remembers, such as the tokens of [WithCache], is gone with
// it. Store panics if v is nil or is the Var itself, and then changes nothing.
func (s *Var) Store(v Verifier) {
	switch {
	case absent.Is(v):
		panic("verifier: Var.Store: the verifier is nil")
	case v == Verifier(s):
		panic("verifier: Var.Store: the verifier is this Var itself")
	}
	s.v.Store(&v)
}

// Load returns the verifier that decides now. It is nil for the zero Var.
func (s *Var) Load() Verifier {
	if v := s.v.Load(); v != nil {
		return *v
	}
	return nil
}

// Unwrap is Load, for a [Watcher].
func (s *Var) Unwrap() Verifier { return s.Load() }

var errZeroVar = errors.New("this Var holds no verifier; make it with NewVar")

// Verify lets the verifier that s holds decide.
func (s *Var) Verify(ctx context.Context, raw string) (*Token, error) {
	return s.observed(ctx, request{raw: raw, now: true})
}

// VerifyAt is [VerifyAt] with the verifier that s holds.
func (s *Var) VerifyAt(ctx context.Context, raw string, at time.Time) (*Token, error) {
	return s.observed(ctx, request{raw: raw, at: at})
}

// Explain is [Explain] with the verifier that s holds.
func (s *Var) Explain(ctx context.Context, raw string) *Report { return s.ExplainWith(ctx, raw) }

// ExplainWith is Explain with options.
func (s *Var) ExplainWith(ctx context.Context, raw string, opts ...ExplainOption) *Report {
	return s.explain(ctx, raw, newAsked(opts), 0)
}

// observed decides q, and reports that.
func (s *Var) observed(ctx context.Context, q request) (*Token, error) {
	var seen sighting
	tok, err := s.verify(ctx, q, &seen)
	seen.report(ctx, err)
	return tok, err
}

func (s *Var) verify(ctx context.Context, q request, seen *sighting) (*Token, error) {
	switch v := s.Load(); {
	case v != nil:
		return q.verify(ctx, seen, v) // which checks the time too
	case !q.now && q.at.IsZero():
		seen.abandon()
		return nil, &failure{ErrUnavailable, ErrNoTime, nil, nil}
	default:
		seen.abandon()
		return nil, undecided(errZeroVar)
	}
}

func (s *Var) explain(ctx context.Context, raw string, a asked, depth int) *Report {
	r := &Report{}
	switch v := s.Load(); {
	case v == nil:
		r.add(Check{Name: "verdict"}, undecided(errZeroVar))
	case depth >= maxDepth:
		r.add(Check{Name: "verdict"}, undecided(errDepth))
	default:
		return explain(ctx, v, raw, a, depth+1)
	}
	return r
}
