package interop_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// observed returns an option that counts and measures decisions. Verdicts and reasons
// are few, whatever tokens contain; a kid or a subject must not be a label.
func observed(r prometheus.Registerer) verifier.Option {
	decisions := promauto.With(r).NewCounterVec(prometheus.CounterOpts{
		Name: "jwt_decisions_total", Help: "Tokens by verdict and reason.",
	}, []string{"verdict", "reason"})
	seconds := promauto.With(r).NewHistogram(prometheus.HistogramOpts{
		Name: "jwt_decision_seconds", Help: "Duration of a decision.", Buckets: prometheus.ExponentialBuckets(1e-6, 10, 7),
	})
	return verifier.WithObserver(func(_ context.Context, e verifier.Event) {
		decisions.WithLabelValues(e.Verdict().String(), e.Reason()).Inc()
		seconds.Observe(e.Duration.Seconds())
	})
}

// The observer of a verifier feeds Prometheus, which scrapes it over HTTP.
func Example_prometheus() {
	registry := prometheus.NewRegistry()
	src, err := keys.HMAC(keys.HS256, []byte("a secret of 32 bytes, or of more"))
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := verifier.New(src, observed(registry))
	if err != nil {
		fmt.Println(err)
		return
	}
	v.Verify(context.Background(), "not a token")
	srv := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer srv.Close()
	resp, err := http.Get(srv.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if text := lines.Text(); strings.HasPrefix(text, "jwt_decisions") || strings.Contains(text, "_count") {
			fmt.Println(text)
		}
	}
	// Output:
	// jwt_decision_seconds_count 1
	// jwt_decisions_total{reason="malformed",verdict="invalid"} 1
}
