package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

var errBackend = errors.New("backend\nis down")

// TestErrorAxis: whatever a provider or validator returns becomes one of four
// answers.
func TestErrorAxis(t *testing.T) {
	failing := func(err error) keys.Provider {
		return keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, err })
	}
	saying := func(err error) []verifier.Option {
		return opts(verifier.WithClaims(claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return err })))
	}
	ours := hmacKeys(t)
	for _, test := range []struct {
		name    string
		p       keys.Provider
		opts    []verifier.Option
		want    error
		verdict verifier.Verdict
		reason  string
	}{
		{"accepted", ours, nil, nil, verifier.Trusted, ""},
		{"no key", failing(nil), nil, verifier.ErrUnknownKey, verifier.Invalid, "unknown_key"},
		{"a provider without any key", keys.Static(), nil, keys.ErrUnavailable, verifier.Undecided, "unavailable"},
		{"keys unavailable", failing(fmt.Errorf("%w: %w", keys.ErrUnavailable, errBackend)), nil, errBackend, verifier.Undecided, "unavailable"},
		{"a provider with an error of its own", failing(errBackend), nil, errBackend, verifier.Undecided, "unavailable"},
		{"a provider whose error wraps ErrInvalidToken", failing(fmt.Errorf("%w", verifier.ErrInvalidToken)), nil, verifier.ErrUnavailable, verifier.Undecided, "unavailable"},
		{"the caller gave up", failing(fmt.Errorf("%w: %w", keys.ErrUnavailable, context.Canceled)), nil, context.Canceled, verifier.Undecided, "canceled"},
		{"validator refuses", ours, saying(errors.New("blocked user")), verifier.ErrInvalidToken, verifier.Invalid, "invalid_token"},
		{"validator refuses a claim", ours, saying(&claims.Error{Claim: "tenant", Err: claims.ErrMismatch}), claims.ErrMismatch, verifier.Invalid, "claim_mismatch"},
		{"validator misses a claim", ours, opts(verifier.WithClaims(claims.Required("tenant"))), claims.ErrMissing, verifier.Invalid, "claim_missing"},
		{"validator unavailable", ours, saying(fmt.Errorf("%w: %w", claims.ErrUnavailable, errBackend)), errBackend, verifier.Undecided, "unavailable"},
		{"validator timed out", ours, saying(context.DeadlineExceeded), context.DeadlineExceeded, verifier.Undecided, "unavailable"},
		{"validator canceled", ours, saying(context.Canceled), context.Canceled, verifier.Undecided, "canceled"},
		{"validator with a network error", ours, saying(&net.OpError{Op: "dial", Err: errBackend}), errBackend, verifier.Undecided, "unavailable"},
		{"validator asked keys that are down", ours, saying(keys.ErrUnavailable), keys.ErrUnavailable, verifier.Undecided, "unavailable"},
		{"validator asked a verifier that is down", ours, saying(verifier.ErrUnavailable), verifier.ErrUnavailable, verifier.Undecided, "unavailable"},
		{"unavailable outweighs invalid", ours, saying(errors.Join(claims.ErrUnavailable, verifier.ErrInvalidToken)), verifier.ErrUnavailable, verifier.Undecided, "unavailable"},
		{"scope", ours, opts(verifier.WithClaims(claims.Scope("write"))), claims.ErrInsufficientScope, verifier.Forbidden, "insufficient_scope"},
		{"invalid outweighs scope", ours, saying(errors.Join(claims.ErrInsufficientScope, verifier.ErrInvalidToken)), verifier.ErrInvalidToken, verifier.Invalid, "invalid_token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVerifier(t, test.p, test.opts...)
			tok, err := v.Verify(t.Context(), sign(goodHeader, goodPayload))
			if !errors.Is(err, test.want) || (tok == nil) != (err != nil) {
				t.Fatalf("Verify = %v, %v; want %v", tok, err, test.want)
			}
			if got := verifier.Classify(err); got != test.verdict {
				t.Errorf("Classify(%v) = %v, want %v", err, got, test.verdict)
			}
			if got := verifier.Reason(err); got != test.reason {
				t.Errorf("Reason(%v) = %q, want %q", err, got, test.reason)
			}
			for _, umbrella := range []struct {
				err error
				of  verifier.Verdict
			}{{verifier.ErrInvalidToken, verifier.Invalid}, {verifier.ErrUnavailable, verifier.Undecided}} {
				if got := errors.Is(err, umbrella.err); got != (test.verdict == umbrella.of) {
					t.Errorf("errors.Is(%v, %v) = %v", err, umbrella.err, got)
				}
			}
			if err != nil && (strings.ContainsAny(err.Error(), "\r\n") || !strings.HasPrefix(err.Error(), "verifier: ")) {
				t.Errorf("the message reads %q", err)
			}
		})
	}
}

// TestClassifyOfOthers: errors that a Keyed did not return.
func TestClassifyOfOthers(t *testing.T) {
	for _, test := range []struct {
		err     error
		verdict verifier.Verdict
		reason  string
	}{
		{nil, verifier.Trusted, ""},
		{errors.New("boom"), verifier.Undecided, "unknown"},
		{&claims.Error{Claim: "exp", Err: claims.ErrExpired}, verifier.Invalid, "expired"},
		{&claims.Error{Claim: "scope", Err: claims.ErrInsufficientScope}, verifier.Forbidden, "insufficient_scope"},
		{&claims.Error{Claim: "x", Err: errors.New("odd")}, verifier.Invalid, "invalid_token"},
		{verifier.ErrSignature, verifier.Undecided, "unknown"},
		{fmt.Errorf("%w: %w", verifier.ErrInvalidToken, verifier.ErrSignature), verifier.Invalid, "signature"},
		{fmt.Errorf("introspection: %w", claims.ErrUnavailable), verifier.Undecided, "unavailable"},
		{fmt.Errorf("keys: %w", keys.ErrUnavailable), verifier.Undecided, "unavailable"},
		{context.Canceled, verifier.Undecided, "canceled"},
	} {
		if got := verifier.Classify(test.err); got != test.verdict {
			t.Errorf("Classify(%v) = %v, want %v", test.err, got, test.verdict)
		}
		if got := verifier.Reason(test.err); got != test.reason {
			t.Errorf("Reason(%v) = %q, want %q", test.err, got, test.reason)
		}
	}
	words := map[verifier.Verdict]string{0: "no verdict", verifier.Trusted: "trusted", verifier.Invalid: "invalid", verifier.Forbidden: "forbidden", verifier.Undecided: "undecided"}
	for v, want := range words {
		if v.String() != want {
			t.Errorf("%d prints as %q, want %q", v, v, want)
		}
	}
}

// TestMessagesSayWhatIsWrong with the header, to somebody who only sees the log.
func TestMessagesSayWhatIsWrong(t *testing.T) {
	one := keys.Static(verifiertest.NewSigner(t, keys.ES256, "key-1").Key())
	for header, want := range map[string]string{
		`{"alg":"none"}`:                  "the token is not signed",
		`{"alg":"NONE"}`:                  "the token is not signed",
		`{"alg":"HS1"}`:                   `the token says "HS1"`,
		`{"alg":"RS256"}`:                 `the token says "RS256", its key is for ES256`,
		`{"alg":"ES256","typ":"logout"}`:  `the token says "logout"`,
		`{"alg":"ES256","kid":"key-2"}`:   `no key has the ID "key-2"`,
		`{"alg":"ES256","crit":["exp"]}`:  "it names extensions, and none is supported",
		`{"alg":"ES256"}`:                 "signature",
		`{"alg":"ES256","kid":"key-1"}`:   "signature",
		`{"alg":"ES256","alg":"ES256"}`:   "duplicate JSON member name",
		`{"alg":"ES256","typ":"at+jwt"}}`: "not a JSON object",
	} {
		_, err := newVerifier(t, one).Verify(t.Context(), sign(header, goodPayload))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to say %q", header, err, want)
		}
	}
	_, err := newVerifier(t, keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, nil })).Verify(t.Context(), sign(`{"alg":"ES256"}`, goodPayload))
	if err == nil || !strings.Contains(err.Error(), `the token has no kid, and no key is for "ES256"`) {
		t.Errorf("without a kid: %v", err)
	}
}

// TestMessagesAreSafe: what an attacker writes into a token does not get into a
// message unquoted.
func TestMessagesAreSafe(t *testing.T) {
	v := newVerifier(t, hmacKeys(t))
	evil := `\r\nSet-Cookie: a=b\u001b[31m` + strings.Repeat("x", 500)
	for _, raw := range []string{
		sign(`{"alg":"`+evil+`"}`, goodPayload),
		sign(`{"alg":"HS256","typ":"`+evil+`"}`, goodPayload),
		sign(`{"alg":"RS256","kid":"`+evil+`"}`, goodPayload),
		sign(goodHeader, `{"sub":"a","exp":1700000060,"iss":"`+evil+`"}`),
		sign(goodHeader, `{"sub":"a","exp":1700000060,"aud":"`+evil+`"}`),
		sign(goodHeader, `{"`+evil+`":1,"`+evil+`":2}`),
	} {
		_, err := v.Verify(t.Context(), raw)
		if err == nil {
			t.Fatal("accepted")
		}
		if text := err.Error(); len(text) > 400 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("the message of %d bytes reads %q", len(text), text)
		}
	}
	unknown := newVerifier(t, keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, nil }))
	_, err := unknown.Verify(t.Context(), sign(`{"alg":"HS256","kid":"`+evil+`"}`, goodPayload))
	if err == nil || !strings.Contains(err.Error(), `"\r\nSet-Cookie: a=b\x1b[31m`) {
		t.Errorf("the key ID is not quoted: %v", err)
	}
}

func TestLogger(t *testing.T) {
	var log strings.Builder
	l := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	v := newVerifier(t, hmacKeys(t), verifier.WithLogger(l))
	down := newVerifier(t, keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, keys.ErrUnavailable }), verifier.WithLogger(l))
	check(t, v, sign(goodHeader, goodPayload), nil, "")
	check(t, v, sign(goodHeader, `{"sub":"a","exp":1}`), claims.ErrExpired, "expired")
	check(t, down, sign(goodHeader, goodPayload), verifier.ErrUnavailable, "unavailable")
	want := `level=INFO msg="token not accepted" verdict=invalid reason=expired error="verifier: invalid token: exp: expired 472222h13m19s ago; it is now 2023-11-14T22:13:20Z, leeway 30s" sub=a
level=WARN msg="token not accepted" verdict=undecided reason=unavailable error="verifier: cannot decide now: unavailable"
`
	if log.String() != want {
		t.Errorf("the log reads\n%s\nwant\n%s", &log, want)
	}
}

// TestH13RefusedClaims: a refusal says whose token it was if the signature verified,
// and only then.
func TestH13RefusedClaims(t *testing.T) {
	forged := sign(goodHeader, `{"sub":"mallory","exp":1}`)
	i := strings.LastIndexByte(forged, '.')
	outage := verifier.WithClaims(claims.ValidatorFunc(func(context.Context, *claims.Set, time.Time) error { return claims.ErrUnavailable }))
	for _, test := range []struct {
		name, raw string
		opts      []verifier.Option
		want      string
	}{
		{"expired", sign(goodHeader, `{"sub":"alice","exp":1,"jti":"7"}`), nil, "alice"},
		{"without the scope", sign(goodHeader, `{"sub":"alice","exp":1700000060}`), opts(verifier.WithClaims(claims.Scope("write"))), "alice"},
		{"not decided", sign(goodHeader, `{"sub":"alice","exp":1700000060}`), opts(outage), "alice"},
		{"bound", sign(goodHeader, `{"sub":"alice","exp":1700000060,"cnf":{}}`), nil, "alice"},
		{"forged", forged[:i+1] + flipped(forged[i+1:]), nil, ""},
		{"unsigned", b64(`{"alg":"none"}`) + "." + b64(goodPayload) + ".", nil, ""},
		{"malformed", sign(goodHeader, `{"sub":"alice","exp":"x"}`), nil, ""},
		{"good", sign(goodHeader, goodPayload), nil, ""},
	} {
		var log strings.Builder
		v := newVerifier(t, hmacKeys(t), append(test.opts, verifier.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))...)
		_, err := v.Verify(t.Context(), test.raw)
		set, ok := verifier.RefusedClaims(fmt.Errorf("wrapped: %w", err))
		if ok != (test.want != "") || ok && set.Subject != test.want {
			t.Errorf("%s: RefusedClaims = %v, %v", test.name, set, ok)
		}
		if got := strings.Contains(log.String(), "sub="); got != ok {
			t.Errorf("%s: the log reads %s", test.name, &log)
		}
		r := v.ExplainWith(t.Context(), test.raw, verifier.WithOwnChecks())
		if _, explained := verifier.RefusedClaims(r.Err); explained != ok {
			t.Errorf("%s: the report's error has claims: %v", test.name, explained)
		}
	}
	if _, ok := verifier.RefusedClaims(nil); ok {
		t.Error("nil has refused claims")
	}
}
