package verifier_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

const (
	arn       = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/lb/0123456789abcdef"
	albHeader = `{"typ":"JWT","kid":"k","alg":"EdDSA","iss":"https://idp.example","client":"c","signer":"` + arn + `","exp":1700000060}`
)

// An alb signs like AWS ALB, apart from the algorithm: any header, with padding.
type alb struct{ private ed25519.PrivateKey }

func newALB() alb { return alb{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))} }

func (a alb) keys(t *testing.T) keys.Provider {
	t.Helper()
	k, err := keys.NewPublic("k", keys.EdDSA, a.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return keys.Static(k)
}

func (a alb) sign(header, payload string) string {
	signed := padded(header) + "." + padded(payload)
	return signed + "." + padded(string(ed25519.Sign(a.private, []byte(signed))))
}

func TestWithHeader(t *testing.T) {
	header := func(more string) string { return `{"alg":"HS256"` + more + `}` }
	signer := verifier.WithHeader(claims.OneOf("signer", arn))
	expired := `{"sub":"a","exp":1}`
	down := claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return claims.ErrUnavailable })
	checkRules(t, []rule{
		{"as expected", sign(header(`,"signer":"`+arn+`"`), goodPayload), opts(signer), nil, ""},
		{"another", sign(header(`,"signer":"arn:evil"`), goodPayload), opts(signer), claims.ErrMismatch, "claim_mismatch"},
		{"absent", sign(header(""), goodPayload), opts(signer), claims.ErrMissing, "claim_missing"},
		{"an array", sign(header(`,"signer":["`+arn+`"]`), goodPayload), opts(signer), claims.ErrMalformed, "claim_malformed"},
		{"only a claim", sign(header(""), payload(t, map[string]any{"signer": arn})), opts(signer), claims.ErrMissing, "claim_missing"},
		{"only in the header, expected as a claim", sign(header(`,"signer":"`+arn+`"`), goodPayload), opts(verifier.WithClaims(claims.OneOf("signer", arn))), claims.ErrMissing, "claim_missing"},
		{"before the claims", sign(header(""), expired), opts(signer), claims.ErrMissing, "claim_missing"},
		{"does not replace the claims", sign(header(`,"signer":"`+arn+`"`), expired), opts(signer), claims.ErrExpired, "expired"},
		{"does not supply claims", sign(header(`,"sub":"a","exp":1700000060`), `{"x":1}`), opts(verifier.WithHeader(claims.Subject())), claims.ErrMissing, "exp_missing"},
		{"iss of the header is not the claim", sign(header(`,"iss":"a"`), goodPayload), opts(verifier.WithHeader(claims.Issuer("b"))), claims.ErrMismatch, "claim_mismatch"},
		{"one of several", sign(header(`,"iss":"a"`), goodPayload), opts(verifier.WithHeader(claims.Any(claims.Issuer("b"), claims.Issuer("c")))), claims.ErrMismatch, "claim_mismatch"},
		{"lists add up", sign(header(`,"signer":"`+arn+`"`), goodPayload), opts(signer, verifier.WithHeader(claims.Required("client"))), claims.ErrMissing, "claim_missing"},
		{"expired", sign(header(`,"exp":1699999000`), goodPayload), opts(verifier.WithHeader(claims.Expiry(0))), claims.ErrExpired, "expired"},
		{"exp is a string", sign(header(`,"exp":"soon"`), goodPayload), opts(signer), claims.ErrMalformed, "claim_malformed"},
		{"exp is a string, header not asked for", sign(header(`,"exp":"soon"`), goodPayload), nil, nil, ""},
		{"an outage", sign(header(""), goodPayload), opts(verifier.WithHeader(down)), verifier.ErrUnavailable, "unavailable"},
		{"a lack of scope", sign(header(""), goodPayload), opts(verifier.WithHeader(claims.Scope("x"))), claims.ErrInsufficientScope, "insufficient_scope"},
		{"payload unreadable", sign(header(""), "x"), opts(signer), claims.ErrMalformed, "claim_malformed"},
	})
}

// TestWithHeaderSeesOnlyVerifiedHeaders: the validator does not run on others.
func TestWithHeaderSeesOnlyVerifiedHeaders(t *testing.T) {
	ran := 0
	v := newVerifier(t, hmacKeys(t), verifier.WithHeader(claims.ValidatorFunc(func(_ context.Context, s *claims.Set, at time.Time) error {
		ran++
		if alg, _, _ := claims.Value[string](s, "alg"); alg != "HS256" || !at.Equal(now) {
			t.Errorf("it sees %s as of %v", s.Raw(), at)
		}
		return nil
	})))
	good := sign(goodHeader, goodPayload)
	i := strings.LastIndexByte(good, '.') + 1
	check(t, v, good[:i]+flipped(good[i:]), verifier.ErrSignature, "signature")
	check(t, v, good[:i], verifier.ErrSignature, "signature")
	check(t, v, sign(`{"alg":"HS256","typ":"x"}`, goodPayload), verifier.ErrType, "type")
	v.Explain(t.Context(), good[:i]+flipped(good[i:]))
	if ran != 0 {
		t.Errorf("it ran %d times on headers that are not verified", ran)
	}
	check(t, v, good, nil, "")
	check(t, v, good, nil, "") // the header is remembered by now
	if ran != 2 {
		t.Errorf("it ran %d times, want twice", ran)
	}
}

// TestHeaderErrorsNameTheHeader: neither the message nor the *claims.Error can be
// taken for one about a claim.
func TestHeaderErrorsNameTheHeader(t *testing.T) {
	raw := sign(`{"alg":"HS256","iss":"a","exp":1}`, payload(t, map[string]any{"iss": "https://issuer.example"}))
	own := errors.New("too old")
	for _, test := range []struct {
		v           claims.Validator
		text, claim string
	}{
		{claims.OneOf("signer", arn), "verifier: invalid token: header signer: missing", "header signer"},
		{claims.Issuer("b"), `verifier: invalid token: header iss: not the expected value: it is "a", expected "b"`, "header iss"},
		{claims.All(claims.Any(claims.Issuer("b"), claims.Required("client"))), `verifier: invalid token: header: iss: not the expected value: it is "a", expected "b"; client: missing`, "header iss"},
		{claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return own }), "verifier: invalid token: header: too old", ""},
	} {
		_, err := newVerifier(t, hmacKeys(t), verifier.WithIssuer("https://issuer.example"), verifier.WithHeader(test.v)).Verify(t.Context(), raw)
		if err == nil || err.Error() != test.text {
			t.Errorf("Verify = %v\nwant %s", err, test.text)
		}
		var e *claims.Error
		if got := errors.As(err, &e); got != (test.claim != "") || got && e.Claim != test.claim {
			t.Errorf("%v: the *claims.Error is %+v, want one of %q", err, e, test.claim)
		}
		if set, ok := verifier.RefusedClaims(err); !ok || set.Subject != "user-123" || set.Issuer != "https://issuer.example" {
			t.Errorf("%v: the claims are %+v, %v", err, set, ok)
		}
		if test.claim == "" && !errors.Is(err, own) {
			t.Errorf("%v does not wrap the error of the validator", err)
		}
	}
}

// TestRule10CacheChecksTheHeader on every hit, as of the time asked for.
func TestRule10CacheChecksTheHeader(t *testing.T) {
	lb := newALB()
	raw := lb.sign(albHeader, `{"sub":"a","exp":1800000000}`)
	ran := 0
	var refuse error
	own := claims.ValidatorFunc(func(_ context.Context, s *claims.Set, _ time.Time) error {
		ran++
		if s.Issuer != "https://idp.example" {
			t.Errorf("it sees the issuer %q", s.Issuer)
		}
		*s = claims.Set{Issuer: "changed", Expiry: now.Add(1e9 * time.Second)} // which it must not do
		return refuse
	})
	v := newVerifier(t, lb.keys(t), verifier.WithPaddedBase64(), verifier.WithCache(10),
		verifier.WithHeader(claims.OneOf("signer", arn), claims.OneOf("client", "c"), claims.Expiry(0), own))
	check(t, v, raw, nil, "")
	if v.Cached() != 1 {
		t.Fatal("the token is not in the cache")
	}
	for range 2 {
		check(t, v, raw, nil, "")
	}
	for at, want := range map[int64]error{1700000059: nil, 1700000060: claims.ErrExpired} {
		if tok, err := v.VerifyAt(t.Context(), raw, time.Unix(at, 0)); !errors.Is(err, want) || (tok == nil) != (err != nil) {
			t.Errorf("at %d: %v, want %v", at, err, want)
		}
	}
	if ran != 4 {
		t.Errorf("the caller's validator ran %d times, want 4", ran)
	}
	refuse = claims.ErrUnavailable
	check(t, v, raw, verifier.ErrUnavailable, "unavailable")
	refuse = errors.New("no")
	check(t, v, raw, verifier.ErrInvalidToken, "invalid_token")
}

// TestRule10CacheHoldsHeadersToo: a token whose header is refused is in the cache,
// since its signature verified, and stays refused.
func TestRule10CacheHoldsHeadersToo(t *testing.T) {
	lb := newALB()
	raw := lb.sign(strings.Replace(albHeader, arn, "arn:evil", 1), goodPayload)
	v := newVerifier(t, lb.keys(t), verifier.WithPaddedBase64(), verifier.WithCache(10), verifier.WithHeader(claims.OneOf("signer", arn)))
	for range 3 {
		check(t, v, raw, claims.ErrMismatch, "claim_mismatch")
	}
	if v.Cached() != 1 {
		t.Error("the token is not in the cache, so that this tests nothing")
	}
}

// TestCacheWeighsKeptHeaders: with WithHeader an entry holds the header as well.
func TestCacheWeighsKeptHeaders(t *testing.T) {
	lb := newALB()
	v := newVerifier(t, lb.keys(t), verifier.WithPaddedBase64(), verifier.WithCache(40), verifier.WithHeader(claims.Required("signer")))
	header := strings.Replace(albHeader, `"client":"c"`, `"client":"`+strings.Repeat("c", 6000)+`"`, 1)
	for i := range 40 {
		check(t, v, lb.sign(header, fmt.Sprintf(`{"sub":"user-%d","exp":1700000060}`, i)), nil, "")
		if bytes := v.CachedBytes(); bytes > 40*2048 {
			t.Fatalf("after %d tokens, %d bytes are remembered", i+1, bytes)
		}
	}
	if v.Cached() < 3 {
		t.Errorf("only %d are remembered", v.Cached())
	}
}

// TestWithHeaderCosts nothing where it is not used; the cache then holds no header.
func TestWithHeaderCosts(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted with the race detector")
	}
	lb := newALB()
	raw, ctx := lb.sign(albHeader, goodPayload), t.Context()
	for _, test := range []struct {
		name string
		opts []verifier.Option
		most float64
	}{
		{"without", opts(verifier.WithPaddedBase64()), 2},
		{"without, from the cache", opts(verifier.WithPaddedBase64(), verifier.WithCache(10)), 1},
		{"with, from the cache", opts(verifier.WithPaddedBase64(), verifier.WithCache(10), verifier.WithHeader(claims.Issuer("https://idp.example"))), 2},
	} {
		v := newVerifier(t, lb.keys(t), test.opts...)
		check(t, v, raw, nil, "")
		if n := testing.AllocsPerRun(100, func() { v.Verify(ctx, raw) }); n > test.most {
			t.Errorf("%s: %v allocations, want %v", test.name, n, test.most)
		}
	}
}

func TestExplainHeader(t *testing.T) {
	v := newVerifier(t, hmacKeys(t), verifier.WithHeader(claims.OneOf("signer", arn), claims.OneOf("client", "c")))
	good := sign(`{"alg":"HS256","signer":"`+arn+`","client":"c"}`, goodPayload)
	for _, test := range []struct {
		name, raw string
		failed    string
	}{
		{"good", good, ""},
		{"another client, and expired", sign(`{"alg":"HS256","signer":"`+arn+`","client":"d"}`, `{"sub":"a","exp":1}`), "header check 2 expiry"},
		{"nothing of it", sign(goodHeader, goodPayload), "header check 1 header check 2"},
		{"forged", good[:len(good)-8] + "AAAAAAAA", "signature header check 1 header check 2"},
		{"unreadable", sign(`{"alg":"HS256","exp":"soon"}`, goodPayload), "header header check 1 header check 2"},
		{"payload unreadable", sign(goodHeader, "x"), "claims"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := v.ExplainWith(t.Context(), test.raw, verifier.WithOwnChecks())
			var failed []string
			for _, c := range r.Checks {
				if !c.Passed {
					failed = append(failed, c.Name)
				}
				if strings.HasPrefix(c.Name, "header") && !c.Passed && c.Setting != "WithHeader" && !strings.HasPrefix(c.Detail, "not run") {
					t.Errorf("%s: the setting is %q", c.Name, c.Setting)
				}
			}
			if got := strings.Join(failed, " "); got != test.failed {
				t.Errorf("failed: %s\nwant: %s\n%s", got, test.failed, r)
			}
			_, err := v.Verify(t.Context(), test.raw)
			if (err == nil) != (r.Err == nil) || err != nil && err.Error() != r.Err.Error() {
				t.Errorf("Verify says %v, Explain %v", err, r.Err)
			}
		})
	}
}
