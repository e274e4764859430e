package httpauth

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A requirement is what a route needs beyond a good token. The zero requirement
// needs nothing more.
type requirement struct {
	scopes []string         // for the challenge
	grants claims.Validator // nil: any claims
	bound  bool
	level  *authLevel // nil: any
}

// RequireScope is Handler for tokens that grant every one of the scopes. Other
// good tokens are answered 403 with a challenge that lists all the scopes. It
// needs no Handler around it; inside one of the same Middleware it does not
// verify the token again. A request without a token is 401, also with
// [WithOptional].
//
// The scopes of a token are in "scope" (RFC 8693 §4.2) or in "scp"; see
// claims.Scope.
//
// It panics if no scope is given, or if one is not a scope-token of RFC 6749
// §3.3, such as two words in one string. What it returns panics for a nil
// handler.
func (m *Middleware) RequireScope(all ...string) func(http.Handler) http.Handler {
	m.mustBeMade("RequireScope")
	mustBeScopes("RequireScope", all)
	return m.require("RequireScope", requirement{scopes: all, grants: m.grantsAll(all)})
}

// RequireAnyScope is [Middleware.RequireScope] for tokens that grant at least
// one of the scopes. Its challenge lists them all.
func (m *Middleware) RequireAnyScope(any ...string) func(http.Handler) http.Handler {
	m.mustBeMade("RequireAnyScope")
	mustBeScopes("RequireAnyScope", any)
	return m.require("RequireAnyScope", requirement{scopes: any, grants: m.grantsAny(any)})
}

// Require is [Middleware.RequireScope] for other claims that a route needs,
// such as a role or a permission. A token that v refuses is good but not allowed
// here: 403 insufficient_scope.
//
// Three kinds of errors from v keep their own meaning: an outage, as
// claims.IsUnavailable sorts it, is 503; an error that wraps
// verifier.ErrInvalidToken is 401; and a verifier.Answer states its own verdict.
// v gets the time of [WithClock]. Require panics if v is nil.
func (m *Middleware) Require(v claims.Validator) func(http.Handler) http.Handler {
	m.mustBeMade("Require")
	if absent.Is(v) {
		panic("httpauth: Require: the validator is nil; a route that needs none is for Handler")
	}
	return m.require("Require", requirement{grants: allowed(v)})
}

// allowed turns each refusal of v into missing permission. verifier.Classify
// ranks anything worse in the same error above that.
func allowed(v claims.Validator) claims.Validator {
	return claims.ValidatorFunc(func(ctx context.Context, s *claims.Set, at time.Time) error {
		if err := v.Validate(ctx, s, at); err != nil {
			return &notAllowed{err}
		}
		return nil
	})
}

type notAllowed struct{ why error }

func (e *notAllowed) Error() string {
	return "httpauth: the token does not allow this: " + message.Bare(message.OneLine(e.why))
}

func (e *notAllowed) Unwrap() []error { return []error{claims.ErrInsufficientScope, e.why} }

// RequireBound is Handler for tokens that are bound to a key of the sender. All
// other tokens are answered 401, wherever in the request they are. It panics if
// the Middleware has no [WithProof], since then no token could pass.
func (m *Middleware) RequireBound() func(http.Handler) http.Handler {
	m.mustBeMade("RequireBound")
	if len(m.proofs) == 0 {
		panic("httpauth: RequireBound: no token can pass without a proof; see WithProof")
	}
	return m.require("RequireBound", requirement{bound: true})
}

// RequireAuthLevel is Handler for tokens of users who signed in as asked for
// (RFC 9470); see [ACR] and [MaxAuthAge]. Other good tokens are answered 401
// insufficient_user_authentication, with a challenge that lists everything asked
// for. It panics if nothing is.
func (m *Middleware) RequireAuthLevel(asked ...AuthRequirement) func(http.Handler) http.Handler {
	m.mustBeMade("RequireAuthLevel")
	return m.require("RequireAuthLevel", requirement{level: newAuthLevel(asked)})
}

func (m *Middleware) require(caller string, n requirement) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		mustProtect(caller, next)
		return m.guard(n, false, next)
	}
}

// WithScopeHierarchy says which scopes a broader one implies, for RequireScope
// and RequireAnyScope. It is transitive: if "admin" implies "write" and "write"
// implies "read", then "admin" implies "read". Given several times, the lists
// add up. It panics on a word that cannot be a scope.
func WithScopeHierarchy(implies map[string][]string) Option {
	for broad, narrow := range implies {
		mustBeScope("WithScopeHierarchy", broad)
		for _, s := range narrow {
			mustBeScope("WithScopeHierarchy", s)
		}
	}
	return func(c *config) {
		if c.implied == nil {
			c.implied = map[string][]string{}
		}
		for broad, narrow := range implies {
			for _, s := range narrow {
				c.implied[s] = append(c.implied[s], broad)
			}
		}
	}
}

// grantsAll accepts tokens that grant every one of the scopes.
func (m *Middleware) grantsAll(scopes []string) claims.Validator {
	if m.implied == nil {
		return claims.Scope(scopes...)
	}
	var each []claims.Validator
	for _, s := range scopes {
		each = append(each, m.grantsAny([]string{s}))
	}
	return claims.All(each...)
}

// grantsAny accepts tokens that grant one of the scopes, or a broader one.
func (m *Middleware) grantsAny(scopes []string) claims.Validator {
	var either []claims.Validator
	for _, s := range m.broadened(scopes) {
		either = append(either, claims.Scope(s))
	}
	return claims.Any(either...)
}

// broadened returns scopes and everything that implies one of them. A circle in
// the hierarchy is harmless: each scope is added once.
func (m *Middleware) broadened(scopes []string) []string {
	all := slices.Clone(scopes)
	for i := 0; i < len(all); i++ {
		for _, broader := range m.implied[all[i]] {
			if !slices.Contains(all, broader) {
				all = append(all, broader)
			}
		}
	}
	return all
}

func mustBeScopes(caller string, scopes []string) {
	if len(scopes) == 0 {
		panic("httpauth: " + caller + ": no scope is given; a route that needs none is for Handler")
	}
	for _, s := range scopes {
		mustBeScope(caller, s)
	}
}

func mustBeScope(caller, scope string) {
	if !isScopeToken(scope) {
		panic("httpauth: " + caller + ": " + message.Quote(scope) + " is not a scope; give each as one word without spaces (RFC 6749 §3.3)")
	}
}
