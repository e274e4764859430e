package httpauth_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
)

// TestWithScopesFrom: roles and permissions count as scopes in every requirement,
// those of "scope" then do not, and a claim that cannot be read is refused.
func TestWithScopesFrom(t *testing.T) {
	s := newSite(t)
	client := map[string]any{"my.api": map[string]any{"roles": []string{"x"}}, "other": map[string]any{"roles": []string{"y"}}}
	permissions, realm := httpauth.WithScopesFrom("permissions"), httpauth.WithScopesFrom("realm_access", "roles")
	for _, test := range []struct {
		name   string
		opts   []httpauth.Option
		claims map[string]any
		status int // of a route that needs x
	}{
		{"permissions", []httpauth.Option{permissions}, map[string]any{"permissions": []string{"w", "x"}}, 200},
		{"permissions as a string", []httpauth.Option{permissions}, map[string]any{"permissions": "w x"}, 200},
		{"no permissions", []httpauth.Option{permissions}, nil, 403},
		{"scope counts no more", []httpauth.Option{permissions}, map[string]any{"scope": "x", "scp": "x"}, 403},
		{"scope, where it is given too", []httpauth.Option{permissions, httpauth.WithScopesFrom("scope")}, map[string]any{"scope": "x"}, 200},
		{"roles", []httpauth.Option{httpauth.WithScopesFrom("roles")}, map[string]any{"roles": []string{"x"}}, 200},
		{"scp", []httpauth.Option{httpauth.WithScopesFrom("scp")}, map[string]any{"scp": []string{"x"}, "scope": 1}, 200},
		{"realm roles", []httpauth.Option{realm}, map[string]any{"realm_access": map[string]any{"roles": []string{"x"}}}, 200},
		{"client roles", []httpauth.Option{httpauth.WithScopesFrom("resource_access", "my.api", "roles")}, map[string]any{"resource_access": client}, 200},
		{"roles of another client", []httpauth.Option{httpauth.WithScopesFrom("resource_access", "other", "roles")}, map[string]any{"resource_access": client}, 403},
		{"two claims, the first", []httpauth.Option{permissions, realm}, map[string]any{"permissions": []string{"x"}}, 200},
		{"two claims, the second", []httpauth.Option{permissions, realm}, map[string]any{"realm_access": map[string]any{"roles": []string{"x"}}}, 200},
		{"a name with dots is not a path", []httpauth.Option{httpauth.WithScopesFrom("realm_access.roles")}, map[string]any{"realm_access": map[string]any{"roles": []string{"x"}}}, 403},
		{"hierarchy", []httpauth.Option{permissions, httpauth.WithScopeHierarchy(map[string][]string{"admin": {"x"}})}, map[string]any{"permissions": []string{"admin"}}, 200},
		{"number", []httpauth.Option{permissions}, map[string]any{"permissions": 1}, 401},
		{"a number in the array", []httpauth.Option{permissions}, map[string]any{"permissions": []any{"x", 1}}, 401},
		{"object", []httpauth.Option{permissions}, map[string]any{"permissions": map[string]any{"x": true}}, 401},
		{"the second is malformed", []httpauth.Option{permissions, realm}, map[string]any{"permissions": []string{"x"}, "realm_access": "x"}, 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := httpauth.New(s, test.opts...)
			for route, h := range map[string]http.Handler{
				"RequireScope":    m.RequireScope("x")(page),
				"RequireAnyScope": m.RequireAnyScope("z", "x")(page),
				"RequireFor":      m.RequireFor(needing(httpauth.Need{AllOf: []string{"x"}}))(page),
			} {
				got := get(t, serve(t, h), s.Sign(with(test.claims)))
				if got.Status != test.status {
					t.Errorf("%s: %d, want %d", route, got.Status, test.status)
				}
				if want := map[int]string{401: "invalid_token", 403: "insufficient_scope"}[got.Status]; want != "" && challenge(t, got.Challenge[0])["error"] != want {
					t.Errorf("%s: the challenge is %q, want %s", route, got.Challenge, want)
				}
			}
		})
	}
}

// TestScopesOfAToken: the list that requirements compare with.
func TestScopesOfAToken(t *testing.T) {
	s := newSite(t)
	tok, err := s.Verify(t.Context(), s.Sign(with(map[string]any{"scope": "a b", "permissions": []string{"c"}, "roles": "d e"})))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		opts []httpauth.Option
		want []string
	}{
		{nil, []string{"a", "b"}},
		{[]httpauth.Option{httpauth.WithScopesFrom("permissions")}, []string{"c"}},
		{[]httpauth.Option{httpauth.WithScopesFrom("roles"), httpauth.WithScopesFrom("permissions")}, []string{"d", "e", "c"}},
		{[]httpauth.Option{httpauth.WithScopesFrom("none")}, nil},
	} {
		got, err := httpauth.New(s, test.opts...).Scopes(tok)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
	}
	if got, err := httpauth.New(s, httpauth.WithScopesFrom("exp")).Scopes(tok); err == nil {
		t.Errorf("a number lists %q", got)
	}
}
