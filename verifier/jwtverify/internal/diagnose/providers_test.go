package diagnose_test

import (
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestProviders: of every wrong token of every simulated issuer, a fault is named and
// says what to do.
func TestProviders(t *testing.T) {
	n := 0
	for _, p := range providers.All() {
		t.Run(p.Preset, func(t *testing.T) {
			w := verifiertest.NewWorld(t)
			running := p.Start(t, w)
			s := setup.Settings{Issuers: p.Reference, From: setup.Variables, Client: w.Client()}
			svc := s.Open(t.Context())
			for _, v := range append([]providers.Variant{{Name: "usual token"}}, p.Good...) {
				if d := diagnose.Explain(t.Context(), svc, running.Token(t, v), diagnose.Options{}); d.Verdict != "trusted" || len(d.Faults) > 0 {
					t.Errorf("%s: %s: %+v", v.Name, d.Verdict, d.Faults)
				}
			}
			for _, v := range p.Wrong {
				n++
				d := diagnose.Explain(t.Context(), svc, running.Token(t, v), diagnose.Options{})
				if len(d.Faults) == 0 || d.Verdict != "invalid" {
					t.Errorf("%s: %s, no fault", v.Name, d.Verdict)
					continue
				}
				f := d.Faults[0]
				t.Logf("%-30s %-20s %s | %s | %s", v.Name, f.Setting, f.Cause, f.Name, strings.Join(f.Write, " "))
				if f.Setting == "verifier" || f.Cause == "" || f.Advice == "" {
					t.Errorf("%s: no rule knows it: %+v", v.Name, f)
				}
			}
		})
	}
	t.Logf("%d wrong tokens", n)
}
