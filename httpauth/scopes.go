package httpauth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
)

// WithScopeHierarchy says which scopes a broader one implies, for RequireScope,
// RequireAnyScope and [Need]. It is transitive: if "admin" implies "write" and
// "write" implies "read", then "admin" implies "read". Given several times, the
// lists add up. It panics on a word that cannot be a scope.
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

// WithScopesFrom reads the scopes of a token from the claim that path leads to,
// instead of "scope" and "scp". Roles and permissions count as scopes then:
//
//	WithScopesFrom("permissions")                        // Auth0
//	WithScopesFrom("realm_access", "roles")              // Keycloak
//	WithScopesFrom("resource_access", "my-api", "roles") // Keycloak, of one client
//
// Each element of path is one name, in which a dot has no meaning. The claim is a
// string separated by spaces or an array of strings. An absent one lists none; a
// token where it has another type is refused with 401.
//
// Given several times, the lists add up. "scope" then counts only if it is given
// too: clients choose the scopes that they ask for, and roles are not theirs to
// choose.
//
// It applies to RequireScope, RequireAnyScope and [Need]. It panics if path, or a
// name in it, is empty.
func WithScopesFrom(path ...string) Option {
	if len(path) == 0 || slices.Contains(path, "") {
		panic("httpauth: WithScopesFrom: the path or a name in it is empty; give the name of a claim, such as permissions")
	}
	path = slices.Clone(path)
	return func(c *config) { c.scopesAt = append(c.scopesAt, path) }
}

// Scopes returns the scopes that tok grants as m reads them: from "scope" or
// "scp", or from the claims of [WithScopesFrom]. Those that a broader scope
// implies are not added. The error is that of claims.Scopes; a nil token is
// [ErrNoToken].
func (m *Middleware) Scopes(tok *verifier.Token) ([]string, error) {
	if tok == nil || tok.Set == nil {
		return nil, ErrNoToken
	}
	if m == nil || m.v == nil {
		return nil, errEmpty
	}
	return m.granted(tok.Set)
}

func (m *Middleware) granted(s *claims.Set) ([]string, error) {
	if m.scopesAt == nil {
		return claims.Scopes(s)
	}
	var all []string
	for _, path := range m.scopesAt {
		some, err := claims.ScopesAt(s, path...)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// A grant is one thing that a token must have: one of the scopes asked for, or one
// that implies it.
type grant struct{ asked, accepted []string }

// each returns one grant for each of the scopes.
func (m *Middleware) each(scopes []string) (all []grant) {
	for i := range scopes {
		all = append(all, m.oneOf(scopes[i:i+1:i+1]))
	}
	return all
}

func (m *Middleware) oneOf(scopes []string) grant { return grant{scopes, m.broadened(scopes)} }

// broadened returns scopes and everything that implies one of them. A circle in
// the hierarchy is harmless: each scope is added once.
func (m *Middleware) broadened(scopes []string) []string {
	if m.implied == nil {
		return scopes
	}
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

// holds reports which of the grants the token lacks.
func (m *Middleware) holds(s *claims.Set, grants []grant) error {
	if len(grants) == 0 {
		return nil
	}
	granted, err := m.granted(s)
	if err != nil {
		return err
	}
	var alone []string
	var text string
	for _, g := range grants {
		switch {
		case slices.ContainsFunc(granted, func(s string) bool { return slices.Contains(g.accepted, s) }):
		case len(g.asked) == 1:
			alone = append(alone, g.asked[0])
		default:
			text = "one of " + message.List(g.asked...)
		}
	}
	switch {
	case alone == nil && text == "":
		return nil
	case text == "":
		text = message.List(alone...)
	case alone != nil:
		text = message.List(alone...) + " and " + text
	}
	return &claims.Error{Claim: m.scopeClaims(), Err: fmt.Errorf("%w: lacks %s", claims.ErrInsufficientScope, text)}
}

// scopeClaims names the claims that list scopes, for an error.
func (m *Middleware) scopeClaims() string {
	var names []string
	for _, path := range m.scopesAt {
		names = append(names, strings.Join(path, "."))
	}
	if names == nil {
		return "scope"
	}
	return strings.Join(names, ",")
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
