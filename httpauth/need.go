package httpauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/tokenkey"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Need is what one request needs beyond a good token. The zero Need needs
// nothing more.
type Need struct {
	// AllOf are scopes that the token must grant, every one of them.
	AllOf []string
	// AnyOf are scopes of which it must grant at least one, if AnyOf is not nil. An
	// empty list that is not nil is a mistake, since no token could meet it.
	AnyOf []string
	// Claims accepts the token, as in [Middleware.Require]. Nil accepts all.
	Claims claims.Validator
	// AuthLevel says how the user must have signed in; see [ACR] and [MaxAuthAge].
	AuthLevel []AuthRequirement
	// Ask are further scopes for the challenge to name: those without which a token
	// would be good but of little use. No token is refused for lack of them.
	Ask []string
}

// RequireFor is [Middleware.RequireScope] for a route whose requests need
// different scopes. need computes what a request needs, such as from its method,
// its path values, or what an outer handler has put into its context.
//
//	auth.RequireFor(func(r *http.Request) (httpauth.Need, error) {
//		if r.Method == http.MethodGet {
//			return httpauth.Need{AllOf: []string{"items:read"}}, nil
//		}
//		return httpauth.Need{AllOf: []string{"items:write"}}, nil
//	})
//
// The one challenge of a refusal names everything that the request needs: AllOf,
// AnyOf and Ask. The hierarchy of [WithScopeHierarchy] counts.
//
// need is called for every request, before its token is looked at, so that a 401
// names the scopes too. Nothing in the request can be trusted then. Inside a
// Handler of the same Middleware, need is called for verified requests only, and
// [FromContext] finds the token. RequireFor never reads the body; if need must
// know it, an outer handler reads it and puts what matters into the context.
// Goroutines share need.
//
// The request is refused with 503, and logged, if need panics or returns an error,
// and if its Need is a mistake, such as a scope that is not a scope-token (RFC 6749
// §3.3). Only an error that wraps [ErrRequest], and no outage, is the fault of the
// client: 400. RequireFor panics if need is nil.
func (m *Middleware) RequireFor(need func(r *http.Request) (Need, error)) func(http.Handler) http.Handler {
	m.mustBeMade("RequireFor")
	if need == nil {
		panic("httpauth: RequireFor: the function is nil; a route that needs nothing more is for Handler")
	}
	return func(next http.Handler) http.Handler {
		mustProtect("RequireFor", next)
		return m.guard(requirement{}, need, false, next)
	}
}

// Check reports what tok lacks of n, for callers that have no http.Handler, or
// that know what a request needs only after [Middleware.Authenticate]. tok is the
// token that m verified for r; a nil one is [ErrNoToken]. Check does not verify it
// again.
//
// The error is an error of [Middleware.RequireFor], and Refuse answers it with the
// same challenge:
//
//	if err := auth.Check(r, tok, httpauth.Need{AllOf: []string{"items:write"}}); err != nil {
//		auth.Refuse(w, r, err)
//		return
//	}
func (m *Middleware) Check(r *http.Request, tok *verifier.Token, n Need) error {
	if m == nil || m.v == nil {
		return errEmpty
	}
	needed, err := m.ask(func(*http.Request) (Need, error) { return n, nil }, r)
	if err != nil {
		return err
	}
	if tok == nil || tok.Set == nil {
		return &denial{err: ErrNoToken, need: needed}
	}
	a := m.lastOf(tokenkey.In(r.Context()))
	if a == nil || a.tok != tok {
		c, _ := m.find(r) // says which scheme the challenge is for
		a = &authenticated{tok: tok, from: c}
	}
	if err := m.check(r.Context(), needed, a); err != nil {
		return &denial{err: err, via: a.from.via, set: tok.Set, need: needed}
	}
	return nil
}

// ask returns what need says about r. Its errors are undecided, except for one
// that says that r is malformed.
func (m *Middleware) ask(need func(*http.Request) (Need, error), r *http.Request) (n requirement, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = requirement{}, undecidedNeed(fmt.Errorf("panic: %v", p))
		}
	}()
	asked, err := need(r)
	if err == nil {
		n, err = m.requirementOf(asked)
	}
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, ErrRequest) && verifier.Classify(err) == verifier.Invalid:
		return requirement{}, err
	}
	return requirement{}, undecidedNeed(err)
}

// undecidedNeed hides what err wraps: an error of need is not about the token,
// whatever kind it has.
func undecidedNeed(err error) error {
	text := "httpauth: what the request needs is not known: " + message.Bare(message.Foreign(err))
	return message.Reword(verifier.ErrUnavailable, text)
}

// recovered makes a panic of v undecided, like one of the function that chose v.
func recovered(v claims.Validator) claims.Validator {
	return claims.ValidatorFunc(func(ctx context.Context, s *claims.Set, at time.Time) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = undecidedNeed(fmt.Errorf("panic: %v", p))
			}
		}()
		return v.Validate(ctx, s, at)
	})
}

var errNoneOf = errors.New("AnyOf is empty, and no token could meet it; leave it nil if no scope is needed")

// requirementOf checks n, and prepares it for a request.
func (m *Middleware) requirementOf(n Need) (requirement, error) {
	for _, list := range [][]string{n.AllOf, n.AnyOf, n.Ask} {
		for _, s := range list {
			if !isScopeToken(s) {
				return requirement{}, fmt.Errorf("%s is not a scope; give each as one word without spaces (RFC 6749 §3.3)", message.Quote(s))
			}
		}
	}
	needed := requirement{grants: m.each(n.AllOf)}
	switch {
	case len(n.AnyOf) > 0:
		needed.grants = append(needed.grants, m.oneOf(n.AnyOf))
	case n.AnyOf != nil:
		return requirement{}, errNoneOf
	}
	for _, list := range [][]string{n.AllOf, n.AnyOf, n.Ask} {
		for _, s := range list {
			if !slices.Contains(needed.scopes, s) {
				needed.scopes = append(needed.scopes, s)
			}
		}
	}
	switch {
	case n.Claims == nil:
	case absent.Is(n.Claims):
		return requirement{}, errors.New("the validator in Claims is a nil pointer; leave Claims nil if any claims will do")
	default:
		needed.claims = allowed(recovered(n.Claims))
	}
	if n.AuthLevel != nil {
		needed.level = newAuthLevel(n.AuthLevel)
	}
	return needed, nil
}
