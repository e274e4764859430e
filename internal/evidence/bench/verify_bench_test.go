package bench_test

import (
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
)

// One after another, these drift with the machine; the ratios that count come
// from go run ./report.

func BenchmarkVerify(b *testing.B) { group(b, "registered") }
func BenchmarkDecode(b *testing.B) { group(b, "custom") }
func BenchmarkHTTP(b *testing.B)   { group(b, "http") }

func group(b *testing.B, name string) {
	for _, g := range bench.Groups() {
		if g.Name != name {
			continue
		}
		for _, alg := range bench.Algorithms() {
			cases, err := g.Cases(alg)
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range cases {
				b.Run(string(alg)+"/"+c.Contender, func(b *testing.B) { loop(b, c.Run) })
			}
		}
	}
}

func loop(b *testing.B, run func() error) {
	b.ReportAllocs()
	for b.Loop() {
		if err := run(); err != nil {
			b.Fatal(err)
		}
	}
}
