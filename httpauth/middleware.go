package httpauth

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/tokenkey"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Middleware lets requests with a good token through to a handler. Make one
// with [New]; the methods of a nil or zero Middleware panic or return an error.
// It is immutable, and goroutines share it. It prints as the name of its type.
type Middleware struct {
	v verifier.Verifier
	config
	sources []source
	schemes []string // of the sources without a proof, for the challenges; at least one
	proofs  []*proof
	watcher *verifier.Watcher // nil without WithTokenLifetime
}

// New returns a Middleware that trusts the tokens that v trusts. Without
// options it reads "Authorization: Bearer TOKEN" and names the realm "api" in
// its challenges.
//
// It panics if v or an option is nil, if two proofs are for the same member of
// "cnf" or have the same scheme, if an extractor reads the scheme of a proof, and if
// options contradict each other, as [WithLocation] and [WithExtractor] do.
func New(v verifier.Verifier, opts ...Option) *Middleware {
	mustVerify("New", v)
	m := &Middleware{v: v, config: config{realm: "api", extract: []Extractor{Bearer()}, now: time.Now}}
	for i, o := range opts {
		if o == nil {
			panic(fmt.Sprintf("httpauth: New: option %d is nil; leave it out", i+1))
		}
		o(&m.config)
	}
	m.mustAgree()
	m.watcher = m.newWatcher(v)
	m.schemes = schemesOf(m.extract)
	for _, e := range m.extract {
		m.sources = append(m.sources, source{extract: e, place: placeOf(e)})
	}
	for _, p := range m.given {
		m.add(newProof(p))
	}
	return m
}

// Format writes the name of the type, for every verb: the configuration may
// hold secrets.
func (m Middleware) Format(s fmt.State, _ rune) { io.WriteString(s, "httpauth.Middleware") }

// Handler returns a handler that calls next for requests with a good token and
// answers all others itself.
//
// It takes the token from the places of [WithExtractor] or [WithLocation], by
// default the Authorization field, verifies it in the context of the request, and checks
// the proofs of a token bound to a key. next finds the token by [FromContext].
// A refused request never reaches next; it is answered as the package comment
// lists: 401 without a token or with a bad one, 400 where the request is
// malformed, 403 where a validator of the verifier finds a scope missing, and
// 503 where nothing could be decided. The body of the answer is a JSON object
// with "error_description" and, unless there was no token, "error"; see
// [WithErrorHandler] to change it. With [WithOptional] a request without a token
// reaches next as anonymous, and [FromContext] returns false.
//
// A request costs what the verifier costs, plus less than a microsecond and one
// allocation: a copy of the request, with its context. A request that
// this Middleware has already verified, with the same token, is not verified
// again.
//
// What next finds out about its request, such as the pattern of an inner
// http.ServeMux or the parsed form, is visible outside the Middleware too. The
// temporary files of a multipart form are removed when next returns.
//
// Handler panics if next is nil.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	m.mustBeMade("Handler")
	mustProtect("Handler", next)
	return m.guard(requirement{}, nil, m.optional, next)
}

// Optional is Handler for one route that anonymous requests may use too; with
// [WithOptional] that is so for every Handler of a Middleware. A bad token still
// fails, but see [WithExpiredAsAnonymous].
func (m *Middleware) Optional(next http.Handler) http.Handler {
	m.mustBeMade("Optional")
	mustProtect("Optional", next)
	return m.guard(requirement{}, nil, true, next)
}

// guard calls next for requests that admit lets through, and refuses the
// others. need, if it is not nil, says what a request needs, instead of n.
func (m *Middleware) guard(n requirement, need func(*http.Request) (Need, error), anonymous bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.isPreflight(r) {
			m.preflight.ServeHTTP(w, r)
			return
		}
		began, d := m.began(), decision{}
		n, err := n, error(nil)
		if need != nil {
			n, err = m.ask(need, r)
		}
		var inner *http.Request
		if err == nil {
			inner, err = m.admit(w.Header(), r, n, anonymous, &d)
		}
		inner = m.report(r, inner, began, &d, err)
		if err != nil {
			m.refuse(w, r, err, n)
			return
		}
		if m.watcher != nil {
			defer m.follow(r, inner)()
		}
		pass(next, w, r, inner)
	})
}

// admit returns the request for the handler, or why r must not reach it. The
// token of r must meet n; without a token, anonymous decides. The result is r
// itself if nothing has to change. answer is the header of the response, and d gets
// notes for the observer.
func (m *Middleware) admit(answer http.Header, r *http.Request, n requirement, anonymous bool, d *decision) (*http.Request, error) {
	last := tokenkey.In(r.Context())
	if a := m.verifiedBefore(r, last); a != nil {
		d.again, d.from = true, a.from.at
		if err := m.check(r.Context(), n, a); err != nil {
			return nil, &denial{err: err, via: a.from.via, set: a.tok.Set}
		}
		if a == last {
			return r, nil
		}
		// Another Middleware has put its token in between. For the handler below,
		// FromContext must find the token of the innermost, which is m.
		again := authenticated{tok: a.tok, by: m, from: a.from, outer: last}
		return again.within(r), nil
	}
	c, err := m.find(r)
	d.from = c.at
	if err != nil {
		if anonymous && isNoToken(err) {
			d.anonymous = err
			return r, nil
		}
		return nil, err
	}
	tok, err := m.verify(r, c, answer)
	if err != nil {
		if anonymous && m.expiredIsAnonymous && hasOnlyExpired(err) {
			d.anonymous = err
			return m.stripped(r, r, c)
		}
		return nil, err
	}
	d.set = tok.Set
	a := authenticated{tok: tok, by: m, from: c, outer: last}
	if err := m.check(r.Context(), n, &a); err != nil {
		return nil, &denial{err: err, via: c.via, set: tok.Set}
	}
	return m.stripped(r, a.within(r), c)
}

// stripped returns inner, without the credential if WithoutCredential asks for
// that. inner is r or a copy of it; r itself never changes, since the handlers
// outside may still read it.
func (m *Middleware) stripped(r, inner *http.Request, c credential) (*http.Request, error) {
	if !m.strip {
		return inner, nil
	}
	if inner == r {
		inner = r.WithContext(r.Context())
	}
	if err := m.stripFrom(inner, c); err != nil {
		return nil, &denial{err: err, via: c.via}
	}
	return inner, nil
}

// hasOnlyExpired reports whether the token that err refuses has a good
// signature and is refused for being expired.
func hasOnlyExpired(err error) bool {
	_, ok := verifier.RefusedClaims(err)
	return ok && verifier.Reason(err) == "expired"
}

// mustBeMade panics for a Middleware that New has not made. It runs while the
// routes are set up, so that the mistake does not wait for a request.
func (m *Middleware) mustBeMade(caller string) {
	if m == nil || m.v == nil {
		panic("httpauth: " + caller + ": the Middleware is empty; make it with New")
	}
}

func mustVerify(caller string, v verifier.Verifier) {
	if absent.Is(v) {
		panic("httpauth: " + caller + ": the verifier is nil; make one with verifier.New, and check its error")
	}
}

func mustProtect(caller string, next http.Handler) {
	if absent.Is(next) {
		panic("httpauth: " + caller + ": the handler is nil; give the one to protect")
	}
}
