package verifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
)

var errNilInterface = errors.New("the verifier is nil")

// VerifyAt lets v verify raw as of a time that the caller vouches for, as
// [Keyed.VerifyAt] does. It is for code that gets a [Verifier] and cannot know
// which: [Keyed], [Router] and [Var] can do it, and so can a Verifier of your own
// that has a method of that name and signature. If v has none or is nil, the error
// wraps [ErrUnavailable]. For the zero time it also wraps [ErrNoTime], and v is not
// asked.
func VerifyAt(ctx context.Context, v Verifier, raw string, at time.Time) (*Token, error) {
	switch {
	case at.IsZero():
		return nil, &failure{ErrUnavailable, ErrNoTime, nil, nil}
	case absent.Is(v):
		return nil, undecided(errNilInterface)
	}
	if v, ok := v.(interface {
		VerifyAt(context.Context, string, time.Time) (*Token, error)
	}); ok {
		return v.VerifyAt(ctx, raw, at)
	}
	return nil, undecided(fmt.Errorf("%T has no VerifyAt: it verifies only as of now", v))
}

// Explain reports what v thinks of raw, as [Keyed.Explain] does. [Keyed], [Router]
// and [Var] can do it, and so can a Verifier of your own that has a method of that
// name, or ExplainWith. Of any other, the report has one check, "verdict", which is
// what Verify returns. The Report is never nil; for a nil v, its error wraps
// [ErrUnavailable].
func Explain(ctx context.Context, v Verifier, raw string, opts ...ExplainOption) *Report {
	if absent.Is(v) {
		r := &Report{}
		r.add(Check{Name: "verdict"}, undecided(errNilInterface))
		return r
	}
	return explain(ctx, v, raw, newAsked(opts), 0)
}

// explain is Explain for a verifier with depth others around it.
func explain(ctx context.Context, v Verifier, raw string, a asked, depth int) *Report {
	r := &Report{}
	switch v := v.(type) {
	case *Keyed:
		return v.explain(ctx, raw, a)
	case *Router:
		return v.explain(ctx, raw, a, depth)
	case *Var:
		return v.explain(ctx, raw, a, depth)
	case explainer:
		if r := v.ExplainWith(ctx, raw, a.options()...); r != nil {
			return r
		}
	case plainExplainer:
		if r := v.Explain(ctx, raw); r != nil {
			return r
		}
	}
	_, err := request{raw: raw, at: a.at, now: a.at.IsZero()}.verify(ctx, nil, v)
	r.addVerdict(err)
	return r
}

// options returns what a came from.
func (a asked) options() []ExplainOption {
	return []ExplainOption{func(to *asked) { *to = a }}
}

// An explainer explains itself as a Keyed does, with options or without.
type (
	explainer interface {
		ExplainWith(context.Context, string, ...ExplainOption) *Report
	}
	plainExplainer interface {
		Explain(context.Context, string) *Report
	}
)

// explains reports whether v can explain itself.
func explains(v Verifier) bool {
	switch v.(type) {
	case explainer, plainExplainer:
		return true
	}
	return false
}

// addVerdict adds the one check that can be reported of a Verifier that explains
// nothing.
func (r *Report) addVerdict(err error) {
	r.add(Check{Name: "verdict", Detail: "accepted by a verifier that does not explain itself"}, err)
}
