package verifier_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestCandidateMayPanic: the answer stands, the candidate is undecided, and one line
// is logged, without what it panicked with.
func TestCandidateMayPanic(t *testing.T) {
	raw := sign(goodHeader, goodPayload)
	bad := claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { panic(raw) })
	for name, opt := range map[string]verifier.Option{"claims": verifier.WithClaims(bad), "header": verifier.WithHeader(bad)} {
		var out bytes.Buffer
		var log differences
		v := newVerifier(t, hmacKeys(t), verifier.WithLogger(slog.New(slog.NewTextHandler(&out, nil))),
			verifier.WithCandidate(newVerifier(t, hmacKeys(t), opt), log.add))
		for range 3 {
			check(t, v, raw, nil, "")
		}
		if got := out.String(); strings.Count(got, "the candidate panicked; the decision stands") != 1 || strings.Contains(got, raw[:20]) || !strings.Contains(got, `panic="a string"`) {
			t.Errorf("%s: logged %q", name, got)
		}
		if len(log.all) != 3 || log.all[2].Candidate.Error() != "verifier: cannot decide now: the candidate panicked: a string" {
			t.Errorf("%s: reported %+v", name, log.all)
		}
		check(t, newVerifier(t, hmacKeys(t), verifier.WithCandidate(newVerifier(t, hmacKeys(t), opt), log.add)), raw, nil, "") // no logger
	}
}

// TestCandidateReportMayPanic: so may f.
func TestCandidateReportMayPanic(t *testing.T) {
	var out bytes.Buffer
	raw := sign(goodHeader, goodPayload)
	strict := newVerifier(t, hmacKeys(t), verifier.WithAudience("api"))
	v := newVerifier(t, hmacKeys(t), verifier.WithLogger(slog.New(slog.NewTextHandler(&out, nil))),
		verifier.WithCandidate(strict, func(context.Context, verifier.Difference) { panic(raw) }))
	for range 3 {
		check(t, v, raw, nil, "")
	}
	if got := out.String(); strings.Count(got, "panicked") != 1 || strings.Contains(got, raw[:20]) {
		t.Errorf("logged %q", got)
	}
}

// TestCandidateGetsACopy: what its validators do to the claims or the header reaches
// neither the caller nor f nor a later token.
func TestCandidateGetsACopy(t *testing.T) {
	spoil := claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		s.Subject, s.Issuer, s.Expiry = "admin", "evil", time.Time{}
		for i := range s.Audience {
			s.Audience[i] = "evil"
		}
		return claims.ErrMismatch
	})
	read := verifier.WithHeader(claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		if s.Subject != "" {
			return errors.New("the header was changed")
		}
		return nil
	}))
	raw := sign(goodHeader, `{"iss":"i","sub":"user","aud":["a","b"],"exp":1700000060}`)
	for name, test := range map[string]struct{ live, new []verifier.Option }{
		"claims":           {nil, opts(verifier.WithClaims(spoil))},
		"header":           {opts(read), opts(verifier.WithHeader(spoil))},
		"read another way": {nil, opts(verifier.WithIntegerSubject(), verifier.WithClaims(spoil))},
		"refused":          {opts(verifier.WithClaims(claims.Scope("no"))), opts(verifier.WithClaims(spoil), verifier.WithLeeway(0))},
	} {
		base := opts(verifier.WithIssuer("i"), verifier.WithAudience("a"), verifier.WithCache(10))
		var log differences
		v := newVerifier(t, hmacKeys(t), append(append(base, test.live...), verifier.WithCandidate(newVerifier(t, hmacKeys(t), append(base, test.new...)...), log.add))...)
		for range 2 {
			tok, err := v.Verify(t.Context(), raw)
			set, _ := verifier.RefusedClaims(err)
			if tok != nil {
				set = tok.Set
			}
			if set.Subject != "user" || set.Issuer != "i" || set.Expiry.IsZero() || !cmp.Equal(set.Audience, []string{"a", "b"}) {
				t.Errorf("%s: got %+v", name, set)
			}
		}
		if len(log.all) != 2 || log.all[1].Claims.Subject != "user" {
			t.Errorf("%s: reported %+v", name, log.all)
		}
	}
}

// TestCandidateSharesValidators that come from the same Option value: for a token
// that is accepted, they run once. Without a signature, none runs.
func TestCandidateSharesValidators(t *testing.T) {
	ran := map[string]int{}
	count := func(name string) claims.Validator {
		return claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { ran[name]++; return nil })
	}
	shared := opts(verifier.WithClaims(count("shared")), verifier.WithHeader(verifier.Named("n", count("shared header"))))
	strict := newVerifier(t, hmacKeys(t), append(shared, verifier.WithClaims(count("own")))...)
	v := newVerifier(t, hmacKeys(t), append(shared, verifier.WithCandidate(strict, func(_ context.Context, d verifier.Difference) { t.Errorf("%+v", d) }))...)
	check(t, v, sign(goodHeader, goodPayload), nil, "")
	want := map[string]int{"shared": 1, "shared header": 1, "own": 1}
	if diff := cmp.Diff(want, ran); diff != "" {
		t.Error(diff)
	}
	clear(ran)
	forged := sign(goodHeader, goodPayload)
	i := strings.LastIndexByte(forged, '.')
	check(t, v, forged[:i+1]+flipped(forged[i+1:]), verifier.ErrSignature, "signature")
	check(t, v, sign(`{"alg":"HS256","typ":"x"}`, goodPayload), verifier.ErrType, "type")
	if len(ran) != 0 {
		t.Errorf("ran without a signature: %v", ran)
	}
}

// TestCandidateAllocates nothing if it agrees.
func TestCandidateAllocates(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted with the race detector")
	}
	raw := sign(goodHeader, `{"sub":"user-123","aud":"api","exp":1700000060}`)
	strict := newVerifier(t, hmacKeys(t), verifier.WithAudience("api"), verifier.WithLeeway(0))
	live := verifier.WithAudience("api", "old")
	without := allocs(t, newVerifier(t, hmacKeys(t), live), raw)
	v := newVerifier(t, hmacKeys(t), live, verifier.WithCandidate(strict, func(_ context.Context, d verifier.Difference) { t.Errorf("%+v", d) }))
	if with := allocs(t, v, raw); with > without {
		t.Errorf("%v allocations, and %v without", with, without)
	}
}

// TestDifferenceLogs one group without the token, in which its texts are cut.
func TestDifferenceLogs(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == "time" {
			return slog.Attr{}
		}
		return a
	}}))
	v := newVerifier(t, hmacKeys(t), verifier.WithAudience("old"), verifier.WithCandidate(newVerifier(t, hmacKeys(t), verifier.WithAudience("api")),
		func(ctx context.Context, d verifier.Difference) { log.InfoContext(ctx, "they differ", "token", d) }))
	raw := sign(`{"alg":"HS256","kid":"`+strings.Repeat("k", 100)+`"}`, `{"sub":"jane\ndoe","aud":"old","azp":"app","act":{"sub":"support"},"exp":1700000060}`)
	check(t, v, raw, nil, "")
	want := `level=INFO msg="they differ" token.live=trusted token.candidate=invalid token.candidate_reason=aud_mismatch ` +
		`token.candidate_error="verifier: invalid token: aud: not the expected value: it is \"old\", expected \"api\" (see WithAudience)" ` +
		`token.verified=true token.sub="\"jane\\ndoe\"" token.aud=old token.exp=2023-11-14T22:14:20.000Z token.client=app token.act=support ` +
		`token.kid="\"` + strings.Repeat("k", 64) + `\"…" token.alg=HS256` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
