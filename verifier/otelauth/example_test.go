package otelauth_test

import (
	"context"
	"fmt"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/otelauth"
)

func Example() {
	reader := sdkmetric.NewManualReader() // a program has one that exports
	o, err := otelauth.New(otelauth.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		fmt.Println(err)
		return
	}
	src, err := keys.HMAC(keys.HS256, []byte("a secret of 32 bytes, or of more"))
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := verifier.New(src, verifier.WithObserver(o.Token))
	if err != nil {
		fmt.Println(err)
		return
	}
	v.Verify(context.Background(), "not a token")

	var all metricdata.ResourceMetrics
	reader.Collect(context.Background(), &all)
	for _, m := range all.ScopeMetrics[0].Metrics {
		fmt.Println(m.Name, m.Unit)
	}
	// Output:
	// jwtverify.token.decisions {token}
	// jwtverify.token.duration s
}
