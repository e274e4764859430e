package httpauth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Middleware lets requests with a good token through to a handler.
type Middleware struct {
	v verifier.Verifier
	config
}

// New returns a Middleware that trusts what v trusts. It panics when v or an
// option is nil.
func New(v verifier.Verifier, opts ...Option) *Middleware {
	if v == nil {
		panic("httpauth: New: the verifier is nil")
	}
	m := &Middleware{v: v, config: config{realm: "api", extract: Bearer()}}
	for _, o := range opts {
		o(&m.config)
	}
	return m
}

// Handler calls next for requests with a good token, which next gets by
// [FromContext], and answers the others itself.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := m.token(r)
		if m.optional && err != nil && code(err) == "" {
			next.ServeHTTP(w, m.with(r, nil))
			return
		}
		var tok *verifier.Token
		if err == nil {
			tok, err = m.verify(r, raw)
		}
		if err != nil {
			m.refuse(w, r, err, nil)
			return
		}
		next.ServeHTTP(w, m.with(r, tok))
	})
}

// RequireScope is Handler for tokens that grant every one of the scopes; other
// good tokens are answered 403, naming them all. It needs no Handler before
// it, and does not verify a token again that this Middleware's Handler has
// verified. A request without a token is 401, also with [WithOptional].
func (m *Middleware) RequireScope(all ...string) func(http.Handler) http.Handler {
	scope := claims.Scope(all...)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tok, err := m.authenticated(r)
			if err == nil {
				err = scope.Validate(r.Context(), tok.Set, time.Time{})
			}
			if err != nil {
				m.refuse(w, r, err, all)
				return
			}
			next.ServeHTTP(w, m.with(r, tok))
		})
	}
}

var errNothing = errors.New("httpauth: the verifier returned neither a token nor an error")

// Authenticate returns the verified token of r, or why there is none:
// [ErrNoToken], [ErrRequest] or an error of the verifier. [Status] sorts them.
func (m *Middleware) Authenticate(r *http.Request) (*verifier.Token, error) {
	raw, err := m.token(r)
	if err != nil {
		return nil, err
	}
	return m.verify(r, raw)
}

// token finds the token, or says why there is none.
func (m *Middleware) token(r *http.Request) (string, error) {
	raw, err := m.extract(r)
	if err == nil && raw == "" {
		err = ErrNoToken
	}
	return raw, err
}

func (m *Middleware) verify(r *http.Request, raw string) (*verifier.Token, error) {
	tok, err := m.v.Verify(r.Context(), raw)
	if err != nil {
		return nil, err
	}
	if tok == nil || tok.Set == nil {
		return nil, errNothing
	}
	return tok, nil
}

// authenticated is Authenticate, but for a request that m has let through.
func (m *Middleware) authenticated(r *http.Request) (*verifier.Token, error) {
	if a, ok := r.Context().Value(contextKey{}).(*authenticated); ok && a.by == m && a.tok != nil {
		return a.tok, nil
	}
	return m.Authenticate(r)
}

func (m *Middleware) with(r *http.Request, tok *verifier.Token) *http.Request {
	var ctx context.Context = &authenticated{Context: r.Context(), tok: tok, by: m}
	return r.WithContext(ctx)
}
