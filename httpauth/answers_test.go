package httpauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// The answers in full.
var (
	hello = answer{Status: 200, ContentType: "text/plain; charset=utf-8", Body: "hello user-1"}

	noToken = answer{
		Status: 401, Challenge: []string{`Bearer realm="api"`},
		CacheControl: "no-store", ContentType: "application/json",
		Body: `{"error_description":"A bearer token is required."}` + "\n",
	}
	badRequest  = refused(400, "invalid_request", "The request is malformed or carries more than one token.", "")
	badToken    = refused(401, "invalid_token", "The token is not valid.", "")
	expired     = refused(401, "invalid_token", "The token has expired.", "")
	early       = refused(401, "invalid_token", "The token is not valid yet.", "")
	elsewhere   = refused(401, "invalid_token", "The token is for another audience.", "")
	unavailable = answer{
		Status: 503, RetryAfter: "5", CacheControl: "no-store", ContentType: "application/json",
		Body: `{"error":"temporarily_unavailable","error_description":"The token cannot be checked now. Try again later."}` + "\n",
	}
)

func refused(status int, code, description, more string) answer {
	return answer{
		Status:       status,
		Challenge:    []string{fmt.Sprintf(`Bearer realm="api", error="%s", error_description="%s"%s`, code, description, more)},
		CacheControl: "no-store", ContentType: "application/json",
		Body: fmt.Sprintf(`{"error":"%s","error_description":"%s"}`+"\n", code, description),
	}
}

func lacksScope(scopes string) answer {
	return refused(403, "insufficient_scope", "The token does not grant the required access.", `, scope="`+scopes+`"`)
}

// asking returns the same answer from a route that needs scopes: a 401 lists
// them too.
func (a answer) asking(scopes string) answer {
	if a.Status == http.StatusUnauthorized && scopes != "" {
		a.Challenge = []string{a.Challenge[0] + `, scope="` + scopes + `"`}
	}
	return a
}

func TestAnswers(t *testing.T) {
	s := newSite(t, verifier.WithClaims(claims.Optional("own", claims.Typed(own))))
	forger := verifiertest.NewSigner(t, keys.HS256, "key-1")
	stranger := verifiertest.NewSigner(t, keys.HS256, "key-2")
	other := verifiertest.NewSigner(t, keys.ES256, "key-1")
	good := s.Sign(with(nil))
	srv := serve(t, httpauth.New(s).Handler(page))
	at := func(d time.Duration) int64 { return today.Add(d).Unix() }
	for _, test := range []struct {
		name, token string
		want        answer
	}{
		{"good", good, hello},
		{"none", "", noToken},
		{"two tokens", good + " " + good, badRequest},
		{"not a JWT", "abc", badToken},
		{"cut off", good[:len(good)-1], badToken},
		{"too long", strings.Repeat("a", 20_000), badToken},
		{"unsigned", "eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + ".", badToken},
		{"forged", forger.Sign(with(nil)), badToken},
		{"unknown key", stranger.Sign(with(nil)), badToken},
		{"another algorithm", other.Sign(with(nil)), badToken},
		{"expired", s.Sign(with(map[string]any{"exp": at(-time.Minute)})), expired},
		{"expired and forged", forger.Sign(with(map[string]any{"exp": at(-time.Minute)})), badToken},
		{"no expiry", s.Sign(with(map[string]any{"exp": nil})), badToken},
		{"not valid yet", s.Sign(with(map[string]any{"nbf": at(time.Minute)})), early},
		{"from the future", s.Sign(with(map[string]any{"iat": at(time.Minute)})), early},
		{"another audience", s.Sign(with(map[string]any{"aud": "https://other.example"})), elsewhere},
		{"no audience", s.Sign(with(map[string]any{"aud": nil})), elsewhere},
		{"malformed audience", s.Sign(with(map[string]any{"aud": 1})), badToken},
		{"another issuer", s.Sign(with(map[string]any{"iss": "https://other.example"})), badToken},
		{"no subject", s.Sign(with(map[string]any{"sub": nil})), badToken},
		{"refused by our own check", s.Sign(with(map[string]any{"own": "refuse"})), badToken},
		{"our backend is down", s.Sign(with(map[string]any{"own": "down"})), unavailable},
		{"our backend is slow", s.Sign(with(map[string]any{"own": "slow"})), unavailable},
		{"our own claim is malformed", s.Sign(with(map[string]any{"own": 1})), badToken},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, get(t, srv, test.token)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			fields := http.Header{"Authorization": {"Bearer " + test.token}}
			if test.token == "" {
				fields = nil
			}
			want := test.want
			want.Body = ""
			if diff := cmp.Diff(want, do(t, srv, http.MethodHead, fields)); diff != "" {
				t.Errorf("HEAD (-want +got)\n%s", diff)
			}
		})
	}
}

func own(_ context.Context, c struct {
	Own string `json:"own"`
}) error {
	switch c.Own {
	case "refuse":
		return errors.New("no s3cret")
	case "down":
		return fmt.Errorf("the s3cret database: %w", claims.ErrUnavailable)
	case "slow":
		return fmt.Errorf("the s3cret database: %w", context.DeadlineExceeded)
	}
	return nil
}

// TestHeadHasNoBody: the handler itself writes no body. On the wire net/http
// would hide one.
func TestHeadHasNoBody(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"refusal":  httpauth.New(newSite(t)).Handler(page),
		"metadata": httpauth.Metadata{Resource: audience},
	} {
		t.Run(name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequest(http.MethodHead, "/", nil))
			if rec.Body.Len() > 0 {
				t.Errorf("the handler writes %s", rec.Body)
			}
		})
	}
}

// TestUndecided: an error that is not a verdict on the token is 503, regardless
// of where it comes from.
func TestUndecided(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	for _, test := range []struct {
		name string
		v    verifier.Verifier
	}{
		{"keys unavailable", newVerifier(t, keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
			return nil, fmt.Errorf("%w: the key server does not answer", keys.ErrUnavailable)
		}))},
		{"an error of unknown kind", says(nil, errors.New("what is this?"))},
		{"time limit", says(nil, context.DeadlineExceeded)},
		{"neither a token nor an error", says(nil, nil)},
		{"a token without claims", says(&verifier.Token{}, nil)},
		{"a token with the error", says(&verifier.Token{Set: &claims.Set{Subject: "user-1"}}, verifier.ErrUnavailable)},
		{"invalid and unavailable together", says(nil, errors.Join(verifier.ErrInvalidToken, verifier.ErrUnavailable))},
	} {
		for name, m := range map[string]*httpauth.Middleware{
			"strict": httpauth.New(test.v), "optional": httpauth.New(test.v, httpauth.WithOptional()),
		} {
			for route, h := range map[string]http.Handler{"handler": m.Handler(page), "scope": m.RequireScope("read")(page)} {
				t.Run(test.name+"/"+name+"/"+route, func(t *testing.T) {
					if diff := cmp.Diff(unavailable, get(t, serve(t, h), good)); diff != "" {
						t.Errorf("(-want +got)\n%s", diff)
					}
				})
			}
		}
	}
}

func says(tok *verifier.Token, err error) verifier.Verifier {
	return verifier.Func(func(context.Context, string) (*verifier.Token, error) { return tok, err })
}

// TestOutage breaks a real issuer: tokens that the known keys can decide are
// decided, and no others.
func TestOutage(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(iss.Client()))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src)
	if err != nil {
		t.Fatal(err)
	}
	srv := serve(t, httpauth.New(v).Handler(page))
	old := iss.Token("user-1", time.Hour)
	expect := func(when, token string, want answer) {
		t.Helper()
		if diff := cmp.Diff(want, get(t, srv, token)); diff != "" {
			t.Fatalf("%s (-want +got)\n%s", when, diff)
		}
	}
	expect("all is well", old, hello)
	expect("expired", iss.Token("user-1", -time.Hour), expired)

	iss.Rotate()
	iss.Break(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "s3cret trouble", http.StatusInternalServerError)
	})
	expect("a key that is known", old, hello)
	expect("a key that nobody can ask for", iss.Token("user-1", time.Hour), unavailable)
	expect("no token needs no key", "", noToken)

	cold, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(iss.Client()))
	if err != nil {
		t.Fatal(err)
	}
	if v, err = verifier.New(cold); err != nil {
		t.Fatal(err)
	}
	srv = serve(t, httpauth.New(v).Handler(page))
	expect("a cold start", old, unavailable)
}

// TestVerifierLacksScope: the verifier itself may require a scope.
func TestVerifierLacksScope(t *testing.T) {
	s := newSite(t, verifier.WithClaims(claims.Scope("admin")))
	srv := serve(t, httpauth.New(s).Handler(page))
	want := refused(403, "insufficient_scope", "The token does not grant the required access.", "")
	if diff := cmp.Diff(want, get(t, srv, s.Sign(with(nil)))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(hello, get(t, srv, s.Sign(with(map[string]any{"scope": "admin"})))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRealmAndMetadata(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s, httpauth.WithRealm("the items"), httpauth.WithResourceMetadata("https://api.example/.well-known/oauth-protected-resource"))
	const first, scope, last = `Bearer realm="the items"`, `, scope="read write"`, `, resource_metadata="https://api.example/.well-known/oauth-protected-resource"`
	srv := serve(t, m.RequireScope("read", "write")(page))
	good := s.Sign(with(nil))
	for name, test := range map[string]struct {
		token string
		want  []string
	}{
		"none":     {"", []string{first + scope + last}},
		"two":      {good + "," + good, []string{first + `, error="invalid_request", error_description="The request is malformed or carries more than one token."` + last}},
		"bad":      {"bad", []string{first + `, error="invalid_token", error_description="The token is not valid."` + scope + last}},
		"no scope": {good, []string{first + `, error="insufficient_scope", error_description="The token does not grant the required access.", scope="read write"` + last}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, get(t, srv, test.token).Challenge); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	empty := serve(t, httpauth.New(s, httpauth.WithRealm("")).Handler(page))
	if diff := cmp.Diff([]string{"Bearer"}, get(t, empty, "").Challenge); diff != "" {
		t.Errorf("an empty realm (-want +got)\n%s", diff)
	}
}

// TestConcurrent is for the race detector: one Middleware, many requests, and
// each gets its own answer.
func TestConcurrent(t *testing.T) {
	s := newSite(t)
	srv := serve(t, httpauth.New(s).Handler(page))
	tokens := map[string]answer{"": noToken, "bad": badToken, "a b": badRequest}
	for i := range 5 {
		want, sub := hello, fmt.Sprintf("user-%d", i)
		want.Body = "hello " + sub
		tokens[s.Sign(with(map[string]any{"sub": sub}))] = want
	}
	for token, want := range tokens {
		for i := range 10 {
			t.Run(fmt.Sprintf("%d %s, request %d", want.Status, want.Body, i), func(t *testing.T) {
				t.Parallel()
				if diff := cmp.Diff(want, get(t, srv, token)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		}
	}
}
