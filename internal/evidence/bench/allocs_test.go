//go:build !race

package bench_test

import (
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// allocs counts what run allocates, warmed up.
func allocs(t *testing.T, run func() error) float64 {
	t.Helper()
	return testing.AllocsPerRun(500, func() {
		if err := run(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestVerifyAllocations(t *testing.T) {
	const most = 3
	m := materialFor(t, keys.HS256)
	k := key(t, m, bench.KeyID)
	verify := func(p keys.Provider) float64 { return allocs(t, accept(ours(t, p), m.Registered())) }

	one := verify(keys.Static(k))
	if one > most {
		t.Errorf("Verify allocates %v times, want at most %v", one, most)
	}
	many := append(others(t, 1000), k)
	for name, p := range map[string]keys.Provider{
		"a Set of 1001": keys.NewSet(many...),
		"ForIssuer":     keys.ForIssuer(bench.Issuer, keys.NewSet(many...)),
		"Merge":         keys.Merge(keys.Static(many[0]), keys.Static(k)),
	} {
		if n := verify(p); n > one {
			t.Errorf("%s costs a token %v allocations, one static key %v", name, n, one)
		}
	}
}

// TestSignatureAllocations: a Token and its payload are all that Verify allocates
// besides the signature check.
func TestSignatureAllocations(t *testing.T) {
	const most = 2
	for _, alg := range []keys.Algorithm{keys.RS256, keys.ES256, keys.EdDSA} {
		cases, err := bench.Groups()[0].Cases(alg)
		if err != nil {
			t.Fatal(err)
		}
		bare, verify := allocs(t, cases[0].Run), allocs(t, cases[1].Run)
		if cases[0].Contender != bench.Bare || cases[1].Contender != bench.Ours || verify-bare > most {
			t.Errorf("%s: %s allocates %v times, %s %v; want at most %d more", alg, cases[1].Contender, verify, cases[0].Contender, bare, most)
		}
	}
}

func TestHandlerAllocations(t *testing.T) {
	const most = 2
	m := materialFor(t, keys.HS256)
	request, err := bench.Middlewares()[0].Request(m, m.Registered())
	if err != nil {
		t.Fatal(err)
	}
	alone := allocs(t, accept(ours(t, keys.Static(key(t, m, bench.KeyID))), m.Registered()))
	if added := allocs(t, request) - alone; added > most {
		t.Errorf("Handler adds %v allocations to Verify, want at most %v", added, most)
	}
}

func TestRefusalAllocations(t *testing.T) {
	const most, unknownKey = 4, 5 // it is looked up, and named
	m := materialFor(t, keys.HS256)
	v := ours(t, keys.Static(key(t, m, "")), verifier.WithAlgorithms(keys.HS256))
	for _, r := range refused(m) {
		if n := allocs(t, refuse(v, r.raw)); n > most && (r.name != "unknown key" || n > unknownKey) {
			t.Errorf("%s: %v allocations, want at most %v", r.name, n, most)
		}
	}
}
