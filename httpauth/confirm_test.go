package httpauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// A fake proves one member of cnf if the field X-Key has its value.
type fake struct {
	member string
	asked  *int
}

func (f fake) Member() string { return f.member }

func (f fake) Prove(answer http.Header, r *http.Request, b httpauth.Binding) error {
	*f.asked++
	answer.Set("X-Asked", f.member)
	switch key := r.Header.Get("X-Key"); {
	case b.Token.Subject != "user-1" || b.Raw == "":
		return errors.New("the binding is not of this token")
	case key == b.Value:
		return nil
	case key == "down":
		return fmt.Errorf("the store of keys: %w", verifier.ErrUnavailable)
	case key == "strange":
		return errors.New("what is this?")
	case key == "worded":
		return &httpauth.ProofError{Code: "odd", Description: "Odd.", Err: errors.New("detail")}
	}
	return &httpauth.ProofError{}
}

// A fakeScheme is a fake with its own scheme.
type fakeScheme struct{ fake }

func (fakeScheme) Scheme() httpauth.Scheme {
	return httpauth.Scheme{Name: "Fake", Parameters: []httpauth.Parameter{{Name: "how", Value: `in "some"` + "\r\nway"}}, Fields: []string{"X-Key"}}
}

var notProven = refused(401, "invalid_token", "Proof of possession is missing or invalid.", "")

// places are where a token may be found, and how to put it there.
var places = []struct {
	name    string
	extract httpauth.Extractor
	field   string
	prefix  string
}{
	{"Bearer", httpauth.Bearer(), "Authorization", "Bearer "},
	{"cookie", httpauth.Cookie("session"), "Cookie", "session="},
	{"header", httpauth.Header(assertion), assertion, ""},
	{"own", func(r *http.Request) (string, error) { return r.Header.Get("X-Own"), nil }, "X-Own", ""},
}

// TestConfirmation: every member of cnf counts, wherever the token was found and
// whichever other proofs are configured.
func TestConfirmation(t *testing.T) {
	s := newSite(t)
	type m = map[string]any
	for _, test := range []struct {
		name        string
		cnf         any
		key         string
		none, both  answer // without a proof, and with those for "a" and "b"
		asked       int
		withoutName bool // there is no cnf
	}{
		{"none", nil, "", hello, hello, 0, true},
		{"one, proven", m{"a": "k"}, "k", notProven, hello, 1, false},
		{"the other, proven", m{"b": "k"}, "k", notProven, hello, 1, false},
		{"both, proven", m{"a": "k", "b": "k"}, "k", notProven, hello, 2, false},
		{"one, not proven", m{"a": "k"}, "", notProven, notProven, 1, false},
		{"one, another key", m{"a": "k"}, "x", notProven, notProven, 1, false},
		{"both, one proven", m{"a": "k", "b": "x"}, "k", notProven, notProven, -1, false},
		{"unknown", m{"c": "k"}, "k", notProven, notProven, 0, false},
		{"unknown beside one proven", m{"a": "k", "c": "k"}, "k", notProven, notProven, 0, false},
		{"name in another case", m{"A": "k"}, "k", notProven, notProven, 0, false},
		{"jkt", m{"jkt": "k"}, "k", notProven, notProven, 0, false},
		{"x5t#S256", m{"x5t#S256": "k"}, "k", notProven, notProven, 0, false},
		{"jwk", m{"jwk": m{"kty": "EC"}}, "k", notProven, notProven, 0, false},
		{"not a string", m{"a": 1}, "1", notProven, notProven, 0, false},
		{"empty string", m{"a": ""}, "", notProven, notProven, 0, false},
		{"null in it", m{"a": nil}, "", notProven, notProven, 0, false},
		{"not a string, beside one proven", m{"a": "k", "b": []string{"k"}}, "k", notProven, notProven, 0, false},
		{"empty", m{}, "k", badToken, badToken, 0, false},
		{"a string", "k", "k", badToken, badToken, 0, false},
		{"an object as text", `{"a":"k"}`, "k", badToken, badToken, 0, false},
		{"a list", []string{"k"}, "k", badToken, badToken, 0, false},
		{"a number", 1, "k", badToken, badToken, 0, false},
		{"false", false, "k", badToken, badToken, 0, false},
		{"undecided", m{"a": "k"}, "down", notProven, unavailable, 1, false},
		{"an error of unknown kind", m{"a": "k"}, "strange", notProven, unavailable, 1, false},
		{"in words of the proof", m{"a": "k"}, "worded", notProven, refused(401, "odd", "Odd.", ""), 1, false},
	} {
		token := s.Sign(with(map[string]any{"cnf": test.cnf, "scope": "read"}))
		for _, place := range places {
			t.Run(test.name+"/"+place.name, func(t *testing.T) {
				asked := 0
				opts := []httpauth.Option{httpauth.WithExtractor(place.extract)}
				proofs := append(opts, httpauth.WithProof(fake{"a", &asked}), httpauth.WithProof(fake{"b", &asked}))
				fields := http.Header{place.field: {place.prefix + token}, "X-Key": {test.key}}
				if diff := cmp.Diff(test.none, do(t, serve(t, httpauth.New(s, opts...).Handler(page)), http.MethodGet, fields)); diff != "" {
					t.Errorf("no proof (-want +got)\n%s", diff)
				}
				with := httpauth.New(s, proofs...)
				if diff := cmp.Diff(test.both, do(t, serve(t, with.Handler(page)), http.MethodGet, fields)); diff != "" {
					t.Errorf("two proofs (-want +got)\n%s", diff)
				}
				if asked != test.asked && !(test.asked < 0 && asked > 0) {
					t.Errorf("the proofs were asked %d times, want %d", asked, test.asked)
				}
				// A route for bound tokens lets only those through.
				want := test.both
				if test.withoutName {
					want = notProven
				}
				for route, h := range map[string]http.Handler{
					"alone": with.RequireBound()(page), "after Handler": with.Handler(with.RequireBound()(page)), "before scope": with.RequireBound()(with.RequireScope("read")(page)),
				} {
					if diff := cmp.Diff(want, do(t, serve(t, h), http.MethodGet, fields)); diff != "" {
						t.Errorf("RequireBound %s (-want +got)\n%s", route, diff)
					}
				}
			})
		}
	}
}

// TestNullConfirmation signs by hand: the test kit leaves null claims out.
func TestNullConfirmation(t *testing.T) {
	for name, payload := range map[string]string{
		"null":             `{"sub":"user-1","cnf":null}`,
		"another writing":  `{"sub":"user-1","\u0063nf":{"jkt":"x"}}`,
		"escape elsewhere": `{"sub":"user-1","iss":"https:\/\/x","cnf":{"jkt":"x"}}`,
	} {
		tok := &verifier.Token{Set: mustParse(t, payload)}
		if got := get(t, serve(t, httpauth.New(says(tok, nil)).Handler(unreachable(t))), "token"); got.Status != 401 {
			t.Errorf("%s: %d", name, got.Status)
		}
	}
	for name, payload := range map[string]string{
		"within another claim":  `{"sub":"user-1","act":{"cnf":{"jkt":"x"}},"x":"\"cnf\""}`,
		"as a value":            `{"sub":"user-1","x":"cnf"}`,
		"an escape, and no cnf": `{"sub":"user-1","iss":"https:\/\/x"}`,
	} {
		tok := &verifier.Token{Set: mustParse(t, payload)}
		if diff := cmp.Diff(hello, get(t, serve(t, httpauth.New(says(tok, nil)).Handler(page)), "token")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestScheme: tokens bound by a proof with a scheme must come by that scheme,
// and no others may.
func TestScheme(t *testing.T) {
	s := newSite(t)
	bound, both := s.Sign(with(map[string]any{"cnf": map[string]string{"s": "k"}})), s.Sign(with(map[string]any{"cnf": map[string]string{"s": "k", "a": "k"}}))
	other, unbound := s.Sign(with(map[string]any{"cnf": map[string]string{"a": "k"}})), s.Sign(with(nil))
	const plainBearer, plainFake, how = `Bearer realm="api"`, `Fake realm="api"`, `, how="in someway"`
	told := func(code, text string) string { return `, error="` + code + `", error_description="` + text + `"` }
	unproven, bad := told("invalid_token", "Proof of possession is missing or invalid."), told("invalid_token", "The token is not valid.")
	malformed := told("invalid_request", "The request is malformed or carries more than one token.")
	for _, test := range []struct {
		name   string
		fields []string // of Authorization
		key    string
		status int
		want   []string
	}{
		{"by its scheme", []string{"Fake " + bound}, "k", 200, nil},
		{"by its scheme in another case", []string{"fAKE  " + bound}, "k", 200, nil},
		{"by its scheme, both members", []string{"Fake " + both}, "k", 200, nil},
		{"not proven", []string{"Fake " + bound}, "x", 401, []string{plainBearer, plainFake + unproven + how}},
		{"downgrade", []string{"Bearer " + bound}, "k", 401, []string{plainBearer + unproven, plainFake + how}},
		{"downgrade with another proof", []string{"Bearer " + both}, "k", 401, []string{plainBearer + unproven, plainFake + how}},
		{"unbound by Bearer", []string{"Bearer " + unbound}, "", 200, nil},
		{"unbound by its scheme", []string{"Fake " + unbound}, "k", 401, []string{plainBearer, plainFake + unproven + how}},
		{"bound otherwise by its scheme", []string{"Fake " + other}, "k", 401, []string{plainBearer, plainFake + unproven + how}},
		{"bound otherwise by Bearer", []string{"Bearer " + other}, "k", 200, nil},
		{"bad by its scheme", []string{"Fake bad"}, "k", 401, []string{plainBearer, plainFake + bad + how}},
		{"bad by Bearer", []string{"Bearer bad"}, "k", 401, []string{plainBearer + bad, plainFake + how}},
		{"none", nil, "k", 401, []string{plainBearer, plainFake + how}},
		{"another scheme", []string{"Basic YTpi"}, "k", 401, []string{plainBearer, plainFake + how}},
		{"malformed", []string{"Fake a b"}, "k", 400, []string{plainBearer + malformed, plainFake + malformed + how}},
		{"no token", []string{"Fake"}, "k", 400, []string{plainBearer + malformed, plainFake + malformed + how}},
		{"two fields", []string{"Fake " + bound, "Bearer " + bound}, "k", 400, []string{plainBearer + malformed, plainFake + malformed + how}},
		{"in a list", []string{"Fake " + bound + ", Bearer " + bound}, "k", 400, []string{plainBearer + malformed, plainFake + malformed + how}},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := 0
			m := httpauth.New(s, httpauth.WithProof(fake{"a", &asked}), httpauth.WithProof(fakeScheme{fake{"s", &asked}}))
			fields := http.Header{"Authorization": test.fields, "X-Key": {test.key}}
			got := do(t, serve(t, m.Handler(page)), http.MethodGet, fields)
			if diff := cmp.Diff(test.want, got.Challenge); diff != "" || got.Status != test.status {
				t.Errorf("%d (-want +got)\n%s", got.Status, diff)
			}
			if test.status != 200 && test.status != 401 && asked > 0 {
				t.Error("a proof was used up")
			}
		})
	}
}

// TestSchemeOnly: if every token must be bound by the scheme, no other scheme is
// offered, and its challenge carries the errors.
func TestSchemeOnly(t *testing.T) {
	s := newSite(t)
	asked := 0
	m := httpauth.New(s, httpauth.WithProof(fakeScheme{fake{"s", &asked}}))
	srv := serve(t, m.RequireBound()(page))
	unproven := `Fake realm="api", error="invalid_token", error_description="Proof of possession is missing or invalid.", how="in someway"`
	for name, test := range map[string]struct{ field, want string }{
		"none":    {"", `Fake realm="api", how="in someway"`},
		"unbound": {"Bearer " + s.Sign(with(nil)), unproven},
		"bound":   {"Bearer " + s.Sign(with(map[string]any{"cnf": map[string]string{"s": "k"}})), unproven},
	} {
		got := do(t, serve(t, m.RequireBound()(page)), http.MethodGet, http.Header{"Authorization": {test.field}, "X-Key": {"k"}})
		if diff := cmp.Diff([]string{test.want}, got.Challenge); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	good := http.Header{"Authorization": {"Fake " + s.Sign(with(map[string]any{"cnf": map[string]string{"s": "k"}}))}, "X-Key": {"k"}}
	if diff := cmp.Diff(hello, do(t, srv, http.MethodGet, good)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestProvenOnce: a proof may be good for one use, so a request is asked for it
// once, however many handlers of the Middleware it passes.
func TestProvenOnce(t *testing.T) {
	s := newSite(t)
	asked := 0
	m := httpauth.New(s, httpauth.WithProof(fakeScheme{fake{"s", &asked}}), httpauth.WithoutCredential())
	h := m.Handler(m.Handler(m.RequireBound()(m.RequireScope("read")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["X-Key"])+len(r.Header["Authorization"]) > 0 {
			t.Errorf("the handler sees %v", r.Header)
		}
		page(w, r)
	})))))
	token := s.Sign(with(map[string]any{"scope": "read", "cnf": map[string]string{"s": "k"}}))
	if diff := cmp.Diff(hello, do(t, serve(t, h), http.MethodGet, http.Header{"Authorization": {"Fake " + token}, "X-Key": {"k"}})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if asked != 1 {
		t.Errorf("the proof was asked %d times, want once", asked)
	}
}

func TestProofError(t *testing.T) {
	cause := &claims.Error{Claim: "cnf", Err: claims.ErrMissing}
	for _, err := range []error{&httpauth.ProofError{}, &httpauth.ProofError{Code: "odd", Err: cause}} {
		if !errors.Is(err, httpauth.ErrUnproven) || !errors.Is(err, verifier.ErrInvalidToken) || httpauth.Status(err) != 401 {
			t.Errorf("%v: status %d", err, httpauth.Status(err))
		}
	}
	err := error(&httpauth.ProofError{Err: cause})
	if want := "httpauth: no valid proof of possession: cnf: missing"; err.Error() != want || !errors.Is(err, claims.ErrMissing) {
		t.Errorf("it reads %q", err)
	}
	if got, want := (&httpauth.ProofError{}).Error(), "httpauth: no valid proof of possession"; got != want {
		t.Errorf("without a cause it reads %q, want %q", got, want)
	}
}

// TestAuthenticateProves: Authenticate asks the proofs as Handler does.
func TestAuthenticateProves(t *testing.T) {
	s := newSite(t)
	asked := 0
	m := httpauth.New(s, httpauth.WithProof(fake{"a", &asked}))
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Sign(with(map[string]any{"cnf": map[string]string{"a": "k"}})))
	if tok, err := m.Authenticate(r); tok != nil || !errors.Is(err, httpauth.ErrUnproven) {
		t.Errorf("Authenticate = %v, %v", tok, err)
	}
	r.Header.Set("X-Key", "k")
	if tok, err := m.Authenticate(r); tok == nil || err != nil {
		t.Errorf("Authenticate = %v, %v", tok, err)
	}
}
