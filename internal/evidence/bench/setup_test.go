package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

func materialFor(tb testing.TB, alg keys.Algorithm) *bench.Material {
	tb.Helper()
	m, err := bench.NewMaterial(alg)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func key(tb testing.TB, m *bench.Material, id string) *keys.Key {
	tb.Helper()
	k, err := m.Key(id)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// ours is the verifier that the contenders are compared with, with keys from p.
func ours(tb testing.TB, p keys.Provider, opts ...verifier.Option) *verifier.Keyed {
	tb.Helper()
	v, err := bench.NewKeyed(p, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// accept verifies raw, and fails when it is refused.
func accept(v verifier.Verifier, raw string) func() error {
	return func() error {
		_, err := v.Verify(context.Background(), raw)
		return err
	}
}

// compare runs base and other in turn, n times each at a go, reports both and
// returns the median of their ratio.
func compare(b *testing.B, n int, base, other func() error) (ratio float64) {
	b.Helper()
	var bases, others, ratios []float64
	flip := false
	for b.Loop() {
		first, second := base, other
		if flip { // no contender is always first
			first, second = other, base
		}
		one, two := timed(b, n, first), timed(b, n, second)
		if flip {
			one, two = two, one
		}
		flip = !flip
		bases, others, ratios = append(bases, one), append(others, two), append(ratios, two/one)
	}
	b.ReportMetric(0, "ns/op") // of a pair of n: says nothing
	b.ReportMetric(measure.Median(bases), "base-ns")
	b.ReportMetric(measure.Median(others), "this-ns")
	ratio = measure.Median(ratios)
	b.ReportMetric(ratio, "×base")
	return ratio
}

// timed is the time of one run in ns.
func timed(b *testing.B, n int, run func() error) float64 {
	b.Helper()
	start := time.Now()
	for range n {
		if err := run(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(n)
}
