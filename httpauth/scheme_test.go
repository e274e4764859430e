package httpauth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
)

// TestAuthorization: another scheme follows the rules of Bearer.
func TestAuthorization(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	srv := serve(t, httpauth.New(s, httpauth.WithExtractor(httpauth.Authorization("JWT"))).Handler(page))
	const none, malformed, bad = `JWT realm="api"`, `JWT realm="api", error="invalid_request"`, `JWT realm="api", error="invalid_token"`
	for _, test := range []struct {
		name      string
		fields    []string
		status    int
		challenge string // without the description
	}{
		{"good", []string{"JWT " + good}, 200, ""},
		{"in another case", []string{"jwt " + good}, 200, ""},
		{"two spaces", []string{"JWT  " + good}, 200, ""},
		{"nothing", nil, 401, none},
		{"blank", []string{""}, 401, none},
		{"Bearer", []string{"Bearer " + good}, 401, none},
		{"a colon", []string{"JWT: " + good}, 401, none},
		{"a bad token", []string{"JWT bad"}, 401, bad},
		{"no token", []string{"JWT"}, 400, malformed},
		{"two words", []string{"JWT JWT " + good}, 400, malformed},
		{"padding", []string{"JWT " + strings.ReplaceAll(good, ".", "=.")}, 400, malformed},
		{"two fields", []string{"JWT " + good, "JWT " + good}, 400, malformed},
	} {
		got := do(t, srv, http.MethodGet, http.Header{"Authorization": test.fields})
		var challenges []string
		if test.challenge != "" {
			challenges = []string{test.challenge}
		}
		if diff := cmp.Diff(challenges, withoutDescriptions(got.Challenge)); diff != "" || got.Status != test.status {
			t.Errorf("%s: %d, want %d (-want +got)\n%s", test.name, got.Status, test.status, diff)
		}
	}
}

func withoutDescriptions(challenges []string) (short []string) {
	for _, c := range challenges {
		before, after, found := strings.Cut(c, `, error_description="`)
		if found {
			_, after, _ = strings.Cut(after, `"`)
		}
		short = append(short, before+after)
	}
	return short
}

// TestChallengeNamesSchemes: a refusal offers the schemes that are read, each once,
// and Bearer where none is known.
func TestChallengeNamesSchemes(t *testing.T) {
	s := newSite(t)
	asked := 0
	own := func(r *http.Request) (string, error) { asked++; return httpauth.Bearer()(r) }
	jwt, bearer, header := httpauth.Authorization("JWT"), httpauth.Bearer(), httpauth.Header(assertion)
	for _, test := range []struct {
		name string
		opts []httpauth.Option
		want []string
	}{
		{"default", nil, []string{"Bearer"}},
		{"JWT", []httpauth.Option{httpauth.WithExtractor(jwt)}, []string{"JWT"}},
		{"as it is written", []httpauth.Option{httpauth.WithExtractor(httpauth.Authorization("jWt"))}, []string{"jWt"}},
		{"both", []httpauth.Option{httpauth.WithExtractor(bearer, header, jwt)}, []string{"Bearer", "JWT"}},
		{"Bearer by its name", []httpauth.Option{httpauth.WithExtractor(httpauth.Authorization("Bearer"))}, []string{"Bearer"}},
		{"twice", []httpauth.Option{httpauth.WithExtractor(jwt, httpauth.Authorization("jwt"))}, []string{"JWT"}},
		{"no scheme", []httpauth.Option{httpauth.WithExtractor(header, httpauth.Cookie("session"))}, []string{"Bearer"}},
		{"a header and JWT", []httpauth.Option{httpauth.WithExtractor(header, jwt)}, []string{"JWT"}},
		{"of the caller", []httpauth.Option{httpauth.WithExtractor(own)}, []string{"Bearer"}},
		{"JWT and a proof", []httpauth.Option{httpauth.WithExtractor(jwt), httpauth.WithProof(fakeScheme{fake{"s", new(int)}})}, []string{"JWT", "Fake"}},
	} {
		m := httpauth.New(s, append(test.opts, httpauth.WithRealm(""))...)
		if asked != 0 {
			t.Fatalf("%s: New asked an extractor of the caller", test.name)
		}
		got := do(t, serve(t, m.Handler(unreachable(t))), http.MethodGet, nil)
		var schemes []string
		for _, c := range got.Challenge {
			scheme, _, _ := strings.Cut(c, " ")
			schemes = append(schemes, scheme)
		}
		if diff := cmp.Diff(test.want, schemes); diff != "" || got.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d (-want +got)\n%s", test.name, got.Status, diff)
		}
		asked = 0
	}
}

// TestChallengeOfUsedScheme: the schemes without a proof carry the error of a token
// that came by one of them, and that of a proof does not.
func TestChallengeOfUsedScheme(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s, httpauth.WithExtractor(httpauth.Bearer(), httpauth.Authorization("JWT")), httpauth.WithProof(fakeScheme{fake{"s", new(int)}}))
	srv := serve(t, m.Handler(unreachable(t)))
	for field, want := range map[string][]string{
		"JWT bad":  {`Bearer realm="api", error="invalid_token"`, `JWT realm="api", error="invalid_token"`, `Fake realm="api"`},
		"Fake bad": {`Bearer realm="api"`, `JWT realm="api"`, `Fake realm="api", error="invalid_token"`},
	} {
		got := withoutDescriptions(do(t, srv, http.MethodGet, http.Header{"Authorization": {field}}).Challenge)
		for i := range got {
			got[i], _, _ = strings.Cut(got[i], `, how=`)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", field, diff)
		}
	}
}

// TestForeignSchemesStay: a refusal replaces the challenges of the schemes that are
// read, and of no other.
func TestForeignSchemesStay(t *testing.T) {
	h := httpauth.New(newSite(t), httpauth.WithExtractor(httpauth.Authorization("JWT"))).Handler(unreachable(t))
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Www-Authenticate"] = []string{`jwt realm="old"`, `Bearer realm="theirs"`, "Negotiate"}
		h.ServeHTTP(w, r)
	}))
	want := []string{`Bearer realm="theirs"`, "Negotiate", `JWT realm="api"`}
	if diff := cmp.Diff(want, do(t, srv, http.MethodGet, nil).Challenge); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestSchemesThatAreNotForTokens: passwords never reach a verifier, and a scheme
// with a proof is never read without it.
func TestSchemesThatAreNotForTokens(t *testing.T) {
	for _, scheme := range []string{"Basic", "basic", "Digest", "Negotiate", "NTLM", "DPoP", "dpop"} {
		mustPanic(t, scheme, "Authorization", func() { httpauth.Authorization(scheme) })
	}
	mustPanic(t, "the scheme of a proof", "New", func() {
		httpauth.New(newSite(t), httpauth.WithExtractor(httpauth.Authorization("fake")), httpauth.WithProof(fakeScheme{fake{"s", new(int)}}))
	})
}
