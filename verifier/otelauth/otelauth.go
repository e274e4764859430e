package otelauth

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/jwtverify/jwtverify/internal/absent"
)

// An Observer records what it is told. Make one with [New]; the methods of a nil or
// zero Observer panic. Goroutines share it.
type Observer struct {
	token, request, keys instruments
	issuers, sources     values
	subjects             bool
}

// An Option configures [New], which reports an invalid one.
type Option func(*config)

type config struct {
	meters   metric.MeterProvider
	subjects bool
	errs     []error
}

// WithMeterProvider records metrics with p instead of the global MeterProvider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(c *config) {
		if absent.Is(p) {
			c.errs = append(c.errs, errors.New("WithMeterProvider: the provider is nil"))
		}
		c.meters = p
	}
}

// WithSubjects sets who a token is about, and who acts for them, on spans: enduser.id
// and jwtverify.actor. Both are personal data. Metrics never have them.
func WithSubjects() Option { return func(c *config) { c.subjects = true } }

// New returns an Observer. It uses the global MeterProvider unless [WithMeterProvider]
// gives another one, and the spans that it finds in the contexts of what it observes.
//
// It reports every invalid option in one error, and instruments that the provider
// refuses to make.
func New(opts ...Option) (*Observer, error) {
	c := &config{meters: otel.GetMeterProvider()}
	for _, o := range opts {
		if o == nil {
			c.errs = append(c.errs, errors.New("an option is nil"))
			continue
		}
		o(c)
	}
	if err := errors.Join(c.errs...); err != nil {
		return nil, fmt.Errorf("otelauth: %w", err)
	}
	o := &Observer{subjects: c.subjects}
	meter := c.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	err := errors.Join(
		o.token.make(meter, "jwtverify.token.decisions", "{token}", "Tokens that were decided.",
			"jwtverify.token.duration", "Duration of the decision about a token."),
		o.request.make(meter, "jwtverify.request.decisions", "{request}", "Requests that were decided.",
			"jwtverify.request.duration", "Duration of the decision about a request, with that about its token."),
		o.keys.make(meter, "jwtverify.keys.refreshes", "{refresh}", "Fetches of keys, good or not.",
			"jwtverify.keys.duration", "Duration of a fetch of keys."),
	)
	if err != nil {
		return nil, fmt.Errorf("otelauth: %w", err)
	}
	return o, nil
}

const scope = "github.com/jwtverify/jwtverify/verifier/otelauth"

// instruments count decisions of one kind, and measure them.
type instruments struct {
	count    metric.Int64Counter
	duration metric.Float64Histogram
}

// seconds are bounds of a histogram from a token that is in the cache to a fetch that
// gives up.
var seconds = []float64{1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.5, 1, 5, 10}

func (i *instruments) make(m metric.Meter, counter, unit, counts, histogram, measures string) error {
	var errs [2]error
	i.count, errs[0] = m.Int64Counter(counter, metric.WithUnit(unit), metric.WithDescription(counts))
	i.duration, errs[1] = m.Float64Histogram(histogram, metric.WithUnit("s"), metric.WithDescription(measures),
		metric.WithExplicitBucketBoundaries(seconds...))
	return errors.Join(errs[:]...)
}
