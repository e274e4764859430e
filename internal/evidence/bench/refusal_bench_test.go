package bench_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// refused are tokens that our verifier refuses before it looks at the
// signature.
func refused(m *bench.Material) []struct{ name, raw string } {
	raw := m.Registered()
	header, rest, _ := strings.Cut(raw, ".")
	return []struct{ name, raw string }{
		{"empty", ""},
		{"no token", "hello"},
		{"two parts", raw[:strings.LastIndexByte(raw, '.')]},
		{"five parts", raw + ".a.b"},
		{"padded", raw + "="},
		{"header no JSON", "AAAA" + header + "." + rest},
		{"oversized", strings.Repeat("a", 1<<20)},
		{"wrong algorithm", m.Sign(`{"alg":"RS256","typ":"JWT"}`, `{"sub":"a"}`)},
		{"no algorithm", m.Sign(`{"alg":"none","typ":"JWT"}`, `{"sub":"a"}`)},
		{"wrong type", m.Sign(`{"alg":"HS256","typ":"secevent+jwt"}`, `{"sub":"a"}`)},
		{"crit", m.Sign(`{"alg":"HS256","crit":["exp"]}`, `{"sub":"a"}`)},
		{"unknown key", m.Sign(`{"alg":"HS256","kid":"other"}`, `{"sub":"a"}`)},
	}
}

func BenchmarkRefuse(b *testing.B) {
	m := materialFor(b, keys.HS256)
	v := ours(b, keys.Static(key(b, m, "")), verifier.WithAlgorithms(keys.HS256))
	for _, r := range refused(m) {
		b.Run(r.name, func(b *testing.B) { loop(b, refuse(v, r.raw)) })
	}
}

// hostile makes an input of about size bytes. All but the last two are refused
// before their signature is looked at; those are signed, so that the claims
// are read.
var hostile = []struct {
	name string
	raw  func(m *bench.Material, size int) string
}{
	{"dots", func(_ *bench.Material, size int) string { return strings.Repeat(".", size) }},
	{"base64 header", func(m *bench.Material, size int) string {
		return strings.Repeat("A", size) + "." + "e30.AAAA"
	}},
	{"base64 signature", func(m *bench.Material, size int) string {
		return m.Registered() + strings.Repeat("A", size)
	}},
	{"kid", func(m *bench.Material, size int) string {
		return m.Sign(fmt.Sprintf(`{"alg":"HS256","kid":%q}`, strings.Repeat("k", size*3/4)), "{}")
	}},
	{"header depth", func(m *bench.Material, size int) string {
		return m.Sign(`{"alg":"HS256","x":`+nested(size*3/4)+`}`, "{}")
	}},
	{"header names", func(m *bench.Material, size int) string {
		return m.Sign(`{"alg":"HS256"`+names(size*3/4)+`}`, "{}")
	}},
	{"header escapes", func(m *bench.Material, size int) string {
		return m.Sign(`{"alg":"HS256","x":"`+strings.Repeat(`\u0041`, size/8)+`"}`, "{}")
	}},
	{"claim depth", func(m *bench.Material, size int) string {
		return m.Sign(`{"alg":"HS256"}`, `{"x":`+nested(size*3/4)+`}`)
	}},
	{"claim names", func(m *bench.Material, size int) string {
		return m.Sign(`{"alg":"HS256"}`, `{"sub":""`+names(size*3/4)+`}`)
	}},
}

// nested is deeper than any reader goes, when size allows.
func nested(size int) string { return strings.Repeat("[", size/2) + strings.Repeat("]", size/2) }

// names are as many members as fit into size bytes.
func names(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `,"n%x":0`, i)
	}
	return b.String()
}

// BenchmarkHostile: ns/byte must not grow with the size.
func BenchmarkHostile(b *testing.B) {
	m := materialFor(b, keys.HS256)
	v := ours(b, keys.Static(key(b, m, "")), verifier.WithMaxSize(16<<20))
	for _, h := range hostile {
		for _, size := range []int{1 << 10, 16 << 10, 1 << 20} {
			raw := h.raw(m, size)
			b.Run(fmt.Sprintf("%s/%dK", h.name, size>>10), func(b *testing.B) {
				loop(b, refuse(v, raw))
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(raw)), "ns/byte")
			})
		}
	}
}

// refuse verifies raw, and fails when it is accepted.
func refuse(v verifier.Verifier, raw string) func() error {
	return func() error {
		if _, err := v.Verify(context.Background(), raw); err == nil {
			return fmt.Errorf("%.40q is accepted", raw)
		}
		return nil
	}
}
