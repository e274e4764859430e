package bench_test

import (
	"fmt"
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/keys"
)

// BenchmarkKeys: ×base is against one static key. HS256, because a slower
// signature would hide the lookup.
func BenchmarkKeys(b *testing.B) {
	m := materialFor(b, keys.HS256)
	raw, k := m.Registered(), key(b, m, bench.KeyID)
	many := append(others(b, 9_999), k)
	one := accept(ours(b, keys.Static(k)), raw)
	for _, p := range []struct {
		name     string
		provider keys.Provider
	}{
		{"Static of 10000", keys.Static(many...)},
		{"Set of 10000", keys.NewSet(many...)},
		{"ForIssuer", keys.ForIssuer(bench.Issuer, keys.Static(k))},
		{"ForIssuer of 10000", keys.ForIssuer(bench.Issuer, keys.NewSet(many...))},
		{"Merge of 2", keys.Merge(keys.Static(many[0]), keys.Static(k))},
		{"Merge of 8", keys.Merge(append(singles(many[:7]), keys.Static(k))...)},
		{"Merge of 2 of ForIssuer", keys.Merge(
			keys.ForIssuer("https://other.example.com", keys.Static(many[0])),
			keys.ForIssuer(bench.Issuer, keys.Static(k)),
		)},
	} {
		other := accept(ours(b, p.provider), raw)
		b.Run(p.name, func(b *testing.B) {
			compare(b, 1000, one, other)
			b.ReportMetric(testing.AllocsPerRun(1000, func() { other() })-testing.AllocsPerRun(1000, func() { one() }), "more-allocs")
		})
	}
}

// BenchmarkChange is what it costs to change a set of n keys.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		many := others(b, n)
		b.Run(fmt.Sprintf("Replace/%d", n), func(b *testing.B) {
			s := keys.NewSet()
			loop(b, func() error { s.Replace(many...); return nil })
		})
		b.Run(fmt.Sprintf("Add to/%d", n), func(b *testing.B) {
			s := keys.NewSet(many...)
			loop(b, func() error { s.Add(many[0]); return nil })
		})
	}
}

// others are n keys that verify no token of the benchmark.
func others(tb testing.TB, n int) (ks []*keys.Key) {
	tb.Helper()
	m := materialFor(tb, keys.HS256)
	for i := range n {
		ks = append(ks, key(tb, m, fmt.Sprintf("other-%d", i)))
	}
	return ks
}

func singles(ks []*keys.Key) (ps []keys.Provider) {
	for _, k := range ks {
		ps = append(ps, keys.Static(k))
	}
	return ps
}
