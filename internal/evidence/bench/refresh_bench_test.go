package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/keys"
)

const manyKeys = 1_000

// BenchmarkRefresh: seconds in which 1,000 keys are refreshed once, in turn
// with idle ones; ×p99 is the median of their ratio. It takes 20 seconds each.
func BenchmarkRefresh(b *testing.B) {
	m := materialFor(b, keys.ES256)
	verified, raw := key(b, m, bench.KeyID), m.Registered()

	b.Run("Set", func(b *testing.B) {
		s := keys.NewSet(append(others(b, manyKeys-1), verified)...)
		latencies(b, accept(ours(b, s), raw), func() error {
			again := append(others(b, manyKeys-1), key(b, m, bench.KeyID))
			s.Replace(again...)
			return nil
		})
	})
	b.Run("Remote", func(b *testing.B) {
		r, err := keys.NewRemote(endpoint(b, m))
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Refresh(b.Context()); err != nil {
			b.Fatal(err)
		}
		if n := len(r.Status().Keys); n != manyKeys {
			b.Fatalf("%d keys are published, want %d", n, manyKeys)
		}
		latencies(b, accept(ours(b, r), raw), func() error { return r.Refresh(context.Background()) })
	})
}

// latencies measures every single run, over seconds with and without refresh.
func latencies(b *testing.B, run, refresh func() error) {
	b.Helper()
	type second struct{ p50, p99 int64 }
	observe := func() second {
		var took []int64
		for start := time.Now(); time.Since(start) < time.Second; {
			t := time.Now()
			if err := run(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(t).Nanoseconds())
		}
		return second{measure.Quantile(took, 0.5), measure.Quantile(took, 0.99)}
	}
	var idle50, idle99, busy50, busy99, ratios []float64
	for range 10 {
		idle := observe()
		done := make(chan error, 1)
		go func() { done <- refresh() }()
		busy := observe()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		idle50, idle99 = append(idle50, float64(idle.p50)), append(idle99, float64(idle.p99))
		busy50, busy99 = append(busy50, float64(busy.p50)), append(busy99, float64(busy.p99))
		ratios = append(ratios, float64(busy.p99)/float64(idle.p99))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(measure.Median(idle50)/1e3, "idle-p50-µs")
	b.ReportMetric(measure.Median(idle99)/1e3, "idle-p99-µs")
	b.ReportMetric(measure.Median(busy50)/1e3, "p50-µs")
	b.ReportMetric(measure.Median(busy99)/1e3, "p99-µs")
	b.ReportMetric(measure.Median(ratios), "×p99")
}

// endpoint publishes 1,000 keys, with that of m among them. Each answer is
// another document, so that every refresh reads it.
func endpoint(b *testing.B, m *bench.Material) (url string) {
	b.Helper()
	var set jose.JSONWebKeySet
	for i := range manyKeys - 1 {
		other := materialFor(b, keys.ES256)
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: other.PublicKey(), KeyID: fmt.Sprintf("other-%d", i), Algorithm: "ES256"})
	}
	set.Keys = append(set.Keys, jose.JSONWebKey{Key: m.PublicKey(), KeyID: bench.KeyID, Algorithm: "ES256"})
	doc, err := json.Marshal(set)
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"answer":%d,%s`, n.Add(1), doc[1:])
	}))
	b.Cleanup(s.Close)
	return s.URL
}
