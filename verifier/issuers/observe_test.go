package issuers_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestObserverOfIssuers: one Event for each token, also for those of an issuer that is
// not in the list.
func TestObserverOfIssuers(t *testing.T) {
	w, p := verifiertest.NewWorld(t), providers.All()[0]
	running := p.Start(t, w)
	var verdicts []string
	observe := issuers.WithVerifier(verifier.WithObserver(func(_ context.Context, e verifier.Event) {
		verdicts = append(verdicts, e.Verdict().String())
	}))
	good := running.Token(t, providers.Variant{})
	foreign := verifiertest.NewIssuer(t).Sign(map[string]any{"iss": "https://foreign.example", "sub": "a"})
	for name, v := range map[string]*issuers.Issuer{
		"alone":     open(t, w, p.Reference, observe),
		"in a list": open(t, w, p.Reference+",oidc:https://unrelated.example?aud=unrelated", observe),
	} {
		verdicts = nil
		for _, raw := range []string{good, foreign, "x"} {
			v.Verify(t.Context(), raw)
		}
		want := []string{"trusted", "invalid", "invalid"}
		if diff := cmp.Diff(want, verdicts); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
