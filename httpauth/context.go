package httpauth

import (
	"context"
	"fmt"
	"io"

	"github.com/jwtverify/jwtverify/verifier"
)

// FromContext returns the token that a Middleware verified for this request; of
// several Middlewares, the innermost that found one. ok is false if there is
// none: on a route without a Middleware, and for an anonymous request. The token
// is read-only.
func FromContext(ctx context.Context) (tok *verifier.Token, ok bool) {
	a := fromContext(ctx)
	if a == nil || a.tok == nil {
		return nil, false
	}
	return a.tok, true
}

// FromContext returns the token that m itself verified for this request, also
// if another Middleware has verified one since. It ignores tokens put there by
// [NewContext].
func (m *Middleware) FromContext(ctx context.Context) (tok *verifier.Token, ok bool) {
	a := fromContext(ctx).of(m)
	if a == nil {
		return nil, false
	}
	return a.tok, true
}

// NewContext returns a context in which [FromContext] finds t: for tests of
// handlers, and for adapters to other frameworks. A nil t makes the request
// anonymous, regardless of what was found before.
func NewContext(ctx context.Context, t *verifier.Token) context.Context {
	a := &authenticated{tok: t}
	if t != nil {
		a.outer = fromContext(ctx)
	}
	return a.within(ctx)
}

type contextKey struct{}

// authenticated is a context that is its own value, which saves an allocation
// in each request.
//
// Its first fields are those of the type behind context.WithValue. Adapters that
// copy the values of a context look for them by these names; Fiber's does.
type authenticated struct {
	context.Context
	key, val any

	tok   *verifier.Token
	by    *Middleware    // that verified it; nil for NewContext
	from  credential     // what it was verified from
	bound bool           // to a key that the sender has proven to hold
	outer *authenticated // what was found before, or nil
}

// within puts a into ctx.
func (a *authenticated) within(ctx context.Context) *authenticated {
	a.Context, a.key, a.val = ctx, contextKey{}, a
	return a
}

func fromContext(ctx context.Context) *authenticated {
	a, _ := ctx.Value(contextKey{}).(*authenticated)
	return a
}

// of returns the innermost that m has verified, or nil.
func (a *authenticated) of(m *Middleware) *authenticated {
	for m != nil && a != nil {
		if a.by == m && a.tok != nil {
			return a
		}
		a = a.outer
	}
	return nil
}

// String is what a context derived from a prints for its parent.
func (a *authenticated) String() string { return "httpauth: a context with a token" }

// Format keeps the credential out of logs, for every verb.
func (a *authenticated) Format(s fmt.State, _ rune) { io.WriteString(s, a.String()) }

func (a *authenticated) Value(key any) any {
	if key == (contextKey{}) {
		return a
	}
	return a.Context.Value(key)
}
