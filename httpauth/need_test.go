package httpauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

func needing(n httpauth.Need) func(*http.Request) (httpauth.Need, error) {
	return func(*http.Request) (httpauth.Need, error) { return n, nil }
}

// needs are what requests may need, what a token with some scopes is answered
// then, and the scopes that the challenge names.
var needs = []struct {
	name   string
	need   httpauth.Need
	scope  string // of the token
	claims map[string]any
	names  string // the scope of the challenge
	status int
}{
	{"nothing", httpauth.Need{}, "", nil, "", 200},
	{"empty lists", httpauth.Need{AllOf: []string{}, Ask: []string{}}, "", nil, "", 200},
	{"one", httpauth.Need{AllOf: []string{"a"}}, "a", nil, "a", 200},
	{"one lacks", httpauth.Need{AllOf: []string{"a"}}, "b", nil, "a", 403},
	{"all of two", httpauth.Need{AllOf: []string{"a", "b"}}, "b a", nil, "a b", 200},
	{"one of two lacks: both are named", httpauth.Need{AllOf: []string{"a", "b"}}, "a", nil, "a b", 403},
	{"any of two", httpauth.Need{AnyOf: []string{"a", "b"}}, "b", nil, "a b", 200},
	{"none of two", httpauth.Need{AnyOf: []string{"a", "b"}}, "c", nil, "a b", 403},
	{"both kinds", httpauth.Need{AllOf: []string{"a"}, AnyOf: []string{"b", "c"}}, "a c", nil, "a b c", 200},
	{"both kinds, all lacks", httpauth.Need{AllOf: []string{"a"}, AnyOf: []string{"b", "c"}}, "b c", nil, "a b c", 403},
	{"both kinds, any lacks", httpauth.Need{AllOf: []string{"a"}, AnyOf: []string{"b", "c"}}, "a", nil, "a b c", 403},
	{"one in both is named once", httpauth.Need{AllOf: []string{"a", "a"}, AnyOf: []string{"a", "b"}}, "", nil, "a b", 403},
	{"hierarchy", httpauth.Need{AllOf: []string{"read"}, AnyOf: []string{"audit", "x"}}, "admin", nil, "read audit x", 200},
	{"hierarchy, narrower", httpauth.Need{AllOf: []string{"write"}}, "read", nil, "write", 403},
	{"asked for, not needed", httpauth.Need{AllOf: []string{"a"}, Ask: []string{"b", "a"}}, "a", nil, "a b", 200},
	{"asked for is named", httpauth.Need{AllOf: []string{"a"}, Ask: []string{"b"}}, "b", nil, "a b", 403},
	{"case differs", httpauth.Need{AllOf: []string{"a"}}, "A", nil, "a", 403},
	{"part of a word", httpauth.Need{AllOf: []string{"a"}}, "aa", nil, "a", 403},
	{"claims", httpauth.Need{Claims: claims.Required("tenant"), Ask: []string{"t"}}, "", map[string]any{"tenant": 1}, "t", 200},
	{"claims lack: the challenge names scopes", httpauth.Need{Claims: claims.Required("tenant"), Ask: []string{"t"}}, "", nil, "t", 403},
	{"claims undecided", httpauth.Need{Claims: down}, "", nil, "", 503},
	{"claims panic", httpauth.Need{Claims: panicking}, "", nil, "", 503},
	{"claims are a nil pointer", httpauth.Need{Claims: (*nilValidator)(nil)}, "", nil, "", 503},
	{"level", httpauth.Need{AuthLevel: []httpauth.AuthRequirement{httpauth.ACR("gold")}}, "", map[string]any{"acr": "gold"}, "", 200},
	{"level lacks", httpauth.Need{AllOf: []string{"a"}, AuthLevel: []httpauth.AuthRequirement{httpauth.ACR("gold")}}, "a", nil, "a", 401},
	{"level is nil", httpauth.Need{AuthLevel: []httpauth.AuthRequirement{nil}}, "", nil, "", 503},
	{"any of nothing", httpauth.Need{AnyOf: []string{}}, "a", nil, "", 503},
	{"two words", httpauth.Need{AllOf: []string{"a b"}}, "a b", nil, "", 503},
	{"empty scope", httpauth.Need{AllOf: []string{""}}, "", nil, "", 503},
	{"a quote", httpauth.Need{AnyOf: []string{"a", `b"`}}, "a", nil, "", 503},
	{"a line break, only asked for", httpauth.Need{Ask: []string{"a\r\nX: y"}}, "a", nil, "", 503},
	{"not ASCII", httpauth.Need{AllOf: []string{"ä"}}, "ä", nil, "", 503},
}

var (
	down = claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error {
		return fmt.Errorf("%w: the store is down", claims.ErrUnavailable)
	})
	panicking = claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { panic("oh") })
)

type nilValidator struct{}

func (*nilValidator) Validate(context.Context, *claims.Set, time.Time) error { return nil }

// TestRequireFor: each need is answered alike by RequireFor, alone and inside a
// Handler, and by Check with Refuse.
func TestRequireFor(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s, httpauth.WithResourceMetadata("https://api.example/doc"),
		httpauth.WithScopeHierarchy(map[string][]string{"admin": {"write", "audit"}, "write": {"read"}}))
	for _, test := range needs {
		t.Run(test.name, func(t *testing.T) {
			all := map[string]any{"scope": test.scope}
			for name, v := range test.claims {
				all[name] = v
			}
			checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tok, err := m.AuthenticateWith(w.Header(), r)
				if err == nil {
					err = m.Check(r, tok, test.need)
				}
				if err != nil {
					m.Refuse(w, r, err)
					return
				}
				page.ServeHTTP(w, r.WithContext(httpauth.NewContext(r.Context(), tok)))
			})
			for route, h := range map[string]http.Handler{
				"RequireFor":                  m.RequireFor(needing(test.need))(page),
				"RequireFor after Handler":    m.Handler(m.RequireFor(needing(test.need))(page)),
				"RequireFor after RequireFor": m.RequireFor(needing(httpauth.Need{}))(m.RequireFor(needing(test.need))(page)),
				"Check":                       checked,
			} {
				got := get(t, serve(t, h), s.Sign(with(all)))
				if got.Status != test.status {
					t.Fatalf("%s: %+v, want %d", route, got, test.status)
				}
				switch test.status {
				case 200:
					if got.Body != hello.Body {
						t.Errorf("%s: the page says %q", route, got.Body)
					}
				case 503:
					if diff := cmp.Diff(unavailable, got); diff != "" {
						t.Errorf("%s (-want +got)\n%s", route, diff)
					}
				default:
					params := challenge(t, got.Challenge[0])
					code := map[int]string{401: "insufficient_user_authentication", 403: "insufficient_scope"}[test.status]
					if len(got.Challenge) != 1 || params["scope"] != test.names || params["error"] != code || params["resource_metadata"] != "https://api.example/doc" {
						t.Errorf("%s: the challenge is %q, want one with %s for %q", route, got.Challenge, code, test.names)
					}
				}
			}
		})
	}
}

// TestRequireForFailsClosed: a requirement that is not known lets nobody through,
// and what its error wraps does not change that.
func TestRequireForFailsClosed(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		name string
		need func(*http.Request) (httpauth.Need, error)
		want answer
		log  string
	}{
		{"error", func(*http.Request) (httpauth.Need, error) { return httpauth.Need{}, errors.New("no route") }, unavailable, "no route"},
		{"outage", func(*http.Request) (httpauth.Need, error) { return httpauth.Need{}, verifier.ErrUnavailable }, unavailable, "cannot decide now"},
		{"bad token", func(*http.Request) (httpauth.Need, error) { return httpauth.Need{}, verifier.ErrInvalidToken }, unavailable, "invalid token"},
		{"no token", func(*http.Request) (httpauth.Need, error) { return httpauth.Need{}, httpauth.ErrNoToken }, unavailable, "no token in the request"},
		{"scope", func(*http.Request) (httpauth.Need, error) { return httpauth.Need{}, claims.ErrInsufficientScope }, unavailable, "insufficient scope"},
		{"level", func(*http.Request) (httpauth.Need, error) { return httpauth.Need{}, httpauth.ErrAuthLevel }, unavailable, "must sign in again"},
		{"malformed request", func(*http.Request) (httpauth.Need, error) {
			return httpauth.Need{}, fmt.Errorf("%w: no such item", httpauth.ErrRequest)
		}, badRequest, ""},
		{"malformed request and an outage", func(*http.Request) (httpauth.Need, error) {
			return httpauth.Need{}, errors.Join(httpauth.ErrRequest, verifier.ErrUnavailable)
		}, unavailable, "malformed request"},
		{"panic", func(*http.Request) (httpauth.Need, error) { panic("index out of range") }, unavailable, "panic: index out of range"},
		{"panic with an error of ours", func(*http.Request) (httpauth.Need, error) { panic(httpauth.ErrRequest) }, unavailable, "panic"},
		{"panic of the runtime", func(r *http.Request) (httpauth.Need, error) {
			return httpauth.Need{AllOf: []string{r.Header["X-Absent"][0]}}, nil
		}, unavailable, "index out of range"},
		{"panic to abort", func(*http.Request) (httpauth.Need, error) { panic(http.ErrAbortHandler) }, unavailable, "abort Handler"},
		{"not a scope", needing(httpauth.Need{AllOf: []string{"a b"}}), unavailable, `"a b" is not a scope; give each as one word without spaces (RFC 6749 §3.3)`},
		{"any of nothing", needing(httpauth.Need{AnyOf: []string{}}), unavailable, "AnyOf is empty, and no token could meet it; leave it nil if no scope is needed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			m := httpauth.New(s, httpauth.WithOptional(), httpauth.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
			srv := serve(t, m.RequireFor(test.need)(unreachable(t)))
			for what, token := range map[string]string{"good": s.Sign(with(map[string]any{"scope": "a b"})), "none": "", "bad": "x.y.z"} {
				log.Reset()
				if diff := cmp.Diff(test.want, get(t, srv, token)); diff != "" {
					t.Errorf("%s token (-want +got)\n%s", what, diff)
				}
				got := lines(t, log.Bytes())
				if len(got) != 1 || got[0].Status != test.want.Status || !strings.Contains(got[0].Error, test.log) {
					t.Errorf("%s token: the log is %+v, want one line with %q", what, got, test.log)
				}
				if test.want.Status == 503 && (got[0].Level != "WARN" || got[0].Reason != "unavailable" || !strings.HasPrefix(got[0].Error, "httpauth: what the request needs is not known: ")) {
					t.Errorf("%s token: the log is %+v", what, got[0])
				}
			}
		})
	}
}

// TestRequireForSeesTheRequest: method, path values and the context, and a body
// that nobody but its reader touches.
func TestRequireForSeesTheRequest(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s)
	type operation struct{}
	guarded := m.RequireFor(func(r *http.Request) (httpauth.Need, error) {
		op, _ := r.Context().Value(operation{}).(string)
		return httpauth.Need{AllOf: []string{strings.ToLower(r.Method) + ":" + r.PathValue("item") + op}}, nil
	})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		body.ReadFrom(r.Body)
		fmt.Fprint(w, body.String())
	}))
	mux := http.NewServeMux()
	mux.Handle("/items/{item}", guarded)
	mux.Handle("/call/{item}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), operation{}, ":called")))
	}))
	srv := serve(t, mux)
	for _, test := range []struct {
		method, path, scope string
		status              int
		names               string
	}{
		{"POST", "/items/7", "post:7", 200, ""},
		{"PUT", "/items/7", "post:7", 403, "put:7"},
		{"POST", "/items/8", "post:7", 403, "post:8"},
		{"POST", "/call/7", "post:7", 403, "post:7:called"},
		{"POST", "/call/7", "post:7:called", 200, ""},
		{"POST", "/items/a%20b", "post:a", 503, ""}, // not a scope: our fault, not a pass
	} {
		r, err := http.NewRequest(test.method, srv.URL+test.path, strings.NewReader("the body"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.Sign(with(map[string]any{"scope": test.scope})))
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, res, "")
		if got.Status != test.status || test.status == 200 && got.Body != "the body" {
			t.Errorf("%s %s: %d %s, want %d", test.method, test.path, got.Status, got.Body, test.status)
		}
		if test.names != "" && challenge(t, got.Challenge[0])["scope"] != test.names {
			t.Errorf("%s %s: the challenge is %q, want %q", test.method, test.path, got.Challenge, test.names)
		}
	}
}

// TestRequireForNamesScopesIn401: a client without a token learns what to ask for,
// and a good request is verified once.
func TestRequireForNamesScopesIn401(t *testing.T) {
	s := newSite(t)
	n := needing(httpauth.Need{AllOf: []string{"a"}, AnyOf: []string{"b", "c"}, Ask: []string{"d"}})
	for name, h := range map[string]http.Handler{
		"strict":   httpauth.New(s).RequireFor(n)(unreachable(t)),
		"optional": httpauth.New(s, httpauth.WithOptional()).RequireFor(n)(unreachable(t)),
	} {
		srv := serve(t, h)
		for token, want := range map[string]answer{"": noToken, "x.y.z": badToken, "a b": badRequest, s.Sign(with(map[string]any{"exp": 1, "scope": "a b"})): expired} {
			if diff := cmp.Diff(want.asking("a b c d"), get(t, srv, token)); diff != "" {
				t.Errorf("%s, %q (-want +got)\n%s", name, token, diff)
			}
		}
	}
}

// TestCheck: the cases that RequireFor cannot have.
func TestCheck(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s)
	need := httpauth.Need{AllOf: []string{"a"}}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	good, err := s.Verify(t.Context(), s.Sign(with(map[string]any{"scope": "a"})))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(r, good, need); err != nil {
		t.Error(err)
	}
	for name, tok := range map[string]*verifier.Token{"nil": nil, "empty": {}} {
		err := m.Check(r, tok, need)
		w := httptest.NewRecorder()
		m.Refuse(w, r, err)
		if !errors.Is(err, httpauth.ErrNoToken) || w.Code != 401 || w.Header().Get("WWW-Authenticate") != `Bearer realm="api", scope="a"` {
			t.Errorf("%s token: %v, %d %v", name, err, w.Code, w.Header())
		}
	}
	for name, m := range map[string]*httpauth.Middleware{"nil": nil, "zero": {}} {
		if err := m.Check(r, good, need); httpauth.Status(err) != 503 {
			t.Errorf("%s Middleware: %v", name, err)
		}
		if _, err := m.Scopes(good); httpauth.Status(err) != 503 {
			t.Errorf("%s Middleware: %v", name, err)
		}
	}
	err = m.Check(r, good, httpauth.Need{AllOf: []string{"b"}})
	if set, ok := verifier.RefusedClaims(err); !ok || set.Subject != "user-1" || httpauth.Status(err) != 403 {
		t.Errorf("%v: the claims are %v", err, set)
	}
	err = m.Check(r, good, httpauth.Need{AllOf: []string{"b", "a", "c"}, AnyOf: []string{"d", "e"}})
	if want := `claims: scope: insufficient scope: lacks "b", "c" and one of "d", "e"`; err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

// TestCheckAnswersTheSchemeUsed: with proofs that have a scheme, the error stands
// in the challenge of the scheme by which the token came.
func TestCheckAnswersTheSchemeUsed(t *testing.T) {
	s := newSite(t)
	bound := s.Sign(with(map[string]any{"cnf": map[string]any{"s": "k"}}))
	for name, opts := range map[string][]httpauth.Option{"": {httpauth.WithProof(secretProof{})}, "stripped": {httpauth.WithProof(secretProof{}), httpauth.WithoutCredential()}} {
		m := httpauth.New(s, opts...)
		h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tok, _ := httpauth.FromContext(r.Context())
			m.Refuse(w, r, m.Check(r, tok, httpauth.Need{AllOf: []string{"a"}}))
		}))
		got := do(t, serve(t, h), http.MethodGet, http.Header{"Authorization": {"Secret " + bound}})
		if got.Status != 403 || len(got.Challenge) != 2 || strings.Contains(got.Challenge[0], "error=") || !strings.Contains(got.Challenge[1], "error=") {
			t.Errorf("%s: %d %q", name, got.Status, got.Challenge)
		}
	}
}

// TestRequireForPanics where the program is wrong.
func TestRequireForPanics(t *testing.T) {
	m := httpauth.New(newSite(t))
	for name, f := range map[string]func(){
		"nil function":     func() { m.RequireFor(nil) },
		"nil handler":      func() { m.RequireFor(needing(httpauth.Need{}))(nil) },
		"empty Middleware": func() { new(httpauth.Middleware).RequireFor(needing(httpauth.Need{})) },
		"no path":          func() { httpauth.WithScopesFrom() },
		"empty name":       func() { httpauth.WithScopesFrom("realm_access", "") },
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "httpauth: ") {
					t.Errorf("%s: %s", name, text)
				}
			}()
			f()
		}()
	}
}
