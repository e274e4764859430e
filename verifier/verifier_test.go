package verifier_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// now is the time in all tests that do not say otherwise.
var now = time.Unix(1_700_000_000, 0)

func clock() time.Time { return now }

var secret = []byte("0123456789abcdef0123456789abcdef")

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// sign signs any header and payload with the secret.
func sign(header, payload string) string { return signParts(b64(header), b64(payload)) }

func signParts(header, payload string) string {
	signed := header + "." + payload
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + b64(string(mac.Sum(nil)))
}

const (
	goodHeader  = `{"alg":"HS256","typ":"JWT"}`
	goodPayload = `{"sub":"user-123","exp":1700000060}`
)

// payload is goodPayload with members changed. A nil value leaves a member out.
func payload(t *testing.T, change map[string]any) string {
	t.Helper()
	all := map[string]any{"sub": "user-123", "exp": now.Unix() + 60}
	for name, v := range change {
		if all[name] = v; v == nil {
			delete(all, name)
		}
	}
	doc, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

func hmacKeys(t *testing.T) keys.Provider {
	t.Helper()
	p, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newVerifier(t *testing.T, p keys.Provider, opts ...verifier.Option) *verifier.Keyed {
	t.Helper()
	v, err := verifier.New(p, append([]verifier.Option{verifier.WithClock(clock)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// check verifies raw and compares the outcome. A nil want means accepted.
func check(t *testing.T, v verifier.Verifier, raw string, want error, reason string) {
	t.Helper()
	tok, err := v.Verify(t.Context(), raw)
	if !errors.Is(err, want) || verifier.Reason(err) != reason {
		t.Errorf("Verify = %v (%s); want %v (%s)", err, verifier.Reason(err), want, reason)
	}
	if (tok == nil) != (err != nil) {
		t.Errorf("a token %v with the error %v", tok, err)
	}
	if err == nil {
		return
	}
	if verdict := verifier.Classify(err); errors.Is(err, verifier.ErrInvalidToken) != (verdict == verifier.Invalid) {
		t.Errorf("%v is ErrInvalidToken, and the verdict is %v", err, verdict)
	}
	text := err.Error()
	if strings.ContainsAny(text, "\r\n") || !strings.HasPrefix(text, "verifier: ") {
		t.Errorf("the message reads %q", text)
	}
	for _, part := range strings.Split(raw, ".") {
		if len(part) > 8 && strings.Contains(text, part) {
			t.Errorf("the message %q holds a part of the token", text)
		}
	}
}

func TestEveryAlgorithm(t *testing.T) {
	for _, alg := range keys.Algorithms() {
		t.Run(string(alg), func(t *testing.T) {
			signer := verifiertest.NewSigner(t, alg, "k1")
			raw := signer.Sign(map[string]any{"sub": "user-123", "exp": now.Unix() + 60, "jti": "id-1"})
			v := newVerifier(t, keys.Static(signer.Key()))
			for range 2 { // the second time with a remembered header
				tok, err := v.Verify(t.Context(), raw)
				if err != nil {
					t.Fatal(err)
				}
				if tok.Subject != "user-123" || tok.ID != "id-1" || tok.Algorithm != alg || tok.KeyID != "k1" || tok.Type != "JWT" {
					t.Errorf("the token is %+v", tok)
				}
			}
			i := strings.LastIndexByte(raw, '.')
			check(t, v, raw[:i+1]+flipped(raw[i+1:]), verifier.ErrSignature, "signature")
			check(t, v, raw[:i+1], verifier.ErrSignature, "signature")
			other := verifiertest.NewSigner(t, alg, "k1")
			check(t, v, other.Sign(map[string]any{"sub": "user-123", "exp": now.Unix() + 60}), verifier.ErrSignature, "signature")
		})
	}
}

// flipped returns s with another first byte.
func flipped(s string) string {
	if s[0] == 'A' {
		return "B" + s[1:]
	}
	return "A" + s[1:]
}

func TestTokenHoldsClaims(t *testing.T) {
	v := newVerifier(t, hmacKeys(t), verifier.WithIssuer("https://issuer.example"), verifier.WithAudience("api", "other"))
	raw := sign(goodHeader, `{"sub":"user-123","exp":1700000060,"iss":"https://issuer.example","aud":["x","api"],"roles":["a","b"]}`)
	tok, err := v.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	roles, ok, err := claims.Value[[]string](tok.Set, "roles")
	if err != nil || !ok || !cmp.Equal(roles, []string{"a", "b"}) {
		t.Errorf("roles are %v, %v, %v", roles, ok, err)
	}
	if !cmp.Equal(tok.Audience, []string{"x", "api"}) || !tok.Expiry.Equal(now.Add(time.Minute)) {
		t.Errorf("the token is %+v", tok)
	}
	// A token does not change when the buffers are used again.
	for range 10 {
		check(t, v, sign(goodHeader, payload(t, map[string]any{"sub": strings.Repeat("x", 300)})), claims.ErrMissing, "iss_missing")
	}
	if tok.Subject != "user-123" || string(tok.Raw()) == "" || !strings.Contains(string(tok.Raw()), `"roles":["a","b"]`) {
		t.Errorf("the token has changed: %+v", tok)
	}
}

func TestVerifyAllocatesTwice(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted with the race detector")
	}
	v := newVerifier(t, hmacKeys(t), verifier.WithIssuer("https://issuer.example"), verifier.WithAudience("api"))
	raw := sign(goodHeader, `{"iss":"https://issuer.example","sub":"user-123","aud":"api","exp":1700000060,"nbf":1700000000,"iat":1700000000,"jti":"1"}`)
	ctx := context.Background()
	if n := testing.AllocsPerRun(200, func() {
		if _, err := v.Verify(ctx, raw); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("%v allocations, want 2: the token with its claims, and the payload", n)
	}
}

func TestVerifyAt(t *testing.T) {
	v := newVerifier(t, hmacKeys(t), verifier.WithLeeway(0))
	raw := sign(goodHeader, `{"sub":"a","nbf":1600000000,"exp":1600000060}`)
	check(t, v, raw, claims.ErrExpired, "expired")
	for at, want := range map[int64]error{
		1599999999: claims.ErrNotYetValid, 1600000000: nil, 1600000059: nil, 1600000060: claims.ErrExpired,
	} {
		tok, err := v.VerifyAt(t.Context(), raw, time.Unix(at, 0))
		if !errors.Is(err, want) || (tok == nil) != (err != nil) {
			t.Errorf("at %d: %v, want %v", at, err, want)
		}
	}
}

// TestProviderIsNotTrustedToChoose has a provider that returns keys that do not fit,
// nil, and the same key twice.
func TestProviderIsNotTrustedToChoose(t *testing.T) {
	right, err := keys.NewSecret("right", keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	wrongID, err := keys.NewSecret("wrong", keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	wrongAlg, err := keys.NewSecret("right", keys.HS384, append(secret, secret...))
	if err != nil {
		t.Fatal(err)
	}
	raw := sign(`{"alg":"HS256","kid":"right"}`, goodPayload)
	for _, test := range []struct {
		name   string
		found  []*keys.Key
		want   error
		reason string
	}{
		{"right among others", []*keys.Key{nil, wrongID, wrongAlg, right, right}, nil, ""},
		{"six times the same", []*keys.Key{right, right, right, right, right, right}, nil, ""},
		{"nil", []*keys.Key{nil}, verifier.ErrUnknownKey, "unknown_key"},
		{"zero", []*keys.Key{new(keys.Key)}, verifier.ErrUnknownKey, "unknown_key"},
		{"of another ID", []*keys.Key{wrongID}, verifier.ErrUnknownKey, "unknown_key"},
		{"of another algorithm", []*keys.Key{wrongAlg}, verifier.ErrAlgorithm, "algorithm"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return test.found, nil })
			check(t, newVerifier(t, p), raw, test.want, test.reason)
		})
	}
}

// TestLooksAgain: a key that replaces one with the same ID is found, and only new
// keys are tried.
func TestLooksAgain(t *testing.T) {
	old, next := verifiertest.NewSigner(t, keys.ES256, "k"), verifiertest.NewSigner(t, keys.ES256, "k")
	raw := next.Sign(map[string]any{"sub": "a", "exp": now.Unix() + 60})
	var hints []keys.Hint
	var second []*keys.Key
	var secondErr error
	p := keys.ProviderFunc(func(_ context.Context, h keys.Hint) ([]*keys.Key, error) {
		hints = append(hints, h)
		if h.Retry {
			return second, secondErr
		}
		return []*keys.Key{old.Key()}, nil
	})
	v := newVerifier(t, p)
	second = []*keys.Key{old.Key(), next.Key()}
	check(t, v, raw, nil, "")
	if diff := cmp.Diff([]keys.Hint{{KeyID: "k", Algorithm: keys.ES256}, {KeyID: "k", Algorithm: keys.ES256, Retry: true}}, hints); diff != "" {
		t.Errorf("asked for (-want +got)\n%s", diff)
	}
	second = []*keys.Key{old.Key()}
	check(t, v, raw, verifier.ErrSignature, "signature")
	second = nil
	check(t, v, raw, verifier.ErrSignature, "signature")
	secondErr = fmt.Errorf("%w: gone", keys.ErrUnavailable)
	check(t, v, raw, verifier.ErrUnavailable, "unavailable")
	check(t, v, old.Sign(map[string]any{"sub": "a", "exp": now.Unix() + 60}), nil, "")
}

func TestFuncIsAVerifier(t *testing.T) {
	boom := errors.New("boom")
	v := verifier.Func(func(context.Context, string) (*verifier.Token, error) { return nil, boom })
	if _, err := v.Verify(t.Context(), "x"); err != boom {
		t.Errorf("Verify = %v", err)
	}
}
