package httpauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

type onError = func(http.ResponseWriter, *http.Request, error)

// unreachable fails the test if a refused request gets through.
func unreachable(t *testing.T) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the handler got a refused request: %v", r.Header)
	})
}

// TestErrorHandler words each answer in several ways.
func TestErrorHandler(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	refusals := []struct {
		name   string
		v      verifier.Verifier
		fields http.Header
		is     error
		usual  answer
	}{
		{"no token", s, http.Header{}, httpauth.ErrNoToken, noToken.asking("read")},
		{"two tokens", s, http.Header{"Authorization": {"Bearer a", "Bearer b"}}, httpauth.ErrRequest, badRequest},
		{"bad token", s, http.Header{"Authorization": {"Bearer a"}}, verifier.ErrMalformed, badToken.asking("read")},
		{"lack of scope", s, http.Header{"Authorization": {"Bearer " + good}}, claims.ErrInsufficientScope, lacksScope("read")},
		{"outage", says(nil, verifier.ErrUnavailable), http.Header{"Authorization": {"Bearer " + good}}, verifier.ErrUnavailable, unavailable},
	}
	handlers := []struct {
		name string
		h    onError
		edit func(usual answer) answer // turns the usual answer into the expected one; nil: no change
	}{
		{name: "nothing", h: func(http.ResponseWriter, *http.Request, error) {}},
		{name: "only fields", h: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.Header().Set("X-Extra", "1")
			w.Header().Set("Retry-After", "77")
		}, edit: func(a answer) answer { a.RetryAfter = "77"; return a }},
		{name: "only an interim response", h: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusEarlyHints)
		}},
		{name: "the status", h: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(httpauth.Status(err))
		}, edit: func(a answer) answer { a.Body, a.ContentType = "", ""; return a }},
		{name: "status and body", h: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, "go away", httpauth.Status(err))
		}, edit: func(a answer) answer {
			a.ContentType, a.Body = "text/plain; charset=utf-8", "go away\n"
			return a
		}},
		{name: "another status", h: func(w http.ResponseWriter, r *http.Request, _ error) {
			w.Header().Del("WWW-Authenticate")
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		}, edit: func(a answer) answer {
			return answer{Status: 303, CacheControl: "no-store", RetryAfter: a.RetryAfter, ContentType: "text/html; charset=utf-8", Body: `<a href="/login">See Other</a>.` + "\n\n"}
		}},
	}
	for _, refusal := range refusals {
		for _, handler := range handlers {
			t.Run(refusal.name+"/"+handler.name, func(t *testing.T) {
				var seen error
				m := httpauth.New(refusal.v, httpauth.WithErrorHandler(func(w http.ResponseWriter, r *http.Request, err error) {
					seen = err
					handler.h(w, r, err)
				}))
				srv := serve(t, m.RequireScope("read")(unreachable(t)))
				srv.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				want := refusal.usual
				if handler.edit != nil {
					want = handler.edit(want)
				}
				if diff := cmp.Diff(want, do(t, srv, http.MethodGet, refusal.fields)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if !errors.Is(seen, refusal.is) {
					t.Errorf("the error handler got %v, want %v", seen, refusal.is)
				}
			})
		}
	}
}

// TestErrorHandlerSeesTheAnswer: the fields of the usual answer are already set.
func TestErrorHandlerSeesTheAnswer(t *testing.T) {
	var seen http.Header
	m := httpauth.New(newSite(t), httpauth.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, _ error) {
		seen = w.Header().Clone()
	}))
	get(t, serve(t, m.Handler(unreachable(t))), "bad")
	want := http.Header{"Cache-Control": {"no-store"}, "Www-Authenticate": badToken.Challenge}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestErrorHandlerIsNotAsked: the error handler is not called for a request that
// is let through.
func TestErrorHandlerIsNotAsked(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s, httpauth.WithOptional(), httpauth.WithErrorHandler(func(_ http.ResponseWriter, _ *http.Request, err error) {
		t.Errorf("asked about %v", err)
	}))
	srv := serve(t, m.Handler(page))
	for _, token := range []string{"", s.Sign(with(nil))} {
		if got := get(t, srv, token).Status; got != http.StatusOK {
			t.Errorf("the status is %d, want 200", got)
		}
	}
}

// TestErrorHandlerController: http.ResponseController still reaches the writer
// of the server.
func TestErrorHandlerController(t *testing.T) {
	m := httpauth.New(newSite(t), httpauth.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
		rc := http.NewResponseController(w)
		if err := rc.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Errorf("SetWriteDeadline: %v", err)
		}
		w.WriteHeader(httpauth.Status(err))
		fmt.Fprint(w, "one")
		if err := rc.Flush(); err != nil {
			t.Errorf("Flush: %v", err)
		}
		fmt.Fprint(w, "two")
	}))
	want := noToken
	want.ContentType, want.Body = "text/plain; charset=utf-8", "onetwo"
	if diff := cmp.Diff(want, get(t, serve(t, m.Handler(unreachable(t))), "")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestErrorHandlerWithoutStatus: without WriteHeader the status is the usual
// one, not the 200 of net/http.
func TestErrorHandlerWithoutStatus(t *testing.T) {
	for name, test := range map[string]struct {
		h    onError
		body string
	}{
		"body":  {func(w http.ResponseWriter, _ *http.Request, _ error) { fmt.Fprint(w, "go away") }, "go away"},
		"flush": {func(w http.ResponseWriter, _ *http.Request, _ error) { http.NewResponseController(w).Flush() }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := httpauth.New(newSite(t), httpauth.WithErrorHandler(test.h))
			got := get(t, serve(t, m.Handler(unreachable(t))), "bad")
			if got.Status != http.StatusUnauthorized || got.Body != test.body {
				t.Errorf("the answer is %d %q, want 401 %q", got.Status, got.Body, test.body)
			}
		})
	}
}
