package httpauth_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

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
