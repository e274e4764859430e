package claims_test

import (
	"testing"

	"github.com/jwtverify/jwtverify/claims"
)

// BenchmarkParse reads the claims of usual tokens.
func BenchmarkParse(b *testing.B) {
	const registered = `{"jti":"7d1c6c2e-9a0b-4f0e-8a55-0c6f1d8f2f11","iss":"https://login.example.com/realms/production",` +
		`"sub":"user|0196f1c4-5d2e-7c1a-9b1e-6f2f0c9a","aud":"https://api.example.com/orders/v2","exp":1700003600,"nbf":1699999940,"iat":1699999940`
	for _, text := range []struct{ name, payload string }{
		{"registered", registered + "}"},
		{"custom", registered + `,"tenant":"tenant-7f3a","roles":["orders:write"],"admin":true}`},
	} {
		b.Run(text.name, func(b *testing.B) {
			b.ReportAllocs()
			payload := []byte(text.payload)
			for b.Loop() {
				if _, err := claims.Parse(payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
