package httpauth

import (
	"context"
	"fmt"
	"io"

	"github.com/jwtverify/jwtverify/verifier"
)

// FromContext returns the token that a Middleware verified for this request; of
// several Middlewares, the innermost that found one. ok is false when there is
// none: on a route without a Middleware, or for an anonymous request.
func FromContext(ctx context.Context) (tok *verifier.Token, ok bool) {
	a := fromContext(ctx)
	if a == nil || a.tok == nil {
		return nil, false
	}
	return a.tok, true
}

// FromContext returns the token that m itself verified for this request, also
// when another Middleware has found one since. It does not see what
// [NewContext] was given.
func (m *Middleware) FromContext(ctx context.Context) (tok *verifier.Token, ok bool) {
	a := fromContext(ctx).of(m)
	if a == nil {
		return nil, false
	}
	return a.tok, true
}

// NewContext returns a context that [FromContext] finds t in: for tests of
// handlers, and for other adapters. A nil t makes it anonymous, whatever was
// found before.
func NewContext(ctx context.Context, t *verifier.Token) context.Context {
	a := &authenticated{tok: t}
	if t != nil {
		a.outer = fromContext(ctx)
	}
	return a.within(ctx)
}

type contextKey struct{}

// authenticated is a context that is its own value: one allocation a request.
//
// Its first fields are those of a context of context.WithValue, by whose names
// adapters that copy the values of a context find them, as that of Fiber does.
type authenticated struct {
	context.Context
	key, val any

	tok   *verifier.Token
	by    *Middleware    // who verified it; nil: somebody else
	from  credential     // what it was verified from
	bound bool           // to a key of the sender, which was proven
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

// of is the innermost that m has verified, or nil.
func (a *authenticated) of(m *Middleware) *authenticated {
	for m != nil && a != nil {
		if a.by == m && a.tok != nil {
			return a
		}
		a = a.outer
	}
	return nil
}

// String is for the contexts within it, which print it by that name.
func (a *authenticated) String() string { return "httpauth: a context with a token" }

// Format keeps the credential out of logs.
func (a *authenticated) Format(s fmt.State, _ rune) { io.WriteString(s, a.String()) }

func (a *authenticated) Value(key any) any {
	if key == (contextKey{}) {
		return a
	}
	return a.Context.Value(key)
}
