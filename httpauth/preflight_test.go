package httpauth_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
)

// TestPreflight: only what a browser sends is answered without a token, and only
// where that was asked for; the protected handler never sees it.
func TestPreflight(t *testing.T) {
	s := newSite(t)
	good := "Bearer " + s.Sign(with(map[string]any{"scope": "read"}))
	answered := answer{Status: http.StatusNoContent}
	const origin, method = "https://app.example", "DELETE"
	real := func(changes http.Header) http.Header {
		h := http.Header{"Origin": {origin}, "Access-Control-Request-Method": {method}}
		for name, v := range changes {
			if h[name] = v; v == nil {
				delete(h, name)
			}
		}
		return h
	}
	for _, test := range []struct {
		name, method string
		fields       http.Header
		want         answer // with WithPreflight
	}{
		{"preflight", "OPTIONS", real(nil), answered},
		{"preflight that asks for fields", "OPTIONS", real(http.Header{"Access-Control-Request-Headers": {"authorization"}}), answered},
		{"preflight of a sandbox", "OPTIONS", real(http.Header{"Origin": {"null"}}), answered},
		{"GET", "GET", real(nil), noToken},
		{"POST", "POST", real(nil), noToken},
		{"DELETE", "DELETE", real(nil), noToken},
		{"method in lower case", "options", real(nil), noToken},
		{"no Origin", "OPTIONS", real(http.Header{"Origin": nil}), noToken},
		{"empty Origin", "OPTIONS", real(http.Header{"Origin": {""}}), noToken},
		{"two Origins", "OPTIONS", real(http.Header{"Origin": {origin, origin}}), noToken},
		{"no method", "OPTIONS", real(http.Header{"Access-Control-Request-Method": nil}), noToken},
		{"empty method", "OPTIONS", real(http.Header{"Access-Control-Request-Method": {""}}), noToken},
		{"two methods", "OPTIONS", real(http.Header{"Access-Control-Request-Method": {"PUT", "GET"}}), noToken},
		{"another scheme", "OPTIONS", real(http.Header{"Authorization": {"Basic YTpi"}}), answered},
		{"good token", "OPTIONS", real(http.Header{"Authorization": {good}}), hello},
		{"bad token", "OPTIONS", real(http.Header{"Authorization": {"Bearer bad"}}), badToken},
		{"malformed token", "OPTIONS", real(http.Header{"Authorization": {"Bearer"}}), badRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := httpauth.New(s, httpauth.WithPreflight())
			for route, c := range map[string]struct {
				h    http.Handler
				want answer
			}{
				"Handler":                    {m.Handler(page), test.want},
				"RequireScope":               {m.RequireScope("read")(page), test.want.asking("read")},
				"RequireScope after Handler": {m.Handler(m.RequireScope("read")(page)), test.want},
			} {
				if diff := cmp.Diff(c.want, do(t, serve(t, c.h), test.method, test.fields)); diff != "" {
					t.Errorf("%s (-want +got)\n%s", route, diff)
				}
			}
			want := test.want
			if want.Status == answered.Status {
				want = noToken
			}
			if diff := cmp.Diff(want, do(t, serve(t, httpauth.New(s).Handler(page)), test.method, test.fields)); diff != "" {
				t.Errorf("without the option (-want +got)\n%s", diff)
			}
		})
	}
}

// TestS19PreflightStaysOutside: no route lets a preflight through to what it
// protects, whatever its options, and a handler for CORS answers it where given.
func TestS19PreflightStaysOutside(t *testing.T) {
	s := newSite(t)
	real := http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"DELETE"}}
	cors := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.WriteHeader(http.StatusAccepted)
	})
	for name, test := range map[string]struct {
		opts   []httpauth.Option
		status int
	}{
		"alone":    {[]httpauth.Option{httpauth.WithPreflight()}, 204},
		"handler":  {[]httpauth.Option{httpauth.WithPreflight(cors)}, 202},
		"optional": {[]httpauth.Option{httpauth.WithPreflight(cors), httpauth.WithOptional(), httpauth.WithExpiredAsAnonymous()}, 202},
		"none":     {nil, 401},
	} {
		m := httpauth.New(s, test.opts...)
		for route, h := range map[string]http.Handler{
			"Handler":          m.Handler(unreachable(t)),
			"RequireScope":     m.RequireScope("admin")(unreachable(t)),
			"Require":          m.Require(claims.Scope("admin"))(unreachable(t)),
			"RequireAuthLevel": m.RequireAuthLevel(httpauth.ACR("gold"))(unreachable(t)),
			"all":              m.Handler(m.RequireScope("admin")(unreachable(t))),
		} {
			if got := do(t, serve(t, h), http.MethodOptions, real.Clone()); got.Status != test.status {
				t.Errorf("%s, %s: %d, want %d", name, route, got.Status, test.status)
			}
		}
	}
	// A preflight with a credential, which no browser sends, needs a good one.
	m := httpauth.New(s, httpauth.WithPreflight(cors), httpauth.WithExtractor(httpauth.Cookie("session")))
	real["Cookie"] = []string{"session=bad"}
	if got := do(t, serve(t, m.RequireScope("admin")(unreachable(t))), http.MethodOptions, real); got.Status != 401 {
		t.Errorf("with a bad token: %d, want 401", got.Status)
	}
}
