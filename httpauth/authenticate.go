package httpauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/jwtverify/jwtverify/internal/tokenkey"
	"github.com/jwtverify/jwtverify/verifier"
)

var (
	errNothing = errors.New("httpauth: the verifier returned neither a token nor an error")
	errEmpty   = errors.New("httpauth: the Middleware is empty; make it with New")
)

// Authenticate returns the verified token of r. It fails with [ErrNoToken],
// [ErrRequest], [ErrUnproven], an error of the verifier, or one of a [Proof];
// [Status] sorts all of them, and [Middleware.Refuse] answers them. Each call
// verifies the token again, and uses up a proof that is good for one use.
//
// A framework without http.Handler builds its own middleware from Authenticate
// and Refuse. Some proofs send the client something on success too, such as the
// next nonce of package dpop. Authenticate drops that; use
// [Middleware.AuthenticateWith] to send it.
func (m *Middleware) Authenticate(r *http.Request) (*verifier.Token, error) {
	answer := http.Header{}
	tok, err := m.AuthenticateWith(answer, r)
	if err != nil && len(answer) > 0 {
		// The caller has no header to put answer into, so the error carries it to
		// Refuse.
		d := &denial{err: err, answer: answer}
		var inner *denial
		if errors.As(err, &inner) {
			d.via = inner.via
		}
		return nil, d
	}
	return tok, err
}

// AuthenticateWith is Authenticate for callers with a response at hand: answer
// is its header, and receives what proofs send to the client, such as a new DPoP
// nonce. A nil answer drops that.
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
	began := m.began()
	c, err := m.find(r)
	var tok *verifier.Token
	if err == nil {
		tok, err = m.verify(r, c, answer)
	}
	if err != nil {
		m.report(r, r, began, &decision{from: c.at}, err)
		return nil, err
	}
	m.report(r, r, began, &decision{from: c.at, set: tok.Set}, nil)
	return tok, nil
}

// verify returns the token of c if it can be trusted, and if it is either bound
// to no key or to one that the sender of r has proven to hold.
func (m *Middleware) verify(r *http.Request, c credential, answer http.Header) (*verifier.Token, error) {
	tok, err := m.v.Verify(r.Context(), c.raw)
	if err == nil && (tok == nil || tok.Set == nil) {
		err = errNothing // a foreign Verifier; its silence is not a verdict
	}
	if err != nil {
		if c.via != nil {
			err = &denial{err: err, via: c.via}
		}
		return nil, err
	}
	if err := m.confirm(r, c, tok, answer); err != nil {
		return nil, &denial{err: err, via: c.via, set: tok.Set}
	}
	return tok, nil
}

// verifiedBefore returns what m itself has found out about r in an outer
// handler, or nil. The same context with another credential is another request:
// a handler in between may have replaced the Authorization field. Finding no
// credential is fine, since WithoutCredential may have removed it.
func (m *Middleware) verifiedBefore(r *http.Request, last tokenkey.Holder) *authenticated {
	a := m.lastOf(last)
	if a == nil {
		return nil
	}
	if c, err := m.find(r); err == nil && !c.equals(a.from) || err != nil && !isNoToken(err) {
		return nil
	}
	return a
}

// check reports what the token lacks of n.
func (m *Middleware) check(ctx context.Context, n requirement, a *authenticated) error {
	if n.bound && !isBound(a.tok.Set) { // verify has had the proof of one that is
		return unproven("the token is not bound to a key, and this route needs one that is")
	}
	if err := m.holds(a.tok.Set, n.grants); err != nil {
		return err
	}
	if n.claims != nil {
		if err := n.claims.Validate(ctx, a.tok.Set, m.now()); err != nil {
			return err
		}
	}
	if n.level != nil {
		return n.level.check(a.tok.Set, m.now())
	}
	return nil
}
