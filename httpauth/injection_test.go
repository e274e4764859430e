package httpauth_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// Hostile values, and what may be left of them between quotes (RFC 6750 §3).
var hostile = []struct{ name, value, left string }{
	{"quote", `a", error="none`, `a, error=none`},
	{"quote at the end", `a"`, `a`},
	{"backslash", `a\`, `a`},
	{"backslash and quote", `a\", b="`, `a, b=`},
	{"CRLF", "a\r\nSet-Cookie: admin=1", `aSet-Cookie: admin=1`},
	{"CR", "a\rb", `ab`},
	{"LF", "a\nb", `ab`},
	{"two line breaks", "a\r\n\r\n<script>", `a<script>`},
	{"control bytes", "a\x00\x01\x1b[31m\t\x7fb", `a[31mb`},
	{"Latin-1", "a\xe9b", `ab`},
	{"UTF-8", "caf\u00e9\u2028", `caf`},
	{"only what is left out", "\r\n\"\\", ``},
	{"comma and semicolon", "a, b; c=d", `a, b; c=d`},
}

// TestHostileOptions: a value from a mistake or a bad configuration stays within
// its quotes in the challenge.
func TestHostileOptions(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	for _, test := range hostile {
		t.Run(test.name, func(t *testing.T) {
			m := httpauth.New(s, httpauth.WithRealm(test.value), httpauth.WithResourceMetadata(test.value))
			srv := serve(t, m.RequireScope("a", "b")(unreachable(t)))
			for token, want := range map[string]map[string]string{
				"":    {"realm": test.left, "resource_metadata": test.left, "scope": "a b"},
				"bad": {"realm": test.left, "resource_metadata": test.left, "error": "invalid_token", "error_description": "The token is not valid.", "scope": "a b"},
				good:  {"realm": test.left, "resource_metadata": test.left, "error": "insufficient_scope", "error_description": "The token does not grant the required access.", "scope": "a b"},
			} {
				if test.left == "" { // an empty parameter is not sent
					maps.DeleteFunc(want, func(_, v string) bool { return v == "" })
				}
				r, err := http.NewRequest(http.MethodGet, srv.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				if token != "" {
					r.Header.Set("Authorization", "Bearer "+token)
				}
				res, err := srv.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				if diff := cmp.Diff(want, challenge(t, strings.Join(res.Header["Www-Authenticate"], "|"))); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				for name := range res.Header {
					switch name {
					case "Www-Authenticate", "Cache-Control", "Content-Type", "Content-Length", "Date":
					default:
						t.Errorf("the answer has the field %s: %q", name, res.Header[name])
					}
				}
			}
		})
	}
}

// TestHostileTokens: nothing from a token appears in the answer.
func TestHostileTokens(t *testing.T) {
	s := newSite(t)
	srv := serve(t, httpauth.New(s, httpauth.WithResourceMetadata("https://api.example/m")).RequireScope("read")(unreachable(t)))
	marks := []string{`intruder"`, "intruder\r\nSet-Cookie: a=b", "intruder\n", "<script>intruder</script>", `intruder\`, "intruder\x00", "intruder\u2028"}
	for _, mark := range marks {
		forger := verifiertest.NewSigner(t, keys.HS256, mark)
		for name, token := range map[string]string{
			"kid":                   forger.Sign(with(nil)),
			"kid, another alg":      verifiertest.NewSigner(t, keys.ES256, mark).Sign(with(nil)),
			"alg":                   unsigned(t, map[string]string{"alg": mark}),
			"typ":                   unsigned(t, map[string]string{"alg": "HS256", "typ": mark}),
			"crit":                  unsigned(t, map[string]string{"alg": "HS256", "crit": mark}),
			"name in the header":    unsigned(t, map[string]string{"alg": "HS256", mark: "x"}),
			"iss":                   s.Sign(with(map[string]any{"iss": mark})),
			"aud":                   s.Sign(with(map[string]any{"aud": []string{mark}})),
			"malformed claim":       s.Sign(with(map[string]any{"exp": mark})),
			"malformed scope":       s.Sign(with(map[string]any{"scope": map[string]any{mark: true}})),
			"scope":                 s.Sign(with(map[string]any{"scope": mark})),
			"sub, when scope lacks": s.Sign(with(map[string]any{"sub": mark, mark: mark})),
		} {
			t.Run(name+"/"+mark, func(t *testing.T) {
				got := get(t, srv, token)
				if got.Status != http.StatusUnauthorized && got.Status != http.StatusForbidden {
					t.Errorf("the status is %d", got.Status)
				}
				if text := strings.Join(got.Challenge, "") + got.Body; strings.ContainsAny(text, "<>") || strings.Contains(text, "intruder") {
					t.Errorf("the answer holds text of the token: %s", text)
				}
				got.summary(t)
			})
		}
	}
}

// unsigned returns a token with that header and a good payload.
func unsigned(tb testing.TB, header map[string]string) string {
	tb.Helper()
	return segment(tb, header) + "." + segment(tb, with(nil)) + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 32))
}

func segment(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}
