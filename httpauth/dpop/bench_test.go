package dpop_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

// BenchmarkProve checks one proof by ES256. The signature takes most of the time;
// the name of the benchmark is that of the store.
func BenchmarkProve(b *testing.B) {
	always := dpop.ReplayStoreFunc(func(context.Context, dpop.Spent) (bool, error) { return true, nil })
	s := newSite(b)
	tok, err := s.auth.Authenticate(s.request(s.proof(b, "1", nil)))
	if err != nil {
		b.Fatal(err)
	}
	r := s.request(s.proof(b, "2", nil))
	binding := httpauth.Binding{Token: tok, Raw: s.token, Value: s.jkt}
	c := s.checker(b, dpop.WithReplayStore(always))
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Prove(http.Header{}, r, binding); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory adds one proof to a store that is in use.
func BenchmarkMemory(b *testing.B) {
	m, err := dpop.NewMemory(1<<18, 1<<13)
	if err != nil {
		b.Fatal(err)
	}
	at, n := today, 0
	b.ReportAllocs()
	for b.Loop() {
		if n++; n%2000 == 0 {
			at = at.Add(time.Second)
		}
		if _, err := m.Spend(b.Context(), dpop.Spent{Key: id(n % 500), ID: id(n), At: at, Expiry: at.Add(90 * time.Second)}); err != nil {
			b.Fatal(n, err)
		}
	}
}
