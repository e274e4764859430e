package httpauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// hasRole is what a program writes for its own roles.
func hasRole(role string) claims.Validator {
	return claims.Typed(func(_ context.Context, c struct {
		Roles []string `json:"roles"`
	}) error {
		if !slices.Contains(c.Roles, role) {
			return errors.New("the role is missing")
		}
		return nil
	})
}

func fails(err error) claims.Validator {
	return claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return err })
}

// TestH10Require: a token that the validator of a route refuses is good but not
// allowed here, and anything worse stays worse.
func TestH10Require(t *testing.T) {
	s := newSite(t)
	admin := s.Sign(with(map[string]any{"roles": []string{"admin"}}))
	forbidden := refused(403, "insufficient_scope", "The token does not grant the required access.", "")
	weak := refused(401, "insufficient_user_authentication", "The user must sign in again, or with a stronger method.", "")
	for _, test := range []struct {
		name, token string
		v           claims.Validator
		want        answer
	}{
		{"granted", admin, hasRole("admin"), hello},
		{"another role", admin, hasRole("owner"), forbidden},
		{"no roles", s.Sign(with(nil)), hasRole("admin"), forbidden},
		{"roles of another type", s.Sign(with(map[string]any{"roles": 1})), hasRole("admin"), forbidden},
		{"one of two", admin, claims.Any(hasRole("owner"), hasRole("admin")), hello},
		{"none of two", admin, claims.Any(hasRole("owner"), hasRole("root")), forbidden},
		{"a claim is missing", admin, claims.Required("tenant"), forbidden},
		{"a mismatch", admin, claims.Issuer("https://other.example"), forbidden},
		{"a scope", admin, claims.Scope("write"), forbidden},
		{"as of now", admin, claims.Expiry(0), hello},
		{"an error of unknown kind", admin, fails(errors.New("no")), forbidden},
		{"outage", admin, fails(fmt.Errorf("the database: %w", claims.ErrUnavailable)), unavailable},
		{"outage and refusal", admin, fails(errors.Join(claims.ErrInsufficientScope, verifier.ErrUnavailable)), unavailable},
		{"too slow", admin, fails(context.DeadlineExceeded), unavailable},
		{"withdrawn", admin, fails(fmt.Errorf("revoked: %w", verifier.ErrInvalidToken)), badToken},
		{"must sign in again", admin, fails(httpauth.ErrAuthLevel), weak},
		{"no token", "", hasRole("admin"), noToken},
		{"bad token", "bad", hasRole("admin"), badToken},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, opts := range map[string][]httpauth.Option{"strict": nil, "optional": {httpauth.WithOptional()}} {
				m := httpauth.New(s, append(opts, httpauth.WithClock(func() time.Time { return today }))...)
				for route, h := range map[string]http.Handler{
					"alone": m.Require(test.v)(page), "after Handler": m.Handler(m.Require(test.v)(page)), "after Optional": m.Optional(m.Require(test.v)(page)),
				} {
					if diff := cmp.Diff(test.want, get(t, serve(t, h), test.token)); diff != "" {
						t.Errorf("%s, %s (-want +got)\n%s", name, route, diff)
					}
				}
			}
		})
	}
}

// TestH10RequireAnyScope: one of several scopes is enough, and all are listed.
func TestH10RequireAnyScope(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s, httpauth.WithScopeHierarchy(map[string][]string{"admin": {"write"}}))
	plain := httpauth.New(s)
	h := m.RequireAnyScope("read", "write")(page)
	for scope, want := range map[string]answer{
		"read": hello, "write": hello, "read write": hello, "admin": hello, "x write": hello,
		"": lacksScope("read write"), "x": lacksScope("read write"), "writer": lacksScope("read write"),
	} {
		token := s.Sign(with(map[string]any{"scope": scope}))
		if diff := cmp.Diff(want, get(t, serve(t, h), token)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", scope, diff)
		}
		if scope != "admin" {
			if diff := cmp.Diff(want, get(t, serve(t, plain.RequireAnyScope("read", "write")(page)), token)); diff != "" {
				t.Errorf("%q, no hierarchy (-want +got)\n%s", scope, diff)
			}
		}
	}
	if diff := cmp.Diff(noToken.asking("read write"), get(t, serve(t, h), "")); diff != "" {
		t.Errorf("no token (-want +got)\n%s", diff)
	}
}

// TestH11OptionalRoute: one route is for everybody, the others of the same
// Middleware are not, and a bad token fails on all.
func TestH11OptionalRoute(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s)
	nobody := answer{Status: 200, ContentType: "text/plain; charset=utf-8", Body: "hello nobody"}
	for token, want := range map[string][2]answer{
		"": {nobody, noToken}, s.Sign(with(nil)): {hello, hello}, "bad": {badToken, badToken},
		s.Sign(with(map[string]any{"exp": today.Unix() - 31})): {expired, expired},
	} {
		got := [2]answer{get(t, serve(t, m.Optional(page)), token), get(t, serve(t, m.Handler(page)), token)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// TestH11ExpiredAsAnonymous: with the option, a browser whose session has
// expired sees the public page, and nothing else.
func TestH11ExpiredAsAnonymous(t *testing.T) {
	s, stranger := newSite(t), newSite(t)
	old := with(map[string]any{"exp": today.Unix() - 31, "scope": "read"})
	const over = "hello nobody"
	for _, test := range []struct {
		name, token string
		v           verifier.Verifier
		status      int // on a public page
	}{
		{"expired", s.Sign(old), s, 200},
		{"forged and expired", stranger.Sign(old), s, 401},
		{"early", s.Sign(with(map[string]any{"nbf": today.Unix() + 31})), s, 401},
		{"of another issuer", s.Sign(with(map[string]any{"iss": "https://other.example"})), s, 401},
		{"not a JWT", "bad", s, 401},
		{"expired, not known to be signed", "abc", says(nil, &claims.Error{Claim: "exp", Err: claims.ErrExpired}), 401},
		{"expired beside an outage", "abc", says(nil, errors.Join(claims.ErrExpired, verifier.ErrUnavailable)), 503},
	} {
		cookies := []httpauth.Option{httpauth.WithExtractor(httpauth.Cookie("session")), httpauth.WithExpiredAsAnonymous()}
		fields := http.Header{"Cookie": {"session=" + test.token}}
		m, all := httpauth.New(test.v, cookies...), httpauth.New(test.v, append(cookies, httpauth.WithOptional())...)
		for route, h := range map[string]http.Handler{"Optional": m.Optional(page), "WithOptional": all.Handler(page)} {
			got := do(t, serve(t, h), http.MethodGet, fields)
			if got.Status != test.status || got.Status == 200 && got.Body != over {
				t.Errorf("%s, %s: %d %q, want %d", test.name, route, got.Status, got.Body, test.status)
			}
		}
		for route, h := range map[string]http.Handler{
			"Handler": m.Handler(unreachable(t)), "RequireScope": all.RequireScope("read")(unreachable(t)), "RequireScope after Optional": m.Optional(m.RequireScope("read")(unreachable(t))),
		} {
			if got := do(t, serve(t, h), http.MethodGet, fields); got.Status == 200 || test.status != 503 && got.Status != 401 {
				t.Errorf("%s, %s: %d, want 401", test.name, route, got.Status)
			}
		}
	}
	// An anonymous request is stripped of its token too.
	m := httpauth.New(s, httpauth.WithExpiredAsAnonymous(), httpauth.WithoutCredential())
	seen := m.Optional(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, len(r.Header["Authorization"])) }))
	if got := get(t, serve(t, seen), s.Sign(old)); got.Body != "0" {
		t.Errorf("the handler sees %s Authorization fields", got.Body)
	}
}

// TestH11SameTokenTwice: with the option, the same token from two places counts
// as one. Different tokens never do.
func TestH11SameTokenTwice(t *testing.T) {
	s := newSite(t)
	asked := 0
	good, other := s.Sign(with(nil)), s.Sign(with(map[string]any{"jti": "2"}))
	bound := s.Sign(with(map[string]any{"cnf": map[string]any{"s": "k"}}))
	for _, test := range []struct {
		name, field, cookie string
		without, twice      int
	}{
		{"the same", "Bearer " + good, "session=" + good, 400, 200},
		{"another", "Bearer " + good, "session=" + other, 400, 400},
		{"longer by a byte", "Bearer " + good, "session=" + good + "A", 400, 400},
		{"a part", "Bearer " + good, "session=" + good[:len(good)-1], 400, 400},
		{"both bad", "Bearer bad", "session=bad", 400, 401},
		{"one malformed", "Bearer a b", "session=" + good, 400, 400},
		{"twice in one place", "", "session=" + good + "; session=" + good, 400, 400},
		{"by the scheme of a proof", "Fake " + bound, "session=" + bound, 400, 200},
		{"downgrade", "Bearer " + bound, "session=" + bound, 400, 401},
		{"one alone", "", "session=" + good, 200, 200},
	} {
		opts := []httpauth.Option{
			httpauth.WithExtractor(httpauth.Bearer(), httpauth.Cookie("session")),
			httpauth.WithProof(fakeScheme{fake{"s", &asked}}),
		}
		strict, twice := httpauth.New(s, opts...), httpauth.New(s, append(opts, httpauth.WithSameTokenTwice())...)
		fields := func() http.Header {
			return http.Header{"Authorization": {test.field}, "Cookie": {test.cookie}, "X-Key": {"k"}}
		}
		got := [2]int{do(t, serve(t, strict.Handler(page)), "GET", fields()).Status, do(t, serve(t, twice.Handler(page)), "GET", fields()).Status}
		if want := [2]int{test.without, test.twice}; got != want {
			t.Errorf("%s: %v, want %v", test.name, got, want)
		}
	}
	strip := httpauth.New(s, httpauth.WithExtractor(httpauth.Bearer(), httpauth.Cookie("session")), httpauth.WithSameTokenTwice(), httpauth.WithoutCredential())
	h := strip.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.Contains(fmt.Sprint(r.Header), good) {
			t.Errorf("the handler sees %v", r.Header)
		}
	}))
	do(t, serve(t, h), "GET", http.Header{"Authorization": {"Bearer " + good}, "Cookie": {"session=" + good + "; csrf=1"}})
}
