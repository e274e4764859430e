package verifier_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A differing is what a test compares of a Difference.
type differing struct {
	Live, Candidate, Subject, KeyID, Algorithm string
	Verified                                   bool
}

// A differences logs them.
type differences struct{ all []verifier.Difference }

func (l *differences) add(_ context.Context, d verifier.Difference) { l.all = append(l.all, d) }

// take returns what was logged since.
func (l *differences) take() (all []differing) {
	for _, d := range l.all {
		of := differing{answerOf(d.Live), answerOf(d.Candidate), "", d.KeyID, string(d.Algorithm), d.Verified}
		if d.Claims != nil {
			of.Subject = d.Claims.Subject
		}
		all = append(all, of)
	}
	l.all = nil
	return all
}

func answerOf(err error) string {
	return strings.TrimSpace(verifier.Classify(err).String() + " " + verifier.Reason(err))
}

// TestCandidate has a case for each point at which either of the two can decide.
func TestCandidate(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k")
	with := func(change map[string]any) string {
		all := map[string]any{"sub": "user", "exp": now.Unix() + 60}
		for name, v := range change {
			if all[name] = v; v == nil {
				delete(all, name)
			}
		}
		return signer.Sign(all)
	}
	good := with(nil)
	untyped := signer.SignHeader(map[string]any{"typ": nil}, map[string]any{"sub": "user", "exp": now.Unix() + 60})
	aud := with(map[string]any{"aud": "old"})
	i := strings.LastIndexByte(good, '.')
	forged := good[:i+1] + flipped(good[i+1:])
	both := func(live, other string) []differing { return []differing{{live, other, "user", "k", "ES256", true}} }
	unread := func(live, other string) []differing { return []differing{{live, other, "", "k", "ES256", true}} }
	unsigned := func(live, other string) []differing { return []differing{{live, other, "", "k", "ES256", false}} }
	down := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, keys.ErrUnavailable })
	anyAud, old, api := verifier.WithAnyAudience(), verifier.WithAudience("old"), verifier.WithAudience("api")
	broken := verifier.WithClaims(claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return claims.ErrUnavailable }))
	for _, test := range []struct {
		name      string
		p         keys.Provider
		live, new []verifier.Option
		raw       string
		want      []differing
	}{
		{"both trust it", nil, nil, nil, good, nil},
		{"aud is tightened", nil, opts(anyAud), opts(api), aud, both("trusted", "invalid aud_mismatch")},
		{"aud is loosened", nil, opts(api), opts(anyAud), aud, both("invalid aud_mismatch", "trusted")},
		{"both lists name it", nil, opts(old), opts(old, api), aud, nil},
		{"refused for the same reason", nil, opts(api), nil, aud, nil},
		{"refused for different reasons", nil, opts(api), opts(verifier.WithIssuer("i"), anyAud), aud, both("invalid aud_mismatch", "invalid iss_missing")},
		{"typ is tightened", nil, nil, opts(verifier.WithType("at+jwt")), good, both("trusted", "invalid type")},
		{"a list of types is tightened", nil, opts(verifier.WithType("JWT", "x")), opts(verifier.WithType("x")), good, both("trusted", "invalid type")},
		{"typ becomes required", nil, nil, opts(verifier.WithType("JWT", "at+jwt", "JOSE")), untyped, both("trusted", "invalid type")},
		{"the required typ is there", nil, nil, opts(verifier.WithType("JWT")), good, nil},
		{"typ is loosened", nil, opts(verifier.WithType("at+jwt")), nil, good, unsigned("invalid type", "undecided not_judged")},
		{"typ is refused by both", nil, opts(verifier.WithType("at+jwt")), opts(verifier.WithType("x")), good, nil},
		{"an algorithm is ruled out", nil, nil, opts(verifier.WithAlgorithms(keys.RS256)), good, both("trusted", "invalid algorithm")},
		{"an algorithm is let in", nil, opts(verifier.WithAlgorithms(keys.RS256)), nil, good, unsigned("invalid algorithm", "undecided not_judged")},
		{"alg and typ", nil, opts(verifier.WithAlgorithms(keys.RS256)), opts(verifier.WithType("at+jwt")), good, unsigned("invalid algorithm", "invalid type")},
		{"iss is tightened", nil, nil, opts(verifier.WithIssuer("i")), good, both("trusted", "invalid iss_missing")},
		{"the key is bound to an issuer", keys.ForIssuer("i", keys.Static(signer.Key())), opts(verifier.WithIssuer("i")), opts(verifier.WithIssuer("j")),
			with(map[string]any{"iss": "i"}), both("trusted", "invalid iss_mismatch")},
		{"only the key is bound to an issuer", keys.ForIssuer("i", keys.Static(signer.Key())), opts(verifier.WithIssuer("i")), nil, with(map[string]any{"iss": "i"}), nil},
		{"no leeway for iat", nil, nil, opts(verifier.WithLeeway(0)), with(map[string]any{"iat": now.Unix() + 5}), both("trusted", "invalid not_yet_valid")},
		{"no leeway for nbf", nil, nil, opts(verifier.WithLeeway(0)), with(map[string]any{"nbf": now.Unix() + 5}), both("trusted", "invalid not_yet_valid")},
		{"no leeway", nil, nil, opts(verifier.WithLeeway(0)), with(map[string]any{"exp": now.Unix() - 5}), both("trusted", "invalid expired")},
		{"expired for both", nil, nil, opts(api), with(map[string]any{"exp": 1, "aud": "api"}), both("invalid aud_mismatch", "invalid expired")},
		{"subject is optional", nil, opts(verifier.WithOptionalSubject()), nil, with(map[string]any{"sub": nil}),
			[]differing{{"trusted", "invalid sub_missing", "", "k", "ES256", true}}},
		{"expiry is optional", nil, opts(verifier.WithOptionalExpiry()), nil, with(map[string]any{"exp": nil}), both("trusted", "invalid exp_missing")},
		{"events", nil, opts(verifier.WithEvents()), nil, with(map[string]any{"events": map[string]any{}}), both("trusted", "invalid claim_mismatch")},
		{"actors", nil, nil, opts(verifier.WithMaxActors(0)), with(map[string]any{"act": map[string]any{"sub": "x"}}), both("trusted", "invalid claim_mismatch")},
		{"possession", nil, opts(verifier.WithPossessionProven()), nil, with(map[string]any{"cnf": map[string]any{}}), both("trusted", "invalid unproven")},
		{"the profile of an access token", nil, opts(api), opts(verifier.AccessToken(), verifier.WithIssuer("i"), api), with(map[string]any{"aud": "api"}), both("trusted", "invalid type")},
		{"a validator", nil, nil, opts(verifier.WithClaims(claims.Scope("x"))), good, both("trusted", "forbidden insufficient_scope")},
		{"a validator that is down", nil, nil, opts(broken), good, both("trusted", "undecided unavailable")},
		{"the live validator is down", nil, opts(broken), opts(api), good, both("undecided unavailable", "invalid aud_missing")},
		{"the header", nil, nil, opts(verifier.WithHeader(claims.Required("signer"))), good, both("trusted", "invalid claim_missing")},
		{"both have a check of the header", nil, opts(verifier.WithHeader(claims.Required("kid"))), opts(verifier.WithHeader(claims.Required("alg", "kid"))), good, nil},

		{"the signature is bad", nil, nil, opts(api, verifier.WithType("at+jwt")), forged, nil},
		{"the key is unknown", keys.Static(verifiertest.NewSigner(t, keys.ES256, "other").Key()), nil, opts(api), good, nil},
		{"the key has another algorithm", keys.Static(verifiertest.NewSigner(t, keys.RS256, "k").Key()), nil, opts(verifier.WithAlgorithms(keys.RS256)), good, nil},
		{"the keys are down", down, nil, opts(verifier.WithType("at+jwt")), good, nil},
		{"malformed", nil, nil, opts(api), "x", nil},
		{"forged, and refused by its header", nil, opts(verifier.WithType("at+jwt")), nil, forged, unsigned("invalid type", "undecided not_judged")},

		{"a smaller size", nil, nil, opts(verifier.WithMaxSize(20)), good, both("trusted", "invalid malformed")},
		{"a larger size", nil, opts(verifier.WithMaxSize(20)), nil, good, []differing{{Live: "invalid malformed", Candidate: "undecided not_judged"}}},
		{"a larger size and another type", nil, opts(verifier.WithMaxSize(20)), opts(verifier.WithType("at+jwt")), good, []differing{{Live: "invalid malformed", Candidate: "invalid type"}}},
		{"too large for both", nil, opts(verifier.WithMaxSize(20)), opts(verifier.WithMaxSize(30)), good, nil},
		{"padding is expected", nil, nil, opts(verifier.WithPaddedBase64()), good, both("trusted", "invalid malformed")},
		{"an integer subject is let in", nil, nil, opts(verifier.WithIntegerSubject()), with(map[string]any{"sub": 7}), unread("invalid sub_malformed", "trusted")},
		{"an integer subject is ruled out", nil, opts(verifier.WithIntegerSubject()), nil, with(map[string]any{"sub": 7}),
			[]differing{{"trusted", "invalid sub_malformed", "7", "k", "ES256", true}}},
		{"unreadable for both", nil, nil, opts(api), with(map[string]any{"sub": 7}), nil},
		{"unreadable for both, and another type", nil, nil, opts(verifier.WithType("at+jwt")), with(map[string]any{"sub": 7}), unread("invalid sub_malformed", "invalid type")},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := test.p
			if p == nil {
				p = keys.Static(signer.Key())
			}
			var log differences
			plain := newVerifier(t, p, test.live...)
			wantTok, wantErr := plain.Verify(t.Context(), test.raw)
			tries := append(opts(verifier.WithCandidate(newVerifier(t, down, test.new...), log.add)), test.live...)
			for name, v := range map[string]*verifier.Keyed{
				"": newVerifier(t, p, tries...), "with an observer": newVerifier(t, p, append(tries, verifier.WithObserver(func(context.Context, verifier.Event) {}))...),
				"with a cache": newVerifier(t, p, append(tries, verifier.WithCache(10))...),
			} {
				for range 2 { // the second time from the cache
					tok, err := v.Verify(t.Context(), test.raw)
					if diff := cmp.Diff(wantTok, tok, cmp.Comparer(sameToken)); diff != "" || errorText(err) != errorText(wantErr) {
						t.Errorf("%s: the answer changed: %v, %v\n%s", name, tok, err, diff)
					}
					if diff := cmp.Diff(test.want, log.take()); diff != "" {
						t.Errorf("%s: (-want +got)\n%s", name, diff)
					}
				}
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// sameToken compares all that a caller can see.
func sameToken(a, b *verifier.Token) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Algorithm == b.Algorithm && a.KeyID == b.KeyID && a.Type == b.Type && string(a.Raw()) == string(b.Raw()) &&
		a.Subject == b.Subject && a.Issuer == b.Issuer && cmp.Equal(a.Audience, b.Audience)
}

// TestCandidateAt: both judge as of the same time.
func TestCandidateAt(t *testing.T) {
	var log differences
	strict := newVerifier(t, hmacKeys(t), verifier.WithLeeway(0), verifier.WithClock(func() time.Time { return now.Add(time.Hour) }))
	v := newVerifier(t, hmacKeys(t), verifier.WithCandidate(strict, log.add))
	raw := sign(goodHeader, goodPayload)
	check(t, v, raw, nil, "")
	for _, at := range []time.Time{now, now.Add(59 * time.Second), now.Add(70 * time.Second), now.Add(time.Hour), {}} {
		v.VerifyAt(t.Context(), raw, at)
	}
	want := []differing{{"trusted", "invalid expired", "user-123", "", "HS256", true}} // 70 seconds
	if diff := cmp.Diff(want, log.take()); diff != "" {
		t.Error(diff)
	}
	v.Explain(t.Context(), raw)
	if got := log.take(); got != nil {
		t.Errorf("Explain calls f: %+v", got)
	}
}

// TestCandidateAsksNobody: neither for a key nor for a signature, whatever the live
// verifier says.
func TestCandidateAsksNobody(t *testing.T) {
	asked := 0
	count := keys.ProviderFunc(func(ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
		asked++
		return hmacKeys(t).Find(ctx, h)
	})
	var log differences
	strict := newVerifier(t, keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
		t.Error("the provider of the candidate was asked")
		return nil, nil
	}), verifier.WithCache(10), verifier.WithObserver(func(context.Context, verifier.Event) { t.Error("the observer of the candidate was called") }))
	v := newVerifier(t, count, verifier.WithType("at+jwt"), verifier.WithCandidate(strict, log.add))
	for _, test := range []struct {
		raw  string
		want int
	}{{sign(`{"alg":"HS256"}`, goodPayload), 0}, {sign(`{"alg":"HS256","typ":"at+jwt"}`, goodPayload), 1}, {"x", 0}} {
		asked = 0
		if v.Verify(t.Context(), test.raw); asked != test.want {
			t.Errorf("%s: asked for a key %d times, want %d", test.raw, asked, test.want)
		}
	}
	if strict.Cached() != 0 {
		t.Error("the candidate caches")
	}
}

// TestCandidateOfAnOutage: nothing is reported while nothing can be decided, whether the
// token was verified before or not, and whatever the candidate could say of its text.
func TestCandidateOfAnOutage(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.ES256, "k")
	raw := signer.Sign(map[string]any{"sub": "user", "exp": now.Unix() + 60})
	var outage error
	src := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return []*keys.Key{signer.Key()}, outage })
	var log differences
	v := newVerifier(t, src, verifier.WithCache(10), verifier.WithCandidate(newVerifier(t, src, verifier.WithMaxSize(20)), log.add))
	check(t, v, raw, nil, "")
	if got := log.take(); len(got) != 1 {
		t.Errorf("before the outage: %+v", got)
	}
	outage = keys.ErrUnavailable
	check(t, v, raw, verifier.ErrUnavailable, "unavailable")
	check(t, v, signer.Sign(map[string]any{"sub": "new", "exp": now.Unix() + 60}), verifier.ErrUnavailable, "unavailable")
	v.VerifyAt(t.Context(), raw, time.Time{})
	if got := log.take(); got != nil {
		t.Errorf("during the outage: %+v", got)
	}
}

// TestWithCandidateRefuses what cannot be meant.
func TestWithCandidateRefuses(t *testing.T) {
	f := func(context.Context, verifier.Difference) {}
	good := newVerifier(t, hmacKeys(t))
	for name, test := range map[string]struct {
		other *verifier.Keyed
		f     func(context.Context, verifier.Difference)
		want  string
	}{
		"nil":               {nil, f, "verifier: WithCandidate: the candidate is nil"},
		"zero":              {new(verifier.Keyed), f, "verifier: WithCandidate: the candidate is zero; make it with New"},
		"no function":       {good, nil, "verifier: WithCandidate: the function is nil"},
		"neither":           {nil, nil, "verifier: WithCandidate: the candidate is nil; WithCandidate: the function is nil"},
		"of its own":        {newVerifier(t, hmacKeys(t), verifier.WithCandidate(good, f)), f, "verifier: WithCandidate: the candidate has a candidate itself"},
		"nothing is amiss ": {good, f, ""},
	} {
		if _, err := verifier.New(hmacKeys(t), verifier.WithCandidate(test.other, test.f)); errorText(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p := panicOf(func() {
		verifier.Route(byTenant, func(context.Context, string) (verifier.Verifier, error) { return nil, nil }, 1, verifier.WithCandidate(good, f))
	}); p == nil {
		t.Error("Route takes it")
	}
}

// TestNotJudged: what is unknown is an outage by every measure, and never a verdict.
func TestNotJudged(t *testing.T) {
	var log differences
	v := newVerifier(t, hmacKeys(t), verifier.WithType("x"), verifier.WithCandidate(newVerifier(t, hmacKeys(t)), log.add))
	v.Verify(t.Context(), sign(goodHeader, goodPayload))
	err := log.all[0].Candidate
	if !errors.Is(err, verifier.ErrUnavailable) || errors.Is(err, verifier.ErrInvalidToken) || !strings.HasPrefix(err.Error(), "verifier: not judged: ") {
		t.Errorf("got %v", err)
	}
}
