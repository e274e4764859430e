package issuers_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// answer serves texts by path; any other path is 404, as where an issuer has nothing.
func answer(texts map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := texts[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case text == "down":
			http.Error(w, "down", http.StatusServiceUnavailable)
		default:
			fmt.Fprint(w, text)
		}
	})
}

const wellKnown = "/.well-known/openid-configuration"

// TestSettingsThatNeverWork: Refresh says what to write where no waiting helps, and
// an outage is something else.
func TestSettingsThatNeverWork(t *testing.T) {
	for _, test := range []struct {
		name, ref, host string
		texts           map[string]string
		fault           bool
		want            []string
	}{
		{"no metadata", "oidc:https://iap.example?aud=a", "iap.example", nil, true, []string{"the issuer has no metadata"}},
		{"issuer without its slash", "hydra:https://hydra.example?aud=a", "hydra.example", map[string]string{wellKnown: `{"issuer":"https://hydra.example/","jwks_uri":"https://hydra.example/k"}`}, true,
			[]string{`is for issuer "https://hydra.example/", not "https://hydra.example"`, "use oidc:https://hydra.example/"}},
		{"another issuer", "keycloak:https://sso.internal/realms/shop?aud=a", "sso.internal", map[string]string{"/realms/shop" + wellKnown: `{"issuer":"https://sso.example/realms/shop","jwks_uri":"https://sso.example/k"}`}, true,
			[]string{`is for issuer "https://sso.example/realms/shop", not "https://sso.internal/realms/shop"`}},
		{"a shared secret", "supabase:abcdefgh", "abcdefgh.supabase.co", map[string]string{"/auth/v1" + wellKnown: `{"issuer":"https://abcdefgh.supabase.co/auth/v1","jwks_uri":"https://abcdefgh.supabase.co/k"}`, "/k": `{"keys":[]}`}, true,
			[]string{"there is no key in it", "env:NAME?alg=HS256"}},
		{"no CA", "kubernetes:https://k8s.example?aud=a&namespace=b&ca=" + filepath.Join(t.TempDir(), "none.pem"), "k8s.example", nil, true, []string{"none.pem"}},
		{"outage", "oidc:https://down.example?aud=a", "down.example", map[string]string{wellKnown: "down"}, false, []string{"503"}},
		{"no such host", "oidc:https://nowhere.example?aud=a", "other.example", nil, false, []string{"no host"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := verifiertest.NewWorld(t)
			w.Handle(test.host, answer(test.texts))
			iss := open(t, w, test.ref)
			err := keys.Refresh(t.Context(), iss.Keys())
			statuses := keys.Statuses(iss.Keys())
			if len(statuses) != 1 {
				t.Fatalf("%d statuses", len(statuses))
			}
			for of, err := range map[string]error{"Refresh": err, "Status": statuses[0].Err} {
				if !errors.Is(err, keys.ErrUnavailable) || errors.Is(err, keys.ErrConfiguration) != test.fault {
					t.Errorf("%s: %v; want ErrConfiguration %v", of, err, test.fault)
					continue
				}
				for _, want := range test.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%s: %v\nwant %q", of, err, want)
					}
				}
				if strings.ContainsAny(err.Error(), "\r\n") {
					t.Errorf("%s: several lines: %q", of, err)
				}
			}
		})
	}
}

// TestRefreshNamesEach: of a list, the errors of all issuers are in one.
func TestRefreshNamesEach(t *testing.T) {
	w := verifiertest.NewWorld(t)
	w.Handle("a.example", answer(nil))
	w.Handle("b.example", answer(map[string]string{wellKnown: "down"}))
	w.Issuer("https://c.example")
	iss := open(t, w, "oidc:https://a.example?aud=a,oidc:https://b.example?aud=a,oidc:https://c.example?aud=a")
	err := keys.Refresh(t.Context(), iss.Keys())
	if !errors.Is(err, keys.ErrConfiguration) || !strings.Contains(err.Error(), "a.example") || !strings.Contains(err.Error(), "b.example") || strings.Contains(err.Error(), "c.example") {
		t.Errorf("Refresh = %v", err)
	}
	if n := len(keys.Statuses(iss.Keys())); n != 3 {
		t.Errorf("%d statuses, want 3", n)
	}
}
