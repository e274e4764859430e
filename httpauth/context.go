package httpauth

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/jwtverify/jwtverify/internal/tokenkey"
	"github.com/jwtverify/jwtverify/verifier"
)

// FromContext returns the token that a Middleware verified for this request; of
// several Middlewares, the innermost that found one. ok is false if there is
// none: on a route without a Middleware, and for an anonymous request. The token
// is read-only.
//
// It is verifier.FromContext, which code without net/http calls to find the same
// token.
func FromContext(ctx context.Context) (tok *verifier.Token, ok bool) {
	return verifier.FromContext(ctx)
}

// FromContext returns the token that m itself verified for this request, also
// if another Middleware has verified one since. It ignores tokens put there by
// [NewContext].
func (m *Middleware) FromContext(ctx context.Context) (tok *verifier.Token, ok bool) {
	a := m.lastOf(tokenkey.In(ctx))
	if a == nil {
		return nil, false
	}
	return a.tok, true
}

// NewContext returns a context in which [FromContext] finds t: for tests of
// handlers, and for adapters to other frameworks. A nil t makes the request
// anonymous, regardless of what was found before. It is verifier.NewContext.
func NewContext(ctx context.Context, t *verifier.Token) context.Context {
	return verifier.NewContext(ctx, t)
}

// authenticated is a context that is its own value, which saves an allocation
// in each request.
//
// Its first fields are those of the type behind context.WithValue. Adapters that
// copy the values of a context look for them by these names; Fiber's does.
type authenticated struct {
	context.Context
	key, val any

	tok   *verifier.Token
	by    *Middleware     // that verified it
	from  credential      // what it was verified from
	outer tokenkey.Holder // what was found before, or nil
}

// within returns a copy of r whose context is a copy of a. The two are one
// allocation: WithContext is inlined, and what it returns stays on the stack.
func (a *authenticated) within(r *http.Request) *http.Request {
	inner := new(struct {
		http.Request
		authenticated
	})
	ctx := &inner.authenticated
	*ctx = *a
	ctx.Context, ctx.key, ctx.val = r.Context(), tokenkey.Key{}, ctx
	inner.Request = *r.WithContext(ctx)
	return &inner.Request
}

// lastOf returns the innermost in h that m has verified, or nil.
func (m *Middleware) lastOf(h tokenkey.Holder) *authenticated {
	for m != nil && h != nil {
		if a, ok := h.(*authenticated); ok && a.by == m && a.tok != nil {
			return a
		}
		h = h.Outer()
	}
	return nil
}

// VerifiedToken is what verifier.FromContext looks for.
func (a *authenticated) VerifiedToken() *verifier.Token { return a.tok }

// Outer implements tokenkey.Holder.
func (a *authenticated) Outer() tokenkey.Holder { return a.outer }

// String is what a context derived from a prints for its parent.
func (a *authenticated) String() string { return "httpauth: a context with a token" }

// Format keeps the credential out of logs, for every verb.
func (a *authenticated) Format(s fmt.State, _ rune) { io.WriteString(s, a.String()) }

func (a *authenticated) Value(key any) any {
	if key == (tokenkey.Key{}) {
		return a
	}
	return a.Context.Value(key)
}
