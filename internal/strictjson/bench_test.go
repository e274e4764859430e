package strictjson_test

import (
	"testing"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

func BenchmarkWalk(b *testing.B) {
	const registered = `"jti":"7d1c6c2e-9a0b-4f0e-8a55-0c6f1d8f2f11","iss":"https://login.example.com/realms/production",` +
		`"sub":"user|0196f1c4-5d2e-7c1a-9b1e-6f2f0c9a7d35","aud":"https://api.example.com/orders/v2","exp":1700000000,"nbf":1700000000,"iat":1700000000`
	const custom = `"tenant":"tenant-7f3a","roles":["orders:read","orders:write","billing"],"account":{"plan":"enterprise","seats":250,"owner":true}`
	for _, text := range []struct{ name, text string }{
		{"registered", "{" + registered + "}"},
		{"custom", "{" + registered + "," + custom + "}"},
	} {
		b.Run(text.name, func(b *testing.B) {
			for b.Loop() {
				o := strictjson.Walk(text.text)
				for o.Next() {
				}
				if err := o.Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
