package httpauth

import (
	"context"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A requirement is what a route needs beyond a good token. The zero requirement
// needs nothing more.
type requirement struct {
	scopes []string         // for the challenge
	grants []grant          // the token must have every one
	claims claims.Validator // nil: any claims
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
// claims.Scope. [WithScopesFrom] reads them from other claims.
//
// It panics if no scope is given, or if one is not a scope-token of RFC 6749
// §3.3, such as two words in one string. What it returns panics for a nil
// handler.
func (m *Middleware) RequireScope(all ...string) func(http.Handler) http.Handler {
	m.mustBeMade("RequireScope")
	mustBeScopes("RequireScope", all)
	return m.require("RequireScope", requirement{scopes: all, grants: m.each(all)})
}

// RequireAnyScope is [Middleware.RequireScope] for tokens that grant at least
// one of the scopes. Its challenge lists them all.
func (m *Middleware) RequireAnyScope(any ...string) func(http.Handler) http.Handler {
	m.mustBeMade("RequireAnyScope")
	mustBeScopes("RequireAnyScope", any)
	return m.require("RequireAnyScope", requirement{scopes: any, grants: []grant{m.oneOf(any)}})
}

// Require is [Middleware.RequireScope] for other claims that a route needs,
// such as a tenant or a plan. A token that v refuses is good but not allowed
// here: 403 insufficient_scope. Where a scope would help, [Middleware.RequireFor]
// names it in the challenge.
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
	return m.require("Require", requirement{claims: allowed(v)})
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
		return m.guard(n, nil, false, next)
	}
}
