package verifier

import (
	"context"
	"fmt"
	"io"

	"github.com/jwtverify/jwtverify/internal/tokenkey"
)

// NewContext returns a context in which [FromContext] finds t. It is for adapters
// that verify a token and then call a handler, and for tests of such handlers;
// packages httpauth and grpcauth use the same place. Only put a token there that a
// [Verifier] has returned for this request: whoever finds it trusts it.
//
// The innermost token counts. A nil t makes the context anonymous, whatever it held
// before. NewContext panics if ctx is nil.
func NewContext(ctx context.Context, t *Token) context.Context {
	if ctx == nil {
		panic("verifier: NewContext: the context is nil; give the one of the request")
	}
	c := &tokenContext{Context: ctx, key: tokenkey.Key{}, tok: t}
	if t != nil {
		c.outer = tokenkey.In(ctx)
	}
	c.val = c
	return c
}

// FromContext returns the token that was verified for the work which ctx belongs to:
// the innermost that [NewContext], a Middleware of package httpauth or another adapter
// has put there. ok is false if there is none, which means that the work is anonymous
// or that nobody has verified anything. The token is read-only: goroutines share it.
func FromContext(ctx context.Context) (tok *Token, ok bool) {
	h, _ := tokenkey.In(ctx).(interface{ VerifiedToken() *Token })
	if h == nil {
		return nil, false
	}
	tok = h.VerifiedToken()
	return tok, tok != nil
}

// A tokenContext is a context that is its own value, which saves an allocation.
//
// Its first fields are those of the type behind context.WithValue. Adapters that
// copy the values of a context look for them by these names; Fiber's does.
type tokenContext struct {
	context.Context
	key, val any

	tok   *Token // nil: anonymous
	outer tokenkey.Holder
}

func (c *tokenContext) Value(key any) any {
	if key == (tokenkey.Key{}) {
		return c
	}
	return c.Context.Value(key)
}

// VerifiedToken is what FromContext looks for. The contexts of package httpauth have
// it as well.
func (c *tokenContext) VerifiedToken() *Token { return c.tok }

// Outer implements tokenkey.Holder.
func (c *tokenContext) Outer() tokenkey.Holder { return c.outer }

// String is what a context derived from c prints for its parent.
func (c *tokenContext) String() string { return "verifier: a context with a token" }

// Format keeps the claims out of logs, for every verb.
func (c *tokenContext) Format(s fmt.State, _ rune) { io.WriteString(s, c.String()) }
