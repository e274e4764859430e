package httpauth_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// mustPanic expects a message on one line that names this package and the caller,
// and explains what is wrong.
func mustPanic(t *testing.T, name, what string, mistake func()) {
	t.Helper()
	defer func() {
		t.Helper()
		text := fmt.Sprint(recover())
		if !strings.HasPrefix(text, "httpauth: "+what+": ") || strings.ContainsAny(text, "\r\n") || strings.Count(text, "httpauth:") != 1 {
			t.Errorf("%s: it panics with %q", name, text)
		}
	}()
	mistake()
}

// badScopes cannot be scopes (RFC 6749 §3.3).
var badScopes = []string{"", " ", "a b", " a", "a ", "a\tb", "a\n", "a\x00", "a\x7f", `a"b`, `a\b`, "é", "a\u00a0b", "\xff"}

// TestS15ScopesAreWords: a route that everybody or nobody could pass is a
// mistake.
func TestS15ScopesAreWords(t *testing.T) {
	m := httpauth.New(newSite(t))
	var unset []string
	mustPanic(t, "no scope", "RequireScope", func() { m.RequireScope() })
	mustPanic(t, "an empty list", "RequireScope", func() { m.RequireScope(unset...) })
	mustPanic(t, "no scope of any", "RequireAnyScope", func() { m.RequireAnyScope() })
	for _, bad := range badScopes {
		name := fmt.Sprintf("%q", bad)
		mustPanic(t, name, "RequireScope", func() { m.RequireScope(bad) })
		mustPanic(t, name, "RequireScope", func() { m.RequireScope("good", bad) })
		mustPanic(t, name, "RequireAnyScope", func() { m.RequireAnyScope("good", bad) })
		mustPanic(t, name, "WithScopeHierarchy", func() { httpauth.WithScopeHierarchy(map[string][]string{bad: {"a"}}) })
		mustPanic(t, name, "WithScopeHierarchy", func() { httpauth.WithScopeHierarchy(map[string][]string{"a": {"b", bad}}) })
		mustPanic(t, name, "ACR", func() { httpauth.ACR("good", bad) })
	}
	for _, good := range []string{"a", "items:read", "https://api.example/.default", "!#[]~", "a,b"} {
		m.RequireScope(good)
		m.RequireAnyScope(good)
		httpauth.WithScopeHierarchy(map[string][]string{good: {good}})
	}
	httpauth.WithScopeHierarchy(nil)
}

// TestS22ExtractorsHaveNames: an extractor that can never find a token would
// make everybody anonymous where a token is optional.
func TestS22ExtractorsHaveNames(t *testing.T) {
	for _, bad := range []string{"", " ", "a b", "a:", "a;b", "a=b", "a,b", "a\n", `"a"`, "é", "a\x00", "[a]", "a/b"} {
		name := fmt.Sprintf("%q", bad)
		mustPanic(t, name, "Header", func() { httpauth.Header(bad) })
		mustPanic(t, name, "PaddedHeader", func() { httpauth.PaddedHeader(bad) })
		mustPanic(t, name, "Cookie", func() { httpauth.Cookie(bad) })
		mustPanic(t, name, "Authorization", func() { httpauth.Authorization(bad) })
	}
	for _, never := range []string{"Host", "cookie", "connection", "TE", "Trailer", "Transfer-Encoding", "upgrade", "Keep-Alive", "Proxy-Connection", "Content-Length"} {
		mustPanic(t, never, "Header", func() { httpauth.Header(never) })
		mustPanic(t, never, "PaddedHeader", func() { httpauth.PaddedHeader(never) })
	}
	for _, good := range []string{assertion, "authorization", "x_y", "__Host-session", "a!#$%&'*+.^`|~1"} {
		httpauth.Header(good)
		httpauth.PaddedHeader(good)
		httpauth.Cookie(good)
		httpauth.Authorization(good)
	}
}

// A nilProof is used as a typed nil, as a Proof and as a Verifier.
type nilProof struct{}

func (*nilProof) Member() string                                           { panic("asked") }
func (*nilProof) Prove(http.Header, *http.Request, httpauth.Binding) error { panic("asked") }
func (*nilProof) Verify(context.Context, string) (*verifier.Token, error)  { panic("asked") }
func (*nilProof) ServeHTTP(http.ResponseWriter, *http.Request)             { panic("asked") }

// TestH14MistakesPanicEarly: a missing argument is reported where it is given,
// not by the first request.
func TestH14MistakesPanicEarly(t *testing.T) {
	s := newSite(t)
	asked := 0
	m := httpauth.New(s, httpauth.WithProof(fake{"a", &asked}))
	var typedNil *nilProof
	for name, mistake := range map[string]struct {
		what string
		do   func()
	}{
		"no verifier":             {"New", func() { httpauth.New(nil) }},
		"typed nil verifier":      {"New", func() { httpauth.New(typedNil) }},
		"nil Keyed":               {"New", func() { httpauth.New((*verifier.Keyed)(nil)) }},
		"nil function":            {"New", func() { httpauth.New(verifier.Func(nil)) }},
		"nil option":              {"New", func() { httpauth.New(s, nil) }},
		"nil proof":               {"WithProof", func() { httpauth.WithProof(nil) }},
		"typed nil proof":         {"WithProof", func() { httpauth.WithProof(typedNil) }},
		"nil logger":              {"WithLogger", func() { httpauth.WithLogger(nil) }},
		"nil preflight":           {"WithPreflight", func() { httpauth.WithPreflight(nil) }},
		"typed nil preflight":     {"WithPreflight", func() { httpauth.WithPreflight(typedNil) }},
		"two preflights":          {"WithPreflight", func() { httpauth.WithPreflight(page, page) }},
		"nil validator":           {"Require", func() { m.Require(nil) }},
		"nil validator function":  {"Require", func() { m.Require(claims.ValidatorFunc(nil)) }},
		"nil level":               {"RequireAuthLevel", func() { m.RequireAuthLevel(nil) }},
		"Handler(nil)":            {"Handler", func() { m.Handler(nil) }},
		"Handler of a nil func":   {"Handler", func() { m.Handler(http.HandlerFunc(nil)) }},
		"Handler of a nil mux":    {"Handler", func() { m.Handler((*http.ServeMux)(nil)) }},
		"Optional(nil)":           {"Optional", func() { m.Optional(nil) }},
		"RequireScope of nil":     {"RequireScope", func() { m.RequireScope("a")(nil) }},
		"RequireAnyScope of nil":  {"RequireAnyScope", func() { m.RequireAnyScope("a")(nil) }},
		"Require of nil":          {"Require", func() { m.Require(claims.Subject())(nil) }},
		"RequireBound of nil":     {"RequireBound", func() { m.RequireBound()(nil) }},
		"RequireAuthLevel of nil": {"RequireAuthLevel", func() { m.RequireAuthLevel(httpauth.ACR("a"))(nil) }},
		"zero Middleware":         {"Handler", func() { (&httpauth.Middleware{}).Handler(page) }},
		"nil Middleware":          {"Handler", func() { (*httpauth.Middleware)(nil).Handler(page) }},
		"zero Optional":           {"Optional", func() { new(httpauth.Middleware).Optional(page) }},
		"zero RequireScope":       {"RequireScope", func() { new(httpauth.Middleware).RequireScope("a")(page) }},
		"zero Require":            {"Require", func() { new(httpauth.Middleware).Require(claims.Subject())(page) }},
		"nil RequireAnyScope":     {"RequireAnyScope", func() { (*httpauth.Middleware)(nil).RequireAnyScope("a") }},
		"nil RequireBound":        {"RequireBound", func() { (*httpauth.Middleware)(nil).RequireBound() }},
		"nil RequireAuthLevel":    {"RequireAuthLevel", func() { (*httpauth.Middleware)(nil).RequireAuthLevel(httpauth.ACR("a")) }},
	} {
		mustPanic(t, name, mistake.what, mistake.do)
	}
	// Authenticate runs within a request: it does not panic, and lets nobody in.
	for _, empty := range []*httpauth.Middleware{nil, {}} {
		r, err := http.NewRequest(http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if tok, err := empty.Authenticate(r); tok != nil || httpauth.Status(err) != 503 {
			t.Errorf("Authenticate of an empty Middleware = %v, %v", tok, err)
		}
	}
}

// TestS25SchemeNames: the scheme of a proof must follow its grammar, and no
// letter beyond ASCII folds to one of its letters.
func TestS25SchemeNames(t *testing.T) {
	s := newSite(t)
	asked := 0
	for name, scheme := range map[string]httpauth.Scheme{
		"a space":              {Name: "My Scheme"},
		"Kelvin sign":          {Name: "Fa\u212ae"},
		"line break":           {Name: "Fake\r\n"},
		"parameter":            {Name: "Fake", Parameters: []httpauth.Parameter{{Name: `a", b`, Value: "c"}}},
		"parameter, no name":   {Name: "Fake", Parameters: []httpauth.Parameter{{Value: "c"}}},
		"field":                {Name: "Fake", Fields: []string{"X Key"}},
		"field without a name": {Name: "Fake", Fields: []string{""}},
	} {
		mustPanic(t, name, "New", func() { httpauth.New(s, httpauth.WithProof(namedScheme{fake{"s", &asked}, scheme})) })
	}
	m := httpauth.New(s, httpauth.WithOptional(), httpauth.WithProof(fakeScheme{fake{"s", &asked}}))
	for _, word := range []string{"Fa\u212ae", "FAKE\u0301", "Bearer\u200b"} {
		got := do(t, serve(t, m.Handler(unreachable(t))), http.MethodGet, http.Header{"Authorization": {word + " abc"}})
		if got.Status != 400 {
			t.Errorf("%q: %d, want 400", word, got.Status)
		}
	}
}

type namedScheme struct {
	fake
	scheme httpauth.Scheme
}

func (n namedScheme) Scheme() httpauth.Scheme { return n.scheme }
