package httpauth_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A seen value is what a test compares of an Event.
type seen struct {
	Outcome, Reason, From, Issuer, Subject, Client, Actor string
	Status                                                int
	Bound, Again                                          bool
}

func seenIn(e httpauth.Event) seen {
	return seen{e.Outcome(), e.Reason(), e.From, e.Issuer(), e.Subject(), e.Client(), e.Actor(), e.Status, e.Bound(), e.Again}
}

// observing is an option that adds to a list.
func observing(to *[]seen) httpauth.Option {
	return httpauth.WithObserver(func(_ *http.Request, e httpauth.Event) { *to = append(*to, seenIn(e)) })
}

// TestObserver: each request is reported once, with the claims of verified tokens only,
// by every way to decide it.
func TestObserver(t *testing.T) {
	s := newSite(t)
	asked := 0
	proofs := []httpauth.Option{httpauth.WithProof(fakeScheme{fake{"s", &asked}})}
	good := s.Sign(with(map[string]any{"azp": "app", "act": map[string]any{"sub": "admin"}}))
	bound := s.Sign(with(map[string]any{"cnf": map[string]string{"s": "k"}}))
	expired := s.Sign(with(map[string]any{"exp": 1}))
	known := seen{Outcome: "trusted", From: "Bearer", Issuer: issuer, Subject: "user-1"}
	but := func(f seen, edit func(*seen)) seen { edit(&f); return f }
	refused := func(f seen, outcome, reason string, status int) seen {
		f.Outcome, f.Reason, f.Status = outcome, reason, status
		return f
	}
	nobody := func(from, outcome, reason string, status int) seen {
		return refused(seen{From: from}, outcome, reason, status)
	}
	down := newVerifier(t, keys.Static())
	own := func(r *http.Request) (string, error) { return r.Header.Get("X-Own"), nil }
	places := httpauth.WithExtractor(httpauth.Authorization("JWT"), httpauth.Header("X-Token"), httpauth.Cookie("session"), own)
	field := func(name, value string) http.Header { return http.Header{name: {value}} }
	bearer := func(raw string) http.Header { return field("Authorization", "Bearer "+raw) }
	for _, test := range []struct {
		name   string
		v      verifier.Verifier
		opts   []httpauth.Option
		fields http.Header
		want   seen
	}{
		{"trusted", s, nil, bearer(good), but(known, func(e *seen) { e.Client, e.Actor = "app", "admin" })},
		{"no token", s, nil, nil, nobody("", "no_token", "no_token", 401)},
		{"another scheme", s, nil, field("Authorization", "Basic YTpi"), nobody("", "no_token", "no_token", 401)},
		{"malformed", s, nil, field("Authorization", "Bearer a b"), nobody("Bearer", "bad_request", "bad_request", 400)},
		{"bad", s, nil, bearer("bad"), nobody("Bearer", "invalid", "malformed", 401)},
		{"expired", s, nil, bearer(expired), refused(known, "invalid", "expired", 401)},
		{"down", down, nil, bearer(good), nobody("Bearer", "undecided", "unavailable", 503)},
		{"silent verifier", says(nil, nil), nil, bearer(good), nobody("Bearer", "undecided", "unknown", 503)},

		{"header", s, []httpauth.Option{places}, field("X-Token", s.Sign(with(nil))), but(known, func(e *seen) { e.From = "header" })},
		{"cookie", s, []httpauth.Option{places}, field("Cookie", "session="+s.Sign(with(nil))), but(known, func(e *seen) { e.From = "cookie" })},
		{"another name of the scheme", s, []httpauth.Option{places}, field("Authorization", "jwt "+s.Sign(with(nil))), but(known, func(e *seen) { e.From = "JWT" })},
		{"own extractor", s, []httpauth.Option{places}, field("X-Own", s.Sign(with(nil))), but(known, func(e *seen) { e.From = "extractor" })},
		{"two places", s, []httpauth.Option{places}, http.Header{"X-Token": {good}, "Cookie": {"session=" + good}}, nobody("cookie", "bad_request", "bad_request", 400)},

		{"bound", s, proofs, http.Header{"Authorization": {"Fake " + bound}, "X-Key": {"k"}}, but(known, func(e *seen) { e.From, e.Bound = "Fake", true })},
		{"not proven", s, proofs, http.Header{"Authorization": {"Fake " + bound}, "X-Key": {"x"}},
			refused(but(known, func(e *seen) { e.From, e.Bound = "Fake", true }), "invalid", "unproven", 401)},
		{"downgraded", s, proofs, bearer(bound), refused(but(known, func(e *seen) { e.Bound = true }), "invalid", "unproven", 401)},
	} {
		for way, decide := range map[string]func(*httpauth.Middleware, *http.Request){
			"Handler":      func(m *httpauth.Middleware, r *http.Request) { m.Handler(page).ServeHTTP(httptest.NewRecorder(), r) },
			"Authenticate": func(m *httpauth.Middleware, r *http.Request) { m.Authenticate(r) },
			"AuthenticateWith, Refuse": func(m *httpauth.Middleware, r *http.Request) {
				w := httptest.NewRecorder()
				if _, err := m.AuthenticateWith(w.Header(), r); err != nil {
					m.Refuse(w, r, err)
				}
			},
		} {
			t.Run(test.name+" by "+way, func(t *testing.T) {
				var got []seen
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
				r.Header = test.fields
				decide(httpauth.New(test.v, append(test.opts, observing(&got))...), r)
				if diff := cmp.Diff([]seen{test.want}, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestObserverOfLayers: what Handlers inside each other report, and who is anonymous.
func TestObserverOfLayers(t *testing.T) {
	s := newSite(t)
	var got []seen
	m := httpauth.New(s, observing(&got), httpauth.WithExpiredAsAnonymous())
	other := httpauth.New(s, observing(&got))
	reader, writer := s.Sign(with(map[string]any{"scope": "read"})), s.Sign(with(map[string]any{"scope": "read write"}))
	known := seen{Outcome: "trusted", From: "Bearer", Issuer: issuer, Subject: "user-1"}
	forbidden := seen{Outcome: "forbidden", Reason: "insufficient_scope", Status: 403, From: "Bearer", Issuer: issuer, Subject: "user-1"}
	again := forbidden
	again.Again = true
	late := seen{Outcome: "anonymous", Reason: "expired", From: "Bearer", Issuer: issuer, Subject: "user-1"}
	write := m.RequireScope("write")
	swap := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+writer)
			next.ServeHTTP(w, r)
		})
	}
	swapped := known
	swapped.Again = true
	for _, test := range []struct {
		name string
		h    http.Handler
		raw  string
		want []seen
	}{
		{"one layer", write(page), writer, []seen{known}},
		{"one layer refuses", write(page), reader, []seen{forbidden}},
		{"two layers", m.Handler(m.Handler(write(page))), writer, []seen{known}},
		{"the inner one refuses", m.Handler(write(page)), reader, []seen{known, again}},
		{"another token inside", m.Handler(swap(write(page))), reader, []seen{known, swapped}},
		{"two Middlewares", m.Handler(other.Handler(m.Handler(page))), reader, []seen{known, known}},
		{"anonymous", m.Optional(page), "", []seen{{Outcome: "anonymous", Reason: "no_token"}}},
		{"anonymous twice", m.Optional(other.Optional(m.Optional(page))), "", []seen{{Outcome: "anonymous", Reason: "no_token"}, {Outcome: "anonymous", Reason: "no_token"}}},
		{"anonymous, and then not", m.Optional(write(page)), "",
			[]seen{{Outcome: "anonymous", Reason: "no_token"}, {Outcome: "no_token", Reason: "no_token", Status: 401, Again: true}}},
		{"anonymous, and then a token", m.Optional(swap(write(page))), "", []seen{{Outcome: "anonymous", Reason: "no_token"}, swapped}},
		{"expired, anonymous", m.Optional(page), s.Sign(with(map[string]any{"exp": 1})), []seen{late}},
		{"expired", m.Handler(page), s.Sign(with(map[string]any{"exp": 1})), []seen{{Outcome: "invalid", Reason: "expired", Status: 401, From: "Bearer", Issuer: issuer, Subject: "user-1"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got = nil
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			if test.raw != "" {
				r.Header.Set("Authorization", "Bearer "+test.raw)
			}
			test.h.ServeHTTP(httptest.NewRecorder(), r)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestObserverCannotDecide: one that panics changes no answer, and is logged once,
// without what it panicked with.
func TestObserverCannotDecide(t *testing.T) {
	s, out := newSite(t), new(bytes.Buffer)
	raw := s.Sign(with(nil))
	m := httpauth.New(s, httpauth.WithLogger(slog.New(slog.NewTextHandler(out, nil))),
		httpauth.WithObserver(func(*http.Request, httpauth.Event) { panic(raw) }))
	srv := serve(t, m.Handler(page))
	for range 2 {
		if got := do(t, srv, http.MethodGet, http.Header{"Authorization": {"Bearer " + raw}}); got.Status != 200 {
			t.Errorf("a good token is answered %d", got.Status)
		}
		if got := do(t, srv, http.MethodGet, nil); got.Status != 401 {
			t.Errorf("no token is answered %d", got.Status)
		}
	}
	if text := out.String(); strings.Count(text, "the observer panicked") != 1 || strings.Contains(text, raw) {
		t.Errorf("logged %q", text)
	}
}

// TestObserverSeesTheRequest, how long its verifier took, and no text of the token that
// could forge a line of a log.
func TestObserverSeesTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		slow := verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
			<-time.After(2 * time.Second)
			return s.Verify(ctx, raw)
		})
		var path, text string
		var took time.Duration
		m := httpauth.New(slow, httpauth.WithObserver(func(r *http.Request, e httpauth.Event) {
			path, took, text = r.URL.Path, e.Duration, fmt.Sprint(e.LogValue())
		}))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/orders", nil)
		r.Header.Set("Authorization", "Bearer "+s.Sign(with(map[string]any{"sub": "a\nb", "exp": 1})))
		m.Handler(page).ServeHTTP(httptest.NewRecorder(), r)
		if path != "/orders" || took != 2*time.Second {
			t.Errorf("%s after %v", path, took)
		}
		if !strings.Contains(text, "outcome=invalid reason=expired status=401 from=Bearer duration=2s bound=false iss="+issuer+` sub="a\nb"`) {
			t.Error(text)
		}
	})
}

// TestObserverAllocates at most once more than the same Handler without it.
func TestObserverAllocates(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted with the race detector")
	}
	s, n := newSite(t), 0
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+s.Sign(with(nil)))
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	allocs := func(opts ...httpauth.Option) float64 {
		h, w := httpauth.New(s, opts...).Handler(next), &sink{fields: http.Header{}}
		return testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) })
	}
	without, with := allocs(), allocs(httpauth.WithObserver(func(*http.Request, httpauth.Event) { n++ }))
	if with > without+1 || n == 0 {
		t.Errorf("%v allocations, and %v without; %d Events", with, without, n)
	}
}
