package issuers_test

import (
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// open opens a reference whose hosts are those of w.
func open(t *testing.T, w *verifiertest.World, ref string, opts ...issuers.Option) *issuers.Issuer {
	t.Helper()
	opts = append(opts, issuers.WithKeys(keys.WithHTTPClient(w.Client())))
	iss, err := issuers.Open(t.Context(), ref, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return iss
}

// TestPresets runs every simulated provider under its real host names: the good
// tokens are accepted, and those that look almost right are refused, alone and in
// a list with another issuer.
func TestPresets(t *testing.T) {
	tested := map[string]bool{}
	for _, p := range providers.All() {
		tested[p.Preset] = true
		t.Run(p.Preset, func(t *testing.T) {
			t.Parallel()
			w := verifiertest.NewWorld(t)
			running := p.Start(t, w)
			alone := open(t, w, p.Reference)
			listed := open(t, w, p.Reference+",oidc:https://unrelated.example?aud=unrelated")
			good, wrong := append([]providers.Variant{{Name: "usual token"}}, p.Good...), p.Wrong
			for name, v := range map[string]*issuers.Issuer{"alone": alone, "in a list": listed} {
				for _, variant := range good {
					if _, err := v.Verify(t.Context(), running.Token(t, variant)); err != nil {
						t.Errorf("%s: %s was refused: %v", name, variant.Name, err)
					}
				}
				for _, variant := range wrong {
					_, err := v.Verify(t.Context(), running.Token(t, variant))
					switch {
					case err == nil:
						t.Errorf("%s: %s was accepted", name, variant.Name)
					case verifier.Classify(err) != verifier.Invalid:
						t.Errorf("%s: %s: %v, %v; want invalid", name, variant.Name, verifier.Classify(err), err)
					case strings.ContainsAny(err.Error(), "\r\n"):
						t.Errorf("%s: %s: the refusal has several lines: %q", name, variant.Name, err)
					}
				}
			}
			t.Logf("%d accepted, %d refused", len(good), len(wrong))
		})
	}
	for _, p := range issuers.Presets() {
		if !tested[p.Name] {
			t.Errorf("preset %s has no simulated provider", p.Name)
		}
	}
}

// TestExamples: the example of every preset is a reference that opens.
func TestExamples(t *testing.T) {
	t.Setenv("SHOPIFY_SECRET", "shpss_0123456789abcdef0123456789abcdef")
	for _, p := range issuers.Presets() {
		iss, err := issuers.Open(t.Context(), p.Example)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		if got := iss.Names(); len(got) != 1 || got[0] != p.Name {
			t.Errorf("%s: opened %q", p.Name, got)
		}
	}
}
