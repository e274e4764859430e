package verifier_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestCandidateAround: a candidate works inside Routers and Vars, which hand it a token
// that they have read, and each verifier has its own.
func TestCandidateAround(t *testing.T) {
	var log []string
	report := func(who string) func(context.Context, verifier.Difference) {
		return func(_ context.Context, d verifier.Difference) {
			log = append(log, who+": "+answerOf(d.Live)+" / "+answerOf(d.Candidate))
		}
	}
	keyed := func(iss string, opts ...verifier.Option) *verifier.Keyed {
		strict := newVerifier(t, hmacKeys(t), verifier.WithIssuer(iss), verifier.WithAudience(iss+"-api"))
		return newVerifier(t, hmacKeys(t), append(opts, verifier.WithIssuer(iss), verifier.WithAnyAudience(), verifier.WithCandidate(strict, report(iss)))...)
	}
	a, b := keyed("a"), keyed("b", verifier.WithIntegerSubject())
	fixed := verifier.ByIssuer(map[string]verifier.Verifier{"a": a, "b": b})
	routed := verifier.Route(func(s *claims.Set) string { return s.Issuer }, func(_ context.Context, choice string) (verifier.Verifier, error) {
		switch choice {
		case "a":
			return verifier.NewVar(a), nil
		case "b":
			return b, nil
		}
		return nil, nil
	}, 8)
	for name, v := range map[string]verifier.Verifier{
		"ByIssuer": fixed, "Var": verifier.NewVar(fixed), "Route": routed, "nested": verifier.ByIssuer(map[string]verifier.Verifier{"a": routed, "b": routed, "c": routed}),
	} {
		log = nil
		for _, test := range []struct{ payload, reason string }{
			{`{"iss":"a","aud":"a-api","sub":"u","exp":1700000060}`, ""},
			{`{"iss":"a","aud":"old","sub":"u","exp":1700000060}`, ""},
			{`{"iss":"b","aud":"a-api","sub":"u","exp":1700000060}`, ""},
			{`{"iss":"b","aud":"b-api","sub":7,"exp":1700000060}`, ""},
			{`{"iss":"b","aud":"b-api","sub":"u","exp":1}`, "expired"},
			{`{"iss":"c","aud":"a-api","sub":"u","exp":1700000060}`, "iss_mismatch"},
		} {
			raw := sign(goodHeader, test.payload)
			if _, err := v.Verify(t.Context(), raw); verifier.Reason(err) != test.reason {
				t.Errorf("%s: %s: %v", name, test.payload, err)
			}
			if _, err := verifier.VerifyAt(t.Context(), v, raw, now); verifier.Reason(err) != test.reason {
				t.Errorf("%s: %s: %v", name, test.payload, err)
			}
		}
		x, y, z := "a: trusted / invalid aud_mismatch", "b: trusted / invalid aud_mismatch", "b: trusted / invalid sub_malformed"
		if diff := cmp.Diff([]string{x, x, y, y, z, z}, log); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestPolicyNamesCandidate: what a service exports says what it tries out.
func TestPolicyNamesCandidate(t *testing.T) {
	strict := newVerifier(t, hmacKeys(t), verifier.WithAudience("api"))
	v := newVerifier(t, hmacKeys(t), verifier.WithAnyAudience(), verifier.WithCandidate(strict, func(context.Context, verifier.Difference) {}))
	got := v.Policy()
	want := strict.Policy()
	want.Sources = nil
	if diff := cmp.Diff(want, got.Candidate); diff != "" {
		t.Error(diff)
	}
	if got.Candidate.Audiences[0] = "changed"; v.Policy().Candidate.Audiences[0] != "api" {
		t.Error("the caller's copy is not a copy")
	}
}
