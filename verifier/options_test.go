package verifier_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func TestNewRefuses(t *testing.T) {
	p := hmacKeys(t)
	for _, test := range []struct {
		name string
		p    keys.Provider
		opts []verifier.Option
		want string
	}{
		{"nil provider", nil, nil, "the key provider is nil"},
		{"nil option", p, opts(nil), "an option is nil"},
		{"empty issuer", p, opts(verifier.WithIssuer("")), "WithIssuer: an empty value; is a variable unset?"},
		{"empty issuer among others", p, opts(verifier.WithIssuer("a", "")), "WithIssuer: an empty value"},
		{"no issuer", p, opts(verifier.WithIssuer()), "WithIssuer: nothing given"},
		{"empty audience", p, opts(verifier.WithAudience("")), "WithAudience: an empty value"},
		{"no audience", p, opts(verifier.WithAudience()), "WithAudience: nothing given"},
		{"issuer and any", p, opts(verifier.WithIssuer("a"), verifier.WithAnyIssuer()), "contradict"},
		{"audience and any", p, opts(verifier.WithAnyAudience(), verifier.WithAudience("a")), "contradict"},
		{"no algorithm", p, opts(verifier.WithAlgorithms()), "WithAlgorithms: nothing given"},
		{"none", p, opts(verifier.WithAlgorithms("none")), `"none" is not an algorithm`},
		{"unknown algorithm", p, opts(verifier.WithAlgorithms(keys.HS256, "HS1")), `"HS1" is not an algorithm`},
		{"nothing in common", p, opts(verifier.WithAlgorithms(keys.HS256), verifier.WithAlgorithms(keys.RS256)), "in common"},
		{"empty type", p, opts(verifier.WithType("")), "WithType: an empty value"},
		{"no type", p, opts(verifier.WithType()), "WithType: nothing given"},
		{"nil validator", p, opts(verifier.WithClaims(claims.Subject(), nil)), "a validator is nil"},
		{"nil validator of the header", p, opts(verifier.WithHeader(claims.Subject(), nil)), "WithHeader: a validator is nil"},
		{"no validator of the header", p, opts(verifier.WithHeader()), "WithHeader: nothing given"},
		{"negative leeway", p, opts(verifier.WithLeeway(-1)), "negative"},
		{"no size", p, opts(verifier.WithMaxSize(0)), "WithMaxSize: 0 is not positive"},
		{"no cache", p, opts(verifier.WithCache(0)), "WithCache: 0 is not positive"},
		{"nil clock", p, opts(verifier.WithClock(nil)), "the clock is nil"},
		{"nil logger", p, opts(verifier.WithLogger(nil)), "the logger is nil"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := verifier.New(test.p, test.opts...)
			if v != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("New = %v, %v; want an error with %q", v, err, test.want)
			}
		})
	}
}

func TestNewReportsAllMistakes(t *testing.T) {
	_, err := verifier.New(nil, verifier.WithIssuer(""), verifier.WithAnyIssuer(), verifier.WithAlgorithms("none"), verifier.WithLeeway(-time.Second))
	want := `verifier: the key provider is nil; WithIssuer: an empty value; is a variable unset?; ` +
		`WithAlgorithms: "none" is not an algorithm to verify with; WithLeeway: -1s is negative; ` +
		`WithIssuer and WithAnyIssuer contradict each other; the lists given to WithAlgorithms have no algorithm in common`
	if err == nil || err.Error() != want {
		t.Errorf("New: %v\nwant %s", err, want)
	}
}

func TestWithClaimsRunsInOrderAfterTheChain(t *testing.T) {
	v := newVerifier(t, hmacKeys(t), verifier.WithClaims(claims.Required("a"), claims.Scope("b")))
	check(t, v, sign(goodHeader, `{"exp":1}`), claims.ErrExpired, "expired")
	check(t, v, sign(goodHeader, goodPayload), claims.ErrMissing, "claim_missing")
	check(t, v, sign(goodHeader, payload(t, map[string]any{"a": 1})), claims.ErrInsufficientScope, "insufficient_scope")
	check(t, v, sign(goodHeader, payload(t, map[string]any{"a": 1, "scope": "a b"})), nil, "")
}

// TestDefaultClock verifies without WithClock.
func TestDefaultClock(t *testing.T) {
	v, err := verifier.New(hmacKeys(t))
	if err != nil {
		t.Fatal(err)
	}
	check(t, v, sign(goodHeader, payload(t, map[string]any{"exp": time.Now().Add(time.Minute).Unix()})), nil, "")
	check(t, v, sign(goodHeader, payload(t, map[string]any{"exp": time.Now().Add(-time.Minute).Unix()})), claims.ErrExpired, "expired")
}
