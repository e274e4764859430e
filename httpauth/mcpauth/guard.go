package mcpauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Guard protects one MCP server. Make one with [New].
type Guard struct {
	config
	auth *httpauth.Middleware
	doc  httpauth.Metadata
	at   *url.URL // of the document
}

// New returns a Guard for the MCP server that doc describes, which trusts the
// tokens that v trusts and that name doc.Resource in "aud"; see [WithAudience].
//
// doc needs a Resource and at least one of AuthorizationServers. If its Scopes are
// nil, the document lists those of [WithScopes]. It also gets what
// httpauth.Middleware.Describe fills in.
//
// The error reports all mistakes: a nil v or option, what Metadata.WellKnown
// refuses in doc, no authorization server, a scope that is not one, the scope
// offline_access, which is between a client and its authorization server, and a
// mistake in the options of [WithHTTPAuth].
func New(v verifier.Verifier, doc httpauth.Metadata, opts ...Option) (*Guard, error) {
	g := &Guard{config: config{maxBody: defaultMaxBody, tools: map[string][]string{}}}
	g.check(isNil(v), "the verifier is nil; make one with verifier.New, and check its error")
	for i, o := range opts {
		if o == nil {
			g.fail("option %d is nil; leave it out", i+1)
			continue
		}
		o(&g.config)
	}
	g.check(len(doc.AuthorizationServers) == 0, "the metadata names no authorization server; give at least one")
	g.check(g.need != nil && (len(g.tools) > 0 || g.others != nil), "WithNeed and WithTool both say what calls need; leave one out")
	if doc.Scopes == nil {
		doc.Scopes = g.scopes
	}
	g.check(slices.Contains(doc.Scopes, offline), "the metadata lists the scope %s; leave it out", offline)
	g.describe(v, doc)
	if g.mistakes != nil {
		return nil, errors.New("mcpauth: New: " + strings.Join(g.mistakes, "; "))
	}
	return g, nil
}

// describe makes the middleware and the document.
func (g *Guard) describe(v verifier.Verifier, doc httpauth.Metadata) {
	find := doc.WellKnown
	if g.loopback {
		find = doc.WellKnownLoopback
	}
	at, err := find()
	if err != nil {
		g.fail("%s", strings.TrimPrefix(err.Error(), "httpauth: "))
	}
	defer func() { // httpauth panics for mistakes in its options
		if p := recover(); p != nil {
			text := strings.TrimPrefix(fmt.Sprint(p), "httpauth: ")
			g.fail("WithHTTPAuth: %s", strings.TrimPrefix(text, "New: "))
		}
	}()
	if g.mistakes != nil {
		httpauth.New(verifier.Func(undecided), g.options...) // reports its mistakes too
		return
	}
	g.at = at
	audience := claims.Resource(doc.Resource)
	if g.audience != nil {
		audience = claims.Audience(g.audience...)
	}
	opts := append(slices.Clone(g.options), httpauth.WithResourceMetadata(at.String()), httpauth.WithoutCredential())
	g.auth = httpauth.New(forAudience(v, audience), opts...)
	g.doc = g.auth.Describe(doc)
}

func undecided(context.Context, string) (*verifier.Token, error) { return nil, verifier.ErrUnavailable }

// forAudience refuses what v trusts but audience does not: 401, since the token is
// not for this server.
func forAudience(v verifier.Verifier, audience claims.Validator) verifier.Verifier {
	return verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
		tok, err := v.Verify(ctx, raw)
		if err != nil || tok == nil || tok.Set == nil {
			return tok, err
		}
		if err := audience.Validate(ctx, tok.Set, time.Time{}); err != nil {
			return nil, &elsewhere{err, tok.Set}
		}
		return tok, nil
	})
}

// elsewhere refuses a verified token that is for another audience.
type elsewhere struct {
	err error
	set *claims.Set
}

func (e *elsewhere) Error() string { return e.err.Error() }
func (e *elsewhere) Unwrap() []error {
	return []error{verifier.ErrInvalidToken, e.err}
}

// RefusedClaims is what verifier.RefusedClaims looks for.
func (e *elsewhere) RefusedClaims() *claims.Set { return e.set }

// Handler returns a handler for the whole server: it answers the metadata at its
// path and at the root, and protects next everywhere else. next is the handler of
// the SDK, usually mcp.NewStreamableHTTPHandler. Handler panics if next is nil.
//
// Where several MCP servers, or other pages, share one server, use
// [Guard.Protect] and [Guard.Document] instead.
func (g *Guard) Handler(next http.Handler) http.Handler {
	protected := g.Protect(next)
	path, document := g.Document()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path || r.URL.Path == root {
			document.ServeHTTP(w, r)
			return
		}
		protected.ServeHTTP(w, r)
	})
}

// root is where clients look for the document last.
const root = "/.well-known/oauth-protected-resource"

// Document returns the metadata document and its path (RFC 9728 §3.1):
//
//	mux.Handle(guard.Document())
func (g *Guard) Document() (path string, document http.Handler) {
	g.mustBeMade("Document")
	return g.at.Path, g.doc
}

// Protect returns a handler that calls next for requests with a good token that
// grants what they need, and answers all others itself. It panics if next is nil.
func (g *Guard) Protect(next http.Handler) http.Handler {
	g.mustBeMade("Protect")
	if isNil(next) {
		panic("mcpauth: Protect: the handler is nil; give that of the MCP server")
	}
	inner := g.auth.RequireFor(g.needOf)(g.passOn(next))
	// The token is verified before the body is read: nobody without a good one
	// makes the server read a long body.
	return g.auth.RequireFor(func(*http.Request) (httpauth.Need, error) {
		return httpauth.Need{Ask: g.scopes}, nil
	})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r, ok := g.read(w, r); ok {
			inner.ServeHTTP(w, r)
		}
	}))
}

// passOn gives a request whose token is good enough to the MCP server.
func (g *Guard) passOn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, c := range callsOf(r.Context()) {
			if !g.isListed(c) {
				refuseTool(w, c)
				return
			}
		}
		ctx, err := g.withTokenInfo(r.Context())
		if err != nil {
			g.auth.Refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (g *Guard) mustBeMade(caller string) {
	if g == nil || g.auth == nil {
		panic("mcpauth: " + caller + ": the Guard is empty; make it with New, and check its error")
	}
}

// Format writes the name of the type, for every verb: the configuration may hold
// secrets.
func (g Guard) Format(s fmt.State, _ rune) { io.WriteString(s, "mcpauth.Guard") }

func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map:
		return r.IsNil()
	}
	return false
}
