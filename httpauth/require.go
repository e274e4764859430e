package httpauth

import (
	"context"
	"net/http"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A requirement is what a route asks of a token beyond being good.
type requirement struct {
	scopes []string         // for the challenge
	grants claims.Validator // nil: none
	bound  bool
	level  *authLevel // nil: any
}

// RequireScope is Handler for tokens that grant every one of the scopes; other
// good tokens are answered 403, naming them all. It needs no Handler before
// it, and does not verify a token again that this Middleware's Handler has
// verified. A request without a token is 401, also with [WithOptional].
//
// It panics without a scope, and when one is empty or holds a space or another
// byte that no scope has (RFC 6749 §3.3); so does what it returns for a nil
// handler.
func (m *Middleware) RequireScope(all ...string) func(http.Handler) http.Handler {
	m.mustBeMade("RequireScope")
	mustBeScopes("RequireScope", all)
	return m.require("RequireScope", requirement{scopes: all, grants: m.grantsAll(all)})
}

// RequireAnyScope is [Middleware.RequireScope] for tokens that grant at least
// one of the scopes. Its challenge names them all.
func (m *Middleware) RequireAnyScope(any ...string) func(http.Handler) http.Handler {
	m.mustBeMade("RequireAnyScope")
	mustBeScopes("RequireAnyScope", any)
	return m.require("RequireAnyScope", requirement{scopes: any, grants: m.grantsAny(any)})
}

// Require is [Middleware.RequireScope] for whatever else a route asks of the
// claims of a token, such as a role or a permission. Whatever v refuses is a good
// token that does not allow this: 403 insufficient_scope. Three errors of v stay
// what they are: an outage, as claims.IsUnavailable sorts it, is 503; one that
// wraps verifier.ErrInvalidToken is 401; and a verifier.Answer says its own
// verdict. v is given the time of [WithClock]. Require panics when v is nil.
func (m *Middleware) Require(v claims.Validator) func(http.Handler) http.Handler {
	m.mustBeMade("Require")
	if isNil(v) {
		panic("httpauth: Require: the validator is nil; a route that needs none is for Handler")
	}
	return m.require("Require", requirement{grants: allowed(v)})
}

// allowed makes a lack of permission of what v refuses. Whatever is worse
// outranks it in verifier.Classify.
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

// RequireBound is Handler for tokens that are bound to a key of the sender;
// others are answered 401, wherever they are found. It goes together with
// RequireScope and RequireAuthLevel as these do with Handler. It panics when
// the Middleware has no [WithProof], for then no token passes.
func (m *Middleware) RequireBound() func(http.Handler) http.Handler {
	m.mustBeMade("RequireBound")
	if len(m.proofs) == 0 {
		panic("httpauth: RequireBound: there is no proof of a binding; see WithProof")
	}
	return m.require("RequireBound", requirement{bound: true})
}

// RequireAuthLevel is Handler for tokens of users who have signed in as asked
// (RFC 9470), see [ACR] and [MaxAge]; other good tokens are answered 401
// insufficient_user_authentication, naming all that is asked. It panics when
// nothing is.
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
