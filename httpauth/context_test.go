package httpauth_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func TestContext(t *testing.T) {
	tok := &verifier.Token{Set: &claims.Set{Subject: "user-1"}, Algorithm: keys.ES256}
	type key struct{}
	outer, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	defer cancel()
	ctx := httpauth.NewContext(outer, tok)
	anonymous := httpauth.NewContext(ctx, nil)
	other := &verifier.Token{Set: &claims.Set{Subject: "user-2"}}
	child, cancelChild := context.WithCancel(ctx)
	defer cancelChild()
	for _, test := range []struct {
		name string
		ctx  context.Context
		want *verifier.Token
	}{
		{"none", outer, nil},
		{"one", ctx, tok},
		{"further down", context.WithValue(child, key{}, "other"), tok},
		{"the last one counts", httpauth.NewContext(ctx, other), other},
		{"nil is anonymous", anonymous, nil},
		{"one after nil", httpauth.NewContext(anonymous, other), other},
		{"without cancel", context.WithoutCancel(ctx), tok},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := httpauth.FromContext(test.ctx)
			if got != test.want || ok != (test.want != nil) {
				t.Errorf("FromContext = %v, %v; want %v", got, ok, test.want)
			}
		})
	}

	if got := ctx.Value(key{}); got != "value" {
		t.Errorf("the value of the context around is %v", got)
	}
	if got := ctx.Value("no such key"); got != nil {
		t.Errorf("the value that nobody set is %v", got)
	}
	cancel()
	for name, ctx := range map[string]context.Context{"it": ctx, "its child": child} {
		if ctx.Err() != context.Canceled {
			t.Errorf("canceling the context around does not cancel %s", name)
		}
	}
}

// TestContextSurvives puts the handlers of net/http that copy requests before
// and after the Middleware.
func TestContextSurvives(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(map[string]any{"scope": "read"}))
	m := httpauth.New(s)
	timeout := func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "too late") }
	small := func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1<<10) }
	strip := func(h http.Handler) http.Handler { return http.StripPrefix("", h) }
	mux := func(h http.Handler) http.Handler {
		m := http.NewServeMux()
		m.Handle("GET /", h)
		return m
	}
	scope := m.RequireScope("read")
	for name, h := range map[string]http.Handler{
		"what was there before":        annotated(m.Handler(noted(t, page))),
		"what was there before scope":  annotated(scope(noted(t, page))),
		"TimeoutHandler after":         m.Handler(timeout(page)),
		"TimeoutHandler before":        timeout(m.Handler(page)),
		"MaxBytesHandler after":        m.Handler(small(page)),
		"MaxBytesHandler before":       small(m.Handler(page)),
		"StripPrefix after":            m.Handler(strip(page)),
		"ServeMux after":               m.Handler(mux(page)),
		"ServeMux before":              mux(m.Handler(page)),
		"a value after":                m.Handler(annotated(page)),
		"all after":                    m.Handler(timeout(small(strip(annotated(mux(page)))))),
		"all after RequireScope":       scope(timeout(small(strip(annotated(mux(page)))))),
		"all between":                  m.Handler(timeout(small(strip(annotated(mux(scope(page))))))),
		"CrossOriginProtection before": http.NewCrossOriginProtection().Handler(m.Handler(page)),
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, h)
			if diff := cmp.Diff(hello, get(t, srv, good)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got := get(t, srv, "").Status; got != http.StatusUnauthorized {
				t.Errorf("without a token the status is %d, want 401", got)
			}
		})
	}
}

// noted fails the test unless annotated ran before it.
func noted(t *testing.T, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Context().Value(note{}); got != "x" {
			t.Errorf("the value that was in the context is %v now", got)
		}
		next.ServeHTTP(w, r)
	})
}

// TestVerifierGetsTheContext: a key lookup ends with the request.
func TestVerifierGetsTheContext(t *testing.T) {
	type key struct{}
	seen := ""
	m := httpauth.New(verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
		seen, _ = ctx.Value(key{}).(string)
		return nil, ctx.Err()
	}))
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer abc")
	tok, err := m.Authenticate(r)
	if tok != nil || err != context.Canceled || seen != "value" {
		t.Errorf("Authenticate = %v, %v with the value %q; want the error of the request's context", tok, err, seen)
	}
	if got := httpauth.Status(err); got != http.StatusServiceUnavailable {
		t.Errorf("Status(%v) = %d, want 503", err, got)
	}
}

// TestOwnTokenBehindAnother: a Middleware finds its own token behind one that
// verifier.NewContext has put there since, and does not take that one for its own.
func TestOwnTokenBehindAnother(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s)
	other := &verifier.Token{Set: &claims.Set{Subject: "user-2"}}
	h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx := verifier.NewContext(r.Context(), other)
		own, ok := m.FromContext(ctx)
		if innermost, _ := httpauth.FromContext(ctx); !ok || own.Subject != "user-1" || innermost != other {
			t.Errorf("m.FromContext = %v, %v and FromContext = %v; want user-1 and user-2", own, ok, innermost)
		}
		if tok, ok := m.FromContext(verifier.NewContext(context.Background(), other)); ok {
			t.Errorf("m.FromContext takes %v for its own", tok)
		}
	}))
	srv := serve(t, h)
	if got := get(t, srv, s.Sign(with(nil))).Status; got != http.StatusOK {
		t.Errorf("the status is %d, want 200", got)
	}
}
