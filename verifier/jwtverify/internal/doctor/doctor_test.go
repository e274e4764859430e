package doctor_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/doctor"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// unsaid is what the tokens of a preset do not say.
var unsaid = map[string]map[string]string{
	"entra-ciam":       {"argument": "contoso/72f988bf-86f1-41af-91ab-2d7cd011db47"},
	"spiffe":           {"bundle": "https://spire.example/bundle"},
	"shopify":          {"secret": "env:" + providers.SecretVariable},
	"firebase-session": {"cookie": "session"},
	// A domain of one's own does not say that it is Auth0's.
	"auth0:login.example.com?aud=https://api.example&client=mine": {"preset": "auth0"},
	// Nor does a token without an issuer say who made it.
	"nomad:https://nomad.internal:4646?aud=orders-api&namespace=default&job=web&iss=none": {"argument": "https://nomad.internal:4646"},
	// That any tenant may come.
	"entra:organizations?client=8e3f1c2d-0000-4000-8000-000000000001": {"argument": "organizations"},
}

// TestDoctorOnEveryProvider: from good tokens of each simulated issuer, the doctor
// writes a reference that accepts them and refuses every wrong one, and a program that
// compiles.
func TestDoctorOnEveryProvider(t *testing.T) {
	accepted, refused, covered := 0, 0, map[string]bool{}
	var programs []string
	for _, p := range providers.All() {
		t.Run(p.Preset, func(t *testing.T) {
			w := verifiertest.NewWorld(t)
			running := p.Start(t, w)
			var samples []string
			good := append([]providers.Variant{{Name: "usual token"}}, p.Good...)
			for _, v := range good {
				samples = append(samples, running.Token(t, v))
			}
			set := unsaid[p.Preset]
			if of, ok := unsaid[p.Reference]; ok {
				set = of
			}
			rx, err := doctor.Examine(t.Context(), []string{strings.Join(samples, "\n")}, doctor.Options{Client: w.Client(), Set: set})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(rx.Reference)
			programs = append(programs, rx.Code)
			preset, _, _ := strings.Cut(rx.Reference, ":")
			covered[preset] = true
			if preset != p.Preset {
				t.Errorf("it wrote %s", rx.Reference)
			}
			if !rx.Accepted() || len(rx.Missing) > 0 {
				t.Errorf("%+v, missing %q, warnings %q", rx.Samples, rx.Missing, rx.Warnings)
			}
			iss, err := issuers.Open(t.Context(), rx.Reference, issuers.WithKeys(keys.WithHTTPClient(w.Client())))
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range good {
				if _, err := iss.Verify(t.Context(), samples[i]); err != nil {
					t.Errorf("%s is refused: %v", v.Name, err)
				}
				accepted++
			}
			for _, v := range p.Wrong {
				if _, err := iss.Verify(t.Context(), running.Token(t, v)); err == nil {
					t.Errorf("%s is accepted", v.Name)
				}
				refused++
			}
		})
	}
	t.Logf("%d presets, %d providers: %d good tokens accepted, %d wrong tokens refused", len(covered), len(programs), accepted, refused)
	for _, p := range issuers.Presets() {
		if !covered[p.Name] {
			t.Errorf("the doctor never wrote a reference of %s", p.Name)
		}
	}
	compiles(t, programs)
}

// compiles builds programs in a module of their own.
func compiles(t *testing.T, programs []string) {
	t.Helper()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, code := range programs {
		sub := filepath.Join(dir, fmt.Sprintf("p%d", i))
		if err := os.Mkdir(sub, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sub, "main.go"), []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"mod", "init", "example.com/doctor"},
		{"mod", "edit", "-go=1.26", "-require", "github.com/jwtverify/jwtverify@v0.0.0", "-replace", "github.com/jwtverify/jwtverify=" + root},
		{"mod", "tidy"}, {"vet", "./..."},
	} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestEveryParameterIsKnown: a parameter that package issuers gains must be read from
// tokens here too.
func TestEveryParameterIsKnown(t *testing.T) {
	everywhere := map[string]bool{"claim.NAME": true, "lifetime": true, "metadata": true, "ca": true, "token": true}
	for _, p := range issuers.Presets() {
		k := presets.Named(p.Name)
		if k == nil {
			t.Errorf("preset %s is not known", p.Name)
			continue
		}
		for _, q := range p.Parameters {
			if !everywhere[q.Name] && k.Param(q.Name) == nil {
				t.Errorf("parameter %s of %s is not known", q.Name, p.Name)
			}
		}
	}
}

type m = map[string]any

// TestDoctorTrustsNothingSilently: what was not verified is marked.
func TestDoctorTrustsNothingSilently(t *testing.T) {
	w := verifiertest.NewWorld(t)
	iss := w.Issuer("https://issuer.example")
	now := time.Now()
	c := func(diff m) m {
		all := m{"iss": "https://issuer.example", "sub": "u", "aud": "api", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
		for k, v := range diff {
			all[k] = v
		}
		return all
	}
	forger := verifiertest.NewSigner(t, keys.ES256, "key-1")
	doc := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(doc, iss.Signer().JWK(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		token    string
		o        doctor.Options
		accepted bool
		says     string // of the sample, or in a warning
	}{
		{"by the issuer that it names", iss.Sign(c(nil)), doctor.Options{}, true, "that the sample names itself"},
		{"with the keys given", iss.Sign(c(nil)), doctor.Options{Keys: "file:" + doc}, true, "with the keys given"},
		{"forged", forger.Sign(c(nil)), doctor.Options{}, false, "refused"},
		{"forged, with the keys given", forger.Sign(c(nil)), doctor.Options{Keys: "file:" + doc}, false, "NOT verified"},
		{"issuer out of reach", iss.Sign(c(m{"iss": "https://gone.example"})), doctor.Options{}, false, "NOT verified"},
		{"offline", iss.Sign(c(nil)), doctor.Options{Offline: true}, false, "NOT verified"},
		{"expired", iss.Sign(c(m{"iat": 1700000000, "exp": 1700000600})), doctor.Options{}, true, "has expired"},
		{"a long life", iss.Sign(c(m{"exp": now.Add(48 * time.Hour).Unix()})), doctor.Options{}, true, "lives for 2 days"},
		{"an ID token", iss.Sign(c(m{"nonce": "n", "at_hash": "x"})), doctor.Options{}, true, "ID token"},
		{"a public issuer", iss.Sign(c(m{"iss": "https://token.actions.githubusercontent.com", "repository_id": "1"})), doctor.Options{}, false, "chooses its aud"},
		{"no audience", iss.Sign(c(m{"aud": nil})), doctor.Options{}, false, "aud"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.o.Client = w.Client()
			rx, err := doctor.Examine(t.Context(), []string{test.token}, test.o)
			if err != nil {
				t.Fatal(err)
			}
			all := fmt.Sprint(rx.Samples, rx.Warnings, rx.Missing)
			if rx.Accepted() != test.accepted || !strings.Contains(all, test.says) {
				t.Errorf("accepted %t: %s; want %t, %q", rx.Accepted(), all, test.accepted, test.says)
			}
		})
	}
	for _, bad := range []string{"", "hello", strings.Repeat("x", 1<<20)} {
		if _, err := doctor.Examine(t.Context(), []string{bad}, doctor.Options{}); err == nil {
			t.Errorf("%.10q has no error", bad)
		}
	}
}

// hs256 signs claims with a secret.
func hs256(t *testing.T, secret string, claims m) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	signed := b64([]byte(`{"alg":"HS256"}`)) + "." + b64(payload)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + b64(mac.Sum(nil))
}

// TestDoctorWithASecret writes settings for a verifier where no preset fits.
func TestDoctorWithASecret(t *testing.T) {
	const secret = "a-secret!that-is-long-enough-for-HS256-and-no-base64!"
	t.Setenv("DOCTOR_TEST_SECRET", secret)
	signed := hs256(t, secret, m{"iss": "my-service", "sub": "u", "aud": "api", "exp": time.Now().Add(time.Hour).Unix()})
	rx, err := doctor.Examine(t.Context(), []string{signed}, doctor.Options{Keys: "env:DOCTOR_TEST_SECRET?alg=HS256"})
	if err != nil {
		t.Fatal(err)
	}
	if !rx.Accepted() || rx.Settings["JWT_ISSUER"] != "my-service" || rx.Settings["JWT_AUDIENCE"] != "api" || strings.Contains(rx.Code, secret) {
		t.Errorf("%+v", rx)
	}
	compiles(t, []string{rx.Code})
}
