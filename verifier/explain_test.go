package verifier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func TestExplain(t *testing.T) {
	ran := 0
	own := claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { ran++; return nil })
	v := newVerifier(t, hmacKeys(t), verifier.WithIssuer("https://issuer.example"), verifier.WithAudience("api"), verifier.WithClaims(own, claims.Scope("write")))
	good := sign(goodHeader, `{"sub":"user-123","exp":1700000060,"iat":1700000000,"iss":"https://issuer.example","aud":["api","b"],"scope":"write"}`)
	i := strings.LastIndexByte(good, '.')
	const all = "shape algorithm type signature claims issuer audience expiry not before issued at subject own check 1 own check 2"
	for _, test := range []struct {
		name   string
		raw    string
		failed string // names of the checks that did not pass
		names  string // of all checks
		ran    int    // how often the caller's own check ran
	}{
		{"good", good, "", all, 1},
		{"expired, of another audience, without scope", sign(goodHeader, `{"sub":"a","exp":1,"iss":"https://issuer.example","aud":"c"}`), "audience expiry own check 2", all, 1},
		{"forged", good[:i+1] + flipped(good[i+1:]), "signature own check 1 own check 2", all, 0},
		{"none", b64(`{"alg":"none"}`) + "." + b64(`{"sub":"a","exp":1,"iss":"https://issuer.example","aud":"api"}`) + ".", "algorithm signature expiry own check 1 own check 2", all, 0},
		{"wrong type", sign(`{"alg":"HS256","typ":"x"}`, goodPayload), "type signature issuer audience own check 1 own check 2", all, 0},
		{"no JSON", sign(goodHeader, "x"), "claims", "shape algorithm type signature claims", 0},
		{"no token", "hello", "shape", "shape", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			ran = 0
			r := v.ExplainWith(t.Context(), test.raw, verifier.WithOwnChecks())
			var failed, names []string
			for _, c := range r.Checks {
				names = append(names, c.Name)
				if !c.Passed {
					failed = append(failed, c.Name)
				}
			}
			if got := strings.Join(failed, " "); got != test.failed {
				t.Errorf("failed: %s\nwant: %s\n%s", got, test.failed, r)
			}
			if got := strings.Join(names, " "); got != test.names {
				t.Errorf("checks: %s\nwant: %s", got, test.names)
			}
			if ran != test.ran {
				t.Errorf("the caller's validator ran %d times, want %d", ran, test.ran)
			}
			_, err := v.Verify(t.Context(), test.raw)
			if verifier.Reason(err) != verifier.Reason(r.Err) || (err == nil) != (r.Err == nil) || err != nil && err.Error() != r.Err.Error() {
				t.Errorf("Verify says %v, Explain %v", err, r.Err)
			}
			for _, part := range strings.Split(test.raw, ".") {
				if len(part) > 8 && strings.Contains(r.String(), part) {
					t.Error("the report holds a part of the token")
				}
			}
		})
	}
}

func TestReportString(t *testing.T) {
	k, err := keys.NewSecret("k1", keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, keys.Static(k), verifier.WithAudience("api"))
	got := v.Explain(t.Context(), sign(`{"alg":"HS256","kid":"k1"}`, `{"sub":"user-123","exp":1699996400,"aud":"api","iat":1699990000}`)).String()
	want := `as of 2023-11-14T22:13:20Z, leeway 30s
ok    shape        166 bytes
ok    algorithm    "HS256"
ok    type         ""
ok    signature    by key "k1" (HS256)
ok    claims       read
ok    issuer       ""
ok    audience     "api"
FAIL  expiry       verifier: invalid token: exp: expired 1h0m0s ago; it is now 2023-11-14T22:13:20Z, leeway 30s
ok    not before   none
ok    issued at    2023-11-14T19:26:40Z
ok    subject      "user-123"
=> invalid (expired): verifier: invalid token: exp: expired 1h0m0s ago; it is now 2023-11-14T22:13:20Z, leeway 30s
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := v.Explain(t.Context(), sign(goodHeader, `{"sub":"a","exp":1700000060,"aud":"api"}`)).String(); !strings.HasSuffix(got, "\n=> trusted\n") {
		t.Errorf("a good token:\n%s", got)
	}
}

// TestExplainAgreesWithVerify on tokens that fail in several ways together.
func TestExplainAgreesWithVerify(t *testing.T) {
	headers := []string{goodHeader, `{"alg":"none"}`, `{"alg":"HS256","typ":"x"}`, `{"alg":"HS256","crit":[]}`, `{"alg":"RS256"}`}
	payloads := []string{goodPayload, `{}`, `{"sub":"a","exp":1}`, `{"sub":"a","exp":1700000060,"nbf":1800000000,"iss":"x","aud":"y"}`, `[]`}
	v := newVerifier(t, keys.ForIssuer("x", hmacKeys(t)), verifier.WithAudience("y"))
	for _, h := range headers {
		for _, p := range payloads {
			for _, raw := range []string{sign(h, p), b64(h) + "." + b64(p) + "."} {
				_, err := v.Verify(t.Context(), raw)
				r := v.Explain(t.Context(), raw)
				if verifier.Reason(err) != verifier.Reason(r.Err) {
					t.Errorf("%s.%s: Verify says %v, Explain %v", h, p, err, r.Err)
				}
				passed := true
				for _, c := range r.Checks {
					passed = passed && c.Passed
				}
				if passed != (err == nil) {
					t.Errorf("%s.%s: %v, and the report reads\n%s", h, p, err, r)
				}
			}
		}
	}
}

// TestExplainSkips: what was not decided neither passed nor failed, and checks that
// may have effects run only when they are asked for.
func TestExplainSkips(t *testing.T) {
	ran := map[string]int{}
	counts := func(name string) claims.Validator {
		return claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { ran[name]++; return nil })
	}
	v := newVerifier(t, hmacKeys(t), verifier.WithClaims(counts("own"), verifier.Named("tenant", counts("named"))), verifier.WithHeader(verifier.Named("signer", counts("header"))))
	good := sign(goodHeader, goodPayload)
	marks := func(r *verifier.Report) string {
		var all []string
		for _, c := range r.Checks {
			switch {
			case c.Passed && c.Skipped:
				t.Errorf("%s both passed and was skipped", c.Name)
			case c.Skipped:
				all = append(all, c.Name+"?")
			case !c.Passed:
				all = append(all, c.Name+"!")
			}
		}
		return strings.Join(all, " ")
	}
	for _, test := range []struct {
		name, raw string
		opts      []verifier.ExplainOption
		marks     string
		own       int
		named     int
	}{
		{"not asked for", good, nil, "own check 1?", 0, 1},
		{"asked for", good, []verifier.ExplainOption{verifier.WithOwnChecks(), nil}, "", 1, 1},
		{"forged", flippedLast(good), []verifier.ExplainOption{verifier.WithOwnChecks()}, "signature! signer? own check 1? tenant?", 0, 0},
		{"as of later", good, []verifier.ExplainOption{verifier.AsOf(now.Add(time.Hour))}, "expiry! own check 1?", 0, 1},
		{"as of the zero time, which is now", good, []verifier.ExplainOption{verifier.AsOf(time.Time{})}, "own check 1?", 0, 1},
	} {
		clear(ran)
		r := v.ExplainWith(t.Context(), test.raw, test.opts...)
		if got := marks(r); got != test.marks || ran["own"] != test.own || ran["named"] != test.named || ran["header"] != test.named {
			t.Errorf("%s: %q, ran %v; want %q, %d and %d\n%s", test.name, got, ran, test.marks, test.own, test.named, r)
		}
	}
	down := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, keys.ErrUnavailable })
	r := newVerifier(t, down).Explain(t.Context(), sign(goodHeader, `{"sub":"a","exp":1700000060,"iss":"x"}`))
	if got := marks(r); got != "signature? issuer?" || verifier.Classify(r.Err) != verifier.Undecided {
		t.Errorf("an outage: %q, %v\n%s", got, r.Err, r)
	}
	if r := v.Explain(t.Context(), good); !strings.HasSuffix(r.String(), "=> trusted, as far as the checks have run\n") {
		t.Errorf("with a check that did not run:\n%s", r)
	}
}

// flippedLast returns raw with another signature.
func flippedLast(raw string) string {
	i := strings.LastIndexByte(raw, '.') + 1
	return raw[:i] + flipped(raw[i:])
}

// TestExplainKeysAtHand: a token whose key is unknown is told which keys there are,
// and how old they are: the lookup has just fetched them again.
func TestExplainKeysAtHand(t *testing.T) {
	k, err := keys.NewSecret("k1", keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	at := now
	src, err := keys.NewSource("vault", func(context.Context) (keys.Fetched, error) { return keys.Fetched{Keys: []*keys.Key{k}}, nil },
		keys.WithClock(func() time.Time { return at }))
	if err != nil {
		t.Fatal(err)
	}
	if err := src.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	at = now.Add(5 * time.Minute)
	v := newVerifier(t, src, verifier.WithClock(func() time.Time { return at }))
	r := v.Explain(t.Context(), sign(`{"alg":"HS256","kid":"k2"}`, goodPayload))
	if want := `vault has "k1", fetched 0s ago`; !strings.Contains(r.String(), want) {
		t.Errorf("the report lacks %s:\n%s", want, r)
	}
}
