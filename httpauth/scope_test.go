package httpauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

func TestRequireScope(t *testing.T) {
	s := newSite(t)
	granting := func(claim string, v any) string { return s.Sign(with(map[string]any{claim: v})) }
	for _, test := range []struct {
		name   string
		scopes []string
		token  string
		want   answer
	}{
		{"granted", []string{"items:write"}, granting("scope", "items:read items:write"), hello},
		{"granted as a list", []string{"items:write"}, granting("scp", []string{"items:write"}), hello},
		{"no scope at all", []string{"items:write"}, s.Sign(with(nil)), lacksScope("items:write")},
		{"another scope", []string{"items:write"}, granting("scope", "items:read"), lacksScope("items:write")},
		{"both of two lack", []string{"items:write", "admin"}, s.Sign(with(nil)), lacksScope("items:write admin")},
		{"one of two lacks: all are named", []string{"items:write", "admin"}, granting("scope", "items:write"), lacksScope("items:write admin")},
		{"malformed scope", []string{"items:write"}, granting("scope", 1), badToken},
		{"malformed request", []string{"items:write"}, "a b", badRequest},
		{"bad token", []string{"items:write"}, "a", badToken},
		{"no token", []string{"items:write"}, "", noToken},
	} {
		for name, m := range map[string]*httpauth.Middleware{
			"strict": httpauth.New(s), "optional": httpauth.New(s, httpauth.WithOptional()),
		} {
			guard := m.RequireScope(test.scopes...)
			for route, h := range map[string]http.Handler{
				"alone": guard(page), "after Handler": m.Handler(guard(page)), "twice": guard(guard(page)),
			} {
				t.Run(test.name+"/"+name+"/"+route, func(t *testing.T) {
					want := test.want
					// Handler, which needs no scope, refuses first.
					if route != "after Handler" || test.name == "malformed scope" || name == "optional" && test.token == "" {
						want = want.asking(strings.Join(test.scopes, " "))
					}
					if diff := cmp.Diff(want, get(t, serve(t, h), test.token)); diff != "" {
						t.Errorf("(-want +got)\n%s", diff)
					}
				})
			}
		}
	}
}

func TestOptional(t *testing.T) {
	s := newSite(t)
	nobody := answer{Status: 200, ContentType: "text/plain; charset=utf-8", Body: "hello nobody"}
	srv := serve(t, httpauth.New(s, httpauth.WithOptional()).Handler(page))
	for _, test := range []struct {
		name, field string
		want        answer
	}{
		{"no token", "", nobody},
		{"blank", " ", nobody},
		{"another scheme", "Basic dXNlcjpwYXNzd29yZA==", nobody},
		{"good", "Bearer " + s.Sign(with(nil)), hello},
		{"bad", "Bearer bad", badToken},
		{"expired", "Bearer " + s.Sign(with(map[string]any{"exp": today.Unix() - 31})), expired},
		{"malformed", "Bearer", badRequest},
		{"malformed by a tab", "Bearer\tbad", badRequest},
		{"two", "Bearer a, Bearer b", badRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := do(t, srv, http.MethodGet, http.Header{"Authorization": {test.field}})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestOptionalIsStrict: an extractor that reports something malformed together
// with no token has found something.
func TestOptionalIsStrict(t *testing.T) {
	both := func(*http.Request) (string, error) { return "", errors.Join(httpauth.ErrNoToken, httpauth.ErrRequest) }
	m := httpauth.New(newSite(t), httpauth.WithOptional(), httpauth.WithExtractor(both))
	if diff := cmp.Diff(badRequest, get(t, serve(t, m.Handler(unreachable(t))), "")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestVerifiesOnce counts how often each route asks the verifier.
func TestVerifiesOnce(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(map[string]any{"scope": "read write"}))
	for _, test := range []struct {
		name  string
		route func(m *httpauth.Middleware) http.Handler
		want  int64
	}{
		{"Handler", func(m *httpauth.Middleware) http.Handler { return m.Handler(page) }, 1},
		{"RequireScope", func(m *httpauth.Middleware) http.Handler { return m.RequireScope("read")(page) }, 1},
		{"RequireScope after Handler", func(m *httpauth.Middleware) http.Handler { return m.Handler(m.RequireScope("read")(page)) }, 1},
		{"RequireScope after RequireScope", func(m *httpauth.Middleware) http.Handler {
			return m.RequireScope("write")(m.RequireScope("read")(page))
		}, 1},
		{"RequireScope after Handler, with much between", func(m *httpauth.Middleware) http.Handler {
			return m.Handler(http.MaxBytesHandler(annotated(m.RequireScope("read")(page)), 1<<10))
		}, 1},
	} {
		for name, opts := range map[string][]httpauth.Option{"strict": nil, "optional": {httpauth.WithOptional()}} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				var asked atomic.Int64
				h := test.route(httpauth.New(counting(s, &asked), opts...))
				if diff := cmp.Diff(hello, get(t, serve(t, h), good)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if n := asked.Load(); n != test.want {
					t.Errorf("the token was verified %d times, want %d", n, test.want)
				}
			})
		}
	}
}

func counting(v verifier.Verifier, asked *atomic.Int64) verifier.Verifier {
	return verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
		asked.Add(1)
		return v.Verify(ctx, raw)
	})
}

type note struct{}

// annotated puts its own value into the context.
func annotated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), note{}, "x")))
	})
}

// TestOnlyOwnTokenSatisfies: a token that somebody else has put into the context
// is not a verdict of this Middleware.
func TestOnlyOwnTokenSatisfies(t *testing.T) {
	ours, theirs := newSite(t), newSite(t)
	m, other := httpauth.New(ours), httpauth.New(theirs)
	admin := &verifier.Token{Set: mustParse(t, `{"sub":"admin","scope":"read"}`)}
	planted := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(httpauth.NewContext(r.Context(), admin)))
		})
	}
	guarded := m.RequireScope("read")(page)
	granting := with(map[string]any{"scope": "read"})
	for _, test := range []struct {
		name  string
		route http.Handler
		token string
		want  answer
	}{
		{"NewContext, no token", planted(guarded), "", noToken.asking("read")},
		{"NewContext, bad token", planted(guarded), "bad", badToken.asking("read")},
		{"NewContext after Handler, no scope", m.Handler(planted(guarded)), ours.Sign(with(nil)), lacksScope("read")},
		{"NewContext, good token: ours counts", planted(guarded), ours.Sign(granting), hello},
		{"another Middleware's token", other.Handler(guarded), theirs.Sign(granting), badToken.asking("read")},
		{"another Middleware's RequireScope", other.RequireScope("read")(guarded), theirs.Sign(granting), badToken.asking("read")},
		{"a Middleware with the same verifier", httpauth.New(ours, httpauth.WithExtractor(httpauth.Header("X-Token"))).Handler(guarded), ours.Sign(granting), noToken},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, get(t, serve(t, test.route), test.token)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestSubrequest: a handler may make further requests in the context of one that
// was let through. Each is judged by itself.
func TestSubrequest(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s)
	inner := m.Handler(m.RequireScope("read")(page))
	first := "Bearer " + s.Sign(with(map[string]any{"scope": "read"}))
	second := s.Sign(with(map[string]any{"scope": "read", "sub": "user-2"}))
	two := hello
	two.Body = "hello user-2"
	for name, test := range map[string]struct {
		field string
		want  answer
	}{
		"none":      {"", hello},
		"the same":  {first, hello},
		"another":   {"Bearer " + second, two},
		"bad":       {"Bearer bad", badToken},
		"malformed": {"Bearer", badRequest},
	} {
		outer := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for format := range strings.SplitSeq("%v %+v %#v %s", " ") {
				if text := fmt.Sprintf(format, r.Context()); strings.Contains(text, first[7:]) {
					t.Errorf("%s of the context shows the token: %s", format, text)
				}
			}
			sub := r.Clone(r.Context())
			sub.Header.Set("Authorization", test.field)
			inner.ServeHTTP(w, sub)
		}))
		if diff := cmp.Diff(test.want, do(t, serve(t, outer), http.MethodGet, http.Header{"Authorization": {first}})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func mustParse(tb testing.TB, payload string) *claims.Set {
	tb.Helper()
	s, err := claims.Parse([]byte(payload))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestOptionalLooksAtTheRequest: a verifier that returns ErrNoToken does not
// make a request with a token anonymous.
func TestOptionalLooksAtTheRequest(t *testing.T) {
	v := verifier.Func(func(context.Context, string) (*verifier.Token, error) { return nil, httpauth.ErrNoToken })
	srv := serve(t, httpauth.New(v, httpauth.WithOptional()).Handler(page))
	if got := get(t, srv, "token"); got.Status != http.StatusUnauthorized {
		t.Errorf("the answer is %d, want 401", got.Status)
	}
}
