package httpauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestH07RefuseAnswersLikeHandler: Authenticate and Refuse together give the
// same answer as Handler, byte for byte.
func TestH07RefuseAnswersLikeHandler(t *testing.T) {
	s := newSite(t)
	asked := 0
	worded := func(w http.ResponseWriter, r *http.Request, err error) {
		http.Error(w, "sorry: "+verifier.Reason(err), httpauth.Status(err))
	}
	for name, m := range map[string]*httpauth.Middleware{
		"plain":      httpauth.New(s),
		"proofs":     httpauth.New(s, httpauth.WithProof(fakeScheme{fake{"s", &asked}}), httpauth.WithProof(fake{"a", &asked})),
		"worded":     httpauth.New(s, httpauth.WithErrorHandler(worded)),
		"an outage":  httpauth.New(says(nil, verifier.ErrUnavailable), httpauth.WithRealm("x")),
		"documented": httpauth.New(s, httpauth.WithResourceMetadata("https://api.example/m")),
	} {
		framework := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tok, err := m.Authenticate(r)
			if err != nil {
				m.Refuse(w, r, err)
				return
			}
			page(w, r.WithContext(httpauth.NewContext(r.Context(), tok)))
		})
		with2 := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tok, err := m.AuthenticateWith(w.Header(), r)
			if err != nil {
				m.Refuse(w, r, fmt.Errorf("wrapped: %w", err))
				return
			}
			page(w, r.WithContext(httpauth.NewContext(r.Context(), tok)))
		})
		bound := func(member string) string {
			return s.Sign(with(map[string]any{"cnf": map[string]any{member: "k"}}))
		}
		for _, field := range []string{
			"", "Basic YTpi", "Bearer " + s.Sign(with(nil)), "Bearer bad", "Bearer a b", "Bearer " + s.Sign(with(map[string]any{"exp": 1})),
			"Bearer " + bound("a"), "Bearer " + bound("s"), "Fake " + bound("s"), "Fake " + bound("a"), "Fake bad", "Fake " + s.Sign(with(nil)),
		} {
			for _, key := range []string{"k", "x", "worded", "down"} {
				for how, h := range map[string]http.Handler{"Authenticate": framework, "AuthenticateWith": with2} {
					want, got := whole(t, m.Handler(page), field, key), whole(t, h, field, key)
					if how == "Authenticate" && got.Status == 200 {
						delete(want.Header, "X-Asked") // on success only AuthenticateWith sends it
						delete(got.Header, "X-Asked")
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%s, %s, %.20q, key %q (-Handler +got)\n%s", name, how, field, key, diff)
					}
				}
			}
		}
	}
}

// A wholeAnswer is everything that a handler writes.
type wholeAnswer struct {
	Status int
	Header http.Header
	Body   string
}

func whole(t *testing.T, h http.Handler, authorization, key string) wholeAnswer {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://api.example/", nil)
	r.Header = http.Header{"Authorization": {authorization}, "X-Key": {key}}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return wholeAnswer{rec.Code, rec.Result().Header, rec.Body.String()}
}

// TestH07RefuseSendsNonces: clients of a framework get the DPoP nonce that they
// need, also in the answer to a request that was let through.
func TestH07RefuseSendsNonces(t *testing.T) {
	s := newSite(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	checker, err := dpop.New(dpop.WithHosts(srv.Listener.Addr().String()), dpop.WithNonces(time.Minute, []byte("a secret of at least thirty-two bytes")))
	if err != nil {
		t.Fatal(err)
	}
	m := httpauth.New(s, httpauth.WithProof(checker))
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, err := m.Authenticate(r)
		if err != nil {
			if word := verifier.Reason(err); word != "nonce" {
				t.Errorf("the reason is %q", word)
			}
			m.Refuse(w, r, err)
			return
		}
		page(w, r.WithContext(httpauth.NewContext(r.Context(), tok)))
	})
	srv.Start()
	defer srv.Close()
	c := newDPoPClient(t, srv.Client(), jose.ES256, key)
	c.token = s.Sign(with(map[string]any{"cnf": map[string]string{"jkt": c.jkt}}))
	if status, body := c.fetch(t, http.MethodGet, srv.URL); status != 200 || body != "hello user-1" || c.asked != 2 {
		t.Errorf("%d %s after %d requests", status, body, c.asked)
	}
}

// TestH07RefuseFailsClosed: Refuse lets nobody in, whatever it is given.
func TestH07RefuseFailsClosed(t *testing.T) {
	s, other, asked := newSite(t), newSite(t), 0
	m := httpauth.New(s)
	foreign := httpauth.New(other, httpauth.WithProof(fakeScheme{fake{"s", &asked}}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Fake bad")
	_, foreignErr := foreign.Authenticate(r)
	for _, test := range []struct {
		name   string
		err    error
		status int
		want   []string
	}{
		{"nil", nil, 503, nil},
		{"unknown", errors.New("what is this?"), 503, nil},
		{"no token", httpauth.ErrNoToken, 401, noToken.Challenge},
		{"lack of scope", fmt.Errorf("no: %w", claims.ErrInsufficientScope), 403, []string{`Bearer realm="api", error="insufficient_scope", error_description="The token does not grant the required access."`}},
		{"of another Middleware", foreignErr, 401, badToken.Challenge},
	} {
		rec := httptest.NewRecorder()
		m.Refuse(rec, httptest.NewRequest(http.MethodGet, "/", nil), test.err)
		if diff := cmp.Diff(test.want, rec.Header()["Www-Authenticate"]); diff != "" || rec.Code != test.status {
			t.Errorf("%s: %d (-want +got)\n%s", test.name, rec.Code, diff)
		}
	}
}

// TestH16ForeignChallengesStay: challenges that an outer handler has set stay,
// except those of our own schemes.
func TestH16ForeignChallengesStay(t *testing.T) {
	s, asked := newSite(t), 0
	m := httpauth.New(s, httpauth.WithProof(fakeScheme{fake{"s", &asked}}))
	const ours, fakes = `Bearer realm="api"`, `Fake realm="api", how="in someway"`
	for _, test := range []struct {
		name   string
		before []string
		want   []string // before ours
	}{
		{"none", nil, nil},
		{"another scheme", []string{"Negotiate"}, []string{"Negotiate"}},
		{"with a token", []string{"Negotiate abc=="}, []string{"Negotiate abc=="}},
		{"two of them", []string{"Negotiate", `Basic realm="x"`}, []string{"Negotiate", `Basic realm="x"`}},
		{"two in one", []string{`Negotiate, Basic realm="x, Bearer", charset="UTF-8"`}, []string{`Negotiate, Basic realm="x, Bearer", charset="UTF-8"`}},
		{"ours", []string{`Bearer realm="old"`}, nil},
		{"ours in another case", []string{`bEARER realm="old", error = "x"`, `FAKE a="b"`}, nil},
		{"ours among others", []string{`Negotiate, Bearer realm="old", error="x", Basic realm="\"Bearer\", x"`}, []string{`Negotiate, Basic realm="\"Bearer\", x"`}},
		{"a scheme that begins as ours", []string{`BearerX realm="x"`}, []string{`BearerX realm="x"`}},
	} {
		outer := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Www-Authenticate"] = test.before
				w.Header().Set("Content-Length", "3")
				w.Header().Set("X-Frame-Options", "DENY")
				w.Header().Set("Cache-Control", "public")
				next.ServeHTTP(w, r)
			})
		}
		got := get(t, serve(t, outer(m.Handler(page))), "")
		want := noToken
		want.Challenge = append(append([]string{}, test.want...), ours, fakes)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
		down := get(t, serve(t, outer(httpauth.New(says(nil, verifier.ErrUnavailable)).Handler(page))), "abc")
		if len(test.before) > 0 && test.name != "ours in another case" {
			if diff := cmp.Diff(test.want, down.Challenge); diff != "" || down.Status != 503 {
				t.Errorf("%s, 503 (-want +got)\n%s", test.name, diff)
			}
		}
		twice := get(t, serve(t, outer(m.Optional(m.Handler(page)))), "")
		if diff := cmp.Diff(want, twice); diff != "" {
			t.Errorf("%s, twice (-want +got)\n%s", test.name, diff)
		}
	}
	rec := httptest.NewRecorder()
	rec.Header().Set("X-Frame-Options", "DENY")
	m.Handler(page).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if rec.Header().Get("X-Frame-Options") != "DENY" {
		t.Error("a field of the outer handler is gone")
	}
}

// TestP01NoEmptyParameter: a challenge follows its grammar and has no empty
// value. For an empty one, some clients refuse the whole challenge.
func TestP01NoEmptyParameter(t *testing.T) {
	s, asked := newSite(t), 0
	for _, test := range []struct {
		realm, metadata string
		want            []string
	}{
		{"", "", []string{"Bearer", `Fake how="in someway"`}},
		{"é", "", []string{"Bearer", `Fake how="in someway"`}},
		{" ", "\r\n", []string{"Bearer", `Fake how="in someway"`}},
		{`"\`, "https://api.example/m", []string{`Bearer resource_metadata="https://api.example/m"`, `Fake how="in someway", resource_metadata="https://api.example/m"`}},
		{"xé", "é", []string{`Bearer realm="x"`, `Fake realm="x", how="in someway"`}},
	} {
		m := httpauth.New(s, httpauth.WithRealm(test.realm), httpauth.WithResourceMetadata(test.metadata), httpauth.WithProof(fakeScheme{fake{"s", &asked}}))
		got := get(t, serve(t, m.Handler(page)), "").Challenge
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", test.realm, diff)
		}
		for _, field := range append(got, get(t, serve(t, m.Handler(page)), "bad").Challenge...) {
			if list, err := parseChallenges(field); field != "Bearer" && (err != nil || len(list) != 1) {
				t.Errorf("the challenge %s: %d, %v", field, len(list), err)
			}
		}
	}
}

// TestP06UnboundTokenWithAProof: an unbound token is good by Bearer, whatever
// proof comes with it.
func TestP06UnboundTokenWithAProof(t *testing.T) {
	s, asked := newSite(t), 0
	m := httpauth.New(s, httpauth.WithProof(fakeScheme{fake{"s", &asked}}))
	fields := http.Header{"Authorization": {"Bearer " + s.Sign(with(nil))}, "X-Key": {"k"}}
	if got := do(t, serve(t, m.Handler(page)), http.MethodGet, fields.Clone()); got.Status != 200 || asked > 0 {
		t.Errorf("%d, the proof was asked %d times", got.Status, asked)
	}
	if got := do(t, serve(t, m.RequireBound()(page)), http.MethodGet, fields); got.Status != 401 {
		t.Errorf("where it has to be bound: %d", got.Status)
	}
}
