package httpauth

import (
	"context"

	"github.com/jwtverify/jwtverify/verifier"
)

// FromContext returns the token that a Middleware verified for this request.
// ok is false when there is none: on a route without a Middleware, or for an
// anonymous request with [WithOptional] or [WithPreflight].
func FromContext(ctx context.Context) (tok *verifier.Token, ok bool) {
	a, ok := ctx.Value(contextKey{}).(*authenticated)
	if !ok || a.tok == nil {
		return nil, false
	}
	return a.tok, true
}

// NewContext returns a context that [FromContext] finds t in: for tests of
// handlers, and for other adapters. A nil t makes it anonymous.
func NewContext(ctx context.Context, t *verifier.Token) context.Context {
	return &authenticated{Context: ctx, tok: t}
}

type contextKey struct{}

// authenticated is a context that is its own value: one allocation a request.
type authenticated struct {
	context.Context
	tok   *verifier.Token
	by    *Middleware // who verified it; nil: somebody else
	via   *proof      // the scheme it came by; nil: a source without one of its own
	bound bool        // to a key of the sender, which was proven
}

func (a *authenticated) Value(key any) any {
	if key == (contextKey{}) {
		return a
	}
	return a.Context.Value(key)
}
