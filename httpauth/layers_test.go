package httpauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestH04TwoTokens: an inner Middleware that finds no token does not hide that
// of an outer one, and each returns its own.
func TestH04TwoTokens(t *testing.T) {
	users, services := newSite(t), newSite(t)
	user := httpauth.New(users)
	service := httpauth.New(services, httpauth.WithExtractor(httpauth.Header("X-Service-Token")), httpauth.WithOptional())
	never := httpauth.New(users)
	name := func(tok *verifier.Token, ok bool) string {
		if !ok {
			return "nobody"
		}
		return tok.Subject
	}
	tell := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		fmt.Fprint(w, name(httpauth.FromContext(ctx)), " ", name(user.FromContext(ctx)), " ", name(service.FromContext(ctx)), " ", name(never.FromContext(ctx)))
	})
	alice := "Bearer " + users.Sign(with(map[string]any{"sub": "alice", "scope": "read"}))
	robot := services.Sign(with(map[string]any{"sub": "robot", "scope": "read"}))
	both := http.Header{"Authorization": {alice}, "X-Service-Token": {robot}}
	one := http.Header{"Authorization": {alice}}
	planted := func(next http.Handler, tok *verifier.Token) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(httpauth.NewContext(r.Context(), tok)))
		})
	}
	mallory := &verifier.Token{Set: mustParse(t, `{"sub":"mallory","scope":"read"}`)}
	for _, test := range []struct {
		name   string
		h      http.Handler
		fields http.Header
		want   string // innermost, user, service, never
	}{
		{"both", user.Handler(service.Handler(tell)), both, "robot alice robot nobody"},
		{"the inner one is anonymous", user.Handler(service.Handler(tell)), one, "alice alice nobody nobody"},
		{"the outer one is anonymous", service.Handler(user.Handler(tell)), one, "alice alice nobody nobody"},
		{"the other order", service.Handler(user.Handler(tell)), both, "alice alice robot nobody"},
		{"by Optional", user.Handler(service.Optional(tell)), one, "alice alice nobody nobody"},
		{"a route of the outer one", user.Handler(service.Handler(user.RequireScope("read")(tell))), both, "alice alice robot nobody"},
		{"a route of the outer one, inner anonymous", user.Handler(service.Handler(user.RequireScope("read")(tell))), one, "alice alice nobody nobody"},
		{"NewContext is nobody's", user.Handler(planted(tell, mallory)), both, "mallory alice nobody nobody"},
		{"a route after NewContext", user.Handler(planted(user.RequireScope("read")(tell), mallory)), both, "alice alice nobody nobody"},
		{"NewContext of nil", user.Handler(planted(tell, nil)), both, "nobody nobody nobody nobody"},
		{"a route after NewContext of nil", user.Handler(planted(user.RequireScope("read")(tell), nil)), both, "alice alice nobody nobody"},
	} {
		if got := do(t, serve(t, test.h), http.MethodGet, test.fields.Clone()); got.Body != test.want {
			t.Errorf("%s: %d %q, want %q", test.name, got.Status, got.Body, test.want)
		}
	}
	if _, ok := (*httpauth.Middleware)(nil).FromContext(t.Context()); ok {
		t.Error("a nil Middleware has a token")
	}
}

// TestH04VerifiedOnceInLayers: a Middleware finds its own verdict again behind
// another Middleware, so a proof that is good for one use is asked for once.
func TestH04VerifiedOnceInLayers(t *testing.T) {
	s, asked := newSite(t), 0
	m := httpauth.New(s, httpauth.WithProof(fake{"a", &asked}))
	other := httpauth.New(s, httpauth.WithExtractor(httpauth.Header("X-Other")))
	h := m.Handler(other.Handler(m.RequireBound()(page)))
	fields := http.Header{"Authorization": {"Bearer " + s.Sign(with(map[string]any{"cnf": map[string]any{"a": "k"}}))}, "X-Key": {"k"}, "X-Other": {s.Sign(with(nil))}}
	if got := do(t, serve(t, h), http.MethodGet, fields); got.Status != 200 || asked != 1 {
		t.Errorf("%d, the proof was asked %d times", got.Status, asked)
	}
}

// copyValues copies the values of a context as adapters for fasthttp do: by the
// field names of the type behind context.WithValue.
func copyValues(from any, to map[any]any) {
	v := reflect.ValueOf(from)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || !v.CanAddr() {
		return
	}
	var key any
	for i := range v.NumField() {
		f := v.Field(i)
		f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
		switch name := v.Type().Field(i).Name; {
		case name == "Context":
			copyValues(f.Interface(), to)
		case name == "key":
			key = f.Interface()
		case name == "val" && key != nil:
			to[key] = f.Interface()
		default:
			key = nil
		}
	}
}

// A copied context is the context of another framework.
type copied struct {
	context.Context
	values map[any]any
}

func (c copied) Value(key any) any { return c.values[key] }

// TestH06CopiedContext: the token arrives if a framework copies the values of a
// context, as Fiber's adapter does.
func TestH06CopiedContext(t *testing.T) {
	s := newSite(t)
	m, other := httpauth.New(s), httpauth.New(s, httpauth.WithExtractor(httpauth.Header("X-Other")))
	for name, h := range map[string]func(http.Handler) http.Handler{
		"Handler":      m.Handler,
		"a value":      func(h http.Handler) http.Handler { return m.Handler(annotated(h)) },
		"two of them":  func(h http.Handler) http.Handler { return other.Handler(annotated(m.Handler(h))) },
		"RequireScope": m.RequireScope("read"),
		"NewContext": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tok, err := m.Authenticate(r)
				if err != nil {
					t.Error(err)
				}
				h.ServeHTTP(w, r.WithContext(httpauth.NewContext(r.Context(), tok)))
			})
		},
	} {
		reached := false
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		token := s.Sign(with(map[string]any{"scope": "read"}))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("X-Other", token)
		h(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			reached = true
			values := map[any]any{}
			copyValues(r.Context(), values)
			ctx := copied{context.Background(), values}
			if tok, ok := httpauth.FromContext(ctx); !ok || tok.Subject != "user-1" {
				t.Errorf("%s: FromContext = %v, %v in %v", name, tok, ok, values)
			}
			if _, ok := m.FromContext(ctx); ok == (name == "NewContext") {
				t.Errorf("%s: the FromContext of the Middleware finds %v", name, ok)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
		if !reached {
			t.Errorf("%s: the request was refused", name)
		}
	}
}

// TestS10NothingPrintsTheToken: no verb, logger or encoder shows a token or a
// secret that a value of this package holds.
func TestS10NothingPrintsTheToken(t *testing.T) {
	s := newSite(t)
	const raw, secret = "eyJhbGciOiJub25lIn0.e30.s3cretsignature", "s3cret-of-a-proof"
	token := s.Sign(with(nil))
	tok, err := s.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	binding := httpauth.Binding{Token: tok, Raw: raw, Value: "thumbprint"}
	m := httpauth.New(s, httpauth.WithProof(secretProof{secret}), httpauth.WithRealm(secret))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	var ctx context.Context
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() })).ServeHTTP(httptest.NewRecorder(), r)
	if kind := slog.AnyValue(binding).Resolve().Kind(); kind != slog.KindString {
		t.Errorf("for slog a Binding is a %v, not a string", kind)
	}
	proofError := httpauth.ProofError{Code: "a", Description: "b", Word: "c", Err: fmt.Errorf("d")}
	for name, v := range map[string]any{
		"Binding": binding, "*Binding": &binding, "a struct": struct{ B httpauth.Binding }{binding}, "a list": []httpauth.Binding{binding},
		"Middleware": *m, "*Middleware": m, "ProofError": proofError, "*ProofError": &proofError,
		"Scheme": secretProof{secret}.Scheme(), "the context": ctx, "a context within": context.WithValue(ctx, note{}, "x"),
	} {
		var shown strings.Builder
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			fmt.Fprintf(&shown, format+"\n", v)
		}
		for _, h := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
			slog.New(h).Info("x", "v", v, slog.Group("g", "v", v))
		}
		if b, err := json.Marshal(v); err == nil {
			shown.Write(b)
		}
		for _, hidden := range []string{raw, secret, token, token[len(token)-20:], fmt.Sprintf("%x", raw), "s3cret"} {
			if strings.Contains(shown.String(), hidden) {
				t.Errorf("%s shows %.30s:\n%.2000s", name, hidden, shown.String())
			}
		}
		if bytes.Contains([]byte(shown.String()), []byte("PANIC")) {
			t.Errorf("%s: %s", name, shown.String())
		}
	}
}

// A secretProof holds a secret, as a checker of DPoP proofs does.
type secretProof struct{ secret string }

func (secretProof) Member() string                                           { return "s" }
func (secretProof) Prove(http.Header, *http.Request, httpauth.Binding) error { return nil }
func (secretProof) Scheme() httpauth.Scheme                                  { return httpauth.Scheme{Name: "Secret"} }
