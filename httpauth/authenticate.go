package httpauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/jwtverify/jwtverify/verifier"
)

var (
	errNothing = errors.New("httpauth: the verifier returned neither a token nor an error")
	errEmpty   = errors.New("httpauth: the Middleware is empty; make it with New")
)

// Authenticate returns the verified token of r, or why there is none:
// [ErrNoToken], [ErrRequest], [ErrUnproven] or an error of the verifier.
// [Status] sorts them, and [Middleware.Refuse] answers them. A proof that is
// good for one use is used up by it.
//
// With it a framework that has no http.Handler makes a Middleware of its own.
// Where a [Proof] has something to say to the client also on success, as
// package dpop with nonces, that is lost: see [Middleware.AuthenticateWith].
func (m *Middleware) Authenticate(r *http.Request) (*verifier.Token, error) {
	answer := http.Header{}
	tok, err := m.AuthenticateWith(answer, r)
	if err != nil && len(answer) > 0 {
		d := &denial{err: err, answer: answer}
		var inner *denial
		if errors.As(err, &inner) {
			d.via = inner.via
		}
		return nil, d
	}
	return tok, err
}

// AuthenticateWith is Authenticate that puts what proofs say to the client, such
// as a new DPoP nonce, into answer, which is the header of the response:
//
//	tok, err := auth.AuthenticateWith(w.Header(), r)
//	if err != nil {
//		auth.Refuse(w, r, err)
//		return
//	}
func (m *Middleware) AuthenticateWith(answer http.Header, r *http.Request) (*verifier.Token, error) {
	if m == nil || m.v == nil {
		return nil, errEmpty
	}
	if answer == nil {
		answer = http.Header{}
	}
	c, err := m.find(r)
	if err != nil {
		return nil, err
	}
	a, err := m.verify(r, c, answer)
	if err != nil {
		return nil, err
	}
	return a.tok, nil
}

// verify returns the token of c if it is to be trusted, and bound to nobody
// but the sender of r.
func (m *Middleware) verify(r *http.Request, c credential, answer http.Header) (*authenticated, error) {
	tok, err := m.v.Verify(r.Context(), c.raw)
	if err == nil && (tok == nil || tok.Set == nil) {
		err = errNothing
	}
	if err != nil {
		if c.via != nil {
			err = &denial{err: err, via: c.via}
		}
		return nil, err
	}
	bound, err := m.confirm(r, c, tok, answer)
	if err != nil {
		return nil, &denial{err: err, via: c.via, set: tok.Set}
	}
	return &authenticated{tok: tok, by: m, from: c, bound: bound}, nil
}

// verifiedBefore is what m itself has found out about r before, or nil. A
// request with another credential is another request, also in the same context.
func (m *Middleware) verifiedBefore(r *http.Request, last *authenticated) *authenticated {
	a := last.of(m)
	if a == nil {
		return nil
	}
	if c, err := m.find(r); err == nil && c != a.from || err != nil && !isNoToken(err) {
		return nil
	}
	return a
}

// check reports how the token lacks what a route needs.
func (m *Middleware) check(ctx context.Context, n requirement, a *authenticated) error {
	if n.bound && !a.bound {
		return unproven("the token is bound to no key, and this needs one that is")
	}
	if n.grants != nil {
		if err := n.grants.Validate(ctx, a.tok.Set, m.now()); err != nil {
			return err
		}
	}
	if n.level != nil {
		return n.level.check(a.tok.Set, m.now())
	}
	return nil
}
