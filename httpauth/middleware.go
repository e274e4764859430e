package httpauth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/verifier"
)

// A Middleware lets requests with a good token through to a handler.
type Middleware struct {
	v verifier.Verifier
	config
	sources []source
	proofs  []*proof
}

// New returns a Middleware that trusts what v trusts. It panics when v or an
// option is nil, and when two proofs are for the same.
func New(v verifier.Verifier, opts ...Option) *Middleware {
	if v == nil {
		panic("httpauth: New: the verifier is nil")
	}
	m := &Middleware{v: v, config: config{realm: "api", extract: []Extractor{Bearer()}, now: time.Now}}
	for _, o := range opts {
		o(&m.config)
	}
	for _, e := range m.extract {
		m.sources = append(m.sources, source{extract: e})
	}
	for _, p := range m.given {
		m.add(newProof(p))
	}
	return m
}

// Handler calls next for requests with a good token, which next gets by
// [FromContext], and answers the others itself.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	return m.guard(need{}, m.optional, next)
}

// guard lets requests through to next that bring what it needs, and where
// anonymous those without a token.
func (m *Middleware) guard(n need, anonymous bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := m.known(r); a != nil {
			if err := m.meets(r.Context(), n, a); err != nil {
				m.refuse(w, r, err, a.from.via, n)
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		c, err := m.find(r)
		if err != nil && code(err) == "" && (anonymous || m.preflight && isPreflight(r)) {
			next.ServeHTTP(w, r.WithContext(&authenticated{Context: r.Context(), by: m}))
			return
		}
		var a *authenticated
		if err == nil {
			a, err = m.verify(r, c, w.Header())
		}
		if err == nil {
			err = m.meets(r.Context(), n, a)
		}
		inner := r
		if err == nil {
			inner = r.WithContext(a)
			if m.strip {
				err = m.without(inner, c)
			}
		}
		if err != nil {
			m.refuse(w, r, err, c.via, n)
			return
		}
		next.ServeHTTP(w, inner)
	})
}

var errNothing = errors.New("httpauth: the verifier returned neither a token nor an error")

// Authenticate returns the verified token of r, or why there is none:
// [ErrNoToken], [ErrRequest], [ErrUnproven] or an error of the verifier.
// [Status] sorts them. A proof that is good for one use is used up by it.
func (m *Middleware) Authenticate(r *http.Request) (*verifier.Token, error) {
	c, err := m.find(r)
	if err != nil {
		return nil, err
	}
	a, err := m.verify(r, c, http.Header{})
	if err != nil {
		return nil, err
	}
	return a.tok, nil
}

// verify returns the token of c if it is to be trusted, and bound to nobody
// but the sender of r. answer becomes the header of the response.
func (m *Middleware) verify(r *http.Request, c credential, answer http.Header) (*authenticated, error) {
	tok, err := m.v.Verify(r.Context(), c.raw)
	if err != nil {
		return nil, err
	}
	if tok == nil || tok.Set == nil {
		return nil, errNothing
	}
	bound, err := m.confirm(r, c, tok, answer)
	if err != nil {
		return nil, err
	}
	return &authenticated{Context: r.Context(), tok: tok, by: m, from: c, bound: bound}, nil
}

// known is what m itself has found out about r before, or nil. A request with
// another credential is another request, also in the same context.
func (m *Middleware) known(r *http.Request) *authenticated {
	a, ok := r.Context().Value(contextKey{}).(*authenticated)
	if !ok || a.by != m || a.tok == nil {
		return nil
	}
	if c, err := m.find(r); err == nil && c != a.from || err != nil && code(err) != "" {
		return nil
	}
	return a
}

// meets reports how the token lacks what a route needs.
func (m *Middleware) meets(ctx context.Context, n need, a *authenticated) error {
	if n.bound && !a.bound {
		return unproven("the token is bound to no key, and this needs one that is")
	}
	if n.scope != nil {
		if err := n.scope.Validate(ctx, a.tok.Set, time.Time{}); err != nil {
			return err
		}
	}
	if n.level != nil {
		return n.level.check(a.tok.Set, m.now())
	}
	return nil
}
