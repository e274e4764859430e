package httpauth

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/verifier"
)

// A Middleware lets requests with a good token through to a handler. It is made
// by [New], is immutable, and goroutines share it. It prints as its type.
type Middleware struct {
	v verifier.Verifier
	config
	sources []source
	proofs  []*proof
}

// New returns a Middleware that trusts what v trusts. It panics when v or an
// option is nil, and when two proofs are for the same.
func New(v verifier.Verifier, opts ...Option) *Middleware {
	if isNil(v) {
		panic("httpauth: New: the verifier is nil; make one with verifier.New, and check its error")
	}
	m := &Middleware{v: v, config: config{realm: "api", extract: []Extractor{Bearer()}, now: time.Now}}
	for i, o := range opts {
		if o == nil {
			panic(fmt.Sprintf("httpauth: New: option %d is nil; leave it out", i+1))
		}
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

// Format writes the name of the type: what is configured may hold secrets.
func (m Middleware) Format(s fmt.State, _ rune) { io.WriteString(s, "httpauth.Middleware") }

// Handler calls next for requests with a good token, which next gets by
// [FromContext], and answers the others itself. It panics when next is nil.
//
// What next finds out about its request, as a http.ServeMux its pattern, is
// seen outside of the Middleware too, and temporary files of a multipart form
// are removed when next returns.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	m.mustBeMade("Handler")
	mustProtect("Handler", next)
	return m.guard(requirement{}, m.optional, next)
}

// Optional is Handler for a route that anonymous requests may use too, as all
// routes of a Middleware with [WithOptional]. A bad token still fails, see
// [WithExpiredAsAnonymous].
func (m *Middleware) Optional(next http.Handler) http.Handler {
	m.mustBeMade("Optional")
	mustProtect("Optional", next)
	return m.guard(requirement{}, true, next)
}

// guard lets requests through to next that bring what it needs, and where
// anonymous those without a token.
func (m *Middleware) guard(n requirement, anonymous bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.isPreflight(r) {
			m.preflight.ServeHTTP(w, r)
			return
		}
		inner, err := m.admit(w.Header(), r, n, anonymous)
		if err != nil {
			m.refuse(w, r, err, n)
			return
		}
		pass(next, w, r, inner)
	})
}

// admit returns the request that the handler gets: r itself where there is
// nothing to add. answer is the header of the response.
func (m *Middleware) admit(answer http.Header, r *http.Request, n requirement, anonymous bool) (*http.Request, error) {
	last := fromContext(r.Context())
	if a := m.verifiedBefore(r, last); a != nil {
		if err := m.check(r.Context(), n, a); err != nil {
			return nil, &denial{err: err, via: a.from.via, set: a.tok.Set}
		}
		if a == last {
			return r, nil
		}
		again := &authenticated{tok: a.tok, by: m, from: a.from, bound: a.bound, outer: last}
		return r.WithContext(again.within(r.Context())), nil
	}
	c, err := m.find(r)
	if err != nil {
		if anonymous && isNoToken(err) {
			return r, nil
		}
		return nil, err
	}
	a, err := m.verify(r, c, answer)
	if err != nil {
		if anonymous && m.expiredIsAnonymous && hasOnlyExpired(err) {
			return m.withoutCredential(r, r, c)
		}
		return nil, err
	}
	if err := m.check(r.Context(), n, a); err != nil {
		return nil, &denial{err: err, via: c.via, set: a.tok.Set}
	}
	a.outer = last
	return m.withoutCredential(r, r.WithContext(a.within(r.Context())), c)
}

// withoutCredential is inner, which is r or a copy of it, without the
// credential where that is asked for.
func (m *Middleware) withoutCredential(r, inner *http.Request, c credential) (*http.Request, error) {
	if !m.strip {
		return inner, nil
	}
	if inner == r {
		inner = r.WithContext(r.Context())
	}
	if err := m.takeOut(inner, c); err != nil {
		return nil, &denial{err: err, via: c.via}
	}
	return inner, nil
}

// hasOnlyExpired reports whether err refuses a token whose signature verified
// for being expired.
func hasOnlyExpired(err error) bool {
	_, ok := verifier.RefusedClaims(err)
	return ok && verifier.Reason(err) == "expired"
}
