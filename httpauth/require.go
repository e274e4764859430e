package httpauth

import (
	"net/http"
	"slices"

	"github.com/jwtverify/jwtverify/claims"
)

// A need is what a route asks of a token beyond being good.
type need struct {
	scopes []string
	scope  claims.Validator // nil: none
	bound  bool
	level  *authLevel // nil: any
}

// RequireScope is Handler for tokens that grant every one of the scopes; other
// good tokens are answered 403, naming them all. It needs no Handler before
// it, and does not verify a token again that this Middleware's Handler has
// verified. A request without a token is 401, also with [WithOptional].
func (m *Middleware) RequireScope(all ...string) func(http.Handler) http.Handler {
	n := need{scopes: all, scope: m.grants(all)}
	return func(next http.Handler) http.Handler { return m.guard(n, false, next) }
}

// WithScopeHierarchy says which scopes a broader one implies, where
// RequireScope asks for them. It is transitive: when "admin" implies "write",
// and "write" "read", then "admin" implies "read". Given several times, the
// lists add up.
func WithScopeHierarchy(implies map[string][]string) Option {
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

// grants accepts tokens with every one of the scopes, or what implies it.
func (m *Middleware) grants(all []string) claims.Validator {
	if m.implied == nil {
		return claims.Scope(all...)
	}
	var each []claims.Validator
	for _, s := range all {
		var either []claims.Validator
		enough := []string{s}
		for i := 0; i < len(enough); i++ {
			either = append(either, claims.Scope(enough[i]))
			for _, broader := range m.implied[enough[i]] {
				if !slices.Contains(enough, broader) {
					enough = append(enough, broader)
				}
			}
		}
		each = append(each, claims.Any(either...))
	}
	return claims.All(each...)
}

// RequireBound is Handler for tokens that are bound to a key of the sender;
// others are answered 401, wherever they are found. It goes together with
// RequireScope and RequireAuthLevel as these do with Handler. It panics when
// the Middleware has no [WithProof], for then no token passes.
func (m *Middleware) RequireBound() func(http.Handler) http.Handler {
	if len(m.proofs) == 0 {
		panic("httpauth: RequireBound: there is no proof of a binding; see WithProof")
	}
	return func(next http.Handler) http.Handler { return m.guard(need{bound: true}, false, next) }
}

// RequireAuthLevel is Handler for tokens of users who have signed in as asked
// (RFC 9470), see [ACR] and [MaxAge]; other good tokens are answered 401
// insufficient_user_authentication, naming all that is asked. It panics when
// nothing is.
func (m *Middleware) RequireAuthLevel(asked ...AuthRequirement) func(http.Handler) http.Handler {
	n := need{level: newAuthLevel(asked)}
	return func(next http.Handler) http.Handler { return m.guard(n, false, next) }
}
