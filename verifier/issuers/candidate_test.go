package issuers_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestCandidateOfIssuers: the same reference with more options is a candidate, also
// where the issuer is one of a list.
func TestCandidateOfIssuers(t *testing.T) {
	w, p := verifiertest.NewWorld(t), providers.All()[0]
	good := p.Start(t, w).Token(t, providers.Variant{})
	more := issuers.WithVerifier(verifier.WithClaims(claims.Required("not-there")))
	strict, ok := open(t, w, p.Reference, more).Unwrap().(*verifier.Keyed)
	if !ok {
		t.Fatal("the verifier of one issuer is no Keyed")
	}
	same := open(t, w, p.Reference).Unwrap().(*verifier.Keyed)
	for name, test := range map[string]struct {
		ref       string
		candidate *verifier.Keyed
		want      []string
	}{
		"stricter":  {p.Reference, strict, []string{" / claim_missing"}},
		"in a list": {p.Reference + ",oidc:https://unrelated.example?aud=unrelated", strict, []string{" / claim_missing"}},
		"the same":  {p.Reference, same, nil},
	} {
		var got []string
		v := open(t, w, test.ref, issuers.WithVerifier(verifier.WithCandidate(test.candidate, func(_ context.Context, d verifier.Difference) {
			got = append(got, verifier.Reason(d.Live)+" / "+verifier.Reason(d.Candidate))
		})))
		if _, err := v.Verify(t.Context(), good); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
