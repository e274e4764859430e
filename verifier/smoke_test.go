package verifier_test

import (
	"context"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func TestSmoke(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	src, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithIssuer("me"), verifier.WithAudience("you"))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "user-123", "iss": "me", "aud": "you", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}).SignedString(secret)
	tok, err := v.Verify(context.Background(), raw)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(tok.Subject, tok.Audience, tok.Expiry, tok.Algorithm)
	t.Log(v.Explain(context.Background(), raw[:len(raw)-3]+"AAA"))
	t.Log(v.Explain(context.Background(), raw))
	n := testing.AllocsPerRun(1000, func() { v.Verify(context.Background(), raw) })
	t.Log("allocs", n)
}

func BenchmarkVerify(b *testing.B) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	src, _ := keys.HMAC(keys.HS256, secret)
	v, _ := verifier.New(src, verifier.WithIssuer("me"), verifier.WithAudience("you"))
	raw, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "user-123", "iss": "me", "aud": "you", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}).SignedString(secret)
	for b.Loop() {
		if _, err := v.Verify(context.Background(), raw); err != nil {
			b.Fatal(err)
		}
	}
}
