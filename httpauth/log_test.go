package httpauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// A logged value is one line of the log, without its time.
type logged struct {
	Level, Msg, Verdict, Reason, Error, Iss, Sub, Jti string
	Status                                            int
}

// lines parses what a slog.JSONHandler wrote.
func lines(t *testing.T, b []byte) (all []logged) {
	t.Helper()
	for line := range bytes.Lines(b) {
		var l logged
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, l)
	}
	return all
}

// TestH08RefusalsAreLogged: each refusal of this package is logged once, with
// its reason and without the token.
func TestH08RefusalsAreLogged(t *testing.T) {
	s, asked := newSite(t), 0
	good := s.Sign(with(map[string]any{"jti": "id-1"}))
	bound := s.Sign(with(map[string]any{"cnf": map[string]any{"s": "k"}}))
	odd := s.Sign(with(map[string]any{"sub": "a b\n" + strings.Repeat("x", 100), "exp": 1}))
	quoting := verifier.Func(func(_ context.Context, raw string) (*verifier.Token, error) {
		return nil, fmt.Errorf("%w: what is %s, %s", verifier.ErrInvalidToken, raw, raw[:len(raw)-5])
	})
	careless := func(r *http.Request) (string, error) {
		return "", fmt.Errorf("%w: %q", httpauth.ErrRequest, r.Header.Get("Authorization"))
	}
	who := logged{Level: "INFO", Msg: "request refused", Verdict: "invalid", Status: 401, Iss: issuer, Sub: "user-1"}
	nobody := logged{Level: "INFO", Msg: "request refused", Verdict: "invalid", Status: 401}
	with := func(l logged, edit func(*logged)) logged { edit(&l); return l }
	for _, test := range []struct {
		name, field string
		v           verifier.Verifier
		opts        []httpauth.Option
		route       func(*httpauth.Middleware) http.Handler
		want        logged
	}{
		{name: "no token", want: with(nobody, func(l *logged) { l.Reason, l.Error = "no_token", "httpauth: no token in the request" })},
		{name: "malformed", field: "Bearer a b", want: with(nobody, func(l *logged) {
			l.Reason, l.Status, l.Error = "bad_request", 400, "httpauth: malformed request: the Authorization field: it holds more than one token, or something else; send one token"
		})},
		{name: "unproven", field: "Fake " + bound, want: with(who, func(l *logged) {
			l.Reason, l.Error = "unproven", "httpauth: no valid proof of possession"
		})},
		{name: "scope", field: "Bearer " + good, route: func(m *httpauth.Middleware) http.Handler { return m.RequireScope("write")(page) }, want: with(who, func(l *logged) {
			l.Verdict, l.Reason, l.Status, l.Jti, l.Error = "forbidden", "insufficient_scope", 403, "id-1", `claims: scope: insufficient scope: lacks "write"`
		})},
		{name: "scope after Handler", field: "Bearer " + good, route: func(m *httpauth.Middleware) http.Handler { return m.Handler(m.RequireScope("write")(page)) }, want: with(who, func(l *logged) {
			l.Verdict, l.Reason, l.Status, l.Jti, l.Error = "forbidden", "insufficient_scope", 403, "id-1", `claims: scope: insufficient scope: lacks "write"`
		})},
		{name: "role", field: "Bearer " + good, route: func(m *httpauth.Middleware) http.Handler { return m.Require(claims.Required("tenant"))(page) }, want: with(who, func(l *logged) {
			l.Verdict, l.Reason, l.Status, l.Jti, l.Error = "forbidden", "insufficient_scope", 403, "id-1", `httpauth: the token does not allow this: tenant: missing`
		})},
		{name: "level", field: "Bearer " + good, route: func(m *httpauth.Middleware) http.Handler { return m.RequireAuthLevel(httpauth.ACR("gold"))(page) }, want: with(who, func(l *logged) {
			l.Reason, l.Jti, l.Error = "auth_level", "id-1", "httpauth: the user must sign in again, or with a stronger method: acr does not match"
		})},
		{name: "expired, an odd name", field: "Bearer " + odd, want: with(who, func(l *logged) {
			l.Reason, l.Sub = "expired", `"a b\n`+strings.Repeat("x", 60)+`"…`
		})},
		{name: "outage", field: "Bearer abc", v: says(nil, fmt.Errorf("%w: down", verifier.ErrUnavailable)), want: with(nobody, func(l *logged) {
			l.Level, l.Verdict, l.Reason, l.Status, l.Error = "WARN", "undecided", "unavailable", 503, "verifier: cannot decide now: down"
		})},
		{name: "a proof's outage", field: "Fake " + bound, opts: []httpauth.Option{httpauth.WithRealm("down")}, want: with(who, func(l *logged) {
			l.Level, l.Verdict, l.Reason, l.Status, l.Error = "WARN", "undecided", "unavailable", 503, "the store of keys: verifier: cannot decide now"
		})},
		{name: "unknown", field: "Bearer abc", v: says(nil, errors.New(strings.Repeat("x", 900_000))), want: with(nobody, func(l *logged) {
			l.Level, l.Verdict, l.Reason, l.Status, l.Error = "WARN", "undecided", "unknown", 503, strings.Repeat("x", 256)+"…"
		})},
		{name: "a verifier that quotes", field: "Bearer " + good, v: quoting, want: with(nobody, func(l *logged) {
			l.Reason, l.Error = "invalid_token", "verifier: invalid token: what is [token], [token]"
		})},
		{name: "a verifier that quotes an opaque token", field: "Bearer opaque-token", v: says(nil, fmt.Errorf("%w: what is opaque-token?", verifier.ErrInvalidToken)), want: with(nobody, func(l *logged) {
			l.Reason, l.Error = "invalid_token", "verifier: invalid token: what is [token]?"
		})},
		{name: "an extractor that quotes", field: "Bearer " + good, opts: []httpauth.Option{httpauth.WithExtractor(careless)}, want: with(nobody, func(l *logged) {
			l.Reason, l.Status, l.Error = "bad_request", 400, `httpauth: malformed request: "Bearer [token]"`
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			opts := append([]httpauth.Option{
				httpauth.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))), httpauth.WithProof(fakeScheme{fake{"s", &asked}}),
			}, test.opts...)
			v := test.v
			if v == nil {
				v = s
			}
			m := httpauth.New(v, opts...)
			h := m.Handler(page)
			if test.route != nil {
				h = test.route(m)
			}
			key := "x"
			if test.name == "a proof's outage" {
				key = "down"
			}
			whole(t, h, test.field, key)
			got := lines(t, log.Bytes())
			if test.want.Error == "" && len(got) == 1 {
				got[0].Error = ""
			}
			if diff := cmp.Diff([]logged{test.want}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for part := range strings.SplitSeq(strings.TrimPrefix(test.field, "Bearer "), ".") {
				if len(part) > 20 && strings.Contains(log.String(), part[:16]) {
					t.Errorf("the log holds a part of the token: %s", log.String())
				}
			}
		})
	}
	var log bytes.Buffer
	m := httpauth.New(s, httpauth.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))), httpauth.WithPreflight())
	whole(t, m.Handler(page), "Bearer "+good, "")
	whole(t, m.Optional(page), "", "")
	if log.Len() > 0 {
		t.Errorf("what was let through is logged: %s", log.String())
	}
}

// TestH08HangingUpIsNotAWarning: a client that hangs up is not an outage. An
// outage during its request still is one.
func TestH08HangingUpIsNotAWarning(t *testing.T) {
	waits := verifier.Func(func(ctx context.Context, _ string) (*verifier.Token, error) {
		return nil, fmt.Errorf("%w: %w", verifier.ErrUnavailable, ctx.Err())
	})
	for name, test := range map[string]struct {
		v      verifier.Verifier
		hungUp bool
		level  string
	}{
		"hung up":                  {waits, true, "INFO"},
		"hung up during an outage": {says(nil, verifier.ErrUnavailable), true, "WARN"},
		"somebody else canceled":   {says(nil, context.Canceled), false, "WARN"},
		"a lookup timed out":       {says(nil, context.DeadlineExceeded), false, "WARN"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if test.hungUp {
			cancel()
		}
		var log bytes.Buffer
		m := httpauth.New(test.v, httpauth.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
		r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer abc")
		rec := httptest.NewRecorder()
		m.Handler(page).ServeHTTP(rec, r)
		cancel()
		if got := lines(t, log.Bytes()); len(got) != 1 || got[0].Level != test.level || rec.Code != 503 {
			t.Errorf("%s: %d %+v, want %s", name, rec.Code, got, test.level)
		}
	}
}

// TestH13RefusedClaims: the error handler learns whose token was refused only
// if the signature verified.
func TestH13RefusedClaims(t *testing.T) {
	s, stranger, asked := newSite(t), newSite(t), 0
	for _, test := range []struct {
		name, field string
		known       bool
	}{
		{"scope", "Bearer " + s.Sign(with(nil)), true},
		{"expired", "Bearer " + s.Sign(with(map[string]any{"exp": 1})), true},
		{"expired by a scheme", "Fake " + s.Sign(with(map[string]any{"exp": 1})), true},
		{"unproven", "Fake " + s.Sign(with(map[string]any{"cnf": map[string]any{"s": "k"}})), true},
		{"not bound", "Fake " + s.Sign(with(nil)), true},
		{"forged", "Bearer " + stranger.Sign(with(nil)), false},
		{"forged by a scheme", "Fake " + stranger.Sign(with(map[string]any{"exp": 1})), false},
		{"not a JWT", "Bearer bad", false},
		{"malformed", "Bearer a b", false},
		{"none", "", false},
	} {
		calls := 0
		m := httpauth.New(s, httpauth.WithProof(fakeScheme{fake{"s", &asked}}), httpauth.WithErrorHandler(func(_ http.ResponseWriter, r *http.Request, err error) {
			calls++
			set, ok := verifier.RefusedClaims(err)
			if ok != test.known || ok && set.Subject != "user-1" {
				t.Errorf("%s: RefusedClaims = %v, %v; want %v", test.name, set, ok, test.known)
			}
			if _, ok := httpauth.FromContext(r.Context()); ok {
				t.Errorf("%s: the refused token is in the context", test.name)
			}
		}))
		whole(t, m.RequireScope("write")(unreachable(t)), test.field, "")
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", test.field)
		if _, err := m.Authenticate(r); err != nil {
			if _, ok := verifier.RefusedClaims(err); ok != test.known {
				t.Errorf("%s: of Authenticate, RefusedClaims = %v", test.name, ok)
			}
		}
		if calls != 1 {
			t.Errorf("%s: the error handler was called %d times", test.name, calls)
		}
	}
}
