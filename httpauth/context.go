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
	from  credential  // what it was verified from
	bound bool        // to a key of the sender, which was proven
}

// String and GoString keep the credential out of logs.
func (a *authenticated) String() string   { return "httpauth: a context with a token" }
func (a *authenticated) GoString() string { return a.String() }

func (a *authenticated) Value(key any) any {
	if key == (contextKey{}) {
		return a
	}
	return a.Context.Value(key)
}
