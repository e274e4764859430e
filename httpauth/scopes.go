package httpauth

import (
	"slices"

	"github.com/jwtverify/jwtverify/claims"
)

// WithScopeHierarchy says which scopes a broader one implies, where
// RequireScope and RequireAnyScope ask for them. It is transitive: when "admin"
// implies "write", and "write" "read", then "admin" implies "read". Given several
// times, the lists add up. It panics on a word that no scope can be.
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

// grantsAll accepts tokens with every one of the scopes, or what implies it.
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

// grantsAny accepts tokens with one of the scopes, or what implies it.
func (m *Middleware) grantsAny(scopes []string) claims.Validator {
	var either []claims.Validator
	for _, s := range m.broadened(scopes) {
		either = append(either, claims.Scope(s))
	}
	return claims.Any(either...)
}

// broadened is scopes and all that implies one of them.
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
